/*
 * mdoc/session/ndef_names.h: the records of a handover over NFC (NFC Forum NDEF 1.0, Connection Handover 1.5;
 * ISO/IEC 18013-5, 8.2.2.1).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_SESSION_NDEF_NAMES_H
#define MDOC_SESSION_NDEF_NAMES_H

enum { /* flags of a record's first byte */
	NDEF_BEGIN = 0x80,
	NDEF_END = 0x40,
	NDEF_CHUNK = 0x20,
	NDEF_SHORT = 0x10,
	NDEF_HAS_ID = 0x08,
	NDEF_FORMAT = 0x07
};

enum { /* format of its type name */
	NDEF_EMPTY = 0,
	NDEF_WELL_KNOWN = 1,
	NDEF_MEDIA = 2,
	NDEF_EXTERNAL = 4,
	NDEF_UNKNOWN = 5,
	NDEF_UNCHANGED = 6 /* a later chunk */
};

#define NDEF_SELECT "Hs"
#define NDEF_REQUEST "Hr"
#define NDEF_COLLISION "cr"
#define NDEF_CARRIER "ac"
#define NDEF_ENGAGEMENT "iso.org:18013:deviceengagement"
#define NDEF_ENGAGEMENT_ID "mdoc"
#define NDEF_NFC "iso.org:18013:nfc"
#define NDEF_NFC_ID "nfc"
#define NDEF_BLE "application/vnd.bluetooth.le.oob"

#define NDEF_HANDOVER_VERSION 0x15 /* major and minor, four bits each */

#endif
