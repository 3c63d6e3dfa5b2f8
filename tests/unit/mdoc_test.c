/*
 * tests/unit/mdoc_test.c: vectors, and a record to try things on.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "test: no %s\n", what);
	abort();
}

struct mdoc_bytes
bytes_copy(struct mdoc_bytes bytes)
{
	uint8_t *copy = malloc(bytes.len > 0 ? bytes.len : 1);

	need(copy != NULL, "memory");
	if (bytes.len > 0)
		memcpy(copy, bytes.ptr, bytes.len);
	return mdoc_bytes_of(copy, bytes.len);
}

void
bytes_free(struct mdoc_bytes bytes)
{
	union {
		const uint8_t *in;
		void *out;
	} pointer = { .in = bytes.ptr };

	free(pointer.out);
}

struct mdoc_bytes
vector_load(const char *name)
{
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct mdoc_bytes out;

	need(soft_vector(name, &buf), name);
	out = bytes_copy(mdoc_buf_bytes(&buf));
	mdoc_buf_clear(&buf);
	return out;
}

struct mdoc_bytes
hex_load(const char *hex)
{
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct mdoc_bytes out;
	unsigned value;

	while (*hex != '\0') {
		uint8_t byte;

		if (*hex == ' ') {
			hex++;
			continue;
		}
		need(sscanf(hex, "%2x", &value) == 1, "hexadecimal text");
		byte = (uint8_t)value;
		mdoc_buf_append(&buf, mdoc_bytes_of(&byte, 1));
		hex += 2;
	}
	out = bytes_copy(mdoc_buf_bytes(&buf));
	mdoc_buf_clear(&buf);
	return out;
}

static const uint8_t cbor_true[] = { 0xf5 };
static const uint8_t cbor_false[] = { 0xf4 };
static const uint8_t cbor_44[] = { 0x18, 0x2c };
static const uint8_t cbor_date[] = { 0xd9, 0x03, 0xec, 0x6a, '1', '9', '8', '1', '-', '0', '9', '-', '0', '1' };
static const uint8_t cbor_number[] = { 0x6c, '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '1', '8' };
static const uint8_t cbor_name[] = { 0x6c, 0xe7, 0x95, 0xaa, 0xe5, 0x8f, 0xb7, 0xe8, 0x8a, 0xb1, 0xe5, 0xad, 0x90 };
static const uint8_t cbor_portrait[] = { 0x44, 0xff, 0xd8, 0xff, 0xd9 };
static const uint8_t cbor_indefinite[] = { 0x7f, 0x62, '1', '3', 0x63, '1', '0', '4', 0xff };
static const uint8_t cbor_bytes[] = { 0x5f, 0x41, 0x31, 0x41, 0x32, 0xff };

#define CLAIM(ns, element, value) \
	{ \
		{ (const uint8_t *)(ns), sizeof(ns) - 1 }, { (const uint8_t *)(element), sizeof(element) - 1 }, \
		{ \
			(value), sizeof(value) \
		} \
	}

/* Mixed order; a value that another encoder would write differently. */
static const struct mdoc_claim claims[] = {
	CLAIM(KIT_ISO, "birth_date", cbor_date),
	CLAIM(KIT_JP, "full_name_unicode", cbor_name),
	CLAIM(KIT_JP, "individual_number_unicode", cbor_number),
	CLAIM(KIT_ISO, "age_over_18", cbor_true),
	CLAIM(KIT_ISO, "age_over_20", cbor_true),
	CLAIM(KIT_ISO, "age_over_65", cbor_false),
	CLAIM(KIT_JP, "portrait", cbor_portrait),
	CLAIM(KIT_ISO, "age_in_years", cbor_44),
	CLAIM(KIT_JP, "local_gov_code_unicode", cbor_indefinite),
};
#define CLAIMS (sizeof(claims) / sizeof(claims[0]))

void
kit_make(struct kit *kit, const char *group)
{
	memset(kit, 0, sizeof(*kit));
	need(soft_key_make(&kit->issuer, "P-256") && soft_key_make(&kit->device, group), "key");
	need(soft_certificate(MDOC_CERT_IACA, "Issuer", &kit->issuer, NULL, NULL, &kit->certificate, NULL) == MDOC_OK,
		"certificate");
	kit->x5chain = mdoc_buf_bytes(&kit->certificate);
	kit->issue = (struct mdoc_issue){
		.doc_type = mdoc_text(KIT_DOCTYPE),
		.claims = claims,
		.claim_count = CLAIMS,
		.device_key = kit->device.pub,
		.digest_alg = MDOC_SHA256,
		.signed_ = soft_2026,
		.valid_from = soft_2026,
		.valid_until = soft_2026 + 30 * SOFT_DAY,
		.x5chain = &kit->x5chain,
		.x5chain_count = 1,
		.signer = &kit->issuer.signer,
	};
	need(mdoc_issuer_signed_build(NULL, &kit->issue, &kit->record, NULL) == MDOC_OK, "record");
}

void
kit_make_bad(struct kit *kit)
{
	static struct mdoc_claim bad[CLAIMS];

	kit_make(kit, "P-256");
	memcpy(bad, claims, sizeof(claims));
	bad[CLAIMS - 1].value = mdoc_bytes_of(cbor_bytes, sizeof(cbor_bytes));
	kit->issue.doc_type = mdoc_text("x.y");
	kit->issue.claims = bad;
	mdoc_buf_clear(&kit->record);
	need(mdoc_issuer_signed_build(NULL, &kit->issue, &kit->record, NULL) == MDOC_OK, "bad record");
}

void
kit_clear(struct kit *kit)
{
	mdoc_buf_clear(&kit->record);
	mdoc_buf_clear(&kit->certificate);
	soft_key_clear(&kit->device);
	soft_key_clear(&kit->issuer);
}
