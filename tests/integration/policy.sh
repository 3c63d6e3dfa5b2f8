#!/usr/bin/env bash
# If this failed, a kiosk would give what its owner did not allow, or to somebody else than its owner meant.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

provision 14
show /usr/bin/python3 "$here/consent_world.py"
PYTHONPATH=$here /usr/bin/python3 "$here/consent_world.py" || exit 1
present=(mdoc-present respond --token holder --transcript st.cbor --pin-file pin --reader-ca ca.pem --policy policy.json)
name=$NS:full_name_unicode number=$NS:individual_number_unicode
sign=(--reader-key trusted.key --cert trusted.pem --transcript st.cbor)
quiet mdoc-reader request --doc "$JP" --element "$name" --element "$NS:portrait" --retain "$NS:sex_unicode" "${sign[@]}" \
	--out three.cbor
quiet mdoc-reader request --doc "$JP" --element "$name" --out nobody.cbor
quiet mdoc-reader request --doc "$JP" --element "$name" --element "$number" --legal-basis "番号法第14条第1項" "${sign[@]}" \
	--out number.cbor
purpose() { # purpose NAME CODE...: with these purpose hints of org.example
	local name=$1 hints=""; shift
	for code; do hints+="\"org.example.$code\": $code, "; done
	cat > "$name.json" <<J
{"docRequests": [{"docType": "$JP", "nameSpaces": {"$NS": {"full_name_unicode": false}}}], "deviceRequestInfo":
 {"useCases": [{"mandatory": true, "documentSets": [[0]], "purposeHints": {${hints%, }}}]}}
J
	quiet mdoc-reader request --from "$name.json" "${sign[@]}" --out "$name.cbor"
}
cat > again.json <<J
{"docRequests": [{"docType": "$JP", "nameSpaces": {"$NS": {"full_name_unicode": false, "portrait": false}}},
 {"docType": "$JP", "nameSpaces": {"$NS": {"full_name_unicode": true}}}]}
J
quiet mdoc-reader request --from again.json "${sign[@]}" --out again.cbor
purpose one 1
purpose two 1 2
fingerprint=$(openssl x509 -in trusted.pem -noout -fingerprint -sha256 | cut -d= -f2)
subject=$(openssl x509 -in trusted.pem -noout -subject -nameopt RFC2253 | sed 's/^subject=//')

wrong() { # wrong TEXT CLAIM JSON: that policy is refused, with that text
	printf '%s' "$3" > policy.json
	exits 3 "$2" "${present[@]}" --request three.cbor --out never.cbor
	says "$1" "and why is said" "${present[@]}" --request three.cbor --out never.cbor
}
elements() {
	/usr/bin/python3 -c 'import sys, cbor2
for document in cbor2.load(open(sys.argv[1], "rb"))["documents"]:
    for items in document["issuerSigned"]["nameSpaces"].values():
        print(*sorted(cbor2.loads(item.value)["elementIdentifier"] for item in items))' "$1"
}
gives() { # gives ELEMENTS CLAIM JSON REQUEST OPTION...: without a terminal
	local wanted=$1 claim=$2; shift 2
	printf '%s' "$1" > policy.json
	rm -f dr.cbor
	show setsid -w "${present[@]}" --out dr.cbor --request "${@:2}"
	cat policy.json; echo
	setsid -w "${present[@]}" --out dr.cbor --request "${@:2}" < /dev/null > said 2>&1
	local got=$?
	cat said
	if [ -n "$wanted" ]; then
		if [ $got -eq 0 ] && [ "$(elements dr.cbor)" = "$wanted" ]; then ok "$claim"; else
			not_ok "$claim (exit $got, $(elements dr.cbor))"
		fi
	elif [ $got -eq 1 ] && [ ! -e dr.cbor ]; then ok "$claim"; else not_ok "$claim (exit $got)"; fi
}

# What is no policy is refused as a whole: half a policy is another one.
wrong "line 1" "not JSON" '{'
wrong "rules" "no rules" '{}'
wrong "rulez" "a member that is misspelt" '{"rules": [], "rulez": []}'
wrong "rules[1].elemnts" "one of a rule" '{"rules": [{"decision": "deny"}, {"elemnts": [], "decision": "allow"}]}'
wrong "rules[0].reader.name" "one of a rule's reader" '{"rules": [{"reader": {"name": "x"}, "decision": "allow"}]}'
wrong "decision" "no decision" '{"rules": [{"docType": "d"}]}'
wrong "decision" "another decision" '{"rules": [{"decision": "maybe"}]}'
wrong "standing" "another standing" '{"rules": [{"reader": {"standing": "known"}, "decision": "allow"}]}'
wrong "fingerprint" "no digest" '{"rules": [{"reader": {"fingerprint": "00"}, "decision": "allow"}]}'
wrong "elements" "no element" '{"rules": [{"elements": ["portrait"], "decision": "allow"}]}'
wrong "elements" "nothing" '{"rules": [{"elements": [], "decision": "allow"}]}'
wrong "purpose" "no purpose" '{"rules": [{"purpose": [{"controller": "x"}], "decision": "allow"}]}'
wrong "retain" "neither true nor false" '{"rules": [{"retain": "no", "decision": "allow"}]}'
wrong "default" "another default" '{"default": "allow", "rules": []}'

# Who and what.
gives "full_name_unicode portrait sex_unicode" "a trusted reader may have all" '{"rules": [{"decision": "allow"}]}' three.cbor
gives "" "nothing matches: nothing is given" '{"rules": []}' three.cbor
gives "" "nor without a terminal where it would ask" '{"default": "ask", "rules": []}' three.cbor
gives "portrait" "the first rule counts" \
	"{\"rules\": [{\"elements\": [\"$name\"], \"decision\": \"deny\"}, {\"retain\": false, \"decision\": \"allow\"}]}" three.cbor
gives "sex_unicode" "by what the reader keeps" '{"rules": [{"retain": true, "decision": "allow"}]}' three.cbor
gives "portrait" "what must not be kept is not given because it is asked for twice" \
	'{"rules": [{"retain": false, "decision": "allow"}]}' again.cbor
gives "full_name_unicode portrait sex_unicode" "by namespace" \
	"{\"rules\": [{\"elements\": [\"$NS:*\"], \"docType\": \"$JP\", \"decision\": \"allow\"}]}" three.cbor
gives "" "not another type" '{"rules": [{"docType": "org.iso.18013.5.1.mDL", "decision": "allow"}]}' three.cbor
gives "full_name_unicode portrait sex_unicode" "by the reader's certificate and name" \
	"{\"rules\": [{\"reader\": {\"fingerprint\": \"$fingerprint\", \"subject\": \"$subject\"}, \"decision\": \"allow\"}]}" three.cbor
gives "" "not another certificate" \
	"{\"rules\": [{\"reader\": {\"fingerprint\": \"00${fingerprint:2}\"}, \"decision\": \"allow\"}]}" three.cbor
gives "" "who is nobody gets nothing by a rule for everybody who is trusted" '{"rules": [{"decision": "allow"}]}' \
	nobody.cbor --reader-policy any
gives "full_name_unicode" "but by one for anybody" '{"rules": [{"reader": {"standing": "any"}, "decision": "allow"}]}' \
	nobody.cbor --reader-policy any
gives "" "which --reader-policy still outweighs" '{"rules": [{"reader": {"standing": "any"}, "decision": "allow"}]}' nobody.cbor
gives "" "a denial needs no trust" '{"default": "ask", "rules": [{"decision": "deny"}]}' nobody.cbor --reader-policy any --yes

# What for.
for_one='{"rules": [{"purpose": [{"controller": "org.example.1", "code": 1}], "decision": "allow"}]}'
gives "full_name_unicode" "for this purpose" "$for_one" one.cbor
gives "" "not for another beside it" "$for_one" two.cbor
gives "" "nor for none" "$for_one" three.cbor
gives "" "one that is denied is denied beside others" "{\"rules\": [{\"purpose\": [{\"controller\": \"org.example.2\",
	\"code\": 2}], \"decision\": \"deny\"}, {\"decision\": \"allow\"}]}" two.cbor

# 個人番号 by name alone (R-CARD-18, R-CARD-49).
gives "full_name_unicode" "R-CARD-18: a rule for everything is none for 個人番号" '{"rules": [{"decision": "allow"}]}' number.cbor
gives "full_name_unicode" "nor one for its namespace" \
	"{\"rules\": [{\"elements\": [\"$NS:*\"], \"decision\": \"allow\"}]}" number.cbor
gives "individual_number_unicode" "one that names it is" \
	"{\"rules\": [{\"elements\": [\"$number\"], \"decision\": \"allow\"}]}" number.cbor
gives "full_name_unicode individual_number_unicode" "also with the holder's own words" \
	"{\"rules\": [{\"elements\": [\"$number\", \"$name\"], \"legalBasis\": \"番号法\", \"decision\": \"allow\"}]}" number.cbor
gives "full_name_unicode" "a denial of all covers it" \
	"{\"default\": \"ask\", \"rules\": [{\"elements\": [\"$name\"], \"decision\": \"allow\"}, {\"decision\": \"deny\"}]}" number.cbor
done_testing
