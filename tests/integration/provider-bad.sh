#!/usr/bin/env bash
# If this failed, a typing error, a lost token or a wrong PIN would hang or crash the program that holds the key, cost
# more PIN tries than one, put a PIN where others read it, or leave a person without a word of what to do.
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

# bad TEXT CLAIM COMMAND...: it fails within twenty seconds, neither by a signal nor by a sanitizer, and says TEXT. It
# has no terminal. Of a PIN the provider says nothing; OpenSSL prints URIs as they were given.
bad() {
	local text=$1 claim=$2 got=0 out; shift 2
	show "$@"
	out=$(timeout 20 setsid --wait "$@" 2>&1 < /dev/null | tr -d '\0'; exit "${PIPESTATUS[0]}") || got=$?
	printf '%s\n' "$out"
	check_failure "$got" "$out" "$text" "$claim"
}

check_failure() { # check_failure EXIT-CODE OUTPUT TEXT CLAIM
	local got=$1 out=$2 text=$3 claim=$4
	if [ "$got" -eq 0 ] || [ "$got" -ge 99 ]; then not_ok "$claim (exit $got)"; return; fi
	case $out in *"$text"*) ;; *) not_ok "$claim (no \"$text\")"; return ;; esac
	case $(printf '%s\n' "$out" | sed '/:mdoc-pkcs11-provider:/!s/pin-value=[^&;]*//g') in
	*"$PIN"*|*"$WRONG"*|*"$HOLDER_PIN"*) not_ok "$claim (the PIN is printed)"; return ;;
	esac
	ok "$claim"
}

# prompted ANSWERS TEXT CLAIM COMMAND...: as bad, on a terminal.
prompted() {
	local answers=$1 text=$2 claim=$3 got=0 out; shift 3
	show "${tty[@]}" "$answers" "$@"
	out=$("${tty[@]}" "$answers" "$@" 2>&1) || got=$?
	printf '%s\n' "$out"
	if [ "$got" -ge 90 ]; then not_ok "$claim (exit $got)"; return; fi
	check_failure "$got" "$out" "$text" "$claim"
}

# twice TEXT CLAIM ARGUMENTS...: openssl does, and again under valgrind.
twice() {
	local text=$1 claim=$2; shift 2
	bad "$text" "$claim" "${ossl[@]}" "$@"
	bad "$text" "$claim, and nothing leaks" "${memcheck[@]}" "$@"
}

# costs COUNT CLAIM COMMAND...: that command (one of the above) costs so many PIN tries of the token.
costs() {
	local count=$1 claim=$2 before after; shift 2
	before=$(tries "$token")
	"$@"
	after=$(tries "$token")
	if [ -n "$before" ] && [ "$((before - ${after:-0}))" -eq "$count" ]; then
		ok "$claim"
	else
		not_ok "$claim (tries: $before before, $after after)"
	fi
}
refill() { setup "${p11[@]}" --token-label "$token" --login --pin env:PIN --list-objects; }

HOLDER_PIN=himitsu-2026
export HOLDER_PIN
token=bad
make_token bad
make_pair p256 01 prime256v1
make_pair p384 02 secp384r1
make_pair ed25519 03 edwards25519
setup /usr/bin/python3 "$here/provider_objects.py" restricted "$MDOC_MODULE" bad
make_pair always 06 prime256v1 --usage-sign --always-auth
make_pair x25519 07 curve25519 --usage-derive
echo letter > letter
signs_not() { # signs_not TEXT CLAIM URI: twice, with a signature
	twice "$1" "$2" dgst -sha256 -sign "$3" -out never.sig letter
}
fails_for() { # fails_for TEXT CLAIM URI: once
	bad "$1" "$2" "${ossl[@]}" dgst -sha256 -sign "$3" -out never.sig letter
}
from="pin-source=file:$scratch/pin"

# --- URIs --------------------------------------------------------------------------------------------
wrong_uri="wrong PKCS#11 URI" nothing="nothing has this PKCS#11 URI"
signs_not "$wrong_uri" "a URI that breaks off in the middle of an octet" "pkcs11:token=bad;object=p256%2?$from"
fails_for "$wrong_uri" "octets that are none" "pkcs11:token=bad;id=%zz?$from"
fails_for "$wrong_uri" "an attribute without a value" "pkcs11:token?$from"
fails_for "$wrong_uri" "a slot that is no number" "pkcs11:slot-id=first;object=p256?$from"
fails_for "$wrong_uri" "an unknown type" "pkcs11:token=bad;object=p256;type=privat?$from"
fails_for "$wrong_uri" "an unknown attribute" "pkcs11:token=bad;object=p256;colour=red?$from"
fails_for "module-path" "a module by its name alone" "pkcs11:token=bad;object=p256?module-name=mdoc-pkcs11&$from"
fails_for "$wrong_uri" "a URI of 100,000 characters" "pkcs11:token=bad;object=$(printf '%0100000d' 0)%?$from"
fails_for "Could not read private key" "a label of 100,000 characters" "pkcs11:token=bad;object=$(printf '%0100000d' 0)?$from"
fails_for "unregistered scheme" "another scheme" "pkcs12:token=bad;object=p256"
fails_for "$nothing" "a label with a zero octet" "pkcs11:token=bad;object=p256%00?$from"
signs_not "$nothing" "a token that is absent" "pkcs11:token=nobody;object=p256?$from"
fails_for "$nothing" "a serial number of none" "pkcs11:serial=0000;object=p256?$from"
fails_for "$nothing" "a slot of none" "pkcs11:slot-id=4711;object=p256?$from"
fails_for "$nothing" "another manufacturer" "pkcs11:manufacturer=nobody;object=p256?$from"
fails_for "$nothing" "another library" "pkcs11:library-description=nobody;object=p256?$from"
signs_not "$nothing" "a key that is absent" "$(uri nobody)"
fails_for "$nothing" "an id that is absent" "pkcs11:token=bad;id=%99;type=private?$from"
fails_for "$nothing" "a label with another's id" "pkcs11:token=bad;object=p256;id=%02?$from"
bad "$nothing" "a certificate that is absent" "${ossl[@]}" x509 -in "pkcs11:token=bad;object=p256;type=cert" -noout
fails_for "$nothing" "a public key does not sign" "$(uri p256 public)"
bad "$nothing" "and is no certificate" "${ossl[@]}" x509 -in "$(uri p256 public)" -noout
must "nothing was signed" test ! -s never.sig

# --- Modules -----------------------------------------------------------------------------------------
unusable="the PKCS#11 module cannot be used"
echo 'no module' > text.so
for module in "$scratch/absent.so" "$scratch/text.so" "$scratch" /dev/null libm.so.6; do
	bad "$unusable" "no module: $module" env MDOC_PKCS11_MODULE="$module" "${ossl[@]}" dgst -sha256 -sign "$(uri p256)" \
		-out never.sig letter
	fails_for "$unusable" "nor in the URI" "$(uri p256)&module-path=$module"
done
twice "$unusable" "no module, in the URI" storeutl "pkcs11:token=bad?module-path=$scratch/absent.so"
bad "$nothing" "a store that is not there" env MDOC_PKCS11_STORE=/dev/null/store "${ossl[@]}" pkey -noout -in "$(uri p256)"
cp -r store broken
find broken -name area.db -exec sh -c 'head -c 20000 /dev/urandom > "$1"' damage {} \;
bad "Could not read" "a store that is damaged" env MDOC_PKCS11_STORE="$scratch/broken" "${ossl[@]}" pkey -noout -in "$(uri p256)"

# --- PINs --------------------------------------------------------------------------------------------
plain=$(uri p256 private '')
incorrect=CKR_PIN_INCORRECT
ours=("${ossl[@]}" dgst -sha256 -out never.sig)
costs 1 "one try" fails_for "$incorrect" "a wrong PIN by pin-source" "$(uri p256 private wrong-pin)"
costs 1 "one try" fails_for "$incorrect" "by pin-value" "$plain?pin-value=$WRONG"
refill
costs 1 "one try" bad "$incorrect" "by -passin" "${ours[@]}" -passin "file:wrong-pin" -sign "$plain" letter
costs 1 "one try" bad "$incorrect" "by pin-file" env MDOC_PKCS11_PIN_FILE="$scratch/wrong-pin" "${ours[@]}" -sign "$plain" letter
refill
costs 1 "one try" bad "$incorrect" "by pin" env MDOC_PKCS11_PIN="$WRONG" "${ours[@]}" -sign "$plain" letter
costs 1 "one try" prompted WRONG "the PIN is wrong" "by hand" "${ours[@]}" -sign "$plain" letter
refill
costs 1 "one try" bad "$incorrect" "a listing with a wrong PIN ends" "${ossl[@]}" storeutl "pkcs11:token=bad?pin-value=$WRONG"
costs 1 "one try" bad "$incorrect" "where pkeyutl reads a key, too" "${ossl[@]}" pkeyutl -sign -inkey "$plain?pin-value=$WRONG" \
	-in letter
refill
costs 1 "one try" bad "$incorrect" "and req" "${ossl[@]}" req -new -subj /CN=x -key "$(uri p256 private wrong-pin)"
costs 1 "one try" bad "$incorrect" "and x509" "${ossl[@]}" x509 -new -subj /CN=x -key "$(uri p256 private wrong-pin)"
refill
costs 2 "two tries, for two commands" signs_not "$incorrect" "a wrong PIN" "$(uri p256 private wrong-pin)"
refill
needed="a PIN is needed"
costs 0 "no try" signs_not "$needed" "nobody to ask" "$plain"
costs 0 "no try" bad "$needed" "nor for a listing of private keys" "${ossl[@]}" storeutl -keys "pkcs11:token=bad;type=private"
costs 0 "no try" bad "$needed" "an empty PIN by -passin" "${ours[@]}" -passin pass: -sign "$plain" letter
costs 0 "no try" fails_for "$needed" "by pin-value" "$plain?pin-value="
: > empty
echo > empty-line
echo "$WRONG" | tr '\n' x | head -c 300 > one-line
yes x | tr -d '\n' | head -c 1048576 > long
unread="the PIN cannot be read"
for source in absent empty empty-line long; do
	costs 0 "no try" fails_for "$unread" "a PIN file: $source" "$(uri p256 private $source)"
done
costs 0 "no try" signs_not "$unread" "a pin-source that is a folder" "$plain?pin-source=file:$scratch"
costs 0 "no try" fails_for "$unread" "an endless one" "$plain?pin-source=file:/dev/zero"
costs 0 "no try" fails_for "$unread" "an empty one" "$plain?pin-source="
costs 0 "no try" fails_for "$unread" "a program" "$plain?pin-source=%7Ctouch%20$scratch/ran"
must "which does not run" test ! -e ran
costs 0 "no try" fails_for "$unread" "a web page" "$plain?pin-source=https://localhost/pin"
costs 0 "no try" fails_for "$unread" "of another machine" "$plain?pin-source=file://elsewhere"
costs 0 "no try" bad "$unread" "pin-file of the configuration" env MDOC_PKCS11_PIN_FILE="$scratch/absent" "${ours[@]}" \
	-sign "$plain" letter
bad "$wrong_uri" "a PIN among the attributes of the path" "${ours[@]}" -sign "$plain;pin-value=$WRONG;colour=red" letter
refill
costs 0 "no try" bad "$needed" "a key that wants a PIN each time, and nobody to ask" "${ours[@]}" -passin file:pin \
	-sign "$(uri always private '')" letter
prompted PIN,WRONG "$incorrect" "a wrong PIN for the signature" "${ours[@]}" -sign "$(uri always private '')" letter
refill
must "nothing was signed" test ! -s never.sig

setup "${p11[@]}" --slot-index "$tokens" --init-token --label unset --so-pin env:SO
tokens=$((tokens + 1))
bad "no PIN has been set" "a token without a PIN says so" "${ossl[@]}" storeutl "pkcs11:token=unset;type=private?$from"
prompted "" "no PIN has been set" "and nobody is asked" "${ossl[@]}" pkey -noout -in "$(uri p256 private '' unset)"
make_token locked
token=locked make_pair p256 01 prime256v1
for _ in $(seq 20); do
	"${ossl[@]}" pkey -noout -in "$(uri p256 private wrong-pin locked)" > last 2>&1
	! grep -q CKR_PIN_LOCKED last || break
done
says "CKR_PIN_LOCKED" "a PIN that is locked says so" "${ossl[@]}" pkey -noout -in "$(uri p256 private pin locked)"
twice "the PIN is locked" "with a reason" pkey -noout -in "$(uri p256 private pin locked)"
prompted "" "the PIN is locked" "and nobody is asked" "${ossl[@]}" pkey -noout -in "$(uri p256 private '' locked)"
must "public keys are there still" "${ossl[@]}" pkey -pubin -noout -in "$(uri p256 public '' locked)"

# --- What a key may do -------------------------------------------------------------------------------
never="the key is not allowed to do this"
signs_not "$never" "a key without CKA_SIGN" "$(uri deriver)"
signs_not CKR_KEY_FUNCTION_NOT_PERMITTED "by name" "$(uri deriver)"
peer() { # peer NAME ALGORITHM...: somebody else's key
	local name=$1; shift
	setup openssl genpkey "$@" -out "$name.key"
	setup openssl pkey -in "$name.key" -pubout -out "$name.pub"
}
peer peer -algorithm EC -pkeyopt group:P-256
peer peer384 -algorithm EC -pkeyopt group:P-384
peer peerx -algorithm X25519
peer peerr -algorithm RSA -pkeyopt rsa_keygen_bits:2048
derive() { # derive TEXT CLAIM NAME PEER
	twice "$1" "$2" pkeyutl -derive -inkey "$(uri "$3")" -peerkey "$4" -out never
}
derive "$never" "a key without CKA_DERIVE" signer peer.pub
derive "is on another curve" "a peer's key on another curve" p256 peer384.pub
derive "operation not supported for this keytype" "a peer's key of another kind" p256 peerx.pub
derive "operation not supported for this keytype" "an RSA key as peer" x25519 peerr.pub
derive "operation not supported for this keytype" "an EC key for X25519" x25519 peer.pub
bad "no usable key of the other side" "no key of a peer" "${ossl[@]}" pkeyutl -derive -inkey "$(uri p256)" -out never
bad "operation not supported for this keytype" "a signature with X25519" "${ossl[@]}" pkeyutl -sign -rawin -inkey "$(uri x25519)" -in letter -out never.sig
bad "operation not supported for this keytype" "a derivation with Ed25519" "${ossl[@]}" pkeyutl -derive -inkey "$(uri ed25519)" -peerkey peerx.pub -out never
twice "not supported" "a digest for Ed25519" dgst -sha256 -sign "$(uri ed25519)" -out never.sig letter
twice "nonsense" "a digest that does not exist" pkeyutl -sign -rawin -digest nonsense -inkey "$(uri p256)" -in letter -out never.sig
bad "there is no digest" "one that no provider here has" "${ossl[@]}" dgst -md4 -sign "$(uri p256)" -out never.sig letter
bad "command not supported" "an unknown option of a signature" "${ossl[@]}" dgst -sha256 -sign "$(uri p256)" -sigopt colour:red -out never.sig letter
bad "command not supported" "RSA's padding" "${ossl[@]}" dgst -sha256 -sign "$(uri p256)" -sigopt rsa_padding_mode:pss -out never.sig letter
openssl dgst -sha256 -binary -out digest letter
bad "32 bytes are no" "a digest of another length" "${ossl[@]}" pkeyutl -sign -inkey "$(uri p256)" -pkeyopt digest:sha384 -in digest -out never.sig
"${ossl[@]}" dgst -sha256 -sign "$(uri p256)" -out letter.sig letter
head -c 20 letter.sig > cut.sig
head -c 70 /dev/urandom > random.sig
: > none.sig
for signature in cut random none; do
	bad "" "a signature that is none: $signature" "${ossl[@]}" dgst -sha256 -verify "$(uri p256 public)" -signature $signature.sig letter
done
must "nothing was signed" test ! -s never.sig
must "and nothing derived" test ! -s never

# --- A private key stays where it is -----------------------------------------------------------------
stays="the private key does not leave its token"
twice "$stays" "no PKCS#12" pkcs12 -export -nocerts -passout pass:x -inkey "$(uri p256)" -out stays.key
bad "$stays" "no text" "${ossl[@]}" pkey -noout -text -in "$(uri p256)"
bad "$stays" "no DER" "${ossl[@]}" pkey -in "$(uri p256)" -outform DER -out stays.key
bad "$stays" "nothing for old programs" "${ossl[@]}" pkey -traditional -in "$(uri p256)" -out stays.key
bad "unable to write EC key" "nor of EC alone" "${ossl[@]}" ec -in "$(uri p256)" -out stays.key
bad "Not an RSA key" "no RSA key" "${ossl[@]}" rsa -in "$(uri p256)" -out stays.key
must "nothing of it was written" test ! -s stays.key

# --- More than one -----------------------------------------------------------------------------------
many="means more than one"
make_token bad
serials=$("${p11[@]}" --list-token-slots | sed -n '/token label *: bad$/,/serial num/s/.*serial num *: *//p')
must "two tokens have one label" test "$(wc -w <<< "$serials")" -eq 2
twice "$many" "a key of one of two tokens" pkey -noout -in "$(uri p256)"
for serial in $serials; do
	bad "$serial" "both serial numbers are named" "${ossl[@]}" pkey -noout -in "$(uri p256)"
done
must "one serial number is enough" "${ossl[@]}" pkey -noout -in "pkcs11:serial=${serials%%$'\n'*};object=p256;type=private?$from"
bad "$many" "a URI that names no token" "${ossl[@]}" dgst -sha256 -sign "pkcs11:object=p256;type=private?$from" letter
bad "$many" "a URI that names nothing, for a key" "${ossl[@]}" pkey -noout -in "pkcs11:?$from"
bad "token=bad;serial=${serials%%$'\n'*}" "or for a listing: the tokens are named" "${ossl[@]}" storeutl -noout pkcs11:
token=two
make_token two
make_pair twin 11 prime256v1
make_pair twin 12 prime256v1
twice "$many" "a key of one of two labels" pkey -noout -in "$(uri twin)"
must "an id is enough" "${ossl[@]}" pkey -noout -in "pkcs11:token=two;object=twin;id=%11;type=private?$from"

# --- Objects of a foreign module that are not what they say ------------------------------------------
foreign=$(find /usr/lib/softhsm /usr/lib/*/softhsm -name libsofthsm2.so 2>/dev/null | head -n 1)
mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$scratch" > softhsm2.conf
export SOFTHSM2_CONF=$scratch/softhsm2.conf
setup pkcs11-tool --module "$foreign" --slot-index 0 --init-token --label odd --so-pin env:SO
setup pkcs11-tool --module "$foreign" --token-label odd --login --login-type so --so-pin env:SO --init-pin --new-pin env:PIN
setup /usr/bin/python3 "$here/provider_objects.py" odd "$foreign" odd
setup pkcs11-tool --module "$foreign" --token-label odd --login --pin env:PIN --keypairgen --key-type rsa:2048 --label rsa --id 21
saved=$MDOC_PKCS11_MODULE
export MDOC_PKCS11_MODULE=$foreign
for name in rubbish cut; do
	bad "this is no X.509 certificate" "a certificate that is none: $name" "${ossl[@]}" x509 -noout -in "pkcs11:token=odd;object=$name;type=cert"
done
"${ossl[@]}" x509 -noout -in "pkcs11:token=odd;object=rubbish;type=cert" > last 2>&1
fails "SoftHSM's own errors are not among them" grep -E 'DSO|engine' last
for name in odd-curve off-curve no-der rsa; do
	bad "the key cannot be used" "a public key of no use: $name" "${ossl[@]}" pkey -pubin -noout -in "$(uri $name public '' odd)"
done
for name in odd-curve no-der rsa; do
	bad "the key cannot be used" "a private key of no use: $name" "${ossl[@]}" dgst -sha256 -sign "$(uri $name private pin odd)" -out never.sig letter
done
bad "not a public key" "a key without its public half makes no request" "${ossl[@]}" req -new -subj /CN=x -key "$(uri no-point private pin odd)"
says "Total found" "a listing passes over them" "${ossl[@]}" storeutl -noout "pkcs11:token=odd?$from"
bad "$incorrect" "a wrong PIN of SoftHSM" "${ossl[@]}" storeutl "pkcs11:token=odd;type=private?pin-source=file:$scratch/wrong-pin"
export MDOC_PKCS11_MODULE=$saved
must "nothing was signed" test ! -s never.sig

# --- Reference files ---------------------------------------------------------------------------------
token=two
make_pair p256 13 prime256v1
setup "${ossl[@]}" pkey -in "$(uri p256)" -out good.key
must "a reference is read" "${ossl[@]}" pkey -noout -in good.key
reference() { # reference FILE DESCRIPTION URI: a reference that says so
	/usr/bin/python3 "$here/provider_objects.py" reference "$2" "$3" > "$1.der"
	{ echo '-----BEGIN PKCS#11 PROVIDER URI-----'; openssl base64 -in "$1.der"; echo '-----END PKCS#11 PROVIDER URI-----'; } > "$1"
}
name='PKCS#11 Provider URI v1.0'
reference same.key "$name" "$(uri p256)"
must "so is one that is made by hand" "${ossl[@]}" pkey -noout -in same.key
reference other.key 'PKCS#11 Provider URI v9.0' "$(uri p256)"
reference nonsense.key "$name" 'pkcs11:token=%zz'
reference absent.key "$name" "$(uri nobody)"
reference web.key "$name" 'https://localhost/key'
reference file.key "$name" "file:$scratch/peer.key"
reference void.key "$name" ''
head -n 2 good.key > cut.key
{ head -n 1 good.key; head -c 1048576 /dev/urandom | openssl base64; tail -n 1 good.key; } > rubbish.key
{ head -n 1 good.key; tail -n 1 good.key; } > hollow.key
openssl asn1parse -in good.key -noout -out good.der
head -c 40 good.der > half.key
head -c 1048576 /dev/urandom > random.key
for file in cut rubbish hollow half random other nonsense absent web file void; do
	bad "Could not read" "a broken reference: $file" timeout 10 "${ossl[@]}" dgst -sha256 -sign $file.key -out never.sig letter
done
twice "unsupported" "a megabyte of rubbish" pkey -noout -in rubbish.key
reference wrong.key "$name" "$(uri p256 private wrong-pin)"
costs 2 "two tries, for two commands" twice "Could not read" "a reference with a wrong PIN" pkey -noout -in wrong.key
refill
# OpenSSL forgets what we say of such a file, but not where it is read as PEM and nothing else.
make_ca
printf '%s\n' 'extendedKeyUsage=critical,timeStamping' > tsa.ext
setup openssl x509 -new -subj /CN=TSA -force_pubkey p256.pub -CA ca.pem -CAkey ca.key -days 30 -extfile tsa.ext -out tsa.pem
echo 01 > serial
printf '%s\n' '[tsa]' 'default_tsa = own' '[own]' "serial = $scratch/serial" 'default_policy = 1.2.3.4' \
	'digests = sha256' 'signer_digest = sha256' > tsa.cnf
setup openssl ts -query -data letter -sha256 -out letter.tsq
stamp() { # stamp TEXT CLAIM FILE
	twice "$1" "$2" ts -reply -config tsa.cnf -queryfile letter.tsq -signer tsa.pem -inkey "$3" -out never.tsr
}
stamp "$nothing" "a reference to a key that is absent" absent.key
stamp "$wrong_uri" "a reference with a wrong URI" nonsense.key
costs 2 "two tries, for two commands" stamp "$incorrect" "a reference with a wrong PIN" wrong.key
refill
must "no time stamp came of it" test ! -s never.tsr
must "nothing was signed" test ! -s never.sig

# --- Key generation ----------------------------------------------------------------------------------
makes_not() { # makes_not TEXT CLAIM URI ARGUMENTS...
	local text=$1 claim=$2 where=$3; shift 3
	bad "$text" "$claim" "${ossl[@]}" genpkey -propquery '?provider=mdoc-pkcs11-provider' "$@" -pkeyopt "pkcs11_uri:$where" \
		-out never.key
}
ec=(-algorithm EC -pkeyopt group:P-256)
exists="there is such a key already"
makes_not "$exists" "a label that is taken" "pkcs11:token=two;object=p256;id=%31?$from" "${ec[@]}"
makes_not "$exists" "an id that is taken" "pkcs11:token=two;object=new;id=%13?$from" "${ec[@]}"
makes_not "$nothing" "a token that is absent" "pkcs11:token=nobody;object=new;id=%31?$from" "${ec[@]}"
makes_not "$many" "no token named, and several there" "pkcs11:object=new;id=%31?$from" "${ec[@]}"
makes_not "$incorrect" "a wrong PIN" "pkcs11:token=two;object=new;id=%31?pin-source=$scratch/wrong-pin" "${ec[@]}"
makes_not "$needed" "no PIN" "pkcs11:token=two;object=new;id=%31" "${ec[@]}"
makes_not "$wrong_uri" "a wrong URI" "pkcs11:token=%zz" "${ec[@]}"
makes_not "is no curve" "an unknown curve" "pkcs11:token=two;object=new;id=%31?$from" -algorithm EC -pkeyopt group:nonsense
makes_not CKR_CURVE_NOT_SUPPORTED "a curve that the token does not have" "pkcs11:token=two;object=new;id=%31?$from" -algorithm EC -pkeyopt group:secp256k1
makes_not "is no curve" "no curve" "pkcs11:token=two;object=new;id=%31?$from" -algorithm EC
makes_not "command not supported" "an RSA key" "pkcs11:token=two;object=new;id=%31?$from" -algorithm RSA
must "no file came of it" test ! -s never.key
fails "nor a key" bash -c '"$@" --list-objects | grep new' list "${p11[@]}" --token-label two --login --pin env:PIN

# --- A holder key that is bound to a record ----------------------------------------------------------
cp pin general-pin
provision 1
holder_id=$(mdoc-token list --token holder --pin-file pin --json | sed -n 's/.*"id": "\(.*\)".*/\1/p' | sed 's/../%&/g')
twice CKR_ "a bound holder key signs nothing but records" dgst -sha256 -out never.sig \
	-sign "pkcs11:token=holder;id=$holder_id;type=private?$from" letter
says '"unused": 1' "and is not spent by it" mdoc-token status --token holder --pin-file pin --json
must "nothing was signed" test ! -s never.sig
done_testing
