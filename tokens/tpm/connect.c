/*
 * tokens/tpm/connect.c: open and close a line.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/line.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#define DEVICE "/dev/tpmrm0"
#define HELD_WAIT_MS 10000 /* for a device that another program has open */
#define HELD_STEP_MS 50
#define OPENED_MAX 20
#define CONNECT_TRIES 600 /* an swtpm whose queue is full drops what comes: knock again rather than wait for TCP to */
#define CONNECT_STEP_MS 100
#define GLIB_ALL 0xfd /* G_LOG_LEVEL_ERROR and less, also when fatal by configuration */

static pthread_once_t silence_once = PTHREAD_ONCE_INIT;

/* libtss2 prints to the application's stderr, unless it is told not to before it first does. */
static void
silence(void)
{
	(void)setenv("TSS2_LOG", "all+NONE", 0);
}

/* ---- swtpm --------------------------------------------------------------------------------- */

/* The value of a key in "key=value,…"; false: it isn't there, or has no room. */
static bool
conf_value(const char *conf, const char *key, char *value, size_t room)
{
	const size_t key_len = strlen(key);
	size_t len;

	while (conf != NULL && *conf != '\0') {
		len = strcspn(conf, ",");
		if (len > key_len && strncmp(conf, key, key_len) == 0 && conf[key_len] == '=') {
			len -= key_len + 1;
			if (len == 0 || len >= room)
				return false;
			memcpy(value, conf + key_len + 1, len);
			value[len] = '\0';
			return true;
		}
		conf += len + (conf[len] == ',' ? 1 : 0);
	}
	return false;
}

/* 1: connected. 0: nobody lets us in just now. -1: refused. */
static int
connect_in_time(int fd, const struct sockaddr *address, socklen_t len)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	int error = 0;
	socklen_t error_len = sizeof(error);

	if (connect(fd, address, len) == 0)
		return 1;
	if (errno == EAGAIN)
		return 0; /* a Unix socket with a full queue */
	if (errno != EINPROGRESS && errno != EINTR)
		return -1;
	if (poll(&wait, 1, CONNECT_STEP_MS) <= 0)
		return 0;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_len) != 0 || error != 0)
		return -1;
	return 1;
}

static void
sleep_step(long ms)
{
	const struct timespec step = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&step, NULL);
}

static int
connect_to(const struct sockaddr *address, socklen_t len)
{
	int fd, done, tries;

	for (tries = 0; tries < CONNECT_TRIES; tries++) {
		fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0)
			return -1;
		done = connect_in_time(fd, address, len);
		if (done > 0 && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) == 0)
			return fd;
		(void)close(fd);
		if (done < 0)
			return -1;
		if (address->sa_family == AF_UNIX)
			sleep_step(CONNECT_STEP_MS);
	}
	return -1;
}

static int
connect_path(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	return connect_to((const struct sockaddr *)(const void *)&address, sizeof(address));
}

int
line_connect(const char *conf)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char host[256] = "localhost", port[8] = "2321", path[108];
	struct addrinfo *list = NULL, *one;
	int fd = -1;

	if (conf_value(conf, "path", path, sizeof(path)))
		return connect_path(path);
	(void)conf_value(conf, "host", host, sizeof(host));
	(void)conf_value(conf, "port", port, sizeof(port));
	if (getaddrinfo(host, port, &hints, &list) != 0)
		return -1;
	for (one = list; fd < 0 && one != NULL; one = one->ai_next)
		fd = connect_to(one->ai_addr, one->ai_addrlen);
	freeaddrinfo(list);
	return fd;
}

/* ---- Any TCTI -------------------------------------------------------------------------------- */

/*
 * libtss2 unloads a TCTI's library when it is closed, which those that start threads (tabrmd's GLib) can't bear. And
 * GLib prints what goes wrong, unless somebody else takes the message. False: there is no such library.
 */
static bool
keep_loaded(struct line *line, const char *tcti)
{
	char name[256];
	const int len = (int)strcspn(tcti, ":");
	void *library = NULL, *set = NULL, *unset = NULL;

	/* A short name, or a file's. */
	if (snprintf(name, sizeof(name), strcspn(tcti, "./:") < (size_t)len ? "%.*s" : "libtss2-tcti-%.*s.so.0", len,
		    tcti) < (int)sizeof(name))
		library = dlopen(name, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
	if (library != NULL) {
		set = dlsym(library, "g_log_set_handler");
		unset = dlsym(library, "g_log_remove_handler");
	}
	memcpy(&line->log_set, &set, sizeof(set));
	memcpy(&line->log_unset, &unset, sizeof(unset));
	return library != NULL;
}

static void
drop_message(const char *domain, int level, const char *text, void *arg)
{
	(void)domain;
	(void)level;
	(void)text;
	(void)arg;
}

unsigned
line_hush(const struct line *line)
{
	return line->log_set != NULL && line->log_unset != NULL ? line->log_set(NULL, GLIB_ALL, drop_message, NULL) : 0;
}

void
line_unhush(const struct line *line, unsigned id)
{
	if (id != 0)
		line->log_unset(NULL, id);
}

/* Is it a device that another program has open? Those serve one at a time. One that opens has just been let go of, or
 * is no TPM, which *opened finds out. */
static bool
is_held(const char *tcti, unsigned *opened)
{
	const char *path = strchr(tcti, ':');
	int fd, error;

	if (path == NULL || path[1] != '/')
		return false;
	fd = open(path + 1, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	error = errno;
	if (fd < 0)
		return error == EBUSY;
	(void)close(fd);
	return (*opened)++ < OPENED_MAX;
}

static bool
load_tcti(struct line *line, const char *tcti)
{
	const bool found = keep_loaded(line, tcti);
	unsigned hushed, opened = 0;
	long waited = 0;
	TSS2_RC rc;

	for (;;) {
		hushed = line_hush(line);
		rc = Tss2_TctiLdr_Initialize(tcti, &line->real);
		line_unhush(line, hushed);
		if (rc == TSS2_RC_SUCCESS)
			return true;
		line->real = NULL;
		if (!found || waited >= HELD_WAIT_MS || !is_held(tcti, &opened))
			return false;
		sleep_step(HELD_STEP_MS);
		waited += HELD_STEP_MS;
	}
}

/* What to wait on, where the TCTI says so; and nothing of it for programs that the application starts. */
static void
take_descriptors(struct line *line)
{
	size_t i, count = LINE_FDS;
	int flags;

	line->fd_count = 0;
	if (line->socket >= 0) {
		line->fds[0] = (struct pollfd){ .fd = line->socket, .events = POLLIN };
		line->fd_count = 1;
		return;
	}
	if (Tss2_Tcti_GetPollHandles(line->real, line->fds, &count) != TSS2_RC_SUCCESS || count > LINE_FDS)
		return;
	for (i = 0; i < count; i++) {
		line->fds[i].events = POLLIN;
		flags = fcntl(line->fds[i].fd, F_GETFD);
		if (flags >= 0)
			(void)fcntl(line->fds[i].fd, F_SETFD, flags | FD_CLOEXEC);
	}
	line->fd_count = count;
}

static bool
open_one(struct line *line, const char *tcti)
{
	if (strncmp(tcti, "swtpm", 5) == 0 && (tcti[5] == ':' || tcti[5] == '\0')) {
		line->socket = line_connect(tcti[5] == ':' ? tcti + 6 : "");
		if (line->socket < 0)
			return false;
	} else if (!load_tcti(line, tcti)) {
		return false;
	}
	line->few_slots = strstr(tcti, "/dev/tpmrm") != NULL;
	line->exclusive = !line->few_slots && strstr(tcti, "tabrmd") == NULL;
	take_descriptors(line);
	return true;
}

enum token_result
line_open(struct line *line, const char *tcti)
{
	(void)pthread_once(&silence_once, silence);
	line->broken = false;
	line->silent = false;
	line->swept = false;
	line->answered = false;
	line->handle_count = 0;
	if (tcti != NULL && tcti[0] != '\0')
		line->open = open_one(line, tcti);
	else
		line->open =
			(access(DEVICE, F_OK) == 0 && open_one(line, "device:" DEVICE)) || open_one(line, "tabrmd");
	return line->open ? TOKEN_OK : TOKEN_ERR_DEVICE;
}

void
line_close(struct line *line)
{
	unsigned hushed;
	size_t i;

	if (!line->open)
		return;
	while (!line->broken && line->handle_count > 0)
		(void)line_flush(line, line->handles[line->handle_count - 1]);
	/* A forked child may hold the same connection: the TPM must see its end all the same. */
	for (i = 0; i < line->fd_count; i++)
		(void)shutdown(line->fds[i].fd, SHUT_RDWR);
	if (line->socket >= 0)
		(void)close(line->socket);
	if (line->real != NULL) {
		hushed = line_hush(line);
		Tss2_TctiLdr_Finalize(&line->real);
		line_unhush(line, hushed);
	}
	line->socket = -1;
	line->real = NULL;
	line->fd_count = 0;
	line->handle_count = 0;
	line->open = false;
}
