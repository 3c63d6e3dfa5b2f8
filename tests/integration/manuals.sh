#!/usr/bin/env bash
# If this failed, a manual or the completion would keep an option secret, or promise one that is not.
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
man=$here/../../tools/man

commands() { "$1" --help | sed -n 's/^  \([a-z0-9-]*\) .*/\1/p'; }
parts() { "$1" "$2" --help | sed -n "s/^  $2 \([a-z]*\) .*/\1/p"; } # of "pin": set, change, …
long_options() { grep -o -- "$1[a-z][a-z0-9-]*" | sed "s/^$1//" | sort -u; }

# What the shell offers after some words, one on each line.
completed() {
	local offers
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	offers=_${1//-/_}
	"$offers"
	printf '%s\n' "${COMPREPLY[@]}"
}
# Options of a command that the shell does not offer, and others, of which its help says nothing, that it offers.
completed_wrongly() {
	local offered has named
	offered=$(completed "$@" -- | grep '^--' | sort -u)
	has=$("$@" --help | grep -oE '^  --[a-z0-9-]+' | tr -d ' ' | sort -u)
	named=$("$@" --help | grep -oE -- '--[a-z0-9-]+' | sort -u)
	comm -13 <(echo "$offered") <(echo "$has") | sed "s/^/$*: lacks /"
	comm -23 <(echo "$offered") <(echo "$named") | sed "s/^/$*: has no /"
}

for program in mdoc-token mdoc-issuer mdoc-present mdoc-reader; do
	for command in $(commands "$program"); do
		"$program" "$command" --help
		for part in $(parts "$program" "$command"); do "$program" "$command" "$part" --help; done
	done > "$scratch/help"
	must "$program explains its commands" test -s "$scratch/help"
	long_options -- < "$scratch/help" > "$scratch/has"
	long_options 'Fl -' < "$man/$program.1" > "$scratch/documented"
	must "$program.1 names every option that the program has" \
		test -z "$(comm -23 "$scratch/has" "$scratch/documented")"
	must "and no other" test -z "$(comm -13 "$scratch/has" "$scratch/documented")"
	must "and every command" test -z "$(for command in $(commands "$program"); do
		grep -Eq "^\.(Cm|Ss|It Cm) (.* )?$command( |$)" "$man/$program.1" || echo "$command"; done)"
	# shellcheck disable=SC1090 # one of tools/completion
	. "$here/../../tools/completion/$program"
	must "the shell completes every command of $program" \
		test -z "$(comm -23 <(commands "$program" | sort) <(completed "$program" "" | sort))"
	must "and its options, and no other" test -z "$(for command in $(commands "$program"); do
		[ -n "$(parts "$program" "$command")" ] || completed_wrongly "$program" "$command"
		for part in $(parts "$program" "$command"); do completed_wrongly "$program" "$command" "$part"; done
	done | tee /dev/stderr)"
done
done_testing
