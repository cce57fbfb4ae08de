/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RFC 6724 section 5, as far as configured addresses tell apart: the same
 * address, scope, interface, label, longest prefix in common. No address here
 * is deprecated, temporary or a mobile node's home. */
#include "decide/source.h"

#include <arpa/inet.h>

enum scope6 { /* RFC 4291 2.7; 0: none */
	      SCOPE6_LINK = 2,
	      SCOPE6_SITE = 5,
	      SCOPE6_GLOBAL = 14,
};

/* clang-format off */
static const struct label {
	uint32_t w[4]; /* host order */
	uint8_t len, label;
} labels[] = { /* ip addrlabel; the longest prefixes first */
	{ { 0, 0, 0, 1 }, 128, 0 },
	{ { 0, 0, 0xffff }, 96, 4 },
	{ { 0 }, 96, 3 },
	{ { 0x20010000 }, 32, 6 },
	{ { 0x20010010 }, 28, 7 },
	{ { 0x20020000 }, 16, 2 },
	{ { 0x3ffe0000 }, 16, 12 },
	{ { 0xfec00000 }, 10, 11 },
	{ { 0xfc000000 }, 7, 5 },
	{ { 0 }, 0, 1 },
};
/* clang-format on */

static uint8_t label_of(const struct nat_addr *a)
{
	const struct label *l = labels;

	for (;; l++) {
		struct prefix p = {.family = 6, .len = l->len};

		for (int i = 0; i < 4; i++)
			p.addr.w[i] = htonl(l->w[i]);
		if (prefix_holds(&p, a))
			return l->label;
	}
}

static uint8_t scope_of(const struct nat_addr *a)
{
	static const struct nat_addr zero;
	uint32_t top = ntohl(a->w[0]);

	if (top >> 24 == 0xff)
		return top >> 16 & 15;
	if (addr_is_link_local(a))
		return SCOPE6_LINK;
	if (top >> 22 == 0xfec0 >> 6)
		return SCOPE6_SITE;
	if (!memcmp(a, &zero, 12) && ntohl(a->w[3]) <= 1)
		return ntohl(a->w[3]) ? SCOPE6_LINK : 0; /* ::1, :: */
	return SCOPE6_GLOBAL;
}

/* Scopes as REDIRECT tells them apart: links, sites, and addresses that have
 * IPv4's inside (RFC 4291 2.5.5.1); 0: all others. */
static uint8_t kind_of(const struct nat_addr *a)
{
	enum { COMPATIBLE = 1 };
	uint8_t scope = scope_of(a);

	if (!(a->w[0] | a->w[1] | a->w[2]) && scope == SCOPE6_GLOBAL)
		return COMPATIBLE;
	return scope == SCOPE6_LINK || scope == SCOPE6_SITE ? scope : 0;
}

bool source6_same_scope(const struct nat_addr *a, const struct nat_addr *b)
{
	uint8_t kind = kind_of(b);

	return !kind || kind_of(a) == kind;
}

static int common_bits(const struct prefix *own, const struct nat_addr *dst)
{
	addr_num differ = prefix_num(own) ^ addr_to_num(6, dst);
	uint64_t high = (uint64_t)(differ >> 64), low = (uint64_t)differ;
	int n = high  ? __builtin_clzll(high)
		: low ? 64 + __builtin_clzll(low)
		      : 128;

	return n < own->len ? n : own->len;
}

/* The first that differ decide, higher is better. */
enum rule6 {
	RULE_SAME,
	RULE_SCOPE,
	RULE_INTERFACE,
	RULE_LABEL,
	RULE_PREFIX,
	N_RULES6
};

struct merit {
	int by[N_RULES6];
};

static struct merit merit_of(const struct topology_addr *a, uint16_t dev,
			     const struct nat_addr *dst)
{
	const struct nat_addr *own = &a->prefix.addr;
	int scope = scope_of(own), want = scope_of(dst);

	return (struct merit){
		.by =
			{
				[RULE_SAME] = addr_equal(own, dst),
				/* the narrowest that reaches; else the widest
				 */
				[RULE_SCOPE] =
					scope >= want ? -scope : scope - 128,
				[RULE_INTERFACE] = a->dev == dev,
				[RULE_LABEL] = label_of(own) == label_of(dst),
				[RULE_PREFIX] = common_bits(&a->prefix, dst),
			},
	};
}

static bool is_better(const struct merit *a, const struct merit *b)
{
	for (int i = 0; i < N_RULES6; i++)
		if (a->by[i] != b->by[i])
			return a->by[i] > b->by[i];
	return false;
}

/* What goes no further than the link has an address of that link. */
static bool stays_on_link(const struct nat_addr *dst)
{
	return (ntohl(dst->w[0]) >> 24) == 0xff || scope_of(dst) <= SCOPE6_LINK;
}

bool source6_select(const struct nat_topology *t, uint16_t dev,
		    const struct nat_addr *dst, struct nat_addr *out)
{
	const struct topology_addr *best = NULL;
	struct merit merit = {{0}};

	/* devices in order, lo being the oldest */
	for (size_t d = 0; d <= t->n_ifs; d++) {
		uint16_t at = d ? (uint16_t)(d - 1) : (uint16_t)DEV_LO;

		if (stays_on_link(dst) && at != dev)
			continue;
		for (size_t i = 0; i < t->n_addrs; i++) {
			const struct topology_addr *a = &t->addrs[i];
			struct merit m;

			if (a->dev != at || a->prefix.family != 6)
				continue;
			m = merit_of(a, dev, dst);
			if (best && !is_better(&m, &merit))
				continue;
			best = a;
			merit = m;
		}
	}
	if (best)
		*out = best->prefix.addr;
	return best;
}
