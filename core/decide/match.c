/* SPDX-License-Identifier: BSD-2-Clause
 * Matches of rules, one function each. */
#include "decide/match.h"

#include <arpa/inet.h>

#include "decide/choice.h"
#include "decide/match_sctp.h"
#include "pure/packet_ipv6.h"
#include "pure/random.h"

/* Fragments other than the first have no transport header to look at. */
static bool later_fragment(const struct packet *p)
{
	return p->frag & IPV4_OFFSET;
}

/* ip6tables looks for the protocol behind extension headers: it drops what
 * leads nowhere, and knows a later fragment's only where nothing else is
 * between. */
static bool proto_fits(const struct rule *r, const struct packet *p,
		       bool *hotdrop)
{
	if (!r->proto)
		return true;
	if (unlikely(p->family == 6 && ext_is_header(p->proto))) {
		*hotdrop = !later_fragment(p);
		return false;
	}
	return (p->proto == r->proto) != r->inv_proto;
}

bool rule_header_fits(const struct rule *r, const struct walk *k, bool *hotdrop)
{
	const struct nat_topology *t = k->w->engine->topology;
	const struct packet *p = &k->p;
	struct nat_addr src = packet_src_addr(p), dst = packet_dst_addr(p);

	if (!rule_addr_fits(&r->src, &src) || !rule_addr_fits(&r->dst, &dst))
		return false;
	if (!rule_if_fits(&r->in, rule_dev_name(t, walk_rule_in(k))) ||
	    !rule_if_fits(&r->out, rule_dev_name(t, walk_rule_out(k))))
		return false;
	if (!proto_fits(r, p, hotdrop))
		return false;
	return r->fragment == FRAG_ANY ||
	       later_fragment(p) == (r->fragment == FRAG_ONLY);
}

/* The transport header, or NULL: a match that needs @len bytes of it drops
 * the packet where they are not there. */
static const uint8_t *l4_or_hotdrop(const struct walk *k, uint32_t len,
				    bool *hotdrop)
{
	if (packet_l4_len(&k->p) >= len)
		return packet_l4(&k->p);
	*hotdrop = true;
	return NULL;
}

/* Walks TCP options, up to @end, as far as they make sense. */
static bool has_tcp_option(const uint8_t *l4, uint32_t end, uint8_t kind)
{
	uint32_t i = TCP_HEADER;

	while (i < end) {
		uint8_t step;

		if (l4[i] == kind)
			return true;
		if (l4[i] < 2 || i + 1 >= end) {
			i++;
			continue;
		}
		step = l4[i + 1];
		i += step ? step : 1;
	}
	return false;
}

static bool match_tcp_option(const struct match_tcp *m, const struct walk *k,
			     bool *hotdrop)
{
	const uint8_t *l4 = packet_l4(&k->p);
	uint32_t end = (uint32_t)(l4[TCP_DOFF] >> 4) * 4;

	if (end < TCP_HEADER || end > packet_l4_len(&k->p)) {
		*hotdrop = true;
		return false;
	}
	return has_tcp_option(l4, end, m->option) != m->inv_option;
}

static bool match_tcp(const struct match_tcp *m, struct walk *k, bool *hotdrop)
{
	const uint8_t *l4;

	if (later_fragment(&k->p)) {
		/* an offset of 1 would hide the flags from every filter;
		 * ip6tables counts in bytes and never finds it */
		if (k->p.family == 4 && (k->p.frag & IPV4_OFFSET) == 1)
			*hotdrop = true;
		return false;
	}
	l4 = l4_or_hotdrop(k, TCP_HEADER, hotdrop);
	if (!l4)
		return false;
	if (port_range_has(m->sport, load16_host(l4 + PORT_SRC)) ==
		    m->inv_sport ||
	    port_range_has(m->dport, load16_host(l4 + PORT_DST)) ==
		    m->inv_dport)
		return false;
	if (((l4[TCP_FLAG_BYTE] & m->flags_mask) == m->flags_cmp) ==
	    m->inv_flags)
		return false;
	return !m->option || match_tcp_option(m, k, hotdrop);
}

static bool match_udp(const struct match_udp *m, struct walk *k, bool *hotdrop)
{
	const uint8_t *l4;

	if (later_fragment(&k->p))
		return false;
	l4 = l4_or_hotdrop(k, UDP_HEADER, hotdrop);
	return l4 &&
	       port_range_has(m->sport, load16_host(l4 + PORT_SRC)) !=
		       m->inv_sport &&
	       port_range_has(m->dport, load16_host(l4 + PORT_DST)) !=
		       m->inv_dport;
}

static bool match_icmp(const struct match_icmp *m, struct walk *k,
		       bool *hotdrop)
{
	enum { ANY_TYPE = 255 };
	const uint8_t *l4;
	bool fits;

	if (later_fragment(&k->p))
		return false;
	l4 = l4_or_hotdrop(k, ICMP_HEADER, hotdrop);
	if (!l4)
		return false;
	fits = (m->type == ANY_TYPE && k->p.family == 4) ||
	       (l4[ICMP_TYPE] == m->type && m->code_min <= l4[ICMP_CODE] &&
		l4[ICMP_CODE] <= m->code_max);
	return fits != m->invert;
}

static bool match_multiport(const struct match_multiport *m, struct walk *k,
			    bool *hotdrop)
{
	const uint8_t *l4;
	bool fits = false;

	if (later_fragment(&k->p))
		return false;
	l4 = l4_or_hotdrop(k, 4, hotdrop);
	if (!l4)
		return false;
	for (unsigned i = 0; i < m->n && !fits; i++) {
		if (m->side != MULTIPORT_DST)
			fits = port_range_has(m->port[i],
					      load16_host(l4 + PORT_SRC));
		if (m->side != MULTIPORT_SRC)
			fits |= port_range_has(m->port[i],
					       load16_host(l4 + PORT_DST));
	}
	return fits != m->invert;
}

static uint16_t state_bits(const struct walk *k)
{
	uint16_t bits = (uint16_t)(1u << k->state);
	uint16_t status = k->ct.conn ? conn_status(k->ct.conn) : 0;

	if (status & NAT_ST_SRC_NAT)
		bits |= CTSTATE_SNAT;
	if (status & NAT_ST_DST_NAT)
		bits |= CTSTATE_DNAT;
	return bits;
}

/* One answer to a question that was asked, possibly inverted. */
static bool ct_agrees(const struct match_conntrack *m, enum ctmatch_field f,
		      bool answer)
{
	return !(m->asked & f) || answer != !!(m->inverted & f);
}

static bool ct_ends_fit(const struct match_conntrack *m, const struct conn *c)
{
	static const uint16_t addr_field[] = {CTM_ORIGSRC, CTM_ORIGDST,
					      CTM_REPLSRC, CTM_REPLDST};
	static const uint16_t port_field[] = {
		CTM_ORIGSRC_PORT, CTM_ORIGDST_PORT, CTM_REPLSRC_PORT,
		CTM_REPLDST_PORT};
	struct nat_tuple t[NAT_N_DIRS];

	conn_tuple(c, NAT_ORIGINAL, &t[NAT_ORIGINAL]);
	conn_tuple(c, NAT_REPLY, &t[NAT_REPLY]);
	for (unsigned i = 0; i < CT_N_ENDS; i++) {
		const struct nat_tuple *d = &t[i / 2];
		const struct nat_addr *a = i % 2 ? &d->dst : &d->src;
		uint16_t id = ntohs(i % 2 ? d->dst_id : d->src_id);

		if (!ct_agrees(m, addr_field[i],
			       rule_addr_fits(&m->addr[i], a)) ||
		    !ct_agrees(m, port_field[i],
			       port_range_has(m->port[i], id)))
			return false;
	}
	return true;
}

static bool match_conntrack(const struct match_conntrack *m, struct walk *k)
{
	const struct conn *c = k->ct.conn;
	uint16_t status;
	uint32_t left = 0; /* until it is confirmed */

	if (!ct_agrees(m, CTM_STATE, m->states & state_bits(k)))
		return false;
	if (likely(m->asked == CTM_STATE))
		return true;
	if (!c)
		return m->asked & CTM_STATE;
	status = conn_status(c);
	if (status & NAT_ST_CONFIRMED)
		left = (conn_timeout(c) - k->w->view.now) / TICKS_PER_S;
	return ct_agrees(m, CTM_DIR, k->ct.dir == m->dir) &&
	       ct_agrees(m, CTM_PROTO, c->proto == m->proto) &&
	       ct_agrees(m, CTM_STATUS, status & m->status) &&
	       ct_agrees(m, CTM_EXPIRE,
			 m->expire_min <= left && left <= m->expire_max) &&
	       ct_ends_fit(m, c);
}

/* The counter advances at every question, whatever a later match says. */
static bool statistic_nth(const struct match_statistic *m,
			  _Atomic uint64_t *slot)
{
	uint64_t old = atomic_load_explicit(slot, memory_order_relaxed);
	uint64_t last = m->every - 1, next;

	do
		next = old == last ? 0 : old + 1;
	while (!atomic_compare_exchange_weak_explicit(
		slot, &old, next, memory_order_relaxed, memory_order_relaxed));
	return !next;
}

static bool match_statistic(const struct match_statistic *m, struct walk *k)
{
	int lot = m->nth ? -1 : choice_lot(k, m);
	bool fits;

	if (unlikely(lot >= 0))
		return lot;
	if (m->nth)
		fits = statistic_nth(m, &walk_rules(k)->state[m->state]);
	else
		fits = (random_u32(&k->w->random) & 0x7fffffff) <
		       m->probability;
	return fits != m->invert;
}

static bool match_iprange(const struct match_iprange *m, const struct walk *k)
{
	struct nat_addr src = packet_src_addr(&k->p),
			dst = packet_dst_addr(&k->p);

	if (m->src &&
	    addr_between(&src, &m->src_min, &m->src_max) == m->inv_src)
		return false;
	return !m->dst ||
	       addr_between(&dst, &m->dst_min, &m->dst_max) != m->inv_dst;
}

/* A bucket of credit, so many per tick; a packet costs some. The slot holds
 * the credit in its low half and the time of it in the high half. Zero: full,
 * since nothing was ever taken. */
static bool match_limit(const struct match_limit *m, struct walk *k)
{
	uint32_t cost = limit_credits(m->avg);
	uint32_t cap = limit_credits(m->avg * m->burst);
	_Atomic uint64_t *slot = &walk_rules(k)->state[m->state];
	uint64_t old = atomic_load_explicit(slot, memory_order_relaxed), next;
	bool fits;

	do {
		ticks since = k->w->view.now - (ticks)(old >> 32);
		uint64_t credit =
			(uint32_t)old + (uint64_t)since * LIMIT_CREDITS;

		if (!old || credit > cap)
			credit = cap;
		fits = credit >= cost;
		if (fits)
			credit -= cost;
		next = (uint64_t)k->w->view.now << 32 | (uint32_t)credit;
	} while (!atomic_compare_exchange_weak_explicit(
		slot, &old, next, memory_order_relaxed, memory_order_relaxed));
	return fits;
}

/* False without a connection, inverted or not. */
static bool match_connmark(const struct match_mark *m, const struct walk *k)
{
	const struct conn *c = k->ct.conn;

	return c && ((conn_mark(c) & m->mask) == m->mark) != m->invert;
}

static bool match_fits(const struct match *m, struct walk *k, bool *hotdrop)
{
	switch (m->kind) {
	case MATCH_TCP:
		return match_tcp(&m->tcp, k, hotdrop);
	case MATCH_UDP:
		return match_udp(&m->udp, k, hotdrop);
	case MATCH_SCTP:
		return !later_fragment(&k->p) &&
		       match_sctp(&m->sctp, &k->p, hotdrop);
	case MATCH_ICMP:
	case MATCH_ICMP6:
		return match_icmp(&m->icmp, k, hotdrop);
	case MATCH_MULTIPORT:
		return match_multiport(&m->multiport, k, hotdrop);
	case MATCH_CONNTRACK:
		return match_conntrack(&m->conntrack, k);
	case MATCH_STATE:
		return !(m->state.states & 1u << k->state) == m->state.invert;
	case MATCH_MARK:
		return ((k->mark & m->mark.mask) == m->mark.mark) !=
		       m->mark.invert;
	case MATCH_CONNMARK:
		return match_connmark(&m->mark, k);
	case MATCH_ADDRTYPE:
		return match_addrtype(&m->addrtype, k);
	case MATCH_STATISTIC:
		return match_statistic(&m->statistic, k);
	case MATCH_IPRANGE:
		return match_iprange(&m->iprange, k);
	case MATCH_LIMIT:
		return match_limit(&m->limit, k);
	case MATCH_LENGTH:
	case MATCH_TTL:
	case MATCH_TOS:
	case MATCH_DSCP:
	case MATCH_TCPMSS:
	case MATCH_MAC:
	case MATCH_PKTTYPE:
	case MATCH_OWNER:
	case MATCH_HELPER:
	case MATCH_CONNBYTES:
		return match_others(m, k, hotdrop);
	case MATCH_COMMENT:
	case N_MATCHES:
		return true;
	}
	return true;
}

bool rule_matches_fit(const struct rule *r, struct walk *k, bool *hotdrop)
{
	for (unsigned i = 0; i < r->n_matches; i++)
		if (!match_fits(&r->match[i], k, hotdrop))
			return false;
	return true;
}
