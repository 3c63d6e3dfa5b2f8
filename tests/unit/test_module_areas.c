/*
 * tests/unit/test_module_areas.c: areas of the law: the access matrix, the gates, the closed lists.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/areas_kit.h"

enum { JK, KK, KH, JP, JO_I, JO_J, AREAS };

static const struct {
	const char *preset, *label, *value, *pin;
} areas[AREAS] = {
	{ "jk", "juminhyo-code", "12345678901", "4071" },
	{ "kk", "front", "the face of the card", NULL },
	{ "kh", "input-support", "what a form is filled from", "4072" },
	{ "jp-auth", NULL, NULL, "4073" },
	{ "jo", "user-number", "i-0001", "4074" },
	{ "jo", "user-number", "j-0002", "4075" },
};

/* Requirements section M; R, W and P. */
static const struct {
	const char *name;
	int own;
	const char *cells[AREAS];
} matrix[] = {
	{ "juki-net", JK, { "RW", "RW", "RW", "RP", "", "" } },
	{ "kk", KK, { "", "RW", "", "", "", "" } },
	{ "kh", KH, { "", "", "RW", "", "", "" } },
	{ "jpki", JP, { "RP", "", "P", "RW", "", "" } },
	{ "ordinance-i", JO_I, { "R", "", "", "", "RW", "" } },
	{ "ordinance-j", JO_J, { "R", "", "", "", "", "RW" } },
};
#define SYSTEMS (sizeof(matrix) / sizeof(matrix[0]))

static CK_SLOT_ID slots[AREAS];
static CK_UTF8CHAR credentials[SYSTEMS][AREAS][MDOC_CREDENTIAL_LEN];

static CK_ULONG
private_objects(CK_SESSION_HANDLE session)
{
	static CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE attrs[] = { { CKA_PRIVATE, &yes, sizeof(yes) }, { CKA_TOKEN, &yes, sizeof(yes) } };

	return p11_count(session, attrs, 2);
}

static bool
has(const char *cell, char right)
{
	return strchr(cell, right) != NULL;
}

static void
grant_all(void)
{
	/* The first ordinance's system that a jo area lets in is its own. */
	for (size_t s = 0; s < SYSTEMS; s++)
		CU_ASSERT_EQUAL(area_grant(slots[matrix[s].own], matrix[s].name, NULL, 0,
					credentials[s][matrix[s].own]),
			CKR_OK);
	for (size_t s = 0; s < SYSTEMS; s++)
		for (int a = 0; a < AREAS; a++) {
			const char *cell = matrix[s].cells[a];
			const CK_RV rv = area_grant(slots[a], matrix[s].name, NULL, 0, credentials[s][a]);

			CU_ASSERT_EQUAL(rv, *cell != '\0' ? CKR_OK : CKR_MDOC_NO_SUCH_RIGHT);
			/* No cell can be asked for with more than it has. */
			if (*cell != '\0' && !(has(cell, 'R') && has(cell, 'W')))
				CU_ASSERT_EQUAL(area_grant(slots[a], matrix[s].name, NULL,
							CKF_MDOC_RIGHT_READ | CKF_MDOC_RIGHT_WRITE, credentials[s][a]),
					CKR_MDOC_NO_SUCH_RIGHT);
		}
}

/* The object that every area's own system has put there. */
static void
fill_all(void)
{
	for (size_t s = 0; s < SYSTEMS; s++) {
		const int a = matrix[s].own;
		CK_SESSION_HANDLE session = p11_session(slots[a]);

		CU_ASSERT_EQUAL_FATAL(area_enter(session, matrix[s].name, credentials[s][a], MDOC_CREDENTIAL_LEN),
			CKR_OK);
		if (a == JP)
			CU_ASSERT_EQUAL(area_certificate(session, "user-authentication"), CKR_OK)
		else
			CU_ASSERT_EQUAL(area_write(session, areas[a].preset, areas[a].label, areas[a].value), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	}
}

static bool
reads(CK_SESSION_HANDLE session, int a)
{
	if (a == JP)
		return private_objects(session) == 1;
	return area_reads(session, areas[a].preset, areas[a].label, areas[a].value);
}

static bool
writes(CK_SESSION_HANDLE session, int a)
{
	CK_OBJECT_CLASS data = CKO_DATA, certificate_class = CKO_CERTIFICATE;
	CK_ATTRIBUTE attr = { CKA_CLASS, a == JP ? &certificate_class : &data, sizeof(data) };
	CK_OBJECT_HANDLE handle = 0;
	CK_ULONG count = 0;
	bool done;

	if (!reads(session, a)) /* who cannot find it would write another */
		return (a == JP ? area_certificate(session, "ca")
				: area_write(session, areas[a].preset, areas[a].label, "x")) == CKR_OK;
	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, &attr, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &handle, 1, &count), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	done = count == 1 && p11->C_DestroyObject(session, handle) == CKR_OK;
	if (done)
		CU_ASSERT_EQUAL(a == JP ? area_certificate(session, "user-authentication")
					: area_write(session, areas[a].preset, areas[a].label, areas[a].value),
			CKR_OK);
	return done;
}

/* A first PIN: no identity check comes before it. */
static bool
sets_pin(CK_SESSION_HANDLE session, int a)
{
	return areas[a].pin != NULL && area_set_pin(session, areas[a].pin) == CKR_OK;
}

/* With a system's credential of one area nobody gets into another, and in its own no further than the cell says. */
static void
try_cell(size_t s, int a)
{
	const char *cell = matrix[s].cells[a];
	CK_SESSION_HANDLE session = p11_session(slots[a]);
	CK_OBJECT_HANDLE pub, priv;
	const CK_RV rv = area_enter(session, matrix[s].name, credentials[s][*cell != '\0' ? a : matrix[s].own],
		MDOC_CREDENTIAL_LEN);

	CU_ASSERT_EQUAL(rv, *cell != '\0' ? CKR_OK : CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(reads(session, a), has(cell, 'R'));
	CU_ASSERT_EQUAL(writes(session, a), has(cell, 'W'));
	CU_ASSERT_EQUAL(sets_pin(session, a), has(cell, 'P'));
	if (!has(cell, 'R'))
		CU_ASSERT_EQUAL(private_objects(session), 0);
	CU_ASSERT_NOT_EQUAL(p11_pair(session, true, NULL, 0, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* A system could read or write what is none of its business, or set a PIN where it may not. */
static void
access_matrix(void)
{
	for (int a = 0; a < AREAS; a++)
		slots[a] = area_new(areas[a].preset, "matrix");
	grant_all();
	fill_all();
	for (size_t s = 0; s < SYSTEMS; s++)
		for (int a = 0; a < AREAS; a++)
			try_cell(s, a);
}

/* One area's code or credential would be good for another. */
static void
not_each_others(void)
{
	CK_SESSION_HANDLE session;

	CU_ASSERT_EQUAL_FATAL(area_grant(slots[KK], "juki-net", NULL, 0, credentials[0][KK]), CKR_OK);
	session = p11_session(slots[KH]);
	CU_ASSERT_EQUAL(area_enter(session, "juki-net", credentials[0][KK], MDOC_CREDENTIAL_LEN), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(area_enter(session, "kk", credentials[1][KK], MDOC_CREDENTIAL_LEN),
		CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(area_enter(session, MDOC_PROVISIONER, credentials[0][KH], MDOC_CREDENTIAL_LEN),
		CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(area_enter(session, "juki-net", credentials[0][KH], MDOC_CREDENTIAL_LEN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* A revoked or locked system would still be in; or its lock would keep others out. */
static void
end_of_a_right(void)
{
	static CK_UTF8CHAR wrong[] = "00000000000000000000000000000000";
	CK_SESSION_HANDLE session = p11_session(slots[KH]), so;

	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(area_enter(session, "juki-net", wrong, 32), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(area_enter(session, "juki-net", credentials[0][KH], MDOC_CREDENTIAL_LEN), CKR_PIN_LOCKED);
	CU_ASSERT_EQUAL(area_enter(session, "kh", credentials[2][KH], MDOC_CREDENTIAL_LEN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	so = area_so(slots[KH]);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Revoke(so, (const CK_UTF8CHAR *)"kh"), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Revoke(so, (const CK_UTF8CHAR *)"kh"), CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_Logout(so), CKR_OK);
	CU_ASSERT_EQUAL(area_enter(session, "kh", credentials[2][KH], MDOC_CREDENTIAL_LEN),
		CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(so), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

#define NUMBER_A "123456789018"
#define NUMBER_B "90010130121234"

/* Who knows what is printed on the card's front would read the number on its back, or anybody would read all. */
static void
gates(void)
{
	const CK_SLOT_ID slot = area_new("kk", "gates");
	CK_SESSION_HANDLE session;
	CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN];

	CU_ASSERT_EQUAL(area_grant(slot, MDOC_COLLATION_A, "12345", 0, credential), CKR_PIN_LEN_RANGE);
	CU_ASSERT_EQUAL(area_grant(slot, MDOC_COLLATION_B, "9001013012123x", 0, credential), CKR_PIN_INVALID);
	CU_ASSERT_EQUAL_FATAL(area_grant(slot, MDOC_COLLATION_A, NUMBER_A, 0, credential), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(area_grant(slot, MDOC_COLLATION_B, NUMBER_B, 0, credential), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(area_grant(slot, "kk", NULL, 0, credential), CKR_OK);
	session = p11_session(slot);
	CU_ASSERT_EQUAL_FATAL(area_enter(session, "kk", credential, sizeof(credential)), CKR_OK);
	CU_ASSERT_EQUAL(area_write(session, "kk", "front", "name and portrait"), CKR_OK);
	CU_ASSERT_EQUAL(area_write(session, "kk", "back", NUMBER_A), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(private_objects(session), 0);
	CU_ASSERT_EQUAL_FATAL(area_enter(session, MDOC_COLLATION_B, (const CK_UTF8CHAR *)NUMBER_B, 14), CKR_OK);
	CU_ASSERT_TRUE(area_reads(session, "kk", "front", "name and portrait"));
	CU_ASSERT_EQUAL(private_objects(session), 1);
	CU_ASSERT_EQUAL(area_write(session, "kk", "front", "x"), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(area_enter(session, MDOC_COLLATION_A, (const CK_UTF8CHAR *)NUMBER_A, 12), CKR_OK);
	CU_ASSERT_TRUE(area_reads(session, "kk", "front", "name and portrait"));
	CU_ASSERT_TRUE(area_reads(session, "kk", "back", NUMBER_A));
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	for (int i = 0; i < 10; i++) {
		CU_ASSERT_EQUAL(area_enter(session, MDOC_COLLATION_B, (const CK_UTF8CHAR *)"90010130121235", 14),
			CKR_PIN_INCORRECT);
		CU_ASSERT_EQUAL(private_objects(session), 0);
	}
	CU_ASSERT_EQUAL(area_enter(session, MDOC_COLLATION_B, (const CK_UTF8CHAR *)NUMBER_B, 14), CKR_PIN_LOCKED);
	CU_ASSERT_EQUAL(area_enter(session, MDOC_COLLATION_A, (const CK_UTF8CHAR *)NUMBER_A, 12), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	session = area_so(slot);
	CU_ASSERT_EQUAL(area_set_pin(session, "4071"), CKR_MDOC_NOT_ALLOWED_HERE);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* An area would hold personal data that the law does not put there. */
static void
closed_lists(void)
{
	static const struct {
		int area;
		const char *application, *label, *value;
	} wrong[] = {
		{ JK, "jk", "name", "12345678901" },
		{ JK, "kk", "juminhyo-code", "12345678901" },
		{ JK, "jk", "juminhyo-code", "not a code" },
		{ KK, "kk", "notes", "x" },
		{ KH, "kh", "front", "x" },
		{ JP, "jp-auth", "user-authentication", "x" },
		{ JO_I, "jo", "user-number", "12345678901" },
		{ JO_I, "jo", "user-number", "1234-5678-901" },
		{ JO_I, "jo", "name", "x" },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		size_t s = 0;
		CK_SESSION_HANDLE session;

		while (matrix[s].own != wrong[i].area)
			s++;
		session = p11_session(slots[wrong[i].area]);
		CU_ASSERT_EQUAL_FATAL(area_grant(slots[wrong[i].area], matrix[s].name, NULL, 0,
					      credentials[s][matrix[s].own]),
			CKR_OK);
		CU_ASSERT_EQUAL_FATAL(area_enter(session, matrix[s].name, credentials[s][matrix[s].own],
					      MDOC_CREDENTIAL_LEN),
			CKR_OK);
		CU_ASSERT_EQUAL(area_write(session, wrong[i].application, wrong[i].label, wrong[i].value),
			CKR_MDOC_NOT_ALLOWED_HERE);
		if (wrong[i].area != JP) /* and one is enough */
			CU_ASSERT_EQUAL(area_write(session, areas[wrong[i].area].preset, areas[wrong[i].area].label,
						areas[wrong[i].area].value),
				CKR_MDOC_NOT_ALLOWED_HERE);
		CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	}
}

/* A card would carry an application that nobody has approved, or one twice. */
static void
closed_card(void)
{
	CK_SLOT_ID slot = 0;

	CU_ASSERT_EQUAL(area_make("jk", "matrix", &slot), CKR_MDOC_NOT_ALLOWED_HERE);
	CU_ASSERT_EQUAL(area_make("general", "matrix", &slot), CKR_MDOC_NOT_ALLOWED_HERE);
	CU_ASSERT_EQUAL(area_make("mnc", "matrix", &slot), CKR_MDOC_NOT_ALLOWED_HERE);
	CU_ASSERT_EQUAL(area_make("loyalty", "matrix", &slot), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(area_make("jk", "a card's name that is longer than it may be", &slot), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(area_make("jo", "matrix", &slot), CKR_OK);
	CU_ASSERT_EQUAL(area_make("jk", "another card", &slot), CKR_OK);
}

/* A system, or nobody at all, would get into the record's area. */
static void
record_area(void)
{
	const CK_SLOT_ID slot = area_new("mnc", NULL);
	CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN];
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE handle;

	for (size_t s = 0; s < SYSTEMS; s++)
		CU_ASSERT_EQUAL(area_grant(slot, matrix[s].name, NULL, 0, credential), CKR_MDOC_NO_SUCH_RIGHT);
	CU_ASSERT_EQUAL(area_grant(slot, MDOC_COLLATION_A, NUMBER_A, 0, credential), CKR_MDOC_NO_SUCH_RIGHT);
	session = p11_session(slot);
	CU_ASSERT_EQUAL(p11_data(session, true, false, "note", "public", &handle), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(area_certificate(session, "ca"), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	session = area_so(slot);
	CU_ASSERT_EQUAL(p11_data(session, true, false, "note", "public", &handle), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(area_certificate(session, "IACA"), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

#define MARK "plaintext-that-nobody-may-find-in-a-file"

/* Does any file of the store have these bytes? */
static int
store_has(const char *text)
{
	char command[512];

	snprintf(command, sizeof(command), "grep -rqaF -e '%s' \"$MDOC_PKCS11_STORE\"", text);
	return system(command);
}

/* Who has the files would read what no login here shows. */
static void
raw_files(void)
{
	const CK_SLOT_ID slot = area_new("kh", NULL);
	CK_SESSION_HANDLE session;
	CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN];
	char text[MDOC_CREDENTIAL_LEN + 1] = "";

	CU_ASSERT_EQUAL_FATAL(area_grant(slot, "kh", NULL, 0, credential), CKR_OK);
	session = p11_session(slot);
	CU_ASSERT_EQUAL_FATAL(area_enter(session, "kh", credential, sizeof(credential)), CKR_OK);
	CU_ASSERT_EQUAL(area_write(session, "kh", "signed-face", MARK), CKR_OK);
	CU_ASSERT_TRUE(area_reads(session, "kh", "signed-face", MARK));
	CU_ASSERT_NOT_EQUAL(store_has(MARK), 0);
	CU_ASSERT_NOT_EQUAL(store_has("signed-face"), 0);
	memcpy(text, credential, sizeof(credential));
	CU_ASSERT_NOT_EQUAL(store_has(text), 0);
	CU_ASSERT_NOT_EQUAL(store_has(AREA_SO_PIN), 0);
	CU_ASSERT_EQUAL(store_has("SQLite format 3"), 0); /* it does look */
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* In the child: a login of the parent's is none here, and no other area's code opens this one. */
static int
other_process(void *arg)
{
	const CK_SLOT_ID slot = *(const CK_SLOT_ID *)arg;
	CK_SESSION_HANDLE session = 0;
	int bad = 0;

	if (p11->C_Initialize(NULL) != CKR_OK ||
		p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session) != CKR_OK)
		return 1;
	bad |= reads(session, KH) ? 2 : 0;
	bad |= private_objects(session) != 0 ? 4 : 0;
	bad |= area_enter(session, "kh", credentials[1][KK], MDOC_CREDENTIAL_LEN) != CKR_PIN_INCORRECT ? 8 : 0;
	bad |= area_enter(session, "kk", credentials[1][KK], MDOC_CREDENTIAL_LEN) != CKR_USER_PIN_NOT_INITIALIZED ? 16
														  : 0;
	bad |= p11_login(session, CKU_USER, areas[JK].pin) == CKR_OK ? 32 : 0;
	(void)p11->C_Finalize(NULL);
	return bad;
}

/* One program's login would open the area for all. */
static void
another_process(void)
{
	CK_SESSION_HANDLE session;

	slots[KH] = area_new("kh", "another process");
	CU_ASSERT_EQUAL_FATAL(area_grant(slots[KH], "kh", NULL, 0, credentials[2][KH]), CKR_OK);
	session = p11_session(slots[KH]);
	CU_ASSERT_EQUAL_FATAL(area_enter(session, "kh", credentials[2][KH], MDOC_CREDENTIAL_LEN), CKR_OK);
	CU_ASSERT_EQUAL(area_write(session, areas[KH].preset, areas[KH].label, areas[KH].value), CKR_OK);
	CU_ASSERT_EQUAL(p11_fork(other_process, &slots[KH]), 0);
	CU_ASSERT_TRUE(reads(session, KH));
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_areas[] = {
	{ "R-CARD-10, -11, -12, -13, -14, -15, -52, -55, -57, -62, -63: access matrix", access_matrix },
	{ "R-CARD-10, R-MED-08: credentials of one area only", not_each_others },
	{ "R-CARD-27, -51, -54, -56, -59, -65: closed lists of contents", closed_lists },
	{ "R-CARD-60: closed list of areas of a card", closed_card },
	{ "R-CARD-18, -19, -20: collation gates", gates },
	{ "R-CARD-08: a right ends", end_of_a_right },
	{ "R-MED-08, R-MED-06: nothing in the raw files", raw_files },
	{ "R-MED-08: another process", another_process },
	{ "R-MED-08, R-MED-04: nobody else in the record's area", record_area },
	CU_TEST_INFO_NULL,
};
