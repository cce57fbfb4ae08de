/* SPDX-License-Identifier: BSD-2-Clause
 * A router to send packets through, and what came of them as text. */
#ifndef TEST_ROUTER_H
#define TEST_ROUTER_H

#include "natcore.h"
#include "test/frames.h"

/* lan 10.0.0.1/8, dmz 172.16.0.1/16, wan 198.51.100.1/24 with the default
 * route, wan2 203.0.113.1/24 with that of what comes in from dmz; IPv6 alike,
 * 2001:db8:1::1/64, :2:, :3: and :4:. */
extern const char router_topology[];

enum { ROUTER_TEXT = 2 * FRAME_TEXT };

struct router_config {
	const char *topology; /* NULL: router_topology */
	/* An iptables-save text. One that does not begin with a table is the
	 * nat table's rules; after a line "-6" all this is IPv6. NULL: none at
	 * all. */
	const char *rules;
	struct nat_sysctl sysctl;
	unsigned workers; /* 0: 1 */
	uint64_t seed;
};

struct router {
	struct nat_topology *topology;
	struct nat_rules *rules;
	struct nat_engine *engine;
	struct nat_worker *worker; /* this thread's */
	char *rules_text;
	bool rules_v6;
	uint64_t now_ns;
	uint32_t mark;         /* of packets to be sent */
	struct nat_packet pkt; /* the last one, as it came out */
};

/* With the defaults of all but @rules. */
struct router_config router_defaults(const char *rules);

void router_open(struct router *r, const struct router_config *c);
void router_close(struct router *r);

/* Sends a datagram that ends at an unreadable page. What leaves by an
 * interface is sound and has one hop less to go. */
void router_send(struct router *r, const char *in_if, const struct frame *f);
void router_send_text(struct router *r, const char *in_if, const char *text);

/* What became of the last one: "IF DATAGRAM" as frame_print() has it, "forward"
 * where what left is originated, "local", "hold" or "drop REASON". */
void router_result(const struct router *r, char out[ROUTER_TEXT]);
/* The @i-th packet the router itself sent because of it: "IF DATAGRAM". False:
 * there were fewer. */
bool router_originated(const struct router *r, size_t i, char out[ROUTER_TEXT]);

/* Sends, and the result is @want, a pattern. */
void router_expect(struct router *r, const char *in_if, const char *text,
		   const char *want);

/* Lines of `conntrack -L` that are like @pattern. */
unsigned router_connections(const struct router *r, const char *pattern);

/* Counters of rule @rule, from 1, of "TABLE/CHAIN"; 0: of its policy. */
void router_counters(const struct router *r, const char *chain, unsigned rule,
		     uint64_t *packets, uint64_t *bytes);

uint64_t router_entries(const struct router *r);

/* @pattern: text in which '*' stands for anything. */
bool text_like(const char *text, const char *pattern);

#endif
