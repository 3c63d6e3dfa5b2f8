/* line.c: the provisioner's login, TLS key and certificate. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/line.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/common/p11_named.h"
#include "tools/common/p11_pkey.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TLS_LABEL "provisioner tls"
#define DAY 86400

/* systemd hands credentials over in a folder of the unit's own. */
static char *
find_credential(const char *path)
{
	const char *folder = secure_getenv("CREDENTIALS_DIRECTORY"), *name = strrchr(path, '/');
	char *found = NULL;

	name = name != NULL ? name + 1 : path;
	if (folder != NULL && asprintf(&found, "%s/%s", folder, name) > 0) {
		if (access(found, R_OK) == 0)
			return found;
		free(found);
	}
	return strdup(path);
}

static CK_RV
login(struct p11_token *token, struct mdoc_buf *credential)
{
	while (credential->len > 0 &&
		(credential->ptr[credential->len - 1] == '\n' || credential->ptr[credential->len - 1] == '\r'))
		credential->len--;
	if (token->p11->vendor == NULL)
		return CKR_FUNCTION_NOT_SUPPORTED;
	return p11_login_user(token, MDOC_PROVISIONER, credential->ptr, credential->len);
}

enum exit_status
line_login(struct p11_token *token, const char *path)
{
	struct mdoc_buf credential = MDOC_BUF_EMPTY;
	char *found = find_credential(path);
	enum exit_status status = found != NULL ? file_read(found, FILE_SMALL_MAX, &credential) : tool_no_memory();
	CK_RV rv;

	if (status == EXIT_STATUS_OK) {
		rv = login(token, &credential);
		if (rv != CKR_OK) {
			status = tool_rv_error(_("the token does not accept the provisioner's credential"), rv);
			if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED || rv == CKR_USER_PIN_NOT_INITIALIZED)
				tool_why(_("The security officer makes one with: mdoc-token provisioner --credential "
					   "%s"),
					path);
		}
	}
	mdoc_buf_clear(&credential);
	free(found);
	return status;
}

static enum exit_status
find_key(struct p11_token *token, struct line *line)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	const CK_ATTRIBUTE wanted[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_LABEL, (void *)(uintptr_t)TLS_LABEL, sizeof(TLS_LABEL) - 1 },
	};
	CK_OBJECT_HANDLE *handles = NULL;
	size_t count = 0;
	CK_RV rv = p11_find(token, wanted, 2, &handles, &count);

	if (rv == CKR_OK && count == 1) {
		p11_key(token, handles[0], &line->key);
		rv = p11_public_key(token, handles[0], &line->public_key);
	}
	free(handles);
	if (rv != CKR_OK)
		return tool_rv_error(_("the provisioner's TLS key cannot be read"), rv);
	if (count == 1)
		return EXIT_STATUS_OK;
	tool_error("%s", _("The provisioner has no TLS key."));
	tool_why("%s", _("Its credential was made by an older version; the security officer makes a new one."));
	return EXIT_STATUS_NO;
}

/* The same name for everybody: the key says who it is. */
static bool
name_certificate(X509 *certificate)
{
	X509_NAME *name = X509_get_subject_name(certificate);
	unsigned char serial[16];
	BIGNUM *number = NULL;
	bool good;

	if (RAND_bytes(serial, sizeof(serial)) != 1)
		return false;
	serial[0] &= 0x7f;
	number = BN_bin2bn(serial, sizeof(serial), NULL);
	good = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL &&
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"mdoc-token", -1, -1, 0) ==
			1 &&
		X509_set_issuer_name(certificate, name) == 1;
	BN_free(number);
	return good;
}

static enum exit_status
make_certificate(int64_t now, struct line *line)
{
	X509 *certificate = X509_new();
	const bool good = certificate != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
		name_certificate(certificate) &&
		ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)(now - DAY)) != NULL &&
		ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)(now + DAY)) != NULL &&
		X509_set_pubkey(certificate, line->pkey) == 1 && X509_sign(certificate, line->pkey, EVP_sha256()) > 0;

	line->certificate = certificate;
	if (good)
		return EXIT_STATUS_OK;
	if (line->key.rv != CKR_OK)
		return tool_rv_error(_("the provisioner's TLS key cannot sign"), line->key.rv);
	tool_error("%s", _("The token's TLS certificate could not be made."));
	return EXIT_STATUS_TROUBLE;
}

enum exit_status
line_open(struct p11_token *token, int64_t now, struct line *line)
{
	enum exit_status status;

	memset(line, 0, sizeof(*line));
	/* As http.c does before libcurl's own: no openssl.cnf, which could bring in our own module. */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	status = find_key(token, line);
	if (status != EXIT_STATUS_OK)
		return status;
	line->pkey = p11_pkey_new(NULL, &line->key, &line->public_key, NULL);
	return line->pkey != NULL ? make_certificate(now, line) : tool_no_memory();
}

void
line_close(struct line *line)
{
	X509_free(line->certificate);
	EVP_PKEY_free(line->pkey);
	memset(line, 0, sizeof(*line));
}
