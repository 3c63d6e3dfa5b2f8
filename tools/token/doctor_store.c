/* doctor_store.c: the folder of the store, the file system under it, and every token in it.
 * SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/doctor.h"
#include "tools/common/message.h"
#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SPACE_LITTLE (32ull * 1024 * 1024)
#define SPACE_NONE (1ull * 1024 * 1024)

static const struct {
	unsigned long magic;
	const char *name;
	const char *finding; /* NULL: nothing to say */
} file_systems[] = {
	{ EXT4_SUPER_MAGIC, "ext4", NULL },
	{ XFS_SUPER_MAGIC, "xfs", NULL },
	{ BTRFS_SUPER_MAGIC, "btrfs", NULL },
	{ F2FS_SUPER_MAGIC, "f2fs", NULL },
	{ OVERLAYFS_SUPER_MAGIC, "overlayfs", NULL },
	{ TMPFS_MAGIC, "tmpfs", "store.memory" },
	{ RAMFS_MAGIC, "ramfs", "store.memory" },
	{ NFS_SUPER_MAGIC, "nfs", "store.network" },
	{ SMB_SUPER_MAGIC, "smb", "store.network" },
	{ 0xFF534D42ul, "cifs", "store.network" },
	{ 0xFE534D42ul, "smb2", "store.network" },
	{ V9FS_MAGIC, "9p", "store.network" },
	{ AFS_SUPER_MAGIC, "afs", "store.network" },
	{ MSDOS_SUPER_MAGIC, "vfat", "store.no-modes" },
};

static void
say_file_system(struct doctor *doctor)
{
	const char *name = "?", *finding = NULL;
	struct statfs fs;
	unsigned long long space;

	if (statfs(doctor->store, &fs) != 0)
		return;
	for (size_t i = 0; i < sizeof(file_systems) / sizeof(file_systems[0]); i++)
		if (file_systems[i].magic == ((unsigned long)fs.f_type & 0xFFFFFFFFul)) {
			name = file_systems[i].name;
			finding = file_systems[i].finding;
		}
	space = (unsigned long long)fs.f_bavail * (unsigned long long)fs.f_bsize;
	doctor_say(doctor, "store.folder", "%s (%s, %llu MiB)", doctor->store, name, space / (1024 * 1024));
	if (finding != NULL)
		doctor_say(doctor, finding, "%s", name);
	if (space < SPACE_LITTLE)
		doctor_say(doctor, space < SPACE_NONE ? "store.full" : "store.space", "%llu KiB", space / 1024);
}

/* Mode and owner of the folder; what is in it is private also where others may look at its names. */
static bool
folder_is_usable(struct doctor *doctor)
{
	struct statvfs fs;
	struct stat st;

	if (lstat(doctor->store, &st) != 0 && errno == ENOENT) {
		doctor_say(doctor, "store.missing", "%s", doctor->store);
		return false;
	}
	if (stat(doctor->store, &st) != 0) {
		doctor_say(doctor, "store.unreadable", "%s: %s", doctor->store, strerror(errno));
		return false;
	}
	if (!S_ISDIR(st.st_mode)) {
		doctor_say(doctor, "store.not-folder", "%s", doctor->store);
		return false;
	}
	if (st.st_uid != geteuid())
		doctor_say(doctor, "store.owner", "%s: %s %lu, %s %lu", doctor->store, _("owner"),
			(unsigned long)st.st_uid, _("you are"), (unsigned long)geteuid());
	if ((st.st_mode & 077) != 0)
		doctor_say(doctor, "store.mode", "%s: %04o", doctor->store, (unsigned)(st.st_mode & 07777));
	if (access(doctor->store, R_OK | X_OK) != 0) {
		doctor_say(doctor, "store.unreadable", "%s: %s", doctor->store, strerror(errno));
		return false;
	}
	if (statvfs(doctor->store, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0)
		doctor_say(doctor, "store.read-only", "%s: %s", doctor->store, strerror(EROFS));
	else if (access(doctor->store, W_OK) != 0)
		doctor_say(doctor, "store.read-only", "%s: %s", doctor->store, strerror(errno));
	return true;
}

void
doctor_store(struct doctor *doctor)
{
	if (doctor->store == NULL)
		return;
	if (json_is_true(json_object_get(doctor->library, "store_from_environment")))
		doctor_say(doctor, "store.environment", "%s", doctor->store);
	if (folder_is_usable(doctor))
		say_file_system(doctor);
}

/* ---- Tokens ---- */

static const char *
member(const json_t *json, const char *name)
{
	const char *value = json_string_value(json_object_get(json, name));

	return value != NULL ? value : "";
}

/* What opening the area answered. */
static const char *
opened_finding(const char *result)
{
	static const struct {
		const char *result, *finding;
	} rows[] = {
		{ "TOKEN_ERR_NEWER", "token.newer" },
		{ "TOKEN_ERR_DAMAGED", "token.damaged" },
		{ "TOKEN_ERR_BUSY", "token.busy" },
		{ "TOKEN_ERR_UNSUPPORTED", "token.backend" },
		{ "TOKEN_ERR_READ_ONLY", "store.read-only" },
		{ "TOKEN_ERR_FULL", "store.full" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].result, result) == 0)
			return rows[i].finding;
	return "token.unreadable";
}

static void
say_pin(struct doctor *doctor, const char *name, const json_t *area)
{
	const char *pin = member(area, "user_pin");
	const json_int_t tries = json_integer_value(json_object_get(area, "user_tries_left"));
	const json_t *so = json_object_get(area, "so_tries_left");
	const char *device =
		member(area, "device"); /* without which it is not ready, whatever was last noted of its PIN */

	if (strcmp(pin, "locked") == 0)
		doctor_say(doctor, "token.pin-locked", "%s", name);
	else if (strcmp(pin, "not set") == 0)
		doctor_say(doctor, "token.pin-none", "%s", name);
	else if (strcmp(pin, "disabled") == 0)
		doctor_say(doctor, "token.pin-disabled", "%s", name);
	else if (tries == 1)
		doctor_say(doctor, "token.pin-final", "%s", name);
	else if (device[0] == '\0' || strcmp(device, "TOKEN_OK") == 0)
		doctor_say(doctor, "token.fine", "%s, %s: %d", name, _("tries"), (int)tries);
	if (json_is_integer(so) && json_integer_value(so) == 0)
		doctor_say(doctor, "token.so-locked", "%s", name);
	else if (json_integer_value(so) == 1)
		doctor_say(doctor, "token.so-final", "%s", name);
	if (json_is_true(json_object_get(area, "suspended")))
		doctor_say(doctor, "token.suspended", "%s", name);
}

/* What the token has in a TPM, and what that answered. */
static void
say_device(struct doctor *doctor, const char *name, const json_t *area)
{
	static const struct {
		const char *result, *finding;
	} rows[] = {
		{ "TOKEN_OK", "tpm.fine" },
		{ "TOKEN_ERR_OTHER_DEVICE", "tpm.other" },
		{ "TOKEN_ERR_INDEX_LOST", "tpm.lost" },
	};
	const char *device = member(area, "device");
	const char *finding = "tpm.unreachable";

	if (device[0] == '\0')
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].result, device) == 0)
			finding = rows[i].finding;
	doctor_say(doctor, finding, "%s, %s", name, member(area, "model"));
	if (json_is_true(json_object_get(area, "shared_lockout")))
		doctor_say(doctor, "tpm.shared", "%s", name);
}

/* Files that others may use; a mode of 0600 or 0700 is what the module gives them. */
static void
say_files(struct doctor *doctor, const json_t *area)
{
	const json_t *file;
	size_t i, open = 0;

	json_array_foreach(json_object_get(area, "files"), i, file)
	{
		const char *path = member(file, "path");
		const json_t *owner = json_object_get(file, "owner");
		const unsigned long mode = strtoul(member(file, "mode"), NULL, 8);

		if (doctor->store != NULL && strcmp(path, doctor->store) == 0)
			continue;                     /* said already */
		if ((mode & 077) != 0 && open++ == 0) /* one stands for all */
			doctor_say(doctor, "token.files", "%s: %04lo", path, mode);
		if (json_is_integer(owner) && json_integer_value(owner) != (json_int_t)geteuid())
			doctor_say(doctor, "token.owner", "%s: %s %d", path, _("owner"),
				(int)json_integer_value(owner));
	}
}

static void
say_area(struct doctor *doctor, CK_SLOT_ID slot, const char *label)
{
	CK_RV rv;
	json_t *area = doctor_diagnose(&doctor->p11, slot, &rv);
	const char *opened = member(area, "opened");
	char name[160];

	snprintf(name, sizeof(name), "%s %lu \"%s\"", _("slot"), slot, label != NULL ? label : "");
	if (area == NULL && rv != CKR_OK)
		doctor_say(doctor, "token.unreadable", "%s: %s", name, message_rv_name(rv));
	else if (strcmp(opened, "TOKEN_OK") != 0)
		doctor_say(doctor, opened_finding(opened), "%s", name);
	else if (strcmp(member(area, "root"), "wrong") == 0)
		doctor_say(doctor, "token.damaged", "%s", name);
	else
		say_pin(doctor, name, area);
	say_device(doctor, name, area);
	say_files(doctor, area);
	json_decref(area);
}

/* What any module tells about a token. */
static void
say_flags(struct doctor *doctor, CK_SLOT_ID slot, const char *label, CK_FLAGS flags)
{
	char name[160];

	snprintf(name, sizeof(name), "%s %lu \"%s\"", _("slot"), slot, label);
	if ((flags & CKF_USER_PIN_LOCKED) != 0)
		doctor_say(doctor, "token.pin-locked", "%s", name);
	else if ((flags & CKF_USER_PIN_INITIALIZED) == 0)
		doctor_say(doctor, "token.pin-none", "%s", name);
	else if ((flags & CKF_USER_PIN_FINAL_TRY) != 0)
		doctor_say(doctor, "token.pin-final", "%s", name);
	else
		doctor_say(doctor, "token.fine", "%s", name);
}

struct seen {
	char (*labels)[33];
	size_t count;
};

static void
say_twins(struct doctor *doctor, struct seen *seen, const char *label)
{
	char(*more)[33] = realloc(seen->labels, (seen->count + 1) * sizeof(*more));

	if (more == NULL)
		return;
	seen->labels = more;
	for (size_t i = 0; i < seen->count; i++)
		if (strcmp(seen->labels[i], label) == 0) {
			doctor_say(doctor, "token.twins", "%s", label);
			break;
		}
	memcpy(seen->labels[seen->count++], label, 33);
}

static bool
look_at_slot(struct doctor *doctor, CK_SLOT_ID slot, const char *wanted, struct seen *seen)
{
	CK_TOKEN_INFO info;
	char label[33] = "";
	const CK_RV rv = doctor->p11.list->C_GetTokenInfo(slot, &info);

	if (rv == CKR_OK && (info.flags & CKF_TOKEN_INITIALIZED) == 0)
		return false;
	if (rv == CKR_OK)
		p11_label(info.label, label);
	if (wanted != NULL && (rv != CKR_OK || strcmp(label, wanted) != 0))
		return false;
	if (rv == CKR_OK)
		say_twins(doctor, seen, label);
	if (doctor->p11.vendor != NULL)
		say_area(doctor, slot, rv == CKR_OK ? label : NULL);
	else if (rv == CKR_OK)
		say_flags(doctor, slot, label, info.flags);
	return true;
}

static void
say_slots(struct doctor *doctor, CK_RV rv)
{
	const char *id = rv == CKR_MDOC_STORE_DAMAGED ? "slots.damaged"
		: rv == CKR_MDOC_STORE_NEWER          ? "slots.newer"
						      : "slots.unreadable";

	doctor_say(doctor, id, "%s: %s", doctor->store != NULL ? doctor->store : doctor->module, message_rv_name(rv));
}

/* Our module shows a free slot always, unless it lives on what the areas say of themselves. */
static void
look_for_free_slot(struct doctor *doctor, const CK_SLOT_ID *slots, CK_ULONG count)
{
	CK_TOKEN_INFO info;

	if (doctor->p11.vendor == NULL)
		return;
	for (CK_ULONG i = count; i-- > 0;)
		if (doctor->p11.list->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
			(info.flags & CKF_TOKEN_INITIALIZED) == 0)
			return;
	say_slots(doctor, CKR_MDOC_STORE_DAMAGED);
}

enum exit_status
doctor_tokens(struct doctor *doctor, const char *label)
{
	enum exit_status status = EXIT_STATUS_OK;
	struct seen seen = { NULL, 0 };
	CK_SLOT_ID *slots = NULL;
	CK_ULONG count = 0, found = 0;
	CK_RV rv;

	if (doctor->p11.list == NULL)
		return EXIT_STATUS_OK;
	rv = doctor->p11.list->C_GetSlotList(CK_TRUE, NULL, &count);
	slots = rv == CKR_OK ? calloc(count + 1, sizeof(*slots)) : NULL;
	if (slots != NULL)
		rv = doctor->p11.list->C_GetSlotList(CK_TRUE, slots, &count);
	if (rv != CKR_OK || slots == NULL) {
		say_slots(doctor, rv);
		free(slots);
		return EXIT_STATUS_OK;
	}
	look_for_free_slot(doctor, slots, count);
	for (CK_ULONG i = 0; i < count; i++)
		found += look_at_slot(doctor, slots[i], label, &seen) ? 1 : 0;
	if (found == 0 && label != NULL) {
		tool_error(_("there is no token called \"%s\""), label);
		status = EXIT_STATUS_INPUT;
	} else if (found == 0) {
		doctor_say(doctor, "token.none", NULL);
	}
	free(seen.labels);
	free(slots);
	return status;
}
