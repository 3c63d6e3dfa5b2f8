/* anchors.c: whom mdoc-reader verify trusts: IACAs, VICALs, and CRLs. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/common/trust_files.h"
#include "tools/reader/anchors.h"
#include "tools/reader/trust_store.h"

struct reading {
	const struct reader_anchors *from;
	struct trust_files files;
	struct trust_store store;
};

/* What is wrong with one of many is said, and leaves that one out. */
static enum exit_status
leave_out(enum exit_status status)
{
	if (status != EXIT_STATUS_INPUT && status != EXIT_STATUS_NO)
		return status;
	tool_why("%s", _("It is left out."));
	return EXIT_STATUS_OK;
}

static enum exit_status
add_stored(struct reading *reading, enum trust_kind kind, struct mdoc_trust *crls_for)
{
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status = EXIT_STATUS_OK;
	struct trust_entry entry;
	bool taken = false;

	for (size_t i = 0; i < trust_store_count(&reading->store) && status == EXIT_STATUS_OK; i++) {
		if (!trust_store_entry(&reading->store, i, &entry) || entry.kind != kind)
			continue;
		if (kind == TRUST_IACA)
			status = trust_files_anchor(&reading->files, entry.path);
		else if (kind == TRUST_VICAL_CA)
			status = trust_files_provider(&reading->files, entry.path);
		else if (kind == TRUST_VICAL)
			status = trust_files_list(&reading->files, entry.path);
		else
			status = trust_files_crl(crls_for, entry.path, &taken, &error);
		status = leave_out(status);
	}
	return status;
}

static enum exit_status
each(const struct option_list *list, struct reading *reading,
	enum exit_status (*add)(struct trust_files *files, const char *path))
{
	enum exit_status status = EXIT_STATUS_OK;

	for (size_t i = 0; i < list->count && status == EXIT_STATUS_OK; i++)
		status = add(&reading->files, list->items[i]);
	return status;
}

static enum exit_status
each_crl(struct reading *reading, struct mdoc_trust *trust, bool *taken, bool last)
{
	const struct option_list *list = reading->from->crl;
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status = add_stored(reading, TRUST_CRL, trust);

	for (size_t i = 0; i < list->count && status == EXIT_STATUS_OK; i++) {
		status = trust_files_crl(trust, list->items[i], &taken[i], &error);
		if (status == EXIT_STATUS_OK && last && !taken[i])
			status = trust_files_wrong(list->items[i], &error);
	}
	return status;
}

/* What the providers of VICALs have revoked is known before their lists are read, and those may bring the anchors that
 * other CRLs are of. */
static enum exit_status
read_in_order(struct reading *reading, bool *taken)
{
	const struct reader_anchors *from = reading->from;
	enum exit_status status = EXIT_STATUS_OK;

	if (from->store != NULL)
		status = trust_store_open(from->store, false, &reading->store);
	if (status == EXIT_STATUS_OK)
		status = each(from->iaca, reading, trust_files_anchor);
	if (status == EXIT_STATUS_OK)
		status = add_stored(reading, TRUST_IACA, NULL);
	if (status == EXIT_STATUS_OK)
		status = each(from->vical_ca, reading, trust_files_provider);
	if (status == EXIT_STATUS_OK)
		status = add_stored(reading, TRUST_VICAL_CA, NULL);
	if (status == EXIT_STATUS_OK)
		status = each_crl(reading, reading->files.providers, taken, false);
	if (status == EXIT_STATUS_OK)
		status = each(from->vical, reading, trust_files_list);
	if (status == EXIT_STATUS_OK)
		status = add_stored(reading, TRUST_VICAL, NULL);
	if (status == EXIT_STATUS_OK)
		status = each_crl(reading, reading->files.trust, taken, true);
	return status;
}

enum exit_status
reader_anchors_read(const struct reader_anchors *anchors, struct mdoc_trust **trust)
{
	const struct mdoc_trust_list_policy at = {
		.now = anchors->now,
		.clock_skew = anchors->clock_skew,
		.relax = anchors->relax,
		.crl_required = anchors->crl_required,
	};
	struct reading reading = { anchors, { .trust = NULL }, { .lock = -1 } };
	bool *taken = calloc(anchors->crl->count + 1, sizeof(*taken));
	enum exit_status status =
		taken == NULL ? tool_no_memory() : trust_files_new(MDOC_CERT_IACA, &at, &reading.files);

	if (status == EXIT_STATUS_OK)
		status = read_in_order(&reading, taken);
	/* Documents of one issuer come with one DS. */
	if (status == EXIT_STATUS_OK && mdoc_trust_use_cache(tool_context(), reading.files.trust) != MDOC_OK)
		status = tool_no_memory();
	*trust = reading.files.trust;
	reading.files.trust = NULL;
	trust_files_free(&reading.files);
	trust_store_close(&reading.store);
	free(taken);
	return status;
}
