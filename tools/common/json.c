/* json.c: JSON files over jansson. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/json.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include <openssl/crypto.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>

/* By the size that the allocator knows, so that free() is still good for what json_dumps() gives. */
static void
wipe_and_free(void *block)
{
	if (block != NULL)
		OPENSSL_cleanse(block, malloc_usable_size(block));
	free(block);
}

void
json_wipe_memory(void)
{
	json_set_alloc_funcs(malloc, wipe_and_free);
}

enum exit_status
json_read(const char *path, json_t **object)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	json_error_t error;
	enum exit_status status;

	*object = NULL;
	status = file_read(path, FILE_JSON_MAX, &text);
	if (status == EXIT_STATUS_OK) {
		*object = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
		if (*object == NULL) {
			tool_error(_("%s is not JSON: line %d, column %d: %s"), path, error.line, error.column,
				error.text);
			status = EXIT_STATUS_INPUT;
		} else if (!json_is_object(*object)) {
			tool_error(_("%s is not a JSON object"), path);
			json_decref(*object);
			*object = NULL;
			status = EXIT_STATUS_INPUT;
		}
	}
	mdoc_buf_clear(&text);
	return status;
}

enum exit_status
json_write(const char *path, mode_t mode, const json_t *value)
{
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	char *text = json_dumps(value, JSON_INDENT(2));
	enum exit_status status;

	if (text == NULL)
		return tool_no_memory();
	mdoc_buf_append(&buf, mdoc_text(text));
	mdoc_buf_append(&buf, mdoc_text("\n"));
	status = buf.err == MDOC_OK ? file_write(path, mode, mdoc_buf_bytes(&buf)) : tool_no_memory();
	OPENSSL_cleanse(text, strlen(text));
	free(text);
	mdoc_buf_clear(&buf);
	return status;
}

enum exit_status
json_print(const json_t *value)
{
	return json_write("-", 0600, value);
}

static json_t *
need(const char *name, const char *path, bool right_type, json_t *member)
{
	if (member != NULL && right_type)
		return member;
	if (member == NULL)
		tool_error(_("%s has no member \"%s\""), path, name);
	else
		tool_error(_("%s: the member \"%s\" has another type than expected"), path, name);
	return NULL;
}

const char *
json_need_string(const json_t *object, const char *name, const char *path)
{
	json_t *member = json_object_get(object, name);

	return json_string_value(need(name, path, json_is_string(member), member));
}

json_t *
json_need_array(const json_t *object, const char *name, const char *path)
{
	json_t *member = json_object_get(object, name);

	return need(name, path, json_is_array(member), member);
}

json_t *
json_need_object(const json_t *object, const char *name, const char *path)
{
	json_t *member = json_object_get(object, name);

	return need(name, path, json_is_object(member), member);
}

json_t *
json_base64url(struct mdoc_bytes bytes)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	json_t *string = NULL;

	mdoc_base64url_encode(&text, bytes);
	if (text.err == MDOC_OK)
		string = json_stringn_nocheck(text.len > 0 ? (const char *)text.ptr : "", text.len);
	mdoc_buf_clear(&text);
	return string;
}

json_t *
json_text(struct mdoc_bytes text)
{
	return json_stringn(text.len > 0 ? (const char *)text.ptr : "", text.len);
}
