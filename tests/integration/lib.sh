# shellcheck shell=bash
# Sourced by the integration scripts. Each prints the commands that it runs and one line
# "ok - …" or "not ok - …" a claim; tests/run counts those lines.
# SPDX-License-Identifier: BSD-2-Clause
#
# From the environment: MDOC_MODULE (the module's path), PATH with our programs; MDOC_TEST_BACKEND, what tokens are made
# of unless a test says otherwise: vault (the default), tpm, or vault-tpm.
set -u
export LC_ALL=C.UTF-8
scratch=$(mktemp -d)
# shellcheck disable=SC2034 # used by the scripts
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
failures=0
clean_up() { # what every script does at its end
	swtpm_stop_all
	rm -rf "$scratch"
}
trap clean_up EXIT

# A store of the test's own, and no configuration of the user's.
export MDOC_PKCS11_STORE=$scratch/store
export MDOC_PKCS11_CONF=$scratch/mdoc-pkcs11.conf
: > "$MDOC_PKCS11_CONF"
unset MDOC_PKCS11_TCTI

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

# --- The backend ---------------------------------------------------------------------------------------
# shellcheck source=swtpm.sh
. "$here/swtpm.sh"
backend=${MDOC_TEST_BACKEND:-vault}

# can THING: whether tokens of this backend can. The one place that knows.
#   brainpool  keys on those curves
#   edwards    keys on Curve25519 and Curve448
#   export     a private key leaves the token, where its attributes allow that
#   short      a PIN of four digits without a word of warning: a device counts the tries
can() {
	case $backend:$1 in tpm:brainpool|tpm:edwards|tpm:export|vault:short) return 1 ;; esac
}

having() { # having THING WORD...: the words, where tokens can
	if can "$1"; then shift; echo "$*"; fi
}

# How mdoc-token makes such a token, and what is then CK_TOKEN_INFO's model.
# shellcheck disable=SC2034 # used by the scripts
case $backend in
vault) by_backend=(--backend vault) model="vault (software)" ;;
tpm) by_backend=(--backend tpm) model="TPM 2.0" ;;
vault-tpm) by_backend=(--backend vault --seal tpm) model="vault (TPM PIN)" ;;
*) echo "MDOC_TEST_BACKEND=$backend: no such backend" >&2; exit 2 ;;
esac
# shellcheck disable=SC2034
model_in_uri=$(printf %s "$model" | sed 's/ /%20/g; s/(/%28/; s/)/%29/')
if [ "$backend" != vault ]; then
	swtpm_start
	printf 'backend = %s\n' "$backend" > "$MDOC_PKCS11_CONF"
fi
