/*
 * mdoc/x509/cert_build.c: certificates by Annex B, over a signer that may be anywhere.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/x509/x509_write.h"

#include <limits.h>
#include <stdio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#define SERIAL_LEN 20
#define EKU_ARC "1.0.18013.5.1"
#define EKU_MAIL "1.3.6.1.5.5.7.3.4" /* emailProtection */

struct build {
	const struct mdoc_context *context;
	const struct mdoc_cert_spec *spec;
	struct mdoci_profile_form form;
	struct mdoc_cert *issuer; /* NULL: self-signed */
	X509 *cert;
	EVP_PKEY *pkey;
	struct mdoc_error *error;
};

static enum mdoc_result
set_serial(const struct build *b)
{
	uint8_t bytes[SERIAL_LEN];
	ASN1_INTEGER *serial = NULL;
	BIGNUM *number = NULL;
	enum mdoc_result res = mdoci_random(b->context, bytes, sizeof(bytes));

	if (res != MDOC_OK)
		return mdoci_x509_fail(b->error, res, "random bytes for the serial number");
	/* Positive, and always 20 bytes long. */
	bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40);
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	serial = number != NULL ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
	res = serial != NULL && X509_set_serialNumber(b->cert, serial) == 1 ? MDOC_OK : MDOC_ERR_CRYPTO;
	ASN1_INTEGER_free(serial);
	BN_free(number);
	return res;
}

static bool
add_name(X509_NAME *name, int nid, int type, struct mdoc_bytes text)
{
	return text.len <= INT_MAX && X509_NAME_add_entry_by_NID(name, nid, type, text.ptr, (int)text.len, -1, 0) == 1;
}

static bool
set_issuer_name(const struct build *b, X509_NAME *own)
{
	const unsigned char *p = b->issuer != NULL ? b->issuer->subject.ptr : NULL;
	X509_NAME *name = p != NULL ? d2i_X509_NAME(NULL, &p, (long)b->issuer->subject.len) : NULL;
	const bool set = X509_set_issuer_name(b->cert, b->issuer != NULL ? name : own) == 1;

	X509_NAME_free(name);
	return set;
}

static enum mdoc_result
set_names(const struct build *b)
{
	struct mdoc_bytes state = MDOC_NO_BYTES;
	X509_NAME *name = X509_NAME_new();
	enum mdoc_result res = MDOC_ERR_CRYPTO;

	/* A DS, and what signs messages, has the state of its IACA, when that has one. */
	if (b->issuer != NULL && (b->spec->profile == MDOC_CERT_DS || b->spec->profile == MDOC_CERT_MESSAGES))
		state = b->issuer->state;
	if (name == NULL)
		goto out;
	if (b->spec->country.len > 0 && !add_name(name, NID_countryName, MBSTRING_UTF8, b->spec->country))
		goto text;
	if (state.len > 0 && !add_name(name, NID_stateOrProvinceName, MBSTRING_UTF8, state))
		goto text;
	if (!add_name(name, NID_commonName, MBSTRING_UTF8, b->spec->common_name))
		goto text;
	if (X509_set_subject_name(b->cert, name) == 1 && set_issuer_name(b, name))
		res = MDOC_OK;
	goto out;
text:
	res = mdoci_x509_fail(b->error, MDOC_ERR_VALUE, "countryName of two letters, commonName of 1 to 64 characters");
out:
	X509_NAME_free(name);
	return res;
}

static enum mdoc_result
set_times(const struct build *b)
{
	ASN1_TIME *from = ASN1_TIME_set(NULL, (time_t)b->spec->not_before);
	ASN1_TIME *to = ASN1_TIME_set(NULL, (time_t)b->spec->not_after);
	enum mdoc_result res = MDOC_ERR_CRYPTO;

	if (from == NULL || to == NULL || b->spec->not_before > b->spec->not_after)
		res = mdoci_x509_fail(b->error, MDOC_ERR_VALIDITY, "notBefore not after notAfter");
	else if (b->issuer != NULL &&
		(b->spec->not_before < b->issuer->not_before || b->spec->not_after > b->issuer->not_after))
		res = mdoci_x509_fail(b->error, MDOC_ERR_VALIDITY, "a validity inside that of the issuer");
	else if (X509_set1_notBefore(b->cert, from) == 1 && X509_set1_notAfter(b->cert, to) == 1)
		res = MDOC_OK;
	ASN1_TIME_free(from);
	ASN1_TIME_free(to);
	return res;
}

static bool
add_extension(const struct build *b, int nid, void *value, bool critical)
{
	return value != NULL && X509_add1_ext_i2d(b->cert, nid, value, critical, X509V3_ADD_DEFAULT) == 1;
}

/* SHA-1 of the public key's bits: the method of RFC 5280 4.2.1.2 (1). It is a name, not a
 * security measure. */
static ASN1_OCTET_STRING *
key_identifier(const struct build *b)
{
	ASN1_OCTET_STRING *id = NULL;
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	EVP_MD *sha1 = EVP_MD_fetch(mdoc_context_libctx(b->context), "SHA1", NULL);

	if (sha1 == NULL || EVP_Digest(b->spec->key.point, b->spec->key.point_len, hash, &len, sha1, NULL) != 1)
		goto out;
	id = ASN1_OCTET_STRING_new();
	if (id != NULL && ASN1_OCTET_STRING_set(id, hash, (int)len) != 1) {
		ASN1_OCTET_STRING_free(id);
		id = NULL;
	}
out:
	EVP_MD_free(sha1);
	return id;
}

static bool
add_key_identifiers(const struct build *b)
{
	ASN1_OCTET_STRING *ski = key_identifier(b);
	AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();
	bool ok = false;

	if (ski == NULL || aki == NULL || !add_extension(b, NID_subject_key_identifier, ski, false))
		goto out;
	aki->keyid = ASN1_OCTET_STRING_dup(ski);
	ok = aki->keyid != NULL &&
		(b->issuer == NULL ||
			ASN1_OCTET_STRING_set(aki->keyid, b->issuer->ski.ptr, (int)b->issuer->ski.len) == 1) &&
		add_extension(b, NID_authority_key_identifier, aki, false);
out:
	AUTHORITY_KEYID_free(aki);
	ASN1_OCTET_STRING_free(ski);
	return ok;
}

static bool
add_key_usage(const struct build *b)
{
	ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
	bool ok = usage != NULL;

	/* Bits count from digitalSignature, 0x80. */
	for (int bit = 0; ok && bit < 8; bit++)
		if ((b->form.usage & (0x80u >> bit)) != 0)
			ok = ASN1_BIT_STRING_set_bit(usage, bit, 1) == 1;
	ok = ok && add_extension(b, NID_key_usage, usage, true);
	ASN1_BIT_STRING_free(usage);
	return ok;
}

static bool
add_basic_constraints(const struct build *b)
{
	BASIC_CONSTRAINTS *bc = BASIC_CONSTRAINTS_new();
	bool ok = false;

	if (bc == NULL)
		return false;
	bc->ca = 0xff;
	if (b->spec->profile == MDOC_CERT_LIST_CA && b->issuer == NULL) {
		ok = true; /* others may stand below it */
	} else {
		bc->pathlen = ASN1_INTEGER_new();
		ok = bc->pathlen != NULL && ASN1_INTEGER_set(bc->pathlen, 0) == 1;
	}
	ok = ok && add_extension(b, NID_basic_constraints, bc, true);
	BASIC_CONSTRAINTS_free(bc);
	return ok;
}

static bool
add_eku(const struct build *b)
{
	EXTENDED_KEY_USAGE *eku = NULL;
	ASN1_OBJECT *oid = NULL;
	char text[32];
	bool ok = false;

	if (b->form.eku == 0 && !b->form.eku_mail)
		return true;
	if (b->form.eku_mail)
		(void)snprintf(text, sizeof(text), "%s", EKU_MAIL);
	else
		(void)snprintf(text, sizeof(text), "%s.%u", EKU_ARC, b->form.eku);
	oid = OBJ_txt2obj(text, 1);
	eku = EXTENDED_KEY_USAGE_new();
	if (eku != NULL && oid != NULL && sk_ASN1_OBJECT_push(eku, oid) > 0) {
		oid = NULL;
		ok = add_extension(b, NID_ext_key_usage, eku, true);
	}
	ASN1_OBJECT_free(oid);
	EXTENDED_KEY_USAGE_free(eku);
	return ok;
}

/* One URI as GeneralNames. */
static GENERAL_NAMES *
uri_names(const char *uri)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	if (names == NULL || name == NULL || text == NULL || ASN1_STRING_set(text, uri, -1) != 1)
		goto fail;
	GENERAL_NAME_set0_value(name, GEN_URI, text);
	text = NULL;
	if (sk_GENERAL_NAME_push(names, name) > 0)
		return names;
fail:
	ASN1_IA5STRING_free(text);
	GENERAL_NAME_free(name);
	GENERAL_NAMES_free(names);
	return NULL;
}

static bool
is_empty(const char *text)
{
	return text == NULL || text[0] == '\0';
}

static bool
add_issuer_alt_name(const struct build *b)
{
	GENERAL_NAMES *names = NULL;
	bool ok;

	if (is_empty(b->spec->issuer_alt_uri))
		return true;
	names = uri_names(b->spec->issuer_alt_uri);
	ok = add_extension(b, NID_issuer_alt_name, names, false);
	GENERAL_NAMES_free(names);
	return ok;
}

static bool
add_crl_points(const struct build *b)
{
	CRL_DIST_POINTS *points = NULL;
	DIST_POINT *point = NULL;
	bool ok = false;

	if (is_empty(b->spec->crl_uri))
		return true;
	points = CRL_DIST_POINTS_new();
	point = DIST_POINT_new();
	if (points == NULL || point == NULL)
		goto out;
	point->distpoint = DIST_POINT_NAME_new();
	if (point->distpoint == NULL)
		goto out;
	point->distpoint->type = 0; /* fullName */
	point->distpoint->name.fullname = uri_names(b->spec->crl_uri);
	if (point->distpoint->name.fullname == NULL || sk_DIST_POINT_push(points, point) <= 0)
		goto out;
	point = NULL;
	ok = add_extension(b, NID_crl_distribution_points, points, false);
out:
	DIST_POINT_free(point);
	CRL_DIST_POINTS_free(points);
	return ok;
}

static enum mdoc_result
set_extensions(const struct build *b)
{
	bool ok = add_key_identifiers(b) && add_key_usage(b) && (b->form.ca ? add_basic_constraints(b) : add_eku(b)) &&
		add_issuer_alt_name(b) && add_crl_points(b);

	return ok ? MDOC_OK : MDOC_ERR_CRYPTO;
}

/* What OpenSSL has laid out, signed. */
static enum mdoc_result
sign(const struct build *b, struct mdoc_buf *der)
{
	const struct mdoc_signer *signer = b->spec->signer;
	const enum mdoc_curve curve = b->issuer != NULL ? b->issuer->key.curve : b->spec->key.curve;
	const int nid = mdoci_sig_nid(signer->alg, curve);
	unsigned char *tbs = NULL;
	enum mdoc_result res = MDOC_ERR_CRYPTO;
	int len;

	if (nid == NID_undef)
		return mdoci_x509_fail(b->error, MDOC_ERR_ALGORITHM, "a signer whose algorithm fits the issuer's key");
	/* OpenSSL has no setter for this; it is part of our own, not yet shared certificate. */
	if (X509_ALGOR_set0((X509_ALGOR *)(uintptr_t)X509_get0_tbs_sigalg(b->cert), OBJ_nid2obj(nid), V_ASN1_UNDEF,
		    NULL) != 1)
		return MDOC_ERR_CRYPTO;
	len = i2d_re_X509_tbs(b->cert, &tbs);
	if (len > 0)
		res = mdoci_put_signed(der, signer, curve, mdoc_bytes_of(tbs, (size_t)len), b->error);
	OPENSSL_free(tbs);
	return res;
}

/* What leaves here has passed the rules that we hold others to, and was signed by the key that
 * it names. */
static enum mdoc_result
check_and_append(const struct build *b, struct mdoc_bytes der, struct mdoc_buf *out)
{
	struct mdoc_cert *made = NULL;
	enum mdoc_result res = mdoc_cert_parse(b->context, der, &made, b->error);

	if (res == MDOC_OK)
		res = mdoc_cert_check(made, b->spec->profile, 0, b->error);
	if (res == MDOC_OK &&
		!mdoci_cert_signed(b->issuer != NULL ? b->issuer : made, made->sig_alg, made->tbs, made->signature))
		res = mdoci_x509_fail(b->error, MDOC_ERR_SIGNATURE, "a signature by the issuer's key");
	if (res == MDOC_OK) {
		mdoc_buf_append(out, der);
		res = out->err;
	}
	mdoc_cert_free(made);
	return res;
}

/* Who issues a profile. */
static enum mdoc_cert_profile
profile_above(enum mdoc_cert_profile profile)
{
	if (profile == MDOC_CERT_DS || profile == MDOC_CERT_STATUS || profile == MDOC_CERT_MESSAGES)
		return MDOC_CERT_IACA;
	return profile == MDOC_CERT_READER ? MDOC_CERT_READER_CA : MDOC_CERT_LIST_CA;
}

/* Roots have no issuer, all others have one; a list CA may be either. */
static enum mdoc_result
check_spec(struct build *b)
{
	const struct mdoc_cert_spec *spec = b->spec;
	const unsigned relax =
		MDOC_RELAX_CRL_DP | MDOC_RELAX_ISSUER_ALT_NAME | MDOC_RELAX_SKI_METHOD | MDOC_RELAX_SKI_LENGTH;
	const bool root = spec->issuer_cert.len == 0;
	enum mdoc_result res;

	if ((unsigned)spec->profile >= MDOC_CERT_PROFILE_COUNT)
		return mdoci_x509_fail(b->error, MDOC_ERR_ARG, "a certificate profile");
	mdoci_profile_form(spec->profile, &b->form);
	if (spec->signer == NULL || (b->form.issuer_alt_name && is_empty(spec->issuer_alt_uri)) ||
		(b->form.crl_points && is_empty(spec->crl_uri)))
		return mdoci_x509_fail(b->error, MDOC_ERR_ARG, "a signer, issuer_alt_uri and crl_uri");
	if (b->form.ca != root && (root || spec->profile != MDOC_CERT_LIST_CA))
		return mdoci_x509_fail(b->error, MDOC_ERR_ARG, "an issuer certificate, but none for roots");
	if (root)
		return MDOC_OK;
	res = mdoc_cert_parse(b->context, spec->issuer_cert, &b->issuer, b->error);
	return res != MDOC_OK ? res : mdoc_cert_check(b->issuer, profile_above(spec->profile), relax, b->error);
}

enum mdoc_result
mdoc_cert_build(const struct mdoc_context *context, const struct mdoc_cert_spec *spec, struct mdoc_buf *out,
	struct mdoc_error *error)
{
	struct build b = { .context = context, .spec = spec, .error = error };
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	ERR_set_mark();
	if (error != NULL)
		memset(error, 0, sizeof(*error));
	res = check_spec(&b);
	if (res == MDOC_OK)
		res = mdoc_key_to_evp(context, &spec->key, &b.pkey);
	if (res != MDOC_OK)
		goto out;
	res = MDOC_ERR_CRYPTO;
	b.cert = X509_new_ex(mdoc_context_libctx(context), NULL);
	if (b.cert == NULL || X509_set_version(b.cert, X509_VERSION_3) != 1 || X509_set_pubkey(b.cert, b.pkey) != 1)
		goto out;
	res = set_serial(&b);
	if (res == MDOC_OK)
		res = set_names(&b);
	if (res == MDOC_OK)
		res = set_times(&b);
	if (res == MDOC_OK)
		res = set_extensions(&b);
	if (res == MDOC_OK)
		res = sign(&b, &der);
	if (res == MDOC_OK)
		res = check_and_append(&b, mdoc_buf_bytes(&der), out);
out:
	if (res != MDOC_OK && error != NULL && error->code == MDOC_OK)
		(void)mdoci_x509_fail(error, res, "a certificate from the fields given");
	X509_free(b.cert);
	mdoc_cert_free(b.issuer);
	EVP_PKEY_free(b.pkey);
	mdoc_buf_clear(&der);
	ERR_pop_to_mark();
	return res;
}
