#!/usr/bin/env bash
# If this failed, mdoc-reader would show a lie as a fact, or refuse an honest holder.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

provision 2
respond dr.cbor
verify=(mdoc-reader verify --transcript st.cbor --iaca issuer/iaca.pem)
name=番号

lacks() { # lacks TEXT CLAIM COMMAND...: the output does not have that text
	local text=$1 claim=$2 out; shift 2
	show "$@"
	out=$("$@" 2>&1) || true
	case $out in *"$text"*) not_ok "$claim" ;; *) ok "$claim" ;; esac
}

must "R-VX-05: an honest response is verified" "${verify[@]}" --request req.cbor dr.cbor
says "氏名" "with Japanese names" "${verify[@]}" dr.cbor
says "$name" "and its values" "${verify[@]}" --json dr.cbor
must "from standard input too" bash -c 'mdoc-reader verify --transcript st.cbor --iaca issuer/iaca.pem - < dr.cbor'

# The transcript with tag 24: D8 18, head of a byte string, content.
python3 -c 'import sys
data = open("st.cbor", "rb").read()
sys.stdout.buffer.write(b"\xd8\x18\x58" + bytes([len(data)]) + data)' > st24.cbor
must "a tagged transcript is the same" mdoc-reader verify --transcript st24.cbor --iaca issuer/iaca.pem dr.cbor

# Someone who changes a value: the name's first letter.
python3 -c 'import sys
data = open("dr.cbor", "rb").read()
sys.stdout.buffer.write(data.replace("番".encode(), "甲".encode(), 1))' > lie.cbor
exits 1 "R-REC-01: a changed value is not verified" "${verify[@]}" lie.cbor
lacks 甲 "R-VX-05: and not shown" "${verify[@]}" lie.cbor
lacks 甲 "nor to programs" "${verify[@]}" --json lie.cbor
says '"unverified"' "unless they ask, and then marked" "${verify[@]}" --json --show-unverified lie.cbor
lacks '"documents":' "never beside verified ones" "${verify[@]}" --json --show-unverified lie.cbor
exits 2 "people cannot ask for that" "${verify[@]}" --show-unverified lie.cbor
says MDOC_ERR_DIGEST "the check that failed is named" "${verify[@]}" --json lie.cbor

# Another session, another root, another time, another request.
mdoc-reader transcript --openid4vp --client-id a --nonce b --response-uri https://c.example/ --out other.cbor
exits 1 "R-VX-01: a response for another session" mdoc-reader verify --transcript other.cbor --iaca issuer/iaca.pem dr.cbor
quiet mdoc-token init --label issuer2 --so-pin-file so2 --pin-file issuer-pin
quiet mdoc-issuer --dir issuer2 init --module "$MDOC_MODULE" --token issuer2 --pin-file issuer-pin
exits 1 "R-VX-02: an issuer that is not trusted" mdoc-reader verify --transcript st.cbor --iaca issuer2/iaca.pem dr.cbor
must "two roots, one of them right" "${verify[@]}" --iaca issuer2/iaca.pem dr.cbor
exits 3 "a document signer is no root" mdoc-reader verify --transcript st.cbor --iaca issuer/ds.pem dr.cbor
exits 1 "R-VAL-01: before its time" "${verify[@]}" --at 2020-01-01T00:00:00Z dr.cbor
exits 1 "R-VAL-01: after the law's month" "${verify[@]}" --at "$(date -u -d '+32 days' +%Y-%m-%dT%H:%M:%SZ)" dr.cbor
# Dates of algorithms are the reader's own.
today=$(TZ=Asia/Tokyo date +%F) tomorrow=$(TZ=Asia/Tokyo date -d tomorrow +%F)
policy() { printf '{"version": 1, "algorithms": [{"name": "%s", "%s": "%s"}]}' "$@" > policy.json; }
for name in ES256 P-256 SHA-256; do
	policy $name reject_from "$today"
	exits 1 "R-FUT-05: $name is refused from its date on" "${verify[@]}" --algorithm-policy policy.json dr.cbor
done
policy ES256 reject_from "$tomorrow"
must "R-FUT-04, R-FUT-06: and taken the day before" "${verify[@]}" --algorithm-policy policy.json dr.cbor
exits 1 "R-FUT-05: but not as of that day" "${verify[@]}" --algorithm-policy policy.json --at "${tomorrow}T00:00:00+09:00" dr.cbor
policy ES256 warn_from "$today"
must "R-FUT-05: or with a warning" "${verify[@]}" --algorithm-policy policy.json dr.cbor
says '"algorithm_policy"' "which is named" "${verify[@]}" --json --algorithm-policy policy.json dr.cbor
policy ES384 reject_from "$today"
must "R-FUT-05: what is not used does not matter" "${verify[@]}" --algorithm-policy policy.json dr.cbor
policy RSA reject_from "$today"
exits 3 "a policy with a name that is none" "${verify[@]}" --algorithm-policy policy.json dr.cbor
quiet mdoc-reader request --doc org.iso.18013.5.1.mDL --element org.iso.18013.5.1:family_name --out mdl.cbor
exits 1 "a document that was not asked for" "${verify[@]}" --request mdl.cbor dr.cbor

# Wrong usage and inputs that are none.
exits 2 "no response named" "${verify[@]}"
exits 2 "an unknown relaxation" "${verify[@]}" --relax everything dr.cbor
exits 2 "an unknown policy" "${verify[@]}" --undetermined maybe dr.cbor
must "what is not listed anywhere needs no list" "${verify[@]}" --undetermined fail dr.cbor
exits 3 "a list that is none" "${verify[@]}" --status-list dr.cbor dr.cbor
exits 2 "a time that is none" "${verify[@]}" --at yesterday dr.cbor
exits 3 "a transcript that is none" mdoc-reader verify --transcript dr.cbor --iaca issuer/iaca.pem dr.cbor
exits 3 "no transcript there" mdoc-reader verify --transcript none.cbor --iaca issuer/iaca.pem dr.cbor
: > empty.cbor
exits 1 "an empty response" "${verify[@]}" empty.cbor

# The relaxations that there are: in the help, in the answer to another one, and in the manual.
for relaxation in crl-dp issuer-alt-name eku eku-tls ski-method ski-length basic-constraints key-usage country state; do
	must "relaxation $relaxation" "${verify[@]}" --relax $relaxation dr.cbor
	says "$relaxation" "which the help knows" mdoc-reader verify --help
	says "$relaxation" "and an error names" "${verify[@]}" --relax everything dr.cbor
done

# Revocation of the signer: the IACA's key stays in its token and signs CRLs there.
cat "$(openssl version -d | sed 's/^OPENSSLDIR: "\(.*\)"$/\1/')/openssl.cnf" > openssl.cnf
printf '\n.include %s\n' "$MDOC_PREFIX/share/mdoc-pkcs11/mdoc-pkcs11-provider.cnf" >> openssl.cnf
sanitizer=$(ldd "$MDOC_OSSL_MODULES/mdoc-pkcs11-provider.so" 2>/dev/null | sed -n 's/.*=> \(.*libasan[^ ]*\).*/\1/p')
ca=(env OPENSSL_CONF="$scratch/openssl.cnf" OPENSSL_MODULES="$MDOC_OSSL_MODULES" LD_PRELOAD="$sanitizer"
	openssl ca -config ca.cnf -cert issuer/iaca.pem
	-keyfile "pkcs11:token=issuer;object=IACA;type=private?pin-source=file:$scratch/issuer-pin")
printf '%s\n' '[ca]' 'default_ca = own' '[own]' "database = $scratch/index.txt" 'default_md = sha256' \
	'default_crl_days = 7' 'crl_extensions = number' "crlnumber = $scratch/crlnumber" 'policy = any' '[any]' \
	'commonName = supplied' '[number]' 'authorityKeyIdentifier = keyid:always' > ca.cnf
touch index.txt
echo 01 > crlnumber
quiet "${ca[@]}" -gencrl -out good.crl
quiet openssl crl -in good.crl -outform DER -out good.der
quiet "${ca[@]}" -gencrl -crl_lastupdate 20200101000000Z -crl_nextupdate 20200201000000Z -out old.crl
quiet "${ca[@]}" -revoke issuer/ds.pem
quiet "${ca[@]}" -gencrl -out revoked.crl
row() { # row CHECK OUTCOME CLAIM COMMAND...: that check has that outcome
	local check=$1 outcome=$2 claim=$3; shift 3
	show "$@"
	"$@" > row.json || true
	must "$claim" python3 -c 'import json, sys
rows = [r for r in json.load(open("row.json"))["checks"] if r["check"] == sys.argv[1]]
sys.exit([r["outcome"] for r in rows] != [sys.argv[2]])' "$check" "$outcome"
}
row crl not_done "without a CRL nothing is known of the signer" "${verify[@]}" --json dr.cbor
exits 1 "unless that must be known" "${verify[@]}" --require-crl dr.cbor
row crl passed "a CRL that does not name it" "${verify[@]}" --json --crl good.crl dr.cbor
must "is what it takes" "${verify[@]}" --require-crl --crl good.crl dr.cbor
must "in DER, too" "${verify[@]}" --require-crl --crl good.der dr.cbor
row crl warning "an old CRL is a warning" "${verify[@]}" --json --crl old.crl dr.cbor
must "and no reason to refuse" "${verify[@]}" --crl old.crl dr.cbor
exits 1 "unless it is made one" "${verify[@]}" --undetermined fail --crl old.crl dr.cbor
exits 1 "or a CRL that counts is wanted" "${verify[@]}" --require-crl --crl old.crl dr.cbor
row crl failed "R-REV-04: a CRL that names the signer" "${verify[@]}" --json --crl revoked.crl dr.cbor
exits 1 "R-REV-04: is a reason" "${verify[@]}" --crl revoked.crl dr.cbor
says MDOC_ERR_REVOKED "of its own" "${verify[@]}" --json --crl revoked.crl dr.cbor
exits 3 "a CRL of an issuer that is not trusted" mdoc-reader verify --transcript st.cbor --iaca issuer2/iaca.pem \
	--crl good.crl dr.cbor
exits 3 "an older CRL after the one that counts" "${verify[@]}" --crl good.crl --crl old.crl dr.cbor
exits 3 "a CRL that is none" "${verify[@]}" --crl dr.cbor dr.cbor
exits 3 "a certificate instead of a CRL" "${verify[@]}" --crl issuer/iaca.pem dr.cbor

# The published response of ISO/IEC 18013-5 Annex D, which carries a MAC: only who holds the session's key can tell.
annexd=$here/../vectors/annexD
published=(mdoc-reader verify --transcript "$annexd/session_transcript_bytes.cbor" --iaca "$annexd/iaca.pem"
	--relax crl-dp --at 2020-10-28T00:00:00Z)
must "Annex D: a MAC under the session's key" "${published[@]}" --session-key "$annexd/ephemeral_reader_key.jwk" \
	"$annexd/device_response.cbor"
exits 1 "and without the key nothing is believed" "${published[@]}" "$annexd/device_response.cbor"
says '"device_auth_form"' "and the check is named" "${published[@]}" --json "$annexd/device_response.cbor"
exits 1 "nor with another session's key" "${published[@]}" --session-key "$annexd/ephemeral_device_key.jwk" \
	"$annexd/device_response.cbor"

# Transcripts of every kind of session, against the published ones.
vectors=$here/../vectors/openid4vp
nonce=exc7gBkxjx1rdc9udRrveKvSsJIq80avlXeLHhGwqtA
made() { # made VECTOR CLAIM OPTIONS...: the transcript with these options is that file
	local vector=$1 claim=$2; shift 2
	rm -f made.cbor
	show mdoc-reader transcript "$@" --out made.cbor
	mdoc-reader transcript "$@" --out made.cbor
	must "$claim" cmp made.cbor "$vector"
}
jwk=(--jwk "$vectors/verifier_enc_key.jwk")
made "$vectors/session_transcript.cbor" "OpenID4VP with redirects" --openid4vp --client-id x509_san_dns:example.com \
	--nonce $nonce --response-uri https://example.com/response "${jwk[@]}"
made "$vectors/dcapi_session_transcript.cbor" "OpenID4VP over the browser's API" --dc-api --nonce $nonce \
	--origin https://example.com "${jwk[@]}"
made "$vectors/iae_session_transcript.cbor" "OpenID4VCI" --iae --nonce $nonce --endpoint https://example.com/iae "${jwk[@]}"
made "$vectors/annexB_draft18_session_transcript.cbor" "Annex B" --annex-b --client-id x509_san_dns:example.com \
	--nonce $nonce --response-uri https://example.com/response --mdoc-nonce mdoc-generated-nonce
python3 - "$vectors/annexC_encryption_info.cbor" > info.txt <<'EOF'
import base64, sys
print(base64.urlsafe_b64encode(open(sys.argv[1], "rb").read()).rstrip(b"=").decode())
EOF
made "$vectors/annexC_session_transcript.cbor" "Annex C" --iso-dcapi --encryption-info info.txt --origin https://example.com
printf '\x83\xf6\xf6\x84\x61d\x61c\x61r\x61n' > wanted.cbor
made wanted.cbor "Annex B of 2023" --annex-b-2023 --client-id c --response-uri r --nonce n --mdoc-nonce d

# Annex D: its handover is NFC; the same session by QR code ends with nil.
python3 - "$annexd/session_transcript_bytes.cbor" <<'EOF'
import sys
data = open(sys.argv[1], "rb").read()
assert data[:3] == b"\xd8\x18\x59"
at = 5 + 1
def head(at):
    low = data[at] & 31
    size = {24: 1, 25: 2}.get(low, 0)
    return at + 1 + size, int.from_bytes(data[at + 1:at + 1 + size], "big") if size else low
def tagged(at):
    start, length = head(at + 2)
    return start + length
engagement_end = tagged(at)
key_end = tagged(engagement_end)
open("annexd.cbor", "wb").write(data[5:])
open("engagement.cbor", "wb").write(data[at:engagement_end])
open("qr.cbor", "wb").write(data[5:key_end] + b"\xf6")
at = key_end + 1
for name in "select.ndef", "request.ndef":
    start, length = head(at)
    open(name, "wb").write(data[start:start + length])
    at = start + length
EOF
nfc=(--nfc --engagement engagement.cbor --session-key "$annexd/ephemeral_reader_key.jwk" --nfc-select select.ndef)
made annexd.cbor "ISO/IEC 18013-5 Annex D, by NFC" "${nfc[@]}" --nfc-request request.ndef
made qr.cbor "and by QR code" --qr --engagement engagement.cbor --session-key "$annexd/ephemeral_reader_key.jwk"
python3 - > qr.txt <<'EOF'
import base64
data = open("engagement.cbor", "rb").read()
print("mdoc:" + base64.urlsafe_b64encode(data[4 if data[2] == 0x58 else 5:]).rstrip(b"=").decode())
EOF
made qr.cbor "whose text will do" --qr --engagement qr.txt --session-key "$annexd/ephemeral_reader_key.jwk"
exits 2 "no kind of session" mdoc-reader transcript --nonce a --out never.cbor
exits 2 "two kinds of session" mdoc-reader transcript --qr --nfc --out never.cbor
exits 2 "an option that is missing" mdoc-reader transcript --openid4vp --client-id a --nonce b --out never.cbor
exits 2 "an option of another kind" mdoc-reader transcript --qr --engagement engagement.cbor \
	--session-key "$annexd/ephemeral_reader_key.jwk" --nonce a --out never.cbor
printf 'mdoc:%%' > bad.txt
exits 3 "a QR code that is none" mdoc-reader transcript --qr --engagement bad.txt \
	--session-key "$annexd/ephemeral_reader_key.jwk" --out never.cbor
exits 3 "an engagement that is none" mdoc-reader transcript --qr --engagement info.txt \
	--session-key "$annexd/ephemeral_reader_key.jwk" --out never.cbor
fails "nothing was written then" test -e never.cbor

# Requests.
mdoc-reader request --out default.cbor
if grep -q individual_number default.cbor; then not_ok "R-CARD-19: 個人番号 is not asked for by default"; else
	ok "R-CARD-19: 個人番号 is not asked for by default"
fi
printf '{"docRequests": [{"docType": "org.iso.23220.1.jp.mnc", "nameSpaces": {"%s": {"individual_number_unicode": true}}}]}' "$NS" \
	> number.json
exits 2 "R-CARD-18: nor by a file without a legal basis" mdoc-reader request --from number.json --out never.cbor
must "R-CARD-18: with one it is" mdoc-reader request --from number.json --legal-basis "番号法第 14 条第 1 項" --out number.cbor
says "番号法第 14 条第 1 項" "and the holder is told which" mdoc-reader dump number.cbor
must "an element that will be kept" mdoc-reader request --element "$NS:portrait" --retain "$NS:portrait" --out kept.cbor
says '"portrait": true' "is asked for so" mdoc-reader dump kept.cbor
exits 2 "but not twice" mdoc-reader request --retain "$NS:portrait" --retain "$NS:portrait" --out never.cbor
exits 2 "what is no element" mdoc-reader request --retain portrait --out never.cbor
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout reader.key -out reader.pem -subj /CN=reader \
	-days 30 2>/dev/null
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out other.key 2>/dev/null
sign=(mdoc-reader request --element "$NS:full_name_unicode" --transcript st.cbor --cert reader.pem)
exits 3 "a key that is not the certificate's" "${sign[@]}" --reader-key other.key --out signed.cbor
exits 2 "reader authentication needs a certificate" mdoc-reader request --reader-key reader.key --transcript st.cbor \
	--out s.cbor
exits 2 "and a session" mdoc-reader request --reader-key reader.key --cert reader.pem --out s.cbor
exits 2 "an element twice" "${sign[@]}" --reader-key reader.key --element "$NS:full_name_unicode" --out s.cbor
must "a signed request" "${sign[@]}" --reader-key reader.key --out signed.cbor
strict=(mdoc-present respond --token holder --transcript st.cbor --yes --pin-file pin)
present=("${strict[@]}" --reader-policy any)
python3 -c 'import sys
data = bytearray(open("signed.cbor", "rb").read())
data[-1] ^= 1
sys.stdout.buffer.write(data)' > forged.cbor
fails "a holder refuses a forged one" "${present[@]}" --request forged.cbor --out never.cbor
must "and answers a genuine one" "${present[@]}" --request signed.cbor --out dr2.cbor
must "which is verified" "${verify[@]}" --request signed.cbor dr2.cbor

# Who asks: a reader CA by Annex B, and a reader of it.
for ca in ca other-ca; do
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$ca.key" -out "$ca.pem" \
		-subj "/C=JP/CN=$ca" -days 300 -config "$here/../../tools/reader/readers.cnf" -extensions root 2>/dev/null
done
openssl req -new -key reader.key -subj "/C=JP/CN=City office" -out reader.csr 2>/dev/null
openssl x509 -req -in reader.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 200 -extfile "$here/../../tools/reader/readers.cnf" \
	-extensions reader -out trusted.pem 2>/dev/null
must "a request by a reader of that CA" mdoc-reader request --element "$NS:full_name_unicode" --transcript st.cbor \
	--cert trusted.pem --reader-key reader.key --out trusted.cbor
must "an unsigned one" mdoc-reader request --element "$NS:full_name_unicode" --out unsigned.cbor
fetch_copies 3
exits 2 "an edition that is none" mdoc-reader request --edition 3 --out never.cbor
exits 2 "a signature over the whole without a key" mdoc-reader request --reader-auth-all --out never.cbor
exits 2 "nor in the first edition" mdoc-reader request --element "$NS:full_name_unicode" --transcript st.cbor \
	--cert trusted.pem --reader-key reader.key --reader-auth-all --edition 2021 --out never.cbor
must "a request that is signed as a whole" mdoc-reader request --element "$NS:full_name_unicode" --transcript st.cbor \
	--cert trusted.pem --reader-key reader.key --reader-auth-all --out whole.cbor
python3 -c 'import sys
data = open("whole.cbor", "rb").read()
sys.stdout.buffer.write(data.replace(b"full_name_unicode", b"full_name_unicodf"))' > whole-forged.cbor
exits 1 "forged, it is not answered" "${present[@]}" --request whole-forged.cbor --out never.cbor
exits 2 "an unknown policy" "${strict[@]}" --reader-policy all --request trusted.cbor --out never.cbor
exits 2 "trust without anybody to trust" "${strict[@]}" --reader-policy trusted --request trusted.cbor --out never.cbor
exits 3 "a reader CA that is an issuer's" "${present[@]}" --reader-ca reader.pem --request trusted.cbor --out never.cbor
exits 1 "who does not sign is not answered where a signature is wanted" "${strict[@]}" --reader-policy signed \
	--request unsigned.cbor --out never.cbor
exits 1 "nor a forged signature under any policy" "${strict[@]}" --reader-policy any --request forged.cbor --out never.cbor
exits 1 "nor a reader of another CA where trust is wanted" "${strict[@]}" --reader-ca other-ca.pem \
	--reader-policy trusted --request trusted.cbor --out never.cbor
exits 1 "nor one without the profile" "${strict[@]}" --reader-ca ca.pem --reader-policy trusted --request signed.cbor \
	--out never.cbor
if [ -e never.cbor ]; then not_ok "and nothing was disclosed"; else ok "and nothing was disclosed"; fi
says "no reader CA that you trust" "a stranger is shown as one" "${present[@]}" --reader-ca other-ca.pem \
	--request trusted.cbor --out dr3.cbor
says "City office" "a trusted reader is named" "${strict[@]}" --reader-ca other-ca.pem --reader-ca ca.pem \
	--reader-policy trusted --request trusted.cbor --out dr4.cbor
must "and answered" "${verify[@]}" --request trusted.cbor dr4.cbor
says "City office" "so is one that signed the whole" "${strict[@]}" --reader-ca ca.pem --reader-policy trusted \
	--request whole.cbor --out dr5.cbor
must "and it is answered" "${verify[@]}" --request whole.cbor dr5.cbor
done_testing
