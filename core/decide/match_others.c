/* SPDX-License-Identifier: BSD-2-Clause
 * Matches on single fields, and on what only links, sockets, helpers and
 * accounting know. */
#include "decide/match.h"
#include "pure/rewrite_fields.h"

static bool in_range(const struct match_range *r, uint32_t v)
{
	return (r->min <= v && v <= r->max) != r->invert;
}

static bool length(const struct match *m, const struct walk *k)
{
	return in_range(&m->length, k->p.len);
}

static bool ttl(const struct match *m, const struct walk *k)
{
	uint8_t is = packet_hops(&k->p);

	switch ((enum ttl_order)m->ttl.order) {
	case TTL_EQUAL:
		return is == m->ttl.ttl;
	case TTL_NOT:
		return is != m->ttl.ttl;
	case TTL_BELOW:
		return is < m->ttl.ttl;
	case TTL_ABOVE:
		return is > m->ttl.ttl;
	}
	return false;
}

static bool tos(const struct match *m, const struct walk *k)
{
	uint8_t is = packet_tos(&k->p) & m->tos.mask;

	return (is == m->tos.value) != m->tos.invert;
}

static bool tcpmss(const struct match *m, const struct walk *k, bool *hotdrop)
{
	const uint8_t *l4 = packet_l4(&k->p);
	uint32_t len = packet_l4_len(&k->p), header = 0, at;

	/* ip6tables tells nobody where a later fragment's data begin */
	if (unlikely(k->p.family == 6 && k->p.frag & IPV4_OFFSET)) {
		l4 = k->p.ip;
		len = k->p.len;
	}
	if (len >= TCP_HEADER)
		header = (uint32_t)(l4[TCP_DOFF] >> 4) * 4;
	if (header < TCP_HEADER || header > len) {
		*hotdrop = true;
		return false;
	}
	at = tcp_find_mss(l4, header);
	if (!at)
		return m->tcpmss.invert;
	return in_range(&m->tcpmss, load16_host(l4 + at + 2));
}

/* There is no Ethernet here: false, inverted or not. */
static bool mac(const struct match *m, const struct walk *k)
{
	(void)m;
	(void)k;
	return false;
}

/* And every packet is for us. */
static bool pkttype(const struct match *m, const struct walk *k)
{
	(void)k;
	return (m->pkttype.type == PKT_UNICAST) != m->pkttype.invert;
}

/* The stack's own sockets have no owner, and neither resets of REJECT or over
 * IPv6 nor what is forwarded have a socket: what is asked about neither has to
 * be inverted. */
static bool owner(const struct match *m, const struct walk *k)
{
	unsigned unknown = OWNER_UID | OWNER_GID;

	if (k->no_socket || k->in_if != NAT_NO_IF ||
	    (k->p.family == 6 && k->p.proto == PROTO_TCP))
		unknown |= OWNER_SOCKET;
	else if (m->owner.asked & m->owner.inverted & OWNER_SOCKET)
		return false;
	return !((m->owner.asked ^ m->owner.inverted) & unknown);
}

/* No connection has one. */
static bool helper(const struct match *m, const struct walk *k)
{
	(void)k;
	return m->helper.invert;
}

static uint64_t connbytes_count(const struct match_connbytes *m,
				const uint64_t count[NAT_N_DIRS])
{
	if (m->dir == CONNBYTES_BOTH)
		return count[NAT_ORIGINAL] + count[NAT_REPLY];
	return count[m->dir];
}

static bool connbytes(const struct match *m, const struct walk *k)
{
	const struct match_connbytes *c = &m->connbytes;
	const struct conn_acct *a = k->ct.conn ? conn_acct(k->ct.conn) : NULL;
	uint64_t packets, bytes, n = 0;
	bool locked;

	if (!a)
		return false;
	locked = conns_enter(&k->w->view, k->ct.conn);
	packets = connbytes_count(c, a->packets);
	bytes = connbytes_count(c, a->bytes);
	conns_leave(k->ct.conn, locked);
	if (c->what == CONNBYTES_PACKETS)
		n = packets;
	else if (c->what == CONNBYTES_BYTES)
		n = bytes;
	else if (packets)
		n = bytes / packets;
	return (c->from <= n && (!c->to || n <= c->to)) != c->invert;
}

bool match_others(const struct match *m, const struct walk *k, bool *hotdrop)
{
	static bool (*const fits[N_MATCHES])(const struct match *m,
					     const struct walk *k) = {
		[MATCH_LENGTH] = length,
		[MATCH_TTL] = ttl,
		[MATCH_TOS] = tos,
		[MATCH_DSCP] = tos,
		[MATCH_MAC] = mac,
		[MATCH_PKTTYPE] = pkttype,
		[MATCH_OWNER] = owner,
		[MATCH_HELPER] = helper,
		[MATCH_CONNBYTES] = connbytes,
	};

	if (m->kind == MATCH_TCPMSS)
		return tcpmss(m, k, hotdrop);
	return fits[m->kind](m, k);
}
