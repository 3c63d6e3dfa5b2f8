/*
 * module/pkcs11/mechanisms/mech_note.h: what a DeviceSigned needs to know of a record, in a few bytes that are kept
 * while the user is logged in (token_note_keep()), so that a reusable copy is not read and parsed for each signature.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_MECH_NOTE_H
#define MODULE_MECH_NOTE_H

#include <mdoc/mdoc.h>

/* No secret. docType is borrowed from the record or the bytes that it was read from. */
struct mech_note {
	struct mdoc_bytes doc_type;
	enum mdoc_curve curve;           /* the device key's */
	int64_t valid_from, valid_until; /* seconds since the epoch */
};

/* The note of a record. */
void mech_note_of(const struct mdoc_mso *mso, struct mech_note *note);

/*
 * Append it to out, for mech_note_read().
 * False: no note can stand for this record, as it has keyAuthorizations, which are held against its elements; or
 * there is no memory.
 */
bool mech_note_write(const struct mdoc_mso *mso, struct mdoc_buf *out);

/* The other way; *note borrows from bytes. False: not a note. */
bool mech_note_read(struct mdoc_bytes bytes, struct mech_note *note);

#endif
