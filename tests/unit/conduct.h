/*
 * tests/unit/conduct.h: every function of PKCS#11 as data: its arguments, and what the standard lets it answer.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_CONDUCT_H
#define TESTS_UNIT_CONDUCT_H

#include "tests/unit/p11.h"

#define CONDUCT_ARGS 10

/* One argument: a number or a pointer, by the function's kinds. */
struct conduct_arg {
	CK_ULONG n;
	void *p;
};

/*
 * A function. One letter an argument says what it is:
 *
 * h session   S slot   k object   u user type   f flags   M mechanism type   B CK_BBOOL   w flags of a wait
 * m mechanism   t template, c its count   g template to be read into, c its count
 * i input, n its length   v message parameter, n its length   P PIN or user name, n its length   L label
 * b output of n units   o output, l where its length is   x where a result goes   H where a handle goes
 * r reserved, NULL   q for the application, may be NULL   s name of an interface or a function   V version
 * I arguments of C_Initialize
 */
struct conduct_call {
	const char *name;
	const char *kinds;
	CK_RV (*call)(const struct conduct_arg *a);
};

extern const struct conduct_call conduct_calls[];
extern const size_t conduct_call_count;

const struct conduct_call *conduct_find(const char *name);

/* What the standard lets a function answer beside CKR_OK. */
struct conduct_rule {
	const char *name;
	unsigned groups; /* CONDUCT_* */
	CK_RV may[30];   /* ends with 0 */
};

#define CONDUCT_LIBRARY 0x01u     /* CKR_CRYPTOKI_NOT_INITIALIZED */
#define CONDUCT_SESSION 0x02u     /* and what a session's handle brings (5.1.2) */
#define CONDUCT_TOKEN 0x04u       /* and what a token brings (5.1.3) */
#define CONDUCT_NO_OK 0x08u       /* never CKR_OK */
#define CONDUCT_UNSUPPORTED 0x10u /* we have no such thing: CKR_FUNCTION_NOT_SUPPORTED */

extern const struct conduct_rule conduct_rules[];
extern const size_t conduct_rule_count;

/*
 * May the function answer this, on a machine in good order? CKR_GENERAL_ERROR, CKR_HOST_MEMORY,
 * CKR_FUNCTION_FAILED, CKR_DEVICE_ERROR and CKR_DEVICE_MEMORY may come from everywhere by the
 * standard and from nowhere in these tests.
 */
bool conduct_may(const char *name, CK_RV rv);

/* Name of a CK_RV for a message, borrowed until the next call. */
const char *conduct_rv_name(CK_RV rv);

/* Print what was wrong, and count it as a CUnit failure. */
void conduct_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Open file descriptors of this process. */
int conduct_open_files(void);

extern CU_TestInfo conduct_table[], conduct_states[], conduct_bad_input[], conduct_random[], conduct_suite[],
	conduct_vendor[];

#endif
