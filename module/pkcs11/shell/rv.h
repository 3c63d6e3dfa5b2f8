/*
 * rv.h: results of the layers below as CK_RV, in one table each.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_RV_H
#define MODULE_RV_H

#include <mdoc/result.h>
#include <p11-kit/pkcs11.h>

#include "tokens/result.h"

CK_RV rv_from_token(enum token_result res);

/* For the input of a CKM_MDOC_* mechanism. */
CK_RV rv_from_mdoc(enum mdoc_result res);

#endif
