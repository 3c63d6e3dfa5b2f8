/* plan.c: which credentials of a DCQL query are given. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/present/plan.h"
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/common/value.h"
#include "tools/openid4vp/response.h"
#include <stdlib.h>
#include <string.h>

/* One credential query. */
struct part {
	const struct dcql_credential *credential;
	bool unavailable;      /* it cannot be given */
	bool forbidden;        /* it may not be given, whatever claim set is tried */
	bool chosen, required; /* in this plan */
	size_t set;            /* the claim set that is tried now */
	bool agreed;           /* the holder has been asked about just this */
	struct mdoc_buf cbor;
	struct mdoc_request *request; /* what it asks for, as a DeviceRequest */
};

struct plan {
	const struct vp_request *request;
	struct mdoc_bytes transcript;
	const struct asker *asker;
	struct part *parts;
	size_t count;
	struct question *questions; /* room for `count` */
};

static size_t
set_of(const struct part *part)
{
	return part->credential->set_count > 0 ? part->set : DCQL_ALL_CLAIMS;
}

/* ---- Values ---- */

static const struct dcql_claim *
claim_of(const struct part *part, const struct mdoc_choice *choice)
{
	for (size_t i = 0; i < part->credential->claim_count; i++) {
		const struct dcql_claim *claim = &part->credential->claims[i];

		if (mdoc_bytes_is_text(choice->ns, claim->ns) && mdoc_bytes_is_text(choice->element, claim->element))
			return claim;
	}
	return NULL;
}

/* 6.3: is the value one of those that the verifier wants? An element that it did not name is not what it asked for. */
static bool
is_wanted(const void *arg, const struct mdoc_choice *choice)
{
	const struct dcql_claim *claim = claim_of(arg, choice);
	json_t *value;
	bool wanted = false;

	if (claim == NULL || claim->values == NULL)
		return claim != NULL;
	value = value_json(choice->value);
	for (size_t i = 0; i < json_array_size(claim->values) && !wanted; i++)
		wanted = json_equal(value, json_array_get(claim->values, i)) == 1;
	json_decref(value);
	return wanted;
}

/* ---- Choosing ---- */

static bool
is_available(const struct plan *plan, const struct dcql_list *option, bool forbidden)
{
	for (size_t i = 0; i < option->count; i++) {
		const struct part *part = &plan->parts[option->items[i]];

		if (part->unavailable || (part->forbidden && !forbidden))
			return false;
	}
	return true;
}

/* The first option that may be given, else the first that is there: the holder is told then why it may not. */
static const struct dcql_list *
find_option(const struct plan *plan, const struct dcql_set *set)
{
	for (int forbidden = 0; forbidden < (set->required ? 2 : 1); forbidden++)
		for (size_t o = 0; o < set->option_count; o++)
			if (is_available(plan, &set->options[o], forbidden != 0))
				return &set->options[o];
	return NULL;
}

static void
choose_option(struct plan *plan, const struct dcql_list *option, bool required)
{
	for (size_t i = 0; i < option->count; i++) {
		plan->parts[option->items[i]].chosen = true;
		plan->parts[option->items[i]].required |= required;
	}
}

/* The verifier's first options that are available; false: something that it requires is not. */
static bool
choose(struct plan *plan)
{
	const struct dcql *dcql = &plan->request->dcql;
	bool any = false;

	for (size_t i = 0; i < plan->count; i++) {
		plan->parts[i].chosen = plan->parts[i].required = dcql->set_count == 0;
		if (plan->parts[i].chosen && plan->parts[i].unavailable)
			return false;
	}
	for (size_t s = 0; s < dcql->set_count; s++) {
		const struct dcql_list *option = find_option(plan, &dcql->sets[s]);

		if (option != NULL)
			choose_option(plan, option, dcql->sets[s].required);
		else if (dcql->sets[s].required)
			return false;
	}
	for (size_t i = 0; i < plan->count; i++)
		any |= plan->parts[i].chosen;
	return any;
}

/* Why a credential query can never be answered here; NULL: it may be. */
static const char *
obstacle(const struct dcql_credential *credential)
{
	if (!credential->mdoc)
		return _("it is not asked for in the format mso_mdoc");
	if (!credential->claims_given)
		return _("no element of it is asked for");
	if (credential->foreign_authorities)
		return _("its trusted_authorities are not of the type aki");
	return NULL;
}

static void
say_obstacles(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const char *why = obstacle(plan->parts[i].credential);

		if (why != NULL)
			tool_why("%s: %s", plan->parts[i].credential->id, why);
	}
}

enum exit_status
plan_new(const struct vp_request *request, struct mdoc_bytes transcript, const struct asker *asker, struct plan **plan)
{
	struct plan *made = calloc(1, sizeof(*made));

	*plan = made;
	if (made == NULL)
		return tool_no_memory();
	made->request = request;
	made->transcript = transcript;
	made->asker = asker;
	made->parts = calloc(request->dcql.count, sizeof(*made->parts));
	made->questions = calloc(request->dcql.count, sizeof(*made->questions));
	if (made->parts == NULL || made->questions == NULL)
		return tool_no_memory();
	made->count = request->dcql.count;
	for (size_t i = 0; i < made->count; i++) {
		made->parts[i].credential = &request->dcql.credentials[i];
		made->parts[i].unavailable = obstacle(made->parts[i].credential) != NULL;
	}
	if (choose(made))
		return EXIT_STATUS_OK;
	tool_error(_("what the verifier requires cannot be given"));
	say_obstacles(made);
	return EXIT_STATUS_NO;
}

static void
clear_request(struct part *part)
{
	mdoc_request_free(part->request);
	part->request = NULL;
	mdoc_buf_clear(&part->cbor);
}

void
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return;
	for (size_t i = 0; i < plan->count; i++)
		clear_request(&plan->parts[i]);
	free(plan->parts);
	free(plan->questions);
	free(plan);
}

/* ---- Agreeing ---- */

static struct question
question_of(const struct plan *plan, const struct part *part)
{
	return (struct question){ .request = part->request,
		.transcript = plan->transcript,
		.askers = plan->asker,
		.legal_basis = vp_request_legal_basis(plan->request, part->credential->id),
		.all_or_nothing = true,
		.optional = !part->required,
		.is_wanted = is_wanted,
		.is_wanted_arg = part };
}

static enum exit_status
make_request(struct part *part)
{
	struct mdoc_error error = { .code = MDOC_OK };
	enum mdoc_result res;

	if (part->request != NULL)
		return EXIT_STATUS_OK;
	res = dcql_device_request(tool_context(), part->credential, set_of(part), &part->cbor);
	if (res == MDOC_OK)
		res = mdoc_request_parse(tool_context(), mdoc_buf_bytes(&part->cbor), &part->request, &error);
	if (res == MDOC_OK)
		return EXIT_STATUS_OK;
	if (res == MDOC_ERR_MEMORY)
		return tool_no_memory();
	error.code = res;
	return tool_mdoc_error(part->credential->id, &error);
}

/* From this claim set on, the first that may be given, with its request; false: none may. */
static bool
find_permitted(const struct plan *plan, struct presentation *presentation, struct part *part)
{
	const size_t sets = part->credential->set_count > 0 ? part->credential->set_count : 1;

	for (; part->set < sets; part->set++) {
		struct question question;

		clear_request(part);
		if (make_request(part) != EXIT_STATUS_OK)
			return false;
		question = question_of(plan, part);
		if (!presentation_forbids(presentation, &question))
			return true;
	}
	return false;
}

/* Where nothing may be given the first claim set is shown, and refused. */
static void
skip_forbidden(struct plan *plan, struct presentation *presentation)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct part *part = &plan->parts[i];

		part->forbidden = !part->unavailable && !find_permitted(plan, presentation, part);
		if (!part->forbidden)
			continue;
		clear_request(part);
		part->set = 0;
	}
}

/* Ask about what is chosen, unless all of it has been asked about. */
static enum exit_status
consent(struct plan *plan, struct presentation *presentation)
{
	enum exit_status status = EXIT_STATUS_OK;
	bool asked = true;
	size_t n = 0;

	for (size_t i = 0; i < plan->count && status == EXIT_STATUS_OK; i++) {
		if (!plan->parts[i].chosen)
			continue;
		status = make_request(&plan->parts[i]);
		asked &= plan->parts[i].agreed;
		plan->questions[n++] = question_of(plan, &plan->parts[i]);
	}
	if (status != EXIT_STATUS_OK || asked)
		return status;
	status = presentation_consent(presentation, plan->questions, n);
	for (size_t i = 0; i < plan->count; i++)
		plan->parts[i].agreed = plan->parts[i].chosen;
	return status;
}

/* The next claim set of a credential that cannot be given with this one. */
static void
step(const struct plan *plan, struct presentation *presentation, struct part *part)
{
	part->agreed = false;
	part->set++;
	part->unavailable = !find_permitted(plan, presentation, part);
}

static bool
step_where_needed(struct plan *plan, struct presentation *presentation)
{
	bool stepped = false;

	for (size_t i = 0; i < plan->count; i++) {
		struct question question;

		if (!plan->parts[i].chosen)
			continue;
		question = question_of(plan, &plan->parts[i]);
		if (presentation_answerable(presentation, &question))
			continue;
		step(plan, presentation, &plan->parts[i]);
		stepped = true;
	}
	return stepped;
}

enum exit_status
plan_agree(struct plan *plan, struct presentation *presentation)
{
	enum exit_status status;

	skip_forbidden(plan, presentation);
	do {
		if (!choose(plan)) {
			tool_error(_("nothing in the token answers what the verifier asks for"));
			tool_why(_(
				"It has no such record, or no unused copy of one: mdoc-token list says what it has."));
			say_obstacles(plan);
			return EXIT_STATUS_NO;
		}
		status = consent(plan, presentation);
		if (status == EXIT_STATUS_OK)
			status = presentation_unlock(presentation);
	} while (status == EXIT_STATUS_OK && step_where_needed(plan, presentation));
	return status;
}

enum exit_status
plan_answer(struct plan *plan, struct presentation *presentation, struct trace *trace, json_t *vp_token)
{
	enum exit_status status = EXIT_STATUS_OK;

	for (size_t i = 0; i < plan->count && status == EXIT_STATUS_OK; i++) {
		struct mdoc_buf response = MDOC_BUF_EMPTY;
		struct question question;

		if (!plan->parts[i].chosen)
			continue;
		question = question_of(plan, &plan->parts[i]);
		status = presentation_answer(presentation, &question, MDOC_EDITION_2021, &response);
		if (status == EXIT_STATUS_OK)
			trace_message(trace, ">", "DeviceResponse", mdoc_buf_bytes(&response));
		if (status == EXIT_STATUS_OK &&
			vp_token_add(vp_token, plan->parts[i].credential->id, mdoc_buf_bytes(&response)) != MDOC_OK)
			status = tool_no_memory();
		mdoc_buf_clear(&response);
	}
	return status;
}
