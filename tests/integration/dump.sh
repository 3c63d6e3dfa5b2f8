#!/usr/bin/env bash
# If this failed, whoever looks into a file would see another structure, another value, or a crash.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
vectors=$here/../vectors
cd "$scratch" || exit 1

# what does not parse is named, and nothing is shown
printf '\xa2\x61a\x01' > cut.cbor
exits 3 "an item that is cut off is no file of ours" mdoc-reader dump cut.cbor
: > empty.cbor
exits 3 "nor is an empty file" mdoc-reader dump empty.cbor
exits 2 "two files are one too many" mdoc-reader dump cut.cbor cut.cbor
exits 2 "no file is one too few" mdoc-reader dump

while read -r name file; do
	says "/$name/" "$file is a $name" mdoc-reader dump "$vectors/$file"
	says "\"structure\": \"$name\"" "and for programs too" mdoc-reader dump --json "$vectors/$file"
done <<-LIST
	DeviceEngagement annexD/device_engagement.cbor
	DeviceRequest annexD/device_request.cbor
	SessionEstablishment annexD/session_establishment.cbor
	SessionData annexD/session_data.cbor
	SessionData annexD/session_termination.cbor
	DeviceResponse annexD/device_response.cbor
	COSE_Key annexD/e_device_key_bytes.cbor
	COSE_Sign1 annexD/reader_auth.cbor
	SessionTranscript annexD/session_transcript_bytes.cbor
	DeviceAuthentication annexD/derived_device_authentication_bytes.cbor
	ReaderAuthentication annexD/derived_reader_authentication_bytes.cbor
	SessionTranscript openid4vp/session_transcript.cbor
	COSE_Sign1 status_list/status_list_cwt.cbor
LIST

response=$vectors/annexD/device_response
says '"elementIdentifier": "family_name"' "items are shown inside their byte strings" mdoc-reader dump "$response.cbor"
says '1 /alg/: -7 /ES256/' "numbers have names" mdoc-reader dump "$response.cbor"
says 'C=US' "certificates are shown" mdoc-reader dump "$response.cbor"
says '6 /iat/: 1686920170' "so are claims" mdoc-reader dump "$vectors/status_list/status_list_cwt.cbor"
mdoc-reader dump "$response.cbor" > cbor.txt
must "digests are no claims" bash -c "! grep -E '/(sub|iat|exp|nbf)/' cbor.txt"
must "hexadecimal digits are the same" bash -c "mdoc-reader dump '$response.hex' | cmp - cbor.txt"
base64 -w 0 "$response.cbor" | tr '+/' '-_' | tr -d '=' > text
must "so is base64url" bash -c "mdoc-reader dump text | cmp - cbor.txt"
must "from standard input too" bash -c "mdoc-reader dump - < '$response.cbor' | cmp - cbor.txt"
printf 'mdoc:%s' "$(base64 -w 0 "$vectors/annexD/device_engagement.cbor" | tr '+/' '-_' | tr -d '=')" > qr
says /DeviceEngagement/ "so is the text of a QR code" mdoc-reader dump qr

# The JSON has every byte: Python gets the value of the document number, and the whole portrait.
show python3 - "$response.cbor"
mdoc-reader dump --json "$response.cbor" > response.json
must "nothing is lost in JSON" python3 - <<-'PYTHON'
	import base64, json
	value = json.load(open("response.json"))["value"]
	items = [i["embedded"] for i in value["documents"][0]["issuerSigned"]["nameSpaces"]["org.iso.18013.5.1"]]
	by_name = {i["elementIdentifier"]: i["elementValue"] for i in items}
	portrait = by_name["portrait"]
	data = base64.urlsafe_b64decode(portrait["base64url"] + "==")
	assert by_name["document_number"] == "123456789", by_name
	assert len(data) == portrait["bytes"] == 1042 and data[:2] == b"\xff\xd8", portrait["bytes"]
PYTHON

# Values of every type.
printf '%s' '8a f9 3e 00 fa 47 c3 50 00 fb c0 10 66 66 66 66 66 66 f9 7c 00 f9 80 01 f7 3b ff ff ff ff ff ff ff ff 1b ff ff ff ff ff ff ff ff 61 22 f4' > types
mdoc-reader dump types > types.txt
printf '%s\n' '/item/ [' '  1.5,' '  100000,' '  -4.0999999999999996,' '  inf,' '  -5.9604644775390625e-08,' "  h'f7' /encoded/," \
	"  h'3bffffffffffffffff' /encoded/," '  18446744073709551615,' '  "\"",' '  false' ']' > wanted.txt
show mdoc-reader dump types
must "numbers of every size" diff types.txt wanted.txt
must "as JSON as well" bash -c 'mdoc-reader dump --json types | python3 -m json.tool > /dev/null'

# A terminal must not be told what to do by what is in a file.
printf '\x64\x1b[2J' > escape.cbor
says '?[2J' "control characters are not sent to the terminal" mdoc-reader dump escape.cbor
python3 -c 'import sys; sys.stdout.buffer.write(b"\x81" * 30 + b"\x00")' > deep.cbor
must "thirty levels are shown" mdoc-reader dump deep.cbor
python3 -c 'import sys; sys.stdout.buffer.write(b"\x81" * 90 + b"\x00")' > deeper.cbor
exits 3 "ninety are refused" mdoc-reader dump deeper.cbor
done_testing
