/*
 * module/pkcs11/mechanisms/holder.c: what stands between a holder key and its signature.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/mechanisms/holder.h"

#include <time.h>

#include "mdoc-pkcs11.h"
#include "module/pkcs11/mechanisms/mech_note.h"
#include "module/pkcs11/mechanisms/mech_plan.h"
#include "module/pkcs11/shell/rv.h"

bool
holder_is(const struct object *key)
{
	return key->stored != NULL && key->stored->kind == TOKEN_OBJECT_HOLDER_PRIVATE;
}

/* A holder key that was there at C_SignInit and no longer is has been spent. */
static CK_RV
rv_of_copy(enum token_result res)
{
	return res == TOKEN_ERR_NOT_FOUND ? CKR_MDOC_SPENT : rv_from_token(res);
}

/* The key as it is now: binding and spending happen in other sessions and processes too. */
static CK_RV
current(struct session *session, const struct object *key, const struct token_object **now)
{
	return rv_of_copy(token_object_get(session->slot->token, key->stored->id, now));
}

CK_RV
holder_may_sign_raw(struct session *session, const struct object *key)
{
	const struct token_object *now = NULL;
	struct token_info info;
	CK_RV rv;

	if (!holder_is(key))
		return CKR_OK;
	rv = current(session, key, &now);
	if (rv == CKR_OK && now->copy != 0) {
		rv = rv_from_token(token_get_info(session->slot->token, &info));
		if (rv == CKR_OK && !info.raw_sign)
			rv = CKR_KEY_FUNCTION_NOT_PERMITTED;
	}
	token_object_unref(now);
	return rv;
}

void
holder_record_clear(struct holder_record *record)
{
	mdoc_issuer_signed_free(record->parsed);
	record->parsed = NULL;
	token_value_clear(&record->value);
}

static CK_RV
read_record(struct token *token, const struct token_object *object, struct holder_record *record)
{
	struct mdoc_buf note = MDOC_BUF_EMPTY;
	CK_RV rv;

	rv = rv_of_copy(token_object_value(token, object, &record->value));
	if (rv != CKR_OK)
		return rv;
	rv = rv_from_mdoc(mdoc_issuer_signed_parse(library_mdoc(), mdoc_bytes_of(record->value.ptr, record->value.len),
		&record->parsed, NULL));
	if (rv == CKR_MDOC_INPUT_MALFORMED)
		rv = CKR_MDOC_RECORD_MALFORMED;
	if (rv != CKR_OK)
		return rv;
	mech_note_of(mdoc_issuer_signed_mso(record->parsed), &record->note);
	if (object->reusable && mech_note_write(mdoc_issuer_signed_mso(record->parsed), &note))
		token_note_keep(token, object, note.ptr, note.len);
	mdoc_buf_clear(&note);
	return rv;
}

static bool
read_note(struct token *token, const struct token_object *object, struct holder_record *record)
{
	if (!token_note_find(token, object, &record->value))
		return false;
	if (mech_note_read(mdoc_bytes_of(record->value.ptr, record->value.len), &record->note))
		return true;
	holder_record_clear(record);
	return false;
}

CK_RV
holder_record(struct session *session, const struct object *key, bool note_will_do, struct holder_record *record)
{
	struct token *token = session->slot->token;
	const struct token_object *now = NULL;
	const struct token_object *object = NULL;
	CK_RV rv;

	*record = (struct holder_record){ 0 };
	rv = current(session, key, &now);
	if (rv == CKR_OK && now->copy == 0)
		rv = CKR_MDOC_KEY_NOT_BOUND;
	if (rv == CKR_OK)
		rv = rv_of_copy(token_copy_record(token, now, &object));
	if (rv == CKR_OK && !(note_will_do && read_note(token, object, record)))
		rv = read_record(token, object, record);
	if (rv != CKR_OK)
		holder_record_clear(record);
	token_object_unref(object);
	token_object_unref(now);
	return rv;
}

CK_RV
holder_may_mac(struct session *session, const struct object *key)
{
	const struct token_object *now = NULL, *record = NULL;
	const CK_ATTRIBUTE *label;
	CK_RV rv;

	rv = current(session, key, &now);
	if (rv == CKR_OK)
		rv = rv_of_copy(token_copy_record(session->slot->token, now, &record));
	if (rv == CKR_OK) {
		label = attrs_find(record->attrs, CKA_LABEL);
		if (label == NULL || !mdoc_doc_type_takes_mac(mdoc_bytes_of(label->pValue, label->ulValueLen)))
			rv = CKR_KEY_FUNCTION_NOT_PERMITTED;
	}
	token_object_unref(record);
	token_object_unref(now);
	return rv;
}

CK_RV
holder_load(struct session *session, const struct object *key, struct token_key **loaded)
{
	struct token *token = session->slot->token;
	const struct token_object *now = NULL;
	CK_RV rv;

	rv = rv_from_token(token_usable(token));
	if (rv == CKR_OK)
		rv = current(session, key, &now);
	if (rv == CKR_OK)
		rv = rv_of_copy(token_key_load(token, now, loaded));
	token_object_unref(now);
	return rv;
}

CK_RV
holder_spend(struct session *session, const struct object *key)
{
	struct token *token = session->slot->token;
	const struct token_object *now = NULL;
	CK_RV rv;

	rv = current(session, key, &now);
	if (rv == CKR_OK)
		rv = rv_of_copy(token_copy_spend(token, now, (int64_t)time(NULL)));
	token_object_unref(now);
	return rv;
}

/* A raw signature by a bound key obeys the record's dates and costs the copy like any other. */
static CK_RV
spend_for_raw(struct session *session, const struct object *key)
{
	struct holder_record record;
	CK_RV rv;

	rv = holder_record(session, key, true, &record);
	if (rv == CKR_MDOC_KEY_NOT_BOUND)
		return CKR_OK;
	if (rv == CKR_OK)
		rv = mech_plan_check_time(&record.note, (int64_t)time(NULL));
	if (rv == CKR_OK)
		rv = holder_spend(session, key);
	holder_record_clear(&record);
	return rv;
}

CK_RV
holder_load_raw(struct session *session, const struct object *key, struct token_key **loaded)
{
	struct token_key *mine = NULL;
	CK_RV rv;

	rv = holder_may_sign_raw(session, key);
	if (rv == CKR_OK)
		rv = holder_load(session, key, &mine);
	if (rv == CKR_OK)
		rv = spend_for_raw(session, key);
	if (rv == CKR_OK)
		*loaded = mine;
	else
		token_key_free(mine);
	return rv;
}
