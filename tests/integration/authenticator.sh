#!/usr/bin/env bash
# If this failed, a holder whose PIN is disabled could not use his token, or anybody could who writes a program
# (R-FACE-07): an authenticator's helper, as foreign programs see it.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1
mkdir face
cp "$here/authenticator.py" face/helper
chmod 755 face/helper
so='so-code-of-the-counter-0123456789'
kit=(/usr/bin/python3 "$here/authenticator.py")
"${kit[@]}" keys face > document
must "a helper has keys and a public document" test -s document
echo '{"sign": {}}' > wrong
says 'rv 0x7' "another document makes no area" "${kit[@]}" area "$MDOC_MODULE" face "$so" wrong
says 'rv 0x0' "an area with an authenticator" "${kit[@]}" area "$MDOC_MODULE" face "$so" document
p11=(pkcs11-tool --module "$MDOC_MODULE" --slot 1)
must "its PIN" "${p11[@]}" --login --login-type so --so-pin "$so" --init-pin --new-pin himitsu-2026
echo secret > data
must "a private object" "${p11[@]}" --login --pin himitsu-2026 --write-object data --type data --label kept --private
says 'rv 0x7' "while the PIN is good the authenticator opens nothing" "${kit[@]}" drive "$MDOC_MODULE" 1 login

# R-FACE-01 to -05: the act at the counter.
says 'rv 0x0' "R-FACE-02: the PIN is disabled" "${kit[@]}" drive "$MDOC_MODULE" 1 disable "$so"
fails "R-FACE-02: the PIN opens nothing any more" "${p11[@]}" --login --pin himitsu-2026 --list-objects --type data
says 'PIN pad present' "a program sees that it must not ask for a PIN (R-FACE-09)" "${p11[@]}" --list-token-slots
says 'rv 0xcd44021a' "R-FACE-07: without a helper nothing opens it" "${kit[@]}" drive "$MDOC_MODULE" 1 login

echo "authenticator = $scratch/face/helper" >> "$MDOC_PKCS11_CONF"
try() { # MODE WANTED CLAIM
	echo "$1" > face/mode
	says "rv $2 after" "$3" "${kit[@]}" drive "$MDOC_MODULE" 1 login
}
echo accept > face/mode
says 'objects 1' "R-FACE-07: a face opens it, and what was in it is there" "${kit[@]}" drive "$MDOC_MODULE" 1 count
says "['LC_ALL', 'PATH'] ['0', '1', '2']" "the helper gets an environment of ours" tail -1 face/seen
try refuse 0xa0 "a refusal is a wrong PIN"
try forge 0xcd44021a "another secret than the signed one"
try unsigned 0xcd44021a "a signature of somebody else"
try turn 0xcd44021a "a refusal turned into a yes"
try replay 0xcd44021a "R-FACE-07: a verdict is good for one question"
try garbage 0xcd44021a "words for a verdict"
try much 0xcd44021a "too many words"
try die 0xcd44021a "a helper that dies"
try accept 0x0 "a right one gives the tries back"
for i in 1 2 3 4 5 6 7 8 9 10; do try refuse 0xa0 "refusal $i of 10"; done
try accept 0xa4 "R-CARD-05: ten refusals lock, also for the right face"
says 'rv 0x0' "the counter repeats its act" "${kit[@]}" drive "$MDOC_MODULE" 1 disable "$so"
try accept 0x0 "and the face opens it again"

# R-FACE-05: back.
must "R-FACE-05: a PIN again" "${p11[@]}" --login --login-type so --so-pin "$so" --init-pin --new-pin atarashii-2026
try accept 0x7 "the authenticator opens nothing now"
says kept "and what was in it is there" "${p11[@]}" --login --pin atarashii-2026 --list-objects --type data
must "R-CARD-03: no file has a PIN in it" bash -c "! grep -rqaE 'himitsu-2026|atarashii-2026|$so' '$MDOC_PKCS11_STORE'"
done_testing
