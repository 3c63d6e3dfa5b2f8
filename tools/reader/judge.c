/*
 * judge.c: is a DeviceResponse genuine, valid and made for our session? (R-VX-01, R-VX-02, R-VX-05)
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/reader/anchors.h"
#include "tools/reader/judge_internal.h"
#include "tools/reader/trust_store.h"

/* ---- Options ---- */

void
judge_args_init(struct judge_args *args)
{
	char names[TRUST_RELAX_MAX];

	memset(args, 0, sizeof(*args));
	args->clock_skew.max = JUDGE_CLOCK_SKEW_MAX;
	trust_relax_names(names);
	snprintf(args->relax_help, sizeof(args->relax_help),
		_("accept certificates that break a rule (see mdoc-reader(1)): %s"), names);
}

void
judge_args_clear(struct judge_args *args)
{
	struct option_list *const lists[] = { &args->iaca, &args->vical, &args->vical_ca, &args->crl, &args->relax,
		&args->status_lists };

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		option_list_clear(lists[i]);
}

static enum exit_status
take_options(const struct command *command, struct judge *judge)
{
	const struct judge_args *args = judge->args;
	enum exit_status status;

	if (args->trust != NULL)
		judge->store = args->trust;
	else if (args->iaca.count == 0 && args->vical.count == 0 && trust_store_folder(NULL, judge->folder) &&
		trust_store_exists(NULL))
		judge->store = judge->folder;
	if (args->iaca.count == 0 && args->vical.count == 0 && judge->store == NULL && !args->nobody)
		return options_wrong(command, _("--iaca, --vical or --trust is missing"));
	if (judge->store == NULL && (args->vical.count == 0) != (args->vical_ca.count == 0))
		return options_wrong(command, _("--vical and --vical-ca go together"));
	if (args->undetermined != NULL && !reader_undetermined(args->undetermined, &judge->options.undetermined))
		return options_wrong(command, _("--undetermined knows warn, ignore and fail, not \"%s\""),
			args->undetermined);
	status = trust_relax(command, &args->relax, &judge->options.relax);
	if (status == EXIT_STATUS_OK)
		status = clock_option(command, args->at, &judge->opened);
	judge->options.clock_skew = (int64_t)args->clock_skew.value;
	judge->options.crl_required = args->crl_required;
	judge->options.crl_expected = args->fetch;
	if (status == EXIT_STATUS_OK && args->algorithm_policy != NULL)
		status = algorithm_policy_read(args->algorithm_policy, &judge->policy);
	judge->options.algorithms = judge->policy.rules;
	judge->options.algorithm_count = judge->policy.count;
	return status;
}

/* ---- What is read ---- */

static enum exit_status
read_anchors(struct judge *judge)
{
	const struct judge_args *args = judge->args;
	const struct reader_anchors anchors = {
		.store = judge->store,
		.iaca = &args->iaca,
		.vical = &args->vical,
		.vical_ca = &args->vical_ca,
		.crl = &args->crl,
		.now = judge->opened,
		.clock_skew = judge->options.clock_skew,
		.relax = judge->options.relax,
		.crl_required = judge->options.crl_required,
	};
	const enum exit_status status = reader_anchors_read(&anchors, &judge->trust);

	judge->options.trust = judge->trust;
	return status;
}

/* An input beside the response that is wrong cannot make the answer "not verified". */
static enum exit_status
wrong_list(const char *path, enum mdoc_result res, struct mdoc_error error)
{
	enum exit_status status;

	if (error.code == MDOC_OK)
		error = (struct mdoc_error){ .code = res, .offset = SIZE_MAX };
	status = tool_mdoc_error(path, &error);
	return status == EXIT_STATUS_NO ? EXIT_STATUS_INPUT : status;
}

static enum exit_status
read_list(struct judge *judge, const char *path)
{
	const struct mdoc_list_trust trust = { .anchors = judge->trust,
		.now = judge->opened,
		.relax = judge->options.relax,
		.crl_required = judge->options.crl_required };
	struct pending *pending = &judge->pending[judge->pending_count];
	enum exit_status status = EXIT_STATUS_OK;
	enum mdoc_result res;

	/* What cannot be fetched leaves undetermined what it would have said. */
	if (fetch_is_url(path) && !judge_fetch_file(judge, path, &pending->bytes))
		goto out;
	if (!fetch_is_url(path))
		status = file_read(path, FILE_CBOR_MAX, &pending->bytes);
	if (status != EXIT_STATUS_OK)
		goto out;
	res = reader_lists_take(&judge->lists, mdoc_buf_bytes(&pending->bytes), &trust, NULL, &pending->why);
	if (res == MDOC_ERR_CHAIN) {
		pending->path = path;
		judge->pending_count++;
		return EXIT_STATUS_OK;
	}
	if (res != MDOC_OK)
		status = wrong_list(path, res, pending->why);
out:
	mdoc_buf_clear(&pending->bytes);
	return status;
}

static enum exit_status
read_lists(struct judge *judge)
{
	const struct option_list *paths = &judge->args->status_lists;
	enum exit_status status = EXIT_STATUS_OK;

	judge->pending = calloc(paths->count + 1, sizeof(*judge->pending));
	if (judge->pending == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < paths->count && status == EXIT_STATUS_OK; i++)
		status = read_list(judge, paths->items[i]);
	return status;
}

enum exit_status
judge_open(const struct command *command, const struct judge_args *args, struct judge **judge)
{
	struct judge *made = calloc(1, sizeof(*made));
	enum exit_status status;

	*judge = NULL;
	if (made == NULL || tool_context() == NULL) {
		free(made);
		return tool_no_memory();
	}
	made->args = args;
	status = take_options(command, made);
	if (status == EXIT_STATUS_OK)
		status = read_anchors(made);
	if (status == EXIT_STATUS_OK)
		status = read_lists(made);
	if (status == EXIT_STATUS_OK)
		*judge = made;
	else
		judge_close(made);
	return status;
}

/* ---- One response ---- */

static bool
is_known(const struct judge *judge, size_t pending, struct mdoc_bytes certificate)
{
	for (size_t i = 0; i < judge->named_count; i++)
		if (judge->named[i].pending == pending &&
			mdoc_bytes_equal(mdoc_buf_bytes(&judge->named[i].certificate), certificate))
			return true;
	return false;
}

static enum mdoc_result
remember(struct judge *judge, size_t pending, struct mdoc_bytes certificate)
{
	struct named *named = &judge->named[judge->named_count];

	named->pending = pending;
	mdoc_buf_append(&named->certificate, certificate);
	if (named->certificate.err != MDOC_OK) {
		mdoc_buf_clear(&named->certificate);
		return MDOC_ERR_MEMORY;
	}
	judge->named_count++;
	return MDOC_OK;
}

/*
 * A list that no IACA stands behind may be below a certificate that a Status names. That makes nobody trusted for other
 * documents: libmdoc lets a list answer only for an MSO whose own Status names the very certificate that the list
 * was checked with, and for one that names none, only below its IACA; and an MSO that is not genuine fails whatever a
 * list says. Two documents may name different certificates of one CA, so the list is kept once for each that it
 * is below: none of them hides from another that it is revoked.
 */
static enum mdoc_result
take_named(struct judge *judge, struct mdoc_bytes certificate, int64_t now, size_t i)
{
	const struct mdoc_list_trust trust = { .certificate = certificate,
		.now = now,
		.relax = judge->options.relax,
		.crl_required = judge->options.crl_required };
	struct mdoc_error why = { .code = MDOC_OK };
	enum mdoc_result res;

	if (certificate.len == 0 || judge->named_count == NAMED_MAX || is_known(judge, i, certificate))
		return MDOC_OK;
	res = reader_lists_take(&judge->lists, mdoc_buf_bytes(&judge->pending[i].bytes), &trust, NULL, &why);
	if (res == MDOC_OK)
		return remember(judge, i, certificate);
	if (res == MDOC_ERR_MEMORY || res == MDOC_ERR_CRYPTO)
		return res;
	if (res != MDOC_ERR_CHAIN)
		judge->pending[i].why = why;
	return MDOC_OK;
}

/* Pending lists below what the genuine MSOs of a response name. */
static enum mdoc_result
settle_pending(struct judge *judge, const struct mdoc_verify_options *response_options, struct mdoc_bytes response)
{
	struct mdoc_verify_options options = *response_options;
	struct mdoc_verdict *verdict = NULL;
	struct mdoc_status status;
	enum mdoc_result res;

	options.lists = NULL;
	options.reader = NULL; /* only issuers matter here */
	res = mdoc_verify(tool_context(), response, &options, &verdict);
	if (verdict == NULL)
		return res;
	res = MDOC_OK;
	for (size_t i = 0; i < mdoc_response_count(mdoc_verdict_response(verdict)); i++) {
		if (!judge_genuine_status(verdict, i, &status))
			continue;
		for (size_t j = 0; j < judge->pending_count && res == MDOC_OK; j++) {
			res = take_named(judge, status.list_certificate, options.now, j);
			if (res == MDOC_OK)
				res = take_named(judge, status.identifier_certificate, options.now, j);
		}
	}
	mdoc_verdict_free(verdict);
	return res;
}

/* The first list that nobody stands behind. */
static enum exit_status
check_pending(const struct judge *judge)
{
	for (size_t i = 0; i < judge->pending_count; i++) {
		bool taken = false;

		for (size_t j = 0; j < judge->named_count && !taken; j++)
			taken = judge->named[j].pending == i;
		if (!taken)
			return wrong_list(judge->pending[i].path, MDOC_ERR_CHAIN, judge->pending[i].why);
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
no_verdict(enum mdoc_result res)
{
	const struct mdoc_error error = { .code = res, .offset = SIZE_MAX };

	return tool_mdoc_error(_("The response could not be checked."), &error);
}

enum exit_status
judge_response(struct judge *judge, struct judged *judged)
{
	struct mdoc_verify_options options = judge->options;
	enum exit_status status;
	enum mdoc_result res;

	judged->verdict = NULL;
	judged->now = judge->args->at != NULL ? judge->opened : clock_now();
	options.now = judged->now;
	options.transcript = judged->transcript;
	options.request = judged->request;
	options.retain = judged->retain;
	options.reader = judged->reader;
	/* Who has the key means a deviceMac too; libmdoc refuses one for the Japanese record (R-TX-01). */
	options.mac_allowed = judged->reader != NULL;
	if (judge->pending_count > 0) {
		res = settle_pending(judge, &options, judged->response);
		if (res != MDOC_OK)
			return no_verdict(res);
		status = judge->args->once ? check_pending(judge) : EXIT_STATUS_OK;
		if (status != EXIT_STATUS_OK)
			return status;
	}
	options.lists = &judge->lists.set;
	judged->summary = mdoc_verify(tool_context(), judged->response, &options, &judged->verdict);
	if (judged->verdict != NULL && judge->args->fetch && judge_fetch(judge, judged->verdict, judged->now)) {
		mdoc_verdict_free(judged->verdict);
		judged->verdict = NULL;
		options.lists = &judge->lists.set;
		judged->summary = mdoc_verify(tool_context(), judged->response, &options, &judged->verdict);
	}
	return judged->verdict != NULL ? EXIT_STATUS_OK : no_verdict(judged->summary);
}

bool
judge_trusts(const struct judge *judge)
{
	return judge->args->iaca.count > 0 || judge->args->vical.count > 0 || judge->store != NULL;
}

void
judge_close(struct judge *judge)
{
	if (judge == NULL)
		return;
	for (size_t i = 0; i < judge->pending_count; i++)
		mdoc_buf_clear(&judge->pending[i].bytes);
	for (size_t i = 0; i < judge->named_count; i++)
		mdoc_buf_clear(&judge->named[i].certificate);
	judge_fetch_clear(judge);
	free(judge->pending);
	reader_lists_clear(&judge->lists);
	mdoc_trust_free(judge->trust);
	algorithm_policy_clear(&judge->policy);
	free(judge);
}
