#!/usr/bin/env bash
# If this failed, a full disk or a killed program would leave an issuer with copies that are in no register or a compromise
# that stops half way, and a holder's request to revoke would end the record of somebody else, or nothing.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1
data=$(cd "$here/../data" && pwd)
postgres_start
softhsm_use
python3 - "$data" > inline.json <<'PY'
import base64, json, sys
claims = json.load(open(sys.argv[1] + '/claims.json', encoding='utf-8'))
portrait = open(sys.argv[1] + '/portrait.jpg', 'rb').read()
claims['org.iso.23220.1.jp']['portrait'] = {'base64url': base64.urlsafe_b64encode(portrait).rstrip(b'=').decode()}
json.dump(claims, sys.stdout, ensure_ascii=False)
PY
device() { /usr/bin/python3 "$here/device_request.py" "$@"; }

# issuer KIND [URI]: one whose register is there; from then on $issuer, $uri and sql() are its own
issuer() {
	kind=$1 uri=${2-}
	issuer=issuer-$kind
	softhsm_token "$kind"
	must "$kind: an issuer" mdoc-issuer --dir "$issuer" init --module "$module" --token "$kind" --pin-file hsm-pin --name "$kind" \
		${uri:+--register "$uri"}
	clerk=(--dir "$issuer" --operator clerk --pin-file hsm-pin)
}
sql() { if [ -z "$uri" ]; then sqlite3 "$issuer/register.db" "$1"; else psql -qtA "$uri" -c "$1"; fi; }
batches() { sql 'SELECT count(*) FROM batches'; }
responses() { find "$1" -name '0*.json' ! -name '*refused*' 2>/dev/null | wc -l; }

# --- Many orders at once ------------------------------------------------------------------------------------
bulk_all() {
	local bulk=(mdoc-issuer --dir "$issuer" issue --pin-file hsm-pin --batch "$kind.jsonl" --out "bulk-$kind" --jobs 2) pid before
	device orders - "$issuer" "$kind.jsonl" 30 4 "$kind" inline.json || exit 1
	before=$(batches)
	show "${bulk[@]}"
	"${bulk[@]}" & pid=$!
	for _ in $(seq 300); do [ "$(responses "bulk-$kind")" -gt 3 ] && break; sleep 0.02; done
	kill -9 $pid; wait $pid 2>/dev/null
	must "$kind: killed after $(responses "bulk-$kind") of 30 orders, the register has all that left" \
		test "$(responses "bulk-$kind")" -le $(($(batches) - before))
	must "$kind: the next run goes on" "${bulk[@]}"
	must "$kind: every order has its response" test "$(responses "bulk-$kind")" = 30
	must "R-EXH-02: $kind: none was issued twice" test "$(batches)" = $((before + 30))
	must "R-ENR-01: $kind: no key has two copies" test "$(sql 'SELECT count(*) - count(DISTINCT thumbprint) FROM copies')" = 0
	says '"already": 30' "$kind: and then there is nothing to do" "${bulk[@]}" --json
	must "$kind: the log is whole" mdoc-issuer --dir "$issuer" verify-log
}

issuer sqlite
bulk_all

# A disk that is full, for the responses and for the register.
device orders - "$issuer" full.jsonl 8 4 full inline.json || exit 1
before=$(batches)
full=(mdoc-issuer --dir "$issuer" issue --pin-file hsm-pin --batch full.jsonl --out bulk-full --jobs 2)
limited() { ( ulimit -f "$1"; trap '' XFSZ; shift; exec "$@" ); }
for blocks in 16 1; do # of 1024 bytes: less than one response, less than a page of the register's journal
	fails "a disk that is full after $blocks kB ends the run" limited $blocks "${full[@]}"
	must "no half of a response is there" test "$(responses bulk-full)" = 0
	must "the register is whole" mdoc-issuer --dir "$issuer" verify-log
done
must "with room again all orders are issued" "${full[@]}"
must "each of them has its response" test "$(responses bulk-full)" = 8
must "R-EXH-02: and none was issued twice" test "$(batches)" = $((before + 8))
must "nothing unfinished is left" test -z "$(find bulk-full -name '*.part')"

# --- What a holder asks for ---------------------------------------------------------------------------------
ask() { # ask PERSON: enrol a device of its own
	quiet mdoc-issuer --dir "$issuer" offer --out offer.json
	device enrol "$1.device" offer.json request.json 2 || exit 1
	must "$1 is enrolled" mdoc-issuer issue "${clerk[@]}" --request request.json --claims "$data/claims.json" \
		--person "$1" --out /dev/null
	sql "UPDATE devices SET serial = 'serial-$1' WHERE id = (SELECT max(id) FROM devices)"
}
state() { mdoc-issuer --dir "$issuer" status --person "$1" --json | jq -r '.state + " " + .law_name'; }
request() { quiet mdoc-token revoke --serial "$1" --reason "$2" --out request-revoke.json; }
revoke() { mdoc-issuer revoke "${clerk[@]}" "$@"; }
quiet() { "$@" >/dev/null || { not_ok "set-up: $*"; exit 1; }; }
ask lost; ask other
request serial-unknown device-lost
exits 1 "R-REV-02: a request about a token that is not enrolled" revoke --request request-revoke.json
request serial-lost device-lost
exits 1 "R-REV-02: a request about another's token" revoke --request request-revoke.json --person other
exits 2 "a reason and a request" revoke --request request-revoke.json --reason key-lost
exits 2 "neither" revoke --person lost
for change in '.type = "x"' '.version = 2' '.reason = "bored"' '.serial = ""' '.serial = 5' 'del(.requested)'; do
	jq "$change" request-revoke.json > bad.json
	exits 3 "a request that is none: $change" revoke --request bad.json
done
echo 9999 > wrong
exits 1 "R-IKC-02: nobody acts without the PIN" mdoc-issuer revoke --dir "$issuer" --operator clerk --pin-file wrong \
	--request request-revoke.json
quiet sql "UPDATE devices SET serial = 'serial-lost' WHERE serial = 'serial-other'"
exits 1 "two devices that say the same serial number are not guessed between" revoke --request request-revoke.json
quiet sql "UPDATE devices SET serial = 'serial-other' WHERE id = (SELECT max(id) FROM devices)"
must "nothing has changed" test "$(state lost) $(state other)" = "ACTIVE 運用中 ACTIVE 運用中"
says serial-lost "R-REV-01, R-REV-02: the holder's request is shown and done" revoke --request request-revoke.json
must "R-CARD-41: it is 廃止, and the other as it was" test "$(state lost) $(state other)" = "REVOKED 廃止 ACTIVE 運用中"
must "its reason is in the register" test "$(sql "SELECT reason FROM devices WHERE serial = 'serial-lost'")" = device-lost

# --- A compromise that is cut off ---------------------------------------------------------------------------
compromise_all() {
	local live
	for delay in 01 02 04 06; do
		timeout -s KILL 0.$delay mdoc-issuer compromise "${clerk[@]}" --key ds >/dev/null 2>&1
		mdoc-issuer --dir "$issuer" verify-log >/dev/null || not_ok "$kind: killed after 0.$delay s the register is whole"
	done
	must "R-IKC-02, R-REV-03: $kind: the next run completes a compromise that was cut off" mdoc-issuer compromise "${clerk[@]}" --key ds
	live=$(sql "SELECT count(*) FROM batches WHERE ended IS NULL")
	must "$kind: no batch of that key is left" test "$live" = 0
	must "$kind: nor any live enrolment" test "$(sql "SELECT count(*) FROM devices WHERE state IN ('ACTIVE', 'SUSPENDED')")" = 0
	says '"revoked": 0' "$kind: and done again it does nothing" mdoc-issuer compromise "${clerk[@]}" --key ds --json
	must "$kind: the log is whole" mdoc-issuer --dir "$issuer" verify-log
}
compromise_all
issuer postgresql "$(postgres_database faults)"
bulk_all
compromise_all
done_testing
