#!/usr/bin/env bash
# If this failed, a notice of what became of somebody's record could be read on its way, be made by others, be lost or
# count twice; or a token would go on presenting a record that its issuer has suspended or revoked.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1
data=$(cd "$here/../data" && pwd)
export XDG_STATE_HOME=$scratch/state
echo user-pin-2026 > pin
echo user-pin-9999 > wrong

mdoc-token init --backend vault --label issuer --so-pin-file so-issuer --pin-file pin >/dev/null 2>&1 || exit 1
must "an issuer" mdoc-issuer --dir issuer init --token issuer --pin-file pin
sql() { sqlite3 issuer/register.db "$@"; }
reader() { /usr/bin/python3 "$here/notice_read.py" "$@"; }

# A device of which an independent program has the keys, of a person whose municipality hears of it.
must "a person of a municipality" mdoc-issuer person --dir issuer --operator clerk --pin-file pin add --person card-1 \
	--claims "$data/claims.json" --card-until 2099-12-31 --signature-until 2099-12-31 --municipality machi
mdoc-issuer --dir issuer offer --out offer.json || exit 1
/usr/bin/python3 "$here/device_request.py" enrol device.json offer.json request.json 1 || exit 1
must "a device is enrolled" mdoc-issuer --dir issuer issue --operator clerk --pin-file pin --request request.json \
	--person card-1 --out sealed.json
mkdir out issuer/municipalities
notify=(mdoc-issuer --dir issuer notify --operator clerk --pin-file pin --out out)

exits 1 "R-IKC-02: a wrong PIN sends no notice" mdoc-issuer --dir issuer notify --operator clerk --pin-file wrong --out out
says "Notices delivered: 0; still waiting: 1" "R-NTF-01: without a certificate of the municipality nothing leaves, and nothing is lost" \
	"${notify[@]}"
exits 1 "which is said" "${notify[@]}"
must "nothing is there" test -z "$(ls out)"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout machi.key \
	-out issuer/municipalities/machi.pem -days 30 -subj /CN=machi 2>/dev/null || exit 1
says "Notices delivered: 1; still waiting: 0" "R-NTF-01: the municipality hears of the issue" "${notify[@]}"
says "Notices delivered: 0;" "once" "${notify[@]}"
issued=$(ls out/*.p7m)
fails "R-NTF-01: not in plain text" grep -aqE 'card-1|ISSUED|machi"' "$issued"
decrypt() { openssl cms -decrypt -inform DER -in "$1" -inkey machi.key -recip issuer/municipalities/machi.pem -binary -out signed.der &&
	openssl cms -verify -inform DER -in signed.der -CAfile issuer/iaca.pem -purpose any -binary -out notice.json; }
must "R-NTF-01: OpenSSL, as the municipality, decrypts it and follows its signature to the IACA" decrypt "$issued"
says '"event":"ISSUED"' "it tells of the issue" cat notice.json
says '["aud","event","iat","iss","jti","sub","type"]' "and no more than that: no name, no record" \
	python3 -c 'import json; print(json.dumps(sorted(json.load(open("notice.json"))), separators=(",", ":")))'
rm -f out/*

# Both hear of a suspension.
must "R-SUS-01: a suspension" mdoc-issuer suspend --dir issuer --operator clerk --pin-file pin --person card-1
says "Notices delivered: 2;" "R-REV-05, R-NTF-01, R-CARD-44: the device and the municipality hear of it" "${notify[@]}"
must "one to each" test -e "$(ls out/*.jwe)" -a -e "$(ls out/*.p7m)"
fails "R-REV-05: not in plain text" grep -aqE 'SUSPENDED|0123456789ABCDEF' out/*
says '"event": "SUSPENDED"' "R-REV-05: jwcrypto, as the device, decrypts it; the issuer's messages key signed it" \
	reader device.json out/*.jwe issuer/messages.pem
must "the municipality's too" decrypt "$(ls out/*.p7m)"
says '"event":"SUSPENDED"' "tells of the suspension" cat notice.json
rm -f out/*

# A crash between making and sending, and one between sending and noting it: the same bytes under the same name.
must "found again (R-CARD-42)" mdoc-issuer resume --dir issuer --operator clerk --pin-file pin --person card-1
chmod 500 out
if [ "$(id -u)" -ne 0 ]; then exits 4 "a folder that cannot be written keeps the notices" "${notify[@]}"; fi
chmod 700 out
"${notify[@]}" >/dev/null
mkdir first && cp out/* first/
sql "UPDATE spool SET delivered = NULL WHERE kind = 'RESUMED'"
says "Notices delivered: 2;" "R-NTF-01: what a crash left is sent again" "${notify[@]}"
must "R-NTF-01: as the same bytes under the same id" diff -r first out
must "R-REV-05: each notice has an id of its own" test "$(sql 'SELECT count(DISTINCT notice) FROM spool')" = \
	"$(sql 'SELECT count(*) FROM spool')"

# --- Over HTTPS ------------------------------------------------------------------------------------------------
web() { # web [PORT]: a server for what is delivered
	rm -f port
	/usr/bin/python3 "$here/https_server.py" web "$@" 2> web.err &
	web=$!
	for _ in $(seq 100); do [ -e port ] && break; sleep 0.05; done
	port=$(cat port)
}
web_end() { kill $web; wait $web 2>/dev/null; }
posts() { grep -c '^POST' requests; }
mkdir web
web
post=(mdoc-issuer --dir issuer notify --operator clerk --pin-file pin --url "https://localhost:$port/in")
must "a suspension" mdoc-issuer suspend --dir issuer --operator clerk --pin-file pin --person card-1
exits 4 "R-NTF-01: a server that nobody vouches for gets nothing" "${post[@]}"
web_end
says "Notices delivered: 0; still waiting: 2" "R-NTF-01: a server that is down gets nothing, and nothing is lost" "${post[@]}" --tls-ca tls.pem
exits 4 "which is said" "${post[@]}" --tls-ca tls.pem
web "$port"
echo "503 jwe" > answer
says "Notices delivered: 1; still waiting: 1" "R-NTF-01: up again, one recipient who cannot take his does not keep the other from his" \
	"${post[@]}" --tls-ca tls.pem
must "who has it" test "$(find web -type f | sed 's/.*\.//')" = p7m
echo lost > answer
says "Notices delivered: 0; still waiting: 1" "R-NTF-01: an answer that got lost" "${post[@]}" --tls-ca tls.pem
must "after the notice was taken" test "$(find web -type f | wc -l)" = 2
rm answer
cp -r web taken
says "Notices delivered: 1; still waiting: 0" "R-NTF-01: is asked for again" "${post[@]}" --tls-ca tls.pem
must "and the notice is there once" diff -r web taken
sent=$(posts)
says "Notices delivered: 0; still waiting: 0" "R-NTF-01: then nothing is sent any more" "${post[@]}" --tls-ca tls.pem
must "the server was not asked" test "$(posts)" = "$sent"
must "R-NTF-01: each id was taken once" test "$(grep -c ' 201 ' requests)" = 2
must "each with its type" test "$(grep ' 201 ' requests | sed 's/.* //' | sort | tr '\n' ' ')" = \
	"application/jose application/pkcs7-mime "
says '"event": "SUSPENDED"' "R-REV-05: the device reads what came" reader device.json web/*.jwe issuer/messages.pem
must "R-NTF-01: the municipality too" decrypt "$(ls web/*.p7m)"
must "found again" mdoc-issuer resume --dir issuer --operator clerk --pin-file pin --person card-1
says "Notices delivered: 2;" "both hear of it" "${post[@]}" --tls-ca tls.pem
web_end

# --- A real token takes them -------------------------------------------------------------------------------
rm -f out/*
mdoc-token init "${by_backend[@]}" --label holder --so-pin-file so-holder --pin-file pin --iaca issuer/iaca.pem >/dev/null 2>&1 ||
	exit 1
mdoc-token provisioner --token holder --so-pin-file so-holder --credential credential >/dev/null || exit 1
{ read -r jwk; read -r serial; } < <(/usr/bin/python3 "$here/notice_key.py" "$MDOC_MODULE" holder credential)
sql "UPDATE devices SET notice = '$jwk', serial = '$serial' WHERE id = 1"
take=(mdoc-token notice --token holder --credential credential --iaca issuer/iaca.pem)
exits 1 "whom to trust is said by somebody" mdoc-token notice --token holder --credential credential first/*.jwe
suspended() { mdoc-token status --token holder --pin-file pin --json | tr -d ' \n' | grep -q '"suspended"\|一時停止'; }

must "a second suspension" mdoc-issuer suspend --dir issuer --operator clerk --pin-file pin --person card-1
"${notify[@]}" >/dev/null
cp out/*.jwe good.jwe

# What is no notice of this issuer to this token is refused, and does nothing.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout eve.key -out eve.pem -days 30 -subj /CN=eve \
	2>/dev/null || exit 1
claims() { printf '{"iss":"https://issuer.example","sub":"%s","jti":"%032d","iat":%d,"event":"%s"}' "$serial" "$1" \
	"$(date +%s)" "$2"; }
reader forge eve.key eve.pem "$jwk" "$(claims 1 REVOKED)" > eve.jwe
reader forge eve.key issuer/messages.pem "$jwk" "$(claims 2 REVOKED)" > borrowed.jwe
reader forge eve.key issuer/ds.pem "$jwk" "$(claims 3 REVOKED)" > ds.jwe
reader forge eve.key issuer/messages.pem "$jwk" "$(claims 4 REVOKED)" plain > plain.jwe
reader forge eve.key issuer/messages.pem "$jwk" "$(claims 5 REVOKED)" typ > typ.jwe
claims 6 REVOKED > text.json
sed 's/\(.*\)\./\1.A/' good.jwe > changed.jwe
head -c 200 good.jwe > cut.jwe
for bad in eve borrowed ds plain typ changed cut; do
	exits 1 "R-REV-05: a notice that is $bad is refused" "${take[@]}" $bad.jwe
done
exits 1 "R-REV-05: one in plain text is refused" "${take[@]}" text.json
exits 1 "R-REV-05: one to another device is refused" "${take[@]}" first/*.jwe
must "R-REV-05: and each is written down" test "$(wc -l < state/mdoc-pkcs11/notices-refused)" = 9
must "for its owner's eyes only" test "$(stat -c %a state/mdoc-pkcs11/notices-refused)" = 600
fails "the token is as it was" suspended
echo 0000000000000000000000000000000f > guess
exits 1 "without the provisioner's credential nothing is read" mdoc-token notice --token holder --credential guess --iaca issuer/iaca.pem good.jwe
exits 1 "a notice from long ago is none" "${take[@]}" --at "$(date -u -d '+50 days' +%Y-%m-%dT%H:%M:%SZ)" good.jwe
exits 1 "nor one from the future" "${take[@]}" --at "$(date -u -d '-1 day' +%Y-%m-%dT%H:%M:%SZ)" good.jwe

says "SUSPENDED" "R-REV-05, R-CARD-44: the right one counts, without a PIN" "${take[@]}" good.jwe
must "R-SUS-01: the token is suspended at once" suspended
inbox=(--token holder --pin-file pin)
says "SUSPENDED" "R-REV-05: the holder finds it in the inbox" mdoc-token inbox list "${inbox[@]}"
must "R-REV-05: which says that something waits" test "$(mdoc-token status --token holder --json | jq .inbox.waiting)" = true
says "the issuer has suspended the record" "R-REV-05: and reads what it means" mdoc-token inbox accept "${inbox[@]}"
must "R-REV-05: once" test "$(mdoc-token inbox list "${inbox[@]}" --json | jq -c '[.[] | .kind]')" = "[]"
must "then nothing waits" test "$(mdoc-token status --token holder --json | jq '.inbox.waiting // false')" = false
exits 3 "an entry that is not there cannot be removed" mdoc-token inbox remove 99 "${inbox[@]}"
exits 1 "R-NTF-01: it counts once" "${take[@]}" good.jwe
must "and its id is kept" grep -q . state/mdoc-pkcs11/notices
rm -f out/*
must "a revocation" mdoc-issuer revoke --dir issuer --operator clerk --pin-file pin --person card-1 --reason device-lost
"${notify[@]}" >/dev/null
says "REVOKED" "R-REV-05: of a revocation the token hears too" "${take[@]}" out/*.jwe
must "R-REV-05: programs are told of it" test "$(mdoc-token inbox accept "${inbox[@]}" --json | jq -r '.notices[].event')" = REVOKED
must "the municipality hears why" decrypt "$(ls out/*.p7m)"
says '"reason":"device-lost"' "in a word" cat notice.json
must "R-RET-01: the log is whole" mdoc-issuer verify-log --dir issuer
done_testing
