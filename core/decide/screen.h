/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which rules of a chain can fit a packet? Compiled, after Lakshman and
 * Stiliadis 1998: for each field of a packet that some rule asks about, a map
 * from its value to a row of bits, one for each rule that the value fits. What
 * the rows of all fields have in common are the rules left to be asked, in
 * order.
 *
 * A rule that is left out does not fit, and asking it would change nothing and
 * drop nothing. Constant once made.
 */
#ifndef NAT_SCREEN_H
#define NAT_SCREEN_H

#include "decide/interval.h"
#include "decide/rules.h"
#include "decide/topology.h"
#include "pure/packet.h"
#include "pure/packet_ipv6.h"

enum screen_field {
	SCREEN_IN,
	SCREEN_OUT,
	SCREEN_PROTO,
	SCREEN_PORT, /* destination, TCP and UDP */
	SCREEN_SRC,
	SCREEN_DST,
	SCREEN_FIELDS
};

enum {
	SCREEN_RULES = 1024, /* of one screen at most; chains have many */
	SCREEN_WORD = 64,
};

struct screen_column {
	struct interval_map map; /* value to row */
	uint64_t *rows;
	uint8_t field; /* enum screen_field */
};

struct screen {
	uint32_t words;
	unsigned n_columns;
	struct screen_column *column;
	uint64_t *every; /* a row of all rules */
	/* Those of which the columns ask all that stands before the first -m:
	 * if every column was looked at, it fits. */
	uint64_t *sure;
};

/* Of @n rules from @r on; false: no memory, and nothing to free. */
MUST_USE bool screen_init(struct screen *s, const struct nat_topology *t,
			  uint8_t family, const struct rule *r, uint32_t n);
void screen_fini(struct screen *s);

/* What is asked: a packet, and where it came in and leaves. */
struct screen_key {
	const struct packet *p;
	uint8_t in_dev, out_dev; /* or RULE_DEV_* */
};

/* The rules left, one after the other. */
struct screen_scan {
	const struct screen *screen;
	uint64_t left; /* of the word */
	uint32_t word;
	unsigned n_rows;
	bool sure; /* every column was looked at */
	const uint64_t *row[SCREEN_FIELDS];
};

/* Ports that rules can look at: the whole transport header is there. */
static inline bool screen_has_port(const struct packet *p)
{
	uint32_t least = p->proto == PROTO_TCP   ? TCP_HEADER
			 : p->proto == PROTO_UDP ? UDP_HEADER
						 : UINT32_MAX;

	return !(p->frag & IPV4_OFFSET) && packet_l4_len(p) >= least;
}

/* An extension header is no protocol that a rule can ask for. */
static inline bool screen_has_proto(const struct packet *p)
{
	return likely(p->family == 4) || !ext_is_header(p->proto);
}

static inline uint32_t screen_addr_row(const struct screen_column *c,
				       const struct packet *p,
				       const uint8_t *field)
{
	struct nat_addr addr = load_addr(field, p->family);

	return interval_find(&c->map, p->family, &addr);
}

/* The row of what the packet has in the column's field; false: it has nothing
 * there. Small values are spread over the range that maps search quickly. */
static inline bool screen_row(const struct screen_column *c,
			      const struct screen_key *key, uint32_t *row)
{
	const struct packet *p = key->p;
	uint32_t port;

	switch ((enum screen_field)c->field) {
	case SCREEN_IN:
		*row = interval_first4(&c->map, key->in_dev);
		return true;
	case SCREEN_OUT:
		*row = interval_first4(&c->map, key->out_dev);
		return true;
	case SCREEN_PROTO:
		if (unlikely(!screen_has_proto(p)))
			return false;
		*row = interval_first4(&c->map, p->proto);
		return true;
	case SCREEN_PORT:
		if (!screen_has_port(p))
			return false;
		port = load16_host(packet_l4(p) + PORT_DST);
		*row = interval_find4(&c->map, port << 16);
		return true;
	case SCREEN_SRC:
		*row = screen_addr_row(c, p, packet_src(p));
		return true;
	case SCREEN_DST:
	case SCREEN_FIELDS:
		*row = screen_addr_row(c, p, packet_dst(p));
		return true;
	}
	return false;
}

static inline uint64_t screen_word(const struct screen_scan *scan)
{
	uint64_t left = scan->row[0][scan->word];

	for (unsigned i = 1; i < scan->n_rows; i++)
		left &= scan->row[i][scan->word];
	return left;
}

/* From rule @from on, which there is. */
ALWAYS_INLINE void screen_start(struct screen_scan *scan,
				const struct screen *s,
				const struct screen_key *key, uint32_t from)
{
	unsigned n = 0;

	scan->screen = s;
	scan->sure = true;
	scan->row[0] = s->every;
	for (unsigned i = 0; i < s->n_columns; i++) {
		const struct screen_column *c = &s->column[i];
		uint32_t row;

		if (likely(screen_row(c, key, &row)))
			scan->row[n++] = c->rows + (size_t)row * s->words;
		else if (c->field != SCREEN_PORT)
			scan->sure = false;
	}
	scan->n_rows = n ? n : 1;
	scan->word = from / SCREEN_WORD;
	scan->left = screen_word(scan) & UINT64_MAX << from % SCREEN_WORD;
}

/* The next rule, counted from the first; -1: no more. */
static inline int screen_next(struct screen_scan *scan)
{
	unsigned bit;

	while (!scan->left) {
		if (++scan->word == scan->screen->words)
			return -1;
		scan->left = screen_word(scan);
	}
	bit = (unsigned)__builtin_ctzll(scan->left);
	scan->left &= scan->left - 1;
	return (int)(scan->word * SCREEN_WORD + bit);
}

/* Does the header of rule @i, which is left, fit without a look? */
static inline bool screen_sure(const struct screen_scan *scan, int i)
{
	unsigned u = (unsigned)i;

	return scan->sure &&
	       scan->screen->sure[u / SCREEN_WORD] >> u % SCREEN_WORD & 1;
}

int screen_first_of_many(const struct screen *s, const struct screen_key *key,
			 bool *sure);

/* The first rule that is left; -1: none. *sure: its header fits without a look.
 * Where all rules are in one word nothing needs to be kept of the columns. */
ALWAYS_INLINE int screen_first(const struct screen *s,
			       const struct screen_key *key, bool *sure)
{
	uint64_t left = *s->every;
	uint32_t row;
	int i;

	if (s->words > 1)
		return screen_first_of_many(s, key, sure);
	*sure = true;
	for (unsigned c = 0; c < s->n_columns; c++)
		if (likely(screen_row(&s->column[c], key, &row)))
			left &= s->column[c].rows[row];
		else if (s->column[c].field != SCREEN_PORT)
			*sure = false;
	if (!left)
		return -1;
	i = __builtin_ctzll(left);
	*sure = *sure && *s->sure >> i & 1;
	return i;
}

#endif
