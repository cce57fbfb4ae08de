/* SPDX-License-Identifier: BSD-2-Clause
 * Fragments wait for the others. */
#include "decide/defrag.h"

#include "decide/emit.h"
#include "decide/trace.h"
#include "pure/build.h"

static struct nat_tuple key_of(const struct packet *p)
{
	return (struct nat_tuple){
		.src = addr_v4(load32(p->ip + IPV4_SRC)),
		.dst = addr_v4(load32(p->ip + IPV4_DST)),
		.src_id = load16(p->ip + IPV4_ID),
		.proto = p->proto,
		.family = p->family,
	};
}

static struct piece *piece_of(const struct walk *k)
{
	struct piece *p = piece_new(k->p.ip, k->p.len);

	if (!p)
		return NULL;
	p->offset = (k->p.frag & IPV4_OFFSET) * 8u;
	p->len = packet_l4_len(&k->p);
	p->header = k->p.l4;
	p->last = !(k->p.frag & IPV4_MF);
	p->df = k->p.frag & IPV4_DF;
	p->ecn = k->p.ip[IPV4_TOS] & ECN_CE;
	p->mark = k->mark;
	p->in_if = k->in_if;
	return p;
}

/* The walk goes on with the whole datagram, as if that had been received. */
static bool become_whole(struct walk *k)
{
	uint8_t *out;

	k->w->stats.reasm_oks++;
	k->reassembled = true;
	out = emit_room(k, build_whole_len(&k->whole));
	if (!out || packet_parse(&k->p, out, build_whole(out, &k->whole)) !=
			    PACKET_IPV4)
		return walk_drop(k, NAT_DROP_NO_MEMORY);
	k->mark = k->whole.first->mark;
	k->hashed = packet_tuple(&k->p, &k->tuple);
	if (k->hashed)
		k->hash = conns_hash(&k->w->view, &k->tuple);
	trace(k, NAT_STEP_REASSEMBLE, "all fragments are there");
	return true;
}

bool defrag(struct walk *k)
{
	struct fragments *f = &k->w->engine->fragments;
	struct nat_tuple key = key_of(&k->p);
	struct piece *p = piece_of(k);
	struct fragment_fate fate;

	if (!p)
		return walk_drop(k, NAT_DROP_NO_MEMORY);
	if (fragments_due(f, k->w->view.others))
		defrag_expire(k->w, k->cause);
	fate = fragments_add(f, &key, p, k->w->view.now);
	k->w->stats.reasm_fails += fate.fails;
	switch (fate.result) {
	case PIECE_LAST:
		k->whole = fate.whole;
		return become_whole(k);
	case PIECE_HELD:
		k->verdict = NAT_HOLD;
		return false;
	case PIECE_REFUSED:
	case PIECE_FATAL:
		break;
	}
	return walk_drop(k, NAT_DROP_FRAGMENT);
}

void defrag_finish(struct walk *k)
{
	pieces_free(k->whole.first);
}

/* Only the host that a datagram is for says that it waited in vain, and only
 * if it can quote the beginning. */
static void tell_sender(struct nat_worker *w, struct piece *first,
			uint32_t cause)
{
	enum { REASSEMBLY = 1 };
	const struct icmp_fault fault = {ICMP_TIME_EXCEEDED, REASSEMBLY, 0};
	struct nat_addr src, dst;
	struct route r;
	struct walk k;

	walk_init(&k, w, w->now_ns, cause);
	if (first->offset ||
	    packet_parse(&k.p, first->bytes, first->size) != PACKET_IPV4)
		return;
	src = addr_v4(load32(k.p.ip + IPV4_SRC));
	dst = addr_v4(load32(k.p.ip + IPV4_DST));
	r = route_input(w->engine->topology, first->in_if, k.p.family, &src,
			&dst, first->mark);
	if (r.verdict == ROUTE_TO_LOCAL)
		emit_icmp_error_about(&k, &k.p, &fault, &dst);
}

void defrag_expire(struct nat_worker *w, uint32_t cause)
{
	struct reassembly dead;

	while (fragments_expire(&w->engine->fragments, w->view.others, &dead)) {
		w->stats.reasm_timeout++;
		w->stats.reasm_fails++;
		if (dead.first)
			tell_sender(w, dead.first, cause);
		pieces_free(dead.first);
	}
}
