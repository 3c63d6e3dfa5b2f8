/*
 * diagnose.h: what the module knows about itself that no C_Get* tells.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_DIAGNOSE_H
#define MODULE_DIAGNOSE_H

#include <p11-kit/pkcs11.h>

/*
 * The configuration as it is read now, the store's folder, whether the environment counts and
 * whether memory can be locked, as JSON (free() by the caller). No secrets.
 */
CK_RV diagnose_library(char **json);

#endif
