/*
 * tests/unit/test_hostile.c: cut, altered and bloated input against every parser. None may
 * crash, leak, accept what was cut, or allocate more than MDOC_PARSE_MULTIPLE bytes per byte of input.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include "mdoc/request/request_internal.h"
#include "mdoc/response/response_internal.h"
#include "tests/unit/mdoc_test.h"
#include "tests/unit/pieces.h"
#include <stdlib.h>
#include <string.h>

extern CU_TestInfo hostile_tests[];

typedef enum mdoc_result (*parse_fn)(struct mdoc_bytes input, struct mdoc_error *error);

static enum mdoc_result
parse_response(struct mdoc_bytes input, struct mdoc_error *error)
{
	struct mdoc_response *response = NULL;
	const enum mdoc_result res = mdoc_response_parse(NULL, input, &response, error);

	for (size_t i = 0; res == MDOC_OK && i < response->count; i++)
		(void)mdoc_issuer_signed_check_digests(NULL, response->documents[i].issuer_signed, error);
	mdoc_response_free(response);
	return res;
}

static enum mdoc_result
parse_record(struct mdoc_bytes input, struct mdoc_error *error)
{
	struct mdoc_issuer_signed *is;
	const enum mdoc_result res = mdoc_issuer_signed_parse(NULL, input, &is, error);

	if (res == MDOC_OK)
		(void)mdoc_issuer_signed_check_digests(NULL, is, error);
	mdoc_issuer_signed_free(is);
	return res;
}

static enum mdoc_result
parse_request(struct mdoc_bytes input, struct mdoc_error *error)
{
	struct mdoc_request *request;
	const enum mdoc_result res = mdoc_request_parse(NULL, input, &request, error);

	if (res == MDOC_OK)
		(void)mdoc_reader_auth_verify(NULL, request, input, NULL);
	mdoc_request_free(request);
	return res;
}

static enum mdoc_result
parse_authentication(struct mdoc_bytes input, struct mdoc_error *error)
{
	struct mdoc_device_authentication parts;

	return mdoc_device_authentication_parse(NULL, input, &parts, error);
}

struct subject {
	struct mdoc_bytes input;
	parse_fn parse;
};

#define SUBJECTS 5

static void
subjects_load(struct subject subjects[SUBJECTS])
{
	struct mdoc_buf pieces = MDOC_BUF_EMPTY;
	struct kit kit;

	kit_make(&kit, "P-256");
	pieces_put_record(&pieces, mdoc_buf_bytes(&kit.record), &kit.issuer.signer, 50);
	subjects[0] = (struct subject){ vector_load("annexD/device_response.cbor"), parse_response };
	subjects[1] = (struct subject){ bytes_copy(mdoc_buf_bytes(&kit.record)), parse_record };
	subjects[2] = (struct subject){ vector_load("annexD/device_request.cbor"), parse_request };
	subjects[3] = (struct subject){ vector_load("annexD/derived_device_authentication_bytes.cbor"),
		parse_authentication };
	subjects[4] = (struct subject){ bytes_copy(mdoc_buf_bytes(&pieces)), parse_record };
	mdoc_buf_clear(&pieces);
	kit_clear(&kit);
}

static void
subjects_free(struct subject subjects[SUBJECTS])
{
	for (size_t s = 0; s < SUBJECTS; s++)
		bytes_free(subjects[s].input);
}

/* A file that was cut off, at whatever byte, would be taken for a whole one. */
static void
cut_input_is_refused(void)
{
	struct subject subjects[SUBJECTS];

	subjects_load(subjects);
	for (size_t s = 0; s < SUBJECTS; s++) {
		size_t refused = 0, placed = 0;

		for (size_t len = 0; len < subjects[s].input.len; len++) {
			struct mdoc_bytes cut = bytes_copy(mdoc_bytes_of(subjects[s].input.ptr, len));
			struct mdoc_error error = { 0 };

			refused += subjects[s].parse(cut, &error) == MDOC_ERR_TRUNCATED;
			placed += error.code == MDOC_ERR_TRUNCATED && error.offset <= len && error.expected[0] != '\0';
			bytes_free(cut);
		}
		CU_ASSERT_EQUAL(refused, subjects[s].input.len);
		CU_ASSERT_EQUAL(placed, subjects[s].input.len);
		CU_ASSERT_EQUAL(subjects[s].parse(subjects[s].input, NULL), MDOC_OK);
	}
	subjects_free(subjects);
}

static uint32_t
next_number(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 8;
}

/* One to four bytes changed, a run cut out, or a run doubled. */
static struct mdoc_bytes
mutate(struct mdoc_bytes input, uint32_t *state)
{
	const size_t at = next_number(state) % input.len;
	const size_t run = next_number(state) % 16;
	const size_t cut = at + run <= input.len ? run : input.len - at;
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct mdoc_bytes out;

	switch (next_number(state) % 8) {
	case 0:
		mdoc_buf_append(&buf, mdoc_bytes_of(input.ptr, at));
		mdoc_buf_append(&buf, mdoc_bytes_of(input.ptr + at + cut, input.len - at - cut));
		break;
	case 1:
		mdoc_buf_append(&buf, mdoc_bytes_of(input.ptr, at + cut));
		mdoc_buf_append(&buf, mdoc_bytes_of(input.ptr + at, input.len - at));
		break;
	default:
		mdoc_buf_append(&buf, input);
		for (size_t i = 0; i <= run % 4; i++)
			buf.ptr[next_number(state) % input.len] ^= (uint8_t)(1U << next_number(state) % 8);
		break;
	}
	out = bytes_copy(mdoc_buf_bytes(&buf));
	mdoc_buf_clear(&buf);
	return out;
}

/* Somebody would find a byte that crashes a wallet or a gate. Always the same numbers. */
static void
altered_input_is_survived(void)
{
	struct subject subjects[SUBJECTS];
	uint32_t state = 20260130;
	size_t refused = 0;
	bool within = true, described = true;

	subjects_load(subjects);
	for (unsigned round = 0; round < 6000; round++) {
		const struct subject *subject = &subjects[round % SUBJECTS];
		struct mdoc_bytes altered = mutate(subject->input, &state);
		struct mdoc_error error = { 0 };
		enum mdoc_result res;

		alloc_reset();
		res = subject->parse(altered, &error);
		within = within && alloc_bytes() <= altered.len * MDOC_PARSE_MULTIPLE + MDOC_PARSE_FIXED;
		if (res != MDOC_OK) {
			refused++;
			described = described && error.code == res && error.offset <= altered.len &&
				error.expected[0] != '\0';
		}
		bytes_free(altered);
	}
	CU_ASSERT_TRUE(within);
	CU_ASSERT_TRUE(described);
	CU_ASSERT_TRUE(refused > 500 && refused < 6000);
	subjects_free(subjects);
}

/* Running out of memory at any point would crash, leak, or pass for success. */
static void
every_allocation_may_fail(void)
{
	struct subject subjects[SUBJECTS];

	subjects_load(subjects);
	for (size_t s = 0; s < SUBJECTS; s++) {
		size_t calls;

		alloc_reset();
		CU_ASSERT_EQUAL(subjects[s].parse(subjects[s].input, NULL), MDOC_OK);
		calls = alloc_calls();
		CU_ASSERT_TRUE(calls > 0 && calls < 1000);
		for (size_t call = 1; call <= calls; call++) {
			enum mdoc_result res;

			alloc_reset();
			alloc_fail_at(call);
			res = subjects[s].parse(subjects[s].input, NULL);
			CU_ASSERT_TRUE(res == MDOC_ERR_MEMORY || res == MDOC_OK); /* OK: a later check had none */
		}
	}
	alloc_reset();
	subjects_free(subjects);
}

/* Where memory runs out while digests are compared, an element that was changed would pass for what the issuer
 * signed. */
static void
no_verdict_without_memory(void)
{
	struct mdoc_bytes response = vector_load("annexD/device_response.cbor");
	struct mdoc_bytes asked = vector_load("annexD/device_request.cbor");
	struct mdoc_bytes iaca = vector_load("annexD/iaca_cert.der");
	uint8_t *name = memmem(response.ptr, response.len, "Doe", 3);
	struct mdoc_trust *trust = mdoc_trust_new();
	struct mdoc_request *request = NULL;
	struct mdoc_verify_options options = {
		.transcript = asked, /* of another session */
		.trust = trust,
		.now = 1603843200, /* 2020-10-28T00:00:00Z */
		.relax = MDOC_RELAX_CRL_DP,
		.mac_allowed = true,
	};
	struct mdoc_verdict *verdict = NULL;
	size_t calls;

	CU_ASSERT_PTR_NOT_NULL_FATAL(name);
	CU_ASSERT_EQUAL(mdoc_trust_add(NULL, trust, iaca, MDOC_CERT_IACA, MDOC_RELAX_CRL_DP, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_request_parse(NULL, asked, &request, NULL), MDOC_OK);
	options.request = request;
	name[0] = 'R';
	alloc_reset();
	CU_ASSERT_EQUAL(mdoc_verify(NULL, response, &options, &verdict), MDOC_ERR_DIGEST);
	mdoc_verdict_free(verdict);
	calls = alloc_calls();
	for (size_t call = 1; call <= calls; call++) {
		enum mdoc_result res;

		alloc_reset();
		alloc_fail_at(call);
		res = mdoc_verify(NULL, response, &options, &verdict);
		CU_ASSERT_TRUE(res == MDOC_ERR_MEMORY || res == MDOC_ERR_DIGEST);
		mdoc_verdict_free(verdict);
	}
	alloc_reset();
	mdoc_request_free(request);
	mdoc_trust_free(trust);
	bytes_free(response);
	bytes_free(asked);
	bytes_free(iaca);
}

static void
put_bloat(struct mdoc_buf *buf, size_t kind)
{
	static const char *const keys[] = { "documents", "docRequests", "nameSpaces", "nameSpaces" };
	enum { MANY = 4000 };

	mdoc_put_map(buf, 3);
	mdoc_put_text(buf, "version");
	mdoc_put_text(buf, "1.0");
	mdoc_put_text(buf, "status");
	mdoc_put_uint(buf, 0);
	mdoc_put_text(buf, keys[kind]);
	if (kind == 3) {
		mdoc_put_map(buf, 1);
		mdoc_put_text(buf, "n");
	}
	if (kind == 2)
		mdoc_put_map(buf, MANY);
	else
		mdoc_put_array(buf, kind == 0 ? 250 : MANY);
	for (size_t i = 0; i < (kind == 0 ? 250 : MANY); i++) {
		if (kind == 2) {
			const char name[] = { (char)('a' + i % 26), (char)('a' + i / 26 % 26), (char)('a' + i / 676),
				'\0' };

			mdoc_put_text(buf, name);
		}
		mdoc_put_uint(buf, 0);
	}
}

/* A list of a few thousand cheap entries would make us allocate large structures for each. */
static void
bloated_lists_cost_little(void)
{
	static const parse_fn parsers[] = { parse_response, parse_request, parse_record, parse_record };

	for (size_t kind = 0; kind < 4; kind++) {
		struct mdoc_buf buf = MDOC_BUF_EMPTY;

		put_bloat(&buf, kind);
		CU_ASSERT_EQUAL_FATAL(buf.err, MDOC_OK);
		alloc_reset();
		CU_ASSERT_EQUAL(parsers[kind](mdoc_buf_bytes(&buf), NULL), MDOC_ERR_TYPE);
		CU_ASSERT_TRUE(alloc_bytes() <= buf.len * MDOC_PARSE_MULTIPLE + MDOC_PARSE_FIXED);
		mdoc_buf_clear(&buf);
	}
}

CU_TestInfo hostile_tests[] = {
	{ "input cut at every byte is refused", cut_input_is_refused },
	{ "altered input is survived", altered_input_is_survived },
	{ "every allocation may fail", every_allocation_may_fail },
	{ "no verdict without memory", no_verdict_without_memory },
	{ "bloated lists cost little", bloated_lists_cost_little },
	CU_TEST_INFO_NULL,
};
