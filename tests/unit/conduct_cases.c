/*
 * tests/unit/conduct_cases.c: each function with arguments that make sense, in each state.
 *
 * Read a row against the table of session states and what they may do (PKCS#11 2.40 section 2.4
 * of the usage guide) and the function's own text. A public object can be seen by all; a private one
 * by the user alone, and its handle is of no object to the others.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/conduct_cases.h"

#include "mdoc-pkcs11.h"

#define ARG CKR_ARGUMENTS_BAD
#define GONE CKR_DEVICE_REMOVED
#define KHI CKR_KEY_HANDLE_INVALID
#define NAY CKR_USER_NOT_LOGGED_IN
#define NONE CKR_OPERATION_NOT_INITIALIZED
#define OHI CKR_OBJECT_HANDLE_INVALID
#define OK CKR_OK
#define RO CKR_SESSION_READ_ONLY
#define WP CKR_TOKEN_WRITE_PROTECTED

#define ALL(rv) \
	{ \
		rv, rv, rv, rv, rv, rv, rv, rv, rv \
	}
#define BUT_ERASED(rv, erased) \
	{ \
		rv, rv, rv, rv, rv, rv, rv, rv, erased \
	}
/* One answer for the user, one for all others. */
#define USERS(rv, others) \
	{ \
		others, others, rv, rv, others, others, others, others, GONE \
	}
#define UNSUPPORTED(name) \
	{ \
		name, NULL, { 0 }, ALL(CKR_FUNCTION_NOT_SUPPORTED) \
	}
#define IDLE(name) \
	{ \
		name, NULL, { 0 }, ALL(NONE) \
	}

/* clang-format off */
const struct conduct_case conduct_cases[] = {
	/*					R/O, R/W public	R/O, R/W user	SO, provisioner	locked	r/o	erased */
	{ "C_Initialize", NULL, { 0 }, ALL(CKR_CRYPTOKI_ALREADY_INITIALIZED) },
	{ "C_Finalize", "reserved", { .number = 1 }, ALL(ARG) },
	{ "C_GetInfo", NULL, { 0 }, ALL(OK) },
	{ "C_GetFunctionList", NULL, { 0 }, ALL(OK) },
	{ "C_GetInterfaceList", NULL, { 0 }, ALL(OK) },
	{ "C_GetInterface", NULL, { 0 }, ALL(OK) },
	{ "C_GetSlotList", NULL, { 0 }, ALL(OK) },
	{ "C_GetSlotInfo", NULL, { 0 }, ALL(OK) },
	{ "C_GetTokenInfo", NULL, { 0 }, BUT_ERASED(OK, GONE) },
	{ "C_WaitForSlotEvent", NULL, { 0 }, BUT_ERASED(CKR_NO_EVENT, OK) },
	{ "C_GetMechanismList", NULL, { 0 }, ALL(OK) },
	{ "C_GetMechanismInfo", NULL, { 0 }, ALL(OK) },
	{ "C_InitToken", NULL, { .number = CKU_SO }, ALL(CKR_SESSION_EXISTS) },
	{ "C_InitPIN", NULL, { .number = CKU_USER },	{ NAY, NAY,	NAY, NAY,	OK, NAY,	NAY,	NAY,	NAY } },
	{ "C_SetPIN", NULL, { .number = CKU_USER },	{ RO, OK,	RO, OK,		OK, CKR_FUNCTION_FAILED,	CKR_PIN_LOCKED, RO, GONE } },

	{ "C_OpenSession", "R/O", { .number = CKF_SERIAL_SESSION },
						{ OK, OK, OK, OK, CKR_SESSION_READ_WRITE_SO_EXISTS, OK, OK, OK, OK } },
	{ "C_OpenSession", "R/W", { .number = CKF_SERIAL_SESSION | CKF_RW_SESSION },
						ALL(OK) },
	{ "C_OpenSession", "parallel", { .number = CKF_RW_SESSION }, ALL(CKR_SESSION_PARALLEL_NOT_SUPPORTED) },
	{ "C_CloseSession", NULL, { 0 }, ALL(OK) },
	{ "C_CloseAllSessions", NULL, { 0 }, ALL(OK) },
	{ "C_GetSessionInfo", NULL, { 0 }, ALL(OK) },
	{ "C_SessionCancel", "nothing", { .number = 0 }, ALL(OK) },
	{ "C_SessionCancel", "everything", { .number = CKF_FIND_OBJECTS | CKF_DIGEST | CKF_SIGN }, ALL(OK) },
	IDLE("C_GetOperationState"),
	{ "C_SetOperationState", NULL, { 0 }, ALL(CKR_SAVED_STATE_INVALID) },
	{ "C_Login", "user", { .number = CKU_USER },
		{ OK, OK, CKR_USER_ALREADY_LOGGED_IN, CKR_USER_ALREADY_LOGGED_IN, CKR_USER_ANOTHER_ALREADY_LOGGED_IN,
			CKR_USER_ANOTHER_ALREADY_LOGGED_IN, CKR_PIN_LOCKED, CKR_MDOC_PIN_STORE_READ_ONLY, GONE } },
	{ "C_Login", "SO", { .number = CKU_SO },
		{ CKR_SESSION_READ_ONLY_EXISTS, OK, CKR_USER_ANOTHER_ALREADY_LOGGED_IN, CKR_USER_ANOTHER_ALREADY_LOGGED_IN,
			CKR_USER_ALREADY_LOGGED_IN, CKR_USER_ANOTHER_ALREADY_LOGGED_IN, OK, CKR_SESSION_READ_ONLY_EXISTS,
			GONE } },
	{ "C_Login", "context", { .number = CKU_CONTEXT_SPECIFIC }, ALL(NONE) },
	{ "C_Login", "nobody's type", { .number = 7 }, ALL(CKR_USER_TYPE_INVALID) },
	{ "C_LoginUser", "nobody's type", { .number = 7 }, ALL(CKR_USER_TYPE_INVALID) },
	{ "C_Logout", NULL, { 0 }, { NAY, NAY, OK, OK, OK, OK, NAY, NAY, OK } },
	{ "C_GetSessionValidationFlags", NULL, { .number = 1 }, ALL(OK) },

	{ "C_CreateObject", "session, public", { .template = &conduct_note }, ALL(OK) },
	{ "C_CreateObject", "token, public", { .template = &conduct_poster },
						{ RO, OK,	RO, OK,		OK, OK,	OK,	WP,	GONE } },
	{ "C_CreateObject", "token, private", { .template = &conduct_diary },
						{ RO, NAY,	RO, OK,		NAY, NAY,	NAY,	WP,	GONE } },
	{ "C_CopyObject", "session, public", { .key = OBJECT_NOTE, .template = &conduct_new_label }, ALL(OK) },
	{ "C_CopyObject", "token, public", { .key = OBJECT_POSTER, .template = &conduct_new_label },
						{ RO, OK,	RO, OK,		OK, OK,	OK,	WP,	GONE } },
	{ "C_CopyObject", "token, private", { .key = OBJECT_DIARY, .template = &conduct_new_label },
						{ OHI, OHI,	RO, OK,		OHI, OHI,	OHI,	OHI,	GONE } },
	{ "C_DestroyObject", "session, public", { .key = OBJECT_NOTE }, ALL(OK) },
	/* what the user made lies under a seal that nobody else can renew */
	{ "C_DestroyObject", "token, public", { .key = OBJECT_POSTER },
						{ RO, NAY,	RO, OK,		OK, NAY,	NAY,	WP,	GONE } },
	{ "C_DestroyObject", "token, private", { .key = OBJECT_DIARY },
						{ OHI, OHI,	RO, OK,		OHI, OHI,	OHI,	OHI,	GONE } },
	{ "C_GetObjectSize", "public", { .key = OBJECT_POSTER }, BUT_ERASED(OK, GONE) },
	{ "C_GetObjectSize", "private", { .key = OBJECT_DIARY }, { OHI, OHI, OK, OK, OHI, OHI, OHI, OHI, GONE } },
	{ "C_GetAttributeValue", "public", { .key = OBJECT_POSTER, .template = &conduct_read_label },
		BUT_ERASED(OK, GONE) },
	{ "C_GetAttributeValue", "private", { .key = OBJECT_DIARY, .template = &conduct_read_label },
						{ OHI, OHI, OK, OK, OHI, OHI, OHI, OHI, GONE } },
	{ "C_SetAttributeValue", "session, public", { .key = OBJECT_NOTE, .template = &conduct_new_label }, ALL(OK) },
	{ "C_SetAttributeValue", "token, private", { .key = OBJECT_AES, .template = &conduct_no_template },
						{ OHI, OHI,	RO, OK,		OHI, OHI,	OHI,	OHI,	GONE } },
	{ "C_FindObjectsInit", NULL, { .template = &conduct_new_label }, BUT_ERASED(OK, GONE) },
	IDLE("C_FindObjects"),
	IDLE("C_FindObjectsFinal"),

	{ "C_EncryptInit", "session, public", { .mechanism = &conduct_aes_cbc, .key = OBJECT_SESSION_AES }, ALL(OK) },
	{ "C_EncryptInit", "token, private", { .mechanism = &conduct_aes_gcm, .key = OBJECT_AES }, USERS(OK, KHI) },
	IDLE("C_Encrypt"),
	IDLE("C_EncryptUpdate"),
	IDLE("C_EncryptFinal"),
	{ "C_DecryptInit", "session, public", { .mechanism = &conduct_aes_ecb, .key = OBJECT_SESSION_AES }, ALL(OK) },
	{ "C_DecryptInit", "token, private", { .mechanism = &conduct_aes_gcm, .key = OBJECT_AES }, USERS(OK, KHI) },
	IDLE("C_Decrypt"),
	IDLE("C_DecryptUpdate"),
	IDLE("C_DecryptFinal"),
	{ "C_DigestInit", NULL, { .mechanism = &conduct_sha256 }, ALL(OK) },
	IDLE("C_Digest"),
	IDLE("C_DigestUpdate"),
	{ "C_DigestKey", NULL, { .key = OBJECT_SECRET }, ALL(NONE) },
	IDLE("C_DigestFinal"),
	{ "C_SignInit", "session, public", { .mechanism = &conduct_hmac, .key = OBJECT_SECRET }, ALL(OK) },
	{ "C_SignInit", "token, private", { .mechanism = &conduct_ecdsa, .key = OBJECT_PRIVATE }, USERS(OK, KHI) },
	IDLE("C_Sign"),
	IDLE("C_SignUpdate"),
	IDLE("C_SignFinal"),
	{ "C_VerifyInit", "session, public", { .mechanism = &conduct_hmac, .key = OBJECT_SECRET }, ALL(OK) },
	{ "C_VerifyInit", "public", { .mechanism = &conduct_ecdsa, .key = OBJECT_PUBLIC }, BUT_ERASED(OK, GONE) },
	IDLE("C_Verify"),
	IDLE("C_VerifyUpdate"),
	IDLE("C_VerifyFinal"),
	{ "C_VerifySignatureInit", "session, public", { .mechanism = &conduct_hmac, .key = OBJECT_SECRET }, ALL(OK) },
	{ "C_VerifySignatureInit", "public", { .mechanism = &conduct_ecdsa, .key = OBJECT_PUBLIC }, BUT_ERASED(OK, GONE) },
	IDLE("C_VerifySignature"),
	IDLE("C_VerifySignatureUpdate"),
	IDLE("C_VerifySignatureFinal"),
	UNSUPPORTED("C_SignRecoverInit"),
	UNSUPPORTED("C_SignRecover"),
	UNSUPPORTED("C_VerifyRecoverInit"),
	UNSUPPORTED("C_VerifyRecover"),
	IDLE("C_DigestEncryptUpdate"),
	IDLE("C_DecryptDigestUpdate"),
	IDLE("C_SignEncryptUpdate"),
	IDLE("C_DecryptVerifyUpdate"),

	{ "C_GenerateKeyPair", "token, private",
		{ .mechanism = &conduct_ec_pair, .template = &conduct_ec_public_token, .other_template = &conduct_ec_token },
						{ RO, NAY,	RO, OK,		NAY, NAY,	NAY,	WP,	GONE } },
	{ "C_GenerateKeyPair", "session, public",
		{ .mechanism = &conduct_ec_pair, .template = &conduct_ec_public, .other_template = &conduct_ec_session }, ALL(OK) },
	{ "C_GenerateKey", "session, public", { .mechanism = &conduct_aes_gen, .template = &conduct_generated }, ALL(OK) },
	{ "C_GenerateKey", "token, private", { .mechanism = &conduct_aes_gen, .template = &conduct_generated_token },
						{ RO, NAY,	RO, OK,		NAY, NAY,	NAY,	WP,	GONE } },
	{ "C_DeriveKey", NULL, { .mechanism = &conduct_ecdh, .key = OBJECT_PRIVATE, .template = &conduct_derived }, USERS(OK, KHI) },
	{ "C_SeedRandom", NULL, { 0 }, ALL(CKR_RANDOM_SEED_NOT_SUPPORTED) },
	{ "C_GenerateRandom", NULL, { 0 }, ALL(OK) },
	{ "C_GetFunctionStatus", NULL, { 0 }, ALL(CKR_FUNCTION_NOT_PARALLEL) },
	{ "C_CancelFunction", NULL, { 0 }, ALL(CKR_FUNCTION_NOT_PARALLEL) },
	UNSUPPORTED("C_WrapKeyAuthenticated"),
	UNSUPPORTED("C_UnwrapKeyAuthenticated"),
	UNSUPPORTED("C_EncapsulateKey"),
	UNSUPPORTED("C_DecapsulateKey"),
	UNSUPPORTED("C_AsyncComplete"),
	UNSUPPORTED("C_AsyncGetID"),
	UNSUPPORTED("C_AsyncJoin"),
	{ "C_WrapKey", "session, public",
		{ .mechanism = &conduct_aes_wrap, .key = OBJECT_SESSION_AES, .other_key = OBJECT_SECRET }, ALL(OK) },
	{ "C_WrapKey", "token, private",
		{ .mechanism = &conduct_aes_wrap, .key = OBJECT_SESSION_AES, .other_key = OBJECT_AES }, USERS(OK, KHI) },
	{ "C_WrapKey", "by a private key of the token",
		{ .mechanism = &conduct_aes_wrap, .key = OBJECT_AES, .other_key = OBJECT_SECRET },
		USERS(OK, CKR_WRAPPING_KEY_HANDLE_INVALID) },
	{ "C_UnwrapKey", "session, public",
		{ .mechanism = &conduct_aes_wrap, .key = OBJECT_SESSION_AES, .template = &conduct_unwrapped, .wrapped = true },
		ALL(OK) },
	{ "C_UnwrapKey", "not wrapped",
		{ .mechanism = &conduct_aes_wrap, .key = OBJECT_SESSION_AES, .template = &conduct_unwrapped },
		ALL(CKR_WRAPPED_KEY_INVALID) },
	{ "C_MessageEncryptInit", "session, public", { .mechanism = &conduct_message_gcm, .key = OBJECT_SESSION_AES }, ALL(OK) },
	{ "C_MessageEncryptInit", "token, private", { .mechanism = &conduct_message_gcm, .key = OBJECT_AES }, USERS(OK, KHI) },
	IDLE("C_EncryptMessage"),
	IDLE("C_EncryptMessageBegin"),
	IDLE("C_EncryptMessageNext"),
	IDLE("C_MessageEncryptFinal"),
	{ "C_MessageDecryptInit", "session, public", { .mechanism = &conduct_message_gcm, .key = OBJECT_SESSION_AES }, ALL(OK) },
	{ "C_MessageDecryptInit", "token, private", { .mechanism = &conduct_message_gcm, .key = OBJECT_AES }, USERS(OK, KHI) },
	IDLE("C_DecryptMessage"),
	IDLE("C_DecryptMessageBegin"),
	IDLE("C_DecryptMessageNext"),
	IDLE("C_MessageDecryptFinal"),
	{ "C_MessageSignInit", "session, public", { .mechanism = &conduct_hmac, .key = OBJECT_SECRET }, ALL(OK) },
	{ "C_MessageSignInit", "token, private", { .mechanism = &conduct_ecdsa, .key = OBJECT_PRIVATE }, USERS(OK, KHI) },
	IDLE("C_SignMessage"),
	IDLE("C_SignMessageBegin"),
	IDLE("C_SignMessageNext"),
	IDLE("C_MessageSignFinal"),
	{ "C_MessageVerifyInit", "session, public", { .mechanism = &conduct_hmac, .key = OBJECT_SECRET }, ALL(OK) },
	{ "C_MessageVerifyInit", "token, public", { .mechanism = &conduct_ecdsa, .key = OBJECT_PUBLIC }, BUT_ERASED(OK, GONE) },
	IDLE("C_VerifyMessage"),
	IDLE("C_VerifyMessageBegin"),
	IDLE("C_VerifyMessageNext"),
	IDLE("C_MessageVerifyFinal"),
};
/* clang-format on */

const size_t conduct_case_count = sizeof(conduct_cases) / sizeof(conduct_cases[0]);
