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
#define CKR_MDOC_CHECK_MISSING 0xCD440218UL       /* C_MDOC_RecordCheck must come first, in this login (R-CARD-47) */
#define CKR_MDOC_RETIRED 0xCD440219UL             /* the token's life has ended (R-CARD-41) */
#define CKR_MDOC_AUTHENTICATOR 0xCD44021AUL       /* the authenticator's helper is missing or gave no good verdict */
#define CKR_MDOC_CLOCK_BACK 0xCD44021BUL          /* the clock is behind what the token has seen (R-VAL-01) */
#define CKR_MDOC_BLANK 0xCD44021CUL               /* C_InitToken with the transport secret comes first (R-CARD-06) */
#define CKR_MDOC_NOT_ALLOWED_HERE 0xCD44021DUL    /* not on the closed list of what this area, or this card, may hold */
#define CKR_MDOC_NO_SUCH_RIGHT 0xCD44021EUL       /* the access matrix lets nobody of that name in, or not for that */
#define CKR_MDOC_INBOX_FULL 0xCD44021FUL          /* nothing more may wait for the user */

/*
 * The provisioner brings new records without the holder's PIN: C_LoginUser(CKU_USER, credential, MDOC_PROVISIONER).
 * It sees public objects, reads no record and uses no key of the holder's. Ten wrong credentials lock it
 * (CKR_PIN_LOCKED) until a new one is made. CKR_USER_PIN_NOT_INITIALIZED: the area has none, or no user of that name.
 * It and the holder keep each other out of one process (CKR_USER_ANOTHER_ALREADY_LOGGED_IN).
 */
#define MDOC_PROVISIONER "provisioner"
#define MDOC_CREDENTIAL_LEN 32UL

#define MDOC_CHECK_TEXT_MAX 512UL

/*
 * Its three keys come with its credential and are good for one thing each: attestation (C_MDOC_AttestKeys alone; only the
 * public half is shown), TLS (CKA_LABEL "provisioner tls", CKM_ECDSA) and notices ("provisioner notices",
 * CKM_ECDH1_DERIVE). A holder key that it generates (CKA_MDOC_HOLDER_KEY in the template of C_GenerateKeyPair) waits
 * in the inbox: it sees the key's public attributes, nobody can use the key, and C_DestroyObject takes it away again.
 *
 * What is brought is sealed to the key of the inbox, an X25519 pair with CKA_LABEL MDOC_INBOX_KEY, which searches find
 * only by that label: the public half for everybody, the private half (CKM_ECDH1_DERIVE) for the user.
 */
#define MDOC_INBOX_KEY_LABEL "inbox"

#define MDOC_INBOX_KEY 1UL      /* a key pair, for C_MDOC_InboxOpenKeys */
#define MDOC_INBOX_RESPONSE 2UL /* what an issuer has sent */
#define MDOC_INBOX_NOTICE 3UL

/* Bounds: above them CKR_MDOC_INBOX_FULL. */
#define MDOC_INBOX_KEYS_MAX 2000UL
#define MDOC_INBOX_ENTRIES_MAX 1000UL                 /* of each other kind */
#define MDOC_INBOX_BYTES_MAX (64UL * 1024UL * 1024UL) /* all of them */
#define MDOC_INBOX_ENTRY_MAX (16UL * 1024UL * 1024UL) /* one */

typedef struct CK_MDOC_INBOX_ENTRY {
	CK_ULONG ulId;       /* never used twice in an area */
	CK_ULONG ulKind;     /* MDOC_INBOX_* */
	CK_ULONG ulReceived; /* seconds since the epoch, UTC */
	CK_ULONG ulLen;      /* bytes; 0 for a key */
} CK_MDOC_INBOX_ENTRY;

/* Bounds of what C_MDOC_Attest and its sisters take. */
#define MDOC_ATTEST_KEYS_MAX 1000UL
#define MDOC_ATTEST_NONCE_MAX 1024UL
#define MDOC_ATTEST_INPUT_MAX 8192UL
#define MDOC_ATTEST_AUDIENCE_MAX 1024UL

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
#define CKF_MDOC_AREA_MUST_CHANGE 0x08UL       /* a PIN that the SO has set must be changed first (R-CARD-30) */
#define CKF_MDOC_AREA_IDENTITY_CHECK 0x10UL    /* a PIN is reset or disabled after an identity check (R-CARD-47) */
#define CKF_MDOC_AREA_TRANSPORT 0x20UL         /* pSoPin is a transport secret: the token is blank (R-CARD-06) */
#define CKF_MDOC_AREA_SINGLE_USE 0x40UL        /* no record with CKA_MDOC_REUSABLE (R-EXH-01) */

/*
 * Presets: what an area is for (R-CARD-10, -27). One of the law brings its PIN policy and its flags, which zero fields
 * of the policy take and others must not contradict, and a closed list of what it may hold: anything else is refused.
 */
#define MDOC_PRESET_GENERAL "general" /* anything; none of the law. NULL and "" mean this */
#define MDOC_PRESET_MNC "mnc"         /* the card-substitute record */
#define MDOC_PRESET_JK "jk"           /* base area */
#define MDOC_PRESET_KK "kk"           /* card-face confirmation, behind the collation numbers */
#define MDOC_PRESET_KH "kh"           /* card-face input support */
#define MDOC_PRESET_JP_AUTH "jp-auth" /* public key certification: user authentication */
#define MDOC_PRESET_JP_SIGN "jp-sign" /* and signatures */
#define MDOC_PRESET_JO "jo"           /* an ordinance's application */

#define MDOC_PRESET_MAX 16UL /* bytes of a preset's name */
#define MDOC_CARD_MAX 32UL   /* bytes of a card's name, UTF-8 without control characters */

typedef struct CK_MDOC_AREA {
	CK_UTF8CHAR label[32];       /* blank padded */
	const CK_UTF8CHAR *pBackend; /* NUL terminated, "vault"; NULL: the configured default */
	const CK_UTF8CHAR *pSoPin;
	CK_ULONG ulSoPinLen;
	CK_MDOC_PIN_POLICY user;
	CK_MDOC_PIN_POLICY so;
	CK_FLAGS flags;             /* CKF_MDOC_AREA_* */
	const CK_UTF8CHAR *pPreset; /* NUL terminated, MDOC_PRESET_*; NULL: MDOC_PRESET_GENERAL */
	const CK_UTF8CHAR
		*pCard; /* NUL terminated: areas of one name are one card; NULL: none. A card takes the presets
				      * of the physical one, MDOC_PRESET_JO several times, the others once (R-CARD-60) */
	const CK_BYTE
		*pAuthenticator; /* public document of a helper that opens the area when the PIN is disabled; NULL:
					* none */
	CK_ULONG ulAuthenticatorLen;
} CK_MDOC_AREA;

/*
 * Named users beside the provisioner: C_LoginUser(CKU_USER, credential, name). An area of the law lets in the systems
 * of the card standard's access matrix, each for what its cell says (R-CARD-10 to -15), and the card-face area the two
 * collation numbers (R-CARD-18 to -20). None of them ever uses a key. Ten wrong credentials lock one of them
 * (CKR_PIN_LOCKED), and nobody else, until the security officer grants anew.
 *
 *   juki-net     reads and writes jk, kk and kh; reads jp-auth and jp-sign, and sets their PINs
 *   kk, kh       read and write their own areas
 *   jpki         reads and writes jp-auth and jp-sign; reads jk; sets the PINs of jk and kh
 *   ordinance-…  reads and writes its own jo area; reads jk
 *   collation-a  12 digits: reads kk
 *   collation-b  14 digits: reads the front in kk
 *
 * Who may set a PIN calls C_InitPIN in an R/W session.
 */
#define CKF_MDOC_RIGHT_READ 0x01UL  /* data objects and certificates */
#define CKF_MDOC_RIGHT_WRITE 0x02UL /* the same */
#define CKF_MDOC_RIGHT_PIN 0x04UL
#define CKF_MDOC_RIGHT_FRONT 0x08UL
#define MDOC_COLLATION_A "collation-a"
#define MDOC_COLLATION_B "collation-b"
#define MDOC_NAME_MAX 32UL   /* bytes */
#define MDOC_NUMBER_MAX 64UL /* digits */

typedef struct CK_MDOC_GRANT {
	const CK_UTF8CHAR *pName;   /* NUL terminated */
	CK_FLAGS rights;            /* 0: the cell's; else they must be just those */
	CK_ULONG ulTries;           /* until it is locked; 0: ten */
	const CK_UTF8CHAR *pNumber; /* of a collation number: the digits. NULL for a system */
	CK_ULONG ulNumberLen;
} CK_MDOC_GRANT;

typedef struct CK_MDOC_FUNCTION_LIST {
	CK_VERSION version;

	/* Make an area in the free slot and give its slot id in *pSlot. CKR_PIN_LEN_RANGE,
	 * CKR_PIN_INVALID: the SO code or a policy is weaker than the flags allow.
	 * CKR_ARGUMENTS_BAD: unknown backend, preset, flag or policy value, or a policy that is not the preset's.
	 * CKR_MDOC_NOT_ALLOWED_HERE: the card takes no such area, or no further one.
	 * Nothing is left behind on an error. */
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

	/* SO: write into the token's log that the holder's identity has been checked, and how: at most
	 * MDOC_CHECK_TEXT_MAX bytes of UTF-8, one line, without the holder's name. Good for one C_InitPIN or
	 * C_MDOC_DisablePin of this login, which in an area with CKF_MDOC_AREA_IDENTITY_CHECK answer
	 * CKR_MDOC_CHECK_MISSING without it. Like all that follow: CKR_MDOC_RETIRED, CKR_USER_NOT_LOGGED_IN,
	 * CKR_PIN_EXPIRED (the SO code is still the transport secret). */
	CK_RV (*C_MDOC_RecordCheck)(CK_SESSION_HANDLE hSession, const CK_UTF8CHAR *pText, CK_ULONG ulLen);

	/* SO: give the user a random PIN that nobody learns, and check no PIN any more (顔認証, R-FACE-01 to -05);
	 * C_InitPIN is the way back. Keys and records stay. It can be repeated. CKR_USER_PIN_NOT_INITIALIZED. */
	CK_RV (*C_MDOC_DisablePin)(CK_SESSION_HANDLE hSession);

	/* SO or provisioner: no private key of the token is used any more, CKR_MDOC_SUSPENDED (R-SUS-01, R-CARD-41). */
	CK_RV (*C_MDOC_Suspend)(CK_SESSION_HANDLE hSession);

	/* SO: they sign again. What the token has seen of time begins anew with now (CKR_MDOC_CLOCK_BACK). */
	CK_RV (*C_MDOC_Resume)(CK_SESSION_HANDLE hSession);

	/* User or SO: destroy all keys, records and private objects and the user's PIN, for good; only C_InitToken and
	 * C_MDOC_EraseArea follow. Everybody is logged out. */
	CK_RV (*C_MDOC_Retire)(CK_SESSION_HANDLE hSession);

	/* The token's log as JSON (UTF-8, no NUL), length query as usual; nobody need be logged in, but lines about
	 * copies and their keys (copies-imported, copy-spent, copy-destroyed, inbox-opened) are there and counted only
	 * while the user is. An array of
	 * {"id": number, "at": seconds since 1970, "what": text, "detail": text} and last
	 * {"chain": "whole" | "broken", "at": id of the first line that is not as it was written, or of the last};
	 * the chain is that of all lines. mdoc-pkcs11(7) has the texts. */
	CK_RV (*C_MDOC_Events)(CK_SLOT_ID slotID, CK_UTF8CHAR *pJson, CK_ULONG *pulLen);

	/* Let a named user in, in an R/W session of the security officer; a former credential of that name is good no
	 * longer. A system gets a credential as C_MDOC_MakeProvisioner gives one; a collation number is its own, and
	 * *pulLen becomes 0.
	 * CKR_MDOC_NO_SUCH_RIGHT: the matrix has no such cell in this area, or one with other rights, or another
	 * ordinance's system is in already. CKR_PIN_LEN_RANGE, CKR_PIN_INVALID: not that many digits. */
	CK_RV(*C_MDOC_Grant)
	(CK_SESSION_HANDLE hSession, const CK_MDOC_GRANT *pGrant, CK_UTF8CHAR *pCredential, CK_ULONG *pulLen);

	/* Let it in no more, in such a session. CKR_USER_PIN_NOT_INITIALIZED: nobody has that name. */
	CK_RV (*C_MDOC_Revoke)(CK_SESSION_HANDLE hSession, const CK_UTF8CHAR *pName);
	/* The inbox (R-REN-01, R-REN-03). Put: the provisioner, in an R/W session; the bytes are sealed for the user,
	 * and it can't read them again. CKR_MDOC_INBOX_FULL; CKR_DATA_LEN_RANGE: above MDOC_INBOX_ENTRY_MAX;
	 * CKR_DEVICE_MEMORY: the disk is full, and nothing was put.
	 * List: user or provisioner; in order of id. pEntries NULL asks for the number, of entries as in *pulCount.
	 * Get: the user. CKR_OBJECT_HANDLE_INVALID: no such entry; CKR_KEY_FUNCTION_NOT_PERMITTED: it is a key.
	 * Remove: the user, and of a key the provisioner, in an R/W session. */
	CK_RV(*C_MDOC_InboxPut)
	(CK_SESSION_HANDLE hSession, CK_ULONG ulKind, const CK_BYTE *pBytes, CK_ULONG ulLen, CK_ULONG *pId);
	CK_RV (*C_MDOC_InboxList)(CK_SESSION_HANDLE hSession, CK_MDOC_INBOX_ENTRY *pEntries, CK_ULONG *pulCount);
	CK_RV (*C_MDOC_InboxGet)(CK_SESSION_HANDLE hSession, CK_ULONG ulId, CK_BYTE *pBytes, CK_ULONG *pulLen);
	CK_RV (*C_MDOC_InboxRemove)(CK_SESSION_HANDLE hSession, CK_ULONG ulId);

	/* In an R/W session of the user: let all keys of the inbox become unbound holder keys, all or none; how many.
	 * CKR_MDOC_STORE_DAMAGED: one of them the provisioner has not put there. CKR_MDOC_BATCH_ACTIVE. */
	CK_RV (*C_MDOC_InboxOpenKeys)(CK_SESSION_HANDLE hSession, CK_ULONG *pulCount);

	/* A key attestation (OpenID4VCI 1.0, appendix D) about unbound private holder keys, 1 to
	 * MDOC_ATTEST_KEYS_MAX, for the user, or for the provisioner about what waits in the inbox. It is a JWT in
	 * compact form, whose claims are iat, exp, nonce, attested_keys, aud (ulAudienceLen 0: none) and mdoc_pkcs11
	 * (mdoc-pkcs11(7)), signed by the provisioner's attestation key. Nonce and audience are UTF-8.
	 * CKR_USER_PIN_NOT_INITIALIZED: the area has no provisioner. CKR_KEY_HANDLE_INVALID: not such a key, or twice
	 * the same; CKR_KEY_FUNCTION_NOT_PERMITTED: it has its record already. Length query and
	 * CKR_BUFFER_TOO_SMALL as usual. */
	CK_RV(*C_MDOC_AttestKeys)
	(CK_SESSION_HANDLE hSession, const CK_OBJECT_HANDLE *pKeys, CK_ULONG ulKeys, const CK_BYTE *pNonce,
		CK_ULONG ulNonceLen, const CK_UTF8CHAR *pAudience, CK_ULONG ulAudienceLen, CK_UTF8CHAR *pJwt,
		CK_ULONG *pulLen);
} CK_MDOC_FUNCTION_LIST;

#ifdef __cplusplus
}
#endif

#endif
