/*
 * One area's database: opening, transactions, and the rows of which there is one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tokens/store/store_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tokens/gate.h"
#include "tokens/store/schema.h"

/* Kept statements are found by address. */
static const char begin_read[] = "BEGIN";
static const char begin_write[] = "BEGIN IMMEDIATE";
static const char commit[] = "COMMIT";

/* The gate first: whoever is behind it waits for this lock only. */
static void
lock(struct store *store)
{
	gate_enter();
	(void)pthread_mutex_lock(&store->lock);
}

static void
unlock(struct store *store)
{
	(void)pthread_mutex_unlock(&store->lock);
	gate_leave();
}

static char *
area_path(const char *folder)
{
	char *path = NULL;

	return asprintf(&path, "%s/" STORE_AREA_FILE, folder) < 0 ? NULL : path;
}

enum token_result
store_create(const char *folder)
{
	char *path = area_path(folder);
	enum token_result res = path != NULL ? db_create(path, &schema_area) : TOKEN_ERR_MEMORY;

	free(path);
	return res;
}

enum token_result
store_open(const char *folder, struct store **out)
{
	char *path = area_path(folder);
	struct store *store = calloc(1, sizeof(*store));
	enum token_result res = TOKEN_ERR_MEMORY;

	if (path == NULL || store == NULL)
		goto out;
	res = db_open(path, &schema_area, &store->db);
	if (res != TOKEN_OK)
		goto out;
	(void)pthread_mutex_init(&store->lock, NULL);
	*out = store;
	store = NULL;
out:
	free(store);
	free(path);
	return res;
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	db_close(&store->db);
	(void)pthread_mutex_destroy(&store->lock);
	free(store);
}

bool
store_is_read_only(const struct store *store)
{
	return store->db.read_only;
}

enum token_result
store_check(struct store *store)
{
	enum token_result res;

	lock(store);
	res = db_check(&store->db, &schema_area);
	unlock(store);
	return res;
}

enum token_result
store_begin(struct store *store, bool write)
{
	enum token_result res;

	if (write && store->db.read_only)
		return TOKEN_ERR_READ_ONLY;
	lock(store);
	watch_mark(&store->db, &store->begun);
	res = db_run(&store->db, NULL, write ? begin_write : begin_read, "");
	if (res != TOKEN_OK)
		unlock(store);
	return res;
}

enum token_result
store_end(struct store *store, enum token_result res)
{
	if (res == TOKEN_OK)
		res = db_run(&store->db, NULL, commit, "");
	if (res != TOKEN_OK && sqlite3_get_autocommit(store->db.sq) == 0)
		(void)db_exec(&store->db, "ROLLBACK");
	unlock(store);
	return res;
}

void
store_checkpoint(struct store *store)
{
	lock(store);
	(void)db_exec(&store->db, "PRAGMA wal_checkpoint(TRUNCATE)");
	unlock(store);
}

enum token_result
store_version(struct store *store, int64_t *version)
{
	return db_number(&store->db, "PRAGMA data_version", version);
}

const struct watch_mark *
store_mark(const struct store *store)
{
	return &store->begun;
}

bool
store_is_at(const struct store *store, const struct watch_mark *mark)
{
	return watch_is_at(&store->db, mark);
}

/* False: not a text of at most size - 1 bytes. */
static bool
column_text(sqlite3_stmt *row, int column, char *out, size_t size)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	const size_t len = text != NULL ? strlen(text) : size;

	if (len >= size)
		return false;
	memcpy(out, text, len + 1);
	return true;
}

static bool
column_bytes(sqlite3_stmt *row, int column, uint8_t *out, size_t size)
{
	const void *bytes = sqlite3_column_blob(row, column);

	if (bytes == NULL || (size_t)sqlite3_column_bytes(row, column) != size)
		return false;
	memcpy(out, bytes, size);
	return true;
}

static bool
column_uint(sqlite3_stmt *row, int column, int64_t max, uint64_t *out)
{
	const int64_t value = sqlite3_column_int64(row, column);

	*out = (uint64_t)value;
	return sqlite3_column_type(row, column) == SQLITE_INTEGER && value >= 0 && value <= max;
}

static bool
column_policy(sqlite3_stmt *row, int column, struct token_pin_policy *policy)
{
	uint64_t n[4] = { 0 };

	for (int i = 0; i < 4; i++) {
		if (!column_uint(row, column + i, 1000, &n[i]))
			return false;
	}
	*policy = (struct token_pin_policy){ (unsigned)n[0], (unsigned)n[1], (unsigned)n[2],
		(enum token_pin_alphabet)n[3] };
	return true;
}

/* What version 2 has added. */
static bool
area_life_from_row(sqlite3_stmt *row, struct store_area *area)
{
	uint64_t life = 0;
	uint64_t latest = 0;

	if (!column_text(row, 18, area->preset, sizeof(area->preset)) ||
		!column_text(row, 19, area->card, sizeof(area->card)) ||
		!column_uint(row, 20, TOKEN_LIFE_RETIRED, &life) || !column_uint(row, 21, INT64_MAX, &latest) ||
		!column_uint(row, 23, INT64_MAX, &area->checked))
		return false;
	area->life = (enum token_life)life;
	area->latest = (int64_t)latest;
	area->has_authenticator = sqlite3_column_type(row, 22) != SQLITE_NULL;
	return !area->has_authenticator || column_bytes(row, 22, area->authenticator, sizeof(area->authenticator));
}

static bool
area_from_row(sqlite3_stmt *row, struct store_area *area)
{
	uint64_t flags = 0;
	uint64_t low = 0;

	if (!column_text(row, 0, area->serial, sizeof(area->serial)) ||
		!column_text(row, 1, area->label, sizeof(area->label)) ||
		!column_text(row, 2, area->backend, sizeof(area->backend)) ||
		!column_uint(row, 4, INT64_MAX, &area->epoch) || !column_uint(row, 5, INT32_MAX, &flags) ||
		!column_uint(row, 6, INT32_MAX, &low) || !column_policy(row, 7, &area->user) ||
		!column_policy(row, 11, &area->so) ||
		!column_bytes(row, 15, area->seal_public, sizeof(area->seal_public)) ||
		!column_bytes(row, 16, area->seal_private, sizeof(area->seal_private)))
		return false;
	area->created = sqlite3_column_int64(row, 3);
	area->flags = (uint32_t)flags;
	area->low_water = (uint32_t)low;
	area->suspended = sqlite3_column_int64(row, 17) != 0;
	return area_life_from_row(row, area);
}

enum token_result
store_area_read(struct store *store, struct store_area *area)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;

	*area = (struct store_area){ 0 };
	res = db_keep(&store->db, &query,
		"SELECT serial, label, backend, created, epoch, flags, low_water, user_min, user_max, user_tries,"
		" user_alphabet, so_min, so_max, so_tries, so_alphabet, seal_public, seal_private, suspended,"
		" preset, card, life, latest, authenticator, checked FROM area",
		"");
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res == TOKEN_ERR_NOT_FOUND)
		res = TOKEN_ERR_GONE;
	if (res == TOKEN_OK && !area_from_row(query, area))
		res = TOKEN_ERR_DAMAGED;
	db_release(&store->db, query);
	return res;
}

enum token_result
store_area_write(struct store *store, const struct store_area *area)
{
	const struct token_pin_policy *u = &area->user;
	const struct token_pin_policy *s = &area->so;

	return db_run(&store->db, NULL,
		"INSERT OR REPLACE INTO area (id, serial, label, backend, created, epoch, flags, low_water, user_min,"
		" user_max, user_tries, user_alphabet, so_min, so_max, so_tries, so_alphabet, seal_public,"
		" seal_private, suspended, preset, card, life, latest, authenticator, checked)"
		" VALUES (1,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
		"tttiiiiiiiiiiiibbittiibi", area->serial, area->label, area->backend, area->created,
		(int64_t)area->epoch, (int64_t)area->flags, (int64_t)area->low_water, (int64_t)u->min_len,
		(int64_t)u->max_len, (int64_t)u->tries, (int64_t)u->alphabet, (int64_t)s->min_len, (int64_t)s->max_len,
		(int64_t)s->tries, (int64_t)s->alphabet, (const void *)area->seal_public, sizeof(area->seal_public),
		(const void *)area->seal_private, sizeof(area->seal_private), (int64_t)area->suspended, area->preset,
		area->card, (int64_t)area->life, area->latest,
		area->has_authenticator ? (const void *)area->authenticator : NULL, sizeof(area->authenticator),
		(int64_t)area->checked);
}

enum token_result
store_counts(struct store *store, struct token_info *info)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;

	res = db_keep(&store->db, &query,
		"SELECT (SELECT count(*) FROM object WHERE kind=?1 AND state=?2),"
		" (SELECT count(*) FROM object WHERE kind=?1 AND state=?3), (SELECT count(*) FROM tombstone)",
		"iii", (int64_t)TOKEN_OBJECT_HOLDER_PRIVATE, (int64_t)STORE_BOUND, (int64_t)STORE_UNBOUND);
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res == TOKEN_OK) {
		info->copies_unused = (uint64_t)sqlite3_column_int64(query, 0);
		info->keys_unbound = (uint64_t)sqlite3_column_int64(query, 1);
		info->copies_spent = (uint64_t)sqlite3_column_int64(query, 2);
	}
	db_release(&store->db, query);
	return res;
}

enum token_result
store_empty(struct store *store, bool everything)
{
	static const char objects[] = "DELETE FROM object; DELETE FROM tombstone; DELETE FROM inbox;"
				      "DELETE FROM provisioner_key; DELETE FROM named;";
	enum token_result res;

	res = db_exec(&store->db, objects);
	if (res == TOKEN_OK)
		res = db_exec(&store->db,
			everything ? "DELETE FROM pin; DELETE FROM root; DELETE FROM backend_data; DELETE FROM area"
				   : "DELETE FROM pin WHERE role <> 2;"
				     "DELETE FROM backend_data WHERE name <> '" STORE_DATA_GUARD "'");
	return res;
}

enum token_result
store_pin_read(struct store *store, enum backend_role role, struct store_pin *pin)
{
	sqlite3_stmt *query = NULL;
	uint64_t state = 0;
	uint64_t tries = 0;
	enum token_result res;

	*pin = (struct store_pin){ .role = role, .state = TOKEN_PIN_NONE };
	res = db_keep(&store->db, &query,
		"SELECT state, tries_left, generation, wrap, must_change FROM pin WHERE role=?", "i", (int64_t)role);
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res != TOKEN_OK) {
		db_release(&store->db, query);
		return res == TOKEN_ERR_NOT_FOUND ? TOKEN_OK : res;
	}
	if (!column_uint(query, 0, TOKEN_PIN_DISABLED, &state) || !column_uint(query, 1, PIN_TRIES_MAX, &tries) ||
		!column_uint(query, 2, INT64_MAX - 1, &pin->generation))
		res = TOKEN_ERR_DAMAGED;
	pin->state = (enum token_pin_state)state;
	pin->tries_left = (unsigned)tries;
	pin->must_change = sqlite3_column_int64(query, 4) != 0;
	pin->wrap_len = (size_t)sqlite3_column_bytes(query, 3);
	if (res == TOKEN_OK && pin->wrap_len > 0) {
		pin->wrap = malloc(pin->wrap_len);
		if (pin->wrap == NULL)
			res = TOKEN_ERR_MEMORY;
		else
			memcpy(pin->wrap, sqlite3_column_blob(query, 3), pin->wrap_len);
	}
	db_release(&store->db, query);
	return res;
}

enum token_result
store_pin_write(struct store *store, const struct store_pin *pin)
{
	return db_run(&store->db, NULL,
		"INSERT OR REPLACE INTO pin (role, state, tries_left, generation, must_change, wrap) VALUES "
		"(?,?,?,?,?,?)",
		"iiiiib", (int64_t)pin->role, (int64_t)pin->state, (int64_t)pin->tries_left, (int64_t)pin->generation,
		(int64_t)pin->must_change, (const void *)pin->wrap, pin->wrap_len);
}

enum token_result
store_end_of_life(struct store *store)
{
	return db_exec(&store->db,
		"DELETE FROM inbox; DELETE FROM provisioner_key; DELETE FROM named;"
		"UPDATE pin SET state=2, tries_left=0, must_change=0, wrap=NULL WHERE role <> 2;"
		"DELETE FROM backend_data WHERE name <> '" STORE_DATA_GUARD "'");
}

void
store_pin_clear(struct store_pin *pin)
{
	free(pin->wrap);
	pin->wrap = NULL;
	pin->wrap_len = 0;
}

enum token_result
store_root_read(struct store *store, struct store_root *root)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;

	res = db_keep(&store->db, &query, "SELECT generation, hash, mac FROM root", "");
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res == TOKEN_ERR_NOT_FOUND ||
		(res == TOKEN_OK &&
			(!column_uint(query, 0, INT64_MAX / 2, &root->generation) ||
				!column_bytes(query, 1, root->hash, sizeof(root->hash)) ||
				!column_bytes(query, 2, root->mac, sizeof(root->mac)))))
		res = TOKEN_ERR_DAMAGED;
	db_release(&store->db, query);
	return res;
}

enum token_result
store_root_write(struct store *store, const struct store_root *root)
{
	return db_run(&store->db, NULL, "INSERT OR REPLACE INTO root (id, generation, hash, mac) VALUES (1,?,?,?)",
		"ibb", (int64_t)root->generation, (const void *)root->hash, sizeof(root->hash), (const void *)root->mac,
		sizeof(root->mac));
}
