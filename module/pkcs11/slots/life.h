/*
 * life.h: the vendor calls about the life of a token: suspension, its end, a PIN that is disabled, and the log.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_LIFE_H
#define MODULE_LIFE_H

#include "module/pkcs11/slots/session.h"

/* As the functions of mdoc-pkcs11.h say. */
CK_RV life_record_check(struct session *session, const CK_UTF8CHAR *text, CK_ULONG len);
CK_RV life_disable_pin(struct session *session);
CK_RV life_suspend(struct session *session);
CK_RV life_resume(struct session *session);
CK_RV life_retire(struct session *session);
CK_RV life_events(struct slot *slot, CK_UTF8CHAR *json, CK_ULONG *len);

#endif
