/*
 * module/pkcs11/objects/status.c: the status object: what anybody may know about a token, and more after login.
 *
 * CKO_DATA, CKA_TOKEN true, CKA_PRIVATE false, CKA_LABEL "status", CKA_APPLICATION "mdoc-status", read
 * only. It is not stored: CKA_VALUE is made when it is read. Its JSON (UTF-8, one object; unknown members
 * are to be ignored):
 *
 *   version   1
 *   pin       "operational" | "locked" | "none" (never set) | "disabled" (顔認証)
 *   tries     "full" | "low" (some were wrong) | "final" | "none": as the token's PIN flags say
 *   life      "blank" (has its transport secret only) | "active" | "retired"
 *   mustChange  true: the holder must change the PIN that the security officer has set. Absent: no
 *   marks     list of "face" (顔認証: the PIN was disabled by the holder's wish), "suspended" (一時停止) and "retired" (廃止)
 *   copies    "ok" | "low" (one or two left) | "none"
 *   backend   what the token is made of, as C_MDOC_MakeArea takes it
 *   deviceBound  false: the store opens on any machine, and whoever copies it can try PINs there (R-KEY-02). true: only
 *             with this device's TPM, which counts wrong PINs
 *   preset    what it is for: "general", "mnc", "jk", …, as C_MDOC_MakeArea takes it
 *   card      the card that it is an area of. Absent: none
 *   sharedLockout  true: the TPM has no counter of this token's own, and locks all keys that it protects. Absent: no
 *   inbox     { "waiting": true }: responses or notices came without the PIN and wait for it (R-REN-03). Absent: none
 *
 * and after a user login also
 *
 *   unused    copies that can be used
 *   spent     copies that have been used
 *   unbound   holder keys that wait for a record
 *   validity  { "earliest": {validFrom, validUntil}, "latest": {validFrom, validUntil} }, of the records
 *             that expire first and last, as "YYYY-MM-DDThh:mm:ssZ"; absent without records
 *   inbox     has also how many wait: "keys", "responses" and "notices"; there even if all are 0 and "waiting" is false
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <jansson.h>
#include <mdoc/mdoc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/objects/record.h"
#include "module/pkcs11/shell/rv.h"
#include "mdoc-pkcs11.h"
#include "pkcs11-3.h"
#include "module/pkcs11/objects/status.h"

#define COPIES_LOW 2

static const char *const pin_states[] = {
	[TOKEN_PIN_NONE] = "none",
	[TOKEN_PIN_OPERATIONAL] = "operational",
	[TOKEN_PIN_LOCKED] = "locked",
	[TOKEN_PIN_DISABLED] = "disabled",
};

static const char *const lives[] = {
	[TOKEN_LIFE_BLANK] = "blank",
	[TOKEN_LIFE_ACTIVE] = "active",
	[TOKEN_LIFE_RETIRED] = "retired",
};

static const char *
tries(const struct token_info *info)
{
	if (info->user_tries_left == 0)
		return "none";
	if (info->user_tries_left == 1)
		return "final";
	return info->user_tries_left < info->user.tries ? "low" : "full";
}

static const char *
copies(const struct token_info *info)
{
	if (info->copies_unused == 0)
		return "none";
	return info->copies_unused <= COPIES_LOW ? "low" : "ok";
}

static json_t *
marks(const struct token_info *info)
{
	json_t *list = json_array();

	if (info->user_state == TOKEN_PIN_DISABLED)
		(void)json_array_append_new(list, json_string("face"));
	if (info->suspended)
		(void)json_array_append_new(list, json_string("suspended"));
	if (info->life == TOKEN_LIFE_RETIRED)
		(void)json_array_append_new(list, json_string("retired"));
	return list;
}

static json_t *
period(const struct status_period *when)
{
	char from[MDOC_TDATE_LEN + 1];
	char until[MDOC_TDATE_LEN + 1];

	mdoc_tdate_print(when->from, from);
	mdoc_tdate_print(when->until, until);
	return json_pack("{s:s, s:s}", "validFrom", from, "validUntil", until);
}

static json_t *
inbox(const struct status_inbox *in, bool user)
{
	const bool waiting = in->counts[TOKEN_INBOX_RESPONSE - 1] + in->counts[TOKEN_INBOX_NOTICE - 1] > 0;

	if (!user)
		return waiting ? json_pack("{s:b}", "waiting", true) : NULL;
	return json_pack("{s:b, s:I, s:I, s:I}", "waiting", waiting, "keys",
		(json_int_t)in->counts[TOKEN_INBOX_KEY - 1], "responses",
		(json_int_t)in->counts[TOKEN_INBOX_RESPONSE - 1], "notices",
		(json_int_t)in->counts[TOKEN_INBOX_NOTICE - 1]);
}

/* Not json_dumps: its memory is the allocator's that the application may have given to jansson. */
static char *
dump(const json_t *root)
{
	const size_t len = json_dumpb(root, NULL, 0, JSON_COMPACT);
	char *text = len == 0 ? NULL : calloc(1, len + 1);

	if (text != NULL)
		(void)json_dumpb(root, text, len, JSON_COMPACT);
	return text;
}

char *
status_json(const struct token_info *info, const struct status_inbox *waiting, const struct status_details *details)
{
	json_t *root;
	char *text;

	root = json_pack("{s:i, s:s, s:s, s:o, s:s, s:s, s:b}", "version", 1, "pin", pin_states[info->user_state],
		"tries", tries(info), "marks", marks(info), "copies", copies(info), "backend", info->backend,
		"deviceBound", info->device_bound);
	(void)json_object_set_new(root, "life", json_string(lives[info->life]));
	(void)json_object_set_new(root, "preset",
		json_string(info->preset[0] != '\0' ? info->preset : MDOC_PRESET_GENERAL));
	if (root != NULL && info->card[0] != '\0')
		(void)json_object_set_new(root, "card", json_string(info->card));
	if (root != NULL && info->user_must_change && info->user_state == TOKEN_PIN_OPERATIONAL)
		(void)json_object_set_new(root, "mustChange", json_true());
	if (root != NULL && info->shared_lockout)
		(void)json_object_set_new(root, "sharedLockout", json_true());
	if (root != NULL)
		(void)json_object_set_new(root, "inbox", inbox(waiting, details != NULL)); /* NULL sets nothing */
	if (root != NULL && details != NULL) {
		(void)json_object_set_new(root, "unused", json_integer((json_int_t)info->copies_unused));
		(void)json_object_set_new(root, "spent", json_integer((json_int_t)info->copies_spent));
		(void)json_object_set_new(root, "unbound", json_integer((json_int_t)info->keys_unbound));
		if (details->records > 0)
			(void)json_object_set_new(root, "validity",
				json_pack("{s:o, s:o}", "earliest", period(&details->earliest), "latest",
					period(&details->latest)));
	}
	text = root == NULL ? NULL : dump(root);
	json_decref(root);
	return text;
}

void
status_add_record(struct status_details *details, int64_t from, int64_t until)
{
	const struct status_period when = { from, until };

	if (details->records == 0 || until < details->earliest.until)
		details->earliest = when;
	if (details->records == 0 || until > details->latest.until)
		details->latest = when;
	details->records++;
}

/* One record's dates; a record that another process spends meanwhile, or that a lock has just closed, is left out. */
static CK_RV
read_record(struct token *token, const struct token_object *object, struct status_details *details)
{
	struct token_value value = { 0 };
	struct mdoc_issuer_signed *record = NULL;
	const struct mdoc_mso *mso;
	enum token_result res;
	CK_RV rv = CKR_OK;

	res = token_object_value(token, object, &value);
	if (res == TOKEN_ERR_NOT_FOUND || res == TOKEN_ERR_SPENT || res == TOKEN_ERR_PIN_LOCKED)
		goto out;
	rv = rv_from_token(res);
	if (rv != CKR_OK)
		goto out;
	if (mdoc_issuer_signed_parse(library_mdoc(), mdoc_bytes_of(value.ptr, value.len), &record, NULL) == MDOC_OK) {
		mso = mdoc_issuer_signed_mso(record);
		status_add_record(details, mdoc_mso_valid_from(mso), mdoc_mso_valid_until(mso));
	}
out:
	mdoc_issuer_signed_free(record);
	token_value_clear(&value);
	return rv;
}

static CK_RV
read_records(struct token *token, struct status_details *details)
{
	const struct token_object **objects = NULL;
	size_t count = 0;
	size_t i;
	CK_RV rv;

	rv = rv_from_token(token_objects(token, &objects, &count));
	if (rv != CKR_OK)
		return rv;
	for (i = 0; rv == CKR_OK && i < count; i++)
		if (objects[i]->kind == TOKEN_OBJECT_RECORD)
			rv = read_record(token, objects[i], details);
	token_objects_free(objects, count);
	return rv;
}

static struct token_attrs *
status_attrs(const struct token *token)
{
	struct token_attrs *attrs = attrs_new();
	char id[TOKEN_SERIAL_LEN + 8];

	(void)snprintf(id, sizeof(id), "%s-status", token_serial(token));
	if (attrs != NULL && attrs_set_ulong(attrs, CKA_CLASS, CKO_DATA) && attrs_set_bool(attrs, CKA_TOKEN, true) &&
		attrs_set_bool(attrs, CKA_PRIVATE, false) && attrs_set_bool(attrs, CKA_MODIFIABLE, false) &&
		attrs_set_bool(attrs, CKA_COPYABLE, false) && attrs_set_bool(attrs, CKA_DESTROYABLE, false) &&
		attrs_set(attrs, CKA_LABEL, STATUS_LABEL, strlen(STATUS_LABEL)) &&
		attrs_set(attrs, CKA_APPLICATION, STATUS_APPLICATION, strlen(STATUS_APPLICATION)) &&
		attrs_set(attrs, CKA_OBJECT_ID, "", 0) && attrs_set(attrs, CKA_UNIQUE_ID, id, strlen(id)))
		return attrs;
	attrs_free(attrs);
	return NULL;
}

CK_RV
status_object_find(struct session *session, struct token_attrs **attrs, struct secret *value)
{
	struct token *token = session->slot->token;
	bool user = token_may(token, TOKEN_ACCESS_STATUS_DETAILS, TOKEN_READ);
	struct status_details details = { 0 };
	struct status_inbox waiting = { { 0 } };
	struct token_attrs *made = NULL;
	struct token_info info;
	char *text = NULL;
	CK_RV rv;

	rv = rv_from_token(token_get_info(token, &info));
	if (rv == CKR_OK)
		rv = rv_from_token(token_inbox_counts(token, waiting.counts));
	if (rv == CKR_OK && info.user_state == TOKEN_PIN_LOCKED)
		user = false; /* his PIN opens nothing any more */
	if (rv == CKR_OK && user)
		rv = read_records(token, &details);
	if (rv != CKR_OK)
		return rv;
	rv = CKR_HOST_MEMORY;
	text = status_json(&info, &waiting, user ? &details : NULL);
	made = status_attrs(token);
	if (text == NULL || made == NULL || !secret_copy(text, strlen(text), value))
		goto out;
	*attrs = made;
	made = NULL;
	rv = CKR_OK;
out:
	attrs_free(made);
	free(text);
	return rv;
}
