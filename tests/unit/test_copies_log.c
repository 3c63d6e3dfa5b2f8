/*
 * tests/unit/test_copies_log.c: what the token's log says of copies, to whom, and what that costs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <dlfcn.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkcs11-3.h"
#include "tests/unit/holder_kit.h"
#include "tests/unit/issuer_kit.h"
#include "tests/unit/unit_mechanisms.h"

#define DAY ((int64_t)24 * 60 * 60)

static struct issuer_kit issuer;
static struct holder_kit holder;

/* ---- The disk is waited for so often: this program's fdatasync() and fsync() are SQLite's, too ---- */

static atomic_int syncs;

static int
sync_by(const char *name, int fd)
{
	int (*next)(int fd) = NULL;
	void *symbol = dlsym(RTLD_NEXT, name);

	atomic_fetch_add(&syncs, 1);
	memcpy(&next, &symbol, sizeof(next));
	return next(fd);
}

int
fdatasync(int fd)
{
	return sync_by("fdatasync", fd);
}

int
fsync(int fd)
{
	return sync_by("fsync", fd);
}

static int
set_up(void)
{
	issuer_kit_new(&issuer);
	holder_kit_new(&holder, 0);
	return 0;
}

static int
tear_down(void)
{
	holder_kit_free(&holder);
	issuer_kit_free(&issuer);
	return 0;
}

static json_t *
read_log(void)
{
	CK_ULONG len = 0;
	char *text = NULL;
	json_t *log = NULL;

	CU_ASSERT_EQUAL_FATAL(holder.vendor->C_MDOC_Events(holder.slot, NULL, &len), CKR_OK);
	text = calloc(1, len + 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	CU_ASSERT_EQUAL_FATAL(holder.vendor->C_MDOC_Events(holder.slot, (CK_UTF8CHAR *)text, &len), CKR_OK);
	log = json_loadb(text, len, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(log);
	free(text);
	return log;
}

/* The lines of one kind; last: the newest one's text, 64 bytes. */
static size_t
lines(const char *what, char *last)
{
	json_t *log = read_log();
	const json_t *chain = json_array_get(log, json_array_size(log) - 1);
	size_t count = 0;

	for (size_t i = 0; i + 1 < json_array_size(log); i++) {
		const json_t *line = json_array_get(log, i);

		CU_ASSERT_EQUAL(json_integer_value(json_object_get(line, "id")), (json_int_t)i + 1);
		if (strcmp(json_string_value(json_object_get(line, "what")), what) != 0)
			continue;
		count++;
		strncpy(last, json_string_value(json_object_get(line, "detail")), 63);
	}
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(chain, "chain")), "whole");
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(chain, "at")), (json_int_t)json_array_size(log) - 1);
	json_decref(log);
	return count;
}

#define BATCH_MAX 3

/* `count` copies in one batch. */
static void
import(CK_OBJECT_HANDLE *keys, size_t count, bool reusable)
{
	struct mdoc_buf records[BATCH_MAX];
	struct mdoc_public_key key;

	for (size_t i = 0; i < count; i++) {
		records[i] = MDOC_BUF_EMPTY;
		keys[i] = holder_kit_pair(&holder, true, &key, NULL);
		kit_record(&issuer, KIT_DOCTYPE, &key, issuer.now - DAY, issuer.now + DAY, 3000, &records[i]);
	}
	CU_ASSERT_EQUAL_FATAL(holder.vendor->C_MDOC_BeginBatch(holder.session), CKR_OK);
	for (size_t i = 0; i < count; i++) {
		CU_ASSERT_EQUAL(holder_kit_bind(&holder, &records[i], reusable, NULL), CKR_OK);
		mdoc_buf_clear(&records[i]);
	}
	CU_ASSERT_EQUAL_FATAL(holder.vendor->C_MDOC_CommitBatch(holder.session), CKR_OK);
}

/* C_Sign over a DeviceAuthentication; pin: after the PIN. */
static CK_RV
present(CK_OBJECT_HANDLE key, bool pin)
{
	struct mdoc_buf transcript = MDOC_BUF_EMPTY, authentication = MDOC_BUF_EMPTY;
	CK_MECHANISM mechanism = { CKM_MDOC_DEVICE_SIGN, NULL, 0 };
	CK_BYTE out[256];
	CK_ULONG len = sizeof(out);
	CK_RV rv;

	kit_transcript(1, &transcript);
	kit_device_authentication(&transcript, KIT_DOCTYPE, NULL, &authentication);
	CU_ASSERT_EQUAL(holder.p11->C_SignInit(holder.session, &mechanism, key), CKR_OK);
	if (pin)
		CU_ASSERT_EQUAL(holder_kit_authorise(&holder, holder.session), CKR_OK);
	atomic_store(&syncs, 0);
	rv = holder.p11->C_Sign(holder.session, authentication.ptr, authentication.len, out, &len);
	mdoc_buf_clear(&transcript);
	mdoc_buf_clear(&authentication);
	return rv;
}

/* Copies would come and go of which the log knows nothing, or it would know of some that did not. */
static void
test_copies_come_and_go(void)
{
	CK_OBJECT_HANDLE keys[BATCH_MAX], reusable[BATCH_MAX];
	char text[64] = "";

	CU_ASSERT_EQUAL(lines("copies-imported", text), 0);
	import(keys, BATCH_MAX, false);
	CU_ASSERT_EQUAL(lines("copies-imported", text), 1);
	CU_ASSERT_STRING_EQUAL(text, "3 copies");
	import(reusable, 1, true);
	CU_ASSERT_EQUAL(lines("copies-imported", text), 2);
	CU_ASSERT_STRING_EQUAL(text, "1 copy");

	CU_ASSERT_EQUAL(present(keys[0], false), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(lines("copy-spent", text), 0);
	CU_ASSERT_EQUAL(present(keys[0], true), CKR_OK);
	CU_ASSERT_EQUAL(lines("copy-spent", text), 1);
	CU_ASSERT_EQUAL(strncmp(text, "copy ", 5), 0);
	CU_ASSERT_EQUAL(text[5 + strspn(text + 5, "0123456789")], '\0'); /* and no more than a number */
	CU_ASSERT_EQUAL(present(reusable[0], true), CKR_OK);
	CU_ASSERT_EQUAL(lines("copy-spent", text), 1);

	CU_ASSERT_EQUAL(holder.p11->C_DestroyObject(holder.session, keys[1]), CKR_OK);
	CU_ASSERT_EQUAL(lines("copy-destroyed", text), 1);
	(void)holder_kit_pair(&holder, true, NULL, NULL);
	CU_ASSERT_EQUAL(lines("copies-imported", text), 2); /* a key is no copy */
}

/* A batch that came to nothing would be in the log. */
static void
test_no_batch(void)
{
	CK_OBJECT_HANDLE keys[BATCH_MAX];
	char text[64] = "";
	const size_t before = lines("copies-imported", text);

	import(keys, 0, false);
	CU_ASSERT_EQUAL(lines("copies-imported", text), before);
	CU_ASSERT_EQUAL_FATAL(holder.vendor->C_MDOC_BeginBatch(holder.session), CKR_OK);
	CU_ASSERT_EQUAL(holder.vendor->C_MDOC_RollbackBatch(holder.session), CKR_OK);
	CU_ASSERT_EQUAL(lines("copies-imported", text), before);
}

/* Whoever is at the terminal could count a holder's transmissions, and see when they were. */
static void
test_nobody_else_sees_them(void)
{
	static const char *const own[] = { "copies-imported", "copy-spent", "copy-destroyed" };
	char text[64] = "";

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		CU_ASSERT_NOT_EQUAL(lines(own[i], text), 0);
	CU_ASSERT_EQUAL(holder.p11->C_Logout(holder.session), CKR_OK);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		CU_ASSERT_EQUAL(lines(own[i], text), 0);
	CU_ASSERT_EQUAL(lines("pin-initialised", text), 1);
	CU_ASSERT_EQUAL(holder.p11->C_Login(holder.session, CKU_SO, (CK_UTF8CHAR *)KIT_SO_PIN, strlen(KIT_SO_PIN)),
		CKR_OK);
	CU_ASSERT_EQUAL(lines("copy-spent", text), 0);
	CU_ASSERT_EQUAL(holder.p11->C_Logout(holder.session), CKR_OK);
	CU_ASSERT_EQUAL(holder.p11->C_Login(holder.session, CKU_USER, (CK_UTF8CHAR *)KIT_PIN, strlen(KIT_PIN)), CKR_OK);
}

/* A transmission would wait for the disk twice. */
static void
test_one_wait(void)
{
	CK_OBJECT_HANDLE keys[BATCH_MAX];

	import(keys, BATCH_MAX, false);
	CU_ASSERT_EQUAL(present(keys[0], true), CKR_OK);
	for (size_t i = 1; i < BATCH_MAX; i++) {
		CU_ASSERT_EQUAL(present(keys[i], true), CKR_OK);
		CU_ASSERT_EQUAL(atomic_load(&syncs), 1);
	}
}

static CU_TestInfo tests[] = {
	{ "R-CARD-37: copies that come and go", test_copies_come_and_go },
	{ "R-CARD-37: no line for what did not happen", test_no_batch },
	{ "R-CARD-37: nobody else reads of copies", test_nobody_else_sees_them },
	{ "R-CARD-37, R-EXH-01: one wait for the disk", test_one_wait },
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo suite_copies_log = { "copies in the token's log", set_up, tear_down, NULL, NULL, tests };
