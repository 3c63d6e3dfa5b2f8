/*
 * mdoc/request/request_info_build.c: requestInfo, written.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/request_internal.h"

static const char path[] = "docRequests.itemsRequest.requestInfo";

static int
compare_asked(const void *key, const void *member)
{
	const struct mdoc_element_ref *ref = key;
	const struct mdoc_asked *asked = *(const struct mdoc_asked *const *)member;
	const int order = mdoci_bytes_order(ref->ns, asked->ns);

	return order != 0 ? order : mdoci_bytes_order(ref->element, asked->element);
}

static enum mdoc_result
check_alternative(const struct mdoc_alternative *alternative, struct mdoc_error *error)
{
	if (alternative->count == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, path, "a set or more in each alternative");
	for (size_t i = 0; i < alternative->count; i++) {
		if (alternative->sets[i].count == 0)
			return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, path, "an element or more in each set");
	}
	return MDOC_OK;
}

enum mdoc_result
mdoci_check_request_info(const struct mdoc_ask *ask, const struct mdoc_asked *const *sorted, struct mdoc_error *error)
{
	const struct mdoc_request_info *info = ask->info;
	enum mdoc_result res = MDOC_OK;

	for (size_t i = 0; res == MDOC_OK && i < info->alternative_count; i++) {
		if (bsearch(&info->alternatives[i].requested, sorted, ask->count, sizeof(*sorted), compare_asked) ==
			NULL)
			return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, path, "alternatives only for what is asked");
		res = check_alternative(&info->alternatives[i], error);
	}
	if (res == MDOC_OK && info->zk != NULL && info->zk->count == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, path, "a system or more in zkRequest");
	if (res == MDOC_OK && info->encryption != NULL && info->encryption->recipient.curve == MDOC_CURVE_NONE)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, path, "a recipient's key");
	return res;
}

static void
put_element(struct mdoc_buf *buf, const struct mdoc_element_ref *ref)
{
	mdoc_put_array(buf, 2);
	mdoc_put_tstr(buf, ref->ns);
	mdoc_put_tstr(buf, ref->element);
}

static void
put_alternatives(struct mdoc_buf *buf, const struct mdoc_request_info *info)
{
	mdoc_put_array(buf, info->alternative_count);
	for (size_t i = 0; i < info->alternative_count; i++) {
		const struct mdoc_alternative *alternative = &info->alternatives[i];

		mdoc_put_map(buf, 2);
		mdoc_put_text(buf, "requestedElement");
		put_element(buf, &alternative->requested);
		mdoc_put_text(buf, "alternativeElementSets");
		mdoc_put_array(buf, alternative->count);
		for (size_t k = 0; k < alternative->count; k++) {
			mdoc_put_array(buf, alternative->sets[k].count);
			for (size_t n = 0; n < alternative->sets[k].count; n++)
				put_element(buf, &alternative->sets[k].elements[n]);
		}
	}
}

static void
put_byte_strings(struct mdoc_buf *buf, const struct mdoc_bytes *strings, size_t count)
{
	mdoc_put_array(buf, count);
	for (size_t i = 0; i < count; i++)
		mdoc_put_bstr(buf, strings[i]);
}

static void
put_issuers(struct mdoc_buf *buf, const struct mdoc_request_info *info)
{
	put_byte_strings(buf, info->issuers, info->issuer_count);
}

static void
put_unique(struct mdoc_buf *buf, const struct mdoc_request_info *info)
{
	mdoc_put_bool(buf, info->unique == MDOC_UNIQUE_YES);
}

static void
put_maximum_size(struct mdoc_buf *buf, const struct mdoc_request_info *info)
{
	mdoc_put_uint(buf, info->maximum_size);
}

static void
put_zk(struct mdoc_buf *buf, const struct mdoc_request_info *info)
{
	const struct mdoc_zk_request *zk = info->zk;

	mdoc_put_map(buf, 2);
	mdoc_put_text(buf, "systemSpecs");
	mdoc_put_array(buf, zk->count);
	for (size_t i = 0; i < zk->count; i++) {
		const bool params = zk->systems[i].params.len > 0;

		mdoc_put_map(buf, params ? 3 : 2);
		mdoc_put_text(buf, "zkSystemId");
		mdoc_put_tstr(buf, zk->systems[i].id);
		mdoc_put_text(buf, "system");
		mdoc_put_tstr(buf, zk->systems[i].system);
		if (params) {
			mdoc_put_text(buf, "params");
			mdoc_put_raw(buf, zk->systems[i].params);
		}
	}
	mdoc_put_text(buf, "zkRequired");
	mdoc_put_bool(buf, zk->required);
}

/* A single certificate stands alone, as x5chain has it. */
static void
put_certificates(struct mdoc_buf *buf, const struct mdoc_response_encryption *encryption)
{
	mdoc_put_text(buf, "recipientCertificate");
	if (encryption->certificate_count == 1)
		mdoc_put_bstr(buf, encryption->certificates[0]);
	else
		put_byte_strings(buf, encryption->certificates, encryption->certificate_count);
}

static void
put_encryption(struct mdoc_buf *buf, const struct mdoc_request_info *info)
{
	const struct mdoc_response_encryption *encryption = info->encryption;
	struct mdoc_buf inner = MDOC_BUF_EMPTY;
	const size_t nonce = encryption->nonce.len > 0 ? 1 : 0;
	const size_t certificates = encryption->certificate_count > 0 ? 1 : 0;

	mdoc_put_map(&inner, 1 + nonce + certificates);
	mdoc_put_text(&inner, "recipientPublicKey");
	mdoc_put_key(&inner, &encryption->recipient);
	if (certificates > 0)
		put_certificates(&inner, encryption);
	if (nonce > 0) {
		mdoc_put_text(&inner, "nonce");
		mdoc_put_bstr(&inner, encryption->nonce);
	}
	if (buf->err == MDOC_OK)
		buf->err = inner.err;
	mdoc_put_embedded(buf, mdoc_buf_bytes(&inner));
	mdoc_buf_clear(&inner);
}

void
mdoci_put_request_info(struct mdoc_buf *buf, const struct mdoc_ask *ask)
{
	static const struct mdoc_request_info none = { .unique = MDOC_UNIQUE_NOT_SAID };
	const struct mdoc_request_info *info = ask->info != NULL ? ask->info : &none;
	const struct {
		const char *key;
		bool there;
		void (*put)(struct mdoc_buf *buf, const struct mdoc_request_info *info);
	} rows[] = {
		{ "alternativeDataElements", info->alternative_count > 0, put_alternatives },
		{ "issuerIdentifiers", info->issuer_count > 0, put_issuers },
		{ "uniqueDocSetRequired", info->unique != MDOC_UNIQUE_NOT_SAID, put_unique },
		{ "maximumResponseSize", info->maximum_size > 0, put_maximum_size },
		{ "zkRequest", info->zk != NULL, put_zk },
		{ "docResponseEncryption", info->encryption != NULL, put_encryption },
	};
	const size_t count = sizeof(rows) / sizeof(rows[0]);
	size_t pairs = ask->legal_basis.len > 0 ? 1 : 0;

	for (size_t i = 0; i < count; i++)
		pairs += rows[i].there ? 1 : 0;
	mdoc_put_map(buf, pairs);
	for (size_t i = 0; i < count; i++) {
		if (!rows[i].there)
			continue;
		mdoc_put_text(buf, rows[i].key);
		rows[i].put(buf, info);
	}
	if (ask->legal_basis.len > 0) {
		mdoc_put_text(buf, MDOC_LEGAL_BASIS);
		mdoc_put_tstr(buf, ask->legal_basis);
	}
}
