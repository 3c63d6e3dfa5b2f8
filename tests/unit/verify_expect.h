/*
 * tests/unit/verify_expect.h: which checks of a verdict fail.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_TESTS_VERIFY_EXPECT_H
#define MDOC_TESTS_VERIFY_EXPECT_H

#include "tests/unit/soft.h"

#define BIT(check) (UINT64_C(1) << MDOC_CHECK_##check)
#define ALL_CHECKS ((UINT64_C(1) << MDOC_CHECK_COUNT) - 1)
#define ALL_AFTER(check) (ALL_CHECKS & ~((UINT64_C(2) << MDOC_CHECK_##check) - 1))

/*
 * Verify and compare: exactly the checks of `fails` (a bit each) fail, and those of not_done
 * are not done. Every row has its place.
 */
void expect(const char *what, struct mdoc_bytes input, const struct mdoc_verify_options *options, uint64_t fails,
	uint64_t not_done, enum mdoc_result code);

/* Where a text begins; a failed test when it is not there. */
size_t find_text(const struct mdoc_buf *buf, const char *text);

/* The suite over Annex D of the standard. */
void verify_annexd_tests(void);

/* The suite over single rows. */
void verify_rows_tests(void);

/* The suite over single faults. */
void verify_alone_tests(void);

#endif
