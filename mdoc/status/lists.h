/*
 * mdoc/status/lists.h: the inside of both kinds of revocation list. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_STATUS_LISTS_H
#define MDOC_STATUS_LISTS_H

#include "mdoc/status/token.h"

/* Entries of a status list, packed. */
struct mdoci_entries {
	unsigned bits;
	uint8_t *packed;
	size_t len;
};

struct mdoc_status_list {
	struct mdoci_token token;
	unsigned bits;
	struct mdoc_bytes compressed;
	struct mdoci_entries entries; /* of a check that passed */
};

struct mdoc_identifier_list {
	struct mdoci_token token;
	struct mdoc_bytes *ids; /* sorted */
	size_t count;
};

/* StatusList = {"bits", "lst"}, as found in a claim; compressed is borrowed. */
enum mdoc_result mdoci_status_list_read(struct mdoc_node map, unsigned *bits, struct mdoc_bytes *compressed,
	struct mdoc_error *error);

/* Inflate; entries->packed is freed with free(). */
enum mdoc_result mdoci_entries_inflate(const struct mdoc_context *context, unsigned bits, struct mdoc_bytes compressed,
	struct mdoci_entries *entries, struct mdoc_error *error);

/* False: beyond the end. */
bool mdoci_entry(const struct mdoci_entries *entries, uint64_t idx, unsigned *value);

#endif
