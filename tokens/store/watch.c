/*
 * The header of the shared index, read through a mapping.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/store/watch.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#define HEADER_LEN (WATCH_WORDS * sizeof(uint32_t))
#define COMMITS 2 /* the word that counts them */

enum token_result
watch_index(struct db *db)
{
	sqlite3_stmt *query = NULL;
	void *header = NULL;
	bool wal = false;
	enum token_result res;

	res = db_query(db, &query, "PRAGMA journal_mode", "");
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res == TOKEN_OK) {
		const char *mode = (const char *)sqlite3_column_text(query, 0);

		wal = mode != NULL && strcmp(mode, "wal") == 0;
	}
	(void)sqlite3_finalize(query);
	if (res != TOKEN_OK || !wal)
		return res;
	header = mmap(NULL, HEADER_LEN, PROT_READ, MAP_SHARED, db->anchors[1], 0);
	if (header == MAP_FAILED)
		return TOKEN_ERR_IO;
	db->header = header;
	return TOKEN_OK;
}

void
watch_end(struct db *db)
{
	if (db->header != NULL)
		(void)munmap((void *)(uintptr_t)db->header, HEADER_LEN);
	db->header = NULL;
}

/* Another process writes these at any time: each is read once, and all of them before what follows. */
static void
read_words(const struct db *db, uint32_t words[WATCH_WORDS])
{
	const _Atomic(uint32_t) *header = (const _Atomic(uint32_t) *)db->header;

	for (size_t i = 0; i < WATCH_WORDS; i++)
		words[i] = atomic_load_explicit(&header[i], memory_order_relaxed);
	atomic_thread_fence(memory_order_acquire);
}

void
watch_mark(const struct db *db, struct watch_mark *mark)
{
	*mark = (struct watch_mark){ .known = db->header != NULL };
	if (mark->known)
		read_words(db, mark->words);
}

bool
watch_is_at(const struct db *db, const struct watch_mark *mark)
{
	uint32_t words[WATCH_WORDS];

	if (!mark->known || db->header == NULL)
		return false;
	atomic_thread_fence(memory_order_seq_cst);
	read_words(db, words);
	return memcmp(words, mark->words, sizeof(words)) == 0;
}

uint32_t
watch_commits(const struct db *db)
{
	uint32_t words[WATCH_WORDS] = { 0 };

	if (db->header != NULL)
		read_words(db, words);
	return words[COMMITS];
}
