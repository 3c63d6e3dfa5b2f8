#!/usr/bin/env bash
# If this failed, a token in a TPM could be carried to another machine, would be lost by a crash at the wrong moment,
# would disturb machines that have no TPM, or could not be used by several programs through a resource manager.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
[ "${MDOC_TEST_BACKEND:-vault}" != vault ] || export MDOC_TEST_BACKEND=tpm
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"
unset TSS2_LOG # the module has to be silent by itself

tool() { env TSS2_LOG=all+NONE "$@"; } # tpm2-tools, without their log
echo "$PIN" > pin
head -c 32 /dev/urandom > digest
setup mdoc-token init --label here "${by_backend[@]}" --so-pin-file so --pin-file pin
make_key here key 01
setup mdoc-token init --label soft --backend vault --so-pin-file soft-so --pin-file pin
list() { mdoc-token list --token "$1" --pin-file pin; }
signs() { # signs CLAIM
	rm -f sig
	must "$1" "${p11[@]}" --token-label here --login --pin env:PIN --sign --id 01 --mechanism ECDSA-SHA256 \
		--signature-format openssl --input-file digest --output-file sig
	must "OpenSSL verifies" openssl dgst -sha256 -verify key.pub -signature sig digest
}
write() { # write LABEL: one more object, so one more generation of the store
	setup "${p11[@]}" --token-label here --login --pin env:PIN --write-object digest --type data --label "$1" --private
}

# --- R-KEY-02: another TPM ------------------------------------------------------------------------------
swtpm_start "$scratch/other"
exits 4 "R-KEY-02: with another TPM the token does not open" list here
says "not the TPM that the token was made with" "and says why" list here
fails "its key does not sign" "${p11[@]}" --token-label here --login --pin env:PIN --sign --id 01 --mechanism ECDSA \
	--input-file digest --output-file never
exits 4 "not for the security officer either" mdoc-token pin reset --token here --so-pin-file so --new-pin-file pin
must "a token that needs none does" list soft
must "the other TPM gets a token of its own" mdoc-token init --label there "${by_backend[@]}" --so-pin-file there-so --pin-file pin
swtpm_use "$scratch/tpm"
signs "the first TPM opens it as before"
exits 4 "and not the other's" list there

# --- A crash between the store's commit and the TPM's counter ----------------------------------------------
# What the TPM looks like after it is what it looked like before: it is put back to that.
state() { # state save|restore
	swtpm_stop "$scratch/tpm"
	if [ "$1" = save ]; then cp "$scratch/tpm/tpm2-00.permall" permall; else cp permall "$scratch/tpm/tpm2-00.permall"; fi
	swtpm_start "$scratch/tpm"
}
state save
write one
state restore
signs "a store that is one step ahead of the TPM opens"
write two
signs "and goes on"
cp -a "$MDOC_PKCS11_STORE" older
write three
rm -rf "$MDOC_PKCS11_STORE"
cp -a older "$MDOC_PKCS11_STORE"
says "older copy of the store" "one that is behind it does not" list here
must "its security officer erases it" mdoc-token erase --token here --so-pin-file so --yes
setup mdoc-token init --label here "${by_backend[@]}" --so-pin-file so2 --pin-file pin
make_key here key 01

# --- No TPM at all --------------------------------------------------------------------------------------
silent() { # silent CLAIM COMMAND...: succeeds, and has nothing to say about it
	local claim=$1; shift
	show "$@"
	if "$@" > silent.out 2> silent.err && [ ! -s silent.err ]; then ok "$claim"; else cat silent.err; not_ok "$claim"; fi
}
with=$MDOC_PKCS11_TCTI
export MDOC_PKCS11_TCTI=swtpm:path=$scratch/nowhere
silent "without a TPM the module loads and lists its slots" "${p11[@]}" --list-token-slots
must "all of them" grep -q here silent.out
silent "p11tool, too" p11tool --provider "$MDOC_MODULE" --batch --list-tokens
silent "a token that needs none works" list soft
must "what everybody may see of the other is seen" mdoc-token status --token here
exits 4 "it does not open" timeout 20 mdoc-token list --token here --pin-file pin
says "CKR_DEVICE_ERROR" "which is an error of the device" "${p11[@]}" --token-label here --login --pin env:PIN --list-objects
unset MDOC_PKCS11_TCTI
if [ ! -e /dev/tpmrm0 ]; then
	silent "nor is it disturbed where nobody has said where a TPM is" "${p11[@]}" --list-token-slots
	exits 4 "no token is made there" timeout 20 mdoc-token init --label never "${by_backend[@]}" --so-pin-file never-so --pin-file pin
	fails "nor is one left behind" mdoc-token status --token never
fi
export MDOC_PKCS11_TCTI=$with

# --- A resource manager ---------------------------------------------------------------------------------
cat > together <<'TOGETHER'
tpm2-abrmd --session --allow-root --tcti="$MDOC_PKCS11_TCTI" > abrmd.log 2>&1 &
manager=$!
export MDOC_PKCS11_TCTI=tabrmd:bus_type=session
for try in $(seq 100); do
	dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner \
		string:com.intel.tss2.Tabrmd 2>/dev/null | grep -q true && break
	sleep 0.1
done
pids=() code=0
for number in 1 2 3 4; do
	/usr/bin/python3 "$1" work "$2" here 200 "9$number" > "work-$number" 2>&1 &
	pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || code=1; done
cat work-?
kill "$manager"
wait "$manager"
[ "$code" -eq 0 ]
TOGETHER
must "four processes at once through tpm2-abrmd" dbus-run-session -- bash together "$here/tpm_calls.py" "$MDOC_MODULE"
must "and nothing is left in the TPM" test -z "$(tool tpm2_getcap handles-transient; tool tpm2_getcap handles-loaded-session)"
signs "and directly afterwards"

# --- TPM2_Clear -----------------------------------------------------------------------------------------
setup tool tpm2_clear
exits 4 "a cleared TPM has forgotten the token" list here
says "has been cleared" "and the sentence says that this may be why" list here
exits 4 "for its security officer, too" mdoc-token pin reset --token here --so-pin-file so2 --new-pin-file pin
must "others open" list soft
must "and a new token can be made" mdoc-token init --label again "${by_backend[@]}" --so-pin-file again-so --pin-file pin
must "that opens" list again
done_testing
