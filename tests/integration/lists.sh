#!/usr/bin/env bash
# If this failed, a revoked document would pass, an honest one would be refused for a fault on the way, or a reader would
# trust whoever calls himself an authority. Everything that is read here was made by python3-cbor2 and
# python3-cryptography, and what libmdoc builds is read by them.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$scratch" || exit 1
export PKG_CONFIG_PATH=$MDOC_PREFIX/lib/pkgconfig

/usr/bin/python3 "$here/lists_world.py" make || { not_ok "a world without our code"; exit 1; }
verify=(mdoc-reader verify --json --transcript transcript.cbor)
iaca=("${verify[@]}" --iaca iaca.der --iaca other.der)

answers() { # answers CODE TEXT CLAIM COMMAND...: that exit code, and the output has that text
	local code=$1 text=$2 claim=$3 got=0 out; shift 3
	show "$@"
	out=$("$@" 2>&1) || got=$?
	if [ "$got" -ne "$code" ]; then
		printf '%s\n' "$out"
		not_ok "$claim (exit $got, not $code)"
	else
		case $out in *"$text"*) ok "$claim" ;; *) printf '%s\n' "$out"; not_ok "$claim (no \"$text\")" ;; esac
	fi
}

# Status lists that count.
must "a document that is on the list as good" "${iaca[@]}" --undetermined fail --status-list list-good.cbor response.cbor
must "a list without tag 18" "${iaca[@]}" --undetermined fail --status-list list-untagged.cbor response.cbor
answers 1 "not INVALID (1)" "a revoked document" "${iaca[@]}" --status-list list-revoked.cbor response.cbor
answers 1 "not SUSPENDED (2)" "a suspended document" "${iaca[@]}" --status-list list-suspended.cbor response.cbor
answers 1 "not INVALID (1)" "revoked by one of two lists" "${iaca[@]}" --status-list list-good.cbor \
	--status-list list-revoked.cbor response.cbor
must "not on the list of identifiers" "${iaca[@]}" --undetermined fail --status-list ids-good.cbor response-id.cbor
must "whose type is among the claims" "${iaca[@]}" --undetermined fail --status-list ids-claimed.cbor response-id.cbor
answers 1 "an identifier that is not on the list" "on the list of identifiers" "${iaca[@]}" \
	--status-list ids-revoked.cbor response-id.cbor
answers 1 "not INVALID (1)" "a list below the CA that the Status names" "${iaca[@]}" --status-list list-by-other.cbor \
	response-named.cbor

# Lists below a certificate that a Status names, of which the reader has not heard otherwise.
one=("${verify[@]}" --iaca iaca.der)
must "a list below what the Status names" "${one[@]}" --undetermined fail --status-list list-good-by-other.cbor \
	response-named.cbor
must "a list of identifiers below it" "${one[@]}" --undetermined fail --status-list ids-by-other.cbor response-id-named.cbor
answers 1 "not INVALID (1)" "a document that such a list has as revoked" "${one[@]}" --status-list list-by-other.cbor \
	response-named.cbor
must "two certificates of that authority" "${one[@]}" --undetermined fail --status-list list-good-by-other.cbor \
	response-renewed.cbor
answers 1 "not INVALID (1)" "neither of which hides what is revoked" "${one[@]}" --status-list list-by-other.cbor \
	response-renewed.cbor
revoked=$("${one[@]}" --status-list list-by-other.cbor response-renewed.cbor | grep -o "not INVALID (1)" | wc -l)
must "R-CARD-50: and is refused, in either document" test "$revoked" -eq 2
answers 1 "a list below the IACA of the document" "it does not speak for the document beside it" "${one[@]}" \
	--undetermined fail --status-list list-good-by-other.cbor response-lone.cbor
not_named() { # not_named CLAIM RESPONSE
	answers 3 "a trust anchor with the issuer's name and key identifier" "$1" "${one[@]}" \
		--status-list list-good-by-stranger.cbor "$2"
}
not_named "a list below another certificate than the one named" response-named.cbor
not_named "a list below what a stranger's document names" response-by-stranger.cbor
not_named "a list below what a forged document names" response-forged.cbor

# Lists that say nothing of this document: it is not revoked, and not known to be good.
undetermined() { # undetermined TEXT CLAIM LIST RESPONSE
	answers 1 "$1" "$2: undetermined" "${iaca[@]}" --undetermined fail --status-list "$3" "$4"
	must "$2: no reason to call it revoked" "${iaca[@]}" --status-list "$3" "$4" >out
}
undetermined "an idx inside the list" "an index out of range" list-good.cbor response-far.cbor
undetermined "a list that the Status names" "a list from somewhere else" list-other-sub.cbor response.cbor
undetermined "a list that is valid now" "an expired list" list-expired.cbor response.cbor
undetermined "a list that is valid now" "a list from the future" list-future.cbor response.cbor
undetermined "a list that the DS itself has not signed" "a list by the DS" list-by-ds.cbor response.cbor
undetermined "a list below the IACA of the document" "another authority's list" list-by-other.cbor response.cbor
undetermined "a list below the certificate of the Status" "not the CA that the Status names" list-good.cbor response-named.cbor
undetermined "status VALID (0), INVALID (1) or SUSPENDED (2)" "a status without meaning" list-reserved.cbor response.cbor
undetermined "a list that the Status names" "the wrong kind of list" ids-good.cbor response.cbor

# Lists that are none.
refused() { # refused TEXT CLAIM OPTIONS...: an input that is wrong
	local text=$1 claim=$2; shift 2
	answers 3 "$text" "$claim is refused" "${verify[@]}" "$@" response.cbor
}
list() { refused "$1" "$2" --iaca iaca.der --status-list "list-$3.cbor"; }
list "a signature by the key of the first certificate" "a tampered list" tampered
list "exp (4)" "a list without exp" no-exp
list "typ (16) application/statuslist+cwt" "a list of another type" wrong-typ
list "typ (16) application/statuslist+cwt" "a list without a type" no-typ
list "bits 1, 2, 4 or 8" "a list with three bits" bits
list "at most 16777216 bytes when inflated" "a compressed bomb" bomb
list "one whole zlib stream" "a truncated stream" truncated
list "one whole zlib stream" "a stream with something behind it" trailing
list "a trust anchor with the issuer's name and key identifier" "a list of an authority that is not trusted" by-other
list "keyUsage" "a list by the root itself" by-iaca
list "keyUsage" "a list by a certificate that does not sign" agreement
refused "a certificate that the CRL does not name" "a list by a revoked signer" --iaca iaca.der --crl crl-signer.der \
	--status-list list-good.cbor
refused "a CRL of the issuer" "a list by a signer that no CRL clears, where one is asked for" --iaca iaca.der \
	--require-crl --status-list list-good.cbor
must "with such a CRL it counts" "${verify[@]}" --iaca iaca.der --crl crl-good.der --require-crl --undetermined fail \
	--status-list list-good.cbor response.cbor
answers 1 "a certificate that the CRL does not name" "a document by a revoked signer" "${verify[@]}" --iaca iaca.der \
	--crl crl-ds.der response.cbor
refused "a CRL signed by a trust anchor" "a CRL of nobody who is trusted" --iaca other.der --crl crl-good.der

# VICALs.
vical() { printf '%s\n' --vical "vical-$1.cbor" --vical-ca "${2:-provider.der}"; }
readarray -t good < <(vical good)
must "an authority that a VICAL lists" "${verify[@]}" "${good[@]}" response.cbor
must "the signer of the VICAL is known itself" "${verify[@]}" --vical vical-good.cbor --vical-ca vical-signer.der response.cbor
must "a CRL of an authority that a VICAL lists" "${verify[@]}" "${good[@]}" --crl crl-good.der --crl crl-provider.der \
	--require-crl response.cbor
exits 2 "a VICAL that nobody answers for" "${verify[@]}" --vical vical-good.cbor response.cbor
exits 2 "nobody is trusted" "${verify[@]}" response.cbor
not_listed() { # not_listed TEXT CLAIM VICAL
	local options
	readarray -t options < <(vical "$3")
	answers 1 "$1" "$2" "${verify[@]}" "${options[@]}" response.cbor
}
not_listed '"anchor_doctype"' "an authority that is listed for other documents" other-type
not_listed '"chain"' "an authority that is not listed" without
not_listed "the ski of the entry" "an entry with another key identifier" wrong-ski
not_listed "the serialNumber of the entry" "an entry with another number" wrong-serial
not_listed "entry 0 is left out" "an entry that is no root" no-root
bad_vical() { # bad_vical TEXT CLAIM VICAL [PROVIDER]
	local options
	readarray -t options < <(vical "$3" "${4:-provider.der}")
	refused "$1" "$2" "${options[@]}"
}
bad_vical "a signature by the key of the first certificate" "a tampered VICAL" tampered
bad_vical "a list that no newer one should have replaced" "a VICAL that is overdue" overdue
bad_vical "a date in the past" "a VICAL from the future" future
bad_vical "version 1" "a VICAL of another version" version
bad_vical "keyUsage" "a signer with another key usage" wrong-usage
bad_vical "extKeyUsage" "a signer for another purpose" wrong-purpose
bad_vical "a trust anchor with the issuer's name and key identifier" "a provider of the same name" stranger
bad_vical "a trust anchor with the issuer's name and key identifier" "another provider's VICAL" good iaca.der
refused "a certificate that the CRL does not name" "a VICAL by a revoked signer" "${good[@]}" --crl crl-vical.der

# The other way round.
read -ra flags < <(pkg-config --cflags --libs libmdoc libcrypto)
must "a program that builds lists" cc -std=c17 -Wall -Wextra -Werror -o lists_build "$here/lists_build.c" "${flags[@]}"
must "it builds each kind" ./lists_build
must "python3-cbor2 and python3-cryptography read them" /usr/bin/python3 "$here/lists_world.py" read
answers 1 "not INVALID (1)" "and so do we" "${iaca[@]}" --status-list built-status.cbor response.cbor
done_testing
