/* batch.c: reading records that arrived together, and the checks that need no token.
 * SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/batch.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/value.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>

static enum exit_status
batch_alloc(struct batch *batch, size_t count)
{
	batch->values = calloc(count, sizeof(*batch->values));
	batch->records = calloc(count, sizeof(*batch->records));
	if (batch->values == NULL || batch->records == NULL)
		return tool_no_memory();
	batch->count = count;
	return EXIT_STATUS_OK;
}

static enum exit_status
parse_record(struct batch *batch, size_t i, const char *name)
{
	struct mdoc_error error;

	if (mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&batch->values[i]), &batch->records[i], &error) == MDOC_OK)
		return EXIT_STATUS_OK;
	return tool_mdoc_error(name, &error);
}

enum exit_status
batch_from_json(const json_t *response, const char *name, struct batch *batch)
{
	const json_t *credentials = json_need_array(response, "credentials", name), *one;
	enum exit_status status = credentials == NULL ? EXIT_STATUS_INPUT : EXIT_STATUS_OK;

	memset(batch, 0, sizeof(*batch));
	if (status == EXIT_STATUS_OK && json_array_size(credentials) == 0) {
		tool_error(_("%s has no credentials"), name);
		status = EXIT_STATUS_INPUT;
	}
	if (status == EXIT_STATUS_OK)
		status = batch_alloc(batch, json_array_size(credentials));
	for (size_t i = 0; status == EXIT_STATUS_OK && i < batch->count; i++) {
		char record[80];

		one = json_object_get(json_array_get(credentials, i), "credential");
		snprintf(record, sizeof(record), _("record %zu"), i + 1);
		if (!json_is_string(one) ||
			mdoc_base64url_decode(mdoc_bytes_of(json_string_value(one), json_string_length(one)),
				&batch->values[i]) != MDOC_OK) {
			tool_error(_("%s: credential %zu is not base64url text"), name, i + 1);
			status = EXIT_STATUS_INPUT;
		} else {
			status = parse_record(batch, i, record);
		}
	}
	return status;
}

static enum exit_status
read_response(const char *path, struct batch *batch)
{
	json_t *json = NULL;
	enum exit_status status = json_read(path, &json);

	if (status == EXIT_STATUS_OK)
		status = batch_from_json(json, path, batch);
	json_decref(json);
	return status;
}

static enum exit_status
read_files(const struct option_list *files, struct batch *batch)
{
	enum exit_status status = batch_alloc(batch, files->count);

	for (size_t i = 0; status == EXIT_STATUS_OK && i < files->count; i++) {
		status = file_read(files->items[i], FILE_CBOR_MAX, &batch->values[i]);
		if (status == EXIT_STATUS_OK)
			status = parse_record(batch, i, files->items[i]);
	}
	return status;
}

enum exit_status
batch_read(const char *response, const struct option_list *files, struct batch *batch)
{
	memset(batch, 0, sizeof(*batch));
	return response != NULL ? read_response(response, batch) : read_files(files, batch);
}

void
batch_clear(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		mdoc_issuer_signed_free(batch->records[i]);
		mdoc_buf_clear(&batch->values[i]);
	}
	free(batch->records);
	free(batch->values);
	memset(batch, 0, sizeof(*batch));
}

/* ---- Checks ---- */

static enum mdoc_result
fail(struct mdoc_error *error, enum mdoc_result code, size_t offset, const char *path, const char *expected)
{
	if (error != NULL) {
		memset(error, 0, sizeof(*error));
		error->code = code;
		error->offset = offset;
		snprintf(error->path, sizeof(error->path), "%s", path);
		snprintf(error->expected, sizeof(error->expected), "%s", expected);
	}
	return code;
}

enum mdoc_result
batch_check_law(const struct mdoc_issuer_signed *record, struct mdoc_error *error)
{
	const struct mdoc_profile *profile = mdoc_profile_find(mdoc_mso_doc_type(mdoc_issuer_signed_mso(record)));

	return mdoc_profile_check_record(NULL, profile, record, error);
}

/* Things of which no two may be equal. */
struct marks {
	struct mdoc_bytes *items;
	size_t count, room;
};

static bool
add_mark(struct marks *marks, struct mdoc_bytes mark)
{
	if (marks->count == marks->room) {
		const size_t room = marks->room == 0 ? 256 : marks->room * 2;
		struct mdoc_bytes *items = realloc(marks->items, room * sizeof(*items));

		if (items == NULL)
			return false;
		marks->items = items;
		marks->room = room;
	}
	marks->items[marks->count++] = mark;
	return true;
}

static int
compare_marks(const void *left, const void *right)
{
	const struct mdoc_bytes *a = left, *b = right;
	const size_t shorter = a->len < b->len ? a->len : b->len;
	const int order = shorter > 0 ? memcmp(a->ptr, b->ptr, shorter) : 0;

	if (order != 0)
		return order;
	return (a->len > b->len) - (a->len < b->len);
}

static bool
has_twins(struct marks *marks)
{
	if (marks->count == 0)
		return false;
	qsort(marks->items, marks->count, sizeof(*marks->items), compare_marks);
	for (size_t i = 1; i < marks->count; i++)
		if (compare_marks(&marks->items[i - 1], &marks->items[i]) == 0)
			return true;
	return false;
}

static bool
add_randoms(struct marks *marks, const struct mdoc_issuer_signed *record)
{
	const struct mdoc_namespace *ns;
	const struct mdoc_item *item;

	for (size_t n = 0; (ns = mdoc_issuer_signed_namespace(record, n)) != NULL; n++)
		for (size_t i = 0; (item = mdoc_namespace_item(ns, i)) != NULL; i++)
			if (!add_mark(marks, mdoc_item_random(item)))
				return false;
	return true;
}

static bool
add_digests(struct marks *marks, const struct mdoc_issuer_signed *record)
{
	struct mdoc_node node = mdoc_node_first(mdoc_mso_value_digests(mdoc_issuer_signed_mso(record)));

	while (mdoc_node_present(node)) {
		const struct mdoc_node digests = mdoc_node_next(node); /* of the namespace that node names */
		struct mdoc_node id = mdoc_node_first(digests);

		while (mdoc_node_present(id)) {
			const struct mdoc_node digest = mdoc_node_next(id);
			struct mdoc_bytes bytes;

			if (mdoc_node_bstr(digest, &bytes) && !add_mark(marks, bytes))
				return false;
			id = mdoc_node_next(digest);
		}
		node = mdoc_node_next(digests);
	}
	return true;
}

static bool
add_key(struct marks *marks, const struct mdoc_issuer_signed *record)
{
	const struct mdoc_public_key *key = mdoc_mso_device_key(mdoc_issuer_signed_mso(record));

	return add_mark(marks, mdoc_bytes_of(key->point, key->point_len));
}

enum mdoc_result
batch_check_unlinkable(struct mdoc_issuer_signed *const *records, size_t count, struct mdoc_error *error)
{
	static const struct {
		bool (*add)(struct marks *marks, const struct mdoc_issuer_signed *record);
		const char *path;
		const char *expected;
	} kinds[] = {
		{ add_key, "issuerAuth.deviceKeyInfo.deviceKey", "another device key in each copy" },
		{ add_randoms, "nameSpaces", "another random in each item of each copy" },
		{ add_digests, "issuerAuth.valueDigests", "another digest for each item of each copy" },
	};

	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		struct marks marks = { NULL, 0, 0 };
		bool added = true, twins;

		for (size_t i = 0; added && i < count; i++)
			added = kinds[k].add(&marks, records[i]);
		twins = added && has_twins(&marks);
		free(marks.items);
		if (!added)
			return fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "");
		if (twins)
			return fail(error, MDOC_ERR_VALUE, SIZE_MAX, kinds[k].path, kinds[k].expected);
	}
	return MDOC_OK;
}
