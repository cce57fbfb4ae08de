/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One table while its lines are read. Chains and rules arrive in any order;
 * a commit lays them out as struct nat_rules promises: built-in chains first,
 * the user's by name, the rules of each chain in a row.
 */
#include <stdlib.h>
#include <string.h>

#include "text/array.h"
#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

const char *const table_name[N_TABLES] = {
	[TABLE_RAW] = "raw",           [TABLE_MANGLE] = "mangle",
	[TABLE_NAT] = "nat",           [TABLE_FILTER] = "filter",
	[TABLE_SECURITY] = "security",
};

unsigned table_hooks(enum table_id table)
{
	static const unsigned hooks[N_TABLES] = {
		[TABLE_RAW] = HOOK_BIT(PREROUTING) | HOOK_BIT(OUTPUT),
		[TABLE_MANGLE] = ALL_HOOKS,
		[TABLE_NAT] = ALL_HOOKS & ~HOOK_BIT(FORWARD),
		[TABLE_FILTER] =
			HOOK_BIT(INPUT) | HOOK_BIT(FORWARD) | HOOK_BIT(OUTPUT),
		[TABLE_SECURITY] =
			HOOK_BIT(INPUT) | HOOK_BIT(FORWARD) | HOOK_BIT(OUTPUT),
	};
	return hooks[table];
}

struct rules_builder {
	struct nat_rules *rules;
	size_t rules_chain_cap, rules_rule_cap;

	enum table_id table; /* the one open, or N_TABLES */
	struct chain *chain; /* in order of declaration */
	size_t n_chains, chain_cap;
	uint16_t *by_name; /* numbers of chains, sorted by name */
	size_t by_name_cap;
	struct rule *rule; /* in order of appearance */
	size_t n_rules, rule_cap;
	uint16_t *owner; /* the chain of each rule */
	size_t owner_cap;
};

struct rules_builder *builder_new(struct nat_rules *rules)
{
	struct rules_builder *b = calloc(1, sizeof(*b));

	if (b) {
		b->rules = rules;
		b->table = N_TABLES;
	}
	return b;
}

void builder_free(struct rules_builder *b)
{
	for (size_t i = 0; i < b->n_rules; i++)
		rule_fini(&b->rule[i]);
	free(b->chain);
	free(b->by_name);
	free(b->rule);
	free(b->owner);
	free(b);
}

uint8_t builder_family(const struct rules_builder *b)
{
	return b->rules->family;
}

enum table_id builder_table(const struct rules_builder *b)
{
	return b->table;
}

/* Where @name stands in by_name, or would. */
static size_t name_rank(const struct rules_builder *b, const char *name,
			bool *found)
{
	size_t lo = 0, hi = b->n_chains;

	*found = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = strcmp(b->chain[b->by_name[mid]].name, name);

		if (!order) {
			*found = true;
			return mid;
		}
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct chain *builder_find_chain(const struct rules_builder *b,
				 const char *name)
{
	bool found = false;
	size_t rank = name_rank(b, name, &found);

	return found ? &b->chain[b->by_name[rank]] : NULL;
}

uint16_t builder_chain_id(const struct rules_builder *b, const struct chain *c)
{
	return (uint16_t)(c - b->chain);
}

/* NULL: no memory. */
static struct chain *add_chain(struct rules_builder *b, const char *name)
{
	bool found = false;
	size_t rank = name_rank(b, name, &found);
	struct chain *chain = array_reserve(b->chain, b->n_chains, 1,
					    &b->chain_cap, sizeof(*chain));

	if (!chain)
		return NULL;
	b->chain = chain;
	uint16_t *by_name = array_reserve(b->by_name, b->n_chains, 1,
					  &b->by_name_cap, sizeof(*by_name));

	if (!by_name)
		return NULL;
	b->by_name = by_name;
	memmove(by_name + rank + 1, by_name + rank,
		(b->n_chains - rank) * sizeof(*by_name));
	by_name[rank] = (uint16_t)b->n_chains;
	chain += b->n_chains++;
	*chain = (struct chain){.table = (uint8_t)b->table};
	memcpy(chain->name, name, strlen(name) + 1);
	return chain;
}

int builder_add_chain(struct rules_builder *b, const char *name,
		      struct nat_error *err)
{
	if (!*name || strlen(name) >= RULE_CHAIN_LEN)
		return text_fail(err, "chain name '%s' is not of 1 to %d bytes",
				 name, RULE_CHAIN_LEN - 1);
	if (strchr("-!", name[0]) || !scan_bare(name))
		return text_fail(err, "'%s' cannot name a chain", name);
	if (target_name_taken(name))
		return text_fail(err, "'%s' is the name of a target", name);
	if (builder_find_chain(b, name))
		return text_fail(err, "chain '%s' is declared twice", name);
	if (b->rules->n_chains + b->n_chains >= NO_CHAIN)
		return text_fail(err, "more than %d chains", NO_CHAIN);
	return add_chain(b, name) ? 0 : text_no_memory(err);
}

int builder_begin(struct rules_builder *b, enum table_id table,
		  struct nat_error *err)
{
	b->table = table;
	for (unsigned h = 0; h < NAT_N_HOOKS; h++) {
		if (!(table_hooks(table) & (1U << h)))
			continue;
		struct chain *c = add_chain(b, nat_hook_name((enum nat_hook)h));

		if (!c)
			return text_no_memory(err);
		c->base = true;
		c->hook = (uint8_t)h;
	}
	return 0;
}

static int set_text(const struct rules_builder *b, const struct chain *c,
		    struct rule *rule, struct nat_error *err)
{
	bool jumps = rule->target.kind == TARGET_JUMP ||
		     rule->target.kind == TARGET_GOTO;
	const char *to = jumps ? b->chain[rule->target.chain].name : NULL;
	struct text_buffer text = {.s = NULL};

	rule_save(rule, b->rules->family, c->name, to, false,
		  text_buffer_sink(&text));
	rule->text = text.s;
	return text.failed || !text.s ? text_no_memory(err) : 0;
}

int builder_add_rule(struct rules_builder *b, const struct chain *c,
		     struct rule *rule, struct nat_error *err)
{
	struct rule *rules = array_reserve(b->rule, b->n_rules, 1, &b->rule_cap,
					   sizeof(*rules));

	if (rules)
		b->rule = rules;
	uint16_t *owner = array_reserve(b->owner, b->n_rules, 1, &b->owner_cap,
					sizeof(*owner));

	if (owner)
		b->owner = owner;
	if (!rules || !owner || set_text(b, c, rule, err)) {
		rule_fini(rule);
		return text_no_memory(err);
	}
	owner[b->n_rules] = builder_chain_id(b, c);
	rules[b->n_rules++] = *rule;
	return 0;
}

/* --------------------------------------------------------------- commit */

/* Makes room in the rules for what the table has. */
static bool reserve_rules(struct rules_builder *b)
{
	struct nat_rules *r = b->rules;
	struct chain *chain =
		array_reserve(r->chain, r->n_chains, b->n_chains,
			      &b->rules_chain_cap, sizeof(*chain));

	if (!chain)
		return false;
	r->chain = chain;
	/* one more, so that a set without rules has an array too */
	struct rule *rule = array_reserve(r->rule, r->n_rules, b->n_rules + 1,
					  &b->rules_rule_cap, sizeof(*rule));

	if (!rule)
		return false;
	r->rule = rule;
	return true;
}

/* Moves one chain to the end of the rules' chains; its number there. */
static uint16_t move_chain(struct rules_builder *b, struct chain *c)
{
	struct nat_rules *r = b->rules;

	if (c->base)
		r->table[b->table].base[c->hook] = (uint16_t)r->n_chains;
	r->chain[r->n_chains] = *c;
	return (uint16_t)r->n_chains++;
}

/* Fills @place, by number of chain in the table. */
static void move_chains(struct rules_builder *b, uint16_t *place)
{
	for (size_t i = 0; i < b->n_chains; i++)
		if (b->chain[i].base)
			place[i] = move_chain(b, &b->chain[i]);
	for (size_t i = 0; i < b->n_chains; i++) {
		uint16_t n = b->by_name[i];

		if (!b->chain[n].base)
			place[n] = move_chain(b, &b->chain[n]);
	}
}

/* Gives every match that keeps state its slot. */
static void number_states(struct nat_rules *r, struct rule *rule)
{
	for (unsigned i = 0; i < rule->n_matches; i++) {
		struct match *m = &rule->match[i];

		if (m->kind == MATCH_STATISTIC)
			m->statistic.state = r->n_states++;
		else if (m->kind == MATCH_LIMIT)
			m->limit.state = r->n_states++;
	}
}

static void move_rules(struct rules_builder *b, const uint16_t *place,
		       uint32_t first_chain)
{
	struct nat_rules *r = b->rules;
	uint32_t next = r->n_rules;

	for (size_t i = 0; i < b->n_rules; i++)
		r->chain[place[b->owner[i]]].n_rules++;
	for (uint32_t i = first_chain; i < r->n_chains; i++) {
		r->chain[i].first = next;
		next += r->chain[i].n_rules;
		r->chain[i].n_rules = 0;
	}
	for (size_t i = 0; i < b->n_rules; i++) {
		struct chain *c = &r->chain[place[b->owner[i]]];
		struct rule *rule = &r->rule[c->first + c->n_rules++];

		*rule = b->rule[i];
		number_states(r, rule);
		if (rule->target.kind != TARGET_JUMP &&
		    rule->target.kind != TARGET_GOTO)
			continue;
		rule->target.chain = place[rule->target.chain];
		r->chain[rule->target.chain].references++;
	}
	r->n_rules = next;
	b->n_rules = 0;
}

int builder_commit(struct rules_builder *b, struct nat_error *err)
{
	struct nat_rules *r = b->rules;
	uint32_t first_chain = r->n_chains;
	enum table_id table = b->table;
	uint16_t *place = calloc(b->n_chains, sizeof(*place));

	if (!place || !reserve_rules(b)) {
		free(place);
		return text_no_memory(err);
	}
	move_chains(b, place);
	move_rules(b, place, first_chain);
	free(place);
	r->table[table].present = true;
	b->n_chains = 0;
	b->table = N_TABLES;
	return rules_check_table(r, table, err);
}
