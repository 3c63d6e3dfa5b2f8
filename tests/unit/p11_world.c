/*
 * tests/unit/p11_world.c: real tokens for the tests of libmdoc-p11.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "tests/unit/p11_world.h"

#include <dlfcn.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"
#define SO_PIN "so-code-of-the-unit-tests-0123456789"

static char pin[] = "user-pin-2026";

struct p11_world p11_worlds[P11_WORLDS] = {
	{ .name = "mdoc-pkcs11", .ours = true, .pin = pin, .dir = "/tmp/mdoc-p11-XXXXXX" },
	{ .name = "SoftHSM", .pin = pin, .dir = "/tmp/mdoc-p11-XXXXXX" },
};

/* SoftHSM leaks the name of the curve with each Ed25519 signature. Without frame pointers in libcrypto only the slow
 * way of unwinding sees that it is SoftHSM. */
const char *__lsan_default_suppressions(void);
const char *__asan_default_options(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libsofthsm2.so\n";
}

const char *
__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}

static bool
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	return file != NULL && fputs(text, file) >= 0 && fclose(file) == 0;
}

/* A configuration of the module's own: MDOC_PKCS11_CONF and _STORE, or SOFTHSM2_CONF. */
static bool
configure(struct p11_world *world)
{
	char conf[64], store[64], text[192];

	if (mkdtemp(world->dir) == NULL)
		return false;
	snprintf(conf, sizeof(conf), "%s/conf", world->dir);
	snprintf(store, sizeof(store), "%s/store", world->dir);
	snprintf(text, sizeof(text), "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n",
		store);
	if (mkdir(store, 0700) != 0 || !write_file(conf, world->ours ? "" : text))
		return false;
	if (world->ours)
		return setenv("MDOC_PKCS11_CONF", conf, 1) == 0 && setenv("MDOC_PKCS11_STORE", store, 1) == 0;
	return setenv("SOFTHSM2_CONF", conf, 1) == 0;
}

static bool
load(struct p11_world *world)
{
	const char *path = world->ours ? getenv("MDOC_MODULE") : SOFTHSM;
	CK_C_GetFunctionList get = NULL;
	void *library;

	if (path == NULL)
		path = MODULE_PATH;
	library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (library == NULL)
		return false;
	*(void **)&get = dlsym(library, "C_GetFunctionList");
	return get != NULL && get(&world->p11) == CKR_OK && world->p11->C_Initialize(NULL) == CKR_OK;
}

/* The slot with a token that is initialised, or the one without. */
static bool
find_slot(struct p11_world *world, bool initialised)
{
	CK_SLOT_ID slots[8];
	CK_ULONG count = 8;
	CK_TOKEN_INFO info;

	if (world->p11->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
		return false;
	for (CK_ULONG i = 0; i < count; i++) {
		world->slot = slots[i];
		if (world->p11->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
			((info.flags & CKF_TOKEN_INITIALIZED) != 0) == initialised)
			return true;
	}
	return false;
}

static bool
make_token(struct p11_world *world)
{
	CK_FUNCTION_LIST *p11 = world->p11;
	CK_UTF8CHAR so[] = SO_PIN, label[32];
	CK_UTF8CHAR *user = (CK_UTF8CHAR *)world->pin;
	const CK_ULONG so_len = sizeof(so) - 1, user_len = strlen(world->pin);

	memset(label, ' ', sizeof(label));
	memcpy(label, "unit", 4);
	return find_slot(world, false) && p11->C_InitToken(world->slot, so, so_len, label) == CKR_OK &&
		find_slot(world, true) &&
		p11->C_OpenSession(world->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &world->session) ==
		CKR_OK &&
		p11->C_Login(world->session, CKU_SO, so, so_len) == CKR_OK &&
		p11->C_InitPIN(world->session, user, user_len) == CKR_OK && p11->C_Logout(world->session) == CKR_OK &&
		p11->C_Login(world->session, CKU_USER, user, user_len) == CKR_OK;
}

bool
p11_worlds_open(void)
{
	for (size_t i = 0; i < P11_WORLDS; i++) {
		if (configure(&p11_worlds[i]) && load(&p11_worlds[i]) && make_token(&p11_worlds[i]))
			continue;
		p11_worlds[i].p11 = NULL;
		printf("no token of %s here\n", p11_worlds[i].name);
	}
	return p11_worlds[0].p11 != NULL;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void
p11_worlds_close(void)
{
	for (size_t i = 0; i < P11_WORLDS; i++) {
		if (p11_worlds[i].p11 != NULL)
			p11_worlds[i].p11->C_Finalize(NULL);
		if (strchr(p11_worlds[i].dir, 'X') == NULL)
			(void)nftw(p11_worlds[i].dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	}
}

CK_RV
p11_world_login(void *arg, CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session)
{
	return p11->C_Login(session, CKU_CONTEXT_SPECIFIC, arg, (CK_ULONG)strlen(arg));
}

/* SoftHSM makes Montgomery keys by the mechanism for Edwards keys. */
static CK_MECHANISM_TYPE
generator(const struct p11_world *world, enum mdoc_curve curve)
{
	if (curve == MDOC_CURVE_ED25519 || curve == MDOC_CURVE_ED448)
		return CKM_EC_EDWARDS_KEY_PAIR_GEN;
	if (curve == MDOC_CURVE_X25519 || curve == MDOC_CURVE_X448)
		return world->ours ? CKM_EC_MONTGOMERY_KEY_PAIR_GEN : CKM_EC_EDWARDS_KEY_PAIR_GEN;
	return CKM_EC_KEY_PAIR_GEN;
}

CK_RV
p11_world_pair(struct p11_world *world, enum mdoc_curve curve, unsigned what, struct mdoc_p11_key *key,
	CK_OBJECT_HANDLE *public_key)
{
	static CK_BYTE serial;
	CK_BYTE id[2] = { 0x70, ++serial };
	const struct mdoc_bytes params = mdoc_p11_curve_params(curve);
	CK_MECHANISM mechanism = { generator(world, curve), NULL, 0 };
	CK_BBOOL yes = CK_TRUE, sign = (what & PAIR_SIGN) != 0, derive = (what & PAIR_DERIVE) != 0,
		 always = (what & PAIR_ALWAYS) != 0;
	CK_ATTRIBUTE public_template[] = { { CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_EC_PARAMS, (void *)(uintptr_t)params.ptr, params.len }, { CKA_ID, id, sizeof(id) } };
	CK_ATTRIBUTE private_template[7] = { { CKA_TOKEN, &yes, sizeof(yes) }, { CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SIGN, &sign, sizeof(sign) }, { CKA_DERIVE, &derive, sizeof(derive) },
		{ CKA_ID, id, sizeof(id) } };
	CK_ULONG count = 5;
	CK_OBJECT_HANDLE other = CK_INVALID_HANDLE;

	if ((what & PAIR_HOLDER) != 0)
		private_template[count++] = (CK_ATTRIBUTE){ CKA_MDOC_HOLDER_KEY, &yes, sizeof(yes) };
	else if (always)
		private_template[count++] = (CK_ATTRIBUTE){ CKA_ALWAYS_AUTHENTICATE, &always, sizeof(always) };
	*key = (struct mdoc_p11_key){
		.p11 = world->p11,
		.session = world->session,
		.offers = mdoc_p11_offers(world->p11, world->slot),
		.login = p11_world_login,
		.login_arg = world->pin,
	};
	return world->p11->C_GenerateKeyPair(world->session, &mechanism, public_template, 3, private_template, count,
		public_key != NULL ? public_key : &other, &key->private_key);
}

CK_RV
p11_world_record(struct p11_world *world, struct mdoc_bytes doc_type, const struct mdoc_buf *value)
{
	static char application[] = "mdoc";
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_APPLICATION, application, 4 },
		{ CKA_LABEL, (void *)(uintptr_t)doc_type.ptr, doc_type.len },
		{ CKA_VALUE, value->ptr, value->len },
	};

	return world->p11->C_CreateObject(world->session, template, sizeof(template) / sizeof(*template), &object);
}

size_t
p11_world_count(struct p11_world *world, CK_OBJECT_CLASS class)
{
	CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE found[256];
	CK_ULONG count = 0;

	CU_ASSERT_EQUAL(world->p11->C_FindObjectsInit(world->session, &template, 1), CKR_OK);
	CU_ASSERT_EQUAL(world->p11->C_FindObjects(world->session, found, 256, &count), CKR_OK);
	CU_ASSERT_EQUAL(world->p11->C_FindObjectsFinal(world->session), CKR_OK);
	return count;
}
