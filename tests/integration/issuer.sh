#!/usr/bin/env bash
# If this failed, mdoc-issuer would not work with a token that is not ours, would issue what the
# law or the standard does not allow, or would give a record to who has no right to it.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1
data=$(cd "$here/../data" && pwd)

softhsm_use
softhsm_token hsm
echo 9999 > wrong

init=(mdoc-issuer --dir issuer init --module "$module" --token hsm)
exits 2 "R-CRY-01: a curve below 256 bits is refused" "${init[@]}" --pin-file hsm-pin --curve P-224
exits 2 "a country is two capital letters" "${init[@]}" --pin-file hsm-pin --country Japan
exits 2 "a document signer lives 457 days at most" "${init[@]}" --pin-file hsm-pin --ds-days 458
exits 1 "R-IKC-02: a wrong PIN makes no issuer" "${init[@]}" --pin-file wrong
must "and leaves no issuer" test ! -e issuer/issuer.json
must "and no register" test ! -e issuer/register.db
must "an issuer on a token that is not ours" "${init[@]}" --pin-file hsm-pin
exits 3 "an issuer is never made over another" "${init[@]}" --pin-file hsm-pin
must "OpenSSL agrees that the IACA signed the document signer" \
	openssl verify -CAfile issuer/iaca.pem -ignore_critical issuer/ds.pem
must "OpenSSL agrees that it signed itself" openssl verify -CAfile issuer/iaca.pem issuer/iaca.pem
says "1.0.18013.5.1.2" "its key usage is that of a document signer" openssl x509 -in issuer/ds.pem -noout -text
p11=(pkcs11-tool --module "$module" --token-label hsm --login --pin 4711)
says "Document signer" "the certificates are in the token" "${p11[@]}" --list-objects --type cert
says "always sensitive" "R-IKC-01: the keys can never be read" "${p11[@]}" --list-objects --type privkey
for key in status messages; do
	must "OpenSSL agrees that the IACA signed the certificate of $key" \
		openssl verify -CAfile issuer/iaca.pem -ignore_critical "issuer/$key.pem"
done
usage_of() { openssl x509 -in "issuer/$1.pem" -noout -ext extendedKeyUsage 2>/dev/null | sed -n '2s/^ *//p'; }
must "what signs messages signs neither records nor lists" test "$(usage_of messages)" = "E-mail Protection"
must "and what signs lists no messages" test "$(usage_of status)" = ""
softhsm_token fixed
must "an issuer whose keys no backup can hold" mdoc-issuer --dir fixed init --module "$module" --token fixed --pin-file hsm-pin \
	--no-backup
says "never extractable" "R-IKC-01: its keys were never outside" pkcs11-tool --module "$module" --token-label fixed \
	--login --pin 4711 --list-objects --type privkey
if grep -rq 4711 issuer; then not_ok "no PIN in the folder"; else ok "no PIN in the folder"; fi

offer() { mdoc-issuer --dir issuer offer --out offer.json || exit 1; }
request() { python3 "$here/credential_request.py" offer.json "$@" || exit 1; }
issue=(mdoc-issuer --dir issuer issue --claims "$data/claims.json" --pin-file hsm-pin)
copies() { sqlite3 issuer/register.db 'SELECT count(*) FROM copies'; }

must "an offer" mdoc-issuer --dir issuer offer --out offer.json
says "mdoc_pkcs11_nonce" "has a nonce" cat offer.json
for fault in nonce aud iat signature duplicate private typ alg; do
	request bad.json 2 "$fault"
	exits 1 "a request with a wrong $fault is refused" "${issue[@]}" --request bad.json --out bad-response.json
done
must "and no response is written" test ! -e bad-response.json
must "and nothing is in the register" test "$(copies)" = 0

request request.json 3
exits 1 "R-IKC-02: a wrong PIN issues nothing" mdoc-issuer --dir issuer issue --claims "$data/claims.json" \
	--pin-file wrong --request request.json --out response.json
says login-failed "and is in the log" sqlite3 issuer/register.db 'SELECT event FROM events'
echo '{"org.iso.23220.1.jp": {"tax_class": "A"}}' > tax.json
exits 1 "R-MIN-01: no element beyond those of the record" mdoc-issuer --dir issuer issue --claims tax.json --pin-file hsm-pin \
	--request request.json --out response.json
exits 1 "R-VAL-01: nothing that outlives the document signer's certificate" "${issue[@]}" --request request.json \
	--out response.json --at "$(date -u -d '+450 days' +%Y-%m-%dT%H:%M:%SZ)"
exits 3 "a request that is not there" "${issue[@]}" --request none.json --out response.json
printf '{"a": 1, "a": 2}' > twice.json
exits 3 "a request that is no request" "${issue[@]}" --request twice.json --out response.json

must "three copies" "${issue[@]}" --request request.json --out response.json --person card-1
must "R-REC-01, -02, -03, R-VAL-01, R-ISS-01: they are what they should be" python3 "$here/credential_check.py" response.json \
	request.json issuer/ds.pem "$data/claims.json" "$data/portrait.jpg"
must "for the owner's eyes only" test "$(stat -c %a response.json)" = 600
must "and are in the register" test "$(copies)" = 3
exits 1 "a nonce is used once" "${issue[@]}" --request request.json --out again.json

# The same keys with another nonce: the proofs must be made anew, as an honest program would not.
offer
exits 1 "a proof for an earlier offer is refused" "${issue[@]}" --request request.json --out again.json
must "nothing more is in the register" test "$(copies)" = 3

# More than a holder's program reads: the batch would be in the register and nobody could import it.
mkdir large
head -c 1000000 /dev/urandom > large/portrait.jpg
cp "$data/claims.json" large/
request many.json 52
exits 1 "a response too large to be imported is not made" mdoc-issuer --dir issuer issue --claims large/claims.json \
	--pin-file hsm-pin --request many.json --out large.json
must "nor is it in the register" test "$(copies)" = 3

# The response can't be written: issued in the register, but nobody has it.
request full.json 1
exits 4 "a response that cannot be written" "${issue[@]}" --request full.json --out "$scratch/none/response.json"
says not-delivered "is in the log" sqlite3 issuer/register.db 'SELECT event FROM events'
exits 1 "and is not issued again" "${issue[@]}" --request full.json --out response2.json

sqlite3 issuer/register.db 'PRAGMA user_version = 99'
exits 4 "a register of a newer version is left alone" mdoc-issuer --dir issuer offer --out offer.json
done_testing
