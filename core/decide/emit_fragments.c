/* SPDX-License-Identifier: BSD-2-Clause
 * Packets that leave in fragments. */
#include "decide/emit.h"
#include "pure/build_fragment.h"
#include "pure/rewrite.h"

static struct fragmentation cut(const struct walk *k)
{
	uint32_t id = k->p.family == 6 ? random_u32(&k->w->random) : 0;

	return fragmentation_of(&k->p, id);
}

static bool emit_piece(const struct walk *k, const struct fragmentation *f,
		       uint32_t from, uint32_t n)
{
	struct walk piece = *k;

	piece.p.ip = emit_room(&piece, f->overhead + n);
	if (!piece.p.ip)
		return false;
	piece.p.len = build_fragment(piece.p.ip, f, from, n);
	emit_packet(&piece);
	return true;
}

/* Payload from @at on, in fragments with up to @room bytes each. */
static void emit_rest(const struct walk *k, const struct fragmentation *f,
		      uint32_t at, uint32_t room)
{
	uint32_t total = fragmentation_payload(f), piece = room & ~7u;

	for (; at < total; at += piece)
		if (!emit_piece(k, f, at, min_u32(piece, total - at)))
			return;
}

static uint32_t exit_mtu(const struct walk *k)
{
	return route_mtu(k->w->engine->topology, k->out_if);
}

/* Of IPv4, for nobody else cuts what is not the router's own. */
void emit_fragments(struct walk *k)
{
	struct fragmentation f = cut(k);
	uint32_t piece = (exit_mtu(k) - f.overhead) & ~7u;

	rewrite_first_fragment(&k->p, piece);
	emit_rest(k, &f, piece, piece);
}

/* Where the payload of @p begins as the fragments of now count: headers may
 * have become part of all of them, or no longer be. */
static int32_t place_of(const struct walk *k, const struct fragmentation *f,
			const struct piece *p)
{
	return (int32_t)(k->whole.first->before + p->offset) -
	       (int32_t)f->fixed;
}

/* In the fragments in which it came. */
static void emit_pieces(const struct walk *k, const struct fragmentation *f)
{
	uint32_t from = 0;

	for (const struct piece *p = k->whole.first; p; p = p->next) {
		uint32_t end = (uint32_t)place_of(k, f, p) + p->len;

		if (!emit_piece(k, f, from, end - from))
			return;
		from = end;
	}
}

/* How much of the transport header was looked at, or written, in one piece. A
 * first fragment that had less does not leave as it came. */
static uint32_t united(const struct walk *k)
{
	const struct nat_engine *e = k->w->engine;
	const struct ruleset *rules = walk_rules(k);

	switch (k->p.proto) {
	case PROTO_TCP:
		return TCP_HEADER;
	case PROTO_SCTP:
		return rules->conntrack && e->sysctl.checksum ? SCTP_HEADER : 0;
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		if (!k->icmp_related || !rules->nat)
			return 0;
		return ICMP_HEADER + ip_header_len(k->p.family) +
		       (k->manip ? UDP_HEADER : 0);
	default:
		return 0;
	}
}

enum fit { FITS, FITS_NOT, IMPOSSIBLE };

static enum fit fit(const struct walk *k, const struct fragmentation *f,
		    uint32_t room)
{
	const struct piece *p = k->whole.first;
	int32_t begin = place_of(k, f, p) + (int32_t)p->len;

	if (begin < 0)
		return IMPOSSIBLE;
	if ((uint32_t)begin > room || begin % 8 ||
	    f->fixed + (uint32_t)begin < min_u32(k->p.l4 + united(k), k->p.len))
		return FITS_NOT;
	for (p = p->next; p; p = p->next)
		if (p->len > room)
			return FITS_NOT;
	return FITS;
}

/* Nobody is sent longer fragments than were received, but that every link has
 * room for the shortest MTU of IPv6; and what fits is whole, there. IPv4's DF
 * is for those who cut anew to tell; the fragments as they came do not bear it.
 */
void emit_whole(struct walk *k)
{
	uint32_t longest = k->whole.longest, mtu = exit_mtu(k);
	struct fragmentation f;
	uint32_t room;

	if (k->p.family == 6) {
		if (k->p.len <= min_u32(mtu, longest)) {
			emit_packet(k);
			return;
		}
		longest = max_u32(longest, IPV6_MTU_MIN);
	}
	f = cut(k);
	room = min_u32(mtu, longest) - f.overhead;
	switch (fit(k, &f, room)) {
	case FITS:
		f.whole.frag = 0;
		emit_pieces(k, &f);
		return;
	case FITS_NOT:
		emit_rest(k, &f, 0, room);
		return;
	case IMPOSSIBLE:
		return;
	}
}

void emit_own(struct walk *k)
{
	uint32_t mtu = exit_mtu(k);
	struct fragmentation f;

	if (likely(k->p.len <= mtu)) {
		emit_packet(k);
		return;
	}
	f = cut(k);
	emit_rest(k, &f, 0, mtu - f.overhead);
}
