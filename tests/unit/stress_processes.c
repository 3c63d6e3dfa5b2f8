/*
 * tests/unit/stress_processes.c: forked children, eight processes on one token, and loading over and over.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/stress.h"

static CK_SLOT_ID slot;
static CK_OBJECT_HANDLE key;

static bool
ended_well(pid_t pid)
{
	int status = 0;

	if (pid <= 0 || waitpid(pid, &status, 0) != pid)
		return false;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	stress_failure("a child's end", (CK_RV)status);
	return false;
}

/* Work of a process on its own; its count goes through a pipe. */
static int
work(int out)
{
	CK_SESSION_HANDLE session;
	unsigned long rounds = 0;
	bool right = true;

	if (p11->C_Initialize(NULL) != CKR_OK)
		return 1;
	session = p11_user(slot);
	while (right && !stress_is_over()) {
		right = stress_round(session);
		rounds++;
	}
	if (p11->C_Finalize(NULL) != CKR_OK || write(out, &rounds, sizeof(rounds)) != (ssize_t)sizeof(rounds))
		return 2;
	return right ? 0 : 3;
}

static void
eight_processes(void)
{
	CK_SESSION_HANDLE session = p11_user(slot);
	const CK_ULONG before = stress_count(session);
	pid_t pids[STRESS_PROCESSES];
	unsigned long rounds, sum = 0;
	int pipes[2], i;

	if (pipe(pipes) != 0)
		return;
	fflush(NULL);
	stress_start();
	for (i = 0; i < STRESS_PROCESSES; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(work(pipes[1]));
	}
	close(pipes[1]);
	for (i = 0; i < STRESS_PROCESSES; i++)
		if (!ended_well(pids[i]))
			stress_failure("a process", 0);
	while (read(pipes[0], &rounds, sizeof(rounds)) == (ssize_t)sizeof(rounds))
		sum += rounds;
	close(pipes[0]);
	if (stress_count(session) != before)
		stress_failure("objects that are left or lost", stress_count(session));
	if (!stress_round(session))
		stress_failure("the parent's own round", 0);
	stress_done("8 processes generate, find, sign and destroy on one token", sum, "rounds");
	(void)p11->C_CloseSession(session);
}

static void *
sign_on(void *arg)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 5 }, sig[64];
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_ULONG len;
	CK_RV rv;

	(void)arg;
	while (!stress_is_over()) {
		len = sizeof(sig);
		rv = p11->C_SignInit(session, &ecdsa, key);
		if (rv == CKR_OK)
			rv = p11->C_Sign(session, digest, sizeof(digest), sig, &len);
		if (rv != CKR_OK)
			stress_failure("the parent's signature", rv);
	}
	(void)p11->C_CloseSession(session);
	return NULL;
}

/* A child of a process whose threads are in the middle of calls; it ends in one of five ways. */
static void
be_a_child(unsigned how)
{
	CK_SESSION_HANDLE session;

	alarm(60);
	if (how % 5 == 0)
		_exit(0);
	if (how % 5 == 1) {
		execl("/proc/self/exe", "unit-stress", "--child", "nothing", (char *)NULL);
		_exit(9);
	}
	if (p11->C_Initialize(NULL) != CKR_OK)
		_exit(1);
	session = p11_user(slot);
	if (!stress_round(session))
		_exit(2);
	if (how % 5 == 2)
		_exit(p11->C_Finalize(NULL) == CKR_OK ? 0 : 3);
	if (how % 5 == 3)
		_exit(0);
	exit(0);
}

static void
forks_amid_calls(void)
{
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE pub = 0;
	pthread_t threads[4];
	unsigned long forks = 0;
	pid_t pid;
	int i;

	if (p11_pair(session, true, NULL, 0, &pub, &key) != CKR_OK)
		stress_failure("a key pair", 0);
	stress_start();
	for (i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, sign_on, NULL) != 0)
			stress_failure("pthread_create", 0);
	for (; !stress_is_over(); forks++) {
		fflush(NULL);
		pid = fork();
		if (pid == 0)
			be_a_child((unsigned)forks);
		if (!ended_well(pid))
			stress_failure("a forked child", forks % 5);
	}
	for (i = 0; i < 4; i++)
		(void)pthread_join(threads[i], NULL);
	if (!stress_round(session))
		stress_failure("the parent's own round", 0);
	stress_done("children forked amid calls start anew, and the parent never notices", forks, "forks");
	(void)p11->C_CloseSession(session);
}

static long
resident_kib(void)
{
	char line[128];
	long kib = -1;
	FILE *status = fopen("/proc/self/status", "r");

	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	if (status != NULL)
		fclose(status);
	return kib;
}

static bool
load_once(void)
{
	CK_C_GetFunctionList get;
	CK_FUNCTION_LIST *list = NULL;
	CK_SESSION_HANDLE session = 0;
	CK_BYTE random[16];
	void *module = dlopen(p11_path, RTLD_NOW | RTLD_LOCAL);
	void *symbol = module == NULL ? NULL : dlsym(module, "C_GetFunctionList");
	bool right;

	if (symbol == NULL)
		return false;
	memcpy(&get, &symbol, sizeof(get));
	right = get(&list) == CKR_OK && list->C_Initialize(NULL) == CKR_OK &&
		list->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session) == CKR_OK &&
		list->C_Login(session, CKU_USER, (CK_UTF8CHAR *)USER_PIN, strlen(USER_PIN)) == CKR_OK &&
		list->C_GenerateRandom(session, random, sizeof(random)) == CKR_OK && list->C_Finalize(NULL) == CKR_OK;
	return dlclose(module) == 0 && right;
}

/* A process that loads the module, uses it and lets it go, over and over. */
static int
load_and_let_go(void)
{
	long resident = 0;
	int files = 0, i;

	p11_path = getenv("STRESS_MODULE");
	slot = strtoul(getenv("STRESS_SLOT"), NULL, 10);
	for (i = 0; i < 120; i++) {
		if (!load_once())
			return 1;
		if (i == 39) {
			resident = resident_kib();
			files = conduct_open_files();
		}
	}
	if (conduct_open_files() != files)
		return 2;
	if (STRESS_ASAN || STRESS_TSAN || resident_kib() - resident <= 512)
		return 0;
	printf("    %ld KiB resident, %ld before\n", resident_kib(), resident);
	return 3;
}

int
stress_child(const char *mode)
{
	return strcmp(mode, "load") == 0 ? load_and_let_go() : 0;
}

static void
loading(void)
{
	char number[32];
	pid_t pid;

	snprintf(number, sizeof(number), "%lu", slot);
	setenv("STRESS_SLOT", number, 1);
	setenv("STRESS_MODULE", p11_path, 1);
	stress_start();
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		execl("/proc/self/exe", "unit-stress", "--child", "load", (char *)NULL);
		_exit(9);
	}
	(void)ended_well(pid);
	stress_done("loaded and let go again, it grows neither in memory nor in descriptors", 120, "times");
}

void
stress_processes(void)
{
	slot = p11_token("processes");
	eight_processes();
	/* A sanitizer's own allocator keeps the locks that other threads held at the fork. */
	if (STRESS_TSAN || STRESS_ASAN)
		printf("skip children forked amid calls: not under a sanitizer\n");
	else
		forks_amid_calls();
	loading();
}
