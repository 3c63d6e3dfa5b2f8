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
	size_t last_id;
	struct mdoc_revocation_lists set; /* what libmdoc wants to see of them */
	const struct mdoc_status_list **status;
	const struct mdoc_identifier_list **identifiers;
};

/*
 * Parse and check a list of either kind and hold it.
 *
 * bytes  copied
 * trust  whom it has to come from
 * id     of the held list, never 0; NULL: nobody asks
 *
 * MDOC_OK; what the parsers and checks of mdoc/status.h say; MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO, which say nothing
 * about the list
 */
enum mdoc_result reader_lists_take(struct reader_lists *lists, struct mdoc_bytes bytes,
	const struct mdoc_list_trust *trust, size_t *id, struct mdoc_error *error);

/* What the list with that id says of itself; false: there is none. */
bool reader_lists_info(const struct reader_lists *lists, size_t id, struct mdoc_list_info *info);

/* Hold the list with that id no longer; an id that is none is fine. */
void reader_lists_drop(struct reader_lists *lists, size_t id);

void reader_lists_clear(struct reader_lists *lists);

/* "warn", "ignore" or "fail"; false: something else. */
bool reader_undetermined(const char *text, enum mdoc_undetermined *policy);

#endif
