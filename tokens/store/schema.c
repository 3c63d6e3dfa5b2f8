/*
 * The tables. A change of anything here is a new version and a migration.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/store/schema.h"

static const char *const slots_ddl[] = {
	/* AUTOINCREMENT: an id is never given out again. */
	"CREATE TABLE slot (id INTEGER PRIMARY KEY AUTOINCREMENT, serial TEXT NOT NULL UNIQUE)",
	NULL,
};

const struct db_schema schema_slots = {
	.application_id = 0x6d645031, /* "mdP1" */
	.version = 1,
	.wal = false,
	.ddl = slots_ddl,
};

static const char *const area_ddl[] = {
	/*
	 * All but label, suspended, life, latest and checked is under the MAC of the root. epoch counts re-initialisations.
	 * preset, card: what the area was made as, and the group of areas that are one card; '' none. life: enum
	 * token_life. latest: the latest time that the area has seen. authenticator: struct store_authenticator's
	 * bytes; NULL none. checked: the event of an identity check that no act has used yet; 0 none.
	 */
	SCHEMA_AREA_TABLE,

	/* role: 1 user, 2 SO, 3 authenticator. state: enum token_pin_state. wrap: the area key. must_change: 1 until its
	 * owner has set another. */
	SCHEMA_PIN_TABLE,

	"CREATE TABLE root (id INTEGER PRIMARY KEY CHECK (id = 1), generation INTEGER NOT NULL,"
	" hash BLOB NOT NULL, mac BLOB NOT NULL)",

	/*
	 * kind: enum token_object_kind. flags: STORE_PRIVATE…. copy: id of the holder private key,
	 * of it and of what goes with it. state: STORE_UNBOUND…. Private: attrs and value are sealed;
	 * public and authenticated: in clear, each with a tag, but a key's value is sealed (STORE_SEALED);
	 * public and not authenticated: in clear.
	 */
	"CREATE TABLE object (id INTEGER PRIMARY KEY AUTOINCREMENT, generation INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, flags INTEGER NOT NULL, copy INTEGER NOT NULL, state INTEGER NOT NULL,"
	" value_len INTEGER NOT NULL, attrs BLOB NOT NULL, attrs_tag BLOB, value BLOB, value_tag BLOB)",
	"CREATE INDEX object_state ON object (kind, state)",

	"CREATE TABLE tombstone (copy INTEGER PRIMARY KEY, spent_at INTEGER NOT NULL)",

	/* What a backend must know beside the wraps. */
	"CREATE TABLE backend_data (name TEXT PRIMARY KEY, value BLOB NOT NULL)",

	/*
	 * Who else may log in: the provisioner, the systems of the access matrix, the collation gates. rights: also in
	 * what the wrap authenticates, but the provisioner's, which are none of these. Outside the root.
	 */
	SCHEMA_NAMED_TABLE,

	/* Renewal: with what keys, and what it has brought. Outside the root. */
	SCHEMA_PROVISIONER_KEY_TABLE,
	"CREATE TABLE inbox (id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, received INTEGER NOT NULL,"
	" attrs BLOB NOT NULL, box BLOB NOT NULL)",

	/*
	 * What has happened to the area: append-only, hash: SHA-256 over the one before and the row. A handle of ours runs
	 * no triggers (db.c); they stop other programs.
	 */
	SCHEMA_EVENT_TABLE,
	SCHEMA_EVENT_UPDATE,
	SCHEMA_EVENT_DELETE,
	NULL,
};

const struct db_schema schema_area = {
	.application_id = SCHEMA_AREA_ID,
	.version = 2,
	.wal = true,
	.ddl = area_ddl,
	.before = &schema_area_1,
	.upgrade = schema_area_to_2,
};
