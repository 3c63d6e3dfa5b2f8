/* html_value.c: the attributes of a verified document as parts of a page. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/reader/html_value.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/message.h"
#include "tools/common/value.h"
#include "tools/reader/html.h"
#include "tools/reader/labels.h"

/* What browsers show; NULL: not this. */
static const char *
image_type(struct mdoc_bytes image)
{
	static const uint8_t jpeg[] = { 0xFF, 0xD8, 0xFF };
	static const uint8_t png[] = { 0x89, 'P', 'N', 'G', 0x0D, 0x0A, 0x1A, 0x0A };

	if (image.len > sizeof(jpeg) && memcmp(image.ptr, jpeg, sizeof(jpeg)) == 0)
		return "image/jpeg";
	return image.len > sizeof(png) && memcmp(image.ptr, png, sizeof(png)) == 0 ? "image/png" : NULL;
}

/* The bytes of an element that is an image; free *scan. */
static bool
image_of(const struct mdoc_item *item, struct mdoc_cbor **scan, struct mdoc_bytes *image)
{
	return mdoc_cbor_scan(NULL, mdoc_item_value(item), 0, scan, NULL) == MDOC_OK &&
		mdoc_node_bstr(mdoc_cbor_root(*scan), image) && image_type(*image) != NULL;
}

const struct mdoc_item *
html_portrait(const struct mdoc_issuer_signed *record)
{
	const struct mdoc_namespace *ns;

	for (size_t n = 0; (ns = mdoc_issuer_signed_namespace(record, n)) != NULL; n++) {
		const struct mdoc_bytes name = mdoc_text("portrait");
		const struct mdoc_item *item = mdoc_find_item(ns, name);
		struct mdoc_cbor *scan = NULL;
		struct mdoc_bytes image;
		char room[LABEL_MAX];
		/* In a namespace that is not known "portrait" may mean anything. */
		const bool shown = item != NULL && label_element(mdoc_namespace_name(ns), name, room) != NULL &&
			image_of(item, &scan, &image);

		mdoc_cbor_free(scan);
		if (shown)
			return item;
	}
	return NULL;
}

static void
put_base64(struct mdoc_buf *out, struct mdoc_bytes bytes)
{
	unsigned char text[4 * 64 + 1];

	for (size_t i = 0; i < bytes.len; i += 3 * 64) {
		const size_t len = bytes.len - i < 3 * (size_t)64 ? bytes.len - i : 3 * (size_t)64;
		const int made = EVP_EncodeBlock(text, bytes.ptr + i, (int)len);

		mdoc_buf_append(out, mdoc_bytes_of(text, (size_t)made));
	}
}

void
html_put_portrait(struct mdoc_buf *out, const struct mdoc_item *portrait)
{
	struct mdoc_cbor *scan = NULL;
	struct mdoc_bytes image;

	if (image_of(portrait, &scan, &image)) {
		html_put(out, "<figure><img alt=\"");
		html_text(out, mdoc_text(_("Photograph")));
		html_put(out, "\" src=\"data:");
		html_put(out, image_type(image));
		html_put(out, ";base64,");
		put_base64(out, image);
		html_put(out, "\"><figcaption>");
		html_text(out, mdoc_text(_("Compare the photograph with the person.")));
		html_put(out, "</figcaption></figure>\n");
	}
	mdoc_cbor_free(scan);
}

/* As value_print() has it, on one line. */
static void
put_value(struct mdoc_buf *out, struct mdoc_bytes element, struct mdoc_bytes value)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	if (to == NULL) {
		out->err = MDOC_ERR_MEMORY;
		return;
	}
	value_print(to, element, value);
	if (fclose(to) == 0)
		html_foreign(out, mdoc_bytes_of(text, len), HTML_VALUE_MAX);
	else
		out->err = MDOC_ERR_MEMORY;
	free(text);
}

/* Names that are known, with what the card's own language calls it; of others what they call themselves. */
static void
put_name(struct mdoc_buf *out, struct mdoc_bytes ns, struct mdoc_bytes element)
{
	char room[LABEL_MAX], other_room[32];
	const char *label = label_element(ns, element, room), *japanese = element_label(ns, element, other_room);

	if (label != NULL)
		html_text(out, mdoc_text(label));
	else
		html_foreign(out, element, HTML_VALUE_MAX);
	if (label != NULL && japanese != NULL && strcmp(label, japanese) != 0) {
		html_put(out, " <small lang=\"ja\">");
		html_text(out, mdoc_text(japanese));
		html_put(out, "</small>");
	}
	html_put(out, " <code>");
	if (label == NULL)
		html_foreign(out, ns, HTML_VALUE_MAX);
	else
		html_foreign(out, element, HTML_VALUE_MAX);
	html_put(out, "</code>");
}

static void
put_element_row(struct mdoc_buf *out, struct mdoc_bytes ns, struct mdoc_bytes element, struct mdoc_bytes value)
{
	html_put(out, "<tr><th scope=\"row\">");
	put_name(out, ns, element);
	html_put(out, "</th><td>");
	put_value(out, element, value);
	html_put(out, "</td></tr>\n");
}

void
html_put_record(struct mdoc_buf *out, const struct mdoc_issuer_signed *record, const struct mdoc_item *portrait)
{
	const struct mdoc_namespace *ns;
	const struct mdoc_item *item;

	for (size_t n = 0; (ns = mdoc_issuer_signed_namespace(record, n)) != NULL; n++)
		for (size_t i = 0; (item = mdoc_namespace_item(ns, i)) != NULL; i++)
			if (item != portrait)
				put_element_row(out, mdoc_namespace_name(ns), mdoc_item_element(item),
					mdoc_item_value(item));
}

void
html_put_device_signed(struct mdoc_buf *out, const struct mdoc_device_signed *device_signed)
{
	struct mdoc_node name = mdoc_node_first(mdoc_device_signed_namespaces(device_signed));

	if (!mdoc_node_present(name))
		return;
	html_put(out, "<div class=\"said\"><h3>");
	html_text(out, mdoc_text(_("Said by the holder's device, not by the issuer:")));
	html_put(out, "</h3><div class=\"facts\"><table><tbody>\n");
	while (mdoc_node_present(name)) {
		const struct mdoc_node elements = mdoc_node_next(name);
		struct mdoc_node key = mdoc_node_first(elements);
		struct mdoc_bytes ns = MDOC_NO_BYTES, element = MDOC_NO_BYTES;

		(void)mdoc_node_tstr(name, &ns);
		while (mdoc_node_present(key)) {
			const struct mdoc_node value = mdoc_node_next(key);

			if (mdoc_node_tstr(key, &element))
				put_element_row(out, ns, element, mdoc_node_span(value));
			key = mdoc_node_next(value);
		}
		name = mdoc_node_next(elements);
	}
	html_put(out, "</tbody></table></div></div>\n");
}
