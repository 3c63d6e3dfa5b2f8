/*
 * mdoc/validity.h: tdate text, and the law's month (requirements.md section V, R-VAL-01).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_VALIDITY_H
#define MDOC_VALIDITY_H

#include <mdoc/cbor.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MDOC_TDATE_LEN 20 /* "2026-01-30T14:59:59Z" */

/* RFC 3339 with Z and no fraction, years 1970 to 9999; seconds since the epoch.
 * Printing a time outside those years gives an empty text. */
bool mdoc_tdate_parse(struct mdoc_bytes text, int64_t *when);
void mdoc_tdate_print(int64_t when, char text[MDOC_TDATE_LEN + 1]);

/* #6.0(tstr) to and from a scan. */
enum mdoc_result mdoc_tdate_read(struct mdoc_node node, const char *path, int64_t *when, struct mdoc_error *error);
void mdoc_put_tdate(struct mdoc_buf *buf, int64_t when);

/* A day of the Gregorian calendar as 2000-02-29 (full-date of RFC 3339), years 1 to 9999. */
bool mdoc_full_date_valid(struct mdoc_bytes text);

/* The last second of the statutory month that begins on the JST day of `issued` (Civil Code
 * 141, 143; art. 142 does not apply). `issued`: years 1970 to 9999. */
int64_t mdoc_law_valid_until(int64_t issued);

/*
 * The first second at which somebody born on that day is `years` years old: an age is attained at the end of the day
 * before the birthday (年齢計算ニ関スル法律, Civil Code 143), in JST; of a 29 February at the end of 28 February,
 * in every year. A statement of age that becomes false then holds until the second before.
 *
 * birth_date  full-date, as mdoc_full_date_valid() takes it
 *
 * False: no such day, or the age is attained after the year 9999
 */
bool mdoc_law_attains_age(struct mdoc_bytes birth_date, unsigned years, int64_t *when);

#ifdef __cplusplus
}
#endif
#endif
