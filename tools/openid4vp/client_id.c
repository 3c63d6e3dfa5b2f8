/* client_id.c: who a verifier says it is. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/openid4vp/client_id.h"
#include "tools/common/message.h"
#include "tools/common/url.h"
#include <limits.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <mdoc/base64url.h>

static bool
begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

enum exit_status
client_id_check_prefix(const char *client_id, struct vp_problem *problem)
{
	const char *colon = strchr(client_id, ':');

	if (begins_with(client_id, CLIENT_ID_SAN_DNS) || begins_with(client_id, CLIENT_ID_HASH))
		return EXIT_STATUS_OK;
	if (colon == NULL)
		return vp_problem(problem, EXIT_STATUS_INPUT, VP_INVALID_REQUEST,
			N_("client_id has no prefix, and no client is known beforehand: x509_hash and x509_san_dns are "
			   "accepted"));
	return vp_problem(problem, EXIT_STATUS_INPUT, VP_INVALID_REQUEST,
		N_("the client_id prefix \"%.*s\" is not supported: x509_hash and x509_san_dns are"),
		(int)(colon - client_id < 60 ? colon - client_id : 60), client_id);
}

static X509 *
parse(const struct mdoc_context *context, struct mdoc_bytes der)
{
	X509 *cert = X509_new_ex(mdoc_context_libctx(context), NULL);
	const uint8_t *p = der.ptr;

	if (cert == NULL || der.len > LONG_MAX || d2i_X509(&cert, &p, (long)der.len) == NULL) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

bool
certificate_has_dns(const struct mdoc_context *context, struct mdoc_bytes leaf, const char *name)
{
	X509 *cert = parse(context, leaf);
	GENERAL_NAMES *names = cert != NULL ? X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL) : NULL;
	const size_t len = strlen(name);
	bool found = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
		const GENERAL_NAME *one = sk_GENERAL_NAME_value(names, i);

		if (one->type == GEN_DNS && ASN1_STRING_length(one->d.dNSName) == (int)len)
			found = strncasecmp((const char *)ASN1_STRING_get0_data(one->d.dNSName), name, len) == 0;
	}
	GENERAL_NAMES_free(names);
	X509_free(cert);
	return found;
}

char *
client_id_of(const struct mdoc_context *context, struct mdoc_bytes leaf)
{
	uint8_t digest[MDOC_DIGEST_MAX];
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	const uint8_t zero = 0;
	size_t len = 0;
	char *made = NULL;

	if (mdoc_digest(context, MDOC_SHA256, leaf, digest, &len) == MDOC_OK) {
		mdoc_buf_append(&text, mdoc_text(CLIENT_ID_HASH));
		mdoc_base64url_encode(&text, mdoc_bytes_of(digest, len));
		mdoc_buf_append(&text, mdoc_bytes_of(&zero, 1));
		if (text.err == MDOC_OK)
			made = strdup((const char *)text.ptr);
	}
	mdoc_buf_clear(&text);
	return made;
}

enum exit_status
client_id_check(const struct mdoc_context *context, const char *client_id, struct mdoc_bytes leaf,
	struct vp_problem *problem)
{
	enum exit_status status = client_id_check_prefix(client_id, problem);
	char *hash;
	bool same;

	if (status != EXIT_STATUS_OK)
		return status;
	if (begins_with(client_id, CLIENT_ID_SAN_DNS)) {
		const char *name = client_id + strlen(CLIENT_ID_SAN_DNS);

		if (name[0] == '\0' || !certificate_has_dns(context, leaf, name))
			return vp_problem(problem, EXIT_STATUS_NO, VP_INVALID_REQUEST,
				N_("the certificate that signed the request does not have the DNS name \"%.100s\" of "
				   "client_id"),
				name);
		return EXIT_STATUS_OK;
	}
	hash = client_id_of(context, leaf);
	if (hash == NULL)
		return tool_no_memory();
	same = strcmp(hash, client_id) == 0;
	free(hash);
	return same ? EXIT_STATUS_OK
		    : vp_problem(problem, EXIT_STATUS_NO, VP_INVALID_REQUEST,
			      N_("client_id is not the SHA-256 of the certificate that signed the request"));
}

enum exit_status
client_id_check_uri(const char *client_id, const char *uri, const char *name, bool plain, struct vp_problem *problem)
{
	struct url url;

	if (!url_parse(uri, &url) || url.fragment)
		return vp_problem(problem, EXIT_STATUS_INPUT, VP_INVALID_REQUEST,
			N_("%s is not an https URL without user and fragment: \"%.100s\""), name, uri);
	if (!url.https && !url.loopback)
		return vp_problem(problem, EXIT_STATUS_INPUT, VP_INVALID_REQUEST, N_("%s is not https: \"%.100s\""),
			name, uri);
	if (!url.https && !plain)
		return vp_problem(problem, EXIT_STATUS_INPUT, VP_INVALID_REQUEST,
			N_("%s is http, which --plain-http allows on this machine only: \"%.100s\""), name, uri);
	if (!url.https || !begins_with(client_id, CLIENT_ID_SAN_DNS) ||
		strcasecmp(url.host, client_id + strlen(CLIENT_ID_SAN_DNS)) == 0)
		return EXIT_STATUS_OK;
	return vp_problem(problem, EXIT_STATUS_NO, VP_INVALID_REQUEST,
		N_("%s goes to another host (%.100s) than client_id names"), name, url.host);
}
