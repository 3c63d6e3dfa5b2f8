#!/usr/bin/env bash
# If this failed, Firefox, Thunderbird and all that uses NSS could not use a token of ours: it would
# not be added, found by its friendly certificates, asked for keys and requests, or speak TLS.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"

make_token nss
make_key nss server 01
make_key nss client 02
make_ca
certify nss server 01 localhost
certify nss client 02 client
echo "$PIN" > pin
echo "$WRONG" > wrong-pin

# --- The database of a user --------------------------------------------------------------------------
mkdir db
setup certutil -N -d sql:db --empty-password
setup certutil -A -d sql:db -n ca -t CT,CT,CT -i ca.pem -a
must "modutil adds the module" modutil -dbdir sql:db -force -add mdoc -libfile "$MDOC_MODULE" -mechanisms FRIENDLY
says "Token Name: nss" "and lists its token" modutil -dbdir sql:db -list mdoc
says "nss:client" "certificates are seen without the PIN" certutil -L -d sql:db -h nss
says "CN=localhost" "one in full" certutil -L -d sql:db -n nss:server
must "and out" certutil -L -d sql:db -n nss:server -a -o out.pem
must "as it was" cmp <(openssl x509 -in out.pem) <(openssl x509 -in server.pem)
must "its chain is good for a server" certutil -V -d sql:db -n nss:server -u V -f pin

# --- Keys --------------------------------------------------------------------------------------------
says " server" "keys are listed with the PIN" certutil -K -d sql:db -h nss -f pin
refuses "not with a wrong one" certutil -K -d sql:db -h nss -f wrong-pin
must "a key pair is made in the token" certutil -G -d sql:db -h nss -k ec -q nistp256 -f pin -z ca.pem
refuses "none with a wrong PIN" certutil -G -d sql:db -h nss -k ec -q nistp256 -f wrong-pin -z ca.pem
must "a request, with a key of its own in the token" certutil -R -d sql:db -h nss -k ec -q nistp384 -s CN=new -f pin \
	-z ca.pem -o new.csr -a
must "that OpenSSL verifies" openssl req -in new.csr -verify -noout
must "the CA answers it" openssl x509 -req -in new.csr -CA ca.pem -CAkey ca.key -days 30 -out new.pem
must "and the certificate goes to its key" certutil -A -d sql:db -h nss -n new -t ,, -i new.pem -a -f pin
says "nss:new" "by which it has a name" certutil -K -d sql:db -h nss -f pin
must "a request with a key that is there" certutil -R -d sql:db -h nss -k 02 -f pin -s CN=again -o again.csr -a
must "that OpenSSL verifies" openssl req -in again.csr -verify -noout
openssl req -in again.csr -pubkey -noout > again.pub
must "is of that key" cmp again.pub client.pub
refuses "a wrong PIN makes no request" certutil -R -d sql:db -h nss -k 02 -f wrong-pin -s CN=again -o never.csr
must "the right one again, so that nothing locks" certutil -K -d sql:db -h nss -f pin
# A module that is friendly is not asked for the PIN where NSS deletes; this needs it.
setup modutil -dbdir sql:db -force -undefault mdoc -mechanisms FRIENDLY
must "a certificate is deleted" certutil -D -d sql:db -n nss:new -f pin
refuses "and gone" certutil -L -d sql:db -n nss:new -f pin
setup modutil -dbdir sql:db -force -default mdoc -mechanisms FRIENDLY
must "a key is deleted" certutil -F -d sql:db -h nss -k "$(certutil -K -d sql:db -h nss -f pin | awk '/orphan/ { print $4 }' | head -1)" \
	-f pin

# --- A signed message --------------------------------------------------------------------------------
echo letter > letter
must "cmsutil signs" cmsutil -S -d sql:db -N nss:client -f pin -i letter -o letter.cms
must "OpenSSL verifies" openssl cms -verify -inform DER -in letter.cms -CAfile ca.pem -purpose any -out read
must "what was signed" cmp read letter
refuses "a wrong PIN signs nothing" cmsutil -S -d sql:db -N nss:client -f wrong-pin -i letter -o never.cms

# --- TLS, both keys in the token -----------------------------------------------------------------------
port=$(free_port)
refuses "a server with a wrong PIN does not start" timeout 20 selfserv -d sql:db -p "$port" -e nss:server -n nss:server \
	-f wrong-pin
start server selfserv -d sql:db -p "$port" -e nss:server -n nss:server -f pin -V tls1.2:tls1.3 -H 1 -r -r -v
must "selfserv listens" listens "$port"
printf 'GET / HTTP/1.0\r\n\r\n' > request
client=(timeout 20 tstclnt -4 -h localhost -p "$port" -d sql:db -A request -v)
for version in tls1.2 tls1.3; do
	says "200 OK" "$version" "${client[@]}" -V $version:$version -n nss:client -W pin
	refuses "none without a key" "${client[@]}" -V $version:$version -n none
	refuses "none with a wrong PIN" "${client[@]}" -V $version:$version -n nss:client -W wrong-pin
done
must "the PIN opens it again" certutil -K -d sql:db -h nss -f pin
says "40 server certificates tested" "forty handshakes by four threads" timeout 60 strsclnt -p "$port" -d sql:db -n nss:client -w "$PIN" \
	-c 40 -t 4 -N localhost

must "modutil takes the module out" modutil -dbdir sql:db -force -delete mdoc
refuses "and its certificates are gone" certutil -L -d sql:db -n nss:server
done_testing
