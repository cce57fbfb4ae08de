/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Link layers, each a few fields to step over. A cursor guards every read. */
#include "capture/link.h"

#include <pcap/dlt.h>
#include <stddef.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

enum { /* EtherTypes (IANA, IEEE) */
       TYPE_IP4 = 0x0800,
       TYPE_ARP = 0x0806,
       TYPE_RARP = 0x8035,
       TYPE_VLAN = 0x8100,
       TYPE_IP6 = 0x86dd,
       TYPE_MPLS = 0x8847,
       TYPE_MPLS_MULTICAST = 0x8848,
       TYPE_PPPOE_DISCOVERY = 0x8863,
       TYPE_PPPOE = 0x8864,
       TYPE_QINQ = 0x88a8,
       TYPE_METADATA = 0x8909,
       TYPE_QINQ_OLD = 0x9100,
       TYPE_QINQ_OLDER = 0x9200,
       TYPE_LEAST = 0x0600, /* below: a length, and LLC follows */
};

enum { /* PPP protocol numbers (RFC 1661, IANA) */
       PPP_IP4 = 0x0021,
       PPP_IP6 = 0x0057,
       PPP_MPLS = 0x0281,
       PPP_NETWORK_END = 0x4000, /* from here on: control protocols */
};

struct cursor {
	const uint8_t *frame;
	uint32_t at, cap, orig; /* at <= cap <= orig */
};

/* The result for a frame that ends before what it promised. */
static enum link_result too_short(const struct cursor *c)
{
	return c->cap < c->orig ? LINK_SNAPLEN : LINK_MALFORMED;
}

static bool skip(struct cursor *c, uint32_t n)
{
	if (c->cap - c->at < n)
		return false;
	c->at += n;
	return true;
}

/* A big-endian field of @n bytes, at most 4. */
static bool take(struct cursor *c, uint32_t n, uint32_t *value)
{
	const uint8_t *p = c->frame + c->at;

	if (!skip(c, n))
		return false;
	for (*value = 0; n--; p++)
		*value = *value << 8 | *p;
	return true;
}

/* The length that an IP packet of @have bytes claims; @all where it claims
 * less than a header, a jumbogram, or nothing at all. */
static uint32_t claimed_length(const uint8_t *p, uint32_t have, uint32_t all)
{
	enum { IP4_HEADER = 20, IP6_HEADER = 40, HOP_BY_HOP = 0 };
	uint32_t claim;

	if (p[0] >> 4 == 4) {
		claim = have < 4 ? 0 : (uint32_t)(p[2] << 8 | p[3]);
		return claim < IP4_HEADER ? all : claim;
	}
	if (have < 7)
		return all;
	claim = (uint32_t)(p[4] << 8 | p[5]);
	return !claim && p[6] == HOP_BY_HOP ? all : claim + IP6_HEADER;
}

/* @version: 4, 6, or 0 for either. */
static enum link_result strip_ip(struct cursor *c, unsigned version,
				 struct link_ip *ip)
{
	const uint8_t *p = c->frame + c->at;
	uint32_t have = c->cap - c->at, all = c->orig - c->at, want;
	unsigned found;

	if (!have)
		return too_short(c);
	found = p[0] >> 4;
	if ((found != 4 && found != 6) || (version && found != version))
		return LINK_MALFORMED;
	want = claimed_length(p, have, all);
	if (want > all)
		want = all;
	if (have < want)
		return LINK_SNAPLEN;
	*ip = (struct link_ip){c->at, want};
	return found == 4 ? LINK_IP4 : LINK_IP6;
}

static enum link_result strip_raw(struct cursor *c, struct link_ip *ip)
{
	return strip_ip(c, 0, ip);
}

static enum link_result strip_ip4(struct cursor *c, struct link_ip *ip)
{
	return strip_ip(c, 4, ip);
}

static enum link_result strip_ip6(struct cursor *c, struct link_ip *ip)
{
	return strip_ip(c, 6, ip);
}

/* Labels up to the bottom of the stack (RFC 3032). What lies below bears no
 * type: an IP version, or something else such as a pseudowire. */
static enum link_result strip_mpls(struct cursor *c, struct link_ip *ip)
{
	const uint32_t bottom = 0x100;
	uint32_t label;
	unsigned version;

	do {
		if (!take(c, 4, &label))
			return too_short(c);
	} while (!(label & bottom));
	if (c->at == c->cap)
		return too_short(c);
	version = c->frame[c->at] >> 4;
	return version == 4 || version == 6 ? strip_ip(c, 0, ip) : LINK_OTHER;
}

static enum link_result strip_ppp_protocol(struct cursor *c, struct link_ip *ip)
{
	uint32_t protocol, low;

	/* an odd first byte is a whole, compressed number */
	if (!take(c, 1, &protocol))
		return too_short(c);
	if (!(protocol & 1)) {
		if (!take(c, 1, &low))
			return too_short(c);
		protocol = protocol << 8 | low;
	}
	switch (protocol) {
	case PPP_IP4:
		return strip_ip(c, 4, ip);
	case PPP_IP6:
		return strip_ip(c, 6, ip);
	case PPP_MPLS:
		return strip_mpls(c, ip);
	default:
		return protocol < PPP_NETWORK_END ? LINK_OTHER : LINK_CONTROL;
	}
}

/* Version and type, code, session, length (RFC 2516). */
static enum link_result strip_pppoe(struct cursor *c, struct link_ip *ip)
{
	uint32_t head;

	if (!take(c, 2, &head) || !skip(c, 4))
		return too_short(c);
	return head & 0xff ? LINK_CONTROL : strip_ppp_protocol(c, ip);
}

/* How many bytes of a tag lie between its own type and the next; 0: no tag. */
static uint32_t tag_length(uint32_t type)
{
	switch (type) {
	case TYPE_VLAN:
	case TYPE_QINQ:
	case TYPE_QINQ_OLD:
	case TYPE_QINQ_OLDER:
		return 2;
	case TYPE_METADATA:
		return 6;
	default:
		return 0;
	}
}

/* Steps over tags: @type becomes the first that is none. */
static bool skip_tags(struct cursor *c, uint32_t *type)
{
	uint32_t tag;

	while ((tag = tag_length(*type)))
		if (!skip(c, tag) || !take(c, 2, type))
			return false;
	return true;
}

static enum link_result strip_network(struct cursor *c, uint32_t type,
				      struct link_ip *ip)
{
	switch (type) {
	case TYPE_IP4:
		return strip_ip(c, 4, ip);
	case TYPE_IP6:
		return strip_ip(c, 6, ip);
	case TYPE_MPLS:
	case TYPE_MPLS_MULTICAST:
		return strip_mpls(c, ip);
	case TYPE_PPPOE:
		return strip_pppoe(c, ip);
	case TYPE_ARP:
	case TYPE_RARP:
		return LINK_ARP;
	case TYPE_PPPOE_DISCOVERY:
		return LINK_CONTROL;
	default:
		return LINK_OTHER;
	}
}

/* Only SNAP that wraps an EtherType (RFC 1042) can hold IP. */
static enum link_result strip_llc(struct cursor *c, struct link_ip *ip)
{
	enum { SNAP = 0xaaaa03 };
	uint32_t llc, oui, type;

	if (!take(c, 3, &llc))
		return too_short(c);
	if (llc != SNAP)
		return LINK_CONTROL;
	if (!take(c, 3, &oui) || !take(c, 2, &type))
		return too_short(c);
	return oui ? LINK_CONTROL : strip_network(c, type, ip);
}

static enum link_result strip_ethernet(struct cursor *c, struct link_ip *ip)
{
	uint32_t type;

	if (!skip(c, 12) || !take(c, 2, &type) || !skip_tags(c, &type))
		return too_short(c);
	return type < TYPE_LEAST ? strip_llc(c, ip)
				 : strip_network(c, type, ip);
}

/* A Linux cooked capture, at what follows its header. */
static enum link_result strip_cooked(struct cursor *c, uint32_t type,
				     struct link_ip *ip)
{
	enum { COOKED_LLC = 4 };

	if (type == COOKED_LLC)
		return strip_llc(c, ip);
	return skip_tags(c, &type) ? strip_network(c, type, ip) : too_short(c);
}

static enum link_result strip_sll(struct cursor *c, struct link_ip *ip)
{
	uint32_t type;

	if (!skip(c, 14) || !take(c, 2, &type))
		return too_short(c);
	return strip_cooked(c, type, ip);
}

static enum link_result strip_sll2(struct cursor *c, struct link_ip *ip)
{
	uint32_t type;

	if (!take(c, 2, &type) || !skip(c, 18))
		return too_short(c);
	return strip_cooked(c, type, ip);
}

/* The address family in the byte order of whoever captured. Systems disagree
 * on IPv6's number, so the packet says its version itself. */
static enum link_result strip_null(struct cursor *c, struct link_ip *ip)
{
	uint32_t family;

	if (!take(c, 4, &family))
		return too_short(c);
	if (family >> 24)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2: /* IPv4 everywhere */
		return strip_ip(c, 4, ip);
	case 10: /* IPv6: Linux, Windows, NetBSD, FreeBSD, Darwin */
	case 23:
	case 24:
	case 28:
	case 30:
		return strip_ip(c, 6, ip);
	default:
		return LINK_OTHER;
	}
}

/* PPP, behind the address and control of RFC 1662 or without. */
static enum link_result strip_ppp(struct cursor *c, struct link_ip *ip)
{
	const uint8_t *p = c->frame + c->at;

	if (c->cap - c->at >= 2 && p[0] == 0xff && p[1] == 0x03)
		c->at += 2;
	return strip_ppp_protocol(c, ip);
}

/* PPP or Cisco HDLC, which its address tells apart. */
static enum link_result strip_serial(struct cursor *c, struct link_ip *ip)
{
	enum { UNICAST = 0x0f, BROADCAST = 0x8f, SLARP = 0x8035, CDP = 0x2000 };
	uint32_t address, type;

	if (c->at == c->cap)
		return too_short(c);
	address = c->frame[c->at];
	if (address != UNICAST && address != BROADCAST)
		return strip_ppp(c, ip);
	if (!skip(c, 2) || !take(c, 2, &type))
		return too_short(c);
	if (type == SLARP || type == CDP)
		return LINK_CONTROL;
	return strip_network(c, type, ip);
}

typedef enum link_result strip_fn(struct cursor *c, struct link_ip *ip);

/* By link type. */
static strip_fn *const strippers[] = {
	[DLT_EN10MB] = strip_ethernet,
	[DLT_RAW] = strip_raw,
	[14] = strip_raw,  /* raw IP of OpenBSD */
	[101] = strip_raw, /* and as files number it */
	[DLT_IPV4] = strip_ip4,
	[DLT_IPV6] = strip_ip6,
	[DLT_LINUX_SLL] = strip_sll,
	[DLT_LINUX_SLL2] = strip_sll2,
	[DLT_NULL] = strip_null,
	[DLT_LOOP] = strip_null,
	[DLT_PPP] = strip_ppp,
	[DLT_PPP_SERIAL] = strip_serial,
	[DLT_C_HDLC] = strip_serial,
	[DLT_PPP_ETHER] = strip_pppoe,
};

static strip_fn *stripper(int dlt)
{
	return dlt >= 0 && (size_t)dlt < ARRAY_LEN(strippers) ? strippers[dlt]
							      : NULL;
}

bool link_supported(int dlt)
{
	return stripper(dlt);
}

enum link_result link_strip(int dlt, const uint8_t *frame, uint32_t caplen,
			    uint32_t origlen, struct link_ip *ip)
{
	struct cursor c = {
		.frame = frame,
		.cap = caplen,
		.orig = origlen > caplen ? origlen : caplen,
	};
	strip_fn *strip = stripper(dlt);

	return strip ? strip(&c, ip) : LINK_OTHER;
}

const char *link_result_name(enum link_result r)
{
	static const char *const name[] = {
#define X(id, text) [LINK_##id] = text,
		LINK_RESULTS(X)
#undef X
	};

	return r < LINK_N_RESULTS ? name[r] : "?";
}
