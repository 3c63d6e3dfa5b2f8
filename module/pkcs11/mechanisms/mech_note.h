/*
 * module/pkcs11/mechanisms/mech_note.h: what a DeviceSigned needs to know of a record, in a few bytes that are kept
 * while the user is logged in (token_note_keep()), so that a reusable copy is not read and parsed for each signature.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_MECH_NOTE_H
#define MODULE_MECH_NOTE_H

#include <mdoc/mdoc.h>

/*
 * docType, the device key's curve, validFrom and validUntil, appended to note. No secret.
 * False: no note can stand for this record, as it has keyAuthorizations, which are held against its elements; or
 * there is no memory.
 */
bool mech_note_write(const struct mdoc_mso *mso, struct mdoc_buf *note);

/* Those members of *mso, which borrows from note; all others are empty. False: not a note. */
bool mech_note_read(struct mdoc_bytes note, struct mdoc_mso *mso);

#endif
