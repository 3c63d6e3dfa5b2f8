/*
 * mdoc/request/request_build.c: DeviceRequest written by a reader.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"
#include "mdoc/request/reader_auth.h"
#include <mdoc/request.h>

static bool
same_namespace(const struct mdoc_ask *ask, size_t a, size_t b)
{
	return mdoc_bytes_equal(ask->asked[a].ns, ask->asked[b].ns);
}

/* True when no earlier row has the namespace of this one. */
static bool
begins_namespace(const struct mdoc_ask *ask, size_t row)
{
	for (size_t i = 0; i < row; i++) {
		if (same_namespace(ask, i, row))
			return false;
	}
	return true;
}

static size_t
rows_of_namespace(const struct mdoc_ask *ask, size_t row)
{
	size_t n = 0;

	for (size_t i = row; i < ask->count; i++)
		n += same_namespace(ask, row, i);
	return n;
}

static void
put_namespaces(struct mdoc_buf *buf, const struct mdoc_ask *ask)
{
	size_t namespaces = 0;

	for (size_t i = 0; i < ask->count; i++)
		namespaces += begins_namespace(ask, i);
	mdoc_put_map(buf, namespaces);
	for (size_t i = 0; i < ask->count; i++) {
		if (!begins_namespace(ask, i))
			continue;
		mdoc_put_tstr(buf, ask->asked[i].ns);
		mdoc_put_map(buf, rows_of_namespace(ask, i));
		for (size_t k = i; k < ask->count; k++) {
			if (!same_namespace(ask, i, k))
				continue;
			mdoc_put_tstr(buf, ask->asked[k].element);
			mdoc_put_bool(buf, ask->asked[k].intent_to_retain);
		}
	}
}

/* The tag-24 item into out, which is empty. */
static enum mdoc_result
build_items_request(const struct mdoc_ask *ask, struct mdoc_buf *out)
{
	struct mdoc_buf inner = MDOC_BUF_EMPTY;

	mdoc_put_map(&inner, 2);
	mdoc_put_text(&inner, "docType");
	mdoc_put_tstr(&inner, ask->doc_type);
	mdoc_put_text(&inner, "nameSpaces");
	put_namespaces(&inner, ask);
	out->err = inner.err;
	mdoc_put_embedded(out, mdoc_buf_bytes(&inner));
	mdoc_buf_clear(&inner);
	return out->err;
}

static enum mdoc_result
put_reader_auth(struct mdoc_buf *buf, const struct mdoc_ask *ask, struct mdoc_bytes transcript, struct mdoc_bytes items)
{
	struct mdoc_buf payload = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	mdoci_put_reader_authentication_bytes(&payload, transcript, items);
	res = payload.err;
	mdoc_put_text(buf, "readerAuth");
	if (res == MDOC_OK)
		res = mdoc_sign1_put(buf, ask->signer, mdoc_buf_bytes(&payload), true, ask->x5chain,
			ask->x5chain_count);
	mdoc_buf_clear(&payload);
	return res;
}

static enum mdoc_result
put_doc_request(struct mdoc_buf *buf, const struct mdoc_ask *ask, struct mdoc_bytes transcript)
{
	struct mdoc_buf items = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	res = build_items_request(ask, &items);
	if (res != MDOC_OK)
		goto out;
	mdoc_put_map(buf, ask->signer != NULL ? 2 : 1);
	mdoc_put_text(buf, "itemsRequest");
	mdoc_put_raw(buf, mdoc_buf_bytes(&items));
	if (ask->signer != NULL)
		res = put_reader_auth(buf, ask, transcript, mdoc_buf_bytes(&items));
	if (res == MDOC_OK)
		res = buf->err;
out:
	mdoc_buf_clear(&items);
	return res;
}

static enum mdoc_result
check_ask(const struct mdoc_context *context, const struct mdoc_ask *ask, struct mdoc_bytes transcript,
	struct mdoc_error *error)
{
	const size_t limit = mdoc_context_limit(context, MDOC_LIMIT_ASKED);

	if (ask->count == 0 || ask->count > limit)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "docRequests", "1 to %zu elements", limit);
	if (ask->signer != NULL && (ask->x5chain_count == 0 || transcript.len == 0))
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "docRequests",
			"a certificate and a SessionTranscript with a signer");
	for (size_t i = 0; i < ask->count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (same_namespace(ask, i, k) && mdoc_bytes_equal(ask->asked[i].element, ask->asked[k].element))
				return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "docRequests",
					"each element asked once");
		}
	}
	return MDOC_OK;
}

enum mdoc_result
mdoc_request_build(const struct mdoc_context *context, const struct mdoc_ask *docs, size_t count,
	const struct mdoc_request_options *options, struct mdoc_buf *out, struct mdoc_error *error)
{
	const struct mdoc_bytes transcript = options != NULL ? options->transcript : MDOC_NO_BYTES;
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	enum mdoc_result res = MDOC_OK;

	if (count == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "docRequests", "one or more");
	mdoc_put_map(&made, 2);
	mdoc_put_text(&made, "version");
	mdoc_put_text(&made, "1.0");
	mdoc_put_text(&made, "docRequests");
	mdoc_put_array(&made, count);
	for (size_t i = 0; i < count && res == MDOC_OK; i++) {
		res = check_ask(context, &docs[i], transcript, error);
		if (res != MDOC_OK)
			goto out;
		res = put_doc_request(&made, &docs[i], transcript);
	}
	if (res == MDOC_OK) {
		mdoc_buf_append(out, mdoc_buf_bytes(&made));
		res = out->err;
	}
	if (res != MDOC_OK)
		(void)mdoci_fail(error, res, SIZE_MAX, "docRequests", "a request that can be written and signed");
out:
	mdoc_buf_clear(&made);
	return res;
}
