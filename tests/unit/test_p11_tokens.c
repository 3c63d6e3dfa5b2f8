/*
 * tests/unit/test_p11_tokens.c: libmdoc-p11's signers and agreements over real tokens.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/p11_world.h"
#include "tests/unit/soft.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct curve_row {
	enum mdoc_curve curve;
	const char *group; /* for soft_key_make() */
};

static const struct curve_row curves[] = {
	{ MDOC_CURVE_P256, "P-256" },
	{ MDOC_CURVE_P384, "P-384" },
	{ MDOC_CURVE_P521, "P-521" },
	{ MDOC_CURVE_BP256, "brainpoolP256r1" },
	{ MDOC_CURVE_BP320, "brainpoolP320r1" },
	{ MDOC_CURVE_BP384, "brainpoolP384r1" },
	{ MDOC_CURVE_BP512, "brainpoolP512r1" },
	{ MDOC_CURVE_ED25519, "ED25519" },
	{ MDOC_CURVE_ED448, "ED448" },
	{ MDOC_CURVE_X25519, "X25519" },
	{ MDOC_CURVE_X448, "X448" },
};
#define CURVES (sizeof(curves) / sizeof(*curves))

/* A key pair where the token has the curve; ours has every one. */
static bool
pair(struct p11_world *world, enum mdoc_curve curve, unsigned what, struct mdoc_p11_key *key,
	struct mdoc_public_key *public_key)
{
	const CK_RV rv = p11_world_pair(world, curve, what, key, NULL);

	CU_ASSERT_TRUE(rv == CKR_OK || !world->ours);
	if (rv != CKR_OK) {
		printf("%s has no %s (0x%lx)\n", world->name, mdoc_curve_name(curve), rv);
		return false;
	}
	CU_ASSERT_EQUAL_FATAL(mdoc_p11_public_key(NULL, key->p11, key->session, key->private_key, public_key), CKR_OK);
	CU_ASSERT_EQUAL(public_key->curve, curve);
	return true;
}

static bool
signs(struct p11_world *world, const struct curve_row *row)
{
	struct mdoc_p11_key key;
	struct mdoc_public_key public_key;
	struct mdoc_signer signer;
	EVP_PKEY *pkey = NULL;
	uint8_t sig[MDOC_SIG_MAX];
	size_t len = 0;

	if (!pair(world, row->curve, PAIR_SIGN, &key, &public_key))
		return false;
	CU_ASSERT_EQUAL_FATAL(mdoc_key_to_evp(NULL, &public_key, &pkey), MDOC_OK);
	mdoc_p11_signer(&key, row->curve, &signer);
	CU_ASSERT_EQUAL(mdoc_sign(&signer, mdoc_text("what is signed"), sig, &len), MDOC_OK);
	CU_ASSERT_EQUAL(key.rv, CKR_OK);
	CU_ASSERT_EQUAL(mdoc_signature_verify(NULL, signer.alg, row->curve, pkey, mdoc_text("what is signed"),
				mdoc_bytes_of(sig, len)),
		MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_signature_verify(NULL, signer.alg, row->curve, pkey, mdoc_text("something else"),
				mdoc_bytes_of(sig, len)),
		MDOC_ERR_SIGNATURE);
	EVP_PKEY_free(pkey);
	return true;
}

/* If this failed, an issuer or reader could not keep a key on this curve in a token. */
static void
test_every_curve_signs(void)
{
	for (size_t w = 0; w < P11_WORLDS; w++) {
		size_t count = 0;

		for (size_t i = 0; p11_worlds[w].p11 != NULL && i < CURVES; i++)
			if (mdoc_curve_sig_size(curves[i].curve) > 0 && signs(&p11_worlds[w], &curves[i]))
				count++;
		CU_ASSERT_TRUE(p11_worlds[w].p11 == NULL || count >= 8);
	}
}

static bool
agrees(struct p11_world *world, const struct curve_row *row)
{
	struct mdoc_p11_key key;
	struct mdoc_public_key public_key;
	struct mdoc_agreement agreement;
	struct soft_key peer;
	uint8_t mine[MDOC_SHARED_MAX], theirs[MDOC_SHARED_MAX];
	size_t mine_len = 0, theirs_len = 0;

	if (!pair(world, row->curve, PAIR_DERIVE, &key, &public_key))
		return false;
	CU_ASSERT_FATAL(soft_key_make(&peer, row->group));
	mdoc_p11_agreement(&key, &public_key, &agreement);
	CU_ASSERT_EQUAL(mdoc_agree(&agreement, &peer.pub, mine, &mine_len), MDOC_OK);
	if (key.rv != CKR_OK)
		printf("%s, %s: 0x%lx\n", world->name, row->group, key.rv);
	CU_ASSERT_EQUAL(mdoc_agree(&peer.agreement, &public_key, theirs, &theirs_len), MDOC_OK);
	CU_ASSERT_EQUAL(mine_len, mdoc_curve_size(row->curve));
	CU_ASSERT_EQUAL(theirs_len, mine_len);
	CU_ASSERT_EQUAL(CRYPTO_memcmp(mine, theirs, mine_len), 0);
	CU_ASSERT_EQUAL(p11_world_count(world, CKO_SECRET_KEY), 0); /* nothing of it stays in the token */
	soft_key_clear(&peer);
	return true;
}

/* If this failed, session keys or deviceMac could not come from a key in a token, or would stay in it. */
static void
test_every_curve_agrees(void)
{
	for (size_t w = 0; w < P11_WORLDS; w++) {
		size_t count = 0;

		for (size_t i = 0; p11_worlds[w].p11 != NULL && i < CURVES; i++)
			if (mdoc_curve_agrees(curves[i].curve) && agrees(&p11_worlds[w], &curves[i]))
				count++;
		CU_ASSERT_TRUE(p11_worlds[w].p11 == NULL || count >= 7);
	}
}

static void
refuses(struct p11_world *world)
{
	struct mdoc_p11_key key;
	struct mdoc_public_key public_key;
	struct mdoc_signer signer;
	struct mdoc_agreement agreement;
	struct soft_key peer, other;
	uint8_t room[MDOC_SIG_MAX];
	size_t len = 1;

	CU_ASSERT_FATAL(soft_key_make(&peer, "P-256") && soft_key_make(&other, "P-384"));
	CU_ASSERT_FATAL(pair(world, MDOC_CURVE_P256, PAIR_SIGN, &key, &public_key));
	mdoc_p11_agreement(&key, &public_key, &agreement);
	CU_ASSERT_EQUAL(mdoc_agree(&agreement, &peer.pub, room, &len), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(key.rv, CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_EQUAL(len, 0);
	CU_ASSERT_EQUAL(mdoc_agree(&agreement, &other.pub, room, &len), MDOC_ERR_KEY);
	peer.pub.point[10] ^= 1; /* not on the curve */
	CU_ASSERT_FATAL(pair(world, MDOC_CURVE_P256, PAIR_DERIVE, &key, &public_key));
	CU_ASSERT_NOT_EQUAL(mdoc_agree(&agreement, &peer.pub, room, &len), MDOC_OK);
	CU_ASSERT_NOT_EQUAL(key.rv, CKR_OK);
	mdoc_p11_signer(&key, MDOC_CURVE_P256, &signer);
	CU_ASSERT_EQUAL(mdoc_sign(&signer, mdoc_text("x"), room, &len), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(key.rv, CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_FATAL(pair(world, MDOC_CURVE_P384, PAIR_SIGN, &key, &public_key));
	mdoc_p11_signer(&key, MDOC_CURVE_P256, &signer); /* it is not */
	CU_ASSERT_EQUAL(mdoc_sign(&signer, mdoc_text("x"), room, &len), MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(key.rv, CKR_SIGNATURE_LEN_RANGE);
	mdoc_p11_signer(&key, MDOC_CURVE_ED25519, &signer);
	CU_ASSERT_EQUAL(mdoc_sign(&signer, mdoc_text("x"), room, &len), MDOC_ERR_CALLBACK);
	CU_ASSERT_TRUE(key.rv == CKR_KEY_TYPE_INCONSISTENT || (!world->ours && key.rv != CKR_OK));
	soft_key_clear(&peer);
	soft_key_clear(&other);
}

/* If this failed, a caller could not tell a key that may not do it from one that did it wrongly. */
static void
test_refusals(void)
{
	for (size_t w = 0; w < P11_WORLDS; w++)
		if (p11_worlds[w].p11 != NULL)
			refuses(&p11_worlds[w]);
}

/* If this failed, a caller could not tell a session that is over, or a PIN that is missing, from a key that is gone. */
static void
test_sessions(void)
{
	for (size_t w = 0; w < P11_WORLDS; w++) {
		struct p11_world *world = &p11_worlds[w];
		struct mdoc_p11_key key;
		struct mdoc_public_key public_key;
		struct mdoc_signer signer;
		struct mdoc_agreement agreement;
		uint8_t room[MDOC_SIG_MAX];
		size_t len;

		if (world->p11 == NULL)
			continue;
		CU_ASSERT_FATAL(pair(world, MDOC_CURVE_P256, PAIR_SIGN | PAIR_DERIVE, &key, &public_key));
		CU_ASSERT_EQUAL_FATAL(world->p11->C_OpenSession(world->slot, CKF_SERIAL_SESSION, NULL, NULL,
					      &key.session),
			CKR_OK);
		mdoc_p11_signer(&key, MDOC_CURVE_P256, &signer);
		CU_ASSERT_EQUAL(mdoc_sign(&signer, mdoc_text("x"), room, &len), MDOC_OK);
		CU_ASSERT_EQUAL(world->p11->C_Logout(key.session), CKR_OK);
		CU_ASSERT_EQUAL(mdoc_sign(&signer, mdoc_text("x"), room, &len), MDOC_ERR_CALLBACK);
		CU_ASSERT_TRUE(key.rv == CKR_USER_NOT_LOGGED_IN || key.rv == CKR_KEY_HANDLE_INVALID ||
			key.rv == CKR_OBJECT_HANDLE_INVALID);
		CU_ASSERT_EQUAL(world->p11->C_Login(world->session, CKU_USER, (CK_UTF8CHAR *)world->pin,
					strlen(world->pin)),
			CKR_OK);
		CU_ASSERT_EQUAL(world->p11->C_CloseSession(key.session), CKR_OK);
		CU_ASSERT_EQUAL(mdoc_sign(&signer, mdoc_text("x"), room, &len), MDOC_ERR_CALLBACK);
		CU_ASSERT_EQUAL(key.rv, CKR_SESSION_HANDLE_INVALID);
		mdoc_p11_agreement(&key, &public_key, &agreement);
		CU_ASSERT_EQUAL(mdoc_agree(&agreement, &public_key, room, &len), MDOC_ERR_CALLBACK);
		CU_ASSERT_EQUAL(key.rv, CKR_SESSION_HANDLE_INVALID);
		CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, key.p11, key.session, key.private_key, &public_key),
			CKR_SESSION_HANDLE_INVALID);
	}
}

static void
store_certificate(struct p11_world *world, CK_BYTE *id, CK_ULONG id_len, const struct mdoc_buf *der)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_OBJECT_HANDLE object;
	struct mdoc_cert *cert = NULL;

	CU_ASSERT_EQUAL_FATAL(mdoc_cert_parse(NULL, mdoc_buf_bytes(der), &cert, NULL), MDOC_OK);
	const struct mdoc_bytes subject = mdoc_cert_subject(cert);
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_CERTIFICATE_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &no, sizeof(no) },
		{ CKA_VALUE, der->ptr, der->len },
		{ CKA_SUBJECT, (void *)(uintptr_t)subject.ptr, subject.len },
		{ CKA_ID, id, id_len },
	};
	CU_ASSERT_EQUAL(world->p11->C_CreateObject(world->session, template, sizeof(template) / sizeof(*template),
				&object),
		CKR_OK);
	mdoc_cert_free(cert);
}

/* If this failed, the key of a certificate in an HSM without public key objects could not be used, or a key that is
 * none of a kind that we use would be. */
static void
test_public_keys(void)
{
	for (size_t w = 0; w < P11_WORLDS; w++) {
		struct p11_world *world = &p11_worlds[w];
		struct mdoc_p11_key key;
		struct mdoc_public_key public_key, found;
		struct soft_key subject, root;
		struct mdoc_buf root_der = MDOC_BUF_EMPTY, der = MDOC_BUF_EMPTY;
		CK_OBJECT_HANDLE public_object;
		CK_BYTE id[8];
		CK_ATTRIBUTE attr = { CKA_ID, id, sizeof(id) };
		CK_MECHANISM aes = { CKM_AES_KEY_GEN, NULL, 0 };
		CK_ULONG aes_len = 32;
		CK_ATTRIBUTE length = { CKA_VALUE_LEN, &aes_len, sizeof(aes_len) };

		if (world->p11 == NULL)
			continue;
		CU_ASSERT_EQUAL_FATAL(p11_world_pair(world, MDOC_CURVE_P256, PAIR_SIGN, &key, &public_object), CKR_OK);
		CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, key.p11, key.session, key.private_key, &public_key), CKR_OK);
		CU_ASSERT_EQUAL(world->p11->C_DestroyObject(world->session, public_object), CKR_OK);
		CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, key.p11, key.session, key.private_key, &found),
			world->ours ? CKR_OK : CKR_ATTRIBUTE_TYPE_INVALID);
		CU_ASSERT_FATAL(soft_key_make(&root, "P-256"));
		subject.pub = public_key;
		CU_ASSERT_EQUAL(soft_certificate(MDOC_CERT_IACA, "Root", &root, NULL, NULL, &root_der, NULL), MDOC_OK);
		CU_ASSERT_EQUAL(soft_certificate(MDOC_CERT_READER, "Reader", &subject, &root_der, &root, &der, NULL),
			MDOC_OK);
		CU_ASSERT_EQUAL(world->p11->C_GetAttributeValue(world->session, key.private_key, &attr, 1), CKR_OK);
		store_certificate(world, id, attr.ulValueLen, &der);
		CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, key.p11, key.session, key.private_key, &found), CKR_OK);
		CU_ASSERT_TRUE(mdoc_key_equal(&found, &public_key));
		CU_ASSERT_EQUAL(world->p11->C_GenerateKey(world->session, &aes, &length, 1, &public_object), CKR_OK);
		CU_ASSERT_EQUAL(mdoc_p11_public_key(NULL, key.p11, key.session, public_object, &found),
			CKR_KEY_TYPE_INCONSISTENT);
		CU_ASSERT_EQUAL(found.curve, MDOC_CURVE_NONE);
		CU_ASSERT_EQUAL(world->p11->C_DestroyObject(world->session, public_object), CKR_OK);
		mdoc_buf_clear(&der);
		mdoc_buf_clear(&root_der);
		soft_key_clear(&root);
	}
}

CU_TestInfo tests_p11_tokens[] = {
	{ "refusals", test_refusals },
	{ "sessions", test_sessions },
	{ "public keys", test_public_keys },
	{ "every curve signs", test_every_curve_signs },
	{ "every curve agrees", test_every_curve_agrees },
	CU_TEST_INFO_NULL,
};
