/*
 * tests/unit/diag.h: CBOR from diagnostic notation, so that a test's table can be read.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_DIAG_H
#define TESTS_UNIT_DIAG_H

#include <mdoc/mdoc.h>

/* One item appended to out: integers, "text", h'00ff', [..], {..}, true, false, null, 18(item) and <<item>> for
 * the byte string around an item. Aborts when the text is none of these. */
void diag_put(struct mdoc_buf *out, const char *text);

#endif
