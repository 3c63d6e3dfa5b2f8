#!/usr/bin/env bash
# If this failed, a bad day would cost a holder their record, or show it as good when it is not:
# killed imports, a full disk, a read-only store, a database from the future, rows deleted, put
# back or changed from outside, several processes at once.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

make_issuer
make_holder

json() { python3 -c 'import json, sys; print(json.load(sys.stdin)'"$1"')'; }
unused() { mdoc-token status --token holder --pin-file "$scratch/pin" --json | json '["unused"]'; }
issue() { # issue COUNT: a response on disk, not imported
	quiet mdoc-issuer --dir "$scratch/issuer" offer --out "$scratch/offer.json"
	quiet mdoc-token request --token holder --offer "$scratch/offer.json" --count "$1" \
		--out "$scratch/request.json" --pin-file "$scratch/pin"
	quiet mdoc-issuer --dir "$scratch/issuer" issue --request "$scratch/request.json" \
		--claims "$here/../data/claims.json" --out "$scratch/response.json" --pin-file "$scratch/issuer-pin"
}
import=(mdoc-token import --token holder --response "$scratch/response.json" --pin-file "$scratch/pin" --yes)

# --- Labels: tokens pad theirs with spaces, so a space at the end would make two tokens of one name ----
exits 2 "a label with a space at its end is refused" mdoc-token init --label "holder " --so-pin-file "$scratch/so2"
exits 2 "and one that is not UTF-8" mdoc-token init --label $'b\xff' --so-pin-file "$scratch/so2" --json
must "and no code is left behind" test ! -e "$scratch/so2"
exits 0 "the token is still the only one of its name" mdoc-token status --token holder

# --- Killed while a secret is in memory: nothing of it reaches the disk --------------------------
cat > core.py <<'PY'
# Does a program leave a core dump when it is aborted while it reads what it is given on its
# descriptor 0? Exit 0: no. 1: yes. 77: this machine makes none at all.
import os, resource, signal, subprocess, sys, time
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
def dumped(command):
    child = subprocess.Popen(command, stdin=subprocess.PIPE, preexec_fn=lambda: signal.signal(signal.SIGABRT, signal.SIG_DFL))
    time.sleep(0.3)
    child.send_signal(signal.SIGABRT)
    status = os.waitpid(child.pid, 0)[1]
    if not os.WIFSIGNALED(status):
        sys.exit("it did not wait for its secret")
    return os.WCOREDUMP(status)
if not dumped(["sleep", "9"]):
    sys.exit(77)
sys.exit(1 if dumped(sys.argv[1:]) else 0)
PY
no_core() { # no_core CLAIM COMMAND...
	local claim=$1 got=0; shift
	show "$@"
	python3 core.py "$@" || got=$?
	case $got in
	0) ok "$claim" ;;
	77) echo "skip - $claim (no core dumps here)" ;;
	*) not_ok "$claim" ;;
	esac
	rm -f core core.*[0-9]
}
issue 1 # for request.json
no_core "mdoc-token leaves no core dump" mdoc-token list --token holder --pin-fd 0
no_core "nor does mdoc-issuer" mdoc-issuer --dir issuer2 init --module "$MDOC_MODULE" --token issuer --pin-fd 0
no_core "nor does mdoc-reader" mdoc-reader verify --transcript - --iaca issuer/iaca.pem request.json

# --- Killed at any moment of the import: wholly there or wholly absent -------------------------
show kill -9 "at 40 moments of an import of 5 copies, a millisecond apart"
before=0 halves=0 absent=0 whole=0
issue 5
for moment in $(seq 1 40); do
	"${import[@]}" >"$scratch/import.log" 2>&1 &
	victim=$!
	sleep "$(printf '0.%03d' "$moment")"
	kill -9 "$victim" 2>/dev/null
	wait "$victim" 2>/dev/null
	after=$(unused)
	case $((after - before)) in
	0) absent=$((absent + 1)) ;;
	5) whole=$((whole + 1)); before=$after; issue 5 ;;
	*) halves=$((halves + 1)); before=$after ;;
	esac
done
echo "absent $absent times, whole $whole times, half $halves times"
if [ "$halves" -eq 0 ]; then ok "a killed import leaves a batch wholly there or wholly absent"
else not_ok "a killed import leaves a batch wholly there or wholly absent"; fi
must "after all the kills the next import works" "${import[@]}"

# --- Two processes, one copy ------------------------------------------------------------------
make_session
for process in 1 2 3 4; do
	mdoc-present respond --token holder --request "$scratch/req.cbor" --transcript "$scratch/st.cbor" \
		--out "$scratch/race-$process.cbor" --yes --reader-policy any --pin-file "$scratch/pin" >/dev/null 2>&1 &
done
wait
if ! python3 - "$scratch"/race-*.cbor <<'PY'
import hashlib, sys
# The issuer signature stands in each response: the same one twice would be a copy used twice.
seen = {}
for path in sys.argv[1:]:
    data = open(path, 'rb').read()
    mark = hashlib.sha256(data[data.index(b'issuerAuth'):data.index(b'deviceSigned')]).hexdigest()
    if mark in seen:
        print(f'not ok - R-EXH-01: {path} and {seen[mark]} used the same copy')
        sys.exit(1)
    seen[mark] = path
print(f'ok - R-EXH-01: {len(seen)} processes at once used {len(seen)} different copies')
PY
then failures=$((failures + 1)); fi

# --- Rows changed from outside ----------------------------------------------------------------
serial=$(mdoc-token status --token holder --json | json '["serial"]')
area=$MDOC_PKCS11_STORE/areas/$serial
db=$area/area.db
save() { rm -rf "$scratch/saved"; cp -a "$area" "$scratch/saved"; }
restore() { rm -rf "$area"; cp -a "$scratch/saved" "$area"; }
sql() { show sqlite3 area.db "$1"; sqlite3 "$db" "$1" >/dev/null; }
damaged() { # damaged CLAIM
	says damaged "$1" mdoc-token list --token holder --pin-file "$scratch/pin"
	exits 4 "$1: exit code 4" mdoc-token list --token holder --pin-file "$scratch/pin"
	restore
	exits 0 "$1: and the untouched store still opens" mdoc-token status --token holder --pin-file "$scratch/pin"
}
save
sql 'DELETE FROM object WHERE id = (SELECT max(id) FROM object)'
damaged "a deleted row is damage"
sql 'UPDATE object SET attrs = (SELECT attrs FROM object o WHERE o.kind = object.kind AND o.id <> object.id LIMIT 1) WHERE id = (SELECT max(id) FROM object)'
damaged "swapped contents are damage"
sql 'UPDATE object SET state = 0 WHERE id = (SELECT max(copy) FROM object)'
damaged "a bound key made unbound is damage"
# Put back: the rows of a spent copy, from before.
cp "$db" "$scratch/before.db"
respond "$scratch/spent.cbor"
save # a store from before is another fault, which a TPM notices
sql "ATTACH '$scratch/before.db' AS old; INSERT INTO object SELECT * FROM old.object o WHERE o.id NOT IN (SELECT id FROM main.object)"
damaged "the rows of a spent copy that were put back are damage"

# --- A database from a newer version ----------------------------------------------------------
save
sql 'PRAGMA user_version = 99'
exits 4 "a store from a newer version is refused" mdoc-token list --token holder --pin-file "$scratch/pin"
says newer "and the sentence says why" mdoc-token list --token holder --pin-file "$scratch/pin"
restore
printf 'this is not a database' > "$db"; rm -f "$db-wal" "$db-shm"
exits 4 "a file that is no database is refused" mdoc-token list --token holder --pin-file "$scratch/pin"
restore

# --- A full disk, a read-only store -----------------------------------------------------------
small=$scratch/small
mkdir "$small"
if mount -t tmpfs -o size=4m tmpfs "$small" 2>/dev/null; then
	trap 'umount "$small" 2>/dev/null; clean_up' EXIT
	cp -a "$MDOC_PKCS11_STORE" "$small/store"
	export MDOC_PKCS11_STORE=$small/store
	issue 5
	before=$(unused)
	show dd if=/dev/zero of="$small/ballast" "(until the disk is full)"
	dd if=/dev/zero of="$small/ballast" bs=4k status=none 2>/dev/null
	exits 4 "an import on a full disk is refused" "${import[@]}"
	says "full" "and the sentence says why" "${import[@]}"
	rm "$small/ballast"
	must "and nothing was changed" test "$(unused)" = "$before"
	must "with room again it works" "${import[@]}"

	show mount -o remount,ro "$small"
	mount -o remount,ro "$small"
	exits 0 "a read-only store shows its public side" mdoc-token status --token holder
	exits 4 "a login to a read-only store is refused: the try can't be counted" \
		mdoc-token list --token holder --pin-file "$scratch/pin"
	says "read" "and the sentence says why" mdoc-token list --token holder --pin-file "$scratch/pin"
	umount "$small"
else
	echo "skip - full disk and read-only store (mounting a tmpfs is not permitted here)"
fi
done_testing
