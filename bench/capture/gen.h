/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Makes traffic: valid conversations, their packets mixed at random.
 *
 * Each flow has a client of its own in 10.0.0.0/8 and a server in
 * 198.18.0.0/15, or both in 2001:2::/48 with those as the last four bytes of
 * their addresses. TCP opens with SYN, SYN-ACK and ACK; then data goes in turns
 * from client and server, each segment acknowledging all there was before.
 * UDP and ICMP echo are requests and replies in turn. Packets of one flow keep
 * their order; among the ways to interleave flows all are equally likely.
 * Every flow gets as many packets as any other, give or take one, beyond the
 * least it needs: 3 for TCP, 2 for others. Flows do not close.
 *
 * A packet's size is given as that of its Ethernet frame, as benchmarks of
 * the field do: 64 is an IP packet of 46 bytes (18 go to header and checksum
 * sequence). TCP's handshake has no data and keeps its 44, 44 and 40 bytes, of
 * IPv6 64, 64 and 60.
 */
#ifndef NATBENCH_GEN_H
#define NATBENCH_GEN_H

#include <stdint.h>

#include "capture/error.h"
#include "capture/progress.h"
#include "capture/store.h"

enum gen_proto { GEN_TCP, GEN_UDP, GEN_ICMP, GEN_N_PROTOS };

enum {
	GEN_IMIX = 0, /* 64, 594, 1518 as 7 : 4 : 1 */
	GEN_FRAME_LEAST = 64,
	GEN_FRAME_LEAST6 = 84, /* of IPv6: what is less becomes this */
	GEN_FRAME_MOST = 9018,
	GEN_FLOWS_MOST = (1 << 24) - 2, /* clients of 10.0.0.0/8 */
	GEN_WEIGHT_MOST = 1000000,
};

struct gen_config {
	uint64_t flows, packets;
	uint32_t frame_size;           /* or GEN_IMIX */
	uint32_t weight[GEN_N_PROTOS]; /* flows of each, in proportion */
	uint8_t family;                /* 4 or 6 */
	uint64_t seed;                 /* decides every byte */
	uint64_t start_ns, gap_ns;     /* time of the first, between two */
};

/* 65,536 flows, a million packets of 64 bytes, a microsecond apart. */
struct gen_config gen_defaults(void);

struct gen;

/* NULL: @err says what is wrong with @cfg, or that there is no memory. */
struct gen *gen_new(const struct gen_config *cfg, struct capture_error *err);
/* The next packet; false after the last. Its bytes last until the next call. */
bool gen_next(struct gen *g, struct capture_record *rec);
void gen_free(struct gen *g);

/* All of @cfg's packets straight into memory. 0, or -1 with @err filled. */
int gen_store(struct store *s, const struct gen_config *cfg, uint16_t iface,
	      struct progress progress, struct capture_error *err);

#endif
