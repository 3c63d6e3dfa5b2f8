/*
 * serve_page.c: the pages. One stands for one transaction and is for the browser alone that began it: the cookie is made
 * anew for each, so that nobody can prepare one for somebody else.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/message.h"
#include "tools/common/qr.h"
#include "tools/common/value.h"
#include "tools/common/form.h"
#include "tools/reader/html.h"
#include "tools/reader/serve.h"

#define REFRESH_WAITING 10 /* seconds; where scripts run they are faster */
#define REFRESH_JUDGING 2
#define COOKIE_ROOM 64

/* Asks again and again for the state, which answers when there is another one, then loads the page. */
static const char script[] =
	"\"use strict\";\n"
	"(function () {\n"
	"\tconst own = document.currentScript.dataset;\n"
	"\tasync function wait() {\n"
	"\t\tfor (;;) {\n"
	"\t\t\ttry {\n"
	"\t\t\t\tconst answer = await fetch(own.url + \"?seen=\" + own.seen, { cache: \"no-store\" });\n"
	"\t\t\t\tif (answer.status !== 200 || (await answer.json()).state !== own.seen)\n"
	"\t\t\t\t\tbreak;\n"
	"\t\t\t} catch (error) {\n"
	"\t\t\t\tawait new Promise((go) => setTimeout(go, 3000));\n"
	"\t\t\t}\n"
	"\t\t}\n"
	"\t\tlocation.replace(location.pathname);\n"
	"\t}\n"
	"\twait();\n"
	"}());\n";

void
serve_page_script(struct web_reply *reply)
{
	reply->status = 200;
	reply->type = "text/javascript; charset=utf-8";
	mdoc_buf_append(&reply->body, mdoc_text(script));
}

static void
begin_page(struct web_reply *reply, unsigned status, const char *title, unsigned refresh)
{
	reply->status = status;
	reply->type = "text/html; charset=utf-8";
	html_head_served(&reply->body, title, refresh);
}

static void
element(struct web_reply *reply, const char *tag, const char *text)
{
	html_put(&reply->body, "<");
	html_put(&reply->body, tag);
	html_put(&reply->body, ">");
	html_text(&reply->body, mdoc_text(text));
	html_put(&reply->body, "</");
	html_put(&reply->body, tag);
	html_put(&reply->body, ">\n");
}

void
serve_page_message(struct serve *serve, struct web_reply *reply, unsigned status, const char *what)
{
	(void)serve;
	begin_page(reply, status, _("Verification of a record"), 0);
	element(reply, "h1", _("Verification of a record"));
	element(reply, "p", what);
	html_put(&reply->body, "<p><a href=\"/\">");
	html_text(&reply->body, mdoc_text(_("Start again")));
	html_put(&reply->body, "</a></p>\n");
	html_foot(&reply->body);
}

/* ---- What is asked for ---- */

static void
asked_row(struct mdoc_buf *out, const struct mdoc_asked *asked)
{
	char room[32];
	const char *label = element_label(asked->ns, asked->element, room);

	html_put(out, "<tr><th scope=\"row\">");
	if (label != NULL)
		html_text(out, mdoc_text(label));
	else
		html_foreign(out, asked->element, HTML_VALUE_MAX);
	html_put(out, "</th><td><code>");
	html_foreign(out, asked->element, HTML_VALUE_MAX);
	html_put(out, "</code></td><td>");
	html_text(out, mdoc_text(asked->intent_to_retain ? _("will be kept") : _("will not be kept")));
	html_put(out, "</td></tr>\n");
}

static void
put_asked(const struct serve *serve, struct web_reply *reply)
{
	size_t count = 0;
	const struct mdoc_ask *docs = asking_docs(serve->asking, &count);
	const char *basis = asking_legal_basis(serve->asking);

	element(reply, "h2", _("What is asked for"));
	for (size_t i = 0; i < count; i++) {
		html_put(&reply->body, "<table><caption><code>");
		html_foreign(&reply->body, docs[i].doc_type, HTML_VALUE_MAX);
		html_put(&reply->body, "</code></caption>\n");
		for (size_t j = 0; j < docs[i].count; j++)
			asked_row(&reply->body, &docs[i].asked[j]);
		html_put(&reply->body, "</table>\n");
	}
	if (basis != NULL) {
		html_put(&reply->body, "<p>");
		html_text(&reply->body, mdoc_text(_("Legal basis for the Individual Number: ")));
		html_foreign(&reply->body, mdoc_text(basis), HTML_VALUE_MAX);
		html_put(&reply->body, "</p>\n");
	}
}

static void
put_button(struct web_reply *reply, const char *flow, const char *text)
{
	html_put(&reply->body, "<button class=\"button\" name=\"flow\" value=\"");
	html_put(&reply->body, flow);
	html_put(&reply->body, "\">");
	html_text(&reply->body, mdoc_text(text));
	html_put(&reply->body, "</button>\n");
}

void
serve_page_start(struct serve *serve, struct web_request *request, struct web_reply *reply)
{
	(void)request;
	begin_page(reply, 200, _("Verification of a record"), 0);
	element(reply, "h1", _("Verification of a record"));
	put_asked(serve, reply);
	html_put(&reply->body, "<form method=\"post\" action=\"/start\">\n");
	put_button(reply, "cross_device", _("Show a QR code for a wallet on another device"));
	put_button(reply, "same_device", _("Open a wallet on this device"));
	html_put(&reply->body, "</form>\n");
	html_foot(&reply->body);
}

/* ---- A transaction's page ---- */

/* The prefix makes browsers refuse a cookie of that name which was not set over TLS. */
static const char *
cookie_name(const struct serve *serve)
{
	return serve->https ? "__Secure-mdoc" : "mdoc";
}

void
serve_page_begin(struct serve *serve, struct web_request *request, struct web_reply *reply)
{
	struct mdoc_buf flow = MDOC_BUF_EMPTY;
	struct serve_transaction *transaction;
	char *path = NULL;
	unsigned refused;

	if (!web_is_form(request) || form_get(mdoc_buf_bytes(&request->body), "flow", &flow) != MDOC_OK) {
		serve_page_message(serve, reply, 400, _("This is not what the page sends."));
		goto out;
	}
	refused = serve_begin(serve, &request->peer, &transaction);
	if (refused != 0) {
		serve_page_message(serve, reply, refused,
			_("There are too many transactions just now. Try again later."));
		reply->retry_after = 10;
		goto out;
	}
	transaction->same_device = mdoc_bytes_is_text(mdoc_buf_bytes(&flow), "same_device");
	if (asprintf(&path, "/t/%s", transaction->id) < 0)
		path = NULL;
	if (asprintf(&reply->cookie, "%s=%s; Path=/t/%s; Max-Age=%lu; HttpOnly; SameSite=Lax%s", cookie_name(serve),
		    transaction->secret, transaction->id, serve->options->life.value + serve->options->show.value,
		    serve->https ? "; Secure" : "") < 0)
		reply->cookie = NULL;
	serve_reply_see_other(reply, path);
	serve_say(serve, transaction, "%s", _("begun by a browser"));
out:
	mdoc_buf_clear(&flow);
}

struct serve_transaction *
serve_page_owner(struct serve *serve, const char *id, const struct web_request *request)
{
	struct serve_transaction *transaction = serve_by_id(serve, id);
	char secret[COOKIE_ROOM];

	if (transaction == NULL || transaction->api ||
		!web_cookie(request, cookie_name(serve), secret, sizeof(secret)) ||
		!serve_same(transaction->secret, secret))
		return NULL;
	return transaction;
}

static void
put_script(const struct serve_transaction *transaction, struct web_reply *reply)
{
	html_put(&reply->body, "<script src=\"/wait.js\" defer data-url=\"/t/");
	html_put(&reply->body, transaction->id);
	html_put(&reply->body, "/wait\" data-seen=\"");
	html_put(&reply->body, serve_state_name(transaction->state));
	html_put(&reply->body, "\"></script>\n");
}

static void
put_invitation(const struct serve *serve, const struct serve_transaction *transaction, struct web_reply *reply)
{
	char *uri = serve_wallet_uri(serve, transaction);

	if (uri == NULL) {
		reply->body.err = MDOC_ERR_MEMORY;
		return;
	}
	if (transaction->same_device) {
		html_put(&reply->body, "<p><a class=\"button\" id=\"wallet\" href=\"");
		html_text(&reply->body, mdoc_text(uri));
		html_put(&reply->body, "\">");
		html_text(&reply->body, mdoc_text(_("Open the wallet")));
		html_put(&reply->body, "</a></p>\n");
	} else {
		element(reply, "p",
			_("Scan this code with your wallet. It is for you alone: whoever answers it shows the "
			  "answer to this browser."));
		html_put(&reply->body, "<div class=\"qr\">");
		if (qr_svg(uri, _("QR code for the wallet"), &reply->body) != EXIT_STATUS_OK)
			element(reply, "p", _("The QR code would be too large."));
		html_put(&reply->body, "</div>\n");
	}
	html_put(&reply->body, "<details><summary>");
	html_text(&reply->body, mdoc_text(_("The same as text")));
	html_put(&reply->body, "</summary><p><code id=\"uri\">");
	html_text(&reply->body, mdoc_text(uri));
	html_put(&reply->body, "</code></p></details>\n");
	free(uri);
}

static void
waiting_page(const struct serve *serve, const struct serve_transaction *transaction, struct web_reply *reply)
{
	static const char *const said[SERVE_STATES] = {
		[SERVE_WAITING] = N_("Waiting for your wallet."),
		[SERVE_ASKED] = N_("Your wallet has got the request. Agree or refuse there."),
		[SERVE_JUDGING] = N_("Your wallet has answered. The answer is being checked."),
	};
	const bool final = SERVE_FINAL(transaction->state);

	begin_page(reply, 200, _("Verification of a record"),
		transaction->state == SERVE_JUDGING ? REFRESH_JUDGING : REFRESH_WAITING);
	element(reply, "h1", _("Verification of a record"));
	html_put(&reply->body, "<p role=\"status\">");
	html_text(&reply->body,
		mdoc_text(
			final ? _("Your wallet has answered, and leads you back here.") : _(said[transaction->state])));
	html_put(&reply->body, "</p>\n");
	if (transaction->state == SERVE_WAITING)
		put_invitation(serve, transaction, reply);
	if (!final)
		put_asked(serve, reply);
	put_script(transaction, reply);
	html_foot(&reply->body);
}

static void
result_page(const struct serve *serve, struct serve_transaction *transaction, struct web_reply *reply)
{
	char text[200];
	int64_t left;

	serve_shown(serve, transaction);
	left = (transaction->expires - web_now()) / 1000 + 1;
	begin_page(reply, 200, _("Result of the verification"), left > 0 ? (unsigned)left : 1);
	if (transaction->html.len > 0) {
		mdoc_buf_append(&reply->body, mdoc_buf_bytes(&transaction->html));
	} else {
		element(reply, "h1", _("NOT VERIFIED"));
		element(reply, "p",
			transaction->state == SERVE_REFUSED ? _("The wallet sent no record, but this:")
							    : _("What the wallet sent is no answer:"));
		html_put(&reply->body, "<p id=\"reason\">");
		html_foreign(&reply->body, mdoc_text(transaction->reason), HTML_VALUE_MAX);
		html_put(&reply->body, "</p>\n");
	}
	snprintf(text, sizeof(text), _("This page will be forgotten in %d seconds."), (int)left);
	element(reply, "p", text);
	html_put(&reply->body, "<form method=\"post\" action=\"/t/");
	html_put(&reply->body, transaction->id);
	html_put(&reply->body, "/end\" class=\"noprint\"><button class=\"button second\">");
	html_text(&reply->body, mdoc_text(_("Forget it now")));
	html_put(&reply->body, "</button></form>\n");
	html_foot(&reply->body);
}

/* The holder comes back from the wallet with the code, which nobody else was given. */
static void
come_back(struct serve *serve, struct serve_transaction *transaction, const char *code, struct web_reply *reply)
{
	char *path = NULL;

	if (!transaction->same_device || !serve_same(transaction->code, code)) {
		serve_page_message(serve, reply, 403, _("This is not the way back from your wallet."));
		return;
	}
	transaction->has_returned = true;
	if (asprintf(&path, "/t/%s", transaction->id) < 0)
		path = NULL;
	serve_reply_see_other(reply, path);
	web_wake(serve->web, transaction);
}

void
serve_page_transaction(struct serve *serve, struct serve_transaction *transaction, struct web_request *request,
	struct web_reply *reply)
{
	const char *code = web_query(request, "response_code");

	if (code != NULL)
		come_back(serve, transaction, code, reply);
	else if (SERVE_FINAL(transaction->state) && (!transaction->same_device || transaction->has_returned))
		result_page(serve, transaction, reply);
	else
		waiting_page(serve, transaction, reply);
}

void
serve_page_wait(struct serve *serve, struct serve_transaction *transaction, struct web_request *request,
	struct web_reply *reply)
{
	const char *seen = web_query(request, "seen");
	const char *state = serve_state_name(transaction->state);

	if (transaction->has_returned && SERVE_FINAL(transaction->state))
		state = "returned"; /* this tab may have waited while another one came back */
	if (seen != NULL && strcmp(seen, state) == 0 && !request->woken && !serve->stopping) {
		web_wait(request, transaction, SERVE_WAIT);
		return;
	}
	web_reply_json(reply, 200, json_pack("{s:s}", "state", state));
}

void
serve_page_end(struct serve *serve, struct serve_transaction *transaction, struct web_reply *reply)
{
	serve_end(serve, transaction);
	serve_reply_see_other(reply, strdup("/"));
}
