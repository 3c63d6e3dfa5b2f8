/*
 * tests/unit/test_x509_profile.c: each rule of Annex B, broken alone.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/x509_world.h"

#include <CUnit/Basic.h>
#include <openssl/core_names.h>
#include <openssl/x509v3.h>
#include <string.h>

#define ANNEX_D 1603843200 /* 2020-10-28T00:00:00Z */

/* ---- Certificates that break one rule ---- */

static void
set_serial(X509 *x, long value)
{
	ASN1_INTEGER *serial = ASN1_INTEGER_new();

	ASN1_INTEGER_set(serial, value);
	X509_set_serialNumber(x, serial);
	ASN1_INTEGER_free(serial);
}

static void
add_value(X509 *x, const char *oid, bool critical, const unsigned char *der, size_t len)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext = NULL;

	ASN1_OCTET_STRING_set(value, der, (int)len);
	ext = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
}

static void
add_raw(X509 *x, const char *oid, bool critical)
{
	static const unsigned char null_der[] = { 0x05, 0x00 };

	add_value(x, oid, critical, null_der, sizeof(null_der));
}

/* The value once more in an OCTET STRING, as some real certificates have it. */
static void
nest(X509 *x, int nid, const char *oid)
{
	const int at = X509_get_ext_by_NID(x, nid, -1);
	const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(x, at));
	unsigned char *der = NULL;
	const int len = i2d_ASN1_OCTET_STRING(value, &der);

	X509_EXTENSION_free(X509_delete_ext(x, at));
	add_value(x, oid, false, der, (size_t)len);
	OPENSSL_free(der);
}

/* A subject key identifier of so many bytes that is nothing's hash. */
static void
key_id_of(X509 *x, int len)
{
	static const unsigned char bytes[65] = "a key identifier that is not the hash of anything at all, long";
	ASN1_OCTET_STRING *ski = ASN1_OCTET_STRING_new();

	ASN1_OCTET_STRING_set(ski, bytes, len);
	CU_ASSERT(X509_add1_ext_i2d(x, NID_subject_key_identifier, ski, 0, X509V3_ADD_REPLACE) == 1);
	ASN1_OCTET_STRING_free(ski);
}

static void
reader_auth_extension(X509 *x)
{
	x509_set_extension(x, NID_ext_key_usage, NULL);
	add_raw(x, "1.0.18013.5.1.6", true);
}

/* A distribution point for some reasons only. */
static void
crl_reasons(X509 *x)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	DIST_POINT *point = sk_DIST_POINT_value(points, 0);

	point->reasons = ASN1_BIT_STRING_new();
	ASN1_BIT_STRING_set_bit(point->reasons, 1, 1);
	CU_ASSERT(X509_add1_ext_i2d(x, NID_crl_distribution_points, points, 0, X509V3_ADD_REPLACE) == 1);
	CRL_DIST_POINTS_free(points);
}

#define MUTATION(name, body) \
	static void name(X509 *x) \
	{ \
		body; \
	}

MUTATION(version_1, X509_set_version(x, 0))
MUTATION(serial_zero, set_serial(x, 0))
MUTATION(serial_negative, set_serial(x, -5))
MUTATION(times_reversed, X509_gmtime_adj(X509_getm_notBefore(x), 400L * 365 * SOFT_DAY))
MUTATION(no_common_name, x509_set_name(x, "JP", NULL))
MUTATION(no_country, x509_set_name(x, NULL, "x"))
MUTATION(small_country, x509_set_name(x, "jp", "x"))
MUTATION(usage_more, x509_set_extension(x, NID_key_usage, "critical,digitalSignature,keyAgreement"))
MUTATION(usage_not_critical, x509_set_extension(x, NID_key_usage, "digitalSignature"))
MUTATION(usage_absent, x509_set_extension(x, NID_key_usage, NULL))
MUTATION(usage_decipher, x509_set_extension(x, NID_key_usage, "critical,digitalSignature,decipherOnly"))
MUTATION(usage_no_crl, x509_set_extension(x, NID_key_usage, "critical,keyCertSign"))
MUTATION(path_1, x509_set_extension(x, NID_basic_constraints, "critical,CA:TRUE,pathlen:1"))
MUTATION(path_any, x509_set_extension(x, NID_basic_constraints, "critical,CA:TRUE"))
MUTATION(no_constraints, x509_set_extension(x, NID_basic_constraints, NULL))
MUTATION(constraints_soft, x509_set_extension(x, NID_basic_constraints, "CA:TRUE,pathlen:0"))
MUTATION(is_ca, x509_set_extension(x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"))
MUTATION(ca_false, x509_set_extension(x, NID_basic_constraints, "CA:FALSE"))
MUTATION(eku_tls, x509_set_extension(x, NID_ext_key_usage, "critical,serverAuth"))
MUTATION(eku_soft, x509_set_extension(x, NID_ext_key_usage, "1.0.18013.5.1.2"))
MUTATION(eku_two, x509_set_extension(x, NID_ext_key_usage, "critical,1.0.18013.5.1.2,serverAuth"))
MUTATION(eku_absent, x509_set_extension(x, NID_ext_key_usage, NULL))
MUTATION(eku_reader, x509_set_extension(x, NID_ext_key_usage, "critical,1.0.18013.5.1.6"))
MUTATION(eku_two_tls, x509_set_extension(x, NID_ext_key_usage, "serverAuth,clientAuth,1.0.18013.5.1.2"))
MUTATION(eku_mail, x509_set_extension(x, NID_ext_key_usage, "critical,1.0.18013.5.1.2,serverAuth,emailProtection"))
MUTATION(eku_only_mail, x509_set_extension(x, NID_ext_key_usage, "emailProtection"))
MUTATION(eku_two_mails, x509_set_extension(x, NID_ext_key_usage, "critical,emailProtection,emailProtection"))
MUTATION(key_id_none, key_id_of(x, 0))
MUTATION(key_id_19, key_id_of(x, 19))
MUTATION(key_id_20, key_id_of(x, 20))
MUTATION(key_id_32, key_id_of(x, 32))
MUTATION(key_id_65, key_id_of(x, 65))
MUTATION(ian_nested, nest(x, NID_issuer_alt_name, "2.5.29.18"))
MUTATION(crl_nested, nest(x, NID_crl_distribution_points, "2.5.29.31"))
MUTATION(aki_nested, nest(x, NID_authority_key_identifier, "2.5.29.35"))
MUTATION(usage_both, x509_set_extension(x, NID_key_usage, "critical,digitalSignature,nonRepudiation"))
MUTATION(usage_sign, x509_set_extension(x, NID_key_usage, "critical,digitalSignature"))
MUTATION(usage_agree, x509_set_extension(x, NID_key_usage, "critical,keyAgreement"))
MUTATION(country_digit, x509_set_name(x, "J1", "x"))
MUTATION(no_ski, x509_set_extension(x, NID_subject_key_identifier, NULL))
MUTATION(no_ian, x509_set_extension(x, NID_issuer_alt_name, NULL))
MUTATION(dns_ian, x509_set_extension(x, NID_issuer_alt_name, "DNS:example.com"))
MUTATION(no_crl, x509_set_extension(x, NID_crl_distribution_points, NULL))
MUTATION(dns_crl, x509_set_extension(x, NID_crl_distribution_points, "DNS:example.com"))
MUTATION(policy, x509_set_extension(x, NID_policy_constraints, "requireExplicitPolicy:0"))
MUTATION(constrained, x509_set_extension(x, NID_name_constraints, "permitted;DNS:example.com"))
MUTATION(any_policy, x509_set_extension(x, NID_inhibit_any_policy, "0"))
MUTATION(freshest, x509_set_extension(x, NID_freshest_crl, "URI:https://x.example/"))
MUTATION(unknown_critical, add_raw(x, "1.2.3.4.5", true))
MUTATION(unknown_soft, add_raw(x, "1.2.3.4.5", false))
MUTATION(twice, add_raw(x, "2.5.29.14", false))
MUTATION(sha1, (void)x; world.digest_name = "SHA1")
MUTATION(other_signer, (void)x; world.signing_pkey = world.other_key.pkey)

static void
small_group(X509 *x)
{
	x509_new_key(x, EVP_EC_gen("P-224"));
}

/* The same point with the group's parameters written out: what a named curve rules out. */
static void
explicit_group(X509 *x)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");

	EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT);
	x509_new_key(x, pkey);
}

static const struct broken {
	enum mdoc_cert_profile profile;
	void (*change)(X509 *);
	const char *rule; /* part of error.expected; NULL: passes */
	unsigned relax;   /* passes with each of these alone, and with no other */
} broken[] = {
	{ MDOC_CERT_DS, x509_nothing, NULL, 0 },
	{ MDOC_CERT_DS, unknown_soft, NULL, 0 },
	{ MDOC_CERT_DS, ca_false, NULL, 0 },
	{ MDOC_CERT_DS, x509_brainpool, NULL, 0 },
	{ MDOC_CERT_DS, version_1, "version 3", 0 },
	{ MDOC_CERT_DS, serial_zero, "serialNumber", 0 },
	{ MDOC_CERT_DS, serial_negative, "serialNumber", 0 },
	{ MDOC_CERT_DS, times_reversed, "validity", 0 },
	{ MDOC_CERT_DS, no_common_name, "commonName", 0 },
	{ MDOC_CERT_DS, no_country, "countryName", MDOC_RELAX_COUNTRY },
	{ MDOC_CERT_DS, small_country, "countryName", MDOC_RELAX_COUNTRY },
	{ MDOC_CERT_DS, usage_more, "keyUsage", 0 },
	{ MDOC_CERT_DS, usage_not_critical, "keyUsage", MDOC_RELAX_KEY_USAGE },
	{ MDOC_CERT_DS, usage_absent, "keyUsage", 0 },
	{ MDOC_CERT_DS, usage_decipher, "keyUsage", 0 },
	{ MDOC_CERT_DS, is_ca, "basicConstraints", 0 },
	{ MDOC_CERT_DS, eku_tls, "extKeyUsage", MDOC_RELAX_EKU | MDOC_RELAX_EKU_TLS },
	{ MDOC_CERT_DS, eku_soft, "extKeyUsage", MDOC_RELAX_EKU },
	{ MDOC_CERT_DS, eku_two, "extKeyUsage", MDOC_RELAX_EKU | MDOC_RELAX_EKU_TLS },
	{ MDOC_CERT_DS, eku_two_tls, "extKeyUsage", MDOC_RELAX_EKU | MDOC_RELAX_EKU_TLS },
	{ MDOC_CERT_DS, eku_mail, "extKeyUsage", MDOC_RELAX_EKU },
	{ MDOC_CERT_DS, reader_auth_extension, "critical extension", MDOC_RELAX_EKU },
	{ MDOC_CERT_DS, key_id_none, "subjectKeyIdentifier", 0 },
	{ MDOC_CERT_DS, key_id_19, "20 bytes", MDOC_RELAX_SKI_LENGTH },
	{ MDOC_CERT_DS, key_id_20, "SHA-1 of the key", MDOC_RELAX_SKI_METHOD },
	{ MDOC_CERT_DS, key_id_32, "20 bytes", MDOC_RELAX_SKI_LENGTH },
	{ MDOC_CERT_DS, key_id_65, "subjectKeyIdentifier", 0 },
	{ MDOC_CERT_DS, aki_nested, "authorityKeyIdentifier", 0 },
	{ MDOC_CERT_DS, ian_nested, "issuerAltName", MDOC_RELAX_ISSUER_ALT_NAME },
	{ MDOC_CERT_DS, crl_nested, "cRLDistributionPoints", MDOC_RELAX_CRL_DP },
	{ MDOC_CERT_DS, crl_reasons, "cRLDistributionPoints", MDOC_RELAX_CRL_DP },
	{ MDOC_CERT_DS, country_digit, "countryName", 0 },
	{ MDOC_CERT_VICAL, x509_nothing, NULL, 0 },
	{ MDOC_CERT_VICAL, usage_sign, "nonRepudiation", MDOC_RELAX_KEY_USAGE },
	{ MDOC_CERT_VICAL, usage_both, "nonRepudiation", MDOC_RELAX_KEY_USAGE },
	{ MDOC_CERT_VICAL, usage_agree, "nonRepudiation", 0 },
	{ MDOC_CERT_VICAL, eku_reader, "1.0.18013.5.1.8", MDOC_RELAX_EKU },
	{ MDOC_CERT_DS, eku_absent, "extKeyUsage", MDOC_RELAX_EKU },
	{ MDOC_CERT_DS, eku_reader, "extKeyUsage", MDOC_RELAX_EKU },
	{ MDOC_CERT_DS, no_ski, "subjectKeyIdentifier", 0 },
	{ MDOC_CERT_DS, x509_no_aki, "authorityKeyIdentifier", 0 },
	{ MDOC_CERT_DS, no_ian, "issuerAltName", MDOC_RELAX_ISSUER_ALT_NAME },
	{ MDOC_CERT_DS, dns_ian, "issuerAltName", MDOC_RELAX_ISSUER_ALT_NAME },
	{ MDOC_CERT_DS, no_crl, "cRLDistributionPoints", MDOC_RELAX_CRL_DP },
	{ MDOC_CERT_DS, dns_crl, "cRLDistributionPoints", MDOC_RELAX_CRL_DP },
	{ MDOC_CERT_DS, policy, "policyConstraints", 0 },
	{ MDOC_CERT_DS, constrained, "nameConstraints", 0 },
	{ MDOC_CERT_DS, any_policy, "inhibitAnyPolicy", 0 },
	{ MDOC_CERT_DS, freshest, "freshestCRL", 0 },
	{ MDOC_CERT_DS, unknown_critical, "critical extension", 0 },
	{ MDOC_CERT_DS, twice, "at most once", 0 },
	{ MDOC_CERT_DS, sha1, "SHA-256", 0 },
	{ MDOC_CERT_DS, small_group, "R-CRY-01", 0 },
	{ MDOC_CERT_DS, explicit_group, "named curve", 0 },
	{ MDOC_CERT_DS, x509_rsa, "R-CRY-01", 0 },
	{ MDOC_CERT_IACA, x509_nothing, NULL, 0 },
	{ MDOC_CERT_IACA, x509_no_aki, NULL, 0 },
	{ MDOC_CERT_IACA, usage_no_crl, "keyUsage", 0 },
	{ MDOC_CERT_IACA, path_1, "pathLenConstraint 0", 0 },
	{ MDOC_CERT_IACA, path_any, "pathLenConstraint 0", MDOC_RELAX_BASIC_CONSTRAINTS },
	{ MDOC_CERT_IACA, no_constraints, "basicConstraints", 0 },
	{ MDOC_CERT_IACA, constraints_soft, "basicConstraints", MDOC_RELAX_BASIC_CONSTRAINTS },
	{ MDOC_CERT_IACA, eku_tls, "critical extension", 0 },
	{ MDOC_CERT_IACA, other_signer, "own key", 0 },
	{ MDOC_CERT_READER, x509_nothing, NULL, 0 },
	{ MDOC_CERT_READER, ca_false, "basicConstraints", MDOC_RELAX_BASIC_CONSTRAINTS },
	{ MDOC_CERT_READER, is_ca, "basicConstraints", 0 },
	{ MDOC_CERT_READER, no_ian, "issuerAltName", MDOC_RELAX_ISSUER_ALT_NAME },
	{ MDOC_CERT_READER, eku_soft, "1.0.18013.5.1.6", MDOC_RELAX_EKU },
	{ MDOC_CERT_MESSAGES, x509_nothing, NULL, 0 },
	{ MDOC_CERT_MESSAGES, ca_false, NULL, 0 },
	{ MDOC_CERT_MESSAGES, eku_absent, "exactly emailProtection", 0 },
	{ MDOC_CERT_MESSAGES, eku_soft, "exactly emailProtection", 0 },
	{ MDOC_CERT_MESSAGES, eku_tls, "exactly emailProtection", 0 },
	{ MDOC_CERT_MESSAGES, eku_two_mails, "exactly emailProtection", 0 },
	{ MDOC_CERT_STATUS, x509_nothing, NULL, 0 },
	{ MDOC_CERT_STATUS, eku_reader, NULL, 0 },
	{ MDOC_CERT_STATUS, eku_only_mail, "not emailProtection", 0 },
	{ MDOC_CERT_STATUS, eku_mail, "not emailProtection", 0 },
	{ MDOC_CERT_MESSAGES, usage_decipher, "keyUsage", 0 },
	{ MDOC_CERT_MESSAGES, is_ca, "basicConstraints", 0 },
	{ MDOC_CERT_MESSAGES, no_country, "countryName", MDOC_RELAX_COUNTRY },
	{ MDOC_CERT_MESSAGES, x509_no_aki, "authorityKeyIdentifier", 0 },
	{ MDOC_CERT_MESSAGES, no_crl, "cRLDistributionPoints", MDOC_RELAX_CRL_DP },
	{ MDOC_CERT_READER_CA, x509_nothing, NULL, 0 },
	{ MDOC_CERT_READER_CA, no_ian, NULL, 0 },
	{ MDOC_CERT_READER_CA, no_crl, "cRLDistributionPoints", MDOC_RELAX_CRL_DP },
};

static const struct mdoc_buf *
certificate_of(enum mdoc_cert_profile profile, struct soft_key **signer)
{
	*signer = profile == MDOC_CERT_IACA || profile == MDOC_CERT_DS || profile == MDOC_CERT_VICAL ||
			profile == MDOC_CERT_MESSAGES || profile == MDOC_CERT_STATUS
		? &world.iaca_key
		: &world.reader_ca_key;
	switch (profile) {
	case MDOC_CERT_IACA:
		return &world.iaca;
	case MDOC_CERT_DS:
		return &world.ds;
	case MDOC_CERT_READER_CA:
		return &world.reader_ca;
	case MDOC_CERT_VICAL:
		return &world.vical;
	case MDOC_CERT_MESSAGES:
		return &world.messages;
	case MDOC_CERT_STATUS:
		return &world.status;
	default:
		return &world.reader;
	}
}

/* Each relaxation accepts what the row says it does, alone; what none is meant for is refused with all of them. */
static void
expect_relaxed(size_t i, const struct broken *row, struct mdoc_bytes der)
{
	unsigned all = 0, bit;

	for (size_t r = 0; mdoc_relax_name(r, &bit) != NULL; r++) {
		const enum mdoc_result wanted = (row->relax & bit) != 0 ? MDOC_OK : MDOC_ERR_CERTIFICATE;
		const enum mdoc_result res = x509_check(der, row->profile, bit, NULL);

		if (res != wanted)
			printf("row %zu with %s: %s\n", i, mdoc_relax_name(r, NULL), mdoc_result_name(res));
		CU_ASSERT_EQUAL(res, wanted);
		all |= bit;
	}
	CU_ASSERT_EQUAL(x509_check(der, row->profile, all, NULL), row->relax != 0 ? MDOC_OK : MDOC_ERR_CERTIFICATE);
}

/* If this failed, a certificate that no issuer may have made would speak for an issuer. */
static void
test_each_rule(void)
{
	struct mdoc_buf changed = MDOC_BUF_EMPTY;

	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		const struct broken *row = &broken[i];
		struct mdoc_error error = { 0 };
		struct soft_key *signer = NULL;
		const struct mdoc_buf *from = certificate_of(row->profile, &signer);
		enum mdoc_result res;

		x509_mutate(from, signer, row->change, &changed);
		res = x509_check(mdoc_buf_bytes(&changed), row->profile, 0, &error);
		if (row->rule == NULL) {
			if (res != MDOC_OK)
				printf("row %zu: \"%s\" where nothing is wrong\n", i, error.expected);
			CU_ASSERT_EQUAL(res, MDOC_OK);
			continue;
		}
		CU_ASSERT_EQUAL(res, MDOC_ERR_CERTIFICATE);
		if (strstr(error.expected, row->rule) == NULL)
			printf("row %zu: \"%s\" where \"%s\" was meant\n", i, error.expected, row->rule);
		CU_ASSERT_PTR_NOT_NULL(strstr(error.expected, row->rule));
		expect_relaxed(i, row, mdoc_buf_bytes(&changed));
	}
	mdoc_buf_clear(&changed);
}

/* If this failed, whoever names a relaxation would get another, or none. */
static void
test_relaxation_names(void)
{
	const char *name;
	unsigned bit = 0, all = 0;
	size_t count = 0;

	CU_ASSERT_EQUAL(mdoc_relax_from_name(""), 0);
	CU_ASSERT_EQUAL(mdoc_relax_from_name("everything"), 0);
	CU_ASSERT_EQUAL(mdoc_relax_from_name("eku-"), 0);
	for (; (name = mdoc_relax_name(count, &bit)) != NULL; count++) {
		CU_ASSERT_EQUAL(mdoc_relax_from_name(name), bit);
		CU_ASSERT(bit != 0 && (bit & (bit - 1)) == 0 && (all & bit) == 0);
		all |= bit;
	}
	CU_ASSERT_EQUAL(count, 10);
	CU_ASSERT_PTR_NULL(mdoc_relax_name(SIZE_MAX, NULL));
	CU_ASSERT_EQUAL(mdoc_relax_from_name("eku"), MDOC_RELAX_EKU);
	CU_ASSERT_STRING_EQUAL(mdoc_cert_profile_name(MDOC_CERT_LIST_CA), "list-ca");
	CU_ASSERT_PTR_NULL(mdoc_cert_profile_name(MDOC_CERT_PROFILE_COUNT));
}

/* If this failed, a DS key could sign as a reader, a key for messages lists, or a reader CA stand as an IACA. */
static void
test_no_profile_for_another(void)
{
	static const enum mdoc_cert_profile all[] = { MDOC_CERT_IACA, MDOC_CERT_DS, MDOC_CERT_READER_CA,
		MDOC_CERT_READER, MDOC_CERT_MESSAGES, MDOC_CERT_STATUS };
	const size_t n = sizeof(all) / sizeof(all[0]);
	struct soft_key *signer;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			enum mdoc_result res =
				x509_check(mdoc_buf_bytes(certificate_of(all[i], &signer)), all[k], 0, NULL);

			/* Reader CAs have fewer rules: an IACA keeps them. Lists may be signed by what signs other things, but
			 * not by what signs messages. */
			if (i == k ||
				(all[k] == MDOC_CERT_STATUS &&
					(all[i] == MDOC_CERT_DS || all[i] == MDOC_CERT_READER)) ||
				(all[i] == MDOC_CERT_IACA && all[k] == MDOC_CERT_READER_CA) ||
				(all[i] == MDOC_CERT_READER_CA && all[k] == MDOC_CERT_IACA))
				CU_ASSERT_EQUAL(res, MDOC_OK)
			else
				CU_ASSERT_EQUAL(res, MDOC_ERR_CERTIFICATE)
		}
}

/* If this failed, bytes that are no certificate would crash a reader or pass. */
static void
test_not_a_certificate(void)
{
	struct mdoc_buf bad = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };
	struct mdoc_public_key key;

	CU_ASSERT_EQUAL(x509_check(MDOC_NO_BYTES, MDOC_CERT_DS, 0, NULL), MDOC_ERR_CERTIFICATE);
	for (size_t len = 1; len < world.ds.len; len += 7) {
		struct mdoc_bytes cut = mdoc_bytes_of(world.ds.ptr, len);

		CU_ASSERT_EQUAL(x509_check(cut, MDOC_CERT_DS, 0, NULL), MDOC_ERR_CERTIFICATE);
		CU_ASSERT_EQUAL(x509_key(cut, &key), MDOC_ERR_CERTIFICATE);
	}
	mdoc_buf_append(&bad, mdoc_buf_bytes(&world.ds));
	mdoc_buf_append(&bad, mdoc_text("x"));
	CU_ASSERT_EQUAL(x509_check(mdoc_buf_bytes(&bad), MDOC_CERT_DS, 0, &error), MDOC_ERR_CERTIFICATE);
	CU_ASSERT_STRING_EQUAL(error.expected, "one DER certificate");
	mdoc_buf_clear(&bad);
	x509_mutate(&world.ds, &world.iaca_key, x509_rsa, &bad);
	CU_ASSERT_EQUAL(x509_key(mdoc_buf_bytes(&bad), &key), MDOC_ERR_KEY);
	x509_mutate(&world.ds, &world.iaca_key, x509_brainpool, &bad);
	CU_ASSERT_EQUAL(x509_key(mdoc_buf_bytes(&bad), &key), MDOC_OK);
	CU_ASSERT_EQUAL(key.curve, MDOC_CURVE_BP256);
	mdoc_buf_clear(&bad);
}

/* If this failed, a CRL that writes a serial number as DER has it would not name the certificate that does not. */
static void
test_serial_with_a_zero_too_many(void)
{
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	struct mdoc_cert *cert = NULL;
	uint8_t *serial;

	CU_ASSERT_EQUAL_FATAL(mdoc_cert_parse(NULL, mdoc_buf_bytes(&world.ds), &cert, NULL), MDOC_OK);
	mdoc_buf_append(&der, mdoc_buf_bytes(&world.ds));
	serial = der.ptr + (mdoc_cert_serial(cert).ptr - mdoc_cert_der(cert).ptr);
	mdoc_cert_free(cert);
	serial[0] = 0;
	serial[1] |= 0x80;
	CU_ASSERT_EQUAL(mdoc_cert_parse(NULL, mdoc_buf_bytes(&der), &cert, NULL), MDOC_OK);
	mdoc_cert_free(cert);
	serial[1] &= 0x7f;
	CU_ASSERT_EQUAL(mdoc_cert_parse(NULL, mdoc_buf_bytes(&der), &cert, NULL), MDOC_ERR_CERTIFICATE);
	CU_ASSERT_PTR_NULL(cert);
	mdoc_buf_clear(&der);
}

/* If this failed, our rules would not be those of the standard's own example. */
static void
test_annex_d(void)
{
	static const struct {
		const char *file;
		enum mdoc_cert_profile profile;
		unsigned relax;
		const char *without; /* what is missed with relax 0 */
	} rows[] = {
		{ "annexD/iaca_cert.der", MDOC_CERT_IACA, MDOC_RELAX_CRL_DP, "cRLDistributionPoints" },
		{ "annexD/ds_cert.der", MDOC_CERT_DS, MDOC_RELAX_CRL_DP, "cRLDistributionPoints" },
		{ "annexD/reader_cert.der", MDOC_CERT_READER, MDOC_RELAX_CRL_DP | MDOC_RELAX_ISSUER_ALT_NAME,
			"issuerAltName" },
	};
	struct mdoc_trust *trust = mdoc_trust_new();
	const struct mdoc_anchor *anchor = NULL;
	struct mdoc_cert *cert = NULL;
	struct mdoc_buf root = MDOC_BUF_EMPTY;
	struct mdoc_buf leaf = MDOC_BUF_EMPTY;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mdoc_buf der = MDOC_BUF_EMPTY;
		struct mdoc_error error = { 0 };

		CU_ASSERT_FATAL(soft_vector(rows[i].file, &der));
		CU_ASSERT_EQUAL(x509_check(mdoc_buf_bytes(&der), rows[i].profile, 0, &error), MDOC_ERR_CERTIFICATE);
		CU_ASSERT_PTR_NOT_NULL(strstr(error.expected, rows[i].without));
		CU_ASSERT_EQUAL(x509_check(mdoc_buf_bytes(&der), rows[i].profile, rows[i].relax, &error), MDOC_OK);
		mdoc_buf_clear(&der);
	}
	CU_ASSERT_FATAL(soft_vector("annexD/iaca_cert.der", &root) && soft_vector("annexD/ds_cert.der", &leaf));
	CU_ASSERT_EQUAL(mdoc_trust_add(NULL, trust, mdoc_buf_bytes(&root), MDOC_CERT_IACA, 0, NULL),
		MDOC_ERR_CERTIFICATE);
	CU_ASSERT_EQUAL(mdoc_trust_add(NULL, trust, mdoc_buf_bytes(&root), MDOC_CERT_IACA, MDOC_RELAX_CRL_DP, NULL),
		MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_cert_parse(NULL, mdoc_buf_bytes(&leaf), &cert, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_find(trust, cert, MDOC_CERT_DS, 0, ANNEX_D, &anchor, NULL), MDOC_OK);
	CU_ASSERT(mdoc_bytes_equal(mdoc_cert_der(mdoc_anchor_cert(anchor)), mdoc_buf_bytes(&root)));
	CU_ASSERT_EQUAL(mdoc_cert_not_before(cert), 1601510400); /* 2020-10-01T00:00:00Z */
	CU_ASSERT_EQUAL(mdoc_cert_not_after(cert), 1633046400);  /* 2021-10-01T00:00:00Z */
	mdoc_cert_free(cert);
	mdoc_trust_free(trust);
	mdoc_buf_clear(&root);
	mdoc_buf_clear(&leaf);
}

void
x509_profile_tests(void)
{
	CU_pSuite suite = CU_add_suite("x509 profiles", x509_world_init, x509_world_clear);

	CU_ADD_TEST(suite, test_not_a_certificate);
	CU_ADD_TEST(suite, test_serial_with_a_zero_too_many);
	CU_ADD_TEST(suite, test_relaxation_names);
	CU_ADD_TEST(suite, test_each_rule);
	CU_ADD_TEST(suite, test_no_profile_for_another);
	CU_ADD_TEST(suite, test_annex_d);
}
