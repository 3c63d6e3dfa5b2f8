/*
 * web_tls.c: certificates of clients. Nobody need have issued them: what counts is the key, whose possession the
 * handshake shows (RFC 8705, 2.2).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <gnutls/gnutls.h>
#include <openssl/x509.h>
#include "tools/common/context.h"
#include "tools/common/web_internal.h"

static gnutls_session_t
session_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

	return info != NULL ? info->tls_session : NULL;
}

void
web_tls_ask(struct MHD_Connection *connection)
{
	const gnutls_session_t session = session_of(connection);

	if (session == NULL)
		return;
	gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
	/* No names of authorities: a client might have no certificate of theirs, and show none. */
	gnutls_certificate_send_x509_rdn_sequence(session, 1);
}

bool
web_tls_client_key(struct MHD_Connection *connection, uint8_t key[WEB_CLIENT_KEY])
{
	const gnutls_session_t session = session_of(connection);
	const gnutls_datum_t *chain;
	const unsigned char *at;
	unsigned char *spki = NULL;
	X509 *certificate = NULL;
	unsigned count = 0;
	size_t digest_len = 0;
	bool good = false;
	int len;

	if (session == NULL || gnutls_certificate_type_get(session) != GNUTLS_CRT_X509)
		return false;
	chain = gnutls_certificate_get_peers(session, &count);
	if (chain == NULL || count == 0)
		return false;
	at = chain[0].data;
	certificate = d2i_X509(NULL, &at, (long)chain[0].size);
	if (certificate == NULL)
		goto out;
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
	good = len > 0 &&
		EVP_Q_digest(mdoc_context_libctx(tool_context()), "SHA256", NULL, spki, (size_t)len, key,
			&digest_len) == 1 &&
		digest_len == WEB_CLIENT_KEY;
out:
	OPENSSL_free(spki);
	X509_free(certificate);
	return good;
}
