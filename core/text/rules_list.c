/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rules as iptables -L and -S list them (spec 12.3). Without -n protocols and
 * "any" are words, but hosts and services stay numbers: the core looks nothing
 * up.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "text/protocols.h"
#include "text/rules_text.h"
#include "text/text.h"

/* A counter with K, M, G or T behind large numbers unless exact, in @width
 * columns. */
static void put_counter(uint64_t n, int width, bool exact, struct nat_sink out)
{
	static const char unit[] = "KMGT";
	const char *u = unit;

	if (exact || n <= 99999) {
		text_printf(out, "%*" PRIu64 " ", width, n);
		return;
	}
	n = (n + 500) / 1000;
	while (n > 9999 && u[1]) {
		n = (n + 500) / 1000;
		u++;
	}
	text_printf(out, "%*" PRIu64 "%c ", width ? width - 1 : 0, n, *u);
}

static void list_counters(const struct rule *r,
			  const struct nat_list_options *o, struct nat_sink out)
{
	int width = o->exact ? 8 : 5;

	put_counter(r->packets, width, o->exact, out);
	put_counter(r->bytes, width, o->exact, out);
}

static void list_proto(const struct rule *r, bool numeric, struct nat_sink out)
{
	char bang = r->inv_proto ? '!' : ' ';

	if (numeric)
		text_printf(out, "%c%-4u ", bang, r->proto);
	else
		text_printf(out, "%c%-4s ", bang, proto_text(r->proto).s);
}

static void list_if(const struct rule_if *i, bool numeric, struct nat_sink out)
{
	const char *any = numeric ? "*" : "any";
	char name[RULE_IF_LEN + 1];
	size_t len = strlen(i->name);

	name[0] = '!';
	memcpy(name + i->invert, i->name, len + 1);
	text_printf(out, "%-6s ", len ? name : any);
}

static void list_addr(const struct rule_addr *a, uint8_t family, bool numeric,
		      struct nat_sink out)
{
	char bang = a->invert ? '!' : ' ';
	char text[TEXT_ADDR_LEN + TEXT_MASK_LEN];
	int len = text_prefix_len(&a->mask, family);
	size_t addr_len;

	if (!len && !numeric) {
		text_printf(out, "%c%-19s ", bang, "anywhere");
		return;
	}
	struct text_addr addr = text_addr(&a->addr, family);

	addr_len = strlen(addr.s);
	memcpy(text, addr.s, addr_len + 1);
	if (len != (family == 6 ? 128 : 32)) {
		struct text_mask mask = text_mask(&a->mask, family);

		memcpy(text + addr_len, mask.s, strlen(mask.s) + 1);
	}
	text_printf(out, "%c%-19s ", bang, text);
}

static const char *target_name(const struct nat_rules *r,
			       const struct target *t)
{
	const struct target_type *type = target_type[t->kind];

	if (t->kind == TARGET_JUMP || t->kind == TARGET_GOTO)
		return r->chain[t->chain].name;
	if (t->kind == TARGET_NONE)
		return "";
	return type->listed_as ? type->listed_as : type->name;
}

static void list_rule(const struct nat_rules *r, const struct rule *rule,
		      const struct nat_list_options *o, struct nat_sink out)
{
	static const char *const fragment[] = {
		[FRAG_ANY] = "--",
		[FRAG_ONLY] = "-f",
		[FRAG_NOT] = "!f",
	};
	const struct target_type *target = target_type[rule->target.kind];

	if (o->verbose)
		list_counters(rule, o, out);
	text_printf(out, "%-9s ", target_name(r, &rule->target));
	list_proto(rule, o->numeric, out);
	text_printf(out, "%s ", fragment[rule->fragment]);
	if (o->verbose) {
		text_puts(out, " ");
		list_if(&rule->in, o->numeric, out);
		list_if(&rule->out, o->numeric, out);
	}
	list_addr(&rule->src, r->family, o->numeric, out);
	list_addr(&rule->dst, r->family, o->numeric, out);
	if (rule->target.kind == TARGET_GOTO)
		text_puts(out, "[goto] ");
	for (unsigned i = 0; i < rule->n_matches; i++)
		match_type[rule->match[i].kind]->list(&rule->match[i],
						      o->numeric, out);
	if (target->list_words && !o->numeric)
		target->list_words(&rule->target, out);
	else if (target->list)
		target->list(&rule->target, out);
	text_puts(out, "\n");
}

static void list_policy(const struct chain *c, const struct nat_list_options *o,
			struct nat_sink out)
{
	text_printf(out, " (policy %s", c->drop ? "DROP" : "ACCEPT");
	if (o->verbose) {
		text_puts(out, " ");
		put_counter(c->packets, 0, o->exact, out);
		text_puts(out, "packets, ");
		put_counter(c->bytes, 0, o->exact, out);
		text_puts(out, "bytes");
	}
	text_puts(out, ")\n");
}

static void list_header(const struct chain *c, const struct nat_list_options *o,
			struct nat_sink out)
{
	text_printf(out, "Chain %s", c->name);
	if (c->base)
		list_policy(c, o, out);
	else
		text_printf(out, " (%" PRIu32 " references)\n", c->references);
	if (o->line_numbers)
		text_puts(out, "num  ");
	if (o->verbose)
		text_puts(out,
			  o->exact ? "    pkts      bytes " : " pkts bytes ");
	text_puts(out, "target     prot opt ");
	if (o->verbose)
		text_puts(out, "in     out     ");
	text_puts(out, "source               destination         \n");
}

static int table_named(const char *name, enum table_id *table)
{
	for (unsigned t = 0; t < N_TABLES; t++) {
		if (!strcmp(table_name[t], name)) {
			*table = (enum table_id)t;
			return 0;
		}
	}
	return -ENOENT;
}

struct listing {
	const struct nat_rules *rules;
	const struct nat_list_options *options;
	struct nat_sink out;
	unsigned n_chains, n_rules; /* listed so far */
};

static bool wanted(const struct listing *l, const struct chain *c)
{
	return !l->options->chain || !strcmp(c->name, l->options->chain);
}

/* Calls @fn for each rule of @c that is asked for. */
static void each_rule(struct listing *l, const struct chain *c,
		      void (*fn)(struct listing *l, const struct chain *c,
				 uint32_t number))
{
	uint32_t only = l->options->rule;

	for (uint32_t i = 1; i <= c->n_rules; i++)
		if (!only || only == i) {
			l->n_rules++;
			fn(l, c, i);
		}
}

static void list_number(struct listing *l, const struct chain *c,
			uint32_t number)
{
	if (l->options->line_numbers)
		text_printf(l->out, "%-4" PRIu32 " ", number);
	list_rule(l->rules, &l->rules->rule[c->first + number - 1], l->options,
		  l->out);
}

static void list_chain(struct listing *l, const struct chain *c)
{
	if (l->n_chains++)
		text_puts(l->out, "\n");
	if (!l->options->rule)
		list_header(c, l->options, l->out);
	each_rule(l, c, list_number);
}

static void spec_counters(const struct listing *l, uint64_t packets,
			  uint64_t bytes)
{
	if (l->options->verbose)
		text_printf(l->out, " -c %" PRIu64 " %" PRIu64, packets, bytes);
}

static void spec_chain(struct listing *l, const struct chain *c)
{
	l->n_chains++;
	if (l->options->rule)
		return;
	if (!c->base) {
		text_printf(l->out, "-N %s\n", c->name);
		return;
	}
	text_printf(l->out, "-P %s %s", c->name, c->drop ? "DROP" : "ACCEPT");
	spec_counters(l, c->packets, c->bytes);
	text_puts(l->out, "\n");
}

static void spec_rule(struct listing *l, const struct chain *c, uint32_t number)
{
	const struct rule *rule = &l->rules->rule[c->first + number - 1];
	bool jump = rule->target.kind == TARGET_JUMP ||
		    rule->target.kind == TARGET_GOTO;

	rule_save(rule, l->rules->family, c->name,
		  jump ? target_name(l->rules, &rule->target) : NULL,
		  l->options->verbose, l->out);
	text_puts(l->out, "\n");
}

static void spec_rules(struct listing *l, const struct chain *c)
{
	each_rule(l, c, spec_rule);
}

typedef void (*chain_fn)(struct listing *l, const struct chain *c);

/* The table as the kernel has it before any rule. */
static void each_base(struct listing *l, enum table_id table, chain_fn fn)
{
	for (unsigned h = 0; h < NAT_N_HOOKS; h++) {
		struct chain c = {.base = true};
		const char *name = nat_hook_name((enum nat_hook)h);

		memcpy(c.name, name, strlen(name) + 1);
		if (table_hooks(table) & (1U << h) && wanted(l, &c))
			fn(l, &c);
	}
}

static void each_chain(struct listing *l, enum table_id table, chain_fn fn)
{
	const struct nat_rules *r = l->rules;
	uint32_t end = 0;

	if (!r->table[table].present) {
		each_base(l, table, fn);
		return;
	}
	for (uint32_t c = table_chains(r, table, &end); c < end; c++)
		if (wanted(l, &r->chain[c]))
			fn(l, &r->chain[c]);
}

int nat_rules_list(const struct nat_rules *r, const struct nat_list_options *o,
		   struct nat_sink out)
{
	struct listing l = {.rules = r, .options = o, .out = out};
	enum table_id table = TABLE_FILTER;
	int rc = o->table ? table_named(o->table, &table) : 0;

	if (rc)
		return rc;
	each_chain(&l, table, o->spec ? spec_chain : list_chain);
	if (o->spec)
		each_chain(&l, table, spec_rules);
	if (!l.n_chains)
		return -ENOENT;
	return o->rule && !l.n_rules ? -ERANGE : 0;
}
