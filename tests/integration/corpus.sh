#!/usr/bin/env bash
# If this failed, a reader would accept a response with a fault in it, name another fault than the one
# that is there, or refuse one that is unusual and right.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
mkdir "$scratch/corpus"
show /usr/bin/python3 tests/corpus/run.py "$scratch/corpus"
/usr/bin/python3 "$here/../corpus/run.py" "$scratch/corpus" || failures=$((failures + 1))
done_testing
