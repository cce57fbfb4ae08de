/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Shifting addresses. */
#include "replay/copies.h"

#include <arpa/inet.h>

#include "replay/wire.h"

/* How many of an IPv4 address's low bits name the host; 0: leave it alone. */
static unsigned host_bits(uint32_t a)
{
	static const struct {
		uint32_t net;
		unsigned bits;
	} nets[] = {
		{0x0a000000, 24}, {0xac100000, 20}, {0xc0a80000, 16},
		{0x64400000, 22}, {0xc6120000, 17},
	};

	for (unsigned i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if ((a ^ nets[i].net) >> nets[i].bits == 0)
			return nets[i].bits;
	if (a >> 28 >= 14 || a >> 24 == 127 || a >> 24 == 0)
		return 0;
	return 24;
}

/* @copy's bits backwards, the lowest one at bit 31. */
static uint32_t mirrored(unsigned copy)
{
	uint32_t m = 0;

	for (unsigned bit = 0; bit < 32; bit++)
		m |= (copy >> bit & 1) << (31 - bit);
	return m;
}

/* Of IPv6, the interface part moves. */
static void shift(struct nat_addr *addr, uint8_t family, unsigned copy)
{
	uint32_t host = ntohl(addr->w[0]);
	unsigned bits = host_bits(host);

	if (family == 4 && bits)
		addr->w[0] = htonl(host ^ mirrored(copy) >> (32 - bits));
	else if (family == 6 && host >> 24 != 0xff)
		addr->w[2] ^= htonl(mirrored(copy));
}

static void shift_ends(uint8_t *p, const struct wire *w, unsigned copy)
{
	struct wire_ends to = {
		.src = w->t.src,
		.dst = w->t.dst,
		.src_id = w->t.src_id,
		.dst_id = w->t.dst_id,
	};

	shift(&to.src, w->t.family, copy);
	shift(&to.dst, w->t.family, copy);
	wire_set_ends(p, &w->shape, &to);
}

void copies_shift(uint8_t *p, uint32_t len, unsigned copy)
{
	struct wire w, quoted;
	uint64_t before;

	if (!wire_parse(&w, p, len))
		return;
	if (wire_quoted(&quoted, &w, p)) {
		before = wire_icmp_sum(p, &w);
		shift_ends(p, &quoted, copy);
		wire_icmp_mend(p, &w, before);
	}
	shift_ends(p, &w, copy);
}

int copies_append(struct store *s, const struct capture_record *rec,
		  uint16_t iface, unsigned n)
{
	int r = store_append(s, rec, iface);

	for (unsigned copy = 1; !r && copy < n; copy++) {
		const struct store_entry *last;

		r = store_append(s, rec, iface);
		if (r)
			break;
		last = &store_entries(s)[store_count(s) - 1];
		copies_shift(store_bytes(s, last), last->len, copy);
	}
	return r;
}
