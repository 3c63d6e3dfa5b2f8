#!/usr/bin/env bash
# If this failed, the product would not do its main job: a record issued to a key made inside a
# token, presented under the PIN, verified; and each way in which that must be refused.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

provision 3
holder=(--token holder --pin-file "$scratch/pin")
present=(mdoc-present respond "${holder[@]}" --reader-policy any)
verify=(mdoc-reader verify --transcript "$scratch/st.cbor" --iaca "$scratch/issuer/iaca.pem")

# R-MED-05, R-PIN-01: nothing before the PIN is set.
quiet mdoc-token init --label bare --so-pin-file "$scratch/bare-so" --iaca "$scratch/issuer/iaca.pem"
quiet mdoc-issuer --dir "$scratch/issuer" offer --out "$scratch/offer2.json"
fails "R-MED-05: no key is made before the PIN is set" mdoc-token request --token bare \
	--offer "$scratch/offer2.json" --count 1 --out "$scratch/never.json" --pin-file "$scratch/pin"
must "and no request is written" test ! -e "$scratch/never.json"

# R-ENR-01: an issued request can't be issued again; the nonce is spent.
exits 1 "the issuer refuses a nonce that was used" mdoc-issuer --dir "$scratch/issuer" issue \
	--request "$scratch/request.json" --claims "$here/../data/claims.json" --out "$scratch/again.json" \
	--pin-file "$scratch/issuer-pin"

# R-NOT-01..05: the notices cannot be skipped, not even by --yes (a second import fails afterwards:
# its keys are bound).
says "法第 55 条の規定により罰せられること" "R-NOT-05: the notices are shown in Japanese, verbatim" \
	mdoc-token import --token holder --response "$scratch/response.json" --pin-file "$scratch/pin" --yes

# R-CARD-18: nobody asks for 個人番号 without saying by which law.
exits 2 "R-CARD-18: 個人番号 is not asked for without a legal basis" mdoc-reader request --doc "$JP" \
	--element "$NS:individual_number_unicode" --out "$scratch/never.cbor"
exits 2 "and no other element with one" mdoc-reader request --doc "$JP" --element "$NS:full_name_unicode" \
	--legal-basis "番号法第 14 条第 1 項" --out "$scratch/never.cbor"
must "neither is written" test ! -e "$scratch/never.cbor"

# R-CARD-18, R-CARD-49: 個人番号 leaves only when it is agreed to by name.
quiet mdoc-reader request --doc "$JP" --element "$NS:individual_number_unicode" --legal-basis "番号法第 14 条第 1 項" \
	--out "$scratch/number.cbor"
exits 1 "R-CARD-18: 個人番号 is not given by --yes alone" "${present[@]}" \
	--request "$scratch/number.cbor" --transcript "$scratch/st.cbor" --out "$scratch/number-dr.cbor" --yes
says '"unused": 3' "and nothing was spent" mdoc-token status "${holder[@]}" --json

# A reader that asks for much must not push what would leave off the holder's screen.
quiet mdoc-reader request --doc "$JP" --element "$NS:full_name_unicode" --element "$NS:no_such_element" \
	--out "$scratch/more.cbor"
show "${present[@]}" --request "$scratch/more.cbor" "(without a terminal)"
setsid -w "${present[@]}" --request "$scratch/more.cbor" --transcript "$scratch/st.cbor" \
	--out "$scratch/never.cbor" < /dev/null > "$scratch/consent.txt" 2>&1
must "R-TX-01: nothing leaves without a yes" test ! -e "$scratch/never.cbor"
must "what would leave is shown after what would not" test \
	"$(grep -n no_such_element "$scratch/consent.txt" | cut -d: -f1)" -lt \
	"$(grep -n full_name_unicode "$scratch/consent.txt" | cut -d: -f1)"

# The job itself, R-TX-01, R-VX-01, R-VX-02, R-VX-05.
must "a response is made" "${present[@]}" --request "$scratch/req.cbor" \
	--transcript "$scratch/st.cbor" --out "$scratch/dr.cbor" --yes
exits 0 "R-VX-05: our reader verifies it" "${verify[@]}" "$scratch/dr.cbor"
says '"verified": true' "and says so for scripts" "${verify[@]}" --json "$scratch/dr.cbor"
says '"unused": 2' "R-EXH-01: one copy is spent" mdoc-token status "${holder[@]}" --json

# Bad input to the reader.
exits 3 "an unreadable file is exit 3" "${verify[@]}" "$scratch/none.cbor"
exits 2 "wrong usage is exit 2" mdoc-reader verify --no-such-option
head -c 100 "$scratch/dr.cbor" > "$scratch/short.cbor"
exits 1 "a truncated response is not verified" "${verify[@]}" "$scratch/short.cbor"
says "at byte 99" "and the place is named" "${verify[@]}" "$scratch/short.cbor"
exits 1 "an expired record is not verified" "${verify[@]}" --at 2099-01-01T00:00:00Z "$scratch/dr.cbor"

# R-EXH-01: every copy once, then no more.
must "the second copy" "${present[@]}" --request "$scratch/req.cbor" \
	--transcript "$scratch/st.cbor" --out "$scratch/dr2.cbor" --yes
must "the third copy" "${present[@]}" --request "$scratch/req.cbor" \
	--transcript "$scratch/st.cbor" --out "$scratch/dr3.cbor" --yes
exits 5 "R-EXH-01: no fourth" "${present[@]}" --request "$scratch/req.cbor" \
	--transcript "$scratch/st.cbor" --out "$scratch/dr4.cbor" --yes
must "and nothing is written" test ! -e "$scratch/dr4.cbor"

# R-CARD-05: the PIN locks, and the SO opens it again.
echo wrong-pin-0 > "$scratch/wrong"
for try in 1 2 3 4 5; do
	fails "wrong PIN $try is refused" mdoc-token list --token holder --pin-file "$scratch/wrong"
done
fails "R-CARD-05: locked, also for the right PIN" mdoc-token list "${holder[@]}"
says locked "and the status says so" mdoc-token status --token holder
echo atarashii-2026 > "$scratch/pin2"
must "the security officer sets a new PIN" mdoc-token pin reset --token holder --so-pin-file "$scratch/so" \
	--new-pin-file "$scratch/pin2"
must "and it works" mdoc-token list --token holder --pin-file "$scratch/pin2"

weak=(mdoc-token init --label weak --pin-min 4 --so-pin-file "$scratch/weak-so")
if can short; then
	exits 0 "a PIN of 4 digits is enough where the TPM counts" "${weak[@]}"
else
	fails "a PIN of 4 digits needs --allow-weak-pin" "${weak[@]}"
	exits 0 "with it the area is made" "${weak[@]}" --allow-weak-pin
fi
must "an area is erased by its SO" mdoc-token erase --token weak --so-pin-file "$scratch/weak-so" --yes
done_testing
