/* doctor_module.c: does the module load, which one is it, and what does it say of its configuration?
 * SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/doctor.h"
#include "tools/common/message.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_NAME "/mdoc-pkcs11/mdoc-pkcs11.conf"

json_t *
doctor_diagnose(const struct p11 *p11, CK_SLOT_ID slot, CK_RV *rv)
{
	CK_ULONG len = 0;
	char *text = NULL;
	json_t *json = NULL;

	*rv = CKR_FUNCTION_NOT_SUPPORTED;
	if (p11->vendor == NULL)
		return NULL;
	*rv = p11->vendor->C_MDOC_Diagnose(slot, NULL, &len);
	if (*rv != CKR_OK)
		return NULL;
	len += 1024; /* it may have grown when it is asked for again */
	text = malloc(len);
	if (text == NULL)
		return NULL;
	*rv = p11->vendor->C_MDOC_Diagnose(slot, (CK_UTF8CHAR *)text, &len);
	if (*rv == CKR_OK)
		json = json_loadb(text, len, 0, NULL);
	free(text);
	return json;
}

static void
say_version(struct doctor *doctor)
{
	int major = 0, minor = 0;
	CK_INFO info;

	memset(&info, 0, sizeof(info));
	if (doctor->p11.list->C_GetInfo(&info) != CKR_OK)
		return;
	doctor_say(doctor, "module.loaded", "%s, %s %d.%d", doctor->module, _("version"), info.libraryVersion.major,
		info.libraryVersion.minor);
	if (doctor->p11.vendor == NULL) {
		doctor_say(doctor, "module.foreign", NULL);
		return;
	}
	(void)sscanf(PACKAGE_VERSION, "%d.%d", &major, &minor);
	if (info.libraryVersion.major != major || info.libraryVersion.minor != minor)
		doctor_say(doctor, "module.version", "%d.%d, %s", info.libraryVersion.major, info.libraryVersion.minor,
			PACKAGE_VERSION);
}

void
doctor_module(struct doctor *doctor, const char *path)
{
	void *handle;
	CK_RV rv;

	doctor->module = p11_module_path(path);
	handle = dlopen(doctor->module, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL) {
		doctor_say(doctor, "module.load", "%s", dlerror());
		return;
	}
	if (dlsym(handle, "C_GetFunctionList") == NULL) {
		doctor_say(doctor, "module.not-pkcs11", "%s", doctor->module);
		dlclose(handle);
		return;
	}
	dlclose(handle);
	if (p11_open(path, &doctor->p11) != EXIT_STATUS_OK) { /* said */
		doctor_say(doctor, "module.initialize", "%s", doctor->module);
		return;
	}
	say_version(doctor);
	doctor->library = doctor_diagnose(&doctor->p11, CK_UNAVAILABLE_INFORMATION, &rv);
	doctor->store = json_string_value(json_object_get(doctor->library, "store"));
}

/* Where the user's own file is looked for. */
static void
user_config(char path[4096])
{
	const char *xdg = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (xdg != NULL && xdg[0] == '/')
		snprintf(path, 4096, "%s" CONFIG_NAME, xdg);
	else
		snprintf(path, 4096, "%s/.config" CONFIG_NAME, home != NULL ? home : "~");
}

/* The files of the user and of the system that exist and are not the one in force. */
static void
say_shadowed(struct doctor *doctor, const char *in_force)
{
	const char *const system = SYSCONFDIR CONFIG_NAME;
	char user[4096];

	user_config(user);
	if (access(user, F_OK) == 0 && strcmp(user, in_force) != 0)
		doctor_say(doctor, "config.shadowed", "%s", user);
	if (access(system, F_OK) == 0 && strcmp(system, in_force) != 0)
		doctor_say(doctor, "config.shadowed", "%s", system);
}

static void
say_config(struct doctor *doctor)
{
	static const struct {
		const char *source, *words;
	} rows[] = {
		{ "environment", N_("named by MDOC_PKCS11_CONF") },
		{ "user", N_("the user's own") },
		{ "system", N_("the system's") },
	};
	const json_t *config = json_object_get(doctor->library, "config");
	const char *source = json_string_value(json_object_get(config, "source"));
	const char *file = json_string_value(json_object_get(config, "file"));
	const char *wrong = json_string_value(json_object_get(config, "wrong"));

	if (wrong != NULL)
		doctor_say(doctor, "config.wrong", "%s", wrong);
	if (source == NULL || file == NULL) {
		char user[4096];

		user_config(user);
		if (wrong == NULL)
			doctor_say(doctor, "config.none", "MDOC_PKCS11_CONF, %s, %s", user, SYSCONFDIR CONFIG_NAME);
		return;
	}
	for (size_t i = 0; wrong == NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].source, source) == 0)
			doctor_say(doctor, "config.file", "%s (%s)", file, _(rows[i].words));
	say_shadowed(doctor, file);
}

/* The module opens the log itself and must not complain, so this is where the user learns of it. */
static void
say_log(struct doctor *doctor)
{
	const char *wish = getenv("MDOC_PKCS11_LOG");
	struct stat st;
	char path[4096];
	size_t len;

	if (wish == NULL || wish[0] == '\0')
		return;
	len = strlen(wish);
	if (len > 2 && wish[len - 2] == ':' && wish[len - 1] >= '0' && wish[len - 1] <= '9')
		len -= 2;
	snprintf(path, sizeof(path), "%.*s", (int)len, wish);
	if (lstat(path, &st) != 0)
		doctor_say(doctor, "log.unwritable", "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || access(path, W_OK) != 0)
		doctor_say(doctor, "log.unwritable", "%s", path);
	else
		doctor_say(doctor, (st.st_mode & 077) != 0 ? "log.open" : "log.on", "%s", path);
}

static void
say_memory(struct doctor *doctor)
{
	struct rlimit limit = { 0, 0 };

	if (!json_is_false(json_object_get(doctor->library, "memory_locked")))
		return;
	(void)getrlimit(RLIMIT_MEMLOCK, &limit);
	doctor_say(doctor, "memory.unlocked", "RLIMIT_MEMLOCK: %llu", (unsigned long long)limit.rlim_cur);
}

void
doctor_config(struct doctor *doctor)
{
	const json_int_t min_pin = json_integer_value(json_object_get(doctor->library, "min_pin"));

	if (doctor->library == NULL)
		return;
	if (json_is_true(json_object_get(doctor->library, "environment_ignored")))
		doctor_say(doctor, "environment.ignored", NULL);
	say_config(doctor);
	if (min_pin > 0 && min_pin < 8)
		doctor_say(doctor, "config.min-pin", "min-pin = %d", (int)min_pin);
	if (json_is_true(json_object_get(doctor->library, "allow_weak_so_pin")))
		doctor_say(doctor, "config.weak-so", NULL);
	say_log(doctor);
	say_memory(doctor);
}
