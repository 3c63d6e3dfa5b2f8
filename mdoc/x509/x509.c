/*
 * mdoc/x509/x509.c: a certificate decoded, its key and its times.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/x509/x509_internal.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

enum mdoc_result
mdoci_x509_fail(struct mdoc_error *error, enum mdoc_result code, const char *expected)
{
	return mdoci_fail(error, code, SIZE_MAX, "", "%s", expected);
}

X509 *
mdoci_x509_decode(const struct mdoc_context *context, struct mdoc_bytes der)
{
	const unsigned char *p = der.ptr;
	X509 *cert = NULL;

	if (der.ptr == NULL || der.len == 0 || der.len > mdoc_context_limit(context, MDOC_LIMIT_CERTIFICATE))
		return NULL;
	ERR_set_mark();
	cert = X509_new_ex(mdoc_context_libctx(context), NULL);
	/* d2i frees and clears cert when it fails. */
	if (cert != NULL && d2i_X509(&cert, &p, (long)der.len) != NULL && p != der.ptr + der.len) {
		X509_free(cert);
		cert = NULL;
	}
	ERR_pop_to_mark();
	return cert;
}

/* RFC 5480 named curve: explicit parameters can describe any group with a known generator's
 * name, and nobody needs them. */
static bool
has_named_curve(const X509 *cert)
{
	const ASN1_OBJECT *type = NULL;
	X509_ALGOR *alg = NULL;
	int parameter_type = V_ASN1_UNDEF;

	if (X509_PUBKEY_get0_param(NULL, NULL, NULL, &alg, X509_get_X509_PUBKEY(cert)) != 1)
		return false;
	X509_ALGOR_get0(&type, &parameter_type, NULL, alg);
	return OBJ_obj2nid(type) == NID_X9_62_id_ecPublicKey && parameter_type == V_ASN1_OBJECT;
}

bool
mdoci_x509_key_allowed(X509 *cert)
{
	const EVP_PKEY *pkey = NULL;
	BIGNUM *order = NULL;
	bool allowed = false;

	ERR_set_mark();
	pkey = X509_get0_pubkey(cert);
	if (pkey == NULL || !EVP_PKEY_is_a(pkey, "EC") || !has_named_curve(cert))
		goto out;
	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_ORDER, &order) != 1)
		goto out;
	allowed = BN_num_bits(order) >= MDOC_EC_BITS_MIN;
out:
	BN_free(order);
	ERR_pop_to_mark();
	return allowed;
}

static bool
seconds_of(const ASN1_TIME *epoch, const ASN1_TIME *when, int64_t *seconds)
{
	int days = 0;
	int rest = 0;

	if (when == NULL || ASN1_TIME_diff(&days, &rest, epoch, when) != 1)
		return false;
	*seconds = (int64_t)days * 86400 + rest;
	return true;
}

bool
mdoci_x509_times(const X509 *cert, int64_t *not_before, int64_t *not_after)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	bool ok = false;

	ERR_set_mark();
	ok = epoch != NULL && seconds_of(epoch, X509_get0_notBefore(cert), not_before) &&
		seconds_of(epoch, X509_get0_notAfter(cert), not_after);
	ERR_pop_to_mark();
	ASN1_TIME_free(epoch);
	return ok;
}

void *
mdoci_x509_extension(const X509 *cert, int nid)
{
	void *value = NULL;

	ERR_set_mark();
	value = X509_get_ext_d2i(cert, nid, NULL, NULL);
	ERR_pop_to_mark();
	return value;
}

struct mdoc_bytes
mdoci_x509_name_text(const X509_NAME *name, int nid)
{
	const ASN1_STRING *text = NULL;
	int at = X509_NAME_get_index_by_NID(name, nid, -1);

	if (at < 0 || X509_NAME_get_index_by_NID(name, nid, at) >= 0)
		return MDOC_NO_BYTES;
	text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
	return mdoc_bytes_of(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
}

enum mdoc_result
mdoc_cert_key(const struct mdoc_context *context, struct mdoc_bytes der, struct mdoc_public_key *key)
{
	X509 *cert = mdoci_x509_decode(context, der);
	enum mdoc_result res = MDOC_ERR_CERTIFICATE;

	if (cert == NULL)
		goto out;
	res = MDOC_ERR_KEY;
	if (!mdoci_x509_key_allowed(cert))
		goto out;
	ERR_set_mark();
	res = mdoc_key_from_evp(X509_get0_pubkey(cert), key);
	ERR_pop_to_mark();
out:
	X509_free(cert);
	return res;
}

enum mdoc_result
mdoc_cert_times(struct mdoc_bytes der, int64_t *not_before, int64_t *not_after)
{
	X509 *cert = mdoci_x509_decode(NULL, der);
	enum mdoc_result res = MDOC_ERR_CERTIFICATE;

	if (cert != NULL && mdoci_x509_times(cert, not_before, not_after))
		res = MDOC_OK;
	X509_free(cert);
	return res;
}
