/*
 * tests/fuzz/entry_x509.c: certificates, and lists of revoked ones.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entries.h"

void
fuzz_touch_cert(const struct mdoc_cert *cert)
{
	struct mdoc_public_key key = { 0 };
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	struct mdoc_error error;
	struct mdoc_bytes uri;
	enum mdoc_result res;

	fuzz_touch(mdoc_cert_der(cert));
	fuzz_touch(mdoc_cert_serial(cert));
	fuzz_touch(mdoc_cert_country(cert));
	fuzz_touch(mdoc_cert_state(cert));
	fuzz_touch(mdoc_cert_common_name(cert));
	fuzz_touch(mdoc_cert_key_id(cert));
	fuzz_touch(mdoc_cert_authority_key_id(cert));
	fuzz_touch(mdoc_cert_subject(cert));
	fuzz_touch(mdoc_cert_issuer(cert));
	for (size_t i = 0; mdoc_cert_crl_uri(cert, i, &uri); i++)
		fuzz_touch(uri);
	FUZZ_CHECK(!mdoc_cert_valid_at(cert, WORLD_NOW) || mdoc_cert_not_before(cert) <= mdoc_cert_not_after(cert));
	res = mdoc_cert_subject_text(cert, &text);
	FUZZ_CHECK(fuzz_fine(res) || (res == MDOC_ERR_CERTIFICATE && text.len == 0));
	mdoc_buf_clear(&text);
	res = mdoc_cert_issuer_text(cert, &text);
	FUZZ_CHECK(fuzz_fine(res) || (res == MDOC_ERR_CERTIFICATE && text.len == 0));
	mdoc_buf_clear(&text);
	res = mdoc_cert_public_key(cert, &key);
	FUZZ_CHECK((res == MDOC_OK) == (mdoc_cert_pkey(cert) != NULL));
	FUZZ_CHECK(res != MDOC_OK || mdoc_curve_sig_size(key.curve) > 0);
	for (unsigned profile = 0; profile <= MDOC_CERT_PROFILE_COUNT; profile++) {
		enum mdoc_result strict, relaxed;

		error = (struct mdoc_error){ 0 };
		strict = mdoc_cert_check(cert, (enum mdoc_cert_profile)profile, 0, &error);
		fuzz_result(strict, &error, mdoc_cert_der(cert));
		relaxed = mdoc_cert_check(cert, (enum mdoc_cert_profile)profile, UINT32_MAX, &error);
		FUZZ_CHECK(strict != MDOC_OK || fuzz_fine(relaxed));
		(void)mdoc_cert_check_lifetime(cert, (enum mdoc_cert_profile)profile, &error);
	}
}

static enum mdoc_result
judge(const struct mdoc_context *context, const struct mdoc_trust *trust, struct mdoc_bytes input)
{
	struct mdoc_judged judged = { 0 };
	const enum mdoc_result res = mdoc_trust_judge(context, trust, input, MDOC_CERT_DS, 0, WORLD_NOW, &judged);

	FUZZ_CHECK(res != MDOC_OK || (judged.cert != NULL && judged.anchor != NULL));
	if (judged.anchor != NULL) {
		(void)mdoc_anchor_allows(judged.anchor, input);
		fuzz_touch(mdoc_cert_der(mdoc_anchor_cert(judged.anchor)));
	}
	mdoc_judged_clear(&judged);
	return res;
}

/* What is kept is judged as what is new. */
static void
judge_twice(const struct mdoc_context *context, struct mdoc_bytes input)
{
	const enum mdoc_result res = judge(context, world.trust, input);
	struct mdoc_trust *trust = mdoc_trust_new();

	if (trust != NULL && mdoc_trust_use_cache(context, trust) == MDOC_OK &&
		mdoc_trust_add(context, trust, mdoc_buf_bytes(&world.iaca), MDOC_CERT_IACA, 0, NULL) == MDOC_OK) {
		const enum mdoc_result first = judge(context, trust, input);
		const enum mdoc_result kept = judge(context, trust, input);

		FUZZ_CHECK(first == kept || !fuzz_plain());
		FUZZ_CHECK(first != MDOC_OK || res == MDOC_OK || res == MDOC_ERR_REVOKED || !fuzz_plain());
	}
	mdoc_trust_free(trust);
}

enum mdoc_result
entry_cert(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_trust *trust = NULL;
	struct mdoc_cert *cert = NULL;
	const struct mdoc_anchor *anchor = NULL;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_cert_parse(context, input, &cert, &error);

	fuzz_parsed(res, &error, input, cert);
	if (res == MDOC_OK) {
		FUZZ_CHECK(mdoc_bytes_equal(mdoc_cert_der(cert), input));
		fuzz_touch_cert(cert);
		judge_twice(context, input);
		if (mdoc_trust_find(world.trust, cert, MDOC_CERT_DS, 0, WORLD_NOW, &anchor, &error) == MDOC_OK)
			(void)mdoc_trust_revocation(world.trust, cert, anchor, WORLD_NOW, &error);
		trust = mdoc_trust_new();
	}
	if (trust != NULL) {
		enum mdoc_cert_profile profile;

		if (mdoc_trust_add(context, trust, input, MDOC_CERT_IACA, UINT32_MAX, &error) == MDOC_OK) {
			FUZZ_CHECK(mdoc_trust_count(trust) == 1 && mdoc_trust_profile(trust, &profile));
			(void)mdoc_trust_add_for(context, trust, input, MDOC_CERT_IACA, UINT32_MAX, NULL, 0, &error);
			(void)mdoc_trust_find(trust, cert, MDOC_CERT_DS, UINT32_MAX, WORLD_NOW, &anchor, &error);
		}
	}
	mdoc_cert_free(cert);
	mdoc_trust_free(trust);
	return res;
}

enum mdoc_result
entry_crl(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_trust *trust = NULL;
	struct mdoc_cert *leaf = NULL;
	struct mdoc_crl *crl = NULL;
	const struct mdoc_anchor *anchor = NULL;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_crl_parse(context, input, &crl, &error);

	fuzz_parsed(res, &error, input, crl);
	if (res != MDOC_OK)
		return res;
	(void)mdoc_crl_this_update(crl);
	(void)mdoc_crl_next_update(crl);
	trust = mdoc_trust_new();
	if (trust != NULL &&
		mdoc_trust_add(context, trust, mdoc_buf_bytes(&world.iaca), MDOC_CERT_IACA, 0, NULL) == MDOC_OK) {
		if (mdoc_trust_add_crl(trust, crl, &error) == MDOC_OK)
			crl = NULL;
		if (mdoc_cert_parse(context, mdoc_buf_bytes(&world.ds), &leaf, NULL) == MDOC_OK &&
			mdoc_trust_find(trust, leaf, MDOC_CERT_DS, 0, WORLD_NOW, &anchor, NULL) == MDOC_OK)
			(void)mdoc_trust_revocation(trust, leaf, anchor, WORLD_NOW, &error);
	}
	mdoc_crl_free(crl);
	mdoc_cert_free(leaf);
	mdoc_trust_free(trust);
	return res;
}

void
seeds_cert(struct fuzz_seeds *seeds)
{
	const struct mdoc_buf *certificates[] = { &world.iaca, &world.ds, &world.reader_ca, &world.reader,
		&world.status, &world.list_ca, &world.vical, &world.rical };

	for (size_t i = 0; i < sizeof(certificates) / sizeof(*certificates); i++)
		fuzz_seed(seeds, mdoc_buf_bytes(certificates[i]));
}

void
seeds_crl(struct fuzz_seeds *seeds)
{
	fuzz_seed(seeds, mdoc_buf_bytes(&world.crl));
}
