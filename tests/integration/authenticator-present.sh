#!/usr/bin/env bash
# If this failed, a holder whose PIN is disabled would be asked for it, or could present nothing by his face, or one look at
# his face would serve for more than one signature (R-FACE-07, R-TX-01).
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
# shellcheck source=issuer_world.sh
. "$here/issuer_world.sh"
cd "$scratch" || exit 1
mkdir face
cp "$here/authenticator.py" face/helper
chmod 755 face/helper
/usr/bin/python3 "$here/authenticator.py" keys face > document

make_issuer
echo 'himitsu-2026' > pin
quiet mdoc-token init --label holder "${by_backend[@]}" --so-pin-file so --pin-file pin --iaca issuer/iaca.pem \
	--authenticator document
fetch_copies 3
make_session
disable() {
	quiet mdoc-token pin disable --token holder --so-pin-file so --checked "residence card, face" \
		--operator "counter 3, Sato" --requested 2026-17
}
disable
echo "authenticator = $scratch/face/helper" >> "$MDOC_PKCS11_CONF"

# ---- One verdict, one signature: R-TX-01 ----
show authenticator_sign.py "$MDOC_MODULE" holder face
/usr/bin/python3 "$here/authenticator_sign.py" "$MDOC_MODULE" holder face > claims
got=$?
sed 's/^right: /ok - R-FACE-07, R-TX-01: /; s/^WRONG: /not ok - /' claims
[ $got = 0 ] || not_ok "one verdict is good for one signature"

# ---- mdoc-present ----
answer() { # answer OUT: without a terminal nobody can be asked for anything
	setsid mdoc-present respond --token holder --request req.cbor --transcript st.cbor --out "$1" --yes \
		--reader-policy any < /dev/null
}
looks() { wc -l < face/seen; }
unused() { # of a verdict of its own
	echo accept > face/mode
	mdoc-token list --token holder | grep -c ' unused '
}
must "three copies, to begin with" test "$(unused)" = 3
before=$(looks)
must "R-FACE-07: a face presents, and no PIN is asked for" answer good.cbor
must "R-TX-01: it was looked at once for the token, and once for the signature" test "$(looks)" = $((before + 2))
must "R-FACE-07: the verifier takes it" mdoc-reader verify --transcript st.cbor --request req.cbor \
	--iaca issuer/iaca.pem good.cbor
must "one copy is spent" test "$(unused)" = 2

gives_nothing() { # gives_nothing "WORD..." TEXT CLAIM: the verdicts, what the holder is told
	echo "$1" > face/mode
	says "$2" "R-FACE-07: $3" answer bad.cbor
	must "and nothing leaves" test ! -e bad.cbor
}
for at in "" "accept "; do # for the token, and for the signature
	gives_nothing "${at}refuse" "authenticator refused" "${at}no"
	gives_nothing "${at}die" "no good verdict" "${at}and it dies"
	gives_nothing "${at}unsigned" "no good verdict" "${at}and one that somebody else signed"
	gives_nothing "${at}forge" "no good verdict" "${at}and another secret"
	gives_nothing "${at}replay" "no good verdict" "${at}and the verdict of before, once more"
	must "no copy is lost" test "$(unused)" = 2
done

# Whoever waits has 60 seconds; with the clock of a test they pass in two.
library=$(dpkg -L libfaketime 2>/dev/null | grep '/libfaketimeMT\.so\.1$')
[ -n "$library" ] || { not_ok "libfaketime is installed"; exit 1; }
hurried() { LD_PRELOAD=$library FAKETIME='+0 x30' answer "$@"; }
for verdicts in slow "accept slow"; do
	echo "$verdicts" > face/mode
	says "no good verdict" "R-FACE-07: who looks for ever gives none (${verdicts})" hurried bad.cbor
	must "and nothing leaves" test ! -e bad.cbor
done
must "no copy is lost" test "$(unused)" = 2

# Gone, with its place still in the configuration.
mv face/helper face/away
says "no good verdict" "R-FACE-07: a helper that is not there" answer bad.cbor
mv face/away face/helper
must "R-FACE-07: after all that a face presents again" answer again.cbor
must "another copy" bash -c '! cmp -s good.cbor again.cbor'
must "one is left" test "$(unused)" = 1

# ---- Refused too often ----
echo refuse > face/mode
for _ in 1 2 3 4 5 6 7 8 9 10; do answer bad.cbor > refused.log 2>&1; done
echo accept > face/mode
says "locked after too many refusals" "R-CARD-05: ten refusals lock, also for the right face" answer bad.cbor
disable
must "R-FACE-07: the counter lets it open the token again" test "$(unused)" = 1

# ---- A new batch ----
certificates tls
quiet mdoc-issuer person add --dir issuer --operator clerk --pin-file issuer-pin --person card-1 \
	--claims "$here/../data/claims.json" --card-status operating --card-until 2035-01-01 --signature-until 2030-01-01
issuer_start 0
offer
quiet mdoc-token provisioner --token holder --so-pin-file so --credential credential
export XDG_STATE_HOME=$scratch/state
must "R-FACE-09: the token is enrolled without a PIN" setsid mdoc-token enrol --token holder --credential credential \
	--tls-ca tls.pem --tx-code-file tx --copies 3 --yes "$link"
quiet mdoc-token renew --force
must "R-FACE-09: what the renewal brought is accepted without one" setsid mdoc-token inbox accept --token holder --yes
must "and presents" answer renewed.cbor
issuer_stop "the server ends in good order"

# ---- The manual's ----
mkdir made
sed -n '/authenticator-present.sh runs it/,/^\.Ed/p' "$here/../../module/man/mdoc-pkcs11.conf.5" | sed '/^\./d; s/\\e/\\/g' > made/helper
# shellcheck disable=SC2016 # expanded by the shell that is run
printf '#!/bin/sh\nexec test -e "%s/$1.known"\n' "$scratch" > made/compare
chmod 755 made/helper made/compare
quiet openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out made/sign.pem
quiet openssl genpkey -algorithm X25519 -out made/seal.pem
made/helper document > made/document
quiet mdoc-token init --label face "${by_backend[@]}" --so-pin-file so2 --pin-file pin --authenticator made/document
quiet mdoc-token pin disable --token face --so-pin-file so2 --checked passport --operator me --requested 1
sed -i "s,^authenticator.*,authenticator = $scratch/made/helper," "$MDOC_PKCS11_CONF"
says "authenticator refused" "the manual's authenticator refuses whom it does not know" mdoc-token list --token face
touch "$(mdoc-token status --token face --json | jq -r .serial).known"
must "R-FACE-07: and opens the token of whom it knows" mdoc-token list --token face
says "no good verdict" "but not one that was made with another" mdoc-token list --token holder
done_testing
