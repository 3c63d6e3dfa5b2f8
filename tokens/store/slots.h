/*
 * tokens/store/slots.h: which slot is which area. Each call opens slots.db and closes it.
 *
 * An area is built in areas/.new-SERIAL, gets its slot in one transaction, and is then
 * renamed; who finds a slot whose folder still has the first name does the renaming.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_STORE_SLOTS_H
#define TOKENS_STORE_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "tokens/token.h"

/* As token_slots(). When slots.db is damaged, or missing though there are areas: what the areas' folders say of themselves, and no free slot. */
enum token_result slots_list(const char *root, struct token_slot **slots, size_t *count);

/* An eye on slots.db: a descriptor that stays open, for closing one would take away the locks that SQLite has on the
 * file in another thread. Not thread safe. */
struct slots_watch {
	int fd; /* -1: none */
	uint64_t file;
};

#define SLOTS_WATCH_NONE ((struct slots_watch){ -1, 0 })

/* As token_slots_stamp(): the file and SQLite's counter of its commits. */
enum token_result slots_stamp(const char *root, struct slots_watch *watch, struct token_stamp *stamp);
void slots_watch_end(struct slots_watch *watch);

/* The folder of a slot's area, malloc'ed, and its serial. TOKEN_ERR_NOT_FOUND: no area there. */
enum token_result slots_find(const char *root, uint64_t id, char **folder, char serial[TOKEN_SERIAL_LEN + 1]);

/* Make the store's folders and slots.db where they are missing, and an empty folder to build
 * an area in; its path is malloc'ed. */
enum token_result slots_prepare(const char *root, const char *serial, char **folder);

/*
 * Give the prepared area the slot `id`; the folder is removed when that fails.
 *
 * TOKEN_ERR_EXISTS  somebody has that slot
 * TOKEN_ERR_ARG     it is not the free slot
 */
enum token_result slots_claim(const char *root, uint64_t id, const char *serial);

/* Remove the folder of a prepared area that will not be claimed. */
void slots_abandon(const char *root, const char *serial);

/* Take the slot away and remove the area's files. */
enum token_result slots_drop(const char *root, uint64_t id, const char *serial);

#endif
