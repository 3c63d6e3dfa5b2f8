/*
 * evidence.h: a holder's evidence that keys, and the counter of the PIN that they obey, are inside a TPM 2.0
 * whose attestation key the issuer certified: every check that the issuer makes before it believes that.
 *
 * Deterministic CBOR, in the manner of the attestation format "tpm" of WebAuthn:
 *
 *   {"fmt": "tpm", "ver": "2.0", "alg": -7, "akPub": TPMT_PUBLIC, ? "x5c": [certificate of the attestation key],
 *    ? "ek": [certificate of the endorsement key],
 *    "pin": {"nvPublic": TPMS_NV_PUBLIC, "certInfo": TPMS_ATTEST, "sig": TPMT_SIGNATURE, "soPub": TPMT_PUBLIC,
 *            "authorizePub": TPMT_PUBLIC, ? "authenticator": {"nvPublic": TPMS_NV_PUBLIC}},
 *    "keys": [{"pubArea": TPMT_PUBLIC, "certInfo": TPMS_ATTEST, "sig": TPMT_SIGNATURE}, …]}
 *
 * Of a TPM without PIN indices "pin" is {"pubArea": TPMT_PUBLIC, "certInfo", "sig", "soPub"}: there the PIN is the
 * authorisation of a sealed object, and all of the TPM's users share one counter.
 *
 * What it cannot show: that whoever set the token up has thrown away the key behind authorizePub, with which other
 * ways to change the PIN could be approved, and who knows the security officer's code.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_EVIDENCE_H
#define ISSUER_EVIDENCE_H

#include <mdoc/cose.h>
#include "tools/issuer/tpm_parts.h"

#define EVIDENCE_BYTES_MAX ((size_t)1024 * 1024)
#define EVIDENCE_PIN_LIMIT 10  /* tries that a PIN may have at most, unless the rules say otherwise */
#define EVIDENCE_SERIAL_MAX 20 /* bytes of a certificate's serial number (RFC 5280, 4.1.2.2) */

enum evidence_result {
	EVIDENCE_OK,
	EVIDENCE_MEMORY,
	EVIDENCE_CRYPTO,
	/* form */
	EVIDENCE_SIZE,          /* more than EVIDENCE_BYTES_MAX */
	EVIDENCE_CBOR,          /* not one item of well-formed CBOR */
	EVIDENCE_STRUCTURE,     /* a member is missing, unknown, or of another type */
	EVIDENCE_FORMAT,        /* fmt, ver or alg is another */
	EVIDENCE_COUNT,         /* no key, or more than the issuer gives at once */
	EVIDENCE_TPM_STRUCTURE, /* a TPM structure ends early, goes on, or is another; or Names by another hash */
	/* the attestation key */
	EVIDENCE_NOT_ENROLLED,  /* no certificate of the attestation key */
	EVIDENCE_CERTIFICATE,   /* not a certificate of an attestation key */
	EVIDENCE_CHAIN,         /* not issued by this issuer's attestation CA */
	EVIDENCE_VALIDITY,      /* the certificate, or the CA's, has expired or is not yet valid */
	EVIDENCE_AK_TYPE,       /* not ECDSA with SHA-256 on P-256 */
	EVIDENCE_AK_ATTRIBUTES, /* not restricted to signing what the TPM itself says, or not fixed to the TPM */
	EVIDENCE_AK_KEY,        /* the certificate is for another key */
	/* a statement: what the TPM says of something, signed by the attestation key */
	EVIDENCE_MAGIC,     /* not made by a TPM */
	EVIDENCE_STATEMENT, /* a statement of another kind */
	EVIDENCE_NONCE,     /* made for another request */
	EVIDENCE_NAME,      /* of something else than what lies beside it */
	EVIDENCE_SIGNATURE,
	/* the PIN */
	EVIDENCE_PIN_TYPE,       /* not an index that counts failures */
	EVIDENCE_PIN_OWNER,      /* the owner of the machine may write the counter */
	EVIDENCE_PIN_AUTH,       /* who knows the PIN may write the counter */
	EVIDENCE_PIN_UNWRITTEN,  /* nobody has set the counter yet */
	EVIDENCE_PIN_ATTRIBUTES, /* another attribute is not as it should be */
	EVIDENCE_PIN_CONTENTS,   /* not the 8 bytes of a counter and its limit */
	EVIDENCE_PIN_LIMIT_HIGH, /* no limit, or a higher one than the issuer's */
	EVIDENCE_PIN_POLICY,     /* the counter can be got round, or by another than the security officer */
	EVIDENCE_PIN_SHARED,     /* a TPM without PIN indices, which the issuer does not take */
	EVIDENCE_PIN_OBJECT,     /* the object that stands for the PIN is not of the right kind */
	EVIDENCE_SO,             /* the security officer's object is not fixed to the TPM or needs no code */
	EVIDENCE_AUTHORIZER,     /* the key that approved the change of the PIN is none */
	EVIDENCE_AUTHENTICATOR,  /* the second index is not as the first */
	/* a key */
	EVIDENCE_KEY_TYPE,       /* not a key on P-256, P-384 or P-521 without a scheme */
	EVIDENCE_KEY_MOVABLE,    /* may leave the TPM */
	EVIDENCE_KEY_IMPORTED,   /* was not made in the TPM */
	EVIDENCE_KEY_PASSWORD,   /* can be used without its policy */
	EVIDENCE_KEY_PURPOSE,    /* does not sign, or signs statements only */
	EVIDENCE_KEY_ATTRIBUTES, /* another attribute is not as it should be */
	EVIDENCE_KEY_POLICY,     /* does not obey the PIN beside it */
	EVIDENCE_KEY_DUPLICATE   /* stands there twice */
};

struct evidence_rules {
	struct mdoc_bytes nonce; /* that the holder was given; statements hold its SHA-256 */
	int64_t now;
	struct mdoc_bytes ca; /* DER of the attestation CA's certificate */
	uint32_t pin_limit;   /* most tries; 0: EVIDENCE_PIN_LIMIT */
	size_t keys;          /* most keys */
	bool take_shared;     /* also TPMs without PIN indices */
};

/* What has been shown. */
struct evidence {
	struct mdoc_public_key *keys;
	size_t count;
	uint8_t ak_name[PART_NAME_LEN];
	uint8_t serial[EVIDENCE_SERIAL_MAX]; /* of the attestation key's certificate */
	size_t serial_len;
	uint32_t pin_limit; /* 0: the PIN shares the TPM's counter */
	bool authenticator; /* a second secret opens the keys as well */
};

/* Where it failed: number of the key, or SIZE_MAX. */
struct evidence_place {
	size_t key;
};

/*
 * Check all of it.
 *
 * input  the CBOR; may be freed afterwards
 * out    evidence_clear(), on every result; filled in with EVIDENCE_OK only
 * place  also written with EVIDENCE_OK
 */
enum evidence_result evidence_verify(const struct mdoc_context *context, struct mdoc_bytes input,
	const struct evidence_rules *rules, struct evidence *out, struct evidence_place *place);
void evidence_clear(struct evidence *evidence);

/*
 * The public area of an attestation key alone, before it has a certificate.
 *
 * EVIDENCE_TPM_STRUCTURE, EVIDENCE_AK_TYPE, EVIDENCE_AK_ATTRIBUTES, EVIDENCE_MEMORY, EVIDENCE_CRYPTO
 */
enum evidence_result evidence_ak_parse(const struct mdoc_context *context, struct mdoc_bytes bytes,
	struct part_public *ak, struct mdoc_public_key *key);

/* Untranslated N_() text; never NULL. */
const char *evidence_sentence(enum evidence_result result);

/* ---- evidence_pin.c: the PIN of the evidence ---- */

/* An attestation key that has passed its checks, and the nonce's digest. */
struct evidence_ak {
	const struct mdoc_context *context;
	struct mdoc_public_key key;
	uint8_t nonce[PART_DIGEST_LEN];
};

/*
 * A statement in members "certInfo" and "sig" of a map: made by a TPM, of this kind, for this nonce, and signed.
 * attest  what it says; its Name is the caller's to compare
 */
enum evidence_result evidence_statement(const struct evidence_ak *ak, struct mdoc_node map, TPMI_ST_ATTEST kind,
	TPMS_ATTEST *attest);

/*
 * Member "pin": an index or an object, the statement about it, and everything that its policy is made of.
 *
 * policy  authPolicy of the keys that obey this PIN
 */
enum evidence_result evidence_pin(const struct evidence_ak *ak, struct mdoc_node map,
	const struct evidence_rules *rules, struct part_policy *policy, struct evidence *out);

/* Whether every member of a map is one of these names, and the map has no others. */
bool evidence_only(struct mdoc_node map, const char *const *names, size_t count);

/* The bytes of a member; MDOC_NO_BYTES: not there, or no byte string. */
struct mdoc_bytes evidence_bytes(struct mdoc_node map, const char *name);

/* A structure's result as one of evidence. */
enum evidence_result evidence_part(enum mdoc_result res);

#endif
