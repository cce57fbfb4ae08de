/* SPDX-License-Identifier: BSD-2-Clause
 * Path MTU discovery, as far as a router has a part in it. */
#include "decide/path.h"

static uint32_t find(struct nat_worker *w, uint32_t route, uint16_t out_if,
		     const struct nat_addr *dst)
{
	struct path_key path = {.dst = *dst, .route = route};
	uint32_t link = route_mtu(w->engine->topology, out_if);

	return path_mtus_find(&w->engine->path_mtus, &path, link, w->view.now);
}

uint32_t path_mtu_of(struct nat_worker *w, const struct route *r,
		     const struct nat_addr *dst)
{
	return find(w, r->number, r->out_if, dst);
}

uint32_t path_mtu_own(const struct walk *k)
{
	struct nat_addr dst = packet_dst_addr(&k->p);

	return find(k->w, k->route, k->out_if, &dst);
}

uint32_t path_mtu_forward(const struct walk *k)
{
	if (k->p.family == 4)
		return route_mtu(k->w->engine->topology, k->out_if);
	return path_mtu_own(k);
}

/* Errors go to the protocol that is quoted, and of those that the router
 * speaks only ICMP takes them without a socket: of IPv4, those about echo
 * replies. */
static bool quotes_own(const struct walk *k, struct packet *quoted)
{
	if (!packet_quoted(&k->p, quoted) || quoted->lost ||
	    quoted->frag & IPV4_OFFSET || packet_l4_len(quoted) < ICMP_HEADER)
		return false;
	if (quoted->family == 6)
		return quoted->proto == PROTO_ICMPV6;
	return quoted->proto == PROTO_ICMP &&
	       packet_l4(quoted)[ICMP_TYPE] == ICMP_ECHO_REPLY;
}

/* What it says, as far as it is believed; 0: it is not. */
static uint32_t told_mtu(const struct packet *p)
{
	enum { REST = 4, MTU4 = 6, LEAST4 = 552 };
	const uint8_t *l4 = packet_l4(p);
	uint32_t mtu;

	if (p->family == 4)
		return max_u32(load16_host(l4 + MTU4), LEAST4);
	mtu = load32_host(l4 + REST);
	return mtu < IPV6_MTU_MIN ? 0 : mtu;
}

/* Nobody but the router sends as the router. */
static bool may_send(const struct walk *k, const struct nat_addr *src)
{
	return k->p.family == 6 ||
	       route_addr_type(k->w->engine->topology, 4, src, NAT_NO_IF) ==
		       ROUTE_LOCAL;
}

void path_mtu_told(struct walk *k)
{
	struct nat_engine *e = k->w->engine;
	uint32_t mtu = told_mtu(&k->p);
	struct nat_addr src, dst;
	struct packet quoted;
	struct path_key path;
	struct route r;

	if (!quotes_own(k, &quoted))
		return;
	src = packet_src_addr(&quoted);
	dst = packet_dst_addr(&quoted);
	if (!may_send(k, &src))
		return;
	r = route_output(e->topology, k->in_if, k->p.family, &src, &dst, 0);
	if (r.verdict != ROUTE_TO_FORWARD || !mtu ||
	    mtu >= path_mtu_of(k->w, &r, &dst))
		return;
	path = (struct path_key){.dst = dst, .route = r.number};
	path_mtus_learn(&e->path_mtus, &path, mtu, k->w->view.now);
}
