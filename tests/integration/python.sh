#!/usr/bin/env bash
# If this failed, Python could not use a token of ours: PyKCS11 makes and finds objects, signs in many
# threads, and sees nothing private after logout.
# From the environment: MDOC_MODULE, the module's path.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=consumer.sh
. "$here/consumer.sh"

make_token python
must "a program works with the token" /usr/bin/python3 "$here/pykcs11_token.py" "$MDOC_MODULE" python
fails "and not with a wrong PIN" env PIN="$WRONG" /usr/bin/python3 "$here/pykcs11_token.py" "$MDOC_MODULE" python
done_testing
