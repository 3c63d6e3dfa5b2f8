/*
 * mdoc/x509/x509_path.c: trust anchors, and which of them issued a certificate. A path has two
 * certificates: ISO/IEC 18013-5 puts nothing between a root and what it signs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/x509/x509_internal.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

struct anchor {
	uint8_t *der;
	size_t len;
	X509 *cert;
};

struct mdoc_trust {
	struct anchor *anchors;
	size_t count;
	size_t cap;
	enum mdoc_cert_profile profile;
};

struct mdoc_trust *
mdoc_trust_new(void)
{
	return OPENSSL_zalloc(sizeof(struct mdoc_trust));
}

void
mdoc_trust_free(struct mdoc_trust *trust)
{
	if (trust == NULL)
		return;
	for (size_t i = 0; i < trust->count; i++) {
		X509_free(trust->anchors[i].cert);
		OPENSSL_free(trust->anchors[i].der);
	}
	OPENSSL_free(trust->anchors);
	OPENSSL_free(trust);
}

bool
mdoci_trust_profile(const struct mdoc_trust *trust, enum mdoc_cert_profile *profile)
{
	if (trust->count == 0)
		return false;
	*profile = trust->profile;
	return true;
}

static bool
make_room(const struct mdoc_context *context, struct mdoc_trust *trust)
{
	size_t cap = trust->cap == 0 ? 4 : trust->cap * 2;
	struct anchor *anchors = NULL;

	if (trust->count < trust->cap)
		return true;
	if (trust->count >= mdoc_context_limit(context, MDOC_LIMIT_TRUST_ENTRIES))
		return false;
	anchors = OPENSSL_realloc(trust->anchors, cap * sizeof(*anchors));
	if (anchors == NULL)
		return false;
	trust->anchors = anchors;
	trust->cap = cap;
	return true;
}

enum mdoc_result
mdoc_trust_add(const struct mdoc_context *context, struct mdoc_trust *trust, struct mdoc_bytes der,
	enum mdoc_cert_profile profile, unsigned relax, struct mdoc_error *error)
{
	struct anchor anchor = { NULL, 0, NULL };
	enum mdoc_result res;

	if (trust == NULL || (profile != MDOC_CERT_IACA && profile != MDOC_CERT_READER_CA))
		return mdoci_x509_fail(error, MDOC_ERR_ARG, "a trust store and the profile of a CA");
	if (trust->count > 0 && trust->profile != profile)
		return mdoci_x509_fail(error, MDOC_ERR_ARG, "one profile for all anchors of a store");
	res = mdoc_cert_check(context, der, profile, relax, error);
	if (res != MDOC_OK)
		return res;
	anchor.cert = mdoci_x509_decode(context, der);
	anchor.der = OPENSSL_memdup(der.ptr, der.len);
	anchor.len = der.len;
	if (anchor.cert == NULL || anchor.der == NULL || !make_room(context, trust)) {
		X509_free(anchor.cert);
		OPENSSL_free(anchor.der);
		return mdoci_x509_fail(error, MDOC_ERR_MEMORY, "memory for a trust anchor");
	}
	trust->anchors[trust->count++] = anchor;
	trust->profile = profile;
	return MDOC_OK;
}

/* By name and key identifier: either alone is not enough, since issuers renew keys under one
 * name and identifiers are only what a certificate says of itself. */
static bool
names_issuer(const X509 *leaf, const AUTHORITY_KEYID *aki, const X509 *anchor)
{
	ASN1_OCTET_STRING *ski = NULL;
	bool named = false;

	if (X509_NAME_cmp(X509_get_issuer_name(leaf), X509_get_subject_name(anchor)) != 0)
		return false;
	if (aki->serial != NULL && ASN1_INTEGER_cmp(aki->serial, X509_get0_serialNumber(anchor)) != 0)
		return false;
	ski = mdoci_x509_extension(anchor, NID_subject_key_identifier);
	named = ski != NULL && ASN1_OCTET_STRING_cmp(aki->keyid, ski) == 0;
	ASN1_OCTET_STRING_free(ski);
	return named;
}

static bool
valid_at(const X509 *cert, int64_t when)
{
	int64_t from = 0;
	int64_t to = 0;

	return mdoci_x509_times(cert, &from, &to) && from <= when && when <= to;
}

/* A DS stands in its IACA's country, and in its state when the IACA has one (Annex B). */
static const char *
broken_place(const X509 *leaf, const X509 *anchor)
{
	const X509_NAME *below = X509_get_subject_name(leaf);
	const X509_NAME *above = X509_get_subject_name(anchor);
	struct mdoc_bytes state = mdoci_x509_name_text(above, NID_stateOrProvinceName);

	if (!mdoc_bytes_equal(mdoci_x509_name_text(below, NID_countryName),
		    mdoci_x509_name_text(above, NID_countryName)))
		return "subject: the countryName of the IACA";
	if (state.len > 0 && !mdoc_bytes_equal(mdoci_x509_name_text(below, NID_stateOrProvinceName), state))
		return "subject: the stateOrProvinceName of the IACA";
	return NULL;
}

/* MDOC_OK, or how far this anchor got: CHAIN, then VALIDITY. */
static enum mdoc_result
try_anchor(X509 *leaf, const AUTHORITY_KEYID *aki, const struct mdoc_trust *trust, const struct anchor *anchor,
	int64_t when, struct mdoc_error *error)
{
	const char *broken = NULL;
	bool signed_by = false;

	if (!names_issuer(leaf, aki, anchor->cert))
		return MDOC_ERR_CHAIN;
	ERR_set_mark();
	signed_by = mdoci_x509_key_allowed(anchor->cert) && X509_verify(leaf, X509_get0_pubkey(anchor->cert)) == 1;
	ERR_pop_to_mark();
	if (!signed_by)
		return mdoci_x509_fail(error, MDOC_ERR_CHAIN, "a certificate signed by the anchor that it names");
	broken = trust->profile == MDOC_CERT_IACA ? broken_place(leaf, anchor->cert) : NULL;
	if (broken != NULL)
		return mdoci_x509_fail(error, MDOC_ERR_CHAIN, broken);
	if (!valid_at(anchor->cert, when))
		return mdoci_x509_fail(error, MDOC_ERR_VALIDITY, "a trust anchor valid at this time");
	if (!valid_at(leaf, when))
		return mdoci_x509_fail(error, MDOC_ERR_VALIDITY, "a certificate valid at this time");
	return MDOC_OK;
}

enum mdoc_result
mdoc_trust_find(const struct mdoc_context *context, const struct mdoc_trust *trust, struct mdoc_bytes leaf,
	int64_t when, struct mdoc_bytes *anchor, struct mdoc_error *error)
{
	struct mdoc_error why = { 0 };
	struct mdoc_error tried = { 0 };
	AUTHORITY_KEYID *aki = NULL;
	X509 *cert = NULL;
	enum mdoc_result res;

	*anchor = MDOC_NO_BYTES;
	if (trust == NULL)
		return mdoci_x509_fail(error, MDOC_ERR_ARG, "a trust store");
	res = mdoci_x509_fail(&why, MDOC_ERR_CHAIN,
		"a trust anchor with the issuer's name and authority key identifier");
	cert = mdoci_x509_decode(context, leaf);
	if (cert == NULL) {
		res = mdoci_x509_fail(&why, MDOC_ERR_CERTIFICATE, "one DER certificate");
		goto out;
	}
	if (!mdoci_x509_key_allowed(cert)) {
		res = mdoci_x509_fail(&why, MDOC_ERR_CHAIN,
			"key: EC on a named curve, group order of 256 bits or more (R-CRY-01)");
		goto out;
	}
	aki = mdoci_x509_extension(cert, NID_authority_key_identifier);
	if (aki == NULL || aki->keyid == NULL)
		goto out;
	for (size_t i = 0; i < trust->count && res != MDOC_OK; i++) {
		enum mdoc_result got;

		memset(&tried, 0, sizeof(tried));
		got = try_anchor(cert, aki, trust, &trust->anchors[i], when, &tried);
		if (got == MDOC_OK)
			*anchor = mdoc_bytes_of(trust->anchors[i].der, trust->anchors[i].len);
		/* Keep what came nearest: a signature that holds says more than a name. */
		if (got == MDOC_OK || (tried.code != MDOC_OK && res != MDOC_ERR_VALIDITY)) {
			res = got;
			why = tried;
		}
	}
out:
	if (res != MDOC_OK && error != NULL)
		*error = why;
	AUTHORITY_KEYID_free(aki);
	X509_free(cert);
	return res;
}
