/*
 * vci.h: a client of OpenID4VCI 1.0 (final): pre-authorized code and refresh token, nonce, credential and notification
 * endpoint. It speaks to one server only, the one that the issuer's identifier names (R-CARD-35).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_VCI_H
#define TOOLS_TOKEN_VCI_H

#include <jansson.h>
#include "tools/common/http.h"

#define VCI_ERROR_MAX 63
#define VCI_DESCRIPTION_MAX 255

struct vci {
	const char *issuer;       /* borrowed */
	struct http_options http; /* certificate, key and pins are the caller's */
	char *credential_endpoint, *nonce_endpoint, *token_endpoint, *notification_endpoint;
	size_t batch_size;      /* copies at once */
	char pin[HTTP_PIN + 1]; /* of the server that answered */
	/* Why the issuer refused; "": it did not. Printable ASCII and UTF-8 without control characters. */
	char error[VCI_ERROR_MAX + 1], description[VCI_DESCRIPTION_MAX + 1];
};

/* An offer (4.1), taken apart. */
struct vci_offer {
	json_t *json;
	const char *issuer, *configuration, *code; /* borrowed from json */
	bool tx_code;                              /* one is needed */
};

/*
 * Read an offer: "openid-credential-offer://?credential_offer=…", "…?credential_offer_uri=…", or a file with its JSON.
 *
 * http  for an offer by reference
 *
 * EXIT_STATUS_INPUT: no offer, or not one with a pre-authorized code (said). vci_offer_clear() in any case.
 */
enum exit_status vci_offer_read(const char *text, const struct http_options *http, struct vci_offer *offer);
void vci_offer_clear(struct vci_offer *offer);

/*
 * Read the metadata of vci->issuer and of its authorization server, which have to be one server.
 *
 * configuration  has to be there, of format mso_mdoc
 *
 * EXIT_STATUS_INPUT: the metadata are none, or of another server (said); EXIT_STATUS_TROUBLE: no answer (said)
 * vci_clear() in any case.
 */
enum exit_status vci_discover(struct vci *vci, const char *configuration);
void vci_clear(struct vci *vci);

/*
 * The requests. EXIT_STATUS_NO: the issuer refused (not said: error and description); EXIT_STATUS_TROUBLE: no answer,
 * one that makes no sense, or the server's own trouble (said)
 */

/* access, refresh: free(); refresh NULL: there came none */
enum exit_status vci_token_by_code(struct vci *vci, const char *code, const char *tx_code, char **access,
	char **refresh);
enum exit_status vci_token_by_refresh(struct vci *vci, const char *token, char **access);

/* nonce: free() */
enum exit_status vci_nonce(struct vci *vci, char **nonce);

/* answer: appended to: the JWE. signature: free() */
enum exit_status vci_credential(struct vci *vci, const char *access, const json_t *request, struct mdoc_buf *answer,
	char **signature);
enum exit_status vci_notify(struct vci *vci, const char *access, const char *id, const char *event);

/* Say what the issuer refused with. */
void vci_say_refusal(const struct vci *vci);

#endif
