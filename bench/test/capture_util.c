/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes and files for the tests of captures. */
#include "test/capture_util.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/check.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c < 'a' || c > 'f')
		fail_msg("'%c' is no hex digit", c);
	return c - 'a' + 10;
}

size_t hex_bytes(const char *hex, uint8_t *out, size_t size)
{
	size_t n = 0;

	while (*hex) {
		if (isspace((unsigned char)*hex)) {
			hex++;
			continue;
		}
		assert_true(n < size);
		out[n++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
		hex += 2;
	}
	return n;
}

static char scratch[64];

const char *scratch_path(const char *name)
{
	static char path[4][sizeof(scratch) + 256];
	static unsigned turn;
	char *p = path[turn++ % 4];

	if (!*scratch) {
		strcpy(scratch, "/tmp/natbench-test-XXXXXX");
		assert_non_null(mkdtemp(scratch));
	}
	snprintf(p, sizeof(path[0]), "%s/%s", scratch, name);
	return p;
}

/* Counts the entries of the folder, and removes them if so asked. */
static size_t visit(int (*each)(const char *path))
{
	DIR *d = opendir(scratch_path(""));
	struct dirent *e;
	size_t n = 0;

	assert_non_null(d);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		n++;
		if (each)
			each(scratch_path(e->d_name));
	}
	closedir(d);
	return n;
}

size_t scratch_count(void)
{
	return visit(NULL);
}

int scratch_remove(void **state)
{
	(void)state;
	visit(unlink);
	rmdir(scratch);
	*scratch = '\0';
	return 0;
}

void write_file(const char *path, const void *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

uint8_t *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "r");
	uint8_t *bytes;

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	*len = (size_t)ftell(f);
	rewind(f);
	bytes = malloc(*len + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *len, f), *len);
	bytes[*len] = '\0';
	fclose(f);
	return bytes;
}

void sample_packet(uint8_t *out, uint32_t len, uint32_t i)
{
	memset(out, (int)(i & 0xff), len);
	out[0] = 0x45;
	out[2] = (uint8_t)(len >> 8);
	out[3] = (uint8_t)len;
	memcpy(out + 12, &i, sizeof(i));
}
