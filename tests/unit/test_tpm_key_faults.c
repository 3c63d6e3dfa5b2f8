/*
 * tests/unit/test_tpm_key_faults.c: if these failed, a stale or locked PIN would still sign or cost more than one try,
 * a key would work in another TPM, or a damaged store bring the program down.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/swtpm.h"
#include "tests/unit/tpm_key_kit.h"

static const struct guard_setup plain = { .place = TOKEN_TPM_PIN_INDEX };

/* Of a logged-out user the TPM is not even asked. */
static void
test_not_logged_in(void)
{
	struct secret value = SECRET_NONE, other = SECRET_NONE, shared = SECRET_NONE;
	uint8_t point[TOKEN_POINT_MAX];
	struct token_key *key = NULL, *blind = NULL;
	struct guard_world w;
	uint64_t before;
	size_t len = 0;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	CU_ASSERT_TRUE_FATAL(key_new(&w, TOKEN_P256, &key, &value));
	CU_ASSERT_EQUAL(token_key_point(key, point, &len), TOKEN_OK);
	CU_ASSERT_EQUAL(backend_area_set_auth(w.area, SECRET_NONE), TOKEN_OK);
	before = tpm_command_count(w.env.tpm);
	CU_ASSERT_EQUAL(key_signs(&w, key, 32, 1), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(token_key_derive(key, point, len, &shared), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(tpm_command_count(w.env.tpm), before);
	/* A key can be made all the same: a public one, by who is not logged in. */
	CU_ASSERT_TRUE_FATAL(key_new(&w, TOKEN_P256, &blind, &other));
	CU_ASSERT_TRUE(key_login(&w));
	CU_ASSERT_EQUAL(key_signs(&w, blind, 32, 1), TOKEN_OK);
	CU_ASSERT_EQUAL(key_signs(&w, key, 32, 1), TOKEN_OK);
	token_key_free(key);
	token_key_free(blind);
	secret_wipe(&value);
	secret_wipe(&other);
	guard_end(&w);
}

struct worker {
	struct guard_world *w;
	struct token_key *key;
	enum token_result res;
};

static void *
sign_once(void *arg)
{
	struct worker *worker = arg;

	worker->res = key_signs(worker->w, worker->key, 32, 1);
	return NULL;
}

/* Another process has changed the PIN: what is at hand here costs one try, however many threads use it. */
static void
test_stale_auth(void)
{
	struct secret value = SECRET_NONE, stale = SECRET_NONE;
	struct worker worker[4];
	pthread_t thread[4];
	struct token_key *key = NULL;
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	CU_ASSERT_TRUE_FATAL(key_new(&w, TOKEN_P256, &key, &value));
	CU_ASSERT_TRUE(secret_copy(w.auth.ptr, w.auth.len, &stale));
	CU_ASSERT_TRUE(guard_so_sets(&w, "9999"));
	CU_ASSERT_EQUAL(backend_area_set_auth(w.area, stale), TOKEN_OK);
	for (size_t i = 0; i < 4; i++) {
		worker[i] = (struct worker){ .w = &w, .key = key };
		CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, sign_once, &worker[i]), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		(void)pthread_join(thread[i], NULL);
		CU_ASSERT_EQUAL(worker[i].res, TOKEN_ERR_NOT_LOGGED_IN);
	}
	CU_ASSERT_EQUAL(guard_left(&w), GUARD_LIMIT - 1);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "9999"), TOKEN_OK);
	CU_ASSERT_EQUAL(backend_area_set_auth(w.area, w.auth), TOKEN_OK);
	CU_ASSERT_EQUAL(key_signs(&w, key, 32, 1), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_left(&w), GUARD_LIMIT);
	secret_wipe(&stale);
	secret_wipe(&value);
	token_key_free(key);
	guard_end(&w);
}

/* Somebody else has used up the tries: the right PIN that is at hand signs no more, also after the power was off. */
static void
test_locked(void)
{
	struct secret value = SECRET_NONE, right = SECRET_NONE;
	struct token_key *key = NULL;
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	CU_ASSERT_TRUE_FATAL(key_new(&w, TOKEN_P256, &key, &value));
	CU_ASSERT_TRUE(secret_copy(w.auth.ptr, w.auth.len, &right));
	for (unsigned i = 0; i < GUARD_LIMIT; i++)
		CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "0000"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(key_signs(&w, key, 32, 1), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_TRUE_FATAL(swtpm_restart());
	CU_ASSERT_EQUAL(backend_area_set_auth(w.area, right), TOKEN_OK);
	CU_ASSERT_EQUAL(key_signs(&w, key, 32, 1), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(guard_property(&w, TPM2_PT_LOCKOUT_COUNTER), 0);
	CU_ASSERT_TRUE(guard_so_sets(&w, KEY_PIN));
	CU_ASSERT_TRUE(key_login(&w));
	CU_ASSERT_EQUAL(key_signs(&w, key, 32, 1), TOKEN_OK);
	secret_wipe(&right);
	secret_wipe(&value);
	token_key_free(key);
	guard_end(&w);
}

/* What is loaded is lost with the power; the key is not. */
static void
test_power_cycle(void)
{
	struct secret value = SECRET_NONE;
	struct token_key *key = NULL;
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	CU_ASSERT_TRUE_FATAL(key_new(&w, TOKEN_P256, &key, &value));
	CU_ASSERT_TRUE_FATAL(swtpm_restart());
	CU_ASSERT_EQUAL(key_signs(&w, key, 32, 1), TOKEN_OK);
	swtpm_kill();
	CU_ASSERT_EQUAL(key_signs(&w, key, 32, 1), TOKEN_ERR_DEVICE);
	CU_ASSERT_TRUE_FATAL(swtpm_restart());
	CU_ASSERT_EQUAL(key_signs(&w, key, 32, 1), TOKEN_OK);
	secret_wipe(&value);
	token_key_free(key);
	guard_end(&w);
}

/* In another TPM, and in one that was cleared, a key is bytes that open nothing. */
static void
foreign_to(bool cleared)
{
	const uint8_t scalar[32] = { [31] = 5 };
	struct secret value = SECRET_NONE, made = SECRET_NONE;
	struct token_key *key = NULL, *fresh = NULL;
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	CU_ASSERT_TRUE_FATAL(key_new(&w, TOKEN_P256, &key, &value));
	CU_ASSERT_TRUE_FATAL(cleared ? guard_clear(&w) == TSS2_RC_SUCCESS : swtpm_replace());
	CU_ASSERT_EQUAL(key_signs(&w, key, 32, 1), TOKEN_ERR_OTHER_DEVICE);
	CU_ASSERT_EQUAL(tpm_keymaker.generate(w.area, TOKEN_P256, &fresh, &made), TOKEN_ERR_OTHER_DEVICE);
	CU_ASSERT_EQUAL(tpm_keymaker.import(w.area, TOKEN_P256, scalar, sizeof(scalar), &made), TOKEN_ERR_OTHER_DEVICE);
	CU_ASSERT_PTR_NULL(fresh);
	CU_ASSERT_PTR_NULL(made.ptr);
	secret_wipe(&value);
	token_key_free(key);
	guard_end(&w);
}

static void
test_other_tpm(void)
{
	foreign_to(false);
	foreign_to(true);
}

/* It may be loaded still, and is then known by its Name. */
static enum token_result
forget(struct tpm *tpm, void *arg)
{
	tpm_object_forget(tpm, &tpm_key_blob(arg)->name);
	return TOKEN_OK;
}

/* Of the public part nothing can be changed; of the private part the TPM takes nothing that it has not made. */
static void
test_damaged_bytes(void)
{
	struct secret value = SECRET_NONE, bad = SECRET_NONE;
	struct token_key *key = NULL;
	struct guard_world w;
	enum token_result res;
	unsigned refused_here = 0, refused_there = 0;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	CU_ASSERT_TRUE_FATAL(key_new(&w, TOKEN_P256, &key, &value));
	token_key_free(key);
	CU_ASSERT_TRUE_FATAL(secret_copy(value.ptr, value.len, &bad));
	for (size_t i = 0; i < value.len; i++) {
		bad.ptr[i] ^= (uint8_t)(1u << i % 8);
		res = tpm_keymaker.load(w.area, TOKEN_P256, bad.ptr, bad.len, &key);
		if (res == TOKEN_OK) {
			CU_ASSERT_EQUAL(tpm_do(w.env.tpm, forget, key), TOKEN_OK);
			CU_ASSERT_NOT_EQUAL(key_signs(&w, key, 32, 1), TOKEN_OK);
			refused_there++;
			token_key_free(key);
		} else {
			CU_ASSERT_TRUE(res == TOKEN_ERR_DAMAGED || res == TOKEN_ERR_NEWER);
			CU_ASSERT_PTR_NULL(key);
			refused_here++;
		}
		bad.ptr[i] = value.ptr[i];
	}
	CU_ASSERT_TRUE(refused_here > 100);
	CU_ASSERT_TRUE(refused_there > 50);
	for (size_t len = 0; len < value.len; len++)
		CU_ASSERT_EQUAL(tpm_keymaker.load(w.area, TOKEN_P256, value.ptr, len, &key), TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(tpm_keymaker.load(w.area, TOKEN_P384, value.ptr, value.len, &key), TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(guard_left(&w), GUARD_LIMIT);
	secret_wipe(&bad);
	secret_wipe(&value);
	guard_end(&w);
}

/* Lengths that lie, and bytes that were never a key. */
static void
test_nonsense_bytes(void)
{
	uint8_t bytes[512];
	struct token_key *key = NULL;
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(key_world(&w, &plain));
	for (unsigned round = 0; round < 2000; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)((round + 1) * 2654435761u >> (i % 24)) ^ (uint8_t)(i * round);
		bytes[0] = 1;
		bytes[1] = 0;
		if (round % 2 == 0) { /* the head of an EC key */
			bytes[2] = (uint8_t)round;
			bytes[3] = 0;
			bytes[4] = 0x23;
		}
		CU_ASSERT_EQUAL(tpm_keymaker.load(w.area, TOKEN_P256, bytes, round % sizeof(bytes) + 1, &key),
			TOKEN_ERR_DAMAGED);
		CU_ASSERT_PTR_NULL(key);
	}
	CU_ASSERT_EQUAL(tpm_keymaker.load(w.area, TOKEN_P256, NULL, 0, &key), TOKEN_ERR_DAMAGED);
	guard_end(&w);
}

CU_TestInfo tests_tpm_key_faults[] = {
	{ "nobody is logged in", test_not_logged_in },
	{ "a PIN that was changed elsewhere", test_stale_auth },
	{ "a locked PIN", test_locked },
	{ "power cycle, and a TPM that is gone", test_power_cycle },
	{ "another TPM, and one that was cleared", test_other_tpm },
	{ "damaged bytes", test_damaged_bytes },
	{ "nonsense", test_nonsense_bytes },
	CU_TEST_INFO_NULL,
};
