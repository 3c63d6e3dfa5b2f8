#!/usr/bin/env bash
# If this failed, our programs would need our module: here every step runs on SoftHSM, a module that
# knows nothing of mdocs, through stock PKCS#11 calls alone.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

foreign=""
for path in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so; do
	[ -e "$path" ] && foreign=$path
done
if [ -z "$foreign" ]; then echo "skip - SoftHSM is not installed"; exit 0; fi
mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$scratch" > softhsm2.conf
export SOFTHSM2_CONF=$scratch/softhsm2.conf MDOC_PKCS11_MODULE=$foreign MDOC_MODULE=$foreign

# What our module alone can do is refused, and said so.
exits 2 "a backend can be chosen on our module only" mdoc-token init --label holder --backend vault \
	--so-pin-file "$scratch/so"
must "and no code is left behind" test ! -e "$scratch/so"

make_issuer
echo 'himitsu-2026' > "$scratch/pin"
must "a token is made by stock calls, with a trusted IACA" mdoc-token init --label holder --so-pin-file "$scratch/so" \
	--pin-file "$scratch/pin" --iaca "$scratch/issuer/iaca.pem"
exits 1 "a label is not given twice" mdoc-token init --label holder --so-pin-file "$scratch/so2"
fetch_copies 3
make_session
holder=(--token holder --pin-file "$scratch/pin")
says '"unused": 3' "three copies are stored" mdoc-token status "${holder[@]}" --json
says '氏名' "their contents are shown" mdoc-token show "${holder[@]}"

# A batch without its manifest does not count (a kill between two records), and is swept.
cat > half.py <<'PY'
import sys
import PyKCS11
lib = PyKCS11.PyKCS11Lib()
lib.load(sys.argv[1])
slot = next(s for s in lib.getSlotList(tokenPresent=True) if lib.getTokenInfo(s).label.strip() == 'holder')
session = lib.openSession(slot, PyKCS11.CKF_SERIAL_SESSION | PyKCS11.CKF_RW_SESSION)
session.login(open(sys.argv[2]).read().strip())
manifests = session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_DATA), (PyKCS11.CKA_APPLICATION, 'mdoc-batch')])
records = session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_DATA), (PyKCS11.CKA_APPLICATION, 'mdoc')])
if sys.argv[3] == 'remove':
    for manifest in manifests:
        session.destroyObject(manifest)
print(len(manifests), 'manifests,', len(records), 'records')
session.logout()
PY
half() { /usr/bin/python3 half.py "$foreign" "$scratch/pin" "$1"; }
says "1 manifests, 3 records" "the manifest is there" half remove
says '"unused": 0' "records without a manifest do not count" mdoc-token status "${holder[@]}" --json
must "their response can be imported again" mdoc-token import --token holder --response "$scratch/response.json" \
	--pin-file "$scratch/pin" --yes
says "1 manifests, 3 records" "the remains were swept" half look
fails "the same response twice is refused" mdoc-token import --token holder --response "$scratch/response.json" \
	--pin-file "$scratch/pin" --yes

# A record of another issuer is not kept.

printf 'other-pin-1234\n' > other-pin
quiet mdoc-token init --label other --so-pin-file "$scratch/other-so" --pin-file "$scratch/other-pin"
quiet mdoc-issuer --dir "$scratch/other" init --module "$foreign" --token other --pin-file "$scratch/other-pin"
quiet mdoc-issuer --dir "$scratch/other" offer --out "$scratch/other-offer.json"
quiet mdoc-token request --token holder --offer "$scratch/other-offer.json" --count 1 \
	--out "$scratch/other-request.json" --pin-file "$scratch/pin"
quiet mdoc-issuer --dir "$scratch/other" issue --request "$scratch/other-request.json" \
	--claims "$here/../data/claims.json" --out "$scratch/other-response.json" --pin-file "$scratch/other-pin"
exits 1 "an issuer that the token does not trust is refused" mdoc-token import --token holder \
	--response "$scratch/other-response.json" --pin-file "$scratch/pin" --yes
exits 3 "a cut record is refused" mdoc-token import --token holder --pin-file "$scratch/pin" --yes "$scratch/st.cbor"

# Presentation: the copy is destroyed before the response leaves (R-EXH-01).
for n in 1 2 3; do
	must "response $n is made with CKM_ECDSA" mdoc-present respond "${holder[@]}" --request "$scratch/req.cbor" \
		--transcript "$scratch/st.cbor" --out "$scratch/dr$n.cbor" --yes --reader-policy any
	exits 0 "and verified" mdoc-reader verify "$scratch/dr$n.cbor" --transcript "$scratch/st.cbor" \
		--iaca "$scratch/issuer/iaca.pem"
done
exits 5 "R-EXH-01: no fourth" mdoc-present respond "${holder[@]}" --request "$scratch/req.cbor" \
	--transcript "$scratch/st.cbor" --out "$scratch/dr4.cbor" --yes --reader-policy any
says "1 manifests, 0 records" "used records are gone" half look
must "what is left is erased" mdoc-token erase --records --token holder --pin-file "$scratch/pin" --yes
says '"unbound": 0' "and no holder key is left" mdoc-token status "${holder[@]}" --json
must "the PIN is changed" mdoc-token pin change --token holder --pin-file "$scratch/pin" --new-pin-file "$scratch/other-pin"
fails "the old one is refused" mdoc-token list "${holder[@]}"
must "the new one is taken" mdoc-token list --token holder --pin-file "$scratch/other-pin"
must "the token is erased" mdoc-token erase --token holder --so-pin-file "$scratch/so" --yes
done_testing
