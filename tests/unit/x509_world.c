/*
 * tests/unit/x509_world.c: two roots and what they signed, and copies of it with one thing changed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/x509_world.h"

#include <CUnit/Basic.h>
#include <openssl/x509v3.h>

struct x509_world world;

void
x509_set_extension(X509 *x, int nid, const char *value)
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

void
x509_set_name(X509 *x, const char *country, const char *common)
{
	X509_NAME *name = X509_NAME_new();

	if (country != NULL)
		X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const unsigned char *)country, -1, -1, 0);
	if (common != NULL)
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)common, -1, -1, 0);
	X509_set_subject_name(x, name);
	X509_NAME_free(name);
}

void
x509_new_key(X509 *x, EVP_PKEY *pkey)
{
	ASN1_OCTET_STRING *ski = ASN1_OCTET_STRING_new();
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	EVP_PKEY_free(world.new_pkey);
	world.new_pkey = pkey;
	X509_set_pubkey(x, pkey);
	CU_ASSERT(X509_pubkey_digest(x, EVP_sha1(), hash, &len) == 1);
	ASN1_OCTET_STRING_set(ski, hash, (int)len);
	CU_ASSERT(X509_add1_ext_i2d(x, NID_subject_key_identifier, ski, 0, X509V3_ADD_REPLACE) == 1);
	ASN1_OCTET_STRING_free(ski);
}

void
x509_nothing(X509 *x)
{
	(void)x;
}

void
x509_no_aki(X509 *x)
{
	x509_set_extension(x, NID_authority_key_identifier, NULL);
}

void
x509_rsa(X509 *x)
{
	x509_new_key(x, EVP_RSA_gen(2048));
}

void
x509_brainpool(X509 *x)
{
	x509_new_key(x, EVP_EC_gen("brainpoolP256r1"));
}

void
x509_mutate(const struct mdoc_buf *from, struct soft_key *signer, void (*change)(X509 *), struct mdoc_buf *out)
{
	const unsigned char *p = from->ptr;
	X509 *x = d2i_X509(NULL, &p, (long)from->len);
	unsigned char *der = NULL;
	EVP_MD *md = NULL;
	int len;

	world.new_pkey = NULL;
	world.digest_name = "SHA256";
	world.signing_pkey = signer->pkey;
	change(x);
	md = EVP_MD_fetch(NULL, world.digest_name, NULL);
	CU_ASSERT(X509_sign(x, world.signing_pkey, md) > 0);
	len = i2d_X509(x, &der);
	mdoc_buf_clear(out);
	mdoc_buf_append(out, mdoc_bytes_of(der, (size_t)len));
	OPENSSL_free(der);
	EVP_MD_free(md);
	EVP_PKEY_free(world.new_pkey);
	world.new_pkey = NULL;
	X509_free(x);
}

enum mdoc_result
x509_find(const struct mdoc_trust *trust, const struct mdoc_buf *leaf, int64_t when, struct mdoc_error *error)
{
	const struct mdoc_anchor *anchor = NULL;
	struct mdoc_cert *cert = NULL;
	enum mdoc_result res = mdoc_cert_parse(NULL, mdoc_buf_bytes(leaf), &cert, error);

	if (res == MDOC_OK)
		res = mdoc_trust_find(trust, cert, MDOC_CERT_DS, 0, when, &anchor, error);
	mdoc_cert_free(cert);
	return res;
}

enum mdoc_result
x509_check(struct mdoc_bytes der, enum mdoc_cert_profile profile, unsigned relax, struct mdoc_error *error)
{
	struct mdoc_cert *cert = NULL;
	enum mdoc_result res = mdoc_cert_parse(NULL, der, &cert, error);

	if (res == MDOC_OK)
		res = mdoc_cert_check(cert, profile, relax, error);
	mdoc_cert_free(cert);
	return res;
}

enum mdoc_result
x509_key(struct mdoc_bytes der, struct mdoc_public_key *key)
{
	struct mdoc_cert *cert = NULL;
	enum mdoc_result res = mdoc_cert_parse(NULL, der, &cert, NULL);

	if (res == MDOC_OK)
		res = mdoc_cert_public_key(cert, key);
	mdoc_cert_free(cert);
	return res;
}

void
x509_trust(struct mdoc_trust *trust, const struct mdoc_buf *der)
{
	CU_ASSERT_EQUAL(mdoc_trust_add(NULL, trust, mdoc_buf_bytes(der), MDOC_CERT_IACA, 0, NULL), MDOC_OK);
}

int
x509_world_init(void)
{
	struct mdoc_error error = { 0 };

	if (!soft_key_make(&world.iaca_key, "P-256") || !soft_key_make(&world.other_key, "P-256") ||
		!soft_key_make(&world.ds_key, "P-256") || !soft_key_make(&world.reader_ca_key, "P-256") ||
		!soft_key_make(&world.reader_key, "P-256"))
		return 1;
	if (soft_certificate(MDOC_CERT_IACA, "IACA", &world.iaca_key, NULL, NULL, &world.iaca, &error) != MDOC_OK ||
		soft_certificate(MDOC_CERT_DS, "DS", &world.ds_key, &world.iaca, &world.iaca_key, &world.ds, &error) !=
			MDOC_OK ||
		soft_certificate(MDOC_CERT_READER_CA, "RCA", &world.reader_ca_key, NULL, NULL, &world.reader_ca,
			&error) != MDOC_OK ||
		soft_certificate(MDOC_CERT_READER, "R", &world.reader_key, &world.reader_ca, &world.reader_ca_key,
			&world.reader, &error) != MDOC_OK ||
		soft_certificate(MDOC_CERT_VICAL, "V", &world.ds_key, &world.iaca, &world.iaca_key, &world.vical,
			&error) != MDOC_OK ||
		soft_certificate(MDOC_CERT_MESSAGES, "M", &world.ds_key, &world.iaca, &world.iaca_key, &world.messages,
			&error) != MDOC_OK ||
		soft_certificate(MDOC_CERT_STATUS, "S", &world.ds_key, &world.iaca, &world.iaca_key, &world.status,
			&error) != MDOC_OK) {
		printf("%s: %s\n", mdoc_result_name(error.code), error.expected);
		return 1;
	}
	return 0;
}

int
x509_world_clear(void)
{
	mdoc_buf_clear(&world.iaca);
	mdoc_buf_clear(&world.ds);
	mdoc_buf_clear(&world.reader_ca);
	mdoc_buf_clear(&world.reader);
	mdoc_buf_clear(&world.vical);
	mdoc_buf_clear(&world.messages);
	mdoc_buf_clear(&world.status);
	soft_key_clear(&world.iaca_key);
	soft_key_clear(&world.other_key);
	soft_key_clear(&world.ds_key);
	soft_key_clear(&world.reader_ca_key);
	soft_key_clear(&world.reader_key);
	return 0;
}
