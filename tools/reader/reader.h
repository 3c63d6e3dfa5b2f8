/*
 * reader.h: what the commands of mdoc-reader share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_READER_H
#define READER_READER_H

#include <jansson.h>
#include <mdoc/mdoc.h>
#include "tools/common/options.h"
#include "tools/common/token_key.h"

int cmd_verify(const struct command *command, int argc, char **argv);
int cmd_request(const struct command *command, int argc, char **argv);
int cmd_transcript(const struct command *command, int argc, char **argv);
int cmd_session(const struct command *command, int argc, char **argv);
int cmd_trust(const struct command *command, int argc, char **argv);
int cmd_serve(const struct command *command, int argc, char **argv);
int cmd_explain(const struct command *command, int argc, char **argv);
int cmd_dump(const struct command *command, int argc, char **argv);

/* ---- input.c ---- */

/* As file_read_cbor() for a SessionTranscript, which is an array of three. */
enum exit_status input_transcript(const char *path, struct mdoc_buf *content, struct mdoc_bytes *transcript);

/*
 * A DeviceEngagement: the text of a QR code ("mdoc:…") itself, a file with that text, or one with the CBOR.
 * content  owns the bytes; engagement borrows them
 * EXIT_STATUS_INPUT and what else tool_mdoc_error() says (said)
 */
enum exit_status input_engagement(const char *name, struct mdoc_buf *content, struct mdoc_bytes *engagement);

/* ---- input_text.c ---- */

/* What is the text of CBOR, in hexadecimal or base64url or as of a QR code, is decoded in place; all else is left as it
 * is. EXIT_STATUS_TROUBLE (said): memory */
enum exit_status input_text(struct mdoc_buf *content);

/* ---- key.c ---- */

/* Where the reader's private key is. */
struct key_source {
	const char *name;   /* a file: PEM without a password, or a JWK; or a PKCS#11 URI; NULL: there is no key */
	const char *module; /* --module */
	struct pin_source pin;
};

/* The rows of its PIN. */
#define KEY_PIN_ROWS(source) \
	{ "pin-file", OPTION_TEXT, &(source).pin.file, N_("FILE"), N_("read the PIN of the key's token from a file"), \
		false }, \
	{ \
		"pin-fd", OPTION_TEXT, &(source).pin.fd, N_("NUMBER"), \
			N_("read the PIN of the key's token from a descriptor"), false \
	}

struct reader_key {
	const char *name;
	EVP_PKEY *pkey;         /* of a file */
	struct token_key token; /* zeroed for a file */
	struct mdoc_public_key public_key;
	struct mdoc_signer signer;       /* zeroed: it does not sign */
	struct mdoc_agreement agreement; /* zeroed: it does not agree on secrets */
};

/* Open it, where it stays until key_close(), which is called in any case. EXIT_STATUS_INPUT, and what
 * token_key_open() says. */
enum exit_status key_open(const struct key_source *source, struct reader_key *key);
void key_close(struct reader_key *key);

/* Why the token refused, said; EXIT_STATUS_OK: it did not, or there is none. */
enum exit_status key_error(const struct reader_key *key);

/* ---- element.c ---- */

/* "NS:NAME", of which the last colon counts. *asked borrows from text. */
bool request_parse_element(const char *text, struct mdoc_asked *asked);

/* ---- output.c, json.c; as a page: html.h ---- */

struct reader_result {
	const struct mdoc_verdict *verdict;
	enum mdoc_result summary; /* MDOC_OK: everything may be shown as fact */
	bool show_unverified;     /* JSON only, and marked as such */
	int64_t now;              /* as of when it was judged; 0: not said */
};

/* What people are told first. */
enum result_conclusion {
	RESULT_VERIFIED,
	RESULT_UNDETERMINED, /* verified, but whether it is revoked could not be found out */
	RESULT_NOT_VERIFIED
};

enum result_conclusion result_conclusion(const struct reader_result *result);
const char *result_conclusion_name(const struct reader_result *result); /* "verified", "undetermined", "not_verified" */

/* What a check has found when it passed, and an outcome; translated. */
const char *result_sentence(enum mdoc_check check);
const char *result_outcome(enum mdoc_outcome outcome);

/* Every check with its outcome, then, only if all passed, the elements. */
void result_print(const struct reader_result *result);

/* The same for programs; NULL: memory. */
json_t *result_json(const struct reader_result *result);

/* Name of the IACA that a document's signer hangs on, as text; free() by the caller; NULL: none. */
char *result_issuer(const struct reader_result *result, size_t document);

#endif
