/*
 * mdoc/issuer/validity.c: points in time as mdocs write them, and the law's month.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"
#include <mdoc/validity.h>
#include <stdio.h>

#define TAG_TDATE 0
#define TIME_LIMIT (INT64_C(1) << 56) /* seconds */
#define DAY_SECONDS 86400
#define JST_SECONDS ((int64_t)9 * 3600) /* UTC+9 all the year */

#define YEAR_LAST 9999
#define ERA_YEARS 400
#define ERA_DAYS 146097
#define YEAR_DAYS 365
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */

struct date {
	int64_t year;
	int month; /* 1 to 12 */
	int day;   /* 1 to 31 */
};

static bool
is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
days_in_month(int64_t year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/*
 * Days since 1970-01-01 of a Gregorian date, years 0 and up. Years are taken to begin in
 * March, so that a leap day is the last one; (153 m + 2) / 5 are the days before month m of
 * such a year.
 */
static int64_t
days_from_date(struct date d)
{
	const int64_t year = d.month > 2 ? d.year : d.year - 1;
	const int64_t month = d.month > 2 ? d.month - 3 : d.month + 9;
	const int64_t era = year / ERA_YEARS;
	const int64_t in_era = year % ERA_YEARS;
	const int64_t day_of_year = (153 * month + 2) / 5 + d.day - 1;

	return era * ERA_DAYS + in_era * YEAR_DAYS + in_era / 4 - in_era / 100 + day_of_year - EPOCH_DAYS;
}

/* The other way, for days from the epoch on: count down from the year that it can't be before. */
static struct date
date_from_days(int64_t days)
{
	struct date d = { 1970 + days / 366, 1, 1 };
	int64_t left;

	while (days_from_date((struct date){ d.year + 1, 1, 1 }) <= days)
		d.year++;
	left = days - days_from_date(d);
	while (left >= days_in_month(d.year, d.month))
		left -= days_in_month(d.year, d.month++);
	d.day = (int)left + 1;
	return d;
}

static struct date
next_month(struct date d)
{
	return d.month < 12 ? (struct date){ d.year, d.month + 1, 1 } : (struct date){ d.year + 1, 1, 1 };
}

int64_t
mdoc_law_valid_until(int64_t issued)
{
	const struct date first_day = date_from_days((issued + JST_SECONDS) / DAY_SECONDS);
	struct date end = next_month(first_day);

	/* Civil Code 143(2): the corresponding day ends it; without one, the end of that month. */
	if (first_day.day <= days_in_month(end.year, end.month))
		end.day = first_day.day;
	else
		end = next_month(end);
	return days_from_date(end) * DAY_SECONDS - JST_SECONDS - 1;
}

/* Digits from text[at], n of them. False: something else is there. */
static bool
number(struct mdoc_bytes text, size_t at, size_t n, int *value)
{
	*value = 0;
	for (size_t i = at; i < at + n; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		*value = *value * 10 + (text.ptr[i] - '0');
	}
	return true;
}

static bool
full_date(struct mdoc_bytes text, struct date *d)
{
	int year;

	if (text.len != 10 || text.ptr[4] != '-' || text.ptr[7] != '-' || !number(text, 0, 4, &year) ||
		!number(text, 5, 2, &d->month) || !number(text, 8, 2, &d->day))
		return false;
	d->year = year;
	return year >= 1 && d->month >= 1 && d->month <= 12 && d->day >= 1 && d->day <= days_in_month(year, d->month);
}

bool
mdoc_full_date_valid(struct mdoc_bytes text)
{
	struct date d;

	return full_date(text, &d);
}

bool
mdoc_law_attains_age(struct mdoc_bytes birth_date, unsigned years, int64_t *when)
{
	struct date d;

	if (!full_date(birth_date, &d) || d.year + (int64_t)years > YEAR_LAST)
		return false;
	d.year += years;
	/* No such birthday: the end of 28 February is the beginning of March. */
	if (d.day > days_in_month(d.year, d.month))
		d = next_month(d);
	*when = days_from_date(d) * DAY_SECONDS - JST_SECONDS;
	return true;
}

bool
mdoc_tdate_parse(struct mdoc_bytes text, int64_t *when)
{
	static const char shape[] = "0000-00-00T00:00:00Z";
	int year, month, day, hour, minute, second;

	if (text.len != MDOC_TDATE_LEN)
		return false;
	for (size_t i = 0; i < MDOC_TDATE_LEN; i++) {
		if (shape[i] != '0' && text.ptr[i] != (uint8_t)shape[i])
			return false;
	}
	if (!number(text, 0, 4, &year) || !number(text, 5, 2, &month) || !number(text, 8, 2, &day) ||
		!number(text, 11, 2, &hour) || !number(text, 14, 2, &minute) || !number(text, 17, 2, &second))
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return false;
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*when = days_from_date((struct date){ year, month, day }) * DAY_SECONDS + hour * 3600 + minute * 60 + second;
	return true;
}

void
mdoc_tdate_print(int64_t when, char text[MDOC_TDATE_LEN + 1])
{
	char line[64];
	struct date d;
	int rest;

	text[0] = '\0';
	if (when < 0 || when > MDOCI_WHEN_MAX)
		return;
	d = date_from_days(when / DAY_SECONDS);
	rest = (int)(when % DAY_SECONDS);
	(void)snprintf(line, sizeof(line), "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)d.year, d.month, d.day, rest / 3600,
		rest / 60 % 60, rest % 60);
	for (size_t i = 0; i <= MDOC_TDATE_LEN; i++)
		text[i] = line[i];
}

enum mdoc_result
mdoc_tdate_read(struct mdoc_node node, const char *path, int64_t *when, struct mdoc_error *error)
{
	struct mdoc_node content;
	struct mdoc_bytes text;
	uint64_t tag;

	if (!mdoc_node_tag(node, &tag, &content) || tag != TAG_TDATE || !mdoc_node_tstr(content, &text))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "tag 0 around a text string");
	if (!mdoc_tdate_parse(text, when))
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(node), path,
			"a time as 2026-01-30T14:59:59Z, without a fraction");
	return MDOC_OK;
}

void
mdoc_put_tdate(struct mdoc_buf *buf, int64_t when)
{
	char text[MDOC_TDATE_LEN + 1];

	mdoc_tdate_print(when, text);
	if (text[0] == '\0' && buf->err == MDOC_OK)
		buf->err = MDOC_ERR_VALUE;
	mdoc_put_tag(buf, TAG_TDATE);
	mdoc_put_text(buf, text);
}

bool
mdoci_times_usable(int64_t now, int64_t clock_skew)
{
	return clock_skew >= 0 && clock_skew < TIME_LIMIT && now > -TIME_LIMIT && now < TIME_LIMIT;
}
