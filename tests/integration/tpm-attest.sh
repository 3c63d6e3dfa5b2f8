#!/usr/bin/env bash
# If this failed, nobody but our own issuer could make sense of what a token says of its TPM and of its keys, a TPM with
# this or that kind of endorsement key could not be enrolled, or evidence would be about keys that are elsewhere.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=tpm_maker.sh
. "$here/tpm_maker.sh"
cd "$scratch" || exit 1

module=${SOFTHSM2_MODULE:-/usr/lib/softhsm/libsofthsm2.so}
export SOFTHSM2_CONF=$scratch/softhsm2.conf
mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$scratch" > "$SOFTHSM2_CONF"
softhsm2-util --init-token --free --label hsm --so-pin 12345678 --pin 8888 > /dev/null || exit 1
echo 8888 > issuer-pin
mdoc-issuer --dir issuer init --module "$module" --token hsm --pin-file issuer-pin > /dev/null || exit 1
challenge=(mdoc-issuer --dir issuer challenge)

echo SO-ABCD-EFGH-JKLM-NPQR > so
echo 4711 > pin
maker_new "$scratch/maker"
ca=(--ek-ca "$scratch/maker/issuercert.pem" --ek-ca "$scratch/maker/swtpm-localca-rootca-cert.pem")
maker_tpm "$scratch/maker" "$scratch/tpm"
swtpm_start "$scratch/tpm"
verify=(/usr/bin/python3 "$here/tpm_evidence.py")
attest=(mdoc-token attest --token card --pin-file pin)
p11=(pkcs11-tool --module "$MDOC_MODULE" --token-label card --login --pin 4711)
must "a token in the TPM" mdoc-token init --label card --backend tpm --so-pin-file so --pin-file pin
for curve in secp256r1 secp384r1 secp521r1; do
	must "a key in it ($curve)" "${p11[@]}" --keypairgen --key-type "EC:$curve" --label $curve --id "${curve:4:3}0"
done
keys=(--key 2560 --key 3840 --key 5210)
# Uncompressed, in hexadecimal, without the head of the OCTET STRINGs that they are in.
mapfile -t points < <("${p11[@]}" --list-objects --type pubkey 2>/dev/null | sed -nE 's/^ *EC_POINT: *04(81)?..//p')
nonce=00112233445566778899aabbccddeeff

fails "no evidence before the enrolment" "${attest[@]}" --nonce $nonce "${keys[@]}" --out never
must "which writes nothing" test ! -e never
exits 1 "nor with a wrong PIN" mdoc-token attest --token card --pin-file issuer-pin --enrol --out never

# round KIND: the whole enrolment.
round() {
	must "an enrolment ($1)" "${attest[@]}" --enrol --out enrolment
	must "others can read it ($1)" "${verify[@]}" --enrolment enrolment "$1"
	must "a challenge for it" "${challenge[@]}" --enrolment enrolment "${ca[@]}" --out challenge
	must "its answer" "${attest[@]}" --answer challenge --out answer
	must "a certificate for that" "${challenge[@]}" --answer answer --pin-file issuer-pin --out ak.pem
	openssl x509 -in ak.pem -noout -pubkey > ak-key.pem
}
failures_of_all() { tpm2_getcap properties-variable | grep LOCKOUT_COUNTER; }
must "a power cycle" swtpm_power_cycle "$scratch/tpm"
says "0x0" "the TPM's own counter of failures has seen nothing of this token" failures_of_all
round ECC
must "the first evidence has the endorsement certificate" "${attest[@]}" --nonce $nonce "${keys[@]}" --out evidence
says "3 keys are in the TPM, no x5c, ek" "and is true" \
	"${verify[@]}" evidence $nonce ak-key.pem 5 "${points[@]}"
must "the certificate is kept" "${attest[@]}" --certificate ak.pem
fails "one of another key is not" "${attest[@]}" --certificate issuer/iaca.pem
must "evidence with it" "${attest[@]}" --nonce $nonce "${keys[@]}" --out evidence
says "3 keys are in the TPM, x5c, no ek" "and without what tells the machine" \
	"${verify[@]}" evidence $nonce ak-key.pem 5 "${points[@]}"
fails "for another nonce it is worth nothing" "${verify[@]}" evidence 0011 ak-key.pem 5 "${points[@]}"
fails "for another key, too" "${verify[@]}" evidence $nonce issuer/iaca.pem 5 "${points[@]}"
size=$(stat -c %s evidence)
for at in 2 $((size - 10)) $((size - 150)) $((size - 300)) $((size - 600)) $((size - 1000)) $((size - 1300)); do
	cp evidence changed
	printf '\xa5\x5a' | dd of=changed bs=1 seek=$at conv=notrunc status=none
	fails "with byte $at changed, too" "${verify[@]}" changed $nonce ak-key.pem 5 "${points[@]}"
done
must "all messages together name no PIN" sh -c '! grep -aq 4711 enrolment answer evidence'

# A challenge is for this TPM and this key.
for at in 30 100 200; do
	cp challenge changed
	printf '\xa5\x5a' | dd of=changed bs=1 seek=$at conv=notrunc status=none
	fails "a challenge with byte $at changed has no answer" "${attest[@]}" --answer changed --out never
done
fails "and what is no challenge, either" "${attest[@]}" --answer evidence --out never
must "nothing of this was written" test ! -e never

# The maker left other certificates: of RSA alone, and none.
quietly() { "$@" > quiet.log 2>&1 || { cat quiet.log; not_ok "set-up: $*"; }; }
quietly tpm2_nvundefine -C p 0x1c00016
round RSA
quietly tpm2_nvundefine -C p 0x1c00002
must "without certificates there is an enrolment still" "${attest[@]}" --enrol --out enrolment
says "certificate of 0 bytes" "which says so" "${verify[@]}" --enrolment enrolment ECC
fails "and which no issuer takes" "${challenge[@]}" --enrolment enrolment "${ca[@]}" --out never

# The PIN's counter is part of the evidence: one wrong try is seen in it, until a right one.
must "a power cycle changes nothing" swtpm_power_cycle "$scratch/tpm"
must "evidence after it" "${attest[@]}" --nonce $nonce "${keys[@]}" --out evidence
must "is as good" "${verify[@]}" evidence $nonce ak-key.pem 5 "${points[@]}"
must "nothing is left loaded" test -z "$(tpm2_getcap handles-transient)$(tpm2_getcap handles-loaded-session)"

# An imported key is in the TPM, but was elsewhere before: no evidence hides that.
openssl ecparam -name prime256v1 -genkey -noout -out key.pem
openssl pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der
must "a key from outside" "${p11[@]}" --write-object key.der --type privkey --id 7777 --label outside
must "evidence about it" "${attest[@]}" --nonce $nonce --key 7777 --out evidence
fails "says that it was not made there" "${verify[@]}" evidence $nonce ak-key.pem 5
done_testing
