/*
 * tests/unit/test_tpm_guard_line.c: whoever listens on a bus between processor and TPM would learn the PIN, or a line
 * that breaks at the wrong moment would cost a token, if these failed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "tests/unit/swtpm.h"
#include "tests/unit/tpm_guard_kit.h"
#include "tests/unit/tpm_relay.h"

#define NEW_SO_CODE "SO-2222-3333-4444-5555"
#define AUTHENTICATOR "the secret of a device"
#define COMMANDS_MAX 100 /* of one call; more would be another fault */

static bool
begin(struct guard_world *w, bool persistent, const char *authenticator)
{
	struct guard_setup setup = {
		.place = TOKEN_TPM_PIN_INDEX,
		.persistent = persistent,
		.authenticator = authenticator,
	};

	CU_ASSERT_TRUE_FATAL(relay_start());
	setup.tcti = relay_tcti();
	return guard_begin_empty(w, &setup);
}

static void
end(struct guard_world *w)
{
	guard_end(w);
	relay_stop();
}

static bool
whole_area(struct guard_world *w)
{
	return guard_kit_make(w) == TOKEN_OK && guard_reopen(w);
}

static void
never_saw(struct guard_world *w, const char *pin)
{
	struct secret text = guard_pin_of(pin), value = SECRET_NONE;

	CU_ASSERT_FALSE(relay_saw(pin, strlen(pin)));
	CU_ASSERT_EQUAL(guard_value(w->env.seal, GUARD_SERIAL, text, &value), TOKEN_OK);
	CU_ASSERT_FALSE(relay_saw(value.ptr, value.len));
	secret_wipe(&text);
	secret_wipe(&value);
}

static void
test_nothing_in_clear(void)
{
	struct guard_world w;
	struct secret counter = SECRET_NONE;

	CU_ASSERT_TRUE_FATAL(begin(&w, true, AUTHENTICATOR));
	CU_ASSERT_TRUE_FATAL(whole_area(&w));
	CU_ASSERT_TRUE(guard_so_sets(&w, "13572468"));
	CU_ASSERT_EQUAL(guard_set(&w, BACKEND_SO, BACKEND_SO, NEW_SO_CODE), TOKEN_OK);
	w.so_code = NEW_SO_CODE;
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, NEW_SO_CODE), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_AUTHENTICATOR, AUTHENTICATOR), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "86427531"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "13572468"), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_set(&w, BACKEND_USER, BACKEND_USER, "11223344"), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_guard.reach(w.area, w.area_key, 2), TOKEN_OK);
	/* The recorder works: what is public has passed. */
	CU_ASSERT_TRUE(relay_saw_command(TPM2_CC_PolicySecret));
	CU_ASSERT_TRUE(relay_saw(guard_of(&w)->pin.branches.digests[0].buffer, 32));
	never_saw(&w, GUARD_SO_CODE);
	never_saw(&w, NEW_SO_CODE);
	never_saw(&w, AUTHENTICATOR);
	never_saw(&w, "13572468");
	never_saw(&w, "86427531");
	never_saw(&w, "11223344");
	CU_ASSERT_FALSE(relay_saw(w.area_key.ptr, w.area_key.len));
	CU_ASSERT_EQUAL(guard_counter_value(w.env.seal, w.area_key, &counter), TOKEN_OK);
	CU_ASSERT_FALSE(relay_saw(counter.ptr, counter.len));
	secret_wipe(&counter);
	end(&w);
}

/* Another key where the storage root key was: somebody in between, who would decrypt the salts of our sessions. */
static void
test_interposed_key(void)
{
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(begin(&w, true, NULL));
	CU_ASSERT_TRUE_FATAL(whole_area(&w));
	CU_ASSERT_TRUE(guard_so_sets(&w, "1234"));
	CU_ASSERT_EQUAL(guard_persist_srk(&w, true), TSS2_RC_SUCCESS);
	CU_ASSERT_TRUE_FATAL(swtpm_restart());
	(void)guard_property(&w, TPM2_PT_LOCKOUT_COUNTER); /* connects anew */
	relay_clear();
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_OTHER_DEVICE);
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, w.so_code), TOKEN_ERR_OTHER_DEVICE);
	CU_ASSERT_EQUAL(tpm_guard.reach(w.area, w.area_key, 1), TOKEN_ERR_OTHER_DEVICE);
	CU_ASSERT_FALSE(relay_saw_command(TPM2_CC_StartAuthSession));
	CU_ASSERT_FALSE(relay_saw_command(TPM2_CC_PolicySecret));
	CU_ASSERT_FALSE(relay_saw_command(TPM2_CC_NV_Read));
	CU_ASSERT_EQUAL(guard_persist_srk(&w, false), TSS2_RC_SUCCESS);
	CU_ASSERT_TRUE_FATAL(swtpm_restart());
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
	end(&w);
}

/* ---- Somebody else's commands in between ---------------------------------------------------- */

/* A command of the owner, whose authorisation is empty: its handles, a password session, its parameters. */
static size_t
owners_command(uint8_t *at, TPM2_CC code, TPM2_HANDLE second, const uint8_t *params, size_t params_len)
{
	const uint8_t password[] = { 0x40, 0, 0, 9, 0, 0, 0, 0, 0 };
	size_t len = 0, end = 0;

	CU_ASSERT_EQUAL(Tss2_MU_TPM2_ST_Marshal(TPM2_ST_SESSIONS, at, 512, &len), TSS2_RC_SUCCESS);
	len += 4;
	CU_ASSERT_EQUAL(Tss2_MU_UINT32_Marshal(code, at, 512, &len), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(Tss2_MU_UINT32_Marshal(TPM2_RH_OWNER, at, 512, &len), TSS2_RC_SUCCESS);
	if (second != 0)
		CU_ASSERT_EQUAL(Tss2_MU_UINT32_Marshal(second, at, 512, &len), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(Tss2_MU_UINT32_Marshal(sizeof(password), at, 512, &len), TSS2_RC_SUCCESS);
	memcpy(at + len, password, sizeof(password));
	len += sizeof(password);
	memcpy(at + len, params, params_len);
	len += params_len;
	end = 2;
	CU_ASSERT_EQUAL(Tss2_MU_UINT32_Marshal((UINT32)len, at, 512, &end), TSS2_RC_SUCCESS);
	return len;
}

/* Undefine the index, and define it anew with a PIN of the owner's. */
static size_t
take_over(const TPMS_NV_PUBLIC *index, const char *pin, uint8_t commands[1024])
{
	TPM2B_NV_PUBLIC area = { .nvPublic = *index };
	TPM2B_AUTH auth = { .size = 0 };
	uint8_t params[512];
	size_t len, at = 0;

	len = owners_command(commands, TPM2_CC_NV_UndefineSpace, index->nvIndex, params, 0);
	area.nvPublic.attributes &= ~(TPMA_NV)TPMA_NV_WRITTEN;
	auth.size = (UINT16)strlen(pin);
	memcpy(auth.buffer, pin, auth.size);
	CU_ASSERT_EQUAL(Tss2_MU_TPM2B_AUTH_Marshal(&auth, params, sizeof(params), &at), TSS2_RC_SUCCESS);
	CU_ASSERT_EQUAL(Tss2_MU_TPM2B_NV_PUBLIC_Marshal(&area, params, sizeof(params), &at), TSS2_RC_SUCCESS);
	return len + owners_command(commands + len, TPM2_CC_NV_DefineSpace, 0, params, at);
}

/* The owner waits for the SO to set a PIN and puts another index in the place of the one that gets it, just before it
 * gets its tries: what the SO writes must not be that index. */
static void
test_owner_in_between(void)
{
	static const TPM2_CC moments[] = { TPM2_CC_NV_ChangeAuth, TPM2_CC_NV_Write };
	const enum backend_role roles[] = { BACKEND_USER, BACKEND_AUTHENTICATOR };
	struct guard_world w;
	uint8_t commands[1024];
	struct backend_bytes data;
	size_t len;

	CU_ASSERT_TRUE_FATAL(begin(&w, true, AUTHENTICATOR));
	CU_ASSERT_TRUE_FATAL(whole_area(&w));
	CU_ASSERT_TRUE(guard_so_sets(&w, "1234"));
	for (size_t i = 0; i < 4; i++) {
		len = take_over(&guard_lock(guard_of(&w), roles[i % 2])->index, "evil", commands);
		CU_ASSERT_EQUAL(guard_login(&w, BACKEND_SO, w.so_code), TOKEN_OK);
		relay_push_in(moments[i / 2], commands, len);
		CU_ASSERT_EQUAL(guard_set(&w, roles[i % 2], BACKEND_SO, "5678"), TOKEN_ERR_INDEX_LOST);
		CU_ASSERT_EQUAL(tpm_guard.check(w.area), TOKEN_ERR_INDEX_LOST);
		CU_ASSERT_EQUAL(guard_login(&w, roles[i % 2], "evil"), TOKEN_ERR_INDEX_LOST);
		CU_ASSERT_EQUAL(tpm_guard.repair(w.area, w.auth, w.area_key, 1, &data), TOKEN_OK);
		CU_ASSERT_EQUAL(guard_set(&w, roles[i % 2], BACKEND_SO, "5678"), TOKEN_OK);
		CU_ASSERT_EQUAL(guard_login(&w, roles[i % 2], "5678"), TOKEN_OK);
	}
	relay_push_in(0, NULL, 0);
	end(&w);
}

/* ---- The line breaks at every command in turn ---------------------------------------------- */

/* Whatever command's answer is lost, an area comes to be or does not, and no index is left over. */
static void
test_make_cut(void)
{
	struct guard_world w;
	enum token_result res;

	CU_ASSERT_TRUE_FATAL(begin(&w, false, AUTHENTICATOR));
	for (unsigned nth = 1; nth < COMMANDS_MAX; nth++) {
		relay_cut(nth);
		res = guard_kit_make(&w);
		if (!relay_has_cut()) {
			CU_ASSERT_EQUAL(res, TOKEN_OK);
			CU_ASSERT_TRUE(nth > 20);
			relay_cut(0);
			break;
		}
		relay_cut(0);
		if (res == TOKEN_OK) {
			CU_ASSERT_TRUE_FATAL(guard_reopen(&w));
			CU_ASSERT_TRUE(guard_so_sets(&w, "1234"));
			CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
			CU_ASSERT_EQUAL(tpm_guard.reach(w.area, w.area_key, 1), TOKEN_OK);
			tpm_guard.drop(w.area);
			free(w.made.so_wrap.ptr);
			free(w.made.data.ptr);
			w.so_wrap = w.made.so_wrap = w.made.data = (struct backend_bytes){ NULL, 0 };
		}
		CU_ASSERT_EQUAL(res, TOKEN_OK);
		CU_ASSERT_EQUAL(guard_handles(&w, TPM2_NV_INDEX_FIRST), w.indices);
	}
	CU_ASSERT_TRUE_FATAL(guard_reopen(&w));
	end(&w);
}

static enum token_result
user_changes(struct guard_world *w, unsigned round)
{
	return guard_set(w, BACKEND_USER, BACKEND_USER, round % 2 == 0 ? "1234" : "5678");
}

static enum token_result
so_changes(struct guard_world *w, unsigned round)
{
	return guard_set(w, BACKEND_USER, BACKEND_SO, round % 2 == 0 ? "1234" : "5678");
}

static enum token_result
steps(struct guard_world *w, unsigned round)
{
	return tpm_guard.reach(w->area, w->area_key, 1 + round);
}

static enum token_result
logs_in(struct guard_world *w, unsigned round)
{
	(void)round;
	return guard_login(w, BACKEND_USER, "1234");
}

/* The call goes well all the same, once it is over nothing of it is done twice, and no try is lost. */
static void
cut_everywhere(enum backend_role by, enum token_result (*call)(struct guard_world *w, unsigned round), bool changes)
{
	struct guard_world w;
	const char *pin = "1234";
	bool cut = true;

	CU_ASSERT_TRUE_FATAL(begin(&w, false, NULL));
	CU_ASSERT_TRUE_FATAL(whole_area(&w));
	CU_ASSERT_TRUE(guard_so_sets(&w, pin));
	for (unsigned round = 1; cut && round < COMMANDS_MAX; round++) {
		CU_ASSERT_EQUAL(guard_login(&w, by, by == BACKEND_SO ? w.so_code : pin), TOKEN_OK);
		relay_cut(round);
		CU_ASSERT_EQUAL(call(&w, round), TOKEN_OK);
		cut = relay_has_cut();
		relay_cut(0);
		if (changes)
			pin = round % 2 == 0 ? "1234" : "5678";
		CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, pin), TOKEN_OK);
		CU_ASSERT_EQUAL(guard_left(&w), GUARD_LIMIT);
	}
	CU_ASSERT_FALSE(cut);
	end(&w);
}

static void
test_changes_cut(void)
{
	cut_everywhere(BACKEND_USER, user_changes, true);
	cut_everywhere(BACKEND_SO, so_changes, true);
	cut_everywhere(BACKEND_USER, steps, false);
	cut_everywhere(BACKEND_USER, logs_in, false);
}

/* A TPM that is gone says so at once, and is there again when it is. */
static void
test_dead_and_back(void)
{
	const struct guard_setup plain = { .place = TOKEN_TPM_PIN_INDEX };
	struct guard_world w;

	CU_ASSERT_TRUE_FATAL(guard_begin(&w, &plain));
	CU_ASSERT_TRUE_FATAL(guard_so_sets(&w, "1234"));
	swtpm_kill();
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_ERR_DEVICE);
	CU_ASSERT_EQUAL(guard_left(&w), 999);
	CU_ASSERT_EQUAL(tpm_guard.reach(w.area, w.area_key, 2), TOKEN_ERR_DEVICE);
	CU_ASSERT_TRUE_FATAL(swtpm_restart());
	CU_ASSERT_EQUAL(guard_login(&w, BACKEND_USER, "1234"), TOKEN_OK);
	CU_ASSERT_EQUAL(guard_left(&w), GUARD_LIMIT);
	CU_ASSERT_EQUAL(tpm_guard.reach(w.area, w.area_key, 2), TOKEN_OK);
	guard_end(&w);
}

CU_TestInfo tests_tpm_guard_line[] = {
	{ "nothing in clear", test_nothing_in_clear },
	{ "an interposed key", test_interposed_key },
	{ "the owner in between", test_owner_in_between },
	{ "making an area, cut", test_make_cut },
	{ "changes, cut", test_changes_cut },
	{ "dead and back", test_dead_and_back },
	CU_TEST_INFO_NULL,
};
