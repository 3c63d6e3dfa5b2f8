/* presentation.c: the way of one transmission. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/message.h"
#include "tools/common/state.h"
#include "tools/present/presentation_internal.h"

void
presentation_args_init(struct presentation_args *args)
{
	char relaxations[TRUST_RELAX_MAX];

	memset(args, 0, sizeof(*args));
	trust_relax_names(relaxations);
	snprintf(args->relax_help, sizeof(args->relax_help),
		_("accept certificates that break a rule (see mdoc-reader(1)): %s"), relaxations);
}

void
presentation_args_clear(struct presentation_args *args)
{
	option_list_clear(&args->agree);
	option_list_clear(&args->reader.cas);
	option_list_clear(&args->reader.ricals);
	option_list_clear(&args->reader.rical_ca);
	option_list_clear(&args->reader.crls);
	option_list_clear(&args->reader.relax);
}

enum exit_status
presentation_begin(const struct command *command, const struct presentation_args *args, FILE *people,
	struct presentation **presentation)
{
	struct presentation *p = calloc(1, sizeof(*p));
	enum exit_status status;

	*presentation = p;
	if (p == NULL)
		return tool_no_memory();
	p->args = args;
	p->people = people;
	p->readers = json_array();
	p->documents = json_array();
	p->unanswered = json_array();
	status = agreement_parse(command, &args->agree, &p->wanted);
	if (status == EXIT_STATUS_OK)
		status = readers_parse(command, p);
	if (status == EXIT_STATUS_OK && args->policy != NULL)
		status = policy_read(args->policy, &p->policy);
	if (status == EXIT_STATUS_OK)
		status = readers_read(p);
	if (status == EXIT_STATUS_OK && (p->readers == NULL || p->documents == NULL || p->unanswered == NULL))
		status = tool_no_memory();
	if (status == EXIT_STATUS_OK)
		status = token_find(&args->token, &p->p11, &p->token);
	if (status == EXIT_STATUS_OK)
		status = token_state_check(&p->token, true);
	return status;
}

enum exit_status
presentation_unlock(struct presentation *p)
{
	enum exit_status status;

	if (!p->consented)
		abort(); /* a PIN that is asked for before the holder has agreed is the one mistake not to survive */
	if (p->unlocked)
		return EXIT_STATUS_OK;
	status = token_login(&p->args->token, &p->token);
	if (status == EXIT_STATUS_OK)
		status = copies_load(&p->token, &p->copies);
	if (status == EXIT_STATUS_OK) {
		p->used = calloc(p->copies.count + 1, sizeof(*p->used));
		status = p->used == NULL ? tool_no_memory() : EXIT_STATUS_OK;
	}
	p->unlocked = status == EXIT_STATUS_OK;
	return status;
}

void
presentation_next(struct presentation *p)
{
	token_logout(&p->token);
	mdoc_selection_free(p->selection);
	p->selection = NULL;
	free(p->held);
	p->held = NULL;
	p->held_count = 0;
	copies_clear(&p->copies);
	free(p->used);
	p->used = NULL;
	agreement_clear(&p->agreed);
	mdoc_buf_clear(&p->response);
	p->consented = false;
	p->unlocked = false;
}

size_t
presentation_copies(const struct presentation *p)
{
	return p->copies_used;
}

json_t *
presentation_json(const struct presentation *p)
{
	return json_pack("{s:O, s:O, s:O, s:I}", "readers", p->readers, "documents", p->documents, "unanswered",
		p->unanswered, "copies", (json_int_t)p->copies_used);
}

void
presentation_end(struct presentation *p)
{
	if (p == NULL)
		return;
	presentation_next(p);
	agreement_clear(&p->wanted);
	token_end(&p->p11, &p->token);
	mdoc_trust_free(p->trust);
	policy_free(p->policy);
	json_decref(p->readers);
	json_decref(p->documents);
	json_decref(p->unanswered);
	free(p);
}
