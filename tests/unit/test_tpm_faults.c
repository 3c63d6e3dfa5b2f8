/*
 * tests/unit/test_tpm_faults.c: a TPM that loses power, is killed or is held by others must not need the application to
 * be restarted, and nothing of ours may stay in it, or nobody else could use it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/tpm_kit.h"
#include "tokens/tpm/device_priv.h"

#define KEYS 5
#define CHILD_SECONDS 60
#if defined(__SANITIZE_THREAD__)
#define CHILD_NO_THREADS true /* it knows of none in the child of a process with several */
#else
#define CHILD_NO_THREADS false
#endif

static void
nap_ms(long ms)
{
	const struct timespec nap = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&nap, NULL);
}

static double
seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What run() returns in a child of its own, which begins with nothing of the parent's; minus a signal. */
static pid_t
begin_child(int (*run)(void *), void *arg)
{
	const pid_t pid = fork();

	if (pid == 0) {
		(void)alarm(CHILD_SECONDS);
		_exit(run(arg));
	}
	return pid;
}

static int
end_child(pid_t pid)
{
	int status = 0;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1000;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static struct tpm *
new_tpm(const char *tcti, bool no_threads)
{
	const struct tpm_options options = { .tcti = tcti, .no_threads = no_threads };
	struct tpm *tpm = NULL;

	return tpm_new(kit_seal, &options, &tpm) == TOKEN_OK ? tpm : NULL;
}

/* ---- Keys that are more than the TPM has room for ----------------------------------------------- */

struct keys {
	struct tpm_blob blobs[KEYS];
	unsigned next;
	TPMT_SIGNATURE signature;
};

static enum token_result
make_keys(struct tpm *tpm, void *arg)
{
	struct keys *keys = arg;
	TSS2_RC rc = TSS2_RC_SUCCESS;
	size_t i;

	for (i = 0; rc == TSS2_RC_SUCCESS && i < KEYS; i++)
		rc = kit_key(tpm, NULL, &keys->blobs[i]);
	return tpm_result(rc);
}

static enum token_result
sign_next(struct tpm *tpm, void *arg)
{
	struct keys *keys = arg;
	struct tpm_session *policy, *hmac;
	struct tpm_ref key;
	TSS2_RC rc;

	rc = tpm_object(tpm, &keys->blobs[keys->next++ % KEYS], &key);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_hmac_session(tpm, &hmac);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_policy_session(tpm, &policy);
	return tpm_result(rc == TSS2_RC_SUCCESS ? kit_sign(tpm, &key, NULL, &keys->signature) : rc);
}

static bool
is_signed(const struct keys *keys)
{
	return kit_verifies(&keys->blobs[(keys->next - 1) % KEYS].public_area.publicArea, &keys->signature);
}

/* A device with keys, and nothing in the TPM. */
static struct tpm *
begin_keys(struct keys *keys)
{
	struct tpm *tpm = kit_tpm(swtpm_tcti());

	memset(keys, 0, sizeof(*keys));
	CU_ASSERT_EQUAL_FATAL(tpm_do(tpm, make_keys, keys), TOKEN_OK);
	return tpm;
}

static void
end_keys(struct tpm *tpm)
{
	tpm_free(tpm);
	CU_ASSERT_EQUAL(kit_left(), 0);
}

/* The TPM has three places for objects: more keys than that take turns. */
static void
test_many_keys(void)
{
	struct keys keys;
	struct tpm *tpm = begin_keys(&keys);
	uint64_t commands;
	int i, failed = 0;

	for (i = 0; i < 4 * KEYS; i++)
		failed += tpm_do(tpm, sign_next, &keys) != TOKEN_OK || !is_signed(&keys);
	CU_ASSERT_EQUAL(failed, 0);
	/* One that is loaded is not loaded again. */
	keys.next = 0;
	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
	keys.next = 0;
	commands = tpm_command_count(tpm);
	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
	CU_ASSERT_TRUE(tpm_command_count(tpm) - commands <= 2); /* one and, it may be, PolicyRestart */
	end_keys(tpm);
}

static enum token_result
sign_in_few(struct tpm *tpm, void *arg)
{
	enum token_result res;

	tpm->line.few_slots = true;
	res = sign_next(tpm, arg);
	return tpm->line.handle_count <= 3 + 2 ? res : TOKEN_ERR_FULL;
}

/* The kernel's resource manager takes the fourth object for a broken device: it must never see one. */
static void
test_few_places(void)
{
	struct keys keys;
	struct tpm *tpm = begin_keys(&keys);
	int i, failed = 0;

	for (i = 0; i < 3 * KEYS; i++)
		failed += tpm_do(tpm, sign_in_few, &keys) != TOKEN_OK || !is_signed(&keys);
	CU_ASSERT_EQUAL(failed, 0);
	CU_ASSERT_TRUE(tpm->loaded_count == 2);
	end_keys(tpm);
}

/* ---- Handles ------------------------------------------------------------------------------------- */

enum { GOOD, LEAK_OBJECT, LEAK_SESSION, BAD_BLOB, BAD_HANDLE, BAD_SIGN, HALF_POLICY, FLUSH_OWN, FORGET, KINDS };

struct random_work {
	struct keys keys;
	unsigned kind;
	uint64_t done[KINDS];
};

static TSS2_RC
leak_object(struct tpm *tpm)
{
	const struct tpm_ref null = tpm_permanent(TPM2_RH_NULL), *const refs[] = { &null };
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPML_PCR_SELECTION pcrs = { 0 };
	const TPM2B_DATA outside = { 0 };
	const struct tpm_auth auth = { 0 };
	struct tpm_ref srk;
	TSS2_RC rc;

	rc = tpm_srk(tpm, &srk);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_CreatePrimary_Prepare(tpm_sys(tpm), TPM2_RH_NULL, &sensitive, &tpm->srk_public, &outside,
			&pcrs);
	return rc == TSS2_RC_SUCCESS ? tpm_execute(tpm, refs, 1, &auth, 1) : rc;
}

static TSS2_RC
leak_session(struct tpm *tpm)
{
	const TPM2B_NONCE nonce = { .size = 32 };
	const TPM2B_ENCRYPTED_SECRET salt = { 0 };
	const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
	TSS2_RC rc;

	rc = Tss2_Sys_StartAuthSession_Prepare(tpm_sys(tpm), TPM2_RH_NULL, TPM2_RH_NULL, &nonce, &salt, TPM2_SE_TRIAL,
		&none, TPM2_ALG_SHA256);
	return rc == TSS2_RC_SUCCESS ? tpm_execute(tpm, NULL, 0, NULL, 0) : rc;
}

static TSS2_RC
one_of(struct tpm *tpm, struct random_work *work)
{
	struct tpm_ref key = { .handle = 0x80ffffff, .name.size = 34 };
	const struct tpm_ref nowhere = { .handle = 0x01801fff, .name.size = 34 };
	struct tpm_blob blob = work->keys.blobs[0];
	struct tpm_session *session;
	TPMT_SIGNATURE signature;
	TSS2_RC rc;

	switch (work->kind) {
	case LEAK_OBJECT:
		return leak_object(tpm);
	case LEAK_SESSION:
		return leak_session(tpm);
	case BAD_BLOB:
		blob.private_area.buffer[40] ^= 1;
		blob.name.name[5] ^= 1;
		return tpm_object(tpm, &blob, &key);
	case BAD_HANDLE:
		return kit_sign(tpm, &key, NULL, &signature);
	case BAD_SIGN:
		rc = tpm_object(tpm, &blob, &key);
		key.name.name[3] ^= 1;
		if (rc == TSS2_RC_SUCCESS)
			rc = tpm_hmac_session(tpm, &session);
		return rc == TSS2_RC_SUCCESS ? kit_sign(tpm, &key, session, &signature) : rc;
	case HALF_POLICY:
		rc = tpm_policy_session(tpm, &session);
		return rc == TSS2_RC_SUCCESS ? kit_policy_secret(tpm, &nowhere, SECRET_NONE, session) : rc;
	case FLUSH_OWN:
		rc = tpm_policy_session(tpm, &session);
		if (rc == TSS2_RC_SUCCESS)
			(void)tpm_flush(tpm, tpm_session_handle(session));
		return rc;
	case FORGET:
		tpm_object_forget(tpm, &blob.name);
		return TSS2_RC_SUCCESS;
	default:
		return tpm_result(TSS2_RC_SUCCESS) == sign_next(tpm, &work->keys) ? TSS2_RC_SUCCESS : TPM2_RC_FAILURE;
	}
}

static enum token_result
random_job(struct tpm *tpm, void *arg)
{
	struct random_work *work = arg;
	TSS2_RC rc = one_of(tpm, work);

	if (rc == TSS2_RC_SUCCESS)
		work->done[work->kind]++;
	return tpm_result(rc);
}

/* Thousands of commands, good and bad, in any order: as many handles as before. */
static void
test_handles(void)
{
	static const enum token_result want[KINDS] = { [BAD_BLOB] = TOKEN_ERR_OTHER_DEVICE,
		[BAD_HANDLE] = TOKEN_ERR_DEVICE,
		[BAD_SIGN] = TOKEN_ERR_PIN,
		[HALF_POLICY] = TOKEN_ERR_DEVICE };
	struct random_work work = { 0 };
	unsigned seed = 11, round, failed = 0;
	struct tpm *tpm = begin_keys(&work.keys);

	for (round = 0; round < 2500; round++) {
		seed = seed * 1103515245u + 12345u;
		work.kind = (seed >> 16) % (2 * KINDS);
		if (work.kind >= KINDS)
			work.kind = GOOD;
		if (tpm_do(tpm, random_job, &work) != want[work.kind])
			failed++;
		if (work.kind == GOOD && !is_signed(&work.keys))
			failed++;
		if (round % 500 == 499) { /* what another program would see now and then */
			nap_ms(300);
			CU_ASSERT_EQUAL(kit_left(), 0);
		}
	}
	CU_ASSERT_EQUAL(failed, 0);
	CU_ASSERT_TRUE(tpm_command_count(tpm) > 2500);
	end_keys(tpm);
}

/* ---- Power ----------------------------------------------------------------------------------------- */

static void
test_power(void)
{
	struct keys keys;
	struct tpm *tpm = begin_keys(&keys);
	int i;

	for (i = 0; i < 5; i++) {
		CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
		CU_ASSERT_TRUE_FATAL(swtpm_restart());
		CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
		CU_ASSERT_TRUE(is_signed(&keys));
	}
	swtpm_kill();
	for (i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_ERR_DEVICE);
	CU_ASSERT_TRUE_FATAL(swtpm_restart());
	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
	CU_ASSERT_TRUE(is_signed(&keys));
	end_keys(tpm);
}

/* TPM_INIT by swtpm's control channel: a reset that the connection survives. */
static bool
reset_tpm(void)
{
	const uint8_t command[8] = { 0, 0, 0, 2 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint8_t answer[4];
	bool done;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s.ctrl", swtpm_path());
	done = fd >= 0 && connect(fd, (const struct sockaddr *)(const void *)&address, sizeof(address)) == 0 &&
		send(fd, command, sizeof(command), MSG_NOSIGNAL) == (ssize_t)sizeof(command) &&
		recv(fd, answer, sizeof(answer), MSG_WAITALL) == (ssize_t)sizeof(answer) && line_u32(answer) == 0;
	if (fd >= 0)
		(void)close(fd);
	return done;
}

/* What was loaded is gone, and a PIN's session with it, though nobody hung up. */
static void
test_reset(void)
{
	struct keys keys;
	struct tpm *tpm = begin_keys(&keys);
	int i;

	for (i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
		CU_ASSERT_TRUE_FATAL(reset_tpm());
		CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
		CU_ASSERT_TRUE(is_signed(&keys));
	}
	end_keys(tpm);
}

static void *
kill_soon(void *unused)
{
	(void)unused;
	nap_ms(30);
	swtpm_kill();
	return NULL;
}

/* Killed in the middle of what it does. */
static void
test_killed(void)
{
	struct keys keys;
	struct tpm *tpm = begin_keys(&keys);
	enum token_result res;
	pthread_t thread;
	int round;

	for (round = 0; round < 3; round++) {
		CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, kill_soon, NULL), 0);
		do
			res = tpm_do(tpm, sign_next, &keys);
		while (res == TOKEN_OK);
		CU_ASSERT_EQUAL(res, TOKEN_ERR_DEVICE);
		(void)pthread_join(thread, NULL);
		CU_ASSERT_TRUE_FATAL(swtpm_restart());
		CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
		CU_ASSERT_TRUE(is_signed(&keys));
	}
	end_keys(tpm);
}

/* Another TPM: its root key is another one, and our keys are not for it. */
static void
test_replaced(void)
{
	struct keys keys;
	struct tpm *tpm = begin_keys(&keys);

	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
	CU_ASSERT_TRUE_FATAL(swtpm_replace());
	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_ERR_OTHER_DEVICE);
	end_keys(tpm);
}

/* The same by libtss2's own way to an swtpm, which writes without a thought of SIGPIPE. */
static void
test_generic_line(void)
{
	char tcti[200];
	struct keys keys;
	struct tpm *tpm;

	(void)snprintf(tcti, sizeof(tcti), "libtss2-tcti-swtpm.so.0:path=%s", swtpm_path());
	tpm = new_tpm(tcti, false);
	CU_ASSERT_PTR_NOT_NULL_FATAL(tpm);
	memset(&keys, 0, sizeof(keys));
	CU_ASSERT_EQUAL(tpm_do(tpm, make_keys, &keys), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
	CU_ASSERT_TRUE_FATAL(swtpm_restart());
	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
	CU_ASSERT_TRUE(is_signed(&keys));
	swtpm_kill();
	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_ERR_DEVICE);
	CU_ASSERT_TRUE_FATAL(swtpm_restart());
	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
	end_keys(tpm);
}

/* ---- Others ------------------------------------------------------------------------------------------ */

static unsigned
thread_count(void)
{
	unsigned count = 0;
	char line[128];
	FILE *status = fopen("/proc/self/status", "r");

	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		(void)sscanf(line, "Threads: %u", &count);
	if (status != NULL)
		(void)fclose(status);
	return count;
}

/* Idle: nothing in the TPM, no connection, no thread. */
static void
test_idle(void)
{
	const unsigned threads = thread_count();
	struct keys keys;
	struct tpm *tpm = begin_keys(&keys);

	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
	CU_ASSERT_EQUAL(thread_count(), threads + 1);
	nap_ms(450);
	CU_ASSERT_EQUAL(thread_count(), threads);
	CU_ASSERT_EQUAL(kit_left(), 0);
	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
	end_keys(tpm);
	CU_ASSERT_EQUAL(thread_count(), threads);
}

static void
test_no_threads(void)
{
	const unsigned threads = thread_count();
	struct keys keys = { 0 };
	struct tpm *tpm = new_tpm(swtpm_tcti(), true);

	CU_ASSERT_PTR_NOT_NULL_FATAL(tpm);
	CU_ASSERT_EQUAL(tpm_do(tpm, make_keys, &keys), TOKEN_OK);
	CU_ASSERT_EQUAL(thread_count(), threads);
	CU_ASSERT_EQUAL(kit_left(), 0);
	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
	CU_ASSERT_TRUE(is_signed(&keys));
	CU_ASSERT_EQUAL(kit_left(), 0);
	end_keys(tpm);
}

static enum token_result
fill_up(struct tpm *tpm, void *arg)
{
	struct keys *keys = arg;
	TPM2_HANDLE handles = 0;
	int i;

	for (i = 0; i < 3; i++) {
		if (leak_session(tpm) != TSS2_RC_SUCCESS)
			handles++;
	}
	(void)sign_next(tpm, keys);
	for (i = 0; i < 3; i++)
		(void)leak_object(tpm);
	(void)kill(getpid(), SIGKILL); /* here and now */
	return TOKEN_OK;
}

static int
die_in_a_job(void *arg)
{
	return (int)tpm_do(new_tpm(swtpm_tcti(), false), fill_up, arg);
}

/* A process that was killed leaves the TPM full; the next one makes room. */
static void
test_leftovers(void)
{
	struct keys keys;
	struct tpm *tpm = begin_keys(&keys);

	end_keys(tpm);
	CU_ASSERT_EQUAL(end_child(begin_child(die_in_a_job, &keys)), -SIGKILL);
	CU_ASSERT_TRUE(kit_left() >= 3);
	tpm = kit_tpm(swtpm_tcti());
	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
	CU_ASSERT_TRUE(is_signed(&keys));
	end_keys(tpm);
}

static int
use_it_all_the_time(void *arg)
{
	struct tpm *tpm = new_tpm(swtpm_tcti(), false);
	const double end = seconds() + 5;
	struct keys *keys = arg;

	while (seconds() < end) {
		if (tpm_do(tpm, sign_next, keys) != TOKEN_OK)
			return 1;
	}
	tpm_free(tpm);
	return 0;
}

/* A process that never stops signing lets others have their turn. */
static void
test_turns(void)
{
	struct keys keys;
	struct tpm *tpm = begin_keys(&keys);
	double begun;
	pid_t child;

	end_keys(tpm);
	child = begin_child(use_it_all_the_time, &keys);
	nap_ms(300);
	tpm = kit_tpm(swtpm_tcti());
	begun = seconds();
	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
	CU_ASSERT_TRUE(seconds() - begun < 3.5);
	tpm_free(tpm);
	CU_ASSERT_EQUAL(end_child(child), 0);
	CU_ASSERT_EQUAL(kit_left(), 0);
}

/* ---- Fork --------------------------------------------------------------------------------------------- */

struct inherited {
	struct tpm *tpm;
	struct keys *keys;
};

static int
child_uses_own(void *arg)
{
	struct inherited *in = arg;
	struct tpm *tpm;
	int i;

	/* What it inherited is of no use, and does no harm. */
	if (tpm_do(in->tpm, sign_next, in->keys) != TOKEN_ERR_DEVICE)
		return 1;
	tpm_free(in->tpm);
	arena_after_fork();
	tpm = new_tpm(swtpm_tcti(), CHILD_NO_THREADS);
	for (i = 0; i < 3; i++) {
		if (tpm == NULL || tpm_do(tpm, sign_next, in->keys) != TOKEN_OK || !is_signed(in->keys))
			return 2;
	}
	tpm_free(tpm);
	return 0;
}

static int
child_waits(void *arg)
{
	(void)arg;
	nap_ms(1500);
	return 0;
}

static void
test_fork(void)
{
	struct keys keys;
	struct tpm *tpm = begin_keys(&keys);
	struct inherited in = { tpm, &keys };
	pid_t waiting;

	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
	CU_ASSERT_EQUAL(end_child(begin_child(child_uses_own, &in)), 0);
	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
	/* A child that holds the connection, too, does not keep others out. */
	waiting = begin_child(child_waits, NULL);
	nap_ms(400);
	CU_ASSERT_EQUAL(kit_left(), 0);
	CU_ASSERT_EQUAL(tpm_do(tpm, sign_next, &keys), TOKEN_OK);
	CU_ASSERT_EQUAL(end_child(waiting), 0);
	end_keys(tpm);
}

/* ---- Threads -------------------------------------------------------------------------------------------- */

struct many {
	struct tpm *tpm;
	struct keys keys;
	unsigned failed;
};

static void *
sign_many(void *arg)
{
	struct many *many = arg;
	int i;

	for (i = 0; i < 50; i++)
		many->failed += tpm_do(many->tpm, sign_next, &many->keys) != TOKEN_OK || !is_signed(&many->keys);
	return NULL;
}

static void
test_threads(void)
{
	struct many many[4];
	pthread_t threads[4];
	struct keys keys;
	struct tpm *tpm = begin_keys(&keys);
	int i;

	for (i = 0; i < 4; i++) {
		many[i] = (struct many){ .tpm = tpm, .keys = keys };
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, sign_many, &many[i]), 0);
	}
	for (i = 0; i < 4; i++) {
		(void)pthread_join(threads[i], NULL);
		CU_ASSERT_EQUAL(many[i].failed, 0);
	}
	end_keys(tpm);
}

/* ---- Silence ---------------------------------------------------------------------------------------------- */

static int
fail_in_all_ways(void *arg)
{
	/* The last two are whatever TPM the machine has, which may well be one. */
	static const char *const tctis[] = { "swtpm:port=1", "swtpm:host=nowhere.invalid", "swtpm:path=/nonexistent",
		"device:/dev/nonexistent", "device:/dev/null", "tabrmd:bus_name=no.such.name", "no-such-tcti",
		"no-such-tcti:/dev/null", "mssim:port=1", "libtss2-tcti-swtpm.so.0:port=1",
		"libtss2-tcti-tabrmd.so.0:bus_name=no.such.name", "", NULL };
	const size_t nobody = sizeof(tctis) / sizeof(tctis[0]) - 2;
	const int *fd = arg;
	struct keys keys = { 0 };
	struct tpm *tpm;
	size_t i;

	if (dup2(*fd, 2) != 2 || dup2(*fd, 1) != 1)
		return 100;
	for (i = 0; i < sizeof(tctis) / sizeof(tctis[0]); i++) {
		tpm = new_tpm(tctis[i], false);
		if (tpm_do(tpm, make_keys, &keys) == TOKEN_OK && i < nobody)
			return 1 + (int)i;
		tpm_free(tpm);
	}
	return 0;
}

/* No TPM: a defined result, soon, and not one word to the application's output. */
static void
test_silent(void)
{
	char text[200];
	int fds[2];
	pid_t child;
	ssize_t got;
	const time_t began = time(NULL);

	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	child = begin_child(fail_in_all_ways, &fds[1]);
	(void)close(fds[1]);
	got = read(fds[0], text, sizeof(text) - 1);
	CU_ASSERT_EQUAL(got, 0);
	if (got > 0)
		(void)fprintf(stderr, "said: %.*s\n", (int)got, text);
	CU_ASSERT_EQUAL(end_child(child), 0);
	CU_ASSERT_TRUE(time(NULL) - began < 8);
	(void)close(fds[0]);
}

CU_TestInfo tests_tpm_faults[] = {
	{ "more keys than places", test_many_keys },
	{ "places of the kernel's manager", test_few_places },
	{ "handles, in any order", test_handles },
	{ "power", test_power },
	{ "a reset", test_reset },
	{ "killed", test_killed },
	{ "another TPM", test_replaced },
	{ "libtss2's own line", test_generic_line },
	{ "idle", test_idle },
	{ "no threads allowed", test_no_threads },
	{ "what a killed process left", test_leftovers },
	{ "turns", test_turns },
	{ "fork", test_fork },
	{ "threads", test_threads },
	{ "silence", test_silent },
	CU_TEST_INFO_NULL,
};
