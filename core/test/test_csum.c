/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Internet checksum: over bytes against sixteen bits at a time, by
 * difference against full recomputation. */
#include <string.h>

#include "pure/csum.h"
#include "pure/packet.h"
#include "pure/random.h"
#include "test/check.h"
#include "test/frames.h"
#include "test/guard.h"

enum { LONGEST = 300, OFFSETS = 8 };

/* frame_sum() counts words as the network does; sums in memory's order. */
static uint16_t in_memory_order(uint16_t host)
{
	const uint8_t b[2] = {(uint8_t)(host >> 8), (uint8_t)host};

	return load16(b);
}

static uint16_t update32(uint16_t check, uint32_t from, uint32_t to)
{
	struct csum_delta d = {0};

	csum_delta_u32(&d, from, to);
	return csum_apply(check, d);
}

static void fill(uint8_t *bytes, size_t n, uint64_t seed)
{
	struct random r = random_new(seed);

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)random_u64(&r);
}

static const struct {
	const char *name;
	int fill; /* -1: random */
} contents[] = {
	{"random", -1},
	{"all zero", 0},
	{"all ones", 0xff},
};

static void whole(void **state)
{
	uint8_t bytes[LONGEST + OFFSETS];

	(void)state;
	for (size_t c = 0; c < ARRAY_LEN(contents); c++)
		for (size_t n = 0; n <= LONGEST; n++)
			for (size_t at = 0; at < OFFSETS; at++) {
				const uint8_t *p;
				uint16_t want;

				fill(bytes, sizeof(bytes), n * OFFSETS + at);
				if (contents[c].fill >= 0)
					memset(bytes, contents[c].fill,
					       sizeof(bytes));
				want = frame_sum(0, bytes + at, n);
				p = guard_copy(bytes + at, n);
				if (csum_fold(csum_partial(0, p, n)) !=
				    in_memory_order(want))
					fail_msg("%s: %zu bytes at %zu",
						 contents[c].name, n, at);
			}
}

static void in_pieces(void **state)
{
	uint8_t bytes[LONGEST];

	(void)state;
	fill(bytes, sizeof(bytes), 1);
	for (size_t n = 0; n <= LONGEST; n++)
		for (size_t cut = 0; cut <= n; cut += 2) {
			uint64_t sum = csum_partial(0, bytes, cut);

			sum = csum_partial(sum, bytes + cut, n - cut);
			assert_int_equal(csum_fold(sum),
					 csum_fold(csum_partial(0, bytes, n)));
		}
}

static void folding(void **state)
{
	static const struct {
		uint64_t sum;
		uint16_t want;
	} rows[] = {
		{0, 0},
		{0xffff, 0xffff},
		{0x10000, 1},
		{0x1fffe, 0xffff},
		{0xffffffff, 0xffff},
		{0x100000000, 1},
		{0xffffffffffffffff, 0xffff},
		{0xfffffffeffffffff, 0xfffe},
		{0x123456789abcdef0, 0xe259},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(csum_fold(rows[i].sum), rows[i].want);
}

/* Values that meet the corners of one's complement. */
static const uint32_t interesting[] = {
	0,          1,          0xff,       0x100,      0xfffe,     0xffff,
	0x10000,    0x1ffff,    0xfffe0001, 0xffff0000, 0xfffeffff, 0x7fffffff,
	0x80000000, 0xfffffffe, 0xffffffff, 0x0100000a, 0x076433c6,
};

/* A checksum over the two words of @v and one more, chosen so that it is
 * @check. */
static uint16_t word_for(uint16_t check, uint32_t v)
{
	uint32_t sum = (uint16_t)~check;
	uint32_t have = (v & 0xffff) + (v >> 16);

	have = (have & 0xffff) + (have >> 16);
	sum += (uint16_t)~have;
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static uint16_t checksum(uint32_t v, uint16_t word)
{
	uint8_t b[6];

	memcpy(b, &v, sizeof(v));
	memcpy(b + 4, &word, sizeof(word));
	return (uint16_t)~in_memory_order(frame_sum(0, b, sizeof(b)));
}

/* All 2^16 sums, each change: the same as if it were made anew, but where
 * nothing is left to sum. There a checksum made by difference is 0. */
static void by_difference(void **state)
{
	size_t n = ARRAY_LEN(interesting);

	(void)state;
	for (uint32_t check = 0; check < 0xffff; check++)
		for (size_t i = 0; i < n * n; i++) {
			uint32_t from = interesting[i / n];
			uint32_t to = interesting[i % n];
			uint16_t word = word_for((uint16_t)check, from);
			uint16_t want = checksum(to, word);
			uint16_t got = update32((uint16_t)check, from, to);

			if (want == 0xffff)
				want = 0;
			if (got != want)
				fail_msg("%04x, %08x to %08x: %04x, not %04x",
					 check, from, to, got, want);
		}
}

/* However a change is put together, and never "minus zero". */
static void grouped(void **state)
{
	struct random r = random_new(1);

	(void)state;
	for (uint32_t check = 0; check <= 0xffff; check++) {
		uint32_t from = random_u32(&r), to = random_u32(&r);
		uint16_t id = random_u16(&r), other = random_u16(&r);
		uint16_t step = update32((uint16_t)check, from, to);
		struct csum_delta d = {0}, last = {0};

		csum_delta_u32(&d, from, to);
		csum_delta_u16(&d, id, other);
		csum_delta_u16(&last, id, other);
		step = csum_apply(step, last);
		assert_int_equal(csum_apply((uint16_t)check, d), step);
		assert_int_not_equal(step, 0xffff);
		d = (struct csum_delta){0};
		assert_int_equal(csum_apply((uint16_t)check, d),
				 check == 0xffff ? 0 : check);
	}
}

/* There and back again. */
static void undone(void **state)
{
	size_t n = ARRAY_LEN(interesting);

	(void)state;
	for (uint32_t check = 0; check < 0xffff; check++)
		for (size_t i = 0; i < n * n; i++) {
			uint32_t a = interesting[i / n];
			uint32_t b = interesting[i % n];
			uint16_t there = update32((uint16_t)check, a, b);

			assert_int_equal(update32(there, b, a), check);
		}
}

/* Every sum with which a header may arrive, every TTL. */
static void ttl_down(void **state)
{
	(void)state;
	for (uint32_t check = 0; check < 0xffff; check++)
		for (unsigned ttl = 1; ttl < 256; ttl++) {
			uint8_t was[4] = {(uint8_t)ttl, 17};
			uint8_t is[4] = {(uint8_t)(ttl - 1), 17};
			uint16_t want = update32((uint16_t)check, load32(was),
						 load32(is));

			if (csum_ttl_down((uint16_t)check) != want)
				fail_msg("%04x, ttl %u", check, ttl);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),    cmocka_unit_test(in_pieces),
		cmocka_unit_test(folding),  cmocka_unit_test(by_difference),
		cmocka_unit_test(grouped),  cmocka_unit_test(undone),
		cmocka_unit_test(ttl_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
