/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets as text. */
#include "test/replay_util.h"

#include "capture/gen.h"
#include "capture/writer.h"
#include "explain/notation.h"
#include "test/capture_util.h"
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

void capture_generated(const char *name, uint64_t flows, uint64_t packets)
{
	struct gen_config cfg = gen_defaults();
	struct capture_error err;
	struct capture_writer *w = writer_open(scratch_path(name), &err);
	struct capture_record rec;
	struct gen *g;

	cfg.flows = flows;
	cfg.packets = packets;
	g = gen_new(&cfg, &err);
	assert_non_null(w);
	assert_non_null(g);
	while (gen_next(g, &rec))
		assert_int_equal(writer_put(w, rec.time_ns, rec.data, rec.len),
				 0);
	gen_free(g);
	assert_int_equal(writer_commit(w, &err), 0);
}
