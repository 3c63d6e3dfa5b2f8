#!/usr/bin/env bash
# If this failed, a wallet would give what was not asked for or not agreed to, or nothing to a reader who may have it.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

# A holder with copies of two kinds of record.
provision 4
sed -i "s/$JP/com.example.member/g" issuer/issuer.json
echo '{"com.example": {"number": 7, "name": "花子", "age_over_21": true}}' > member.json
member() {
	quiet mdoc-issuer --dir issuer offer --out offer.json
	quiet mdoc-token request --token holder --offer offer.json --count "$1" --out request.json --pin-file pin
	quiet mdoc-issuer --dir issuer issue --request request.json --claims member.json --out response.json \
		--pin-file issuer-pin
	quiet mdoc-token import --token holder --response response.json --pin-file pin --yes
}
member 10
strict=(mdoc-present respond --token holder --transcript st.cbor --yes --pin-file pin)
present=("${strict[@]}" --reader-policy any)
verify=(mdoc-reader verify --transcript st.cbor --iaca issuer/iaca.pem)
unused() { mdoc-token list --token holder --pin-file pin | grep -c "unused.*$1"; }

# Requests that are none.
bad() { # bad CLAIM JSON
	printf '%s' "$2" > bad.json
	exits 3 "$1" mdoc-reader request --from bad.json --out never.cbor
}
one='"docType": "d", "nameSpaces": {"n": {"e": false}}'
bad "not JSON" '{'
bad "nothing" '{}'
bad "no docRequest" '{"docRequests": []}'
bad "no docType" '{"docRequests": [{"nameSpaces": {"n": {"e": false}}}]}'
bad "no element" '{"docRequests": [{"docType": "d", "nameSpaces": {"n": {}}}]}'
bad "a namespace that is none" '{"docRequests": [{"docType": "d", "nameSpaces": {"n": {"e": false}, "m": 1}}]}'
bad "an element with a text" '{"docRequests": [{"docType": "d", "nameSpaces": {"n": {"e": "no"}}}]}'
bad "a member that is misspelt" "{\"docRequests\": [{$one, \"requestinfo\": {}}]}"
bad "an index of no docRequest" \
	"{\"docRequests\": [{$one}], \"deviceRequestInfo\": {\"useCases\": [{\"mandatory\": true, \"documentSets\": [[1]]}]}}"
bad "an alternative for what is not asked" "{\"docRequests\": [{$one, \"requestInfo\": {\"alternativeDataElements\":
	[{\"requestedElement\": [\"n\", \"x\"], \"alternativeElementSets\": [[[\"n\", \"y\"]]]}]}}]}"
bad "an issuer that is not hexadecimal" "{\"docRequests\": [{$one, \"requestInfo\": {\"issuerIdentifiers\": [\"x\"]}}]}"
bad "a size of nothing" "{\"docRequests\": [{$one, \"requestInfo\": {\"maximumResponseSize\": 0}}]}"
echo "{\"docRequests\": [{$one, \"requestInfo\": {\"maximumResponseSize\": 9}}]}" > second.json
exits 2 "what the first edition does not have" mdoc-reader request --from second.json --edition 2021 --out never.cbor
exits 2 "a file and an element" mdoc-reader request --from second.json --element n:e --out never.cbor
exits 3 "no file" mdoc-reader request --from none.json --out never.cbor
fails "nothing was written then" test -e never.cbor

# Two kinds of document in one request.
cat > two.json <<J
{"docRequests": [
  {"docType": "$JP", "nameSpaces": {"$NS": {"full_name_unicode": false, "portrait": true}}},
  {"docType": "com.example.member", "nameSpaces": {"com.example": {"number": true, "age_over_18": false, "eyes": false}}},
  {"docType": "com.example.library", "nameSpaces": {"com.example": {"number": false}}}]}
J
must "a request for several documents" mdoc-reader request --from two.json --out two.cbor
before=$(unused "$JP")
show "${present[@]}" --request two.cbor --json --out two-dr.cbor
if "${present[@]}" --request two.cbor --json --out two-dr.cbor > two.out 2> two.err; then ok "is answered"; else
	not_ok "is answered"
fi
cat two.out two.err
must "one copy of each is used up" test "$(unused "$JP")" = $((before - 1))
must "and the reader takes it" "${verify[@]}" --request two.cbor two-dr.cbor
must "what left is what was said, and nothing else" /usr/bin/python3 - two-dr.cbor two.out <<'EOF2'
import json, sys
import cbor2
response = cbor2.load(open(sys.argv[1], "rb"))
said = json.load(open(sys.argv[2]))
assert [d["docType"] for d in response["documents"]] == [d["docType"] for d in said["documents"]]
for document, consent in zip(response["documents"], said["documents"]):
    left = sorted([ns, cbor2.loads(item.value)["elementIdentifier"]]
                  for ns, items in document["issuerSigned"]["nameSpaces"].items() for item in items)
    assert left == sorted(consent["elements"]), (left, consent)
    refused = sorted([ns, name] for ns, names in document.get("errors", {}).items() for name in names)
    assert refused == sorted(consent["refused"]), (refused, consent)
assert said["documents"][0]["retained"] == [["org.iso.23220.1.jp", "portrait"]]
assert said["documents"][1]["retained"] == [["com.example", "number"]]
assert ["com.example", "age_over_21"] in said["documents"][1]["elements"]
assert said["documents"][1]["refused"] == [["com.example", "eyes"]]
assert said["unanswered"] == ["com.example.library"] and response["documentErrors"] == [{"com.example.library": 0}]
EOF2
for text in "com.example.member" "in answer to age_over_18" "means to keep this" "com.example.library"; do
	case $(cat two.err) in *"$text"*) ok "people are shown: $text" ;; *) not_ok "people are shown: $text" ;; esac
done

# Use cases: one way of several, the reader's first that is possible.
cat > cases.json <<J
{"docRequests": [
  {"docType": "$JP", "nameSpaces": {"$NS": {"full_name_unicode": false}}},
  {"docType": "com.example.library", "nameSpaces": {"com.example": {"number": false}}},
  {"docType": "com.example.member", "nameSpaces": {"com.example": {"number": false}}}],
 "deviceRequestInfo": {"useCases": [{"mandatory": true, "documentSets": [[0, 1], [2], [0]],
   "purposeHints": {"org.iso.jtc1.sc17": 1}}]}}
J
must "a request with a use case" mdoc-reader request --from cases.json --out cases.cbor
must "is answered" "${present[@]}" --request cases.cbor --out cases-dr.cbor
must "with one document and no complaint about others" /usr/bin/python3 - cases-dr.cbor <<'EOF2'
import sys
import cbor2
response = cbor2.load(open(sys.argv[1], "rb"))
assert [d["docType"] for d in response["documents"]] == ["com.example.member"]
assert "documentErrors" not in response
EOF2
must "which is verified" "${verify[@]}" --request cases.cbor cases-dr.cbor

# Alternatives, issuers and sizes of the second edition.
info() { # info ELEMENT REQUESTINFO: a request for one element of the member's card
	printf '{"docRequests": [{"docType": "com.example.member", "nameSpaces": {"com.example": {"%s": false}},
		"requestInfo": %s}]}' "$1" "$2" > info.json
	quiet mdoc-reader request --from info.json --out info.cbor
}
left=$(unused com.example.member)
info eyes '{"uniqueDocSetRequired": true}'
exits 1 "what is not held is not answered" "${present[@]}" --request info.cbor --out never.cbor
info number '{"issuerIdentifiers": ["00112233"]}'
exits 1 "nor what another issuer shall have signed" "${present[@]}" --request info.cbor --out never.cbor
info number '{"maximumResponseSize": 100}'
says "larger than the reader can take" "nor what the reader cannot take" "${present[@]}" --request info.cbor --out never.cbor
must "and nothing is used up" test "$(unused com.example.member)" = "$left"
info eyes '{"alternativeDataElements": [{"requestedElement": ["com.example", "eyes"],
	"alternativeElementSets": [[["com.example", "name"], ["com.example", "hair"]], [["com.example", "number"]]]}]}'
says "in answer to eyes" "an alternative is shown as one" "${present[@]}" --request info.cbor --out info-dr.cbor
must "and verified" "${verify[@]}" --request info.cbor info-dr.cbor
key_id=$(openssl x509 -in issuer/iaca.pem -noout -ext subjectKeyIdentifier | tail -1 | tr -d ' :')
info number "{\"issuerIdentifiers\": [\"$key_id\"], \"maximumResponseSize\": 4000}"
must "the right issuer and enough room" "${present[@]}" --request info.cbor --out info-dr.cbor

# One reader's bad signature does not cost another its answer; made and changed with another CBOR library.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout reader.key -out reader.pem -subj /CN=reader \
	-days 30 2>/dev/null
must "a signed request for several documents" mdoc-reader request --from two.json --reader-key reader.key \
	--cert reader.pem --transcript st.cbor --out signed.cbor
/usr/bin/python3 - signed.cbor > half.cbor <<'EOF2'
import sys
import cbor2
request = cbor2.load(open(sys.argv[1], "rb"))
protected, header, payload, signature = request["docRequests"][0]["readerAuth"]
request["docRequests"][0]["readerAuth"] = [protected, header, payload, bytes([signature[0] ^ 1]) + signature[1:]]
unsigned = {"docType": "com.example.member", "nameSpaces": {"com.example": {"name": True}}}
request["docRequests"].append({"itemsRequest": cbor2.CBORTag(24, cbor2.dumps(unsigned))})
cbor2.dump(request, sys.stdout.buffer)
EOF2
must "the others are answered" "${present[@]}" --request half.cbor --out half-dr.cbor
elements() {
	/usr/bin/python3 -c 'import sys, cbor2
for document in cbor2.load(open(sys.argv[1], "rb"))["documents"]:
    for items in document["issuerSigned"]["nameSpaces"].values():
        print(*sorted(cbor2.loads(item.value)["elementIdentifier"] for item in items))' "$1"
}
says "age_over_21 name number" "the unsigned one, too" elements half-dr.cbor
must "unless the holder wants signatures" "${strict[@]}" --reader-policy signed --request half.cbor --out half-dr.cbor
must "which are then all that count" test "$(elements half-dr.cbor)" = "age_over_21 number"

# A reader whose certificate was revoked.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj "/C=JP/CN=Readers" \
	-days 300 -config "$here/../../tools/reader/readers.cnf" -extensions root 2>/dev/null
openssl req -new -key reader.key -subj "/C=JP/CN=City office" -out reader.csr -config "$here/../../tools/reader/readers.cnf" 2>/dev/null
for kind in reader bare; do
	openssl x509 -req -in reader.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 200 -extfile "$here/../../tools/reader/readers.cnf" \
		-extensions $kind -out $kind.pem 2>/dev/null
	quiet mdoc-reader request --from info.json --reader-key reader.key --cert $kind.pem --transcript st.cbor \
		--out $kind.cbor
done
crl() { # crl FILE: of what index.txt says
	openssl ca -gencrl -name ca -config "$here/../../tools/reader/readers.cnf" -cert ca.pem -keyfile ca.key -crlexts crl -out "$1" 2>/dev/null
}
: > index.txt
echo 01 > crlnumber
crl good.crl
serial=$(openssl x509 -in reader.pem -noout -serial | cut -d= -f2)
printf 'R\t491231235959Z\t260101000000Z\t%s\tunknown\t/C=JP/CN=City office\n' "$serial" > index.txt
crl revoked.crl
trusting=("${strict[@]}" --reader-ca ca.pem --reader-policy trusted)
exits 2 "a CRL of nobody" "${present[@]}" --reader-crl good.crl --request reader.cbor --out never.cbor
exits 3 "a CRL that is none" "${trusting[@]}" --reader-crl ca.pem --request reader.cbor --out never.cbor
exits 2 "an unknown relaxation" "${trusting[@]}" --relax everything --request bare.cbor --out never.cbor
for policy in any signed trusted; do
	exits 1 "a revoked reader is not answered ($policy)" "${strict[@]}" --reader-ca ca.pem --reader-policy $policy \
		--reader-crl revoked.crl --request reader.cbor --out never.cbor
done
says "it is revoked" "and the holder is told why" "${present[@]}" --reader-ca ca.pem --reader-crl revoked.crl \
	--request reader.cbor --out never.cbor
exits 1 "nor one of which nothing is known, where that is wanted" "${trusting[@]}" --require-reader-crl \
	--request reader.cbor --out never.cbor
exits 1 "nor one against Annex B" "${trusting[@]}" --request bare.cbor --out never.cbor
fails "nothing was disclosed" test -e never.cbor
must "one of which nothing is known is signed for" "${strict[@]}" --reader-ca ca.pem --reader-policy signed \
	--require-reader-crl --request reader.cbor --out unknown-dr.cbor
/usr/bin/python3 - reader.cbor > half.cbor <<'EOF2'
import sys
import cbor2
request = cbor2.load(open(sys.argv[1], "rb"))
unsigned = {"docType": "com.example.member", "nameSpaces": {"com.example": {"name": True}}}
request["docRequests"].append({"itemsRequest": cbor2.CBORTag(24, cbor2.dumps(unsigned))})
cbor2.dump(request, sys.stdout.buffer)
EOF2
says "whose certificate has been revoked" "a revoked reader does not cost another its answer" "${present[@]}" \
	--reader-ca ca.pem --reader-crl revoked.crl --request half.cbor --out half-dr.cbor
must "which is all that is given" test "$(elements half-dr.cbor)" = name
must "a good reader is answered" "${trusting[@]}" --reader-crl good.crl --require-reader-crl --request reader.cbor \
	--out good-dr.cbor
must "and one whose faults the holder lets pass" "${trusting[@]}" --relax crl-dp --relax issuer-alt-name \
	--request bare.cbor --out bare-dr.cbor
done_testing
