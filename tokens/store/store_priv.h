/*
 * tokens/store/store_priv.h: the inside of a store, for the files of this folder.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_STORE_STORE_PRIV_H
#define TOKENS_STORE_STORE_PRIV_H

#include <pthread.h>

#include "tokens/store/store.h"

struct store {
	pthread_mutex_t lock;
	struct db db;
	struct watch_mark begun; /* taken before the transaction that is open, or was last */
};

#endif
