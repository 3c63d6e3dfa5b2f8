#!/usr/bin/env bash
# If this failed, programs that know nothing of tokens, and want the file of a PEM key, could not have their key in
# one: nginx with forked workers, curl as a client, stunnel. They are given a file that names the key.
# From the environment: MDOC_MODULE, MDOC_OSSL_MODULES, MDOC_PREFIX.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"
# shellcheck source=ossl.sh
. "$here/ossl.sh"

token=web
make_token web
make_pair server 01 prime256v1 --usage-sign
make_pair client 02 secp384r1 --usage-sign
make_pair modern 03 edwards25519 --usage-sign
make_ca
certify web server 01 localhost
certify web client 02 client
certify web modern 03 localhost
reference() { # reference OBJECT FILE [PIN FILE]: a file that programs take for the key
	setup "${ossl[@]}" pkey -in "$(uri "$1" private "${3-pin}")" -passin file:pin -out "$2"
}
reference server server.key
reference modern modern.key
reference client client.key
reference server asks.key ''
reference client client-asks.key ''
cp pin changed-pin
reference server wrong.key changed-pin
reference client client-wrong.key changed-pin
cp wrong-pin changed-pin
says "BEGIN PKCS#11 PROVIDER URI" "a reference looks like a PEM key" cat server.key
with=(env OPENSSL_CONF="$conf")

# --- nginx -----------------------------------------------------------------------------------------------
port=$(free_port)
mkdir www
echo 'served with a key of the token' > www/index.html
owner=""
if [ "$(id -u)" -eq 0 ]; then owner="user root;"; fi # the token is the user's own
configure() { # configure FILE KEY CERTIFICATE [DIRECTIVE]
	cat > "$1" <<CONF
$owner
worker_processes 2;
pid $scratch/nginx.pid;
error_log stderr notice;
env OPENSSL_CONF;
env OPENSSL_MODULES;
env MDOC_PKCS11_MODULE;
env MDOC_PKCS11_PIN_FILE;
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
		ssl_certificate $scratch/$3;
		ssl_certificate_key $scratch/$2;
		${4-}
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
nginx=("${with[@]}" /usr/sbin/nginx -p "$scratch" -g 'daemon off;' -e stderr)
get=(curl --silent --show-error --fail --max-time 20 --cacert ca.pem)
page=https://localhost:$port/index.html who=https://localhost:$port/who
many() { # forty requests, eight at a time, each with a handshake of its own
	# shellcheck disable=SC2016 # for the inner shell
	seq 40 | xargs -P 8 -I{} "${get[@]}" --output got-{} "$page" && cat got-* | sort | uniq -c > counted &&
		grep -q '^ *40 served' counted && rm got-*
}
begin() { # begin NAME COMMAND...: nginx with the configuration NAME
	local name=$1; shift
	start "$name" "$@" -c "$scratch/$name"
	master=$!
	must "nginx listens" listens "$port"
}
end() {
	kill "$master"
	wait "$master"
	must "nginx ends in order" test $? -eq 0
}
configure nginx.conf server.key server.pem
configure wrong.conf wrong.key server.pem
configure other.conf client.key server.pem
configure modern.conf modern.key modern.pem
configure asks.conf asks.key server.pem
configure password.conf asks.key server.pem "ssl_password_file $scratch/pin;"
says "CKR_PIN_INCORRECT" "nginx says that a PIN is wrong" timeout 20 "${nginx[@]}" -c "$scratch/wrong.conf"
fails "and does not start" timeout 20 "${nginx[@]}" -c "$scratch/wrong.conf"
setup "${p11[@]}" --token-label web --login --pin env:PIN --list-objects
fails "nor with another key's certificate" timeout 20 "${nginx[@]}" -c "$scratch/other.conf"
fails "nor without a PIN" timeout 20 setsid --wait "${nginx[@]}" -c "$scratch/asks.conf"
must "with the right one its configuration is good" "${nginx[@]}" -c "$scratch/nginx.conf" -t
must "also with the PIN as the key's password" "${nginx[@]}" -c "$scratch/password.conf" -t

begin nginx.conf "${nginx[@]}"
for version in 1.2 1.3; do
	says "with a key of the token" "TLS $version" "${get[@]}" "--tlsv$version" --tls-max "$version" "$page"
done
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
cp wrong-pin pin
must "reload with a PIN that is wrong now" kill -HUP "$(cat nginx.pid)"
many # by workers that logged in before, but for one that first has to now: it tries once
printf '%s\n' "$PIN" > pin
must "the token is not locked" "${p11[@]}" --token-label web --login --pin env:PIN --list-objects
must "reload with the right one" kill -HUP "$(cat nginx.pid)"
sleep 1
must "and all is as before" many
says "none" "nobody complains of a fork" bash -c 'grep -iE "already initialized|general error|alert\]" nginx.conf.log || echo none'

# --- curl with a key of the token --------------------------------------------------------------------------
own=(--cert client.pem)
ask() { "${with[@]}" "${get[@]}" "$@" "$who"; }
says "SUCCESS CN=client" "curl shows who it is" ask "${own[@]}" --key client.key
says "SUCCESS CN=client" "with the PIN as the key's password" ask "${own[@]}" --key client-asks.key --pass "$PIN"
fails "with a wrong PIN it shows nobody" ask "${own[@]}" --key client-wrong.key
setup "${p11[@]}" --token-label web --login --pin env:PIN --list-objects
fails "nor with a wrong password" ask "${own[@]}" --key client-asks.key --pass "$WRONG"
setup "${p11[@]}" --token-label web --login --pin env:PIN --list-objects
fails "nor with another key's certificate" ask "${own[@]}" --key server.key
says "NONE" "and without a key" "${get[@]}" "$who"
# A URI goes to OpenSSL's engine in this curl, not to providers; without the engine it says so.
fails "a URI wants an engine" env OPENSSL_ENGINES="$scratch" "${with[@]}" "${get[@]}" "${own[@]}" --key "$(uri client)" "$who"
end

begin modern.conf "${nginx[@]}"
must "forty handshakes with Ed25519" many
end
begin asks.conf env MDOC_PKCS11_PIN_FILE="$scratch/pin" "${nginx[@]}"
must "forty with the PIN by pin-file" many
end

# Workers that are another user than their master: the token and the PIN are theirs.
if [ "$(id -u)" -eq 0 ]; then
	owner="user nobody nogroup;"
	configure nobody.conf server.key server.pem
	chmod 755 "$scratch"
	begin nobody.conf "${nginx[@]}"
	fails "workers that may not read the token serve nobody" "${get[@]}" "$page"
	says "CKR_" "and say why" cat nobody.conf.log
	end
	chown -R nobody "$MDOC_PKCS11_STORE" pin
	begin nobody.conf "${nginx[@]}"
	must "workers that may serve forty" many
	end
	chown -R root "$MDOC_PKCS11_STORE" pin
else
	echo "skip - workers as another user: this is not root"
fi

# --- stunnel -----------------------------------------------------------------------------------------------
port=$(free_port) plain=$(free_port)
chmod 600 server.key client.key
cat > server.conf <<CONF
foreground = yes
syslog = no
pid =
[tls]
accept = 127.0.0.1:$port
connect = 127.0.0.1:$plain
cert = $scratch/server.pem
key = $scratch/server.key
CAfile = $scratch/ca.pem
verifyChain = yes
CONF
start plain /usr/bin/python3 -m http.server --bind 127.0.0.1 --directory www "$plain"
start stunnel "${with[@]}" stunnel server.conf
must "stunnel listens" listens "$port"
must "so does what is behind it" listens "$plain"
says "with a key of the token" "curl through stunnel, with a token key each" "${with[@]}" "${get[@]}" "${own[@]}" --key client.key \
	"https://localhost:$port/"
fails "without a key stunnel refuses" "${get[@]}" "https://localhost:$port/"
stop_servers
sed -i "s/server.key/wrong.key/" server.conf
fails "with a wrong PIN stunnel does not start" timeout 20 "${with[@]}" stunnel server.conf
done_testing
