/*
 * tests/unit/areas_kit.h: areas of the law, and who logs in there, through C_* alone.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_AREAS_KIT_H
#define TESTS_AREAS_KIT_H

#include "tests/unit/p11.h"

#define AREA_SO_PIN "so-code-of-the-counter-9876543210"

/* What C_MDOC_MakeArea says; label: the preset's name. */
CK_RV area_make(const char *preset, const char *card, CK_SLOT_ID *slot);

/* The same, brought out of its blank state, with AREA_SO_PIN for its code. */
CK_SLOT_ID area_new(const char *preset, const char *card);

/* A session of the area with its security officer logged in. */
CK_SESSION_HANDLE area_so(CK_SLOT_ID slot);

/* Let a system in, or set a number (NULL: a system); the credential has MDOC_CREDENTIAL_LEN bytes. */
CK_RV area_grant(CK_SLOT_ID slot, const char *name, const char *number, CK_FLAGS rights, CK_UTF8CHAR *credential);

CK_RV area_enter(CK_SESSION_HANDLE session, const char *name, const CK_UTF8CHAR *credential, size_t len);

/* A private data object of an area's list; application: the preset. */
CK_RV area_write(CK_SESSION_HANDLE session, const char *preset, const char *label, const char *value);

/* Is it seen there, with this value? */
bool area_reads(CK_SESSION_HANDLE session, const char *preset, const char *label, const char *value);

/* A certificate of that label; the second is a private object. */
CK_RV area_certificate(CK_SESSION_HANDLE session, const char *label);
CK_RV area_hidden_certificate(CK_SESSION_HANDLE session, const char *label);

CK_RV area_set_pin(CK_SESSION_HANDLE session, const char *pin);

#endif
