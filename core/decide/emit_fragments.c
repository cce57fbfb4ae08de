/* SPDX-License-Identifier: BSD-2-Clause
 * Packets that leave in fragments. */
#include "decide/emit.h"
#include "decide/path.h"
#include "pure/build_fragment.h"
#include "pure/rewrite.h"

static struct fragmentation cut(const struct walk *k)
{
	uint32_t id = k->p.family == 6 ? random_u32(&k->w->random) : 0;

	return fragmentation_of(&k->p, id);
}

static void leave(struct walk *piece)
{
	emit_packet(piece);
}

static bool emit_piece(const struct walk *k, const struct fragmentation *f,
		       uint32_t from, uint32_t n, emit_fn *to)
{
	struct walk piece = *k;

	piece.p.ip = emit_room(&piece, f->overhead + n);
	if (!piece.p.ip)
		return false;
	piece.p.len = build_fragment(piece.p.ip, f, from, n);
	to(&piece);
	return true;
}

/* Payload from @at on, in fragments with up to @room bytes each, of which the
 * last alone need not be a multiple of eight. */
static void emit_rest(const struct walk *k, const struct fragmentation *f,
		      uint32_t at, uint32_t room, emit_fn *to)
{
	uint32_t total = fragmentation_payload(f), n;

	for (; at < total; at += n) {
		n = total - at <= room ? total - at : room & ~7u;
		if (!emit_piece(k, f, at, n, to))
			return;
	}
}

/* Of IPv4, for nobody else cuts what is not the router's own. */
void emit_fragments(struct walk *k)
{
	struct fragmentation f = cut(k);
	uint32_t room = path_mtu_forward(k) - f.overhead;

	rewrite_first_fragment(&k->p, room & ~7u);
	emit_rest(k, &f, room & ~7u, room, leave);
}

/* Where the payload of @p begins as the fragments of now count: headers may
 * have become part of all of them, or no longer be. */
static int32_t place_of(const struct walk *k, const struct fragmentation *f,
			const struct piece *p)
{
	return (int32_t)(k->whole.first->before + p->offset) -
	       (int32_t)f->fixed;
}

/* Of a transport header, what NAT has in one piece to write to it. */
static uint32_t written(const struct packet *p)
{
	uint32_t len = packet_l4_len(p);

	if (p->proto == PROTO_TCP && len >= TCP_HEADER)
		return TCP_HEADER;
	if (p->proto == PROTO_SCTP && len >= SCTP_HEADER)
		return SCTP_HEADER;
	return proto_has_ports(p->proto) || packet_is_icmp(p) ||
			       p->proto == PROTO_GRE
		       ? UDP_HEADER
		       : 0;
}

/* Of an ICMP error about a connection, NAT looks at the quoted datagram: at a
 * whole header, however short it says it is, without its options, and at those
 * only on the way to what it writes behind them. */
static uint32_t quoted(const struct walk *k)
{
	uint32_t n = ip_header_len(k->p.family);
	struct packet q;

	if (!k->icmp_related || !walk_rules(k)->nat ||
	    !packet_quoted(&k->p, &q))
		return 0;
	if (k->manip && written(&q))
		n = max_u32(n, q.l4 + written(&q));
	return (uint32_t)(q.ip - packet_l4(&k->p)) + n;
}

/* How much of the transport header Linux looks at where it lies: TCP's to find
 * a socket, SCTP's to sum it. What is not all there is not looked at. */
static uint32_t inspected(const struct walk *k)
{
	bool direct = k->p.l4 == ip_header_len(k->p.family);
	uint32_t n = 0;

	if (k->p.proto == PROTO_TCP && (k->p.family == 4 || direct))
		n = TCP_HEADER;
	else if (k->p.proto == PROTO_SCTP && k->w->engine->sysctl.checksum &&
		 walk_rules(k)->conntrack && k->state != NAT_STATE_UNTRACKED)
		n = SCTP_HEADER;
	return n <= packet_l4_len(&k->p) ? n : 0;
}

/* Where the part of the datagram ends that has become one piece: the first
 * fragment, and as much of the next as somebody wanted to see with it. */
static uint32_t head_end(const struct walk *k, const struct fragmentation *f)
{
	const struct piece *p = k->whole.first;
	uint32_t end = f->fixed + (uint32_t)place_of(k, f, p) + p->len;
	uint32_t n = max_u32(inspected(k), quoted(k));

	if (k->manip)
		n = max_u32(n, written(&k->p));
	if (n)
		end = max_u32(end, k->p.l4 + n);
	return (k->joined ? k->p.len : end) - f->fixed;
}

/* The fragments that leave if none is cut: the head, and what is left of the
 * others. */
struct cuts {
	const struct piece *next;
	uint32_t from, to;
};

static struct cuts cuts_begin(const struct walk *k,
			      const struct fragmentation *f)
{
	return (struct cuts){.next = k->whole.first, .to = head_end(k, f)};
}

/* False: that was the last one. */
static bool cuts_next(const struct walk *k, const struct fragmentation *f,
		      struct cuts *c)
{
	c->from = c->to;
	for (; c->next && c->to == c->from; c->next = c->next->next) {
		uint32_t end = (uint32_t)place_of(k, f, c->next) + c->next->len;

		c->to = max_u32(c->to, end);
	}
	return c->to > c->from;
}

/* In the fragments in which it came. */
static void emit_pieces(const struct walk *k, const struct fragmentation *f)
{
	struct cuts c = cuts_begin(k, f);

	do {
		if (!emit_piece(k, f, c.from, c.to - c.from, leave))
			return;
	} while (cuts_next(k, f, &c));
}

enum fit { FITS, FITS_NOT, IMPOSSIBLE };

static enum fit fit(const struct walk *k, const struct fragmentation *f,
		    uint32_t room)
{
	const struct piece *p = k->whole.first;
	struct cuts c;

	if (place_of(k, f, p) + (int32_t)p->len < 0)
		return IMPOSSIBLE;
	c = cuts_begin(k, f);
	if (c.to % 8)
		return FITS_NOT;
	do {
		if (c.to - c.from > room)
			return FITS_NOT;
	} while (cuts_next(k, f, &c));
	return FITS;
}

/* Nobody is sent longer fragments than were received, but that every link has
 * room for the shortest MTU of IPv6; and what fits is whole, there. IPv4's DF
 * is for those who cut anew to tell; the fragments as they came do not bear it.
 */
void emit_whole(struct walk *k)
{
	uint32_t longest = k->whole.longest, mtu = path_mtu_forward(k);
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
		emit_rest(k, &f, 0, room, leave);
		return;
	case IMPOSSIBLE:
		return;
	}
}

void emit_own(struct walk *k)
{
	emit_own_to(k, leave);
}

/* Of IPv6 its own last fragment is no longer than the others could be. */
void emit_own_to(struct walk *k, emit_fn *to)
{
	uint32_t mtu = path_mtu_own(k), room;
	struct fragmentation f;

	if (likely(k->p.len <= mtu)) {
		to(k);
		return;
	}
	f = cut(k);
	room = mtu - f.overhead;
	emit_rest(k, &f, 0, k->p.family == 6 ? room & ~7u : room, to);
}
