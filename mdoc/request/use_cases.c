/*
 * mdoc/request/use_cases.c: deviceRequestInfo of the second edition, read and written.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/request_internal.h"

/* Which docRequests the set at hand has named: its serial number, by index. */
struct marks {
	size_t *by_doc;
	size_t count;
	size_t set;
};

/* False: there is no such docRequest, or the set has it already. */
static bool
mark(struct marks *marks, uint64_t doc)
{
	if (doc >= marks->count || marks->by_doc[doc] == marks->set)
		return false;
	marks->by_doc[doc] = marks->set;
	return true;
}

static enum mdoc_result
read_set(struct mdoc_request *request, struct mdoc_node list, const char *path, struct marks *marks,
	struct mdoc_document_set *out, struct mdoc_error *error)
{
	enum mdoc_result res;
	void *items = NULL;
	size_t *docs;

	res = mdoci_request_list(request, list, sizeof(*docs), path, &items, error);
	docs = items;
	out->docs = docs;
	marks->set++;
	for (struct mdoc_node node = mdoc_node_first(list); res == MDOC_OK && mdoc_node_present(node);
		node = mdoc_node_next(node)) {
		uint64_t doc;

		if (!mdoc_node_uint(node, &doc))
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path,
				"an index of docRequests");
		if (!mark(marks, doc))
			return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(node), path,
				"an index below %zu, once", request->count);
		docs[out->count++] = (size_t)doc;
		res = mdoci_request_count_name(request, node, path, error);
	}
	return res;
}

/* {controller: code}; a code that is no integer says nothing here. */
static enum mdoc_result
read_hints(struct mdoc_request *request, struct mdoc_node map, const char *path, struct mdoc_use_case *out,
	struct mdoc_error *error)
{
	struct mdoc_purpose_hint *hints;
	enum mdoc_result res;

	res = mdoci_want(map, MDOC_CBOR_MAP, path, error);
	if (res == MDOC_OK)
		res = mdoci_request_may_name(request, map, path, error);
	if (res != MDOC_OK)
		return res;
	hints = mdoci_request_alloc(request, mdoc_node_count(map), sizeof(*hints));
	if (hints == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(map), path, "memory");
	out->hints = hints;
	for (struct mdoc_node key = mdoc_node_first(map); res == MDOC_OK && mdoc_node_present(key);) {
		const struct mdoc_node code = mdoc_node_next(key);
		struct mdoc_purpose_hint *hint = &hints[out->hint_count];

		if (!mdoc_node_tstr(key, &hint->controller))
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(key), path, "text: who gave the code");
		if (mdoc_node_int(code, &hint->code))
			out->hint_count++;
		res = mdoci_request_count_name(request, key, path, error);
		key = mdoc_node_next(code);
	}
	return res;
}

static enum mdoc_result
read_use_case(struct mdoc_request *request, struct mdoc_node map, const char *path, struct marks *marks,
	struct mdoc_use_case *out, struct mdoc_error *error)
{
	const struct mdoc_node mandatory = mdoc_map_text(map, "mandatory");
	const struct mdoc_node hints = mdoc_map_text(map, "purposeHints");
	struct mdoc_document_set *sets;
	struct mdoc_node list;
	enum mdoc_result res;
	void *items = NULL;

	res = mdoci_want(map, MDOC_CBOR_MAP, path, error);
	if (res != MDOC_OK)
		return res;
	if (!mdoc_node_present(mandatory))
		return mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(map), path, "a member \"mandatory\"");
	if (!mdoc_node_bool(mandatory, &out->mandatory))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(mandatory), path, "a bool: mandatory");
	res = mdoci_member(map, "documentSets", MDOC_CBOR_ARRAY, path, &list, error);
	if (res == MDOC_OK)
		res = mdoci_request_list(request, list, sizeof(*sets), path, &items, error);
	if (res != MDOC_OK)
		return res;
	sets = items;
	out->sets = sets;
	for (struct mdoc_node node = mdoc_node_first(list); res == MDOC_OK && mdoc_node_present(node);
		node = mdoc_node_next(node))
		res = read_set(request, node, path, marks, &sets[out->set_count++], error);
	if (res == MDOC_OK && mdoc_node_present(hints))
		res = read_hints(request, hints, path, out, error);
	return res;
}

static enum mdoc_result
read_use_cases(struct mdoc_request *request, struct mdoc_node list, struct mdoc_error *error)
{
	static const char path[] = "deviceRequestInfo.useCases";
	struct marks marks = { mdoci_request_alloc(request, request->count, sizeof(size_t)), request->count, 0 };
	char place[MDOCI_PATH_MAX];
	struct mdoc_use_case *cases;
	enum mdoc_result res;
	void *items = NULL;

	if (marks.by_doc == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(list), path, "memory");
	res = mdoci_request_list(request, list, sizeof(*cases), path, &items, error);
	cases = items;
	request->use_cases = cases;
	for (struct mdoc_node node = mdoc_node_first(list); res == MDOC_OK && mdoc_node_present(node);
		node = mdoc_node_next(node)) {
		mdoci_path(place, path, "[%zu]", request->use_case_count);
		res = read_use_case(request, node, place, &marks, &cases[request->use_case_count++], error);
	}
	return res;
}

enum mdoc_result
mdoci_read_device_request_info(struct mdoc_request *request, struct mdoc_node item, struct mdoc_error *error)
{
	static const char path[] = "deviceRequestInfo";
	struct mdoc_node map = item, list;
	enum mdoc_result res = MDOC_OK;

	request->device_request_info_item = mdoc_node_span(item);
	if (mdoc_node_type(item) == MDOC_CBOR_TAG) {
		res = mdoci_scan_embedded(item, path, &request->info_scan, error);
		map = mdoc_cbor_root(request->info_scan);
	} else {
		request->warnings |= MDOC_REQUEST_INFO_BARE;
	}
	if (res == MDOC_OK)
		res = mdoci_want(map, MDOC_CBOR_MAP, path, error);
	if (res != MDOC_OK)
		return res;
	list = mdoc_map_text(map, "useCases");
	return mdoc_node_present(list) ? read_use_cases(request, list, error) : MDOC_OK;
}

static enum mdoc_result
check_use_case(const struct mdoc_use_case *use_case, struct marks *marks, struct mdoc_error *error)
{
	static const char path[] = "deviceRequestInfo.useCases";

	if (use_case->set_count == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, path, "a document set or more");
	for (size_t i = 0; i < use_case->set_count; i++) {
		const struct mdoc_document_set *set = &use_case->sets[i];

		if (set->count == 0)
			return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, path, "a document or more in each set");
		marks->set++;
		for (size_t k = 0; k < set->count; k++) {
			if (!mark(marks, set->docs[k]))
				return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, path,
					"indexes of docRequests, each once in a set");
		}
	}
	return MDOC_OK;
}

enum mdoc_result
mdoci_check_use_cases(const struct mdoc_request_options *options, size_t count, struct mdoc_error *error)
{
	struct marks marks = { calloc(count + 1, sizeof(size_t)), count, 0 };
	enum mdoc_result res = MDOC_OK;

	if (marks.by_doc == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "deviceRequestInfo", "memory");
	for (size_t i = 0; res == MDOC_OK && i < options->use_case_count; i++)
		res = check_use_case(&options->use_cases[i], &marks, error);
	free(marks.by_doc);
	return res;
}

static void
put_use_case(struct mdoc_buf *buf, const struct mdoc_use_case *use_case)
{
	mdoc_put_map(buf, use_case->hint_count > 0 ? 3 : 2);
	mdoc_put_text(buf, "mandatory");
	mdoc_put_bool(buf, use_case->mandatory);
	mdoc_put_text(buf, "documentSets");
	mdoc_put_array(buf, use_case->set_count);
	for (size_t i = 0; i < use_case->set_count; i++) {
		mdoc_put_array(buf, use_case->sets[i].count);
		for (size_t k = 0; k < use_case->sets[i].count; k++)
			mdoc_put_uint(buf, use_case->sets[i].docs[k]);
	}
	if (use_case->hint_count == 0)
		return;
	mdoc_put_text(buf, "purposeHints");
	mdoc_put_map(buf, use_case->hint_count);
	for (size_t i = 0; i < use_case->hint_count; i++) {
		mdoc_put_tstr(buf, use_case->hints[i].controller);
		mdoc_put_int(buf, use_case->hints[i].code);
	}
}

void
mdoci_put_device_request_info(struct mdoc_buf *buf, const struct mdoc_request_options *options)
{
	struct mdoc_buf inner = MDOC_BUF_EMPTY;

	mdoc_put_map(&inner, 1);
	mdoc_put_text(&inner, "useCases");
	mdoc_put_array(&inner, options->use_case_count);
	for (size_t i = 0; i < options->use_case_count; i++)
		put_use_case(&inner, &options->use_cases[i]);
	if (buf->err == MDOC_OK)
		buf->err = inner.err;
	mdoc_put_embedded(buf, mdoc_buf_bytes(&inner));
	mdoc_buf_clear(&inner);
}
