/* lines.c: what of a request may be given: by the reader's standing, the policy, the options and the law.
 * SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/message.h"
#include "tools/present/lines.h"

/* Another age that --agree names instead. */
static const struct agreed *
other_age(const struct presentation *p, const struct line *line)
{
	if (!is_age_over(line->element))
		return NULL;
	for (size_t i = 0; i < p->wanted.count; i++)
		if (mdoc_bytes_is_text(line->ns, p->wanted.items[i].ns) &&
			is_age_over(mdoc_text(p->wanted.items[i].element)))
			return &p->wanted.items[i];
	return NULL;
}

/* By which law: the reader's word before the holder's. rule: of the policy's rule that allows it. */
static void
find_basis(const struct consent *consent, struct line *line, const char *rule)
{
	const struct question *question = &consent->questions[line->question];
	const char *holders = rule != NULL ? rule : consent->p->args->legal_basis;

	line->basis = mdoc_doc_request_legal_basis(mdoc_request_doc(question->request, line->doc));
	if (question->legal_basis != NULL)
		line->basis = mdoc_text(question->legal_basis);
	if (line->basis.len > 0 || holders == NULL)
		return;
	line->basis = mdoc_text(holders);
	line->basis_is_holders = true;
}

/* 個人番号 leaves only by its own word, and by a law (R-CARD-18, R-CARD-49). A rule of a policy that allows it names it. */
static void
decide_number(const struct presentation *p, struct line *line, bool named)
{
	if (line->state == LINE_DENIED)
		return;
	if (!named && line->state != LINE_AGREED && (p->wanted.count > 0 || p->args->yes)) {
		line->state = LINE_DENIED;
		line->why = _("it is given only when --agree names it");
	}
	if (line->basis.len == 0) {
		line->state = LINE_DENIED;
		line->why = _("nobody states a legal basis for it");
	}
}

static void
apply_policy(const struct consent *consent, struct line *line, const char **basis)
{
	const struct question *question = &consent->questions[line->question];
	const struct policy_case what = { .asker = &question->askers[line->doc],
		.request = question->request,
		.doc = line->doc,
		.ns = line->ns,
		.element = line->element,
		.retain = line->retain };
	size_t rule = 0;

	switch (policy_decide(consent->p->policy, &what, basis, &rule)) {
	case POLICY_ALLOW:
		line->state = LINE_AGREED;
		break;
	case POLICY_DENY:
		line->state = LINE_DENIED;
		line->why = rule > 0 ? _("the policy denies it") : _("no rule of the policy allows it");
		break;
	default:
		break;
	}
}

static void
decide(const struct consent *consent, struct line *line)
{
	const struct presentation *p = consent->p;
	const struct asker *asker = &consent->questions[line->question].askers[line->doc];
	const bool named = agreement_has(&p->wanted, NULL, line->doc_type, line->ns, line->element);
	const char *basis = NULL;

	line->state = LINE_OPEN;
	if (!asker_is_answered(p, asker)) {
		line->state = LINE_DENIED;
		line->why = _("this reader is not answered");
		return;
	}
	if (p->policy != NULL)
		apply_policy(consent, line, &basis);
	if (line->state != LINE_DENIED && p->wanted.count > 0 && !named) {
		line->substitute = other_age(p, line);
		line->state = line->substitute != NULL ? LINE_OPEN : LINE_DENIED;
		line->why = _("--agree does not name it");
	}
	if (!line->is_number)
		return;
	find_basis(consent, line, basis);
	decide_number(p, line, named);
}

static enum exit_status
add_line(struct consent *consent, struct line line)
{
	if (consent->line_count == consent->line_room) {
		const size_t room = consent->line_room == 0 ? 64 : 2 * consent->line_room;
		struct line *lines = realloc(consent->lines, room * sizeof(*lines));

		if (lines == NULL)
			return tool_no_memory();
		consent->lines = lines;
		consent->line_room = room;
	}
	line.is_number = mdoc_bytes_is_text(line.element, MDOC_INDIVIDUAL_NUMBER);
	decide(consent, &line);
	consent->lines[consent->line_count++] = line;
	return EXIT_STATUS_OK;
}

/* What stands in for an element that the reader means to keep is kept, too. */
static bool
means_to_keep(const struct mdoc_doc_request *doc, const struct mdoc_element_ref *ref)
{
	const struct mdoc_asked *asked;

	for (size_t i = 0; (asked = mdoc_doc_request_asked(doc, i)) != NULL; i++)
		if (mdoc_bytes_equal(asked->ns, ref->ns) && mdoc_bytes_equal(asked->element, ref->element))
			return asked->intent_to_retain;
	return false;
}

static enum exit_status
add_alternatives(struct consent *consent, struct line line, const struct mdoc_request_info *info)
{
	enum exit_status status = EXIT_STATUS_OK;

	for (size_t a = 0; info != NULL && a < info->alternative_count; a++) {
		const struct mdoc_alternative *alternative = &info->alternatives[a];

		line.instead_of = alternative->requested.element;
		line.retain = means_to_keep(mdoc_request_doc(consent->questions[line.question].request, line.doc),
			&alternative->requested);
		for (size_t s = 0; s < alternative->count; s++) {
			for (size_t e = 0; e < alternative->sets[s].count && status == EXIT_STATUS_OK; e++) {
				line.ns = alternative->sets[s].elements[e].ns;
				line.element = alternative->sets[s].elements[e].element;
				status = add_line(consent, line);
			}
		}
	}
	return status;
}

static enum exit_status
add_doc(struct consent *consent, size_t question, size_t d)
{
	const struct mdoc_doc_request *doc = mdoc_request_doc(consent->questions[question].request, d);
	struct line line = { .question = question, .doc = d, .doc_type = mdoc_doc_request_type(doc) };
	enum exit_status status = EXIT_STATUS_OK;
	const struct mdoc_asked *asked;

	for (size_t i = 0; status == EXIT_STATUS_OK && (asked = mdoc_doc_request_asked(doc, i)) != NULL; i++) {
		line.ns = asked->ns;
		line.element = asked->element;
		line.retain = asked->intent_to_retain;
		status = add_line(consent, line);
	}
	return status == EXIT_STATUS_OK ? add_alternatives(consent, line, mdoc_doc_request_info(doc)) : status;
}

enum exit_status
lines_make(struct consent *consent)
{
	enum exit_status status = EXIT_STATUS_OK;

	for (size_t q = 0; q < consent->count; q++)
		for (size_t d = 0; d < mdoc_request_count(consent->questions[q].request); d++)
			if (status == EXIT_STATUS_OK)
				status = add_doc(consent, q, d);
	return status;
}

/* Documents of one record are one: what is denied for what it is meant for once, or because it is kept, does not leave
 * because the same reader asks for it once more. */
static void
deny_alike(struct consent *consent, const struct line *denied)
{
	for (size_t i = 0; i < consent->line_count; i++) {
		struct line *line = &consent->lines[i];

		if (line->state == LINE_DENIED || line->question != denied->question ||
			!mdoc_bytes_equal(line->element, denied->element) || !mdoc_bytes_equal(line->ns, denied->ns) ||
			!mdoc_bytes_equal(line->doc_type, denied->doc_type))
			continue;
		line->state = LINE_DENIED;
		line->why = denied->why;
	}
}

void
lines_refuse(struct consent *consent)
{
	for (size_t i = 0; i < consent->line_count; i++) {
		const struct line *line = &consent->lines[i];

		if (line->state == LINE_DENIED &&
			asker_is_answered(consent->p, &consent->questions[line->question].askers[line->doc]))
			deny_alike(consent, line);
	}
	for (size_t q = 0; q < consent->count; q++) {
		size_t given = 0, denied = 0;

		for (size_t i = 0; i < consent->line_count; i++) {
			if (consent->lines[i].question != q)
				continue;
			given += consent->lines[i].state != LINE_DENIED ? 1 : 0;
			denied += consent->lines[i].state == LINE_DENIED ? 1 : 0;
		}
		if (given == 0 || (denied > 0 && consent->questions[q].all_or_nothing))
			consent->refused[q] = true;
	}
}
