/*
 * mdoc/trust/listed.c: what a VICAL or RICAL repeats of a certificate.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/trust/trust_list_internal.h"
#include "mdoc/x509/x509_internal.h"
#include <string.h>

#define OCTET_STRING 0x04
#define SHORT_MAX 0x7f

struct mdoc_bytes
mdoci_without_octet_string(struct mdoc_bytes bytes)
{
	if (bytes.len < 2 || bytes.ptr[0] != OCTET_STRING || bytes.ptr[1] > SHORT_MAX || bytes.ptr[1] != bytes.len - 2)
		return bytes;
	return mdoc_bytes_of(bytes.ptr + 2, bytes.len - 2);
}

struct mdoc_bytes
mdoci_number(struct mdoc_bytes bytes)
{
	while (bytes.len > 0 && bytes.ptr[0] == 0)
		bytes = mdoc_bytes_of(bytes.ptr + 1, bytes.len - 1);
	return bytes;
}

static struct mdoc_bytes
name_bytes(const X509_NAME *name)
{
	const unsigned char *der = NULL;
	size_t len = 0;

	if (X509_NAME_get0_der(name, &der, &len) != 1)
		return MDOC_NO_BYTES;
	return mdoc_bytes_of(der, len);
}

static enum mdoc_result
copy_parts(const X509 *cert, const ASN1_OCTET_STRING *ski, struct mdoci_listed *listed)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	struct mdoc_bytes parts[] = {
		mdoc_bytes_of(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial)),
		mdoc_bytes_of(ASN1_STRING_get0_data(ski), (size_t)ASN1_STRING_length(ski)),
		name_bytes(X509_get_issuer_name(cert)),
		name_bytes(X509_get_subject_name(cert)),
	};
	struct mdoc_bytes *const places[] = { &listed->serial, &listed->ski, &listed->issuer, &listed->subject };
	size_t len = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		len += parts[i].len;
	listed->copy = malloc(len);
	if (listed->copy == NULL)
		return MDOC_ERR_MEMORY;
	len = 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].len > 0)
			memcpy(listed->copy + len, parts[i].ptr, parts[i].len);
		*places[i] = mdoc_bytes_of(listed->copy + len, parts[i].len);
		len += parts[i].len;
	}
	return MDOC_OK;
}

enum mdoc_result
mdoci_listed_read(const struct mdoc_context *context, struct mdoc_bytes der, struct mdoci_listed *listed)
{
	X509 *cert = mdoci_x509_decode(context, der);
	ASN1_OCTET_STRING *ski = NULL;
	enum mdoc_result res = MDOC_ERR_CERTIFICATE;
	struct mdoc_bytes country;

	memset(listed, 0, sizeof(*listed));
	if (cert == NULL || !mdoci_x509_times(cert, &listed->not_before, &listed->not_after))
		goto out;
	ski = mdoci_x509_extension(cert, NID_subject_key_identifier);
	if (ski == NULL || ASN1_STRING_type(X509_get0_serialNumber(cert)) != V_ASN1_INTEGER)
		goto out;
	country = mdoci_x509_name_text(X509_get_subject_name(cert), NID_countryName);
	if (country.len == 2)
		memcpy(listed->country, country.ptr, 2);
	res = copy_parts(cert, ski, listed);
out:
	ASN1_OCTET_STRING_free(ski);
	X509_free(cert);
	return res;
}

void
mdoci_listed_clear(struct mdoci_listed *listed)
{
	free(listed->copy);
	memset(listed, 0, sizeof(*listed));
}
