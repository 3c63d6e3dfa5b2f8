#!/usr/bin/env bash
# If this failed, no web server could keep its key in a token of ours: libp11's OpenSSL engine
# reads it in nginx's master, and forked workers sign with it. openssl and curl by the engine too.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"

make_token web
make_key web server 01
make_key web client 02
setup "${p11[@]}" --token-label web --login --pin env:PIN --keypairgen --key-type EC:prime256v1 --id 03 --label each \
	--usage-sign --always-auth
# Of key types that it does not know the engine wants none in a token of which it wants a key: they have their own.
make_token curves
for type in edwards25519 curve25519; do
	setup "${p11[@]}" --token-label curves --login --pin env:PIN --keypairgen --key-type "EC:$type" --id 04 --label "$type"
done
make_ca
certify web server 01 localhost
certify web client 02 client
engine=$(openssl version -e | sed -n 's/^ENGINESDIR: "\(.*\)"/\1/p')/pkcs11.so
cat > engine.cnf <<CNF
openssl_conf = init
[init]
engines = engines
[engines]
pkcs11 = p11
[p11]
engine_id = pkcs11
dynamic_path = $engine
MODULE_PATH = $MDOC_MODULE
init = 1
[req]
distinguished_name = name
[name]
CNF
with_engine=(env OPENSSL_CONF="$scratch/engine.cnf")
printf '%s' "$PIN" > pin
printf '%s' "$WRONG" > wrong-pin
echo "$PIN" > typed
echo "$WRONG" > wrong-typed
key() { echo "pkcs11:token=web;object=$1;type=private;pin-source=file:$scratch/${2-pin}"; }

# --- openssl -----------------------------------------------------------------------------------------
echo letter > letter
must "the engine loads" "${with_engine[@]}" openssl engine -t pkcs11
must "openssl dgst signs" "${with_engine[@]}" openssl dgst -sha256 -engine pkcs11 -keyform engine -sign "$(key server)" \
	-out letter.sig letter
must "and OpenSSL without it verifies" openssl dgst -sha256 -verify server.pub -signature letter.sig letter
fails "a wrong PIN signs nothing" "${with_engine[@]}" openssl dgst -sha256 -engine pkcs11 -keyform engine \
	-sign "$(key server wrong-pin)" -out never.sig letter
must "openssl req" "${with_engine[@]}" openssl req -new -engine pkcs11 -keyform engine -key "$(key server)" -subj /CN=localhost \
	-out server.csr
must "makes a request that verifies" openssl req -in server.csr -verify -noout
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.key 2>/dev/null
openssl pkey -in peer.key -pubout -out peer.pub
must "openssl pkeyutl -derive" "${with_engine[@]}" openssl pkeyutl -derive -engine pkcs11 -keyform engine \
	-inkey "$(key server)" -peerkey peer.pub -out secret
openssl pkeyutl -derive -inkey peer.key -peerkey server.pub -out expected
must "gets the same secret as the other side" cmp secret expected
must "a key by its id" "${with_engine[@]}" openssl dgst -sha256 -engine pkcs11 -keyform engine \
	-sign "pkcs11:token=web;id=%01;type=private;pin-source=file:$scratch/pin" -out letter.sig letter
must "and OpenSSL without it verifies" openssl dgst -sha256 -verify server.pub -signature letter.sig letter
must "the public half by the engine" "${with_engine[@]}" openssl pkey -engine pkcs11 -inform engine -pubin -pubout \
	-in "pkcs11:token=web;object=server;type=public;pin-source=file:$scratch/pin" -out shown.pub
must "is the same" cmp shown.pub server.pub

# --- a PIN for each signature: asked for at the terminal, which setsid takes away -------------------------
each=("${with_engine[@]}" setsid -w openssl dgst -sha256 -engine pkcs11 -keyform engine -sign "$(key each)" -out each.sig
	letter)
types() { "${@:2}" < "$1"; } # types FILE COMMAND...
fails "without that PIN nothing is signed" types /dev/null "${each[@]}"
fails "nor with a wrong one" types wrong-typed "${each[@]}"
must "with the right one it is" types typed "${each[@]}"
setup env GNUTLS_PIN="$PIN" p11tool --provider "$MDOC_MODULE" --batch --outfile each.pub --export-pubkey \
	"pkcs11:token=web;object=each;type=public"
must "and OpenSSL without the engine verifies" openssl dgst -sha256 -verify each.pub -signature each.sig letter
cat wrong-typed typed > twice-typed
must "a wrong one first, and then the right one" types twice-typed "${each[@]}"

# --- nginx ---------------------------------------------------------------------------------------------
port=$(free_port)
mkdir www
echo 'served with a key of the token' > www/index.html
user=""
if [ "$(id -u)" -eq 0 ]; then user="user root;"; fi # the token is the user's own
configure() { # configure KEY FILE
	cat > "$2" <<CONF
$user
worker_processes 2;
pid $scratch/nginx.pid;
error_log stderr notice;
env OPENSSL_CONF;
env MDOC_PKCS11_STORE;
env MDOC_PKCS11_CONF;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path $scratch/body;
	proxy_temp_path $scratch/proxy;
	fastcgi_temp_path $scratch/fastcgi;
	uwsgi_temp_path $scratch/uwsgi;
	scgi_temp_path $scratch/scgi;
	server {
		listen 127.0.0.1:$port ssl;
		server_name localhost;
		ssl_certificate $scratch/server.pem;
		ssl_certificate_key "engine:pkcs11:$1";
		ssl_protocols TLSv1.2 TLSv1.3;
		ssl_session_cache off;
		ssl_session_tickets off;
		ssl_client_certificate $scratch/ca.pem;
		ssl_verify_client optional;
		root $scratch/www;
		location = /who { return 200 "\$ssl_client_verify \$ssl_client_s_dn\n"; }
	}
}
CONF
}
configure "$(key server)" nginx.conf
configure "$(key server wrong-pin)" wrong.conf
nginx=("${with_engine[@]}" /usr/sbin/nginx -p "$scratch" -g 'daemon off;' -e stderr)
fails "nginx does not start with a wrong PIN" timeout 20 "${nginx[@]}" -c "$scratch/wrong.conf"
must "with the right one its configuration is good" "${nginx[@]}" -c "$scratch/nginx.conf" -t
start nginx "${nginx[@]}" -c "$scratch/nginx.conf"
master=$!
must "nginx listens" listens "$port"
get=(curl --silent --show-error --fail --max-time 20 --cacert ca.pem)
page=https://localhost:$port/index.html who=https://localhost:$port/who
for version in 1.2 1.3; do
	says "with a key of the token" "TLS $version" "${get[@]}" "--tlsv$version" --tls-max "$version" "$page"
done
many() { # forty requests, eight at a time, each with a handshake of its own
	# shellcheck disable=SC2016 # for the inner shell
	seq 40 | xargs -P 8 -I{} "${get[@]}" --output got-{} "$page" && cat got-* | sort | uniq -c > counted &&
		grep -q '^ *40 served' counted && rm got-*
}
must "forty handshakes, eight at a time, by two workers" many
workers() { pgrep -P "$(cat nginx.pid)" | sort; }
workers > before
must "reload" kill -HUP "$(cat nginx.pid)"
for _ in $(seq 100); do
	workers > after
	[ -z "$(comm -12 before after)" ] && [ "$(wc -l < after)" -eq 2 ] && break
	sleep 0.1
done
must "the workers are new ones" test -z "$(comm -12 before after)"
must "and serve forty more" many
says "none" "nobody complains of a fork" bash -c 'grep -iE "(already initialized|general error|alert\])" nginx.log || echo none'

# --- curl with a key of the token ------------------------------------------------------------------
own=(--engine pkcs11 --key-type ENG --cert-type PEM --cert client.pem)
says "SUCCESS CN=client" "curl shows who it is" "${with_engine[@]}" "${get[@]}" "${own[@]}" --key "$(key client)" "$who"
token_cert=(--engine pkcs11 --key-type ENG --cert-type ENG --cert "pkcs11:token=web;object=client;type=cert")
says "SUCCESS CN=client" "also with the certificate in the token" "${with_engine[@]}" "${get[@]}" "${token_cert[@]}" \
	--key "$(key client)" "$who"
fails "with a wrong PIN it shows nobody" "${with_engine[@]}" "${get[@]}" "${own[@]}" --key "$(key client wrong-pin)" "$who"
says "NONE" "and without a key either" "${get[@]}" "$who"
kill "$master"
wait "$master"
must "nginx ends in order" test $? -eq 0
done_testing
