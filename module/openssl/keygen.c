/*
 * keygen.c: new key pairs in a token. SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/openssl/key.h"

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

#include "pkcs11-3.h"

#define PARAM_URI "pkcs11_uri" /* the token, and the name that the key gets */
#define ID_SIZE 16             /* bytes of a CKA_ID that nobody chose */

struct keygen {
	struct provider *provider;
	const char *type;
	char group[64];
	char *uri;
};

void
keygen_cleanup(void *genctx)
{
	struct keygen *gen = genctx;

	OPENSSL_clear_free(gen->uri, gen->uri != NULL ? strlen(gen->uri) : 0);
	OPENSSL_free(gen);
}

void *
keygen_init(struct provider *provider, const OSSL_PARAM params[], const char *type)
{
	struct keygen *gen = OPENSSL_zalloc(sizeof(*gen));

	if (gen == NULL)
		return NULL;
	gen->provider = provider;
	gen->type = type;
	if (keygen_set_params(gen, params))
		return gen;
	keygen_cleanup(gen);
	return NULL;
}

const OSSL_PARAM *
keygen_settable(UNUSED void *genctx, UNUSED void *provctx)
{
	static const OSSL_PARAM list[] = {
		OSSL_PARAM_utf8_string(PARAM_URI, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_END,
	};

	return list;
}

int
keygen_set_params(void *genctx, const OSSL_PARAM params[])
{
	struct keygen *gen = genctx;
	const OSSL_PARAM *uri = params != NULL ? OSSL_PARAM_locate_const(params, PARAM_URI) : NULL;
	const OSSL_PARAM *group = params != NULL ? OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_GROUP_NAME) : NULL;
	char *text = gen->group;

	return (uri == NULL || OSSL_PARAM_get_utf8_string(uri, &gen->uri, 0)) &&
		(group == NULL || OSSL_PARAM_get_utf8_string(group, &text, sizeof(gen->group)));
}

static const struct kind {
	const char *type;
	CK_KEY_TYPE key_type;
	CK_MECHANISM_TYPE mechanism;
	CK_BBOOL sign;
	CK_BBOOL derive;
} kinds[] = {
	{ "EC", CKK_EC, CKM_EC_KEY_PAIR_GEN, CK_TRUE, CK_TRUE },
	{ "ED25519", CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN, CK_TRUE, CK_FALSE },
	{ "ED448", CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN, CK_TRUE, CK_FALSE },
	{ "X25519", CKK_EC_MONTGOMERY, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CK_FALSE, CK_TRUE },
	{ "X448", CKK_EC_MONTGOMERY, CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CK_FALSE, CK_TRUE },
};

static CK_RV
generate(const struct kind *kind, const struct session *session, CK_ATTRIBUTE params, CK_ATTRIBUTE id,
	CK_ATTRIBUTE label, CK_OBJECT_HANDLE *private_key)
{
	CK_MECHANISM mechanism = { kind->mechanism, NULL, 0 };
	CK_KEY_TYPE type = kind->key_type;
	CK_BBOOL sign = kind->sign, derive = kind->derive, yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE public_template[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_VERIFY, &sign, sizeof(sign) },
		{ CKA_DERIVE, &derive, sizeof(derive) },
		params,
		id,
		label,
	};
	CK_ATTRIBUTE private_template[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &no, sizeof(no) },
		{ CKA_SIGN, &sign, sizeof(sign) },
		{ CKA_DERIVE, &derive, sizeof(derive) },
		id,
		label,
	};
	CK_OBJECT_HANDLE public_key = CK_INVALID_HANDLE;

	return session->slot->p11->C_GenerateKeyPair(session->handle, &mechanism, public_template,
		sizeof(public_template) / sizeof(*public_template), private_template,
		sizeof(private_template) / sizeof(*private_template), &public_key, private_key);
}

static int
curve_params(const char *group, unsigned char **der)
{
	const int nid = EC_curve_nist2nid(group) != NID_undef ? EC_curve_nist2nid(group) : OBJ_txt2nid(group);

	return nid != NID_undef ? i2d_ASN1_OBJECT(OBJ_nid2obj(nid), der) : -1;
}

/* In a session that may write, which those of the pool may not. */
static struct key *
generate_in(const struct keygen *gen, const struct session *session, P11KitUri *uri)
{
	const CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(uri, CKA_LABEL);
	const CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(uri, CKA_ID);
	const CK_ATTRIBUTE no_label = { CKA_LABEL, "", 0 };
	unsigned char random[ID_SIZE];
	const CK_ATTRIBUTE random_id = { CKA_ID, random, sizeof(random) };
	const struct kind *kind = kinds;
	CK_FUNCTION_LIST *p11 = session->slot->p11;
	struct session writing = *session;
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
	CK_ATTRIBUTE params = { CKA_EC_PARAMS, NULL, 0 };
	unsigned char *der = NULL;
	struct key *key = NULL;
	CK_RV rv;
	int len;

	while (strcmp(kind->type, gen->type) != 0)
		kind++;
	len = curve_params(kind == kinds ? gen->group : kind->type, &der);
	params.pValue = der;
	params.ulValueLen = len > 0 ? (CK_ULONG)len : 0;
	if (len <= 0 || RAND_bytes_ex(gen->provider->libctx, random, sizeof(random), 0) <= 0) {
		fail(gen->provider, REASON_UNSUPPORTED, "group:%s is no curve", gen->group);
		goto out;
	}
	rv = p11->C_OpenSession(session->slot->id, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &writing.handle);
	if (rv == CKR_OK) {
		rv = generate(kind, &writing, params, id != NULL ? *id : random_id, label != NULL ? *label : no_label,
			&object);
		if (rv == CKR_OK)
			key = key_from_object(gen->provider, &writing, object, CKO_PRIVATE_KEY, uri);
		p11->C_CloseSession(writing.handle);
	}
	if (rv != CKR_OK)
		fail_rv(gen->provider, "C_GenerateKeyPair", rv, gen->type);
out:
	OPENSSL_free(der);
	return key;
}

void *
keygen(void *genctx, UNUSED OSSL_CALLBACK *progress, UNUSED void *arg)
{
	const struct keygen *gen = genctx;
	P11KitUri *uri = gen->uri != NULL ? uri_parse(gen->provider, gen->uri) : NULL;
	struct session session = { .slot = NULL };
	struct slot *slot = uri != NULL ? slot_of_uri(gen->provider, uri) : NULL;
	struct key *key = NULL;
	enum login login;

	if (gen->uri == NULL)
		fail(gen->provider, REASON_URI,
			"for a key in a token set %s; for others name the default provider first", PARAM_URI);
	if (slot == NULL)
		goto out;
	if (session_begin(slot, &session) != CKR_OK) {
		fail(gen->provider, REASON_TOKEN, "C_OpenSession");
		goto out;
	}
	login = session_login(gen->provider, &session, uri, login_prompt, NULL);
	if (login == LOGIN_NO_PIN)
		fail_no_pin(gen->provider, slot);
	if (login == LOGIN_OK)
		key = generate_in(gen, &session, uri);
out:
	session_end(&session);
	uri_free(uri);
	return key;
}
