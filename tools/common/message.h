/*
 * message.h: sentences for people, in their language, and the one place where an error is
 * turned into one.
 *
 * An error is said in up to three lines on stderr: "program: what happened", then why, then
 * what to do next. Callers pass texts that went through _() already.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_MESSAGE_H
#define TOOLS_MESSAGE_H

#include <mdoc/result.h>
#include <p11-kit/pkcs11.h>
#include <libintl.h>
#include "tools/common/exit.h"

#define _(text) gettext(text)
#define N_(text) text

/* Locale, catalogue and the program's name (borrowed for ever). First thing in main(). */
void message_init(const char *program);
const char *message_program(void);

/* "program: …\n" */
void tool_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* "  …\n": the reason, or what to do next */
void tool_why(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A remark that is no error, on stderr, only if stderr is wanted: "…\n" */
void tool_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Out of memory, said and turned into a status. */
enum exit_status tool_no_memory(void);

/*
 * `what` happened because libmdoc said `error`: the sentence of its code, the place (path and
 * offset) and what was expected.
 * EXIT_STATUS_INPUT for malformed input, EXIT_STATUS_NO for input that does not pass a check,
 * EXIT_STATUS_TROUBLE for memory and the cryptographic library.
 */
enum exit_status tool_mdoc_error(const char *what, const struct mdoc_error *error);
enum exit_status message_mdoc_status(enum mdoc_result code);
const char *message_mdoc(enum mdoc_result code); /* translated sentence; never NULL */

/*
 * `what` happened because a PKCS#11 call answered `rv`: sentence, name of the CK_RV and, where
 * there is one, what to do next.
 * EXIT_STATUS_NO when the token refused (PIN, spent, policy), else EXIT_STATUS_TROUBLE.
 */
enum exit_status tool_rv_error(const char *what, CK_RV rv);
enum exit_status message_rv_status(CK_RV rv);
const char *message_rv(CK_RV rv);      /* translated sentence; never NULL */
const char *message_rv_hint(CK_RV rv); /* what to do next; NULL: nothing known */
const char *message_rv_name(CK_RV rv); /* "CKR_PIN_INCORRECT"; "CKR_?" when unknown */

#endif
