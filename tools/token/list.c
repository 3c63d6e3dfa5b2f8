/* list.c: mdoc-token list: what a token holds. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/token.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include "tools/common/value.h"
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Hexadecimal, as pkcs11-tool --id takes it. NULL: memory. */
static char *
hex_of(const struct mdoc_buf *bytes)
{
	char *text = malloc(bytes->len * 2 + 1);

	for (size_t i = 0; text != NULL && i < bytes->len; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes->ptr[i]);
	if (text != NULL)
		text[bytes->len * 2] = '\0';
	return text;
}

static json_t *
copy_json(const struct copy *copy, int64_t now)
{
	char *id = hex_of(&copy->id);
	json_t *object = json_pack("{s:s*, s:s}", "id", id, "state",
		copy->holder || copy->bound ? copy_state(copy, now) : "ordinary-key");

	free(id);
	if (object != NULL && copy->record != CK_INVALID_HANDLE) {
		json_object_set_new(object, "docType", json_text(mdoc_mso_doc_type(copy->mso)));
		json_object_set_new(object, "validFrom", json_integer(mdoc_mso_valid_from(copy->mso)));
		json_object_set_new(object, "validUntil", json_integer(mdoc_mso_valid_until(copy->mso)));
	}
	return object;
}

static json_t *
copies_json(const struct copies *copies, int64_t now)
{
	json_t *list = json_array();

	for (size_t i = 0; i < copies->count; i++)
		json_array_append_new(list, copy_json(&copies->items[i], now));
	return list;
}

struct certificate {
	char subject[256];
	bool trusted;
};

static bool
read_certificate(const struct p11_token *token, CK_OBJECT_HANDLE object, struct certificate *certificate)
{
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	const unsigned char *at = NULL;
	X509 *cert = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	int len = 0;

	memset(certificate, 0, sizeof(*certificate));
	certificate->trusted = p11_attribute_bool(token, object, CKA_TRUSTED);
	if (p11_attribute(token, object, CKA_VALUE, &der) == CKR_OK) {
		at = der.ptr;
		cert = d2i_X509(NULL, &at, (long)der.len);
	}
	if (cert != NULL && bio != NULL &&
		X509_NAME_print_ex(bio, X509_get_subject_name(cert), 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB) >= 0)
		len = BIO_read(bio, certificate->subject, sizeof(certificate->subject) - 1);
	certificate->subject[len > 0 ? len : 0] = '\0';
	X509_free(cert);
	BIO_free(bio);
	mdoc_buf_clear(&der);
	return len > 0;
}

static CK_RV
find_certificates(const struct p11_token *token, struct certificate **certificates, size_t *count)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	const CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &class, sizeof(class) } };
	CK_OBJECT_HANDLE *handles = NULL;
	size_t found = 0;
	CK_RV rv = p11_find(token, wanted, 1, &handles, &found);

	*count = 0;
	*certificates = calloc(found + 1, sizeof(**certificates));
	if (*certificates == NULL)
		rv = CKR_HOST_MEMORY;
	for (size_t i = 0; rv == CKR_OK && i < found; i++)
		if (read_certificate(token, handles[i], &(*certificates)[*count]))
			(*count)++;
	free(handles);
	return rv;
}

static void
print_copies(const struct copies *copies, int64_t now)
{
	for (size_t i = 0; i < copies->count; i++) {
		const struct copy *copy = &copies->items[i];
		char *id = hex_of(&copy->id);
		char until[32];

		terminal_padded(stdout, id != NULL ? id : "", 34);
		terminal_padded(stdout, copy->holder || copy->bound ? copy_state(copy, now) : "ordinary-key", 15);
		if (copy->record != CK_INVALID_HANDLE) {
			const struct mdoc_bytes doc_type = mdoc_mso_doc_type(copy->mso);

			time_print_jst(mdoc_mso_valid_until(copy->mso), until);
			terminal_text(stdout, (const char *)doc_type.ptr, doc_type.len);
			printf("  ");
			printf(_("until %s"), until);
		}
		putchar('\n');
		free(id);
	}
}

static enum exit_status
print_all(const struct p11_token *token, const struct copies *copies, bool as_json)
{
	const int64_t now = (int64_t)time(NULL);
	struct certificate *certificates = NULL;
	enum exit_status status = EXIT_STATUS_OK;
	json_t *list = json_array(), *result;
	size_t count = 0;
	CK_RV rv = find_certificates(token, &certificates, &count);

	if (rv != CKR_OK) {
		status = tool_rv_error(_("cannot read the certificates of the token"), rv);
	} else if (as_json) {
		for (size_t i = 0; i < count; i++)
			json_array_append_new(list,
				json_pack("{s:s, s:b}", "subject", certificates[i].subject, "trusted",
					certificates[i].trusted));
		result = json_pack("{s:s, s:o, s:O}", "token", token->label, "copies", copies_json(copies, now),
			"certificates", list);
		status = result != NULL ? json_print(result) : tool_no_memory();
		json_decref(result);
	} else {
		printf("%s\n", _("Keys and copies:"));
		print_copies(copies, now);
		printf("%s\n", _("Certificates:"));
		for (size_t i = 0; i < count; i++) {
			terminal_padded(stdout, certificates[i].trusted ? _("trusted") : "", 10);
			terminal_text(stdout, certificates[i].subject, strlen(certificates[i].subject));
			putchar('\n');
		}
	}
	json_decref(list);
	free(certificates);
	return status;
}

int
cmd_list(const struct command *command, int argc, char **argv)
{
	struct token_args args = { .label = NULL };
	const struct option_row rows[] = { TOKEN_ROW(args), PIN_ROWS(args), END_ROW };
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	struct copies copies = { .items = NULL };
	enum exit_status status;

	status = options_parse(command, rows, &args.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = token_begin(&args, &p11, &token);
	if (status == EXIT_STATUS_OK)
		status = copies_load(&token, &copies);
	if (status == EXIT_STATUS_OK)
		status = print_all(&token, &copies, args.common.json);
	copies_clear(&copies);
	token_end(&p11, &token);
	return status;
}
