/* engagement.c: a DeviceEngagement with a key of its own. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/present/session.h"

/* What an engagement of the second edition says that this program can. */
static const enum mdoc_capability capabilities[] = { MDOC_CAPABILITY_READER_AUTH_ALL,
	MDOC_CAPABILITY_EXTENDED_REQUEST };

static enum exit_status
make_key(enum mdoc_curve curve, struct mdoc_agreement *own)
{
	OSSL_LIB_CTX *libctx = mdoc_context_libctx(tool_context());
	const bool raw = curve == MDOC_CURVE_X25519 || curve == MDOC_CURVE_X448;
	const char *name = mdoc_curve_name(curve);
	EVP_PKEY *pkey = raw ? EVP_PKEY_Q_keygen(libctx, NULL, name) : EVP_PKEY_Q_keygen(libctx, NULL, "EC", name);
	enum mdoc_result res = pkey == NULL ? MDOC_ERR_CRYPTO : mdoc_agreement_from_evp(tool_context(), pkey, own);

	EVP_PKEY_free(pkey);
	if (res == MDOC_OK)
		return EXIT_STATUS_OK;
	tool_error(_("cannot make a key of this session on the curve %s"), name);
	return EXIT_STATUS_TROUBLE;
}

static enum exit_status
make_text(struct engagement *engagement)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	enum mdoc_result res = mdoc_engagement_to_qr(mdoc_buf_bytes(&engagement->bytes), &text);

	if (res == MDOC_OK)
		engagement->text = strndup((const char *)text.ptr, text.len);
	mdoc_buf_clear(&text);
	return engagement->text == NULL ? tool_no_memory() : EXIT_STATUS_OK;
}

enum exit_status
engagement_make(const struct engagement_spec *spec, struct engagement *engagement)
{
	const bool second = spec->edition == MDOC_EDITION_2;
	struct mdoc_engagement_spec what = {
		.edition = spec->edition,
		.retrievals = spec->retrievals,
		.retrieval_count = spec->retrieval_count,
		.capabilities = capabilities,
		.capability_count = second ? sizeof(capabilities) / sizeof(capabilities[0]) : 0,
	};
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status;

	memset(engagement, 0, sizeof(*engagement));
	status = make_key(spec->curve, &engagement->own);
	if (status != EXIT_STATUS_OK)
		return status;
	what.key = &engagement->own.key;
	if (mdoc_engagement_build(tool_context(), &what, &engagement->bytes, &error) != MDOC_OK)
		return tool_mdoc_error(_("the engagement could not be made"), &error);
	engagement->nfc_request = spec->nfc_request;
	if (spec->nfc &&
		mdoc_ndef_select_build(tool_context(), mdoc_buf_bytes(&engagement->bytes), spec->retrievals,
			spec->retrieval_count, &engagement->nfc_select, &error) != MDOC_OK)
		return tool_mdoc_error(_("the engagement could not be made"), &error);
	return make_text(engagement);
}

void
engagement_clear(struct engagement *engagement)
{
	mdoc_agreement_clear(&engagement->own);
	mdoc_buf_clear(&engagement->bytes);
	mdoc_buf_clear(&engagement->nfc_select);
	free(engagement->text);
	memset(engagement, 0, sizeof(*engagement));
}
