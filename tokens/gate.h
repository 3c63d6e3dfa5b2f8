/*
 * tokens/gate.h: no thread is in the middle of a call while the process forks.
 *
 * A child has a copy of every lock: what another thread of the parent held at that moment is held in
 * the child for ever. Our own locks are made anew there, but those of SQLite (with its book-keeping
 * of open files, shared by all handles to one file) and those that OpenSSL's contexts have in common
 * are not ours to make: a child that comes to one of them waits for a thread that does not exist. So
 * every call is between gate_enter() and gate_leave(), and a fork waits until nobody is between
 * them, for GATE_WAIT_S at most: a call that waits longer, for another process or for the
 * application, must not keep the application from forking. A call that waits for something to
 * happen leaves the gate meanwhile.
 *
 * The gate comes before every lock of ours. One thread may enter again and again: the store enters
 * for each transaction, for those who use tokens without the module.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_STORE_GATE_H
#define TOKENS_STORE_GATE_H

#define GATE_WAIT_S 2

void gate_enter(void);
void gate_leave(void);

#endif
