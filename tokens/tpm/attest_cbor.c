/*
 * tokens/tpm/attest_cbor.c: writing and reading messages of attestation.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/attest_cbor.h"

#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>

enum major { MAJOR_UNSIGNED = 0, MAJOR_NEGATIVE = 1, MAJOR_BYTES = 2, MAJOR_TEXT = 3, MAJOR_ARRAY = 4, MAJOR_MAP = 5 };

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

static void
put_head(struct cbor_writer *to, enum major major, uint64_t argument)
{
	uint8_t head[9] = { (uint8_t)(major << 5) };
	size_t size = 0;

	if (argument > UINT32_MAX)
		size = 8;
	else if (argument > UINT16_MAX)
		size = 4;
	else if (argument > UINT8_MAX)
		size = 2;
	else if (argument >= 24)
		size = 1;
	if (size == 0)
		head[0] |= (uint8_t)argument;
	else
		head[0] |= (uint8_t)(size == 8 ? 27 : size == 4 ? 26 : size == 2 ? 25 : 24);
	for (size_t i = 0; i < size; i++)
		head[size - i] = (uint8_t)(argument >> (8 * i));
	put(to, head, 1 + size);
}

void
put_map(struct cbor_writer *to, size_t pairs)
{
	put_head(to, MAJOR_MAP, pairs);
}

void
put_array(struct cbor_writer *to, size_t items)
{
	put_head(to, MAJOR_ARRAY, items);
}

void
put_text(struct cbor_writer *to, const char *text)
{
	put_head(to, MAJOR_TEXT, strlen(text));
	put(to, text, strlen(text));
}

void
put_bytes(struct cbor_writer *to, const void *bytes, size_t len)
{
	put_head(to, MAJOR_BYTES, len);
	put(to, bytes, len);
}

void
put_number(struct cbor_writer *to, int64_t number)
{
	if (number >= 0)
		put_head(to, MAJOR_UNSIGNED, (uint64_t)number);
	else
		put_head(to, MAJOR_NEGATIVE, (uint64_t)(-1 - number));
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

/* What is left of a message. */
struct reader {
	const uint8_t *at;
	size_t left;
};

/* The head of an item of this type, of definite length; *argument is its number, length or count. */
static bool
get_head(struct reader *from, enum major major, uint64_t *argument)
{
	size_t size = 0;
	uint8_t info;

	if (from->left == 0 || from->at[0] >> 5 != major)
		return false;
	info = from->at[0] & 0x1f;
	if (info >= 24)
		size = (size_t)1 << (info - 24);
	if (info > 27 || from->left - 1 < size)
		return false;
	*argument = info;
	if (size > 0)
		*argument = 0;
	for (size_t i = 1; i <= size; i++)
		*argument = *argument << 8 | from->at[i];
	from->at += 1 + size;
	from->left -= 1 + size;
	return true;
}

/* A string, borrowed from the message. */
static bool
get_string(struct reader *from, enum major major, const uint8_t **bytes, size_t *len)
{
	uint64_t argument = 0;

	if (!get_head(from, major, &argument) || argument > from->left)
		return false;
	*bytes = from->at;
	*len = (size_t)argument;
	from->at += argument;
	from->left -= (size_t)argument;
	return true;
}

static bool
is_text(const uint8_t *bytes, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(bytes, text, len) == 0;
}

/* 1 to `room` bytes. */
static bool
get_bytes(struct reader *from, size_t room, uint8_t *out, size_t *out_len)
{
	const uint8_t *bytes = NULL;

	if (!get_string(from, MAJOR_BYTES, &bytes, out_len) || *out_len == 0 || *out_len > room)
		return false;
	memcpy(out, bytes, *out_len);
	return true;
}

static bool
get_type(struct reader *from, struct challenge *challenge)
{
	const uint8_t *bytes = NULL;
	size_t len = 0;

	(void)challenge;
	return get_string(from, MAJOR_TEXT, &bytes, &len) && is_text(bytes, len, "mdoc-tpm-challenge");
}

static bool
get_version(struct reader *from, struct challenge *challenge)
{
	uint64_t version = 0;

	(void)challenge;
	return get_head(from, MAJOR_UNSIGNED, &version) && version == 1;
}

static bool
get_id(struct reader *from, struct challenge *challenge)
{
	return get_bytes(from, sizeof(challenge->id), challenge->id, &challenge->id_len);
}

static bool
get_credential(struct reader *from, struct challenge *challenge)
{
	TPM2B_ID_OBJECT *credential = &challenge->credential;
	size_t len = 0;
	bool good = get_bytes(from, sizeof(credential->credential), credential->credential, &len);

	credential->size = (UINT16)len;
	return good;
}

static bool
get_secret(struct reader *from, struct challenge *challenge)
{
	size_t len = 0;
	bool good = get_bytes(from, sizeof(challenge->secret.secret), challenge->secret.secret, &len);

	challenge->secret.size = (UINT16)len;
	return good;
}

static const struct {
	const char *key;
	bool (*get)(struct reader *from, struct challenge *challenge);
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
	struct reader from = { bytes, len };
	bool seen[MEMBERS] = { false };
	uint64_t pairs = 0;

	memset(challenge, 0, sizeof(*challenge));
	if (!get_head(&from, MAJOR_MAP, &pairs) || pairs != MEMBERS)
		return TOKEN_ERR_ARG;
	for (size_t i = 0; i < MEMBERS; i++) {
		const uint8_t *key = NULL;
		size_t key_len = 0, member = 0;

		if (!get_string(&from, MAJOR_TEXT, &key, &key_len))
			return TOKEN_ERR_ARG;
		while (member < MEMBERS && !is_text(key, key_len, members[member].key))
			member++;
		if (member == MEMBERS || seen[member] || !members[member].get(&from, challenge))
			return TOKEN_ERR_ARG;
		seen[member] = true;
	}
	return from.left == 0 ? TOKEN_OK : TOKEN_ERR_ARG;
}
