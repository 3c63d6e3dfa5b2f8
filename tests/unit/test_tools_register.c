/* test_tools_register.c: the issuer's register. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/unit/unit_issuer.h"
#include "tests/unit/register_kit.h"
#include "tools/issuer/db/db.h"
#include "tools/issuer/register/schema_old.h"

#define NOW KIT_NOW
#define fresh kit_fresh
#define drop kit_drop
#define count_of kit_count
#define path kit_where()

static struct register_batch
batch_with(const char *nonce, const char *const *thumbprints, size_t n)
{
	return (struct register_batch){ .nonce = nonce,
		.doc_type = "t",
		.ds_serial = "01",
		.issued = NOW,
		.valid_until = NOW + 60,
		.thumbprints = thumbprints,
		.count = n };
}

/* Otherwise one offer could be turned into any number of records, by whoever saw a request. */
static void
test_nonce_once(void)
{
	static const char *const first[] = { "k1", "k2" }, *const second[] = { "k3" };
	struct register_db *db = fresh();
	struct register_batch batch = batch_with("n", first, 2);
	size_t key;

	CU_ASSERT_EQUAL(register_issue(db, &batch, &key), REGISTER_NONCE_UNKNOWN);
	CU_ASSERT_EQUAL(register_offer(db, "n", NOW), REGISTER_OK);
	CU_ASSERT_EQUAL(register_offer(db, "n", NOW), REGISTER_ERROR);
	CU_ASSERT_EQUAL(register_check(db, &batch, &key), REGISTER_OK);
	CU_ASSERT_EQUAL(register_issue(db, &batch, &key), REGISTER_OK);
	batch = batch_with("n", second, 1);
	CU_ASSERT_EQUAL(register_check(db, &batch, &key), REGISTER_NONCE_USED);
	CU_ASSERT_EQUAL(register_issue(db, &batch, &key), REGISTER_NONCE_USED);
	CU_ASSERT_EQUAL(count_of("SELECT count(*) FROM copies"), 2);
	drop(db);
}

/* Otherwise one device key could stand in two people's records, or two copies be linked (R-ENR-01,
 * R-REC-03); and a refused batch must not use up its nonce or leave half its copies. */
static void
test_key_once(void)
{
	static const char *const first[] = { "k1", "k2" }, *const second[] = { "k3", "k2" },
				 *const twice[] = { "k4", "k4" };
	struct register_db *db = fresh();
	struct register_batch batch = batch_with("n1", first, 2);
	size_t key = 99;

	CU_ASSERT_EQUAL(register_offer(db, "n1", NOW), REGISTER_OK);
	CU_ASSERT_EQUAL(register_offer(db, "n2", NOW), REGISTER_OK);
	CU_ASSERT_EQUAL(register_issue(db, &batch, &key), REGISTER_OK);
	batch = batch_with("n2", second, 2);
	CU_ASSERT_EQUAL(register_issue(db, &batch, &key), REGISTER_KEY_SEEN);
	CU_ASSERT_EQUAL(key, 1);
	batch = batch_with("n2", twice, 2);
	CU_ASSERT_EQUAL(register_issue(db, &batch, &key), REGISTER_ERROR);
	CU_ASSERT_EQUAL(count_of("SELECT count(*) FROM copies"), 2);
	CU_ASSERT_EQUAL(count_of("SELECT count(*) FROM offers WHERE used IS NULL"), 1);
	drop(db);
}

/* Otherwise what an operator did could be denied afterwards (R-IKC-02). */
static void
test_log_only_grows(void)
{
	struct register_db *db = fresh();

	CU_ASSERT_EQUAL(register_log(db, NOW, "login-failed", NULL), REGISTER_OK);
	CU_ASSERT(!kit_execute("DELETE FROM events"));
	CU_ASSERT(!kit_execute("UPDATE events SET at = 0"));
	CU_ASSERT_EQUAL(count_of("SELECT count(*) FROM events WHERE event = 'login-failed'"), 1);
	drop(db);
}

/* Otherwise an older program would write into a register that it does not understand, or into a
 * database of something else. */
static void
test_versions(void)
{
	struct register_db *db = fresh(), *again = NULL;
	struct stat st;

	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	CU_ASSERT_EQUAL(register_create(path, &again), REGISTER_ERROR);
	register_close(again);
	register_close(db);
	CU_ASSERT_EQUAL(register_open(path, &db), REGISTER_OK);
	register_close(db);
	CU_ASSERT(kit_execute("PRAGMA user_version = 99"));
	CU_ASSERT_EQUAL(register_open(path, &db), REGISTER_NEWER);
	register_close(db);
	CU_ASSERT(kit_execute("PRAGMA application_id = 7"));
	CU_ASSERT_EQUAL(register_open(path, &db), REGISTER_FOREIGN);
	drop(db);
}

/* Otherwise an issuer would lose its register with a new version of this program, or what it may never forget. */
static void
test_upgrade(void)
{
	static const char *const keys[] = { "k1" }, *const others[] = { "k2" };
	struct register_db *db = fresh();
	struct register_batch batch = batch_with("n", keys, 1);
	struct register_chain chain;
	struct db *file = NULL;
	size_t key;

	register_close(db);
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_EQUAL(db_open(path, true, &file), DB_OK);
	db_close(file);
	CU_ASSERT(kit_execute("PRAGMA journal_mode = WAL; BEGIN;" REGISTER_SCHEMA_1
			      "INSERT INTO offers (nonce, created, used) VALUES ('old', 1, 2), ('n', 1, NULL);"
			      "INSERT INTO batches (id, nonce, doc_type, issued, valid_until, ds_serial)"
			      " VALUES (7, 'old', 't', 2, 3, '01');"
			      "INSERT INTO copies (batch, thumbprint) VALUES (7, 'k1');"
			      "INSERT INTO people (id, reference) VALUES (3, 'p');"
			      "INSERT INTO offers (nonce, created, used) VALUES ('o1', 1, 2), ('o2', 1, 2);"
			      "INSERT INTO batches (id, nonce, person, doc_type, issued, valid_until, ds_serial)"
			      " VALUES (8, 'o1', 3, 't', 2, 3, '01'), (9, 'o2', 3, 't', 4, 5, '01');"
			      "INSERT INTO copies (batch, thumbprint, state) VALUES (9, 'k9', 'suspended');"
			      "INSERT INTO events (at, event, batch) VALUES (2, 'issue', 7), (2, 'issue', 8),"
			      " (3, 'login-failed', NULL), (4, 'issue', 9);"
			      "PRAGMA application_id = 1835298659; PRAGMA user_version = 1; COMMIT"));
	CU_ASSERT_EQUAL_FATAL(register_open(path, &db), REGISTER_OK);
	CU_ASSERT_EQUAL(count_of("PRAGMA user_version"), REGISTER_VERSION);
	CU_ASSERT_EQUAL(count_of("SELECT count(*) FROM tpms"), 0);
	CU_ASSERT_EQUAL(register_issue(db, &batch, &key), REGISTER_KEY_SEEN);
	batch = batch_with("n", others, 1);
	CU_ASSERT_EQUAL(register_issue(db, &batch, &key), REGISTER_OK);
	CU_ASSERT_EQUAL(count_of("SELECT count(*) FROM batches WHERE tpm IS NULL"), 4);
	CU_ASSERT_EQUAL(count_of("SELECT count(*) FROM devices WHERE id = 7 AND state = 'ACTIVE'"), 1);
	CU_ASSERT_EQUAL(count_of("SELECT count(*) FROM devices WHERE id = 8 AND state = 'REVOKED'"), 1);
	CU_ASSERT_EQUAL(count_of("SELECT count(*) FROM devices WHERE id = 9 AND state = 'SUSPENDED'"), 1);
	CU_ASSERT_EQUAL(count_of("SELECT count(*) FROM events WHERE event = 'login-failed' AND at = 3"), 1);
	CU_ASSERT_EQUAL(count_of("SELECT count(*) FROM sqlite_master WHERE name LIKE 'old%'"), 0);
	CU_ASSERT_EQUAL(register_verify_log(db, NOW, 0, NULL, &chain), REGISTER_OK);
	CU_ASSERT_PTR_NULL(chain.fault);
	CU_ASSERT_EQUAL(chain.events, 7);
	CU_ASSERT(!kit_execute("DELETE FROM events"));
	register_close(db);
	CU_ASSERT_EQUAL(register_open(path, &db), REGISTER_OK);
	drop(db);
}

/* Otherwise a register of the version before would be slow for ever, or not be opened. */
static void
test_indexes(void)
{
	static const char *const names[] = { "devices_by_serial", "tpms_revoked" };
	const bool server = kit_is_server();
	struct register_db *db = fresh();
	char sql[160];

	for (size_t i = 0; i < 2; i++) {
		snprintf(sql, sizeof(sql), "DROP INDEX %s", names[i]);
		CU_ASSERT(kit_execute(sql)); /* so that it was there */
	}
	register_close(db);
	CU_ASSERT(kit_execute(server ? "UPDATE register_version SET version = 3" : "PRAGMA user_version = 3"));
	CU_ASSERT_EQUAL_FATAL(register_open(kit_where(), &db), REGISTER_OK);
	CU_ASSERT_EQUAL(count_of(server ? "SELECT version FROM register_version" : "PRAGMA user_version"),
		REGISTER_VERSION);
	for (size_t i = 0; i < 2; i++) {
		snprintf(sql, sizeof(sql),
			server ? "SELECT count(to_regclass('%s'))"
			       : "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name = '%s'",
			names[i]);
		CU_ASSERT_EQUAL(count_of(sql), 1);
	}
	drop(db);
}

static void
name_challenge(struct register_challenge *challenge, const char *id, const char *ak)
{
	memset(challenge, 0, sizeof(*challenge));
	snprintf(challenge->id, sizeof(challenge->id), "%s", id);
	snprintf(challenge->ak, sizeof(challenge->ak), "%s", ak);
	strcpy(challenge->serial, "s");
	strcpy(challenge->ek, "ek");
	strcpy(challenge->ak_area, "area");
	strcpy(challenge->secret, "digest");
}

/* Otherwise one answer, once seen, would enrol a TPM again and again, or one that was given far too late. */
static void
test_challenge_once(void)
{
	struct register_db *db = fresh();
	struct register_challenge challenge, found;

	name_challenge(&challenge, "c1", "ak1");
	CU_ASSERT_EQUAL(register_find_challenge(db, "c1", NOW, &found), REGISTER_CHALLENGE_UNKNOWN);
	CU_ASSERT_EQUAL(register_enrol(db, "c1", "01", NOW, NOW), REGISTER_CHALLENGE_UNKNOWN);
	CU_ASSERT_EQUAL(register_challenge(db, &challenge, NOW), REGISTER_OK);
	CU_ASSERT_EQUAL(register_challenge(db, &challenge, NOW), REGISTER_ERROR);
	CU_ASSERT_EQUAL(register_find_challenge(db, "c1", NOW + REGISTER_CHALLENGE_AGE_MAX, &found), REGISTER_OK);
	CU_ASSERT(memcmp(&found, &challenge, sizeof(found)) == 0);
	CU_ASSERT_EQUAL(register_find_challenge(db, "c1", NOW + REGISTER_CHALLENGE_AGE_MAX + 1, &found),
		REGISTER_CHALLENGE_OLD);
	CU_ASSERT_EQUAL(register_enrol(db, "c1", "01", NOW, NOW - 1), REGISTER_ERROR);
	CU_ASSERT_EQUAL(register_find_challenge(db, "c1", NOW, &found), REGISTER_OK);
	CU_ASSERT_EQUAL(register_enrol(db, "c1", "01", NOW, NOW + 9), REGISTER_OK);
	CU_ASSERT_EQUAL(register_find_challenge(db, "c1", NOW, &found), REGISTER_CHALLENGE_USED);
	CU_ASSERT_EQUAL(register_enrol(db, "c1", "02", NOW, NOW + 9), REGISTER_CHALLENGE_USED);
	CU_ASSERT_EQUAL(count_of("SELECT count(*) FROM tpms"), 1);
	CU_ASSERT(!kit_execute("DELETE FROM tpms"));
	CU_ASSERT(!kit_execute("DELETE FROM challenges"));
	drop(db);
}

/* Otherwise a batch could be bound to a TPM that was never enrolled, that is not trusted any more, or to the
 * certificate of another one. */
static void
test_tpm_of_batch(void)
{
	static const char *const keys[] = { "k1" };
	struct register_db *db = fresh();
	struct register_batch batch = batch_with("n", keys, 1);
	struct register_challenge challenge;
	size_t key;

	CU_ASSERT_EQUAL(register_offer(db, "n", NOW), REGISTER_OK);
	for (int i = 0; i < 2; i++) {
		name_challenge(&challenge, i == 0 ? "c1" : "c2", i == 0 ? "ak1" : "ak2");
		snprintf(challenge.ek, sizeof(challenge.ek), "ek%d", i);
		CU_ASSERT_EQUAL(register_challenge(db, &challenge, NOW), REGISTER_OK);
	}
	batch.tpm = (struct register_tpm){ "ak1", "01" };
	CU_ASSERT_EQUAL(register_issue(db, &batch, &key), REGISTER_TPM_UNKNOWN);
	CU_ASSERT_EQUAL(register_enrol(db, "c1", "01", NOW, NOW + 9), REGISTER_OK);
	CU_ASSERT_EQUAL(register_enrol(db, "c2", "01", NOW, NOW + 9), REGISTER_ERROR);
	CU_ASSERT_EQUAL(register_enrol(db, "c2", "02", NOW, NOW + 9), REGISTER_OK);
	batch.tpm.name = "ak2";
	CU_ASSERT_EQUAL(register_check(db, &batch, &key), REGISTER_TPM_UNKNOWN);
	batch.tpm.name = "ak1";
	CU_ASSERT(kit_execute("UPDATE tpms SET state = 'revoked' WHERE certificate = '01'"));
	CU_ASSERT_EQUAL(register_check(db, &batch, &key), REGISTER_TPM_REVOKED);
	CU_ASSERT(kit_execute("UPDATE challenges SET ek = 'ek0'")); /* two enrolments of one TPM */
	batch.tpm = (struct register_tpm){ "ak2", "02" };
	CU_ASSERT_EQUAL(register_check(db, &batch, &key), REGISTER_TPM_REVOKED);
	CU_ASSERT(kit_execute("UPDATE challenges SET ek = 'ek1' WHERE id = 'c2'"));
	batch.tpm = (struct register_tpm){ "ak1", "01" };
	CU_ASSERT_EQUAL(register_issue(db, &batch, &key), REGISTER_TPM_REVOKED);
	batch.tpm = (struct register_tpm){ "ak2", "02" };
	CU_ASSERT_EQUAL(register_issue(db, &batch, &key), REGISTER_OK);
	CU_ASSERT_EQUAL(count_of("SELECT count(*) FROM batches JOIN tpms ON tpms.id = batches.tpm WHERE certificate = "
				 "'02'"),
		1);
	drop(db);
}

/* Otherwise a TPM that is not trusted any more would be so again as soon as its holder wants it. */
static void
test_tpm_stays_revoked(void)
{
	struct register_db *db = fresh();
	struct register_challenge challenge;

	for (int i = 0; i < 2; i++) {
		name_challenge(&challenge, i == 0 ? "c1" : "c2", i == 0 ? "ak1" : "ak2");
		snprintf(challenge.ek, sizeof(challenge.ek), "ek");
		CU_ASSERT_EQUAL(register_challenge(db, &challenge, NOW), REGISTER_OK);
	}
	CU_ASSERT_EQUAL(register_enrol(db, "c1", "01", NOW, NOW + 9), REGISTER_OK);
	CU_ASSERT(kit_execute("UPDATE tpms SET state = 'revoked' WHERE certificate = '01'"));
	/* A challenge from before, a new one, and one for another endorsement key of what was enrolled. */
	CU_ASSERT_EQUAL(register_enrol(db, "c2", "02", NOW, NOW + 9), REGISTER_TPM_REVOKED);
	snprintf(challenge.id, sizeof(challenge.id), "c3");
	CU_ASSERT_EQUAL(register_challenge(db, &challenge, NOW), REGISTER_TPM_REVOKED);
	name_challenge(&challenge, "c3", "ak1");
	snprintf(challenge.ek, sizeof(challenge.ek), "ek2");
	CU_ASSERT_EQUAL(register_challenge(db, &challenge, NOW), REGISTER_TPM_REVOKED);
	CU_ASSERT_EQUAL(count_of("SELECT count(*) FROM challenges"), 2);
	CU_ASSERT_EQUAL(count_of("SELECT count(*) FROM tpms"), 1);
	/* Another TPM, and the same when it is trusted again. */
	name_challenge(&challenge, "c3", "ak3");
	snprintf(challenge.ek, sizeof(challenge.ek), "ek2");
	CU_ASSERT_EQUAL(register_challenge(db, &challenge, NOW), REGISTER_OK);
	CU_ASSERT(kit_execute("UPDATE tpms SET state = 'enrolled' WHERE certificate = '01'"));
	CU_ASSERT_EQUAL(register_enrol(db, "c2", "02", NOW, NOW + 9), REGISTER_OK);
	drop(db);
}

void
add_register_tests(void)
{
	const struct kit_suite suites = kit_suites("issuer register");

	kit_add(&suites, "a nonce is used once", test_nonce_once);
	kit_add(&suites, "a key is certified once", test_key_once);
	kit_add(&suites, "the log only grows", test_log_only_grows);
	CU_add_test(suites.suite[0], "versions and modes", test_versions);
	CU_add_test(suites.suite[0], "an older version", test_upgrade);
	kit_add(&suites, "the version before", test_indexes);
	kit_add(&suites, "a challenge is answered once", test_challenge_once);
	kit_add(&suites, "the TPM of a batch", test_tpm_of_batch);
	kit_add(&suites, "a TPM stays revoked", test_tpm_stays_revoked);
}
