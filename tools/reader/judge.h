/*
 * judge.h: a verdict on responses: whom to trust, what is revoked and which clock counts, read once and used for as
 * many responses as there are.
 *
 * One thread at a time may call judge_response() of one judge.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_JUDGE_H
#define READER_JUDGE_H

#include <mdoc/mdoc.h>
#include "tools/common/options.h"
#include "tools/common/trust.h"

#define JUDGE_CLOCK_SKEW_MAX 300 /* seconds */

/* The command line's words about it: judge_args_init(), the rows of JUDGE_ROWS(), judge_args_clear(). */
struct judge_args {
	struct option_list iaca, vical, vical_ca, crl, relax;
	struct option_list status_lists;
	const char *undetermined;
	const char *at;
	const char *trust;            /* folder of a trust store; NULL: the user's own, if nobody else is named */
	const char *status_cache;     /* folder for what was fetched; NULL: the user's own */
	const char *tls_ca;           /* whom to trust for HTTPS; NULL: the system's */
	const char *algorithm_policy; /* dates of algorithms (R-FUT-05); NULL: none */
	bool fetch;                   /* get the lists and CRLs that genuine MSOs and their certificates name */
	bool crl_required;
	struct option_number clock_skew;
	/* Not of the command line: all of this is for one response, so that a list of revocation which says nothing about
	 * it because nobody stands behind it is a mistake of the caller. */
	bool once;
	/* Not of the command line: if nobody is named who could be trusted, nobody is. */
	bool nobody;
	char relax_help[2 * TRUST_RELAX_MAX];
};

#define JUDGE_ROWS(args) \
	{ "iaca", OPTION_LIST, &(args).iaca, N_("FILE"), \
		N_("IACA certificate that you trust, or a folder of them; may be repeated"), false }, \
		{ "vical", OPTION_LIST, &(args).vical, N_("FILE"), \
			N_("a VICAL, which lists IACA certificates; may be repeated"), false }, \
		{ "vical-ca", OPTION_LIST, &(args).vical_ca, N_("FILE"), \
			N_("certificate of who makes the VICAL: its CA, or its signer"), false }, \
		{ "trust", OPTION_TEXT, &(args).trust, N_("FOLDER"), \
			N_("trust store of mdoc-reader trust; without --iaca and --vical your own"), false }, \
		{ "at", OPTION_TEXT, &(args).at, N_("TIME"), N_("check as of this time (RFC 3339) instead of now"), \
			false }, \
		{ "clock-skew", OPTION_NUMBER, &(args).clock_skew, N_("SECONDS"), \
			N_("let dates be off by this much (0)"), false }, \
		{ "relax", OPTION_LIST, &(args).relax, N_("NAME"), (args).relax_help, false }, \
		{ "crl", OPTION_LIST, &(args).crl, N_("FILE"), N_("CRL of a trusted IACA; may be repeated"), false }, \
		{ "require-crl", OPTION_FLAG, &(args).crl_required, NULL, \
			N_("the signer's certificate fails unless a CRL says that it is good"), false }, \
		{ "status-list", OPTION_LIST, &(args).status_lists, N_("FILE|URL"), \
			N_("a list that says which documents are revoked; may be repeated"), false }, \
		{ "fetch", OPTION_FLAG, &(args).fetch, NULL, \
			N_("fetch the lists and CRLs that a genuine document names"), false }, \
		{ "status-cache", OPTION_TEXT, &(args).status_cache, N_("FOLDER"), \
			N_("keep what was fetched here (~/.cache/mdoc-reader/status)"), false }, \
		{ "tls-ca", OPTION_TEXT, &(args).tls_ca, N_("FILE"), \
			N_("certificates to trust for HTTPS instead of the system's"), false }, \
		{ "algorithm-policy", OPTION_TEXT, &(args).algorithm_policy, N_("FILE"), \
			N_("from when on algorithms are warned of or refused"), false }, \
	{ \
		"undetermined", OPTION_TEXT, &(args).undetermined, N_("WHAT"), \
			N_("when nothing says so: warn (default), ignore or fail"), false \
	}

void judge_args_init(struct judge_args *args);
void judge_args_clear(struct judge_args *args);

struct judge;

/*
 * Read all that the arguments name.
 *
 * args    borrowed until judge_close()
 * *judge  judge_close(); NULL unless EXIT_STATUS_OK
 *
 * EXIT_STATUS_USAGE: nobody to trust, or an argument that is none; EXIT_STATUS_INPUT: a file; EXIT_STATUS_TROUBLE; said
 */
enum exit_status judge_open(const struct command *command, const struct judge_args *args, struct judge **judge);

/* One response and what it is held against. */
struct judged {
	struct mdoc_bytes response, transcript; /* bare; borrowed until the verdict is freed */
	const struct mdoc_request *request;     /* what was asked for, borrowed; NULL: whatever came was wanted */
	const struct mdoc_agreement *reader;    /* by EReaderKey, for a deviceMac, borrowed; NULL: none is accepted */
	bool retain;                            /* what was asked for with the intent to keep it will be kept */
	/* filled in */
	int64_t now;                  /* as of when it was judged */
	struct mdoc_verdict *verdict; /* mdoc_verdict_free(), before judge_close() */
	enum mdoc_result summary;     /* MDOC_OK: everything may be shown as fact */
};

/*
 * Judge one response as of --at, else as of now.
 *
 * EXIT_STATUS_OK: there is a verdict, good or bad. EXIT_STATUS_INPUT (said): a list of revocation that nobody stands
 * behind, once only. EXIT_STATUS_TROUBLE (said): no verdict.
 */
enum exit_status judge_response(struct judge *judge, struct judged *judged);

/* Is there anybody who is trusted? */
bool judge_trusts(const struct judge *judge);

void judge_close(struct judge *judge); /* NULL is fine */

#endif
