/* engagement.c: a DeviceEngagement with a key of its own. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/present/session.h"

/* What an engagement of the second edition says that this program can. */
static const enum mdoc_capability capabilities[] = { MDOC_CAPABILITY_READER_AUTH_ALL,
	MDOC_CAPABILITY_EXTENDED_REQUEST };

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

	memset(engagement, 0, sizeof(*engagement));
	if (key_make_ephemeral(tool_context(), spec->curve, &engagement->own) != MDOC_OK) {
		tool_error(_("cannot make a key of this session on the curve %s"), mdoc_curve_name(spec->curve));
		return EXIT_STATUS_TROUBLE;
	}
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
