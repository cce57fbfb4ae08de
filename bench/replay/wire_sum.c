/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writing ends and judging checksums: RFC 1071, 1624, 3828, 9260. */
#include <string.h>

#include "capture/inet_sum.h"
#include "replay/wire.h"

enum {
	SUM_IP4 = 10,
	ADDR_IP4 = 12,
	ADDR_IP6 = 8,
	PROTO_UDP = 17,
	PROTO_UDPLITE = 136,
	SCTP_SUM = 8,
};

/* Writes @n bytes, a multiple of four; returns what to add to a sum. */
static uint64_t put(uint8_t *at, const void *value, size_t n)
{
	uint64_t delta = 0;
	uint32_t from, to;

	for (size_t i = 0; i < n; i += sizeof(to)) {
		memcpy(&from, at + i, sizeof(from));
		memcpy(&to, (const uint8_t *)value + i, sizeof(to));
		delta += (uint64_t)(uint32_t)~from + to;
	}
	memcpy(at, value, n);
	return delta;
}

/* RFC 1624. The upper half of ~check is all ones, which is zero to the sum
 * but keeps it from being zero itself: the result is never 0xffff. The halves
 * of a word added both ways round leave their sum, carry included, above. */
static uint16_t update(uint16_t check, uint64_t delta)
{
	uint64_t sum = delta + ~(uint32_t)check;
	uint32_t s = (uint32_t)sum + (uint32_t)(sum >> 32);

	s += s < (uint32_t)sum;
	s += s << 16 | s >> 16;
	return (uint16_t) ~(s >> 16);
}

static void update_at(uint8_t *at, uint64_t delta)
{
	uint16_t check;

	memcpy(&check, at, sizeof(check));
	check = update(check, delta);
	memcpy(at, &check, sizeof(check));
}

uint32_t wire_sum_at(const struct wire_shape *s)
{
	static const uint8_t at[UINT8_MAX + 1] = {
		[WIRE_TCP] = 16,  [WIRE_UDP] = 6,   [WIRE_ICMP] = 2,
		[WIRE_QUERY] = 2, [WIRE_ERROR] = 2,
	};

	return at[s->kind] ? s->l4 + (uint32_t)at[s->kind] : 0;
}

static bool is_icmp(const struct wire_shape *s)
{
	return s->kind == WIRE_ICMP || s->kind == WIRE_QUERY ||
	       s->kind == WIRE_ERROR;
}

static uint64_t put_ids(uint8_t *p, const struct wire_shape *s,
			const struct wire_ends *to)
{
	uint16_t ids[2] = {to->src_id, to->dst_id};

	switch ((enum wire_kind)s->kind) {
	case WIRE_PORTS:
	case WIRE_TCP:
	case WIRE_UDP:
	case WIRE_SCTP:
		return put(p + s->l4, ids, 4);
	case WIRE_QUERY:
		memcpy(&ids[1], p + s->l4 + 6, 2); /* sequence number */
		return put(p + s->l4 + 4, ids, 4);
	case WIRE_OTHER:
	case WIRE_ICMP:
	case WIRE_ERROR:
	case WIRE_N_KINDS:
		break;
	}
	return 0;
}

static void update_l4(uint8_t *p, const struct wire_shape *s, uint64_t delta)
{
	uint8_t *at = p + wire_sum_at(s);
	static const uint8_t all_ones[2] = {0xff, 0xff};
	bool udp = s->kind == WIRE_UDP;

	if (udp && !at[0] && !at[1])
		return; /* the sender made none */
	update_at(at, delta);
	if (udp && !at[0] && !at[1])
		memcpy(at, all_ones, 2);
}

void wire_set_plain(uint8_t *p, const struct wire_shape *s, uint64_t addresses,
		    uint32_t ports)
{
	uint8_t *ip = p + s->at;
	uint64_t delta = put(ip + ADDR_IP4, &addresses, sizeof(addresses));

	update_at(ip + SUM_IP4, delta);
	delta += put(p + s->l4, &ports, sizeof(ports));
	update_l4(p, s, delta);
}

void wire_set_ends(uint8_t *p, const struct wire_shape *s,
		   const struct wire_ends *to)
{
	uint64_t addresses, ids;
	uint8_t *ip = p + s->at;

	if (s->family == 4) {
		uint32_t pair[2] = {to->src.w[0], to->dst.w[0]};

		addresses = put(ip + ADDR_IP4, pair, sizeof(pair));
		update_at(ip + SUM_IP4, addresses);
	} else if (s->family == 6) {
		struct nat_addr pair[2] = {to->src, to->dst};

		addresses = put(ip + ADDR_IP6, pair, sizeof(pair));
	} else {
		return;
	}
	ids = put_ids(p, s, to);
	if (s->family == 4 && is_icmp(s))
		addresses = 0; /* no pseudo-header */
	if (wire_sum_at(s) && (addresses || ids))
		update_l4(p, s, addresses + ids);
}

bool wire_ip_sum_ok(const uint8_t *p, const struct wire *w)
{
	return w->shape.family != 4 ||
	       !inet_sum_finish(inet_sum(0, p + w->shape.at,
					 (size_t)w->shape.l4 - w->shape.at));
}

static uint64_t pseudo_sum(const uint8_t *p, const struct wire *w)
{
	const uint32_t len = w->end - w->shape.l4;
	const uint8_t tail[] = {
		(uint8_t)(len >> 24),
		(uint8_t)(len >> 16),
		(uint8_t)(len >> 8),
		(uint8_t)len,
		0,
		0,
		0,
		w->t.proto,
	};
	const uint8_t *ip = p + w->shape.at;
	uint64_t sum = inet_sum(0, tail, sizeof(tail));

	return w->shape.family == 4 ? inet_sum(sum, ip + ADDR_IP4, 8)
				    : inet_sum(sum, ip + ADDR_IP6, 32);
}

/* CRC32c, least significant bit first. */
static uint32_t crc32c(uint32_t crc, const uint8_t *p, size_t n)
{
	while (n--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

static void sctp_sum(const uint8_t *p, const struct wire *w, uint8_t sum[4])
{
	static const uint8_t none[4];
	const uint8_t *l4 = p + w->shape.l4;
	size_t len = w->end - w->shape.l4;
	uint32_t crc = crc32c(UINT32_MAX, l4, SCTP_SUM);

	crc = crc32c(crc, none, sizeof(none));
	crc = ~crc32c(crc, l4 + SCTP_SUM + 4, len - SCTP_SUM - 4);
	for (int i = 0; i < 4; i++)
		sum[i] = (uint8_t)(crc >> 8 * i);
}

void wire_sctp_sum(uint8_t *p, const struct wire *w)
{
	uint8_t sum[4];

	sctp_sum(p, w, sum);
	memcpy(p + w->shape.l4 + SCTP_SUM, sum, sizeof(sum));
}

/* How much of a UDP or UDP-Lite datagram its checksum covers. */
static uint32_t udp_covered(const uint8_t *l4, uint8_t proto, uint32_t len)
{
	uint32_t field = (uint32_t)l4[4] << 8 | l4[5];

	if (proto == PROTO_UDPLITE && field >= 8 && field < len)
		return field;
	return len;
}

bool wire_l4_sum_ok(const uint8_t *p, const struct wire *w)
{
	const uint8_t *l4 = p + w->shape.l4;
	uint32_t len = w->end - w->shape.l4;
	uint64_t sum = 0;
	uint8_t crc[4];

	if (w->shape.kind == WIRE_SCTP) {
		sctp_sum(p, w, crc);
		return !memcmp(crc, l4 + SCTP_SUM, sizeof(crc));
	}
	if (!wire_sum_at(&w->shape))
		return true;
	if (w->shape.kind == WIRE_UDP) {
		if (w->t.proto == PROTO_UDP && !l4[6] && !l4[7])
			return true;
		len = udp_covered(l4, w->t.proto, len);
	}
	if (w->shape.family == 6 || !is_icmp(&w->shape))
		sum = pseudo_sum(p, w);
	return !inet_sum_finish(inet_sum(sum, l4, len));
}

uint64_t wire_icmp_sum(const uint8_t *p, const struct wire *w)
{
	return inet_sum(0, p + w->shape.l4, w->end - w->shape.l4);
}

void wire_icmp_mend(uint8_t *p, const struct wire *w, uint64_t before)
{
	uint64_t delta = (uint16_t)inet_sum_finish(before);

	/* ~fold(before) + after, both with the old checksum in them */
	delta += wire_icmp_sum(p, w);
	update_at(p + wire_sum_at(&w->shape), delta);
}
