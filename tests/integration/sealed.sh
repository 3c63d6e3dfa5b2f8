#!/usr/bin/env bash
# If this failed, somebody between issuer and holder could read a record, give a holder another one, or make a token keep
# half of a batch.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1
data=$(cd "$here/../data" && pwd)
quiet() { "$@" > /dev/null || { not_ok "setting up: $*"; exit 1; }; }
for name in pin issuer-pin; do echo "$name-2026-himitsu" > "$name"; done
quiet mdoc-token init --label issuer --backend vault --so-pin-file so2 --pin-file issuer-pin
quiet mdoc-issuer --dir issuer init --module "$MDOC_MODULE" --token issuer --pin-file issuer-pin
for token in holder other; do
	quiet mdoc-token init --label $token "${by_backend[@]}" --so-pin-file "so-$token" --pin-file pin --iaca issuer/iaca.pem
done
ask() { # ask TOKEN NAME: a sealed response NAME.json for three new keys
	quiet mdoc-issuer --dir issuer offer --out offer.json
	quiet mdoc-token request --token "$1" --offer offer.json --count 3 --sealed --out request.json --pin-file pin
	quiet mdoc-issuer --dir issuer issue --request request.json --claims "$data/claims.json" --sealed --out "$2.json" \
		--pin-file issuer-pin
}
import=(mdoc-token import --token holder --pin-file pin --yes)
copies() { mdoc-token status --token holder --pin-file pin --json | jq '[.. | .unused? // empty] | add // 0'; }
nothing() { must "and nothing was written" test "$(copies)" = "${1:-0}"; }

ask other foreign
ask holder first
ask holder second
must "the way sees no record" bash -c '! grep -qE "花子|nameSpaces|\"credential\"" first.json'
exits 1 "R-COM-02: a response for another token is refused" "${import[@]}" --response foreign.json
change() { python3 - "$@" <<'PY'
import json, sys
kind, out = sys.argv[1:]
one, two = (json.load(open(name)) for name in ('first.json', 'second.json'))
jwe, jws = one['credential_response'], one['signature']
if kind == 'truncated':
    one['credential_response'] = jwe[:len(jwe) // 2]
elif kind == 'changed':
    at = len(jwe) // 2
    one['credential_response'] = jwe[:at] + ('A' if jwe[at] != 'A' else 'B') + jwe[at + 1:]
elif kind == 'exchanged':
    one['signature'] = two['signature']
elif kind == 'unsigned':
    del one['signature']
elif kind == 'signature':
    head, body, value = jws.split('.')
    one['signature'] = '.'.join((head, body, ('A' if value[5] != 'A' else 'B').join((value[:5], value[6:]))))
json.dump(one, open(out, 'w'))
PY
}
for kind in truncated changed exchanged unsigned signature; do
	change $kind bad.json
	exits 1 "R-COM-02: a response that is $kind is refused" "${import[@]}" --response bad.json
done
nothing
head -c 300 first.json > half.json
exits 3 "half of a file is none" "${import[@]}" --response half.json
# The same in the clear, where the signature on each copy is what counts.
quiet mdoc-issuer --dir issuer offer --out offer.json
quiet mdoc-token request --token holder --offer offer.json --count 3 --out request.json --pin-file pin
quiet mdoc-issuer --dir issuer issue --request request.json --claims "$data/claims.json" --out clear.json --pin-file issuer-pin
quiet mdoc-issuer --dir issuer offer --out offer.json
quiet mdoc-token request --token other --offer offer.json --count 1 --out request.json --pin-file pin
quiet mdoc-issuer --dir issuer issue --request request.json --claims "$data/claims.json" --out theirs.json --pin-file issuer-pin
jq '.credentials[2] = input.credentials[0]' clear.json theirs.json > mixed.json
exits 1 "R-REC-02: a batch with one copy whose key is not ours is refused" "${import[@]}" --response mixed.json
jq '.credentials[1].credential |= sub("AAAA|BBBB|[A-Z]{3}"; "zzzz")' clear.json > spoilt.json
fails "a batch with one bad copy is refused" "${import[@]}" --response spoilt.json
jq '.credentials[1] = .credentials[0]' clear.json > twice.json
exits 1 "R-REC-03: one copy twice is refused" "${import[@]}" --response twice.json
nothing
must "R-COM-02: the second response first" "${import[@]}" --response second.json
nothing 3
exits 1 "a response is not taken twice" "${import[@]}" --response second.json
must "then the first: each has keys of its own" "${import[@]}" --response first.json
nothing 6
exits 1 "nor is the first taken again" "${import[@]}" --response first.json
nothing 6
done_testing
