/*
 * tests/unit/fake_device.h: a device that counts PINs and commits, in memory that forked children share, and the backend
 * "fake" that uses it. What is asked of it can be made to fail at any point, and to die there.
 *
 * A program that links this has the backends "fake" and "vault", and new areas of the first.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_FAKE_DEVICE_H
#define TESTS_UNIT_FAKE_DEVICE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "tokens/backend.h"

#define FAKE_AREAS 16

/* What the device has for one area. */
struct fake_area {
	bool used, index, counter;
	char serial[TOKEN_SERIAL_LEN + 1];
	char pin[64]; /* empty: none, and nothing opens it */
	unsigned wrong, limit;
	uint8_t area_key[BACKEND_AREA_KEY_LEN];
	uint64_t incarnation; /* of the counter */
	uint64_t value;
};

enum fake_call { FAKE_UNWRAP, FAKE_SET_PIN, FAKE_REACH, FAKE_USE, FAKE_CALLS };

struct fake_device {
	pthread_mutex_t lock;
	struct fake_area areas[FAKE_AREAS];
	bool gone;  /* nothing can be reached */
	bool other; /* it is another one */
	bool shared_lockout;
	unsigned calls[FAKE_CALLS];
	unsigned verified; /* PINs that were compared */

	/* The call after `after` more of that kind answers TOKEN_ERR_DEVICE, having done nothing; with dies its process
	 * ends there: before anything is done, or when it has been done. */
	struct {
		bool armed, dies, done;
		enum fake_call call;
		unsigned after;
	} fault;

	/* Called before the device has a new PIN. */
	void (*new_pin)(void *arg);
	void *arg;
};

/* One for the program; anew for each test. */
extern struct fake_device *fake;
void fake_reset(void);

/* The one area that there is; a fatal failure when there are more or fewer. */
struct fake_area *fake_only(void);
unsigned fake_count(void);

#endif
