/* SPDX-License-Identifier: BSD-2-Clause
 * pure/hash as it is where the CPU has no AES instructions: SipHash. */
#ifndef TEST_HASH_WITHOUT_AES_H
#define TEST_HASH_WITHOUT_AES_H

#include "pure/hash.h"
#include "pure/tuple.h"

uint64_t sip_tuple(const struct hash_key *key, const struct nat_tuple *t);
uint64_t sip_ids(const struct hash_key *key, const struct nat_tuple *t);
uint64_t sip_row(const struct hash_key *key, const struct nat_tuple *t);
uint64_t sip_source(const struct hash_key *key, const struct nat_tuple *t);
uint64_t sip_ipv4(const struct hash_key *key, const struct nat_tuple *t);
struct hash_opening sip_opening(const struct hash_key *key,
				const struct nat_tuple *t, uint32_t new_source);

/* An IPv4 tuple as the bytes of a header are hashed; what is not part of it
 * is anything. */
enum { IPV4_FROM_TTL = 16 };

static inline void ipv4_from_ttl(uint8_t *bytes, const struct nat_tuple *t)
{
	const uint8_t start[4] = {64, t->proto, 0xab, 0xcd};

	memcpy(bytes, start, 4);
	memcpy(bytes + 4, &t->src, 4);
	memcpy(bytes + 8, &t->dst, 4);
	memcpy(bytes + 12, &t->src_id, 2);
	memcpy(bytes + 14, &t->dst_id, 2);
}

#endif
