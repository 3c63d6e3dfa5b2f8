/* keys_list.c: mdoc-issuer keys list. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/issuer/keys_command.h"

static json_t *
describe(struct keys *keys, enum issuer_role role)
{
	const struct mdoc_bytes id = issuer_key_id(&keys->issuer, role);
	struct mdoc_p11_key key = { .rv = CKR_OK };
	struct mdoc_public_key public_key;
	char text[2 * ISSUER_KEY_ID_LEN + 1], serial[ISSUER_SERIAL_TEXT];
	struct mdoc_cert *cert = NULL;
	json_t *out;

	if (id.ptr == NULL)
		return json_pack("{s:s, s:b}", "name", issuer_roles[role].name, "made", 0);
	if (issuer_role_key(&keys->issuer, &keys->token, role, &key, &public_key) != EXIT_STATUS_OK ||
		mdoc_cert_parse(tool_context(), issuer_key_certificate(&keys->issuer, role), &cert, NULL) != MDOC_OK ||
		!issuer_certificate_serial(mdoc_cert_der(cert), serial)) {
		mdoc_cert_free(cert);
		return NULL;
	}
	issuer_hex(id, text);
	out = json_pack("{s:s, s:b, s:s, s:s, s:s, s:I, s:b}", "name", issuer_roles[role].name, "made", 1, "id", text,
		"serial", serial, "curve", mdoc_curve_name(public_key.curve), "until",
		(json_int_t)mdoc_cert_not_after(cert), "backup",
		p11_attribute_bool(&keys->token.token, key.private_key, CKA_EXTRACTABLE));
	mdoc_cert_free(cert);
	return out;
}

static enum exit_status
print_keys(const struct keys *keys, const json_t *list)
{
	const json_t *key;
	size_t i;

	if (keys->common.json)
		return json_print(list);
	json_array_foreach(list, i, key)
	{
		const bool made = json_is_true(json_object_get(key, "made"));

		printf("%-10s %-18s %-16s %s\n", json_string_value(json_object_get(key, "name")),
			made ? json_string_value(json_object_get(key, "id")) : "-",
			made ? json_string_value(json_object_get(key, "curve")) : _("not made"),
			!made                                                  ? ""
				: json_is_true(json_object_get(key, "backup")) ? _("can be backed up")
									       : _("stays in its token for ever"));
	}
	return EXIT_STATUS_OK;
}

enum exit_status
keys_list(const struct command *command, int argc, char **argv, struct keys *keys)
{
	const struct option_row rows[] = { KEYS_DIR_ROW(*keys), KEYS_PIN_FILE_ROW(*keys), KEYS_PIN_FD_ROW(*keys),
		KEYS_OPERATOR_ROW(*keys), KEYS_END_ROW };
	enum exit_status status = options_parse(command, rows, &keys->common, NULL, argc, argv);
	json_t *list = json_array(), *key;

	if (status == EXIT_STATUS_GO_ON)
		status = keys_open(command, keys);
	if (status == EXIT_STATUS_OK && keys->issuer.dir != NULL)
		status = keys_log(keys, keys_login(keys, keys->issuer.token), "key-list", "login-failed", NULL);
	for (enum issuer_role role = ISSUER_IACA;
		status == EXIT_STATUS_OK && keys->issuer.dir != NULL && role < ISSUER_ROLE_COUNT; role++) {
		key = describe(keys, role);
		if (key == NULL || json_array_append_new(list, key) != 0)
			status = EXIT_STATUS_TROUBLE;
	}
	if (status == EXIT_STATUS_OK && keys->issuer.dir != NULL)
		status = print_keys(keys, list);
	json_decref(list);
	return status;
}
