/* SPDX-License-Identifier: BSD-2-Clause
 * What follows from a rule set. */
#include "decide/ruleset.h"

#include <errno.h>
#include <stdlib.h>

#include "shared/conn.h"

static const struct nat_rules no_rules = {.family = 4};

/* Targets and matches that switch connection tracking on (spec 1.4). */
static bool target_tracks(const struct target *t)
{
	return t->kind >= TARGET_SNAT || t->kind == TARGET_CONNMARK ||
	       (t->kind == TARGET_CT && !t->ct.notrack);
}

static bool match_tracks(enum match_kind kind)
{
	return kind == MATCH_CONNTRACK || kind == MATCH_STATE ||
	       kind == MATCH_CONNMARK || kind == MATCH_HELPER ||
	       kind == MATCH_CONNBYTES;
}

static bool needs_conntrack(const struct rule *r)
{
	bool needed = target_tracks(&r->target);

	for (unsigned i = 0; i < r->n_matches; i++)
		needed |= match_tracks(r->match[i].kind);
	return needed;
}

/* What connections have to remember for the rule. Whoever matches counters
 * turns them on. */
static uint8_t extensions(const struct rule *r)
{
	const struct target *t = &r->target;
	unsigned layout = 0;

	if (t->kind == TARGET_CT && (t->ct.zone || t->ct.zone_mark))
		layout |= CONN_ZONE;
	if (t->kind == TARGET_CONNMARK)
		layout |= CONN_MARK;
	for (unsigned i = 0; i < r->n_matches; i++)
		if (r->match[i].kind == MATCH_CONNBYTES)
			layout |= CONN_ACCT;
	return (uint8_t)layout;
}

/* Before its first question an nth counter stands where the p-th one will
 * bring it round to zero. */
static void start_states(struct ruleset *r, const struct rule *rule)
{
	for (unsigned i = 0; i < rule->n_matches; i++) {
		const struct match_statistic *m = &rule->match[i].statistic;

		if (rule->match[i].kind == MATCH_STATISTIC && m->nth)
			atomic_init(&r->state[m->state],
				    m->every - 1 - m->packet);
	}
}

static uint8_t hooks_of(const struct rule_table *t)
{
	uint8_t hooks = 0;

	for (unsigned h = 0; t->present && h < NAT_N_HOOKS; h++)
		if (t->base[h] != NO_CHAIN)
			hooks |= (uint8_t)(1 << h);
	return hooks;
}

static uint32_t screens_of(const struct chain *c)
{
	return (c->n_rules + SCREEN_RULES - 1) / SCREEN_RULES;
}

static bool make_screens(struct ruleset *r, const struct nat_topology *t,
			 const struct chain *c)
{
	const struct rule *rule = r->text->rule + c->first;

	for (uint32_t at = 0; at < c->n_rules; at += SCREEN_RULES) {
		uint32_t n = min_u32(c->n_rules - at, SCREEN_RULES);

		if (!screen_init(&r->screen[r->n_screens], t, r->text->family,
				 rule + at, n))
			return false;
		r->n_screens++;
	}
	return true;
}

static bool compile(struct ruleset *r, const struct nat_topology *t)
{
	const struct nat_rules *text = r->text;
	uint32_t n = 0;

	for (uint32_t i = 0; i < text->n_chains; i++)
		n += screens_of(&text->chain[i]);
	r->screen = calloc(n + 1, sizeof(*r->screen));
	r->first_screen = calloc(text->n_chains + 1, sizeof(*r->first_screen));
	if (!r->screen || !r->first_screen)
		return false;
	for (uint32_t i = 0; i < text->n_chains; i++) {
		r->first_screen[i] = r->n_screens;
		if (!make_screens(r, t, &text->chain[i]))
			return false;
	}
	return true;
}

static void look_at_tables(struct ruleset *r)
{
	r->nat = r->text->table[TABLE_NAT].present;
	r->only_nat = r->nat;
	for (int t = 0; t < N_TABLES; t++)
		r->hooks[t] = hooks_of(&r->text->table[t]);
	for (int h = 0; h < NAT_N_HOOKS; h++)
		for (int t = 0; t < N_TABLES; t++)
			r->tables[h] |= (uint8_t)((r->hooks[t] >> h & 1) << t);
	for (int t = 0; t < N_TABLES; t++)
		r->only_nat &= t == TABLE_NAT || !r->text->table[t].present;
}

int ruleset_init(struct ruleset *r, const struct nat_topology *t,
		 const struct nat_rules *text)
{
	*r = (struct ruleset){.text = text ? text : &no_rules};
	r->state = calloc(r->text->n_states + 1, sizeof(*r->state));
	if (!r->state || !compile(r, t)) {
		ruleset_fini(r);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < r->text->n_rules; i++) {
		r->conntrack |= needs_conntrack(&r->text->rule[i]);
		r->extensions |= extensions(&r->text->rule[i]);
		start_states(r, &r->text->rule[i]);
	}
	look_at_tables(r);
	return 0;
}

void ruleset_fini(struct ruleset *r)
{
	for (uint32_t i = 0; i < r->n_screens; i++)
		screen_fini(&r->screen[i]);
	free(r->screen);
	free(r->first_screen);
	free(r->state);
	*r = (struct ruleset){.text = &no_rules};
}
