/*
 * mdoc/session/transcript.c: SessionTranscript and its handovers.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <mdoc/transcript.h>
#include "mdoc/base/internal.h"

/* Members of struct mdoc_transcript_spec. */
enum field {
	ENGAGEMENT,
	READER_KEY,
	READER_ENGAGEMENT,
	OPAQUE,
	NFC_SELECT,
	NFC_REQUEST,
	CLIENT_ID,
	ORIGIN,
	ENDPOINT,
	NONCE,
	MDOC_NONCE,
	RESPONSE_URI,
	ENCRYPTION_INFO,
	THUMBPRINT,
	FIELDS
};

static const struct {
	const char *name;
	size_t offset;
} fields[FIELDS] = {
	[ENGAGEMENT] = { "engagement", offsetof(struct mdoc_transcript_spec, engagement) },
	[READER_KEY] = { "reader_key", offsetof(struct mdoc_transcript_spec, reader_key) },
	[READER_ENGAGEMENT] = { "reader_engagement", offsetof(struct mdoc_transcript_spec, reader_engagement) },
	[OPAQUE] = { "opaque", offsetof(struct mdoc_transcript_spec, opaque) },
	[NFC_SELECT] = { "nfc_select", offsetof(struct mdoc_transcript_spec, nfc_select) },
	[NFC_REQUEST] = { "nfc_request", offsetof(struct mdoc_transcript_spec, nfc_request) },
	[CLIENT_ID] = { "client_id", offsetof(struct mdoc_transcript_spec, client_id) },
	[ORIGIN] = { "origin", offsetof(struct mdoc_transcript_spec, origin) },
	[ENDPOINT] = { "endpoint", offsetof(struct mdoc_transcript_spec, endpoint) },
	[NONCE] = { "nonce", offsetof(struct mdoc_transcript_spec, nonce) },
	[MDOC_NONCE] = { "mdoc_nonce", offsetof(struct mdoc_transcript_spec, mdoc_nonce) },
	[RESPONSE_URI] = { "response_uri", offsetof(struct mdoc_transcript_spec, response_uri) },
	[ENCRYPTION_INFO] = { "encryption_info", offsetof(struct mdoc_transcript_spec, encryption_info) },
	[THUMBPRINT] = { "thumbprint", offsetof(struct mdoc_transcript_spec, thumbprint) },
};

static struct mdoc_bytes
field_of(const struct mdoc_transcript_spec *spec, enum field field)
{
	return *(const struct mdoc_bytes *)((const void *)((const char *)spec + fields[field].offset));
}

#define INFO_MAX 4

struct build {
	const struct mdoc_context *context;
	const struct mdoc_transcript_spec *spec;
	struct mdoc_buf *out;
};

/* A text, or the thumbprint, which is nil when there is none. */
static void
put_field(struct mdoc_buf *buf, const struct mdoc_transcript_spec *spec, enum field field)
{
	const struct mdoc_bytes value = field_of(spec, field);

	if (field != THUMBPRINT)
		mdoc_put_tstr(buf, value);
	else if (value.ptr != NULL)
		mdoc_put_bstr(buf, value);
	else
		mdoc_put_null(buf);
}

/* SHA-256 over an array of fields, as a byte string. */
static void
put_digest(const struct build *build, const enum field *info, size_t count)
{
	struct mdoc_buf array = MDOC_BUF_EMPTY;
	uint8_t digest[MDOC_DIGEST_MAX];
	size_t len = 0;
	enum mdoc_result res;

	mdoc_put_array(&array, count);
	for (size_t i = 0; i < count; i++)
		put_field(&array, build->spec, info[i]);
	res = array.err;
	if (res == MDOC_OK)
		res = mdoc_digest(build->context, MDOC_SHA256, mdoc_buf_bytes(&array), digest, &len);
	if (res == MDOC_OK)
		mdoc_put_bstr(build->out, mdoc_bytes_of(digest, len));
	else if (build->out->err == MDOC_OK)
		build->out->err = res;
	mdoc_buf_clear(&array);
}

static void
put_qr(const struct build *build)
{
	mdoc_put_null(build->out);
}

static void
put_nfc(const struct build *build)
{
	mdoc_put_array(build->out, 2);
	mdoc_put_bstr(build->out, build->spec->nfc_select);
	if (build->spec->nfc_request.ptr != NULL)
		mdoc_put_bstr(build->out, build->spec->nfc_request);
	else
		mdoc_put_null(build->out);
}

static void
put_annex_b(const struct build *build)
{
	static const enum field client[] = { CLIENT_ID, MDOC_NONCE };
	static const enum field response[] = { RESPONSE_URI, MDOC_NONCE };

	mdoc_put_array(build->out, 3);
	put_digest(build, client, 2);
	put_digest(build, response, 2);
	put_field(build->out, build->spec, NONCE);
}

static void
put_annex_b_2023(const struct build *build)
{
	static const enum field all[] = { MDOC_NONCE, CLIENT_ID, RESPONSE_URI, NONCE };

	mdoc_put_array(build->out, 4);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		put_field(build->out, build->spec, all[i]);
}

/* Encoded, bare or with tag 24: with tag 24. */
static void
put_tagged(struct mdoc_buf *buf, struct mdoc_bytes item)
{
	/* It has been scanned: major type 6 is a tag. */
	if ((item.ptr[0] >> 5) == 6)
		mdoc_put_raw(buf, item);
	else
		mdoc_put_embedded(buf, item);
}

static void
put_annex_a(const struct build *build)
{
	put_tagged(build->out, build->spec->reader_engagement);
}

static void
put_opaque(const struct build *build)
{
	mdoc_put_raw(build->out, build->spec->opaque);
}

#define BIT(field) (1U << (field))
#define DEVICE (BIT(ENGAGEMENT) | BIT(READER_KEY))
#define ANNEX_B (BIT(CLIENT_ID) | BIT(RESPONSE_URI) | BIT(NONCE) | BIT(MDOC_NONCE))

static const struct {
	unsigned wants;
	unsigned takes; /* and may be left out */
	void (*put)(const struct build *build);
	/* Without put: [name, SHA-256 over these] */
	const char *name;
	size_t count;
	enum field info[INFO_MAX];
} handovers[MDOC_HANDOVER_COUNT] = {
	[MDOC_HANDOVER_QR] = { .wants = DEVICE, .put = put_qr },
	[MDOC_HANDOVER_NFC] = { .wants = DEVICE | BIT(NFC_SELECT), .takes = BIT(NFC_REQUEST), .put = put_nfc },
	[MDOC_HANDOVER_OPENID4VP] = { .wants = BIT(CLIENT_ID) | BIT(NONCE) | BIT(RESPONSE_URI),
		.takes = BIT(THUMBPRINT),
		.name = "OpenID4VPHandover",
		.count = 4,
		.info = { CLIENT_ID, NONCE, THUMBPRINT, RESPONSE_URI } },
	[MDOC_HANDOVER_OPENID4VP_DCAPI] = { .wants = BIT(ORIGIN) | BIT(NONCE),
		.takes = BIT(THUMBPRINT),
		.name = "OpenID4VPDCAPIHandover",
		.count = 3,
		.info = { ORIGIN, NONCE, THUMBPRINT } },
	[MDOC_HANDOVER_OPENID4VCI_IAE] = { .wants = BIT(ENDPOINT) | BIT(NONCE),
		.takes = BIT(THUMBPRINT),
		.name = "OpenID4VCIIAEHandover",
		.count = 3,
		.info = { ENDPOINT, NONCE, THUMBPRINT } },
	[MDOC_HANDOVER_ANNEX_B] = { .wants = ANNEX_B, .put = put_annex_b },
	[MDOC_HANDOVER_ANNEX_B_2023] = { .wants = ANNEX_B, .put = put_annex_b_2023 },
	[MDOC_HANDOVER_ANNEX_C] = { .wants = BIT(ENCRYPTION_INFO) | BIT(ORIGIN),
		.name = "dcapi",
		.count = 2,
		.info = { ENCRYPTION_INFO, ORIGIN } },
	[MDOC_HANDOVER_ANNEX_A] = { .wants = DEVICE | BIT(READER_ENGAGEMENT), .put = put_annex_a },
	[MDOC_HANDOVER_OPAQUE] = { .wants = BIT(OPAQUE), .takes = DEVICE, .put = put_opaque },
};

/* One encoded item: a map, bare or in tag 24; as an opaque handover anything well formed. */
static enum mdoc_result
check_encoded(const struct mdoc_context *context, struct mdoc_bytes item, bool opaque, struct mdoc_error *error)
{
	struct mdoc_cbor *scan = NULL, *inner = NULL;
	struct mdoc_node root;
	enum mdoc_result res;

	res = mdoc_cbor_scan(context, item, 0, &scan, error);
	if (res != MDOC_OK || opaque)
		goto out;
	root = mdoc_cbor_root(scan);
	if (mdoc_node_type(root) == MDOC_CBOR_TAG) {
		res = mdoci_scan_embedded(root, "", &inner, error);
		if (res != MDOC_OK)
			goto out;
		root = mdoc_cbor_root(inner);
	}
	res = mdoci_want(root, MDOC_CBOR_MAP, "", error);
out:
	mdoc_cbor_free(inner);
	mdoc_cbor_free(scan);
	return res;
}

static enum mdoc_result
check_field(const struct mdoc_context *context, const struct mdoc_transcript_spec *spec, enum field field,
	struct mdoc_error *error)
{
	const struct mdoc_bytes value = field_of(spec, field);
	const unsigned wants = handovers[spec->handover].wants, takes = handovers[spec->handover].takes;
	enum mdoc_result res;

	if (value.ptr == NULL && (wants & BIT(field)) != 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, fields[field].name, "what this handover is made of");
	if (value.ptr != NULL && ((wants | takes) & BIT(field)) == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, fields[field].name, "nothing, with this handover");
	if (value.ptr == NULL)
		return MDOC_OK;
	if (field == THUMBPRINT && value.len != MDOC_THUMBPRINT_SIZE)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, fields[field].name, "%d bytes", MDOC_THUMBPRINT_SIZE);
	if (field > OPAQUE)
		return MDOC_OK;
	res = check_encoded(context, value, field == OPAQUE, error);
	if (res != MDOC_OK)
		mdoci_error_prefix(error, fields[field].name);
	return res;
}

static void
put_nil_or_tagged(struct mdoc_buf *buf, struct mdoc_bytes item)
{
	if (item.ptr == NULL)
		mdoc_put_null(buf);
	else
		put_tagged(buf, item);
}

enum mdoc_result
mdoc_transcript_build(const struct mdoc_context *context, const struct mdoc_transcript_spec *spec, struct mdoc_buf *out,
	struct mdoc_error *error)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	const struct build build = { context, spec, &made };
	enum mdoc_result res = MDOC_OK;

	if ((unsigned)spec->handover >= MDOC_HANDOVER_COUNT)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "handover", "a handover");
	for (size_t i = 0; i < FIELDS && res == MDOC_OK; i++)
		res = check_field(context, spec, (enum field)i, error);
	if (res != MDOC_OK)
		return res;
	mdoc_put_array(&made, 3);
	put_nil_or_tagged(&made, spec->engagement);
	put_nil_or_tagged(&made, spec->reader_key);
	if (handovers[spec->handover].put != NULL) {
		handovers[spec->handover].put(&build);
	} else {
		mdoc_put_array(&made, 2);
		mdoc_put_text(&made, handovers[spec->handover].name);
		put_digest(&build, handovers[spec->handover].info, handovers[spec->handover].count);
	}
	res = made.err;
	if (res == MDOC_OK) {
		mdoc_buf_append(out, mdoc_buf_bytes(&made));
		res = out->err;
	}
	if (res != MDOC_OK)
		(void)mdoci_fail(error, res, SIZE_MAX, "", "a transcript that can be written");
	mdoc_buf_clear(&made);
	return res;
}

enum mdoc_result
mdoc_transcript_tag(struct mdoc_bytes transcript, struct mdoc_buf *out)
{
	mdoc_put_embedded(out, transcript);
	return out->err;
}

/* nil, or tag 24 around something. */
static bool
read_part(struct mdoc_node node, struct mdoc_bytes *part)
{
	struct mdoc_bytes inner;

	*part = mdoc_node_is_null(node) ? MDOC_NO_BYTES : mdoc_node_span(node);
	return part->ptr == NULL || mdoc_node_embedded(node, &inner);
}

enum mdoc_result
mdoc_transcript_parse(const struct mdoc_context *context, struct mdoc_bytes input, struct mdoc_transcript_parts *parts,
	struct mdoc_error *error)
{
	struct mdoc_cbor *scan = NULL;
	struct mdoc_node root;
	enum mdoc_result res;

	*parts = (struct mdoc_transcript_parts){ .transcript = MDOC_NO_BYTES };
	res = mdoc_cbor_unwrap(context, input, &parts->transcript, error);
	if (res == MDOC_OK)
		res = mdoc_cbor_scan(context, parts->transcript, (size_t)(parts->transcript.ptr - input.ptr), &scan,
			error);
	if (res != MDOC_OK)
		goto out;
	root = mdoc_cbor_root(scan);
	if (mdoc_node_type(root) != MDOC_CBOR_ARRAY || mdoc_node_count(root) != 3 ||
		!read_part(mdoc_node_at(root, 0), &parts->engagement) ||
		!read_part(mdoc_node_at(root, 1), &parts->reader_key))
		res = mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(root), "",
			"[DeviceEngagementBytes or nil, EReaderKeyBytes or nil, Handover]");
	else
		parts->handover = mdoc_node_span(mdoc_node_at(root, 2));
out:
	mdoc_cbor_free(scan);
	return res;
}
