/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The notation's values to packets and back. Shares nothing with the core's
 * parser and checksums: what is written here is what those are tested with. */
#include <errno.h>
#include <string.h>

#include "explain/notation_ip.h"

enum {
	TCP_HEADER = 20,
	UDP_HEADER = 8,
	ICMP_HEADER = 8,
};

/* Where the checksum of the transport header is in it. */
static size_t sum_at(enum form form)
{
	return form & FORM_TCP ? 16 : form & FORM_UDP ? 6 : 2;
}

static size_t header_len(const struct spec *s)
{
	if (s->form & FORM_TCP)
		return TCP_HEADER + s->opt.len;
	return s->form & FORM_UDP    ? UDP_HEADER
	       : s->form & FORM_ICMP ? ICMP_HEADER
				     : 0;
}

static uint32_t icmp_word(const struct spec *s)
{
	switch ((unsigned)s->form) {
	case FORM_QUERY:
		return (uint32_t)s->id << 16 | s->icmp_seq;
	case FORM_UNREACHABLE:
		return s->mtu;
	case FORM_REDIRECT:
		return get32((const uint8_t *)&s->gateway);
	case FORM_PARAMETER:
		return (uint32_t)s->pointer << 24;
	case FORM_TOO_BIG:
	case FORM_PARAMETER6:
	case FORM_TYPE:
		return s->rest;
	default:
		return 0;
	}
}

/* The transport header but for its checksum. */
static void put_header(const struct spec *s, uint8_t *at)
{
	memset(at, 0, header_len(s));
	if (s->form & FORM_PORTS) {
		put16(at, s->sport);
		put16(at + 2, s->dport);
	}
	if (s->form & FORM_TCP) {
		put32(at + 4, s->seq);
		put32(at + 8, s->ack);
		at[12] = (uint8_t)(header_len(s) / 4 << 4);
		at[13] = s->flags;
		put16(at + 14, s->win);
		put16(at + 18, s->urg);
		memcpy(at + TCP_HEADER, s->opt.at, s->opt.len);
	} else if (s->form & FORM_UDP) {
		put16(at + 4, s->ulen);
	} else if (s->form & FORM_ICMP) {
		at[0] = s->type;
		at[1] = s->code;
		put32(at + 4, icmp_word(s));
	}
}

static void put_sum(struct spec *s, uint8_t *l4, size_t len)
{
	bool pseudo = s->form & FORM_PORTS || s->family == 6;

	if (!(s->given & item_bit(ITEM_SUM))) {
		s->sum = wire_checksum(pseudo ? ip_pseudo_sum(s, len) : 0, l4,
				       len);
		if (s->form & FORM_UDP && !s->sum)
			s->sum = 0xffff;
	}
	put16(l4 + sum_at(s->form), s->sum);
}

/* How much of a packet of @len bytes an error with this IP header quotes. */
static uint32_t cut_default(const struct spec *outer, size_t len)
{
	size_t room = ip_version(outer->family)->error_most -
		      ip_header_len(outer) - ICMP_HEADER;

	return (uint32_t)(len < room ? len : room);
}

static void put_pattern(const struct spec *s, uint8_t *at)
{
	size_t n = s->data_len < s->len ? s->data_len : s->len;

	if (n)
		memcpy(at, s->data, n);
	for (size_t i = n; i < s->len; i++)
		at[i] = pattern_byte(i);
}

/* Encodes what @level quotes; its own payload's length follows. */
static int encode_quote(struct note *n, unsigned level)
{
	struct spec *s = &n->spec[level];
	struct spec *q = s->quote;
	int len = note_encode(n, level + 1);

	if (len < 0)
		return len;
	if (!(q->given & item_bit(ITEM_CUT)))
		q->cut = cut_default(s, (size_t)len);
	else if (q->cut > (uint32_t)len)
		q->cut = (uint32_t)len;
	s->len = q->cut;
	return 0;
}

int note_encode(struct note *n, unsigned level)
{
	struct spec *s = &n->spec[level];
	uint8_t *w = n->wire[level];
	size_t ihl = ip_header_len(s);
	size_t header = header_len(s), total;
	int err;

	if (s->form == FORM_HEX) {
		memcpy(w, s->data, s->data_len);
		return (int)s->data_len;
	}
	if (s->quote) {
		err = encode_quote(n, level);
		if (err)
			return err;
	}
	total = ihl + header + s->len;
	if (total > ip_version(s->family)->most)
		return -EINVAL;
	if (!(s->given & item_bit(ITEM_ULEN)))
		s->ulen = (uint16_t)(header + s->len);
	ip_put(s, w, total);
	put_header(s, w + ihl);
	if (s->quote)
		memcpy(w + ihl + header, n->wire[level + 1], s->len);
	else
		put_pattern(s, w + ihl + header);
	if (s->form & FORM_SUMMED)
		put_sum(s, w + ihl, header + s->len);
	return (int)total;
}

/* ----------------------------------------------------------------- decode */

/* Bytes of a packet, of which the end may be missing. */
struct piece {
	const uint8_t *at;
	size_t have, total;
};

static void get_icmp_word(struct spec *s, uint32_t word)
{
	s->id = (uint16_t)(word >> 16);
	s->icmp_seq = (uint16_t)word;
	s->mtu = (uint16_t)word;
	put32((uint8_t *)&s->gateway, word);
	s->pointer = (uint8_t)(word >> 24);
	s->rest = word;
}

/* Reads the transport header; what is missing of it keeps its default. */
static bool get_header(struct spec *s, const struct piece *l4)
{
	uint8_t h[TCP_HEADER];
	size_t n = l4->have < sizeof(h) ? l4->have : sizeof(h);

	if (!header_len(s))
		return true;
	if (l4->have < 8 || l4->total < header_len(s))
		return false;
	put_header(s, h);
	memcpy(h, l4->at, n);
	if (s->form & FORM_PORTS) {
		s->sport = get16(h);
		s->dport = get16(h + 2);
	}
	if (s->form & FORM_TCP) {
		size_t len = (size_t)(h[12] >> 4) * 4;

		if (len < TCP_HEADER || len > l4->total ||
		    (len > TCP_HEADER && len > l4->have))
			return false;
		s->seq = get32(h + 4);
		s->ack = get32(h + 8);
		s->flags = h[13];
		s->win = get16(h + 14);
		s->urg = get16(h + 18);
		s->opt.len = (uint8_t)(len - TCP_HEADER);
		memcpy(s->opt.at, l4->at + TCP_HEADER, s->opt.len);
	} else if (s->form & FORM_ICMP) {
		s->type = h[0];
		s->code = h[1];
		get_icmp_word(s, get32(h + 4));
	} else if (get16(h + 4) != l4->total) {
		s->ulen = get16(h + 4);
		s->given |= item_bit(ITEM_ULEN);
	}
	return true;
}

static void get_payload(struct spec *s, const struct piece *payload)
{
	size_t i = 0;

	while (i < payload->have && payload->at[i] == pattern_byte(i))
		i++;
	s->len = (uint32_t)payload->total;
	if (i < payload->have) {
		s->data = payload->at;
		s->data_len = (uint32_t)payload->have;
	}
	if (s->len != s->data_len)
		s->given |= item_bit(ITEM_LEN);
}

/* Takes the checksums as they are where they are not what they should be. */
static void keep_sums(struct spec *s, const uint8_t *wire,
		      const struct piece *p)
{
	size_t at = ip_header_len(s) + sum_at(s->form);
	size_t ipsum_at = ip_version(s->family)->sum_at;

	if (ipsum_at && memcmp(wire + ipsum_at, p->at + ipsum_at, 2) != 0) {
		s->ipsum = get16(p->at + ipsum_at);
		s->given |= item_bit(ITEM_IPSUM);
	}
	if (s->form & FORM_SUMMED && at + 2 <= p->have &&
	    memcmp(wire + at, p->at + at, 2) != 0) {
		s->sum = get16(p->at + at);
		s->given |= item_bit(ITEM_SUM);
	}
}

static bool decode(struct note *n, unsigned level, const struct piece *p);

static bool get_quote(struct note *n, unsigned level,
		      const struct piece *payload)
{
	struct spec *s = &n->spec[level], *q = s + 1;
	struct piece inner = *payload;

	if (level + 1 == QUOTE_LEVELS || payload->have != payload->total ||
	    !ip_family(inner.at, inner.have))
		return false;
	inner.total = ip_wire_total(inner.at);
	if (inner.total < inner.have || !decode(n, level + 1, &inner))
		return false;
	q->cut = (uint32_t)inner.have;
	if (q->cut != cut_default(s, inner.total))
		q->given |= item_bit(ITEM_CUT);
	s->quote = q;
	return true;
}

/* Reads the packet as @form, and proves it by writing it again. */
static bool decode_as(struct note *n, unsigned level, const struct piece *p,
		      enum form form, bool quote)
{
	struct spec *s = &n->spec[level];
	size_t ihl = ip_wire_len(p->at), header;
	struct piece l4 = {p->at + ihl, p->have - ihl, p->total - ihl};
	int len;

	spec_init(s, form, p->at[0] >> 4);
	ip_get(s, p->at);
	if (!get_header(s, &l4))
		return false;
	header = header_len(s);
	struct piece payload = {
		l4.at + header,
		l4.have > header ? l4.have - header : 0,
		l4.total - header,
	};
	if (!quote)
		get_payload(s, &payload);
	else if (!get_quote(n, level, &payload))
		return false;
	if (note_encode(n, level) < 0)
		return false;
	keep_sums(s, n->wire[level], p);
	len = note_encode(n, level);
	return len == (int)p->total && !memcmp(n->wire[level], p->at, p->have);
}

static enum form form_of(unsigned family, const struct piece *p)
{
	const struct ip_version *v = ip_version(family);
	size_t ihl = ip_wire_len(p->at);
	uint8_t proto = p->at[v->proto_at];
	const struct icmp_type *t;

	if ((family == 4 && get16(p->at + 6) & 0x1fff) || p->have - ihl < 8)
		return FORM_PROTO;
	if (proto == v->icmp) {
		t = icmp_by_type(family, p->at[ihl]);
		return t ? t->form : FORM_TYPE;
	}
	return proto == 6 ? FORM_TCP : proto == 17 ? FORM_UDP : FORM_PROTO;
}

/* False: no notation but hex. @p->total is what the IP header says. */
static bool decode(struct note *n, unsigned level, const struct piece *p)
{
	unsigned family = ip_family(p->at, p->have);
	enum form form;

	if (!family)
		return false;
	form = form_of(family, p);
	if (form & FORM_ERRORS && decode_as(n, level, p, form, true))
		return true;
	if (decode_as(n, level, p, form, false))
		return true;
	return (form & FORM_ICMP && decode_as(n, level, p, FORM_TYPE, false)) ||
	       decode_as(n, level, p, FORM_PROTO, false);
}

void note_decode(struct note *n, const uint8_t *pkt, size_t len)
{
	struct piece p = {pkt, len, len};
	struct spec *s = &n->spec[0];

	if (ip_family(pkt, len) && ip_wire_total(pkt) == len &&
	    decode(n, 0, &p))
		return;
	spec_init(s, FORM_HEX, 4);
	s->data = pkt;
	s->data_len = (uint32_t)len;
}
