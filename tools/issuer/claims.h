/*
 * claims.h: what is to be attested, from JSON {namespace: {element: value}} to encoded element
 * values (R-MIN-01: nothing outside the elements of the docType).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_CLAIMS_H
#define ISSUER_CLAIMS_H

#include <jansson.h>
#include <mdoc/issuer_signed.h>
#include "tools/common/exit.h"

#define CLAIM_BYTES_MAX ((size_t)1024 * 1024) /* of one {"file": …} */

enum claims_result {
	CLAIMS_OK,
	CLAIMS_EMPTY,       /* no element at all */
	CLAIMS_STRUCTURE,   /* not {namespace: {element: value}} */
	CLAIMS_NOT_ALLOWED, /* no element of this docType */
	CLAIMS_TEXT,        /* wants text that is not empty */
	CLAIMS_DIGITS,      /* wants a fixed number of ASCII digits */
	CLAIMS_DATE,        /* wants YYYY-MM-DD of the calendar */
	CLAIMS_SEX,         /* wants 0, 1, 2 or 9 */
	CLAIMS_AGE,         /* wants a number from 0 to 150 */
	CLAIMS_BOOL,        /* wants true or false */
	CLAIMS_BYTES,       /* wants {"file": …} or {"base64url": …} */
	CLAIMS_PATH,        /* the file is not below the folder of the claims file */
	CLAIMS_FILE,        /* the file could not be read (said) */
	CLAIMS_TYPE,        /* a JSON type that has no meaning here */
	CLAIMS_MEMORY
};

struct claims {
	struct mdoc_claim *claims; /* ns and element borrow from the JSON, values from `values` */
	size_t count;
	struct mdoc_buf values;
};

/* Which claim was wrong; borrowed from the JSON, NULL when it is none in particular. */
struct claims_place {
	const char *ns;
	const char *element;
};

/*
 * json    {namespace: {element: value}}; must outlive *out
 * folder  of the claims file, for {"file": …}; NULL: none may be named
 * out     claims_clear(), on every result
 */
enum claims_result claims_build(const json_t *json, const char *folder, const char *doc_type, struct claims *out,
	struct claims_place *place);
void claims_clear(struct claims *claims);

/* Untranslated N_() text; never NULL. */
const char *claims_sentence(enum claims_result result);

#endif
