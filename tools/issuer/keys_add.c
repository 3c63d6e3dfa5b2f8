/*
 * keys_add.c: mdoc-issuer keys add and replace: keys that an older issuer lacks, and a new one in the place of one that is
 * compromised or whose certificate ends (R-REV-04).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/common/clock.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/value.h"
#include "tools/issuer/keys_command.h"

#define DS_DAYS 457 /* ISO/IEC 18013-5, Annex B: the most for a document signer */

/* A certificate under a name beside the one that it will have: what comes last cannot fail for lack of room. */
static char *
new_path(const struct issuer *issuer, enum issuer_role role)
{
	char name[64];

	snprintf(name, sizeof(name), "%s.new", issuer_roles[role].file);
	return issuer_path(issuer->dir, name);
}

static enum exit_status
put_in_place(const struct issuer *issuer, enum issuer_role role, const char *from)
{
	char *to = issuer_path(issuer->dir, issuer_roles[role].file);
	enum exit_status status = EXIT_STATUS_OK;

	if (to == NULL)
		return EXIT_STATUS_TROUBLE;
	if (rename(from, to) != 0) {
		tool_error(_("cannot write %s: %s"), to, strerror(errno));
		status = EXIT_STATUS_TROUBLE;
	}
	free(to);
	return status;
}

static enum exit_status
name_key(struct issuer *issuer, enum issuer_role role, struct mdoc_bytes id)
{
	char text[2 * ISSUER_KEY_ID_LEN + 1];

	issuer_hex(id, text);
	if (json_object_set_new(issuer->config, issuer_roles[role].member, json_string(text)) != 0 ||
		json_object_set_new(issuer->config, "version", json_integer(ISSUER_CONFIG_VERSION)) != 0)
		return tool_no_memory();
	return keys_write_config(issuer);
}

/*
 * A key and its certificate, in the token and in the folder, which means them from when issuer.json is written; before
 * that nothing of them stays. der: appended to
 */
static enum exit_status
make_key(struct keys *keys, enum issuer_role role, const struct issuer_names *names, struct mdoc_buf *der)
{
	struct issuer *issuer = &keys->issuer;
	uint8_t room[ISSUER_KEY_ID_LEN] = { 0 };
	const struct mdoc_bytes id = mdoc_bytes_of(room, sizeof(room));
	struct mdoc_p11_key iaca_key = { .rv = CKR_OK };
	struct mdoc_public_key iaca;
	char *path = new_path(issuer, role);
	enum exit_status status = path == NULL ? EXIT_STATUS_TROUBLE : EXIT_STATUS_OK;

	if (status == EXIT_STATUS_OK)
		status = issuer_role_key(issuer, &keys->token, ISSUER_IACA, &iaca_key, &iaca);
	if (status == EXIT_STATUS_OK)
		status = issuer_make_key(&keys->token, role, iaca.curve, false, room);
	if (status != EXIT_STATUS_OK)
		goto out;
	status = issuer_make_certificate(&keys->token, role, names, id, issuer->iaca_key, mdoc_buf_bytes(&issuer->iaca),
		der);
	if (status == EXIT_STATUS_OK)
		status = issuer_write_certificate(path, mdoc_buf_bytes(der));
	if (status == EXIT_STATUS_OK)
		status = name_key(issuer, role, id);
	if (status == EXIT_STATUS_OK) {
		status = put_in_place(issuer, role, path);
	} else {
		(void)unlink(path);
		issuer_destroy(&keys->token, id);
	}
out:
	free(path);
	return status;
}

/* The folder and the token, for somebody whose PIN is right; a wrong one is logged. */
static enum exit_status
open_both(const struct command *command, struct keys *keys)
{
	enum exit_status status = keys_open(command, keys);

	if (status != EXIT_STATUS_OK)
		return status;
	status = keys_login(keys, keys->issuer.token);
	return status == EXIT_STATUS_NO ? keys_log(keys, status, "", "login-failed", NULL) : status;
}

/* ---- add ---- */

static enum exit_status
add_key(struct keys *keys, enum issuer_role role)
{
	const struct issuer_names names = { keys->issuer.country, keys->name != NULL ? keys->name : "mdoc-pkcs11",
		keys->issuer.uri, keys->crl_uri, keys->now, DS_DAYS };
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	const enum exit_status status = make_key(keys, role, &names, &der);

	mdoc_buf_clear(&der);
	return keys_log(keys, status, "key-made", "key-refused", issuer_roles[role].name);
}

enum exit_status
keys_add(const struct command *command, int argc, char **argv, struct keys *keys)
{
	const struct option_row rows[] = { KEYS_DIR_ROW(*keys), KEYS_PIN_FILE_ROW(*keys), KEYS_PIN_FD_ROW(*keys),
		KEYS_OPERATOR_ROW(*keys),
		{ "name", OPTION_TEXT, &keys->name, N_("TEXT"), N_("start of the certificates' common names"), false },
		{ "crl-uri", OPTION_TEXT, &keys->crl_uri, N_("URI"), N_("where the revocation list will be"), false },
		KEYS_AT_ROW(*keys), KEYS_END_ROW };
	enum exit_status status = options_parse(command, rows, &keys->common, NULL, argc, argv);

	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = open_both(command, keys);
	for (enum issuer_role role = ISSUER_STATUS; status == EXIT_STATUS_OK && role < ISSUER_ROLE_COUNT; role++)
		if (issuer_key_id(&keys->issuer, role).ptr == NULL)
			status = add_key(keys, role);
	return status;
}

/* ---- replace ---- */

struct replaced {
	enum issuer_role role;
	struct option_number days;
	char name[128], crl[512], before[ISSUER_SERIAL_TEXT], after[ISSUER_SERIAL_TEXT];
	uint8_t id[ISSUER_KEY_ID_LEN]; /* of the key before */
	int64_t until;
};

static bool
copy_text(struct mdoc_bytes text, char *out, size_t room)
{
	if (text.len == 0 || text.len >= room)
		return false;
	memcpy(out, text.ptr, text.len);
	out[text.len] = '\0';
	return true;
}

/* The new certificate says what the old one said: how its name begins, and where the CRL is. */
static enum exit_status
read_before(const struct issuer *issuer, struct replaced *replaced)
{
	const struct issuer_role_row *row = &issuer_roles[replaced->role];
	const struct mdoc_bytes id = issuer_key_id(issuer, replaced->role);
	const struct mdoc_bytes der = issuer_key_certificate(issuer, replaced->role);
	struct mdoc_cert *cert = NULL;
	struct mdoc_bytes uri;
	bool good;
	char *end;

	if (id.ptr == NULL) {
		tool_error(_("This issuer has no key for \"%s\" yet."), row->name);
		tool_why("%s", _("Make it with \"mdoc-issuer keys add\"."));
		return EXIT_STATUS_NO;
	}
	memcpy(replaced->id, id.ptr, sizeof(replaced->id));
	good = mdoc_cert_parse(tool_context(), der, &cert, NULL) == MDOC_OK &&
		issuer_certificate_serial(der, replaced->before) &&
		copy_text(mdoc_cert_common_name(cert), replaced->name, sizeof(replaced->name)) &&
		mdoc_cert_crl_uri(cert, 0, &uri) && copy_text(uri, replaced->crl, sizeof(replaced->crl));
	mdoc_cert_free(cert);
	if (!good) {
		tool_error(_("The issuer's certificates in %s cannot be read."), issuer->dir);
		return EXIT_STATUS_INPUT;
	}
	end = strrchr(replaced->name, ' ');
	if (end != NULL && strcmp(end + 1, row->common_name) == 0)
		*end = '\0';
	return EXIT_STATUS_OK;
}

/* Records that it signed are about for a month, and its serial number is what "compromise" wants: ds-SERIAL.pem. */
static enum exit_status
keep_before(const struct issuer *issuer, const struct replaced *replaced)
{
	char name[64 + ISSUER_SERIAL_TEXT];

	snprintf(name, sizeof(name), "%s-%s.pem", issuer_roles[replaced->role].name, replaced->before);
	return issuer_write_pem(issuer->dir, name, issuer_key_certificate(issuer, replaced->role));
}

static enum exit_status
read_after(struct mdoc_bytes der, struct replaced *replaced)
{
	struct mdoc_cert *cert = NULL;

	if (mdoc_cert_parse(tool_context(), der, &cert, NULL) != MDOC_OK ||
		!issuer_certificate_serial(der, replaced->after)) {
		mdoc_cert_free(cert);
		return tool_no_memory();
	}
	replaced->until = mdoc_cert_not_after(cert);
	mdoc_cert_free(cert);
	return EXIT_STATUS_OK;
}

/* Below a root whose key is compromised a new key would be worth nothing (R-REV-04). */
static enum exit_status
check_root(const struct issuer *issuer, const struct replaced *replaced)
{
	const enum register_result res = register_signer(issuer->db, replaced->before);

	return res == REGISTER_OK || res == REGISTER_SIGNER_REVOKED
		? EXIT_STATUS_OK
		: issuer_register_error(_("No new key is made."), issuer->db, res);
}

/* The old private key is destroyed last of all: nothing shall be signed with it any more. */
static enum exit_status
replace(struct keys *keys, struct replaced *replaced)
{
	struct issuer *issuer = &keys->issuer;
	const struct issuer_names names = { issuer->country, replaced->name, issuer->uri, replaced->crl, keys->now,
		(int64_t)replaced->days.value };
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	enum exit_status status;

	status = check_root(issuer, replaced);
	if (status == EXIT_STATUS_OK)
		status = keep_before(issuer, replaced);
	if (status == EXIT_STATUS_OK)
		status = make_key(keys, replaced->role, &names, &der);
	if (status == EXIT_STATUS_OK)
		status = read_after(mdoc_buf_bytes(&der), replaced);
	if (status == EXIT_STATUS_OK)
		issuer_destroy(&keys->token, mdoc_bytes_of(replaced->id, sizeof(replaced->id)));
	mdoc_buf_clear(&der);
	return status;
}

static enum exit_status
say_replaced(const struct keys *keys, const struct replaced *replaced)
{
	char until[32], utc[MDOC_TDATE_LEN + 1];
	enum exit_status status;
	json_t *json;

	if (!keys->common.json) {
		time_print_jst(replaced->until, until);
		printf(_("The key for \"%s\" is new: certificate %s until %s, in the place of %s.\n"),
			issuer_roles[replaced->role].name, replaced->after, until, replaced->before);
		tool_note("%s", _("Start \"mdoc-issuer serve\" again, and make a new backup of the keys."));
		return EXIT_STATUS_OK;
	}
	mdoc_tdate_print(replaced->until, utc);
	json = json_pack("{s:s, s:s, s:s, s:s}", "key", issuer_roles[replaced->role].name, "serial", replaced->after,
		"until", utc, "before", replaced->before);
	status = json == NULL ? tool_no_memory() : json_print(json);
	json_decref(json);
	return status;
}

/* With the folder's lock: of two operators at once the second replaces what the first has made. */
static enum exit_status
replace_locked(const struct command *command, struct keys *keys, struct replaced *replaced)
{
	char what[2 * ISSUER_SERIAL_TEXT + 32];
	enum exit_status status = open_both(command, keys);

	if (status != EXIT_STATUS_OK)
		return status;
	status = read_before(&keys->issuer, replaced);
	if (status == EXIT_STATUS_OK)
		status = replace(keys, replaced);
	snprintf(what, sizeof(what), "%s %s %s", issuer_roles[replaced->role].name, replaced->before, replaced->after);
	status = keys_log(keys, status, "key-replaced", "key-refused", what);
	return status == EXIT_STATUS_OK ? say_replaced(keys, replaced) : status;
}

enum exit_status
keys_replace(const struct command *command, int argc, char **argv, struct keys *keys)
{
	struct replaced replaced = { .role = ISSUER_DS, .days = { DS_DAYS, 1, DS_DAYS, false } };
	const char *key = NULL;
	const struct option_row rows[] = { KEYS_DIR_ROW(*keys), KEYS_PIN_FILE_ROW(*keys), KEYS_PIN_FD_ROW(*keys),
		KEYS_OPERATOR_ROW(*keys),
		{ "key", OPTION_TEXT, &key, N_("KEY"), N_("which: ds, status or messages"), true },
		{ "days", OPTION_NUMBER, &replaced.days, N_("DAYS"), N_("life of the certificate (457)"), false },
		KEYS_AT_ROW(*keys), KEYS_END_ROW };
	enum exit_status status = options_parse(command, rows, &keys->common, NULL, argc, argv);
	int lock;

	if (status != EXIT_STATUS_GO_ON)
		return status;
	while (replaced.role < ISSUER_ROLE_COUNT && strcmp(issuer_roles[replaced.role].name, key) != 0)
		replaced.role++;
	if (replaced.role == ISSUER_ROLE_COUNT)
		return options_wrong(command, _("--key wants ds, status or messages, not \"%s\""), key);
	lock = issuer_lock(keys->dir);
	if (lock < 0)
		return EXIT_STATUS_TROUBLE;
	status = replace_locked(command, keys, &replaced);
	close(lock);
	return status;
}
