/*
 * key.c: from an object's attributes to a key of OpenSSL. SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/openssl/provider.h"

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <string.h>
#include <unistd.h>

struct key *
key_new(struct provider *provider, const char *type)
{
	struct key *key = OPENSSL_zalloc(sizeof(*key));

	if (key == NULL)
		return NULL;
	atomic_init(&key->references, 1);
	key->provider = provider;
	key->type = type;
	return key;
}

struct key *
key_up(struct key *key)
{
	if (key != NULL)
		atomic_fetch_add(&key->references, 1);
	return key;
}

void
key_free(void *keydata)
{
	struct key *key = keydata;

	if (key == NULL || atomic_fetch_sub(&key->references, 1) > 1)
		return;
	for (size_t i = 0; i < KEY_SESSIONS && key->pid == getpid(); i++) {
		key->token.handle = key->sessions[i];
		session_close(&key->token);
	}
	EVP_PKEY_free(key->half);
	uri_free(key->uri);
	OPENSSL_free(key);
}

/* CKA_EC_POINT is a DER OCTET STRING by the standard, the bare point in some tokens. */
static void
unwrap_point(struct blob *point)
{
	const unsigned char *p = point->data;
	ASN1_OCTET_STRING *inner;

	ERR_set_mark();
	inner = point->len > 0 ? d2i_ASN1_OCTET_STRING(NULL, &p, (long)point->len) : NULL;
	if (inner != NULL && p == point->data + point->len) {
		point->len = (size_t)ASN1_STRING_length(inner);
		memcpy(point->data, ASN1_STRING_get0_data(inner), point->len);
	}
	ERR_pop_to_mark();
	ASN1_OCTET_STRING_free(inner);
}

/* The point of a key: its own, or of the public key with its CKA_ID. */
static CK_RV
find_point(const struct session *session, CK_OBJECT_HANDLE object, const struct blob *id, struct blob *point)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	const CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_ID, id->data, id->len } };
	CK_OBJECT_HANDLE *found = NULL;
	size_t count = 0;
	CK_RV rv = session_attribute(session, object, CKA_EC_POINT, point);

	if (rv == CKR_OK && point->len == 0 && id->len > 0)
		rv = session_find(session, template, COUNT(template), &found, &count);
	if (rv == CKR_OK && count == 1)
		rv = session_attribute(session, found[0], CKA_EC_POINT, point);
	OPENSSL_free(found);
	unwrap_point(point);
	return rv;
}

/* The curve's name from CKA_EC_PARAMS, which must be an OID; NULL: none that OpenSSL knows. */
static const char *
group_of(const struct blob *params)
{
	const unsigned char *p = params->data;
	ASN1_OBJECT *oid = d2i_ASN1_OBJECT(NULL, &p, (long)params->len);
	const int nid = oid != NULL ? OBJ_obj2nid(oid) : NID_undef;

	ASN1_OBJECT_free(oid);
	return nid != NID_undef ? OBJ_nid2sn(nid) : NULL;
}

static const char *
type_of(CK_KEY_TYPE type, size_t point_len)
{
	return type == CKK_EC                                  ? "EC"
		: type == CKK_EC_EDWARDS && point_len == 32    ? "ED25519"
		: type == CKK_EC_EDWARDS && point_len == 57    ? "ED448"
		: type == CKK_EC_MONTGOMERY && point_len == 32 ? "X25519"
		: type == CKK_EC_MONTGOMERY && point_len == 56 ? "X448"
							       : NULL;
}

/* An EC key without a point is known by its curve alone: it signs, and is equal to nothing. */
static bool
make_half(struct key *key, const struct blob *params, const struct blob *point)
{
	const bool ec = strcmp(key->type, "EC") == 0;
	const char *group = ec ? group_of(params) : NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(key->provider->libctx, key->type, NULL);
	OSSL_PARAM list[3] = { OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end() };
	size_t n = 0;
	bool ok;

	if (point->len > 0)
		list[n++] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point->data, point->len);
	if (group != NULL)
		list[n++] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group, 0);
	key->parts =
		(point->len > 0 ? OSSL_KEYMGMT_SELECT_PUBLIC_KEY : 0) | (ec ? OSSL_KEYMGMT_SELECT_ALL_PARAMETERS : 0);
	ok = ctx != NULL && (group != NULL || !ec) && EVP_PKEY_fromdata_init(ctx) > 0 &&
		EVP_PKEY_fromdata(ctx, &key->half, key->parts, list) > 0;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* The private key's place: a session of its own, and a URI that means it alone, with where the PIN and the module are. */
static bool
set_place(struct key *key, const struct session *session, CK_OBJECT_HANDLE object, const struct blob *id,
	const struct blob *label, P11KitUri *found_by)
{
	CK_FUNCTION_LIST *p11 = session->p11;
	struct session own = *session;
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BBOOL always = CK_FALSE;
	CK_ATTRIBUTE always_attr = { CKA_ALWAYS_AUTHENTICATE, &always, sizeof(always) };
	CK_ATTRIBUTE name[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, id->data, id->len },
		{ CKA_LABEL, label->data, label->len },
	};

	if (session_open(&own, 0) != CKR_OK)
		return false;
	key->token = (struct session){ .p11 = p11, .slot = session->slot };
	atomic_store(&key->sessions[0], own.handle);
	atomic_store(&key->object, object);
	atomic_store(&key->pid, getpid());
	key->uri = p11_kit_uri_new();
	if (key->uri == NULL || p11->C_GetTokenInfo(session->slot, p11_kit_uri_get_token_info(key->uri)) != CKR_OK)
		return false;
	key->parts |= OSSL_KEYMGMT_SELECT_PRIVATE_KEY;
	key->each_time =
		p11->C_GetAttributeValue(session->handle, object, &always_attr, 1) == CKR_OK && always != CK_FALSE;
	for (size_t i = 0; i < COUNT(name); i++)
		if (name[i].ulValueLen > 0 && p11_kit_uri_set_attribute(key->uri, &name[i]) != P11_KIT_URI_OK)
			return false;
	p11_kit_uri_set_pin_value(key->uri, p11_kit_uri_get_pin_value(found_by));
	p11_kit_uri_set_pin_source(key->uri, p11_kit_uri_get_pin_source(found_by));
	p11_kit_uri_set_module_path(key->uri, p11_kit_uri_get_module_path(found_by));
	return true;
}

struct key *
key_from_object(struct provider *provider, const struct session *session, CK_OBJECT_HANDLE object,
	CK_OBJECT_CLASS class, P11KitUri *uri)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_ID, CKA_LABEL, CKA_EC_PARAMS };
	struct blob values[COUNT(types)] = { { NULL, 0 } }, point = { NULL, 0 };
	const struct blob *id = &values[0], *label = &values[1], *params = &values[2];
	CK_KEY_TYPE kind = CK_UNAVAILABLE_INFORMATION;
	CK_ATTRIBUTE kind_attr = { CKA_KEY_TYPE, &kind, sizeof(kind) };
	struct key *key = NULL;
	CK_RV rv = session->p11->C_GetAttributeValue(session->handle, object, &kind_attr, 1);
	bool ok;

	for (size_t i = 0; rv == CKR_OK && i < COUNT(types); i++)
		rv = session_attribute(session, object, types[i], &values[i]);
	if (rv == CKR_OK)
		rv = find_point(session, object, id, &point);
	if (rv == CKR_OK && type_of(kind, point.len) != NULL)
		key = key_new(provider, type_of(kind, point.len));
	ok = key != NULL && make_half(key, params, &point) &&
		(class != CKO_PRIVATE_KEY || set_place(key, session, object, id, label, uri));
	if (rv != CKR_OK)
		fail_rv(provider, "C_GetAttributeValue", rv, "");
	else if (!ok)
		fail(provider, REASON_KEY, "\"%.*s\": no EC, Edwards or Montgomery key on a curve that OpenSSL knows",
			(int)label->len, label->data != NULL ? (const char *)label->data : "");
	if (!ok) {
		key_free(key);
		key = NULL;
	}
	for (size_t i = 0; i < COUNT(types); i++)
		OPENSSL_free(values[i].data);
	OPENSSL_free(point.data);
	return key;
}
