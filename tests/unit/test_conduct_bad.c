/*
 * tests/unit/test_conduct_bad.c: every function with bad arguments, one at a time, and what is left behind: nothing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <string.h>

#include "mdoc-pkcs11.h"
#include "tests/unit/conduct_cases.h"
#include "tests/unit/conduct_hostile.h"

static struct conduct_world w;

/* What must be begun for a function to look at its arguments at all. */
static const struct {
	const char *function;
	const char *begin[2]; /* rows of the table of states, by name */
} preludes[] = {
	{ "C_FindObjects", { "C_FindObjectsInit" } },
	{ "C_FindObjectsFinal", { "C_FindObjectsInit" } },
	{ "C_Encrypt", { "C_EncryptInit" } },
	{ "C_EncryptUpdate", { "C_EncryptInit" } },
	{ "C_EncryptFinal", { "C_EncryptInit" } },
	{ "C_Decrypt", { "C_DecryptInit" } },
	{ "C_DecryptUpdate", { "C_DecryptInit" } },
	{ "C_DecryptFinal", { "C_DecryptInit" } },
	{ "C_Digest", { "C_DigestInit" } },
	{ "C_DigestUpdate", { "C_DigestInit" } },
	{ "C_DigestKey", { "C_DigestInit" } },
	{ "C_DigestFinal", { "C_DigestInit" } },
	{ "C_Sign", { "C_SignInit" } },
	{ "C_SignUpdate", { "C_SignInit" } },
	{ "C_SignFinal", { "C_SignInit" } },
	{ "C_Verify", { "C_VerifyInit" } },
	{ "C_VerifyUpdate", { "C_VerifyInit" } },
	{ "C_VerifyFinal", { "C_VerifyInit" } },
	{ "C_VerifySignature", { "C_VerifySignatureInit" } },
	{ "C_VerifySignatureUpdate", { "C_VerifySignatureInit" } },
	{ "C_VerifySignatureFinal", { "C_VerifySignatureInit" } },
	{ "C_EncryptMessage", { "C_MessageEncryptInit" } },
	{ "C_EncryptMessageBegin", { "C_MessageEncryptInit" } },
	{ "C_EncryptMessageNext", { "C_MessageEncryptInit", "C_EncryptMessageBegin" } },
	{ "C_MessageEncryptFinal", { "C_MessageEncryptInit" } },
	{ "C_DecryptMessage", { "C_MessageDecryptInit" } },
	{ "C_DecryptMessageBegin", { "C_MessageDecryptInit" } },
	{ "C_DecryptMessageNext", { "C_MessageDecryptInit", "C_DecryptMessageBegin" } },
	{ "C_MessageDecryptFinal", { "C_MessageDecryptInit" } },
	{ "C_SignMessage", { "C_MessageSignInit" } },
	{ "C_SignMessageBegin", { "C_MessageSignInit" } },
	{ "C_SignMessageNext", { "C_MessageSignInit", "C_SignMessageBegin" } },
	{ "C_MessageSignFinal", { "C_MessageSignInit" } },
	{ "C_VerifyMessage", { "C_MessageVerifyInit" } },
	{ "C_VerifyMessageBegin", { "C_MessageVerifyInit" } },
	{ "C_VerifyMessageNext", { "C_MessageVerifyInit", "C_VerifyMessageBegin" } },
	{ "C_MessageVerifyFinal", { "C_MessageVerifyInit" } },
	{ "C_GetOperationState", { "C_DigestInit" } },
	{ "C_DigestEncryptUpdate", { "C_DigestInit", "C_EncryptInit" } },
	{ "C_DecryptDigestUpdate", { "C_DecryptInit", "C_DigestInit" } },
	{ "C_SignEncryptUpdate", { "C_SignInit", "C_EncryptInit" } },
	{ "C_DecryptVerifyUpdate", { "C_DecryptInit", "C_VerifyInit" } },
};

static const struct conduct_case *
first_case(const char *name)
{
	size_t i;

	for (i = 0; i < conduct_case_count; i++)
		if (strcmp(conduct_cases[i].name, name) == 0)
			return &conduct_cases[i];
	return NULL;
}

static void
begin(const char *name)
{
	const struct conduct_case *c = first_case(name);
	struct conduct_arg args[CONDUCT_ARGS];
	CK_RV rv;

	conduct_arguments(&w, conduct_find(name), &c->sane, args);
	rv = conduct_find(name)->call(args);
	if (rv != CKR_OK)
		conduct_wrong("%s: %s instead of a beginning", name, conduct_rv_name(rv));
}

static void
prepare(const char *function)
{
	size_t i, j;

	for (i = 0; i < sizeof(preludes) / sizeof(preludes[0]); i++)
		for (j = 0; j < 2 && strcmp(preludes[i].function, function) == 0 && preludes[i].begin[j] != NULL; j++)
			begin(preludes[i].begin[j]);
}

/* End what a call that was accepted has begun, and what it has made. */
static void
tidy(const struct conduct_call *call, const struct conduct_arg *args, CK_RV rv)
{
	size_t i;

	for (i = 0; call->kinds[i] != '\0' && rv == CKR_OK; i++) {
		if (call->kinds[i] != 'H' || args[i].p == NULL)
			continue;
		if (strcmp(call->name, "C_OpenSession") == 0)
			(void)p11->C_CloseSession(*(CK_SESSION_HANDLE *)args[i].p);
		else
			(void)p11->C_DestroyObject(w.session, *(CK_OBJECT_HANDLE *)args[i].p);
	}
	(void)p11->C_SessionCancel(w.session, ~0UL);
}

/* Functions whose success would take the session away, and those that do not end. */
static bool
is_left_out(const char *name)
{
	return strcmp(name, "C_Finalize") == 0 || strcmp(name, "C_CloseSession") == 0 ||
		strcmp(name, "C_CloseAllSessions") == 0 || strcmp(name, "C_Logout") == 0;
}

static void
judge(const struct conduct_call *call, const char *what, CK_RV rv, bool may_be_ok)
{
	if (!conduct_may(call->name, rv))
		conduct_wrong("%s, %s: %s is not on its list", call->name, what, conduct_rv_name(rv));
	else if (rv == CKR_OK && !may_be_ok)
		conduct_wrong("%s, %s: CKR_OK", call->name, what);
}

struct left {
	CK_ULONG objects, sessions;
	int files;
};

static struct left
take_stock(void)
{
	CK_TOKEN_INFO info = { .ulSessionCount = 0 };

	CU_ASSERT_EQUAL(p11->C_GetTokenInfo(w.slot, &info), CKR_OK);
	return (struct left){ conduct_count_objects(w.session), info.ulSessionCount, conduct_open_files() };
}

static void
nothing_is_left(const struct left *before)
{
	const struct left now = take_stock();

	CU_ASSERT_EQUAL(now.objects, before->objects);
	CU_ASSERT_EQUAL(now.sessions, before->sessions);
	CU_ASSERT_EQUAL(now.files, before->files);
	CU_ASSERT_TRUE(conduct_is_idle(&w));
}

static void
begin_world(const char *label)
{
	conduct_world_new(&w, label);
	w.session = p11_user(w.slot);
	conduct_world_look(&w, w.session);
	conduct_world_session_objects(&w);
}

static void
end_world(void)
{
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(w.slot), CKR_OK);
}

/* May this pointer be NULL? An output: its length is asked. A mechanism: the operation is cancelled. */
static bool
may_be_null(const struct conduct_call *call, char kind)
{
	switch (kind) {
	case 'o':
	case 'q':
	case 's':
	case 'V':
	case 'I':
	case 'r':
	case 'v':
		return true;
	case 'm':
		return strstr(call->name, "Init") != NULL;
	case 'l':
		return strcmp(call->name, "C_SignMessageNext") == 0; /* the message goes on */
	default:
		return false;
	}
}

static void
null_pointer(const struct conduct_call *call, const struct conduct_case *c, size_t which)
{
	struct conduct_arg args[CONDUCT_ARGS];
	char what[32];
	CK_RV rv;

	prepare(call->name);
	conduct_arguments(&w, call, &c->sane, args);
	args[which].p = NULL;
	if (call->kinds[which] == 't' && args[which + 1].n == 0)
		args[which + 1].n = 3;
	rv = call->call(args);
	snprintf(what, sizeof(what), "NULL as argument %zu", which + 1);
	judge(call, what, rv,
		may_be_null(call, call->kinds[which]) ||
			(which == 5 && strcmp(call->name, "C_VerifyMessageNext") == 0));
	tidy(call, args, rv);
}

/* Were it otherwise, a NULL would crash the program, or leave an operation that blocks the session. */
static void
null_pointers(void)
{
	struct left before;
	size_t i, j;

	begin_world("null");
	before = take_stock();
	for (i = 0; i < conduct_case_count; i++) {
		const struct conduct_call *call = conduct_find(conduct_cases[i].name);

		if (is_left_out(call->name))
			continue;
		for (j = 0; call->kinds[j] != '\0'; j++)
			if (strchr("mtgivPLboxHsVIqr", call->kinds[j]) != NULL || call->kinds[j] == 'l')
				null_pointer(call, &conduct_cases[i], j);
	}
	nothing_is_left(&before);
	end_world();
}

/* Were it otherwise, a handle out of the air would hit an object, or one of a data object would sign. */
static void
bad_handles(void)
{
	const CK_ULONG bad[] = { 0, 0xabcdef, CK_UNAVAILABLE_INFORMATION };
	struct conduct_arg args[CONDUCT_ARGS];
	struct left before;
	size_t i, j, k;
	CK_RV rv;

	begin_world("handles");
	before = take_stock();
	for (i = 0; i < conduct_case_count; i++) {
		const struct conduct_call *call = conduct_find(conduct_cases[i].name);
		const bool parted = strncmp(call->name, "C_SetOperationState", 19) == 0;

		for (j = 0; call->kinds[j] != '\0' && !is_left_out(call->name); j++)
			for (k = 0; k < 4 && (call->kinds[j] == 'k' || call->kinds[j] == 'S'); k++) {
				const bool key = k == 3;

				prepare(call->name);
				conduct_arguments(&w, call, &conduct_cases[i].sane, args);
				if (key &&
					(call->kinds[j] == 'S' || strstr(call->name, "Object") != NULL ||
						strstr(call->name, "Attribute") != NULL))
					continue;
				args[j].n = key ? w.object[OBJECT_POSTER] : bad[k];
				rv = call->call(args);
				judge(call, key ? "a data object as key" : "a handle of nothing", rv, parted);
				tidy(call, args, rv);
			}
	}
	nothing_is_left(&before);
	end_world();
}

static void
run_hostile_template(const struct conduct_case *c, size_t at, const struct conduct_hostile_template *bad)
{
	const struct conduct_call *call = conduct_find(c->name);
	const bool search = strcmp(c->name, "C_FindObjectsInit") == 0;
	struct conduct_arg args[CONDUCT_ARGS];
	struct conduct_template t, good;
	CK_RV rv;

	conduct_arguments(&w, call, &c->sane, args);
	good = (struct conduct_template){ args[at].p, args[at + 1].n };
	t = conduct_hostile(&good, bad);
	args[at].p = t.attrs;
	args[at + 1].n = t.count;
	rv = call->call(args);
	judge(call, bad->what, rv, search && bad->fine_for_search);
	tidy(call, args, rv);
}

/* Were it otherwise, an object would claim what is not true, or a length would be believed and memory read. */
static void
hostile_templates(void)
{
	struct left before;
	size_t i, j, k;

	begin_world("templates");
	before = take_stock();
	for (i = 0; i < conduct_case_count; i++) {
		const char *kinds = conduct_find(conduct_cases[i].name)->kinds;

		for (j = 0; kinds[j] != '\0' && conduct_cases[i].rv[STATE_RW_USER] == CKR_OK; j++)
			for (k = 0; kinds[j] == 't' && k < conduct_hostile_template_count; k++)
				run_hostile_template(&conduct_cases[i], j, &conduct_hostile_templates[k]);
	}
	nothing_is_left(&before);
	end_world();
}

/* Some are good in their own place. */
static bool
fits(const char *function, const CK_MECHANISM *m)
{
	static const struct {
		const char *function;
		CK_MECHANISM_TYPE type;
		CK_ULONG len;
	} good[] = {
		{ "C_DigestInit", CKM_SHA256, 0 },
		{ "C_GenerateKeyPair", CKM_EC_KEY_PAIR_GEN, 0 },
		{ "C_MessageEncryptInit", CKM_AES_GCM, 0 },
		{ "C_MessageDecryptInit", CKM_AES_GCM, 0 },
		{ "C_MessageEncryptInit", CKM_AES_GCM, sizeof(CK_GCM_PARAMS) }, /* as long as a message's */
		{ "C_MessageDecryptInit", CKM_AES_GCM, sizeof(CK_GCM_PARAMS) },
	};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (strcmp(good[i].function, function) == 0 && good[i].type == m->mechanism &&
			good[i].len == m->ulParameterLen && (m->pParameter != NULL || good[i].len == 0))
			return true;
	return false;
}

/* Were it otherwise, a parameter would be read behind its end, or a mechanism used for what it is not made for. */
static void
hostile_mechanisms(void)
{
	struct conduct_arg args[CONDUCT_ARGS];
	struct left before;
	size_t i, j;
	CK_RV rv;

	begin_world("mechanisms");
	before = take_stock();
	for (i = 0; i < conduct_case_count; i++) {
		const struct conduct_call *call = conduct_find(conduct_cases[i].name);

		for (j = 0; call->kinds[1] == 'm' && j < conduct_hostile_mechanism_count; j++) {
			const CK_MECHANISM *m = &conduct_hostile_mechanisms[j];
			char what[64];

			conduct_arguments(&w, call, &conduct_cases[i].sane, args);
			args[1].p = &conduct_hostile_mechanisms[j];
			rv = call->call(args);
			snprintf(what, sizeof(what), "mechanism 0x%lx with %lu bytes", m->mechanism, m->ulParameterLen);
			judge(call, what, rv, fits(call->name, m));
			tidy(call, args, rv);
		}
	}
	nothing_is_left(&before);
	end_world();
}

/* Everything from the length query to a buffer larger than all memory, for one row. */
static void
output_lengths(const struct conduct_call *call, const struct conduct_case *c, size_t at)
{
	struct conduct_arg args[CONDUCT_ARGS];
	CK_ULONG need, given;
	CK_BYTE *out;
	CK_RV rv;

	conduct_arguments(&w, call, &c->sane, args);
	out = args[at].p;
	args[at].p = NULL;
	prepare(call->name);
	rv = call->call(args);
	if (rv != CKR_OK) {
		tidy(call, args, rv);
		return; /* this row has no output to measure: other tests look at that */
	}
	need = *(CK_ULONG *)args[at + 1].p;
	args[at].p = out;
	if (need > 0) {
		*(CK_ULONG *)args[at + 1].p = need - 1;
		rv = call->call(args);
		if (rv != CKR_BUFFER_TOO_SMALL || *(CK_ULONG *)args[at + 1].p < need)
			conduct_wrong("%s, a buffer too small: %s, %lu of %lu", call->name, conduct_rv_name(rv),
				*(CK_ULONG *)args[at + 1].p, need);
		if (out[0] != 0xa5 || out[need - 1] != 0xa5)
			conduct_wrong("%s writes to a buffer that is too small", call->name);
	}
	*(CK_ULONG *)args[at + 1].p = need;
	rv = call->call(args);
	given = *(CK_ULONG *)args[at + 1].p;
	if (rv != CKR_OK || given > need)
		conduct_wrong("%s, a buffer that fits: %s, %lu of %lu", call->name, conduct_rv_name(rv), given, need);
	tidy(call, args, rv);
	prepare(call->name);
	*(CK_ULONG *)args[at + 1].p = CK_UNAVAILABLE_INFORMATION;
	rv = call->call(args);
	if (rv != CKR_OK)
		conduct_wrong("%s, a buffer without end: %s", call->name, conduct_rv_name(rv));
	tidy(call, args, rv);
}

/* Were it otherwise, a program that asks for the length first would lose its operation, or its stack. */
static void
short_buffers(void)
{
	struct left before;
	size_t i, j;

	begin_world("buffers");
	before = take_stock();
	for (i = 0; i < conduct_case_count; i++) {
		const struct conduct_call *call = conduct_find(conduct_cases[i].name);

		for (j = 0; call->kinds[j] != '\0'; j++)
			if (call->kinds[j] == 'o' && strcmp(call->name, "C_DecryptMessage") != 0) /* needs a true one */
				output_lengths(call, &conduct_cases[i], j);
	}
	nothing_is_left(&before);
	end_world();
}

#define VENDOR_CALLS 18

/* All functions of the vendor interface with the same slot, session and room for results. */
static void
call_vendor(CK_SLOT_ID slot, CK_SESSION_HANDLE session, CK_RV rv[VENDOR_CALLS])
{
	CK_UTF8CHAR bytes[CONDUCT_ROOM];
	CK_MDOC_AREA area = { .pSoPin = (const CK_UTF8CHAR *)SO_PIN, .ulSoPinLen = 1, .flags = 0x8000 };
	CK_ULONG len = sizeof(bytes);
	CK_OBJECT_HANDLE key = 0;
	CK_SLOT_ID made;

	memset(area.label, ' ', sizeof(area.label));
	rv[0] = p11_vendor->C_MDOC_MakeArea(&area, &made);
	rv[1] = p11_vendor->C_MDOC_EraseArea(slot, bytes, 0);
	rv[2] = p11_vendor->C_MDOC_Diagnose(slot, bytes, &len);
	rv[3] = p11_vendor->C_MDOC_BeginBatch(session);
	rv[4] = p11_vendor->C_MDOC_CommitBatch(session);
	rv[5] = p11_vendor->C_MDOC_RollbackBatch(session);
	rv[6] = p11_vendor->C_MDOC_Attest(session, &key, 1, bytes, 8, bytes, &len);
	rv[7] = p11_vendor->C_MDOC_MakeProvisioner(session, bytes, &len);
	rv[8] = p11_vendor->C_MDOC_RevokeProvisioner(session);
	rv[9] = p11_vendor->C_MDOC_AttestEnrol(session, bytes, &len);
	rv[10] = p11_vendor->C_MDOC_AttestActivate(session, bytes, 8, bytes, &len);
	rv[11] = p11_vendor->C_MDOC_AttestCertificate(session, bytes, 8);
	rv[12] = p11_vendor->C_MDOC_InboxPut(session, MDOC_INBOX_NOTICE, bytes, 8, &len);
	rv[13] = p11_vendor->C_MDOC_InboxList(session, NULL, &len);
	rv[14] = p11_vendor->C_MDOC_InboxGet(session, 1, bytes, &len);
	rv[15] = p11_vendor->C_MDOC_InboxRemove(session, 1);
	rv[16] = p11_vendor->C_MDOC_InboxOpenKeys(session, &len);
	rv[17] = p11_vendor->C_MDOC_AttestKeys(session, &key, 1, bytes, 8, NULL, 0, bytes, &len);
}

static int
vendor_in_child(void *arg)
{
	CK_RV rv[VENDOR_CALLS];
	int i, wrong = 0;

	(void)arg;
	call_vendor(w.slot, w.session, rv);
	for (i = 0; i < VENDOR_CALLS; i++)
		wrong += rv[i] != CKR_CRYPTOKI_NOT_INITIALIZED;
	return wrong;
}

/* A wrong argument is said before what the backend can. */
static void
attestation(void)
{
	static CK_BYTE bytes[MDOC_ATTEST_INPUT_MAX + 1];
	const CK_MDOC_FUNCTION_LIST *v = p11_vendor;
	CK_OBJECT_HANDLE key = 0xabcdef;
	CK_ULONG len = sizeof(bytes);

	CU_ASSERT_EQUAL(v->C_MDOC_Attest(w.session, NULL, 1, bytes, 8, bytes, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_Attest(w.session, &key, 0, bytes, 8, bytes, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_Attest(w.session, &key, MDOC_ATTEST_KEYS_MAX + 1, bytes, 8, bytes, &len),
		CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_Attest(w.session, &key, 1, NULL, 8, bytes, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_Attest(w.session, &key, 1, bytes, 0, bytes, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_Attest(w.session, &key, 1, bytes, MDOC_ATTEST_NONCE_MAX + 1, bytes, &len),
		CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_Attest(w.session, &key, 1, bytes, 8, bytes, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_AttestEnrol(w.session, bytes, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_AttestActivate(w.session, NULL, 8, bytes, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_AttestActivate(w.session, bytes, 0, bytes, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_AttestActivate(w.session, bytes, MDOC_ATTEST_INPUT_MAX + 1, bytes, &len),
		CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_AttestActivate(w.session, bytes, 8, bytes, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_AttestCertificate(w.session, NULL, 8), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_AttestCertificate(w.session, bytes, 0), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_AttestCertificate(w.session, bytes, MDOC_ATTEST_INPUT_MAX + 1), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(len, sizeof(bytes));
}

/* The session is the user's. */
static void
inbox(void)
{
	static CK_BYTE bytes[MDOC_ATTEST_NONCE_MAX + 1];
	const CK_MDOC_FUNCTION_LIST *v = p11_vendor;
	CK_OBJECT_HANDLE key = 0xabcdef;
	CK_ULONG len = sizeof(bytes), count = 0;

	CU_ASSERT_EQUAL(v->C_MDOC_InboxPut(w.session, MDOC_INBOX_NOTICE, NULL, 8, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_InboxPut(w.session, MDOC_INBOX_NOTICE, bytes, 0, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_InboxPut(w.session, MDOC_INBOX_NOTICE, bytes, 8, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_InboxPut(w.session, 99, bytes, 8, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_InboxPut(w.session, MDOC_INBOX_NOTICE, bytes, 8, &len), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(v->C_MDOC_InboxList(w.session, NULL, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_InboxList(w.session, NULL, &count), CKR_OK);
	CU_ASSERT_EQUAL(v->C_MDOC_InboxGet(w.session, 1, bytes, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_InboxGet(w.session, 0, bytes, &len), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_EQUAL(v->C_MDOC_InboxRemove(w.session, (CK_ULONG)-1), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_EQUAL(v->C_MDOC_InboxOpenKeys(w.session, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_AttestKeys(w.session, NULL, 1, bytes, 8, NULL, 0, NULL, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_AttestKeys(w.session, &key, 1, bytes, sizeof(bytes), NULL, 0, NULL, &len),
		CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_AttestKeys(w.session, &key, 1, bytes, 8, NULL, 1, NULL, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(v->C_MDOC_AttestKeys(w.session, &key, 1, bytes, 8, NULL, 0, NULL, &len),
		CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(len, sizeof(bytes));
}

/* Were it otherwise, our own interface would be the weak door beside the standard's strong one. */
static void
vendor_interface(void)
{
	CK_UTF8CHAR bytes[64];
	struct left before;
	CK_SLOT_ID made;
	CK_RV rv[VENDOR_CALLS];
	int i;

	begin_world("vendor");
	before = take_stock();
	CU_ASSERT_EQUAL(p11_fork(vendor_in_child, NULL), 0);
	call_vendor(0xabcdef, 0xabcdef, rv);
	CU_ASSERT_EQUAL(rv[0], CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(rv[1], CKR_SLOT_ID_INVALID);
	CU_ASSERT_EQUAL(rv[2], CKR_SLOT_ID_INVALID);
	for (i = 3; i < VENDOR_CALLS; i++)
		CU_ASSERT_EQUAL(rv[i], CKR_SESSION_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_MakeArea(NULL, &made), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_EraseArea(w.slot, NULL, 0), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_EraseArea(w.slot, (const CK_UTF8CHAR *)SO_PIN, strlen(SO_PIN)),
		CKR_SESSION_EXISTS);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Diagnose(w.slot, bytes, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_CommitBatch(w.session), CKR_MDOC_NO_BATCH);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RollbackBatch(w.session), CKR_MDOC_NO_BATCH);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_BeginBatch(w.session), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_BeginBatch(w.session), CKR_MDOC_BATCH_ACTIVE);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RollbackBatch(w.session), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RevokeProvisioner(w.session), CKR_USER_NOT_LOGGED_IN);
	attestation();
	inbox();
	nothing_is_left(&before);
	end_world();
}

CU_TestInfo conduct_bad_input[] = {
	{ "NULL for each pointer", null_pointers },
	{ "bad handles", bad_handles },
	{ "hostile templates", hostile_templates },
	{ "hostile mechanisms", hostile_mechanisms },
	{ "short buffers", short_buffers },
	{ "our own interface", vendor_interface },
	CU_TEST_INFO_NULL,
};
