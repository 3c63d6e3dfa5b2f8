/*
 * mdoc/x509/cert.c: a certificate taken apart in one pass. OpenSSL's own decoder costs more than a signature
 * check, most of it for the key, and takes every extension apart anew each time that it is asked for.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/x509/der.h"
#include "mdoc/x509/x509_internal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

enum mdoc_result
mdoci_x509_fail(struct mdoc_error *error, enum mdoc_result code, const char *expected)
{
	return mdoci_fail(error, code, SIZE_MAX, "", "%s", expected);
}

/* Of a value, whether it can be read as text for people. */
static bool
is_text(int tag, struct mdoc_bytes value)
{
	if (tag == DER_UTF8_STRING)
		return mdoci_utf8_valid(value);
	if (tag != DER_PRINTABLE_STRING && tag != DER_IA5_STRING && tag != DER_T61_STRING)
		return false;
	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] >= 0x80)
			return false;
	return true;
}

/* Whether this Name is well formed. Unless `one` is NULL it gets the texts of three attributes. */
static bool
read_name(struct mdoc_bytes whole, struct mdoc_cert *one)
{
	static const uint8_t x520[] = { 0x55, 0x04 }; /* 2.5.4 */
	struct mdoc_bytes sets = MDOC_NO_BYTES, set, pair, type, value;
	int tag;

	if (!mdoci_der_only(whole, DER_SEQUENCE, &sets))
		return false;
	while (sets.len > 0) {
		if (!mdoci_der_take(&sets, DER_SET, &set, NULL) || set.len == 0)
			return false;
		while (set.len > 0) {
			struct mdoc_bytes *to = NULL;

			if (!mdoci_der_take(&set, DER_SEQUENCE, &pair, NULL) ||
				!mdoci_der_take(&pair, DER_OID, &type, NULL) || !mdoci_der_any(&pair, &tag, &value) ||
				pair.len != 0)
				return false;
			if (one == NULL || type.len != 3 || memcmp(type.ptr, x520, sizeof(x520)) != 0)
				continue;
			if (type.ptr[2] == 3)
				to = &one->common_name;
			else if (type.ptr[2] == 6)
				to = &one->country;
			else if (type.ptr[2] == 8)
				to = &one->state;
			/* A second one leaves an empty text: nobody can tell which is meant. */
			if (to != NULL)
				*to = to->ptr == NULL && is_text(tag, value) ? value : mdoc_bytes_of("", 0);
		}
	}
	return true;
}

bool
mdoci_read_aki(struct mdoc_bytes value, struct mdoc_bytes *keyid, struct mdoc_bytes *serial)
{
	struct mdoc_bytes body;
	bool issuer;

	*keyid = *serial = MDOC_NO_BYTES;
	if (!mdoci_der_only(value, DER_SEQUENCE, &body))
		return false;
	(void)mdoci_der_take(&body, DER_CONTEXT(0), keyid, NULL);
	issuer = mdoci_der_take(&body, DER_CONSTRUCTED(1), NULL, NULL);
	return body.len == 0 || (issuer && mdoci_der_take(&body, DER_CONTEXT(2), serial, NULL) && body.len == 0);
}

/* Which of ours it is; MDOCI_EXT_COUNT: none. *forbidden: Annex B wants none of it. */
static enum mdoci_extension
extension_of(struct mdoc_bytes oid, bool *forbidden)
{
	static const uint8_t reader_auth[] = { 0x28, 0x81, 0x8c, 0x5d, 0x05, 0x01, 0x06 };

	*forbidden = false;
	if (oid.len == sizeof(reader_auth) && memcmp(oid.ptr, reader_auth, sizeof(reader_auth)) == 0)
		return MDOCI_EXT_READER_AUTH;
	if (oid.len != 3 || oid.ptr[0] != 0x55 || oid.ptr[1] != 0x1d) /* 2.5.29 */
		return MDOCI_EXT_COUNT;
	switch (oid.ptr[2]) {
	case 14:
		return MDOCI_EXT_SKI;
	case 15:
		return MDOCI_EXT_KEY_USAGE;
	case 18:
		return MDOCI_EXT_ISSUER_ALT_NAME;
	case 19:
		return MDOCI_EXT_BASIC_CONSTRAINTS;
	case 31:
		return MDOCI_EXT_CRL_POINTS;
	case 35:
		return MDOCI_EXT_AKI;
	case 37:
		return MDOCI_EXT_EKU;
	case 30: /* nameConstraints */
	case 33: /* policyMappings */
	case 36: /* policyConstraints */
	case 46: /* freshestCRL */
	case 54: /* inhibitAnyPolicy */
		*forbidden = true;
		return MDOCI_EXT_COUNT;
	default:
		return MDOCI_EXT_COUNT;
	}
}

bool
mdoci_read_critical(struct mdoc_bytes *extension, bool *critical)
{
	struct mdoc_bytes flag = MDOC_NO_BYTES;

	*critical = false;
	if (mdoci_der_peek(*extension) != DER_BOOLEAN)
		return true;
	/* DER writes no default; certificates in use do. */
	if (!mdoci_der_take(extension, DER_BOOLEAN, &flag, NULL) || flag.len != 1)
		return false;
	*critical = flag.ptr[0] != 0;
	return flag.ptr[0] == 0 || flag.ptr[0] == 0xff;
}

static bool
read_extensions(struct mdoc_cert *cert, struct mdoc_bytes list)
{
	struct mdoc_bytes seen[MDOCI_EXTENSIONS_MAX];
	struct mdoc_bytes extension, value;
	size_t count = 0;
	bool critical, forbidden;

	while (list.len > 0) {
		enum mdoci_extension at;

		if (count == MDOCI_EXTENSIONS_MAX || !mdoci_der_take(&list, DER_SEQUENCE, &extension, NULL) ||
			!mdoci_der_take(&extension, DER_OID, &seen[count], NULL) ||
			!mdoci_read_critical(&extension, &critical) ||
			!mdoci_der_only(extension, DER_OCTET_STRING, &value))
			return false;
		for (size_t i = 0; i < count; i++)
			cert->repeated = cert->repeated || mdoc_bytes_equal(seen[i], seen[count]);
		at = extension_of(seen[count], &forbidden);
		cert->forbidden = cert->forbidden || forbidden;
		if (at < MDOCI_EXT_COUNT)
			cert->ext[at] = (struct mdoci_cert_extension){ value, critical };
		else
			cert->unknown_critical = cert->unknown_critical || critical;
		count++;
	}
	if (!mdoci_der_only(cert->ext[MDOCI_EXT_SKI].value, DER_OCTET_STRING, &cert->ski))
		cert->ski = MDOC_NO_BYTES;
	if (!mdoci_read_aki(cert->ext[MDOCI_EXT_AKI].value, &cert->aki, &cert->aki_serial))
		cert->aki = cert->aki_serial = MDOC_NO_BYTES;
	return true;
}

/* version [0] DEFAULT v1, serialNumber */
static bool
read_front(struct mdoc_cert *cert, struct mdoc_bytes *tbs)
{
	struct mdoc_bytes wrapped, number;

	if (mdoci_der_take(tbs, DER_CONSTRUCTED(0), &wrapped, NULL) &&
		(!mdoci_der_only(wrapped, DER_INTEGER, &number) || !mdoci_der_small(number, &cert->version)))
		return false;
	return mdoci_der_integer(tbs, &cert->serial);
}

static bool
read_tbs(struct mdoc_cert *cert, struct mdoc_bytes tbs, struct mdoc_bytes sig_alg)
{
	struct mdoc_bytes same, times, wrapped, list;

	if (!read_front(cert, &tbs) || !mdoci_der_take(&tbs, DER_SEQUENCE, NULL, &same) ||
		!mdoc_bytes_equal(same, sig_alg) || !mdoci_der_take(&tbs, DER_SEQUENCE, NULL, &cert->issuer) ||
		!mdoci_der_take(&tbs, DER_SEQUENCE, &times, NULL) || !mdoci_der_time(&times, &cert->not_before) ||
		!mdoci_der_time(&times, &cert->not_after) || times.len != 0 ||
		!mdoci_der_take(&tbs, DER_SEQUENCE, NULL, &cert->subject) ||
		!mdoci_der_take(&tbs, DER_SEQUENCE, NULL, &cert->spki))
		return false;
	(void)mdoci_der_take(&tbs, DER_CONTEXT(1), NULL, NULL); /* unique identifiers, which nobody has */
	(void)mdoci_der_take(&tbs, DER_CONTEXT(2), NULL, NULL);
	if (mdoci_der_take(&tbs, DER_CONSTRUCTED(3), &wrapped, NULL) &&
		(!mdoci_der_only(wrapped, DER_SEQUENCE, &list) || !read_extensions(cert, list)))
		return false;
	return tbs.len == 0 && read_name(cert->issuer, NULL) && read_name(cert->subject, cert);
}

static bool
read_certificate(struct mdoc_cert *cert)
{
	struct mdoc_bytes outer = MDOC_NO_BYTES, tbs = MDOC_NO_BYTES, sig_alg = MDOC_NO_BYTES, bits = MDOC_NO_BYTES;

	if (!mdoci_der_only(cert->der, DER_SEQUENCE, &outer))
		return false;
	cert->tbs = outer;
	if (!mdoci_der_take(&outer, DER_SEQUENCE, &tbs, &cert->tbs) ||
		!mdoci_der_take(&outer, DER_SEQUENCE, NULL, &sig_alg) ||
		!mdoci_der_only(outer, DER_BIT_STRING, &bits) || bits.len < 2 || bits.ptr[0] != 0)
		return false;
	cert->signature = mdoc_bytes_of(bits.ptr + 1, bits.len - 1);
	cert->sig_alg = mdoci_sig_alg(sig_alg);
	return read_tbs(cert, tbs, sig_alg);
}

enum mdoc_result
mdoc_cert_parse(const struct mdoc_context *context, struct mdoc_bytes der, struct mdoc_cert **cert,
	struct mdoc_error *error)
{
	struct mdoc_cert *made = NULL;
	enum mdoc_result res;

	*cert = NULL;
	if (der.len > mdoc_context_limit(context, MDOC_LIMIT_CERTIFICATE))
		return mdoci_x509_fail(error, MDOC_ERR_SIZE, "a certificate within the limit");
	if (der.len == 0)
		return mdoci_x509_fail(error, MDOC_ERR_CERTIFICATE, "one DER certificate");
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return mdoci_x509_fail(error, MDOC_ERR_MEMORY, "memory for a certificate");
	atomic_init(&made->references, 1);
	made->context = context;
	made->copy = malloc(der.len);
	res = MDOC_ERR_MEMORY;
	if (made->copy == NULL)
		goto out;
	memcpy(made->copy, der.ptr, der.len);
	made->der = mdoc_bytes_of(made->copy, der.len);
	res = read_certificate(made) ? mdoci_cert_read_key(made) : MDOC_ERR_CERTIFICATE;
out:
	if (res != MDOC_OK) {
		mdoc_cert_free(made);
		return mdoci_x509_fail(error, res, "one DER certificate");
	}
	*cert = made;
	return MDOC_OK;
}

struct mdoc_cert *
mdoci_cert_ref(struct mdoc_cert *cert)
{
	atomic_fetch_add_explicit(&cert->references, 1, memory_order_relaxed);
	return cert;
}

void
mdoc_cert_free(struct mdoc_cert *cert)
{
	if (cert == NULL || atomic_fetch_sub_explicit(&cert->references, 1, memory_order_acq_rel) != 1)
		return;
	EVP_PKEY_CTX_free(cert->ready);
	EVP_PKEY_free(cert->pkey);
	free(cert->copy);
	free(cert);
}

uint64_t
mdoci_hash(struct mdoc_bytes bytes)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < bytes.len; i++)
		hash = (hash ^ bytes.ptr[i]) * UINT64_C(0x100000001b3);
	return hash;
}
