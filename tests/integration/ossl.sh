# shellcheck shell=bash disable=SC2034,SC2154
# Sourced after consumer.sh by the scripts of the OpenSSL provider.
# From the environment besides: MDOC_OSSL_MODULES, the folder of the provider; MDOC_PREFIX, where we are installed.
# SPDX-License-Identifier: BSD-2-Clause
#
# "openssl" alone is OpenSSL without us. "${ossl[@]}" has the provider, as an administrator would configure it: the
# snippet included at the end of the system's openssl.cnf.
export OPENSSL_MODULES=$MDOC_OSSL_MODULES
snippet=$MDOC_PREFIX/share/mdoc-pkcs11/mdoc-pkcs11-provider.cnf
cat "$(openssl version -d | sed 's/^OPENSSLDIR: "\(.*\)"$/\1/')/openssl.cnf" > "$scratch/openssl.cnf"
printf '\n.include %s\n' "$snippet" >> "$scratch/openssl.cnf"
conf=$scratch/openssl.cnf
# A build with AddressSanitizer needs its library first in a program that has none.
sanitizer=$(ldd "$MDOC_OSSL_MODULES/mdoc-pkcs11-provider.so" 2>/dev/null | sed -n 's/.*=> \(.*libasan[^ ]*\).*/\1/p')
ossl=(env OPENSSL_CONF="$conf" LD_PRELOAD="$sanitizer" openssl)
# The same under valgrind, where no sanitizer is in its way.
memcheck=(env OPENSSL_CONF="$conf" valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite
	--errors-for-leak-kinds=definite openssl)
[ -z "$sanitizer" ] || memcheck=("${ossl[@]}")
tty=(python3 "$here/provider_tty.py") # tty ANSWERS COMMAND...

printf '%s\n' "$PIN" > pin
printf '%s\n' "$WRONG" > wrong-pin

# uri OBJECT [TYPE [PIN FILE [TOKEN]]]: of one object. "uri NAME private ''" names no PIN.
uri() {
	local pin=${3-pin}
	echo "pkcs11:token=${4-$token};object=$1;type=${2-private}${pin:+?pin-source=file:$scratch/$pin}"
}

make_pair() { # make_pair NAME ID CURVE [USAGE...]: a key pair, its public half in NAME.pub as others read it
	local name=$1 id=$2 curve=$3; shift 3
	[ $# -gt 0 ] || set -- --usage-sign --usage-derive
	setup "${p11[@]}" --token-label "$token" --login --pin env:PIN --keypairgen --key-type "EC:$curve" --id "$id" \
		--label "$name" "$@"
	/usr/bin/python3 "$here/provider_objects.py" public "$MDOC_MODULE" "$token" "$name" > "$name.der"
	setup openssl pkey -pubin -in "$name.der" -out "$name.pub"
}

tries() { # tries TOKEN: how many are left
	mdoc-token doctor | sed -n "s/.*\"$1\".*: \([0-9]*\)\$/\1/p"
}
