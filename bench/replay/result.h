/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a replay found, as figures: docs/replay.md says what each means. Text
 * and JSON are two views of this. */
#ifndef NATBENCH_RESULT_H
#define NATBENCH_RESULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "capture/link.h"
#include "replay/replay.h"

/* Of one lane, or of all together. */
struct figures {
	uint64_t packets, bytes; /* of the capture, in the passes that count */
	uint64_t unanswered;     /* of these: had nothing to answer to */
	uint64_t wall_ns;
	double ns_per_packet, core_ns_per_packet, pps;
	const struct nat_stats *stats;
	const struct hist *latency;
};

/* The capture, as it was read. */
struct capture_summary {
	const char *name; /* file, or the first of several */
	uint64_t frames;
	uint64_t skipped[LINK_N_RESULTS]; /* IP packets: 0 */
	uint64_t cut_frame;               /* 0: ends well */
	const char *cut_name;             /* the file that ends so */
};

struct result {
	const struct replay *replay;
	struct windows_cost reading;
	struct capture_summary capture;
	unsigned threads, passes, copies;
	bool check, stages;
	struct figures total;
};

struct figures figures_of(const struct replay *r, const struct lane_result *l,
			  unsigned threads, uint64_t wall_ns);
double result_bytes_per_connection(const struct result *r);

/* The table on the terminal. */
void result_print(const struct result *r, FILE *out);
/* NULL: no memory. */
json_t *result_json(const struct result *r);

#endif
