/*
 * tests/unit/test_tpm_key.c: if these failed, signatures of keys in a TPM would be rejected by everybody else, a key
 * could leave the TPM or be used without its PIN, or an imported one be read on the way there.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/swtpm.h"
#include "tests/unit/tpm_key_kit.h"
#include "tokens/vault/key.h"

#define MANY 8 /* keys: more than a TPM has room for */

static const struct guard_setup plain = { .place = TOKEN_TPM_PIN_INDEX };
static const struct guard_setup with_srk = { .place = TOKEN_TPM_PIN_INDEX, .persistent = true };
static const struct guard_setup with_second = { .place = TOKEN_TPM_PIN_INDEX, .authenticator = "the other secret" };
static const struct guard_setup without_index = { .place = TOKEN_TPM_PIN_OBJECT };

static const enum token_curve curves[] = { TOKEN_P256, TOKEN_P384, TOKEN_P521 };
#define CURVES (sizeof(curves) / sizeof(curves[0]))

/* What the TPM has not is refused before it is asked. */
static void
test_other_curves(void)
{
	static const enum token_curve others[] = { TOKEN_CURVE_NONE, TOKEN_BP256, TOKEN_BP320, TOKEN_BP384, TOKEN_BP512,
		TOKEN_ED25519, TOKEN_ED448, TOKEN_X25519, TOKEN_X448 };
	const uint8_t scalar[66] = { [31] = 1 };
	struct secret value = SECRET_NONE;
	struct token_key *key = NULL;
	struct guard_world w;
	uint64_t before;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	before = tpm_command_count(w.env.tpm);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		CU_ASSERT_EQUAL(tpm_keymaker.generate(w.area, others[i], &key, &value), TOKEN_ERR_CURVE);
		CU_ASSERT_PTR_NULL(key);
		CU_ASSERT_EQUAL(tpm_keymaker.import(w.area, others[i], scalar, token_curve_size(others[i]), &value),
			TOKEN_ERR_CURVE);
		CU_ASSERT_EQUAL(tpm_keymaker.load(w.area, others[i], scalar, 1, &key), TOKEN_ERR_CURVE);
		CU_ASSERT_PTR_NULL(value.ptr);
	}
	CU_ASSERT_EQUAL(tpm_command_count(w.env.tpm), before);
	guard_end(&w);
}

/* All that a digest can be: a hash's size, between two, shorter and longer than the order. */
static void
signs_all_sizes(const struct guard_setup *setup)
{
	static const size_t sizes[] = { 1, 20, 28, 31, 32, 33, 47, 48, 49, 63, 64 };
	struct secret value = SECRET_NONE;
	struct token_key *key = NULL;
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(key_world(&w, setup));
	for (size_t i = 0; i < CURVES; i++) {
		CU_ASSERT_TRUE_FATAL(key_new(&w, curves[i], &key, &value));
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			CU_ASSERT_EQUAL(key_signs(&w, key, sizes[j], 0xff), TOKEN_OK);
			CU_ASSERT_EQUAL(key_signs(&w, key, sizes[j], 0x01), TOKEN_OK);
		}
		token_key_free(key);
		secret_wipe(&value);
	}
	guard_end(&w);
}

static void
test_sign(void)
{
	signs_all_sizes(&plain);
}

static void
test_sign_in_all_areas(void)
{
	const struct guard_setup *const setups[] = { &with_srk, &with_second, &without_index };
	struct secret value = SECRET_NONE;
	struct token_key *key = NULL;
	struct guard_world w;

	for (size_t i = 0; i < sizeof(setups) / sizeof(setups[0]); i++) {
		CU_ASSERT_TRUE_FATAL(key_world(&w, setups[i]));
		CU_ASSERT_TRUE_FATAL(key_new(&w, TOKEN_P256, &key, &value));
		CU_ASSERT_EQUAL(key_signs(&w, key, 32, 0x5a), TOKEN_OK);
		token_key_free(key);
		secret_wipe(&value);
		guard_end(&w);
	}
}

/* FIPS 186-4, 6.4: for P-521 of more than 521 bits the leftmost. A TPM takes no number of more than 64 bytes. */
static void
test_digests_beyond_hashes(void)
{
	uint8_t digest[80] = { 0 }, sig[TOKEN_SIG_MAX];
	struct secret value = SECRET_NONE;
	struct token_key *key = NULL;
	struct guard_world w;
	size_t len;
	bool good = false;
	uint8_t point[TOKEN_POINT_MAX];
	size_t point_len;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	CU_ASSERT_TRUE_FATAL(key_new(&w, TOKEN_P521, &key, &value));
	CU_ASSERT_EQUAL(token_key_sign(key, NULL, 0, sig, &len), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(token_key_sign(key, digest, 0, sig, &len), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(key_signs(&w, key, 65, 0xff), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(key_signs(&w, key, 80, 0xff), TOKEN_ERR_ARG);
	for (size_t i = 1; i < sizeof(digest); i++)
		digest[i] = (uint8_t)(0xf0 + i);
	digest[1] = 1;
	CU_ASSERT_EQUAL_FATAL(token_key_point(key, point, &point_len), TOKEN_OK);
	for (size_t size = 65; size <= sizeof(digest); size++) {
		CU_ASSERT_EQUAL(token_key_sign(key, digest, size, sig, &len), TOKEN_OK);
		CU_ASSERT_EQUAL(token_public_verify(w.libctx, TOKEN_P521, point, point_len, digest, size, sig, len,
					&good),
			TOKEN_OK);
		CU_ASSERT_TRUE(good);
	}
	token_key_free(key);
	secret_wipe(&value);
	guard_end(&w);
}

static void
test_derive(void)
{
	uint8_t point[TOKEN_POINT_MAX], other_point[TOKEN_POINT_MAX];
	struct secret value = SECRET_NONE, ours = SECRET_NONE, theirs = SECRET_NONE;
	struct token_key *key = NULL, *other = NULL;
	struct guard_world w;
	size_t len, other_len;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	for (size_t i = 0; i < CURVES; i++) {
		CU_ASSERT_TRUE_FATAL(key_new(&w, curves[i], &key, &value));
		CU_ASSERT_EQUAL_FATAL(vault_key_generate(w.libctx, curves[i], &other), TOKEN_OK);
		CU_ASSERT_EQUAL(token_key_point(key, point, &len), TOKEN_OK);
		CU_ASSERT_EQUAL(token_key_point(other, other_point, &other_len), TOKEN_OK);
		CU_ASSERT_EQUAL(token_key_derive(key, other_point, other_len, &ours), TOKEN_OK);
		CU_ASSERT_EQUAL(token_key_derive(other, point, len, &theirs), TOKEN_OK);
		CU_ASSERT_EQUAL(ours.len, token_curve_size(curves[i]));
		CU_ASSERT_TRUE(secret_equal(ours, theirs));
		secret_wipe(&ours);
		CU_ASSERT_EQUAL(token_key_derive(key, other_point, other_len - 1, &ours), TOKEN_ERR_ARG);
		other_point[other_len - 1] ^= 1; /* not on the curve */
		CU_ASSERT_EQUAL(token_key_derive(key, other_point, other_len, &ours), TOKEN_ERR_ARG);
		CU_ASSERT_EQUAL(token_key_derive(key, NULL, 0, &ours), TOKEN_ERR_ARG);
		CU_ASSERT_PTR_NULL(ours.ptr);
		secret_wipe(&theirs);
		secret_wipe(&value);
		token_key_free(other);
		token_key_free(key);
	}
	guard_end(&w);
}

/* Nothing of a key of the TPM can be had, and a stored one is loaded without a command. */
static void
test_few_commands(void)
{
	struct secret value = SECRET_NONE, scalar = SECRET_NONE;
	struct token_key *made = NULL, *key = NULL;
	struct guard_world w;
	uint64_t before;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	CU_ASSERT_TRUE_FATAL(key_new(&w, TOKEN_P256, &made, &value));
	before = tpm_command_count(w.env.tpm);
	CU_ASSERT_EQUAL_FATAL(tpm_keymaker.load(w.area, TOKEN_P256, value.ptr, value.len, &key), TOKEN_OK);
	CU_ASSERT_EQUAL(token_key_scalar(key, &scalar), TOKEN_ERR_UNSUPPORTED);
	CU_ASSERT_EQUAL(tpm_command_count(w.env.tpm), before);
	CU_ASSERT_EQUAL(key_signs(&w, key, 32, 1), TOKEN_OK);
	before = tpm_command_count(w.env.tpm);
	for (int i = 0; i < 20; i++)
		CU_ASSERT_EQUAL(key_signs(&w, key, 32, (uint8_t)i), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_command_count(w.env.tpm), before + 40);
	token_key_free(made);
	token_key_free(key);
	secret_wipe(&value);
	guard_end(&w);
}

static void
test_more_keys_than_room(void)
{
	struct secret value[MANY] = { SECRET_NONE };
	struct token_key *key[MANY] = { NULL };
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	for (size_t i = 0; i < MANY; i++)
		CU_ASSERT_TRUE_FATAL(key_new(&w, curves[i % CURVES], &key[i], &value[i]));
	for (size_t i = 0; i < 3 * (size_t)MANY; i++)
		CU_ASSERT_EQUAL(key_signs(&w, key[i % MANY], 32, (uint8_t)i), TOKEN_OK);
	for (size_t i = 0; i < MANY; i++) {
		token_key_free(key[i]);
		secret_wipe(&value[i]);
	}
	guard_end(&w);
}

/* What the TPM says of a key, not what we asked for. */
struct reading {
	struct token_key *key;
	TPM2B_PUBLIC area;
};

static enum token_result
read_public(struct tpm *tpm, void *arg)
{
	struct reading *reading = arg;
	struct tpm_ref object;
	const struct tpm_ref *const refs[] = { &object };
	TSS2_RC rc;

	memset(&reading->area, 0, sizeof(reading->area));
	rc = tpm_object(tpm, tpm_key_blob(reading->key), &object);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_ReadPublic_Prepare(tpm_sys(tpm), object.handle);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, refs, 1, NULL, 0);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_ReadPublic_Complete(tpm_sys(tpm), &reading->area, NULL, NULL);
	return tpm_result(rc);
}

static void
attributes_are(struct guard_world *w, struct token_key *key, TPMA_OBJECT wanted)
{
	const TPM2B_DIGEST *policy = tpm_guard_policy(guard_of(w));
	struct reading reading = { .key = key };
	const TPMT_PUBLIC *area = &reading.area.publicArea;

	CU_ASSERT_EQUAL_FATAL(tpm_do(w->env.tpm, read_public, &reading), TOKEN_OK);
	CU_ASSERT_EQUAL(area->objectAttributes, wanted);
	CU_ASSERT_EQUAL(area->authPolicy.size, policy->size);
	CU_ASSERT_EQUAL(memcmp(area->authPolicy.buffer, policy->buffer, policy->size), 0);
	CU_ASSERT_EQUAL(area->parameters.eccDetail.scheme.scheme, TPM2_ALG_NULL);
}

static void
test_attributes(void)
{
	const TPMA_OBJECT use = TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_DECRYPT | TPMA_OBJECT_NODA;
	const TPMA_OBJECT fixed = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN;
	const uint8_t scalar[32] = { [0] = 0x7f, [31] = 1 };
	struct secret value = SECRET_NONE;
	struct token_key *key = NULL;
	struct guard_world w;

	CU_ASSERT_TRUE(tpm_keymaker.hardware);
	CU_ASSERT_FALSE(tpm_keymaker.exports);
	CU_ASSERT_TRUE_FATAL(key_world(&w, &with_second));
	CU_ASSERT_TRUE_FATAL(key_new(&w, TOKEN_P384, &key, &value));
	attributes_are(&w, key, fixed | use);
	token_key_free(key);
	secret_wipe(&value);
	CU_ASSERT_EQUAL_FATAL(tpm_keymaker.import(w.area, TOKEN_P256, scalar, sizeof(scalar), &value), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(tpm_keymaker.load(w.area, TOKEN_P256, value.ptr, value.len, &key), TOKEN_OK);
	attributes_are(&w, key, use);
	token_key_free(key);
	secret_wipe(&value);
	guard_end(&w);
}

/* A key from outside is the same key afterwards. */
static void
imports(struct guard_world *w, enum token_curve curve, const uint8_t *scalar, size_t len)
{
	uint8_t point[TOKEN_POINT_MAX], soft_point[TOKEN_POINT_MAX];
	struct secret value = SECRET_NONE, ours = SECRET_NONE, theirs = SECRET_NONE;
	struct token_key *key = NULL, *soft = NULL;
	size_t point_len = 0, soft_len = 0;

	CU_ASSERT_EQUAL_FATAL(vault_key_from_scalar(w->libctx, curve, scalar, len, &soft), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(tpm_keymaker.import(w->area, curve, scalar, len, &value), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(tpm_keymaker.load(w->area, curve, value.ptr, value.len, &key), TOKEN_OK);
	CU_ASSERT_EQUAL(token_key_point(key, point, &point_len), TOKEN_OK);
	CU_ASSERT_EQUAL(token_key_point(soft, soft_point, &soft_len), TOKEN_OK);
	CU_ASSERT_EQUAL(point_len, soft_len);
	CU_ASSERT_EQUAL(memcmp(point, soft_point, point_len), 0);
	CU_ASSERT_EQUAL(key_signs(w, key, 32, 0x77), TOKEN_OK);
	CU_ASSERT_EQUAL(token_key_derive(key, point, point_len, &ours), TOKEN_OK);
	CU_ASSERT_EQUAL(token_key_derive(soft, point, point_len, &theirs), TOKEN_OK);
	CU_ASSERT_TRUE(secret_equal(ours, theirs));
	secret_wipe(&ours);
	secret_wipe(&theirs);
	secret_wipe(&value);
	token_key_free(key);
	token_key_free(soft);
}

static void
test_import(void)
{
	uint8_t scalar[66] = { 0 };
	struct secret value = SECRET_NONE;
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	CU_ASSERT_EQUAL(tpm_keymaker.import(w.area, TOKEN_P256, scalar, 32, &value), TOKEN_ERR_ARG);
	scalar[31] = 1;
	CU_ASSERT_EQUAL(tpm_keymaker.import(w.area, TOKEN_P256, scalar, 31, &value), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(tpm_keymaker.import(w.area, TOKEN_P256, NULL, 0, &value), TOKEN_ERR_ARG);
	memset(scalar, 0xff, 32);
	CU_ASSERT_EQUAL(tpm_keymaker.import(w.area, TOKEN_P256, scalar, 32, &value), TOKEN_ERR_ARG);
	CU_ASSERT_PTR_NULL(value.ptr);
	for (size_t i = 0; i < CURVES; i++) {
		const size_t size = token_curve_size(curves[i]);

		memset(scalar, 0, sizeof(scalar)); /* a short number with leading zeros, and a long one */
		scalar[size - 1] = 2;
		imports(&w, curves[i], scalar, size);
		memset(scalar + 1, 0x6b, size - 1);
		imports(&w, curves[i], scalar, size);
	}
	guard_end(&w);
}

static bool
file_has(const char *path, const uint8_t *bytes, size_t len)
{
	FILE *file = fopen(path, "rb");
	uint8_t *content = malloc(1 << 20);
	size_t size = file != NULL && content != NULL ? fread(content, 1, 1 << 20, file) : 0;
	bool found = size == 0;

	for (size_t at = 0; at + len <= size && !found; at++)
		found = memcmp(content + at, bytes, len) == 0;
	if (file != NULL)
		fclose(file);
	free(content);
	return found;
}

/* Who listens between us and the TPM hears neither an imported key nor what two keys agree on. */
static void
test_nothing_on_the_line(void)
{
	char tcti[120], path[] = "/tmp/mdoc-line-XXXXXX";
	const int fd = mkstemp(path);
	struct guard_setup tapped = { .place = TOKEN_TPM_PIN_INDEX, .tcti = tcti };
	struct secret value = SECRET_NONE, shared = SECRET_NONE;
	uint8_t scalar[32], point[TOKEN_POINT_MAX];
	struct token_key *key = NULL;
	struct guard_world w;
	size_t len = 0;

	CU_ASSERT_TRUE_FATAL(fd >= 0 && swtpm_start());
	for (size_t i = 0; i < sizeof(scalar); i++)
		scalar[i] = (uint8_t)(0x31 + i);
	(void)snprintf(tcti, sizeof(tcti), "pcap:%s", swtpm_tcti());
	CU_ASSERT_EQUAL(setenv("TCTI_PCAP_FILE", path, 1), 0);
	CU_ASSERT_TRUE_FATAL(key_world(&w, &tapped));
	CU_ASSERT_EQUAL_FATAL(tpm_keymaker.import(w.area, TOKEN_P256, scalar, sizeof(scalar), &value), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(tpm_keymaker.load(w.area, TOKEN_P256, value.ptr, value.len, &key), TOKEN_OK);
	CU_ASSERT_EQUAL(token_key_point(key, point, &len), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(token_key_derive(key, point, len, &shared), TOKEN_OK);
	CU_ASSERT_EQUAL(key_signs(&w, key, 32, 0x99), TOKEN_OK);
	CU_ASSERT_TRUE(file_has(path, point + 1, 32)); /* it is what went over the line */
	CU_ASSERT_FALSE(file_has(path, scalar, 8));
	CU_ASSERT_FALSE(file_has(path, scalar + 24, 8));
	CU_ASSERT_FALSE(file_has(path, shared.ptr, 8));
	CU_ASSERT_FALSE(file_has(path, shared.ptr + 24, 8));
	token_key_free(key);
	secret_wipe(&value);
	secret_wipe(&shared);
	guard_end(&w);
	CU_ASSERT_EQUAL(unsetenv("TCTI_PCAP_FILE"), 0);
	close(fd);
	unlink(path);
}

struct worker {
	struct guard_world *w;
	struct token_key *key;
	unsigned good;
};

static void *
sign_often(void *arg)
{
	struct worker *worker = arg;

	for (int i = 0; i < 25; i++)
		worker->good += key_signs(worker->w, worker->key, 32, (uint8_t)i) == TOKEN_OK;
	return NULL;
}

static void
test_threads(void)
{
	struct secret value[2] = { SECRET_NONE, SECRET_NONE };
	struct token_key *key[2] = { NULL, NULL };
	struct worker worker[4];
	pthread_t thread[4];
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	for (size_t i = 0; i < 2; i++)
		CU_ASSERT_TRUE_FATAL(key_new(&w, TOKEN_P256, &key[i], &value[i]));
	for (size_t i = 0; i < 4; i++) {
		worker[i] = (struct worker){ .w = &w, .key = key[i / 3] };
		CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, sign_often, &worker[i]), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		(void)pthread_join(thread[i], NULL);
		CU_ASSERT_EQUAL(worker[i].good, 25);
	}
	for (size_t i = 0; i < 2; i++) {
		token_key_free(key[i]);
		secret_wipe(&value[i]);
	}
	guard_end(&w);
}

CU_TestInfo tests_tpm_key[] = {
	{ "other curves are refused", test_other_curves },
	{ "signatures over digests of all sizes", test_sign },
	{ "signatures in areas of all kinds", test_sign_in_all_areas },
	{ "digests longer than a hash", test_digests_beyond_hashes },
	{ "key agreement", test_derive },
	{ "two commands for a signature, none to load", test_few_commands },
	{ "more keys than the TPM has room for", test_more_keys_than_room },
	{ "attributes of keys in the TPM", test_attributes },
	{ "import", test_import },
	{ "nothing secret on the line", test_nothing_on_the_line },
	{ "many threads on one key", test_threads },
	CU_TEST_INFO_NULL,
};
