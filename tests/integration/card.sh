#!/usr/bin/env bash
# If this failed, the areas of a card would not be what the law makes of them: somebody would read or write in an area that
# is none of his, a plan would bring data where they do not belong, or a card would be left with some of its PINs disabled.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1

echo 4071 > pin; echo 4072 > own; echo 4079 > wrong; echo SIGN2026 > sign
echo 123456789018 > number-a; echo 90010130121234 > number-b; echo 90010130121235 > number-x
so=(--so-pin-file so)
checked=(--checked "residence card, face" --operator "counter 3, Sato")
card=(mdoc-token card --label hanako "${so[@]}" "${by_backend[@]}")
look() { /usr/bin/python3 "$here/card_look.py" "$MDOC_MODULE" "$@"; }
pins() { mdoc-token card --label hanako --show | awk '{ print $2, $3, $4 }' | paste -sd' ' | tr -s ' ' ' '; }
all_so() { # all_so CARD CODE-FILE: it opens each area
	local area
	for area in jk kk kh jp-auth jp-sign; do look "$1-$area" so "$2" | grep -q '^login 0x0$' || return 1; done
}
blind() { # blind LOOK-ARGUMENTS...: nothing is seen
	local out
	out=$(look "$@")
	printf '%s\n' "$out"
	case $out in *sees*) return 1 ;; esac
}

# --- A card: R-CARD-60 -----------------------------------------------------------------------------------
exits 2 "a card has a name" mdoc-token card --label "" "${so[@]}"
exits 2 "of which its areas' labels can be made" mdoc-token card --label "a name of more than 24 bytes" "${so[@]}"
must "R-CARD-60: a card with its five areas and one of an ordinance" "${card[@]}" --ordinance library
must "its code is for others" test "$(stat -c %a so)" = 600
must "R-CARD-06: no area is blank any more, and the one code is good for all" all_so hanako so
says "jk" "the areas are shown" mdoc-token card --label hanako --show
must "nothing is left to do by a second run" "${card[@]}" --ordinance library
must "and it made no further area" test "$(mdoc-token card --label hanako --show | wc -l)" = 6
cp so so-other; echo WRONGWRONGWRONGWRONG > so-other
exits 1 "another code adds none" mdoc-token card --label hanako --so-pin-file so-other --ordinance bus
exits 1 "nor does one that would be new" mdoc-token card --label hanako --so-pin-file so-new --ordinance bus
must "and no file is left" test ! -e so-new
exits 1 "R-CARD-60: no application outside the list" mdoc-token init --label extra --preset general --card hanako --so-pin-file x
exits 1 "R-CARD-60: none of the list twice" mdoc-token init --label extra --preset jk --card hanako --so-pin-file x
exits 1 "R-MED-08: the record's area is none of a card's" mdoc-token init --label extra --preset mnc --card hanako --so-pin-file x
says '"preset": "jk"' "status says what the area is for" mdoc-token status --token hanako-jk --json
says '"card": "hanako"' "and the card" mdoc-token status --token hanako-jk --json

# Killed at each durable step: the next run completes it.
steps() { # steps CLAIM CHECK COMMAND...: kill COMMAND at its n-th fsync or fdatasync, run it again, CHECK; for n = 1, 4, 7, …
	local claim=$1 check=$2 n=1 good=1; shift 2
	show strace -f -e inject=fsync,fdatasync:signal=KILL:when=N "$@"
	while :; do
		prepare
		ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 strace -qq -o trace -f -e trace=fsync,fdatasync \
			-e inject=fsync,fdatasync:signal=KILL:when=$n "$@" >step.log 2>&1 && break
		grep -q 'killed by SIGKILL' trace || { cat step.log; good=0; break; }
		if ! "$@" >step.log 2>&1 || ! $check; then cat step.log; echo "killed at step $n"; good=0; break; fi
		n=$((n + ${stride:-3}))
	done
	echo "killed at steps 1, $((1 + ${stride:-3})), … before $n"
	if [ $good = 1 ] && [ "$n" -gt 1 ]; then ok "$claim"; else not_ok "$claim"; fi
}
mkdir kept && cp -a store kept/ && cp so kept/
prepare() { rm -rf store; cp -a kept/store store; [ ! -e taro-so ] || rm taro-so; }
complete() { all_so taro taro-so && [ "$(mdoc-token card --label taro --show | wc -l)" = 5 ]; }
if [ "$backend" = vault ]; then
	stride=24 steps "R-CARD-06, R-CARD-60: a run that was killed is completed by the next, with the same code" complete \
		mdoc-token card --label taro --so-pin-file taro-so --backend vault
	prepare
fi

# --- Who is let in: R-CARD-10 to -15 -----------------------------------------------------------------------
grant() { mdoc-token grant --token "hanako-$1" "${so[@]}" --system "$2" --credential-file "$1.$2"; }
refused() { exits 1 "$3" mdoc-token grant --token "hanako-$1" "${so[@]}" --system "$2" --credential-file never; }
own="jk:juki-net kk:kk kh:kh jp-auth:jpki jp-sign:jpki jo-library:ordinance-library"
cells="kk:juki-net kh:juki-net jp-auth:juki-net jp-sign:juki-net jk:jpki kh:jpki jk:ordinance-library"
for cell in $own $cells; do
	must "${cell#*:} is let into ${cell%%:*}" grant "${cell%%:*}" "${cell#*:}"
done
must "a credential is for others" test "$(stat -c %a jk.juki-net)" = 600
for cell in kk:jpki kk:kh kh:kk jk:kk jk:kh jp-auth:kk jp-auth:kh jp-auth:ordinance-library kk:ordinance-library \
	kh:ordinance-library jp-sign:kk jp-sign:kh jo-library:juki-net jo-library:jpki jo-library:kk jo-library:ordinance-bus; do
	refused "${cell%%:*}" "${cell#*:}" "R-CARD-10, R-CARD-52, R-CARD-55, R-CARD-57, R-CARD-62, R-CARD-63: ${cell#*:} is not let into ${cell%%:*}"
done
exits 1 "only the security officer lets in" mdoc-token grant --token hanako-jk --so-pin-file wrong --system jpki --credential-file never
exits 3 "a credential is never written over another" mdoc-token grant --token hanako-jk "${so[@]}" --system jpki --credential-file jk.jpki
exits 2 "a system has no number" mdoc-token grant --token hanako-jk "${so[@]}" --system jpki --number-file number-a
exits 2 "and a number no credential" mdoc-token grant --token hanako-kk "${so[@]}" --system collation-a --credential-file never
exits 1 "R-CARD-18: collation number A has 12 digits" mdoc-token grant --token hanako-kk "${so[@]}" --system collation-a --number-file number-b
must "R-CARD-18: and is set" mdoc-token grant --token hanako-kk "${so[@]}" --system collation-a --number-file number-a
must "R-CARD-19: so is B, with 14" mdoc-token grant --token hanako-kk "${so[@]}" --system collation-b --number-file number-b --tries 2
exits 1 "R-CARD-18: no other area has one" mdoc-token grant --token hanako-jk "${so[@]}" --system collation-a --number-file number-a

# --- Personalisation: R-CARD-27, -51 to -65 ------------------------------------------------------------------
mkdir credentials
for cell in $own $cells; do cp "${cell%%:*}.${cell#*:}" "credentials/hanako-${cell%%:*}.${cell#*:}"; done
rm credentials/hanako-jk.juki-net # is made
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout maker.key -out maker.pem -days 30 \
	-subj /CN=maker 2>/dev/null || exit 1
der=$(openssl x509 -in maker.pem -outform DER | base64 -w0 | tr '+/' '-_' | tr -d =)
plan() { printf '{"typ": "mdoc-card-plan", "version": 1, "card": "hanako", "areas": {%s}}' "$1" > plan; }
right='"jk": [{"label": "juminhyo-code", "text": "12345678901"}],
 "kk": [{"label": "front", "text": "name and face"}, {"label": "back", "text": "number 123456789018"}],
 "kh": [{"label": "input-support", "text": "name"}, {"label": "signed-face", "base64url": "AAEC"}],
 "jp-auth": [{"label": "user-authentication", "certificate": "'$der'"}],
 "jo-library": [{"label": "user-number", "text": "L-0001"}]'
personalise=(mdoc-token personalise --card hanako --plan plan --credentials credentials)
bad() { # bad AREAS CLAIM: is refused, before anything is written, and erased
	plan "$1"
	exits 1 "$2" "${personalise[@]}" --plain "${so[@]}"
	must "R-CARD-38: the plan is erased" test ! -e plan
}
first='"jk": [{"label": "juminhyo-code", "text": "12345678901"}], '
bad "$first"'"kk": [{"label": "name", "text": "Hanako"}]' "R-CARD-54: the card-face area holds no more than the face"
bad "$first"'"kh": [{"label": "front", "text": "Hanako"}]' "R-CARD-56: nor input support more than its own"
bad "$first"'"jp-auth": [{"label": "name", "text": "Hanako"}]' "R-CARD-59: nor the certification area more than certificates"
bad "$first"'"mnc": [{"label": "note", "text": "Hanako"}]' "R-CARD-60: there is no other area"
bad '"jk": [{"label": "name", "text": "Hanako"}]' "R-CARD-51: the base area holds the resident code alone"
bad '"jk": [{"label": "juminhyo-code", "text": "1234"}]' "R-CARD-51: which has 11 digits"
bad "$first"'"jo-library": [{"label": "user-number", "text": "1234-5678-901"}]' "R-CARD-65: a user number is no resident code"
bad "$first"'"jo-bus": [{"label": "user-number", "text": "B-1"}]' "R-CARD-27: nothing is written into an area that is not there"
must "and no system was let in for that" test ! -e credentials/hanako-jk.juki-net
plan "$right"; sed -i s/hanako/taro/ plan
exits 1 "the plan of another card is not for this one" "${personalise[@]}" --plain "${so[@]}"
plan "$right"
exits 2 "R-CARD-34: a plan in the clear is not taken unless that is said" "${personalise[@]}" "${so[@]}"
plan "$right"
echo 7777777777777777 > not-so
exits 1 "nobody is let in without the officer's code" mdoc-token personalise --card hanako --plan plan --credentials fresh \
	--plain --so-pin-file not-so
must "though the folder for credentials is made" test -d fresh -a -z "$(ls fresh)"
must "R-CARD-27: nothing of all that was written" blind hanako-kh kh kh.kh

# An issuer encrypts and signs it; the maker's key is in a token of his own.
mdoc-token init --backend vault --label issuer --so-pin-file so-issuer --pin-file sign --allow-weak-pin >/dev/null 2>&1 || exit 1
quiet_issuer() { mdoc-issuer --dir "$1" init --token issuer --pin-file sign >/dev/null 2>&1; }
quiet_issuer issuer || exit 1
mdoc-token init --backend vault --label maker --so-pin-file so-maker --pin-file sign --allow-weak-pin >/dev/null 2>&1 || exit 1
openssl pkcs8 -topk8 -nocrypt -in maker.key -outform DER -out maker.der
pkcs11-tool --module "$MDOC_MODULE" --token-label maker --login --pin "$(cat sign)" --write-object maker.der --type privkey \
	--label maker --id 01 --usage-derive >/dev/null 2>&1 || exit 1
openssl ec -in maker.key -pubout -outform DER -out maker-pub.der 2>/dev/null
pkcs11-tool --module "$MDOC_MODULE" --token-label maker --login --pin "$(cat sign)" --write-object maker-pub.der --type pubkey \
	--label maker --id 01 --usage-derive >/dev/null 2>&1 || exit 1
maker=(--maker-key "pkcs11:token=maker;object=maker" --maker-certificate maker.pem --maker-pin-file sign)
bundle=(mdoc-issuer personalise --dir issuer --operator clerk --pin-file sign --to maker.pem)
plan "$first"'"kk": [{"label": "name", "text": "Hanako"}]'
exits 1 "R-CARD-27: the issuer keeps to the closed lists too" "${bundle[@]}" --plan plan --out bundle
must "R-CARD-38: erases the plan" test ! -e plan
must "and sends nothing" test ! -e bundle
plan "$right"
must "R-CARD-34: a plan leaves encrypted to its maker and signed" "${bundle[@]}" --plan plan --out bundle
must "R-CARD-38: and is erased at the issuer's" test ! -e plan
fails "R-CARD-34: nothing of it is in plain text" grep -aq -e 12345678901 -e 'name and face' bundle
cp bundle plan
head -c 200 bundle > short; cp short plan
exits 3 "R-CARD-34: a bundle that was cut is refused" "${personalise[@]}" "${so[@]}" "${maker[@]}" --iaca issuer/iaca.pem
must "R-CARD-38: and erased" test ! -e plan
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout eve.key -out eve.pem -days 30 -subj /CN=eve 2>/dev/null
plan "$right"
openssl cms -sign -binary -in plan -signer eve.pem -inkey eve.key -nodetach -outform DER -out signed.der
openssl cms -encrypt -binary -in signed.der -outform DER -aes-256-cbc -keyid -out plan -recip maker.pem -keyopt ecdh_kdf_md:sha256
exits 1 "R-CARD-34: one that somebody else has signed is refused" "${personalise[@]}" "${so[@]}" "${maker[@]}" --iaca issuer/iaca.pem
cp bundle plan
must "R-CARD-27, R-CARD-34: the card is personalised, each class of data in its own area" "${personalise[@]}" "${so[@]}" \
	"${maker[@]}" --iaca issuer/iaca.pem
must "R-CARD-38: the bundle is erased" test ! -e plan
says "data written by juki-net" "R-CARD-37: who wrote it is in the area's log" mdoc-token log --token hanako-kk
must "the system that was missing has a credential" cp credentials/hanako-jk.juki-net jk.juki-net
cp bundle plan
says "0 items" "a second time nothing is left to do, without the officer's code" "${personalise[@]}" "${maker[@]}" --iaca issuer/iaca.pem
plan '"kh": [{"label": "input-support", "text": "another name"}]'
exits 1 "what is there is not written over" "${personalise[@]}" --plain
must "R-CARD-38: no file of the store has a value in plain text" bash -c '! grep -rqa -e "name and face" -e 12345678901 store'

# --- What each sees: R-CARD-10 to -20 ----------------------------------------------------------------------
sees() { says "sees $3" "$4" look "hanako-$1" "$2" "$1.$2"; }
sees jk juki-net "juminhyo-code 12345678901" "R-CARD-10: a system reads its own area"
sees kk juki-net "back number" "R-CARD-11: juki-net reads the card-face area"
sees kh juki-net "input-support name" "R-CARD-11: and input support"
sees jp-auth juki-net "user-authentication" "R-CARD-12: and the certification area"
sees jk jpki "juminhyo-code" "R-CARD-13: jpki reads the base area"
sees jk ordinance-library "juminhyo-code" "R-CARD-13: so does an ordinance's system"
cannot() { # cannot AREA SYSTEM CREDENTIAL CLAIM
	show look "hanako-$1" "$2" "$3"
	local out
	out=$(look "hanako-$1" "$2" "$3")
	printf '%s\n' "$out"
	case $out in *sees*|*"login 0x0"*) not_ok "$4" ;; *) ok "$4" ;; esac
}
for pair in jk:kk kh:kk jp-auth:kk jo-library:kk jk:kh kk:kh jp-auth:kh kk:jpki jo-library:jpki kk:ordinance-library \
	kh:ordinance-library jp-auth:ordinance-library jo-library:juki-net; do
	system=${pair#*:} home=$(tr ' ' '\n' <<<"$own" | sed -n "s/:${pair#*:}\$//p" | head -1)
	cannot "${pair%%:*}" "$system" "$home.$system" "R-CARD-10, R-CARD-52, R-CARD-55, R-CARD-62, R-MED-08: $system reads nothing in ${pair%%:*}"
done
writes() { says "write 0x$4" "$5" look "hanako-$1" "$2" "$1.$2" write "$3" note x; }
writes jp-auth juki-net jp-auth 101 "R-CARD-12: juki-net writes nothing into the certification area"
writes jk jpki jk 101 "R-CARD-13: jpki nothing into the base area"
writes jk ordinance-library jk 101 "R-CARD-13: nor does an ordinance's system"
writes kk kk kk cd44021d "R-CARD-54: who may write there, writes what is on the list"
says "pin 0x0" "R-CARD-14: juki-net sets a PIN in the certification area" look hanako-jp-auth juki-net jp-auth.juki-net pin 4071
says "pin 0x0" "R-CARD-15: jpki one in the base area" look hanako-jk jpki jk.jpki pin 4071
says "pin 0x0" "R-CARD-15: and one in input support" look hanako-kh jpki kh.jpki pin 4071
must "R-CARD-15: where it reads nothing" blind hanako-kh jpki kh.jpki
says "pin 0x101" "R-CARD-10: an ordinance's system sets none" look hanako-jk ordinance-library jk.ordinance-library pin 4071
gate() { look hanako-kk "$1" "$2"; }
says "sees back number" "R-CARD-18: number A opens the whole face" gate collation-a number-a
says "sees front name" "R-CARD-19: number B the front" gate collation-b number-b
back() { gate "$@" | grep back; }
fails "R-CARD-19: and not the number" back collation-b number-b
says "login 0xa0" "R-CARD-20: another number opens nothing" gate collation-b number-x
must "R-CARD-20: nobody reads the face without one" blind hanako-kk - -
says "login 0xa0" "R-CARD-20: after the last try" gate collation-b number-x
says "login 0xa4" "R-CARD-19, R-CARD-20: it is locked" gate collation-b number-b
says "sees front" "and A is not" gate collation-a number-a
must "R-CARD-19: it is set anew" mdoc-token grant --token hanako-kk "${so[@]}" --system collation-b --number-file number-b
must "a right is taken away" mdoc-token revoke-grant --token hanako-jk "${so[@]}" --system ordinance-library
exits 1 "once" mdoc-token revoke-grant --token hanako-jk "${so[@]}" --system ordinance-library
cannot jk ordinance-library jk.ordinance-library "R-CARD-10: then it opens nothing"

# --- 顔認証: exactly three of four: R-FACE-03, R-FACE-08 ------------------------------------------------------
disable=(mdoc-token pin disable --card hanako "${so[@]}" "${checked[@]}" --requested 2026-17)
enable=(mdoc-token pin enable --card hanako "${so[@]}" "${checked[@]}" --new-pin-file pin)
must "the signature PIN" mdoc-token pin set --token hanako-jp-sign "${so[@]}" --new-pin-file sign
before='jk operational kk not set kh operational jp-auth operational jp-sign operational jo not set'
after='jk disabled 顔認証 kk not set kh disabled 顔認証 jp-auth disabled 顔認証 jp-sign operational jo not set'
is() { [ "$(pins)" = "$1" ] || { pins; false; }; }
must "all PINs are set" is "$before"
exits 2 "R-FACE-06: at the holder's wish, and after an identity check" mdoc-token pin disable --card hanako "${so[@]}" --requested 2026-17
exits 1 "nothing is disabled: nothing to enable" "${enable[@]}"
exits 1 "R-FACE-03: a wrong code disables nothing" mdoc-token pin disable --card hanako --so-pin-file so-other "${checked[@]}" --requested 2026-17
must "R-FACE-03: in no area" is "$before"
rm -rf kept/store && cp -a store kept/
prepare() { rm -rf store; cp -a kept/store store; }
disabled() { is "$after"; }
# One of the three has another code: nothing is written in the two that could be.
/usr/bin/python3 - "$MDOC_MODULE" so so-other <<'PY'
import ctypes, sys
lib = ctypes.CDLL(sys.argv[1]); U = ctypes.c_ulong
old, new = (open(p, 'rb').readline().strip() for p in sys.argv[2:])
assert lib.C_Initialize(None) == 0
n = U(0); lib.C_GetSlotList(1, None, ctypes.byref(n)); slots = (U * n.value)(); lib.C_GetSlotList(1, slots, ctypes.byref(n))
for s in slots:
    info = ctypes.create_string_buffer(512)
    if lib.C_GetTokenInfo(U(s), info) == 0 and info.raw[:32].rstrip() == b'hanako-jp-auth':
        h = U(0)
        assert lib.C_OpenSession(U(s), U(6), None, None, ctypes.byref(h)) == 0
        assert lib.C_Login(h, U(0), old, U(len(old))) == 0
        assert lib.C_SetPIN(h, old, U(len(old)), new, U(len(new))) == 0
PY
exits 1 "R-FACE-03: all logins come before the first write" "${disable[@]}"
must "R-FACE-03: so that nothing was changed" is "$before"
prepare
if [ "$backend" = vault ]; then
	stride=5 steps "R-FACE-03: an act that was killed is completed by the next run" disabled "${disable[@]}"
else
	must "R-FACE-03: three PINs are disabled in one act" "${disable[@]}"
fi
must "R-FACE-03: jk, kh and jp-auth, and neither the signature PIN nor another" is "$after"
must "R-FACE-03: it may be said again" "${disable[@]}"
says "login 0xa3" "R-FACE-03: the signature PIN is checked as before" look hanako-jp-sign user sign
says "login 0xa4" "R-FACE-02: those of the three are checked no more" look hanako-jk user pin
says "sees back number" "R-FACE-08: number A opens the face as before" gate collation-a number-a
says "sees front name" "R-FACE-08: and B its front" gate collation-b number-b
says "counter 3, Sato" "R-CARD-37: each area has it in its log" mdoc-token log --token hanako-kh
must "R-FACE-05: the way back is one act too" "${enable[@]}"
must "R-FACE-05: for the three" is "$before"
must "R-CARD-30: and the holder sets his own" mdoc-token activate --token hanako-kh --pin-file pin --new-pin-file own
says "sees input-support name" "R-FACE-05: what is in the areas survives both ways" look hanako-kh user own
must "R-FACE-03: a card that is done by half is completed" mdoc-token pin disable --token hanako-jk "${so[@]}" "${checked[@]}" --requested 2026-18
must "to the whole" "${disable[@]}"
must "R-FACE-03: again the three" is "$after"
done_testing
