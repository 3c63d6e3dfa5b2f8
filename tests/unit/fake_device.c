/*
 * A device that counts, and the backends of the programs that test with it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/fake_device.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/backend.h"

#define DATA_LEN 12

struct fake_device *fake;

void
fake_reset(void)
{
	pthread_mutexattr_t attr;

	if (fake == NULL)
		fake = mmap(NULL, sizeof(*fake), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CU_ASSERT_PTR_NOT_EQUAL_FATAL(fake, MAP_FAILED);
	memset(fake, 0, sizeof(*fake));
	(void)pthread_mutexattr_init(&attr);
	(void)pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	(void)pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	(void)pthread_mutex_init(&fake->lock, &attr);
	(void)pthread_mutexattr_destroy(&attr);
}

/* Also when the process that had it was killed. */
static void
lock(void)
{
	if (pthread_mutex_lock(&fake->lock) == EOWNERDEAD)
		(void)pthread_mutex_consistent(&fake->lock);
}

static struct fake_area *
find(const char *serial)
{
	for (size_t i = 0; i < FAKE_AREAS; i++)
		if (fake->areas[i].used && strcmp(fake->areas[i].serial, serial) == 0)
			return &fake->areas[i];
	return NULL;
}

unsigned
fake_count(void)
{
	unsigned count = 0;

	for (size_t i = 0; i < FAKE_AREAS; i++)
		count += fake->areas[i].used ? 1 : 0;
	return count;
}

struct fake_area *
fake_only(void)
{
	CU_ASSERT_EQUAL_FATAL(fake_count(), 1);
	for (size_t i = 0; i < FAKE_AREAS; i++)
		if (fake->areas[i].used)
			return &fake->areas[i];
	return NULL;
}

/* ---- A call: the device's lock is held until call_end() ---------------------------------------- */

static bool
is_time(enum fake_call call)
{
	if (!fake->fault.armed || fake->fault.call != call)
		return false;
	if (fake->fault.after > 0) {
		fake->fault.after--;
		return false;
	}
	fake->fault.armed = false;
	return true;
}

static enum token_result
call_begin(enum fake_call call, bool *die)
{
	bool now;

	lock();
	fake->calls[call]++;
	now = is_time(call);
	*die = now && fake->fault.dies;
	if (*die && !fake->fault.done) {
		(void)pthread_mutex_unlock(&fake->lock);
		_exit(99);
	}
	return fake->gone || (now && !*die) ? TOKEN_ERR_DEVICE : TOKEN_OK;
}

static enum token_result
call_end(bool die, enum token_result res)
{
	(void)pthread_mutex_unlock(&fake->lock);
	if (die)
		_exit(98);
	return res;
}

/* ---- The guard --------------------------------------------------------------------------------- */

static enum token_result
put_data(uint64_t incarnation, struct backend_bytes *data)
{
	data->ptr = malloc(DATA_LEN);
	CU_ASSERT_PTR_NOT_NULL_FATAL(data->ptr);
	memcpy(data->ptr, "FAKE", 4);
	memcpy(data->ptr + 4, &incarnation, 8);
	data->len = DATA_LEN;
	return TOKEN_OK;
}

static enum token_result
fake_open(struct backend_area *area, const uint8_t *data, size_t len)
{
	uint64_t *incarnation = malloc(sizeof(*incarnation));

	if (incarnation == NULL || len != DATA_LEN || memcmp(data, "FAKE", 4) != 0) {
		free(incarnation);
		return TOKEN_ERR_DAMAGED;
	}
	memcpy(incarnation, data + 4, sizeof(*incarnation));
	area->guard = incarnation;
	return TOKEN_OK;
}

static void
fake_close(struct backend_area *area)
{
	free(area->guard);
}

static bool
counter_is_there(const struct backend_area *area, const struct fake_area *held)
{
	return held != NULL && held->counter && held->incarnation == *(const uint64_t *)area->guard;
}

static enum token_result
renew(struct fake_area *held, const struct guard_spec *spec, struct secret area_key, struct guard_made *made)
{
	held->index = held->counter = true;
	held->pin[0] = '\0';
	held->limit = held->wrong = spec->user_tries;
	held->value = spec->generation;
	held->incarnation++;
	memcpy(held->area_key, area_key.ptr, sizeof(held->area_key));
	return put_data(held->incarnation, &made->data);
}

static enum token_result
fake_make(const struct backend_env *env, const struct guard_spec *spec, struct secret so_pin, struct secret area_key,
	struct guard_made *made)
{
	struct fake_area *held = NULL;
	enum token_result res;

	if (fake->gone)
		return TOKEN_ERR_DEVICE;
	res = vault_guard.make(env, spec, so_pin, area_key, made);
	if (res != TOKEN_OK)
		return res;
	lock();
	for (size_t i = 0; i < FAKE_AREAS && held == NULL; i++)
		held = fake->areas[i].used ? NULL : &fake->areas[i];
	CU_ASSERT_PTR_NOT_NULL_FATAL(held);
	*held = (struct fake_area){ .used = true };
	(void)snprintf(held->serial, sizeof(held->serial), "%s", spec->serial);
	res = renew(held, spec, area_key, made);
	(void)pthread_mutex_unlock(&fake->lock);
	return res;
}

static enum token_result
fake_remake(struct backend_area *area, const struct guard_spec *spec, struct secret auth, struct secret so_pin,
	struct secret area_key, struct guard_made *made)
{
	enum token_result res;

	CU_ASSERT_EQUAL(auth.len, 2);
	if (fake->gone)
		return TOKEN_ERR_DEVICE;
	res = vault_guard.make(area->env, spec, so_pin, area_key, made);
	return res == TOKEN_OK ? renew(find(area->serial), spec, area_key, made) : res;
}

static void
fake_drop(struct backend_area *area)
{
	struct fake_area *held = find(area->serial);

	if (held != NULL && !fake->gone)
		held->used = false;
}

/* As a TPM does: the PIN is judged only while there are tries, and a right one gives them back. */
static enum token_result
judge(struct fake_area *held, const char *pin, size_t len)
{
	if (held == NULL || !held->index)
		return TOKEN_ERR_INDEX_LOST;
	if (held->wrong >= held->limit)
		return TOKEN_ERR_PIN_LOCKED;
	fake->verified++;
	if (strlen(held->pin) == len && memcmp(held->pin, pin, len) == 0) {
		held->wrong = 0;
		return TOKEN_OK;
	}
	held->wrong++;
	return TOKEN_ERR_PIN;
}

static enum token_result
fake_unwrap(struct backend_area *area, const struct backend_pin *id, const uint8_t *wrap, size_t wrap_len,
	struct secret pin, struct secret *area_key, struct secret *auth)
{
	struct fake_area *held = NULL;
	bool die = false;
	enum token_result res;

	if (id->role == BACKEND_SO && fake->other)
		return TOKEN_ERR_OTHER_DEVICE;
	if (id->role == BACKEND_SO) {
		res = vault_guard.unwrap(area, id, wrap, wrap_len, pin, area_key, auth);
		return res == TOKEN_OK && !secret_copy("so", 2, auth) ? TOKEN_ERR_MEMORY : res;
	}
	*area_key = *auth = SECRET_NONE;
	res = call_begin(FAKE_UNWRAP, &die);
	held = find(area->serial);
	if (res == TOKEN_OK)
		res = judge(held, (const char *)pin.ptr, pin.len);
	if (res == TOKEN_OK &&
		(!secret_copy(held->area_key, sizeof(held->area_key), area_key) ||
			!secret_copy(pin.ptr, pin.len, auth)))
		res = TOKEN_ERR_MEMORY;
	return call_end(die, res);
}

static enum token_result
fake_set_pin(struct backend_area *area, const struct backend_pin *id, enum backend_role by, struct secret auth,
	struct secret pin, struct secret area_key, struct backend_bytes *wrap)
{
	struct fake_area *held = NULL;
	bool die = false;
	enum token_result res;

	if (id->role == BACKEND_SO)
		return vault_guard.set_pin(area, id, by, auth, pin, area_key, wrap);
	if (fake->new_pin != NULL)
		fake->new_pin(fake->arg);
	res = call_begin(FAKE_SET_PIN, &die);
	held = find(area->serial);
	if (res == TOKEN_OK && by == BACKEND_SO)
		res = auth.len == 2 && held->index ? TOKEN_OK : TOKEN_ERR_INDEX_LOST;
	else if (res == TOKEN_OK)
		res = judge(held, (const char *)auth.ptr, auth.len);
	if (res == TOKEN_OK) {
		(void)snprintf(held->pin, sizeof(held->pin), "%.*s", (int)pin.len, (const char *)pin.ptr);
		held->wrong = 0;
	}
	return call_end(die, res);
}

static enum token_result
fake_tries(struct backend_area *area, unsigned *left)
{
	const struct fake_area *held = find(area->serial);

	if (fake->gone)
		return TOKEN_ERR_DEVICE;
	if (held == NULL || !held->index)
		return TOKEN_ERR_INDEX_LOST;
	*left = held->limit - held->wrong;
	return TOKEN_OK;
}

static bool
fake_shares(struct backend_area *area)
{
	(void)area;
	return fake->shared_lockout;
}

static enum token_result
fake_check(struct backend_area *area)
{
	const struct fake_area *held = find(area->serial);

	if (fake->gone)
		return TOKEN_ERR_DEVICE;
	return counter_is_there(area, held) && held->index ? TOKEN_OK : TOKEN_ERR_INDEX_LOST;
}

static enum token_result
fake_reach(struct backend_area *area, struct secret area_key, uint64_t generation)
{
	struct fake_area *held = NULL;
	bool die = false;
	enum token_result res = call_begin(FAKE_REACH, &die);

	held = find(area->serial);
	if (res == TOKEN_OK && !counter_is_there(area, held))
		res = TOKEN_ERR_INDEX_LOST;
	if (res == TOKEN_OK && memcmp(area_key.ptr, held->area_key, sizeof(held->area_key)) != 0)
		res = TOKEN_ERR_DAMAGED;
	if (res == TOKEN_OK && held->value > generation)
		res = TOKEN_ERR_ROLLED_BACK;
	if (res == TOKEN_OK && held->value + 1 < generation)
		res = TOKEN_ERR_DAMAGED; /* further than one step must never be asked for */
	if (res == TOKEN_OK && held->value < generation)
		held->value++;
	return call_end(die, res);
}

static enum token_result
fake_repair(struct backend_area *area, struct secret auth, struct secret area_key, uint64_t generation,
	struct backend_bytes *data)
{
	struct fake_area *held = find(area->serial);
	const bool there = counter_is_there(area, held);

	CU_ASSERT_EQUAL(auth.len, 2);
	CU_ASSERT_EQUAL(memcmp(area_key.ptr, held->area_key, sizeof(held->area_key)), 0);
	if (fake->gone)
		return TOKEN_ERR_DEVICE;
	if (!held->index) {
		held->index = true;
		held->wrong = held->limit;
		held->pin[0] = '\0';
	}
	if (there)
		return TOKEN_OK;
	held->counter = true;
	held->incarnation++;
	held->value = generation;
	return put_data(held->incarnation, data);
}

static const struct token_guard fake_guard = {
	.user = &pin_limits_tpm_user,
	.so = &pin_limits_tpm_so,
	.counts = true,
	.make = fake_make,
	.remake = fake_remake,
	.drop = fake_drop,
	.open = fake_open,
	.close = fake_close,
	.unwrap = fake_unwrap,
	.set_pin = fake_set_pin,
	.tries = fake_tries,
	.shares_lockout = fake_shares,
	.check = fake_check,
	.reach = fake_reach,
	.repair = fake_repair,
};

/* ---- Keys: the vault's, but each use is judged by the device ------------------------------------ */

struct fake_key {
	struct token_key head;
	struct token_key *inner;
	struct backend_area *area;
};

static void
key_free(struct token_key *key)
{
	struct fake_key *mine = (struct fake_key *)(void *)key;

	token_key_free(mine->inner);
	backend_area_free(mine->area);
	free(mine);
}

static enum token_result
key_point(const struct token_key *key, uint8_t *point, size_t *len)
{
	return token_key_point(((const struct fake_key *)(const void *)key)->inner, point, len);
}

static enum token_result
authorise(struct backend_area *area)
{
	struct secret auth = SECRET_NONE;
	bool die = false;
	enum token_result res = backend_area_auth(area, &auth);

	if (res != TOKEN_OK)
		return res;
	res = call_begin(FAKE_USE, &die);
	if (res == TOKEN_OK)
		res = judge(find(area->serial), (const char *)auth.ptr, auth.len);
	secret_wipe(&auth);
	if (res == TOKEN_ERR_PIN)
		(void)backend_area_set_auth(area, SECRET_NONE);
	return call_end(die, res);
}

static enum token_result
key_sign(struct token_key *key, const uint8_t *digest, size_t digest_len, uint8_t *sig, size_t *sig_len)
{
	struct fake_key *mine = (struct fake_key *)(void *)key;
	enum token_result res = authorise(mine->area);

	return res == TOKEN_OK ? token_key_sign(mine->inner, digest, digest_len, sig, sig_len) : res;
}

static enum token_result
key_derive(struct token_key *key, const uint8_t *peer, size_t peer_len, struct secret *shared)
{
	struct fake_key *mine = (struct fake_key *)(void *)key;
	enum token_result res = authorise(mine->area);

	return res == TOKEN_OK ? token_key_derive(mine->inner, peer, peer_len, shared) : res;
}

static const struct token_key_ops key_ops = {
	.backend = "fake",
	.free = key_free,
	.point = key_point,
	.sign = key_sign,
	.derive = key_derive,
};

static enum token_result
confine(struct backend_area *area, struct token_key *inner, struct token_key **key)
{
	struct fake_key *mine = calloc(1, sizeof(*mine));

	CU_ASSERT_PTR_NOT_NULL_FATAL(mine);
	token_key_begin(&mine->head, &key_ops, token_key_curve(inner));
	mine->inner = inner;
	mine->area = backend_area_ref(area);
	*key = &mine->head;
	return TOKEN_OK;
}

/* What is stored is not the scalar: its bytes are in the other order. */
static enum token_result
turn(const uint8_t *bytes, size_t len, struct secret *turned)
{
	if (!secret_alloc(len, turned))
		return TOKEN_ERR_MEMORY;
	for (size_t i = 0; i < len; i++)
		turned->ptr[i] = bytes[len - 1 - i];
	return TOKEN_OK;
}

static enum token_result
key_generate(struct backend_area *area, enum token_curve curve, struct token_key **key, struct secret *value)
{
	struct secret scalar = SECRET_NONE;
	struct token_key *inner = NULL;
	enum token_result res = vault_keymaker.generate(area, curve, &inner, &scalar);

	if (res == TOKEN_OK)
		res = turn(scalar.ptr, scalar.len, value);
	secret_wipe(&scalar);
	return res == TOKEN_OK ? confine(area, inner, key) : res;
}

static enum token_result
key_import(struct backend_area *area, enum token_curve curve, const uint8_t *scalar, size_t len, struct secret *value)
{
	(void)area;
	return curve == TOKEN_P256 ? turn(scalar, len, value) : TOKEN_ERR_CURVE;
}

static enum token_result
key_load(struct backend_area *area, enum token_curve curve, const uint8_t *value, size_t len, struct token_key **key)
{
	struct secret scalar = SECRET_NONE;
	struct token_key *inner = NULL;
	enum token_result res = turn(value, len, &scalar);

	if (res == TOKEN_OK)
		res = vault_keymaker.load(area, curve, scalar.ptr, scalar.len, &inner);
	secret_wipe(&scalar);
	return res == TOKEN_OK ? confine(area, inner, key) : res;
}

static const struct token_keymaker fake_keymaker = {
	.hardware = true,
	.exports = false,
	.generate = key_generate,
	.import = key_import,
	.load = key_load,
};

static const struct token_backend backends[] = {
	{ "vault", "vault (software)", NULL, &vault_guard, &vault_keymaker, NULL },
	{ "fake", "fake", "fake (shared)", &fake_guard, &fake_keymaker, NULL },
};

const struct token_backend *
token_backend_find(const char *name)
{
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (strcmp(backends[i].name, name) == 0)
			return &backends[i];
	return NULL;
}

/* ---- The backend as a parameter: backend.h ----------------------------------------------------- */

const char *
test_backend(void)
{
	return "fake";
}

bool
test_backend_start(void)
{
	fake_reset();
	return true;
}

bool
test_can(enum test_ability ability)
{
	return ability != TEST_EXPORT && ability != TEST_RESTORE;
}
