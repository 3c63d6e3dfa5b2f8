#!/usr/bin/env bash
# If this failed, the pieces of a record's life would not fit together: a month and more of one holder, from the first copy
# to the end, with the clock moved by libfaketime. Only our own programs have the other clock; they know nothing of it.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1
export XDG_STATE_HOME=$scratch/state

# ---- A clock of our own ----
library=$(dpkg -L libfaketime 2>/dev/null | grep '/libfaketimeMT\.so\.1$')
[ -n "$library" ] || { not_ok "libfaketime is installed"; exit 1; }
clock=(env "LD_PRELOAD=$library" "FAKETIME_TIMESTAMP_FILE=$scratch/now" FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
	TZ=UTC)
it_is() { # it_is JST-TIME: from now on
	TZ=UTC date -d "TZ=\"Asia/Tokyo\" $1" '+@%Y-%m-%d %H:%M:%S' > "$scratch/now"
	printf '\n# It is %s in Japan.\n' "$1"
}
mdoc-token() { "${clock[@]}" mdoc-token "$@"; }
mdoc-present() { "${clock[@]}" mdoc-present "$@"; }
mdoc-reader() { "${clock[@]}" mdoc-reader "$@"; }
mdoc-issuer() { "${clock[@]}" mdoc-issuer "$@"; }
alone() { "${clock[@]}" setsid -w "$@" < /dev/null; } # without a terminal

# ---- What is asked again and again ----
holder=(--token holder --pin-file pin)
clerk=(--dir issuer --operator clerk --pin-file issuer-pin)
of() { # of MEMBER: of the token's status
	local options=("${holder[@]}")
	case $1 in pin|tries|copies|marks) options=(--token holder) ;; esac # what anybody may know
	mdoc-token status "${options[@]}" --json 2>/dev/null | jq -r ".$1"
}
is() { # is MEMBER VALUE CLAIM
	local got
	got=$(of "$1")
	if [ "$got" = "$2" ]; then ok "$3"; else not_ok "$3 ($1 is $got, not $2)"; fi
}
meet() { # meet NUMBER: another reader's request in a session of its own
	mdoc-reader transcript --openid4vp --client-id x509_san_dns:reader.example --nonce "n-$1" \
		--response-uri https://reader.example/response --out st.cbor >/dev/null &&
	mdoc-reader request --doc "$JP" --element "$NS:full_name_unicode" --element org.iso.23220.1:age_in_years \
		--out req.cbor >/dev/null
}
present=(mdoc-present respond "${holder[@]}" --request req.cbor --transcript st.cbor --out dr.cbor --yes --reader-policy any)
verify=(mdoc-reader verify --transcript st.cbor --iaca issuer/iaca.pem dr.cbor)
presents() { # presents NUMBER CLAIM
	rm -f dr.cbor
	if meet "$1" && "${present[@]}" >step.log 2>&1 && "${verify[@]}" >>step.log 2>&1; then ok "$2"; else
		cat step.log
		not_ok "$2"
	fi
}
refuses() { # refuses CODE NUMBER CLAIM: nothing is presented
	meet "$2"
	rm -f dr.cbor
	exits "$1" "$3" "${present[@]}"
	must "and nothing left" test ! -e dr.cbor
}

# ---- 25 August: an issuer, a person, a token, ten copies ----
it_is "2026-08-25 10:00:00"
make_issuer
quiet "${clock[@]}" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem -days 3650 -subj \
	/CN=localhost -addext subjectAltName=DNS:localhost
jq '.["org.iso.23220.1"].age_in_years = 54' "$here/../data/claims.json" > claims.json
cp "$here/../data/portrait.jpg" .
quiet mdoc-issuer person add "${clerk[@]}" --person card-1 --claims claims.json --card-status operating \
	--card-until 2035-09-01 --signature-until 2030-09-01
: > serve.out
"${clock[@]}" mdoc-issuer serve --dir issuer --listen 127.0.0.1:0 --tls-cert tls.pem --tls-key tls.key --pin-file issuer-pin \
	--operator clerk --verbose > serve.out 2> serve.err &
serve_pid=$!
trap 'kill $serve_pid 2>/dev/null; clean_up' EXIT
for ((i = 0; i < 200; i++)); do grep -q listening serve.out && break; sleep 0.05; done
url=https://localhost:$(sed -n 's/.*listening at .*:\([0-9]*\)).*/\1/p' serve.out)

echo 'shokai-2026' > first-pin
echo 'himitsu-2026' > pin
quiet mdoc-token init --label holder "${by_backend[@]}" --preset mnc --so-pin-file so --iaca issuer/iaca.pem
quiet mdoc-token provisioner --token holder --so-pin-file so --credential credential
says none "R-MED-05: no PIN, no use" mdoc-token status --token holder
must "the counter sets a first PIN" mdoc-token pin set --token holder --so-pin-file so --new-pin-file first-pin
exits 9 "R-CARD-30: which is good for nothing but the holder's own" mdoc-token list --token holder --pin-file first-pin
must "R-PIN-01, R-CARD-30: the holder sets it" mdoc-token activate --token holder --pin-file first-pin --new-pin-file pin
mdoc-issuer offer --dir issuer --person card-1 --url "$url" --tx-code-file tx > offer.txt 2>&1 || cat offer.txt
link=$(grep ^openid-credential-offer: offer.txt)
must "R-ENR-01, R-EXH-02: enrolled, with ten copies" mdoc-token enrol "${holder[@]}" --credential credential --tls-ca tls.pem \
	--copies 10 --yes "$link" --tx-code-file tx
is unused 10 "ten copies"
is validity.latest.validUntil 2026-08-31T14:59:59Z "R-VAL-01: good until the day before the age changes, in Japan"

# ---- Ten presentations ----
it_is "2026-08-27 12:00:00"
for n in 1 2 3 4 5 6 7 8 9 10; do presents "$n" "R-TX-01, R-VX-01: presentation $n"; done
is unused 0 "R-EXH-01: none is left"
refuses 5 11 "R-EXH-01: an eleventh is refused"
is copies none "R-EXH-01: and the token says why"
must "R-EXH-01: exhaustion is a ground of lapse" mdoc-issuer lapse "${clerk[@]}" --person card-1 --exhausted
says 廃止 "R-CARD-41: the law calls it" mdoc-issuer status --dir issuer --person card-1

# ---- Renewal, by itself ----
says "new copies have come" "R-REN-01, R-REN-03: exhaustion is renewed without PIN and terminal" alone mdoc-token renew
must "R-NOT-01: accepted after the next PIN" mdoc-token inbox accept "${holder[@]}" --yes
is unused 10 "ten new copies"
presents 12 "and they work"
says 運用中 "R-CARD-41: in operation again" mdoc-issuer status --dir issuer --person card-1

# ---- 1 September: a birthday ----
it_is "2026-09-01 00:00:05"
refuses 5 13 "R-VAL-01: yesterday's copies say another age, and are over"
exits 5 "R-VAL-01: the status tells by its exit code" mdoc-token status "${holder[@]}" --check
exits 5 "R-VAL-01: without the PIN, too" mdoc-token status --token holder --check
says "new copies have come" "R-REN-01: the birthday is a reason to renew" alone mdoc-token renew
must "accepted" mdoc-token inbox accept "${holder[@]}" --yes
presents 14 "and the reader learns"
says '"age_in_years": 55' "that the holder is a year older" "${verify[@]}" --json
is validity.latest.validUntil 2026-09-30T14:59:59Z "R-VAL-01: for the law's month this time"

# ---- 5 September: lost, and found again ----
it_is "2026-09-05 20:00:00"
must "R-SUS-01, R-SUS-03: suspended by a call" mdoc-issuer suspend "${clerk[@]}" --person card-1
says 一時停止 "R-CARD-41: suspended" mdoc-issuer status --dir issuer --person card-1
says 無 "R-CARD-45: others learn no" mdoc-issuer status --dir issuer --person card-1 --third-party
exits 1 "R-SUS-01: nothing is renewed" alone mdoc-token renew --force
mdoc-issuer notify --dir issuer --operator clerk --pin-file issuer-pin --out notices > notify.out 2>&1 || cat notify.out
show mdoc-token notice --token holder --credential credential "…"
for notice in notices/*.jwe; do mdoc-token notice --token holder --credential credential "$notice"; done
must "R-REV-05, R-SUS-01: the notice suspends the token at once" test "$(mdoc-token status --token holder --json | jq -r '.marks[]')" = suspended
refuses 6 15 "R-SUS-01: which presents nothing"
fails "R-SUS-01: and cannot resume it" mdoc-token resume --token holder --so-pin-file credential
must "found again: the counter resumes it" mdoc-token resume --token holder --so-pin-file so
must "and so does the issuer" mdoc-issuer resume "${clerk[@]}" --person card-1
says 有 "R-CARD-45: yes" mdoc-issuer status --dir issuer --person card-1 --third-party
presents 16 "R-SUS-01: and it works again"

# ---- 8 September: the PIN is forgotten ----
it_is "2026-09-08 09:00:00"
echo wrong-2026 > wrong
for ((i = 0; i < 12; i++)); do
	[ "$(of pin)" = operational ] || break
	fails "a wrong PIN" mdoc-token list --token holder --pin-file wrong
done
is pin locked "R-CARD-05: locked"
fails "R-CARD-05: also for the right one" mdoc-token list "${holder[@]}"
must "R-REN-03: a renewal works all the same" alone mdoc-token renew --force
fails "R-CARD-47: no reset without an identity check" mdoc-token pin reset --token holder --so-pin-file so --new-pin-file first-pin
must "R-CARD-47: identity checked, then set anew" mdoc-token pin reset --token holder --so-pin-file so --new-pin-file first-pin \
	--checked "driving licence" --operator counter-3
exits 9 "R-CARD-30: the holder has to set his own" mdoc-token list --token holder --pin-file first-pin
must "and does" mdoc-token activate --token holder --pin-file first-pin --new-pin-file pin
must "R-REN-03: what came meanwhile is accepted" mdoc-token inbox accept "${holder[@]}" --yes
presents 17 "R-CARD-47: keys and records are there"

# ---- 12 September: without a PIN, and with one again ----
it_is "2026-09-12 11:00:00"
must "R-FACE-02, R-FACE-04, R-FACE-06: the PIN is disabled at the holder's wish" mdoc-token pin disable --token holder --so-pin-file so \
	--checked "at the counter" --operator counter-3 --requested "form 7"
is pin disabled "R-FACE-01: disabled is not locked"
says 顔認証 "R-FACE-09: and marked" mdoc-token status --token holder
refuses 8 18 "R-FACE-02: the old PIN presents nothing"
must "R-FACE-05, R-FACE-10: enabled again, in the same token" mdoc-token pin enable --token holder --so-pin-file so --new-pin-file first-pin \
	--checked "at the counter" --operator counter-3
must "by a PIN of the holder's own" mdoc-token activate --token holder --pin-file first-pin --new-pin-file pin
presents 19 "R-FACE-05: keys and records are there"

# ---- Ahead of the end of the month ----
it_is "2026-10-05 03:00:00"
says "new copies have come" "R-REN-01: a renewal ahead of the end" alone mdoc-token renew
presents 20 "R-REN-01: the old batch works until then"
must "accepted" mdoc-token inbox accept "${holder[@]}" --yes
it_is "2026-10-08 00:00:05"
presents 21 "and the next month begins"
is validity.latest.validUntil 2026-11-04T14:59:59Z "R-VAL-01: which began on 5 October"

# ---- 10 October: the end ----
it_is "2026-10-10 10:00:00"
meet 22
quiet "${present[@]}"
must "R-REV-02: the device is lost" mdoc-issuer revoke "${clerk[@]}" --person card-1 --reason device-lost
says 廃止 "R-CARD-41: abolished" mdoc-issuer status --dir issuer --person card-1
quiet mdoc-issuer status-list "${clerk[@]}" --out lists
lists=()
for list in lists/*; do lists+=(--status-list "$list"); done
exits 1 "R-REV-03, R-CARD-50: a reader that looks refuses it" "${verify[@]}" "${lists[@]}"
says MDOC_ERR_REVOKED "and says so" "${verify[@]}" "${lists[@]}" --json
exits 1 "R-REN-01: there is no renewal any more" alone mdoc-token renew --force
must "R-REV-02: found, it is retired" mdoc-token retire "${holder[@]}" --yes
exits 7 "R-REV-01: and nothing is left to use" mdoc-token list "${holder[@]}"
says whole "R-CARD-37: the token's log is whole" mdoc-token log --token holder --json
must "R-RET-01: and so is the issuer's" mdoc-issuer verify-log --dir issuer
got=0
kill -TERM $serve_pid
wait $serve_pid || got=$?
must "the issuer's server ends in good order" test $got = 0
done_testing
