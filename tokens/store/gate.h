/*
 * tokens/store/gate.h: no thread is inside SQLite while the process forks.
 *
 * A child has a copy of SQLite's own locks and of its book-keeping of open files, shared by all
 * handles to one file. What another thread of the parent held at that moment is held in the child
 * for ever: opening the same database there would wait for a thread that does not exist. So every
 * use of a handle, a transaction as a whole, is between gate_enter() and gate_leave(), and a fork
 * waits until nobody is between them, for GATE_WAIT_S at most: a transaction that waits longer for
 * another process must not keep the application from forking.
 *
 * The gate comes after the token's lock and before the store's: between the two calls nobody may
 * wait for anything but the store's own lock. One thread may enter again and again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_STORE_GATE_H
#define TOKENS_STORE_GATE_H

#define GATE_WAIT_S 2

void gate_enter(void);
void gate_leave(void);

#endif
