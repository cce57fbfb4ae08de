/* SPDX-License-Identifier: BSD-2-Clause
 * Header fields as a table, and packets compared along it. */
#include "explain/fields.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum format { DECIMAL, HEX, ADDRESS };

struct field {
	const char *name;
	uint8_t at, len; /* in the header, bytes */
	uint8_t format;
};

/* clang-format off */
static const struct field ip_fields[] = {
	{ "ip.version", 0, 1, HEX },
	{ "ip.tos", 1, 1, HEX },
	{ "ip.length", 2, 2, DECIMAL },
	{ "ip.id", 4, 2, DECIMAL },
	{ "ip.fragment", 6, 2, HEX },
	{ "ip.ttl", 8, 1, DECIMAL },
	{ "ip.protocol", 9, 1, DECIMAL },
	{ "ip.checksum", 10, 2, HEX },
	{ "ip.src", 12, 4, ADDRESS },
	{ "ip.dst", 16, 4, ADDRESS },
	{ NULL, 0, 0, 0 },
};

static const struct field ipv6_fields[] = {
	{ "ipv6.version", 0, 4, HEX }, /* and class, flow label */
	{ "ipv6.length", 4, 2, DECIMAL },
	{ "ipv6.next", 6, 1, DECIMAL },
	{ "ipv6.ttl", 7, 1, DECIMAL },
	{ "ipv6.src", 8, 16, ADDRESS },
	{ "ipv6.dst", 24, 16, ADDRESS },
	{ NULL, 0, 0, 0 },
};

static const struct field tcp_fields[] = {
	{ "tcp.sport", 0, 2, DECIMAL },
	{ "tcp.dport", 2, 2, DECIMAL },
	{ "tcp.seq", 4, 4, DECIMAL },
	{ "tcp.ack", 8, 4, DECIMAL },
	{ "tcp.offset", 12, 1, HEX },
	{ "tcp.flags", 13, 1, HEX },
	{ "tcp.window", 14, 2, DECIMAL },
	{ "tcp.checksum", 16, 2, HEX },
	{ "tcp.urgent", 18, 2, DECIMAL },
	{ NULL, 0, 0, 0 },
};

static const struct field udp_fields[] = {
	{ "udp.sport", 0, 2, DECIMAL },
	{ "udp.dport", 2, 2, DECIMAL },
	{ "udp.length", 4, 2, DECIMAL },
	{ "udp.checksum", 6, 2, HEX },
	{ NULL, 0, 0, 0 },
};

static const struct field icmp_fields[] = {
	{ "icmp.type", 0, 1, DECIMAL },
	{ "icmp.code", 1, 1, DECIMAL },
	{ "icmp.checksum", 2, 2, HEX },
	{ "icmp.id", 4, 2, DECIMAL },
	{ "icmp.seq", 6, 2, DECIMAL },
	{ NULL, 0, 0, 0 },
};

static const struct field sctp_fields[] = {
	{ "sctp.sport", 0, 2, DECIMAL },
	{ "sctp.dport", 2, 2, DECIMAL },
	{ "sctp.tag", 4, 4, HEX },
	{ "sctp.checksum", 8, 4, HEX },
	{ NULL, 0, 0, 0 },
};

static const struct protocol {
	uint8_t number;
	const struct field *fields;
} protocols[] = {
	{ IPPROTO_TCP, tcp_fields },
	{ IPPROTO_UDP, udp_fields },
	{ IPPROTO_UDPLITE, udp_fields },
	{ IPPROTO_ICMP, icmp_fields },
	{ IPPROTO_ICMPV6, icmp_fields },
	{ IPPROTO_SCTP, sctp_fields },
};
/* clang-format on */

static const struct version {
	uint8_t number;
	uint8_t header;   /* bytes without options */
	uint8_t proto_at; /* where it says what it carries */
	const struct field *fields;
} versions[] = {
	{4, 20, 9, ip_fields},
	{6, 40, 6, ipv6_fields},
};

enum { ICMP_HEADER = 8 };

struct comparison {
	const uint8_t *from, *to;
	size_t len;         /* what both have */
	size_t at;          /* told up to here */
	const char *quoted; /* "quoted." inside an ICMP error, else "" */
	struct field_change *out;
	size_t n;
};

static void value_text(const struct field *f, const uint8_t *p,
		       char out[FIELD_VALUE])
{
	uint32_t v = 0;

	if (f->format == ADDRESS) {
		inet_ntop(f->len == 16 ? AF_INET6 : AF_INET, p, out,
			  FIELD_VALUE);
		return;
	}
	for (unsigned i = 0; i < f->len; i++)
		v = v << 8 | p[i];
	(void)snprintf(out, FIELD_VALUE, f->format == HEX ? "0x%0*x" : "%0*u",
		       f->format == HEX ? 2 * f->len : 1, v);
}

static void tell(struct comparison *c, const struct field *f, size_t at)
{
	struct field_change *to = &c->out[c->n];

	if (c->n == FIELDS_MOST || !memcmp(c->from + at, c->to + at, f->len))
		return;
	(void)snprintf(to->name, sizeof(to->name), "%s%s", c->quoted, f->name);
	value_text(f, c->from + at, to->from);
	value_text(f, c->to + at, to->to);
	c->n++;
}

/* What no field has, up to @end. */
static void compare_bytes(struct comparison *c, size_t end)
{
	for (; c->at < end && c->at < c->len; c->at++) {
		char name[FIELD_NAME];
		struct field byte = {name, 0, 1, HEX};

		(void)snprintf(name, sizeof(name), "byte %u", (unsigned)c->at);
		tell(c, &byte, c->at);
	}
}

static void compare_fields(struct comparison *c, const struct field *f)
{
	size_t base = c->at;

	for (; f->name && base + f->at + f->len <= c->len; f++) {
		tell(c, f, base + f->at);
		c->at = base + f->at + f->len;
	}
}

static const struct field *fields_of(uint8_t number)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].number == number)
			return protocols[i].fields;
	return NULL;
}

static bool quotes(uint8_t protocol, const uint8_t *icmp)
{
	if (protocol == IPPROTO_ICMPV6)
		return *icmp < 128;
	return *icmp == 3 || *icmp == 4 || *icmp == 5 || *icmp == 11 ||
	       *icmp == 12;
}

/* NULL: no IP header, or not the whole of one. */
static const struct version *version_of(const uint8_t *ip, size_t len)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (len >= versions[i].header &&
		    ip[0] >> 4 == versions[i].number)
			return &versions[i];
	return NULL;
}

static bool is_later_fragment(const uint8_t *ip)
{
	return ip[0] >> 4 == 4 && ((ip[6] & 0x1f) || ip[7]);
}

/* The IP packet at c->at. True: another follows, for it quotes one. */
static bool compare_packet(struct comparison *c)
{
	const uint8_t *ip = c->from + c->at;
	const struct version *v = version_of(ip, c->len - c->at);
	const struct field *f;
	size_t least, l4;

	if (!v)
		return false;
	least = c->at + v->header;
	l4 = v->number == 4 ? c->at + 4 * (size_t)(ip[0] & 15) : least;
	f = fields_of(ip[v->proto_at]);
	compare_fields(c, v->fields);
	compare_bytes(c, l4); /* options */
	if (!f || is_later_fragment(ip) || l4 < least || l4 >= c->len)
		return false;
	compare_fields(c, f);
	return f == icmp_fields && quotes(ip[v->proto_at], c->from + l4) &&
	       c->at == l4 + ICMP_HEADER;
}

size_t fields_compare(const uint8_t *from, size_t from_len, const uint8_t *to,
		      size_t to_len, struct field_change out[FIELDS_MOST])
{
	struct comparison c = {
		.from = from,
		.to = to,
		.len = from_len < to_len ? from_len : to_len,
		.quoted = "",
		.out = out,
	};

	if (compare_packet(&c)) {
		c.quoted = "quoted.";
		compare_packet(&c);
		c.quoted = "";
	}
	compare_bytes(&c, c.len);
	return c.n;
}
