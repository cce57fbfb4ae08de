/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where the packets come from that kernel and core are given in lock step: a
 * capture, a generator, a recorded trail. A feeder hands out one packet, hears
 * what became of it, then hands out the next, which may be an answer. */
#ifndef NATBENCH_FEED_H
#define NATBENCH_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A packet that is about to enter the router. */
struct feed {
	const uint8_t *data; /* the feeder's, until its next call */
	uint32_t len;
	uint16_t in_if;  /* topology index */
	uint32_t group;  /* whose packets hang together; small; 0: unknown */
	uint64_t number; /* what a person calls it: a capture's frame */
};

/* That leave because of one packet: the longest datagram, in the shortest
 * fragments. */
enum { SENT_MOST = 8192 };

/* A packet that left the router. */
struct sent {
	const uint8_t *data;
	uint32_t len;
	uint16_t out_if;
};

/* What the kernel made of it: it decides what is right. */
struct feed_outcome {
	const struct sent *sent; /* by interface, in order */
	size_t n;
	const struct sent *forwarded; /* the packet itself; NULL: it stayed */
	bool agreed;                  /* so did the core */
};

struct feeder {
	/* False: there are no more. */
	bool (*next)(void *ctx, struct feed *f);
	/* What became of the last one, until the next call; may be NULL. */
	void (*learn)(void *ctx, const struct feed_outcome *o);
	void *ctx;
};

#endif
