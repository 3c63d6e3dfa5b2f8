#!/usr/bin/env bash
# If this failed, programs that know nothing of mdoc could not use a token of ours: digests,
# ECDSA and ECDH by pkcs11-tool against OpenSSL, and a record presented by mechanism number alone.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

PIN=stock-pin-2026 SO=stock-so-code-of-a-test-0123456789 HOLDER_PIN=himitsu-2026
export PIN SO HOLDER_PIN
p11=(pkcs11-tool --module "$MDOC_MODULE")

# --- An area made by the stock calls alone ------------------------------------------------------
must "an area is made by C_InitToken" "${p11[@]}" --slot-index 0 --init-token --label stock --so-pin env:SO
must "and its PIN by C_InitPIN" "${p11[@]}" --token-label stock --login --login-type so --so-pin env:SO --init-pin \
	--new-pin env:PIN
stock=("${p11[@]}" --token-label stock --login --pin env:PIN)
must "a key pair" "${stock[@]}" --keypairgen --key-type EC:prime256v1 --id 07 --label tls --usage-sign --usage-derive
must "its public half is read before login" "${p11[@]}" --token-label stock --read-object --type pubkey --id 07 \
	--output-file pub.der
openssl pkey -pubin -inform DER -in pub.der -out pub.pem 2>/dev/null || not_ok "the public half is a public key"

head -c 3000 /dev/urandom > message
for hash in SHA-1:sha1 SHA224:sha224 SHA256:sha256 SHA384:sha384 SHA512:sha512; do
	must "digest ${hash%:*}" "${p11[@]}" --token-label stock --hash --mechanism "${hash%:*}" \
		--input-file message --output-file digest
	openssl dgst "-${hash#*:}" -binary -out expected message
	must "and OpenSSL agrees" cmp digest expected
done
for hash in SHA1 SHA224 SHA256 SHA384 SHA512; do
	must "a signature ECDSA-$hash over 3000 bytes in parts" "${stock[@]}" --sign --id 07 --mechanism "ECDSA-$hash" \
		--signature-format openssl --input-file message --output-file sig
	must "and OpenSSL verifies it" openssl dgst "-${hash,,}" -verify pub.pem -signature sig message
done
openssl dgst -sha256 -binary -out digest message
must "a signature over a digest" "${stock[@]}" --sign --id 07 --mechanism ECDSA --signature-format openssl \
	--input-file digest --output-file sig
must "and OpenSSL verifies it" openssl pkeyutl -verify -pubin -inkey pub.pem -in digest -sigfile sig
fails "a whole message is no digest" "${stock[@]}" --sign --id 07 --mechanism ECDSA --input-file message \
	--output-file never

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.pem 2>/dev/null
openssl pkey -in peer.pem -pubout -outform DER -out peer.der
must "ECDH" "${stock[@]}" --derive --id 07 --mechanism ECDH1-DERIVE --input-file peer.der --output-file shared
openssl pkeyutl -derive -inkey peer.pem -peerkey pub.pem -out expected
must "and OpenSSL gets the same secret" cmp shared expected
must "random bytes" "${p11[@]}" --token-label stock --generate-random 32 --output-file random

# --- A record by mechanism number ---------------------------------------------------------------
provision 3
holder=("${p11[@]}" --token-label holder --login --pin env:HOLDER_PIN)
unused() { mdoc-token status --token holder --pin-file "$scratch/pin" --json | python3 -c '
import json, sys
print(json.load(sys.stdin)["unused"])'; }
next_id() { mdoc-token list --token holder --pin-file "$scratch/pin" --json | python3 -c '
import json, sys
print(next(c["id"] for c in json.load(sys.stdin)["copies"] if c["state"] == "unused"))'; }
is_left() { if [ "$(unused)" = "$1" ]; then ok "$2"; else not_ok "$2"; fi; }

says 0xCD440001 "the mechanism is listed" "${p11[@]}" --token-label holder --list-mechanisms
quiet mdoc-present authentication --transcript st.cbor --doctype "$JP" --out da.cbor
id=$(next_id)
fails "a bound key signs nothing else" "${holder[@]}" --sign --id "$id" --mechanism ECDSA --input-file digest \
	--output-file never
fails "what is no DeviceAuthentication is refused" "${holder[@]}" --sign --id "$id" --mechanism 0xCD440001 \
	--input-file message --output-file never
is_left 3 "and nothing was spent"
must "a DeviceSigned" "${holder[@]}" --sign --id "$id" --mechanism 0xCD440001 --input-file da.cbor \
	--output-file device-signed.cbor
is_left 2 "R-EXH-01: for one copy"
fails "R-EXH-01: the same key does not sign again" "${holder[@]}" --sign --id "$id" --mechanism 0xCD440001 \
	--input-file da.cbor --output-file never

# --- And a whole DeviceResponse from another language ------------------------------------------
present=(/usr/bin/python3 "$here/pykcs11.py" "$MDOC_MODULE" holder "$scratch/pin")
quiet mdoc-reader request --doc "$JP" --element "$NS:individual_number_unicode" --legal-basis "番号法第 14 条第 1 項" \
	--out number.cbor
fails "R-CARD-18: 個人番号 does not leave unnamed" "${present[@]}" number.cbor st.cbor number-dr.cbor
fails "nor for naming another element" "${present[@]}" number.cbor st.cbor number-dr.cbor "$NS:full_name_unicode"
is_left 2 "and nothing was spent"
must "named, it does" "${present[@]}" number.cbor st.cbor number-dr.cbor "$NS:individual_number_unicode"
exits 0 "and verifies" mdoc-reader verify number-dr.cbor --transcript st.cbor --iaca issuer/iaca.pem
must "a response with a portrait" "${present[@]}" req.cbor st.cbor dr.cbor
exits 0 "verifies" mdoc-reader verify dr.cbor --transcript st.cbor --iaca issuer/iaca.pem
is_left 0 "one copy each"
fails "R-EXH-01: no copy is left" "${present[@]}" req.cbor st.cbor never.cbor
done_testing
