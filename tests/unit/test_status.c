/*
 * tests/unit/test_status.c: the status object.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/objects/status.h"
#include "tests/unit/holder_kit.h"
#include "tests/unit/issuer_kit.h"
#include "tests/unit/unit_mechanisms.h"

#define BACKEND "\"backend\":\"\",\"deviceBound\":false,\"life\":\"active\",\"preset\":\"general\""

#define INBOX_EMPTY "\"inbox\":{\"waiting\":false,\"keys\":0,\"responses\":0,\"notices\":0},"

static const struct status_inbox no_inbox;

static bool
says(const struct token_info *info, const struct status_details *details, const char *json)
{
	char *text = status_json(info, &no_inbox, details);
	const bool same = text != NULL && strcmp(text, json) == 0;

	if (!same)
		printf("    %s\n", text == NULL ? "NULL" : text);
	free(text);
	return same;
}

/* Anybody at the terminal could count a holder's transmissions. */
static void
test_public_status_has_no_counts(void)
{
	struct token_info info = { .life = TOKEN_LIFE_ACTIVE,
		.user_state = TOKEN_PIN_OPERATIONAL,
		.user_tries_left = 5,
		.user = { .tries = 5 },
		.copies_unused = 30,
		.copies_spent = 70,
		.keys_unbound = 9 };

	CU_ASSERT(says(&info, NULL,
		"{\"version\":1,\"pin\":\"operational\",\"tries\":\"full\",\"marks\":[],\"copies\":\"ok\"," BACKEND
		"}"));
	info.user_tries_left = 4;
	info.copies_unused = 2;
	CU_ASSERT(says(&info, NULL,
		"{\"version\":1,\"pin\":\"operational\",\"tries\":\"low\",\"marks\":[],\"copies\":\"low\"," BACKEND
		"}"));
	info.user_tries_left = 1;
	info.copies_unused = 0;
	info.suspended = true;
	CU_ASSERT(says(&info, NULL,
		"{\"version\":1,\"pin\":\"operational\",\"tries\":\"final\",\"marks\":[\"suspended\"],\"copies\":"
		"\"none\"," BACKEND "}"));
}

/* 顔認証 (R-FACE-05) and a locked PIN look alike to C_Login; somebody must be able to tell them apart. */
static void
test_disabled_differs_from_locked(void)
{
	struct token_info info = { .life = TOKEN_LIFE_ACTIVE, .user_state = TOKEN_PIN_LOCKED, .user = { .tries = 5 } };

	CU_ASSERT(says(&info, NULL,
		"{\"version\":1,\"pin\":\"locked\",\"tries\":\"none\",\"marks\":[],\"copies\":\"none\"," BACKEND "}"));
	info.user_state = TOKEN_PIN_DISABLED;
	CU_ASSERT(says(&info, NULL,
		"{\"version\":1,\"pin\":\"disabled\",\"tries\":\"none\",\"marks\":[\"face\"],\"copies\":"
		"\"none\"," BACKEND "}"));
}

/* R-KEY-02: nobody may take a vault for a card, or a lockout that is everybody's for one of this token's own. */
static void
test_says_what_it_is_bound_to(void)
{
	struct token_info info = { .life = TOKEN_LIFE_ACTIVE,
		.backend = "tpm",
		.device_bound = true,
		.user = { .tries = 5 } };

	CU_ASSERT(says(&info, NULL,
		"{\"version\":1,\"pin\":\"none\",\"tries\":\"none\",\"marks\":[],\"copies\":\"none\","
		"\"backend\":\"tpm\",\"deviceBound\":true,\"life\":\"active\",\"preset\":\"general\"}"));
	info.shared_lockout = true;
	CU_ASSERT(says(&info, NULL,
		"{\"version\":1,\"pin\":\"none\",\"tries\":\"none\",\"marks\":[],\"copies\":\"none\","
		"\"backend\":\"tpm\",\"deviceBound\":true,\"life\":\"active\",\"preset\":\"general\",\"sharedLockout\":"
		"true}"));
	(void)snprintf(info.preset, sizeof(info.preset), "jk");
	(void)snprintf(info.card, sizeof(info.card), "hanako");
	info.shared_lockout = false;
	CU_ASSERT(says(&info, NULL,
		"{\"version\":1,\"pin\":\"none\",\"tries\":\"none\",\"marks\":[],\"copies\":\"none\","
		"\"backend\":\"tpm\",\"deviceBound\":true,\"life\":\"active\",\"preset\":\"jk\",\"card\":\"hanako\"}"));
}

/* R-REN-03: new records would lie in the inbox, and nobody would enter the PIN for them; but how many came when is not for
 * everybody, and keys that wait for an answer are nothing new. */
static void
test_inbox(void)
{
	const struct token_info info = { .life = TOKEN_LIFE_ACTIVE, .user = { .tries = 5 } };
	const struct status_details details = { 0 };
	const struct status_inbox keys = { { 10, 0, 0 } }, notice = { { 0, 0, 1 } }, all = { { 10, 2, 1 } };
	char *text = status_json(&info, &keys, NULL);

	CU_ASSERT_PTR_NULL(strstr(text, "inbox"));
	free(text);
	text = status_json(&info, &notice, NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"inbox\":{\"waiting\":true}"));
	free(text);
	text = status_json(&info, &all, NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"inbox\":{\"waiting\":true}"));
	free(text);
	text = status_json(&info, &all, &details);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"inbox\":{\"waiting\":true,\"keys\":10,\"responses\":2,\"notices\":1}"));
	free(text);
	text = status_json(&info, &keys, &details);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"inbox\":{\"waiting\":false,\"keys\":10"));
	free(text);
}

/* The holder would not see when the last copy lapses (R-VAL-01). */
static void
test_details_after_login(void)
{
	const struct token_info info = { .life = TOKEN_LIFE_ACTIVE,
		.user_state = TOKEN_PIN_OPERATIONAL,
		.user_tries_left = 5,
		.user = { .tries = 5 },
		.copies_unused = 3,
		.copies_spent = 1,
		.keys_unbound = 2 };
	struct status_details details = { 0 };

	CU_ASSERT(says(&info, &details,
		"{\"version\":1,\"pin\":\"operational\",\"tries\":\"full\",\"marks\":[],\"copies\":\"ok\"," BACKEND
		"," INBOX_EMPTY "\"unused\":3,\"spent\":1,\"unbound\":2}"));
	status_add_record(&details, 0, 86400);
	status_add_record(&details, 100, 86399);
	status_add_record(&details, 200, 172800);
	CU_ASSERT(says(&info, &details,
		"{\"version\":1,\"pin\":\"operational\",\"tries\":\"full\",\"marks\":[],\"copies\":\"ok\"," BACKEND
		"," INBOX_EMPTY "\"unused\":3,\"spent\":1,\"unbound\":2,\"validity\":{"
		"\"earliest\":{\"validFrom\":\"1970-01-01T00:01:40Z\",\"validUntil\":\"1970-01-01T23:59:59Z\"},"
		"\"latest\":{\"validFrom\":\"1970-01-01T00:03:20Z\",\"validUntil\":\"1970-01-03T00:00:00Z\"}}}"));
}

static CK_ULONG
find(struct holder_kit *kit, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *handle)
{
	CK_OBJECT_HANDLE handles[32];
	CK_ULONG found = 0;

	CU_ASSERT_EQUAL(kit->p11->C_FindObjectsInit(kit->session, template, count), CKR_OK);
	CU_ASSERT_EQUAL(kit->p11->C_FindObjects(kit->session, handles, 32, &found), CKR_OK);
	CU_ASSERT_EQUAL(kit->p11->C_FindObjectsFinal(kit->session), CKR_OK);
	if (found > 0)
		*handle = handles[0];
	return found;
}

/* A program that lists everything would trip over an object that nobody stored; and one that
 * could write or destroy it would believe to have changed the token. */
static void
test_object_is_shown_when_named_only(void)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE by_class = { CKA_CLASS, &class, sizeof(class) };
	CK_ATTRIBUTE by_label = { CKA_LABEL, "status", 6 };
	CK_ATTRIBUTE by_name[] = { { CKA_APPLICATION, "mdoc-status", 11 }, { CKA_CLASS, &class, sizeof(class) } };
	CK_ATTRIBUTE label = { CKA_LABEL, "mine", 4 };
	CK_ATTRIBUTE private_ = { CKA_PRIVATE, &no, sizeof(no) };
	CK_OBJECT_HANDLE handle = 0;
	CK_OBJECT_HANDLE again = 0;
	struct holder_kit kit;

	holder_kit_new(&kit, 0);
	CU_ASSERT_EQUAL(find(&kit, &by_label, 1, &handle), 0);
	CU_ASSERT_EQUAL(find(&kit, &by_class, 1, &handle), 0);
	CU_ASSERT_EQUAL_FATAL(find(&kit, by_name, 2, &handle), 1);
	CU_ASSERT_EQUAL(find(&kit, by_name, 1, &again), 1);
	CU_ASSERT_EQUAL(handle, again);
	CU_ASSERT_EQUAL(kit.p11->C_GetAttributeValue(kit.session, handle, &private_, 1), CKR_OK);
	CU_ASSERT_NOT_EQUAL(kit.p11->C_SetAttributeValue(kit.session, handle, &label, 1), CKR_OK);
	CU_ASSERT_NOT_EQUAL(kit.p11->C_DestroyObject(kit.session, handle), CKR_OK);
	CU_ASSERT_EQUAL(find(&kit, by_name, 2, &handle), 1);
	holder_kit_free(&kit);
}

/* Counts shown before login, or not after it. */
static void
test_login_makes_the_difference(void)
{
	struct holder_kit kit;

	holder_kit_new(&kit, 0);
	(void)holder_kit_pair(&kit, true, NULL, NULL);
	CU_ASSERT_EQUAL(holder_kit_count(&kit, "unbound"), 1);
	CU_ASSERT_EQUAL(holder_kit_count(&kit, "unused"), 0);
	CU_ASSERT_EQUAL(kit.p11->C_Logout(kit.session), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_count(&kit, "unbound"), -1);
	CU_ASSERT_EQUAL(holder_kit_count(&kit, "unused"), -1);
	CU_ASSERT_EQUAL(holder_kit_count(&kit, "version"), 1);
	holder_kit_free(&kit);
}

static CU_TestInfo tests[] = {
	{ "public status has no counts", test_public_status_has_no_counts },
	{ "disabled differs from locked", test_disabled_differs_from_locked },
	{ "says what it is bound to", test_says_what_it_is_bound_to },
	{ "details after login", test_details_after_login },
	{ "R-REN-03: what waits in the inbox", test_inbox },
	{ "object is shown when named only", test_object_is_shown_when_named_only },
	{ "login makes the difference", test_login_makes_the_difference },
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo suite_status = { "status object", NULL, NULL, NULL, NULL, tests };
