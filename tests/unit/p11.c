/*
 * tests/unit/p11.c: loading the module, scratch stores, tokens.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/backend.h"
#include "tests/unit/p11.h"

CK_FUNCTION_LIST_3_2 *p11;
CK_MDOC_FUNCTION_LIST *p11_vendor;
const char *p11_path;

static char store[96], conf[104];

static void
need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "unit-module: %s\n", what);
	abort();
}

bool
p11_load(void)
{
	CK_C_GetInterface get;
	CK_INTERFACE *found = NULL;
	void *module, *symbol;

	p11_path = getenv("MDOC_MODULE") != NULL ? getenv("MDOC_MODULE") : MODULE_PATH;
	module = dlopen(p11_path, RTLD_NOW | RTLD_LOCAL);
	symbol = module == NULL ? NULL : dlsym(module, "C_GetInterface");
	if (symbol == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		return false;
	}
	memcpy(&get, &symbol, sizeof(get));
	if (get(NULL, NULL, &found, 0) != CKR_OK)
		return false;
	p11 = found->pFunctionList;
	if (get((CK_UTF8CHAR *)MDOC_PKCS11_INTERFACE, NULL, &found, 0) != CKR_OK)
		return false;
	p11_vendor = found->pFunctionList;
	return true;
}

int
p11_start(void)
{
	/* A child of ours works inside our store, which we take away. */
	const char *parent = getenv("UNIT_MODULE_STORE");

	snprintf(store, sizeof(store), "%s-XXXXXX", parent == NULL ? "/tmp/unit-module" : parent);
	if (mkdtemp(store) == NULL)
		return 1;
	snprintf(conf, sizeof(conf), "%s.conf", store);
	if (!test_backend_start() || !test_backend_configure(conf))
		return 1;
	setenv("MDOC_PKCS11_STORE", store, 1);
	setenv("MDOC_PKCS11_CONF", conf, 1);
	return p11->C_Initialize(NULL) == CKR_OK ? 0 : 1;
}

int
p11_stop(void)
{
	char command[224];
	CK_RV rv = p11->C_Finalize(NULL);

	test_backend_stop();
	snprintf(command, sizeof(command), "rm -rf '%s' '%s'", store, conf);
	return system(command) == 0 && rv == CKR_OK ? 0 : 1;
}

CK_SLOT_ID
p11_free_slot(void)
{
	CK_SLOT_ID slots[64];
	CK_ULONG count = 0;

	need(p11->C_GetSlotList(CK_TRUE, NULL, &count) == CKR_OK && count <= 64, "no slots, or too many");
	need(p11->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK && count > 0, "no slots");
	return slots[count - 1];
}

CK_RV
p11_login(CK_SESSION_HANDLE session, CK_USER_TYPE type, const char *pin)
{
	return p11->C_Login(session, type, (CK_UTF8CHAR *)pin, strlen(pin));
}

CK_SESSION_HANDLE
p11_session(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

	need(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) == CKR_OK,
		"C_OpenSession failed");
	return session;
}

CK_SESSION_HANDLE
p11_user(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = p11_session(slot);

	need(p11_login(session, CKU_USER, USER_PIN) == CKR_OK, "C_Login failed");
	return session;
}

CK_SLOT_ID
p11_token(const char *label)
{
	CK_SLOT_ID slot = p11_free_slot();
	CK_UTF8CHAR padded[32];
	CK_SESSION_HANDLE session;

	memset(padded, ' ', sizeof(padded));
	memcpy(padded, label, strlen(label));
	need(p11->C_InitToken(slot, (CK_UTF8CHAR *)SO_PIN, strlen(SO_PIN), padded) == CKR_OK, "C_InitToken failed");
	session = p11_session(slot);
	need(p11_login(session, CKU_SO, SO_PIN) == CKR_OK, "SO login failed");
	need(p11->C_InitPIN(session, (CK_UTF8CHAR *)USER_PIN, strlen(USER_PIN)) == CKR_OK, "C_InitPIN failed");
	need(p11->C_CloseSession(session) == CKR_OK, "C_CloseSession failed");
	return slot;
}

CK_RV
p11_pair(CK_SESSION_HANDLE session, bool token, const CK_ATTRIBUTE *extra, CK_ULONG count, CK_OBJECT_HANDLE *pub,
	CK_OBJECT_HANDLE *priv)
{
	static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL on_token = token ? CK_TRUE : CK_FALSE;
	CK_ATTRIBUTE public_template[] = {
		{ CKA_TOKEN, &on_token, sizeof(on_token) },
		{ CKA_EC_PARAMS, p256, sizeof(p256) },
	};
	CK_ATTRIBUTE private_template[8] = { { CKA_TOKEN, &on_token, sizeof(on_token) } };

	need(count < 8, "template too long");
	if (count > 0)
		memcpy(private_template + 1, extra, count * sizeof(*extra));
	return p11->C_GenerateKeyPair(session, &mechanism, public_template, 2, private_template, 1 + count, pub, priv);
}

CK_RV
p11_data(CK_SESSION_HANDLE session, bool token, bool private_, const char *label, const char *value,
	CK_OBJECT_HANDLE *handle)
{
	CK_OBJECT_CLASS data = CKO_DATA;
	CK_BBOOL on_token = token ? CK_TRUE : CK_FALSE, is_private = private_ ? CK_TRUE : CK_FALSE;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &data, sizeof(data) },
		{ CKA_TOKEN, &on_token, sizeof(on_token) },
		{ CKA_PRIVATE, &is_private, sizeof(is_private) },
		{ CKA_LABEL, (void *)label, strlen(label) },
		{ CKA_VALUE, (void *)value, strlen(value) },
	};

	return p11->C_CreateObject(session, template, 5, handle);
}

CK_ULONG
p11_count(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *template, CK_ULONG count)
{
	CK_OBJECT_HANDLE handles[256];
	CK_ULONG found = 0;

	need(p11->C_FindObjectsInit(session, (CK_ATTRIBUTE *)template, count) == CKR_OK, "C_FindObjectsInit failed");
	need(p11->C_FindObjects(session, handles, 256, &found) == CKR_OK, "C_FindObjects failed");
	need(p11->C_FindObjectsFinal(session) == CKR_OK, "C_FindObjectsFinal failed");
	return found;
}

CK_ULONG
p11_bool(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = CK_FALSE;
	CK_ATTRIBUTE attr = { type, &value, sizeof(value) };

	if (p11->C_GetAttributeValue(session, handle, &attr, 1) != CKR_OK)
		return CK_UNAVAILABLE_INFORMATION;
	return value;
}

CK_FLAGS
p11_token_flags(CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;

	need(p11->C_GetTokenInfo(slot, &info) == CKR_OK, "C_GetTokenInfo failed");
	return info.flags;
}

static int
wait_for(pid_t pid)
{
	int status = 0;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1000;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

char *
p11_events(CK_SLOT_ID slot)
{
	CK_ULONG len = 0;
	char *json = NULL;

	CU_ASSERT_EQUAL_FATAL(p11_vendor->C_MDOC_Events(slot, NULL, &len), CKR_OK);
	json = calloc(1, len + 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(json);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Events(slot, (CK_UTF8CHAR *)json, &len), CKR_OK);
	return json;
}

bool
p11_logged(CK_SLOT_ID slot, const char *what)
{
	char *json = p11_events(slot);
	const bool found = strstr(json, what) != NULL && strstr(json, "\"chain\":\"whole\"") != NULL;

	free(json);
	return found;
}

int
p11_fork(int (*run)(void *arg), void *arg)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(60);
		_exit(run(arg));
	}
	return wait_for(pid);
}

int
p11_child(const char *mode)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		char inside[sizeof(store) + 8];

		alarm(60);
		snprintf(inside, sizeof(inside), "%s/child", store);
		setenv("UNIT_MODULE_STORE", inside, 1);
		execl("/proc/self/exe", "unit-module", "--child", mode, (char *)NULL);
		_exit(127);
	}
	return wait_for(pid);
}
