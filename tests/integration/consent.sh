#!/usr/bin/env bash
# If this failed, data would leave to somebody whom the holder did not agree to give it to, or a PIN would be asked for
# and a copy spent before the holder has agreed to anything.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

provision 14
show /usr/bin/python3 "$here/consent_world.py"
PYTHONPATH=$here /usr/bin/python3 "$here/consent_world.py" || exit 1
bare=(mdoc-present respond --token holder --transcript st.cbor)
present=("${bare[@]}" --pin-file pin)
tty=(/usr/bin/python3 "$here/consent_tty.py")
ask() { # ask NAME READER OPTION...: a request signed by that reader; - for nobody
	local name=$1 reader=$2; shift 2
	[ "$reader" = - ] || set -- "$@" --reader-key "$reader.key" --cert "$reader.pem" --transcript st.cbor
	quiet mdoc-reader request --doc "$JP" "$@" --out "$name.cbor"
}
name=$NS:full_name_unicode number=$NS:individual_number_unicode
ask name trusted --element "$name" --element "$NS:portrait"
ask other other --element "$name"
ask nobody - --element "$name"
ask keep trusted --element "$name" --retain "$NS:portrait"
ask number trusted --element "$name" --element "$number" --legal-basis "番号法第14条第1項"
used() { mdoc-token status --token holder --pin-file pin --json | grep -o '"spent": [0-9]*' | tr -dc 0-9; }
elements() { # what a response has
	/usr/bin/python3 -c 'import sys, cbor2
for document in cbor2.load(open(sys.argv[1], "rb"))["documents"]:
    for items in document["issuerSigned"]["nameSpaces"].values():
        print(*sorted(cbor2.loads(item.value)["elementIdentifier"] for item in items))' "$1"
}
gives() { # gives ELEMENTS CLAIM COMMAND...: these leave
	local wanted=$1 claim=$2; shift 2
	rm -f dr.cbor
	must "$claim" "$@" --out dr.cbor
	must "and that is: ${wanted:-nothing}" test "$(elements dr.cbor)" = "$wanted"
}
refuses() { # refuses TEXT CLAIM COMMAND...: exit 1, that text, and no PIN was asked for: there is none
	local text=$1 claim=$2 got=0; shift 2
	show "$@"
	"$@" --out never.cbor --pin-file no-such-pin > said 2>&1 || got=$?
	cat said
	if [ "$got" -eq 1 ] && grep -qF -- "$text" said && [ ! -e never.cbor ]; then ok "$claim"; else
		not_ok "$claim (exit $got)"
	fi
}

# Whom: readers that are trusted, unless the holder says otherwise. The PIN file does not exist: had it been wanted, the
# exit code were another.
refuses "does not prove who it is" "who does not sign is not answered by default" "${bare[@]}" --yes --request nobody.cbor
refuses "with --reader-ca" "nor who signs while nobody is trusted" "${bare[@]}" --yes --request name.cbor
refuses "no reader CA that you trust" "nor a reader of another CA" "${bare[@]}" --yes --reader-ca ca.pem \
	--request other.cbor
refuses "is not answered" "nor one that only signs, with --reader-policy signed, if it doesn't" "${bare[@]}" --yes \
	--reader-policy signed --request nobody.cbor
gives "full_name_unicode portrait" "a trusted one is" "${present[@]}" --yes --reader-ca ca.pem --request name.cbor
gives "full_name_unicode" "a folder of CAs will do" "${present[@]}" --yes --reader-ca readers --request other.cbor
mkdir empty
exits 3 "not an empty one" "${present[@]}" --yes --reader-ca empty --request name.cbor --out never.cbor
rical=("${present[@]}" --yes --rical-ca provider.pem)
gives "full_name_unicode portrait" "a RICAL will do" "${rical[@]}" --rical rical.cbor --request name.cbor
refuses "no reader CA that you trust" "not one that does not list the CA" "${bare[@]}" --yes --rical-ca provider.pem \
	--rical rical-other.cbor --request name.cbor
exits 3 "nor an overdue one" "${rical[@]}" --rical rical-overdue.cbor --request name.cbor --out never.cbor
exits 3 "nor another provider's" "${rical[@]}" --rical rical-stranger.cbor --request name.cbor --out never.cbor
exits 2 "nor one of nobody" "${present[@]}" --yes --rical rical.cbor --request name.cbor --out never.cbor

# What: by name, asked on a terminal before the PIN.
trusting=("${bare[@]}" --reader-ca ca.pem)
before=$(used)
must "R-TX-01: asked, agreed, PIN" "${tty[@]}" "y,himitsu-2026" "${trusting[@]}" --request name.cbor --out tty.cbor
must "and the copy is used" test "$(used)" = $((before + 1))
exits 1 "a no comes before the PIN" "${tty[@]}" "n" "${trusting[@]}" --request name.cbor --out never.cbor
says "氏名" "the holder sees what by its Japanese name" "${tty[@]}" "n" "${trusting[@]}" --request name.cbor --out never.cbor
says "issued by CN=Readers,C=JP" "and who stands behind whoever asks" "${tty[@]}" "n" "${trusting[@]}" \
	--request name.cbor --out never.cbor
says "これをリーダーに渡しますか。" "and is asked in Japanese" env LANGUAGE=ja "${tty[@]}" "n" "${trusting[@]}" \
	--request name.cbor --out never.cbor
says "City office" "and who asks" "${tty[@]}" "n" "${trusting[@]}" --request name.cbor --out never.cbor
says "means to keep" "and what the reader means to keep" "${tty[@]}" "n" "${trusting[@]}" --request keep.cbor \
	--out never.cbor
show setsid -w "${trusting[@]}" --request name.cbor --out never.cbor "(without a terminal)"
setsid -w "${trusting[@]}" --request name.cbor --out never.cbor --pin-file pin < /dev/null > said 2>&1
must "R-TX-01: nothing leaves without a yes" grep -q "no terminal" said
gives "full_name_unicode" "--agree gives only what it names" "${present[@]}" --yes --reader-ca ca.pem \
	--agree "$name" --request name.cbor

# 個人番号: its own question, and a law (R-CARD-18, R-CARD-19, R-CARD-49).
gives "full_name_unicode" "R-CARD-18: --yes leaves 個人番号 out" "${present[@]}" --yes --reader-ca ca.pem \
	--request number.cbor
says "番号法第14条第1項" "the holder sees by which law" "${tty[@]}" "n,n" "${trusting[@]}" --request number.cbor \
	--out never.cbor
gives "full_name_unicode" "a no to it alone leaves the rest" "${tty[@]}" "n,y" "${present[@]}" --reader-ca ca.pem \
	--request number.cbor
gives "full_name_unicode individual_number_unicode" "a yes gives it" "${tty[@]}" "y,y" "${present[@]}" \
	--reader-ca ca.pem --request number.cbor
/usr/bin/python3 - number.cbor > lawless.cbor <<'PY'
import sys, cbor2
items = cbor2.loads(cbor2.load(open(sys.argv[1], "rb"))["docRequests"][0]["itemsRequest"].value)
del items["requestInfo"]
sys.stdout.buffer.write(cbor2.dumps({"version": "1.0", "docRequests": [{"itemsRequest": cbor2.CBORTag(24, cbor2.dumps(items))}]}))
PY
lawless=(--reader-policy any --request lawless.cbor)
gives "full_name_unicode" "nobody states a law: it stays, whatever --agree says" "${present[@]}" --yes "${lawless[@]}" \
	--agree "$number" --agree "$name"
says "legal basis" "and the holder is told" "${present[@]}" --yes "${lawless[@]}" --agree "$number" --out never.cbor
gives "individual_number_unicode" "the holder may state it" "${present[@]}" --yes "${lawless[@]}" \
	--agree "$number" --legal-basis "番号法第14条"
fails "nothing else was written" test -e never.cbor
must "and no copy used but for responses" test "$(used)" = 10
done_testing
