/*
 * mdoc/x509/der.h: DER, read in place. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_X509_DER_H
#define MDOC_X509_DER_H

#include <mdoc/bytes.h>

#define DER_BOOLEAN 0x01
#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04
#define DER_OID 0x06
#define DER_UTF8_STRING 0x0c
#define DER_PRINTABLE_STRING 0x13
#define DER_T61_STRING 0x14
#define DER_IA5_STRING 0x16
#define DER_UTC_TIME 0x17
#define DER_GENERALIZED_TIME 0x18
#define DER_SEQUENCE 0x30
#define DER_SET 0x31
#define DER_CONTEXT(n) (0x80 | (n))     /* [n] of a primitive type, IMPLICIT */
#define DER_CONSTRUCTED(n) (0xa0 | (n)) /* [n] around others */
#define DER_URI_NAME DER_CONTEXT(6)     /* of a GeneralName */

/* Tag of the next value; -1: at the end. */
int mdoci_der_peek(struct mdoc_bytes in);

/*
 * Take one value from the front of *in: low tag number, definite and shortest length.
 *
 * tag    that it must have
 * body   its content; NULL: not wanted
 * whole  with tag and length; NULL: not wanted
 *
 * False: something else, or nothing, is there; *in is as it was.
 */
bool mdoci_der_take(struct mdoc_bytes *in, int tag, struct mdoc_bytes *body, struct mdoc_bytes *whole);

/* The same with any tag. */
bool mdoci_der_any(struct mdoc_bytes *in, int *tag, struct mdoc_bytes *body);

/* One value that fills the input. */
bool mdoci_der_only(struct mdoc_bytes in, int tag, struct mdoc_bytes *body);

/* Take an INTEGER in its shortest form: two that are equal have the same content. */
bool mdoci_der_integer(struct mdoc_bytes *in, struct mdoc_bytes *body);

/* Content of an INTEGER from 0 to 255. */
bool mdoci_der_small(struct mdoc_bytes body, unsigned *value);

/* UTCTime (up to 2049) or GeneralizedTime in the form of RFC 5280, 4.1.2.5, from the front of *in. */
bool mdoci_der_time(struct mdoc_bytes *in, int64_t *when);

/* Append one value. */
void mdoci_der_put(struct mdoc_buf *out, int tag, struct mdoc_bytes body);

/* Append a time in the form of RFC 5280; MDOC_ERR_VALUE in out->err: years 1970 to 9999 only. */
void mdoci_der_put_time(struct mdoc_buf *out, int64_t when);

#endif
