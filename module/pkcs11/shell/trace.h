/*
 * trace.h: the log that MDOC_PKCS11_LOG=FILE[:LEVEL] asks for; silent otherwise.
 *
 * Level 1: calls that failed, and what is wrong outside of any call; 2: one line for every call;
 * 3: every call with its arguments before and after, thread and duration. No PIN, key, data,
 * signature or value of an object is ever written. The environment is ignored in a set-id program.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_TRACE_H
#define MODULE_TRACE_H

#include <p11-kit/pkcs11.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "module/pkcs11/shell/trace_args.h"

enum trace_level { TRACE_OFF, TRACE_FAULTS, TRACE_CALLS, TRACE_ARGUMENTS };

extern atomic_int trace_level;

/* Is anything of this level written? All that a call costs when nothing is. */
static inline bool
trace_at(enum trace_level level)
{
	return atomic_load_explicit(&trace_level, memory_order_relaxed) >= (int)level;
}

/* A call under way, for level 3. */
struct trace_call {
	uint64_t number; /* of the calls of this process, from 1; 0: not traced */
	int64_t began;   /* nanoseconds of the monotonic clock */
};

/* Look at the environment; the first time only. */
void trace_open(void);

/* One line for a call that has ended, at the levels 1 and 2. */
void trace_line(const char *name, CK_ULONG handle, CK_RV rv);

/*
 * Level 3. trace_begin() takes number and time; trace_in() writes name and what goes in;
 * trace_out() what came out, the answer and the time it took. Each is one write.
 *
 * handle_name  what `handle` is; "0": the call has none
 * args         may be read when the library was entered and a session found only; n may be 0
 */
void trace_begin(struct trace_call *call);
void trace_in(const struct trace_call *call, const char *name, const char *handle_name, CK_ULONG handle,
	const struct trace_arg *args, size_t n);
void trace_out(const struct trace_call *call, const char *name, CK_RV rv, const struct trace_arg *args, size_t n);

/* What is wrong outside of any call, in English; logged from level 1 on, like a call that fails. */
void trace_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
