/*
 * tokens/life.h: what is done to an area in its life besides using it: suspend, resume, retire, disable its PIN, and the
 * log of that.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_LIFE_H
#define TOKENS_LIFE_H

#include "tokens/token.h"

#define TOKEN_CHECK_TEXT_MAX 512 /* bytes of what is said of an identity check */
#define TOKEN_EVENT_WHAT_MAX 32

/*
 * SO: write into the log that the identity of the holder has been checked (R-CARD-47), and how: what was shown and to
 * whom, without the holder's name. Good for one act of this login: a reset of the PIN, or disabling it.
 *
 * text  1 to TOKEN_CHECK_TEXT_MAX bytes, UTF-8 without control characters; TOKEN_ERR_ARG
 *
 * All that follow: TOKEN_ERR_NOT_LOGGED_IN, TOKEN_ERR_READ_ONLY, TOKEN_ERR_RETIRED, TOKEN_ERR_PIN_EXPIRED (the SO code
 * must be changed first)
 */
enum token_result token_record_check(struct token *token, const char *text, size_t len);

/*
 * SO: give the user a PIN that is random and that nobody learns, and let no PIN be checked any more (R-FACE-01, -02).
 * Keys and records stay; token_init_pin() is the way back (R-FACE-05). Of an area that is so already nothing changes but
 * that PIN, so that an act that was interrupted can be repeated.
 *
 * TOKEN_ERR_PIN_NOT_SET    there is no PIN yet
 * TOKEN_ERR_CHECK_MISSING  the area wants an identity check before
 */
enum token_result token_disable_pin(struct token *token);

/* SO or provisioner: no holder key signs any more (R-SUS-01). Reading stays. One that is suspended stays so. */
enum token_result token_suspend(struct token *token);

/* SO: it signs again. The latest time that the area has seen begins anew with now: whoever has mended a wrong clock. */
enum token_result token_resume(struct token *token);

/*
 * User or SO: destroy all keys, records and other private objects, the user's PIN, and whatever else opens the area but
 * the SO's code, in one transaction (R-REV-01, R-CARD-41 廃止). For good: only token_area_reinit() or
 * token_area_erase() follow. Afterwards nobody is logged in.
 */
enum token_result token_retire(struct token *token);

/* One line of the log. */
struct token_event {
	uint64_t id;
	int64_t at;
	char what[TOKEN_EVENT_WHAT_MAX + 1]; /* "suspended" */
	char detail[TOKEN_CHECK_TEXT_MAX + 1];
	bool holders; /* of copies and their keys: whoever else reads it would learn when something was presented */
};

/*
 * All of them, malloc'ed, in order. Each hashes the one before: *broken is the id of the first that does not, or of the
 * first that is missing; 0: the chain is whole. Whoever can write the file can make a whole chain of his own.
 *
 * TOKEN_ERR_GONE  the area has been erased
 */
enum token_result token_events(struct token *token, struct token_event **events, size_t *count, uint64_t *broken);

#endif
