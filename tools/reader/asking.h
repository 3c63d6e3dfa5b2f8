/*
 * asking.h: what a reader asks for, and with which key it signs: read from options once, used for one request or for
 * many sessions.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_ASKING_H
#define READER_ASKING_H

#include "tools/reader/reader.h"

/* Zeroed: the default request for the My Number Card record, unsigned. Everything is borrowed from argv. */
struct asking_args {
	const char *doc;             /* document type; NULL: the My Number Card record */
	struct option_list elements; /* "NS:NAME" */
	struct option_list retain;   /* the same, and they will be kept (intentToRetain) */
	const char *from;            /* a request_file.h instead of the three above */
	const char *legal_basis; /* for which law's sake 個人番号 is asked for; without it it is not (R-CARD-18) */
	const char *edition;     /* "2021", "2"; NULL: the first that can say it */
	bool auth_all;           /* sign the request as a whole, too */
	struct key_source key;   /* the caller sets key.module from --module */
	struct option_list certificates; /* that of the key first */
};

/* Rows of all of them; call asking_args_clear() in any case. */
#define ASKING_ROWS(args) \
	{ "doc", OPTION_TEXT, &(args).doc, N_("TYPE"), N_("document type (org.iso.23220.1.jp.mnc)"), false }, \
		{ "element", OPTION_LIST, &(args).elements, N_("NS:NAME"), \
			N_("ask for an element; default: name, address, date of birth, photograph"), false }, \
		{ "retain", OPTION_LIST, &(args).retain, N_("NS:NAME"), \
			N_("ask for an element, and say that it will be kept"), false }, \
		{ "from", OPTION_TEXT, &(args).from, N_("FILE"), \
			N_("ask for what this JSON file describes, see mdoc-reader(1)"), false }, \
		{ "legal-basis", OPTION_TEXT, &(args).legal_basis, N_("TEXT"), \
			N_("the law that lets you ask for the Individual Number, which the holder is told"), false }, \
		{ "reader-key", OPTION_TEXT, &(args).key.name, N_("KEY"), \
			N_("sign with this key (PEM, JWK or PKCS#11 URI)"), false }, \
		KEY_PIN_ROWS((args).key), \
		{ "cert", OPTION_LIST, &(args).certificates, N_("FILE"), \
			N_("certificate of that key, then those above it"), false }, \
		{ "reader-auth-all", OPTION_FLAG, &(args).auth_all, NULL, \
			N_("sign the request as a whole, too; second edition"), false }, \
	{ \
		"edition", OPTION_TEXT, &(args).edition, "2021|2", N_("edition of ISO/IEC 18013-5 to write (2021)"), \
			false \
	}

void asking_args_clear(struct asking_args *args);

struct asking;

/*
 * Read what is to be asked, open the key, and see that the certificate is the key's.
 *
 * args     outlives *asking
 * *asking  asking_close() in any case; NULL unless EXIT_STATUS_OK
 *
 * EXIT_STATUS_USAGE: options that contradict each other, 個人番号 without its legal basis or a legal basis without
 * 個人番号; EXIT_STATUS_INPUT, and what key_open() says. All of them are said.
 */
enum exit_status asking_open(const struct command *command, const struct asking_args *args, struct asking **asking);

/* The key, which also signs what is no DeviceRequest; NULL: there is none, and nothing is signed. */
const struct reader_key *asking_key(const struct asking *asking);

/* Its certificates, DER, that of the key first; their number. */
size_t asking_certificates(const struct asking *asking, const struct mdoc_bytes **der);

/* What is asked for, a document each; their number. Borrowed, without a signer. */
const struct mdoc_ask *asking_docs(const struct asking *asking, size_t *count);

/* NULL: 個人番号 is not asked for. */
const char *asking_legal_basis(const struct asking *asking);

/*
 * Append a DeviceRequest: with a key there is a readerAuth in each docRequest, and readerAuthAll if args.auth_all and
 * the holder says that it knows that.
 *
 * transcript  bare SessionTranscript; looked at only with a key
 * engagement  the holder's; NULL: unknown, it is taken to know everything
 *
 * EXIT_STATUS_INPUT: the request cannot be written so; what key_error() says; EXIT_STATUS_TROUBLE. All said.
 */
enum exit_status asking_build(struct asking *asking, struct mdoc_bytes transcript,
	const struct mdoc_engagement *engagement, struct mdoc_buf *out);

/* NULL is fine. */
void asking_close(struct asking *asking);

#endif
