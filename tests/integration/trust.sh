#!/usr/bin/env bash
# If this failed, a revoked document would pass because nobody looked, an honest one would be refused because a server is
# down, a forged one could make a reader call any address, or a reader would trust somebody whom nobody vouched for.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1
export HOME=$scratch/home XDG_CACHE_HOME='' XDG_DATA_HOME=''
mkdir home www

: > requests
/usr/bin/python3 "$here/https_server.py" www & server=$!
trap 'kill "$server" 2>/dev/null; clean_up' EXIT
for _ in $(seq 100); do [ -e port ] && break; sleep 0.1; done
/usr/bin/python3 "$here/fetch_world.py" "$(cat port)" www || { not_ok "a world without our code"; exit 1; }
base=https://localhost:$(cat port)
verify=(mdoc-reader verify --json --transcript transcript.cbor --iaca iaca.der)
online=("${verify[@]}" --tls-ca tls.pem --fetch)
strict=("${online[@]}" --undetermined fail)

quietly() { "$@" > out 2> err; }
asked() { grep -c "^/$1 " requests; } # asked NAME: how often the server was
asks() { # asks COUNT NAME CLAIM
	if [ "$(asked "$2")" -eq "$1" ]; then ok "$3"; else not_ok "$3 ($(asked "$2") requests, not $1)"; fi
}
known() { # known OUTCOME CLAIM COMMAND...: the row of revocation
	local outcome=$1 claim=$2; shift 2
	show "$@"
	"$@" > row.json 2> err.txt || true
	must "$claim" python3 -c 'import json, sys
rows = [r for r in json.load(open("row.json"))["checks"] if r["check"] == "revocation"]
sys.exit([r["outcome"] for r in rows] != [sys.argv[1]])' "$outcome"
}

# A server that sends a byte a second is given up; meanwhile the rest is tested.
{ "${online[@]}" --status-cache slow-cache slow.cbor > slow.json 2> slow.err; echo $? > slow.code; } & slow=$!

# Nobody is asked without --fetch, and nobody for the sake of a document that is not genuine.
known warning "without --fetch nothing is known" "${verify[@]}" --tls-ca tls.pem good.cbor
asks 0 good "and nobody is asked"
exits 1 "a document of an issuer who is not trusted" quietly "${online[@]}" foreign.cbor
exits 1 "a document that somebody else has signed" quietly "${online[@]}" forged.cbor
asks 0 foreign "R-VX-02: nobody is asked for the sake of either"

# Three outcomes.
must "a document that is good" quietly "${strict[@]}" good.cbor
asks 1 good "somebody was asked"
must "it is good a second time" quietly "${strict[@]}" good.cbor
asks 1 good "and nobody is asked again while the list counts"
exits 1 "a document that is revoked" quietly "${online[@]}" revoked.cbor
must "which is why" grep -q '"MDOC_ERR_REVOKED"' out
for bad in none garbage expired other tampered stranger large; do
	known warning "undetermined: $bad" "${online[@]}" "$bad.cbor"
	must "which is no reason to refuse" quietly "${online[@]}" "$bad.cbor"
	exits 1 "unless it is made one" quietly "${strict[@]}" "$bad.cbor"
	asks 3 "$bad" "the server was asked each time"
done
must "a list below the certificate that the document names" quietly "${strict[@]}" named.cbor
known warning "undetermined: the server is not to be trusted" "${verify[@]}" --fetch --status-cache other good.cbor
known warning "undetermined: plain HTTP" "${online[@]}" plain.cbor
known warning "undetermined: no HTTP at all" "${online[@]}" file.cbor

# ETag: a list that is to be asked for each time, and is still the same.
must "a list that is fresh for no time" quietly "${strict[@]}" etag.cbor
must "is asked for again" quietly "${strict[@]}" etag.cbor
must "and need not be sent again" grep -q '^/etag 304$' requests
mv www/etag www/etag-away
must "when the server has lost it, the last one counts for as long as it says" quietly "${strict[@]}" etag.cbor
mv www/etag-away www/etag
for file in home/.cache/mdoc-reader/status/*; do echo nonsense > "$file"; done
must "a cache with nonsense in it is one that is empty" quietly "${strict[@]}" etag.cbor
must "nobody else may read it" test "$(stat -c %a home/.cache/mdoc-reader/status)" = 700

# A list by its URL, without --fetch.
given=("${verify[@]}" --tls-ca tls.pem --undetermined fail)
must "a list that is named on the command line" quietly "${given[@]}" --status-list "$base/good" good.cbor
exits 1 "one that is not there leaves it undetermined" quietly "${given[@]}" --status-list "$base/none" good.cbor

# CRLs of the signers' issuers.
exits 1 "without the CRL nothing is known of the signer" quietly "${verify[@]}" --require-crl good.cbor
mv www/iaca.crl crl-away
exits 1 "a CRL that cannot be fetched leaves the signer undetermined" quietly "${strict[@]}" --status-cache fresh good.cbor
must "which is no doubt that stays silent" grep -q undetermined \
	<("${online[@]}" --status-cache fresher good.cbor 2>/dev/null)
mv crl-away www/iaca.crl
must "the certificate says where the CRL is" quietly "${strict[@]}" --require-crl good.cbor
cp revoked.crl www/iaca.crl
exits 1 "a signer who is on it" quietly "${strict[@]}" --status-cache new --require-crl good.cbor

# The trust store.
store=(mdoc-reader trust --trust store)
alone=(mdoc-reader verify --json --transcript transcript.cbor)
exits 2 "nobody is trusted" "${alone[@]}" good.cbor
exits 3 "a store that is not there" "${alone[@]}" --trust store good.cbor
exits 2 "nothing to do" "${store[@]}"
exits 2 "an unknown thing to do" "${store[@]}" frobnicate
exits 2 "nothing to add" "${store[@]}" add
exits 3 "a signer is no root" "${store[@]}" add ds.der
exits 3 "nor is anything in this file" "${store[@]}" add good.cbor
exits 3 "a list whose maker is not known" "${store[@]}" --vical www/vical add
exits 3 "a CRL of nobody who is trusted" "${store[@]}" --crl www/iaca.crl add
exits 3 "nor from a URL a root" "${store[@]}" add "$base/iaca.der"
exits 3 "after all of which there is still no store" "${alone[@]}" --trust store good.cbor
must "a root" "${store[@]}" add iaca.der
must "is trusted" quietly "${alone[@]}" --trust store good.cbor
says "CN=IACA" "and listed" "${store[@]}" list
id=$("${store[@]}" list | cut -d' ' -f1)
must "twice is once" "${store[@]}" add iaca.der
must "…" test "$("${store[@]}" --json list | grep -c '"id"')" -eq 1
must "a CRL of that root" "${store[@]}" --crl revoked.crl add
exits 1 "counts" quietly "${alone[@]}" --trust store good.cbor
exits 3 "an id that there is not" "${store[@]}" remove 0123456789abcdef0
must "the root is removed" "${store[@]}" remove "$id"
exits 1 "and trusted no longer" quietly "${alone[@]}" --trust store good.cbor
exits 3 "a folder with something else in it" "${store[@]}" add folder
rm folder/README
must "a folder of roots" mdoc-reader trust add folder
must "the user's own store is used when nobody is named" quietly "${alone[@]}" good.cbor
exits 1 "and only then" quietly "${alone[@]}" --iaca stranger.der good.cbor
must "a folder will do for a command, too" quietly "${alone[@]}" --iaca folder good.cbor

# A VICAL, and newer ones.
rm -rf store
store+=(--tls-ca tls.pem)
must "a list by URL" "${store[@]}" --vical "$base/vical" --vical-ca provider.der add
must "whom it lists is trusted" quietly "${alone[@]}" --trust store good.cbor
says "$base/vical" "it says where it is from" "${store[@]}" list
must "an update" "${store[@]}" update
must "that need not be sent" grep -q '^/vical 304$' requests
exits 1 "a stranger" quietly "${alone[@]}" --trust store foreign.cbor
cp vical-newer www/vical
must "a newer list" "${store[@]}" update
must "with which he is none" quietly "${alone[@]}" --trust store foreign.cbor
for wrong in older forged; do
	cp "vical-$wrong" www/vical
	exits 3 "a list that is $wrong" "${store[@]}" update
	must "does not replace it" quietly "${alone[@]}" --trust store foreign.cbor
done
rm www/vical
exits 4 "a list that is gone" "${store[@]}" update
must "is still the last one" quietly "${alone[@]}" --trust store foreign.cbor
echo '{}' > store/index.json
exits 3 "an index that is none" "${store[@]}" list

wait "$slow"
must "undetermined: a server that is too slow" grep -q '"MDOC_ERR_UNDETERMINED"' slow.json
must "which is no reason to refuse" test "$(cat slow.code)" -eq 0
done_testing
