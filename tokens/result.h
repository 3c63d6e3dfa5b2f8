/*
 * tokens/result.h: what a call into tokens/ can answer. The module turns it into a CK_RV in one table.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_RESULT_H
#define TOKENS_RESULT_H

enum token_result {
	TOKEN_OK = 0,
	TOKEN_ERR_ARG,             /* the caller broke the contract */
	TOKEN_ERR_MEMORY,          /* out of memory, or no locked memory left */
	TOKEN_ERR_IO,              /* the store cannot be read or written */
	TOKEN_ERR_FULL,            /* disk full; nothing was changed */
	TOKEN_ERR_READ_ONLY,       /* the store is read only */
	TOKEN_ERR_BUSY,            /* another process or thread held a lock too long */
	TOKEN_ERR_NEWER,           /* written by a newer version */
	TOKEN_ERR_DAMAGED,         /* authentication of stored data failed */
	TOKEN_ERR_NOT_FOUND,       /* no such slot, object or key */
	TOKEN_ERR_GONE,            /* another process has erased the area */
	TOKEN_ERR_EXISTS,          /* somebody else was first */
	TOKEN_ERR_PIN,             /* the PIN is wrong; the try was counted */
	TOKEN_ERR_PIN_LOCKED,      /* no tries left, or the PIN is disabled */
	TOKEN_ERR_PIN_NOT_SET,     /* no user PIN has been set yet (R-MED-05) */
	TOKEN_ERR_PIN_LENGTH,      /* a new PIN is too short or too long for the area's policy */
	TOKEN_ERR_PIN_ALPHABET,    /* a new PIN has characters that the policy does not allow */
	TOKEN_ERR_LOGGED_IN,       /* this role is logged in already */
	TOKEN_ERR_OTHER_LOGGED_IN, /* another role is logged in */
	TOKEN_ERR_NOT_LOGGED_IN,   /* the role that this needs is not logged in */
	TOKEN_ERR_SUSPENDED,       /* the area is suspended (R-SUS-01) */
	TOKEN_ERR_SPENT,           /* the copy is gone */
	TOKEN_ERR_BOUND,           /* the key is bound already */
	TOKEN_ERR_CURVE,           /* the backend cannot do this curve */
	TOKEN_ERR_UNSUPPORTED,     /* the backend cannot do this at all */
	TOKEN_ERR_TOO_LARGE,       /* an object value above TOKEN_VALUE_MAX */
	TOKEN_ERR_CRYPTO,          /* the cryptographic library failed */
	TOKEN_ERR_DEVICE,          /* no TPM can be reached, or it failed; no PIN has been judged */
	TOKEN_ERR_OTHER_DEVICE,    /* it is another TPM than the area was made with, or it has been cleared */
	TOKEN_ERR_INDEX_LOST,      /* what the area had in the TPM was taken away; its security officer can mend it */
	TOKEN_ERR_ROLLED_BACK,     /* the store is an older one than the TPM knows of */
	TOKEN_ERR_OWNER_AUTH,      /* the TPM's owner authorisation is missing or wrong */
	TOKEN_ERR_NOT_HERE,        /* not on the closed list of what the area, or the card, may hold */
	TOKEN_ERR_BLANK,           /* the area has its transport secret only (R-CARD-06) */
	TOKEN_ERR_RETIRED,         /* the area's life has ended (R-CARD-41) */
	TOKEN_ERR_PIN_EXPIRED,     /* the PIN is right, and must be changed before anything else (R-CARD-30) */
	TOKEN_ERR_PIN_SAME,        /* a PIN that must be changed, to itself */
	TOKEN_ERR_CHECK_MISSING,   /* no identity check has been recorded for this (R-CARD-47) */
	TOKEN_ERR_CLOCK_BACK,      /* the clock is behind what the area has seen (R-VAL-01) */
	TOKEN_ERR_SINGLE_USE,      /* the area takes no reusable copies */
	TOKEN_ERR_AUTHENTICATOR,   /* the authenticator's helper is missing or gave no verdict */
	TOKEN_ERR_NO_RIGHT,        /* the access matrix has no such cell for this area */
	TOKEN_ERR_INBOX_FULL       /* nothing more may wait for the holder */
};

/* The name of a result for logs ("TOKEN_ERR_IO"); never NULL. */
const char *token_result_name(enum token_result res);

#endif
