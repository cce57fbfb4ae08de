/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A main() for a fuzz target that any compiler builds: runs the target once on
 * each file named, and on each file of a directory named.
 *
 * Each input ends at an unreadable page, so that reading one byte too far
 * stops the program even without a sanitizer.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "check.h"

enum { PAGE = 4096, LARGEST = 256 * PAGE, SKIPPED = 77 };

static uint8_t *guard; /* the first byte that cannot be read */

static int guard_init(void)
{
	uint8_t *map = mmap(NULL, LARGEST + PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || mprotect(map + LARGEST, PAGE, PROT_NONE)) {
		perror("guard page");
		return -1;
	}
	guard = map + LARGEST;
	return 0;
}

/* The number of inputs run, or -1. */
static int run_file(const char *path, const struct stat *st)
{
	size_t size = (size_t)st->st_size;
	FILE *file;
	size_t got;

	if (size > LARGEST) {
		fprintf(stderr, "%s: over %d bytes\n", path, LARGEST);
		return -1;
	}
	file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return -1;
	}
	got = fread(guard - size, 1, size, file);
	fclose(file);
	if (got != size) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return -1;
	}
	if (LLVMFuzzerTestOneInput(guard - size, size)) {
		fprintf(stderr, "%s: refused\n", path);
		return -1;
	}
	return 1;
}

static int run_path(const char *path);

static int run_directory(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	int total = 0;

	if (!dir) {
		perror(path);
		return -1;
	}
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	while (total >= 0 && (entry = readdir(dir))) {
		char name[1024];
		int n;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		n = run_path(name);
		total = n < 0 ? n : total + n;
	}
	closedir(dir);
	return total;
}

static int run_path(const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		perror(path);
		return -1;
	}
	return S_ISDIR(st.st_mode) ? run_directory(path) : run_file(path, &st);
}

int main(int argc, char **argv)
{
	int total = 0;

	if (guard_init())
		return EXIT_FAILURE;
	for (int i = 1; i < argc; i++) {
		int n = run_path(argv[i]);

		if (n < 0)
			return EXIT_FAILURE;
		total += n;
	}
	printf("%d inputs\n", total);
	if (!total) {
		printf("SKIPPED: no input to run\n");
		return SKIPPED;
	}
	return EXIT_SUCCESS;
}
