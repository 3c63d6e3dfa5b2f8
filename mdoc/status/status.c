/*
 * mdoc/status/status.c: what an MSO says about its revocation.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"
#include <mdoc/status.h>
#include <string.h>

/* uri and certificate, which both kinds of reference have. */
static enum mdoc_result
read_common(struct mdoc_node map, const char *path, struct mdoc_bytes *uri, struct mdoc_bytes *certificate,
	struct mdoc_error *error)
{
	enum mdoc_result res = mdoci_member_text(map, "uri", path, uri, error);

	if (res == MDOC_OK && uri->len == 0)
		res = mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(map), path, "a uri that is not empty");
	if (res == MDOC_OK && mdoc_node_present(mdoc_map_text(map, "certificate")))
		res = mdoci_member_bstr(map, "certificate", path, certificate, error);
	return res;
}

static enum mdoc_result
read_list(struct mdoc_node map, const char *path, struct mdoc_status *status, struct mdoc_error *error)
{
	enum mdoc_result res = mdoci_want(map, MDOC_CBOR_MAP, path, error);

	if (res == MDOC_OK)
		res = mdoci_member_uint(map, "idx", path, &status->list_idx, error);
	if (res == MDOC_OK)
		res = read_common(map, path, &status->list_uri, &status->list_certificate, error);
	return res;
}

static enum mdoc_result
read_identifier(struct mdoc_node map, const char *path, struct mdoc_status *status, struct mdoc_error *error)
{
	enum mdoc_result res = mdoci_want(map, MDOC_CBOR_MAP, path, error);

	if (res == MDOC_OK)
		res = mdoci_member_bstr(map, "id", path, &status->identifier, error);
	if (res == MDOC_OK && status->identifier.len == 0)
		res = mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(map), path, "an id that is not empty");
	if (res == MDOC_OK)
		res = read_common(map, path, &status->identifier_uri, &status->identifier_certificate, error);
	return res;
}

enum mdoc_result
mdoc_status_read(struct mdoc_node node, const char *path, struct mdoc_status *status, struct mdoc_error *error)
{
	struct mdoc_status read = { 0 };
	enum mdoc_result res = MDOC_OK;
	char place[MDOCI_PATH_MAX];
	struct mdoc_node list;

	memset(status, 0, sizeof(*status));
	if (!mdoc_node_present(node))
		return MDOC_OK;
	res = mdoci_want(node, MDOC_CBOR_MAP, path, error);
	list = mdoc_map_text(node, "status_list");
	if (res == MDOC_OK && mdoc_node_present(list)) {
		mdoci_path(place, path, "status_list");
		res = read_list(list, place, &read, error);
	}
	list = mdoc_map_text(node, "identifier_list");
	if (res == MDOC_OK && mdoc_node_present(list)) {
		mdoci_path(place, path, "identifier_list");
		res = read_identifier(list, place, &read, error);
	}
	if (res == MDOC_OK)
		*status = read;
	return res;
}

static void
put_common(struct mdoc_buf *buf, struct mdoc_bytes uri, struct mdoc_bytes certificate)
{
	mdoc_put_text(buf, "uri");
	mdoc_put_tstr(buf, uri);
	if (certificate.len == 0)
		return;
	mdoc_put_text(buf, "certificate");
	mdoc_put_bstr(buf, certificate);
}

void
mdoc_put_status(struct mdoc_buf *buf, const struct mdoc_status *status)
{
	const bool list = status->list_uri.len > 0;
	const bool identifier = status->identifier_uri.len > 0;

	if (buf->err == MDOC_OK && ((!list && !identifier) || (identifier && status->identifier.len == 0)))
		buf->err = MDOC_ERR_ARG;
	mdoc_put_map(buf, (list ? 1U : 0U) + (identifier ? 1U : 0U));
	if (list) {
		mdoc_put_text(buf, "status_list");
		mdoc_put_map(buf, status->list_certificate.len > 0 ? 3 : 2);
		mdoc_put_text(buf, "idx");
		mdoc_put_uint(buf, status->list_idx);
		put_common(buf, status->list_uri, status->list_certificate);
	}
	if (identifier) {
		mdoc_put_text(buf, "identifier_list");
		mdoc_put_map(buf, status->identifier_certificate.len > 0 ? 3 : 2);
		mdoc_put_text(buf, "id");
		mdoc_put_bstr(buf, status->identifier);
		put_common(buf, status->identifier_uri, status->identifier_certificate);
	}
}
