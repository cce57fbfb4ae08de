/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A file to write, whole or not at all: it grows under a temporary name beside
 * the one wanted and takes that only by sink_commit(). Compressed when the
 * name ends in .gz or .zst.
 *
 *	FILE *f = sink_open(path, &s, &err);
 *	fprintf(f, ...);
 *	fclose(f);
 *	sink_commit(s, &err);
 *
 * What is there already and is no regular file (a pipe, /dev/null), and "-",
 * standard output, are written directly.
 */
#ifndef NATBENCH_SINK_H
#define NATBENCH_SINK_H

#include <stdio.h>

#include "capture/error.h"

struct sink;

/* NULL: @err says why. */
FILE *sink_open(const char *path, struct sink **s, struct capture_error *err);
/* After fclose(): 0, or -1 with @err filled if anything has failed; it will not
 * be committed then. */
int sink_check(const struct sink *s, struct capture_error *err);
/* Either ends @s, after fclose(). commit: 0, or -1 with @err filled and no
 * file left if anything failed since sink_open(). */
int sink_commit(struct sink *s, struct capture_error *err);
void sink_discard(struct sink *s);

#endif
