/*
 * enrolment.h: what "enrol" keeps for "renew": one file for each token, 0600, in $XDG_STATE_HOME/mdoc-pkcs11/.
 *
 * {"version": 1, "token": label, "serial": …, "module": path or null, "credential": file of the provisioner's credential,
 *  "issuer": URL, "configuration": id, "pins": ["BASE64", …], "iaca": [base64url of certificates], "tls_ca": file or null, "refresh_token": …,
 *  "copies": number, "low_water": …, "days": …, "valid_until": …, "expected_update": …, "failures": number,
 *  "next": time, "ended": true or false, "accepted": [notification ids that the issuer has yet to hear of],
 *  "last": {"at": time, "result": "renewed" | "refused" | "trouble" | "waiting", "error": …, "description": …}}
 *
 * The refresh token is of use only with the token's TLS key (RFC 8705).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_ENROLMENT_H
#define TOOLS_TOKEN_ENROLMENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include "tools/common/exit.h"

struct enrolment {
	json_t *json;
	char *path;
	int lock; /* -1: none */
};

/* The file of a token; path: free(); NULL: memory or no place for it (said). */
char *enrolment_path(const char *serial);

/*
 * Read and lock it, so that two renewals of one token never go on at the same time.
 *
 * wait  for whoever has it, up to 30 seconds
 *
 * EXIT_STATUS_INPUT: there is none, or it is none (said); EXIT_STATUS_GO_ON: another process has it (not said)
 * enrolment_close() in any case.
 */
enum exit_status enrolment_open(const char *path, bool wait, struct enrolment *enrolment);

/* A new one, locked; nothing is written yet. As enrolment_open(). */
enum exit_status enrolment_new(const char *serial, struct enrolment *enrolment);

/* Write it, atomically. */
enum exit_status enrolment_save(const struct enrolment *enrolment);
void enrolment_close(struct enrolment *enrolment);

/* Members; NULL and 0: there is none. */
const char *enrolment_text(const struct enrolment *enrolment, const char *name);
int64_t enrolment_number(const struct enrolment *enrolment, const char *name);
void enrolment_set_number(struct enrolment *enrolment, const char *name, int64_t value);

/* What became of the last attempt; error and description NULL: none. */
void enrolment_note(struct enrolment *enrolment, int64_t now, const char *result, const char *error,
	const char *description);

/* As it is just now, for looking at only; NULL: there is none, or it is none (not said). json_decref(). */
json_t *enrolment_peek(const char *serial);

/*
 * The token is gone for ever: what was kept to renew it goes, too, so that nobody tries.
 *
 * serial  as PKCS#11 has it: 16 characters, blanks behind it
 */
void enrolment_forget(const unsigned char serial[16]);

/* Serial numbers of all tokens that are enrolled, at most `max`; each free(). */
size_t enrolment_list(char **serials, size_t max);

#endif
