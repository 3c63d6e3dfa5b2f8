/*
 * card_make.c: mdoc-token card: make the areas of a card, or show them.
 *
 * A run that was killed is completed by the next one with the same code. For that the transport secret of an area, which
 * the code replaces at once, follows from the code; nothing has to be kept between the two.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "tools/token/token.h"
#include "tools/token/blank.h"
#include "tools/token/card.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRANSPORT_LABEL "mdoc-pkcs11 card transport 1\n"

struct card_args {
	struct common_options common;
	const char *name, *so_pin_file;
	const char *backend, *seal, *authenticator;
	struct option_list ordinances;
	bool show;
};

struct work {
	struct p11 p11;
	struct card card;
	struct pin so;
	bool so_generated;
	size_t made; /* by this run, or found complete */
	struct mdoc_buf authenticator;
};

/* Of the areas that every card has; disabled: the PIN can be (R-FACE-03). */
static const struct {
	const char *area;
	bool disabled;
} areas[] = {
	{ MDOC_PRESET_JK, true },
	{ MDOC_PRESET_KK, false },
	{ MDOC_PRESET_KH, true },
	{ MDOC_PRESET_JP_AUTH, true },
	{ MDOC_PRESET_JP_SIGN, false },
};
#define AREAS (sizeof(areas) / sizeof(areas[0]))

static enum exit_status
derive_transport(const struct pin *so, const char *label, struct pin *transport)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	unsigned char input[sizeof(TRANSPORT_LABEL) + 33], mac[EVP_MAX_MD_SIZE];
	const size_t len = strlen(TRANSPORT_LABEL) + strlen(label);
	size_t out = 0;

	memcpy(input, TRANSPORT_LABEL, strlen(TRANSPORT_LABEL));
	memcpy(input + strlen(TRANSPORT_LABEL), label, strlen(label));
	if (EVP_Q_mac(mdoc_context_libctx(tool_context()), "HMAC", NULL, "SHA256", NULL, so->text, so->len, input, len,
		    mac, sizeof(mac), &out) == NULL)
		return tool_rv_error(_("cannot make the card"), CKR_FUNCTION_FAILED);
	for (size_t i = 0; i < 20; i++)
		transport->text[i] = letters[mac[i] & 31];
	transport->len = 20;
	transport->text[20] = '\0';
	transport->set = true;
	OPENSSL_cleanse(mac, sizeof(mac));
	return EXIT_STATUS_OK;
}

static CK_RV
make_area(const struct card_args *args, const struct work *work, const char *preset, const char *label, bool disabled,
	const struct pin *transport, CK_SLOT_ID *slot)
{
	CK_MDOC_AREA area = { .flags = CKF_MDOC_AREA_TRANSPORT };

	memset(area.label, ' ', sizeof(area.label));
	memcpy(area.label, label, strlen(label));
	area.pBackend = (const CK_UTF8CHAR *)(args->seal != NULL ? "vault-tpm" : args->backend);
	area.pSoPin = (const CK_UTF8CHAR *)transport->text;
	area.ulSoPinLen = transport->len;
	area.pPreset = (const CK_UTF8CHAR *)preset;
	area.pCard = (const CK_UTF8CHAR *)args->name;
	if (disabled && work->authenticator.len > 0) {
		area.pAuthenticator = work->authenticator.ptr;
		area.ulAuthenticatorLen = work->authenticator.len;
	}
	return work->p11.vendor->C_MDOC_MakeArea(&area, slot);
}

/* Make what is not there, and go on with what a killed run has left blank. */
static enum exit_status
complete_area(const struct card_args *args, struct work *work, const char *name, bool disabled)
{
	const struct card_area *there = card_find(&work->card, name);
	const bool ordinance = strncmp(name, CARD_ORDINANCE, strlen(CARD_ORDINANCE)) == 0;
	struct pin transport = { .set = false };
	char label[33];
	enum exit_status status;
	CK_SLOT_ID slot = 0;
	CK_RV rv = CKR_OK;

	if (there != NULL && !there->blank && !there->so_fresh) {
		work->made++;
		return EXIT_STATUS_OK;
	}
	if (!card_label(args->name, name, label))
		return tool_rv_error(_("cannot make the card"), CKR_ARGUMENTS_BAD);
	status = derive_transport(&work->so, label, &transport);
	if (status != EXIT_STATUS_OK)
		return status;
	if (there == NULL)
		rv = make_area(args, work, ordinance ? MDOC_PRESET_JO : name, label, disabled, &transport, &slot);
	else
		slot = there->slot;
	if (rv == CKR_OK) {
		rv = personalise_slot(&work->p11, slot, &transport, label, &work->so);
		if (rv != CKR_OK && there == NULL)
			(void)work->p11.vendor->C_MDOC_EraseArea(slot, (const CK_UTF8CHAR *)transport.text,
				transport.len);
	}
	pin_clear(&transport);
	if (rv != CKR_OK)
		return tool_rv_error(label, rv);
	work->made++;
	return EXIT_STATUS_OK;
}

/* A code that is not the card's makes no further area of it. */
static enum exit_status
check_code(struct work *work)
{
	struct p11_token token = { .p11 = NULL };
	enum exit_status status = EXIT_STATUS_OK;

	for (size_t i = 0; i < work->card.count; i++) {
		const struct card_area *area = &work->card.areas[i];

		if (area->blank || area->so_fresh)
			continue;
		status = p11_token_open(&work->p11, area->label, true, &token);
		if (status == EXIT_STATUS_OK)
			status = p11_login(&token, CKU_SO, &work->so);
		p11_token_close(&token);
		break;
	}
	return status;
}

static enum exit_status
read_code(const struct card_args *args, struct work *work)
{
	const struct pin_source source = { args->so_pin_file, NULL };
	char line[PIN_MAX + 2];
	enum exit_status status;

	if (strcmp(args->so_pin_file, "-") == 0 || file_exists(args->so_pin_file))
		return pin_get(&source, "", false, &work->so);
	if (work->card.count > 0) {
		tool_error(_("there is a card called \"%s\" already"), args->name);
		tool_why("%s", _("To complete it, give the file with its security officer's code."));
		return EXIT_STATUS_NO;
	}
	status = pin_generate(&work->so);
	if (status != EXIT_STATUS_OK)
		return status;
	memcpy(line, work->so.text, work->so.len);
	line[work->so.len] = '\n';
	/* Before the first area: a code that could not be kept must not lock anything. */
	status = file_write_new(args->so_pin_file, 0600, mdoc_bytes_of(line, work->so.len + 1));
	OPENSSL_cleanse(line, sizeof(line));
	work->so_generated = status == EXIT_STATUS_OK;
	return status;
}

/* Another token with the label of an area would be its twin. */
static enum exit_status
check_labels(const struct card_args *args, struct work *work)
{
	CK_SLOT_ID slots[256];
	CK_ULONG count = sizeof(slots) / sizeof(slots[0]);
	CK_TOKEN_INFO info;
	char label[33], wanted[33];

	if (work->p11.list->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
		return EXIT_STATUS_OK; /* more of them than anybody would look through */
	for (CK_ULONG i = 0; i < count; i++) {
		bool own = false;

		for (size_t k = 0; k < work->card.count; k++)
			own = own || work->card.areas[k].slot == slots[i];
		if (own || work->p11.list->C_GetTokenInfo(slots[i], &info) != CKR_OK)
			continue;
		p11_label(info.label, label);
		for (size_t k = 0; k < AREAS; k++) {
			if (!card_label(args->name, areas[k].area, wanted) || strcmp(wanted, label) != 0)
				continue;
			tool_error(_("there is a token called \"%s\" already"), label);
			return EXIT_STATUS_NO;
		}
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
make(const struct card_args *args, struct work *work)
{
	enum exit_status status = check_labels(args, work);

	if (status == EXIT_STATUS_OK && args->authenticator != NULL)
		status = file_read(args->authenticator, FILE_SMALL_MAX, &work->authenticator);
	if (status == EXIT_STATUS_OK)
		status = read_code(args, work);
	if (status == EXIT_STATUS_OK)
		status = check_code(work);
	for (size_t i = 0; i < AREAS && status == EXIT_STATUS_OK; i++)
		status = complete_area(args, work, areas[i].area, areas[i].disabled);
	for (size_t i = 0; i < args->ordinances.count && status == EXIT_STATUS_OK; i++) {
		char name[33];

		snprintf(name, sizeof(name), CARD_ORDINANCE "%s", args->ordinances.items[i]);
		status = complete_area(args, work, name, false);
	}
	if (status != EXIT_STATUS_OK && work->so_generated && work->made == 0)
		unlink(args->so_pin_file);
	else if (status != EXIT_STATUS_OK && work->made > 0)
		tool_why("%s", _("Run it again with the same code to complete the card."));
	return status;
}

static void
print_areas(const struct card *card)
{
	for (size_t i = 0; i < card->count; i++) {
		const struct card_area *area = &card->areas[i];

		printf("%-32s %-8s %s\n", area->label, area->preset,
			area->blank                                  ? "blank"
				: area->retired                      ? "retired 廃止"
				: strcmp(area->pin, "disabled") == 0 ? "disabled 顔認証"
								     : area->pin);
	}
}

static enum exit_status
show(const struct card_args *args, struct work *work)
{
	json_t *list = json_array(), *result;
	enum exit_status status;

	card_clear(&work->card);
	status = card_load(&work->p11, args->name, &work->card);
	if (status == EXIT_STATUS_OK && work->card.count == 0) {
		tool_error(_("there is no card called \"%s\""), args->name);
		status = EXIT_STATUS_INPUT;
	}
	for (size_t i = 0; i < work->card.count && list != NULL; i++)
		(void)json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:b, s:b}", "token", work->card.areas[i].label, "preset",
				work->card.areas[i].preset, "pin", work->card.areas[i].pin, "blank",
				work->card.areas[i].blank || work->card.areas[i].so_fresh, "retired",
				work->card.areas[i].retired));
	result = json_pack("{s:s, s:o, s:b}", "card", args->name, "areas", list, "soCodeGenerated", work->so_generated);
	if (status == EXIT_STATUS_OK && args->common.json)
		status = result != NULL ? json_print(result) : tool_no_memory();
	else if (status == EXIT_STATUS_OK)
		print_areas(&work->card);
	json_decref(result);
	return status;
}

static enum exit_status
check(const struct command *command, const struct card_args *args)
{
	enum exit_status status = card_check(command, args->name);
	char label[33];

	if (status == EXIT_STATUS_GO_ON && args->show != (args->so_pin_file == NULL))
		status = options_wrong(command, "%s", _("give --so-pin-file to make a card, or --show"));
	if (status == EXIT_STATUS_GO_ON && args->backend != NULL && strcmp(args->backend, "vault") != 0 &&
		strcmp(args->backend, "tpm") != 0)
		status = options_wrong(command, "%s", _("--backend knows vault and tpm"));
	if (status == EXIT_STATUS_GO_ON && args->seal != NULL &&
		(strcmp(args->seal, "tpm") != 0 || (args->backend != NULL && strcmp(args->backend, "vault") != 0)))
		status = options_wrong(command, "%s", _("--seal knows tpm, and goes with --backend vault"));
	for (size_t i = 0; i < args->ordinances.count && status == EXIT_STATUS_GO_ON; i++) {
		const char *name = args->ordinances.items[i];
		char area[33];

		if (strlen(name) == 0 || strlen(name) > 20 ||
			strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name) ||
			snprintf(area, sizeof(area), CARD_ORDINANCE "%s", name) < 0 ||
			!card_label(args->name, area, label))
			status = options_wrong(command,
				_("\"%s\": an ordinance's name has small letters, digits and hyphens, and the whole "
				  "label at "
				  "most 32 bytes"),
				name);
	}
	return status;
}

int
cmd_card(const struct command *command, int argc, char **argv)
{
	struct card_args args = { .show = false };
	struct work work = { .authenticator = MDOC_BUF_EMPTY };
	const struct option_row rows[] = { { "label", OPTION_TEXT, &args.name, N_("NAME"), N_("name of the card"),
						   true },
		{ "so-pin-file", OPTION_TEXT, &args.so_pin_file, N_("FILE"),
			N_("the security officer's code of all its areas; generated into FILE if that does not exist"),
			false },
		{ "ordinance", OPTION_LIST, &args.ordinances, N_("NAME"),
			N_("an area for an ordinance's application (条例等); may be repeated"), false },
		{ "backend", OPTION_TEXT, &args.backend, N_("NAME"),
			N_("where keys are kept: vault (software) or tpm (the chip)"), false },
		{ "seal", OPTION_TEXT, &args.seal, N_("NAME"),
			N_("with --backend vault: tpm, so that only the chip opens the vault"), false },
		{ "authenticator", OPTION_TEXT, &args.authenticator, N_("FILE"),
			N_("who opens it when its PIN is disabled: public keys (JSON)"), false },
		{ "show", OPTION_FLAG, &args.show, NULL,
			N_("make nothing; show the areas and the states of their PINs"), false },
		END_ROW };
	enum exit_status status;

	status = options_parse(command, rows, &args.common, NULL, argc, argv);
	if (status == EXIT_STATUS_GO_ON)
		status = check(command, &args);
	if (status != EXIT_STATUS_GO_ON)
		goto out;
	status = p11_open(args.common.module, &work.p11);
	if (status == EXIT_STATUS_OK)
		status = card_module(&work.p11);
	if (status == EXIT_STATUS_OK)
		status = card_load(&work.p11, args.name, &work.card);
	if (status == EXIT_STATUS_OK && !args.show)
		status = make(&args, &work);
	if (status == EXIT_STATUS_OK)
		status = show(&args, &work);
	if (status == EXIT_STATUS_OK && work.so_generated)
		tool_note(_("The security officer's code (20 letters and digits, 100 random bits) was written to %s."),
			args.so_pin_file);
out:
	option_list_clear(&args.ordinances);
	pin_clear(&work.so);
	mdoc_buf_clear(&work.authenticator);
	card_clear(&work.card);
	p11_close(&work.p11);
	return status;
}
