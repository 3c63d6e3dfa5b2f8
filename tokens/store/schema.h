/*
 * tokens/store/schema.h: the tables of the two kinds of database, and the names of files.
 *
 * $store/slots.db                     which slot is which area
 * $store/areas/SERIAL/area.db         one area
 * $store/areas/SERIAL/login.lock      one PIN check at a time
 * $store/areas/SERIAL/counter.lock    one commit at a time, where a device counts them
 * $store/areas/SERIAL/slot-ID         empty: which slot it is, should slots.db be lost
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_STORE_SCHEMA_H
#define TOKENS_STORE_SCHEMA_H

#include "tokens/store/db.h"

#define STORE_SLOTS_FILE "slots.db"
#define STORE_AREAS_FOLDER "areas"
#define STORE_AREA_FILE "area.db"

#define SCHEMA_AREA_ID 0x6d645041 /* "mdPA" */

/* The texts of tables that a new file and an upgraded one must have alike. */
#define SCHEMA_AREA_TABLE \
	"CREATE TABLE area (id INTEGER PRIMARY KEY CHECK (id = 1), serial TEXT NOT NULL, label TEXT NOT NULL," \
	" backend TEXT NOT NULL, created INTEGER NOT NULL, epoch INTEGER NOT NULL, flags INTEGER NOT NULL," \
	" low_water INTEGER NOT NULL, user_min INTEGER NOT NULL, user_max INTEGER NOT NULL," \
	" user_tries INTEGER NOT NULL, user_alphabet INTEGER NOT NULL, so_min INTEGER NOT NULL," \
	" so_max INTEGER NOT NULL, so_tries INTEGER NOT NULL, so_alphabet INTEGER NOT NULL," \
	" seal_public BLOB NOT NULL, seal_private BLOB NOT NULL, suspended INTEGER NOT NULL, preset TEXT NOT NULL," \
	" card TEXT NOT NULL, life INTEGER NOT NULL, latest INTEGER NOT NULL, authenticator BLOB," \
	" checked INTEGER NOT NULL)"
#define SCHEMA_PIN_TABLE \
	"CREATE TABLE pin (role INTEGER PRIMARY KEY, state INTEGER NOT NULL, tries_left INTEGER NOT NULL," \
	" generation INTEGER NOT NULL, must_change INTEGER NOT NULL, wrap BLOB)"
#define SCHEMA_NAMED_TABLE \
	"CREATE TABLE named (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, rights INTEGER NOT " \
	"NULL," \
	" state INTEGER NOT NULL, tries_left INTEGER NOT NULL, tries_max INTEGER NOT NULL," \
	" generation INTEGER NOT NULL, wrap BLOB)"
#define SCHEMA_PROVISIONER_KEY_TABLE \
	"CREATE TABLE provisioner_key (id INTEGER PRIMARY KEY AUTOINCREMENT," \
	" provisioner INTEGER NOT NULL REFERENCES named (id) ON DELETE CASCADE, purpose INTEGER NOT NULL," \
	" attrs BLOB NOT NULL, sealed BLOB NOT NULL)"
#define SCHEMA_EVENT_TABLE \
	"CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, what TEXT NOT NULL," \
	" detail TEXT NOT NULL, hash BLOB NOT NULL)"
#define SCHEMA_EVENT_UPDATE \
	"CREATE TRIGGER event_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'append-only'); END"
#define SCHEMA_EVENT_DELETE \
	"CREATE TRIGGER event_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'append-only'); END"

extern const struct db_schema schema_slots;
extern const struct db_schema schema_area_1;
extern const char *const schema_area_to_2[];
extern const struct db_schema schema_area;

#endif
