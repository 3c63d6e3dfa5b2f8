#!/usr/bin/env bash
# If this failed, Node.js could not use a token of ours: pkcs11js and graphene-pk11, of pinned versions,
# make keys, sign at once in many threads, derive, and see nothing private after logout.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"

make_token node
cp "$here/../foreign/node/"* .
# pkcs11js is compiled against the headers that came with Node.js; nothing else is downloaded for it.
npm_config_nodedir=$(node -p 'path.resolve(process.execPath, "../..")')
export npm_config_nodedir
must "the pinned packages install" npm ci --no-audit --no-fund --loglevel=error
must "a program works with the token" node token.mjs "$MDOC_MODULE" node
says "CKR_PIN_INCORRECT" "with a wrong PIN it is told so" env PIN="$WRONG" node token.mjs "$MDOC_MODULE" node
fails "and ends" env PIN="$WRONG" node token.mjs "$MDOC_MODULE" node
must "the right PIN opens it still" node token.mjs "$MDOC_MODULE" node
done_testing
