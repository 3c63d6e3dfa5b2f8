/*
 * trace.h: the log that MDOC_PKCS11_LOG=FILE[:LEVEL] asks for; silent otherwise.
 *
 * Level 1: calls that failed; 2: every call; 3: and remarks. No PIN, value or template is
 * ever written. The environment is ignored in a set-id program.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_TRACE_H
#define MODULE_TRACE_H

#include <p11-kit/pkcs11.h>

/* Look at the environment; at C_Initialize. */
void trace_open(void);

/* One line for a call that has ended. */
void trace_call(const char *name, CK_ULONG handle, CK_RV rv);

/* What is wrong outside of any call, in English; logged from level 1 on, like a call that fails. */
void trace_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
