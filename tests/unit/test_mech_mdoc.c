/*
 * tests/unit/test_mech_mdoc.c: CKM_MDOC_DEVICE_SIGN, _RESPONSE and _MAC through C_Sign.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pkcs11-3.h"
#include "tests/unit/holder_kit.h"
#include "tests/unit/issuer_kit.h"
#include "tests/unit/unit_mechanisms.h"

#define DAY ((int64_t)24 * 60 * 60)
#define ROOM 16384

static struct issuer_kit issuer;
static struct holder_kit holder;
static struct mdoc_buf transcript, request, input, authentication;
static CK_BYTE out[ROOM];

static const char *const asked[] = { "full_name_unicode", "portrait", NULL };

static int
set_up(void)
{
	issuer_kit_new(&issuer);
	holder_kit_new(&holder, 0);
	transcript = request = input = authentication = MDOC_BUF_EMPTY;
	kit_transcript(1, &transcript);
	kit_request(&issuer, KIT_DOCTYPE, asked, &transcript, &request);
	kit_response_input(&transcript, &request, NULL, &input);
	kit_device_authentication(&transcript, KIT_DOCTYPE, NULL, &authentication);
	return 0;
}

static int
tear_down(void)
{
	mdoc_buf_clear(&transcript);
	mdoc_buf_clear(&request);
	mdoc_buf_clear(&input);
	mdoc_buf_clear(&authentication);
	holder_kit_free(&holder);
	issuer_kit_free(&issuer);
	return 0;
}

static CK_OBJECT_HANDLE
bound_key(int64_t from, int64_t until, bool reusable)
{
	struct mdoc_public_key key;
	struct mdoc_buf record = MDOC_BUF_EMPTY;
	CK_OBJECT_HANDLE handle = holder_kit_pair(&holder, true, &key, NULL);

	kit_record(&issuer, KIT_DOCTYPE, &key, issuer.now + from, issuer.now + until, 3000, &record);
	CU_ASSERT_EQUAL_FATAL(holder_kit_bind(&holder, &record, reusable, NULL), CKR_OK);
	mdoc_buf_clear(&record);
	return handle;
}

static CK_OBJECT_HANDLE
fresh_copy(void)
{
	return bound_key(-DAY, DAY, false);
}

static CK_RV
init(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM mechanism = { type, NULL, 0 };

	return holder.p11->C_SignInit(session, &mechanism, key);
}

/* C_Sign into `out`; *len: bytes written. */
static CK_RV
sign(CK_SESSION_HANDLE session, const struct mdoc_buf *data, CK_ULONG *len)
{
	*len = sizeof(out);
	return holder.p11->C_Sign(session, data->ptr, data->len, out, len);
}

static CK_RV
length_query(CK_SESSION_HANDLE session, const struct mdoc_buf *data, CK_ULONG *len)
{
	*len = 0;
	return holder.p11->C_Sign(session, data->ptr, data->len, NULL, len);
}

static long
unused(void)
{
	return holder_kit_count(&holder, "unused");
}

/* Each bad input has its own answer, before and after the PIN, costs no copy and ends the operation. */
static void
bad_input(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type, const struct mdoc_buf *data, CK_RV want)
{
	const long before = unused();
	CK_ULONG len;

	CU_ASSERT_EQUAL(init(holder.session, type, key), CKR_OK);
	CU_ASSERT_EQUAL(length_query(holder.session, data, &len), want);
	CU_ASSERT_EQUAL(sign(holder.session, data, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(init(holder.session, type, key), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
	CU_ASSERT_EQUAL(sign(holder.session, data, &len), want);
	CU_ASSERT_EQUAL(sign(holder.session, data, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(unused(), before);
}

static void
test_bad_input_spends_nothing(void)
{
	static const char *const shoe_size[] = { "shoe_size", NULL };
	const CK_OBJECT_HANDLE key = fresh_copy();
	struct mdoc_buf other = MDOC_BUF_EMPTY;
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_buf cut = input;

	cut.len--;
	bad_input(key, CKM_MDOC_DEVICE_RESPONSE, &cut, CKR_MDOC_INPUT_MALFORMED);
	bad_input(key, CKM_MDOC_DEVICE_RESPONSE, &authentication, CKR_MDOC_INPUT_MALFORMED);
	bad_input(key, CKM_MDOC_DEVICE_SIGN, &input, CKR_MDOC_INPUT_MALFORMED);

	kit_device_authentication(&transcript, "org.iso.18013.5.1.mDL", NULL, &bytes);
	bad_input(key, CKM_MDOC_DEVICE_SIGN, &bytes, CKR_MDOC_DOCTYPE);
	mdoc_buf_clear(&bytes);

	bytes = MDOC_BUF_EMPTY;
	kit_request(&issuer, KIT_DOCTYPE, shoe_size, NULL, &other);
	kit_response_input(&transcript, &other, NULL, &bytes);
	bad_input(key, CKM_MDOC_DEVICE_RESPONSE, &bytes, CKR_MDOC_NOTHING_TO_DISCLOSE);
	mdoc_buf_clear(&other);
	mdoc_buf_clear(&bytes);

	bytes = MDOC_BUF_EMPTY;
	other = MDOC_BUF_EMPTY;
	kit_transcript(2, &other);
	kit_response_input(&other, &request, NULL, &bytes);
	bad_input(key, CKM_MDOC_DEVICE_RESPONSE, &bytes, CKR_MDOC_READER_AUTH);
	mdoc_buf_clear(&other);
	mdoc_buf_clear(&bytes);
}

/* R-TX-01: a transmission without the PIN. */
static void
test_no_signature_without_pin(void)
{
	const CK_OBJECT_HANDLE key = fresh_copy();
	const long before = unused();
	CK_ULONG len;

	CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_RESPONSE, key), CKR_OK);
	CU_ASSERT_EQUAL(sign(holder.session, &input, &len), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_RESPONSE, key), CKR_OK);
	CU_ASSERT_EQUAL(holder.p11->C_Login(holder.session, CKU_CONTEXT_SPECIFIC, (CK_UTF8CHAR *)"wrong-pin", 9),
		CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(sign(holder.session, &input, &len), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(unused(), before);
}

/* R-TX-01: one PIN entry good for two transmissions. */
static void
test_one_pin_one_signature(void)
{
	const CK_OBJECT_HANDLE key = bound_key(-DAY, DAY, true);
	CK_ULONG len;

	CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_SIGN, key), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
	CU_ASSERT_EQUAL(sign(holder.session, &authentication, &len), CKR_OK);
	CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_SIGN, key), CKR_OK);
	CU_ASSERT_EQUAL(sign(holder.session, &authentication, &len), CKR_USER_NOT_LOGGED_IN);
}

/* R-VAL-01: a transmission after the month. */
static void
test_outside_validity(void)
{
	const CK_OBJECT_HANDLE expired = bound_key(-2 * DAY, -DAY, false);
	const CK_OBJECT_HANDLE early = bound_key(DAY, 2 * DAY, false);
	const long before = unused();
	CK_ULONG len;

	CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_SIGN, expired), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
	CU_ASSERT_EQUAL(sign(holder.session, &authentication, &len), CKR_MDOC_EXPIRED);
	CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_SIGN, early), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
	CU_ASSERT_EQUAL(sign(holder.session, &authentication, &len), CKR_MDOC_NOT_YET_VALID);
	CU_ASSERT_EQUAL(unused(), before);
}

static CK_RV
sign_with_pin(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, const struct mdoc_buf *data)
{
	CK_ULONG len;

	CU_ASSERT_EQUAL(init(holder.session, type, key), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
	return sign(holder.session, data, &len);
}

/* Of a reusable record something is kept from its first use: each later one must obey the clock, the docType and the
 * record's being there all the same. */
static void
test_reused_record_is_checked_each_time(void)
{
	const CK_OBJECT_HANDLE lasting = bound_key(-DAY, DAY, true);
	const CK_OBJECT_HANDLE passing = bound_key(-DAY, (int64_t)time(NULL) - issuer.now + 3, true);
	const time_t give_up = time(NULL) + 20;
	struct mdoc_buf other = MDOC_BUF_EMPTY;
	CK_RV rv;

	CU_ASSERT_EQUAL(sign_with_pin(CKM_MDOC_DEVICE_SIGN, passing, &authentication), CKR_OK);
	do
		rv = sign_with_pin(CKM_MDOC_DEVICE_SIGN, passing, &authentication);
	while (rv == CKR_OK && usleep(100000) == 0 && time(NULL) < give_up);
	CU_ASSERT_EQUAL(rv, CKR_MDOC_EXPIRED);

	CU_ASSERT_EQUAL(sign_with_pin(CKM_MDOC_DEVICE_SIGN, lasting, &authentication), CKR_OK);
	kit_device_authentication(&transcript, "org.iso.18013.5.1.mDL", NULL, &other);
	CU_ASSERT_EQUAL(sign_with_pin(CKM_MDOC_DEVICE_SIGN, lasting, &other), CKR_MDOC_DOCTYPE);
	CU_ASSERT_EQUAL(sign_with_pin(CKM_MDOC_DEVICE_RESPONSE, lasting, &input), CKR_OK); /* asks for elements */
	CU_ASSERT_EQUAL(sign_with_pin(CKM_MDOC_DEVICE_SIGN, lasting, &authentication), CKR_OK);
	CU_ASSERT_EQUAL(holder.p11->C_DestroyObject(holder.session, lasting), CKR_OK);
	CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_SIGN, lasting), CKR_KEY_HANDLE_INVALID);
	mdoc_buf_clear(&other);
}

/* Keys that no record belongs to, ordinary keys, and what a bound key must not sign. */
static void
test_wrong_keys(void)
{
	const CK_OBJECT_HANDLE unbound = holder_kit_pair(&holder, true, NULL, NULL);
	const CK_OBJECT_HANDLE ordinary = holder_kit_pair(&holder, false, NULL, NULL);
	const CK_OBJECT_HANDLE bound = fresh_copy();
	CK_MECHANISM with_parameter = { CKM_MDOC_DEVICE_SIGN, "x", 1 };

	CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_SIGN, unbound), CKR_MDOC_KEY_NOT_BOUND);
	CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_SIGN, ordinary), CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_EQUAL(init(holder.session, CKM_ECDSA, bound), CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_EQUAL(init(holder.session, CKM_ECDSA_SHA256, bound), CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_EQUAL(holder.p11->C_SignInit(holder.session, &with_parameter, bound), CKR_MECHANISM_PARAM_INVALID);
}

/* A caller that asks for the length, or guesses it too short, would lose a copy for it. */
static void
test_length_query_spends_nothing(void)
{
	const CK_OBJECT_HANDLE key = fresh_copy();
	const long before = unused();
	CK_ULONG need = 0;
	CK_ULONG len;

	CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_RESPONSE, key), CKR_OK);
	CU_ASSERT_EQUAL(length_query(holder.session, &input, &need), CKR_OK);
	len = 10;
	CU_ASSERT_EQUAL(holder.p11->C_Sign(holder.session, input.ptr, input.len, out, &len), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(len, need);
	CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
	len = need - 1;
	CU_ASSERT_EQUAL(holder.p11->C_Sign(holder.session, input.ptr, input.len, out, &len), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(unused(), before);
	len = need;
	CU_ASSERT_EQUAL(holder.p11->C_Sign(holder.session, input.ptr, input.len, out, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, need);
	CU_ASSERT_EQUAL(unused(), before - 1);
}

/* R-EXH-01: a copy used twice, by its handle, in this session or in one that had begun before. */
static void
test_spent_copy(void)
{
	const CK_OBJECT_HANDLE key = fresh_copy();
	const CK_SESSION_HANDLE second = holder_kit_session(&holder, 0);
	const long spent = holder_kit_count(&holder, "spent");
	CK_ULONG len;
	CK_RV rv;

	CU_ASSERT_EQUAL(init(second, CKM_MDOC_DEVICE_RESPONSE, key), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_authorise(&holder, second), CKR_OK);
	CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_RESPONSE, key), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
	CU_ASSERT_EQUAL(sign(holder.session, &input, &len), CKR_OK);
	CU_ASSERT_EQUAL(kit_verify(&issuer, mdoc_bytes_of(out, len), &transcript, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(sign(second, &input, &len), CKR_MDOC_SPENT);
	rv = init(holder.session, CKM_MDOC_DEVICE_RESPONSE, key);
	CU_ASSERT(rv == CKR_MDOC_SPENT || rv == CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(holder_kit_count(&holder, "spent"), spent + 1);
	CU_ASSERT_EQUAL(holder.p11->C_CloseSession(second), CKR_OK);
}

/* Reuse policy is stored with the record: a copy meant to be used again would be lost. */
static void
test_reusable_copy(void)
{
	const CK_OBJECT_HANDLE key = bound_key(-DAY, DAY, true);
	const long before = unused();
	CK_ULONG len;
	int i;

	for (i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_RESPONSE, key), CKR_OK);
		CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
		CU_ASSERT_EQUAL(sign(holder.session, &input, &len), CKR_OK);
		CU_ASSERT_EQUAL(kit_verify(&issuer, mdoc_bytes_of(out, len), &transcript, NULL), MDOC_OK);
	}
	CU_ASSERT_EQUAL(unused(), before);
}

/* pkcs11-tool passes what is longer than 1024 bytes in parts; the answer must be the same. */
static void
test_multi_part(void)
{
	const CK_OBJECT_HANDLE key = fresh_copy();
	const long before = unused();
	CK_ULONG need = 0;
	CK_ULONG len = sizeof(out);
	size_t elements = 0;
	size_t i;

	CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_RESPONSE, key), CKR_OK);
	for (i = 0; i < input.len; i += 100)
		CU_ASSERT_EQUAL(holder.p11->C_SignUpdate(holder.session, input.ptr + i,
					input.len - i < 100 ? input.len - i : 100),
			CKR_OK);
	CU_ASSERT_EQUAL(holder.p11->C_SignFinal(holder.session, NULL, &need), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
	CU_ASSERT_EQUAL(unused(), before);
	CU_ASSERT_EQUAL(holder.p11->C_SignFinal(holder.session, out, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, need);
	CU_ASSERT_EQUAL(kit_verify(&issuer, mdoc_bytes_of(out, len), &transcript, &elements), MDOC_OK);
	CU_ASSERT_EQUAL(elements, 2);
	CU_ASSERT_EQUAL(unused(), before - 1);
}

static void
test_multi_part_bad_paths(void)
{
	const CK_OBJECT_HANDLE key = fresh_copy();
	const long before = unused();
	uint8_t *much = calloc(1, MDOC_SIGN_INPUT_MAX);
	CK_ULONG len = sizeof(out);

	CU_ASSERT_PTR_NOT_NULL_FATAL(much);
	CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_RESPONSE, key), CKR_OK);
	CU_ASSERT_EQUAL(holder.p11->C_SignUpdate(holder.session, much, MDOC_SIGN_INPUT_MAX), CKR_OK);
	CU_ASSERT_EQUAL(holder.p11->C_SignUpdate(holder.session, much, 1), CKR_MDOC_INPUT_MALFORMED);
	CU_ASSERT_EQUAL(holder.p11->C_SignFinal(holder.session, out, &len), CKR_OPERATION_NOT_INITIALIZED);
	free(much);

	CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_RESPONSE, key), CKR_OK);
	CU_ASSERT_EQUAL(holder.p11->C_SignUpdate(holder.session, input.ptr, input.len), CKR_OK);
	CU_ASSERT_EQUAL(sign(holder.session, &input, &len), CKR_OPERATION_ACTIVE);
	len = sizeof(out);
	CU_ASSERT_NOT_EQUAL(holder.p11->C_SignFinal(holder.session, out, &len), CKR_OK);
	CU_ASSERT_EQUAL(unused(), before);
}

/* What C_Sign makes must verify at a reader that knows only the issuer's root. */
static void
test_device_response_verifies(void)
{
	static const char *const agreed[] = { "full_name_unicode", NULL };
	const CK_OBJECT_HANDLE key = fresh_copy();
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_buf other = MDOC_BUF_EMPTY;
	size_t elements = 0;
	CK_ULONG len;

	kit_response_input(&transcript, &request, agreed, &bytes);
	CU_ASSERT_EQUAL(init(holder.session, CKM_MDOC_DEVICE_RESPONSE, key), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(sign(holder.session, &bytes, &len), CKR_OK);
	CU_ASSERT_EQUAL(kit_verify(&issuer, mdoc_bytes_of(out, len), &transcript, &elements), MDOC_OK);
	CU_ASSERT_EQUAL(elements, 1);
	kit_transcript(9, &other);
	CU_ASSERT_NOT_EQUAL(kit_verify(&issuer, mdoc_bytes_of(out, len), &other, NULL), MDOC_OK);
	mdoc_buf_clear(&bytes);
	mdoc_buf_clear(&other);
}

/* R-ISS: the proof of possession of a fresh key must cost nothing, and only under the PIN. */
static void
test_proof_of_possession(void)
{
	CK_OBJECT_HANDLE public_key = 0;
	const CK_OBJECT_HANDLE key = holder_kit_pair(&holder, true, NULL, &public_key);
	CK_MECHANISM mechanism = { CKM_ECDSA_SHA256, NULL, 0 };
	const long unbound = holder_kit_count(&holder, "unbound");
	const struct mdoc_buf message = { (uint8_t *)"header.payload", 14, 14, MDOC_OK, false };
	CK_ULONG len;

	CU_ASSERT_EQUAL(init(holder.session, CKM_ECDSA_SHA256, key), CKR_OK);
	CU_ASSERT_EQUAL(sign(holder.session, &message, &len), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(init(holder.session, CKM_ECDSA_SHA256, key), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
	CU_ASSERT_EQUAL(sign(holder.session, &message, &len), CKR_OK);
	CU_ASSERT_EQUAL(holder.p11->C_VerifyInit(holder.session, &mechanism, public_key), CKR_OK);
	CU_ASSERT_EQUAL(holder.p11->C_Verify(holder.session, message.ptr, message.len, out, len), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_count(&holder, "unbound"), unbound);
}

/* An area with raw_sign (for p11-kit's remoting): a raw signature that spends nothing would be a
 * way around the single use, and around the month. */
static void
test_raw_sign_area(void)
{
	CK_OBJECT_HANDLE key;
	static const struct mdoc_buf digest = { (uint8_t *)"0123456789abcdef0123456789abcdef", 32, 32, MDOC_OK, false };
	long before;
	CK_ULONG len;
	CK_RV rv;

	holder_kit_free(&holder);
	holder_kit_new(&holder, CKF_MDOC_AREA_RAW_SIGN);
	key = bound_key(-2 * DAY, -DAY, false);
	before = unused();
	CU_ASSERT_EQUAL(init(holder.session, CKM_ECDSA, key), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
	CU_ASSERT_EQUAL(sign(holder.session, &digest, &len), CKR_MDOC_EXPIRED);
	CU_ASSERT_EQUAL(unused(), before);
	key = fresh_copy();
	CU_ASSERT_EQUAL(init(holder.session, CKM_ECDSA, key), CKR_OK);
	CU_ASSERT_EQUAL(sign(holder.session, &digest, &len), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(init(holder.session, CKM_ECDSA, key), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
	CU_ASSERT_EQUAL(unused(), before + 1);
	CU_ASSERT_EQUAL(sign(holder.session, &digest, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, 64);
	CU_ASSERT_EQUAL(unused(), before);
	rv = init(holder.session, CKM_ECDSA, key);
	CU_ASSERT(rv == CKR_MDOC_SPENT || rv == CKR_KEY_HANDLE_INVALID);
}

/* Messages must not be a way around the one signature of a copy, or around its binding. */
static void
test_messages(void)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 }, device = { CKM_MDOC_DEVICE_SIGN, NULL, 0 };
	CK_BYTE digest[32] = { 1 }, sig[64];
	CK_ULONG len = sizeof(sig);
	CK_OBJECT_HANDLE key;
	long before;

	holder_kit_free(&holder);
	holder_kit_new(&holder, 0);
	key = fresh_copy();
	CU_ASSERT_EQUAL(C_MessageSignInit(holder.session, &ecdsa, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_EQUAL(C_MessageSignInit(holder.session, &device, key), CKR_MECHANISM_INVALID);
	holder_kit_free(&holder);
	holder_kit_new(&holder, CKF_MDOC_AREA_RAW_SIGN);
	key = fresh_copy();
	before = unused();
	CU_ASSERT_EQUAL(C_MessageSignInit(holder.session, &ecdsa, key), CKR_OK);
	CU_ASSERT_EQUAL(C_SignMessage(holder.session, NULL, 0, digest, 32, sig, &len), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(unused(), before);
	CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
	CU_ASSERT_EQUAL(C_SignMessage(holder.session, NULL, 0, digest, 32, sig, &len), CKR_OK);
	CU_ASSERT_EQUAL(unused(), before - 1);
	CU_ASSERT_EQUAL(C_SignMessage(holder.session, NULL, 0, digest, 32, sig, &len), CKR_MDOC_SPENT);
	CU_ASSERT_EQUAL(C_MessageSignFinal(holder.session), CKR_OK);
}

#define MDL "org.iso.18013.5.1.mDL"

/* A bound holder key for deviceMac. */
static CK_OBJECT_HANDLE
mac_key(const char *doc_type, CK_BBOOL derive, struct mdoc_public_key *key)
{
	CK_ATTRIBUTE derives = { CKA_DERIVE, &derive, sizeof(derive) };
	CK_OBJECT_HANDLE handle = holder_kit_pair(&holder, true, key, NULL);
	struct mdoc_buf record = MDOC_BUF_EMPTY;

	CU_ASSERT_EQUAL_FATAL(holder.p11->C_SetAttributeValue(holder.session, handle, &derives, 1), CKR_OK);
	kit_record(&issuer, doc_type, key, issuer.now - DAY, issuer.now + DAY, 100, &record);
	CU_ASSERT_EQUAL_FATAL(holder_kit_bind(&holder, &record, false, NULL), CKR_OK);
	mdoc_buf_clear(&record);
	return handle;
}

static CK_RV
mac_init(CK_OBJECT_HANDLE key, CK_BYTE *point, CK_ULONG len)
{
	CK_MECHANISM mechanism = { CKM_MDOC_DEVICE_MAC, point, len };

	return holder.p11->C_SignInit(holder.session, &mechanism, key);
}

/* A MAC where the law asks for a signature (R-TX-01), by a key that was not made for it, or for a reader that cannot
 * be. */
static void
test_device_mac_refuses(void)
{
	struct mdoc_public_key reader, own;
	EVP_PKEY *reader_key = kit_key(&reader);

	CU_ASSERT_EQUAL(mac_init(mac_key(KIT_DOCTYPE, CK_TRUE, &own), reader.point, 65),
		CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_EQUAL(mac_init(mac_key(MDL, CK_FALSE, &own), reader.point, 65), CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_EQUAL(mac_init(mac_key(MDL, CK_TRUE, &own), NULL, 0), CKR_MECHANISM_PARAM_INVALID);
	CU_ASSERT_EQUAL(mac_init(mac_key(MDL, CK_TRUE, &own), reader.point, 64), CKR_MECHANISM_PARAM_INVALID);
	reader.point[64] ^= 1;
	CU_ASSERT_EQUAL(mac_init(mac_key(MDL, CK_TRUE, &own), reader.point, 65), CKR_MECHANISM_PARAM_INVALID);
	EVP_PKEY_free(reader_key);
}

/* The reader, who has the other private key, must come to the same MAC; and it costs the copy like a signature. */
static void
test_device_mac(void)
{
	struct mdoc_buf bytes = MDOC_BUF_EMPTY, wanted = MDOC_BUF_EMPTY;
	struct mdoc_device_authentication parts;
	struct mdoc_public_key reader, own;
	EVP_PKEY *reader_key = kit_key(&reader), *device = NULL;
	CK_OBJECT_HANDLE key = mac_key(MDL, CK_TRUE, &own);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, reader_key, NULL);
	const long before = unused();
	CK_BYTE secret[32];
	size_t secret_len = sizeof(secret);
	CK_ULONG len, size;

	kit_device_authentication(&transcript, MDL, NULL, &bytes);
	CU_ASSERT_EQUAL(mac_init(key, reader.point, 65), CKR_OK);
	CU_ASSERT_EQUAL(length_query(holder.session, &bytes, &size), CKR_OK);
	CU_ASSERT_EQUAL(unused(), before);
	CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
	CU_ASSERT_EQUAL(sign(holder.session, &bytes, &len), CKR_OK);
	CU_ASSERT_EQUAL(unused(), before - 1);

	CU_ASSERT_EQUAL_FATAL(mdoc_key_to_evp(issuer.context, &own, &device), MDOC_OK);
	CU_ASSERT(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, device) == 1 &&
		EVP_PKEY_derive(ctx, secret, &secret_len) == 1);
	CU_ASSERT_EQUAL(mdoc_device_authentication_parse(NULL, mdoc_buf_bytes(&bytes), &parts, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_device_mac_put(issuer.context, &wanted, mdoc_buf_bytes(&bytes), parts.namespaces_bytes,
				mdoc_buf_bytes(&transcript), mdoc_bytes_of(secret, secret_len)),
		MDOC_OK);
	CU_ASSERT(len == size && len == wanted.len && memcmp(out, wanted.ptr, len) == 0);
	CU_ASSERT_EQUAL(mac_init(key, reader.point, 65), CKR_KEY_HANDLE_INVALID);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(device);
	EVP_PKEY_free(reader_key);
	mdoc_buf_clear(&wanted);
	mdoc_buf_clear(&bytes);
}

static CU_TestInfo tests[] = {
	{ "R-EXH-01: bad input spends nothing", test_bad_input_spends_nothing },
	{ "R-TX-01: no signature without PIN", test_no_signature_without_pin },
	{ "R-TX-01: one PIN, one signature", test_one_pin_one_signature },
	{ "R-VAL-01: outside validity", test_outside_validity },
	{ "a reused record is checked each time", test_reused_record_is_checked_each_time },
	{ "wrong keys", test_wrong_keys },
	{ "R-EXH-01: length query spends nothing", test_length_query_spends_nothing },
	{ "R-EXH-01: spent copy", test_spent_copy },
	{ "reusable copy", test_reusable_copy },
	{ "multi-part", test_multi_part },
	{ "multi-part bad paths", test_multi_part_bad_paths },
	{ "DeviceResponse verifies", test_device_response_verifies },
	{ "R-ENR-01: proof of possession", test_proof_of_possession },
	{ "raw-sign area", test_raw_sign_area },
	{ "messages", test_messages },
	{ "R-TX-01: deviceMac refuses", test_device_mac_refuses },
	{ "deviceMac", test_device_mac },
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo suite_mech_mdoc = { "CKM_MDOC_* through C_Sign", set_up, tear_down, NULL, NULL, tests };
