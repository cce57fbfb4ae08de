/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where does a packet go? The kernel's routing decision, martians included
 * (spec 1.2, 1.3, 7.6). Everything is compiled beforehand (decide/fib.h):
 * these functions only search, may run on any thread and never fail.
 */
#ifndef NAT_ROUTE_H
#define NAT_ROUTE_H

#include "decide/fib_marks.h"
#include "decide/topology.h"

enum route_verdict {
	ROUTE_TO_FORWARD = 1, /* out by out_if, to next_hop */
	ROUTE_TO_LOCAL,       /* to the router itself */
	ROUTE_TO_BROADCAST,   /* to the router, which never answers */
	ROUTE_TO_MULTICAST,   /* the same, a group it has joined */
	ROUTE_TO_ANYCAST,     /* IPv6: to the router, an address of many */
	ROUTE_NOT_OURS,       /* a group it has not joined */
	ROUTE_MARTIAN_SOURCE, /* dropped in silence */
	ROUTE_MARTIAN_DEST,   /* dropped in silence */
	/* No way there; type says why: ROUTE_UNSPEC no route (ICMP 3/0),
	 * ROUTE_UNREACHABLE (3/1), ROUTE_PROHIBIT (3/13), ROUTE_BLACKHOLE
	 * (silence). */
	ROUTE_NONE,
};

struct route {
	uint8_t verdict;          /* enum route_verdict */
	uint8_t type;             /* enum route_type */
	uint16_t out_if;          /* NAT_NO_IF: it does not leave */
	uint32_t number;          /* no other route has it */
	struct nat_addr next_hop; /* the gateway, or the destination itself */
};

/* Is it for the router, which might answer itself? */
static inline bool route_is_own(const struct route *r)
{
	return r->verdict == ROUTE_TO_LOCAL || r->verdict == ROUTE_TO_ANYCAST;
}

static inline const struct nat_addr *route_next_hop(const struct fib_entry *e,
						    const struct nat_addr *dst)
{
	return e->via ? &e->gateway : dst;
}

static inline struct route route_of_entry(const struct fib_entry *e,
					  const struct nat_addr *dst)
{
	return (struct route){
		.verdict = e->verdict,
		.type = e->type,
		.out_if = e->out_if,
		.number = e->number,
		.next_hop = *route_next_hop(e, dst),
	};
}

/* Link-local addresses mean something on one link alone: there it is asked. */
static inline bool route_is_on_link(uint8_t family, const struct nat_addr *dst)
{
	return unlikely(family == 6) && addr_is_link_local(dst);
}
const struct fib_entry *route_link_entry(const struct nat_topology *t,
					 uint16_t link,
					 const struct nat_addr *src,
					 const struct nat_addr *dst,
					 uint32_t mark);

/* Of a packet that came in by @in_if: the index of its entry, which is the same
 * for every mark. */
ALWAYS_INLINE uint32_t route_find(const struct nat_topology *t, uint16_t in_if,
				  uint8_t family, const struct nat_addr *src,
				  const struct nat_addr *dst, uint32_t mark)
{
	const struct fib *fib = fib_for(t, family, mark);

	return interval_find(fib_input(fib, in_if, src), family, dst);
}

/* Its route, compiled into callers that know the family. Whether a source may
 * be is asked without its mark, as if in an answer. */
ALWAYS_INLINE struct route route_input_of(const struct nat_topology *t,
					  uint16_t in_if, uint8_t family,
					  const struct nat_addr *src,
					  const struct nat_addr *dst,
					  uint32_t mark)
{
	const struct fib *fib = t->fib[fib_index(family)];
	const struct fib_entry *e =
		&fib->entry[route_find(t, in_if, family, src, dst, mark)];
	uint32_t instead = interval_find(fib_sources(fib, e, dst), family, src);
	struct route r;

	if (route_is_on_link(family, dst))
		e = route_link_entry(t, in_if, src, dst, mark);
	r = route_of_entry(e, dst);
	if (unlikely(instead)) {
		r.verdict = (uint8_t)instead;
		r.out_if = NAT_NO_IF;
	}
	return r;
}

/* Addresses from @first on, and how many follow it; in host order. */
struct route_span {
	uint32_t first, more;
};

/* The route that was asked for last, and for which packets it is the same. All
 * zero: for none. */
struct route_memo {
	const struct fib_entry *entry; /* NULL: not to be forwarded */
	struct route_span from, to;
	uint16_t in_if;
};

ALWAYS_INLINE bool route_span_has(const struct route_span *s, uint32_t addr)
{
	return __builtin_bswap32(addr) - s->first <= s->more;
}

/* Asks, and remembers. */
const struct fib_entry *route_forward4_anew(const struct nat_topology *t,
					    struct route_memo *m,
					    uint16_t in_if, uint32_t src,
					    uint32_t dst);

/* The route of IPv4 without a mark: its entry. NULL: not to be forwarded. */
ALWAYS_INLINE const struct fib_entry *
route_forward4(const struct nat_topology *t, struct route_memo *m,
	       uint16_t in_if, uint32_t src, uint32_t dst)
{
	if (likely(m->in_if == in_if) &&
	    likely(route_span_has(&m->from, src)) &&
	    likely(route_span_has(&m->to, dst)))
		return m->entry;
	return route_forward4_anew(t, m, in_if, src, dst);
}
struct route route_input(const struct nat_topology *t, uint16_t in_if,
			 uint8_t family, const struct nat_addr *src,
			 const struct nat_addr *dst, uint32_t mark);
/* Of one the router sends; @src NULL: no source yet. To a link-local address
 * it leaves by @link: an answer goes where the question came from. What goes to
 * all on a link leaves by that, and is for the router, too. */
struct route route_output(const struct nat_topology *t, uint16_t link,
			  uint8_t family, const struct nat_addr *src,
			  const struct nat_addr *dst, uint32_t mark);

/* The same of IPv6 that had rather leave by @link, as an answer: of routes
 * that are alike but for their interface it takes that one's. */
struct route route_back(const struct nat_topology *t, uint16_t link,
			const struct nat_addr *src, const struct nat_addr *dst);

/* The same of IPv6 that leaves by @link or not at all. */
struct route route_on_link(const struct nat_topology *t, uint16_t link,
			   const struct nat_addr *src,
			   const struct nat_addr *dst);

/* The source address the router gives such a packet. False: no route there, or
 * no address. */
bool route_source(const struct nat_topology *t, uint16_t link, uint8_t family,
		  const struct nat_addr *dst, struct nat_addr *out);
/* The same of an ICMP error about a packet that came in by @came_by: IPv6 would
 * rather have an address that the sender has sent towards. */
bool route_error_source(const struct nat_topology *t, uint16_t link,
			uint16_t came_by, uint8_t family,
			const struct nat_addr *dst, struct nat_addr *out);
/* The same to the sender of a packet that came in by @in_if; without a route
 * there, an address of that interface. */
bool route_source_via(const struct nat_topology *t, uint16_t in_if,
		      uint8_t family, const struct nat_addr *dst,
		      struct nat_addr *out);
/* The router's address on the way that route_input() finds: what a packet of
 * its own would bear there. Zero: it has none. */
struct nat_addr route_exit_source(const struct nat_topology *t, uint16_t in_if,
				  uint8_t family, const struct nat_addr *src,
				  const struct nat_addr *dst, uint32_t mark);
/* What MASQUERADE puts in, towards @near: the next hop, in IPv6 the
 * destination. REDIRECT likewise, for what goes to @dst. False: no address. */
bool route_masquerade(const struct nat_topology *t, uint16_t out_if,
		      uint8_t family, const struct nat_addr *near,
		      struct nat_addr *out);
bool route_redirect(const struct nat_topology *t, uint16_t in_if,
		    uint8_t family, const struct nat_addr *dst,
		    struct nat_addr *out);

/* As -m addrtype sees @addr; @limit is an interface or NAT_NO_IF. */
enum route_type route_addr_type(const struct nat_topology *t, uint8_t family,
				const struct nat_addr *addr, uint16_t limit);

/* The same of IPv6, as bits of what a route tells: LOCAL, ANYCAST, UNREACHABLE.
 */
uint16_t route_addr_types6(const struct nat_topology *t,
			   const struct nat_addr *addr, uint16_t limit);

/* The interface that a route belongs to, though nothing may leave by it. */
uint16_t route_dev(const struct nat_topology *t, uint8_t family,
		   const struct route *r);
uint32_t route_mtu(const struct nat_topology *t, uint16_t dev);

#endif
