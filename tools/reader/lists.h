/*
 * lists.h: lists of revocation, status lists and identifier lists, that were found to be genuine.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_LISTS_H
#define READER_LISTS_H

#include <mdoc/mdoc.h>

/* Zeroed: none. */
struct reader_lists {
	struct reader_list *held;
	size_t count;
	struct mdoc_revocation_lists set; /* what libmdoc wants to see of them */
	const struct mdoc_status_list **status;
	const struct mdoc_identifier_list **identifiers;
};

/*
 * Parse and check a list of either kind and hold it.
 *
 * bytes  copied
 * trust  whom it has to come from
 *
 * MDOC_OK; what the parsers and checks of mdoc/status.h say; MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO, which say nothing
 * about the list
 */
enum mdoc_result reader_lists_take(struct reader_lists *lists, struct mdoc_bytes bytes,
	const struct mdoc_list_trust *trust, struct mdoc_error *error);

void reader_lists_clear(struct reader_lists *lists);

/* "warn", "ignore" or "fail"; false: something else. */
bool reader_undetermined(const char *text, enum mdoc_undetermined *policy);

#endif
