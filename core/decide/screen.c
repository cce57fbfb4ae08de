/* SPDX-License-Identifier: BSD-2-Clause
 * Compiles rules into screens: each field's values fall into intervals in
 * which every rule says the same, so that one value of each is asked. */
#include "decide/screen.h"

#include <stdlib.h>
#include <string.h>

struct compiler {
	const struct nat_topology *t;
	const struct rule *rule;
	uint32_t n, words;
	uint8_t family;
	enum screen_field field;
	addr_num *point; /* where intervals begin */
	size_t n_points;
	struct spans spans;
};

/* Intervals are made of prefixes alone. */
static bool is_prefix(const struct compiler *c, const struct rule_addr *a)
{
	addr_num host =
		prefix_end(c->family, 0, 0) ^ addr_to_num(c->family, &a->mask);

	return !(host & (host + 1));
}

/* The match that first asks for a destination port, if nothing before it has
 * an effect. */
static const struct match *port_match(const struct rule *r)
{
	bool ports = (r->proto == PROTO_TCP || r->proto == PROTO_UDP) &&
		     !r->inv_proto;
	const struct match *m = r->match;

	while (m < r->match + r->n_matches &&
	       (m->kind == MATCH_COMMENT || m->kind == MATCH_CONNTRACK ||
		m->kind == MATCH_STATE || m->kind == MATCH_MARK ||
		m->kind == MATCH_CONNMARK || m->kind == MATCH_ADDRTYPE ||
		m->kind == MATCH_IPRANGE))
		m++;
	if (!ports || m == r->match + r->n_matches)
		return NULL;
	if ((m->kind == MATCH_TCP && r->proto == PROTO_TCP) ||
	    (m->kind == MATCH_UDP && r->proto == PROTO_UDP) ||
	    (m->kind == MATCH_MULTIPORT && m->multiport.side == MULTIPORT_DST))
		return m;
	return NULL;
}

/* Its ranges and whether they are meant the other way round. */
static unsigned port_ranges(const struct match *m,
			    const struct port_range **range, bool *invert)
{
	if (m->kind == MATCH_MULTIPORT) {
		*range = m->multiport.port;
		*invert = m->multiport.invert;
		return m->multiport.n;
	}
	*range = m->kind == MATCH_TCP ? &m->tcp.dport : &m->udp.dport;
	*invert = m->kind == MATCH_TCP ? m->tcp.inv_dport : m->udp.inv_dport;
	return 1;
}

static bool port_fits(const struct rule *r, uint16_t port)
{
	const struct match *m = port_match(r);
	const struct port_range *range;
	bool invert, in = false;
	unsigned n;

	if (!m)
		return true;
	n = port_ranges(m, &range, &invert);
	for (unsigned i = 0; i < n; i++)
		in |= port_range_has(range[i], port);
	return in != invert;
}

static const struct rule_if *rule_if(const struct compiler *c,
				     const struct rule *r)
{
	return c->field == SCREEN_IN ? &r->in : &r->out;
}

static const struct rule_addr *rule_addr(const struct compiler *c,
					 const struct rule *r)
{
	return c->field == SCREEN_SRC ? &r->src : &r->dst;
}

/* Is the field asked about at all? */
static bool asks(const struct compiler *c, const struct rule *r)
{
	switch (c->field) {
	case SCREEN_IN:
	case SCREEN_OUT:
		return rule_if(c, r)->len || rule_if(c, r)->invert;
	case SCREEN_PROTO:
		return r->proto;
	case SCREEN_PORT:
		return port_match(r);
	case SCREEN_SRC:
	case SCREEN_DST:
	case SCREEN_FIELDS:
		break;
	}
	return !addr_is_zero(&rule_addr(c, r)->mask) || rule_addr(c, r)->invert;
}

/* May a packet with value @v fit? */
static bool fits(const struct compiler *c, const struct rule *r, addr_num v)
{
	struct nat_addr addr;

	switch (c->field) {
	case SCREEN_IN:
	case SCREEN_OUT:
		return rule_if_fits(rule_if(c, r),
				    rule_dev_name(c->t, (unsigned)v));
	case SCREEN_PROTO:
		return !r->proto || (r->proto == v) != r->inv_proto;
	case SCREEN_PORT:
		return port_fits(r, (uint16_t)v);
	case SCREEN_SRC:
	case SCREEN_DST:
	case SCREEN_FIELDS:
		break;
	}
	addr = num_to_addr(c->family, v);
	return !is_prefix(c, rule_addr(c, r)) ||
	       rule_addr_fits(rule_addr(c, r), &addr);
}

/* [first, last] is a range that a rule tells from the rest. */
static void add_range(struct compiler *c, addr_num first, addr_num last)
{
	c->point[c->n_points++] = first;
	c->point[c->n_points++] = last + 1;
}

static void add_prefix(struct compiler *c, const struct rule_addr *a)
{
	addr_num mask = addr_to_num(c->family, &a->mask);
	addr_num first = addr_to_num(c->family, &a->addr) & mask;

	if (is_prefix(c, a))
		add_range(c, first,
			  first | (prefix_end(c->family, 0, 0) ^ mask));
}

static void add_ports(struct compiler *c, const struct rule *r)
{
	const struct match *m = port_match(r);
	const struct port_range *range;
	bool invert;

	for (unsigned n = m ? port_ranges(m, &range, &invert) : 0; n--;)
		add_range(c, range[n].min, range[n].max);
}

static void add_points(struct compiler *c, const struct rule *r)
{
	if (c->field == SCREEN_PROTO)
		add_range(c, r->proto, r->proto);
	else if (c->field == SCREEN_PORT)
		add_ports(c, r);
	else if (c->field >= SCREEN_SRC)
		add_prefix(c, rule_addr(c, r));
}

static int by_number(const void *a, const void *b)
{
	addr_num x = *(const addr_num *)a, y = *(const addr_num *)b;

	return (x > y) - (x < y);
}

/* Bits that values of the field lack to the left, see screen_row(). */
static unsigned shift(const struct compiler *c)
{
	if (c->field >= SCREEN_SRC)
		return 0;
	return c->field == SCREEN_PORT ? 16 : 24;
}

static addr_num last_value(const struct compiler *c)
{
	uint8_t family = c->field >= SCREEN_SRC ? c->family : 4;

	return prefix_end(family, 0, 0) >> shift(c);
}

static bool find_points(struct compiler *c)
{
	size_t n_ifs = nat_topology_n_ifs(c->t);

	c->point = malloc(((size_t)2 * MULTIPORT_SLOTS * c->n + n_ifs + 4) *
			  sizeof(*c->point));
	if (!c->point)
		return false;
	c->n_points = 0;
	c->point[c->n_points++] = 0;
	if (c->field <= SCREEN_OUT) {
		for (size_t i = 0; i <= n_ifs; i++)
			c->point[c->n_points++] = i;
		c->point[c->n_points++] = RULE_DEV_LO;
		c->point[c->n_points++] = RULE_DEV_NONE;
	}
	for (uint32_t i = 0; i < c->n; i++)
		if (asks(c, &c->rule[i]))
			add_points(c, &c->rule[i]);
	qsort(c->point, c->n_points, sizeof(*c->point), by_number);
	return true;
}

static void fill_row(const struct compiler *c, uint64_t *row, addr_num v)
{
	memset(row, 0, c->words * sizeof(*row));
	for (uint32_t i = 0; i < c->n; i++)
		if (fits(c, &c->rule[i], v))
			row[i / SCREEN_WORD] |= UINT64_C(1) << i % SCREEN_WORD;
}

static bool fill_rows(struct compiler *c, struct screen_column *col)
{
	size_t size = c->words * sizeof(*col->rows);
	uint64_t *rows;
	uint32_t n = 0;

	col->rows = malloc(c->n_points * size);
	if (!col->rows)
		return false;
	for (size_t i = 0; i < c->n_points; i++) {
		uint64_t *row = col->rows + (size_t)n * c->words;

		/* all ones: the range went on to the end */
		if ((i && c->point[i] == c->point[i - 1]) ||
		    c->point[i] > last_value(c) || (i && !c->point[i]))
			continue;
		fill_row(c, row, c->point[i]);
		if (n && !memcmp(row, row - c->words, size))
			continue;
		if (!spans_push(&c->spans, c->point[i] << shift(c), n++))
			return false;
	}
	size *= n;
	rows = size ? realloc(col->rows, size) : NULL;
	if (rows)
		col->rows = rows;
	return true;
}

static bool make_column(struct compiler *c, struct screen_column *col)
{
	uint8_t family = c->field >= SCREEN_SRC ? c->family : 4;
	bool ok;

	c->spans = (struct spans){0};
	c->point = NULL;
	*col = (struct screen_column){.field = (uint8_t)c->field};
	ok = find_points(c) && fill_rows(c, col) &&
	     interval_map_make(&col->map, family, &c->spans);
	spans_free(&c->spans);
	free(c->point);
	return ok;
}

static bool any_asks(const struct compiler *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		if (asks(c, &c->rule[i]))
			return true;
	return false;
}

static bool make_columns(struct compiler *c, struct screen *s)
{
	s->column = calloc(SCREEN_FIELDS, sizeof(*s->column));
	if (!s->column)
		return false;
	for (int f = 0; f < SCREEN_FIELDS; f++) {
		c->field = (enum screen_field)f;
		if (any_asks(c) && !make_column(c, &s->column[s->n_columns++]))
			return false;
	}
	return true;
}

static bool is_sure(const struct compiler *c, const struct rule *r)
{
	return is_prefix(c, &r->src) && is_prefix(c, &r->dst) &&
	       r->fragment == FRAG_ANY;
}

static bool make_fixed(const struct compiler *c, struct screen *s)
{
	s->every = calloc(c->words, sizeof(*s->every));
	s->sure = calloc(c->words, sizeof(*s->sure));
	if (!s->every || !s->sure)
		return false;
	for (uint32_t i = 0; i < c->n; i++) {
		uint64_t bit = UINT64_C(1) << i % SCREEN_WORD;

		s->every[i / SCREEN_WORD] |= bit;
		if (is_sure(c, &c->rule[i]))
			s->sure[i / SCREEN_WORD] |= bit;
	}
	return true;
}

bool screen_init(struct screen *s, const struct nat_topology *t, uint8_t family,
		 const struct rule *r, uint32_t n)
{
	struct compiler c = {
		.t = t,
		.rule = r,
		.n = n,
		.words = (n + SCREEN_WORD - 1) / SCREEN_WORD,
		.family = family,
	};

	*s = (struct screen){.words = c.words};
	if (make_fixed(&c, s) && make_columns(&c, s))
		return true;
	screen_fini(s);
	return false;
}

void screen_fini(struct screen *s)
{
	for (unsigned i = 0; i < s->n_columns; i++) {
		interval_map_free(&s->column[i].map);
		free(s->column[i].rows);
	}
	free(s->column);
	free(s->every);
	free(s->sure);
	*s = (struct screen){0};
}

int screen_first_of_many(const struct screen *s, const struct screen_key *key,
			 bool *sure)
{
	struct screen_scan scan;
	int i;

	screen_start(&scan, s, key, 0);
	i = screen_next(&scan);
	*sure = i >= 0 && screen_sure(&scan, i);
	return i;
}
