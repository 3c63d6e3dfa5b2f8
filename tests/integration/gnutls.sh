#!/usr/bin/env bash
# If this failed, what uses GnuTLS could not use a token of ours: p11tool and certtool make keys,
# certificates and requests with it, gnutls-serv and gnutls-cli authenticate with its keys.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"

make_token gnu
make_key gnu first 01
export GNUTLS_PIN=$PIN GNUTLS_SO_PIN=$SO
p11tool=(p11tool --provider "$MDOC_MODULE" --batch)
wrong=(env GNUTLS_PIN="$WRONG")
url=pkcs11:token=gnu

# --- p11tool: what is there --------------------------------------------------------------------------
says "token=gnu" "the token is listed" "${p11tool[@]}" --list-tokens
says "model=$model_in_uri" "by a URL" "${p11tool[@]}" --list-token-urls
says "CKM_ECDSA_SHA256" "with its mechanisms" "${p11tool[@]}" --list-mechanisms "$url"
says "object=first;type=public" "the public key is there before login" "${p11tool[@]}" --list-all "$url"
says "object=first;type=private" "the private one after it" "${p11tool[@]}" --login --list-all "$url"
fails "a wrong GNUTLS_PIN lists no private key" "${wrong[@]}" "${p11tool[@]}" --login --list-all "$url"
must "the right one lists again" "${p11tool[@]}" --login --list-all "$url"
must "random bytes" "${p11tool[@]}" --generate-random 64 --outraw --outfile random "$url"
must "64 of them" test "$(wc -c < random)" -eq 64

# --- p11tool: making, naming, reading, deleting ------------------------------------------------------
id=16
for curve in secp256r1 secp384r1 secp521r1; do
	must "a key pair on $curve" "${p11tool[@]}" --login --generate-privkey ECDSA --curve "$curve" --id $id \
		--label "$curve" --outfile "$curve.pub" "$url"
	must "it signs and verifies" "${p11tool[@]}" --login --test-sign "$url;object=$curve;type=private"
	must "its public half is exported" "${p11tool[@]}" --login --export-pubkey --outfile "again.pub" \
		"$url;object=$curve;type=private"
	must "and is the one that was made" cmp again.pub "$curve.pub"
	id=$((id + 1))
done
fails "no key is made with a wrong PIN" "${wrong[@]}" "${p11tool[@]}" --login --generate-privkey ECDSA \
	--curve secp256r1 --label never "$url"
must "a key has a new label" "${p11tool[@]}" --login --set-label renamed "$url;object=secp521r1;type=private"
says "object=renamed;type=private" "which it keeps" "${p11tool[@]}" --login --list-all-privkeys "$url"
must "and a new id" "${p11tool[@]}" --login --set-id 0a0b0c "$url;object=renamed;type=private"
says "ID: 0a:0b:0c" "which it keeps" "${p11tool[@]}" --login --list-all-privkeys "$url"
must "it is deleted" "${p11tool[@]}" --login --delete "$url;object=renamed;type=private"
fails "and gone" "${p11tool[@]}" --login --test-sign "$url;object=renamed;type=private"
setup certtool --generate-privkey --key-type ecdsa --curve secp256r1 --outfile soft.key
must "a key made elsewhere is brought in" "${p11tool[@]}" --login --write --load-privkey soft.key --label soft --id 30 "$url"
setup certtool --load-privkey soft.key --pubkey-info --outfile soft.pub
must "its public half too" "${p11tool[@]}" --login --write --load-pubkey soft.pub --label soft --id 30 "$url"
must "and they sign and verify" "${p11tool[@]}" --login --test-sign "$url;object=soft;type=private"
fails "no private key comes out" "${p11tool[@]}" --login --export "$url;object=first;type=private"
must "a secret key" "${p11tool[@]}" --login --write --secret-key 000102030405060708090a0b0c0d0e0f \
	--label secret "$url"
says "object=secret" "is listed" "${p11tool[@]}" --login --list-all "$url"

# --- certtool with a key of the token ----------------------------------------------------------------
make_ca
first="$url;object=first;type=private"
certtool=(certtool --provider "$MDOC_MODULE")
printf '%s\n' 'cn = localhost' 'dns_name = localhost' 'ip_address = 127.0.0.1' tls_www_server tls_www_client \
	signing_key 'expiration_days = 30' > template
must "a certificate request" "${certtool[@]}" --generate-request --load-privkey "$first" \
	--load-pubkey "$url;object=first;type=public" --template template --outfile first.csr
must "that OpenSSL verifies" openssl req -in first.csr -verify -noout
fails "a wrong PIN makes none" "${wrong[@]}" "${certtool[@]}" --generate-request --load-privkey "$first" \
	--load-pubkey "$url;object=first;type=public" --template template --outfile never.csr
must "a self-signed certificate" "${certtool[@]}" --generate-self-signed --load-privkey "$first" \
	--load-pubkey "$url;object=first;type=public" --template template --outfile self.pem
must "that OpenSSL verifies" openssl verify -CAfile self.pem self.pem
must "a certificate from a request" "${certtool[@]}" --generate-certificate --load-request first.csr \
	--load-ca-certificate ca.pem --load-ca-privkey ca.key --template template --outfile first.pem
must "is written into the token" "${p11tool[@]}" --login --write --load-certificate first.pem --label first --id 01 "$url"
must "and comes back" "${p11tool[@]}" --export --outfile back.pem "$url;object=first;type=cert"
must "as it was" cmp <(openssl x509 -in back.pem) <(openssl x509 -in first.pem)
says "object=first" "it is listed as one whose key is here" "${p11tool[@]}" --login --list-certs "$url"
fails "a stranger is not trusted before the security officer said so" "${p11tool[@]}" --login --write \
	--load-certificate ca.pem --label ca --mark-trusted "$url"
must "who does" "${p11tool[@]}" --so-login --write --load-certificate ca.pem --label ca --mark-trusted --mark-ca "$url"
says "object=ca" "it is listed as trusted, after login" "${p11tool[@]}" --login --list-all-trusted "$url"

# --- TLS with the server's key in the token, and the client's --------------------------------------
make_key gnu client 02
certify gnu client 02 client
port=$(free_port)
key="$first" cert="$url;object=first;type=cert"
fails "a server with a wrong PIN does not start" timeout 20 "${wrong[@]}" gnutls-serv --quiet --port "$port" \
	--provider "$MDOC_MODULE" --x509keyfile "$key" --x509certfile "$cert"
start server gnutls-serv --echo --quiet --port "$port" --provider "$MDOC_MODULE" --x509keyfile "$key" \
	--x509certfile "$cert" --x509cafile ca.pem --require-client-cert --verify-client-cert
must "gnutls-serv listens" listens "$port"
client=(gnutls-cli --provider "$MDOC_MODULE" --x509cafile ca.pem --port "$port" localhost)
own=(--x509keyfile "$url;object=client;type=private" --x509certfile "$url;object=client;type=cert")
talk() { (echo "hello from here"; sleep 0.3) | "$@"; }
for version in 1.2 1.3; do
	says "hello from here" "TLS $version, both keys in the token" talk "${client[@]}" "${own[@]}" \
		--priority "NORMAL:-VERS-ALL:+VERS-TLS$version"
	says "(TLS$version-X.509)" "as asked" talk "${client[@]}" "${own[@]}" --priority "NORMAL:-VERS-ALL:+VERS-TLS$version"
	fails "no client without a key" talk "${client[@]}" --priority "NORMAL:-VERS-ALL:+VERS-TLS$version"
	fails "none with a wrong PIN" talk "${wrong[@]}" "${client[@]}" "${own[@]}" \
		--priority "NORMAL:-VERS-ALL:+VERS-TLS$version"
done

# --- A token made by p11tool alone ---------------------------------------------------------------------
must "p11tool initialises a token" "${p11tool[@]}" --initialize --label made --set-so-pin "$SO" 'pkcs11:token='
must "and its PIN" "${p11tool[@]}" --so-login --initialize-pin --set-pin "$PIN" --set-so-pin "$SO" pkcs11:token=made
must "which works" "${p11tool[@]}" --login --generate-privkey ECDSA --curve secp256r1 --label k pkcs11:token=made
done_testing
