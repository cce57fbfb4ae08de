/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The least that can be done to a packet of flows.h: look whether it is one,
 * hash its key, rewrite it. None of it is the core's, whose cost is quoted as
 * a multiple of what this takes. */
#ifndef NATBENCH_MICRO_BARE_H
#define NATBENCH_MICRO_BARE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "flows.h"

#if defined(__AES__) && defined(__SSE4_1__)
#include <immintrin.h>
#endif

/* IPv4 without options, whole, TCP. */
static inline bool bare_is_good(const uint8_t *p)
{
	return p[0] == 0x45 && load16_host(p + IPV4_LEN) <= FLOWS_SLOT &&
	       !(load16_host(p + IPV4_FRAG) & (IPV4_MF | IPV4_OFFSET)) &&
	       p[IPV4_PROTO] == PROTO_TCP;
}

struct bare_key {
	_Alignas(16) uint64_t k[4];
};

/* Of the struct flow_key that lies at @key, with four bytes behind it that may
 * be read. Three AES rounds, or two multiplications. */
static inline uint64_t bare_hash(const struct bare_key *secret,
				 const uint8_t *key)
{
#if defined(__AES__) && defined(__SSE4_1__)
	const void *at = key;
	const __m128i *k = (const void *)secret->k;
	__m128i x = _mm_insert_epi32(_mm_loadu_si128(at), PROTO_TCP, 3);

	x = _mm_aesenc_si128(_mm_xor_si128(x, k[0]), k[1]);
	x = _mm_aesenc_si128(_mm_aesenc_si128(x, k[0]), k[1]);
	return (uint64_t)_mm_cvtsi128_si64(x);
#else
	uint64_t h, ports = load32(key + 8);

	memcpy(&h, key, sizeof(h));
	h = (h ^ secret->k[0]) * (secret->k[1] | 1);
	h = (h ^ h >> 32 ^ ports) * (secret->k[2] | 1);
	return h ^ h >> 29;
#endif
}

/* What a rewriting adds to checksums: RFC 1624, the ones' complement sums of
 * what was there less what comes. Known with the connection. */
struct bare_delta {
	uint16_t header, l4;
};

/* Words of sixteen bits, added with end-around carry. */
static inline uint32_t bare_sum(const struct flow_key *k, bool with_ports)
{
	uint32_t sum = (k->src & 0xffff) + (k->src >> 16) + (k->dst & 0xffff) +
		       (k->dst >> 16);

	return with_ports ? sum + k->src_port + k->dst_port : sum;
}

static inline uint16_t bare_difference(const struct flow_key *was,
				       const struct flow_key *other, bool ports)
{
	uint32_t sum =
		bare_sum(was, ports) + 8 * UINT16_MAX - bare_sum(other, ports);

	sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

/* For packets of connection @i in direction @dir. */
static inline struct bare_delta bare_delta(uint32_t i, enum nat_dir dir)
{
	const struct flow_key was = flow_key(i, dir);
	const struct flow_key other =
		flow_key(i, dir ? NAT_ORIGINAL : NAT_REPLY);

	return (struct bare_delta){bare_difference(&was, &other, false),
				   bare_difference(&was, &other, true)};
}

static inline void bare_update(uint8_t *at, uint16_t delta)
{
	uint32_t sum = (uint32_t)load16(at) + delta;
	uint16_t check = (uint16_t)(sum + (sum >> 16));

	memcpy(at, &check, sizeof(check));
}

/* The packet becomes what packets with the key @other answer to. */
static inline void bare_rewrite(uint8_t *p, const struct flow_key *other,
				struct bare_delta delta)
{
	uint64_t addrs;
	uint32_t ports;

	memcpy(&addrs, &other->src, sizeof(addrs));
	memcpy(&ports, &other->src_port, sizeof(ports));
	addrs = addrs << 32 | addrs >> 32;
	ports = ports << 16 | ports >> 16;
	bare_update(p + IPV4_CHECK, delta.header);
	bare_update(p + IPV4_HEADER + TCP_CHECK, delta.l4);
	memcpy(p + IPV4_SRC, &addrs, sizeof(addrs));
	memcpy(p + IPV4_HEADER, &ports, sizeof(ports));
}

#endif
