/*
 * tests/unit/test_threads.c: one context, one trust store, one template and one list, used by several threads at once:
 * what the headers promise, for ThreadSanitizer to see.
 *
 * If this fails, a server that verifies or issues in several threads reads what another thread is writing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/soft.h"

#include <CUnit/Basic.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define ROUNDS 8
#define DOC_TYPE "x.y"
#define NAMESPACE "ns"
#define URI "https://issuer.example/list"

static const uint8_t transcript_bytes[] = { 0x83, 0xf6, 0xf6, 0xf6 };
static const uint8_t value[] = { 0x61, 'v' };

static struct {
	int64_t now;
	struct mdoc_context *context;
	struct soft_key iaca_key, ds_key, list_key, reader_key;
	struct mdoc_buf iaca, ds, list_signer, list, crl, request;
	struct mdoc_trust *trust;
	struct mdoc_template *template_;
	struct mdoc_status_list *status_list;
} shared;

struct worker {
	unsigned number;
	struct soft_key device;
	int failed; /* line of the first failure */
};

#define EXPECT(worker, condition) \
	do { \
		if (!(condition) && (worker)->failed == 0) \
			(worker)->failed = __LINE__; \
	} while (0)

static bool
certificates(void)
{
	return soft_certificate(MDOC_CERT_IACA, "IACA", &shared.iaca_key, NULL, NULL, &shared.iaca, NULL) == MDOC_OK &&
		soft_certificate(MDOC_CERT_DS, "DS", &shared.ds_key, &shared.iaca, &shared.iaca_key, &shared.ds,
			NULL) == MDOC_OK &&
		soft_certificate(MDOC_CERT_STATUS, "Lists", &shared.list_key, &shared.iaca, &shared.iaca_key,
			&shared.list_signer, NULL) == MDOC_OK &&
		mdoc_trust_add(shared.context, shared.trust, mdoc_buf_bytes(&shared.iaca), MDOC_CERT_IACA, 0, NULL) ==
		MDOC_OK &&
		mdoc_trust_use_cache(shared.context, shared.trust) == MDOC_OK;
}

static bool
lists(void)
{
	const struct mdoc_bytes x5chain = mdoc_buf_bytes(&shared.list_signer);
	const struct mdoc_list_spec spec = { .uri = mdoc_text(URI),
		.issued = shared.now - 10,
		.expires = shared.now + 10,
		.x5chain = &x5chain,
		.x5chain_count = 1,
		.signer = &shared.list_key.signer };
	const struct mdoc_crl_spec crl = { .issuer_cert = mdoc_buf_bytes(&shared.iaca),
		.number = 1,
		.this_update = shared.now - 10,
		.next_update = shared.now + 10,
		.signer = &shared.iaca_key.signer };
	const struct mdoc_list_trust trust = { .anchors = shared.trust, .now = shared.now };
	const uint8_t packed[8] = { 0 };

	return mdoc_status_list_build(shared.context, &spec, 1, mdoc_bytes_of(packed, sizeof(packed)), &shared.list) ==
		MDOC_OK &&
		mdoc_status_list_parse(shared.context, mdoc_buf_bytes(&shared.list), &shared.status_list, NULL) ==
		MDOC_OK &&
		mdoc_status_list_check(shared.context, shared.status_list, &trust, NULL) == MDOC_OK &&
		mdoc_crl_build(shared.context, &crl, &shared.crl, NULL) == MDOC_OK;
}

static bool
issuer_and_reader(void)
{
	static const struct mdoc_asked asked[] = { { { (const uint8_t *)NAMESPACE, 2 }, { (const uint8_t *)"a", 1 },
							   true },
		{ { (const uint8_t *)NAMESPACE, 2 }, { (const uint8_t *)"b", 1 }, false } };
	static struct mdoc_claim claims[2];
	static struct mdoc_bytes x5chain;
	struct mdoc_issue issue = { .doc_type = mdoc_text(DOC_TYPE),
		.claims = claims,
		.claim_count = 2,
		.signed_ = shared.now,
		.valid_from = shared.now,
		.valid_until = shared.now + SOFT_DAY,
		.edition = MDOC_EDITION_2,
		.x5chain = &x5chain,
		.x5chain_count = 1,
		.signer = &shared.ds_key.signer };
	const struct mdoc_ask ask = { .doc_type = mdoc_text(DOC_TYPE), .asked = asked, .count = 2 };

	x5chain = mdoc_buf_bytes(&shared.ds);
	claims[0] = (struct mdoc_claim){ mdoc_text(NAMESPACE), mdoc_text("a"), mdoc_bytes_of(value, sizeof(value)) };
	claims[1] = (struct mdoc_claim){ mdoc_text(NAMESPACE), mdoc_text("b"), mdoc_bytes_of(value, sizeof(value)) };
	return mdoc_template_new(shared.context, &issue, &shared.template_, NULL) == MDOC_OK &&
		mdoc_request_build(shared.context, &ask, 1, NULL, &shared.request, NULL) == MDOC_OK;
}

static int
init(void)
{
	shared.now = soft_2026 + 10 * SOFT_DAY;
	shared.trust = mdoc_trust_new();
	if (shared.trust == NULL || mdoc_context_new(NULL, &shared.context) != MDOC_OK ||
		!soft_key_make(&shared.iaca_key, "P-384") || !soft_key_make(&shared.ds_key, "P-256") ||
		!soft_key_make(&shared.list_key, "P-256") || !soft_key_make(&shared.reader_key, "P-256"))
		return 1;
	return !certificates() || !lists() || !issuer_and_reader();
}

static int
clear(void)
{
	mdoc_template_free(shared.template_);
	mdoc_status_list_free(shared.status_list);
	mdoc_trust_free(shared.trust);
	mdoc_buf_clear(&shared.iaca);
	mdoc_buf_clear(&shared.ds);
	mdoc_buf_clear(&shared.list_signer);
	mdoc_buf_clear(&shared.list);
	mdoc_buf_clear(&shared.crl);
	mdoc_buf_clear(&shared.request);
	soft_key_clear(&shared.iaca_key);
	soft_key_clear(&shared.ds_key);
	soft_key_clear(&shared.list_key);
	soft_key_clear(&shared.reader_key);
	mdoc_context_free(shared.context);
	return 0;
}

/* A holder's answer with this record, and the reader's verdict on it. */
static void
present(struct worker *w, const struct mdoc_issuer_signed *record, struct mdoc_verify_options *options)
{
	const struct mdoc_held held = { .record = record };
	const struct mdoc_device_key key = { .signer = &w->device.signer };
	const struct mdoc_response_options build = { .transcript = options->transcript, .keys = &key };
	struct mdoc_request *request = NULL;
	struct mdoc_selection *selection = NULL;
	struct mdoc_verdict *verdict = NULL;
	struct mdoc_buf response = MDOC_BUF_EMPTY;

	EXPECT(w, mdoc_request_parse(shared.context, mdoc_buf_bytes(&shared.request), &request, NULL) == MDOC_OK);
	EXPECT(w, mdoc_select(shared.context, request, &held, 1, NULL, &selection, NULL) == MDOC_OK);
	EXPECT(w, mdoc_response_build(shared.context, selection, &build, &response, NULL) == MDOC_OK);
	options->request = request;
	EXPECT(w, mdoc_verify(shared.context, mdoc_buf_bytes(&response), options, &verdict) == MDOC_OK);
	mdoc_verdict_free(verdict);
	verdict = NULL;
	response.ptr[response.len / 2] ^= 1;
	EXPECT(w, mdoc_verify(shared.context, mdoc_buf_bytes(&response), options, &verdict) != MDOC_OK);
	mdoc_verdict_free(verdict);
	mdoc_selection_free(selection);
	mdoc_request_free(request);
	mdoc_buf_clear(&response);
}

static void
issue_and_present(struct worker *w)
{
	const struct mdoc_status_list *list = shared.status_list;
	const struct mdoc_revocation_lists held_lists = { .status = &list, .status_count = 1 };
	const struct mdoc_status status = { .list_uri = mdoc_text(URI), .list_idx = w->number };
	struct mdoc_verify_options options = {
		.transcript = mdoc_bytes_of(transcript_bytes, sizeof(transcript_bytes)),
		.trust = shared.trust,
		.now = shared.now,
		.lists = &held_lists,
		.undetermined = MDOC_UNDETERMINED_FAILS,
		.crl_required = true,
	};
	struct mdoc_issuer_signed *record = NULL;
	struct mdoc_verdict *verdict = NULL;
	struct mdoc_buf issued = MDOC_BUF_EMPTY;

	EXPECT(w, mdoc_template_issue(shared.template_, &w->device.pub, &status, &issued, NULL) == MDOC_OK);
	EXPECT(w, mdoc_issuer_signed_parse(shared.context, mdoc_buf_bytes(&issued), &record, NULL) == MDOC_OK);
	EXPECT(w, record != NULL && mdoc_verify_record(shared.context, record, &options, &verdict) == MDOC_OK);
	mdoc_verdict_free(verdict);
	if (record != NULL)
		present(w, record, &options);
	mdoc_issuer_signed_free(record);
	mdoc_buf_clear(&issued);
}

/* Both sides of a session, with the reader's key that all threads have, and a response of the browser's API. */
static void
encrypt(struct worker *w)
{
	const struct mdoc_bytes transcript = mdoc_bytes_of(transcript_bytes, sizeof(transcript_bytes));
	struct mdoc_session *reader = NULL, *device = NULL;
	struct mdoc_buf key = MDOC_BUF_EMPTY, key_bytes = MDOC_BUF_EMPTY, message = MDOC_BUF_EMPTY;
	struct mdoc_buf plain = MDOC_BUF_EMPTY;

	mdoc_put_key(&key, &shared.reader_key.pub);
	mdoc_put_embedded(&key_bytes, mdoc_buf_bytes(&key));
	EXPECT(w,
		mdoc_session_new(shared.context, MDOC_SESSION_READER, transcript, &shared.reader_key.agreement,
			&w->device.pub, &reader, NULL) == MDOC_OK);
	EXPECT(w,
		mdoc_session_new(shared.context, MDOC_SESSION_DEVICE, transcript, &w->device.agreement,
			&shared.reader_key.pub, &device, NULL) == MDOC_OK);
	if (reader != NULL && device != NULL) {
		EXPECT(w,
			mdoc_session_establish(reader, mdoc_buf_bytes(&key_bytes), mdoc_text("request"), &message,
				NULL) == MDOC_OK);
		EXPECT(w, mdoc_session_open(device, mdoc_buf_bytes(&message), &plain, NULL) == MDOC_OK);
		EXPECT(w, mdoc_bytes_is_text(mdoc_buf_bytes(&plain), "request"));
	}
	mdoc_buf_clear(&message);
	mdoc_buf_clear(&plain);
	EXPECT(w,
		mdoc_dcapi_seal(shared.context, &shared.reader_key.pub, transcript, mdoc_text("response"), &message,
			NULL) == MDOC_OK);
	EXPECT(w,
		mdoc_dcapi_open(shared.context, &shared.reader_key.agreement, transcript, mdoc_buf_bytes(&message),
			&plain, NULL) == MDOC_OK);
	EXPECT(w, mdoc_bytes_is_text(mdoc_buf_bytes(&plain), "response"));
	mdoc_session_free(reader);
	mdoc_session_free(device);
	mdoc_buf_clear(&key);
	mdoc_buf_clear(&key_bytes);
	mdoc_buf_clear(&message);
	mdoc_buf_clear(&plain);
}

/* A newer CRL comes while others look into the one before. */
static void
renew_crl(struct worker *w)
{
	struct mdoc_crl *crl = NULL;

	EXPECT(w, mdoc_crl_parse(shared.context, mdoc_buf_bytes(&shared.crl), &crl, NULL) == MDOC_OK);
	EXPECT(w, mdoc_trust_add_crl(shared.trust, crl, NULL) == MDOC_OK);
}

static void *
work(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		renew_crl(w);
		issue_and_present(w);
		encrypt(w);
	}
	return NULL;
}

static void
all_at_once(void)
{
	struct worker workers[THREADS];
	pthread_t threads[THREADS];

	memset(workers, 0, sizeof(workers));
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i].number = i;
		CU_ASSERT_TRUE_FATAL(soft_key_make(&workers[i].device, "P-256"));
	}
	for (unsigned i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
		CU_ASSERT_EQUAL(workers[i].failed, 0);
		if (workers[i].failed != 0)
			printf("    thread %u: line %d\n", i, workers[i].failed);
		soft_key_clear(&workers[i].device);
	}
}

int
main(void)
{
	CU_pSuite suite = NULL;
	unsigned failures;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	suite = CU_add_suite("threads", init, clear);
	CU_add_test(suite, "verify, issue, present and encrypt at once", all_at_once);
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failures == 0 ? 0 : 1;
}
