/*
 * What a backend must know beside the wraps, by name.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/store/store_priv.h"

#include <stdlib.h>
#include <string.h>

enum token_result
store_data_read(struct store *store, const char *name, struct backend_bytes *data)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;

	*data = (struct backend_bytes){ NULL, 0 };
	res = db_keep(&store->db, &query, "SELECT value FROM backend_data WHERE name=?", "t", name);
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res != TOKEN_OK) {
		db_release(&store->db, query);
		return res == TOKEN_ERR_NOT_FOUND ? TOKEN_OK : res;
	}
	data->len = (size_t)sqlite3_column_bytes(query, 0);
	if (data->len == 0 || data->len > STORE_DATA_MAX) {
		res = TOKEN_ERR_DAMAGED;
		goto out;
	}
	data->ptr = malloc(data->len);
	if (data->ptr != NULL)
		memcpy(data->ptr, sqlite3_column_blob(query, 0), data->len);
	else
		res = TOKEN_ERR_MEMORY;
out:
	if (res != TOKEN_OK)
		data->len = 0;
	db_release(&store->db, query);
	return res;
}

enum token_result
store_data_write(struct store *store, const char *name, const uint8_t *bytes, size_t len)
{
	return db_run(&store->db, NULL, "INSERT OR REPLACE INTO backend_data (name, value) VALUES (?,?)", "tb", name,
		(const void *)bytes, len);
}
