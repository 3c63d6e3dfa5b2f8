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

mapfile -t mdoc_files < <(git ls-files 'mdoc/*.c' 'mdoc/*.h' ':!mdoc/p11')
mapfile -t sources < <(git ls-files '*.c' '*.h')
mapfile -t scripts < <(git ls-files 'tests/integration/*.sh')

sources() { git ls-files "$@" | grep -E '\.[ch]$'; }

# shellcheck disable=SC2317 # called through empty
long_files() { sources module tokens mdoc tools | xargs wc -l | awk '$2 != "total" && $1 > 600'; }
# shellcheck disable=SC2317
no_licence() { sources module tokens mdoc tools tests | xargs grep -L 'SPDX-License-Identifier: BSD-2-Clause'; }
# shellcheck disable=SC2317
tss2_elsewhere() {
	git grep -nE '#include[ ]*["<]tss2/' -- '*.c' '*.h' | grep -vE '^(tokens/tpm|tests)/|^tools/issuer/[^:]*:[0-9]+:.*tss2_(mu|tpm2_types|common)\.h'
}
# shellcheck disable=SC2317
untranslated() { # of what the programs say now, not of what the catalogue knows
	xgettext --from-code=UTF-8 -k_ -kN_ -kngettext:1,2 -o - tools/*/*.[ch] tools/*/*/*.[ch] 2>/dev/null |
		msgmerge -q --no-fuzzy-matching -o - tools/po/ja.po - | msgfmt --statistics -o /dev/null - 2>&1 |
		grep -E 'fuzzy|untranslated'
}

# shellcheck disable=SC2317
insides_of_libmdoc() { git grep -nE '#include[ ]*["<]mdoc/[a-z0-9_]+/' -- tools module | grep -v '<mdoc/p11/p11.h>'; }
public_headers() { git ls-files ':(glob)mdoc/*.h' mdoc/p11/p11.h; }
# shellcheck disable=SC2317 # a definition begins at the left margin, below its type
functions_of_libmdoc() { git grep -hoE '^mdoc_[a-z0-9_]+\(' -- 'mdoc/*.c' | tr -d '('; }
# shellcheck disable=SC2317
functions_of_its_headers() { public_headers | while read -r file; do awk -v list=1 -f mdoc/man/from-header.awk "$file"; done; }
# shellcheck disable=SC2317 # what reads bytes from outside
functions_not_fuzzed() {
	local name
	for name in $(functions_of_its_headers | grep -E '_(scan|unwrap|parse|read|decode|open|from_qr|reader_key|check|verify|ask|judge|find)$|^mdoc_select$' | grep -v '^mdoc_p11_'); do
		git grep -qw "$name" -- 'tests/fuzz/*.c' || echo "$name"
	done
}
# shellcheck disable=SC2317
functions_unexplained() {
	public_headers | while read -r file; do
		awk -v bare=1 -f mdoc/man/from-header.awk "$file" | sed "s,^,$file: ,"
	done
}
# shellcheck disable=SC2317 # mdoc.h has nothing of its own
headers_of_libmdoc() { public_headers | grep -v mdoc/mdoc.h | sed 's,.*/,mdoc_,; s,\.h$,,'; }
# shellcheck disable=SC2317
pages_of_libmdoc() { sed -n '/^mdoc_manuals/,/[^\\]$/p' mdoc/Makefile.inc | grep -oE 'mdoc_[a-z0-9_]+\.3' | sed 's/\.3$//'; }
# shellcheck disable=SC2317
pages_named() { sed -nE 's/^\.It Xr (mdoc_[a-z0-9_]+) 3 .*/\1/p' mdoc/man/libmdoc.3; }
page_of_header() { awk -v page="$1" -v include=x -v library=libmdoc -f mdoc/man/from-header.awk "$2"; }

manual=module/man/mdoc-pkcs11.7
# What only one of two lists has.
# shellcheck disable=SC2317
compare() { diff <("$1" | sort -u) <("$2" | sort -u) | grep '^[<>]'; }
# shellcheck disable=SC2317
functions_of_the_module() {
	git grep -hoE '^C_[A-Za-z]+\(' -- 'module/pkcs11/shell/*.c' | tr -d '('
	grep -oE '\(\*C_MDOC_[A-Za-z]+\)' module/include/mdoc-pkcs11.h | tr -d '(*)'
}
# shellcheck disable=SC2317
functions_of_the_manual() { grep -oE 'Fn C_[A-Za-z_]+' $manual | sed 's/^Fn //'; }
# shellcheck disable=SC2317 # a whole function is its name, parameters and one call
functions_without_body() {
	cat module/pkcs11/shell/*.c | tr '\n' ' ' | grep -oE 'C_[A-Za-z]+\([^)]*\) \{\s*SESSION_CALL\(\w+, CKR_FUNCTION_NOT_SUPPORTED' |
		grep -oE '^C_[A-Za-z]+' | grep -v C_MDOC_
}
# shellcheck disable=SC2317
functions_not_supported() {
	sed -n '/^\.Dv CKR_FUNCTION_NOT_SUPPORTED$/,/^\.Ed/p' $manual | grep -oE '^\.Fn C_[A-Za-z]+' | sed 's/^.Fn //'
}
# shellcheck disable=SC2317
names_of_the_header() {
	sed -nE 's/^#define (CK[AR]_MDOC_[A-Z_]+) (0x[0-9A-F]+)UL.*/\1 \2/p' module/include/mdoc-pkcs11.h
	sed -nE 's/^#define (CKM_MDOC_[A-Z_]+|CKF_MDOC_[A-Z_]+) .*/\1/p' module/include/mdoc-pkcs11.h
}
# shellcheck disable=SC2317
names_of_the_manual() {
	sed -nE 's/^\.It Dv (CK[AR]_MDOC_[A-Z_]+) No (0x[0-9A-F]+)$/\1 \2/p' $manual
	grep -oE 'CK[MF]_MDOC_[A-Z_]+[A-Z]' $manual
}
# shellcheck disable=SC2317
profiles_of_the_module() { sed -n 's/.*case \(CKP_[A-Z_]*\):.*/\1/p' module/pkcs11/objects/profile.c; }
# shellcheck disable=SC2317
profiles_of_the_manual() { grep -oE 'CKP_[A-Z_]+' $manual; }
provider_manual=module/man/mdoc-pkcs11-provider.7
# shellcheck disable=SC2317
reasons_of_the_provider() { sed -nE 's/^\s*\{ REASON_[A-Z0-9_]+, "(.*)" \},$/\1/p' module/openssl/provider.c; }
# shellcheck disable=SC2317
reasons_of_its_manual() { sed -n '/^\.Sh DIAGNOSTICS$/,$s/^\.It Dq //p' $provider_manual; }
# shellcheck disable=SC2317
keys_of_the_provider() { sed -nE 's/^\s*OSSL_PARAM_utf8_ptr\("([a-z0-9-]+)", &.*/\1/p' module/openssl/provider.c; }
# shellcheck disable=SC2317
keys_of_its_manual() { sed -nE 's/^\.It Cm ([a-z0-9-]+) Bq Ev .*/\1/p' $provider_manual; }
# shellcheck disable=SC2317
unnamed_variables() {
	local name
	for name in $(git grep -hoE '(getenv|environment|xdg_path|setting)\("[A-Z0-9_]+"' -- module tokens tools | sed 's/.*"\(.*\)"/\1/' | sort -u); do
		grep -qE "Ev .*\b$name\b" module/man/*.[57] tools/man/*.1 || echo "$name"
	done
}

empty "tools call neither tokens nor the module's inside" \
	grep -rnE '#include[ ]*["<](\.\./)*(tokens|module)/' tools --include=*.c --include=*.h
empty "tokens call neither module nor tools" \
	grep -rnE '#include[ ]*["<](\.\./)*(module|tools|mdoc)/' tokens --include=*.c --include=*.h
empty "nobody but tokens/tpm speaks to a TPM; an issuer reads what one has signed" tss2_elsewhere
empty "and that without ESYS" git grep -lE '#include[ ]*["<]tss2/tss2_(esys|fapi)' -- tokens module tools mdoc
empty "the provider calls PKCS#11 and no inside of the module" \
	grep -rnE '#include[ ]*["<](\.\./)*(tokens|tools|mdoc|module/pkcs11)/' module/openssl --include=*.c --include=*.h
empty "libmdoc knows no PKCS#11, no files, no sockets, no clock" \
	grep -nE '#include[ ]*["<](p11-kit|sqlite3|fcntl|unistd|sys/socket|time\.h|tss2|tokens/|module/|tools/)' \
	"${mdoc_files[@]}"
empty "libmdoc opens and prints nothing" \
	grep -nE '\<(fopen|fdopen|printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|perror)\(|\<(stdin|stdout|stderr)\>' \
	"${mdoc_files[@]}"
empty "tools and module call libmdoc by its public headers" insides_of_libmdoc
empty "each exported function stands in a public header" compare functions_of_libmdoc functions_of_its_headers
empty "its contract, too" functions_unexplained
empty "what reads from outside has a fuzz target" functions_not_fuzzed
empty "each public header has a manual page" compare headers_of_libmdoc pages_of_libmdoc
empty "libmdoc(3) names each page" compare pages_of_libmdoc pages_named
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
for page in $(git ls-files 'tools/man/*' 'module/*.[78]' 'mdoc/*.3'); do
	passes "manual $page" mandoc -T lint -W warning "$page"
done
for header in $(public_headers); do
	page=mdoc_$(basename "$header" .h)
	passes "manual $page(3)" mandoc -T lint -W warning <(page_of_header "$page" "$header")
done
empty "every message has its Japanese" untranslated
empty "mdoc-pkcs11(7) names every function, and no other" compare functions_of_the_module functions_of_the_manual
empty "it says of each whether it is supported" compare functions_without_body functions_not_supported
empty "it names every CKA_, CKM_, CKR_ and CKF_MDOC_ and their numbers, and no other" \
	compare names_of_the_header names_of_the_manual
empty "it names every profile that a token may have, and no other" compare profiles_of_the_module profiles_of_the_manual
empty "mdoc-pkcs11-provider(7) names every reason of an error, and no other" \
	compare reasons_of_the_provider reasons_of_its_manual
empty "it names every configuration key, and no other" compare keys_of_the_provider keys_of_its_manual
empty "the manuals name every environment variable that is read" unnamed_variables
[ "$failures" -eq 0 ]
