/* pin.c: PINs from a terminal, a file or a descriptor. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/pin.h"
#include "tools/common/message.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define TRIES 3 /* differing entries of a new PIN */

void
pin_clear(struct pin *pin)
{
	OPENSSL_cleanse(pin, sizeof(*pin));
}

bool
pin_equal(const struct pin *a, const struct pin *b)
{
	return a->len == b->len && CRYPTO_memcmp(a->text, b->text, a->len) == 0;
}

/* The signal that interrupted a question; it is raised again once the terminal is as it was. */
static volatile sig_atomic_t interrupted;

static void
on_signal(int number)
{
	interrupted = number;
}

/* Read one line byte by byte, so that nothing behind it is taken from a shared descriptor and no
 * library buffer keeps a copy. 1 line, 0 end before anything, -1 error, -2 too long. */
static int
read_line(int fd, struct pin *pin)
{
	pin->len = 0;
	for (;;) {
		char c = 0;
		const ssize_t n = read(fd, &c, 1);

		if (n < 0 && errno == EINTR && interrupted == 0)
			continue;
		if (n < 0)
			return -1;
		if (n == 0 && pin->len == 0)
			return 0;
		if (n == 0 || c == '\n')
			break;
		if (pin->len == PIN_MAX)
			return -2;
		pin->text[pin->len++] = c;
	}
	if (pin->len > 0 && pin->text[pin->len - 1] == '\r')
		pin->len--;
	pin->text[pin->len] = '\0';
	pin->set = true;
	return 1;
}

static enum exit_status
from_descriptor(int fd, const char *name, struct pin *pin)
{
	const int got = read_line(fd, pin);

	if (got == -1)
		tool_error(_("cannot read the PIN from %s: %s"), name, strerror(errno));
	else if (got == -2)
		tool_error(_("the PIN in %s is longer than %d bytes"), name, PIN_MAX);
	else if (got == 0 || pin->len == 0)
		tool_error(_("there is no PIN in %s"), name);
	else
		return EXIT_STATUS_OK;
	return EXIT_STATUS_INPUT;
}

static enum exit_status
from_file(const char *path, struct pin *pin)
{
	enum exit_status status;
	int fd;

	if (strcmp(path, "-") == 0)
		return from_descriptor(STDIN_FILENO, _("standard input"), pin);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0) {
		tool_error(_("cannot open %s: %s"), path, strerror(errno));
		return EXIT_STATUS_INPUT;
	}
	status = from_descriptor(fd, path, pin);
	close(fd);
	return status;
}

static enum exit_status
from_fd_option(const char *text, struct pin *pin)
{
	char *end = NULL;
	char name[64];
	long fd;

	errno = 0;
	fd = strtol(text, &end, 10);
	if (*text == '\0' || *end != '\0' || errno != 0 || fd < 0 || fd > INT_MAX) {
		tool_error(_("--pin-fd wants the number of a file descriptor, not \"%s\""), text);
		return EXIT_STATUS_USAGE;
	}
	snprintf(name, sizeof(name), _("file descriptor %ld"), fd);
	return from_descriptor((int)fd, name, pin);
}

static const int watched_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
#define WATCHED (sizeof(watched_signals) / sizeof(watched_signals[0]))

static void
watch_signals(struct sigaction old[WATCHED])
{
	struct sigaction action = { .sa_handler = on_signal };

	interrupted = 0;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < WATCHED; i++)
		sigaction(watched_signals[i], &action, &old[i]);
}

static void
release_signals(const struct sigaction old[WATCHED])
{
	for (size_t i = 0; i < WATCHED; i++)
		sigaction(watched_signals[i], &old[i], NULL);
	if (interrupted != 0)
		raise((int)interrupted);
}

/* Ask once without echo. A signal ends the question and takes effect once echo is back. */
static enum exit_status
ask_once(int tty, const char *prompt, struct pin *pin)
{
	struct sigaction old[WATCHED];
	struct termios before, silent;
	int got;

	if (tcgetattr(tty, &before) != 0) {
		tool_error(_("cannot switch off the echo of the terminal: %s"), strerror(errno));
		return EXIT_STATUS_USAGE;
	}
	dprintf(tty, "%s: ", prompt);
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	silent.c_lflag |= ICANON;
	watch_signals(old);
	tcsetattr(tty, TCSAFLUSH, &silent);
	got = read_line(tty, pin);
	tcsetattr(tty, TCSAFLUSH, &before);
	dprintf(tty, "\n");
	release_signals(old);
	if (got == 1 && pin->len > 0)
		return EXIT_STATUS_OK;
	if (got == -2)
		tool_error(_("the PIN is longer than %d bytes"), PIN_MAX);
	return EXIT_STATUS_NO;
}

static enum exit_status
from_terminal(const char *prompt, bool confirm, struct pin *pin)
{
	enum exit_status status = EXIT_STATUS_USAGE;
	struct pin again = { .set = false };
	const int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (tty < 0) {
		tool_error(_("there is no terminal to ask for the PIN (%s)"), prompt);
		tool_why(_(
			"Give it by a file or a descriptor: --pin-file, --new-pin-file, --so-pin-file or the like, see "
			"--help."));
		return EXIT_STATUS_USAGE;
	}
	for (int i = 0; i < TRIES; i++) {
		status = ask_once(tty, prompt, pin);
		if (status != EXIT_STATUS_OK || !confirm)
			break;
		status = ask_once(tty, _("Once more"), &again);
		if (status != EXIT_STATUS_OK || pin_equal(pin, &again))
			break;
		dprintf(tty, "%s\n", _("The two entries differ."));
		status = EXIT_STATUS_NO;
	}
	if (status == EXIT_STATUS_NO)
		tool_error(_("no PIN was entered"));
	pin_clear(&again);
	close(tty);
	return status;
}

enum exit_status
pin_get(const struct pin_source *source, const char *prompt, bool confirm, struct pin *pin)
{
	struct pin got = { .set = false };
	enum exit_status status;

	if (source->file != NULL && source->fd != NULL) {
		tool_error(_("give a PIN file or a descriptor, not both"));
		return EXIT_STATUS_USAGE;
	}
	if (source->file != NULL)
		status = from_file(source->file, &got);
	else if (source->fd != NULL)
		status = from_fd_option(source->fd, &got);
	else
		status = from_terminal(prompt, confirm, &got);
	if (status == EXIT_STATUS_OK)
		*pin = got;
	pin_clear(&got);
	return status;
}

enum exit_status
pin_generate(struct pin *pin)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	unsigned char random[20]; /* five bits of each are used */

	if (RAND_priv_bytes(random, sizeof(random)) != 1) {
		tool_error(_("the random number generator failed"));
		return EXIT_STATUS_TROUBLE;
	}
	for (size_t i = 0; i < sizeof(random); i++)
		pin->text[i] = letters[random[i] & 31];
	pin->len = sizeof(random);
	pin->text[pin->len] = '\0';
	pin->set = true;
	OPENSSL_cleanse(random, sizeof(random));
	return EXIT_STATUS_OK;
}
