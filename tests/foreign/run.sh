#!/usr/bin/env bash
# If this failed, our records, requests and responses would be good for our own programs only: @auth0/mdl and @owf/mdoc,
# which we did not write, issue, ask, present and verify, we do the same, and each must accept what the other makes, with
# a deviceSignature and with a deviceMac, and refuse it for the right reason when a byte of it, the session, the issuer or
# the time is another. SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=../integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"
# shellcheck source=../integration/provision.sh
. "$here/provision.sh"
foreign=$(cd "$here/../foreign" && pwd)
# shellcheck source=certificates.sh
. "$foreign/certificates.sh"
cd "$scratch" || exit 1
cp "$foreign"/{package.json,package-lock.json,*.mjs} .
must "the pinned packages install" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

MDL=org.iso.18013.5.1 DEVICE=example.device
asked=("$MDL/age_over_18" "$MDL/birth_date" "$MDL/driving_privileges" "$MDL/family_name" "$MDL/issuing_country"
	"$MDL/portrait")

# ---- What each side says of a response ----

# Both look at $st, $iaca and $reader, which may be empty: transcript, trusted root, private key of the session.
st=st.cbor iaca=iaca.pem reader=

judged() { # judged CLAIM EXPECTED VERDICT: "accept ELEMENT..." is the same, "refuse REASON" has that among its reasons
	printf '# %s\n' "$3"
	case $2 in
	accept*) if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1"; fi ;;
	*) case $3 in "${2%% *}"*"${2#* }"*) ok "$1" ;; *) not_ok "$1" ;; esac ;;
	esac
}

ours() { # ours CLAIM EXPECTED RESPONSE: mdoc-reader's verdict, whose reasons are the names of checks
	local verify=(mdoc-reader verify --json --transcript "$st" --iaca "$iaca") got=0
	[ -z "$reader" ] || verify+=(--session-key "$reader")
	show "${verify[@]}" "$3"
	"${verify[@]}" "$3" > verdict.json || got=$?
	judged "$1" "$2" "$(jq -r --argjson got $got 'if .verified and $got == 0 then "accept " + ([.documents[] |
		(.elements, .deviceSigned // {}) | to_entries[] | .key + "/" + (.value | keys[])] | sort | join(" "))
		elif .documents == null and $got == 1 then "refuse " + ([.checks[] | select(.outcome == "failed").check] | join(" "))
		else "no verdict" end' verdict.json)"
}

# One process for all that a library does: most of a command's time would be its start.
start_library() { # start_library NAME PROGRAM
	local input=${NODE[1]-}
	library=$1
	if [ -n "$input" ]; then
		exec {input}>&-
		wait "$NODE_PID"
	fi
	coproc NODE { exec node "$2"; }
}

their() { # their COMMAND WORD...: the library does it, see auth0.mjs and owf.mjs
	show "$library" "$@"
	local IFS=$'\t'
	printf '%s\n' "$*" >&"${NODE[1]}"
	read -r answer <&"${NODE[0]}" || answer="failed without an answer"
	case $answer in failed*) not_ok "set-up: $library $1 $answer"; exit 1 ;; esac
}

start_library @auth0/mdl auth0.mjs

theirs() { # theirs CLAIM EXPECTED RESPONSE: the verdict of @auth0/mdl
	their verify "$3" "$st" "$iaca" "$reader"
	judged "$1" "$2" "$answer"
}

both() { # both CLAIM RESPONSE ELEMENT...: accept it, with just these elements
	local claim=$1 response=$2; shift 2
	ours "$claim: we accept" "accept $*" "$response"
	theirs "$claim: they accept" "accept $*" "$response"
}

# faults NAME PROOF RESPONSE: nobody accepts it with any one fault. PROOF: signature or mac, of the device.
faults() {
	local proof=$2 made=$3 words="Device signature must be valid" fault row reason
	local st=$st iaca=$iaca reader=$reader
	[ "$proof" = signature ] || words="Device MAC must be valid"
	quiet python3 "$foreign/fault.py" "$made" "$1" issuer-payload issuer-signature digest identifier doctype "device-$proof"
	while IFS=: read -r fault row reason; do
		ours "$1, $fault: we refuse" "refuse $row" "$1-$fault.cbor"
		theirs "$1, $fault: they refuse" "refuse $reason" "$1-$fault.cbor"
	done <<-FAULTS
		issuer-payload:issuer_signature:Issuer signature must be valid
		issuer-signature:issuer_signature:Issuer signature must be valid
		digest:digests:attribute must match the digest
		identifier:digests:attribute must match the digest
		doctype:doctype:docType must be
		device-$proof:device_auth:$words
	FAULTS
	st=other.cbor
	ours "$1, another session: we refuse" "refuse device_auth" "$made"
	theirs "$1, another session: they refuse" "refuse $words" "$made"
	st=st.cbor iaca=other-iaca.pem
	ours "$1, another root: we refuse" "refuse chain" "$made"
	theirs "$1, another root: they refuse" "refuse Issuer certificate must be valid" "$made"
	iaca=iaca.pem
	if [ "$proof" = mac ]; then
		reader=other-reader.key
		ours "$1, another reader's key: we refuse" "refuse device_auth" "$made"
		theirs "$1, another reader's key: they refuse" "refuse $words" "$made"
		reader=
		ours "$1, without the reader's key: we refuse" "refuse device_auth_form" "$made"
		theirs "$1, without the reader's key: they refuse" "refuse Ephemeral private key must be present" "$made"
	fi
}

# ---- The records of the law, in a token ----

provision
iaca=issuer/iaca.pem
jp=("$NS/full_name_unicode" "$NS/portrait" org.iso.23220.1/age_over_20)
respond dr.cbor
both "R-FMT-01, R-VX-02: we issue and present from a token, and others verify" dr.cbor "${jp[@]}"

# They issue to a token: the offer is ours, the rest of OpenID4VCI is theirs.
read -ra flags < <(PKG_CONFIG_PATH=$MDOC_PREFIX/lib/pkgconfig pkg-config --cflags --libs libmdoc-p11 libmdoc libcrypto)
must "an issuer and holder with the installed headers alone" \
	cc -std=c17 -Wall -Wextra -Werror -o party "$foreign"/party{,_files,_token}.c "${flags[@]}"
for key in iaca ds other-iaca device reader other-reader; do
	quiet openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $key.key
done
quiet ./party certify iaca iaca.key iaca.pem
quiet ./party certify ds ds.key ds.pem iaca.pem iaca.key
quiet ./party certify iaca other-iaca.key other-iaca.pem
quiet mdoc-token init --label foreign --so-pin-file foreign-so --pin-file pin --iaca iaca.pem
token=(--token foreign --pin-file pin)

# their_credentials CLAIMS OPTION...: for a new key of that token, or $copies of them, in response.json
their_credentials() {
	quiet mdoc-token request "${token[@]}" --offer offer.json --count "${copies:-1}" --out request.json
	their credentials "$1" ds.pem ds.key request.json response.json "${@:2}"
}
cat > jp.json <<'J'
{ "org.iso.23220.1": { "sex": 2, "birth_date": "date:1971-09-01", "age_in_years": 55, "age_over_20": true },
  "org.iso.23220.1.jp": { "full_name_unicode": "番　花子", "portrait": "base64url:_9j_4AAQ" } }
J
iaca=iaca.pem
their_credentials jp.json --doctype=$JP
must "R-FMT-01: we import a record that they issued" mdoc-token import "${token[@]}" --response response.json --yes
quiet mdoc-present respond "${token[@]}" --request req.cbor --transcript st.cbor --out imported.cbor --yes \
	--reader-policy any
both "they issue, we present from a token" imported.cbor "${jp[@]}"

refused() { # refused CLAIM: the token takes no record from response.json
	exits 1 "$1" mdoc-token import "${token[@]}" --response response.json --yes
}
their_credentials jp.json --doctype=$JP --until=5184000
refused "R-VAL-01: nor one that they issued for two months"
their_credentials jp.json --doctype=$JP --from=-86400 --until=-3600
refused "nor one that has run out"
their credentials jp.json ds.pem other-reader.key request.json response.json --doctype=$JP
refused "nor one that another key signed"
quiet ./party certify ds ds.key stranger.pem other-iaca.pem other-iaca.key
their credentials jp.json stranger.pem ds.key request.json response.json --doctype=$JP
refused "nor one below another root"

# What the law keeps out of a record stays out of the token, whoever has signed it: tax, medical data, 住民票コード.
while read -r element value; do
	jq --arg name "$element" --arg value "$value" '."org.iso.23220.1.jp"[$name] = $value' jp.json > foreign.json
	their_credentials foreign.json --doctype=$JP
	refused "R-MIN-01, R-CARD-51: nor one with $element, which no record of the law may hold"
done <<-ELEMENTS
	tax_class A
	medical_record_number 12345
	juminhyo_code_unicode 12345678901
ELEMENTS
jq '."org.example.other" = {"juminhyo_code": "12345678901"}' jp.json > foreign.json
their_credentials foreign.json --doctype=$JP
refused "R-MIN-01, R-CARD-51: nor in a namespace of its own"
must "R-MIN-01: nothing of these is in the token" test "$(mdoc-token list "${token[@]}" --json |
	grep -cE 'tax_class|medical|juminhyo')" = 0

# We issue to a key in a file, and they present. They know nothing of R-TX-01, which wants a signature.
quiet mdoc-issuer --dir issuer offer --out offer.json
quiet python3 "$here/credential_request.py" offer.json request.json 1 && mv key.pem jp-device.key
quiet mdoc-issuer --dir issuer issue --request request.json --claims "$here/../data/claims.json" --out response.json \
	--pin-file issuer-pin
python3 -c 'import base64, json
record = json.load(open("response.json"))["credentials"][0]["credential"]
open("jp.cbor", "wb").write(base64.urlsafe_b64decode(record + "=" * (-len(record) % 4)))'
iaca=issuer/iaca.pem
their present jp.cbor st.cbor jp-device.key their-jp.cbor "${jp[@]}" --doctype=$JP
both "we issue, they present with a signature" their-jp.cbor "${jp[@]}"
their present jp.cbor st.cbor jp-device.key their-jp-mac.cbor "${jp[@]}" --doctype=$JP --reader-key=reader.key
reader=reader.key
ours "R-TX-01: we refuse a MAC with a record of the law" "refuse device_auth_form" their-jp-mac.cbor
theirs "which they accept" "accept ${jp[*]}" their-jp-mac.cbor
iaca=iaca.pem reader=

# ---- Driving licences, every way round ----

cat > mdl.json <<'J'
{ "org.iso.18013.5.1": { "family_name": "番𩸽", "given_name": "Hanako", "birth_date": "1971-09-01",
    "issue_date": "2026-01-01", "expiry_date": "2031-01-01", "issuing_country": "UT", "portrait": "base64url:_9j_4A",
    "age_over_18": true, "age_over_65": false, "height": 160, "weight": 55.5, "nationality": null,
    "driving_privileges": [{ "vehicle_category_code": "B", "issue_date": "2026-01-01" }] },
  "org.iso.18013.5.1.aamva": { "EDL_credential": 1, "sex": -1 } }
J
request=(mdoc-reader request --doc "$MDL.mDL" --retain "$MDL:portrait")
for one in age_over_18 birth_date driving_privileges family_name issuing_country; do
	request+=(--element "$MDL:$one")
done
quiet "${request[@]}" --element $MDL:not_held --out mdl-req.cbor # which our response says under errors
quiet "${request[@]}" --element $DEVICE:seen --out device-req.cbor
quiet mdoc-reader transcript --openid4vp --client-id other --nonce other --response-uri https://other.example/ --out other.cbor

issue() { # issue NAME [FROM UNTIL]: NAME-theirs.cbor and NAME-ours.cbor, for device.key
	local times=()
	[ $# -eq 1 ] || times=(--from="$2" --until="$3")
	their issue mdl.json ds.pem ds.key device.key "$1-theirs.cbor" "${times[@]}"
	quiet ./party issue device.key ds.pem ds.key "$1-ours.cbor" "${@:2}"
}

# present NAME ISSUER: with a signature and a MAC by either holder: NAME-ISSUER-HOLDER-PROOF.cbor
present() {
	local record=$1-$2.cbor made=$1-$2
	their present "$record" st.cbor device.key "$made-theirs-signature.cbor" "${asked[@]}"
	their present "$record" st.cbor device.key "$made-theirs-mac.cbor" "${asked[@]}" --reader-key=reader.key
	quiet ./party present "$record" mdl-req.cbor st.cbor device.key "$made-ours-signature.cbor"
	quiet ./party present "$record" mdl-req.cbor st.cbor device.key "$made-ours-mac.cbor" reader.key
}

accepted() { # accepted NAME ISSUER: all four of them
	local holder
	for holder in theirs ours; do
		reader=
		both "$1, issued $2, presented $holder with a signature" "$1-$2-$holder-signature.cbor" "${asked[@]}"
		reader=reader.key
		both "$1, issued $2, presented $holder with a MAC" "$1-$2-$holder-mac.cbor" "${asked[@]}"
	done
	reader=
}

issue mdl
issue old -1728000 -86400
for issuer in theirs ours; do
	present mdl $issuer
	accepted mdl $issuer
done
for holder in theirs ours; do
	issuer=theirs
	[ $holder = theirs ] || issuer=ours
	reader=
	faults "a signature by $holder" signature mdl-$issuer-$holder-signature.cbor
	reader=reader.key
	faults "a MAC by $holder" mac mdl-$issuer-$holder-mac.cbor
	reader=
done
for issuer in theirs ours; do
	their present old-$issuer.cbor st.cbor device.key old-$issuer-theirs.cbor "${asked[@]}"
	quiet ./party present old-$issuer.cbor mdl-req.cbor st.cbor device.key old-$issuer-ours.cbor
	for holder in theirs ours; do
		ours "issued $issuer, run out, presented $holder: we refuse" "refuse validity" old-$issuer-$holder.cbor
		theirs "issued $issuer, run out, presented $holder: they refuse" "refuse must be valid at the time" \
			old-$issuer-$holder.cbor
	done
done

# Values of every kind, as they were issued.
their present mdl-theirs.cbor st.cbor device.key values.cbor "$MDL"/{family_name,birth_date,portrait,age_over_65,height,weight} \
	"$MDL"/{nationality,driving_privileges} "$MDL.aamva/sex"
mdoc-reader verify --json --transcript st.cbor --iaca iaca.pem values.cbor > values.json
says '{"org.iso.18013.5.1":{"family_name":"番𩸽","birth_date":"1971-09-01","portrait":{"bytes":4,"base64url":"_9j_4A"},'\
'"age_over_65":false,"height":160,"weight":55.5,"nationality":null,"driving_privileges":[{"vehicle_category_code":"B",'\
'"issue_date":"2026-01-01"}]},"org.iso.18013.5.1.aamva":{"sex":-1}}' "we read the values that they issued" \
	jq -c '.documents[0].elements' values.json

# An mDL of theirs in a token.
copies=2 their_credentials mdl.json
must "we import a licence that they issued" mdoc-token import "${token[@]}" --response response.json --yes
quiet mdoc-present respond "${token[@]}" --request mdl-req.cbor --transcript st.cbor --out token-mdl.cbor --yes \
	--reader-policy any
both "they issue a licence, we present it from a token" token-mdl.cbor "${asked[@]}"

# Their licence for a holder key that may agree on secrets: the token makes the MAC and spends the copy.
quiet ./party token-key "$MDOC_MODULE" foreign pin token-device.pub
their issue mdl.json ds.pem ds.key token-device.pub token-theirs.cbor
present_mac=(./party token-present "$MDOC_MODULE" foreign pin token-theirs.cbor mdl-req.cbor st.cbor)
must "a key in a token makes a MAC" "${present_mac[@]}" token-mac.cbor reader.key
reader=reader.key
both "they issue a licence, our token makes a MAC" token-mac.cbor "${asked[@]}"
reader=

# Elements that the device signs. Their issuer cannot say which are allowed, and their reader does not ask.
device=(device-req.cbor st.cbor device.key)
quiet ./party present mdl-ours.cbor "${device[@]}" device-ours.cbor
both "our device signs an element" device-ours.cbor $DEVICE/seen "${asked[@]}"
their present mdl-ours.cbor st.cbor device.key device-theirs.cbor "${asked[@]}" --device-claim=$DEVICE/seen
both "their device signs an element" device-theirs.cbor $DEVICE/seen "${asked[@]}"
their present mdl-theirs.cbor st.cbor device.key device-free.cbor "${asked[@]}" --device-claim=$DEVICE/seen
ours "one that the issuer did not allow: we refuse" "refuse key_authorizations" device-free.cbor
theirs "which they accept" "accept $DEVICE/seen ${asked[*]}" device-free.cbor

# Other curves and digests, with certificates that OpenSSL's command made.
for curve in P-384 P-521; do
	openssl_issuer $curve $curve
	for key in device reader; do
		quiet openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:$curve -out $key.key
	done
	their issue mdl.json $curve-ds.pem $curve-ds.key device.key $curve-theirs.cbor --digest=SHA-512
	quiet ./party issue device.key $curve-ds.pem $curve-ds.key $curve-ours.cbor
	iaca=$curve-iaca.pem
	present $curve theirs
	present $curve ours
	accepted $curve theirs
	accepted $curve ours
	done

# A device key on Ed25519, which signs and agrees on nothing.
quiet openssl genpkey -algorithm ed25519 -out device.key
iaca=iaca.pem
issue ed25519
for issuer in theirs ours; do
	their present ed25519-$issuer.cbor st.cbor device.key ed25519-$issuer-theirs.cbor "${asked[@]}"
	quiet ./party present ed25519-$issuer.cbor mdl-req.cbor st.cbor device.key ed25519-$issuer-ours.cbor
	for holder in theirs ours; do
		both "Ed25519, issued $issuer, presented $holder" ed25519-$issuer-$holder.cbor "${asked[@]}"
	done
done

# ---- Sessions ----

same() { # same CLAIM "OUR OPTIONS" KIND MEMBER...: a transcript by either side is the same bytes
	local claim=$1 words
	read -ra words <<< "$2"; shift 2
	quiet mdoc-reader transcript "${words[@]}" --out our-st.cbor
	their transcript their-st.cbor "$@"
	must "$claim" cmp our-st.cbor their-st.cbor
}
vp=(n-1 x509_san_dns:reader.example https://reader.example/response)
options="--nonce ${vp[0]} --client-id ${vp[1]} --response-uri ${vp[2]}"
same "the transcript of OpenID4VP in the draft of 2023" "--annex-b-2023 $options --mdoc-nonce m-1" annex-b-2023 "${vp[@]}" m-1
same "that of ISO/IEC TS 18013-7 Annex B" "--annex-b $options --mdoc-nonce m-1" annex-b "${vp[@]}" m-1
same "that of OpenID4VP 1.0" "--openid4vp $options" openid4vp "${vp[@]}"
their split "$here/../vectors/annexD/session_transcript_bytes.cbor" engagement.bin reader-key.bin select.bin request.bin
engaged="--engagement engagement.bin --session-key reader-key.bin"
same "that of a session engaged by QR code" "--qr $engaged" qr engagement.bin reader-key.bin
same "that of one engaged by NFC" "--nfc $engaged --nfc-select select.bin" nfc engagement.bin reader-key.bin select.bin

# ---- Requests, which @auth0/mdl does not know ----

# @owf/mdoc 0.6.0 makes and reads DeviceRequests. Its deviceMac is no COSE_Mac0 (external_aad is missing), and it refuses
# each that it verifies: so signatures only. It wants every element that is asked for.
start_library @owf/mdoc owf.mjs
for key in reader-ca reader-cert device reader; do
	quiet openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $key.key
done
quiet ./party certify reader-ca reader-ca.key reader-ca.pem
quiet ./party certify reader reader-cert.key reader-cert.pem reader-ca.pem reader-ca.key
iaca=iaca.pem
quiet "${request[@]}" --reader-key reader-cert.key --cert reader-cert.pem --transcript st.cbor --out our-req.cbor
their asked our-req.cbor st.cbor
judged "they read our request, and know the reader" "accept $(printf '%s\n' "${asked[@]}" | sed 's/portrait/&:retain/' | xargs)" \
	"$answer"
their asked our-req.cbor other.cbor
judged "but not in another session" "refuse Signature is invalid" "$answer"
their request their-req.cbor "${asked[@]}" --reader=reader-cert.pem,reader-cert.key,st.cbor
their issue mdl.json ds.pem ds.key device.key owf-theirs.cbor
quiet ./party issue device.key ds.pem ds.key owf-ours.cbor

owf_verdict() { # owf_verdict CLAIM EXPECTED RESPONSE REQUEST
	their verify "$3" "$4" "$st" "$iaca"
	judged "$1" "$2" "$answer"
}
for issuer in ours theirs; do
	for asking in our their; do
		made=owf-$issuer-$asking
		quiet ./party present owf-$issuer.cbor $asking-req.cbor st.cbor device.key $made-ours.cbor
		their present owf-$issuer.cbor $asking-req.cbor st.cbor device.key $made-theirs.cbor
		for holder in ours theirs; do
			ours "$asking request, issued $issuer, presented $holder: we accept" "accept ${asked[*]}" $made-$holder.cbor
			owf_verdict "$asking request, issued $issuer, presented $holder: they accept" "accept ${asked[*]}" \
				$made-$holder.cbor $asking-req.cbor
		done
	done
done
for holder in ours theirs; do
	quiet python3 "$foreign/fault.py" owf-ours-our-$holder.cbor owf-$holder issuer-signature digest device-signature
	while IFS=: read -r fault row reason; do
		ours "presented $holder, $fault: we refuse" "refuse $row" "owf-$holder-$fault.cbor"
		owf_verdict "presented $holder, $fault: they refuse" "refuse $reason" "owf-$holder-$fault.cbor" our-req.cbor
	done <<-FAULTS
		issuer-signature:issuer_signature:Issuer auth signature is invalid
		digest:digests:attribute must match the digest
		device-signature:device_auth:Device signature must be valid
	FAULTS
done
their present owf-ours.cbor their-req.cbor st.cbor device.key owf-mac.cbor --reader-key=reader.key
reader=reader.key
ours "a MAC without external_aad: we refuse" "refuse device_auth" owf-mac.cbor
reader=

# A holder who answers known readers only.
fetch() { # fetch CLAIM EXIT REQUEST: from the token, whose copies are @auth0/mdl's
	exits "$2" "$1" mdoc-present respond "${token[@]}" --request "$3" --transcript st.cbor --out known.cbor --yes \
		--reader-ca reader-ca.pem --reader-policy trusted
}
python3 "$foreign/fault.py" their-req.cbor forged reader-auth
fetch "we refuse their request with another signature" 1 forged-reader-auth.cbor
their request free-req.cbor "${asked[@]}"
fetch "and one without" 1 free-req.cbor
fetch "we answer their request, whose reader we know" 0 their-req.cbor
owf_verdict "and they accept" "accept ${asked[*]}" known.cbor their-req.cbor

same "they have the same transcript of OpenID4VP 1.0" "--openid4vp $options" openid4vp "${vp[@]}"
same "of ISO/IEC TS 18013-7 Annex B" "--annex-b $options --mdoc-nonce m-1" annex-b "${vp[@]}" m-1
same "of the Digital Credentials API" "--dc-api --nonce n-1 --origin https://reader.example" dc-api n-1 https://reader.example
same "of interactive authorization" "--iae --nonce n-1 --endpoint https://issuer.example/iae" iae n-1 https://issuer.example/iae
quiet ./party engage device.key our-engagement.bin our-engagement.txt
their engaged our-engagement.bin device.key
judged "they read our engagement" "accept 1.0 1:65535 2:45efef74000000000000000000000000" "$answer"
same "they have the same transcript with it" "--qr --engagement our-engagement.txt --session-key reader-key.bin" qr \
	our-engagement.bin reader-key.bin
same "of ISO/IEC 18013-5 by QR code" "--qr $engaged" qr engagement.bin reader-key.bin
same "and by NFC" "--nfc $engaged --nfc-select select.bin --nfc-request request.bin" nfc engagement.bin reader-key.bin \
	select.bin request.bin
done_testing
