/* batch.c: nonces, batches and copies in the register. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/issuer/register/internal.h"

struct issue {
	const struct register_batch *batch;
	size_t *key;
	struct register_issued issued;
};

struct offered {
	const char *nonce;
	int64_t when;
};

static enum register_result
offer_inside(struct register_db *db, void *arg)
{
	const struct offered *offered = arg;
	const struct db_value row[] = { DB_TEXT(offered->nonce), DB_INT(offered->when) };
	enum register_result res;

	res = register_do(db, "INSERT INTO offers (nonce, created) VALUES ($1, $2)", row, 2);
	return res == REGISTER_OK ? register_append(db, offered->when, "offer", 0, 0, NULL) : res;
}

enum register_result
register_offer(struct register_db *db, const char *nonce, int64_t when)
{
	struct offered offered = { nonce, when };

	return register_transact(db, true, offer_inside, &offered);
}

/* ---- May it be issued? ---- */

static enum register_result
check_nonce(struct register_db *db, const char *nonce)
{
	const struct db_value values[] = { DB_TEXT(nonce) };
	enum register_result res;
	int64_t used;
	bool there;

	res = register_ask(db, "SELECT CASE WHEN used IS NULL THEN 0 ELSE 1 END FROM offers WHERE nonce = $1", values,
		1, &there, &used);
	if (res != REGISTER_OK)
		return res;
	if (!there)
		return REGISTER_NONCE_UNKNOWN;
	return used != 0 ? REGISTER_NONCE_USED : REGISTER_OK;
}

/* R-ENR-01: a key is certified once. */
static enum register_result
check_keys(struct register_db *db, const struct register_batch *batch, size_t *key)
{
	enum register_result res = REGISTER_OK;
	int64_t id;
	bool there;

	for (size_t i = 0; i < batch->count && res == REGISTER_OK; i++) {
		const struct db_value values[] = { DB_TEXT(batch->thumbprints[i]) };

		res = register_ask(db, "SELECT id FROM copies WHERE thumbprint = $1", values, 1, &there, &id);
		if (res == REGISTER_OK && there) {
			*key = i;
			res = REGISTER_KEY_SEEN;
		}
	}
	return res;
}

/* A renewal: does the state allow it? */
static enum register_result
check_renewal(struct register_db *db, int64_t device)
{
	const struct db_value values[] = { DB_INT(device) };
	enum register_result res;
	enum register_state from, to;
	struct db_rows rows;
	enum db_result row;

	row = db_query(db->db, "SELECT state FROM devices WHERE id = $1", values, 1, &rows);
	if (row != DB_OK)
		res = row == DB_NONE ? REGISTER_DEVICE_UNKNOWN : register_failure(db, row);
	else if (!register_state_from(db_text(&rows, 0), &from))
		res = register_wrong(db, "a state is damaged");
	else
		res = register_next_state(from, REGISTER_ACT_RENEW, &to) ? REGISTER_OK : REGISTER_NOT_ALLOWED;
	db_end(&rows);
	return res;
}

/* An enrolment: has the person none that lives (R-CARD-24), and is its attestation key new? */
static enum register_result
check_enrolment(struct register_db *db, const struct register_batch *batch)
{
	const char *thumbprint = batch->device == NULL ? NULL : batch->device->attestation_thumbprint;
	const struct db_value person[] = { DB_TEXT(batch->person) };
	const struct db_value key[] = { DB_TEXT(thumbprint), DB_TEXT(batch->person) };
	enum register_result res = REGISTER_OK;
	int64_t n = 0;

	if (batch->person != NULL)
		res = register_ask(db,
			"SELECT count(*) FROM devices JOIN people ON people.id = devices.person"
			" WHERE people.reference = $1 AND devices.state IN ('ACTIVE', 'SUSPENDED')",
			person, 1, NULL, &n);
	if (res == REGISTER_OK && n != 0 && !batch->supersede)
		return REGISTER_DEVICE_LIVE;
	if (res == REGISTER_OK && thumbprint != NULL) {
		res = register_ask(db,
			"SELECT count(*) FROM devices LEFT JOIN people ON people.id = devices.person"
			" WHERE devices.attestation_thumbprint = $1 AND devices.state <> 'REVOKED'"
			" AND (people.reference IS NULL OR $2 IS NULL OR people.reference <> $2)",
			key, 2, NULL, &n);
		if (res == REGISTER_OK && n != 0)
			res = REGISTER_DEVICE_SEEN;
	}
	return res;
}

static enum register_result
check_batch(struct register_db *db, const struct register_batch *batch, size_t *key)
{
	enum register_result res;

	res = register_check_signer(db, batch->ds_serial);
	if (res == REGISTER_OK)
		res = check_nonce(db, batch->nonce);
	if (res == REGISTER_OK)
		res = check_keys(db, batch, key);
	if (res == REGISTER_OK && batch->tpm.certificate != NULL)
		res = register_check_tpm(db, &batch->tpm);
	if (res == REGISTER_OK && batch->grant != NULL)
		res = register_grant_check_inside(db, batch->grant, batch->issued);
	if (res == REGISTER_OK && batch->seen != NULL)
		res = register_person_same(db, batch->seen);
	if (res != REGISTER_OK)
		return res;
	return batch->device != NULL && batch->device->id != 0 ? check_renewal(db, batch->device->id)
							       : check_enrolment(db, batch);
}

static enum register_result
check_inside(struct register_db *db, void *arg)
{
	const struct issue *issue = arg;

	return check_batch(db, issue->batch, issue->key);
}

enum register_result
register_check(struct register_db *db, const struct register_batch *batch, size_t *key)
{
	struct issue issue = { .batch = batch, .key = key };

	return register_transact(db, false, check_inside, &issue);
}

/* ---- Enter it ---- */

/* The enrolments before of this person are over. *superseded: the one that lived */
static enum register_result
supersede(struct register_db *db, int64_t person, int64_t when, int64_t *superseded)
{
	struct register_change change = { 0, REGISTER_ACT_REVOKE, REGISTER_REASON_SUPERSEDED, when };
	const struct db_value values[] = { DB_INT(person) };
	enum register_state before;
	enum register_result res;
	bool there = person != 0;

	do {
		res = register_ask(db, "SELECT id FROM devices WHERE person = $1 AND state <> 'REVOKED' LIMIT 1",
			values, 1, &there, &change.device);
		if (res == REGISTER_OK && there)
			res = register_change_inside(db, &change, &before);
		if (res == REGISTER_OK && there && (before == REGISTER_ACTIVE || before == REGISTER_SUSPENDED))
			*superseded = change.device;
	} while (res == REGISTER_OK && there);
	return res;
}

static enum register_result
insert_device(struct register_db *db, struct issue *issue)
{
	static const struct register_device none;
	const struct register_batch *batch = issue->batch;
	const struct register_device *device = batch->device != NULL ? batch->device : &none;
	enum register_result res;
	int64_t person;
	bool there;

	res = register_person_id(db, batch->person, batch->issued, &person);
	if (res == REGISTER_OK)
		res = supersede(db, person, batch->issued, &issue->issued.superseded);
	if (res != REGISTER_OK)
		return res;
	const struct db_value row[] = { DB_ID(person), DB_TEXT(device->serial), DB_TEXT(device->backend),
		DB_TEXT(device->attestation), DB_TEXT(device->attestation_thumbprint), DB_TEXT(device->response),
		DB_TEXT(device->response_thumbprint), DB_TEXT(device->notice), DB_TEXT(device->tls),
		DB_INT(device->bound || batch->tpm.certificate != NULL), DB_TEXT(batch->tpm.certificate),
		DB_INT(batch->issued) };

	return register_ask(db,
		"INSERT INTO devices (person, serial, backend, attestation, attestation_thumbprint, response,"
		" response_thumbprint, notice, tls, bound, tpm, state, since, created) VALUES ($1, $2, $3, $4, $5, $6,"
		" $7, $8, $9, $10, (SELECT id FROM tpms WHERE certificate = $11), 'ACTIVE', $12, $12) RETURNING id",
		row, DB_COUNT(row), &there, &issue->issued.device);
}

/*
 * A renewal: the state and the generation. Its predecessor is what the holder is known to have: the last batch that was
 * said to have arrived, or the last one where nothing is ever said. Two live at one time (R-REN-01): an answer that was
 * lost on its way ends with the next, and not what the holder uses.
 */
static enum register_result
renew_device(struct register_db *db, struct issue *issue, int64_t *predecessor)
{
	const struct register_change change = { issue->batch->device->id, REGISTER_ACT_RENEW, NULL,
		issue->batch->issued };
	const struct db_value device[] = { DB_INT(change.device) };
	enum register_result res;
	bool there;

	issue->issued.device = change.device;
	res = register_change_inside(db, &change, NULL);
	if (res == REGISTER_OK)
		res = register_ask(db, "SELECT max(generation) FROM batches WHERE device = $1", device, 1, NULL,
			&issue->issued.generation);
	if (res == REGISTER_OK)
		res = register_ask(db,
			"SELECT id FROM batches WHERE device = $1"
			" ORDER BY CASE WHEN delivered IS NULL THEN 1 ELSE 0 END, generation DESC LIMIT 1",
			device, 1, &there, predecessor);
	const struct db_value old[] = { DB_INT(change.when), DB_INT(change.device), DB_INT(*predecessor) };

	if (res == REGISTER_OK)
		res = register_do(db,
			"UPDATE batches SET ended = $1, ended_reason = 'superseded'"
			" WHERE device = $2 AND id <> $3 AND ended IS NULL",
			old, 3);
	return res;
}

static enum register_result
insert_copies(struct register_db *db, const struct issue *issue)
{
	static const struct register_place nowhere;
	const struct register_batch *batch = issue->batch;
	enum register_result res = REGISTER_OK;

	for (size_t i = 0; i < batch->count && res == REGISTER_OK; i++) {
		const struct register_place *place = batch->places != NULL ? &batch->places[i] : &nowhere;
		const struct db_value row[] = { DB_INT(issue->issued.batch), DB_TEXT(batch->thumbprints[i]),
			DB_ID(place->list), { 'i', place->list == 0, (int64_t)place->idx, NULL } };

		res = register_do(db, "INSERT INTO copies (batch, thumbprint, list, idx) VALUES ($1, $2, $3, $4)", row,
			4);
	}
	return res;
}

/* How long the lists of these copies have to be published; copies of a batch stand on the same one but for chance. */
static enum register_result
keep_lists(struct register_db *db, const struct register_batch *batch)
{
	enum register_result res = REGISTER_OK;
	int64_t last = 0;

	for (size_t i = 0; batch->places != NULL && i < batch->count && res == REGISTER_OK; i++) {
		const struct db_value values[] = { DB_INT(batch->valid_until), DB_INT(batch->places[i].list) };

		if (batch->places[i].list == last)
			continue;
		last = batch->places[i].list;
		res = register_do(db, "UPDATE lists SET valid_until = $1 WHERE id = $2 AND valid_until < $1", values,
			2);
	}
	return res;
}

static enum register_result
insert_batch(struct register_db *db, struct issue *issue)
{
	const struct register_batch *batch = issue->batch;
	const bool renewal = batch->device != NULL && batch->device->id != 0;
	int64_t predecessor = 0;
	enum register_result res;

	res = renewal ? renew_device(db, issue, &predecessor) : insert_device(db, issue);
	if (res != REGISTER_OK)
		return res;
	issue->issued.generation++;
	const struct db_value row[] = { DB_INT(issue->issued.device), DB_INT(issue->issued.generation),
		DB_ID(predecessor), DB_TEXT(batch->nonce), DB_TEXT(batch->doc_type), DB_INT(batch->issued),
		DB_INT(batch->valid_until), DB_TEXT(batch->ds_serial), DB_TEXT(batch->edition),
		DB_TEXT(batch->tpm.certificate), DB_INT((int64_t)batch->count), DB_TEXT(batch->notification) };

	res = register_ask(db,
		"INSERT INTO batches (device, generation, predecessor, nonce, doc_type, issued, valid_until, ds_serial,"
		" edition, tpm, size, notification) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,"
		" (SELECT id FROM tpms WHERE certificate = $10), $11, $12) RETURNING id",
		row, DB_COUNT(row), NULL, &issue->issued.batch);
	if (res == REGISTER_OK)
		res = insert_copies(db, issue);
	if (res == REGISTER_OK)
		res = keep_lists(db, batch);
	if (res == REGISTER_OK)
		res = register_append(db, batch->issued, "issue", issue->issued.device, issue->issued.batch, NULL);
	if (res == REGISTER_OK && !renewal)
		res = register_notify(db, issue->issued.device, "ISSUED", NULL, batch->issued);
	return res;
}

static enum register_result
issue_inside(struct register_db *db, void *arg)
{
	struct issue *issue = arg;
	const struct db_value used[] = { DB_INT(issue->batch->issued), DB_TEXT(issue->batch->nonce) };
	enum register_result res;

	issue->issued = (struct register_issued){ .batch = 0 };
	res = check_batch(db, issue->batch, issue->key);
	if (res == REGISTER_OK)
		res = register_do(db, "UPDATE offers SET used = $1 WHERE nonce = $2", used, 2);
	if (res == REGISTER_OK && issue->batch->grant != NULL)
		res = register_grant_use_inside(db, issue->batch->grant, issue->batch->issued);
	return res == REGISTER_OK ? insert_batch(db, issue) : res;
}

enum register_result
register_issue_batch(struct register_db *db, const struct register_batch *batch, size_t *key,
	struct register_issued *issued)
{
	struct issue issue = { .batch = batch, .key = key };
	enum register_result res;

	res = register_transact(db, true, issue_inside, &issue);
	if (issued != NULL)
		*issued = issue.issued;
	return res;
}

enum register_result
register_issue(struct register_db *db, const struct register_batch *batch, size_t *key)
{
	return register_issue_batch(db, batch, key, NULL);
}

struct many {
	struct register_order *orders;
	size_t count;
};

/* A refusal leaves nothing: it comes before the first write of its batch. */
static bool
is_refusal(enum register_result res)
{
	return res != REGISTER_OK && res < REGISTER_END;
}

static enum register_result
many_inside(struct register_db *db, void *arg)
{
	const struct many *many = arg;
	enum register_result res = REGISTER_OK;

	for (size_t i = 0; i < many->count && res == REGISTER_OK; i++) {
		struct register_order *order = &many->orders[i];
		struct issue issue = { .batch = &order->batch, .key = &order->key };

		res = order->result = issue_inside(db, &issue);
		order->issued = issue.issued;
		if (is_refusal(res) && issue.issued.batch == 0 && issue.issued.device == 0)
			res = REGISTER_OK;
	}
	return res;
}

enum register_result
register_issue_many(struct register_db *db, struct register_order *orders, size_t count)
{
	struct many many = { orders, count };

	return register_transact(db, true, many_inside, &many);
}

struct notified {
	const char *notification, *tls;
	bool there;
};

static enum register_result
notified_inside(struct register_db *db, void *arg)
{
	struct notified *notified = arg;
	const struct db_value which[] = { DB_TEXT(notified->notification) };
	int64_t id;

	return register_ask(db, "SELECT id FROM batches WHERE notification = $1", which, 1, &notified->there, &id);
}

enum register_result
register_has_notification(struct register_db *db, const char *notification, bool *there)
{
	struct notified notified = { notification, NULL, false };
	const enum register_result res = register_transact(db, false, notified_inside, &notified);

	*there = notified.there;
	return res;
}

static enum register_result
notified_to_inside(struct register_db *db, void *arg)
{
	struct notified *notified = arg;
	const struct db_value values[] = { DB_TEXT(notified->notification), DB_TEXT(notified->tls) };
	int64_t id;

	return register_ask(db,
		"SELECT b.id FROM batches AS b JOIN devices AS d ON d.id = b.device"
		" WHERE b.notification = $1 AND (d.tls IS NULL OR d.tls = $2)",
		values, 2, &notified->there, &id);
}

enum register_result
register_notification_is_of(struct register_db *db, const char *notification, const char *tls, bool *is)
{
	struct notified notified = { notification, tls, false };
	const enum register_result res = register_transact(db, false, notified_to_inside, &notified);

	*is = notified.there;
	return res;
}

/* ---- Delivered ---- */

struct delivered {
	const char *notification;
	int64_t when, device;
};

static enum register_result
delivered_inside(struct register_db *db, void *arg)
{
	struct delivered *delivered = arg;
	const struct db_value which[] = { DB_TEXT(delivered->notification) };
	int64_t batch = 0, generation = 0, before = 0;
	enum register_result res;
	bool there;

	res = register_ask(db, "SELECT device FROM batches WHERE notification = $1", which, 1, &there,
		&delivered->device);
	if (res == REGISTER_OK && !there)
		return REGISTER_END;
	if (res == REGISTER_OK)
		res = register_ask(db, "SELECT id FROM batches WHERE notification = $1", which, 1, NULL, &batch);
	if (res == REGISTER_OK)
		res = register_ask(db, "SELECT generation FROM batches WHERE notification = $1", which, 1, NULL,
			&generation);
	if (res == REGISTER_OK)
		res = register_ask(db, "SELECT delivered FROM batches WHERE notification = $1", which, 1, NULL,
			&before);
	if (res != REGISTER_OK || before != 0)
		return res; /* said twice */
	const struct db_value now[] = { DB_INT(delivered->when), DB_INT(batch) };
	const struct db_value old[] = { DB_INT(delivered->when), DB_INT(delivered->device), DB_INT(generation) };

	res = register_do(db, "UPDATE batches SET delivered = $1 WHERE id = $2", now, 2);
	if (res == REGISTER_OK)
		res = register_do(db,
			"UPDATE batches SET ended = $1, ended_reason = 'superseded'"
			" WHERE device = $2 AND generation < $3 AND ended IS NULL",
			old, 3);
	return res == REGISTER_OK ? register_append(db, delivered->when, "delivered", delivered->device, batch, NULL)
				  : res;
}

enum register_result
register_delivered(struct register_db *db, const char *notification, int64_t when, int64_t *device)
{
	struct delivered delivered = { notification, when, 0 };
	const enum register_result res = register_transact(db, true, delivered_inside, &delivered);

	if (device != NULL)
		*device = delivered.device;
	return res;
}
