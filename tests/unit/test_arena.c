/*
 * tests/unit/test_arena.c
 *
 * If these fail, a PIN or a private key can end up in a core dump, in a child process, in
 * swapped pages or in memory that somebody else gets next (R-MED-01, R-CARD-03).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/leaf.h"
#include "tokens/arena.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#if __has_feature(thread_sanitizer) && !defined(__SANITIZE_THREAD__)
#define __SANITIZE_THREAD__ 1
#endif
#endif

/* The sanitizer's mlock() locks nothing and says it did. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CAN_LOCK false
#else
#define CAN_LOCK true
#endif

static bool
all(const uint8_t *ptr, size_t len, uint8_t value)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (ptr[i] != value)
			return false;
	}
	return true;
}

/* The VmFlags of /proc/self/smaps for the page that holds ptr. */
static void
flags_of(const void *ptr, char *flags, size_t room)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	unsigned long low, high, at = (unsigned long)(uintptr_t)ptr;
	char line[1024];
	bool here = false;

	flags[0] = '\0';
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "%lx-%lx ", &low, &high) == 2)
			here = at >= low && at < high;
		else if (here && strncmp(line, "VmFlags:", 8) == 0)
			snprintf(flags, room, "%s", line + 8);
	}
	if (file != NULL)
		fclose(file);
}

static void
test_empty(void)
{
	struct secret s = { (uint8_t *)&s, 7 };

	CU_ASSERT_TRUE(secret_alloc(0, &s));
	CU_ASSERT_PTR_NULL(s.ptr);
	CU_ASSERT_EQUAL(s.len, 0);
	secret_wipe(&s);
	CU_ASSERT_TRUE(secret_equal(s, SECRET_NONE));
	CU_ASSERT_TRUE(secret_copy(NULL, 0, &s));
}

static void
test_too_much(void)
{
	struct secret s;

	CU_ASSERT_FALSE(secret_alloc(SIZE_MAX, &s));
	CU_ASSERT_PTR_NULL(s.ptr);
	CU_ASSERT_FALSE(secret_alloc(SIZE_MAX - 100, &s));
	CU_ASSERT_FALSE(secret_alloc((size_t)1 << 40, &s));
}

static void
test_pages(void)
{
	static const size_t lengths[] = { 32, 16 * 1024 * 1024 };
	struct secret s;
	char flags[1024];
	size_t i;

	for (i = 0; i < 2; i++) {
		CU_ASSERT_TRUE_FATAL(secret_alloc(lengths[i], &s));
		flags_of(s.ptr, flags, sizeof(flags));
		CU_ASSERT_PTR_NOT_NULL(strstr(flags, " dd"));
		CU_ASSERT_PTR_NOT_NULL(strstr(flags, " wf"));
		if (i == 0 && CAN_LOCK)
			CU_ASSERT_EQUAL(strstr(flags, " lo") != NULL, arena_is_locked());
		secret_wipe(&s);
	}
}

static int
read_at(void *ptr)
{
	signal(SIGSEGV, SIG_DFL);
	return *(volatile uint8_t *)ptr != 0;
}

static void
test_guard(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct rlimit none = { 0, 0 }, old;
	struct secret s;
	uint8_t *end;

	CU_ASSERT_TRUE_FATAL(secret_alloc(100000, &s));
	end = (uint8_t *)(((uintptr_t)s.ptr + s.len + page - 1) / page * page);
	getrlimit(RLIMIT_CORE, &old);
	none.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_CORE, &none);
	CU_ASSERT_EQUAL(leaf_fork(read_at, s.ptr + s.len - 1), 0);
	CU_ASSERT_EQUAL(leaf_fork(read_at, end), -SIGSEGV);
	CU_ASSERT_EQUAL(leaf_fork(read_at, (uint8_t *)((uintptr_t)s.ptr / page * page) - 1), -SIGSEGV);
	setrlimit(RLIMIT_CORE, &old);
	secret_wipe(&s);
}

/* What is released is overwritten, and what is given out is zero. */
static void
test_wiped(void)
{
	struct secret s, t;
	const uint8_t *was;
	int i;

	for (i = 0; i < 200; i++) {
		CU_ASSERT_TRUE_FATAL(secret_alloc((size_t)i + 1, &s));
		CU_ASSERT_TRUE(all(s.ptr, s.len, 0));
		memset(s.ptr, 0x5a, s.len);
		was = s.ptr;
		CU_ASSERT_TRUE_FATAL(secret_alloc(1, &t));
		secret_wipe(&s);
		CU_ASSERT_PTR_NULL(s.ptr);
#ifndef __SANITIZE_ADDRESS__
		CU_ASSERT_TRUE(all(was, (size_t)i + 1, 0));
#else
		(void)was;
#endif
		secret_wipe(&t);
	}
}

static void
test_equal(void)
{
	struct secret a = leaf_pin("12345678"), b = leaf_pin("12345678"), c = leaf_pin("12345679"), d;

	CU_ASSERT_TRUE(secret_equal(a, b));
	CU_ASSERT_FALSE(secret_equal(a, c));
	CU_ASSERT_FALSE(secret_equal(a, SECRET_NONE));
	d = secret_move(&a);
	CU_ASSERT_PTR_NULL(a.ptr);
	CU_ASSERT_TRUE(secret_equal(d, b));
	secret_wipe(&b);
	secret_wipe(&c);
	secret_wipe(&d);
}

#define SLOTS 300

/* Blocks never overlap and nothing is lost, whatever the order of taking and giving. */
static void
test_churn(void)
{
	struct secret slots[SLOTS] = { { NULL, 0 } };
	uint8_t marks[SLOTS] = { 0 };
	unsigned seed = 7, round;
	size_t i, len;

	for (round = 0; round < 20000; round++) {
		seed = seed * 1103515245u + 12345u;
		i = (seed >> 16) % SLOTS;
		if (slots[i].ptr != NULL) {
			if (!all(slots[i].ptr, slots[i].len, marks[i]))
				CU_FAIL_FATAL("a block was changed by another");
			secret_wipe(&slots[i]);
			continue;
		}
		len = 1 + (seed >> 8) % (round % 50 == 0 ? 40000 : 600);
		CU_ASSERT_TRUE_FATAL(secret_alloc(len, &slots[i]));
		CU_ASSERT_EQUAL_FATAL((uintptr_t)slots[i].ptr % 16, 0);
		marks[i] = (uint8_t)round;
		memset(slots[i].ptr, marks[i], len);
	}
	for (i = 0; i < SLOTS; i++)
		secret_wipe(&slots[i]);
}

#define MANY 2000

/* The limit answers false, and everything is there again after release (no fragments). */
static void
test_limit(void)
{
	static struct secret many[MANY];
	size_t first = 0, second = 0, i;

	while (first < MANY && secret_alloc(16000, &many[first]))
		first++;
	CU_ASSERT_TRUE(first >= 200 && first < MANY);
	for (i = 0; i < first; i += 2)
		secret_wipe(&many[i]);
	for (i = 0; i < first; i++)
		secret_wipe(&many[i]);
	while (second < MANY && secret_alloc(16000, &many[second]))
		second++;
	CU_ASSERT_EQUAL(first, second);
	for (i = 0; i < second; i++)
		secret_wipe(&many[i]);
}

struct inherited {
	struct secret small, large;
	bool tell;
};

static int
child_looks(void *arg)
{
	struct inherited *in = arg;
	struct secret own;
	uint8_t *was = in->small.ptr;

	if (in->tell)
		arena_after_fork();
	if (!all(in->small.ptr, in->small.len, 0) || !all(in->large.ptr, in->large.len, 0))
		return 1;
	if (!secret_copy("mine", 4, &own))
		return 2;
	secret_wipe(&in->small);
	secret_wipe(&in->large);
	if (in->small.ptr != NULL || in->large.ptr != NULL)
		return 3;
	if (own.ptr == was || memcmp(own.ptr, "mine", 4) != 0)
		return 4;
	secret_wipe(&own);
	arena_after_fork();
	return secret_alloc(10000, &own) && secret_alloc(100000, &own) ? 0 : 5;
}

/* A forked child sees no secret, may release what it inherited, and has an arena of its own. */
static void
test_fork(void)
{
	struct inherited in = { .tell = true };

	CU_ASSERT_TRUE_FATAL(secret_copy("a very secret thing", 19, &in.small));
	CU_ASSERT_TRUE_FATAL(secret_alloc(200000, &in.large));
	memset(in.large.ptr, 0x77, in.large.len);
	CU_ASSERT_EQUAL(leaf_fork(child_looks, &in), 0);
	in.tell = false;
	CU_ASSERT_EQUAL(leaf_fork(child_looks, &in), 0);
	CU_ASSERT_EQUAL(memcmp(in.small.ptr, "a very secret thing", 19), 0);
	CU_ASSERT_TRUE(all(in.large.ptr, in.large.len, 0x77));
	secret_wipe(&in.small);
	secret_wipe(&in.large);
}

static atomic_bool stop;

static void *
busy(void *failed)
{
	struct secret s;

	while (!atomic_load(&stop)) {
		if (!secret_alloc(48, &s)) {
			atomic_store((atomic_bool *)failed, true);
			break;
		}
		if (!all(s.ptr, s.len, 0))
			atomic_store((atomic_bool *)failed, true);
		memset(s.ptr, 1, s.len);
		secret_wipe(&s);
	}
	return NULL;
}

static int
child_allocates(void *unused)
{
	struct secret s;

	(void)unused;
	arena_after_fork();
	return secret_alloc(64, &s) ? 0 : 1;
}

/* A child forked while another thread is inside the allocator does not hang. */
static void
test_fork_in_use(void)
{
	pthread_t threads[3];
	atomic_bool failed;
	int i;

	atomic_init(&failed, false);
	atomic_store(&stop, false);
	for (i = 0; i < 3; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, busy, &failed), 0);
	for (i = 0; i < 40; i++)
		CU_ASSERT_EQUAL(leaf_fork(child_allocates, NULL), 0);
	atomic_store(&stop, true);
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT_FALSE(atomic_load(&failed));
}

static int
child_without_locking(void *unused)
{
	struct rlimit none = { 0, 0 };
	struct secret s;

	(void)unused;
	if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || setgid(65534) != 0 || setuid(65534) != 0)
		return 1;
	arena_after_fork();
	if (!secret_alloc(64, &s))
		return 2;
	return arena_is_locked() ? 3 : 0;
}

/* Where nothing may be locked, the module still works and says so. */
static void
test_unlocked(void)
{
	if (getuid() == 0 && CAN_LOCK)
		CU_ASSERT_EQUAL(leaf_fork(child_without_locking, NULL), 0);
}

CU_TestInfo tests_arena[] = {
	{ "an empty secret", test_empty },
	{ "more than there is", test_too_much },
	{ "pages: no dump, wiped on fork, locked", test_pages },
	{ "guard pages", test_guard },
	{ "wiped on release, zero when given", test_wiped },
	{ "comparison", test_equal },
	{ "any order of taking and giving", test_churn },
	{ "the limit, and no fragments", test_limit },
	{ "a forked child", test_fork },
	{ "a fork inside the allocator", test_fork_in_use },
	{ "no locking allowed", test_unlocked },
	CU_TEST_INFO_NULL,
};
