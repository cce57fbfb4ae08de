/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A file to read: plain, gzip or zstd, told apart by how it begins, as a
 * stdio stream of what it holds. Memory stays bounded whatever its size. */
#ifndef NATBENCH_SOURCE_H
#define NATBENCH_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "capture/error.h"
#include "capture/progress.h"

struct source;

/* Opens @path, "-" being standard input. NULL: @err says why. @s lives until
 * the stream is closed; ftello() works on it, seeking does not.
 * @progress hears of bytes read, as the file has them. */
FILE *source_open(const char *path, struct progress progress, struct source **s,
		  struct capture_error *err);

/* Why reading failed, where ferror() holds of the stream; else NULL. */
const char *source_fault(const struct source *s);
/* True when positions in the stream are not positions in the file. */
bool source_packed(const struct source *s);

#endif
