/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two threads against one, in three teams:
 *
 *	one	a thread alone
 *	two	two on one engine, with half of its connections each
 *	apart	two with an engine each, which share nothing but the machine
 *
 * Two processors that share a memory, a cache, perhaps a core, are less than
 * twice one: what the third team is times the first nobody can exceed. The
 * teams take turns, some tenths of a second each at most, and what counts is
 * the time that a thread has had its processor: the core never sleeps. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "gbench.h"
#include "memory.h"
#include "router.h"

enum {
	LIVE = 1000000,
	NEW = 20000, /* of a turn: the table never grows */
	TURNS = 6,
	PAIR = 2,
};

enum team { ONE, TWO, APART, TEAMS };

struct player {
	struct match *m;
	enum team team;
	bool joins; /* the engine of the team's other one */
	pthread_t thread;
	struct router *r;
	struct flows *f;  /* established connections' packets; else */
	uint8_t *packets; /* NEW first ones */
	uint32_t next;    /* connection to open */
	uint64_t took;    /* of all turns but the first, to get warm */
	size_t left;
};

enum { PLAYERS = 1 + PAIR + PAIR };
static const struct {
	enum team team;
	unsigned seat; /* processor, and whose connections */
} places[PLAYERS] = {{ONE, 0}, {TWO, 0}, {TWO, 1}, {APART, 0}, {APART, 1}};

struct match {
	uint32_t flows; /* established, of a team; 0: new ones at LIVE */
	pthread_barrier_t barrier;
	struct player player[PLAYERS];
};

static uint64_t clock_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void meet(struct match *m)
{
	(void)pthread_barrier_wait(&m->barrier);
}

static struct router *take_router(const struct player *p)
{
	static const char rules[] = ROUTER_NAT(ROUTER_SNAT);

	if (p->joins)
		return p[-1].r ? router_join(p[-1].r) : NULL;
	return router_new_for(p->team == TWO ? PAIR : 1, rules);
}

static void prepare(struct player *p, unsigned seat)
{
	uint32_t all = p->m->flows ? p->m->flows : LIVE;
	uint32_t live = p->team == ONE ? all : all / PAIR;
	uint32_t first = seat * (FLOWS_MOST / PAIR);

	p->r = take_router(p);
	if (p->m->flows)
		p->f = flows_new_from(first, live);
	else
		p->packets = memory_new((size_t)NEW * FLOWS_SLOT);
	p->next = first + live;
	if (p->r && !((p->f || p->packets) && router_open(p->r, first, live))) {
		router_free(p->r);
		p->r = NULL;
	}
	if (p->r)
		nat_worker_idle(p->r->worker);
}

static void part(struct player *p)
{
	router_free(p->r);
	flows_free(p->f);
	memory_free(p->packets, (size_t)NEW * FLOWS_SLOT);
}

static size_t turn_packets(const struct match *m)
{
	return m->flows ? FLOWS_PACKETS : NEW;
}

static uint8_t *packets_for(struct player *p)
{
	if (p->f)
		return flows_next_pass(p->f);
	for (uint32_t i = 0; i < NEW; i++)
		flow_opening(p->packets + (size_t)i * FLOWS_SLOT, p->next++, 0);
	return p->packets;
}

static void take_turn(struct player *p, enum team team, bool warm)
{
	bool mine = p->r && p->team == team;
	uint8_t *packets = mine ? packets_for(p) : NULL;
	uint64_t begun;

	meet(p->m);
	if (mine) {
		begun = clock_ns();
		p->left += router_run(p->r, packets, turn_packets(p->m));
		p->took += warm ? clock_ns() - begun : 0;
		nat_worker_idle(p->r->worker);
	}
	meet(p->m);
}

/* Who takes longest. */
static double took(const struct match *m, enum team team)
{
	uint64_t longest = 0;

	for (unsigned i = 0; i < PLAYERS; i++)
		if (m->player[i].team == team && m->player[i].took > longest)
			longest = m->player[i].took;
	return (double)longest;
}

/* Who joins an engine comes later than who has it, and leaves earlier. */
static void *play(void *player)
{
	struct player *p = player;
	struct match *m = p->m;
	unsigned i = (unsigned)(p - m->player);

	for (unsigned late = 0; late <= 1; late++) {
		if (p->joins == late)
			prepare(p, places[i].seat);
		meet(m);
	}
	for (unsigned turn = 0; turn <= TURNS; turn++)
		for (enum team team = ONE; team < TEAMS; team++)
			take_turn(p, team, turn);
	for (unsigned late = 0; late <= 1; late++) {
		if (p->joins != late)
			part(p);
		meet(m);
	}
	return NULL;
}

/* The processor of the @seat-th. */
static cpu_set_t one_of(const cpu_set_t *all, unsigned seat)
{
	cpu_set_t one;
	size_t cpu = (size_t)-1;

	do
		while (!CPU_ISSET(++cpu, all))
			;
	while (seat--);
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return one;
}

static void start(struct match *m, unsigned i, const cpu_set_t *all)
{
	cpu_set_t one = one_of(all, places[i].seat);
	struct player *p = &m->player[i];
	pthread_attr_t attr;

	p->m = m;
	p->team = places[i].team;
	p->joins = p->team == TWO && places[i].seat;
	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setaffinity_np(&attr, sizeof(one), &one);
	if (pthread_create(&p->thread, &attr, play, p))
		abort(); /* the others would wait for it */
	(void)pthread_attr_destroy(&attr);
}

/* False: there are not processors enough. */
static bool hold(struct match *m)
{
	cpu_set_t all;

	if (sched_getaffinity(0, sizeof(all), &all) || CPU_COUNT(&all) < PAIR)
		return false;
	(void)pthread_barrier_init(&m->barrier, NULL, PLAYERS);
	for (unsigned i = 0; i < PLAYERS; i++)
		start(m, i, &all);
	for (unsigned i = 0; i < PLAYERS; i++)
		(void)pthread_join(m->player[i].thread, NULL);
	(void)pthread_barrier_destroy(&m->barrier);
	return true;
}

static bool all_left(const struct match *m)
{
	for (unsigned i = 0; i < PLAYERS; i++)
		if (m->player[i].left != (TURNS + 1) * turn_packets(m))
			return false;
	return true;
}

static void bench_pair(struct gbench *b)
{
	struct match m = {.flows = (uint32_t)gbench_arg(b, 0)};
	double packets = TURNS * (double)turn_packets(&m), one;
	bool held = true;

	while (gbench_run(b, 1))
		held = hold(&m);
	one = took(&m, ONE);
	if (!held) {
		gbench_skip(b, "a single processor");
	} else if (!all_left(&m)) {
		gbench_skip(b, "a packet was not taken");
	} else {
		gbench_counter(b, "one_ns", one / packets);
		gbench_counter(b, "two_x", PAIR * one / took(&m, TWO));
		gbench_counter(b, "apart_x", PAIR * one / took(&m, APART));
	}
}

GBENCH(pair)
{
	struct gbench_case *c = gbench_add("pair", bench_pair);

	gbench_iterations(c, 1);
	gbench_args1(c, 0);
	gbench_args1(c, 1024);
	gbench_args1(c, 65536);
}
