/* init.c: make an issuer: keys in a token, certificates, register. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <mdoc/x509.h>
#include "tools/common/clock.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/value.h"
#include "tools/issuer/issuer.h"

#define DS_DAYS 457 /* ISO/IEC 18013-5, Annex B: the most for a document signer */

struct init {
	const char *dir, *module, *label, *country, *uri, *crl_uri, *name, *curve_name;
	struct pin_source pin;
	struct option_number ds_days, batch_size, pin_limit;
	bool require_attestation, accept_shared_pin, no_backup;
	int64_t now;
	enum mdoc_curve curve;
	uint8_t id[ISSUER_ROLE_COUNT][ISSUER_KEY_ID_LEN];
	struct issuer_token token;
	size_t keys_made;
	struct mdoc_buf der[ISSUER_ROLE_COUNT]; /* certificates */
	struct register_db *db;
	const char *register_uri; /* NULL: register.db in the folder */
	bool register_made;
	const char *made[ISSUER_ROLE_COUNT + 1]; /* files to remove when init fails */
	size_t made_count;
};

/* What the law lets an issuer use (R-CRY-01, mdoc_profile_takes_curve()): the last five where the token has them. */
static const enum mdoc_curve curves[] = { MDOC_CURVE_P256, MDOC_CURVE_P384, MDOC_CURVE_P521, MDOC_CURVE_BP256,
	MDOC_CURVE_BP320, MDOC_CURVE_BP384, MDOC_CURVE_BP512, MDOC_CURVE_ED448 };

static void
set_defaults(struct init *init)
{
	if (init->country == NULL)
		init->country = "JP";
	if (init->uri == NULL)
		init->uri = "https://issuer.example";
	if (init->name == NULL)
		init->name = "mdoc-pkcs11";
	if (init->curve_name == NULL)
		init->curve_name = "P-256";
}

static enum exit_status
check_options(const struct command *command, struct init *init)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (strcmp(mdoc_curve_name(curves[i]), init->curve_name) == 0)
			init->curve = curves[i];
	}
	if (init->curve == MDOC_CURVE_NONE)
		return options_wrong(command,
			_("--curve %s: the law wants an elliptic curve group of 256 bits or more: P-256, P-384, P-521, "
			  "a brainpool curve or Ed448"),
			init->curve_name);
	if (strlen(init->country) != 2 || strspn(init->country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)
		return options_wrong(command, _("--country wants two capital letters of ISO 3166, not \"%s\""),
			init->country);
	if (init->register_uri != NULL && strncmp(init->register_uri, "postgresql://", 13) != 0 &&
		strncmp(init->register_uri, "postgres://", 11) != 0)
		return options_wrong(command, _("--register wants postgresql://…, not \"%s\""), init->register_uri);
	if (strncmp(init->uri, "https://", 8) != 0 || init->uri[8] == '\0')
		return options_wrong(command, _("--issuer-uri wants an https:// address, not \"%s\""), init->uri);
	return EXIT_STATUS_OK;
}

static enum exit_status
make_folder(const struct init *init)
{
	char *path = issuer_path(init->dir, "issuer.json");
	bool taken;

	if (path == NULL)
		return EXIT_STATUS_TROUBLE;
	taken = file_exists(path);
	free(path);
	if (taken) {
		tool_error(_("%s is the folder of an issuer already"), init->dir);
		tool_why("%s", _("Name another folder; an issuer is never made over an older one."));
		return EXIT_STATUS_INPUT;
	}
	return issuer_make_folder(init->dir, 0700);
}

/* All key pairs, made inside the token, and their certificates; the IACA's first, which signs the others. */
static enum exit_status
make_keys(struct init *init)
{
	const struct issuer_names names = { init->country, init->name, init->uri, init->crl_uri, init->now,
		(int64_t)init->ds_days.value };
	enum exit_status status = EXIT_STATUS_OK;

	for (enum issuer_role role = ISSUER_IACA; status == EXIT_STATUS_OK && role < ISSUER_ROLE_COUNT; role++) {
		init->keys_made = role + 1u;
		status = issuer_make_key(&init->token, role, init->curve, init->no_backup, init->id[role]);
		if (status == EXIT_STATUS_OK)
			status = issuer_make_certificate(&init->token, role, &names,
				mdoc_bytes_of(init->id[role], ISSUER_KEY_ID_LEN),
				mdoc_bytes_of(init->id[ISSUER_IACA], ISSUER_KEY_ID_LEN),
				mdoc_buf_bytes(&init->der[ISSUER_IACA]), &init->der[role]);
	}
	return status;
}

static enum exit_status
write_certificates(struct init *init)
{
	enum exit_status status = EXIT_STATUS_OK;

	for (enum issuer_role role = ISSUER_IACA; status == EXIT_STATUS_OK && role < ISSUER_ROLE_COUNT; role++) {
		status = issuer_write_pem(init->dir, issuer_roles[role].file, mdoc_buf_bytes(&init->der[role]));
		if (status == EXIT_STATUS_OK)
			init->made[init->made_count++] = issuer_roles[role].file;
	}
	return status;
}

/* A register in a database server, or the file that nobody has asked for another place for. */
static enum exit_status
make_register(struct init *init)
{
	char *path = init->register_uri != NULL ? strdup(init->register_uri) : issuer_path(init->dir, "register.db");
	enum register_result res;

	if (path == NULL)
		return EXIT_STATUS_TROUBLE;
	if (init->register_uri == NULL && file_exists(path)) {
		free(path);
		tool_error(_("%s has a register but no configuration"), init->dir);
		tool_why("%s", _("Restore issuer.json from a backup, or name another folder."));
		return EXIT_STATUS_INPUT;
	}
	if (init->register_uri == NULL)
		init->made[init->made_count++] = "register.db";
	res = register_create(path, &init->db);
	init->register_made = res == REGISTER_OK;
	if (res == REGISTER_OK)
		res = register_log(init->db, init->now, "init", NULL);
	free(path);
	return res == REGISTER_OK ? EXIT_STATUS_OK
				  : issuer_register_error(_("The register cannot be made."), init->db, res);
}

/* Members that are there when they were asked for. */
static bool
add_attestation(const struct init *init, json_t *config)
{
	return (!init->require_attestation || json_object_set_new(config, "require_attestation", json_true()) == 0) &&
		(!init->accept_shared_pin || json_object_set_new(config, "accept_shared_pin", json_true()) == 0) &&
		(init->register_uri == NULL ||
			json_object_set_new(config, "register", json_string(init->register_uri)) == 0) &&
		(!init->pin_limit.given ||
			json_object_set_new(config, "pin_limit", json_integer((json_int_t)init->pin_limit.value)) == 0);
}

/* Last of all: with this file the folder is an issuer. */
static enum exit_status
write_config(const struct init *init)
{
	char id[2 * ISSUER_KEY_ID_LEN + 1];
	char *path = issuer_path(init->dir, "issuer.json"), *module = NULL;
	enum exit_status status = EXIT_STATUS_TROUBLE;
	json_t *config = NULL;

	if (path == NULL)
		return EXIT_STATUS_TROUBLE;
	/* A path with a slash must hold from every working folder. */
	if (init->module != NULL)
		module = strchr(init->module, '/') != NULL ? realpath(init->module, NULL) : strdup(init->module);
	config = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s*, s:s, s:s, s:I}", "version", ISSUER_CONFIG_VERSION,
		"credential_issuer", init->uri, "credential_configuration_id", JP_DOCTYPE, "doc_type", JP_DOCTYPE,
		"country", init->country, "module", module, "token", init->label, "curve", init->curve_name,
		"batch_size", (json_int_t)init->batch_size.value);
	for (enum issuer_role role = ISSUER_IACA; config != NULL && role < ISSUER_ROLE_COUNT; role++) {
		issuer_hex(mdoc_bytes_of(init->id[role], ISSUER_KEY_ID_LEN), id);
		if (json_object_set_new(config, issuer_roles[role].member, json_string(id)) != 0) {
			json_decref(config);
			config = NULL;
		}
	}
	status = config == NULL || !add_attestation(init, config) ? tool_no_memory() : json_write(path, 0600, config);
	json_decref(config);
	free(module);
	free(path);
	return status;
}

/* Leave neither keys nor files of an issuer that did not come to be. */
static void
undo(struct init *init)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char name[64], *path;

	if (init->register_made)
		register_discard(init->db);
	register_close(init->db);
	init->db = NULL;
	for (size_t i = 0; i < init->made_count; i++) {
		for (size_t j = 0; j < sizeof(suffixes) / sizeof(suffixes[0]); j++) {
			snprintf(name, sizeof(name), "%s%s", init->made[i], suffixes[j]);
			path = issuer_path(init->dir, name);
			if (path != NULL)
				(void)unlink(path);
			free(path);
		}
	}
	for (size_t i = 0; i < init->keys_made; i++)
		issuer_destroy(&init->token, mdoc_bytes_of(init->id[i], ISSUER_KEY_ID_LEN));
}

static enum exit_status
init_run(struct init *init)
{
	enum exit_status status;

	status = make_folder(init);
	if (status == EXIT_STATUS_OK)
		status = make_register(init);
	if (status == EXIT_STATUS_OK)
		status = issuer_token_open(init->module, init->label, &init->pin, &init->token);
	if (status == EXIT_STATUS_OK)
		status = make_keys(init);
	if (status == EXIT_STATUS_OK)
		status = write_certificates(init);
	if (status == EXIT_STATUS_OK)
		status = write_config(init);
	if (status != EXIT_STATUS_OK)
		undo(init);
	return status;
}

int
cmd_init(const struct command *command, int argc, char **argv)
{
	struct init init = {
		.ds_days = { DS_DAYS, 1, DS_DAYS, false },
		.batch_size = { ISSUER_BATCH_SIZE, 1, ISSUER_BATCH_MAX, false },
		.pin_limit = { 1, 1, ISSUER_PIN_LIMIT_MAX, false },
	};
	const char *at = NULL;
	const struct option_row rows[] = {
		{ "dir", OPTION_TEXT, &init.dir, N_("FOLDER"), N_("the issuer's folder, which is made"), true },
		{ "token", OPTION_TEXT, &init.label, N_("LABEL"), N_("the token that will hold the issuer's keys"),
			true },
		{ "pin-file", OPTION_TEXT, &init.pin.file, N_("FILE"), N_("read the token's PIN from a file"), false },
		{ "pin-fd", OPTION_TEXT, &init.pin.fd, N_("NUMBER"), N_("read the token's PIN from a descriptor"),
			false },
		{ "country", OPTION_TEXT, &init.country, N_("CC"), N_("country of the certificates (JP)"), false },
		{ "issuer-uri", OPTION_TEXT, &init.uri, N_("URI"), N_("the issuer's identifier"), false },
		{ "crl-uri", OPTION_TEXT, &init.crl_uri, N_("URI"), N_("where the revocation list will be"), false },
		{ "name", OPTION_TEXT, &init.name, N_("TEXT"), N_("start of the certificates' common names"), false },
		{ "curve", OPTION_TEXT, &init.curve_name, N_("CURVE"),
			N_("P-256 (default), P-384, P-521, brainpoolP256r1, Ed448 and others"), false },
		{ "ds-days", OPTION_NUMBER, &init.ds_days, N_("DAYS"), N_("life of the certificates below the IACA"),
			false },
		{ "batch-size", OPTION_NUMBER, &init.batch_size, N_("N"), N_("most copies that are issued at once"),
			false },
		{ "register", OPTION_TEXT, &init.register_uri, N_("URI"),
			N_("keep the register in PostgreSQL: postgresql://…"), false },
		{ "no-backup", OPTION_FLAG, &init.no_backup, NULL,
			N_("keys that can never leave the token, not even for a backup"), false },
		{ "require-attestation", OPTION_FLAG, &init.require_attestation, NULL,
			N_("issue only to keys that a TPM is shown to hold"), false },
		{ "pin-limit", OPTION_NUMBER, &init.pin_limit, N_("N"),
			N_("most tries that the PIN of such a TPM may have (10)"), false },
		{ "accept-shared-pin", OPTION_FLAG, &init.accept_shared_pin, NULL,
			N_("also TPMs that count wrong PINs of all users together"), false },
		{ "at", OPTION_TEXT, &at, N_("TIME"), N_("certificates begin at this time (RFC 3339); for tests"),
			false },
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	struct common_options common = { NULL, false };
	enum exit_status status;

	status = options_parse(command, rows, &common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	init.module = common.module;
	set_defaults(&init);
	status = check_options(command, &init);
	if (status == EXIT_STATUS_OK)
		status = clock_option(command, at, &init.now);
	if (status == EXIT_STATUS_OK && tool_context() == NULL)
		status = tool_no_memory();
	if (status == EXIT_STATUS_OK)
		status = init_run(&init);
	if (status == EXIT_STATUS_OK)
		printf(_("The issuer is in %s; give iaca.pem to those who should trust it.\n"), init.dir);
	register_close(init.db);
	issuer_token_close(&init.token);
	for (size_t i = 0; i < ISSUER_ROLE_COUNT; i++)
		mdoc_buf_clear(&init.der[i]);
	return (int)status;
}
