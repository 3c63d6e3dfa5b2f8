/*
 * mdoc/trust/trust_list.c: a VICAL or RICAL, parsed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/trust/trust_list_internal.h"
#include <string.h>

static const struct mdoci_trust_list_form forms[] = {
	[MDOC_VICAL] = { "vicalProvider", "vicalIssueID", "vicalUrl", "issuingAuthority", MDOC_CERT_VICAL,
		MDOC_CERT_IACA, false },
	[MDOC_RICAL] = { "provider", "id", "latestRicalUrl", "name", MDOC_CERT_RICAL, MDOC_CERT_READER_CA, true },
};

const struct mdoci_trust_list_form *
mdoci_trust_list_form(enum mdoc_trust_list_kind kind)
{
	return (unsigned)kind < sizeof(forms) / sizeof(forms[0]) ? &forms[kind] : NULL;
}

/* An optional text; another type is an error. */
static enum mdoc_result
optional_text(struct mdoc_node map, const char *key, const char *path, struct mdoc_bytes *text,
	struct mdoc_error *error)
{
	if (!mdoc_node_present(mdoc_map_text(map, key)))
		return MDOC_OK;
	return mdoci_member_text(map, key, path, text, error);
}

static enum mdoc_result
read_date(struct mdoc_node map, const char *key, int64_t *when, struct mdoc_error *error)
{
	struct mdoc_node node;
	enum mdoc_result res = mdoci_member(map, key, MDOC_CBOR_TAG, "payload", &node, error);

	if (res == MDOC_OK)
		res = mdoc_tdate_read(node, key, when, error);
	return res;
}

static enum mdoc_result
optional_date(struct mdoc_node map, const char *key, bool *has, int64_t *when, struct mdoc_error *error)
{
	*has = mdoc_node_present(mdoc_map_text(map, key));
	return *has ? read_date(map, key, when, error) : MDOC_OK;
}

static enum mdoc_result
read_head(struct mdoc_trust_list *list, struct mdoc_error *error)
{
	const struct mdoci_trust_list_form *form = &forms[list->info.kind];
	const struct mdoc_node map = list->envelope.payload;
	struct mdoc_trust_list_info *info = &list->info;
	enum mdoc_result res = mdoci_want(map, MDOC_CBOR_MAP, "payload", error);

	if (res == MDOC_OK)
		res = mdoci_member_text(map, "version", "payload", &info->version, error);
	if (res == MDOC_OK &&
		(info->version.len == 0 || info->version.ptr[0] != '1' ||
			(info->version.len > 1 && info->version.ptr[1] != '.')))
		res = mdoci_fail(error, MDOC_ERR_VERSION, mdoc_node_offset(map), "payload.version", "version 1");
	if (res == MDOC_OK)
		res = mdoci_member_text(map, form->provider, "payload", &info->provider, error);
	if (res == MDOC_OK)
		res = read_date(map, "date", &info->date, error);
	if (res == MDOC_OK)
		res = optional_date(map, "nextUpdate", &info->has_next_update, &info->next_update, error);
	if (res == MDOC_OK && info->kind == MDOC_RICAL)
		res = optional_date(map, "notAfter", &info->has_not_after, &info->not_after, error);
	if (res == MDOC_OK && info->kind == MDOC_RICAL)
		res = mdoci_member_text(map, "type", "payload", &info->type, error);
	if (res == MDOC_OK)
		res = optional_text(map, form->url, "payload", &info->url, error);
	info->has_id = mdoc_node_present(mdoc_map_text(map, form->id));
	if (res == MDOC_OK && info->has_id)
		res = mdoci_member_uint(map, form->id, "payload", &info->id, error);
	return res;
}

/* A bignum's bytes; a small number is read too, and then not kept. */
static enum mdoc_result
read_serial(struct mdoc_node map, const char *path, struct mdoc_bytes *serial, struct mdoc_error *error)
{
	const struct mdoc_node node = mdoc_map_text(map, "serialNumber");
	struct mdoc_node content;
	uint64_t number;

	if (mdoc_node_tag(node, &number, &content) && number == MDOCI_TAG_BIGNUM && mdoc_node_bstr(content, serial))
		return MDOC_OK;
	if (mdoc_node_uint(node, &number))
		return MDOC_OK;
	return mdoci_fail(error, mdoc_node_present(node) ? MDOC_ERR_TYPE : MDOC_ERR_MISSING, mdoc_node_offset(map),
		path, "serialNumber: a bignum (tag 2)");
}

static enum mdoc_result
read_doc_types(struct mdoc_node map, const char *path, struct mdoc_trust_entry *entry, struct mdoc_bytes **next,
	struct mdoc_error *error)
{
	struct mdoc_node array, node;
	enum mdoc_result res = mdoci_member(map, "docType", MDOC_CBOR_ARRAY, path, &array, error);

	if (res != MDOC_OK)
		return res;
	entry->doc_types = *next;
	for (node = mdoc_node_first(array); mdoc_node_present(node); node = mdoc_node_next(node)) {
		if (!mdoc_node_tstr(node, *next))
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "docType: texts");
		if ((*next)->len == 0)
			return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(node), path,
				"a docType that is not empty");
		(*next)++;
	}
	entry->doc_type_count = (size_t)(*next - entry->doc_types);
	if (entry->doc_type_count == 0)
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(array), path, "at least one docType");
	return MDOC_OK;
}

static void
read_constraints(struct mdoc_node map, struct mdoc_trust_entry *entry)
{
	const struct mdoc_node anchor = mdoc_map_text(map, "isTrustAnchor");
	bool is_anchor = true;

	if (mdoc_node_present(anchor) && !mdoc_node_bool(anchor, &is_anchor))
		is_anchor = false;
	entry->no_anchor = !is_anchor;
	/* The draft of the second edition has the name without the s, too. */
	entry->constrained = mdoc_node_present(mdoc_map_text(map, "trustConstraints")) ||
		mdoc_node_present(mdoc_map_text(map, "trustContraints"));
}

static enum mdoc_result
read_entry(const struct mdoc_trust_list *list, struct mdoc_node map, size_t i, struct mdoc_trust_entry *entry,
	struct mdoc_bytes **next, struct mdoc_error *error)
{
	char path[MDOCI_PATH_MAX];
	enum mdoc_result res;

	mdoci_path(path, "payload.certificateInfos", "[%zu]", i);
	res = mdoci_want(map, MDOC_CBOR_MAP, path, error);
	if (res == MDOC_OK)
		res = mdoci_member_bstr(map, "certificate", path, &entry->certificate, error);
	if (res == MDOC_OK)
		res = read_serial(map, path, &entry->serial, error);
	if (res == MDOC_OK)
		res = mdoci_member_bstr(map, "ski", path, &entry->ski, error);
	if (res == MDOC_OK && list->info.kind == MDOC_VICAL)
		res = read_doc_types(map, path, entry, next, error);
	if (res == MDOC_OK)
		res = optional_text(map, forms[list->info.kind].entry_name, path, &entry->issuing_authority, error);
	if (res == MDOC_OK)
		res = optional_text(map, "issuingCountry", path, &entry->issuing_country, error);
	if (res == MDOC_OK)
		res = optional_text(map, "stateOrProvinceName", path, &entry->state_or_province, error);
	if (res == MDOC_OK && list->info.kind == MDOC_RICAL)
		read_constraints(map, entry);
	return res;
}

/* For the document types of all entries, bounded like the entries themselves. */
static enum mdoc_result
make_room(struct mdoc_trust_list *list, struct mdoc_node infos, struct mdoc_error *error)
{
	const size_t limit = mdoci_limit(infos, MDOC_LIMIT_TRUST_ENTRIES);
	size_t types = 0;

	for (struct mdoc_node node = mdoc_node_first(infos); mdoc_node_present(node); node = mdoc_node_next(node))
		types += mdoc_node_count(mdoc_map_text(node, "docType"));
	if (mdoc_node_count(infos) > limit || types > limit)
		return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(infos), "payload.certificateInfos",
			"at most %zu entries and document types", limit);
	list->doc_types = calloc(types + 1, sizeof(*list->doc_types));
	if (list->doc_types == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	return MDOC_OK;
}

static enum mdoc_result
read_entries(struct mdoc_trust_list *list, struct mdoc_error *error)
{
	struct mdoc_node infos, node;
	struct mdoc_bytes *next = NULL;
	enum mdoc_result res =
		mdoci_member(list->envelope.payload, "certificateInfos", MDOC_CBOR_ARRAY, "payload", &infos, error);

	if (res == MDOC_OK)
		res = make_room(list, infos, error);
	if (res != MDOC_OK)
		return res;
	next = list->doc_types;
	for (node = mdoc_node_first(infos); res == MDOC_OK && mdoc_node_present(node); node = mdoc_node_next(node)) {
		const size_t i = list->info.entries;
		void *grown = list->entries;

		/* Grown as entries turn out to be entries: a list of something shorter costs nothing. */
		if (!mdoci_grow(&grown, i, sizeof(*list->entries)))
			return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(node), "payload.certificateInfos",
				"memory");
		list->entries = grown;
		memset(&list->entries[i], 0, sizeof(*list->entries));
		list->info.entries++;
		res = read_entry(list, node, i, &list->entries[i], &next, error);
	}
	return res;
}

enum mdoc_result
mdoc_trust_list_parse(const struct mdoc_context *context, enum mdoc_trust_list_kind kind, struct mdoc_bytes input,
	struct mdoc_trust_list **list, struct mdoc_error *error)
{
	struct mdoc_trust_list *made = NULL;
	enum mdoc_result res;

	*list = NULL;
	if (mdoci_trust_list_form(kind) == NULL)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "a kind of trust list");
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	made->info.kind = kind;
	res = mdoci_envelope_parse(context, input, &made->envelope, error);
	if (res == MDOC_OK)
		res = read_head(made, error);
	if (res == MDOC_OK)
		res = read_entries(made, error);
	if (res == MDOC_OK) {
		*list = made;
		made = NULL;
	}
	mdoc_trust_list_free(made);
	return res;
}

void
mdoc_trust_list_free(struct mdoc_trust_list *list)
{
	if (list == NULL)
		return;
	mdoci_envelope_clear(&list->envelope);
	free(list->entries);
	free(list->doc_types);
	free(list);
}

void
mdoc_trust_list_info(const struct mdoc_trust_list *list, struct mdoc_trust_list_info *info)
{
	*info = list->info;
}

bool
mdoc_trust_list_entry(const struct mdoc_trust_list *list, size_t i, struct mdoc_trust_entry *entry)
{
	if (i >= list->info.entries)
		return false;
	*entry = list->entries[i];
	return true;
}
