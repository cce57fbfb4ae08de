/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The search for an id. In a pool that is nearly full it is all misses of the
 * cache, so a round knows its probes in advance and fetches what they need
 * while others are looked at. What is asked, and in which order, stays that of
 * the spec. */
#include "decide/search.h"

#include <arpa/inet.h>

#include "decide/choice.h"

enum { /* the port search: spec 7.5 */
       MAX_ATTEMPTS = 128,
       MIN_ATTEMPTS = 16,
       PROBES_AHEAD = 7, /* of those looked at: of either fetch */
       PROBES_ROOM = 16,
       HARDER_BELOW = 32, /* from here on a dying connection is robbed */
};

/* Takes the port from a connection that is nearly over, for a SYN that can
 * only belong to a later one. */
static inline bool rob(struct walk *k, struct conn_ref r)
{
	uint16_t status = conn_status(r.conn);
	bool may, locked;

	if (r.dir != NAT_REPLY || !(status & NAT_ST_SRC_NAT) ||
	    status & (NAT_ST_FIXED_TIMEOUT | NAT_ST_DYING) ||
	    r.conn->proto != PROTO_TCP)
		return false;
	locked = conns_enter(&k->w->view, r.conn);
	may = tcp_may_evict(conn_tcp(k->ct.conn), conn_tcp(r.conn));
	conns_leave(r.conn, locked);
	return may && conns_kill(&k->w->view, r);
}

/* True of a SYN: late in its search it may rob. */
static bool is_robber(const struct walk *k)
{
	const struct conn *c = k->ct.conn;

	return c->proto == PROTO_TCP && tcp_state(conn_tcp(c)) == TCPS_SYN_SENT;
}

static NOINLINE struct conn_ref
find_user(struct walk *k, const struct nat_tuple *answer, bool robber)
{
	return robber ? zone_find(k, answer, zone_of_conn(k->ct.conn))
		      : zone_find_own_answer(k, answer);
}

/* As used(), where @r most likely is who has @answer. */
static inline bool used_harder(struct walk *k, const struct nat_tuple *answer,
			       struct conn_ref r, bool robber)
{
	if (unlikely(!conns_has(&k->w->view, r, answer)))
		r = find_user(k, answer, robber);
	if (!r.conn)
		return false;
	return robber ? !rob(k, r) : search_is_other(k, r);
}

struct window {
	uint32_t min, size;
};

/* Unspecified, a port stays in its class: privileged ports privileged. */
static struct window source_class(uint16_t port)
{
	if (port < 512)
		return (struct window){1, 511};
	if (port < 1024)
		return (struct window){600, 1023 - 600 + 1};
	return (struct window){1024, 65535 - 1024 + 1};
}

static bool search_window(const struct search *s, struct window *w)
{
	const struct nat_range *r = s->range;

	if (!search_has_id(s->answer->proto))
		return false;
	if (r->flags & RANGE_PROTO_SPECIFIED) {
		uint32_t a = r->port_min, b = r->port_max;

		*w = (struct window){a < b ? a : b,
				     (a < b ? b - a : a - b) + 1};
		return true;
	}
	if (proto_is_icmp(s->answer->proto)) {
		*w = (struct window){0, 65536};
		return true;
	}
	if (s->m == MANIP_DST)
		return false;
	*w = source_class(ntohs(*search_id_of(s->answer, s->m)));
	return true;
}

/* Where the first round begins; true: anywhere, at random. */
static bool first_offset(const struct search *s, uint16_t *offset)
{
	const struct nat_range *r = s->range;

	*offset = 0;
	if (r->flags & RANGE_PROTO_OFFSET)
		*offset = (uint16_t)(ntohs(*search_id_of(s->answer, s->m)) -
				     r->port_base);
	else
		return r->flags & RANGE_RANDOM || s->m == MANIP_SRC;
	return false;
}

/* Takes the id that somebody else has drawn, if that was free. */
static bool chosen(const struct search *s, const struct window *w)
{
	uint16_t *id = search_id_of(s->answer, s->m), own = *id;
	int other = choice_id(s->k, s->m, (uint16_t)w->min,
			      (uint16_t)(w->min + w->size - 1));

	if (likely(other < 0))
		return false;
	*id = htons((uint16_t)other);
	if (!used_harder(s->k, s->answer, (struct conn_ref){0},
			 is_robber(s->k)))
		return true;
	*id = own;
	return false;
}

/* One of a round: the bucket is fetched, then what that most likely names, and
 * both have come when it is looked at. */
struct probe {
	struct nat_tuple answer;
	uint64_t hash;
	const struct bucket *bucket;
	struct conn_ref guess;
};

/* A round of @n, some of them on their way. */
struct probes {
	const struct search *search;
	struct window window;
	uint64_t buckets;
	uint32_t n;
	uint32_t meta, ids; /* hash_key4()'s, of an answer with id 0 */
	uint16_t offset;
	bool last; /* the id is the answer's second */
	bool zoned, robber;
	struct probe ring[PROBES_ROOM];
};
static_assert(2 * PROBES_AHEAD < PROBES_ROOM, "on their way, and the next");

static inline struct probe *probe_at(struct probes *p, uint32_t i)
{
	return &p->ring[i % PROBES_ROOM];
}

/* Of @answer, whose id is @id. Who stores an id and then loads it together with
 * the other waits, so it is put there in a register. */
static inline uint64_t probe_hash(const struct probes *p,
				  const struct nat_tuple *answer, uint16_t id)
{
	const struct hash_key *key = &p->search->k->w->view.all->key;
	uint32_t at = p->last ? hash_ids(0, id) : hash_ids(id, 0);
	const uint32_t k[3] = {answer->src.w[0], answer->dst.w[0], p->ids | at};

	return likely(answer->family == 4) ? hash_key4(key, p->meta, k)
					   : hash_tuple(key, answer);
}

static inline void probe_aim(struct probes *p, uint32_t i)
{
	const struct search *s = p->search;
	const struct conns *all = s->k->w->view.all;
	struct probe *a = probe_at(p, i);
	uint16_t offset = (uint16_t)(p->offset + i);
	uint16_t id =
		htons((uint16_t)(p->window.min + offset % p->window.size));

	if (i >= p->n)
		return;
	a->answer = *s->answer;
	*(p->last ? &a->answer.dst_id : &a->answer.src_id) = id;
	a->hash = probe_hash(p, &a->answer, id);
	a->bucket = table_aim(&all->table, p->buckets, a->hash);
}

static inline void probe_guess(struct probes *p, uint32_t i)
{
	struct probe *a = probe_at(p, i);

	a->guess.conn = NULL;
	if (i < p->n && likely(!p->zoned))
		(void)conns_guess(p->search->k->w->view.all, a->bucket, a->hash,
				  &a->guess);
}

static inline bool probe_is_free(struct probes *p, uint32_t i)
{
	const struct probe *a = probe_at(p, i);

	return !used_harder(p->search->k, &a->answer, a->guess,
			    p->robber && p->n - i <= HARDER_BELOW);
}

/* The number of the first that is free, else @p->n. The very first goes alone,
 * for in most pools it will do. */
static uint32_t first_free(struct probes *p)
{
	probe_aim(p, 0);
	probe_guess(p, 0);
	if (probe_is_free(p, 0))
		return 0;
	for (uint32_t i = 1; i <= 2 * PROBES_AHEAD; i++)
		probe_aim(p, i);
	for (uint32_t i = 1; i <= PROBES_AHEAD; i++)
		probe_guess(p, i);
	for (uint32_t i = 1; i < p->n; i++) {
		probe_aim(p, i + 2 * PROBES_AHEAD);
		probe_guess(p, i + PROBES_AHEAD);
		if (probe_is_free(p, i))
			return i;
	}
	return p->n;
}

/* Step 4: rounds of probes, each from another place and half as long. The
 * last key tried stays, free or not. */
void search_id(const struct search *s)
{
	struct probes p;
	uint32_t found;
	bool anywhere;

	p.search = s;
	p.zoned = zone_in_use(s->k);
	p.robber = is_robber(s->k);
	p.last = search_id_of(s->answer, s->m) == &s->answer->dst_id;
	p.meta = hash_ipv4_meta(s->answer->proto, s->answer->zone);
	p.ids = p.last ? hash_ids(s->answer->src_id, 0)
		       : hash_ids(0, s->answer->dst_id);
	if (!search_window(s, &p.window))
		return;
	p.buckets = table_buckets(&s->k->w->view.all->table);
	anywhere = first_offset(s, &p.offset);
	p.n = min_u32(p.window.size, MAX_ATTEMPTS);
	for (;; anywhere = true) {
		if (anywhere && chosen(s, &p.window))
			return;
		if (anywhere)
			p.offset = random_u16(&s->k->w->random);
		found = first_free(&p);
		if (found < p.n || p.n >= p.window.size || p.n < MIN_ATTEMPTS)
			break;
		p.n /= 2;
	}
	*s->answer = probe_at(&p, min_u32(found, p.n - 1))->answer;
}
