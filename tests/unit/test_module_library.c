/*
 * tests/unit/test_module_library.c: interfaces, and the rules before and around C_Initialize.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/p11.h"

/* Were it otherwise, a program could call into a module that has no state yet. The functions are
 * called as what every ABI here makes of them: integers and pointers in turn, all zero. */
typedef CK_RV (*any_function)(CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG,
	CK_ULONG);

static void
every_function_wants_initialisation(void)
{
	const unsigned char *list = (const unsigned char *)p11;
	any_function call;
	size_t at, count = 0;

	for (at = offsetof(CK_FUNCTION_LIST_3_2, C_Finalize); at < sizeof(*p11); at += sizeof(call)) {
		if (at == offsetof(CK_FUNCTION_LIST_3_2, C_GetFunctionList) ||
			at == offsetof(CK_FUNCTION_LIST_3_2, C_GetInterfaceList) ||
			at == offsetof(CK_FUNCTION_LIST_3_2, C_GetInterface))
			continue;
		memcpy(&call, list + at, sizeof(call));
		CU_ASSERT_PTR_NOT_NULL_FATAL(call);
		CU_ASSERT_EQUAL(call(0, 0, 0, 0, 0, 0, 0, 0, 0, 0), CKR_CRYPTOKI_NOT_INITIALIZED);
		count++;
	}
	CU_ASSERT_EQUAL(count, 100); /* 68, 24 and 12 less the four that need no C_Initialize */
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_BeginBatch(1), CKR_CRYPTOKI_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Diagnose(1, NULL, NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_MakeArea(NULL, NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Attest(1, NULL, 0, NULL, 0, NULL, NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

static CK_RV
no_mutex(void *mutex)
{
	(void)mutex;
	return CKR_OK;
}

static CK_RV
no_new_mutex(void **mutex)
{
	(void)mutex;
	return CKR_OK;
}

/* Were it otherwise, GnuTLS and NSS could not start us, or a program's own locks would be ignored. */
static void
initialize_arguments(void)
{
	CK_C_INITIALIZE_ARGS args = { 0 };
	int dummy;

	args.pReserved = &dummy;
	CU_ASSERT_EQUAL(p11->C_Initialize(&args), CKR_ARGUMENTS_BAD);
	args.pReserved = NULL;
	args.LockMutex = no_mutex;
	CU_ASSERT_EQUAL(p11->C_Initialize(&args), CKR_ARGUMENTS_BAD);
	args.UnlockMutex = args.DestroyMutex = no_mutex;
	args.CreateMutex = no_new_mutex;
	CU_ASSERT_EQUAL(p11->C_Initialize(&args), CKR_CANT_LOCK);
	args.flags = CKF_OS_LOCKING_OK;
	CU_ASSERT_EQUAL(p11->C_Initialize(&args), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_Finalize(&dummy), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
	memset(&args, 0, sizeof(args));
	args.flags = CKF_OS_LOCKING_OK | CKF_LIBRARY_CANT_CREATE_OS_THREADS;
	CU_ASSERT_EQUAL(p11->C_Initialize(&args), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_OK);
}

/* Were it otherwise, a caller who looks for a text would read beyond a field. */
static void
info_is_padded(void)
{
	CK_INFO info;

	CU_ASSERT_EQUAL(p11->C_Initialize(NULL), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetInfo(NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_GetInfo(&info), CKR_OK);
	CU_ASSERT_EQUAL(info.manufacturerID[31], ' ');
	CU_ASSERT_PTR_NULL(memchr(info.manufacturerID, 0, 32));
	CU_ASSERT_PTR_NULL(memchr(info.libraryDescription, 0, 32));
	CU_ASSERT_EQUAL(p11->C_GetFunctionStatus(0), CKR_FUNCTION_NOT_PARALLEL);
	CU_ASSERT_EQUAL(p11->C_CancelFunction(0), CKR_FUNCTION_NOT_PARALLEL);
	CU_ASSERT_EQUAL(p11->C_GenerateRandom(99, NULL, 0), CKR_SESSION_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_WrapKey(99, NULL, 0, 0, NULL, NULL), CKR_SESSION_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_AsyncComplete(99, NULL, NULL), CKR_SESSION_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_OK);
}

CU_TestInfo tests_library[] = {
	{ "every function wants C_Initialize", every_function_wants_initialisation },
	{ "arguments of C_Initialize", initialize_arguments },
	{ "C_GetInfo and the odd ones", info_is_padded },
	CU_TEST_INFO_NULL,
};

/* Were it otherwise, clients of 2.40, 3.0 and ours would not find their functions. */
static void
list_of_interfaces(void)
{
	static const CK_VERSION versions[] = { { 3, 2 }, { 3, 0 }, { 2, 40 }, { 1, 0 } };
	CK_INTERFACE list[8];
	CK_FUNCTION_LIST *old = NULL;
	CK_ULONG count = 0, i;

	CU_ASSERT_EQUAL(p11->C_GetInterfaceList(NULL, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_GetInterfaceList(NULL, &count), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(count, 4);
	count = 2;
	CU_ASSERT_EQUAL(p11->C_GetInterfaceList(list, &count), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(count, 4);
	count = 8;
	CU_ASSERT_EQUAL(p11->C_GetInterfaceList(list, &count), CKR_OK);
	CU_ASSERT_STRING_EQUAL(list[0].pInterfaceName, "PKCS 11");
	for (i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(((CK_VERSION *)list[i].pFunctionList)->major, versions[i].major);
		CU_ASSERT_EQUAL(((CK_VERSION *)list[i].pFunctionList)->minor, versions[i].minor);
		CU_ASSERT_EQUAL(list[i].flags, 0);
	}
	CU_ASSERT_STRING_EQUAL(list[2].pInterfaceName, "PKCS 11");
	CU_ASSERT_STRING_EQUAL(list[3].pInterfaceName, MDOC_PKCS11_INTERFACE);
	CU_ASSERT_EQUAL(p11->C_GetFunctionList(NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_GetFunctionList(&old), CKR_OK);
	CU_ASSERT_PTR_EQUAL(old, list[2].pFunctionList);
	/* Each list is the beginning of the one before it, so that the latest may be the default. */
	CU_ASSERT_EQUAL(memcmp((const CK_BYTE *)old + offsetof(CK_FUNCTION_LIST, C_Initialize),
				(const CK_BYTE *)p11 + offsetof(CK_FUNCTION_LIST_3_2, C_Initialize),
				sizeof(*old) - offsetof(CK_FUNCTION_LIST, C_Initialize)),
		0);
	CU_ASSERT_EQUAL(memcmp((const CK_BYTE *)list[1].pFunctionList + offsetof(CK_FUNCTION_LIST_3_0, C_Initialize),
				(const CK_BYTE *)p11 + offsetof(CK_FUNCTION_LIST_3_2, C_Initialize),
				sizeof(CK_FUNCTION_LIST_3_0) - offsetof(CK_FUNCTION_LIST_3_0, C_Initialize)),
		0);
}

static void
one_interface(void)
{
	CK_VERSION two = { 2, 40 }, three = { 3, 0 }, later = { 3, 2 }, unknown = { 3, 1 }, one = { 1, 0 };
	CK_UTF8CHAR name[] = "PKCS 11", ours[] = MDOC_PKCS11_INTERFACE, other[] = "Vendor NSS FIPS Interface";
	CK_INTERFACE *found = NULL;

	CU_ASSERT_EQUAL(p11->C_GetInterface(name, NULL, NULL, 0), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_GetInterface(other, NULL, &found, 0), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_GetInterface(name, &unknown, &found, 0), CKR_ARGUMENTS_BAD);
	CU_ASSERT_PTR_NULL(found);
	CU_ASSERT_EQUAL(p11->C_GetInterface(ours, &three, &found, 0), CKR_ARGUMENTS_BAD);
	/* We are not: a child must call C_Initialize. */
	CU_ASSERT_EQUAL(p11->C_GetInterface(name, NULL, &found, CKF_INTERFACE_FORK_SAFE), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_GetInterface(NULL, NULL, &found, 0), CKR_OK);
	CU_ASSERT_PTR_EQUAL(found->pFunctionList, p11);
	CU_ASSERT_EQUAL(p11->C_GetInterface(name, &two, &found, 0), CKR_OK);
	CU_ASSERT_EQUAL(((CK_VERSION *)found->pFunctionList)->major, 2);
	CU_ASSERT_EQUAL(p11->C_GetInterface(name, &three, &found, 0), CKR_OK);
	CU_ASSERT_EQUAL(((CK_VERSION *)found->pFunctionList)->minor, 0);
	CU_ASSERT_EQUAL(p11->C_GetInterface(name, &later, &found, 0), CKR_OK);
	CU_ASSERT_PTR_EQUAL(found->pFunctionList, p11);
	CU_ASSERT_EQUAL(p11->C_GetInterface(name, NULL, &found, 0), CKR_OK);
	CU_ASSERT_PTR_EQUAL(found->pFunctionList, p11);
	CU_ASSERT_EQUAL(p11->C_GetInterface(ours, &one, &found, 0), CKR_OK);
	CU_ASSERT_PTR_EQUAL(found->pFunctionList, p11_vendor);
}

/* Were it otherwise, names of ours could take the place of an application's. */
static void
exports(void)
{
	char command[512], line[256], *name;
	FILE *nm;
	int count = 0;

	snprintf(command, sizeof(command), "nm -D --defined-only '%s'", p11_path);
	nm = popen(command, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(nm);
	while (fgets(line, sizeof(line), nm) != NULL) {
		name = strrchr(line, ' ');
		CU_ASSERT(name != NULL && strncmp(name, " C_", 3) == 0);
		count++;
	}
	pclose(nm);
	CU_ASSERT_EQUAL(count, 104);
}

CU_TestInfo tests_interface[] = {
	{ "the list", list_of_interfaces },
	{ "by name and version", one_interface },
	{ "nothing but C_* is exported", exports },
	CU_TEST_INFO_NULL,
};
