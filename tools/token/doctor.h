/*
 * doctor.h: what mdoc-token doctor looks at, and how it says what it found.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_DOCTOR_H
#define TOOLS_TOKEN_DOCTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include "tools/common/p11.h"

enum doctor_level {
	DOCTOR_NOTE,    /* good to know */
	DOCTOR_WARNING, /* works, but should not stay so */
	DOCTOR_PROBLEM  /* does not work */
};

/* Sentences of one kind of finding, untranslated N_() texts. */
struct doctor_text {
	const char *id; /* "store.owner"; never changes */
	enum doctor_level level;
	const char *what;
	const char *why;     /* NULL: nothing to say */
	const char *what_to; /* NULL: nothing to do */
};

extern const struct doctor_text doctor_texts[]; /* ends with id NULL */

struct doctor_finding {
	const struct doctor_text *text;
	char *detail; /* what it is about: a path, a label, numbers; may be NULL */
};

struct doctor {
	struct doctor_finding *findings;
	size_t count;
	bool no_memory;
	const char *module; /* its path, borrowed */
	struct p11 p11;     /* not open: list NULL */
	json_t *library;    /* what the module says of itself; NULL: nothing */
	const char *store;  /* borrowed from library; NULL: not known */
};

/* Add a finding; format NULL: without a detail. */
void doctor_say(struct doctor *doctor, const char *id, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The visits, in this order; each lives with what the ones before could not do. */
void doctor_module(struct doctor *doctor, const char *path);
void doctor_config(struct doctor *doctor);
void doctor_store(struct doctor *doctor);
enum exit_status doctor_tokens(struct doctor *doctor, const char *label); /* EXIT_STATUS_INPUT: no such (said) */
void doctor_p11kit(struct doctor *doctor);
void doctor_system(struct doctor *doctor);

/* The JSON of C_MDOC_Diagnose; NULL: none. json_decref() by the caller. */
json_t *doctor_diagnose(const struct p11 *p11, CK_SLOT_ID slot, CK_RV *rv);

#endif
