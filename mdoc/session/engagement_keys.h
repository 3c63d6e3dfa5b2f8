/*
 * mdoc/session/engagement_keys.h: the numbers of DeviceEngagement (ISO/IEC 18013-5, 8.2.1.1).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_SESSION_ENGAGEMENT_KEYS_H
#define MDOC_SESSION_ENGAGEMENT_KEYS_H

enum { /* members of the map */
	KEY_VERSION = 0,
	KEY_SECURITY = 1,
	KEY_RETRIEVALS = 2,
	KEY_SERVER = 3,
	KEY_PROTOCOL = 4,
	KEY_ORIGINS = 5,
	KEY_CAPABILITIES = 6
};

enum { NFC_COMMAND = 0, NFC_RESPONSE = 1 };

enum { BLE_SERVER = 0, BLE_CLIENT = 1, BLE_SERVER_UUID = 10, BLE_CLIENT_UUID = 11, BLE_ADDRESS = 20 };

enum { WIFI_PASS_PHRASE = 0, WIFI_OPERATING_CLASS = 1, WIFI_CHANNEL = 2, WIFI_BANDS = 3 };

#define CIPHER_SUITE 1
#define METHOD_VERSION 1
#define NFC_COMMAND_MIN 255
#define NFC_COMMAND_MAX 65535
#define NFC_RESPONSE_MIN 256
#define NFC_RESPONSE_MAX 65536

#endif
