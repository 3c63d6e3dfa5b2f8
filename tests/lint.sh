#!/usr/bin/env bash
# What a reader of the tree would otherwise have to check by eye: layers, sizes, scripts, manuals,
# translations, and that the tree speaks of the product alone.
# SPDX-License-Identifier: BSD-2-Clause
set -u
cd "$(dirname "$(readlink -f "$0")")/.." || exit 1
failures=0

# empty CLAIM COMMAND...: the command finds nothing.
empty() {
	local claim=$1 found; shift
	found=$("$@" 2>/dev/null)
	if [ -z "$found" ]; then
		echo "ok - $claim"
	else
		printf 'not ok - %s\n%s\n' "$claim" "$found"
		failures=$((failures + 1))
	fi
}

# passes CLAIM COMMAND...
passes() {
	local claim=$1; shift
	if "$@"; then echo "ok - $claim"; else echo "not ok - $claim"; failures=$((failures + 1)); fi
}

mapfile -t mdoc_files < <(git ls-files ':(glob)mdoc/*.c' ':(glob)mdoc/*.h')
mapfile -t sources < <(git ls-files '*.c' '*.h')
mapfile -t scripts < <(git ls-files 'tests/integration/*.sh')

sources() { git ls-files "$@" | grep -E '\.[ch]$'; }

# shellcheck disable=SC2317 # called through empty
long_files() { sources module tokens mdoc tools | xargs wc -l | awk '$2 != "total" && $1 > 600'; }
# shellcheck disable=SC2317
no_licence() { sources module tokens mdoc tools tests | xargs grep -L 'SPDX-License-Identifier: BSD-2-Clause'; }
# shellcheck disable=SC2317
untranslated() { msgfmt --statistics -o /dev/null tools/po/ja.po 2>&1 | grep -E 'fuzzy|untranslated'; }

empty "tools call neither tokens nor the module's inside" \
	grep -rnE '#include[ ]*["<](\.\./)*(tokens|module)/' tools --include=*.c --include=*.h
empty "tokens call neither module nor tools" \
	grep -rnE '#include[ ]*["<](\.\./)*(module|tools|mdoc)/' tokens --include=*.c --include=*.h
empty "libmdoc knows no PKCS#11, no files, no sockets, no clock" \
	grep -nE '#include[ ]*["<](p11-kit|sqlite3|fcntl|unistd|sys/socket|time\.h|tss2|tokens/|module/|tools/)' \
	"${mdoc_files[@]}"
empty "libmdoc opens and prints nothing" \
	grep -nE '\<(fopen|fdopen|printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|perror)\(|\<(stdin|stdout|stderr)\>' \
	"${mdoc_files[@]}"
empty "no source file is longer than 600 lines" long_files
empty "every source file names its licence" no_licence
empty "nothing is left for later in the sources" \
	git grep -nE '\b(TODO|FIXME|XXX)\b' -- module tokens mdoc tools/*/*.c
empty "no path of one machine" \
	git grep -nE '(^|[^a-z"])/(home|root|work)/[a-z]' -- module tokens mdoc tools/common tools/token tools/present \
	tools/reader tools/issuer README.md
passes "sources are formatted by .clang-format" clang-format --dry-run -Werror "${sources[@]}"
passes "scripts pass shellcheck" shellcheck -x -P SCRIPTDIR tests/run .ci/run tools/quickstart \
	tools/install-packages tests/lint.sh tests/foreign/run.sh "${scripts[@]}"
for page in $(git ls-files 'tools/man/*' 'module/*.[78]'); do
	passes "manual $page" mandoc -T lint -W warning "$page"
done
empty "every message has its Japanese" untranslated
[ "$failures" -eq 0 ]
