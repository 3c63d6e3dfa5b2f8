/*
 * tests/unit/test_tpm_line.c: were the line too trusting, somebody on the bus could make a wrong answer pass for the
 * TPM's, or read a PIN; were it too proud, a TPM that is busy for a moment would be out of order.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/tpm_kit.h"
#include "tests/unit/tpm_between.h"
#include "tokens/tpm/device_priv.h"

#define INDEX 0x01801200
#define VALUE "a value that nobody may see"
#define PLAIN 0x77
#define HEADER_SIZE 10

/* ---- A job of all kinds of commands ----------------------------------------------------------- */

struct work {
	struct tpm_ref nv;
	struct tpm_blob blob;
	TPMT_SIGNATURE signature;
	uint8_t data[32];
	TSS2_RC rc;
	unsigned jobs;
};

static enum token_result
set_up(struct tpm *tpm, void *arg)
{
	struct secret value = kit_value(VALUE);
	struct work *work = arg;
	uint8_t data[32];
	TPM2B_DIGEST policy;

	memset(data, PLAIN, sizeof(data));
	work->rc = kit_nv_define(tpm, INDEX, VALUE, &work->nv);
	if (work->rc == TSS2_RC_SUCCESS)
		work->rc = kit_nv_write(tpm, &work->nv, value, data);
	kit_nv_written(&work->nv);
	kit_policy_of(&work->nv.name, &policy);
	if (work->rc == TSS2_RC_SUCCESS)
		work->rc = kit_key(tpm, &policy, &work->blob);
	secret_wipe(&value);
	return tpm_result(work->rc);
}

static enum token_result
tear_down(struct tpm *tpm, void *arg)
{
	struct work *work = arg;

	return tpm_result(kit_nv_undefine(tpm, &work->nv));
}

/* Read the index and sign under its policy. */
static enum token_result
read_and_sign(struct tpm *tpm, void *arg)
{
	struct secret value = kit_value(VALUE);
	struct tpm_session *policy;
	struct work *work = arg;
	struct tpm_ref key;

	work->jobs++;
	work->rc = kit_nv_read(tpm, &work->nv, value, work->data);
	if (work->rc == TSS2_RC_SUCCESS)
		work->rc = tpm_object(tpm, &work->blob, &key);
	if (work->rc == TSS2_RC_SUCCESS)
		work->rc = tpm_policy_session(tpm, &policy);
	if (work->rc == TSS2_RC_SUCCESS)
		work->rc = kit_policy_secret(tpm, &work->nv, value, policy);
	if (work->rc == TSS2_RC_SUCCESS)
		work->rc = kit_sign(tpm, &key, policy, &work->signature);
	secret_wipe(&value);
	return tpm_result(work->rc);
}

/* Such work, set up without a relay. */
static void
begin_work(struct work *work)
{
	struct tpm *tpm = kit_tpm(swtpm_tcti());

	memset(work, 0, sizeof(*work));
	CU_ASSERT_EQUAL_FATAL(tpm_do(tpm, set_up, work), TOKEN_OK);
	tpm_free(tpm);
}

/* And nothing is left in the TPM. */
static void
end_work(struct work *work)
{
	struct tpm *tpm = kit_tpm(swtpm_tcti());

	CU_ASSERT_EQUAL(tpm_do(tpm, tear_down, work), TOKEN_OK);
	tpm_free(tpm);
	CU_ASSERT_EQUAL(kit_left(), 0);
}

static bool
is_right(const struct work *work)
{
	uint8_t data[32];

	memset(data, PLAIN, sizeof(data));
	return memcmp(work->data, data, sizeof(data)) == 0 &&
		kit_verifies(&work->blob.public_area.publicArea, &work->signature);
}

/* Do it once through a relay; the result, and that nothing is left when it has let go. */
static enum token_result
work_through(const struct between_rules *rules, struct work *work)
{
	struct tpm *tpm = kit_tpm(between_begin(rules));
	enum token_result res;

	memset(work->data, 0, sizeof(work->data));
	memset(&work->signature, 0, sizeof(work->signature));
	work->jobs = 0;
	res = tpm_do(tpm, read_and_sign, work);
	tpm_free(tpm);
	between_end();
	return res;
}

static double
seconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- A busy TPM ------------------------------------------------------------------------------ */

struct busy {
	uint32_t command, code;
	unsigned times, asked;
};

static size_t
say_busy(void *arg, const uint8_t *command, size_t len, uint8_t *answer)
{
	struct busy *busy = arg;

	(void)len;
	if (between_command(command) != busy->command)
		return 0;
	return busy->asked++ < busy->times ? between_code(answer, busy->code) : 0;
}

static void
test_busy(void)
{
	static const uint32_t codes[] = { TPM2_RC_RETRY, TPM2_RC_YIELDED, TPM2_RC_TESTING, TPM2_RC_NV_RATE,
		TPM2_RC_NV_UNAVAILABLE, 0xb0000 | TPM2_RC_RETRY, 0xc0000 | TPM2_RC_NV_RATE };
	static const uint32_t commands[] = { TPM2_CC_ReadPublic, TPM2_CC_StartAuthSession, TPM2_CC_Load,
		TPM2_CC_PolicySecret, TPM2_CC_Sign, TPM2_CC_NV_Read };
	struct work work;
	size_t i;

	begin_work(&work);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct busy busy = { commands[i], codes[i % (sizeof(codes) / sizeof(codes[0]))], 4, 0 };
		const struct between_rules rules = { .before = say_busy, .arg = &busy };

		CU_ASSERT_EQUAL(work_through(&rules, &work), TOKEN_OK);
		CU_ASSERT_TRUE(busy.asked >= 5);
		CU_ASSERT_EQUAL(work.jobs, 1);
		CU_ASSERT_TRUE(is_right(&work));
	}
	end_work(&work);
}

/* It gives up: an application must not hang for ever. */
static void
test_busy_for_good(void)
{
	struct busy busy = { TPM2_CC_Sign, TPM2_RC_NV_RATE, 100000, 0 };
	const struct between_rules rules = { .before = say_busy, .arg = &busy };
	struct work work;
	double begun;

	begin_work(&work);
	begun = seconds();
	CU_ASSERT_EQUAL(work_through(&rules, &work), TOKEN_ERR_DEVICE);
	CU_ASSERT_EQUAL(work.rc, TPM2_RC_NV_RATE);
	begun = seconds() - begun;
	CU_ASSERT_TRUE(begun > 2 && begun < 15);
	CU_ASSERT_TRUE(busy.asked < 60); /* not hammering */
	end_work(&work);
}

/* A simulator that nobody has started. */
static size_t
say_not_started(void *arg, const uint8_t *command, size_t len, uint8_t *answer)
{
	unsigned *started = arg;

	(void)len;
	if (between_command(command) == TPM2_CC_Startup) {
		++*started;
		return between_code(answer, TPM2_RC_SUCCESS);
	}
	return *started == 0 ? between_code(answer, TPM2_RC_INITIALIZE) : 0;
}

static void
test_startup(void)
{
	unsigned started = 0;
	const struct between_rules rules = { .before = say_not_started, .arg = &started };
	struct work work;

	begin_work(&work);
	CU_ASSERT_EQUAL(work_through(&rules, &work), TOKEN_OK);
	CU_ASSERT_EQUAL(started, 1);
	CU_ASSERT_TRUE(is_right(&work));
	end_work(&work);
}

/* ---- Errors of all kinds ---------------------------------------------------------------------- */

struct trouble {
	unsigned at, seen;        /* the at-th command from 0 … */
	unsigned times, happened; /* … of the first so many connections */
	size_t answer_len;
	uint8_t answer[BETWEEN_ROOM];
	bool hang_up, after;
};

static bool
is_now(struct trouble *t, const uint8_t *command)
{
	if (between_command(command) == TPM2_CC_FlushContext || between_command(command) == TPM2_CC_GetCapability)
		return false;
	if (t->seen++ != t->at || t->happened >= t->times)
		return false;
	t->happened++;
	t->seen = 0; /* it will begin again */
	return true;
}

static size_t
make_trouble(void *arg, const uint8_t *command, size_t len, uint8_t *answer)
{
	struct trouble *t = arg;

	(void)len;
	if (t->after || !is_now(t, command))
		return 0;
	if (t->hang_up)
		return BETWEEN_HANG_UP;
	memcpy(answer, t->answer, t->answer_len);
	return t->answer_len;
}

static size_t
make_trouble_after(void *arg, const uint8_t *command, size_t command_len, uint8_t *answer, size_t len)
{
	struct trouble *t = arg;

	(void)command_len;
	(void)answer;
	return t->after && is_now(t, command) ? BETWEEN_HANG_UP : len;
}

/* The connection ends before or after one of the commands: once, and the job is done again; twice, and it is not, but
 * the next one is. What was in the TPM then is flushed. */
static void
hang_up(struct work *work, unsigned at, bool after, unsigned times)
{
	struct trouble t = { .at = at, .times = times, .hang_up = true, .after = after };
	const struct between_rules rules = { make_trouble, make_trouble_after, &t };
	struct tpm *tpm = kit_tpm(between_begin(&rules));

	work->jobs = 0;
	CU_ASSERT_EQUAL(tpm_do(tpm, read_and_sign, work), times == 1 ? TOKEN_OK : TOKEN_ERR_DEVICE);
	CU_ASSERT_EQUAL(work->jobs, 2);
	CU_ASSERT_EQUAL(tpm_do(tpm, read_and_sign, work), TOKEN_OK);
	CU_ASSERT_TRUE(is_right(work));
	tpm_free(tpm);
	between_end();
	CU_ASSERT_EQUAL(t.happened, times);
	CU_ASSERT_EQUAL(kit_left(), 0);
}

static void
test_hang_up(void)
{
	struct work work;
	unsigned at;

	begin_work(&work);
	for (at = 0; at < 7; at++) {
		hang_up(&work, at, false, 1);
		hang_up(&work, at, true, 1);
		hang_up(&work, at, false, 2);
		hang_up(&work, at, true, 2);
	}
	end_work(&work);
}

/* Answers that are no answers: nothing is read past their ends, and the TPM is asked again on a new connection. */
static void
test_malformed(void)
{
	static const struct {
		size_t len;
		uint8_t bytes[16];
	} answers[] = {
		{ 10, { 0x80, 0x01, 0, 0, 0, 9, 0, 0, 0, 0 } },             /* shorter than its head */
		{ 10, { 0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0 } }, /* larger than all */
		{ 10, { 0x80, 0x02, 0, 0, 0, 10, 0, 0, 0, 0 } },            /* with sessions that are not there */
		{ 10, { 0x80, 0x01, 0, 0, 0, 10, 0, 0, 0, 0 } },            /* success, and nothing else */
		{ 10, { 0, 0, 0, 0, 0, 10, 0, 0, 0, 0 } },                  /* no tag */
		{ 14, { 0x80, 0x02, 0, 0, 0, 14, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff } }, /* parameters longer than it */
	};
	struct work work;
	unsigned at; /* 0 asks for a stored root key: none is all right */
	size_t i;

	begin_work(&work);
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		for (at = 1; at < 7; at++) {
			struct trouble t = { .at = at, .times = 2, .answer_len = answers[i].len };
			const struct between_rules rules = { .before = make_trouble, .arg = &t };

			memcpy(t.answer, answers[i].bytes, answers[i].len);
			CU_ASSERT_NOT_EQUAL(work_through(&rules, &work), TOKEN_OK);
			CU_ASSERT_FALSE(is_right(&work));
		}
	}
	end_work(&work);
}

/* A TPM that says nothing for too long: nobody waits twice. */
static void
test_silence(void)
{
	struct trouble t = { .at = 5, .times = 1, .answer_len = 4, .answer = { 0x80, 0x01, 0, 0 } };
	const struct between_rules rules = { .before = make_trouble, .arg = &t };
	struct work work;
	struct tpm *tpm;
	double begun;

	begin_work(&work);
	tpm = kit_tpm(between_begin(&rules));
	tpm->line.patience_ms = 150;
	begun = seconds();
	CU_ASSERT_EQUAL(tpm_do(tpm, read_and_sign, &work), TOKEN_ERR_DEVICE);
	CU_ASSERT_TRUE(seconds() - begun < 5);
	CU_ASSERT_EQUAL(work.jobs, 1);
	/* It is not asked again at once, and then it is. */
	CU_ASSERT_EQUAL(tpm_do(tpm, read_and_sign, &work), TOKEN_ERR_DEVICE);
	CU_ASSERT_EQUAL(work.jobs, 1);
	(void)usleep(200000);
	CU_ASSERT_EQUAL(tpm_do(tpm, read_and_sign, &work), TOKEN_OK);
	tpm_free(tpm);
	between_end();
	end_work(&work);
}

/* Errors of the TPM itself are the job's to see, and leave nothing behind. */
static void
test_errors(void)
{
	static const uint32_t codes[] = { TPM2_RC_FAILURE, TPM2_RC_COMMAND_CODE, TPM2_RC_LOCKOUT, 0x1df, 0x9a2,
		TPM2_RC_MEMORY, TPM2_RC_OBJECT_MEMORY, TPM2_RC_SESSION_MEMORY, TPM2_RC_REFERENCE_H0,
		TPM2_RC_REFERENCE_S0, 0x18b, 0x98b };
	struct work work;
	unsigned at;
	size_t i;

	begin_work(&work);
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		for (at = 0; at < 7; at++) {
			struct trouble t = { .at = at, .times = 1000 };
			const struct between_rules rules = { .before = make_trouble, .arg = &t };

			t.answer_len = between_code(t.answer, codes[i]);
			CU_ASSERT_NOT_EQUAL(work_through(&rules, &work), TOKEN_OK);
			CU_ASSERT_EQUAL(kit_left(), 0);
		}
	}
	end_work(&work);
}

/* ---- A forger ---------------------------------------------------------------------------------- */

struct forger {
	uint32_t command; /* whose answers */
	size_t at;        /* which byte */
	uint8_t bit;
	size_t answer_len;
	unsigned forged, times;
};

static size_t
flip(void *arg, const uint8_t *command, size_t command_len, uint8_t *answer, size_t len)
{
	struct forger *forger = arg;

	(void)command_len;
	if (between_command(command) != forger->command || forger->forged >= forger->times)
		return len;
	forger->answer_len = len;
	if (forger->at < len) {
		answer[forger->at] ^= forger->bit;
		forger->forged++;
	}
	return len;
}

/* Not one bit of what is under an HMAC can be changed: the job does not succeed, and never sees it. */
static void
forge_all(uint32_t command, struct work *work)
{
	struct forger forger = { .command = command, .times = 1000 };
	const struct between_rules rules = { .after = flip, .arg = &forger };
	size_t at;

	forger.at = SIZE_MAX;
	CU_ASSERT_EQUAL(work_through(&rules, work), TOKEN_OK);
	CU_ASSERT_TRUE_FATAL(forger.answer_len > 40);
	for (at = HEADER_SIZE; at < forger.answer_len; at++) {
		forger.at = at;
		forger.bit = (uint8_t)(1u << (at % 8));
		forger.forged = 0;
		if (work_through(&rules, work) == TOKEN_OK || is_right(work))
			CU_FAIL("a forged answer was believed");
		CU_ASSERT_EQUAL(work->jobs, 2);
	}
}

static void
test_forged(void)
{
	struct work work;

	begin_work(&work);
	forge_all(TPM2_CC_NV_Read, &work);
	CU_ASSERT_EQUAL(work.rc, TPM_RC_FORGED);
	forge_all(TPM2_CC_PolicySecret, &work);
	forge_all(TPM2_CC_Sign, &work);
	end_work(&work);
}

/* One accident is forgiven: the job is done again in new sessions. */
static void
test_forged_once(void)
{
	struct forger forger = { .command = TPM2_CC_Sign, .at = 20, .bit = 1, .times = 1 };
	const struct between_rules rules = { .after = flip, .arg = &forger };
	struct work work;

	begin_work(&work);
	CU_ASSERT_EQUAL(work_through(&rules, &work), TOKEN_OK);
	CU_ASSERT_EQUAL(work.jobs, 2);
	CU_ASSERT_TRUE(is_right(&work));
	end_work(&work);
}

/* ---- A listener -------------------------------------------------------------------------------- */

struct listener {
	uint8_t *bytes;
	size_t len, room;
};

static void
hear(struct listener *listener, const uint8_t *bytes, size_t len)
{
	if (listener->len + len <= listener->room) {
		memcpy(listener->bytes + listener->len, bytes, len);
		listener->len += len;
	}
}

static size_t
hear_command(void *arg, const uint8_t *command, size_t len, uint8_t *answer)
{
	(void)answer;
	hear(arg, command, len);
	return 0;
}

static size_t
hear_answer(void *arg, const uint8_t *command, size_t command_len, uint8_t *answer, size_t len)
{
	(void)command;
	(void)command_len;
	hear(arg, answer, len);
	return len;
}

static bool
has_heard(const struct listener *listener, const void *what, size_t len)
{
	size_t i;

	for (i = 0; i + len <= listener->len; i++) {
		if (memcmp(listener->bytes + i, what, len) == 0)
			return true;
	}
	return false;
}

/* Neither a PIN's value nor what is sealed or written goes over the bus, however often. */
static void
test_overheard(void)
{
	struct listener listener = { malloc(1u << 20), 0, 1u << 20 };
	const struct between_rules rules = { hear_command, hear_answer, &listener };
	struct work work = { 0 };
	uint8_t plain[16], digest[16];
	struct tpm *tpm;

	CU_ASSERT_PTR_NOT_NULL_FATAL(listener.bytes);
	tpm = kit_tpm(between_begin(&rules));
	CU_ASSERT_EQUAL(tpm_do(tpm, set_up, &work), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_do(tpm, read_and_sign, &work), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_do(tpm, read_and_sign, &work), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_do(tpm, tear_down, &work), TOKEN_OK);
	CU_ASSERT_EQUAL(tpm_command_count(tpm) > 10, true);
	tpm_free(tpm);
	between_end();
	memset(plain, PLAIN, sizeof(plain));
	memset(digest, 0x5a, sizeof(digest));
	CU_ASSERT_TRUE(listener.len > 1000);
	CU_ASSERT_FALSE(has_heard(&listener, VALUE, 8));
	CU_ASSERT_FALSE(has_heard(&listener, plain, sizeof(plain)));
	CU_ASSERT_FALSE(has_heard(&listener, digest, sizeof(digest)));
	/* The ear is not deaf. */
	CU_ASSERT_TRUE(has_heard(&listener, work.blob.private_area.buffer, work.blob.private_area.size));
	free(listener.bytes);
}

CU_TestInfo tests_tpm_line[] = {
	{ "a TPM that says: later", test_busy },
	{ "for good", test_busy_for_good },
	{ "a TPM that was not started", test_startup },
	{ "the connection ends", test_hang_up },
	{ "answers that are none", test_malformed },
	{ "no answer", test_silence },
	{ "errors leave nothing behind", test_errors },
	{ "a forged bit", test_forged },
	{ "forged once", test_forged_once },
	{ "what can be overheard", test_overheard },
	CU_TEST_INFO_NULL,
};
