/* SPDX-License-Identifier: BSD-2-Clause
 * Fragments wait for the others. */
#include "decide/defrag.h"

#include "decide/emit.h"
#include "decide/trace.h"
#include "pure/build_fragment.h"
#include "pure/packet_fragment.h"

static struct fragments *fragments_of(struct nat_worker *w, uint8_t family)
{
	return &w->engine->fragments[family == 6];
}

/* IPv6 addresses that are another's on another link. */
static bool is_of_link(const struct walk *k)
{
	struct nat_addr dst = packet_dst_addr(&k->p);

	return k->p.family == 6 &&
	       (packet_is_multicast6(&k->p) || addr_is_link_local(&dst));
}

/* What names the next header is not the same in all fragments of IPv6. */
static struct nat_tuple key_of(const struct walk *k, uint32_t id)
{
	const struct packet *p = &k->p;
	struct nat_tuple key = {
		.src = packet_src_addr(p),
		.dst = packet_dst_addr(p),
		.src_id = (uint16_t)(id >> 16),
		.dst_id = (uint16_t)id,
		.proto = p->family == 4 ? p->proto : 0,
		.family = p->family,
		.zone = is_of_link(k) ? k->in_if : NAT_NO_IF,
	};

	return key;
}

static struct piece *piece_of(const struct walk *k,
			      const struct fragment_info *f)
{
	struct piece *p = piece_new(k->p.ip, k->p.len);

	if (!p)
		return NULL;
	p->offset = f->offset;
	p->len = f->len;
	p->before = f->before;
	p->own = f->own;
	p->last = f->last;
	p->df = k->p.frag & IPV4_DF;
	p->ecn = f->ecn;
	p->mark = k->mark;
	p->in_if = k->in_if;
	return p;
}

static enum reassembly_result take_in(struct walk *k,
				      const struct fragment_info *f)
{
	struct nat_tuple key = key_of(k, f->id);
	struct piece *p = piece_of(k, f);
	struct fragment_fate fate;

	if (!p)
		return PIECE_REFUSED;
	defrag_expire(k->w, k->cause);
	fate = fragments_add(fragments_of(k->w, k->p.family), &key, p,
			     k->w->view.now);
	k->w->stats.reasm_fails += fate.fails;
	if (fate.result == PIECE_LAST) {
		defrag_finish(k);
		k->whole = fate.whole;
		k->reassembled = true;
		k->w->stats.reasm_oks++;
	}
	return fate.result;
}

/* The walk goes on with the whole datagram, as if that had been received. */
static bool become_whole(struct walk *k)
{
	uint8_t *out = emit_room(k, build_whole_len(&k->whole));

	if (!out ||
	    packet_parse(&k->p, out, build_whole(out, &k->whole)) == PACKET_BAD)
		return walk_drop(k, NAT_DROP_NO_MEMORY);
	k->mark = k->whole.first->mark;
	k->hashed = packet_tuple(&k->p, &k->tuple);
	if (k->hashed)
		k->hash = conns_hash(&k->w->view, &k->tuple);
	trace(k, NAT_STEP_REASSEMBLE, "all fragments are there");
	return true;
}

static bool go_on(struct walk *k, enum reassembly_result r)
{
	switch (r) {
	case PIECE_LAST:
		return become_whole(k);
	case PIECE_HELD:
		k->verdict = NAT_HOLD;
		return false;
	case PIECE_FATAL:
	case PIECE_REFUSED:
		break;
	}
	return walk_drop(k, NAT_DROP_FRAGMENT);
}

/* Of IPv6, a fragment that cannot have been cut by the rules goes its way; it
 * is only reassembly that it spoils. */
static bool misfit(const struct walk *k, const struct fragment_info *f)
{
	return k->p.family == 6 && !f->last && f->len % 8;
}

bool defrag(struct walk *k)
{
	struct fragment_info f;
	enum reassembly_result r;

	if (packet_fragment(&k->p, &f) != FRAGMENT_USUAL)
		return true;
	r = take_in(k, &f);
	return (r == PIECE_FATAL && misfit(k, &f)) || go_on(k, r);
}

static bool complain(struct walk *k, uint8_t code, uint32_t pointer)
{
	const struct icmp_fault fault = {ICMP6_PARAMETER, code, pointer};

	emit_icmp_error(k, &fault);
	return walk_drop(k, NAT_DROP_FRAGMENT);
}

bool defrag_arrived(struct walk *k, struct ext_place *i, bool again)
{
	enum { BAD_FIELD = 0, INCOMPLETE_CHAIN = 3, OFFSET_FIELD = 2 };
	struct fragment_info f;
	enum fragment_kind kind = packet_fragment(&k->p, &f);
	enum reassembly_result r;

	if (again || kind == FRAGMENT_NONE)
		return complain(k, BAD_FIELD, i->at);
	if (!f.offset && f.last) {
		i->named = (uint16_t)i->at;
		i->at += f.own;
		return true;
	}
	if (kind == FRAGMENT_HEADLESS)
		return complain(k, INCOMPLETE_CHAIN, 0);
	r = take_in(k, &f);
	if (misfit(k, &f))
		return complain(k, BAD_FIELD, IPV6_LEN);
	if (f.offset + f.len > UINT16_MAX)
		return complain(k, BAD_FIELD, i->at + OFFSET_FIELD);
	return go_on(k, r);
}

void defrag_finish(struct walk *k)
{
	if (k->reassembled)
		pieces_free(k->whole.first);
}

/* Of IPv4, only the host that a datagram is for says that it waited in vain;
 * of IPv6, whoever did. */
static bool tells(const struct walk *k, const struct piece *first)
{
	struct nat_addr src = packet_src_addr(&k->p);
	struct nat_addr dst = packet_dst_addr(&k->p);
	struct route r;

	if (k->p.family == 6)
		return true;
	r = route_input(k->w->engine->topology, first->in_if, k->p.family, &src,
			&dst, first->mark);
	return r.verdict == ROUTE_TO_LOCAL;
}

/* If the beginning can be quoted. */
static void tell_sender(struct nat_worker *w, struct piece *first,
			uint32_t cause)
{
	enum { REASSEMBLY = 1 };
	static const struct icmp_fault fault[] = {
		{ICMP_TIME_EXCEEDED, REASSEMBLY, 0},
		{ICMP6_TIME_EXCEEDED, REASSEMBLY, 0},
	};
	struct nat_addr dst;
	struct walk k;
	bool v6;

	walk_init(&k, w, w->now_ns, cause);
	k.in_if = first->in_if;
	if (first->offset ||
	    packet_parse(&k.p, first->bytes, first->size) == PACKET_BAD ||
	    !tells(&k, first))
		return;
	v6 = k.p.family == 6;
	dst = packet_dst_addr(&k.p);
	emit_icmp_error_about(&k, &k.p, &fault[v6], v6 ? NULL : &dst);
}

static void expire(struct nat_worker *w, struct fragments *f, uint32_t cause)
{
	struct reassembly dead;

	while (fragments_due(f, w->view.others) &&
	       fragments_expire(f, w->view.others, &dead)) {
		w->stats.reasm_timeout++;
		w->stats.reasm_fails++;
		if (dead.first)
			tell_sender(w, dead.first, cause);
		pieces_free(dead.first);
	}
}

void defrag_expire(struct nat_worker *w, uint32_t cause)
{
	expire(w, &w->engine->fragments[0], cause);
	expire(w, &w->engine->fragments[1], cause);
}
