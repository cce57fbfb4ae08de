/* SPDX-License-Identifier: BSD-2-Clause
 * Extension headers and their options, as Linux judges them. */
#include "pure/ipv6_ext.h"

#include "pure/packet_ipv6.h"

enum { /* codes of a parameter problem */
       BAD_FIELD = 0,
       UNKNOWN_HEADER = 1,
       UNKNOWN_OPTION = 2,
};

enum { PAD1 = 0, PADN = 1, ROUTER_ALERT = 5, JUMBO = 0xc2 };
enum { MOST_PADDING = 7, MOST_OPTIONS = 8 };

static bool tell(struct ext_fault *f, uint8_t code, uint32_t pointer)
{
	*f = (struct ext_fault){true, code, (uint16_t)pointer};
	return false;
}

static bool silent(struct ext_fault *f)
{
	*f = (struct ext_fault){0};
	return false;
}

/* The upper two bits of a type say what to do with one that is not known. */
static bool unknown_option(const struct packet *p, uint32_t at,
			   struct ext_fault *f)
{
	switch (p->ip[at] >> 6) {
	case 0:
		return true;
	case 1:
		return silent(f);
	case 3:
		if (packet_dst(p)[0] == 0xff)
			return silent(f);
		break;
	default:
		break;
	}
	return tell(f, UNKNOWN_OPTION, at);
}

/* Datagrams are not that long here, so no jumbo length is right. */
static bool jumbo_option(const struct packet *p, uint32_t at,
			 struct ext_fault *f)
{
	if (packet_dst(p)[0] == 0xff)
		return silent(f);
	if (p->ip[at + 1] != 4)
		return silent(f);
	if (load32_host(p->ip + at + 2) <= UINT16_MAX)
		return tell(f, BAD_FIELD, at + 2);
	if (load16(p->ip + IPV6_LEN))
		return tell(f, BAD_FIELD, at);
	return silent(f);
}

static bool hop_option(const struct packet *p, uint32_t at, struct ext_fault *f)
{
	if (p->ip[at] == ROUTER_ALERT)
		return p->ip[at + 1] == 2 || silent(f);
	if (p->ip[at] == JUMBO)
		return jumbo_option(p, at, f);
	return unknown_option(p, at, f);
}

static bool all_zero(const uint8_t *p, uint32_t n)
{
	while (n--)
		if (*p++)
			return false;
	return true;
}

/* The options from @at to @end, each but padding judged by @judge. */
static bool options_ok(const struct packet *p, uint32_t at, uint32_t end,
		       bool (*judge)(const struct packet *p, uint32_t at,
				     struct ext_fault *f),
		       struct ext_fault *f)
{
	uint32_t padding = 0, seen = 0, n;

	for (; at < end; at += n) {
		uint8_t type = p->ip[at];

		if (type != PAD1 && end - at < 2)
			return silent(f);
		n = type == PAD1 ? 1 : p->ip[at + 1] + 2u;
		if (n > end - at)
			return silent(f);
		if (type == PAD1 || type == PADN) {
			padding += n;
			if (padding > MOST_PADDING ||
			    (type == PADN && !all_zero(p->ip + at + 2, n - 2)))
				return silent(f);
			continue;
		}
		padding = 0;
		if (++seen > MOST_OPTIONS)
			return silent(f);
		if (!judge(p, at, f))
			return false;
	}
	return true;
}

bool ipv6_hop_options_ok(const struct packet *p, struct ext_fault *f)
{
	uint32_t len;

	if (p->ip[IPV6_NEXT] != EXT_HOP_OPTIONS)
		return true;
	if (p->len - IPV6_HEADER < 8)
		return silent(f);
	len = ext_len(EXT_HOP_OPTIONS, p->ip + IPV6_HEADER);
	if (len > p->len - IPV6_HEADER)
		return silent(f);
	return options_ok(p, IPV6_HEADER + 2, IPV6_HEADER + len, hop_option, f);
}

/* Nobody here forwards by a routing header: it must be used up. RPL and
 * segment routing are off. */
static bool routing_ok(const struct packet *p, uint32_t at, struct ext_fault *f)
{
	enum { TYPE = 2, LEFT = 3, RPL = 3, SEGMENT_ROUTING = 4 };

	if (p->ip[at + TYPE] == RPL || p->ip[at + TYPE] == SEGMENT_ROUTING)
		return silent(f);
	return !p->ip[at + LEFT] || tell(f, BAD_FIELD, at + TYPE);
}

static bool header_ok(const struct packet *p, uint8_t type, uint32_t at,
		      uint32_t len, struct ext_fault *f)
{
	if (p->len - at < 8 || len > p->len - at)
		return silent(f);
	switch (type) {
	case EXT_ROUTING:
		return routing_ok(p, at, f);
	case EXT_DEST_OPTIONS:
		return options_ok(p, at + 2, at + len, unknown_option, f);
	default:
		return true;
	}
}

struct ext_place ipv6_behind_hop_options(const struct packet *p)
{
	struct ext_place i = {IPV6_HEADER, IPV6_NEXT};

	if (p->ip[IPV6_NEXT] == EXT_HOP_OPTIONS) {
		i.named = IPV6_HEADER;
		i.at += ext_len(EXT_HOP_OPTIONS, p->ip + IPV6_HEADER);
	}
	return i;
}

bool ipv6_headers_ok(const struct packet *p, struct ext_place *i,
		     struct ext_fault *f)
{
	uint8_t type;
	uint32_t len;

	while (ext_is_header(type = p->ip[i->named]) && type != EXT_FRAGMENT) {
		if (type == EXT_HOP_OPTIONS || type == EXT_AUTH)
			return tell(f, UNKNOWN_HEADER, i->named);
		if (p->len - i->at < 2)
			return silent(f);
		len = ext_len(type, p->ip + i->at);
		if (!header_ok(p, type, i->at, len, f))
			return false;
		i->named = (uint16_t)i->at;
		i->at += len;
	}
	return type != EXT_NONE || silent(f);
}
