#!/usr/bin/env bash
# If this failed, a manual or the completion would keep an option secret, or promise one that is not.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
man=$here/../../tools/man

commands() { "$1" --help | sed -n 's/^  \([a-z0-9]*\) .*/\1/p'; }
long_options() { grep -o -- "$1[a-z][a-z0-9-]*" | sed "s/^$1//" | sort -u; }

for program in mdoc-token mdoc-issuer mdoc-present mdoc-reader; do
	for command in $(commands "$program"); do
		"$program" "$command" --help
	done > "$scratch/help"
	must "$program explains its commands" test -s "$scratch/help"
	long_options -- < "$scratch/help" > "$scratch/has"
	long_options 'Fl -' < "$man/$program.1" > "$scratch/documented"
	must "$program.1 names every option that the program has" \
		test -z "$(comm -23 "$scratch/has" "$scratch/documented")"
	must "and no other" test -z "$(comm -13 "$scratch/has" "$scratch/documented")"
	must "and every command" test -z "$(for command in $(commands "$program"); do
		grep -Eq "^\.(Cm|Ss|It Cm) (.* )?$command( |$)" "$man/$program.1" || echo "$command"; done)"
done
done_testing
