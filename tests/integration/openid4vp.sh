#!/usr/bin/env bash
# If this failed, our holder could not answer verifiers of other make over the web, or would answer one that is not who it
# says, asks what it must not, or wants the answer sent elsewhere: the verifier is made of @openid4vc/openid4vp, jose and
# @owf/mdoc, which we did not write. SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
foreign=$(cd "$here/../foreign" && pwd)
cd "$scratch" || exit 1
cp "$foreign"/{package.json,package-lock.json,*.mjs} .
must "the pinned packages install" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

# ---- Certificates: of the web server, of readers and of a stranger ----

key() { quiet openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"; }
for one in tls-ca tls other-ca ca reader stranger; do key $one; done
quiet openssl req -x509 -new -key tls-ca.key -subj "/CN=Web CA" -days 30 -out tls-ca.pem
quiet openssl req -x509 -new -key other-ca.key -subj "/CN=Another web CA" -days 30 -out other-ca.pem
printf 'subjectAltName=DNS:localhost\n' > tls.cnf
quiet openssl req -new -key tls.key -subj "/CN=localhost" -out tls.csr
quiet openssl x509 -req -in tls.csr -CA tls-ca.pem -CAkey tls-ca.key -CAcreateserial -days 20 -extfile tls.cnf -out tls.pem
{ cat "$here/../../tools/reader/readers.cnf"; printf '[named]\nsubjectAltName = DNS:localhost\n'; sed -n '/^\[reader\]/,/^#/p' "$here/../../tools/reader/readers.cnf" | sed '1d;$d'; } > named.cnf
quiet openssl req -x509 -new -key ca.key -subj "/C=JP/CN=Reader CA" -days 300 -config named.cnf -extensions root -out ca.pem
certify() { # certify NAME SECTION CA DAYS
	quiet openssl req -new -key "${1%%-*}.key" -subj "/C=JP/CN=City office" -out "$1.csr" -config named.cnf
	quiet openssl x509 -req -in "$1.csr" -CA "$3.pem" -CAkey "$3.key" -CAcreateserial -days "$4" -extfile named.cnf \
		-extensions "$2" -out "$1.pem"
}
certify reader named ca 200
certify reader-nameless reader ca 200
quiet openssl req -x509 -new -key stranger.key -subj "/C=JP/CN=Somebody" -days 100 -config named.cnf -extensions named \
	-out stranger.pem
key stranger-ca
quiet openssl req -x509 -new -key stranger-ca.key -subj "/C=JP/CN=Stranger CA" -days 300 -config named.cnf -extensions root \
	-out stranger-ca.pem
certify stranger-issued named stranger-ca 200
cp stranger.key stranger-issued.key

make_issuer
make_holder
fetch_copies 17
cp issuer/iaca.pem iaca.pem

# ---- The verifier ----

coproc NODE { exec node verifier.mjs; }
read -r origin <&"${NODE[0]}"
printf '# the verifier is at %s\n' "$origin"

their() { # their COMMAND WORD...: see verifier.mjs
	show verifier "$@"
	local IFS=$'\t'
	printf '%s\n' "$*" >&"${NODE[1]}"
	read -r answer <&"${NODE[0]}" || answer="failed without an answer"
	case $answer in failed*) not_ok "set-up: verifier $1 $answer"; exit 1 ;; esac
}

query() { # query FILE CREDENTIALS [SETS]
	jq -cn --argjson c "$2" --argjson s "${3:-null}" '{credentials: $c} + (if $s then {credential_sets: $s} else {} end)' > "$1"
}
claim() { printf '{"path":["%s","%s"]}' "$1" "$2"; }
name=$(claim $NS full_name_unicode) age=$(claim org.iso.23220.1 age_over_20) number=$(claim $NS individual_number_unicode)
mnc='"format":"mso_mdoc","meta":{"doctype_value":"'$JP'"}'
query name.json "[{\"id\":\"card\",$mnc,\"claims\":[$name,$age]}]"

holder=(--token holder --pin-file pin --tls-ca tls-ca.pem --reader-ca ca.pem)
# answer CODE CLAIM RESULT NAME OPTION... -- WORD...: the verifier offers, we answer, and it has that result.
tty=()
answer() {
	local code=$1 claim=$2 want=$3 id=$4 options=(); shift 4
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	their offer "$id" "$@"
	uri=$answer
	exits "$code" "$claim" "${tty[@]}" mdoc-present openid4vp "${holder[@]}" "${options[@]}" "$uri" > out.txt 2> err.txt
	tail -n +2 out.txt
	cat err.txt
	their result "$id"
	printf '# %s\n' "$answer"
	# shellcheck disable=SC2254 # a pattern is meant
	case $answer in $want) ok "$claim: $want" ;; *) not_ok "$claim: $answer, not $want" ;; esac
}
state() { mdoc-token status --token holder --json | jq -c "$1"; }
left() { mdoc-token status --token holder --pin-file pin --json | jq .unused; }

# ---- What works ----

both="card:$NS/full_name_unicode card:org.iso.23220.1/age_over_20"
before=$(left)
answer 0 "x509_hash, by reference, encrypted" "accept A256GCM $both" a --yes -- name.json
answer 0 "x509_san_dns, with POST and a nonce of ours" "accept A256GCM $both" b --yes -- name.json san post
their gets b
case $answer in 'POST ["x509_hash","x509_san_dns"]') ok "we say what we can" ;; *) not_ok "we say what we can: $answer" ;; esac
answer 0 "by value, not encrypted" "accept plain $both" c --yes -- name.json value plain
answer 0 "with A128GCM, the default" "accept A128GCM $both" d --yes -- name.json 'set:client_metadata={"jwks":KEYS}'
must "a copy each was spent" test $((before - $(left))) -eq 4

their offer e name.json same-device
must "the URI stands in place of a command" mdoc-present "${answer/openid4vp/haip-vp}" "${holder[@]}" --yes --json > out.txt
sed '/^\$/d; /^ok/d' out.txt > out.json
says "$origin/done#response_code=e" "where the browser goes on" jq -r .redirectUri out.json
says '"A256GCM"' "how it was encrypted" jq .encryption out.json
says trusted "who asked" jq -r '.readers[0].standing' out.json
says "x509_hash:" "by which name" jq -r '.readers[0].clientId' out.json

# The verifier's choices: claim sets and credential sets, in its order, and only what is held and allowed.
birth=$(claim org.iso.23220.1 birth_date)
with_id() { jq -c --arg id "$1" '. + {id: $id}' <<< "$2"; }
none=$(with_id n "$(claim $NS no_such_element)")
query sets.json "[{\"id\":\"card\",$mnc,\"claims\":[$none,$(with_id b "$birth"),$(with_id a "$age")],
	\"claim_sets\":[[\"n\"],[\"b\"],[\"a\"]]}]"
answer 0 "the first claim set that is held" "accept A256GCM card:org.iso.23220.1/birth_date" sets1 --yes -- sets.json
answer 0 "the first claim set that is allowed" "accept A256GCM card:org.iso.23220.1/age_over_20" sets2 \
	--agree org.iso.23220.1:age_over_20 --yes -- sets.json
mdl='"format":"mso_mdoc","meta":{"doctype_value":"org.iso.18013.5.1.mDL"}'
query options.json "[{\"id\":\"mdl\",$mdl,\"claims\":[$(claim org.iso.18013.5.1 family_name)]},
	{\"id\":\"sd\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"a\"]},\"claims\":[{\"path\":[\"name\"]}]},
	{\"id\":\"card\",$mnc,\"claims\":[$age]},{\"id\":\"more\",$mnc,\"claims\":[$name]}]" \
	'[{"options":[["sd"],["mdl"],["card"]]},{"options":[["mdl"],["more"]],"required":false}]'
answer 0 "the credentials that are held, the optional one too" \
	"accept A256GCM card:org.iso.23220.1/age_over_20 more:$NS/full_name_unicode" options --yes -- options.json
query twice.json "[{\"id\":\"card\",$mnc,\"claims\":[$name]},{\"id\":\"more\",$mnc,\"claims\":[$name]},
	{\"id\":\"odd\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"\\u001b[2Jodd\"},\"claims\":[$name]}]" \
	'[{"options":[["card"]]},{"options":[["more"]],"required":false},{"options":[["odd"]],"required":false}]'
tty=(/usr/bin/python3 "$here/consent_tty.py" "n,n,y")
answer 0 "not the optional one that was refused, though the same is given once" \
	"accept A256GCM card:$NS/full_name_unicode" twice -- twice.json
must "what came from outside moves no cursor" sh -c "! grep -q '$(printf '\033')' out.txt"
tty=()
valued() { printf '%s' "[{\"id\":\"card\",$mnc,\"claims\":[$(jq -c --argjson v "$1" '. + {values: $v}' <<< "$age")]}]"; }
aki=$(openssl x509 -in iaca.pem -noout -ext subjectKeyIdentifier | tail -n 1 | xxd -r -p | basenc --base64url | tr -d =)
query near.json "[{\"id\":\"card\",$mnc,\"claims\":[$age],\"trusted_authorities\":[{\"type\":\"aki\",\"values\":[\"$aki\"]}]}]"
answer 0 "an authority that issued it" "accept A256GCM card:org.iso.23220.1/age_over_20" near --yes -- near.json
query wanted.json "$(valued '[true]')"
query unwanted.json "$(valued '[false, "true", 1]')"
answer 0 "a value that is wanted" "accept A256GCM card:org.iso.23220.1/age_over_20" wanted --yes -- wanted.json

# ---- What is not held or not allowed: the verifier learns no more than that ----

before=$(left) denied="error access_denied nothing was presented"
answer 1 "another value than is wanted" "$denied" unwanted --yes -- unwanted.json
query mdl.json "[{\"id\":\"mdl\",$mdl,\"claims\":[$(claim org.iso.18013.5.1 family_name)]}]"
answer 1 "another document" "$denied" mdl --yes -- mdl.json same-device
says "$origin/done#response_code=mdl" "the browser goes on all the same" cat err.txt
query partly.json "[{\"id\":\"card\",$mnc,\"claims\":[$name,$(claim $NS no_such_element)]}]"
answer 1 "all or nothing" "$denied" partly --yes -- partly.json
answer 1 "what --agree does not name" "$denied" agree --agree "$NS:full_name_unicode" --yes -- name.json
query mixed.json "[{\"id\":\"card\",$mnc,\"claims\":[$age]},{\"id\":\"sd\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"a\"]}}]"
answer 1 "another format beside it, required" "$denied" mixed --yes -- mixed.json
query far.json "[{\"id\":\"card\",$mnc,\"claims\":[$age],\"trusted_authorities\":[{\"type\":\"aki\",\"values\":[\"AAAA\"]}]}]"
answer 1 "other authorities" "$denied" far --yes -- far.json
query number.json "[{\"id\":\"card\",$mnc,\"claims\":[$name,$number]}]"
answer 1 "個人番号 without a legal basis" "$denied" number1 --yes --agree "$NS:individual_number_unicode" \
	--agree "$NS:full_name_unicode" -- number.json
basis='set:verifier_info=[{"format":"urn:mdoc-pkcs11:legal-basis","data":{"text":"番号法第十九条"}}]'
answer 1 "個人番号 is not agreed to by --yes" "$denied" number2 --yes -- number.json "$basis"
must "nothing was spent" test "$before" -eq "$(left)"
answer 0 "個人番号 by its own name and a law" \
	"accept A256GCM card:$NS/full_name_unicode card:$NS/individual_number_unicode" number3 --yes \
	--agree "$NS:individual_number_unicode" --agree "$NS:full_name_unicode" -- number.json "$basis"
says 番号法第十九条 "the law is shown" cat out.txt

# ---- Whom we do not know, or who is not who it says: no PIN, no copy, and nobody is told who could not prove anything ----

before=$(left) tries=$(state '[.pin, .tries]')
answer 1 "a stranger is not answered" "error access_denied*" stranger --yes -- name.json cert:stranger-issued.pem key:stranger.key
answer 1 "nor one that vouches for itself" nothing self --yes --reader-policy any -- name.json cert:stranger.pem key:stranger.key
answer 1 "another key than the certificate's" nothing signature --yes --reader-policy any -- name.json key:stranger.key
answer 1 "another certificate than client_id says" nothing hash --yes -- name.json 'set:client_id="x509_hash:AAAA"'
answer 1 "and so in the URI, too" nothing hash2 --yes -- name.json 'set:client_id="x509_hash:AAAA"' uri:client_id=x509_hash:AAAA
answer 1 "a DNS name that the certificate does not have" nothing dns --yes -- name.json san cert:reader-nameless.pem
answer 3 "a client id of another kind" nothing kind --yes -- name.json uri:client_id=redirect_uri:https://a.example
answer 3 "a client id without a prefix" nothing prefix --yes -- name.json uri:client_id=reader
answer 1 "the answer would go to another host" nothing host --yes -- name.json san \
	'set:response_uri="https://other.localhost/response/host"'
answer 3 "the answer would go over plain http" nothing http --yes -- name.json 'set:response_uri="PLAIN/response/http"'
answer 0 "but with --plain-http to this machine it may" "accept plain $both" http2 --yes --plain-http -- name.json plain \
	'set:response_uri="PLAIN/response/http2"'
answer 1 "a request that has expired" nothing expired --yes -- name.json set:exp=1700000000
answer 1 "one for somebody else" nothing aud --yes -- name.json 'set:aud="https://wallet.example"'
answer 1 "one for another wallet's nonce" nothing replay --yes -- name.json post old-nonce
answer 1 "one without the nonce that we sent" nothing forgot --yes -- name.json post set:wallet_nonce=null
answer 3 "no signed request at all" nothing unsigned --yes -- name.json uri:request_uri= uri:response_type=vp_token
answer 3 "a method that is none" nothing method --yes -- name.json uri:request_uri_method=PUT
answer 3 "an object of another type" nothing typ --yes -- name.json 'set:header.typ="JWT"'
answer 3 "said to be of another type" nothing media --yes -- name.json type:application/jwt
answer 3 "a request_uri over plain http" nothing plain --yes -- name.json 'uri:request_uri=PLAIN/request/plain'
answer 4 "a request without end" nothing huge --yes -- name.json huge
answer 1 "a redirect in place of a request" nothing redirect --yes -- name.json redirect
answer 1 "no such request" nothing gone --yes -- name.json answer:404
their offer tls name.json
exits 4 "a web server of another CA" mdoc-present openid4vp "${holder[@]/tls-ca.pem/other-ca.pem}" --yes "$answer"
their gets tls
must "sees no request of ours" test "$answer" = never
must "nothing was spent" test "$((before - 1))" -eq "$(left)"
must "and no PIN was tried" test "$tries" = "$(state '[.pin, .tries]')"

# ---- What is asked for in a way that is none: the verifier is told ----

bad() { # bad CLAIM CODE NAME WORD...: its error is invalid_request unless CODE says more
	local claim=$1 code=$2 id=$3; shift 3
	answer 3 "$claim" "error $code *" "$id" --yes -- name.json "$@"
}
bad "a presentation_definition" invalid_request pd 'set:presentation_definition={"id":"a","input_descriptors":[]}'
bad "no query" invalid_request noquery set:dcql_query=null
bad "an empty query" invalid_request empty 'set:dcql_query={"credentials":[]}'
bad "a scope" invalid_scope scope 'set:scope="a"'
bad "transaction data" invalid_transaction_data td 'set:transaction_data=["e30"]'
bad "another response type" invalid_request type 'set:response_type="code"'
bad "another response mode" invalid_request mode 'set:response_mode="fragment"'
bad "a verifier that takes no mdoc" vp_formats_not_supported formats 'set:client_metadata={"vp_formats_supported":{"dc+sd-jwt":{}}}'
bad "an encryption that we do not have" invalid_request enc \
	'set:client_metadata={"jwks":KEYS,"encrypted_response_enc_values_supported":["A128CBC-HS256"]}'
bad "no key to encrypt to" invalid_request nokey 'set:client_metadata={}'

# ---- Verifiers that do not take the answer ----

answer 1 "it refuses" "accept *" take1 --yes -- name.json take:400
says "we do not like" "it says why" cat err.txt
must "but moves no cursor" sh -c "! grep -q '$(printf '\033')' err.txt"
answer 1 "it redirects the answer" "accept *" take2 --yes -- name.json take-redirect
answer 4 "it answers without end" "accept *" take3 --yes -- name.json take-huge

exits 2 "no URI" mdoc-present openid4vp "${holder[@]}"
exits 2 "two" mdoc-present openid4vp "${holder[@]}" openid4vp://?a openid4vp://?b
exits 3 "not one" mdoc-present openid4vp "${holder[@]}" https://a.example/?client_id=a
exits 3 "nothing in it" mdoc-present openid4vp:// "${holder[@]}"
exits 2 "a time without end" mdoc-present openid4vp "${holder[@]}" --timeout 0 openid4vp://?a
done_testing
