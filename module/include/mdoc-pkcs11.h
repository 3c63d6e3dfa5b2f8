/*
 * mdoc-pkcs11.h: what this module adds to PKCS#11, for any program that wants it.
 *
 * Numbers in this file never change. Stock PKCS#11 programs need none of it: a mechanism
 * number on the command line is enough (pkcs11-tool -m 0xCD440001).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_PKCS11_H
#define MDOC_PKCS11_H

#include <p11-kit/pkcs11.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Mechanisms. The data are given to C_Sign, or in parts to C_SignUpdate and C_SignFinal
 * (buffered, at most MDOC_SIGN_INPUT_MAX bytes).
 *
 * The key is a bound holder key. Order inside C_Sign: parse, select, size; a length query
 * or a short buffer ends here with nothing spent and no PIN check consumed; then PIN state,
 * durable spend, signature. A PIN check (C_Login CKU_CONTEXT_SPECIFIC) authorises one
 * signature; without one C_Sign answers CKR_USER_NOT_LOGGED_IN.
 */

/* In: DeviceAuthenticationBytes, #6.24(bstr .cbor DeviceAuthentication). Out: DeviceSigned
 * with deviceSignature. */
#define CKM_MDOC_DEVICE_SIGN 0xCD440001UL

/* In: CBOR [SessionTranscriptBytes, #6.24(bstr .cbor DeviceRequest), ? agreed], the first
 * two with tag 24, agreed = {namespace: [element, …]}. Out: DeviceResponse. Without agreed
 * everything asked is given except individual_number_unicode (個人番号), which must always
 * be named in agreed (R-CARD-18, R-CARD-49). */
#define CKM_MDOC_DEVICE_RESPONSE 0xCD440002UL

/* In and out as for CKM_MDOC_DEVICE_SIGN, with deviceMac (ISO/IEC 18013-5, 9.1.3.5) in the place of the
 * signature; it spends the copy all the same. Parameter: EReaderKey, an uncompressed point of the
 * device key's curve. The key needs CKA_DERIVE. CKR_KEY_FUNCTION_NOT_PERMITTED: a record whose
 * type takes a signature only (org.iso.23220.1.jp.mnc, R-TX-01). */
#define CKM_MDOC_DEVICE_MAC 0xCD440003UL

#define MDOC_SIGN_INPUT_MAX (1024UL * 1024UL)

/*
 * Attributes.
 */

/* CK_BBOOL on an EC private key. True in the template of C_GenerateKeyPair makes a holder
 * key: never imported, exported, wrapped or copied, CKA_ALWAYS_AUTHENTICATE true. */
#define CKA_MDOC_HOLDER_KEY 0xCD440100UL

/* CK_ULONG on a holder key, read only: one of CKV_MDOC_COPY_*. */
#define CKA_MDOC_COPY_STATE 0xCD440101UL
#define CKV_MDOC_COPY_UNBOUND 0UL
#define CKV_MDOC_COPY_UNUSED 1UL

/* CK_BBOOL on a record (CKO_DATA with CKA_APPLICATION "mdoc"): the copy may be used more
 * than once. Default false; settable when the record is created only. */
#define CKA_MDOC_REUSABLE 0xCD440102UL

/* CK_BBOOL on a holder key, read only: a hardware backend holds it. */
#define CKA_MDOC_HARDWARE 0xCD440103UL

/*
 * Return values. C_Sign with a CKM_MDOC_* mechanism, and C_CreateObject of a record, use
 * them beside the standard's own.
 */
#define CKR_MDOC_INPUT_MALFORMED 0xCD440200UL     /* not the CBOR that the mechanism wants */
#define CKR_MDOC_DOCTYPE 0xCD440201UL             /* docType is not the record's */
#define CKR_MDOC_NOTHING_TO_DISCLOSE 0xCD440202UL /* nothing asked is held and agreed */
#define CKR_MDOC_EXPIRED 0xCD440203UL             /* the record's validUntil has passed */
#define CKR_MDOC_NOT_YET_VALID 0xCD440204UL       /* the record's validFrom is ahead */
#define CKR_MDOC_SUSPENDED 0xCD440205UL           /* the area is suspended (R-SUS-01) */
#define CKR_MDOC_SPENT 0xCD440206UL               /* the copy has been used (R-EXH-01) */
#define CKR_MDOC_READER_AUTH 0xCD440207UL         /* readerAuth is present and wrong */
#define CKR_MDOC_KEY_NOT_BOUND 0xCD440208UL       /* the holder key has no record yet */
#define CKR_MDOC_NO_HOLDER_KEY 0xCD440209UL       /* no unbound holder key has MSO.deviceKey's point */
#define CKR_MDOC_RECORD_MALFORMED 0xCD44020AUL    /* CKA_VALUE is not an IssuerSigned */
#define CKR_MDOC_RECORD_DIGEST 0xCD44020BUL       /* an item does not match its digest in the MSO */
#define CKR_MDOC_STORE_NEWER 0xCD44020CUL         /* written by a newer version; opened for nothing */
#define CKR_MDOC_STORE_DAMAGED 0xCD44020DUL       /* a row was changed, deleted or put back from outside */
#define CKR_MDOC_STORE_BUSY 0xCD44020EUL          /* another process held the store too long; try again */
#define CKR_MDOC_PIN_STORE_READ_ONLY 0xCD44020FUL /* a PIN try cannot be counted: the store is read only */
#define CKR_MDOC_BATCH_ACTIVE 0xCD440210UL        /* begin twice, or a token key pair inside a batch */
#define CKR_MDOC_NO_BATCH 0xCD440211UL            /* commit or rollback without begin */
#define CKR_MDOC_KEY_AUTHORIZATION 0xCD440212UL   /* a device-signed element that keyAuthorizations does not allow */
#define CKR_MDOC_TPM_OTHER 0xCD440213UL           /* another TPM than the area was made with, or it was cleared */
#define CKR_MDOC_TPM_INDEX_LOST 0xCD440214UL      /* the area's index was taken out of the TPM: C_InitPIN mends it */
#define CKR_MDOC_STORE_ROLLED_BACK 0xCD440215UL   /* an older store was put back: the TPM has counted further */
#define CKR_MDOC_TPM_OWNER_AUTH 0xCD440216UL      /* the TPM's owner authorisation is missing or wrong */
#define CKR_MDOC_NOT_ENROLLED 0xCD440217UL        /* no key that signs evidence yet: C_MDOC_AttestEnrol makes it */

/*
 * The provisioner brings new records without the holder's PIN: C_LoginUser(CKU_USER, credential, MDOC_PROVISIONER).
 * It sees public objects, reads no record and uses no key of the holder's. Ten wrong credentials lock it
 * (CKR_PIN_LOCKED) until a new one is made. CKR_USER_PIN_NOT_INITIALIZED: the area has none, or no user of that name.
 * It and the holder keep each other out of one process (CKR_USER_ANOTHER_ALREADY_LOGGED_IN).
 */
#define MDOC_PROVISIONER "provisioner"
#define MDOC_CREDENTIAL_LEN 32UL

/* Bounds of what C_MDOC_Attest and its sisters take. */
#define MDOC_ATTEST_KEYS_MAX 1000UL
#define MDOC_ATTEST_NONCE_MAX 1024UL
#define MDOC_ATTEST_INPUT_MAX 8192UL

/*
 * The vendor interface: C_GetInterface("Vendor mdoc-pkcs11", {1, 0}, …). A program finds
 * out whether a slot is ours by CKM_MDOC_DEVICE_SIGN in its mechanism list.
 */
#define MDOC_PKCS11_INTERFACE "Vendor mdoc-pkcs11"

/* How an area's PIN is checked. Zero means the backend's default. */
typedef struct CK_MDOC_PIN_POLICY {
	CK_ULONG ulMinLen; /* characters (UTF-8 code points) */
	CK_ULONG ulMaxLen;
	CK_ULONG ulTries;    /* 1 to 100 */
	CK_ULONG ulAlphabet; /* CKV_MDOC_PIN_* */
} CK_MDOC_PIN_POLICY;

#define CKV_MDOC_PIN_ANY 0UL         /* any printable UTF-8 */
#define CKV_MDOC_PIN_DIGITS 1UL      /* 0-9 */
#define CKV_MDOC_PIN_ALNUM_UPPER 2UL /* A-Z and 0-9, at least one of each */

#define CKF_MDOC_AREA_ALLOW_WEAK_PIN 0x01UL    /* a user PIN shorter than the backend's floor */
#define CKF_MDOC_AREA_ALLOW_WEAK_SO_PIN 0x02UL /* an SO code of less than 80 bits */
#define CKF_MDOC_AREA_RAW_SIGN 0x04UL          /* CKM_ECDSA with bound keys too (p11-kit remoting) */

typedef struct CK_MDOC_AREA {
	CK_UTF8CHAR label[32];       /* blank padded */
	const CK_UTF8CHAR *pBackend; /* NUL terminated, "vault"; NULL: the configured default */
	const CK_UTF8CHAR *pSoPin;
	CK_ULONG ulSoPinLen;
	CK_MDOC_PIN_POLICY user;
	CK_MDOC_PIN_POLICY so;
	CK_FLAGS flags; /* CKF_MDOC_AREA_* */
} CK_MDOC_AREA;

typedef struct CK_MDOC_FUNCTION_LIST {
	CK_VERSION version;

	/* Make an area in the free slot and give its slot id in *pSlot. CKR_PIN_LEN_RANGE,
	 * CKR_PIN_INVALID: the SO code or a policy is weaker than the flags allow.
	 * CKR_ARGUMENTS_BAD: unknown backend, flag or policy value. Nothing is left behind
	 * on an error. */
	CK_RV (*C_MDOC_MakeArea)(const CK_MDOC_AREA *pArea, CK_SLOT_ID *pSlot);

	/* Erase the area of a slot with all its keys and records, after a check of the SO
	 * code (counted like any SO try). CKR_SESSION_EXISTS while sessions are open. The
	 * slot id is never given out again. An area whose TPM has been cleared, or is another
	 * one, is erased without that check: nothing can make it, and nothing can open the area. */
	CK_RV (*C_MDOC_EraseArea)(CK_SLOT_ID slot, const CK_UTF8CHAR *pSoPin, CK_ULONG ulSoPinLen);

	/* Token objects created in this R/W user session from begin on are invisible to
	 * everybody until commit, which makes them visible in one transaction, all or none.
	 * C_GenerateKeyPair for the token answers CKR_MDOC_BATCH_ACTIVE meanwhile.
	 * Logout, C_CloseSession and death of the process roll back. */
	CK_RV (*C_MDOC_BeginBatch)(CK_SESSION_HANDLE hSession);
	CK_RV (*C_MDOC_CommitBatch)(CK_SESSION_HANDLE hSession);
	CK_RV (*C_MDOC_RollbackBatch)(CK_SESSION_HANDLE hSession);

	/* What is wrong with a slot, for people who must repair it: JSON in UTF-8, no secrets.
	 * CK_UNAVAILABLE_INFORMATION instead of a slot: what concerns all of them, which are
	 * configuration, store folder and locked memory.
	 * Works without a session. Length query and CKR_BUFFER_TOO_SMALL as usual. */
	CK_RV (*C_MDOC_Diagnose)(CK_SLOT_ID slot, CK_UTF8CHAR *pJson, CK_ULONG *pulLen);

	/* Evidence for an issuer that private keys of the token, and the PIN that guards them, are inside a device:
	 * one CBOR map, signed by the device (mdoc-pkcs11(7), Attestation). The session is the user's, the keys are
	 * token objects, 1 to MDOC_ATTEST_KEYS_MAX; the issuer's nonce has 1 to MDOC_ATTEST_NONCE_MAX bytes. The
	 * length query tells enough room and asks no device, as in the two functions after it.
	 * CKR_FUNCTION_NOT_SUPPORTED: the keys are in no device that can tell (a software vault).
	 * CKR_KEY_HANDLE_INVALID: no private key of the token. CKR_MDOC_NOT_ENROLLED, CKR_USER_NOT_LOGGED_IN,
	 * CKR_MDOC_TPM_*. */
	CK_RV(*C_MDOC_Attest)
	(CK_SESSION_HANDLE hSession, const CK_OBJECT_HANDLE *pKeys, CK_ULONG ulKeys, const CK_BYTE *pNonce,
		CK_ULONG ulNonceLen, CK_BYTE *pEvidence, CK_ULONG *pulLen);

	/* Make the credential of the area's provisioner, in an R/W session of the security officer: MDOC_CREDENTIAL_LEN
	 * hexadecimal digits of 128 random bits, which nobody can get again. A former credential is good no longer.
	 * The length query and CKR_BUFFER_TOO_SMALL make nothing. */
	CK_RV (*C_MDOC_MakeProvisioner)(CK_SESSION_HANDLE hSession, CK_UTF8CHAR *pCredential, CK_ULONG *pulLen);

	/* Take it away, in such a session. CKR_USER_PIN_NOT_INITIALIZED: there is none. */
	CK_RV (*C_MDOC_RevokeProvisioner)(CK_SESSION_HANDLE hSession);

	/* Enrolment of the key that signs evidence, in R/W sessions of the user. First the message for the issuer
	 * (CBOR: the device's endorsement certificate and this key, which is made now when there is none). Then the
	 * issuer's challenge (CBOR, at most MDOC_ATTEST_INPUT_MAX bytes) gives the answer that only the device with
	 * both can give. Last the certificate (X.509, DER) that the issuer gives for it is kept, to go with all
	 * evidence; it must be of that key. Errors as above, and
	 * CKR_DATA_INVALID: no such challenge, not for this device and key, or no certificate of this key. */
	CK_RV (*C_MDOC_AttestEnrol)(CK_SESSION_HANDLE hSession, CK_BYTE *pMessage, CK_ULONG *pulLen);
	CK_RV(*C_MDOC_AttestActivate)
	(CK_SESSION_HANDLE hSession, const CK_BYTE *pChallenge, CK_ULONG ulChallengeLen, CK_BYTE *pAnswer,
		CK_ULONG *pulLen);
	CK_RV (*C_MDOC_AttestCertificate)(CK_SESSION_HANDLE hSession, const CK_BYTE *pDer, CK_ULONG ulLen);
} CK_MDOC_FUNCTION_LIST;

#ifdef __cplusplus
}
#endif

#endif
