/* doctor_p11kit.c: do programs that find their modules through p11-kit find this one, and if not, why?
 * SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/doctor.h"
#include <p11-kit/p11-kit.h>
#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* p11-kit's own functions, taken from its library where there is one. */
struct kit {
	void *handle;
	void (*be_quiet)(void);
	CK_FUNCTION_LIST **(*load)(const char *reserved, int flags);
	void (*release)(CK_FUNCTION_LIST **modules);
	char *(*filename)(CK_FUNCTION_LIST *module);
	const char *(*message)(void);
};

static bool
symbol(const struct kit *kit, const char *name, void *function)
{
	void *at = dlsym(kit->handle, name);

	memcpy(function, &at, sizeof(at));
	return at != NULL;
}

static bool
kit_open(struct kit *kit)
{
	memset(kit, 0, sizeof(*kit));
	kit->handle = dlopen("libp11-kit.so.0", RTLD_NOW | RTLD_LOCAL);
	return kit->handle != NULL && symbol(kit, "p11_kit_be_quiet", &kit->be_quiet) &&
		symbol(kit, "p11_kit_modules_load", &kit->load) &&
		symbol(kit, "p11_kit_modules_release", &kit->release) &&
		symbol(kit, "p11_kit_module_get_filename", &kit->filename) &&
		symbol(kit, "p11_kit_message", &kit->message);
}

static bool
same_file(const char *a, const char *b)
{
	char *real_a = realpath(a, NULL);
	char *real_b = realpath(b, NULL);
	const bool same = real_a != NULL && real_b != NULL && strcmp(real_a, real_b) == 0;

	free(real_a);
	free(real_b);
	return same;
}

/* Is the module among those that p11-kit would give to this program? */
static bool
kit_shows(const struct doctor *doctor, const struct kit *kit, CK_FUNCTION_LIST **modules)
{
	bool shown = false;

	for (size_t i = 0; modules != NULL && modules[i] != NULL; i++) {
		char *file = kit->filename(modules[i]);

		shown = shown || (file != NULL && same_file(file, doctor->module));
		free(file);
	}
	return shown;
}

/* ---- Descriptions: files NAME.module ---- */

struct description {
	char module[1024]; /* the path that it names */
	bool limited;      /* enable-in or disable-in */
};

static char *
value_of(char *line, const char *key)
{
	const size_t len = strlen(key);
	char *value;

	if (strncmp(line, key, len) != 0 || line[len] != ':')
		return NULL;
	value = line + len + 1;
	value += strspn(value, " \t");
	value[strcspn(value, "\r\n")] = '\0';
	for (size_t end = strlen(value); end > 0 && (value[end - 1] == ' ' || value[end - 1] == '\t'); end--)
		value[end - 1] = '\0';
	return value;
}

static bool
read_description(const char *path, struct description *description)
{
	FILE *file = fopen(path, "re");
	char line[1024];

	memset(description, 0, sizeof(*description));
	if (file == NULL)
		return false;
	while (fgets(line, sizeof(line), file) != NULL) {
		const char *module = value_of(line, "module");

		if (module != NULL)
			snprintf(description->module, sizeof(description->module), "%s%s",
				module[0] == '/' ? "" : P11KIT_MODULE_PATH "/", module);
		if (value_of(line, "enable-in") != NULL || value_of(line, "disable-in") != NULL)
			description->limited = true;
	}
	fclose(file);
	return true;
}

struct search {
	size_t ours;      /* descriptions that name this module */
	size_t system;    /* of them, in the system's folders */
	size_t limited;   /* of them, for some programs only */
	char where[4200]; /* the last of them */
	char other[4200]; /* one by our name that names another file, and that file */
};

static void
search_folder(const struct doctor *doctor, const char *folder, bool system, struct search *search)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct description found;
	char path[4096];

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		const size_t len = strlen(entry->d_name);

		if (len < 8 || strcmp(entry->d_name + len - 7, ".module") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (!read_description(path, &found))
			continue;
		if (same_file(found.module, doctor->module)) {
			search->ours++;
			search->system += system ? 1 : 0;
			search->limited += found.limited ? 1 : 0;
			snprintf(search->where, sizeof(search->where), "%.4000s", path);
		} else if (strcmp(entry->d_name, "mdoc-pkcs11.module") == 0) {
			snprintf(search->other, sizeof(search->other), "%.3000s: %.1000s", path, found.module);
		}
	}
	if (dir != NULL)
		closedir(dir);
}

static void
search_all(const struct doctor *doctor, struct search *search)
{
	const char *home = getenv("HOME");
	char path[4096];

	memset(search, 0, sizeof(*search));
	search_folder(doctor, P11KIT_MODULE_CONFIGS, true, search);
	search_folder(doctor, P11KIT_SYSTEM_CONFIGS "/modules", true, search);
	if (home != NULL) {
		snprintf(path, sizeof(path), "%s/.config/pkcs11/modules", home);
		search_folder(doctor, path, false, search);
	}
}

static void
say_why_not(struct doctor *doctor, const struct search *search)
{
	if (search->ours > 0 && search->limited > 0)
		doctor_say(doctor, "p11kit.limited", "%s", search->where);
	else if (search->ours > 0 && search->system == 0)
		doctor_say(doctor, geteuid() == 0 ? "p11kit.root" : "p11kit.user-config", "%s", search->where);
	else if (search->ours > 0)
		doctor_say(doctor, "p11kit.unseen", "%s", search->where);
	else if (search->other[0] != '\0')
		doctor_say(doctor, "p11kit.other", "%s", search->other);
	else
		doctor_say(doctor, "p11kit.nowhere", "%s, %s", P11KIT_MODULE_CONFIGS, P11KIT_SYSTEM_CONFIGS "/modules");
}

void
doctor_p11kit(struct doctor *doctor)
{
	CK_FUNCTION_LIST **modules = NULL;
	struct search search;
	struct kit kit;

	if (doctor->p11.list == NULL)
		return;
	if (!kit_open(&kit)) {
		doctor_say(doctor, "p11kit.absent", NULL);
		goto out;
	}
	kit.be_quiet();
	modules = kit.load(NULL, 0);
	if (modules == NULL)
		doctor_say(doctor, "p11kit.failed", "%s", kit.message() != NULL ? kit.message() : "?");
	search_all(doctor, &search);
	if (kit_shows(doctor, &kit, modules))
		doctor_say(doctor, "p11kit.seen", "%s", search.where);
	else
		say_why_not(doctor, &search);
	if (search.ours > 1)
		doctor_say(doctor, "p11kit.twice", "%s", search.where);
out:
	if (modules != NULL)
		kit.release(modules);
	if (kit.handle != NULL)
		dlclose(kit.handle);
}
