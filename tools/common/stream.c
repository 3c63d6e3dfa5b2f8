/*
 * stream.c: messages over a byte stream. The peer is not believed: nothing is allocated but for what arrived, and a
 * deadline is one for a whole message.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/common/clock.h"
#include "tools/common/message.h"
#include "tools/common/stream_internal.h"

#define HEAD ((size_t)4) /* bytes of a length */
#define LINGER 1000      /* milliseconds */

int64_t
stream_deadline(unsigned long seconds)
{
	return seconds == 0 ? 0 : clock_monotonic() + (int64_t)seconds * 1000;
}

static int64_t
earlier(int64_t deadline, int64_t other)
{
	return deadline == 0 || other < deadline ? other : deadline;
}

enum stream_result
stream_wait(int fd, short events, int64_t deadline, int64_t began)
{
	for (;;) {
		struct pollfd fds[2] = { { .fd = fd, .events = events },
			{ .fd = began == 0 ? stream_signal_fd() : -1, .events = POLLIN } };
		const int64_t now = clock_monotonic(), caught = stream_caught_at();
		int64_t end = deadline;
		int n, timeout = -1;

		if (began == 0 && stream_caught() != 0)
			return STREAM_INTERRUPTED;
		if (began != 0 && stream_caught() != 0)
			end = earlier(deadline, (began > caught ? began : caught) + STREAM_GRACE);
		if (end != 0 && now >= end)
			return STREAM_TIMEOUT;
		if (end != 0)
			timeout = end - now < INT_MAX ? (int)(end - now) : INT_MAX;
		n = poll(fds, 2, timeout);
		if (n < 0 && errno != EINTR)
			return STREAM_ERROR;
		if (n <= 0 || fds[1].revents != 0)
			continue;
		if ((fds[0].revents & POLLNVAL) == 0)
			return STREAM_OK;
		errno = EBADF;
		return STREAM_ERROR;
	}
}

static bool
is_passing(int number)
{
	return number == EINTR || number == EAGAIN || number == EWOULDBLOCK;
}

static enum stream_result
failed(void)
{
	return errno == EPIPE || errno == ECONNRESET ? STREAM_CLOSED : STREAM_ERROR;
}

/* ---- reading ---- */

static enum stream_result
fill(struct stream *stream, int64_t deadline)
{
	for (;;) {
		const enum stream_result result = stream_wait(stream->in, POLLIN, deadline, 0);
		ssize_t n;

		if (result != STREAM_OK)
			return result;
		n = stream->in_is_socket ? recv(stream->in, stream->room, sizeof(stream->room), MSG_DONTWAIT)
					 : read(stream->in, stream->room, sizeof(stream->room));
		if (n < 0 && is_passing(errno))
			continue;
		if (n < 0)
			return failed();
		stream->at = 0;
		stream->have = (size_t)n;
		return n == 0 ? STREAM_CLOSED : STREAM_OK;
	}
}

/* The next bytes, as many as are there up to max; borrowed until the next call. */
static enum stream_result
next_bytes(struct stream *stream, int64_t deadline, size_t max, struct mdoc_bytes *bytes)
{
	enum stream_result result = STREAM_OK;
	size_t len;

	if (stream->at == stream->have)
		result = fill(stream, deadline);
	if (result != STREAM_OK)
		return result;
	len = stream->have - stream->at < max ? stream->have - stream->at : max;
	*bytes = mdoc_bytes_of(stream->room + stream->at, len);
	stream->at += len;
	return STREAM_OK;
}

/* *got: how much of it was there, whatever the answer. */
static enum stream_result
read_length(struct stream *stream, int64_t deadline, size_t *length, size_t *got)
{
	uint32_t value = 0;

	for (*got = 0; *got < HEAD; ++*got) {
		struct mdoc_bytes byte;
		const enum stream_result result = next_bytes(stream, deadline, 1, &byte);

		if (result != STREAM_OK)
			return result;
		value = value << 8 | byte.ptr[0];
	}
	*length = value;
	return value == 0 ? STREAM_EMPTY : value > stream->limit ? STREAM_TOO_LONG : STREAM_OK;
}

static enum stream_result
read_content(struct stream *stream, int64_t deadline, size_t length, struct mdoc_buf *message)
{
	while (message->len < length) {
		struct mdoc_bytes bytes;
		const enum stream_result result = next_bytes(stream, deadline, length - message->len, &bytes);

		if (result != STREAM_OK)
			return result;
		mdoc_buf_append(message, bytes);
		if (message->err != MDOC_OK) {
			errno = ENOMEM;
			return STREAM_ERROR;
		}
	}
	return STREAM_OK;
}

enum stream_result
stream_read(struct stream *stream, int64_t deadline, struct mdoc_buf *message)
{
	enum stream_result result = stream->in_broken;
	size_t length = 0, got = 0;

	mdoc_buf_clear(message);
	if (result != STREAM_OK) {
		errno = stream->in_errno;
		return result;
	}
	stream->wrote_last = false;
	result = read_length(stream, deadline, &length, &got);
	if (result == STREAM_OK)
		result = read_content(stream, deadline, length, message);
	if (result == STREAM_OK || got == 0)
		return result;
	if (result == STREAM_CLOSED)
		result = STREAM_TRUNCATED;
	stream->in_errno = errno;
	stream->in_broken = result;
	mdoc_buf_clear(message);
	errno = stream->in_errno;
	return result;
}

/* ---- writing ---- */

static enum stream_result
write_all(struct stream *stream, int64_t deadline, int64_t began, struct mdoc_bytes bytes)
{
	while (bytes.len > 0) {
		const size_t len = bytes.len < stream->piece ? bytes.len : stream->piece;
		const enum stream_result result = stream_wait(stream->out, POLLOUT, deadline, began);
		ssize_t n;

		if (result != STREAM_OK)
			return result;
		n = stream->out_is_socket ? send(stream->out, bytes.ptr, len, MSG_DONTWAIT | MSG_NOSIGNAL)
					  : write(stream->out, bytes.ptr, len);
		if (n < 0 && is_passing(errno))
			continue;
		if (n < 0)
			return failed();
		bytes.ptr += n;
		bytes.len -= (size_t)n;
	}
	return STREAM_OK;
}

enum stream_result
stream_write(struct stream *stream, int64_t deadline, struct mdoc_bytes message)
{
	const int64_t began = clock_monotonic();
	uint8_t first[4096] = { (uint8_t)(message.len >> 24), (uint8_t)(message.len >> 16), (uint8_t)(message.len >> 8),
		(uint8_t)message.len };
	const size_t with_it = message.len < sizeof(first) - HEAD ? message.len : sizeof(first) - HEAD;
	enum stream_result result = stream->out_broken;

	if (result != STREAM_OK) {
		errno = stream->out_errno;
		return result;
	}
	if (message.len == 0 || message.len > STREAM_MESSAGE_MAX)
		return message.len == 0 ? STREAM_EMPTY : STREAM_TOO_LONG;
	memcpy(first + HEAD, message.ptr, with_it);
	stream->wrote_last = true;
	result = write_all(stream, deadline, began, mdoc_bytes_of(first, HEAD + with_it));
	if (result == STREAM_OK)
		result =
			write_all(stream, deadline, began, mdoc_bytes_of(message.ptr + with_it, message.len - with_it));
	stream->out_broken = result;
	stream->out_errno = errno;
	return result;
}

/* ---- beginning and end ---- */

struct stream *
stream_new(void)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (stream == NULL) {
		(void)tool_no_memory();
		return NULL;
	}
	stream->limit = STREAM_MESSAGE_MAX;
	stream->in = -1;
	stream->out = -1;
	stream->listener = -1;
	signal(SIGPIPE, SIG_IGN);
	return stream;
}

void
stream_limit(struct stream *stream, size_t bytes)
{
	stream->limit = bytes < STREAM_MESSAGE_MAX ? bytes : STREAM_MESSAGE_MAX;
}

static bool
is_socket(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

static bool
is_packets(int fd)
{
	socklen_t len = sizeof(int);
	int type = 0;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET;
}

void
stream_take(struct stream *stream, int in, int out)
{
	stream->in = in;
	stream->out = out;
	stream->in_is_socket = is_socket(in);
	stream->out_is_socket = is_socket(out);
	if (!stream->out_is_socket)
		stream->piece = PIPE_BUF; /* for so much poll() says that there is room in a pipe */
	else
		stream->piece = is_packets(out) ? STREAM_ROOM / 2 : SIZE_MAX;
}

enum exit_status
stream_from_fds(int in, int out, struct stream **stream)
{
	struct stat st;
	const bool good = in >= 0 && out >= 0 && fstat(in, &st) == 0 && fstat(out, &st) == 0;

	*stream = good ? stream_new() : NULL;
	if (*stream != NULL) {
		stream_take(*stream, in, out);
		return EXIT_STATUS_OK;
	}
	if (!good)
		tool_error(_("cannot use descriptors %d and %d: %s"), in, out, strerror(EBADF));
	if (in >= 0)
		close(in);
	if (out >= 0 && out != in)
		close(out);
	return EXIT_STATUS_TROUBLE;
}

void
stream_remove_path(struct stream *stream)
{
	struct stat st;

	if (stream->path != NULL && lstat(stream->path, &st) == 0 && st.st_dev == stream->device &&
		st.st_ino == stream->inode)
		unlink(stream->path);
	free(stream->path);
	stream->path = NULL;
}

static void
linger(struct stream *stream)
{
	const int64_t began = clock_monotonic();
	ssize_t n = 1;

	shutdown(stream->out, SHUT_WR);
	while (n != 0 && stream_wait(stream->in, POLLIN, began + LINGER, began) == STREAM_OK) {
		n = recv(stream->in, stream->room, sizeof(stream->room), MSG_DONTWAIT);
		if (n < 0 && !is_passing(errno))
			return;
	}
}

void
stream_close(struct stream *stream)
{
	if (stream == NULL)
		return;
	if (stream->wrote_last && stream->out_is_socket && stream->in_is_socket &&
		(stream->out_broken == STREAM_OK || stream->out_broken == STREAM_TIMEOUT))
		linger(stream);
	if (stream->in >= 0)
		close(stream->in);
	if (stream->out >= 0 && stream->out != stream->in)
		close(stream->out);
	if (stream->listener >= 0)
		close(stream->listener);
	stream_remove_path(stream);
	OPENSSL_cleanse(stream, sizeof(*stream));
	free(stream);
}

const char *
stream_text(enum stream_result result)
{
	switch (result) {
	case STREAM_OK:
		return _("no error");
	case STREAM_CLOSED:
		return _("the other side closed the connection");
	case STREAM_TRUNCATED:
		return _("the other side closed the connection inside a message");
	case STREAM_TOO_LONG:
		return _("the other side announced a message that is too long");
	case STREAM_EMPTY:
		return _("the other side sent a message without content");
	case STREAM_TIMEOUT:
		return _("the other side took too long");
	case STREAM_INTERRUPTED:
		return _("interrupted");
	default:
		return strerror(errno);
	}
}

enum exit_status
stream_say(enum stream_result result)
{
	if (result == STREAM_OK)
		return EXIT_STATUS_OK;
	tool_error("%s", stream_text(result));
	return result == STREAM_EMPTY || result == STREAM_TOO_LONG ? EXIT_STATUS_INPUT : EXIT_STATUS_TROUBLE;
}

enum exit_status
stream_say_accepted(enum stream_result result)
{
	if (result != STREAM_TIMEOUT)
		return stream_say(result);
	tool_error("%s", _("nobody came in time"));
	return EXIT_STATUS_TROUBLE;
}
