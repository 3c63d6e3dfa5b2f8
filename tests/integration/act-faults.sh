#!/usr/bin/env bash
# If this failed, a power cut or a full disk in an act of the counter or of the holder would leave a token between two states,
# or take away a try, a key or a copy: each act is killed at many of its steps, and has too little room.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

so=(--token holder --so-pin-file so)
checked=(--checked "residence card, face" --operator "counter 3, Sato")
echo himitsu-2026 > pin
echo atarashii-2026 > first
echo chigau-pin-0000 > wrong

# ---- What is between two states? ----
opens() { # opens FILE: the PIN opens the token, and what was in it is there
	mdoc-token list --token holder --pin-file "$1" > list.log 2>&1 && [ "$(grep -c ' unused ' list.log)" = "$copies" ]
}
state() { # what everybody sees, and what the log says of it; an identity check is a step of its own (R-CARD-47)
	mdoc-token status --token holder --json | jq -c '[.pin, .mustChange, .marks, .life, .copies, .state]'
	mdoc-token log --token holder --json | jq -c 'map(.what // .chain) - ["identity-checked", "pin-locked"]'
	[ "$name" != "pin change" ] || if opens first; then echo first; else opens pin && echo pin; fi
}
keep() { # the token as it is now, from which an act begins
	rm -rf kept && mkdir kept && cp -a store kept/
	[ "$backend" = vault ] || { swtpm_stop; cp -a tpm kept/; swtpm_start; }
}
prepare() { # prepare [STORE]
	rm -rf "${1-store}" && cp -a kept/store "${1-store}"
	[ "$backend" = vault ] || { swtpm_stop; rm -rf tpm; cp -a kept/tpm .; swtpm_start; }
}

# ---- The way from the new state to a token as it was in the beginning ----
own_pin() { mdoc-token activate --token holder --pin-file first --new-pin-file pin; }
back() {
	case $name in
	"pin disable") mdoc-token pin enable "${so[@]}" "${checked[@]}" --new-pin-file first && own_pin ;;
	"pin enable"|"pin reset"|"pin set") own_pin ;;
	"pin change") mdoc-token pin change --token holder --pin-file first --new-pin-file pin ;;
	suspend) mdoc-token resume "${so[@]}" ;;
	esac
}
is_whole() { # each code opens, which gives its tries back; each copy is there, and no line of the log is missing
	mdoc-token suspend "${so[@]}" && mdoc-token resume "${so[@]}" && opens pin &&
		[ "$(mdoc-token status --token holder --json | jq -r .tries)" = full ] && mdoc-token log --token holder
}
is_gone() { # for ever
	mdoc-token status --token holder | grep -q 廃止 && ! opens pin && mdoc-token log --token holder
}
ends_well() { if [ "$name" = retire ]; then is_gone; else back && is_whole; fi; }

# A TPM takes a new PIN between two commits: killed there, the token has the new state without its line in the log, and
# the act is made once more, but by the holder, who has his new PIN and has to replace it where he was to.
is_unlogged() { [ "$backend" != vault ] && [ "$(sed 2d <<< "$1")" = "$(sed 2d <<< "$new")" ] && [ "$(sed -n 2p <<< "$1")" = "$(sed -n 2p <<< "$old")" ]; }
again() { # again COMMAND...
	if [ "$name" = retire ]; then is_whole || return; fi
	"$@" && return
	[ "$backend" != vault ] && [ "$name" = activate ] &&
		mdoc-token activate --token holder --pin-file pin --new-pin-file first &&
		mdoc-token pin change --token holder --pin-file first --new-pin-file pin
}
judge() { # judge SAID-YES COMMAND...: after COMMAND the token is in $old or $new; who was told yes has the new one
	local yes=$1 now; shift
	now=$(state)
	if [ "$now" = "$new" ]; then
		news=$((news + 1))
	elif [ "$yes" = no ] && { [ "$now" = "$old" ] || is_unlogged "$now"; }; then
		if [ "$now" = "$old" ]; then olds=$((olds + 1)); else unlogged=$((unlogged + 1)); fi
		if [ "$now" = "$old" ] || [ "$name" != "pin change" ]; then
			again "$@" > again.log 2>&1 || { lost=$((lost + 1)); cat act.log again.log; return; }
		fi
	else
		between=$((between + 1)); printf 'told "%s", between: %s\n' "$yes" "$now"; cat act.log
		return
	fi
	ends_well > well.log 2>&1 || { lost=$((lost + 1)); cat act.log well.log; }
}

# ---- Killed ----
calls=pwrite64,sendto,fdatasync,unlink,ftruncate # what writes, and what a TPM is told
traced() { # in a shell that says "Killed" into the log
	(ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 strace -qq -f -e trace=$calls "$@"; exit $?) > act.log 2>&1
}
at_step() { # at_step N: the N-th call of the act, as strace counts: each name by itself
	awk -v n="$1" '{ sub(/^[0-9]+ +/, ""); sub(/\(.*/, ""); seen[$0]++ } NR == n { print $0 ":signal=KILL:when=" seen[$0] }' steps
}
killed() { # killed COMMAND...
	local n count
	count=$(grep -c '(' steps)
	for ((n = 1; n <= count; n += 1 + count / moments)); do
		prepare
		traced -o trace -e inject="$(at_step "$n")" "$@"
		grep -q 'killed by SIGKILL' trace && kills=$((kills + 1))
		judge no "$@"
	done
	show strace -e inject=CALL:signal=KILL:when=N "$@"
	echo "of $count calls; $kills times"
}

# ---- Too little room ----
limited() { # limited KB SIGNAL COMMAND...: no file may be longer; SIGNAL: SIGXFSZ ends the program
	(ulimit -f "$1"; [ "$2" = signal ] || trap '' XFSZ; shift 2; exec "$@") 2>&1 | cat > act.log
	return "${PIPESTATUS[0]}"
}
told() { if "$@"; then yes=yes; else yes=no; fi; }
too_long() { # too_long COMMAND...
	local kb
	for kb in 0:error 8:signal 32:error; do
		prepare
		told limited "${kb%:*}" "${kb#*:}" "$@"
		[ "$yes" = yes ] || refused=$((refused + 1))
		judge "$yes" "$@"
	done
	show ulimit -f "0, 8 and 32;" "$@"
}
small=$scratch/small
mkdir small
disk=no
mount -t tmpfs -o size=4m tmpfs small 2> /dev/null && disk=yes
trap 'umount "$small" 2> /dev/null; clean_up' EXIT
full() { # full COMMAND...: on a disk that has less room than it needs
	local kb
	for kb in 0 24; do
		prepare small/store
		dd if=/dev/zero of=small/ballast bs=1k status=none 2> /dev/null
		truncate -s -${kb}K small/ballast
		export MDOC_PKCS11_STORE=$small/store
		if "$@" > act.log 2>&1; then yes=yes; else yes=no; refused=$((refused + 1)); fi
		rm small/ballast
		judge "$yes" "$@"
		export MDOC_PKCS11_STORE=$scratch/store
		rm -r small/store
	done
	show "$@" "on a disk with 0 and 24 kB left"
}

act() { # act NAME COMMAND...: from the state that the token is in now, to the one that it leaves it in
	local olds=0 news=0 unlogged=0 between=0 lost=0 kills=0 refused=0 old new yes
	name=$1; shift
	keep
	old=$(state)
	traced -o steps "$@" || { cat act.log; not_ok "set-up: $name"; exit 1; }
	new=$(state)
	[ "$old" != "$new" ] || { not_ok "set-up: $name changes nothing"; exit 1; }
	killed "$@"
	must "$name was killed, before it was done and after" test $kills -gt 3 -a $olds -gt 0
	if [ "$backend" = vault ]; then
		too_long "$@"
		[ $disk = no ] || full "$@"
		must "$name had too little room" test $refused -gt 1
	fi
	must "$name is done or not done, and is never between ($olds, $news, $unlogged)" test $between = 0
	must "$name costs no try, no key and no copy" test $lost = 0
	prepare
	quiet "$@"
}
moments=6
[ "$backend" = vault ] || moments=${MOMENTS:-6}

# ---- From a first PIN to the end ----
make_issuer
quiet mdoc-token init --label holder --preset mnc "${by_backend[@]}" --so-pin-file so --iaca issuer/iaca.pem
copies=0
act "pin set" mdoc-token pin set "${so[@]}" --new-pin-file first
act activate mdoc-token activate --token holder --pin-file first --new-pin-file pin
fetch_copies 3
copies=3
act "pin change" mdoc-token pin change --token holder --pin-file pin --new-pin-file first
quiet mdoc-token pin change --token holder --pin-file first --new-pin-file pin
act suspend mdoc-token suspend "${so[@]}"
act resume mdoc-token resume "${so[@]}"
for _ in 1 2 3 4 5; do mdoc-token list --token holder --pin-file wrong > wrong.log 2>&1; done
act "pin reset" mdoc-token pin reset "${so[@]}" "${checked[@]}" --new-pin-file first
quiet own_pin
act "pin disable" mdoc-token pin disable "${so[@]}" "${checked[@]}" --requested 2026-17
act "pin enable" mdoc-token pin enable "${so[@]}" "${checked[@]}" --new-pin-file first
quiet own_pin
act retire mdoc-token retire --token holder --pin-file pin --yes
[ $disk = yes ] || echo "skip - a full disk (mounting a tmpfs is not permitted here)"
done_testing
