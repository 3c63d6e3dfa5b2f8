/*
 * html_value.h: the attributes of a verified document as parts of a page.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_HTML_VALUE_H
#define READER_HTML_VALUE_H

#include <mdoc/mdoc.h>

/* The first element "portrait" that browsers show, a JPEG or PNG image; NULL: there is none. */
const struct mdoc_item *html_portrait(const struct mdoc_issuer_signed *record);

/* It, as <figure>. */
void html_put_portrait(struct mdoc_buf *out, const struct mdoc_item *portrait);

/* A table row for each element but the portrait (NULL: for each). */
void html_put_record(struct mdoc_buf *out, const struct mdoc_issuer_signed *record, const struct mdoc_item *portrait);

/* What the holder's device says for itself, set apart; nothing if it says nothing. */
void html_put_device_signed(struct mdoc_buf *out, const struct mdoc_device_signed *device_signed);

#endif
