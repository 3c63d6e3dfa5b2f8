/*
 * pin.h: PINs and SO codes, from a terminal without echo, a file or a file descriptor; never
 * from an argument or the environment.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_PIN_H
#define TOOLS_PIN_H

#include <stdbool.h>
#include <stddef.h>
#include "tools/common/exit.h"

#define PIN_MAX 255 /* bytes */

struct pin {
	char text[PIN_MAX + 1];
	size_t len; /* bytes of UTF-8 */
	bool set;
};

/* Where a PIN comes from. Neither given: the terminal. */
struct pin_source {
	const char *file; /* --pin-file */
	const char *fd;   /* --pin-fd: a number */
};

/*
 * Get a PIN. The first line counts, without its end; an empty one is refused.
 *
 * prompt   translated, without colon; used on the terminal only
 * confirm  true for a new PIN: asked twice on the terminal
 * pin      wiped by pin_clear(); not touched unless EXIT_STATUS_OK
 *
 * EXIT_STATUS_NO: the user gave up, or the two entries differ three times.
 * EXIT_STATUS_INPUT: file or descriptor unreadable, empty, too long. EXIT_STATUS_USAGE: both
 * sources given, or no terminal to ask on. All said.
 */
enum exit_status pin_get(const struct pin_source *source, const char *prompt, bool confirm, struct pin *pin);
void pin_clear(struct pin *pin);
bool pin_equal(const struct pin *a, const struct pin *b);

/* 100 random bits as 20 letters and digits of base32 (RFC 4648), for an SO code. */
enum exit_status pin_generate(struct pin *pin);

#endif
