#!/usr/bin/env bash
# If this failed, an issuer would renew for a stranger or for a card that has lapsed, hand out what the way can read or
# change, sign an age that is not true, link the copies of a batch, or issue an order twice.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1
data=$(cd "$here/../data" && pwd)

softhsm_use
softhsm_token hsm
must "an issuer" mdoc-issuer --dir issuer init --module "$module" --token hsm --pin-file hsm-pin --batch-size 20

device() { /usr/bin/python3 "$here/device_request.py" "$@"; }
offer() { mdoc-issuer --dir issuer offer --out offer.json || exit 1; }
ask() { offer; device "$1" device.json offer.json request.json "${@:2}" || exit 1; }
issue=(mdoc-issuer --dir issuer issue --pin-file hsm-pin --operator clerk --request request.json)
renew=(mdoc-issuer --dir issuer renew --pin-file hsm-pin --operator clerk --request request.json)
sql() { sqlite3 issuer/register.db "$@"; }
# The claims with their bytes inside, as the register keeps them.
python3 - "$data" > inline.json <<'PY'
import base64, json, sys
claims = json.load(open(sys.argv[1] + '/claims.json', encoding='utf-8'))
portrait = open(sys.argv[1] + '/portrait.jpg', 'rb').read()
claims['org.iso.23220.1.jp']['portrait'] = {'base64url': base64.urlsafe_b64encode(portrait).rstrip(b'=').decode()}
json.dump(claims, sys.stdout, ensure_ascii=False)
PY
person() { # what the register has of card-1
	sql "UPDATE people SET claims = readfile('$1'), birth_date = '1971-09-01', card_status = '${2:-operating}',
		card_until = ${3:-4102444800}, signature_until = ${4:-4102444800} WHERE reference = 'card-1'"
	sql "UPDATE people SET claims = CAST(claims AS TEXT)"
}
opened() { device open device.json sealed.json issuer/messages.pem response.json; }
checked() { python3 "$here/credential_check.py" response.json request.json issuer/ds.pem "$@"; }
enrol() { "${issue[@]}" --claims "$data/claims.json" --out sealed.json "$@"; }

# --- Enrolment -------------------------------------------------------------------------------------------
for fault in keys expired nonce response recipient split; do
	ask enrol 2 "$fault"
	exits 1 "an enrolment with another $fault is refused" enrol --person card-1
done
must "and nothing of it is kept" test "$(sql 'SELECT count(*) FROM devices')" = 0
ask enrol 2 unbound
exits 1 "R-KEY-02: a device that is not bound can be refused" enrol --person card-1 --require-bound
ask enrol 2 plain
exits 1 "R-COM-02: so can a request for a response that is not encrypted" enrol --person card-1 --sealed
ask enrol 10
must "R-ENR-01: a device is enrolled with its keys" enrol --person card-1 --require-bound
must "which the register has" test "$(sql "SELECT state || bound || length(response_thumbprint) || length(tls) FROM devices")" = ACTIVE14343
fails "R-COM-02: the response is nothing without the device" grep -qE 'credential"|portrait|花子' sealed.json
must "R-COM-02: the device opens it, and it is the issuer's" opened
must "R-ISS-01, R-REC-01, R-REC-02, R-REC-03, R-EXH-02, R-VAL-01, R-CARD-28: ten copies as they should be" \
	checked "$data/claims.json" "$data/portrait.jpg"
exits 1 "R-ENR-01: the same keys are not certified again" enrol --person card-1
ask enrol 2
exits 1 "R-CARD-24: a person has one live device" enrol --person card-1
mv device.json other.json
ask enrol 2
must "unless the new one takes its place" enrol --person card-1 --supersede
must "which ends the one before" test "$(sql "SELECT group_concat(state, ' ') FROM devices")" = "REVOKED ACTIVE"

# --- Renewal ---------------------------------------------------------------------------------------------
person inline.json
for fault in signer response recipient plain jwt expired nonce claim; do
	ask renew 2 "$fault"
	exits 1 "R-REN-01: a renewal with another $fault is refused" "${renew[@]}" --out sealed.json
done
mv device.json live.json; mv other.json device.json
ask renew 2
exits 1 "R-REN-01: nor is one by a device that was never enrolled" "${renew[@]}" --out sealed.json
mv live.json device.json
refused() { # refused TEXT CLAIM: a renewal now
	ask renew 2
	exits 1 "$2" "${renew[@]}" --out none.json
	says "$1" "and it is said why" "${renew[@]}" --out none.json
}
person inline.json abolished
refused "not in operation" "R-REN-02: no renewal when the card has lapsed"
person inline.json operating 1700000000
refused "card has lapsed" "R-REN-02: nor after its end"
person inline.json operating 4102444800 1700000000
refused "signature certificate" "R-REN-02: nor when its signature certificate has lapsed"
must "and nothing was written" test ! -e none.json
person inline.json
ask renew 10
must "R-REN-01: a renewal by the registered key, and no PIN of the holder" "${renew[@]}" --out sealed.json
must "sealed to the registered response key" opened
must "with fresh copies" checked "$data/claims.json" "$data/portrait.jpg"
must "the batch before is still live" test "$(sql "SELECT count(*) FROM batches WHERE ended IS NULL AND device = 2")" = 2
exits 1 "R-REN-01: a renewal is not taken twice" "${renew[@]}" --out again.json
sed 's/△△市/□□市/' inline.json > moved.json
person moved.json
ask renew 2
must "R-CARD-40: what changed is in the renewal" "${renew[@]}" --out sealed.json
opened
sed 's/△△市/□□市/' "$data/claims.json" > moved-claims.json
must "signed anew" checked moved-claims.json "$data/portrait.jpg"
must "of two generations before one has ended" test "$(sql "SELECT count(*) FROM batches WHERE ended IS NULL AND device = 2")" = 2

# --- Validity --------------------------------------------------------------------------------------------
day() { TZ=Asia/Tokyo date -d "$1" +%F; }
soon=$(TZ=Asia/Tokyo date -d '+5 days' +%m-%d)
[ "$soon" = 02-29 ] && soon=03-01
year=$(TZ=Asia/Tokyo date -d '+5 days' +%Y)
born=$((year - 20))-$soon
sed "s/1971-09-01/$born/; s/\"age_over_65\": false/\"age_over_65\": false, \"age_over_19\": true/" "$data/claims.json" > young.json
cp "$data/portrait.jpg" .
offer; python3 "$here/credential_request.py" offer.json request.json 2
must "R-VAL-01: a record of somebody who is 20 in five days" "${issue[@]}" --claims young.json --out response.json
must "R-VAL-01: says 19 and ends the day before the birthday" checked young.json "$data/portrait.jpg"
offer; python3 "$here/credential_request.py" offer.json request.json 1
echo '{"org.iso.23220.1": {"age_over_20": true}}' > ageless.json
exits 1 "an age without a birth date is not signed" "${issue[@]}" --claims ageless.json --out none.json
exits 2 "R-VAL-02: nothing asks for more than the month" "${issue[@]}" --claims "$data/claims.json" --days 60 --out none.json

# --- Contents, editions, algorithms ------------------------------------------------------------------------
echo '{"org.iso.23220.1.jp": {"full_name_unicode": "番号　花子", "resident_record_code": "12345678901"}}' > code.json
exits 1 "R-MIN-01, R-CARD-51: no 住民票コード in a record" "${issue[@]}" --claims code.json --out none.json
must "R-FMT-02: the edition of 2021" "${issue[@]}" --claims "$data/claims.json" --edition 2021 --out response.json
must "has no status" checked "$data/claims.json" "$data/portrait.jpg" plain
exits 3 "R-FMT-02: there is no other edition" "${issue[@]}" --claims "$data/claims.json" --edition 1999 --out none.json
offer; python3 "$here/credential_request.py" offer.json request.json 1
for name in ES256 P-256 SHA-256; do
	printf '{"version": 1, "algorithms": [{"name": "%s", "issue_until": "%s"}]}' $name "$(day yesterday)" > policy.json
	exits 1 "R-FUT-05: nothing new with $name after its date" "${issue[@]}" --claims "$data/claims.json" \
		--algorithm-policy policy.json --out none.json
done
printf '{"version": 1, "algorithms": [{"name": "ES256", "issue_until": "%s"}]}' "$(day today)" > policy.json
must "R-FUT-05: until the end of that day" "${issue[@]}" --claims "$data/claims.json" --algorithm-policy policy.json \
	--out response.json
printf '{"version": 1, "algorithms": [{"name": "ES257"}]}' > policy.json
exits 3 "a policy about nothing is refused" "${issue[@]}" --claims "$data/claims.json" --algorithm-policy policy.json --out none.json
offer; python3 "$here/credential_request.py" offer.json request.json 21
exits 1 "R-EXH-02: no more copies at once than the issuer gives" "${issue[@]}" --claims "$data/claims.json" --out none.json

# --- Many at once ------------------------------------------------------------------------------------------
batches() { sql 'SELECT count(*) FROM batches'; }
device orders - issuer orders.jsonl 60 5 bulk inline.json || exit 1
before=$(batches)
bulk=(mdoc-issuer --dir issuer issue --pin-file hsm-pin --batch orders.jsonl --out bulk --jobs 2)
show "${bulk[@]}"
"${bulk[@]}" & pid=$!
for _ in $(seq 200); do [ "$(find bulk -name '0*.json' 2>/dev/null | wc -l)" -gt 5 ] && break; sleep 0.02; done
kill -9 $pid; wait $pid 2>/dev/null
done_before=$(find bulk -name '0*.json' | wc -l)
must "a run of 60 orders was killed after $done_before" test "$done_before" -lt 60
sed -i '31s/"portrait"/"tax_class"/' orders.jsonl
exits 1 "R-MIN-01: the next run goes on, but for an order that it may not fulfil" "${bulk[@]}"
must "all others have their response" test "$(find bulk -name '0*.json' ! -name '*refused*' | wc -l)" = 59
says credential_request_denied "the refused one says why" cat bulk/00000031.refused.json
must "R-EXH-02: none was issued twice" test "$(batches)" = $((before + 59))
sed -i '31s/"tax_class"/"portrait"/' orders.jsonl
must "put right, it is issued as well" "${bulk[@]}"
must "once" test "$(batches)" = $((before + 60))
must "no half of a file is left" test -z "$(find bulk -name '*.part' -o -name '*.refused.json')"
says '"already": 60' "and then there is nothing to do" "${bulk[@]}" --json
must "R-ENR-01: no key has two copies" test "$(sql 'SELECT count(*) - count(DISTINCT thumbprint) FROM copies')" = 0
must "R-REC-03: nor any two copies one entry of a status list" \
	test "$(sql 'SELECT count(*) - count(DISTINCT list || "/" || idx) FROM copies WHERE list IS NOT NULL')" = 0
done_testing
