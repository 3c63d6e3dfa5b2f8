/*
 * mdoc/request/reader_standing.c: what was found out about the readers of a request, and what a policy makes of it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/reader_auth_internal.h"
#include <openssl/bio.h>
#include <openssl/x509.h>

static const char *const check_names[MDOC_READER_CHECK_COUNT] = {
	[MDOC_READER_STRUCTURE] = "structure",
	[MDOC_READER_SIGNATURE] = "signature",
	[MDOC_READER_PROFILE] = "profile",
	[MDOC_READER_PATH] = "path",
	[MDOC_READER_VALIDITY] = "validity",
	[MDOC_READER_CRL] = "crl",
};

static const char *const standing_names[] = {
	[MDOC_READER_NONE] = "none",
	[MDOC_READER_FAILED] = "failed",
	[MDOC_READER_SIGNED] = "signed",
	[MDOC_READER_TRUSTED] = "trusted",
};

const char *
mdoc_reader_check_name(enum mdoc_reader_check check)
{
	return (unsigned)check < MDOC_READER_CHECK_COUNT ? check_names[check] : "?";
}

const char *
mdoc_reader_standing_name(enum mdoc_reader_standing standing)
{
	return (unsigned)standing <= MDOC_READER_TRUSTED ? standing_names[standing] : "?";
}

void
mdoc_reader_auth_free(struct mdoc_reader_auth *auth)
{
	if (auth == NULL)
		return;
	free(auth->rows);
	free(auth->of_docs);
	free(auth->of_all);
	free(auth);
}

const struct mdoc_reader_row *
mdoc_reader_auth_row(const struct mdoc_reader_auth *auth, size_t i)
{
	return i < auth->row_count ? &auth->rows[i] : NULL;
}

enum mdoc_reader_standing
mdoc_reader_auth_standing(const struct mdoc_reader_auth *auth, size_t doc)
{
	return doc < auth->count ? auth->of_docs[doc].standing : MDOC_READER_NONE;
}

bool
mdoc_reader_auth_allows(const struct mdoc_reader_auth *auth, size_t doc, enum mdoc_reader_policy policy)
{
	static const bool allowed[][MDOC_READER_TRUSTED + 1] = {
		/*                               none   failed signed trusted */
		[MDOC_READER_POLICY_ANY] = { true, false, true, true },
		[MDOC_READER_POLICY_SIGNED] = { false, false, true, true },
		[MDOC_READER_POLICY_TRUSTED] = { false, false, false, true },
	};

	if (doc >= auth->count || (unsigned)policy > MDOC_READER_POLICY_TRUSTED)
		return false;
	return allowed[policy][auth->of_docs[doc].standing];
}

bool
mdoc_reader_auth_certificate(const struct mdoc_reader_auth *auth, size_t doc, struct mdoc_bytes *der)
{
	const enum mdoc_reader_standing standing = mdoc_reader_auth_standing(auth, doc);

	if (standing != MDOC_READER_SIGNED && standing != MDOC_READER_TRUSTED)
		return false;
	*der = auth->of_docs[doc].der;
	return true;
}

enum mdoc_result
mdoc_reader_auth_subject(const struct mdoc_context *context, const struct mdoc_reader_auth *auth, size_t doc,
	struct mdoc_buf *out)
{
	struct mdoc_bytes der;
	enum mdoc_result res = MDOC_ERR_MEMORY;
	struct mdoc_cert *cert = NULL;
	const unsigned char *at;
	X509_NAME *name = NULL;
	BIO *bio = NULL;
	char *text;
	long len;

	if (!mdoc_reader_auth_certificate(auth, doc, &der))
		return MDOC_ERR_MISSING;
	bio = BIO_new(BIO_s_mem());
	if (bio == NULL)
		goto out;
	res = mdoc_cert_parse(context, der, &cert, NULL);
	if (res != MDOC_OK)
		goto out;
	res = MDOC_ERR_CERTIFICATE;
	at = mdoc_cert_subject(cert).ptr;
	name = d2i_X509_NAME(NULL, &at, (long)mdoc_cert_subject(cert).len);
	if (name == NULL ||
		X509_NAME_print_ex(bio, name, 0,
			(XN_FLAG_ONELINE | ASN1_STRFLGS_UTF8_CONVERT) & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) < 0)
		goto out;
	len = BIO_get_mem_data(bio, &text);
	mdoc_buf_append(out, mdoc_bytes_of(text, (size_t)len));
	res = out->err;
out:
	X509_NAME_free(name);
	mdoc_cert_free(cert);
	BIO_free(bio);
	return res;
}
