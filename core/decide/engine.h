/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What an engine and its workers hold. An engine's configuration is constant
 * after nat_engine_new(); what changes is in conns (locks and RCU of its own)
 * and rule_state (atomics). A worker is written by its thread alone; its
 * clock and counters are read by others, hence the atomics among them.
 */
#ifndef NAT_ENGINE_H
#define NAT_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "decide/route.h"
#include "decide/ruleset.h"
#include "decide/topology.h"
#include "natcore.h"
#include "pure/random.h"
#include "pure/tcp.h"
#include "shared/conns.h"
#include "shared/fragments.h"
#include "shared/path_mtus.h"

enum {
	MAX_WORKERS = CONN_NO_OWNER,
	GROUP = 8,  /* packets whose memory is asked for at once */
	LAG = 2,    /* groups from one stage of a packet to the next */
	GROUPS = 8, /* under way; more than two lags */
};

/* A worker's clock, for the others; on a line of its own. */
struct worker_clock {
	_Alignas(CACHE_LINE) _Atomic ticks at;
	_Atomic bool running; /* else it holds nobody up */
};

/* As in struct nat_packet, which has all at once. */
struct departure {
	uint16_t out_if;
	uint8_t verdict, reason, state, dir;
	uint16_t manip;
};
static_assert(sizeof(struct departure) == 8 &&
		      offsetof(struct nat_packet, out_if) % 8 == 0 &&
		      offsetof(struct nat_packet, manip) -
				      offsetof(struct nat_packet, out_if) ==
			      offsetof(struct departure, manip),
	      "one word of a packet");

/* The way through the router that packets of a kind take, by number: in at one
 * interface and out at another. 0: none. */
enum { PATH_OUT = 15 }; /* mask */

static inline uint8_t path_number(uint16_t in, uint16_t out)
{
	return (uint8_t)((in + 1) * (PATH_OUT + 1) + out);
}

static inline uint16_t path_out(uint8_t path)
{
	return path & PATH_OUT;
}

static inline bool path_begins(uint8_t path, uint16_t in)
{
	return path / (PATH_OUT + 1) == in + 1;
}

/* How long a packet may be that leaves by an interface, by its number; may
 * shrink. */
struct path_room {
	_Atomic uint32_t by[PATH_OUT + 1];
};

static inline uint32_t path_room(const struct path_room *r, unsigned out)
{
	return atomic_load_explicit(&r->by[out], memory_order_relaxed);
}

static inline void path_set_room(struct path_room *r, unsigned out,
				 uint32_t room)
{
	atomic_store_explicit(&r->by[out], room, memory_order_relaxed);
}

struct nat_engine {
	const struct nat_topology *topology;
	struct ruleset rules, rules6; /* of IPv4, of IPv6 */
	struct nat_sysctl sysctl;
	struct tcp_rules tcp;
	uint64_t seed;
	unsigned max_workers;
	struct path_room path_room;
	bool paths; /* there are few enough interfaces to number them */
	struct nat_worker *_Atomic worker[MAX_WORKERS];
	pthread_mutex_t lock;     /* who comes and goes; guards these two */
	struct nat_stats retired; /* of workers that are gone */
	struct rule_count *retired_counts;
	struct worker_clock clock[MAX_WORKERS];
	struct conns conns;
	struct fragments fragments[2]; /* IPv4, IPv6 */
	struct path_mtus path_mtus;
};

static inline struct ruleset *engine_rules(struct nat_engine *e, uint8_t family)
{
	return likely(family == 4) ? &e->rules : &e->rules6;
}

/* Counters of the rules of both families. */
static inline size_t engine_n_counts(const struct nat_engine *e)
{
	return ruleset_n_counts(&e->rules) + ruleset_n_counts(&e->rules6);
}

/* A worker's counters outlive it. Context: under lock. */
void engine_retire(struct nat_engine *e, const struct nat_worker *w);

/* The packets of the last run that the router made, and their bytes. */
struct originated {
	struct nat_packet *pkt;
	size_t n, room;
	struct emit_block *blocks;
};

struct nat_worker {
	struct nat_engine *engine;
	struct conns_view view;
	uint64_t now_ns;       /* latest seen */
	uint64_t tick_ends_ns; /* of view.now */
	struct random random;
	struct nat_stats stats;
	struct rule_count *counts; /* rules, chain policies; the same of IPv6 */
	/* What the source of the last new connection became, an IPv4 address;
	 * 0: nothing */
	uint32_t new_source;
	struct route_memo way, back; /* of new connections' first packets */
	struct flights *flights;     /* GROUPS of them, see decide/flights.h */
	struct originated originated;
	nat_trace_fn trace;
	void *trace_ctx;
	nat_conntrack_event_fn events;
	void *events_ctx;
	nat_choice_fn choose; /* see decide/choice.h */
	void *choose_ctx;
	pthread_t thread;
	ticks swept;    /* when expiry was last reckoned */
	uint64_t owed;  /* slots times ticks that expiry is behind */
	uint16_t ip_id; /* of the router's own datagrams */
	bool online;    /* to RCU */
	/* Groups that are not to go side by side, and how many after the last
	 * that could not: see decide/settled8.h. */
	uint8_t alone, setback;
};

/* Time goes on; it never runs backwards. */
static inline void worker_set_clock(struct nat_worker *w, uint64_t ns)
{
	if (unlikely(ns < w->now_ns))
		return;
	w->now_ns = ns;
	if (likely(ns < w->tick_ends_ns))
		return;
	w->view.now = ticks_of_ns(ns);
	w->tick_ends_ns = (ns / NS_PER_TICK + 1) * NS_PER_TICK;
	if (w->engine->max_workers == 1)
		w->view.others = w->view.now;
}

#endif
