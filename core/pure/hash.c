/* SPDX-License-Identifier: BSD-2-Clause
 * Keyed hashing of tuples. */
#include "pure/hash.h"

#include "pure/random.h"
#include "util.h"

struct hash_key hash_key_new(uint64_t seed)
{
	struct random r = random_new(seed);
	struct hash_key key;

	for (size_t i = 0; i < ARRAY_LEN(key.k); i++)
		key.k[i] = random_u64(&r);
	return key;
}

#if !defined(__AES__) || !defined(__SSE2__)

static uint64_t rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 (Aumasson, Bernstein) over whole 64-bit words. */
uint64_t hash_blocks(const struct hash_key *key, const struct hash_block *b,
		     unsigned n)
{
	uint64_t v[4] = {
		key->k[0] ^ UINT64_C(0x736f6d6570736575),
		key->k[1] ^ UINT64_C(0x646f72616e646f6d),
		key->k[0] ^ UINT64_C(0x6c7967656e657261),
		key->k[1] ^ UINT64_C(0x7465646279746573),
	};

	for (unsigned i = 0; i < 2 * n; i++) {
		uint64_t m;

		memcpy(&m, (const uint8_t *)b + (size_t)8 * i, sizeof(m));
		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif

struct hash_stem hash_stem_of(const struct nat_tuple *t)
{
	const uint32_t *src = t->src.w, *dst = t->dst.w;
	uint32_t meta = hash_ipv4_meta(t->proto, t->zone);

	return (struct hash_stem){
		.b = {{{meta, src[0], dst[0]}},
		      {{src[1], src[2], src[3], dst[1]}},
		      {{dst[2], dst[3]}}},
		.n = t->family == 4 ? 1 : 3,
	};
}

uint64_t hash_tuple(const struct hash_key *key, const struct nat_tuple *t)
{
	struct hash_stem s;

	if (likely(t->family == 4))
		return hash_tuple4(key, t);
	s = hash_stem_of(t);
	return hash_with_ids(key, &s, hash_ids(t->src_id, t->dst_id));
}

uint64_t hash_source6(const struct hash_key *key, const struct nat_tuple *t)
{
	struct hash_block b[2] = {
		{{t->src.w[0], t->src.w[1], t->src.w[2], t->src.w[3]}},
		{{hash_ipv4_meta(t->proto, t->zone), t->src_id}},
	};

	return hash_blocks(key, b, 2);
}

static uint32_t rotate32(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

/* lookup3 (Bob Jenkins, public domain), the variant over whole words. */
uint32_t hash_jenkins(const uint32_t *word, uint32_t n, uint32_t initval)
{
	static const uint8_t mix[6] = {4, 6, 8, 16, 19, 4};
	static const uint8_t final[7] = {14, 11, 25, 16, 4, 14, 24};
	uint32_t s[3];

	s[0] = s[1] = s[2] = 0xdeadbeef + 4 * n + initval;
	for (; n > 3; n -= 3, word += 3) {
		for (unsigned i = 0; i < 3; i++)
			s[i] += word[i];
		/* a-=c a^=c<<<4 c+=b; b-=a b^=a<<<6 a+=c; ... */
		for (unsigned i = 0; i < 6; i++) {
			uint32_t *x = &s[i % 3], *y = &s[(i + 2) % 3];

			*x = (*x - *y) ^ rotate32(*y, mix[i]);
			*y += s[(i + 1) % 3];
		}
	}
	if (!n)
		return s[2];
	for (unsigned i = 0; i < n; i++)
		s[i] += word[i];
	/* c^=b c-=b<<<14; a^=c a-=c<<<11; b^=a b-=a<<<25; ... */
	for (unsigned i = 0; i < 7; i++) {
		uint32_t *x = &s[(i + 2) % 3], *y = &s[(i + 1) % 3];

		*x = (*x ^ *y) - rotate32(*y, final[i]);
	}
	return s[2];
}
