/* SPDX-License-Identifier: BSD-2-Clause
 * Events of connections: gathered, told. */
#include "decide/events.h"

#include "decide/trace.h"

static struct conn_watch *listened(const struct conn *c)
{
	struct conn_watch *watch = conn_watch(c);

	return watch && watch->told ? watch : NULL;
}

/* Target CT has the last word. */
void events_begin(const struct walk *k)
{
	struct conn_watch *watch = listened(k->ct.conn);

	if (likely(!watch))
		return;
	if (k->made_by && k->made_by->ctevents)
		watch->told = k->made_by->ctevents;
	else if (!k->w->engine->sysctl.events)
		watch->told = 0;
}

void events_raise(const struct conn *c, unsigned bits)
{
	struct conn_watch *watch = listened(c);

	if (watch)
		atomic_fetch_or_explicit(&watch->pending, (uint16_t)bits,
					 memory_order_relaxed);
}

static uint8_t protocol_state(const struct conn *c)
{
	switch (c->proto) {
	case PROTO_TCP:
		return (uint8_t)tcp_state(conn_tcp(c));
	case PROTO_SCTP:
		return conn_sctp(c)->state;
	default:
		return 0;
	}
}

struct event_moment events_moment(const struct conn *c)
{
	return (struct event_moment){conn_status(c), protocol_state(c)};
}

void events_compare(const struct conn *c, const struct event_moment *before)
{
	uint16_t gained = conn_status(c) & (uint16_t)~before->status;
	unsigned bits = 0;

	if (gained & NAT_ST_ASSURED)
		bits |= NAT_CT_ASSURED;
	if (protocol_state(c) != before->state)
		bits |= NAT_CT_PROTOINFO;
	if (bits)
		events_raise(c, bits);
}

static void tell(const struct nat_worker *w, struct conn *c, unsigned bits)
{
	struct nat_conntrack ct;
	struct nat_conntrack_event ev = {w->now_ns, bits, &ct};

	conntrack_enter_view(w, c, &ct);
	w->events(w->events_ctx, &ev);
}

void events_deliver(const struct walk *k)
{
	enum { GONE = NAT_ST_DYING, HERE = NAT_ST_CONFIRMED };
	struct conn *c = k->ct.conn;
	struct conn_watch *watch = listened(c);
	uint16_t bits;

	if (!watch || !k->w->events || (conn_status(c) & (GONE | HERE)) != HERE)
		return;
	bits = atomic_exchange_explicit(&watch->pending, 0,
					memory_order_relaxed);
	if (bits & watch->told)
		tell(k->w, c, bits);
}

/* What still waits with the connection is lost, as it is in the kernel. */
static void ended(struct conns_view *v, struct conn *c)
{
	const struct conn_watch *watch = listened(c);

	if (watch && watch->told & NAT_CT_DESTROY)
		tell(container_of(v, struct nat_worker, view), c,
		     NAT_CT_DESTROY);
}

void nat_worker_events(struct nat_worker *w, nat_conntrack_event_fn fn,
		       void *ctx)
{
	w->events = fn;
	w->events_ctx = ctx;
	w->view.ended = fn ? ended : NULL;
}
