#!/usr/bin/env bash
# If this failed, the programs that find their modules through p11-kit would not find ours, or would
# see text that is none of their business.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
set -e
cd "$scratch"

PIN=stock-pin-2026 SO=stock-so-code-of-a-test-0123456789
export PIN SO
p11=(pkcs11-tool --module "$MDOC_MODULE")
must "a token" "${p11[@]}" --slot-index 0 --init-token --label kit --so-pin env:SO
must "its PIN" "${p11[@]}" --token-label kit --login --login-type so --so-pin env:SO --init-pin --new-pin env:PIN
must "a key pair" "${p11[@]}" --token-label kit --login --pin env:PIN --keypairgen --key-type EC:prime256v1 --id 01 \
	--label kit-key

# --- p11-kit itself ---------------------------------------------------------------------------------
# Where it looks is built into it, so this takes a private view of that folder; without the right to
# one the claims are left out.
modules=$(pkg-config --variable=p11_module_configs p11-kit-1 2>/dev/null || echo /usr/share/p11-kit/modules)
printf 'module: %s\ncritical: no\n' "$MDOC_MODULE" > mdoc-pkcs11.module
as_root=(unshare --mount)
[ "$(id -u)" -eq 0 ] || as_root=(unshare --user --map-root-user --mount)
kit() {
	# shellcheck disable=SC2016 # for the inner shell
	"${as_root[@]}" bash -c '
		set -e
		mount -t tmpfs tmpfs "$1"
		cp "$2" "$1"
		shift 2
		exec "$@"' kit "$modules" "$scratch/mdoc-pkcs11.module" "$@"
}
if kit true 2>/dev/null; then
	says "token: kit" "p11-kit list-modules shows the token" kit p11-kit list-modules
	kit p11-kit list-modules >out 2>err
	if [ -s err ]; then cat err; not_ok "nothing is printed to stderr"; else ok "nothing is printed to stderr"; fi
	proxy=$(pkg-config --variable=proxy_module p11-kit-1 2>/dev/null || true)
	if [ -e "$proxy" ]; then
		says "kit-key" "the proxy shows the key" kit pkcs11-tool --module "$proxy" --token-label kit --login \
			--pin env:PIN --list-objects
	fi
else
	echo "skip p11-kit list-modules: no private view of $modules here"
fi

# --- The installed description, where there is one ---------------------------------------------------
if [ -n "${MDOC_PREFIX-}" ]; then
	must "the module file is installed" grep -q '^module: mdoc-pkcs11.so' \
		"$MDOC_PREFIX/share/p11-kit/modules/mdoc-pkcs11.module"
fi
done_testing
