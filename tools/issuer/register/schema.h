/*
 * schema.h: the register in version 4, for SQLite and PostgreSQL: the tables are the same, the triggers are each
 * database's own. Bytes are lower-case hexadecimal or base64url; times are seconds since the epoch.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_REGISTER_SCHEMA_H
#define ISSUER_REGISTER_SCHEMA_H

/* What version 3 did not have: looked for with every request to revoke, and with every TPM that enrols. */
#define REGISTER_INDEXES_4 \
	"CREATE INDEX devices_by_serial ON devices (serial);" \
	"CREATE INDEX tpms_revoked ON tpms (challenge) WHERE state = 'revoked';"

#define REGISTER_TABLES \
	"CREATE TABLE offers (" \
	" nonce TEXT PRIMARY KEY," \
	" created BIGINT NOT NULL," \
	" used BIGINT);" \
	"CREATE TABLE people (" \
	" id @ID," \
	" reference TEXT NOT NULL UNIQUE," \
	" claims TEXT," \
	" birth_date TEXT," \
	" card_status TEXT NOT NULL DEFAULT 'operating'" \
	"  CHECK (card_status IN ('operating', 'suspended', 'abolished', 'recovered'))," \
	" card_until BIGINT," \
	" signature_until BIGINT," \
	" municipality TEXT," \
	" updated BIGINT NOT NULL);" \
	"CREATE TABLE challenges (" \
	" id TEXT PRIMARY KEY," \
	" created BIGINT NOT NULL," \
	" serial TEXT NOT NULL," \
	" ek TEXT NOT NULL," \
	" ak TEXT NOT NULL," \
	" ak_area TEXT NOT NULL," \
	" secret TEXT NOT NULL," \
	" answered BIGINT);" \
	"CREATE TABLE tpms (" \
	" id @ID," \
	" challenge TEXT NOT NULL UNIQUE REFERENCES challenges (id)," \
	" certificate TEXT NOT NULL UNIQUE," \
	" enrolled BIGINT NOT NULL," \
	" valid_until BIGINT NOT NULL CHECK (valid_until >= enrolled)," \
	" state TEXT NOT NULL DEFAULT 'enrolled' CHECK (state IN ('enrolled', 'revoked')));" \
	"CREATE TABLE devices (" \
	" id @ID," \
	" person BIGINT REFERENCES people (id)," \
	" serial TEXT," \
	" backend TEXT," \
	" attestation TEXT," \
	" attestation_thumbprint TEXT," \
	" response TEXT," \
	" response_thumbprint TEXT," \
	" notice TEXT," \
	" tls TEXT," \
	" bound BIGINT NOT NULL DEFAULT 0," \
	" tpm BIGINT REFERENCES tpms (id)," \
	" state TEXT NOT NULL CHECK (state IN ('ACTIVE', 'SUSPENDED', 'REVOKED', 'LAPSED', 'EXHAUSTED'))," \
	" since BIGINT NOT NULL," \
	" reason TEXT," \
	" created BIGINT NOT NULL);" \
	"CREATE UNIQUE INDEX devices_live ON devices (person) WHERE state IN ('ACTIVE', 'SUSPENDED');" \
	"CREATE UNIQUE INDEX devices_by_attestation ON devices (attestation_thumbprint) WHERE state <> 'REVOKED';" \
	"CREATE INDEX devices_by_person ON devices (person);" \
	"CREATE INDEX devices_by_tls ON devices (tls);" REGISTER_INDEXES_4 "CREATE TABLE lists (" \
	" id @ID," \
	" uri TEXT NOT NULL UNIQUE," \
	" bits BIGINT NOT NULL," \
	" size BIGINT NOT NULL CHECK (size > 0)," \
	" used BIGINT NOT NULL DEFAULT 0 CHECK (used >= 0 AND used <= size)," \
	" secret TEXT NOT NULL," \
	" valid_until BIGINT NOT NULL DEFAULT 0," \
	" created BIGINT NOT NULL);" \
	"CREATE TABLE batches (" \
	" id @ID," \
	" device BIGINT NOT NULL REFERENCES devices (id)," \
	" generation BIGINT NOT NULL," \
	" predecessor BIGINT REFERENCES batches (id)," \
	" nonce TEXT NOT NULL UNIQUE REFERENCES offers (nonce)," \
	" doc_type TEXT NOT NULL," \
	" issued BIGINT NOT NULL," \
	" valid_until BIGINT NOT NULL CHECK (valid_until >= issued)," \
	" ds_serial TEXT NOT NULL," \
	" edition TEXT," \
	" tpm BIGINT REFERENCES tpms (id)," \
	" size BIGINT NOT NULL," \
	" notification TEXT UNIQUE," \
	" delivered BIGINT," \
	" ended BIGINT," \
	" ended_reason TEXT);" \
	"CREATE INDEX batches_by_device ON batches (device);" \
	"CREATE INDEX batches_by_end ON batches (valid_until) WHERE ended IS NULL;" \
	"CREATE TABLE copies (" \
	" id @ID," \
	" batch BIGINT NOT NULL REFERENCES batches (id)," \
	" thumbprint TEXT NOT NULL UNIQUE," \
	" list BIGINT REFERENCES lists (id)," \
	" idx BIGINT," \
	" UNIQUE (list, idx));" \
	"CREATE INDEX copies_by_batch ON copies (batch);" \
	"CREATE TABLE events (" \
	" id BIGINT PRIMARY KEY," \
	" at BIGINT NOT NULL," \
	" event TEXT NOT NULL," \
	" category TEXT NOT NULL," \
	" operator TEXT," \
	" device BIGINT," \
	" batch BIGINT," \
	" detail TEXT," \
	" salt TEXT," \
	" detail_hash TEXT," \
	" retained_until BIGINT NOT NULL," \
	" hash TEXT NOT NULL);" \
	"CREATE INDEX events_by_device ON events (device);" \
	"CREATE TABLE chain (" \
	" id BIGINT PRIMARY KEY CHECK (id = 1)," \
	" last BIGINT NOT NULL," \
	" hash TEXT NOT NULL);" \
	"CREATE TABLE spool (" \
	" id @ID," \
	" notice TEXT NOT NULL UNIQUE," \
	" recipient TEXT NOT NULL," \
	" kind TEXT NOT NULL," \
	" device BIGINT REFERENCES devices (id)," \
	" reason TEXT," \
	" created BIGINT NOT NULL," \
	" document TEXT," \
	" delivered BIGINT);" \
	"CREATE INDEX spool_waiting ON spool (id) WHERE delivered IS NULL;" \
	"CREATE TABLE grants (" \
	" hash TEXT PRIMARY KEY," \
	" kind TEXT NOT NULL," \
	" person BIGINT REFERENCES people (id)," \
	" device BIGINT REFERENCES devices (id)," \
	" tls TEXT," \
	" secret TEXT," \
	" tries_left BIGINT NOT NULL DEFAULT 0," \
	" created BIGINT NOT NULL," \
	" expires BIGINT NOT NULL," \
	" used BIGINT," \
	" detail TEXT);" \
	"CREATE TABLE revoked_certificates (" \
	" serial TEXT PRIMARY KEY," \
	" kind TEXT NOT NULL," \
	" at BIGINT NOT NULL," \
	" reason BIGINT NOT NULL);" \
	"CREATE TABLE counters (" \
	" name TEXT PRIMARY KEY," \
	" value BIGINT NOT NULL);" \
	"INSERT INTO chain (id, last, hash) VALUES (1, 0, '')"

/* What may be changed of an event is that its detail goes, with the salt that its hash was made with. */
#define REGISTER_TRIGGERS_SQLITE \
	"CREATE TRIGGER events_keep BEFORE DELETE ON events" \
	" BEGIN SELECT RAISE (ABORT, 'the event log only grows'); END;" \
	"CREATE TRIGGER events_fixed BEFORE UPDATE ON events WHEN new.detail IS NOT NULL OR new.salt IS NOT NULL" \
	" OR new.id IS NOT old.id OR new.at IS NOT old.at OR new.event IS NOT old.event" \
	" OR new.category IS NOT old.category OR new.operator IS NOT old.operator OR new.device IS NOT old.device" \
	" OR new.batch IS NOT old.batch OR new.detail_hash IS NOT old.detail_hash" \
	" OR new.retained_until IS NOT old.retained_until OR new.hash IS NOT old.hash" \
	" BEGIN SELECT RAISE (ABORT, 'the event log only grows'); END;" \
	"CREATE TRIGGER copies_keep BEFORE DELETE ON copies" \
	" BEGIN SELECT RAISE (ABORT, 'copies are kept: a key is never certified twice'); END;" \
	"CREATE TRIGGER copies_fixed BEFORE UPDATE ON copies" \
	" BEGIN SELECT RAISE (ABORT, 'copies are not changed'); END;" \
	"CREATE TRIGGER offers_keep BEFORE DELETE ON offers WHEN old.used IS NOT NULL" \
	" BEGIN SELECT RAISE (ABORT, 'used nonces are kept'); END;" \
	"CREATE TRIGGER devices_keep BEFORE DELETE ON devices" \
	" BEGIN SELECT RAISE (ABORT, 'enrolments are kept'); END;" \
	"CREATE TRIGGER devices_final BEFORE UPDATE ON devices" \
	" WHEN old.state = 'REVOKED' AND new.state <> 'REVOKED'" \
	" BEGIN SELECT RAISE (ABORT, 'what is revoked stays so'); END;" \
	"CREATE TRIGGER tpms_keep BEFORE DELETE ON tpms" \
	" BEGIN SELECT RAISE (ABORT, 'enrolments are kept'); END;" \
	"CREATE TRIGGER challenges_keep BEFORE DELETE ON challenges WHEN old.answered IS NOT NULL" \
	" BEGIN SELECT RAISE (ABORT, 'answered challenges are kept'); END;" \
	"CREATE TRIGGER revoked_keep BEFORE DELETE ON revoked_certificates" \
	" BEGIN SELECT RAISE (ABORT, 'what is revoked stays so'); END;"

#define REFUSE(name, when, table, condition, why) \
	"CREATE TRIGGER " name " BEFORE " when " ON " table " FOR EACH ROW " condition \
	" EXECUTE FUNCTION register_refuse('" why "');"
#define REFUSE_ALL(table) \
	"CREATE TRIGGER " table "_truncate BEFORE TRUNCATE ON " table \
	" FOR EACH STATEMENT EXECUTE FUNCTION register_refuse('the register is not emptied');"

#define REGISTER_TRIGGERS_SERVER \
	"CREATE FUNCTION register_refuse() RETURNS trigger LANGUAGE plpgsql AS" \
	" 'BEGIN RAISE EXCEPTION ''%'', TG_ARGV[0]; END';" REFUSE("events_keep", "DELETE", "events", "", \
		"the event log only grows") REFUSE("events_fixed", "UPDATE", "events", \
		"WHEN (NEW.detail IS NOT NULL OR NEW.salt IS NOT NULL" \
		" OR (NEW.id, NEW.at, NEW.event, NEW.category, NEW.operator, NEW.device, NEW.batch, NEW.detail_hash," \
		" NEW.retained_until, NEW.hash) IS DISTINCT FROM (OLD.id, OLD.at, OLD.event, OLD.category," \
		" OLD.operator, OLD.device, OLD.batch, OLD.detail_hash, OLD.retained_until, OLD.hash))", \
		"the event log only grows") REFUSE("copies_keep", "DELETE", "copies", "", \
		"copies are kept: a key is never certified twice") REFUSE("copies_fixed", "UPDATE", "copies", "", \
		"copies are not changed") REFUSE("offers_keep", "DELETE", "offers", "WHEN (OLD.used IS NOT NULL)", \
		"used nonces are kept") REFUSE("devices_keep", "DELETE", "devices", "", \
		"enrolments are kept") REFUSE("devices_final", "UPDATE", "devices", \
		"WHEN (OLD.state = 'REVOKED' AND NEW.state <> 'REVOKED')", "what is revoked stays so") \
		REFUSE("tpms_keep", "DELETE", "tpms", "", "enrolments are kept") REFUSE("challenges_keep", "DELETE", \
			"challenges", "WHEN (OLD.answered IS NOT NULL)", "answered challenges are kept") \
			REFUSE("revoked_keep", "DELETE", "revoked_certificates", "", "what is revoked stays so") \
				REFUSE_ALL("events") REFUSE_ALL("copies") REFUSE_ALL("devices") \
					REFUSE_ALL("revoked_certificates")

#endif
