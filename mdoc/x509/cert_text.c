/*
 * mdoc/x509/cert_text.c: what a certificate says, for callers and for people.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/x509/der.h"
#include "mdoc/x509/x509_internal.h"

#include <openssl/bio.h>
#include <openssl/err.h>

int64_t
mdoc_cert_not_before(const struct mdoc_cert *cert)
{
	return cert->not_before;
}

int64_t
mdoc_cert_not_after(const struct mdoc_cert *cert)
{
	return cert->not_after;
}

bool
mdoc_cert_valid_at(const struct mdoc_cert *cert, int64_t when)
{
	return cert->not_before <= when && when <= cert->not_after;
}

struct mdoc_bytes
mdoc_cert_der(const struct mdoc_cert *cert)
{
	return cert->der;
}

struct mdoc_bytes
mdoc_cert_serial(const struct mdoc_cert *cert)
{
	return cert->serial;
}

static struct mdoc_bytes
only_text(struct mdoc_bytes text)
{
	return text.len > 0 ? text : MDOC_NO_BYTES;
}

struct mdoc_bytes
mdoc_cert_country(const struct mdoc_cert *cert)
{
	return only_text(cert->country);
}

struct mdoc_bytes
mdoc_cert_state(const struct mdoc_cert *cert)
{
	return only_text(cert->state);
}

struct mdoc_bytes
mdoc_cert_common_name(const struct mdoc_cert *cert)
{
	return only_text(cert->common_name);
}

struct mdoc_bytes
mdoc_cert_key_id(const struct mdoc_cert *cert)
{
	return cert->ski;
}

struct mdoc_bytes
mdoc_cert_authority_key_id(const struct mdoc_cert *cert)
{
	return cert->aki;
}

struct mdoc_bytes
mdoc_cert_subject(const struct mdoc_cert *cert)
{
	return cert->subject;
}

struct mdoc_bytes
mdoc_cert_issuer(const struct mdoc_cert *cert)
{
	return cert->issuer;
}

static X509_NAME *
decode_name(struct mdoc_bytes der)
{
	const unsigned char *p = der.ptr;

	return d2i_X509_NAME(NULL, &p, (long)der.len);
}

bool
mdoci_names_equal(struct mdoc_bytes a, struct mdoc_bytes b)
{
	X509_NAME *left = NULL;
	X509_NAME *right = NULL;
	bool equal = mdoc_bytes_equal(a, b);

	if (equal)
		return true;
	/* Another kind of string, or of capitals or spaces, is the same name all the same. */
	ERR_set_mark();
	left = decode_name(a);
	right = decode_name(b);
	equal = left != NULL && right != NULL && X509_NAME_cmp(left, right) == 0;
	X509_NAME_free(left);
	X509_NAME_free(right);
	ERR_pop_to_mark();
	return equal;
}

static enum mdoc_result
print_name(struct mdoc_bytes der, struct mdoc_buf *out)
{
	X509_NAME *name = NULL;
	BIO *bio = NULL;
	char *text = NULL;
	enum mdoc_result res = MDOC_ERR_MEMORY;
	long len;

	ERR_set_mark();
	bio = BIO_new(BIO_s_mem());
	if (bio == NULL)
		goto out;
	res = MDOC_ERR_CERTIFICATE;
	name = decode_name(der);
	if (name == NULL || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
		goto out;
	len = BIO_get_mem_data(bio, &text);
	mdoc_buf_append(out, mdoc_bytes_of(text, (size_t)len));
	res = out->err;
out:
	X509_NAME_free(name);
	BIO_free(bio);
	ERR_pop_to_mark();
	return res;
}

enum mdoc_result
mdoc_cert_subject_text(const struct mdoc_cert *cert, struct mdoc_buf *out)
{
	return print_name(cert->subject, out);
}

enum mdoc_result
mdoc_cert_issuer_text(const struct mdoc_cert *cert, struct mdoc_buf *out)
{
	return print_name(cert->issuer, out);
}

/* The URI before which *i others stand; *i is counted down by those that are there. */
static bool
uri_of(struct mdoc_bytes general_names, size_t *i, struct mdoc_bytes *uri)
{
	struct mdoc_bytes value;
	int tag;

	while (mdoci_der_any(&general_names, &tag, &value))
		if (tag == DER_URI_NAME && value.len > 0 && (*i)-- == 0) {
			*uri = value;
			return true;
		}
	return false;
}

bool
mdoc_cert_crl_uri(const struct mdoc_cert *cert, size_t i, struct mdoc_bytes *uri)
{
	struct mdoc_bytes points, point, name, full;

	*uri = MDOC_NO_BYTES;
	if (!mdoci_der_only(cert->ext[MDOCI_EXT_CRL_POINTS].value, DER_SEQUENCE, &points))
		return false;
	while (mdoci_der_take(&points, DER_SEQUENCE, &point, NULL))
		if (mdoci_der_take(&point, DER_CONSTRUCTED(0), &name, NULL) &&
			mdoci_der_take(&name, DER_CONSTRUCTED(0), &full, NULL) && uri_of(full, &i, uri))
			return true;
	return false;
}
