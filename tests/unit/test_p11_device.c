/*
 * tests/unit/test_p11_device.c: certificates and DeviceSigned by libmdoc-p11 over real tokens.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/p11_world.h"
#include "tests/unit/soft.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MDL "org.iso.18013.5.1.mDL"

static char wrong[] = "87654321";

/* DeviceAuthenticationBytes for a session that is made up. */
static const uint8_t transcript_bytes[] = { 0x83, 0xf6, 0xf6, 0xf6 };
static const uint8_t no_names[] = { 0xd8, 0x18, 0x41, 0xa0 };

static void
authentication(const char *doc_type, struct mdoc_buf *out)
{
	mdoc_put_device_authentication_bytes(out, mdoc_bytes_of(transcript_bytes, sizeof(transcript_bytes)),
		mdoc_text(doc_type), mdoc_bytes_of(no_names, sizeof(no_names)));
	CU_ASSERT_EQUAL(out->err, MDOC_OK);
}

/* A deviceSignature that its key's public half verifies? MDOC_ERR_CALLBACK: none was made. */
static enum mdoc_result
present(struct mdoc_p11_device_signer *state, const char *doc_type, const struct mdoc_public_key *public_key)
{
	struct mdoc_buf input = MDOC_BUF_EMPTY, out = MDOC_BUF_EMPTY;
	struct mdoc_device_signed *parsed = NULL;
	struct mdoc_device_signer signer;
	enum mdoc_result res = MDOC_ERR_CALLBACK;

	mdoc_p11_device_signer(state, &signer);
	authentication(doc_type, &input);
	if (!signer.sign(signer.arg, mdoc_buf_bytes(&input), &out))
		goto out;
	res = mdoc_device_signed_parse(NULL, mdoc_buf_bytes(&out), &parsed, NULL);
	if (res == MDOC_OK)
		res = mdoc_sign1_verify(NULL, mdoc_device_signed_signature(parsed), public_key, mdoc_buf_bytes(&input));
out:
	CU_ASSERT_TRUE(res == MDOC_OK || out.len == 0);
	mdoc_device_signed_free(parsed);
	mdoc_buf_clear(&input);
	mdoc_buf_clear(&out);
	return res;
}

/* The deviceMac that the reader works out from its side? MDOC_ERR_CALLBACK: none was made. */
static enum mdoc_result
present_mac(struct mdoc_p11_device_signer *state, const char *doc_type, const struct soft_key *reader,
	const struct mdoc_public_key *public_key)
{
	struct mdoc_buf input = MDOC_BUF_EMPTY, out = MDOC_BUF_EMPTY, expected = MDOC_BUF_EMPTY;
	struct mdoc_device_signer signer;
	enum mdoc_result res = MDOC_ERR_CALLBACK;

	mdoc_p11_device_signer(state, &signer);
	authentication(doc_type, &input);
	if (!signer.sign(signer.arg, mdoc_buf_bytes(&input), &out))
		goto out;
	res = mdoc_device_mac_agree(NULL, &expected, mdoc_buf_bytes(&input), mdoc_bytes_of(no_names, sizeof(no_names)),
		mdoc_bytes_of(transcript_bytes, sizeof(transcript_bytes)), &reader->agreement, public_key);
	if (res == MDOC_OK && !mdoc_bytes_equal(mdoc_buf_bytes(&out), mdoc_buf_bytes(&expected)))
		res = MDOC_ERR_SIGNATURE;
out:
	CU_ASSERT_TRUE(res == MDOC_OK || out.len == 0);
	mdoc_buf_clear(&input);
	mdoc_buf_clear(&out);
	mdoc_buf_clear(&expected);
	return res;
}

/* If this failed, an IACA in an HSM could sign nothing that OpenSSL accepts. */
static void
test_certificate(void)
{
	for (size_t w = 0; w < P11_WORLDS; w++) {
		struct mdoc_p11_key key;
		struct mdoc_signer signer;
		struct mdoc_cert_spec spec = {
			.profile = MDOC_CERT_IACA,
			.country = mdoc_text("JP"),
			.common_name = mdoc_text("IACA"),
			.not_before = soft_2026,
			.not_after = soft_2026 + SOFT_DAY,
			.issuer_alt_uri = "https://a.example/",
			.crl_uri = "https://a.example/crl",
			.signer = &signer,
		};
		struct mdoc_buf der = MDOC_BUF_EMPTY;
		struct mdoc_cert *cert = NULL;
		struct mdoc_error error = { 0 };

		if (p11_worlds[w].p11 == NULL)
			continue;
		CU_ASSERT_EQUAL_FATAL(p11_world_pair(&p11_worlds[w], MDOC_CURVE_P256, PAIR_SIGN, &key, NULL), CKR_OK);
		CU_ASSERT_EQUAL(key.offers, p11_worlds[w].ours ? MDOC_P11_DEVICE_SIGN | MDOC_P11_DEVICE_MAC : 0);
		CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, key.p11, key.session, key.private_key, &spec.key), CKR_OK);
		mdoc_p11_signer(&key, spec.key.curve, &signer);
		CU_ASSERT_EQUAL(mdoc_cert_build(NULL, &spec, &der, &error), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(mdoc_cert_parse(NULL, mdoc_buf_bytes(&der), &cert, NULL), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_cert_check(cert, MDOC_CERT_IACA, 0, NULL), MDOC_OK);
		mdoc_cert_free(cert);
		mdoc_buf_clear(&der);
	}
}

/* If this failed, the tools would work on no token but ours, or without a PIN check each. */
static void
test_plain_device_signed(void)
{
	for (size_t w = 0; w < P11_WORLDS; w++) {
		struct mdoc_p11_key key;
		struct mdoc_p11_device_signer state = { .key = &key, .curve = MDOC_CURVE_P256 };
		struct mdoc_public_key public_key;

		if (p11_worlds[w].p11 == NULL)
			continue;
		CU_ASSERT_EQUAL_FATAL(p11_world_pair(&p11_worlds[w], MDOC_CURVE_P256, PAIR_SIGN | PAIR_ALWAYS, &key,
					      NULL),
			CKR_OK);
		key.offers = 0;
		CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, key.p11, key.session, key.private_key, &public_key), CKR_OK);
		key.login = NULL;
		CU_ASSERT_EQUAL(present(&state, "x.y", &public_key), MDOC_ERR_CALLBACK);
		CU_ASSERT_EQUAL(key.rv, CKR_USER_NOT_LOGGED_IN);
		key.login = p11_world_login;
		key.login_arg = wrong;
		CU_ASSERT_EQUAL(present(&state, "x.y", &public_key), MDOC_ERR_CALLBACK);
		CU_ASSERT_EQUAL(key.rv, CKR_PIN_INCORRECT);
		key.login_arg = p11_worlds[w].pin;
		CU_ASSERT_EQUAL(present(&state, "x.y", &public_key), MDOC_OK);
		CU_ASSERT_EQUAL(present(&state, "x.y", &public_key), MDOC_OK);
		CU_ASSERT_EQUAL(key.rv, CKR_OK);
	}
}

/* If this failed, a foreign token could make no deviceMac, or one where the law wants a signature. */
static void
test_plain_mac(void)
{
	static const char *const groups[] = { "P-256", "P-521", "brainpoolP384r1", "X25519" };

	for (size_t w = 0; w < P11_WORLDS; w++) {
		for (size_t i = 0; p11_worlds[w].p11 != NULL && i < 4; i++) {
			struct mdoc_p11_key key;
			struct mdoc_p11_device_signer state = { .key = &key };
			struct mdoc_public_key public_key;
			struct soft_key reader, other;

			CU_ASSERT_FATAL(soft_key_make(&reader, groups[i]) && soft_key_make(&other, "P-384"));
			state.curve = reader.pub.curve;
			state.reader = &reader.pub;
			CU_ASSERT_EQUAL_FATAL(p11_world_pair(&p11_worlds[w], state.curve, PAIR_DERIVE, &key, NULL),
				CKR_OK);
			key.offers = 0;
			CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, key.p11, key.session, key.private_key, &public_key),
				CKR_OK);
			CU_ASSERT_EQUAL(present_mac(&state, MDL, &reader, &public_key), MDOC_OK);
			CU_ASSERT_EQUAL(present_mac(&state, MDOC_JP_DOCTYPE, &reader, &public_key), MDOC_ERR_CALLBACK);
			CU_ASSERT_EQUAL(key.rv, CKR_KEY_FUNCTION_NOT_PERMITTED);
			state.reader = &other.pub;
			CU_ASSERT_EQUAL(present_mac(&state, MDL, &other, &public_key), MDOC_ERR_CALLBACK);
			CU_ASSERT_EQUAL(key.rv, CKR_MECHANISM_PARAM_INVALID);
			soft_key_clear(&reader);
			soft_key_clear(&other);
		}
	}
}

/* A copy in our token: a holder key and a record for it. */
static bool
copy(struct p11_world *world, const char *doc_type, struct mdoc_p11_key *key, struct mdoc_public_key *public_key)
{
	const int64_t now = (int64_t)time(NULL);
	struct soft_key ds;
	struct mdoc_buf record = MDOC_BUF_EMPTY, chain = MDOC_BUF_EMPTY;
	const char *ns = strcmp(doc_type, MDL) == 0 ? "org.iso.18013.5.1" : MDOC_JP_NAMESPACE_GENERIC;
	const struct mdoc_claim claim = { mdoc_text(ns), mdoc_text("age_over_18"), mdoc_bytes_of("\xf5", 1) };
	CK_RV rv;

	CU_ASSERT_FATAL(soft_key_make(&ds, "P-256"));
	CU_ASSERT_EQUAL(soft_certificate(MDOC_CERT_IACA, "Any", &ds, NULL, NULL, &chain, NULL), MDOC_OK);
	const struct mdoc_bytes x5chain = mdoc_buf_bytes(&chain);
	rv = p11_world_pair(world, MDOC_CURVE_P256, PAIR_SIGN | PAIR_DERIVE | PAIR_HOLDER, key, NULL);
	if (rv == CKR_OK)
		rv = mdoc_p11_public_key(NULL, key->p11, key->session, key->private_key, public_key);
	const struct mdoc_issue issue = {
		.doc_type = mdoc_text(doc_type),
		.claims = &claim,
		.claim_count = 1,
		.device_key = *public_key,
		.signed_ = now,
		.valid_from = now,
		.valid_until = now + SOFT_DAY,
		.x5chain = &x5chain,
		.x5chain_count = 1,
		.signer = &ds.signer,
	};
	if (rv == CKR_OK && mdoc_issuer_signed_build(NULL, &issue, &record, NULL) != MDOC_OK)
		rv = CKR_DATA_INVALID;
	if (rv == CKR_OK)
		rv = p11_world_record(world, mdoc_text(doc_type), &record);
	mdoc_buf_clear(&record);
	mdoc_buf_clear(&chain);
	soft_key_clear(&ds);
	CU_ASSERT_EQUAL(rv, CKR_OK);
	return rv == CKR_OK;
}

/* If this failed, a mistyped PIN would leave the session unusable or cost the copy, or a copy would sign twice. */
static void
test_our_device_signed(void)
{
	struct p11_world *world = &p11_worlds[0];
	struct mdoc_p11_key key;
	struct mdoc_p11_device_signer state = { .key = &key, .curve = MDOC_CURVE_P256 };
	struct mdoc_public_key public_key;

	CU_ASSERT_FATAL(copy(world, MDL, &key, &public_key));
	CU_ASSERT_EQUAL(present(&state, "another.type", &public_key), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(key.rv, CKR_MDOC_DOCTYPE);
	key.login_arg = wrong;
	CU_ASSERT_EQUAL(present(&state, MDL, &public_key), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(key.rv, CKR_PIN_INCORRECT);
	key.login = NULL;
	CU_ASSERT_EQUAL(present(&state, MDL, &public_key), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(key.rv, CKR_USER_NOT_LOGGED_IN);
	key.login = p11_world_login;
	key.login_arg = world->pin;
	CU_ASSERT_EQUAL(present(&state, MDL, &public_key), MDOC_OK);
	CU_ASSERT_EQUAL(present(&state, MDL, &public_key), MDOC_ERR_CALLBACK);
	CU_ASSERT_TRUE(
		key.rv == CKR_MDOC_SPENT || key.rv == CKR_KEY_HANDLE_INVALID || key.rv == CKR_OBJECT_HANDLE_INVALID);
}

/* If this failed, our token's deviceMac would be none that a reader takes, or be made where a signature is asked for. */
static void
test_our_mac(void)
{
	struct p11_world *world = &p11_worlds[0];
	struct soft_key reader, other;
	struct mdoc_p11_key key;
	struct mdoc_p11_device_signer state = { .key = &key, .curve = MDOC_CURVE_P256 };
	struct mdoc_public_key public_key;
	struct mdoc_agreement agreement;
	uint8_t shared[MDOC_SHARED_MAX];
	size_t len;

	CU_ASSERT_FATAL(soft_key_make(&reader, "P-256") && soft_key_make(&other, "P-384"));
	CU_ASSERT_FATAL(copy(world, MDL, &key, &public_key));
	state.reader = &other.pub;
	CU_ASSERT_EQUAL(present_mac(&state, MDL, &other, &public_key), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(key.rv, CKR_MECHANISM_PARAM_INVALID);
	mdoc_p11_agreement(&key, &public_key,
		&agreement); /* a holder key signs what it is for, and agrees on nothing else */
	CU_ASSERT_EQUAL(mdoc_agree(&agreement, &reader.pub, shared, &len), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(key.rv, CKR_KEY_FUNCTION_NOT_PERMITTED);
	state.reader = &reader.pub;
	key.login_arg = wrong;
	CU_ASSERT_EQUAL(present_mac(&state, MDL, &reader, &public_key), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(key.rv, CKR_PIN_INCORRECT);
	key.login_arg = world->pin;
	CU_ASSERT_EQUAL(present_mac(&state, MDL, &reader, &public_key), MDOC_OK);
	CU_ASSERT_EQUAL(present_mac(&state, MDL, &reader, &public_key), MDOC_ERR_CALLBACK);
	CU_ASSERT_FATAL(copy(world, MDOC_JP_DOCTYPE, &key, &public_key));
	CU_ASSERT_EQUAL(present_mac(&state, MDOC_JP_DOCTYPE, &reader, &public_key), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(key.rv, CKR_KEY_FUNCTION_NOT_PERMITTED);
	soft_key_clear(&reader);
	soft_key_clear(&other);
}

CU_TestInfo tests_p11_device[] = {
	{ "certificate", test_certificate },
	{ "DeviceSigned by stock calls", test_plain_device_signed },
	{ "deviceMac by stock calls", test_plain_mac },
	{ "DeviceSigned by our mechanism", test_our_device_signed },
	{ "deviceMac by our mechanism", test_our_mac },
	CU_TEST_INFO_NULL,
};
