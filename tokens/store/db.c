/*
 * SQLite as the store uses it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tokens/store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tokens/store/anchor.h"
#include "tokens/gate.h"
#include "tokens/store/watch.h"

static enum token_result
errno_result(int error)
{
	switch (error) {
	case EROFS:
	case EACCES:
	case EPERM:
		return TOKEN_ERR_READ_ONLY;
	case ENOSPC:
	case EDQUOT:
		return TOKEN_ERR_FULL;
	case ENOENT:
		return TOKEN_ERR_NOT_FOUND;
	default:
		return TOKEN_ERR_IO;
	}
}

static enum token_result
make_parents(const char *path)
{
	enum token_result res = TOKEN_OK;
	char *copy = strdup(path);
	char *slash = NULL;

	if (copy == NULL)
		return TOKEN_ERR_MEMORY;
	for (slash = strchr(copy + 1, '/'); slash != NULL && res == TOKEN_OK; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (access(copy, F_OK) != 0)
			res = db_make_folder(copy, false);
		*slash = '/';
	}
	free(copy);
	return res;
}

enum token_result
db_make_folder(const char *path, bool parents)
{
	if (mkdir(path, 0700) == 0)
		return chmod(path, 0700) == 0 ? TOKEN_OK : errno_result(errno);
	if (errno == EEXIST)
		return TOKEN_OK;
	if (errno != ENOENT || !parents || make_parents(path) != TOKEN_OK)
		return errno_result(errno);
	return db_make_folder(path, false);
}

/*
 * SQLite gives its journals the mode of the file, so that one decides for all. A file that is
 * there is not opened: closing it would drop the locks that another thread's handle has on it.
 */
static enum token_result
make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum token_result res = TOKEN_OK;

	if (fd < 0)
		return errno == EEXIST ? TOKEN_OK : errno_result(errno);
	if (fchmod(fd, 0600) != 0)
		res = errno_result(errno);
	(void)close(fd);
	return res;
}

/* Is there a log that a reader must see too? */
static bool
has_live_log(const char *path)
{
	struct stat st;
	char *log = NULL;
	bool live;

	if (asprintf(&log, "%s-wal", path) < 0)
		return true;
	live = stat(log, &st) == 0 && st.st_size > 0;
	free(log);
	return live;
}

static bool
is_writable(const char *path)
{
	char *folder = strdup(path);
	char *slash = folder != NULL ? strrchr(folder, '/') : NULL;
	bool writable;

	if (slash == NULL) {
		free(folder);
		return false;
	}
	*slash = '\0';
	writable = faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0 &&
		faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0;
	free(folder);
	return writable;
}

/* file: URI with what has a meaning there escaped. */
static char *
make_uri(const char *path, bool immutable)
{
	sqlite3_str *uri = sqlite3_str_new(NULL);

	sqlite3_str_appendall(uri, "file:");
	for (const char *p = path; *p != '\0'; p++) {
		if (*p == '%' || *p == '?' || *p == '#')
			sqlite3_str_appendf(uri, "%%%02X", (unsigned)(unsigned char)*p);
		else
			sqlite3_str_append(uri, p, 1);
	}
	sqlite3_str_appendall(uri, immutable ? "?immutable=1" : "");
	return sqlite3_str_finish(uri);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * SQLite's own waiting grows to tenths of a second, and whoever has waited longest asks least
 * often: among many writers some never get their turn. Here all ask at the same short intervals.
 */
static int
wait_for_others(void *arg, int asked)
{
	struct db *db = arg;
	const uint32_t commits = watch_commits(db);
	const int64_t now = now_ms();

	if (asked == 0)
		db->wait.since = now;
	if (asked == 0 || commits != db->wait.commits)
		db->wait.moved = now;
	db->wait.commits = commits;
	if (now - db->wait.moved >= DB_STUCK_MS || now - db->wait.since >= DB_BUSY_MS)
		return 0;
	(void)usleep(asked < 20 ? 500 : 2000);
	return 1;
}

/* Nothing in a file that somebody else may have written is to run as a program. */
static enum token_result
harden(struct db *db)
{
	static const int settings[][2] = {
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (sqlite3_db_config(db->sq, settings[i][0], settings[i][1], (int *)NULL) != SQLITE_OK)
			return TOKEN_ERR_IO;
	}
	(void)sqlite3_busy_handler(db->sq, wait_for_others, db);
	return db_exec(db,
		"PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA cell_size_check=ON;"
		"PRAGMA temp_store=MEMORY");
}

static enum token_result
open_handle(const char *path, struct db *db)
{
	char *uri = NULL;
	int flags;
	int rc;

	db->read_only = !is_writable(path);
	flags = (db->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
		SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
	uri = make_uri(path, db->read_only && !has_live_log(path));
	if (uri == NULL)
		return TOKEN_ERR_MEMORY;
	rc = sqlite3_open_v2(uri, &db->sq, flags, "unix");
	sqlite3_free(uri);
	if (rc != SQLITE_OK)
		return db_result(db->sq, rc);
	return harden(db);
}

/* Are the tables exactly ours? */
static enum token_result
check_tables(struct db *db, const struct db_schema *schema)
{
	sqlite3_stmt *query = NULL;
	enum token_result res;
	size_t want = 0;
	size_t found = 0;

	while (schema->ddl[want] != NULL)
		want++;
	res = db_query(db, &query, "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'", "");
	while (res == TOKEN_OK && (res = db_step(query)) == TOKEN_OK) {
		const char *sql = (const char *)sqlite3_column_text(query, 0);
		size_t i = 0;

		while (i < want && (sql == NULL || strcmp(sql, schema->ddl[i]) != 0))
			i++;
		if (i == want)
			res = TOKEN_ERR_DAMAGED;
		found++;
	}
	(void)sqlite3_finalize(query);
	if (res != TOKEN_ERR_NOT_FOUND)
		return res;
	return found == want ? TOKEN_OK : TOKEN_ERR_DAMAGED;
}

/* *found: the version that it is. */
static enum token_result
check_schema(struct db *db, const struct db_schema *schema, const struct db_schema **found)
{
	int64_t id = 0;
	int64_t version = 0;
	int64_t tables = 0;
	enum token_result res;

	res = db_number(db, "PRAGMA application_id", &id);
	if (res == TOKEN_OK)
		res = db_number(db, "PRAGMA user_version", &version);
	if (res == TOKEN_OK)
		res = db_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (res != TOKEN_OK)
		return res;
	if (id == 0 && version == 0 && tables == 0)
		return TOKEN_ERR_NOT_FOUND; /* somebody is making it */
	if (id != schema->application_id || version < 1)
		return TOKEN_ERR_DAMAGED;
	if (version > schema->version)
		return TOKEN_ERR_NEWER;
	for (*found = schema; *found != NULL && (*found)->version != version;)
		*found = (*found)->before;
	return *found != NULL ? check_tables(db, *found) : TOKEN_ERR_DAMAGED;
}

/* In one transaction, for each takes a dozen system calls. */
static enum token_result
find_version(struct db *db, const struct db_schema *schema, const struct db_schema **found)
{
	enum token_result res = db_exec(db, "BEGIN");

	if (res != TOKEN_OK)
		return res;
	res = check_schema(db, schema, found);
	(void)db_exec(db, "COMMIT");
	return res;
}

enum token_result
db_check(struct db *db, const struct db_schema *schema)
{
	const struct db_schema *found = NULL;
	enum token_result res = find_version(db, schema, &found);

	return res == TOKEN_OK && found != schema ? TOKEN_ERR_DAMAGED : res;
}

static enum token_result
set_marks(struct db *db, const struct db_schema *schema)
{
	char *marks = sqlite3_mprintf("PRAGMA application_id=%d; PRAGMA user_version=%d", schema->application_id,
		schema->version);
	const enum token_result res = marks != NULL ? db_exec(db, marks) : TOKEN_ERR_MEMORY;

	sqlite3_free(marks);
	return res;
}

static enum token_result
upgrade_tables(struct db *db, const struct db_schema *schema, const struct db_schema *found)
{
	enum token_result res = TOKEN_OK;

	if (schema == found)
		return TOKEN_OK;
	if (schema->before != found)
		res = upgrade_tables(db, schema->before, found);
	for (size_t i = 0; res == TOKEN_OK && schema->upgrade[i] != NULL; i++)
		res = db_exec(db, schema->upgrade[i]);
	if (res == TOKEN_OK)
		res = set_marks(db, schema);
	return res == TOKEN_OK ? check_tables(db, schema) : res;
}

/* Of several that open it at once the first upgrades it. */
static enum token_result
upgrade(struct db *db, const struct db_schema *schema)
{
	const struct db_schema *found = NULL;
	enum token_result res;

	if (db->read_only)
		return TOKEN_ERR_READ_ONLY;
	res = db_exec(db, "BEGIN IMMEDIATE");
	if (res != TOKEN_OK)
		return res;
	res = check_schema(db, schema, &found);
	if (res == TOKEN_OK)
		res = upgrade_tables(db, schema, found);
	if (res == TOKEN_OK)
		res = db_exec(db, "COMMIT");
	if (res != TOKEN_OK && sqlite3_get_autocommit(db->sq) == 0)
		(void)db_exec(db, "ROLLBACK");
	return res;
}

static enum token_result
check_or_upgrade(struct db *db, const struct db_schema *schema)
{
	const struct db_schema *found = NULL;
	const enum token_result res = find_version(db, schema, &found);

	return res == TOKEN_OK && found != schema ? upgrade(db, schema) : res;
}

enum token_result
db_open(const char *path, const struct db_schema *schema, struct db *db)
{
	enum token_result res = TOKEN_OK;
	bool anchored;

	*db = DB_NONE;
	if (access(path, F_OK) != 0)
		return errno == ENOENT || errno == ENOTDIR ? TOKEN_ERR_NOT_FOUND : TOKEN_ERR_IO;
	gate_enter();
	anchored = schema->wal && is_writable(path);
	if (anchored)
		res = anchor_database(path, db->anchors);
	if (res == TOKEN_OK)
		res = open_handle(path, db);
	if (res == TOKEN_OK)
		res = check_or_upgrade(db, schema);
	if (res == TOKEN_OK && anchored)
		res = anchor_index(path, db->anchors);
	if (res == TOKEN_OK && anchored)
		res = watch_index(db);
	if (res != TOKEN_OK)
		db_close(db);
	gate_leave();
	return res;
}

void
db_close(struct db *db)
{
	gate_enter();
	db_forget_kept(db);
	watch_end(db);
	anchor_unlock(db->anchors);
	(void)sqlite3_close_v2(db->sq);
	anchor_close(db->anchors);
	*db = DB_NONE;
	gate_leave();
}

static enum token_result
create_tables(struct db *db, const struct db_schema *schema)
{
	int64_t version = 0;
	enum token_result res;

	res = db_number(db, "PRAGMA user_version", &version);
	if (res != TOKEN_OK || version != 0)
		return res;
	for (size_t i = 0; schema->ddl[i] != NULL && res == TOKEN_OK; i++)
		res = db_exec(db, schema->ddl[i]);
	return res == TOKEN_OK ? set_marks(db, schema) : res;
}

enum token_result
db_create(const char *path, const struct db_schema *schema)
{
	struct db db = DB_NONE;
	enum token_result res;

	gate_enter();
	res = make_file(path);
	if (res == TOKEN_OK)
		res = open_handle(path, &db);
	if (res == TOKEN_OK && schema->wal)
		res = db_exec(&db, "PRAGMA journal_mode=WAL");
	if (res == TOKEN_OK)
		res = db_exec(&db, "BEGIN IMMEDIATE");
	if (res != TOKEN_OK)
		goto out;
	res = create_tables(&db, schema);
	if (res == TOKEN_OK)
		res = db_exec(&db, "COMMIT");
	if (res != TOKEN_OK)
		(void)db_exec(&db, "ROLLBACK");
out:
	db_close(&db);
	gate_leave();
	return res;
}
