/*
 * mdoc/engagement.h: DeviceEngagement (ISO/IEC 18013-5, 8.2.1.1; origins and capabilities of the second edition
 * and ISO/IEC 18013-7), and its text for a QR code (8.2.2.3).
 *
 * Reading takes every version 1.x, the bare map and its form with tag 24, and unknown keys, methods and
 * capabilities. Origins and capabilities count from version 1.1 on; below they are unknown keys.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_ENGAGEMENT_H
#define MDOC_ENGAGEMENT_H

#include <mdoc/cose.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MDOC_UUID_SIZE 16
#define MDOC_BLE_ADDRESS_SIZE 6

enum mdoc_retrieval_type { MDOC_RETRIEVAL_NFC = 1, MDOC_RETRIEVAL_BLE = 2, MDOC_RETRIEVAL_WIFI_AWARE = 3 };

/* One way to fetch the data from the device. */
struct mdoc_retrieval {
	uint64_t type;             /* enum mdoc_retrieval_type, or one that we do not know */
	uint64_t version;          /* of the method; written: 0 means 1 */
	bool known;                /* read: type and version are ours, and the member of the type is filled in */
	struct mdoc_bytes options; /* encoded map; read: as received; written: of unknown types only */
	struct {
		uint64_t command_max;  /* bytes of a command's data field: written: 255 to 65535; read: any number */
		uint64_t response_max; /* of a response's: written: 256 to 65536; read: any number */
	} nfc;
	struct {
		bool server;                   /* the mdoc is the peripheral server */
		bool client;                   /* the mdoc is the central client */
		struct mdoc_bytes server_uuid; /* MDOC_UUID_SIZE bytes, or none */
		struct mdoc_bytes client_uuid; /* the same */
		struct mdoc_bytes address;     /* MDOC_BLE_ADDRESS_SIZE bytes, or none */
	} ble;
	struct {
		struct mdoc_bytes pass_phrase; /* text, or none */
		bool has_operating_class, has_channel;
		uint64_t operating_class, channel;
		struct mdoc_bytes bands; /* bit map, or none */
	} wifi;
};

/* Where the engagement was handed over (ISO/IEC 18013-7). Its form rests on one implementation: on reading an entry
 * without cat and type is passed over. */
struct mdoc_origin {
	uint64_t cat;             /* 0: delivery, 1: receipt */
	uint64_t type;            /* 1: a web site */
	struct mdoc_bytes domain; /* text; ptr NULL: none */
};

/* Second edition. Other numbers may be asked for, too. */
enum mdoc_capability {
	MDOC_CAPABILITY_HANDOVER_SESSION = 2, /* session establishment within the handover */
	MDOC_CAPABILITY_READER_AUTH_ALL = 3,
	MDOC_CAPABILITY_EXTENDED_REQUEST = 4
};

struct mdoc_engagement;

/*
 * Read a DeviceEngagement.
 *
 * input        borrowed by the engagement
 * *engagement  free with mdoc_engagement_free()
 *
 * MDOC_ERR_VERSION  not version 1.x
 * MDOC_ERR_VALUE    another cipher suite than 1, or a UUID or an address of BLE of another length
 * MDOC_ERR_KEY      EDeviceKey is no valid public key
 * MDOC_ERR_SIZE     more methods or origins than MDOC_LIMIT_RETRIEVALS
 * MDOC_ERR_MISSING, MDOC_ERR_TYPE, MDOC_ERR_MEMORY, those of mdoc_cbor_scan()
 */
enum mdoc_result mdoc_engagement_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	struct mdoc_engagement **engagement, struct mdoc_error *error);

/* NULL is fine. */
void mdoc_engagement_free(struct mdoc_engagement *engagement);

/* "1.0", "1.1". */
struct mdoc_bytes mdoc_engagement_version(const struct mdoc_engagement *engagement);

/* DeviceEngagementBytes as the SessionTranscript takes them: the tagged form if that was read, else the bare map. */
struct mdoc_bytes mdoc_engagement_bytes(const struct mdoc_engagement *engagement);

/* The device's key of this session, and EDeviceKeyBytes (tag 24) as received. */
const struct mdoc_public_key *mdoc_engagement_key(const struct mdoc_engagement *engagement);
struct mdoc_bytes mdoc_engagement_key_bytes(const struct mdoc_engagement *engagement);

/* Retrieval methods in their order; NULL after the last. */
const struct mdoc_retrieval *mdoc_engagement_retrieval(const struct mdoc_engagement *engagement, size_t i);

/* Origins in their order; NULL after the last. */
const struct mdoc_origin *mdoc_engagement_origin(const struct mdoc_engagement *engagement, size_t i);

/* What the standard leaves open or the second edition drops, uninterpreted; absent when there is none. */
struct mdoc_node mdoc_engagement_server_retrieval(const struct mdoc_engagement *engagement);
struct mdoc_node mdoc_engagement_protocol_info(const struct mdoc_engagement *engagement);

/* True when the capability is announced as true. ReaderAuthAll may be sent to such devices only. */
bool mdoc_engagement_capable(const struct mdoc_engagement *engagement, enum mdoc_capability capability);

/* What mdoc_engagement_build() writes. Zeroed members are left out. */
struct mdoc_engagement_spec {
	enum mdoc_edition edition;         /* MDOC_EDITION_2: version 1.1 */
	const struct mdoc_public_key *key; /* the device's, made for this session alone */
	const struct mdoc_retrieval *retrievals;
	size_t retrieval_count;
	struct mdoc_bytes server_retrieval; /* encoded items */
	struct mdoc_bytes protocol_info;
	const struct mdoc_origin *origins; /* second edition only; there the list is written even if it is empty */
	size_t origin_count;
	const enum mdoc_capability *capabilities; /* second edition only */
	size_t capability_count;
};

/*
 * Append a DeviceEngagement, the bare map, to out.
 *
 * MDOC_ERR_ARG   no key, second-edition members in the first, an option out of its range or a BLE server or client
 *                without its UUID
 * MDOC_ERR_SIZE  more methods or origins than MDOC_LIMIT_RETRIEVALS
 * MDOC_ERR_KEY, MDOC_ERR_UTF8, MDOC_ERR_MEMORY, MDOC_ERR_BUFFER
 */
enum mdoc_result mdoc_engagement_build(const struct mdoc_context *context, const struct mdoc_engagement_spec *spec,
	struct mdoc_buf *out, struct mdoc_error *error);

/* Append the text of a QR code, "mdoc:" and base64url, for an encoded engagement (the bare map). */
enum mdoc_result mdoc_engagement_to_qr(struct mdoc_bytes engagement, struct mdoc_buf *text);

/*
 * Append the encoded engagement of a QR code's text; nothing in it is read yet.
 *
 * MDOC_ERR_VALUE      the text does not begin with "mdoc:", in any case of its letters
 * MDOC_ERR_MALFORMED  what follows is not base64url without padding, or is empty
 * MDOC_ERR_SIZE       longer than MDOC_LIMIT_INPUT
 * MDOC_ERR_MEMORY, MDOC_ERR_BUFFER
 */
enum mdoc_result mdoc_engagement_from_qr(const struct mdoc_context *context, struct mdoc_bytes text,
	struct mdoc_buf *engagement, struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
