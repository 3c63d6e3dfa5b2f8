/*
 * value.h: element values and names as people read them: for consent, for the contents of a
 * record and for a reader's result.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_VALUE_H
#define TOOLS_VALUE_H

#include <jansson.h>
#include <mdoc/mdoc.h>
#include <stdio.h>

#define JP_DOCTYPE MDOC_JP_DOCTYPE
#define JP_NAMESPACE MDOC_JP_NAMESPACE
#define JP_NAMESPACE_GENERIC MDOC_JP_NAMESPACE_GENERIC

/*
 * May an element stand in a record of this docType? For the My Number Card only the elements of
 * the two namespaces that it is made of (R-MIN-01); any for other docTypes.
 */
bool element_allowed(struct mdoc_bytes doc_type, struct mdoc_bytes ns, struct mdoc_bytes element);

/* Japanese name of an element ("氏名"); NULL when there is none. "NN歳以上" is written into
 * `room` for age_over_NN. */
const char *element_label(struct mdoc_bytes ns, struct mdoc_bytes element, char room[32]);

/* One encoded CBOR item as one line of readable text: text as it is (without control
 * characters), dates, numbers, yes and no, sex by ISO/IEC 5218 where `element` is "sex", bytes as
 * "(12345 bytes, JPEG image)". */
void value_print(FILE *to, struct mdoc_bytes element, struct mdoc_bytes value);

/* The same as JSON, for --json: bytes as {"bytes": n, "base64url": "…"}; NULL: memory. */
json_t *value_json(struct mdoc_bytes value);

/* A table line each: Japanese name, identifier, value. */
void record_print(FILE *to, const struct mdoc_issuer_signed *record);

/* {namespace: {element: value}} */
json_t *record_elements_json(const struct mdoc_issuer_signed *record);

/* The same docType, times, elements and values? Then one display stands for both. */
bool record_same_content(const struct mdoc_issuer_signed *a, const struct mdoc_issuer_signed *b);

/* Seconds since the epoch as local text "2026-01-30 23:59:59 JST" (always UTC+9). */
void time_print_jst(int64_t when, char text[32]);

#endif
