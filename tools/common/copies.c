/* copies.c: the copies of records that a token holds. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/copies.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include <openssl/sha.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>

/* All data objects of an application. */
static CK_RV
find_data(const struct p11_token *token, const char *application, CK_OBJECT_HANDLE **handles, size_t *count)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	const CK_ATTRIBUTE wanted[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_APPLICATION, (void *)(uintptr_t)application, strlen(application) },
	};

	return p11_find(token, wanted, 2, handles, count);
}

static CK_RV
record_digest(struct mdoc_bytes value, char text[44])
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	size_t len = 0;
	CK_RV rv = CKR_HOST_MEMORY;

	if (EVP_Q_digest(NULL, "SHA256", NULL, value.ptr, value.len, digest, &len) == 1) {
		mdoc_base64url_encode(&out, mdoc_bytes_of(digest, sizeof(digest)));
		if (out.err == MDOC_OK && out.len == 43) {
			memcpy(text, out.ptr, 43);
			text[43] = '\0';
			rv = CKR_OK;
		}
	}
	mdoc_buf_clear(&out);
	return rv;
}

/* ---- Loading ---- */

static CK_RV
load_key(const struct p11_token *token, CK_OBJECT_HANDLE handle, struct copy *copy)
{
	struct mdoc_buf label = MDOC_BUF_EMPTY;
	CK_ULONG state = CKV_MDOC_COPY_UNBOUND;
	CK_RV rv;

	copy->private_key = handle;
	copy->record = CK_INVALID_HANDLE;
	rv = p11_public_key(token, handle, &copy->key);
	if (rv != CKR_OK)
		return rv;
	rv = p11_attribute(token, handle, CKA_ID, &copy->id);
	if (rv != CKR_OK)
		return rv;
	if (token->ours) {
		copy->holder = p11_attribute_bool(token, handle, CKA_MDOC_HOLDER_KEY);
		if (copy->holder && p11_attribute_ulong(token, handle, CKA_MDOC_COPY_STATE, &state) == CKR_OK)
			copy->bound = state != CKV_MDOC_COPY_UNBOUND;
		return CKR_OK;
	}
	if (p11_attribute(token, handle, CKA_LABEL, &label) == CKR_OK)
		copy->holder = mdoc_bytes_is_text(mdoc_buf_bytes(&label), HOLDER_KEY_LABEL);
	mdoc_buf_clear(&label);
	return CKR_OK;
}

static CK_RV
load_keys(const struct p11_token *token, struct copies *copies)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	const CK_ATTRIBUTE wanted = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	CK_RV rv = p11_find(token, &wanted, 1, &handles, &count);

	if (rv == CKR_OK && count > 0) {
		copies->items = calloc(count, sizeof(*copies->items));
		if (copies->items == NULL)
			rv = CKR_HOST_MEMORY;
	}
	for (size_t i = 0; rv == CKR_OK && i < count; i++) {
		struct copy *copy = &copies->items[copies->count];

		/* A key that has gone in the meantime, or of a kind or curve that no record uses, is none of ours. */
		memset(copy, 0, sizeof(*copy));
		if (load_key(token, handles[i], copy) == CKR_OK)
			copies->count++;
		else
			mdoc_buf_clear(&copy->id);
	}
	free(handles);
	return rv;
}

static CK_RV
load_manifests(const struct p11_token *token, struct copies *copies)
{
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	CK_RV rv = find_data(token, MANIFEST_APPLICATION, &handles, &count);

	if (rv == CKR_OK && count > 0) {
		copies->manifests = calloc(count, sizeof(*copies->manifests));
		if (copies->manifests == NULL)
			rv = CKR_HOST_MEMORY;
	}
	for (size_t i = 0; rv == CKR_OK && i < count; i++) {
		struct manifest *manifest = &copies->manifests[copies->manifest_count];
		struct mdoc_buf value = MDOC_BUF_EMPTY;

		if (p11_attribute(token, handles[i], CKA_VALUE, &value) == CKR_OK && value.len > 0)
			manifest->content = json_loadb((const char *)value.ptr, value.len, 0, NULL);
		manifest->object = handles[i];
		copies->manifest_count++;
		mdoc_buf_clear(&value);
	}
	free(handles);
	return rv;
}

static bool
manifest_names(const struct manifest *manifest, const char *digest)
{
	json_t *records = json_object_get(manifest->content, "records");
	json_t *one;
	size_t i;

	json_array_foreach(records, i,
		one) if (json_is_string(one) && strcmp(json_string_value(one), digest) == 0) return true;
	return false;
}

static bool
is_in_a_batch(const struct p11_token *token, const struct copies *copies, struct mdoc_bytes value)
{
	char digest[44];

	if (token->ours)
		return true;
	if (record_digest(value, digest) != CKR_OK)
		return false;
	for (size_t i = 0; i < copies->manifest_count; i++)
		if (manifest_names(&copies->manifests[i], digest))
			return true;
	return false;
}

/* Give the record to the copy of its key; false: it is a stray. */
static bool
attach_record(const struct p11_token *token, struct copies *copies, CK_OBJECT_HANDLE handle, struct mdoc_buf *value)
{
	struct mdoc_issuer_signed *parsed = NULL;
	struct copy *copy = NULL;

	if (!is_in_a_batch(token, copies, mdoc_buf_bytes(value)) ||
		mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(value), &parsed, NULL) != MDOC_OK)
		goto out;
	copy = copies_find(copies, mdoc_mso_device_key(mdoc_issuer_signed_mso(parsed)));
	if (copy == NULL || copy->record != CK_INVALID_HANDLE) {
		copy = NULL;
		goto out;
	}
	copy->record = handle;
	copy->bound = true;
	copy->value = *value;
	copy->parsed = parsed;
	copy->mso = mdoc_issuer_signed_mso(parsed);
	*value = MDOC_BUF_EMPTY;
	parsed = NULL;
out:
	mdoc_issuer_signed_free(parsed);
	return copy != NULL;
}

static CK_RV
load_records(const struct p11_token *token, struct copies *copies)
{
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	CK_RV rv = find_data(token, RECORD_APPLICATION, &handles, &count);

	if (rv == CKR_OK && count > 0) {
		copies->strays = calloc(count, sizeof(*copies->strays));
		if (copies->strays == NULL)
			rv = CKR_HOST_MEMORY;
	}
	for (size_t i = 0; rv == CKR_OK && i < count; i++) {
		struct mdoc_buf value = MDOC_BUF_EMPTY;

		/* Spent by another process between search and read: not an error. */
		if (p11_attribute(token, handles[i], CKA_VALUE, &value) == CKR_OK &&
			!attach_record(token, copies, handles[i], &value))
			copies->strays[copies->stray_count++] = handles[i];
		mdoc_buf_clear(&value);
	}
	free(handles);
	return rv;
}

enum exit_status
copies_load(const struct p11_token *token, struct copies *copies)
{
	CK_RV rv;

	memset(copies, 0, sizeof(*copies));
	rv = load_keys(token, copies);
	if (rv == CKR_OK)
		rv = load_manifests(token, copies);
	if (rv == CKR_OK)
		rv = load_records(token, copies);
	if (rv != CKR_OK)
		return tool_rv_error(_("cannot read what the token holds"), rv);
	return EXIT_STATUS_OK;
}

void
copies_clear(struct copies *copies)
{
	for (size_t i = 0; i < copies->count; i++) {
		mdoc_issuer_signed_free(copies->items[i].parsed);
		mdoc_buf_clear(&copies->items[i].id);
		mdoc_buf_clear(&copies->items[i].value);
	}
	for (size_t i = 0; i < copies->manifest_count; i++)
		json_decref(copies->manifests[i].content);
	free(copies->items);
	free(copies->manifests);
	free(copies->strays);
	memset(copies, 0, sizeof(*copies));
}

struct copy *
copies_find(const struct copies *copies, const struct mdoc_public_key *key)
{
	for (size_t i = 0; i < copies->count; i++)
		if (mdoc_key_equal(&copies->items[i].key, key))
			return &copies->items[i];
	return NULL;
}

const char *
copy_state(const struct copy *copy, int64_t now)
{
	if (!copy->bound || copy->record == CK_INVALID_HANDLE)
		return "unbound";
	if (now > mdoc_mso_valid_until(copy->mso))
		return "expired";
	if (now < mdoc_mso_valid_from(copy->mso))
		return "not-yet-valid";
	return "unused";
}

/* ---- Writing ---- */

static CK_RV
destroy_public_half(const struct p11_token *token, const struct copy *copy)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	const CK_ATTRIBUTE wanted[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, copy->id.ptr, copy->id.len },
	};
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	CK_RV rv = CKR_OK;

	if (copy->id.len > 0)
		rv = p11_find(token, wanted, 2, &handles, &count);
	for (size_t i = 0; rv == CKR_OK && i < count; i++)
		rv = token->p11->list->C_DestroyObject(token->session, handles[i]);
	free(handles);
	return rv;
}

CK_RV
copy_destroy(const struct p11_token *token, const struct copy *copy)
{
	CK_RV rv = token->p11->list->C_DestroyObject(token->session, copy->private_key);

	if (rv != CKR_OK)
		return rv;
	rv = destroy_public_half(token, copy);
	if (rv == CKR_OK && copy->record != CK_INVALID_HANDLE)
		rv = token->p11->list->C_DestroyObject(token->session, copy->record);
	/* Ours ends the whole copy with any of its objects. */
	return rv == CKR_OBJECT_HANDLE_INVALID && token->ours ? CKR_OK : rv;
}

static bool
manifest_is_empty(const struct manifest *manifest, const struct copies *copies)
{
	char digest[44];

	for (size_t i = 0; i < copies->count; i++)
		if (copies->items[i].record != CK_INVALID_HANDLE &&
			record_digest(mdoc_buf_bytes(&copies->items[i].value), digest) == CKR_OK &&
			manifest_names(manifest, digest))
			return false;
	return true;
}

CK_RV
copies_sweep(const struct p11_token *token, const struct copies *copies)
{
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && !token->ours && i < copies->stray_count; i++)
		rv = token->p11->list->C_DestroyObject(token->session, copies->strays[i]);
	for (size_t i = 0; rv == CKR_OK && i < copies->manifest_count; i++)
		if (manifest_is_empty(&copies->manifests[i], copies))
			rv = token->p11->list->C_DestroyObject(token->session, copies->manifests[i].object);
	return rv;
}

static CK_RV
store_data(const struct p11_token *token, const char *application, struct mdoc_bytes label, struct mdoc_bytes value)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE object_template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_APPLICATION, (void *)(uintptr_t)application, strlen(application) },
		{ CKA_LABEL, (void *)(uintptr_t)label.ptr, label.len },
		{ CKA_VALUE, (void *)(uintptr_t)value.ptr, value.len },
	};
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;

	return token->p11->list->C_CreateObject(token->session, object_template,
		sizeof(object_template) / sizeof(object_template[0]), &object);
}

CK_RV
copies_store_record(const struct p11_token *token, struct mdoc_bytes doc_type, struct mdoc_bytes value)
{
	return store_data(token, RECORD_APPLICATION, doc_type, value);
}

CK_RV
copies_store_manifest(const struct p11_token *token, const struct mdoc_bytes *records, size_t count,
	const char *notices_version, int64_t notices_shown)
{
	json_t *digests = json_array();
	json_t *manifest = NULL;
	char *text = NULL;
	CK_RV rv = CKR_OK;

	for (size_t i = 0; rv == CKR_OK && i < count; i++) {
		char digest[44];

		rv = record_digest(records[i], digest);
		if (rv == CKR_OK && json_array_append_new(digests, json_string(digest)) != 0)
			rv = CKR_HOST_MEMORY;
	}
	manifest = json_pack("{s:i, s:{s:s, s:I}, s:O}", "version", 1, "notices", "version", notices_version, "shown",
		(json_int_t)notices_shown, "records", digests);
	text = manifest != NULL ? json_dumps(manifest, JSON_COMPACT) : NULL;
	if (rv == CKR_OK && text == NULL)
		rv = CKR_HOST_MEMORY;
	if (rv == CKR_OK)
		rv = store_data(token, MANIFEST_APPLICATION, mdoc_text("batch"), mdoc_text(text));
	free(text);
	json_decref(manifest);
	json_decref(digests);
	return rv;
}
