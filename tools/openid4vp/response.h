/*
 * response.h: the authorization response of OpenID4VP 1.0 (8.1): a vp_token of DeviceResponses, or an error.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef OPENID4VP_RESPONSE_H
#define OPENID4VP_RESPONSE_H

#include <jansson.h>
#include <mdoc/bytes.h>

#define VP_PRESENTATIONS_MAX 256 /* of one response */

/* ---- Making (holder) ---- */

/* Add a DeviceResponse to a vp_token, an object that is empty at first. MDOC_ERR_MEMORY. */
enum mdoc_result vp_token_add(json_t *vp_token, const char *credential, struct mdoc_bytes device_response);

/* ---- Reading (verifier) ---- */

/* One presentation. */
struct vp_presented {
	const char *credential; /* id of the credential query; borrows from vp_response.json */
	struct mdoc_buf device_response;
};

/* A response; texts borrow from json. */
struct vp_response {
	json_t *json;
	struct vp_presented *presented; /* in no particular order */
	size_t count;
	const char *state;             /* NULL: none */
	const char *error;             /* NULL: it is no error response */
	const char *error_description; /* NULL: none */
};

/*
 * Read a response that has been decrypted: an object with vp_token, or with error. Unknown members are ignored.
 *
 * MDOC_ERR_MALFORMED  no JSON object, or duplicate names; MDOC_ERR_TYPE: a member of another type, an empty array of
 *                     presentations; MDOC_ERR_MISSING: neither vp_token nor error; MDOC_ERR_VALUE: a presentation that is
 *                     no base64url; MDOC_ERR_SIZE: more than VP_PRESENTATIONS_MAX; MDOC_ERR_MEMORY
 *
 * vp_response_clear() in any case.
 */
enum mdoc_result vp_response_read(struct mdoc_bytes text, struct vp_response *response);

/* The same for the parameters of a form, with direct_post: vp_token is the text of a JSON object there. */
enum mdoc_result vp_response_read_form(struct mdoc_bytes form, struct vp_response *response);
void vp_response_clear(struct vp_response *response);

#endif
