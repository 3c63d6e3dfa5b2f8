/*
 * dump.h: any structure of the standard for people: what it is, diagnostic notation, JSON. For the command dump and for
 * transcripts of sessions.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_DUMP_H
#define TOOLS_DUMP_H

#include <jansson.h>
#include <mdoc/mdoc.h>
#include <stdio.h>

#define DUMP_DEPTH 64 /* embedded items count, too */

/* What an item is known to be from where it stands. */
enum dump_kind {
	DUMP_PLAIN,
	DUMP_COSE_KEY,
	DUMP_COSE_HEADER,
	DUMP_PROTECTED, /* byte string with a COSE header inside */
	DUMP_PAYLOAD,   /* byte string, perhaps with an item inside */
	DUMP_CERTIFICATES,
	DUMP_ALGORITHM,
	DUMP_CURVE,
	DUMP_ENGAGEMENT,
	DUMP_CLAIMS /* of a CWT */
};

/* "DeviceResponse", … by its members; "item" when it is none that is known. */
const char *dump_structure(struct mdoc_node root);

/* How to look at an item that stands alone, and at a child of one that is looked at so. */
enum dump_kind dump_kind_of(struct mdoc_node node);
enum dump_kind dump_kind_of_child(enum dump_kind kind, struct mdoc_node parent, struct mdoc_node key, size_t index);

/* The name of an integer that stands as key, or as value, in such a place ("alg", "ES256"); NULL: none. */
const char *dump_key_name(enum dump_kind kind, int64_t key);
const char *dump_value_name(enum dump_kind kind, int64_t value);

/* A scan of the item that is inside a byte string (tag 24, protected header, payload); NULL: none is. */
struct mdoc_cbor *dump_inside(enum dump_kind kind, struct mdoc_node node);

/* "CN=…, not before …": one line about a certificate; false when the bytes are none. */
bool dump_certificate(struct mdoc_bytes der, struct mdoc_buf *line);

/* Where an item stands among what is personal: values and randoms of elements, by the issuer or the device. */
enum dump_place {
	DUMP_OPEN,
	DUMP_ISSUER_SIGNED,
	DUMP_ISSUER_NAMESPACES, /* name space => items */
	DUMP_ITEMS,
	DUMP_ITEM, /* IssuerSignedItem */
	DUMP_DEVICE_AUTHENTICATION,
	DUMP_DEVICE_SIGNED,
	DUMP_DEVICE_NAMESPACES, /* name space => elements */
	DUMP_DEVICE_ELEMENTS,
	DUMP_PERSONAL
};

/* The place of an item that stands alone or in an open place, and of a child. key: absent in an array. */
enum dump_place dump_place_of(enum dump_place place, struct mdoc_node node);
enum dump_place dump_place_of_child(enum dump_place place, struct mdoc_node key, struct mdoc_node value, size_t index);
/* Is it to be hidden there? What is not as the standard has it in a personal place is. */
bool dump_place_hides(enum dump_place place, struct mdoc_node node);
/* "byte string, 12345 bytes" in its place; size: encoded bytes of a container, else of the content. */
void dump_hidden(FILE *to, struct mdoc_node node);

/* CBOR diagnostic notation (RFC 8949, 8) with names as comments; the same without values and randoms of elements; as
 * JSON. */
void dump_text(FILE *to, struct mdoc_node node);
void dump_text_hiding(FILE *to, struct mdoc_node node);
json_t *dump_json(struct mdoc_node node);

#endif
