/* SPDX-License-Identifier: BSD-2-Clause
 * Path MTU discovery, as far as a router has a part in it. */
#include "decide/path.h"

enum { LEAST4 = 552 }; /* net.ipv4.route.min_pmtu */

static uint32_t find(struct nat_worker *w, const struct path_key *path,
		     uint16_t out_if)
{
	enum { LOOPBACK = 65536 };
	uint32_t link = LOOPBACK;

	if (likely(out_if != NAT_NO_IF))
		link = route_mtu(w->engine->topology, out_if);
	return path_mtus_find(&w->engine->path_mtus, path, link, w->view.now);
}

uint32_t path_mtu_of(struct nat_worker *w, const struct route *r,
		     const struct nat_addr *dst)
{
	const struct path_key path = {.dst = *dst, .route = r->number};

	return find(w, &path, r->out_if);
}

static uint32_t find_of(const struct walk *k, bool forwarded)
{
	const struct path_key path = {
		.dst = packet_dst_addr(&k->p),
		.route = k->route,
		.forwarded = forwarded,
	};

	return find(k->w, &path, k->out_if);
}

uint32_t path_mtu_own(const struct walk *k)
{
	return find_of(k, false);
}

uint32_t path_mtu_passed(const struct walk *k)
{
	return find_of(k, k->p.family == 4);
}

/* Errors go to the protocol that is quoted, and of those that the router
 * speaks only ICMP takes them without a socket: of IPv4, those about echo
 * replies. */
static bool quotes_own(const struct walk *k, struct packet *quoted)
{
	if (!packet_quoted(&k->p, quoted) || quoted->lost ||
	    packet_l4_len(quoted) < ICMP_HEADER)
		return false;
	if (quoted->family == 6)
		return quoted->proto == PROTO_ICMPV6 &&
		       !(quoted->frag & IPV4_OFFSET);
	return quoted->proto == PROTO_ICMP &&
	       packet_l4(quoted)[ICMP_TYPE] == ICMP_ECHO_REPLY;
}

/* What it says, as far as it is believed; 0: it is not. */
static uint32_t told_mtu(const struct packet *p)
{
	enum { REST = 4, MTU4 = 6 };
	const uint8_t *l4 = packet_l4(p);
	uint32_t mtu;

	if (p->family == 4)
		return load16_host(l4 + MTU4);
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

/* From now on longer packets go the long way. */
static void lock_paths(struct nat_engine *e)
{
	for (unsigned i = 0; i <= PATH_OUT; i++)
		if (path_room(&e->path_room, i) > LEAST4)
			path_set_room(&e->path_room, i, LEAST4);
}

/* Too little to be true: that much is not believed, but taken seriously until
 * it is forgotten. */
static void lock_path(struct walk *k, struct path_key *path, uint32_t mtu)
{
	struct path_mtus *m = &k->w->engine->path_mtus;
	ticks now = k->w->view.now;

	path_mtus_learn(m, path, mtu, now);
	path->forwarded = true;
	path_mtus_learn(m, path, mtu, now);
	lock_paths(k->w->engine);
}

static bool is_locked(struct walk *k, struct path_key path)
{
	path.forwarded = true;
	return path_mtus_find(&k->w->engine->path_mtus, &path, UINT32_MAX,
			      k->w->view.now) != UINT32_MAX;
}

static struct route way(const struct walk *k, const struct nat_addr *src,
			const struct nat_addr *dst)
{
	const struct nat_topology *t = k->w->engine->topology;

	return k->p.family == 6 ? route_back(t, k->in_if, src, dst)
				: route_output(t, k->in_if, 4, src, dst, 0);
}

/* What is told has to be less. To the router itself there is room for anything,
 * but believed is what is less than the link has whose address it is. */
static uint32_t believed_most(const struct walk *k, const struct route *r,
			      const struct nat_addr *dst)
{
	uint32_t known = path_mtu_of(k->w, r, dst);
	const struct nat_topology *t = k->w->engine->topology;

	return min_u32(known, route_mtu(t, route_dev(t, k->p.family, r)));
}

void path_mtu_told(struct walk *k)
{
	struct nat_engine *e = k->w->engine;
	struct nat_addr src, dst;
	struct packet quoted;
	struct path_key path;
	uint32_t mtu, known;
	struct route r;

	if (!quotes_own(k, &quoted))
		return;
	src = packet_src_addr(&quoted);
	dst = packet_dst_addr(&quoted);
	if (!may_send(k, &src))
		return;
	r = way(k, &src, &dst);
	if (r.verdict != ROUTE_TO_FORWARD &&
	    (!route_is_own(&r) || k->p.family == 4))
		return;
	path = (struct path_key){.dst = dst, .route = r.number};
	mtu = told_mtu(&k->p);
	known = believed_most(k, &r, &dst);
	if (k->p.family == 4 && is_locked(k, path))
		return;
	if (k->p.family == 4 && mtu < LEAST4)
		lock_path(k, &path, min_u32(known, LEAST4));
	else if (mtu && mtu < known)
		path_mtus_learn(&e->path_mtus, &path, mtu, k->w->view.now);
}
