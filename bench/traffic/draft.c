/* SPDX-License-Identifier: BSD-2-Clause
 *
 * RFC 791, 8200 and the checksums of 768, 792, 3828, 4443, 9260, 9293. */
#include "traffic/draft.h"

#include <string.h>

#include "capture/inet_sum.h"
#include "replay/wire.h"
#include "traffic/put.h"

enum { IP4 = 20, IP6 = 40, IP4_SUM = 10, EVIL = 0x8000, DF = 0x4000 };

void draft_option(struct draft *d, const void *option, uint32_t len)
{
	if (d->n_extra + len > 40)
		return;
	memcpy(d->extra + d->n_extra, option, len);
	d->n_extra += len;
}

void draft_extension(struct draft *d, uint8_t type, const void *header,
		     uint32_t len)
{
	if (d->n_extra + len > sizeof(d->extra))
		return;
	if (d->n_extra)
		d->extra[d->next_at] = type;
	else
		d->first_extra = type;
	memcpy(d->extra + d->n_extra, header, len);
	d->next_at = (uint8_t)d->n_extra;
	d->n_extra += len;
}

void draft_data(struct draft *d, uint32_t len)
{
	if (len > DRAFT_L4 - d->l4_len)
		len = DRAFT_L4 - d->l4_len;
	for (uint32_t i = 0; i < len; i++)
		d->l4[d->l4_len + i] = (uint8_t)(i + len);
	d->l4_len += len;
}

/* The tracker has UDP's number in the pseudo-header of UDP-Lite, and in that of
 * IPv4 a byte of the length. */
static uint64_t pseudo_sum(const struct draft *d, uint32_t len)
{
	uint8_t rest[8], proto = d->tracked_sum ? PROTO_UDP : d->proto;
	size_t size = d->family == 6 ? 16 : 4;
	uint64_t sum = inet_sum(0, (const uint8_t *)d->src.w, size);

	if (d->tracked_sum && d->family == 4)
		len &= 0xff;
	put32(put32(rest, len), proto);
	sum = inet_sum(sum, (const uint8_t *)d->dst.w, size);
	return inet_sum(sum, rest, sizeof(rest));
}

/* Where a protocol keeps its checksum; 0: it has none. */
static uint32_t sum_at(uint8_t proto)
{
	static const uint8_t at[UINT8_MAX + 1] = {
		[PROTO_ICMP] = 2,  [PROTO_TCP] = 16, [PROTO_UDP] = 6,
		[PROTO_ICMP6] = 2, [PROTO_SCTP] = 8, [PROTO_UDPLITE] = 6,
	};

	return at[proto];
}

/* How many bytes a UDP-Lite checksum covers. */
static uint32_t coverage(const struct draft *d)
{
	uint32_t len = d->l4_len, said = (uint32_t)d->l4[4] << 8 | d->l4[5];

	if (d->proto == PROTO_UDPLITE && said >= 8 && said < len)
		return said;
	return len;
}

static uint16_t l4_sum(struct draft *d, uint8_t *at)
{
	bool pseudo = d->proto != PROTO_ICMP;
	uint16_t v;

	memset(at, 0, 2);
	v = inet_sum_finish(inet_sum(pseudo ? pseudo_sum(d, d->l4_len) : 0,
				     d->l4, coverage(d)));
	if (!v && (d->proto == PROTO_UDP || d->proto == PROTO_UDPLITE))
		v = UINT16_MAX;
	return v;
}

/* SCTP's is a CRC32c: the replay's own. */
static void seal_sctp(struct draft *d)
{
	struct wire w = {.end = d->l4_len};

	wire_sctp_sum(d->l4, &w);
}

void draft_seal(struct draft *d)
{
	uint32_t pos = sum_at(d->proto);
	uint8_t *at = d->l4 + pos;
	uint32_t size = d->proto == PROTO_SCTP ? 4 : 2;
	uint16_t v;

	if (!pos || d->l4_len < pos + size)
		return;
	if (d->l4_sum == SUM_ABSENT) {
		memset(at, 0, size);
		return;
	}
	if (d->proto == PROTO_SCTP) {
		seal_sctp(d);
	} else {
		v = l4_sum(d, at);
		memcpy(at, &v, sizeof(v));
	}
	if (d->l4_sum == SUM_WRONG)
		at[1] ^= 0x55;
}

uint32_t draft_header_len(const struct draft *d)
{
	return (d->family == 6 ? IP6 : IP4) + d->n_extra;
}

void draft_ip_sum(uint8_t *ip)
{
	uint16_t v;

	memset(ip + IP4_SUM, 0, 2);
	v = inet_sum_finish(inet_sum(0, ip, (size_t)(ip[0] & 15) * 4));
	memcpy(ip + IP4_SUM, &v, sizeof(v));
}

static void build4(const struct draft *d, uint8_t *out, uint32_t len)
{
	uint32_t flags = (d->dont_fragment ? DF : 0u) | (d->evil ? EVIL : 0u);
	uint8_t *p = put8(put8(out, 0x40 | draft_header_len(d) / 4), d->tos);

	p = put16(put16(put16(p, len), d->id), flags);
	p = put16(put8(put8(p, d->ttl), d->proto), 0);
	memcpy(p, d->src.w, 4);
	memcpy(p + 4, d->dst.w, 4);
	memcpy(out + IP4, d->extra, d->n_extra);
	draft_ip_sum(out);
}

static void build6(const struct draft *d, uint8_t *out, uint32_t len)
{
	uint8_t *p = put32(out, 6u << 28 | (uint32_t)d->tos << 20);

	p = put16(p, len - IP6);
	p = put8(put8(p, d->n_extra ? d->first_extra : d->proto), d->ttl);
	memcpy(p, d->src.w, 16);
	memcpy(p + 16, d->dst.w, 16);
	memcpy(out + IP6, d->extra, d->n_extra);
	if (d->n_extra)
		out[IP6 + d->next_at] = d->proto;
}

uint32_t draft_build(const struct draft *d, uint8_t *out)
{
	uint32_t header = draft_header_len(d), len = header + d->l4_len;

	if (d->family == 6)
		build6(d, out, len);
	else
		build4(d, out, len);
	memcpy(out + header, d->l4, d->l4_len);
	return len;
}
