/*
 * judge_fetch.c: the lists and CRLs that genuine documents name, from the network. Nothing is asked of the network for
 * the sake of a document that no trusted issuer has signed: its URLs are anybody's, and could be of our own house.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/reader/judge_internal.h"

#define ACCEPT_LIST "application/statuslist+cwt, application/identifierlist+cwt"
#define ACCEPT_CRL "application/pkix-crl"
#define URL_MAX 2048

struct taking {
	struct judge *judge;
	struct source *source;
	int64_t now; /* as of when it has to be valid */
};

static bool
has_passed(const struct mdoc_verdict *verdict, enum mdoc_check check, size_t document)
{
	struct mdoc_check_row row;

	return mdoc_verdict_find(verdict, check, document, &row) && row.outcome == MDOC_PASSED;
}

bool
judge_genuine(const struct mdoc_verdict *verdict, size_t document)
{
	return has_passed(verdict, MDOC_CHECK_CHAIN, document) &&
		has_passed(verdict, MDOC_CHECK_ISSUER_SIGNATURE, document);
}

static const struct mdoc_issuer_signed *
issuer_signed(const struct mdoc_verdict *verdict, size_t document)
{
	return mdoc_document_issuer_signed(mdoc_response_document(mdoc_verdict_response(verdict), document));
}

bool
judge_genuine_status(const struct mdoc_verdict *verdict, size_t document, struct mdoc_status *status)
{
	return judge_genuine(verdict, document) &&
		mdoc_status_read(mdoc_mso_status(mdoc_issuer_signed_mso(issuer_signed(verdict, document))), "", status,
			NULL) == MDOC_OK;
}

/* ---- Sources ---- */

static void
source_clear(struct judge *judge, struct source *source)
{
	reader_lists_drop(&judge->lists, source->held);
	mdoc_buf_clear(&source->certificate);
	free(source->url);
	memset(source, 0, sizeof(*source));
}

/* A place for a new one; when there is none, that of the one that would be asked for again first. */
static struct source *
source_place(struct judge *judge)
{
	struct source *oldest = &judge->sources[0];

	if (judge->source_count < SOURCES_MAX)
		return &judge->sources[judge->source_count++];
	for (size_t i = 1; i < judge->source_count; i++)
		if (judge->sources[i].until < oldest->until)
			oldest = &judge->sources[i];
	source_clear(judge, oldest);
	return oldest;
}

static struct source *
source_find(struct judge *judge, struct mdoc_bytes url, struct mdoc_bytes certificate, bool crl)
{
	struct source *source;

	for (size_t i = 0; i < judge->source_count; i++) {
		source = &judge->sources[i];
		if (source->url != NULL && source->crl == crl && mdoc_bytes_is_text(url, source->url) &&
			mdoc_bytes_equal(mdoc_buf_bytes(&source->certificate), certificate))
			return source;
	}
	if (url.len == 0 || url.len > URL_MAX || memchr(url.ptr, '\0', url.len) != NULL)
		return NULL;
	source = source_place(judge);
	source->crl = crl;
	source->url = strndup((const char *)url.ptr, url.len);
	mdoc_buf_append(&source->certificate, certificate);
	if (source->url != NULL && source->certificate.err == MDOC_OK)
		return source;
	source_clear(judge, source);
	return NULL;
}

/* ---- What comes ---- */

static bool
refuse(const char *url, const struct mdoc_error *error)
{
	(void)tool_mdoc_error(url, error);
	return false;
}

static bool
take_list(void *arg, struct mdoc_bytes content, int64_t fetched, int64_t *fresh)
{
	const struct taking *taking = arg;
	struct judge *judge = taking->judge;
	struct source *source = taking->source;
	struct mdoc_list_trust trust = { .certificate = mdoc_buf_bytes(&source->certificate),
		.now = taking->now,
		.relax = judge->options.relax,
		.crl_required = judge->options.crl_required };
	struct mdoc_error error = { .code = MDOC_OK, .offset = SIZE_MAX };
	struct mdoc_list_info info;
	size_t held = 0;

	if (source->certificate.len == 0)
		trust.anchors = judge->trust;
	if (reader_lists_take(&judge->lists, content, &trust, &held, &error) != MDOC_OK)
		return refuse(source->url, &error);
	(void)reader_lists_info(&judge->lists, held, &info);
	if (!mdoc_bytes_is_text(info.uri, source->url) || info.expires <= taking->now) {
		tool_error(_("%s has a list of something else, or one that has expired"), source->url);
		reader_lists_drop(&judge->lists, held);
		return false;
	}
	reader_lists_drop(&judge->lists, source->held);
	source->held = held;
	*fresh = info.expires;
	if (info.ttl > 0 && info.expires > fetched && info.ttl < (uint64_t)(info.expires - fetched))
		*fresh = fetched + (int64_t)info.ttl;
	return true;
}

static bool
take_crl(void *arg, struct mdoc_bytes content, int64_t fetched, int64_t *fresh)
{
	const struct taking *taking = arg;
	struct mdoc_error error = { .code = MDOC_OK, .offset = SIZE_MAX };
	struct mdoc_crl *crl = NULL;
	enum mdoc_result res = mdoc_crl_parse(tool_context(), content, &crl, &error);

	(void)fetched;
	if (res == MDOC_OK) {
		*fresh = mdoc_crl_next_update(crl);
		res = mdoc_trust_add_crl(taking->judge->trust, crl, &error);
	}
	if (res == MDOC_OK)
		return true;
	mdoc_crl_free(crl);
	return refuse(taking->source->url, &error);
}

static bool
fetch_source(struct judge *judge, struct source *source, int64_t now)
{
	const struct fetch_options options = { judge->args->status_cache, judge->args->tls_ca };
	struct taking taking = { judge, source, now };
	const struct fetch_want want = { source->url, source->crl ? ACCEPT_CRL : ACCEPT_LIST,
		source->crl ? take_crl : take_list, &taking };

	if (fetch_content(&options, &want, &source->until) == EXIT_STATUS_OK)
		return true;
	tool_why("%s", _("What it would say of the document is not known."));
	source->until = clock_now() + FETCH_RETRY;
	return false;
}

/* Have it at hand, if it can be had. */
static bool
want(struct judge *judge, struct mdoc_bytes url, struct mdoc_bytes certificate, bool crl, int64_t now)
{
	struct source *source;

	if (url.len == 0)
		return false;
	source = source_find(judge, url, certificate, crl);
	return source != NULL && clock_now() >= source->until && fetch_source(judge, source, now);
}

bool
judge_fetch(struct judge *judge, const struct mdoc_verdict *verdict, int64_t now)
{
	const size_t count = mdoc_response_count(mdoc_verdict_response(verdict));
	bool came = false;

	for (size_t i = 0; i < count; i++) {
		struct mdoc_bytes der = MDOC_NO_BYTES, uri;
		struct mdoc_cert *signer = NULL;
		struct mdoc_status status;

		if (!judge_genuine(verdict, i))
			continue;
		/* The issuer's CRL first: the lists' signers may be on it, too. */
		if (mdoc_sign1_certificate(mdoc_issuer_signed_auth(issuer_signed(verdict, i)), 0, &der) &&
			mdoc_cert_parse(tool_context(), der, &signer, NULL) == MDOC_OK)
			for (size_t j = 0; mdoc_cert_crl_uri(signer, j, &uri); j++)
				came |= want(judge, uri, MDOC_NO_BYTES, true, now);
		mdoc_cert_free(signer);
		if (!judge_genuine_status(verdict, i, &status))
			continue;
		came |= want(judge, status.list_uri, status.list_certificate, false, now);
		came |= want(judge, status.identifier_uri, status.identifier_certificate, false, now);
	}
	return came;
}

void
judge_fetch_clear(struct judge *judge)
{
	for (size_t i = 0; i < judge->source_count; i++)
		source_clear(judge, &judge->sources[i]);
}

/* ---- URLs of the command line ---- */

static bool
keep_content(void *arg, struct mdoc_bytes content, int64_t fetched, int64_t *fresh)
{
	struct mdoc_buf *out = arg;

	(void)fetched;
	mdoc_buf_clear(out);
	mdoc_buf_append(out, content);
	*fresh = 0; /* nothing is known of it yet: the network is asked whether it is still this */
	return out->err == MDOC_OK;
}

bool
judge_fetch_file(struct judge *judge, const char *url, struct mdoc_buf *out)
{
	const struct fetch_options options = { judge->args->status_cache, judge->args->tls_ca };
	const struct fetch_want want_file = { url, ACCEPT_LIST, keep_content, out };
	int64_t until = 0;

	if (fetch_content(&options, &want_file, &until) == EXIT_STATUS_OK)
		return true;
	tool_why("%s", _("What it would say of documents is not known."));
	return false;
}
