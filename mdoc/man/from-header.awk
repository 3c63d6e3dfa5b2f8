# A section 3 manual page from a public header of libmdoc, so that the contract is written once.
#
#   awk -v page=mdoc_cose -v include=mdoc/cose.h -v library=libmdoc -f from-header.awk cose.h >mdoc_cose.3
#   awk -v list=1 -f …          only the names of its functions
#   awk -v bare=1 -f …          only those that no comment explains
#
# What it knows of a header: the first comment is about the whole; a comment at the left margin is
# about the declarations right below it, up to a blank line; "/* ---- Title ---- */" begins a part.
# Lines of a comment with two blanks in a row are a table and stay as they are.
#
# SPDX-License-Identifier: BSD-2-Clause

function quoted(text) {
	gsub(/\\/, "\\e", text)
	return text ~ /^[.']/ ? "\\&" text : text
}

function is_table(line) { return line ~ /^ / || line ~ /[^ .]  +[^ ]/ }

# A sentence a line, as mdoc(7) wants it.
function put_filled(text) {
	while (match(text, /[.!?]\)? [A-Z`"*]/)) {
		print quoted(substr(text, 1, RSTART + RLENGTH - 3))
		text = substr(text, RSTART + RLENGTH - 1)
	}
	print quoted(text)
}

# The comment's lines as mdoc(7): filled text, and tables as they are.
function put_text(lines, n,    i, table, filled, apart) {
	table = apart = 0
	filled = ""
	for (i = 1; i <= n + 1; i++) {
		if (filled != "" && (i > n || lines[i] == "" || is_table(lines[i]))) {
			if (apart)
				print ".Pp"
			put_filled(filled)
			filled = ""
			apart = 1
		}
		if (table && (i > n || !is_table(lines[i]))) {
			print ".Ed"
			table = 0
		}
		if (i > n || lines[i] == "")
			continue
		if (!is_table(lines[i])) {
			filled = filled (filled == "" ? "" : " ") lines[i]
			continue
		}
		if (!table)
			print ".Bd -literal -offset indent"
		table = apart = 1
		print quoted(lines[i])
	}
}

# Names of functions in the declarations at hand.
function note_functions(explained,    i, text, name) {
	text = ""
	for (i = 1; i <= decl_n; i++)
		explained = explained || decl[i] ~ /;[ \t]*\/\*/
	for (i = 1; i <= decl_n; i++)
		if (decl[i] !~ /^[ \t#}]/ || decl[i] ~ /^[ \t]+\(/)
			text = text " " decl[i]
	while (match(text, /[^a-z0-9_]\*?mdoc_[a-z0-9_]+\(/)) {
		name = substr(text, RSTART + 1, RLENGTH - 2)
		sub(/^\*/, "", name)
		names[++name_n] = name
		if (!explained)
			unexplained[++unexplained_n] = name
		text = substr(text, RSTART + RLENGTH)
	}
}

function end_block(    i) {
	if (decl_n == 0 && about_n == 0)
		return
	note_functions(about_n > 0)
	block = block_n++
	block_decl_n[block] = decl_n
	for (i = 1; i <= decl_n; i++)
		block_decl[block, i] = decl[i]
	block_about_n[block] = about_n
	for (i = 1; i <= about_n; i++)
		block_about[block, i] = about[i]
	block_title[block] = title
	title = ""
	decl_n = about_n = 0
}

function comment_line(line) {
	sub(/^ ?\/\*+ ?/, "", line)
	sub(/ *\*\/ *$/, "", line)
	sub(/^ \* ?/, "", line)
	return line
}

function add_about(line) {
	line = comment_line(line)
	if (line == "" && (!seen_head ? head_n == 0 : about_n == 0))
		return
	if (seen_head)
		about[++about_n] = line
	else
		head[++head_n] = line
}

BEGIN { block_n = name_n = unexplained_n = head_n = about_n = decl_n = 0 }

# The only conditional parts that are left to the preprocessor are the guard and extern "C".
/^#if/ || /^#endif/ || /^#include/ || /^extern "C" \{/ || (/^}$/ && !in_decl) { next }
/^#define [A-Z0-9_]+_H$/ { next }

in_comment { add_about($0); if ($0 ~ /\*\//) { in_comment = 0; seen_head = 1 } next }

!in_decl && /^\/\* ---- .* ---- \*\/$/ {
	end_block()
	title = $0
	gsub(/^\/\* ---- | ---- \*\/$/, "", title)
	next
}

!in_decl && /^\/\*/ {
	end_block()
	in_comment = $0 !~ /\*\//
	add_about($0)
	if (!in_comment)
		seen_head = 1
	next
}

/^$/ { if (!in_decl) end_block(); else decl[++decl_n] = ""; next }

{
	decl[++decl_n] = $0
	if ($0 ~ /^#define/)
		in_decl = $0 ~ /\\$/
	else {
		line = $0
		gsub(/\/\*.*\*\//, "", line)
		depth += gsub(/\{/, "{", line) - gsub(/\}/, "}", line)
		in_decl = depth > 0 || line !~ /[;\\] *$/
		if (in_define && line !~ /\\$/)
			in_decl = 0
	}
	in_define = $0 ~ /\\$/
}

END {
	end_block()
	if (list || bare) {
		for (i = 1; i <= (list ? name_n : unexplained_n); i++)
			print list ? names[i] : unexplained[i]
		exit
	}
	about_it = head[1]
	sub(/^[^:]*: */, "", about_it)
	for (i = 2; i <= head_n && head[i] != "" && about_it !~ /[.:]$/; i++)
		about_it = about_it " " head[i]
	n = 0
	if (match(about_it, /[.] [A-Z]/)) { # what follows the first sentence is text
		rest[++n] = substr(about_it, RSTART + 2)
		about_it = substr(about_it, 1, RSTART)
	}
	for (; i <= head_n; i++)
		if (head[i] !~ /^SPDX/)
			rest[++n] = head[i]
	while (n > 0 && rest[n] == "")
		n--
	sub(/[.:]$/, "", about_it)

	print ".\\\" Made from " include ". SPDX-License-Identifier: BSD-2-Clause"
	print ".Dd $Mdocdate$"
	printf ".Dt %s 3\n.Os\n.Sh NAME\n", toupper(page)
	printf ".Nm %s", page
	for (i = 1; i <= name_n; i++)
		if (names[i] != page)
			printf " ,\n.Nm %s", names[i]
	printf "\n.Nd %s\n", quoted(about_it)
	print ".Sh LIBRARY"
	printf "%s\n.Pq pkg\\-config %s\n", library, library
	printf ".Sh SYNOPSIS\n.In %s\n.Sh DESCRIPTION\n", include
	put_text(rest, n)
	for (b = 0; b < block_n; b++) {
		if (block_title[b] != "")
			print ".Ss " quoted(block_title[b])
		if (block_decl_n[b] > 0) {
			print ".Bd -literal"
			for (i = 1; i <= block_decl_n[b]; i++)
				print quoted(block_decl[b, i])
			print ".Ed"
		}
		if (block_about_n[b] > 0) {
			print ".Pp"
			for (i = 1; i <= block_about_n[b]; i++)
				text[i] = block_about[b, i]
			put_text(text, block_about_n[b])
		}
	}
	print ".Sh SEE ALSO"
	print ".Xr mdoc\\-reader 1 ,\n.Xr libmdoc 3"
}
