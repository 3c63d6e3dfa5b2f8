/* html.c: pages for people: text from outside, head, style and foot. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/reader/html.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"

/*
 * One sheet for all pages. Conclusions differ in words, in shape and in the line around them, so that they cannot be
 * taken for each other without colour or on a bad printer.
 */
static const char style[] =
	":root{color-scheme:light}"
	"*{box-sizing:border-box}"
	"body{margin:0;padding:2.5rem 1rem;background:#f1f1ee;color:#1a1a1a;line-height:1.65;"
	"font-family:system-ui,-apple-system,\"Segoe UI\",\"Hiragino Sans\",\"Hiragino Kaku Gothic ProN\","
	"\"Yu Gothic UI\",\"Noto Sans JP\",\"Noto Sans CJK JP\",Meiryo,sans-serif;"
	"-webkit-print-color-adjust:exact;print-color-adjust:exact}"
	"main{max-width:52rem;margin:0 auto;padding:2.75rem 3.25rem;background:#fff;border:1px solid #c9c9c4}"
	"h1{margin:0 0 1.75rem;padding:0 0 .9rem;border-bottom:1px solid #1a1a1a;font-size:1.05rem;font-weight:600;"
	"letter-spacing:.06em}"
	"h2{margin:2.75rem 0 .9rem;font-size:1.05rem;font-weight:600;letter-spacing:.03em}"
	"h3{margin:1.6rem 0 .5rem;font-size:.9rem;font-weight:600;color:#444}"
	"p{margin:.6rem 0}a{color:#153e75}"
	"code{font-family:ui-monospace,\"SFMono-Regular\",Menlo,Consolas,\"Noto Sans Mono\",monospace;font-size:.76rem;"
	"color:#555;overflow-wrap:anywhere}"
	".conclusion{display:flex;gap:1.6rem;align-items:center;padding:1.6rem 1.8rem;break-inside:avoid}"
	".conclusion svg{flex:none;width:5rem;height:5rem}"
	".conclusion strong{display:block;font-size:2rem;line-height:1.25;letter-spacing:.04em}"
	".conclusion .other{display:block;font-size:.85rem;font-weight:600;letter-spacing:.08em}"
	".conclusion p{margin:.5rem 0 0}"
	".verified{border:3px solid #0b5d36;background:#f1f7f3;color:#0b3d25}"
	".undetermined{border:3px dashed #6b4300;background:#fcf6e9;color:#4a2f00}"
	".failed{border:10px solid #7d1010;background:#7d1010;color:#fff}"
	".why{margin:1.4rem 0 0;padding:.2rem 1.4rem 1rem;border:1px solid "
	"#7d1010;border-left-width:10px;break-inside:avoid}"
	".why h2{margin:1rem 0 .4rem;font-size:.95rem}.why ul{margin:0;padding-left:1.2rem}.why li{margin:.35rem 0}"
	".note{margin:1.2rem 0 0;padding:.8rem 1.2rem;border-left:4px double #6b4300;background:#fcf6e9}"
	".facts{display:grid;grid-template-columns:minmax(0,1fr);gap:1.6rem;margin-top:1rem}"
	".facts.pictured{grid-template-columns:9.5rem minmax(0,1fr)}"
	"figure{margin:0}figure img{display:block;width:9.5rem;height:12.2rem;object-fit:contain;background:#f4f4f2;"
	"border:1px solid "
	"#8a8a85}figcaption{width:9.5rem;margin-top:.35rem;font-size:.8rem;color:#444;text-align:center}"
	"table{width:100%;border-collapse:collapse;font-size:.92rem}"
	"th,td{padding:.55rem .7rem .55rem 0;border-top:1px solid #d9d9d4;text-align:left;vertical-align:top;"
	"overflow-wrap:anywhere}tr:last-child>*{border-bottom:1px solid #d9d9d4}tr{break-inside:avoid}"
	"th{font-weight:600}thead th{font-size:.8rem;color:#444;border-top:0}"
	".facts th{width:14rem}.facts td{font-size:1.05rem}th code{display:block;font-weight:400}"
	"th small{margin-left:.35rem;font-size:.8rem;font-weight:400;color:#444}h2 code{font-weight:400}"
	".said{border:2px dotted #8a8a85;padding:.2rem 1.2rem 1.2rem;margin-top:2rem;break-inside:avoid}"
	".said h3{margin-top:1rem}"
	".checks{font-size:.86rem;table-layout:fixed}.checks th:first-child{width:8.2rem}.checks "
	"th:last-child{width:12rem}"
	".checks .outcome{white-space:nowrap;font-weight:600}"
	".checks svg{width:1.05rem;height:1.05rem;margin-right:.5rem;vertical-align:-.18rem}"
	".checks code{display:block}.reason{display:block;margin-top:.15rem}"
	"tr.bad td{border-top:2px solid #7d1010;border-bottom:2px solid #7d1010;background:#fbf0f0}"
	"tr.bad .outcome{color:#7d1010}tr.quiet td{color:#666}tr.quiet .outcome{font-weight:400}"
	"footer{margin-top:2.75rem;padding-top:.9rem;border-top:1px solid #d9d9d4;font-size:.78rem;color:#555}"
	".center{text-align:center}.qr{margin:1.6rem auto;max-width:21rem}.qr svg{display:block;width:100%;height:auto}"
	".button{display:inline-block;padding:.75rem 1.8rem;border:2px solid "
	"#153e75;border-radius:.3rem;background:#153e75;"
	"color:#fff;font:inherit;font-weight:600;text-decoration:none;cursor:pointer}"
	".button.second{background:#fff;color:#153e75}"
	"a:focus-visible,.button:focus-visible{outline:3px solid #1a1a1a;outline-offset:2px}"
	"@media(max-width:40rem){body{padding:0}main{border:0;padding:1.5rem 1.1rem}"
	".conclusion{gap:1rem;padding:1.1rem}.conclusion svg{width:3.4rem;height:3.4rem}"
	".conclusion strong{font-size:1.5rem}.facts.pictured{grid-template-columns:minmax(0,1fr)}"
	".facts table,.facts tbody,.facts tr,.facts th,.facts td{display:block;width:100%}"
	".facts th{padding-bottom:0}.facts td{border-top:0!important;padding-top:.1rem}"
	".facts tr:last-child th{border-bottom:0}.checks th:first-child{width:6.2rem}"
	".checks th:last-child,.checks td:last-child{width:6.6rem;padding-right:0}}"
	"@media print{@page{margin:16mm "
	"15mm}h2,h3,thead{break-after:avoid}body{padding:0;background:#fff}main{max-width:none;border:0;padding:0}"
	".failed{background:#fff;color:#000;border-color:#000}.failed svg *{stroke:#000}.failed svg .fill{fill:#000}"
	".noprint{display:none}}";

void
html_put(struct mdoc_buf *out, const char *markup)
{
	mdoc_buf_append(out, mdoc_text(markup));
}

/* How a byte is written; NULL: as it is. */
static const char *
escape(char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* One character of text; its bytes. */
static size_t
put_character(struct mdoc_buf *out, const char *text, size_t len)
{
	const char *escaped = escape(text[0]);
	bool shown;
	const size_t used = terminal_character(text, len, &shown);

	if (!shown)
		html_put(out, "\xEF\xBF\xBD");
	else if (escaped != NULL)
		html_put(out, escaped);
	else
		mdoc_buf_append(out, mdoc_bytes_of(text, used));
	return used;
}

void
html_text(struct mdoc_buf *out, struct mdoc_bytes text)
{
	for (size_t i = 0; i < text.len;)
		i += put_character(out, (const char *)text.ptr + i, text.len - i);
}

void
html_foreign(struct mdoc_buf *out, struct mdoc_bytes text, size_t max)
{
	size_t i = 0, shown = 0, more = 0;
	char left[120];
	bool any;

	html_put(out, "<bdi>");
	for (; i < text.len && shown < max; shown++)
		i += put_character(out, (const char *)text.ptr + i, text.len - i);
	html_put(out, "</bdi>");
	for (; i < text.len; more++)
		i += terminal_character((const char *)text.ptr + i, text.len - i, &any);
	if (more == 0)
		return;
	snprintf(left, sizeof(left), _(" … (%zu more characters)"), more);
	html_text(out, mdoc_text(left));
}

void
html_style_source(struct mdoc_buf *out)
{
	const char prefix[] = "'sha256-";
	unsigned char digest[32], text[48];
	size_t len = 0;

	if (EVP_Q_digest(mdoc_context_libctx(tool_context()), "SHA256", NULL, style, sizeof(style) - 1, digest, &len) !=
		1)
		return;
	(void)EVP_EncodeBlock(text, digest, (int)len);
	mdoc_buf_append(out, mdoc_bytes_of(prefix, sizeof(prefix) - 1));
	mdoc_buf_append(out, mdoc_text((const char *)text));
	html_put(out, "'");
}

static void
put_head(struct mdoc_buf *out, const char *title, unsigned refresh, bool served)
{
	char seconds[96] = "";

	if (refresh > 0)
		snprintf(seconds, sizeof(seconds), "<meta http-equiv=\"refresh\" content=\"%u\">\n", refresh);
	html_put(out, "<!DOCTYPE html>\n<html lang=\"");
	/* The language tag of the catalogue: "ja" in the Japanese one. */
	html_text(out, mdoc_text(_("en")));
	html_put(out, "\">\n<head>\n<meta charset=\"utf-8\">");
	if (!served) {
		html_put(out,
			"\n<meta http-equiv=\"Content-Security-Policy\" content=\""
			"default-src 'none'; img-src data:; base-uri 'none'; form-action 'self'; style-src ");
		html_style_source(out);
		html_put(out, "\">");
	}
	html_put(out,
		"\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n");
	html_put(out, seconds);
	html_put(out, "<title>");
	html_text(out, mdoc_text(title));
	html_put(out, "</title>\n<style>");
	html_put(out, style);
	html_put(out, "</style>\n</head>\n<body>\n<main>\n");
}

void
html_head(struct mdoc_buf *out, const char *title, unsigned refresh)
{
	put_head(out, title, refresh, false);
}

void
html_head_served(struct mdoc_buf *out, const char *title, unsigned refresh)
{
	put_head(out, title, refresh, true);
}

void
html_foot(struct mdoc_buf *out)
{
	html_put(out, "</main>\n</body>\n</html>\n");
}
