/* file.c: bounded reads and atomic writes. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include <mdoc/cbor.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MKSTEMP_LETTERS 6 /* that mkstemp() replaces at the end */

static const char *
shown(const char *path, const char *standard)
{
	return strcmp(path, "-") == 0 ? standard : path;
}

static enum exit_status
read_descriptor(int fd, const char *name, size_t max, struct mdoc_buf *out)
{
	uint8_t chunk[16384];
	enum exit_status status = EXIT_STATUS_OK;
	const size_t start = out->len;

	for (;;) {
		const ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			tool_error(_("cannot read %s: %s"), name, strerror(errno));
			status = EXIT_STATUS_INPUT;
		}
		if (n <= 0)
			break;
		if (out->len - start + (size_t)n > max) {
			tool_error(_("%s is larger than %zu bytes"), name, max);
			status = EXIT_STATUS_INPUT;
			break;
		}
		mdoc_buf_append(out, mdoc_bytes_of(chunk, (size_t)n));
	}
	OPENSSL_cleanse(chunk, sizeof(chunk));
	return status;
}

enum exit_status
file_read(const char *path, size_t max, struct mdoc_buf *out)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	const char *name = shown(path, _("standard input"));
	enum exit_status status;
	struct stat st;
	int fd = STDIN_FILENO;

	if (!is_stdin)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) != 0) {
		tool_error(_("cannot open %s: %s"), name, strerror(errno));
		status = EXIT_STATUS_INPUT;
	} else if (S_ISDIR(st.st_mode)) {
		tool_error(_("cannot read %s: %s"), name, strerror(EISDIR));
		status = EXIT_STATUS_INPUT;
	} else {
		status = read_descriptor(fd, name, max, out);
	}
	if (!is_stdin && fd >= 0)
		close(fd);
	if (status == EXIT_STATUS_OK) {
		mdoc_buf_append(out, mdoc_bytes_of("", 1));
		if (out->err != MDOC_OK)
			return tool_no_memory();
		out->len--;
	}
	return status;
}

enum exit_status
file_read_cbor(const char *path, struct mdoc_buf *content, struct mdoc_bytes *inner)
{
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status = file_read(path, FILE_CBOR_MAX, content);

	if (status == EXIT_STATUS_OK && mdoc_cbor_unwrap(NULL, mdoc_buf_bytes(content), inner, &error) != MDOC_OK)
		status = tool_mdoc_error(path, &error);
	return status;
}

static bool
write_all(int fd, struct mdoc_bytes content)
{
	size_t done = 0;

	while (done < content.len) {
		const ssize_t n = write(fd, content.ptr + done, content.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* NULL: memory; free() by the caller. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* Make the new name durable; a file system that cannot do this is not an error. */
static void
sync_folder(const char *path)
{
	char *folder = folder_of(path);
	int fd = -1;

	if (folder != NULL)
		fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	free(folder);
}

static bool
write_temporary(int fd, mode_t mode, struct mdoc_bytes content)
{
	return fchmod(fd, mode) == 0 && write_all(fd, content) && fsync(fd) == 0;
}

static enum exit_status
write_file(const char *path, mode_t mode, struct mdoc_bytes content, bool fresh)
{
	const size_t len = strlen(path);
	enum exit_status status = EXIT_STATUS_TROUBLE;
	char *temporary = malloc(len + 1 + MKSTEMP_LETTERS + 1);
	int fd = -1;

	if (temporary == NULL)
		return tool_no_memory();
	memcpy(temporary, path, len);
	temporary[len] = '.';
	memset(temporary + len + 1, 'X', MKSTEMP_LETTERS);
	temporary[len + 1 + MKSTEMP_LETTERS] = '\0';
	fd = mkstemp(temporary);
	if (fd < 0) {
		tool_error(_("cannot write %s: %s"), path, strerror(errno));
		goto out;
	}
	if (!write_temporary(fd, mode, content)) {
		tool_error(_("cannot write %s: %s"), path, strerror(errno));
		unlink(temporary);
		goto out;
	}
	if (fresh && link(temporary, path) != 0) {
		tool_error(_("cannot make %s: %s"), path, strerror(errno));
		status = errno == EEXIST ? EXIT_STATUS_INPUT : EXIT_STATUS_TROUBLE;
		unlink(temporary);
		goto out;
	}
	if (fresh) {
		unlink(temporary);
	} else if (rename(temporary, path) != 0) {
		tool_error(_("cannot write %s: %s"), path, strerror(errno));
		unlink(temporary);
		goto out;
	}
	sync_folder(path);
	status = EXIT_STATUS_OK;
out:
	if (fd >= 0)
		close(fd);
	free(temporary);
	return status;
}

enum exit_status
file_write(const char *path, mode_t mode, struct mdoc_bytes content)
{
	struct stat st;

	if (strcmp(path, "-") == 0) {
		fflush(stdout);
		if (write_all(STDOUT_FILENO, content))
			return EXIT_STATUS_OK;
		tool_error(_("cannot write %s: %s"), _("standard output"), strerror(errno));
		return EXIT_STATUS_TROUBLE;
	}
	/* A device or a pipe is written to, never replaced. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		const bool done = fd >= 0 && write_all(fd, content);

		if (!done)
			tool_error(_("cannot write %s: %s"), path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return done ? EXIT_STATUS_OK : EXIT_STATUS_TROUBLE;
	}
	return write_file(path, mode, content, false);
}

enum exit_status
file_write_new(const char *path, mode_t mode, struct mdoc_bytes content)
{
	return write_file(path, mode, content, true);
}

enum exit_status
file_check_writable(const char *path)
{
	const char *name = path;
	char *folder = NULL;
	struct stat st;
	int result;

	if (strcmp(path, "-") == 0)
		return EXIT_STATUS_OK;
	if (stat(path, &st) != 0 || S_ISREG(st.st_mode)) {
		folder = folder_of(path);
		if (folder == NULL)
			return tool_no_memory();
		name = folder;
	}
	result = access(name, W_OK);
	if (result != 0)
		tool_error(_("cannot write %s: %s"), path, strerror(errno));
	free(folder);
	return result == 0 ? EXIT_STATUS_OK : EXIT_STATUS_TROUBLE;
}

bool
file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* DER from PEM text, or the content itself when it parses as DER. */
static X509 *
certificate_of(const struct mdoc_buf *content)
{
	const unsigned char *at = content->ptr;
	X509 *cert = NULL;
	BIO *bio = NULL;

	if (content->len > 0 && content->ptr[0] == 0x30)
		return d2i_X509(NULL, &at, (long)content->len);
	bio = BIO_new_mem_buf(content->ptr, (int)content->len);
	if (bio != NULL)
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	BIO_free(bio);
	return cert;
}

enum exit_status
file_read_certificate(const char *path, struct mdoc_buf *der)
{
	struct mdoc_buf content = MDOC_BUF_EMPTY;
	unsigned char *bytes = NULL;
	X509 *cert = NULL;
	enum exit_status status;
	int len;

	status = file_read(path, FILE_SMALL_MAX, &content);
	if (status != EXIT_STATUS_OK)
		goto out;
	cert = certificate_of(&content);
	if (cert == NULL) {
		tool_error(_("%s is not a certificate"), path);
		tool_why(_("expected: an X.509 certificate as PEM or DER"));
		status = EXIT_STATUS_INPUT;
		goto out;
	}
	len = i2d_X509(cert, &bytes);
	if (len > 0)
		mdoc_buf_append(der, mdoc_bytes_of(bytes, (size_t)len));
	if (len <= 0 || der->err != MDOC_OK)
		status = tool_no_memory();
out:
	OPENSSL_free(bytes);
	X509_free(cert);
	mdoc_buf_clear(&content);
	return status;
}

/* The one CRL among PEM blocks, as it stands there; false: none, or another that would be passed over. */
static bool
crl_of_pem(const struct mdoc_buf *content, struct mdoc_buf *der)
{
	BIO *bio = BIO_new_mem_buf(content->ptr, (int)content->len);
	char *name = NULL, *header = NULL;
	unsigned char *bytes = NULL;
	size_t found = 0;
	long len = 0;

	while (bio != NULL && PEM_read_bio(bio, &name, &header, &bytes, &len) == 1) {
		if (strcmp(name, PEM_STRING_X509_CRL) == 0 && ++found == 1)
			mdoc_buf_append(der, mdoc_bytes_of(bytes, (size_t)len));
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(bytes);
	}
	BIO_free(bio);
	return found == 1;
}

enum exit_status
file_read_crl(const char *path, struct mdoc_buf *der)
{
	struct mdoc_buf content = MDOC_BUF_EMPTY;
	enum exit_status status = file_read(path, FILE_CRL_MAX, &content);

	if (status != EXIT_STATUS_OK)
		goto out;
	if (content.len > 0 && content.ptr[0] == 0x30) {
		mdoc_buf_append(der, mdoc_buf_bytes(&content));
	} else if (!crl_of_pem(&content, der)) {
		tool_error(_("%s is not a certificate revocation list"), path);
		tool_why(_("expected: one X.509 CRL as PEM or DER"));
		status = EXIT_STATUS_INPUT;
	}
	if (der->err != MDOC_OK)
		status = tool_no_memory();
out:
	mdoc_buf_clear(&content);
	return status;
}

enum exit_status
file_erase(const char *path)
{
	static const char zeros[4096];
	struct stat st;
	const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW);
	bool done = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	for (off_t left = done ? st.st_size : 0; done && left > 0;) {
		const ssize_t n = write(fd, zeros, left < (off_t)sizeof(zeros) ? (size_t)left : sizeof(zeros));

		done = n > 0;
		left -= n;
	}
	done = done && fsync(fd) == 0 && unlink(path) == 0;
	if (!done)
		tool_error(_("%s could not be erased: %s"), path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return done ? EXIT_STATUS_OK : EXIT_STATUS_TROUBLE;
}
