/* SPDX-License-Identifier: BSD-2-Clause
 * Eight settled packets at once: words of theirs, and of what they meet, become
 * columns; all is decided in columns; what has changed becomes rows again.
 *
 * A connection is read before it is known to be this worker's. If it is not,
 * words may change meanwhile; what they say is then not used, because the word
 * that names the owner is read in the same turn (shared/turns.h). */
#include "decide/settled8.h"

#include "pure/tcp_window8.h"

#if SETTLED8

/* Where the eight are. */
struct rows {
	struct nat_packet *pkt;
	const struct flights *f;
	void *tcp[EIGHT];  /* struct tcp_track; of others: the spare one */
	void *path[EIGHT]; /* struct path */
};

#define ROWS(pointers) ((struct lanes8_rows){(pointers), sizeof(void *)})

/* Their bytes. */
ALWAYS_INLINE struct lanes8_rows ip_rows(const struct rows *at)
{
	return (struct lanes8_rows){&at->pkt->data, sizeof(*at->pkt)};
}

/* What they are. */
struct eight {
	lanes8 reply, is_tcp; /* true or false */

	/* of packets, in memory order; the last from behind the ports on */
	lanes8 ttl, src, dst, ports;
	struct lanes8_four l4;
	lanes8 len, l4_len; /* host order */

	lanes8 head, timeout;                /* of connections */
	struct lanes8_four original, answer; /* their keys, and a word behind */
	struct lanes8_four path;             /* struct path */
	lanes8 in_if; /* and what follows in struct nat_packet */

	struct tcp_segment8 segment;
	lanes8 header; /* bytes of TCP's */
	struct tcp_track8 track;
	lanes8 scales; /* and what follows in struct tcp_track */
};

/* --------------------------------------------------------------- who goes */

/* True where another is the same. */
ALWAYS_INLINE lanes8 have_twins(lanes8 v)
{
#define TURNED(...) __builtin_shufflevector(v, v, __VA_ARGS__)
	return (lanes8)(v == TURNED(1, 2, 3, 4, 5, 6, 7, 0)) |
	       (lanes8)(v == TURNED(2, 3, 4, 5, 6, 7, 0, 1)) |
	       (lanes8)(v == TURNED(3, 4, 5, 6, 7, 0, 1, 2)) |
	       (lanes8)(v == TURNED(4, 5, 6, 7, 0, 1, 2, 3));
#undef TURNED
}

/* False: not each has a connection of its own. */
ALWAYS_INLINE bool line_up(struct rows *at, struct eight *e, struct round *r)
{
	const lanes8 ref = lanes8_load(at->f->ref), index = ref >> 1;

	if (unlikely(lanes8_signs((lanes8)(index == 0) | have_twins(index))))
		return false;
	e->reply = -(ref & NAT_REPLY);
	for (unsigned i = 0; i < EIGHT; i++) {
		struct conn *c = at->f->conn[i];

		at->tcp[i] = likely(c->proto == PROTO_TCP)
				     ? (void *)conn_tcp4(c)
				     : &r->spare;
		at->path[i] = (void *)(uintptr_t)&r->path[atomic_load_explicit(
			&c->path[at->f->ref[i] & 1], memory_order_relaxed)];
	}
	return true;
}

/* -------------------------------------------------------------- to columns */

ALWAYS_INLINE void read_packets(struct eight *e, const struct rows *at)
{
	const struct packet8 *ip = &at->f->ip;

	e->len = ip->len;
	e->l4_len = e->len - IPV4_HEADER;
	e->ttl = ip->words.v0;
	e->is_tcp = (lanes8)((e->ttl >> 8 & UINT8_MAX) == PROTO_TCP);
	e->src = ip->words.v1;
	e->dst = ip->words.v2;
	e->ports = ip->words.v3;
	e->l4 = lanes8_gather(ip_rows(at), IPV4_HEADER + TCP_SEQ);
}

static_assert(sizeof(struct path) == 4 * sizeof(uint32_t) &&
		      offsetof(struct path, mtu) == 4 &&
		      offsetof(struct path, exit) == 8,
	      "as gathered");

ALWAYS_INLINE void read_ways(struct eight *e, const struct rows *at)
{
	enum { LAST = sizeof(struct nat_packet) - 4 * sizeof(uint32_t) };

	static_assert(offsetof(struct nat_packet, in_if) ==
			      LAST + 2 * sizeof(uint32_t),
		      "as gathered");
	e->path = lanes8_gather(ROWS(at->path), 0);
	e->in_if = lanes8_gather_array(at->pkt, sizeof(*at->pkt), LAST).v2;
}

/* Returns the second word of the head. */
ALWAYS_INLINE lanes8 read_conns(struct eight *e, const struct rows *at)
{
	enum { KEYS = sizeof(struct conn), SECOND = sizeof(struct conn_key4) };
	const struct lanes8_four head = lanes8_gather(ROWS(at->f->conn), 0);

	e->head = head.v0;
	e->timeout = head.v2;
	e->original = lanes8_gather(ROWS(at->f->conn), KEYS);
	e->answer = lanes8_gather(ROWS(at->f->conn), KEYS + SECOND);
	return head.v1;
}

static_assert(offsetof(struct tcp_track, last_ack) == 36 &&
		      offsetof(struct tcp_track, last_end) == 40 &&
		      offsetof(struct tcp_track, last_win) == 44 &&
		      offsetof(struct tcp_track, flags) == 46 &&
		      offsetof(struct tcp_track, scales) == 48 &&
		      offsetof(struct tcp_track, state_last) == 50 &&
		      offsetof(struct tcp_track, retrans) == 51,
	      "as gathered");

/* The first bit of a direction's flags in the word they share. */
ALWAYS_INLINE lanes8 flags_at(lanes8 reply)
{
	return 16 + (reply & 8);
}

ALWAYS_INLINE struct tcp_side8 side_of(lanes8 which, struct lanes8_four yes,
				       struct lanes8_four no)
{
	return (struct tcp_side8){
		.end = lanes8_choose(which, yes.v0, no.v0),
		.maxend = lanes8_choose(which, yes.v1, no.v1),
		.maxwin = lanes8_choose(which, yes.v2, no.v2),
		.maxack = lanes8_choose(which, yes.v3, no.v3),
	};
}

ALWAYS_INLINE void read_tracks(struct eight *e, const struct rows *at)
{
	struct tcp_track8 *t = &e->track;
	const struct lanes8_four client = lanes8_gather(ROWS(at->tcp), 0);
	const struct lanes8_four server =
		lanes8_gather(ROWS(at->tcp), sizeof(struct tcp_side));
	const struct lanes8_four last = lanes8_gather(
		ROWS(at->tcp), offsetof(struct tcp_track, last_ack));

	t->snd = side_of(e->reply, server, client);
	t->rcv = side_of(e->reply, client, server);
	t->last_ack = last.v0;
	t->last_end = last.v1;
	t->snd.flags = last.v2 >> flags_at(e->reply) & UINT8_MAX;
	t->rcv.flags = last.v2 >> flags_at(~e->reply) & UINT8_MAX;
	t->scale = last.v3 >> (e->reply & 4) & 0xf;
	e->scales = last.v3;
}

/* ----------------------------------------------------- to judge: sign bits */

/* As forward() and track_ordinary() of settled.c ask. */
ALWAYS_INLINE lanes8 are_strange(const struct eight *e, const struct round *r,
				 lanes8 second)
{
	const lanes8 mask =
		lanes8_choose(e->is_tcp, lanes8_all((uint32_t)r->tcp.mask),
			      lanes8_all((uint32_t)r->udp.mask));
	const lanes8 want =
		lanes8_choose(e->is_tcp, lanes8_all((uint32_t)r->tcp.want),
			      lanes8_all((uint32_t)r->udp.want));
	const uint32_t mask2 = (uint32_t)(r->tcp.mask >> 32);
	const uint32_t want2 = (uint32_t)(r->tcp.want >> 32);
	const struct lanes8_four o = e->original, a = e->answer;
	const lanes8 differ = ((e->head ^ want) & mask) |
			      ((second ^ want2) & mask2) |
			      (lanes8_choose(e->reply, a.v0, o.v0) ^ e->src) |
			      (lanes8_choose(e->reply, a.v1, o.v1) ^ e->dst) |
			      (lanes8_choose(e->reply, a.v2, o.v2) ^ e->ports);
	const lanes8 ttl = e->ttl & UINT8_MAX;

	return (lanes8)(differ != 0) | ~(r->now - e->timeout) |
	       (lanes8)(((e->path.v0 ^ e->in_if) & UINT16_MAX) != 0) |
	       (e->path.v1 - e->len) | (ttl - 2);
}

/* UDP whose length contradicts IP's, or without checksum, or that makes its
 * connection assured. */
ALWAYS_INLINE lanes8 udp_is_odd(struct eight *e, const struct round *r)
{
	const lanes8 says = lanes8_wire(e->l4.v0) >> 16;
	const lanes8 is_stream =
		(lanes8)((lanes8_signed)(e->answer.v3 - r->now) < 0);
	const lanes8 assured = (lanes8)((e->head & NAT_ST_ASSURED) != 0);

	e->timeout = lanes8_choose(is_stream, lanes8_all(r->udp_timeout[1]),
				   lanes8_all(r->udp_timeout[0]));
	return (says - UDP_HEADER) | (e->l4_len - says) |
	       ((e->l4.v0 >> 16) - 1) | (is_stream & ~assured);
}

/* TCP that is no ordinary ACK, or whose header contradicts IP's length. */
ALWAYS_INLINE lanes8 tcp_is_odd(struct eight *e)
{
	enum { DECIDE = TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK };
	const lanes8 word = lanes8_wire(e->l4.v2);
	struct tcp_segment8 *g = &e->segment;

	e->header = word >> 28 << 2;
	g->seq = lanes8_wire(e->l4.v0);
	g->ack = lanes8_wire(e->l4.v1);
	g->win = word & UINT16_MAX;
	g->end = g->seq + e->l4_len - e->header;
	return (e->header - TCP_HEADER) | (e->l4_len - e->header) |
	       (lanes8)((word >> 16 & DECIDE) != TCP_ACK);
}

/* Of packets, those with options that may be SACK. */
static NOINLINE bool may_sack(const struct nat_packet *pkt, unsigned bits)
{
	for (; bits; bits &= bits - 1) {
		const uint8_t *l4 = pkt[__builtin_ctz(bits)].data + IPV4_HEADER;
		uint32_t header = l4[TCP_DOFF] / 16 * 4u;

		if (!tcp_options_are_timestamp(l4 + TCP_HEADER,
					       header - TCP_HEADER))
			return true;
	}
	return false;
}

/* Segments that their connections do not take as ordinary. */
ALWAYS_INLINE lanes8 do_not_fit(const struct eight *e)
{
	return tcp_window_judge8(&e->track, &e->segment) |
	       (lanes8)((e->scales & (lanes8_all(0xf << 16))) !=
			TCPS_ESTABLISHED << 16);
}

/* Bits of segments with options that their connections may take for SACK. */
ALWAYS_INLINE unsigned have_options(const struct eight *e)
{
	return lanes8_signs(
		(lanes8)(e->header != TCP_HEADER) &
		(lanes8)((e->track.rcv.flags & TCP_SACK_PERM) != 0) &
		e->is_tcp);
}

/* Finds out what there is to know, changes nothing. True: all are ordinary. */
ALWAYS_INLINE bool judge(struct eight *e, const struct rows *at,
			 const struct round *r)
{
	const lanes8 second = read_conns(e, at);
	unsigned options;
	lanes8 tcp_odd;

	read_packets(e, at);
	read_ways(e, at);
	read_tracks(e, at);
	tcp_odd = tcp_is_odd(e) | do_not_fit(e);
	if (unlikely(lanes8_signs(
		    are_strange(e, r, second) |
		    lanes8_choose(e->is_tcp, tcp_odd, udp_is_odd(e, r)))))
		return false;
	options = have_options(e);
	return likely(!options) || !may_sack(at->pkt, options);
}

/* ---------------------------------------------------------------- to rows */

ALWAYS_INLINE struct lanes8_four
both_of(lanes8 which, const struct tcp_side8 *yes, const struct tcp_side8 *no)
{
	return (struct lanes8_four){
		lanes8_choose(which, yes->end, no->end),
		lanes8_choose(which, yes->maxend, no->maxend),
		lanes8_choose(which, yes->maxwin, no->maxwin),
		lanes8_choose(which, yes->maxack, no->maxack),
	};
}

ALWAYS_INLINE void write_tracks(struct eight *e, const struct rows *at,
				const struct tcp_rules *rules)
{
	enum { LAST = TCPS_ESTABLISHED | TCP_CLASS_ACK << 4 };
	struct tcp_track8 *t = &e->track;
	const struct tcp_segment8 *g = &e->segment;
	const lanes8 unacked = tcp_window_learn8(t, g);
	const struct tcp_side8 *s = &t->snd, *o = &t->rcv;
	const lanes8 flags = s->flags << flags_at(e->reply) |
			     o->flags << flags_at(~e->reply);
	const lanes8 last = (LAST | (e->reply & 0x80)) << 16;
	lanes8 end;

	lanes8_scatter(ROWS(at->tcp), 0, both_of(e->reply, &t->rcv, &t->snd));
	lanes8_scatter(ROWS(at->tcp), sizeof(struct tcp_side),
		       both_of(e->reply, &t->snd, &t->rcv));
	lanes8_scatter(ROWS(at->tcp), offsetof(struct tcp_track, last_ack),
		       (struct lanes8_four){g->ack, g->end, g->win | flags,
					    (e->scales & UINT16_MAX) | last});
	end = lanes8_choose((lanes8)(unacked != 0),
			    lanes8_all(rules->ordinary[1]),
			    lanes8_all(rules->ordinary[0]));
	e->timeout = lanes8_choose(e->is_tcp, end, e->timeout);
}

/* Sixteen-bit halves added; what has no carry can be added to it. */
ALWAYS_INLINE lanes8 halves(lanes8 v)
{
	return (v & UINT16_MAX) + (v >> 16);
}

/* csum_apply(); @delta: a sum of a few halves. */
ALWAYS_INLINE lanes8 apply(lanes8 check, lanes8 delta)
{
	/* ones above, so that the sum is not zero */
	const lanes8 sum = (~check & UINT16_MAX) + UINT16_MAX + delta;

	return ~halves(halves(sum)) & UINT16_MAX;
}

/* Which ends are translated: NAT_ST_SRC_NAT, NAT_ST_DST_NAT. Replies undo with
 * one what the other was given. */
ALWAYS_INLINE lanes8 manips(const struct eight *e)
{
	enum { BOTH = NAT_ST_SRC_NAT | NAT_ST_DST_NAT };
	const lanes8 bits = e->head & BOTH;

	static_assert(NAT_ST_DST_NAT == NAT_ST_SRC_NAT << 1, "neighbours");
	return lanes8_choose(e->reply, (bits << 1 | bits >> 1) & BOTH, bits);
}

/* The packet becomes the answer to what the other side sends. */
ALWAYS_INLINE void translate(const struct eight *e, const struct rows *at,
			     lanes8 manip)
{
	const struct lanes8_four o = e->original, a = e->answer;
	const lanes8 src = lanes8_choose(e->reply, o.v1, a.v1);
	const lanes8 dst = lanes8_choose(e->reply, o.v0, a.v0);
	const lanes8 ids = lanes8_choose(e->reply, o.v2, a.v2);
	const lanes8 ports = ids << 16 | ids >> 16;
	const lanes8 delta =
		halves(~e->src) + halves(~e->dst) + halves(src) + halves(dst);
	const lanes8 whole = delta + halves(~e->ports) + halves(ports);
	const lanes8 header = e->ttl >> 16;
	const lanes8 down = header + CSUM_TTL_UNIT;
	const lanes8 same = (lanes8)(manip == 0);
	const lanes8 header_sum = lanes8_choose(
		same, down - (lanes8)((lanes8_signed)down >= UINT16_MAX),
		apply(header, delta + (UINT16_MAX & ~CSUM_TTL_UNIT)));
	const lanes8 tcp = apply(
		lanes8_choose(e->is_tcp, e->l4.v3 & UINT16_MAX, e->l4.v0 >> 16),
		whole);
	/* zero would mean that there is none */
	const lanes8 udp = (tcp | (lanes8)(tcp == 0)) << 16;
	/* where it is written */
	const lanes8 in_tcp = e->is_tcp & ~same & UINT16_MAX;
	const lanes8 in_udp = ~(e->is_tcp | same) << 16;

	lanes8_scatter(ip_rows(at), IPV4_TTL,
		       (struct lanes8_four){((e->ttl & UINT16_MAX) - 1) |
						    header_sum << 16,
					    src, dst, ports});
	lanes8_scatter(
		ip_rows(at), IPV4_HEADER + TCP_SEQ,
		(struct lanes8_four){(e->l4.v0 & ~in_udp) | (udp & in_udp),
				     e->l4.v1, e->l4.v2,
				     (e->l4.v3 & ~in_tcp) | (tcp & in_tcp)});
}

ALWAYS_INLINE void depart(const struct eight *e, const struct rows *at,
			  lanes8 manip)
{
	const lanes8 second = NAT_STATE_ESTABLISHED |
			      (e->reply & NAT_REPLY << 8) | manip << 16;

	static_assert(offsetof(struct departure, state) == 4 &&
			      offsetof(struct departure, dir) == 5 &&
			      offsetof(struct departure, manip) == 6,
		      "shifted");
	lanes8_scatter_pairs(at->pkt, sizeof(*at->pkt),
			     offsetof(struct nat_packet, out_if), e->path.v2,
			     second);
}

/* What is left are single words. */
ALWAYS_INLINE void write_words(const struct eight *e, const struct rows *at,
			       struct round *r)
{
	uint32_t len[EIGHT], until[EIGHT], seq[EIGHT], bytes = 0;

	lanes8_store(len, e->len);
	lanes8_store(until, r->now + e->timeout);
	lanes8_store(seq, e->segment.seq);
	for (unsigned i = 0; i < EIGHT; i++) {
		at->pkt[i].len = len[i];
		((struct tcp_track *)at->tcp[i])->last_seq = seq[i];
		conn_set_timeout(at->f->conn[i], until[i]);
		bytes += len[i];
	}
	r->bytes += bytes;
}

static NOINLINE void account(const struct flights *f,
			     const struct nat_packet *pkt)
{
	for (unsigned i = 0; i < EIGHT; i++)
		conn_account(f->conn[i], f->ref[i] & 1, pkt[i].len);
}

bool settled8_forward(struct round *r, struct nat_packet *pkt,
		      const struct flights *f)
{
	struct rows at = {.pkt = pkt, .f = f};
	struct eight e;
	lanes8 manip;

	if (!line_up(&at, &e, r) || !judge(&e, &at, r))
		return false;
	manip = manips(&e);
	write_tracks(&e, &at, r->rules);
	depart(&e, &at, manip);
	translate(&e, &at, manip);
	write_words(&e, &at, r);
	if (unlikely(r->acct))
		account(f, pkt);
	return true;
}

#endif
