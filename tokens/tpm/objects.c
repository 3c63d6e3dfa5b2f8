/*
 * tokens/tpm/objects.c: objects that are loaded, as long as the TPM has room.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "tokens/tpm/device_priv.h"

#define FEW 3

static bool
same_name(const TPM2B_NAME *a, const TPM2B_NAME *b)
{
	return a->size == b->size && memcmp(a->name, b->name, a->size) == 0;
}

static struct tpm_loaded *
find(struct tpm *tpm, const TPM2B_NAME *name)
{
	size_t i;

	for (i = 0; i < tpm->loaded_count; i++) {
		if (same_name(&tpm->loaded[i].ref.name, name))
			return &tpm->loaded[i];
	}
	return NULL;
}

static void
drop(struct tpm *tpm, struct tpm_loaded *entry)
{
	(void)line_flush(&tpm->line, entry->ref.handle);
	*entry = tpm->loaded[--tpm->loaded_count];
}

/* The one that has not been used for the longest time; of this job's only when there is no other. */
static bool
evict(struct tpm *tpm, const uint8_t *command, size_t len)
{
	struct tpm_loaded *oldest = NULL;
	size_t i;

	for (i = 0; i < tpm->loaded_count; i++) {
		if (command != NULL && line_names(command, len, tpm->loaded[i].ref.handle))
			continue;
		if (oldest == NULL || tpm->loaded[i].used < oldest->used)
			oldest = &tpm->loaded[i];
	}
	if (oldest == NULL)
		return false;
	drop(tpm, oldest);
	return true;
}

bool
tpm_make_room(void *arg, TSS2_RC code, const uint8_t *command, size_t len)
{
	struct tpm *tpm = arg;

	if (!tpm->line.swept) {
		tpm->line.swept = true;
		if (line_sweep(&tpm->line) > 0)
			return true;
	}
	if (code == TPM2_RC_SESSION_MEMORY || code == TPM2_RC_SESSION_HANDLES)
		return false;
	return evict(tpm, command, len);
}

static TSS2_RC
load(struct tpm *tpm, const struct tpm_blob *blob, TPM2_HANDLE *handle)
{
	const struct tpm_ref *const refs[] = { &tpm->srk };
	const struct tpm_auth auth = { 0 };
	TPM2B_NAME name = { 0 };
	TSS2_RC rc;

	rc = tpm_srk_find(tpm);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_Load_Prepare(tpm->sys, tpm->srk.handle, &blob->private_area, &blob->public_area);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, refs, 1, &auth, 1);
	rc = tpm_srk_said(rc);
	return rc == TSS2_RC_SUCCESS ? Tss2_Sys_Load_Complete(tpm->sys, handle, &name) : rc;
}

/* How many may be loaded at a time: the kernel's manager takes an object too many for an error of the device. */
static size_t
places(const struct tpm *tpm)
{
	if (!tpm->line.few_slots)
		return TPM_LOADED_MAX;
	return (tpm->srk.handle >> TPM2_HR_SHIFT) == TPM2_HT_TRANSIENT ? FEW - 1 : FEW;
}

TSS2_RC
tpm_object(struct tpm *tpm, const struct tpm_blob *blob, struct tpm_ref *object)
{
	struct tpm_loaded *entry = find(tpm, &blob->name);
	TPM2_HANDLE handle = 0;
	TSS2_RC rc;

	if (entry == NULL) {
		rc = tpm_srk_find(tpm);
		while (rc == TSS2_RC_SUCCESS && tpm->loaded_count >= places(tpm))
			(void)evict(tpm, NULL, 0);
		if (rc == TSS2_RC_SUCCESS)
			rc = load(tpm, blob, &handle);
		if (rc != TSS2_RC_SUCCESS)
			return rc;
		entry = &tpm->loaded[tpm->loaded_count++];
		*entry = (struct tpm_loaded){ .ref = { .handle = handle, .name = blob->name } };
	}
	entry->used = ++tpm->ticks;
	*object = entry->ref;
	return TSS2_RC_SUCCESS;
}

void
tpm_object_forget(struct tpm *tpm, const TPM2B_NAME *name)
{
	struct tpm_loaded *entry = find(tpm, name);

	if (entry != NULL)
		drop(tpm, entry);
}

/* Whatever it is of: a handle that is gone is not handed out again. */
TSS2_RC
tpm_flush(struct tpm *tpm, TPM2_HANDLE handle)
{
	size_t i;

	for (i = 0; i < tpm->loaded_count; i++) {
		if (tpm->loaded[i].ref.handle == handle)
			tpm->loaded[i] = tpm->loaded[--tpm->loaded_count];
	}
	if (tpm->hmac.handle == handle)
		tpm_session_forget(&tpm->hmac);
	if (tpm->policy.handle == handle)
		tpm_session_forget(&tpm->policy);
	return line_flush(&tpm->line, handle);
}

static bool
is_kept(const struct tpm *tpm, TPM2_HANDLE handle)
{
	size_t i;

	for (i = 0; i < tpm->loaded_count; i++) {
		if (tpm->loaded[i].ref.handle == handle)
			return true;
	}
	return tpm->srk.handle == handle || tpm->hmac.handle == handle || tpm->policy.handle == handle;
}

void
tpm_flush_strays(struct tpm *tpm)
{
	size_t i = tpm->line.handle_count;

	while (i-- > 0) {
		if (!is_kept(tpm, tpm->line.handles[i]))
			(void)line_flush(&tpm->line, tpm->line.handles[i]);
	}
}
