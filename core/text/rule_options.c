/* SPDX-License-Identifier: BSD-2-Clause
 * The options that every rule may have: addresses, protocol, interfaces,
 * fragments, target, matches, counters. */
#include <string.h>

#include "text/array.h"
#include "text/protocols.h"
#include "text/rule_draft.h"
#include "text/scan.h"
#include "text/text.h"

/* ADDR[/MASK][,ADDR[/MASK]]... */
static int opt_addr(const struct given *g)
{
	struct draft *d = g->draft;
	struct addr_list *list = g->option->id == OPT_SRC ? &d->src : &d->dst;
	const char *s = g->arg[0];

	if (g->invert && strchr(s, ','))
		return text_fail(g->err, "! cannot go with several addresses");
	for (;;) {
		char word[128];
		size_t len = strcspn(s, ",");
		struct rule_addr *a = array_reserve(list->addr, list->n, 1,
						    &list->cap, sizeof(*a));

		if (!a)
			return text_no_memory(g->err);
		list->addr = a;
		if (len >= sizeof(word))
			return text_fail(g->err, "'%s' is not an IPv%u address",
					 s, g->family);
		memcpy(word, s, len);
		word[len] = '\0';
		int rc = scan_network(word, g->family, &a[list->n], g->err);

		if (rc)
			return rc;
		a[list->n++].invert = g->invert;
		if (!s[len])
			return 0;
		s += len + 1;
	}
}

static int opt_proto(const struct given *g)
{
	struct rule *r = &g->draft->rule;

	if (!proto_scan(g->arg[0], &r->proto))
		return text_fail(g->err, "unknown protocol '%s'", g->arg[0]);
	r->inv_proto = g->invert;
	if (!r->proto && r->inv_proto)
		return text_fail(g->err, "no packet has '! -p %s'", g->arg[0]);
	return 0;
}

static int opt_interface(const struct given *g)
{
	struct rule *r = &g->draft->rule;
	struct rule_if *i = g->option->id == OPT_IN ? &r->in : &r->out;
	const char *name = g->arg[0];
	size_t len = strlen(name);

	if (!len || len >= RULE_IF_LEN || strchr(name, '/') || !scan_bare(name))
		return text_fail(g->err, "'%s' cannot name an interface", name);
	memcpy(i->name, name, len + 1);
	i->len = (uint8_t)(name[len - 1] == '+' ? len - 1 : len + 1);
	i->invert = g->invert;
	return 0;
}

static int opt_fragment(const struct given *g)
{
	if (g->family == 6)
		return text_fail(g->err, "-f is not for IPv6");
	g->draft->rule.fragment = g->invert ? FRAG_NOT : FRAG_ONLY;
	return 0;
}

static int jump_to(const struct given *g, const struct chain *chain,
		   enum target_kind kind)
{
	struct draft *d = g->draft;

	if (chain->base)
		return text_fail(g->err,
				 "'%s' is a built-in chain: no rule may jump "
				 "to it",
				 chain->name);
	d->rule.target.kind = kind;
	d->rule.target.chain = builder_chain_id(d->builder, chain);
	return 0;
}

static int opt_goto(const struct given *g)
{
	const struct chain *c =
		builder_find_chain(g->draft->builder, g->arg[0]);

	if (!c)
		return text_fail(g->err, "there is no chain '%s'", g->arg[0]);
	return jump_to(g, c, TARGET_GOTO);
}

static int opt_jump(const struct given *g)
{
	struct target *t = &g->draft->rule.target;
	const struct chain *c =
		builder_find_chain(g->draft->builder, g->arg[0]);

	if (c)
		return jump_to(g, c, TARGET_JUMP);
	int rc = target_kind_named(g->arg[0], &t->kind, g->err);

	t->family = g->family;
	if (!rc && target_type[t->kind]->init)
		target_type[t->kind]->init(t);
	return rc;
}

int draft_add_match(struct draft *d, enum match_kind kind)
{
	struct rule *r = &d->rule;

	if (r->n_matches == UINT16_MAX)
		return text_fail(d->err, "a rule has too many matches");
	struct match *m = array_reserve(r->match, r->n_matches, 1,
					&d->match_cap, sizeof(*m));

	if (!m)
		return text_no_memory(d->err);
	r->match = m;
	uint32_t *seen = array_reserve(d->match_seen, r->n_matches, 1,
				       &d->seen_cap, sizeof(*seen));

	if (!seen)
		return text_no_memory(d->err);
	d->match_seen = seen;
	seen[r->n_matches] = 0;
	m += r->n_matches++;
	memset(m, 0, sizeof(*m));
	m->kind = kind;
	m->family = builder_family(d->builder);
	if (match_type[kind]->init)
		match_type[kind]->init(m);
	return 0;
}

static int opt_match(const struct given *g)
{
	enum match_kind kind = N_MATCHES;
	int rc = match_kind_named(g->arg[0], g->family, &kind, g->err);

	return rc ? rc : draft_add_match(g->draft, kind);
}

static int opt_counters(const struct given *g)
{
	struct rule *r = &g->draft->rule;

	if (!scan_u64(g->arg[0], 10, UINT64_MAX, &r->packets) ||
	    !scan_u64(g->arg[1], 10, UINT64_MAX, &r->bytes))
		return text_fail(g->err, "'%s %s' is not PACKETS BYTES",
				 g->arg[0], g->arg[1]);
	return 0;
}

static int opt_family(const struct given *g)
{
	uint8_t family = strchr(g->option->name, '6') ? 6 : 4;

	g->draft->other_family |= family != g->family;
	return 0;
}

const struct text_option rule_options[] = {
	{"-s", OPT_SRC, 1, true, false, opt_addr},
	{"--src", OPT_SRC, 1, true, false, opt_addr},
	{"--source", OPT_SRC, 1, true, false, opt_addr},
	{"-d", OPT_DST, 1, true, false, opt_addr},
	{"--dst", OPT_DST, 1, true, false, opt_addr},
	{"--destination", OPT_DST, 1, true, false, opt_addr},
	{"-p", OPT_PROTO, 1, true, false, opt_proto},
	{"--protocol", OPT_PROTO, 1, true, false, opt_proto},
	{"-i", OPT_IN, 1, true, false, opt_interface},
	{"--in-interface", OPT_IN, 1, true, false, opt_interface},
	{"-o", OPT_OUT, 1, true, false, opt_interface},
	{"--out-interface", OPT_OUT, 1, true, false, opt_interface},
	{"-f", OPT_FRAGMENT, 0, true, false, opt_fragment},
	{"--fragments", OPT_FRAGMENT, 0, true, false, opt_fragment},
	{"-j", OPT_TARGET, 1, false, false, opt_jump},
	{"--jump", OPT_TARGET, 1, false, false, opt_jump},
	{"-g", OPT_TARGET, 1, false, false, opt_goto},
	{"--goto", OPT_TARGET, 1, false, false, opt_goto},
	{"-m", OPT_MATCH, 1, false, true, opt_match},
	{"--match", OPT_MATCH, 1, false, true, opt_match},
	{"-c", OPT_COUNTERS, 2, false, false, opt_counters},
	{"--set-counters", OPT_COUNTERS, 2, false, false, opt_counters},
	{"-4", OPT_FAMILY, 0, false, true, opt_family},
	{"--ipv4", OPT_FAMILY, 0, false, true, opt_family},
	{"-6", OPT_FAMILY, 0, false, true, opt_family},
	{"--ipv6", OPT_FAMILY, 0, false, true, opt_family},
	{.name = NULL},
};
