/* anchors.c: whom mdoc-reader verify trusts: IACAs, VICALs, and CRLs. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/reader/anchors.h"
#include "tools/reader/trust_store.h"

#define VICAL_MAX ((size_t)16 * 1024 * 1024)

struct reading {
	const struct reader_anchors *from;
	struct mdoc_trust *trust;     /* IACAs */
	struct mdoc_trust *providers; /* of VICALs */
	const char *path;             /* of the VICAL at hand */
	struct trust_store store;
};

/* An input beside the response that is wrong cannot make the answer "not verified". */
static enum exit_status
wrong(const char *path, const struct mdoc_error *error)
{
	const enum exit_status status = tool_mdoc_error(path, error);

	return status == EXIT_STATUS_NO ? EXIT_STATUS_INPUT : status;
}

static enum exit_status
add_iaca_file(const struct reading *reading, const char *path)
{
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	enum exit_status status = file_read_certificate(path, &der);

	if (status == EXIT_STATUS_OK &&
		mdoc_trust_add(tool_context(), reading->trust, mdoc_buf_bytes(&der), MDOC_CERT_IACA,
			reading->from->relax, &error) != MDOC_OK)
		status = wrong(path, &error);
	mdoc_buf_clear(&der);
	return status;
}

/* What is wrong with one of many is said, and leaves that one out. */
static enum exit_status
leave_out(enum exit_status status)
{
	if (status != EXIT_STATUS_INPUT && status != EXIT_STATUS_NO)
		return status;
	tool_why("%s", _("It is left out."));
	return EXIT_STATUS_OK;
}

static int
is_certificate(const struct dirent *entry)
{
	static const char *const ends[] = { ".pem", ".der", ".crt", ".cer" };
	const size_t len = strlen(entry->d_name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (len > 4 && strcasecmp(entry->d_name + len - 4, ends[i]) == 0)
			return 1;
	return 0;
}

static enum exit_status
add_iaca_folder(const struct reading *reading, const char *folder)
{
	struct dirent **names = NULL;
	const int count = scandir(folder, &names, is_certificate, alphasort);
	enum exit_status status = EXIT_STATUS_OK;
	char path[PATH_MAX];
	size_t usable = 0;

	for (int i = 0; i < count; i++) {
		const int len = snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);

		if (status == EXIT_STATUS_OK && len > 0 && (size_t)len < sizeof(path)) {
			status = add_iaca_file(reading, path);
			usable += status == EXIT_STATUS_OK ? 1 : 0;
			status = leave_out(status);
		}
		free(names[i]);
	}
	free(names);
	if (status == EXIT_STATUS_OK && usable == 0) {
		tool_error(_("%s has no certificate of an IACA"), folder);
		status = EXIT_STATUS_INPUT;
	}
	return status;
}

static enum exit_status
add_iaca(struct reading *reading, const char *path)
{
	struct stat about;

	if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
		return add_iaca_folder(reading, path);
	return add_iaca_file(reading, path);
}

/* The provider's CA, or the certificate that signs its lists. */
static enum exit_status
add_provider(struct reading *reading, const char *path)
{
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	enum exit_status status = file_read_certificate(path, &der);
	enum mdoc_result res;

	if (status != EXIT_STATUS_OK)
		goto out;
	res = mdoc_trust_add(tool_context(), reading->providers, mdoc_buf_bytes(&der), MDOC_CERT_LIST_CA,
		reading->from->relax, &error);
	if (res == MDOC_ERR_CERTIFICATE || res == MDOC_ERR_ARG)
		res = mdoc_trust_add(tool_context(), reading->providers, mdoc_buf_bytes(&der), MDOC_CERT_VICAL,
			reading->from->relax, &error);
	if (res != MDOC_OK)
		status = wrong(path, &error);
out:
	mdoc_buf_clear(&der);
	return status;
}

/* Give the store a CRL if one of its anchors signed it. */
static enum exit_status
offer_crl(struct mdoc_trust *trust, const char *path, bool *taken, struct mdoc_error *error)
{
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	struct mdoc_crl *crl = NULL;
	enum exit_status status = file_read_crl(path, &der);
	enum mdoc_result res = MDOC_OK;

	if (status == EXIT_STATUS_OK)
		res = mdoc_crl_parse(tool_context(), mdoc_buf_bytes(&der), &crl, error);
	if (status == EXIT_STATUS_OK && res == MDOC_OK)
		res = mdoc_trust_add_crl(trust, crl, error);
	if (status == EXIT_STATUS_OK && res == MDOC_OK) {
		*taken = true;
		crl = NULL;
	} else if (status == EXIT_STATUS_OK && res != MDOC_ERR_CHAIN) {
		status = wrong(path, error);
	}
	mdoc_crl_free(crl);
	mdoc_buf_clear(&der);
	return status;
}

static void
left_out(void *arg, size_t i, const struct mdoc_error *why)
{
	const struct reading *reading = arg;

	tool_note(_("%s: entry %zu is left out, expected: %s"), reading->path, i, why->expected);
}

static enum exit_status
add_vical(struct reading *reading, const char *path)
{
	const struct mdoc_trust_list_policy policy = {
		.anchors = reading->providers,
		.now = reading->from->now,
		.clock_skew = reading->from->clock_skew,
		.relax = reading->from->relax,
		.crl_required = reading->from->crl_required,
	};
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_trust_list *list = NULL;
	struct mdoc_buf file = MDOC_BUF_EMPTY;
	enum exit_status status = file_read(path, VICAL_MAX, &file);
	enum mdoc_result res = MDOC_OK;
	size_t added = 0;

	reading->path = path;
	if (status != EXIT_STATUS_OK)
		goto out;
	res = mdoc_trust_list_parse(tool_context(), MDOC_VICAL, mdoc_buf_bytes(&file), &list, &error);
	if (res == MDOC_OK)
		res = mdoc_trust_list_check(tool_context(), list, &policy, &error);
	if (res == MDOC_OK)
		res = mdoc_trust_list_into_trust(tool_context(), list, reading->trust, policy.relax, &added, left_out,
			reading, &error);
	if (res != MDOC_OK)
		status = wrong(path, &error);
out:
	mdoc_trust_list_free(list);
	mdoc_buf_clear(&file);
	return status;
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
			status = add_iaca_file(reading, entry.path);
		else if (kind == TRUST_VICAL_CA)
			status = add_provider(reading, entry.path);
		else if (kind == TRUST_VICAL)
			status = add_vical(reading, entry.path);
		else
			status = offer_crl(crls_for, entry.path, &taken, &error);
		status = leave_out(status);
	}
	return status;
}

static enum exit_status
each(const struct option_list *list, struct reading *reading,
	enum exit_status (*add)(struct reading *reading, const char *path))
{
	enum exit_status status = EXIT_STATUS_OK;

	for (size_t i = 0; i < list->count && status == EXIT_STATUS_OK; i++)
		status = add(reading, list->items[i]);
	return status;
}

static enum exit_status
each_crl(struct reading *reading, struct mdoc_trust *trust, bool *taken, bool last)
{
	const struct option_list *list = reading->from->crl;
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status = add_stored(reading, TRUST_CRL, trust);

	for (size_t i = 0; i < list->count && status == EXIT_STATUS_OK; i++) {
		status = offer_crl(trust, list->items[i], &taken[i], &error);
		if (status == EXIT_STATUS_OK && last && !taken[i])
			status = wrong(list->items[i], &error);
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
		status = each(from->iaca, reading, add_iaca);
	if (status == EXIT_STATUS_OK)
		status = add_stored(reading, TRUST_IACA, NULL);
	if (status == EXIT_STATUS_OK)
		status = each(from->vical_ca, reading, add_provider);
	if (status == EXIT_STATUS_OK)
		status = add_stored(reading, TRUST_VICAL_CA, NULL);
	if (status == EXIT_STATUS_OK)
		status = each_crl(reading, reading->providers, taken, false);
	if (status == EXIT_STATUS_OK)
		status = each(from->vical, reading, add_vical);
	if (status == EXIT_STATUS_OK)
		status = add_stored(reading, TRUST_VICAL, NULL);
	if (status == EXIT_STATUS_OK)
		status = each_crl(reading, reading->trust, taken, true);
	return status;
}

enum exit_status
reader_anchors_read(const struct reader_anchors *anchors, struct mdoc_trust **trust)
{
	struct reading reading = { anchors, mdoc_trust_new(), mdoc_trust_new(), NULL, { .lock = -1 } };
	bool *taken = calloc(anchors->crl->count + 1, sizeof(*taken));
	enum exit_status status;

	if (reading.trust == NULL || reading.providers == NULL || taken == NULL)
		status = tool_no_memory();
	else
		status = read_in_order(&reading, taken);
	/* Documents of one issuer come with one DS. */
	if (status == EXIT_STATUS_OK && mdoc_trust_use_cache(tool_context(), reading.trust) != MDOC_OK)
		status = tool_no_memory();
	*trust = reading.trust;
	mdoc_trust_free(reading.providers);
	trust_store_close(&reading.store);
	free(taken);
	return status;
}
