/*
 * log.c: the log of events, a chain of hashes that only grows (R-RET-01, R-IKC-02).
 *
 * The hash of an event is SHA-256 over the hash before it and the event's members; of the detail it covers only a
 * salted hash, so that the detail can be removed when its time is over, and then cannot be guessed either.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/issuer/register/log.h"

#define DAY ((int64_t)86400)

/* No source names a period: these are ours, and configuration (R-RET-01). */
static const struct {
	const char *name;
	int64_t days;
} categories[REGISTER_CATEGORY_COUNT] = {
	[REGISTER_ISSUE] = { "issue", 1826 },
	[REGISTER_STATUS] = { "status", 1826 },
	[REGISTER_PERSON] = { "person", 1826 },
	[REGISTER_KEY] = { "key", 3653 },
	[REGISTER_OPERATOR] = { "operator", 1826 },
	[REGISTER_NOTICE] = { "notice", 366 },
};

/* A name that ends with a hyphen stands for all that begin so. */
static const struct {
	const char *event;
	enum register_category category;
} events[] = {
	{ "init", REGISTER_KEY },
	{ "offer", REGISTER_ISSUE },
	{ "issue", REGISTER_ISSUE },
	{ "not-delivered", REGISTER_ISSUE },
	{ "delivered", REGISTER_ISSUE },
	{ "bundle", REGISTER_ISSUE },
	{ "challenge", REGISTER_KEY },
	{ "enrol", REGISTER_KEY },
	{ "answer-refused", REGISTER_KEY },
	{ "enrol-refused", REGISTER_KEY },
	{ "key-", REGISTER_KEY },
	{ "suspend", REGISTER_STATUS },
	{ "resume", REGISTER_STATUS },
	{ "revoke", REGISTER_STATUS },
	{ "return", REGISTER_STATUS },
	{ "lapse", REGISTER_STATUS },
	{ "exhaust", REGISTER_STATUS },
	{ "renew", REGISTER_STATUS },
	{ "compromise", REGISTER_STATUS },
	{ "status-list", REGISTER_STATUS },
	{ "crl", REGISTER_STATUS },
	{ "person-", REGISTER_PERSON },
	{ "notice-", REGISTER_NOTICE },
};

const char *
register_category_name(enum register_category category)
{
	return (size_t)category < REGISTER_CATEGORY_COUNT ? categories[category].name : "?";
}

bool
register_category_from(const char *name, enum register_category *category)
{
	for (size_t i = 0; i < REGISTER_CATEGORY_COUNT; i++) {
		if (strcmp(categories[i].name, name) == 0) {
			*category = (enum register_category)i;
			return true;
		}
	}
	return false;
}

void
register_default_retention(struct register_db *db)
{
	for (size_t i = 0; i < REGISTER_CATEGORY_COUNT; i++)
		db->retention[i] = categories[i].days * DAY;
}

void
register_set_retention(struct register_db *db, enum register_category category, int64_t days)
{
	db->retention[category] = days * DAY;
}

static enum register_category
category_of(const char *event)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		const size_t len = strlen(events[i].event);

		if (strcmp(event, events[i].event) == 0 ||
			(events[i].event[len - 1] == '-' && strncmp(event, events[i].event, len) == 0))
			return events[i].category;
	}
	return REGISTER_OPERATOR;
}

/* Length and bytes, so that no two rows can look alike; "-" is no text at all. */
static void
put(struct mdoc_buf *out, const char *text)
{
	char len[24];

	snprintf(len, sizeof(len), "%zu:", text == NULL ? 0 : strlen(text));
	mdoc_buf_append(out, text == NULL ? mdoc_text("-") : mdoc_text(len));
	if (text != NULL)
		mdoc_buf_append(out, mdoc_text(text));
	mdoc_buf_append(out, mdoc_text(","));
}

static void
put_number(struct mdoc_buf *out, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	put(out, text);
}

/* SHA-256 as text; clears the buffer. */
static bool
digest(struct mdoc_buf *buf, char text[65])
{
	uint8_t hash[REGISTER_HASH_LEN];
	size_t len = 0;
	bool done;

	done = buf->err == MDOC_OK && tool_context() != NULL &&
		EVP_Q_digest(mdoc_context_libctx(tool_context()), "SHA256", NULL, buf->ptr, buf->len, hash, &len) == 1;
	for (size_t i = 0; done && i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
	mdoc_buf_clear(buf);
	return done;
}

bool
log_detail_hash(const char *salt, const char *detail, char hash[65])
{
	struct mdoc_buf buf = MDOC_BUF_EMPTY;

	put(&buf, salt);
	put(&buf, detail);
	return digest(&buf, hash);
}

bool
log_event_hash(const struct log_event *event, const char *before, char hash[65])
{
	struct mdoc_buf buf = MDOC_BUF_EMPTY;

	put(&buf, before);
	put_number(&buf, event->id);
	put_number(&buf, event->at);
	put(&buf, event->event);
	put(&buf, event->category);
	put(&buf, event->operator_);
	put_number(&buf, event->device);
	put_number(&buf, event->batch);
	put(&buf, event->detail_hash);
	put_number(&buf, event->retained_until);
	return digest(&buf, hash);
}

static enum register_result
read_end(struct register_db *db, int64_t *last, char hash[65])
{
	enum register_result res;
	struct db_rows rows;

	res = register_failure(db, db_query(db->db, "SELECT last, hash FROM chain WHERE id = 1", NULL, 0, &rows));
	if (res == REGISTER_OK && (!db_has_row(&rows) || db_text(&rows, 1) == NULL || strlen(db_text(&rows, 1)) > 64))
		res = register_wrong(db, "the end of the log is damaged");
	if (res == REGISTER_OK) {
		*last = db_number(&rows, 0);
		strcpy(hash, db_text(&rows, 1));
	}
	db_end(&rows);
	return res;
}

enum register_result
register_append(struct register_db *db, int64_t when, const char *name, int64_t device, int64_t batch,
	const char *detail)
{
	const enum register_category category = category_of(name);
	char salt[33] = "", detail_hash[65] = "", before[65] = "", hash[65] = "";
	struct log_event event = { .at = when,
		.event = name,
		.category = register_category_name(category),
		.operator_ = db->operator_,
		.device = device,
		.batch = batch,
		.detail = detail,
		.retained_until = when + db->retention[category] };
	enum register_result res;

	res = read_end(db, &event.id, before);
	event.id++;
	if (res == REGISTER_OK && detail != NULL)
		res = register_random(db, 16, salt);
	if (res != REGISTER_OK)
		return res;
	if (detail != NULL) {
		if (!log_detail_hash(salt, detail, detail_hash))
			return register_wrong(db, "no hash could be made");
		event.salt = salt;
		event.detail_hash = detail_hash;
	}
	if (!log_event_hash(&event, before, hash))
		return register_wrong(db, "no hash could be made");
	const struct db_value row[] = { DB_INT(event.id), DB_INT(event.at), DB_TEXT(event.event),
		DB_TEXT(event.category), DB_TEXT(event.operator_), DB_ID(event.device), DB_ID(event.batch),
		DB_TEXT(event.detail), DB_TEXT(event.salt), DB_TEXT(event.detail_hash), DB_INT(event.retained_until),
		DB_TEXT(hash) };
	const struct db_value end[] = { DB_INT(event.id), DB_TEXT(hash) };

	res = register_do(db,
		"INSERT INTO events (id, at, event, category, operator, device, batch, detail, salt, detail_hash,"
		" retained_until, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
		row, DB_COUNT(row));
	return res == REGISTER_OK
		? register_do(db, "UPDATE chain SET last = $1, hash = $2 WHERE id = 1", end, DB_COUNT(end))
		: res;
}

struct logged {
	int64_t when;
	const char *event, *detail;
};

static enum register_result
log_inside(struct register_db *db, void *arg)
{
	const struct logged *logged = arg;

	return register_append(db, logged->when, logged->event, 0, 0, logged->detail);
}

enum register_result
register_log(struct register_db *db, int64_t when, const char *event, const char *detail)
{
	struct logged logged = { when, event, detail };

	return register_transact(db, true, log_inside, &logged);
}
