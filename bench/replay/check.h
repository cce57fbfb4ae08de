/* SPDX-License-Identifier: BSD-2-Clause
 *
 * --check: judges each packet that left against the one that entered, without
 * asking the core for anything but its verdict. Every kind of failure has its
 * own counter. */
#ifndef NATBENCH_CHECK_H
#define NATBENCH_CHECK_H

#include <stdint.h>

#include "capture/region.h"
#include "natcore.h"
#include "replay/conv.h"
#include "replay/joins.h"
#include "replay/liberty.h"

#define CHECKS(X)                                                              \
	X(IP_SUM, "ip_checksum") /* of the header that left: wrong */          \
	X(L4_SUM, "l4_checksum") /* wrong, where it was right before */        \
	X(TTL, "ttl")            /* not one less */                            \
	X(LENGTH, "length")                                                    \
	X(CONTENT, "content")       /* changed what no NAT may change */       \
	X(MANIP, "translation")     /* not what the core says it did */        \
	X(RESTORED, "not_restored") /* an answer unlike the captured one */    \
	X(LOST, "reply_lost")       /* nobody's, just after the request */     \
	X(COUNTERS, "counters")     /* packets in and verdicts differ */

enum check_kind {
#define X(id, name) CHECK_##id,
	CHECKS(X)
#undef X
		CHECK_N_KINDS
};

const char *check_name(enum check_kind k);

enum { CHECK_EXAMPLES = 8 };

struct check {
	struct liberty may; /* what the rules may do */
	uint64_t packets;   /* judged */
	uint64_t restored;  /* answers found to be as captured */
	uint64_t joined;    /* datagrams in fragments that were compared */
	uint64_t unjoined;  /* that were not: pieces unknown or overlapping */
	uint64_t failures[CHECK_N_KINDS];
	struct {
		uint32_t frame; /* in its capture */
		uint8_t kind;
	} example[CHECK_EXAMPLES];
	unsigned n_examples;
	struct region entered; /* the batch as it entered */
	struct region scratch;
	struct joins *joins; /* NULL: no fragment came yet */
};

/* A packet's three lives. */
struct check_case {
	const uint8_t *captured; /* as in the capture */
	const uint8_t *entered;  /* readdressed, if it answers */
	const struct nat_packet *out;
	const struct nat_packet *sent; /* by the router because of it */
	const struct conv *conv;
	size_t n_sent;
	uint32_t len; /* of the first two */
	uint32_t frame;
	bool reply; /* answers an original that left */
};

void check_free(struct check *k);
void check_packet(struct check *k, const struct check_case *c);
void check_fail(struct check *k, enum check_kind kind, uint32_t frame);
void check_merge(struct check *into, const struct check *from);
uint64_t check_failures(const struct check *k);

#endif
