/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A port stands in the kernel's connection; a lot shows in the counter of its
 * rule, which is ahead of the core's if the rule fitted. */
#include "verify/choice.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/rules_diff.h"

static bool icmp(const struct nat_tuple *t)
{
	enum { ICMP = 1, ICMPV6 = 58 };

	return t->proto == ICMP || t->proto == ICMPV6;
}

static int choose_id(struct chooser *c, const struct nat_choice *q)
{
	struct nat_conntrack ct;
	const struct nat_tuple *reply = &ct.tuple[NAT_REPLY];

	if (kernel_find(c->kernel, &q->tuple, &ct))
		return -1;
	c->made.ids++;
	return ntohs(q->source && !icmp(&q->tuple) ? reply->dst_id
						   : reply->src_id);
}

struct growing {
	char *text;
	size_t len;
};

static void grow(void *ctx, const char *text, size_t len)
{
	struct growing *g = ctx;
	char *more = g->text ? realloc(g->text, g->len + len + 1) : NULL;

	if (!more) {
		free(g->text);
		g->text = NULL;
		return;
	}
	memcpy(more + g->len, text, len);
	g->text = more;
	g->len += len;
	g->text[g->len] = '\0';
}

char *chooser_core_rules(struct chooser *c, unsigned family)
{
	struct text text = family == 6 ? c->rules6_text : c->rules_text;
	struct growing g = {.text = calloc(1, 1)};
	struct nat_error err;
	struct nat_rules *r =
		family == 6 ? nat_rules6_parse(text.at, text.len, &err)
			    : nat_rules_parse(text.at, text.len, &err);

	if (r && !nat_engine_rule_counters(c->engine, r))
		nat_rules_save(r, (struct nat_sink){grow, &g});
	nat_rules_free(r);
	return g.text;
}

static int choose_lot(struct chooser *c, const struct nat_choice *q)
{
	struct nat_error err;
	char *kernel = kernel_rules(c->kernel, q->family, q->table, &err);
	char *core = chooser_core_rules(c, q->family);
	int lot = -1;

	if (kernel && core) {
		uint64_t a = rules_packets(kernel, q->table, q->chain, q->rule);
		uint64_t b = rules_packets(core, q->table, q->chain, q->rule);

		lot = a > b;
		c->made.lots++;
	}
	free(kernel);
	free(core);
	return lot;
}

int chooser_choose(void *chooser, const struct nat_choice *q)
{
	struct chooser *c = chooser;

	switch (q->kind) {
	case NAT_CHOICE_ID:
		return choose_id(c, q);
	case NAT_CHOICE_LOT:
		return choose_lot(c, q);
	}
	return -1;
}
