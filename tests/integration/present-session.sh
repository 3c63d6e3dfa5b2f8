#!/usr/bin/env bash
# If this failed, a holder could not talk to readers that others wrote, or would tell one of them what it did not agree to.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

provision 24
show /usr/bin/python3 "$here/consent_world.py"
PYTHONPATH=$here /usr/bin/python3 "$here/consent_world.py" || exit 1
session=(mdoc-present session --token holder --pin-file pin --engagement-out engagement.txt --no-qr)
trusting=("${session[@]}" --yes --reader-ca ca.pem)
number=$NS:individual_number_unicode
used() { mdoc-token status --token holder --pin-file pin --json | grep -o '"spent": [0-9]*' | tr -dc 0-9; }

# meets CLAIM HOLDER READER TEXT -- HOLDER-COMMAND... -- READER-OPTION...: the exit codes of both, and what the reader says.
# In holder.out is what the holder says.
meets() {
	local claim=$1 holder=$2 reader=$3 text=$4 command=() got_holder=0 got_reader=0 stream=unix:socket; shift 5
	while [ "$1" != -- ]; do command+=("$1"); shift; done
	shift
	rm -f engagement.txt socket response.cbor
	case " ${command[*]} " in *" --listen "*) ;; *) command+=(--listen unix:socket) ;; esac
	show "${command[@]}"
	show /usr/bin/python3 "$here/session_reader.py" "$stream" engagement.txt . "$@"
	"${command[@]}" > holder.out 2>&1 &
	local pid=$!
	for ((i = 0; i < 100; i++)); do [ -e engagement.txt ] && break; sleep 0.05; done
	case " ${command[*]} " in *" tcp:"*) stream=$(grep -o 'tcp:.*' holder.out) ;; esac
	/usr/bin/python3 "$here/session_reader.py" "$stream" engagement.txt . "$@" > reader.out 2>&1 || got_reader=$?
	wait $pid || got_holder=$?
	cat holder.out reader.out
	if [ $got_holder -eq "$holder" ] && [ $got_reader -eq "$reader" ] && grep -q "$text" reader.out; then ok "$claim"; else
		not_ok "$claim (holder $got_holder, reader $got_reader)"
	fi
}
verified() { must "R-VX-01: $1" mdoc-reader verify --transcript transcript.cbor --iaca issuer/iaca.pem response.cbor; }

meets "R-TX-02, R-CARD-49: a reader that is not ours gets its answer" 0 0 "response 0" -- "${trusting[@]}" -- --reader trusted
verified "and it is of that session"
must "one copy is used" test "$(used)" = 1
for curve in P-384 P-521 X25519 brainpoolP256r1; do
	meets "R-TX-03: keys of the session on $curve" 0 0 "response 0" -- "${trusting[@]}" --curve "$curve" -- --reader trusted
done
meets "the second edition" 0 0 "response 0" -- "${trusting[@]}" --edition 2 -- --reader trusted
verified "verifies, too"
meets "over TCP" 0 0 "response 0" -- "${trusting[@]}" --listen tcp:127.0.0.1:0 -- --reader trusted
must "the engagement is shown as text" grep -q "^mdoc:" holder.out
exits 0 "over standard input and output" /usr/bin/python3 - "$here/session_reader.py" "${trusting[@]}" --listen stdio <<'PY'
import os, subprocess, sys, time
ours, theirs = os.pipe(), os.pipe()
if os.path.exists("engagement.txt"):
    os.remove("engagement.txt")
holder = subprocess.Popen(sys.argv[2:], stdin=ours[0], stdout=theirs[1])
os.close(ours[0]), os.close(theirs[1])
while not os.path.exists("engagement.txt"):
    time.sleep(0.05)
reader = subprocess.run([sys.executable, sys.argv[1], f"fd:{theirs[0]}:{ours[1]}", "engagement.txt", ".", "--reader", "trusted"],
                        pass_fds=[theirs[0], ours[1]])
os.close(ours[1])
sys.exit(holder.wait() or reader.returncode)
PY
meets "a reader that just closes once it has its answer" 0 0 "response 0" -- "${trusting[@]}" -- --reader trusted --no-end

# Handed over by NFC, as data: Annex D's reader negotiates.
/usr/bin/python3 - "$here/../vectors/annexD/session_transcript_bytes.cbor" > request.ndef <<'PY'
import sys, cbor2
sys.stdout.buffer.write(cbor2.loads(cbor2.load(open(sys.argv[1], "rb")).value)[2][1])
PY
nfc=(mdoc-present session --token holder --pin-file pin --yes --reader-ca ca.pem --nfc-select engagement.txt)
meets "static handover by NFC" 0 0 "response 0" -- "${nfc[@]}" -- --reader trusted --nfc -
verified "of that handover"
meets "negotiated handover by NFC" 0 0 "response 0" -- "${nfc[@]}" --nfc-request request.ndef \
	--ble-uuid 45efef74-2b2c-4837-a9a3-b0e1d05a6917 -- --reader trusted --nfc request.ndef
verified "of that one, too"
meets "another handover is another session" 3 1 "status 10" -- "${nfc[@]}" --nfc-request request.ndef -- --reader trusted --nfc -
exits 3 "a Handover Request that is none" "${nfc[@]}" --nfc-request pin --listen unix:socket
exits 2 "a request without a message to send" "${trusting[@]}" --nfc-request request.ndef --listen unix:socket
exits 2 "two handovers" "${trusting[@]}" --nfc-select select.ndef --listen unix:socket
exits 2 "a UUID that is none" "${nfc[@]}" --ble-uuid 45efef74-2b2c-4837-a9a3-b0e1d05a691 --listen unix:socket
spent=$(used)

# Refusals: no copy, and status 20.
meets "R-CARD-49: who does not say who it is gets status 20" 1 1 "status 20" -- "${trusting[@]}" --
meets "nor does another's reader" 1 1 "status 20" -- "${trusting[@]}" -- --reader other
meets "nor who asks for 個人番号 without a law" 1 1 "status 20" -- "${trusting[@]}" --agree "$number" -- \
	--reader trusted --ask "$number"
meets "nor who asks without a holder to answer" 1 1 "status 20" -- setsid -w "${session[@]}" --reader-ca ca.pem -- \
	--reader trusted
meets "what is no CBOR is answered with 11" 3 1 "response 11" -- "${trusting[@]}" -- --raw ff
meets "what is no request with 12" 3 1 "response 12" -- "${trusting[@]}" -- --raw a1616101
echo wrong-pin > wrong
meets "a wrong PIN" 1 1 "status 20" -- "${trusting[@]/%pin/wrong}" -- --reader trusted
must "nothing was spent" test "$(used)" = "$spent"

# A second request is a second transmission.
meets "once is once where nobody is asked" 1 1 "status 20" -- "${trusting[@]}" -- --reader trusted --times 2
meets "twice, if the holder says so" 0 0 "response 0" -- "${trusting[@]}" --transmissions 2 -- --reader trusted --times 2
must "each of its own copy" test "$(used)" = $((spent + 3))
verified "and both are of that session"
tty=(/usr/bin/python3 "$here/consent_tty.py")
bare=(mdoc-present session --token holder --engagement-out engagement.txt --no-qr --reader-ca ca.pem)
meets "R-TX-01: consent and PIN for each" 0 0 "response 0" -- "${tty[@]}" "y,himitsu-2026,y,himitsu-2026" "${bare[@]}" -- \
	--reader trusted --times 2
meets "a no to the second ends it" 1 1 "status 20" -- "${tty[@]}" "y,himitsu-2026,n" "${bare[@]}" -- --reader trusted --times 2

# Time, signals, and what is written down.
meets "who says nothing is told so" 4 1 "status 20" -- "${trusting[@]}" --timeout 1 -- --reader trusted --wait 2
show mdoc-present session --token holder --listen unix:socket --wait 1
mdoc-present session --token holder --listen unix:socket --wait 1 > shown.txt
/usr/bin/python3 "$here/qr_read.py" < shown.txt > read.txt
must "a QR code is shown that a camera reads as what stands below it" cmp read.txt <(grep '^mdoc:' shown.txt)
rm -f engagement.txt
show "${trusting[@]}" --listen unix:socket "(and SIGTERM)"
"${trusting[@]}" --listen unix:socket > holder.out 2>&1 &
holder=$!
for ((i = 0; i < 100; i++)); do [ -e engagement.txt ] && break; sleep 0.05; done
/usr/bin/python3 "$here/session_reader.py" unix:socket engagement.txt . --reader trusted --wait 1.5 > reader.out 2>&1 &
reader=$!
for ((i = 0; i < 100; i++)); do [ ! -e socket ] && break; sleep 0.05; done # gone: the reader is there
kill -TERM $holder
exits 4 "a signal ends the session" wait $holder
fails "and the reader" wait $reader
must "which is told so" grep -q "status 20" reader.out
exits 4 "nobody comes" "${trusting[@]}" --listen unix:socket --wait 1
exits 2 "no stream" "${trusting[@]}"
exits 2 "two streams" "${trusting[@]}" --listen unix:socket --connect unix:socket
exits 2 "another machine" "${trusting[@]}" --listen tcp:192.0.2.1:1
exits 4 "nobody there" "${trusting[@]}" --wait 1 --connect unix:nowhere
meets "with a transcript" 0 0 "response 0" -- "${trusting[@]}" --trace trace.txt --json -- --reader trusted
must "that shows structures" grep -q "DeviceRequest (decrypted)" trace.txt
fails "and no values" grep -q "番号" trace.txt
must "JSON says who asked and what left" /usr/bin/python3 - holder.out <<'PY'
import json, sys
text = open(sys.argv[1]).read()
said = json.loads(text[text.index("\n{") + 1:text.rindex("}") + 1])
assert said["answered"] == 1 and said["readerStatus"] == 20 and said["status"] == 0 and said["copies"] == 1
assert said["readers"][0]["standing"] == "trusted" and "City office" in said["readers"][0]["name"]
assert said["documents"][0]["elements"] == [["org.iso.23220.1.jp", "full_name_unicode"]]
PY
meets "with values, if they are wanted" 0 0 "response 0" -- "${trusting[@]}" --trace trace.txt --trace-values -- \
	--reader trusted
must "it has them" grep -q "番号" trace.txt
must "and is the holder's alone" test "$(stat -c %a trace.txt)" = 600
done_testing
