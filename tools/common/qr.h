/*
 * qr.h: a QR code (libqrencode) for a terminal and as SVG.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_QR_H
#define TOOLS_QR_H

#include <mdoc/bytes.h>
#include <stdio.h>
#include "tools/common/exit.h"

/*
 * Two modules a character (half blocks, in UTF-8), with a quiet zone of 4. On a terminal dark on light whatever its
 * colours are; elsewhere without colours, the dark modules printed.
 * EXIT_STATUS_INPUT (said): too long for a QR code; EXIT_STATUS_TROUBLE (said): memory
 */
enum exit_status qr_print(FILE *to, const char *text);

/*
 * Append an <svg> element with a quiet zone of 4, black on white, whose unit is a module; no script, style or external
 * reference.
 * title  its accessible name
 * Results as above; memory for `out` is its err.
 */
enum exit_status qr_svg(const char *text, const char *title, struct mdoc_buf *out);

#endif
