/* ages.c: ages as the law counts them, at a time. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <mdoc/japan.h>
#include "tools/common/message.h"
#include "tools/issuer/ages.h"

#define AGE_OVER "age_over_"
#define AGE_LIMIT 150

static const char *const sentences[] = {
	[AGES_OK] = N_("done"),
	[AGES_NO_BIRTH_DATE] = N_("an age is claimed without birth_date, so that nobody knows when it changes"),
	[AGES_BIRTH_DATE] = N_("birth_date is no date, lies ahead, or is not the one that the register has"),
	[AGES_MEMORY] = N_("out of memory"),
};

const char *
ages_sentence(enum ages_result result)
{
	return (size_t)result < sizeof(sentences) / sizeof(sentences[0]) ? sentences[result] : "?";
}

/* The date in the claims, as text or as {"birth_date": text}. */
static const char *
claimed_date(const json_t *elements)
{
	const json_t *value = json_object_get(elements, "birth_date");
	const json_t *inner = json_object_get(value, "birth_date");

	return json_string_value(inner != NULL ? inner : value);
}

static bool
age_over(const char *element, unsigned *years)
{
	const size_t len = sizeof(AGE_OVER) - 1;

	if (strncmp(element, AGE_OVER, len) != 0 || strlen(element) != len + 2 ||
		strspn(element + len, "0123456789") != 2)
		return false;
	*years = (unsigned)(element[len] - '0') * 10 + (unsigned)(element[len + 1] - '0');
	return true;
}

/* Whole years at a time; 0 to AGE_LIMIT. */
static bool
years_at(struct mdoc_bytes born, int64_t now, unsigned *years)
{
	int64_t when;

	*years = 0;
	if (!mdoc_law_attains_age(born, 0, &when) || when > now)
		return false;
	while (*years < AGE_LIMIT && mdoc_law_attains_age(born, *years + 1, &when) && when <= now)
		(*years)++;
	return true;
}

static void
end_before(int64_t *until, struct mdoc_bytes born, unsigned years)
{
	int64_t when;

	if (mdoc_law_attains_age(born, years, &when) && when - 1 < *until)
		*until = when - 1;
}

static enum ages_result
reckon(json_t *elements, struct mdoc_bytes born, unsigned now_years, int64_t *until)
{
	enum ages_result res = AGES_OK;
	const char *element;
	unsigned years;
	json_t *value;
	void *next;

	json_object_foreach_safe(elements, next, element, value)
	{
		json_t *right = NULL;

		if (strcmp(element, "age_in_years") == 0 && json_is_integer(value)) {
			right = json_integer((json_int_t)now_years);
			end_before(until, born, now_years + 1);
		} else if (age_over(element, &years) && json_is_boolean(value)) {
			right = json_boolean(now_years >= years);
			if (now_years < years)
				end_before(until, born, years);
		} else {
			continue;
		}
		if (json_object_set_new(elements, element, right) != 0)
			res = AGES_MEMORY;
	}
	return res;
}

static bool
has_ages(const json_t *elements)
{
	const char *element;
	const json_t *value;
	unsigned years;

	json_object_foreach((json_t *)(uintptr_t)elements, element, value)
	{
		(void)value;
		if (strcmp(element, "age_in_years") == 0 || age_over(element, &years))
			return true;
	}
	return false;
}

enum ages_result
ages_reckon(json_t *claims, const char *birth_date, int64_t now, int64_t *until)
{
	json_t *elements = json_object_get(claims, MDOC_JP_NAMESPACE_GENERIC);
	const char *claimed = claimed_date(elements);
	const char *born = claimed != NULL ? claimed : birth_date;
	unsigned years;

	*until = INT64_MAX;
	if (claimed != NULL && birth_date != NULL && strcmp(claimed, birth_date) != 0)
		return AGES_BIRTH_DATE;
	if (!has_ages(elements))
		return AGES_OK;
	if (born == NULL)
		return AGES_NO_BIRTH_DATE;
	if (!years_at(mdoc_text(born), now, &years))
		return AGES_BIRTH_DATE;
	return reckon(elements, mdoc_text(born), years, until);
}
