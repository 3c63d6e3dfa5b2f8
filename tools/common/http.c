/* http.c: an HTTPS client over libcurl. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/http.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/common/url.h"
#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEADER_MAX 16384 /* bytes of a header's value that is looked at */

/* One exchange while it goes on. */
struct exchange {
	CURL *curl;
	struct curl_slist *headers;
	struct http_answer *answer;
	const struct http_options *options;
	size_t max;
	bool too_large, no_memory;
	char error[CURL_ERROR_SIZE];
};

static size_t
take_body(char *ptr, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	struct mdoc_buf *body = &x->answer->body;

	if (n * size > x->max - body->len) {
		x->too_large = true;
		return 0;
	}
	mdoc_buf_append(body, mdoc_bytes_of(ptr, n * size));
	x->no_memory = body->err != MDOC_OK;
	return x->no_memory ? 0 : n * size;
}

static long
read_max_age(const char *value)
{
	const char *found = strcasestr(value, "max-age=");
	char *end = NULL;
	long seconds;

	if (strcasestr(value, "no-store") != NULL || strcasestr(value, "no-cache") != NULL)
		return 0;
	if (found == NULL)
		return -1;
	errno = 0;
	seconds = strtol(found + strlen("max-age="), &end, 10);
	return errno == 0 && end != found + strlen("max-age=") && seconds >= 0 ? seconds : -1;
}

static void
keep(char **to, const char *value)
{
	free(*to);
	*to = strdup(value);
}

static void
take_header_value(struct exchange *x, const char *name, char *value)
{
	struct http_answer *answer = x->answer;

	if (x->options->header != NULL && strcasecmp(name, x->options->header) == 0) {
		keep(&answer->header, value);
	} else if (strcasecmp(name, "etag") == 0) {
		keep(&answer->etag, value);
	} else if (strcasecmp(name, "cache-control") == 0) {
		answer->max_age = read_max_age(value);
	} else if (strcasecmp(name, "content-type") == 0) {
		value[strcspn(value, "; \t")] = '\0';
		for (char *c = value; *c != '\0'; c++)
			*c = (char)tolower((unsigned char)*c);
		keep(&answer->content_type, value);
	}
}

/* "Name: value\r\n"; a long value is cut, which no value that matters is. */
static size_t
take_header(char *ptr, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	char line[HEADER_MAX];
	size_t len = n * size < sizeof(line) ? n * size : sizeof(line) - 1;
	char *value;

	memcpy(line, ptr, len);
	line[len] = '\0';
	while (len > 0 && isspace((unsigned char)line[len - 1]))
		line[--len] = '\0';
	value = strchr(line, ':');
	if (value == NULL)
		return n * size;
	*value++ = '\0';
	take_header_value(x, line, value + strspn(value, " \t"));
	return n * size;
}

static bool
add_header(struct exchange *x, const char *name, const char *value)
{
	char line[HEADER_MAX];
	struct curl_slist *more;

	if (value == NULL)
		return true;
	if ((size_t)snprintf(line, sizeof(line), "%s: %s", name, value) >= sizeof(line) ||
		strpbrk(line, "\r\n") != NULL)
		return false;
	more = curl_slist_append(x->headers, line);
	if (more == NULL)
		return false;
	x->headers = more;
	return true;
}

/* OpenSSL's default context, which libcurl uses, is kept from openssl.cnf: that could bring in our own module. */
static CURL *
open_curl(void)
{
	static bool ready;

	if (!ready) {
		(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
		ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	}
	return ready ? curl_easy_init() : NULL;
}

/* The client's certificate and key, which may be a token's. */
static CURLcode
set_identity(CURL *curl, void *ssl_ctx, void *arg)
{
	const struct exchange *x = arg;

	(void)curl;
	if (SSL_CTX_use_certificate(ssl_ctx, x->options->certificate) != 1 ||
		SSL_CTX_use_PrivateKey(ssl_ctx, x->options->key) != 1)
		return CURLE_SSL_CERTPROBLEM;
	return CURLE_OK;
}

/* SubjectPublicKeyInfo of the server's certificate, as --pin and curl's CURLOPT_PINNEDPUBLICKEY have it. */
static void
take_pin(struct exchange *x)
{
	struct curl_certinfo *info = NULL;
	const char *pem = NULL;
	unsigned char *spki = NULL, digest[32];
	size_t digest_len = 0;
	X509 *cert = NULL;
	BIO *bio;
	int len = 0;

	if (curl_easy_getinfo(x->curl, CURLINFO_CERTINFO, &info) != CURLE_OK || info == NULL || info->num_of_certs < 1)
		return;
	for (const struct curl_slist *one = info->certinfo[0]; one != NULL; one = one->next)
		if (strncmp(one->data, "Cert:", 5) == 0)
			pem = one->data + 5;
	bio = pem != NULL ? BIO_new_mem_buf(pem, -1) : NULL;
	cert = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	if (cert != NULL)
		len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki);
	if (len > 0 && EVP_Q_digest(NULL, "SHA256", NULL, spki, (size_t)len, digest, &digest_len) == 1)
		(void)EVP_EncodeBlock((unsigned char *)x->answer->pin, digest, (int)sizeof(digest));
	OPENSSL_free(spki);
	X509_free(cert);
	BIO_free(bio);
}

#define SET(option, value) (curl_easy_setopt(x->curl, option, value) == CURLE_OK)

static bool
set_up(struct exchange *x, const char *url, const struct http_options *options, const struct mdoc_bytes *body)
{
	const long timeout = options->timeout != 0 ? (long)options->timeout : HTTP_TIMEOUT;
	bool good = SET(CURLOPT_URL, url) && SET(CURLOPT_PROTOCOLS_STR, options->plain ? "https,http" : "https") &&
		SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_FOLLOWLOCATION, 0L) && SET(CURLOPT_PROXY, "") &&
		SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
		SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
		SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) && SET(CURLOPT_SSL_VERIFYPEER, 1L) &&
		SET(CURLOPT_SSL_VERIFYHOST, 2L) && SET(CURLOPT_TIMEOUT, timeout) &&
		SET(CURLOPT_CONNECTTIMEOUT, timeout) && SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)x->max) &&
		SET(CURLOPT_HTTPHEADER, x->headers) && SET(CURLOPT_WRITEFUNCTION, take_body) &&
		SET(CURLOPT_WRITEDATA, x) && SET(CURLOPT_HEADERFUNCTION, take_header) && SET(CURLOPT_HEADERDATA, x) &&
		SET(CURLOPT_ERRORBUFFER, x->error);

	if (good && options->pins != NULL)
		good = SET(CURLOPT_PINNEDPUBLICKEY, options->pins);
	if (good && options->key != NULL)
		good = SET(CURLOPT_CERTINFO, 1L) && SET(CURLOPT_SSL_CTX_FUNCTION, set_identity) &&
			SET(CURLOPT_SSL_CTX_DATA, x);
	if (good && options->ca_file != NULL)
		good = SET(CURLOPT_CAINFO, options->ca_file) && SET(CURLOPT_CAPATH, NULL);
	if (good && body != NULL)
		good = SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len) &&
			SET(CURLOPT_POSTFIELDS, body->len > 0 ? (const char *)body->ptr : "");
	return good;
}

static enum exit_status
say(const struct exchange *x, const char *url, CURLcode code)
{
	if (x->no_memory || code == CURLE_OUT_OF_MEMORY)
		return tool_no_memory();
	tool_error(_("%.200s cannot be asked"), url);
	if (x->too_large || code == CURLE_FILESIZE_EXCEEDED)
		tool_why(_("Its answer is larger than %zu bytes."), x->max);
	else
		tool_why("%s", x->error[0] != '\0' ? x->error : curl_easy_strerror(code));
	return EXIT_STATUS_TROUBLE;
}

static enum exit_status
check_url(const char *url, bool plain)
{
	struct url parts;

	if (!url_parse(url, &parts)) {
		tool_error(_("\"%.200s\" is not the URL of a web server"), url);
		return EXIT_STATUS_INPUT;
	}
	if (!parts.https && !(plain && parts.loopback)) {
		tool_error(_("%.200s is not https"), url);
		return EXIT_STATUS_INPUT;
	}
	return EXIT_STATUS_OK;
}

enum exit_status
http_exchange(const char *url, const struct http_options *options, const char *accept, const char *if_none_match,
	const char *content_type, const struct mdoc_bytes *body, struct http_answer *answer)
{
	static const struct http_options none;
	struct exchange x = { .answer = answer };
	const uint8_t zero = 0;
	CURLcode code = CURLE_OUT_OF_MEMORY;
	enum exit_status status;

	memset(answer, 0, sizeof(*answer));
	answer->max_age = -1;
	if (options == NULL)
		options = &none;
	x.options = options;
	x.max = options->max != 0 ? options->max : FILE_CBOR_MAX;
	status = check_url(url, options->plain);
	if (status != EXIT_STATUS_OK)
		return status;
	x.curl = open_curl();
	if (x.curl != NULL && add_header(&x, "Accept", accept) && add_header(&x, "If-None-Match", if_none_match) &&
		add_header(&x, "Content-Type", content_type) &&
		add_header(&x, "Authorization", options->authorization) &&
		add_header(&x, "Expect", body != NULL ? "" : NULL) && set_up(&x, url, options, body))
		code = curl_easy_perform(x.curl);
	if (code == CURLE_OK)
		code = curl_easy_getinfo(x.curl, CURLINFO_RESPONSE_CODE, &answer->status);
	if (code == CURLE_OK && options->key != NULL)
		take_pin(&x);
	mdoc_buf_append(&answer->body, mdoc_bytes_of(&zero, 1));
	if (answer->body.err == MDOC_OK)
		answer->body.len--;
	if (code != CURLE_OK || answer->body.err != MDOC_OK)
		status = say(&x, url, code != CURLE_OK ? code : CURLE_OUT_OF_MEMORY);
	curl_slist_free_all(x.headers);
	curl_easy_cleanup(x.curl);
	return status;
}

void
http_answer_clear(struct http_answer *answer)
{
	free(answer->content_type);
	free(answer->etag);
	free(answer->header);
	mdoc_buf_clear(&answer->body);
	memset(answer, 0, sizeof(*answer));
}
