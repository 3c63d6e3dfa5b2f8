/* html_result.c: the page of a verdict: conclusion, reasons, attributes, checks. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/message.h"
#include "tools/common/value.h"
#include "tools/reader/html.h"
#include "tools/reader/html_value.h"
#include "tools/reader/labels.h"

#define DRAWN \
	"<svg viewBox=\"0 0 48 48\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"4\" aria-hidden=\"true\">"

/* A circle, a triangle and a full octagon. */
static const char passed_icon[] = DRAWN "<circle cx=\"24\" cy=\"24\" r=\"21\"/><path d=\"M14 25l7 7 13-16\"/></svg>";
static const char doubt_icon[] = DRAWN "<path d=\"M24 5L45 42H3z\"/><path d=\"M24 18v12M24 33v5\"/></svg>";
static const char failed_icon[] =
	DRAWN "<path class=\"fill\" fill=\"currentColor\" d=\"M15 3h18l12 12v18L33 45H15L3 33V15z\"/>"
	      "<path stroke=\"#fff\" d=\"M16 16l16 16M32 16L16 32\"/></svg>";
/* The same on a dark ground. */
static const char refused_icon[] = DRAWN "<path d=\"M15 3h18l12 12v18L33 45H15L3 33V15z\"/><path stroke-width=\"5\" "
					 "d=\"M15 15l18 18M33 15L15 33\"/></svg>";
static const char line_icon[] = DRAWN "<path d=\"M10 24h28\"/></svg>";

static const struct {
	const char *class, *icon, *title, *other, *text;
} conclusions[] = {
	/* The second title is in the other language of the two that this program knows. */
	[RESULT_VERIFIED] = { "verified", passed_icon, N_("Verified"), N_("検証済み"),
		N_("The record is genuine and valid, and was presented for this request.") },
	[RESULT_UNDETERMINED] = { "undetermined", doubt_icon, N_("Revocation undetermined"), N_("失効未確認"),
		N_("Everything else is verified, but whether the record has been revoked could not be found out.") },
	[RESULT_NOT_VERIFIED] = { "failed", refused_icon, N_("NOT VERIFIED"), N_("検証失敗"),
		N_("Do not rely on this presentation. What it says is not shown, because it may be false.") },
};

static const struct {
	const char *class, *icon;
} outcomes[] = {
	[MDOC_PASSED] = { "good", passed_icon },
	[MDOC_FAILED] = { "bad", failed_icon },
	[MDOC_NOT_DONE] = { "quiet", line_icon },
	[MDOC_NOT_APPLICABLE] = { "quiet", line_icon },
	[MDOC_WARNING] = { "doubt", doubt_icon },
};

/* <tag class="…">text</tag>, the text translated already. */
static void
put_element(struct mdoc_buf *out, const char *open, const char *text, const char *close)
{
	html_put(out, open);
	html_text(out, mdoc_text(text));
	html_put(out, close);
}

static void
put_conclusion(struct mdoc_buf *out, enum result_conclusion conclusion)
{
	html_put(out, "<section class=\"conclusion ");
	html_put(out, conclusions[conclusion].class);
	html_put(out, "\" role=\"status\">");
	html_put(out, conclusions[conclusion].icon);
	put_element(out, "<div><strong>", _(conclusions[conclusion].title), "</strong>");
	put_element(out, "<span class=\"other\">", _(conclusions[conclusion].other), "</span>");
	put_element(out, "<p>", _(conclusions[conclusion].text), "</p></div></section>\n");
}

/* Why a check did not pass: what is wrong, what should have been there, and where. */
static void
put_reason(struct mdoc_buf *out, const struct mdoc_check_row *row)
{
	const struct mdoc_error *error = &row->error;
	char place[48] = "";

	if (error->code == MDOC_OK)
		return;
	put_element(out, "<span class=\"reason\">", message_mdoc(error->code), "");
	if (error->expected[0] != '\0') {
		html_put(out, " — ");
		put_element(out, "", _("expected:"), " <span lang=\"en\">");
		html_foreign(out, mdoc_text(error->expected), HTML_VALUE_MAX);
		html_put(out, "</span>");
	}
	html_put(out, "</span><code>");
	html_put(out, mdoc_result_name(error->code));
	if (error->offset != SIZE_MAX) {
		snprintf(place, sizeof(place), _("at byte %zu"), error->offset);
		put_element(out, " · ", place, "");
	}
	if (error->path[0] != '\0') {
		html_put(out, " · ");
		html_foreign(out, mdoc_text(error->path), HTML_VALUE_MAX);
	}
	html_put(out, "</code>");
}

static void
put_document_number(struct mdoc_buf *out, size_t document)
{
	char text[48];

	snprintf(text, sizeof(text), _("Document %zu"), document + 1);
	html_text(out, mdoc_text(text));
}

/* Each failed check, for who reads no further. */
static void
put_why_not(struct mdoc_buf *out, const struct reader_result *result)
{
	const size_t documents = mdoc_verdict_documents(result->verdict);
	struct mdoc_check_row row;

	put_element(out, "<section class=\"why\"><h2>", _("Why not"), "</h2><ul>\n");
	for (size_t i = 0; mdoc_verdict_row(result->verdict, i, &row); i++) {
		if (row.outcome != MDOC_FAILED)
			continue;
		html_put(out, "<li>");
		if (row.document != SIZE_MAX && documents > 1) {
			put_document_number(out, row.document);
			html_put(out, ": ");
		}
		put_element(out, "", _("It does not hold that:"), " ");
		put_element(out, "<b>", result_sentence(row.check), "</b>");
		put_reason(out, &row);
		html_put(out, "</li>\n");
	}
	html_put(out, "</ul></section>\n");
}

static void
put_row(struct mdoc_buf *out, const struct mdoc_check_row *row)
{
	html_put(out, "<tr class=\"");
	html_put(out, outcomes[row->outcome].class);
	html_put(out, "\"><td class=\"outcome\">");
	html_put(out, outcomes[row->outcome].icon);
	put_element(out, "", result_outcome(row->outcome), "</td><td>");
	html_text(out, mdoc_text(result_sentence(row->check)));
	put_reason(out, row);
	html_put(out, "</td><td><code>");
	for (const char *c = mdoc_check_name(row->check); *c != '\0'; c++) {
		mdoc_buf_append(out, mdoc_bytes_of(c, 1));
		if (*c == '_')
			html_put(out, "<wbr>"); /* where a narrow screen may break it */
	}
	html_put(out, "</code></td></tr>\n");
}

/* The checks of one document, or of the response as a whole (SIZE_MAX). */
static void
put_checks(struct mdoc_buf *out, const struct reader_result *result, size_t document)
{
	struct mdoc_check_row row;

	html_put(out, "<h3>");
	if (document == SIZE_MAX)
		html_text(out, mdoc_text(_("The response as a whole")));
	else
		put_document_number(out, document);
	put_element(out, "</h3>\n<table class=\"checks\"><thead><tr><th scope=\"col\">", _("Result"), "</th>");
	put_element(out, "<th scope=\"col\">", _("What was checked"), "</th>");
	put_element(out, "<th scope=\"col\">", _("Check"), "</th></tr></thead><tbody>\n");
	for (size_t i = 0; mdoc_verdict_row(result->verdict, i, &row); i++)
		if (row.document == document)
			put_row(out, &row);
	html_put(out, "</tbody></table>\n");
}

static void
put_fact(struct mdoc_buf *out, const char *label, const char *value)
{
	put_element(out, "<tr><th scope=\"row\">", label, "</th><td>");
	html_foreign(out, mdoc_text(value), HTML_VALUE_MAX);
	html_put(out, "</td></tr>\n");
}

/* Who vouches for a document, and how long. */
static void
put_frame(struct mdoc_buf *out, const struct reader_result *result, const struct mdoc_document *document, size_t index)
{
	const struct mdoc_mso *mso = mdoc_issuer_signed_mso(mdoc_document_issuer_signed(document));
	char *issuer = result_issuer(result, index), from[32], until[32];

	time_print_jst(mdoc_mso_valid_from(mso), from);
	time_print_jst(mdoc_mso_valid_until(mso), until);
	put_fact(out, _("Issued by"), issuer != NULL ? issuer : _("unknown"));
	put_fact(out, _("Valid from"), from);
	put_fact(out, _("Valid until"), until);
	free(issuer);
}

static void
put_document(struct mdoc_buf *out, const struct reader_result *result, const struct mdoc_document *document,
	size_t index)
{
	const struct mdoc_issuer_signed *record = mdoc_document_issuer_signed(document);
	const struct mdoc_bytes doc_type = mdoc_document_doc_type(document);
	const struct mdoc_item *portrait = html_portrait(record);
	const char *name = label_document(doc_type);

	put_element(out, "<section><h2>", name != NULL ? name : _("Document"), " <code>");
	html_foreign(out, doc_type, HTML_VALUE_MAX);
	html_put(out, "</code></h2>\n");
	if (result_conclusion(result) == RESULT_UNDETERMINED)
		put_element(out, "<p class=\"note\">", _("Whether this record has been revoked is not known."),
			"</p>\n");
	html_put(out, portrait != NULL ? "<div class=\"facts pictured\">\n" : "<div class=\"facts\">\n");
	if (portrait != NULL)
		html_put_portrait(out, portrait);
	html_put(out, "<table><tbody>\n");
	html_put_record(out, record, portrait);
	put_frame(out, result, document, index);
	html_put(out, "</tbody></table></div>\n");
	html_put_device_signed(out, mdoc_document_device_signed(document));
	html_put(out, "</section>\n");
}

static void
put_documents(struct mdoc_buf *out, const struct reader_result *result)
{
	const struct mdoc_response *response = mdoc_verdict_response(result->verdict);

	for (size_t i = 0; response != NULL && i < mdoc_verdict_documents(result->verdict); i++)
		put_document(out, result, mdoc_response_document(response, i), i);
}

static void
put_footer(struct mdoc_buf *out, const struct reader_result *result)
{
	char when[32];

	html_put(out, "<footer>");
	if (result->now != 0) {
		time_print_jst(result->now, when);
		put_element(out, "", _("Checked as of"), " ");
		put_element(out, "", when, " · ");
	}
	put_element(out, "", PACKAGE_NAME " " PACKAGE_VERSION, "</footer>\n");
}

enum exit_status
result_html(const struct reader_result *result, const struct html_options *options, struct mdoc_buf *out)
{
	const enum result_conclusion conclusion = result_conclusion(result);
	const char *title = options->title != NULL ? options->title : _("Result of the verification");

	if (!options->fragment)
		html_head(out, title, 0);
	put_element(out, "<h1>", title, "</h1>\n");
	put_conclusion(out, conclusion);
	if (conclusion == RESULT_NOT_VERIFIED)
		put_why_not(out, result);
	else
		put_documents(out, result);
	put_element(out, "<section><h2>", _("Each check"), "</h2>\n");
	put_checks(out, result, SIZE_MAX);
	for (size_t i = 0; i < mdoc_verdict_documents(result->verdict); i++)
		put_checks(out, result, i);
	html_put(out, "</section>\n");
	if (options->back != NULL) {
		put_element(out, "<p class=\"noprint\"><a class=\"button second\" href=\"", options->back, "\">");
		put_element(out, "", _("Back"), "</a></p>\n");
	}
	put_footer(out, result);
	if (!options->fragment)
		html_foot(out);
	return out->err == MDOC_OK ? EXIT_STATUS_OK : tool_no_memory();
}
