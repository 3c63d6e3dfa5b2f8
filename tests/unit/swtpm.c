/*
 * tests/unit/swtpm.c: starting, stopping and killing swtpm.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/swtpm.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIES 500 /* of ten milliseconds */

static char folder[40], socket_path[56], tcti[80];
static pid_t owner, tpm = -1;

const char *
swtpm_tcti(void)
{
	return tcti;
}

const char *
swtpm_path(void)
{
	return socket_path;
}

static void
run(void)
{
	char state[64], server[96], control[96];
	const int null = open("/dev/null", O_RDWR);

	snprintf(state, sizeof(state), "dir=%s", folder);
	snprintf(server, sizeof(server), "type=unixio,path=%s", socket_path);
	snprintf(control, sizeof(control), "type=unixio,path=%s.ctrl", socket_path);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	for (int fd = 3; fd < 256; fd++)
		close(fd); /* whoever waits for the end of a pipe would wait for this process */
	execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state, "--server", server, "--ctrl", control,
		"--flags", "not-need-init,startup-clear", (char *)NULL);
	_exit(127);
}

static bool
listens(const char *suffix)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool there;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s%s", socket_path, suffix);
	there = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
	if (fd >= 0)
		close(fd);
	return there;
}

/* At both: the command channel is there for a moment before anybody listens. */
static bool
is_there(void)
{
	return listens(".ctrl") && listens("");
}

static bool
launch(void)
{
	fflush(NULL);
	tpm = fork();
	if (tpm == 0)
		run();
	for (int i = 0; tpm > 0 && i < TRIES; i++) {
		if (is_there())
			return true;
		if (waitpid(tpm, NULL, WNOHANG) == tpm)
			break;
		usleep(10000);
	}
	tpm = -1;
	return false;
}

static void
end(int signal)
{
	char path[64];

	if (tpm > 0) {
		(void)kill(tpm, signal);
		(void)waitpid(tpm, NULL, 0);
	}
	tpm = -1;
	(void)unlink(socket_path);
	snprintf(path, sizeof(path), "%s.ctrl", socket_path);
	(void)unlink(path);
}

static void
forget(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command) != 0)
		fprintf(stderr, "%s is left behind\n", folder);
}

/* The program ends, in whatever way; its forked children have no part in that. */
static void
at_end(void)
{
	if (folder[0] != '\0' && owner == getpid())
		swtpm_stop();
}

bool
swtpm_start(void)
{
	static bool registered;

	snprintf(folder, sizeof(folder), "/tmp/unit-swtpm-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return false;
	snprintf(socket_path, sizeof(socket_path), "%s/socket", folder);
	snprintf(tcti, sizeof(tcti), "swtpm:path=%s", socket_path);
	setenv("MDOC_PKCS11_TCTI", tcti, 1);
	owner = getpid();
	if (!registered)
		atexit(at_end);
	registered = true;
	return launch();
}

void
swtpm_stop(void)
{
	end(SIGTERM);
	forget();
	folder[0] = '\0';
	unsetenv("MDOC_PKCS11_TCTI");
}

bool
swtpm_restart(void)
{
	end(SIGTERM);
	return launch();
}

void
swtpm_kill(void)
{
	end(SIGKILL);
}

bool
swtpm_replace(void)
{
	end(SIGTERM);
	forget();
	return mkdir(folder, 0700) == 0 && launch();
}
