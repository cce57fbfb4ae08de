/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The floor's work on liburcu's hash table, with the floor's keys and hash:
 * what a chained RCU table costs a NAT, without batches as it has none. */
#include <stdlib.h>
#define URCU_API_MAP
#include <urcu/urcu-qsbr.h>
/* after its flavour */
#include <urcu/rculfhash.h>

#include "bare.h"
#include "flows.h"
#include "gbench.h"
#include "memory.h"

enum { EXPIRES = 432000, QUIET = 32 };

struct side {
	struct cds_lfht_node node;
	struct flow_key key;
	uint32_t dir;
};

/* Both sides are in the table; which one was found says where the rest is. */
struct conn {
	_Alignas(CACHE_LINE) struct side side[NAT_N_DIRS];
	uint32_t expires;
	uint32_t packets[NAT_N_DIRS];
	struct bare_delta delta[NAT_N_DIRS];
	uint64_t bytes[NAT_N_DIRS];
};

struct chained {
	struct bare_key secret;
	struct cds_lfht *table;
	struct conn *conn;
	uint32_t now;
};

static int is_key(struct cds_lfht_node *node, const void *key)
{
	const struct side *s = container_of(node, struct side, node);

	return !memcmp(&s->key, key, sizeof(s->key));
}

static void chained_fini(struct chained *t, uint32_t flows)
{
	for (uint32_t i = 0; t->table && t->conn && i < flows; i++)
		for (int dir = 0; dir < NAT_N_DIRS; dir++)
			(void)cds_lfht_del(t->table,
					   &t->conn[i].side[dir].node);
	urcu_qsbr_quiescent_state();
	if (t->table)
		(void)cds_lfht_destroy(t->table, NULL);
	memory_free(t->conn, flows * sizeof(*t->conn));
}

/* As many buckets as nodes, none added later. */
static bool chained_init(struct chained *t, uint32_t flows)
{
	unsigned long buckets = 1;

	while (buckets < (unsigned long)flows * NAT_N_DIRS)
		buckets *= 2;
	*t = (struct chained){
		.secret = {{3, 1, 4, 1}},
		.table = cds_lfht_new_flavor(buckets, buckets, buckets, 0,
					     &urcu_qsbr_flavor, NULL),
		.conn = memory_new(flows * sizeof(*t->conn)),
	};
	if (!t->table || !t->conn)
		return false;
	for (uint32_t i = 0; i < flows; i++)
		for (unsigned dir = 0; dir < NAT_N_DIRS; dir++) {
			struct side *s = &t->conn[i].side[dir];

			s->key = flow_key(i, (enum nat_dir)dir);
			s->dir = dir;
			t->conn[i].delta[dir] =
				bare_delta(i, (enum nat_dir)dir);
			cds_lfht_add(
				t->table,
				bare_hash(&t->secret, (const uint8_t *)&s->key),
				&s->node);
		}
	return true;
}

static bool translate(struct chained *t, uint8_t *p)
{
	struct cds_lfht_iter it;
	struct cds_lfht_node *node;
	struct side *s;
	struct conn *c;

	if (!bare_is_good(p))
		return false;
	cds_lfht_lookup(t->table, bare_hash(&t->secret, p + IPV4_SRC), is_key,
			p + IPV4_SRC, &it);
	node = cds_lfht_iter_get_node(&it);
	if (!node)
		return false;
	s = container_of(node, struct side, node);
	c = container_of(s - s->dir, struct conn, side[0]);
	c->expires = t->now + EXPIRES;
	c->packets[s->dir]++;
	c->bytes[s->dir] += FLOWS_SLOT;
	bare_rewrite(p, &c->side[!s->dir].key, c->delta[s->dir]);
	return true;
}

static size_t run(void *ctx, uint8_t *packets, size_t n)
{
	struct chained *t = ctx;
	size_t done = 0;

	urcu_qsbr_read_lock();
	for (size_t i = 0; i < n; i++) {
		done += translate(t, packets + i * FLOWS_SLOT);
		if (i % QUIET)
			continue;
		urcu_qsbr_quiescent_state();
		t->now++;
	}
	urcu_qsbr_read_unlock();
	return done;
}

static void bench_lfht(struct gbench *b)
{
	uint32_t n = (uint32_t)gbench_arg(b, 0);
	struct flows *flows = flows_new(n);
	struct chained t = {.now = 0};

	urcu_qsbr_register_thread();
	if (flows && chained_init(&t, n))
		flows_play(b, flows, run, &t, true);
	else
		gbench_skip(b, "no memory");
	chained_fini(&t, n);
	urcu_qsbr_unregister_thread();
	flows_free(flows);
}

GBENCH(lfht)
{
	flows_register("cds_lfht", bench_lfht);
}
