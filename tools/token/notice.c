/*
 * notice.c: mdoc-token notice: take notices of the issuer, without the holder's PIN (R-REV-05).
 *
 * Only what is encrypted to the provisioner's key for notices and signed by an issuer that the token trusts counts, once,
 * for this token. It acts at once where the provisioner may: a suspended or revoked record presents nothing from then
 * on; and it waits in the inbox for the holder. All else is refused and written down.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "tools/token/token.h"
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <mdoc/base64url.h>
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/issuer_jws.h"
#include "tools/common/json.h"
#include "tools/common/jwe.h"
#include "tools/common/message.h"
#include "tools/token/enrolment.h"
#include "tools/token/heard.h"
#include "tools/token/line.h"
#include "tools/token/pin_sealed.h"

#define TYPE "mdoc-notice+jwt"
#define KEY_LABEL "provisioner notices"
#define SKEW 300                      /* seconds by which the issuer's clock may be ahead of ours */
#define AGE_MAX ((int64_t)40 * 86400) /* a record lives a month: what is older is about none of ours */
#define ID_LEN 32                     /* characters of a notice's id */

struct notice_args {
	struct token_args token;
	const char *credential, *at;
	struct option_list iacas;
	int64_t now;
	struct mdoc_p11_key key;
	struct mdoc_agreement agreement;
	struct mdoc_trust *trust;
	char serial[17];                      /* of the token */
	char thumbprint[THUMBPRINT_TEXT + 1]; /* of the key for notices */
	char seen[PATH_MAX], refused[PATH_MAX];
	json_t *report;
};

/* One line for each: when, token, SHA-256 of what came, why. */
static void
write_down(const struct notice_args *args, struct mdoc_bytes content, const char *why)
{
	const int fd = open(args->refused, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
	size_t len = 0;
	FILE *file = fd >= 0 ? fdopen(fd, "a") : NULL;

	(void)EVP_Q_digest(mdoc_context_libctx(tool_context()), "SHA256", NULL, content.ptr, content.len, digest, &len);
	if (file == NULL) {
		tool_note(_("%s cannot be written"), args->refused);
		if (fd >= 0)
			close(fd);
		return;
	}
	fprintf(file, "%" PRId64 " %s ", args->now, args->serial);
	for (size_t i = 0; i < len; i++)
		fprintf(file, "%02x", digest[i]);
	fprintf(file, " %s\n", why);
	fclose(file);
}

/* why: untranslated */
static enum exit_status
refuse(const struct notice_args *args, const char *path, struct mdoc_bytes content, const char *why)
{
	tool_error(_("%s is refused: it is no notice for this token"), path);
	tool_why("%s", _(why));
	write_down(args, content, why);
	return EXIT_STATUS_NO;
}

static const char *
reason_of(enum mdoc_result res)
{
	switch (res) {
	case MDOC_ERR_SIGNATURE:
		return N_("it was changed, or its signature is not that of its certificate");
	case MDOC_ERR_CHAIN:
		return N_("the token does not trust the issuer that signed it");
	case MDOC_ERR_CERTIFICATE:
	case MDOC_ERR_VALIDITY:
	case MDOC_ERR_REVOKED:
		return N_("the certificate that signed it is not one for messages, or not valid now");
	default:
		return N_("it is not signed as a notice is");
	}
}

/* Who it is for, when it was made, what it says. NULL: all is well. */
static const char *
check_claims(const struct notice_args *args, const json_t *claims)
{
	const char *aud = json_string_value(json_object_get(claims, "aud"));
	const char *sub = json_string_value(json_object_get(claims, "sub"));
	const char *id = json_string_value(json_object_get(claims, "jti"));
	const json_t *iat = json_object_get(claims, "iat");
	const json_int_t made = json_integer_value(iat);

	if (aud == NULL || strcmp(aud, args->thumbprint) != 0 || sub == NULL || strcmp(sub, args->serial) != 0)
		return N_("it is for another token");
	if (id == NULL || strlen(id) != ID_LEN || strspn(id, "0123456789abcdef") != ID_LEN)
		return N_("it has no id");
	if (!json_is_integer(iat) || made > args->now + SKEW)
		return N_("it says that it was made in the future");
	if (made < args->now - AGE_MAX)
		return N_("it is too old to be about a record of this token");
	if (heard_event_of(json_string_value(json_object_get(claims, "event"))) == NULL)
		return N_("it tells of an event that this program does not know");
	return NULL;
}

/* Decrypt and check. */
static enum exit_status
read_notice(struct notice_args *args, const char *path, struct mdoc_bytes content, json_t **claims)
{
	struct mdoc_buf jws = MDOC_BUF_EMPTY;
	enum exit_status status = EXIT_STATUS_OK;
	enum mdoc_result res;
	const char *why;

	*claims = NULL;
	res = jwe_decrypt(tool_context(), content, &args->agreement, &jws);
	if (res == MDOC_ERR_CALLBACK) {
		status = tool_rv_error(_("the notice cannot be decrypted"), args->key.rv);
		goto out;
	}
	if (res != MDOC_OK) {
		status = refuse(args, path, content,
			N_("it is not encrypted to the key for notices of this token's provisioner"));
		goto out;
	}
	res = issuer_jws_verify(tool_context(), mdoc_buf_bytes(&jws), TYPE, args->trust, args->now, claims);
	if (res == MDOC_ERR_MEMORY)
		status = tool_no_memory();
	else if (res != MDOC_OK)
		status = refuse(args, path, content, reason_of(res));
	if (status != EXIT_STATUS_OK)
		goto out;
	why = check_claims(args, *claims);
	if (why != NULL)
		status = refuse(args, path, content, why);
out:
	mdoc_buf_clear(&jws);
	return status;
}

/* First what protects, which can be done twice; last the id, so that a crash in between only repeats it. */
static enum exit_status
act(struct notice_args *args, struct p11_token *token, const json_t *claims)
{
	const CK_MDOC_FUNCTION_LIST *vendor = token->p11->vendor;
	const char *name = json_string_value(json_object_get(claims, "event"));
	const char *id = json_string_value(json_object_get(claims, "jti"));
	char *text = json_dumps(claims, JSON_COMPACT);
	enum exit_status status = EXIT_STATUS_OK;
	CK_ULONG entry;
	CK_RV rv = CKR_OK;

	if (text == NULL)
		return tool_no_memory();
	if (heard_event_of(name)->stops)
		rv = vendor->C_MDOC_Suspend(token->session);
	if (rv == CKR_OK)
		rv = vendor->C_MDOC_InboxPut(token->session, MDOC_INBOX_NOTICE, (const CK_BYTE *)text, strlen(text),
			&entry);
	free(text);
	if (rv != CKR_OK)
		return tool_rv_error(_("the token cannot do what the notice wants"), rv);
	status = ledger_claim(args->seen, id, args->serial);
	return status == EXIT_STATUS_NO ? EXIT_STATUS_OK : status;
}

static enum exit_status
take(struct notice_args *args, struct p11_token *token, const char *path)
{
	struct mdoc_buf content = MDOC_BUF_EMPTY;
	struct mdoc_bytes text;
	json_t *claims = NULL;
	enum exit_status status = file_read(path, FILE_CBOR_MAX, &content);
	const char *name, *id;

	if (status != EXIT_STATUS_OK)
		return status;
	text = mdoc_buf_bytes(&content);
	while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
		text.len--;
	status = read_notice(args, path, text, &claims);
	if (status == EXIT_STATUS_OK) {
		name = json_string_value(json_object_get(claims, "event"));
		id = json_string_value(json_object_get(claims, "jti"));
		status = ledger_look(args->seen, id);
		if (status == EXIT_STATUS_NO)
			status = refuse(args, path, text, N_("it came before"));
		else if (status == EXIT_STATUS_OK)
			status = act(args, token, claims);
		if (status == EXIT_STATUS_OK &&
			json_array_append_new(args->report, json_pack("{s:s, s:s}", "id", id, "event", name)) != 0)
			status = tool_no_memory();
		if (status == EXIT_STATUS_OK && !args->token.common.json)
			printf("%s: %s.\n", name, _(heard_event_of(name)->said));
	}
	json_decref(claims);
	mdoc_buf_clear(&content);
	return status;
}

static enum exit_status
find_key(struct notice_args *args, struct p11_token *token, struct mdoc_public_key *public_key)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	const CK_ATTRIBUTE wanted[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_LABEL, (void *)(uintptr_t)KEY_LABEL, sizeof(KEY_LABEL) - 1 },
	};
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	CK_RV rv = p11_find(token, wanted, 2, &handles, &count);

	if (rv == CKR_OK && count == 1) {
		p11_key(token, handles[0], &args->key);
		rv = p11_public_key(token, handles[0], public_key);
	}
	free(handles);
	if (rv != CKR_OK)
		return tool_rv_error(_("the provisioner's key for notices cannot be read"), rv);
	if (count == 1)
		return EXIT_STATUS_OK;
	tool_error("%s", _("The provisioner has no key for notices."));
	tool_why("%s", _("Its credential was made by an older version; the security officer makes a new one."));
	return EXIT_STATUS_NO;
}

static enum exit_status
trust_certificate(struct notice_args *args, struct mdoc_bytes der, const char *name)
{
	struct mdoc_error error = { .code = MDOC_OK };

	if (mdoc_trust_add(tool_context(), args->trust, der, MDOC_CERT_IACA, 0, &error) == MDOC_OK)
		return EXIT_STATUS_OK;
	return tool_mdoc_error(name, &error);
}

/* Those that "mdoc-token enrol" kept. */
static enum exit_status
trust_enrolment(struct notice_args *args)
{
	char *path = enrolment_path(args->serial);
	enum exit_status status = path != NULL ? EXIT_STATUS_OK : EXIT_STATUS_TROUBLE;
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	json_t *file = NULL, *iaca;
	size_t i;

	if (status == EXIT_STATUS_OK && !file_exists(path)) {
		tool_error("%s", _("Nobody said which issuing authority is to be trusted."));
		tool_why("%s", _("Name its certificate with --iaca, or enrol the token: mdoc-token enrol"));
		status = EXIT_STATUS_NO;
	}
	if (status == EXIT_STATUS_OK)
		status = json_read(path, &file);
	json_array_foreach(json_object_get(file, "iaca"), i, iaca)
	{
		mdoc_buf_clear(&der);
		if (status == EXIT_STATUS_OK && json_is_string(iaca) &&
			mdoc_base64url_decode(mdoc_text(json_string_value(iaca)), &der) == MDOC_OK)
			status = trust_certificate(args, mdoc_buf_bytes(&der), path);
	}
	mdoc_buf_clear(&der);
	json_decref(file);
	free(path);
	return status;
}

/* The token's own marks are for the holder alone: without the PIN nobody knows that they are not somebody else's. */
static enum exit_status
load_trust(struct notice_args *args)
{
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	enum exit_status status = EXIT_STATUS_OK;

	args->trust = mdoc_trust_new();
	if (args->trust == NULL)
		return tool_no_memory();
	if (args->iacas.count == 0)
		return trust_enrolment(args);
	for (size_t i = 0; status == EXIT_STATUS_OK && i < args->iacas.count; i++) {
		mdoc_buf_clear(&der);
		status = file_read_certificate(args->iacas.items[i], &der);
		if (status == EXIT_STATUS_OK)
			status = trust_certificate(args, mdoc_buf_bytes(&der), args->iacas.items[i]);
	}
	mdoc_buf_clear(&der);
	return status;
}

/* The key, whom to trust, and what the token is called. */
static enum exit_status
prepare(struct notice_args *args, struct p11_token *token)
{
	struct mdoc_buf text = MDOC_BUF_OVER((uint8_t *)args->thumbprint, sizeof(args->thumbprint));
	struct mdoc_public_key public_key;
	uint8_t thumbprint[THUMBPRINT_LEN];
	enum exit_status status;

	status = find_key(args, token, &public_key);
	if (status != EXIT_STATUS_OK)
		return status;
	mdoc_p11_agreement(&args->key, &public_key, &args->agreement);
	if (key_thumbprint(tool_context(), &public_key, thumbprint) != MDOC_OK)
		return tool_no_memory();
	mdoc_base64url_encode(&text, mdoc_bytes_of(thumbprint, sizeof(thumbprint)));
	memcpy(args->serial, token->info.serialNumber, 16);
	for (size_t len = 16; len > 0 && args->serial[len - 1] == ' '; len--)
		args->serial[len - 1] = '\0';
	status = load_trust(args);
	if (status == EXIT_STATUS_OK)
		status = ledger_own_path("notices", args->seen);
	return status == EXIT_STATUS_OK ? ledger_own_path("notices-refused", args->refused) : status;
}

static enum exit_status
run(struct notice_args *args, struct p11 *p11, struct p11_token *token, const struct option_list *files)
{
	enum exit_status status = token_open(&args->token, p11, token), one;

	if (status == EXIT_STATUS_OK && tool_context() == NULL)
		status = tool_no_memory();
	if (status == EXIT_STATUS_OK)
		status = line_login(token, args->credential);
	if (status == EXIT_STATUS_OK)
		status = prepare(args, token);
	if (status != EXIT_STATUS_OK)
		return status;
	for (size_t i = 0; i < files->count; i++) {
		one = take(args, token, files->items[i]);
		if (status == EXIT_STATUS_OK)
			status = one;
	}
	return status;
}

int
cmd_notice(const struct command *command, int argc, char **argv)
{
	struct notice_args args = { .credential = NULL };
	const struct option_row rows[] = {
		TOKEN_ROW(args.token),
		{ "credential", OPTION_TEXT, &args.credential, N_("FILE"), N_("the provisioner's credential"), true },
		{ "iaca", OPTION_LIST, &args.iacas, N_("CERT"),
			N_("trust this issuing authority, instead of that of the enrolment; may be repeated"), false },
		{ "at", OPTION_TEXT, &args.at, N_("TIME"), N_("act as if it were this time (RFC 3339); for tests"),
			false },
		END_ROW,
	};
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	struct option_list files = { NULL, 0 };
	enum exit_status status;

	status = options_parse(command, rows, &args.token.common, &files, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	status = files.count > 0 ? clock_option(command, args.at, &args.now)
				 : options_wrong(command, _("name the files of the notices"));
	args.report = json_array();
	if (status == EXIT_STATUS_OK)
		status = run(&args, &p11, &token, &files);
	if (args.token.common.json && args.report != NULL)
		(void)json_print(args.report);
	json_decref(args.report);
	mdoc_trust_free(args.trust);
	token_end(&p11, &token);
	option_list_clear(&files);
	option_list_clear(&args.iacas);
	return (int)status;
}
