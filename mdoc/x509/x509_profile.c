/*
 * mdoc/x509/x509_profile.c: certificates against the profiles of ISO/IEC 18013-5 Annex B and the
 * floor of R-CRY-01.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/x509/x509_internal.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#define SERIAL_BITS_MAX 160 /* 20 bytes, RFC 5280 4.1.2.2 */

struct profile {
	bool ca;              /* else an end entity */
	bool root;            /* signed by its own key */
	bool country;         /* countryName is mandatory */
	bool issuer_alt_name; /* issuerAltName is mandatory */
	bool plain_ca_false;  /* basicConstraints may be there and say CA:FALSE */
	uint32_t key_usage;   /* exactly these */
	const char *key_usage_rule;
	const char *eku; /* NULL: none belongs here */
	const char *eku_rule;
};

#define CA_USAGE (KU_KEY_CERT_SIGN | KU_CRL_SIGN)
#define CA_USAGE_RULE "keyUsage: critical, exactly keyCertSign and cRLSign"
#define END_USAGE_RULE "keyUsage: critical, exactly digitalSignature"

static const struct profile profiles[] = {
	[MDOC_CERT_IACA] = { .ca = true,
		.root = true,
		.country = true,
		.issuer_alt_name = true,
		.key_usage = CA_USAGE,
		.key_usage_rule = CA_USAGE_RULE },
	[MDOC_CERT_DS] = { .country = true,
		.issuer_alt_name = true,
		.plain_ca_false = true,
		.key_usage = KU_DIGITAL_SIGNATURE,
		.key_usage_rule = END_USAGE_RULE,
		.eku = "1.0.18013.5.1.2",
		.eku_rule = "extKeyUsage: critical, exactly 1.0.18013.5.1.2" },
	[MDOC_CERT_READER_CA] = { .ca = true, .key_usage = CA_USAGE, .key_usage_rule = CA_USAGE_RULE },
	[MDOC_CERT_READER] = { .issuer_alt_name = true,
		.key_usage = KU_DIGITAL_SIGNATURE,
		.key_usage_rule = END_USAGE_RULE,
		.eku = "1.0.18013.5.1.6",
		.eku_rule = "extKeyUsage: critical, exactly 1.0.18013.5.1.6" },
};

/* Every rule sees the same; it gives NULL or the rule that was broken, in words. */
struct subject {
	X509 *cert;
	const struct profile *profile;
	unsigned relax;
};

/* Extension by nid: 0 absent, 1 there once, 2 more often. */
static int
count_extension(const X509 *cert, int nid, bool *critical)
{
	int at = X509_get_ext_by_NID(cert, nid, -1);

	*critical = false;
	if (at < 0)
		return 0;
	*critical = X509_EXTENSION_get_critical(X509_get_ext(cert, at)) != 0;
	return X509_get_ext_by_NID(cert, nid, at) < 0 ? 1 : 2;
}

static const char *
rule_form(const struct subject *s)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(s->cert);
	BIGNUM *number = NULL;
	bool good = false;
	int64_t from = 0;
	int64_t to = 0;

	if (X509_get_version(s->cert) != X509_VERSION_3)
		return "an X.509 version 3 certificate";
	number = ASN1_INTEGER_to_BN(serial, NULL);
	good = number != NULL && !BN_is_negative(number) && !BN_is_zero(number) &&
		BN_num_bits(number) <= SERIAL_BITS_MAX;
	BN_free(number);
	if (!good)
		return "serialNumber: positive, at most 20 bytes";
	if (!mdoci_x509_times(s->cert, &from, &to) || from > to)
		return "validity: notBefore not after notAfter";
	return NULL;
}

static const char *
rule_algorithms(const struct subject *s)
{
	int nid = X509_get_signature_nid(s->cert);

	if (nid != NID_ecdsa_with_SHA256 && nid != NID_ecdsa_with_SHA384 && nid != NID_ecdsa_with_SHA512)
		return "signature: ECDSA with SHA-256, SHA-384 or SHA-512";
	if (!mdoci_x509_key_allowed(s->cert))
		return "key: EC on a named curve, group order of 256 bits or more (R-CRY-01)";
	return NULL;
}

static const char *
rule_names(const struct subject *s)
{
	const X509_NAME *name = X509_get_subject_name(s->cert);
	struct mdoc_bytes country = mdoci_x509_name_text(name, NID_countryName);

	if (mdoci_x509_name_text(name, NID_commonName).len == 0)
		return "subject: one commonName";
	if (s->profile->country &&
		(country.len != 2 || country.ptr[0] < 'A' || country.ptr[0] > 'Z' || country.ptr[1] < 'A' ||
			country.ptr[1] > 'Z'))
		return "subject: one countryName of two capital letters (ISO 3166-1 alpha-2)";
	return NULL;
}

/* No names alone: who has another issuer may carry the same name (two CAs do in the field). */
static const char *
rule_root(const struct subject *s)
{
	const char *broken = NULL;

	if (!s->profile->root)
		return NULL;
	ERR_set_mark();
	if (X509_NAME_cmp(X509_get_subject_name(s->cert), X509_get_issuer_name(s->cert)) != 0 ||
		X509_verify(s->cert, X509_get0_pubkey(s->cert)) != 1)
		broken = "a root: issuer is subject, signed by its own key";
	ERR_pop_to_mark();
	return broken;
}

/* What each profile row knows; any other critical extension makes a certificate unusable. */
static const char *
rule_extension_set(const struct subject *s)
{
	static const int known[] = { NID_basic_constraints, NID_key_usage, NID_ext_key_usage,
		NID_subject_key_identifier, NID_authority_key_identifier, NID_issuer_alt_name,
		NID_crl_distribution_points };
	static const int forbidden[] = { NID_policy_mappings, NID_name_constraints, NID_policy_constraints,
		NID_inhibit_any_policy, NID_freshest_crl };
	bool critical = false;

	for (size_t i = 0; i < sizeof(forbidden) / sizeof(*forbidden); i++)
		if (count_extension(s->cert, forbidden[i], &critical) != 0)
			return "no policyMappings, nameConstraints, policyConstraints, inhibitAnyPolicy, freshestCRL";
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (count_extension(s->cert, known[i], &critical) > 1)
			return "each extension at most once";
	for (int i = 0; i < X509_get_ext_count(s->cert); i++) {
		X509_EXTENSION *ext = X509_get_ext(s->cert, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));
		bool processed = false;

		for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
			processed = processed || known[k] == nid;
		if (nid == NID_ext_key_usage && s->profile->eku == NULL)
			processed = false;
		if (!processed && X509_EXTENSION_get_critical(ext))
			return "no critical extension that the profile does not name";
	}
	return NULL;
}

static const char *
rule_key_usage(const struct subject *s)
{
	ASN1_BIT_STRING *usage = NULL;
	bool critical = false;
	uint32_t bits = 0;

	if (count_extension(s->cert, NID_key_usage, &critical) == 1 && critical)
		usage = mdoci_x509_extension(s->cert, NID_key_usage);
	if (usage != NULL && usage->length > 0) {
		bits = usage->data[0];
		if (usage->length > 1)
			bits |= (uint32_t)usage->data[1] << 8;
	}
	ASN1_BIT_STRING_free(usage);
	return bits == s->profile->key_usage ? NULL : s->profile->key_usage_rule;
}

static const char *
rule_basic_constraints(const struct subject *s)
{
	BASIC_CONSTRAINTS *bc = NULL;
	const char *broken = NULL;
	bool critical = false;
	int count = count_extension(s->cert, NID_basic_constraints, &critical);

	if (count == 0 && !s->profile->ca)
		return NULL;
	bc = mdoci_x509_extension(s->cert, NID_basic_constraints);
	if (s->profile->ca) {
		if (bc == NULL || !critical || !bc->ca || bc->pathlen == NULL || ASN1_INTEGER_get(bc->pathlen) != 0)
			broken = "basicConstraints: critical, CA, pathLenConstraint 0";
	} else if (!s->profile->plain_ca_false) {
		broken = "basicConstraints: absent";
	} else if (bc == NULL || bc->ca || bc->pathlen != NULL) {
		broken = "basicConstraints: absent or CA:FALSE";
	}
	BASIC_CONSTRAINTS_free(bc);
	return broken;
}

static const char *
rule_eku(const struct subject *s)
{
	EXTENDED_KEY_USAGE *eku = NULL;
	char oid[64] = "";
	bool critical = false;
	bool good = false;

	if (s->profile->eku == NULL || (s->relax & MDOC_RELAX_EKU) != 0)
		return NULL;
	if (count_extension(s->cert, NID_ext_key_usage, &critical) == 1 && critical)
		eku = mdoci_x509_extension(s->cert, NID_ext_key_usage);
	if (eku != NULL && sk_ASN1_OBJECT_num(eku) == 1)
		good = OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(eku, 0), 1) > 0 &&
			strcmp(oid, s->profile->eku) == 0;
	EXTENDED_KEY_USAGE_free(eku);
	return good ? NULL : s->profile->eku_rule;
}

/* subjectKeyIdentifier is on all; authorityKeyIdentifier on what a CA signed, and a root that
 * has one means itself. */
static const char *
rule_key_identifiers(const struct subject *s)
{
	ASN1_OCTET_STRING *ski = mdoci_x509_extension(s->cert, NID_subject_key_identifier);
	AUTHORITY_KEYID *aki = mdoci_x509_extension(s->cert, NID_authority_key_identifier);
	const char *broken = NULL;
	bool critical = false;
	int akis = count_extension(s->cert, NID_authority_key_identifier, &critical);

	if (ski == NULL || ski->length == 0)
		broken = "subjectKeyIdentifier: present";
	else if (!s->profile->ca && (aki == NULL || aki->keyid == NULL || aki->keyid->length == 0))
		broken = "authorityKeyIdentifier: present, with the issuer's key identifier";
	else if (akis != 0 && aki == NULL)
		broken = "authorityKeyIdentifier: well formed";
	else if (s->profile->root && aki != NULL && aki->keyid != NULL && ASN1_OCTET_STRING_cmp(aki->keyid, ski) != 0)
		broken = "authorityKeyIdentifier of a root: its own subjectKeyIdentifier";
	AUTHORITY_KEYID_free(aki);
	ASN1_OCTET_STRING_free(ski);
	return broken;
}

static bool
has_name_of(const GENERAL_NAMES *names, int type, int other_type)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if ((name->type == type || name->type == other_type) && name->d.ia5->length > 0)
			return true;
	}
	return false;
}

static const char *
rule_issuer_alt_name(const struct subject *s)
{
	GENERAL_NAMES *names = NULL;
	bool good = false;

	if (!s->profile->issuer_alt_name || (s->relax & MDOC_RELAX_ISSUER_ALT_NAME) != 0)
		return NULL;
	names = mdoci_x509_extension(s->cert, NID_issuer_alt_name);
	good = names != NULL && has_name_of(names, GEN_URI, GEN_EMAIL);
	GENERAL_NAMES_free(names);
	return good ? NULL : "issuerAltName: present, with a URI or an e-mail address";
}

static const char *
rule_crl_points(const struct subject *s)
{
	CRL_DIST_POINTS *points = NULL;
	bool good = false;

	if ((s->relax & MDOC_RELAX_CRL_DP) != 0)
		return NULL;
	points = mdoci_x509_extension(s->cert, NID_crl_distribution_points);
	good = points != NULL && sk_DIST_POINT_num(points) > 0;
	for (int i = 0; good && i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *point = sk_DIST_POINT_value(points, i);

		good = point->reasons == NULL && point->CRLissuer == NULL && point->distpoint != NULL &&
			point->distpoint->type == 0 && has_name_of(point->distpoint->name.fullname, GEN_URI, GEN_URI);
	}
	CRL_DIST_POINTS_free(points);
	return good ? NULL : "cRLDistributionPoints: present, each a URI without reasons and cRLIssuer";
}

enum mdoc_result
mdoc_cert_check(const struct mdoc_context *context, struct mdoc_bytes der, enum mdoc_cert_profile profile,
	unsigned relax, struct mdoc_error *error)
{
	static const char *(*const rules[])(const struct subject *) = { rule_form, rule_algorithms, rule_names,
		rule_extension_set, rule_key_usage, rule_basic_constraints, rule_eku, rule_key_identifiers,
		rule_issuer_alt_name, rule_crl_points, rule_root };
	struct subject s = { NULL, NULL, relax };
	enum mdoc_result res = MDOC_OK;
	const char *broken = NULL;

	if ((unsigned)profile >= sizeof(profiles) / sizeof(*profiles))
		return mdoci_x509_fail(error, MDOC_ERR_ARG, "a certificate profile");
	s.profile = &profiles[profile];
	s.cert = mdoci_x509_decode(context, der);
	if (s.cert == NULL)
		broken = "one DER certificate";
	for (size_t i = 0; broken == NULL && i < sizeof(rules) / sizeof(*rules); i++)
		broken = rules[i](&s);
	if (broken != NULL)
		res = mdoci_x509_fail(error, MDOC_ERR_CERTIFICATE, broken);
	X509_free(s.cert);
	return res;
}
