/*
 * verify.c: is the log what was written, and are the states of the enrolments what it says? And what is removed of
 * it when its time is over.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/message.h"
#include "tools/issuer/register/log.h"

#define PAGE 1000
#define UNSEEN 0xFF
#define GRANT_AGE ((int64_t)7 * 86400)  /* a grant that has expired is of no use to anybody */
#define OFFER_AGE ((int64_t)31 * 86400) /* the same of a nonce that nobody used */

struct replay {
	uint8_t *states; /* by the number of the enrolment */
	size_t room;
};

struct verify {
	int64_t now, known_at;
	const char *known;
	bool known_seen;
	struct register_chain *chain;
	struct replay replay;
};

static bool
make_room(struct replay *replay, int64_t device)
{
	const size_t need = (size_t)device + 1;
	size_t room = replay->room == 0 ? 1024 : replay->room;
	uint8_t *grown;

	while (room < need)
		room *= 2;
	if (room == replay->room)
		return true;
	grown = realloc(replay->states, room);
	if (grown == NULL)
		return false;
	memset(grown + replay->room, UNSEEN, room - replay->room);
	replay->states = grown;
	replay->room = room;
	return true;
}

/* An enrolment begins with its first "issue"; acts follow the table of states. */
static const char *
replay_event(struct replay *replay, const struct log_event *event)
{
	enum register_state to;
	enum register_act act;
	uint8_t *state;

	if (event->device <= 0)
		return NULL;
	if (!make_room(replay, event->device))
		return N_("there is not enough memory");
	state = &replay->states[event->device];
	if (strcmp(event->event, "issue") == 0 && *state == UNSEEN)
		*state = REGISTER_ACTIVE;
	else if (register_act_from(event->event, &act)) {
		if (*state == UNSEEN || !register_next_state((enum register_state) * state, act, &to))
			return N_("an act is in the log that the state of its record does not allow");
		*state = (uint8_t)to;
	}
	return NULL;
}

static const char *
check_event(const struct verify *verify, const struct log_event *event)
{
	const struct register_chain *chain = verify->chain;
	char hash[65] = "", detail_hash[65] = "";

	if (event->id != chain->events + 1)
		return N_("an event is missing");
	if (event->event == NULL || event->category == NULL || event->hash == NULL ||
		!log_event_hash(event, chain->hash, hash) || strcmp(hash, event->hash) != 0)
		return N_("an event was changed");
	if (event->detail_hash == NULL)
		return event->detail == NULL ? NULL : N_("an event was changed");
	if (event->detail == NULL)
		return event->retained_until < verify->now ? NULL
							   : N_("the detail of an event is missing before its time");
	if (event->salt == NULL || !log_detail_hash(event->salt, event->detail, detail_hash) ||
		strcmp(detail_hash, event->detail_hash) != 0)
		return N_("the detail of an event was changed");
	return NULL;
}

/* False: it is not what was written. */
static bool
take_event(struct verify *verify, const struct db_rows *rows)
{
	struct register_chain *chain = verify->chain;
	const struct log_event event = { .id = db_number(rows, 0),
		.at = db_number(rows, 1),
		.event = db_text(rows, 2),
		.category = db_text(rows, 3),
		.operator_ = db_text(rows, 4),
		.device = db_number(rows, 5),
		.batch = db_number(rows, 6),
		.detail = db_text(rows, 7),
		.salt = db_text(rows, 8),
		.detail_hash = db_text(rows, 9),
		.retained_until = db_number(rows, 10),
		.hash = db_text(rows, 11) };

	chain->fault = check_event(verify, &event);
	if (chain->fault == NULL)
		chain->fault = replay_event(&verify->replay, &event);
	if (chain->fault != NULL) {
		chain->bad = chain->events + 1;
		return false;
	}
	chain->events++;
	chain->purged += event.detail_hash != NULL && event.detail == NULL;
	snprintf(chain->hash, sizeof(chain->hash), "%s", event.hash);
	if (verify->known != NULL && event.id == verify->known_at)
		verify->known_seen = strcmp(verify->known, event.hash) == 0;
	return true;
}

/* *more: there may be another page */
static enum register_result
take_page(struct register_db *db, struct verify *verify, bool *more)
{
	const struct db_value values[] = { DB_INT(verify->chain->events), DB_INT(PAGE) };
	struct db_rows rows;
	enum db_result row;
	int n = 0;

	for (row = db_query(db->db,
		     "SELECT id, at, event, category, operator, device, batch, detail, salt, detail_hash,"
		     " retained_until, hash FROM events WHERE id > $1 ORDER BY id LIMIT $2",
		     values, 2, &rows);
		row == DB_OK && take_event(verify, &rows); row = db_next(&rows))
		n++;
	*more = n == PAGE && verify->chain->fault == NULL;
	db_end(&rows);
	return register_failure(db, row);
}

/* The end as the register remembers it, and the hash that somebody kept. */
static enum register_result
check_end(struct register_db *db, struct verify *verify)
{
	struct register_chain *chain = verify->chain;
	const struct db_value values[] = { DB_INT(chain->events), DB_TEXT(chain->hash) };
	enum register_result res;
	int64_t same;

	res = register_ask(db, "SELECT count(*) FROM chain WHERE id = 1 AND last = $1 AND hash = $2", values, 2, NULL,
		&same);
	if (res != REGISTER_OK)
		return res;
	if (same != 1)
		chain->fault = N_("the end of the log is missing");
	else if (verify->known != NULL && !verify->known_seen)
		chain->fault = N_("the log is not the one of which the hash was kept");
	if (chain->fault != NULL)
		chain->bad = chain->events + 1;
	return REGISTER_OK;
}

static enum register_result
check_states(struct register_db *db, struct verify *verify)
{
	struct register_chain *chain = verify->chain;
	enum register_state state;
	struct db_rows rows;
	enum db_result row;
	int64_t id;

	for (row = db_query(db->db, "SELECT id, state FROM devices ORDER BY id", NULL, 0, &rows);
		row == DB_OK && chain->fault == NULL; row = db_next(&rows)) {
		id = db_number(&rows, 0);
		if (id <= 0 || (size_t)id >= verify->replay.room || !register_state_from(db_text(&rows, 1), &state) ||
			verify->replay.states[id] != (uint8_t)state) {
			chain->fault = N_("the state of an enrolment is not what the log says");
			chain->bad = id;
		}
	}
	db_end(&rows);
	return register_failure(db, row);
}

static enum register_result
verify_inside(struct register_db *db, void *arg)
{
	struct verify *verify = arg;
	enum register_result res;
	bool more;

	*verify->chain = (struct register_chain){ .events = 0 };
	do {
		res = take_page(db, verify, &more);
	} while (res == REGISTER_OK && more);
	if (res == REGISTER_OK && verify->chain->fault == NULL)
		res = check_end(db, verify);
	if (res == REGISTER_OK && verify->chain->fault == NULL)
		res = check_states(db, verify);
	return res;
}

enum register_result
register_verify_log(struct register_db *db, int64_t now, int64_t known_at, const char *known,
	struct register_chain *chain)
{
	struct verify verify = { .now = now, .known_at = known_at, .known = known, .chain = chain };
	enum register_result res;

	res = register_transact(db, false, verify_inside, &verify);
	free(verify.replay.states);
	return res;
}

struct purge {
	int64_t now, details, people;
};

static enum register_result
purge_inside(struct register_db *db, void *arg)
{
	static const struct {
		const char *sql; /* $1: everything before it */
		enum { NOW, ISSUES, NOTICES, GRANTS, OFFERS } before;
		enum { NOTHING, DETAIL, PERSON } counts;
	} steps[] = {
		{ "UPDATE events SET detail = NULL, salt = NULL WHERE detail IS NOT NULL AND retained_until < $1", NOW,
			DETAIL },
		{ "UPDATE people SET claims = NULL, birth_date = NULL, municipality = NULL WHERE claims IS NOT NULL"
		  " AND updated < $1 AND NOT EXISTS (SELECT 1 FROM devices WHERE person = people.id"
		  " AND (state IN ('ACTIVE', 'SUSPENDED') OR since >= $1))",
			ISSUES, PERSON },
		{ "UPDATE devices SET serial = NULL, attestation = NULL, response = NULL, notice = NULL, tls = NULL"
		  " WHERE state = 'REVOKED' AND since < $1 AND attestation IS NOT NULL",
			ISSUES, NOTHING },
		{ "UPDATE spool SET document = NULL WHERE document IS NOT NULL AND delivered < $1", NOTICES, NOTHING },
		{ "DELETE FROM grants WHERE expires < $1", GRANTS, NOTHING },
		{ "DELETE FROM offers WHERE used IS NULL AND created < $1", OFFERS, NOTHING },
	};
	struct purge *purge = arg;
	const struct db_value times[] = { DB_INT(purge->now), DB_INT(purge->now - db->retention[REGISTER_ISSUE]),
		DB_INT(purge->now - db->retention[REGISTER_NOTICE]), DB_INT(purge->now - GRANT_AGE),
		DB_INT(purge->now - OFFER_AGE) };
	enum register_result res = REGISTER_OK;
	int64_t changed = 0;
	char detail[64];

	purge->details = purge->people = 0;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && res == REGISTER_OK; i++) {
		res = register_failure(db, db_execute(db->db, steps[i].sql, &times[steps[i].before], 1, &changed));
		purge->details += steps[i].counts == DETAIL ? changed : 0;
		purge->people += steps[i].counts == PERSON ? changed : 0;
	}
	snprintf(detail, sizeof(detail), "%" PRId64 " details, %" PRId64 " people", purge->details, purge->people);
	return res == REGISTER_OK ? register_append(db, purge->now, "purge", 0, 0, detail) : res;
}

enum register_result
register_purge(struct register_db *db, int64_t now, int64_t *details, int64_t *people)
{
	struct purge purge = { .now = now };
	const enum register_result res = register_transact(db, true, purge_inside, &purge);

	*details = purge.details;
	*people = purge.people;
	return res;
}
