# shellcheck shell=bash disable=SC2154,SC2034
# Sourced after provision.sh: a reader's certificate, one for TLS, and a server. Makes in $scratch: ca.pem reader.key
# reader.pem tls.key tls.pem vp-req.cbor. SPDX-License-Identifier: BSD-2-Clause

quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 30 \
	-subj "/C=JP/CN=Reader CA" -config "$here/../../tools/reader/readers.cnf" -extensions root
quiet openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout reader.key -out reader.csr -subj "/C=JP/CN=Reader" \
	-config "$here/../../tools/reader/readers.cnf"
{ sed -n '/^\[reader\]/,/^# one/p' "$here/../../tools/reader/readers.cnf"; echo 'subjectAltName = DNS:localhost'; } > reader.cnf
quiet openssl x509 -req -in reader.csr -CA ca.pem -CAkey ca.key -out reader.pem -days 20 -extfile reader.cnf -extensions reader
quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tls.key -out tls.pem -days 30 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost
serve_elements=(--element "$NS:full_name_unicode" --element "$NS:portrait" --element org.iso.23220.1:age_over_20)
quiet mdoc-reader request --doc "$JP" "${serve_elements[@]}" --out vp-req.cbor

# serve_start OPTION...: $serve_url is where it listens
serve_start() {
	local command=(mdoc-reader serve --listen 127.0.0.1:0 --reader-key reader.key --cert reader.pem --iaca issuer/iaca.pem
		"${serve_elements[@]}" --verbose "$@") scheme=https i
	case " $* " in *" --plain-http "*) scheme=http ;; *) command+=(--tls-cert tls.pem --tls-key tls.key) ;; esac
	show "${command[@]}"
	: > serve.out
	"${command[@]}" > serve.out 2> serve.err &
	serve_pid=$!
	for ((i = 0; i < 100; i++)); do grep -q listening serve.out && break; sleep 0.05; done
	cat serve.out
	serve_url=$scheme://localhost:$(sed -n 's/.*listening at .*:\([0-9]*\)).*/\1/p' serve.out)
}

serve_stop() { # serve_stop CLAIM
	local got=0
	kill -TERM "$serve_pid"
	wait "$serve_pid" || got=$?
	cat serve.err
	if [ $got -eq 0 ]; then ok "$1"; else not_ok "$1 (exit $got)"; fi
}
