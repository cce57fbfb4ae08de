/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A file to read: plain, gzip or zstd, told apart by how it begins. What is
 * compressed is unpacked in a thread of its own. Memory stays bounded whatever
 * its size. */
#ifndef NATBENCH_SOURCE_H
#define NATBENCH_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "capture/error.h"
#include "capture/progress.h"

struct source;

/* Opens @path, "-" being standard input. NULL: @err says why. @progress hears
 * of bytes read, as the file has them. */
struct source *source_open(const char *path, struct progress progress,
			   struct capture_error *err);
void source_close(struct source *s);

/* Up to @len bytes of what it holds, at least one; 0: the end; -1: a fault, for
 * good. */
ssize_t source_read(struct source *s, void *out, size_t len);
/* What is wrong, where source_read() said so; else NULL. */
const char *source_fault(const struct source *s);
/* True when positions in the stream are not positions in the file. */
bool source_packed(const struct source *s);

#endif
