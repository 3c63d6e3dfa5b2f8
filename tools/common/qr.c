/* qr.c: QR codes. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/qr.h"
#include "tools/common/message.h"
#include <errno.h>
#include <qrencode.h>
#include <string.h>
#include <unistd.h>

#define QUIET 4 /* modules */
#define DARK_ON_LIGHT "\033[38;5;16;48;5;231m"
#define AS_BEFORE "\033[0m"

/* Error correction M if that is no larger than what a terminal of 80 columns shows, else L. */
static enum exit_status
encode(const char *text, QRcode **code)
{
	enum { COLUMNS = 80 };

	*code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	if (*code == NULL || (*code)->width + 2 * QUIET > COLUMNS) {
		QRcode_free(*code);
		*code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	}
	if (*code != NULL)
		return EXIT_STATUS_OK;
	if (errno == ENOMEM)
		return tool_no_memory();
	tool_error(_("%zu bytes are too many for a QR code"), strlen(text));
	return EXIT_STATUS_INPUT;
}

/* Outside is the quiet zone. */
static bool
is_dark(const QRcode *code, int x, int y)
{
	return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1) != 0;
}

enum exit_status
qr_print(FILE *to, const char *text)
{
	static const char *const halves[] = { " ", "▄", "▀", "█" };
	const bool coloured = isatty(fileno(to)) == 1;
	QRcode *code = NULL;
	const enum exit_status status = encode(text, &code);

	for (int y = -QUIET; code != NULL && y < code->width + QUIET; y += 2) {
		fputs(coloured ? DARK_ON_LIGHT : "", to);
		for (int x = -QUIET; x < code->width + QUIET; x++)
			fputs(halves[is_dark(code, x, y) * 2 + is_dark(code, x, y + 1)], to);
		fputs(coloured ? AS_BEFORE "\n" : "\n", to);
	}
	QRcode_free(code);
	return status;
}

static void
put(struct mdoc_buf *out, const char *text)
{
	mdoc_buf_append(out, mdoc_text(text));
}

static void
put_escaped(struct mdoc_buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			put(out, "&amp;");
			break;
		case '<':
			put(out, "&lt;");
			break;
		case '>':
			put(out, "&gt;");
			break;
		case '"':
			put(out, "&quot;");
			break;
		default:
			mdoc_buf_append(out, mdoc_bytes_of(text, 1));
		}
	}
}

/* Each run of dark modules of a row is a rectangle of one path. */
static void
put_path(struct mdoc_buf *out, const QRcode *code)
{
	char run[64];

	for (int y = 0; y < code->width; y++) {
		for (int x = 0, end; x < code->width; x = end + 1) {
			for (end = x; is_dark(code, end, y); end++)
				continue;
			if (end == x)
				continue;
			(void)snprintf(run, sizeof(run), "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, end - x, end - x);
			put(out, run);
		}
	}
}

enum exit_status
qr_svg(const char *text, const char *title, struct mdoc_buf *out)
{
	QRcode *code = NULL;
	const enum exit_status status = encode(text, &code);
	char box[64];

	if (code == NULL)
		return status;
	(void)snprintf(box, sizeof(box), "viewBox=\"0 0 %d %d\"", code->width + 2 * QUIET, code->width + 2 * QUIET);
	put(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"qr\" role=\"img\" shape-rendering=\"crispEdges\" ");
	put(out, box);
	put(out, "><title>");
	put_escaped(out, title);
	put(out, "</title><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/><path fill=\"#000\" d=\"");
	put_path(out, code);
	put(out, "\"/></svg>");
	QRcode_free(code);
	return out->err == MDOC_OK ? EXIT_STATUS_OK : tool_no_memory();
}
