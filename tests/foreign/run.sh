#!/usr/bin/env bash
# If this failed, our responses would be good for our own reader only: @auth0/mdl, which we did
# not write, must accept one, and must refuse it when a byte of it or the session is another.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=../integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"
# shellcheck source=../integration/provision.sh
. "$here/provision.sh"
foreign=$here/../foreign
modules=$scratch/foreign
mkdir -p "$modules"
cp "$foreign/package.json" "$foreign/package-lock.json" "$foreign/verify.mjs" "$modules/"
must "the pinned packages install" npm ci --prefix "$modules" --ignore-scripts --no-audit --no-fund --loglevel=error

provision
respond "$scratch/dr.cbor"
must "a foreign reader accepts our DeviceResponse" \
	node "$modules/verify.mjs" "$scratch/dr.cbor" "$scratch/st.cbor" "$scratch/issuer/iaca.pem"

python3 - "$scratch/dr.cbor" "$scratch/bad.cbor" <<'PY'
import sys
data = bytearray(open(sys.argv[1], 'rb').read())
data[data.rindex(b'deviceSignature') + 40] ^= 1  # inside the signature
open(sys.argv[2], 'wb').write(data)
PY
exits 1 "it refuses one with a changed signature" \
	node "$modules/verify.mjs" "$scratch/bad.cbor" "$scratch/st.cbor" "$scratch/issuer/iaca.pem"
mdoc-reader transcript --openid4vp --client-id other --nonce other --response-uri https://other.example/ \
	--out "$scratch/other.cbor"
exits 1 "it refuses one for another session" \
	node "$modules/verify.mjs" "$scratch/dr.cbor" "$scratch/other.cbor" "$scratch/issuer/iaca.pem"
done_testing
