/* SPDX-License-Identifier: BSD-2-Clause
 * The short way of ordinary ACKs through the window, against the way of all
 * segments: what the first takes, the second takes to the same end. */
#include <string.h>

#include "pure/random.h"
#include "pure/tcp_window8.h"
#include "test/check.h"
#include "test/window_without_sse.h"

enum { ROUNDS = 1000000 };

typedef bool (*short_way)(struct tcp_track *t, size_t dir, lanes4 word,
			  uint32_t len, bool *unacked);

static bool window_pass(struct tcp_track *t, size_t dir, lanes4 word,
			uint32_t len, bool *unacked)
{
	return tcp_window_pass(t, dir, word, len, unacked);
}

#if LANES8
static struct tcp_side8 eight_sides(const struct tcp_side *s, uint8_t flags)
{
	return (struct tcp_side8){
		.end = lanes8_all(s->end),
		.maxend = lanes8_all(s->maxend),
		.maxwin = lanes8_all(s->maxwin),
		.maxack = lanes8_all(s->maxack),
		.flags = lanes8_all(flags),
	};
}

static struct tcp_side one_side(const struct tcp_side8 *s, unsigned i)
{
	return (struct tcp_side){
		.end = s->end[i],
		.maxend = s->maxend[i],
		.maxwin = s->maxwin[i],
		.maxack = s->maxack[i],
	};
}

/* Eight segments side by side, one of which is this. */
static bool window_pass_eighth(struct tcp_track *t, size_t dir, lanes4 word,
			       uint32_t len, bool *unacked)
{
	struct tcp_track8 e = {
		.snd = eight_sides(&t->side[dir], t->flags[dir]),
		.rcv = eight_sides(&t->side[!dir], t->flags[!dir]),
		.scale = lanes8_all(tcp_scale(t, (enum nat_dir)dir)),
		.last_ack = lanes8_all(t->last_ack),
		.last_end = lanes8_all(t->last_end),
	};
	const uint32_t seq = word[TCP_WORD_SEQ], ack = word[TCP_WORD_ACK];
	const uint32_t win = word[TCP_WORD_WIN] & TCP_WORD_WIN_MASK;
	const struct tcp_segment8 g = {
		.seq = lanes8_all(seq),
		.ack = lanes8_all(ack),
		.win = lanes8_all(win),
		.end = lanes8_all(seq + len),
	};
	const unsigned mine = seq % EIGHT;

	if (lanes8_signs(tcp_window_judge8(&e, &g)) >> mine & 1)
		return false;
	*unacked = tcp_window_learn8(&e, &g)[mine];
	t->side[dir] = one_side(&e.snd, mine);
	t->side[!dir] = one_side(&e.rcv, mine);
	t->flags[dir] = (uint8_t)e.snd.flags[mine];
	t->flags[!dir] = (uint8_t)e.rcv.flags[mine];
	t->last_seq = seq;
	t->last_ack = ack;
	t->last_end = seq + len;
	t->last_win = (uint16_t)win;
	t->retrans = 0;
	return true;
}
#endif

static const short_way ways[] = {
	window_pass,
	window_pass_without_sse,
#if LANES8
	window_pass_eighth,
#endif
};

static const struct tcp_rules rules = {0};

/* One of a few numbers and what lies around it, so that bounds are met. */
static uint32_t near(struct random *r, const uint32_t *of, size_t n)
{
	uint32_t v = of[random_u64(r) % n];

	return v + (uint32_t)(random_u64(r) % 5) - 2;
}

static uint32_t sequence(struct random *r)
{
	static const uint32_t places[] = {0,          1000,       1400,
					  2000,       66000,      0x7fffffff,
					  0x80000000, 0x800003e8, 0xfffff000};

	return near(r, places, ARRAY_LEN(places));
}

static uint32_t window(struct random *r)
{
	static const uint32_t windows[] = {2,          1000,       65533,
					   66000,      0x3fff0000, 0x7fffffff,
					   0x80000000, 0xfffffffd};

	return near(r, windows, ARRAY_LEN(windows));
}

static struct tcp_side side(struct random *r)
{
	return (struct tcp_side){
		.end = sequence(r),
		.maxend = sequence(r),
		.maxwin = window(r),
		.maxack = sequence(r),
	};
}

static struct tcp_track track(struct random *r)
{
	const uint64_t draw = random_u64(r);
	const uint8_t flags =
		TCP_LIBERAL | TCP_DATA_UNACK | TCP_MAXACK_SET | TCP_SACK_PERM;

	return (struct tcp_track){
		.side = {side(r), side(r)},
		.last_seq = sequence(r),
		.last_ack = sequence(r),
		.last_end = sequence(r),
		.last_win = (uint16_t)draw,
		.flags = {draw >> 16 & flags, draw >> 24 & flags},
		.scales = draw >> 32 & 0xee,
		.state_last = TCPS_ESTABLISHED,
		.retrans = draw >> 40 & 3,
	};
}

/* A segment, which mostly fits what the track says. */
static struct tcp_segment segment(struct random *r, const struct tcp_track *t,
				  enum nat_dir dir)
{
	uint64_t draw = random_u64(r);
	struct tcp_segment g = {
		.seq = draw & 3 ? t->side[dir].end - (draw >> 2 & 7)
				: sequence(r),
		.ack = draw & 0x60 ? t->side[!dir].end - (draw >> 7 & 7)
				   : sequence(r),
		.win = (uint16_t)(draw & 0x1000 ? window(r) : draw >> 16),
		.flags = TCP_ACK,
	};

	g.end = g.seq + (uint32_t)(draw & 0x2000 ? draw >> 32 & 2047 : 0);
	return g;
}

/* True: taken, and to the same end as all segments' way. */
static bool agrees(short_way pass, const struct tcp_track *was,
		   const struct tcp_segment *g, enum nat_dir dir)
{
	const struct tcp_context ctx = {.rules = &rules, .dir = dir};
	struct tcp_track brief = *was, whole = *was;
	bool unacked;

	if (!pass(&brief, dir, tcp_segment_words(g), g->end - g->seq,
		  &unacked)) {
		assert_memory_equal(&brief, was, sizeof(brief));
		return false;
	}
	assert_int_equal(tcp_window_check(&whole, g, &ctx), TCP_WHY_NONE);
	assert_memory_equal(&brief, &whole, sizeof(whole));
	assert_int_equal(unacked, !!((whole.flags[0] | whole.flags[1]) &
				     TCP_DATA_UNACK));
	return true;
}

static void short_way_agrees(void **state)
{
	struct random r = random_new(1);
	unsigned passed = 0;

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		const enum nat_dir dir = i & 1 ? NAT_REPLY : NAT_ORIGINAL;
		const struct tcp_track was = track(&r);
		const struct tcp_segment g = segment(&r, &was, dir);

		for (size_t w = 0; w < ARRAY_LEN(ways); w++)
			passed += agrees(ways[w], &was, &g, dir);
	}
	assert_in_range(passed, ROUNDS / 50, ARRAY_LEN(ways) * ROUNDS);
}

/* What every download consists of takes the short way. */
static void ordinary_passes(void **state)
{
	const struct tcp_side side = {
		.end = 1000, .maxend = 6000, .maxwin = 5000, .maxack = 1000};
	const struct {
		const char *name;
		uint32_t seq, ack, end, maxwin;
		uint16_t win;
		uint8_t flags;
		bool passes;
	} cases[] = {
		{"data", 1000, 1000, 2000, 5000, 5000, TCP_MAXACK_SET, true},
		{"an ACK", 1000, 999, 1000, 5000, 5000, TCP_MAXACK_SET, true},
		{"old data", 500, 1000, 900, 5000, 5000, TCP_MAXACK_SET, true},
		{"a first ACK", 1000, 1000, 1000, 5000, 5000, 0, false},
		{"a closed window", 1000, 1000, 1000, 5000, 0, TCP_MAXACK_SET,
		 false},
		{"too much", 1000, 1000, 6001, 5000, 5000, TCP_MAXACK_SET,
		 false},
		{"a huge window known", 1000, 1000, 1000, 0x80000001, 5000,
		 TCP_MAXACK_SET, false},
		{"not yet sent", 1000, 1001, 1000, 5000, 5000, TCP_MAXACK_SET,
		 false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases) * ARRAY_LEN(ways); i++) {
		size_t c = i / ARRAY_LEN(ways);
		struct tcp_track t = {
			.side = {side, side},
			.flags = {cases[c].flags, cases[c].flags}};
		const struct tcp_segment g = {.seq = cases[c].seq,
					      .ack = cases[c].ack,
					      .end = cases[c].end,
					      .win = cases[c].win};
		bool unacked;

		t.side[NAT_ORIGINAL].maxwin = cases[c].maxwin;
		if (ways[i % ARRAY_LEN(ways)](
			    &t, NAT_ORIGINAL, tcp_segment_words(&g),
			    g.end - g.seq, &unacked) != cases[c].passes)
			fail_msg("%s", cases[c].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_way_agrees),
		cmocka_unit_test(ordinary_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
