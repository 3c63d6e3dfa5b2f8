/*
 * grant.h: let a system into an area.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_GRANT_H
#define TOOLS_TOKEN_GRANT_H

#include "tools/common/p11.h"

/*
 * In the security officer's session.
 *
 * system      a name of the access matrix
 * number      a collation number; unset for a system
 * tries       until it is locked; 0: ten
 * credential  a new file for a system's credential; when it can't be written, nobody is let in
 *
 * What the token answered, and what file_write_new() says (said).
 */
enum exit_status grant_make(struct p11_token *token, const char *system, const struct pin *number, unsigned long tries,
	const char *credential);

#endif
