/*
 * mdoc/trust/trust_list_anchors.c: entries of a checked VICAL or RICAL as trust anchors.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/trust/trust_list_internal.h"
#include "mdoc/x509/x509_internal.h"

/* An entry speaks of its certificate by serial number and key identifier; whatever else it says is for people. */
static enum mdoc_result
check_described(const struct mdoc_trust_entry *entry, const struct mdoc_cert *cert, struct mdoc_error *error)
{
	const struct mdoc_bytes ski = mdoc_cert_key_id(cert);

	if (entry->serial.ptr != NULL &&
		!mdoc_bytes_equal(mdoci_number(entry->serial), mdoci_number(mdoc_cert_serial(cert))))
		return mdoci_fail(error, MDOC_ERR_CERTIFICATE, SIZE_MAX, "", "the serialNumber of the entry");
	if (!mdoc_bytes_equal(entry->ski, ski) && !mdoc_bytes_equal(mdoci_without_octet_string(entry->ski), ski))
		return mdoci_fail(error, MDOC_ERR_CERTIFICATE, SIZE_MAX, "", "the ski of the entry");
	return MDOC_OK;
}

static enum mdoc_result
check_call(const struct mdoc_trust_list *list, const struct mdoc_trust *trust, struct mdoc_error *error)
{
	if (list->checked && trust != NULL)
		return MDOC_OK;
	return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "a list that has been checked, and a store");
}

enum mdoc_result
mdoc_trust_list_add_entry(const struct mdoc_context *context, const struct mdoc_trust_list *list, size_t i,
	struct mdoc_trust *trust, unsigned relax, struct mdoc_error *error)
{
	struct mdoc_trust_entry entry;
	struct mdoc_cert *cert = NULL;
	enum mdoc_result res = check_call(list, trust, error);

	if (res != MDOC_OK)
		return res;
	if (!mdoc_trust_list_entry(list, i, &entry))
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "an entry of the list");
	if (entry.no_anchor || entry.constrained)
		return mdoci_fail(error, MDOC_ERR_AUTHORIZATION, SIZE_MAX, "",
			"a trust anchor without trustConstraints");
	res = mdoci_listed_parse(context, entry.certificate, &cert, error);
	if (res == MDOC_OK)
		res = check_described(&entry, cert, error);
	if (res == MDOC_OK)
		res = mdoci_trust_add_cert(context, trust, cert, mdoci_trust_list_form(list->info.kind)->profile, relax,
			entry.doc_types, entry.doc_type_count, error);
	mdoc_cert_free(cert);
	return res;
}

enum mdoc_result
mdoc_trust_list_into_trust(const struct mdoc_context *context, const struct mdoc_trust_list *list,
	struct mdoc_trust *trust, unsigned relax, size_t *added,
	void (*left)(void *arg, size_t i, const struct mdoc_error *why), void *arg, struct mdoc_error *error)
{
	enum mdoc_result res = check_call(list, trust, error);

	*added = 0;
	for (size_t i = 0; res == MDOC_OK && i < list->info.entries; i++) {
		struct mdoc_error why = { 0 };

		res = mdoc_trust_list_add_entry(context, list, i, trust, relax, &why);
		if (res == MDOC_OK) {
			(*added)++;
		} else if (res == MDOC_ERR_AUTHORIZATION || res == MDOC_ERR_CERTIFICATE) {
			if (left != NULL)
				left(arg, i, &why);
			res = MDOC_OK;
		} else if (error != NULL) {
			*error = why;
		}
	}
	return res;
}
