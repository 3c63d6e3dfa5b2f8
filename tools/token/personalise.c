/*
 * personalise.c: mdoc-token personalise: write what a plan says into the areas of a card (R-CARD-27, -34, -38).
 *
 * Nothing is written before the whole plan has passed the closed lists, every area has let its system in, and nothing
 * there contradicts it. What a failed run has written is taken out again, and what a killed one has left the next run
 * takes for done. The plan's file is erased whatever the end.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "tools/token/token.h"
#include "tools/token/card.h"
#include "tools/token/grant.h"
#include "tools/common/card_plan.h"
#include "tools/common/clock.h"
#include "tools/common/cms.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/common/p11_named.h"
#include "tools/common/p11_pkey.h"
#include "tools/common/token_key.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct personalise_args {
	struct common_options common;
	const char *card, *plan, *credentials;
	const char *maker_key, *maker_certificate, *maker_module;
	struct pin_source so, maker_pin;
	struct option_list iacas;
	bool plain;
};

/* An area that the plan writes to. */
struct place {
	const struct card_plan_item *first;
	struct p11_token token;
	char credential[PATH_MAX];
};

struct work {
	struct mdoc_buf file, opened;
	struct card_plan plan;
	struct p11 p11;
	struct card card;
	struct place *places;
	size_t place_count;
	CK_OBJECT_HANDLE *written; /* by item; CK_INVALID_HANDLE: not by this run */
	bool *there;               /* by item: an earlier run wrote it */
	size_t written_count;
};

static enum exit_status
load_trust(const struct option_list *iacas, struct mdoc_trust **trust)
{
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status = EXIT_STATUS_OK;

	*trust = mdoc_trust_new();
	if (*trust == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < iacas->count && status == EXIT_STATUS_OK; i++) {
		mdoc_buf_clear(&der);
		status = file_read_certificate(iacas->items[i], &der);
		if (status == EXIT_STATUS_OK &&
			mdoc_trust_add(tool_context(), *trust, mdoc_buf_bytes(&der), MDOC_CERT_IACA, 0, &error) !=
				MDOC_OK)
			status = tool_mdoc_error(iacas->items[i], &error);
	}
	mdoc_buf_clear(&der);
	return status;
}

/* R-CARD-34: signed by an issuer's messages key, and encrypted to this maker. */
static enum exit_status
open_bundle(const struct personalise_args *args, struct work *work)
{
	struct token_key key = { .key = { .rv = CKR_OK } };
	struct mdoc_error error = { .code = MDOC_OK, .offset = SIZE_MAX };
	struct mdoc_buf certificate = MDOC_BUF_EMPTY;
	struct mdoc_trust *trust = NULL;
	EVP_PKEY *maker = NULL;
	enum exit_status status;

	status = load_trust(&args->iacas, &trust);
	if (status == EXIT_STATUS_OK)
		status = file_read_certificate(args->maker_certificate, &certificate);
	if (status == EXIT_STATUS_OK)
		status = token_key_open(args->maker_key, args->maker_module, &args->maker_pin, &key);
	if (status != EXIT_STATUS_OK)
		goto out;
	maker = p11_pkey_new(mdoc_context_libctx(tool_context()), &key.key, &key.public_key, NULL);
	error.code = maker == NULL ? MDOC_ERR_KEY
				   : cms_open(tool_context(), mdoc_buf_bytes(&work->file), maker,
					     mdoc_buf_bytes(&certificate), trust, clock_now(), &work->opened, NULL);
	if (error.code != MDOC_OK && key.key.rv != CKR_OK)
		status = tool_rv_error(_("the maker's key cannot be used"), key.key.rv);
	else if (error.code != MDOC_OK)
		status = tool_mdoc_error(args->plan, &error);
	if (error.code == MDOC_ERR_MALFORMED)
		tool_why("%s",
			_("A plan comes encrypted and signed (mdoc-issuer personalise); --plain takes another."));
out:
	EVP_PKEY_free(maker);
	token_key_close(&key);
	mdoc_trust_free(trust);
	mdoc_buf_clear(&certificate);
	return status;
}

static enum exit_status
read_plan(const struct personalise_args *args, struct work *work)
{
	enum exit_status status = args->plain ? EXIT_STATUS_OK : open_bundle(args, work);

	if (status == EXIT_STATUS_OK)
		status = card_plan_read(mdoc_buf_bytes(args->plain ? &work->file : &work->opened), args->plan,
			&work->plan);
	if (status == EXIT_STATUS_OK && strcmp(work->plan.card, args->card) != 0) {
		tool_error(_("the plan is for another card than \"%s\""), args->card);
		status = EXIT_STATUS_NO;
	}
	return status;
}

/* Each area of the plan is there and in use. */
static enum exit_status
open_places(const struct personalise_args *args, struct work *work)
{
	const struct card_plan *plan = &work->plan;
	enum exit_status status = card_load(&work->p11, args->card, &work->card);

	work->places = calloc(plan->count, sizeof(*work->places));
	work->written = calloc(plan->count, sizeof(*work->written));
	work->there = calloc(plan->count, sizeof(*work->there));
	if (status == EXIT_STATUS_OK && (work->places == NULL || work->written == NULL || work->there == NULL))
		return tool_no_memory();
	for (size_t i = 0; i < plan->count && status == EXIT_STATUS_OK; i++) {
		const struct card_plan_item *item = &plan->items[i];
		const struct card_area *area = card_find(&work->card, item->area);
		struct place *place = &work->places[work->place_count];

		if (i > 0 && strcmp(item->area, plan->items[i - 1].area) == 0)
			continue;
		if (area == NULL || area->blank || area->so_fresh || area->retired) {
			tool_error(_("the card \"%s\" has no area %s that is in use"), args->card, item->area);
			return EXIT_STATUS_NO;
		}
		place->first = item;
		work->place_count++;
		if ((size_t)snprintf(place->credential, sizeof(place->credential), "%s/%s.%s", args->credentials,
			    area->label, item->system) >= sizeof(place->credential))
			return tool_rv_error(args->credentials, CKR_ARGUMENTS_BAD);
		status = p11_token_open(&work->p11, area->label, true, &place->token);
	}
	return status;
}

/* A system without a credential is let in now; all logins come before the first of that. */
static enum exit_status
let_systems_in(const struct personalise_args *args, struct work *work)
{
	static const struct pin none = { .set = false };
	enum exit_status status = EXIT_STATUS_OK;
	struct pin so = { .set = false };

	if (mkdir(args->credentials, 0700) != 0 && errno != EEXIST) {
		tool_error("%s: %m", args->credentials);
		return EXIT_STATUS_TROUBLE;
	}
	for (size_t i = 0; i < work->place_count && status == EXIT_STATUS_OK; i++) {
		if (file_exists(work->places[i].credential))
			continue;
		status = file_check_writable(work->places[i].credential);
		if (status == EXIT_STATUS_OK && !so.set)
			status = pin_get(&args->so, _("Security officer's code"), false, &so);
		if (status == EXIT_STATUS_OK)
			status = p11_login(&work->places[i].token, CKU_SO, &so);
	}
	for (size_t i = 0; i < work->place_count && status == EXIT_STATUS_OK; i++) {
		struct place *place = &work->places[i];

		if (file_exists(place->credential))
			continue;
		status = grant_make(&place->token, place->first->system, &none, 0, place->credential);
		(void)work->p11.list->C_Logout(place->token.session);
		place->token.logged_in = false;
	}
	pin_clear(&so);
	for (size_t i = 0; i < work->place_count && status == EXIT_STATUS_OK; i++)
		status = p11_login_named(&work->places[i].token, work->places[i].first->system,
			work->places[i].credential);
	return status;
}

static struct place *
place_of(struct work *work, const struct card_plan_item *item)
{
	size_t i = 0;

	while (strcmp(work->places[i].first->area, item->area) != 0)
		i++;
	return &work->places[i];
}

/* Is it there already, or something else in its place? */
static enum exit_status
look_for(struct work *work, size_t index)
{
	const struct card_plan_item *item = &work->plan.items[index];
	const struct p11_token *token = &place_of(work, item)->token;
	CK_OBJECT_CLASS class = item->application != NULL ? CKO_DATA : CKO_CERTIFICATE;
	const CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_LABEL, (void *)(uintptr_t)item->label, strlen(item->label) } };
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	CK_RV rv = p11_find(token, wanted, 2, &handles, &count);

	for (size_t i = 0; i < count && rv == CKR_OK && !work->there[index]; i++) {
		struct mdoc_buf value = MDOC_BUF_EMPTY;

		rv = p11_attribute(token, handles[i], CKA_VALUE, &value);
		work->there[index] = rv == CKR_OK && value.len == item->value.len &&
			memcmp(value.ptr, item->value.ptr, value.len) == 0;
		mdoc_buf_clear(&value);
	}
	free(handles);
	if (rv != CKR_OK)
		return tool_rv_error(token->label, rv);
	if (count > 0 && !work->there[index] && item->application != NULL) {
		tool_error(_("area %s has another \"%s\" already"), item->area, item->label);
		tool_why("%s", _("Nothing of the plan was written."));
		return EXIT_STATUS_NO;
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
write_item(struct work *work, size_t index)
{
	const struct card_plan_item *item = &work->plan.items[index];
	const struct p11_token *token = &place_of(work, item)->token;
	CK_OBJECT_CLASS class = item->application != NULL ? CKO_DATA : CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE attrs[] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) }, { CKA_LABEL, (void *)(uintptr_t)item->label, strlen(item->label) },
		{ CKA_VALUE, item->value.ptr, item->value.len }, { CKA_CERTIFICATE_TYPE, &type, sizeof(type) } };
	CK_RV rv;

	if (work->there[index])
		return EXIT_STATUS_OK;
	if (item->application != NULL)
		attrs[5] = (CK_ATTRIBUTE){ CKA_APPLICATION, (void *)(uintptr_t)item->application,
			strlen(item->application) };
	rv = token->p11->list->C_CreateObject(token->session, attrs, sizeof(attrs) / sizeof(attrs[0]),
		&work->written[index]);
	if (rv != CKR_OK) {
		work->written[index] = CK_INVALID_HANDLE;
		return tool_rv_error(token->label, rv);
	}
	work->written_count++;
	return EXIT_STATUS_OK;
}

static void
take_out_again(struct work *work)
{
	for (size_t i = 0; i < work->plan.count; i++) {
		const struct p11_token *token = &place_of(work, &work->plan.items[i])->token;

		if (work->written[i] != CK_INVALID_HANDLE &&
			token->p11->list->C_DestroyObject(token->session, work->written[i]) != CKR_OK)
			tool_why(_("What was written to %s could not be taken out again."), token->label);
	}
}

static enum exit_status
write_card(const struct personalise_args *args, struct work *work)
{
	enum exit_status status = p11_open(args->common.module, &work->p11);

	if (status == EXIT_STATUS_OK)
		status = card_module(&work->p11);
	if (status == EXIT_STATUS_OK)
		status = open_places(args, work);
	if (status == EXIT_STATUS_OK)
		status = let_systems_in(args, work);
	for (size_t i = 0; i < work->plan.count && status == EXIT_STATUS_OK; i++)
		status = look_for(work, i);
	if (status != EXIT_STATUS_OK)
		return status;
	for (size_t i = 0; i < work->plan.count && status == EXIT_STATUS_OK; i++)
		status = write_item(work, i);
	if (status != EXIT_STATUS_OK)
		take_out_again(work);
	return status;
}

/* R-CARD-38: nothing of the plan stays, neither here nor in memory. */
static enum exit_status
end(const struct personalise_args *args, struct work *work, enum exit_status status)
{
	const enum exit_status erased = strcmp(args->plan, "-") == 0 ? EXIT_STATUS_OK : file_erase(args->plan);

	for (size_t i = 0; i < work->place_count; i++)
		if (work->places[i].token.p11 != NULL)
			p11_token_close(&work->places[i].token);
	free(work->places);
	free(work->written);
	free(work->there);
	card_clear(&work->card);
	card_plan_clear(&work->plan);
	mdoc_buf_clear(&work->file);
	mdoc_buf_clear(&work->opened);
	p11_close(&work->p11);
	return status != EXIT_STATUS_OK ? status : erased;
}

static enum exit_status
check(const struct command *command, const struct personalise_args *args)
{
	const bool maker = args->maker_key != NULL && args->maker_certificate != NULL && args->iacas.count > 0;
	const bool some = args->maker_key != NULL || args->maker_certificate != NULL || args->iacas.count > 0 ||
		args->maker_module != NULL || args->maker_pin.file != NULL;

	if (args->plain ? some : !maker)
		return options_wrong(command, "%s",
			_("a bundle is opened with --maker-key, --maker-certificate and --iaca; --plain goes without"));
	return card_check(command, args->card);
}

static enum exit_status
run(const struct personalise_args *args, struct work *work)
{
	enum exit_status status = file_read(args->plan, FILE_JSON_MAX, &work->file);
	size_t written;

	if (status != EXIT_STATUS_OK)
		return status;
	status = read_plan(args, work);
	if (status == EXIT_STATUS_OK)
		status = write_card(args, work);
	written = work->written_count;
	status = end(args, work, status);
	if (status == EXIT_STATUS_OK && args->common.json)
		printf("{\"written\": %zu}\n", written);
	else if (status == EXIT_STATUS_OK)
		printf(ngettext("%zu item was written, and the plan erased.\n",
			       "%zu items were written, and the plan erased.\n", written),
			written);
	return status;
}

int
cmd_personalise(const struct command *command, int argc, char **argv)
{
	struct personalise_args args = { .plain = false };
	struct work work = { .file = MDOC_BUF_EMPTY, .opened = MDOC_BUF_EMPTY };
	const struct option_row rows[] = { { "card", OPTION_TEXT, &args.card, N_("NAME"), N_("the card"), true },
		{ "plan", OPTION_TEXT, &args.plan, N_("FILE"), N_("what is to be written; it is erased in any case"),
			true },
		{ "credentials", OPTION_TEXT, &args.credentials, N_("FOLDER"),
			N_("credentials of the systems that write; those that are missing are made"), true },
		SO_ROWS(args.so),
		{ "maker-key", OPTION_TEXT, &args.maker_key, N_("URI"), N_("the key that the plan is encrypted to"),
			false },
		{ "maker-certificate", OPTION_TEXT, &args.maker_certificate, N_("FILE"), N_("its certificate"), false },
		{ "maker-module", OPTION_TEXT, &args.maker_module, N_("PATH"),
			N_("the PKCS#11 module of that key, if it is another one"), false },
		{ "maker-pin-file", OPTION_TEXT, &args.maker_pin.file, N_("FILE"), N_("the PIN of that key's token"),
			false },
		{ "iaca", OPTION_LIST, &args.iacas, N_("CERT"),
			N_("take plans of this issuing authority; may be repeated"), false },
		{ "plain", OPTION_FLAG, &args.plain, NULL,
			N_("take a plan that is neither encrypted nor signed; for tests"), false },
		END_ROW };
	enum exit_status status;

	status = options_parse(command, rows, &args.common, NULL, argc, argv);
	if (status == EXIT_STATUS_GO_ON)
		status = check(command, &args);
	if (status == EXIT_STATUS_GO_ON)
		status = run(&args, &work);
	option_list_clear(&args.iacas);
	return status;
}
