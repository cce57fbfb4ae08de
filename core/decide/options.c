/* SPDX-License-Identifier: BSD-2-Clause
 * IP options of packets on their way. */
#include "decide/options.h"

#include "decide/emit.h"

static bool foreign(const void *ctx, uint32_t addr)
{
	struct nat_addr a = addr_v4(addr);

	return route_addr_type(ctx, 4, &a, NAT_NO_IF) == ROUTE_UNICAST;
}

static struct ip_visit visit(const struct walk *k, uint32_t addr)
{
	return (struct ip_visit){
		.addr = addr,
		.ms = walk_ms_of_day(k),
		.foreign = foreign,
		.ctx = k->w->engine->topology,
	};
}

/* As the sender would see the router: where it sent to, else what is towards
 * it. */
static uint32_t address_here(const struct walk *k, const struct route *r)
{
	struct nat_addr src = addr_v4(load32(k->p.ip + IPV4_SRC));
	struct nat_addr here = {0};

	if (r->verdict == ROUTE_TO_LOCAL)
		return load32(k->p.ip + IPV4_DST);
	(void)route_source_via(k->w->engine->topology, k->in_if, k->p.family,
			       &src, &here);
	return here.w[0];
}

static void report(struct walk *k, const struct route *r, uint8_t bad)
{
	const struct icmp_fault fault = {ICMP_PARAMETER, 0,
					 (uint32_t)bad << 24};
	struct nat_addr dst = packet_dst_addr(&k->p);
	bool local = r->verdict == ROUTE_TO_LOCAL;

	if (r->verdict == ROUTE_TO_BROADCAST ||
	    r->verdict == ROUTE_TO_MULTICAST)
		return;
	emit_icmp_error_about(k, &k->p, &fault, local ? &dst : NULL);
}

/* Neither is looked at any further: dropped for what they are. */
static bool is_martian(const struct route *r)
{
	return r->verdict == ROUTE_MARTIAN_SOURCE ||
	       r->verdict == ROUTE_MARTIAN_DEST || r->verdict == ROUTE_NOT_OURS;
}

bool options_arrive(struct walk *k, const struct route *r)
{
	struct ip_visit v;
	uint8_t bad;

	if (is_martian(r))
		return true;
	v = visit(k, address_here(k, r));
	bad = ip_options_arrive(&k->p, &v, &k->options);
	if (bad)
		report(k, r, bad);
	if (bad || k->options.source_route)
		return walk_drop(k, NAT_DROP_IP_OPTIONS);
	return true;
}

void options_depart(const struct walk *k)
{
	struct nat_addr src = addr_v4(load32(k->p.ip + IPV4_SRC));
	struct nat_addr dst = addr_v4(load32(k->p.ip + IPV4_DST));
	struct nat_addr exit =
		route_exit_source(k->w->engine->topology, k->in_if, k->p.family,
				  &src, &dst, k->mark);

	ip_options_depart(&k->p, &k->options, exit.w[0]);
}

uint32_t options_answer(const struct walk *k, uint8_t *answer, uint32_t len)
{
	struct ip_visit v = visit(k, load32(answer + IPV4_SRC));

	return ip_options_answer(answer, len, &k->p, &k->options, &v);
}
