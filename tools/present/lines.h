/*
 * lines.h: what is asked for, element by element, and what of it may be given.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PRESENT_LINES_H
#define PRESENT_LINES_H

#include "tools/present/presentation_internal.h"

enum line_state {
	LINE_DENIED, /* why says so */
	LINE_OPEN,   /* the holder is asked */
	LINE_AGREED  /* without a question */
};

/* One element that is asked for, or one that may stand in for it. Names borrow from the request. */
struct line {
	size_t question, doc;
	struct mdoc_bytes doc_type, ns, element;
	struct mdoc_bytes instead_of;    /* an alternative: for which element; none: it is asked for itself */
	const struct agreed *substitute; /* --agree names another age_over_NN, which may answer this one */
	bool retain, is_number;
	enum line_state state;
	const char *why;         /* translated */
	struct mdoc_bytes basis; /* of 個人番号: the law that lets the reader ask; none: not stated */
	bool basis_is_holders;   /* it is not the reader that states it */
};

struct consent {
	struct presentation *p;
	const struct question *questions;
	size_t count;
	bool *refused; /* questions that are not answered */
	struct line *lines;
	size_t line_count, line_room;
};

/* A line for each element and alternative of each question, decided as far as standing, policy and options do. */
enum exit_status lines_make(struct consent *consent);

/* Deny what is denied elsewhere in the same question; refuse the questions of which nothing, or not all where all is
 * wanted, may be given. */
void lines_refuse(struct consent *consent);

#endif
