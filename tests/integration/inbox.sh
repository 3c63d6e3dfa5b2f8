#!/usr/bin/env bash
# If this failed, a record could not be renewed without its holder, or who renews it could read or use it: seen by a
# program that is not ours, with somebody else's JWT and JWE.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

provision 1
so=(--token holder --so-pin-file "$scratch/so")
foreign=(/usr/bin/python3 "$here/inbox.py" "$MDOC_MODULE" holder)
quiet mdoc-token provisioner "${so[@]}" --credential "$scratch/credential"

# --- New keys, without the PIN and without a terminal ---------------------------------------------------
make_keys() { setsid "${foreign[@]}" keys credential nonce-1 < /dev/null > attestation; }
must "R-REN-01: the provisioner makes keys without the PIN" make_keys
case $backend in vault) bound=False ;; *) bound=True ;; esac
says "attested 2, backend $backend, bound $bound" \
	"R-REN-01 R-KEY-02: an issuer's library verifies the attestation, which says whether the device holds the token" \
	"${foreign[@]}" verify "$(cat attestation)" nonce-1
fails "for another nonce it is none" "${foreign[@]}" verify "$(cat attestation)" nonce-2
fails "nor when it was changed" "${foreign[@]}" verify "$(sed 's/^\(.*\.\)\(.\)\(.*\)\.\(.*\)$/\1A\3.\4/' attestation)" nonce-1
says "unbound" "the holder's copies are what they were" mdoc-token status --token holder --pin-file "$scratch/pin"

# --- What is sent for the holder ------------------------------------------------------------------------
says "put 0x0" "R-REN-01: a response is kept" "${foreign[@]}" put credential 2 "records for the holder"
says "put 0x0" "and a notice" "${foreign[@]}" put credential 3 "a notice for the holder"
fails "R-MED-01: none of it lies in the store" grep -qrE "records for|notice for" store
says "stolen: nothing" "R-MED-07: a thief of the credential reads and signs nothing" "${foreign[@]}" thief credential

# --- The holder's next PIN entry ------------------------------------------------------------------------
must "R-REN-03: the PIN is what it was" mdoc-token status --token holder --pin-file "$scratch/pin"
open_inbox() { "${foreign[@]}" open "$scratch/pin" > opened; }
must "the holder opens his inbox" open_inbox
says "opened 2" "R-REN-03: with the PIN the holder has the keys" cat opened
says 2 "R-KEY-01 R-MED-02: each signs under the PIN, and the signature is good" grep -c "without the PIN 0x101, with it a signature" opened
says "kind 2: records for the holder" "R-REN-01: what was encrypted to the inbox he reads" cat opened
says "kind 3: a notice for the holder" "all of it" cat opened
says "opened 0" "R-REN-03: keys come once" "${foreign[@]}" open "$scratch/pin"
says "stolen: nothing" "R-MED-07: nor does a thief get at the keys that the holder has" "${foreign[@]}" thief credential

# --- A full disk, and bounds ----------------------------------------------------------------------------
says "removed 2: 0x0" "the holder takes out what he has read" "${foreign[@]}" empty "$scratch/pin"
small=$scratch/small
mkdir "$small"
if mount -t tmpfs -o size=24m tmpfs "$small" 2> "$scratch/mount.log"; then
	trap 'umount -l "$small" 2> "$scratch/mount.log"; clean_up' EXIT
	cp -a store "$small/store"
	export MDOC_PKCS11_STORE=$small/store
	must "(something else lies on the disk)" dd if=/dev/zero of="$small/ballast" bs=1k count=14000 status=none
	says "put 0x31 after some" "a full disk is said" "${foreign[@]}" fill credential 100000
	rm "$small/ballast"
	says ": 0x0" "what was kept can be taken out" "${foreign[@]}" empty "$scratch/pin"
	says "put 0x0" "and there is room again" "${foreign[@]}" put credential 3 "later"
	must "the holder's copies are there" mdoc-token status --token holder --pin-file "$scratch/pin"
	export MDOC_PKCS11_STORE=$scratch/store
	umount "$small"
else
	echo "skip - a full disk (mounting a tmpfs is not permitted here)"
fi
says "put 0xcd44021f after some" "who has the credential can't fill the disk" "${foreign[@]}" fill credential 4000000
says ": 0x0" "the holder takes all of it out" "${foreign[@]}" empty "$scratch/pin"
says "put 0x0" "and there is room again" "${foreign[@]}" put credential 3 "later"
done_testing
