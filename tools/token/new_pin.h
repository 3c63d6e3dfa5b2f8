/*
 * new_pin.h: why a token does not take a new PIN.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_NEW_PIN_H
#define TOOLS_TOKEN_NEW_PIN_H

#include "tools/common/p11.h"
#include "tools/common/pin.h"

/*
 * Say it, with what the token takes.
 *
 * what  translated: what was not done
 * old   the PIN before, which a token of the law does not let the holder keep; NULL: none
 * rv    not CKR_OK, of C_InitPIN or C_SetPIN
 */
enum exit_status new_pin_refused(const struct p11_token *token, const char *what, CK_RV rv, const struct pin *old,
	const struct pin *fresh);

#endif
