/*
 * explain.h: what a failed check means, which clause asks for it, and what to do about it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_EXPLAIN_H
#define READER_EXPLAIN_H

#include <mdoc/mdoc.h>

/* Texts are translated; clause is the same in every language. */
struct explanation {
	const char *clause;  /* "ISO/IEC 18013-5:2021, 9.1.2.4", or of the law by its row: "R-VAL-01" */
	const char *meaning; /* what the check is for, and what follows if it fails */
	const char *advice;  /* what the maker of the wallet, or the issuer, should look at */
};

struct explanation explain_check(enum mdoc_check check);

/* What a file is that is no DeviceResponse ("DeviceRequest", …, as dump_structure() calls it), and with what to look at
 * it; NULL: nothing is known. Translated. */
const char *explain_structure(const char *structure);

#endif
