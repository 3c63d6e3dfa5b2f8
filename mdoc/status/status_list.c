/*
 * mdoc/status/status_list.c: status lists (ISO/IEC 18013-5 second edition, 12.3.6.5; Token Status List, 4).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/status/compress.h"
#include "mdoc/status/lists.h"

#define ENTRY_VALID 0
#define ENTRY_INVALID 1
#define ENTRY_SUSPENDED 2

static bool
bits_allowed(uint64_t bits)
{
	return bits == 1 || bits == 2 || bits == 4 || bits == 8;
}

enum mdoc_result
mdoci_status_list_read(struct mdoc_node map, unsigned *bits, struct mdoc_bytes *compressed, struct mdoc_error *error)
{
	static const char path[] = "payload.status_list";
	uint64_t number = 0;
	enum mdoc_result res = mdoci_want(map, MDOC_CBOR_MAP, path, error);

	if (res == MDOC_OK)
		res = mdoci_member_uint(map, "bits", path, &number, error);
	if (res == MDOC_OK && !bits_allowed(number))
		res = mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(mdoc_map_text(map, "bits")), path,
			"bits 1, 2, 4 or 8");
	if (res == MDOC_OK)
		res = mdoci_member_bstr(map, "lst", path, compressed, error);
	*bits = (unsigned)number;
	return res;
}

enum mdoc_result
mdoci_entries_inflate(const struct mdoc_context *context, unsigned bits, struct mdoc_bytes compressed,
	struct mdoci_entries *entries, struct mdoc_error *error)
{
	const size_t limit = mdoc_context_limit(context, MDOC_LIMIT_STATUS_LIST);
	const enum mdoc_result res = mdoci_inflate(compressed, limit, &entries->packed, &entries->len);

	entries->bits = bits;
	if (res == MDOC_ERR_SIZE)
		return mdoci_fail(error, res, SIZE_MAX, "payload.status_list.lst", "at most %zu bytes when inflated",
			limit);
	if (res != MDOC_OK)
		return mdoci_fail(error, res, SIZE_MAX, "payload.status_list.lst", "one whole zlib stream");
	return MDOC_OK;
}

static uint64_t
entry_count(const struct mdoci_entries *entries)
{
	return (uint64_t)entries->len * (8 / entries->bits);
}

bool
mdoci_entry(const struct mdoci_entries *entries, uint64_t idx, unsigned *value)
{
	const unsigned in_byte = 8 / entries->bits;

	if (idx >= entry_count(entries))
		return false;
	*value = ((unsigned)entries->packed[idx / in_byte] >> (idx % in_byte * entries->bits)) &
		((1U << entries->bits) - 1);
	return true;
}

bool
mdoc_status_set(uint8_t *packed, size_t len, unsigned bits, uint64_t idx, unsigned value)
{
	const struct mdoci_entries entries = { bits, packed, len };
	unsigned old, shift;

	if (!bits_allowed(bits) || value >= 1U << bits || !mdoci_entry(&entries, idx, &old))
		return false;
	shift = (unsigned)(idx % (8 / bits)) * bits;
	packed[idx / (8 / bits)] = (uint8_t)(packed[idx / (8 / bits)] ^ ((old ^ value) << shift));
	return true;
}

enum mdoc_result
mdoc_status_list_parse(const struct mdoc_context *context, struct mdoc_bytes input, struct mdoc_status_list **list,
	struct mdoc_error *error)
{
	struct mdoc_status_list *made = calloc(1, sizeof(*made));
	struct mdoc_node claim;
	enum mdoc_result res;

	*list = NULL;
	if (made == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	res = mdoci_token_parse(context, input, MDOCI_TYPE_STATUS_LIST, false, &made->token, error);
	if (res != MDOC_OK)
		goto out;
	claim = mdoc_map_int(made->token.envelope.payload, MDOCI_CLAIM_STATUS_LIST);
	if (!mdoc_node_present(claim))
		res = mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(made->token.envelope.payload), "payload",
			"a status list (65533)");
	else
		res = mdoci_status_list_read(claim, &made->bits, &made->compressed, error);
	if (res != MDOC_OK)
		goto out;
	*list = made;
	made = NULL;
out:
	mdoc_status_list_free(made);
	return res;
}

void
mdoc_status_list_free(struct mdoc_status_list *list)
{
	if (list == NULL)
		return;
	mdoci_token_clear(&list->token);
	free(list->entries.packed);
	free(list);
}

void
mdoc_status_list_info(const struct mdoc_status_list *list, struct mdoc_list_info *info)
{
	*info = (struct mdoc_list_info){
		.uri = list->token.uri,
		.issued = list->token.issued,
		.expires = list->token.expires,
		.ttl = list->token.ttl,
		.entries = list->token.checked ? entry_count(&list->entries) : 0,
		.bits = list->bits,
	};
}

/* Only what a trusted signer has signed is inflated. */
enum mdoc_result
mdoc_status_list_check(const struct mdoc_context *context, struct mdoc_status_list *list,
	const struct mdoc_list_trust *trust, struct mdoc_error *error)
{
	enum mdoc_result res;

	free(list->entries.packed);
	list->entries = (struct mdoci_entries){ .bits = list->bits };
	res = mdoci_token_check(context, &list->token, trust, error);
	if (res == MDOC_OK)
		res = mdoci_entries_inflate(context, list->bits, list->compressed, &list->entries, error);
	list->token.checked = res == MDOC_OK;
	return res;
}

enum mdoc_revocation
mdoc_status_list_ask(const struct mdoc_status_list *list, const struct mdoc_revocation_query *query,
	struct mdoc_error *why)
{
	const struct mdoc_status *status = query->status;
	unsigned value = 0;

	if (mdoci_token_answers(&list->token, status->list_uri, status->list_certificate, query, why) != MDOC_OK)
		return MDOC_REVOCATION_UNDETERMINED;
	if (!mdoci_entry(&list->entries, status->list_idx, &value)) {
		(void)mdoci_fail(why, MDOC_ERR_VALUE, SIZE_MAX, "", "an idx inside the list");
		return MDOC_REVOCATION_UNDETERMINED;
	}
	switch (value) {
	case ENTRY_VALID:
		return MDOC_REVOCATION_VALID;
	case ENTRY_INVALID:
		(void)mdoci_fail(why, MDOC_ERR_REVOKED, SIZE_MAX, "", "status VALID (0), not INVALID (1)");
		return MDOC_REVOCATION_REVOKED;
	case ENTRY_SUSPENDED:
		(void)mdoci_fail(why, MDOC_ERR_REVOKED, SIZE_MAX, "", "status VALID (0), not SUSPENDED (2)");
		return MDOC_REVOCATION_SUSPENDED;
	default:
		(void)mdoci_fail(why, MDOC_ERR_VALUE, SIZE_MAX, "", "status VALID (0), INVALID (1) or SUSPENDED (2)");
		return MDOC_REVOCATION_UNDETERMINED;
	}
}

enum mdoc_result
mdoc_status_list_build(const struct mdoc_context *context, const struct mdoc_list_spec *spec, unsigned bits,
	struct mdoc_bytes packed, struct mdoc_buf *out)
{
	struct mdoc_buf lst = MDOC_BUF_EMPTY, claims = MDOC_BUF_EMPTY;
	enum mdoc_result res = mdoci_list_spec_check(spec);

	if (res == MDOC_OK && (!bits_allowed(bits) || packed.len == 0))
		res = MDOC_ERR_ARG;
	if (res == MDOC_OK && packed.len > mdoc_context_limit(context, MDOC_LIMIT_STATUS_LIST))
		res = MDOC_ERR_SIZE;
	if (res != MDOC_OK)
		return res;
	mdoci_deflate(&lst, packed);
	res = lst.err;
	if (res != MDOC_OK)
		goto out;
	mdoci_put_claims(&claims, spec, 1);
	mdoc_put_int(&claims, MDOCI_CLAIM_STATUS_LIST);
	mdoc_put_map(&claims, 2);
	mdoc_put_text(&claims, "bits");
	mdoc_put_uint(&claims, bits);
	mdoc_put_text(&claims, "lst");
	mdoc_put_bstr(&claims, mdoc_buf_bytes(&lst));
	res = mdoci_put_token(out, spec, MDOCI_TYPE_STATUS_LIST, &claims);
out:
	mdoc_buf_clear(&lst);
	mdoc_buf_clear(&claims);
	return res;
}
