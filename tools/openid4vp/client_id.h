/*
 * client_id.h: who a verifier says it is, against the certificate with which it signed (OpenID4VP 1.0, 5.9.3):
 * x509_hash, which HAIP 1.0 wants, and x509_san_dns. Every other prefix is refused by its name.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef OPENID4VP_CLIENT_ID_H
#define OPENID4VP_CLIENT_ID_H

#include <mdoc/context.h>
#include "tools/openid4vp/problem.h"

#define CLIENT_ID_SAN_DNS "x509_san_dns:"
#define CLIENT_ID_HASH "x509_hash:"

/* Is the prefix one of the two? EXIT_STATUS_INPUT (said): another one, or none. */
enum exit_status client_id_check_prefix(const char *client_id, struct vp_problem *problem);

/*
 * Is `leaf` (DER) the certificate of that client: does it have the DNS name, or the hash? A DNS name is compared as a
 * whole, without regard to case; wildcards in a certificate are not heeded.
 *
 * EXIT_STATUS_NO (said): it is not; EXIT_STATUS_INPUT: client_id_check_prefix(), no certificate;
 * EXIT_STATUS_TROUBLE: memory
 */
enum exit_status client_id_check(const struct mdoc_context *context, const char *client_id, struct mdoc_bytes leaf,
	struct vp_problem *problem);

/*
 * May this client have the answer sent there? An https URL, without user and fragment; with x509_san_dns its host is
 * that of the client.
 *
 * plain  http to an address of the loopback interface will do, too, and the host of the client is not compared then
 *
 * EXIT_STATUS_NO (said): another host; EXIT_STATUS_INPUT (said): no such URL
 */
enum exit_status client_id_check_uri(const char *client_id, const char *uri, const char *name, bool plain,
	struct vp_problem *problem);

/* "x509_hash:…" of a certificate (DER): free(). NULL: memory. */
char *client_id_of(const struct mdoc_context *context, struct mdoc_bytes leaf);

/* Whether a certificate (DER) has this DNS name. */
bool certificate_has_dns(const struct mdoc_context *context, struct mdoc_bytes leaf, const char *name);

#endif
