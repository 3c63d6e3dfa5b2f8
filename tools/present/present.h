/*
 * present.h: the commands of mdoc-present and what they share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_PRESENT_PRESENT_H
#define TOOLS_PRESENT_PRESENT_H

#include <jansson.h>
#include <mdoc/mdoc.h>
#include <stdio.h>
#include "tools/common/options.h"

int cmd_respond(const struct command *command, int argc, char **argv);
int cmd_authentication(const struct command *command, int argc, char **argv);

/* ---- Who asks (reader.c) ---- */

struct reader_args {
	struct option_list cas;   /* --reader-ca */
	struct option_list crls;  /* --reader-crl */
	struct option_list relax; /* --relax */
	bool require_crl;         /* --require-reader-crl */
	const char *policy;       /* --reader-policy; NULL: any */
};

/* Zeroed, then filled in; free with reader_clear(). */
struct reader {
	enum mdoc_reader_policy policy;
	unsigned relax;
	struct mdoc_trust *trust; /* NULL: no --reader-ca */
	struct mdoc_reader_auth *auth;
};

/* Policy and relaxations. EXIT_STATUS_GO_ON, or EXIT_STATUS_USAGE, which is said. */
enum exit_status reader_parse(const struct command *command, const struct reader_args *args, struct reader *reader);

/* Look at the reader's signatures. EXIT_STATUS_NO, said with its reason: the policy lets nothing be answered. */
enum exit_status reader_look(const struct reader_args *args, const struct mdoc_request *request,
	struct mdoc_bytes transcript, const char *path, struct reader *reader);

/* Does the policy allow a docRequest that asks for this docType? */
bool reader_may_have(const struct reader *reader, const struct mdoc_request *request, struct mdoc_bytes doc_type);

/* Who asks for what, and who stands behind that name. */
void reader_show(FILE *to, const struct reader *reader, const struct mdoc_request *request);
void reader_clear(struct reader *reader);

/* ---- Consent (consent.c) ---- */

/* What the holder agreed to, as mdoc_select() takes it. */
struct agreement {
	struct mdoc_agreed *items; /* borrow from argv, or from the request and the records */
	size_t count;
	bool given; /* false: everything asked but 個人番号 */
};

/* From --agree NS:ELEMENT…; nothing is given without any. EXIT_STATUS_USAGE is said. */
enum exit_status agreement_parse(const struct command *command, const struct option_list *list,
	struct agreement *agreement);
void agreement_clear(struct agreement *agreement);

/* Every line of the selection, 個人番号 too: after the holder said so. */
enum exit_status agreement_to_all(const struct mdoc_selection *selection, struct agreement *agreement);

/* Is 個人番号 asked for and held, and not agreed to? */
bool consent_number_is_open(const struct mdoc_selection *selection);

/* What would leave, what the reader means to keep, what is not given. */
void consent_show_selection(FILE *to, const struct mdoc_selection *selection);

/* The same for programs: {"documents": [{"docType", "elements", "retained", "refused", "bytes"}], "unanswered":
 * [docType]}; NULL: memory. */
json_t *consent_json(const struct mdoc_selection *selection);

#endif
