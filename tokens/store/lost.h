/*
 * tokens/store/lost.h: which slot is which area, as the areas' own folders say, for the day when slots.db cannot be
 * read: an empty file slot-ID in each.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_STORE_LOST_H
#define TOKENS_STORE_LOST_H

#include "tokens/token.h"

struct lost_slot {
	uint64_t id;
	char serial[TOKEN_SERIAL_LEN + 1];
};

/* Say in an area's folder which slot it has. TOKEN_ERR_IO */
enum token_result lost_mark(const char *folder, uint64_t id);

/*
 * All areas whose folders in `areas` say what slot they have, in order of id, each id once; malloc'ed.
 * TOKEN_ERR_DAMAGED: there is none.
 */
enum token_result lost_read(const char *areas, struct lost_slot **slots, size_t *count);

#endif
