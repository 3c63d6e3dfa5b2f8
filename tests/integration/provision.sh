# shellcheck shell=bash disable=SC2154,SC2034,SC2119,SC2120
# Sourced after lib.sh: an issuer, a holder's token with three copies, a request and a session.
# Makes in $scratch: so pin issuer-so issuer-pin issuer/ offer.json request.json response.json
# req.cbor st.cbor.
# SPDX-License-Identifier: BSD-2-Clause

JP=org.iso.23220.1.jp.mnc
NS=org.iso.23220.1.jp

quiet() { # a step that is not the subject of the test: shown, and its output only when it fails
	show "$@"
	"$@" >"$scratch/step.log" 2>&1 || { cat "$scratch/step.log"; not_ok "set-up: $1 ${2-}"; exit 1; }
}

# Where an issuer's keys and its register are when they are not ours.
softhsm_use() { # SoftHSM, with tokens of the test's own: $module, hsm-pin
	module=${SOFTHSM2_MODULE:-/usr/lib/softhsm/libsofthsm2.so}
	export SOFTHSM2_CONF=$scratch/softhsm2.conf
	mkdir "$scratch/tokens"
	printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$scratch" > "$SOFTHSM2_CONF"
	echo 4711 > "$scratch/hsm-pin"
}
softhsm_token() { # softhsm_token LABEL
	quiet softhsm2-util --init-token --free --label "$1" --so-pin 12345678 --pin 4711
}
postgres_start() { # a PostgreSQL server of the test's own, until the script ends
	postgres=$(cd "$here/.." && pwd)/postgres
	postgres_folder=$("$postgres" start) || { not_ok "set-up: a PostgreSQL server"; exit 1; }
	trap '"$postgres" stop "$postgres_folder"; clean_up' EXIT
	export PGOPTIONS=
}
postgres_database() { "$postgres" database "$postgres_folder" "$1"; } # postgres_database NAME: its URI

make_issuer() {
	echo 'issuer-pin-123' > "$scratch/issuer-pin"
	quiet mdoc-token init --label issuer --so-pin-file "$scratch/issuer-so" --pin-file "$scratch/issuer-pin"
	quiet mdoc-issuer --dir "$scratch/issuer" init --module "$MDOC_MODULE" --token issuer \
		--pin-file "$scratch/issuer-pin"
}

make_holder() {
	echo 'himitsu-2026' > "$scratch/pin"
	quiet mdoc-token init --label holder "${by_backend[@]}" --so-pin-file "$scratch/so" --pin-file "$scratch/pin" \
		--iaca "$scratch/issuer/iaca.pem"
}

fetch_copies() { # fetch_copies COUNT
	quiet mdoc-issuer --dir "$scratch/issuer" offer --out "$scratch/offer.json"
	quiet mdoc-token request --token holder --offer "$scratch/offer.json" --count "$1" \
		--out "$scratch/request.json" --pin-file "$scratch/pin"
	quiet mdoc-issuer --dir "$scratch/issuer" issue --request "$scratch/request.json" \
		--claims "$here/../data/claims.json" --out "$scratch/response.json" --pin-file "$scratch/issuer-pin" \
		--edition 2021 # no status, for which every reader would want a list
	quiet mdoc-token import --token holder --response "$scratch/response.json" --pin-file "$scratch/pin" --yes
}

make_session() {
	quiet mdoc-reader transcript --openid4vp --client-id x509_san_dns:reader.example --nonce "${1:-n-1}" \
		--response-uri https://reader.example/response --out "$scratch/st.cbor"
	quiet mdoc-reader request --doc "$JP" --element "$NS:full_name_unicode" --retain "$NS:portrait" \
		--element org.iso.23220.1:age_over_20 --out "$scratch/req.cbor"
}

provision() {
	make_issuer
	make_holder
	fetch_copies "${1:-3}"
	make_session
}

respond() { # respond OUT
	quiet mdoc-present respond --token holder --request "$scratch/req.cbor" --transcript "$scratch/st.cbor" \
		--out "$1" --yes --reader-policy any --pin-file "$scratch/pin"
}
