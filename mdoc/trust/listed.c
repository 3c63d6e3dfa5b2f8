/*
 * mdoc/trust/listed.c: what a VICAL or RICAL repeats of a certificate.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/trust/trust_list_internal.h"
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

static enum mdoc_result
copy_parts(const struct mdoc_cert *cert, struct mdoci_listed *listed)
{
	struct mdoc_bytes parts[] = {
		mdoci_number(mdoc_cert_serial(cert)),
		mdoc_cert_key_id(cert),
		mdoc_cert_issuer(cert),
		mdoc_cert_subject(cert),
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
	struct mdoc_cert *cert = NULL;
	enum mdoc_result res = mdoc_cert_parse(context, der, &cert, NULL);
	struct mdoc_bytes country;

	memset(listed, 0, sizeof(*listed));
	if (res != MDOC_OK)
		return res == MDOC_ERR_MEMORY ? res : MDOC_ERR_CERTIFICATE;
	listed->not_before = mdoc_cert_not_before(cert);
	listed->not_after = mdoc_cert_not_after(cert);
	country = mdoc_cert_country(cert);
	if (country.len == 2)
		memcpy(listed->country, country.ptr, 2);
	/* A list names a certificate by both: a negative number is none. */
	if (mdoc_cert_key_id(cert).len == 0 || mdoc_cert_serial(cert).ptr[0] >= 0x80)
		res = MDOC_ERR_CERTIFICATE;
	else
		res = copy_parts(cert, listed);
	mdoc_cert_free(cert);
	return res;
}

void
mdoci_listed_clear(struct mdoci_listed *listed)
{
	free(listed->copy);
	memset(listed, 0, sizeof(*listed));
}
