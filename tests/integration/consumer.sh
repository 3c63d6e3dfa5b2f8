# shellcheck shell=bash disable=SC2034,SC2154
# Sourced after lib.sh by the scripts that run other people's programs: a token made by the stock
# calls alone, certificates for its keys, and servers that end with the script.
# SPDX-License-Identifier: BSD-2-Clause

PIN=stock-pin-2026 SO=stock-so-code-of-a-test-0123456789 WRONG=not-the-pin-2026
export PIN SO WRONG
p11=(pkcs11-tool --module "$MDOC_MODULE")
tokens=0 servers=()
trap 'stop_servers; clean_up' EXIT
cd "$scratch" || exit 1

setup() { # a step that is not the subject of the test: shown, and its output only when it fails
	show "$@"
	"$@" > step.log 2>&1 || { cat step.log; not_ok "set-up: $1"; exit 1; }
}

make_token() { # make_token LABEL
	setup "${p11[@]}" --slot-index "$tokens" --init-token --label "$1" --so-pin env:SO
	setup "${p11[@]}" --token-label "$1" --login --login-type so --so-pin env:SO --init-pin --new-pin env:PIN
	tokens=$((tokens + 1))
}

make_key() { # make_key TOKEN NAME ID: a key pair on P-256, its public half in NAME.pub
	setup "${p11[@]}" --token-label "$1" --login --pin env:PIN --keypairgen --key-type EC:prime256v1 --id "$3" \
		--label "$2" --usage-sign --usage-derive
	setup env GNUTLS_PIN="$PIN" p11tool --provider "$MDOC_MODULE" --batch --outfile "$2.pub" --export-pubkey \
		"pkcs11:token=$1;object=$2;type=public"
}

make_ca() { # ca.key and ca.pem
	setup openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout ca.key -out ca.pem -days 30 \
		-subj '/CN=Test CA' -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
}

certify() { # certify TOKEN NAME ID CN: a certificate for that key, in NAME.pem and in the token
	printf '%s\n' 'basicConstraints=CA:FALSE' 'keyUsage=critical,digitalSignature' \
		'extendedKeyUsage=serverAuth,clientAuth,emailProtection,codeSigning' 'subjectAltName=DNS:localhost,IP:127.0.0.1' > leaf.ext
	setup openssl x509 -new -subj "/CN=$4" -force_pubkey "$2.pub" -CA ca.pem -CAkey ca.key -days 30 \
		-extfile leaf.ext -out "$2.pem"
	setup openssl x509 -in "$2.pem" -outform DER -out "$2.crt"
	setup "${p11[@]}" --token-label "$1" --login --pin env:PIN --write-object "$2.crt" --type cert --id "$3" --label "$2"
}

free_port() { # a TCP port that nobody listens on
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# refuses CLAIM COMMAND...: as fails, of programs that end with -1 when they fail: any code but those
# of a sanitizer, a time limit or a signal.
refuses() {
	local claim=$1 got=0; shift
	show "$@"
	"$@" || got=$?
	case $got in 0|99|12[4-9]|13[0-9]) not_ok "$claim (exit $got)" ;; *) ok "$claim" ;; esac
}

start() { # start NAME COMMAND...: in the background until the script ends, its output in NAME.log
	local name=$1; shift
	show "$@" '&'
	"$@" > "$name.log" 2>&1 < /dev/null &
	servers+=($!)
}

listens() { # listens PORT: somebody does, within ten seconds. Nobody is called for it.
	local try hex
	hex=$(printf ':%04X [0-9A-F:]* 0A' "$1")
	for try in $(seq 100); do
		cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q "$hex" && return 0
		sleep 0.1
	done
	return 1
}

stop_servers() {
	local pid
	for pid in "${servers[@]}"; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	servers=()
}
