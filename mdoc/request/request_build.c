/*
 * mdoc/request/request_build.c: DeviceRequest written by a reader.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/reader_auth_internal.h"
#include "mdoc/request/request_internal.h"

/* What is asked, in order: first by names, to find what is there twice, then by namespace as they first
 * appear. */
struct row {
	const struct mdoc_asked *asked;
	size_t group; /* the lowest place of its namespace */
};

static int
by_names(const void *left, const void *right)
{
	const struct mdoc_asked *a = *(const struct mdoc_asked *const *)left;
	const struct mdoc_asked *b = *(const struct mdoc_asked *const *)right;
	const int order = mdoci_bytes_order(a->ns, b->ns);

	return order != 0 ? order : mdoci_bytes_order(a->element, b->element);
}

static int
by_place(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return (a->asked > b->asked) - (a->asked < b->asked);
}

/* *sorted: by names. MDOC_ERR_ARG: something is there twice. */
static enum mdoc_result
sort_asked(const struct mdoc_ask *ask, const struct mdoc_asked ***sorted, struct mdoc_error *error)
{
	const struct mdoc_asked **made = calloc(ask->count, sizeof(*made));

	*sorted = made;
	if (made == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "docRequests", "memory");
	for (size_t i = 0; i < ask->count; i++)
		made[i] = &ask->asked[i];
	qsort(made, ask->count, sizeof(*made), by_names);
	for (size_t i = 1; i < ask->count; i++) {
		if (by_names(&made[i - 1], &made[i]) == 0)
			return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "docRequests", "each element asked once");
	}
	return MDOC_OK;
}

/* The rows of one namespace, which begins at `from` of sorted; returns where the next one begins. */
static size_t
group_namespace(const struct mdoc_ask *ask, const struct mdoc_asked *const *sorted, size_t from, struct row *rows)
{
	size_t group = SIZE_MAX, to = from;

	for (; to < ask->count && mdoc_bytes_equal(sorted[to]->ns, sorted[from]->ns); to++) {
		const size_t place = (size_t)(sorted[to] - ask->asked);

		group = place < group ? place : group;
	}
	for (size_t i = from; i < to; i++)
		rows[i] = (struct row){ sorted[i], group };
	return to;
}

static size_t
rows_of_group(const struct row *rows, size_t count, size_t from)
{
	size_t to = from;

	while (to < count && rows[to].group == rows[from].group)
		to++;
	return to - from;
}

static enum mdoc_result
put_namespaces(struct mdoc_buf *buf, const struct mdoc_ask *ask, const struct mdoc_asked *const *sorted)
{
	struct row *rows = calloc(ask->count, sizeof(*rows));
	size_t namespaces = 0;

	if (rows == NULL)
		return MDOC_ERR_MEMORY;
	for (size_t i = 0; i < ask->count; namespaces++)
		i = group_namespace(ask, sorted, i, rows);
	qsort(rows, ask->count, sizeof(*rows), by_place);
	mdoc_put_map(buf, namespaces);
	for (size_t i = 0; i < ask->count; i++) {
		if (i == 0 || rows[i].group != rows[i - 1].group) {
			mdoc_put_tstr(buf, rows[i].asked->ns);
			mdoc_put_map(buf, rows_of_group(rows, ask->count, i));
		}
		mdoc_put_tstr(buf, rows[i].asked->element);
		mdoc_put_bool(buf, rows[i].asked->intent_to_retain);
	}
	free(rows);
	return buf->err;
}

/* The tag-24 item into out, which is empty. */
static enum mdoc_result
build_items_request(const struct mdoc_ask *ask, struct mdoc_buf *out, struct mdoc_error *error)
{
	struct mdoc_buf inner = MDOC_BUF_EMPTY;
	const bool has_info = ask->info != NULL || ask->legal_basis.len > 0;
	const struct mdoc_asked **sorted = NULL;
	enum mdoc_result res;

	res = sort_asked(ask, &sorted, error);
	if (res == MDOC_OK && ask->info != NULL)
		res = mdoci_check_request_info(ask, sorted, error);
	if (res != MDOC_OK)
		goto out;
	mdoc_put_map(&inner, has_info ? 3 : 2);
	mdoc_put_text(&inner, "docType");
	mdoc_put_tstr(&inner, ask->doc_type);
	mdoc_put_text(&inner, "nameSpaces");
	res = put_namespaces(&inner, ask, sorted);
	if (has_info) {
		mdoc_put_text(&inner, "requestInfo");
		mdoci_put_request_info(&inner, ask);
	}
	if (res == MDOC_OK)
		res = inner.err;
	if (res == MDOC_OK) {
		mdoc_put_embedded(out, mdoc_buf_bytes(&inner));
		res = out->err;
	}
	if (res != MDOC_OK)
		(void)mdoci_fail(error, res, SIZE_MAX, "docRequests.itemsRequest", "one that can be written");
out:
	free(sorted);
	mdoc_buf_clear(&inner);
	return res;
}

static enum mdoc_result
sign(struct mdoc_buf *buf, const struct mdoc_reader_signer *reader, struct mdoc_bytes payload, const char *path,
	struct mdoc_error *error)
{
	const enum mdoc_result res = mdoc_sign1_put(buf, reader->signer, payload,
		&(struct mdoc_sign1_options){
			.detached = true,
			.x5chain = reader->x5chain,
			.x5chain_count = reader->x5chain_count,
		});

	if (res != MDOC_OK)
		return mdoci_fail(error, res, SIZE_MAX, path, "a signature");
	return MDOC_OK;
}

/* One request while it is written. */
struct building {
	const struct mdoc_ask *docs;
	size_t count;
	const struct mdoc_request_options *options;
	struct mdoc_buf *items; /* ItemsRequestBytes of each docRequest */
	struct mdoc_buf info;   /* DeviceRequestInfoBytes; empty: none */
	struct mdoc_buf made;
};

static enum mdoc_result
put_doc_request(struct building *b, size_t i, struct mdoc_error *error)
{
	const struct mdoc_ask *ask = &b->docs[i];
	const struct mdoc_reader_signer reader = { ask->signer, ask->x5chain, ask->x5chain_count };
	const struct mdoc_bytes items = mdoc_buf_bytes(&b->items[i]);
	struct mdoc_buf payload = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	mdoc_put_map(&b->made, ask->signer != NULL ? 2 : 1);
	mdoc_put_text(&b->made, "itemsRequest");
	mdoc_put_raw(&b->made, items);
	if (ask->signer == NULL)
		return b->made.err;
	mdoc_put_text(&b->made, "readerAuth");
	mdoci_put_reader_authentication_bytes(&payload, b->options->transcript, items);
	res = payload.err;
	if (res == MDOC_OK)
		res = sign(&b->made, &reader, mdoc_buf_bytes(&payload), "docRequests.readerAuth", error);
	mdoc_buf_clear(&payload);
	return res;
}

static enum mdoc_result
put_auth_all(struct building *b, struct mdoc_error *error)
{
	struct mdoc_buf payload = MDOC_BUF_EMPTY, all = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	for (size_t i = 0; i < b->count; i++)
		mdoc_buf_append(&all, mdoc_buf_bytes(&b->items[i]));
	mdoci_put_reader_authentication_all_bytes(&payload, b->options->transcript, mdoc_buf_bytes(&all), b->count,
		MDOCI_READER_ALL_FOUR, mdoc_buf_bytes(&b->info));
	res = all.err != MDOC_OK ? all.err : payload.err;
	mdoc_put_text(&b->made, "readerAuthAll");
	mdoc_put_array(&b->made, b->options->all_count);
	for (size_t i = 0; res == MDOC_OK && i < b->options->all_count; i++)
		res = sign(&b->made, &b->options->all[i], mdoc_buf_bytes(&payload), "readerAuthAll", error);
	mdoc_buf_clear(&all);
	mdoc_buf_clear(&payload);
	return res;
}

static enum mdoc_result
put_request(struct building *b, struct mdoc_error *error)
{
	const bool info = b->options->use_case_count > 0, all = b->options->all_count > 0;
	enum mdoc_result res = MDOC_OK;

	mdoc_put_map(&b->made, 2 + (size_t)info + (size_t)all);
	mdoc_put_text(&b->made, "version");
	mdoc_put_text(&b->made, b->options->edition == MDOC_EDITION_2 ? "1.1" : "1.0");
	mdoc_put_text(&b->made, "docRequests");
	mdoc_put_array(&b->made, b->count);
	for (size_t i = 0; i < b->count && res == MDOC_OK; i++) {
		res = build_items_request(&b->docs[i], &b->items[i], error);
		if (res == MDOC_OK)
			res = put_doc_request(b, i, error);
	}
	if (res == MDOC_OK && info) {
		mdoci_put_device_request_info(&b->info, b->options);
		mdoc_put_text(&b->made, "deviceRequestInfo");
		mdoc_put_raw(&b->made, mdoc_buf_bytes(&b->info));
		res = b->info.err;
	}
	if (res == MDOC_OK && all)
		res = put_auth_all(b, error);
	return res == MDOC_OK ? b->made.err : res;
}

static enum mdoc_result
check_signer(const struct mdoc_context *context, const struct mdoc_request_options *options,
	const struct mdoc_reader_signer *reader, struct mdoc_error *error)
{
	const size_t limit = mdoc_context_limit(context, MDOC_LIMIT_CERTIFICATES);

	if (reader->signer == NULL || reader->x5chain_count == 0 || reader->x5chain_count > limit ||
		options->transcript.len == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "readerAuth",
			"a key, 1 to %zu certificates and a SessionTranscript", limit);
	return MDOC_OK;
}

static enum mdoc_result
check(const struct mdoc_context *context, const struct building *b, struct mdoc_error *error)
{
	const struct mdoc_request_options *options = b->options;
	bool second = options->all_count > 0 || options->use_case_count > 0;
	enum mdoc_result res = MDOC_OK;

	if (b->count == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "docRequests", "one or more");
	for (size_t i = 0; i < b->count && res == MDOC_OK; i++) {
		const struct mdoc_ask *ask = &b->docs[i];
		const struct mdoc_reader_signer reader = { ask->signer, ask->x5chain, ask->x5chain_count };

		if (ask->count == 0)
			return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "docRequests", "an element or more in each");
		if (ask->signer != NULL)
			res = check_signer(context, options, &reader, error);
		second |= ask->info != NULL;
	}
	for (size_t i = 0; i < options->all_count && res == MDOC_OK; i++)
		res = check_signer(context, options, &options->all[i], error);
	if (res == MDOC_OK && second && options->edition != MDOC_EDITION_2)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "version",
			"MDOC_EDITION_2 for what the second edition adds");
	return res == MDOC_OK ? mdoci_check_use_cases(options, b->count, error) : res;
}

/* What was written is read once: names that are no UTF-8, keys that are there twice, more than the limits. */
static enum mdoc_result
check_made(const struct mdoc_context *context, struct mdoc_bytes made, struct mdoc_error *error)
{
	struct mdoc_request *request = NULL;
	const enum mdoc_result res = mdoc_request_parse(context, made, &request, error);

	mdoc_request_free(request);
	if (res == MDOC_OK || res == MDOC_ERR_MEMORY)
		return res;
	if (error != NULL)
		error->code = MDOC_ERR_ARG;
	return MDOC_ERR_ARG;
}

enum mdoc_result
mdoc_request_build(const struct mdoc_context *context, const struct mdoc_ask *docs, size_t count,
	const struct mdoc_request_options *options, struct mdoc_buf *out, struct mdoc_error *error)
{
	static const struct mdoc_request_options none = { .edition = MDOC_EDITION_2021 };
	struct building b = { docs, count, options != NULL ? options : &none, NULL, MDOC_BUF_EMPTY, MDOC_BUF_EMPTY };
	struct mdoc_error why = { .code = MDOC_OK };
	enum mdoc_result res;

	res = check(context, &b, error);
	if (res != MDOC_OK)
		return res;
	b.items = calloc(count, sizeof(*b.items));
	if (b.items == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "docRequests", "memory");
	res = put_request(&b, &why);
	if (res == MDOC_ERR_UTF8) /* of a name */
		why.code = res = MDOC_ERR_ARG;
	if (res != MDOC_OK && why.code != res)
		(void)mdoci_fail(&why, res, SIZE_MAX, "", "what a request takes");
	if (res != MDOC_OK && error != NULL)
		*error = why;
	if (res == MDOC_OK)
		res = check_made(context, mdoc_buf_bytes(&b.made), error);
	if (res != MDOC_OK)
		goto out;
	mdoc_buf_append(out, mdoc_buf_bytes(&b.made));
	res = out->err;
	if (res != MDOC_OK)
		(void)mdoci_fail(error, res, SIZE_MAX, "", "room for the request");
out:
	for (size_t i = 0; i < count; i++)
		mdoc_buf_clear(&b.items[i]);
	free(b.items);
	mdoc_buf_clear(&b.info);
	mdoc_buf_clear(&b.made);
	return res;
}
