/*
 * holder.h: the way in for a command that acts for the holder of a token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_HOLDER_H
#define TOOLS_HOLDER_H

#include "tools/common/copies.h"
#include "tools/common/options.h"

/* What such a command says about its token. */
struct token_args {
	struct common_options common;
	const char *label;
	struct pin_source pin;
};

#define TOKEN_ROW(args) \
	{ \
		"token", OPTION_TEXT, &(args).label, N_("LABEL"), N_("the token's label"), true \
	}
#define PIN_ROWS(args) \
	{ "pin-file", OPTION_TEXT, &(args).pin.file, N_("FILE"), N_("read the PIN from a file"), false }, \
	{ \
		"pin-fd", OPTION_TEXT, &(args).pin.fd, N_("NUMBER"), N_("read the PIN from a file descriptor"), false \
	}
#define SO_ROWS(source) \
	{ "so-pin-file", OPTION_TEXT, &(source).file, N_("FILE"), N_("the security officer's code"), false }, \
	{ \
		"so-pin-fd", OPTION_TEXT, &(source).fd, N_("NUMBER"), N_("the same, from a file descriptor"), false \
	}
#define END_ROW \
	{ \
		NULL, OPTION_END, NULL, NULL, NULL, false \
	}

/* Load the module and open the token read/write, whatever state it is in. Nobody is logged in. token_end() in any case. */
enum exit_status token_open(const struct token_args *args, struct p11 *p11, struct p11_token *token);

/* The same for the holder; a token that needs no PIN is refused (R-MED-05).
 * Nobody is logged in. token_end() in any case. */
enum exit_status token_find(const struct token_args *args, struct p11 *p11, struct p11_token *token);

/* Ask for the PIN, but not where something else opens the token (R-FACE-09): then pin->set is false, and p11_login()
 * gets NULL. */
enum exit_status token_ask_pin(const struct token_args *args, const struct p11_token *token, struct pin *pin);

/* Ask for the PIN, unless the token is opened in another way, and log the holder in. */
enum exit_status token_login(const struct token_args *args, struct p11_token *token);

/* Ask for the security officer's code and log that officer in. */
enum exit_status token_login_so(const struct pin_source *so, struct p11_token *token);

/* Log out and wipe the PIN; the token stays open. */
void token_logout(struct p11_token *token);

/* token_find() and token_login() in one. token_end() in any case. */
enum exit_status token_begin(const struct token_args *args, struct p11 *p11, struct p11_token *token);
void token_end(struct p11 *p11, struct p11_token *token);

#endif
