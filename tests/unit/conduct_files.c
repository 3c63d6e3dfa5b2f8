/*
 * tests/unit/conduct_files.c: counting open file descriptors.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <dirent.h>

#include "tests/unit/conduct.h"

int
conduct_open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	if (dir == NULL)
		return -1;
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}
