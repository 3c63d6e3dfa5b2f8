/*
 * tests/unit/test_tpm_attest_cbor.c: if these failed, an issuer could not read what a token says of its keys, or a
 * hostile issuer's challenge would be read beyond its end.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tpm_key_kit.h"
#include "tokens/tpm/attest_cbor.h"

static struct backend_bytes
written(struct cbor_writer *to)
{
	struct backend_bytes bytes = { NULL, 0 };

	CU_ASSERT_EQUAL_FATAL(put_end(to, &bytes), TOKEN_OK);
	return bytes;
}

/* RFC 8949, appendix A. */
static void
test_numbers(void)
{
	static const struct {
		int64_t number;
		const char *bytes;
		size_t len;
	} known[] = {
		{ 0, "\x00", 1 },
		{ 23, "\x17", 1 },
		{ 24, "\x18\x18", 2 },
		{ 255, "\x18\xff", 2 },
		{ 256, "\x19\x01\x00", 3 },
		{ 1000, "\x19\x03\xe8", 3 },
		{ 1000000, "\x1a\x00\x0f\x42\x40", 5 },
		{ 1000000000000, "\x1b\x00\x00\x00\xe8\xd4\xa5\x10\x00", 9 },
		{ -1, "\x20", 1 },
		{ -7, "\x26", 1 },
		{ -1000, "\x39\x03\xe7", 3 },
	};
	struct cbor_writer to = { 0 };
	struct backend_bytes bytes;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		put_number(&to, known[i].number);
		bytes = written(&to);
		CU_ASSERT_EQUAL(bytes.len, known[i].len);
		CU_ASSERT_EQUAL(memcmp(bytes.ptr, known[i].bytes, known[i].len), 0);
		free(bytes.ptr);
	}
}

static void
test_structures(void)
{
	static const char expected[] = "\xa2\x61\x61\x82\x01\x43\x01\x02\x03\x61\x62\x61\x63";
	struct cbor_writer to = { 0 };
	struct backend_bytes bytes;

	put_map(&to, 2);
	put_text(&to, "a");
	put_array(&to, 2);
	put_number(&to, 1);
	put_bytes(&to, "\x01\x02\x03", 3);
	put_text_at(&to, "b", "c");
	bytes = written(&to);
	CU_ASSERT_EQUAL(bytes.len, sizeof(expected) - 1);
	CU_ASSERT_EQUAL(memcmp(bytes.ptr, expected, bytes.len), 0);
	free(bytes.ptr);
	put_text(&to, "lost");
	to.failed = true;
	bytes = (struct backend_bytes){ NULL, 0 };
	CU_ASSERT_EQUAL(put_end(&to, &bytes), TOKEN_ERR_MEMORY);
	CU_ASSERT_PTR_NULL(bytes.ptr);
}

/* A challenge with all its members, in an order that is not ours. */
static struct backend_bytes
challenge_of(size_t id_len, size_t credential_len, size_t secret_len)
{
	uint8_t filler[4096];
	struct cbor_writer to = { 0 };

	memset(filler, 0xab, sizeof(filler));
	put_map(&to, 5);
	put_bytes_at(&to, "secret", filler, secret_len);
	put_text_at(&to, "type", "mdoc-tpm-challenge");
	put_bytes_at(&to, "id", filler, id_len);
	put_bytes_at(&to, "credentialBlob", filler, credential_len);
	put_text(&to, "ver");
	put_number(&to, 1);
	return written(&to);
}

static enum token_result
reads(size_t id_len, size_t credential_len, size_t secret_len)
{
	struct backend_bytes bytes = challenge_of(id_len, credential_len, secret_len);
	struct challenge challenge;
	enum token_result res = read_challenge(bytes.ptr, bytes.len, &challenge);

	if (res == TOKEN_OK) {
		CU_ASSERT_EQUAL(challenge.id_len, id_len);
		CU_ASSERT_EQUAL(challenge.credential.size, credential_len);
		CU_ASSERT_EQUAL(challenge.secret.size, secret_len);
		CU_ASSERT_EQUAL(challenge.secret.secret[secret_len - 1], 0xab);
	}
	free(bytes.ptr);
	return res;
}

static void
test_challenge_sizes(void)
{
	CU_ASSERT_EQUAL(reads(1, 1, 1), TOKEN_OK);
	CU_ASSERT_EQUAL(reads(16, 68, 68), TOKEN_OK);
	CU_ASSERT_EQUAL(reads(CHALLENGE_ID_MAX, sizeof(TPMS_ID_OBJECT), sizeof(TPMU_ENCRYPTED_SECRET)), TOKEN_OK);
	CU_ASSERT_EQUAL(reads(0, 68, 68), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(reads(16, 0, 68), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(reads(16, 68, 0), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(reads(CHALLENGE_ID_MAX + 1, 68, 68), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(reads(16, sizeof(TPMS_ID_OBJECT) + 1, 68), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(reads(16, 68, sizeof(TPMU_ENCRYPTED_SECRET) + 1), TOKEN_ERR_ARG);
}

/* Every beginning of a challenge, and every byte changed: an exact copy each time, so that reading beyond the end is
 * noticed by whoever watches memory. */
static void
test_challenge_damaged(void)
{
	struct backend_bytes bytes = challenge_of(16, 68, 68);
	struct challenge challenge;
	unsigned refused = 0;
	uint8_t *copy;

	for (size_t len = 0; len < bytes.len; len++) {
		copy = malloc(len > 0 ? len : 1);
		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, bytes.ptr, len);
		CU_ASSERT_EQUAL(read_challenge(copy, len, &challenge), TOKEN_ERR_ARG);
		free(copy);
	}
	for (size_t i = 0; i < bytes.len * 256; i++) {
		copy = malloc(bytes.len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, bytes.ptr, bytes.len);
		copy[i / 256] = (uint8_t)i;
		refused += read_challenge(copy, bytes.len, &challenge) == TOKEN_ERR_ARG;
		free(copy);
	}
	/* All but what is within the three byte strings. */
	CU_ASSERT_TRUE(refused > 255 * (bytes.len - 16 - 68 - 68 - 1));
	free(bytes.ptr);
}

static void
refuses(const char *bytes, size_t len)
{
	struct challenge challenge;

	CU_ASSERT_EQUAL(read_challenge((const uint8_t *)bytes, len, &challenge), TOKEN_ERR_ARG);
}

static void
test_challenge_nonsense(void)
{
	struct backend_bytes bytes = challenge_of(16, 68, 68);
	struct cbor_writer to = { 0 };
	struct challenge challenge;
	uint8_t *longer = malloc(bytes.len + 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(longer);
	memcpy(longer, bytes.ptr, bytes.len);
	longer[bytes.len] = 0;
	CU_ASSERT_EQUAL(read_challenge(longer, bytes.len + 1, &challenge), TOKEN_ERR_ARG);
	free(longer);
	free(bytes.ptr);
	refuses("", 0);
	refuses("\xa0", 1);
	refuses("\xbf\xff", 2);                                        /* no end told */
	refuses("\xbb\xff\xff\xff\xff\xff\xff\xff\xff", 9);            /* more pairs than there are bytes */
	refuses("\xa5\x7b\xff\xff\xff\xff\xff\xff\xff\xff", 10);       /* a key longer than anything */
	refuses("\xa5\x62id\x5b\xff\xff\xff\xff\xff\xff\xff\xf0", 13); /* and a value */
	refuses("\xa5\x1f", 2);
	refuses("\xa5\x7c\x7c\x7c\x7c", 5);
	/* The same member twice, in the place of another. */
	put_map(&to, 5);
	put_text_at(&to, "type", "mdoc-tpm-challenge");
	put_bytes_at(&to, "id", "x", 1);
	put_bytes_at(&to, "id", "y", 1);
	put_bytes_at(&to, "credentialBlob", "x", 1);
	put_bytes_at(&to, "secret", "x", 1);
	bytes = written(&to);
	CU_ASSERT_EQUAL(read_challenge(bytes.ptr, bytes.len, &challenge), TOKEN_ERR_ARG);
	free(bytes.ptr);
}

CU_TestInfo tests_tpm_attest_cbor[] = {
	{ "numbers", test_numbers },
	{ "structures", test_structures },
	{ "challenges of all sizes", test_challenge_sizes },
	{ "damaged challenges", test_challenge_damaged },
	{ "challenges that are none", test_challenge_nonsense },
	CU_TEST_INFO_NULL,
};
