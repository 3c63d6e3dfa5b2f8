/*
 * tests/unit/test_record.c: a record finds its key, or is refused.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <openssl/evp.h>
#include <string.h>

#include "tests/unit/holder_kit.h"
#include "tests/unit/issuer_kit.h"
#include "tests/unit/unit_mechanisms.h"

#define DAY ((int64_t)24 * 60 * 60)

static struct issuer_kit issuer;
static struct holder_kit holder;

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

static struct mdoc_buf
record_for(const struct mdoc_public_key *key)
{
	struct mdoc_buf record = MDOC_BUF_EMPTY;

	kit_record(&issuer, KIT_DOCTYPE, key, issuer.now - DAY, issuer.now + DAY, 100, &record);
	return record;
}

/* What is no IssuerSigned would sit in the token as if the issuer had made it. */
static void
test_malformed(void)
{
	struct mdoc_public_key key;
	struct mdoc_buf record, cut;
	CK_OBJECT_HANDLE handle;
	size_t i;

	(void)holder_kit_pair(&holder, true, &key, NULL);
	record = record_for(&key);
	for (i = 0; i < record.len; i += 37) {
		cut = record;
		cut.len = i;
		CU_ASSERT_NOT_EQUAL_FATAL(holder_kit_bind(&holder, &cut, false, &handle), CKR_OK);
	}
	CU_ASSERT_EQUAL(holder_kit_count(&holder, "unused"), 0);
	mdoc_buf_clear(&record);
}

/* A changed element would be shown to the holder as his record (R-REC-01). */
static void
test_digest(void)
{
	struct mdoc_public_key key;
	struct mdoc_buf record;
	CK_OBJECT_HANDLE handle;
	uint8_t *at;

	(void)holder_kit_pair(&holder, true, &key, NULL);
	record = record_for(&key);
	at = memmem(record.ptr, record.len, "123456789018", 12);
	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	at[0] = '2';
	CU_ASSERT_EQUAL(holder_kit_bind(&holder, &record, false, &handle), CKR_MDOC_RECORD_DIGEST);
	mdoc_buf_clear(&record);
}

/* A record without its key in this token could never be shown (R-REC-02); one bound to a key
 * that was not made for a record would be signed by a key that can leave the token. */
static void
test_no_holder_key(void)
{
	struct mdoc_public_key key;
	struct mdoc_buf record;
	EVP_PKEY *outside = kit_key(&key);

	record = record_for(&key);
	CU_ASSERT_EQUAL(holder_kit_bind(&holder, &record, false, NULL), CKR_MDOC_NO_HOLDER_KEY);
	mdoc_buf_clear(&record);
	EVP_PKEY_free(outside);
	(void)holder_kit_pair(&holder, false, &key, NULL);
	record = record_for(&key);
	CU_ASSERT_EQUAL(holder_kit_bind(&holder, &record, false, NULL), CKR_MDOC_NO_HOLDER_KEY);
	mdoc_buf_clear(&record);
}

static CK_RV
bind_with(const struct mdoc_buf *record, CK_ATTRIBUTE_TYPE type, const void *value, CK_ULONG len)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_APPLICATION, "mdoc", 4 },
		{ CKA_VALUE, record->ptr, record->len },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ type, (void *)value, len },
	};
	CK_OBJECT_HANDLE handle;

	if (type == CKA_TOKEN) {
		template[3] = template[4];
		return holder.p11->C_CreateObject(holder.session, template, 4, &handle);
	}
	return holder.p11->C_CreateObject(holder.session, template, 5, &handle);
}

/* What the caller says about a record must not differ from what the issuer signed. */
static void
test_template(void)
{
	static const CK_BBOOL no = CK_FALSE;
	struct mdoc_public_key key;
	struct mdoc_buf record;

	(void)holder_kit_pair(&holder, true, &key, NULL);
	record = record_for(&key);
	CU_ASSERT_EQUAL(bind_with(&record, CKA_LABEL, "my licence", 10), CKR_ATTRIBUTE_VALUE_INVALID);
	CU_ASSERT_EQUAL(bind_with(&record, CKA_OBJECT_ID, "\x06\x01\x2a", 3), CKR_ATTRIBUTE_VALUE_INVALID);
	CU_ASSERT_EQUAL(bind_with(&record, CKA_PRIVATE, &no, sizeof(no)), CKR_TEMPLATE_INCONSISTENT);
	CU_ASSERT_EQUAL(bind_with(&record, CKA_LABEL, KIT_DOCTYPE, strlen(KIT_DOCTYPE)), CKR_OK);
	CU_ASSERT_EQUAL(bind_with(&record, CKA_LABEL, KIT_DOCTYPE, strlen(KIT_DOCTYPE)), CKR_MDOC_NO_HOLDER_KEY);
	mdoc_buf_clear(&record);
}

static void
get(CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type, void *value, CK_ULONG size, CK_ULONG *len)
{
	CK_ATTRIBUTE attr = { type, value, size };

	CU_ASSERT_EQUAL(holder.p11->C_GetAttributeValue(holder.session, handle, &attr, 1), CKR_OK);
	*len = attr.ulValueLen;
}

/* A program that knows nothing of us must find record and key by the standard's attributes. */
static void
test_attributes(void)
{
	struct mdoc_public_key key;
	struct mdoc_buf record;
	CK_OBJECT_HANDLE private_key, handle = 0;
	CK_BYTE bytes[4096];
	CK_BYTE id[16];
	CK_BBOOL flag;
	CK_ULONG state = 9;
	CK_ULONG len, id_len;

	private_key = holder_kit_pair(&holder, true, &key, NULL);
	get(private_key, CKA_MDOC_COPY_STATE, &state, sizeof(state), &len);
	CU_ASSERT_EQUAL(state, CKV_MDOC_COPY_UNBOUND);
	record = record_for(&key);
	CU_ASSERT_EQUAL_FATAL(holder_kit_bind(&holder, &record, false, &handle), CKR_OK);
	get(handle, CKA_LABEL, bytes, sizeof(bytes), &len);
	CU_ASSERT(len == strlen(KIT_DOCTYPE) && memcmp(bytes, KIT_DOCTYPE, len) == 0);
	get(handle, CKA_OBJECT_ID, bytes, sizeof(bytes), &len);
	CU_ASSERT_EQUAL(len, 0);
	get(handle, CKA_VALUE, bytes, sizeof(bytes), &len);
	CU_ASSERT(len == record.len && memcmp(bytes, record.ptr, len) == 0);
	get(private_key, CKA_ID, id, sizeof(id), &id_len);
	get(handle, CKA_ID, bytes, sizeof(bytes), &len);
	CU_ASSERT(len == id_len && memcmp(bytes, id, len) == 0);
	get(handle, CKA_PRIVATE, &flag, sizeof(flag), &len);
	CU_ASSERT_EQUAL(flag, CK_TRUE);
	get(handle, CKA_MODIFIABLE, &flag, sizeof(flag), &len);
	CU_ASSERT_EQUAL(flag, CK_FALSE);
	get(handle, CKA_MDOC_REUSABLE, &flag, sizeof(flag), &len);
	CU_ASSERT_EQUAL(flag, CK_FALSE);
	get(private_key, CKA_MDOC_COPY_STATE, &state, sizeof(state), &len);
	CU_ASSERT_EQUAL(state, CKV_MDOC_COPY_UNUSED);
	mdoc_buf_clear(&record);
}

/* Half a batch, or one key with two records (R-EXH-02). */
static void
test_batch(void)
{
	struct mdoc_public_key keys[2];
	struct mdoc_buf first, second, third;
	long unused = holder_kit_count(&holder, "unused");

	(void)holder_kit_pair(&holder, true, &keys[0], NULL);
	(void)holder_kit_pair(&holder, true, &keys[1], NULL);
	first = record_for(&keys[0]);
	second = record_for(&keys[1]);
	third = record_for(&keys[0]);
	CU_ASSERT_EQUAL_FATAL(holder.vendor->C_MDOC_BeginBatch(holder.session), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_bind(&holder, &first, false, NULL), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_bind(&holder, &third, false, NULL), CKR_MDOC_NO_HOLDER_KEY);
	CU_ASSERT_EQUAL(holder_kit_bind(&holder, &second, false, NULL), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_count(&holder, "unused"), unused);
	CU_ASSERT_EQUAL(holder.vendor->C_MDOC_RollbackBatch(holder.session), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_count(&holder, "unused"), unused);
	CU_ASSERT_EQUAL_FATAL(holder.vendor->C_MDOC_BeginBatch(holder.session), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_bind(&holder, &first, false, NULL), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_bind(&holder, &second, false, NULL), CKR_OK);
	CU_ASSERT_EQUAL(holder.vendor->C_MDOC_CommitBatch(holder.session), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_count(&holder, "unused"), unused + 2);
	mdoc_buf_clear(&first);
	mdoc_buf_clear(&second);
	mdoc_buf_clear(&third);
}

/* A record written before the PIN would not be the holder's (R-PIN-01). */
static void
test_needs_login(void)
{
	struct mdoc_public_key key;
	struct mdoc_buf record;

	(void)holder_kit_pair(&holder, true, &key, NULL);
	record = record_for(&key);
	CU_ASSERT_EQUAL(holder.p11->C_Logout(holder.session), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_bind(&holder, &record, false, NULL), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(holder.p11->C_Login(holder.session, CKU_USER, (CK_UTF8CHAR *)KIT_PIN, strlen(KIT_PIN)), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_bind(&holder, &record, false, NULL), CKR_OK);
	mdoc_buf_clear(&record);
}

static CU_TestInfo tests[] = {
	{ "malformed", test_malformed },
	{ "R-REC-01: digest", test_digest },
	{ "R-REC-02: no holder key", test_no_holder_key },
	{ "template", test_template },
	{ "R-EXH-02: batch", test_batch },
	{ "R-PIN-01, R-MED-05: needs login", test_needs_login },
	{ "attributes", test_attributes },
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo suite_record = { "records", set_up, tear_down, NULL, NULL, tests };
