/*
 * mdoc/trust/trust_list_anchors.c: entries of a checked VICAL or RICAL as trust anchors.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/trust/trust_list_internal.h"

static bool
authorises(const struct mdoc_trust_entry *entry, struct mdoc_bytes doc_type)
{
	for (size_t i = 0; i < entry->doc_type_count; i++)
		if (mdoc_bytes_equal(entry->doc_types[i], doc_type))
			return true;
	return false;
}

/* An entry speaks of its certificate by serial number and key identifier; whatever else it says is for people. */
static enum mdoc_result
check_described(const struct mdoc_context *context, const struct mdoc_trust_entry *entry, struct mdoc_error *error)
{
	struct mdoci_listed listed;
	enum mdoc_result res = mdoci_listed_read(context, entry->certificate, &listed);

	if (res != MDOC_OK)
		res = mdoci_fail(error, res, SIZE_MAX, "", "a certificate with a subjectKeyIdentifier");
	else if (entry->serial.ptr != NULL &&
		!mdoc_bytes_equal(mdoci_number(entry->serial), mdoci_number(listed.serial)))
		res = mdoci_fail(error, MDOC_ERR_CERTIFICATE, SIZE_MAX, "", "the serialNumber of the entry");
	else if (!mdoc_bytes_equal(entry->ski, listed.ski) &&
		!mdoc_bytes_equal(mdoci_without_octet_string(entry->ski), listed.ski))
		res = mdoci_fail(error, MDOC_ERR_CERTIFICATE, SIZE_MAX, "", "the ski of the entry");
	mdoci_listed_clear(&listed);
	return res;
}

static enum mdoc_result
check_call(const struct mdoc_trust_list *list, struct mdoc_bytes doc_type, const struct mdoc_trust *trust,
	struct mdoc_error *error)
{
	if (list->checked && trust != NULL && (list->info.kind == MDOC_VICAL) == (doc_type.len > 0))
		return MDOC_OK;
	return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "",
		"a list that has been checked, a store, and a document type for a VICAL alone");
}

enum mdoc_result
mdoc_trust_list_add_entry(const struct mdoc_context *context, const struct mdoc_trust_list *list, size_t i,
	struct mdoc_bytes doc_type, struct mdoc_trust *trust, unsigned relax, struct mdoc_error *error)
{
	struct mdoc_trust_entry entry;
	enum mdoc_result res = check_call(list, doc_type, trust, error);

	if (res != MDOC_OK)
		return res;
	if (!mdoc_trust_list_entry(list, i, &entry))
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "an entry of the list");
	if (doc_type.len > 0 && !authorises(&entry, doc_type))
		return mdoci_fail(error, MDOC_ERR_AUTHORIZATION, SIZE_MAX, "", "an entry for this document type");
	if (entry.no_anchor || entry.constrained)
		return mdoci_fail(error, MDOC_ERR_AUTHORIZATION, SIZE_MAX, "",
			"a trust anchor without trustConstraints");
	res = check_described(context, &entry, error);
	if (res != MDOC_OK)
		return res;
	return mdoc_trust_add(context, trust, entry.certificate, mdoci_trust_list_form(list->info.kind)->profile, relax,
		error);
}

enum mdoc_result
mdoc_trust_list_into_trust(const struct mdoc_context *context, const struct mdoc_trust_list *list,
	struct mdoc_bytes doc_type, struct mdoc_trust *trust, unsigned relax, size_t *added,
	void (*left)(void *arg, size_t i, const struct mdoc_error *why), void *arg, struct mdoc_error *error)
{
	enum mdoc_result res = check_call(list, doc_type, trust, error);

	*added = 0;
	for (size_t i = 0; res == MDOC_OK && i < list->info.entries; i++) {
		struct mdoc_error why = { 0 };

		res = mdoc_trust_list_add_entry(context, list, i, doc_type, trust, relax, &why);
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
