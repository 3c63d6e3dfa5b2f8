/*
 * tests/unit/test_x509.c: Annex B profiles, paths and made certificates.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/soft.h"

#include <CUnit/Basic.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#define ANNEX_D 1603843200 /* 2020-10-28T00:00:00Z */

static struct soft_key iaca_key, other_key, ds_key, reader_ca_key, reader_key;
static struct mdoc_buf iaca, ds, reader_ca, reader;

/* ---- Certificates that break one rule ---- */

static EVP_PKEY *new_pkey; /* for a mutation that changes the subject's key */
static const char *digest_name; /* of the new signature */
static EVP_PKEY *signing_pkey;

static void
set_extension(X509 *x, int nid, const char *value)
{
	int at = X509_get_ext_by_NID(x, nid, -1);
	X509_EXTENSION *ext = NULL;

	if (at >= 0)
		X509_EXTENSION_free(X509_delete_ext(x, at));
	if (value == NULL)
		return;
	ext = X509V3_EXT_nconf_nid(NULL, NULL, nid, value);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ext);
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
}

static void
set_serial(X509 *x, long value)
{
	ASN1_INTEGER *serial = ASN1_INTEGER_new();

	ASN1_INTEGER_set(serial, value);
	X509_set_serialNumber(x, serial);
	ASN1_INTEGER_free(serial);
}

static void
set_name(X509 *x, const char *country, const char *common)
{
	X509_NAME *name = X509_NAME_new();

	if (country != NULL)
		X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const unsigned char *)country, -1, -1, 0);
	if (common != NULL)
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)common, -1, -1, 0);
	X509_set_subject_name(x, name);
	X509_NAME_free(name);
}

static void
add_raw(X509 *x, const char *oid, bool critical)
{
	static const unsigned char null_der[] = { 0x05, 0x00 };
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext = NULL;

	ASN1_OCTET_STRING_set(value, null_der, sizeof(null_der));
	ext = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
}

#define MUTATION(name, body)                                                                                           \
	static void name(X509 *x)                                                                                      \
	{                                                                                                              \
		body;                                                                                                  \
	}

MUTATION(version_1, X509_set_version(x, 0))
MUTATION(serial_zero, set_serial(x, 0))
MUTATION(serial_negative, set_serial(x, -5))
MUTATION(times_reversed, X509_gmtime_adj(X509_getm_notBefore(x), 400L * 365 * SOFT_DAY))
MUTATION(no_common_name, set_name(x, "JP", NULL))
MUTATION(no_country, set_name(x, NULL, "x"))
MUTATION(small_country, set_name(x, "jp", "x"))
MUTATION(usage_more, set_extension(x, NID_key_usage, "critical,digitalSignature,keyAgreement"))
MUTATION(usage_not_critical, set_extension(x, NID_key_usage, "digitalSignature"))
MUTATION(usage_absent, set_extension(x, NID_key_usage, NULL))
MUTATION(usage_decipher, set_extension(x, NID_key_usage, "critical,digitalSignature,decipherOnly"))
MUTATION(usage_no_crl, set_extension(x, NID_key_usage, "critical,keyCertSign"))
MUTATION(path_1, set_extension(x, NID_basic_constraints, "critical,CA:TRUE,pathlen:1"))
MUTATION(path_any, set_extension(x, NID_basic_constraints, "critical,CA:TRUE"))
MUTATION(no_constraints, set_extension(x, NID_basic_constraints, NULL))
MUTATION(constraints_soft, set_extension(x, NID_basic_constraints, "CA:TRUE,pathlen:0"))
MUTATION(is_ca, set_extension(x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"))
MUTATION(ca_false, set_extension(x, NID_basic_constraints, "CA:FALSE"))
MUTATION(eku_tls, set_extension(x, NID_ext_key_usage, "critical,serverAuth"))
MUTATION(eku_soft, set_extension(x, NID_ext_key_usage, "1.0.18013.5.1.2"))
MUTATION(eku_two, set_extension(x, NID_ext_key_usage, "critical,1.0.18013.5.1.2,serverAuth"))
MUTATION(eku_absent, set_extension(x, NID_ext_key_usage, NULL))
MUTATION(eku_reader, set_extension(x, NID_ext_key_usage, "critical,1.0.18013.5.1.6"))
MUTATION(no_ski, set_extension(x, NID_subject_key_identifier, NULL))
MUTATION(no_aki, set_extension(x, NID_authority_key_identifier, NULL))
MUTATION(no_ian, set_extension(x, NID_issuer_alt_name, NULL))
MUTATION(dns_ian, set_extension(x, NID_issuer_alt_name, "DNS:example.com"))
MUTATION(no_crl, set_extension(x, NID_crl_distribution_points, NULL))
MUTATION(dns_crl, set_extension(x, NID_crl_distribution_points, "DNS:example.com"))
MUTATION(policy, set_extension(x, NID_policy_constraints, "requireExplicitPolicy:0"))
MUTATION(constrained, set_extension(x, NID_name_constraints, "permitted;DNS:example.com"))
MUTATION(any_policy, set_extension(x, NID_inhibit_any_policy, "0"))
MUTATION(freshest, set_extension(x, NID_freshest_crl, "URI:https://x.example/"))
MUTATION(unknown_critical, add_raw(x, "1.2.3.4.5", true))
MUTATION(unknown_soft, add_raw(x, "1.2.3.4.5", false))
MUTATION(twice, add_raw(x, "2.5.29.14", false))
MUTATION(sha1, (void)x; digest_name = "SHA1")
MUTATION(other_signer, (void)x; signing_pkey = other_key.pkey)
MUTATION(nothing, (void)x)

static void
small_group(X509 *x)
{
	new_pkey = EVP_EC_gen("P-224");
	X509_set_pubkey(x, new_pkey);
}

static void
rsa(X509 *x)
{
	new_pkey = EVP_RSA_gen(2048);
	X509_set_pubkey(x, new_pkey);
}

/* The same point with the group's parameters written out: what a named curve rules out. */
static void
explicit_group(X509 *x)
{
	new_pkey = EVP_EC_gen("P-256");
	EVP_PKEY_set_utf8_string_param(new_pkey, OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT);
	X509_set_pubkey(x, new_pkey);
}

static void
brainpool(X509 *x)
{
	new_pkey = EVP_EC_gen("brainpoolP256r1");
	X509_set_pubkey(x, new_pkey);
}

static void
mutate(const struct mdoc_buf *from, struct soft_key *signer, void (*change)(X509 *), struct mdoc_buf *out)
{
	const unsigned char *p = from->ptr;
	X509 *x = d2i_X509(NULL, &p, (long)from->len);
	unsigned char *der = NULL;
	EVP_MD *md = NULL;
	int len;

	new_pkey = NULL;
	digest_name = "SHA256";
	signing_pkey = signer->pkey;
	change(x);
	md = EVP_MD_fetch(NULL, digest_name, NULL);
	CU_ASSERT(X509_sign(x, signing_pkey, md) > 0);
	len = i2d_X509(x, &der);
	mdoc_buf_clear(out);
	mdoc_buf_append(out, mdoc_bytes_of(der, (size_t)len));
	OPENSSL_free(der);
	EVP_MD_free(md);
	EVP_PKEY_free(new_pkey);
	X509_free(x);
}

static const struct broken {
	enum mdoc_cert_profile profile;
	void (*change)(X509 *);
	const char *rule; /* part of error.expected; NULL: passes */
	unsigned relax; /* passes with this one alone */
} broken[] = {
	{ MDOC_CERT_DS, nothing, NULL, 0 },
	{ MDOC_CERT_DS, unknown_soft, NULL, 0 },
	{ MDOC_CERT_DS, ca_false, NULL, 0 },
	{ MDOC_CERT_DS, brainpool, NULL, 0 },
	{ MDOC_CERT_DS, version_1, "version 3", 0 },
	{ MDOC_CERT_DS, serial_zero, "serialNumber", 0 },
	{ MDOC_CERT_DS, serial_negative, "serialNumber", 0 },
	{ MDOC_CERT_DS, times_reversed, "validity", 0 },
	{ MDOC_CERT_DS, no_common_name, "commonName", 0 },
	{ MDOC_CERT_DS, no_country, "countryName", 0 },
	{ MDOC_CERT_DS, small_country, "countryName", 0 },
	{ MDOC_CERT_DS, usage_more, "keyUsage", 0 },
	{ MDOC_CERT_DS, usage_not_critical, "keyUsage", 0 },
	{ MDOC_CERT_DS, usage_absent, "keyUsage", 0 },
	{ MDOC_CERT_DS, usage_decipher, "keyUsage", 0 },
	{ MDOC_CERT_DS, is_ca, "basicConstraints", 0 },
	{ MDOC_CERT_DS, eku_tls, "extKeyUsage", MDOC_RELAX_EKU },
	{ MDOC_CERT_DS, eku_soft, "extKeyUsage", MDOC_RELAX_EKU },
	{ MDOC_CERT_DS, eku_two, "extKeyUsage", MDOC_RELAX_EKU },
	{ MDOC_CERT_DS, eku_absent, "extKeyUsage", MDOC_RELAX_EKU },
	{ MDOC_CERT_DS, eku_reader, "extKeyUsage", MDOC_RELAX_EKU },
	{ MDOC_CERT_DS, no_ski, "subjectKeyIdentifier", 0 },
	{ MDOC_CERT_DS, no_aki, "authorityKeyIdentifier", 0 },
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
	{ MDOC_CERT_DS, rsa, "R-CRY-01", 0 },
	{ MDOC_CERT_IACA, nothing, NULL, 0 },
	{ MDOC_CERT_IACA, no_aki, NULL, 0 },
	{ MDOC_CERT_IACA, usage_no_crl, "keyUsage", 0 },
	{ MDOC_CERT_IACA, path_1, "pathLenConstraint 0", 0 },
	{ MDOC_CERT_IACA, path_any, "pathLenConstraint 0", 0 },
	{ MDOC_CERT_IACA, no_constraints, "basicConstraints", 0 },
	{ MDOC_CERT_IACA, constraints_soft, "basicConstraints", 0 },
	{ MDOC_CERT_IACA, eku_tls, "critical extension", 0 },
	{ MDOC_CERT_IACA, other_signer, "own key", 0 },
	{ MDOC_CERT_READER, nothing, NULL, 0 },
	{ MDOC_CERT_READER, ca_false, "basicConstraints", 0 },
	{ MDOC_CERT_READER, no_ian, "issuerAltName", MDOC_RELAX_ISSUER_ALT_NAME },
	{ MDOC_CERT_READER, eku_soft, "1.0.18013.5.1.6", MDOC_RELAX_EKU },
	{ MDOC_CERT_READER_CA, nothing, NULL, 0 },
	{ MDOC_CERT_READER_CA, no_ian, NULL, 0 },
	{ MDOC_CERT_READER_CA, no_crl, "cRLDistributionPoints", MDOC_RELAX_CRL_DP },
};

static const struct mdoc_buf *
certificate_of(enum mdoc_cert_profile profile, struct soft_key **signer)
{
	*signer = profile == MDOC_CERT_IACA || profile == MDOC_CERT_DS ? &iaca_key : &reader_ca_key;
	switch (profile) {
	case MDOC_CERT_IACA:
		return &iaca;
	case MDOC_CERT_DS:
		return &ds;
	case MDOC_CERT_READER_CA:
		return &reader_ca;
	default:
		return &reader;
	}
}

/* If this failed, a certificate that no issuer may have made would speak for an issuer. */
static void
test_each_rule(void)
{
	const unsigned all = MDOC_RELAX_CRL_DP | MDOC_RELAX_ISSUER_ALT_NAME | MDOC_RELAX_EKU;
	struct mdoc_buf changed = MDOC_BUF_EMPTY;

	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		const struct broken *row = &broken[i];
		struct mdoc_error error = { 0 };
		struct soft_key *signer = NULL;
		const struct mdoc_buf *from = certificate_of(row->profile, &signer);
		enum mdoc_result res;

		mutate(from, signer, row->change, &changed);
		res = mdoc_cert_check(&soft_crypto, mdoc_buf_bytes(&changed), row->profile, 0, &error);
		if (row->rule == NULL) {
			CU_ASSERT_EQUAL(res, MDOC_OK);
			continue;
		}
		CU_ASSERT_EQUAL(res, MDOC_ERR_CERTIFICATE);
		if (strstr(error.expected, row->rule) == NULL)
			printf("row %zu: \"%s\" where \"%s\" was meant\n", i, error.expected, row->rule);
		CU_ASSERT_PTR_NOT_NULL(strstr(error.expected, row->rule));
		res = mdoc_cert_check(&soft_crypto, mdoc_buf_bytes(&changed), row->profile, all & ~row->relax, NULL);
		CU_ASSERT_EQUAL(res, MDOC_ERR_CERTIFICATE);
		if (row->relax == 0)
			continue;
		res = mdoc_cert_check(&soft_crypto, mdoc_buf_bytes(&changed), row->profile, row->relax, NULL);
		CU_ASSERT_EQUAL(res, MDOC_OK);
	}
	mdoc_buf_clear(&changed);
}

/* If this failed, a DS key could sign as a reader, or a reader CA stand as an IACA. */
static void
test_no_profile_for_another(void)
{
	static const enum mdoc_cert_profile all[] = { MDOC_CERT_IACA, MDOC_CERT_DS, MDOC_CERT_READER_CA,
		MDOC_CERT_READER };
	struct soft_key *signer;

	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 4; k++) {
			enum mdoc_result res = mdoc_cert_check(
				&soft_crypto, mdoc_buf_bytes(certificate_of(all[i], &signer)), all[k], 0, NULL);

			/* Reader CAs have fewer rules: an IACA keeps them. */
			if (i == k || (all[i] == MDOC_CERT_IACA && all[k] == MDOC_CERT_READER_CA) ||
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
	int64_t from, to;

	CU_ASSERT_EQUAL(mdoc_cert_check(&soft_crypto, MDOC_NO_BYTES, MDOC_CERT_DS, 0, NULL), MDOC_ERR_CERTIFICATE);
	for (size_t len = 1; len < ds.len; len += 7) {
		struct mdoc_bytes cut = mdoc_bytes_of(ds.ptr, len);

		CU_ASSERT_EQUAL(mdoc_cert_check(&soft_crypto, cut, MDOC_CERT_DS, 0, NULL), MDOC_ERR_CERTIFICATE);
		CU_ASSERT_EQUAL(mdoc_cert_key(&soft_crypto, cut, &key), MDOC_ERR_CERTIFICATE);
		CU_ASSERT_EQUAL(mdoc_cert_times(cut, &from, &to), MDOC_ERR_CERTIFICATE);
	}
	mdoc_buf_append(&bad, mdoc_buf_bytes(&ds));
	mdoc_buf_append(&bad, mdoc_text("x"));
	CU_ASSERT_EQUAL(
		mdoc_cert_check(&soft_crypto, mdoc_buf_bytes(&bad), MDOC_CERT_DS, 0, &error), MDOC_ERR_CERTIFICATE);
	CU_ASSERT_STRING_EQUAL(error.expected, "one DER certificate");
	mdoc_buf_clear(&bad);
	mutate(&ds, &iaca_key, rsa, &bad);
	CU_ASSERT_EQUAL(mdoc_cert_key(&soft_crypto, mdoc_buf_bytes(&bad), &key), MDOC_ERR_KEY);
	mutate(&ds, &iaca_key, brainpool, &bad);
	CU_ASSERT_EQUAL(mdoc_cert_key(&soft_crypto, mdoc_buf_bytes(&bad), &key), MDOC_ERR_KEY);
	mdoc_buf_clear(&bad);
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
	struct mdoc_bytes anchor;
	struct mdoc_buf root = MDOC_BUF_EMPTY;
	struct mdoc_buf leaf = MDOC_BUF_EMPTY;
	int64_t from, to;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mdoc_buf der = MDOC_BUF_EMPTY;
		struct mdoc_error error = { 0 };

		CU_ASSERT_FATAL(soft_vector(rows[i].file, &der));
		CU_ASSERT_EQUAL(mdoc_cert_check(&soft_crypto, mdoc_buf_bytes(&der), rows[i].profile, 0, &error),
			MDOC_ERR_CERTIFICATE);
		CU_ASSERT_PTR_NOT_NULL(strstr(error.expected, rows[i].without));
		CU_ASSERT_EQUAL(
			mdoc_cert_check(&soft_crypto, mdoc_buf_bytes(&der), rows[i].profile, rows[i].relax, &error),
			MDOC_OK);
		mdoc_buf_clear(&der);
	}
	CU_ASSERT_FATAL(soft_vector("annexD/iaca_cert.der", &root) && soft_vector("annexD/ds_cert.der", &leaf));
	CU_ASSERT_EQUAL(mdoc_trust_add(&soft_crypto, trust, mdoc_buf_bytes(&root), MDOC_CERT_IACA, 0, NULL),
		MDOC_ERR_CERTIFICATE);
	CU_ASSERT_EQUAL(
		mdoc_trust_add(&soft_crypto, trust, mdoc_buf_bytes(&root), MDOC_CERT_IACA, MDOC_RELAX_CRL_DP, NULL),
		MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_trust_find(&soft_crypto, trust, mdoc_buf_bytes(&leaf), ANNEX_D, &anchor, NULL), MDOC_OK);
	CU_ASSERT(mdoc_bytes_equal(anchor, mdoc_buf_bytes(&root)));
	CU_ASSERT_EQUAL(mdoc_cert_times(mdoc_buf_bytes(&leaf), &from, &to), MDOC_OK);
	CU_ASSERT_EQUAL(from, 1601510400); /* 2020-10-01T00:00:00Z */
	CU_ASSERT_EQUAL(to, 1633046400); /* 2021-10-01T00:00:00Z */
	mdoc_trust_free(trust);
	mdoc_buf_clear(&root);
	mdoc_buf_clear(&leaf);
}

/* ---- Paths ---- */

static enum mdoc_result
find(const struct mdoc_trust *trust, const struct mdoc_buf *leaf, int64_t when, struct mdoc_error *error)
{
	struct mdoc_bytes anchor;

	return mdoc_trust_find(&soft_crypto, trust, mdoc_buf_bytes(leaf), when, &anchor, error);
}

static void
add(struct mdoc_trust *trust, const struct mdoc_buf *der)
{
	CU_ASSERT_EQUAL(mdoc_trust_add(&soft_crypto, trust, mdoc_buf_bytes(der), MDOC_CERT_IACA, 0, NULL), MDOC_OK);
}

/* If this failed, a stranger's certificate would be taken for the issuer's. */
static void
test_untrusted(void)
{
	struct mdoc_trust *trust = mdoc_trust_new();
	struct mdoc_buf stranger = MDOC_BUF_EMPTY;
	struct mdoc_buf forged = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };

	CU_ASSERT_EQUAL(find(trust, &ds, soft_2026, &error), MDOC_ERR_CHAIN);
	CU_ASSERT_EQUAL(soft_certificate(MDOC_CERT_IACA, "IACA", &other_key, NULL, NULL, &stranger, NULL), MDOC_OK);
	add(trust, &stranger);
	CU_ASSERT_EQUAL(find(trust, &ds, soft_2026, &error), MDOC_ERR_CHAIN); /* same name, another key */
	add(trust, &iaca);
	CU_ASSERT_EQUAL(find(trust, &ds, soft_2026, &error), MDOC_OK);
	mutate(&ds, &other_key, nothing, &forged); /* name and key identifier of the IACA, not its signature */
	CU_ASSERT_EQUAL(find(trust, &forged, soft_2026, &error), MDOC_ERR_CHAIN);
	CU_ASSERT_PTR_NOT_NULL(strstr(error.expected, "signed by"));
	mutate(&ds, &iaca_key, no_aki, &forged);
	CU_ASSERT_EQUAL(find(trust, &forged, soft_2026, &error), MDOC_ERR_CHAIN);
	mutate(&ds, &iaca_key, rsa, &forged);
	CU_ASSERT_EQUAL(find(trust, &forged, soft_2026, &error), MDOC_ERR_CHAIN);
	mdoc_trust_free(trust);
	mdoc_buf_clear(&stranger);
	mdoc_buf_clear(&forged);
}

static void
name_of_issuer(X509 *x)
{
	X509_set_subject_name(x, X509_get_issuer_name(x));
}

static void
other_place(X509 *x)
{
	set_name(x, "US", "DS");
}

static void
other_issuer_name(X509 *x)
{
	X509_NAME *name = X509_NAME_dup(X509_get_subject_name(x));

	X509_set_issuer_name(x, name);
	X509_NAME_free(name);
}

/* If this failed, real DS certificates whose subject is their issuer's name would be refused
 * or, worse, be taken for roots. */
static void
test_names(void)
{
	struct mdoc_trust *trust = mdoc_trust_new();
	struct mdoc_buf changed = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };

	add(trust, &iaca);
	mutate(&ds, &iaca_key, name_of_issuer, &changed);
	CU_ASSERT_EQUAL(find(trust, &changed, soft_2026, &error), MDOC_OK);
	mutate(&ds, &ds_key, name_of_issuer, &changed);
	CU_ASSERT_EQUAL(find(trust, &changed, soft_2026, &error), MDOC_ERR_CHAIN);
	mutate(&ds, &iaca_key, other_issuer_name, &changed);
	CU_ASSERT_EQUAL(find(trust, &changed, soft_2026, &error), MDOC_ERR_CHAIN);
	mutate(&ds, &iaca_key, other_place, &changed);
	CU_ASSERT_EQUAL(find(trust, &changed, soft_2026, &error), MDOC_ERR_CHAIN);
	CU_ASSERT_PTR_NOT_NULL(strstr(error.expected, "countryName"));
	mdoc_trust_free(trust);
	mdoc_buf_clear(&changed);
}

/* If this failed, an expired IACA or DS would go on speaking. */
static void
test_times(void)
{
	struct mdoc_trust *trust = mdoc_trust_new();
	const int64_t end = soft_2026 + 365 * SOFT_DAY;
	struct mdoc_error error = { 0 };

	add(trust, &iaca);
	CU_ASSERT_EQUAL(find(trust, &ds, soft_2026 - 1, &error), MDOC_ERR_VALIDITY);
	CU_ASSERT_EQUAL(find(trust, &ds, end + 1, &error), MDOC_ERR_VALIDITY);
	CU_ASSERT_EQUAL(find(trust, &ds, soft_2026, &error), MDOC_OK);
	CU_ASSERT_EQUAL(find(trust, &ds, end, &error), MDOC_OK);
	mdoc_trust_free(trust);
}

/* If this failed, somebody trusted to read could issue. */
static void
test_one_profile(void)
{
	struct mdoc_trust *trust = mdoc_trust_new();
	struct mdoc_bytes der = mdoc_buf_bytes(&reader_ca);

	add(trust, &iaca);
	CU_ASSERT_EQUAL(mdoc_trust_add(&soft_crypto, trust, der, MDOC_CERT_READER_CA, 0, NULL), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(mdoc_trust_add(&soft_crypto, trust, mdoc_buf_bytes(&ds), MDOC_CERT_DS, 0, NULL), MDOC_ERR_ARG);
	mdoc_trust_free(trust);
}

/* ---- Making ---- */

static bool
refuse(void *arg, enum mdoc_alg alg, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX])
{
	(void)arg;
	(void)alg;
	(void)tbs;
	(void)sig;
	return false;
}

/* If this failed, we would hand out certificates that we refuse from others. */
static void
test_build_refuses(void)
{
	struct mdoc_signer broken_signer = { MDOC_ALG_ES256, refuse, NULL };
	struct mdoc_cert_spec good = {
		.profile = MDOC_CERT_DS,
		.country = mdoc_text("JP"),
		.common_name = mdoc_text("DS"),
		.issuer_cert = mdoc_buf_bytes(&iaca),
		.key = ds_key.pub,
		.not_before = soft_2026,
		.not_after = soft_2026 + SOFT_DAY,
		.issuer_alt_uri = "mailto:a@b.example",
		.crl_uri = "https://b.example/crl",
		.signer = &iaca_key.signer,
	};
	struct mdoc_cert_spec spec = good;
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };

	CU_ASSERT_EQUAL(mdoc_cert_build(&soft_crypto, &spec, &out, &error), MDOC_OK);
	mdoc_buf_clear(&out);
	spec.signer = &other_key.signer; /* not the IACA's key */
	CU_ASSERT_EQUAL(mdoc_cert_build(&soft_crypto, &spec, &out, &error), MDOC_ERR_SIGNATURE);
	spec.signer = &broken_signer;
	CU_ASSERT_EQUAL(mdoc_cert_build(&soft_crypto, &spec, &out, &error), MDOC_ERR_CALLBACK);
	spec = good;
	spec.not_after = soft_2026 + 366 * SOFT_DAY; /* outlives the IACA */
	CU_ASSERT_EQUAL(mdoc_cert_build(&soft_crypto, &spec, &out, &error), MDOC_ERR_VALIDITY);
	spec = good;
	spec.not_after = spec.not_before - 1;
	CU_ASSERT_EQUAL(mdoc_cert_build(&soft_crypto, &spec, &out, &error), MDOC_ERR_VALIDITY);
	spec = good;
	spec.country = mdoc_text("JPN");
	CU_ASSERT_EQUAL(mdoc_cert_build(&soft_crypto, &spec, &out, &error), MDOC_ERR_VALUE);
	spec.country = mdoc_text("jp");
	CU_ASSERT_EQUAL(mdoc_cert_build(&soft_crypto, &spec, &out, &error), MDOC_ERR_CERTIFICATE);
	spec = good;
	spec.issuer_cert = mdoc_buf_bytes(&reader_ca); /* has an IACA's extensions, but no country rule is broken */
	spec.signer = &iaca_key.signer;
	CU_ASSERT_EQUAL(mdoc_cert_build(&soft_crypto, &spec, &out, &error), MDOC_ERR_SIGNATURE);
	spec.issuer_cert = mdoc_buf_bytes(&ds);
	CU_ASSERT_EQUAL(mdoc_cert_build(&soft_crypto, &spec, &out, &error), MDOC_ERR_CERTIFICATE);
	spec.issuer_cert = MDOC_NO_BYTES;
	CU_ASSERT_EQUAL(mdoc_cert_build(&soft_crypto, &spec, &out, &error), MDOC_ERR_ARG);
	spec = good;
	spec.crl_uri = NULL;
	CU_ASSERT_EQUAL(mdoc_cert_build(&soft_crypto, &spec, &out, &error), MDOC_ERR_ARG);
	spec = good;
	spec.key.point[5] ^= 1; /* off the curve */
	CU_ASSERT_EQUAL(mdoc_cert_build(&soft_crypto, &spec, &out, &error), MDOC_ERR_KEY);
	CU_ASSERT_EQUAL(out.len, 0);
	mdoc_buf_clear(&out);
}

/* If this failed, issuers could only use P-256, or two certificates could share a number. */
static void
test_build_curves(void)
{
	static const char *const groups[] = { "P-256", "P-384", "P-521" };

	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		struct soft_key root_key, leaf_key;
		struct mdoc_buf root = MDOC_BUF_EMPTY;
		struct mdoc_buf leaf = MDOC_BUF_EMPTY;
		struct mdoc_buf again = MDOC_BUF_EMPTY;
		struct mdoc_trust *trust = mdoc_trust_new();
		struct mdoc_public_key key;
		struct mdoc_error error = { 0 };
		X509 *x = NULL;
		X509 *y = NULL;
		const unsigned char *p;

		CU_ASSERT(soft_key_make(&root_key, groups[i]) && soft_key_make(&leaf_key, groups[i]));
		CU_ASSERT_EQUAL(soft_certificate(MDOC_CERT_IACA, "R", &root_key, NULL, NULL, &root, &error), MDOC_OK);
		CU_ASSERT_EQUAL(
			soft_certificate(MDOC_CERT_DS, "L", &leaf_key, &root, &root_key, &leaf, &error), MDOC_OK);
		CU_ASSERT_EQUAL(
			soft_certificate(MDOC_CERT_DS, "L", &leaf_key, &root, &root_key, &again, &error), MDOC_OK);
		add(trust, &root);
		CU_ASSERT_EQUAL(find(trust, &leaf, soft_2026, &error), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_cert_key(&soft_crypto, mdoc_buf_bytes(&leaf), &key), MDOC_OK);
		CU_ASSERT(mdoc_key_equal(&key, &leaf_key.pub));
		p = leaf.ptr;
		x = d2i_X509(NULL, &p, (long)leaf.len);
		p = again.ptr;
		y = d2i_X509(NULL, &p, (long)again.len);
		CU_ASSERT_EQUAL(ASN1_STRING_length(X509_get0_serialNumber(x)), 20);
		CU_ASSERT_NOT_EQUAL(ASN1_INTEGER_cmp(X509_get0_serialNumber(x), X509_get0_serialNumber(y)), 0);
		X509_free(x);
		X509_free(y);
		mdoc_trust_free(trust);
		mdoc_buf_clear(&root);
		mdoc_buf_clear(&leaf);
		mdoc_buf_clear(&again);
		soft_key_clear(&root_key);
		soft_key_clear(&leaf_key);
	}
}

static int
suite_init(void)
{
	struct mdoc_error error = { 0 };

	if (!soft_key_make(&iaca_key, "P-256") || !soft_key_make(&other_key, "P-256") ||
		!soft_key_make(&ds_key, "P-256") || !soft_key_make(&reader_ca_key, "P-256") ||
		!soft_key_make(&reader_key, "P-256"))
		return 1;
	if (soft_certificate(MDOC_CERT_IACA, "IACA", &iaca_key, NULL, NULL, &iaca, &error) != MDOC_OK ||
		soft_certificate(MDOC_CERT_DS, "DS", &ds_key, &iaca, &iaca_key, &ds, &error) != MDOC_OK ||
		soft_certificate(MDOC_CERT_READER_CA, "RCA", &reader_ca_key, NULL, NULL, &reader_ca, &error) !=
			MDOC_OK ||
		soft_certificate(MDOC_CERT_READER, "R", &reader_key, &reader_ca, &reader_ca_key, &reader, &error) !=
			MDOC_OK) {
		printf("%s: %s\n", mdoc_result_name(error.code), error.expected);
		return 1;
	}
	return 0;
}

static int
suite_clean(void)
{
	mdoc_buf_clear(&iaca);
	mdoc_buf_clear(&ds);
	mdoc_buf_clear(&reader_ca);
	mdoc_buf_clear(&reader);
	soft_key_clear(&iaca_key);
	soft_key_clear(&other_key);
	soft_key_clear(&ds_key);
	soft_key_clear(&reader_ca_key);
	soft_key_clear(&reader_key);
	return 0;
}

int
main(void)
{
	unsigned failures;
	CU_pSuite suite = NULL;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	suite = CU_add_suite("x509", suite_init, suite_clean);
	CU_ADD_TEST(suite, test_not_a_certificate);
	CU_ADD_TEST(suite, test_each_rule);
	CU_ADD_TEST(suite, test_no_profile_for_another);
	CU_ADD_TEST(suite, test_untrusted);
	CU_ADD_TEST(suite, test_names);
	CU_ADD_TEST(suite, test_times);
	CU_ADD_TEST(suite, test_one_profile);
	CU_ADD_TEST(suite, test_build_refuses);
	CU_ADD_TEST(suite, test_build_curves);
	CU_ADD_TEST(suite, test_annex_d);
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failures == 0 ? 0 : 1;
}
