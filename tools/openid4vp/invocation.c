/* invocation.c: the URI that starts a wallet. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/openid4vp/invocation.h"
#include "tools/common/message.h"
#include "tools/common/form.h"
#include <string.h>
#include <strings.h>

static const char *const schemes[] = { "openid4vp:", "haip-vp:" };

bool
vp_invocation_is_uri(const char *text)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncasecmp(text, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

static enum exit_status
invalid(struct vp_problem *problem, const char *what)
{
	return vp_problem_text(problem, EXIT_STATUS_INPUT, VP_INVALID_REQUEST, NULL, what);
}

/* A parameter; empty: it is not there. */
static enum exit_status
get(struct mdoc_bytes query, const char *name, struct mdoc_buf *value, struct vp_problem *problem)
{
	const enum mdoc_result res = form_get(query, name, value);

	if (res == MDOC_OK || res == MDOC_ERR_MISSING)
		return EXIT_STATUS_OK;
	if (res == MDOC_ERR_MEMORY)
		return tool_no_memory();
	return vp_problem(problem, EXIT_STATUS_INPUT, VP_INVALID_REQUEST,
		N_("the parameter %s of the URI stands there twice, or is not encoded as in a URL"), name);
}

static enum exit_status
read_method(struct vp_invocation *invocation, const struct mdoc_buf *method, struct vp_problem *problem)
{
	if (method->len == 0)
		return EXIT_STATUS_OK;
	if (invocation->request_uri.len == 0)
		return invalid(problem, N_("the URI has request_uri_method without request_uri"));
	invocation->post = mdoc_bytes_is_text(mdoc_buf_bytes(method), "post");
	if (invocation->post || mdoc_bytes_is_text(mdoc_buf_bytes(method), "get"))
		return EXIT_STATUS_OK;
	return vp_problem_text(problem, EXIT_STATUS_INPUT, VP_INVALID_URI_METHOD, NULL,
		N_("request_uri_method is neither get nor post"));
}

enum exit_status
vp_invocation_read(const char *uri, struct vp_invocation *invocation, struct vp_problem *problem)
{
	const char *question = strchr(uri, '?');
	struct mdoc_buf method = MDOC_BUF_EMPTY;
	struct mdoc_bytes query;
	enum exit_status status;

	memset(invocation, 0, sizeof(*invocation));
	if (!vp_invocation_is_uri(uri) || question == NULL || strlen(uri) > INVOCATION_MAX)
		return invalid(problem, N_("this is not a URI like openid4vp://?client_id=…&request_uri=…"));
	query = mdoc_bytes_of(question + 1, strcspn(question + 1, "#"));
	status = get(query, "client_id", &invocation->client_id, problem);
	if (status == EXIT_STATUS_OK)
		status = get(query, "request", &invocation->request, problem);
	if (status == EXIT_STATUS_OK)
		status = get(query, "request_uri", &invocation->request_uri, problem);
	if (status == EXIT_STATUS_OK)
		status = get(query, "request_uri_method", &method, problem);
	if (status != EXIT_STATUS_OK)
		goto out;
	if (invocation->client_id.len == 0)
		status = invalid(problem, N_("the URI has no client_id"));
	else if (invocation->request.len > 0 && invocation->request_uri.len > 0)
		status = invalid(problem, N_("the URI has both request and request_uri"));
	else if (invocation->request.len == 0 && invocation->request_uri.len == 0)
		status = invalid(problem, N_("the request is not signed: the URI has neither request nor request_uri"));
	else
		status = read_method(invocation, &method, problem);
out:
	mdoc_buf_clear(&method);
	return status;
}

void
vp_invocation_clear(struct vp_invocation *invocation)
{
	mdoc_buf_clear(&invocation->client_id);
	mdoc_buf_clear(&invocation->request);
	mdoc_buf_clear(&invocation->request_uri);
}

void
vp_invocation_put(struct mdoc_buf *out, const char *scheme, const char *client_id, const char *request_uri, bool post)
{
	struct mdoc_buf query = MDOC_BUF_EMPTY;

	form_put(&query, "client_id", mdoc_text(client_id));
	form_put(&query, "request_uri", mdoc_text(request_uri));
	if (post)
		form_put(&query, "request_uri_method", mdoc_text("post"));
	mdoc_buf_append(out, mdoc_text(scheme));
	mdoc_buf_append(out, mdoc_text("://?"));
	mdoc_buf_append(out, mdoc_buf_bytes(&query));
	if (query.err != MDOC_OK)
		out->err = query.err;
	mdoc_buf_clear(&query);
}
