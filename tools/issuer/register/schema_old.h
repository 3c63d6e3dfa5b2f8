/*
 * schema_old.h: the register in versions 1 and 2, which SQLite alone had, and what leads from 2 to what schema.h has.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_REGISTER_SCHEMA_OLD_H
#define ISSUER_REGISTER_SCHEMA_OLD_H

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

/* The tables of version 2 step aside; those of schema.h are made; these take over what is in them, but for the log. */
#define REGISTER_ASIDE_2 \
	"DROP TRIGGER events_keep; DROP TRIGGER events_fixed; DROP TRIGGER copies_keep; DROP TRIGGER offers_keep;" \
	"DROP TRIGGER tpms_keep; DROP TRIGGER challenges_keep; DROP INDEX copies_by_batch;" \
	"ALTER TABLE events RENAME TO old_events; ALTER TABLE copies RENAME TO old_copies;" \
	"ALTER TABLE batches RENAME TO old_batches; ALTER TABLE tpms RENAME TO old_tpms;" \
	"ALTER TABLE challenges RENAME TO old_challenges; ALTER TABLE people RENAME TO old_people;" \
	"ALTER TABLE offers RENAME TO old_offers;"

/*
 * Every batch becomes an enrolment of its own, with the batch's number. Of several of one person the newest is
 * active and the others are revoked as superseded.
 */
#define REGISTER_MOVE_2 \
	"INSERT INTO offers (nonce, created, used) SELECT nonce, created, used FROM old_offers;" \
	"INSERT INTO people (id, reference, updated) SELECT id, reference, 0 FROM old_people;" \
	"INSERT INTO challenges (id, created, serial, ek, ak, ak_area, secret, answered)" \
	" SELECT id, created, serial, ek, ak, ak_area, secret, answered FROM old_challenges;" \
	"INSERT INTO tpms (id, challenge, certificate, enrolled, valid_until, state)" \
	" SELECT id, challenge, certificate, enrolled, valid_until, state FROM old_tpms;" \
	"INSERT INTO devices (id, person, bound, tpm, state, since, reason, created)" \
	" SELECT id, person, tpm IS NOT NULL, tpm," \
	" CASE WHEN EXISTS (SELECT 1 FROM old_copies WHERE batch = b.id AND state = 'revoked')" \
	" OR EXISTS (SELECT 1 FROM old_batches AS n WHERE n.person = b.person AND n.id > b.id)" \
	" THEN 'REVOKED' WHEN EXISTS (SELECT 1 FROM old_copies WHERE batch = b.id AND state = 'suspended')" \
	" THEN 'SUSPENDED' ELSE 'ACTIVE' END," \
	" issued," \
	" CASE WHEN EXISTS (SELECT 1 FROM old_batches AS n WHERE n.person = b.person AND n.id > b.id)" \
	" THEN 'superseded' END," \
	" issued FROM old_batches AS b;" \
	"INSERT INTO batches (id, device, generation, nonce, doc_type, issued, valid_until, ds_serial, tpm, size)" \
	" SELECT id, id, 1, nonce, doc_type, issued, valid_until, ds_serial, tpm," \
	" (SELECT count(*) FROM old_copies WHERE batch = b.id) FROM old_batches AS b;" \
	"INSERT INTO copies (id, batch, thumbprint) SELECT id, batch, thumbprint FROM old_copies;" \
	"DROP TABLE old_copies;"

/* After the log was taken over, event by event. */
#define REGISTER_DROP_2 \
	"DROP TABLE old_events; DROP TABLE old_batches; DROP TABLE old_tpms; DROP TABLE old_challenges;" \
	"DROP TABLE old_people; DROP TABLE old_offers;"

#endif
