#!/usr/bin/env bash
# If this failed, a row of the law that no other test is about would not hold: what stays inside the token, what is signed
# by whom, and that two transmissions have nothing in common. Programs of other make look: pkcs11-tool, openssl, Python.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

# lacks CLAIM BYTES FOLDER: no file there has these bytes, in UTF-8, base64url or hexadecimal.
lacks() {
	local form
	show grep -r "$2" "$3"
	for form in "$2" "$(printf %s "$2" | base64 -w0 | tr +/ -_ | tr -d =)" "$(printf %s "$2" | xxd -p | tr -d '\n')"; do
		if grep -raqF -- "$form" "$3"; then not_ok "$1 ($form)"; return; fi
	done
	ok "$1"
}

make_issuer
make_holder
p11=(pkcs11-tool --module "$MDOC_MODULE" --token-label holder)
user=("${p11[@]}" --login --pin "$(cat pin)")

# What comes in must be whole before anything is kept.
quiet mdoc-issuer --dir issuer offer --out offer.json
quiet mdoc-token request --token holder --offer offer.json --count 3 --out request.json --pin-file pin
lacks "R-ENR-01: the request has no PIN" "$(cat pin)" request.json
fails "R-ENR-01: and no private part of a key" grep -q '"d"' request.json
quiet mdoc-issuer --dir issuer issue --request request.json --claims "$here/../data/claims.json" --out response.json \
	--pin-file issuer-pin
must "R-ISS-01, R-FMT-01: the issuer's signature over key and digests is what a program by the standard finds" \
	python3 "$here/credential_check.py" response.json request.json issuer/ds.pem "$here/../data/claims.json" \
	"$here/../data/portrait.jpg"
damage() { # damage FROM TO OUT: the same bytes changed in the last credential of the response
	python3 - "$@" <<'PY'
import base64, json, sys
old, new, out = (sys.argv[1].encode(), sys.argv[2].encode(), sys.argv[3])
response = json.load(open("response.json"))
last = response["credentials"][-1]
text = last["credential"]
data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
assert old in data and len(old) == len(new)
last["credential"] = base64.urlsafe_b64encode(data.replace(old, new, 1)).rstrip(b"=").decode()
json.dump(response, open(out, "w"))
PY
}
damage 番号 甲乙 name.json
damage JFIF JFIX portrait.json
damage deviceKey deviceKex key.json
import=(mdoc-token import --token holder --pin-file pin --yes)
fails "R-REC-01, R-CARD-28: a name that the issuer did not sign is not kept" "${import[@]}" --response name.json
fails "R-CARD-17: nor a portrait" "${import[@]}" --response portrait.json
fails "R-REC-02: nor a record that names no key" "${import[@]}" --response key.json
says '"unused": 0' "R-EXH-02: and of such a batch nothing is" mdoc-token status --token holder --pin-file pin --json
show "${import[@]}" --response response.json
"${import[@]}" --response response.json > shown.txt
shows() { must "$1" grep -qF "$2" shown.txt; }
shows "R-NOT-01: the contents are shown" "番号"
shows "R-NOT-02: manage the key" "秘密鍵の漏えい、滅失又は毀損の防止その他の秘密鍵の適切な管理を行わなければならないこと"
shows "R-NOT-03: report a lost device" "紛失し又は当該移動端末設備の使用を停止したときは、速やかに失効の届出をしなければならないこと"
shows "R-NOT-04: report an unusable medium" "秘密鍵を記録した電磁的記録媒体が使用できなくなったときは、速やかにその旨を機構に届け出なければならないこと"
shows "R-NOT-05: deceit is punished" "法第 55 条の規定により罰せられること"

# What is inside.
show "${user[@]}" --list-objects
"${user[@]}" --list-objects > objects.txt 2>&1
must "R-MED-06: three keys and three records are in the token" test \
	"$(grep -c '^Private Key Object; EC' objects.txt) $(grep -c "$JP" objects.txt)" = "3 3"
show "${user[@]}" --read-object --type privkey --output-file key
"${user[@]}" --read-object --type privkey --label "mdoc holder key" --output-file key
must "R-MED-01: of a private key nothing is read" test ! -s key
lacks "R-MED-01: nor does the store have the name in clear" 番号 "$MDOC_PKCS11_STORE"
lacks "R-CARD-03: nor the PIN" "$(cat pin)" "$MDOC_PKCS11_STORE"
show "${p11[@]}" --list-objects
must "R-MED-07: without a login no record is seen" bash -c "! ${p11[*]} --list-objects 2>/dev/null | grep -q $JP"
says CKR_PIN_INCORRECT "R-CARD-04: the token judges the PIN" "${p11[@]}" --login --pin wrong-2026 --list-objects
says "user PIN count low" "R-CARD-04: and counts" pkcs11-tool --module "$MDOC_MODULE" --list-token-slots
must "R-CARD-46, R-DUTY-02: who knows the PIN changes it" "${p11[@]}" --login --pin "$(cat pin)" --change-pin --new-pin atarashii-2026
fails "R-CARD-46: the old one is none any more" "${user[@]}" --list-objects
echo atarashii-2026 > pin

# Keys as they should be.
points=()
for i in 01 02 03 04 05 06 07 08; do
	"${p11[@]}" --login --pin "$(cat pin)" --keypairgen --key-type EC:prime256v1 --id $i --label k$i >/dev/null 2>&1
	"${p11[@]}" --read-object --type pubkey --id $i --output-file $i.der >/dev/null 2>&1
	points+=("$i.der")
done
show openssl pkey -pubin -pubcheck -noout "…"
# shellcheck disable=SC2016 # the inner shell expands it
must "R-MED-02: points on the curve, as OpenSSL sees them" bash -c \
	'for f; do openssl pkey -pubin -inform DER -in "$f" -pubcheck -noout >/dev/null || exit 1; done' _ "${points[@]}"
must "R-MED-02: no two alike" test "$(sha256sum "${points[@]}" | cut -d" " -f1 | sort -u | wc -l)" = 8

# What is shown to be scanned.
exits 4 "a session that nobody comes to" mdoc-present session --token holder --pin-file pin --yes --reader-policy any \
	--listen unix:meet --engagement-out qr.txt --wait 1
must "there was a code to scan" grep -q ^mdoc: qr.txt
lacks "R-CARD-21: without the Individual Number" 123456789012 qr.txt

# Two transmissions.
make_session
respond one.cbor
respond two.cbor
must "R-FACE-16: two transmissions have no value in common that lets them be put together" /usr/bin/python3 - <<'PY'
import cbor2

def values(name):
    doc = cbor2.load(open(name, "rb"))["documents"][0]
    auth = doc["issuerSigned"]["issuerAuth"]
    mso = cbor2.loads(cbor2.loads(auth[2]).value)
    found = {bytes(auth[3]), mso["deviceKeyInfo"]["deviceKey"][-2], doc["deviceSigned"]["deviceAuth"]["deviceSignature"][3]}
    for digests in mso["valueDigests"].values():
        found |= set(digests.values())
    for items in doc["issuerSigned"]["nameSpaces"].values():
        found |= {cbor2.loads(item.value)["random"] for item in items}
    return found

one, two = values("one.cbor"), values("two.cbor")
assert len(one) > 8 and not one & two, one & two
PY
says '"unused": 1' "R-EXH-01: each cost a copy" mdoc-token status --token holder --pin-file pin --json
done_testing
