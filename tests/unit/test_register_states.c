/* test_register_states.c: states of records in the register. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/unit/register_kit.h"
#include "tests/unit/unit_issuer.h"

#define NOW KIT_NOW
#define DAY 86400

static enum register_state
state_of(struct register_db *db, int64_t id)
{
	struct register_device device;
	enum register_state state;

	CU_ASSERT_EQUAL(register_device_find(db, id, &device), REGISTER_OK);
	state = device.state;
	register_device_clear(&device);
	return state;
}

static enum register_result
act(struct register_db *db, int64_t id, enum register_act what, const char *reason)
{
	const struct register_change change = { id, what, reason, NOW + 60 };

	return register_change_state(db, &change, NULL);
}

/* What leads to each state from ACTIVE, REGISTER_ACT_COUNT: nothing. */
static const enum register_act way[REGISTER_STATE_COUNT] = { REGISTER_ACT_COUNT, REGISTER_ACT_SUSPEND,
	REGISTER_ACT_REVOKE, REGISTER_ACT_LAPSE, REGISTER_ACT_EXHAUST };

/* Rows: states in order; columns: suspend resume revoke return lapse exhaust renew compromise. First letters, "-": refused.
 * Written down here from the law's words and not from the table of the product. */
static const char *const expected[REGISTER_STATE_COUNT] = {
	[REGISTER_ACTIVE] = "S-RRLEAR",
	[REGISTER_SUSPENDED] = "-ARR---R",
	[REGISTER_REVOKED] = "---R----",
	[REGISTER_LAPSED] = "--RR--AR",
	[REGISTER_EXHAUSTED] = "--RRL-AR",
};

/* Otherwise a revoked record could come back, or a lost telephone's suspended one be renewed (R-CARD-41, R-SUS-03). */
static void
test_every_transition(void)
{
	static const char letters[] = "ASRLE";
	struct register_db *db = kit_fresh();
	struct register_issued issued;
	char name[32];

	for (unsigned from = 0; from < REGISTER_STATE_COUNT; from++) {
		for (unsigned what = 0; what < REGISTER_ACT_COUNT; what++) {
			const char next = expected[from][what];
			const int64_t refused = kit_count("SELECT count(*) FROM events WHERE event = 'refused'");

			snprintf(name, sizeof(name), "n%u-%u", from, what);
			const struct kit_issue one = { .name = name, .n = 1 };

			CU_ASSERT_EQUAL(kit_issue(db, &one, &issued), REGISTER_OK);
			if (way[from] != REGISTER_ACT_COUNT)
				CU_ASSERT_EQUAL(act(db, issued.device, way[from], NULL), REGISTER_OK);
			CU_ASSERT_EQUAL(state_of(db, issued.device), from);
			CU_ASSERT_EQUAL(act(db, issued.device, (enum register_act)what, "device-retired"),
				next == '-' ? REGISTER_NOT_ALLOWED : REGISTER_OK);
			CU_ASSERT_EQUAL(letters[state_of(db, issued.device)], next == '-' ? letters[from] : next);
			CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM events WHERE event = 'refused'"),
				refused + (next == '-'));
		}
	}
	CU_ASSERT_EQUAL(act(db, 9999, REGISTER_ACT_SUSPEND, NULL), REGISTER_DEVICE_UNKNOWN);
	if (!kit_is_server())
		CU_ASSERT(!kit_execute("UPDATE devices SET state = 'ACTIVE' WHERE state = 'REVOKED'"));
	kit_drop(db);
}

/* Otherwise an office would be told another status than the law's four, or a third party more than yes or no. */
static void
test_law(void)
{
	static const struct {
		enum register_state state;
		const char *reason, *name;
		bool has;
	} rows[] = {
		{ REGISTER_ACTIVE, NULL, "運用中", true },
		{ REGISTER_SUSPENDED, NULL, "一時停止", false },
		{ REGISTER_REVOKED, "key-leaked", "廃止", false },
		{ REGISTER_REVOKED, "device-retired", "回収", false },
		{ REGISTER_LAPSED, "validity", "廃止", false },
		{ REGISTER_EXHAUSTED, NULL, "廃止", false },
		{ REGISTER_LAPSED, "device-retired", "廃止", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const enum register_law law = register_law_of(rows[i].state, rows[i].reason);

		CU_ASSERT_STRING_EQUAL(register_law_name(law), rows[i].name);
		CU_ASSERT_EQUAL(register_third_party(law), rows[i].has);
	}
	CU_ASSERT(register_reason_known("medium-unusable"));
	CU_ASSERT(!register_reason_known("issuer-key"));
	CU_ASSERT(!register_reason_known("because"));
}

/* Otherwise a person could hold two live records (R-CARD-24), or an old telephone go on beside the new one. */
static void
test_one_live(void)
{
	struct register_db *db = kit_fresh();
	struct register_issued first, second;
	struct kit_issue what = { .name = "a", .person = "p", .n = 2, .with_key = true };
	struct register_device device;

	CU_ASSERT_EQUAL(kit_issue(db, &what, &first), REGISTER_OK);
	what.name = "b";
	CU_ASSERT_EQUAL(kit_issue(db, &what, &second), REGISTER_DEVICE_LIVE);
	CU_ASSERT_EQUAL(act(db, first.device, REGISTER_ACT_SUSPEND, NULL), REGISTER_OK);
	CU_ASSERT_EQUAL(kit_issue(db, &what, &second), REGISTER_DEVICE_LIVE);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM copies"), 2);
	what.supersede = true;
	CU_ASSERT_EQUAL(kit_issue(db, &what, &second), REGISTER_OK);
	CU_ASSERT_EQUAL(second.superseded, first.device);
	CU_ASSERT_EQUAL(state_of(db, first.device), REGISTER_REVOKED);
	CU_ASSERT_EQUAL(register_device_of_person(db, "p", &device), REGISTER_OK);
	CU_ASSERT_EQUAL(device.id, second.device);
	register_device_clear(&device);
	CU_ASSERT_EQUAL(register_device_by_attestation(db, "b-key", &device), REGISTER_OK);
	CU_ASSERT_EQUAL(device.id, second.device);
	CU_ASSERT_STRING_EQUAL(device.reference, "p");
	register_device_clear(&device);
	CU_ASSERT_EQUAL(register_device_by_tls(db, "c-key", device.person, &device), REGISTER_DEVICE_UNKNOWN);

	/* A lapsed one makes way by itself, and can't be renewed afterwards. */
	CU_ASSERT_EQUAL(act(db, second.device, REGISTER_ACT_LAPSE, NULL), REGISTER_OK);
	what = (struct kit_issue){ .name = "c", .person = "p", .n = 1 };
	CU_ASSERT_EQUAL(kit_issue(db, &what, &first), REGISTER_OK);
	what = (struct kit_issue){ .name = "d", .device = second.device, .n = 1 };
	CU_ASSERT_EQUAL(kit_issue(db, &what, &first), REGISTER_NOT_ALLOWED);
	what = (struct kit_issue){ .name = "e", .device = 4711, .n = 1 };
	CU_ASSERT_EQUAL(kit_issue(db, &what, &first), REGISTER_DEVICE_UNKNOWN);
	kit_drop(db);
}

/* Otherwise three generations of copies would be good at once, or the old ones stay so after the new ones are there. */
static void
test_generations(void)
{
	struct register_db *db = kit_fresh();
	struct register_issued issued;
	struct kit_issue what = { .name = "a", .person = "p", .n = 1, .notification = "note-a" };
	int64_t device, until = 0;

	CU_ASSERT_EQUAL(kit_issue(db, &what, &issued), REGISTER_OK);
	device = issued.device;
	CU_ASSERT_EQUAL(issued.generation, 1);
	what = (struct kit_issue){ .name = "b", .device = device, .n = 1, .at = NOW + DAY, .notification = "note-b" };
	CU_ASSERT_EQUAL(kit_issue(db, &what, &issued), REGISTER_OK);
	CU_ASSERT_EQUAL(issued.generation, 2);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM batches WHERE ended IS NULL"), 2);
	what = (struct kit_issue){ .name = "c",
		.device = device,
		.n = 1,
		.at = NOW + 2 * DAY,
		.notification = "note-c" };
	CU_ASSERT_EQUAL(kit_issue(db, &what, &issued), REGISTER_OK);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM batches WHERE ended IS NULL"), 2);
	CU_ASSERT_EQUAL(kit_count("SELECT generation FROM batches WHERE ended IS NOT NULL"), 1);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM batches AS b JOIN batches AS a ON a.id = b.predecessor"), 2);
	CU_ASSERT_EQUAL(register_device_valid_until(db, device, &until), REGISTER_OK);
	CU_ASSERT_EQUAL(until, NOW + 32 * DAY);
	CU_ASSERT_EQUAL(register_delivered(db, "note-c", NOW + 3 * DAY, NULL), REGISTER_OK);
	CU_ASSERT_EQUAL(register_delivered(db, "note-c", NOW + 4 * DAY, NULL), REGISTER_OK);
	CU_ASSERT_EQUAL(register_delivered(db, "note-x", NOW, NULL), REGISTER_END);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM batches WHERE ended IS NULL"), 1);
	CU_ASSERT_EQUAL(kit_count("SELECT delivered FROM batches WHERE generation = 3"), NOW + 3 * DAY);
	kit_drop(db);
}

/* Otherwise whoever names another's TLS key in a request by file would take the place of that one's enrolment, whose
 * renewals would then be refused (R-CARD-07). */
static void
test_whose_line(void)
{
	struct register_db *db = kit_fresh();
	struct register_issued own, other;
	struct register_device device;
	struct kit_issue what = { .name = "a", .person = "p", .n = 1, .with_key = true, .tls = "line" };
	int64_t p;

	CU_ASSERT_EQUAL(kit_issue(db, &what, &own), REGISTER_OK);
	what = (struct kit_issue){ .name = "b", .person = "q", .n = 1, .with_key = true, .tls = "line" };
	CU_ASSERT_EQUAL(kit_issue(db, &what, &other), REGISTER_OK);
	CU_ASSERT_EQUAL(register_device_find(db, own.device, &device), REGISTER_OK);
	p = device.person;
	register_device_clear(&device);
	CU_ASSERT_EQUAL(register_device_by_tls(db, "line", p, &device), REGISTER_OK);
	CU_ASSERT_EQUAL(device.id, own.device);
	register_device_clear(&device);
	CU_ASSERT_EQUAL(register_device_by_tls(db, "line", 0, &device), REGISTER_DEVICE_UNKNOWN);
	what = (struct kit_issue){ .name = "c", .n = 1, .with_key = true, .tls = "line" };
	CU_ASSERT_EQUAL(kit_issue(db, &what, &other), REGISTER_OK);
	CU_ASSERT_EQUAL(register_device_by_tls(db, "line", 0, &device), REGISTER_OK);
	CU_ASSERT_EQUAL(device.id, other.device);
	register_device_clear(&device);
	kit_drop(db);
}

/* Otherwise one holder could end what another has, or fill the log with what never was. */
static void
test_whose_notification(void)
{
	struct register_db *db = kit_fresh();
	struct register_issued issued;
	struct kit_issue what = { .name = "a", .n = 1, .notification = "note-a", .with_key = true };
	bool is = false;

	CU_ASSERT_EQUAL(kit_issue(db, &what, &issued), REGISTER_OK);
	what = (struct kit_issue){ .name = "b", .n = 1, .notification = "note-b" };
	CU_ASSERT_EQUAL(kit_issue(db, &what, &issued), REGISTER_OK);
	CU_ASSERT_EQUAL(register_notification_is_of(db, "note-a", "a-key", &is), REGISTER_OK);
	CU_ASSERT(is);
	CU_ASSERT_EQUAL(register_notification_is_of(db, "note-a", "b-key", &is), REGISTER_OK);
	CU_ASSERT(!is);
	CU_ASSERT_EQUAL(register_notification_is_of(db, "note-b", "b-key", &is), REGISTER_OK);
	CU_ASSERT(is);
	CU_ASSERT_EQUAL(register_notification_is_of(db, "note-x", "a-key", &is), REGISTER_OK);
	CU_ASSERT(!is);
	kit_drop(db);
}

/* Otherwise what has no ground any more would count as in operation, or a suspended record end so that it can be renewed. */
static void
test_lapse(void)
{
	static const char *const people[] = { "fine", "card", "signature", "abolished", "over", "suspended" };
	struct register_db *db = kit_fresh();
	struct register_person person;
	struct register_issued issued[6];
	int64_t lapsed = 0;

	for (size_t i = 0; i < 6; i++) {
		char reference[16], name[16];

		strcpy(reference, people[i]);
		snprintf(name, sizeof(name), "n-%zu", i);
		person = (struct register_person){ .reference = reference, .card_until = NOW + 90 * DAY };
		if (i == 1)
			person.card_until = NOW + DAY;
		if (i == 2)
			person.signature_until = NOW + DAY;
		if (i == 3)
			person.card_status = REGISTER_LAW_ABOLISHED;
		CU_ASSERT_EQUAL(register_person_add(db, &person, NOW), REGISTER_OK);
		CU_ASSERT_EQUAL(register_person_add(db, &person, NOW), REGISTER_PERSON_KNOWN);
		const struct kit_issue what = { .name = name,
			.person = people[i],
			.n = 1,
			.at = i == 4 ? NOW - 40 * DAY : NOW };

		CU_ASSERT_EQUAL(kit_issue(db, &what, &issued[i]), REGISTER_OK);
	}
	CU_ASSERT_EQUAL(act(db, issued[5].device, REGISTER_ACT_SUSPEND, NULL), REGISTER_OK);
	CU_ASSERT_EQUAL(register_lapse(db, NOW + 2 * DAY, &lapsed), REGISTER_OK);
	CU_ASSERT_EQUAL(lapsed, 4);
	for (size_t i = 0; i < 6; i++)
		CU_ASSERT_EQUAL(state_of(db, issued[i].device),
			i == 0           ? REGISTER_ACTIVE
				: i == 5 ? REGISTER_SUSPENDED
					 : REGISTER_LAPSED);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM devices WHERE reason = 'signature-certificate'"), 1);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM devices WHERE reason = 'card'"), 2);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM devices WHERE reason = 'validity'"), 1);
	CU_ASSERT_EQUAL(register_lapse(db, NOW + 40 * DAY, &lapsed), REGISTER_OK);
	CU_ASSERT_EQUAL(lapsed, 1);
	CU_ASSERT_EQUAL(state_of(db, issued[5].device), REGISTER_SUSPENDED);
	kit_drop(db);
}

/* Otherwise records under a key that others have would stay good, or more of them be made (R-REV-04). */
static void
test_compromise(void)
{
	struct register_db *db = kit_fresh();
	struct register_issued issued[300], last;
	struct register_revoked revoked;
	int64_t n = 0;
	char name[16];

	for (size_t i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "n-%zu", i);
		const struct kit_issue what = { .name = name, .n = 1, .ds = i < 260 ? "0a" : "0b" };

		CU_ASSERT_EQUAL(kit_issue(db, &what, &issued[i]), REGISTER_OK);
	}
	CU_ASSERT_EQUAL(register_compromise(db, "0a", 1, NOW, &n), REGISTER_OK);
	CU_ASSERT_EQUAL(n, 260);
	CU_ASSERT_EQUAL(register_compromise(db, "0a", 1, NOW + 1, &n), REGISTER_OK);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(state_of(db, issued[0].device), REGISTER_REVOKED);
	CU_ASSERT_EQUAL(state_of(db, issued[260].device), REGISTER_ACTIVE);
	const struct kit_issue bad = { .name = "bad", .n = 1, .ds = "0a" },
			       good = { .name = "good", .n = 1, .ds = "0b" };

	CU_ASSERT_EQUAL(kit_issue(db, &bad, &last), REGISTER_SIGNER_REVOKED);
	CU_ASSERT_EQUAL(register_signer(db, "0a"), REGISTER_SIGNER_REVOKED);
	CU_ASSERT_EQUAL(register_signer(db, "0b"), REGISTER_OK);
	CU_ASSERT_EQUAL(kit_issue(db, &good, &last), REGISTER_OK);
	CU_ASSERT_EQUAL(register_next_revoked(db, "", &revoked), REGISTER_OK);
	CU_ASSERT_STRING_EQUAL(revoked.serial, "0a");
	CU_ASSERT_EQUAL(revoked.when, NOW);
	CU_ASSERT_EQUAL(register_next_revoked(db, "0a", &revoked), REGISTER_END);

	/* The IACA's own: everything, and nothing more is issued at all. */
	CU_ASSERT_EQUAL(register_compromise(db, NULL, 2, NOW, &n), REGISTER_OK);
	CU_ASSERT_EQUAL(n, 41);
	CU_ASSERT_EQUAL(register_next_revoked(db, "0a", &revoked), REGISTER_OK);
	CU_ASSERT_EQUAL(revoked.reason, 2);
	const struct kit_issue more = { .name = "more", .n = 1, .ds = "0c" };

	CU_ASSERT_EQUAL(kit_issue(db, &more, &last), REGISTER_IACA_REVOKED);
	CU_ASSERT_EQUAL(register_signer(db, "0a"), REGISTER_IACA_REVOKED);
	kit_drop(db);
}

/* Otherwise an old address would go on being shown, or its change be told to nobody (R-CARD-40, R-NTF-01). */
static void
test_people(void)
{
	struct register_db *db = kit_fresh();
	char reference[] = "p", claims[] = "{\"a\":1}", other[] = "{\"a\":2}", place[] = "131016";
	struct register_person person = { .reference = reference, .claims = claims, .municipality = place }, found;
	struct kit_issue what = { .name = "a", .person = "p", .n = 1, .with_key = true };
	struct register_notice notice;
	struct register_issued issued;
	int64_t lapsed;

	CU_ASSERT_EQUAL(register_person_update(db, &person, NULL, NOW, &lapsed), REGISTER_PERSON_UNKNOWN);
	CU_ASSERT_EQUAL(register_person_add(db, &person, NOW), REGISTER_OK);
	CU_ASSERT_EQUAL(kit_issue(db, &what, &issued), REGISTER_OK);
	person.card_until = NOW + DAY;
	CU_ASSERT_EQUAL(register_person_update(db, &person, NULL, NOW, &lapsed), REGISTER_OK);
	CU_ASSERT_EQUAL(lapsed, 0);
	person.claims = other;
	CU_ASSERT_EQUAL(register_person_update(db, &person, NULL, NOW, &lapsed), REGISTER_OK);
	CU_ASSERT_EQUAL(lapsed, issued.device);
	CU_ASSERT_EQUAL(state_of(db, issued.device), REGISTER_LAPSED);
	CU_ASSERT_EQUAL(register_person_find(db, "p", &found), REGISTER_OK);
	CU_ASSERT_STRING_EQUAL(found.claims, other);
	CU_ASSERT_EQUAL(found.card_until, NOW + DAY);
	register_person_clear(&found);
	CU_ASSERT_EQUAL(register_person_find(db, "q", &found), REGISTER_PERSON_UNKNOWN);

	/* ISSUED to the municipality; LAPSED to the device and to it. */
	CU_ASSERT_EQUAL(register_notice_next(db, 0, &notice), REGISTER_OK);
	CU_ASSERT_STRING_EQUAL(notice.kind, "ISSUED");
	CU_ASSERT_STRING_EQUAL(notice.recipient, "municipality:131016");
	CU_ASSERT_EQUAL(register_notice_document(db, notice.id, "sealed"), REGISTER_OK);
	CU_ASSERT_EQUAL(register_notice_document(db, notice.id, "again"), REGISTER_END);
	CU_ASSERT_EQUAL(register_notice_delivered(db, notice.id, NOW), REGISTER_OK);
	CU_ASSERT_EQUAL(register_notice_delivered(db, notice.id, NOW), REGISTER_END);
	register_notice_clear(&notice);
	CU_ASSERT_EQUAL(register_notice_next(db, 0, &notice), REGISTER_OK);
	CU_ASSERT_STRING_EQUAL(notice.kind, "LAPSED");
	CU_ASSERT_STRING_EQUAL(notice.reason, "claims-changed");
	CU_ASSERT_EQUAL(notice.device, issued.device);
	register_notice_clear(&notice);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM spool WHERE delivered IS NULL"), 2);
	kit_drop(db);
}

/* Otherwise a code could be used twice, after its time, or guessed at as often as one likes. */
static void
test_grants(void)
{
	struct register_db *db = kit_fresh();
	char kind[] = "offer", secret[] = "digest";
	struct register_grant grant = { .hash = "aa",
		.kind = kind,
		.secret = secret,
		.tries_left = 2,
		.created = NOW,
		.expires = NOW + 60 },
			      found;
	int64_t left = 9;

	CU_ASSERT_EQUAL(register_grant_find(db, "aa", NOW, &found), REGISTER_GRANT_UNKNOWN);
	CU_ASSERT_EQUAL(register_grant_put(db, &grant), REGISTER_OK);
	CU_ASSERT_EQUAL(register_grant_find(db, "aa", NOW, &found), REGISTER_OK);
	CU_ASSERT_STRING_EQUAL(found.secret, "digest");
	register_grant_clear(&found);
	CU_ASSERT_EQUAL(register_grant_find(db, "aa", NOW + 60, &found), REGISTER_GRANT_OLD);
	CU_ASSERT_EQUAL(register_grant_try(db, "aa", NOW + 60, &left), REGISTER_GRANT_OLD);
	CU_ASSERT_EQUAL(register_grant_try(db, "aa", NOW, &left), REGISTER_OK);
	CU_ASSERT_EQUAL(left, 1);
	CU_ASSERT_EQUAL(register_grant_try(db, "aa", NOW, &left), REGISTER_OK);
	CU_ASSERT_EQUAL(left, 0);
	CU_ASSERT_EQUAL(register_grant_try(db, "aa", NOW, &left), REGISTER_GRANT_USED);
	CU_ASSERT_EQUAL(register_grant_use(db, "aa", NOW), REGISTER_GRANT_USED);
	strcpy(grant.hash, "bb");
	CU_ASSERT_EQUAL(register_grant_put(db, &grant), REGISTER_OK);
	CU_ASSERT_EQUAL(register_grant_use(db, "bb", NOW), REGISTER_OK);
	CU_ASSERT_EQUAL(register_grant_use(db, "bb", NOW), REGISTER_GRANT_USED);
	kit_drop(db);
}

/* Otherwise two servers would grant one try more than one, each to a guess that the other does not know of. */
static void
test_tries_of_two(void)
{
	struct register_db *db = kit_fresh(), *other = NULL;
	char kind[] = "code", secret[] = "digest";
	const struct register_grant grant = { .hash = "aa",
		.kind = kind,
		.secret = secret,
		.tries_left = 1,
		.created = NOW,
		.expires = NOW + 60 };
	struct register_grant found;
	int64_t left = 9;

	CU_ASSERT_EQUAL_FATAL(register_open(kit_where(), &other), REGISTER_OK);
	CU_ASSERT_EQUAL(register_grant_put(db, &grant), REGISTER_OK);
	CU_ASSERT_EQUAL(register_grant_find(db, "aa", NOW, &found), REGISTER_OK);
	register_grant_clear(&found);
	CU_ASSERT_EQUAL(register_grant_find(other, "aa", NOW, &found), REGISTER_OK);
	register_grant_clear(&found);
	CU_ASSERT_EQUAL(register_grant_try(db, "aa", NOW, &left), REGISTER_OK);
	CU_ASSERT_EQUAL(register_grant_try(other, "aa", NOW, &left), REGISTER_GRANT_USED);
	register_close(other);
	kit_drop(db);
}

/* Otherwise two requests with the tokens of one offer, to one server or to two, would be two enrolments (R-ENR-01). */
static void
test_offer_once(void)
{
	struct register_db *db = kit_fresh();
	char kind[] = "once";
	const struct register_grant grant = { .hash = "aa", .kind = kind, .created = NOW, .expires = NOW + 60 };
	struct kit_issue what = { .name = "a", .person = "p", .n = 1, .grant = "bb", .supersede = true };
	struct register_issued issued;

	CU_ASSERT_EQUAL(register_grant_put(db, &grant), REGISTER_OK);
	CU_ASSERT_EQUAL(kit_issue(db, &what, &issued), REGISTER_GRANT_UNKNOWN);
	what.grant = "aa";
	what.at = NOW + 60;
	CU_ASSERT_EQUAL(kit_issue(db, &what, &issued), REGISTER_GRANT_OLD);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM copies"), 0);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM offers WHERE used IS NOT NULL"), 0);
	what.at = NOW;
	CU_ASSERT_EQUAL(kit_issue(db, &what, &issued), REGISTER_OK);
	what.name = "b";
	CU_ASSERT_EQUAL(kit_issue(db, &what, &issued), REGISTER_GRANT_USED);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM copies"), 1);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM offers WHERE used IS NOT NULL"), 1);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM devices WHERE state = 'ACTIVE'"), 1);
	kit_drop(db);
}

/* Otherwise an order that was checked before the claims changed, or the card lapsed, would bring the old ones back to
 * life after the record had lapsed for that (R-CARD-40, R-REN-02). */
static void
test_person_changes(void)
{
	struct register_db *db = kit_fresh();
	char reference[] = "p", claims[] = "{}", others[] = "{\"a\":{}}";
	struct register_person person = { .reference = reference, .claims = claims, .card_until = NOW + DAY }, seen,
			       now;
	struct kit_issue what = { .name = "a", .person = "p", .n = 1 };
	struct register_issued issued;
	int64_t lapsed = 0;

	CU_ASSERT_EQUAL(register_person_add(db, &person, NOW), REGISTER_OK);
	CU_ASSERT_EQUAL(register_person_find(db, "p", &seen), REGISTER_OK);
	what.seen = &seen;
	CU_ASSERT_EQUAL(kit_issue(db, &what, &issued), REGISTER_OK);
	what = (struct kit_issue){ .name = "b", .device = issued.device, .n = 1, .seen = &seen };
	person.claims = others;
	CU_ASSERT_EQUAL(register_person_update(db, &person, NULL, NOW, &lapsed), REGISTER_OK);
	CU_ASSERT_EQUAL(lapsed, issued.device);
	CU_ASSERT_EQUAL(kit_issue(db, &what, &issued), REGISTER_PERSON_CHANGED);
	CU_ASSERT_EQUAL(state_of(db, lapsed), REGISTER_LAPSED);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM copies"), 1);
	CU_ASSERT_EQUAL(register_person_find(db, "p", &now), REGISTER_OK);
	what.seen = &now;
	CU_ASSERT_EQUAL(kit_issue(db, &what, &issued), REGISTER_OK);
	person.card_status = REGISTER_LAW_ABOLISHED;
	CU_ASSERT_EQUAL(register_person_update(db, &person, NULL, NOW, &lapsed), REGISTER_OK);
	person.card_status = REGISTER_LAW_OPERATING; /* an operator who has not heard of that */
	person.municipality = reference;
	CU_ASSERT_EQUAL(register_person_update(db, &person, &now, NOW, &lapsed), REGISTER_PERSON_CHANGED);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM people WHERE card_status = 'abolished'"), 1);
	what.name = "c";
	CU_ASSERT_EQUAL(kit_issue(db, &what, &issued), REGISTER_PERSON_CHANGED);
	register_person_clear(&seen);
	register_person_clear(&now);
	kit_drop(db);
}

#define WRITERS 3
#define ROUNDS 12

static int
write_rounds(unsigned writer)
{
	struct register_issued issued;
	struct register_db *db = NULL;
	unsigned mine = 0;
	char name[32];

	if (register_open(kit_where(), &db) != REGISTER_OK)
		return 99;
	for (unsigned i = 0; i < ROUNDS; i++) {
		snprintf(name, sizeof(name), "shared-%u", i);
		const struct kit_issue shared = { .name = name, .n = 2, .list_size = 1000 };

		mine += kit_issue(db, &shared, &issued) == REGISTER_OK;
		snprintf(name, sizeof(name), "own-%u-%u", writer, i);
		const struct kit_issue own = { .name = name, .n = 2, .list_size = 1000 };

		if (kit_issue(db, &own, &issued) != REGISTER_OK)
			return 98;
	}
	register_close(db);
	return (int)mine;
}

/* Otherwise two issuing processes would issue for one nonce, draw one place, or break the chain of the log. */
static void
test_processes(void)
{
	struct register_db *db = kit_fresh();
	struct register_chain chain;
	int status, sum = 0;

	for (unsigned i = 0; i < WRITERS; i++)
		if (fork() == 0)
			_exit(write_rounds(i));
	for (unsigned i = 0; i < WRITERS; i++) {
		CU_ASSERT(wait(&status) > 0);
		sum += WEXITSTATUS(status);
	}
	CU_ASSERT_EQUAL(sum, ROUNDS);
	CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM copies"), 2 * ROUNDS * (WRITERS + 1));
	CU_ASSERT_EQUAL(kit_count("SELECT count(DISTINCT idx) FROM copies"), 2 * ROUNDS * (WRITERS + 1));
	CU_ASSERT_EQUAL(register_verify_log(db, NOW, 0, NULL, &chain), REGISTER_OK);
	CU_ASSERT_PTR_NULL(chain.fault);
	kit_drop(db);
}

/* Otherwise an issuer would have to be started again whenever its database server was. */
static void
test_reconnect(void)
{
	struct register_db *db = kit_fresh();
	struct register_device device;

	if (kit_is_server()) {
		kit_restart();
		CU_ASSERT_EQUAL(register_log(db, NOW, "login-failed", NULL), REGISTER_OK);
		kit_restart();
		CU_ASSERT_EQUAL(register_device_find(db, 1, &device), REGISTER_DEVICE_UNKNOWN);
		CU_ASSERT_EQUAL(kit_count("SELECT count(*) FROM events"), 1);
	}
	kit_drop(db);
}

void
add_register_states_tests(void)
{
	const struct kit_suite suites = kit_suites("states of records");

	kit_add(&suites, "every act in every state", test_every_transition);
	kit_add(&suites, "the law's four statuses", test_law);
	kit_add(&suites, "one live record a person", test_one_live);
	kit_add(&suites, "two generations", test_generations);
	kit_add(&suites, "what has no ground lapses", test_lapse);
	kit_add(&suites, "a compromised key", test_compromise);
	kit_add(&suites, "people and notices", test_people);
	kit_add(&suites, "R-CARD-07: whose line it is", test_whose_line);
	kit_add(&suites, "whose notification it is", test_whose_notification);
	kit_add(&suites, "grants", test_grants);
	kit_add(&suites, "the last try, of two servers", test_tries_of_two);
	kit_add(&suites, "R-ENR-01: an offer is good for one enrolment", test_offer_once);
	kit_add(&suites, "R-CARD-40, R-REN-02: a person changes while copies are made", test_person_changes);
	kit_add(&suites, "processes at once", test_processes);
	kit_add(&suites, "a server that is started again", test_reconnect);
}
