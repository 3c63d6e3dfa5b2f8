/*
 * mdoc/cose/cose_sign1_put.c: COSE_Sign1 (RFC 9052, 4.2), written.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/cose/cose_internal.h"

void
mdoc_sig_structure(struct mdoc_buf *buf, struct mdoc_bytes protected_, struct mdoc_bytes payload)
{
	mdoc_put_array(buf, 4);
	mdoc_put_text(buf, "Signature1");
	mdoc_put_bstr(buf, protected_);
	mdoc_put_bstr(buf, MDOC_NO_BYTES);
	mdoc_put_bstr(buf, payload);
}

static void
put_x5chain(struct mdoc_buf *buf, const struct mdoc_sign1_options *options)
{
	mdoc_put_int(buf, MDOCI_COSE_X5CHAIN);
	if (options->x5chain_count > 1)
		mdoc_put_array(buf, options->x5chain_count);
	for (size_t i = 0; i < options->x5chain_count; i++)
		mdoc_put_bstr(buf, options->x5chain[i]);
}

static void
put_protected(struct mdoc_buf *buf, enum mdoc_alg alg, const struct mdoc_sign1_options *options)
{
	const bool chain = options->x5chain_count > 0 && options->x5chain_protected;

	mdoc_put_map(buf, 1 + (size_t)(options->type != NULL) + (size_t)chain);
	mdoc_put_int(buf, MDOCI_COSE_ALG);
	mdoc_put_int(buf, alg);
	if (options->type != NULL) {
		mdoc_put_int(buf, MDOCI_COSE_TYP);
		mdoc_put_text(buf, options->type);
	}
	if (chain)
		put_x5chain(buf, options);
}

enum mdoc_result
mdoc_sign1_put(struct mdoc_buf *buf, const struct mdoc_signer *signer, struct mdoc_bytes payload,
	const struct mdoc_sign1_options *options)
{
	static const struct mdoc_sign1_options usual = { 0 };
	struct mdoc_buf header = MDOC_BUF_EMPTY, tbs = MDOC_BUF_EMPTY;
	uint8_t sig[MDOC_SIG_MAX];
	size_t sig_len = 0;
	enum mdoc_result res;

	if (options == NULL)
		options = &usual;
	put_protected(&header, signer->alg, options);
	mdoc_sig_structure(&tbs, mdoc_buf_bytes(&header), payload);
	res = header.err != MDOC_OK ? header.err : tbs.err;
	if (res == MDOC_OK)
		res = mdoc_sign(signer, mdoc_buf_bytes(&tbs), sig, &sig_len);
	if (res != MDOC_OK)
		goto out;
	if (options->tagged)
		mdoc_put_tag(buf, MDOCI_TAG_SIGN1);
	mdoc_put_array(buf, MDOCI_SIGN1_ITEMS);
	mdoc_put_bstr(buf, mdoc_buf_bytes(&header));
	if (options->x5chain_count > 0 && !options->x5chain_protected) {
		mdoc_put_map(buf, 1);
		put_x5chain(buf, options);
	} else {
		mdoc_put_map(buf, 0);
	}
	if (options->detached)
		mdoc_put_null(buf);
	else
		mdoc_put_bstr(buf, payload);
	mdoc_put_bstr(buf, mdoc_bytes_of(sig, sig_len));
	res = buf->err;
out:
	mdoc_buf_clear(&tbs);
	mdoc_buf_clear(&header);
	return res;
}
