/* SPDX-License-Identifier: BSD-2-Clause
 * Events for whoever watches, and connections as the public API has them. */
#include "decide/trace.h"

/* An end that was noticed late is dated back to when it was due. */
static void view_life(const struct conn *c, uint64_t now_ns,
		      struct nat_conntrack *ct)
{
	const struct conn_watch *watch = conn_watch(c);
	ticks now = ticks_of_ns(now_ns), end = conn_timeout(c), left = end;

	ct->stop_ns = now_ns;
	if (ct->status & NAT_ST_CONFIRMED) {
		left = ticks_reached(now, end) ? 0 : end - now;
		if (!left)
			ct->stop_ns -= NS_PER_TICK * (now - end);
	}
	ct->timeout_s = left / TICKS_PER_S;
	if (watch)
		ct->start_ns = watch->start_ns;
}

void conntrack_view(const struct conn *c, uint64_t now_ns,
		    struct nat_conntrack *ct)
{
	const struct conn_acct *a = conn_acct(c);

	*ct = (struct nat_conntrack){
		.status = conn_status(c),
		.mark = conn_mark(c),
	};
	view_life(c, now_ns, ct);
	for (int d = 0; d < NAT_N_DIRS; d++)
		conn_tuple(c, (enum nat_dir)d, &ct->tuple[d]);
	if (c->proto == PROTO_TCP)
		ct->tcp_state = (uint8_t)tcp_state(conn_tcp(c));
	if (c->proto == PROTO_SCTP) {
		ct->sctp_state = conn_sctp(c)->state;
		memcpy(ct->sctp_vtag, conn_sctp(c)->vtag,
		       sizeof(ct->sctp_vtag));
	}
	if (!a)
		return;
	ct->acct = true;
	memcpy(ct->packets, a->packets, sizeof(ct->packets));
	memcpy(ct->bytes, a->bytes, sizeof(ct->bytes));
}

void conntrack_enter_view(const struct nat_worker *w, struct conn *c,
			  struct nat_conntrack *ct)
{
	bool locked = conns_enter(&w->view, c);

	conntrack_view(c, w->now_ns, ct);
	conns_leave(c, locked);
}

void trace_emit(const struct walk *k, enum nat_step step, const char *text,
		const struct trace_rule *at)
{
	struct nat_conntrack ct;
	struct nat_event ev = {
		.step = step,
		.hook = (enum nat_hook)k->hook,
		.text = text,
		.verdict = (enum nat_verdict)k->verdict,
		.reason = (enum nat_drop)k->reason,
		.state = (enum nat_state)k->state,
		.dir = (enum nat_dir)k->ct.dir,
		.data = k->p.ip,
		.len = k->p.len,
		.in_if = k->in_if,
		.out_if = k->out_if,
	};

	if (at) {
		ev.table = at->table;
		ev.chain = at->chain;
		ev.rule = at->rule;
	}
	if (k->ct.conn) {
		conntrack_enter_view(k->w, k->ct.conn, &ct);
		ev.ct = &ct;
	}
	k->w->trace(k->w->trace_ctx, &ev);
}
