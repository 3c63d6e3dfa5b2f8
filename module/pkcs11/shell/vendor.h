/*
 * vendor.h: the vendor interface that mdoc-pkcs11.h declares.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_VENDOR_H
#define MODULE_VENDOR_H

#include "mdoc-pkcs11.h"

extern CK_MDOC_FUNCTION_LIST vendor_functions;

#endif
