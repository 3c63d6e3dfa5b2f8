#!/usr/bin/env bash
# If this failed, our own two programs could not complete a session with each other in one of the ways that the manuals
# name, or with a key that is kept somewhere else than in our vault.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1
servers=()
trap 'for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null; done; clean_up' EXIT

show /usr/bin/python3 "$here/consent_world.py"
PYTHONPATH=$here /usr/bin/python3 "$here/consent_world.py" || { not_ok "readers and their CA"; exit 1; }
ask=(--element "$NS:full_name_unicode" --element org.iso.23220.1:age_over_20)
reader=(mdoc-reader session --cert trusted.pem --reader-key trusted.key --iaca issuer/iaca.pem --timeout 30 --wait 10)
by_nfc=(mdoc-present session --token holder --pin-file pin --yes --reader-ca ca.pem --timeout 30 --wait 10
	--listen unix:stream --nfc-select qr.txt)
holder=(mdoc-present session --token holder --pin-file pin --yes --reader-ca ca.pem --engagement-out qr.txt --no-qr
	--timeout 30 --wait 10)
unused() { mdoc-token status --token holder --pin-file pin --json | sed -n 's/.*"unused": *\([0-9]*\).*/\1/p'; }

begin() { # begin COMMAND...: a holder's program, until its engagement is there
	rm -f qr.txt stream
	show "$@" '&'
	"$@" > first.out 2>&1 & first=$!
	engaged
}
engaged() { for _ in $(seq 400); do [ -s qr.txt ] && return; sleep 0.05; done; }
end() { # end CODE CLAIM: it ended so
	local code=0
	wait "$first" || code=$?
	if [ "$code" -eq "$1" ]; then ok "$2"; else cat first.out; not_ok "$2 (exit $code, not $1)"; fi
}
meets() { # meets CLAIM [STREAM [OPTION...]]: both over that stream; the options are the holder's
	local stream=${2-unix:stream} claim=$1
	shift $(($# < 2 ? $# : 2))
	begin "${holder[@]}" --listen "$stream" "$@"
	for _ in $(seq 400); do grep -qE '(unix|tcp):[^ ]+' first.out && break; sleep 0.05; done # said after the engagement
	must "$claim" "${reader[@]}" "${ask[@]}" --connect "$(grep -oE '(unix|tcp):[^ ]*' first.out)" qr.txt
	end 0 "and the holder's program is content"
}

# ---- In the vault, in every way
provision 13
meets "over a Unix socket"
meets "over TCP" tcp:127.0.0.1:0
meets "the second edition" unix:stream --edition 2
meets "on X25519" unix:stream --curve X25519
must "each has used one copy" test "$(unused)" = 9

mkfifo there back
rm -f qr.txt
show "${holder[@]}" --listen stdio '&'
"${holder[@]}" --listen stdio < there > back 2> first.out & first=$!
exec 8> there 9< back
engaged
show "${reader[@]}" "${ask[@]}" --connect stdio qr.txt
"${reader[@]}" "${ask[@]}" --connect stdio qr.txt <&9 >&8 2> second.out || not_ok "over standard input and output"
exec 8>&- 9<&-
end 0 "over standard input and output"
must "what it proves is on standard error" grep -q 番号 second.out

# Whichever program is started first waits for the other.
begin "${holder[@]}" --connect unix:late
for _ in $(seq 100); do grep -q "Nobody listens on unix:late yet" first.out && break; sleep 0.05; done
must "the holder's program comes to the reader, which is there later" "${reader[@]}" "${ask[@]}" --listen unix:late qr.txt
end 0 "and is content"
must "having said that it waits" grep -q "Nobody listens on unix:late yet" first.out

# NFC as files: what would be in qr.txt is the Handover Select message.
begin "${by_nfc[@]}"
must "by NFC, static" "${reader[@]}" "${ask[@]}" --connect unix:stream --nfc-select qr.txt
end 0 "and the holder's program is content"
quiet mdoc-reader session --write-nfc-request request.ndef
begin "${by_nfc[@]}" --nfc-request request.ndef
must "by NFC, negotiated" "${reader[@]}" "${ask[@]}" --connect unix:stream --nfc-select qr.txt --nfc-request request.ndef
end 0 "and the holder's program is content"
begin "${by_nfc[@]}" --nfc-request request.ndef
fails "R-VX-01: not if they disagree on how they met" "${reader[@]}" "${ask[@]}" --connect unix:stream --nfc-select qr.txt
end 3 "which the holder's program finds out first"
must "and nothing was spent on that" test "$(unused)" = 5

begin "${holder[@]}" --listen unix:stream
must "the engagement as text, with a transcript" "${reader[@]}" "${ask[@]}" --connect unix:stream "$(cat qr.txt)" --trace trace.txt
end 0 "and the holder's program is content"
fails "the transcript has no value" grep -q 番号 trace.txt

begin "${holder[@]}" --listen unix:stream
exits 1 "who does not say who it is gets nothing" mdoc-reader session "${ask[@]}" --iaca issuer/iaca.pem --connect unix:stream qr.txt
end 1 "and the holder's program says so"
begin "${holder[@]}" --listen unix:stream
exits 2 "個人番号 without a law is not asked for" "${reader[@]}" --element "$NS:individual_number_unicode" \
	--connect unix:stream qr.txt
kill "$first"
end 4 "a holder's program that is interrupted"
must "nothing was spent on these" test "$(unused)" = 4
begin "${holder[@]}" --listen unix:stream --agree "$NS:individual_number_unicode"
must "R-CARD-18: with one it is, and agreed to by name it is given" "${reader[@]}" --connect unix:stream qr.txt \
	--element "$NS:individual_number_unicode" --legal-basis "番号法第 14 条第 1 項"
end 0 "and the holder's program is content"

# Bluetooth, where there is none.
if [ -e /sys/class/bluetooth/hci0 ]; then echo "skip - this machine has Bluetooth"; else
	exits 4 "a holder without Bluetooth" timeout 20 "${holder[@]}" --listen l2cap:0
	exits 4 "a reader without Bluetooth" timeout 20 "${reader[@]}" "${ask[@]}" --wait 3 \
		--connect l2cap:01:23:45:67:89:AB:128 qr.txt
fi

# A reader's key in a token, ours and any other's.
quiet mdoc-token init --label reader --so-pin-file reader-so --pin-file pin
quiet pkcs11-tool --module "$MDOC_MODULE" --token-label reader --login --pin himitsu-2026 --write-object trusted.key \
	--type privkey --id 01 --label Counter --usage-sign
begin "${holder[@]}" --listen unix:stream
must "a reader whose key is in a token" mdoc-reader session "${ask[@]}" --cert trusted.pem --pin-file pin --connect unix:stream \
	--reader-key "pkcs11:token=reader;object=Counter" --iaca issuer/iaca.pem qr.txt
end 0 "and the holder's program is content"

# ---- Over p11-kit remoting: CKM_ECDSA only
libraries=$(pkg-config --variable=p11_module_path p11-kit-1)
far() { # the token through a socket
	p11-kit server --foreground --name "$scratch/far.socket" --provider "$MDOC_MODULE" "pkcs11:token=holder" > far.log 2>&1 &
	servers+=($!)
	for _ in $(seq 100); do [ -S far.socket ] && break; sleep 0.05; done
	export P11_KIT_SERVER_ADDRESS=unix:path=$scratch/far.socket
}
quiet mdoc-token erase --token holder --so-pin-file so --yes
quiet mdoc-token init --label holder --so-pin-file so2 --pin-file pin --iaca issuer/iaca.pem --raw-sign
fetch_copies 1
far
MDOC_PKCS11_MODULE=$libraries/p11-kit-client.so meets "with a key on another machine"
must "R-EXH-01: which costs its copy" test "$(unused)" = 0

# ---- In a TPM
if command -v swtpm > /dev/null && mdoc-token init --help | grep -q -- --backend; then
	(
		export MDOC_PKCS11_STORE=$scratch/tpm-store
		swtpm_start "$scratch/tpm-state"
		trap 'swtpm_stop "$scratch/tpm-state"' EXIT
		by_backend=(--backend tpm)
		rm -rf issuer so
		make_issuer
		make_holder
		fetch_copies 1
		meets "with a key in a TPM"
		must "R-EXH-01: which costs its copy" test "$(unused)" = 0
		[ "$failures" -eq 0 ]
	) || failures=$((failures + 1))
else
	echo "skip - no emulated TPM here"
fi

# ---- In SoftHSM2, which knows nothing of mdocs
for foreign in /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so; do [ -e "$foreign" ] && break; done
if [ -e "$foreign" ]; then
	mkdir tokens
	printf 'directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n' "$scratch" > softhsm2.conf
	export SOFTHSM2_CONF=$scratch/softhsm2.conf MDOC_PKCS11_MODULE=$foreign MDOC_MODULE=$foreign
	# shellcheck disable=SC2034 # of provision.sh
	by_backend=()
	rm -rf issuer so
	provision 1
	meets "with a key in SoftHSM2"
	must "R-EXH-01: which costs its copy" test "$(unused)" = 0
else
	echo "skip - SoftHSM is not installed"
fi
done_testing
