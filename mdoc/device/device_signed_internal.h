/*
 * mdoc/device/device_signed_internal.h: the inside of DeviceSigned. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_DEVICE_SIGNED_INTERNAL_H
#define MDOC_DEVICE_SIGNED_INTERNAL_H

#include "mdoc/cose/cose_internal.h"
#include <mdoc/device_signed.h>

struct mdoc_device_signed {
	struct mdoc_bytes namespaces_bytes; /* DeviceNameSpacesBytes as received, tag 24 included */
	struct mdoc_cbor *namespaces;       /* {namespace: {element: value}} */
	bool is_mac;
	struct mdoc_sign1 signature; /* when !is_mac */
	struct mdoc_node mac;        /* when is_mac: the COSE_Mac0 */
	struct mdoc_cbor *scan;      /* NULL when it belongs to an outer structure */
};

/* Fill in one that stands in an outer structure, from a node of its scan. path: of node. On failure *out is empty. */
enum mdoc_result mdoci_device_signed_read(struct mdoc_node node, const char *path, struct mdoc_device_signed *out,
	struct mdoc_error *error);
void mdoci_device_signed_clear(struct mdoc_device_signed *ds);

/* EMacKey, which the caller wipes: transcript bare, shared from mdoc_agree(). MDOC_ERR_CRYPTO. */
enum mdoc_result mdoci_emac_key(const struct mdoc_context *context, struct mdoc_bytes transcript,
	struct mdoc_bytes shared, uint8_t key[MDOC_MAC_LEN]);

#endif
