/*
 * stream_open.c: streams by name: listen and connect.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "tools/common/clock.h"
#include "tools/common/message.h"
#include "tools/common/stream_internal.h"

#define FIRST_INHERITED 3
#define RETRY_AFTER 100 /* milliseconds between two tries to connect */

enum kind { KIND_UNIX, KIND_TCP, KIND_STDIO, KIND_FD, KIND_L2CAP };

struct name {
	enum kind kind;
	int in, out; /* KIND_FD */
	union {
		struct sockaddr any;
		struct sockaddr_un local;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address; /* KIND_UNIX, KIND_TCP */
	socklen_t address_len;
	struct stream_l2cap l2cap;
};

/* ---- names ---- */

static bool
parse_unix(const char *path, struct name *name)
{
	const size_t len = strlen(path);

	if (len == 0 || len >= sizeof(name->address.local.sun_path))
		return false;
	name->address.local.sun_family = AF_UNIX;
	memcpy(name->address.local.sun_path, path, len + 1);
	name->address_len = sizeof(name->address.local);
	return true;
}

static bool
parse_number(const char *text, unsigned long max, unsigned long *number)
{
	char *end = NULL;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoul(text, &end, 10);
	return *end == '\0' && errno == 0 && *number <= max;
}

static bool
is_loopback(const struct name *name)
{
	if (name->address.any.sa_family == AF_INET)
		return ntohl(name->address.v4.sin_addr.s_addr) >> 24 == 127;
	return memcmp(&name->address.v6.sin6_addr, &in6addr_loopback, sizeof(in6addr_loopback)) == 0;
}

static bool
parse_tcp(const char *text, bool listen, struct name *name)
{
	const char *colon = strrchr(text, ':');
	char host[64] = "127.0.0.1";
	unsigned long port = 0;
	size_t len;

	if (colon == NULL || !parse_number(colon + 1, 65535, &port) || (port == 0 && !listen))
		return false;
	len = (size_t)(colon - text);
	if (len == 0 || len >= sizeof(host))
		return false;
	if (strncmp(text, "localhost:", len + 1) != 0) {
		memcpy(host, text, len);
		host[len] = '\0';
	}
	if (host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		name->address.v6.sin6_family = AF_INET6;
		name->address.v6.sin6_port = htons((uint16_t)port);
		name->address_len = sizeof(name->address.v6);
		return inet_pton(AF_INET6, host + 1, &name->address.v6.sin6_addr) == 1 && is_loopback(name);
	}
	name->address.v4.sin_family = AF_INET;
	name->address.v4.sin_port = htons((uint16_t)port);
	name->address_len = sizeof(name->address.v4);
	return inet_pton(AF_INET, host, &name->address.v4.sin_addr) == 1 && is_loopback(name);
}

static bool
parse_fd(const char *text, struct name *name)
{
	unsigned long in = 0, out = 0;
	const char *colon = strchr(text, ':');
	char first[16] = "";

	if (colon == NULL || (size_t)(colon - text) >= sizeof(first))
		return false;
	memcpy(first, text, (size_t)(colon - text));
	if (!parse_number(first, INT32_MAX, &in) || !parse_number(colon + 1, INT32_MAX, &out) || in < FIRST_INHERITED ||
		out < FIRST_INHERITED)
		return false;
	name->in = (int)in;
	name->out = (int)out;
	return true;
}

/* What follows a prefix; NULL: it does not begin so. */
static const char *
after(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0 ? text + strlen(prefix) : NULL;
}

static bool
parse(const char *text, bool listen, struct name *name)
{
	const char *rest;

	*name = (struct name){ .kind = KIND_STDIO };
	if (strcmp(text, "stdio") == 0)
		return true;
	if ((rest = after(text, "unix:")) != NULL) {
		name->kind = KIND_UNIX;
		return parse_unix(rest, name);
	}
	if ((rest = after(text, "tcp:")) != NULL) {
		name->kind = KIND_TCP;
		return parse_tcp(rest, listen, name);
	}
	if ((rest = after(text, "fd:")) != NULL) {
		name->kind = KIND_FD;
		return parse_fd(rest, name);
	}
	if ((rest = after(text, "l2cap:")) != NULL) {
		name->kind = KIND_L2CAP;
		return stream_l2cap_parse(rest, listen, &name->l2cap);
	}
	return false;
}

static enum exit_status
parse_or_say(const char *text, bool listen, struct name *name)
{
	if (parse(text, listen, name))
		return EXIT_STATUS_OK;
	tool_error(_("\"%s\" names no stream"), text);
	tool_why(listen ? _("expected: unix:PATH, tcp:127.0.0.1:PORT, stdio, fd:IN:OUT or l2cap:PSM")
			: _("expected: unix:PATH, tcp:127.0.0.1:PORT, stdio, fd:IN:OUT or l2cap:ADDRESS:PSM"));
	return EXIT_STATUS_USAGE;
}

enum exit_status
stream_check(const char *name, bool listen)
{
	struct name parsed;

	return parse_or_say(name, listen, &parsed);
}

/* ---- what is open already ---- */

/* Both descriptors are ours from here on; what the process prints goes to stderr, and nothing else reads the input. */
static bool
open_stdio(struct stream *stream)
{
	const int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, FIRST_INHERITED);
	const int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, FIRST_INHERITED);
	const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	bool done = false;

	if (in >= 0 && out >= 0 && nothing >= 0) {
		fflush(stdout);
		done = dup2(nothing, STDIN_FILENO) >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0;
	}
	stream_take(stream, in, out);
	if (nothing >= 0)
		close(nothing);
	return done;
}

static bool
open_inherited(struct stream *stream, int in, int out)
{
	if (fcntl(in, F_SETFD, FD_CLOEXEC) != 0 || fcntl(out, F_SETFD, FD_CLOEXEC) != 0)
		return false;
	stream_take(stream, in, out);
	return true;
}

/* ---- sockets ---- */

static int
new_socket(const struct name *name)
{
	const int fd = socket(name->address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;

	if (fd >= 0 && name->kind == KIND_TCP) {
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	}
	return fd;
}

/* Remove a socket of ours that nobody listens on: one who does would say that it is of another type, and not notice. */
static void
remove_stale(const struct name *name)
{
	const char *path = name->address.local.sun_path;
	struct stat st;
	int fd;

	if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		return;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, &name->address.any, name->address_len) != 0 && errno == ECONNREFUSED)
		unlink(path);
	if (fd >= 0)
		close(fd);
}

static bool
bind_socket(struct stream *stream, const struct name *name)
{
	const char *path = name->address.local.sun_path;
	struct stat st;
	mode_t mask;
	int result;

	if (name->kind != KIND_UNIX)
		return bind(stream->listener, &name->address.any, name->address_len) == 0;
	remove_stale(name);
	mask = umask(0177);
	result = bind(stream->listener, &name->address.any, name->address_len);
	umask(mask);
	if (result != 0)
		return false;
	stream->path = strdup(path);
	if (stream->path == NULL || lstat(path, &st) != 0)
		return false;
	stream->device = st.st_dev;
	stream->inode = st.st_ino;
	return true;
}

static char *
where_tcp(int listener)
{
	struct name name = { .kind = KIND_TCP };
	socklen_t len = sizeof(name.address);
	char host[INET6_ADDRSTRLEN] = "";
	char *text = NULL;

	if (getsockname(listener, &name.address.any, &len) != 0)
		return NULL;
	if (name.address.any.sa_family == AF_INET6)
		return asprintf(&text, "tcp:[::1]:%u", ntohs(name.address.v6.sin6_port)) < 0 ? NULL : text;
	inet_ntop(AF_INET, &name.address.v4.sin_addr, host, sizeof(host));
	return asprintf(&text, "tcp:%s:%u", host, ntohs(name.address.v4.sin_port)) < 0 ? NULL : text;
}

static bool
listen_socket(struct stream *stream, const struct name *name, const char *text, char **where)
{
	if (name->kind == KIND_L2CAP) {
		stream->listener = stream_l2cap_listen(&name->l2cap);
		*where = stream->listener >= 0 ? stream_l2cap_where(stream->listener) : NULL;
		return *where != NULL;
	}
	stream->listener = new_socket(name);
	if (stream->listener < 0 || !bind_socket(stream, name) || listen(stream->listener, 1) != 0)
		return false;
	*where = name->kind == KIND_TCP ? where_tcp(stream->listener) : strdup(text);
	return *where != NULL;
}

enum exit_status
stream_listen(const char *name, struct stream **stream, char **where)
{
	struct name parsed;
	enum exit_status status = parse_or_say(name, true, &parsed);
	bool done;

	*stream = NULL;
	*where = NULL;
	if (status != EXIT_STATUS_OK)
		return status;
	*stream = stream_new();
	if (*stream == NULL)
		return EXIT_STATUS_TROUBLE;
	if (parsed.kind == KIND_STDIO)
		done = open_stdio(*stream);
	else if (parsed.kind == KIND_FD)
		done = open_inherited(*stream, parsed.in, parsed.out);
	else
		done = listen_socket(*stream, &parsed, name, where);
	if (done)
		return EXIT_STATUS_OK;
	tool_error(_("cannot listen on %s: %s"), name, strerror(errno));
	stream_close(*stream);
	*stream = NULL;
	return EXIT_STATUS_TROUBLE;
}

enum stream_result
stream_accept(struct stream *stream, int64_t deadline)
{
	int fd;

	if (stream->listener < 0)
		return STREAM_OK;
	do {
		const enum stream_result result = stream_wait(stream->listener, POLLIN, deadline, 0);

		if (result != STREAM_OK)
			return result;
		fd = accept4(stream->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	} while (fd < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK || errno == ECONNABORTED));
	if (fd < 0)
		return STREAM_ERROR;
	stream_take(stream, fd, fd);
	stream->piece = stream_l2cap_piece(fd);
	close(stream->listener);
	stream->listener = -1;
	stream_remove_path(stream);
	return STREAM_OK;
}

static bool
connect_socket(struct stream *stream, const struct name *name, int64_t deadline)
{
	enum stream_result result;
	socklen_t len = sizeof(int);
	int fd, failure = 0;

	if (name->kind == KIND_L2CAP) {
		fd = stream_l2cap_connect(&name->l2cap);
		if (fd < 0)
			return false;
		stream_take(stream, fd, fd);
	} else {
		fd = new_socket(name);
		if (fd < 0)
			return false;
		stream_take(stream, fd, fd);
		errno = 0;
		if (connect(fd, &name->address.any, name->address_len) != 0 && errno != EINPROGRESS)
			return false;
	}
	result = errno == EINPROGRESS ? stream_wait(fd, POLLOUT, deadline, 0) : STREAM_OK;
	if (result == STREAM_OK && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) == 0 && failure == 0) {
		stream->piece = stream_l2cap_piece(fd);
		return true;
	}
	if (result == STREAM_TIMEOUT)
		failure = ETIMEDOUT;
	if (result == STREAM_INTERRUPTED)
		failure = EINTR;
	if (failure != 0)
		errno = failure;
	return false;
}

/* Nobody listens there: somebody may in a moment, since it is people who start the two programs. */
static bool
connect_patiently(struct stream **stream, const struct name *name, const char *text, int64_t deadline)
{
	bool said = false;
	int failure;

	while (!connect_socket(*stream, name, deadline)) {
		failure = errno;
		if (failure != ECONNREFUSED && failure != ENOENT)
			return false;
		if (!said)
			tool_note(_("Nobody listens on %s yet; waiting."), text);
		said = true;
		stream_close(*stream);
		*stream = stream_new();
		if (*stream == NULL)
			return false;
		if (stream_wait(-1, 0, clock_monotonic() + RETRY_AFTER, 0) == STREAM_INTERRUPTED)
			failure = EINTR;
		errno = failure;
		if (failure == EINTR || (deadline != 0 && clock_monotonic() >= deadline))
			return false;
	}
	return true;
}

enum exit_status
stream_connect(const char *name, int64_t deadline, struct stream **stream)
{
	struct name parsed;
	enum exit_status status = parse_or_say(name, false, &parsed);
	bool done;

	*stream = NULL;
	if (status != EXIT_STATUS_OK)
		return status;
	*stream = stream_new();
	if (*stream == NULL)
		return EXIT_STATUS_TROUBLE;
	if (parsed.kind == KIND_STDIO)
		done = open_stdio(*stream);
	else if (parsed.kind == KIND_FD)
		done = open_inherited(*stream, parsed.in, parsed.out);
	else
		done = connect_patiently(stream, &parsed, name, deadline);
	if (done)
		return EXIT_STATUS_OK;
	tool_error(_("cannot connect to %s: %s"), name, strerror(errno));
	stream_close(*stream);
	*stream = NULL;
	return EXIT_STATUS_TROUBLE;
}
