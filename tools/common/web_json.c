/* web_json.c: answers in JSON. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/web.h"

void
web_reply_json(struct web_reply *reply, unsigned status, json_t *json)
{
	char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;

	reply->status = text != NULL ? status : 500;
	reply->type = "application/json";
	mdoc_buf_append(&reply->body, mdoc_text(text != NULL ? text : "{}"));
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
	json_decref(json);
}

void
web_reply_error(struct web_reply *reply, unsigned status, const char *code, const char *text)
{
	web_reply_json(reply, status, json_pack("{s:s, s:s*}", "error", code, "error_description", text));
}
