/*
 * tests/unit/test_dcapi.c: HPKE, and encrypted responses over the Digital Credentials API.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/session/hpke.h"
#include "tests/unit/session_kit.h"
#include <mdoc/base64url.h>
#include <mdoc/dcapi.h>
#include <mdoc/transcript.h>
#include <stdio.h>
#include <string.h>

extern CU_TestInfo dcapi_tests[];

/* RFC 9180, A.3.1 and its first encryption, A.3.1.1. */
#define EPHEMERAL_D "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb"
#define EPHEMERAL_X "a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac9"
#define EPHEMERAL_Y "8536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4"
#define RECIPIENT_D "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2"
#define RECIPIENT_X "fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a82"
#define RECIPIENT_Y "6a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0"
#define INFO "4f6465206f6e2061204772656369616e2055726e"
#define AAD "436f756e742d30"
#define PLAIN "4265617574792069732074727574682c20747275746820626561757479"
#define SEALED \
	"5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f" \
	"9076ac232e3ab2523f39513434"

/* Browsers' wallets, which have HPKE of the RFC, could not be read, nor read us. */
static void
rfc_9180(void)
{
	struct mdoc_bytes info = hex_load(INFO), aad = hex_load(AAD), plain = hex_load(PLAIN);
	struct mdoc_bytes wanted = hex_load(SEALED), wanted_enc = hex_load("04" EPHEMERAL_X EPHEMERAL_Y);
	struct agreeing ephemeral, recipient;
	struct mdoc_buf sealed = MDOC_BUF_EMPTY, opened = MDOC_BUF_EMPTY;
	uint8_t enc[MDOCI_HPKE_ENC];

	agreeing_p256(&ephemeral, EPHEMERAL_D, EPHEMERAL_X, EPHEMERAL_Y);
	agreeing_p256(&recipient, RECIPIENT_D, RECIPIENT_X, RECIPIENT_Y);
	CU_ASSERT_EQUAL(mdoci_hpke_seal(NULL, &ephemeral.agreement, &recipient.agreement.key, info, aad, plain, enc,
				&sealed),
		MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&sealed), wanted));
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_bytes_of(enc, sizeof(enc)), wanted_enc));
	CU_ASSERT_EQUAL(mdoci_hpke_open(NULL, &recipient.agreement, wanted_enc, info, aad, wanted, &opened), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&opened), plain));
	mdoc_buf_clear(&opened);
	CU_ASSERT_EQUAL(mdoci_hpke_open(NULL, &recipient.agreement, wanted_enc, info, info, wanted, &opened),
		MDOC_ERR_SESSION);
	CU_ASSERT_EQUAL(mdoci_hpke_open(NULL, &recipient.agreement, wanted_enc, aad, aad, wanted, &opened),
		MDOC_ERR_SESSION);
	CU_ASSERT_EQUAL(mdoci_hpke_open(NULL, &ephemeral.agreement, wanted_enc, info, aad, wanted, &opened),
		MDOC_ERR_SESSION);
	CU_ASSERT_EQUAL(mdoci_hpke_open(NULL, &recipient.agreement, wanted_enc, info, aad,
				mdoc_bytes_of(wanted.ptr, 15), &opened),
		MDOC_ERR_SESSION);
	CU_ASSERT_EQUAL(opened.len, 0);
	mdoc_buf_clear(&sealed);
	agreeing_clear(&recipient);
	agreeing_clear(&ephemeral);
	bytes_free(wanted_enc);
	bytes_free(wanted);
	bytes_free(plain);
	bytes_free(aad);
	bytes_free(info);
}

/* The reader's key and nonce would not arrive as they were sent. */
static void
encryption_info(void)
{
	struct mdoc_bytes info = vector_load("openid4vp/annexC_encryption_info.cbor");
	struct mdoc_buf text = MDOC_BUF_EMPTY, built = MDOC_BUF_EMPTY, nonce = MDOC_BUF_EMPTY;
	struct mdoc_public_key key;

	mdoc_base64url_encode(&text, info);
	CU_ASSERT_EQUAL(mdoc_encryption_info_parse(NULL, mdoc_buf_bytes(&text), &key, &nonce, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(nonce.len, 16);
	CU_ASSERT_EQUAL(nonce.ptr[15], 15);
	CU_ASSERT_EQUAL(mdoc_encryption_info_build(mdoc_buf_bytes(&nonce), &key, &built, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&built), mdoc_buf_bytes(&text)));
	mdoc_buf_clear(&built);
	CU_ASSERT_EQUAL(mdoc_encryption_info_build(mdoc_text("short"), &key, &built, NULL), MDOC_ERR_ARG);
	key.curve = MDOC_CURVE_P384;
	CU_ASSERT_EQUAL(mdoc_encryption_info_build(mdoc_buf_bytes(&nonce), &key, &built, NULL), MDOC_ERR_KEY);
	CU_ASSERT_EQUAL(built.len, 0);
	mdoc_buf_clear(&nonce);
	mdoc_buf_clear(&text);
	bytes_free(info);
}

/* A holder would encrypt to a key that nobody has. */
static void
refuses_bad_info(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result result;
	} bad[] = {
		{ "80", MDOC_ERR_TYPE },
		{ "82 6564636170 69 a0", MDOC_ERR_MISSING },
		{ "82 656463617078 a0", MDOC_ERR_TYPE },
		{ "81 656463617069", MDOC_ERR_TYPE },
		{ "82 656463617069 80", MDOC_ERR_TYPE },
		{ "82 656463617069 a2 656e6f6e6365 40 72726563697069656e745075626c69634b6579 a0", MDOC_ERR_VALUE },
		{ "82 656463617069 a1 656e6f6e6365 4101", MDOC_ERR_MISSING },
		{ "82 656463617069 a2 656e6f6e6365 4101 72726563697069656e745075626c69634b6579 a0", MDOC_ERR_KEY },
		{ "82 656463617069 a2 656e6f6e6365 4101 72726563697069656e745075626c69634b6579 01", MDOC_ERR_TYPE },
		{ "82 656463617069", MDOC_ERR_TRUNCATED },
	};
	struct mdoc_public_key key;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct mdoc_bytes info = hex_load(bad[i].hex);
		struct mdoc_buf text = MDOC_BUF_EMPTY;
		enum mdoc_result res;

		mdoc_base64url_encode(&text, info);
		res = mdoc_encryption_info_parse(NULL, mdoc_buf_bytes(&text), &key, NULL, NULL);
		if (res != bad[i].result)
			(void)printf("row %zu: %s\n", i, mdoc_result_name(res));
		CU_ASSERT_EQUAL(res, bad[i].result);
		mdoc_buf_clear(&text);
		bytes_free(info);
	}
	CU_ASSERT_EQUAL(mdoc_encryption_info_parse(NULL, mdoc_text("gg=="), &key, NULL, NULL), MDOC_ERR_MALFORMED);
}

/* A response would be read by somebody else, or believed in another session. */
static void
responses(void)
{
	const struct mdoc_bytes plain = mdoc_text("response");
	struct mdoc_bytes transcript = vector_load("openid4vp/annexC_session_transcript.cbor");
	struct mdoc_bytes other = vector_load("openid4vp/session_transcript.cbor");
	struct agreeing reader, stranger, p384;
	struct mdoc_buf message = MDOC_BUF_EMPTY, again = MDOC_BUF_EMPTY, opened = MDOC_BUF_EMPTY;

	agreeing_make(&reader, MDOC_CURVE_P256);
	agreeing_make(&stranger, MDOC_CURVE_P256);
	agreeing_make(&p384, MDOC_CURVE_P384);
	CU_ASSERT_EQUAL(mdoc_dcapi_seal(NULL, &p384.agreement.key, transcript, plain, &message, NULL), MDOC_ERR_KEY);
	CU_ASSERT_EQUAL(message.len, 0);
	CU_ASSERT_EQUAL(mdoc_dcapi_seal(NULL, &reader.agreement.key, transcript, plain, &message, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_dcapi_seal(NULL, &reader.agreement.key, transcript, plain, &again, NULL), MDOC_OK);
	CU_ASSERT_FALSE(mdoc_bytes_equal(mdoc_buf_bytes(&message), mdoc_buf_bytes(&again)));
	CU_ASSERT_EQUAL(mdoc_dcapi_open(NULL, &stranger.agreement, transcript, mdoc_buf_bytes(&message), &opened, NULL),
		MDOC_ERR_SESSION);
	CU_ASSERT_EQUAL(mdoc_dcapi_open(NULL, &p384.agreement, transcript, mdoc_buf_bytes(&message), &opened, NULL),
		MDOC_ERR_KEY);
	CU_ASSERT_EQUAL(mdoc_dcapi_open(NULL, &reader.agreement, other, mdoc_buf_bytes(&message), &opened, NULL),
		MDOC_ERR_SESSION);
	CU_ASSERT_EQUAL(opened.len, 0);
	CU_ASSERT_EQUAL(mdoc_dcapi_open(NULL, &reader.agreement, transcript, mdoc_buf_bytes(&message), &opened, NULL),
		MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&opened), plain));
	mdoc_buf_clear(&opened);
	/* Every byte counts, every prefix is none. */
	for (size_t i = 0; i < message.len; i++) {
		struct mdoc_bytes part = bytes_copy(mdoc_bytes_of(message.ptr, i));

		message.ptr[i] ^= 0x01;
		CU_ASSERT_NOT_EQUAL(mdoc_dcapi_open(NULL, &reader.agreement, transcript, mdoc_buf_bytes(&message),
					    &opened, NULL),
			MDOC_OK);
		message.ptr[i] ^= 0x01;
		CU_ASSERT_EQUAL(mdoc_dcapi_open(NULL, &reader.agreement, transcript, part, &opened, NULL),
			MDOC_ERR_TRUNCATED);
		bytes_free(part);
	}
	CU_ASSERT_EQUAL(opened.len, 0);
	mdoc_buf_clear(&message);
	mdoc_buf_clear(&again);
	agreeing_clear(&p384);
	agreeing_clear(&stranger);
	agreeing_clear(&reader);
	bytes_free(other);
	bytes_free(transcript);
}

CU_TestInfo dcapi_tests[] = {
	{ "RFC 9180, A.3.1", rfc_9180 },
	{ "EncryptionInfo", encryption_info },
	{ "an EncryptionInfo that is none is refused", refuses_bad_info },
	{ "responses", responses },
	CU_TEST_INFO_NULL,
};
