#!/usr/bin/env bash
# If this failed, a verifier's web page would show somebody's record to somebody else, take a response for what it is not,
# keep what it may not, or stand still because one client wants it to.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here

provision 12
# shellcheck source=serve_world.sh
. "$here/serve_world.sh"

# ---- Wrong usage ----
signing=(--reader-key reader.key --cert reader.pem --iaca issuer/iaca.pem)
exits 2 "neither TLS nor --plain-http" mdoc-reader serve "${signing[@]}"
exits 2 "a request that nobody signs" mdoc-reader serve --plain-http --listen 127.0.0.1:0 --iaca issuer/iaca.pem
exits 2 "plain HTTP for other machines" mdoc-reader serve --plain-http --listen 0.0.0.0:0 "${signing[@]}"
exits 2 "plain HTTP under a name of others" mdoc-reader serve --plain-http --listen 127.0.0.1:0 --url http://reader.example "${signing[@]}"
exits 2 "an address that is none" mdoc-reader serve --plain-http --listen here "${signing[@]}"
exits 2 "a URL with a path" mdoc-reader serve --plain-http --listen 127.0.0.1:0 --url https://reader.example/a "${signing[@]}"
exits 2 "a client id that is unknown" mdoc-reader serve --plain-http --listen 127.0.0.1:0 --client-id did "${signing[@]}"
exits 2 "a DNS name that the certificate does not have" mdoc-reader serve --plain-http --listen 127.0.0.1:0 \
	--url https://other.example --client-id x509_san_dns "${signing[@]}"
exits 2 "nobody to trust" env XDG_CONFIG_HOME="$scratch" XDG_DATA_HOME="$scratch" mdoc-reader serve --plain-http \
	--listen 127.0.0.1:0 --reader-key reader.key --cert reader.pem
exits 2 "R-CARD-18: 個人番号 without its legal basis" mdoc-reader serve --plain-http --listen 127.0.0.1:0 "${signing[@]}" \
	--element $NS:individual_number_unicode
exits 2 "keeping and not keeping" mdoc-reader serve --plain-http --listen 127.0.0.1:0 "${signing[@]}" --store . --no-store
exits 3 "a TLS key that is none" mdoc-reader serve --tls-cert tls.pem --tls-key pin --listen 127.0.0.1:0 "${signing[@]}"

# ---- Attacks, over TLS ----
serve_start --timeout 2 --transactions 40 --life 10 --show 10 --redirect-uri https://shop.example/back
show /usr/bin/python3 "$here/serve_wallet.py" attacks "$serve_url" tls.pem
/usr/bin/python3 "$here/serve_wallet.py" attacks "$serve_url" tls.pem > attacks.out 2>&1 || not_ok "the attacks ended early"
cat attacks.out
! grep -q '^not ok' attacks.out || failures=$((failures + 1))
serve_stop "and stops when it is told to"
must "R-VX-05: nothing was written anywhere" bash -c '! grep -rl "番" --include="*" . | grep -vE "^./(offer|response|request|vp-dr|attacks|store|issuer)"'

# ---- What is kept ----
mkdir kept
serve_start --store kept --retain "$NS:full_name_unicode"
begin_transaction() { curl -s --cacert tls.pem -X POST "$serve_url/api/transactions" > begun.json; jq -r .wallet_uri begun.json; }
verdict() { curl -s --cacert tls.pem -H "Authorization: Bearer $(jq -r .token begun.json)" "$serve_url/api/transactions/$(jq -r .id begun.json)?wait=20"; }
uri=$(begin_transaction)
must "a wallet answers" /usr/bin/python3 "$here/serve_wallet.py" answer "$uri" tls.pem
says '"state":"verified"' "it is verified" verdict
must "R-VX-05: what was asked for to be kept is" grep -q full_name_unicode kept/*.json
must "and nothing else" bash -c '! grep -qE "portrait|age_over" kept/*.json'
must "readable for its owner alone" test "$(stat -c %a kept/*.json)" = 600
serve_stop "and stops again"

# ---- In a browser ----
serve_start --show 6
show /usr/bin/python3 "$here/serve_browser.py" "$serve_url" tls.pem
/usr/bin/python3 "$here/serve_browser.py" "$serve_url" tls.pem > browser.out 2>&1 || not_ok "the browser's part ended early"
cat browser.out
! grep -q '^not ok' browser.out || failures=$((failures + 1))
serve_stop "and stops while a browser waits"

# ---- Behind a proxy: plain HTTP here, TLS elsewhere; unencrypted responses; x509_san_dns ----
serve_start --plain-http --url https://localhost --client-id x509_san_dns --direct-post --no-api
must "the page is there under the proxy's name" curl -sf -o page.html -H 'Host: localhost' "$serve_url/"
must "with Secure cookies" bash -c "curl -s -o /dev/null -D - -H 'Host: localhost' -d flow=cross_device $serve_url/start | grep -i '^set-cookie: __Secure-.*; Secure'"
must "no API when it is not wanted" test "$(curl -s -o /dev/null -w '%{http_code}' -H 'Host: localhost' -X POST \
	"$serve_url/api/transactions")" = 404
must "what is asked for stands there" grep -q 氏名 page.html
serve_stop "and stops once more"
done_testing
