/* SPDX-License-Identifier: BSD-2-Clause
 * Packets about which nothing is left to decide. All in one function, as far
 * as the source is concerned many: the compiler keeps a packet in registers. */
#include "decide/settled.h"

#include "pure/rewrite.h"

void settled_init(struct nat_engine *e)
{
	size_t n = nat_topology_n_ifs(e->topology);

	e->paths = n <= PATH_OUT;
	for (uint16_t i = 0; e->paths && i < n; i++)
		path_set_room(&e->path_room, i, route_mtu(e->topology, i));
}

/* A masqueraded connection that leaves elsewhere now is for the walk to end:
 * such a path is not kept. */
void settled_remember(struct walk *k)
{
	struct conn *c = k->ct.conn;
	enum nat_dir dir = (enum nat_dir)k->ct.dir;

	if (!c || k->icmp_related ||
	    (dir == NAT_ORIGINAL && c->masq_if && c->masq_if != k->out_if + 1))
		return;
	settled_keep(k->w->engine, c, dir, k->in_if, k->out_if);
}

void settled_expect(struct walk *k)
{
	struct conn *c = k->ct.conn;

	if (!c || k->ct.dir == NAT_REPLY || conn_family(c) != 4 ||
	    k->out_if == NAT_NO_IF || !settled_possible(k->w) ||
	    atomic_load_explicit(&c->path[NAT_REPLY], memory_order_relaxed))
		return;
	settled_expect_at(k->w, c, k->out_if);
}

/* An ordinary connection: in the table and to stay there, NAT decided at both
 * ends, both sides seen, and this worker's. */
void settled_begin(struct round *r, struct nat_worker *w)
{
	enum {
		UDP = NAT_ST_CONFIRMED | NAT_ST_SEEN_REPLY |
		      NAT_ST_SRC_NAT_DONE | NAT_ST_DST_NAT_DONE,
		TCP = UDP | TCP_ORDINARY,
		NOT = NAT_ST_DYING | NAT_ST_FIXED_TIMEOUT | NAT_ST_SEQ_ADJUST,
	};
	const struct nat_engine *e = w->engine;
	uint8_t id = w->view.id, layout = 4 | e->conns.extensions;

	*r = (struct round){
		.w = w,
		.room = &e->path_room,
		.tcp.mask = conn_head_of(TCP | NOT, 0xff, 0xff, 0xff),
		.tcp.want = conn_head_of(TCP, id, PROTO_TCP, layout),
		.udp.mask = conn_head_of(UDP | NOT, 0xff, 0xff, 0xff),
		.udp.want = conn_head_of(UDP, id, PROTO_UDP, layout),
		.rules = &e->tcp,
		.sysctl = &e->sysctl,
		.udp_timeout = {ticks_of_s(e->sysctl.udp_timeout),
				ticks_of_s(e->sysctl.udp_timeout_stream)},
		.acct = e->conns.extensions & CONN_ACCT,
	};
}

void settled_end(const struct round *r)
{
	struct nat_stats *s = &r->w->stats;

	s->packets += r->forwarded;
	s->bytes += r->bytes;
	s->verdict[NAT_FORWARD] += r->forwarded;
	s->state[NAT_STATE_ESTABLISHED] += r->forwarded - r->unanswered;
	s->state[NAT_STATE_NEW] += r->unanswered;
}

/* A packet and its connection, found. */
struct meeting {
	struct conn *conn;
	size_t dir;
	struct packet p;
};

/* The key of a plain packet lies in it as it lies in a connection. */
static_assert(IPV4_DST == IPV4_SRC + offsetof(struct conn_key4, dst) &&
		      IPV4_HEADER + PORT_DST ==
			      IPV4_SRC + offsetof(struct conn_key4, dst_id),
	      "addresses, then ports");

ALWAYS_INLINE bool is_ours(const struct meeting *m)
{
	const struct conn_key4 *key =
		(const struct conn_key4 *)conn_keys(m->conn) + m->dir;

	return !memcmp(key, m->p.ip + IPV4_SRC, sizeof(*key));
}

ALWAYS_INLINE uint8_t path_of(const struct meeting *m)
{
	return atomic_load_explicit(&m->conn->path[m->dir],
				    memory_order_relaxed);
}

/* Routed before, and nothing about the packet has changed since. */
ALWAYS_INLINE bool goes_there(const struct round *r, uint8_t path,
			      const struct meeting *m,
			      const struct nat_packet *pkt)
{
	return path_begins(path, pkt->in_if) && m->p.ip[IPV4_TTL] > 1 &&
	       m->p.len <= path_room(r->room, path_out(path));
}

/* What a connection makes of its packet. */
enum fate {
	TAKEN,     /* it goes its way */
	UNSETTLED, /* the connection is not settled */
	TAKEN_IN,  /* it goes its way, and the connection ends with it */
	REFUSED,   /* INVALID */
	REOPENS,   /* the connection ends, and the packet begins another */
};

ALWAYS_INLINE struct packet plain_packet(uint8_t *ip, uint8_t proto)
{
	return (struct packet){
		.ip = ip,
		.len = load16_host(ip + IPV4_LEN),
		.l4 = IPV4_HEADER,
		.family = PACKET_IPV4,
		.proto = proto,
	};
}

static enum fate track_tcp(const struct nat_worker *w, struct conn *c,
			   const struct packet *p, enum nat_dir dir)
{
	struct tcp_context ctx = {
		.rules = &w->engine->tcp,
		.left = conn_timeout(c) - w->view.now,
		.status = conn_status(c),
		.dir = dir,
	};
	struct tcp_segment g;
	struct tcp_result r;

	packet_tcp(p, &g);
	if (!tcp_flags_valid(g.flags))
		return REFUSED;
	r = tcp_update(conn_tcp4(c), &g, &ctx);
	conn_take_tcp(c, &r, w->view.now, dir, p->len);
	if (r.verdict > TCP_IGNORE)
		return r.verdict == TCP_REPEAT ? REOPENS : REFUSED;
	return r.actions & TCP_DELETE ? TAKEN_IN : TAKEN;
}

static enum fate track_udp(const struct nat_worker *w, struct conn *c,
			   const struct packet *p, enum nat_dir dir)
{
	struct proto_context ctx = {
		.sysctl = &w->engine->sysctl,
		.now = w->view.now,
		.status = conn_status(c),
	};
	struct proto_result r = udp_packet(conn_udp4(c), &ctx);

	conn_refresh(c, w->view.now, r.timeout);
	conn_account(c, dir, p->len);
	if (r.assured)
		conn_set_status(c, NAT_ST_ASSURED);
	return TAKEN;
}

/* In the table and to stay there, NAT decided at both ends. */
static bool is_settled(const struct nat_worker *w, const struct conn *c,
		       uint8_t proto)
{
	enum {
		WANT = NAT_ST_CONFIRMED | NAT_ST_SRC_NAT_DONE |
		       NAT_ST_DST_NAT_DONE,
		REFUSE = NAT_ST_DYING | NAT_ST_FIXED_TIMEOUT,
	};

	return (conn_status(c) & (WANT | REFUSE)) == WANT &&
	       c->proto == proto &&
	       c->layout == (4 | w->engine->conns.extensions) &&
	       !conn_expired(c, conns_now(&w->view, c));
}

static enum fate track(const struct nat_worker *w, const struct meeting *m)
{
	enum nat_dir dir = (enum nat_dir)m->dir;
	struct conn *c = m->conn;
	enum fate fate;
	bool locked;

	if (!is_settled(w, c, m->p.proto))
		return UNSETTLED;
	locked = conns_enter(&w->view, c);
	fate = m->p.proto == PROTO_TCP ? track_tcp(w, c, &m->p, dir)
				       : track_udp(w, c, &m->p, dir);
	if (fate < REFUSED && dir == NAT_REPLY)
		conn_set_status(c, NAT_ST_SEEN_REPLY);
	conns_leave(c, locked);
	return fate;
}

/* Most packets of ordinary connections. False: it is none; nothing has
 * changed. */
ALWAYS_INLINE bool track_ordinary(const struct round *r,
				  const struct meeting *m)
{
	struct conn *c = m->conn;
	ticks timeout = 0;

	if (m->p.proto == PROTO_TCP) {
		struct tcp_segment g;

		packet_tcp_ack(&m->p, &g);
		if (unlikely((conn_head(c) & r->tcp.mask) != r->tcp.want ||
			     conn_expired(c, r->now) ||
			     !tcp_is_ordinary(g.flags) ||
			     !tcp_update_ordinary(
				     conn_tcp4(c),
				     lanes4_load_wire(packet_l4(&m->p)), &g,
				     m->dir, r->rules, &timeout)))
			return false;
	} else {
		struct proto_context ctx = {r->sysctl, r->now, conn_status(c)};
		struct proto_result p;

		if (unlikely((conn_head(c) & r->udp.mask) != r->udp.want ||
			     conn_expired(c, r->now)))
			return false;
		p = udp_packet(conn_udp4(c), &ctx);
		timeout = p.timeout;
		if (unlikely(p.assured))
			conn_set_status(c, NAT_ST_ASSURED);
	}
	conn_set_timeout(c, r->now + timeout);
	if (unlikely(r->acct))
		conn_account(c, (unsigned)m->dir, m->p.len);
	return true;
}

/* Replies undo with one end what the other was given: the two bits change
 * places. */
static const struct departure departures[NAT_N_DIRS][4] = {
#define TO(d, bits)                                                            \
	{                                                                      \
		.verdict = NAT_FORWARD, .state = NAT_STATE_ESTABLISHED,        \
		.dir = (d), .manip = (bits)                                    \
	}
#define SRC NAT_ST_SRC_NAT
#define DST NAT_ST_DST_NAT
	{TO(0, 0), TO(0, SRC), TO(0, DST), TO(0, SRC | DST)},
	{TO(1, 0), TO(1, DST), TO(1, SRC), TO(1, SRC | DST)},
#undef TO
#undef SRC
#undef DST
};

/* Writes the verdict. Returns the manips done. */
ALWAYS_INLINE unsigned leave(const struct meeting *m, uint8_t path,
			     struct nat_packet *pkt)
{
	struct departure d = departures[m->dir][conn_status(m->conn) >> 4 & 3];

	static_assert(NAT_ST_SRC_NAT == 1 << 4 && NAT_ST_DST_NAT == 1 << 5,
		      "shifted to an index");
	d.out_if = path_out(path);
	memcpy((char *)pkt + offsetof(struct nat_packet, out_if), &d,
	       sizeof(d));
	pkt->len = m->p.len;
	return d.manip;
}

ALWAYS_INLINE uint64_t rotate64(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

ALWAYS_INLINE uint32_t rotate32(uint32_t v, unsigned by)
{
	return v << by | v >> (32 - by);
}

/* What the packet becomes is the answer to what the other side sends: its two
 * ends, the other way round. */
ALWAYS_INLINE void translate(const struct meeting *m)
{
	const struct conn_key4 *other =
		(const struct conn_key4 *)conn_keys(m->conn) + !m->dir;
	uint64_t addrs;
	uint32_t ports;

	memcpy(&addrs, &other->src, sizeof(addrs));
	memcpy(&ports, &other->src_id, sizeof(ports));
	rewrite_plain(&m->p, rotate64(addrs, 32), rotate32(ports, 16));
}

ALWAYS_INLINE struct meeting meet(const struct nat_packet *pkt,
				  struct conn_ref guess, uint8_t proto)
{
	return (struct meeting){
		.conn = guess.conn,
		.dir = guess.dir,
		.p = plain_packet(pkt->data, proto),
	};
}

ALWAYS_INLINE void depart(struct round *r, const struct meeting *m,
			  uint8_t path, struct nat_packet *pkt)
{
	r->bytes += m->p.len;
	if (likely(leave(m, path, pkt)))
		translate(m);
	else
		rewrite_ttl_down(&m->p);
}

/* Any packet of any settled connection. Begins anew, so that the many packets
 * that do not come here can stay in registers. */
static NOINLINE enum settled
forward_any(struct round *r, struct nat_packet *pkt, struct conn_ref guess)
{
	struct meeting m = meet(pkt, guess, pkt->data[IPV4_PROTO]);
	enum fate fate = track(r->w, &m);

	if (fate == REFUSED)
		return JUDGED;
	if (fate == REOPENS)
		(void)conns_kill(&r->w->view, guess);
	if (fate == REOPENS || fate == UNSETTLED)
		return NOT_SETTLED;
	depart(r, &m, path_of(&m), pkt);
	if (!(conn_status(m.conn) & NAT_ST_SEEN_REPLY)) {
		pkt->state = NAT_STATE_NEW;
		r->unanswered++;
	}
	if (fate == TAKEN_IN)
		(void)conns_kill(&r->w->view, guess);
	return SETTLED;
}

/* With @proto a constant where it is called, there is one copy of all this for
 * each, and the two are told apart once. */
ALWAYS_INLINE enum settled forward(struct round *r, struct nat_packet *pkt,
				   struct conn_ref guess, uint8_t proto)
{
	struct meeting m = meet(pkt, guess, proto);
	uint8_t path = path_of(&m);

	if (unlikely(!is_ours(&m) || !goes_there(r, path, &m, pkt) ||
		     !packet_plain_l4_fits(m.p.ip, proto == PROTO_TCP)))
		return NOT_SETTLED;
	if (unlikely(!track_ordinary(r, &m)))
		return forward_any(r, pkt, guess);
	depart(r, &m, path, pkt);
	return SETTLED;
}

ALWAYS_INLINE enum settled
forward_alone(struct round *r, struct nat_packet *pkt, struct conn_ref guess)
{
	if (unlikely(!guess.conn))
		return NOT_SETTLED;
	return pkt->data[IPV4_PROTO] == PROTO_TCP
		       ? forward(r, pkt, guess, PROTO_TCP)
		       : forward(r, pkt, guess, PROTO_UDP);
}

unsigned settled_forward(struct round *r, struct nat_packet *pkt,
			 const struct flights *f, unsigned i, unsigned end,
			 enum settled *how)
{
	const unsigned first = i;

	r->now = r->w->view.now;
	for (; i < end; i++) {
		enum settled s = forward_alone(r, pkt + i, flights_guess(f, i));

		if (unlikely(s != SETTLED)) {
			*how = s;
			break;
		}
	}
	r->forwarded += i - first;
	return i;
}
