/*
 * trace.h: a readable transcript of a session: --trace FILE ("-" is stderr), --trace-values.
 *
 * Structures, not keys: session keys, PINs and private keys never; values and randoms of elements, portraits among them,
 * only with --trace-values, else their type and length. Each entry: time (RFC 3339, UTC, with milliseconds), direction,
 * what it is and its size, then the structure as mdoc-reader dump shows it. The file has mode 0600 in either case.
 *
 * A NULL trace is fine everywhere: nothing is traced.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TRACE_H
#define TOOLS_TRACE_H

#include <jansson.h>
#include <mdoc/bytes.h>
#include "tools/common/options.h"

struct trace_args {
	const char *file; /* NULL: none */
	bool values;
};

#define TRACE_ROWS(args) \
	{ "trace", OPTION_TEXT, &(args).file, N_("FILE"), N_("write a readable transcript of the session here"), \
		false }, \
	{ \
		"trace-values", OPTION_FLAG, &(args).values, NULL, N_("… with the values of elements, too"), false \
	}

struct trace;

/* *trace is NULL without --trace. EXIT_STATUS_TROUBLE: the file cannot be made (said); EXIT_STATUS_USAGE: values without
 * a file (said). */
enum exit_status trace_open(const struct trace_args *args, struct trace **trace);

/*
 * One message. What is no CBOR is said to be none, and shown only with values.
 * direction  ">" sent, "<" received, "=" found out here
 * what       "SessionEstablishment", "DeviceRequest (decrypted)": of ours, not of the peer
 */
void trace_message(struct trace *trace, const char *direction, const char *what, struct mdoc_bytes message);

/* JSON; without values no text of more than 64 characters, which is where encoded responses are. */
void trace_json(struct trace *trace, const char *direction, const char *what, const json_t *json);

/* One line; what comes from outside is to be harmless to a terminal, which this sees to, and no value. */
void trace_text(struct trace *trace, const char *direction, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Says if something could not be written. */
void trace_close(struct trace *trace);

#endif
