/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/tpm_guard_kit.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/swtpm.h"
#include "tokens/tpm/nv.h"

#define SRK_PERSISTENT 0x81000001

static const struct token_backend guarded = { .name = "guarded", .model = "test", .guard = &tpm_guard };

struct secret
guard_pin_of(const char *text)
{
	struct secret pin = SECRET_NONE;

	if (text != NULL && !secret_copy(text, strlen(text), &pin))
		abort();
	return pin;
}

const struct tpm_guard *
guard_of(const struct guard_world *w)
{
	return w->area->guard;
}

/* ---- Commands in a job ------------------------------------------------------------------- */

static enum token_result
try_job(struct tpm *tpm, void *arg)
{
	struct guard_try *it = arg;

	it->rc = it->run(tpm, it->w);
	return TOKEN_OK;
}

TSS2_RC
guard_run(struct guard_world *w, TSS2_RC (*run)(struct tpm *tpm, struct guard_world *w))
{
	struct guard_try it = { .w = w, .run = run, .rc = TSS2_BASE_RC_GENERAL_FAILURE };

	if (tpm_do(w->env.tpm, try_job, &it) != TOKEN_OK)
		return TSS2_BASE_RC_IO_ERROR;
	return it.rc;
}

struct owner_job {
	TPMS_NV_PUBLIC index;
	TPM2_HANDLE handle;
	TPM2_PT property;
	const char *auth;
	bool flag;
	TPM2B_MAX_NV_BUFFER data;
	uint32_t value;
	TSS2_RC rc;
};

static TSS2L_SYS_AUTH_COMMAND
password(const char *text)
{
	TSS2L_SYS_AUTH_COMMAND command = { .count = 1 };
	TPM2B_AUTH *hmac = &command.auths[0].hmac;

	command.auths[0].sessionHandle = TPM2_RS_PW;
	hmac->size = (UINT16)(text != NULL ? strlen(text) : 0);
	if (text != NULL)
		memcpy(hmac->buffer, text, hmac->size);
	return command;
}

static enum token_result
undefine_job(struct tpm *tpm, void *arg)
{
	struct owner_job *job = arg;
	const TSS2L_SYS_AUTH_COMMAND by = password(NULL);

	job->rc = Tss2_Sys_NV_UndefineSpace(tpm_sys(tpm), TPM2_RH_OWNER, job->handle, &by, NULL);
	return TOKEN_OK;
}

static enum token_result
define_job(struct tpm *tpm, void *arg)
{
	struct owner_job *job = arg;
	const TSS2L_SYS_AUTH_COMMAND by = password(NULL);
	const TPM2B_NV_PUBLIC area = { .nvPublic = job->index };
	TPM2B_AUTH auth = password(job->auth).auths[0].hmac;

	job->rc = Tss2_Sys_NV_DefineSpace(tpm_sys(tpm), TPM2_RH_OWNER, &by, &auth, &area, NULL);
	return TOKEN_OK;
}

static enum token_result
write_job(struct tpm *tpm, void *arg)
{
	struct owner_job *job = arg;
	const TSS2L_SYS_AUTH_COMMAND by = password(job->auth);

	job->rc = Tss2_Sys_NV_Write(tpm_sys(tpm), job->flag ? TPM2_RH_OWNER : job->handle, job->handle, &by, &job->data,
		0, NULL);
	return TOKEN_OK;
}

static enum token_result
clear_job(struct tpm *tpm, void *arg)
{
	struct owner_job *job = arg;
	const TSS2L_SYS_AUTH_COMMAND by = password(NULL);

	job->rc = Tss2_Sys_Clear(tpm_sys(tpm), TPM2_RH_LOCKOUT, &by, NULL);
	return TOKEN_OK;
}

static enum token_result
property_job(struct tpm *tpm, void *arg)
{
	struct owner_job *job = arg;
	TPMS_CAPABILITY_DATA data = { 0 };
	TPMI_YES_NO more;

	job->rc = Tss2_Sys_GetCapability(tpm_sys(tpm), NULL, TPM2_CAP_TPM_PROPERTIES, job->property, 1, &more, &data,
		NULL);
	job->value = data.data.tpmProperties.tpmProperty[0].value;
	return TOKEN_OK;
}

static enum token_result
handles_job(struct tpm *tpm, void *arg)
{
	struct owner_job *job = arg;
	TPMS_CAPABILITY_DATA data = { 0 };
	TPMI_YES_NO more;

	job->rc = Tss2_Sys_GetCapability(tpm_sys(tpm), NULL, TPM2_CAP_HANDLES, job->handle, 100, &more, &data, NULL);
	job->value = data.data.handles.count;
	return TOKEN_OK;
}

/* A key of the SRK's template, made persistent; other: with another unique, so another key. */
static enum token_result
persist_job(struct tpm *tpm, void *arg)
{
	struct owner_job *job = arg;
	const TSS2L_SYS_AUTH_COMMAND by = password(NULL);
	TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPML_PCR_SELECTION no_pcrs = { 0 };
	TPM2B_PUBLIC area = { .publicArea = {
				      .type = TPM2_ALG_ECC,
				      .nameAlg = TPM2_ALG_SHA256,
				      .objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
					      TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
					      TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT,
				      .parameters.eccDetail = { .symmetric = { TPM2_ALG_AES, { .aes = 128 },
									{ .aes = TPM2_ALG_CFB } },
					      .scheme.scheme = TPM2_ALG_NULL,
					      .curveID = TPM2_ECC_NIST_P256,
					      .kdf.scheme = TPM2_ALG_NULL },
			      } };
	TPM2_HANDLE handle = 0;
	TPM2B_NAME name = { 0 };
	TPM2B_PUBLIC made = { 0 };

	if (job->flag) {
		area.publicArea.unique.ecc.x.size = 32;
		area.publicArea.unique.ecc.x.buffer[0] = 1;
	}
	if (job->auth != NULL) {
		sensitive.sensitive.userAuth.size = (UINT16)strlen(job->auth);
		memcpy(sensitive.sensitive.userAuth.buffer, job->auth, strlen(job->auth));
	}
	(void)Tss2_Sys_EvictControl(tpm_sys(tpm), TPM2_RH_OWNER, SRK_PERSISTENT, &by, SRK_PERSISTENT, NULL);
	job->rc = Tss2_Sys_CreatePrimary(tpm_sys(tpm), TPM2_RH_OWNER, &by, &sensitive, &area, NULL, &no_pcrs, &handle,
		&made, NULL, NULL, NULL, &name, NULL);
	if (job->rc == TSS2_RC_SUCCESS) {
		job->rc = Tss2_Sys_EvictControl(tpm_sys(tpm), TPM2_RH_OWNER, handle, &by, SRK_PERSISTENT, NULL);
		(void)Tss2_Sys_FlushContext(tpm_sys(tpm), handle);
	}
	return TOKEN_OK;
}

static TSS2_RC
run_owner(struct guard_world *w, tpm_job *run, struct owner_job *job)
{
	job->rc = TSS2_BASE_RC_IO_ERROR;
	return tpm_do(w->env.tpm, run, job) == TOKEN_OK ? job->rc : TSS2_BASE_RC_IO_ERROR;
}

uint32_t
guard_property(struct guard_world *w, TPM2_PT property)
{
	struct owner_job job = { .property = property };

	return run_owner(w, property_job, &job) == TSS2_RC_SUCCESS ? job.value : UINT32_MAX;
}

unsigned
guard_handles(struct guard_world *w, TPM2_HANDLE first)
{
	struct owner_job job = { .handle = first };

	return run_owner(w, handles_job, &job) == TSS2_RC_SUCCESS ? job.value : UINT32_MAX;
}

TSS2_RC
guard_undefine(struct guard_world *w, TPM2_HANDLE handle)
{
	struct owner_job job = { .handle = handle };

	return run_owner(w, undefine_job, &job);
}

TSS2_RC
guard_define(struct guard_world *w, const TPMS_NV_PUBLIC *index, const char *auth)
{
	struct owner_job job = { .index = *index, .auth = auth };

	job.index.attributes &= ~(TPMA_NV)TPMA_NV_WRITTEN;
	return run_owner(w, define_job, &job);
}

TSS2_RC
guard_write(struct guard_world *w, TPM2_HANDLE handle, bool owner, const char *auth, const uint8_t *bytes, uint16_t len)
{
	struct owner_job job = { .handle = handle, .flag = owner, .auth = auth, .data.size = len };

	memcpy(job.data.buffer, bytes, len);
	return run_owner(w, write_job, &job);
}

TSS2_RC
guard_clear(struct guard_world *w)
{
	struct owner_job job = { .handle = 0 };

	return run_owner(w, clear_job, &job);
}

TSS2_RC
guard_persist_srk(struct guard_world *w, bool other)
{
	struct owner_job job = { .flag = other };

	return run_owner(w, persist_job, &job);
}

TSS2_RC
guard_lock_srk(struct guard_world *w, const char *auth)
{
	struct owner_job job = { .auth = auth };

	return run_owner(w, persist_job, &job);
}

/* ---- The world --------------------------------------------------------------------------- */

static bool
connect_tpm(struct guard_world *w, const char *tcti)
{
	const struct tpm_options options = { .tcti = tcti };

	return tpm_new(w->env.seal, &options, &w->env.tpm) == TOKEN_OK;
}

bool
guard_begin_empty(struct guard_world *w, const struct guard_setup *setup)
{
	struct seal_ctx *seal = NULL;

	memset(w, 0, sizeof(*w));
	w->libctx = OSSL_LIB_CTX_new();
	if (w->libctx == NULL || seal_ctx_new(w->libctx, &seal) != TOKEN_OK || !swtpm_start())
		return false;
	w->env.seal = seal;
	w->env.tpm_pin = setup->place;
	w->so_code = GUARD_SO_CODE;
	w->so_generation = 1;
	w->spec = (struct guard_spec){ .serial = GUARD_SERIAL,
		.so_generation = 1,
		.user_tries = GUARD_LIMIT,
		.weak_so = setup->weak_so,
		.authenticator = guard_pin_of(setup->authenticator),
		.generation = 1 };
	if (!connect_tpm(w, setup->tcti != NULL ? setup->tcti : swtpm_tcti()))
		return false;
	if (setup->persistent && guard_persist_srk(w, false) != TSS2_RC_SUCCESS)
		return false;
	w->indices = guard_handles(w, TPM2_NV_INDEX_FIRST);
	return seal_random_secret(seal, BACKEND_AREA_KEY_LEN, &w->area_key) == TOKEN_OK;
}

enum token_result
guard_kit_make(struct guard_world *w)
{
	const struct secret so_pin = guard_pin_of(w->so_code);
	enum token_result res;

	res = tpm_guard.make(&w->env, &w->spec, so_pin, w->area_key, &w->made);
	w->so_wrap = w->made.so_wrap;
	secret_wipe(&(struct secret){ so_pin.ptr, so_pin.len });
	return res;
}

bool
guard_reopen(struct guard_world *w)
{
	if (w->area != NULL)
		backend_area_free(w->area);
	w->area = NULL;
	return backend_area_open(&w->env, &guarded, GUARD_SERIAL, w->made.data.ptr, w->made.data.len, &w->area) ==
		TOKEN_OK;
}

bool
guard_begin(struct guard_world *w, const struct guard_setup *setup)
{
	return guard_begin_empty(w, setup) && guard_kit_make(w) == TOKEN_OK && guard_reopen(w);
}

/* Nothing is left loaded when the module has let go of the TPM. */
static void
check_nothing_loaded(struct guard_world *w)
{
	tpm_free(w->env.tpm);
	w->env.tpm = NULL;
	if (!connect_tpm(w, swtpm_tcti())) {
		CU_FAIL("cannot connect again");
		return;
	}
	CU_ASSERT_EQUAL(guard_handles(w, 0x80000000), 0);
	CU_ASSERT_EQUAL(guard_handles(w, 0x02000000), 0);
	CU_ASSERT_EQUAL(guard_handles(w, TPM2_NV_INDEX_FIRST), w->indices);
}

void
guard_end(struct guard_world *w)
{
	if (w->area != NULL) {
		tpm_guard.drop(w->area);
		backend_area_free(w->area);
	}
	if (w->env.tpm != NULL)
		check_nothing_loaded(w);
	tpm_free(w->env.tpm);
	free(w->so_wrap.ptr);
	free(w->user_wrap.ptr);
	free(w->authenticator_wrap.ptr);
	free(w->made.data.ptr);
	secret_wipe(&w->spec.authenticator);
	secret_wipe(&w->area_key);
	secret_wipe(&w->auth);
	seal_ctx_free((struct seal_ctx *)w->env.seal);
	OSSL_LIB_CTX_free(w->libctx);
	swtpm_stop();
}

/* ---- PINs -------------------------------------------------------------------------------- */

static struct backend_pin
id_of(const struct guard_world *w, enum backend_role role)
{
	return (struct backend_pin){ .role = role,
		.serial = GUARD_SERIAL,
		.generation = role == BACKEND_SO ? w->so_generation : 1 };
}

static struct backend_bytes *
wrap_of(struct guard_world *w, enum backend_role role)
{
	if (role == BACKEND_AUTHENTICATOR)
		return &w->authenticator_wrap;
	return role == BACKEND_SO ? &w->so_wrap : &w->user_wrap;
}

enum token_result
guard_login(struct guard_world *w, enum backend_role role, const char *text)
{
	const struct backend_pin id = id_of(w, role);
	const struct backend_bytes *wrap = wrap_of(w, role);
	struct secret pin = guard_pin_of(text), area_key = SECRET_NONE, auth = SECRET_NONE;
	enum token_result res;

	res = tpm_guard.unwrap(w->area, &id, wrap->ptr, wrap->len, pin, &area_key, &auth);
	if (res == TOKEN_OK) {
		CU_ASSERT_TRUE(secret_equal(area_key, w->area_key));
		secret_wipe(&w->auth);
		w->auth = secret_move(&auth);
	} else {
		CU_ASSERT_PTR_NULL(area_key.ptr);
		CU_ASSERT_PTR_NULL(auth.ptr);
	}
	secret_wipe(&pin);
	secret_wipe(&area_key);
	return res;
}

enum token_result
guard_set(struct guard_world *w, enum backend_role role, enum backend_role by, const char *text)
{
	struct backend_pin id = id_of(w, role);
	struct backend_bytes *kept = wrap_of(w, role);
	struct backend_bytes wrap = { NULL, 0 };
	struct secret pin = guard_pin_of(text);
	enum token_result res;

	if (role == BACKEND_SO)
		id.generation++;
	res = tpm_guard.set_pin(w->area, &id, by, w->auth, pin, w->area_key, &wrap);
	if (res == TOKEN_OK) {
		free(kept->ptr);
		*kept = wrap;
		w->so_generation += role == BACKEND_SO ? 1 : 0;
	}
	secret_wipe(&pin);
	return res;
}

bool
guard_so_sets(struct guard_world *w, const char *pin)
{
	return guard_login(w, BACKEND_SO, w->so_code) == TOKEN_OK &&
		guard_set(w, BACKEND_USER, BACKEND_SO, pin) == TOKEN_OK;
}

unsigned
guard_left(struct guard_world *w)
{
	unsigned left = 0;

	return tpm_guard.tries(w->area, &left) == TOKEN_OK ? left : 999;
}
