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
	struct lanes8_far tcp; /* struct tcp_track; others': the spare one */
};

/* What is handed over. */
ALWAYS_INLINE struct lanes8_rows pkt_rows(const struct rows *at)
{
	return lanes8_rows(at->pkt, sizeof(*at->pkt));
}

/* Its bytes. */
ALWAYS_INLINE struct lanes8_rows ip_rows(const struct rows *at)
{
	return lanes8_rows_behind(&at->pkt->data, sizeof(*at->pkt));
}

/* struct conn */
ALWAYS_INLINE struct lanes8_rows conn_rows(const struct rows *at)
{
	return lanes8_rows_behind(at->f->conn, sizeof(void *));
}

/* What they are, and then what they become. Registers are few: each part is
 * read, asked about and made into what is written as near together as can be.
 */
struct eight {
	/* Who is not ordinary: sign bits of the one, any bits of the other. */
	lanes8 odd, differ;
	lanes8 reply, is_tcp; /* true or false */

	/* of packets, in memory order: TTL and so on, addresses and ports; what
	 * follows */
	struct lanes8_four ip, l4;
	lanes8 len;  /* host order */
	lanes8 exit; /* where they leave */

	/* of connections */
	lanes8 head, timeout;
	struct lanes8_four client, server; /* struct tcp_side */
	struct lanes8_four last;           /* from tcp_track.last_seq on */
	lanes8 scales; /* and what follows in struct tcp_track */
};

ALWAYS_INLINE void odd_if(struct eight *e, lanes8 signs)
{
	e->odd = lanes8_now(e->odd | signs);
}

ALWAYS_INLINE void odd_unless_zero(struct eight *e, lanes8 v)
{
	e->differ = lanes8_now(e->differ | v);
}

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
ALWAYS_INLINE bool line_up(struct eight *e, const struct flights *f)
{
	const lanes8 ref = lanes8_load(f->ref), index = ref >> 1;

	e->reply = -(ref & NAT_REPLY);
	return likely(!lanes8_signs((lanes8)(index == 0) | have_twins(index)));
}

/* ------------------------------------------------------------- the packets */

ALWAYS_INLINE void read_packets(struct eight *e, const struct rows *at,
				bool verify)
{
	e->odd = (at->f->ip.words.v0 & UINT8_MAX) - 2; /* TTL */
	e->len = at->f->ip.len;
	e->ip = at->f->ip.words;
	e->l4 = lanes8_gather(ip_rows(at), IPV4_HEADER + TCP_SEQ);
	if (likely(verify))
		odd_if(e, packet8_sums_wrong(&at->f->ip, &e->l4, ip_rows(at)));
	e->is_tcp = (lanes8)((e->ip.v0 & UINT8_MAX << 8) == PROTO_TCP << 8);
}

/* --------------------------------------------------- and their connections */

static_assert(offsetof(struct conn, path) == 6, "shifted");

/* As goes_there() of settled.c asks. @second: word of the head. */
ALWAYS_INLINE void route(struct eight *e, const struct rows *at,
			 const struct path_room *room, lanes8 second)
{
	const lanes8 path = second >> (16 + (e->reply & 8)) & UINT8_MAX;
	const lanes8 out = path & PATH_OUT;
	const lanes8 in_if =
		lanes8_gather_word(pkt_rows(at),
				   offsetof(struct nat_packet, in_if)) &
		UINT16_MAX;

	static_assert(sizeof(*room) == 2 * sizeof(lanes8), "looked up");
	static_assert(offsetof(struct departure, verdict) == 2, "shifted");
	odd_unless_zero(e, path / (PATH_OUT + 1) ^ (in_if + 1));
	odd_if(e, lanes8_look_up(room, out) - e->len);
	e->exit = out | NAT_FORWARD << 16;
}

/* Words of a head. */
ALWAYS_INLINE uint32_t head_word(const uint64_t *head, unsigned i)
{
	uint32_t word;

	memcpy(&word, (const char *)head + i * sizeof(word), sizeof(word));
	return word;
}

/* As forward() and track_ordinary() of settled.c ask. */
ALWAYS_INLINE void compare_heads(struct eight *e, const struct round *r,
				 lanes8 second)
{
#define WORD(i, what) lanes8_all(head_word(&r->what, i))
	const lanes8 mask =
		lanes8_choose(e->is_tcp, WORD(0, tcp.mask), WORD(0, udp.mask));
	const lanes8 want =
		lanes8_choose(e->is_tcp, WORD(0, tcp.want), WORD(0, udp.want));

	e->differ = ((e->head ^ want) & mask) |
		    ((second ^ WORD(1, tcp.want)) & WORD(1, tcp.mask));
#undef WORD
	odd_if(e, ~(r->now - e->timeout));
}

ALWAYS_INLINE void read_heads(struct eight *e, const struct rows *at,
			      const struct round *r)
{
	const struct lanes8_four head = lanes8_gather(conn_rows(at), 0);

	e->head = head.v0;
	e->timeout = head.v2;
	compare_heads(e, r, head.v1);
	route(e, at, r->room, head.v1);
}

/* UDP whose length contradicts IP's, or without checksum, or that makes its
 * connection assured, is odd. @since: word of struct udp_track. */
ALWAYS_INLINE void take_udp(struct eight *e, const struct round *r,
			    lanes8 since)
{
	const lanes8 says = lanes8_wire(e->l4.v0) >> 16;
	const lanes8 is_stream = since - r->now;
	const lanes8 odd = (says - UDP_HEADER) | (e->len - IPV4_HEADER - says) |
			   ((e->l4.v0 >> 16) - 1) |
			   (is_stream & ~lanes8_has(e->head, NAT_ST_ASSURED));

	odd_if(e, odd & ~e->is_tcp);
	e->timeout = lanes8_choose(is_stream, lanes8_all(r->udp_timeout[1]),
				   lanes8_all(r->udp_timeout[0]));
}

/* csum_apply(), in the upper half of each word. @less: by how much a sum of a
 * few halves becomes less. */
ALWAYS_INLINE lanes8 apply(lanes8 check, lanes8 less)
{
	/* ones enough that the sum is above zero */
	const lanes8 sum = 8 * UINT16_MAX - check - less;

	return ~(sum + lanes8_swap(sum));
}

/* The packet becomes the answer to what the other side sends. Where that is
 * what it was, sums stay what they are; but there is one more way to write
 * zero, in TCP, and that is odd. */
ALWAYS_INLINE void translate(struct eight *e, struct lanes8_four original,
			     struct lanes8_four answer)
{
	const struct lanes8_four o = original, a = answer;
	const lanes8 src = lanes8_choose(e->reply, o.v1, a.v1);
	const lanes8 dst = lanes8_choose(e->reply, o.v0, a.v0);
	const lanes8 ids = lanes8_choose(e->reply, o.v2, a.v2);
	const lanes8 less = lanes8_halves_less(e->ip.v1) +
			    lanes8_halves_less(e->ip.v2) -
			    lanes8_halves_less(src) - lanes8_halves_less(dst);
	const lanes8 less_all =
		less + lanes8_halves_less(e->ip.v3) - lanes8_halves_less(ids);
	const lanes8 check =
		lanes8_choose(e->is_tcp, e->l4.v3 & UINT16_MAX, e->l4.v0 >> 16);
	/* in the upper halves of words; in UDP's zero would mean none */
	const lanes8 header = apply((e->ip.v0 >> 16) + CSUM_TTL_UNIT, less);
	const lanes8 tcp = apply(check, less_all);
	const lanes8 udp = tcp | (lanes8)(tcp >> 16 == 0);

	odd_if(e, (lanes8)(check == UINT16_MAX) & e->is_tcp);
	e->ip = (struct lanes8_four){lanes8_join(e->ip.v0 - 1, header), src,
				     dst, lanes8_swap(ids)};
	e->l4.v0 =
		lanes8_choose(e->is_tcp, e->l4.v0, lanes8_join(e->l4.v0, udp));
	e->l4.v3 = lanes8_choose(e->is_tcp, lanes8_join(tcp >> 16, e->l4.v3),
				 e->l4.v3);
}

ALWAYS_INLINE void read_keys(struct eight *e, const struct rows *at,
			     const struct round *r)
{
	enum { KEYS = sizeof(struct conn), SECOND = sizeof(struct conn_key4) };
	const struct lanes8_rows rows = conn_rows(at);
	const struct lanes8_four o = lanes8_gather(rows, KEYS);
	const struct lanes8_four a = lanes8_gather(rows, KEYS + SECOND);

	odd_unless_zero(
		e, (lanes8_choose(e->reply, a.v0, o.v0) ^ e->ip.v1) |
			   (lanes8_choose(e->reply, a.v1, o.v1) ^ e->ip.v2) |
			   (lanes8_choose(e->reply, a.v2, o.v2) ^ e->ip.v3));
	take_udp(e, r, a.v3);
	translate(e, o, a);
}

/* --------------------------------------------------------------------- TCP */

/* Where there is no track, there is the spare one. The packet may yet be of
 * another protocol than its connection. */
ALWAYS_INLINE void find_tracks(const struct eight *e, struct rows *at,
			       struct tcp_track *spare)
{
	enum { TRACK = sizeof(struct conn) + 2 * sizeof(struct conn_key4) };
	const lanes8 have_one = (lanes8)(e->head >> 24 == PROTO_TCP);
	const struct lanes8_far conn = lanes8_far_load(at->f->conn);

	static_assert(offsetof(struct conn, proto) == 3, "shifted");
	at->tcp = lanes8_far_choose(
		have_one, (struct lanes8_far){conn.v0 + TRACK, conn.v1 + TRACK},
		lanes8_far_from(spare, lanes8_all(0)));
}

static_assert(offsetof(struct tcp_track, last_seq) == 32 &&
		      offsetof(struct tcp_track, last_ack) == 36 &&
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
		.end = lanes8_now(lanes8_choose(which, yes.v0, no.v0)),
		.maxend = lanes8_now(lanes8_choose(which, yes.v1, no.v1)),
		.maxwin = lanes8_now(lanes8_choose(which, yes.v2, no.v2)),
		.maxack = lanes8_now(lanes8_choose(which, yes.v3, no.v3)),
	};
}

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

ALWAYS_INLINE void read_tracks(struct eight *e, const struct rows *at,
			       struct tcp_track8 *t)
{
	const struct lanes8_rows rows = lanes8_rows_far(at->tcp);
	const struct lanes8_four client = lanes8_gather(rows, 0);
	const struct lanes8_four server =
		lanes8_gather(rows, sizeof(struct tcp_side));
	const struct lanes8_four last =
		lanes8_gather(rows, offsetof(struct tcp_track, last_ack));

	t->snd = side_of(e->reply, server, client);
	t->rcv = side_of(e->reply, client, server);
	t->last_ack = last.v0;
	t->last_end = last.v1;
	t->snd.flags = last.v2 >> flags_at(e->reply) & UINT8_MAX;
	t->rcv.flags = last.v2 >> flags_at(~e->reply) & UINT8_MAX;
	t->scale = last.v3 >> (e->reply & 4) & 0xf;
	e->scales = last.v3;
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

/* Returns bits of segments with options that their connections may take for
 * SACK. Odd is what is no ordinary ACK, or whose header contradicts IP's
 * length, or that its connection does not take as ordinary. */
ALWAYS_INLINE unsigned take_tcp(struct eight *e, const struct rows *at,
				const struct tcp_rules *rules)
{
	enum {
		DECIDE = TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK,
		LAST = TCPS_ESTABLISHED | TCP_CLASS_ACK << 4
	};
	const lanes8 word = lanes8_wire(e->l4.v2);
	const lanes8 header = word >> 28 << 2;
	const lanes8 room = e->len - IPV4_HEADER - header;
	struct tcp_segment8 g = {
		.seq = lanes8_wire(e->l4.v0),
		.ack = lanes8_wire(e->l4.v1),
		.win = word & UINT16_MAX,
	};
	struct tcp_track8 t;
	lanes8 unacked, last, options;

	read_tracks(e, at, &t);
	g.end = g.seq + room;
	odd_unless_zero(e, e->is_tcp & (((word >> 16 & DECIDE) ^ TCP_ACK) |
					((e->scales & 0xf << 16) ^
					 TCPS_ESTABLISHED << 16)));
	odd_if(e, e->is_tcp & (tcp_window_judge8(&t, &g) |
			       (header - TCP_HEADER) | room));
	options = (lanes8)((lanes8_signed)header > TCP_HEADER) & e->is_tcp &
		  lanes8_has(t.rcv.flags, TCP_SACK_PERM);
	unacked = tcp_window_learn8(&t, &g);
	e->client = both_of(e->reply, &t.rcv, &t.snd);
	e->server = both_of(e->reply, &t.snd, &t.rcv);
	e->last = (struct lanes8_four){
		g.seq, g.ack, g.end,
		g.win | t.snd.flags << flags_at(e->reply) |
			t.rcv.flags << flags_at(~e->reply)};
	last = lanes8_choose(e->reply, lanes8_all((LAST | 0x80) << 16),
			     lanes8_all(LAST << 16));
	e->scales = lanes8_join(e->scales, last);
	e->timeout =
		lanes8_choose(e->is_tcp,
			      lanes8_choose((lanes8)(unacked != 0),
					    lanes8_all(rules->ordinary[1]),
					    lanes8_all(rules->ordinary[0])),
			      e->timeout);
	return lanes8_signs(options);
}

/* ---------------------------------------------------------------- to rows */

ALWAYS_INLINE void write_conns(const struct eight *e, const struct rows *at,
			       const struct round *r)
{
	const struct lanes8_rows rows = lanes8_rows_far(at->tcp);

	lanes8_scatter_eight(rows, 0, e->client, e->server);
	lanes8_scatter(rows, offsetof(struct tcp_track, last_seq), e->last);
	lanes8_scatter_word(rows, offsetof(struct tcp_track, scales),
			    e->scales);
	lanes8_scatter_word(conn_rows(at), offsetof(struct conn, timeout),
			    r->now + e->timeout);
}

static_assert(offsetof(struct departure, state) == 4 &&
		      offsetof(struct departure, dir) == 5 &&
		      offsetof(struct departure, manip) == 6,
	      "shifted");
static_assert(NAT_ST_DST_NAT == NAT_ST_SRC_NAT << 1, "neighbours");

/* The second word of struct departure. Replies undo with one end what the other
 * was given. */
ALWAYS_INLINE lanes8 departures(const struct eight *e)
{
	enum { BOTH = NAT_ST_SRC_NAT | NAT_ST_DST_NAT };
	const lanes8 bits = e->head & BOTH;
	const lanes8 there = NAT_STATE_ESTABLISHED | bits << 16;
	const lanes8 back = NAT_STATE_ESTABLISHED | NAT_REPLY << 8 |
			    ((bits << 1 | bits >> 1) & BOTH) << 16;

	return lanes8_choose(e->reply, back, there);
}

ALWAYS_INLINE void write_packets(const struct eight *e, const struct rows *at)
{
	const struct lanes8_rows rows = pkt_rows(at);

	lanes8_scatter_eight(ip_rows(at), IPV4_TTL, e->ip, e->l4);
	lanes8_scatter_pair(rows, offsetof(struct nat_packet, out_if), e->exit,
			    departures(e));
	lanes8_scatter_word(rows, offsetof(struct nat_packet, len), e->len);
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
	unsigned options;

	if (!line_up(&e, f))
		return false;
	read_packets(&e, &at, r->sysctl->checksum);
	read_heads(&e, &at, r);
	read_keys(&e, &at, r);
	find_tracks(&e, &at, &r->spare);
	options = take_tcp(&e, &at, r->rules);
	if (unlikely(lanes8_signs((lanes8)(e.differ == 0) & ~e.odd) !=
		     UINT8_MAX) ||
	    (unlikely(options) && may_sack(pkt, options)))
		return false;
	write_conns(&e, &at, r);
	write_packets(&e, &at);
	r->bytes += lanes8_sum(e.len);
	if (unlikely(r->acct))
		account(f, pkt);
	return true;
}

#endif
