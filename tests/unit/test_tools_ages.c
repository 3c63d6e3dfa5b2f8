/* test_tools_ages.c: ages that are claimed. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <mdoc/japan.h>
#include <stdio.h>
#include <string.h>
#include "tests/unit/unit_issuer.h"
#include "tools/issuer/ages.h"

/* The beginning of that day in Japan, in seconds since the epoch. */
#define D2024_02_29 1709132400
#define D2025_03_01 1740754800
#define D2026_05_05 1777906800
#define DAY 86400

static json_t *
claims_of(const char *elements)
{
	json_t *inner = json_loads(elements, 0, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(inner);
	return json_pack("{s:o}", MDOC_JP_NAMESPACE_GENERIC, inner);
}

/* Do the claims become `after` and hold until then? */
static bool
reckons(const char *before, const char *born, int64_t now, const char *after, int64_t until)
{
	json_t *claims = claims_of(before), *wanted = claims_of(after);
	int64_t got = 0;
	const enum ages_result res = ages_reckon(claims, born, now, &got);
	const bool right = res == AGES_OK && json_equal(claims, wanted) && got == until;

	if (!right) {
		printf("    %s: %d, until %lld not %lld\n", before, (int)res, (long long)got, (long long)until);
		json_dumpf(claims, stdout, 0);
	}
	json_decref(claims);
	json_decref(wanted);
	return right;
}

static enum ages_result
refused(const char *before, const char *born, int64_t now)
{
	json_t *claims = claims_of(before);
	int64_t until = 0;
	const enum ages_result res = ages_reckon(claims, born, now, &until);

	CU_ASSERT_TRUE(strlen(ages_sentence(res)) > 1);
	json_decref(claims);
	return res;
}

/* A record would say an age that nobody can know, or that another date in the register contradicts. */
static void
test_dates_refused(void)
{
	static const char *const bad[] = { "2005-13-01", "2005-02-29", "2005-2-1", "20050201", "",
		"2005-02-01T00:00:00Z" };

	CU_ASSERT_EQUAL(refused("{\"age_over_20\": true}", NULL, D2026_05_05), AGES_NO_BIRTH_DATE);
	CU_ASSERT_EQUAL(refused("{\"age_in_years\": 3}", NULL, D2026_05_05), AGES_NO_BIRTH_DATE);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(refused("{\"age_over_20\": true}", bad[i], D2026_05_05), AGES_BIRTH_DATE);
	CU_ASSERT_EQUAL(refused("{\"age_over_20\": true, \"birth_date\": \"2005-05-06\"}", "2005-05-05", D2026_05_05),
		AGES_BIRTH_DATE);
	CU_ASSERT_EQUAL(refused("{\"birth_date\": \"2005-05-06\"}", "2005-05-05", D2026_05_05), AGES_BIRTH_DATE);
	/* not yet born */
	CU_ASSERT_EQUAL(refused("{\"age_over_20\": true}", "2026-05-07", D2026_05_05), AGES_BIRTH_DATE);
}

/* R-VAL: a copy would still say "not yet 20" after its holder has come of age: that is at the end of the day before the
 * birthday, at midnight in Japan, not in UTC. */
static void
test_midnight(void)
{
	const char *born = "2006-05-05";

	/* the last second of the 4th, as the law counts it; and the first of the birthday */
	CU_ASSERT(
		reckons("{\"age_over_20\": true}", born, D2026_05_05 - 1, "{\"age_over_20\": false}", D2026_05_05 - 1));
	CU_ASSERT(reckons("{\"age_over_20\": false}", born, D2026_05_05, "{\"age_over_20\": true}", INT64_MAX));
	CU_ASSERT(reckons("{\"age_in_years\": 0}", born, D2026_05_05 - 1, "{\"age_in_years\": 19}", D2026_05_05 - 1));
	CU_ASSERT(reckons("{\"age_in_years\": 0}", born, D2026_05_05, "{\"age_in_years\": 20}",
		D2026_05_05 + 365 * DAY - 1));
	/* a month ahead it ends at the same second */
	CU_ASSERT(reckons("{\"age_over_20\": true}", born, D2026_05_05 - 30 * DAY, "{\"age_over_20\": false}",
		D2026_05_05 - 1));
}

/* Who was born on 29 February would never come of age, or a day late. */
static void
test_leap_day(void)
{
	const char *born = "2004-02-29";

	/* in a year without that day he attains at the end of the 28th, which is the beginning of the 1st of March */
	CU_ASSERT(reckons("{\"age_in_years\": 0}", born, D2025_03_01 - 1, "{\"age_in_years\": 20}", D2025_03_01 - 1));
	CU_ASSERT(reckons("{\"age_in_years\": 0}", born, D2025_03_01, "{\"age_in_years\": 21}",
		D2025_03_01 + 365 * DAY - 1));
	CU_ASSERT(reckons("{\"age_in_years\": 0}", born, D2024_02_29 - 1, "{\"age_in_years\": 19}", D2024_02_29 - 1));
	CU_ASSERT(reckons("{\"age_in_years\": 0}", born, D2024_02_29, "{\"age_in_years\": 20}", D2025_03_01 - 1));
}

/* One batch would outlive the nearest of several birthdays, or end for one that changes nothing. */
static void
test_several(void)
{
	const char *all =
		"{\"age_over_13\": false, \"age_over_18\": false, \"age_over_20\": true, \"age_over_65\": true, "
		"\"birth_date\": \"2008-05-05\", \"sex\": 1}";

	/* 17: until the 18th birthday; the 13th is over, the 20th and the 65th are later */
	CU_ASSERT(reckons(all, "2008-05-05", D2026_05_05 - DAY,
		"{\"age_over_13\": true, \"age_over_18\": false, \"age_over_20\": false, \"age_over_65\": false, "
		"\"birth_date\": \"2008-05-05\", \"sex\": 1}",
		D2026_05_05 - 1));
	/* by the claims' own date, when the register has none; also as {"birth_date": …} */
	CU_ASSERT(reckons("{\"age_over_18\": false, \"birth_date\": {\"birth_date\": \"2008-05-05\"}}", NULL,
		D2026_05_05, "{\"age_over_18\": true, \"birth_date\": {\"birth_date\": \"2008-05-05\"}}", INT64_MAX));
	/* age_in_years changes at each of them */
	CU_ASSERT(reckons("{\"age_over_65\": false, \"age_in_years\": 1}", "2008-05-05", D2026_05_05,
		"{\"age_over_65\": false, \"age_in_years\": 18}", D2026_05_05 + 365 * DAY - 1));
}

/* A record without ages would end early; an element that only looks like one would be rewritten. */
static void
test_no_ages(void)
{
	CU_ASSERT(reckons("{\"birth_date\": \"2008-05-05\"}", NULL, D2026_05_05, "{\"birth_date\": \"2008-05-05\"}",
		INT64_MAX));
	CU_ASSERT(reckons("{\"age_over_1\": true, \"age_over_100\": true, \"age_over_xx\": true}", NULL, D2026_05_05,
		"{\"age_over_1\": true, \"age_over_100\": true, \"age_over_xx\": true}", INT64_MAX));
}

void
add_ages_tests(void)
{
	CU_pSuite suite = CU_add_suite("ages", NULL, NULL);

	CU_add_test(suite, "dates refused", test_dates_refused);
	CU_add_test(suite, "midnight in Japan", test_midnight);
	CU_add_test(suite, "born on 29 February", test_leap_day);
	CU_add_test(suite, "several at once", test_several);
	CU_add_test(suite, "no ages", test_no_ages);
}
