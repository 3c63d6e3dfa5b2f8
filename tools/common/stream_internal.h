/*
 * stream_internal.h: what the files of a stream share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_STREAM_INTERNAL_H
#define TOOLS_STREAM_INTERNAL_H

#include <sys/types.h>
#include "tools/common/stream.h"

#define STREAM_ROOM 65536 /* an L2CAP packet has to be taken whole; it has 65535 bytes at most */

struct stream {
	int in, out;  /* one descriptor for both directions, or two; -1: not open yet */
	int listener; /* -1: none */
	bool out_is_socket, in_is_socket;
	size_t limit; /* bytes of one message that is read */
	size_t piece; /* most bytes of one write */
	char *path;   /* of a Unix socket that we made; NULL: none */
	dev_t device; /* … and which file that is */
	ino_t inode;
	enum stream_result in_broken, out_broken; /* why nothing more can be read, written; STREAM_OK: it can */
	int in_errno, out_errno;
	bool wrote_last;
	uint8_t room[STREAM_ROOM]; /* received, not yet taken */
	size_t at, have;
};

/* A stream with nothing open; NULL: memory (said). */
struct stream *stream_new(void);

/* Take descriptors as the stream's two directions. */
void stream_take(struct stream *stream, int in, int out);

/* Remove the Unix socket that we made, if it is still the same. */
void stream_remove_path(struct stream *stream);

/*
 * Wait until a descriptor is ready. began 0: a signal ends it; else the time when writing began, for which a signal
 * leaves STREAM_GRACE milliseconds.
 */
enum stream_result stream_wait(int fd, short events, int64_t deadline, int64_t began);
#define STREAM_GRACE 2000

/* Readable once a signal was caught, -1: no signals are; and when that was. */
int stream_signal_fd(void);
int64_t stream_caught_at(void);

/* L2CAP. */
struct stream_l2cap {
	uint8_t address[6]; /* as the kernel has it: the last byte first */
	bool random;
	uint16_t psm;
};

/* What stands after "l2cap:". */
bool stream_l2cap_parse(const char *text, bool listen, struct stream_l2cap *l2cap);
/* A socket that listens, one that is being connected (errno EINPROGRESS, or 0: it is); -1: errno says. */
int stream_l2cap_listen(const struct stream_l2cap *l2cap);
int stream_l2cap_connect(const struct stream_l2cap *l2cap);
/* "ADDRESS:PSM" under which a listening socket is found; free(). NULL: memory. */
char *stream_l2cap_where(int listener);
/* Most bytes of one write to a connected socket. */
size_t stream_l2cap_piece(int fd);

#endif
