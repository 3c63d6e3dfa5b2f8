/*
 * html.h: a verdict as one self-contained page for people, and the parts of it that served pages share.
 *
 * A page has no script and refers to nothing outside itself; its policy (CSP) allows its own style sheet and images
 * inside the page, nothing else. All that came from outside is escaped, and characters that control anything
 * (direction, lines, terminals) are replaced. Nothing that is not verified stands on a page (R-VX-05).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_HTML_H
#define READER_HTML_H

#include "tools/reader/reader.h"

#define HTML_VALUE_MAX 1000 /* characters of one value that are shown */

struct html_options {
	const char *title; /* translated; NULL: "Result of the verification" */
	const char *back;  /* address of a link at the end; NULL: none */
	bool fragment;     /* without html_head() and html_foot() */
};

/*
 * Append the result: conclusion in words and shape, why not, the attributes if everything is verified, every check.
 * In the language of the process.
 *
 * EXIT_STATUS_TROUBLE (said): memory
 */
enum exit_status result_html(const struct reader_result *result, const struct html_options *options,
	struct mdoc_buf *out);

/* Our own text, as it is: markup. */
void html_put(struct mdoc_buf *out, const char *markup);

/* Text from anywhere, for content and for attributes in double quotes: what is no UTF-8, no character or controls
 * something becomes U+FFFD. */
void html_text(struct mdoc_buf *out, struct mdoc_bytes text);

/* The same in <bdi>: it cannot change the direction of what stands around it. The first `max` characters, and how
 * many there are more. */
void html_foreign(struct mdoc_buf *out, struct mdoc_bytes text, size_t max);

/* All up to and including <main>, and from </main> on. refresh: seconds after which the page asks for itself again
 * (<meta http-equiv="refresh">); 0: it stays. */
void html_head(struct mdoc_buf *out, const char *title, unsigned refresh);
/* The same for a page that a server sends with a policy of its own, in a header. */
void html_head_served(struct mdoc_buf *out, const char *title, unsigned refresh);
void html_foot(struct mdoc_buf *out);

/* "'sha256-…'": what the header Content-Security-Policy says under style-src for these pages. Appended. */
void html_style_source(struct mdoc_buf *out);

#endif
