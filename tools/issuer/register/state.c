/* state.c: states of a record, acts, and the law's names for them. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <string.h>
#include "tools/issuer/register/state.h"

#define NO (-1)
#define ACTIVE REGISTER_ACTIVE
#define SUSPENDED REGISTER_SUSPENDED
#define REVOKED REGISTER_REVOKED
#define LAPSED REGISTER_LAPSED
#define EXHAUSTED REGISTER_EXHAUSTED

/*
 * What a suspended record does not do by itself is end: otherwise the renewal of a lost telephone would bring it back
 * to life. A lapsed or exhausted one cannot be suspended, since 廃止 is final (R-CARD-41); what stops its renewal is to
 * revoke it.
 */
static const int next_state[REGISTER_ACT_COUNT][REGISTER_STATE_COUNT] = {
	/*                             ACTIVE     SUSPENDED  REVOKED  LAPSED   EXHAUSTED */
	[REGISTER_ACT_SUSPEND] = { SUSPENDED, NO, NO, NO, NO },
	[REGISTER_ACT_RESUME] = { NO, ACTIVE, NO, NO, NO },
	[REGISTER_ACT_REVOKE] = { REVOKED, REVOKED, NO, REVOKED, REVOKED },
	[REGISTER_ACT_RETURN] = { REVOKED, REVOKED, REVOKED, REVOKED, REVOKED },
	[REGISTER_ACT_LAPSE] = { LAPSED, NO, NO, NO, LAPSED },
	[REGISTER_ACT_EXHAUST] = { EXHAUSTED, NO, NO, NO, NO },
	[REGISTER_ACT_RENEW] = { ACTIVE, NO, NO, ACTIVE, ACTIVE },
	[REGISTER_ACT_COMPROMISE] = { REVOKED, REVOKED, NO, REVOKED, REVOKED },
};

static const char *const states[] = { "ACTIVE", "SUSPENDED", "REVOKED", "LAPSED", "EXHAUSTED" };

static const struct {
	const char *name, *notice;
} acts[REGISTER_ACT_COUNT] = {
	[REGISTER_ACT_SUSPEND] = { "suspend", "SUSPENDED" },
	[REGISTER_ACT_RESUME] = { "resume", "RESUMED" },
	[REGISTER_ACT_REVOKE] = { "revoke", "REVOKED" },
	[REGISTER_ACT_RETURN] = { "return", "REVOKED" },
	[REGISTER_ACT_LAPSE] = { "lapse", "LAPSED" },
	[REGISTER_ACT_EXHAUST] = { "exhaust", "LAPSED" },
	[REGISTER_ACT_RENEW] = { "renew", "ISSUED" },
	[REGISTER_ACT_COMPROMISE] = { "compromise", "REVOKED" },
};

static const char *const law_names[] = { "運用中", "一時停止", "廃止", "回収" };
static const char *const law_words[] = { "operating", "suspended", "abolished", "recovered" };

static const char *const reasons[] = { "key-leaked", "key-lost", "key-damaged", "device-lost", REGISTER_REASON_RETURNED,
	"medium-unusable", "holder-notice", REGISTER_REASON_SUPERSEDED };

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

bool
register_next_state(enum register_state from, enum register_act act, enum register_state *to)
{
	int next;

	if ((size_t)from >= REGISTER_STATE_COUNT || (size_t)act >= REGISTER_ACT_COUNT)
		return false;
	next = next_state[act][from];
	if (next == NO)
		return false;
	*to = (enum register_state)next;
	return true;
}

static const char *
name_of(const char *const *names, size_t n, size_t i)
{
	return i < n ? names[i] : "?";
}

const char *
register_state_name(enum register_state state)
{
	return name_of(states, COUNT(states), state);
}

const char *
register_act_name(enum register_act act)
{
	return (size_t)act < REGISTER_ACT_COUNT ? acts[act].name : "?";
}

const char *
register_act_notice(enum register_act act)
{
	return (size_t)act < REGISTER_ACT_COUNT ? acts[act].notice : NULL;
}

const char *
register_law_name(enum register_law law)
{
	return name_of(law_names, COUNT(law_names), law);
}

const char *
register_law_word(enum register_law law)
{
	return name_of(law_words, COUNT(law_words), law);
}

static bool
index_of(const char *const *names, size_t n, const char *name, size_t *i)
{
	for (*i = 0; name != NULL && *i < n; (*i)++)
		if (strcmp(names[*i], name) == 0)
			return true;
	return false;
}

bool
register_state_from(const char *name, enum register_state *state)
{
	size_t i;
	const bool known = index_of(states, COUNT(states), name, &i);

	*state = known ? (enum register_state)i : REGISTER_REVOKED;
	return known;
}

bool
register_act_from(const char *name, enum register_act *act)
{
	for (size_t i = 0; i < REGISTER_ACT_COUNT; i++) {
		if (strcmp(acts[i].name, name) == 0) {
			*act = (enum register_act)i;
			return true;
		}
	}
	return false;
}

bool
register_law_from(const char *word, enum register_law *law)
{
	size_t i;
	const bool known = index_of(law_words, COUNT(law_words), word, &i);

	*law = known ? (enum register_law)i : REGISTER_LAW_ABOLISHED;
	return known;
}

enum register_law
register_law_of(enum register_state state, const char *reason)
{
	if (state == REGISTER_ACTIVE)
		return REGISTER_LAW_OPERATING;
	if (state == REGISTER_SUSPENDED)
		return REGISTER_LAW_SUSPENDED;
	return state == REGISTER_REVOKED && reason != NULL && strcmp(reason, REGISTER_REASON_RETURNED) == 0
		? REGISTER_LAW_RECOVERED
		: REGISTER_LAW_ABOLISHED;
}

bool
register_third_party(enum register_law law)
{
	return law == REGISTER_LAW_OPERATING;
}

const char *
register_reason_word(size_t i)
{
	return i < COUNT(reasons) ? reasons[i] : NULL;
}

bool
register_reason_known(const char *word)
{
	size_t i;

	return index_of(reasons, COUNT(reasons), word, &i);
}
