/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets as text. */
#include "test/replay_util.h"

#include "explain/notation.h"
#include "test/check.h"

enum { TEXT_SIZE = 4096 };

uint32_t packet_of(const char *text, uint8_t *out, size_t size)
{
	struct nat_error err;
	int len = notation_parse(text, out, size, &err);

	if (len < 0)
		fail_msg("%s: %s", text, err.text);
	return (uint32_t)len;
}

const char *text_of_packet(const uint8_t *p, uint32_t len)
{
	static char text[TEXT_SIZE];

	if (notation_print(p, len, NOTATION_EXACT, text, sizeof(text)) < 0)
		fail_msg("out of memory");
	return text;
}

void assert_packet(const char *row, const uint8_t *p, uint32_t len,
		   const char *text)
{
	struct nat_error err;

	if (notation_match(text, p, len, &err) != 1)
		fail_msg("%s: is %s, not %s", row, text_of_packet(p, len),
			 text);
}

void store_text(struct store *s, uint64_t time_ns, const char *text)
{
	uint8_t bytes[2048];
	struct capture_record rec = {
		.data = bytes,
		.len = packet_of(text, bytes, sizeof(bytes)),
		.time_ns = time_ns,
		.frame = store_count(s) + 1,
	};

	assert_int_equal(store_append(s, &rec, 0), 0);
}
