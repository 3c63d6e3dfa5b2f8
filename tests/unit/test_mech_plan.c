/*
 * tests/unit/test_mech_plan.c: what a CKM_MDOC_* signature will be, before any PIN.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/CUnit.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "mdoc-pkcs11.h"
#include "module/pkcs11/mechanisms/mech_note.h"
#include "module/pkcs11/mechanisms/mech_plan.h"
#include "tests/unit/issuer_kit.h"
#include "tests/unit/unit_mechanisms.h"

#define DAY ((int64_t)24 * 60 * 60)

static struct issuer_kit kit;
static EVP_PKEY *device;
static struct mdoc_public_key device_public;
static struct mdoc_issuer_signed *parsed_record;
static struct mech_note record_note;
static struct mdoc_buf record, transcript, request, input, authentication;

static const char *const name_only[] = { "full_name_unicode", NULL };
static const char *const name_and_number[] = { "full_name_unicode", MDOC_INDIVIDUAL_NUMBER, NULL };
static const char *const number_only[] = { MDOC_INDIVIDUAL_NUMBER, NULL };
static const char *const unknown_only[] = { "shoe_size", NULL };

static int
set_up(void)
{
	issuer_kit_new(&kit);
	device = kit_key(&device_public);
	record = transcript = request = input = authentication = MDOC_BUF_EMPTY;
	kit_record(&kit, KIT_DOCTYPE, &device_public, kit.now - DAY, kit.now + DAY, 2000, &record);
	if (mdoc_issuer_signed_parse(kit.context, mdoc_buf_bytes(&record), &parsed_record, NULL) != MDOC_OK)
		return 1;
	mech_note_of(mdoc_issuer_signed_mso(parsed_record), &record_note);
	kit_transcript(1, &transcript);
	kit_request(&kit, KIT_DOCTYPE, name_only, NULL, &request);
	kit_response_input(&transcript, &request, NULL, &input);
	kit_device_authentication(&transcript, KIT_DOCTYPE, NULL, &authentication);
	return 0;
}

static int
tear_down(void)
{
	mdoc_issuer_signed_free(parsed_record);
	mdoc_buf_clear(&record);
	mdoc_buf_clear(&transcript);
	mdoc_buf_clear(&request);
	mdoc_buf_clear(&input);
	mdoc_buf_clear(&authentication);
	EVP_PKEY_free(device);
	issuer_kit_free(&kit);
	return 0;
}

/* The plan's answer for an input; nothing is kept. */
static CK_RV
plan_of(CK_MECHANISM_TYPE mechanism, struct mdoc_bytes bytes)
{
	struct mech_plan plan;
	CK_RV rv;

	rv = mech_plan_make(kit.context, mechanism, parsed_record, &record_note, bytes, &plan);
	mech_plan_clear(&plan);
	return rv;
}

static CK_RV
plan_request(const char *doc_type, const char *const *elements, const char *const *agreed,
	const struct mdoc_buf *reader_auth)
{
	struct mdoc_buf asked = MDOC_BUF_EMPTY;
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	CK_RV rv;

	kit_request(&kit, doc_type, elements, reader_auth, &asked);
	kit_response_input(&transcript, &asked, agreed, &bytes);
	rv = plan_of(CKM_MDOC_DEVICE_RESPONSE, mdoc_buf_bytes(&bytes));
	mdoc_buf_clear(&asked);
	mdoc_buf_clear(&bytes);
	return rv;
}

/* Cut-off input taken for a shorter one: something else than was agreed to would be signed. */
static void
test_every_truncation_is_malformed(void)
{
	size_t wrong = 0;
	size_t i;

	for (i = 0; i < input.len; i++)
		if (plan_of(CKM_MDOC_DEVICE_RESPONSE, mdoc_bytes_of(input.ptr, i)) != CKR_MDOC_INPUT_MALFORMED)
			wrong++;
	for (i = 0; i < authentication.len; i++)
		if (plan_of(CKM_MDOC_DEVICE_SIGN, mdoc_bytes_of(authentication.ptr, i)) != CKR_MDOC_INPUT_MALFORMED)
			wrong++;
	CU_ASSERT_EQUAL(wrong, 0);
}

/* Other shapes than the header promises: the two mechanisms' inputs must not pass for each other. */
static void
test_other_shapes_are_malformed(void)
{
	static const struct {
		const char *what;
		const char *bytes;
		size_t len;
	} shapes[] = {
		{ "nothing", "", 0 },
		{ "null", "\xf6", 1 },
		{ "empty array", "\x80", 1 },
		{ "two ints", "\x82\x01\x02", 3 },
		{ "transcript no array", "\x82\xd8\x18\x41\xa0\xd8\x18\x41\xa0", 9 },
		{ "transcript of two", "\x82\xd8\x18\x43\x82\xf6\xf6\xd8\x18\x41\xa0", 11 },
		{ "not CBOR inside", "\x82\xd8\x18\x41\xff\xd8\x18\x41\xa0", 9 },
		{ "request empty map", "\x82\xd8\x18\x44\x83\xf6\xf6\xf6\xd8\x18\x41\xa0", 12 },
		{ "indefinite array", "\x9f\xd8\x18\x44\x83\xf6\xf6\xf6\xff", 9 },
	};
	size_t i;

	for (i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		const struct mdoc_bytes bytes = mdoc_bytes_of(shapes[i].bytes, shapes[i].len);

		CU_ASSERT_EQUAL_FATAL(plan_of(CKM_MDOC_DEVICE_RESPONSE, bytes), CKR_MDOC_INPUT_MALFORMED);
		CU_ASSERT_EQUAL_FATAL(plan_of(CKM_MDOC_DEVICE_SIGN, bytes), CKR_MDOC_INPUT_MALFORMED);
	}
	CU_ASSERT_EQUAL(plan_of(CKM_MDOC_DEVICE_SIGN, mdoc_buf_bytes(&input)), CKR_MDOC_INPUT_MALFORMED);
	CU_ASSERT_EQUAL(plan_of(CKM_MDOC_DEVICE_RESPONSE, mdoc_buf_bytes(&authentication)), CKR_MDOC_INPUT_MALFORMED);
	CU_ASSERT_EQUAL(plan_of(CKM_ECDSA, mdoc_buf_bytes(&input)), CKR_MECHANISM_INVALID);
}

/* An `agreed` of another shape read as "everything": more would leave than was agreed to. */
static void
test_agreed_of_another_shape(void)
{
	static const char *const tails[] = { "\xf6", "\xf5", "\x80", "\x01", "\xa1\x61\x61\xf5", "\xa1\x61\x61\x81\x01",
		"\xa1\x01\x80" };
	static const size_t lens[] = { 1, 1, 1, 1, 4, 5, 3 };
	size_t i;

	for (i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		struct mdoc_buf bytes = MDOC_BUF_EMPTY;

		mdoc_buf_append(&bytes, mdoc_buf_bytes(&input));
		bytes.ptr[0] = 0x83;
		mdoc_buf_append(&bytes, mdoc_bytes_of(tails[i], lens[i]));
		CU_ASSERT_EQUAL(plan_of(CKM_MDOC_DEVICE_RESPONSE, mdoc_buf_bytes(&bytes)), CKR_MDOC_INPUT_MALFORMED);
		mdoc_buf_clear(&bytes);
	}
}

/* Input without a limit would let a caller use up the memory of the process that holds the keys. */
static void
test_input_has_a_limit(void)
{
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	uint8_t *zeros = calloc(1, MDOC_SIGN_INPUT_MAX);

	CU_ASSERT_PTR_NOT_NULL_FATAL(zeros);
	mdoc_put_bstr(&bytes, mdoc_bytes_of(zeros, MDOC_SIGN_INPUT_MAX));
	CU_ASSERT_EQUAL(plan_of(CKM_MDOC_DEVICE_RESPONSE, mdoc_buf_bytes(&bytes)), CKR_MDOC_INPUT_MALFORMED);
	mdoc_buf_clear(&bytes);
	free(zeros);
}

/* A record must never answer for another docType. */
static void
test_another_doctype(void)
{
	struct mdoc_buf other = MDOC_BUF_EMPTY;

	CU_ASSERT_EQUAL(plan_request("org.iso.18013.5.1.mDL", name_only, NULL, NULL), CKR_MDOC_DOCTYPE);
	kit_device_authentication(&transcript, "org.iso.18013.5.1.mDL", NULL, &other);
	CU_ASSERT_EQUAL(plan_of(CKM_MDOC_DEVICE_SIGN, mdoc_buf_bytes(&other)), CKR_MDOC_DOCTYPE);
	mdoc_buf_clear(&other);
}

/* R-CARD-18, R-CARD-49: 個人番号 would leave without having been named. */
static void
test_nothing_to_disclose(void)
{
	static const char *const agreed_nothing[] = { NULL };

	CU_ASSERT_EQUAL(plan_request(KIT_DOCTYPE, unknown_only, NULL, NULL), CKR_MDOC_NOTHING_TO_DISCLOSE);
	CU_ASSERT_EQUAL(plan_request(KIT_DOCTYPE, number_only, NULL, NULL), CKR_MDOC_NOTHING_TO_DISCLOSE);
	CU_ASSERT_EQUAL(plan_request(KIT_DOCTYPE, name_only, agreed_nothing, NULL), CKR_MDOC_NOTHING_TO_DISCLOSE);
	CU_ASSERT_EQUAL(plan_request(KIT_DOCTYPE, name_only, number_only, NULL), CKR_MDOC_NOTHING_TO_DISCLOSE);
	CU_ASSERT_EQUAL(plan_request(KIT_DOCTYPE, number_only, number_only, NULL), CKR_OK);
}

/* A reader that signed another session's request is somebody replaying it. */
static void
test_wrong_reader_auth(void)
{
	struct mdoc_buf other = MDOC_BUF_EMPTY;

	kit_transcript(2, &other);
	CU_ASSERT_EQUAL(plan_request(KIT_DOCTYPE, name_only, NULL, &transcript), CKR_OK);
	CU_ASSERT_EQUAL(plan_request(KIT_DOCTYPE, name_only, NULL, &other), CKR_MDOC_READER_AUTH);
	CU_ASSERT_EQUAL(plan_request("org.iso.18013.5.1.mDL", name_only, NULL, &other), CKR_MDOC_READER_AUTH);
	mdoc_buf_clear(&other);
}

/* The plan's answer to a request of the second edition, signed as a whole for this transcript. */
static CK_RV
plan_signed_as_a_whole(const struct mdoc_buf *signed_for)
{
	const struct mdoc_asked asked = { mdoc_text(KIT_NS), mdoc_text(name_only[0]), false };
	const struct mdoc_ask ask = { .doc_type = mdoc_text(KIT_DOCTYPE), .asked = &asked, .count = 1 };
	const struct mdoc_signer signer = kit_signer(kit.reader_key);
	const struct mdoc_bytes chain = mdoc_buf_bytes(&kit.reader);
	const struct mdoc_reader_signer all = { &signer, &chain, 1 };
	const struct mdoc_request_options options = { .edition = MDOC_EDITION_2,
		.transcript = mdoc_buf_bytes(signed_for),
		.all = &all,
		.all_count = 1 };
	struct mdoc_buf bytes = MDOC_BUF_EMPTY, whole = MDOC_BUF_EMPTY;
	CK_RV rv;

	CU_ASSERT_EQUAL(mdoc_request_build(NULL, &ask, 1, &options, &bytes, NULL), MDOC_OK);
	kit_response_input(&transcript, &bytes, NULL, &whole);
	rv = plan_of(CKM_MDOC_DEVICE_RESPONSE, mdoc_buf_bytes(&whole));
	mdoc_buf_clear(&whole);
	mdoc_buf_clear(&bytes);
	return rv;
}

/* The same, where the signature covers the whole request. */
static void
test_wrong_reader_auth_all(void)
{
	struct mdoc_buf other = MDOC_BUF_EMPTY;

	kit_transcript(2, &other);
	CU_ASSERT_EQUAL(plan_signed_as_a_whole(&other), CKR_MDOC_READER_AUTH);
	CU_ASSERT_EQUAL(plan_signed_as_a_whole(&transcript), CKR_OK);
	mdoc_buf_clear(&other);
}

/* {ns: {element: true}} */
static CK_RV
plan_device_signed(const struct mdoc_issuer_signed *of, const struct mech_note *note, const char *ns,
	const char *element)
{
	struct mdoc_buf spaces = MDOC_BUF_EMPTY;
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mech_plan plan;
	CK_RV rv;

	mdoc_put_map(&spaces, 1);
	mdoc_put_text(&spaces, ns);
	mdoc_put_map(&spaces, 1);
	mdoc_put_text(&spaces, element);
	mdoc_put_bool(&spaces, true);
	kit_device_authentication(&transcript, KIT_DOCTYPE, &spaces, &bytes);
	rv = mech_plan_make(kit.context, CKM_MDOC_DEVICE_SIGN, of, note, mdoc_buf_bytes(&bytes), &plan);
	mech_plan_clear(&plan);
	mdoc_buf_clear(&spaces);
	mdoc_buf_clear(&bytes);
	return rv;
}

/* A holder could claim for himself what only the issuer may claim. */
static void
test_device_signed_elements_need_authorization(void)
{
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_issuer_signed *of;
	struct mech_note note;

	kit_record_authorizing(&kit, &device_public, "whole", "one", &bytes);
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(kit.context, mdoc_buf_bytes(&bytes), &of, NULL), MDOC_OK);
	mech_note_of(mdoc_issuer_signed_mso(of), &note);
	CU_ASSERT_EQUAL(plan_device_signed(of, &note, "whole", "anything"), CKR_OK);
	CU_ASSERT_EQUAL(plan_device_signed(of, &note, "other", "one"), CKR_OK);
	CU_ASSERT_EQUAL(plan_device_signed(of, &note, "other", "two"), CKR_MDOC_KEY_AUTHORIZATION);
	CU_ASSERT_EQUAL(plan_device_signed(of, &note, "third", "one"), CKR_MDOC_KEY_AUTHORIZATION);
	CU_ASSERT_EQUAL(plan_device_signed(parsed_record, &record_note, KIT_NS, "full_name_unicode"),
		CKR_MDOC_KEY_AUTHORIZATION);
	mdoc_issuer_signed_free(of);
	mdoc_buf_clear(&bytes);
}

/* From a note the answer must be the one from the record: else a reusable copy signs on what a first use refuses. */
static void
test_note_stands_for_the_record(void)
{
	const struct mdoc_signer signer = kit_signer(device);
	struct mech_note noted;
	struct mdoc_buf note = MDOC_BUF_EMPTY, other = MDOC_BUF_EMPTY, answer = MDOC_BUF_EMPTY;
	struct mech_plan plan;

	CU_ASSERT_TRUE_FATAL(mech_note_write(mdoc_issuer_signed_mso(parsed_record), &note));
	CU_ASSERT_TRUE_FATAL(mech_note_read(mdoc_buf_bytes(&note), &noted));
	CU_ASSERT_EQUAL(noted.valid_from, record_note.valid_from);
	CU_ASSERT_EQUAL(noted.valid_until, record_note.valid_until);
	kit_device_authentication(&transcript, "org.iso.18013.5.1.mDL", NULL, &other);
	CU_ASSERT_EQUAL(mech_plan_make(kit.context, CKM_MDOC_DEVICE_SIGN, NULL, &noted, mdoc_buf_bytes(&other), &plan),
		CKR_MDOC_DOCTYPE);
	mech_plan_clear(&plan);
	CU_ASSERT_EQUAL(plan_device_signed(NULL, &noted, "own", "anything"), CKR_MDOC_KEY_AUTHORIZATION);
	CU_ASSERT_EQUAL(plan_device_signed(NULL, &noted, KIT_NS, "full_name_unicode"), CKR_MDOC_KEY_AUTHORIZATION);
	CU_ASSERT_EQUAL_FATAL(mech_plan_make(kit.context, CKM_MDOC_DEVICE_SIGN, NULL, &noted,
				      mdoc_buf_bytes(&authentication), &plan),
		CKR_OK);
	CU_ASSERT_EQUAL(mech_plan_sign(&plan, &signer, &answer), CKR_OK);
	mech_plan_clear(&plan);
	mdoc_buf_clear(&note);
	mdoc_buf_clear(&other);
	mdoc_buf_clear(&answer);
}

/* What the issuer authorized is held against the elements, which a note has not. */
static void
test_no_note_of_authorizations(void)
{
	struct mdoc_buf bytes = MDOC_BUF_EMPTY, note = MDOC_BUF_EMPTY;
	struct mdoc_issuer_signed *of;
	struct mech_note read;

	kit_record_authorizing(&kit, &device_public, "whole", "one", &bytes);
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(kit.context, mdoc_buf_bytes(&bytes), &of, NULL), MDOC_OK);
	CU_ASSERT_FALSE(mech_note_write(mdoc_issuer_signed_mso(of), &note));
	CU_ASSERT_EQUAL(note.len, 0);
	CU_ASSERT_FALSE(mech_note_read(mdoc_bytes_of("\x80", 1), &read));
	CU_ASSERT_FALSE(mech_note_read(mdoc_bytes_of("", 0), &read));
	mdoc_issuer_signed_free(of);
	mdoc_buf_clear(&bytes);
	mdoc_buf_clear(&note);
}

/* R-VAL-01: a record is used outside its month; both ends belong to it. */
static void
test_validity(void)
{
	const struct mech_note note = { .valid_from = 1000, .valid_until = 2000 };

	CU_ASSERT_EQUAL(mech_plan_check_time(&note, 999), CKR_MDOC_NOT_YET_VALID);
	CU_ASSERT_EQUAL(mech_plan_check_time(&note, 1000), CKR_OK);
	CU_ASSERT_EQUAL(mech_plan_check_time(&note, 2000), CKR_OK);
	CU_ASSERT_EQUAL(mech_plan_check_time(&note, 2001), CKR_MDOC_EXPIRED);
}

/* A size that is not exact would either spend a copy for a buffer that is too short or leave
 * callers with bytes that are no CBOR. */
static void
test_response_is_as_planned(void)
{
	const struct mdoc_signer signer = kit_signer(device);
	struct mdoc_buf asked = MDOC_BUF_EMPTY;
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_buf answer = MDOC_BUF_EMPTY;
	struct mech_plan plan;
	size_t elements = 0;

	kit_request(&kit, KIT_DOCTYPE, name_and_number, &transcript, &asked);
	kit_response_input(&transcript, &asked, name_and_number, &bytes);
	CU_ASSERT_EQUAL_FATAL(mech_plan_make(kit.context, CKM_MDOC_DEVICE_RESPONSE, parsed_record, &record_note,
				      mdoc_buf_bytes(&bytes), &plan),
		CKR_OK);
	CU_ASSERT_EQUAL(mech_plan_sign(&plan, &signer, &answer), CKR_OK);
	CU_ASSERT_EQUAL(answer.len, plan.size);
	CU_ASSERT_EQUAL(kit_verify(&kit, mdoc_buf_bytes(&answer), &transcript, &elements), MDOC_OK);
	CU_ASSERT_EQUAL(elements, 2);
	mech_plan_clear(&plan);
	mdoc_buf_clear(&asked);
	mdoc_buf_clear(&bytes);
	mdoc_buf_clear(&answer);
}

static void
test_device_signed_is_as_planned(void)
{
	const struct mdoc_signer signer = kit_signer(device);
	struct mdoc_buf answer = MDOC_BUF_EMPTY;
	struct mdoc_device_signed *parsed = NULL;
	struct mech_plan plan;

	CU_ASSERT_EQUAL_FATAL(mech_plan_make(kit.context, CKM_MDOC_DEVICE_SIGN, parsed_record, &record_note,
				      mdoc_buf_bytes(&authentication), &plan),
		CKR_OK);
	CU_ASSERT_EQUAL(mech_plan_sign(&plan, &signer, &answer), CKR_OK);
	CU_ASSERT_EQUAL(answer.len, plan.size);
	CU_ASSERT_EQUAL_FATAL(mdoc_device_signed_parse(NULL, mdoc_buf_bytes(&answer), &parsed, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_sign1_verify(kit.context, mdoc_device_signed_signature(parsed), &device_public,
				mdoc_buf_bytes(&authentication)),
		MDOC_OK);
	mdoc_device_signed_free(parsed);
	mech_plan_clear(&plan);
	mdoc_buf_clear(&answer);
}

static CU_TestInfo tests[] = {
	{ "every truncation is malformed", test_every_truncation_is_malformed },
	{ "other shapes are malformed", test_other_shapes_are_malformed },
	{ "agreed of another shape", test_agreed_of_another_shape },
	{ "input has a limit", test_input_has_a_limit },
	{ "another docType", test_another_doctype },
	{ "nothing to disclose", test_nothing_to_disclose },
	{ "wrong readerAuth", test_wrong_reader_auth },
	{ "wrong readerAuthAll", test_wrong_reader_auth_all },
	{ "device-signed elements need authorization", test_device_signed_elements_need_authorization },
	{ "a note stands for the record", test_note_stands_for_the_record },
	{ "no note of authorizations", test_no_note_of_authorizations },
	{ "validity", test_validity },
	{ "DeviceResponse is as planned", test_response_is_as_planned },
	{ "DeviceSigned is as planned", test_device_signed_is_as_planned },
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo suite_mech_plan = { "plan of a CKM_MDOC_* signature", set_up, tear_down, NULL, NULL, tests };
