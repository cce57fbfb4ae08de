/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the tests of captures share: bytes as text, files in a folder of the
 * test's own. All fail the running test when they cannot. */
#ifndef NATBENCH_CAPTURE_UTIL_H
#define NATBENCH_CAPTURE_UTIL_H

#include <stddef.h>
#include <stdint.h>

/* Reads pairs of hex digits, blanks between them ignored; returns how many.
 * What does not fit in @size is a failure. */
size_t hex_bytes(const char *hex, uint8_t *out, size_t size);

/* A path in a new temporary folder, which is made at the first call; good
 * until the fourth call after. */
const char *scratch_path(const char *name);
/* How many entries the folder holds. */
size_t scratch_count(void);
/* Removes the folder and what is in it: the teardown of a group of tests. */
int scratch_remove(void **state);

void write_file(const char *path, const void *bytes, size_t len);
/* Allocated, with a NUL behind. */
uint8_t *read_file(const char *path, size_t *len);

/* The frames of test_capture_file: IPv4 packets without a transport header. */
enum { SAMPLE_LEAST = 20 };
/* Packet @i of @len bytes, different from every other. */
void sample_packet(uint8_t *out, uint32_t len, uint32_t i);

#endif
