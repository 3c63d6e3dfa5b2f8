/*
 * tokens/tpm/attest_cbor.c: writing and reading messages of attestation.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/attest_cbor.h"

#include <cbor.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "tokens/tpm/cbor_item.h"

#define HEAD_MAX 9

static void
put(struct cbor_writer *to, const void *bytes, size_t len)
{
	uint8_t *larger;
	size_t room;

	if (to->failed)
		return;
	if (to->room - to->bytes.len < len) {
		room = 2 * (to->bytes.len + len);
		larger = realloc(to->bytes.ptr, room);
		if (larger == NULL) {
			to->failed = true;
			return;
		}
		to->bytes.ptr = larger;
		to->room = room;
	}
	if (len > 0)
		memcpy(to->bytes.ptr + to->bytes.len, bytes, len);
	to->bytes.len += len;
}

typedef size_t encode_head(size_t number, unsigned char *head, size_t room);

static void
put_head(struct cbor_writer *to, encode_head *encode, size_t number)
{
	uint8_t head[HEAD_MAX];

	put(to, head, encode(number, head, sizeof(head)));
}

void
put_map(struct cbor_writer *to, size_t pairs)
{
	put_head(to, cbor_encode_map_start, pairs);
}

void
put_array(struct cbor_writer *to, size_t items)
{
	put_head(to, cbor_encode_array_start, items);
}

void
put_text(struct cbor_writer *to, const char *text)
{
	put_head(to, cbor_encode_string_start, strlen(text));
	put(to, text, strlen(text));
}

void
put_bytes(struct cbor_writer *to, const void *bytes, size_t len)
{
	put_head(to, cbor_encode_bytestring_start, len);
	put(to, bytes, len);
}

void
put_number(struct cbor_writer *to, int64_t number)
{
	uint8_t head[HEAD_MAX];
	const size_t len = number >= 0 ? cbor_encode_uint((uint64_t)number, head, sizeof(head))
				       : cbor_encode_negint((uint64_t)(-1 - number), head, sizeof(head));

	put(to, head, len);
}

void
put_text_at(struct cbor_writer *to, const char *key, const char *text)
{
	put_text(to, key);
	put_text(to, text);
}

void
put_bytes_at(struct cbor_writer *to, const char *key, const void *bytes, size_t len)
{
	put_text(to, key);
	put_bytes(to, bytes, len);
}

/* What a marshalling has made, or its failure. */
static void
put_made_at(struct cbor_writer *to, const char *key, TSS2_RC rc, const uint8_t *bytes, size_t len)
{
	if (rc != TSS2_RC_SUCCESS)
		to->failed = true;
	put_bytes_at(to, key, bytes, len);
}

void
put_public_at(struct cbor_writer *to, const char *key, const TPMT_PUBLIC *area)
{
	uint8_t bytes[sizeof(*area)];
	size_t len = 0;
	TSS2_RC rc = Tss2_MU_TPMT_PUBLIC_Marshal(area, bytes, sizeof(bytes), &len);

	put_made_at(to, key, rc, bytes, len);
}

void
put_nv_public_at(struct cbor_writer *to, const char *key, const TPMS_NV_PUBLIC *index)
{
	uint8_t bytes[sizeof(*index)];
	size_t len = 0;
	TSS2_RC rc = Tss2_MU_TPMS_NV_PUBLIC_Marshal(index, bytes, sizeof(bytes), &len);

	put_made_at(to, key, rc, bytes, len);
}

void
put_signature_at(struct cbor_writer *to, const char *key, const TPMT_SIGNATURE *signature)
{
	uint8_t bytes[sizeof(*signature)];
	size_t len = 0;
	TSS2_RC rc = Tss2_MU_TPMT_SIGNATURE_Marshal(signature, bytes, sizeof(bytes), &len);

	put_made_at(to, key, rc, bytes, len);
}

enum token_result
put_end(struct cbor_writer *to, struct backend_bytes *out)
{
	const bool failed = to->failed;

	if (failed)
		free(to->bytes.ptr);
	else
		*out = to->bytes;
	*to = (struct cbor_writer){ 0 };
	return failed ? TOKEN_ERR_MEMORY : TOKEN_OK;
}

/* ---- Reading --------------------------------------------------------------------------- */

static bool
is_text(const struct cbor_item *item, const char *text)
{
	return item->number == strlen(text) && memcmp(item->bytes, text, strlen(text)) == 0;
}

/* 1 to `room` bytes. */
static bool
get_bytes(struct cbor_rest *from, size_t room, uint8_t *out, size_t *out_len)
{
	struct cbor_item item;

	if (!cbor_take(from, CBOR_KIND_BYTES, &item) || item.number == 0 || item.number > room)
		return false;
	*out_len = (size_t)item.number;
	memcpy(out, item.bytes, *out_len);
	return true;
}

static bool
get_type(struct cbor_rest *from, struct challenge *challenge)
{
	struct cbor_item item;

	(void)challenge;
	return cbor_take(from, CBOR_KIND_TEXT, &item) && is_text(&item, "mdoc-tpm-challenge");
}

static bool
get_version(struct cbor_rest *from, struct challenge *challenge)
{
	struct cbor_item item;

	(void)challenge;
	return cbor_take(from, CBOR_KIND_UINT, &item) && item.number == 1;
}

static bool
get_id(struct cbor_rest *from, struct challenge *challenge)
{
	return get_bytes(from, sizeof(challenge->id), challenge->id, &challenge->id_len);
}

static bool
get_credential(struct cbor_rest *from, struct challenge *challenge)
{
	TPM2B_ID_OBJECT *credential = &challenge->credential;
	size_t len = 0;
	const bool good = get_bytes(from, sizeof(credential->credential), credential->credential, &len);

	credential->size = (UINT16)len;
	return good;
}

static bool
get_secret(struct cbor_rest *from, struct challenge *challenge)
{
	size_t len = 0;
	const bool good = get_bytes(from, sizeof(challenge->secret.secret), challenge->secret.secret, &len);

	challenge->secret.size = (UINT16)len;
	return good;
}

static const struct {
	const char *key;
	bool (*get)(struct cbor_rest *from, struct challenge *challenge);
} members[] = {
	{ "type", get_type },
	{ "ver", get_version },
	{ "id", get_id },
	{ "credentialBlob", get_credential },
	{ "secret", get_secret },
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

enum token_result
read_challenge(const uint8_t *bytes, size_t len, struct challenge *challenge)
{
	struct cbor_rest from = { bytes, len };
	bool seen[MEMBERS] = { false };
	struct cbor_item item;

	memset(challenge, 0, sizeof(*challenge));
	if (!cbor_take(&from, CBOR_KIND_MAP, &item) || item.number != MEMBERS)
		return TOKEN_ERR_ARG;
	for (size_t i = 0; i < MEMBERS; i++) {
		size_t member = 0;

		if (!cbor_take(&from, CBOR_KIND_TEXT, &item))
			return TOKEN_ERR_ARG;
		while (member < MEMBERS && !is_text(&item, members[member].key))
			member++;
		if (member == MEMBERS || seen[member] || !members[member].get(&from, challenge))
			return TOKEN_ERR_ARG;
		seen[member] = true;
	}
	return from.left == 0 ? TOKEN_OK : TOKEN_ERR_ARG;
}
