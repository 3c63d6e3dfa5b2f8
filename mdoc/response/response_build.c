/*
 * mdoc/response/response_build.c: the DeviceResponse of a selection; items and issuerAuth as received.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/response/select_internal.h"
#include <mdoc/response.h>

/* DeviceNameSpacesBytes of an empty map: nothing is device-signed. */
static const uint8_t no_namespaces[] = { 0xd8, 0x18, 0x41, 0xa0 };

/* A response being written, or only counted. */
struct writer {
	const struct mdoc_selection *selection;
	const struct mdoc_response_options *options;
	struct mdoc_bytes *errors; /* docTypes of documentErrors */
	size_t error_count;
	struct mdoc_buf *out;
	struct mdoc_buf to_sign, device_signed; /* of the document at hand */
	bool counting;
};

static bool
leaves(const struct mdoci_row *row)
{
	return row->choice.state == MDOC_LEAVES;
}

static void
put_namespaces(struct mdoc_buf *buf, const struct mdoci_selected *doc)
{
	const struct mdoc_namespace *space = NULL;
	size_t spaces = 0, items;

	for (size_t i = 0; i < doc->count; i++)
		if (doc->rows[i].item != NULL && leaves(&doc->rows[i]) && doc->rows[i].space != space) {
			space = doc->rows[i].space;
			spaces++;
		}
	mdoc_put_map(buf, spaces > 0 ? 2 : 1);
	if (spaces == 0)
		return;
	mdoc_put_text(buf, "nameSpaces");
	mdoc_put_map(buf, spaces);
	for (size_t i = 0, end; i < doc->count; i = end) {
		items = 0;
		for (end = i; end < doc->count && doc->rows[end].space == doc->rows[i].space; end++)
			items += doc->rows[end].item != NULL && leaves(&doc->rows[end]) ? 1 : 0;
		if (items == 0)
			continue;
		mdoc_put_tstr(buf, doc->rows[i].choice.ns);
		mdoc_put_array(buf, items);
		for (size_t j = i; j < end; j++)
			if (leaves(&doc->rows[j]))
				mdoc_put_raw(buf, doc->rows[j].item->tagged);
	}
}

/* Of the asks with one name, from *i on: is any not answered by what leaves? *i goes on to the next name. */
static bool
next_name(const struct mdoci_selected *doc, size_t *i, const struct mdoc_asked **asked)
{
	bool missing = false;

	*asked = &doc->asks[*i].asked;
	for (; *i < doc->ask_count && mdoc_bytes_equal(doc->asks[*i].asked.element, (*asked)->element) &&
		mdoc_bytes_equal(doc->asks[*i].asked.ns, (*asked)->ns);
		(*i)++) {
		const struct mdoci_ask *ask = &doc->asks[*i];

		missing = missing || ask->links == 0;
		for (size_t l = 0; l < ask->links; l++)
			missing = missing || !leaves(&doc->rows[doc->links[ask->link + l]]);
	}
	return missing;
}

/* From ask `from` to the end of its namespace: how many names have an error. *end: after the namespace. */
static size_t
errors_in_namespace(const struct mdoci_selected *doc, size_t from, size_t *end)
{
	const struct mdoc_asked *asked;
	size_t errors = 0;

	*end = from;
	while (*end < doc->ask_count && mdoc_bytes_equal(doc->asks[*end].asked.ns, doc->asks[from].asked.ns))
		errors += next_name(doc, end, &asked) ? 1 : 0;
	return errors;
}

static size_t
namespaces_with_errors(const struct mdoci_selected *doc)
{
	size_t namespaces = 0;

	for (size_t i = 0, end; i < doc->ask_count; i = end)
		namespaces += errors_in_namespace(doc, i, &end) > 0 ? 1 : 0;
	return namespaces;
}

/* errors: {namespace: {element: 0}}, code 0 is "data not returned". */
static void
put_errors(struct mdoc_buf *buf, const struct mdoci_selected *doc, size_t namespaces)
{
	const struct mdoc_asked *asked;

	mdoc_put_text(buf, "errors");
	mdoc_put_map(buf, namespaces);
	for (size_t i = 0, end; i < doc->ask_count; i = end) {
		const size_t errors = errors_in_namespace(doc, i, &end);

		if (errors == 0)
			continue;
		mdoc_put_tstr(buf, doc->asks[i].asked.ns);
		mdoc_put_map(buf, errors);
		for (size_t at = i; at < end;)
			if (next_name(doc, &at, &asked)) {
				mdoc_put_tstr(buf, asked->element);
				mdoc_put_uint(buf, 0);
			}
	}
}

/* DeviceNameSpacesBytes: *bytes is in *owner, or a constant. */
static enum mdoc_result
device_namespaces(const struct mdoci_selected *doc, struct mdoc_buf *owner, struct mdoc_bytes *bytes)
{
	struct mdoc_claim *claims;
	size_t count = 0;

	for (size_t i = 0; i < doc->count; i++)
		count += doc->rows[i].choice.device_signed && leaves(&doc->rows[i]) ? 1 : 0;
	*bytes = mdoc_bytes_of(no_namespaces, sizeof(no_namespaces));
	if (count == 0)
		return MDOC_OK;
	claims = calloc(count, sizeof(*claims));
	if (claims == NULL)
		return MDOC_ERR_MEMORY;
	count = 0;
	for (size_t i = 0; i < doc->count; i++) {
		const struct mdoc_choice *choice = &doc->rows[i].choice;

		if (choice->device_signed && leaves(&doc->rows[i]))
			claims[count++] = (struct mdoc_claim){ choice->ns, choice->element, choice->value };
	}
	mdoci_put_device_namespaces(owner, claims, count);
	free(claims);
	*bytes = mdoc_buf_bytes(owner);
	return owner->err;
}

/* What somebody else made: DeviceSigned with what was consented to, and no MAC where none is taken. */
static enum mdoc_result
check_made(const struct mdoc_context *context, const struct writer *w, const struct mdoci_selected *doc,
	struct mdoc_bytes namespaces)
{
	struct mdoc_device_signed *made = NULL;
	enum mdoc_result res = mdoc_device_signed_parse(context, mdoc_buf_bytes(&w->device_signed), &made, NULL);

	if (res != MDOC_OK)
		return res == MDOC_ERR_MEMORY ? res : MDOC_ERR_CALLBACK;
	if (!mdoc_bytes_equal(mdoc_device_signed_bytes(made), namespaces) ||
		(mdoc_device_signed_signature(made) == NULL && !mdoc_doc_type_takes_mac(doc->record->mso.doc_type)))
		res = MDOC_ERR_CALLBACK;
	mdoc_device_signed_free(made);
	return res;
}

static enum mdoc_result
sign_elsewhere(const struct mdoc_context *context, struct writer *w, const struct mdoc_device_signer *signer,
	const struct mdoci_selected *doc, struct mdoc_bytes namespaces)
{
	enum mdoc_result res;

	if (!signer->sign(signer->arg, mdoc_buf_bytes(&w->to_sign), &w->device_signed) ||
		w->device_signed.err != MDOC_OK)
		return MDOC_ERR_CALLBACK;
	res = check_made(context, w, doc, namespaces);
	if (res != MDOC_OK)
		return res;
	mdoc_put_raw(w->out, mdoc_buf_bytes(&w->device_signed));
	return w->out->err;
}

static const struct mdoc_device_key *
key_of(const struct writer *w, const struct mdoci_selected *doc)
{
	return w->options != NULL && w->options->keys != NULL ? &w->options->keys[doc - w->selection->docs] : NULL;
}

/* A MAC where it is wanted and can be, or all that the key can make. */
static bool
makes_mac(const struct writer *w, const struct mdoc_device_key *key, const struct mdoci_selected *doc)
{
	const struct mdoc_public_key *reader = w->options != NULL ? w->options->reader_key : NULL;

	return key != NULL && key->agreement != NULL &&
		(key->signer == NULL ||
			(w->options->mac && reader != NULL && reader->curve == key->agreement->key.curve &&
				mdoc_doc_type_takes_mac(doc->record->mso.doc_type)));
}

static enum mdoc_result
put_mac(const struct mdoc_context *context, struct writer *w, const struct mdoc_agreement *agreement,
	const struct mdoci_selected *doc, struct mdoc_bytes namespaces)
{
	if (!mdoc_doc_type_takes_mac(doc->record->mso.doc_type))
		return MDOC_ERR_ALGORITHM;
	if (w->options->reader_key == NULL || !mdoc_key_equal(&agreement->key, &doc->record->mso.device_key))
		return MDOC_ERR_KEY;
	return mdoc_device_mac_agree(context, w->out, mdoc_buf_bytes(&w->to_sign), namespaces, w->options->transcript,
		agreement, w->options->reader_key);
}

static enum mdoc_result
put_signature(struct writer *w, const struct mdoc_signer *signer, const struct mdoci_selected *doc,
	struct mdoc_bytes namespaces)
{
	if (signer->curve != doc->record->mso.device_key.curve)
		return MDOC_ERR_ALGORITHM;
	return mdoc_device_signed_put(w->out, mdoc_buf_bytes(&w->to_sign), namespaces, signer);
}

static enum mdoc_result
count_device_signed(struct writer *w, const struct mdoc_device_key *key, const struct mdoci_selected *doc,
	struct mdoc_bytes namespaces)
{
	const enum mdoc_curve curve = doc->record->mso.device_key.curve;
	const bool mac = makes_mac(w, key, doc);
	const size_t size = mac ? mdoc_device_mac_size(namespaces) : mdoc_device_signed_size(namespaces, curve);

	w->out->len += size;
	if (size > 0)
		return MDOC_OK;
	return mac || mdoc_curve_alg(curve) != MDOC_ALG_NONE ? MDOC_ERR_MEMORY : MDOC_ERR_ALGORITHM;
}

static enum mdoc_result
put_device_signed(const struct mdoc_context *context, struct writer *w, const struct mdoci_selected *doc,
	struct mdoc_bytes namespaces)
{
	const struct mdoc_device_key *key = key_of(w, doc);

	if (w->counting)
		return count_device_signed(w, key, doc, namespaces);
	if ((key->signer == NULL && key->agreement == NULL) == (key->device_signer == NULL))
		return MDOC_ERR_ARG;
	mdoci_buf_truncate(&w->to_sign, 0);
	mdoci_buf_truncate(&w->device_signed, 0);
	mdoc_put_device_authentication_bytes(&w->to_sign, w->options->transcript, doc->record->mso.doc_type,
		namespaces);
	if (w->to_sign.err != MDOC_OK)
		return w->to_sign.err;
	if (key->device_signer != NULL)
		return sign_elsewhere(context, w, key->device_signer, doc, namespaces);
	if (makes_mac(w, key, doc))
		return put_mac(context, w, key->agreement, doc, namespaces);
	return put_signature(w, key->signer, doc, namespaces);
}

static enum mdoc_result
put_document(const struct mdoc_context *context, struct writer *w, const struct mdoci_selected *doc)
{
	const size_t errors = namespaces_with_errors(doc);
	struct mdoc_buf owner = MDOC_BUF_EMPTY;
	struct mdoc_bytes namespaces;
	enum mdoc_result res = device_namespaces(doc, &owner, &namespaces);

	if (res != MDOC_OK)
		goto out;
	mdoc_put_map(w->out, errors > 0 ? 4 : 3);
	mdoc_put_text(w->out, "docType");
	mdoc_put_tstr(w->out, doc->record->mso.doc_type);
	mdoc_put_text(w->out, "issuerSigned");
	put_namespaces(w->out, doc);
	mdoc_put_text(w->out, "issuerAuth");
	mdoc_put_raw(w->out, mdoc_node_span(doc->record->issuer_auth.node));
	mdoc_put_text(w->out, "deviceSigned");
	res = put_device_signed(context, w, doc, namespaces);
	if (res == MDOC_OK && errors > 0)
		put_errors(w->out, doc, errors);
out:
	mdoc_buf_clear(&owner);
	return res;
}

size_t
mdoci_document_size(const struct mdoci_selected *doc)
{
	struct mdoc_buf count = MDOC_BUF_OVER(NULL, 0);
	struct writer w = { .out = &count, .counting = true };

	return put_document(NULL, &w, doc) == MDOC_OK ? count.len : 0;
}

static int
by_bytes(const void *a, const void *b)
{
	return mdoci_bytes_order(*(const struct mdoc_bytes *)a, *(const struct mdoc_bytes *)b);
}

static bool
type_leaves(const struct mdoc_selection *selection, struct mdoc_bytes doc_type)
{
	for (size_t d = 0; d < selection->count; d++)
		if (mdoci_selected_leaves(&selection->docs[d]) &&
			mdoc_bytes_equal(selection->docs[d].record->mso.doc_type, doc_type))
			return true;
	return false;
}

/* docTypes that were asked for and have no document in the response, once each. */
static enum mdoc_result
find_document_errors(struct writer *w)
{
	const struct mdoc_selection *selection = w->selection;
	size_t count = 0, kept = 0;

	w->errors = calloc(selection->unanswered_count + selection->count + 1, sizeof(*w->errors));
	if (w->errors == NULL)
		return MDOC_ERR_MEMORY;
	for (size_t i = 0; i < selection->unanswered_count; i++)
		w->errors[count++] = selection->unanswered[i];
	for (size_t d = 0; d < selection->count; d++)
		if (!type_leaves(selection, selection->docs[d].record->mso.doc_type))
			w->errors[count++] = selection->docs[d].record->mso.doc_type;
	qsort(w->errors, count, sizeof(*w->errors), by_bytes);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || !mdoc_bytes_equal(w->errors[kept - 1], w->errors[i]))
			w->errors[kept++] = w->errors[i];
	w->error_count = kept;
	return MDOC_OK;
}

static void
put_version(struct mdoc_buf *buf, enum mdoc_edition edition)
{
	mdoc_put_text(buf, "version");
	mdoc_put_text(buf, edition == MDOC_EDITION_2 ? "1.1" : "1.0");
}

static void
put_document_errors(const struct writer *w)
{
	mdoc_put_text(w->out, "documentErrors");
	mdoc_put_array(w->out, w->error_count);
	for (size_t i = 0; i < w->error_count; i++) {
		mdoc_put_map(w->out, 1);
		mdoc_put_tstr(w->out, w->errors[i]);
		mdoc_put_uint(w->out, 0);
	}
}

static enum mdoc_result
put_response(const struct mdoc_context *context, struct writer *w, struct mdoc_error *error)
{
	const struct mdoc_selection *selection = w->selection;
	enum mdoc_result res = MDOC_OK;
	char path[MDOCI_PATH_MAX];
	size_t documents = 0, written = 0;

	for (size_t d = 0; d < selection->count; d++)
		documents += mdoci_selected_leaves(&selection->docs[d]) ? 1 : 0;
	if (documents == 0)
		return mdoci_fail(error, MDOC_ERR_NOTHING, SIZE_MAX, "documents", "a document that leaves");
	mdoc_put_map(w->out, w->error_count > 0 ? 4 : 3);
	put_version(w->out, w->options != NULL ? w->options->edition : MDOC_EDITION_2021);
	mdoc_put_text(w->out, "documents");
	mdoc_put_array(w->out, documents);
	for (size_t d = 0; res == MDOC_OK && d < selection->count; d++) {
		if (!mdoci_selected_leaves(&selection->docs[d]))
			continue;
		res = put_document(context, w, &selection->docs[d]);
		if (res != MDOC_OK) {
			mdoci_path(path, "documents", "[%zu].deviceSigned", written);
			return mdoci_fail(error, res, SIZE_MAX, path, "DeviceSigned by the device key");
		}
		written++;
	}
	if (w->error_count > 0)
		put_document_errors(w);
	mdoc_put_text(w->out, "status");
	mdoc_put_uint(w->out, MDOC_STATUS_OK);
	return MDOC_OK;
}

static void
writer_clear(struct writer *w)
{
	free(w->errors);
	mdoc_buf_clear(&w->to_sign);
	mdoc_buf_clear(&w->device_signed);
}

/* The size; *w is ready to write afterwards. */
static enum mdoc_result
measure(struct writer *w, size_t *size, struct mdoc_error *error)
{
	struct mdoc_buf *const out = w->out;
	struct mdoc_buf count = MDOC_BUF_OVER(NULL, 0);
	enum mdoc_result res = find_document_errors(w);

	if (res != MDOC_OK)
		return mdoci_fail(error, res, SIZE_MAX, "", "memory");
	w->out = &count;
	w->counting = true;
	res = put_response(NULL, w, error);
	w->out = out;
	w->counting = false;
	*size = count.len;
	return res;
}

enum mdoc_result
mdoc_response_size(const struct mdoc_selection *selection, const struct mdoc_response_options *options, size_t *size)
{
	struct writer w = { .selection = selection, .options = options };
	const enum mdoc_result res = measure(&w, size, NULL);

	writer_clear(&w);
	return res;
}

enum mdoc_result
mdoc_response_build(const struct mdoc_context *context, const struct mdoc_selection *selection,
	const struct mdoc_response_options *options, struct mdoc_buf *out, struct mdoc_error *error)
{
	struct writer w = { .selection = selection, .options = options, .out = out };
	const size_t before = out->len;
	enum mdoc_result res;
	size_t size = 0;

	if (options == NULL || options->keys == NULL || options->transcript.len == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "a SessionTranscript and device keys");
	res = measure(&w, &size, error);
	if (res == MDOC_OK && out->fixed && (out->err != MDOC_OK || out->cap - out->len < size)) {
		out->err = out->err == MDOC_OK ? MDOC_ERR_BUFFER : out->err;
		out->len += size; /* counted only, and nothing signed */
		res = out->err;
		goto out;
	}
	if (res == MDOC_OK && !out->fixed && !mdoci_buf_reserve(out, size))
		res = mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	if (res == MDOC_OK) {
		res = put_response(context, &w, error);
		res = res == MDOC_OK ? out->err : res;
		if (res != MDOC_OK)
			mdoci_buf_truncate(out, before);
	}
out:
	writer_clear(&w);
	return res;
}

void
mdoc_put_response_status(struct mdoc_buf *buf, enum mdoc_edition edition, enum mdoc_response_status status)
{
	mdoc_put_map(buf, 2);
	put_version(buf, edition);
	mdoc_put_text(buf, "status");
	mdoc_put_uint(buf, (uint64_t)status);
}
