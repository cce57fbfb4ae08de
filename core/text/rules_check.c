/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What only a whole table shows: which hooks lead to a chain, whether its
 * matches and targets may be used there, and loops. As in the kernel, chains
 * that no hook leads to may do anything, and so may rules behind one that
 * always ends the chain.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/rules_text.h"
#include "text/text.h"

/* A chain on the way from a base chain and the rule looked at next. */
struct step {
	uint32_t chain, next, end;
};

struct walk {
	const struct nat_rules *rules;
	struct step *stack;
	uint32_t depth;
	uint8_t *hooks; /* by chain: the hooks that lead to it */
	bool *on_way;   /* by chain: on the stack */
	unsigned hook;  /* bit of the one walked from */
	struct nat_error *err;
};

/* ACCEPT, DROP or RETURN, whatever the packet. "-i +" is a condition to the
 * kernel. */
static bool ends_chain(const struct rule *r)
{
	static const struct nat_addr any;
	enum target_kind t = r->target.kind;

	return (t == TARGET_ACCEPT || t == TARGET_DROP || t == TARGET_RETURN) &&
	       !r->n_matches && !r->proto && !r->inv_proto &&
	       r->fragment == FRAG_ANY && !r->src.invert && !r->dst.invert &&
	       !memcmp(&r->src.mask, &any, sizeof(any)) &&
	       !memcmp(&r->dst.mask, &any, sizeof(any)) && !*r->in.name &&
	       !*r->out.name;
}

/* How many rules of @c a packet may come to. */
static uint32_t n_reachable(const struct nat_rules *r, const struct chain *c)
{
	for (uint32_t i = 0; i < c->n_rules; i++)
		if (ends_chain(&r->rule[c->first + i]))
			return i + 1;
	return c->n_rules;
}

static void push(struct walk *w, uint32_t chain)
{
	const struct chain *c = &w->rules->chain[chain];

	w->hooks[chain] |= (uint8_t)w->hook;
	w->on_way[chain] = true;
	w->stack[w->depth++] = (struct step){
		chain, c->first, c->first + n_reachable(w->rules, c)};
}

/* Follows the rule at the top of the stack. */
static int follow(struct walk *w, const struct rule *rule)
{
	uint32_t to = rule->target.chain;

	if (rule->target.kind != TARGET_JUMP &&
	    rule->target.kind != TARGET_GOTO)
		return 0;
	if (w->on_way[to]) {
		w->err->line = rule->line;
		return text_fail(w->err, "chains loop: this leads back to '%s'",
				 w->rules->chain[to].name);
	}
	if (!(w->hooks[to] & w->hook))
		push(w, to);
	return 0;
}

static int walk_from(struct walk *w, uint32_t base)
{
	const struct nat_rules *r = w->rules;

	push(w, base);
	while (w->depth) {
		struct step *top = &w->stack[w->depth - 1];

		if (top->next == top->end) {
			w->on_way[top->chain] = false;
			w->depth--;
			continue;
		}
		int rc = follow(w, &r->rule[top->next++]);

		if (rc)
			return rc;
	}
	return 0;
}

/* @bad: hooks where @what may not be used. */
static int refuse(const struct chain *c, const struct rule *rule, unsigned bad,
		  const char *what, struct nat_error *err)
{
	const char *hook = nat_hook_name((enum nat_hook)__builtin_ctz(bad));

	err->line = rule->line;
	if (c->base)
		return text_fail(err, "%s cannot be used in chain %s", what,
				 c->name);
	return text_fail(err,
			 "%s cannot be used in chain %s, which %s leads to",
			 what, c->name, hook);
}

static int check_rule(const struct chain *c, const struct rule *rule,
		      unsigned hooks, struct nat_error *err)
{
	const struct target_type *target = target_type[rule->target.kind];
	unsigned allowed = target->hooks_of ? target->hooks_of(&rule->target)
					    : target->hooks;

	if (hooks & ~allowed)
		return refuse(c, rule, hooks & ~allowed, target->name, err);
	for (unsigned i = 0; i < rule->n_matches; i++) {
		const struct match *m = &rule->match[i];
		const struct match_type *type = match_type[m->kind];
		unsigned bad = type->hooks ? hooks & ~type->hooks(m) : 0;

		if (bad)
			return refuse(c, rule, bad, type->name, err);
	}
	return 0;
}

static int walk_table(struct walk *w, enum table_id table)
{
	const struct nat_rules *r = w->rules;
	uint32_t end = 0, first = table_chains(r, table, &end);
	int rc = 0;

	for (unsigned h = 0; !rc && h < NAT_N_HOOKS; h++) {
		w->hook = 1U << h;
		if (r->table[table].base[h] != NO_CHAIN)
			rc = walk_from(w, r->table[table].base[h]);
	}
	for (uint32_t c = first; !rc && c < end; c++) {
		const struct chain *chain = &r->chain[c];

		uint32_t n = n_reachable(r, chain);

		for (uint32_t i = 0; !rc && i < n; i++)
			rc = check_rule(chain, &r->rule[chain->first + i],
					w->hooks[c], w->err);
	}
	return rc;
}

int rules_check_table(const struct nat_rules *r, enum table_id table,
		      struct nat_error *err)
{
	struct walk w = {
		.rules = r,
		.stack = calloc(r->n_chains, sizeof(*w.stack)),
		.hooks = calloc(r->n_chains, sizeof(*w.hooks)),
		.on_way = calloc(r->n_chains, sizeof(*w.on_way)),
		.err = err,
	};
	unsigned line = err->line;
	int rc = -ENOMEM;

	if (w.stack && w.hooks && w.on_way)
		rc = walk_table(&w, table);
	else
		rc = text_no_memory(err);
	if (!rc)
		err->line = line;
	free(w.stack);
	free(w.hooks);
	free(w.on_way);
	return rc;
}

static int check_if(const struct nat_topology *t, const struct rule *rule,
		    const struct rule_if *i, struct nat_error *err)
{
	bool in_full = i->len && i->name[i->len - 1] == '\0';

	if (!in_full || !strcmp(i->name, "lo") ||
	    nat_topology_if_index(t, i->name) >= 0)
		return 0;
	err->line = rule->line;
	(void)text_fail(err, "interface '%s' is not in the topology", i->name);
	return -ENODEV;
}

int nat_rules_check(const struct nat_rules *r, const struct nat_topology *t,
		    struct nat_error *err)
{
	*err = (struct nat_error){.line = 0};
	for (uint32_t i = 0; i < r->n_rules; i++) {
		int rc = check_if(t, &r->rule[i], &r->rule[i].in, err);

		if (!rc)
			rc = check_if(t, &r->rule[i], &r->rule[i].out, err);
		if (rc)
			return rc;
	}
	return 0;
}
