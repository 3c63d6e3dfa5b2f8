#!/usr/bin/env bash
# If this failed, our reader could not talk to another maker's holder program, would believe what is not proved, or would
# leave the other side waiting. The holder's program here is python3-cryptography and python3-cbor2, without our code.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1

doc=(--doc org.iso.18013.5.1.mDL --element org.iso.18013.5.1:family_name)
at=unix:$scratch/stream

device() { # device OPTIONS...: wait until such a holder's program is there
	rm -f ready stream device.out
	/usr/bin/python3 "$here/session_device.py" stream "$@" > device.out 2>&1 & holder=$!
	for _ in $(seq 100); do [ -e ready ] && return; sleep 0.05; done
}
reader() { # reader OPTIONS...: our reader's session with it
	local code=0
	mdoc-reader session "$(cat qr.txt)" --connect "$at" --iaca iaca.der --timeout 20 --wait 10 "${doc[@]}" "$@" \
		> reader.out 2> reader.err || code=$?
	wait "$holder"
	return $code
}
heard() { # heard TEXT CLAIM: the holder's program saw that
	if grep -qxF "$1" device.out; then ok "$2"; else cat device.out; not_ok "$2 (no \"$1\")"; fi
}

for curve in P-256 P-384 X25519 brainpoolP256r1; do
	device --curve "$curve"
	must "R-VX-01, R-VX-03, R-VX-04: a session on $curve with a holder of other make" reader
	must "which proves a name" grep -q 番号 reader.out
	heard "status 20" "the reader says that it is over"
done
must "the holder's program saw what was asked" \
	grep -qF '{"docType": "org.iso.18013.5.1.mDL", "nameSpaces": {"org.iso.18013.5.1": {"family_name": false}}}' device.out
device
must "as JSON" reader --json
must "with what is verified" grep -q '"verified": true' reader.out
device
must "as a page" reader --html page.html
must "that has the name" grep -q 番号 page.html
device --with 20
must "a response that comes with the end of the session" reader
heard closed "to which nothing is said"
device --mac
must "a MAC for our session's key" reader

device --connect
must "a reader that waits" mdoc-reader session qr.txt --listen "$at" --iaca iaca.der --timeout 20 "${doc[@]}"
wait "$holder"

# Handover by NFC, as files.
by_nfc=(mdoc-reader session --nfc-select select.ndef --connect "$at" --iaca iaca.der --timeout 20 "${doc[@]}")
device --nfc static
must "a static handover" "${by_nfc[@]}"
wait "$holder"
must "a Handover Request message" mdoc-reader session --write-nfc-request request.ndef
device --nfc request.ndef
must "a negotiated handover" "${by_nfc[@]}" --nfc-request request.ndef
wait "$holder"
device --nfc request.ndef
fails "R-VX-01: the two disagree on how they met" "${by_nfc[@]}"
wait "$holder"
exits 2 "a request without a select message" mdoc-reader session qr.txt --nfc-request request.ndef --connect "$at" --iaca iaca.der
exits 3 "no Handover Select" mdoc-reader session --nfc-select request.ndef --connect "$at" --iaca iaca.der
exits 3 "no Handover Request" "${by_nfc[@]}" --nfc-request select.ndef

# Retention: asked for with that intent, and kept only then.
device
must "a name that is not to be kept" reader --store kept.json
fails "is not kept" grep -q 番号 kept.json
doc=(--doc org.iso.18013.5.1.mDL --retain org.iso.18013.5.1:family_name)
device
must "one that is" reader --store kept.json
must "is" grep -q 番号 kept.json
must "the holder's program was told so" grep -qF '"family_name": true' device.out

# Holders who refuse, and documents that prove nothing.
for status in 10 11 20 77; do
	device --end $status
	exits 1 "a holder who ends the session with status $status" reader
	must "the number is said" grep -q "status $status" reader.err
done
device --end 20
exits 1 "and for programs" reader --json --html page.html
fails "no page of an earlier session is left" test -e page.html
must "there is an object that says so" /usr/bin/python3 - reader.out <<'PY'
import json, sys
said = json.load(open(sys.argv[1]))
assert said["verified"] is False and said["conclusion"] == "not_verified" and said["holderStatus"] == 20, said
assert said["checks"] == [] and said["result"] is None and "documents" not in said, said
PY
device
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.pem -subj /C=JP/CN=IACA \
	-days 30 -config "$here/../../tools/reader/readers.cnf" -extensions root 2>/dev/null
exits 1 "a document of somebody else" mdoc-reader session "$(cat qr.txt)" --connect "$at" --iaca other.pem \
	--relax issuer-alt-name --relax crl-dp --timeout 20 "${doc[@]}"
wait "$holder"
heard "status 20" "the holder's program need not wait for the verdict"

# A holder who takes too long, and a reader who is stopped: the other side is told.
device --silent
exits 4 "a holder who does not answer in time" mdoc-reader session qr.txt --connect "$at" --iaca iaca.der --timeout 1 "${doc[@]}"
wait "$holder"
heard "status 20" "is told that it is over"
for signal in INT TERM; do
	rm -f asked
	device --silent
	# not in the background of this shell, which would ignore SIGINT
	exits 4 "a reader that gets SIG$signal" /usr/bin/python3 - "$signal" mdoc-reader session qr.txt --connect "$at" \
		--iaca iaca.der "${doc[@]}" <<'PY'
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_DFL)
reader = subprocess.Popen(sys.argv[2:])
while not os.path.exists("asked"):
    time.sleep(0.05)
time.sleep(0.2)
reader.send_signal(getattr(signal, "SIG" + sys.argv[1]))
sys.exit(reader.wait(20))
PY
	wait "$holder"
	heard "status 20" "says so to the holder"
done

# The transcript of a session: structures, no keys, and values only if they are asked for.
device
must "a traced session" reader --trace trace.txt
for word in DeviceEngagement SessionTranscript DeviceRequest SessionEstablishment SessionData DeviceResponse verdict; do
	must "$word" grep -q "$word" trace.txt
done
fails "no values" grep -q 番号 trace.txt
must "for nobody else" test "$(stat -c %a trace.txt)" = 600
device
must "a traced session with values" reader --trace trace.txt --trace-values
must "values" grep -q 番号 trace.txt

# What is wrong is found before a holder is troubled.
ask=(mdoc-reader session --iaca iaca.der --timeout 2 --wait 2 "${doc[@]}")
exits 2 "no engagement" "${ask[@]}" --connect "$at"
exits 2 "no stream" "${ask[@]}" "$(cat qr.txt)"
exits 2 "two of them" "${ask[@]}" "$(cat qr.txt)" --connect "$at" --listen "$at"
exits 2 "no such stream" "${ask[@]}" "$(cat qr.txt)" --connect pigeon:3
exits 2 "a stranger's network" "${ask[@]}" "$(cat qr.txt)" --connect tcp:192.0.2.1:80
exits 3 "an engagement that is none" "${ask[@]}" mdoc:AAAA --connect "$at"
exits 3 "a file that is none" "${ask[@]}" iaca.der --connect "$at"
exits 4 "nobody there" "${ask[@]}" "$(cat qr.txt)" --connect "unix:$scratch/nobody"
exits 4 "nobody comes" "${ask[@]}" "$(cat qr.txt)" --listen "unix:$scratch/nobody"
done_testing
