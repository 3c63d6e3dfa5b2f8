/*
 * log.h: an event of the log and its hashes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_REGISTER_LOG_H
#define ISSUER_REGISTER_LOG_H

#include "tools/issuer/register/internal.h"

/* A row of the log; texts are borrowed, NULL where there is none, numbers 0 where there is none. */
struct log_event {
	int64_t id, at, device, batch, retained_until;
	const char *event, *category, *operator_, *detail, *salt, *detail_hash, *hash;
};

/* SHA-256 in lower-case hexadecimal. False: memory or the cryptographic library. */
bool log_detail_hash(const char *salt, const char *detail, char hash[65]);

/* before: the hash of the event before, "" for the first */
bool log_event_hash(const struct log_event *event, const char *before, char hash[65]);

#endif
