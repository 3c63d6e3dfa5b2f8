/*
 * mdoc/request/reader_auth.c: every reader's signature of a request, and who stands behind it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/reader_auth_internal.h"
#include "mdoc/request/request_internal.h"
#include <string.h>

/* What is to be said of a certificate, kept as long as the next signature has the same one. */
struct certificate {
	struct mdoc_bytes der;
	struct mdoc_judged judged;
	struct mdoc_public_key key;
	enum mdoc_result key_result;
};

/* One run over a request. */
struct run {
	const struct mdoc_context *context;
	const struct mdoc_request *request;
	const struct mdoc_reader_auth_options *options;
	struct mdoc_reader_auth *auth;
	struct certificate certificate;
	struct mdoc_buf all[2]; /* ReaderAuthenticationAllBytes of four and of three elements; [1] may be empty */
};

/* One signature: its rows, and what it is over. */
struct signature {
	const struct mdoci_reader_sign1 *read;
	struct mdoc_reader_row *rows;
	const struct mdoc_buf *payloads;
	size_t payload_count;
	char path[MDOCI_PATH_MAX];
};

/* Failures of ours, which say nothing about the reader. */
static bool
is_ours(enum mdoc_result res)
{
	return res == MDOC_ERR_MEMORY || res == MDOC_ERR_CRYPTO;
}

static void
row_failed(struct signature *s, enum mdoc_reader_check check, enum mdoc_result res, const char *expected)
{
	s->rows[check].outcome = MDOC_FAILED;
	(void)mdoci_fail(&s->rows[check].error, res, mdoc_node_offset(s->read->node), s->path, "%s", expected);
}

/* Its certificate into the run's memory, unless it is the one of the signature before. */
static enum mdoc_result
read_certificate(struct run *run, struct mdoc_bytes der)
{
	const struct mdoc_reader_auth_options *options = run->options;
	struct certificate *certificate = &run->certificate;
	enum mdoc_result res;

	if (certificate->der.len > 0 && mdoc_bytes_equal(certificate->der, der))
		return MDOC_OK;
	mdoc_judged_clear(&certificate->judged);
	memset(certificate, 0, sizeof(*certificate));
	res = mdoc_trust_judge(run->context, options->trust, der, MDOC_CERT_READER, options->relax, options->now,
		&certificate->judged);
	if (is_ours(res) || res == MDOC_ERR_ARG)
		return res;
	certificate->der = der;
	certificate->key_result = MDOC_ERR_CERTIFICATE;
	if (certificate->judged.cert != NULL)
		certificate->key_result = mdoc_cert_public_key(certificate->judged.cert, &certificate->key);
	return is_ours(certificate->key_result) ? certificate->key_result : MDOC_OK;
}

/* MDOC_OK: looked at; see the row. */
static enum mdoc_result
check_structure(struct run *run, struct signature *s, struct mdoci_reader_judgement *out)
{
	const struct mdoci_reader_sign1 *read = s->read;

	if (read->res != MDOC_OK) {
		s->rows[MDOC_READER_STRUCTURE].outcome = MDOC_FAILED;
		s->rows[MDOC_READER_STRUCTURE].error = *read->problem;
		out->unknown_algorithm = read->res == MDOC_ERR_ALGORITHM;
		return MDOC_OK;
	}
	if (read->sign1.payload.ptr != NULL)
		row_failed(s, MDOC_READER_STRUCTURE, MDOC_ERR_READER_AUTH, "null as payload: it is detached");
	else if (!mdoc_sign1_certificate(&read->sign1, 0, &out->der))
		row_failed(s, MDOC_READER_STRUCTURE, MDOC_ERR_READER_AUTH, "the reader's certificate in x5chain");
	else
		s->rows[MDOC_READER_STRUCTURE].outcome = MDOC_PASSED;
	return s->rows[MDOC_READER_STRUCTURE].outcome == MDOC_PASSED ? read_certificate(run, out->der) : MDOC_OK;
}

static enum mdoc_result
check_signature(struct run *run, struct signature *s)
{
	enum mdoc_result res = run->certificate.key_result;

	for (size_t i = 0; run->certificate.key_result == MDOC_OK && i < s->payload_count; i++) {
		res = mdoc_sign1_verify_evp(run->context, &s->read->sign1, run->certificate.key.curve,
			mdoc_cert_pkey(run->certificate.judged.cert), mdoc_buf_bytes(&s->payloads[i]));
		if (res != MDOC_ERR_SIGNATURE)
			break;
	}
	if (is_ours(res))
		return res;
	if (res == MDOC_OK)
		s->rows[MDOC_READER_SIGNATURE].outcome = MDOC_PASSED;
	else
		row_failed(s, MDOC_READER_SIGNATURE, MDOC_ERR_READER_AUTH, "a signature by the reader's certificate");
	return MDOC_OK;
}

/* A row of the certificate: false when it stands against trust. */
static bool
settle(struct signature *s, enum mdoc_reader_check check, const struct mdoc_error *error)
{
	if (error->code == MDOC_OK)
		s->rows[check].outcome = MDOC_PASSED;
	else
		row_failed(s, check, error->code, error->expected);
	return error->code == MDOC_OK;
}

/* Whether a CRL says that the certificate is good; without one the caller's policy counts. */
static bool
settle_crl(struct signature *s, const struct mdoc_error *error, bool required)
{
	if (error->code != MDOC_ERR_UNDETERMINED || required)
		return settle(s, MDOC_READER_CRL, error);
	row_failed(s, MDOC_READER_CRL, error->code, error->expected);
	s->rows[MDOC_READER_CRL].outcome = MDOC_NOT_DONE;
	return true;
}

/* Profile, path, validity and revocation of the certificate at hand. */
static bool
is_trusted(const struct run *run, struct signature *s)
{
	const struct mdoc_judged *judged = &run->certificate.judged;
	bool trusted = settle(s, MDOC_READER_PROFILE, &judged->profile);

	trusted &= settle(s, MDOC_READER_PATH, &judged->path);
	if (judged->anchor == NULL)
		return false;
	trusted &= settle(s, MDOC_READER_VALIDITY, &judged->validity);
	return settle_crl(s, &judged->revocation, run->options->crl_required) && trusted;
}

static enum mdoc_result
judge(struct run *run, struct signature *s, struct mdoci_reader_judgement *out)
{
	enum mdoc_result res;

	*out = (struct mdoci_reader_judgement){ .standing = MDOC_READER_FAILED };
	res = check_structure(run, s, out);
	if (res != MDOC_OK || s->rows[MDOC_READER_STRUCTURE].outcome != MDOC_PASSED)
		return res;
	res = check_signature(run, s);
	if (res != MDOC_OK || s->rows[MDOC_READER_SIGNATURE].outcome != MDOC_PASSED)
		return res;
	out->standing = MDOC_READER_SIGNED;
	if (run->options->trust == NULL)
		return res;
	if (is_trusted(run, s))
		out->standing = MDOC_READER_TRUSTED;
	/* Whoever has the key of a revoked certificate is perhaps not the reader, so that its signature proves nothing. */
	if (s->rows[MDOC_READER_CRL].error.code == MDOC_ERR_REVOKED)
		out->standing = MDOC_READER_FAILED;
	return res;
}

/* The next rows of the answer, not done yet. */
static struct mdoc_reader_row *
new_rows(struct mdoc_reader_auth *auth, size_t doc, size_t signature)
{
	struct mdoc_reader_row *rows = &auth->rows[auth->row_count];

	for (unsigned check = 0; check < MDOC_READER_CHECK_COUNT; check++)
		rows[check] = (struct mdoc_reader_row){ .check = check,
			.outcome = MDOC_NOT_DONE,
			.doc = doc,
			.signature = signature };
	auth->row_count += MDOC_READER_CHECK_COUNT;
	return rows;
}

static enum mdoc_result
judge_doc(struct run *run, size_t i)
{
	const struct mdoc_doc_request *doc = &run->request->docs[i];
	struct mdoc_buf payload = MDOC_BUF_EMPTY;
	struct signature s = { .read = &doc->reader_auth, .payloads = &payload, .payload_count = 1 };
	enum mdoc_result res;

	if (!doc->has_reader_auth)
		return MDOC_OK;
	s.rows = new_rows(run->auth, i, 0);
	mdoci_path(s.path, "docRequests", "[%zu].readerAuth", i);
	mdoci_put_reader_authentication_bytes(&payload, run->options->transcript, doc->items_request_bytes);
	res = payload.err;
	if (res == MDOC_OK)
		res = judge(run, &s, &run->auth->of_docs[i]);
	mdoc_buf_clear(&payload);
	return res;
}

/* What readerAuthAll is over, once for all its signatures. */
static enum mdoc_result
make_all(struct run *run)
{
	const struct mdoc_request *request = run->request;
	const struct mdoc_bytes info = request->device_request_info_item;
	struct mdoc_buf items = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	for (size_t i = 0; i < request->count; i++)
		mdoc_buf_append(&items, request->docs[i].items_request_bytes);
	res = items.err;
	if (res == MDOC_OK)
		mdoci_put_reader_authentication_all_bytes(&run->all[0], run->options->transcript,
			mdoc_buf_bytes(&items), request->count, MDOCI_READER_ALL_FOUR, info);
	if (res == MDOC_OK && info.len == 0)
		mdoci_put_reader_authentication_all_bytes(&run->all[1], run->options->transcript,
			mdoc_buf_bytes(&items), request->count, MDOCI_READER_ALL_THREE, info);
	mdoc_buf_clear(&items);
	if (res == MDOC_OK)
		res = run->all[0].err;
	return res == MDOC_OK ? run->all[1].err : res;
}

static enum mdoc_result
judge_all(struct run *run)
{
	const struct mdoc_request *request = run->request;
	struct signature s = { .payloads = run->all };
	enum mdoc_result res = MDOC_OK;

	if (request->auth_all_count == 0)
		return MDOC_OK;
	res = make_all(run);
	s.payload_count = run->all[1].len > 0 ? 2 : 1;
	for (size_t i = 0; res == MDOC_OK && i < request->auth_all_count; i++) {
		s.read = &request->auth_all[i];
		s.rows = new_rows(run->auth, SIZE_MAX, i);
		mdoci_path(s.path, "readerAuthAll", "[%zu]", i);
		res = judge(run, &s, &run->auth->of_all[i]);
	}
	return res;
}

/* Which of two signatures over the same docRequest speaks for it. */
static const struct mdoci_reader_judgement *
stronger(const struct mdoci_reader_judgement *a, const struct mdoci_reader_judgement *b)
{
	if (a->standing == MDOC_READER_NONE || (a->unknown_algorithm && b->standing != MDOC_READER_NONE))
		return b;
	if (b->standing == MDOC_READER_NONE || b->unknown_algorithm || a->standing == MDOC_READER_FAILED)
		return a;
	return b->standing == MDOC_READER_FAILED || b->standing > a->standing ? b : a;
}

static void
combine(struct mdoc_reader_auth *auth, size_t all_count)
{
	struct mdoci_reader_judgement all = { .standing = MDOC_READER_NONE };

	for (size_t i = 0; i < all_count; i++)
		all = *stronger(&all, &auth->of_all[i]);
	for (size_t i = 0; i < auth->count; i++)
		auth->of_docs[i] = *stronger(&auth->of_docs[i], &all);
}

static size_t
count_signatures(const struct mdoc_request *request)
{
	size_t signatures = request->auth_all_count;

	for (size_t i = 0; i < request->count; i++)
		signatures += request->docs[i].has_reader_auth ? 1 : 0;
	return signatures;
}

static struct mdoc_reader_auth *
auth_new(const struct mdoc_request *request)
{
	struct mdoc_reader_auth *auth = calloc(1, sizeof(*auth));

	if (auth == NULL)
		return NULL;
	auth->count = request->count;
	auth->rows = calloc(count_signatures(request) * MDOC_READER_CHECK_COUNT + 1, sizeof(*auth->rows));
	auth->of_docs = calloc(request->count + 1, sizeof(*auth->of_docs));
	auth->of_all = calloc(request->auth_all_count + 1, sizeof(*auth->of_all));
	if (auth->rows != NULL && auth->of_docs != NULL && auth->of_all != NULL)
		return auth;
	mdoc_reader_auth_free(auth);
	return NULL;
}

enum mdoc_result
mdoc_reader_auth_check(const struct mdoc_context *context, const struct mdoc_request *request,
	const struct mdoc_reader_auth_options *options, struct mdoc_reader_auth **auth, struct mdoc_error *error)
{
	struct run run = { .context = context,
		.request = request,
		.options = options,
		.all = { MDOC_BUF_EMPTY, MDOC_BUF_EMPTY } };
	enum mdoc_cert_profile profile;
	enum mdoc_result res = MDOC_OK;

	*auth = NULL;
	if (options->transcript.len == 0 && count_signatures(request) > 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "a SessionTranscript");
	if (options->trust != NULL && mdoc_trust_profile(options->trust, &profile) && profile != MDOC_CERT_READER_CA)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "reader CAs in the trust store");
	run.auth = auth_new(request);
	if (run.auth == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	for (size_t i = 0; res == MDOC_OK && i < request->count; i++)
		res = judge_doc(&run, i);
	if (res == MDOC_OK)
		res = judge_all(&run);
	if (res == MDOC_OK) {
		combine(run.auth, request->auth_all_count);
		*auth = run.auth;
	} else {
		mdoc_reader_auth_free(run.auth);
		(void)mdoci_fail(error, res, SIZE_MAX, "", "what reader authentication needs");
	}
	mdoc_buf_clear(&run.all[0]);
	mdoc_buf_clear(&run.all[1]);
	mdoc_judged_clear(&run.certificate.judged);
	return res;
}

enum mdoc_result
mdoc_reader_auth_verify(const struct mdoc_context *context, const struct mdoc_request *request,
	struct mdoc_bytes transcript, struct mdoc_error *error)
{
	const struct mdoc_reader_auth_options options = { .transcript = transcript };
	struct mdoc_reader_auth *auth = NULL;
	const struct mdoc_reader_row *row;
	enum mdoc_result res;
	bool failed = false;

	res = mdoc_reader_auth_check(context, request, &options, &auth, error);
	if (res != MDOC_OK)
		return res;
	for (size_t i = 0; i < auth->count; i++)
		failed |= auth->of_docs[i].standing == MDOC_READER_FAILED;
	for (size_t i = 0; failed && (row = mdoc_reader_auth_row(auth, i)) != NULL; i++) {
		if (row->outcome != MDOC_FAILED)
			continue;
		res = mdoci_fail(error, MDOC_ERR_READER_AUTH, row->error.offset, row->error.path, "%s",
			row->error.expected);
		break;
	}
	mdoc_reader_auth_free(auth);
	return res;
}
