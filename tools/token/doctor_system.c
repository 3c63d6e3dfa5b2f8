/* doctor_system.c: TPM and clock. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/doctor.h"
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TPM_DEVICE "/dev/tpmrm0"
#define MADE_AT 1767225600 /* 2026-01-01: no clock can be right that is before it */
#define CLOCK_SLACK 3600

static void
say_tpm(struct doctor *doctor)
{
	const char *tcti = json_string_value(json_object_get(doctor->library, "tcti"));

	if (tcti != NULL)
		doctor_say(doctor, "tpm.tcti", "%s", tcti);
	if (access(TPM_DEVICE, F_OK) != 0) {
		doctor_say(doctor, "tpm.absent", TPM_DEVICE);
		return;
	}
	doctor_say(doctor, "tpm.there", TPM_DEVICE);
	if (access(TPM_DEVICE, R_OK | W_OK) != 0)
		doctor_say(doctor, "tpm.access", "%s: %s", TPM_DEVICE, strerror(errno));
}

/* The latest time at which something in the store was written. */
static time_t
newest_in(const char *folder, int depth)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	struct stat st;
	time_t newest = 0;
	char path[4096];

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		time_t time;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (lstat(path, &st) != 0)
			continue;
		time = S_ISDIR(st.st_mode) && depth > 0 ? newest_in(path, depth - 1) : st.st_mtime;
		newest = time > newest ? time : newest;
	}
	if (dir != NULL)
		closedir(dir);
	return newest;
}

static void
say_clock(struct doctor *doctor)
{
	const time_t now = time(NULL);
	time_t newest = doctor->store != NULL ? newest_in(doctor->store, 2) : 0;
	char text[64] = "";
	struct tm tm;

	if (gmtime_r(&now, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &tm);
	if (now < MADE_AT)
		doctor_say(doctor, "clock.early", "%s", text);
	else if (newest > now + CLOCK_SLACK)
		doctor_say(doctor, "clock.back", "%s", text);
}

void
doctor_system(struct doctor *doctor)
{
	say_tpm(doctor);
	say_clock(doctor);
}
