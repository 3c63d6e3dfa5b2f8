# shellcheck shell=bash disable=SC2154,SC2034
# Sourced after lib.sh and provision.sh, in $scratch: our issuer's server. SPDX-License-Identifier: BSD-2-Clause

certificates() { # certificates NAME...: NAME.pem and NAME.key, for TLS
	local name
	for name; do
		quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -out "$name.pem" -days 30 \
			-subj /CN=localhost -addext subjectAltName=DNS:localhost
	done
}
issuer_start() { # issuer_start PORT OPTION...: $url, $port; 0: the system's choice
	local command=(mdoc-issuer serve --dir issuer --listen "127.0.0.1:$1" --tls-cert tls.pem --tls-key tls.key
		--pin-file issuer-pin --operator clerk --verbose "${@:2}") i
	[ "$1" = 0 ] || command+=(--url "$url")
	show "${command[@]}"
	: > serve.out
	"${command[@]}" > serve.out 2> serve.err &
	serve_pid=$!
	for ((i = 0; i < 200; i++)); do grep -q listening serve.out && break; sleep 0.05; done
	port=$(sed -n 's/.*listening at .*:\([0-9]*\)).*/\1/p' serve.out)
	url=https://localhost:$port
}
issuer_stop() { # issuer_stop CLAIM
	local got=0
	kill -TERM "$serve_pid"
	wait "$serve_pid" || got=$?
	cat serve.err
	if [ $got -eq 0 ]; then ok "$1"; else not_ok "$1 (exit $got)"; fi
}
offer() { # for $person or card-1, $how: $link, and the transaction code in tx
	mdoc-issuer offer --dir issuer --person "${person:-card-1}" --url "$url" --tx-code-file tx ${how:+"$how"} > offer.txt 2>/dev/null || not_ok "an offer"
	link=$(grep ^openid-credential-offer: offer.txt)
}
sql() { sqlite3 issuer/register.db "$@"; }
