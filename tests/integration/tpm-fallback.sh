#!/usr/bin/env bash
# If this failed, a token in a TPM without PIN indices would not open with its PIN, would open with another, or would not
# say that wrong PINs lock everything that this TPM protects and how it is opened again.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
[ "${MDOC_TEST_BACKEND:-vault}" != vault ] || export MDOC_TEST_BACKEND=tpm
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"
unset TSS2_LOG # the module has to be silent by itself

tool() { env TSS2_LOG=all+NONE "$@"; } # tpm2-tools, without their log
lockout() { tool tpm2_getcap properties-variable | sed -n 's/^TPM2_PT_LOCKOUT_COUNTER: *//p'; }
# As a machine that is switched off in order: a TPM that only loses its power counts that as a wrong PIN.
off_and_on() { tool tpm2_shutdown -c && swtpm_power_cycle "$scratch/tpm"; }
token=("${p11[@]}" --token-label fall)
user=("${token[@]}" --login --pin env:PIN)
NEXT=567890
PIN=1234 WRONG=4321
export NEXT
echo "$PIN" > pin
echo "$WRONG" > wrong-pin
echo "$NEXT" > next-pin
case $backend in tpm) shared="TPM 2.0 (DA PIN)" ;; *) shared="vault (DA PIN)" ;; esac

# --- A token of such a TPM, by the stock calls -----------------------------------------------------------
echo "tpm-pin = object" >> "$MDOC_PKCS11_CONF"
must "every wrong PIN counts until it is taken back" tool tpm2_dictionarylockout -s -n 3 -t 100000 -l 100000
make_token fall
says "$shared" "the token's model says who counts" "${p11[@]}" --list-token-slots
says '"sharedLockout": true' "the status says that the counter is the whole TPM's" mdoc-token status --token fall --json
says '"deviceBound": true' "and that the token is bound to this device" mdoc-token status --token fall --json
says "wrong PINs lock all that it protects" "in words" mdoc-token status --token fall
says "for all that it protects together" "doctor warns of it" mdoc-token doctor --token fall
must "no index of the TPM counts PINs" test -z "$(tool tpm2_nvreadpublic | grep 'friendly.*nt=0x8')"
says "tries         full" "nothing is missing of the tries at first" mdoc-token status --token fall
make_key fall key 01
head -c 100 /dev/urandom > message
signs() { # signs CLAIM PIN
	rm -f sig
	must "$1" "${token[@]}" --login --pin "env:$2" --sign --id 01 --mechanism ECDSA-SHA256 --signature-format openssl \
		--input-file message --output-file sig
	must "OpenSSL verifies" openssl dgst -sha256 -verify key.pub -signature sig message
}
signs "its key signs" PIN
off_and_on
signs "and after a power cycle" PIN

# --- The holder changes the PIN ---------------------------------------------------------------------------
must "the holder changes the PIN" "${user[@]}" --change-pin --new-pin env:NEXT
signs "the new one opens the same key" NEXT
says "CKR_PIN_INCORRECT" "the old one does not" "${user[@]}" --list-objects
must "which the whole TPM has counted" test "$(lockout)" = 0x1
must "and back" mdoc-token pin change --token fall --pin-file next-pin --new-pin-file pin
signs "the first one opens it again" PIN

# --- Wrong PINs, up to the lockout ----------------------------------------------------------------------------
must "the TPM forgets what it counted" tool tpm2_dictionarylockout -c
says "CKR_PIN_INCORRECT" "a wrong PIN" mdoc-token list --token fall --pin-file wrong-pin
says "One more wrong try will lock it" "another: one is left" mdoc-token list --token fall --pin-file wrong-pin
says "final user PIN try" "and the token's flags say so" "${p11[@]}" --list-token-slots
says "It is locked now" "the last" mdoc-token list --token fall --pin-file wrong-pin
says "user PIN locked" "the flags say so" "${p11[@]}" --list-token-slots
says "CKR_PIN_LOCKED" "R-CARD-05: locked, also for the right PIN" "${user[@]}" --list-objects
off_and_on
exits 1 "and after a power cycle" mdoc-token list --token fall --pin-file pin
says "tpm2_dictionarylockout" "the message says what locked, and how that ends" mdoc-token list --token fall --pin-file pin
says "PIN           locked" "so does the status" mdoc-token status --token fall
says "tpm2_dictionarylockout" "and doctor" mdoc-token doctor --token fall
must "no more wrong ones were counted" test "$(lockout)" = 0x3

# --- The security officer, and the owner of the TPM -------------------------------------------------------------
must "the security officer sets another PIN during the lockout" "${token[@]}" --login --login-type so --so-pin env:SO \
	--init-pin --new-pin env:NEXT
must "that takes nothing from the lockout" test "$(lockout)" = 0x3
says "CKR_PIN_LOCKED" "so that it opens nothing yet" "${token[@]}" --login --pin env:NEXT --list-objects
says "PIN           locked" "and the status does not say that it does" mdoc-token status --token fall
must "the TPM's lockout is ended" tool tpm2_dictionarylockout -c
signs "and the new PIN opens the token" NEXT
says "CKR_PIN_INCORRECT" "the one before does not" "${user[@]}" --list-objects
must "the security officer sets the first one again" mdoc-token pin reset --token fall --so-pin-file <(printf %s "$SO") --new-pin-file pin
signs "which opens it" PIN

# --- Beside a token with an index, in the same TPM ---------------------------------------------------------------
sed -i '/^tpm-pin/d' "$MDOC_PKCS11_CONF"
setup mdoc-token init --label own "${by_backend[@]}" --so-pin-file own-so --pin-file pin
signs "the token does not need the setting afterwards" PIN
must "the TPM forgets what it counted" tool tpm2_dictionarylockout -c
for _ in 1 2 3; do fails "a wrong PIN" mdoc-token list --token fall --pin-file wrong-pin; done
says "CKR_PIN_LOCKED" "it is locked" mdoc-token list --token fall --pin-file pin
must "a token with an index of its own is not" mdoc-token list --token own --pin-file pin
must "nothing stays loaded" test -z "$(tool tpm2_getcap handles-transient; tool tpm2_getcap handles-loaded-session)"
must "the security officer erases it" mdoc-token erase --token fall --so-pin-file <(printf %s "$SO") --yes
done_testing
