/*
 * tests/unit/test_tpm_guard_owner.c: the owner of a TPM could take a token over, and not only away, if these failed:
 * who can undefine an index and define it anew must get nowhere with a PIN of his own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/swtpm.h"
#include "tests/unit/tpm_guard_kit.h"

static const struct guard_setup plain = { .place = TOKEN_TPM_PIN_INDEX };
static const struct guard_setup with_srk = { .place = TOKEN_TPM_PIN_INDEX, .persistent = true };
static const uint8_t no_tries_used[8] = { 0, 0, 0, 0, 0, 0, 0, GUARD_LIMIT };

static enum token_result
repair(struct guard_world *w, uint64_t generation)
{
	struct backend_bytes data = { NULL, 0 };
	enum token_result res;

	CU_ASSERT_EQUAL(guard_login(w, BACKEND_SO, w->so_code), TOKEN_OK);
	res = tpm_guard.repair(w->area, w->auth, w->area_key, generation, &data);
	if (res == TOKEN_OK && data.ptr != NULL) {
		free(w->made.data.ptr);
		w->made.data = data;
		CU_ASSERT_TRUE_FATAL(guard_reopen(w));
	} else {
		CU_ASSERT_PTR_NULL(data.ptr);
	}
	return res;
}

/* The same index with the owner's PIN: unwritten, so it authorises nothing, and only the SO can write it. */
static void
test_pin_index_redefined(void)
{
	struct guard_world w;
	TPMS_NV_PUBLIC index;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &plain));
	CU_ASSERT_TRUE_FATAL(guard_so_sets(&w, "1234"));
	index = guard_of(&w)->pin.index;
	CU_ASSERT_EQUAL(guard_undefine(&w, index.nvIndex), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(tpm_guard.check(w.area), TOKEN_ERR_INDEX_LOST);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_INDEX_LOST);
	CU_ASSERT_EQUAL(guard_left(&w), 999);
	CU_ASSERT_EQUAL(guard_define(&w, &index, "evil"), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(tpm_guard.check(w.area), TOKEN_ERR_INDEX_LOST);
	CU_ASSERT_EQUAL(guard_write(&w, index.nvIndex, true, NULL, no_tries_used, 8), TPM2_RC_NV_AUTHORIZATION);
	CU_ASSERT_NOT_EQUAL(guard_write(&w, index.nvIndex, false, "evil", no_tries_used, 8), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_INDEX_LOST);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "evil"), TOKEN_ERR_INDEX_LOST);
	/* The SO is not fooled into giving that index tries. */
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, w.so_code), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_set(&w, BACKEND_USER, BACKEND_SO, "5555"), TOKEN_ERR_INDEX_LOST);
	CU_ASSERT_EQUAL(repair(&w, 1), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_guard.check(w.area), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_left(&w), 0);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "evil"), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_TRUE(guard_so_sets(&w, "5555"));
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "5555"), TOKEN_OK);
	guard_end(&w);
}

/* An index that the owner can write, with his PIN and all tries: it has another Name, and opens nothing. */
static void
test_pin_index_writable(void)
{
	struct guard_world w;
	TPMS_NV_PUBLIC index;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &plain));
	CU_ASSERT_TRUE_FATAL(guard_so_sets(&w, "1234"));
	index = guard_of(&w)->pin.index;
	CU_ASSERT_EQUAL(guard_undefine(&w, index.nvIndex), TSS2_RC_SUCCESS);
	index.attributes |= TPMA_NV_OWNERWRITE;
	CU_ASSERT_EQUAL(guard_define(&w, &index, "1234"), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(guard_write(&w, index.nvIndex, true, NULL, no_tries_used, 8), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_INDEX_LOST);
	CU_ASSERT_EQUAL(guard_left(&w), 999);
	CU_ASSERT_EQUAL(repair(&w, 1), TOKEN_OK);
	CU_ASSERT_TRUE(guard_so_sets(&w, "1234"));
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
	guard_end(&w);
}

/* Nothing is repaired that is whole. */
static void
test_nothing_to_repair(void)
{
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &plain));
	CU_ASSERT_TRUE_FATAL(guard_so_sets(&w, "1234"));
	CU_ASSERT_EQUAL(tpm_guard.check(w.area), TOKEN_OK);
	CU_ASSERT_EQUAL(repair(&w, 1), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_guard.repair(w.area, w.auth, w.area_key, 1, &(struct backend_bytes){ NULL, 0 }),
		TOKEN_ERR_NOT_LOGGED_IN); /* the user's auth */
	guard_end(&w);
}

/* ---- The counter ------------------------------------------------------------------------- */

static enum token_result
reach(struct guard_world *w, uint64_t generation)
{
	return tpm_guard.reach(w->area, w->area_key, generation);
}

/* A store that was put back is noticed; a crash between the store's commit and the step is not held against it. */
static void
test_counter(void)
{
	struct guard_world w;
	struct secret other = SECRET_NONE;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &with_srk));
	CU_ASSERT_EQUAL(reach(&w, 0), TOKEN_ERR_ROLLED_BACK);
	CU_ASSERT_EQUAL(reach(&w, 1), TOKEN_OK);
	CU_ASSERT_EQUAL(reach(&w, 1), TOKEN_OK);
	CU_ASSERT_EQUAL(reach(&w, 3), TOKEN_ERR_INDEX_LOST); /* never two at a time */
	CU_ASSERT_EQUAL(reach(&w, 2), TOKEN_OK);
	CU_ASSERT_EQUAL(reach(&w, 2), TOKEN_OK);
	CU_ASSERT_EQUAL(reach(&w, 1), TOKEN_ERR_ROLLED_BACK);
	CU_ASSERT_TRUE_FATAL(swtpm_restart());
	CU_ASSERT_EQUAL(reach(&w, 1), TOKEN_ERR_ROLLED_BACK);
	CU_ASSERT_EQUAL(reach(&w, 3), TOKEN_OK);
	/* An old store is not made good by a repair either. */
	CU_ASSERT_EQUAL(repair(&w, 2), TOKEN_ERR_ROLLED_BACK);
	CU_ASSERT_EQUAL(repair(&w, 3), TOKEN_OK);
	CU_ASSERT_EQUAL(reach(&w, 2), TOKEN_ERR_ROLLED_BACK);
	/* Only who has the area open steps it. */
	CU_ASSERT_EQUAL(seal_random_secret(w.env.seal, BACKEND_AREA_KEY_LEN, &other), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_guard.reach(w.area, other, 4), TOKEN_ERR_INDEX_LOST);
	CU_ASSERT_EQUAL(reach(&w, 3), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_property(&w, TPM2_PT_LOCKOUT_COUNTER), 0);
	secret_wipe(&other);
	guard_end(&w);
}

static void
test_counter_lost(void)
{
	struct guard_world w;
	TPMS_NV_PUBLIC index;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &plain));
	CU_ASSERT_EQUAL(reach(&w, 2), TOKEN_OK);
	index = guard_of(&w)->counter;
	CU_ASSERT_EQUAL(guard_undefine(&w, index.nvIndex), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(reach(&w, 2), TOKEN_ERR_INDEX_LOST);
	CU_ASSERT_EQUAL(tpm_guard.check(w.area), TOKEN_ERR_INDEX_LOST);
	CU_ASSERT_EQUAL(guard_define(&w, &index, "evil"), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(reach(&w, 2), TOKEN_ERR_INDEX_LOST);
	CU_ASSERT_EQUAL(repair(&w, 2), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_guard.check(w.area), TOKEN_OK);
	CU_ASSERT_EQUAL(reach(&w, 1), TOKEN_ERR_ROLLED_BACK);
	CU_ASSERT_EQUAL(reach(&w, 2), TOKEN_OK);
	CU_ASSERT_EQUAL(reach(&w, 3), TOKEN_OK);
	guard_end(&w);
}

/* The process dies before the new data are in the store: the next SO mends it all the same, and a counter that nobody
 * knows of is all that is left over. */
static void
test_counter_repair_dies(void)
{
	struct guard_world w;
	struct guard_data data = { .kind = 0 };
	struct backend_bytes bytes = { NULL, 0 };

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &plain));
	CU_ASSERT_EQUAL(reach(&w, 2), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_undefine(&w, guard_of(&w)->counter.nvIndex), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, w.so_code), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_guard.repair(w.area, w.auth, w.area_key, 2, &bytes), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(guard_data_decode(bytes.ptr, bytes.len, &data), TOKEN_OK);
	free(bytes.ptr);
	CU_ASSERT_EQUAL(reach(&w, 2), TOKEN_ERR_INDEX_LOST);
	CU_ASSERT_EQUAL(repair(&w, 2), TOKEN_OK);
	CU_ASSERT_EQUAL(reach(&w, 1), TOKEN_ERR_ROLLED_BACK);
	CU_ASSERT_EQUAL(reach(&w, 3), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_undefine(&w, (TPM2_HANDLE)data.counter), TSS2_RC_SUCCESS);
	guard_end(&w);
}

/* ---- Other TPMs -------------------------------------------------------------------------- */

static void
everything_says_other(struct guard_world *w)
{
	unsigned left;

	CU_ASSERT_EQUAL(guard_login(w, BACKEND_USER, "1234"), TOKEN_ERR_OTHER_DEVICE);
	CU_ASSERT_EQUAL(guard_login(w, BACKEND_SO, w->so_code), TOKEN_ERR_OTHER_DEVICE);
	CU_ASSERT_EQUAL(tpm_guard.tries(w->area, &left), TOKEN_ERR_OTHER_DEVICE);
	CU_ASSERT_EQUAL(tpm_guard.check(w->area), TOKEN_ERR_OTHER_DEVICE);
	CU_ASSERT_EQUAL(reach(w, 1), TOKEN_ERR_OTHER_DEVICE);
	CU_ASSERT_EQUAL(guard_set(w, BACKEND_USER, BACKEND_SO, "9999"), TOKEN_ERR_OTHER_DEVICE);
	CU_ASSERT_EQUAL(guard_set(w, BACKEND_SO, BACKEND_SO, "9999"), TOKEN_ERR_OTHER_DEVICE);
	CU_ASSERT_EQUAL(tpm_guard.repair(w->area, w->auth, w->area_key, 1, &(struct backend_bytes){ NULL, 0 }),
		TOKEN_ERR_OTHER_DEVICE);
}

/* Files that were carried to another machine, and a TPM that was cleared, are said to be just that. */
static void
test_other_tpm(void)
{
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &plain));
	CU_ASSERT_TRUE_FATAL(guard_so_sets(&w, "1234"));
	CU_ASSERT_TRUE_FATAL(swtpm_replace());
	everything_says_other(&w);
	guard_end(&w);
}

static void
test_cleared(const struct guard_setup *setup)
{
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, setup));
	CU_ASSERT_TRUE_FATAL(guard_so_sets(&w, "1234"));
	CU_ASSERT_EQUAL(guard_clear(&w), TSS2_RC_SUCCESS);
	everything_says_other(&w);
	guard_end(&w);
}

static void
test_tpm_cleared(void)
{
	test_cleared(&plain);
	test_cleared(&with_srk);
}

/* ---- The owner's authorisation ------------------------------------------------------------ */

static TSS2_RC
set_owner_auth(struct tpm *tpm, struct guard_world *w)
{
	const TSS2L_SYS_AUTH_COMMAND by = { .count = 1, .auths = { { .sessionHandle = TPM2_RS_PW } } };
	const TPM2B_AUTH value = { .size = 5, .buffer = "owner" };

	(void)w;
	return Tss2_Sys_HierarchyChangeAuth(tpm_sys(tpm), TPM2_RH_OWNER, &by, &value, NULL);
}

/* Whoever has no owner authorisation is told so, and nothing half made is left. */
static void
test_owner_auth(void)
{
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(guard_begin_empty(&w, &with_srk));
	CU_ASSERT_EQUAL(guard_run(&w, set_owner_auth), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(guard_kit_make(&w), TOKEN_ERR_OWNER_AUTH);
	CU_ASSERT_PTR_NULL(w.made.data.ptr);
	CU_ASSERT_PTR_NULL(w.made.so_wrap.ptr);
	guard_end(&w);
}

/* A storage root key that somebody has given an authValue is what is told of, not a TPM that failed. */
static void
test_root_auth(void)
{
	struct guard_world w;
	struct token_key *key = NULL;
	struct secret value = SECRET_NONE;

	CU_ASSERT_TRUE_FATAL(guard_begin_empty(&w, &with_srk));
	CU_ASSERT_EQUAL(guard_lock_srk(&w, "root"), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(guard_kit_make(&w), TOKEN_ERR_OWNER_AUTH);
	CU_ASSERT_EQUAL(guard_persist_srk(&w, false), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL_FATAL(guard_kit_make(&w), TOKEN_OK);
	CU_ASSERT_TRUE_FATAL(guard_reopen(&w));
	CU_ASSERT_EQUAL(guard_lock_srk(&w, "root"), TSS2_RC_SUCCESS);
	CU_ASSERT_TRUE_FATAL(swtpm_restart()); /* nothing is loaded any more */
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, w.so_code), TOKEN_ERR_OWNER_AUTH);
	CU_ASSERT_EQUAL(tpm_keymaker.generate(w.area, TOKEN_P256, &key, &value), TOKEN_ERR_OWNER_AUTH);
	CU_ASSERT_EQUAL(tpm_keymaker.import(w.area, TOKEN_P256, (const uint8_t[32]){ [31] = 1 }, 32, &value),
		TOKEN_ERR_OWNER_AUTH);
	CU_ASSERT_EQUAL(guard_persist_srk(&w, false), TSS2_RC_SUCCESS);
	guard_end(&w);
}

CU_TestInfo tests_tpm_guard_owner[] = {
	{ "PIN index redefined", test_pin_index_redefined },
	{ "PIN index redefined and writable", test_pin_index_writable },
	{ "nothing to repair", test_nothing_to_repair },
	{ "the counter", test_counter },
	{ "the counter is lost", test_counter_lost },
	{ "a counter's repair dies", test_counter_repair_dies },
	{ "another TPM", test_other_tpm },
	{ "a cleared TPM", test_tpm_cleared },
	{ "owner authorisation", test_owner_auth },
	{ "the root key's authorisation", test_root_auth },
	CU_TEST_INFO_NULL,
};
