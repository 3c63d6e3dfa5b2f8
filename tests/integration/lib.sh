# shellcheck shell=bash
# Sourced by the integration scripts. Each prints the commands that it runs and one line
# "ok - …" or "not ok - …" a claim; tests/run counts those lines.
# SPDX-License-Identifier: BSD-2-Clause
#
# From the environment: MDOC_MODULE (the module's path), PATH with our programs.
set -u
export LC_ALL=C.UTF-8
scratch=$(mktemp -d)
# shellcheck disable=SC2034 # used by the scripts
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
failures=0
trap 'rm -rf "$scratch"' EXIT

# A store of the test's own, and no configuration of the user's.
export MDOC_PKCS11_STORE=$scratch/store
export MDOC_PKCS11_CONF=$scratch/mdoc-pkcs11.conf
: > "$MDOC_PKCS11_CONF"

show() { printf '$'; printf ' %q' "$@"; printf '\n'; }

ok() { printf 'ok - %s\n' "$1"; }

not_ok() {
	printf 'not ok - %s\n' "$1"
	failures=$((failures + 1))
}

# must CLAIM COMMAND...: the command succeeds.
must() {
	local claim=$1; shift
	show "$@"
	if "$@"; then ok "$claim"; else not_ok "$claim (exit $?)"; fi
}

# exits CODE CLAIM COMMAND...: the command ends with just that exit code.
exits() {
	local code=$1 claim=$2 got=0; shift 2
	show "$@"
	"$@" || got=$?
	if [ "$got" -eq "$code" ]; then ok "$claim"; else not_ok "$claim (exit $got, not $code)"; fi
}

# fails CLAIM COMMAND...: the command fails, whatever its exit code, but does not crash and no
# sanitizer complains (99, see tests/run).
fails() {
	local claim=$1 got=0; shift
	show "$@"
	"$@" || got=$?
	if [ "$got" -gt 0 ] && [ "$got" -lt 99 ]; then ok "$claim"; else not_ok "$claim (exit $got)"; fi
}

# says TEXT CLAIM COMMAND...: the output has that text.
says() {
	local text=$1 claim=$2; shift 2
	show "$@"
	local out
	out=$("$@" 2>&1) || true
	printf '%s\n' "$out"
	case $out in *"$text"*) ok "$claim" ;; *) not_ok "$claim (no \"$text\")" ;; esac
}

done_testing() { [ "$failures" -eq 0 ]; }
