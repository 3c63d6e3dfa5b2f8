/*
 * module/pkcs11/mechanisms/mech_gcm_message.c: CKM_AES_GCM over messages (PKCS#11 3.0 mechanisms, section 2.12.3),
 * where each brings its IV or has it made here, and its tag is apart from it.
 *
 * A generator's IVs do not repeat as long as one init lasts; the fixed bits are the caller's means against
 * repetitions over several inits with one key.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/mechanisms/mech_gcm_message.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/mechanisms/cipher.h"
#include "module/pkcs11/objects/object.h"
#include "pkcs11-3.h"

#define RANDOM_MIN 32 /* bits of which a random IV must have at least so many */

/* How the IVs of one init are made; settled by its first message. */
struct generator {
	CK_GENERATOR_FUNCTION function; /* CKG_NO_GENERATE: none has been asked for yet */
	CK_ULONG size, fixed;           /* bytes of the IV, bits of it that the caller gives */
	CK_BYTE base[CIPHER_IV_MAX];    /* what the counter is combined with */
	uint64_t count, limit;          /* IVs made, and how many there can be */
};

struct gcm_messages {
	struct secret key;
	struct generator generator;
	struct cipher *cipher; /* the message; NULL: none */
	CK_ULONG tag_len;      /* of it */
	CK_ULONG kept;         /* bytes of it that wait for the tag */
};

static void
messages_free(void *state)
{
	struct gcm_messages *messages = state;

	cipher_free(messages->cipher);
	secret_wipe(&messages->key);
	free(messages);
}

static CK_RV
take_parameter(const void *parameter, CK_ULONG len, CK_GCM_MESSAGE_PARAMS *params)
{
	if (parameter == NULL || len != sizeof(*params))
		return CKR_ARGUMENTS_BAD;
	memcpy(params, parameter, sizeof(*params));
	return CKR_OK;
}

/* Which bits of a byte of the IV are made here. */
static CK_BYTE
made_bits(CK_ULONG at, CK_ULONG fixed)
{
	if (8 * at >= fixed)
		return 0xff;
	return (CK_BYTE)(8 * at + 8 <= fixed ? 0 : 0xff >> (fixed - 8 * at));
}

static CK_RV
start_generator(struct generator *generator, const CK_GCM_MESSAGE_PARAMS *params)
{
	const CK_ULONG bits = 8 * params->ulIvLen - params->ulIvFixedBits;
	CK_RV rv = CKR_OK;

	*generator = (struct generator){ .size = params->ulIvLen, .fixed = params->ulIvFixedBits };
	generator->limit = bits >= 64 ? UINT64_MAX : (uint64_t)1 << bits;
	switch (params->ivGenerator) {
	case CKG_GENERATE_COUNTER:
		break;
	case CKG_GENERATE_COUNTER_XOR:
		memcpy(generator->base, params->pIv, params->ulIvLen);
		break;
	case CKG_GENERATE:
		rv = library_random(generator->base, params->ulIvLen);
		break;
	case CKG_GENERATE_RANDOM:
		/* So few that two of them are equal with a probability of 2^-32 at most (SP 800-38D section 8). */
		if (bits < RANDOM_MIN)
			return CKR_ARGUMENTS_BAD;
		generator->limit = (bits - RANDOM_MIN) / 2 >= 64 ? UINT64_MAX : (uint64_t)1 << (bits - RANDOM_MIN) / 2;
		break;
	default:
		return CKR_ARGUMENTS_BAD;
	}
	if (rv == CKR_OK)
		generator->function = params->ivGenerator;
	return rv;
}

/* Fill the bits of params->pIv that are not the caller's. */
static CK_RV
generate(struct generator *generator, const CK_GCM_MESSAGE_PARAMS *params)
{
	CK_ULONG i;
	CK_BYTE mask, made;
	CK_RV rv = CKR_OK;

	if (params->ulIvFixedBits >= 8 * params->ulIvLen)
		return CKR_ARGUMENTS_BAD;
	if (generator->function == CKG_NO_GENERATE)
		rv = start_generator(generator, params);
	else if (generator->function != params->ivGenerator || generator->size != params->ulIvLen ||
		generator->fixed != params->ulIvFixedBits)
		rv = CKR_ARGUMENTS_BAD;
	if (rv == CKR_OK && generator->count >= generator->limit)
		rv = CKR_DATA_LEN_RANGE;
	if (rv == CKR_OK && params->ivGenerator == CKG_GENERATE_RANDOM)
		rv = library_random(generator->base, generator->size);
	if (rv != CKR_OK)
		return rv;
	for (i = 0; i < generator->size; i++) {
		const CK_ULONG from_end = generator->size - 1 - i;

		mask = made_bits(i, generator->fixed);
		made = generator->base[i];
		if (params->ivGenerator != CKG_GENERATE_RANDOM && from_end < sizeof(generator->count))
			made ^= (CK_BYTE)(generator->count >> 8 * from_end);
		params->pIv[i] = (CK_BYTE)((params->pIv[i] & ~mask) | (made & mask));
	}
	generator->count++;
	return CKR_OK;
}

static CK_RV
messages_begin(struct op *op, void *parameter, CK_ULONG parameter_len, const CK_BYTE *aad, CK_ULONG aad_len)
{
	struct gcm_messages *messages = op->state;
	CK_GCM_MESSAGE_PARAMS params;
	CK_GCM_PARAMS gcm;
	CK_MECHANISM mechanism = { CKM_AES_GCM, &gcm, sizeof(gcm) };
	struct cipher *cipher = NULL;
	CK_RV rv;

	rv = take_parameter(parameter, parameter_len, &params);
	if (rv != CKR_OK)
		return rv;
	gcm = (CK_GCM_PARAMS){ params.pIv, params.ulIvLen, 0, (CK_BYTE *)aad, aad_len, params.ulTagBits };
	rv = cipher_check(&mechanism); /* before an IV is used up */
	if (rv == CKR_OK && op->kind == OP_MESSAGE_ENCRYPT && params.ivGenerator != CKG_NO_GENERATE)
		rv = generate(&messages->generator, &params);
	if (rv == CKR_OK)
		rv = cipher_new(&mechanism, &messages->key, op->kind == OP_MESSAGE_ENCRYPT, &cipher);
	if (rv != CKR_OK)
		return rv == CKR_MECHANISM_PARAM_INVALID ? CKR_ARGUMENTS_BAD : rv;
	messages->cipher = cipher;
	messages->tag_len = params.ulTagBits / 8;
	messages->kept = 0;
	return CKR_OK;
}

static CK_RV
messages_size(const struct op *op, CK_ULONG len, bool last, CK_ULONG *need)
{
	const struct gcm_messages *messages = op->state;

	*need = len;
	if (op->kind == OP_MESSAGE_ENCRYPT || !op->in_message)
		return CKR_OK;
	if (len > CIPHER_KEPT_MAX - messages->kept)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	*need = last ? messages->kept + len : 0;
	return CKR_OK;
}

static CK_RV
seal_part(struct gcm_messages *messages, const CK_BYTE *in, CK_ULONG len, CK_BYTE *tag, CK_BYTE *out, CK_ULONG *out_len)
{
	CK_ULONG tag_len = 0;
	CK_RV rv;

	rv = cipher_update(messages->cipher, in, len, out, out_len);
	if (rv == CKR_OK && tag != NULL)
		rv = cipher_final(messages->cipher, NULL, 0, tag, &tag_len);
	return rv;
}

/* A whole message needs no copy. */
static CK_RV
open_part(struct gcm_messages *messages, const CK_BYTE *in, CK_ULONG len, const CK_BYTE *tag, CK_BYTE *out,
	CK_ULONG *out_len)
{
	CK_RV rv = CKR_OK;

	if (tag == NULL || messages->kept > 0) {
		rv = cipher_update(messages->cipher, in, len, out, out_len);
		messages->kept += len;
		in = NULL;
		len = 0;
	}
	if (rv != CKR_OK || tag == NULL)
		return rv;
	cipher_set_tag(messages->cipher, tag);
	rv = cipher_final(messages->cipher, in, len, out, out_len);
	return rv == CKR_ENCRYPTED_DATA_INVALID ? CKR_AEAD_DECRYPT_FAILED : rv;
}

static CK_RV
messages_next(struct op *op, void *parameter, CK_ULONG parameter_len, const CK_BYTE *in, CK_ULONG len, bool last,
	CK_BYTE *out, CK_ULONG *out_len)
{
	struct gcm_messages *messages = op->state;
	CK_GCM_MESSAGE_PARAMS params = { .pTag = NULL };
	CK_RV rv;

	if (last) {
		rv = take_parameter(parameter, parameter_len, &params);
		if (rv == CKR_OK && (params.pTag == NULL || params.ulTagBits != 8 * messages->tag_len))
			rv = CKR_ARGUMENTS_BAD;
		if (rv != CKR_OK)
			return rv;
	}
	if (op->kind == OP_MESSAGE_ENCRYPT)
		return seal_part(messages, in, len, params.pTag, out, out_len);
	return open_part(messages, in, len, params.pTag, out, out_len);
}

static void
messages_drop(struct op *op)
{
	struct gcm_messages *messages = op->state;

	cipher_free(messages->cipher);
	messages->cipher = NULL;
	messages->kept = 0;
}

static const struct op_ops message_ops = {
	.message_begin = messages_begin,
	.message_size = messages_size,
	.message_next = messages_next,
	.message_drop = messages_drop,
	.free = messages_free,
};

CK_RV
gcm_message_init(struct op *op, const CK_MECHANISM *mechanism)
{
	struct token_value value = { 0 };
	struct gcm_messages *messages = NULL;
	CK_RV rv;

	/* The standard's own example gives the first message's parameter here too; each message brings its own. */
	if (mechanism->ulParameterLen != 0 && mechanism->ulParameterLen != sizeof(CK_GCM_MESSAGE_PARAMS))
		return CKR_MECHANISM_PARAM_INVALID;
	rv = object_value(op->session, op->key, &value);
	if (rv != CKR_OK)
		return rv;
	rv = CKR_HOST_MEMORY;
	messages = calloc(1, sizeof(*messages));
	if (messages != NULL && secret_copy(value.ptr, value.len, &messages->key)) {
		op->ops = &message_ops;
		op->state = messages;
		messages = NULL;
		rv = CKR_OK;
	}
	free(messages);
	token_value_clear(&value);
	return rv;
}
