/*
 * module/pkcs11/mechanisms/mech_note.c: what a DeviceSigned needs to know of a record: a CBOR array of four.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/mechanisms/mech_note.h"

#include <string.h>

enum { DOC_TYPE, CURVE, VALID_FROM, VALID_UNTIL, MEMBERS };

bool
mech_note_write(const struct mdoc_mso *mso, struct mdoc_buf *note)
{
	if (mdoc_node_present(mso->key_authorizations))
		return false;
	mdoc_put_array(note, MEMBERS);
	mdoc_put_tstr(note, mso->doc_type);
	mdoc_put_int(note, (int64_t)mso->device_key.curve);
	mdoc_put_int(note, mso->valid_from);
	mdoc_put_int(note, mso->valid_until);
	return note->err == MDOC_OK;
}

bool
mech_note_read(struct mdoc_bytes note, struct mdoc_mso *mso)
{
	struct mdoc_cbor *scan = NULL;
	struct mdoc_node root;
	int64_t curve = 0;
	bool good = false;

	memset(mso, 0, sizeof(*mso));
	if (mdoc_cbor_scan(NULL, note, 0, &scan, NULL) != MDOC_OK)
		return false;
	root = mdoc_cbor_root(scan);
	good = mdoc_node_type(root) == MDOC_CBOR_ARRAY && mdoc_node_count(root) == MEMBERS &&
		mdoc_node_tstr(mdoc_node_at(root, DOC_TYPE), &mso->doc_type) &&
		mdoc_node_int(mdoc_node_at(root, CURVE), &curve) &&
		mdoc_node_int(mdoc_node_at(root, VALID_FROM), &mso->valid_from) &&
		mdoc_node_int(mdoc_node_at(root, VALID_UNTIL), &mso->valid_until);
	mdoc_cbor_free(scan); /* the text is a span of the note */
	mso->device_key.curve = (enum mdoc_curve)curve;
	return good;
}
