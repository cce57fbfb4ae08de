/* SPDX-License-Identifier: BSD-2-Clause
 * TOS, DSCP, TTL and TCPMSS. */
#include "decide/emit.h"
#include "decide/path.h"
#include "decide/target.h"
#include "pure/rewrite_fields.h"

bool target_tos(struct walk *k, const struct target *t)
{
	uint8_t tos = packet_tos(&k->p);

	rewrite_tos(&k->p,
		    (uint8_t)((tos & (uint8_t)~t->tos.mask) ^ t->tos.value));
	return true;
}

bool target_ttl(struct walk *k, const struct target *t)
{
	int ttl = t->ttl.by;

	if (t->ttl.change == TTL_INC)
		ttl = packet_hops(&k->p) + t->ttl.by;
	else if (t->ttl.change == TTL_DEC)
		ttl = packet_hops(&k->p) - t->ttl.by;
	if (ttl < 0)
		ttl = 0;
	rewrite_hops(&k->p, ttl > UINT8_MAX ? UINT8_MAX : (uint8_t)ttl);
	return true;
}

/* What the sender could be answered with; no limit where it could not be. */
static uint32_t mtu_back(const struct walk *k)
{
	const struct nat_topology *t = k->w->engine->topology;
	struct nat_addr src = packet_src_addr(&k->p);
	struct route r = route_output(t, k->in_if, k->p.family, NULL, &src, 0);

	return r.verdict == ROUTE_TO_FORWARD ? path_mtu_of(k->w, &r, &src)
					     : UINT32_MAX;
}

/* 0: the path takes nothing. */
static uint32_t wanted_mss(const struct walk *k, const struct target *t)
{
	uint32_t headers = ip_header_len(k->p.family) + TCP_HEADER, mtu;

	if (t->mss != MSS_CLAMP)
		return t->mss;
	mtu = min_u32(path_mtu_own(k), mtu_back(k));
	return mtu > headers ? mtu - headers : 0;
}

/* A place for one option more: behind the packet there may be none. */
static bool make_room(struct walk *k)
{
	uint8_t *room = emit_room(k, k->p.len + TCP_MSS_OPTION);

	if (room) {
		memcpy(room, k->p.ip, k->p.len);
		k->p.ip = room;
	}
	return room;
}

/* Who says nothing takes the default of RFC 9293 3.7.1; a header that is full,
 * or has data behind it, stays as it is. */
static bool add_mss(struct walk *k, uint32_t header, uint32_t mss)
{
	enum { LONGEST = 60 };
	uint32_t assumed = k->p.family == 4 ? 536 : 1220;

	if (packet_l4_len(&k->p) > header || header == LONGEST)
		return true;
	if (!make_room(k))
		return false;
	rewrite_insert_mss(&k->p, (uint16_t)min_u32(mss, assumed));
	return true;
}

bool target_tcpmss(struct walk *k, const struct target *t)
{
	const uint8_t *l4 = packet_l4(&k->p);
	uint32_t len = packet_l4_len(&k->p), header, at, mss;

	if (k->p.frag & IPV4_OFFSET)
		return true;
	k->joined = true;
	if (len < TCP_HEADER)
		return false;
	header = (uint32_t)(l4[TCP_DOFF] >> 4) * 4;
	mss = wanted_mss(k, t);
	if (header < TCP_HEADER || header > len ||
	    (!mss && t->mss == MSS_CLAMP))
		return false;
	at = tcp_find_mss(l4, header);
	if (!at)
		return add_mss(k, header, mss);
	/* it is never raised: who asks for little has a reason */
	if (load16_host(l4 + at + 2) > mss)
		rewrite_mss(&k->p, at, (uint16_t)mss);
	return true;
}
