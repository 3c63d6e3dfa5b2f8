/* init.c: mdoc-token init: make a token. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/token.h"
#include "tools/token/new_pin.h"
#include "tools/token/blank.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WEAK_PIN_MIN 4 /* characters, as on the physical card */
#define MODEL_SOFTWARE "vault (software)"

struct init_args {
	struct common_options common;
	const char *label;
	const char *backend;
	const char *seal;
	const char *so_pin_file;
	const char *preset, *card, *authenticator;
	const char *blank, *transport_file; /* init: the blank token to take, and its secret */
	bool make_blank;                    /* blank: so_pin_file is for the transport secret */
	const char *pin_file;
	struct option_list iacas;
	struct option_number pin_min, pin_tries;
	bool allow_weak_pin, allow_weak_so_pin, raw_sign;
};

/* Everything that is read before anything is made. */
struct init_inputs {
	struct pin so;
	bool so_generated;
	struct pin user;
	struct pin transport;
	struct mdoc_buf authenticator;
	struct mdoc_buf *iacas;
	bool software; /* the token that was made is the software vault's: its store is all that one needs */
};

static enum exit_status
read_so_code(const struct init_args *args, struct init_inputs *in)
{
	const struct pin_source source = { args->so_pin_file, NULL };
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	enum exit_status status;

	if (strcmp(args->so_pin_file, "-") == 0 || file_exists(args->so_pin_file))
		return pin_get(&source, "", false, &in->so);
	status = pin_generate(&in->so);
	if (status != EXIT_STATUS_OK)
		return status;
	mdoc_buf_append(&text, mdoc_bytes_of(in->so.text, in->so.len));
	mdoc_buf_append(&text, mdoc_text("\n"));
	/* Written before the token exists: a code that could not be kept must not lock anything. */
	status =
		text.err == MDOC_OK ? file_write_new(args->so_pin_file, 0600, mdoc_buf_bytes(&text)) : tool_no_memory();
	in->so_generated = status == EXIT_STATUS_OK;
	mdoc_buf_clear(&text);
	return status;
}

static enum exit_status
read_iacas(const struct init_args *args, struct init_inputs *in)
{

	in->iacas = calloc(args->iacas.count + 1, sizeof(*in->iacas));
	if (in->iacas == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < args->iacas.count; i++) {
		struct mdoc_error error;
		struct mdoc_cert *cert = NULL;
		enum exit_status status = file_read_certificate(args->iacas.items[i], &in->iacas[i]);
		enum mdoc_result res;

		if (status != EXIT_STATUS_OK)
			return status;
		res = mdoc_cert_parse(NULL, mdoc_buf_bytes(&in->iacas[i]), &cert, &error);
		if (res == MDOC_OK)
			res = mdoc_cert_check(cert, MDOC_CERT_IACA, 0, &error);
		mdoc_cert_free(cert);
		if (res != MDOC_OK)
			return tool_mdoc_error(args->iacas.items[i], &error);
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
read_inputs(const struct init_args *args, struct init_inputs *in)
{
	const struct pin_source user = { args->pin_file, NULL }, transport = { args->transport_file, NULL };
	enum exit_status status = read_iacas(args, in);

	if (status == EXIT_STATUS_OK && args->authenticator != NULL)
		status = file_read(args->authenticator, FILE_SMALL_MAX, &in->authenticator);
	if (status == EXIT_STATUS_OK && args->transport_file != NULL)
		status = pin_get(&transport, "", false, &in->transport);
	if (status == EXIT_STATUS_OK && args->pin_file != NULL)
		status = pin_get(&user, "", false, &in->user);
	if (status == EXIT_STATUS_OK)
		status = read_so_code(args, in);
	return status;
}

static void
clear_inputs(const struct init_args *args, struct init_inputs *in)
{
	for (size_t i = 0; in->iacas != NULL && i < args->iacas.count; i++)
		mdoc_buf_clear(&in->iacas[i]);
	free(in->iacas);
	pin_clear(&in->so);
	pin_clear(&in->user);
	pin_clear(&in->transport);
	mdoc_buf_clear(&in->authenticator);
}

/* Our module's; another one has none to choose from, and says so. */
static bool
backend_is_known(const struct init_args *args)
{
	return args->backend == NULL || strcmp(args->backend, "vault") == 0 || strcmp(args->backend, "tpm") == 0;
}

/* What the module calls the two options together. */
static bool
choose_backend(struct init_args *args)
{
	if (args->seal == NULL)
		return true;
	if (strcmp(args->seal, "tpm") != 0 || (args->backend != NULL && strcmp(args->backend, "vault") != 0))
		return false;
	args->backend = "vault-tpm";
	return true;
}

/* Tokens pad their labels with spaces, so that one at the end would make a twin of another token. */
static bool
label_usable(const char *label)
{
	const size_t len = strlen(label);
	json_t *text = json_string(label); /* NULL when it is not UTF-8 */
	const bool usable = text != NULL && len >= 1 && len <= 32 && label[len - 1] != ' ';

	json_decref(text);
	return usable;
}

static void
pad_label(const char *text, CK_UTF8CHAR label[32])
{
	memset(label, ' ', 32);
	memcpy(label, text, strlen(text));
}

/* An area of our module, with its policy. */
static CK_RV
make_area(const struct init_args *args, struct init_inputs *in, const struct pin *so, struct p11 *p11, CK_SLOT_ID *slot)
{
	CK_MDOC_AREA area;

	memset(&area, 0, sizeof(area));
	pad_label(args->label, area.label);
	area.pBackend = (const CK_UTF8CHAR *)args->backend;
	area.pSoPin = (const CK_UTF8CHAR *)so->text;
	area.ulSoPinLen = so->len;
	area.user.ulMinLen = args->pin_min.given || !args->allow_weak_pin ? args->pin_min.value : WEAK_PIN_MIN;
	area.user.ulTries = args->pin_tries.value;
	area.flags = (args->allow_weak_pin ? CKF_MDOC_AREA_ALLOW_WEAK_PIN : 0) |
		(args->allow_weak_so_pin ? CKF_MDOC_AREA_ALLOW_WEAK_SO_PIN : 0) |
		(args->raw_sign ? CKF_MDOC_AREA_RAW_SIGN : 0) | (args->make_blank ? CKF_MDOC_AREA_TRANSPORT : 0);
	area.pPreset = (const CK_UTF8CHAR *)args->preset;
	area.pCard = (const CK_UTF8CHAR *)args->card;
	area.pAuthenticator = in->authenticator.ptr;
	area.ulAuthenticatorLen = in->authenticator.len;
	return p11->vendor->C_MDOC_MakeArea(&area, slot);
}

/* An area of the law begins blank, also when its maker is the one who takes it into use. */
static bool
is_blank_first(const struct init_args *args)
{
	return !args->make_blank && args->preset != NULL && strcmp(args->preset, MDOC_PRESET_GENERAL) != 0;
}

static CK_RV
make_and_personalise(const struct init_args *args, struct init_inputs *in, struct p11 *p11, CK_SLOT_ID *slot)
{
	struct pin transport = { .set = false };
	CK_RV rv = CKR_FUNCTION_FAILED;

	if (pin_generate(&transport) == EXIT_STATUS_OK)
		rv = make_area(args, in, &transport, p11, slot);
	if (rv == CKR_OK) {
		rv = personalise_slot(p11, *slot, &transport, args->label, &in->so);
		if (rv != CKR_OK)
			(void)p11->vendor->C_MDOC_EraseArea(*slot, (const CK_UTF8CHAR *)transport.text, transport.len);
	}
	pin_clear(&transport);
	return rv;
}

/* The first slot of another module whose token is not initialised yet. */
static CK_RV
find_blank_slot(struct p11 *p11, CK_SLOT_ID *slot)
{
	CK_SLOT_ID *slots = NULL;
	CK_ULONG count = 0;
	CK_TOKEN_INFO info;
	CK_RV rv = p11->list->C_GetSlotList(CK_TRUE, NULL, &count);
	bool found = false;

	if (rv == CKR_OK && count > 0) {
		slots = calloc(count, sizeof(*slots));
		rv = slots == NULL ? CKR_HOST_MEMORY : p11->list->C_GetSlotList(CK_TRUE, slots, &count);
	}
	for (CK_ULONG i = 0; rv == CKR_OK && !found && i < count; i++) {
		if (p11->list->C_GetTokenInfo(slots[i], &info) == CKR_OK && (info.flags & CKF_TOKEN_INITIALIZED) == 0) {
			*slot = slots[i];
			found = true;
		}
	}
	free(slots);
	return rv != CKR_OK ? rv : found ? CKR_OK : CKR_TOKEN_NOT_PRESENT;
}

static CK_RV
make_token(const struct init_args *args, struct init_inputs *in, struct p11 *p11, CK_SLOT_ID *slot)
{
	CK_UTF8CHAR label[32];
	CK_RV rv;

	if (args->blank != NULL)
		return personalise(p11, args->blank, &in->transport, args->label, &in->so, slot);
	if (p11->vendor != NULL && is_blank_first(args))
		return make_and_personalise(args, in, p11, slot);
	if (p11->vendor != NULL)
		return make_area(args, in, &in->so, p11, slot);
	rv = find_blank_slot(p11, slot);
	if (rv != CKR_OK)
		return rv;
	pad_label(args->label, label);
	return p11->list->C_InitToken(*slot, (CK_UTF8CHAR *)in->so.text, in->so.len, label);
}

/* What needs the security officer: trust anchors and the first PIN. */
static enum exit_status
furnish(const struct init_args *args, struct init_inputs *in, struct p11 *p11)
{
	struct p11_token token;
	enum exit_status status;
	CK_RV rv = CKR_OK;

	if (args->iacas.count == 0 && !in->user.set)
		return EXIT_STATUS_OK;
	status = p11_token_open(p11, args->label, true, &token);
	if (status == EXIT_STATUS_OK)
		status = p11_login(&token, CKU_SO, &in->so);
	for (size_t i = 0; status == EXIT_STATUS_OK && i < args->iacas.count; i++) {
		uint8_t id[8];

		if (RAND_bytes(id, sizeof(id)) != 1)
			rv = CKR_FUNCTION_FAILED;
		else
			rv = p11_store_certificate(&token, mdoc_buf_bytes(&in->iacas[i]), "IACA",
				mdoc_bytes_of(id, sizeof(id)), true);
		if (rv != CKR_OK)
			status = tool_rv_error(_("cannot store the IACA certificate"), rv);
	}
	if (status == EXIT_STATUS_OK && in->user.set) {
		rv = p11->list->C_InitPIN(token.session, (CK_UTF8CHAR *)in->user.text, in->user.len);
		if (rv != CKR_OK)
			status = new_pin_refused(&token, _("cannot set the PIN"), rv, NULL, &in->user);
		if (rv == CKR_PIN_LEN_RANGE)
			tool_why("%s",
				_("A token can be made with a shorter PIN by mdoc-token init --allow-weak-pin."));
	}
	p11_token_close(&token);
	return status;
}

/* The token is of no use if it could not be furnished: leave nothing behind. */
static void
undo(struct init_inputs *in, struct p11 *p11, CK_SLOT_ID slot)
{
	if (p11->vendor != NULL && !in->transport.set &&
		p11->vendor->C_MDOC_EraseArea(slot, (const CK_UTF8CHAR *)in->so.text, in->so.len) == CKR_OK)
		tool_why(_("The new token was erased again."));
	else
		tool_why(_("The token was made, but is not complete."));
}

static enum exit_status
check_label_is_free(const struct init_args *args, struct p11 *p11)
{
	CK_SLOT_ID *slots = NULL;
	CK_ULONG count = 0;
	CK_TOKEN_INFO info;
	char label[33];
	bool taken = false;
	CK_RV rv = p11->list->C_GetSlotList(CK_TRUE, NULL, &count);

	if (rv == CKR_OK && count > 0) {
		slots = calloc(count, sizeof(*slots));
		rv = slots == NULL ? CKR_HOST_MEMORY : p11->list->C_GetSlotList(CK_TRUE, slots, &count);
	}
	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
		if (p11->list->C_GetTokenInfo(slots[i], &info) != CKR_OK || (info.flags & CKF_TOKEN_INITIALIZED) == 0)
			continue;
		p11_label(info.label, label);
		taken = taken || strcmp(label, args->label) == 0;
	}
	free(slots);
	if (rv != CKR_OK)
		return tool_rv_error(_("cannot list the tokens"), rv);
	if (taken) {
		tool_error(_("there is a token called \"%s\" already"), args->label);
		return EXIT_STATUS_NO;
	}
	return EXIT_STATUS_OK;
}

static void
say_what_was_made(const struct init_args *args, const struct init_inputs *in, const struct p11 *p11)
{
	if (args->common.json) {
		json_t *result = json_pack("{s:s, s:b, s:b, s:I}", "token", args->label, "soCodeGenerated",
			in->so_generated, "pinSet", in->user.set, "iacas", (json_int_t)args->iacas.count);
		if (result != NULL)
			json_print(result);
		json_decref(result);
	} else {
		printf(_("The token \"%s\" has been made."), args->label);
		putchar('\n');
	}
	if (in->so_generated && args->make_blank) {
		tool_note(_("The transport secret was written to %s: it goes another way than the token."),
			args->so_pin_file);
	} else if (in->so_generated) {
		tool_note(_("The security officer's code (20 letters and digits, 100 random bits) was written to %s."),
			args->so_pin_file);
		tool_note(_("It opens the token without the PIN: keep it in another place than this machine."));
	}
	if (args->make_blank) {
		tool_note(_("Next: mdoc-token init --blank %s --transport-file %s --label LABEL --so-pin-file FILE"),
			args->label, args->so_pin_file);
		return;
	}
	if (args->allow_weak_pin && in->software) {
		tool_note(_("Warning: whoever copies this token's store can try PINs without limit on machines of "
			    "their own."));
		tool_note(_("The 10,000 PINs of 4 digits take less than an hour there; only a long PIN protects a "
			    "stolen store."));
	}
	if (!in->user.set && p11->vendor != NULL)
		tool_note(_("Next: mdoc-token pin set --token %s --so-pin-file %s"), args->label, args->so_pin_file);
}

static enum exit_status
run(const struct init_args *args, struct init_inputs *in, struct p11 *p11)
{
	enum exit_status status;
	CK_TOKEN_INFO info;
	CK_SLOT_ID slot = 0;
	CK_RV rv;

	status = p11_open(args->common.module, p11);
	if (status == EXIT_STATUS_OK && p11->vendor == NULL &&
		(args->backend != NULL || args->preset != NULL || args->card != NULL || args->authenticator != NULL ||
			args->make_blank || args->blank != NULL)) {
		tool_error("%s", _("this module has no backends, presets or blank tokens to choose from"));
		status = EXIT_STATUS_USAGE;
	}
	if (status == EXIT_STATUS_OK)
		status = check_label_is_free(args, p11);
	if (status == EXIT_STATUS_OK)
		status = read_inputs(args, in);
	if (status != EXIT_STATUS_OK)
		return status;
	rv = make_token(args, in, p11, &slot);
	if (rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_INVALID) {
		tool_error(_("cannot make the token: the security officer's code in %s is too short, too long or has "
			     "characters that are not allowed"),
			args->so_pin_file);
		tool_why(_("Name a file that does not exist to have one generated, or allow a weak one with "
			   "--allow-weak-so-pin."));
		return EXIT_STATUS_NO;
	}
	if (rv != CKR_OK) {
		status = tool_rv_error(_("cannot make the token"), rv);
		if (args->pin_min.given && !args->allow_weak_pin)
			tool_why(_("A PIN policy below what the backend asks for needs --allow-weak-pin."));
		return status;
	}
	in->software = p11->list->C_GetTokenInfo(slot, &info) != CKR_OK ||
		memcmp(info.model, MODEL_SOFTWARE, sizeof(MODEL_SOFTWARE) - 1) == 0;
	status = furnish(args, in, p11);
	if (status != EXIT_STATUS_OK)
		undo(in, p11, slot);
	return status;
}

#define AREA_ROWS(args) \
	{ "backend", OPTION_TEXT, &(args).backend, N_("NAME"), \
		N_("where keys are kept: vault (software) or tpm (the chip)"), false }, \
		{ "seal", OPTION_TEXT, &(args).seal, N_("NAME"), \
			N_("with --backend vault: tpm, so that only the chip opens the vault"), false }, \
		{ "preset", OPTION_TEXT, &(args).preset, N_("NAME"), \
			N_("what it is for: mnc, jk, kk, kh, jp-auth, jp-sign, jo or general"), false }, \
		{ "card", OPTION_TEXT, &(args).card, N_("NAME"), N_("the card that it is an area of"), false }, \
		{ "authenticator", OPTION_TEXT, &(args).authenticator, N_("FILE"), \
			N_("who opens it when its PIN is disabled: public keys (JSON)"), false }, \
		{ "pin-min", OPTION_NUMBER, &(args).pin_min, N_("N"), N_("least length of a PIN"), false }, \
		{ "pin-tries", OPTION_NUMBER, &(args).pin_tries, N_("N"), N_("wrong PINs until it is locked"), \
			false }, \
		{ "allow-weak-pin", OPTION_FLAG, &(args).allow_weak_pin, NULL, N_("allow a PIN of 4 digits"), false }, \
	{ \
		"raw-sign", OPTION_FLAG, &(args).raw_sign, NULL, N_("allow CKM_ECDSA with keys that have a record"), \
			false \
	}

static enum exit_status
check_and_run(const struct command *command, struct init_args *args)
{
	struct init_inputs in = { .so_generated = false, .authenticator = MDOC_BUF_EMPTY };
	struct p11 p11 = { NULL, NULL, NULL };
	enum exit_status status = EXIT_STATUS_GO_ON;

	if (!backend_is_known(args))
		status = options_wrong(command, _("--backend knows vault and tpm"));
	if (status == EXIT_STATUS_GO_ON && !choose_backend(args))
		status = options_wrong(command, _("--seal knows tpm, and goes with --backend vault"));
	if (status == EXIT_STATUS_GO_ON && !label_usable(args->label))
		status = options_wrong(command, _("a label has 1 to 32 bytes of UTF-8 and no space at its end"));
	if (status == EXIT_STATUS_GO_ON && (args->blank != NULL) != (args->transport_file != NULL))
		status = options_wrong(command, "%s", _("--blank and --transport-file go together"));
	if (status == EXIT_STATUS_GO_ON && args->blank != NULL &&
		(args->preset != NULL || args->card != NULL || args->backend != NULL || args->authenticator != NULL))
		status = options_wrong(command, "%s", _("what a blank token is for was said when it was made"));
	if (status == EXIT_STATUS_GO_ON) {
		status = run(args, &in, &p11);
		if (status == EXIT_STATUS_OK)
			say_what_was_made(args, &in, &p11);
		else if (in.so_generated)
			unlink(args->so_pin_file);
	}
	clear_inputs(args, &in);
	option_list_clear(&args->iacas);
	p11_close(&p11);
	return status;
}

int
cmd_init(const struct command *command, int argc, char **argv)
{
	struct init_args args = { .pin_min = { .min = 1, .max = 255 }, .pin_tries = { .min = 1, .max = 100 } };
	const struct option_row rows[] = {
		{ "label", OPTION_TEXT, &args.label, N_("LABEL"), N_("name of the new token, at most 32 bytes"), true },
		{ "so-pin-file", OPTION_TEXT, &args.so_pin_file, N_("FILE"),
			N_("the security officer's code; generated into FILE if that does not exist"), true },
		{ "blank", OPTION_TEXT, &args.blank, N_("LABEL"), N_("take this blank token, and make none"), false },
		{ "transport-file", OPTION_TEXT, &args.transport_file, N_("FILE"), N_("its transport secret"), false },
		AREA_ROWS(args),
		{ "pin-file", OPTION_TEXT, &args.pin_file, N_("FILE"), N_("set this PIN at once"), false },
		{ "iaca", OPTION_LIST, &args.iacas, N_("CERT"), N_("trust this issuing authority; may be repeated"),
			false },
		{ "allow-weak-so-pin", OPTION_FLAG, &args.allow_weak_so_pin, NULL,
			N_("allow a security officer's code that can be guessed"), false },
		END_ROW,
	};
	const enum exit_status status = options_parse(command, rows, &args.common, NULL, argc, argv);

	return status == EXIT_STATUS_GO_ON ? check_and_run(command, &args) : status;
}

int
cmd_blank(const struct command *command, int argc, char **argv)
{
	struct init_args args = { .make_blank = true,
		.pin_min = { .min = 1, .max = 255 },
		.pin_tries = { .min = 1, .max = 100 } };
	const struct option_row rows[] = {
		{ "label", OPTION_TEXT, &args.label, N_("LABEL"), N_("name of the new token, at most 32 bytes"), true },
		{ "transport-file", OPTION_TEXT, &args.so_pin_file, N_("FILE"),
			N_("its transport secret; generated into FILE if that does not exist"), true },
		AREA_ROWS(args),
		END_ROW,
	};
	const enum exit_status status = options_parse(command, rows, &args.common, NULL, argc, argv);

	return status == EXIT_STATUS_GO_ON ? check_and_run(command, &args) : status;
}
