/*
 * tests/unit/recipe.h: a DeviceResponse of one document with one thing wrong, signed as if it
 * were right.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_TESTS_RECIPE_H
#define MDOC_TESTS_RECIPE_H

#include "tests/unit/soft.h"

struct recipe {
	/* who */
	struct soft_key *issuer;
	struct soft_key *device;
	struct soft_key *device_signs; /* instead of device, whose key the MSO has; NULL: that one */
	struct mdoc_bytes ds;          /* none: no x5chain */
	/* what the issuer signs */
	const char *mso_version;
	const char *mso_doc_type;
	int64_t signed_, valid_from, valid_until;
	void (*authorizations)(struct mdoc_buf *buf); /* writes the map; NULL: none */
	void (*status)(struct mdoc_buf *buf);         /* writes the map; NULL: none */
	const char *ns;
	const char *names[2];                    /* of the elements */
	void (*values[2])(struct mdoc_buf *buf); /* NULL: a text */
	size_t random_len;
	bool same_element; /* the second item has the first one's name */
	bool same_id;      /* … or its digest id, and stands there twice */
	/* what the holder sends */
	const char *doc_type;
	void (*device_elements)(struct mdoc_buf *buf); /* writes DeviceNameSpaces; NULL: empty */
	struct mdoc_bytes transcript;
	bool payload; /* deviceSignature with its payload inside */
};

/* "ns" with elements "a" and "b", docType "x.y". */
void recipe_default(struct recipe *recipe);

/* Then of a record that the law knows: a name, and another element. */
void recipe_japanese(struct recipe *recipe);

/* A DeviceResponse. */
void recipe_cook(const struct recipe *recipe, struct mdoc_buf *out);

/* Its IssuerSigned alone. */
void recipe_issue(const struct recipe *recipe, struct mdoc_buf *out);

#endif
