/* register_kit.c: registers for tests. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tests/unit/register_kit.h"
#include "tools/issuer/db/db.h"

#define COPIES_MAX 64
#define SCRIPT DATA_DIR "/../postgres"

static char folder[192], where[256], server[128];
static bool on_server;
static unsigned made;

/* The first line of what a command prints. False: it failed. */
static bool
ask_command(const char *command, char *line, size_t room)
{
	FILE *pipe = popen(command, "r");
	bool got;

	if (pipe == NULL)
		return false;
	got = fgets(line, (int)room, pipe) != NULL;
	line[strcspn(line, "\n")] = '\0';
	return pclose(pipe) == 0 && got;
}

static int
use_file(void)
{
	on_server = false;
	return 0;
}

static int
use_server(void)
{
	on_server = true;
	return 0;
}

static void
stop_server(void)
{
	char command[512];

	snprintf(command, sizeof(command), "'%s' stop '%s'", SCRIPT, server);
	if (server[0] != '\0' && system(command) != 0)
		printf("%s did not stop\n", server);
	server[0] = '\0';
}

struct kit_suite
kit_suites(const char *name)
{
	struct kit_suite suites = { .count = 1 };
	char title[64];

	snprintf(title, sizeof(title), "%s, SQLite", name);
	suites.suite[0] = CU_add_suite(title, use_file, NULL);
	if (server[0] == '\0') {
		if (!ask_command("'" SCRIPT "' start", server, sizeof(server))) {
			server[0] = '\0';
			printf("no PostgreSQL server could be started: its half of \"%s\" is left out\n", name);
			return suites;
		}
		atexit(stop_server);
	}
	snprintf(title, sizeof(title), "%s, PostgreSQL", name);
	suites.suite[suites.count++] = CU_add_suite(title, use_server, NULL);
	return suites;
}

void
kit_add(const struct kit_suite *suites, const char *name, CU_TestFunc test)
{
	for (size_t i = 0; i < suites->count; i++)
		CU_add_test(suites->suite[i], name, test);
}

static void
make_place(void)
{
	const char *scratch = getenv("TMPDIR");
	char command[512];

	if (on_server) {
		snprintf(command, sizeof(command), "'%s' database '%s' test%u", SCRIPT, server, ++made);
		if (!ask_command(command, where, sizeof(where)))
			abort();
		return;
	}
	/* Every transaction is written through to the disk: where there is none that takes no time. */
	if (scratch == NULL)
		scratch = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	if ((size_t)snprintf(folder, sizeof(folder), "%s/mdoc-register-XXXXXX", scratch) >= sizeof(folder))
		abort();
	if (mkdtemp(folder) == NULL)
		abort();
	snprintf(where, sizeof(where), "%s/register.db", folder);
}

struct register_db *
kit_fresh(void)
{
	struct register_db *db = NULL;
	enum register_result res;

	make_place();
	res = register_create(where, &db);
	if (res != REGISTER_OK)
		printf("%s: %s\n", where, register_reason(db));
	CU_ASSERT_EQUAL_FATAL(res, REGISTER_OK);
	return db;
}

void
kit_drop(struct register_db *db)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char name[300];

	register_close(db);
	if (on_server)
		return;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", where, suffixes[i]);
		unlink(name);
	}
	CU_ASSERT_EQUAL(rmdir(folder), 0);
}

const char *
kit_where(void)
{
	return where;
}

bool
kit_is_server(void)
{
	return on_server;
}

int64_t
kit_count(const char *sql)
{
	struct db *db = NULL;
	int64_t n = -1;

	if (db_open(where, false, &db) != DB_OK || db_ask(db, sql, NULL, 0, &n) != DB_OK)
		n = -1;
	db_close(db);
	return n;
}

bool
kit_execute(const char *sql)
{
	struct db *db = NULL;
	bool done;

	done = db_open(where, false, &db) == DB_OK && db_script(db, sql) == DB_OK;
	db_close(db);
	return done;
}

bool
kit_force(const char *table, const char *sql)
{
	static const char *const triggers[] = { "keep", "fixed", "final" };
	char text[1024];
	bool done;

	if (on_server) {
		snprintf(text, sizeof(text),
			"ALTER TABLE %s DISABLE TRIGGER USER; %s; ALTER TABLE %s ENABLE TRIGGER USER", table, sql,
			table);
		return kit_execute(text);
	}
	for (size_t i = 0; i < sizeof(triggers) / sizeof(triggers[0]); i++) {
		snprintf(text, sizeof(text), "DROP TRIGGER IF EXISTS %s_%s", table, triggers[i]);
		(void)kit_execute(text);
	}
	done = kit_execute(sql);
	return done;
}

void
kit_restart(void)
{
	char command[512];

	snprintf(command, sizeof(command), "'%s' restart '%s'", SCRIPT, server);
	CU_ASSERT_EQUAL(system(command), 0);
}

enum register_result
kit_issue(struct register_db *db, const struct kit_issue *what, struct register_issued *issued)
{
	struct register_device device = { .id = what->device };
	struct register_place places[COPIES_MAX];
	char names[COPIES_MAX][32], key[40];
	const char *thumbprints[COPIES_MAX];
	const int64_t at = what->at != 0 ? what->at : KIT_NOW;
	struct register_batch batch = { .nonce = what->name,
		.doc_type = "t",
		.person = what->person,
		.ds_serial = what->ds != NULL ? what->ds : "01",
		.issued = at,
		.valid_until = at + 30 * 86400,
		.thumbprints = thumbprints,
		.count = what->n,
		.supersede = what->supersede,
		.notification = what->notification,
		.grant = what->grant,
		.seen = what->seen };
	enum register_result res;
	size_t bad;

	for (size_t i = 0; i < what->n; i++) {
		snprintf(names[i], sizeof(names[i]), "%s-%zu", what->name, i);
		thumbprints[i] = names[i];
	}
	snprintf(key, sizeof(key), "%s-key", what->name);
	if (what->with_key) {
		device.attestation = device.notice = key;
		device.attestation_thumbprint = device.tls = key;
		if (what->tls != NULL)
			device.tls = (char *)(uintptr_t)what->tls;
	}
	if (what->device != 0 || what->with_key)
		batch.device = &device;
	(void)register_offer(db, what->name, at);
	if (what->list_size != 0) {
		res = register_places(db, "https://i", what->list_size, what->n, at, places);
		if (res != REGISTER_OK)
			return res;
		batch.places = places;
	}
	return register_issue_batch(db, &batch, &bad, issued);
}
