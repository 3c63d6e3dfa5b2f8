/*
 * mdoc/session/engagement.c: DeviceEngagement read.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <mdoc/engagement.h>
#include "mdoc/base/internal.h"
#include "mdoc/session/engagement_keys.h"
#include <string.h>

struct mdoc_engagement {
	struct mdoc_cbor *outer; /* of the tagged form; NULL: read bare */
	struct mdoc_cbor *scan;
	struct mdoc_cbor *key_scan;
	struct mdoc_bytes bytes;
	struct mdoc_bytes version;
	struct mdoc_bytes key_bytes;
	struct mdoc_public_key key;
	struct mdoc_retrieval *retrievals;
	size_t retrieval_count;
	struct mdoc_origin *origins;
	size_t origin_count;
	struct mdoc_node server_retrieval, protocol_info, capabilities;
};

static enum mdoc_result
option_uint(struct mdoc_node options, int64_t label, uint64_t *value, bool *has, const char *path,
	struct mdoc_error *error)
{
	const struct mdoc_node node = mdoc_map_int(options, label);

	*has = mdoc_node_present(node);
	if (*has && !mdoc_node_uint(node, value))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "option %d an unsigned integer",
			(int)label);
	return MDOC_OK;
}

/* size 0: any. */
static enum mdoc_result
option_bstr(struct mdoc_node options, int64_t label, size_t size, struct mdoc_bytes *value, const char *path,
	struct mdoc_error *error)
{
	const struct mdoc_node node = mdoc_map_int(options, label);

	if (!mdoc_node_present(node))
		return MDOC_OK;
	if (!mdoc_node_bstr(node, value))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "option %d a byte string",
			(int)label);
	if (size != 0 && value->len != size)
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(node), path, "option %d of %zu bytes",
			(int)label, size);
	return MDOC_OK;
}

static enum mdoc_result
option_bool(struct mdoc_node options, int64_t label, bool *value, const char *path, struct mdoc_error *error)
{
	const struct mdoc_node node = mdoc_map_int(options, label);

	if (!mdoc_node_present(node))
		return mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(options), path, "option %d", (int)label);
	if (!mdoc_node_bool(node, value))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "option %d a bool", (int)label);
	return MDOC_OK;
}

static enum mdoc_result
read_nfc(struct mdoc_node options, struct mdoc_retrieval *method, const char *path, struct mdoc_error *error)
{
	bool has_command = false, has_response = false;
	enum mdoc_result res;

	res = option_uint(options, NFC_COMMAND, &method->nfc.command_max, &has_command, path, error);
	if (res == MDOC_OK)
		res = option_uint(options, NFC_RESPONSE, &method->nfc.response_max, &has_response, path, error);
	if (res == MDOC_OK && (!has_command || !has_response))
		return mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(options), path, "options 0 and 1");
	return res;
}

static enum mdoc_result
read_ble(struct mdoc_node options, struct mdoc_retrieval *method, const char *path, struct mdoc_error *error)
{
	enum mdoc_result res;

	res = option_bool(options, BLE_SERVER, &method->ble.server, path, error);
	if (res == MDOC_OK)
		res = option_bool(options, BLE_CLIENT, &method->ble.client, path, error);
	if (res == MDOC_OK)
		res = option_bstr(options, BLE_SERVER_UUID, MDOC_UUID_SIZE, &method->ble.server_uuid, path, error);
	if (res == MDOC_OK)
		res = option_bstr(options, BLE_CLIENT_UUID, MDOC_UUID_SIZE, &method->ble.client_uuid, path, error);
	if (res == MDOC_OK)
		res = option_bstr(options, BLE_ADDRESS, MDOC_BLE_ADDRESS_SIZE, &method->ble.address, path, error);
	return res;
}

static enum mdoc_result
read_wifi(struct mdoc_node options, struct mdoc_retrieval *method, const char *path, struct mdoc_error *error)
{
	const struct mdoc_node phrase = mdoc_map_int(options, WIFI_PASS_PHRASE);
	enum mdoc_result res;

	if (mdoc_node_present(phrase) && !mdoc_node_tstr(phrase, &method->wifi.pass_phrase))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(phrase), path, "option 0 a text");
	res = option_uint(options, WIFI_OPERATING_CLASS, &method->wifi.operating_class,
		&method->wifi.has_operating_class, path, error);
	if (res == MDOC_OK)
		res = option_uint(options, WIFI_CHANNEL, &method->wifi.channel, &method->wifi.has_channel, path, error);
	if (res == MDOC_OK)
		res = option_bstr(options, WIFI_BANDS, 0, &method->wifi.bands, path, error);
	return res;
}

static const struct {
	enum mdoc_retrieval_type type;
	enum mdoc_result (*read)(struct mdoc_node options, struct mdoc_retrieval *method, const char *path,
		struct mdoc_error *error);
} methods[] = {
	{ MDOC_RETRIEVAL_NFC, read_nfc },
	{ MDOC_RETRIEVAL_BLE, read_ble },
	{ MDOC_RETRIEVAL_WIFI_AWARE, read_wifi },
};

/* [type, version, options] */
static enum mdoc_result
read_retrieval(struct mdoc_node node, struct mdoc_retrieval *method, const char *path, struct mdoc_error *error)
{
	const struct mdoc_node version = mdoc_node_at(node, 1), options = mdoc_node_at(node, 2);

	if (mdoc_node_type(node) != MDOC_CBOR_ARRAY || mdoc_node_count(node) < 3 ||
		!mdoc_node_uint(mdoc_node_first(node), &method->type) || !mdoc_node_uint(version, &method->version))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "[type, version, options]");
	method->options = mdoc_node_span(options);
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (method->type != methods[i].type || method->version != METHOD_VERSION)
			continue;
		method->known = true;
		if (mdoc_node_type(options) != MDOC_CBOR_MAP)
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(options), path, "a map of options");
		return methods[i].read(options, method, path, error);
	}
	return MDOC_OK;
}

/* Room for each member of an array, as many as the limit lets there be. */
static enum mdoc_result
make_room(struct mdoc_node list, const char *path, size_t size, void **room, struct mdoc_error *error)
{
	const size_t count = mdoc_node_count(list), limit = mdoci_limit(list, MDOC_LIMIT_RETRIEVALS);

	if (mdoc_node_type(list) != MDOC_CBOR_ARRAY)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(list), path, "an array");
	if (count > limit)
		return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(list), path, "at most %zu", limit);
	*room = calloc(count + 1, size);
	if (*room == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, path, "memory");
	return MDOC_OK;
}

static enum mdoc_result
read_retrievals(struct mdoc_engagement *engagement, struct mdoc_node list, struct mdoc_error *error)
{
	char path[MDOCI_PATH_MAX];
	void *room = NULL;
	enum mdoc_result res;
	size_t n = 0;

	if (!mdoc_node_present(list))
		return MDOC_OK;
	res = make_room(list, "deviceRetrievalMethods", sizeof(*engagement->retrievals), &room, error);
	engagement->retrievals = room;
	for (struct mdoc_node node = mdoc_node_first(list); mdoc_node_present(node) && res == MDOC_OK;
		node = mdoc_node_next(node)) {
		mdoci_path(path, "deviceRetrievalMethods", "[%zu]", n);
		res = read_retrieval(node, &engagement->retrievals[n++], path, error);
	}
	engagement->retrieval_count = n;
	return res;
}

static enum mdoc_result
read_origins(struct mdoc_engagement *engagement, struct mdoc_node list, struct mdoc_error *error)
{
	void *room = NULL;
	enum mdoc_result res;

	if (!mdoc_node_present(list))
		return MDOC_OK;
	res = make_room(list, "originInfos", sizeof(*engagement->origins), &room, error);
	if (res != MDOC_OK)
		return res;
	engagement->origins = room;
	for (struct mdoc_node node = mdoc_node_first(list); mdoc_node_present(node); node = mdoc_node_next(node)) {
		struct mdoc_origin origin = { .domain = MDOC_NO_BYTES };

		if (!mdoc_node_uint(mdoc_map_text(node, "cat"), &origin.cat) ||
			!mdoc_node_uint(mdoc_map_text(node, "type"), &origin.type))
			continue;
		(void)mdoc_node_tstr(mdoc_map_text(mdoc_map_text(node, "details"), "domain"), &origin.domain);
		engagement->origins[engagement->origin_count++] = origin;
	}
	return MDOC_OK;
}

/* [1, EDeviceKeyBytes] */
static enum mdoc_result
read_security(const struct mdoc_context *context, struct mdoc_engagement *engagement, struct mdoc_node security,
	struct mdoc_error *error)
{
	const struct mdoc_node key = mdoc_node_at(security, 1);
	uint64_t suite = 0;
	enum mdoc_result res;

	if (!mdoc_node_present(security))
		return mdoci_fail(error, MDOC_ERR_MISSING, 0, "security", "[cipher suite, EDeviceKeyBytes]");
	if (mdoc_node_type(security) != MDOC_CBOR_ARRAY || mdoc_node_count(security) != 2 ||
		!mdoc_node_uint(mdoc_node_first(security), &suite))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(security), "security",
			"[cipher suite, EDeviceKeyBytes]");
	if (suite != CIPHER_SUITE)
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(security), "security", "cipher suite 1");
	res = mdoci_scan_embedded(key, "security.eDeviceKey", &engagement->key_scan, error);
	if (res != MDOC_OK)
		return res;
	engagement->key_bytes = mdoc_node_span(key);
	res = mdoc_key_parse(context, mdoc_cbor_root(engagement->key_scan), &engagement->key, NULL, error);
	if (res != MDOC_OK)
		mdoci_error_prefix(error, "security.eDeviceKey");
	return res;
}

/* "1.0": the minor number, at most 999; false: another major one, or no version. */
static bool
read_minor(struct mdoc_bytes version, unsigned *minor)
{
	*minor = 0;
	if (version.len < 3 || version.len > 5 || memcmp(version.ptr, "1.", 2) != 0)
		return false;
	for (size_t i = 2; i < version.len; i++) {
		if (version.ptr[i] < '0' || version.ptr[i] > '9')
			return false;
		*minor = *minor * 10 + (unsigned)(version.ptr[i] - '0');
	}
	return true;
}

static enum mdoc_result
read_map(const struct mdoc_context *context, struct mdoc_engagement *engagement, struct mdoc_node root,
	struct mdoc_error *error)
{
	const struct mdoc_node version = mdoc_map_int(root, KEY_VERSION);
	unsigned minor = 0;
	enum mdoc_result res;

	res = mdoci_want(root, MDOC_CBOR_MAP, "", error);
	if (res != MDOC_OK)
		return res;
	if (!mdoc_node_present(version))
		return mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(root), "version", "a version");
	if (!mdoc_node_tstr(version, &engagement->version))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(version), "version", "a text");
	if (!read_minor(engagement->version, &minor))
		return mdoci_fail(error, MDOC_ERR_VERSION, mdoc_node_offset(version), "version", "1.x");
	res = read_security(context, engagement, mdoc_map_int(root, KEY_SECURITY), error);
	if (res == MDOC_OK)
		res = read_retrievals(engagement, mdoc_map_int(root, KEY_RETRIEVALS), error);
	engagement->server_retrieval = mdoc_map_int(root, KEY_SERVER);
	engagement->protocol_info = mdoc_map_int(root, KEY_PROTOCOL);
	if (res != MDOC_OK || minor == 0)
		return res;
	engagement->capabilities = mdoc_map_int(root, KEY_CAPABILITIES);
	if (mdoc_node_present(engagement->capabilities))
		res = mdoci_want(engagement->capabilities, MDOC_CBOR_MAP, "capabilities", error);
	return res == MDOC_OK ? read_origins(engagement, mdoc_map_int(root, KEY_ORIGINS), error) : res;
}

enum mdoc_result
mdoc_engagement_parse(const struct mdoc_context *context, struct mdoc_bytes input, struct mdoc_engagement **engagement,
	struct mdoc_error *error)
{
	struct mdoc_engagement *made = calloc(1, sizeof(*made));
	enum mdoc_result res;

	*engagement = NULL;
	if (made == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	made->bytes = input;
	res = mdoc_cbor_scan(context, input, 0, &made->scan, error);
	if (res == MDOC_OK && mdoc_node_type(mdoc_cbor_root(made->scan)) == MDOC_CBOR_TAG) {
		made->outer = made->scan;
		made->scan = NULL;
		res = mdoci_scan_embedded(mdoc_cbor_root(made->outer), "", &made->scan, error);
	}
	if (res == MDOC_OK)
		res = read_map(context, made, mdoc_cbor_root(made->scan), error);
	if (res != MDOC_OK)
		mdoc_engagement_free(made);
	else
		*engagement = made;
	return res;
}

void
mdoc_engagement_free(struct mdoc_engagement *engagement)
{
	if (engagement == NULL)
		return;
	mdoc_cbor_free(engagement->key_scan);
	mdoc_cbor_free(engagement->scan);
	mdoc_cbor_free(engagement->outer);
	free(engagement->retrievals);
	free(engagement->origins);
	free(engagement);
}

struct mdoc_bytes
mdoc_engagement_version(const struct mdoc_engagement *engagement)
{
	return engagement->version;
}

struct mdoc_bytes
mdoc_engagement_bytes(const struct mdoc_engagement *engagement)
{
	return engagement->bytes;
}

const struct mdoc_public_key *
mdoc_engagement_key(const struct mdoc_engagement *engagement)
{
	return &engagement->key;
}

struct mdoc_bytes
mdoc_engagement_key_bytes(const struct mdoc_engagement *engagement)
{
	return engagement->key_bytes;
}

const struct mdoc_retrieval *
mdoc_engagement_retrieval(const struct mdoc_engagement *engagement, size_t i)
{
	return i < engagement->retrieval_count ? &engagement->retrievals[i] : NULL;
}

const struct mdoc_origin *
mdoc_engagement_origin(const struct mdoc_engagement *engagement, size_t i)
{
	return i < engagement->origin_count ? &engagement->origins[i] : NULL;
}

struct mdoc_node
mdoc_engagement_server_retrieval(const struct mdoc_engagement *engagement)
{
	return engagement->server_retrieval;
}

struct mdoc_node
mdoc_engagement_protocol_info(const struct mdoc_engagement *engagement)
{
	return engagement->protocol_info;
}

bool
mdoc_engagement_capable(const struct mdoc_engagement *engagement, enum mdoc_capability capability)
{
	bool announced = false;

	return mdoc_node_bool(mdoc_map_int(engagement->capabilities, (int64_t)capability), &announced) && announced;
}
