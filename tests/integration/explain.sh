#!/usr/bin/env bash
# If this failed, who makes a wallet would not learn from us what is wrong with its response, or would be told that
# something is right which nobody looked at. That each wrong response is explained is in corpus.sh.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1
export HOME=$scratch # nobody is trusted by default
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME XDG_STATE_HOME
annexd=$here/../vectors/annexD
explain=(mdoc-reader explain --at 2020-10-28T00:00:00Z)

# Given by mistake.
for name in device_request session_establishment session_data session_termination session_transcript_bytes \
	device_engagement; do
	exits 3 "$name is no response" "${explain[@]}" "$annexd/$name.cbor"
done
says "This is a DeviceRequest" "and is called by its name" "${explain[@]}" "$annexd/device_request.cbor"
says "This is a SessionEstablishment" "so is the first message of a session" "${explain[@]}" "$annexd/session_establishment.cbor"
says "still encrypted" "so is its answer" "${explain[@]}" "$annexd/session_data.cbor"
says "リーダーの要求" "in Japanese, too" env LANGUAGE=ja "${explain[@]}" "$annexd/device_request.cbor"
printf 'hello' > text
exits 1 "what is no CBOR is explained all the same" "${explain[@]}" text
says "RFC 8949" "with its clause" "${explain[@]}" text
exits 3 "a file that is not there" "${explain[@]}" none.cbor
exits 2 "no file at all" "${explain[@]}"

# The standard's own response: a deviceMac, and certificates that are not quite by Annex B.
response=$annexd/device_response.cbor
says "--transcript" "without a transcript it says what it did not look at" "${explain[@]}" "$response"
says "nobody is named who is trusted" "and without anybody to trust" "${explain[@]}" "$response"
says "--session-key" "and that a MAC needs the session's key" "${explain[@]}" "$response"
known=("${explain[@]}" --transcript "$annexd/session_transcript_bytes.cbor" --iaca "$annexd/iaca.pem" --relax crl-dp)
full=("${known[@]}" --session-key "$annexd/ephemeral_reader_key.jwk")
other=("${known[@]}" --session-key "$annexd/ephemeral_device_key.jwk")
says "Nothing is wrong with this response" "with the key there is nothing to explain" "${full[@]}" "$response"
exits 0 "and that is exit 0" "${full[@]}" "$response"
exits 0 "as hexadecimal, too" "${full[@]}" "$annexd/device_response.hex"
exits 1 "in another session there is" "${other[@]}" "$response"
says '"clause": "ISO/IEC 18013-5:2021, 9.1.3.4' "for programs, too" "${other[@]}" --json "$response"
says '"why"' "with what was not looked at" "${explain[@]}" --json "$response"
done_testing
