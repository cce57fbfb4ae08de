/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writes a capture of IP packets: pcap in nanoseconds, link type 101 (raw IP),
 * compressed if the name ends in .gz or .zst. The file appears whole at
 * writer_commit() or never (see sink.h for pipes and devices). */
#ifndef NATBENCH_WRITER_H
#define NATBENCH_WRITER_H

#include <stdint.h>

#include "capture/error.h"

struct capture_writer;
struct sink;

/* @path stays the caller's until the end. NULL: @err says why. */
struct capture_writer *writer_open(const char *path, struct capture_error *err);
/* 0, or -1 when writing has failed already: commit has the reason. Seconds
 * wrap in 2106, as they do in every pcap. */
int writer_put(struct capture_writer *w, uint64_t time_ns, const uint8_t *data,
	       uint32_t len);
/* Each ends @w. end: what is left to commit or to discard, perhaps with others.
 * commit: 0, or -1 with @err filled and no file left. */
struct sink *writer_end(struct capture_writer *w);
int writer_commit(struct capture_writer *w, struct capture_error *err);
void writer_discard(struct capture_writer *w);

#endif
