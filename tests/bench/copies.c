/*
 * Key pairs and copies of records for the benchmarks of signatures.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include "tests/bench/copies.h"

#include <string.h>

CK_OBJECT_HANDLE
bench_pair(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session, const struct bench_pair *pair,
	struct mdoc_public_key *public_key)
{
	static const CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_BBOOL yes = CK_TRUE, always = pair->authenticate || pair->holder ? CK_TRUE : CK_FALSE;
	const char *label = pair->label == NULL ? "" : pair->label;
	CK_ATTRIBUTE public_template[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_VERIFY, &yes, sizeof(yes) },
		{ CKA_EC_PARAMS, (void *)(uintptr_t)p256, sizeof(p256) },
	};
	CK_ATTRIBUTE private_template[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SIGN, &yes, sizeof(yes) },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
		{ CKA_ALWAYS_AUTHENTICATE, &always, sizeof(always) },
		{ CKA_MDOC_HOLDER_KEY, &yes, sizeof(yes) },
	};
	CK_BYTE der[80];
	CK_ATTRIBUTE point = { CKA_EC_POINT, der, sizeof(der) };
	CK_OBJECT_HANDLE public_handle = 0, private_handle = 0;

	bench_ok(p11->C_GenerateKeyPair(session, &mechanism, public_template, 3, private_template, pair->holder ? 6 : 5,
			 &public_handle, &private_handle),
		"C_GenerateKeyPair");
	if (public_key == NULL)
		return private_handle;
	bench_ok(p11->C_GetAttributeValue(session, public_handle, &point, 1), "CKA_EC_POINT");
	bench_need(point.ulValueLen == 67, "CKA_EC_POINT");
	public_key->curve = MDOC_CURVE_P256;
	public_key->point_len = 65;
	memcpy(public_key->point, der + 2, 65);
	return private_handle;
}

void
bench_authorise(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session)
{
	bench_ok(p11->C_Login(session, CKU_CONTEXT_SPECIFIC, (CK_UTF8CHAR *)BENCH_USER_PIN, strlen(BENCH_USER_PIN)),
		"context-specific login");
}

void
bench_copies_new(struct bench_copies *copies, const struct bench_module *m)
{
	struct mdoc_buf transcript = MDOC_BUF_EMPTY;

	copies->p11 = m->f;
	copies->session = bench_session(m, false);
	copies->input = MDOC_BUF_EMPTY;
	issuer_kit_new(&copies->issuer);
	kit_transcript(1, &transcript);
	kit_device_authentication(&transcript, KIT_DOCTYPE, NULL, &copies->input);
	mdoc_buf_clear(&transcript);
}

void
bench_copies_free(struct bench_copies *copies)
{
	issuer_kit_free(&copies->issuer);
	mdoc_buf_clear(&copies->input);
}

CK_OBJECT_HANDLE
bench_copy(struct bench_copies *copies, const char *label, bool reusable)
{
	const struct bench_pair pair = { .label = label, .holder = true };
	CK_OBJECT_CLASS data = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	struct mdoc_buf record = MDOC_BUF_EMPTY;
	struct mdoc_public_key public_key;
	CK_OBJECT_HANDLE key, ignored;

	key = bench_pair(copies->p11, copies->session, &pair, &public_key);
	kit_record(&copies->issuer, KIT_DOCTYPE, &public_key, copies->issuer.now - 60, copies->issuer.now + 86400, 500,
		&record);
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &data, sizeof(data) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_APPLICATION, (void *)(uintptr_t) "mdoc", 4 },
		{ CKA_VALUE, record.ptr, record.len },
		{ CKA_MDOC_REUSABLE, &yes, sizeof(yes) },
	};
	bench_ok(copies->p11->C_CreateObject(copies->session, template, reusable ? 6 : 5, &ignored), "C_CreateObject");
	mdoc_buf_clear(&record);
	return key;
}

void
bench_sign_device(struct bench_copies *copies, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM mechanism = { CKM_MDOC_DEVICE_SIGN, NULL, 0 };
	CK_BYTE answer[512];
	CK_ULONG len = sizeof(answer);

	bench_ok(copies->p11->C_SignInit(copies->session, &mechanism, key), "C_SignInit");
	bench_authorise(copies->p11, copies->session);
	bench_ok(copies->p11->C_Sign(copies->session, copies->input.ptr, copies->input.len, answer, &len), "C_Sign");
}
