/*
 * tests/unit/test_lock.c
 *
 * If these fail, two processes can check PINs at the same moment and guess more often than
 * the area's tries allow (R-CARD-05), or a killed one blocks the token for ever.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/leaf.h"
#include "tokens/pin/lock.h"

#define ROUNDS 50

static char folder[64];

static void
begin(void)
{
	strcpy(folder, "/tmp/unit-lock-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
}

static void
end(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/" PIN_LOCK_FILE, folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/count", folder);
	unlink(path);
	rmdir(folder);
}

static int
child_takes(void *arg)
{
	struct pin_lock lock;

	return (int)pin_lock_take(folder, *(unsigned *)arg, &lock);
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
test_refused(void)
{
	struct pin_lock lock = { 77 };

	CU_ASSERT_EQUAL(pin_lock_take("/nonexistent/area", 0, &lock), TOKEN_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(lock.fd, -1);
	CU_ASSERT_EQUAL(pin_lock_take("/dev/null", 0, &lock), TOKEN_ERR_NOT_FOUND);
	pin_lock_release(&lock);
	pin_lock_release(&lock);
}

static int
nobody_takes(void *arg)
{
	if (setgid(65534) != 0 || setuid(65534) != 0)
		return 1000;
	return child_takes(arg);
}

/* A store that cannot be written: its own answer, whether or not the file is there. */
static void
test_read_only(void)
{
	unsigned wait = 0;
	struct pin_lock lock;

	if (getuid() != 0)
		return;
	begin();
	CU_ASSERT_EQUAL(chmod(folder, 0755), 0);
	CU_ASSERT_EQUAL(leaf_fork(nobody_takes, &wait), TOKEN_ERR_READ_ONLY);
	CU_ASSERT_EQUAL(pin_lock_take(folder, 0, &lock), TOKEN_OK);
	pin_lock_release(&lock);
	CU_ASSERT_EQUAL(leaf_fork(nobody_takes, &wait), TOKEN_ERR_READ_ONLY);
	end();
}

/* The wait has an end, for another process and for another thread's call in this one. */
static void
test_bounded(void)
{
	struct pin_lock lock, second;
	unsigned none = 0, wait = 200;
	double start;

	begin();
	CU_ASSERT_EQUAL_FATAL(pin_lock_take(folder, 0, &lock), TOKEN_OK);
	CU_ASSERT_EQUAL(pin_lock_take(folder, 0, &second), TOKEN_ERR_BUSY);
	CU_ASSERT_EQUAL(second.fd, -1);
	CU_ASSERT_EQUAL(leaf_fork(child_takes, &none), TOKEN_ERR_BUSY);
	start = seconds();
	CU_ASSERT_EQUAL(leaf_fork(child_takes, &wait), TOKEN_ERR_BUSY);
	CU_ASSERT_TRUE(seconds() - start >= 0.2);
	pin_lock_release(&lock);
	CU_ASSERT_EQUAL(leaf_fork(child_takes, &none), TOKEN_OK);
	CU_ASSERT_EQUAL(pin_lock_take(folder, 0, &lock), TOKEN_OK);
	pin_lock_release(&lock);
	end();
}

/* The file is private and does not go to programs that the host starts. */
static void
test_file(void)
{
	struct pin_lock lock;
	struct stat st;

	begin();
	CU_ASSERT_EQUAL_FATAL(pin_lock_take(folder, 0, &lock), TOKEN_OK);
	CU_ASSERT_EQUAL(fstat(lock.fd, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	CU_ASSERT_TRUE((fcntl(lock.fd, F_GETFD) & FD_CLOEXEC) != 0);
	pin_lock_release(&lock);
	end();
}

static pid_t
start_holder(void)
{
	struct pin_lock lock;
	int ready[2];
	char byte = 0;
	pid_t pid;

	CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		byte = pin_lock_take(folder, 0, &lock) == TOKEN_OK ? 'y' : 'n';
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		sleep(30);
		_exit(0);
	}
	CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
	CU_ASSERT_EQUAL(byte, 'y');
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void
test_killed(void)
{
	struct pin_lock lock;
	pid_t pid;

	begin();
	pid = start_holder();
	CU_ASSERT_EQUAL(pin_lock_take(folder, 0, &lock), TOKEN_ERR_BUSY);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CU_ASSERT_EQUAL(pin_lock_take(folder, 1000, &lock), TOKEN_OK);
	pin_lock_release(&lock);
	end();
}

/* A child that the host forks during a check inherits the file and must not keep the lock. */
static void
test_forked_meanwhile(void)
{
	struct pin_lock lock;
	pid_t pid;

	begin();
	CU_ASSERT_EQUAL_FATAL(pin_lock_take(folder, 0, &lock), TOKEN_OK);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		sleep(30);
		_exit(0);
	}
	pin_lock_release(&lock);
	CU_ASSERT_EQUAL(pin_lock_take(folder, 0, &lock), TOKEN_OK);
	pin_lock_release(&lock);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	end();
}

/* Add one to a number in a file, in two steps that only the lock keeps together. */
static bool
add_one(void)
{
	struct pin_lock lock;
	char path[128];
	FILE *file;
	int n = 0;

	snprintf(path, sizeof(path), "%s/count", folder);
	if (pin_lock_take(folder, 20000, &lock) != TOKEN_OK)
		return false;
	file = fopen(path, "re");
	if (file != NULL) {
		if (fscanf(file, "%d", &n) != 1)
			n = -1000;
		fclose(file);
	}
	file = fopen(path, "we");
	if (file != NULL) {
		fprintf(file, "%d\n", n + 1);
		fclose(file);
	}
	pin_lock_release(&lock);
	return file != NULL;
}

static void *
adds(void *failed)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (!add_one())
			*(bool *)failed = true;
	}
	return NULL;
}

static int
child_adds(void)
{
	bool failed = false;

	adds(&failed);
	return failed ? 1 : 0;
}

/* Two processes and two threads of one: nobody's turn is lost. */
static void
test_exclusive(void)
{
	bool failed[2] = { false, false };
	pthread_t threads[2];
	pid_t pids[2];
	char path[128];
	int i, status, n = 0;
	FILE *file;

	begin();
	fflush(NULL);
	for (i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			alarm(60);
			_exit(child_adds());
		}
	}
	for (i = 0; i < 2; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, adds, &failed[i]), 0);
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		CU_ASSERT_FALSE(failed[i]);
		CU_ASSERT_EQUAL(waitpid(pids[i], &status, 0), pids[i]);
		CU_ASSERT_EQUAL(status, 0);
	}
	snprintf(path, sizeof(path), "%s/count", folder);
	file = fopen(path, "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(fscanf(file, "%d", &n), 1);
	CU_ASSERT_EQUAL(n, 4 * ROUNDS);
	fclose(file);
	end();
}

CU_TestInfo tests_lock[] = {
	{ "no such folder", test_refused },
	{ "a read-only store", test_read_only },
	{ "a bounded wait", test_bounded },
	{ "the file", test_file },
	{ "a killed holder", test_killed },
	{ "a child forked meanwhile", test_forked_meanwhile },
	{ "two processes, two threads", test_exclusive },
	CU_TEST_INFO_NULL,
};
