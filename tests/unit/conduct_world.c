/*
 * tests/unit/conduct_world.c: tokens, templates and arguments for the tests of conduct.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/conduct_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS data_class = CKO_DATA, secret_class = CKO_SECRET_KEY;
static CK_KEY_TYPE aes_type = CKK_AES, generic_type = CKK_GENERIC_SECRET;
static CK_ULONG sixteen = 16;
static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static CK_BYTE bytes16[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
static CK_BYTE room_for_label[64];

#define YES(type) \
	{ \
		type, &yes, sizeof(yes) \
	}
#define NO(type) \
	{ \
		type, &no, sizeof(no) \
	}
#define TEXT(type, text) \
	{ \
		type, (void *)(text), sizeof(text) - 1 \
	}
#define OF(type, value) \
	{ \
		type, &(value), sizeof(value) \
	}
#define TEMPLATE(name, ...) \
	static CK_ATTRIBUTE name##_attrs[] = { __VA_ARGS__ }; \
	const struct conduct_template name = { name##_attrs, sizeof(name##_attrs) / sizeof(CK_ATTRIBUTE) }
#define EVERY_USE \
	YES(CKA_ENCRYPT), YES(CKA_DECRYPT), YES(CKA_SIGN), YES(CKA_VERIFY), YES(CKA_WRAP), YES(CKA_UNWRAP), \
		YES(CKA_DERIVE), YES(CKA_EXTRACTABLE), NO(CKA_SENSITIVE)

const struct conduct_template conduct_no_template = { NULL, 0 };
TEMPLATE(conduct_new_label, TEXT(CKA_LABEL, "renamed"));
TEMPLATE(conduct_read_label, { CKA_LABEL, room_for_label, sizeof(room_for_label) });
TEMPLATE(conduct_note, OF(CKA_CLASS, data_class), NO(CKA_TOKEN), NO(CKA_PRIVATE), TEXT(CKA_LABEL, "note"),
	TEXT(CKA_VALUE, "short lived"));
TEMPLATE(conduct_poster, OF(CKA_CLASS, data_class), YES(CKA_TOKEN), NO(CKA_PRIVATE), TEXT(CKA_LABEL, "poster"),
	TEXT(CKA_VALUE, "for everybody"));
TEMPLATE(conduct_diary, OF(CKA_CLASS, data_class), YES(CKA_TOKEN), YES(CKA_PRIVATE), TEXT(CKA_LABEL, "diary"),
	TEXT(CKA_VALUE, "for nobody else"));
TEMPLATE(conduct_ec_public, OF(CKA_EC_PARAMS, p256));
TEMPLATE(conduct_ec_public_token, YES(CKA_TOKEN), OF(CKA_EC_PARAMS, p256));
TEMPLATE(conduct_ec_session, NO(CKA_TOKEN), NO(CKA_PRIVATE), YES(CKA_SIGN), YES(CKA_DERIVE));
TEMPLATE(conduct_ec_token, YES(CKA_TOKEN), YES(CKA_PRIVATE), YES(CKA_SIGN), YES(CKA_DERIVE), TEXT(CKA_LABEL, "pair"));
static CK_ATTRIBUTE always_attrs[] = { YES(CKA_TOKEN), YES(CKA_SIGN), YES(CKA_ALWAYS_AUTHENTICATE),
	TEXT(CKA_LABEL, "always") };
TEMPLATE(conduct_aes_session, OF(CKA_CLASS, secret_class), OF(CKA_KEY_TYPE, aes_type), NO(CKA_TOKEN), NO(CKA_PRIVATE),
	OF(CKA_VALUE, bytes16), EVERY_USE);
TEMPLATE(conduct_aes_token, OF(CKA_CLASS, secret_class), OF(CKA_KEY_TYPE, aes_type), YES(CKA_TOKEN), YES(CKA_PRIVATE),
	OF(CKA_VALUE, bytes16), TEXT(CKA_LABEL, "aes"), EVERY_USE);
TEMPLATE(conduct_secret_session, OF(CKA_CLASS, secret_class), OF(CKA_KEY_TYPE, generic_type), NO(CKA_TOKEN),
	NO(CKA_PRIVATE), OF(CKA_VALUE, bytes16), YES(CKA_SIGN), YES(CKA_VERIFY), YES(CKA_DERIVE), YES(CKA_EXTRACTABLE),
	NO(CKA_SENSITIVE));
TEMPLATE(conduct_unwrapped, OF(CKA_CLASS, secret_class), OF(CKA_KEY_TYPE, generic_type), NO(CKA_TOKEN),
	NO(CKA_PRIVATE));
TEMPLATE(conduct_derived, OF(CKA_CLASS, secret_class), OF(CKA_KEY_TYPE, generic_type), OF(CKA_VALUE_LEN, sixteen),
	NO(CKA_TOKEN), NO(CKA_PRIVATE));
TEMPLATE(conduct_generated, OF(CKA_VALUE_LEN, sixteen), NO(CKA_TOKEN), NO(CKA_PRIVATE), YES(CKA_ENCRYPT));
TEMPLATE(conduct_generated_token, OF(CKA_VALUE_LEN, sixteen), YES(CKA_TOKEN), YES(CKA_PRIVATE));

/* A point on P-256: its base point. */
static CK_BYTE base_point[65] = { 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63,
	0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2,
	0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b,
	0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5 };
static CK_ECDH1_DERIVE_PARAMS ecdh_params = { CKD_NULL, 0, NULL, sizeof(base_point), base_point };
static CK_GCM_PARAMS gcm_params = { bytes16, 12, 96, NULL, 0, 128 };

static CK_BYTE message_tag[16];
static CK_GCM_MESSAGE_PARAMS message_params = { bytes16, 12, 0, CKG_NO_GENERATE, message_tag, 128 };

CK_MECHANISM conduct_ecdsa = { CKM_ECDSA, NULL, 0 };
CK_MECHANISM conduct_sha256 = { CKM_SHA256, NULL, 0 };
CK_MECHANISM conduct_ec_pair = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
CK_MECHANISM conduct_aes_gen = { CKM_AES_KEY_GEN, NULL, 0 };
CK_MECHANISM conduct_aes_ecb = { CKM_AES_ECB, NULL, 0 };
CK_MECHANISM conduct_aes_cbc = { CKM_AES_CBC, bytes16, 16 };
CK_MECHANISM conduct_aes_gcm = { CKM_AES_GCM, &gcm_params, sizeof(gcm_params) };
CK_MECHANISM conduct_aes_wrap = { CKM_AES_KEY_WRAP, NULL, 0 };
CK_MECHANISM conduct_ecdh = { CKM_ECDH1_DERIVE, &ecdh_params, sizeof(ecdh_params) };
CK_MECHANISM conduct_message_gcm = { CKM_AES_GCM, &message_params, sizeof(message_params) };
CK_MECHANISM conduct_hmac = { CKM_SHA256_HMAC, NULL, 0 };

static const struct {
	enum conduct_object object;
	const char *label;
	CK_OBJECT_CLASS class_;
} token_objects[] = {
	{ OBJECT_POSTER, "poster", CKO_DATA },
	{ OBJECT_DIARY, "diary", CKO_DATA },
	{ OBJECT_PUBLIC, "pair", CKO_PUBLIC_KEY },
	{ OBJECT_PRIVATE, "pair", CKO_PRIVATE_KEY },
	{ OBJECT_ALWAYS, "always", CKO_PRIVATE_KEY },
	{ OBJECT_AES, "aes", CKO_SECRET_KEY },
};

static void
need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "unit-conduct: %s\n", what);
	abort();
}

static CK_RV
create(CK_SESSION_HANDLE session, const struct conduct_template *t, CK_OBJECT_HANDLE *handle)
{
	return p11->C_CreateObject(session, t->attrs, t->count, handle);
}

void
conduct_world_look(struct conduct_world *w, CK_SESSION_HANDLE session)
{
	CK_OBJECT_HANDLE found;
	CK_ULONG count;
	size_t i;

	for (i = 0; i < sizeof(token_objects) / sizeof(token_objects[0]); i++) {
		CK_OBJECT_CLASS class_ = token_objects[i].class_;
		CK_ATTRIBUTE wanted[] = {
			OF(CKA_CLASS, class_),
			{ CKA_LABEL, (void *)token_objects[i].label, strlen(token_objects[i].label) },
			YES(CKA_TOKEN),
		};

		need(p11->C_FindObjectsInit(session, wanted, 3) == CKR_OK, "C_FindObjectsInit failed");
		need(p11->C_FindObjects(session, &found, 1, &count) == CKR_OK, "C_FindObjects failed");
		need(p11->C_FindObjectsFinal(session) == CKR_OK, "C_FindObjectsFinal failed");
		if (count == 1)
			w->object[token_objects[i].object] = found;
	}
}

void
conduct_world_new(struct conduct_world *w, const char *label)
{
	CK_ATTRIBUTE pub[] = { YES(CKA_TOKEN), NO(CKA_PRIVATE), TEXT(CKA_LABEL, "pair"), OF(CKA_EC_PARAMS, p256) };
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE a, b;

	memset(w, 0, sizeof(*w));
	w->slot = p11_token(label);
	w->so_pin = SO_PIN;
	w->user_pin = USER_PIN;
	session = p11_user(w->slot);
	need(create(session, &conduct_poster, &a) == CKR_OK, "no poster");
	need(create(session, &conduct_diary, &a) == CKR_OK, "no diary");
	need(create(session, &conduct_aes_token, &a) == CKR_OK, "no AES key");
	need(p11->C_GenerateKeyPair(session, &conduct_ec_pair, pub, 4, conduct_ec_token.attrs, conduct_ec_token.count,
		     &a, &b) == CKR_OK,
		"no key pair");
	pub[2] = always_attrs[3];
	need(p11->C_GenerateKeyPair(session, &conduct_ec_pair, pub, 4, always_attrs, 4, &a, &b) == CKR_OK,
		"no second key pair");
	conduct_world_look(w, session);
	for (a = OBJECT_POSTER; a <= OBJECT_AES; a++)
		need(w->object[a] != 0, "an object is lost");
	need(p11->C_CloseSession(session) == CKR_OK, "C_CloseSession failed");
}

void
conduct_world_session_objects(struct conduct_world *w)
{
	need(create(w->session, &conduct_note, &w->object[OBJECT_NOTE]) == CKR_OK, "no note");
	need(create(w->session, &conduct_aes_session, &w->object[OBJECT_SESSION_AES]) == CKR_OK, "no AES key");
	need(create(w->session, &conduct_secret_session, &w->object[OBJECT_SECRET]) == CKR_OK, "no secret");
	w->wrapped_len = sizeof(w->wrapped);
	need(p11->C_WrapKey(w->session, &conduct_aes_wrap, w->object[OBJECT_SESSION_AES], w->object[OBJECT_SECRET],
		     w->wrapped, &w->wrapped_len) == CKR_OK,
		"nothing wrapped");
}

/* What each kind of argument is where the case does not say. */
struct supply {
	CK_BYTE output[4][CONDUCT_ROOM];
	CK_ULONG length[4];
	CK_OBJECT_HANDLE handle[4];
	CK_BYTE input[64];
	CK_BYTE label[32];
	CK_VERSION version;
	CK_ATTRIBUTE asked[4];
};

static struct supply supply;

static void
fill_pointer(const struct conduct_world *w, const struct conduct_call *call, char kind, const struct conduct_sane *sane,
	size_t nth, struct conduct_arg *a)
{
	const bool crypt = strstr(call->name, "crypt") != NULL;
	const bool set_pin = strcmp(call->name, "C_SetPIN") == 0;
	const struct conduct_template *t = nth == 0 ? sane->template : sane->other_template;

	switch (kind) {
	case 'm':
		a->p = sane->mechanism;
		break;
	case 'g':
		if (t->count > 0)
			memcpy(supply.asked, t->attrs, t->count * sizeof(*t->attrs)); /* their lengths are written to */
		a[0].p = supply.asked;
		a[1].n = t->count;
		break;
	case 't':
		a[0].p = t == NULL ? NULL : t->attrs;
		a[1].n = t == NULL ? 0 : t->count;
		break;
	case 'i':
		a[0].p = sane->wrapped ? (void *)w->wrapped : supply.input;
		a[1].n = sane->wrapped ? w->wrapped_len : 32;
		break;
	case 'v':
		a[0].p = crypt ? &message_params : NULL; /* signatures take none */
		a[1].n = crypt ? sizeof(message_params) : 0;
		break;
	case 'P':
		a[0].p = (void *)(sane->number == CKU_SO || (w->as_so && set_pin) ? w->so_pin : w->user_pin);
		a[1].n = strlen(a[0].p);
		break;
	case 'b':
		a[0].p = supply.output[nth];
		a[1].n = 16;
		break;
	case 'L':
		a->p = supply.label;
		break;
	case 'o':
	case 'x':
		a->p = supply.output[nth + (kind == 'x' ? 2 : 0)];
		break;
	case 'l':
		supply.length[nth] = 512;
		a->p = &supply.length[nth];
		break;
	case 'H':
		supply.handle[nth] = CK_INVALID_HANDLE;
		a->p = &supply.handle[nth];
		break;
	case 's':
		a->p = (void *)"PKCS 11";
		break;
	case 'V':
		supply.version = (CK_VERSION){ 2, 40 };
		a->p = &supply.version;
		break;
	case 'r':
		a->p = sane->number != 0 ? supply.output[0] : NULL;
		break;
	default:
		break; /* q and I are NULL */
	}
}

void
conduct_arguments(const struct conduct_world *w, const struct conduct_call *call, const struct conduct_sane *sane,
	struct conduct_arg *a)
{
	size_t seen[128] = { 0 };
	const char *kind;

	memset(a, 0, CONDUCT_ARGS * sizeof(*a));
	memset(supply.output, 0xa5, sizeof(supply.output));
	memset(supply.label, ' ', sizeof(supply.label));
	memcpy(supply.label, "conduct", 7);
	for (kind = call->kinds; *kind != '\0'; kind++, a++) {
		switch (*kind) {
		case 'h':
			a->n = w->session;
			break;
		case 'S':
			a->n = w->slot;
			break;
		case 'k':
			a->n = w->object[seen['k'] == 0 ? sane->key : sane->other_key];
			break;
		case 'u':
		case 'f':
			a->n = sane->number;
			break;
		case 'w':
			a->n = CKF_DONT_BLOCK;
			break;
		case 'M':
			a->n = CKM_ECDSA;
			break;
		case 'B':
			a->n = CK_TRUE;
			break;
		case 'n':
		case 'c':
			break; /* comes with its pointer */
		default:
			fill_pointer(w, call, *kind, sane, seen[(unsigned char)*kind], a);
			break;
		}
		seen[(unsigned char)*kind]++;
	}
}

CK_OBJECT_HANDLE
conduct_result(const struct conduct_call *call, const struct conduct_arg *a)
{
	CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
	size_t i;

	for (i = 0; call->kinds[i] != '\0'; i++)
		if (call->kinds[i] == 'H' && a[i].p != NULL)
			handle = *(CK_OBJECT_HANDLE *)a[i].p;
	return handle;
}

CK_ULONG
conduct_count_objects(CK_SESSION_HANDLE session)
{
	return p11_count(session, NULL, 0);
}

bool
conduct_is_idle(const struct conduct_world *w)
{
	CK_SESSION_HANDLE s = w->session;
	CK_OBJECT_HANDLE aes = w->object[OBJECT_SESSION_AES];
	bool idle;

	idle = p11->C_FindObjectsInit(s, NULL, 0) == CKR_OK && p11->C_FindObjectsFinal(s) == CKR_OK;
	idle = p11->C_DigestInit(s, &conduct_sha256) == CKR_OK && p11->C_DigestInit(s, NULL) == CKR_OK && idle;
	idle = p11->C_EncryptInit(s, &conduct_aes_ecb, aes) == CKR_OK && p11->C_EncryptInit(s, NULL, 0) == CKR_OK &&
		idle;
	idle = p11->C_DecryptInit(s, &conduct_aes_ecb, aes) == CKR_OK && p11->C_DecryptInit(s, NULL, 0) == CKR_OK &&
		idle;
	idle = p11->C_SignInit(s, &conduct_hmac, w->object[OBJECT_SECRET]) == CKR_OK &&
		p11->C_SignInit(s, NULL, 0) == CKR_OK && idle;
	idle = p11->C_VerifyInit(s, &conduct_hmac, w->object[OBJECT_SECRET]) == CKR_OK &&
		p11->C_VerifyInit(s, NULL, 0) == CKR_OK && idle;
	return idle;
}

static const struct {
	CK_RV rv;
	const char *name;
} names[] = {
#define NAME(rv) \
	{ \
		rv, #rv \
	}
	NAME(CKR_OK),
	NAME(CKR_HOST_MEMORY),
	NAME(CKR_SLOT_ID_INVALID),
	NAME(CKR_GENERAL_ERROR),
	NAME(CKR_FUNCTION_FAILED),
	NAME(CKR_ARGUMENTS_BAD),
	NAME(CKR_NO_EVENT),
	NAME(CKR_CANT_LOCK),
	NAME(CKR_ATTRIBUTE_READ_ONLY),
	NAME(CKR_ATTRIBUTE_SENSITIVE),
	NAME(CKR_ATTRIBUTE_TYPE_INVALID),
	NAME(CKR_ATTRIBUTE_VALUE_INVALID),
	NAME(CKR_ACTION_PROHIBITED),
	NAME(CKR_DATA_INVALID),
	NAME(CKR_DATA_LEN_RANGE),
	NAME(CKR_DEVICE_ERROR),
	NAME(CKR_DEVICE_MEMORY),
	NAME(CKR_DEVICE_REMOVED),
	NAME(CKR_FUNCTION_NOT_PARALLEL),
	NAME(CKR_FUNCTION_NOT_SUPPORTED),
	NAME(CKR_KEY_HANDLE_INVALID),
	NAME(CKR_KEY_SIZE_RANGE),
	NAME(CKR_KEY_TYPE_INCONSISTENT),
	NAME(CKR_KEY_FUNCTION_NOT_PERMITTED),
	NAME(CKR_MECHANISM_INVALID),
	NAME(CKR_MECHANISM_PARAM_INVALID),
	NAME(CKR_OBJECT_HANDLE_INVALID),
	NAME(CKR_OPERATION_ACTIVE),
	NAME(CKR_OPERATION_NOT_INITIALIZED),
	NAME(CKR_PIN_INCORRECT),
	NAME(CKR_PIN_INVALID),
	NAME(CKR_PIN_LEN_RANGE),
	NAME(CKR_PIN_LOCKED),
	NAME(CKR_SESSION_EXISTS),
	NAME(CKR_SESSION_HANDLE_INVALID),
	NAME(CKR_SESSION_READ_ONLY),
	NAME(CKR_SESSION_READ_ONLY_EXISTS),
	NAME(CKR_SESSION_READ_WRITE_SO_EXISTS),
	NAME(CKR_SIGNATURE_INVALID),
	NAME(CKR_SIGNATURE_LEN_RANGE),
	NAME(CKR_TEMPLATE_INCOMPLETE),
	NAME(CKR_TEMPLATE_INCONSISTENT),
	NAME(CKR_TOKEN_NOT_RECOGNIZED),
	NAME(CKR_TOKEN_WRITE_PROTECTED),
	NAME(CKR_USER_ALREADY_LOGGED_IN),
	NAME(CKR_USER_NOT_LOGGED_IN),
	NAME(CKR_USER_PIN_NOT_INITIALIZED),
	NAME(CKR_USER_TYPE_INVALID),
	NAME(CKR_USER_ANOTHER_ALREADY_LOGGED_IN),
	NAME(CKR_BUFFER_TOO_SMALL),
	NAME(CKR_CRYPTOKI_NOT_INITIALIZED),
	NAME(CKR_CRYPTOKI_ALREADY_INITIALIZED),
	NAME(CKR_WRAPPED_KEY_INVALID),
	NAME(CKR_WRAPPED_KEY_LEN_RANGE),
	NAME(CKR_WRAPPING_KEY_HANDLE_INVALID),
	NAME(CKR_UNWRAPPING_KEY_HANDLE_INVALID),
	NAME(CKR_KEY_UNEXTRACTABLE),
	NAME(CKR_ENCRYPTED_DATA_INVALID),
	NAME(CKR_ENCRYPTED_DATA_LEN_RANGE),
	NAME(CKR_SAVED_STATE_INVALID),
	NAME(CKR_STATE_UNSAVEABLE),
	NAME(CKR_KEY_NOT_WRAPPABLE),
	NAME(CKR_RANDOM_SEED_NOT_SUPPORTED),
};

const char *
conduct_rv_name(CK_RV rv)
{
	static char number[32];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].rv == rv)
			return names[i].name;
	snprintf(number, sizeof(number), "0x%lx", rv);
	return number;
}

void
conduct_wrong(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("\n    ", stdout);
	vprintf(format, list);
	va_end(list);
	fflush(stdout);
	CU_assertImplementation(CU_FALSE, 0, format, __FILE__, "", CU_FALSE);
}
