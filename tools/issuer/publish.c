/*
 * publish.c: what relying parties read: status lists, signed by the status key, and the CRL, signed by the IACA
 * (R-CARD-44, R-CARD-50, R-REV-04).
 *
 * A list has one bit an entry, as ISO/IEC 18013-5 has it: 0 valid, 1 invalid. Suspended is invalid as long as it lasts,
 * and so is what has lapsed or is exhausted.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <mdoc/status.h>
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/issuer/operation.h"

#define HOUR 3600
#define DAY 86400
#define LIST_HOURS 24 /* a status list counts for a day, and should be fetched again after an hour */
#define LIST_TTL HOUR
#define CRL_DAYS 30

struct publish {
	struct operation operation;
	struct option_number life; /* hours, or days */
	const char *out;           /* NULL: in the issuer's folder */
	struct mdoc_p11_key key;
	struct mdoc_public_key public_key;
	struct mdoc_signer signer;
	json_t *done;
};

/* ---- Status lists ---- */

struct packed {
	uint8_t *bytes;
	size_t len;
	int64_t size, set;
};

static bool
set_entry(void *arg, uint64_t idx)
{
	struct packed *packed = arg;

	packed->set++;
	return idx < (uint64_t)packed->size && mdoc_status_set(packed->bytes, packed->len, 1, idx, 1);
}

/* FOLDER/N, where N is the end of the list's address. */
static enum exit_status
write_list(const struct publish *publish, const struct register_list *list, const struct mdoc_buf *cwt)
{
	const char *name = strrchr(list->uri, '/');
	char *path;
	enum exit_status status;

	path = issuer_path(publish->out, name == NULL ? list->uri : name + 1);
	status = path == NULL ? EXIT_STATUS_TROUBLE : file_write(path, 0644, mdoc_buf_bytes(cwt));
	free(path);
	return status;
}

static enum exit_status
note_list(struct publish *publish, const struct register_list *list, const struct packed *packed)
{
	json_t *row = json_pack("{s:s, s:I, s:I}", "uri", list->uri, "entries", (json_int_t)list->size, "invalid",
		(json_int_t)packed->set);

	return row == NULL || json_array_append_new(publish->done, row) != 0 ? tool_no_memory() : EXIT_STATUS_OK;
}

static enum exit_status
build_list(struct publish *publish, const struct register_list *list, const struct packed *packed)
{
	const struct operation *operation = &publish->operation;
	const struct mdoc_bytes chain = issuer_key_certificate(&operation->issuer, ISSUER_STATUS);
	const struct mdoc_list_spec spec = {
		.uri = mdoc_text(list->uri),
		.issued = operation->now,
		.expires = operation->now + (int64_t)publish->life.value * HOUR,
		.ttl = LIST_TTL,
		.x5chain = &chain,
		.x5chain_count = 1,
		.signer = &publish->signer,
	};
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_buf cwt = MDOC_BUF_EMPTY;
	enum exit_status status;

	error.code = mdoc_status_list_build(tool_context(), &spec, 1, mdoc_bytes_of(packed->bytes, packed->len), &cwt);
	if (error.code != MDOC_OK)
		status = issuer_sign_error(_("The status list could not be signed."), &error, &publish->key);
	else
		status = write_list(publish, list, &cwt);
	mdoc_buf_clear(&cwt);
	return status;
}

static enum exit_status
publish_list(struct publish *publish, const struct register_list *list)
{
	const struct operation *operation = &publish->operation;
	struct packed packed = { .len = ((size_t)list->size + 7) / 8, .size = list->size };
	enum exit_status status;

	packed.bytes = calloc(1, packed.len);
	if (packed.bytes == NULL)
		return tool_no_memory();
	status = operation_error(operation, _("The status list could not be made."),
		register_list_entries(operation->issuer.db, list->id, operation->now, set_entry, &packed));
	if (status == EXIT_STATUS_OK)
		status = build_list(publish, list, &packed);
	if (status == EXIT_STATUS_OK)
		status = note_list(publish, list, &packed);
	free(packed.bytes);
	return status;
}

static enum exit_status
publish_lists(struct publish *publish)
{
	struct operation *operation = &publish->operation;
	struct register_list list = { .id = 0 };
	enum register_result res;
	enum exit_status status;

	status = issuer_make_folder(publish->out, 0755);
	while (status == EXIT_STATUS_OK) {
		res = register_next_list(operation->issuer.db, list.id, operation->now, &list);
		if (res == REGISTER_END)
			break;
		status = res == REGISTER_OK ? publish_list(publish, &list)
					    : operation_error(operation, _("The status list could not be made."), res);
	}
	return status == EXIT_STATUS_OK
		? operation_error(operation, _("What was published could not be logged."),
			  register_log(operation->issuer.db, operation->now, "status-list", NULL))
		: status;
}

/* ---- The CRL ---- */

struct revoked_list {
	struct mdoc_revoked *rows;
	uint8_t (*serials)[1 + 20]; /* with the sign's byte */
	size_t count, room;
};

static enum exit_status
add_revoked(struct revoked_list *list, const struct register_revoked *row)
{
	const size_t len = strlen(row->serial) / 2;
	const size_t room = list->room == 0 ? 16 : 2 * list->room;
	void *rows, *serials;
	uint8_t *serial;

	if (list->count == list->room) {
		rows = realloc(list->rows, room * sizeof(*list->rows));
		if (rows != NULL)
			list->rows = rows;
		serials = realloc(list->serials, room * sizeof(*list->serials));
		if (serials != NULL)
			list->serials = serials;
		if (rows == NULL || serials == NULL)
			return tool_no_memory();
		list->room = room;
	}
	serial = list->serials[list->count];
	serial[0] = 0;
	if (len == 0 || len > 20 || !issuer_unhex(row->serial, serial + 1, len)) {
		tool_error(_("\"%s\" is not the serial number of a certificate"), row->serial);
		return EXIT_STATUS_TROUBLE;
	}
	list->rows[list->count++] = (struct mdoc_revoked){ mdoc_bytes_of(NULL, len), row->when, row->reason };
	return EXIT_STATUS_OK;
}

static enum exit_status
read_revoked(struct operation *operation, struct revoked_list *list)
{
	struct register_revoked row = { .serial = "" };
	enum exit_status status = EXIT_STATUS_OK;
	enum register_result res;

	while (status == EXIT_STATUS_OK) {
		res = register_next_revoked(operation->issuer.db, row.serial, &row);
		if (res == REGISTER_END)
			break;
		status = res == REGISTER_OK ? add_revoked(list, &row)
					    : operation_error(operation, _("The CRL could not be made."), res);
	}
	for (size_t i = 0; i < list->count; i++) { /* now that they move no more */
		const uint8_t *serial = list->serials[i];
		const size_t sign = serial[1] >= 0x80 ? 0 : 1;

		list->rows[i].serial = mdoc_bytes_of(serial + sign, 1 - sign + list->rows[i].serial.len);
	}
	return status;
}

static enum exit_status
publish_crl(struct publish *publish)
{
	struct operation *operation = &publish->operation;
	struct revoked_list list = { .rows = NULL };
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	enum exit_status status;
	int64_t number = 0;

	status = read_revoked(operation, &list);
	if (status == EXIT_STATUS_OK)
		status = operation_error(operation, _("The CRL could not be made."),
			register_count(operation->issuer.db, "crl", &number));
	if (status != EXIT_STATUS_OK)
		goto out;
	const struct mdoc_crl_spec spec = {
		.issuer_cert = mdoc_buf_bytes(&operation->issuer.iaca),
		.number = (uint64_t)number,
		.this_update = operation->now,
		.next_update = operation->now + (int64_t)publish->life.value * DAY,
		.revoked = list.rows,
		.revoked_count = list.count,
		.signer = &publish->signer,
	};

	if (mdoc_crl_build(tool_context(), &spec, &der, &error) != MDOC_OK)
		status = issuer_sign_error(_("The CRL could not be signed."), &error, &publish->key);
	else
		status = file_write(publish->out, 0644, mdoc_buf_bytes(&der));
	if (status == EXIT_STATUS_OK)
		status = operation_error(operation, _("What was published could not be logged."),
			register_log(operation->issuer.db, operation->now, "crl", NULL));
	if (status == EXIT_STATUS_OK)
		publish->done = json_pack("{s:I, s:I, s:s}", "number", (json_int_t)number, "revoked",
			(json_int_t)list.count, "out", publish->out);
out:
	mdoc_buf_clear(&der);
	free(list.rows);
	free(list.serials);
	return status;
}

/* ---- Both ---- */

static enum exit_status
find_key(struct publish *publish, enum issuer_role role)
{
	struct operation *operation = &publish->operation;
	enum exit_status status;

	status = issuer_role_key(&operation->issuer, &operation->token, role, &publish->key, &publish->public_key);
	if (status == EXIT_STATUS_OK)
		mdoc_p11_signer(&publish->key, publish->public_key.curve, &publish->signer);
	return status;
}

static enum exit_status
say_done(const struct publish *publish, const char *what)
{
	if (publish->operation.common.json)
		return publish->done == NULL ? tool_no_memory() : json_print(publish->done);
	printf("%s: %s\n", what, publish->out);
	return EXIT_STATUS_OK;
}

static int
run(const struct command *command, struct publish *publish, enum issuer_role role, const char *name,
	enum exit_status (*make)(struct publish *publish), const char *what)
{
	char *path = NULL;
	enum exit_status status;

	status = operation_open(command, &publish->operation);
	if (status == EXIT_STATUS_OK)
		status = find_key(publish, role);
	if (status == EXIT_STATUS_OK && publish->out == NULL) {
		publish->out = path = issuer_path(publish->operation.dir, name);
		status = path == NULL ? EXIT_STATUS_TROUBLE : EXIT_STATUS_OK;
	}
	if (status == EXIT_STATUS_OK)
		status = make(publish);
	if (status == EXIT_STATUS_OK)
		status = say_done(publish, what);
	json_decref(publish->done);
	free(path);
	operation_close(&publish->operation);
	return (int)status;
}

int
cmd_status_list(const struct command *command, int argc, char **argv)
{
	struct publish publish = { .life = { LIST_HOURS, 1, 24 * 31, false }, .key = { .rv = CKR_OK } };
	const struct option_row rows[] = { { "out", OPTION_TEXT, &publish.out, N_("FOLDER"),
						   N_("where the lists are written (FOLDER/status)"), false },
		{ "hours", OPTION_NUMBER, &publish.life, N_("HOURS"), N_("how long they count (24)"), false },
		OPERATION_ROWS(publish.operation) };
	enum exit_status status;

	status = options_parse(command, rows, &publish.operation.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	publish.done = json_array();
	return run(command, &publish, ISSUER_STATUS, "status", publish_lists, _("Status lists"));
}

int
cmd_crl(const struct command *command, int argc, char **argv)
{
	struct publish publish = { .life = { CRL_DAYS, 1, 90, false }, .key = { .rv = CKR_OK } };
	const struct option_row rows[] = { { "out", OPTION_TEXT, &publish.out, N_("FILE"),
						   N_("where the CRL is written (FOLDER/iaca.crl)"), false },
		{ "days", OPTION_NUMBER, &publish.life, N_("DAYS"), N_("how long it counts (30)"), false },
		OPERATION_ROWS(publish.operation) };
	enum exit_status status;

	status = options_parse(command, rows, &publish.operation.common, NULL, argc, argv);
	return status == EXIT_STATUS_GO_ON ? run(command, &publish, ISSUER_IACA, "iaca.crl", publish_crl, _("CRL"))
					   : (int)status;
}
