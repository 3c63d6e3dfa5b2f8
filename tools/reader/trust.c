/*
 * trust.c: keep a store of whom mdoc-reader trusts: IACAs, VICALs and their makers, CRLs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/trust.h"
#include "tools/common/value.h"
#include "tools/reader/reader.h"
#include "tools/reader/trust_change.h"

static enum exit_status
list_text(const struct trust_about *about)
{
	char when[32];

	printf("%.*s  ", TRUST_ID_LEN, about->entry.id);
	terminal_padded(stdout, trust_kind_name(about->entry.kind), 10);
	terminal_text(stdout, about->name, strlen(about->name));
	fputc('\n', stdout);
	if (about->until != 0) {
		time_print_jst(about->until, when);
		fputs("                    ", stdout);
		printf(about->until < clock_now() ? _("RAN OUT %s\n") : _("counts until %s\n"), when);
	}
	if (about->entry.url != NULL) {
		fputs("                    ", stdout);
		terminal_text(stdout, about->entry.url, strlen(about->entry.url));
		fputc('\n', stdout);
	}
	return EXIT_STATUS_OK;
}

static json_t *
list_json(const struct trust_about *about)
{
	const struct trust_entry *entry = &about->entry;
	char text[MDOC_TDATE_LEN + 1];
	json_t *json = json_pack("{s:s, s:s, s:s, s:s}", "id", entry->id, "kind", trust_kind_name(entry->kind), "name",
		about->name, "from", entry->from);

	if (entry->url != NULL)
		json_object_set_new(json, "url", json_string(entry->url));
	if (about->until != 0) {
		mdoc_tdate_print(about->until, text);
		json_object_set_new(json, "until", json_string(text));
	}
	mdoc_tdate_print(entry->added, text);
	json_object_set_new(json, "added", json_string(text));
	mdoc_tdate_print(entry->checked, text);
	json_object_set_new(json, "checked", json_string(text));
	return json;
}

static enum exit_status
list(struct trust_change *change, bool json)
{
	enum exit_status status = trust_store_open(change->folder, false, &change->store);
	json_t *array = json_array();
	struct trust_about about;

	for (size_t i = 0; status == EXIT_STATUS_OK && i < trust_store_count(&change->store); i++) {
		if (!trust_about(&change->store, i, &about))
			continue;
		if (json)
			json_array_append_new(array, list_json(&about));
		else
			status = list_text(&about);
		trust_about_clear(&about);
	}
	if (json && status == EXIT_STATUS_OK)
		status = json_print(array);
	json_decref(array);
	return status;
}

static enum exit_status
check_verb(const struct command *command, const struct trust_change *change, const char *verb)
{
	const size_t added = change->vical.count + change->vical_ca.count + change->crl.count;
	const bool adds = strcmp(verb, "add") == 0, removes = strcmp(verb, "remove") == 0;

	if (!adds && !removes && strcmp(verb, "list") != 0 && strcmp(verb, "update") != 0)
		return options_wrong(command, _("trust knows add, list, remove and update, not \"%s\""), verb);
	if (!adds && added > 0)
		return options_wrong(command, _("--vical, --vical-ca and --crl belong to add"));
	if (adds && added + change->names.count == 0)
		return options_wrong(command, _("add wants certificates of IACAs, --vical, --vical-ca or --crl"));
	if (removes && change->names.count == 0)
		return options_wrong(command, _("remove wants ids, as list shows them"));
	if (!adds && !removes && change->names.count > 0)
		return options_wrong(command, _("%s takes no names"), verb);
	return EXIT_STATUS_OK;
}

static enum exit_status
run(const struct command *command, struct trust_change *change, const char *verb, bool json)
{
	enum exit_status status = check_verb(command, change, verb);

	if (status != EXIT_STATUS_OK)
		return status;
	if (strcmp(verb, "list") == 0)
		return list(change, json);
	if (strcmp(verb, "add") == 0)
		return trust_add(change);
	return strcmp(verb, "remove") == 0 ? trust_remove(change) : trust_update(change);
}

int
cmd_trust(const struct command *command, int argc, char **argv)
{
	struct trust_change change = { .store.lock = -1 };
	struct common_options common = { NULL, false };
	struct option_list operands = { NULL, 0 }, relax = { NULL, 0 };
	char relaxations[TRUST_RELAX_MAX], relax_help[2 * TRUST_RELAX_MAX];
	const struct option_row rows[] = {
		{ "trust", OPTION_TEXT, &change.folder, N_("FOLDER"),
			N_("the trust store (~/.local/share/mdoc-reader/trust)"), false },
		{ "vical", OPTION_LIST, &change.vical, N_("FILE|URL"),
			N_("add: a VICAL, which lists IACA certificates"), false },
		{ "vical-ca", OPTION_LIST, &change.vical_ca, N_("FILE"),
			N_("certificate of who makes the VICAL: its CA, or its signer"), false },
		{ "crl", OPTION_LIST, &change.crl, N_("FILE|URL"), N_("add: a CRL of an IACA, or of a VICAL's CA"),
			false },
		{ "relax", OPTION_LIST, &relax, N_("NAME"), relax_help, false },
		{ "tls-ca", OPTION_TEXT, &change.tls_ca, N_("FILE"),
			N_("certificates to trust for HTTPS instead of the system's"), false },
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	enum exit_status status;

	trust_relax_names(relaxations);
	snprintf(relax_help, sizeof(relax_help), _("accept certificates that break a rule (see mdoc-reader(1)): %s"),
		relaxations);
	status = options_parse(command, rows, &common, &operands, argc, argv);
	if (status == EXIT_STATUS_GO_ON && operands.count == 0)
		status = options_wrong(command, _("say what to do: add, list, remove or update"));
	if (status == EXIT_STATUS_GO_ON)
		status = tool_context() != NULL ? EXIT_STATUS_GO_ON : tool_no_memory();
	if (status != EXIT_STATUS_GO_ON)
		goto out;
	change.names = (struct option_list){ operands.items + 1, operands.count - 1 };
	status = trust_relax(command, &relax, &change.relax);
	if (status == EXIT_STATUS_OK)
		status = run(command, &change, operands.items[0], common.json);
out:
	trust_store_close(&change.store);
	option_list_clear(&operands);
	option_list_clear(&relax);
	option_list_clear(&change.vical);
	option_list_clear(&change.vical_ca);
	option_list_clear(&change.crl);
	return (int)status;
}
