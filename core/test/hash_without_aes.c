/* SPDX-License-Identifier: BSD-2-Clause
 * pure/hash.c compiled once more, under other names. */
#undef __AES__
/* NOLINTBEGIN(readability-identifier-naming): they name functions */
#define hash_key_new hash_without_aes_key_new
#define hash_tuple   hash_without_aes_tuple
#define hash_source  hash_without_aes_source
#define hash_source6 hash_without_aes_source6
#define hash_blocks  hash_without_aes_blocks
#define hash_stem_of hash_without_aes_stem_of
#define hash_jenkins hash_without_aes_jenkins
/* NOLINTEND(readability-identifier-naming) */
#include "pure/hash.c" /* NOLINT(bugprone-suspicious-include) */
#undef hash_tuple
#undef hash_source

#include "test/hash_without_aes.h"

uint64_t sip_tuple(const struct hash_key *key, const struct nat_tuple *t)
{
	return hash_without_aes_tuple(key, t);
}

uint64_t sip_ids(const struct hash_key *key, const struct nat_tuple *t)
{
	struct hash_stem s = hash_stem_of(t);

	return hash_with_ids(key, &s, hash_ids(t->src_id, t->dst_id));
}

uint64_t sip_row(const struct hash_key *key, const struct nat_tuple *t)
{
	const uint32_t ids = hash_ids(t->src_id, t->dst_id);
	struct hash_stem s = hash_stem_of(t);
	uint64_t hash[HASH_ROW];

	hash_with_row(key, &s, (lanes4){1, 2, ids, 4}, hash);
	return hash[2];
}

uint64_t sip_source(const struct hash_key *key, const struct nat_tuple *t)
{
	return hash_without_aes_source(key, t);
}

uint64_t sip_ipv4(const struct hash_key *key, const struct nat_tuple *t)
{
	uint8_t bytes[IPV4_FROM_TTL];

	ipv4_from_ttl(bytes, t);
	return hash_ipv4(key, bytes);
}

struct hash_opening sip_opening(const struct hash_key *key,
				const struct nat_tuple *t, uint32_t new_source)
{
	uint8_t bytes[IPV4_FROM_TTL];

	ipv4_from_ttl(bytes, t);
	return hash_opening(key, bytes, new_source);
}
