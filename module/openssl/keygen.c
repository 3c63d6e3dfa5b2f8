/*
 * keygen.c: new key pairs in a token. SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/openssl/provider.h"

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>

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
	const OSSL_PARAM *uri = OSSL_PARAM_locate_const(params, PARAM_URI);
	const OSSL_PARAM *group = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_GROUP_NAME);
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

static int
curve_params(const char *group, unsigned char **der)
{
	const int nid = EC_curve_nist2nid(group) != NID_undef ? EC_curve_nist2nid(group) : OBJ_txt2nid(group);

	return nid != NID_undef ? i2d_ASN1_OBJECT(OBJ_nid2obj(nid), der) : -1;
}

/* Whether the token has a private key of that id or label; or it cannot be told (error raised). */
static bool
taken(const struct keygen *gen, const struct session *session, const CK_ATTRIBUTE *name)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_ID, NULL, 0 } };
	CK_OBJECT_HANDLE *found = NULL;
	size_t count = 0;
	CK_RV rv;

	if (name == NULL)
		return false;
	template[1] = *name;
	rv = session_find(session, template, COUNT(template), &found, &count);
	OPENSSL_free(found);
	if (rv != CKR_OK)
		fail_rv(gen->provider, "C_FindObjects", rv, gen->type);
	else if (count > 0)
		fail(gen->provider, REASON_EXISTS, "by its %s", name->type == CKA_ID ? "id" : "object");
	return rv != CKR_OK || count > 0;
}

static struct key *
generate(const struct keygen *gen, const struct kind *kind, const struct session *session, P11KitUri *uri)
{
	const CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(uri, CKA_LABEL);
	const CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(uri, CKA_ID);
	unsigned char random[ID_SIZE], *der = NULL;
	const int len = curve_params(kind == kinds ? gen->group : kind->type, &der);
	CK_MECHANISM mechanism = { kind->mechanism, NULL, 0 };
	CK_KEY_TYPE type = kind->key_type;
	CK_BBOOL sign = kind->sign, derive = kind->derive, yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE template[] = {
		{ CKA_PRIVATE, &yes, sizeof(yes) }, /* from here the private key's */
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &no, sizeof(no) },
		{ CKA_SIGN, &sign, sizeof(sign) },
		{ CKA_DERIVE, &derive, sizeof(derive) },
		{ CKA_TOKEN, &yes, sizeof(yes) }, /* from here to the last but three both have it */
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		id != NULL ? *id : (CK_ATTRIBUTE){ CKA_ID, random, sizeof(random) },
		label != NULL ? *label : (CK_ATTRIBUTE){ CKA_LABEL, "", 0 },
		{ CKA_EC_PARAMS, der, len > 0 ? (CK_ULONG)len : 0 }, /* and from here the public key's */
		{ CKA_VERIFY, &sign, sizeof(sign) },
	};
	CK_OBJECT_HANDLE public_key = CK_INVALID_HANDLE, private_key = CK_INVALID_HANDLE;
	struct key *key = NULL;
	CK_RV rv = CKR_OK;

	if (len <= 0 || RAND_bytes_ex(gen->provider->libctx, random, sizeof(random), 0) <= 0)
		fail(gen->provider, REASON_UNSUPPORTED, "group:%s is no curve", gen->group);
	else if ((rv = session->p11->C_GenerateKeyPair(session->handle, &mechanism, template + 5, COUNT(template) - 5,
			  template, COUNT(template) - 2, &public_key, &private_key)) != CKR_OK)
		fail_rv(gen->provider, "C_GenerateKeyPair", rv, gen->type);
	else
		key = key_from_object(gen->provider, session, private_key, CKO_PRIVATE_KEY, uri);
	OPENSSL_free(der);
	return key;
}

void *
keygen(void *genctx, UNUSED OSSL_CALLBACK *progress, UNUSED void *arg)
{
	const struct keygen *gen = genctx;
	P11KitUri *uri = gen->uri != NULL ? uri_parse(gen->provider, gen->uri) : NULL;
	struct session session = { .handle = CK_INVALID_HANDLE };
	const struct kind *kind = kinds;
	struct key *key = NULL;
	CK_RV rv;

	while (strcmp(kind->type, gen->type) != 0)
		kind++;
	if (gen->uri == NULL)
		fail(gen->provider, REASON_URI,
			"for a key in a token set %s; for others name the default provider first", PARAM_URI);
	if (uri == NULL || !token_find(gen->provider, uri, &session))
		goto out;
	rv = session_open(&session, CKF_RW_SESSION);
	if (rv != CKR_OK)
		fail_rv(gen->provider, "C_OpenSession", rv, gen->type);
	else if (session_login(gen->provider, &session, CKU_USER, uri, login_prompt, NULL, false) &&
		!taken(gen, &session, p11_kit_uri_get_attribute(uri, CKA_ID)) &&
		!taken(gen, &session, p11_kit_uri_get_attribute(uri, CKA_LABEL)))
		key = generate(gen, kind, &session, uri);
out:
	session_close(&session);
	uri_free(uri);
	return key;
}
