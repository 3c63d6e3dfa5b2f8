/*
 * tests/fuzz/entry_cose.c: COSE_Key, COSE_Sign1, COSE_Mac0 and bare signatures.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entries.h"

#include <openssl/evp.h>
#include <string.h>

void
fuzz_touch_key(const struct mdoc_context *context, const struct mdoc_public_key *key)
{
	struct mdoc_public_key again = { 0 };
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct mdoc_cbor *scan = NULL;
	EVP_PKEY *pkey = NULL;
	enum mdoc_result res;

	FUZZ_CHECK(key->point_len <= MDOC_POINT_MAX && mdoc_curve_name(key->curve) != NULL);
	FUZZ_CHECK(fuzz_fine(mdoc_key_to_evp(context, key, &pkey)));
	if (pkey != NULL)
		FUZZ_CHECK(mdoc_key_from_evp(pkey, &again) == MDOC_OK && mdoc_key_equal(key, &again));
	EVP_PKEY_free(pkey);
	mdoc_put_key(&out, key);
	res = out.err != MDOC_OK ? out.err : mdoc_cbor_scan(context, mdoc_buf_bytes(&out), 0, &scan, NULL);
	FUZZ_CHECK(fuzz_fine(res));
	if (res == MDOC_OK) {
		res = mdoc_key_parse(context, mdoc_cbor_root(scan), &again, NULL, NULL);
		FUZZ_CHECK(fuzz_fine(res) && (res != MDOC_OK || mdoc_key_equal(key, &again)));
	}
	mdoc_cbor_free(scan);
	mdoc_buf_clear(&out);
}

enum mdoc_result
entry_cose_key(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_public_key key = { 0 };
	struct mdoc_error error = { 0 };
	struct mdoc_cbor *scan = NULL;
	EVP_PKEY *pkey = NULL;
	enum mdoc_result res = mdoc_cbor_scan(context, input, 0, &scan, &error);

	if (res == MDOC_OK) {
		res = mdoc_key_parse(context, mdoc_cbor_root(scan), &key, &pkey, &error);
		fuzz_parsed(res, &error, input, pkey);
	}
	if (res == MDOC_OK)
		fuzz_touch_key(context, &key);
	EVP_PKEY_free(pkey);
	mdoc_cbor_free(scan);
	return res;
}

void
fuzz_touch_sign1(const struct mdoc_context *context, const struct mdoc_sign1 *sign1)
{
	const struct mdoc_public_key *keys[] = { &world.annex_reader.key, &world.ds_key.pub };
	const enum mdoc_alg alg = mdoc_sign1_alg(sign1);
	const struct mdoc_bytes payload = mdoc_sign1_payload(sign1);
	struct mdoc_bytes der;
	size_t count = 0;

	FUZZ_CHECK(mdoc_alg_name(alg) != NULL);
	fuzz_touch(payload);
	fuzz_touch(mdoc_sign1_type(sign1));
	while (mdoc_sign1_certificate(sign1, count, &der)) {
		FUZZ_CHECK(der.len > 0 && der.len <= mdoc_context_limit(context, MDOC_LIMIT_CERTIFICATE));
		fuzz_touch(der);
		count++;
	}
	FUZZ_CHECK(count <= mdoc_context_limit(context, MDOC_LIMIT_CERTIFICATES));
	for (size_t i = 0; i < 2; i++) {
		const enum mdoc_result res = mdoc_sign1_verify(context, sign1, keys[i],
			payload.ptr == NULL ? mdoc_text("payload") : MDOC_NO_BYTES);

		FUZZ_CHECK(!mdoc_alg_fits(alg, keys[i]->curve) ? res != MDOC_OK : res != MDOC_ERR_ALGORITHM);
	}
}

enum mdoc_result
entry_sign1(const struct mdoc_context *context, struct mdoc_bytes input)
{
	enum mdoc_result first = MDOC_OK;

	for (unsigned tag = MDOC_COSE_UNTAGGED; tag <= MDOC_COSE_TAG_EITHER; tag++)
		for (unsigned place = MDOC_X5CHAIN_UNPROTECTED; place <= MDOC_X5CHAIN_EITHER; place++) {
			const struct mdoc_sign1_form form = { (enum mdoc_cose_tag)tag, (enum mdoc_x5chain_place)place };
			struct mdoc_sign1 *sign1 = NULL;
			struct mdoc_error error = { 0 };
			const enum mdoc_result res = mdoc_sign1_parse(context, input, &form, &sign1, &error);

			fuzz_parsed(res, &error, input, sign1);
			if (res == MDOC_OK && tag == MDOC_COSE_TAG_EITHER)
				fuzz_touch_sign1(context, sign1);
			mdoc_sign1_free(sign1);
			if (tag + place == 0)
				first = res;
		}
	return first;
}

enum mdoc_result
entry_mac0(const struct mdoc_context *context, struct mdoc_bytes input)
{
	static const uint8_t key[MDOC_MAC_LEN] = { 1, 2, 3 };
	struct mdoc_error error = { 0 };
	struct mdoc_cbor *scan = NULL;
	struct mdoc_mac0 mac;
	enum mdoc_result res = mdoc_cbor_scan(context, input, 0, &scan, &error);

	if (res == MDOC_OK) {
		res = mdoc_mac0_parse(mdoc_cbor_root(scan), "mac", &mac, &error);
		fuzz_result(res, &error, input);
	}
	if (res == MDOC_OK) {
		fuzz_touch_node(mac.node);
		fuzz_touch(mac.protected_);
		fuzz_touch(mac.payload);
		fuzz_touch(mac.tag);
		FUZZ_CHECK(mac.tag.len == MDOC_MAC_LEN);
		(void)mdoc_mac0_verify(context, &mac, key,
			mac.payload.ptr == NULL ? mdoc_text("payload") : MDOC_NO_BYTES);
	}
	mdoc_cbor_free(scan);
	return res;
}

/* A number of an algorithm, and a signature. */
enum mdoc_result
entry_signature(const struct mdoc_context *context, struct mdoc_bytes input)
{
	static const enum mdoc_alg algs[] = { MDOC_ALG_ES256, MDOC_ALG_EDDSA, MDOC_ALG_ED25519, MDOC_ALG_ESP256,
		MDOC_ALG_ES384, MDOC_ALG_HMAC_256, MDOC_ALG_NONE };
	const enum mdoc_alg alg = algs[input.len > 0 ? input.ptr[0] % (sizeof(algs) / sizeof(*algs)) : 0];
	const struct mdoc_bytes signature = input.len > 0 ? mdoc_bytes_of(input.ptr + 1, input.len - 1) : input;
	const struct {
		enum mdoc_curve curve;
		EVP_PKEY *pkey;
	} keys[] = { { MDOC_CURVE_P256, world.annex_keys[0] }, { MDOC_CURVE_ED25519, world.ds_key.pkey } };
	enum mdoc_result res = MDOC_OK;

	for (size_t i = 0; i < 2; i++) {
		res = mdoc_signature_verify(context, alg, keys[i].curve, keys[i].pkey, mdoc_text("message"), signature);
		FUZZ_CHECK((res == MDOC_ERR_ALGORITHM) == !mdoc_alg_fits(alg, keys[i].curve));
		FUZZ_CHECK(res != MDOC_OK || signature.len == mdoc_curve_sig_size(keys[i].curve));
		FUZZ_CHECK(res != MDOC_ERR_CRYPTO);
	}
	return res;
}

void
seeds_cose_key(struct fuzz_seeds *seeds)
{
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	mdoc_put_key(&out, &world.annex_reader.key);
	fuzz_seed(seeds, mdoc_buf_bytes(&out));
	mdoc_buf_clear(&out);
	mdoc_put_key(&out, &world.ds_key.pub);
	fuzz_seed(seeds, mdoc_buf_bytes(&out));
	mdoc_buf_clear(&out);
	/* a compressed point, and every other curve */
	fuzz_seed_hex(seeds, "a40102200121582060e3392385041f51403051f2415531cb56dd3f999c71687013aac6768bc8187e22f5");
	fuzz_seed_hex(seeds, "a3010120042158200900000000000000000000000000000000000000000000000000000000000000");
	fuzz_seed_hex(seeds,
		"a30101200521583805000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000");
	fuzz_seed_hex(seeds,
		"a40102200221583000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000022f4");
}

void
seeds_sign1(struct fuzz_seeds *seeds)
{
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	if (world_sign_list(&out, "application/statuslist+cwt", true, &world.status, mdoc_text("payload")) == MDOC_OK)
		fuzz_seed(seeds, mdoc_buf_bytes(&out));
	mdoc_buf_clear(&out);
	if (world_sign_list(&out, NULL, false, &world.status, mdoc_text("payload")) == MDOC_OK)
		fuzz_seed(seeds, mdoc_buf_bytes(&out));
	mdoc_buf_clear(&out);
}

void
seeds_mac0(struct fuzz_seeds *seeds)
{
	static const uint8_t key[MDOC_MAC_LEN] = { 1, 2, 3 };
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	if (mdoc_mac0_put(world.context, &out, key, mdoc_text("payload")) == MDOC_OK)
		fuzz_seed(seeds, mdoc_buf_bytes(&out));
	mdoc_buf_clear(&out);
}

void
seeds_signature(struct fuzz_seeds *seeds)
{
	uint8_t bytes[1 + MDOC_SIG_MAX] = { 1 };
	size_t len = 0;

	if (mdoc_sign(&world.ds_key.signer, mdoc_text("message"), bytes + 1, &len) == MDOC_OK)
		fuzz_seed(seeds, mdoc_bytes_of(bytes, 1 + len));
	bytes[0] = 0;
	fuzz_seed(seeds, mdoc_bytes_of(bytes, 65));
}
