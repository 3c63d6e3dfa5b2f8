/* enrolment.c: the messages of an enrolment. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <string.h>
#include "tools/common/message.h"
#include "tools/issuer/enrolment.h"
#include "tools/issuer/evidence.h"

#define MESSAGE_VERSION 1

static const char *const sentences[] = {
	[MESSAGE_OK] = N_("done"),
	[MESSAGE_MEMORY] = N_("out of memory"),
	[MESSAGE_CBOR] = N_("it is not one item of CBOR"),
	[MESSAGE_OTHER] = N_("it is another message, or of another version"),
	[MESSAGE_STRUCTURE] = N_("a member is missing, unknown, or of another type or length"),
};

const char *
message_sentence(enum message_result result)
{
	return (size_t)result < sizeof(sentences) / sizeof(sentences[0]) ? sentences[result] : "?";
}

/* The map of a message of this type, with no members but these. */
static enum message_result
open_message(const struct mdoc_context *context, struct mdoc_bytes input, const char *type, const char *const *names,
	size_t count, struct mdoc_cbor **scan, struct mdoc_node *root)
{
	struct mdoc_bytes said;
	enum mdoc_result res;
	uint64_t version;

	if (input.len > ENROLMENT_BYTES_MAX)
		return MESSAGE_CBOR;
	res = mdoc_cbor_scan(context, input, 0, scan, NULL);
	if (res != MDOC_OK)
		return res == MDOC_ERR_MEMORY ? MESSAGE_MEMORY : MESSAGE_CBOR;
	*root = mdoc_cbor_root(*scan);
	if (!mdoc_node_tstr(mdoc_map_text(*root, "type"), &said) || !mdoc_bytes_is_text(said, type) ||
		!mdoc_node_uint(mdoc_map_text(*root, "ver"), &version) || version != MESSAGE_VERSION)
		return MESSAGE_OTHER;
	return evidence_only(*root, names, count) ? MESSAGE_OK : MESSAGE_STRUCTURE;
}

/* It goes into a certificate and onto terminals. */
static bool
read_serial(struct mdoc_node node, char serial[ENROLMENT_SERIAL_MAX + 1])
{
	struct mdoc_bytes text;

	if (!mdoc_node_tstr(node, &text) || text.len == 0 || text.len > ENROLMENT_SERIAL_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= ' ' || text.ptr[i] > '~')
			return false;
	memcpy(serial, text.ptr, text.len);
	serial[text.len] = '\0';
	return true;
}

enum message_result
enrolment_parse(const struct mdoc_context *context, struct mdoc_bytes input, struct enrolment *out)
{
	static const char *const names[] = { "type", "ver", "serial", "ekPub", "ekCert", "akPub" };
	enum message_result res;
	struct mdoc_node root;

	memset(out, 0, sizeof(*out));
	res = open_message(context, input, "mdoc-tpm-enrolment", names, sizeof(names) / sizeof(names[0]), &out->scan,
		&root);
	if (res != MESSAGE_OK)
		return res;
	out->ek = evidence_bytes(root, "ekPub");
	out->ek_certificate = evidence_bytes(root, "ekCert");
	out->ak = evidence_bytes(root, "akPub");
	if (!read_serial(mdoc_map_text(root, "serial"), out->serial) || out->ek.ptr == NULL || out->ak.ptr == NULL ||
		(out->ek_certificate.ptr == NULL && mdoc_node_present(mdoc_map_text(root, "ekCert"))))
		return MESSAGE_STRUCTURE;
	return MESSAGE_OK;
}

void
enrolment_clear(struct enrolment *enrolment)
{
	mdoc_cbor_free(enrolment->scan);
	memset(enrolment, 0, sizeof(*enrolment));
}

/* Members by length and then by bytes, as deterministic CBOR has them. */
void
challenge_put(struct mdoc_buf *out, const uint8_t id[CHALLENGE_ID_LEN], struct mdoc_bytes blob, struct mdoc_bytes seed)
{
	mdoc_put_map(out, 5);
	mdoc_put_text(out, "id");
	mdoc_put_bstr(out, mdoc_bytes_of(id, CHALLENGE_ID_LEN));
	mdoc_put_text(out, "ver");
	mdoc_put_uint(out, MESSAGE_VERSION);
	mdoc_put_text(out, "type");
	mdoc_put_text(out, "mdoc-tpm-challenge");
	mdoc_put_text(out, "secret");
	mdoc_put_bstr(out, seed);
	mdoc_put_text(out, "credentialBlob");
	mdoc_put_bstr(out, blob);
}

enum message_result
answer_parse(const struct mdoc_context *context, struct mdoc_bytes input, struct answer *out)
{
	static const char *const names[] = { "type", "ver", "id", "credential" };
	struct mdoc_bytes id, credential;
	struct mdoc_cbor *scan = NULL;
	enum message_result res;
	struct mdoc_node root;

	memset(out, 0, sizeof(*out));
	res = open_message(context, input, "mdoc-tpm-answer", names, sizeof(names) / sizeof(names[0]), &scan, &root);
	if (res != MESSAGE_OK)
		goto out;
	res = MESSAGE_STRUCTURE;
	id = evidence_bytes(root, "id");
	credential = evidence_bytes(root, "credential");
	if (id.len != sizeof(out->id) || credential.len != sizeof(out->credential))
		goto out;
	memcpy(out->id, id.ptr, id.len);
	memcpy(out->credential, credential.ptr, credential.len);
	res = MESSAGE_OK;
out:
	mdoc_cbor_free(scan);
	return res;
}
