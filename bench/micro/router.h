/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The core as the router of the packets of flows.h, all of connection tracking
 * on: lan0 is the clients' side, wan0 the servers'. */
#ifndef NATBENCH_MICRO_ROUTER_H
#define NATBENCH_MICRO_ROUTER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows.h"
#include "natcore.h"

enum { ROUTER_BATCH = 256 };

struct router {
	struct nat_topology *topology;
	struct nat_rules *rules;
	struct nat_engine *engine;
	struct nat_worker *worker;
	struct nat_packet pkt[ROUTER_BATCH];
	uint8_t scratch[ROUTER_BATCH * FLOWS_SLOT];
	uint64_t now_ns, ns_per_packet;
	uint16_t in_if[2]; /* of servers, of clients */
	pthread_t keeper;
	bool kept; /* there is a keeper */
	_Atomic bool over;
};

/* iptables-save text around nat POSTROUTING's rules @RULES, string literals. */
#define ROUTER_NAT(RULES)                                                      \
	"*nat\n"                                                               \
	":PREROUTING ACCEPT [0:0]\n"                                           \
	":INPUT ACCEPT [0:0]\n"                                                \
	":OUTPUT ACCEPT [0:0]\n"                                               \
	":POSTROUTING ACCEPT [0:0]\n" RULES "COMMIT\n"

#define ROUTER_SNAT "-A POSTROUTING -o wan0 -j SNAT --to-source 192.0.2.1\n"

/* @acct: packets and bytes are counted. NULL: no memory. A router is its
 * thread's, who makes and frees it. */
struct router *router_new(const char *rules, bool acct);
/* The same with an engine for @workers, who join it: each has a router of his
 * own, which is freed before the first. */
struct router *router_new_for(unsigned workers, const char *rules);
struct router *router_join(const struct router *first);
void router_free(struct router *r); /* NULL: nothing */

/* A flows_run with a struct router; of the @n packets, FLOWS_SLOT apart,
 * forwarded so many. */
size_t router_run(void *ctx, uint8_t *packets, size_t n);

/* Opens the connections @first to @first + @n - 1. False: one was not. */
bool router_open(struct router *r, uint32_t first, uint32_t n);

#endif
