#!/usr/bin/env bash
# If this failed, the credential of the program that renews records could not be made or taken back, would lie about
# for others to read, or would open more than it may.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

provision 2
so=(--token holder --so-pin-file "$scratch/so")
login=(/usr/bin/python3 "$here/login_user.py" "$MDOC_MODULE" holder)

exits 2 "one of two options is needed" mdoc-token provisioner "${so[@]}"
exits 2 "and only one" mdoc-token provisioner "${so[@]}" --credential "$scratch/credential" --revoke
exits 1 "there is nothing to revoke yet" mdoc-token provisioner "${so[@]}" --revoke
printf 'not-the-code-of-the-officer\n' > wrong
exits 1 "a wrong code makes none" mdoc-token provisioner --token holder --so-pin-file wrong --credential "$scratch/credential"
must "and writes no file" test ! -e credential
exits 4 "a folder that is not there is found out first" \
	mdoc-token provisioner "${so[@]}" --credential "$scratch/nowhere/credential"
exits 1 "and nothing was made" mdoc-token provisioner "${so[@]}" --revoke

umask 000
must "the officer makes a credential" mdoc-token provisioner "${so[@]}" --credential "$scratch/credential"
says 600 "for its owner's eyes only" stat -c %a credential
must "of 128 bits" grep -qxE '[0-9a-f]{32}' credential
exits 3 "a credential is not written over another" mdoc-token provisioner "${so[@]}" --credential "$scratch/credential"
says "C_LoginUser 0x0" "it logs in" "${login[@]}" "$scratch/credential"
says "state 3, records and holder keys 0" "as a user who sees no record and no holder key" \
	"${login[@]}" "$scratch/credential"
says '"unused": 2' "the records are there for their holder" \
	mdoc-token status --token holder --pin-file "$scratch/pin" --json

says '"provisioner": "made"' "another credential is made" \
	mdoc-token provisioner "${so[@]}" --credential "$scratch/second" --json
says "C_LoginUser 0xa0" "the first one is no good any more" "${login[@]}" "$scratch/credential"
says "C_LoginUser 0x0" "the second one is" "${login[@]}" "$scratch/second"
must "it is revoked" mdoc-token provisioner "${so[@]}" --revoke
says "C_LoginUser 0x102" "and logs in no more" "${login[@]}" "$scratch/second"

export MDOC_PKCS11_LOG=$scratch/log:4
must "a credential is made under the fullest log" mdoc-token provisioner "${so[@]}" --credential "$scratch/third"
says "C_LoginUser 0x0" "and used" "${login[@]}" "$scratch/third"
must "the log has both calls" grep -q C_LoginUser log
fails "but not the credential" grep -q "$(cat third)" log
fails "nor has the store" grep -qr "$(cat third)" store
done_testing
