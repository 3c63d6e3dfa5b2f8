#!/usr/bin/env bash
# If this failed, a key of a token would be out of reach of the openssl command: of those who sign files, make
# requests, run a certificate authority or a time stamp authority with it.
# From the environment: MDOC_MODULE, MDOC_OSSL_MODULES, MDOC_PREFIX.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
# shellcheck source=ossl.sh
. "$here/ossl.sh"

token=cli
make_token cli
make_pair p256 01 prime256v1
make_pair p384 02 secp384r1
make_pair p521 03 secp521r1
if can brainpool; then make_pair brainpool 04 brainpoolP384r1; fi
if can edwards; then make_pair ed25519 05 edwards25519; fi
read -ra others <<< "p384 p521 $(having brainpool brainpool)"
read -ra pairs <<< "p256 ${others[*]} $(having edwards ed25519)"
make_ca
certify cli p256 01 signer
echo letter > letter

# --- storeutl: what there is -------------------------------------------------------------------------
in_store() { "${ossl[@]}" storeutl -noout "$@"; }
says "Total found: $((2 * ${#pairs[@]} + 1))" "storeutl lists all of a token" in_store "pkcs11:token=cli?pin-source=file:$scratch/pin"
says "Total found: ${#pairs[@]}" "its private keys" in_store -keys "pkcs11:token=cli?pin-source=file:$scratch/pin"
says "Total found: ${#pairs[@]}" "by type" in_store "pkcs11:token=cli;type=private?pin-source=file:$scratch/pin"
says "Total found: ${#pairs[@]}" "its public keys, by type, without a PIN" in_store "pkcs11:token=cli;type=public"
says "Total found: 1" "its certificates, without a PIN" in_store -certs "pkcs11:token=cli"
says "0: Pkey" "a key by its label" in_store "$(uri p384)"
says "Total found: 1" "that one alone" in_store "$(uri p384)"
says "Total found: 3" "all of one id" in_store "pkcs11:token=cli;id=%01?pin-source=file:$scratch/pin"
says "Total found: 1" "one by its id" in_store "pkcs11:id=%03;type=private?pin-source=file:$scratch/pin"
serial=$("${p11[@]}" --list-token-slots | sed -n 's/.*serial num *: *//p')
says "Total found: 1" "one by the token's serial" in_store "pkcs11:serial=$serial;object=p256;type=public"
slot=$("${p11[@]}" --list-token-slots | sed -n 's/^Slot 0 (0x\([0-9a-f]*\)).*/\1/p')
says "Total found: 1" "one by the number of its slot" in_store "pkcs11:slot-id=$((16#$slot));object=p256;type=public"
says "Total found: 1" "one by manufacturer and model" in_store \
	"pkcs11:manufacturer=mdoc-pkcs11;model=$model_in_uri;object=p256;type=public"
says "Total found: 1" "one by the module of the URI" env MDOC_PKCS11_MODULE=/nowhere.so "${ossl[@]}" storeutl -noout \
	"pkcs11:object=p256;type=public?module-path=$MDOC_MODULE"
says "CN=signer" "a certificate is shown" "${ossl[@]}" storeutl -noout -text -certs "pkcs11:token=cli;object=p256"

# --- pkey: the public half and the reference ---------------------------------------------------------
# shellcheck disable=SC2086 # names have no spaces
for name in "${pairs[@]}"; do
	must "pkey -pubout of $name" "${ossl[@]}" pkey -in "$(uri $name)" -pubout -out got.pub
	must "is what others read" cmp got.pub $name.pub
	must "and of its public key, without a PIN" "${ossl[@]}" pkey -pubin -in "$(uri $name public)" -pubout -out got.pub
	must "the same" cmp got.pub $name.pub
done
says "ASN1 OID: prime256v1" "pkey -text_pub names the curve" "${ossl[@]}" pkey -in "$(uri p256)" -noout -text_pub
says "ASN1 OID: prime256v1" "so does ec of the public key" "${ossl[@]}" ec -pubin -in "$(uri p256 public)" -noout -text
must "pkey -check" "${ossl[@]}" pkey -pubin -in "$(uri p256 public)" -noout -pubcheck
# shellcheck disable=SC2086 # names have no spaces
for name in p256 p384 $(having edwards ed25519); do
	must "pkey writes a reference to $name" "${ossl[@]}" pkey -in "$(uri $name)" -out $name.pem.key
	says "BEGIN PKCS#11 PROVIDER URI" "which is no key" cat $name.pem.key
	must "it has the public half" "${ossl[@]}" pkey -in $name.pem.key -pubout -out got.pub
	must "of that key" cmp got.pub $name.pub
done
setup openssl asn1parse -in p256.pem.key -noout -out p256.ref.der
must "a reference in DER is read as well" "${ossl[@]}" pkey -in p256.ref.der -pubout -out got.pub
must "to the same key" cmp got.pub p256.pub

# --- Signatures --------------------------------------------------------------------------------------
for hash in sha1 sha224 sha256 sha384 sha512 sha512-224 sha512-256 sha3-224 sha3-256 sha3-384 sha3-512; do
	must "dgst -$hash signs" "${ossl[@]}" dgst -$hash -sign "$(uri p256)" -out letter.sig letter
	must "and OpenSSL alone verifies" openssl dgst -$hash -verify p256.pub -signature letter.sig letter
done
# shellcheck disable=SC2086 # names have no spaces
for name in "${others[@]}"; do
	must "dgst signs with $name" "${ossl[@]}" dgst -sha384 -sign "$(uri $name)" -out letter.sig letter
	must "and OpenSSL alone verifies" openssl dgst -sha384 -verify $name.pub -signature letter.sig letter
	fails "and not another message" openssl dgst -sha384 -verify $name.pub -signature letter.sig $name.pub
done
must "dgst signs with a reference" "${ossl[@]}" dgst -sha256 -sign p256.pem.key -out letter.sig letter
must "and OpenSSL alone verifies" openssl dgst -sha256 -verify p256.pub -signature letter.sig letter
must "dgst verifies with the key of the token" "${ossl[@]}" dgst -sha256 -prverify "$(uri p256)" -signature letter.sig letter
must "and with its public key" "${ossl[@]}" dgst -sha256 -verify "$(uri p256 public)" -signature letter.sig letter
fails "and not another message" "${ossl[@]}" dgst -sha256 -verify "$(uri p256 public)" -signature letter.sig p256.pub
openssl dgst -sha256 -binary -out digest letter
must "pkeyutl signs a digest" "${ossl[@]}" pkeyutl -sign -inkey "$(uri p256)" -in digest -out digest.sig
must "OpenSSL alone verifies" openssl pkeyutl -verify -pubin -inkey p256.pub -in digest -sigfile digest.sig
must "pkeyutl verifies with the key" "${ossl[@]}" pkeyutl -verify -inkey "$(uri p256)" -in digest -sigfile digest.sig
must "and with the public key" "${ossl[@]}" pkeyutl -verify -pubin -inkey "$(uri p256 public)" -in digest -sigfile digest.sig
openssl dgst -sha384 -binary -out longer letter
fails "and not another digest" "${ossl[@]}" pkeyutl -verify -pubin -inkey "$(uri p256 public)" -in longer -sigfile digest.sig
must "pkeyutl -rawin signs a message" "${ossl[@]}" pkeyutl -sign -rawin -digest sha512 -inkey "$(uri p384)" -in letter \
	-out letter.sig
must "OpenSSL alone verifies" openssl dgst -sha512 -verify p384.pub -signature letter.sig letter
if can edwards; then
	must "pkeyutl -rawin signs with Ed25519" "${ossl[@]}" pkeyutl -sign -rawin -inkey "$(uri ed25519)" -in letter -out letter.sig
	must "OpenSSL alone verifies" openssl pkeyutl -verify -rawin -pubin -inkey ed25519.pub -in letter -sigfile letter.sig
	must "and the public key of the token" "${ossl[@]}" pkeyutl -verify -rawin -pubin -inkey "$(uri ed25519 public)" \
		-in letter -sigfile letter.sig
	must "a reference to Ed25519" "${ossl[@]}" pkeyutl -sign -rawin -inkey ed25519.pem.key -in letter -out letter.sig
	must "signs too" openssl pkeyutl -verify -rawin -pubin -inkey ed25519.pub -in letter -sigfile letter.sig
fi

# --- Key generation in the token ---------------------------------------------------------------------
genpkey() { # genpkey NAME ID ARGUMENTS...: in the token, its reference in NAME.pem.key
	local name=$1 id=$2; shift 2
	"${ossl[@]}" genpkey -propquery '?provider=mdoc-pkcs11-provider' "$@" \
		-pkeyopt "pkcs11_uri:pkcs11:token=cli;object=$name;id=%$id?pin-source=file:$scratch/pin" -out "$name.pem.key"
}
made=0
while read -r needs name curve arguments; do
	made=$((made + 1))
	if ! can "$needs"; then
		# shellcheck disable=SC2086
		fails "genpkey makes no $curve in a token that cannot" genpkey "$name" "2$made" $arguments
		must "and leaves no reference" test ! -s "$name.pem.key"
		continue
	fi
	# shellcheck disable=SC2086 # several words
	must "genpkey makes $curve in the token" genpkey "$name" "2$made" $arguments
	says "$name" "where others find it" "${p11[@]}" --token-label cli --login --pin env:PIN --list-objects --type privkey \
		--id "2$made"
	must "its public half is read" "${ossl[@]}" pkey -in "$name.pem.key" -pubout -out "$name.pub"
	says "$curve" "and is of that kind" openssl pkey -pubin -in "$name.pub" -noout -text_pub
done <<'KEYS'
nist new256 prime256v1 -algorithm EC -pkeyopt group:P-256
nist new384 secp384r1 -algorithm EC -pkeyopt ec_paramgen_curve:secp384r1
nist new521 secp521r1 -algorithm EC -pkeyopt group:P-521
edwards newed25519 ED25519 -algorithm ED25519
edwards newed448 ED448 -algorithm ED448
edwards newx25519 X25519 -algorithm X25519
edwards newx448 X448 -algorithm X448
KEYS
for name in new256 new384 new521; do
	must "$name signs" "${ossl[@]}" dgst -sha256 -sign $name.pem.key -out letter.sig letter
	must "and OpenSSL alone verifies" openssl dgst -sha256 -verify $name.pub -signature letter.sig letter
done
# shellcheck disable=SC2086 # names have no spaces
for name in $(having edwards newed25519 newed448); do
	must "$name signs" "${ossl[@]}" pkeyutl -sign -rawin -inkey $name.pem.key -in letter -out letter.sig
	must "and OpenSSL alone verifies" openssl pkeyutl -verify -rawin -pubin -inkey $name.pub -in letter -sigfile letter.sig
done
must "a key made without a word of us" "${ossl[@]}" genpkey -algorithm EC -pkeyopt group:P-256 -out soft.key
says "BEGIN PRIVATE KEY" "is in its file" cat soft.key
setup openssl pkey -in soft.key -pubout -out soft.pub

# --- Key agreement -----------------------------------------------------------------------------------
agrees() { # agrees NAME ALGORITHM...: the same secret on both sides
	local name=$1; shift
	setup openssl genpkey "$@" -out peer.key
	setup openssl pkey -in peer.key -pubout -out peer.pub
	must "$name derives" "${ossl[@]}" pkeyutl -derive -inkey "$(uri "$name")" -peerkey peer.pub -out secret
	setup openssl pkeyutl -derive -inkey peer.key -peerkey "$name.pub" -out expected
	must "the secret of the other side" cmp secret expected
}
agrees p256 -algorithm EC -pkeyopt group:P-256
agrees p384 -algorithm EC -pkeyopt group:P-384
agrees p521 -algorithm EC -pkeyopt group:P-521
if can brainpool; then agrees brainpool -algorithm EC -pkeyopt group:brainpoolP384r1; fi
if can edwards; then
	agrees newx25519 -algorithm X25519
	agrees newx448 -algorithm X448
fi
must "two keys of the token agree" "${ossl[@]}" pkeyutl -derive -inkey "$(uri p256)" -peerkey "$(uri new256 public)" \
	-peerform PEM -out secret
must "from either side" "${ossl[@]}" pkeyutl -derive -inkey "$(uri new256)" -peerkey p256.pub -out expected
must "on one secret" cmp secret expected

# --- req, x509, ca: a certificate authority whose key is in the token --------------------------------
must "req -new" "${ossl[@]}" req -new -key "$(uri p384)" -subj /CN=client -out client.csr
says "verify OK" "makes a request that verifies" openssl req -in client.csr -verify -noout
other=p256
if can edwards; then other=ed25519; fi
must "req -new with $other" "${ossl[@]}" req -new -key "$(uri $other)" -subj /CN=edwards -out edwards.csr
says "verify OK" "too" openssl req -in edwards.csr -verify -noout
must "req -x509" "${ossl[@]}" req -x509 -key "$(uri p521)" -subj '/CN=Token CA' -days 30 -out token-ca.pem \
	-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
must "makes a certificate that verifies" openssl verify -CAfile token-ca.pem token-ca.pem
must "x509 -req by that authority" "${ossl[@]}" x509 -req -in client.csr -CA token-ca.pem -CAkey "$(uri p521)" -days 30 \
	-out client.pem
must "gives one that verifies" openssl verify -CAfile token-ca.pem client.pem
must "x509 -key signs a certificate with its own key" "${ossl[@]}" x509 -req -in edwards.csr -key "$(uri $other)" -days 30 \
	-out edwards.pem
must "which verifies" openssl verify -CAfile edwards.pem -check_ss_sig edwards.pem
setup openssl x509 -in token-ca.pem -outform DER -out token-ca.crt
setup "${p11[@]}" --token-label cli --login --pin env:PIN --write-object token-ca.crt --type cert --id 03 --label p521
must "x509 reads from the token" "${ossl[@]}" x509 -in "pkcs11:token=cli;object=p521;type=cert" -out got.pem
must "what was written" cmp got.pem token-ca.pem
must "x509 -req with key and certificate of the token" "${ossl[@]}" x509 -req -in edwards.csr -days 30 -out issued.pem \
	-CA "pkcs11:token=cli;object=p521;type=cert" -CAkey "$(uri p521)" -set_serial 7
must "gives one that verifies" openssl verify -CAfile token-ca.pem issued.pem
must "verify -CAstore" "${ossl[@]}" verify -CAstore "pkcs11:token=cli;object=p521;type=cert" issued.pem
touch index.txt
printf '%s\n' '[ca]' 'default_ca = own' '[own]' "database = $scratch/index.txt" "new_certs_dir = $scratch" 'rand_serial = yes' \
	'default_md = sha256' 'policy = any' 'default_days = 30' 'default_crl_days = 7' '[any]' 'commonName = supplied' > ca.cnf
must "ca signs a request" "${ossl[@]}" ca -batch -notext -config ca.cnf -cert token-ca.pem -keyfile "$(uri p521)" -in client.csr \
	-out by-ca.pem
must "which verifies" openssl verify -CAfile token-ca.pem by-ca.pem
must "ca -gencrl" "${ossl[@]}" ca -gencrl -config ca.cnf -cert token-ca.pem -keyfile "$(uri p521)" -out ca.crl
says "verify OK" "makes a list that verifies" openssl crl -in ca.crl -CAfile token-ca.pem -noout

# --- cms and ts --------------------------------------------------------------------------------------
must "cms -sign" "${ossl[@]}" cms -sign -in letter -signer p256.pem -inkey "$(uri p256)" -nodetach -outform PEM -out letter.cms
must "OpenSSL alone verifies" openssl cms -verify -in letter.cms -inform PEM -CAfile ca.pem -out got
says "letter" "what was signed" cat got
must "cms -sign with a certificate of the token" "${ossl[@]}" cms -sign -in letter -outform PEM -out letter.cms -nodetach \
	-signer "pkcs11:token=cli;object=p256;type=cert" -inkey "$(uri p256)"
must "OpenSSL alone verifies" openssl cms -verify -in letter.cms -inform PEM -CAfile ca.pem -out got
must "smime -sign" "${ossl[@]}" smime -sign -in letter -signer p256.pem -inkey "$(uri p256)" -out letter.smime
must "OpenSSL alone verifies" openssl smime -verify -in letter.smime -CAfile ca.pem -out got

printf '%s\n' 'extendedKeyUsage=critical,timeStamping' 'keyUsage=critical,digitalSignature' > tsa.ext
setup openssl x509 -new -subj /CN=TSA -force_pubkey p384.pub -CA ca.pem -CAkey ca.key -days 30 -extfile tsa.ext -out tsa.pem
echo 01 > tsa.serial
printf '%s\n' '[tsa]' 'default_tsa = own' '[own]' "serial = $scratch/tsa.serial" 'default_policy = 1.2.3.4' \
	'digests = sha256, sha384' 'signer_digest = sha256' 'ess_cert_id_alg = sha256' 'accuracy = secs:1' > tsa.cnf
must "a request for a time stamp" openssl ts -query -data letter -sha256 -cert -out letter.tsq
must "ts -reply with the token's key" "${ossl[@]}" ts -reply -config tsa.cnf -queryfile letter.tsq -signer tsa.pem \
	-inkey p384.pem.key -out letter.tsr
says "Verification: OK" "OpenSSL alone verifies" openssl ts -verify -queryfile letter.tsq -in letter.tsr -CAfile ca.pem

# --- Where the PIN and the provider come from --------------------------------------------------------
sign=(dgst -sha256 -sign "$(uri p256 private '')" -out letter.sig letter)
verified() { must "and OpenSSL alone verifies" openssl dgst -sha256 -verify p256.pub -signature letter.sig letter; rm -f letter.sig; }
must "the PIN by -passin" "${ossl[@]}" dgst -passin file:pin "${sign[@]:1}"; verified
must "by MDOC_PKCS11_PIN_FILE" env MDOC_PKCS11_PIN_FILE="$scratch/pin" "${ossl[@]}" "${sign[@]}"; verified
must "by MDOC_PKCS11_PIN" env MDOC_PKCS11_PIN="$PIN" "${ossl[@]}" "${sign[@]}"; verified
says "cli" "on a terminal the prompt names the token" "${tty[@]}" PIN "${ossl[@]}" "${sign[@]}"; verified
must "by a pin-source that is a path" "${ossl[@]}" dgst -sha256 -sign "$(uri p256 private '')?pin-source=$scratch/pin" \
	-out letter.sig letter; verified
must "by pin-value" env MDOC_PKCS11_LOG="$scratch/value.log:1" "${ossl[@]}" dgst -sha256 -out letter.sig \
	-sign "$(uri p256 private '')?pin-value=$PIN" letter; verified
must "of which the log warns" grep -q pin-value value.log
fails "without the PIN" grep -q "$PIN" value.log
must "with a log that is off" env MDOC_PKCS11_LOG="$scratch/off.log:0" "${ossl[@]}" dgst -sha256 -out letter.sig \
	-sign "$(uri p256 private '')?pin-value=$PIN" letter; verified
fails "there is none" test -e off.log
must "a reference made by pin-value" "${ossl[@]}" pkey -in "$(uri p256 private '')?pin-value=$PIN" -out no-pin.key
fails "has no PIN in it" grep -q "$PIN" <(openssl asn1parse -in no-pin.key)
must "but one that has pin-source" "${ossl[@]}" pkey -in "$(uri p256)" -out with-pin.key
says "pin-source" "has that" openssl asn1parse -in with-pin.key
must "genpkey asks for the PIN as well" "${tty[@]}" PIN "${ossl[@]}" genpkey -propquery '?provider=mdoc-pkcs11-provider' \
	-algorithm EC -pkeyopt group:P-256 -pkeyopt "pkcs11_uri:pkcs11:token=cli;object=asked" -out asked.key
must "and the key can be used" "${ossl[@]}" dgst -passin file:pin -sha256 -sign asked.key -out letter.sig letter
says "Total found: 1" "by the label alone, too" in_store "$(uri asked)"

# --- No leaks ----------------------------------------------------------------------------------------
must "a listing" "${memcheck[@]}" storeutl -noout "pkcs11:token=cli?pin-source=file:$scratch/pin"
must "a signature" "${memcheck[@]}" dgst -sha256 -sign "$(uri p256)" -out letter.sig letter; verified
if can edwards; then
	must "one by Ed25519" "${memcheck[@]}" pkeyutl -sign -rawin -inkey "$(uri ed25519)" -in letter -out letter.sig
fi
must "one by a reference" "${memcheck[@]}" dgst -sha256 -sign p256.pem.key -out letter.sig letter; verified
must "a verification" "${memcheck[@]}" pkeyutl -verify -inkey "$(uri p256)" -in digest -sigfile digest.sig
must "a secret" "${memcheck[@]}" pkeyutl -derive -inkey "$(uri p256)" -peerkey new256.pub -out secret
must "a new key" "${memcheck[@]}" genpkey -propquery '?provider=mdoc-pkcs11-provider' -algorithm EC -pkeyopt group:P-256 \
	-out light.key -pkeyopt "pkcs11_uri:pkcs11:token=cli;object=light?pin-source=file:$scratch/pin"
must "a request" "${memcheck[@]}" req -new -key "$(uri p256)" -subj /CN=light -out light.csr
must "a message" "${memcheck[@]}" cms -sign -in letter -signer p256.pem -inkey "$(uri p256)" -out light.cms

# --- The configuration -------------------------------------------------------------------------------
configured() { # configured KEY=VALUE...: settings in the provider's own section, by itself as OPENSSL_CONF
	printf '%s\n' 'openssl_conf = init' '[init]' 'providers = providers' '[providers]' 'default = builtin' \
		'mdoc-pkcs11-provider = ours' '[builtin]' 'activate = 1' '[ours]' 'activate = 1' "$@" > own.cnf
}
own=(env -u MDOC_PKCS11_MODULE OPENSSL_CONF="$scratch/own.cnf" LD_PRELOAD="$sanitizer" openssl)
configured "pin-file = $scratch/pin" "pkcs11-module = $MDOC_MODULE"
must "by pin-file of the configuration" "${own[@]}" "${sign[@]}"; verified
configured "pin = $PIN"
must "by pin of the configuration" "${own[@]}" "${sign[@]}"; verified
configured "pin-file = $scratch/wrong-pin"
must "the environment goes before" env MDOC_PKCS11_PIN_FILE="$scratch/pin" "${own[@]}" "${sign[@]}"; verified
must "the snippet by itself" env OPENSSL_CONF="$snippet" LD_PRELOAD="$sanitizer" openssl dgst -sha256 -sign "$(uri p256)" \
	-out letter.sig letter; verified
must "req by the snippet alone" env OPENSSL_CONF="$snippet" LD_PRELOAD="$sanitizer" openssl req -new -key "$(uri p256)" \
	-subj /CN=alone -out alone.csr
says "verify OK" "makes a request that verifies" openssl req -in alone.csr -verify -noout
echo > empty.cnf
loaded=(env OPENSSL_CONF="$scratch/empty.cnf" LD_PRELOAD="$sanitizer" openssl)
for order in "default mdoc-pkcs11-provider" "mdoc-pkcs11-provider default"; do
	providers=(-provider "${order% *}" -provider "${order#* }")
	must "-provider $order" "${loaded[@]}" dgst "${providers[@]}" -sha256 -sign "$(uri p256)" -out letter.sig letter; verified
	must "pkeyutl with them" "${loaded[@]}" pkeyutl "${providers[@]}" -sign -inkey p256.pem.key -in digest -out digest.sig
	must "and with a key of no token" "${loaded[@]}" pkeyutl "${providers[@]}" -sign -inkey soft.key -in digest -out soft.sig
	must "pkeyutl verifies" "${loaded[@]}" pkeyutl "${providers[@]}" -verify -pubin -inkey soft.pub -in digest -sigfile soft.sig
	must "and with the public key of the token" "${loaded[@]}" pkeyutl "${providers[@]}" -verify -pubin \
		-inkey "$(uri p256 public)" -in digest -sigfile digest.sig
	must "verify with them" "${loaded[@]}" verify "${providers[@]}" -CAfile token-ca.pem client.pem
	must "pkeyutl derives" "${loaded[@]}" pkeyutl "${providers[@]}" -derive -inkey soft.key -peerkey p256.pub -out expected
	must "on both sides" "${loaded[@]}" pkeyutl "${providers[@]}" -derive -inkey "$(uri p256)" -peerkey soft.pub -out secret
	must "the same" cmp secret expected
	must "req with them" "${loaded[@]}" req "${providers[@]}" -config "$conf" -new -key "$(uri p256)" -subj /CN=order -out o.csr
	says "verify OK" "verifies" openssl req -in o.csr -verify -noout
	must "cms with them" "${loaded[@]}" cms "${providers[@]}" -sign -in letter -signer p256.pem -inkey "$(uri p256)" -out o.cms
	must "verifies" openssl cms -verify -in o.cms -CAfile ca.pem -out got
	must "a software key is made and used" "${loaded[@]}" req "${providers[@]}" -config "$conf" -x509 -newkey ec \
		-pkeyopt ec_paramgen_curve:P-256 -noenc -keyout o.key -subj /CN=soft -out o.pem
	says "BEGIN PRIVATE KEY" "in its file" cat o.key
done
says "name: " "the provider says its name" "${ossl[@]}" list -providers -verbose

# --- Keys that want the PIN for each signature -------------------------------------------------------
make_pair always 40 prime256v1 --usage-sign --always-auth
log=$scratch/always.log
must "a key with CKA_ALWAYS_AUTHENTICATE signs" env MDOC_PKCS11_LOG="$log:2" "${ossl[@]}" dgst -sha256 -sign "$(uri always)" \
	-out letter.sig letter
must "OpenSSL alone verifies" openssl dgst -sha256 -verify always.pub -signature letter.sig letter
must "after two logins" test "$(grep -c ' C_Login(' "$log")" -eq 2
must "on a terminal the PIN is asked twice" "${tty[@]}" PIN,PIN "${ossl[@]}" dgst -sha256 -sign "$(uri always private '')" \
	-out letter.sig letter
must "OpenSSL alone verifies" openssl dgst -sha256 -verify always.pub -signature letter.sig letter
says "always" "and the prompt names the key" "${tty[@]}" PIN,PIN "${ossl[@]}" dgst -sha256 -sign "$(uri always private '')" \
	-out letter.sig letter

# --- Other modules -----------------------------------------------------------------------------------
foreign=$(find /usr/lib/softhsm /usr/lib/*/softhsm -name libsofthsm2.so 2>/dev/null | head -n 1)
mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$scratch" > softhsm2.conf
export SOFTHSM2_CONF=$scratch/softhsm2.conf
# SoftHSM leaks the curve's name with each Ed25519 signature, to pkcs11-tool as well.
echo 'leak:libsofthsm2.so' > known-leaks
export LSAN_OPTIONS=suppressions=$scratch/known-leaks:print_suppressions=0
export ASAN_OPTIONS=${ASAN_OPTIONS-}:fast_unwind_on_malloc=0
soft=(pkcs11-tool --module "$foreign" --token-label soft --login --pin env:PIN)
setup pkcs11-tool --module "$foreign" --slot-index 0 --init-token --label soft --so-pin env:SO
setup pkcs11-tool --module "$foreign" --token-label soft --login --login-type so --so-pin env:SO --init-pin --new-pin env:PIN
setup "${soft[@]}" --keypairgen --key-type EC:prime256v1 --id 01 --label soft256 --usage-sign --usage-derive
setup "${soft[@]}" --keypairgen --key-type EC:edwards25519 --id 02 --label soft25519 --usage-sign
other() { # other CLAIM COMMAND...: the same uses of SoftHSM's keys, by that command
	local claim=$1 name; shift
	for name in soft256 soft25519; do
		must "$claim shows $name" "$@" pkey -in "$(uri $name private pin soft)" -pubout -out $name.pub
	done
	must "$claim signs" "$@" dgst -sha256 -sign "$(uri soft256 private pin soft)" -out letter.sig letter
	must "OpenSSL alone verifies" openssl dgst -sha256 -verify soft256.pub -signature letter.sig letter
	must "$claim signs with Ed25519" "$@" pkeyutl -sign -rawin -inkey "$(uri soft25519 private pin soft)" -in letter -out letter.sig
	must "OpenSSL alone verifies" openssl pkeyutl -verify -rawin -pubin -inkey soft25519.pub -in letter -sigfile letter.sig
	must "$claim derives" "$@" pkeyutl -derive -inkey "$(uri soft256 private pin soft)" -peerkey p256.pub -out secret
	must "and the other side" "${ossl[@]}" pkeyutl -derive -inkey "$(uri p256)" -peerkey soft256.pub -out expected
	must "the same" cmp secret expected
}
configured "pkcs11-module = $foreign"
other "SoftHSM by pkcs11-module" "${own[@]}"
other "SoftHSM by MDOC_PKCS11_MODULE" env MDOC_PKCS11_MODULE="$foreign" "${ossl[@]}"
genkey=(genpkey -propquery '?provider=mdoc-pkcs11-provider' -algorithm EC -pkeyopt group:P-384)
must "a key pair is made in SoftHSM" "${own[@]}" "${genkey[@]}" -pkeyopt \
	"pkcs11_uri:pkcs11:token=soft;object=made;id=%03?pin-source=file:$scratch/pin" -out made.key
must "and signs" "${own[@]}" dgst -sha384 -sign made.key -out letter.sig letter
"${own[@]}" pkey -in made.key -pubout -out made.pub
must "OpenSSL alone verifies" openssl dgst -sha384 -verify made.pub -signature letter.sig letter

# p11-kit's proxy shows all modules that p11-kit knows. Where it looks is built into it, so this takes a private view
# of that folder; without the right to one the claims are left out.
modules=$(pkg-config --variable=p11_module_configs p11-kit-1)
printf 'module: %s\ncritical: no\n' "$MDOC_MODULE" > ours.module
printf 'module: %s\ncritical: no\n' "$foreign" > theirs.module
as_root=(unshare --mount)
[ "$(id -u)" -eq 0 ] || as_root=(unshare --user --map-root-user --mount)
# shellcheck disable=SC2016 # for the inner shell
kit=("${as_root[@]}" bash -c '
	set -e
	mount -t tmpfs tmpfs "$1"
	cp ours.module theirs.module "$1"
	shift
	exec "$@"' kit "$modules")
configured "pkcs11-module = p11-kit-proxy.so"
if "${kit[@]}" true 2>/dev/null; then
	other "the proxy" "${kit[@]}" "${own[@]}"
	must "the proxy signs with our key" "${kit[@]}" "${own[@]}" dgst -sha256 -sign "$(uri p256)" -out letter.sig letter
	must "OpenSSL alone verifies" openssl dgst -sha256 -verify p256.pub -signature letter.sig letter
else
	echo "skip p11-kit-proxy.so: no private view of $modules here"
fi

# --- A holder key before it is bound: for proofs of possession ---------------------------------------
unset SOFTHSM2_CONF
make_issuer
make_holder # its PIN is in pin from now on
quiet mdoc-issuer --dir issuer offer --out offer.json
quiet mdoc-token request --token holder --offer offer.json --count 1 --out request.json --pin-file pin
export HOLDER_PIN=himitsu-2026
id=$(mdoc-token list --token holder --pin-file pin --json | sed -n 's/.*"id": "\(.*\)".*/\1/p' | sed 's/../%&/g')
holder="pkcs11:token=holder;id=$id;type=private"
must "a holder key signs a request" "${ossl[@]}" req -new -key "$holder?pin-source=file:$scratch/pin" -subj /CN=holder -out holder.csr
says "verify OK" "that verifies" openssl req -in holder.csr -verify -noout
must "on a terminal it asks twice" "${tty[@]}" HOLDER_PIN,HOLDER_PIN "${ossl[@]}" dgst -sha256 -sign "$holder" -out letter.sig letter
openssl req -in holder.csr -pubkey -noout -out holder.pub
must "and signs" openssl dgst -sha256 -verify holder.pub -signature letter.sig letter
says "holder" "naming the token" "${tty[@]}" HOLDER_PIN,HOLDER_PIN "${ossl[@]}" dgst -sha256 -sign "$holder" -out letter.sig letter
says "mdoc holder key" "and the key" "${tty[@]}" HOLDER_PIN,HOLDER_PIN "${ossl[@]}" dgst -sha256 -sign "$holder" -out letter.sig letter
rm letter.sig
says "CKR_PIN_INCORRECT" "a wrong PIN for the signature" "${tty[@]}" HOLDER_PIN,WRONG "${ossl[@]}" dgst -sha256 -sign "$holder" \
	-out letter.sig letter
must "gives none" test ! -s letter.sig
done_testing
