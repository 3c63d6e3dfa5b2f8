#!/usr/bin/env bash
# If this failed, the programs that find their modules through p11-kit would not find ours, would see
# text that is none of their business, or could not use a token from another machine.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"

make_token kit
make_key kit kit-key 01
head -c 32 /dev/urandom > digest
libraries=$(pkg-config --variable=p11_module_path p11-kit-1)

# signs CLAIM COMMAND...: pkcs11-tool, called like this, signs the digest with kit-key.
signs() {
	local claim=$1; shift
	rm -f digest.sig
	must "$claim" "$@" --token-label kit --login --pin env:PIN --sign --id 01 --mechanism ECDSA --signature-format openssl \
		--input-file digest --output-file digest.sig
	must "OpenSSL verifies" openssl pkeyutl -verify -pubin -inkey kit-key.pub -in digest -sigfile digest.sig
}

# --- p11-kit itself ----------------------------------------------------------------------------------
# Where it looks is built into it, so this takes a private view of that folder; without the right to
# one the claims are left out.
modules=$(pkg-config --variable=p11_module_configs p11-kit-1)
printf 'module: %s\ncritical: no\n' "$MDOC_MODULE" > mdoc-pkcs11.module
as_root=(unshare --mount)
[ "$(id -u)" -eq 0 ] || as_root=(unshare --user --map-root-user --mount)
# shellcheck disable=SC2016 # for the inner shell
kit=("${as_root[@]}" bash -c '
	set -e
	mount -t tmpfs tmpfs "$1"
	cp "$2" "$1"
	shift 2
	exec "$@"' kit "$modules" "$scratch/mdoc-pkcs11.module")
proxy=$(pkg-config --variable=proxy_module p11-kit-1)
# Six applications at once, each of its own, three signatures each.
six() {
	local one pids=() code=0
	for one in 1 2 3 4 5 6; do
		# shellcheck disable=SC2016 # for the inner shell
		"${kit[@]}" bash -c 'for n in 1 2 3; do "$@" >/dev/null || exit 1; done' six pkcs11-tool --module "$proxy" \
			--token-label kit --login --pin env:PIN --sign --id 01 --mechanism ECDSA --signature-format openssl \
			--input-file digest --output-file "six-$one" 2> "six-$one.log" &
		pids+=($!)
	done
	for one in "${pids[@]}"; do wait "$one" || code=1; done
	for one in 1 2 3 4 5 6; do
		openssl pkeyutl -verify -pubin -inkey kit-key.pub -in digest -sigfile "six-$one" || { cat "six-$one.log"; code=1; }
	done
	return $code
}
# Two applications that make a key pair, sign with it and delete it, at once, four times.
two() {
	local one pids=() code=0
	for one in a1 b2; do
		# shellcheck disable=SC2016 # for the inner shell
		"${kit[@]}" bash -ec '
			id=$1; shift
			for n in 1 2 3 4; do
				"$@" --keypairgen --key-type EC:prime256v1 --id "$id" --label "two-$id"
				"$@" --sign --id "$id" --mechanism ECDSA --input-file digest --output-file "two-$id.sig"
				"$@" --delete-object --type privkey --id "$id"
				"$@" --delete-object --type pubkey --id "$id"
			done' two "$one" pkcs11-tool --module "$proxy" --token-label kit --login --pin env:PIN > "two-$one.log" 2>&1 &
		pids+=($!)
	done
	for one in "${pids[@]}"; do wait "$one" || code=1; done
	[ "$code" -eq 0 ] || cat two-*.log
	return $code
}
if "${kit[@]}" true 2>/dev/null; then
	says "token: kit" "p11-kit list-modules shows the token" "${kit[@]}" p11-kit list-modules
	"${kit[@]}" p11-kit list-modules >out 2>err
	if [ -s err ]; then cat err; not_ok "nothing is printed to stderr"; else ok "nothing is printed to stderr"; fi
	says "kit-key" "the proxy shows the key" "${kit[@]}" pkcs11-tool --module "$proxy" --token-label kit --login \
		--pin env:PIN --list-objects
	says "0xCD440001" "and our mechanisms" "${kit[@]}" pkcs11-tool --module "$proxy" --token-label kit --list-mechanisms
	signs "it signs" "${kit[@]}" pkcs11-tool --module "$proxy"
	fails "not with a wrong PIN" "${kit[@]}" pkcs11-tool --module "$proxy" --token-label kit --login --pin env:WRONG \
		--list-objects
	must "six applications at once through the proxy" six
	must "two applications change the token at once through the proxy" two
	"${kit[@]}" pkcs11-tool --module "$proxy" --token-label kit --login --pin env:PIN --list-objects > left 2>&1
	must "the first key is there still" grep -q kit-key left
	fails "and nothing of theirs is left" grep -q two- left
	says "object=kit-key;type=private" "GnuTLS finds the key by its URL alone" env GNUTLS_PIN="$PIN" "${kit[@]}" p11tool \
		--batch --login --list-all 'pkcs11:token=kit'
else
	echo "skip p11-kit list-modules: no private view of $modules here"
fi

# --- The installed description, where there is one ---------------------------------------------------
if [ -n "${MDOC_PREFIX-}" ]; then
	must "the module file is installed" grep -q '^module: mdoc-pkcs11.so' \
		"$MDOC_PREFIX/share/p11-kit/modules/mdoc-pkcs11.module"
fi

# --- Remoting: a socket, which ssh may carry to another machine ----------------------------------------
serve() { # serve TOKEN: clients of p11-kit-client.so then see that token
	start "$1" p11-kit server --foreground --name "$scratch/$1.socket" --provider "$MDOC_MODULE" "pkcs11:token=$1"
	local _
	for _ in $(seq 100); do [ -S "$1.socket" ] && break; sleep 0.1; done
	export P11_KIT_SERVER_ADDRESS=unix:path=$scratch/$1.socket
}
serve kit
client=$libraries/p11-kit-client.so
remote=(pkcs11-tool --module "$client")
says "kit" "the token is seen through the socket" "${remote[@]}" --list-token-slots
says "kit-key" "its keys too" "${remote[@]}" --token-label kit --login --pin env:PIN --list-objects
signs "and sign" "${remote[@]}"
fails "not with a wrong PIN" "${remote[@]}" --token-label kit --login --pin env:WRONG --list-objects
must "a key pair is made" "${remote[@]}" --token-label kit --login --pin env:PIN --keypairgen --key-type EC:prime256v1 \
	--id 02 --label far
says "far" "in the token" "${p11[@]}" --token-label kit --login --pin env:PIN --list-objects --type privkey

# A record's own mechanisms do not pass; an area for raw signatures is for this.
make_issuer
echo 'himitsu-2026' > pin
quiet mdoc-token init --label holder --so-pin-file so --pin-file pin --iaca issuer/iaca.pem --raw-sign
fetch_copies 2
make_session
serve holder
unused() { mdoc-token status --token holder --pin-file pin --json | sed -n 's/.*"unused": *\([0-9]*\).*/\1/p'; }
must "a presentation through the socket" mdoc-present respond --module "$client" --token holder --request req.cbor \
	--transcript st.cbor --out dr.cbor --yes --reader-policy any --pin-file pin
exits 0 "which a reader verifies" mdoc-reader verify dr.cbor --transcript st.cbor --iaca issuer/iaca.pem
must "R-EXH-01: costs its copy" test "$(unused)" = 1
export HOLDER_PIN=himitsu-2026
id=$(mdoc-token list --token holder --pin-file pin --json | python3 -c '
import json, sys
print(next(c["id"] for c in json.load(sys.stdin)["copies"] if c["state"] == "unused"))')
raw=("${remote[@]}" --token-label holder --login --pin env:HOLDER_PIN --sign --id "$id" --mechanism ECDSA
	--input-file digest --output-file raw.sig)
must "a raw signature by another program" "${raw[@]}"
must "R-EXH-01: costs one too" test "$(unused)" = 0
fails "R-EXH-01: and there is no second" "${raw[@]}"
done_testing
