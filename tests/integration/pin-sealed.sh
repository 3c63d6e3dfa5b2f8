#!/usr/bin/env bash
# If this failed, who carries a PIN request to the counter, or works there, could learn the PIN, use the request twice,
# late or for another token.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1
export XDG_STATE_HOME=$scratch/state
PIN=ura-no-matsu-2026

# --- A counter with a key in a token, and a holder's token without a PIN ---------------------------------
echo counter-pin-1 > counter-pin
must "the counter's token" mdoc-token init --label counter --so-pin-file counter-so --pin-file counter-pin
COUNTER_PIN=counter-pin-1
export COUNTER_PIN
for name in desk other; do
	must "the counter's key: $name" pkcs11-tool --module "$MDOC_MODULE" --token-label counter --login \
		--pin env:COUNTER_PIN --keypairgen --key-type EC:prime256v1 --usage-derive --label "$name" --id "0${#name}"
	pkcs11-tool --module "$MDOC_MODULE" --token-label counter --read-object --type pubkey --label "$name" \
		--output-file "$name.der" && openssl pkey -pubin -inform DER -in "$name.der" -out "$name.pub"
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -subj /CN=CA \
	-addext keyUsage=critical,keyCertSign 2>/dev/null
openssl req -new -key ca.key -subj "/CN=Counter" -out any.csr
openssl x509 -req -in any.csr -CA ca.pem -CAkey ca.key -CAcreateserial -force_pubkey desk.pub -out desk.pem 2>/dev/null
must "the holder's token" mdoc-token init --label holder "${by_backend[@]}" --so-pin-file so
serial_of() { mdoc-token status --token "$1" --json | sed -n 's/.*"serial": "\(.*\)".*/\1/p'; }
serial=$(serial_of holder)
until_day=$(date -d '+10 days' +%F)
echo "$PIN" > pin
printf %s "$PIN" > bare
seal() { mdoc-token seal-pin --counter-key desk.pem --serial "$serial" --until "$until_day" --new-pin-file pin "$@"; }
at_counter() { # at_counter set|reset FILE [OPTION...]
	local act=$1 file=$2; shift 2
	mdoc-token pin "$act" --token holder --so-pin-file so --sealed "$file" --counter-key "pkcs11:token=counter;object=desk" \
		--counter-pin-file counter-pin "$@"
}
no_pin() { mdoc-token status --token holder --json | grep -q '"pin": "none"'; }

# --- What is not sealed ----------------------------------------------------------------------------------
exits 2 "an end date is needed" mdoc-token seal-pin --counter-key desk.pem --serial "$serial" --new-pin-file pin --out x
exits 2 "and it is near" mdoc-token seal-pin --counter-key desk.pem --serial "$serial" --until 2099-01-01 \
	--new-pin-file pin --out x
exits 2 "a day that has passed is none" mdoc-token seal-pin --counter-key desk.pem --serial "$serial" \
	--until 2020-01-01 --new-pin-file pin --out x
exits 2 "a name is no serial number" mdoc-token seal-pin --counter-key desk.pem --serial "山田 太郎" \
	--until "$until_day" --new-pin-file pin --out x
exits 3 "a key to seal to is needed" mdoc-token seal-pin --counter-key pin --serial "$serial" --until "$until_day" \
	--new-pin-file pin --out x
must "nothing was written" test ! -e x

# --- The holder seals, on a terminal too -----------------------------------------------------------------
must "R-CARD-31: the holder seals a PIN to the counter" seal --out request.jwe
must "the file is the holder's alone" test "$(stat -c %a request.jwe)" = 600
# shellcheck disable=SC2016 # expanded by the shell that is called
must "R-FACE-11: the proxy finds no PIN in it" bash -c '! grep -q "$1" request.jwe && ! grep -q "$(base64 -w0 < bare)" request.jwe' - "$PIN"
export TYPED=$PIN
must "R-CARD-32: on the terminal it is typed twice" /usr/bin/python3 "$here/provider_tty.py" TYPED,TYPED mdoc-token seal-pin \
	--counter-key desk.pem --serial "$serial" --until "$until_day" --out typed.jwe
says_not() { # says_not TEXT CLAIM COMMAND...
	local text=$1 claim=$2 out; shift 2
	show "$@"
	out=$("$@" 2>&1) || { printf '%s\n' "$out"; not_ok "$claim"; return; }
	printf '%s\n' "$out"
	case $out in *"$text"*) not_ok "$claim" ;; *) ok "$claim" ;; esac
}
says_not "$PIN" "R-CARD-32: and never shown" /usr/bin/python3 "$here/provider_tty.py" TYPED,TYPED mdoc-token seal-pin \
	--counter-key desk.pem --serial "$serial" --until "$until_day" --out typed2.jwe
echo 1 > short-pin
mdoc-token seal-pin --counter-key desk.pem --serial "$serial" --until "$until_day" --new-pin-file short-pin \
	--out short.jwe > /dev/null
must "R-CARD-03: its length says nothing of the PIN's" test "$(stat -c %s short.jwe)" = "$(stat -c %s request.jwe)"

# --- What the counter refuses ------------------------------------------------------------------------------
cat > forge.py <<'PY'
import base64, json, sys, time
from jwcrypto import jwe, jwk
key = jwk.JWK.from_pem(open(sys.argv[1], 'rb').read())
serial, kid = sys.argv[2], key.thumbprint()
def b64(data): return base64.urlsafe_b64encode(data).rstrip(b'=').decode()
def make(name, header=None, **changes):
    claims = {'typ': 'mdoc-pin-request', 'serial': serial, 'id': b64(name.encode().ljust(16, b'.')[:16]),
              'exp': int(time.time()) + 86400, 'pin': b64(b'from-elsewhere-1'), 'pad': ''}
    claims.update(changes)
    token = jwe.JWE(json.dumps({k: v for k, v in claims.items() if v is not None}).encode(),
                    json.dumps({'alg': 'ECDH-ES', 'enc': 'A256GCM', 'kid': kid, **(header or {})}))
    token.add_recipient(key)
    open(name + '.jwe', 'w').write(token.serialize(compact=True))
make('late', exp=int(time.time()) - 1)
make('long', exp=int(time.time()) + 40 * 86400)
make('untyped', typ='something')
make('no-exp', exp=None)
make('no-pin', pin=None)
make('bad-id', id='../../../etc/passwd....')
make('foreign', serial='0123456789ABCDEF')
make('kid', {'kid': 'x'})
make('theirs')
PY
/usr/bin/python3 forge.py desk.pub "$serial" || not_ok "set-up: forge.py"
head -c 300 request.jwe > torn.jwe
sed 's/\(.*\)\.\(.\)\(.*\)\.\(.*\)$/\1.x\2\3.\4/;s/xx/yx/' request.jwe > changed.jwe # in the ciphertext
exits 2 "a key is named" mdoc-token pin set --token holder --so-pin-file so --sealed request.jwe
exits 3 "R-CARD-31: a torn request sets nothing" at_counter set torn.jwe
exits 3 "a changed one sets nothing" at_counter set changed.jwe
for bad in untyped no-exp no-pin bad-id; do exits 3 "neither does $bad" at_counter set "$bad.jwe"; done
exits 1 "R-CARD-31: one out of date sets nothing" at_counter set late.jwe
exits 1 "one that is good for too long sets nothing" at_counter set long.jwe
exits 1 "one for another token sets nothing" at_counter set foreign.jwe
exits 1 "one for another key sets nothing" at_counter set kid.jwe
exits 1 "another key of the counter opens nothing" mdoc-token pin set --token holder --so-pin-file so --sealed request.jwe \
	--counter-key "pkcs11:token=counter;object=other" --counter-pin-file counter-pin
echo wrong-wrong-wrong > wrong
exits 1 "R-CARD-36: without the operator's PIN nothing is opened" mdoc-token pin set --token holder --so-pin-file so \
	--sealed request.jwe --counter-key "pkcs11:token=counter;object=desk" --counter-pin-file wrong
exits 1 "R-CARD-36: nor without the security officer's code" mdoc-token pin set --token holder --so-pin-file wrong \
	--sealed request.jwe --counter-key "pkcs11:token=counter;object=desk" --counter-pin-file counter-pin
exits 4 "no ledger, no PIN" at_counter set request.jwe --ledger "$scratch/nowhere/ledger"
must "R-CARD-02: the token still has no PIN" no_pin
must "no request was used up by that" test ! -e state/mdoc-pkcs11/pin-requests

# --- The counter sets the PIN --------------------------------------------------------------------------------
cp request.jwe kept.jwe
says_not "$PIN" "R-CARD-31, R-FACE-12: the counter sets the PIN that it does not learn" at_counter set request.jwe
must "R-CARD-31: the request is erased" test ! -e request.jwe
must "R-CARD-31: the holder's PIN opens the token" mdoc-token list --token holder --pin-file pin
must "which one was used is kept, for the counter alone" test "$(stat -c %a state/mdoc-pkcs11/pin-requests)" = 600
# shellcheck disable=SC2016 # as above
must "without a PIN" bash -c '! grep -q "$1" state/mdoc-pkcs11/pin-requests' - "$PIN"
exits 1 "a token that has a PIN is not set" at_counter set typed.jwe
exits 1 "R-CARD-31: a copy of the request is of no use" at_counter reset kept.jwe
says "used before" "and it is said why" at_counter reset kept.jwe

# --- After a lock; by somebody else's software; twice at once ------------------------------------------------
for _ in 1 2 3 4 5; do mdoc-token list --token holder --pin-file wrong >/dev/null 2>&1; done
must "R-CARD-47: a locked PIN is reset by a sealed one" at_counter reset typed.jwe
must "R-CARD-47: and opens the token again" mdoc-token list --token holder --pin-file pin
must "a request that other software has made is as good" at_counter reset theirs.jwe
echo from-elsewhere-1 > theirs
must "and has the PIN that is in it" mdoc-token list --token holder --pin-file theirs
seal --out race1.jwe > /dev/null
cp race1.jwe race2.jwe
at_counter reset race1.jwe > one.log 2>&1 & first=$!
second_code=0
at_counter reset race2.jwe > two.log 2>&1 || second_code=$?
first_code=0
wait "$first" || first_code=$?
cat one.log two.log
must "R-CARD-31: of two at once with the same request one is refused" test $((first_code + second_code)) -eq 1

# --- A counter whose keys are in another module ---------------------------------------------------------------
foreign=""
for path in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so; do [ -e "$path" ] && foreign=$path; done
if [ -n "$foreign" ]; then
	mkdir tokens
	printf 'directories.tokendir = %s/tokens\nlog.level = ERROR\n' "$scratch" > softhsm2.conf
	export SOFTHSM2_CONF=$scratch/softhsm2.conf
	softhsm2-util --init-token --free --label hsm --pin counter-pin-1 --so-pin hsm-so-pin-1 > /dev/null
	must "a key in an HSM" pkcs11-tool --module "$foreign" --token-label hsm --login --pin env:COUNTER_PIN --keypairgen \
		--key-type EC:prime256v1 --usage-derive --label desk --id 01
	pkcs11-tool --module "$foreign" --token-label hsm --read-object --type pubkey --label desk --output-file hsm.der
	openssl pkey -pubin -inform DER -in hsm.der -out hsm.pub
	/usr/bin/python3 -c 'import sys
from jwcrypto import jwk
print(jwk.JWK.from_pem(open("hsm.pub", "rb").read()).export_public())' > hsm.jwk
	must "a PIN is sealed to its JWK" mdoc-token seal-pin --counter-key hsm.jwk --serial "$serial" \
		--until "$until_day" --new-pin-file pin --out hsm.jwe
	must "and set by the counter with that HSM" mdoc-token pin reset --token holder --so-pin-file so --sealed hsm.jwe \
		--counter-key "pkcs11:token=hsm;object=desk" --counter-module "$foreign" --counter-pin-file counter-pin
	must "the holder's PIN opens the token" mdoc-token list --token holder --pin-file pin
fi
done_testing
