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
	/* All but label and suspended is under the MAC of the root. epoch counts re-initialisations. */
	"CREATE TABLE area (id INTEGER PRIMARY KEY CHECK (id = 1), serial TEXT NOT NULL, label TEXT NOT NULL,"
	" backend TEXT NOT NULL, created INTEGER NOT NULL, epoch INTEGER NOT NULL, flags INTEGER NOT NULL,"
	" low_water INTEGER NOT NULL, user_min INTEGER NOT NULL, user_max INTEGER NOT NULL,"
	" user_tries INTEGER NOT NULL, user_alphabet INTEGER NOT NULL, so_min INTEGER NOT NULL,"
	" so_max INTEGER NOT NULL, so_tries INTEGER NOT NULL, so_alphabet INTEGER NOT NULL,"
	" seal_public BLOB NOT NULL, seal_private BLOB NOT NULL, suspended INTEGER NOT NULL)",

	/* role: 1 user, 2 SO, 3 authenticator. state: enum token_pin_state. wrap: the area key. */
	"CREATE TABLE pin (role INTEGER PRIMARY KEY, state INTEGER NOT NULL, tries_left INTEGER NOT NULL,"
	" generation INTEGER NOT NULL, wrap BLOB)",

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

	/* Renewal: who may do it, with what keys, and what it has brought. Outside the root. */
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

const struct db_schema schema_area = {
	.application_id = 0x6d645041, /* "mdPA" */
	.version = 1,
	.wal = true,
	.ddl = area_ddl,
};
