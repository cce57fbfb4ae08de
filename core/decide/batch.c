/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Batches of packets, stage by stage and in small groups, so that the memory
 * that one packet needs is on its way while others are worked on: the bucket
 * of its tuple, then its connection. As many lines are then under way as a
 * core can wait for, and all the time.
 */
#include "decide/defrag.h"
#include "decide/emit.h"
#include "decide/lap.h"
#include "decide/opening.h"
#include "decide/settled8.h"
#include "decide/sweep.h"
#include "decide/trace.h"
#include "decide/worker.h"
#include "pure/hash8.h"
#include "pure/packet8.h"
#include "shared/rcu.h"

static void drop_at_once(struct walk *k, enum nat_drop reason)
{
	(void)walk_drop(k, reason);
	trace(k, NAT_STEP_VERDICT, nat_drop_name(reason));
}

/* Begins the walk of a group's @i-th packet, known so far as its flight says.
 * False: it has no header to go by. */
static bool parse(struct walk *k, const struct nat_packet *pkt,
		  const struct flights *f, unsigned i)
{
	const bool stranger = !f->conn[i];

	k->in_if = pkt->in_if;
	k->mark = pkt->mark;
	if (likely(flights_plain(f, i))) {
		packet_parse_plain(&k->p, pkt->data);
		packet_plain_tuple(pkt->data, &k->tuple);
		k->hash = f->hash[i];
		k->answer = stranger ? f->stranger[i].answer.hash : 0;
		k->source = stranger ? f->stranger[i].source : 0;
		k->plain = true;
		k->hashed = true;
		return true;
	}
	k->p.ip = pkt->data;
	k->p.len = pkt->len;
	if (packet_parse(&k->p, pkt->data, pkt->len) == PACKET_BAD)
		return false;
	k->hashed = packet_tuple(&k->p, &k->tuple);
	if (k->hashed)
		k->hash = conns_hash(&k->w->view, &k->tuple);
	return true;
}

static void account(struct nat_worker *w, const struct walk *k,
		    struct nat_packet *pkt)
{
	w->stats.packets++;
	w->stats.verdict[k->verdict]++;
	w->stats.state[k->state]++;
	if (k->verdict == NAT_DROP)
		w->stats.drop[k->reason]++;
	if (unlikely(k->reassembled)) {
		pkt->len = k->verdict == NAT_FORWARD ? 0 : pkt->len;
	} else {
		pkt->data = k->p.ip; /* elsewhere if it grew */
		pkt->len = k->p.len;
	}
	pkt->mark = k->mark;
	pkt->out_if =
		k->verdict == NAT_FORWARD ? k->out_if : (uint16_t)NAT_NO_IF;
	pkt->verdict = k->verdict;
	pkt->reason = k->reason;
	pkt->state = k->state;
	pkt->dir = k->ct.dir;
	pkt->manip = k->manip;
}

/* Some packets that go through the stages together. Who asks for memory far
 * away waits for its address to be translated, and then still holds up the
 * hundreds of instructions behind. So each stage asks for what its group needs
 * in a row, where one waits while the others do; and groups are small, because
 * a core has only so many requests under way. */
struct group {
	struct nat_packet *pkt;
	struct flights *f;
	unsigned n;
	uint32_t first;      /* index of pkt[0] in the run */
	uint32_t strangers;  /* bits of plain ones of no connection, it seems */
	uint32_t unexpected; /* of these: nothing is fetched for them yet */
	uint32_t late;       /* bits of those who may have one further along */
	bool all_guessed;    /* each seems to have a connection */
	uint64_t latest_ns;  /* of their times */
};

/* What does not change during a run. */
struct plan {
	struct nat_worker *w;
	const struct conns *all;
	uint64_t buckets; /* table_buckets() */
	bool verify;      /* checksums */
	bool short_ways;  /* settled_possible() */
};

static struct plan plan_of(struct nat_worker *w)
{
	return (struct plan){
		.w = w,
		.all = w->view.all,
		.buckets = table_buckets(&w->view.all->table),
		.verify = w->engine->sysctl.checksum,
		.short_ways = settled_possible(w),
	};
}

static NOINLINE uint64_t latest_of(const struct group *g)
{
	uint64_t latest_ns = 0;

	for (unsigned i = 0; i < g->n; i++)
		if (latest_ns < g->pkt[i].time_ns)
			latest_ns = g->pkt[i].time_ns;
	return latest_ns;
}

/* Which are plain, and what are the hashes of their tuples? */
static unsigned keys_one_by_one(const struct plan *p, struct group *g)
{
	unsigned plain = 0;

	g->latest_ns = latest_of(g);
	memset(g->f->hash, 0, sizeof(g->f->hash));
	for (unsigned i = 0; i < g->n; i++) {
		const struct nat_packet *pkt = &g->pkt[i];

		if (!packet_is_plain(pkt->data, pkt->len))
			continue;
		g->f->hash[i] = hash_ipv4(&p->all->key, pkt->data + IPV4_TTL);
		plain |= 1u << i;
	}
	return plain;
}

ALWAYS_INLINE unsigned keys(const struct plan *p, struct group *g)
{
#if LANES8
	if (likely(g->n == GROUP)) {
		const struct packet8_order order = packet8_order(g->pkt);
		struct lanes8_four row;
		unsigned plain;

		if (unlikely(!packet8_fits(&order)))
			return keys_one_by_one(p, g);
		g->latest_ns = likely(!order.timed) ? 0 : latest_of(g);
		plain = packet8_plain(&g->f->ip, &row, g->pkt, &order);
		hash8_ipv4(&p->all->key, row, g->f->hash);
		return plain;
	}
#endif
	return keys_one_by_one(p, g);
}

enum { ALL = (1 << GROUP) - 1 };

/* Stage one: what are the packets, and where would their connections be? */
ALWAYS_INLINE void stage_keys(const struct plan *p, struct group *g)
{
	struct flights *f = g->f;

	f->plain = keys(p, g);
	table_bucket8(&p->all->table, p->buckets, f->hash, f->bucket);
}

/* Bits of those whose bucket tells of no connection, and of those it does not
 * tell about. */
ALWAYS_INLINE unsigned without_guess(const struct flights *f)
{
#if LANES8
	unsigned none = lanes8_signs((lanes8)(lanes8_load(f->ref) == 0));
#else
	unsigned none = 0;

	for (unsigned i = 0; i < GROUP; i++)
		none |= (unsigned)!f->ref[i] << i;
#endif
	return none | (ALL & ~f->plain);
}

/* Who is not plain has none, and who seems to have none may have one further
 * along the chain: that bucket is fetched, and looked into later. */
static NOINLINE void guess_some(const struct plan *p, struct group *g,
				unsigned missing)
{
	struct flights *f = g->f;

	for (; missing; missing &= missing - 1) {
		const unsigned i = (unsigned)__builtin_ctz(missing);

		f->ref[i] = 0;
		f->conn[i] = NULL;
		if (!flights_plain(f, i))
			continue;
		if (table_aim_on(&p->all->table, f->bucket[i]))
			g->late |= 1u << i;
		else
			g->strangers |= 1u << i;
	}
	g->unexpected = g->strangers;
}

/* Stage two: which connections may be theirs? */
ALWAYS_INLINE void stage_guesses(const struct plan *p, struct group *g)
{
	struct flights *f = g->f;
	unsigned missing;

#pragma GCC unroll 8
	for (unsigned i = 0; i < GROUP; i++) {
		const uint32_t ref =
			table_guess_first(f->bucket[i], f->hash[i]);

		f->ref[i] = ref;
		f->conn[i] = pool_at(&p->all->pool, ref >> 1);
	}
	missing = without_guess(f);
	g->strangers = g->unexpected = g->late = 0;
	g->all_guessed = !missing;
	if (unlikely(missing))
		guess_some(p, g, missing);
}

/* Who has to have an address translated waits for that with all that follows,
 * but several are translated in the time of one. So what two groups need of
 * memory far away, the later one buckets and the other connections, is asked
 * for in a row with nothing between. */
ALWAYS_INLINE void ask_for_buckets(const struct group *g)
{
	for (unsigned i = 0; i < GROUP; i++)
		__builtin_prefetch(g->f->bucket[i]);
}

/* The second line, being near the first, is better asked for later: a core has
 * only so many requests under way. For who has no connection something near is
 * asked for. At address 0 there is nothing, which would have to be found out
 * each time; and a branch that nobody foresees would stop the row. */
ALWAYS_INLINE void ask_for_conns(const struct group *g, unsigned line)
{
	const struct flights *f = g->f;
	const void *near = f;

	if (likely(g->all_guessed)) {
		for (unsigned i = 0; i < GROUP; i++)
			conn_prefetch(f->conn[i], line);
		return;
	}
	for (unsigned i = 0; i < GROUP; i++)
		conn_prefetch(f->conn[i] ? f->conn[i] : near, line);
}

enum { ASK = 4 }; /* strangers whose memory is asked for at once */

static_assert((int)GROUP == EIGHT, "side by side");
static_assert(LAG >= 2, "who is settled next has been guessed");
static_assert(GROUPS > 2 * LAG, "each group under way has its place");

/* Fetches for some of a group, who then are in less of a hurry. */
static void expect_some(const struct plan *p, struct group *g)
{
	uint32_t later = g->unexpected;

	for (unsigned i = 0; i < ASK && later; i++)
		later &= later - 1;
	opening_expect(p->w, p->buckets, g->pkt, g->f, g->unexpected ^ later);
	g->unexpected = later;
}

static void expect_all(const struct plan *p, struct group *g)
{
	while (unlikely(g->unexpected))
		expect_some(p, g);
}

static NOINLINE void guess_further(const struct plan *p, struct group *g)
{
	struct flights *f = g->f;
	uint32_t strangers = 0;

	for (uint32_t left = g->late; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctz(left);
		uint32_t ref = table_guess_next(&p->all->table, f->bucket[i],
						f->hash[i]);

		if (!ref) {
			strangers |= 1u << i;
			continue;
		}
		f->ref[i] = ref;
		f->conn[i] = pool_at(&p->all->pool, ref >> 1);
		conn_prefetch(f->conn[i], 0);
		conn_prefetch(f->conn[i], 1);
	}
	g->strangers |= strangers;
	opening_expect(p->w, p->buckets, g->pkt, f, strangers);
}

/* Between stages two and three, for those whose bucket was not enough. */
ALWAYS_INLINE void guess_late(const struct plan *p, struct group *g)
{
	if (unlikely(g->late))
		guess_further(p, g);
}

/* How many packets from the @i-th on share its tick, the clock's from now on.
 */
static unsigned same_tick(struct nat_worker *w, const struct group *g,
			  unsigned i)
{
	worker_set_clock(w, g->pkt[i].time_ns);
	return likely(g->latest_ns < w->tick_ends_ns) ? g->n - i : 1;
}

static inline bool is_stranger(const struct group *g, unsigned i)
{
	return g->strangers >> i & 1;
}

/* Has a stranger opened a connection, and left? */
static inline bool opens(const struct plan *p, const struct group *g,
			 unsigned i)
{
	return p->short_ways && is_stranger(g, i) &&
	       opening_forward(p->w, p->buckets, &g->pkt[i], g->f, i);
}

/* Of a group's plain ones, bits of those whose checksum may be wrong. */
static unsigned doubted(const struct group *g)
{
#if LANES8
	if (likely(g->f->plain == ALL)) {
		const struct lanes8_rows ip =
			lanes8_rows_behind(&g->pkt->data, sizeof(*g->pkt));
		const struct lanes8_four l4 =
			lanes8_gather(ip, IPV4_HEADER + TCP_SEQ);

		return lanes8_signs(packet8_sums_wrong(&g->f->ip, &l4, ip));
	}
#endif
	return g->f->plain;
}

/* Who has a wrong one is not plain after all. */
static void verify(const struct plan *p, struct group *g)
{
	struct flights *f = g->f;

	for (unsigned left = p->verify ? doubted(g) : 0; left;
	     left &= left - 1) {
		const unsigned i = (unsigned)__builtin_ctz(left);

		if (packet_plain_sum_ok(g->pkt[i].data, true))
			continue;
		f->plain &= ~(1u << i);
		f->ref[i] = 0;
		f->conn[i] = NULL;
	}
	g->strangers &= f->plain;
}

/* The long way, out of line: the packets that take it are few. */
static NOINLINE void stage_walk(struct nat_worker *w, const struct group *g,
				unsigned i, enum settled how)
{
	struct nat_packet *pkt = &g->pkt[i];
	struct walk k;

	walk_init(&k, w, w->now_ns, g->first + i);
	k.judged = how == JUDGED;
	if (parse(&k, pkt, g->f, i)) {
		w->stats.bytes += k.p.len;
		walk_receive(&k);
	} else {
		w->stats.bytes += pkt->len;
		drop_at_once(&k, NAT_DROP_IP_HEADER);
	}
	account(w, &k, pkt);
}

/* All at once. False: nothing has changed. */
ALWAYS_INLINE bool settle_whole(const struct plan *p, struct round *r,
				const struct group *g)
{
	const struct nat_worker *w = p->w;

	if (unlikely(!p->short_ways || g->n < GROUP ||
		     g->latest_ns >= w->tick_ends_ns))
		return false;
	r->now = w->view.now;
	return likely(settled8_try(r, g->pkt, g->f));
}

/* Strangers need much memory: that of the @next group's is asked for in
 * portions, between packets that take their time. */
static NOINLINE void settle_one_by_one(const struct plan *p, struct round *r,
				       struct group *g, struct group *next,
				       struct lap *l)
{
	struct nat_worker *w = p->w;

	verify(p, g);
	if (unlikely(g->strangers))
		opening_expect_on(w, g->f, g->strangers);
	for (unsigned i = 0; i < g->n;) {
		unsigned end = i + same_tick(w, g, i), walks = i;
		enum settled how = NOT_SETTLED;
		bool opened;

		if (likely(p->short_ways) && !is_stranger(g, i))
			walks = settled_forward(r, g->pkt, g->f, i, end, &how);
		lap(l, NAT_STAGE_SETTLED, walks - i);
		if (likely(walks == end)) {
			i = end;
			continue;
		}
		while (i < walks)
			worker_set_clock(w, g->pkt[++i].time_ns);
		i++;
		if (next->unexpected)
			expect_some(p, next);
		opened = opens(p, g, walks);
		if (!opened)
			stage_walk(w, g, walks, how);
		lap(l, opened ? NAT_STAGE_OPENING : NAT_STAGE_WALK, 1);
	}
}

ALWAYS_INLINE void stage_settle(const struct plan *p, struct round *r,
				struct group *g, struct group *next,
				struct lap *l)
{
	if (likely(settle_whole(p, r, g)))
		lap(l, NAT_STAGE_SETTLED, GROUP);
	else
		settle_one_by_one(p, r, g, next, l);
	expect_all(p, next);
	worker_set_clock(p->w, g->latest_ns);
}

ALWAYS_INLINE void group_begin(struct group *g, const struct nat_worker *w,
			       struct nat_packet *pkt, size_t n, size_t at)
{
	g->pkt = pkt + at;
	g->f = &w->flights[at / GROUP % GROUPS];
	g->n = n - at < GROUP ? (unsigned)(n - at) : GROUP;
	g->first = (uint32_t)at;
}

/* Is the @lag-th group before @i one of so many? */
ALWAYS_INLINE bool has_group(size_t i, size_t lag, size_t groups)
{
	return i >= lag && i - lag < groups;
}

/* While a group is settled, the connections of a later one and the buckets of
 * one after that are on their way. */
ALWAYS_INLINE void run(struct nat_worker *w, struct nat_packet *pkt, size_t n,
		       struct lap *l)
{
	enum { TO_GUESS = LAG, TO_SETTLE = 2 * LAG };
	const size_t groups = (n + GROUP - 1) / GROUP;
	const struct plan p = plan_of(w);
	struct group under_way[GROUPS];
	struct round r;

	settled_begin(&r, w);
	for (size_t i = 0; i < groups + TO_SETTLE; i++) {
		const size_t guess = i - TO_GUESS, settle = i - TO_SETTLE;
		const size_t next = settle + 1 == groups ? settle : settle + 1;
		const bool guesses = has_group(i, TO_GUESS, groups);
		struct group *first = &under_way[i % GROUPS];
		struct group *second = &under_way[guess % GROUPS];

		if (i < groups) {
			group_begin(first, w, pkt, n, i * GROUP);
			stage_keys(&p, first);
			lap(l, NAT_STAGE_KEY, first->n);
		}
		if (has_group(i, TO_GUESS + 1, groups))
			guess_late(&p, &under_way[(guess - 1) % GROUPS]);
		if (guesses)
			stage_guesses(&p, second);
		if (i < groups)
			ask_for_buckets(first);
		if (guesses) {
			ask_for_conns(second, 0);
			if (!guess) /* nobody's next */
				expect_all(&p, second);
			lap(l, NAT_STAGE_GUESS, second->n);
		}
		if (has_group(i, TO_SETTLE, groups))
			stage_settle(&p, &r, &under_way[settle % GROUPS],
				     &under_way[next % GROUPS], l);
		if (guesses)
			ask_for_conns(second, 1);
	}
	settled_end(&r);
}

ALWAYS_INLINE int run_all(struct nat_worker *w, uint64_t now_ns,
			  struct nat_packet *pkt, size_t n, struct lap *l)
{
	emit_reset(&w->originated);
	worker_set_clock(w, now_ns);
	worker_wake(w);
	worker_publish_clock(w);
	conns_begin(&w->view);
	defrag_expire(w, 0);
	lap(l, NAT_STAGE_BEGIN, (unsigned)n);
	run(w, pkt, n, l);
	sweep(w, n);
	conns_end(&w->view);
	grace_quiescent();
	lap(l, NAT_STAGE_END, (unsigned)n);
	return (int)w->originated.n;
}

int nat_worker_run(struct nat_worker *w, uint64_t now_ns,
		   struct nat_packet *pkt, size_t n)
{
	return run_all(w, now_ns, pkt, n, NULL);
}

int nat_worker_run_timed(struct nat_worker *w, uint64_t now_ns,
			 struct nat_packet *pkt, size_t n,
			 uint64_t (*clock)(void), struct nat_stages *into)
{
	struct lap l = {.clock = clock, .last = clock(), .sum = into};

	return run_all(w, now_ns, pkt, n, &l);
}
