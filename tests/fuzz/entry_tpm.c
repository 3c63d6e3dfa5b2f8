/*
 * tests/fuzz/entry_tpm.c: what mdoc-issuer reads of a TPM: evidence, the messages of an enrolment, and the structures and
 * certificates inside them by themselves, since most of them stand behind a signature.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entry_tpm.h"

#include <string.h>

#include "tests/unit/evidence_world.h"
#include "tools/issuer/attest_ca.h"
#include "tools/issuer/ek.h"
#include "tools/issuer/enrolment.h"

/* Made once, and again whenever a seed wants it otherwise. */
static struct evidence_world *
tpm_world(void)
{
	static struct evidence_world made;

	if (made.ca_key == NULL) {
		evidence_world_new(&made);
		evidence_world_make(&made, NULL);
	}
	return &made;
}

static void
touch_key(const struct mdoc_public_key *key)
{
	FUZZ_CHECK(key->point_len > 0 && key->point_len <= sizeof(key->point));
	fuzz_touch(mdoc_bytes_of(key->point, key->point_len));
}

static enum mdoc_result
of_evidence(enum evidence_result res)
{
	fuzz_touch_text(evidence_sentence(res));
	FUZZ_CHECK(res != EVIDENCE_MEMORY || !fuzz_plain());
	return res == EVIDENCE_OK ? MDOC_OK : res == EVIDENCE_MEMORY ? MDOC_ERR_MEMORY : MDOC_ERR_VALUE;
}

enum mdoc_result
entry_tpm_evidence(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct evidence_rules rules = evidence_world_rules(tpm_world());
	struct evidence_place place;
	struct evidence made;
	enum evidence_result res;

	rules.take_shared = fuzz_number(input) % 2 == 0;
	res = evidence_verify(context, input, &rules, &made, &place);
	FUZZ_CHECK(res == EVIDENCE_OK ? made.count > 0 && made.count <= rules.keys : made.keys == NULL);
	FUZZ_CHECK(place.key == SIZE_MAX || place.key < rules.keys);
	for (size_t i = 0; i < made.count; i++)
		touch_key(&made.keys[i]);
	evidence_clear(&made);
	return of_evidence(res);
}

enum mdoc_result
entry_tpm_enrolment(const struct mdoc_context *context, struct mdoc_bytes input)
{
	const struct mdoc_bytes anchor = mdoc_buf_bytes(&tpm_world()->ca);
	struct mdoc_public_key key;
	struct enrolment made;
	struct part_public ak;
	TPMT_PUBLIC ek;
	enum message_result res = enrolment_parse(context, input, &made);

	fuzz_touch_text(message_sentence(res));
	if (res == MESSAGE_OK) {
		FUZZ_CHECK(strlen(made.serial) > 0 && strlen(made.serial) <= ENROLMENT_SERIAL_MAX);
		fuzz_touch(made.ek);
		fuzz_touch(made.ak);
		fuzz_touch(made.ek_certificate);
		fuzz_touch_text(ek_sentence(
			ek_check(context, made.ek, made.ek_certificate, &anchor, 1, EVIDENCE_WORLD_NOW, &ek)));
		(void)evidence_ak_parse(context, made.ak, &ak, &key);
	}
	enrolment_clear(&made);
	return res == MESSAGE_OK ? MDOC_OK : res == MESSAGE_MEMORY ? MDOC_ERR_MEMORY : MDOC_ERR_VALUE;
}

enum mdoc_result
entry_tpm_answer(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct answer made;
	const enum message_result res = answer_parse(context, input, &made);

	fuzz_touch_text(message_sentence(res));
	return res == MESSAGE_OK ? MDOC_OK : res == MESSAGE_MEMORY ? MDOC_ERR_MEMORY : MDOC_ERR_VALUE;
}

/* Each structure tries to read it; a challenge is made for whatever passes as an endorsement key. */
enum mdoc_result
entry_tpm_structure(const struct mdoc_context *context, struct mdoc_bytes input)
{
	static const uint8_t name[PART_NAME_LEN], secret[CREDENTIAL_LEN];
	struct mdoc_buf blob = MDOC_BUF_EMPTY, seed = MDOC_BUF_EMPTY;
	uint8_t sig[2 * PART_DIGEST_LEN];
	struct mdoc_public_key key;
	struct part_public area;
	struct part_index index;
	TPMS_ATTEST attest;
	TPMT_PUBLIC ek;
	enum mdoc_result res = part_public_parse(context, input, &area);

	if (res == MDOC_OK && part_public_key(context, &area.area, &key) == MDOC_OK)
		touch_key(&key);
	if (ek_check(context, input, MDOC_NO_BYTES, NULL, 0, EVIDENCE_WORLD_NOW, &ek) == EK_NO_CERTIFICATE)
		FUZZ_CHECK(fuzz_fine(credential_make(context, &ek, name, secret, &blob, &seed)));
	mdoc_buf_clear(&blob);
	mdoc_buf_clear(&seed);
	if (part_index_parse(context, input, &index) == MDOC_OK || part_attest_parse(input, &attest) == MDOC_OK ||
		part_signature_parse(input, sig) == MDOC_OK)
		res = MDOC_OK;
	return res;
}

enum mdoc_result
entry_tpm_certificate(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_public_key key;
	uint8_t serial[EVIDENCE_SERIAL_MAX];
	size_t len = 0;
	const enum evidence_result res = attest_ca_check(context, mdoc_buf_bytes(&tpm_world()->ca), input,
		EVIDENCE_WORLD_NOW, &key, serial, &len);

	FUZZ_CHECK(len <= sizeof(serial) || res != EVIDENCE_OK);
	if (res == EVIDENCE_OK)
		touch_key(&key);
	return of_evidence(res);
}

/* ---- Seeds ---- */

static void
with_second(struct evidence_world *world, enum bend when)
{
	if (when == BEND_PARTS)
		world->with_second = true;
}

static void
shared(struct evidence_world *world, enum bend when)
{
	if (when == BEND_PARTS)
		world->shared = true;
}

void
seeds_tpm_evidence(struct fuzz_seeds *seeds)
{
	static evidence_bend *const bends[] = { with_second, shared, NULL };
	struct evidence_world *world = tpm_world();

	for (size_t i = 0; i < sizeof(bends) / sizeof(bends[0]); i++) {
		evidence_world_make(world, bends[i]);
		fuzz_seed(seeds, mdoc_buf_bytes(&world->cbor));
	}
}

/* An endorsement key of the ECC template, as hexadecimal without its point. */
static void
seed_ek(struct mdoc_buf *out)
{
	struct evidence_world *world = tpm_world();
	TPMT_PUBLIC area;
	static const uint8_t policy[] = { 0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc, 0x8d, 0x46,
		0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52, 0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14,
		0x69, 0xaa };

	memset(&area, 0, sizeof(area));
	evidence_world_point(world->other_ak_key, &area);
	area.objectAttributes = 0x000300b2;
	area.parameters.eccDetail.symmetric.algorithm = TPM2_ALG_AES;
	area.parameters.eccDetail.symmetric.keyBits.aes = 128;
	area.parameters.eccDetail.symmetric.mode.aes = TPM2_ALG_CFB;
	area.authPolicy.size = sizeof(policy);
	memcpy(area.authPolicy.buffer, policy, sizeof(policy));
	evidence_world_public(&area, out);
}

void
seeds_tpm_enrolment(struct fuzz_seeds *seeds)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY, ek = MDOC_BUF_EMPTY, ak = MDOC_BUF_EMPTY;

	seed_ek(&ek);
	evidence_world_public(&tpm_world()->ak, &ak);
	mdoc_put_map(&made, 6);
	mdoc_put_text(&made, "ver");
	mdoc_put_uint(&made, 1);
	mdoc_put_text(&made, "type");
	mdoc_put_text(&made, "mdoc-tpm-enrolment");
	mdoc_put_text(&made, "akPub");
	mdoc_put_bstr(&made, mdoc_buf_bytes(&ak));
	mdoc_put_text(&made, "ekPub");
	mdoc_put_bstr(&made, mdoc_buf_bytes(&ek));
	mdoc_put_text(&made, "ekCert");
	mdoc_put_bstr(&made, mdoc_buf_bytes(&tpm_world()->certificate));
	mdoc_put_text(&made, "serial");
	mdoc_put_text(&made, "0123456789abcdef");
	fuzz_seed(seeds, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
	mdoc_buf_clear(&ek);
	mdoc_buf_clear(&ak);
}

void
seeds_tpm_answer(struct fuzz_seeds *seeds)
{
	static const uint8_t zeros[CREDENTIAL_LEN];
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	mdoc_put_map(&made, 4);
	mdoc_put_text(&made, "id");
	mdoc_put_bstr(&made, mdoc_bytes_of(zeros, CHALLENGE_ID_LEN));
	mdoc_put_text(&made, "ver");
	mdoc_put_uint(&made, 1);
	mdoc_put_text(&made, "type");
	mdoc_put_text(&made, "mdoc-tpm-answer");
	mdoc_put_text(&made, "credential");
	mdoc_put_bstr(&made, mdoc_bytes_of(zeros, sizeof(zeros)));
	fuzz_seed(seeds, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
}

void
seeds_tpm_structure(struct fuzz_seeds *seeds)
{
	const struct evidence_world *world = tpm_world();
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	const TPMT_PUBLIC *const areas[] = { &world->ak, &world->officer, &world->authorizer, &world->keys[2] };

	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		evidence_world_public(areas[i], &made);
		fuzz_seed(seeds, mdoc_buf_bytes(&made));
		mdoc_buf_clear(&made);
	}
	seed_ek(&made);
	fuzz_seed(seeds, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
	evidence_world_index(&world->index, &made);
	fuzz_seed(seeds, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
	fuzz_seed(seeds, mdoc_buf_bytes(&world->pin.info));
	fuzz_seed(seeds, mdoc_buf_bytes(&world->pin.sig));
	fuzz_seed(seeds, mdoc_buf_bytes(&world->of_keys[0].info));
}

void
seeds_tpm_certificate(struct fuzz_seeds *seeds)
{
	fuzz_seed(seeds, mdoc_buf_bytes(&tpm_world()->certificate));
	fuzz_seed(seeds, mdoc_buf_bytes(&tpm_world()->ca));
}
