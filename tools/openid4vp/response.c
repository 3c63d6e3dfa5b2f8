/* response.c: the authorization response. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/openid4vp/response.h"
#include "tools/common/json.h"
#include "tools/common/form.h"
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>

enum mdoc_result
vp_token_add(json_t *vp_token, const char *credential, struct mdoc_bytes device_response)
{
	json_t *list = json_object_get(vp_token, credential);

	if (list == NULL && json_object_set_new(vp_token, credential, json_array()) != 0)
		return MDOC_ERR_MEMORY;
	list = json_object_get(vp_token, credential);
	return json_array_append_new(list, json_base64url(device_response)) == 0 ? MDOC_OK : MDOC_ERR_MEMORY;
}

static enum mdoc_result
read_presentation(struct vp_response *response, const char *credential, const json_t *text)
{
	struct vp_presented *presented = &response->presented[response->count];
	enum mdoc_result res;

	if (!json_is_string(text))
		return MDOC_ERR_TYPE;
	presented->credential = credential;
	presented->device_response = MDOC_BUF_EMPTY;
	response->count++;
	res = mdoc_base64url_decode(mdoc_bytes_of(json_string_value(text), json_string_length(text)),
		&presented->device_response);
	return res == MDOC_ERR_MALFORMED || (res == MDOC_OK && presented->device_response.len == 0) ? MDOC_ERR_VALUE
												    : res;
}

static enum mdoc_result
read_token(struct vp_response *response, json_t *vp_token)
{
	const char *credential;
	json_t *list;
	size_t count = 0;
	enum mdoc_result res = MDOC_OK;

	if (!json_is_object(vp_token) || json_object_size(vp_token) == 0)
		return MDOC_ERR_TYPE;
	json_object_foreach(vp_token, credential, list)
	{
		if (json_array_size(list) == 0)
			return MDOC_ERR_TYPE;
		count += json_array_size(list);
	}
	if (count > VP_PRESENTATIONS_MAX)
		return MDOC_ERR_SIZE;
	response->presented = calloc(count, sizeof(*response->presented));
	if (response->presented == NULL)
		return MDOC_ERR_MEMORY;
	json_object_foreach(vp_token, credential, list)
	{
		for (size_t i = 0; i < json_array_size(list) && res == MDOC_OK; i++)
			res = read_presentation(response, credential, json_array_get(list, i));
	}
	return res;
}

static enum mdoc_result
get_text(const struct vp_response *response, const char *name, const char **text)
{
	const json_t *member = json_object_get(response->json, name);

	*text = json_string_value(member);
	return member == NULL || json_is_string(member) ? MDOC_OK : MDOC_ERR_TYPE;
}

static enum mdoc_result
read_members(struct vp_response *response)
{
	json_t *vp_token = json_object_get(response->json, "vp_token");
	enum mdoc_result res = get_text(response, "state", &response->state);

	if (res == MDOC_OK)
		res = get_text(response, "error", &response->error);
	if (res == MDOC_OK)
		res = get_text(response, "error_description", &response->error_description);
	if (res != MDOC_OK || response->error != NULL)
		return res;
	return vp_token != NULL ? read_token(response, vp_token) : MDOC_ERR_MISSING;
}

enum mdoc_result
vp_response_read(struct mdoc_bytes text, struct vp_response *response)
{
	memset(response, 0, sizeof(*response));
	response->json = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
	return json_is_object(response->json) ? read_members(response) : MDOC_ERR_MALFORMED;
}

enum mdoc_result
vp_response_read_form(struct mdoc_bytes form, struct vp_response *response)
{
	static const char *const names[] = { "state", "error", "error_description", "vp_token" };
	enum mdoc_result res = MDOC_OK;

	memset(response, 0, sizeof(*response));
	response->json = json_object();
	if (response->json == NULL)
		return MDOC_ERR_MEMORY;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && res == MDOC_OK; i++) {
		struct mdoc_buf value = MDOC_BUF_EMPTY;
		json_t *member = NULL;

		res = form_get(form, names[i], &value);
		if (res == MDOC_OK) {
			member = i < 3 ? json_text(mdoc_buf_bytes(&value))
				       : json_loadb((const char *)value.ptr, value.len, JSON_REJECT_DUPLICATES, NULL);
			if (member == NULL || json_object_set_new(response->json, names[i], member) != 0)
				res = MDOC_ERR_MALFORMED;
		}
		if (res == MDOC_ERR_MISSING)
			res = MDOC_OK;
		mdoc_buf_clear(&value);
	}
	return res == MDOC_OK ? read_members(response) : res;
}

void
vp_response_clear(struct vp_response *response)
{
	for (size_t i = 0; i < response->count; i++)
		mdoc_buf_clear(&response->presented[i].device_response);
	free(response->presented);
	json_decref(response->json);
	memset(response, 0, sizeof(*response));
}
