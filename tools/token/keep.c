/* keep.c: show a batch with the notices, and store it: all of it or nothing. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/batch.h"
#include "tools/token/notices.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/value.h"
#include <stdlib.h>
#include <time.h>

/* The contents, once for all copies that say the same (R-NOT-01). */
static void
show_contents(FILE *to, const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct mdoc_issuer_signed *record = batch->records[i];
		const struct mdoc_mso *mso = mdoc_issuer_signed_mso(record);
		const struct mdoc_bytes doc_type = mdoc_mso_doc_type(mso);
		char from[32], until[32];
		size_t same = 0;
		bool shown = false;

		for (size_t k = 0; k < i && !shown; k++)
			shown = record_same_content(record, batch->records[k]);
		if (shown)
			continue;
		for (size_t k = i; k < batch->count; k++)
			same += record_same_content(record, batch->records[k]) ? 1 : 0;
		time_print_jst(mdoc_mso_valid_from(mso), from);
		time_print_jst(mdoc_mso_valid_until(mso), until);
		terminal_text(to, (const char *)doc_type.ptr, doc_type.len);
		fputs(": ", to);
		fprintf(to, ngettext("%zu copy", "%zu copies", same), same);
		fputc('\n', to);
		fputs("  ", to);
		fprintf(to, _("valid from %s until %s"), from, until);
		fputc('\n', to);
		record_print(to, record);
		fputc('\n', to);
	}
}

enum exit_status
batch_show(const struct batch *batch, bool json, bool yes, int64_t *shown)
{
	FILE *to = json ? stderr : stdout;
	char when[32];
	bool asked = false;

	fprintf(to, "%s\n\n", _("Contents of the record:"));
	show_contents(to, batch);
	notices_print(to);
	*shown = (int64_t)time(NULL);
	time_print_jst(*shown, when);
	fprintf(to, _("Contents and notices (version %s) shown at %s."), NOTICES_VERSION, when);
	fputc('\n', to);
	fflush(to);
	if (yes || terminal_ask(_("Keep this record?"), &asked))
		return EXIT_STATUS_OK;
	tool_error(_("nothing was stored"));
	if (!asked)
		tool_why(_("There is no terminal to ask on; --yes agrees in advance."));
	return EXIT_STATUS_NO;
}

/* ---- Storing ---- */

static CK_RV
store_all(const struct p11_token *token, const struct batch *batch, int64_t shown, size_t *stored)
{
	struct mdoc_bytes *values = calloc(batch->count, sizeof(*values));
	CK_RV rv = values != NULL ? CKR_OK : CKR_HOST_MEMORY;

	for (size_t i = 0; rv == CKR_OK && i < batch->count; i++) {
		values[i] = mdoc_buf_bytes(&batch->values[i]);
		rv = copies_store_record(token, mdoc_mso_doc_type(mdoc_issuer_signed_mso(batch->records[i])),
			values[i]);
		*stored += rv == CKR_OK ? 1 : 0;
		terminal_progress(_("copies"), i + 1, batch->count);
	}
	/* Last: on a module without batches a record counts from this moment on. */
	if (rv == CKR_OK)
		rv = copies_store_manifest(token, values, batch->count, NOTICES_VERSION, shown);
	free(values);
	return rv;
}

/* One transaction of our module. */
static CK_RV
store_as_batch(const struct p11_token *token, const struct batch *batch, int64_t shown)
{
	const CK_MDOC_FUNCTION_LIST *vendor = token->p11->vendor;
	size_t stored = 0;
	CK_RV rv = vendor->C_MDOC_BeginBatch(token->session);

	if (rv != CKR_OK)
		return rv;
	rv = store_all(token, batch, shown, &stored);
	if (rv == CKR_OK)
		rv = vendor->C_MDOC_CommitBatch(token->session);
	if (rv != CKR_OK)
		(void)vendor->C_MDOC_RollbackBatch(token->session);
	return rv;
}

/* Records without a manifest do not count; take away at once what was written. */
static CK_RV
store_with_manifest(const struct p11_token *token, const struct batch *batch, int64_t shown)
{
	struct copies copies;
	size_t stored = 0;
	CK_RV rv = store_all(token, batch, shown, &stored);

	if (rv != CKR_OK && stored > 0) {
		if (copies_load(token, &copies) == EXIT_STATUS_OK)
			(void)copies_sweep(token, &copies);
		copies_clear(&copies);
	}
	return rv;
}

/* A second record for one key would never be found; ours refuses it by itself. */
static CK_RV
check_keys_are_free(const struct copies *copies, const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct copy *copy =
			copies_find(copies, mdoc_mso_device_key(mdoc_issuer_signed_mso(batch->records[i])));

		if (copy == NULL || copy->bound)
			return CKR_MDOC_NO_HOLDER_KEY;
	}
	return CKR_OK;
}

enum exit_status
batch_keep(const struct p11_token *token, const struct copies *copies, const struct batch *batch, int64_t shown)
{
	CK_RV rv;

	if (token->ours && token->p11->vendor == NULL) {
		tool_error(_("this module hides the batch interface of the token"));
		tool_why(_("Load mdoc-pkcs11.so itself with --module, not a proxy."));
		return EXIT_STATUS_TROUBLE;
	}
	rv = check_keys_are_free(copies, batch);
	if (rv == CKR_OK)
		rv = copies_sweep(token, copies);
	if (rv == CKR_OK)
		rv = token->ours ? store_as_batch(token, batch, shown) : store_with_manifest(token, batch, shown);
	if (rv != CKR_OK)
		return tool_rv_error(_("nothing was stored"), rv);
	return EXIT_STATUS_OK;
}
