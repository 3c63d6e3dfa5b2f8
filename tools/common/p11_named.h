/*
 * p11_named.h: the login of a named user (C_LoginUser, PKCS#11 3.0): the provisioner and others that the security officer
 * has let in.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_P11_NAMED_H
#define TOOLS_P11_NAMED_H

#include "tools/common/p11.h"

/*
 * Log a named user in.
 *
 * name        MDOC_PROVISIONER, or another
 * credential  len bytes
 *
 * What C_LoginUser answered; CKR_FUNCTION_NOT_SUPPORTED of a module older than PKCS#11 3.0
 */
CK_RV p11_login_user(struct p11_token *token, const char *name, const CK_BYTE *credential, size_t len);

/*
 * Read a credential from a file and log its user in.
 *
 * name  MDOC_PROVISIONER, or another
 *
 * EXIT_STATUS_INPUT: no such file, or nothing in it; what the token answered (said)
 */
enum exit_status p11_login_named(struct p11_token *token, const char *name, const char *credential_file);

#endif
