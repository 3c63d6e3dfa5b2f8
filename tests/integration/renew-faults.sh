#!/usr/bin/env bash
# If this failed, a battery that ran out, a full disk or somebody else's answer would cost a holder the record that they have,
# or leave it half renewed, or make the issuer end what is still in use.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
# shellcheck source=issuer_world.sh
. "$here/issuer_world.sh"
cd "$scratch" || exit 1
export XDG_STATE_HOME=$scratch/state

make_issuer
make_holder
certificates tls
clerk=(--dir issuer --operator clerk --pin-file issuer-pin)
for name in card-1 card-2; do
	quiet mdoc-issuer person add "${clerk[@]}" --person $name --claims "$here/../data/claims.json" \
		--card-status operating --card-until 2035-01-01 --signature-until 2030-01-01
done
issuer_start 0
offer
quiet mdoc-token provisioner --token holder --so-pin-file so --credential credential
enrol=(mdoc-token enrol --pin-file pin --tls-ca tls.pem --tx-code-file tx --copies 3 --yes)
quiet "${enrol[@]}" --token holder --credential credential "$link"
state=$(echo state/mdoc-pkcs11/*.json)
renew=(mdoc-token renew --force)
accept=(mdoc-token inbox accept --token holder --pin-file pin --yes)

look() { mdoc-token status --token holder --pin-file pin --json | jq -c '[.unused, .unbound]'; }
waiting() { mdoc-token inbox list --token holder --pin-file pin --json | jq "[.[] | select(.kind == \"${1:-response}\")] | length"; }
held() { # is one of the batches that the issuer holds for live the one that the token has?
	sql "SELECT count(*) FROM batches JOIN devices ON devices.id = batches.device WHERE batches.ended IS NULL AND
		batches.delivered IS NOT NULL AND devices.serial = '$(basename "$state" .json)'"
}
now() { echo $(($(date +%s%N) / 1000000)); }
killed() { # killed MILLISECONDS COMMAND...
	local after=$1; shift
	"$@" > killed.log 2>&1 < /dev/null &
	local victim=$!
	sleep "$(printf '%d.%03d' $((after / 1000)) $((after % 1000)))"
	kill -9 "$victim" 2> /dev/null
	wait "$victim" 2> /dev/null
}

# ---- Killed ----
moments=8
begun=$(now)
quiet "${renew[@]}"
took=$(($(now) - begun))
quiet "${accept[@]}"
show kill -9 "at $moments moments of a renewal, which takes $took ms"
lost=0 ended=0 came=0
for ((i = 1; i <= moments; i++)); do
	killed $((took * i / moments)) "${renew[@]}"
	[ "$(look)" = "[3,0]" ] || lost=$((lost + 1))
	[ "$(held)" = 1 ] || ended=$((ended + 1))
	[ "$(waiting)" = 0 ] || { came=$((came + 1)); quiet "${accept[@]}"; quiet mdoc-token renew; }
done
echo "complete $came times of $moments"
must "R-REN-01: a killed renewal leaves the batch as it is" test $lost = 0
must "R-REN-01: nor does the issuer end it for one that nobody got" test $ended = 0
[ "$(waiting)" = 0 ] && quiet "${renew[@]}"
must "the next run goes on" test "$(waiting)" = 1
must "with no key left over" test "$(waiting key)" = 3

begun=$(now)
quiet "${accept[@]}"
took=$(($(now) - begun))
show kill -9 "at $moments moments of an acceptance, which takes $took ms"
lost=0 halves=0 twice=0
for ((i = 1; i <= moments; i++)); do
	[ "$(waiting)" = 1 ] || quiet "${renew[@]}"
	killed $((took * i / moments)) "${accept[@]}"
	case $(look) in
	"[3,0]"|"[3,3]"|"[4,0]"|"[5,0]"|"[6,0]") ;; # before; with the keys opened; with both, until the old one has gone
	"[0,"*) lost=$((lost + 1)) ;;
	*) halves=$((halves + 1)); look ;;
	esac
	quiet "${accept[@]}"
	[ "$(look)" = "[3,0]" ] || twice=$((twice + 1))
done
must "R-REN-01: a killed acceptance never leaves the holder without a batch" test $lost = 0
must "R-REC-03: nor with half of one" test $halves = 0
must "and the next one ends it: three copies, each bound once" test $twice = 0
quiet mdoc-token renew
must "R-REN-01: the issuer hears of the last one, whatever was killed" \
	test "$(sql 'SELECT delivered IS NOT NULL FROM batches ORDER BY id DESC LIMIT 1')" = 1
must "and nothing waits to be told" test "$(jq '.accepted | length' "$state")" = 0

# ---- Somebody else's answer ----
quiet mdoc-token init --label second "${by_backend[@]}" --so-pin-file so2 --pin-file pin --iaca issuer/iaca.pem
quiet mdoc-token provisioner --token second --so-pin-file so2 --credential credential2
person=card-2 offer
quiet "${enrol[@]}" --token second --credential credential2 "$link"
quiet "${renew[@]}"
foreign() { /usr/bin/python3 "$here/inbox.py" "$MDOC_MODULE" "$@"; }
must "the answer for one token" foreign holder take pin taken.json
before=$(mdoc-token status --token second --pin-file pin --json | jq -c '[.unused, .unbound]')
must "put into the inbox of another" foreign second give credential2 taken.json
says "another token" "R-COM-02: is refused there" mdoc-token inbox accept --token second --pin-file pin --yes
must "and nothing is written" test "$(mdoc-token status --token second --pin-file pin --json | jq -c '[.unused, .unbound]')" = "$before"
quiet "${accept[@]}"

# ---- Answers out of their order ----
drop() { mdoc-token inbox list --token second --pin-file pin --json | jq '.[] | select(.kind == "response") | .id' |
	while read -r id; do quiet mdoc-token inbox remove --token second --pin-file pin "$id"; done; }
second() { mdoc-token list --token second --pin-file pin --json | jq -cS .; }
drop
quiet "${renew[@]}"
must "an answer is held back" foreign second take pin older.json
drop
quiet foreign second open pin # its keys are the holder's now
sleep 1
quiet "${renew[@]}"
quiet mdoc-token inbox accept --token second --pin-file pin --yes
newest=$(second)
must "and comes after the next" foreign second give credential2 older.json
says "older than the record" "R-REN-01: it is refused" mdoc-token inbox accept --token second --pin-file pin --yes
must "and the newer one stays" test "$(second)" = "$newest"
quiet "${accept[@]}"

# ---- Refused, and ended: what the holder sees of a renewal that nobody watches ----
drop
quiet mdoc-issuer suspend "${clerk[@]}" --person card-2
says "nothing was issued: the state of the record does not allow it" "R-SUS-01: a suspended record is not renewed" \
	mdoc-token renew --token second --force
quiet mdoc-issuer resume "${clerk[@]}" --person card-2
must "the card of somebody is suspended" mdoc-issuer person update "${clerk[@]}" --person card-2 --card-status suspended
exits 1 "R-REN-02: a renewal is refused" mdoc-token renew --token second --force
says "refused at" "R-REN-02, R-REN-03: the status shows it to the holder" mdoc-token status --token second
says "it is tried again at" "and when it is tried again" mdoc-token status --token second
must "to programs as well" test "$(mdoc-token status --token second --json | jq -r .renewal.result)" = refused
must "R-REN-03: the renewals of all tokens are one JSON array" test "$(mdoc-token renew --all --json | jq -cs 'map(length)')" = "[2]"
must "and that of one is an object" test "$(mdoc-token renew --token second --json | jq -r .result)" = later
must "the record is revoked" mdoc-issuer revoke "${clerk[@]}" --person card-2 --reason holder-notice
mdoc-token renew --token second --force > ended.log 2>&1
must "R-REV-01: the renewal says that the enrolment has ended" grep -q "has ended this enrolment" ended.log
fails "R-REV-01: and does not say that it is tried again" grep -q "tries again" ended.log
says "has ended this enrolment" "so does the status" mdoc-token status --token second
quiet mdoc-token erase --token second --so-pin-file so2 --yes
must "R-REN-03: an erased token is renewed no more" mdoc-token renew --all
must "R-REN-03: the other one still is" test "$(mdoc-token renew --all --json | jq -c length)" = 1

# ---- Files that may not grow: less each time, until neither goes any more ----
limited() { (ulimit -f "$1"; trap '' XFSZ; shift; exec "$@") 2>&1 | tail -2; return "${PIPESTATUS[0]}"; } # limited KB COMMAND...
area=$MDOC_PKCS11_STORE/areas/$(basename "$state" .json)/area.db
size() { echo $(($(stat -c %s "$area") / 1024)); }
refused=0
for more in 512 256 192 128 64 0; do # than the store has
	kb=$(($(size) + more))
	[ "$(waiting)" = 0 ] || quiet "${accept[@]}"
	show "${renew[@]}" "with files of $kb kB at most"
	limited "$kb" "${renew[@]}" || refused=$((refused + 1))
	must "R-REN-01: after it the batch is as it was" test "$(look)" = "[3,0]"
done
must "there were files too small for a renewal" test $refused -gt 0
[ "$(waiting)" = 1 ] || quiet "${renew[@]}"
refused=0
for more in 512 256 192 128 64 0; do
	kb=$(($(size) + more))
	[ "$(waiting)" = 1 ] || quiet "${renew[@]}"
	show "${accept[@]}" "with files of $kb kB at most"
	limited "$kb" "${accept[@]}" || refused=$((refused + 1))
	got=$(look)
	case $got in "[3,0]"|"[3,3]"|"[4,0]"|"[5,0]"|"[6,0]") ok "R-REN-01: after it nothing was taken away, $got" ;;
	*) not_ok "after it nothing was taken away, $got" ;; esac
done
must "and for accepting what it brought" test $refused -gt 0
quiet "${accept[@]}"
must "without that limit it is accepted" test "$(look)" = "[3,0]"

# ---- A full disk ----
small=$scratch/small
mkdir "$small"
if mount -t tmpfs -o size=8m tmpfs "$small" 2> /dev/null; then
	trap 'umount "$small" 2> /dev/null; clean_up' EXIT
	cp -a "$MDOC_PKCS11_STORE" "$small/store"
	cp -a state "$small/state"
	export MDOC_PKCS11_STORE=$small/store XDG_STATE_HOME=$small/state
	fill() { dd if=/dev/zero of="$small/ballast" bs=1k status=none 2> /dev/null; truncate -s -$((${1:-0} * 1024)) "$small/ballast"; }
	room=0
	while [ "$(waiting)" = 0 ] && [ $room -le 1024 ]; do # more room each time, so that another step is the one that fails
		fill $room
		show "${renew[@]}" "with $room kB left"
		"${renew[@]}" > full.log 2>&1
		grep "$(basename "$state" .json)\|full\|space" full.log | head -3
		rm "$small/ballast"
		must "R-REN-01: after it the batch is as it was" test "$(look)" = "[3,0]"
		room=$((room + 64))
	done
	must "with room it goes on" test "$(waiting)" = 1
	must "there were disks too small for it" test $room -gt 128
	room=0
	while [ "$(waiting)" = 1 ] && [ $room -le 2048 ]; do
		fill $room
		show "${accept[@]}" "with $room kB left"
		"${accept[@]}" 2>&1 > full.log | tail -2
		rm "$small/ballast"
		got=$(look)
		case $got in "[3,0]"|"[3,3]"|"[4,0]"|"[5,0]"|"[6,0]") ok "R-REN-01: after it nothing was taken away, $got" ;;
		*) not_ok "after it nothing was taken away, $got" ;; esac
		room=$((room + 64))
	done
	must "with room it is accepted" test "$(waiting)" = 0
	must "there were disks too small for that, too" test $room -gt 128
	must "and bound" test "$(look)" = "[3,0]"
	must "the state was written whole" jq -e .issuer "$small/$state"
	umount "$small"
else
	echo "skip - a full disk (no tmpfs here)"
fi
issuer_stop "the server ends in good order"
done_testing
