/*
 * stream.h: messages over a byte stream: each is preceded by its length in four bytes, big-endian, as ISO/IEC 18013-5
 * has it for L2CAP. Names of streams, the same for both programs:
 *
 *   unix:PATH                  a Unix socket
 *   tcp:HOST:PORT              TCP; HOST is an address of the loopback interface ("127.0.0.1", "[::1]", "localhost"),
 *                              else wrong usage; PORT 0 when listening: any, which is printed
 *   stdio                      standard input and output of this process; what it prints besides goes to stderr
 *   fd:IN:OUT                  two inherited descriptors, 3 or above
 *   l2cap:PSM                  (listen) an L2CAP channel of Bluetooth Low Energy; PSM 0: any, which is printed
 *   l2cap:ADDRESS:PSM          (connect) the same; ADDRESS as 01:23:45:67:89:AB
 *   l2cap:ADDRESS/random:PSM   … when the address is a random one
 *
 * One thread uses a stream, and one stream is used at a time. The first that is opened makes the process ignore SIGPIPE.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_STREAM_H
#define TOOLS_STREAM_H

#include <mdoc/bytes.h>
#include "tools/common/exit.h"

/* Bytes of one message. Less than MDOC_INPUT_MAX: what reads one may take forty times as much memory, and who sent it is
 * not known then. */
#define STREAM_MESSAGE_MAX ((size_t)4 * 1024 * 1024)

struct stream;

/* How waiting ended. */
enum stream_result {
	STREAM_OK,
	STREAM_CLOSED,      /* the peer closed between two messages */
	STREAM_TRUNCATED,   /* … or inside one */
	STREAM_TOO_LONG,    /* a length above the limit; nothing of it was read or allocated */
	STREAM_EMPTY,       /* a length of 0 */
	STREAM_TIMEOUT,     /* the deadline passed: for the whole message, however slowly it drips */
	STREAM_INTERRUPTED, /* a signal that stream_catch_signals() waits for */
	STREAM_ERROR        /* errno says; ENOMEM: memory */
};

/* Is this the name of a stream for that side? EXIT_STATUS_USAGE (said) before anything is opened. */
enum exit_status stream_check(const char *name, bool listen);

/*
 * Listen: bind (a Unix socket 0600, one that nobody listens on any more is replaced if it is this user's; removed when
 * the peer is there), and say where. Not for several threads: the umask changes for a moment.
 *
 * *where  the name under which a peer connects ("tcp:127.0.0.1:40123"); free(). NULL: stdio and fd have none
 *
 * EXIT_STATUS_USAGE: no such name; EXIT_STATUS_TROUBLE. All said.
 */
enum exit_status stream_listen(const char *name, struct stream **stream, char **where);

/* Wait for one peer; then nobody else can connect. At once when there is nothing to wait for. Deadline as below. */
enum stream_result stream_accept(struct stream *stream, int64_t deadline);

/* Connect; while nobody listens there it is tried again until the deadline (said). EXIT_STATUS_USAGE as above;
 * EXIT_STATUS_TROUBLE. All said. */
enum exit_status stream_connect(const char *name, int64_t deadline, struct stream **stream);

/* Over descriptors that are open already, which may be one; owned from here on, whatever the answer. For tests and
 * benchmarks. EXIT_STATUS_TROUBLE: memory, or no descriptors (said). */
enum exit_status stream_from_fds(int in, int out, struct stream **stream);

/* A deadline: milliseconds of CLOCK_MONOTONIC so many seconds from now; 0: none. */
int64_t stream_deadline(unsigned long seconds);

/* Take shorter messages only; bytes: STREAM_MESSAGE_MAX at most. */
void stream_limit(struct stream *stream, size_t bytes);

/*
 * One message; deadline 0: none. `message` is cleared first, and empty unless STREAM_OK; memory grows with what
 * arrives, not with what the length says. After TRUNCATED, TOO_LONG, EMPTY and a TIMEOUT inside a message nothing more
 * can be read: the same result again.
 */
enum stream_result stream_read(struct stream *stream, int64_t deadline, struct mdoc_buf *message);

/* Its length and then the message. EMPTY, TOO_LONG: nothing was written. A signal does not end it, but once there was
 * one the peer gets two seconds at most, so that a session can still be ended in order. */
enum stream_result stream_write(struct stream *stream, int64_t deadline, struct mdoc_bytes message);

/* Close. If our message was the last, the peer gets up to a second to take it and close, too: on a socket with unread
 * input closing destroys what is under way. NULL is fine. */
void stream_close(struct stream *stream);

/* A sentence for people, translated; for STREAM_ERROR that of errno. */
const char *stream_text(enum stream_result result);

/*
 * Say that sentence, and turn it into a status: EXIT_STATUS_INPUT for what is no message (EMPTY, TOO_LONG),
 * EXIT_STATUS_OK for STREAM_OK, else EXIT_STATUS_TROUBLE.
 */
enum exit_status stream_say(enum stream_result result);
enum exit_status stream_say_accepted(enum stream_result result); /* the same of stream_accept(): nobody came */

/*
 * From here on SIGINT, SIGTERM and SIGHUP (unless they are ignored) end waiting instead of the process: reads, accepts
 * and connects answer STREAM_INTERRUPTED from then on. System calls are not restarted, so that a question on the
 * terminal ends, too. EXIT_STATUS_TROUBLE (said).
 */
enum exit_status stream_catch_signals(void);
int stream_caught(void); /* the first signal caught; 0: none */

#endif
