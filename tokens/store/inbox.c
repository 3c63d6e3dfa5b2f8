/*
 * The rows of renewal.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/store/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "tokens/store/store_priv.h"

/* A column that is NOT NULL, empty or not. */
static const void *
bytes_of(const struct backend_bytes *bytes)
{
	return bytes->len > 0 ? (const void *)bytes->ptr : "";
}

static enum token_result
take_bytes(sqlite3_stmt *row, int column, struct backend_bytes *bytes)
{
	bytes->len = (size_t)sqlite3_column_bytes(row, column);
	bytes->ptr = malloc(bytes->len + 1);
	if (bytes->ptr == NULL)
		return TOKEN_ERR_MEMORY;
	if (bytes->len > 0)
		memcpy(bytes->ptr, sqlite3_column_blob(row, column), bytes->len);
	return TOKEN_OK;
}

static void
free_bytes(struct backend_bytes *bytes)
{
	free(bytes->ptr);
	*bytes = (struct backend_bytes){ NULL, 0 };
}

enum token_result
store_provisioner_key_add(struct store *store, uint64_t provisioner, const struct store_provisioner_key *key)
{
	return db_run(&store->db, NULL,
		"INSERT INTO provisioner_key (provisioner, purpose, attrs, sealed) VALUES (?,?,?,?)", "iibb",
		(int64_t)provisioner, (int64_t)key->purpose, bytes_of(&key->attrs), key->attrs.len,
		bytes_of(&key->sealed), key->sealed.len);
}

enum token_result
store_provisioner_key_read(struct store *store, uint64_t provisioner, unsigned purpose,
	struct store_provisioner_key *key)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;

	*key = (struct store_provisioner_key){ .purpose = purpose };
	res = db_query(&store->db, &query,
		"SELECT attrs, sealed FROM provisioner_key WHERE provisioner=? AND purpose=?", "ii",
		(int64_t)provisioner, (int64_t)purpose);
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res == TOKEN_OK)
		res = take_bytes(query, 0, &key->attrs);
	if (res == TOKEN_OK)
		res = take_bytes(query, 1, &key->sealed);
	(void)sqlite3_finalize(query);
	return res;
}

void
store_provisioner_key_clear(struct store_provisioner_key *key)
{
	free_bytes(&key->attrs);
	free_bytes(&key->sealed);
}

enum token_result
store_provision_empty(struct store *store)
{
	return db_exec(&store->db, "DELETE FROM provisioner_key; DELETE FROM inbox");
}

enum token_result
store_inbox_add(struct store *store, struct store_inbox *entry)
{
	const enum token_result res = db_run(&store->db, NULL,
		"INSERT INTO inbox (kind, received, attrs, box) VALUES (?,?,?,?)", "iibb", (int64_t)entry->kind,
		entry->received, bytes_of(&entry->attrs), entry->attrs.len, bytes_of(&entry->box), entry->box.len);

	entry->id = (uint64_t)sqlite3_last_insert_rowid(store->db.sq);
	return res;
}

enum token_result
store_inbox_read(struct store *store, uint64_t id, struct store_inbox *entry)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;

	*entry = (struct store_inbox){ .id = id };
	res = db_query(&store->db, &query, "SELECT kind, received, attrs, box FROM inbox WHERE id=?", "i", (int64_t)id);
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res == TOKEN_OK) {
		entry->kind = (unsigned)sqlite3_column_int(query, 0);
		entry->received = sqlite3_column_int64(query, 1);
		res = take_bytes(query, 2, &entry->attrs);
	}
	if (res == TOKEN_OK)
		res = take_bytes(query, 3, &entry->box);
	(void)sqlite3_finalize(query);
	return res;
}

void
store_inbox_clear(struct store_inbox *entry)
{
	free_bytes(&entry->attrs);
	free_bytes(&entry->box);
}

static enum token_result
add_line(sqlite3_stmt *row, struct store_inbox_line **lines, size_t *count, size_t *room)
{
	struct store_inbox_line *grown = *lines;

	if (*count == *room) {
		*room = *room == 0 ? 16 : *room * 2;
		grown = realloc(*lines, *room * sizeof(*grown));
		if (grown == NULL)
			return TOKEN_ERR_MEMORY;
		*lines = grown;
	}
	grown[(*count)++] = (struct store_inbox_line){ .id = (uint64_t)sqlite3_column_int64(row, 0),
		.kind = (unsigned)sqlite3_column_int(row, 1),
		.received = sqlite3_column_int64(row, 2),
		.box_len = (uint64_t)sqlite3_column_int64(row, 3) };
	return TOKEN_OK;
}

enum token_result
store_inbox_list(struct store *store, unsigned kind, struct store_inbox_line **lines, size_t *count)
{
	sqlite3_stmt *query = NULL;
	size_t room = 0;
	enum token_result res;

	*lines = NULL;
	*count = 0;
	res = db_query(&store->db, &query,
		"SELECT id, kind, received, length(box) FROM inbox WHERE ?1=0 OR kind=?1 ORDER BY id", "i",
		(int64_t)kind);
	while (res == TOKEN_OK && (res = db_step(query)) == TOKEN_OK)
		res = add_line(query, lines, count, &room);
	(void)sqlite3_finalize(query);
	if (res == TOKEN_ERR_NOT_FOUND)
		return TOKEN_OK;
	free(*lines);
	*lines = NULL;
	*count = 0;
	return res;
}

enum token_result
store_inbox_delete(struct store *store, uint64_t id)
{
	int64_t changes = 0;
	const enum token_result res = db_run(&store->db, &changes, "DELETE FROM inbox WHERE id=?", "i", (int64_t)id);

	return res == TOKEN_OK && changes == 0 ? TOKEN_ERR_NOT_FOUND : res;
}

enum token_result
store_inbox_sum(struct store *store, unsigned kind, struct store_inbox_sum *sum)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;

	*sum = (struct store_inbox_sum){ 0 };
	res = db_query(&store->db, &query,
		"SELECT count(*), coalesce(sum(length(box) + length(attrs)), 0), coalesce(min(id), 0),"
		" coalesce(max(id), 0) FROM inbox WHERE kind=?",
		"i", (int64_t)kind);
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res == TOKEN_OK) {
		sum->count = (uint64_t)sqlite3_column_int64(query, 0);
		sum->bytes = (uint64_t)sqlite3_column_int64(query, 1);
		sum->first = (uint64_t)sqlite3_column_int64(query, 2);
		sum->last = (uint64_t)sqlite3_column_int64(query, 3);
	}
	(void)sqlite3_finalize(query);
	return res;
}
