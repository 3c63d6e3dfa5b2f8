/*
 * mdoc/trust/trust_list_build.c: a VICAL or RICAL, made.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/trust/trust_list_internal.h"
#include <string.h>

#define LIST_VERSION "1.0"

static void
put_text_member(struct mdoc_buf *buf, const char *key, struct mdoc_bytes text)
{
	if (text.len == 0)
		return;
	mdoc_put_text(buf, key);
	mdoc_put_tstr(buf, text);
}

static void
put_bytes_member(struct mdoc_buf *buf, const char *key, struct mdoc_bytes bytes)
{
	mdoc_put_text(buf, key);
	mdoc_put_bstr(buf, bytes);
}

static void
put_date(struct mdoc_buf *buf, const char *key, int64_t when)
{
	mdoc_put_text(buf, key);
	mdoc_put_tdate(buf, when);
}

static void
put_doc_types(struct mdoc_buf *buf, const struct mdoc_trust_entry_spec *entry)
{
	if (entry->doc_type_count == 0)
		return;
	mdoc_put_text(buf, "docType");
	mdoc_put_array(buf, entry->doc_type_count);
	for (size_t i = 0; i < entry->doc_type_count; i++)
		mdoc_put_tstr(buf, entry->doc_types[i]);
}

/* certificate, serialNumber, ski, issuer, subject, notBefore, notAfter, and what else there is. */
static void
put_entry(struct mdoc_buf *buf, const struct mdoc_trust_list_spec *spec, const struct mdoc_trust_entry_spec *entry,
	const struct mdoc_cert *cert)
{
	const struct mdoc_bytes said = mdoc_cert_country(cert);
	const struct mdoc_bytes country = said.len == 2 ? said : MDOC_NO_BYTES;

	mdoc_put_map(buf,
		7U + (entry->doc_type_count > 0 ? 1U : 0U) + (entry->issuing_authority.len > 0 ? 1U : 0U) +
			(country.len > 0 ? 1U : 0U));
	put_bytes_member(buf, "certificate", entry->certificate);
	mdoc_put_text(buf, "serialNumber");
	mdoc_put_tag(buf, MDOCI_TAG_BIGNUM);
	mdoc_put_bstr(buf, mdoci_number(mdoc_cert_serial(cert)));
	put_bytes_member(buf, "ski", mdoc_cert_key_id(cert));
	put_doc_types(buf, entry);
	put_text_member(buf, mdoci_trust_list_form(spec->kind)->entry_name, entry->issuing_authority);
	put_text_member(buf, "issuingCountry", country);
	put_bytes_member(buf, "issuer", mdoc_cert_issuer(cert));
	put_bytes_member(buf, "subject", mdoc_cert_subject(cert));
	put_date(buf, "notBefore", mdoc_cert_not_before(cert));
	put_date(buf, "notAfter", mdoc_cert_not_after(cert));
}

static enum mdoc_result
put_entries(const struct mdoc_context *context, struct mdoc_buf *buf, const struct mdoc_trust_list_spec *spec,
	struct mdoc_error *error)
{
	enum mdoc_result res = MDOC_OK;

	mdoc_put_text(buf, "certificateInfos");
	mdoc_put_array(buf, spec->entry_count);
	for (size_t i = 0; res == MDOC_OK && i < spec->entry_count; i++) {
		struct mdoc_cert *cert = NULL;

		res = mdoci_listed_parse(context, spec->entries[i].certificate, &cert, NULL);
		if (res == MDOC_OK)
			put_entry(buf, spec, &spec->entries[i], cert);
		else
			(void)mdoci_fail(error, res, SIZE_MAX, "",
				"entry %zu: a certificate with a subjectKeyIdentifier", i);
		mdoc_cert_free(cert);
	}
	return res;
}

static enum mdoc_result
check_spec(const struct mdoc_context *context, const struct mdoc_trust_list_spec *spec, struct mdoc_error *error)
{
	const bool rical = spec->kind == MDOC_RICAL;

	if (mdoci_trust_list_form(spec->kind) == NULL || spec->provider.len == 0 || spec->x5chain_count == 0 ||
		spec->signer == NULL || spec->entry_count == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "kind, provider, entries, certificate and signer");
	if (rical != (spec->type.len > 0) || (!rical && (spec->has_not_after || spec->url.len > 0)))
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "type in a RICAL; no notAfter and URL in a VICAL");
	for (size_t i = 0; i < spec->entry_count; i++)
		if (rical != (spec->entries[i].doc_type_count == 0))
			return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "entry %zu: document types %s", i,
				rical ? "have no place in a RICAL" : "are mandatory in a VICAL");
	if (spec->entry_count > mdoc_context_limit(context, MDOC_LIMIT_TRUST_ENTRIES))
		return mdoci_fail(error, MDOC_ERR_SIZE, SIZE_MAX, "", "at most %zu entries",
			mdoc_context_limit(context, MDOC_LIMIT_TRUST_ENTRIES));
	if ((spec->has_next_update && spec->next_update <= spec->date) ||
		(spec->has_not_after && spec->not_after <= spec->date))
		return mdoci_fail(error, MDOC_ERR_VALIDITY, SIZE_MAX, "", "nextUpdate and notAfter after date");
	return MDOC_OK;
}

static enum mdoc_result
put_payload(const struct mdoc_context *context, struct mdoc_buf *buf, const struct mdoc_trust_list_spec *spec,
	struct mdoc_error *error)
{
	const struct mdoci_trust_list_form *form = mdoci_trust_list_form(spec->kind);
	enum mdoc_result res;

	mdoc_put_map(buf,
		4U + (spec->has_next_update ? 1U : 0U) + (spec->has_not_after ? 1U : 0U) + (spec->has_id ? 1U : 0U) +
			(spec->type.len > 0 ? 1U : 0U) + (spec->url.len > 0 ? 1U : 0U));
	mdoc_put_text(buf, "version");
	mdoc_put_text(buf, LIST_VERSION);
	put_text_member(buf, form->provider, spec->provider);
	put_date(buf, "date", spec->date);
	put_text_member(buf, "type", spec->type);
	if (spec->has_id) {
		mdoc_put_text(buf, form->id);
		mdoc_put_uint(buf, spec->id);
	}
	if (spec->has_next_update)
		put_date(buf, "nextUpdate", spec->next_update);
	if (spec->has_not_after)
		put_date(buf, "notAfter", spec->not_after);
	put_text_member(buf, form->url, spec->url);
	res = put_entries(context, buf, spec, error);
	return res == MDOC_OK ? buf->err : res;
}

enum mdoc_result
mdoc_trust_list_build(const struct mdoc_context *context, const struct mdoc_trust_list_spec *spec, struct mdoc_buf *out,
	struct mdoc_error *error)
{
	const struct mdoci_envelope_form form = { .x5chain_protected = spec->kind == MDOC_RICAL };
	struct mdoc_buf payload = MDOC_BUF_EMPTY;
	enum mdoc_result res = check_spec(context, spec, error);

	if (res != MDOC_OK)
		return res;
	res = put_payload(context, &payload, spec, error);
	if (res == MDOC_OK) {
		res = mdoci_envelope_put(out, &form, spec->signer, spec->x5chain, spec->x5chain_count,
			mdoc_buf_bytes(&payload));
		if (res != MDOC_OK)
			(void)mdoci_fail(error, res, SIZE_MAX, "", "a signature over the list");
	}
	mdoc_buf_clear(&payload);
	return res;
}
