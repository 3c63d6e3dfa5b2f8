/*
 * tests/unit/p11.h: what the tests of the built module share. The module is loaded like any
 * application loads it; MDOC_MODULE names another file.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_P11_H
#define TESTS_UNIT_P11_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stddef.h>

#include "mdoc-pkcs11.h"
#include "pkcs11-3.h"

#define SO_PIN "so-code-of-the-unit-tests-0123456789"
#define USER_PIN "user-pin-2026"

extern CU_TestInfo tests_curves[];
extern CU_TestInfo tests_library[], tests_interface[], tests_slots[], tests_login[], tests_objects[], tests_rules[],
	tests_holder[], tests_operations[], tests_later[], tests_events[], tests_provisioner[], tests_fork[],
	tests_search[], tests_builtin[], tests_threads[], tests_crypt[], tests_log[];
extern CU_TestInfo tests_secret[];
extern CU_TestInfo tests_wrap[], tests_attrs[], tests_guard[];
extern CU_TestInfo tests_provider[];
extern CU_TestInfo tests_attest[];
extern CU_TestInfo tests_inbox[];
extern CU_TestInfo tests_states[], tests_edited[], tests_acts[];
extern CU_TestInfo tests_areas[], tests_access[];

/* With a TPM of the suite's own, where the tokens of this run have none. */
int attest_start(void);
int attest_stop(void);

extern CK_FUNCTION_LIST_3_2 *p11;
extern CK_MDOC_FUNCTION_LIST *p11_vendor;
extern const char *p11_path; /* of the module */

/* Load the module; false: it cannot be loaded. */
bool p11_load(void);

/* Ask the module for its fullest log; before the first C_Initialize. */
void p11_log_begin(void);

/* A fresh store and C_Initialize; C_Finalize and away with the store. For suites. */
int p11_start(void);
int p11_stop(void);

/* An initialised token with a user PIN in a new slot. */
CK_SLOT_ID p11_token(const char *label);

/* The one slot that is free. */
CK_SLOT_ID p11_free_slot(void);

/* A R/W session, logged in as the user where pin is not NULL. Aborts the test program when it cannot be had. */
CK_SESSION_HANDLE p11_session(CK_SLOT_ID slot);
CK_SESSION_HANDLE p11_user(CK_SLOT_ID slot);

CK_RV p11_login(CK_SESSION_HANDLE session, CK_USER_TYPE type, const char *pin);

/* An EC key pair on P-256; extra goes to the private template. */
CK_RV p11_pair(CK_SESSION_HANDLE session, bool token, const CK_ATTRIBUTE *extra, CK_ULONG count, CK_OBJECT_HANDLE *pub,
	CK_OBJECT_HANDLE *priv);

/* A data object. */
CK_RV p11_data(CK_SESSION_HANDLE session, bool token, bool private_, const char *label, const char *value,
	CK_OBJECT_HANDLE *handle);

/* How many objects match. */
CK_ULONG p11_count(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *template, CK_ULONG count);

/* A boolean attribute; CK_UNAVAILABLE_INFORMATION when it cannot be read. */
CK_ULONG p11_bool(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type);

CK_FLAGS p11_token_flags(CK_SLOT_ID slot);

/* The token's log as it is shown now, NUL terminated, to be freed. */
char *p11_events(CK_SLOT_ID slot);

/* Is this in it, and is it whole? */
bool p11_logged(CK_SLOT_ID slot, const char *what);

/* Run in a forked child; its exit status, or minus the signal. */
int p11_fork(int (*run)(void *arg), void *arg);

/* Run this program again as `unit-module --child MODE`; its exit status, or minus the signal. */
int p11_child(const char *mode);

#endif
