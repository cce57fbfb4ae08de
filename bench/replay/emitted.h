/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What left the router, kept in memory until every lane has ended, then
 * written in the order in which its causes entered. */
#ifndef NATBENCH_EMITTED_H
#define NATBENCH_EMITTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/region.h"
#include "capture/writer.h"

struct emitted {
	struct region heads; /* struct emitted_head */
	struct region bytes;
	size_t next; /* head to be written next */
	bool failed; /* no memory: something is missing */
};

struct emitted_head {
	uint64_t order; /* of the cause, over all lanes and passes */
	uint64_t time_ns;
	uint64_t offset;
	uint32_t len;
	uint16_t iface;
};

/* Copies a packet; within a lane @order never falls. */
void emitted_add(struct emitted *e, const struct emitted_head *head,
		 const uint8_t *data);
void emitted_free(struct emitted *e);
/* Forgets them, but keeps the memory. */
void emitted_rewind(struct emitted *e);

/* Of @first, which may be NULL, and the next head of @e for @iface the one
 * that comes earlier; if it is @e's, *from becomes @e. */
const struct emitted_head *emitted_earlier(const struct emitted_head *first,
					   struct emitted **from,
					   struct emitted *e, uint16_t iface);

/* Writes what left by @iface; @e[0..n) are the lanes'. Whether writing failed
 * is for writer_commit() to say. */
void emitted_write(struct emitted *const *e, unsigned n, uint16_t iface,
		   struct capture_writer *out);

#endif
