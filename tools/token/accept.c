/* accept.c: open, check and bind what an issuer sent. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/accept.h"
#include "tools/token/batch.h"
#include "tools/token/enrolment.h"
#include "tools/token/sealed.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CK_RV
accept_list(const struct p11_token *token, CK_MDOC_INBOX_ENTRY **entries, size_t *count)
{
	const CK_MDOC_FUNCTION_LIST *vendor = token->p11->vendor;
	CK_ULONG n = 0;
	CK_RV rv;

	*entries = NULL;
	*count = 0;
	if (vendor == NULL || !token->ours)
		return CKR_FUNCTION_NOT_SUPPORTED;
	/* What comes in between is for the next time. */
	rv = vendor->C_MDOC_InboxList(token->session, NULL, &n);
	if (rv != CKR_OK || n == 0)
		return rv;
	*entries = calloc(n, sizeof(**entries));
	if (*entries == NULL)
		return CKR_HOST_MEMORY;
	rv = vendor->C_MDOC_InboxList(token->session, *entries, &n);
	*count = rv == CKR_OK ? n : 0;
	return rv;
}

static enum exit_status
get(const struct p11_token *token, CK_ULONG id, json_t **sealed)
{
	const CK_MDOC_FUNCTION_LIST *vendor = token->p11->vendor;
	CK_ULONG len = 0;
	CK_BYTE *bytes = NULL;
	CK_RV rv = vendor->C_MDOC_InboxGet(token->session, id, NULL, &len);

	*sealed = NULL;
	if (rv == CKR_OK) {
		bytes = malloc(len > 0 ? len : 1);
		rv = bytes != NULL ? vendor->C_MDOC_InboxGet(token->session, id, bytes, &len) : CKR_HOST_MEMORY;
	}
	if (rv == CKR_OK)
		*sealed = json_loadb((const char *)bytes, len, JSON_REJECT_DUPLICATES, NULL);
	free(bytes);
	return rv == CKR_OK ? EXIT_STATUS_OK : tool_rv_error(_("the token's inbox cannot be read"), rv);
}

/* Had this batch been stored already, when something ended the program before the entry was removed? */
static bool
is_stored(const struct copies *copies, const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct copy *copy =
			copies_find(copies, mdoc_mso_device_key(mdoc_issuer_signed_mso(batch->records[i])));

		if (copy != NULL && copy->bound)
			return true;
	}
	return false;
}

static bool
is_in(const struct batch *batch, const struct copy *copy)
{
	for (size_t i = 0; i < batch->count; i++)
		if (mdoc_key_equal(mdoc_mso_device_key(mdoc_issuer_signed_mso(batch->records[i])), &copy->key))
			return true;
	return false;
}

/* Does the token have a record that was signed later? The issuer has ended what somebody held back, or sends again. */
static enum exit_status
check_newest(const struct copies *copies, const struct batch *batch)
{
	const struct mdoc_mso *mso = mdoc_issuer_signed_mso(batch->records[0]);

	for (size_t i = 0; i < copies->count; i++) {
		const struct copy *copy = &copies->items[i];

		if (copy->mso == NULL || is_in(batch, copy) ||
			!mdoc_bytes_equal(mdoc_mso_doc_type(copy->mso), mdoc_mso_doc_type(mso)) ||
			mdoc_mso_signed(copy->mso) <= mdoc_mso_signed(mso))
			continue;
		tool_error("%s",
			_("The issuer's answer is older than the record that the token has; nothing was stored."));
		tool_why("%s", _("It was held back on its way, or came again. Let the token renew: mdoc-token renew"));
		return EXIT_STATUS_NO;
	}
	return EXIT_STATUS_OK;
}

/* What was there before, of the same document type: the issuer takes it back once it hears of the new batch. */
static size_t
destroy_former(const struct p11_token *token, const struct copies *copies, const struct batch *batch)
{
	const struct mdoc_bytes type = mdoc_mso_doc_type(mdoc_issuer_signed_mso(batch->records[0]));
	size_t destroyed = 0;

	for (size_t i = 0; i < copies->count; i++) {
		const struct copy *copy = &copies->items[i];

		if (copy->mso == NULL || is_in(batch, copy) || !mdoc_bytes_equal(mdoc_mso_doc_type(copy->mso), type))
			continue;
		destroyed += copy_destroy(token, copy) == CKR_OK ? 1 : 0;
	}
	return destroyed;
}

static enum exit_status
store(const struct p11_token *token, const struct batch *batch, const struct accept_options *options,
	struct accept_result *result)
{
	struct copies copies = { .items = NULL };
	enum exit_status status = copies_load(token, &copies);
	int64_t shown = 0;

	if (status == EXIT_STATUS_OK && !is_stored(&copies, batch)) {
		status = batch_check(token, &copies, batch, options->now);
		if (status == EXIT_STATUS_OK)
			status = check_newest(&copies, batch);
		if (status == EXIT_STATUS_OK)
			status = batch_show(batch, options->json, options->yes, &shown);
		if (status == EXIT_STATUS_OK)
			status = batch_keep(token, &copies, batch, shown);
	}
	if (status == EXIT_STATUS_OK) {
		result->destroyed += destroy_former(token, &copies, batch);
		result->copies += batch->count;
	}
	copies_clear(&copies);
	return status;
}

static void
take_dates(const struct batch *batch, struct accept_result *result)
{
	const struct mdoc_mso *mso = mdoc_issuer_signed_mso(batch->records[0]);
	int64_t update = 0;

	result->valid_until = mdoc_mso_valid_until(mso);
	result->expected_update = mdoc_mso_expected_update(mso, &update) ? update : 0;
}

enum exit_status
accept_response(struct p11_token *token, const json_t *response, const struct accept_options *options,
	struct accept_result *result)
{
	const char *notification = json_string_value(json_object_get(response, "notification_id"));
	struct batch batch = { NULL, NULL, 0 };
	enum exit_status status = batch_from_json(response, _("the issuer's answer"), &batch);

	if (status == EXIT_STATUS_OK)
		status = store(token, &batch, options, result);
	if (status == EXIT_STATUS_OK) {
		take_dates(&batch, result);
		free(result->notification);
		result->notification = notification != NULL ? strdup(notification) : NULL;
	}
	batch_clear(&batch);
	return status;
}

enum exit_status
accept_entry(struct p11_token *token, CK_ULONG id, const struct accept_options *options, struct accept_result *result)
{
	const CK_MDOC_FUNCTION_LIST *vendor = token->p11->vendor;
	json_t *sealed = NULL, *response = NULL;
	CK_ULONG keys = 0;
	CK_RV rv;
	enum exit_status status = get(token, id, &sealed);

	if (status == EXIT_STATUS_OK)
		status = sealed_check(token, sealed, NULL, options->now);
	if (status == EXIT_STATUS_OK)
		status = sealed_open(token, sealed, &response);
	if (status == EXIT_STATUS_OK) {
		rv = vendor->C_MDOC_InboxOpenKeys(token->session, &keys);
		if (rv != CKR_OK)
			status = tool_rv_error(_("the keys of the inbox cannot be opened"), rv);
	}
	if (status == EXIT_STATUS_OK)
		status = accept_response(token, response, options, result);
	json_decref(response);
	json_decref(sealed);
	return status;
}

enum exit_status
accept_done(const struct p11_token *token, CK_ULONG id)
{
	const CK_RV rv = token->p11->vendor->C_MDOC_InboxRemove(token->session, id);

	return rv == CKR_OK ? EXIT_STATUS_OK : tool_rv_error(_("the inbox cannot be emptied"), rv);
}

/* Once: what was ended between two steps is done again. */
static void
add_accepted(json_t *list, const char *notification)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i,
		one) if (json_is_string(one) && strcmp(json_string_value(one), notification) == 0) return;
	(void)json_array_append_new(list, json_string(notification));
}

/* The state of the token's enrolment. False: it has none. */
static bool
open_state(const struct p11_token *token, struct enrolment *enrolment)
{
	char serial[17], *path;
	bool open;

	snprintf(serial, sizeof(serial), "%.16s", (const char *)token->info.serialNumber);
	serial[strcspn(serial, " ")] = '\0';
	path = enrolment_path(serial);
	open = path != NULL && file_exists(path) && enrolment_open(path, true, enrolment) == EXIT_STATUS_OK;
	free(path);
	return open;
}

static enum exit_status
note(struct enrolment *enrolment, int64_t now, const struct accept_result *result)
{
	if (result->notification != NULL)
		add_accepted(json_object_get(enrolment->json, "accepted"), result->notification);
	enrolment_set_number(enrolment, "valid_until", result->valid_until);
	enrolment_set_number(enrolment, "expected_update", result->expected_update);
	enrolment_set_number(enrolment, "next", 0);
	enrolment_note(enrolment, now, "accepted", NULL, NULL);
	return enrolment_save(enrolment);
}

enum exit_status
accept_note(const struct p11_token *token, int64_t now, struct accept_result *result)
{
	struct enrolment enrolment = { .lock = -1 };
	enum exit_status status = EXIT_STATUS_OK;

	if (open_state(token, &enrolment))
		status = note(&enrolment, now, result);
	enrolment_close(&enrolment);
	free(result->notification);
	result->notification = NULL;
	return status;
}

/* Of another type of document the enrolment's issuer knows nothing. */
static bool
is_enrolled_for(const struct enrolment *enrolment, const struct batch *batch)
{
	const char *type = json_string_value(json_object_get(enrolment->json, "configuration"));

	return type != NULL &&
		mdoc_bytes_equal(mdoc_text(type), mdoc_mso_doc_type(mdoc_issuer_signed_mso(batch->records[0])));
}

enum exit_status
accept_imported(const struct p11_token *token, const struct copies *copies, const struct batch *batch,
	const char *notification, int64_t now)
{
	struct accept_result result = { .notification = notification != NULL ? strdup(notification) : NULL };
	struct enrolment enrolment = { .lock = -1 };
	enum exit_status status = EXIT_STATUS_OK;

	if (notification != NULL && result.notification == NULL)
		return tool_no_memory();
	if (open_state(token, &enrolment) && is_enrolled_for(&enrolment, batch)) {
		take_dates(batch, &result);
		(void)destroy_former(token, copies, batch);
		status = note(&enrolment, now, &result);
	}
	enrolment_close(&enrolment);
	free(result.notification);
	return status;
}
