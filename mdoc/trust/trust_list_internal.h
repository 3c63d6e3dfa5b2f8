/*
 * mdoc/trust/trust_list_internal.h: the inside of a VICAL or RICAL. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_TRUST_LIST_INTERNAL_H
#define MDOC_TRUST_LIST_INTERNAL_H

#include "mdoc/status/envelope.h"
#include <mdoc/trust_list.h>

struct mdoc_trust_list {
	struct mdoci_envelope envelope;
	struct mdoc_trust_list_info info;
	struct mdoc_trust_entry *entries;
	struct mdoc_bytes *doc_types; /* of all entries, one after the other */
	bool checked;
};

/* What differs between the two kinds. */
struct mdoci_trust_list_form {
	const char *provider, *id, *url;
	const char *entry_name;         /* who an entry is about */
	enum mdoc_cert_profile signer;  /* who signs it */
	enum mdoc_cert_profile profile; /* of what it lists */
	bool x5chain_protected;
};
const struct mdoci_trust_list_form *mdoci_trust_list_form(enum mdoc_trust_list_kind kind);

/*
 * Decode a certificate that a list can name, which it does by both serial number and key identifier.
 *
 * *cert  freed with mdoc_cert_free()
 *
 * MDOC_ERR_CERTIFICATE: it is none, or has no subjectKeyIdentifier or a negative number; MDOC_ERR_MEMORY
 */
enum mdoc_result mdoci_listed_parse(const struct mdoc_context *context, struct mdoc_bytes der, struct mdoc_cert **cert,
	struct mdoc_error *error);

/* The content of an OCTET STRING that fills the bytes; otherwise the bytes as they are. */
struct mdoc_bytes mdoci_without_octet_string(struct mdoc_bytes bytes);

/* Without leading zero bytes. */
struct mdoc_bytes mdoci_number(struct mdoc_bytes bytes);

#endif
