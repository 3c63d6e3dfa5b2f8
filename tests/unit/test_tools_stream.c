/*
 * tests/unit/test_tools_stream.c: messages over streams, with a peer that misbehaves.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/unit_tools.h"
#include "tools/common/clock.h"
#include "tools/common/stream.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOON 50 /* milliseconds */

/* A stream over one end of a pair, and the other end for the peer. */
static struct stream *
pair(int type, int *peer)
{
	struct stream *stream = NULL;
	int fds[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), 0);
	CU_ASSERT_EQUAL_FATAL(stream_from_fds(fds[0], fds[0], &stream), EXIT_STATUS_OK);
	*peer = fds[1];
	return stream;
}

static void
say(int peer, const void *bytes, size_t len)
{
	CU_ASSERT_EQUAL(write(peer, bytes, len), (ssize_t)len);
}

static int64_t
soon(void)
{
	return clock_monotonic() + SOON;
}

/* A peer that says these bytes and closes, or stays and is silent. */
static enum stream_result
hear(const void *bytes, size_t len, bool stays)
{
	struct mdoc_buf message = MDOC_BUF_EMPTY;
	enum stream_result result;
	int peer;
	struct stream *stream = pair(SOCK_STREAM, &peer);

	say(peer, bytes, len);
	if (!stays)
		close(peer);
	result = stream_read(stream, soon(), &message);
	CU_ASSERT_EQUAL(message.len == 0, result != STREAM_OK);
	/* What broke inside a message stays broken. */
	if (result != STREAM_OK && len > 0)
		CU_ASSERT_EQUAL(stream_read(stream, soon(), &message), result);
	mdoc_buf_clear(&message);
	stream_close(stream);
	if (stays)
		close(peer);
	return result;
}

/* If this failed, a peer that stops, lies or says nothing would hang a session or be taken for one that sent something. */
static void
tells_how_it_ended(void)
{
	CU_ASSERT_EQUAL(hear("", 0, false), STREAM_CLOSED);
	CU_ASSERT_EQUAL(hear("", 0, true), STREAM_TIMEOUT);
	CU_ASSERT_EQUAL(hear("\0\0\0", 3, false), STREAM_TRUNCATED);
	CU_ASSERT_EQUAL(hear("\0\0\0", 3, true), STREAM_TIMEOUT);
	CU_ASSERT_EQUAL(hear("\0\0\0\5abcd", 8, false), STREAM_TRUNCATED);
	CU_ASSERT_EQUAL(hear("\0\0\0\5abcd", 8, true), STREAM_TIMEOUT);
	CU_ASSERT_EQUAL(hear("\0\0\0\0", 4, true), STREAM_EMPTY);
	CU_ASSERT_EQUAL(hear("\0\x40\0\1", 4, true), STREAM_TOO_LONG);
	CU_ASSERT_EQUAL(hear("\xff\xff\xff\xff", 4, true), STREAM_TOO_LONG);
	CU_ASSERT_EQUAL(hear("\0\0\0\5abcde", 9, true), STREAM_OK);
}

/* If this failed, 4 MiB would be taken from the system for each peer that sends four bytes. */
static void
allocates_what_arrives(void)
{
	struct mdoc_buf message = MDOC_BUF_EMPTY;
	struct rlimit before, tight;
	int peer;
	struct stream *stream = pair(SOCK_STREAM, &peer);

	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_DATA, &before), 0);
	tight = before;
	tight.rlim_cur = 0; /* no more than the process has */
	say(peer,
		"\0\x40\0\0"
		"some",
		8);
#ifndef __SANITIZE_ADDRESS__ /* which takes memory for itself */
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_DATA, &tight), 0);
#else
	(void)tight;
#endif
	CU_ASSERT_EQUAL(stream_read(stream, soon(), &message), STREAM_TIMEOUT);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_DATA, &before), 0);
	mdoc_buf_clear(&message);
	stream_close(stream);
	close(peer);
}

/* If this failed, a peer that sends a byte now and then would keep a session, and its keys, for ever. */
static void
ends_a_slow_drip(void)
{
	struct mdoc_buf message = MDOC_BUF_EMPTY;
	const int64_t began = clock_monotonic();
	int peer, status;
	struct stream *stream = pair(SOCK_STREAM, &peer);
	const pid_t child = fork();

	if (child == 0) {
		stream_close(stream);
		say(peer, "\0\0\1\0", 4);
		for (int i = 0; i < 200; i++) {
			usleep(5000);
			if (send(peer, "x", 1, MSG_NOSIGNAL) != 1)
				_exit(0);
		}
		_exit(1);
	}
	close(peer);
	CU_ASSERT_EQUAL(stream_read(stream, began + 200, &message), STREAM_TIMEOUT);
	CU_ASSERT_TRUE(clock_monotonic() - began < 600);
	stream_close(stream);
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

/* If this failed, a peer that goes away, or that takes nothing, would kill the program or stop it for ever. */
static void
writes_to_nobody(void)
{
	struct mdoc_buf large = MDOC_BUF_EMPTY;
	struct stream *stream = NULL;
	uint8_t chunk[65536] = { 0 };
	int peer, fds[2];

	for (int i = 0; i < 64; i++)
		mdoc_buf_append(&large, mdoc_bytes_of(chunk, sizeof(chunk)));
	stream = pair(SOCK_STREAM, &peer);
	CU_ASSERT_EQUAL(stream_write(stream, soon(), MDOC_NO_BYTES), STREAM_EMPTY);
	CU_ASSERT_EQUAL(stream_write(stream, soon(), mdoc_bytes_of(chunk, STREAM_MESSAGE_MAX + 1)), STREAM_TOO_LONG);
	CU_ASSERT_EQUAL(stream_write(stream, soon(), mdoc_buf_bytes(&large)), STREAM_TIMEOUT);
	CU_ASSERT_EQUAL(stream_write(stream, 0, mdoc_text("more")), STREAM_TIMEOUT);
	close(peer);
	stream_close(stream);
	stream = pair(SOCK_STREAM, &peer);
	close(peer);
	CU_ASSERT_EQUAL(stream_write(stream, soon(), mdoc_text("hello")), STREAM_CLOSED);
	stream_close(stream);
	/* And a pipe, for which there is no flag against SIGPIPE. */
	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	CU_ASSERT_EQUAL(stream_from_fds(dup(fds[1]), fds[1], &stream), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(stream_write(stream, soon(), mdoc_buf_bytes(&large)), STREAM_TIMEOUT);
	stream_close(stream);
	close(fds[0]);
	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	CU_ASSERT_EQUAL(stream_from_fds(dup(fds[1]), fds[1], &stream), EXIT_STATUS_OK);
	close(fds[0]);
	CU_ASSERT_EQUAL(stream_write(stream, soon(), mdoc_text("hello")), STREAM_CLOSED);
	stream_close(stream);
	mdoc_buf_clear(&large);
}

/* Send messages of many sizes and get them back from a child that echoes them. */
static void
echo(struct stream *near, struct stream *far)
{
	static const size_t sizes[] = { 1, 4091, 4092, 4093, 65535, 65536, 65537, 300000 };
	struct mdoc_buf message = MDOC_BUF_EMPTY, got = MDOC_BUF_EMPTY;
	const pid_t child = fork();
	int status = 0;

	if (child == 0) {
		stream_close(near);
		while (stream_read(far, 0, &got) == STREAM_OK)
			if (stream_write(far, 0, mdoc_buf_bytes(&got)) != STREAM_OK)
				_exit(1);
		_exit(0);
	}
	stream_close(far);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		while (message.len < sizes[i])
			mdoc_buf_append(&message, mdoc_bytes_of(&(uint8_t){ (uint8_t)(message.len * 7) }, 1));
		CU_ASSERT_EQUAL(stream_write(near, clock_monotonic() + 5000, mdoc_buf_bytes(&message)), STREAM_OK);
		CU_ASSERT_EQUAL(stream_read(near, clock_monotonic() + 5000, &got), STREAM_OK);
		CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&message), mdoc_buf_bytes(&got)));
	}
	stream_close(near);
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_EQUAL(status, 0);
	mdoc_buf_clear(&message);
	mdoc_buf_clear(&got);
}

/* If this failed, a message would not arrive as it was sent: over a stream, over packets as L2CAP has, over pipes. */
static void
carries_messages(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET };
	struct stream *near = NULL, *far = NULL;
	int there[2], back[2], peer;

	for (size_t i = 0; i < 2; i++) {
		near = pair(types[i], &peer);
		CU_ASSERT_EQUAL_FATAL(stream_from_fds(peer, peer, &far), EXIT_STATUS_OK);
		echo(near, far);
	}
	CU_ASSERT_EQUAL_FATAL(pipe(there), 0);
	CU_ASSERT_EQUAL_FATAL(pipe(back), 0);
	CU_ASSERT_EQUAL_FATAL(stream_from_fds(back[0], there[1], &near), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL_FATAL(stream_from_fds(there[0], back[1], &far), EXIT_STATUS_OK);
	echo(near, far);
}

/* If this failed, two messages in one packet, or one in two, would be taken for something else. */
static void
keeps_messages_apart(void)
{
	struct mdoc_buf message = MDOC_BUF_EMPTY;
	int peer;
	struct stream *stream = pair(SOCK_SEQPACKET, &peer);

	say(peer, "\0\0\0\2ab\0\0\0\3c", 11);
	CU_ASSERT_EQUAL(stream_read(stream, soon(), &message), STREAM_OK);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_buf_bytes(&message), "ab"));
	say(peer, "de", 2);
	CU_ASSERT_EQUAL(stream_read(stream, soon(), &message), STREAM_OK);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_buf_bytes(&message), "cde"));
	CU_ASSERT_EQUAL(stream_read(stream, soon(), &message), STREAM_TIMEOUT);
	say(peer, "\0\0\0\1f", 5);
	CU_ASSERT_EQUAL(stream_read(stream, soon(), &message), STREAM_OK);
	close(peer);
	CU_ASSERT_EQUAL(stream_read(stream, soon(), &message), STREAM_CLOSED);
	mdoc_buf_clear(&message);
	stream_close(stream);
}

/* If this failed, a session would be offered to the network, or to whoever a typing error names. */
static void
refuses_names(void)
{
	static const struct {
		const char *name;
		bool listen, connect; /* good for */
	} names[] = { { "", false, false }, { "unix:", false, false }, { "unix:/a", true, true },
		{ "tcp:", false, false }, { "tcp:127.0.0.1:0", true, false }, { "tcp:127.0.0.1:80", true, true },
		{ "tcp:127.1.2.3:80", true, true }, { "tcp:0.0.0.0:80", false, false },
		{ "tcp:192.0.2.1:80", false, false }, { "tcp:[::]:80", false, false }, { "tcp:[::1]:80", true, true },
		{ "tcp:[::ffff:127.0.0.1]:80", false, false }, { "tcp:localhost:80", true, true },
		{ "tcp:localhost.example:80", false, false }, { "tcp:example.com:80", false, false },
		{ "tcp:127.0.0.1:65536", false, false }, { "tcp:127.0.0.1:-1", false, false },
		{ "tcp:127.0.0.1:", false, false }, { "tcp:127.0.0.1", false, false }, { "tcp::80", false, false },
		{ "tcp:[:80", false, false }, { "stdio", true, true }, { "stdio:", false, false },
		{ "fd:3:4", true, true }, { "fd:3", false, false }, { "fd:1:2", false, false },
		{ "fd:3:4:5", false, false }, { "fd::", false, false }, { "l2cap:128", true, false },
		{ "l2cap:0", true, false }, { "l2cap:256", false, false },
		{ "l2cap:01:23:45:67:89:AB:128", false, true }, { "l2cap:01:23:45:67:89:AB/random:128", false, true },
		{ "l2cap:01:23:45:67:89:AB:0", false, false }, { "l2cap:01:23:45:67:89:AB", false, false },
		{ "l2cap:01:23:45:67:89:A:128", false, false }, { "l2cap:01:23:45:67:89:ABC:128", false, false },
		{ "l2cap:01:23:45", false, false }, { "/run/socket", false, false } };
	char longer[200] = "unix:/";

	memset(longer + 6, 'x', sizeof(longer) - 7);
	unit_tools_hush();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CU_ASSERT_EQUAL(stream_check(names[i].name, true),
			names[i].listen ? EXIT_STATUS_OK : EXIT_STATUS_USAGE);
		CU_ASSERT_EQUAL(stream_check(names[i].name, false),
			names[i].connect ? EXIT_STATUS_OK : EXIT_STATUS_USAGE);
	}
	CU_ASSERT_EQUAL(stream_check(longer, true), EXIT_STATUS_USAGE);
	unit_tools_speak();
}

static void
meet(const char *name)
{
	struct stream *near = NULL, *far = NULL, *third = NULL;
	char *where = NULL;

	CU_ASSERT_EQUAL_FATAL(stream_listen(name, &near, &where), EXIT_STATUS_OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(where);
	CU_ASSERT_EQUAL(stream_accept(near, soon()), STREAM_TIMEOUT);
	CU_ASSERT_EQUAL_FATAL(stream_connect(where, soon(), &far), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL_FATAL(stream_accept(near, soon()), STREAM_OK);
	CU_ASSERT_EQUAL(stream_accept(near, soon()), STREAM_OK);
	unit_tools_hush();
	CU_ASSERT_EQUAL(stream_connect(where, soon(), &third), EXIT_STATUS_TROUBLE);
	unit_tools_speak();
	CU_ASSERT_PTR_NULL(third);
	echo(near, far);
	free(where);
}

/* If this failed, the two programs would not find each other, or a third one would get in between. */
static void
meets_one_peer(void)
{
	struct stream *stream = NULL, *other = NULL;
	char name[300], *where = NULL, *another = NULL;
	struct stat st;

	meet("tcp:127.0.0.1:0");
	meet("tcp:localhost:0");
	(void)snprintf(name, sizeof(name), "unix:%s", unit_tools_path("a"));
	unlink(name + 5);
	meet(name);
	CU_ASSERT_EQUAL(lstat(name + 5, &st), -1);
	/* Nobody but the user may connect; who listens keeps the name, who died loses it; no other file is touched. */
	umask(0);
	CU_ASSERT_EQUAL_FATAL(stream_listen(name, &stream, &where), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(lstat(name + 5, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	unit_tools_hush();
	CU_ASSERT_EQUAL(stream_listen(name, &other, &another), EXIT_STATUS_TROUBLE);
	unit_tools_speak();
	CU_ASSERT_EQUAL(stream_accept(stream, soon()), STREAM_TIMEOUT);
	(void)unlink(unit_tools_path("b"));
	CU_ASSERT_EQUAL(link(name + 5, unit_tools_path("b")), 0);
	stream_close(stream);
	CU_ASSERT_EQUAL(lstat(name + 5, &st), -1);
	CU_ASSERT_EQUAL(rename(unit_tools_path("b"), name + 5), 0);
	free(where);
	meet(name);
	CU_ASSERT_EQUAL(close(open(name + 5, O_CREAT | O_WRONLY, 0600)), 0);
	unit_tools_hush();
	CU_ASSERT_EQUAL(stream_listen(name, &stream, &where), EXIT_STATUS_TROUBLE);
	CU_ASSERT_EQUAL(lstat(name + 5, &st), 0);
	unlink(name + 5);
	CU_ASSERT_EQUAL(stream_connect(name, soon(), &stream), EXIT_STATUS_TROUBLE);
	CU_ASSERT_EQUAL(stream_connect("fd:1000:1001", soon(), &stream), EXIT_STATUS_TROUBLE);
	unit_tools_speak();
}

/* In a child: what a signal is caught by would be for the whole program. 0: as it should be. */
static int
interrupted_child(void)
{
	struct mdoc_buf message = MDOC_BUF_EMPTY;
	uint8_t large[400000] = { 0 };
	int peer;
	struct stream *stream = pair(SOCK_STREAM, &peer);
	const int64_t began = clock_monotonic();

	if (stream_catch_signals() != EXIT_STATUS_OK || stream_caught() != 0 || fork() == 0) {
		usleep(20000);
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	if (stream_read(stream, began + 5000, &message) != STREAM_INTERRUPTED || stream_caught() != SIGTERM)
		return 1;
	if (stream_read(stream, began + 5000, &message) != STREAM_INTERRUPTED || clock_monotonic() - began > 2500)
		return 2;
	/* The peer is still told, and if it does not listen that takes no longer than two seconds. */
	if (stream_write(stream, began + 5000, mdoc_text("the end")) != STREAM_OK)
		return 3;
	if (stream_write(stream, began + 60000, mdoc_bytes_of(large, sizeof(large))) != STREAM_TIMEOUT)
		return 4;
	return clock_monotonic() - began < 4000 ? 0 : 5;
}

/* If this failed, an interrupted session would leave its peer waiting, or go on waiting itself. */
static void
ends_by_a_signal(void)
{
	const pid_t child = fork();
	int status = 0;

	if (child == 0)
		_exit(interrupted_child());
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_TRUE(WIFEXITED(status));
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

/* If this failed, the last word of a session would be lost when the peer still talks. */
static void
last_word_arrives(void)
{
	static uint8_t flood[100000];
	struct mdoc_buf message = MDOC_BUF_EMPTY;
	struct stream *near = NULL, *far = NULL;
	char *where = NULL;
	pid_t child;
	int status = 0;

	CU_ASSERT_EQUAL_FATAL(stream_listen("tcp:127.0.0.1:0", &near, &where), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL_FATAL(stream_connect(where, soon(), &far), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL_FATAL(stream_accept(near, soon()), STREAM_OK);
	child = fork();
	if (child == 0) {
		stream_write(far, 0, mdoc_bytes_of(flood, sizeof(flood)));
		stream_write(far, 0, mdoc_bytes_of(flood, sizeof(flood)));
		usleep(100000);
		_exit(stream_read(far, clock_monotonic() + 2000, &message) == STREAM_OK ? 0 : 1);
	}
	stream_close(far);
	CU_ASSERT_EQUAL(stream_read(near, clock_monotonic() + 2000, &message), STREAM_OK);
	CU_ASSERT_EQUAL(stream_write(near, soon(), mdoc_text("the end")), STREAM_OK);
	stream_close(near);
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_EQUAL(status, 0);
	mdoc_buf_clear(&message);
	free(where);
}

CU_TestInfo stream_tests[] = {
	{ "tells how it ended", tells_how_it_ended },
	{ "allocates what arrives", allocates_what_arrives },
	{ "ends a slow drip", ends_a_slow_drip },
	{ "writes to nobody", writes_to_nobody },
	{ "carries messages", carries_messages },
	{ "keeps messages apart", keeps_messages_apart },
	{ "refuses names", refuses_names },
	{ "meets one peer", meets_one_peer },
	{ "ends by a signal", ends_by_a_signal },
	{ "last word arrives", last_word_arrives },
	CU_TEST_INFO_NULL,
};
