#!/usr/bin/env bash
# If this failed, a record whose month is over could be presented again by setting the clock back, or a holder whose clock
# was mended would be locked out of his token (R-VAL-01). The clock is moved by libfaketime, for our programs alone.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=provision.sh
. "$here/provision.sh"
cd "$scratch" || exit 1

library=$(dpkg -L libfaketime 2>/dev/null | grep '/libfaketimeMT\.so\.1$')
[ -n "$library" ] || { not_ok "libfaketime is installed"; exit 1; }
clock=(env "LD_PRELOAD=$library" "FAKETIME_TIMESTAMP_FILE=$scratch/now" FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
	TZ=UTC)
it_is() { # it_is UTC-TIME: from now on
	echo "@$1" > "$scratch/now"
	printf '\n# It is %s.\n' "$1"
}
mdoc-token() { "${clock[@]}" mdoc-token "$@"; }
mdoc-present() { "${clock[@]}" mdoc-present "$@"; }
mdoc-reader() { "${clock[@]}" mdoc-reader "$@"; }
mdoc-issuer() { "${clock[@]}" mdoc-issuer "$@"; }
present=(mdoc-present respond --token holder --request req.cbor --transcript st.cbor --yes --reader-policy any --pin-file pin)
unused() { # unused COUNT CLAIM
	local got
	got=$(mdoc-token status --token holder --pin-file pin --json | jq .unused)
	if [ "$got" = "$1" ]; then ok "$2"; else not_ok "$2 ($got are unused, not $1)"; fi
}
refused() { # refused CLAIM: for the clock, and nothing comes of it
	rm -f no.cbor
	exits 4 "$1" "${present[@]}" --out no.cbor
	says "the clock is behind what the token has seen" "R-VAL-01: and is told why" "${present[@]}" --out no.cbor
	must "R-VAL-01: nothing left" test ! -e no.cbor
}

it_is "2026-08-25 09:00:00"
provision 5
it_is "2026-08-25 10:00:00"
must "a copy is presented" "${present[@]}" --out first.cbor
unused 4 "R-EXH-01: and spent"

it_is "2026-08-25 09:54:30"
refused "R-VAL-01: with the clock set back nothing is signed"
it_is "2026-08-25 09:10:00"
refused "R-VAL-01: nor with one that is set back far"
unused 4 "R-EXH-01: no copy is spent by that"
must "R-VAL-01: reading stays" mdoc-token show --token holder --pin-file pin

it_is "2026-08-25 09:56:00"
must "R-VAL-01: a clock that goes wrong by minutes locks nobody out" "${present[@]}" --out second.cbor
unused 3 "R-EXH-01: and the copy is spent"
it_is "2026-08-25 09:54:30"
refused "R-VAL-01: minute by minute it can't be set back"

# Set forward, and mended: the security officer's resume begins anew.
it_is "2026-08-27 12:00:00"
must "with a clock that is two days ahead" "${present[@]}" --out third.cbor
it_is "2026-08-25 11:00:00"
refused "R-VAL-01: who mends it is refused at first"
exits 1 "R-VAL-01: the holder can't help himself" mdoc-token resume --token holder --so-pin-file pin
refused "R-VAL-01: and is refused as before"
must "the security officer can" mdoc-token resume --token holder --so-pin-file so
must "R-VAL-01: then it signs again" "${present[@]}" --out fourth.cbor
unused 1 "R-EXH-01: for each a copy was spent"
it_is "2026-08-25 10:50:00"
refused "R-VAL-01: and the mended clock is what counts from then on"
done_testing
