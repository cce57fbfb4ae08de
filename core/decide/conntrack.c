/* SPDX-License-Identifier: BSD-2-Clause
 * Which connection a packet belongs to, and what it does to it. */
#include "decide/conntrack.h"

#include "decide/events.h"
#include "decide/trace.h"
#include "decide/zone.h"

/* One that was never confirmed is gone. */
static void detach(struct walk *k)
{
	if (k->ct.conn && !walk_confirmed(k))
		conns_discard(&k->w->view, k->ct);
	k->ct = (struct conn_ref){0};
	k->state = NAT_STATE_INVALID;
}

/* There is no place for the packet's connection. */
static bool refuse(struct walk *k, enum nat_drop reason)
{
	k->w->stats.dropped++;
	return walk_drop(k, reason);
}

/* The packet goes on without a connection; @counter says what it is. */
static bool untracked(struct walk *k, uint64_t *counter, const char *why)
{
	detach(k);
	++*counter;
	trace(k, NAT_STEP_CONNTRACK, why);
	return true;
}

static bool invalid(struct walk *k, const char *why)
{
	return untracked(k, &k->w->stats.invalid, why);
}

/* ICMP that is not even asked about. */
static bool error(struct walk *k, const char *why)
{
	return untracked(k, &k->w->stats.error, why);
}

static enum nat_state state_of(const struct conn_ref *r)
{
	uint16_t status = conn_status(r->conn);

	if (r->dir == NAT_REPLY || status & NAT_ST_SEEN_REPLY)
		return NAT_STATE_ESTABLISHED;
	return status & NAT_ST_EXPECTED ? NAT_STATE_RELATED : NAT_STATE_NEW;
}

/* Attaches the connection of the tuple, a new one if there is none. */
enum resolved { RESOLVED, NOT_INVERTIBLE, TABLE_FULL, NO_MEMORY };

static struct conn_ref find(struct walk *k)
{
	if (zone_in_use(k))
		return zone_find(k, &k->tuple, zone_of_packet(k));
	return conns_find(&k->w->view, &k->tuple, k->hash);
}

/* The answer's tuple is in the zone of the other direction. */
static void enter_zone(struct walk *k, struct nat_tuple *reply)
{
	struct conn_zone z = zone_of_packet(k);

	k->tuple.zone = z.id[NAT_ORIGINAL];
	reply->zone = z.id[NAT_REPLY];
	k->hash = conns_hash(&k->w->view, &k->tuple);
}

static enum resolved resolve(struct walk *k)
{
	struct conns_view *v = &k->w->view;
	struct nat_tuple reply;
	bool full = false;

	k->ct = find(k);
	if (likely(k->ct.conn)) {
		k->state = (uint8_t)state_of(&k->ct);
		return RESOLVED;
	}
	if (!tuple_invert(&reply, &k->tuple))
		return NOT_INVERTIBLE;
	if (zone_in_use(k))
		enter_zone(k, &reply);
	k->ct = conns_new(v, &k->tuple, k->hash, &full);
	if (!k->ct.conn)
		return full ? TABLE_FULL : NO_MEMORY;
	conn_set_tuple(k->ct.conn, NAT_REPLY, &reply);
	events_begin(k);
	k->answer = 0;
	k->source = 0;
	k->state = NAT_STATE_NEW;
	return RESOLVED;
}

static void refresh(struct walk *k, ticks timeout)
{
	conn_refresh(k->ct.conn, k->w->view.now, timeout);
}

static void account(const struct walk *k)
{
	conn_account(k->ct.conn, k->ct.dir, k->p.len);
}

/* What became of the packet in its tracker's hands. */
struct tracked {
	enum { TRACKED, TRACK_INVALID, TRACK_REPEAT } what;
	const char *why;
	bool delete;
};

static struct tracked track_tcp(struct walk *k)
{
	struct conn *c = k->ct.conn;
	struct tcp_context ctx = {
		.rules = &k->w->engine->tcp,
		.left = conn_timeout(c) - k->w->view.now,
		.status = conn_status(c),
		.dir = (enum nat_dir)k->ct.dir,
	};
	struct tcp_segment g;
	struct tcp_result r;

	packet_tcp(&k->p, &g);
	r = tcp_update(conn_tcp(c), &g, &ctx);
	conn_take_tcp(c, &r, k->w->view.now, k->ct.dir, k->p.len);
	if (r.verdict == TCP_REPEAT)
		return (struct tracked){TRACK_REPEAT, NULL, false};
	if (r.verdict == TCP_INVALID)
		return (struct tracked){TRACK_INVALID, tcp_why_text(r.why),
					false};
	return (struct tracked){TRACKED, tcp_why_text(r.why),
				r.actions & TCP_DELETE};
}

static struct tracked track_sctp(struct walk *k)
{
	struct conn *c = k->ct.conn;
	struct sctp_context ctx = {
		.sysctl = &k->w->engine->sysctl,
		.status = conn_status(c),
		.dir = k->ct.dir,
	};
	struct sctp_result r = sctp_update(conn_sctp(c), &k->p, &ctx);

	if (r.verdict == SCTP_ACCEPT) {
		refresh(k, r.timeout);
		account(k);
	}
	if (r.assured)
		conn_set_status(c, NAT_ST_ASSURED);
	return (struct tracked){r.verdict == SCTP_INVALID ? TRACK_INVALID
							  : TRACKED,
				sctp_why_text(r.why), false};
}

/* UDP and all that are tracked by a timeout alone. */
static struct tracked track_simple(struct walk *k)
{
	struct conn *c = k->ct.conn;
	const struct nat_sysctl *s = &k->w->engine->sysctl;
	struct proto_context ctx = {s, k->w->view.now, conn_status(c)};
	struct proto_result r;

	switch (c->proto) {
	case PROTO_UDP:
		r = udp_packet(conn_udp(c), &ctx);
		break;
	case PROTO_UDPLITE:
		r = udplite_packet(&ctx);
		break;
	case PROTO_GRE:
		r = gre_packet(&ctx);
		break;
	case PROTO_ICMP:
		r = (struct proto_result){ticks_of_s(s->icmp_timeout), false};
		break;
	case PROTO_ICMPV6:
		r = (struct proto_result){ticks_of_s(s->icmpv6_timeout), false};
		break;
	default:
		r = (struct proto_result){ticks_of_s(s->generic_timeout),
					  false};
	}
	if (r.assured)
		conn_set_status(c, NAT_ST_ASSURED);
	refresh(k, r.timeout);
	account(k);
	return (struct tracked){TRACKED, "accepted", false};
}

/* Only a query may open a connection, whatever its tuple inverts to. */
static bool icmp_opens(const struct walk *k)
{
	return walk_confirmed(k) ||
	       icmp_may_open(k->p.proto, packet_l4(&k->p)[ICMP_TYPE]);
}

static inline bool is_sound(const struct walk *k)
{
	return k->plain &&
	       packet_plain_l4_fits(k->p.ip, k->p.proto == PROTO_TCP);
}

/* packet_check_l4() would find nothing; mostly this tells sooner. */
static inline bool is_ordinary(const struct walk *k)
{
	return is_sound(k) &&
	       (k->p.proto != PROTO_TCP ||
		tcp_flags_valid(packet_l4(&k->p)[TCP_FLAG_BYTE]));
}

static struct tracked track(struct walk *k, bool verify)
{
	struct conn *c = k->ct.conn;
	struct event_moment before;
	struct tracked t;
	bool locked;

	if (proto_is_icmp(k->p.proto)) {
		if (!icmp_opens(k))
			return (struct tracked){TRACK_INVALID,
						"answers nothing asked", false};
	} else if (unlikely(!is_ordinary(k))) {
		enum l4_fault f = packet_check_l4(&k->p, verify);

		if (f)
			return (struct tracked){TRACK_INVALID, l4_fault_name(f),
						false};
	}
	locked = conns_enter(&k->w->view, c);
	before = events_moment(c);
	t = likely(c->proto == PROTO_TCP) ? track_tcp(k)
	    : c->proto == PROTO_SCTP      ? track_sctp(k)
					  : track_simple(k);
	if (t.what == TRACKED)
		events_compare(c, &before);
	conns_leave(c, locked);
	return t;
}

/* An ICMP error belongs to the connection whose packet it quotes, provided
 * it is sent to where that packet came from (spec 3.4). */
static bool icmp_error_in(struct walk *k)
{
	struct nat_addr to = packet_dst_addr(&k->p);
	struct packet quoted;
	struct nat_tuple t;
	struct conn_ref r;

	if (!packet_quoted(&k->p, &quoted) || !packet_tuple(&quoted, &t) ||
	    !tuple_invert(&t, &t))
		return error(k, "quotes nothing that could be tracked");
	r = zone_find(k, &t, zone_of_packet(k));
	if (!r.conn)
		return error(k, "quotes no connection");
	conn_tuple(r.conn, (enum nat_dir)r.dir, &t);
	if (!addr_equal(&t.dst, &to))
		return error(k, "quotes a connection of another host");
	k->ct = r;
	k->state = NAT_STATE_RELATED;
	k->icmp_related = true;
	trace(k, NAT_STEP_CONNTRACK, "error about the connection");
	return true;
}

static const char *describe(const struct walk *k, const struct tracked *t)
{
	if (k->state == NAT_STATE_NEW && !walk_confirmed(k))
		return "new connection";
	return t->why;
}

/* An answer that ends the connection is not counted as one before it does. */
static void tracked(struct walk *k, const struct tracked *t)
{
	if (unlikely(t->delete))
		conns_kill(&k->w->view, k->ct);
	if (k->ct.dir == NAT_REPLY &&
	    !(conn_status(k->ct.conn) & NAT_ST_SEEN_REPLY)) {
		conn_set_status(k->ct.conn, NAT_ST_SEEN_REPLY);
		events_raise(k->ct.conn, NAT_CT_REPLY);
	}
	trace(k, NAT_STEP_CONNTRACK, describe(k, t));
}

static bool conntrack_tuple(struct walk *k, bool verify)
{
	for (;;) {
		struct tracked t;

		switch (resolve(k)) {
		case RESOLVED:
			break;
		case NOT_INVERTIBLE:
			return invalid(k, "has no answer to wait for");
		case TABLE_FULL:
			return refuse(k, NAT_DROP_TABLE_FULL);
		case NO_MEMORY:
			return refuse(k, NAT_DROP_NO_MEMORY);
		}
		t = track(k, verify);
		if (likely(t.what == TRACKED)) {
			tracked(k, &t);
			return true;
		}
		if (t.what == TRACK_INVALID)
			return invalid(k, t.why);
		conns_kill(&k->w->view, k->ct);
		k->tracked_twice = true;
	}
}

/* The tracker's part in it. */
static void open_track(const struct nat_worker *w, struct conn *c,
		       const struct packet *p)
{
	const struct nat_engine *e = w->engine;
	struct proto_context ctx = {&e->sysctl, w->view.now, 0};
	struct tcp_segment g;
	ticks timeout;

	if (p->proto == PROTO_TCP) {
		packet_tcp(p, &g);
		timeout = tcp_open(conn_tcp4(c), &g, &e->tcp);
	} else {
		timeout = udp_packet(conn_udp4(c), &ctx).timeout;
	}
	conn_set_timeout(c, timeout);
}

struct conn_ref conntrack_open(struct nat_worker *w, const struct packet *p,
			       uint64_t hash)
{
	struct conn_key4 orig;
	struct conn_ref r;

	memcpy(&orig, p->ip + IPV4_SRC, sizeof(orig));
	r = conns_new_plain(&w->view, p->proto == PROTO_TCP, &orig, hash);
	if (likely(r.conn))
		open_track(w, r.conn, p);
	return r;
}

/* Most packets that are not of a connection are plain ones that begin it, and
 * need few questions. False: this one needs all; nothing has changed. */
static bool open_plain(struct walk *k)
{
	const struct conns_view *v = &k->w->view;

	if (!k->plain || !conns_are_plain(v) ||
	    !table_lacks(&v->all->table, k->hash) || !conntrack_opens(&k->p))
		return false;
	k->ct = conntrack_open(k->w, &k->p, k->hash);
	if (unlikely(!k->ct.conn))
		return false;
	k->state = NAT_STATE_NEW;
	trace(k, NAT_STEP_CONNTRACK, "new connection");
	return true;
}

static bool known_in(struct walk *k, bool verify)
{
	if (unlikely(!k->hashed))
		return invalid(k, "has no tuple");
	if (k->judged)
		return invalid(k, "not of its connection");
	if (open_plain(k))
		return true;
	return conntrack_tuple(k, verify);
}

/* What ICMP messages are before they are anybody's. */
static bool icmp_in(struct walk *k, bool verify)
{
	enum l4_fault f = packet_check_l4(&k->p, verify);

	if (unlikely(f))
		return error(k, l4_fault_name(f));
	switch (packet_icmp_kind(&k->p)) {
	case ICMP_QUOTES:
		return icmp_error_in(k);
	case ICMP_UNTRACKED:
		k->state = NAT_STATE_UNTRACKED;
		trace(k, NAT_STEP_CONNTRACK, "between neighbours: untracked");
		return true;
	case ICMP_MALFORMED:
		return error(k, "redirect of no neighbour");
	case ICMP_PLAIN:
		break;
	}
	return known_in(k, verify);
}

bool conntrack_in(struct walk *k, bool verify)
{
	k->state = NAT_STATE_INVALID;
	if (proto_is_icmp(k->p.proto))
		return icmp_in(k, verify);
	return known_in(k, verify);
}

static void stamp(const struct walk *k)
{
	struct conn_watch *watch = conn_watch(k->ct.conn);

	if (watch && k->w->engine->sysctl.timestamp)
		watch->start_ns = k->now_ns;
}

/* The packet was counted for a connection that is not to be. */
static void account_merged(const struct walk *k)
{
	bool locked = conns_enter(&k->w->view, k->ct.conn);

	account(k);
	conns_leave(k->ct.conn, locked);
}

static bool confirm(struct walk *k)
{
	const struct conn_hashes h = {{k->hash, walk_answer_hash(k)},
				      walk_source_hash(k)};

	if (unlikely(k->ct.conn->layout & CONN_WATCH))
		stamp(k);
	switch (conns_confirm_as(&k->w->view, &k->ct, &h)) {
	case CONFIRM_INSERTED:
		events_raise(k->ct.conn,
			     conn_status(k->ct.conn) & NAT_ST_EXPECTED
				     ? NAT_CT_RELATED
				     : NAT_CT_NEW);
		break;
	case CONFIRM_MERGED:
		account_merged(k);
		break;
	case CONFIRM_LOST:
		k->ct = (struct conn_ref){0};
		return refuse(k, NAT_DROP_INSERT_FAILED);
	}
	trace(k, NAT_STEP_CONFIRM, "in the table");
	return true;
}

bool conntrack_confirm(struct walk *k)
{
	bool fresh = k->ct.conn && !k->icmp_related &&
		     k->ct.dir == NAT_ORIGINAL && !walk_confirmed(k);

	if (fresh && !confirm(k))
		return false;
	if (k->ct.conn && unlikely(k->ct.conn->layout & CONN_WATCH))
		events_deliver(k);
	return true;
}
