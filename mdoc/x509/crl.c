/*
 * mdoc/x509/crl.c: certificate revocation lists (RFC 5280, 5): what they say, and when they say nothing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/x509/der.h"
#include "mdoc/x509/x509_internal.h"

#include <string.h>

struct mdoc_crl *
mdoci_crl_ref(struct mdoc_crl *crl)
{
	atomic_fetch_add_explicit(&crl->references, 1, memory_order_relaxed);
	return crl;
}

void
mdoc_crl_free(struct mdoc_crl *crl)
{
	if (crl == NULL || atomic_fetch_sub_explicit(&crl->references, 1, memory_order_acq_rel) != 1)
		return;
	free(crl->serials);
	free(crl->copy);
	free(crl);
}

int64_t
mdoc_crl_this_update(const struct mdoc_crl *crl)
{
	return crl->this_update;
}

int64_t
mdoc_crl_next_update(const struct mdoc_crl *crl)
{
	return crl->next_update;
}

/* { serial, date, extensions OPTIONAL }. UNDETERMINED: it is of another issuer, or more than we know. */
static enum mdoc_result
read_entry(struct mdoc_bytes entry, struct mdoc_bytes *serial)
{
	struct mdoc_bytes list, extension;
	int64_t date;
	bool critical;

	if (!mdoci_der_integer(&entry, serial) || !mdoci_der_time(&entry, &date))
		return MDOC_ERR_CERTIFICATE;
	if (entry.len == 0)
		return MDOC_OK;
	if (!mdoci_der_only(entry, DER_SEQUENCE, &list))
		return MDOC_ERR_CERTIFICATE;
	while (list.len > 0) {
		if (!mdoci_der_take(&list, DER_SEQUENCE, &extension, NULL) ||
			!mdoci_der_take(&extension, DER_OID, NULL, NULL) || !mdoci_read_critical(&extension, &critical))
			return MDOC_ERR_CERTIFICATE;
		if (critical)
			return MDOC_ERR_UNDETERMINED;
	}
	return MDOC_OK;
}

static int
compare_serials(const void *a, const void *b)
{
	const struct mdoc_bytes *left = a;
	const struct mdoc_bytes *right = b;

	if (left->len != right->len)
		return left->len < right->len ? -1 : 1;
	return memcmp(left->ptr, right->ptr, left->len);
}

static enum mdoc_result
read_entries(struct mdoc_crl *crl, struct mdoc_bytes list)
{
	struct mdoc_bytes rest = list;
	struct mdoc_bytes entry;
	enum mdoc_result res = MDOC_OK;
	size_t count = 0;

	while (mdoci_der_take(&rest, DER_SEQUENCE, NULL, NULL))
		count++;
	if (rest.len != 0)
		return MDOC_ERR_CERTIFICATE;
	if (count == 0)
		return MDOC_OK;
	crl->serials = calloc(count, sizeof(*crl->serials));
	if (crl->serials == NULL)
		return MDOC_ERR_MEMORY;
	while (res == MDOC_OK && mdoci_der_take(&list, DER_SEQUENCE, &entry, NULL))
		res = read_entry(entry, &crl->serials[crl->count++]);
	if (res == MDOC_OK)
		qsort(crl->serials, crl->count, sizeof(*crl->serials), compare_serials);
	return res;
}

/* issuingDistributionPoint: we take the names, and "end entities only", which is what mdocs have. */
static enum mdoc_result
read_scope(struct mdoc_crl *crl, struct mdoc_bytes value)
{
	struct mdoc_bytes scope, name, flag;

	if (!mdoci_der_only(value, DER_SEQUENCE, &scope))
		return MDOC_ERR_CERTIFICATE;
	if (mdoci_der_take(&scope, DER_CONSTRUCTED(0), &name, NULL) &&
		!mdoci_der_only(name, DER_CONSTRUCTED(0), &crl->points))
		return MDOC_ERR_UNDETERMINED;
	(void)mdoci_der_take(&scope, DER_CONTEXT(1), &flag, NULL);
	return scope.len == 0 ? MDOC_OK : MDOC_ERR_UNDETERMINED;
}

static enum mdoc_result
read_extension(struct mdoc_crl *crl, struct mdoc_bytes oid, bool critical, struct mdoc_bytes value)
{
	struct mdoc_bytes serial;
	uint8_t last = 0;

	if (oid.len == 3 && oid.ptr[0] == 0x55 && oid.ptr[1] == 0x1d) /* 2.5.29 */
		last = oid.ptr[2];
	switch (last) {
	case 20: /* cRLNumber */
		return MDOC_OK;
	case 27: /* deltaCRLIndicator */
		return MDOC_ERR_UNDETERMINED;
	case 28:
		return read_scope(crl, value);
	case 35:
		return mdoci_read_aki(value, &crl->aki, &serial) ? MDOC_OK : MDOC_ERR_CERTIFICATE;
	default:
		return critical ? MDOC_ERR_UNDETERMINED : MDOC_OK;
	}
}

static enum mdoc_result
read_extensions(struct mdoc_crl *crl, struct mdoc_bytes wrapped)
{
	struct mdoc_bytes list, extension, oid, value;
	enum mdoc_result res = MDOC_OK;
	bool critical;

	if (!mdoci_der_only(wrapped, DER_SEQUENCE, &list))
		return MDOC_ERR_CERTIFICATE;
	while (res == MDOC_OK && list.len > 0) {
		if (!mdoci_der_take(&list, DER_SEQUENCE, &extension, NULL) ||
			!mdoci_der_take(&extension, DER_OID, &oid, NULL) ||
			!mdoci_read_critical(&extension, &critical) ||
			!mdoci_der_only(extension, DER_OCTET_STRING, &value))
			return MDOC_ERR_CERTIFICATE;
		res = read_extension(crl, oid, critical, value);
	}
	return res;
}

static enum mdoc_result
read_tbs(struct mdoc_crl *crl, struct mdoc_bytes tbs, struct mdoc_bytes sig_alg)
{
	struct mdoc_bytes same, entries, wrapped;
	enum mdoc_result res = MDOC_OK;

	(void)mdoci_der_take(&tbs, DER_INTEGER, NULL, NULL); /* version */
	if (!mdoci_der_take(&tbs, DER_SEQUENCE, NULL, &same) || !mdoc_bytes_equal(same, sig_alg) ||
		!mdoci_der_take(&tbs, DER_SEQUENCE, NULL, &crl->issuer) || !mdoci_der_time(&tbs, &crl->this_update) ||
		!mdoci_der_time(&tbs, &crl->next_update))
		return MDOC_ERR_CERTIFICATE;
	if (mdoci_der_take(&tbs, DER_SEQUENCE, &entries, NULL))
		res = read_entries(crl, entries);
	if (res == MDOC_OK && mdoci_der_take(&tbs, DER_CONSTRUCTED(0), &wrapped, NULL))
		res = read_extensions(crl, wrapped);
	return res == MDOC_OK && tbs.len != 0 ? MDOC_ERR_CERTIFICATE : res;
}

static enum mdoc_result
read_crl(struct mdoc_crl *crl, struct mdoc_bytes der)
{
	struct mdoc_bytes outer, tbs, sig_alg, bits;

	if (!mdoci_der_only(der, DER_SEQUENCE, &outer) || !mdoci_der_take(&outer, DER_SEQUENCE, &tbs, &crl->tbs) ||
		!mdoci_der_take(&outer, DER_SEQUENCE, NULL, &sig_alg) ||
		!mdoci_der_only(outer, DER_BIT_STRING, &bits) || bits.len < 2 || bits.ptr[0] != 0)
		return MDOC_ERR_CERTIFICATE;
	crl->signature = mdoc_bytes_of(bits.ptr + 1, bits.len - 1);
	crl->sig_alg = mdoci_sig_alg(sig_alg);
	return crl->sig_alg == NULL ? MDOC_ERR_CERTIFICATE : read_tbs(crl, tbs, sig_alg);
}

enum mdoc_result
mdoc_crl_parse(const struct mdoc_context *context, struct mdoc_bytes der, struct mdoc_crl **crl,
	struct mdoc_error *error)
{
	struct mdoc_crl *made = NULL;
	enum mdoc_result res = MDOC_ERR_MEMORY;

	*crl = NULL;
	if (der.len > mdoc_context_limit(context, MDOC_LIMIT_CRL))
		return mdoci_x509_fail(error, MDOC_ERR_SIZE, "a CRL within the limit");
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		goto out;
	atomic_init(&made->references, 1);
	made->copy = malloc(der.len + 1);
	if (made->copy == NULL)
		goto out;
	if (der.len > 0)
		memcpy(made->copy, der.ptr, der.len);
	res = read_crl(made, mdoc_bytes_of(made->copy, der.len));
out:
	if (res != MDOC_OK) {
		mdoc_crl_free(made);
		return mdoci_x509_fail(error, res,
			res == MDOC_ERR_UNDETERMINED ? "a CRL for every certificate and reason" : "one DER CRL");
	}
	*crl = made;
	return MDOC_OK;
}

bool
mdoci_crl_is_of(const struct mdoc_crl *crl, const struct mdoc_cert *anchor)
{
	return (mdoci_key_usage(anchor) & KU_CRL_SIGN) != 0 &&
		(crl->aki.ptr == NULL || mdoc_bytes_equal(crl->aki, anchor->ski)) &&
		mdoci_names_equal(crl->issuer, anchor->subject) &&
		mdoci_cert_signed(anchor, crl->sig_alg, crl->tbs, crl->signature);
}

/* One walk: of such names a CRL may have as many as there is room for. */
static bool
has_uri(struct mdoc_bytes names, struct mdoc_bytes uri)
{
	struct mdoc_bytes value;
	int tag;

	while (mdoci_der_any(&names, &tag, &value))
		if (tag == DER_URI_NAME && mdoc_bytes_equal(value, uri))
			return true;
	return false;
}

static bool
counts_for(const struct mdoc_crl *crl, const struct mdoc_cert *leaf)
{
	struct mdoc_bytes uri;

	if (crl->points.ptr == NULL)
		return true;
	for (size_t i = 0; mdoc_cert_crl_uri(leaf, i, &uri); i++)
		if (has_uri(crl->points, uri))
			return true;
	return false;
}

enum mdoc_result
mdoci_crl_says(const struct mdoc_crl *crl, const struct mdoc_cert *leaf, int64_t when, struct mdoc_error *error)
{
	if (!counts_for(crl, leaf))
		return mdoci_x509_fail(error, MDOC_ERR_UNDETERMINED, "a CRL for this distribution point");
	if (crl->count > 0 &&
		bsearch(&leaf->serial, crl->serials, crl->count, sizeof(*crl->serials), compare_serials) != NULL)
		return mdoci_x509_fail(error, MDOC_ERR_REVOKED, "a certificate that the CRL does not name");
	if (when < crl->this_update || when > crl->next_update)
		return mdoci_x509_fail(error, MDOC_ERR_UNDETERMINED, "a CRL between thisUpdate and nextUpdate");
	return MDOC_OK;
}
