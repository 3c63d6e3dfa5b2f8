/*
 * ages.h: statements of age in claims, which are true until a birthday.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_AGES_H
#define ISSUER_AGES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum ages_result {
	AGES_OK,
	AGES_NO_BIRTH_DATE, /* an age is claimed, and nothing tells until when it is true */
	AGES_BIRTH_DATE,    /* no date, not yet born, or not the one that is in the register */
	AGES_MEMORY
};

/*
 * Write the ages that hold at a time into claims of the Japanese record: the values of age_in_years and age_over_NN
 * that are there say only that they are wanted.
 *
 * claims      {namespace: {element: value}}, changed
 * birth_date  YYYY-MM-DD, as the register has it; NULL: element birth_date alone counts
 * now         seconds since the epoch
 * *until      the last second at which all of them are true; INT64_MAX: there are none, or they do not change
 */
enum ages_result ages_reckon(json_t *claims, const char *birth_date, int64_t now, int64_t *until);

/* Untranslated N_() text; never NULL. */
const char *ages_sentence(enum ages_result result);

#endif
