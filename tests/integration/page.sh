#!/usr/bin/env bash
# If this failed, people could take a false presentation for a true one, a page could run what a hostile record says, or
# a reader would keep what it never said it would.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
mkdir "$scratch/pages"
show /usr/bin/python3 tests/corpus/pages.py "$scratch/pages"
/usr/bin/python3 "$here/../corpus/pages.py" "$scratch/pages" || failures=$((failures + 1))
done_testing
