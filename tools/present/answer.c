/* answer.c: records are selected within what was agreed to, signed for, and spent. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/common/value.h"
#include "tools/present/presentation_internal.h"

/* The next usable copy from *at on, whose docType is asked; like NULL, or one that says the same. */
static const struct copy *
next_copy(const struct presentation *p, const struct question *question, const struct mdoc_issuer_signed *like,
	size_t *at, const char **why_not)
{
	const int64_t now = clock_now();

	for (; *at < p->copies.count; (*at)++) {
		const struct copy *copy = &p->copies.items[*at];
		const char *state = copy_state(copy, now);

		if (p->used[*at] || copy->record == CK_INVALID_HANDLE ||
			!question_may_have(p, question, mdoc_mso_doc_type(copy->mso)))
			continue;
		if (strcmp(state, "unused") != 0) {
			*why_not = state;
			continue;
		}
		if (like == NULL || record_same_content(like, copy->parsed)) {
			(*at)++;
			return copy;
		}
	}
	return NULL;
}

/* No copy is left for anything that could be asked, now or later (R-EXH-01). */
static bool
is_exhausted(const struct presentation *p)
{
	const int64_t now = clock_now();

	for (size_t i = 0; i < p->copies.count; i++)
		if (!p->used[i] && p->copies.items[i].record != CK_INVALID_HANDLE &&
			strcmp(copy_state(&p->copies.items[i], now), "expired") != 0)
			return false;
	return true;
}

static enum exit_status
no_copy(const struct presentation *p, const char *why_not)
{
	if (why_not != NULL && strcmp(why_not, "expired") == 0)
		tool_error(_("the record has expired"));
	else if (why_not != NULL)
		tool_error(_("the record is not valid yet"));
	else
		tool_error(_("no unused copy of what is asked for is left in the token"));
	tool_why(_("Ask the issuer for new copies: mdoc-token renew where the token is enrolled, or request and then "
		   "import."));
	return is_exhausted(p) ? EXIT_STATUS_EXHAUSTED : EXIT_STATUS_NO;
}

static bool
is_held(const struct presentation *p, const struct copy *copy)
{
	for (size_t h = 0; h < p->held_count; h++)
		if (record_same_content(p->held[h].copy->parsed, copy->parsed))
			return true;
	return false;
}

/* EXIT_STATUS_NO, not said: there is none. */
static enum exit_status
find_held(struct presentation *p, const struct question *question, const char **why_not)
{
	const struct copy *copy;
	size_t at = 0;

	free(p->held);
	p->held_count = 0;
	p->held = calloc(p->copies.count + 1, sizeof(*p->held));
	if (p->held == NULL)
		return tool_no_memory();
	while ((copy = next_copy(p, question, NULL, &at, why_not)) != NULL)
		if (!is_held(p, copy))
			p->held[p->held_count++] = (struct held){ .copy = copy, .next = at };
	return p->held_count > 0 ? EXIT_STATUS_OK : EXIT_STATUS_NO;
}

/* By its own name, or as the age_over_NN that answers another one; an alternative counts under its own name only. */
static bool
is_agreed(const struct presentation *p, const struct mdoc_request *request, struct mdoc_bytes type,
	const struct mdoc_choice *choice)
{
	return agreement_has(&p->agreed, request, type, choice->ns, choice->element) ||
		(is_age_over(choice->element) && is_age_over(choice->asked) &&
			agreement_has(&p->agreed, request, type, choice->asked_ns, choice->asked));
}

/* mdoc_select() knows names only; what was agreed to for documents of one type is not for those of another, nor what was
 * in answer to one question in answer to another. */
static void
withdraw_others(const struct presentation *p, const struct mdoc_request *request)
{
	const struct mdoc_choice *choice;

	for (size_t d = 0; d < mdoc_selection_count(p->selection); d++) {
		const struct mdoc_bytes type = mdoc_selection_doc_type(p->selection, d);

		for (size_t i = 0; (choice = mdoc_selection_choice(p->selection, d, i)) != NULL; i++)
			if (choice->state == MDOC_LEAVES && !is_agreed(p, request, type, choice))
				(void)mdoc_selection_agree(p->selection, d, i, false);
	}
}

static enum mdoc_result
select_from_held(struct presentation *p, const struct question *question, struct mdoc_error *error)
{
	const size_t asked = mdoc_request_count(question->request);
	struct mdoc_held *records = calloc(p->held_count + 1, sizeof(*records));
	struct mdoc_agreed *agreed = calloc(p->agreed.count + 1, sizeof(*agreed));
	bool *refused = calloc(asked + 1, sizeof(*refused));
	const struct mdoc_select_options options = { agreed, p->agreed.count, true, refused };
	enum mdoc_result res = MDOC_ERR_MEMORY;

	mdoc_selection_free(p->selection);
	p->selection = NULL;
	if (records == NULL || refused == NULL || agreed == NULL)
		goto out;
	for (size_t d = 0; d < asked; d++)
		refused[d] = !asker_is_answered(p, &question->askers[d]);
	for (size_t i = 0; i < p->agreed.count; i++)
		agreed[i] =
			(struct mdoc_agreed){ mdoc_text(p->agreed.items[i].ns), mdoc_text(p->agreed.items[i].element) };
	for (size_t h = 0; h < p->held_count; h++)
		records[h].record = p->held[h].copy->parsed;
	res = mdoc_select(tool_context(), question->request, records, p->held_count, &options, &p->selection, error);
	if (res == MDOC_OK)
		withdraw_others(p, question->request);
out:
	free(records);
	free(agreed);
	free(refused);
	return res;
}

static enum exit_status
select_or_say(struct presentation *p, const struct question *question)
{
	struct mdoc_error error = { .code = MDOC_OK };
	const enum mdoc_result res = select_from_held(p, question, &error);

	if (res == MDOC_ERR_MEMORY)
		return tool_no_memory();
	return res == MDOC_OK ? EXIT_STATUS_OK : tool_mdoc_error(_("there is nothing to answer"), &error);
}

static bool
is_wanted(const struct question *question, const struct mdoc_choice *choice)
{
	return question->is_wanted == NULL || question->is_wanted(question->is_wanted_arg, choice);
}

/* Something leaves; where all is wanted, all of it. */
static bool
is_enough(const struct presentation *p, const struct question *question)
{
	const struct mdoc_choice *choice;
	bool any = false;

	for (size_t d = 0; d < mdoc_selection_count(p->selection); d++) {
		if (mdoc_selection_leaves(p->selection, d))
			any = true;
		else if (question->all_or_nothing)
			return false;
		for (size_t i = 0; (choice = mdoc_selection_choice(p->selection, d, i)) != NULL; i++)
			if (question->all_or_nothing && (choice->state != MDOC_LEAVES || !is_wanted(question, choice)))
				return false;
	}
	return any && (!question->all_or_nothing || mdoc_selection_unanswered(p->selection, 0).ptr == NULL);
}

static enum exit_status
check_enough(const struct presentation *p, const struct question *question)
{
	const struct mdoc_error error = { .code = MDOC_ERR_NOTHING, .offset = SIZE_MAX };
	enum exit_status status;

	if (is_enough(p, question))
		return EXIT_STATUS_OK;
	selection_show(p->people, p->selection);
	status = tool_mdoc_error(_("there is nothing to answer"), &error);
	for (size_t d = 0; d < mdoc_selection_count(p->selection); d++)
		if (mdoc_selection_too_large(p->selection, d))
			tool_why("%s", _("(it is larger than the reader can take; less of it may fit)"));
	return status;
}

/* Somebody else used or erased the copy since it was read. */
static bool
is_gone(CK_RV rv)
{
	return rv == CKR_MDOC_SPENT || rv == CKR_KEY_HANDLE_INVALID || rv == CKR_OBJECT_HANDLE_INVALID;
}

/* mdoc_device_signer that remembers which copy has been used. */
static bool
sign_with_held(void *arg, struct mdoc_bytes device_authentication_bytes, struct mdoc_buf *device_signed)
{
	struct held *held = arg;
	struct mdoc_device_signer signer;

	mdoc_p11_device_signer(&held->state, &signer);
	held->asked_to_sign = true;
	held->signed_ = signer.sign(signer.arg, device_authentication_bytes, device_signed);
	return held->signed_;
}

/* The copy of document d. */
static struct held *
held_of(const struct presentation *p, size_t d)
{
	return &p->held[mdoc_selection_held(p->selection, d)];
}

/* A module that does not know single use: the copies end here, before the response leaves. */
static enum exit_status
end_copies(struct presentation *p, bool *gone)
{
	struct p11_token *token = &p->token;

	for (size_t d = 0; !token->ours && d < mdoc_selection_count(p->selection); d++) {
		const struct held *held = held_of(p, d);
		CK_RV rv;

		if (!held->signed_)
			continue;
		rv = copy_destroy(token, held->copy);
		if (rv == CKR_OK || (rv == CKR_OBJECT_HANDLE_INVALID && held->ends_itself))
			continue;
		mdoc_buf_clear(&p->response);
		*gone = is_gone(rv);
		return *gone ? EXIT_STATUS_NO
			     : tool_rv_error(_("the used copy could not be destroyed, so nothing is sent"), rv);
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
build(struct presentation *p, const struct question *question, enum mdoc_edition edition, bool *gone)
{
	const size_t documents = mdoc_selection_count(p->selection);
	struct mdoc_device_signer *signers = calloc(documents + 1, sizeof(*signers));
	struct mdoc_device_key *keys = calloc(documents + 1, sizeof(*keys));
	const struct mdoc_response_options options = { .edition = edition,
		.transcript = question->transcript,
		.keys = keys };
	enum exit_status status = EXIT_STATUS_OK;
	struct p11_token *token = &p->token;
	struct mdoc_error error;
	CK_RV rv = CKR_OK;

	*gone = false;
	if (signers == NULL || keys == NULL) {
		status = tool_no_memory();
		goto out;
	}
	for (size_t d = 0; d < documents; d++) {
		struct held *held = held_of(p, d);

		/* Our module behind p11-kit's remoting, which hides its mechanisms, ends a copy with its signature. */
		held->ends_itself = p11_attribute_bool(token, held->copy->private_key, CKA_MDOC_HOLDER_KEY);
		p11_key(token, held->copy->private_key, &held->key);
		held->state.key = &held->key;
		held->state.curve = held->copy->key.curve;
		signers[d] = (struct mdoc_device_signer){ sign_with_held, held };
		keys[d].device_signer = &signers[d];
	}
	mdoc_buf_clear(&p->response);
	if (mdoc_response_build(tool_context(), p->selection, &options, &p->response, &error) == MDOC_OK) {
		status = end_copies(p, gone);
		goto out;
	}
	for (size_t d = 0; d < documents; d++)
		if (held_of(p, d)->asked_to_sign && !held_of(p, d)->signed_)
			rv = held_of(p, d)->key.rv;
	*gone = error.code == MDOC_ERR_CALLBACK && is_gone(rv);
	if (*gone)
		status = EXIT_STATUS_NO;
	else if (error.code == MDOC_ERR_CALLBACK && rv != CKR_OK)
		status = p11_sign_error(token, _("the token did not sign"), rv);
	else
		status = tool_mdoc_error(_("the response could not be made"), &error);
out:
	free(signers);
	free(keys);
	return status;
}

/* Another copy for each that was signed with or turned out to be gone; what they say is the same. */
static enum exit_status
replace_used(struct presentation *p, const struct question *question)
{
	const char *why_not = NULL;

	for (size_t h = 0; h < p->held_count; h++) {
		struct held *held = &p->held[h];
		const struct copy *copy;

		if (!held->asked_to_sign)
			continue;
		copy = next_copy(p, question, held->copy->parsed, &held->next, &why_not);
		if (copy == NULL)
			return no_copy(p, NULL);
		*held = (struct held){ .copy = copy, .next = held->next };
	}
	return select_or_say(p, question);
}

/* The copies that have left are not offered again; one of a record that may be used more than once is still there. */
static void
mark_used(struct presentation *p)
{
	struct mdoc_buf id = MDOC_BUF_EMPTY;

	for (size_t d = 0; d < mdoc_selection_count(p->selection); d++) {
		const struct held *held = held_of(p, d);

		if (!held->signed_)
			continue;
		p->copies_used++;
		p->used[held->copy - p->copies.items] =
			!p->token.ours || p11_attribute(&p->token, held->copy->private_key, CKA_ID, &id) != CKR_OK;
		mdoc_buf_clear(&id);
	}
}

bool
presentation_answerable(struct presentation *p, const struct question *question)
{
	struct mdoc_error error = { .code = MDOC_OK };
	const char *why_not = NULL;

	if (!p->unlocked)
		abort(); /* as in presentation_unlock() */
	return find_held(p, question, &why_not) == EXIT_STATUS_OK && select_from_held(p, question, &error) == MDOC_OK &&
		is_enough(p, question);
}

enum exit_status
presentation_answer(struct presentation *p, const struct question *question, enum mdoc_edition edition,
	struct mdoc_buf *out)
{
	const char *why_not = NULL;
	enum exit_status status;
	bool gone = false;

	if (!p->unlocked)
		abort(); /* as in presentation_unlock() */
	status = find_held(p, question, &why_not);
	if (status == EXIT_STATUS_NO)
		return no_copy(p, why_not);
	if (status == EXIT_STATUS_OK)
		status = select_or_say(p, question);
	if (status == EXIT_STATUS_OK)
		status = check_enough(p, question);
	if (status == EXIT_STATUS_OK) {
		selection_show(p->people, p->selection);
		fflush(p->people);
	}
	while (status == EXIT_STATUS_OK) {
		status = build(p, question, edition, &gone);
		if (!gone)
			break;
		status = replace_used(p, question);
	}
	if (status == EXIT_STATUS_OK) {
		mark_used(p);
		status = selection_record(p);
	}
	if (status == EXIT_STATUS_OK)
		mdoc_buf_append(out, mdoc_buf_bytes(&p->response));
	if (status == EXIT_STATUS_OK && out->err != MDOC_OK)
		status = tool_no_memory();
	mdoc_buf_clear(&p->response);
	return status;
}
