#!/usr/bin/env bash
# If this failed, a PIN would be in a state that the law does not know, or would leave it by another way: every state and
# transition, by mdoc-token, and as any PKCS#11 program sees it.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

FIRST=saisho-no-pin-1 OWN=jibun-no-pin-2026 WRONG=chigau-pin-0000
export FIRST OWN WRONG
echo "$FIRST" > first; echo "$OWN" > own; echo "$WRONG" > wrong
checked=(--checked "residence card, face" --operator "counter 3, Sato")
so=(--token holder --so-pin-file so)
p11=(pkcs11-tool --module "$MDOC_MODULE")
sees() { # sees TEXT CLAIM: in the flags that pkcs11-tool shows of the one token
	show "${p11[@]}" --list-slots
	local out
	out=$("${p11[@]}" --list-slots 2>&1 | sed -n "/token label *: ${name:-holder}/,/serial num/p")
	printf '%s\n' "$out"
	case $out in *"$1"*) ok "$2" ;; *) not_ok "$2 (no \"$1\")" ;; esac
}
answers() { says "$1" "$2" "${p11[@]}" --token-label holder --login --pin "env:$3" --list-objects; }
state() { says "$1" "$2" mdoc-token status --token holder; }

# --- BLANK -----------------------------------------------------------------------------------------------
make_issuer
must "a maker makes a blank token" mdoc-token blank --label blank --preset mnc "${by_backend[@]}" --transport-file transport
must "its secret is for others" test "$(stat -c %a transport)" = 600
fails "R-CARD-06: a blank token takes no PIN" mdoc-token pin set --token blank --so-pin-file transport --new-pin-file first
fails "R-CARD-06: nor a login" "${p11[@]}" --token-label blank --login --pin env:FIRST --list-objects
exits 1 "R-CARD-06: a wrong transport secret makes nothing of it" mdoc-token init --blank blank --transport-file wrong \
	--label holder --so-pin-file no-so
must "and no code is left behind" test ! -e no-so
must "R-CARD-06: the transport secret does, once" mdoc-token init --blank blank --transport-file transport \
	--label holder --so-pin-file so --iaca issuer/iaca.pem
fails "R-CARD-06: then it is good for nothing" mdoc-token pin set --token holder --so-pin-file transport --new-pin-file first

# --- NO_PIN ----------------------------------------------------------------------------------------------
state "PIN           none" "R-CARD-02: a new token has no PIN"
answers CKR_USER_PIN_NOT_INITIALIZED "R-CARD-02, R-PIN-01: and can't be used before it has one" FIRST
exits 1 "R-CARD-02: by our programs neither" mdoc-token list --token holder --pin-file first
exits 1 "there is nothing to reset" mdoc-token pin reset "${so[@]}" --new-pin-file first "${checked[@]}"
exits 1 "and nothing to enable" mdoc-token pin enable "${so[@]}" --new-pin-file first "${checked[@]}"
exits 1 "R-FACE-01: nor to disable: the law sets a PIN first" mdoc-token pin disable "${so[@]}" "${checked[@]}" \
	--requested 2026-17
echo 12 > short
says "characters at least" "a PIN that is too short is refused with what would do" mdoc-token pin set "${so[@]}" \
	--new-pin-file short
exits 1 "R-CARD-36: nobody sets one without the officer's code" mdoc-token pin set --token holder --so-pin-file wrong \
	--new-pin-file first

# --- Must change: R-CARD-30 --------------------------------------------------------------------------------
must "a first PIN is set at the counter" mdoc-token pin set "${so[@]}" --new-pin-file first
sees "PIN to be changed" "R-CARD-30: others see that it must be changed"
answers CKR_PIN_EXPIRED "R-CARD-30: it opens nothing" FIRST
exits 9 "R-CARD-30: our programs say so by their exit code" mdoc-token list --token holder --pin-file first
exits 1 "activate wants the first one" mdoc-token activate --token holder --pin-file wrong --new-pin-file own
says "first one again" "R-CARD-30: it can't be kept" mdoc-token activate --token holder --pin-file first --new-pin-file first
must "R-CARD-30, R-PIN-01: activate sets the holder's own" mdoc-token activate --token holder --pin-file first --new-pin-file own
exits 1 "once" mdoc-token activate --token holder --pin-file own --new-pin-file first

# --- OPERATIONAL -------------------------------------------------------------------------------------------
cp own pin
fetch_copies 3
make_session
ask() { # ask OUT: what mdoc-present says to the request
	mdoc-present respond --token holder --request req.cbor --transcript st.cbor --out "$1" --yes --reader-policy any \
		--pin-file "${2-own}"
}
must "R-CARD-02: with a PIN the token is of use" ask dr.cbor
exits 1 "R-CARD-46: the PIN is not changed without the old one" mdoc-token pin change --token holder --pin-file wrong \
	--new-pin-file first
must "R-CARD-46: with it, it is" mdoc-token pin change --token holder --pin-file own --new-pin-file first
must "and back" mdoc-token pin change --token holder --pin-file first --new-pin-file own
exits 1 "no second first PIN" mdoc-token pin set "${so[@]}" --new-pin-file first
must "R-CARD-03, R-CARD-32: the PIN is nowhere in the store" test -z "$(grep -rla "$OWN" store)"
fails "R-CARD-32: the officer reads no PIN and no record" "${p11[@]}" --token-label holder --login --login-type so \
	--so-pin "$(cat so)" --read-object --type data --label "$JP" --output-file never

# --- LOCKED ------------------------------------------------------------------------------------------------
for try in 1 2 3 4; do exits 1 "wrong PIN $try" mdoc-token list --token holder --pin-file wrong; done
sees "final user PIN try" "R-CARD-05: one try is left"
exits 1 "the last" mdoc-token list --token holder --pin-file wrong
answers CKR_PIN_LOCKED "R-CARD-05: locked, also for the right PIN" OWN
state "PIN           locked" "R-CARD-05: and so says the status"
exits 1 "R-CARD-05: with --check by its exit code, too" mdoc-token status --token holder --check
exits 1 "R-CARD-47: no reset without a recorded identity check" mdoc-token pin reset "${so[@]}" --new-pin-file first
exits 2 "R-CARD-47: one that nobody made is none" mdoc-token pin reset "${so[@]}" --new-pin-file first --checked passport
answers CKR_PIN_LOCKED "it is still locked" OWN
must "R-CARD-47: identity check, then a new PIN" mdoc-token pin reset "${so[@]}" --new-pin-file first "${checked[@]}"
exits 9 "R-CARD-30, R-CARD-47: which the holder must replace" mdoc-token list --token holder --pin-file first
must "R-CARD-47: and does" mdoc-token activate --token holder --pin-file first --new-pin-file own
must "R-CARD-47: keys and records are still there" ask dr2.cbor
says "operator: counter 3, Sato" "R-CARD-37, R-CARD-47: the check is in the token's log" mdoc-token log --token holder

# --- PIN_DISABLED: 顔認証 ------------------------------------------------------------------------------------
exits 2 "R-FACE-06: only at the holder's wish" mdoc-token pin disable "${so[@]}" "${checked[@]}"
exits 2 "R-FACE-06: and after an identity check" mdoc-token pin disable "${so[@]}" --requested 2026-17
must "R-FACE-01, R-FACE-02, R-FACE-04: the PIN is disabled without it" mdoc-token pin disable "${so[@]}" "${checked[@]}" \
	--requested 2026-17
answers CKR_PIN_LOCKED "R-FACE-02: the PIN opens nothing" OWN
for try in 1 2 3 4 5 6; do "${p11[@]}" --token-label holder --login --pin env:WRONG --list-objects >/dev/null 2>&1; done
state "disabled" "R-FACE-01, R-FACE-02: no try changes that, and it is not the state of a locked one"
state "顔認証" "R-FACE-09: the token is marked"
exits 8 "R-FACE-09: nobody is asked for a PIN" mdoc-token list --token holder
exits 8 "R-FACE-02: nor told that a PIN is locked that could be changed" mdoc-token pin change --token holder --pin-file own \
	--new-pin-file first
exits 8 "R-FACE-07: without an authenticator it presents nothing" ask never.cbor
exits 1 "R-FACE-05: reset is not the way back" mdoc-token pin reset "${so[@]}" --new-pin-file first "${checked[@]}"
exits 1 "R-FACE-05: enable without an identity check neither" mdoc-token pin enable "${so[@]}" --new-pin-file first
must "R-FACE-05: enable with one is" mdoc-token pin enable "${so[@]}" --new-pin-file first "${checked[@]}"
must "R-FACE-05: and the holder sets his own" mdoc-token activate --token holder --pin-file first --new-pin-file own
says '"unused": 1' "R-FACE-05: the records survive both ways" mdoc-token status --token holder --pin-file own --json
for try in 1 2 3 4 5; do mdoc-token list --token holder --pin-file wrong >/dev/null 2>&1; done
must "R-FACE-04: from LOCKED too" mdoc-token pin disable "${so[@]}" "${checked[@]}" --requested 2026-18
must "R-FACE-05: and back" mdoc-token pin enable "${so[@]}" --new-pin-file first "${checked[@]}"
must "by activate" mdoc-token activate --token holder --pin-file first --new-pin-file own

# --- SUSPENDED ---------------------------------------------------------------------------------------------
must "a provisioner" mdoc-token provisioner "${so[@]}" --credential credential
exits 1 "R-SUS-01: not everybody suspends" mdoc-token suspend "${so[@]:0:2}" --so-pin-file wrong
must "R-SUS-01: the provisioner may" mdoc-token suspend --token holder --credential-file credential
exits 6 "R-SUS-01: nothing is presented, and nobody asked" ask never.cbor
must "and nothing was" test ! -e never.cbor
must "R-SUS-01: records can be read" mdoc-token show --token holder --pin-file own
state "一時停止" "R-CARD-41: 一時停止"
exits 1 "R-SUS-01: the holder's PIN does not resume" mdoc-token resume --token holder --so-pin-file own
must "R-SUS-01: the security officer does" mdoc-token resume "${so[@]}"
state "運用中" "R-CARD-41: 運用中"
must "R-SUS-01: it presents again, and the copy was not spent" ask dr3.cbor
exits 5 "R-EXH-01: that was the last one" ask never.cbor
exits 5 "R-EXH-01: and status --check tells" mdoc-token status --token holder --check

# --- The log -------------------------------------------------------------------------------------------------
must "R-CARD-37: the log is whole" mdoc-token log --token holder
must "R-CARD-37: nobody else reads when something was presented" bash -c '! mdoc-token log --token holder | grep -q cop'
says "copy-spent" "R-CARD-37: the holder does" mdoc-token log --token holder --pin-file own
says "provisioner-made" "R-CARD-37: everybody reads who was let in" mdoc-token log --token holder
# shellcheck disable=SC2016 # expanded by the shell that is called
must "R-CARD-03: and knows no PIN" bash -c '! mdoc-token log --token holder --pin-file own --json | grep -qe "$OWN" -e "$FIRST"'
cp -r store kept
find store -name '*.db' ! -name 'slots.db' > areas
/usr/bin/python3 - <<'PY'
import sqlite3
for area in open('areas').read().split():
    db = sqlite3.connect(area)
    triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute('DROP TRIGGER ' + name)
    db.execute("UPDATE event SET detail = 'nobody was here' WHERE id = (SELECT min(id) + 1 FROM event)")
    for _, sql in triggers:
        db.execute(sql)
    db.commit()
    db.close()
PY
exits 1 "R-CARD-37: a changed line is seen" mdoc-token log --token holder
rm -r store && mv kept store

# --- RETIRED -------------------------------------------------------------------------------------------------
exits 1 "R-DUTY-01: nobody retires it by a wrong PIN" mdoc-token retire --token holder --pin-file wrong --yes
exits 1 "R-DUTY-01: nor without being asked" mdoc-token retire --token holder --pin-file own < /dev/null
must "R-DUTY-01, R-REV-02: the holder retires it before giving the terminal away" mdoc-token retire --token holder \
	--pin-file own --yes
state "廃止" "R-CARD-41: 廃止"
exits 7 "R-CARD-41: it presents nothing" ask never.cbor
exits 7 "and is opened by nothing" mdoc-token list --token holder --pin-file own
exits 7 "R-CARD-41: that is for ever" mdoc-token resume "${so[@]}"
fails "for the PIN too" mdoc-token pin reset "${so[@]}" --new-pin-file first "${checked[@]}"
must "it can be erased" mdoc-token erase --token holder --so-pin-file so --yes

# --- Requests to revoke ----------------------------------------------------------------------------------------
quiet mdoc-token init --label sold "${by_backend[@]}" --so-pin-file so3 --pin-file own
exits 2 "R-REV-01: a reason is one of six" mdoc-token revoke --token sold --reason bored --out revoke.json
must "R-REV-02, R-NOT-03: a lost device needs no device" mdoc-token revoke --serial 0123456789abcdef --reason device-lost \
	--out revoke.json
for reason in key-leaked key-lost key-damaged medium-unusable; do
	must "R-REV-01, R-NOT-04: $reason" mdoc-token revoke --token sold --reason "$reason" --out revoke.json
	must "and the request says so" grep -q "\"reason\": \"$reason\"" revoke.json
done
rm revoke.json
exits 1 "R-REV-02: a device is not retired by a wrong PIN" mdoc-token revoke --token sold --reason device-retired \
	--pin-file wrong --out revoke.json
must "and nothing is written" test ! -e revoke.json
exits 4 "nor for a request that can't be written" mdoc-token revoke --token sold --reason device-retired --pin-file own \
	--out nowhere/revoke.json
must "R-REV-02: the token is retired first" mdoc-token revoke --token sold --reason device-retired --pin-file own \
	--out revoke.json
says "廃止" "R-REV-02: keys and records are gone" mdoc-token status --token sold

# --- At the counter, with nobody knowing a PIN: R-CARD-30 ---------------------------------------------------
quiet mdoc-token init --label other --preset mnc "${by_backend[@]}" --so-pin-file so2
must "R-CARD-30: activate at the counter asks the holder, and nobody else" mdoc-token activate --token other \
	--so-pin-file so2 --new-pin-file own
must "R-CARD-30: only the holder's own PIN opens it" mdoc-token list --token other --pin-file own
done_testing
