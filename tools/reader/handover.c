/* handover.c: the SessionTranscript of an OpenID4VP session. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/evp.h>
#include "tools/reader/reader.h"

#define SHA256_LEN 32

/* OpenID4VPHandoverInfo: what both sides know about the request. */
static void
put_info(struct mdoc_buf *buf, const struct openid4vp_session *session)
{
	mdoc_put_array(buf, 4);
	mdoc_put_text(buf, session->client_id);
	mdoc_put_text(buf, session->nonce);
	if (session->thumbprint.ptr != NULL)
		mdoc_put_bstr(buf, session->thumbprint);
	else
		mdoc_put_null(buf);
	mdoc_put_text(buf, session->response_uri);
}

enum mdoc_result
openid4vp_transcript(const struct mdoc_context *context, const struct openid4vp_session *session, struct mdoc_buf *out)
{
	struct mdoc_buf info = MDOC_BUF_EMPTY;
	uint8_t digest[SHA256_LEN];
	EVP_MD *sha256 = NULL;
	enum mdoc_result res;

	put_info(&info, session);
	res = info.err;
	if (res != MDOC_OK)
		goto out;
	res = MDOC_ERR_CRYPTO;
	sha256 = EVP_MD_fetch(mdoc_context_libctx(context), "SHA256", NULL);
	if (sha256 == NULL || EVP_Digest(info.ptr, info.len, digest, NULL, sha256, NULL) != 1)
		goto out;
	mdoc_put_array(out, 3); /* [DeviceEngagementBytes, EReaderKeyBytes, Handover] */
	mdoc_put_null(out);
	mdoc_put_null(out);
	mdoc_put_array(out, 2);
	mdoc_put_text(out, "OpenID4VPHandover");
	mdoc_put_bstr(out, mdoc_bytes_of(digest, sizeof(digest)));
	res = out->err;
out:
	EVP_MD_free(sha256);
	mdoc_buf_clear(&info);
	return res;
}
