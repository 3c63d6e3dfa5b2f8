#!/usr/bin/env bash
# If this failed, somebody whose token does not work would be told something wrong, or nothing: each
# thing is broken for real here, and mdoc-token doctor has to name it and say how bad it is.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1

PIN=doctor-pin-2026 SO=doctor-so-code-of-a-test-0123456789 WRONG=not-the-pin-2026
export HOME=$scratch/home XDG_CONFIG_HOME=$scratch/home/.config MDOC_PKCS11_MODULE=$MDOC_MODULE
mkdir -p "$HOME/.config"
unset MDOC_PKCS11_LOG
echo "$PIN" > pin
echo "$WRONG" > wrong-pin
echo "$SO" > so-code
doctor=(mdoc-token doctor)

# finds LEVEL ID CLAIM COMMAND...: the report has that finding, and its exit code is that of its worst one.
finds() {
	local level=$1 id=$2 claim=$3 got=0 least=0; shift 3
	show "$@" --json
	"$@" --json > report 2>err || got=$?
	cat err
	case $level in warning) least=1 ;; problem) least=4 ;; esac
	if python3 -c '
import json, sys
report = json.load(open("report"))
level, id, code, least = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
worst = {"fine": 0, "warnings": 1, "problems": 4}[report["verdict"]]
found = [f for f in report["findings"] if f["id"] == id]
for f in found:
    print("  ", f["level"] + ":", f["what"], f.get("detail", ""))
sys.exit(not (found and found[0]["level"] == level and worst == code and code >= least))' \
		"$level" "$id" "$got" "$least"; then
		ok "$claim"
	else
		cat report
		not_ok "$claim (exit $got)"
	fi
}

# finds_not ID CLAIM COMMAND...
finds_not() {
	local id=$1 claim=$2; shift 2
	show "$@" --json
	"$@" --json > report 2>/dev/null || true
	if [ -s report ] && ! grep -q "\"id\": \"$id\"" report; then ok "$claim"; else cat report; not_ok "$claim"; fi
}

edit() { # edit DATABASE SQL
	python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute(sys.argv[2])
db.commit()' "$@"
}

# --- Usage -----------------------------------------------------------------------------------------
exits 2 "an unknown option is wrong usage" "${doctor[@]}" --nothing
exits 3 "a token that is not there is said so" "${doctor[@]}" --token nobody

# --- The module ------------------------------------------------------------------------------------
finds problem module.load "a module that is not there" "${doctor[@]}" --module "$scratch/none.so"
finds problem module.not-pkcs11 "a library that is no module" "${doctor[@]}" --module libc.so.6
finds note module.loaded "the module that loads" "${doctor[@]}"
foreign=$(find /usr/lib -name libsofthsm2.so 2>/dev/null | head -n 1)
if [ -n "$foreign" ]; then
	mkdir -p soft
	printf 'directories.tokendir = %s\n' "$scratch/soft" > soft.conf
	finds note module.foreign "a module that is not ours" env SOFTHSM2_CONF="$scratch/soft.conf" \
		"${doctor[@]}" --module "$foreign"
fi

# --- Configuration ---------------------------------------------------------------------------------
finds note config.file "which file is in force" "${doctor[@]}"
says "named by MDOC_PKCS11_CONF" "and why" "${doctor[@]}"
printf 'min-pin = 6\nmin-pni = 4\n' > wrong.conf
finds problem config.wrong "a wrong line" env MDOC_PKCS11_CONF="$scratch/wrong.conf" "${doctor[@]}"
says "wrong.conf:2: unknown key" "by its number" env MDOC_PKCS11_CONF="$scratch/wrong.conf" "${doctor[@]}"
finds problem config.wrong "a file that is named and not there" env MDOC_PKCS11_CONF="$scratch/none.conf" "${doctor[@]}"
printf 'min-pin = 4\nallow-weak-so-pin = yes\n' > weak.conf
finds warning config.min-pin "a short PIN that is allowed" env MDOC_PKCS11_CONF="$scratch/weak.conf" "${doctor[@]}"
finds warning config.weak-so "and a weak code" env MDOC_PKCS11_CONF="$scratch/weak.conf" "${doctor[@]}"
mkdir -p "$HOME/.config/mdoc-pkcs11"
: > "$HOME/.config/mdoc-pkcs11/mdoc-pkcs11.conf"
finds note config.shadowed "a file that another one hides" "${doctor[@]}"
says "the user's own" "the user's file where the environment names none" env -u MDOC_PKCS11_CONF "${doctor[@]}"
rm -r "$HOME/.config/mdoc-pkcs11"
says "MDOC_PKCS11_CONF, $HOME/.config/mdoc-pkcs11/mdoc-pkcs11.conf, /" "where it looked when there is none" \
	env -u MDOC_PKCS11_CONF "${doctor[@]}"

# --- The store -------------------------------------------------------------------------------------
finds note store.missing "a store that is not there yet" "${doctor[@]}"
finds note token.none "and no token" "${doctor[@]}"
must "a token" mdoc-token init --label ill --so-pin-file so-code
finds note token.pin-none "a token without a PIN" "${doctor[@]}"
must "its PIN" mdoc-token pin set --token ill --so-pin-file so-code --new-pin-file pin
finds note token.fine "a token that is ready" "${doctor[@]}"
finds_not store.mode "a store of its own is in order" "${doctor[@]}"
finds_not token.files "and so are its files" "${doctor[@]}"
store=$MDOC_PKCS11_STORE
area=$(echo "$store"/areas/*)
: > a-file
finds problem store.not-folder "a file where the store should be" env MDOC_PKCS11_STORE="$scratch/a-file" "${doctor[@]}"
chmod 0755 "$store"
finds warning store.mode "a store that others may read" "${doctor[@]}"
chmod 0700 "$store"
chmod 0644 "$area/area.db"
finds warning token.files "a file that others may read" "${doctor[@]}"
chmod 0600 "$area/area.db"

# What belongs to somebody else, and what may not be written: root is somebody else, and nobody then.
if [ "$(id -u)" -eq 0 ]; then
	as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	cp -r "$store" strange
	chown -R 65534:65534 strange
	finds warning store.owner "a store of somebody else" env MDOC_PKCS11_STORE="$scratch/strange" "${doctor[@]}"
else
	as_user=(env)
	cp -r "$store" strange
fi
chmod 0755 "$scratch"
if "${as_user[@]}" mdoc-token --version >/dev/null 2>&1; then
	chmod 0500 strange
	finds problem store.read-only "a store that may not be written" \
		"${as_user[@]}" env MDOC_PKCS11_STORE="$scratch/strange" "${doctor[@]}"
	chmod 0000 strange
	finds problem store.unreadable "a store that may not be read" \
		"${as_user[@]}" env MDOC_PKCS11_STORE="$scratch/strange" "${doctor[@]}"
	chmod 0700 strange
else
	echo "skip permissions: the programs are where only root can run them"
fi

# --- Damage ----------------------------------------------------------------------------------------
broken() { rm -rf "$scratch/broken"; cp -r "$store" "$scratch/broken"; }
sick=(env MDOC_PKCS11_STORE="$scratch/broken" "${doctor[@]}")
broken
head -c 4096 /dev/urandom > broken/slots.db
finds problem slots.damaged "a list of tokens that is garbage" "${sick[@]}"
broken
edit broken/slots.db 'PRAGMA user_version = 999'
finds problem slots.newer "a list of tokens from the future" "${sick[@]}"
broken
head -c 4096 /dev/urandom > "broken/areas/${area##*/}/area.db"
rm -f broken/areas/*/area.db-*
finds problem token.damaged "a token that is garbage" "${sick[@]}"
broken
edit "broken/areas/${area##*/}/area.db" 'PRAGMA user_version = 999'
finds problem token.newer "a token from the future" "${sick[@]}"
broken
rm -r "broken/areas/${area##*/}"
finds problem token.damaged "a token whose folder is gone" "${sick[@]}"
broken
touch -d '2 days' broken/slots.db
finds warning clock.back "a store from the day after tomorrow" "${sick[@]}"

# --- PIN -------------------------------------------------------------------------------------------
wrong_pin() { mdoc-token list --token ill --pin-file wrong-pin >/dev/null 2>&1 || true; }
for _ in 1 2 3 4; do wrong_pin; done
finds warning token.pin-final "one try left" "${doctor[@]}"
wrong_pin
finds problem token.pin-locked "a locked PIN" "${doctor[@]}" --token ill
must "a new PIN" mdoc-token pin reset --token ill --so-pin-file so-code --new-pin-file pin
finds_not token.pin-locked "unlocked again" "${doctor[@]}"

# --- Log -------------------------------------------------------------------------------------------
ln -s "$scratch/elsewhere" link
finds warning log.unwritable "a log that is a link" env MDOC_PKCS11_LOG="$scratch/link:2" "${doctor[@]}"
finds note log.on "a log" env MDOC_PKCS11_LOG="$scratch/log:3" "${doctor[@]}"
chmod 0644 log
finds warning log.open "a log that others may read" env MDOC_PKCS11_LOG="$scratch/log:3" "${doctor[@]}"

# --- p11-kit, file systems: in a private view, where that is possible -------------------------------
modules=$(pkg-config --variable=p11_module_configs p11-kit-1 2>/dev/null || echo /usr/share/p11-kit/modules)
as_root=(unshare --mount)
[ "$(id -u)" -eq 0 ] || as_root=(unshare --user --map-root-user --mount)
# view SCRIPT COMMAND...: with an empty folder of descriptions, and after the script.
view() {
	# shellcheck disable=SC2016 # for the inner shell
	"${as_root[@]}" bash -c '
		set -e
		modules=$1 script=$2
		mount -t tmpfs tmpfs "$modules"
		eval "$script"
		shift 2
		exec "$@"' view "$modules" "$@"
}
describe="printf 'module: %s\n' '$MDOC_MODULE' >"
if view : true 2>/dev/null; then
	finds warning p11kit.nowhere "no description" view : "${doctor[@]}"
	finds note p11kit.seen "a description" view "$describe \$modules/mdoc-pkcs11.module" "${doctor[@]}"
	exits 0 "with it nothing is wrong" view "$describe \$modules/mdoc-pkcs11.module" "${doctor[@]}"
	finds warning p11kit.other "a description of another file" view \
		"echo module: /nonexistent/mdoc-pkcs11.so > \$modules/mdoc-pkcs11.module" "${doctor[@]}"
	finds warning p11kit.twice "two descriptions" view \
		"$describe \$modules/mdoc-pkcs11.module; $describe \$modules/again.module" "${doctor[@]}"
	finds warning p11kit.limited "a description for another program" view \
		"$describe \$modules/mdoc-pkcs11.module; echo enable-in: firefox >> \$modules/mdoc-pkcs11.module" "${doctor[@]}"
	mkdir -p "$HOME/.config/pkcs11/modules"
	eval "$describe \$HOME/.config/pkcs11/modules/mdoc-pkcs11.module"
	finds warning p11kit.root "a description of the user's own, for root" view : "${doctor[@]}"
	rm -r "$HOME/.config/pkcs11"
	mkdir -p small
	finds problem store.full "a store without room" view \
		"mount -t tmpfs -o size=512k,mode=0700 tmpfs '$scratch/small'" \
		env MDOC_PKCS11_STORE="$scratch/small" "${doctor[@]}"
	finds note store.memory "a store in memory" view "mount -t tmpfs -o mode=0700 tmpfs '$scratch/small'" \
		env MDOC_PKCS11_STORE="$scratch/small" "${doctor[@]}"
	finds problem store.read-only "a store that is mounted for reading" view \
		"mount --bind '$store' '$store'; mount -o remount,ro,bind '$store'" "${doctor[@]}"
else
	echo "skip p11-kit and file systems: no private view of $modules here"
fi

# --- The process -----------------------------------------------------------------------------------
if [ "$(id -u)" -eq 0 ]; then
	no_lock=(setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock prlimit --memlock=0)
else
	no_lock=(prlimit --memlock=0)
fi
if ldd "$MDOC_MODULE" | grep -q libasan; then
	echo "skip locked memory: the address sanitizer locks none and says that it did"
else
	finds warning memory.unlocked "memory that cannot be locked" "${no_lock[@]}" "${doctor[@]}"
fi
if [ "$(id -u)" -eq 0 ]; then
	mkdir -m 0755 other
	install -o 1 -m 4755 "$(readlink -f "$(command -v mdoc-token)")" other/mdoc-token
	set_id=(setpriv --reuid 65534 --regid 65534 --clear-groups "$scratch/other/mdoc-token" doctor --module "$MDOC_MODULE")
	if "${as_user[@]}" test -r "$MDOC_MODULE" && "${set_id[@]}" --help >/dev/null 2>&1; then
		finds warning environment.ignored "a set-id program" "${set_id[@]}"
		finds_not store.environment "which takes no folder from its caller" "${set_id[@]}"
	else
		echo "skip set-id: such a program does not run here"
	fi
fi
if [ -e /dev/tpmrm0 ]; then tpm=tpm.there; else tpm=tpm.absent; fi
finds note $tpm "the TPM, which is not used" "${doctor[@]}"

# --- Words -----------------------------------------------------------------------------------------
says "What to do:" "it says what to do" env MDOC_PKCS11_CONF="$scratch/wrong.conf" "${doctor[@]}"
if [ -n "${MDOC_PREFIX-}" ] && [ -e "$MDOC_PREFIX/share/locale/ja/LC_MESSAGES/mdoc-pkcs11.mo" ]; then
	says "対処:" "in Japanese, too" env LANGUAGE=ja MDOC_PKCS11_CONF="$scratch/wrong.conf" "${doctor[@]}"
fi
done_testing
