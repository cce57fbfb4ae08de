/* SPDX-License-Identifier: BSD-2-Clause
 * A packet along chains: jumps, returns, gotos, policies, counters. */
#include "decide/chains.h"

#include "decide/match.h"
#include "decide/target.h"
#include "decide/trace.h"

enum { MAX_DEPTH = 64 };

/* Where to look next: a chain, and a rule counted from its first. */
struct place {
	const struct chain *chain;
	uint32_t next;
};

struct traversal {
	struct walk *k;
	const struct nat_rules *rules;
	const struct chain *base;
	struct place at;
	struct screen_key key;
	struct screen_scan scan; /* of the rules around at.next */
	unsigned depth;
	struct place *stack; /* where jumps came from */
};

/* Goes on at a place. */
static void look(struct traversal *t, struct place at)
{
	t->at = at;
	if (at.next < at.chain->n_rules)
		screen_start(&t->scan,
			     chains_screen(walk_rules(t->k), at.chain) +
				     at.next / SCREEN_RULES,
			     &t->key, at.next % SCREEN_RULES);
}

static void count(struct walk *k, const struct chain *c, const struct rule *r)
{
	chains_count(k->w, walk_rules(k), c, r, k->p.len);
}

static NOINLINE void tell(const struct walk *k, enum nat_step step,
			  const char *text, const struct chain *c,
			  const struct rule *r)
{
	const struct rule *first = walk_rules(k)->text->rule + c->first;
	struct trace_rule at = {
		.table = table_name[c->table],
		.chain = c->name,
		.rule = r ? (unsigned)(r - first) + 1 : 0,
	};

	trace_emit(k, step, text, &at);
}

void chains_trace(const struct walk *k, enum nat_step step, const char *text,
		  const struct chain *c, const struct rule *r)
{
	if (unlikely(k->w->trace))
		tell(k, step, text, c, r);
}

static inline struct chain_result policy(struct walk *k, const struct chain *c)
{
	count(k, c, NULL);
	chains_trace(k, NAT_STEP_POLICY, c->drop ? "DROP" : "ACCEPT", c, NULL);
	return (struct chain_result){
		.chain = c,
		.accept = !c->drop,
		.reason = NAT_DROP_POLICY,
	};
}

/* Leaves the chain; false: there is nowhere to return to but the policy. */
static bool leave(struct traversal *t)
{
	if (!t->depth)
		return false;
	look(t, t->stack[--t->depth]);
	return true;
}

/* Goes into the target's chain; false: the stack is full. */
static bool enter(struct traversal *t, const struct rule *r)
{
	if (r->target.kind == TARGET_JUMP) {
		if (t->depth == MAX_DEPTH)
			return false;
		t->stack[t->depth++] = t->at;
	}
	look(t, (struct place){&t->rules->chain[r->target.chain], 0});
	return true;
}

/* The next rule that may fit; *sure: as far as its header goes it does. NULL:
 * the chain is at its end. */
static const struct rule *next_rule(struct traversal *t, bool *sure)
{
	struct place *at = &t->at;

	while (at->next < at->chain->n_rules) {
		uint32_t run = at->next / SCREEN_RULES * SCREEN_RULES;
		int i = screen_next(&t->scan);

		if (likely(i >= 0)) {
			*sure = screen_sure(&t->scan, i);
			at->next = run + (uint32_t)i + 1;
			if (at->next % SCREEN_RULES == 0)
				look(t, *at);
			return &t->rules->rule[at->chain->first + run +
					       (uint32_t)i];
		}
		look(t, (struct place){at->chain, run + SCREEN_RULES});
	}
	return NULL;
}

/* What a rule that fits does to the traversal. */
enum outcome { GO_ON, TO_POLICY, DECIDED, OVERFLOW, MALFORMED };

static enum outcome apply(struct traversal *t, const struct rule *r)
{
	enum target_kind kind = r->target.kind;

	if (kind == TARGET_NONE)
		return GO_ON;
	if (kind == TARGET_RETURN)
		return leave(t) ? GO_ON : TO_POLICY;
	if (kind == TARGET_JUMP || kind == TARGET_GOTO)
		return enter(t, r) ? GO_ON : OVERFLOW;
	if (!target_goes_on(kind))
		return DECIDED;
	return target_does[kind](t->k, &r->target) ? GO_ON : MALFORMED;
}

static struct chain_result decided(const struct chain *c, const struct rule *r)
{
	enum target_kind kind = r->target.kind;

	return (struct chain_result){
		.rule = r,
		.chain = c,
		.accept = kind != TARGET_DROP && kind != TARGET_REJECT,
		.reason = NAT_DROP_RULE,
	};
}

static struct chain_result hotdrop(void)
{
	return (struct chain_result){.reason = NAT_DROP_HOTDROP};
}

static enum outcome fitted(struct traversal *t, const struct chain *c,
			   const struct rule *r)
{
	count(t->k, c, r);
	chains_trace(t->k, NAT_STEP_RULE, r->text, c, r);
	return apply(t, r);
}

static bool fits(const struct rule *r, struct walk *k, bool sure,
		 bool *malformed)
{
	return (sure || rule_header_fits(r, k, malformed)) &&
	       rule_matches_fit(r, k, malformed);
}

static struct chain_result run(struct traversal *t)
{
	for (;;) {
		const struct chain *c = t->at.chain;
		bool sure, malformed = false;
		const struct rule *r = next_rule(t, &sure);
		enum outcome o;

		if (!r) {
			if (leave(t))
				continue;
			return policy(t->k, t->base);
		}
		if (!fits(r, t->k, sure, &malformed)) {
			if (unlikely(malformed))
				return hotdrop();
			continue;
		}
		o = fitted(t, c, r);
		/* what is inverted fits nevertheless */
		if (unlikely(malformed))
			return hotdrop();
		if (o == DECIDED)
			return decided(c, r);
		if (o == TO_POLICY)
			return policy(t->k, t->base);
		if (o == OVERFLOW || o == MALFORMED)
			return hotdrop();
	}
}

static inline struct screen_key screen_key_of(const struct walk *k)
{
	return (struct screen_key){&k->p, (uint8_t)walk_rule_in(k),
				   (uint8_t)walk_rule_out(k)};
}

static NOINLINE struct chain_result traverse(struct walk *k,
					     const struct chain *base)
{
	struct place stack[MAX_DEPTH];
	struct traversal t;

	t.k = k;
	t.rules = walk_rules(k)->text;
	t.base = base;
	t.depth = 0;
	t.stack = stack;
	t.key = screen_key_of(k);
	look(&t, (struct place){base, 0});
	return run(&t);
}

struct chain_result chains_run(struct walk *k, enum table_id table)
{
	const struct chain *base = chains_base(k, table);
	const struct screen_key key = screen_key_of(k);
	struct chain_glance g = chains_glance(walk_rules(k), base, &key);

	if (unlikely(!g.known))
		return traverse(k, base);
	if (!g.rule)
		return policy(k, base);
	count(k, base, g.rule);
	chains_trace(k, NAT_STEP_RULE, g.rule->text, base, g.rule);
	return decided(base, g.rule);
}

bool chains_policy(struct walk *k, enum table_id table)
{
	return policy(k, chains_base(k, table)).accept;
}
