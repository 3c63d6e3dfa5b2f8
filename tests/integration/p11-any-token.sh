#!/usr/bin/env bash
# If this failed, the keys of issuers, readers and holders could live in no token but ours, on no curve but P-256, or
# on no machine but this one.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
servers=()
stop() { for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null; done; wait 2>/dev/null; clean_up; }
trap stop EXIT
cd "$scratch" || exit 1
export PKG_CONFIG_PATH=$MDOC_PREFIX/lib/pkgconfig
softhsm=""
for path in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so; do
	[ -e "$path" ] && softhsm=$path
done
if [ -z "$softhsm" ]; then echo "skip - SoftHSM is not installed"; exit 0; fi
client=$(pkg-config --variable=p11_module_path p11-kit-1)/p11-kit-client.so
mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$scratch" > softhsm2.conf
export SOFTHSM2_CONF=$scratch/softhsm2.conf
echo 'himitsu-2026' > pin
echo 'not-the-pin-2026' > wrong
export PIN=himitsu-2026 NS

# token MODULE LABEL: a token made by stock calls.
token() { quiet mdoc-token init --module "$1" --label "$2" --so-pin-file "$scratch/so-$2" --pin-file pin; }

# pair MODULE TOKEN ID TYPE: a key pair by pkcs11-tool.
pair() {
	quiet pkcs11-tool --module "$1" --token-label "$2" --login --pin env:PIN --keypairgen --key-type "$4" --id "$3" \
		--label "key-$3" --usage-sign --usage-derive
}

serve() { # serve MODULE TOKEN: what p11-kit-client.so then sees, as from another machine
	show p11-kit server --foreground --name "$scratch/$2.socket" --provider "$1" "pkcs11:token=$2" '&'
	p11-kit server --foreground --name "$scratch/$2.socket" --provider "$1" "pkcs11:token=$2" > "$2.log" 2>&1 &
	servers+=($!)
	for _ in $(seq 100); do [ -S "$2.socket" ] && break; sleep 0.1; done
	export P11_KIT_SERVER_ADDRESS=unix:path=$scratch/$2.socket
}

# --- Issuer and holder on every curve that the law allows -----------------------------------------------
token "$softhsm" issuers
make_session
for curve in P-224 Ed25519 X25519; do
	exits 2 "R-CRY-01: no issuer on $curve" mdoc-issuer --dir small init --module "$softhsm" --token issuers \
		--pin-file pin --curve "$curve"
done
exits 2 "no holder's key that cannot sign" mdoc-token request --token issuers --offer none.json --curve X25519 \
	--out never.json
for curves in "P-384 P-256" "P-521 P-384" "brainpoolP256r1 P-521" "brainpoolP320r1 Ed448" "brainpoolP384r1 P-256" \
	"brainpoolP512r1 P-384" "Ed448 P-256"; do
	read -r issuer holder <<< "$curves"
	quiet mdoc-issuer --dir "issuer-$issuer" init --module "$softhsm" --token issuers --pin-file pin --curve "$issuer"
	quiet mdoc-token init --module "$softhsm" --label "holder-$issuer" --so-pin-file "so-holder-$issuer" --pin-file pin \
		--iaca "issuer-$issuer/iaca.pem"
	quiet mdoc-issuer --dir "issuer-$issuer" offer --out offer.json
	quiet mdoc-token request --module "$softhsm" --token "holder-$issuer" --offer offer.json --curve "$holder" \
		--out request.json --pin-file pin
	must "an issuer on $issuer issues for a key on $holder" mdoc-issuer --dir "issuer-$issuer" issue \
		--request request.json --claims "$here/../data/claims.json" --out response.json --pin-file pin
	must "which is imported" mdoc-token import --module "$softhsm" --token "holder-$issuer" --response response.json \
		--pin-file pin --yes
	must "and presented" mdoc-present respond --module "$softhsm" --token "holder-$issuer" --request req.cbor \
		--transcript st.cbor --out dr.cbor --yes --reader-policy any --pin-file pin
	must "and verified" mdoc-reader verify dr.cbor --transcript st.cbor --request req.cbor --iaca "issuer-$issuer/iaca.pem"
done
quiet mdoc-issuer --dir issuer-P-384 offer --out offer.json
quiet mdoc-token request --module "$softhsm" --token holder-P-384 --offer offer.json --curve Ed25519 --out request.json \
	--pin-file pin
exits 1 "R-CRY-01: no record for a key on Ed25519" mdoc-issuer --dir issuer-P-384 issue --request request.json \
	--claims "$here/../data/claims.json" --out never.json --pin-file pin

# --- The same on another machine: every key behind p11-kit's remoting, which passes CKM_ECDSA only ------------
token "$MDOC_MODULE" ourissuers
for module in "$softhsm" "$MDOC_MODULE"; do
	name=issuers
	[ "$module" = "$MDOC_MODULE" ] && name=ourissuers
	serve "$module" "$name"
	exits 1 "$name by remoting: a wrong PIN makes no issuer" mdoc-issuer --dir never init --module "$client" --token "$name" \
		--pin-file wrong
	quiet mdoc-issuer --dir "far-$name" init --module "$client" --token "$name" --pin-file pin
	quiet mdoc-issuer --dir "far-$name" offer --out offer.json
	quiet mdoc-token init --module "$softhsm" --label "far-$name" --so-pin-file "so-far-$name" --pin-file pin \
		--iaca "far-$name/iaca.pem"
	issuer=$P11_KIT_SERVER_ADDRESS
	serve "$softhsm" "far-$name"
	quiet mdoc-token request --module "$client" --token "far-$name" --offer offer.json --out request.json --pin-file pin
	must "$name by remoting: a record is signed" env P11_KIT_SERVER_ADDRESS="$issuer" mdoc-issuer --dir "far-$name" issue \
		--request request.json --claims "$here/../data/claims.json" --out response.json --pin-file pin
	must "imported by remoting" mdoc-token import --module "$client" --token "far-$name" --response response.json \
		--pin-file pin --yes
	exits 1 "a wrong PIN presents nothing" mdoc-present respond --module "$client" --token "far-$name" --request req.cbor \
		--transcript st.cbor --out never.cbor --yes --reader-policy any --pin-file wrong
	must "presented by remoting" mdoc-present respond --module "$client" --token "far-$name" --request req.cbor \
		--transcript st.cbor --out dr.cbor --yes --reader-policy any --pin-file pin
	must "and verified" mdoc-reader verify dr.cbor --transcript st.cbor --request req.cbor --iaca "far-$name/iaca.pem"
done
quiet mdoc-issuer --dir issuer-P-384 offer --out offer.json

# --- A reader's key by URI: in SoftHSM, in our module, in each of them as from another machine ------------
quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem \
	-subj "/C=JP/CN=Readers" -days 300 -config "$here/../../tools/reader/readers.cnf" -extensions root
# The public half of a key of the token as SubjectPublicKeyInfo, on whatever curve.
cat > public.py <<'PY'
import sys
import PyKCS11
lib = PyKCS11.PyKCS11Lib()
lib.load(sys.argv[1])
slot = next(s for s in lib.getSlotList(tokenPresent=True) if lib.getTokenInfo(s).label.strip() == sys.argv[2])
session = lib.openSession(slot)
key = session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PUBLIC_KEY), (PyKCS11.CKA_ID, (int(sys.argv[3], 16),))])[0]
params, point = (bytes(v) for v in session.getAttributeValue(key, [PyKCS11.CKA_EC_PARAMS, PyKCS11.CKA_EC_POINT]))
point = point[3 if point[1] == 0x81 else 2:]
der = lambda tag, body: bytes([tag]) + (bytes([len(body)]) if len(body) < 128 else bytes([0x81, len(body)])) + body
edwards = {b'\x13\x0cedwards25519': '06032b6570', bytes.fromhex('06032b6570'): '06032b6570'}.get(params)
algorithm = bytes.fromhex(edwards) if edwards else bytes.fromhex('06072a8648ce3d0201') + params
sys.stdout.buffer.write(der(0x30, der(0x30, algorithm) + der(3, b'\0' + point)))
PY
certify() { # certify MODULE TOKEN ID: TOKEN-ID.pem for that key of the token, by the reader CA
	show /usr/bin/python3 public.py "$1" "$2" "$3"
	/usr/bin/python3 public.py "$1" "$2" "$3" > "$2-$3.der" || not_ok "set-up: public.py"
	quiet openssl x509 -new -subj "/C=JP/CN=City office" -force_pubkey "$2-$3.der" -CA ca.pem -CAkey ca.key -days 200 \
		-extfile "$here/../../tools/reader/readers.cnf" -extensions reader -out "$2-$3.pem"
}
# What stays unanswered is asked for the copies of holder-P-384, of which there is one by now.
quiet mdoc-token request --module "$softhsm" --token holder-P-384 --offer offer.json --count 14 --out request.json --pin-file pin
quiet mdoc-issuer --dir issuer-P-384 issue --request request.json --claims "$here/../data/claims.json" --out response.json \
	--pin-file pin
quiet mdoc-token import --module "$softhsm" --token holder-P-384 --response response.json --pin-file pin --yes
asks() { # asks MODULE TOKEN ID WHERE: a request signed by that key is answered as one of a trusted reader
	local request=(mdoc-reader request --module "$1" --element "$NS:full_name_unicode" --transcript st.cbor
		--cert "$2-$3.pem" --reader-key "pkcs11:token=$2;id=%$3")
	rm -f asked.cbor
	exits 1 "$4: a wrong PIN signs no request" "${request[@]}" --pin-file wrong --out asked.cbor
	must "and none is written" test ! -e asked.cbor
	must "$4: the reader's key signs a request" "${request[@]}" --pin-file pin --out asked.cbor
	says "City office" "and its holder is trusted" mdoc-present respond --module "$softhsm" --token holder-P-384 \
		--request asked.cbor --transcript st.cbor --out dr.cbor --yes --pin-file pin --reader-ca ca.pem \
		--reader-policy trusted
	must "and gets an answer" mdoc-reader verify dr.cbor --transcript st.cbor --request asked.cbor \
		--iaca issuer-P-384/iaca.pem
}
token "$softhsm" softreader
token "$MDOC_MODULE" ourreader
for module in "$softhsm" "$MDOC_MODULE"; do
	name=softreader
	[ "$module" = "$MDOC_MODULE" ] && name=ourreader
	pair "$module" "$name" 01 EC:prime256v1
	pair "$module" "$name" 02 EC:secp384r1
	pair "$module" "$name" 03 EC:brainpoolP256r1
	pair "$module" "$name" 04 EC:edwards25519
	for id in 01 02 03 04; do
		certify "$module" "$name" "$id"
		asks "$module" "$name" "$id" "$name"
	done
	serve "$module" "$name"
	asks "$client" "$name" 01 "$name by remoting"
done
key=(mdoc-reader request --module "$softhsm" --element "$NS:full_name_unicode" --transcript st.cbor --out never.cbor
	--cert softreader-01.pem --pin-file pin --reader-key)
exits 3 "a URI that names several keys" "${key[@]}" 'pkcs11:token=softreader'
exits 3 "one that names none" "${key[@]}" 'pkcs11:token=softreader;object=none'
exits 3 "a token that is not there" "${key[@]}" 'pkcs11:token=none;id=%01'
exits 3 "the key of another certificate" "${key[@]}" 'pkcs11:token=softreader;id=%02'
exits 3 "a URI that is none" "${key[@]}" 'pkcs11:token=softreader;id=%0'
exits 3 "an attribute that nobody knows" "${key[@]}" 'pkcs11:token=softreader;id=%01;colour=red'
says "does not belong in an argument" "a PIN in the URI" "${key[@]}" 'pkcs11:token=softreader;id=%01?pin-value=himitsu-2026'
pair "$softhsm" softreader 05 rsa:2048
says "another kind of key" "an RSA key" "${key[@]}" 'pkcs11:token=softreader;id=%05'
must "nothing of that is written" test ! -e never.cbor

# --- deviceMac: the keys of both sides in tokens ----------------------------------------------------------
read -ra flags < <(pkg-config --cflags --libs libmdoc libmdoc-p11)
must "a holder's program builds with the public headers alone" cc -std=c17 -D_DEFAULT_SOURCE -Wall -Wextra -Werror \
	-o device_mac "$here/device_mac.c" "${flags[@]}"
engagement=$here/../vectors/annexD/device_engagement.cbor
mdl=org.iso.18013.5.1.mDL
for module in "$softhsm" "$MDOC_MODULE"; do
	name=softreader holder=softholder
	[ "$module" = "$MDOC_MODULE" ] && name=ourreader holder=ourholder
	token "$module" "$holder"
	reader=(--module "$module" --session-key "pkcs11:token=$name;id=%01" --pin-file pin)
	must "the transcript of a reader in $name" mdoc-reader transcript --qr --engagement "$engagement" "${reader[@]}" \
		--out session.cbor
	must "$holder answers with a deviceMac" ./device_mac "$module" "$holder" pin session.cbor $mdl P-256 mac.cbor iaca.der
	verify=(mdoc-reader verify mac.cbor --transcript session.cbor --iaca iaca.der)
	says "device_auth_form" "which nobody can verify without the reader's key" "${verify[@]}"
	exits 1 "nor with another key" "${verify[@]}" --module "$module" --session-key "pkcs11:token=$name;id=%02" --pin-file pin
	exits 0 "and the reader does" "${verify[@]}" "${reader[@]}"
	fails "R-TX-01: no deviceMac for the Japanese record" ./device_mac "$module" "$holder" pin session.cbor "$JP" P-256 \
		never.cbor iaca.der
	must "and nothing is written" test ! -e never.cbor
	fails "nor with a key on another curve" ./device_mac "$module" "$holder" pin session.cbor $mdl P-384 never.cbor iaca.der
done
quiet openssl genpkey -algorithm X25519 -out x25519.pem
for curve in X25519 brainpoolP512r1; do
	[ "$curve" = X25519 ] || quiet openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$curve" -out "${curve,,}.pem"
	quiet mdoc-reader transcript --qr --engagement "$engagement" --session-key "${curve,,}.pem" --out session.cbor
	must "a deviceMac over $curve" ./device_mac "$softhsm" softholder pin session.cbor $mdl $curve mac.cbor iaca.der
	exits 0 "which is verified" mdoc-reader verify mac.cbor --transcript session.cbor --iaca iaca.der \
		--session-key "${curve,,}.pem"
done
# p11-kit 0.24 passes no ECDH: a reason, and nothing else, comes back.
serve "$softhsm" softholder
quiet mdoc-reader transcript --qr --engagement "$engagement" --module "$softhsm" \
	--session-key "pkcs11:token=softreader;id=%01" --pin-file pin --out session.cbor
if ./device_mac "$client" softholder pin session.cbor $mdl P-256 never.cbor iaca.der 2> remote.log; then
	ok "p11-kit's remoting passes ECDH here"
else
	says "MDOC_ERR_CALLBACK (0x70)" "where remoting passes no ECDH, CKR_MECHANISM_INVALID says so" cat remote.log
fi
done_testing
