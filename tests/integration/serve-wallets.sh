#!/usr/bin/env bash
# If this failed, our verifier on the web would be for our own tests only: here it is answered by our own holder, with
# whatever keeps its key, and by a wallet made of @openid4vc/openid4vp, jose and @owf/mdoc, which we did not write.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
foreign=$(cd "$here/../foreign" && pwd)
cd "$scratch" || exit 1

provision 6
# shellcheck source=serve_world.sh
. "$here/serve_world.sh"
export NODE_EXTRA_CA_CERTS=$scratch/tls.pem
cp "$foreign"/{package.json,package-lock.json,*.mjs} .
must "the pinned packages install" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

# A record whose key is in a file.
quiet mdoc-issuer --dir issuer offer --out offer.json
quiet python3 "$here/credential_request.py" offer.json request.json 1
mv key.pem device.key
quiet mdoc-issuer --dir issuer issue --edition 2021 --request request.json --claims "$here/../data/claims.json" --out response.json \
	--pin-file issuer-pin
python3 -c 'import base64, json
record = json.load(open("response.json"))["credentials"][0]["credential"]
open("record.cbor", "wb").write(base64.urlsafe_b64decode(record + "=" * (-len(record) % 4)))'

ask() { # ask METHOD PATH WORD...: of the API
	curl -s --cacert tls.pem -X "$1" "$serve_url/api/transactions$2" "${@:3}"
}
begin() { # begin [FLOW]: $uri
	ask POST "" -d "{\"flow\":\"${1:-cross_device}\"}" > begun.json
	uri=$(jq -r .wallet_uri begun.json)
}
verdict() { # verdict [RESPONSE-CODE]
	ask GET "/$(jq -r .id begun.json)?wait=20&response_code=${1-}" -H "Authorization: Bearer $(jq -r .token begun.json)" > verdict.json
	jq -cS '[.state, (.results // [] | map(.documents[0].elements | map_values(keys)))]' verdict.json
}
wanted='["verified",[{"org.iso.23220.1":["age_over_20"],"org.iso.23220.1.jp":["full_name_unicode","portrait"]}]]'
theirs=(node wallet.mjs)
ours=(mdoc-present openid4vp --token holder --pin-file pin --tls-ca tls.pem --reader-ca ca.pem --yes)

both_wallets() { # both_wallets CLAIM: each answers a transaction
	begin
	says '200 {}' "$1: a foreign wallet is told that its answer came" "${theirs[@]}" "$uri" record.cbor device.key
	says "$wanted" "$1: and verified" verdict
	begin
	must "$1: our holder answers" "${ours[@]}" "$uri"
	says "$wanted" "$1: and is verified" verdict
}

serve_start --redirect-uri https://shop.example/back
both_wallets "x509_hash"
begin same_device
must "our holder on the same device" "${ours[@]}" --json "$uri" > same.json
cat same.json
code=$(grep -o 'response_code=[A-Za-z0-9_-]*' same.json | head -1 | cut -d= -f2)
says '[null,' "no result without the code" verdict
says "$wanted" "and with it there is" verdict "$code"
begin
exits 1 "a holder who knows no such reader refuses" "${ours[@]/ca.pem/issuer\/iaca.pem}" "$uri"
says '["refused"' "and the page's script hears it" verdict
serve_stop "the server stops"

serve_start --client-id x509_san_dns
both_wallets "x509_san_dns"
serve_stop "the server stops again"

serve_start --direct-post
both_wallets "direct_post"
serve_stop "and again"
done_testing
