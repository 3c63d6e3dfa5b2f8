/*
 * exit.h: what the exit status of every program means. Also the result of most functions of
 * tools/common: whoever returns other than EXIT_STATUS_OK has said why on stderr.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_EXIT_H
#define TOOLS_EXIT_H

enum exit_status {
	EXIT_STATUS_OK = 0,      /* done; verified */
	EXIT_STATUS_NO = 1,      /* the answer is no: not verified, not consented, refused, spent, wrong PIN */
	EXIT_STATUS_USAGE = 2,   /* wrong usage of the command line */
	EXIT_STATUS_INPUT = 3,   /* an input cannot be read or is not what it should be */
	EXIT_STATUS_TROUBLE = 4, /* token, store, file system or memory trouble; no fault of the input */
	/* What state a token is in, where that is why nothing was done. */
	EXIT_STATUS_EXHAUSTED = 5,    /* no copy is left that can be presented (R-EXH-01) */
	EXIT_STATUS_SUSPENDED = 6,    /* its use is suspended (R-SUS-01) */
	EXIT_STATUS_RETIRED = 7,      /* retired for ever */
	EXIT_STATUS_PIN_DISABLED = 8, /* the PIN is disabled, and nothing else opens the token (R-FACE-09) */
	EXIT_STATUS_MUST_CHANGE = 9,  /* the holder has to set a PIN of his own first (R-CARD-30) */
	EXIT_STATUS_GO_ON = -1        /* options_parse only: nothing decided yet */
};

#endif
