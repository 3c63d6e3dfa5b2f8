/*
 * state.h: the states of a record in the register, what leads from one to another, and what the law calls them.
 *
 * An enrolment (device) is in one of five states, which are those of the record that it holds. The table of state.c is
 * the only place that says which act is possible in which of them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_REGISTER_STATE_H
#define ISSUER_REGISTER_STATE_H

#include <stdbool.h>
#include <stddef.h>

enum register_state {
	REGISTER_ACTIVE,
	REGISTER_SUSPENDED, /* for now: no renewal, invalid on the status list (R-SUS-01) */
	REGISTER_REVOKED,   /* for ever; the enrolment is over (R-REV-01 to -04) */
	REGISTER_LAPSED,    /* validity over, or its ground is gone; a renewal makes a new record */
	REGISTER_EXHAUSTED, /* every copy was used (R-EXH-01); the same */
	REGISTER_STATE_COUNT
};

enum register_act {
	REGISTER_ACT_SUSPEND,
	REGISTER_ACT_RESUME,
	REGISTER_ACT_REVOKE,
	REGISTER_ACT_RETURN, /* the device or card came back to the authority: 回収 */
	REGISTER_ACT_LAPSE,
	REGISTER_ACT_EXHAUST,
	REGISTER_ACT_RENEW,      /* a new batch for the same enrolment */
	REGISTER_ACT_COMPROMISE, /* of the issuer's key (R-REV-04) */
	REGISTER_ACT_COUNT
};

/* The four statuses of the law (R-CARD-41). */
enum register_law {
	REGISTER_LAW_OPERATING, /* 運用中 */
	REGISTER_LAW_SUSPENDED, /* 一時停止 */
	REGISTER_LAW_ABOLISHED, /* 廃止 */
	REGISTER_LAW_RECOVERED, /* 回収 */
	REGISTER_LAW_COUNT
};

/* The act in this state. False: it is refused. */
bool register_next_state(enum register_state from, enum register_act act, enum register_state *to);

/* "ACTIVE", "suspend", "運用中", "operating"; stable. */
const char *register_state_name(enum register_state state);
const char *register_act_name(enum register_act act);
const char *register_law_name(enum register_law law);
const char *register_law_word(enum register_law law);
bool register_state_from(const char *name, enum register_state *state);
bool register_act_from(const char *name, enum register_act *act);
bool register_law_from(const char *word, enum register_law *law);

/* reason: of the record's state; NULL: none */
enum register_law register_law_of(enum register_state state, const char *reason);

/* All that a third party may learn: R-CARD-45. True: 有 */
bool register_third_party(enum register_law law);

/* Why a record may be revoked by hand: the word after --reason. NULL after the last. */
const char *register_reason_word(size_t i);
bool register_reason_known(const char *word);

#define REGISTER_REASON_RETURNED "device-retired" /* the one that the law calls 回収 */
#define REGISTER_REASON_SUPERSEDED "superseded"
#define REGISTER_REASON_ISSUER_KEY "issuer-key"

/* The notice that an act causes: "SUSPENDED"; NULL: none. */
const char *register_act_notice(enum register_act act);

#endif
