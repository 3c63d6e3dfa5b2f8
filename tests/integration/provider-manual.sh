#!/usr/bin/env bash
# If this failed, the first commands that a reader of README.md or mdoc-pkcs11-provider(7) types would not work: they
# are run as they are printed, but for the folder of the installation, the port, and the PIN, which is in a file.
# From the environment: MDOC_MODULE, MDOC_OSSL_MODULES (the provider's folder), MDOC_PREFIX (where we are installed).
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"
# shellcheck source=ossl.sh
. "$here/ossl.sh"
readme=$here/../../README.md
manual=$here/../../module/man/mdoc-pkcs11-provider.7
share=$MDOC_PREFIX/share/mdoc-pkcs11
port=$(free_port)
token=me
make_token me
# As a person has it, but that nobody is asked.
person=(env LD_PRELOAD="$sanitizer" MDOC_PKCS11_PIN_FILE="$scratch/pin" CURL_HOME="$scratch")

# Lines that end with a backslash continue; what differs on this machine is put in.
commands() {
	sed -e ':join' -e '/\\$/{N;s/\\\n *//;bjoin' -e '}' |
		sed -e "s|/usr/local/share/mdoc-pkcs11|$share|; s|\bSHARE\b|$share|; s|\b4433\b|$port|" \
			-e "s|/etc/nginx/pin|$scratch/pin|; s|\bKEY\b|'pkcs11:token=me;object=web;type=private'|"
}

serve() { # serve LINE: until the next one
	stop_servers
	start server "${person[@]}" bash -c "exec $1"
	must "it listens" listens "$port"
}

each() { # each WHERE < LINES
	local line
	while IFS= read -r line; do
		case $line in
		export*) eval "$line" ;;
		*s_server*) serve "$line" ;;
		openssl*|curl*) must "$1: ${line%% -*}" "${person[@]}" bash -c "$line" < /dev/null ;;
		esac
	done
}

# --- README.md ---------------------------------------------------------------------------------------
# shellcheck disable=SC2016 # backquotes of Markdown
sed -n '/^## From OpenSSL/,/^## What/{/^```/,/^```/p}' < "$readme" | commands > readme.commands
must "README.md has commands to try" test "$(grep -c '^openssl' readme.commands)" -ge 4
each README.md < readme.commands
must "curl sees the server by its certificate" env -u OPENSSL_CONF curl --silent --show-error --fail --max-time 20 \
	--cacert web.pem --output page "https://localhost:$port/"
must "the key file is a reference" grep -q 'BEGIN PKCS#11 PROVIDER URI' web-key.pem
says web "the token has the key" "${p11[@]}" --token-label me --login --pin env:PIN --list-objects --type privkey

# --- mdoc-pkcs11-provider(7) ---------------------------------------------------------------------------
echo letter > letter
env -u OPENSSL_CONF openssl dgst -sha256 -binary -out digest letter
env -u OPENSSL_CONF openssl genpkey -algorithm EC -pkeyopt group:P-256 -out peer.key
env -u OPENSSL_CONF openssl pkey -in peer.key -pubout -out peer.pub
make_pair client 07 prime256v1
setup env -u OPENSSL_CONF openssl x509 -new -subj /CN=client -force_pubkey client.pub -signkey peer.key -days 1 -out client.pem
# The page's own server is the host of its example.
printf '%s\n' silent 'max-time = 20' 'cacert = web.pem' 'output = page' "connect-to = host.example:443:localhost:$port" > .curlrc
# The holder key has a test of its own, and its id is made up.
sed -n '/^\.Sh EXAMPLES/,/^\.Sh DIAGNOSTICS/{/^\.Bd/,/^\.Ed/{/^\./!p}}' < "$manual" | sed 's/\\e$/\\/' | commands |
	grep -v 'id=%5f%3c%9a' > manual.commands
must "the manual has commands to try" test "$(grep -cE '^(openssl|curl)' manual.commands)" -ge 14
export OPENSSL_CONF=$share/mdoc-pkcs11-provider.cnf
each "the manual" < manual.commands
must "curl came to a page" grep -q s_server page
for section in 'KEY FILES' 'KEY GENERATION'; do
	sed -n "/^\.Sh $section/,/^\.Sh/{/^\.Bd/,/^\.Ed/{/^\./!p}}" < "$manual" | sed 's/\\e$/\\/' | commands |
		sed 's/id=%01/id=%02/; s/object=web;id/object=another;id/' > section.commands
	must "its section $section has a command" test -s section.commands
	each "$section" < section.commands
done
stop_servers
done_testing
