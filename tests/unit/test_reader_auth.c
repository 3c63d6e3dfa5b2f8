/*
 * tests/unit/test_reader_auth.c: who asks: signatures of readers, their certificates, and the policy.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/reader_auth_internal.h"
#include "mdoc/request/request_internal.h"
#include "tests/unit/mdoc_test.h"
#include <mdoc/reader_auth.h>
#include <stdio.h>
#include <string.h>

extern CU_TestInfo reader_auth_tests[];

#define NOW (soft_2026 + 30 * SOFT_DAY)

/* A trusted reader CA and its reader; one that nobody trusts, and its reader; a reader whose certificate is that
 * of a DS. */
static struct {
	struct soft_key ca_key, reader_key, other_key, stranger_key, ds_key;
	struct mdoc_buf ca, reader, other, stranger, ds;
	struct mdoc_bytes chains[3];
	struct mdoc_trust *trust;
	struct mdoc_bytes transcript, other_transcript;
	struct mdoc_asked asked[2];
	bool crl_required;
} w;

enum who { NOBODY, READER, STRANGER, DS, THIEF };

static struct mdoc_reader_signer
signer_of(enum who who)
{
	switch (who) {
	case READER:
		return (struct mdoc_reader_signer){ &w.reader_key.signer, &w.chains[0], 1 };
	case STRANGER:
		return (struct mdoc_reader_signer){ &w.stranger_key.signer, &w.chains[1], 1 };
	case DS:
		return (struct mdoc_reader_signer){ &w.ds_key.signer, &w.chains[2], 1 };
	case THIEF: /* the reader's certificate, another key */
		return (struct mdoc_reader_signer){ &w.stranger_key.signer, &w.chains[0], 1 };
	default:
		return (struct mdoc_reader_signer){ NULL, NULL, 0 };
	}
}

static void
world_make(void)
{
	struct mdoc_error error = { .code = MDOC_OK };

	memset(&w, 0, sizeof(w));
	CU_ASSERT_TRUE_FATAL(soft_key_make(&w.ca_key, "P-256") && soft_key_make(&w.reader_key, "P-256") &&
		soft_key_make(&w.other_key, "P-384") && soft_key_make(&w.stranger_key, "P-256") &&
		soft_key_make(&w.ds_key, "P-256"));
	CU_ASSERT_EQUAL_FATAL(soft_certificate(MDOC_CERT_READER_CA, "Reader CA", &w.ca_key, NULL, NULL, &w.ca, &error),
		MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(soft_certificate(MDOC_CERT_READER_CA, "Other CA", &w.other_key, NULL, NULL, &w.other,
				      &error),
		MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(soft_certificate(MDOC_CERT_READER, "窓口", &w.reader_key, &w.ca, &w.ca_key, &w.reader,
				      &error),
		MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(soft_certificate(MDOC_CERT_READER, "Stranger", &w.stranger_key, &w.other, &w.other_key,
				      &w.stranger, &error),
		MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(soft_certificate(MDOC_CERT_IACA, "A root", &w.ds_key, NULL, NULL, &w.ds, &error),
		MDOC_OK);
	w.chains[0] = mdoc_buf_bytes(&w.reader);
	w.chains[1] = mdoc_buf_bytes(&w.stranger);
	w.chains[2] = mdoc_buf_bytes(&w.ds);
	w.trust = mdoc_trust_new();
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_add(NULL, w.trust, mdoc_buf_bytes(&w.ca), MDOC_CERT_READER_CA, 0, &error),
		MDOC_OK);
	w.transcript = hex_load("83 f6 f6 f6");
	w.other_transcript = hex_load("83 f6 f6 00");
	w.asked[0] = (struct mdoc_asked){ mdoc_text("n"), mdoc_text("a"), false };
	w.asked[1] = (struct mdoc_asked){ mdoc_text("n"), mdoc_text("b"), true };
}

static void
world_free(void)
{
	struct soft_key *keys[] = { &w.ca_key, &w.reader_key, &w.other_key, &w.stranger_key, &w.ds_key };
	struct mdoc_buf *bufs[] = { &w.ca, &w.reader, &w.other, &w.stranger, &w.ds };

	for (size_t i = 0; i < 5; i++) {
		soft_key_clear(keys[i]);
		mdoc_buf_clear(bufs[i]);
	}
	mdoc_trust_free(w.trust);
	bytes_free(w.transcript);
	bytes_free(w.other_transcript);
}

/* Two docRequests, each signed by one of these, and readerAuthAll by up to two. */
static void
make_request(const enum who docs[2], const enum who all[2], bool use_case, struct mdoc_buf *out)
{
	const struct mdoc_reader_signer one = signer_of(docs[0]), two = signer_of(docs[1]);
	const struct mdoc_ask asks[] = {
		{ mdoc_text("d"), w.asked, 1, one.signer, one.x5chain, one.x5chain_count, NULL, MDOC_NO_BYTES },
		{ mdoc_text("e"), w.asked, 2, two.signer, two.x5chain, two.x5chain_count, NULL, MDOC_NO_BYTES },
	};
	const struct mdoc_reader_signer alls[] = { signer_of(all[0]), signer_of(all[1]) };
	const size_t index = 1;
	const struct mdoc_document_set set = { &index, 1 };
	const struct mdoc_use_case cases = { true, &set, 1, NULL, 0 };
	const struct mdoc_request_options options = {
		.edition = MDOC_EDITION_2,
		.transcript = w.transcript,
		.all = alls,
		.all_count = all[0] == NOBODY ? 0
			: all[1] == NOBODY    ? 1
					      : 2,
		.use_cases = &cases,
		.use_case_count = use_case ? 1 : 0,
	};

	CU_ASSERT_EQUAL_FATAL(mdoc_request_build(NULL, asks, 2, &options, out, NULL), MDOC_OK);
}

static struct mdoc_reader_auth *
look(struct mdoc_bytes bytes, struct mdoc_bytes transcript, const struct mdoc_trust *trust, int64_t now,
	struct mdoc_request **request)
{
	const struct mdoc_reader_auth_options options = { .transcript = transcript,
		.trust = trust,
		.now = now,
		.crl_required = w.crl_required };
	struct mdoc_reader_auth *auth = NULL;

	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, bytes, request, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_reader_auth_check(NULL, *request, &options, &auth, NULL), MDOC_OK);
	return auth;
}

/* The code of the first failed row of a signature; doc SIZE_MAX: of readerAuthAll. */
static enum mdoc_result
why(const struct mdoc_reader_auth *auth, size_t doc, size_t signature, enum mdoc_reader_check *check)
{
	const struct mdoc_reader_row *row;

	for (size_t i = 0; (row = mdoc_reader_auth_row(auth, i)) != NULL; i++) {
		if (row->doc != doc || row->signature != signature || row->outcome != MDOC_FAILED)
			continue;
		*check = row->check;
		return row->error.code;
	}
	return MDOC_OK;
}

/* A reader that is not who it says would be answered, or one bad signature would cost another reader its answer. */
static void
standings(void)
{
	static const struct {
		enum who docs[2], all[2];
		enum mdoc_reader_standing standing[2];
	} rows[] = {
		{ { THIEF, NOBODY }, { NOBODY, NOBODY }, { MDOC_READER_FAILED, MDOC_READER_NONE } },
		{ { THIEF, READER }, { NOBODY, NOBODY }, { MDOC_READER_FAILED, MDOC_READER_TRUSTED } },
		{ { NOBODY, NOBODY }, { THIEF, NOBODY }, { MDOC_READER_FAILED, MDOC_READER_FAILED } },
		{ { READER, NOBODY }, { THIEF, NOBODY }, { MDOC_READER_FAILED, MDOC_READER_FAILED } },
		{ { NOBODY, NOBODY }, { READER, THIEF }, { MDOC_READER_FAILED, MDOC_READER_FAILED } },
		{ { NOBODY, THIEF }, { READER, NOBODY }, { MDOC_READER_TRUSTED, MDOC_READER_FAILED } },
		{ { STRANGER, DS }, { NOBODY, NOBODY }, { MDOC_READER_SIGNED, MDOC_READER_SIGNED } },
		{ { STRANGER, NOBODY }, { READER, NOBODY }, { MDOC_READER_TRUSTED, MDOC_READER_TRUSTED } },
		{ { READER, NOBODY }, { STRANGER, NOBODY }, { MDOC_READER_TRUSTED, MDOC_READER_SIGNED } },
		{ { NOBODY, NOBODY }, { STRANGER, READER }, { MDOC_READER_TRUSTED, MDOC_READER_TRUSTED } },
		{ { NOBODY, NOBODY }, { NOBODY, NOBODY }, { MDOC_READER_NONE, MDOC_READER_NONE } },
		{ { READER, READER }, { NOBODY, NOBODY }, { MDOC_READER_TRUSTED, MDOC_READER_TRUSTED } },
	};

	world_make();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_buf bytes = MDOC_BUF_EMPTY;
		struct mdoc_request *request = NULL;
		struct mdoc_reader_auth *auth;
		bool failed = false;

		make_request(rows[i].docs, rows[i].all, i % 2 == 0, &bytes);
		auth = look(mdoc_buf_bytes(&bytes), w.transcript, w.trust, NOW, &request);
		for (size_t d = 0; d < 2; d++) {
			CU_ASSERT_EQUAL(mdoc_reader_auth_standing(auth, d), rows[i].standing[d]);
			failed |= rows[i].standing[d] == MDOC_READER_FAILED;
		}
		CU_ASSERT_EQUAL(mdoc_reader_auth_verify(NULL, request, w.transcript, NULL),
			failed ? MDOC_ERR_READER_AUTH : MDOC_OK);
		mdoc_reader_auth_free(auth);
		mdoc_request_free(request);
		mdoc_buf_clear(&bytes);
	}
	world_free();
}

/* The holder would be told another reason than the true one, or trust what is out of date or another's. */
static void
reasons(void)
{
	static const struct {
		enum who who;
		int64_t when;
		bool other_session;
		enum mdoc_reader_check check;
		enum mdoc_result code;
		enum mdoc_reader_standing standing;
	} rows[] = {
		{ THIEF, 30, false, MDOC_READER_SIGNATURE, MDOC_ERR_READER_AUTH, MDOC_READER_FAILED },
		{ READER, 30, true, MDOC_READER_SIGNATURE, MDOC_ERR_READER_AUTH, MDOC_READER_FAILED },
		{ DS, 30, false, MDOC_READER_PROFILE, MDOC_ERR_CERTIFICATE, MDOC_READER_SIGNED },
		{ STRANGER, 30, false, MDOC_READER_PATH, MDOC_ERR_CHAIN, MDOC_READER_SIGNED },
		{ READER, -1, false, MDOC_READER_VALIDITY, MDOC_ERR_VALIDITY, MDOC_READER_SIGNED },
		{ READER, 366, false, MDOC_READER_VALIDITY, MDOC_ERR_VALIDITY, MDOC_READER_SIGNED },
		{ READER, 30, false, MDOC_READER_CHECK_COUNT, MDOC_OK, MDOC_READER_TRUSTED },
	};

	world_make();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned all = 0; all < 2; all++) {
			const enum who docs[2] = { all != 0 ? NOBODY : rows[i].who, NOBODY };
			const enum who alls[2] = { all != 0 ? rows[i].who : NOBODY, NOBODY };
			enum mdoc_reader_check check = MDOC_READER_CHECK_COUNT;
			struct mdoc_buf bytes = MDOC_BUF_EMPTY;
			struct mdoc_request *request = NULL;
			struct mdoc_reader_auth *auth;

			make_request(docs, alls, false, &bytes);
			auth = look(mdoc_buf_bytes(&bytes), rows[i].other_session ? w.other_transcript : w.transcript,
				w.trust, soft_2026 + rows[i].when * SOFT_DAY, &request);
			CU_ASSERT_EQUAL(why(auth, all != 0 ? SIZE_MAX : 0, 0, &check), rows[i].code);
			CU_ASSERT_EQUAL(check, rows[i].check);
			CU_ASSERT_EQUAL(mdoc_reader_auth_standing(auth, 0), rows[i].standing);
			mdoc_reader_auth_free(auth);
			mdoc_request_free(request);
			mdoc_buf_clear(&bytes);
		}
	}
	world_free();
}

/* What is asked could be changed under a signature. */
static void
everything_is_covered(void)
{
	static const enum who nobody[2] = { NOBODY, NOBODY }, reader[2] = { READER, NOBODY };
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_request *request = NULL;
	struct mdoc_reader_auth *auth;
	size_t changed = 0, end = 0;

	world_make();
	make_request(nobody, reader, true, &bytes);
	while (end < bytes.len && memcmp(bytes.ptr + end, "readerAuthAll", 13) != 0)
		end++;
	/* Intent to retain, an element's name, an index of a document set: each a byte. */
	for (size_t i = 1; i < end; i++) {
		const bool retain = bytes.ptr[i] == 0xf5 && bytes.ptr[i - 1] == 'b';
		const bool element = bytes.ptr[i] == 'a' && bytes.ptr[i - 1] == 0x61 && bytes.ptr[i + 1] == 0xf4;
		const bool index = bytes.ptr[i] == 1 && bytes.ptr[i - 1] == 0x81 && bytes.ptr[i - 2] == 0x81;
		const uint8_t old = bytes.ptr[i];

		if (!retain && !element && !index)
			continue;
		bytes.ptr[i] = retain ? 0xf4 : element ? 'c' : 0;
		auth = look(mdoc_buf_bytes(&bytes), w.transcript, w.trust, NOW, &request);
		CU_ASSERT_EQUAL(mdoc_reader_auth_standing(auth, 0), MDOC_READER_FAILED);
		mdoc_reader_auth_free(auth);
		mdoc_request_free(request);
		bytes.ptr[i] = old;
		changed++;
	}
	CU_ASSERT_EQUAL(changed, 4);
	auth = look(mdoc_buf_bytes(&bytes), w.transcript, w.trust, NOW, &request);
	CU_ASSERT_EQUAL(mdoc_reader_auth_standing(auth, 0), MDOC_READER_TRUSTED);
	mdoc_reader_auth_free(auth);
	mdoc_request_free(request);
	mdoc_buf_clear(&bytes);
	world_free();
}

/* A request with an algorithm of tomorrow in readerAuthAll, or rubbish, and whatever is given as readerAuth. */
static void
put_odd(struct mdoc_buf *out, struct mdoc_bytes reader_auth, const struct mdoc_bytes *all, size_t all_count)
{
	static const char items[] = "\xa2\x67"
				    "docType\x61"
				    "d\x6a"
				    "nameSpaces\xa1\x61n\xa1\x61"
				    "a\xf4";

	mdoc_put_map(out, all_count > 0 ? 3 : 2);
	mdoc_put_text(out, "version");
	mdoc_put_text(out, "1.1");
	mdoc_put_text(out, "docRequests");
	mdoc_put_array(out, 1);
	mdoc_put_map(out, reader_auth.len > 0 ? 2 : 1);
	mdoc_put_text(out, "itemsRequest");
	mdoc_put_embedded(out, mdoc_bytes_of(items, sizeof(items) - 1));
	if (reader_auth.len > 0) {
		mdoc_put_text(out, "readerAuth");
		mdoc_put_raw(out, reader_auth);
	}
	if (all_count == 0)
		return;
	mdoc_put_text(out, "readerAuthAll");
	mdoc_put_array(out, all_count);
	for (size_t i = 0; i < all_count; i++)
		mdoc_put_raw(out, all[i]);
}

static enum mdoc_reader_standing
standing_of_odd(struct mdoc_bytes reader_auth, const struct mdoc_bytes *all, size_t all_count)
{
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_request *request = NULL;
	enum mdoc_reader_standing standing;
	struct mdoc_reader_auth *auth;

	put_odd(&bytes, reader_auth, all, all_count);
	auth = look(mdoc_buf_bytes(&bytes), w.transcript, w.trust, NOW, &request);
	standing = mdoc_reader_auth_standing(auth, 0);
	mdoc_reader_auth_free(auth);
	mdoc_request_free(request);
	mdoc_buf_clear(&bytes);
	return standing;
}

/* ReaderAuthenticationAll of put_odd()'s request, signed by the reader. */
static void
sign_odd(enum mdoci_reader_all form, bool with_payload, struct mdoc_buf *out)
{
	struct mdoc_buf bytes = MDOC_BUF_EMPTY, payload = MDOC_BUF_EMPTY;
	struct mdoc_request *request = NULL;

	put_odd(&bytes, MDOC_NO_BYTES, NULL, 0);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&bytes), &request, NULL), MDOC_OK);
	mdoci_put_reader_authentication_all_bytes(&payload, w.transcript, request->docs[0].items_request_bytes, 1, form,
		MDOC_NO_BYTES);
	CU_ASSERT_EQUAL_FATAL(mdoc_sign1_put(out, &w.reader_key.signer, mdoc_buf_bytes(&payload),
				      &(struct mdoc_sign1_options){
					      .detached = !with_payload,
					      .x5chain = &w.chains[0],
					      .x5chain_count = 1,
				      }),
		MDOC_OK);
	mdoc_request_free(request);
	mdoc_buf_clear(&payload);
	mdoc_buf_clear(&bytes);
}

/* What is no signature would pass for one, or would keep a holder from reading the request at all; a reader
 * that signs for holders of tomorrow, too, or as older multipaz did, would not be answered. */
static void
odd_signatures(void)
{
	struct mdoc_bytes rubbish = hex_load("01"), short_one = hex_load("83 40 a0 f6");
	struct mdoc_bytes tomorrow = hex_load("84 45a1013903e7 a0 f6 40");
	struct mdoc_bytes no_certificate = hex_load("84 43a10126 a0 f6 5840"
						    "00000000000000000000000000000000000000000000000000000000000000"
						    "00000000000000000000000000000000000000000000000000000000000000"
						    "0000");
	struct mdoc_buf four = MDOC_BUF_EMPTY, three = MDOC_BUF_EMPTY, attached = MDOC_BUF_EMPTY;
	struct mdoc_bytes pair[2];

	world_make();
	CU_ASSERT_EQUAL(standing_of_odd(rubbish, NULL, 0), MDOC_READER_FAILED);
	CU_ASSERT_EQUAL(standing_of_odd(short_one, NULL, 0), MDOC_READER_FAILED);
	CU_ASSERT_EQUAL(standing_of_odd(tomorrow, NULL, 0), MDOC_READER_FAILED);
	CU_ASSERT_EQUAL(standing_of_odd(no_certificate, NULL, 0), MDOC_READER_FAILED);
	CU_ASSERT_EQUAL(standing_of_odd(MDOC_NO_BYTES, &rubbish, 1), MDOC_READER_FAILED);
	CU_ASSERT_EQUAL(standing_of_odd(MDOC_NO_BYTES, &tomorrow, 1), MDOC_READER_FAILED);
	sign_odd(MDOCI_READER_ALL_FOUR, true, &attached);
	pair[0] = mdoc_buf_bytes(&attached);
	CU_ASSERT_EQUAL(standing_of_odd(MDOC_NO_BYTES, pair, 1), MDOC_READER_FAILED);
	sign_odd(MDOCI_READER_ALL_FOUR, false, &four);
	sign_odd(MDOCI_READER_ALL_THREE, false, &three);
	/* readerAuthAll where readerAuth belongs. */
	CU_ASSERT_EQUAL(standing_of_odd(mdoc_buf_bytes(&four), NULL, 0), MDOC_READER_FAILED);
	pair[0] = mdoc_buf_bytes(&four);
	pair[1] = rubbish;
	CU_ASSERT_EQUAL(standing_of_odd(MDOC_NO_BYTES, pair, 2), MDOC_READER_FAILED);
	pair[1] = tomorrow;
	CU_ASSERT_EQUAL(standing_of_odd(MDOC_NO_BYTES, pair, 2), MDOC_READER_TRUSTED);
	pair[1] = pair[0];
	pair[0] = tomorrow;
	CU_ASSERT_EQUAL(standing_of_odd(MDOC_NO_BYTES, pair, 2), MDOC_READER_TRUSTED);
	CU_ASSERT_EQUAL(standing_of_odd(tomorrow, pair + 1, 1), MDOC_READER_TRUSTED);
	CU_ASSERT_EQUAL(standing_of_odd(rubbish, pair + 1, 1), MDOC_READER_FAILED);
	pair[0] = mdoc_buf_bytes(&three);
	CU_ASSERT_EQUAL(standing_of_odd(MDOC_NO_BYTES, pair, 1), MDOC_READER_TRUSTED);
	mdoc_buf_clear(&attached);
	mdoc_buf_clear(&three);
	mdoc_buf_clear(&four);
	bytes_free(no_certificate);
	bytes_free(tomorrow);
	bytes_free(short_one);
	bytes_free(rubbish);
	world_free();
}

/* The policy that the holder chose would not be the one that is enforced. */
static void
policies(void)
{
	static const enum who docs[2] = { READER, NOBODY }, nobody[2] = { NOBODY, NOBODY };
	static const enum who thief[2] = { THIEF, STRANGER };
	struct mdoc_buf bytes = MDOC_BUF_EMPTY, subject = MDOC_BUF_EMPTY;
	struct mdoc_request *request = NULL;
	struct mdoc_reader_auth *auth;
	struct mdoc_bytes der;

	world_make();
	make_request(thief, nobody, false, &bytes);
	auth = look(mdoc_buf_bytes(&bytes), w.transcript, w.trust, NOW, &request);
	for (unsigned policy = MDOC_READER_POLICY_ANY; policy <= MDOC_READER_POLICY_TRUSTED + 1; policy++) {
		CU_ASSERT_FALSE(mdoc_reader_auth_allows(auth, 0, policy));
		CU_ASSERT_EQUAL(mdoc_reader_auth_allows(auth, 1, policy), policy <= MDOC_READER_POLICY_SIGNED);
		CU_ASSERT_FALSE(mdoc_reader_auth_allows(auth, 2, policy));
	}
	CU_ASSERT_FALSE(mdoc_reader_auth_certificate(auth, 0, &der));
	CU_ASSERT_EQUAL(mdoc_reader_auth_subject(NULL, auth, 0, &subject), MDOC_ERR_MISSING);
	CU_ASSERT_EQUAL(subject.len, 0);
	mdoc_reader_auth_free(auth);
	mdoc_request_free(request);
	mdoc_buf_clear(&bytes);
	make_request(docs, nobody, false, &bytes);
	auth = look(mdoc_buf_bytes(&bytes), w.transcript, w.trust, NOW, &request);
	for (unsigned policy = MDOC_READER_POLICY_ANY; policy <= MDOC_READER_POLICY_TRUSTED; policy++) {
		CU_ASSERT_TRUE(mdoc_reader_auth_allows(auth, 0, policy));
		CU_ASSERT_EQUAL(mdoc_reader_auth_allows(auth, 1, policy), policy == MDOC_READER_POLICY_ANY);
	}
	CU_ASSERT_TRUE(mdoc_reader_auth_certificate(auth, 0, &der) && mdoc_bytes_equal(der, w.chains[0]));
	CU_ASSERT_EQUAL(mdoc_reader_auth_subject(NULL, auth, 0, &subject), MDOC_OK);
	mdoc_put_uint(&subject, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr((const char *)subject.ptr, "窓口"));
	mdoc_reader_auth_free(auth);
	/* Nobody is trusted without a store. */
	mdoc_request_free(request);
	auth = look(mdoc_buf_bytes(&bytes), w.transcript, NULL, NOW, &request);
	CU_ASSERT_EQUAL(mdoc_reader_auth_standing(auth, 0), MDOC_READER_SIGNED);
	CU_ASSERT_EQUAL(mdoc_reader_auth_row(auth, MDOC_READER_PATH)->outcome, MDOC_NOT_DONE);
	mdoc_reader_auth_free(auth);
	mdoc_request_free(request);
	mdoc_buf_clear(&subject);
	mdoc_buf_clear(&bytes);
	world_free();
}

/* A holder would take issuers for reader CAs, or crash when memory runs out. */
static void
calls_that_fail(void)
{
	static const enum who docs[2] = { READER, STRANGER }, all[2] = { READER, READER };
	struct mdoc_reader_auth_options options = { .now = NOW };
	struct mdoc_trust *issuers = mdoc_trust_new();
	struct mdoc_reader_auth *auth = NULL;
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_request *request = NULL;
	size_t calls = SIZE_MAX;

	world_make();
	make_request(docs, all, false, &bytes);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&bytes), &request, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_reader_auth_check(NULL, request, &options, &auth, NULL), MDOC_ERR_ARG);
	options.transcript = w.transcript;
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_add(NULL, issuers, mdoc_buf_bytes(&w.ds), MDOC_CERT_IACA, 0, NULL), MDOC_OK);
	options.trust = issuers;
	CU_ASSERT_EQUAL(mdoc_reader_auth_check(NULL, request, &options, &auth, NULL), MDOC_ERR_ARG);
	CU_ASSERT_PTR_NULL(auth);
	options.trust = w.trust;
	for (size_t call = 0; call <= calls; call++) {
		enum mdoc_result res;

		alloc_reset();
		alloc_fail_at(call);
		res = mdoc_reader_auth_check(NULL, request, &options, &auth, NULL);
		if (call == 0)
			calls = alloc_calls();
		CU_ASSERT_EQUAL(res, call == 0 ? MDOC_OK : MDOC_ERR_MEMORY);
		CU_ASSERT_EQUAL(auth != NULL, res == MDOC_OK);
		mdoc_reader_auth_free(auth);
		alloc_reset();
	}
	CU_ASSERT_TRUE(calls > 8 && calls < 500);
	mdoc_trust_free(issuers);
	mdoc_request_free(request);
	mdoc_buf_clear(&bytes);
	world_free();
}

static void
add_crl(struct mdoc_trust *trust, const struct mdoc_revoked *revoked, int64_t this_update)
{
	const struct mdoc_crl_spec spec = { .issuer_cert = mdoc_buf_bytes(&w.ca),
		.number = (uint64_t)this_update,
		.this_update = this_update,
		.next_update = this_update + SOFT_DAY,
		.revoked = revoked,
		.revoked_count = revoked != NULL ? 1 : 0,
		.signer = &w.ca_key.signer };
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	struct mdoc_crl *crl = NULL;

	CU_ASSERT_EQUAL_FATAL(mdoc_crl_build(NULL, &spec, &der, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_crl_parse(NULL, mdoc_buf_bytes(&der), &crl, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_add_crl(trust, crl, NULL), MDOC_OK);
	mdoc_buf_clear(&der);
}

/* A reader whose key was stolen would go on being answered, or an honest one not for want of a list. */
static void
revoked_readers(void)
{
	static const enum who docs[2] = { NOBODY, READER }, all[2] = { READER, NOBODY };
	static const struct {
		bool crl, names_it, required;
		int64_t age; /* of the CRL, in days */
		enum mdoc_outcome outcome;
		enum mdoc_result code;
		enum mdoc_reader_standing standing;
	} rows[] = {
		{ true, true, false, 0, MDOC_FAILED, MDOC_ERR_REVOKED, MDOC_READER_FAILED },
		{ true, true, true, 0, MDOC_FAILED, MDOC_ERR_REVOKED, MDOC_READER_FAILED },
		{ true, true, false, 9, MDOC_FAILED, MDOC_ERR_REVOKED, MDOC_READER_FAILED },
		{ false, false, true, 0, MDOC_FAILED, MDOC_ERR_UNDETERMINED, MDOC_READER_SIGNED },
		{ true, false, true, 9, MDOC_FAILED, MDOC_ERR_UNDETERMINED, MDOC_READER_SIGNED },
		{ false, false, false, 0, MDOC_NOT_DONE, MDOC_ERR_UNDETERMINED, MDOC_READER_TRUSTED },
		{ true, false, false, 9, MDOC_NOT_DONE, MDOC_ERR_UNDETERMINED, MDOC_READER_TRUSTED },
		{ true, false, false, 0, MDOC_PASSED, MDOC_OK, MDOC_READER_TRUSTED },
		{ true, false, true, 0, MDOC_PASSED, MDOC_OK, MDOC_READER_TRUSTED },
	};
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_cert *cert = NULL;

	world_make();
	make_request(docs, all, false, &bytes);
	CU_ASSERT_EQUAL_FATAL(mdoc_cert_parse(NULL, w.chains[0], &cert, NULL), MDOC_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct mdoc_revoked revoked = { mdoc_cert_serial(cert), NOW - SOFT_DAY, 1 };
		struct mdoc_trust *trust = mdoc_trust_new();
		struct mdoc_request *request = NULL;
		const struct mdoc_reader_row *row;
		struct mdoc_reader_auth *auth;

		CU_ASSERT_EQUAL_FATAL(mdoc_trust_add(NULL, trust, mdoc_buf_bytes(&w.ca), MDOC_CERT_READER_CA, 0, NULL),
			MDOC_OK);
		if (rows[i].crl)
			add_crl(trust, rows[i].names_it ? &revoked : NULL, NOW - rows[i].age * SOFT_DAY - 1);
		w.crl_required = rows[i].required;
		auth = look(mdoc_buf_bytes(&bytes), w.transcript, trust, NOW, &request);
		for (size_t k = 0; (row = mdoc_reader_auth_row(auth, k)) != NULL; k++)
			if (row->check == MDOC_READER_CRL) {
				CU_ASSERT_EQUAL(row->outcome, rows[i].outcome);
				CU_ASSERT_EQUAL(row->error.code, rows[i].code);
			}
		for (size_t d = 0; d < 2; d++)
			CU_ASSERT_EQUAL(mdoc_reader_auth_standing(auth, d), rows[i].standing);
		CU_ASSERT_EQUAL(mdoc_reader_auth_allows(auth, 0, MDOC_READER_POLICY_TRUSTED),
			rows[i].standing == MDOC_READER_TRUSTED);
		for (unsigned policy = MDOC_READER_POLICY_ANY; policy < MDOC_READER_POLICY_TRUSTED; policy++)
			CU_ASSERT_EQUAL(mdoc_reader_auth_allows(auth, 1, policy), rows[i].code != MDOC_ERR_REVOKED);
		mdoc_reader_auth_free(auth);
		mdoc_request_free(request);
		mdoc_trust_free(trust);
	}
	w.crl_required = false;
	mdoc_cert_free(cert);
	mdoc_buf_clear(&bytes);
	world_free();
}

/* --json and scripts would find another word than yesterday. */
static void
names(void)
{
	static const char *const checks[] = { "structure", "signature", "profile", "path", "validity", "crl", "?" };
	static const char *const standings_[] = { "none", "failed", "signed", "trusted", "?" };

	for (unsigned i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		CU_ASSERT_STRING_EQUAL(mdoc_reader_check_name(i), checks[i]);
	for (unsigned i = 0; i < sizeof(standings_) / sizeof(standings_[0]); i++)
		CU_ASSERT_STRING_EQUAL(mdoc_reader_standing_name(i), standings_[i]);
}

CU_TestInfo reader_auth_tests[] = {
	{ "a failed signature fails what it covers, and no more", standings },
	{ "each fault has its own row", reasons },
	{ "everything asked is covered", everything_is_covered },
	{ "odd signatures", odd_signatures },
	{ "revoked readers", revoked_readers },
	{ "calls that fail", calls_that_fail },
	{ "policies", policies },
	{ "names", names },
	CU_TEST_INFO_NULL,
};
