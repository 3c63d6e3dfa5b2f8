/*
 * What tests of a counting guard have in common.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/guard_help.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

void
fault(enum fake_call call, unsigned after, bool dies, bool done)
{
	fake->fault.call = call;
	fake->fault.after = after;
	fake->fault.dies = dies;
	fake->fault.done = done;
	fake->fault.armed = true;
}

enum token_result
change_pin(struct token *token, const char *from, const char *to)
{
	struct secret old = pin_of(from), fresh = pin_of(to);
	const enum token_result res = token_set_pin(token, old, fresh);

	secret_wipe(&old);
	secret_wipe(&fresh);
	return res;
}

enum token_result
reset_pin(struct token *token, const char *pin)
{
	struct secret fresh = pin_of(pin);
	enum token_result res = login(token, TOKEN_SO, SO_PIN);

	if (res == TOKEN_OK) {
		res = token_init_pin(token, fresh);
		CU_ASSERT_EQUAL(token_logout(token), TOKEN_OK);
	}
	secret_wipe(&fresh);
	return res;
}

static int
visitor(void *arg)
{
	const struct visit *v = arg;
	struct token_env *env = child_env(v->f);
	struct token *token = NULL;
	int answer = 97;

	if (token_open(env, v->f->slot, &token) == TOKEN_OK)
		answer = v->run(token);
	token_close(token);
	token_env_free(env);
	return answer;
}

int
visit(struct fixture *f, int (*run)(struct token *token))
{
	struct visit v = { f, run };

	return in_child(visitor, &v);
}

uint64_t
generation(const struct fixture *f)
{
	return (uint64_t)fixture_number(f, "SELECT generation FROM root");
}

void
put_down(struct fixture *f)
{
	token_close(f->token);
	token_env_free(f->env);
	f->token = NULL;
	f->env = NULL;
}

void
take_up(struct fixture *f)
{
	f->env = fixture_env(f);
	CU_ASSERT_EQUAL_FATAL(token_open(f->env, f->slot, &f->token), TOKEN_OK);
}

enum token_result
try_data(struct token *token, const char *label)
{
	struct token_attrs *attrs = attrs_new();
	const struct token_object_spec spec = { .kind = TOKEN_OBJECT_ORDINARY,
		.private_ = true,
		.attrs = attrs,
		.value = (const uint8_t *)label,
		.value_len = strlen(label) };
	const struct token_object *object = NULL;
	enum token_result res;

	CU_ASSERT_FATAL(attrs_set_ulong(attrs, CKA_CLASS, CKO_DATA));
	CU_ASSERT_FATAL(attrs_set(attrs, CKA_LABEL, label, strlen(label)));
	res = token_object_create(token, NULL, &spec, &object);
	token_object_unref(object);
	attrs_free(attrs);
	return res;
}

enum token_result
sign_with(struct token *token, const struct token_object *object)
{
	static const uint8_t digest[32] = { 1 };
	uint8_t sig[TOKEN_SIG_MAX];
	struct token_key *key = NULL;
	size_t len = 0;
	enum token_result res = token_key_load(token, object, &key);

	if (res == TOKEN_OK)
		res = token_key_sign(key, digest, sizeof(digest), sig, &len);
	token_key_free(key);
	return res;
}
