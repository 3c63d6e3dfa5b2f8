/*
 * mdoc/status.h: whether a document is revoked (ISO/IEC 18013-5 second edition, 12.3.6): what the
 * MSO says of it, and the two kinds of list that answer.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_STATUS_H
#define MDOC_STATUS_H

#include <mdoc/x509.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Status of an MSO (12.3.6.2): where its revocation can be looked up. Zeroed: nowhere. A reader gets
 * it filled in, an issuer fills it in. Bytes are borrowed.
 */
struct mdoc_status {
	struct mdoc_bytes list_uri; /* of a status list; len 0: there is none */
	uint64_t list_idx;
	struct mdoc_bytes list_certificate;       /* DER: who issued the list's signer; len 0: the document's IACA */
	struct mdoc_bytes identifier_uri;         /* of an identifier list; len 0: there is none */
	struct mdoc_bytes identifier;             /* of this MSO in that list */
	struct mdoc_bytes identifier_certificate; /* as list_certificate */
};

/*
 * Read the member "status" of an MSO. Members that are unknown here are ignored.
 *
 * node    absent: *status is zeroed, which is no error
 * path    of the node, for errors
 * status  borrows from the scan's input
 *
 * MDOC_ERR_TYPE, MDOC_ERR_MISSING: status_list without idx or uri, identifier_list without id or uri,
 * or of another type; MDOC_ERR_VALUE: an empty uri or id
 */
enum mdoc_result mdoc_status_read(struct mdoc_node node, const char *path, struct mdoc_status *status,
	struct mdoc_error *error);

/* Write it. A status without any list sets the buffer's error to MDOC_ERR_ARG: the MSO has none then. */
void mdoc_put_status(struct mdoc_buf *buf, const struct mdoc_status *status);

#ifdef __cplusplus
}
#endif
#endif
