/*
 * tests/unit/test_module_guard.c: ways by which a key could leave bit by bit, or lose the marks that keep it in.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "tests/unit/p11.h"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS secret_class = CKO_SECRET_KEY;
static CK_KEY_TYPE generic_type = CKK_GENERIC_SECRET;
static CK_BYTE iv[16] = "sixteen bytes iv",
	       bytes[96] = "a key that is longer than a block of any digest that it is used with";
static CK_SLOT_ID slot;

static CK_OBJECT_HANDLE
import(CK_SESSION_HANDLE session, CK_KEY_TYPE type, CK_ULONG len, const CK_ATTRIBUTE *extra, CK_ULONG count)
{
	CK_ATTRIBUTE template[12] = {
		{ CKA_CLASS, &secret_class, sizeof(secret_class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_VALUE, bytes, len },
	};
	CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;

	memcpy(template + 3, extra, count * sizeof(*extra));
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 3 + count, &handle), CKR_OK);
	return handle;
}

static CK_RV
digest(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };
	CK_BYTE out[32];
	CK_ULONG len = sizeof(out);
	CK_RV rv;

	CU_ASSERT_EQUAL(p11->C_DigestInit(session, &sha256), CKR_OK);
	rv = p11->C_DigestKey(session, key);
	CU_ASSERT_EQUAL(p11->C_DigestFinal(session, out, &len), rv == CKR_OK ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED);
	return rv;
}

/* Were it otherwise, the digest of a long HMAC key, which is as good as the key, could be had of a sensitive one. */
static void
digests(void)
{
	CK_ATTRIBUTE open[] = { { CKA_SENSITIVE, &no, 1 }, { CKA_EXTRACTABLE, &yes, 1 } };
	CK_ATTRIBUTE sensitive[] = { { CKA_SENSITIVE, &yes, 1 }, { CKA_EXTRACTABLE, &yes, 1 } };
	CK_ATTRIBUTE kept[] = { { CKA_SENSITIVE, &no, 1 }, { CKA_EXTRACTABLE, &no, 1 } };
	CK_MECHANISM_TYPE only[] = { CKM_SHA256_HMAC };
	CK_ATTRIBUTE limited[] = { open[0], open[1], { CKA_ALLOWED_MECHANISMS, only, sizeof(only) } };
	CK_ATTRIBUTE visible[] = { open[0], open[1], { CKA_TOKEN, &yes, 1 }, { CKA_PRIVATE, &no, 1 } };
	CK_OBJECT_HANDLE key;
	CK_SESSION_HANDLE session;

	slot = p11_token("guard");
	session = p11_user(slot);
	CU_ASSERT_EQUAL(digest(session, import(session, CKK_GENERIC_SECRET, sizeof(bytes), sensitive, 2)),
		CKR_KEY_INDIGESTIBLE);
	CU_ASSERT_EQUAL(digest(session, import(session, CKK_GENERIC_SECRET, sizeof(bytes), kept, 2)),
		CKR_KEY_INDIGESTIBLE);
	CU_ASSERT_EQUAL(digest(session, import(session, CKK_GENERIC_SECRET, sizeof(bytes), limited, 3)),
		CKR_KEY_INDIGESTIBLE);
	CU_ASSERT_EQUAL(digest(session, 4711), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(digest(session, import(session, CKK_GENERIC_SECRET, sizeof(bytes), open, 2)), CKR_OK);
	key = import(session, CKK_GENERIC_SECRET, sizeof(bytes), visible, 4);
	CU_ASSERT_EQUAL(digest(session, key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(digest(session, key), CKR_KEY_INDIGESTIBLE);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a wrapped key would come back one byte long, then two, and every byte could be guessed by itself,
 * though what is unwrapped must stay sensitive. */
static void
cut_keys(void)
{
	CK_ATTRIBUTE both_ways[] = { { CKA_WRAP, &yes, 1 }, { CKA_UNWRAP, &yes, 1 } };
	CK_ATTRIBUTE open[] = { { CKA_EXTRACTABLE, &yes, 1 } };
	CK_MECHANISM modes[] = { { CKM_AES_ECB, NULL, 0 }, { CKM_AES_CBC, iv, sizeof(iv) } };
	CK_AES_CTR_PARAMS counter = { 128, { 0 } };
	CK_MECHANISM ctr = { CKM_AES_CTR, &counter, sizeof(counter) };
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE tool = import(session, CKK_AES, 32, both_ways, 2);
	CK_OBJECT_HANDLE key = import(session, CKK_GENERIC_SECRET, 20, open, 1), back;
	CK_BYTE out[64];
	CK_ULONG len, m, want;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &secret_class, sizeof(secret_class) },
		{ CKA_KEY_TYPE, &generic_type, sizeof(generic_type) }, { CKA_VALUE_LEN, &want, sizeof(want) } };

	for (m = 0; m < 2; m++) {
		len = sizeof(out);
		CU_ASSERT_EQUAL(p11->C_WrapKey(session, &modes[m], tool, key, out, &len), CKR_OK);
		CU_ASSERT_EQUAL(len, 32);
		for (want = 1; want <= 33; want++)
			CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &modes[m], tool, out, len, template, 3, &back),
				want >= 20 && want <= 32 ? CKR_OK : CKR_TEMPLATE_INCONSISTENT);
		want = 1; /* of the first block alone */
		CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &modes[m], tool, out, 16, template, 3, &back),
			CKR_TEMPLATE_INCONSISTENT);
	}
	len = sizeof(out);
	CU_ASSERT_EQUAL(p11->C_WrapKey(session, &ctr, tool, key, out, &len), CKR_MECHANISM_INVALID);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &ctr, tool, out, 1, template, 2, &back), CKR_MECHANISM_INVALID);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, the user could open what the SO trusts a key to have closed. */
static void
trusted_keys(void)
{
	CK_ATTRIBUTE trusted[] = { { CKA_WRAP, &yes, 1 }, { CKA_PRIVATE, &no, 1 }, { CKA_TRUSTED, &yes, 1 } };
	CK_ATTRIBUTE uses[] = { { CKA_DECRYPT, &yes, 1 }, { CKA_ENCRYPT, &yes, 1 }, { CKA_UNWRAP, &yes, 1 },
		{ CKA_TRUSTED, &no, 1 } };
	CK_ATTRIBUTE label = { CKA_LABEL, "name", 4 };
	CK_ATTRIBUTE copied[] = { { CKA_TRUSTED, &no, 1 }, { CKA_DECRYPT, &yes, 1 } };
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_OBJECT_HANDLE tool, copy;
	CK_ULONG i;

	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	tool = import(session, CKK_AES, 32, trusted, 3);
	CU_ASSERT_EQUAL(p11_bool(session, tool, CKA_DECRYPT), CK_FALSE);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	for (i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, tool, &uses[i], 1), CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, tool, copied, 1, &copy), CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, tool, copied, 2, &copy), CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, tool, &label, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, tool, CKA_TRUSTED), CK_TRUE);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, tool, &uses[2], 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

struct naming {
	CK_SESSION_HANDLE session;
	_Atomic CK_OBJECT_HANDLE key; /* to be renamed all the time */
	atomic_bool stop;
	CK_RV rv; /* the first that was not CKR_OK */
};

static void *
rename_it(void *arg)
{
	struct naming *naming = arg;
	CK_BYTE count = 0;
	CK_ATTRIBUTE label = { CKA_LABEL, &count, 1 };
	CK_RV rv;

	while (!atomic_load(&naming->stop)) {
		count++;
		rv = p11->C_SetAttributeValue(naming->session, atomic_load(&naming->key), &label, 1);
		if (naming->rv == CKR_OK)
			naming->rv = rv;
	}
	return NULL;
}

/* Were it otherwise, one thread that gives a key a name would make it readable again for which another thread has
 * just been told that it is not. */
static void
race(CK_BBOOL on_token, int rounds)
{
	CK_ATTRIBUTE open[] = { { CKA_SENSITIVE, &no, 1 }, { CKA_EXTRACTABLE, &yes, 1 }, { CKA_TOKEN, &on_token, 1 } };
	CK_ATTRIBUTE closing[] = { { CKA_SENSITIVE, &yes, 1 }, { CKA_EXTRACTABLE, &no, 1 } };
	CK_SESSION_HANDLE session = p11_user(slot);
	struct naming naming = { .session = p11_session(slot) };
	CK_OBJECT_HANDLE key = import(session, CKK_GENERIC_SECRET, 32, open, 3);
	int round, lost = 0;
	pthread_t thread;

	atomic_store(&naming.key, key);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, rename_it, &naming), 0);
	for (round = 0; round < rounds; round++) {
		CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, key, closing, 2), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, key, closing, 1), CKR_OK);
		lost += p11_bool(session, key, CKA_SENSITIVE) == CK_TRUE ? 0 : 1;
		lost += p11_bool(session, key, CKA_EXTRACTABLE) == CK_FALSE ? 0 : 1;
		key = import(session, CKK_GENERIC_SECRET, 32, open, 3);
		atomic_store(&naming.key, key);
	}
	atomic_store(&naming.stop, true);
	CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
	CU_ASSERT_EQUAL(lost, 0);
	CU_ASSERT_EQUAL(naming.rv, CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(naming.session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static void
raced_marks(void)
{
	race(CK_FALSE, 4000);
	race(CK_TRUE, 40);
}

/* Were it otherwise, a program would hear of an object from a function that it gave none. */
static void
destroyed_meanwhile(void)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_SESSION_HANDLE session = p11_user(slot), other = p11_session(slot);
	CK_OBJECT_HANDLE pub, priv;
	CK_BYTE sig[64];
	CK_ULONG len = sizeof(sig);

	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(other, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Sign(session, bytes, 32, sig, &len), CKR_FUNCTION_FAILED);
	CU_ASSERT_EQUAL(p11->C_Sign(session, bytes, 32, sig, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(other), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_guard[] = {
	{ "the digest of a key that is kept", digests },
	{ "an unwrapped key is not cut short", cut_keys },
	{ "a trusted key opens nothing", trusted_keys },
	{ "two changes at once lose no mark", raced_marks },
	{ "a key destroyed before it signs", destroyed_meanwhile },
	CU_TEST_INFO_NULL,
};
