#!/usr/bin/env bash
# If this failed, whoever can reach a session could stop it, fill the memory, learn something, or spend a PIN try or a copy.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

# A sanitizer takes time and memory for itself.
if grep -q __asan_init "$(command -v mdoc-present)"; then export HOSTILE_PATIENCE=3 HOSTILE_MEMORY=2048; fi

# misbehave WHO COMMAND...: each way to misbehave is a claim that the peer prints itself.
misbehave() {
	show /usr/bin/python3 "$here/hostile_peer.py" "$@"
	PYTHONPATH=$here /usr/bin/python3 "$here/hostile_peer.py" "$@" || failures=$((failures + 1))
}
status() { mdoc-token status --token holder --pin-file good.pin --json; }

provision 12
quiet env PYTHONPATH="$here" /usr/bin/python3 "$here/consent_world.py"
cp pin good.pin
echo not-himitsu > wrong.pin
present=(mdoc-present session --token holder --yes --reader-ca ca.pem)

status > before.json
misbehave reader "${present[@]}"
status > after.json
must "R-TX-01: no try of the PIN was counted, and no copy spent" cmp before.json after.json
misbehave later "${present[@]}" --transmissions 2
spent() { grep -o '"spent": [0-9]*' "$1" | tr -dc 0-9; }
status > later.json
must "R-TX-02, R-TX-03, R-EXH-01: one copy for each response, and none for what came after" test "$(($(spent later.json) - $(spent before.json)))" = 9

misbehave holder mdoc-reader session --iaca issuer/iaca.pem --doc "$JP" --element "$NS:full_name_unicode"
done_testing
