/*
 * presentation.h: one transmission by the holder, whatever protocol carries it: who asks, consent, PIN, response.
 *
 * The order is consent, then the PIN, then records are read, selected within what was agreed to, shown and signed; no
 * caller can change it. Before consent nothing of the token is looked at but the state that it tells everybody: no try is
 * counted, no key used, no copy spent (R-TX-01, R-CARD-49).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PRESENT_PRESENTATION_H
#define PRESENT_PRESENTATION_H

#include <jansson.h>
#include <mdoc/mdoc.h>
#include <stdio.h>
#include "tools/common/holder.h"
#include "tools/common/trust.h"

/* ---- Who asks ---- */

/* Who asks with one docRequest. Owns what it points to; zeroed, it is somebody who proves nothing. */
struct asker {
	enum mdoc_reader_standing standing;
	char *name;              /* subject of the certificate, UTF-8 from outside; NULL: none */
	char *issuer;            /* … and issuer */
	char *client_id;         /* OpenID4VP; NULL */
	char *origin;            /* OpenID4VP: host of the response_uri; NULL */
	uint8_t fingerprint[32]; /* SHA-256 of the certificate, DER */
	bool has_certificate;
	bool revoked;            /* that is why the standing is MDOC_READER_FAILED */
	struct mdoc_error error; /* what is wrong first; code MDOC_OK: nothing */
	char *why;               /* translated: why it is trusted, or is not */
};
void asker_clear(struct asker *asker);

/* ---- What is asked ---- */

/*
 * What is asked in one message. ISO: the DeviceRequest, an asker for each docRequest. OpenID4VP: a question for each
 * credential query, whose request is made from the query (one docRequest, unsigned).
 */
struct question {
	const struct mdoc_request *request; /* borrowed */
	struct mdoc_bytes transcript;       /* bare; needed for presentation_answer() only */
	const struct asker *askers;         /* mdoc_request_count() of them; borrowed */
	const char *legal_basis;            /* OpenID4VP: stated by the verifier; NULL: what each docRequest states */
	bool all_or_nothing;                /* DCQL: not answered unless each element is agreed to and held */
	bool optional;                      /* DCQL: asked about by itself; the holder may leave it out */
	/* DCQL: whether this line answers, by its name and value; of a question that is all or nothing. NULL: it does. */
	bool (*is_wanted)(const void *arg, const struct mdoc_choice *choice);
	const void *is_wanted_arg;
};

/* ---- The command line ---- */

struct reader_args {
	struct option_list cas;      /* --reader-ca: files and folders */
	struct option_list ricals;   /* --rical */
	struct option_list rical_ca; /* --rical-ca */
	struct option_list crls;     /* --reader-crl */
	struct option_list relax;    /* --relax */
	bool require_crl;            /* --require-reader-crl */
	const char *policy;          /* --reader-policy; NULL: trusted */
};

#define PRESENTATION_RELAX_HELP (2 * TRUST_RELAX_MAX)

struct presentation_args {
	struct token_args token;
	struct reader_args reader;
	struct option_list agree; /* --agree */
	const char *policy;       /* --policy; NULL: none */
	const char *legal_basis;  /* --legal-basis, for 個人番号 where the reader states none; NULL */
	bool yes;                 /* --yes: agrees in advance to all but 個人番号 */
	char relax_help[PRESENTATION_RELAX_HELP];
};

#define PRESENTATION_ROWS(args) \
	TOKEN_ROW((args).token), \
		{ "agree", OPTION_LIST, &(args).agree, N_("NS:ELEMENT"), \
			N_("give this element and only such; may be repeated; 個人番号 needs it"), false }, \
		{ "yes", OPTION_FLAG, &(args).yes, NULL, N_("agree in advance, but never to 個人番号"), false }, \
		{ "policy", OPTION_TEXT, &(args).policy, N_("FILE"), \
			N_("what is allowed and denied beforehand (JSON)"), false }, \
		{ "legal-basis", OPTION_TEXT, &(args).legal_basis, N_("TEXT"), \
			N_("the law that lets this reader ask for 個人番号, where it states none itself"), false }, \
		{ "reader-ca", OPTION_LIST, &(args).reader.cas, N_("FILE|FOLDER"), \
			N_("reader CA certificates that you trust; may be repeated"), false }, \
		{ "rical", OPTION_LIST, &(args).reader.ricals, N_("FILE"), \
			N_("list of reader CAs to trust (RICAL); may be repeated"), false }, \
		{ "rical-ca", OPTION_LIST, &(args).reader.rical_ca, N_("FILE"), \
			N_("CA of the list's provider, or its signer; may be repeated"), false }, \
		{ "reader-crl", OPTION_LIST, &(args).reader.crls, N_("FILE"), \
			N_("CRL of such a reader CA; may be repeated"), false }, \
		{ "require-reader-crl", OPTION_FLAG, &(args).reader.require_crl, NULL, \
			N_("a reader of which no CRL says that it is good is not trusted"), false }, \
		{ "relax", OPTION_LIST, &(args).reader.relax, N_("NAME"), (args).relax_help, false }, \
		{ "reader-policy", OPTION_TEXT, &(args).reader.policy, N_("any|signed|trusted"), \
			N_("which readers are answered (trusted)"), false }, \
		PIN_ROWS((args).token)

/* Zero them, and write the help that is no constant; before the rows are used. */
void presentation_args_init(struct presentation_args *args);
void presentation_args_clear(struct presentation_args *args);

/* ---- A transmission ---- */

struct presentation;

/*
 * Check the options, read whom to trust, load the module and find the token; nobody logs in.
 *
 * command  for wrong usage
 * args     borrowed until presentation_end()
 * people   where consent is shown: not where --json or a response goes
 *
 * EXIT_STATUS_OK, or what to exit with, which is said: USAGE, INPUT, TROUBLE, what token_state_check() says.
 * presentation_end() in any case.
 */
enum exit_status presentation_begin(const struct command *command, const struct presentation_args *args, FILE *people,
	struct presentation **presentation);

/*
 * ISO: look at the reader's signatures over a request.
 *
 * *askers  mdoc_request_count() of them; free with presentation_askers_free()
 *
 * EXIT_STATUS_OK, whatever was found; TROUBLE (said).
 */
enum exit_status presentation_askers(const struct presentation *presentation, const struct mdoc_request *request,
	struct mdoc_bytes transcript, struct asker **askers);
void presentation_askers_free(struct asker *askers, size_t count);

/*
 * OpenID4VP: who stands behind a certificate whose key has signed the request, by the same rules as for readers.
 *
 * asker  standing, name, issuer, fingerprint, error and why are filled in; the rest is the caller's. asker_clear()
 *
 * EXIT_STATUS_OK, whatever was found; TROUBLE (said).
 */
enum exit_status presentation_judge(const struct presentation *presentation, struct mdoc_bytes certificate,
	struct asker *asker);

/*
 * Show who asks and what for, apply the policy, and get the holder's agreement by name. 個人番号 is agreed to by its own
 * name alone, and only where a legal basis is stated (R-CARD-18, R-CARD-49). What was agreed to before in the same
 * transmission is forgotten. Questions that nothing may be given to are left out if they are optional; of an ISO request
 * the docRequests of a reader that is not answered are.
 *
 * EXIT_STATUS_OK; EXIT_STATUS_NO (said): refused by the holder or for the reader's standing; TROUBLE.
 */
enum exit_status presentation_consent(struct presentation *presentation, const struct question *questions,
	size_t count);

/* Would any answer to this be refused by --agree and the like, whoever is asked? Then another claim set may do. False
 * when it is the asker who is not answered: presentation_consent() says so. Says nothing and asks nobody. */
bool presentation_forbids(struct presentation *presentation, const struct question *question);

/* Log in with the PIN, once in a transmission, and read the records. Only after consent: else abort().
 * EXIT_STATUS_OK; NO: a wrong PIN; INPUT, USAGE: where it comes from; TROUBLE (said). */
enum exit_status presentation_unlock(struct presentation *presentation);

/* Could this be answered from the records within what was agreed to? Says nothing. Only after presentation_unlock(). */
bool presentation_answerable(struct presentation *presentation, const struct question *question);

/*
 * Select within what was agreed to, show what leaves, sign, spend; append a DeviceResponse.
 *
 * EXIT_STATUS_OK; NO (said): nothing can be given, the token refused; EXHAUSTED: no copy at all is left; SUSPENDED,
 * RETIRED: meanwhile; TROUBLE. Nothing is appended
 * then, though copies may be spent.
 */
enum exit_status presentation_answer(struct presentation *presentation, const struct question *question,
	enum mdoc_edition edition, struct mdoc_buf *out);

/* The next transmission: log out, wipe the PIN, forget records and agreement. */
void presentation_next(struct presentation *presentation);

/* Copies that left so far. */
size_t presentation_copies(const struct presentation *presentation);

/*
 * All transmissions for --json: {"readers": [{"docType", "standing", "name", "issuer", "fingerprint", "clientId", "origin", "why",
 * "legalBasis"}],
 * "documents": [{"docType", "elements", "retained", "refused", "bytes"}], "unanswered": [docType], "copies": n}.
 * NULL: memory.
 */
json_t *presentation_json(const struct presentation *presentation);

/* Log out, wipe, close. NULL is fine. */
void presentation_end(struct presentation *presentation);

#endif
