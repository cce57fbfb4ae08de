/* SPDX-License-Identifier: BSD-2-Clause
 * Rules as iptables-save -c writes them (spec 12.3). */
#include <inttypes.h>
#include <string.h>

#include "text/protocols.h"
#include "text/rules_text.h"
#include "text/text.h"

static void save_addr(const char *option, const struct rule_addr *a,
		      uint8_t family, struct nat_sink out)
{
	static const struct nat_addr any;

	if (!a->invert && !memcmp(&a->mask, &any, sizeof(any)))
		return;
	text_printf(out, "%s %s %s%s", a->invert ? " !" : "", option,
		    text_addr(&a->addr, family).s,
		    text_mask(&a->mask, family).s);
}

/* "-i +" is any interface and left out, as the tool does, inverted or not. */
static void save_if(const char *option, const struct rule_if *i,
		    struct nat_sink out)
{
	if (i->len)
		text_printf(out, "%s %s %s", i->invert ? " !" : "", option,
			    i->name);
}

void rule_save(const struct rule *r, uint8_t family, const char *chain,
	       const char *to, bool counters, struct nat_sink out)
{
	const struct target_type *target = target_type[r->target.kind];

	text_printf(out, "-A %s", chain);
	save_addr("-s", &r->src, family, out);
	save_addr("-d", &r->dst, family, out);
	save_if("-i", &r->in, out);
	save_if("-o", &r->out, out);
	if (r->proto)
		text_printf(out, "%s -p %s", r->inv_proto ? " !" : "",
			    proto_text(r->proto).s);
	if (r->fragment != FRAG_ANY)
		text_puts(out, r->fragment == FRAG_NOT ? " ! -f" : " -f");
	for (unsigned i = 0; i < r->n_matches; i++) {
		const struct match_type *type = match_type[r->match[i].kind];

		text_printf(out, " -m %s", type->name);
		type->save(&r->match[i], out);
	}
	if (counters)
		text_printf(out, " -c %" PRIu64 " %" PRIu64, r->packets,
			    r->bytes);
	if (to)
		text_printf(out, " -%c %s",
			    r->target.kind == TARGET_GOTO ? 'g' : 'j', to);
	else if (target->name)
		text_printf(out, " -j %s", target->name);
	if (target->save)
		target->save(&r->target, out);
}

uint32_t table_chains(const struct nat_rules *r, enum table_id table,
		      uint32_t *end)
{
	uint32_t first = 0;

	while (first < r->n_chains && r->chain[first].table != table)
		first++;
	*end = first;
	while (*end < r->n_chains && r->chain[*end].table == table)
		++*end;
	return first;
}

static void save_chain(const struct chain *c, struct nat_sink out)
{
	const char *policy = !c->base ? "-" : c->drop ? "DROP" : "ACCEPT";

	text_printf(out, ":%s %s [%" PRIu64 ":%" PRIu64 "]\n", c->name, policy,
		    c->packets, c->bytes);
}

static void save_rule(const struct rule *r, struct nat_sink out)
{
	text_printf(out, "[%" PRIu64 ":%" PRIu64 "] ", r->packets, r->bytes);
	text_puts(out, r->text);
	text_puts(out, "\n");
}

/* Tables stand in the order in which the text had them. */
void nat_rules_save(const struct nat_rules *r, struct nat_sink out)
{
	for (uint32_t first = 0, end = 0; first < r->n_chains; first = end) {
		enum table_id table = (enum table_id)r->chain[first].table;

		table_chains(r, table, &end);
		text_printf(out, "*%s\n", table_name[table]);
		for (uint32_t c = first; c < end; c++)
			save_chain(&r->chain[c], out);
		for (uint32_t c = first; c < end; c++)
			for (uint32_t i = 0; i < r->chain[c].n_rules; i++)
				save_rule(&r->rule[r->chain[c].first + i], out);
		text_puts(out, "COMMIT\n");
	}
}
