/*
 * plan.h: which credentials of a DCQL query are given, and which claims of each (OpenID4VP 1.0, 6.4): the first
 * choices of the verifier at first, the next ones when it turns out that the holder does not have those.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PRESENT_PLAN_H
#define PRESENT_PLAN_H

#include "tools/common/trace.h"
#include "tools/openid4vp/request_object.h"
#include "tools/present/presentation.h"

struct plan;

/*
 * Make a plan.
 *
 * request, transcript, asker  borrowed until plan_free()
 *
 * EXIT_STATUS_NO (said): what is required is in another format, from authorities of an unknown kind, or asks for no
 * element; TROUBLE. plan_free() in any case.
 */
enum exit_status plan_new(const struct vp_request *request, struct mdoc_bytes transcript, const struct asker *asker,
	struct plan **plan);
void plan_free(struct plan *plan);

/*
 * Agree with the holder on a plan, log in, and find one that the records can fulfil. The holder is asked anew when
 * something else than before would leave.
 *
 * EXIT_STATUS_OK: plan_answer() can be called. EXIT_STATUS_NO (said): refused, or nothing that answers is held;
 * what presentation_consent() and presentation_unlock() say
 */
enum exit_status plan_agree(struct plan *plan, struct presentation *presentation);

/* Sign, and put everything into a vp_token, an empty object. What presentation_answer() says. */
enum exit_status plan_answer(struct plan *plan, struct presentation *presentation, struct trace *trace,
	json_t *vp_token);

#endif
