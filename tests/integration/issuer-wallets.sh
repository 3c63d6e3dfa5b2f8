#!/usr/bin/env bash
# If this failed, our issuer's server would be for our own holder only, and our holder for our own issuer only: here a wallet
# and an issuer made of @openid4vc/openid4vci, jose and @owf/mdoc, which we did not write, are the other side.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
# shellcheck source=../foreign/certificates.sh
. "$here/../foreign/certificates.sh"
# shellcheck source=issuer_world.sh
. "$here/issuer_world.sh"
foreign=$(cd "$here/../foreign" && pwd)
cd "$scratch" || exit 1
export XDG_STATE_HOME=$scratch/state

cp "$foreign"/{package.json,package-lock.json,*.mjs} .
must "the pinned packages install" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
make_issuer
certificates tls theirs
clerk=(--dir issuer --operator clerk --pin-file issuer-pin)
quiet mdoc-issuer person add "${clerk[@]}" --person card-1 --claims "$here/../data/claims.json" --card-status operating \
	--card-until 2035-01-01 --signature-until 2030-01-01

# ---- A wallet of other make, and our issuer ----
wallet() { # wallet CLAIM FILTER OPTION...: what jq must find true of what the wallet saw
	local claim=$1 filter=$2; shift 2
	show node vci-wallet.mjs OFFER issuer/iaca.pem tx "$@"
	NODE_EXTRA_CA_CERTS=tls.pem node vci-wallet.mjs "$link" issuer/iaca.pem tx "$@" > seen.json
	cat seen.json
	must "$claim" jq -e "$filter" seen.json
}
issuer_start 0
offer
wallet "R-CARD-07: no wallet gets a token without a TLS certificate" '.refused.error == "invalid_client"' nobody
wallet "R-FMT-01, R-COM-02: a foreign wallet enrols, opens the sealed answer and verifies three records" \
	'.records == 3 and .ours and .sealed == "ECDH-ES A256GCM" and .kid == "mine" and .told == 204' theirs --keys=3
must "it heard what it gets" jq -e '.known == ["org.iso.23220.1.jp.mnc"] and .elements > 10' seen.json
must "R-REN-01: copies without a device are not renewed" jq -e '.renewable == "this enrolment cannot be renewed"' seen.json
wallet "an offer is good once" '.refused' theirs
must "nor is there a key of a device" test "$(sql "SELECT count(*) FROM devices WHERE attestation IS NULL AND tls IS NULL")" = 1
must "the register knows that they arrived" test "$(sql 'SELECT count(*) FROM batches WHERE delivered IS NOT NULL')" = 1
how=--by-value offer
wallet "by value, P-384, an answer to X25519, and an attestation by a provider whom nobody knows" \
	'.records == 1 and .ours and .told == 204' theirs --crv=P-384 --response=X25519 --attest
must "one enrolment a person: the former has ended" test "$(sql "SELECT count(*) FROM devices WHERE state = 'ACTIVE'")" = 1
offer
wallet "R-COM-02: no record goes out that only the line protects" '.refused.error == "invalid_encryption_parameters"' theirs --plain
offer
wallet "a batch of 100 copies" '.records == 100 and .ours' theirs --keys=100
issuer_stop "the server ends in good order"
issuer_start 0 --require-bound
offer
wallet "R-KEY-02: an issuer that wants keys in a device refuses who shows none" '.refused.error == "credential_request_denied"' theirs
issuer_stop "and again"

# ---- Our holder, and an issuer of other make ----
openssl_issuer other P-256
cp other-ds.key ds.key
cp other-ds.pem ds.pem
echo 'himitsu-2026' > pin
quiet mdoc-token init --label holder "${by_backend[@]}" --so-pin-file so --pin-file pin --iaca issuer/iaca.pem --iaca other-iaca.pem
quiet mdoc-token provisioner --token holder --so-pin-file so --credential credential
enrol=(mdoc-token enrol --token holder --pin-file pin --credential credential --tls-ca tls.pem --tx-code-file tx --yes)
unused() { mdoc-token status --token holder --pin-file pin --json | jq "${1:-.unused}"; }
cat > jp.json <<'J'
{ "org.iso.23220.1": { "sex": 2, "birth_date": "date:1971-09-01", "age_in_years": 55, "age_over_20": true },
  "org.iso.23220.1.jp": { "full_name_unicode": "番　花子", "portrait": "base64url:_9j_4AAQ" } }
J
their_issuer() { # their_issuer COMMAND...: with $link of it in the place of LINK
	node vci-issuer.mjs . jp.json > theirs.out 2> theirs.err &
	local pid=$! i
	for ((i = 0; i < 200; i++)); do grep -q ready theirs.out && break; sleep 0.05; done
	link=$(cat offer.txt)
	"${@//LINK/$link}"
	kill $pid
	wait $pid 2> /dev/null
	cat theirs.out theirs.err
}
their_issuer must "R-FMT-01, R-COM-02: we enrol with an issuer of other make" "${enrol[@]}" --copies 3 LINK
must "it took our attestation and our proofs" grep -q "^attested 3" theirs.out
must "and heard that the copies arrived" grep -q "^notified credential_accepted" theirs.out
must "R-FMT-01: three copies by that issuer are bound" test "$(unused)" = 3
fails "R-REN-01: an issuer that does not sign its answers has nothing to renew" bash -c 'ls state/mdoc-pkcs11/*.json'
cp other-iaca.key ds.key
their_issuer fails "a record by another key is refused under the PIN, too" "${enrol[@]}" --copies 2 LINK
must "what was there is untouched, and the keys that were made are gone" test "$(unused '[.unused, .unbound] == [3, 0]')" = true

# ---- Our holder, and our issuer: large batches ----
issuer_start 0
offer
must "a batch of 100 copies, with one attestation of all their keys" "${enrol[@]}" --copies 100 "$link"
must "takes the place of the three" test "$(unused)" = 100
says "new copies have come" "R-REN-01: and 100 are renewed" setsid mdoc-token renew --force < /dev/null
issuer_stop "the server ends for good"
done_testing
