/*
 * The limit of what a TPM gives: a key with a password, loaded once, and one command a signature.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include "tests/bench/tpm-raw.h"

#include <stdio.h>
#include <string.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>

#include "tests/bench/bench.h"

#define SRK_HANDLE 0x81000001
#define PASSWORD "1234"

static ESYS_CONTEXT *esys;
static TSS2_TCTI_CONTEXT *tcti_context;

static void
need(TSS2_RC rc, const char *what)
{
	char text[80];

	if (rc == TSS2_RC_SUCCESS)
		return;
	snprintf(text, sizeof(text), "%s: 0x%x", what, rc);
	bench_need(false, text);
}

static void
start(const char *tcti)
{
	need(Tss2_TctiLdr_Initialize(tcti, &tcti_context), "TCTI");
	need(Esys_Initialize(&esys, tcti_context, NULL), "ESYS");
}

static void
end(void)
{
	Esys_Finalize(&esys);
	Tss2_TctiLdr_Finalize(&tcti_context);
}

static TPM2B_PUBLIC
template_of(TPMA_OBJECT attributes, bool storage)
{
	TPM2B_PUBLIC template = {
		.publicArea = { .type = TPM2_ALG_ECC, .nameAlg = TPM2_ALG_SHA256, .objectAttributes = attributes }
	};
	TPMS_ECC_PARMS *ecc = &template.publicArea.parameters.eccDetail;

	ecc->symmetric.algorithm = storage ? TPM2_ALG_AES : TPM2_ALG_NULL;
	ecc->symmetric.keyBits.aes = 128;
	ecc->symmetric.mode.aes = TPM2_ALG_CFB;
	ecc->scheme.scheme = TPM2_ALG_NULL;
	ecc->curveID = TPM2_ECC_NIST_P256;
	ecc->kdf.scheme = TPM2_ALG_NULL;
	return template;
}

void
raw_provision(const char *tcti)
{
	const TPM2B_PUBLIC template = template_of(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
			TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
		true);
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPM2B_DATA info = { 0 };
	const TPML_PCR_SELECTION pcrs = { 0 };
	ESYS_TR primary, kept;

	start(tcti);
	need(Esys_CreatePrimary(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
		     &template, &info, &pcrs, &primary, NULL, NULL, NULL, NULL),
		"CreatePrimary");
	need(Esys_EvictControl(esys, ESYS_TR_RH_OWNER, primary, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
		     SRK_HANDLE, &kept),
		"EvictControl");
	need(Esys_FlushContext(esys, primary), "FlushContext");
	end();
}

/* By hand: ESYS knows no handles that another process has left. */
static void
flush_handle(TPM2_HANDLE handle)
{
	const uint8_t command[] = { 0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x65, (uint8_t)(handle >> 24),
		(uint8_t)(handle >> 16), (uint8_t)(handle >> 8), (uint8_t)handle };
	uint8_t answer[4096];
	size_t len = sizeof(answer);

	need(Tss2_Tcti_Transmit(tcti_context, sizeof(command), command), "FlushContext");
	need(Tss2_Tcti_Receive(tcti_context, &len, answer, TSS2_TCTI_TIMEOUT_BLOCK), "FlushContext");
}

void
raw_flush(const char *tcti)
{
	static const TPM2_HANDLE first[] = { TPM2_TRANSIENT_FIRST, TPM2_HMAC_SESSION_FIRST, TPM2_POLICY_SESSION_FIRST };

	need(Tss2_TctiLdr_Initialize(tcti, &tcti_context), "TCTI");
	for (size_t i = 0; i < 3; i++)
		for (TPM2_HANDLE n = 0; n < 3; n++)
			flush_handle(first[i] + n);
	Tss2_TctiLdr_Finalize(&tcti_context);
}

static ESYS_TR
load_key(void)
{
	const TPM2B_PUBLIC template = template_of(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_SIGN_ENCRYPT,
		false);
	const TPM2B_AUTH password = { .size = sizeof(PASSWORD) - 1, .buffer = PASSWORD };
	const TPM2B_SENSITIVE_CREATE sensitive = { .sensitive = { .userAuth = password } };
	const TPM2B_DATA info = { 0 };
	const TPML_PCR_SELECTION pcrs = { 0 };
	TPM2B_PRIVATE *private_area = NULL;
	TPM2B_PUBLIC *public_area = NULL;
	ESYS_TR srk, key;

	need(Esys_TR_FromTPMPublic(esys, SRK_HANDLE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &srk), "SRK");
	need(Esys_Create(esys, srk, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &template, &info, &pcrs,
		     &private_area, &public_area, NULL, NULL, NULL),
		"Create");
	need(Esys_Load(esys, srk, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, private_area, public_area, &key),
		"Load");
	need(Esys_TR_SetAuth(esys, key, &password), "SetAuth");
	Esys_Free(private_area);
	Esys_Free(public_area);
	return key;
}

double
raw_sign(const char *tcti, double seconds)
{
	const TPM2B_DIGEST digest = { .size = 32, .buffer = "what is signed in this benchmark" };
	const TPMT_SIG_SCHEME scheme = { .scheme = TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256 };
	const TPMT_TK_HASHCHECK check = { .tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL };
	TPMT_SIGNATURE *signature = NULL;
	double begin, now;
	size_t done = 0;
	ESYS_TR key;

	start(tcti);
	key = load_key();
	for (begin = now = bench_now(); now < begin + seconds; now = bench_now()) {
		for (int i = 0; i < 16; i++, done++) {
			need(Esys_Sign(esys, key, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &digest, &scheme,
				     &check, &signature),
				"Sign");
			Esys_Free(signature);
		}
	}
	need(Esys_FlushContext(esys, key), "FlushContext");
	end();
	return (double)done / (now - begin);
}
