/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads a capture packet by packet: pcap or pcapng; plain, gzip or zstd; the
 * link layer stripped. Bounded memory, so a capture may be of any length.
 *
 *	struct capture_reader *r = reader_open(path, progress, &err);
 *	while ((got = reader_next(r, &rec, &err)) > 0)
 *		use(&rec);
 *	reader_close(r);
 *
 * FAULTS. A capture that ends inside a record, as one does when its writer was
 * stopped, is good up to there: reader_next() ends as usual and the stats name
 * the frame. All else is an error: no capture, an end inside the file header,
 * a link type that link.h does not list, a compressed stream cut or corrupt, a
 * record that cannot be one.
 */
#ifndef NATBENCH_READER_H
#define NATBENCH_READER_H

#include <stdint.h>

#include "capture/error.h"
#include "capture/link.h"
#include "capture/progress.h"

struct capture_record {
	const uint8_t *data; /* from the IP header on; until the next call */
	uint32_t len;        /* of the IP packet */
	uint32_t wire_len;   /* of the frame on its link */
	uint64_t time_ns;    /* since 1970 */
	uint64_t frame;      /* counts every frame of the file from 1 */
};

struct capture_stats {
	uint64_t frames;    /* all there were: the sum of @result */
	uint64_t ip_bytes;  /* of the packets delivered */
	uint64_t cut_frame; /* the file ends inside it; 0: ends well */
	uint64_t result[LINK_N_RESULTS];
};

struct capture_reader;

/* "-" is standard input. @path stays the caller's until the reader is closed.
 * NULL: @err says why. */
struct capture_reader *reader_open(const char *path, struct progress progress,
				   struct capture_error *err);
/* The next IP packet: 1; 0 at the end; -1 with @err filled. Frames without one
 * are counted and passed over. After 0 or -1: not to be called again. */
int reader_next(struct capture_reader *r, struct capture_record *rec,
		struct capture_error *err);
/* What was read so far; lives as long as the reader. */
const struct capture_stats *reader_stats(const struct capture_reader *r);
/* Bytes of the capture read so far, once unpacked. */
uint64_t reader_bytes(const struct capture_reader *r);
void reader_close(struct capture_reader *r);

#endif
