/* SPDX-License-Identifier: BSD-2-Clause
 * A datagram into fragments, and back. */
#include "pure/build_fragment.h"

#include "pure/build_put.h"
#include "pure/packet_fragment.h"
#include "pure/packet_ipv6.h"

enum { FRAGMENT_HEADER = 8 };
enum { CE_IN_CLASS = ECN_CE << 4 }; /* in the second byte of IPv6 */

struct fragmentation fragmentation_of(const struct packet *whole, uint32_t id)
{
	struct fragmentation f = {.whole = *whole, .id = id};

	f.fixed = packet_unfragmentable(whole, &f.named);
	f.overhead = f.fixed;
	if (whole->family == 6)
		f.overhead += FRAGMENT_HEADER;
	return f;
}

/* RFC 791: the high bit of an option says that every fragment has it. */
static void blank_uncopied_options(uint8_t *ip, uint32_t header)
{
	enum { END = 0, NOP = 1, COPIED = 0x80 };

	for (uint32_t i = IPV4_HEADER; i < header && ip[i] != END;) {
		uint32_t n = 1;

		if (ip[i] != NOP) {
			n = i + 1 < header ? ip[i + 1] : 0;
			if (n < 2 || i + n > header)
				return;
		}
		if (!(ip[i] & COPIED))
			memset(ip + i, NOP, n);
		i += n;
	}
}

static void put_ipv4_lengths(uint8_t *ip, uint32_t header, uint32_t len,
			     uint16_t frag)
{
	put16(ip + IPV4_FRAG, frag);
	put16(ip + IPV4_LEN, (uint16_t)len);
	memset(ip + IPV4_CHECK, 0, 2);
	put_check(ip + IPV4_CHECK, csum_partial(0, ip, header));
}

static void put_fragment_header(uint8_t *ip, const struct fragmentation *f,
				uint16_t place)
{
	uint8_t *header = ip + f->fixed;

	header[0] = ip[f->named];
	header[1] = 0;
	put16(header + 2, place);
	put32(header + 4, f->id);
	ip[f->named] = EXT_FRAGMENT;
}

uint32_t build_fragment(uint8_t *out, const struct fragmentation *f,
			uint32_t from, uint32_t n)
{
	const struct packet *p = &f->whole;
	bool more = from + n < fragmentation_payload(f);
	uint32_t len = f->overhead + n;

	memcpy(out, p->ip, f->fixed);
	memcpy(out + f->overhead, p->ip + f->fixed + from, n);
	if (p->family == 6) {
		put_fragment_header(out, f, (uint16_t)(from | more));
		put16(out + IPV6_LEN, (uint16_t)(len - IPV6_HEADER));
		return len;
	}
	if (from)
		blank_uncopied_options(out, f->fixed);
	put_ipv4_lengths(out, f->fixed, len,
			 (uint16_t)(((p->frag & IPV4_FRAGMENT) + from / 8) |
				    (more ? IPV4_MF : 0)));
	return len;
}

/* What the fragment header says of the next one, the header before says now. */
static void name_next(uint8_t *ip, const struct piece *head)
{
	uint32_t at = IPV6_HEADER, named = IPV6_NEXT;

	while (at < head->before) {
		uint8_t kind = ip[named];

		named = at;
		at += ext_len(kind, ip + at);
	}
	ip[named] = head->bytes[head->before];
}

uint32_t build_whole(uint8_t *out, const struct reassembly *r)
{
	const struct piece *head = r->first;
	uint32_t len = build_whole_len(r);
	bool v6 = head->bytes[0] >> 4 == 6;

	memcpy(out, head->bytes, head->before);
	for (const struct piece *p = head; p; p = p->next)
		memcpy(out + head->before + p->offset,
		       p->bytes + p->before + p->own, p->len);
	if (v6) {
		name_next(out, head);
		if (reassembly_congested(r))
			out[1] |= CE_IN_CLASS;
		put16(out + IPV6_LEN, (uint16_t)(len - IPV6_HEADER));
		return len;
	}
	if (reassembly_congested(r))
		out[IPV4_TOS] |= ECN_CE;
	put_ipv4_lengths(out, head->before, len,
			 reassembly_df(r) ? IPV4_DF : 0);
	return len;
}
