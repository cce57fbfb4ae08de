/* SPDX-License-Identifier: BSD-2-Clause
 * Packets about which nothing is left to decide. All in one function, as far
 * as the source is concerned many: the compiler keeps a packet in registers. */
#include "decide/settled.h"

#include "pure/rewrite.h"

/* A route depends on addresses and the interface a packet came by. The
 * addresses are the connection's own; so a path, kept with each direction, is
 * a pair of interfaces. Routers with more pairs than a byte tells apart do
 * without. */
static uint8_t path_number(const struct nat_engine *e, uint16_t in,
			   uint16_t out)
{
	size_t n = nat_topology_n_ifs(e->topology);

	return n * n < ARRAY_LEN(e->path) ? (uint8_t)(1 + in * n + out) : 0;
}

void settled_init(struct nat_engine *e)
{
	unsigned n = nat_topology_n_ifs(e->topology);

	e->path[0].in_if = NAT_NO_IF;
	for (unsigned in = 0; in < n; in++)
		for (unsigned out = 0; out < n; out++) {
			uint8_t i = path_number(e, (uint16_t)in, (uint16_t)out);

			if (i)
				e->path[i] = (struct path){
					.in_if = (uint16_t)in,
					.out_if = (uint16_t)out,
					.mtu = route_mtu(e->topology,
							 (uint16_t)out),
				};
		}
}

static void remember(struct conn *c, enum nat_dir dir,
		     const struct nat_engine *e, uint16_t in, uint16_t out)
{
	atomic_store_explicit(&c->path[dir], path_number(e, in, out),
			      memory_order_relaxed);
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
	remember(c, dir, k->w->engine, k->in_if, k->out_if);
}

/* The answer comes in where the packet left, and is routed to its source. */
void settled_expect(struct walk *k)
{
	const struct nat_engine *e = k->w->engine;
	struct nat_tuple there, back;
	struct route r;

	if (!k->ct.conn || k->ct.dir == NAT_REPLY || !settled_possible(k->w) ||
	    atomic_load_explicit(&k->ct.conn->path[NAT_REPLY],
				 memory_order_relaxed))
		return;
	conn_tuple(k->ct.conn, NAT_ORIGINAL, &there);
	conn_tuple(k->ct.conn, NAT_REPLY, &back);
	k->w->new_source = addr_equal(&back.dst, &there.src)
				   ? (struct nat_addr){0}
				   : back.dst;
	r = route_input(e->topology, k->out_if, back.family, &back.src,
			&there.src, 0);
	if (r.verdict == ROUTE_TO_FORWARD)
		remember(k->ct.conn, NAT_REPLY, e, k->out_if, r.out_if);
}

/* What all packets of a batch share, and what they come to. Its address goes
 * nowhere, so that the compiler can keep it in registers. */
struct round {
	struct nat_worker *w;
	const struct nat_engine *e;
	uint64_t latest_ns, tick_ends_ns;
	ticks now, others;
	uint8_t id, layout;
	bool verify, acct;

	uint64_t bytes;
	unsigned forwarded, answered;
};

ALWAYS_INLINE struct round round_begin(struct nat_worker *w)
{
	const struct nat_engine *e = w->engine;

	return (struct round){
		.w = w,
		.e = e,
		.latest_ns = w->now_ns,
		.tick_ends_ns = w->tick_ends_ns,
		.now = w->view.now,
		.others = w->view.others,
		.id = w->view.id,
		.layout = 4 | e->conns.extensions,
		.verify = e->sysctl.checksum,
		.acct = e->conns.extensions & CONN_ACCT,
	};
}

ALWAYS_INLINE void round_end(const struct round *r)
{
	struct nat_worker *w = r->w;

	w->now_ns = r->latest_ns;
	w->stats.packets += r->forwarded;
	w->stats.bytes += r->bytes;
	w->stats.verdict[NAT_FORWARD] += r->forwarded;
	w->stats.state[NAT_STATE_ESTABLISHED] += r->answered;
	w->stats.state[NAT_STATE_NEW] += r->forwarded - r->answered;
}

/* Each packet has its own time; ticks are longer. */
ALWAYS_INLINE void round_clock(struct round *r, uint64_t ns)
{
	if (ns > r->latest_ns)
		r->latest_ns = ns;
	if (unlikely(r->latest_ns >= r->tick_ends_ns)) {
		worker_set_clock(r->w, r->latest_ns);
		r->tick_ends_ns = r->w->tick_ends_ns;
		r->now = r->w->view.now;
		r->others = r->w->view.others;
	}
}

/* A packet and its connection, found. */
struct meeting {
	struct conn *conn;
	const struct path *path;
	struct packet p;
	uint16_t status;
	uint8_t dir;
};

/* The key of a plain packet lies in it as it lies in a connection. */
static_assert(IPV4_DST == IPV4_SRC + offsetof(struct conn_key4, dst) &&
		      IPV4_HEADER + PORT_DST ==
			      IPV4_SRC + offsetof(struct conn_key4, dst_id),
	      "addresses, then ports");

ALWAYS_INLINE bool is_ours(const struct round *r, const struct meeting *m)
{
	const struct conn_key4 *key =
		(const struct conn_key4 *)conn_keys(m->conn) + m->dir;

	return m->conn->layout == r->layout && m->conn->proto == m->p.proto &&
	       !memcmp(key, m->p.ip + IPV4_SRC, sizeof(*key));
}

/* In the table and to stay there, NAT decided at both ends. */
ALWAYS_INLINE bool is_settled(const struct round *r, const struct meeting *m)
{
	enum {
		WANT = NAT_ST_CONFIRMED | NAT_ST_SRC_NAT_DONE |
		       NAT_ST_DST_NAT_DONE,
		REFUSE = NAT_ST_DYING | NAT_ST_FIXED_TIMEOUT,
	};

	return (m->status & (WANT | REFUSE)) == WANT &&
	       !conn_expired(m->conn,
			     conn_owner(m->conn) == r->id ? r->now : r->others);
}

/* Routed before, and nothing about the packet has changed since. */
ALWAYS_INLINE bool find_path(const struct round *r, struct meeting *m,
			     const struct nat_packet *pkt)
{
	m->path = &r->e->path[atomic_load_explicit(&m->conn->path[m->dir],
						   memory_order_relaxed)];
	return m->path->in_if == pkt->in_if && m->p.ip[IPV4_TTL] > 1 &&
	       m->p.len <= m->path->mtu;
}

/* What a connection makes of its packet. */
enum fate {
	TAKEN,    /* it goes its way */
	TAKEN_IN, /* so it does, and the connection ends with it */
	REFUSED,  /* INVALID */
	REOPENS,  /* the connection ends, and the packet begins another */
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

static NOINLINE void account(struct conn *conn, uint8_t dir, uint32_t len)
{
	struct conn_acct *a = conn_acct(conn);

	if (!a)
		return;
	a->packets[dir]++;
	a->bytes[dir] += len;
}

static void answered(struct conn *conn, uint16_t status, uint8_t dir)
{
	if (unlikely(!(status & NAT_ST_SEEN_REPLY)) && dir == NAT_REPLY)
		conn_set_status(conn, NAT_ST_SEEN_REPLY);
}

/* Takes little and begins anew, so that the many packets that do not come
 * here can stay in registers. */
static NOINLINE enum fate track_peculiar(const struct nat_worker *w,
					 struct conn *conn, uint8_t *ip,
					 uint8_t dir)
{
	struct tcp_context c = {
		.rules = &w->engine->tcp,
		.left = conn_timeout(conn) - w->view.now,
		.status = conn_status(conn),
		.dir = dir,
	};
	struct packet p = plain_packet(ip, PROTO_TCP);
	struct tcp_segment g;
	struct tcp_result r;

	packet_tcp(&p, &g);
	if (!tcp_flags_valid(g.flags))
		return REFUSED;
	r = tcp_update(conn_tcp(conn), &g, &c);
	if (r.actions & TCP_SET_TIMEOUT)
		conn_set_timeout(conn, w->view.now + r.timeout);
	if (r.actions & TCP_ACCOUNT)
		account(conn, dir, p.len);
	if (r.actions & TCP_ASSURE)
		conn_set_status(conn, NAT_ST_ASSURED);
	if (r.verdict > TCP_IGNORE)
		return r.verdict == TCP_REPEAT ? REOPENS : REFUSED;
	answered(conn, c.status, dir);
	return r.actions & TCP_DELETE ? TAKEN_IN : TAKEN;
}

ALWAYS_INLINE void refresh(const struct round *r, const struct meeting *m,
			   ticks timeout)
{
	conn_set_timeout(m->conn, r->now + timeout);
	if (unlikely(r->acct))
		account(m->conn, m->dir, m->p.len);
}

ALWAYS_INLINE enum fate track_tcp(const struct round *r,
				  const struct meeting *m)
{
	struct tcp_segment g;
	ticks timeout;

	packet_tcp(&m->p, &g);
	if (unlikely(!tcp_update_ordinary(conn_tcp4(m->conn), &g, m->status,
					  (enum nat_dir)m->dir, &r->e->tcp,
					  &timeout)))
		return track_peculiar(r->w, m->conn, m->p.ip, m->dir);
	refresh(r, m, timeout);
	return TAKEN;
}

ALWAYS_INLINE enum fate track_udp(const struct round *r,
				  const struct meeting *m)
{
	struct proto_context c = {&r->e->sysctl, r->now, m->status};
	struct proto_result p = udp_packet(conn_udp4(m->conn), &c);

	refresh(r, m, p.timeout);
	if (unlikely(p.assured))
		conn_set_status(m->conn, NAT_ST_ASSURED);
	answered(m->conn, m->status, m->dir);
	return TAKEN;
}

/* Replies undo with one end what the other was given: the two bits change
 * places. */
ALWAYS_INLINE uint16_t manips(const struct meeting *m)
{
	enum { SRC = NAT_ST_SRC_NAT, DST = NAT_ST_DST_NAT };
	static const uint8_t manip[NAT_N_DIRS][4] = {
		{0, SRC, DST, SRC | DST},
		{0, DST, SRC, SRC | DST},
	};

	static_assert(SRC == 1 << 4 && DST == 1 << 5, "shifted to an index");
	return manip[m->dir][m->status >> 4 & 3];
}

ALWAYS_INLINE void leave(struct round *r, const struct meeting *m,
			 struct nat_packet *pkt)
{
	unsigned answered = m->dir | (m->status & NAT_ST_SEEN_REPLY) >> 1;

	static_assert(NAT_REPLY == 1 && NAT_ST_SEEN_REPLY == 2 &&
			      NAT_STATE_ESTABLISHED == NAT_STATE_NEW + 1,
		      "no branch");
	pkt->len = m->p.len;
	pkt->out_if = m->path->out_if;
	pkt->verdict = NAT_FORWARD;
	pkt->reason = NAT_DROP_NONE;
	pkt->state = (uint8_t)(NAT_STATE_NEW + answered);
	pkt->dir = m->dir;
	r->bytes += m->p.len;
	r->forwarded++;
	r->answered += answered;
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
ALWAYS_INLINE void translate(const struct meeting *m, struct nat_packet *pkt)
{
	const struct conn_key4 *other =
		(const struct conn_key4 *)conn_keys(m->conn) + !m->dir;
	uint64_t addrs;
	uint32_t ports;

	pkt->manip = manips(m);
	if (unlikely(!pkt->manip)) {
		rewrite_ttl_down(&m->p);
		return;
	}
	memcpy(&addrs, &other->src, sizeof(addrs));
	memcpy(&ports, &other->src_id, sizeof(ports));
	rewrite_plain(&m->p, rotate64(addrs, 32), rotate32(ports, 16));
}

/* With @proto a constant where it is called, there is one copy of all this for
 * each, and the two are told apart once. */
ALWAYS_INLINE enum settled forward(struct round *r, struct nat_packet *pkt,
				   const struct flight *f, uint8_t proto)
{
	struct meeting m = {
		.conn = f->guess.conn,
		.dir = f->guess.dir,
		.p = plain_packet(pkt->data, proto),
		.status = conn_status(f->guess.conn),
	};
	enum fate fate;
	bool locked;

	if (unlikely(!is_ours(r, &m) || !is_settled(r, &m) ||
		     !find_path(r, &m, pkt) ||
		     !packet_plain_l4_ok(&m.p, r->verify)))
		return NOT_SETTLED;
	locked = conns_enter(&r->w->view, m.conn);
	fate = proto == PROTO_TCP ? track_tcp(r, &m) : track_udp(r, &m);
	conns_leave(m.conn, locked);
	if (unlikely(fate >= REFUSED)) {
		if (fate == REFUSED)
			return JUDGED;
		(void)conns_kill(&r->w->view, f->guess);
		return NOT_SETTLED;
	}
	translate(&m, pkt);
	leave(r, &m, pkt);
	if (unlikely(fate == TAKEN_IN))
		(void)conns_kill(&r->w->view, f->guess);
	return SETTLED;
}

unsigned settled_forward(struct nat_worker *w, struct nat_packet *pkt,
			 const struct flight *f, unsigned n, enum settled *how)
{
	struct round r = round_begin(w);
	unsigned i;

	for (i = 0; i < n; i++) {
		enum settled s = NOT_SETTLED;

		round_clock(&r, pkt[i].time_ns);
		if (likely(f[i].guess.conn))
			s = pkt[i].data[IPV4_PROTO] == PROTO_TCP
				    ? forward(&r, &pkt[i], &f[i], PROTO_TCP)
				    : forward(&r, &pkt[i], &f[i], PROTO_UDP);
		if (unlikely(s != SETTLED)) {
			*how = s;
			break;
		}
	}
	round_end(&r);
	return i;
}
