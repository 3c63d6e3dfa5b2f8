/* openid4vp.c: mdoc-present openid4vp: a verifier on the web is answered (OpenID4VP 1.0, HAIP 1.0).
 * SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/http.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/trace.h"
#include "tools/common/url.h"
#include "tools/openid4vp/client_id.h"
#include "tools/common/form.h"
#include "tools/openid4vp/invocation.h"
#include "tools/present/plan.h"
#include "tools/present/present.h"

#define FORM_TYPE "application/x-www-form-urlencoded"
#define ANSWER_MAX ((size_t)64 * 1024) /* bytes that a verifier may say to a response */
#define NONCE_BYTES 32

struct openid4vp_args {
	struct presentation_args presentation;
	const char *tls_ca;
	bool plain_http;
	struct option_number timeout;
	struct trace_args trace;
};

/* One authorization request and what comes of it. */
struct exchange {
	const struct openid4vp_args *args;
	struct trace *trace;
	struct vp_invocation invocation;
	char wallet_nonce[64]; /* "": none was sent */
	struct vp_request request;
	struct asker asker;
	struct mdoc_buf transcript;
	bool posted;              /* the verifier has been told how it ended */
	struct mdoc_buf redirect; /* where the verifier wants the holder's browser; empty: nowhere */
};

static struct http_options
http_of(const struct exchange *x, size_t max)
{
	return (struct http_options){ .ca_file = x->args->tls_ca,
		.plain = x->args->plain_http,
		.timeout = x->args->timeout.value,
		.max = max };
}

/* ---- The request ---- */

/* What we can do, for a verifier that adapts to it (10). */
static enum exit_status
put_metadata(struct mdoc_buf *form)
{
	json_t *metadata = json_pack("{s:{s:{}}, s:[s, s], s:[s], s:[s, s], s:[s, s, s, s], s:[s], s:[s, s]}",
		"vp_formats_supported", DCQL_MDOC, "client_id_prefixes_supported", "x509_hash", "x509_san_dns",
		"response_types_supported", "vp_token", "response_modes_supported", "direct_post.jwt", "direct_post",
		"request_object_signing_alg_values_supported", "ES256", "ES384", "ES512", "EdDSA",
		"authorization_encryption_alg_values_supported", "ECDH-ES",
		"authorization_encryption_enc_values_supported", jwe_enc_name(JWE_A256GCM), jwe_enc_name(JWE_A128GCM));
	char *text = metadata != NULL ? json_dumps(metadata, JSON_COMPACT) : NULL;

	json_decref(metadata);
	if (text == NULL)
		return tool_no_memory();
	form_put(form, "wallet_metadata", mdoc_text(text));
	free(text);
	return EXIT_STATUS_OK;
}

static enum exit_status
make_nonce(struct exchange *x)
{
	uint8_t random[NONCE_BYTES];
	struct mdoc_buf text = MDOC_BUF_OVER((uint8_t *)x->wallet_nonce, sizeof(x->wallet_nonce) - 1);

	if (tool_context() == NULL ||
		RAND_bytes_ex(mdoc_context_libctx(tool_context()), random, sizeof(random), 0) != 1) {
		tool_error(_("no random bytes are to be had"));
		return EXIT_STATUS_TROUBLE;
	}
	mdoc_base64url_encode(&text, mdoc_bytes_of(random, sizeof(random)));
	x->wallet_nonce[text.len] = '\0';
	return EXIT_STATUS_OK;
}

static enum exit_status
check_request_answer(const struct http_answer *answer)
{
	if (answer->status != 200) {
		tool_error(_("the verifier does not give its request: HTTP status %ld"), answer->status);
		if (answer->status >= 300 && answer->status < 400)
			tool_why(_("Redirects are not followed."));
		return EXIT_STATUS_NO;
	}
	if (answer->content_type == NULL || strcmp(answer->content_type, VP_REQUEST_MEDIA_TYPE) != 0) {
		tool_error(_("what the verifier gave is not of the type %s"), VP_REQUEST_MEDIA_TYPE);
		return EXIT_STATUS_INPUT;
	}
	return EXIT_STATUS_OK;
}

/* 5.10: with POST and a nonce of ours where the verifier allows it. */
static enum exit_status
fetch_request(struct exchange *x, struct http_answer *answer)
{
	const struct http_options options = http_of(x, VP_REQUEST_MAX);
	const char *uri = (const char *)x->invocation.request_uri.ptr;
	struct mdoc_buf form = MDOC_BUF_EMPTY;
	struct mdoc_bytes body;
	enum exit_status status = EXIT_STATUS_OK;

	if (x->invocation.post) {
		status = put_metadata(&form);
		if (status == EXIT_STATUS_OK)
			status = make_nonce(x);
		if (status == EXIT_STATUS_OK)
			form_put(&form, "wallet_nonce", mdoc_text(x->wallet_nonce));
		if (form.err != MDOC_OK)
			status = tool_no_memory();
	}
	body = mdoc_buf_bytes(&form);
	trace_text(x->trace, ">", "%s %s", x->invocation.post ? "POST" : "GET", uri);
	if (status == EXIT_STATUS_OK)
		status = http_exchange(uri, &options, VP_REQUEST_MEDIA_TYPE, NULL,
			x->invocation.post ? FORM_TYPE : NULL, x->invocation.post ? &body : NULL, answer);
	trace_text(x->trace, "<", "HTTP status %ld, %zu bytes", answer->status, answer->body.len);
	if (status == EXIT_STATUS_OK)
		status = check_request_answer(answer);
	mdoc_buf_clear(&form);
	return status;
}

static enum exit_status
read_request(struct exchange *x)
{
	struct vp_expect expect = { .client_id = (const char *)x->invocation.client_id.ptr,
		.now = clock_now(),
		.plain_http = x->args->plain_http };
	struct mdoc_bytes text = mdoc_buf_bytes(&x->invocation.request);
	struct http_answer answer = { .status = 0 };
	enum exit_status status = client_id_check_prefix(expect.client_id, NULL);

	if (status == EXIT_STATUS_OK && x->invocation.request_uri.len > 0) {
		status = fetch_request(x, &answer);
		text = mdoc_buf_bytes(&answer.body);
		expect.wallet_nonce = x->wallet_nonce[0] != '\0' ? x->wallet_nonce : NULL;
	}
	if (status == EXIT_STATUS_OK)
		status = vp_request_read(tool_context(), text, &expect, &x->request);
	if (x->request.claims != NULL)
		trace_json(x->trace, "<", "authorization request", x->request.claims);
	if (x->request.problem.code != NULL)
		trace_text(x->trace, "=", "%s: %s", x->request.problem.code, x->request.problem.description);
	http_answer_clear(&answer);
	return status;
}

/* ---- The answer ---- */

/* The redirect_uri that the verifier may answer with (8.2). */
static enum exit_status
read_redirect(struct exchange *x, const struct http_answer *answer)
{
	json_t *json = json_loadb((const char *)answer->body.ptr, answer->body.len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *uri = json_object_get(json, "redirect_uri");
	const char *text = json_string_value(uri);

	if (text != NULL && strlen(text) == json_string_length(uri))
		mdoc_buf_append(&x->redirect, mdoc_bytes_of(text, strlen(text) + 1));
	json_decref(json);
	return x->redirect.err == MDOC_OK ? EXIT_STATUS_OK : tool_no_memory();
}

static void
say_refused(const struct http_answer *answer)
{
	json_t *json = json_loadb((const char *)answer->body.ptr, answer->body.len, 0, NULL);
	const char *error = json_string_value(json_object_get(json, "error"));
	const char *description = json_string_value(json_object_get(json, "error_description"));

	tool_error(_("the verifier did not take the response: HTTP status %ld"), answer->status);
	if (answer->status >= 300 && answer->status < 400)
		tool_why(_("Redirects are not followed."));
	for (int i = 0; i < 2; i++) {
		const char *text = i == 0 ? error : description;

		if (text == NULL)
			continue;
		fputs("  ", stderr);
		terminal_text(stderr, text, strlen(text) < 300 ? strlen(text) : 300);
		fputc('\n', stderr);
	}
	json_decref(json);
}

/* POST a form to the response_uri. */
static enum exit_status
post(struct exchange *x, const struct mdoc_buf *form)
{
	const struct http_options options = http_of(x, ANSWER_MAX);
	const struct mdoc_bytes body = mdoc_buf_bytes(form);
	struct http_answer answer;
	enum exit_status status;

	if (form->err != MDOC_OK)
		return tool_no_memory();
	x->posted = true;
	trace_text(x->trace, ">", "POST %s, %zu bytes", x->request.response_uri, body.len);
	status = http_exchange(x->request.response_uri, &options, "application/json", NULL, FORM_TYPE, &body, &answer);
	trace_text(x->trace, "<", "HTTP status %ld, %zu bytes", answer.status, answer.body.len);
	if (status == EXIT_STATUS_OK && answer.status != 200) {
		say_refused(&answer);
		status = EXIT_STATUS_NO;
	}
	if (status == EXIT_STATUS_OK)
		status = read_redirect(x, &answer);
	http_answer_clear(&answer);
	return status;
}

static void
show_redirect(const struct exchange *x, FILE *to)
{
	if (x->redirect.len == 0)
		return;
	fprintf(to, "%s\n", _("Go on in the browser with which you began:"));
	terminal_text(to, (const char *)x->redirect.ptr, strlen((const char *)x->redirect.ptr));
	fputc('\n', to);
}

/* Tell the verifier that there is no answer, if it is the one that it says it is. What it is told is the same whether
 * the holder did not agree or has nothing. */
static void
post_error(struct exchange *x)
{
	const struct vp_problem *problem = &x->request.problem;
	struct mdoc_buf form = MDOC_BUF_EMPTY;

	if (!x->request.genuine || x->posted)
		return;
	form_put(&form, "error", mdoc_text(problem->code != NULL ? problem->code : VP_ACCESS_DENIED));
	form_put(&form, "error_description",
		mdoc_text(problem->code != NULL ? problem->description : "nothing was presented"));
	trace_text(x->trace, ">", "error response: %s", problem->code != NULL ? problem->code : VP_ACCESS_DENIED);
	if (x->request.state != NULL)
		form_put(&form, "state", mdoc_text(x->request.state));
	if (post(x, &form) == EXIT_STATUS_OK) {
		tool_note(_("The verifier has been told that there is no answer."));
		show_redirect(x, stderr);
	}
	mdoc_buf_clear(&form);
}

/* It has what is personal. */
static void
wipe(char *text)
{
	if (text != NULL)
		OPENSSL_cleanse(text, strlen(text));
	free(text);
}

static enum exit_status
put_encrypted(const struct exchange *x, json_t *vp_token, struct mdoc_buf *form)
{
	json_t *payload = json_pack("{s:O, s:s*}", "vp_token", vp_token, "state", x->request.state);
	char *text = payload != NULL ? json_dumps(payload, JSON_COMPACT) : NULL;
	struct mdoc_buf jwe = MDOC_BUF_EMPTY;
	struct mdoc_error error = { .offset = SIZE_MAX, .code = MDOC_ERR_MEMORY };

	json_decref(payload);
	if (text != NULL)
		error.code = jwe_encrypt(tool_context(), mdoc_text(text), x->request.enc, x->request.kid, MDOC_NO_BYTES,
			MDOC_NO_BYTES, &x->request.key, &jwe);
	wipe(text);
	if (error.code == MDOC_OK)
		form_put(form, "response", mdoc_buf_bytes(&jwe));
	mdoc_buf_clear(&jwe);
	return error.code == MDOC_OK ? EXIT_STATUS_OK : tool_mdoc_error(_("the response cannot be encrypted"), &error);
}

static enum exit_status
put_plain(const struct exchange *x, const json_t *vp_token, struct mdoc_buf *form)
{
	char *text = json_dumps(vp_token, JSON_COMPACT);

	if (text == NULL)
		return tool_no_memory();
	form_put(form, "vp_token", mdoc_text(text));
	if (x->request.state != NULL)
		form_put(form, "state", mdoc_text(x->request.state));
	wipe(text);
	return EXIT_STATUS_OK;
}

static enum exit_status
send_response(struct exchange *x, json_t *vp_token)
{
	struct mdoc_buf form = MDOC_BUF_EMPTY;
	enum exit_status status = x->request.mode == VP_DIRECT_POST_JWT ? put_encrypted(x, vp_token, &form)
									: put_plain(x, vp_token, &form);

	if (status == EXIT_STATUS_OK)
		status = post(x, &form);
	mdoc_buf_clear(&form);
	return status;
}

/* ---- The way of it ---- */

/* Who asks: the certificate that signed the request, and where the answer will go. */
static enum exit_status
judge(struct exchange *x, const struct presentation *presentation)
{
	struct url url;
	enum exit_status status = presentation_judge(presentation, mdoc_buf_bytes(&x->request.chain[0]), &x->asker);

	if (status != EXIT_STATUS_OK || !url_parse(x->request.response_uri, &url))
		return status;
	x->asker.client_id = strdup(x->request.client_id);
	x->asker.origin = strdup(url.host);
	return x->asker.client_id != NULL && x->asker.origin != NULL ? EXIT_STATUS_OK : tool_no_memory();
}

static enum exit_status
make_transcript(struct exchange *x)
{
	const struct vp_request *request = &x->request;
	struct mdoc_error error = { .code = MDOC_OK };

	if (vp_transcript(tool_context(), request->client_id, request->nonce, request->response_uri,
		    request->mode == VP_DIRECT_POST_JWT ? request->thumbprint : NULL, &x->transcript,
		    &error) != MDOC_OK)
		return tool_mdoc_error(_("the session transcript cannot be made"), &error);
	trace_message(x->trace, "=", "SessionTranscript", mdoc_buf_bytes(&x->transcript));
	return EXIT_STATUS_OK;
}

static enum exit_status
answer(struct exchange *x, struct presentation *presentation)
{
	json_t *vp_token = json_object();
	struct plan *plan = NULL;
	enum exit_status status = vp_token == NULL ? tool_no_memory() : judge(x, presentation);

	if (status == EXIT_STATUS_OK)
		status = make_transcript(x);
	if (status == EXIT_STATUS_OK)
		status = plan_new(&x->request, mdoc_buf_bytes(&x->transcript), &x->asker, &plan);
	if (status == EXIT_STATUS_OK)
		status = plan_agree(plan, presentation);
	if (status == EXIT_STATUS_OK)
		status = plan_answer(plan, presentation, x->trace, vp_token);
	if (status == EXIT_STATUS_OK)
		status = send_response(x, vp_token);
	plan_free(plan);
	json_decref(vp_token);
	return status;
}

static enum exit_status
say_done(const struct exchange *x, const struct presentation *presentation)
{
	const size_t copies = presentation_copies(presentation);
	const char *redirect = x->redirect.len > 0 ? (const char *)x->redirect.ptr : NULL;
	enum exit_status status;
	json_t *json;

	if (!x->args->presentation.token.common.json) {
		if (copies == 1)
			printf("%s\n", _("The verifier has the response; one copy is used up."));
		else
			printf(_("The verifier has the response; %zu copies are used up.\n"), copies);
		show_redirect(x, stdout);
		return EXIT_STATUS_OK;
	}
	json = presentation_json(presentation);
	if (json == NULL)
		return tool_no_memory();
	json_object_set_new(json, "clientId", json_string(x->request.client_id));
	json_object_set_new(json, "responseUri", json_string(x->request.response_uri));
	json_object_set_new(json, "encryption",
		x->request.mode == VP_DIRECT_POST_JWT ? json_string(jwe_enc_name(x->request.enc)) : json_null());
	json_object_set_new(json, "redirectUri", redirect != NULL ? json_string(redirect) : json_null());
	status = json_print(json);
	json_decref(json);
	return status;
}

static void
clear(struct exchange *x)
{
	vp_invocation_clear(&x->invocation);
	vp_request_clear(&x->request);
	asker_clear(&x->asker);
	mdoc_buf_clear(&x->transcript);
	mdoc_buf_clear(&x->redirect);
}

static enum exit_status
run(const struct command *command, const struct openid4vp_args *args, const char *uri)
{
	FILE *people = args->presentation.token.common.json ? stderr : stdout;
	struct exchange x = { .args = args };
	struct presentation *presentation = NULL;
	enum exit_status status = vp_invocation_read(uri, &x.invocation, NULL);

	if (status == EXIT_STATUS_OK)
		status = trace_open(&args->trace, &x.trace);
	if (status == EXIT_STATUS_OK)
		status = presentation_begin(command, &args->presentation, people, &presentation);
	if (status == EXIT_STATUS_OK)
		status = read_request(&x);
	if (status == EXIT_STATUS_OK)
		status = answer(&x, presentation);
	if (status == EXIT_STATUS_OK)
		status = say_done(&x, presentation);
	else
		post_error(&x);
	presentation_end(presentation);
	trace_close(x.trace);
	clear(&x);
	return status;
}

int
cmd_openid4vp(const struct command *command, int argc, char **argv)
{
	struct openid4vp_args args = { .timeout = { .value = HTTP_TIMEOUT, .min = 1, .max = 600 } };
	struct option_list uris = { .count = 0 };
	const struct option_row rows[] = {
		PRESENTATION_ROWS(args.presentation),
		{ "tls-ca", OPTION_TEXT, &args.tls_ca, N_("FILE"),
			N_("CA certificates for the verifier's web server, instead of the system's"), false },
		{ "plain-http", OPTION_FLAG, &args.plain_http, NULL, N_("allow http to this machine itself, for tests"),
			false },
		{ "timeout", OPTION_NUMBER, &args.timeout, N_("SECONDS"),
			N_("for each exchange with the verifier (30)"), false },
		TRACE_ROWS(args.trace),
		END_ROW,
	};
	enum exit_status status;

	presentation_args_init(&args.presentation);
	status = options_parse(command, rows, &args.presentation.token.common, &uris, argc, argv);
	if (status == EXIT_STATUS_GO_ON)
		status = uris.count == 1 ? run(command, &args, uris.items[0])
					 : options_wrong(command, _("one URI of a request is wanted"));
	option_list_clear(&uris);
	presentation_args_clear(&args.presentation);
	return status;
}
