#!/usr/bin/env bash
# If this failed, a log that somebody sends in with a question would give a PIN or a key away, or could
# not be read because threads and processes wrote into each other's lines.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1

PIN=the-pin-2026-nobody-sees SO=the-so-code-nobody-sees-0123456789 WRONG=a-wrong-pin-nobody-sees NEW=a-new-pin-nobody-sees
export PIN SO WRONG NEW
p11=(pkcs11-tool --module "$MDOC_MODULE")
calls=(/usr/bin/python3 "$here/log_calls.py")
log=$scratch/log

# --- Nothing secret --------------------------------------------------------------------------------
export MDOC_PKCS11_LOG=$log:3
must "a token" "${p11[@]}" --slot-index 0 --init-token --label seen --so-pin env:SO
must "its PIN" "${p11[@]}" --token-label seen --login --login-type so --so-pin env:SO --init-pin --new-pin env:PIN
must "a key pair" "${p11[@]}" --token-label seen --login --pin env:PIN --keypairgen --key-type EC:prime256v1 --id 01 \
	--label seen-key
fails "a wrong PIN" "${p11[@]}" --token-label seen --login --pin env:WRONG --list-objects
must "PINs, keys and data go through the module" "${calls[@]}" calls "$MDOC_MODULE" seen
must "a key was unwrapped" grep -q ' C_UnwrapKey = CKR_OK' "$log"
must "no PIN, key or private value is in the log, in any spelling" "${calls[@]}" search "$log"
must "the log is for its owner only" test "$(stat -c %a "$log")" = 600
must "its lines are whole" "${calls[@]}" lines "$log"

# shellcheck source=provision.sh
. "$here/provision.sh"
MDOC_PKCS11_LOG=$scratch/record:3
provision 1
must "a provisioner's credential" mdoc-token provisioner --token holder --so-pin-file so --credential credential
respond dr.cbor
must "a record was stored and presented" grep -q 'pMechanism: CKM_MDOC_DEVICE_' record
must "nothing of it is in the log, nor of PINs and codes that were made" "${calls[@]}" search record pin so issuer-pin \
	issuer-so credential "$here/../data/claims.json"

# --- But what is needed to find a fault --------------------------------------------------------------
must "names of answers" grep -q ' C_Login = CKR_PIN_INCORRECT, [0-9]* us$' "$log"
must "names of mechanisms" grep -q 'pMechanism: CKM_EC_KEY_PAIR_GEN, parameter NULL, 0 bytes' "$log"
must "names and values of attributes" grep -q '    CKA_LABEL: 8 bytes: seen-key' "$log"
must "values of keys by length alone" grep -q '    CKA_VALUE: 32 bytes$' "$log"
must "that there was a PIN" grep -q '  pPin: not shown' "$log"

# --- Levels ----------------------------------------------------------------------------------------
list=("${p11[@]}" --token-label seen --login --pin env:PIN --list-objects)
must "level 2" env MDOC_PKCS11_LOG="$scratch/two" "${list[@]}"
must "is the default, one line a call" grep -q ' C_Login([0-9]*) = CKR_OK$' two
must "and has no arguments" test -z "$(grep -v ' C_[A-Za-z]*([0-9]*) = CKR_[A-Z_]*$' two)"
must "level 1" env MDOC_PKCS11_LOG="$scratch/one:1" "${list[@]}"
must "has what fails only" test -z "$(grep 'CKR_OK$' one)"
must "level 0" env MDOC_PKCS11_LOG="$scratch/none:0" "${list[@]}"
must "is no log" test ! -e none

# --- Threads and processes -------------------------------------------------------------------------
export MDOC_PKCS11_LOG=$scratch/many:3
show "${calls[@]}" load "$MDOC_MODULE" seen 50 '&' '(four times)'
workers=()
for _ in 1 2 3 4; do
	"${calls[@]}" load "$MDOC_MODULE" seen 50 &
	workers+=($!)
done
for worker in "${workers[@]}"; do wait "$worker" || not_ok "a process failed"; done
must "four threads in each of four processes keep their lines apart" "${calls[@]}" lines many

# --- Files that it must not write to ------------------------------------------------------------------
echo precious > target
ln -s target link
must "a link is not followed" env MDOC_PKCS11_LOG="$scratch/link:2" "${p11[@]}" --list-token-slots
must "what it points to is as it was" test "$(cat target)" = precious
mkfifo pipe
must "a pipe holds nobody up" timeout 20 env MDOC_PKCS11_LOG="$scratch/pipe:2" "${p11[@]}" --list-token-slots
must "nor does a folder that is not there" env MDOC_PKCS11_LOG="$scratch/no/such/log:2" "${p11[@]}" --list-token-slots
done_testing
