/*
 * tests/unit/test_op_random.c: the functions of operations in any order, with keys, parameters and lengths that fit or
 * do not.
 *
 * If this failed, some row of calls that no other test has thought of would crash its program, write behind a buffer,
 * or get an answer that the standard does not know. A sanitizer build sees the most.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cipher_kit.h"
#include "tests/unit/unit_mechanisms.h"

#define CALLS 40000
#define GUARD 0xa7

static struct holder_kit kit;
static CK_OBJECT_HANDLE keys[6];

static int
set_up(void)
{
	CK_BYTE value[32] = { 1 };

	holder_kit_new(&kit, 0);
	keys[0] = cipher_key(&kit, value, 16);
	keys[1] = cipher_key(&kit, value, 32);
	keys[2] = holder_kit_pair(&kit, false, NULL, &keys[3]);
	keys[4] = holder_kit_pair(&kit, true, NULL, NULL);
	keys[5] = CK_INVALID_HANDLE;
	return 0;
}

static int
tear_down(void)
{
	holder_kit_free(&kit);
	return 0;
}

/* What one call is made with. */
struct draw {
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	struct cipher_setup setup;
	CK_MECHANISM *mechanism; /* NULL: none */
	CK_GCM_MESSAGE_PARAMS params;
	CK_BYTE iv[256], tag[16];
	CK_BYTE *in, *out; /* out NULL: a length query */
	CK_ULONG len, room, given;
	CK_ULONG *out_len;
};

static CK_ULONG
below(CK_ULONG n)
{
	return (CK_ULONG)random() % n;
}

static void
draw_mechanism(struct draw *draw)
{
	static const CK_MECHANISM_TYPE others[] = { CKM_SHA256, CKM_SHA3_512, CKM_ECDSA, CKM_ECDSA_SHA256, CKM_EDDSA,
		CKM_AES_CMAC, CKM_SHA256_HMAC, CKM_MDOC_DEVICE_SIGN, CKM_AES_GCM };

	if (below(2) == 0) {
		const CK_MECHANISM_TYPE type = cipher_modes[below(CIPHER_MODES)];

		cipher_setup(&draw->setup, type, below(4) == 0 ? below(40) : cipher_iv_size(type), below(20));
		draw->setup.gcm.ulTagBits = below(4) == 0 ? below(140) : 128;
		draw->setup.ctr.ulCounterBits = below(4) == 0 ? below(140) : 128;
	} else {
		draw->setup.mechanism = (CK_MECHANISM){ others[below(9)], NULL, 0 };
	}
	draw->mechanism = below(12) == 0 ? NULL : &draw->setup.mechanism;
}

static void
draw_all(struct draw *draw)
{
	memset(draw, 0, sizeof(*draw));
	draw->session = below(50) == 0 ? CK_INVALID_HANDLE : kit.session;
	draw->key = keys[below(6)];
	draw_mechanism(draw);
	draw->params =
		(CK_GCM_MESSAGE_PARAMS){ draw->iv, below(5) == 0 ? below(140) : 12, below(5) == 0 ? below(120) : 32,
			below(6), below(10) == 0 ? NULL : draw->tag, below(5) == 0 ? below(140) : 128 };
	draw->len = below(3) == 0 ? 16 * below(8) : below(100);
	draw->given = draw->room = below(4) == 0 ? below(120) : 200;
	draw->in = malloc(draw->len + 1);
	draw->out = malloc(draw->room + 1);
	if (draw->in == NULL || draw->out == NULL)
		exit(EXIT_FAILURE);
	memset(draw->in, (int)below(256), draw->len);
	draw->out[draw->room] = GUARD;
	draw->out_len = below(30) == 0 ? NULL : &draw->given;
}

#define PARAMS &d->params, sizeof(d->params)
#define OUT below(8) == 0 ? NULL : d->out, d->out_len
#define LAST below(3) == 0 ? CKF_END_OF_MESSAGE : 0

static CK_RV
state_there_and_back(struct draw *d)
{
	CK_BYTE state[2048];
	CK_ULONG len = sizeof(state);
	CK_RV rv = C_GetOperationState(d->session, state, &len);

	return rv != CKR_OK ? rv : C_SetOperationState(d->session, state, len, CK_INVALID_HANDLE, CK_INVALID_HANDLE);
}

static CK_RV
call_plain(struct draw *d, CK_ULONG which)
{
	switch (which) {
	case 0:
		return C_EncryptInit(d->session, d->mechanism, d->key);
	case 1:
		return C_DecryptInit(d->session, d->mechanism, d->key);
	case 2:
		return C_DigestInit(d->session, d->mechanism);
	case 3:
		return C_SignInit(d->session, d->mechanism, d->key);
	case 4:
		return C_VerifyInit(d->session, d->mechanism, d->key);
	case 5:
		return C_Encrypt(d->session, d->in, d->len, OUT);
	case 6:
		return C_EncryptUpdate(d->session, d->in, d->len, OUT);
	case 7:
		return C_EncryptFinal(d->session, OUT);
	case 8:
		return C_Decrypt(d->session, d->in, d->len, OUT);
	case 9:
		return C_DecryptUpdate(d->session, d->in, d->len, OUT);
	case 10:
		return C_DecryptFinal(d->session, OUT);
	case 11:
		return C_Digest(d->session, d->in, d->len, OUT);
	case 12:
		return C_DigestUpdate(d->session, d->in, d->len);
	case 13:
		return C_DigestFinal(d->session, OUT);
	case 14:
		return C_Sign(d->session, d->in, d->len, OUT);
	case 15:
		return C_SignUpdate(d->session, d->in, d->len);
	case 16:
		return C_SignFinal(d->session, OUT);
	case 17:
		return C_Verify(d->session, d->in, d->len, d->in, d->len);
	case 18:
		return C_VerifyUpdate(d->session, d->in, d->len);
	case 19:
		return C_VerifyFinal(d->session, d->in, d->len);
	case 20:
		return C_DigestKey(d->session, d->key);
	case 21:
		return C_SessionCancel(d->session, below(2) == 0 ? 0 : (CK_FLAGS)1 << below(20));
	default:
		return state_there_and_back(d);
	}
}

static CK_RV
call_message(struct draw *d, CK_ULONG which)
{
	switch (which) {
	case 0:
		return C_MessageEncryptInit(d->session, d->mechanism, d->key);
	case 1:
		return C_MessageDecryptInit(d->session, d->mechanism, d->key);
	case 2:
		return C_MessageSignInit(d->session, d->mechanism, d->key);
	case 3:
		return C_MessageVerifyInit(d->session, d->mechanism, d->key);
	case 4:
		return C_EncryptMessage(d->session, PARAMS, d->iv, below(20), d->in, d->len, OUT);
	case 5:
		return C_EncryptMessageBegin(d->session, PARAMS, d->iv, below(20));
	case 6:
		return C_EncryptMessageNext(d->session, PARAMS, d->in, d->len, OUT, LAST);
	case 7:
		return C_DecryptMessage(d->session, PARAMS, d->iv, below(20), d->in, d->len, OUT);
	case 8:
		return C_DecryptMessageBegin(d->session, PARAMS, d->iv, below(20));
	case 9:
		return C_DecryptMessageNext(d->session, PARAMS, d->in, d->len, OUT, LAST);
	case 10:
		return C_SignMessage(d->session, NULL, 0, d->in, d->len, OUT);
	case 11:
		return C_SignMessageBegin(d->session, NULL, 0);
	case 12:
		return C_SignMessageNext(d->session, NULL, 0, d->in, d->len, OUT);
	case 13:
		return C_VerifyMessage(d->session, NULL, 0, d->in, d->len, d->in, d->len);
	case 14:
		return C_VerifyMessageBegin(d->session, NULL, 0);
	case 15:
		return C_VerifyMessageNext(d->session, NULL, 0, d->in, d->len, below(2) == 0 ? NULL : d->in, d->len);
	case 16:
		return C_DigestEncryptUpdate(d->session, d->in, d->len, OUT);
	case 17:
		return C_DecryptDigestUpdate(d->session, d->in, d->len, OUT);
	case 18:
		return C_SignEncryptUpdate(d->session, d->in, d->len, OUT);
	default:
		return C_DecryptVerifyUpdate(d->session, d->in, d->len, OUT);
	}
}

static bool
is_known(CK_RV rv)
{
	static const CK_RV known[] = { CKR_OK, CKR_ARGUMENTS_BAD, CKR_BUFFER_TOO_SMALL, CKR_DATA_LEN_RANGE,
		CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE, CKR_AEAD_DECRYPT_FAILED,
		CKR_FUNCTION_NOT_SUPPORTED, CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_KEY_HANDLE_INVALID,
		CKR_KEY_INDIGESTIBLE, CKR_KEY_TYPE_INCONSISTENT, CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID,
		CKR_OPERATION_ACTIVE, CKR_OPERATION_NOT_INITIALIZED, CKR_SESSION_HANDLE_INVALID, CKR_SIGNATURE_INVALID,
		CKR_SIGNATURE_LEN_RANGE, CKR_STATE_UNSAVEABLE, CKR_USER_NOT_LOGGED_IN, CKR_MDOC_KEY_NOT_BOUND };
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == rv)
			return true;
	return false;
}

static void
test_any_order(void)
{
	struct draw draw;
	CK_ULONG i, which, worked = 0;
	CK_RV rv;

	srandom(20260101);
	for (i = 0; i < CALLS; i++) {
		draw_all(&draw);
		which = below(43);
		rv = which < 23 ? call_plain(&draw, which) : call_message(&draw, which - 23);
		worked += rv == CKR_OK ? 1 : 0;
		if (!is_known(rv) || draw.out[draw.room] != GUARD || (rv == CKR_OK && draw.given > 1 << 20)) {
			fprintf(stderr, "call %lu (%lu): 0x%lx, %lu of %lu bytes\n", i, which, rv, draw.given,
				draw.room);
			CU_FAIL("an answer or a buffer that nobody expects");
		}
		free(draw.in);
		free(draw.out);
	}
	CU_ASSERT(worked > CALLS / 20); /* else nothing was tried that matters */
	CU_ASSERT_EQUAL(C_SessionCancel(kit.session, ~(CK_FLAGS)0), CKR_OK);
}

static CU_TestInfo tests[] = {
	{ "in any order", test_any_order },
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo suite_op_random = { "operations in any order", set_up, tear_down, NULL, NULL, tests };
