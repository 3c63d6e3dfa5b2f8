/*
 * Version 1 of an area's tables, and what makes version 2 of them. Never changed: files that look so are out there.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/store/schema.h"

static const char *const area_ddl[] = {
	"CREATE TABLE area (id INTEGER PRIMARY KEY CHECK (id = 1), serial TEXT NOT NULL, label TEXT NOT NULL,"
	" backend TEXT NOT NULL, created INTEGER NOT NULL, epoch INTEGER NOT NULL, flags INTEGER NOT NULL,"
	" low_water INTEGER NOT NULL, user_min INTEGER NOT NULL, user_max INTEGER NOT NULL,"
	" user_tries INTEGER NOT NULL, user_alphabet INTEGER NOT NULL, so_min INTEGER NOT NULL,"
	" so_max INTEGER NOT NULL, so_tries INTEGER NOT NULL, so_alphabet INTEGER NOT NULL,"
	" seal_public BLOB NOT NULL, seal_private BLOB NOT NULL, suspended INTEGER NOT NULL)",
	"CREATE TABLE pin (role INTEGER PRIMARY KEY, state INTEGER NOT NULL, tries_left INTEGER NOT NULL,"
	" generation INTEGER NOT NULL, wrap BLOB)",
	"CREATE TABLE root (id INTEGER PRIMARY KEY CHECK (id = 1), generation INTEGER NOT NULL,"
	" hash BLOB NOT NULL, mac BLOB NOT NULL)",
	"CREATE TABLE object (id INTEGER PRIMARY KEY AUTOINCREMENT, generation INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, flags INTEGER NOT NULL, copy INTEGER NOT NULL, state INTEGER NOT NULL,"
	" value_len INTEGER NOT NULL, attrs BLOB NOT NULL, attrs_tag BLOB, value BLOB, value_tag BLOB)",
	"CREATE INDEX object_state ON object (kind, state)",
	"CREATE TABLE tombstone (copy INTEGER PRIMARY KEY, spent_at INTEGER NOT NULL)",
	"CREATE TABLE backend_data (name TEXT PRIMARY KEY, value BLOB NOT NULL)",
	"CREATE TABLE provisioner (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
	" state INTEGER NOT NULL, tries_left INTEGER NOT NULL, tries_max INTEGER NOT NULL,"
	" generation INTEGER NOT NULL, wrap BLOB)",
	"CREATE TABLE provisioner_key (id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" provisioner INTEGER NOT NULL REFERENCES provisioner (id) ON DELETE CASCADE, purpose INTEGER NOT NULL,"
	" attrs BLOB NOT NULL, sealed BLOB NOT NULL)",
	"CREATE TABLE inbox (id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, received INTEGER NOT NULL,"
	" attrs BLOB NOT NULL, box BLOB NOT NULL)",
	NULL,
};

const struct db_schema schema_area_1 = {
	.application_id = SCHEMA_AREA_ID,
	.version = 1,
	.wal = true,
	.ddl = area_ddl,
};

/*
 * ALTER TABLE would leave other texts in the file than a new one has, so what changes is made anew. A name's id is not
 * given out twice, so what its table has counted goes over too.
 */
const char *const schema_area_to_2[] = {
	"ALTER TABLE area RENAME TO area_1",
	SCHEMA_AREA_TABLE,
	"INSERT INTO area (id, serial, label, backend, created, epoch, flags, low_water, user_min, user_max, "
	"user_tries,"
	" user_alphabet, so_min, so_max, so_tries, so_alphabet, seal_public, seal_private, suspended, preset, card,"
	" life, latest, authenticator, checked) SELECT id, serial, label, backend, created, epoch, flags, low_water,"
	" user_min, user_max, user_tries, user_alphabet, so_min, so_max, so_tries, so_alphabet, seal_public,"
	" seal_private, suspended, '', '', 1, 0, NULL, 0 FROM area_1",
	"DROP TABLE area_1",

	"ALTER TABLE pin RENAME TO pin_1",
	SCHEMA_PIN_TABLE,
	"INSERT INTO pin (role, state, tries_left, generation, must_change, wrap)"
	" SELECT role, state, tries_left, generation, 0, wrap FROM pin_1",
	"DROP TABLE pin_1",

	"ALTER TABLE provisioner_key RENAME TO provisioner_key_1",
	SCHEMA_NAMED_TABLE,
	SCHEMA_PROVISIONER_KEY_TABLE,
	"INSERT INTO named (id, name, rights, state, tries_left, tries_max, generation, wrap)"
	" SELECT id, name, 0, state, tries_left, tries_max, generation, wrap FROM provisioner",
	"INSERT INTO provisioner_key (id, provisioner, purpose, attrs, sealed)"
	" SELECT id, provisioner, purpose, attrs, sealed FROM provisioner_key_1",
	"DELETE FROM sqlite_sequence WHERE name IN ('named', 'provisioner_key')",
	"INSERT INTO sqlite_sequence (name, seq) SELECT 'named', seq FROM sqlite_sequence WHERE name='provisioner'",
	"INSERT INTO sqlite_sequence (name, seq)"
	" SELECT 'provisioner_key', seq FROM sqlite_sequence WHERE name='provisioner_key_1'",
	"DROP TABLE provisioner_key_1",
	"DROP TABLE provisioner",

	SCHEMA_EVENT_TABLE,
	SCHEMA_EVENT_UPDATE,
	SCHEMA_EVENT_DELETE,
	NULL,
};
