#!/usr/bin/env bash
# If this failed, a record could be suspended, revoked or brought back by who may not, a lost telephone's record pass at a
# reader, an office learn what it may not, or what was done be changed afterwards. All of it with the register in SQLite
# and in PostgreSQL.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1
data=$(cd "$here/../data" && pwd)
postgres_start
softhsm_use
echo 9999 > wrong
echo 'himitsu-2026' > pin

days() { date -u -d "$1 days" +%Y-%m-%dT%H:%M:%SZ; }

# Each with its own issuer, its own holder, and the same claims about them.
run_all() {
	local kind=$1 uri=$2
	issuer=issuer-$kind
	softhsm_token "$kind"
	sql() {
		if [ "$kind" = sqlite ]; then sqlite3 "$issuer/register.db" "$1"; else psql -qtA "$uri" -c "$1"; fi
	}
	i() { local command=$1; shift; mdoc-issuer --dir "$issuer" "$command" "$@"; }
	act() { local command=$1; shift; i "$command" "$@" --operator yamada --pin-file hsm-pin; }
	offer() { mdoc-issuer --dir "$issuer" offer --out offer.json || exit 1; }
	request() { offer; /usr/bin/python3 "$here/credential_request.py" offer.json "$1" "$2" || exit 1; }
	enrol() { # enrol PERSON [OPTION…]
		local person=$1; shift
		request request.json 2
		i issue --request request.json --out response.json --claims "$data/claims.json" --person "$person" \
			--operator yamada --pin-file hsm-pin "$@"
	}
	state() { i status --person "$1" --json | jq -r .state; }

	echo "# --- $kind"
	init=(mdoc-issuer --dir "$issuer" init --module "$module" --token "$kind" --name "$kind" ${uri:+--register "$uri"})
	if [ -n "$uri" ]; then
		exits 2 "$kind: a register that is none" mdoc-issuer --dir "$issuer" init --module "$module" --token "$kind" \
			--pin-file hsm-pin --register mysql://x
		exits 4 "$kind: no password in a configuration" mdoc-issuer --dir "$issuer" init --module "$module" \
			--token "$kind" --pin-file hsm-pin --register "postgresql://a:secret@localhost/x"
		exits 1 "R-IKC-02: $kind: a wrong PIN makes no issuer" "${init[@]}" --pin-file wrong
	fi
	must "$kind: an issuer" "${init[@]}" --pin-file hsm-pin

	# People.
	exits 2 "R-IKC-02: $kind: nobody acts without a name" i person add --person p1 --pin-file hsm-pin
	exits 1 "R-IKC-02: $kind: nor with a wrong PIN" i person add --person p1 --operator sato --pin-file wrong
	must "R-IKC-02: $kind: which is in the log, with the name" test \
		"$(sql "SELECT count(*) FROM events WHERE event = 'login-failed' AND operator = 'sato'")" = 1
	echo '{"org.iso.23220.1.jp": {"tax_class": "A"}}' > tax.json
	exits 1 "R-MIN-01: $kind: nothing in the register that no record may have" act person add --person p1 --claims tax.json
	says "p1 is in the register" "$kind: a person" act person add --person p1 --claims "$data/claims.json" --card-until 2099-12-31 \
		--signature-until 2099-12-31 --municipality 131016
	exits 1 "$kind: only once" act person add --person p1
	says '"birth_date": "1971-09-01"' "$kind: with claims whose files are inside" act person show --person p1
	must "$kind: and looking is in the log" test "$(sql "SELECT operator FROM events WHERE event = 'person-show'")" = yamada

	# One live record.
	exits 1 "$kind: nobody is known who has no record" i status --person p1
	must "R-CARD-45: $kind: no record is 無" test "$(i status --third-party --person p1)" = 無
	must "R-CARD-45: $kind: and so is nobody" test "$(i status --third-party --person nobody)" = 無
	must "R-EXH-02: $kind: a batch of two" enrol p1
	cp request.json used.json
	exits 1 "R-CARD-24: $kind: a person has one live record" enrol p1
	exits 1 "R-ENR-01: $kind: a nonce that was used" i issue --request used.json --out no.json \
		--claims "$data/claims.json" --operator yamada --pin-file hsm-pin
	says 運用中 "R-CARD-41: $kind: it is in operation" i status --person p1
	must "R-CARD-45: $kind: which is 有" test "$(i status --third-party --person p1)" = 有
	must "R-REC-03: $kind: its copies are not neighbours on the list" test \
		"$(sql 'SELECT max(idx) - min(idx) FROM copies')" -gt 1
	must "$kind: it supersedes when that is asked for" enrol p1 --supersede
	must "R-CARD-24: $kind: and ends the one before" test "$(sql "SELECT state || reason FROM devices WHERE id = 1")" = \
		REVOKEDsuperseded

	# R-CARD-42: the five events, and every act that a state refuses.
	exits 1 "R-IKC-02: $kind: a wrong PIN suspends nothing" i suspend --person p1 --operator sato --pin-file wrong
	exits 2 "$kind: one of person and device" act suspend --person p1 --device 2
	exits 2 "$kind: a device is a number" act suspend --device two
	exits 1 "$kind: that is there" act suspend --device 99
	must "R-SUS-01: $kind: loss is reported by telephone" act suspend --person p1
	says 一時停止 "R-CARD-41: $kind: it is suspended" i status --person p1
	must "R-CARD-45: $kind: which is 無" test "$(i status --third-party --person p1)" = 無
	exits 1 "$kind: not twice" act suspend --person p1
	must "$kind: what is refused is in the log" test "$(sql "SELECT count(*) FROM events WHERE event = 'refused'")" = 1
	exits 1 "R-SUS-03: $kind: a suspended record does not lapse, so that nobody can renew it" act lapse --person p1
	must "R-CARD-42: $kind: it was found again" act resume --person p1
	must "R-CARD-41: $kind: and is in operation" test "$(state p1)" = ACTIVE
	exits 1 "$kind: not resumed twice" act resume --person p1
	must "R-EXH-01: $kind: all copies were used" act lapse --exhausted --person p1
	must "R-EXH-01: $kind: it is exhausted" test "$(state p1)" = EXHAUSTED
	says 廃止 "R-CARD-41: $kind: which the law calls abolished" i status --person p1
	exits 1 "R-CARD-41: $kind: and abolished is final" act suspend --person p1
	must "R-EXH-01: $kind: a new enrolment is free" enrol p1
	exits 2 "R-REV-01: $kind: a reason that is none" act revoke --person p1 --reason tired
	local n=10 reason
	for reason in key-leaked key-lost key-damaged device-lost medium-unusable holder-notice; do
		enrol "person-$reason" >/dev/null 2>&1 || not_ok "a record"
		must "R-REV-01, R-REV-02, R-REV-03: $kind: $reason" act revoke --person "person-$reason" --reason "$reason"
		must "$kind: which ends it" test "$(state "person-$reason")" = REVOKED
		n=$((n + 1))
	done
	for command in suspend resume lapse "lapse --exhausted" "revoke --reason key-lost"; do
		# shellcheck disable=SC2086
		exits 1 "R-REV-03: $kind: revoked is final: $command" act $command --person person-key-lost
	done
	must "R-CARD-42: $kind: the device came back" act revoke --person person-device-lost --reason device-retired
	says 回収 "R-CARD-41: $kind: which the law calls recovered" i status --person person-device-lost

	# Changed claims, and what has no ground any more.
	must "$kind: a person, said for programs" test "$(act person add --person p0 --json | jq -c .)" = \
		'{"person":"p0","done":"add"}'
	sed 's/〇〇県/××県/' "$data/claims.json" > moved.json
	cp "$data/portrait.jpg" .
	must "R-CARD-40: $kind: somebody moved" act person update --person p1 --claims moved.json
	must "R-CARD-40: $kind: the old copies have lapsed" test "$(state p1)" = LAPSED
	must "R-NTF-01: $kind: which the municipality will hear" test \
		"$(sql "SELECT count(*) FROM spool WHERE recipient = 'municipality:131016' AND kind = 'LAPSED'")" = 2
	enrol p2 >/dev/null 2>&1 || not_ok "a record"
	must "$kind: nothing to lapse" test "$(act lapse --json | jq .lapsed)" = 0
	must "R-REN-02: $kind: the card is abolished" act person update --person p2 --card-status abolished
	must "$kind: so that the record has no ground" test "$(act lapse --json | jq .lapsed)" = 1
	enrol p3 >/dev/null 2>&1 || not_ok "a record"
	must "R-VAL-01: $kind: a month is over" test "$(act lapse --json --at "$(days +40)" | jq .lapsed)" = 1

	# Two at once: one of them suspends.
	enrol p4 >/dev/null 2>&1 || not_ok "a record"
	( act suspend --person p4 > first.log 2>&1; echo $? > first ) &
	act suspend --person p4 > second.log 2>&1; echo $? > second
	wait
	cat first.log second.log
	must "$kind: of two acts at once one is done" test "$(cat first second | grep -c "^0$")" = 1

	# kill -9 in the middle: each step is there wholly or not at all, and what was cut off goes on.
	local j
	for j in 1 2 3 4 5; do enrol "k$j" >/dev/null 2>&1 || not_ok "a record"; done
	for j in 01 03 05 08 12; do
		timeout -s KILL 0.$j mdoc-issuer --dir "$issuer" compromise --key ds --operator yamada --pin-file hsm-pin >/dev/null 2>&1
		i verify-log >/dev/null || not_ok "$kind: killed after 0.$j s the register is whole"
	done
	must "$kind: killed in the middle, the register is whole" i verify-log
}

# What readers make of it: a holder's response, judged with the lists of its issuer.
judge_all() {
	local kind=$1
	export MDOC_PKCS11_STORE=$scratch/store-$kind # of this issuer's holder
	mkdir -p issuer && cp "$issuer/iaca.pem" issuer/
	make_holder
	quiet mdoc-issuer --dir "$issuer" offer --out offer.json
	quiet mdoc-token request --token holder --offer offer.json --count 2 --out request.json --pin-file pin
	quiet mdoc-issuer --dir "$issuer" issue --request request.json --claims "$data/claims.json" --person judged \
		--out response.json --pin-file hsm-pin --operator yamada
	quiet mdoc-token import --token holder --response response.json --pin-file pin --yes
	make_session
	respond dr.cbor
	lists() { act status-list --out lists >/dev/null && act crl --out iaca.crl >/dev/null; }
	verify=(mdoc-reader verify --transcript st.cbor --iaca "$issuer/iaca.pem" --undetermined fail --require-crl
		--crl iaca.crl --status-list lists/1)
	python=(/usr/bin/python3 "$here/status_check.py" "$issuer/iaca.pem" iaca.crl lists "$issuer/ds.pem" response.json)
	must "R-CARD-44: $kind: lists and CRL" lists
	must "R-CARD-50: $kind: a reader finds the record good" "${verify[@]}" dr.cbor
	must "R-CARD-44: $kind: python3-cbor2 and python3-cryptography agree" "${python[@]}" valid
	quiet act suspend --person judged
	quiet lists
	exits 1 "R-SUS-01: $kind: not while it is suspended" "${verify[@]}" dr.cbor
	must "R-SUS-01: $kind: they agree" "${python[@]}" invalid
	quiet act resume --person judged
	quiet lists
	must "R-SUS-01: $kind: good again" "${verify[@]}" dr.cbor
	quiet act revoke --person judged --reason key-leaked
	quiet lists
	exits 1 "R-REV-01: $kind: not when it is revoked" "${verify[@]}" dr.cbor
	must "R-REV-01: $kind: they agree" "${python[@]}" invalid

	# Another holder, and then the issuer's key.
	enrol p9 >/dev/null 2>&1 || not_ok "a record"
	exits 2 "$kind: whose key" act compromise --key reader
	must "R-REV-04: $kind: the document signer's key is leaked" act compromise --key ds
	must "R-REV-04: $kind: every record under it is revoked" test \
		"$(sql "SELECT count(*) FROM devices WHERE state <> 'REVOKED' AND EXISTS
			(SELECT 1 FROM batches WHERE device = devices.id AND ended IS NULL)")" = 0
	quiet lists
	exits 1 "R-REV-04: $kind: a reader refuses what it signed" "${verify[@]}" dr.cbor
	must "R-REV-04: $kind: it is on the CRL" "${python[@]}" revoked
	exits 1 "R-REV-04: $kind: and signs nothing more" enrol p10
	says "keys replace --key ds" "R-REV-04: $kind: which says what to do" enrol p10
	replace_signer "$kind"
}

# After a compromise the same issuer goes on, with another document signer.
replace_signer() {
	local kind=$1 old new id
	of_ds() { act keys list --json | jq -r ".[] | select(.name == \"ds\").$1"; }
	key_there() {
		pkcs11-tool --module "$module" --token-label "judged-$kind" --login --pin 4711 --list-objects --type privkey 2>/dev/null |
			grep "$1"
	}
	crl_has() { openssl crl -inform DER -in iaca.crl -noout -text | grep -i "Serial Number: $1"; }
	old=$(of_ds serial) id=$(of_ds id)
	exits 2 "R-REV-04: $kind: the root is not replaced" act keys replace --key iaca
	exits 1 "R-IKC-02: $kind: nor anything with a wrong PIN" i keys replace --key ds --operator sato --pin-file wrong
	must "R-REV-04: $kind: the old key is in the token" key_there "$id"
	must "R-REV-04: $kind: a new document signer" act keys replace --key ds --days 60 --json
	new=$(of_ds serial)
	fails "R-REV-04: $kind: it is another one" test "$new" = "$old"
	must "R-IKC-02: $kind: the log has both" test "$(sql "SELECT detail FROM events WHERE event = 'key-replaced'")" = \
		"ds $old $new"
	must "R-REV-04: $kind: the old certificate is kept" openssl x509 -in "$issuer/ds-$old.pem" -noout
	must "R-REV-04: $kind: the new key is in the token" key_there "$(of_ds id)"
	fails "R-REV-04: $kind: and the old one is not" key_there "$id"
	must "R-REV-04: $kind: it issues" enrol p10
	export MDOC_PKCS11_STORE=$scratch/store-$kind-new # without copies of the old signer's
	make_holder
	quiet mdoc-issuer --dir "$issuer" offer --out offer.json
	quiet mdoc-token request --token holder --offer offer.json --count 2 --out request.json --pin-file pin
	quiet act issue --request request.json --claims "$data/claims.json" --person new --out response.json
	quiet mdoc-token import --token holder --response response.json --pin-file pin --yes
	respond new.cbor
	quiet lists
	must "R-REV-04: $kind: a reader finds the new record good" "${verify[@]}" new.cbor
	exits 1 "R-REV-04: $kind: and the old one still bad" "${verify[@]}" dr.cbor
	must "R-REV-04: $kind: the old serial number is on the CRL" crl_has "$old"
	fails "R-REV-04: $kind: and the new one is not" crl_has "$new"
	must "R-REV-04: $kind: the old one is compromised again by its number" act compromise --key ds --serial "$old"
	must "$kind: a new key for messages, before its time" act keys replace --key messages
	must "$kind: and for status lists" act keys replace --key status
	quiet lists
	must "$kind: which readers take" "${verify[@]}" new.cbor
	must "R-REV-04: $kind: the root's key is leaked" act compromise --key iaca
	exits 1 "R-REV-04: $kind: below it there is no new document signer" act keys replace --key ds
	says "mdoc-issuer init" "R-REV-04: $kind: but a new issuer" act keys replace --key ds
}

# The log.
log_all() {
	local kind=$1 head
	head=$(i verify-log --json | jq -r '"\(.events):\(.hash)"')
	quiet act person add --person extra
	must "R-RET-01: $kind: the log goes on from what was kept" i verify-log --contains "$head"
	exits 2 "$kind: what was kept has a form" i verify-log --contains 12
	exits 1 "R-RET-01: $kind: and is not another one" i verify-log --contains "2:${head#*:}"
	quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout supervisor.key -out supervisor.pem \
		-subj /CN=supervisor -days 2
	exits 2 "$kind: a report has its begin before its end" act export --to supervisor.pem --out report.cms \
		--from 2026-02-01 --until 2026-01-01
	must "R-CARD-37: $kind: a report for the supervisor" act export --to supervisor.pem --out report.cms
	fails "R-CARD-34: $kind: which others cannot read" grep -qa yamada report.cms
	openssl cms -decrypt -inform DER -in report.cms -inkey supervisor.key -recip supervisor.pem -out signed.cms
	openssl cms -verify -inform DER -in signed.cms -CAfile "$issuer/iaca.pem" -purpose any -out report.json 2>/dev/null
	must "R-CARD-37: $kind: it is signed, and all adds up" test "$(jq '.log.whole and .differences == []' report.json)" = true
	fails "R-RET-01: $kind: the log cannot be shortened" sql "DELETE FROM events"
	fails "R-RET-01: $kind: nor changed" sql "UPDATE events SET operator = 'sato'"
	must "R-RET-01: $kind: nothing goes before its time" test "$(act purge --json | jq .details)" = 0
	must "R-RET-01: $kind: details go when it is over" test "$(act purge --json --at "$(days +1900)" | jq '.details > 0')" = true
	says "missing before its time" "R-RET-01: $kind: an operator who sets the clock forward is found out" i verify-log
	must "R-RET-01: $kind: later the log is whole without them" i verify-log --at "$(days +3800)"
	if [ "$kind" = sqlite ]; then
		sql "DROP TRIGGER events_fixed; UPDATE events SET operator = 'sato' WHERE id = 5"
	else
		sql "ALTER TABLE events DISABLE TRIGGER USER; UPDATE events SET operator = 'sato' WHERE id = 5"
	fi
	exits 1 "R-RET-01, R-IKC-02: $kind: whoever owns the database is found out" i verify-log --at "$(days +3800)"
	says "number 5" "$kind: and where" i verify-log --at "$(days +3800)"
}

run_all sqlite ""
log_whole=$issuer
issuer="issuer-judged-sqlite"
softhsm_token judged-sqlite
quiet mdoc-issuer --dir "$issuer" init --module "$module" --token judged-sqlite --pin-file hsm-pin
judge_all sqlite
log_all sqlite
must "nothing of all this is in another register" mdoc-issuer --dir "$log_whole" verify-log

run_all postgresql "$(postgres_database one)"
judged=$(postgres_database two)
sql() { psql -qtA "$judged" -c "$1"; }
issuer="issuer-judged-postgresql"
softhsm_token judged-postgresql
quiet mdoc-issuer --dir "$issuer" init --module "$module" --token judged-postgresql --pin-file hsm-pin --register "$judged"
judge_all postgresql
log_all postgresql

# A disk that is full: nothing is half there, and all is as before.
issuer="issuer-sqlite"
before=$(mdoc-issuer --dir "$issuer" verify-log --json | jq .events)
full() { ( ulimit -f 4; trap '' XFSZ; exec mdoc-issuer --dir "$issuer" person add --person full --claims "$data/claims.json" \
	--operator yamada --pin-file hsm-pin ); }
fails "a disk that is full" full
must "leaves the register whole" mdoc-issuer --dir "$issuer" verify-log
must "and as it was" test "$(mdoc-issuer --dir "$issuer" verify-log --json | jq .events)" = "$before"
done_testing
