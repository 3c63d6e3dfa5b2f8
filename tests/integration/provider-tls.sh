#!/usr/bin/env bash
# If this failed, no TLS server or client that speaks OpenSSL could have its key in a token: openssl's own, of each
# kind of key and both versions of TLS, and everything in Python that takes a key file.
# From the environment: MDOC_MODULE, MDOC_OSSL_MODULES, MDOC_PREFIX.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"
# shellcheck source=ossl.sh
. "$here/ossl.sh"

token=tls
make_token tls
make_ca
kinds="p256:prime256v1 p384:secp384r1 ed25519:edwards25519"
id=10
for kind in $kinds; do
	for side in server client; do
		name=$side-${kind%:*}
		id=$((id + 1))
		make_pair "$name" $id "${kind#*:}" --usage-sign
		certify tls "$name" $id "$([ $side = server ] && echo localhost || echo "$name")"
	done
done
cert() { echo "pkcs11:token=tls;object=$1;type=cert"; }

# --- s_server and s_client -------------------------------------------------------------------------------
# OpenSSL takes the first provider that has an algorithm. Where that is ours, the groups of TLS are to be had by asking
# for the default one.
ordered() { # ordered first|last: sets providers, ours as said
	local ours=(-provider mdoc-pkcs11-provider) default=(-provider default)
	case $1 in
	first) providers=(-provider-path "$MDOC_OSSL_MODULES" "${ours[@]}" "${default[@]}" -propquery "?provider=default") ;;
	last) providers=(-provider-path "$MDOC_OSSL_MODULES" "${default[@]}" "${ours[@]}") ;;
	esac
}

serve() { # serve NAME COMMAND...: until the next one; sets port
	local name=$1; shift
	port=$(free_port)
	start "$name" "$@" s_server -accept "127.0.0.1:$port" -www "${options[@]}"
	server=$!
	must "s_server $name listens" listens "$port"
}
served() {
	must "it still runs" kill -0 "$server"
	kill "$server"
	wait "$server" 2>/dev/null
}
page() { # page COMMAND...: of the server, which says on it what it knows of this connection
	printf 'GET / HTTP/1.0\r\n\r\n' | timeout 20 "$@" -connect "localhost:$port" -servername localhost -quiet \
		-CAfile ca.pem -verify_return_error -verify_hostname localhost 2>&1 | tr -d '\0'
}

for order in first last; do
	ordered $order
	with=(env LD_PRELOAD="$sanitizer" openssl)
	for kind in p256 p384 ed25519; do
		options=("${providers[@]}" -key "$(uri server-$kind)" -cert "$(cert server-$kind)" -CAfile ca.pem -Verify 2
			-verify_return_error)
		serve "$kind-$order" "${with[@]}"
		own=("${providers[@]}" -key "$(uri client-$kind)" -cert "$(cert client-$kind)")
		for version in 1_2 1_3; do
			page "${with[@]}" s_client -tls$version "${own[@]}" > got
			says "TLSv${version/_/.}" "$kind on both sides, our provider $order" cat got
			must "the server knows the client" grep -q "Subject: CN *= *client-$kind" got
			page openssl s_client -tls$version > got
			says "certificate required" "TLS $version without a key is refused" \
				sed 's/handshake failure/certificate required/' got
			must "and shown nothing" test -z "$(grep 'HTTP/1.0 200' got)"
		done
		served
	done
done

# By the configuration alone, and the PIN by -pass.
options=(-key "$(uri server-p256 private '')" -pass file:pin -cert "$(cert server-p256)")
serve configured "${ossl[@]}"
page openssl s_client > got
says "HTTP/1.0 200" "a server by configuration, with its PIN by -pass" cat got
served
wrong() { # wrong CLAIM ARGUMENTS...: it ends with an error, at once
	local claim=$1; shift
	says "CKR_PIN_INCORRECT" "$claim says so" timeout 20 "$@" < /dev/null
	fails "$claim fails" timeout 20 "$@" < /dev/null
}
port=$(free_port)
wrong "s_server with a wrong PIN" "${ossl[@]}" s_server -accept "127.0.0.1:$port" -key "$(uri server-p256 private wrong-pin)" \
	-cert "$(cert server-p256)"
setup "${p11[@]}" --token-label tls --login --pin env:PIN --list-objects # and the tries are new
wrong "s_client with a wrong PIN" "${ossl[@]}" s_client -connect "localhost:$port" -pass file:wrong-pin \
	-key "$(uri client-p256 private '')" -cert "$(cert client-p256)"
setup "${p11[@]}" --token-label tls --login --pin env:PIN --list-objects
fails "a certificate of another key is refused" timeout 20 "${ossl[@]}" s_server -accept "127.0.0.1:$port" \
	-key "$(uri server-p256)" -cert "$(cert server-p384)"
fails "a key that is not there" timeout 20 "${ossl[@]}" s_server -accept "127.0.0.1:$port" -key "$(uri nobody)" \
	-cert "$(cert server-p256)"

# --- Python ----------------------------------------------------------------------------------------------
for name in server-p256 client-p256 server-ed25519 client-p384; do
	setup "${ossl[@]}" pkey -in "$(uri $name)" -out "$name.key"
done
setup "${ossl[@]}" pkey -in "$(uri server-p256 private '')" -passin file:pin -out asks.key
cp pin changed-pin
setup "${ossl[@]}" pkey -in "$(uri server-p256 private changed-pin)" -out wrong.key
cp wrong-pin changed-pin
must "a reference is text" grep -q 'BEGIN PKCS#11 PROVIDER URI' server-p256.key
# Python itself leaks.
must "Python's ssl" env OPENSSL_CONF="$conf" LD_PRELOAD="$sanitizer" ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" \
	/usr/bin/python3 "$here/provider_ssl.py" "$scratch"
done_testing
