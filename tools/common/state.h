/*
 * state.h: the state that a token is in (PIN, suspension, retirement, copies), as far as it tells without a login: our
 * module by its status object, any other by its flags.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_STATE_H
#define TOOLS_STATE_H

#include <jansson.h>
#include "tools/common/p11.h"

struct token_state {
	bool no_pin, locked, must_change;
	bool disabled;  /* the PIN is, by the holder's wish: 顔認証 (R-FACE-01, R-FACE-09) */
	bool other_way; /* CKF_PROTECTED_AUTHENTICATION_PATH: the token is opened without a PIN from here */
	bool blank;     /* nothing but its transport secret is set (R-CARD-06) */
	bool suspended; /* R-SUS-01 */
	bool retired;   /* for ever; keys and records are gone */
	bool exhausted; /* no copy is left that can be presented (R-EXH-01); false when the token does not tell */
	bool inbox;     /* something new waits in it for the holder's PIN (R-REN-03) */
};

/* A status object's JSON; NULL: the token has none, or it is not to be understood. json_decref() by the caller. */
json_t *token_status_object(const struct p11_token *token);

/* token->info is fresh. */
void token_state_read(const struct p11_token *token, struct token_state *state);
/* The same from an object that has been read; NULL: from the flags alone. */
void token_state_of(const json_t *object, CK_FLAGS flags, struct token_state *state);

/*
 * What stands in the way of a login as the holder; of presenting, too, when `present`. Said, with what to do.
 *
 * EXIT_STATUS_OK; RETIRED, PIN_DISABLED (and nothing else opens the token), MUST_CHANGE, NO (no PIN is set);
 * for presenting also SUSPENDED, EXHAUSTED. A locked PIN is left to the login.
 */
enum exit_status token_state_check(const struct p11_token *token, bool present);

/* R-CARD-41: 運用中, 一時停止 or 廃止, untranslated; "" for a token that is not issued yet. */
const char *token_state_law(const struct token_state *state);

#endif
