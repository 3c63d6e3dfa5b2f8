/*
 * blank.h: a blank token is personalised: its transport secret ends with that (R-CARD-06).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_BLANK_H
#define TOOLS_TOKEN_BLANK_H

#include "tools/common/p11.h"

/*
 * C_InitToken with the transport secret, and at once a code of the security officer's own in its place.
 *
 * blank  label of the blank token; label: its new one
 *
 * CKR_TOKEN_NOT_PRESENT: there is no such blank token, or several; CKR_PIN_INCORRECT, CKR_PIN_LOCKED: the secret is wrong;
 * what the module answered
 */
CK_RV personalise(struct p11 *p11, const char *blank, struct pin *transport, const char *label, struct pin *so,
	CK_SLOT_ID *slot);

/* The same for a slot that is known; if its token is no blank one, the secret is taken for the officer's old code. */
CK_RV personalise_slot(struct p11 *p11, CK_SLOT_ID slot, struct pin *transport, const char *label, struct pin *so);

#endif
