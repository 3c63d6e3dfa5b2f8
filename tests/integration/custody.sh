#!/usr/bin/env bash
# If this failed, the keys that speak for a country would be lost with one token, or could be taken by one person:
# backup, restore and drill on SoftHSM and on our own token, and from the one into the other.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1

softhsm=${SOFTHSM2_MODULE:-/usr/lib/softhsm/libsofthsm2.so}
export SOFTHSM2_CONF=$scratch/softhsm2.conf
mkdir tokens
printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$scratch" > "$SOFTHSM2_CONF"
echo user-pin-2026 > pin
echo user-pin-9999 > wrong
echo 'correct horse battery staple' > alice
echo 'another passphrase, quite long' > bob
echo 'eleven long' > short

# hsm KIND LABEL: a token, with so-LABEL and pin; hsm_module: its module.
hsm() {
	if [ "$1" = softhsm ]; then
		echo so-pin-of-the-hsm > "so-$2"
		softhsm2-util --init-token --free --label "$2" --so-pin so-pin-of-the-hsm --pin user-pin-2026 >/dev/null
	else
		mdoc-token init --backend vault --label "$2" --so-pin-file "so-$2" --pin-file pin >/dev/null 2>&1
	fi
}
hsm_module() { if [ "$1" = softhsm ]; then echo "$softhsm"; else echo "$MDOC_MODULE"; fi; }

# A word of the log is there.
logged() { says "$1" "R-IKC-02: $2" sqlite3 "$dir/register.db" "SELECT event, operator, detail FROM events"; }

# The second operator holds a certificate, whose key is on a card of his.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout carol.key -out carol.pem -days 30 \
	-subj /CN=carol 2>/dev/null || exit 1
openssl req -x509 -newkey rsa:2048 -nodes -keyout dave.key -out dave.pem -days 30 -subj /CN=dave 2>/dev/null || exit 1

for kind in softhsm vault; do
	echo "# $kind"
	dir=issuer-$kind module=$(hsm_module $kind)
	hsm $kind "hsm-$kind" && hsm $kind "other-$kind" && hsm $kind "scratch-$kind" || exit 1
	must "R-IKC-05: $kind makes four keys on P-256" mdoc-issuer --dir "$dir" init --module "$module" \
		--token "hsm-$kind" --pin-file pin
	says '"backup": true' "the keys can be backed up" mdoc-issuer --dir "$dir" keys list --operator root --pin-file pin --json
	exits 1 "R-IKC-02: a wrong PIN lists nothing" mdoc-issuer --dir "$dir" keys list --pin-file wrong --operator eve
	logged "login-failed|eve" "and is in the log"

	both=(--share alice=passphrase:alice --share bob=passphrase:bob)
	backup=(mdoc-issuer --dir "$dir" keys backup --pin-file pin --so-pin-file "so-hsm-$kind" --operator root)
	exits 2 "R-IKC-03: one operator alone makes no backup" "${backup[@]}" --share alice=passphrase:alice --out one
	exits 2 "R-IKC-03: nor one who comes twice" "${backup[@]}" --share alice=passphrase:alice \
		--share alice=passphrase:bob --out one
	exits 2 "R-IKC-03: nor two with one passphrase" "${backup[@]}" --share alice=passphrase:alice \
		--share bob=passphrase:alice --out one
	exits 1 "R-IKC-03: a passphrase that can be guessed seals nothing" "${backup[@]}" --share alice=passphrase:alice \
		--share bob=passphrase:short --out one
	exits 1 "R-IKC-02: a wrong PIN makes no backup" mdoc-issuer --dir "$dir" keys backup --operator mallory --pin-file wrong \
		--so-pin-file "so-hsm-$kind" "${both[@]}" --out one
	exits 1 "R-IKC-03: nor does the operator without the security officer" mdoc-issuer --dir "$dir" keys backup --operator mallory \
		--pin-file pin --so-pin-file wrong "${both[@]}" --out one
	logged "key-backup-refused|mallory|alice,bob" "what was refused is in the log"
	must "no file is left" test ! -e one
	must "R-IKC-04: a backup" "${backup[@]}" "${both[@]}" --out "backup-$kind"
	logged "key-backup|root|alice,bob" "it is in the log, with who made it"
	must "for the owner's eyes only" test "$(stat -c %a "backup-$kind")" = 600
	exits 3 "a backup is never written over another" "${backup[@]}" "${both[@]}" --out "backup-$kind"
	must "R-IKC-03: an independent reader finds no key in it, in any form that OpenSSL knows" \
		/usr/bin/python3 "$here/custody_look.py" "backup-$kind" "$dir"
	must "R-IKC-01, R-IKC-03: no key of the token can be read or wrapped by a key of the user's" \
		/usr/bin/python3 "$here/custody_take.py" "$module" "hsm-$kind" pin

	drill=(mdoc-issuer --dir "$dir" keys drill --operator root --in "backup-$kind" --token "scratch-$kind" --pin-file pin)
	exits 2 "R-IKC-03: one operator alone opens nothing" "${drill[@]}" --share alice=passphrase:alice
	exits 1 "R-IKC-03: nor with the passphrase of one and a guess" "${drill[@]}" --share alice=passphrase:alice \
		--share bob=passphrase:wrong
	exits 1 "R-IKC-03: nor with their passphrases exchanged" "${drill[@]}" --share alice=passphrase:bob \
		--share bob=passphrase:alice
	logged "key-drill-refused|root|alice,bob" "that is in the log"
	must "R-IKC-04: whatever is changed in a backup, it is refused" /usr/bin/python3 "$here/custody_change.py" \
		"backup-$kind" "${drill[@]}" "${both[@]}"
	says "The drill is passed: 4 keys" "R-IKC-04: the drill" "${drill[@]}" "${both[@]}"
	logged "key-drill|root" "it is in the log"
	must "and leaves nothing in the token" test -z "$(pkcs11-tool --module "$module" --token-label "scratch-$kind" \
		--login --pin user-pin-2026 --list-objects 2>/dev/null | grep -A4 'Private Key')"
	exits 1 "a drill is none in the issuer's own token" mdoc-issuer --dir "$dir" keys drill --operator root --in "backup-$kind" \
		--token "hsm-$kind" --pin-file pin "${both[@]}"
	must "whose keys are still there" mdoc-issuer --dir "$dir" keys list --operator root --pin-file pin

	must "one of two shares for an operator's certificate" "${backup[@]}" --share alice=passphrase:alice \
		--share carol=certificate:carol.pem --out "card-$kind"
	exits 1 "R-IKC-03: another operator's key does not open it" mdoc-issuer --dir "$dir" keys drill --operator root --in "card-$kind" \
		--token "scratch-$kind" --pin-file pin --share alice=passphrase:alice --share carol=key:dave.key
	must "R-IKC-04: his does" mdoc-issuer --dir "$dir" keys drill --operator root --in "card-$kind" \
		--token "scratch-$kind" --pin-file pin --share alice=passphrase:alice --share carol=key:carol.key
	must "RSA serves too" "${backup[@]}" --share alice=passphrase:alice --share dave=certificate:dave.pem \
		--out "rsa-$kind"
	must "and opens" mdoc-issuer --dir "$dir" keys drill --operator root --in "rsa-$kind" --token "scratch-$kind" --pin-file pin \
		--share alice=passphrase:alice --share dave=key:dave.key

	# The token is lost: its keys come back into another one, and the issuer goes on.
	restore=(mdoc-issuer --dir "$dir" keys restore --in "backup-$kind" --token "other-$kind" --operator root "${both[@]}")
	exits 1 "R-IKC-02: a wrong PIN of the new token restores nothing" "${restore[@]}" --pin-file wrong
	says "hsm-$kind" "the folder still means the old token" cat "$dir/issuer.json"
	must "R-IKC-04: the keys come back" "${restore[@]}" --pin-file pin
	says "other-$kind" "and the folder means the new token" cat "$dir/issuer.json"
	exits 1 "but not twice" "${restore[@]}" --pin-file pin
	must "which does not destroy them" mdoc-issuer --dir "$dir" keys list --operator root --pin-file pin
	must "R-IKC-04: what was restored can be backed up again" mdoc-issuer --dir "$dir" keys backup --operator root --pin-file pin \
		--so-pin-file "so-other-$kind" "${both[@]}" --out "again-$kind"
	must "an offer" mdoc-issuer --dir "$dir" offer --out offer.json
	/usr/bin/python3 "$here/credential_request.py" offer.json request.json 1 || exit 1
	must "R-IKC-04: and issues records" mdoc-issuer --dir "$dir" issue --claims "$here/../data/claims.json" --pin-file pin \
		--request request.json --out "response-$kind.json" --person card-1
done

dir=issuer-softhsm
must "R-IKC-04: from SoftHSM into our token" mdoc-issuer --dir "$dir" keys drill --operator root --in backup-softhsm \
	--module "$MDOC_MODULE" --token scratch-vault --pin-file pin --share alice=passphrase:alice --share bob=passphrase:bob
must "R-IKC-04: from our token into SoftHSM" mdoc-issuer --dir issuer-vault keys drill --operator root --in backup-vault \
	--module "$softhsm" --token scratch-softhsm --pin-file pin --share alice=passphrase:alice --share bob=passphrase:bob
exits 1 "the backup of another issuer is not restored into this folder" mdoc-issuer --dir issuer-vault keys restore \
	--operator root --in backup-softhsm --module "$softhsm" --token scratch-softhsm --pin-file pin --share alice=passphrase:alice \
	--share bob=passphrase:bob

# Keys that nobody may back up.
hsm softhsm fixed && must "an issuer without backup" mdoc-issuer --dir fixed init --module "$softhsm" --token fixed \
	--pin-file pin --no-backup
exits 1 "R-IKC-01: its keys do not leave, not even wrapped" mdoc-issuer --dir fixed keys backup --operator root --pin-file pin \
	--so-pin-file so-fixed --share alice=passphrase:alice --share bob=passphrase:bob --out none

# A folder from before there were these keys.
/usr/bin/python3 - <<'PY'
import json
config = json.load(open('issuer-softhsm/issuer.json'))
config['version'] = 1
del config['status_key'], config['messages_key']
json.dump(config, open('issuer-softhsm/issuer.json', 'w'))
PY
rm issuer-softhsm/status.pem issuer-softhsm/messages.pem
says "not made" "an older issuer has fewer keys" mdoc-issuer --dir issuer-softhsm keys list --operator root --pin-file pin
must "and gets what it lacks" mdoc-issuer --dir issuer-softhsm keys add --operator root --pin-file pin
says '"version": 2' "as a folder of now" cat issuer-softhsm/issuer.json
must "which OpenSSL can follow to the IACA" openssl verify -CAfile issuer-softhsm/iaca.pem -ignore_critical \
	issuer-softhsm/messages.pem
must "R-IKC-02: the log is whole" mdoc-issuer verify-log --dir issuer-softhsm
exits 2 "no plaintext path: there is no such command" mdoc-issuer --dir issuer-softhsm keys export --pin-file pin
done_testing
