#!/usr/bin/env bash
# If this failed, what a program encrypts with a key in a token could be opened by nobody else, or not at all:
# AES by pkcs11-tool and PyKCS11 against OpenSSL.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1

PIN=aes-pin-2026 SO=aes-so-code-of-a-test-0123456789
export PIN SO
p11=(pkcs11-tool --module "$MDOC_MODULE")
must "a token" "${p11[@]}" --slot-index 0 --init-token --label aes --so-pin env:SO
must "and its PIN" "${p11[@]}" --token-label aes --login --login-type so --so-pin env:SO --init-pin --new-pin env:PIN
token=("${p11[@]}" --token-label aes --login --pin env:PIN)

head -c 16 /dev/urandom > key.bin
hex=$(od -An -tx1 key.bin | tr -d ' \n')
iv=000102030405060708090a0b0c0d0e0f
must "a key that both know" "${token[@]}" --write-object key.bin --type secrkey --key-type AES:16 --id 0a --label both \
	--usage-decrypt --private
head -c 3000 /dev/urandom > long
head -c 160 /dev/urandom > whole
for file in whole long; do
	must "$file by CKM_AES_CBC_PAD" "${token[@]}" --encrypt --id 0a --mechanism AES-CBC-PAD --iv "$iv" \
		--input-file "$file" --output-file sealed
	openssl enc -aes-128-cbc -K "$hex" -iv "$iv" -in "$file" -out expected
	must "and OpenSSL agrees" cmp sealed expected
	must "and back" "${token[@]}" --decrypt --id 0a --mechanism AES-CBC-PAD --iv "$iv" --input-file sealed \
		--output-file opened
	must "to what it was" cmp opened "$file"
done
for mode in CBC:cbc ECB:ecb; do
	must "whole blocks by CKM_AES_${mode%:*}" "${token[@]}" --encrypt --id 0a --mechanism "AES-${mode%:*}" --iv "$iv" \
		--input-file whole --output-file sealed
	if [ "$mode" = ECB:ecb ]; then
		openssl enc -aes-128-ecb -K "$hex" -nopad -in whole -out expected
	else
		openssl enc -aes-128-cbc -K "$hex" -iv "$iv" -nopad -in whole -out expected
	fi
	must "and OpenSSL agrees" cmp sealed expected
done
fails "a part of a block has no CKM_AES_CBC" "${token[@]}" --encrypt --id 0a --mechanism AES-CBC --iv "$iv" \
	--input-file long --output-file never

must "GCM and key wrap by PyKCS11" /usr/bin/python3 "$here/aes.py" "$MDOC_MODULE" "$PIN" "$hex"
