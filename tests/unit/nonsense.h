/*
 * tests/unit/nonsense.h: what a broken token may answer; tests/unit/nonsense.c is a module that does.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_NONSENSE_H
#define TESTS_UNIT_NONSENSE_H

/* The environment names the module that answers what is not nonsense. */
#define NONSENSE_OF "UNIT_NONSENSE_OF"

/* An int of this name in the module says which: */
#define NONSENSE_SYMBOL "nonsense"
enum nonsense {
	NONSENSE_NONE,
	/* with CKR_OK, lengths of a signature */
	SIGNATURE_EMPTY,
	SIGNATURE_ODD,
	SIGNATURE_SHORT,
	SIGNATURE_HUGE,
	SIGNATURE_UNAVAILABLE,
	/* with CKR_OK, of a derived secret */
	SECRET_EMPTY,
	SECRET_HUGE,
	/* of attributes */
	ATTRIBUTE_HUGE,        /* before it is read */
	ATTRIBUTE_GROWS,       /* while it is read */
	ATTRIBUTE_UNAVAILABLE, /* the same, with CKR_OK */
	ATTRIBUTE_FAILS,       /* the same, with another answer */
	PARAMS_EXPLICIT,       /* CKA_EC_PARAMS is no OID */
	PARAMS_EMPTY,
	/* of lists */
	FOUND_TOO_MANY,  /* objects, than there is room for */
	SLOTS_TOO_MANY,  /* the same of slots */
	SLOTS_NEVER_FIT, /* CKR_BUFFER_TOO_SMALL for ever */
};

#endif
