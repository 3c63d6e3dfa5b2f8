/*
 * mdoc/trust/listed.c: what a VICAL or RICAL repeats of a certificate.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/trust/trust_list_internal.h"

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

enum mdoc_result
mdoci_listed_parse(const struct mdoc_context *context, struct mdoc_bytes der, struct mdoc_cert **cert,
	struct mdoc_error *error)
{
	enum mdoc_result res = mdoc_cert_parse(context, der, cert, error);

	if (res == MDOC_ERR_SIZE) {
		res = MDOC_ERR_CERTIFICATE; /* one that is too long costs the others nothing */
		if (error != NULL)
			error->code = res;
	}
	if (res != MDOC_OK)
		return res;
	if (mdoc_cert_key_id(*cert).len > 0 && mdoc_cert_serial(*cert).ptr[0] < 0x80)
		return MDOC_OK;
	mdoc_cert_free(*cert);
	*cert = NULL;
	return mdoci_fail(error, MDOC_ERR_CERTIFICATE, SIZE_MAX, "",
		"a certificate with a positive serialNumber and a subjectKeyIdentifier");
}
