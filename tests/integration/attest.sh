#!/usr/bin/env bash
# If this failed, an issuer could not know that a record's keys are in a TPM and obey a PIN that the TPM counts, or would
# believe it of keys of which it is not so.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
# shellcheck source=tpm_maker.sh
. "$here/tpm_maker.sh"
cd "$scratch" || exit 1

# Two TPMs of one maker; an issuer that takes nothing but evidence; two tokens in the first TPM's machine, one in software.
maker_new "$scratch/maker"
maker_tpm "$scratch/maker" "$scratch/one"
maker_tpm "$scratch/maker" "$scratch/two"
swtpm_start "$scratch/one"
ca=(--ek-ca "$scratch/maker/issuercert.pem")
judge=(/usr/bin/python3 "$here/attest_judge.py")
echo 'himitsu-2026' > pin
echo 'issuer-pin-123' > issuer-pin
token() { quiet mdoc-token init --label "$1" "${@:2}" --so-pin-file "so-$1" --pin-file pin --iaca "$scratch/issuer/iaca.pem"; }
quiet mdoc-token init --label issuer --backend vault --so-pin-file issuer-so --pin-file issuer-pin
quiet mdoc-issuer --dir issuer init --module "$MDOC_MODULE" --token issuer --pin-file issuer-pin --require-attestation
token holder --backend tpm
token soft --backend vault
holder=(--token holder --pin-file pin)
offer() { quiet mdoc-issuer --dir issuer offer --out offer.json; }
request() { mdoc-token request --token "$1" --pin-file pin --offer offer.json --out "$2" "${@:3}"; }
issue() { mdoc-issuer --dir issuer issue --request "$1" --claims "$here/../data/claims.json" --out "$2" --pin-file issuer-pin "${@:3}"; }
challenge=(mdoc-issuer --dir issuer challenge --pin-file issuer-pin)

# A token in software.
offer
says "--backend tpm can" "a vault says that it has nothing to show" request soft never.json --attest
exits 1 "with exit 1" request soft never.json --attest
must "and makes no request" test ! -e never.json
exits 1 "nor can it enrol" mdoc-token attest --token soft --pin-file pin --enrol --out never
quiet request soft soft.json
says "does not show that its keys are in a TPM" "the issuer refuses what shows nothing" issue soft.json never.json
exits 1 "with exit 1" issue soft.json never.json
must "and issues nothing" test ! -e never.json

# What a token says itself, to an issuer that takes that.
quiet mdoc-token provisioner --token soft --so-pin-file so-soft --credential credential-soft
must "with a provisioner it has its own word" request soft own.json --attest --sealed --count 2
exits 1 "which is no evidence" issue own.json never.json
quiet mdoc-issuer --dir lenient init --module "$MDOC_MODULE" --token issuer --pin-file issuer-pin
lenient() { mdoc-issuer --dir lenient issue --request "$1" --claims "$here/../data/claims.json" --pin-file issuer-pin --operator clerk "${@:2}"; }
quiet mdoc-issuer --dir lenient offer --out offer.json
quiet request soft own.json --attest --sealed --count 2
exits 1 "R-KEY-02: nor does it say that its keys are bound" lenient own.json --person card-1 --out never.json --require-bound
must "R-ENR-01: but the issuer registers the device" lenient own.json --person card-1 --out own-response.json
device_of() { sqlite3 "$1/register.db" 'SELECT state, bound, length(attestation_thumbprint), length(tls), tpm FROM devices'; }
must "with its keys, and not bound" test "$(device_of lenient)" = 'ACTIVE|0|43|43|'

# Before the TPM is enrolled.
says "attest --enrol" "a token says what it lacks" request holder never.json --attest

# Two rounds.
must "the token tells which TPM it is in" mdoc-token attest "${holder[@]}" --enrol --out enrolment
quiet request holder early.json --attest
says "has not enrolled any TPM" "no TPM is believed before one is enrolled" issue early.json never.json
must "the issuer challenges it" "${challenge[@]}" --enrolment enrolment "${ca[@]}" --out challenge
must "the token answers" mdoc-token attest "${holder[@]}" --answer challenge --out answer
must "the issuer certifies its attestation key" "${challenge[@]}" --answer answer --out ak.pem
says "answered before" "a replayed answer is refused" "${challenge[@]}" --answer answer --out never
must "the token keeps the certificate" mdoc-token attest "${holder[@]}" --certificate ak.pem
exits 1 "but not that of another key" mdoc-token attest "${holder[@]}" --certificate issuer/ds.pem

# The job, R-KEY-02.
offer
must "three keys, and evidence about them" request holder request.json --attest --count 3
nonce=$("${judge[@]}" --of-request request.json evidence.cbor) || not_ok "a key attestation without a rating of itself"
says '"limit": 5' "R-KEY-02: a program by the specification alone finds it shown" \
	"${judge[@]}" evidence.cbor "$nonce" issuer/attestation-ca.pem
exits 1 "but not for another nonce" "${judge[@]}" evidence.cbor "00$nonce" issuer/attestation-ca.pem
says '"attested": true' "R-KEY-02: the issuer believes it" issue request.json response.json --json
exits 1 "once" issue request.json never.json
must "the records are stored" mdoc-token import "${holder[@]}" --response response.json --yes
make_session
must "one is presented" mdoc-present respond "${holder[@]}" --request req.cbor --transcript st.cbor --out dr.cbor --yes \
	--reader-policy any
exits 0 "and verified" mdoc-reader verify --transcript st.cbor --iaca issuer/iaca.pem dr.cbor
says "1" "the register knows the TPM of the batch" sqlite3 issuer/register.db \
	'SELECT count(*) FROM batches JOIN tpms ON tpms.id = batches.tpm'

# Evidence by itself.
quiet request holder more.json --count 2
exits 2 "a nonce is hexadecimal" mdoc-token attest "${holder[@]}" --nonce xyz --out never
exits 2 "one thing at a time" mdoc-token attest "${holder[@]}" --enrol --nonce 00 --out never
exits 3 "a key that is not there" mdoc-token attest "${holder[@]}" --nonce 00 --key 0102 --out never
says '"keys": ' "evidence for another protocol" mdoc-token attest "${holder[@]}" --nonce 0badc0de --out other.cbor --json
must "holds for a program by the specification alone" "${judge[@]}" other.cbor 0badc0de issuer/attestation-ca.pem
exits 1 "evidence for one nonce is none for another" "${judge[@]}" other.cbor 0badc0df issuer/attestation-ca.pem

# Another TPM.
"${challenge[@]}" --enrolment enrolment "${ca[@]}" --out challenge || not_ok "set-up: another challenge"
swtpm_stop "$scratch/one"
swtpm_start "$scratch/two"
token other --backend tpm
other=(--token other --pin-file pin)
quiet mdoc-token attest "${other[@]}" --enrol --out other-enrolment
fails "another TPM does not answer the challenge of the first" mdoc-token attest "${other[@]}" --answer challenge --out never
says "not a challenge for this TPM" "and says why" mdoc-token attest "${other[@]}" --answer challenge --out never
exits 1 "nor does its token keep the first one's certificate" mdoc-token attest "${other[@]}" --certificate ak.pem
offer
quiet request other other.json --attest
says "no certificate of this issuer" "evidence of a TPM that is not enrolled is refused" issue other.json never.json
fails "the first TPM's token does not work here" request holder never.json --attest
must "nothing of this was written" test ! -e never.json -a ! -e never

# A TPM that is not trusted any more.
swtpm_stop "$scratch/two"
swtpm_start "$scratch/one"
offer
quiet request holder request.json --attest
quiet sqlite3 issuer/register.db "UPDATE tpms SET state = 'revoked'"
says "not trusted any more" "evidence of a TPM whose enrolment was revoked is refused" issue request.json never.json
exits 1 "nor does it come back by enrolling again" "${challenge[@]}" --enrolment enrolment "${ca[@]}" --out never
says "not trusted any more" "which says why" "${challenge[@]}" --enrolment enrolment "${ca[@]}" --out never
quiet sqlite3 issuer/register.db "UPDATE tpms SET state = 'enrolled'"
quiet "${challenge[@]}" --enrolment enrolment "${ca[@]}" --out challenge
quiet mdoc-token attest "${holder[@]}" --answer challenge --out answer
quiet sqlite3 issuer/register.db "UPDATE tpms SET state = 'revoked'"
exits 1 "nor with a challenge from before" "${challenge[@]}" --answer answer --out never
says "3" "what was refused is in the log" sqlite3 issuer/register.db \
	"SELECT count(*) FROM events WHERE event = 'enrol-refused'"
must "nothing of this was written" test ! -e never -a ! -e never.json
quiet sqlite3 issuer/register.db "UPDATE tpms SET state = 'enrolled'"
must "and is good otherwise" issue request.json response.json

# An issuer may want fewer tries.
offer
quiet request holder request.json --attest
sed 's/"require_attestation": true/&, "pin_limit": 4/' issuer/issuer.json > stricter.json
cp stricter.json issuer/issuer.json
says "tried more often" "a PIN with too many tries is refused" issue request.json never.json
sed -i 's/, "pin_limit": 4//' issuer/issuer.json

# The same with what the token says of itself, so that the device can renew.
quiet mdoc-token provisioner --token holder --so-pin-file so-holder --credential credential
offer
must "evidence, and the token's own word" request holder request.json --attest --sealed --count 2
must "R-ENR-01: the issuer believes the one and registers the other" issue request.json response.json --person card-1 --operator clerk
must "of a device that its TPM has shown" test "$(device_of issuer | sed -n '/43/s/|[0-9]*$//p')" = 'ACTIVE|1|43|43'
must "which opens its records" mdoc-token import "${holder[@]}" --response response.json --yes

# A TPM whose PINs count together.
echo 'tpm-pin = object' >> "$MDOC_PKCS11_CONF"
token shared --backend tpm
shared=(--token shared --pin-file pin)
quiet mdoc-token attest "${shared[@]}" --enrol --out enrolment
quiet "${challenge[@]}" --enrolment enrolment "${ca[@]}" --out challenge
quiet mdoc-token attest "${shared[@]}" --answer challenge --out answer
quiet "${challenge[@]}" --answer answer --out ak.pem
quiet mdoc-token attest "${shared[@]}" --certificate ak.pem
offer
quiet request shared request.json --attest
says "counts no failures of this PIN alone" "a PIN that shares its counter is refused" issue request.json never.json
sed -i 's/"require_attestation": true/&, "accept_shared_pin": true/' issuer/issuer.json
must "unless the issuer takes such TPMs" issue request.json response.json
done_testing
