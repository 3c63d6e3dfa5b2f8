/*
 * tests/fuzz/entries_module.c: what the module reads by itself: the data of C_Sign with a CKM_MDOC_* mechanism, public
 * keys of applications, and objects at rest.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entry_guard.h"
#include "tests/fuzz/entry_key.h"
#include "tests/fuzz/world.h"

#include <mdoc-pkcs11.h>
#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/mechanisms/ec.h"
#include "module/pkcs11/mechanisms/mech_plan.h"
#include "tokens/attrs.h"

static enum mdoc_result
plan(CK_MECHANISM_TYPE mechanism, const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mech_note note;
	struct mech_plan made;
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	CK_RV rv;

	mech_note_of(mdoc_issuer_signed_mso(world.record), &note);
	rv = mech_plan_make(context, mechanism, world.record, &note, input, &made);
	FUZZ_CHECK(rv != CKR_OK || made.size > 0);
	FUZZ_CHECK(rv != CKR_FUNCTION_FAILED && (rv != CKR_HOST_MEMORY || !fuzz_plain()));
	if (rv == CKR_OK && mechanism != CKM_MDOC_DEVICE_MAC) {
		const CK_RV answered = mech_plan_sign(&made, &world.device_key.signer, &out);

		FUZZ_CHECK(!fuzz_plain() || (answered == CKR_OK && out.len == made.size));
	}
	if (rv == CKR_OK && mechanism == CKM_MDOC_DEVICE_MAC) {
		const CK_RV answered = mech_plan_mac(&made, mdoc_text("0123456789abcdef0123456789abcdef"), &out);

		FUZZ_CHECK(!fuzz_plain() || (answered == CKR_OK && out.len == made.size));
	}
	mech_plan_clear(&made);
	mdoc_buf_clear(&out);
	switch (rv) {
	case CKR_OK:
		return MDOC_OK;
	case CKR_HOST_MEMORY:
		return MDOC_ERR_MEMORY;
	default:
		return MDOC_ERR_VALUE;
	}
}

static enum mdoc_result
entry_sign(const struct mdoc_context *context, struct mdoc_bytes input)
{
	return plan(CKM_MDOC_DEVICE_SIGN, context, input);
}

static enum mdoc_result
entry_mac(const struct mdoc_context *context, struct mdoc_bytes input)
{
	return plan(CKM_MDOC_DEVICE_MAC, context, input);
}

static enum mdoc_result
entry_answer(const struct mdoc_context *context, struct mdoc_bytes input)
{
	return plan(CKM_MDOC_DEVICE_RESPONSE, context, input);
}

static enum mdoc_result
entry_note(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mech_note note;

	(void)context;
	if (!mech_note_read(input, &note))
		return fuzz_plain() ? MDOC_ERR_VALUE : MDOC_ERR_MEMORY;
	fuzz_touch_inside(note.doc_type, input);
	(void)mech_plan_check_time(&note, WORLD_NOW);
	return MDOC_OK;
}

/* The other side's public key in C_DeriveKey, and CKA_EC_POINT of an object that is made. */
static enum mdoc_result
entry_ec_point(const struct mdoc_context *context, struct mdoc_bytes input)
{
	const CK_BYTE *point = NULL;
	size_t len = 0, read = 0;

	(void)context;
	for (int curve = 0; token_curve_size((enum token_curve)curve) > 0; curve++) {
		if (!ec_read_point((enum token_curve)curve, input.ptr, input.len, &point, &len))
			continue;
		fuzz_touch_inside(mdoc_bytes_of(point, len), input);
		read++;
	}
	return read > 0 ? MDOC_OK : MDOC_ERR_KEY;
}

/* An object's attributes as a store has them; what is read is written the same. */
static enum mdoc_result
entry_attrs(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct token_attrs *attrs = NULL, *again = NULL;
	uint8_t *bytes = NULL;
	size_t len = 0;
	const enum token_result res = attrs_decode(input.ptr, input.len, &attrs);

	(void)context;
	if (res == TOKEN_OK) {
		for (size_t i = 0; i < attrs_count(attrs); i++)
			fuzz_touch(mdoc_bytes_of(attrs_at(attrs, i)->pValue, attrs_at(attrs, i)->ulValueLen));
		if (attrs_encode(attrs, &bytes, &len) == TOKEN_OK && attrs_decode(bytes, len, &again) == TOKEN_OK)
			FUZZ_CHECK(attrs_count(attrs) == attrs_count(again));
		else
			FUZZ_CHECK(!fuzz_plain());
	}
	free(bytes);
	attrs_free(attrs);
	attrs_free(again);
	return res == TOKEN_OK ? MDOC_OK : res == TOKEN_ERR_MEMORY ? MDOC_ERR_MEMORY : MDOC_ERR_VALUE;
}

static void
seeds_authentication(struct fuzz_seeds *seeds)
{
	struct mdoc_buf namespaces = MDOC_BUF_EMPTY, made = MDOC_BUF_EMPTY;

	mdoc_put_embedded(&namespaces,
		mdoc_bytes_of("\xa1\x66"
			      "device\xa1\x61"
			      "a\xf5",
			12));
	mdoc_put_device_authentication_bytes(&made, world.transcript, mdoc_text(WORLD_DOCTYPE),
		mdoc_buf_bytes(&namespaces));
	fuzz_seed(seeds, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
	mdoc_buf_clear(&namespaces);
}

/* [transcript, request, {namespace: [element]}] */
static void
seeds_answer(struct fuzz_seeds *seeds)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	mdoc_put_array(&made, 3);
	mdoc_put_embedded(&made, world.transcript);
	mdoc_put_embedded(&made, mdoc_buf_bytes(&world.request));
	mdoc_put_map(&made, 1);
	mdoc_put_text(&made, WORLD_NS);
	mdoc_put_array(&made, 1);
	mdoc_put_text(&made, "family_name");
	fuzz_seed(seeds, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
}

static void
seeds_note(struct fuzz_seeds *seeds)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	struct mdoc_response *parsed = NULL;
	struct fuzz_seeds files = { NULL, 0 };

	fuzz_seed_file(&files, "vectors/annexD/device_response.cbor");
	if (files.count == 1 &&
		mdoc_response_parse(world.context, mdoc_buf_bytes(&files.inputs[0]), &parsed, NULL) == MDOC_OK &&
		mech_note_write(mdoc_issuer_signed_mso(mdoc_document_issuer_signed(mdoc_response_document(parsed, 0))),
			&made))
		fuzz_seed(seeds, mdoc_buf_bytes(&made));
	mdoc_response_free(parsed);
	mdoc_buf_clear(&made);
	fuzz_seeds_clear(&files);
}

static void
seeds_ec_point(struct fuzz_seeds *seeds)
{
	struct mdoc_buf der = MDOC_BUF_EMPTY;

	mdoc_buf_append(&der, mdoc_bytes_of("\x04\x41", 2));
	mdoc_buf_append(&der, mdoc_bytes_of(world.annex_reader.key.point, world.annex_reader.key.point_len));
	fuzz_seed(seeds, mdoc_buf_bytes(&der));
	fuzz_seed(seeds, mdoc_bytes_of(world.annex_reader.key.point, world.annex_reader.key.point_len));
	mdoc_buf_clear(&der);
}

static void
seeds_attrs(struct fuzz_seeds *seeds)
{
	struct token_attrs *attrs = attrs_new();
	uint8_t *bytes = NULL;
	size_t len = 0;

	if (attrs != NULL && attrs_set_bool(attrs, CKA_TOKEN, true) && attrs_set_ulong(attrs, CKA_CLASS, CKO_DATA) &&
		attrs_set(attrs, CKA_LABEL, "label", 5) && attrs_encode(attrs, &bytes, &len) == TOKEN_OK)
		fuzz_seed(seeds, mdoc_bytes_of(bytes, len));
	free(bytes);
	attrs_free(attrs);
}

const struct fuzz_entry fuzz_entries[] = {
	{ "mech-sign", entry_sign, { "vectors/annexD/derived_device_authentication_bytes.cbor" },
		seeds_authentication },
	{ "mech-mac", entry_mac, { "vectors/annexD/derived_device_authentication_bytes.cbor" }, seeds_authentication },
	{ "mech-response", entry_answer, { NULL }, seeds_answer },
	{ "note", entry_note, { NULL }, seeds_note },
	{ "ec-point", entry_ec_point, { NULL }, seeds_ec_point },
	{ "attrs", entry_attrs, { NULL }, seeds_attrs },
	{ "tpm-guard", entry_tpm_guard, { NULL }, seeds_tpm_guard },
	{ "tpm-wrap", entry_tpm_wrap, { NULL }, seeds_tpm_wrap },
	{ "tpm-key", entry_tpm_key, { NULL }, seeds_tpm_key },
	{ "tpm-challenge", entry_tpm_challenge, { NULL }, seeds_tpm_challenge },
	{ NULL, NULL, { NULL }, NULL },
};
