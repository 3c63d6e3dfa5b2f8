/* party_token.c: a holder key in a token that makes a deviceMac, by libmdoc-p11. SPDX-License-Identifier: BSD-2-Clause */
#include "party.h"
#include <dlfcn.h>
#include <mdoc-pkcs11.h>
#include <mdoc/p11/p11.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static CK_BBOOL yes = CK_TRUE;
static CK_OBJECT_CLASS data_class = CKO_DATA, private_class = CKO_PRIVATE_KEY;

/* A token with somebody logged in. */
struct token {
	CK_FUNCTION_LIST *p11;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session;
	struct mdoc_bytes pin;
};

static void
must(CK_RV rv, const char *what)
{
	char reason[64];

	if (rv == CKR_OK)
		return;
	snprintf(reason, sizeof(reason), "%s: 0x%lx", what, rv);
	fail(reason, NULL);
}

static CK_ATTRIBUTE
attribute(CK_ATTRIBUTE_TYPE type, struct mdoc_bytes value)
{
	return (CK_ATTRIBUTE){ type, (void *)(uintptr_t)value.ptr, value.len };
}

static CK_RV
login(void *arg, CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session)
{
	const struct token *token = arg;

	return p11->C_Login(session, CKU_CONTEXT_SPECIFIC, (CK_UTF8CHAR *)(uintptr_t)token->pin.ptr, token->pin.len);
}

/* argv: MODULE LABEL PIN-FILE */
static struct token
open_token(char **argv)
{
	struct token token = { .pin = read_file(argv[2]) };
	CK_SLOT_ID slots[16];
	CK_ULONG count = COUNT(slots);
	CK_TOKEN_INFO info;
	CK_C_GetFunctionList get;
	void *module = dlopen(argv[0], RTLD_NOW | RTLD_LOCAL);

	if (module == NULL || (*(void **)&get = dlsym(module, "C_GetFunctionList")) == NULL)
		fail(argv[0], NULL);
	token.pin.len = strcspn((const char *)token.pin.ptr, "\n");
	must(get(&token.p11), "C_GetFunctionList");
	must(token.p11->C_Initialize(NULL), "C_Initialize");
	must(token.p11->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
	for (CK_ULONG i = 0; i < count; i++) {
		must(token.p11->C_GetTokenInfo(slots[i], &info), "C_GetTokenInfo");
		if (strncmp((const char *)info.label, argv[1], strlen(argv[1])) == 0)
			token.slot = slots[i];
	}
	must(token.p11->C_OpenSession(token.slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &token.session),
		"C_OpenSession");
	must(token.p11->C_Login(token.session, CKU_USER, (CK_UTF8CHAR *)(uintptr_t)token.pin.ptr, token.pin.len),
		"C_Login");
	return token;
}

int
token_key(char **argv)
{
	struct token token = open_token(argv + 2);
	CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE public_template[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		attribute(CKA_EC_PARAMS, mdoc_p11_curve_params(MDOC_CURVE_P256)),
		attribute(CKA_ID, mdoc_text("mac")),
	};
	CK_ATTRIBUTE private_template[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SIGN, &yes, sizeof(yes) },
		{ CKA_DERIVE, &yes, sizeof(yes) },
		{ CKA_MDOC_HOLDER_KEY, &yes, sizeof(yes) },
		attribute(CKA_ID, mdoc_text("mac")),
	};
	CK_OBJECT_HANDLE public_key, private_key;
	struct mdoc_public_key key;
	EVP_PKEY *pkey = NULL;
	FILE *file = fopen(argv[5], "w");

	must(token.p11->C_GenerateKeyPair(token.session, &mechanism, public_template, COUNT(public_template),
		     private_template, COUNT(private_template), &public_key, &private_key),
		"C_GenerateKeyPair");
	must(mdoc_p11_public_key(NULL, token.p11, token.session, private_key, &key), "mdoc_p11_public_key");
	if (mdoc_key_to_evp(NULL, &key, &pkey) != MDOC_OK || file == NULL || PEM_write_PUBKEY(file, pkey) != 1 ||
		fclose(file) != 0)
		fail(argv[5], NULL);
	EVP_PKEY_free(pkey);
	must(token.p11->C_Finalize(NULL), "C_Finalize");
	return 0;
}

int
token_present(char **argv)
{
	struct token token = open_token(argv + 2);
	const struct mdoc_bytes record = read_file(argv[5]);
	const struct mdoc_public_key reader = read_public(argv[9]);
	CK_ATTRIBUTE record_template[] = {
		{ CKA_CLASS, &data_class, sizeof(data_class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		attribute(CKA_APPLICATION, mdoc_text("mdoc")),
		attribute(CKA_VALUE, record),
	};
	CK_ATTRIBUTE wanted[] = {
		{ CKA_CLASS, &private_class, sizeof(private_class) },
		attribute(CKA_ID, mdoc_text("mac")),
	};
	struct mdoc_p11_key key = { .p11 = token.p11,
		.session = token.session,
		.offers = mdoc_p11_offers(token.p11, token.slot),
		.login = login,
		.login_arg = &token };
	struct mdoc_p11_device_signer state = { &key, MDOC_CURVE_P256, &reader };
	struct mdoc_device_signer signer;
	const struct mdoc_device_key device = { .device_signer = &signer };
	const struct mdoc_response_options options = { .transcript = read_file(argv[7]), .keys = &device };
	CK_OBJECT_HANDLE object;
	CK_ULONG count = 0;

	if ((key.offers & MDOC_P11_DEVICE_MAC) == 0)
		fail("no CKM_MDOC_DEVICE_MAC", NULL);
	must(token.p11->C_CreateObject(token.session, record_template, COUNT(record_template), &object),
		"C_CreateObject");
	must(token.p11->C_FindObjectsInit(token.session, wanted, COUNT(wanted)), "C_FindObjectsInit");
	must(token.p11->C_FindObjects(token.session, &key.private_key, 1, &count), "C_FindObjects");
	must(token.p11->C_FindObjectsFinal(token.session), "C_FindObjectsFinal");
	if (count != 1)
		fail("no key", NULL);
	mdoc_p11_device_signer(&state, &signer);
	answer(record, argv[6], &options, argv[8]);
	must(token.p11->C_Finalize(NULL), "C_Finalize");
	return 0;
}
