#!/usr/bin/env bash
# If this failed, what is installed of libmdoc would not be enough to build the program of its own manual.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1
export PKG_CONFIG_PATH=$MDOC_PREFIX/lib/pkgconfig
manuals=$MDOC_PREFIX/share/man/man3

sed -n '/^\.Bd -literal/,/^\.Ed/p' "$manuals/libmdoc.3" | sed '1d;$d;s/\\e/\\/g' > reader.c
must "the example of libmdoc(3) is there" grep -q mdoc_verify reader.c
# shellcheck disable=SC2046 # words are wanted
must "it builds without a warning" cc -std=c17 -Wall -Wextra -Werror -o reader reader.c $(pkg-config --cflags --libs libmdoc)
# shellcheck disable=SC2046
# shellcheck disable=SC2016 # for the inner shell
must "every header stands alone, in C++ too" bash -c 'for header in "$0"/include/mdoc/*.h; do
	for language in c c++; do
		echo "#include <mdoc/${header##*/}>" | cc -x $language -fsyntax-only -Wall -Wextra -Werror \
			'"$(pkg-config --cflags libmdoc)"' - || exit 1
	done
done' "$MDOC_PREFIX"

provision 1
respond dr.cbor
openssl x509 -in issuer/iaca.pem -outform DER -out iaca.der
must "its reader accepts a response" ./reader iaca.der st.cbor dr.cbor
says 'device_auth: passed' "by name" ./reader iaca.der st.cbor dr.cbor
python3 -c 'data = bytearray(open("dr.cbor", "rb").read()); data[-40] ^= 1; open("bad.cbor", "wb").write(data)'
exits 1 "and refuses one with a bit changed" ./reader iaca.der st.cbor bad.cbor
says 'device_auth: failed' "by name, too" ./reader iaca.der st.cbor bad.cbor
exits 1 "and what is no response" ./reader iaca.der st.cbor iaca.der
exits 1 "and an anchor that is none" ./reader dr.cbor st.cbor dr.cbor

# Threads that share nothing but the library would share what it writes to.
for library in libmdoc libmdoc-p11; do
	objdump -t "$MDOC_PREFIX/lib/$library.so" | awk 'NF > 2 && $(NF-2) ~ /^\.t?(data|bss)$/ && $NF !~ /^(\.|__dso_handle|__TMC_END__|completed\.)/' > writable
	must "$library has no variable that anybody writes" test ! -s writable
done

# Every function that is exported has a manual page, so that man mdoc_verify works.
nm -D --defined-only "$MDOC_PREFIX/lib/libmdoc.so" | sed -n 's/.* T \(mdoc_[a-z0-9_]*\)$/\1/p' | sort -u > exported
must "functions are exported" test "$(wc -l < exported)" -gt 150
# shellcheck disable=SC2016 # for the inner shell
# shellcheck disable=SC2016 # for the inner shell
must "each is in a manual page" bash -c 'while read -r function; do
	grep -qs "$function" "$0"/mdoc_*.3 || { echo "$function"; exit 1; }
done < exported' "$manuals"
done_testing
