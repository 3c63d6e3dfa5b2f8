/* folder.c: the issuer's folder: configuration, certificates, register. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/issuer/issuer.h"

char *
issuer_path(const char *dir, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		tool_no_memory();
		return NULL;
	}
	return path;
}

enum exit_status
issuer_make_folder(const char *path, mode_t mode)
{
	if (mkdir(path, mode) == 0 || errno == EEXIST)
		return EXIT_STATUS_OK;
	tool_error(_("The folder %s cannot be made."), path);
	tool_why("%s", strerror(errno));
	return EXIT_STATUS_TROUBLE;
}

int
issuer_lock(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	tool_error(_("The folder %s cannot be locked."), dir);
	tool_why("%s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

void
issuer_hex(struct mdoc_bytes bytes, char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.len; i++) {
		*text++ = digits[bytes.ptr[i] >> 4];
		*text++ = digits[bytes.ptr[i] & 0xF];
	}
	*text = '\0';
}

bool
issuer_unhex(const char *text, uint8_t *bytes, size_t len)
{
	unsigned value;

	if (strlen(text) != 2 * len || strspn(text, "0123456789abcdef") != strlen(text))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (sscanf(text + 2 * i, "%2x", &value) != 1)
			return false;
		bytes[i] = (uint8_t)value;
	}
	return true;
}

enum exit_status
issuer_register_error(const char *what, const struct register_db *db, enum register_result result)
{
	tool_error("%s", what);
	tool_why("%s", _(register_sentence(result)));
	switch (result) {
	case REGISTER_NONCE_UNKNOWN:
	case REGISTER_NONCE_USED:
		tool_why("%s", _("Make a new offer and let the holder's program make a new request from it."));
		return EXIT_STATUS_NO;
	case REGISTER_KEY_SEEN:
		tool_why("%s", _("Let the holder's program make new keys and a new request."));
		return EXIT_STATUS_NO;
	case REGISTER_TPM_REVOKED:
		tool_why("%s", _("Whoever marked it in the register can take that back; to enrol again does not."));
		return EXIT_STATUS_NO;
	case REGISTER_TPM_UNKNOWN:
		tool_why("%s", _("Let the holder enrol the TPM: \"mdoc-token attest --enrol\"."));
		return EXIT_STATUS_NO;
	case REGISTER_CHALLENGE_UNKNOWN:
	case REGISTER_CHALLENGE_USED:
	case REGISTER_CHALLENGE_OLD:
		tool_why("%s", _("Make a new challenge from the enrolment and let the holder answer it."));
		return EXIT_STATUS_NO;
	case REGISTER_PERSON_UNKNOWN:
	case REGISTER_PERSON_KNOWN:
	case REGISTER_DEVICE_UNKNOWN:
	case REGISTER_NOT_ALLOWED:
		return EXIT_STATUS_NO;
	case REGISTER_SIGNER_REVOKED:
		tool_why("%s", _("Make a new document signer: \"mdoc-issuer keys replace --key ds\"."));
		return EXIT_STATUS_NO;
	case REGISTER_IACA_REVOKED:
		tool_why("%s", _("Make a new issuer, with \"mdoc-issuer init\" and another folder."));
		return EXIT_STATUS_NO;
	case REGISTER_DEVICE_LIVE:
		tool_why("%s", _("End it first: --supersede, or \"mdoc-issuer revoke\"."));
		return EXIT_STATUS_NO;
	case REGISTER_NEWER:
		tool_why("%s", _("Use the version of this program that wrote it, or a newer one."));
		break;
	case REGISTER_BUSY:
		tool_why("%s", _("Try again when the other process has ended."));
		break;
	default:
		tool_why("%s", register_reason(db));
		break;
	}
	return EXIT_STATUS_TROUBLE;
}

static enum exit_status
wrong_config(const char *path, const char *name)
{
	tool_error(_("%s: the member \"%s\" has a wrong value"), path, name);
	tool_why("%s", _("The file is written by \"mdoc-issuer init\"; restore it from a backup."));
	return EXIT_STATUS_INPUT;
}

/* What concerns TPMs, none of which has to be there. */
static enum exit_status
read_attestation(const char *path, struct issuer *issuer)
{
	const json_t *key = json_object_get(issuer->config, "attestation_key");
	const json_t *limit = json_object_get(issuer->config, "pin_limit");

	issuer->require_attestation = json_is_true(json_object_get(issuer->config, "require_attestation"));
	issuer->accept_shared_pin = json_is_true(json_object_get(issuer->config, "accept_shared_pin"));
	issuer->pin_limit = 0;
	issuer->attestation_key = MDOC_NO_BYTES;
	if (limit != NULL && (json_integer_value(limit) < 1 || json_integer_value(limit) > ISSUER_PIN_LIMIT_MAX))
		return wrong_config(path, "pin_limit");
	if (limit != NULL)
		issuer->pin_limit = (uint32_t)json_integer_value(limit);
	if (key == NULL)
		return EXIT_STATUS_OK;
	if (!json_is_string(key) || !issuer_unhex(json_string_value(key), issuer->attestation_id, ISSUER_KEY_ID_LEN))
		return wrong_config(path, "attestation_key");
	issuer->attestation_key = mdoc_bytes_of(issuer->attestation_id, ISSUER_KEY_ID_LEN);
	return EXIT_STATUS_OK;
}

char *
issuer_register_place(const char *dir, const json_t *config)
{
	const char *said = json_string_value(json_object_get(config, "register"));
	char *place;

	if (said == NULL)
		return issuer_path(dir, "register.db");
	place = strdup(said);
	if (place == NULL)
		tool_no_memory();
	return place;
}

/* What concerns the register, none of which has to be there. */
static enum exit_status
read_list_size(const char *path, struct issuer *issuer)
{
	const json_t *size = json_object_get(issuer->config, "status_list_size");
	const json_t *place = json_object_get(issuer->config, "register");

	issuer->list_size = REGISTER_LIST_SIZE;
	if (place != NULL && !json_is_string(place))
		return wrong_config(path, "register");
	if (size != NULL &&
		(json_integer_value(size) < REGISTER_LIST_SIZE_MIN ||
			json_integer_value(size) > 8 * (json_int_t)MDOC_STATUS_LIST_MAX))
		return wrong_config(path, "status_list_size");
	if (size != NULL)
		issuer->list_size = json_integer_value(size);
	return EXIT_STATUS_OK;
}

/* How long events are kept (R-RET-01). */
static enum exit_status
read_retention(const char *path, struct issuer *issuer)
{
	enum register_category category;
	const char *name;
	json_t *days;

	json_object_foreach(json_object_get(issuer->config, "retention"), name, days)
	{
		if (!register_category_from(name, &category) || !json_is_integer(days) ||
			json_integer_value(days) < 0 || json_integer_value(days) > 36525)
			return wrong_config(path, "retention");
		register_set_retention(issuer->db, category, json_integer_value(days));
	}
	return EXIT_STATUS_OK;
}

/* Keys of the roles that need not be there yet, of a folder from before they were. */
static enum exit_status
read_keys(const char *path, struct issuer *issuer)
{
	for (enum issuer_role role = ISSUER_IACA; role < ISSUER_ROLE_COUNT; role++) {
		const struct issuer_role_row *row = &issuer_roles[role];
		const char *id = json_string_value(json_object_get(issuer->config, row->member));
		struct mdoc_bytes *key = (struct mdoc_bytes *)((char *)issuer + row->key_offset);

		*key = MDOC_NO_BYTES;
		if (id == NULL && role >= ISSUER_STATUS && json_object_get(issuer->config, row->member) == NULL)
			continue;
		if (id == NULL || !issuer_unhex(id, issuer->id_room[role], ISSUER_KEY_ID_LEN))
			return wrong_config(path, row->member);
		*key = mdoc_bytes_of(issuer->id_room[role], ISSUER_KEY_ID_LEN);
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
read_config(const char *path, struct issuer *issuer)
{
	json_int_t batch_size, version;
	enum exit_status status;

	status = json_read(path, &issuer->config);
	if (status != EXIT_STATUS_OK)
		return status;
	version = json_integer_value(json_object_get(issuer->config, "version"));
	if (version < 1 || version > ISSUER_CONFIG_VERSION)
		return wrong_config(path, "version");
	issuer->uri = json_need_string(issuer->config, "credential_issuer", path);
	issuer->configuration_id = json_need_string(issuer->config, "credential_configuration_id", path);
	issuer->doc_type = json_need_string(issuer->config, "doc_type", path);
	issuer->country = json_need_string(issuer->config, "country", path);
	issuer->token = json_need_string(issuer->config, "token", path);
	issuer->module = json_string_value(json_object_get(issuer->config, "module"));
	if (issuer->uri == NULL || issuer->configuration_id == NULL || issuer->doc_type == NULL ||
		issuer->country == NULL || issuer->token == NULL)
		return EXIT_STATUS_INPUT;
	status = read_keys(path, issuer);
	if (status != EXIT_STATUS_OK)
		return status;
	batch_size = json_integer_value(json_object_get(issuer->config, "batch_size"));
	if (batch_size < 1 || batch_size > ISSUER_BATCH_MAX)
		return wrong_config(path, "batch_size");
	issuer->batch_size = (size_t)batch_size;
	status = read_list_size(path, issuer);
	return status == EXIT_STATUS_OK ? read_attestation(path, issuer) : status;
}

enum exit_status
issuer_read_config(struct issuer *issuer)
{
	char *path = issuer_path(issuer->dir, "issuer.json");
	enum exit_status status;

	if (path == NULL)
		return EXIT_STATUS_TROUBLE;
	json_decref(issuer->config);
	issuer->config = NULL;
	status = read_config(path, issuer);
	free(path);
	return status;
}

enum exit_status
issuer_write_pem(const char *dir, const char *name, struct mdoc_bytes der)
{
	char *path = issuer_path(dir, name);
	enum exit_status status;

	if (path == NULL)
		return EXIT_STATUS_TROUBLE;
	status = issuer_write_certificate(path, der);
	free(path);
	return status;
}

enum exit_status
issuer_write_certificate(const char *path, struct mdoc_bytes der)
{
	const unsigned char *at = der.ptr;
	X509 *certificate = d2i_X509(NULL, &at, (long)der.len);
	BIO *bio = BIO_new(BIO_s_mem());
	enum exit_status status;
	char *pem = NULL;
	long len;

	if (certificate == NULL || bio == NULL || PEM_write_bio_X509(bio, certificate) != 1) {
		status = tool_no_memory();
	} else {
		len = BIO_get_mem_data(bio, &pem);
		status = file_write(path, 0644, mdoc_bytes_of(pem, (size_t)len));
	}
	BIO_free(bio);
	X509_free(certificate);
	return status;
}

/* The certificates of the keys that there are. */
static enum exit_status
read_certificates(struct issuer *issuer)
{
	enum exit_status status = EXIT_STATUS_OK;
	char *path;

	for (enum issuer_role role = ISSUER_IACA; status == EXIT_STATUS_OK && role < ISSUER_ROLE_COUNT; role++) {
		if (issuer_key_id(issuer, role).ptr == NULL)
			continue;
		path = issuer_path(issuer->dir, issuer_roles[role].file);
		status = path == NULL
			? EXIT_STATUS_TROUBLE
			: file_read_certificate(path,
				  (struct mdoc_buf *)((char *)issuer + issuer_roles[role].certificate_offset));
		free(path);
	}
	return status;
}

enum exit_status
issuer_open(const char *dir, struct issuer *issuer)
{
	char *config = NULL, *db = NULL;
	enum exit_status status = EXIT_STATUS_TROUBLE;
	enum register_result res;

	*issuer = (struct issuer){ .dir = NULL }; /* zeroed buffers are empty */
	issuer->dir = strdup(dir);
	if (issuer->dir == NULL)
		return tool_no_memory();
	config = issuer_path(dir, "issuer.json");
	if (config == NULL)
		goto out;
	if (!file_exists(config)) {
		tool_error(_("%s is not the folder of an issuer"), dir);
		tool_why("%s", _("Make one with \"mdoc-issuer --dir FOLDER init\"."));
		status = EXIT_STATUS_INPUT;
		goto out;
	}
	status = read_config(config, issuer);
	if (status == EXIT_STATUS_OK)
		status = read_certificates(issuer);
	if (status != EXIT_STATUS_OK)
		goto out;
	db = issuer_register_place(dir, issuer->config);
	if (db == NULL) {
		status = EXIT_STATUS_TROUBLE;
		goto out;
	}
	res = register_open(db, &issuer->db);
	if (res != REGISTER_OK)
		status = issuer_register_error(_("The register cannot be opened."), issuer->db, res);
	else
		status = read_retention(config, issuer);
out:
	free(config);
	free(db);
	return status;
}

void
issuer_close(struct issuer *issuer)
{
	register_close(issuer->db);
	mdoc_buf_clear(&issuer->iaca);
	mdoc_buf_clear(&issuer->ds);
	mdoc_buf_clear(&issuer->status);
	mdoc_buf_clear(&issuer->messages);
	json_decref(issuer->config);
	free(issuer->dir);
	*issuer = (struct issuer){ .dir = NULL };
}
