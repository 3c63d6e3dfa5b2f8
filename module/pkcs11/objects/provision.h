/*
 * provision.h: the objects of renewal, which are built in (builtin.h): the key of the inbox, whose public half is for
 * everybody and whose private half is for the user; the provisioner's keys, and the holder keys that it has made and
 * that wait for the user, which the provisioner alone sees.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_PROVISION_H
#define MODULE_PROVISION_H

#include "module/pkcs11/slots/session.h"
#include "tokens/provision.h"

/* Objects from 0 to before PROVISION_FIXED: the key of the inbox, then the provisioner's. */
#define PROVISION_INBOX 2
#define PROVISION_FIXED (PROVISION_INBOX + 2 * TOKEN_PURPOSES)

/* Attributes and, of a private half, value of such an object; as builtin_make(). */
CK_RV provision_make_fixed(struct session *session, CK_ULONG which, struct token_attrs **attrs, struct secret *value);

/* A half of a key that waits: which = 2 * id in the inbox, and 1 more for the private half. */
CK_RV provision_make_waiting(struct session *session, CK_ULONG which, struct token_attrs **attrs);

/* Which of those there can be: from *first to before *last, the same when there are none. */
void provision_waiting(struct session *session, CK_ULONG *first, CK_ULONG *last);

/* C_DestroyObject on either half. */
CK_RV provision_destroy_waiting(struct session *session, CK_ULONG which);

/* C_GenerateKeyPair of a holder key by the provisioner: halves as above. The lists stay the caller's. */
CK_RV provision_generate(struct session *session, enum token_curve curve, struct token_attrs *public_attrs,
	struct token_attrs *private_attrs, CK_ULONG *public_which, CK_ULONG *private_which);

#endif
