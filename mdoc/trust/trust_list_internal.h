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
	enum mdoc_cert_profile profile; /* of what it lists */
	bool x5chain_protected;
};
const struct mdoci_trust_list_form *mdoci_trust_list_form(enum mdoc_trust_list_kind kind);

/* What a list repeats of a certificate. */
struct mdoci_listed {
	uint8_t *copy; /* everything below is inside it */
	struct mdoc_bytes serial, ski, issuer, subject;
	int64_t not_before, not_after;
	char country[3]; /* "": not exactly one of two letters */
};

/* Decode a certificate. *listed is freed with mdoci_listed_clear(). MDOC_ERR_CERTIFICATE: it is none. */
enum mdoc_result mdoci_listed_read(const struct mdoc_context *context, struct mdoc_bytes der,
	struct mdoci_listed *listed);
void mdoci_listed_clear(struct mdoci_listed *listed);

/* The content of an OCTET STRING that fills the bytes; otherwise the bytes as they are. */
struct mdoc_bytes mdoci_without_octet_string(struct mdoc_bytes bytes);

/* Without leading zero bytes. */
struct mdoc_bytes mdoci_number(struct mdoc_bytes bytes);

#endif
