/* anchors.c: whom mdoc-reader verify trusts: IACAs, VICALs, and CRLs. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/reader/anchors.h"

#define VICAL_MAX ((size_t)16 * 1024 * 1024)

struct reading {
	const struct reader_anchors *from;
	struct mdoc_trust *trust;     /* IACAs */
	struct mdoc_trust *providers; /* of VICALs */
	const char *path;             /* of the VICAL at hand */
};

/* An input beside the response that is wrong cannot make the answer "not verified". */
static enum exit_status
wrong(const char *path, const struct mdoc_error *error)
{
	const enum exit_status status = tool_mdoc_error(path, error);

	return status == EXIT_STATUS_NO ? EXIT_STATUS_INPUT : status;
}

static enum exit_status
add_iaca(const struct reading *reading, const char *path)
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

/* The provider's CA, or the certificate that signs its lists. */
static enum exit_status
add_provider(const struct reading *reading, const char *path)
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

/* What the providers of VICALs have revoked is known before their lists are read, and those may bring the anchors that
 * other CRLs are of. */
static enum exit_status
read_in_order(struct reading *reading, bool *taken)
{
	const struct reader_anchors *from = reading->from;
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status = EXIT_STATUS_OK;

	for (size_t i = 0; i < from->iaca->count && status == EXIT_STATUS_OK; i++)
		status = add_iaca(reading, from->iaca->items[i]);
	for (size_t i = 0; i < from->vical_ca->count && status == EXIT_STATUS_OK; i++)
		status = add_provider(reading, from->vical_ca->items[i]);
	for (size_t i = 0; i < from->crl->count && status == EXIT_STATUS_OK; i++)
		status = offer_crl(reading->providers, from->crl->items[i], &taken[i], &error);
	for (size_t i = 0; i < from->vical->count && status == EXIT_STATUS_OK; i++)
		status = add_vical(reading, from->vical->items[i]);
	for (size_t i = 0; i < from->crl->count && status == EXIT_STATUS_OK; i++) {
		status = offer_crl(reading->trust, from->crl->items[i], &taken[i], &error);
		if (status == EXIT_STATUS_OK && !taken[i])
			status = wrong(from->crl->items[i], &error);
	}
	return status;
}

enum exit_status
reader_anchors_read(const struct reader_anchors *anchors, struct mdoc_trust **trust)
{
	struct reading reading = { anchors, mdoc_trust_new(), mdoc_trust_new(), NULL };
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
	free(taken);
	return status;
}
