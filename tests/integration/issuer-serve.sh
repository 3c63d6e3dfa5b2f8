#!/usr/bin/env bash
# If this failed, an issuer on the web would hand a record to whoever has half of what it takes, or over a line that others
# read; and a holder's record would not renew by itself, would need the PIN for it, or would take what is not the issuer's.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
# shellcheck source=issuer_world.sh
. "$here/issuer_world.sh"
cd "$scratch" || exit 1
export XDG_STATE_HOME=$scratch/state PYTHONDONTWRITEBYTECODE=1

make_issuer
make_holder
certificates tls other client thief
clerk=(--dir issuer --operator clerk --pin-file issuer-pin)
quiet mdoc-issuer person add "${clerk[@]}" --person card-1 --claims "$here/../data/claims.json" --card-status operating \
	--card-until 2035-01-01 --signature-until 2030-01-01

code() { curl -s --cacert tls.pem "$(printf %b "$(sed 's/.*credential_offer_uri=//; s/%/\\x/g' <<< "$link")")" | jq -r '.grants[]?["pre-authorized_code"]'; }
ask() { curl -s --cacert tls.pem "$@"; }
as() { ask --cert "$1.pem" --key "$1.key" "${@:2}"; }
token() { # token WHO CODE TX
	as "$1" "$url/token" --data-urlencode grant_type=urn:ietf:params:oauth:grant-type:pre-authorized_code \
		--data-urlencode "pre-authorized_code=$2" --data-urlencode "tx_code=$3"
}

# ---- Wrong usage ----
exits 2 "no certificate" mdoc-issuer serve --dir issuer --pin-file issuer-pin
exits 3 "a TLS key that is none" mdoc-issuer serve --dir issuer --listen 127.0.0.1:0 --tls-cert tls.pem --tls-key pin --pin-file issuer-pin
exits 1 "R-IKC-02: nobody serves without the operator's PIN" mdoc-issuer serve --dir issuer --listen 127.0.0.1:0 --tls-cert tls.pem \
	--tls-key tls.key --pin-file pin
exits 1 "no offer for somebody who is not in the register" mdoc-issuer offer --dir issuer --person nobody --url https://localhost:1
exits 2 "an offer for nobody" mdoc-issuer offer --dir issuer --url https://localhost:1

# ---- The line ----
issuer_start 0
fails "R-COM-01: nothing goes in the clear" curl -sf "http://localhost:$port/.well-known/openid-credential-issuer"
says "TLSv1.3" "R-COM-01: TLS 1.3 is taken where the client has it" bash -c "openssl s_client -connect localhost:$port -CAfile tls.pem < /dev/null"
says "TLSv1.2" "1.2 still does" bash -c "openssl s_client -connect localhost:$port -tls1_2 -CAfile tls.pem < /dev/null"
fails "R-COM-01: TLS 1.1 is refused" bash -c "openssl s_client -connect localhost:$port -tls1_1 -cipher ALL:@SECLEVEL=0 < /dev/null"
must "the metadata name the issuer" test "$(ask "$url/.well-known/openid-credential-issuer" | jq -r .credential_issuer)" = "$url"
must "and where tokens are" test "$(ask "$url/.well-known/oauth-authorization-server" | jq -r .token_endpoint)" = "$url/token"
must "another path is none" test "$(ask -o /dev/null -w '%{http_code}' "$url/register.db")" = 404
must "nor does one lead out of the folder" test "$(ask -o /dev/null -w '%{http_code}' --path-as-is "$url/status/../register.db")" = 404
head -c 20000000 /dev/zero > zeros
must "a request has its bounds" test "$(as client -o /dev/null -w '%{http_code}' "$url/credential" --data-binary @zeros)" = 413

# ---- Codes and tokens ----
offer
says invalid_client "R-CARD-07: no token without a client certificate" ask "$url/token" -d "grant_type=urn:ietf:params:oauth:grant-type:pre-authorized_code" \
	--data-urlencode "pre-authorized_code=$(code)" --data-urlencode "tx_code=$(cat tx)"
c=$(code)
says "tries left: 4" "a wrong transaction code costs a try" token client "$c" 000000x
says invalid_request "none is no answer" as client "$url/token" -d "grant_type=urn:ietf:params:oauth:grant-type:pre-authorized_code" --data-urlencode "pre-authorized_code=$c"
for _ in 1 2 3 4; do token client "$c" wrong > /dev/null; done
says "wrong tries" "after five it is over, even with the right one" token client "$c" "$(cat tx)"
offer
c=$(code)
token client "$c" "$(cat tx)" > token.json
must "the right one gives tokens" jq -e .access_token token.json
says "it was used" "a code is good once" token client "$c" "$(cat tx)"
must "and the offer is gone" test -z "$(code)"
bearer="Authorization: Bearer $(jq -r .access_token token.json)"
says invalid_nonce "a nonce of one's own is refused" as client "$url/credential" -H "$bearer" -d '{}'
says invalid_credential_request "so is no JSON" as client "$url/credential" -H "$bearer" -d 'x'
says invalid_token "R-CARD-07: an access token with another certificate is refused" as thief "$url/credential" -H "$bearer" -d '{}'
says invalid_token "and with none" ask "$url/credential" -H "$bearer" -d '{}'
says invalid_token "no token, no credential" as client "$url/credential" -d '{}'
says invalid_grant "R-CARD-07: a refresh token is bound to the key, too" as thief "$url/token" -d grant_type=refresh_token \
	-d "refresh_token=$(jq -r .refresh_token token.json)"
says access_token "its owner gets a new access token" as client "$url/token" -d grant_type=refresh_token -d "refresh_token=$(jq -r .refresh_token token.json)"
says invalid_notification_id "an unknown notification" as client "$url/notification" -H "$bearer" -d '{"notification_id":"x","event":"credential_accepted"}'
fails "the register has no code and no token" bash -c "sqlite3 issuer/register.db .dump | grep -F -e '$c' -e '$(jq -r .refresh_token token.json)'"

# ---- Enrolment ----
quiet mdoc-token provisioner --token holder --so-pin-file so --credential credential
enrol=(mdoc-token enrol --token holder --pin-file pin --credential credential --tls-ca tls.pem --copies 3 --yes)
offer
echo 999999x > wrong
exits 1 "a wrong transaction code enrols nobody" "${enrol[@]}" "$link" --tx-code-file wrong
exits 4 "a server that nobody vouches for gets nothing" "${enrol[@]/tls.pem/other.pem}" "$link" --tx-code-file tx
exits 4 "R-COM-01: nor one whose key is not the pinned one" "${enrol[@]}" "$link" --tx-code-file tx --pin "$(head -c 32 /dev/zero | base64)"
exits 3 "something else is no offer" "${enrol[@]}" "https://localhost:$port/offer/x"
must "none of it left a key" test "$(mdoc-token status --token holder --pin-file pin --json | jq .unbound)" = 0
"${enrol[@]}" "$link" --tx-code-file tx > enrol.out 2>&1 || not_ok "R-ENR-01: the holder enrols"
cat enrol.out
must "R-ENR-01: the holder enrols, and the issuer has the device's keys" test "$(sql "SELECT count(*) FROM devices WHERE state = 'ACTIVE' AND length(tls) = 43")" = 1
must "R-NOT-01: contents and notices were shown, with --yes as well" grep -q "version 2025-02/1" enrol.out
must "three copies are there" test "$(mdoc-token status --token holder --pin-file pin --json | jq .unused)" = 3
must "the issuer heard of it" test "$(sql 'SELECT count(*) FROM batches WHERE delivered IS NOT NULL')" = 1
offer
others="Authorization: Bearer $(token client "$(code)" "$(cat tx)" | jq -r .access_token)"
for event in credential_accepted credential_failure credential_deleted; do
	says invalid_notification_id "another holder says nothing of it ($event)" as client "$url/notification" -H "$others" \
		-d "{\"notification_id\":\"$(sql 'SELECT notification FROM batches LIMIT 1')\",\"event\":\"$event\"}"
done
state=$(echo state/mdoc-pkcs11/*.json)
says 600 "what renewals need is for its owner's eyes only" stat -c %a "$state"
fails "and holds no PIN and no credential" grep -qF -e himitsu -e "$(cat credential)" "$state"
offer
exits 1 "R-PIN-01: no record without the holder's PIN" "${enrol[@]/#pin/wrong}" "$link" --tx-code-file tx

# ---- Renewal ----
renew=(setsid mdoc-token renew)
says "nothing is to be renewed" "a fresh batch is left alone" "${renew[@]}" < /dev/null
says "new copies have come" "R-REN-01, R-REN-03: a renewal without PIN, prompt or terminal" "${renew[@]}" --force < /dev/null
must "R-REN-01: the old batch lives on" test "$(mdoc-token status --token holder --pin-file pin --json | jq .unused)" = 3
says "wait for the PIN" "what waits is not asked for again" "${renew[@]}" --force < /dev/null
says '"kind": "response"' "the inbox shows it" mdoc-token inbox list --token holder --pin-file pin --json
says "something new waits" "R-REN-03: the status says without the PIN that something came" mdoc-token status --token holder
says '"waiting": true' "as a member of the status object" mdoc-token status --token holder --json
exits 1 "without agreement nothing is bound" setsid mdoc-token inbox accept --token holder --pin-file pin < /dev/null
must "and the old batch is there" test "$(mdoc-token status --token holder --pin-file pin --json | jq .unused)" = 3
says "3 copies were stored" "R-NOT-01: the PIN accepts it, after contents and notices" mdoc-token inbox accept --token holder --pin-file pin --yes
must "R-REN-03: the PIN is as before, and what was unspent is gone" test "$(mdoc-token status --token holder --pin-file pin --json | jq .unused)" = 3
must "the issuer has yet to hear of it" test "$(jq '.accepted | length' "$state")" = 1
says "nothing is to be renewed" "the next run tells it" "${renew[@]}"
must "R-REN-01: and its predecessor has ended" test "$(sql 'SELECT count(*) FROM batches WHERE delivered IS NOT NULL')" = 2
says "3 copies" "R-CARD-37: that is in the token's log" mdoc-token log --token holder --pin-file pin
says "nothing to accept" "the inbox is empty" mdoc-token inbox accept --token holder --pin-file pin --yes

# ---- By files, at the counter, for the same device ----
if [ "$backend" != tpm ]; then # whose evidence attest.sh has
	quiet mdoc-issuer offer --dir issuer --out counter.json
	quiet mdoc-token request --token holder --pin-file pin --offer counter.json --count 3 --attest --sealed --out request.json
	quiet mdoc-issuer issue "${clerk[@]}" --request request.json --person card-1 --supersede --out response.json
	must "R-ENR-01: a request by files has what the token attests of itself" test "$(sql "SELECT count(*) FROM devices
		WHERE attestation_thumbprint = (SELECT attestation_thumbprint FROM devices WHERE id = 1)")" = 2
	quiet mdoc-token import --token holder --pin-file pin --response response.json --yes
	must "R-REN-03: what was imported takes the place of the batch before" \
		test "$(mdoc-token status --token holder --pin-file pin --json | jq .unused)" = 3
	must "and the issuer has yet to hear of it" test "$(jq '.accepted | length' "$state")" = 1
	says "nothing is to be renewed" "the next run tells it" "${renew[@]}"
	must "R-REN-01: which the register has" test "$(sql 'SELECT count(*) FROM batches WHERE delivered IS NOT NULL')" = 3
fi
exec 7> "$state.lock"; flock 7
says "another process" "two renewals at once: one of them waits for the next time" mdoc-token renew --force
exec 7>&-

# ---- By itself ----
units=${MDOC_PREFIX:+$MDOC_PREFIX/lib/systemd/user}
if [ -n "$units" ] && [ -e "$units/mdoc-renew.service" ]; then
	must "R-REN-03: the service asks nobody" grep -q "^StandardInput=null" "$units/mdoc-renew.service"
	must "and runs what is installed" test -x "$(sed -n 's/^ExecStart=\([^ ]*\) .*/\1/p' "$units/mdoc-renew.service")"
	if command -v systemd-analyze > /dev/null; then
		mkdir -m 700 run
		must "systemd takes both units" env XDG_RUNTIME_DIR="$scratch/run" systemd-analyze --user --man=no verify \
			"$units/mdoc-renew.service" "$units/mdoc-renew.timer"
	fi
fi

# ---- Refused ----
quiet mdoc-issuer person update "${clerk[@]}" --person card-1 --card-status abolished
exits 1 "R-REN-02: no renewal once the card has lapsed" mdoc-token renew --force
must "R-REN-02: the reason is kept" grep -q credential_request_denied "$state"
before=$(wc -l < serve.err)
says "tries again at" "R-REN-02: and it does not ask again and again" mdoc-token renew
must "the issuer was not asked" test "$(wc -l < serve.err)" = "$before"
quiet mdoc-issuer person update "${clerk[@]}" --person card-1 --card-status operating --signature-until 2020-01-01
exits 1 "R-REN-02: nor once its signature certificate has" mdoc-token renew --force
quiet mdoc-issuer person update "${clerk[@]}" --person card-1 --signature-until 2030-01-01
issuer_stop "the server ends in good order"

# ---- No issuer, or another one ----
exits 4 "an issuer that is away is no reason to lose anything" mdoc-token renew --force
says "tries again at" "it says when it tries again" mdoc-token renew
must "and waits longer after each failure" bash -c "mdoc-token renew --force; mdoc-token renew --force; test \$(jq .failures $state) -ge 3"
hostile() { # hostile CLAIM FAULT WORD... : the renewal fails and leaves no key behind
	/usr/bin/python3 "$here/issuer_hostile.py" "$port" tls.pem "${key:-tls.key}" "${@:2}" > hostile.out 2>&1 &
	local pid=$!
	for ((i = 0; i < 100; i++)); do grep -q ready hostile.out && break; sleep 0.05; done
	fails "$1" mdoc-token renew --force
	kill $pid; wait $pid 2>/dev/null
}
hostile "an answer without end" huge
hostile "garbage" garbage
hostile "R-COM-02: records that are not sealed" plain
hostile "R-REN-01, R-COM-02: nor, without the holder, those that the issuer did not sign" unsigned
hostile "a nonce that is never right" nonce
hostile "a nonce that has no end" long-nonce
hostile "R-CARD-35: endpoints on another server" elsewhere
hostile "a signature that is none" forged
# ---- Another server in the midst of an enrolment ----
certificates later
cat tls.pem later.pem > both.pem
jq -n --arg url "$url" '{credential_issuer: $url, credential_configuration_ids: ["org.iso.23220.1.jp.mnc"],
	grants: {"urn:ietf:params:oauth:grant-type:pre-authorized_code": {"pre-authorized_code": "x", tx_code: {}}}}' > by-hand.json
switched() { # switched OPTION...: enrol with a server whose key becomes another
	/usr/bin/python3 "$here/issuer_hostile.py" "$port" tls.pem tls.key switch later.pem later.key > switch.out 2>&1 &
	local pid=$!
	for ((i = 0; i < 100; i++)); do grep -q ready switch.out && break; sleep 0.05; done
	mdoc-token enrol --token holder --pin-file pin --credential credential --tx-code-file tx --yes --tls-ca both.pem "$@" by-hand.json
	local got=$?
	kill $pid; wait $pid 2>/dev/null
	return $got
}
exits 4 "R-COM-01: the key that a server begins with is the one that it goes on with" switched
fails "and the other is told no transaction code" grep "token was asked" switch.out
must "R-REN-01: the batch is as it was" test "$(mdoc-token status --token holder --pin-file pin --json | jq .unused)" = 3
must "no key waits in the inbox" test "$(mdoc-token inbox list --token holder --pin-file pin --json | jq length)" = 0

# ---- And back ----
issuer_start "$port"
says "new copies have come" "once it is back, the renewal is made" mdoc-token renew --force
says "3 copies were stored" "and accepted" mdoc-token inbox accept --token holder --pin-file pin --yes
quiet mdoc-issuer revoke "${clerk[@]}" --person card-1 --reason device-lost
exits 1 "an enrolment that was revoked is not renewed" mdoc-token renew --force
exits 1 "and it is not asked for again" mdoc-token renew
issuer_stop "the server ends again"
done_testing
