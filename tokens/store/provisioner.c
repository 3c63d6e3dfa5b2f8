/*
 * The provisioner's row.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/store/store_priv.h"

#include <stdlib.h>
#include <string.h>

#define NAME "provisioner"

static bool
read_row(sqlite3_stmt *row, struct store_provisioner *p)
{
	const int64_t id = sqlite3_column_int64(row, 0);
	const int64_t state = sqlite3_column_int64(row, 1);
	const int64_t left = sqlite3_column_int64(row, 2);
	const int64_t max = sqlite3_column_int64(row, 3);

	if (id < 1 || max < 1 || max > PIN_TRIES_MAX || left < 0 || left > max ||
		(state != TOKEN_PIN_OPERATIONAL && state != TOKEN_PIN_LOCKED))
		return false;
	p->id = (uint64_t)id;
	p->state = (enum token_pin_state)state;
	p->tries_left = (unsigned)left;
	p->tries_max = (unsigned)max;
	return true;
}

enum token_result
store_provisioner_read(struct store *store, struct store_provisioner *p)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;

	*p = (struct store_provisioner){ .state = TOKEN_PIN_NONE };
	res = db_query(&store->db, &query, "SELECT id, state, tries_left, tries_max, wrap FROM named WHERE name=?", "t",
		NAME);
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res == TOKEN_OK && !read_row(query, p))
		res = TOKEN_ERR_DAMAGED;
	if (res == TOKEN_OK)
		p->wrap_len = (size_t)sqlite3_column_bytes(query, 4);
	if (res == TOKEN_OK && p->wrap_len > 0) {
		p->wrap = malloc(p->wrap_len);
		if (p->wrap == NULL)
			res = TOKEN_ERR_MEMORY;
		else
			memcpy(p->wrap, sqlite3_column_blob(query, 4), p->wrap_len);
	}
	(void)sqlite3_finalize(query);
	return res == TOKEN_ERR_NOT_FOUND ? TOKEN_OK : res;
}

enum token_result
store_provisioner_replace(struct store *store, struct store_provisioner *p)
{
	enum token_result res = store_provisioner_delete(store);

	if (res != TOKEN_OK && res != TOKEN_ERR_NOT_FOUND)
		return res;
	res = db_run(&store->db, NULL,
		"INSERT INTO named (name, rights, state, tries_left, tries_max, generation, wrap) VALUES "
		"(?,0,?,?,?,1,?)",
		"tiiib", NAME, (int64_t)p->state, (int64_t)p->tries_left, (int64_t)p->tries_max, (const void *)p->wrap,
		p->wrap_len);
	p->id = (uint64_t)sqlite3_last_insert_rowid(store->db.sq);
	return res;
}

enum token_result
store_provisioner_write(struct store *store, const struct store_provisioner *p)
{
	int64_t changes = 0;
	const enum token_result res =
		db_run(&store->db, &changes, "UPDATE named SET state=?, tries_left=?, wrap=? WHERE id=?", "iibi",
			(int64_t)p->state, (int64_t)p->tries_left, (const void *)p->wrap, p->wrap_len, (int64_t)p->id);

	return res == TOKEN_OK && changes != 1 ? TOKEN_ERR_NOT_FOUND : res;
}

enum token_result
store_provisioner_delete(struct store *store)
{
	int64_t changes = 0;
	const enum token_result res = db_run(&store->db, &changes, "DELETE FROM named WHERE name=?", "t", NAME);

	return res == TOKEN_OK && changes == 0 ? TOKEN_ERR_NOT_FOUND : res;
}

void
store_provisioner_clear(struct store_provisioner *p)
{
	free(p->wrap);
	p->wrap = NULL;
	p->wrap_len = 0;
}
