/*
 * Which slot is which area.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tokens/store/slots.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tokens/gate.h"
#include "tokens/store/lost.h"
#include "tokens/store/schema.h"

#define NEW_PREFIX ".new-"
#define OLD_PREFIX ".old-"
#define LEFTOVER_AGE 3600 /* seconds after which nobody is still building */

static char *
slots_path(const char *root)
{
	char *path = NULL;

	return asprintf(&path, "%s/" STORE_SLOTS_FILE, root) < 0 ? NULL : path;
}

static char *
area_folder(const char *root, const char *prefix, const char *serial)
{
	char *path = NULL;

	return asprintf(&path, "%s/" STORE_AREAS_FOLDER "/%s%s", root, prefix, serial) < 0 ? NULL : path;
}

static enum token_result
open_slots(const char *root, struct db *db)
{
	char *path = slots_path(root);
	enum token_result res = path != NULL ? db_open(path, &schema_slots, db) : TOKEN_ERR_MEMORY;

	free(path);
	return res;
}

static enum token_result
free_slot(struct db *db, uint64_t *id)
{
	int64_t last = 0;
	enum token_result res = db_number(db, "SELECT seq FROM sqlite_sequence WHERE name='slot'", &last);

	*id = (uint64_t)last + 1;
	return res == TOKEN_ERR_NOT_FOUND ? TOKEN_OK : res;
}

static enum token_result
push(struct token_slot **slots, size_t *count, uint64_t id, bool initialised)
{
	struct token_slot *more = realloc(*slots, (*count + 1) * sizeof(*more));

	if (more == NULL)
		return TOKEN_ERR_MEMORY;
	more[(*count)++] = (struct token_slot){ .id = id, .initialised = initialised };
	*slots = more;
	return TOKEN_OK;
}

static enum token_result
list_slots(struct db *db, struct token_slot **slots, size_t *count, uint64_t *next)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;

	res = db_exec(db, "BEGIN");
	if (res != TOKEN_OK)
		return res;
	res = free_slot(db, next);
	if (res == TOKEN_OK)
		res = db_query(db, &query, "SELECT id FROM slot ORDER BY id", "");
	while (res == TOKEN_OK && (res = db_step(query)) == TOKEN_OK)
		res = push(slots, count, (uint64_t)sqlite3_column_int64(query, 0), true);
	(void)sqlite3_finalize(query);
	(void)db_exec(db, "COMMIT");
	return res == TOKEN_ERR_NOT_FOUND ? TOKEN_OK : res;
}

/* What the areas say of themselves, in the order of ids. */
static enum token_result
read_lost(const char *root, struct lost_slot **lost, size_t *count)
{
	char *areas = area_folder(root, "", "");
	const enum token_result res = areas != NULL ? lost_read(areas, lost, count) : TOKEN_ERR_MEMORY;

	free(areas);
	return res;
}

/* A list that is not there though there are areas is a damaged one: a new one would give ids out again. */
static enum token_result
open_list(const char *root, struct db *db)
{
	struct lost_slot *lost = NULL;
	size_t count = 0;
	enum token_result res = open_slots(root, db);

	if (res == TOKEN_ERR_NOT_FOUND && read_lost(root, &lost, &count) == TOKEN_OK)
		res = TOKEN_ERR_DAMAGED;
	free(lost);
	return res;
}

/* Without slots.db nobody can say what id is free, so that there is no free slot. */
static enum token_result
list_lost(const char *root, struct token_slot **slots, size_t *count)
{
	struct lost_slot *lost = NULL;
	size_t found = 0;
	enum token_result res;

	*count = 0;
	res = read_lost(root, &lost, &found);
	for (size_t i = 0; i < found && res == TOKEN_OK; i++)
		res = push(slots, count, lost[i].id, true);
	free(lost);
	return res;
}

static enum token_result
find_lost(const char *root, uint64_t id, char serial[TOKEN_SERIAL_LEN + 1])
{
	struct lost_slot *lost = NULL;
	size_t count = 0;
	enum token_result res;

	res = read_lost(root, &lost, &count);
	if (res != TOKEN_OK)
		return res;
	res = TOKEN_ERR_NOT_FOUND;
	for (size_t i = 0; i < count && res != TOKEN_OK; i++)
		if (lost[i].id == id) {
			memcpy(serial, lost[i].serial, TOKEN_SERIAL_LEN + 1);
			res = TOKEN_OK;
		}
	free(lost);
	return res;
}

enum token_result
slots_list(const char *root, struct token_slot **out, size_t *out_count)
{
	struct db db = DB_NONE;
	struct token_slot *slots = NULL;
	size_t count = 0;
	uint64_t next = 1;
	enum token_result res;

	gate_enter();
	res = open_list(root, &db);
	if (res == TOKEN_OK)
		res = list_slots(&db, &slots, &count, &next);
	else if (res == TOKEN_ERR_NOT_FOUND)
		res = TOKEN_OK;
	if (res == TOKEN_OK)
		res = push(&slots, &count, next, false);
	else if (res == TOKEN_ERR_DAMAGED)
		res = list_lost(root, &slots, &count);
	if (res != TOKEN_OK)
		goto out;
	*out = slots;
	*out_count = count;
	slots = NULL;
out:
	free(slots);
	db_close(&db);
	gate_leave();
	return res;
}

void
slots_watch_end(struct slots_watch *watch)
{
	if (watch->fd >= 0)
		(void)close(watch->fd);
	*watch = SLOTS_WATCH_NONE;
}

/* The file's own number, for one that was put in its place has another. */
static uint64_t
file_number(const struct stat *st)
{
	return ((uint64_t)st->st_dev << 48) ^ (uint64_t)st->st_ino;
}

static enum token_result
look_at(const char *path, struct slots_watch *watch)
{
	struct stat st;
	int fd;

	if (stat(path, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR ? TOKEN_ERR_NOT_FOUND : TOKEN_ERR_IO;
	if (watch->fd >= 0 && watch->file == file_number(&st))
		return TOKEN_OK;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return TOKEN_ERR_IO;
	slots_watch_end(watch);
	watch->fd = fd;
	if (fstat(fd, &st) != 0)
		return TOKEN_ERR_IO;
	watch->file = file_number(&st);
	return TOKEN_OK;
}

#define CHANGE_COUNTER 24 /* where SQLite's file format has it: 4 bytes, big endian */

enum token_result
slots_stamp(const char *root, struct slots_watch *watch, struct token_stamp *stamp)
{
	char *path = slots_path(root);
	uint8_t counter[4] = { 0 };
	enum token_result res;

	*stamp = (struct token_stamp){ 0 };
	if (path == NULL)
		return TOKEN_ERR_MEMORY;
	res = look_at(path, watch);
	free(path);
	if (res != TOKEN_OK)
		return res == TOKEN_ERR_NOT_FOUND ? TOKEN_OK : res;
	if (pread(watch->fd, counter, sizeof(counter), CHANGE_COUNTER) < 0)
		return TOKEN_ERR_IO;
	stamp->file = watch->file;
	for (size_t i = 0; i < sizeof(counter); i++)
		stamp->counter = stamp->counter << 8 | counter[i];
	return TOKEN_OK;
}

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The folder under its final name, if it can have it. */
static enum token_result
settle(const char *root, const char *serial, char **folder)
{
	char *final = area_folder(root, "", serial);
	char *built = area_folder(root, NEW_PREFIX, serial);
	enum token_result res = TOKEN_OK;

	if (final == NULL || built == NULL)
		res = TOKEN_ERR_MEMORY;
	else if (!is_folder(final) && rename(built, final) != 0 && !is_folder(final))
		res = is_folder(built) ? TOKEN_ERR_READ_ONLY : TOKEN_ERR_DAMAGED;
	if (res == TOKEN_OK || res == TOKEN_ERR_READ_ONLY) {
		*folder = res == TOKEN_OK ? final : built;
		free(res == TOKEN_OK ? built : final);
		return TOKEN_OK;
	}
	free(built);
	free(final);
	return res;
}

enum token_result
slots_find(const char *root, uint64_t id, char **folder, char serial[TOKEN_SERIAL_LEN + 1])
{
	struct db db = DB_NONE;
	sqlite3_stmt *query = NULL;
	enum token_result res;

	if (id > INT64_MAX)
		return TOKEN_ERR_NOT_FOUND;
	gate_enter();
	res = open_list(root, &db);
	if (res == TOKEN_OK)
		res = db_query(&db, &query, "SELECT serial FROM slot WHERE id=?", "i", (int64_t)id);
	if (res == TOKEN_OK)
		res = db_step(query);
	if (res == TOKEN_OK) {
		const char *text = (const char *)sqlite3_column_text(query, 0);

		if (text == NULL || strspn(text, "0123456789abcdef") != TOKEN_SERIAL_LEN ||
			text[TOKEN_SERIAL_LEN] != '\0')
			res = TOKEN_ERR_DAMAGED;
		else
			memcpy(serial, text, TOKEN_SERIAL_LEN + 1);
	}
	(void)sqlite3_finalize(query);
	db_close(&db);
	gate_leave();
	if (res == TOKEN_ERR_DAMAGED)
		res = find_lost(root, id, serial);
	return res == TOKEN_OK ? settle(root, serial, folder) : res;
}

/* A folder of files only. */
static void
remove_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	(void)closedir(dir);
	(void)rmdir(path);
}

static void
sync_folder(const char *path)
{
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

enum token_result
slots_prepare(const char *root, const char *serial, char **folder)
{
	char *areas = area_folder(root, "", "");
	char *built = area_folder(root, NEW_PREFIX, serial);
	char *slots = slots_path(root);
	struct db db = DB_NONE;
	enum token_result res = TOKEN_ERR_MEMORY;

	if (areas == NULL || built == NULL || slots == NULL)
		goto out;
	areas[strlen(areas) - 1] = '\0';
	res = open_list(root, &db);
	db_close(&db);
	if (res == TOKEN_OK || res == TOKEN_ERR_NOT_FOUND)
		res = db_make_folder(root, true);
	if (res == TOKEN_OK)
		res = db_make_folder(areas, false);
	if (res == TOKEN_OK)
		res = db_create(slots, &schema_slots);
	if (res == TOKEN_OK)
		res = db_make_folder(built, false);
	if (res != TOKEN_OK)
		goto out;
	*folder = built;
	built = NULL;
out:
	free(slots);
	free(built);
	free(areas);
	return res;
}

static bool
is_listed(struct db *db, const char *serial)
{
	sqlite3_stmt *query = NULL;
	bool listed = true;

	if (db_query(db, &query, "SELECT 1 FROM slot WHERE serial=?", "t", serial) == TOKEN_OK)
		listed = db_step(query) != TOKEN_ERR_NOT_FOUND;
	(void)sqlite3_finalize(query);
	return listed;
}

/* What killed processes left: folders that nobody can still be building and no slot names. */
static void
sweep(const char *root, struct db *db)
{
	char *areas = area_folder(root, "", "");
	DIR *dir = areas != NULL ? opendir(areas) : NULL;
	struct dirent *entry;
	struct stat st;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char *path = NULL;
		const bool built = strncmp(entry->d_name, NEW_PREFIX, strlen(NEW_PREFIX)) == 0;
		const bool old = strncmp(entry->d_name, OLD_PREFIX, strlen(OLD_PREFIX)) == 0;

		if ((!built && !old) || is_listed(db, entry->d_name + strlen(NEW_PREFIX)))
			continue;
		path = area_folder(root, "", entry->d_name);
		if (path != NULL && stat(path, &st) == 0 && st.st_mtime < time(NULL) - LEFTOVER_AGE)
			remove_folder(path);
		free(path);
	}
	if (dir != NULL)
		(void)closedir(dir);
	free(areas);
}

static enum token_result
claim(struct db *db, const char *root, uint64_t id, const char *serial)
{
	uint64_t next = 0;
	enum token_result res;

	res = db_exec(db, "BEGIN IMMEDIATE");
	if (res != TOKEN_OK)
		return res;
	sweep(root, db);
	res = free_slot(db, &next);
	if (res == TOKEN_OK && id != next)
		res = id < next ? TOKEN_ERR_EXISTS : TOKEN_ERR_ARG;
	if (res == TOKEN_OK)
		res = db_run(db, NULL, "INSERT INTO slot (id, serial) VALUES (?,?)", "it", (int64_t)id, serial);
	if (res == TOKEN_OK)
		res = db_exec(db, "COMMIT");
	if (res != TOKEN_OK)
		(void)db_exec(db, "ROLLBACK");
	return res;
}

enum token_result
slots_claim(const char *root, uint64_t id, const char *serial)
{
	char *areas = area_folder(root, "", "");
	char *built = area_folder(root, NEW_PREFIX, serial);
	char *folder = NULL;
	struct db db = DB_NONE;
	enum token_result res = TOKEN_ERR_MEMORY;

	gate_enter();
	if (areas == NULL || built == NULL)
		goto out;
	res = lost_mark(built, id);
	if (res != TOKEN_OK)
		goto out;
	sync_folder(built);
	sync_folder(areas);
	res = open_slots(root, &db);
	if (res == TOKEN_OK)
		res = claim(&db, root, id, serial);
	if (res == TOKEN_OK)
		(void)settle(root, serial, &folder);
out:
	if (res != TOKEN_OK)
		slots_abandon(root, serial);
	db_close(&db);
	gate_leave();
	free(folder);
	free(built);
	free(areas);
	return res;
}

void
slots_abandon(const char *root, const char *serial)
{
	char *built = area_folder(root, NEW_PREFIX, serial);

	if (built != NULL)
		remove_folder(built);
	free(built);
}

enum token_result
slots_drop(const char *root, uint64_t id, const char *serial)
{
	struct db db = DB_NONE;
	char *folder = NULL;
	char *old = area_folder(root, OLD_PREFIX, serial);
	enum token_result res;

	if (old == NULL)
		return TOKEN_ERR_MEMORY;
	gate_enter();
	res = settle(root, serial, &folder);
	if (res != TOKEN_OK)
		goto out;
	res = open_slots(root, &db);
	if (res == TOKEN_OK)
		res = db_run(&db, NULL, "DELETE FROM slot WHERE id=? AND serial=?", "it", (int64_t)id, serial);
	if (res != TOKEN_OK)
		goto out;
	remove_folder(rename(folder, old) == 0 ? old : folder);
out:
	db_close(&db);
	gate_leave();
	free(folder);
	free(old);
	return res;
}
