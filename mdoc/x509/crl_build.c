/*
 * mdoc/x509/crl_build.c: the issuer's side of revocation: a whole CRL (RFC 5280, 5) over a signer callback.
 * Written by hand: OpenSSL cannot lay out a CRL that somebody else signs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/x509/der.h"
#include "mdoc/x509/x509_write.h"

#define SERIAL_MAX 20
#define DER_ENUMERATED 0x0a

static const uint8_t oid_number[] = { 0x55, 0x1d, 0x14 };
static const uint8_t oid_reason[] = { 0x55, 0x1d, 0x15 };
static const uint8_t oid_aki[] = { 0x55, 0x1d, 0x23 };

/* Reasons of RFC 5280, 5.3.1 that a whole CRL can have: removeFromCRL, 8, is for delta CRLs. */
static bool
is_reason(int reason)
{
	return reason >= 0 && reason <= 10 && reason != 7 && reason != 8;
}

/* Positive, without a byte too many: as mdoc_cert_serial() gives it. */
static bool
is_serial(struct mdoc_bytes serial)
{
	if (serial.len == 0 || serial.ptr[0] >= 0x80)
		return false;
	if (serial.ptr[0] != 0)
		return serial.len <= SERIAL_MAX;
	return serial.len > 1 && serial.ptr[1] >= 0x80 && serial.len <= SERIAL_MAX + 1;
}

/* A value around another that has been written; it empties that one. */
static void
wrap(struct mdoc_buf *out, int tag, struct mdoc_buf *inner)
{
	if (out->err == MDOC_OK)
		out->err = inner->err;
	mdoci_der_put(out, tag, mdoc_buf_bytes(inner));
	mdoc_buf_clear(inner);
}

static void
put_extension(struct mdoc_buf *out, const uint8_t oid[3], struct mdoc_buf *value)
{
	struct mdoc_buf extension = MDOC_BUF_EMPTY;

	mdoci_der_put(&extension, DER_OID, mdoc_bytes_of(oid, 3));
	wrap(&extension, DER_OCTET_STRING, value);
	wrap(out, DER_SEQUENCE, &extension);
}

static enum mdoc_result
put_entry(struct mdoc_buf *out, const struct mdoc_revoked *revoked, struct mdoc_error *error)
{
	const uint8_t reason = (uint8_t)revoked->reason;
	struct mdoc_buf entry = MDOC_BUF_EMPTY;
	struct mdoc_buf list = MDOC_BUF_EMPTY;
	struct mdoc_buf value = MDOC_BUF_EMPTY;

	if (!is_serial(revoked->serial) || !is_reason(revoked->reason))
		return mdoci_x509_fail(error, MDOC_ERR_VALUE, "a serial number of 1 to 20 bytes and a known reason");
	mdoci_der_put(&entry, DER_INTEGER, revoked->serial);
	mdoci_der_put_time(&entry, revoked->when);
	if (reason != 0) {
		mdoci_der_put(&value, DER_ENUMERATED, mdoc_bytes_of(&reason, 1));
		put_extension(&list, oid_reason, &value);
		wrap(&entry, DER_SEQUENCE, &list);
	}
	wrap(out, DER_SEQUENCE, &entry);
	return out->err;
}

/* An empty list is left out (5.1.2.6). */
static enum mdoc_result
put_entries(struct mdoc_buf *tbs, const struct mdoc_crl_spec *spec, struct mdoc_error *error)
{
	struct mdoc_buf list = MDOC_BUF_EMPTY;
	enum mdoc_result res = MDOC_OK;

	for (size_t i = 0; res == MDOC_OK && i < spec->revoked_count; i++)
		res = put_entry(&list, &spec->revoked[i], error);
	if (res == MDOC_OK && spec->revoked_count > 0)
		wrap(tbs, DER_SEQUENCE, &list);
	mdoc_buf_clear(&list);
	return res;
}

static void
put_number(struct mdoc_buf *out, uint64_t number)
{
	uint8_t bytes[9] = { 0 };
	size_t at = 0;

	for (size_t i = 0; i < 8; i++)
		bytes[1 + i] = (uint8_t)(number >> (8 * (7 - i)));
	while (at < 8 && bytes[at] == 0 && bytes[at + 1] < 0x80)
		at++;
	mdoci_der_put(out, DER_INTEGER, mdoc_bytes_of(bytes + at, sizeof(bytes) - at));
}

static void
put_extensions(struct mdoc_buf *tbs, const struct mdoc_cert *issuer, uint64_t number)
{
	struct mdoc_buf list = MDOC_BUF_EMPTY;
	struct mdoc_buf value = MDOC_BUF_EMPTY;
	struct mdoc_buf wrapped = MDOC_BUF_EMPTY;

	mdoci_der_put(&wrapped, DER_CONTEXT(0), issuer->ski);
	wrap(&value, DER_SEQUENCE, &wrapped);
	put_extension(&list, oid_aki, &value);
	put_number(&value, number);
	put_extension(&list, oid_number, &value);
	wrap(&wrapped, DER_SEQUENCE, &list);
	wrap(tbs, DER_CONSTRUCTED(0), &wrapped);
}

static enum mdoc_result
put_tbs(struct mdoc_buf *out, const struct mdoc_crl_spec *spec, const struct mdoc_cert *issuer,
	struct mdoc_error *error)
{
	static const uint8_t version_2 = 1;
	const struct mdoc_bytes algorithm = mdoci_sig_identifier(spec->signer->alg, issuer->key.curve);
	struct mdoc_buf tbs = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	if (algorithm.len == 0)
		return mdoci_x509_fail(error, MDOC_ERR_ALGORITHM, "a signer whose algorithm fits the issuer's key");
	mdoci_der_put(&tbs, DER_INTEGER, mdoc_bytes_of(&version_2, 1));
	mdoc_buf_append(&tbs, algorithm);
	mdoc_buf_append(&tbs, issuer->subject);
	mdoci_der_put_time(&tbs, spec->this_update);
	mdoci_der_put_time(&tbs, spec->next_update);
	res = put_entries(&tbs, spec, error);
	put_extensions(&tbs, issuer, spec->number);
	wrap(out, DER_SEQUENCE, &tbs);
	return res != MDOC_OK ? res : out->err;
}

static enum mdoc_result
check_and_append(const struct mdoc_context *context, const struct mdoc_cert *issuer, struct mdoc_bytes der,
	struct mdoc_buf *out, struct mdoc_error *error)
{
	struct mdoc_crl *made = NULL;
	enum mdoc_result res = mdoc_crl_parse(context, der, &made, error);

	if (res == MDOC_OK && !mdoci_crl_is_of(made, issuer))
		res = mdoci_x509_fail(error, MDOC_ERR_SIGNATURE, "a signature by the issuer's key");
	if (res == MDOC_OK) {
		mdoc_buf_append(out, der);
		res = out->err;
	}
	mdoc_crl_free(made);
	return res;
}

enum mdoc_result
mdoc_crl_build(const struct mdoc_context *context, const struct mdoc_crl_spec *spec, struct mdoc_buf *out,
	struct mdoc_error *error)
{
	struct mdoc_error why = { 0 };
	struct mdoc_buf tbs = MDOC_BUF_EMPTY;
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	struct mdoc_cert *issuer = NULL;
	enum mdoc_result res;

	if (spec->signer == NULL)
		return mdoci_x509_fail(error, MDOC_ERR_ARG, "a signer");
	res = mdoc_cert_parse(context, spec->issuer_cert, &issuer, &why);
	if (res == MDOC_OK)
		res = mdoc_cert_check(issuer, MDOC_CERT_LIST_CA, 0, &why); /* any CA's */
	if (res == MDOC_OK && spec->next_update <= spec->this_update)
		res = mdoci_x509_fail(&why, MDOC_ERR_VALIDITY, "nextUpdate after thisUpdate");
	if (res == MDOC_OK)
		res = put_tbs(&tbs, spec, issuer, &why);
	if (res == MDOC_OK)
		res = mdoci_put_signed(&der, spec->signer, issuer->key.curve, mdoc_buf_bytes(&tbs), &why);
	if (res == MDOC_OK)
		res = check_and_append(context, issuer, mdoc_buf_bytes(&der), out, &why);
	if (res != MDOC_OK && why.code == MDOC_OK)
		(void)mdoci_x509_fail(&why, res, "a CRL from the fields given");
	if (res != MDOC_OK && error != NULL)
		*error = why;
	mdoc_buf_clear(&tbs);
	mdoc_buf_clear(&der);
	mdoc_cert_free(issuer);
	return res;
}
