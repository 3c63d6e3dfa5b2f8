/*
 * tests/unit/test_validity.c: tdate, and the law's month (R-VAL-01).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"
#include <mdoc/validity.h>
#include <stdio.h>
#include <string.h>

extern CU_TestInfo validity_tests[];

static int64_t
when_of(const char *text)
{
	int64_t when = -1;

	CU_ASSERT_TRUE(mdoc_tdate_parse(mdoc_text(text), &when));
	return when;
}

/* Wrong text would be read as some time, and a record be valid for ever. */
static void
tdate_refuses(void)
{
	static const char *const bad[] = {
		"",
		"2025",
		"2025-01-28T00:00:00",
		"2025-01-28T00:00:00z",
		"2025-01-28t00:00:00Z",
		"2025-01-28T00:00:00.5Z",
		"2025-01-28T00:00:0Z",
		"2025-01-28T00:00:00+09:00",
		"2025-1-28T000:00:00Z",
		"2025-00-28T00:00:00Z",
		"2025-13-28T00:00:00Z",
		"2025-01-00T00:00:00Z",
		"2025-01-32T00:00:00Z",
		"2025-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z",
		"2025-04-31T00:00:00Z",
		"2025-01-28T24:00:00Z",
		"2025-01-28T00:60:00Z",
		"2025-01-28T00:00:60Z",
		"1969-12-31T23:59:59Z",
		"2025-01-28 00:00:00Z",
		"-025-01-28T00:00:00Z",
		"2025-01-28T00:00:00Z ",
		" 2025-01-28T00:00:00",
		"2o25-01-28T00:00:00Z",
		"2025-01-28T0 :00:00Z",
		"2025-01-28T00:00:+1Z",
	};
	int64_t when;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_FALSE(mdoc_tdate_parse(mdoc_text(bad[i]), &when));
}

/* A time would be another one for the reader than for the issuer. */
static void
tdate_both_ways(void)
{
	static const struct {
		const char *text;
		int64_t when;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2000-02-29T12:34:56Z", 951827696 },
		{ "2001-09-09T01:46:40Z", 1000000000 },
		{ "2026-01-30T14:59:59Z", 1769785199 },
		{ "2038-01-19T03:14:08Z", INT64_C(2147483648) },
		{ "2100-03-01T00:00:00Z", INT64_C(4107542400) },
		{ "9999-12-31T23:59:59Z", INT64_C(253402300799) },
	};
	char text[MDOC_TDATE_LEN + 1];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL(when_of(rows[i].text), rows[i].when);
		mdoc_tdate_print(rows[i].when, text);
		CU_ASSERT_STRING_EQUAL(text, rows[i].text);
	}
	mdoc_tdate_print(-1, text);
	CU_ASSERT_STRING_EQUAL(text, "");
	mdoc_tdate_print(INT64_C(253402300800), text);
	CU_ASSERT_STRING_EQUAL(text, "");
	mdoc_tdate_print(INT64_MAX, text);
	CU_ASSERT_STRING_EQUAL(text, "");
}

/* A day would be skipped or counted twice somewhere between 1970 and 2200. */
static void
tdate_every_day(void)
{
	char text[MDOC_TDATE_LEN + 1];
	char before[MDOC_TDATE_LEN + 1] = "";
	int64_t when = 0;
	bool same = true;

	for (int64_t day = 0; day < 84000; day++) {
		mdoc_tdate_print(day * 86400 + 86399, text);
		same = same && mdoc_tdate_parse(mdoc_text(text), &when) && when == day * 86400 + 86399;
		same = same && strcmp(before, text) < 0;
		memcpy(before, text, sizeof(text));
	}
	CU_ASSERT_TRUE(same);
}

/* An MSO with a bare string or a fraction would pass for one of the standard's form. */
static void
tdate_in_cbor(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result expected;
	} rows[] = {
		{ "74 323032352d30312d32385430303a30303a30305a", MDOC_ERR_TYPE },    /* no tag */
		{ "c1 1a 65000000", MDOC_ERR_TYPE },                                 /* tag 1 */
		{ "c0 54 323032352d30312d32385430303a30303a30305a", MDOC_ERR_TYPE }, /* bytes */
		{ "c0 76 323032352d30312d32385430303a30303a30302e305a", MDOC_ERR_VALUE },
		{ "c0 74 323032352d30312d32385430303a30303a30305a", MDOC_OK },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_bytes input = hex_load(rows[i].hex);
		struct mdoc_cbor *scan = NULL;
		int64_t when = 0;

		CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, input, 0, &scan, NULL), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_tdate_read(mdoc_cbor_root(scan), "signed", &when, NULL), rows[i].expected);
		if (rows[i].expected == MDOC_OK) {
			struct mdoc_buf buf = MDOC_BUF_EMPTY;

			CU_ASSERT_EQUAL(when, when_of("2025-01-28T00:00:00Z"));
			mdoc_put_tdate(&buf, when);
			CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&buf), input));
			mdoc_buf_clear(&buf);
		}
		mdoc_cbor_free(scan);
		bytes_free(input);
	}
}

/* The days of issue (JST) and the last valid day, with the clause that gives it. */
static const struct {
	const char *issued, *last;
} months[] = {
	{ "2025-01-28", "2025-02-27" }, /* 143(2) */
	{ "2025-01-29", "2025-02-28" }, /* proviso */
	{ "2025-01-30", "2025-02-28" }, /* proviso */
	{ "2025-01-31", "2025-02-28" }, /* proviso */
	{ "2024-01-28", "2024-02-27" }, /* 143(2) */
	{ "2024-01-29", "2024-02-28" }, /* 143(2): February 29 exists */
	{ "2024-01-30", "2024-02-29" }, /* proviso */
	{ "2024-01-31", "2024-02-29" }, /* proviso */
	{ "2025-12-31", "2026-01-30" }, /* 143(2) */
	{ "2025-03-01", "2025-03-31" }, /* 143(1) */
	{ "2025-02-28", "2025-03-27" }, /* 143(2) */
	{ "2024-02-28", "2024-03-27" }, /* 143(2) */
	{ "2024-02-29", "2024-03-28" }, /* 143(2) */
	{ "2025-03-31", "2025-04-30" }, /* proviso */
	{ "2025-02-01", "2025-02-28" }, /* 143(1) */
	{ "2024-02-01", "2024-02-29" },
	{ "2025-07-31", "2025-08-30" },
	{ "2025-10-31", "2025-11-30" },
	{ "2025-12-01", "2025-12-31" },
	{ "2025-04-01", "2025-04-30" },
	{ "2025-06-24", "2025-07-23" },
	{ "2000-01-30", "2000-02-29" },
	{ "2100-01-29", "2100-02-28" },
	{ "2100-02-28", "2100-03-27" },
};

static int64_t
at(const char *day, const char *time)
{
	char text[MDOC_TDATE_LEN + 1];

	(void)snprintf(text, sizeof(text), "%sT%sZ", day, time);
	return when_of(text);
}

/* A record would be valid a day less or more than the law says (R-VAL-01). */
static void
law_month_table(void)
{
	for (size_t i = 0; i < sizeof(months) / sizeof(months[0]); i++) {
		const int64_t expected = at(months[i].last, "14:59:59");
		const int64_t noon = at(months[i].issued, "03:00:00"); /* 12:00 JST */

		CU_ASSERT_EQUAL(mdoc_law_valid_until(noon), expected);
		CU_ASSERT_EQUAL(mdoc_law_valid_until(at(months[i].issued, "14:59:59")), expected);
		CU_ASSERT_EQUAL(mdoc_law_valid_until(at(months[i].issued, "14:59:59") - 86399), expected);
	}
}

/* What is issued between midnight and nine in the morning in Japan would get the day before. */
static void
law_month_counts_japanese_days(void)
{
	static const struct {
		const char *issued, *until;
	} rows[] = {
		{ "2025-01-31T14:59:59Z", "2025-02-28T14:59:59Z" },
		{ "2025-01-31T15:00:00Z", "2025-02-28T14:59:59Z" },
		{ "2024-02-28T15:00:00Z", "2024-03-28T14:59:59Z" },
		{ "2025-12-31T14:59:59Z", "2026-01-30T14:59:59Z" },
		{ "2025-12-31T15:00:00Z", "2026-01-31T14:59:59Z" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_EQUAL(mdoc_law_valid_until(when_of(rows[i].issued)), when_of(rows[i].until));
}

/* A later day of issue would end earlier, or a period be no month at all. */
static void
law_month_never_steps_back(void)
{
	int64_t before = 0;
	bool ordered = true;

	for (int64_t day = 10590; day < 49300; day++) { /* 1998-12-30 to 2104-12-23 */
		const int64_t until = mdoc_law_valid_until(day * 86400);
		const int64_t days = (until + 1 + 9 * 3600 - day * 86400) / 86400;

		ordered = ordered && until >= before && days >= 28 && days <= 31;
		before = until;
	}
	CU_ASSERT_TRUE(ordered);
}

/* A record would go on saying that somebody is 19 when he is 20, or say so a day too early. */
static void
ages_of_the_law(void)
{
	static const struct {
		const char *born;
		unsigned years;
		const char *first; /* second of that age, UTC: 15:00 is midnight in Japan */
	} rows[] = {
		{ "2006-04-01", 20, "2026-03-31T15:00:00Z" },
		{ "2006-04-02", 20, "2026-04-01T15:00:00Z" },
		{ "1971-09-01", 55, "2026-08-31T15:00:00Z" },
		{ "2007-01-01", 18, "2024-12-31T15:00:00Z" },
		{ "2004-02-29", 20, "2024-02-28T15:00:00Z" }, /* leap: end of 28 February */
		{ "2004-02-29", 18, "2022-02-28T15:00:00Z" }, /* common: the same end */
		{ "2004-02-29", 96, "2100-02-28T15:00:00Z" }, /* 2100 is common */
		{ "2000-02-28", 25, "2025-02-27T15:00:00Z" },
		{ "2000-03-01", 25, "2025-02-28T15:00:00Z" },
		{ "2000-12-31", 30, "2030-12-30T15:00:00Z" },
		{ "1900-01-01", 127, "2026-12-31T15:00:00Z" },
		{ "2026-11-22", 0, "2026-11-21T15:00:00Z" },
	};
	static const char *const bad[] = { "", "2026-02-29", "2026-1-01", "0000-01-01", "2026-13-01", "2026-04-31" };
	int64_t when = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_TRUE(mdoc_law_attains_age(mdoc_text(rows[i].born), rows[i].years, &when));
		CU_ASSERT_EQUAL(when, when_of(rows[i].first));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_FALSE(mdoc_law_attains_age(mdoc_text(bad[i]), 1, &when));
	CU_ASSERT_TRUE(mdoc_law_attains_age(mdoc_text("9999-01-01"), 0, &when));
	CU_ASSERT_FALSE(mdoc_law_attains_age(mdoc_text("9999-01-01"), 1, &when));
}

CU_TestInfo validity_tests[] = {
	{ "tdate refuses everything else", tdate_refuses },
	{ "tdate there and back", tdate_both_ways },
	{ "tdate on every day", tdate_every_day },
	{ "tdate in CBOR", tdate_in_cbor },
	{ "the law's month: the table", law_month_table },
	{ "the law's month: Japanese days", law_month_counts_japanese_days },
	{ "the law's month never steps back", law_month_never_steps_back },
	{ "the law's ages: the table", ages_of_the_law },
	CU_TEST_INFO_NULL,
};
