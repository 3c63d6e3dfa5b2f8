/*
 * module/pkcs11/mechanisms/mech_mdoc.c: CKM_MDOC_DEVICE_SIGN, _RESPONSE and _MAC as sign operations.
 *
 * Order of steps: the plan (parse, select, size) needs no PIN and answers length queries; then,
 * after the context-specific login, PIN state, key, clock, durable spend, signature.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mdoc-pkcs11.h"
#include "module/pkcs11/mechanisms/digest.h"
#include "module/pkcs11/mechanisms/ec.h"
#include "module/pkcs11/mechanisms/holder.h"
#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/mechanisms/mech_plan.h"
#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/shell/rv.h"

struct mdoc_sign {
	struct mdoc_buf parts;       /* of C_SignUpdate */
	struct mdoc_buf once;        /* a copy of C_Sign's data, which the plan borrows */
	struct holder_record record; /* empty until the first plan */
	struct mech_plan plan;
	bool planned;
	CK_BYTE reader[TOKEN_POINT_MAX]; /* CKM_MDOC_DEVICE_MAC: EReaderKey's point */
	size_t reader_len;
};

static void
drop_plan(struct mdoc_sign *state)
{
	if (state->planned)
		mech_plan_clear(&state->plan);
	state->planned = false;
	mdoc_buf_clear(&state->once);
	state->once = MDOC_BUF_EMPTY;
}

static void
mdoc_sign_free(void *arg)
{
	struct mdoc_sign *state = arg;

	drop_plan(state);
	mdoc_buf_clear(&state->parts);
	holder_record_clear(&state->record);
	free(state);
}

static CK_RV
mdoc_sign_update(struct op *op, const CK_BYTE *part, CK_ULONG len)
{
	struct mdoc_sign *state = op->state;

	drop_plan(state);
	if (len > MDOC_SIGN_INPUT_MAX - state->parts.len)
		return CKR_MDOC_INPUT_MALFORMED;
	mdoc_buf_append(&state->parts, mdoc_bytes_of(part, len));
	return state->parts.err == MDOC_OK ? CKR_OK : CKR_HOST_MEMORY;
}

/* The input of this call, in bytes that outlive the plan. */
static CK_RV
collect(struct op *op, const CK_BYTE *data, CK_ULONG len, struct mdoc_bytes *input)
{
	struct mdoc_sign *state = op->state;

	if (op->multi_part) {
		*input = mdoc_buf_bytes(&state->parts);
		return CKR_OK;
	}
	if (len > MDOC_SIGN_INPUT_MAX)
		return CKR_MDOC_INPUT_MALFORMED;
	mdoc_buf_append(&state->once, mdoc_bytes_of(data, len));
	*input = mdoc_buf_bytes(&state->once);
	return state->once.err == MDOC_OK ? CKR_OK : CKR_HOST_MEMORY;
}

/* Make the plan, or keep the one that a length query made of the same input. */
static CK_RV
ensure_plan(struct op *op, const CK_BYTE *data, CK_ULONG len)
{
	struct mdoc_sign *state = op->state;
	struct mdoc_bytes input;
	CK_RV rv;

	if (state->planned && (op->multi_part || mdoc_bytes_equal(state->plan.input, mdoc_bytes_of(data, len))))
		return CKR_OK;
	drop_plan(state);
	rv = collect(op, data, len, &input);
	if (rv == CKR_OK && state->record.value.ptr == NULL)
		rv = holder_record(op->session, op->key, op->mechanism != CKM_MDOC_DEVICE_RESPONSE, &state->record);
	if (rv != CKR_OK)
		return rv;
	rv = mech_plan_make(library_mdoc(), op->mechanism, state->record.parsed, &state->record.note, input,
		&state->plan);
	if (rv != CKR_OK)
		mech_plan_clear(&state->plan);
	state->planned = rv == CKR_OK;
	return rv;
}

static CK_RV
mdoc_sign_size(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_ULONG *need)
{
	const struct mdoc_sign *state = op->state;
	CK_RV rv;

	rv = ensure_plan(op, data, len);
	if (rv == CKR_OK)
		*need = state->plan.size;
	return rv;
}

/* mdoc_signer over a loaded key. */
static bool
sign_with_key(void *arg, enum mdoc_alg alg, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX])
{
	uint8_t digest[DIGEST_MAX];
	uint8_t made[TOKEN_SIG_MAX];
	size_t digest_len = 0;
	size_t made_len = sizeof(made);

	if (EVP_Q_digest(library_libctx(), mdoc_alg_hash(alg), NULL, tbs.ptr, tbs.len, digest, &digest_len) != 1)
		return false;
	/* The size of the whole answer, known in advance, shows a signature of another length. */
	if (token_key_sign(arg, digest, digest_len, made, &made_len) != TOKEN_OK || made_len > MDOC_SIG_MAX)
		return false;
	memcpy(sig, made, made_len);
	return true;
}

/* The answer itself; the copy has been spent. */
static CK_RV
make_answer(const struct mdoc_sign *state, struct token_key *key, struct mdoc_buf *answer)
{
	const enum mdoc_curve curve = state->record.note.curve;
	const struct mdoc_signer signer = { mdoc_curve_alg(curve), curve, sign_with_key, key };
	struct secret shared = SECRET_NONE;
	CK_RV rv;

	if (state->plan.mechanism != CKM_MDOC_DEVICE_MAC)
		return mech_plan_sign(&state->plan, &signer, answer);
	rv = rv_from_token(token_key_derive(key, state->reader, state->reader_len, &shared));
	if (rv == CKR_OK)
		rv = mech_plan_mac(&state->plan, mdoc_bytes_of(shared.ptr, shared.len), answer);
	secret_wipe(&shared);
	return rv;
}

static CK_RV
mdoc_sign_finish(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	const struct mdoc_sign *state = op->state;
	struct mdoc_buf answer = MDOC_BUF_EMPTY;
	struct token_key *key = NULL;
	CK_RV rv;

	rv = ensure_plan(op, data, len);
	if (rv == CKR_OK)
		rv = holder_load(op->session, op->key, &key);
	if (rv == CKR_OK)
		rv = mech_plan_check_time(&state->record.note, (int64_t)time(NULL));
	if (rv == CKR_OK && state->plan.size > *out_len)
		rv = CKR_GENERAL_ERROR;
	if (rv == CKR_OK)
		rv = holder_spend(op->session, op->key);
	if (rv == CKR_OK)
		rv = make_answer(state, key, &answer);
	if (rv == CKR_OK) {
		memcpy(out, answer.ptr, answer.len);
		*out_len = answer.len;
	}
	mdoc_buf_clear(&answer);
	token_key_free(key);
	return rv;
}

static const struct op_ops mdoc_sign_ops = {
	.update = mdoc_sign_update,
	.size = mdoc_sign_size,
	.finish = mdoc_sign_finish,
	.free = mdoc_sign_free,
};

static CK_RV
begin(struct op *op, struct mdoc_sign **out)
{
	struct mdoc_sign *state;

	if (!holder_is(op->key))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	if (op->key->stored->copy == 0)
		return CKR_MDOC_KEY_NOT_BOUND;
	state = calloc(1, sizeof(*state));
	if (state == NULL)
		return CKR_HOST_MEMORY;
	state->parts = MDOC_BUF_EMPTY;
	state->once = MDOC_BUF_EMPTY;
	op->ops = &mdoc_sign_ops;
	op->state = state;
	*out = state;
	return CKR_OK;
}

static CK_RV
mdoc_sign_init(struct op *op, const CK_MECHANISM *mechanism)
{
	struct mdoc_sign *state = NULL;

	return mechanism->ulParameterLen != 0 ? CKR_MECHANISM_PARAM_INVALID : begin(op, &state);
}

/* EReaderKey as an uncompressed point, of the device key's curve. */
static CK_RV
take_reader_key(const struct op *op, const CK_MECHANISM *mechanism, struct mdoc_sign *state)
{
	const CK_BYTE *point;
	EVP_PKEY *pkey = NULL;
	enum token_curve curve;
	enum token_result res;
	size_t len;
	CK_RV rv;

	rv = object_ec_point(op->key, &curve, &point, &len);
	if (rv != CKR_OK)
		return rv;
	if (!ec_read_point(curve, mechanism->pParameter, mechanism->ulParameterLen, &point, &len))
		return CKR_MECHANISM_PARAM_INVALID;
	res = token_public_key(library_libctx(), curve, point, len, &pkey);
	EVP_PKEY_free(pkey);
	if (res != TOKEN_OK)
		return res == TOKEN_ERR_ARG ? CKR_MECHANISM_PARAM_INVALID : rv_from_token(res);
	memcpy(state->reader, point, len);
	state->reader_len = len;
	return CKR_OK;
}

/* On an error the frame frees the state. */
static CK_RV
mdoc_mac_init(struct op *op, const CK_MECHANISM *mechanism)
{
	struct mdoc_sign *state = NULL;
	CK_RV rv;

	if (!attrs_bool(object_attrs(op->key), CKA_DERIVE, false))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	rv = begin(op, &state);
	if (rv == CKR_OK)
		rv = take_reader_key(op, mechanism, state);
	return rv == CKR_OK ? holder_may_mac(op->session, op->key) : rv;
}

#define MDOC(TYPE, INIT) \
	{ \
		.type = TYPE, .info = { 256, 521, CKF_SIGN | MECH_EC_FLAGS }, .key_type = CKK_EC, .init = INIT \
	}

const struct mech mech_mdoc[] = {
	MDOC(CKM_MDOC_DEVICE_SIGN, mdoc_sign_init),
	MDOC(CKM_MDOC_DEVICE_RESPONSE, mdoc_sign_init),
	MDOC(CKM_MDOC_DEVICE_MAC, mdoc_mac_init),
	{ .type = CK_UNAVAILABLE_INFORMATION },
};
