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

	for (unsigned in = 0; in < n; in++)
		for (unsigned out = 0; out < n; out++) {
			uint8_t i = path_number(e, (uint16_t)in, (uint16_t)out);

			e->path[i] = (struct path){
				.in_if = (uint16_t)in,
				.out_if = (uint16_t)out,
				.mtu = route_mtu(e->topology, (uint16_t)out),
			};
		}
}

void settled_remember(struct walk *k)
{
	if (!k->ct.conn || k->icmp_related)
		return;
	atomic_store_explicit(&k->ct.conn->path[k->ct.dir],
			      path_number(k->w->engine, k->in_if, k->out_if),
			      memory_order_relaxed);
}

/* A packet and its connection, found. */
struct meeting {
	struct nat_worker *w;
	struct nat_packet *pkt;
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

ALWAYS_INLINE bool is_ours(const struct meeting *s)
{
	const struct conn_key4 *key =
		(const struct conn_key4 *)conn_keys(s->conn) + s->dir;

	return conn_family(s->conn) == 4 && s->conn->proto == s->p.proto &&
	       !memcmp(key, s->p.ip + IPV4_SRC, sizeof(*key));
}

/* In the table and to stay there, NAT decided at both ends. */
ALWAYS_INLINE bool is_settled(const struct meeting *s)
{
	enum {
		WANT = NAT_ST_CONFIRMED | NAT_ST_SRC_NAT_DONE |
		       NAT_ST_DST_NAT_DONE,
		REFUSE = NAT_ST_DYING | NAT_ST_FIXED_TIMEOUT,
	};

	return (s->status & (WANT | REFUSE)) == WANT &&
	       !conn_expired(s->conn, conns_now(&s->w->view, s->conn));
}

/* Routed before, and nothing about the packet or the exit has changed since:
 * a masqueraded connection that leaves elsewhere now is for the walk to end. */
ALWAYS_INLINE bool find_path(struct meeting *s)
{
	const struct conn *c = s->conn;
	uint8_t number =
		atomic_load_explicit(&c->path[s->dir], memory_order_relaxed);

	s->path = &s->w->engine->path[number];
	return number && s->path->in_if == s->pkt->in_if &&
	       s->p.ip[IPV4_TTL] > 1 && s->p.len <= s->path->mtu &&
	       (!c->masq_if || s->dir == NAT_REPLY ||
		c->masq_if == s->path->out_if + 1);
}

/* What the connection makes of the packet. */
struct judgement {
	ticks timeout;
	uint8_t verdict; /* enum tcp_verdict */
	uint8_t actions; /* enum tcp_action */
};

ALWAYS_INLINE struct packet plain_packet(uint8_t *ip)
{
	return (struct packet){
		.ip = ip,
		.len = load16_host(ip + IPV4_LEN),
		.l4 = IPV4_HEADER,
		.family = PACKET_IPV4,
		.proto = ip[IPV4_PROTO],
	};
}

ALWAYS_INLINE struct tcp_context tcp_context_of(const struct nat_worker *w,
						const struct conn *conn,
						uint16_t status, uint8_t dir)
{
	return (struct tcp_context){
		.rules = &w->engine->tcp,
		.left = conn_timeout(conn) - w->view.now,
		.status = status,
		.dir = dir,
	};
}

/* Takes little and begins anew, so that the many packets that do not come
 * here can stay in registers. */
static NOINLINE struct judgement judge_peculiar(const struct nat_worker *w,
						struct conn *conn, uint8_t *ip,
						uint8_t dir)
{
	struct tcp_context c = tcp_context_of(w, conn, conn_status(conn), dir);
	struct packet p = plain_packet(ip);
	struct tcp_segment g;
	struct tcp_result r;

	packet_tcp(&p, &g);
	if (!tcp_flags_valid(g.flags))
		return (struct judgement){.verdict = TCP_INVALID};
	r = tcp_update(conn_tcp(conn), &g, &c);
	return (struct judgement){r.timeout, r.verdict, r.actions};
}

ALWAYS_INLINE struct judgement judge_tcp(const struct meeting *s)
{
	struct judgement j = {0, TCP_ACCEPT, TCP_SET_TIMEOUT | TCP_ACCOUNT};
	struct tcp_context c = tcp_context_of(s->w, s->conn, s->status, s->dir);
	struct tcp_segment g;

	packet_tcp(&s->p, &g);
	if (unlikely(!tcp_update_ordinary(conn_tcp4(s->conn), &g, &c,
					  &j.timeout)))
		return judge_peculiar(s->w, s->conn, s->p.ip, s->dir);
	return j;
}

ALWAYS_INLINE struct judgement judge_udp(const struct meeting *s)
{
	struct proto_context c = {&s->w->engine->sysctl, s->w->view.now,
				  s->status};
	struct proto_result r = udp_packet(conn_udp4(s->conn), &c);

	return (struct judgement){r.timeout, TCP_ACCEPT,
				  TCP_SET_TIMEOUT | TCP_ACCOUNT |
					  (r.assured ? TCP_ASSURE : 0)};
}

ALWAYS_INLINE void account(const struct meeting *s)
{
	struct conn_acct *a = conn_acct(s->conn);

	if (likely(!a))
		return;
	a->packets[s->dir]++;
	a->bytes[s->dir] += s->p.len;
}

/* Under the lock, where there is one. */
ALWAYS_INLINE struct judgement track(const struct meeting *s)
{
	struct judgement j =
		s->p.proto == PROTO_TCP ? judge_tcp(s) : judge_udp(s);

	if (likely(j.actions & TCP_SET_TIMEOUT))
		conn_set_timeout(s->conn, s->w->view.now + j.timeout);
	if (likely(j.actions & TCP_ACCOUNT))
		account(s);
	if (unlikely(j.actions & TCP_ASSURE))
		conn_set_status(s->conn, NAT_ST_ASSURED);
	if (s->dir == NAT_REPLY && j.verdict <= TCP_IGNORE)
		conn_set_status(s->conn, NAT_ST_SEEN_REPLY);
	return j;
}

ALWAYS_INLINE struct judgement track_locked(const struct meeting *s)
{
	struct judgement j;

	if (s->w->engine->max_workers == 1)
		return track(s);
	conn_lock(s->conn);
	j = track(s);
	conn_unlock(s->conn);
	return j;
}

ALWAYS_INLINE uint16_t manips(const struct meeting *s)
{
	enum { BOTH = NAT_ST_SRC_NAT | NAT_ST_DST_NAT };
	uint16_t m = s->status & BOTH;

	/* replies undo with one end what the other was given */
	return s->dir == NAT_REPLY && m && m != BOTH ? m ^ BOTH : m;
}

ALWAYS_INLINE void leave(struct meeting *s)
{
	struct nat_packet *pkt = s->pkt;
	struct nat_stats *stats = &s->w->stats;
	bool seen = s->dir == NAT_REPLY || s->status & NAT_ST_SEEN_REPLY;

	pkt->len = s->p.len;
	pkt->out_if = s->path->out_if;
	pkt->verdict = NAT_FORWARD;
	pkt->reason = NAT_DROP_NONE;
	pkt->state = seen ? NAT_STATE_ESTABLISHED : NAT_STATE_NEW;
	pkt->dir = s->dir;
	stats->packets++;
	stats->bytes += s->p.len;
	stats->verdict[NAT_FORWARD]++;
	stats->state[pkt->state]++;
}

/* What the packet becomes is the answer to what the other side sends. */
ALWAYS_INLINE void translate(struct meeting *s)
{
	const struct conn_key4 *other =
		(const struct conn_key4 *)conn_keys(s->conn) + !s->dir;
	uint64_t addrs = (uint64_t)other->src << 32 | other->dst;
	uint32_t ports = (uint32_t)other->src_id << 16 | other->dst_id;

	s->pkt->manip = manips(s);
	if (unlikely(!s->pkt->manip))
		rewrite_ttl_down(&s->p);
	else
		rewrite_plain(&s->p, addrs, ports);
}

/* With @dir a constant where it is called, there is one copy of all this for
 * each direction, and neither has to look which side is which. */
ALWAYS_INLINE enum settled forward(struct nat_worker *w, struct nat_packet *pkt,
				   struct conn_ref r, enum nat_dir dir)
{
	struct meeting s = {
		.w = w,
		.pkt = pkt,
		.conn = r.conn,
		.dir = (uint8_t)dir,
		.p = plain_packet(pkt->data),
		.status = conn_status(r.conn),
	};
	struct judgement j;

	if (unlikely(!is_ours(&s) || !is_settled(&s) || !find_path(&s) ||
		     !packet_plain_l4_ok(&s.p, w->engine->sysctl.checksum)))
		return NOT_SETTLED;
	w->view.stats.found++;
	j = track_locked(&s);
	if (unlikely(j.verdict == TCP_INVALID))
		return JUDGED;
	if (unlikely(j.verdict == TCP_REPEAT)) {
		(void)conns_kill(&w->view, r);
		return NOT_SETTLED;
	}
	translate(&s);
	leave(&s);
	if (unlikely(j.actions & TCP_DELETE))
		(void)conns_kill(&w->view, r);
	return SETTLED;
}

enum settled settled_forward(struct nat_worker *w, struct nat_packet *pkt,
			     const struct flight *f)
{
	struct conn_ref r = conns_deref(&w->view, f->candidate);

	return r.dir == NAT_ORIGINAL ? forward(w, pkt, r, NAT_ORIGINAL)
				     : forward(w, pkt, r, NAT_REPLY);
}
