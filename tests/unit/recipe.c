/*
 * tests/unit/recipe.c: an issuer and a holder that make the mistakes of a test.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/recipe.h"
#include <mdoc/japan.h>

#include <string.h>

static const uint8_t empty_transcript[] = { 0x83, 0xf6, 0xf6, 0xf6 };

void
recipe_default(struct recipe *recipe)
{
	memset(recipe, 0, sizeof(*recipe));
	recipe->mso_version = "1.0";
	recipe->mso_doc_type = "x.y";
	recipe->doc_type = "x.y";
	recipe->signed_ = soft_2026 + SOFT_DAY;
	recipe->valid_from = soft_2026 + SOFT_DAY;
	recipe->valid_until = soft_2026 + 31 * SOFT_DAY;
	recipe->ns = "ns";
	recipe->names[0] = "a";
	recipe->names[1] = "b";
	recipe->random_len = 32;
	recipe->transcript = mdoc_bytes_of(empty_transcript, sizeof(empty_transcript));
}

/* #6.24(bstr .cbor IssuerSignedItem) */
static void
put_item(struct mdoc_buf *out, const struct recipe *recipe, uint64_t id, const char *element,
	void (*value)(struct mdoc_buf *buf))
{
	uint8_t random[64];
	struct mdoc_buf inner = MDOC_BUF_EMPTY;

	memset(random, (int)id + 1, sizeof(random));
	mdoc_put_map(&inner, 4);
	mdoc_put_text(&inner, "digestID");
	mdoc_put_uint(&inner, id);
	mdoc_put_text(&inner, "random");
	mdoc_put_bstr(&inner, mdoc_bytes_of(random, recipe->random_len));
	mdoc_put_text(&inner, "elementIdentifier");
	mdoc_put_text(&inner, element);
	mdoc_put_text(&inner, "elementValue");
	if (value != NULL)
		value(&inner);
	else
		mdoc_put_text(&inner, "value");
	mdoc_put_embedded(out, mdoc_buf_bytes(&inner));
	mdoc_buf_clear(&inner);
}

static void
put_digest(struct mdoc_buf *out, uint64_t id, const struct mdoc_buf *item)
{
	unsigned char digest[32];
	size_t len = 0;

	EVP_Q_digest(NULL, "SHA256", NULL, item->ptr, item->len, digest, &len);
	mdoc_put_uint(out, id);
	mdoc_put_bstr(out, mdoc_bytes_of(digest, len));
}

static void
put_mso(struct mdoc_buf *mso, const struct recipe *recipe, const struct mdoc_buf *a, const struct mdoc_buf *b)
{
	mdoc_put_map(mso, recipe->status != NULL ? 7 : 6);
	mdoc_put_text(mso, "version");
	mdoc_put_text(mso, recipe->mso_version);
	mdoc_put_text(mso, "digestAlgorithm");
	mdoc_put_text(mso, "SHA-256");
	mdoc_put_text(mso, "valueDigests");
	mdoc_put_map(mso, 1);
	mdoc_put_text(mso, recipe->ns);
	mdoc_put_map(mso, recipe->same_id ? 1 : 2);
	put_digest(mso, 0, a);
	if (!recipe->same_id)
		put_digest(mso, 1, b);
	mdoc_put_text(mso, "deviceKeyInfo");
	mdoc_put_map(mso, recipe->authorizations != NULL ? 2 : 1);
	mdoc_put_text(mso, "deviceKey");
	mdoc_put_key(mso, &recipe->device->pub);
	if (recipe->authorizations != NULL) {
		mdoc_put_text(mso, "keyAuthorizations");
		recipe->authorizations(mso);
	}
	mdoc_put_text(mso, "docType");
	mdoc_put_text(mso, recipe->mso_doc_type);
	mdoc_put_text(mso, "validityInfo");
	mdoc_put_map(mso, 3);
	mdoc_put_text(mso, "signed");
	mdoc_put_tdate(mso, recipe->signed_);
	mdoc_put_text(mso, "validFrom");
	mdoc_put_tdate(mso, recipe->valid_from);
	mdoc_put_text(mso, "validUntil");
	mdoc_put_tdate(mso, recipe->valid_until);
	if (recipe->status != NULL) {
		mdoc_put_text(mso, "status");
		recipe->status(mso);
	}
}

void
recipe_issue(const struct recipe *recipe, struct mdoc_buf *out)
{
	struct mdoc_buf a = MDOC_BUF_EMPTY;
	struct mdoc_buf b = MDOC_BUF_EMPTY;
	struct mdoc_buf mso = MDOC_BUF_EMPTY;
	struct mdoc_buf payload = MDOC_BUF_EMPTY;

	put_item(&a, recipe, 0, recipe->names[0], recipe->values[0]);
	put_item(&b, recipe, recipe->same_id ? 0 : 1, recipe->names[recipe->same_id || recipe->same_element ? 0 : 1],
		recipe->values[1]);
	put_mso(&mso, recipe, &a, &b);
	mdoc_put_embedded(&payload, mdoc_buf_bytes(&mso));
	mdoc_put_map(out, 2);
	mdoc_put_text(out, "nameSpaces");
	mdoc_put_map(out, 1);
	mdoc_put_text(out, recipe->ns);
	mdoc_put_array(out, 2);
	mdoc_put_raw(out, mdoc_buf_bytes(&a));
	mdoc_put_raw(out, mdoc_buf_bytes(&b));
	mdoc_put_text(out, "issuerAuth");
	(void)mdoc_sign1_put(out, &recipe->issuer->signer, mdoc_buf_bytes(&payload),
		&(struct mdoc_sign1_options){ .x5chain = &recipe->ds, .x5chain_count = recipe->ds.len > 0 ? 1 : 0 });
	mdoc_buf_clear(&a);
	mdoc_buf_clear(&b);
	mdoc_buf_clear(&mso);
	mdoc_buf_clear(&payload);
}

static void
put_device_signed(struct mdoc_buf *out, const struct recipe *recipe)
{
	struct mdoc_buf elements = MDOC_BUF_EMPTY;
	struct mdoc_buf namespaces = MDOC_BUF_EMPTY;
	struct mdoc_buf input = MDOC_BUF_EMPTY;

	if (recipe->device_elements != NULL)
		recipe->device_elements(&elements);
	else
		mdoc_put_map(&elements, 0);
	mdoc_put_embedded(&namespaces, mdoc_buf_bytes(&elements));
	mdoc_put_device_authentication_bytes(&input, recipe->transcript, mdoc_text(recipe->doc_type),
		mdoc_buf_bytes(&namespaces));
	mdoc_put_map(out, 2);
	mdoc_put_text(out, "nameSpaces");
	mdoc_put_raw(out, mdoc_buf_bytes(&namespaces));
	mdoc_put_text(out, "deviceAuth");
	mdoc_put_map(out, 1);
	mdoc_put_text(out, "deviceSignature");
	(void)mdoc_sign1_put(out, &(recipe->device_signs != NULL ? recipe->device_signs : recipe->device)->signer,
		mdoc_buf_bytes(&input), &(struct mdoc_sign1_options){ .detached = !recipe->payload });
	mdoc_buf_clear(&elements);
	mdoc_buf_clear(&namespaces);
	mdoc_buf_clear(&input);
}

static void
put_name(struct mdoc_buf *buf)
{
	mdoc_put_text(buf, "番号　花子");
}

void
recipe_japanese(struct recipe *recipe)
{
	recipe->mso_doc_type = recipe->doc_type = MDOC_JP_DOCTYPE;
	recipe->ns = MDOC_JP_NAMESPACE;
	recipe->names[0] = "full_name_unicode";
	recipe->values[0] = put_name;
	recipe->names[1] = "sex_unicode";
	recipe->valid_until = mdoc_law_valid_until(recipe->signed_);
}

void
recipe_cook(const struct recipe *recipe, struct mdoc_buf *out)
{
	mdoc_put_map(out, 3);
	mdoc_put_text(out, "version");
	mdoc_put_text(out, "1.0");
	mdoc_put_text(out, "documents");
	mdoc_put_array(out, 1);
	mdoc_put_map(out, 3);
	mdoc_put_text(out, "docType");
	mdoc_put_text(out, recipe->doc_type);
	mdoc_put_text(out, "issuerSigned");
	recipe_issue(recipe, out);
	mdoc_put_text(out, "deviceSigned");
	put_device_signed(out, recipe);
	mdoc_put_text(out, "status");
	mdoc_put_uint(out, 0);
}
