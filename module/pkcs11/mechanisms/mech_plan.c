/*
 * module/pkcs11/mechanisms/mech_plan.c: parse, select and size a CKM_MDOC_* signature, then make it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/mechanisms/mech_plan.h"

#include <stdlib.h>
#include <string.h>

#include "mdoc-pkcs11.h"
#include "module/pkcs11/shell/rv.h"

/* DeviceNameSpaces as the caller made them, against what the issuer allows. */
static CK_RV
check_device_namespaces(const struct mdoc_issuer_signed *record, struct mdoc_bytes inner)
{
	struct mdoc_cbor *scan = NULL;
	enum mdoc_result res;

	res = mdoc_cbor_scan(NULL, inner, 0, &scan, NULL);
	if (res == MDOC_OK)
		res = mdoc_device_namespaces_check(record, scan, NULL);
	mdoc_cbor_free(scan);
	return rv_from_mdoc(res);
}

static CK_RV
plan_device_sign(struct mech_plan *plan)
{
	struct mdoc_bytes inner;
	CK_RV rv;

	rv = rv_from_mdoc(mdoc_device_authentication_parse(plan->context, plan->input, &plan->auth, NULL));
	if (rv != CKR_OK)
		return rv;
	if (!mdoc_bytes_equal(plan->auth.doc_type, plan->note->doc_type))
		return CKR_MDOC_DOCTYPE;
	rv = rv_from_mdoc(mdoc_cbor_unwrap(plan->context, plan->auth.namespaces_bytes, &inner, NULL));
	if (rv == CKR_OK)
		rv = check_device_namespaces(plan->record, inner);
	if (rv != CKR_OK)
		return rv;
	if (plan->mechanism == CKM_MDOC_DEVICE_MAC)
		plan->size = mdoc_device_mac_size(plan->auth.namespaces_bytes);
	else
		plan->size = mdoc_device_signed_size(plan->auth.namespaces_bytes, plan->note->curve);
	return plan->size > 0 ? CKR_OK : CKR_HOST_MEMORY;
}

/* How many elements `agreed` names; false: it is not {tstr: [tstr, …]}. */
static bool
count_agreed(struct mdoc_node map, size_t *count)
{
	struct mdoc_node key, list, item;
	struct mdoc_bytes text;

	*count = 0;
	if (mdoc_node_type(map) != MDOC_CBOR_MAP)
		return false;
	for (key = mdoc_node_first(map); mdoc_node_present(key); key = mdoc_node_next(list)) {
		list = mdoc_node_next(key);
		if (!mdoc_node_tstr(key, &text) || mdoc_node_type(list) != MDOC_CBOR_ARRAY)
			return false;
		for (item = mdoc_node_first(list); mdoc_node_present(item); item = mdoc_node_next(item)) {
			if (!mdoc_node_tstr(item, &text))
				return false;
			(*count)++;
		}
	}
	return true;
}

static CK_RV
read_agreed(struct mech_plan *plan, struct mdoc_node map)
{
	struct mdoc_node key, item;
	struct mdoc_agreed *at;
	struct mdoc_bytes ns;
	size_t count;

	if (!count_agreed(map, &count))
		return CKR_MDOC_INPUT_MALFORMED;
	plan->agreed_given = true;
	if (count == 0)
		return CKR_OK;
	plan->agreed = calloc(count, sizeof(*plan->agreed));
	if (plan->agreed == NULL)
		return CKR_HOST_MEMORY;
	plan->agreed_count = count;
	at = plan->agreed;
	for (key = mdoc_node_first(map); mdoc_node_tstr(key, &ns); key = mdoc_node_next(mdoc_node_next(key)))
		for (item = mdoc_node_first(mdoc_node_next(key)); mdoc_node_present(item);
			item = mdoc_node_next(item)) {
			at->ns = ns;
			(void)mdoc_node_tstr(item, &at->element);
			at++;
		}
	return CKR_OK;
}

/* SessionTranscript stays opaque, but for its outermost shape. */
static CK_RV
check_transcript(struct mdoc_bytes transcript)
{
	struct mdoc_cbor *scan = NULL;
	struct mdoc_node root;
	CK_RV rv;

	rv = rv_from_mdoc(mdoc_cbor_scan(NULL, transcript, 0, &scan, NULL));
	if (rv == CKR_OK) {
		root = mdoc_cbor_root(scan);
		if (mdoc_node_type(root) != MDOC_CBOR_ARRAY || mdoc_node_count(root) != 3)
			rv = CKR_MDOC_INPUT_MALFORMED;
	}
	mdoc_cbor_free(scan);
	return rv;
}

/* [SessionTranscriptBytes, #6.24(bstr .cbor DeviceRequest), ? agreed] */
static CK_RV
read_response_input(struct mech_plan *plan)
{
	struct mdoc_bytes request;
	struct mdoc_node root;
	size_t count;
	CK_RV rv;

	rv = rv_from_mdoc(mdoc_cbor_scan(plan->context, plan->input, 0, &plan->scan, NULL));
	if (rv != CKR_OK)
		return rv;
	root = mdoc_cbor_root(plan->scan);
	count = mdoc_node_type(root) == MDOC_CBOR_ARRAY ? mdoc_node_count(root) : 0;
	if ((count != 2 && count != 3) || !mdoc_node_embedded(mdoc_node_at(root, 0), &plan->transcript) ||
		!mdoc_node_embedded(mdoc_node_at(root, 1), &request))
		return CKR_MDOC_INPUT_MALFORMED;
	rv = check_transcript(plan->transcript);
	if (rv == CKR_OK && count == 3)
		rv = read_agreed(plan, mdoc_node_at(root, 2));
	if (rv == CKR_OK)
		rv = rv_from_mdoc(mdoc_request_parse(plan->context, request, &plan->request, NULL));
	return rv;
}

/* One reader that cannot prove itself sinks the whole request. */
static CK_RV
check_reader_auth(const struct mech_plan *plan)
{
	const enum mdoc_result res = mdoc_reader_auth_verify(plan->context, plan->request, plan->transcript, NULL);

	if (res == MDOC_ERR_MEMORY)
		return CKR_HOST_MEMORY;
	return res == MDOC_OK ? CKR_OK : CKR_MDOC_READER_AUTH;
}

static CK_RV
plan_device_response(struct mech_plan *plan)
{
	const struct mdoc_held held = { .record = plan->record };
	struct mdoc_select_options options = { NULL, 0, false, NULL };
	CK_RV rv;

	rv = read_response_input(plan);
	if (rv == CKR_OK)
		rv = check_reader_auth(plan);
	if (rv == CKR_OK)
		options = (struct mdoc_select_options){ plan->agreed, plan->agreed_count, plan->agreed_given, NULL };
	if (rv == CKR_OK)
		rv = rv_from_mdoc(
			mdoc_select(plan->context, plan->request, &held, 1, &options, &plan->selection, NULL));
	if (rv == CKR_OK)
		rv = rv_from_mdoc(mdoc_response_size(plan->selection, NULL, &plan->size));
	return rv;
}

CK_RV
mech_plan_make(const struct mdoc_context *context, CK_MECHANISM_TYPE mechanism, const struct mdoc_issuer_signed *record,
	const struct mech_note *note, struct mdoc_bytes input, struct mech_plan *plan)
{
	memset(plan, 0, sizeof(*plan));
	plan->mechanism = mechanism;
	plan->context = context;
	plan->input = input;
	plan->record = record;
	plan->note = note;
	if (input.len > MDOC_SIGN_INPUT_MAX)
		return CKR_MDOC_INPUT_MALFORMED;
	switch (mechanism) {
	case CKM_MDOC_DEVICE_SIGN:
	case CKM_MDOC_DEVICE_MAC:
		return plan_device_sign(plan);
	case CKM_MDOC_DEVICE_RESPONSE:
		return record != NULL ? plan_device_response(plan) : CKR_GENERAL_ERROR;
	default:
		return CKR_MECHANISM_INVALID;
	}
}

void
mech_plan_clear(struct mech_plan *plan)
{
	mdoc_selection_free(plan->selection);
	mdoc_request_free(plan->request);
	mdoc_cbor_free(plan->scan);
	free(plan->agreed);
	memset(plan, 0, sizeof(*plan));
}

CK_RV
mech_plan_check_time(const struct mech_note *note, int64_t now)
{
	if (now < note->valid_from)
		return CKR_MDOC_NOT_YET_VALID;
	return now > note->valid_until ? CKR_MDOC_EXPIRED : CKR_OK;
}

CK_RV
mech_plan_sign(const struct mech_plan *plan, const struct mdoc_signer *signer, struct mdoc_buf *out)
{
	struct mdoc_signer copy = *signer;
	const struct mdoc_device_key key = { .signer = &copy };
	const struct mdoc_response_options options = { .transcript = plan->transcript, .keys = &key };
	const size_t before = out->len;
	enum mdoc_result res;

	if (plan->mechanism == CKM_MDOC_DEVICE_SIGN)
		res = mdoc_device_signed_put(out, plan->input, plan->auth.namespaces_bytes, &copy);
	else
		res = mdoc_response_build(plan->context, plan->selection, &options, out, NULL);
	if (res == MDOC_OK)
		res = out->err;
	if (res != MDOC_OK)
		return rv_from_mdoc(res);
	return out->len - before == plan->size ? CKR_OK : CKR_GENERAL_ERROR;
}

CK_RV
mech_plan_mac(const struct mech_plan *plan, struct mdoc_bytes shared, struct mdoc_buf *out)
{
	const size_t before = out->len;
	enum mdoc_result res;

	res = mdoc_device_mac_put(plan->context, out, plan->input, plan->auth.namespaces_bytes, plan->auth.transcript,
		shared);
	if (res != MDOC_OK)
		return rv_from_mdoc(res);
	return out->len - before == plan->size ? CKR_OK : CKR_GENERAL_ERROR;
}
