/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Several captures as one, in order of time: at each step the packet with the
 * earliest timestamp among the next ones of all captures; of equal ones, that
 * of the capture named first. Packets of one capture keep their order, even
 * where their timestamps do not. */
#ifndef NATBENCH_MERGE_H
#define NATBENCH_MERGE_H

#include <stddef.h>

#include "capture/reader.h"

struct capture_merge;

/* Opens all of @path[0..n), which stay the caller's until the end. NULL: @err
 * says why. @progress hears of the sum. */
struct capture_merge *merge_open(const char *const *path, size_t n,
				 struct progress progress,
				 struct capture_error *err);
/* As reader_next(); @from is the capture's index. */
int merge_next(struct capture_merge *m, struct capture_record *rec,
	       size_t *from, struct capture_error *err);
const struct capture_stats *merge_stats(const struct capture_merge *m,
					size_t i);
/* As reader_bytes(). */
uint64_t merge_bytes(const struct capture_merge *m, size_t i);
const char *merge_path(const struct capture_merge *m, size_t i);
void merge_close(struct capture_merge *m);

#endif
