/* SPDX-License-Identifier: BSD-2-Clause
 *
 * CRC32c, by instruction and by tables, against known values and against a
 * bit at a time. */
#include <string.h>

#include "pure/crc32c.h"
#include "pure/random.h"
#include "test/check.h"
#include "test/crc32c_without_sse.h"
#include "test/guard.h"

enum { LONGEST = 70 };

static uint32_t bitwise(uint32_t crc, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

static const struct {
	const char *name;
	uint32_t (*fn)(uint32_t crc, const uint8_t *p, size_t len);
} ways[] = {
	{"as built", crc32c},
	{"by tables", crc32c_by_tables},
	{"a bit at a time", bitwise},
};

/* RFC 3720 B.4, and the check value of the catalogues of CRCs. */
static const struct {
	const char *name, *text;
	uint8_t first;
	int8_t step; /* from byte to byte, where there is no text */
	uint32_t want;
} known[] = {
	{"32 zeros", NULL, 0, 0, 0x8a9136aa},
	{"32 ones", NULL, 0xff, 0, 0x62a8ab43},
	{"32 incrementing", NULL, 0, 1, 0x46dd794e},
	{"32 decrementing", NULL, 31, -1, 0x113fdb5c},
	{"check", "123456789", 0, 0, 0xe3069283},
	{"nothing", "", 0, 0, 0},
};

static void known_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		for (size_t w = 0; w < ARRAY_LEN(ways); w++) {
			uint8_t bytes[32];
			size_t n = sizeof(bytes);

			for (size_t k = 0; k < n; k++)
				bytes[k] = (uint8_t)(known[i].first +
						     (int)k * known[i].step);
			if (known[i].text) {
				n = strlen(known[i].text);
				memcpy(bytes, known[i].text, n);
			}
			if (~ways[w].fn(UINT32_MAX, bytes, n) != known[i].want)
				fail_msg("%s, %s", known[i].name, ways[w].name);
		}
}

/* All lengths, cut in two anywhere, at the end of readable memory. */
static void all_lengths(void **state)
{
	struct random r = random_new(1);
	uint8_t bytes[LONGEST];

	(void)state;
	for (size_t n = 0; n <= LONGEST; n++) {
		const uint8_t *p;
		uint32_t start = random_u32(&r), want;

		for (size_t i = 0; i < n; i++)
			bytes[i] = (uint8_t)random_u64(&r);
		p = guard_copy(bytes, n);
		want = bitwise(start, p, n);
		for (size_t w = 0; w < ARRAY_LEN(ways); w++)
			for (size_t cut = 0; cut <= n; cut++) {
				uint32_t crc = ways[w].fn(start, p, cut);

				crc = ways[w].fn(crc, p + cut, n - cut);
				if (crc != want)
					fail_msg("%s: %zu bytes cut at %zu",
						 ways[w].name, n, cut);
			}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values),
		cmocka_unit_test(all_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
