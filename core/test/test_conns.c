/* SPDX-License-Identifier: BSD-2-Clause
 *
 * All connections against a naive model: a list that is searched from end to
 * end. One thread; what threads do to each other is in torture_conns.c. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "pure/random.h"
#include "shared/conns.h"
#include "test/check.h"

enum { TIMEOUT = 100, MOST = 4096 };

/* ------------------------------------------------------------------- model */

struct entry {
	struct nat_tuple t[NAT_N_DIRS];
	struct conn_ref ref;
	ticks timeout;
	bool reply_only; /* a clash: the original side cannot be found */
	bool listed;     /* by source */
};

struct model {
	struct conns *s;
	struct conns_view v;
	struct random random;
	struct entry entry[MOST]; /* oldest first */
	unsigned n;
	uint64_t created, deleted, expired, lost, clashes;
};

static struct model *model_new(uint32_t max, bool acct)
{
	struct model *m = aligned_alloc(CACHE_LINE, sizeof(*m));

	assert_non_null(m);
	memset(m, 0, sizeof(*m));
	m->s = aligned_alloc(CACHE_LINE, sizeof(*m->s));
	assert_non_null(m->s);
	assert_int_equal(conns_init(m->s, 1, max, acct ? CONN_ACCT : 0), 0);
	grace_thread_register();
	conns_view_init(&m->v, m->s, 0, true);
	m->random = random_new(1);
	return m;
}

/* All memory has come back. */
static void model_free(struct model *m)
{
	struct pool_usage u;

	conns_view_fini(&m->v);
	assert_int_equal(places_taken(&m->s->places), 0);
	assert_int_equal(table_count(&m->s->table), 0);
	grace_thread_unregister();
	grace_wait_deferred();
	pool_usage(&m->s->pool, &u);
	assert_int_equal(u.live, 0);
	assert_int_equal(u.stranded, 0);
	conns_fini(m->s);
	free(m->s);
	free(m);
}

static void set_time(struct model *m, ticks now)
{
	m->v.now = now;
	m->v.others = now;
}

static void forget(struct model *m, unsigned i)
{
	m->n--;
	memmove(&m->entry[i], &m->entry[i + 1],
		(m->n - i) * sizeof(m->entry[0]));
	m->deleted++;
}

static bool entry_has(const struct entry *e, enum nat_dir dir,
		      const struct nat_tuple *t)
{
	return !(e->reply_only && dir == NAT_ORIGINAL) &&
	       tuple_equal(&e->t[dir], t);
}

/* Entry that has @t, its side in *dir; MOST: none. */
static unsigned holder(const struct model *m, const struct nat_tuple *t,
		       enum nat_dir *dir)
{
	for (unsigned i = 0; i < m->n; i++)
		for (int d = 0; d < NAT_N_DIRS; d++)
			if (entry_has(&m->entry[i], (enum nat_dir)d, t)) {
				*dir = (enum nat_dir)d;
				return i;
			}
	return MOST;
}

/* The same; an expired one goes when it is met. */
static unsigned live_holder(struct model *m, const struct nat_tuple *t,
			    enum nat_dir *dir)
{
	unsigned i = holder(m, t, dir);

	if (i == MOST || !ticks_reached(m->v.now, m->entry[i].timeout))
		return i;
	forget(m, i);
	m->expired++;
	return MOST;
}

/* -------------------------------------------------------------- operations */

/* What is guessed is a connection; the tuple's, where it has one. */
static void check_guess(struct model *m, const struct nat_tuple *t,
			uint64_t hash, struct conn_ref want)
{
	const struct table *table = &m->v.all->table;
	uint32_t ref = table_guess(
		table, table_aim(table, table_buckets(table), hash), hash);
	struct conn_ref r = conns_deref(&m->v, ref);

	if (ref && conn_matches(r.conn, (enum nat_dir)r.dir, t) && want.conn)
		assert_int_equal(r.index, want.index);
}

static void check_find(struct model *m, const struct nat_tuple *t)
{
	uint64_t hash = conns_hash(&m->v, t);
	enum nat_dir dir = NAT_ORIGINAL;
	unsigned i = live_holder(m, t, &dir);
	struct conn_ref r = conns_find(&m->v, t, hash);

	check_guess(m, t, hash, r);
	assert_int_equal(r.conn != NULL, i != MOST);
	if (!r.conn)
		return;
	assert_int_equal(r.index, m->entry[i].ref.index);
	assert_int_equal(r.dir, dir);
	assert_true(conn_matches(r.conn, dir, t));
	assert_int_equal(conn_timeout(r.conn), m->entry[i].timeout);
}

/* One way or the other, where there are two. */
static struct conn_ref make(struct model *m, const struct nat_tuple *t,
			    bool listed)
{
	const struct nat_tuple *o = &t[NAT_ORIGINAL];
	const struct conn_key4 key = {o->src.w[0], o->dst.w[0], o->src_id,
				      o->dst_id};
	bool plain = conns_are_plain(&m->v) &&
		     (o->proto == PROTO_TCP || o->proto == PROTO_UDP) &&
		     random_u32(&m->random) % 2;
	uint64_t hash = conns_hash(&m->v, o);
	bool full = false;
	struct conn_ref r =
		plain ? conns_new_plain(&m->v, o->proto == PROTO_TCP, &key,
					hash)
		      : conns_new(&m->v, o, hash, &full);

	assert_non_null(r.conn);
	assert_false(full);
	assert_int_equal(conn_status(r.conn), 0);
	conn_set_tuple(r.conn, NAT_REPLY, &t[NAT_REPLY]);
	conn_set_timeout(r.conn, TIMEOUT);
	if (listed)
		conn_set_status(r.conn, NAT_ST_SRC_NAT_DONE);
	return r;
}

static void remember(struct model *m, const struct nat_tuple *t,
		     const struct entry *e)
{
	assert_true(m->n < MOST);
	m->entry[m->n] = *e;
	memcpy(m->entry[m->n].t, t, sizeof(e->t));
	m->n++;
	m->created++;
}

static bool same_pair(const struct entry *e, const struct nat_tuple *t)
{
	return (tuple_equal(&e->t[0], &t[0]) && tuple_equal(&e->t[1], &t[1])) ||
	       (tuple_equal(&e->t[0], &t[1]) && tuple_equal(&e->t[1], &t[0]));
}

/* Spec 4.3 and 4.4: what comes of confirming @t; *winner: of MERGED. */
static enum confirm_result expected(struct model *m, const struct nat_tuple *t,
				    struct entry *e, unsigned *winner)
{
	enum nat_dir dir;
	unsigned i = holder(m, &t[NAT_ORIGINAL], &dir);

	if (i == MOST)
		i = holder(m, &t[NAT_REPLY], &dir);
	*winner = i;
	if (i == MOST)
		return CONFIRM_INSERTED;
	if (!proto_tolerates_clash(t->proto))
		return CONFIRM_LOST;
	if (same_pair(&m->entry[i], t)) {
		m->clashes++;
		return CONFIRM_MERGED;
	}
	if (holder(m, &t[NAT_REPLY], &dir) != MOST)
		return CONFIRM_LOST;
	m->clashes++;
	e->reply_only = true;
	e->timeout = m->v.now + TICKS_PER_S;
	return CONFIRM_INSERTED;
}

static void check_confirm(struct model *m, const struct nat_tuple *t)
{
	struct entry e = {
		.timeout = m->v.now + TIMEOUT,
		.listed = random_u32(&m->random) % 8,
	};
	unsigned winner;
	enum confirm_result want;

	e.ref = make(m, t, e.listed);
	want = expected(m, t, &e, &winner);
	assert_int_equal(conns_confirm(&m->v, &e.ref), want);
	if (want == CONFIRM_MERGED)
		assert_int_equal(e.ref.index, m->entry[winner].ref.index);
	m->lost += want == CONFIRM_LOST;
	if (want != CONFIRM_INSERTED)
		return;
	assert_true(conn_status(e.ref.conn) & NAT_ST_CONFIRMED);
	assert_int_equal(!!(conn_status(e.ref.conn) & NAT_ST_NAT_CLASH),
			 e.reply_only);
	remember(m, t, &e);
}

static void check_kill(struct model *m)
{
	unsigned i;
	struct conn_ref r;

	if (!m->n)
		return;
	i = random_u32(&m->random) % m->n;
	r = m->entry[i].ref;
	assert_true(conns_kill(&m->v, r));
	assert_false(conns_kill(&m->v, r));
	forget(m, i);
}

/* Where a slab ends the next begins, so every call gets on. */
static void check_sweep(struct model *m)
{
	uint32_t slots = (uint32_t)conns_slots(m->s);
	struct conns_portion p = {.slots = slots, .ends = slots};

	while (p.slots)
		assert_true(conns_sweep(&m->v, &p));
	for (unsigned i = m->n; i--;)
		if (ticks_reached(m->v.now, m->entry[i].timeout)) {
			forget(m, i);
			m->expired++;
		}
}

static void refresh(struct model *m)
{
	struct entry *e;

	if (!m->n)
		return;
	e = &m->entry[random_u32(&m->random) % m->n];
	e->timeout = m->v.now + 1 + random_u32(&m->random) % TIMEOUT;
	conn_set_timeout(e->ref.conn, e->timeout);
}

/* ------------------------------------------------------------------ checks */

struct walked {
	const struct model *m;
	const struct nat_tuple *source;
	unsigned i; /* entries from here on were seen */
};

static bool has_source(const struct entry *e, const struct nat_tuple *t)
{
	const struct nat_tuple *o = &e->t[NAT_ORIGINAL];

	return e->listed && addr_equal(&o->src, &t->src) &&
	       o->src_id == t->src_id && o->proto == t->proto;
}

static bool skip_to_source(struct walked *w)
{
	while (w->i--)
		if (has_source(&w->m->entry[w->i], w->source))
			return true;
	return false;
}

static bool walk(void *ctx, const struct conn *c)
{
	struct walked *w = ctx;

	assert_true(bysource_may_have(&w->m->s->bysource,
				      bysource_hash(&w->m->s->bysource, c)));
	assert_true(skip_to_source(w));
	assert_ptr_equal(c, w->m->entry[w->i].ref.conn);
	return false;
}

/* Newest first, each once, no other. */
static void check_source(struct model *m, const struct nat_tuple *source)
{
	struct walked w = {m, source, m->n};

	bysource_walk(&m->s->bysource, source, walk, &w);
	assert_false(w.i != UINT32_MAX && skip_to_source(&w));
}

static void count_live(void *ctx, const struct conn *c)
{
	assert_true(conn_status(c) & NAT_ST_CONFIRMED);
	(*(unsigned *)ctx)++;
}

static void check_counts(struct model *m)
{
	const struct conns_stats *s = &m->v.stats;
	unsigned seen = 0, live = 0;

	for (unsigned i = 0; i < m->n; i++)
		live += !ticks_reached(m->v.now, m->entry[i].timeout);
	conns_each(m->s, m->v.now, count_live, &seen);
	assert_int_equal(seen, live);
	assert_int_equal(places_taken(&m->s->places), m->n);
	assert_int_equal(s->created, m->created);
	assert_int_equal(s->deleted, m->deleted);
	assert_int_equal(s->expired, m->expired);
	assert_int_equal(s->insert_failed, m->lost);
	assert_int_equal(s->clash_resolve, m->clashes);
}

/* ------------------------------------------------------------------ streams */

static const struct stream {
	const char *name;
	uint8_t proto;
	unsigned hosts, ports, outside; /* ports; few: they clash */
	unsigned kill_percent, steps;
} streams[] = {
	{"tcp, roomy", PROTO_TCP, 50, 50, 5000, 10, 30000},
	{"tcp, outside ports clash", PROTO_TCP, 4, 8, 16, 10, 30000},
	{"udp, outside ports clash", PROTO_UDP, 4, 8, 16, 10, 30000},
	{"udp, everything clashes", PROTO_UDP, 2, 2, 3, 5, 30000},
	{"udp, few live long", PROTO_UDP, 10, 10, 40, 45, 30000},
	{"a protocol without ports", 50, 20, 1, 4, 10, 20000},
};

/* A connection of the stream: straight, or through one outside address. */
static void pick(struct model *m, const struct stream *c, struct nat_tuple t[2])
{
	struct random *r = &m->random;

	t[0] = (struct nat_tuple){
		.src = addr_v4(htonl(0x0a000000 + random_u32(r) % c->hosts)),
		.dst = addr_v4(htonl(0xc0000200 + random_u32(r) % 3)),
		.src_id = htons((uint16_t)(random_u32(r) % c->ports)),
		.dst_id = htons(53),
		.proto = c->proto,
		.family = 4,
	};
	assert_true(tuple_invert(&t[1], &t[0]));
	if (random_u32(r) % 4 == 0)
		return;
	t[1].dst = addr_v4(htonl(0xc6336401));
	t[1].dst_id = htons((uint16_t)(random_u32(r) % c->outside));
}

static void step(struct model *m, const struct stream *c)
{
	struct nat_tuple t[2];
	unsigned dice = random_u32(&m->random) % 100;

	pick(m, c, t);
	if (dice < c->kill_percent)
		check_kill(m);
	else if (dice < 60)
		check_confirm(m, t);
	else if (dice < 62)
		conns_discard(&m->v, make(m, t, true));
	else if (dice < 70)
		refresh(m);
	else if (dice < 75)
		set_time(m, m->v.now + random_u32(&m->random) % 8);
	else
		check_find(m, &t[dice % 2]);
	check_source(m, &t[0]);
}

static void check_stream(const struct stream *c)
{
	struct model *m = model_new(0, false);

	set_time(m, (ticks)-1000); /* the clock wraps soon */
	for (unsigned i = 0; i < c->steps; i++) {
		step(m, c);
		if (i % 64 == 0)
			grace_quiescent();
		if (i % 1024 == 0) {
			check_sweep(m);
			check_counts(m);
		}
	}
	check_counts(m);
	while (m->n)
		check_kill(m);
	check_counts(m);
	model_free(m);
}

static void test_streams(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
		print_message("  %s\n", streams[i].name);
		check_stream(&streams[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
