/* SPDX-License-Identifier: BSD-2-Clause
 * Random choices, and those that somebody else makes. */
#include "decide/choice.h"

int choice_id(const struct walk *k, enum manip m, uint16_t min, uint16_t max)
{
	const struct nat_worker *w = k->w;
	struct nat_choice c = {
		.kind = NAT_CHOICE_ID,
		.source = m == MANIP_SRC,
		.min = min,
		.max = max,
	};
	int id;

	if (likely(!w->choose))
		return -1;
	conn_tuple(k->ct.conn, NAT_ORIGINAL, &c.tuple);
	id = w->choose(w->choose_ctx, &c);
	return id < min || id > max ? -1 : id;
}

struct random choice_draws(const struct walk *k, enum manip m)
{
	struct random r = random_new(k->w->engine->seed ^ k->now_ns);
	struct nat_tuple t;

	conn_tuple(k->ct.conn, NAT_ORIGINAL, &t);
	for (unsigned i = 0; i < (t.family == 4 ? 1 : ARRAY_LEN(t.src.w)); i++)
		random_stir(&r, (uint64_t)t.src.w[i] << 32 | t.dst.w[i]);
	random_stir(&r, (uint64_t)t.src_id << 16 | t.dst_id);
	random_stir(&r, (uint64_t)t.zone << 16 | (uint64_t)t.proto << 8 | m);
	return r;
}

/* The rule that @m belongs to; only who is asked wants to know. */
static const struct rule *rule_of(const struct nat_rules *rules,
				  const struct match_statistic *m)
{
	for (uint32_t i = 0; i < rules->n_rules; i++) {
		const struct rule *r = &rules->rule[i];

		for (unsigned j = 0; j < r->n_matches; j++)
			if (&r->match[j].statistic == m)
				return r;
	}
	return NULL;
}

static const struct chain *chain_of(const struct nat_rules *rules,
				    const struct rule *r)
{
	uint32_t i = (uint32_t)(r - rules->rule);

	for (uint32_t c = 0; c < rules->n_chains; c++)
		if (i - rules->chain[c].first < rules->chain[c].n_rules)
			return &rules->chain[c];
	return NULL;
}

int choice_lot(const struct walk *k, const struct match_statistic *m)
{
	const struct nat_worker *w = k->w;
	const struct nat_rules *rules = walk_rules(k)->text;
	struct nat_choice c = {.kind = NAT_CHOICE_LOT};
	const struct chain *chain;
	const struct rule *r;

	if (likely(!w->choose))
		return -1;
	r = rule_of(rules, m);
	chain = r ? chain_of(rules, r) : NULL;
	if (!chain)
		return -1;
	c.family = k->p.family;
	c.table = table_name[chain->table];
	c.chain = chain->name;
	c.rule = (unsigned)(r - rules->rule) - chain->first + 1;
	return w->choose(w->choose_ctx, &c);
}

void nat_worker_choose(struct nat_worker *w, nat_choice_fn fn, void *ctx)
{
	w->choose = fn;
	w->choose_ctx = ctx;
}
