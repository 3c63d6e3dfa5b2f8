/*
 * register_schema.h: the register, version by version. A later version adds its own step and keeps those before.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_REGISTER_SCHEMA_H
#define ISSUER_REGISTER_SCHEMA_H

#define REGISTER_APPLICATION_ID 0x6D646F63 /* "mdoc" */

#define REGISTER_SCHEMA_1 \
	"CREATE TABLE offers (" \
	" nonce TEXT PRIMARY KEY," \
	" created INTEGER NOT NULL," \
	" used INTEGER) WITHOUT ROWID;" \
	"CREATE TABLE people (" \
	" id INTEGER PRIMARY KEY," \
	" reference TEXT NOT NULL UNIQUE);" \
	"CREATE TABLE batches (" \
	" id INTEGER PRIMARY KEY," \
	" nonce TEXT NOT NULL UNIQUE REFERENCES offers (nonce)," \
	" person INTEGER REFERENCES people (id)," \
	" doc_type TEXT NOT NULL," \
	" issued INTEGER NOT NULL," \
	" valid_until INTEGER NOT NULL CHECK (valid_until >= issued)," \
	" ds_serial TEXT NOT NULL);" \
	"CREATE TABLE copies (" \
	" id INTEGER PRIMARY KEY," \
	" batch INTEGER NOT NULL REFERENCES batches (id)," \
	" thumbprint TEXT NOT NULL UNIQUE," \
	" state TEXT NOT NULL DEFAULT 'issued' CHECK (state IN ('issued', 'suspended', 'revoked')));" \
	"CREATE INDEX copies_by_batch ON copies (batch);" \
	"CREATE TABLE events (" \
	" id INTEGER PRIMARY KEY AUTOINCREMENT," \
	" at INTEGER NOT NULL," \
	" event TEXT NOT NULL," \
	" batch INTEGER REFERENCES batches (id)," \
	" detail TEXT);" \
	"CREATE TRIGGER events_keep BEFORE DELETE ON events" \
	" BEGIN SELECT RAISE (ABORT, 'the event log only grows'); END;" \
	"CREATE TRIGGER events_fixed BEFORE UPDATE ON events" \
	" BEGIN SELECT RAISE (ABORT, 'the event log only grows'); END;" \
	"CREATE TRIGGER copies_keep BEFORE DELETE ON copies" \
	" BEGIN SELECT RAISE (ABORT, 'copies are kept: a key is never certified twice'); END;" \
	"CREATE TRIGGER offers_keep BEFORE DELETE ON offers WHEN old.used IS NOT NULL" \
	" BEGIN SELECT RAISE (ABORT, 'used nonces are kept'); END;"

/* Enrolled TPMs, and which batch is bound to which of them. */
#define REGISTER_SCHEMA_2 \
	"CREATE TABLE challenges (" \
	" id TEXT PRIMARY KEY," \
	" created INTEGER NOT NULL," \
	" serial TEXT NOT NULL," \
	" ek TEXT NOT NULL," \
	" ak TEXT NOT NULL," \
	" ak_area TEXT NOT NULL," \
	" secret TEXT NOT NULL," \
	" answered INTEGER) WITHOUT ROWID;" \
	"CREATE TABLE tpms (" \
	" id INTEGER PRIMARY KEY," \
	" challenge TEXT NOT NULL UNIQUE REFERENCES challenges (id)," \
	" certificate TEXT NOT NULL UNIQUE," \
	" enrolled INTEGER NOT NULL," \
	" valid_until INTEGER NOT NULL CHECK (valid_until >= enrolled)," \
	" state TEXT NOT NULL DEFAULT 'enrolled' CHECK (state IN ('enrolled', 'revoked')));" \
	"ALTER TABLE batches ADD COLUMN tpm INTEGER REFERENCES tpms (id);" \
	"CREATE TRIGGER tpms_keep BEFORE DELETE ON tpms" \
	" BEGIN SELECT RAISE (ABORT, 'enrolments are kept'); END;" \
	"CREATE TRIGGER challenges_keep BEFORE DELETE ON challenges WHEN old.answered IS NOT NULL" \
	" BEGIN SELECT RAISE (ABORT, 'answered challenges are kept'); END;"

#endif
