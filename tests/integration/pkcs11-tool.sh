#!/usr/bin/env bash
# If this failed, nobody could make or use a token of ours with OpenSC's pkcs11-tool alone.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
set -e
cd "$scratch"

PIN=stock-pin-2026 SO=stock-so-code-of-a-test-0123456789 NEXT=the-next-pin-2026 WRONG=not-the-pin-2026
export PIN SO NEXT WRONG GNUTLS_PIN=$PIN
p11=(pkcs11-tool --module "$MDOC_MODULE")
user=("${p11[@]}" --token-label stock --login --pin env:PIN)

says "uninitialized" "a fresh store has just the free slot" "${p11[@]}" --list-slots
must "C_InitToken" "${p11[@]}" --slot-index 0 --init-token --label stock --so-pin env:SO
must "C_InitPIN" "${p11[@]}" --token-label stock --login --login-type so --so-pin env:SO --init-pin --new-pin env:PIN
says "$model" "the token says what it is" "${p11[@]}" --list-slots
must "C_SetPIN" "${p11[@]}" --token-label stock --login --pin env:PIN --change-pin --new-pin env:NEXT
must "and back" "${p11[@]}" --token-label stock --login --pin env:NEXT --change-pin --new-pin env:PIN
fails "a wrong PIN" "${p11[@]}" --token-label stock --login --pin env:WRONG --list-objects
says "user PIN count low" "and the token says so" "${p11[@]}" --list-token-slots
must "the right one" "${user[@]}" --list-objects

# --- Key pairs on every curve, signatures that OpenSSL verifies -----------------------------------
head -c 2000 /dev/urandom > message
id=10
for curve in prime256v1:256 secp384r1:384 secp521r1:512; do
	id=$((id + 1)) name=${curve%:*} hash=${curve#*:}
	must "a key pair on $name" "${user[@]}" --keypairgen --key-type "EC:$name" --id $id --label "$name"
	if [ "$name" = secp384r1 ]; then # pkcs11-tool 0.23 cannot write this curve's keys, of any module
		must "its public half" p11tool --provider "$MDOC_MODULE" --outfile $id.pem \
			--export-pubkey "pkcs11:token=stock;object=$name;type=public"
		openssl pkey -pubin -in $id.pem -outform DER -out $id.der
	else
		must "its public half before login" "${p11[@]}" --token-label stock --read-object --type pubkey \
			--id $id --output-file $id.der
	fi
	must "a signature" "${user[@]}" --sign --id $id --mechanism "ECDSA-SHA$hash" --signature-format openssl \
		--input-file message --output-file $id.sig
	must "OpenSSL verifies it" openssl dgst "-sha$hash" -keyform DER -verify $id.der -signature $id.sig message
done
fails "a curve that we do not have" "${user[@]}" --keypairgen --key-type EC:secp256k1 --id 20
says "never extractable" "a private key says that it never leaves" "${user[@]}" --list-objects --type privkey
openssl ecparam -name prime256v1 -genkey -noout -outform DER -out own.der
openssl ec -inform DER -in own.der -pubout -out own.pub 2>/dev/null
must "an ordinary key can be brought in" "${user[@]}" --write-object own.der --type privkey --id 30 --label own
must "and signs" "${user[@]}" --sign --id 30 --mechanism ECDSA-SHA256 --signature-format openssl \
	--input-file message --output-file own.sig
must "OpenSSL verifies it" openssl dgst -sha256 -verify own.pub -signature own.sig message

# --- Certificates and data -----------------------------------------------------------------------
openssl ecparam -name prime256v1 -genkey -noout -out ca.key
openssl req -x509 -new -key ca.key -subj '/C=JP/CN=Test IACA' -days 30 -outform DER -out ca.der
must "a certificate" "${user[@]}" --write-object ca.der --type cert --id 40 --label ca
says "Test IACA" "its subject is read from it" "${p11[@]}" --token-label stock --list-objects --type cert
must "it comes back" "${p11[@]}" --token-label stock --read-object --type cert --id 40 --output-file back.der
must "as it was" cmp ca.der back.der
must "private data" "${user[@]}" --write-object message --type data --label letter --application-label post --private
must "come back" "${user[@]}" --read-object --type data --label letter --output-file back
must "as they were" cmp message back
fails "to their owner only" "${p11[@]}" --token-label stock --read-object --type data --label letter --output-file no
must "an object is deleted" "${user[@]}" --delete-object --type data --label letter
fails "and gone" "${user[@]}" --read-object --type data --label letter --output-file no

# --- What pkcs11-tool itself tests ---------------------------------------------------------------
says "No errors" "pkcs11-tool --test" "${user[@]}" --test
must "a forked child may call C_Initialize" "${p11[@]}" --test-fork

# --- A second token, and a locked PIN --------------------------------------------------------------
must "C_InitToken in the next free slot" "${p11[@]}" --slot-index 1 --init-token --label second --so-pin env:SO
says "second" "both are there" "${p11[@]}" --list-token-slots
for _ in 1 2 3 4 5 6 7 8 9 10 11; do
	"${p11[@]}" --token-label stock --login --pin env:WRONG --list-objects >/dev/null 2>&1 || true
done
says "CKR_PIN_LOCKED" "the PIN locks" "${user[@]}" --list-objects
must "and the security officer opens it" "${p11[@]}" --token-label stock --login --login-type so --so-pin env:SO \
	--init-pin --new-pin env:PIN
must "with the keys still there" "${user[@]}" --sign --id 11 --mechanism ECDSA-SHA256 --signature-format openssl \
	--input-file message --output-file 11.sig
must "OpenSSL verifies it" openssl dgst -sha256 -keyform DER -verify 11.der -signature 11.sig message

# The manual says that a wrong line in the configuration is named in the log, and costs nothing else.
printf 'store = %s\ncolour = red\n' "$MDOC_PKCS11_STORE" > "$scratch/wrong.conf"
must "a wrong configuration does not stop the module" \
	env MDOC_PKCS11_CONF="$scratch/wrong.conf" MDOC_PKCS11_LOG="$scratch/log" "${p11[@]}" --list-token-slots
says "wrong.conf:2: unknown key" "the log names file and line" cat "$scratch/log"
done_testing
