/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One engine, several threads with a worker each:
 *	- a conversation that one thread has to itself is translated as if
 *	  nobody else were there: its outside end never changes, answers come
 *	  back to who asked, and no two conversations share an outside end.
 *	  Its first packet alone may be lost, to another thread that was about
 *	  to take the same port (spec 4.4);
 *	- conversations that all have in common, and traffic of all kinds, do no
 *	  harm;
 *	- the counters add up.
 * Under ThreadSanitizer it also shows that nothing else is shared.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pure/packet.h"
#include "pure/random.h"
#include "test/check.h"
#include "test/router.h"
#include "test/threads.h"
#include "test/traffic.h"
#include "util.h"

enum { MAX_THREADS = 3, OWN = 40, BATCH = 16 };

/* A thread's own conversation: 10.2.WHO.N:4000 asks 192.0.2.1:53. */
struct conversation {
	uint16_t outside; /* port; 0: not known yet */
};

struct torture {
	struct router r;
	struct threads threads;
	bool listen; /* to events */
	/* once all are done */
	uint64_t wrong, packets, lost;
	uint64_t began, ended; /* heard */
};

struct worker {
	struct torture *t;
	struct nat_worker *w;
	unsigned who;
	uint64_t now_ns, packets, wrong, lost, began, ended;
	struct random random;
	struct conversation own[OWN];
	struct traffic traffic; /* some of it everybody's */
	struct sent sent[BATCH];
	struct nat_packet pkt[BATCH];
	unsigned meant[BATCH]; /* conversation; OWN: traffic */
};

static void ask(const struct worker *w, unsigned n, struct sent *s)
{
	char text[FRAME_TEXT];

	(void)snprintf(text, sizeof(text), "udp 10.2.%u.%u:4000 > 192.0.2.1:53",
		       w->who, n);
	s->frame = frame_of(text);
	s->in_if = "lan";
}

static void answer(const struct worker *w, unsigned n, struct sent *s)
{
	char text[FRAME_TEXT];

	(void)snprintf(text, sizeof(text),
		       "udp 192.0.2.1:53 > 198.51.100.1:%u len 1",
		       w->own[n].outside);
	s->frame = frame_of(text);
	s->in_if = "wan";
}

static bool from_client(const struct worker *w, const uint8_t *addr, unsigned n)
{
	const uint8_t client[4] = {10, 2, (uint8_t)w->who, (uint8_t)n};

	return !memcmp(addr, client, sizeof(client));
}

/* What became of a packet of the thread's own. */
static bool is_right(struct worker *w, unsigned n, const struct nat_packet *p)
{
	struct conversation *c = &w->own[n];
	bool asked = p->len == 28;
	uint16_t port;

	if (!c->outside && p->reason == NAT_DROP_INSERT_FAILED) {
		w->lost++;
		return true;
	}
	if (p->verdict != NAT_FORWARD || !frame_is_sound(p->data, p->len))
		return false;
	if (!asked)
		return from_client(w, p->data + IPV4_DST, n) &&
		       load16_host(p->data + 22) == 4000;
	port = load16_host(p->data + IPV4_HEADER);
	if (!c->outside)
		c->outside = port;
	return port == c->outside;
}

static void prepare(struct worker *w, unsigned i)
{
	struct sent *s = &w->sent[i];
	unsigned n = random_u32(&w->random) % OWN;

	w->meant[i] = random_u32(&w->random) % 2 ? n : OWN;
	if (w->meant[i] == OWN)
		traffic_next(&w->traffic, s);
	else if (w->own[n].outside && random_u32(&w->random) % 2)
		answer(w, n, s);
	else
		ask(w, n, s);
	w->pkt[i] = (struct nat_packet){
		.data = s->frame.bytes,
		.len = s->frame.len,
		.in_if = (uint16_t)nat_topology_if_index(w->t->r.topology,
							 s->in_if),
	};
}

static void run_batch(struct worker *w)
{
	for (unsigned i = 0; i < BATCH; i++)
		prepare(w, i);
	(void)nat_worker_run(w->w, w->now_ns, w->pkt, BATCH);
	for (unsigned i = 0; i < BATCH; i++) {
		if (w->meant[i] == OWN)
			traffic_left(&w->traffic, &w->sent[i], &w->pkt[i]);
		else
			w->wrong += !is_right(w, w->meant[i], &w->pkt[i]);
	}
	w->packets += BATCH;
	w->now_ns += 1000000;
}

/* So that no conversation of its own expires, whatever else does. */
static void keep_alive(struct worker *w)
{
	for (unsigned n = 0; n < OWN; n++) {
		struct sent *s = &w->sent[0];
		struct nat_packet p;

		ask(w, n, s);
		p = (struct nat_packet){
			.data = s->frame.bytes,
			.len = s->frame.len,
			.in_if = (uint16_t)nat_topology_if_index(
				w->t->r.topology, s->in_if),
		};
		(void)nat_worker_run(w->w, w->now_ns, &p, 1);
		w->wrong += !is_right(w, n, &p);
		w->packets++;
	}
}

/* A connection that is over and was heard of had packets of some length. */
static void hear(void *ctx, const struct nat_conntrack_event *ev)
{
	struct worker *w = ctx;
	const struct nat_conntrack *ct = ev->ct;

	w->began += ev->bits & NAT_CT_NEW ? 1 : 0;
	if (!(ev->bits & NAT_CT_DESTROY))
		return;
	w->ended++;
	for (int d = 0; d < NAT_N_DIRS; d++)
		w->wrong += ct->bytes[d] < ct->packets[d] * IPV4_HEADER;
}

static void *work(void *arg)
{
	struct worker *w = arg;

	w->w = nat_worker_new(w->t->r.engine);
	if (!w->w)
		abort();
	if (w->t->listen)
		nat_worker_events(w->w, hear, w);
	for (unsigned i = 0; !threads_over(&w->t->threads); i++) {
		run_batch(w);
		if (i % 64 == 0)
			keep_alive(w);
		if (random_u32(&w->random) % 256 == 0)
			nat_worker_idle(w->w);
	}
	nat_worker_free(w->w);
	return NULL;
}

/* No two of the threads' own share an outside port: they all ask one server. */
static void check_unique(const struct worker *w, unsigned threads)
{
	static bool used[65536];

	memset(used, 0, sizeof(used));
	for (unsigned i = 0; i < threads; i++)
		for (unsigned n = 0; n < OWN; n++) {
			uint16_t port = w[i].own[n].outside;

			assert_false(port && used[port]);
			used[port] = true;
		}
}

static void check_sums(struct torture *t)
{
	struct nat_stats s;
	uint64_t verdicts = 0, packets, bytes;

	nat_engine_stats(t->r.engine, &s);
	for (int i = 0; i < NAT_N_VERDICTS; i++)
		verdicts += s.verdict[i];
	assert_int_equal(s.packets, t->packets);
	assert_int_equal(verdicts, s.packets);
	assert_in_range(t->lost, 0, s.insert_failed);
	assert_int_equal(s.created - s.deleted, router_entries(&t->r));
	if (t->listen) {
		assert_in_range(t->began, 1, s.created);
		assert_int_equal(t->ended, s.deleted);
	}
	router_counters(&t->r, "nat/POSTROUTING", 1, &packets, &bytes);
	assert_true(packets > 0 && packets < s.packets);
}

static const struct torture_case {
	const char *name, *rules;
	unsigned threads;
	bool shared; /* the traffic of all is the same */
	bool listen;
} cases[] = {
	{"apart", "-A POSTROUTING -o wan -j MASQUERADE\n", 2, false, false},
	{"the same conversations", "-A POSTROUTING -o wan -j MASQUERADE\n", 2,
	 true, false},
	{"three, all rules", NULL, 3, true, false},
	{"listened to", "-A POSTROUTING -o wan -j MASQUERADE\n", 2, true, true},
	{"with a filter",
	 "*nat\n:POSTROUTING ACCEPT [0:0]\n"
	 "-A POSTROUTING -o wan -j MASQUERADE\nCOMMIT\n"
	 "*filter\n:FORWARD ACCEPT [0:0]\n"
	 "-A FORWARD -p tcp -m statistic --mode nth --every 5 --packet 0 "
	 "-j REJECT --reject-with tcp-reset\nCOMMIT\n",
	 2, true, false},
};

static void check_case(const struct torture_case *c)
{
	struct router_config cfg =
		router_defaults(c->rules ? c->rules : traffic_rules);
	struct torture *t = calloc(1, sizeof(*t));
	struct worker *w = calloc(MAX_THREADS, sizeof(*w));

	assert_non_null(t);
	assert_non_null(w);
	cfg.workers = MAX_THREADS + 1;
	cfg.sysctl.acct = c->listen;
	t->listen = c->listen;
	router_open(&t->r, &cfg);
	nat_worker_idle(t->r.worker);
	for (unsigned i = 0; i < c->threads; i++) {
		w[i].t = t;
		w[i].who = i;
		w[i].now_ns = t->r.now_ns;
		w[i].random = random_new(i);
		traffic_init(&w[i].traffic, c->shared ? 1 : i,
			     c->shared ? 0 : i);
		w[i].traffic.random = random_new(100 + i);
		threads_start(&t->threads, work, &w[i]);
	}
	threads_finish(&t->threads, 400000);
	for (unsigned i = 0; i < c->threads; i++) {
		t->packets += w[i].packets;
		t->wrong += w[i].wrong;
		t->lost += w[i].lost;
		t->began += w[i].began;
		t->ended += w[i].ended;
	}
	print_message("  %s: %lu packets\n", c->name, t->packets);
	assert_int_equal(t->wrong, 0);
	check_unique(w, c->threads);
	check_sums(t);
	router_close(&t->r);
	free(w);
	free(t);
}

static void torture(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(torture)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
