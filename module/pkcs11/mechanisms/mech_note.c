/*
 * module/pkcs11/mechanisms/mech_note.c: what a DeviceSigned needs to know of a record: a CBOR array of four.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/mechanisms/mech_note.h"

#include <string.h>

enum { DOC_TYPE, CURVE, VALID_FROM, VALID_UNTIL, MEMBERS };

void
mech_note_of(const struct mdoc_mso *mso, struct mech_note *note)
{
	note->doc_type = mdoc_mso_doc_type(mso);
	note->curve = mdoc_mso_device_key(mso)->curve;
	note->valid_from = mdoc_mso_valid_from(mso);
	note->valid_until = mdoc_mso_valid_until(mso);
}

bool
mech_note_write(const struct mdoc_mso *mso, struct mdoc_buf *out)
{
	struct mech_note note;

	if (mdoc_node_present(mdoc_mso_key_authorizations(mso)))
		return false;
	mech_note_of(mso, &note);
	mdoc_put_array(out, MEMBERS);
	mdoc_put_tstr(out, note.doc_type);
	mdoc_put_int(out, (int64_t)note.curve);
	mdoc_put_int(out, note.valid_from);
	mdoc_put_int(out, note.valid_until);
	return out->err == MDOC_OK;
}

bool
mech_note_read(struct mdoc_bytes bytes, struct mech_note *note)
{
	struct mdoc_cbor *scan = NULL;
	struct mdoc_node root;
	int64_t curve = 0;
	bool good = false;

	memset(note, 0, sizeof(*note));
	if (mdoc_cbor_scan(NULL, bytes, 0, &scan, NULL) != MDOC_OK)
		return false;
	root = mdoc_cbor_root(scan);
	good = mdoc_node_type(root) == MDOC_CBOR_ARRAY && mdoc_node_count(root) == MEMBERS &&
		mdoc_node_tstr(mdoc_node_at(root, DOC_TYPE), &note->doc_type) &&
		!mdoc_node_in_pieces(mdoc_node_at(root, DOC_TYPE)) &&
		mdoc_node_int(mdoc_node_at(root, CURVE), &curve) &&
		mdoc_node_int(mdoc_node_at(root, VALID_FROM), &note->valid_from) &&
		mdoc_node_int(mdoc_node_at(root, VALID_UNTIL), &note->valid_until);
	mdoc_cbor_free(scan); /* the text is a span of the bytes */
	note->curve = (enum mdoc_curve)curve;
	return good;
}
