/*
 * pin_sealed.h: a PIN that its holder seals to the counter's key, so that whoever carries the request to the counter, and
 * whoever works there, never learns it (R-CARD-31, R-CARD-32, R-FACE-11, R-FACE-12).
 *
 * The file is a compact JWE (ECDH-ES, A256GCM) to the counter's key, with its thumbprint (RFC 7638) as kid, over
 *
 *   {"typ": "mdoc-pin-request", "serial": text, "id": base64url of 16 random bytes, "exp": seconds since the epoch,
 *    "pin": base64url, "pad": text}
 *
 * always of one length, which tells nothing of the PIN's. There is no name in it. It is good for one token, once, until
 * exp, which is SEALED_DAYS_MAX days ahead at most.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_PIN_SEALED_H
#define TOOLS_TOKEN_PIN_SEALED_H

#include <limits.h>
#include "tools/common/options.h"
#include "tools/common/p11.h"

#define SEALED_DAYS_MAX 31
#define SEALED_ID_LEN 16     /* bytes */
#define SEALED_ID_TEXT 22    /* the same as base64url */
#define SEALED_SERIAL_MAX 16 /* characters of CK_TOKEN_INFO's serial number */

struct pin_request {
	char serial[SEALED_SERIAL_MAX + 1];
	char id[SEALED_ID_TEXT + 1];
	int64_t exp;
	struct pin pin;
};
void pin_request_clear(struct pin_request *request);

/* A serial number without its padding: 1 to SEALED_SERIAL_MAX letters, digits and "-._". */
bool sealed_serial_ok(const char *serial);

/* Seal; request->id and the rest are filled in. Appended to out. Said unless EXIT_STATUS_OK. */
enum exit_status pin_sealed_make(const struct pin_request *request, const struct mdoc_public_key *counter,
	struct mdoc_buf *out);

/* What the counter says on the command line. */
struct sealed_args {
	const char *file;      /* --sealed; NULL: the PIN comes in another way */
	const char *key;       /* --counter-key: a PKCS#11 URI */
	const char *module;    /* --counter-module */
	const char *ledger;    /* --ledger; NULL: the user's own */
	struct pin_source pin; /* --counter-pin-file */
};
#define SEALED_ROWS(args) \
	{ "sealed", OPTION_TEXT, &(args).file, N_("FILE"), N_("the PIN is in this sealed request"), false }, \
		{ "counter-key", OPTION_TEXT, &(args).key, N_("URI"), \
			N_("the key that it is sealed to, in a token (pkcs11:…)"), false }, \
		{ "counter-module", OPTION_TEXT, &(args).module, N_("PATH"), \
			N_("the PKCS#11 module of that token, if it is another one"), false }, \
		{ "counter-pin-file", OPTION_TEXT, &(args).pin.file, N_("FILE"), N_("the PIN of that token"), false }, \
	{ \
		"ledger", OPTION_TEXT, &(args).ledger, N_("FILE"), N_("the ids of requests that have been used"), \
			false \
	}

/*
 * Open a request with the counter's key. The module of that key is closed again afterwards, since it may be the one
 * that the holder's token is in.
 *
 * EXIT_STATUS_INPUT: no such request, or damaged; NO: sealed to another key, or out of date; what token_key_open() says
 */
enum exit_status pin_sealed_open(const struct sealed_args *args, struct pin_request *request);

/*
 * Is it for this token, and unused? From now on it is used: the id is in the ledger, on the disk, before the PIN is set.
 *
 * EXIT_STATUS_NO: for another token, or used before; TROUBLE: the ledger cannot be written
 */
enum exit_status pin_sealed_claim(const struct sealed_args *args, const struct pin_request *request,
	const struct p11_token *token);

/* Overwrite and remove the file, once it has been claimed; EXIT_STATUS_TROUBLE (said). */
enum exit_status pin_sealed_erase(const struct sealed_args *args);

/*
 * Put an id into the ledger (0600, one line each, never removed).
 *
 * path  NULL: $XDG_STATE_HOME/mdoc-pkcs11/pin-requests, else below ~/.local/state
 *
 * EXIT_STATUS_OK: it was not there; NO, not said: it was; TROUBLE (said)
 */
enum exit_status ledger_claim(const char *path, const char *id, const char *serial);

/* Is an id in a ledger? EXIT_STATUS_OK: no; NO, not said: yes; TROUBLE (said) */
enum exit_status ledger_look(const char *path, const char *id);

/* $XDG_STATE_HOME/mdoc-pkcs11/NAME, else below ~/.local/state; the folders are made. EXIT_STATUS_TROUBLE (said) */
enum exit_status ledger_own_path(const char *name, char path[PATH_MAX]);

#endif
