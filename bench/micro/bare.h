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

/* RFC 1624; the carries of a sum of words are where its upper half is. Both
 * halves of a word are added both ways round. */
static inline void bare_update(uint8_t *at, uint64_t delta)
{
	uint16_t check = load16(at);
	uint32_t sum;

	delta += (uint16_t)~check;
	delta = (uint32_t)delta + (delta >> 32);
	sum = (uint32_t)delta + (uint32_t)(delta >> 32);
	sum += sum << 16 | sum >> 16;
	check = (uint16_t) ~(sum >> 16);
	memcpy(at, &check, sizeof(check));
}

/* The packet becomes what packets with the key @other answer to. */
static inline void bare_rewrite(uint8_t *p, const struct flow_key *other)
{
	uint64_t addrs, was, delta;
	uint32_t ports;

	memcpy(&addrs, &other->src, sizeof(addrs));
	memcpy(&ports, &other->src_port, sizeof(ports));
	memcpy(&was, p + IPV4_SRC, sizeof(was));
	was = ~was;
	delta = (uint32_t)was + (was >> 32) + (uint32_t)addrs + (addrs >> 32);
	addrs = addrs << 32 | addrs >> 32;
	ports = ports << 16 | ports >> 16;
	bare_update(p + IPV4_CHECK, delta);
	delta += (uint64_t)(uint32_t)~load32(p + IPV4_HEADER) + ports;
	bare_update(p + IPV4_HEADER + TCP_CHECK, delta);
	memcpy(p + IPV4_SRC, &addrs, sizeof(addrs));
	memcpy(p + IPV4_HEADER, &ports, sizeof(ports));
}

#endif
