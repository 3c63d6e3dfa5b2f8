/*
 * tests/unit/test_conduct_random.c: thousands of calls in no order, with good and bad arguments, over several sessions.
 * The numbers are the same in every run; CONDUCT_SEED and CONDUCT_CALLS choose others.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/conduct_cases.h"
#include "tests/unit/conduct_hostile.h"

#define SESSIONS 4
#define HANDLES 24

static struct conduct_world w;
static CK_SESSION_HANDLE sessions[SESSIONS];
static CK_OBJECT_HANDLE handles[HANDLES]; /* what calls gave back, the oldest goes */
static CK_ATTRIBUTE attrs[8];
static CK_BYTE values[8][64];
static unsigned long state;

static unsigned long
any(unsigned long below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % below;
}

static CK_ULONG
any_number(void)
{
	const CK_ULONG numbers[] = { 0, 1, 2, 8, 16, 31, 32, 33, 64, CKF_RW_SESSION | CKF_SERIAL_SESSION,
		CK_UNAVAILABLE_INFORMATION };

	return numbers[any(sizeof(numbers) / sizeof(numbers[0]))];
}

static CK_ULONG
any_length(CK_ULONG most)
{
	return any(8) == 0 ? most : any(most + 1);
}

static CK_OBJECT_HANDLE
any_object(void)
{
	switch (any(4)) {
	case 0:
		return handles[any(HANDLES)];
	case 1:
		return any_number();
	default:
		return w.object[any(OBJECTS)];
	}
}

static void
any_template(struct conduct_arg *a)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_CLASS, CKA_TOKEN, CKA_PRIVATE, CKA_LABEL, CKA_VALUE, CKA_ID,
		CKA_KEY_TYPE, CKA_EC_PARAMS, CKA_EC_POINT, CKA_SIGN, CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_VALUE_LEN,
		CKA_ALLOWED_MECHANISMS, CKA_MODIFIABLE, CKA_WRAP_TEMPLATE, CKA_UNIQUE_ID, CKA_APPLICATION,
		CKA_OBJECT_ID, CKA_CERTIFICATE_TYPE, CKA_SUBJECT, CKA_START_DATE, CKA_COPYABLE, 0xCD440100UL,
		0x7777UL };
	static const CK_ULONG lengths[] = { 0, 1, 4, 8, 8, 16, 64 };
	size_t i;

	for (i = 0; i < 8; i++) {
		attrs[i] = (CK_ATTRIBUTE){ types[any(sizeof(types) / sizeof(types[0]))], values[i], lengths[any(7)] };
		memset(values[i], 0, sizeof(values[i]));
		values[i][0] = (CK_BYTE)any(6);
		if ((attrs[i].type & CKF_ARRAY_ATTRIBUTE) != 0)
			attrs[i].ulValueLen = any(2) == 0 ? 0 : 7; /* nothing inside that could point anywhere */
		if (any(16) == 0)
			attrs[i].pValue = NULL;
	}
	a[0].p = attrs;
	a[1].n = any(9);
}

static const CK_MECHANISM *const good_mechanisms[] = { &conduct_ecdsa, &conduct_sha256, &conduct_ec_pair,
	&conduct_aes_gen, &conduct_aes_ecb, &conduct_aes_cbc, &conduct_aes_gcm, &conduct_aes_wrap, &conduct_ecdh,
	&conduct_hmac, &conduct_message_gcm };

static void
spoil(const struct conduct_call *call, struct conduct_arg *a, size_t i)
{
	const struct conduct_hostile_template *bad;
	struct conduct_template t;

	switch (call->kinds[i]) {
	case 'h':
		a[i].n = any(8) == 0 ? any_number() : sessions[any(SESSIONS)];
		break;
	case 'S':
		a[i].n = any(2) == 0 ? w.slot : 0x12345 + any(3);
		break;
	case 'k':
		a[i].n = any_object();
		break;
	case 'u':
	case 'f':
	case 'M':
		a[i].n = any_number();
		break;
	case 'm':
		a[i].p = any(2) == 0 ? (void *)good_mechanisms[any(sizeof(good_mechanisms) / sizeof(void *))]
				     : &conduct_hostile_mechanisms[any(conduct_hostile_mechanism_count)];
		break;
	case 't':
		bad = &conduct_hostile_templates[any(conduct_hostile_template_count)];
		t = (struct conduct_template){ a[i].p, a[i + 1].n };
		if (any(3) == 0 && t.count < 16)
			t = conduct_hostile(&t, bad);
		a[i].p = t.attrs;
		a[i + 1].n = t.count;
		if (any(2) == 0)
			any_template(a + i);
		break;
	case 'g':
		any_template(a + i);
		break;
	case 'i':
	case 'b':
		a[i + 1].n = any_length(64);
		break;
	case 'l':
		*(CK_ULONG *)a[i].p = any(4) == 0 ? any_number() : any(200);
		break;
	case 'o':
	case 'x':
	case 'H':
	case 's':
		if (any(4) == 0)
			a[i].p = NULL;
		break;
	default:
		break;
	}
	if (any(24) == 0 && a[i].p != NULL && strchr("mtginlobxHPL", call->kinds[i]) != NULL)
		a[i].p = NULL;
}

/* What would end the test, or lock its PINs. */
static bool
is_left_out(const struct conduct_call *call)
{
	static const char *const names[] = { "C_Initialize", "C_Finalize", "C_InitToken", "C_CloseAllSessions" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(call->name, names[i]) == 0)
			return true;
	return false;
}

static void
keep_results(const struct conduct_call *call, const struct conduct_arg *a)
{
	size_t i;

	for (i = 0; call->kinds[i] != '\0'; i++)
		if (call->kinds[i] == 'H' && a[i].p != NULL)
			handles[any(HANDLES)] = *(CK_OBJECT_HANDLE *)a[i].p;
}

/* A row of the table of states as it is, or with some arguments spoilt. */
static void
one_call(unsigned long n)
{
	const struct conduct_case *c = &conduct_cases[any(conduct_case_count)];
	const struct conduct_call *call = conduct_find(c->name);
	struct conduct_arg a[CONDUCT_ARGS];
	unsigned spoilt = 0;
	size_t i;
	CK_RV rv;

	if (is_left_out(call))
		return;
	w.session = sessions[any(SESSIONS)];
	conduct_arguments(&w, call, &c->sane, a);
	for (i = 0; call->kinds[i] != '\0'; i++)
		if (any(3) == 0 && ++spoilt > 0)
			spoil(call, a, i);
	rv = call->call(a);
	if (!conduct_may(call->name, rv))
		conduct_wrong("call %lu, %s with %u spoilt arguments: %s is not on its list", n, call->name, spoilt,
			conduct_rv_name(rv));
	if (rv != CKR_OK)
		return;
	if (strcmp(call->name, "C_OpenSession") == 0)
		(void)p11->C_CloseSession(conduct_result(call, a));
	else
		keep_results(call, a);
}

/* All sessions that are gone are opened again, and somebody is logged in, or nobody. */
static void
set_out(void)
{
	size_t i;

	(void)p11->C_CloseAllSessions(w.slot);
	for (i = 0; i < SESSIONS; i++)
		CU_ASSERT_EQUAL_FATAL(p11->C_OpenSession(w.slot,
					      CKF_SERIAL_SESSION | (any(3) == 0 && i > 0 ? 0 : CKF_RW_SESSION), NULL,
					      NULL, &sessions[i]),
			CKR_OK);
	if (any(4) != 0)
		CU_ASSERT_EQUAL_FATAL(p11_login(sessions[0], CKU_USER, USER_PIN), CKR_OK);
	w.session = sessions[0];
	conduct_world_look(&w, w.session);
	conduct_world_session_objects(&w);
}

static unsigned long
from_environment(const char *name, unsigned long otherwise)
{
	const char *value = getenv(name);

	return value == NULL ? otherwise : strtoul(value, NULL, 0);
}

/* Were it otherwise, some order of calls that nobody thought of would break the module or leak. */
static void
calls_in_no_order(void)
{
	const unsigned long calls = from_environment("CONDUCT_CALLS", 6000);
	CK_TOKEN_INFO info;
	unsigned long i;
	int files = 0;

	state = 2 * from_environment("CONDUCT_SEED", 20261121) + 1;
	conduct_world_new(&w, "no order");
	for (i = 0; i < calls; i++) {
		if (i % 250 == 0)
			set_out();
		if (i == 250)
			files = conduct_open_files();
		one_call(i);
	}
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(w.slot), CKR_OK);
	set_out();
	CU_ASSERT_TRUE(files == 0 || conduct_open_files() <= files);
	CU_ASSERT_TRUE(conduct_is_idle(&w));
	CU_ASSERT_EQUAL(p11->C_GetTokenInfo(w.slot, &info), CKR_OK);
	CU_ASSERT_EQUAL(info.ulSessionCount, SESSIONS);
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(w.slot), CKR_OK);
}

CU_TestInfo conduct_random[] = {
	{ "calls in no order", calls_in_no_order },
	CU_TEST_INFO_NULL,
};
