#!/usr/bin/env bash
# If this failed, a token of ours would be less than a general token to OpenSC's pkcs11-tool: every
# curve, secret keys, encryption, wrapping, MACs, its own tests of EC and threads, a mechanism by number.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"

make_token keys
user=("${p11[@]}" --token-label keys --login --pin env:PIN)
wrong=("${p11[@]}" --token-label keys --login --pin env:WRONG)
head -c 1000 /dev/urandom > message
head -c 64 message > blocks
iv=000102030405060708090a0b0c0d0e0f

# --- What pkcs11-tool itself tests -----------------------------------------------------------------
says "==> OK" "pkcs11-tool --test-ec" "${user[@]}" --session-rw --test-ec --key-type EC:prime256v1 --id 01 --label test
# Each thread initialises the module and asks for info, slots and a token, while the main one tests too.
# Where the main one is the first to end, pkcs11-tool waits for thirty seconds.
says "threads have ended with CKR_OK" "--test-threads" "${user[@]}" --use-locking --test --test-threads ILGISLT0 \
	--test-threads ILGISLT0 --test-threads ILGISLT0
must "--test-fork with a login" "${user[@]}" --test-fork
says "version: 3.2" "--list-interfaces" "${p11[@]}" --list-interfaces
says "Vendor mdoc-pkcs11" "and our own" "${p11[@]}" --list-interfaces

# --- Curves -----------------------------------------------------------------------------------------
public_half() { # public_half NAME: NAME.pem
	env GNUTLS_PIN="$PIN" p11tool --provider "$MDOC_MODULE" --batch --outfile "$1.pem" --export-pubkey \
		"pkcs11:token=keys;object=$1;type=public"
}
id=20
brainpool="brainpoolP256r1:256 brainpoolP320r1:256 brainpoolP384r1:384 brainpoolP512r1:512"
can brainpool || says 0x140 "CKR_CURVE_NOT_SUPPORTED for a curve that the TPM lacks" "${user[@]}" --keypairgen --key-type EC:brainpoolP256r1 \
	--id 20 --label never
# shellcheck disable=SC2046 # words are wanted
for curve in prime256v1:256 secp521r1:512 $(having brainpool "$brainpool"); do
	id=$((id + 1)) name=${curve%:*} hash=${curve#*:}
	must "a key pair on $name" "${user[@]}" --keypairgen --key-type "EC:$name" --id $id --label "$name"
	must "it signs" "${user[@]}" --sign --id $id --mechanism "ECDSA-SHA$hash" --input-file message --output-file $id.sig
	says "Signature is valid" "and verifies" "${user[@]}" --verify --id $id --mechanism "ECDSA-SHA$hash" \
		--input-file message --signature-file $id.sig
	says "Invalid signature" "but not another message" "${user[@]}" --verify --id $id --mechanism "ECDSA-SHA$hash" \
		--input-file blocks --signature-file $id.sig
done
if can edwards; then
	must "a key pair on Edwards 25519" "${user[@]}" --keypairgen --key-type EC:edwards25519 --id 30 --label ed25519
	must "its public half" "${p11[@]}" --token-label keys --read-object --type pubkey --id 30 --output-file ed25519.pem
	must "it signs" "${user[@]}" --sign --id 30 --mechanism EDDSA --input-file message --output-file 30.sig
	must "OpenSSL verifies" openssl pkeyutl -verify -pubin -inkey ed25519.pem -rawin -in message -sigfile 30.sig
	must "a key pair on Montgomery 25519" "${user[@]}" --keypairgen --key-type EC:curve25519 --id 31 --label x25519
	fails "which signs nothing" "${user[@]}" --sign --id 31 --mechanism EDDSA --input-file message --output-file never
else
	for curve in edwards25519 curve25519; do
		fails "no key pair on $curve" "${user[@]}" --keypairgen --key-type "EC:$curve" --id 30 --label never
	done
fi
fails "no key pair with a wrong PIN" "${wrong[@]}" --keypairgen --key-type EC:prime256v1 --id 32
must "a key for each use's PIN" "${user[@]}" --keypairgen --key-type EC:prime256v1 --id 33 --label always --always-auth
must "public half" public_half always
must "signs" "${user[@]}" --sign --id 33 --mechanism ECDSA-SHA256 --signature-format openssl --input-file message \
	--output-file 33.sig
must "OpenSSL verifies" openssl dgst -sha256 -verify always.pem -signature 33.sig message
must "a key for one mechanism" "${user[@]}" --keypairgen --key-type EC:prime256v1 --id 34 --allowed-mechanisms ECDSA-SHA256
must "signs with it" "${user[@]}" --sign --id 34 --mechanism ECDSA-SHA256 --input-file message --output-file 34.sig
says "CKR_MECHANISM_INVALID" "and with no other" "${user[@]}" --sign --id 34 --mechanism ECDSA-SHA384 --input-file message \
	--output-file never
must "a key has a new id" "${user[@]}" --set-id 3435 --id 34 --type privkey
must "by which it signs" "${user[@]}" --sign --id 3435 --mechanism ECDSA-SHA256 --input-file message --output-file 34.sig

# --- Secret keys -------------------------------------------------------------------------------------
must "a secret key that is not private" "${user[@]}" --keygen --key-type AES:32 --id 45 --label seen
says "seen" "is seen before login" "${p11[@]}" --token-label keys --list-objects --type secrkey
must "encrypts after it" "${user[@]}" --encrypt --id 45 --mechanism AES-CBC-PAD --iv $iv --input-file blocks --output-file cipher
fails "and not with a wrong PIN" "${wrong[@]}" --decrypt --id 45 --mechanism AES-CBC-PAD --iv $iv --input-file cipher \
	--output-file never
must "a key to wrap with" "${user[@]}" --keygen --key-type AES:32 --id 40 --label kek --private --sensitive --usage-wrap
must "an AES key" "${user[@]}" --keygen --key-type AES:32 --id 41 --label aes --private --extractable
must "one that stays" "${user[@]}" --keygen --key-type AES:16 --id 42 --label stays --private --sensitive
"${user[@]}" --read-object --type secrkey --id 41 --output-file aes.key
value=$(od -An -v -tx1 aes.key | tr -d ' \n')
must "the first is read" test "${#value}" -eq 64
fails "the second is not" "${user[@]}" --read-object --type secrkey --id 42 --output-file never
for mode in cbc cbc-pad ecb; do
	name=${mode^^} cipher=${mode%-pad} extra=(-nopad)
	[ "$mode" = cbc-pad ] && extra=()
	[ "$cipher" = ecb ] || extra+=(-iv "$iv")
	must "AES-$name encrypts" "${user[@]}" --encrypt --id 41 --mechanism "AES-$name" --iv $iv --input-file blocks \
		--output-file cipher
	must "as OpenSSL does" cmp cipher <(openssl enc "-aes-256-$cipher" -K "$value" "${extra[@]}" -in blocks)
	must "and decrypts" "${user[@]}" --decrypt --id 41 --mechanism "AES-$name" --iv $iv --input-file cipher --output-file clear
	must "to what it was" cmp clear blocks
done
must "1000 bytes by AES-CBC-PAD" "${user[@]}" --encrypt --id 42 --mechanism AES-CBC-PAD --iv $iv --input-file message \
	--output-file cipher
must "and back" "${user[@]}" --decrypt --id 42 --mechanism AES-CBC-PAD --iv $iv --input-file cipher --output-file clear
must "to what they were" cmp clear message
fails "the other key does not decrypt them" "${user[@]}" --decrypt --id 41 --mechanism AES-CBC-PAD --iv $iv \
	--input-file cipher --output-file never
fails "nor a wrong PIN" "${wrong[@]}" --decrypt --id 42 --mechanism AES-CBC-PAD --iv $iv --input-file cipher --output-file never
fails "an odd length has no AES-CBC" "${user[@]}" --encrypt --id 41 --mechanism AES-CBC --iv $iv --input-file message \
	--output-file never

for mechanism in AES-KEY-WRAP AES-CBC-PAD; do
	must "$mechanism wraps" "${user[@]}" --wrap --id 40 --mechanism "$mechanism" --iv $iv --application-id 41 \
		--output-file wrapped
	must "and unwraps" "${user[@]}" --unwrap --id 40 --mechanism "$mechanism" --iv $iv --key-type AES: --private --extractable \
		--application-id 43 --application-label back --input-file wrapped
	"${user[@]}" --read-object --type secrkey --id 43 --output-file back.key
	must "the same key" cmp back.key aes.key
	must "which is deleted" "${user[@]}" --delete-object --type secrkey --id 43
done
fails "a key that stays is not wrapped" "${user[@]}" --wrap --id 40 --mechanism AES-KEY-WRAP --application-id 42 \
	--output-file never
fails "a key that does not wrap wraps nothing" "${user[@]}" --wrap --id 42 --mechanism AES-KEY-WRAP --application-id 41 \
	--output-file never
fails "a changed wrapping is refused" "${user[@]}" --unwrap --id 40 --mechanism AES-KEY-WRAP --key-type AES: --private \
	--application-id 44 --input-file message

must "a key for MACs" "${user[@]}" --keygen --key-type GENERIC:64 --id 50 --label mac --private --extractable
"${user[@]}" --read-object --type secrkey --id 50 --output-file mac.key
for hash in SHA-1:sha1 SHA224:sha224 SHA256:sha256 SHA384:sha384 SHA512:sha512 SHA3-256:sha3-256; do
	must "${hash%:*}-HMAC" "${user[@]}" --sign --id 50 --mechanism "${hash%:*}-HMAC" --input-file message --output-file mac
	openssl mac -digest "${hash#*:}" -macopt "hexkey:$(od -An -v -tx1 mac.key | tr -d ' \n')" -binary -in message \
		-out expected HMAC
	must "as OpenSSL's" cmp mac expected
	says "Signature is valid" "verifies" "${user[@]}" --verify --id 50 --mechanism "${hash%:*}-HMAC" --input-file message \
		--signature-file mac
done

# --- A mechanism by number: CKM_SHA512_256 is unknown to pkcs11-tool ---------------------------------
must "a digest by its number" "${p11[@]}" --token-label keys --hash --mechanism 0x4C --input-file message --output-file digest
openssl dgst -sha512-256 -binary -out expected message
must "is OpenSSL's" cmp digest expected
says "CKR_KEY_FUNCTION_NOT_PERMITTED" "an ordinary key makes no DeviceSigned" "${user[@]}" --sign --id 33 \
	--mechanism 0xCD440001 --input-file message --output-file never

# --- Wrong PINs, to the end --------------------------------------------------------------------------
for _ in 1 2 3 4 5 6 7 8 9 10; do "${wrong[@]}" --list-objects > /dev/null 2>&1; done
says "CKR_PIN_LOCKED" "the PIN locks" "${user[@]}" --sign --id 33 --mechanism ECDSA-SHA256 --input-file message --output-file no
says "user PIN locked" "the token says so" "${p11[@]}" --list-token-slots
says "secp521r1" "public objects are still there" "${p11[@]}" --token-label keys --list-objects
done_testing
