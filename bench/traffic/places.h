/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where packets of a scenario come from and go to: read off its texts, without
 * judging them - the core's parser does that. */
#ifndef NATBENCH_PLACES_H
#define NATBENCH_PLACES_H

#include "capture/random.h"
#include "traffic/traffic.h"

enum { PLACES_MOST = 64 };

struct place {
	struct nat_addr addr;
	uint8_t len; /* of the prefix */
	uint8_t family;
	uint16_t iface; /* NAT_NO_IF: the rules' */
};

struct place_list {
	struct place at[PLACES_MOST];
	unsigned n;
};

struct port_range {
	uint16_t lo, hi;
};

struct places {
	struct place_list nets;  /* what lies behind interfaces */
	struct place_list own;   /* addresses of the router itself */
	struct place_list named; /* addresses and networks in rules */
	struct port_range ports[PLACES_MOST];
	unsigned n_ports;
	unsigned n_ifs;
};

void places_read(struct places *p, const struct traffic_config *cfg);

/* One of the list in @family, behind @iface (NAT_NO_IF: any), or NULL. */
const struct place *places_draw(struct rng *r, const struct place_list *list,
				uint8_t family, uint16_t iface);
/* An address of a network: mostly one of a few, so that they meet. */
struct nat_addr place_host(struct rng *r, const struct place *net);
/* The last address of an IPv4 network. */
struct nat_addr place_broadcast(const struct place *net);

/* A port that a rule names or that services use; host order. */
uint16_t places_port(struct rng *r, const struct places *p);
/* A client's port: one of a few, so that clients collide. */
uint16_t places_client_port(struct rng *r);

#endif
