/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Hashes of tuples: with AES where the compiler may use it, SipHash always,
 * and the kernel's own hash that chooses addresses. */
#include <arpa/inet.h>
#include <string.h>

#include "pure/hash.h"
#include "pure/random.h"
#include "pure/tuple.h"
#include "test/address_choice.h"
#include "test/check.h"
#include "test/hash_without_aes.h"

static uint64_t ipv4(const struct hash_key *key, const struct nat_tuple *t)
{
	uint8_t bytes[IPV4_FROM_TTL];

	ipv4_from_ttl(bytes, t);
	return hash_ipv4(key, bytes);
}

static struct hash_opening opening(const struct hash_key *key,
				   const struct nat_tuple *t,
				   uint32_t new_source)
{
	uint8_t bytes[IPV4_FROM_TTL];

	ipv4_from_ttl(bytes, t);
	return hash_opening(key, bytes, new_source);
}

static uint64_t by_ids(const struct hash_key *key, const struct nat_tuple *t)
{
	struct hash_stem s = hash_stem_of(t);

	return hash_with_ids(key, &s, hash_ids(t->src_id, t->dst_id));
}

/* In any place of a row whose others differ. */
static uint64_t by_row(const struct hash_key *key, const struct nat_tuple *t)
{
	const uint32_t ids = hash_ids(t->src_id, t->dst_id);
	const struct hash_stem s = hash_stem_of(t);
	const unsigned at = ids % HASH_ROW;
	uint64_t hash[HASH_ROW];
	lanes4 row = {1, 2, 3, 4};

	row[at] = ids;
	hash_with_row(key, &s, row, hash);
	return hash[at];
}

static const struct hasher {
	const char *name;
	uint64_t (*tuple)(const struct hash_key *k, const struct nat_tuple *t);
	uint64_t (*source)(const struct hash_key *k, const struct nat_tuple *t);
	uint64_t (*ipv4)(const struct hash_key *k, const struct nat_tuple *t);
	uint64_t (*ids)(const struct hash_key *k, const struct nat_tuple *t);
	uint64_t (*row)(const struct hash_key *k, const struct nat_tuple *t);
	struct hash_opening (*opening)(const struct hash_key *k,
				       const struct nat_tuple *t,
				       uint32_t new_source);
} hashers[] = {
	{"the library's", hash_tuple, hash_source, ipv4, by_ids, by_row,
	 opening},
	{"SipHash", sip_tuple, sip_source, sip_ipv4, sip_ids, sip_row,
	 sip_opening},
};

static const struct sample {
	const char *name;
	struct nat_tuple t;
} samples[] = {
	{"all zero", {.family = 4}},
	{"TCP over IPv4",
	 {.src = {{0x0200000a}},
	  .dst = {{0x07640cc6}},
	  .src_id = 0xa00f,
	  .dst_id = 0x5000,
	  .proto = PROTO_TCP,
	  .family = 4,
	  .zone = 7}},
	{"UDP over IPv6",
	 {.src = {{0xb80d0120, 1, 2, 3}},
	  .dst = {{0xb80d0120, 4, 5, 6}},
	  .src_id = 0xa00f,
	  .dst_id = 0x3500,
	  .proto = PROTO_UDP,
	  .family = 6}},
};

/* The fields of a tuple; a hash by source knows those of the source. */
static const struct field {
	const char *name;
	size_t at, size, size_v4;
	bool of_source;
} fields[] = {
#define FIELD(f, v4, source)                                                   \
	{                                                                      \
#f, offsetof(struct nat_tuple, f),                             \
			sizeof(((struct nat_tuple *)0)->f), v4, source         \
	}
	FIELD(src, 4, true),     FIELD(dst, 4, false),  FIELD(src_id, 2, true),
	FIELD(dst_id, 2, false), FIELD(proto, 1, true), FIELD(zone, 2, true),
#undef FIELD
};

enum { MAX_HASHES = 512 };

struct seen {
	unsigned n;
	uint64_t hash[MAX_HASHES];
};

static bool is_new(struct seen *s, uint64_t hash)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->hash[i] == hash)
			return false;
	assert_true(s->n < MAX_HASHES);
	s->hash[s->n++] = hash;
	return true;
}

struct trial {
	const struct hasher *h;
	const struct hash_key *key;
	struct nat_tuple t;
	uint64_t source; /* of the unchanged tuple */
	struct seen tuples, sources;
};

/* Each bit of a field, alone: other hashes, none twice. */
static void flip(struct trial *r, const struct field *f)
{
	size_t size = r->t.family == 4 ? f->size_v4 : f->size;
	uint8_t *bytes = (uint8_t *)&r->t + f->at;

	for (size_t bit = 0; bit < 8 * size; bit++) {
		uint64_t source;

		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!is_new(&r->tuples, r->h->tuple(r->key, &r->t)))
			fail_msg("%s: %s bit %zu", r->h->name, f->name, bit);
		source = r->h->source(r->key, &r->t);
		if (f->of_source ? !is_new(&r->sources, source)
				 : source != r->source)
			fail_msg("%s: source, %s bit %zu", r->h->name, f->name,
				 bit);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void every_field_counts(void **state)
{
	struct hash_key key = hash_key_new(1);

	(void)state;
	for (size_t h = 0; h < ARRAY_LEN(hashers); h++)
		for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
			struct trial r = {.h = &hashers[h],
					  .key = &key,
					  .t = samples[i].t};
			struct nat_tuple copy = r.t;

			r.source = r.h->source(&key, &r.t);
			assert_int_equal(r.h->tuple(&key, &copy),
					 r.h->tuple(&key, &r.t));
			for (size_t f = 0; f < ARRAY_LEN(fields); f++)
				flip(&r, &fields[f]);
		}
}

static void check_opening(const struct hasher *h, const struct hash_key *key,
			  const struct nat_tuple *t, uint32_t new_source)
{
	struct hash_opening o = h->opening(key, t, new_source);
	struct nat_tuple answer = *t;

	assert_int_equal(o.source, h->source(key, t));
	answer.src = t->dst;
	answer.dst = t->src;
	answer.src_id = t->dst_id;
	answer.dst_id = t->src_id;
	assert_int_equal(o.answer, h->tuple(key, &answer));
	answer.dst.w[0] = new_source;
	assert_int_equal(o.new_answer, h->tuple(key, &answer));
}

/* What the fast path hashes, without a tuple. */
static void of_packet_words(void **state)
{
	struct hash_key key = hash_key_new(1);
	struct random r = random_new(1);

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct nat_tuple t = {
			.src = {{random_u32(&r)}},
			.dst = {{random_u32(&r)}},
			.src_id = random_u16(&r),
			.dst_id = random_u16(&r),
			.proto = (uint8_t)random_u16(&r),
			.family = 4,
		};

		for (size_t h = 0; h < ARRAY_LEN(hashers); h++) {
			assert_int_equal(hashers[h].ipv4(&key, &t),
					 hashers[h].tuple(&key, &t));
			check_opening(&hashers[h], &key, &t, random_u32(&r));
		}
	}
}

/* What a search for an id hashes. */
static void of_ids(void **state)
{
	struct hash_key key = hash_key_new(1);
	struct random r = random_new(1);

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct nat_tuple t = samples[i % ARRAY_LEN(samples)].t;

		t.src_id = random_u16(&r);
		t.dst_id = random_u16(&r);
		for (size_t h = 0; h < ARRAY_LEN(hashers); h++)
			if (hashers[h].ids(&key, &t) !=
				    hashers[h].tuple(&key, &t) ||
			    hashers[h].row(&key, &t) !=
				    hashers[h].tuple(&key, &t))
				fail_msg("%s: %s", hashers[h].name,
					 samples[i % ARRAY_LEN(samples)].name);
	}
}

static void keys(void **state)
{
	(void)state;
	for (size_t h = 0; h < ARRAY_LEN(hashers); h++) {
		struct seen tuples = {0};

		for (uint64_t seed = 0; seed < 100; seed++) {
			struct hash_key key = hash_key_new(seed);
			struct hash_key again = hash_key_new(seed);

			assert_memory_equal(&key, &again, sizeof(key));
			assert_true(
				is_new(&tuples,
				       hashers[h].tuple(&key, &samples[1].t)));
		}
	}
}

/* Tuples that differ little: each bit of the hash is set in half of them. */
static void balance(void **state)
{
	enum { N = 1 << 14, SIGMA = 64 }; /* sqrt(N) / 2 */

	(void)state;
	for (size_t h = 0; h < ARRAY_LEN(hashers); h++) {
		struct hash_key key = hash_key_new(h);
		unsigned ones[64] = {0};

		for (uint32_t i = 0; i < N; i++) {
			struct nat_tuple t = samples[1].t;
			uint64_t hash;

			t.src_id = htons((uint16_t)i);
			hash = hashers[h].tuple(&key, &t);
			for (unsigned b = 0; b < 64; b++)
				ones[b] += (unsigned)(hash >> b & 1);
		}
		for (unsigned b = 0; b < 64; b++)
			if (ones[b] < N / 2 - 5 * SIGMA ||
			    ones[b] > N / 2 + 5 * SIGMA)
				fail_msg("%s: bit %u is set in %u of %u",
					 hashers[h].name, b, ones[b], N);
	}
}

/* A tuple is sixteen bytes to SipHash, whose own padding of fifteen bytes is a
 * sixteenth that tells the length. So these tuples spell fifteen-byte messages
 * that another implementation (Python 3.11's) has hashed. */
static const struct {
	uint64_t key[2];
	uint8_t message[15]; /* the first is 0, the second a protocol */
	uint64_t hash;
} vectors[] = {
	/* clang-format off */
	{{0, 0}, {[12] = 4}, 0x8b1efd762b3248ab},
	{{0, 0}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 4, 6, 0},
	 0x8577faa87d3d9752},
	{{0xaed66ce184be2329, 0xebe9bbf1f1499052}, {[12] = 4},
	 0xb5d0a00f0e7139b6},
	{{0xaed66ce184be2329, 0xebe9bbf1f1499052},
	 {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 4, 6, 0},
	 0xd54828562d10dd04},
	{{0xaed66ce184be2329, 0xebe9bbf1f1499052},
	 {0, 0, 0, 2, 192, 0, 2, 53, 15, 160, 0, 53, 4, 17, 127},
	 0xccb77694853f255e},
	{{0x65121defe496063e, 0xb30647aa540bb9c8},
	 {0, 0, 0, 2, 192, 0, 2, 53, 15, 160, 0, 53, 4, 17, 127},
	 0xc302cc42e4c299d3},
	/* clang-format on */
};

static void siphash_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		const uint8_t *m = vectors[i].message;
		struct hash_key key = {{vectors[i].key[0], vectors[i].key[1]}};
		struct nat_tuple t = {
			.family = 4,
			.proto = m[1],
			.zone = (uint16_t)(m[2] << 8 | m[3]),
		};
		const uint8_t last[2] = {m[14], sizeof(vectors[i].message)};

		memcpy(&t.src, m + 4, 4);
		memcpy(&t.dst, m + 8, 4);
		memcpy(&t.src_id, m + 12, 2);
		memcpy(&t.dst_id, last, 2);
		assert_int_equal(sip_tuple(&key, &t), vectors[i].hash);
	}
}

static uint32_t wire(const char *text)
{
	struct in_addr a;

	assert_int_equal(inet_pton(AF_INET, text, &a), 1);
	return a.s_addr;
}

/* As spec section 7.4 has it: the hash scaled to the size of the pool. */
static void jenkins_as_the_kernel(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(address_choice); i++) {
		const struct address_pool *p =
			&address_pool[address_choice[i].pool];
		uint32_t src[4] = {wire(address_choice[i].src)};
		uint32_t dst = wire(address_choice[i].dst);
		uint32_t first = ntohl(wire(p->first));
		uint32_t size = ntohl(wire(p->last)) - first + 1;
		uint32_t j = hash_jenkins(src, 4, p->persistent ? 0 : dst);
		uint32_t got = first + (uint32_t)((uint64_t)j * size >> 32);

		if (got != ntohl(wire(address_choice[i].chosen)))
			fail_msg("%s > %s: %08x", address_choice[i].src,
				 address_choice[i].dst, got);
	}
}

/* Any number of words, none included; each of them counts. */
static void jenkins_lengths(void **state)
{
	uint32_t word[12] = {0};
	struct seen seen = {0};

	(void)state;
	assert_int_equal(hash_jenkins(word, 0, 0), 0xdeadbeef);
	for (uint32_t n = 0; n <= ARRAY_LEN(word); n++) {
		assert_true(is_new(&seen, hash_jenkins(word, n, 0)));
		assert_true(is_new(&seen, hash_jenkins(word, n, 1)));
		for (uint32_t i = 0; i < n; i++) {
			word[i] = 1;
			assert_true(is_new(&seen, hash_jenkins(word, n, 0)));
			word[i] = 0;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_counts),
		cmocka_unit_test(of_packet_words),
		cmocka_unit_test(of_ids),
		cmocka_unit_test(keys),
		cmocka_unit_test(balance),
		cmocka_unit_test(siphash_vectors),
		cmocka_unit_test(jenkins_as_the_kernel),
		cmocka_unit_test(jenkins_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
