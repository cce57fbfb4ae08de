/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The packets of every benchmark that is compared with the floor: established
 * TCP connections, each client behind one address of a NAT that keeps ports,
 * data both ways, in random order; 64-byte packets one after another in a
 * quarter of a gigabyte, so that they stream from memory.
 *
 *	struct flows *f = flows_new(65536);
 *	flows_play(b, f, run, ctx);
 *	flows_free(f);
 *
 * Each pass over them goes on where the last one left: sequence numbers grow,
 * so that a tracker of windows finds ordinary data. */
#ifndef NATBENCH_FLOWS_H
#define NATBENCH_FLOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "gbench.h"
#include "pure/packet.h"

enum {
	FLOWS_PACKETS = 1 << 22, /* of a pass */
	FLOWS_SLOT = 64,         /* of a packet, whole */
	FLOWS_MOST = 1 << 24,
	FLOWS_PASSES = 4, /* that are timed */
};

#define FLOWS_ROUTER UINT32_C(0xc0000201) /* 192.0.2.1, host order */

/* How one direction's packets look on their way to the router; as the fields
 * lie in them. */
struct flow_key {
	uint32_t src, dst;
	uint16_t src_port, dst_port;
};

/* Of connection @i; a reply's destination is the router. */
struct flow_key flow_key(uint32_t i, enum nat_dir dir);

struct nat_tuple flow_tuple(uint32_t i, enum nat_dir dir); /* the same */

/* How a packet with the key @k leaves when @other is its opposite's. */
static inline struct flow_key flow_inverse(const struct flow_key *other)
{
	return (struct flow_key){other->dst, other->src, other->dst_port,
				 other->src_port};
}

/* A packet that opens connection @i: 0 SYN, 1 SYN ACK, 2 ACK. */
enum { FLOWS_OPENING = 3 };
void flow_opening(uint8_t *slot, uint32_t i, unsigned step);
/* The first one of any connection. */
void flow_syn(uint8_t *slot, const struct flow_key *k);

struct flows;

/* The connections @first to @first + @n - 1, all below FLOWS_MOST. NULL: no
 * memory. */
struct flows *flows_new_from(uint32_t first, uint32_t n);
struct flows *flows_new(uint32_t n); /* from 0 */
void flows_free(struct flows *f);

/* The FLOWS_PACKETS of the next pass. */
uint8_t *flows_next_pass(struct flows *f);

/* Runs over the packets; returns how many it was content with. */
typedef size_t (*flows_run)(void *ctx, uint8_t *packets, size_t n);

/* One pass to get warm, then FLOWS_PASSES in which each packet is an
 * iteration; how the packets come to lie there is not timed. All packets must
 * have contented @run, and @translated says that they have to leave as the NAT
 * has them: else the benchmark fails. */
void flows_play(struct gbench *b, struct flows *f, flows_run run, void *ctx,
		bool translated);

/* Registers @fn for 1 thousand to 10 million connections. */
void flows_register(const char *name, gbench_fn fn);

#endif
