#!/usr/bin/env bash
# If this failed, an issuer would enrol what is no TPM, or a TPM that is somebody else's, or could not enrol a genuine one
# that speaks through another program than ours.
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
softhsm2-util --init-token --free --label hsm --so-pin 12345678 --pin 4711 > /dev/null || exit 1
echo 4711 > pin
mdoc-issuer --dir issuer init --module "$module" --token hsm --pin-file pin > /dev/null || exit 1
helper=(/usr/bin/python3 "$here/tpm_enrolment.py")
challenge=(mdoc-issuer --dir issuer challenge)
ca=(--ek-ca "$scratch/maker/issuercert.pem" --ek-ca "$scratch/maker/swtpm-localca-rootca-cert.pem")

# Two TPMs of one maker, and another maker.
maker_new "$scratch/maker"
maker_new "$scratch/stranger"
maker_tpm "$scratch/maker" "$scratch/one"
maker_tpm "$scratch/maker" "$scratch/two"
maker_tpm "$scratch/stranger" "$scratch/three"

tpm() { "$@" > out.log 2>&1 || { cat out.log; not_ok "set-up: $*"; exit 1; }; tpm2_flushcontext -t > /dev/null 2>&1; }

# use_tpm NAME: its endorsement keys and certificates, and a new attestation key, in files.
use_tpm() {
	swtpm_start "$scratch/$1"
	tpm tpm2_readpublic -c 0x81010016 -o ecc.pub
	tpm tpm2_readpublic -c 0x81010001 -o rsa.pub
	tpm tpm2_nvread 0x1c00016 -o ecc.der
	tpm tpm2_nvread 0x1c00002 -o rsa.der
	tpm tpm2_createprimary -C o -G ecc256:aes128cfb -c srk.ctx
	tpm tpm2_create -C srk.ctx -G ecc256:ecdsa-sha256:null -u ak.pub -r ak.priv \
		-a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|sign'
}

# activate KEY CHALLENGE OUT: with the endorsement key "ecc" (used by its empty value) or "rsa" (by its policy).
activate() {
	local how=() handle=0x81010016
	"${helper[@]}" challenge "$2" challenge.tool || exit 1
	tpm2_load -C srk.ctx -u ak.pub -r ak.priv -c ak.ctx > /dev/null || exit 1
	tpm2_flushcontext -t
	if [ "$1" = rsa ]; then
		handle=0x81010001 how=(-P session:session.ctx)
		tpm2_startauthsession --policy-session -S session.ctx
		tpm2_policysecret -Q -S session.ctx -c e
	fi
	tpm2_activatecredential -Q -c ak.ctx -C $handle -i challenge.tool -o "$3" "${how[@]}"
	local got=$?
	tpm2_flushcontext -t > /dev/null 2>&1
	tpm2_flushcontext -l > /dev/null 2>&1
	return $got
}

# The whole way, by either key.
use_tpm one
for kind in ecc rsa; do
	"${helper[@]}" enrol enrolment "serial-$kind" "$kind.pub" ak.pub "$kind.der" || exit 1
	must "a genuine TPM is challenged ($kind)" "${challenge[@]}" --enrolment enrolment "${ca[@]}" --out challenge-$kind
	must "and answers" activate $kind challenge-$kind credential
	"${helper[@]}" answer answer-$kind challenge-$kind credential || exit 1
	must "its attestation key gets a certificate" "${challenge[@]}" --answer answer-$kind --pin-file pin --out ak-$kind.pem
	must "which OpenSSL follows to the attestation CA" \
		openssl verify -CAfile issuer/attestation-ca.pem ak-$kind.pem
	says "serialNumber = serial-$kind" "and which names the token" openssl x509 -in ak-$kind.pem -noout -subject
	says "2.23.133.8.3" "and is for an attestation key" openssl x509 -in ak-$kind.pem -noout -ext extendedKeyUsage
	exits 1 "an answer counts once" "${challenge[@]}" --answer answer-$kind --pin-file pin --out again.pem
done
must "and the second try writes nothing" test ! -e again.pem
must "both are in the register" test "$(sqlite3 issuer/register.db 'SELECT count(*) FROM tpms')" = 2
says "CKO_PRIVATE_KEY" "the CA's key is in the issuer's token" sh -c \
	"pkcs11-tool --module $module --token-label hsm --login --pin 4711 --list-objects --type privkey --label 'Attestation CA' |
		sed 's/Private Key Object.*/CKO_PRIVATE_KEY/'"

# What is refused.
enrol=("${challenge[@]}" --enrolment enrolment --out never)
"${helper[@]}" enrol enrolment serial ecc.pub ak.pub || exit 1
says "holds no certificate of its endorsement key" "a TPM without a certificate" "${enrol[@]}" "${ca[@]}"
"${helper[@]}" enrol enrolment serial ecc.pub ak.pub rsa.der || exit 1
says "for another endorsement key" "the certificate of another key" "${enrol[@]}" "${ca[@]}"
"${helper[@]}" enrol enrolment serial ecc.pub ak.pub ecc.der || exit 1
says "no certificate authority that --ek-ca names" "a maker who is not trusted" \
	"${enrol[@]}" --ek-ca "$scratch/stranger/issuercert.pem"
exits 1 "with exit 1" "${enrol[@]}" --ek-ca "$scratch/stranger/issuercert.pem"
exits 2 "some maker has to be trusted" "${enrol[@]}"
exits 3 "no certificates in a file" "${enrol[@]}" --ek-ca pin
says "has expired or is not yet valid" "a certificate whose time has not come" "${enrol[@]}" "${ca[@]}" \
	--at 2001-01-01T00:00:00Z
"${helper[@]}" enrol enrolment serial ecc.pub ecc.pub ecc.der || exit 1
says "attestation key is not one to believe" "an attestation key that is none" "${enrol[@]}" "${ca[@]}"
"${helper[@]}" enrol enrolment serial ak.pub ak.pub ecc.der || exit 1
says "template of the TCG" "an endorsement key that is none" "${enrol[@]}" "${ca[@]}"
tpm tpm2_create -C srk.ctx -G ecc256:ecdsa-sha256 -u open.pub -r open.priv \
	-a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|sign'
"${helper[@]}" enrol enrolment serial ecc.pub open.pub ecc.der || exit 1
says "may sign other things" "a key that signs anything" "${enrol[@]}" "${ca[@]}"
exits 3 "something else than an enrolment" "${challenge[@]}" --enrolment challenge-ecc "${ca[@]}" --out never
must "nothing of this was written" test ! -e never

# A challenge is for one TPM and one attestation key, and for this issuer.
"${helper[@]}" enrol enrolment serial ecc.pub ak.pub ecc.der || exit 1
must "a third challenge" "${challenge[@]}" --enrolment enrolment "${ca[@]}" --out challenge-3
must "is answered" activate ecc challenge-3 credential
"${helper[@]}" answer foreign challenge-ecc credential || exit 1
exits 1 "an answer under the name of a challenge that was answered" "${challenge[@]}" --answer foreign --pin-file pin --out never
head -c 32 /dev/zero > zeros
"${helper[@]}" answer zeros-answer challenge-3 zeros || exit 1
says "not what the TPM of this challenge" "a guessed answer" "${challenge[@]}" --answer zeros-answer --pin-file pin --out never
says "answer-refused" "which is in the log" sqlite3 issuer/register.db 'SELECT event FROM events'
"${helper[@]}" answer answer-3 challenge-3 credential || exit 1
says "too old" "the right one after too long a time" "${challenge[@]}" --answer answer-3 --pin-file pin --out never \
	--at "$(date -u -d '+8 days' +%Y-%m-%dT%H:%M:%SZ)"
cp -r issuer other-issuer
sqlite3 other-issuer/register.db 'DELETE FROM challenges WHERE answered IS NULL'
says "never made" "the right one at another issuer" mdoc-issuer --dir other-issuer challenge --answer answer-3 --pin-file pin \
	--out never
must "nothing of this was written either" test ! -e never
says '"certificate": "' "the right one, and what came of it for scripts" "${challenge[@]}" --answer answer-3 --pin-file pin \
	--out ak-3.pem --json
swtpm_stop "$scratch/one"
use_tpm two
fails "another TPM of the same maker cannot answer" activate ecc challenge-3 credential-2
swtpm_stop "$scratch/two"
use_tpm three
"${helper[@]}" enrol enrolment serial ecc.pub ak.pub ecc.der || exit 1
exits 1 "a TPM of another maker is not challenged" "${enrol[@]}" "${ca[@]}"
done_testing
