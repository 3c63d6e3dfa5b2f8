/*
 * invocation.h: the URI that starts a wallet, as a link or a QR code: "openid4vp://?client_id=…&request_uri=…"
 * (OpenID4VP 1.0, 5 and 9; RFC 9101, 5). "haip-vp:" is the same (HAIP 1.0, 5.1).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef OPENID4VP_INVOCATION_H
#define OPENID4VP_INVOCATION_H

#include <mdoc/bytes.h>
#include "tools/openid4vp/problem.h"

#define INVOCATION_MAX ((size_t)256 * 1024) /* bytes of such a URI */

/* Each text ends with a NUL that is not counted. */
struct vp_invocation {
	struct mdoc_buf client_id;
	struct mdoc_buf request;     /* the request object itself, or … */
	struct mdoc_buf request_uri; /* … where it is */
	bool post;                   /* request_uri_method: it is to be had with POST and a nonce of ours */
};

/* Does it begin as such a URI? */
bool vp_invocation_is_uri(const char *text);

/*
 * Take it apart. A request without a signed object, in the parameters themselves, is refused, as HAIP 1.0 wants it.
 *
 * EXIT_STATUS_INPUT (said); EXIT_STATUS_TROUBLE: memory. vp_invocation_clear() in any case.
 */
enum exit_status vp_invocation_read(const char *uri, struct vp_invocation *invocation, struct vp_problem *problem);
void vp_invocation_clear(struct vp_invocation *invocation);

/* Append such a URI, by reference. scheme: "openid4vp" or "haip-vp". */
void vp_invocation_put(struct mdoc_buf *out, const char *scheme, const char *client_id, const char *request_uri,
	bool post);

#endif
