/* SPDX-License-Identifier: BSD-2-Clause
 * TCP options, well-formed and not. Each input ends at the end of a heap
 * block of its size, so that a sanitizer sees a byte read too many. */
#include <stdlib.h>
#include <string.h>

#include "pure/tcp_options.h"
#include "pure/tcp_track.h"
#include "test/check.h"

enum { BOTH = TCP_WSCALE | TCP_SACK_PERM };

/* clang-format off */
static const struct {
	const char *name;
	uint8_t len, bytes[20];
	uint8_t flags, scale;
} offer[] = {
	{ "none", 0, { 0 }, 0, 0 },
	{ "window scale", 3, { 3, 3, 7 }, TCP_WSCALE, 7 },
	{ "scale 0", 3, { 3, 3, 0 }, TCP_WSCALE, 0 },
	{ "scale 14", 3, { 3, 3, 14 }, TCP_WSCALE, 14 },
	{ "scale 15", 3, { 3, 3, 15 }, TCP_WSCALE, 14 },
	{ "scale 255", 3, { 3, 3, 255 }, TCP_WSCALE, 14 },
	{ "SACK permitted", 2, { 4, 2 }, TCP_SACK_PERM, 0 },
	{ "both after others", 12, { 2, 4, 5, 180, 1, 4, 2, 1, 3, 3, 5, 0 },
	  BOTH, 5 },
	{ "as Linux has them", 20, { 2, 4, 5, 180, 4, 2, 8, 10, 3, 3, 9, 0,
	  0, 0, 0, 0, 1, 3, 3, 7 }, BOTH, 7 },
	{ "the same, scale 15", 20, { 2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4,
	  0, 0, 0, 0, 1, 3, 3, 15 }, BOTH, 14 },
	{ "the same without a scale", 20, { 2, 4, 5, 180, 4, 2, 8, 10, 1, 2,
	  3, 4, 0, 0, 0, 0, 1, 1, 1, 1 }, TCP_SACK_PERM, 0 },
	{ "the same without SACK", 20, { 2, 4, 5, 180, 1, 1, 8, 10, 1, 2,
	  3, 4, 0, 0, 0, 0, 1, 3, 3, 7 }, TCP_WSCALE, 7 },
	{ "the same, size too long", 20, { 2, 6, 5, 180, 4, 2, 8, 10, 1, 2,
	  3, 4, 0, 0, 0, 0, 1, 3, 3, 7 }, TCP_WSCALE, 7 },
	{ "the last scale counts", 6, { 3, 3, 2, 3, 3, 9 }, TCP_WSCALE, 9 },
	{ "end of list", 4, { 0, 3, 3, 7 }, 0, 0 },
	{ "end after one", 6, { 4, 2, 0, 3, 3, 7 }, TCP_SACK_PERM, 0 },
	{ "unknown is passed over", 8, { 99, 5, 3, 3, 7, 3, 3, 4 },
	  TCP_WSCALE, 4 },
	{ "scale too long", 4, { 3, 4, 7, 7 }, 0, 0 },
	{ "scale too short", 2, { 3, 2 }, 0, 0 },
	{ "SACK permitted too long", 3, { 4, 3, 0 }, 0, 0 },
	{ "length 0", 5, { 99, 0, 3, 3, 7 }, 0, 0 },
	{ "length 1", 5, { 99, 1, 3, 3, 7 }, 0, 0 },
	{ "beyond the end", 2, { 3, 3 }, 0, 0 },
	{ "kind alone", 3, { 4, 2, 3 }, TCP_SACK_PERM, 0 },
	{ "padding alone", 4, { 1, 1, 1, 1 }, 0, 0 },
};

/* The kernel was asked with the same; the rest of the bytes is zero. */
static const struct {
	const char *name;
	uint8_t len, bytes[40];
	bool ipv4, ipv6;
} forbid[] = {
	{ "none", 0, { 0 }, false, false },
	{ "a signature", 20, { 19, 18, [18] = 1, 1 }, true, true },
	{ "too short to be one", 4, { 19, 4 }, false, false },
	{ "a signature of 17", 20, { 19, 17, [17] = 1, 1, 1 }, true, true },
	{ "behind padding", 20, { 1, 1, 19, 18 }, true, true },
	{ "behind another", 24, { 2, 4, 5, 180, 19, 18 }, true, true },
	{ "behind the end of list", 20, { 0, 1, 19, 18 }, false, false },
	{ "malformed, 18 bytes left", 20, { 1, 1, 206, 0 }, true, true },
	{ "malformed, 17 bytes left", 20, { 1, 1, 1, 206, 0 }, false, false },
	{ "beyond the end", 24, { 206, 207 }, true, true },
	{ "beyond the end, few left", 8, { 206, 207 }, false, false },
	{ "authentication (RFC 5925)", 40, { 29, 16, [16] = 1, 1, 1, 1 },
	  true, false },
	{ "of all there is", 40, { 29, 40 }, true, false },
	{ "one of a byte", 20, { 29, 5 }, true, false },
	{ "an empty one", 20, { 29, 4 }, true, true },
	{ "without key ids", 20, { 29, 3 }, true, true },
	{ "two", 40, { 29, 16, [16] = 29, 16 }, true, true },
	{ "two, room for a signature at one", 40, { 29, 24, [24] = 29, 16 },
	  true, false },
	{ "and a signature", 40, { 29, 16, [16] = 19, 18 }, true, true },
	{ "and a malformed one", 40, { 29, 16, [16] = 206, 0 }, true, true },
	{ "no room for a signature", 16, { 29, 16 }, false, false },
};

static const struct {
	const char *name;
	uint8_t len, bytes[24];
	uint32_t ack, want;
} sack[] = {
	{ "none", 0, { 0 }, 100, 100 },
	{ "one block", 12, { 1, 1, 5, 10, 0, 0, 0, 200, 0, 0, 1, 44 },
	  100, 300 },
	{ "block below", 12, { 1, 1, 5, 10, 0, 0, 0, 10, 0, 0, 0, 20 },
	  100, 100 },
	{ "highest of two", 20, { 1, 1, 5, 18, 0, 0, 0, 200, 0, 0, 1, 44,
	  0, 0, 0, 150, 0, 0, 0, 160 }, 100, 300 },
	{ "highest last", 20, { 1, 1, 5, 18, 0, 0, 0, 150, 0, 0, 0, 160,
	  0, 0, 0, 200, 0, 0, 1, 44 }, 100, 300 },
	{ "wrapped", 10, { 5, 10, 255, 255, 255, 255, 0, 0, 0, 9 },
	  0xfffffff0, 9 },
	{ "timestamp alone", 12, { 1, 1, 8, 10, 0, 0, 1, 0, 0, 0, 1, 0 },
	  100, 100 },
	{ "after a timestamp", 20, { 8, 10, 0, 0, 0, 0, 0, 0, 0, 0,
	  5, 10, 0, 0, 0, 200, 0, 0, 1, 44 }, 100, 300 },
	{ "only the first option", 20, { 5, 10, 0, 0, 0, 200, 0, 0, 1, 44,
	  5, 10, 0, 0, 0, 200, 0, 0, 9, 44 }, 100, 300 },
	{ "a malformed one is passed over", 14, { 5, 4, 0, 0,
	  5, 10, 0, 0, 0, 200, 0, 0, 1, 44 }, 100, 300 },
	{ "no block", 12, { 5, 2, 5, 10, 0, 0, 0, 200, 0, 0, 1, 44 },
	  100, 300 },
	{ "cut", 9, { 5, 10, 0, 0, 0, 200, 0, 0, 1 }, 100, 100 },
};
/* clang-format on */

/* To be freed: exactly @len bytes. */
static uint8_t *exact_copy(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	return copy;
}

static void test_offer(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(offer); i++) {
		uint8_t *bytes = exact_copy(offer[i].bytes, offer[i].len);
		struct tcp_offer got = tcp_options_offer(bytes, offer[i].len);

		free(bytes);
		if (got.flags != offer[i].flags || got.scale != offer[i].scale)
			fail_msg("%s: flags %u, scale %u", offer[i].name,
				 got.flags, got.scale);
	}
}

static void test_sack(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sack); i++) {
		uint8_t *bytes = exact_copy(sack[i].bytes, sack[i].len);
		uint32_t got =
			tcp_options_sack(bytes, sack[i].len, sack[i].ack);

		free(bytes);
		if (got != sack[i].want)
			fail_msg("%s: %u", sack[i].name, got);
	}
}

static void test_forbid_reset(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forbid); i++) {
		uint32_t len = forbid[i].len;
		uint8_t *bytes = exact_copy(forbid[i].bytes, len);
		bool ipv4 = tcp_options_forbid_reset(bytes, len, 4);
		bool ipv6 = tcp_options_forbid_reset(bytes, len, 6);

		free(bytes);
		if (ipv4 != forbid[i].ipv4 || ipv6 != forbid[i].ipv6)
			fail_msg("%s", forbid[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offer),
		cmocka_unit_test(test_sack),
		cmocka_unit_test(test_forbid_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
