#!/usr/bin/env bash
# If this failed, a token in a TPM would be lost, opened by who must not, or hang the program that uses it, when the
# machine is switched off, the TPM is cleared, killed, robbed by its owner or exchanged, or an older store put back.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
[ "${MDOC_TEST_BACKEND:-vault}" != vault ] || export MDOC_TEST_BACKEND=tpm
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
unset TSS2_LOG # the module has to be silent by itself

calls=(/usr/bin/python3 "$here/tpm_calls.py")
tool() { env TSS2_LOG=all+NONE "$@"; } # tpm2-tools, without their log
NEW=a-new-pin-2026
export NEW
echo "$PIN" > pin
echo "$WRONG" > wrong-pin
echo "$NEW" > new-pin

make_area() { # make_area LABEL: of this backend, with a key, its SO code in LABEL.so
	setup mdoc-token init --label "$1" "${by_backend[@]}" --so-pin-file "$1.so" --pin-file pin
	make_key "$1" key 01
	mv key.pub "$1.pub"
}
list() { mdoc-token list --token "$1" --pin-file "${2:-pin}"; }
serial_of() { mdoc-token status --token "$1" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["serial"])'; }
lockout() { tool tpm2_getcap properties-variable | sed -n 's/^TPM2_PT_LOCKOUT_COUNTER: *//p'; }
loaded() { tool tpm2_getcap handles-transient; tool tpm2_getcap handles-loaded-session; }
save() { rm -rf "saved-$1"; cp -a "$MDOC_PKCS11_STORE/areas/$(serial_of "$1")" "saved-$1"; }
restore() { # restore LABEL
	local area=$MDOC_PKCS11_STORE/areas/$1
	rm -rf "$area"
	cp -a "$2" "$area"
}
# The handles of the TPM's indices whose type is that number: 8 for PINs, 1 for counters.
indices() {
	local handle="" line
	tool tpm2_nvreadpublic | while read -r line; do
		case $line in
		0x*:) handle=${line%:} ;;
		"value: 0x"???*) [ $((${line#value: } >> 4 & 15)) -ne "$1" ] || echo "$handle" ;;
		esac
	done
}

# An application that lives through what follows: "app WORD" is what it gets for that call.
app_start() { # app_start LABEL
	coproc APP { exec "${calls[@]}" steps "$MDOC_MODULE" "$1" 2> app.err; }
	# shellcheck disable=SC2153 # coproc makes it
	app_pid=$APP_PID
	read -r _ <&"${APP[0]}"
}
app() {
	local line=dead
	kill -0 "$app_pid" 2>/dev/null && echo "$1" >&"${APP[1]}" && read -r -t 60 line <&"${APP[0]}"
	echo "$line"
}
app_end() { { echo quit >&"${APP[1]}"; wait "$app_pid"; } 2> /dev/null; }
app_gets() { # app_gets CK_RV CLAIM WORD
	local got
	got=$(app "$3")
	echo "\$ application: $3"
	if [ "$got" = "$1" ]; then ok "$2"; else not_ok "$2 ($got, not $1)"; fi
}

before=$(lockout)
make_area life
serial=$(serial_of life)

# --- R-KEY-02: bound to this device ---------------------------------------------------------------------
says '"deviceBound": true' "R-KEY-02: the token says that it is bound to this device" mdoc-token status --token life --json
setup mdoc-token init --label soft --backend vault --so-pin-file soft.so --pin-file pin
says '"deviceBound": false' "and a plain vault that it is not" mdoc-token status --token soft --json
says "not bound to this device" "in words" mdoc-token status --token soft

# --- Power cycle, under an application that goes on -----------------------------------------------------
app_start life
app_gets CKR_OK "an application logs in" login
app_gets CKR_OK "and signs" sign
swtpm_power_cycle "$scratch/tpm"
app_gets CKR_OK "it signs after a power cycle as if nothing had been" sign
app_gets CKR_OK "with a new key, too" again
swtpm_kill
gone=CKR_DEVICE_ERROR
if can export; then gone=CKR_OK; fi # keys in software need it for the login and for what is written
app_gets "$gone" "without the TPM a signature ends with $gone" sign
app_gets "$gone" "each time" sign
app_gets CKR_DEVICE_ERROR "and a new key is an error of the device" again
app_gets CKR_OK "tokens are listed without it" slots
swtpm_start
app_gets CKR_OK "and when it comes back the application signs again" sign
must "nothing was printed" test ! -s app.err

# --- Killed in mid-signature, or in the middle of a login --------------------------------------------------
app_end
in_the_middle=sign code=15d # TPM2_Sign
if can export; then in_the_middle=login code=151; fi # TPM2_PolicySecret
start kill python3 "$here/tpm_relay.py" kill "$scratch/tpm/socket" "$scratch/relay" $code "$scratch/tpm/pid"
for _ in $(seq 50); do [ -S relay.ctrl ] && break; sleep 0.1; done
export MDOC_PKCS11_TCTI=swtpm:path=$scratch/relay
app_start life
[ $in_the_middle = login ] || app_gets CKR_OK "an application logs in" login
app_gets CKR_DEVICE_ERROR "a TPM that dies in the middle of a $in_the_middle is an error of the device" $in_the_middle
swtpm_kill
swtpm_start
export MDOC_PKCS11_TCTI=swtpm:path=$scratch/relay
[ $in_the_middle = sign ] || app_gets CKR_OK "it logs in when the TPM is there again" login
app_gets CKR_OK "it signs when the TPM is there again" sign
app_end
must "nothing was printed" test ! -s app.err
stop_servers
swtpm_use "$scratch/tpm"

# --- Tries ----------------------------------------------------------------------------------------------
start record python3 "$here/tpm_relay.py" record "$scratch/tpm/socket" "$scratch/recorder" "$scratch/traffic"
for _ in $(seq 50); do [ -S recorder.ctrl ] && break; sleep 0.1; done
export MDOC_PKCS11_TCTI=swtpm:path=$scratch/recorder
save life
show "${calls[@]}" wrong "$MDOC_MODULE" life 13 '(eight processes at once)'
pids=()
for number in 1 2 3 4 5 6 7 8; do
	"${calls[@]}" wrong "$MDOC_MODULE" life $((number <= 4 ? 13 : 12)) > "wrong-$number" 2>&1 &
	pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || not_ok "a process of wrong PINs failed"; done
cat wrong-*
total() { cat wrong-? | awk -v name="$1" '$1 == name { sum += $2 } END { print sum + 0 }'; }
must "R-CARD-05: of a hundred wrong PINs five are wrong" test "$(total CKR_PIN_INCORRECT)" -eq 5
must "and the others find it locked" test "$(total CKR_PIN_LOCKED)" -eq 95
python3 "$here/tpm_relay.py" codes traffic | tee codes
must "five verifications in the TPM" test "$(awk '$1 == "0x151" && $2 == "0x0a2" { print $3 }' codes)" -eq 5
fails "R-CARD-05: locked, also for the right PIN" list life
swtpm_power_cycle "$scratch/tpm"
export MDOC_PKCS11_TCTI=swtpm:path=$scratch/recorder
fails "and after a power cycle" list life
restore "$serial" saved-life
fails "and with every file as it was before" list life
says "locked" "the status says so" mdoc-token status --token life
must "the security officer sets a new PIN" mdoc-token pin reset --token life --so-pin-file life.so --new-pin-file new-pin
must "which opens it" list life new-pin
fails "the old one does not" list life
must "the holder changes it" mdoc-token pin change --token life --pin-file new-pin --new-pin-file pin
must "and it opens" list life
must "the key is the one that it was" "${p11[@]}" --token-label life --login --pin env:PIN --sign --id 01 \
	--mechanism ECDSA-SHA256 --signature-format openssl --input-file pin --output-file sig
must "OpenSSL verifies" openssl dgst -sha256 -verify life.pub -signature sig pin
must "the lockout of the whole TPM has counted none of this" test "$(lockout)" = "$before"

# --- The line -------------------------------------------------------------------------------------------
# What is recorded by now: wrong and right PINs, a reset, a change, signatures. And a new area:
make_area line
SO=$(cat line.so)
must "no PIN or code passes in clear, nor what the TPM is told for one" env SO="$SO" python3 "$here/tpm_relay.py" search traffic \
	"$(serial_of line)"
must "of either area" env SO="$(cat life.so)" python3 "$here/tpm_relay.py" search traffic "$serial"
stop_servers
swtpm_use "$scratch/tpm"
setup mdoc-token erase --token line --so-pin-file line.so --yes

# --- Nothing stays in the TPM ---------------------------------------------------------------------------
must "2000 operations, and errors of all kinds" "${calls[@]}" work "$MDOC_MODULE" life 2000 77
must "leave nothing loaded" test -z "$(loaded)"
show "${calls[@]}" work "$MDOC_MODULE" life 100 '(four processes at once, without a resource manager)'
pids=()
for number in 1 2 3 4; do
	"${calls[@]}" work "$MDOC_MODULE" life 100 "8$number" > "work-$number" 2>&1 &
	pids+=($!)
done
code=0
for pid in "${pids[@]}"; do wait "$pid" || code=1; done
[ "$code" -eq 0 ] || cat work-*
must "four processes take turns" test "$code" -eq 0
must "and leave nothing loaded" test -z "$(loaded)"

# --- The owner takes the index away ---------------------------------------------------------------------
robbed() { # robbed CLAIM: nothing opens it, until its security officer has mended it
	fails "$1: the PIN does not open it" list life
	fails "no other does" list life wrong-pin
	fails "no key signs" "${p11[@]}" --token-label life --login --pin env:PIN --sign --id 01 --mechanism ECDSA \
		--input-file digest --output-file never
	must "the security officer mends it" mdoc-token pin reset --token life --so-pin-file life.so --new-pin-file pin
	must "and the PIN opens it again" list life
	must "with the key that it had" "${p11[@]}" --token-label life --login --pin env:PIN --sign --id 01 \
		--mechanism ECDSA-SHA256 --signature-format openssl --input-file pin --output-file sig
	must "OpenSSL verifies" openssl dgst -sha256 -verify life.pub -signature sig pin
}
head -c 32 /dev/urandom > digest
pin_index=$(indices 8 | head -n 1)
must "there is one index for the PIN" test "$(indices 8 | wc -l)" -eq 1
tool tpm2_nvreadpublic "$pin_index" | tee public
setup tool tpm2_nvundefine -C o "$pin_index"
says "taken away" "an index that is gone is named" list life
robbed "an index that is gone"
attributes=$(sed -n 's/^ *value: \(0x...*\)/\1/p' public) # but for having been written
attributes=$(printf '0x%X' $((attributes & ~0x20000000)))
sed -n 's/^ *authorization policy: //p' public | xxd -r -p > policy
value=$(python3 -c 'import hashlib, hmac, os, sys
print(hmac.new(sys.argv[1].encode(), os.environ["WRONG"].encode(), hashlib.sha256).hexdigest())' "$serial")
setup tool tpm2_nvundefine -C o "$(indices 8 | head -n 1)"
setup tool tpm2_nvdefine -C o -s 8 -a "$attributes" -L policy -p "hex:$value" "$pin_index"
robbed "an index of the same kind, with a PIN of the owner's"
counter=$(indices 1 | head -n 1)
setup tool tpm2_nvundefine -C o "$counter"
robbed "a counter that is gone"

# --- An older store -------------------------------------------------------------------------------------
make_issuer
make_holder
holder=$(serial_of holder)
fetch_copies 3
make_session
save holder
respond dr.cbor
restore "$holder" saved-holder
exits 4 "R-CARD-05: an older store is refused" mdoc-token list --token holder --pin-file pin
says "older copy of the store" "by name" mdoc-token list --token holder --pin-file pin
exits 4 "and nothing is presented a second time" mdoc-present respond --token holder --request req.cbor \
	--transcript st.cbor --out again.cbor --yes --reader-policy any --pin-file pin
must "nor written" test ! -e again.cbor
must "its security officer can erase it" mdoc-token erase --token holder --so-pin-file so --yes
done_testing
