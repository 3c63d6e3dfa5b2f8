#!/usr/bin/env bash
# If this failed, a secret key made by a common tool could not be used, wrapped or brought back: pkcs11-tool makes
# keys, authenticates, wraps and unwraps, and OpenSSL agrees with every byte.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1

PIN=secret-pin-2026 SO=secret-so-code-of-a-test-0123456789
export PIN SO
p11=(pkcs11-tool --module "$MDOC_MODULE")
must "a token" "${p11[@]}" --slot-index 0 --init-token --label secret --so-pin env:SO
must "and its PIN" "${p11[@]}" --token-label secret --login --login-type so --so-pin env:SO --init-pin --new-pin env:PIN
user=("${p11[@]}" --token-label secret --login --pin env:PIN)
IV=000102030405060708090a0b0c0d0e0f
KEK=00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff

# --- Refusals first -----------------------------------------------------------------------------
fails "AES has no keys of 20 bytes" "${user[@]}" --keygen --key-type AES:20 --id 01
fails "without a login no key comes into the token" "${p11[@]}" --token-label secret --keygen --key-type AES:32 --id 01
must "a key that stays" "${user[@]}" --keygen --key-type AES:32 --id 0e --label stays --usage-wrap
must "one that may wrap" "${user[@]}" --keygen --key-type AES:32 --id 0f --label wraps --usage-wrap
fails "what stays is not wrapped" "${user[@]}" --wrap --mechanism AES-KEY-WRAP --id 0f --application-id 0e \
	--output-file never

# --- Wrapping, both ways, beside OpenSSL --------------------------------------------------------
printf %s "$KEK" | xxd -r -p > kek
must "a wrapping key comes in" "${user[@]}" --write-object kek --type secrkey --key-type AES:32 --id 01 --label kek \
	--usage-wrap
# Make or unwrap a key that may be read, and keep its value.
reads() {
	local claim=$1 file=$2 out; shift 2
	show "$@"
	out=$("$@" 2>&1) || true
	printf '%s\n' "$out"
	printf '%s\n' "$out" | sed -n 's/^ *VALUE: *//p' | xxd -r -p > "$file"
	if [ -s "$file" ]; then ok "$claim"; else not_ok "$claim"; fi
}
reads "a key that may leave" dek "${user[@]}" --keygen --key-type AES:32 --id 02 --label dek --extractable
must "leaves by AES-KEY-WRAP" "${user[@]}" --wrap --mechanism AES-KEY-WRAP --id 01 --application-id 02 \
	--output-file wrapped
openssl enc -d -id-aes256-wrap -K "$KEK" -iv A6A6A6A6A6A6A6A6 -in wrapped -out plain
must "and OpenSSL gets the same key" cmp plain dek
must "leaves by AES-CBC-PAD" "${user[@]}" --wrap --mechanism AES-CBC-PAD --iv "$IV" --id 01 --application-id 02 \
	--output-file wrapped.cbc
openssl enc -d -aes-256-cbc -K "$KEK" -iv "$IV" -in wrapped.cbc -out plain
must "and OpenSSL gets the same key" cmp plain dek
head -c 32 /dev/urandom > other
openssl enc -aes-256-cbc -K "$KEK" -iv "$IV" -in other -out other.cbc
reads "a key that OpenSSL wrapped comes in" plain "${user[@]}" --unwrap --mechanism AES-CBC-PAD --iv "$IV" --id 01 \
	--application-id 03 --key-type AES: --input-file other.cbc --extractable
must "and is the same" cmp plain other
head -c 47 /dev/urandom > torn.cbc
fails "what is no wrapped key does not come in" "${user[@]}" --unwrap --mechanism AES-CBC-PAD --iv "$IV" --id 01 \
	--application-id 05 --key-type AES: --input-file torn.cbc

# --- MACs ---------------------------------------------------------------------------------------
reads "a key for MACs" mackey "${user[@]}" --keygen --key-type GENERIC:32 --id 06 --label mac --usage-sign --extractable
head -c 3000 /dev/urandom > message
for hash in SHA-1:sha1 SHA224:sha224 SHA256:sha256 SHA384:sha384 SHA512:sha512; do
	must "a MAC by ${hash%:*}-HMAC" "${user[@]}" --sign --id 06 --mechanism "${hash%:*}-HMAC" --input-file message \
		--output-file mac
	openssl dgst "-${hash#*:}" -mac hmac -macopt hexkey:"$(xxd -p -c 64 mackey)" -binary -out expected message
	must "and OpenSSL has the same" cmp mac expected
done
must "is verified" "${user[@]}" --verify --id 06 --mechanism SHA512-HMAC --input-file message --signature-file mac
printf 'x' >> message
says "Invalid signature" "and not of another message" "${user[@]}" --verify --id 06 --mechanism SHA512-HMAC --input-file message \
	--signature-file mac
done_testing
