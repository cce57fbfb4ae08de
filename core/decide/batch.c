/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Batches of packets, stage by stage, so that the memory that one packet needs
 * is on its way while others are worked on: headers, then the bucket of each
 * tuple, then the connection, then the walk.
 */
#include "decide/defrag.h"
#include "decide/emit.h"
#include "decide/settled.h"
#include "decide/trace.h"
#include "decide/worker.h"
#include "shared/rcu.h"

enum {
	/* Expiry looks at every connection about this often... */
	SWEEP_PERIOD = 15 * TICKS_PER_S,
	/* ...but never delays a packet by more looks than this. */
	SWEEP_PER_PACKET = 4,
	SWEEP_LEAST = 32,
	PREFETCH_AHEAD = 8, /* packet headers */
};

/* Expiry, a little with each run: as much as the clock asks for and the
 * packets allow. */
static void sweep(struct nat_worker *w, size_t packets)
{
	uint64_t slots = conns_slots(&w->engine->conns);
	uint64_t due, most = SWEEP_LEAST + SWEEP_PER_PACKET * packets;

	if (w->swept == w->view.now && !w->owed)
		return;
	w->owed += slots * (w->view.now - w->swept) / w->engine->max_workers;
	w->swept = w->view.now;
	due = w->owed / SWEEP_PERIOD;
	if (!due)
		return;
	if (due > slots) /* once round is enough */
		w->owed = (due = slots) * SWEEP_PERIOD;
	for (uint64_t left = due < most ? due : most; left;) {
		uint32_t n = conns_sweep(&w->view, (uint32_t)left);

		w->owed -= (uint64_t)n * SWEEP_PERIOD;
		left -= n;
		if (!n)
			break;
	}
}

/* Stage one: is it plain, what is its tuple's hash? Its bucket is fetched. */
static void stage_key(struct nat_worker *w, const struct nat_packet *pkt,
		      struct flight *f)
{
	const uint8_t *ip = pkt->data;

	f->candidate = 0;
	f->plain = packet_is_plain(ip, pkt->len);
	if (unlikely(!f->plain))
		return;
	conns_aim(&w->view, &f->probe,
		  hash_ipv4(&w->view.all->key, load32(ip + IPV4_SRC),
			    load32(ip + IPV4_DST), load32(ip + IPV4_HEADER),
			    ip[IPV4_PROTO]));
}

static void drop_at_once(struct walk *k, enum nat_drop reason)
{
	(void)walk_drop(k, reason);
	trace(k, NAT_STEP_VERDICT, nat_drop_name(reason));
}

static void walk(struct walk *k, const struct nat_packet *pkt, struct flight *f)
{
	k->in_if = pkt->in_if;
	k->mark = pkt->mark;
	k->p.ip = pkt->data;
	k->p.len = pkt->len;
	switch (packet_parse(&k->p, pkt->data, pkt->len)) {
	case PACKET_IPV4:
		break;
	case PACKET_IPV6:
		drop_at_once(k, NAT_DROP_IPV6);
		return;
	case PACKET_BAD:
		drop_at_once(k, NAT_DROP_IP_HEADER);
		return;
	}
	k->hashed = packet_tuple(&k->p, &k->tuple);
	if (k->hashed)
		k->hash = f->plain ? f->probe.hash
				   : conns_hash(&k->w->view, &k->tuple);
	k->probe = f->plain ? &f->probe : NULL;
	walk_receive(k);
}

static void account(struct nat_worker *w, const struct walk *k,
		    struct nat_packet *pkt)
{
	w->stats.packets++;
	w->stats.bytes += pkt->len;
	w->stats.verdict[k->verdict]++;
	w->stats.state[k->state]++;
	if (k->verdict == NAT_DROP)
		w->stats.drop[k->reason]++;
	if (unlikely(k->reassembled))
		pkt->len = k->verdict == NAT_FORWARD ? 0 : pkt->len;
	else
		pkt->len = k->p.len;
	pkt->mark = k->mark;
	pkt->out_if =
		k->verdict == NAT_FORWARD ? k->out_if : (uint16_t)NAT_NO_IF;
	pkt->verdict = k->verdict;
	pkt->reason = k->reason;
	pkt->state = k->state;
	pkt->dir = k->ct.dir;
	pkt->manip = k->manip;
}

/* The long way, out of line: the packets that take it are few. */
static NOINLINE void stage_walk(struct nat_worker *w, struct nat_packet *pkt,
				struct flight *f, enum settled how,
				uint32_t index)
{
	struct walk k;

	walk_init(&k, w, w->now_ns, index);
	k.judged = how == JUDGED;
	walk(&k, pkt, f);
	account(w, &k, pkt);
}

static void run_batch(struct nat_worker *w, struct nat_packet *pkt, unsigned n,
		      uint32_t first)
{
	bool possible = settled_possible(w);
	struct flight *f = w->flight;

	for (unsigned i = 0; i < n; i++) {
		if (i + PREFETCH_AHEAD < n)
			__builtin_prefetch(pkt[i + PREFETCH_AHEAD].data, 1);
		stage_key(w, &pkt[i], &f[i]);
	}
	for (unsigned i = 0; i < n; i++)
		if (likely(f[i].plain))
			f[i].candidate = conns_look(&w->view, &f[i].probe);
	for (unsigned i = 0; i < n; i++) {
		enum settled how = NOT_SETTLED;

		worker_set_clock(w, pkt[i].time_ns);
		if (likely(possible && f[i].candidate))
			how = settled_forward(w, &pkt[i], &f[i]);
		if (unlikely(how != SETTLED))
			stage_walk(w, &pkt[i], &f[i], how, first + i);
	}
}

int nat_worker_run(struct nat_worker *w, uint64_t now_ns,
		   struct nat_packet *pkt, size_t n)
{
	emit_reset(&w->originated);
	worker_set_clock(w, now_ns);
	worker_wake(w);
	worker_publish_clock(w);
	if (fragments_due(&w->engine->fragments, w->view.others))
		defrag_expire(w, 0);
	for (size_t at = 0; at < n; at += BATCH) {
		unsigned now = n - at < BATCH ? (unsigned)(n - at) : BATCH;

		run_batch(w, pkt + at, now, (uint32_t)at);
	}
	sweep(w, n);
	grace_quiescent();
	return (int)w->originated.n;
}
