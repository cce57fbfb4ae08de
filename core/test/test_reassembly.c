/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reassembly against a model that keeps a list of runs and looks at all of
 * them, and what the table of waiting datagrams bounds. Whether the model is
 * Linux's is test_fragments.c's to say. */
#include <stdlib.h>
#include <string.h>

#include "pure/random.h"
#include "pure/reassembly.h"
#include "shared/fragments.h"
#include "test/check.h"
#include "util.h"

/* ---------------------------------------------------------------- the model
 */

enum { MOST = 512 };

struct model {
	struct span {
		uint32_t first, end;
	} run[MOST];
	unsigned n, last; /* of the runs, the one that is furthest out */
	uint32_t have, total;
	bool has_last;
};

static enum reassembly_result model_place(struct model *m, uint32_t first,
					  uint32_t end)
{
	for (unsigned i = 0; i < m->n; i++) {
		const struct span *s = &m->run[i];

		if (first >= s->first && end <= s->end)
			return PIECE_REFUSED;
	}
	for (unsigned i = 0; i < m->n; i++)
		if (first < m->run[i].end && end > m->run[i].first)
			return PIECE_FATAL;
	if (m->n && m->run[m->last].end == first) {
		m->run[m->last].end = end;
		return PIECE_HELD;
	}
	m->run[m->n] = (struct span){first, end};
	if (!m->n || first > m->run[m->last].first)
		m->last = m->n;
	m->n++;
	return PIECE_HELD;
}

static enum reassembly_result model_add(struct model *m, uint32_t first,
					uint32_t end, bool last)
{
	enum reassembly_result r;

	if (!last)
		end -= (end - first) % 8;
	if (m->has_last && (last ? end != m->total : end > m->total))
		return PIECE_FATAL;
	if ((last && end < m->total) || first == end)
		return PIECE_FATAL;
	m->has_last |= last;
	m->total = max_u32(m->total, end);
	r = model_place(m, first, end);
	if (r != PIECE_HELD)
		return r;
	m->have += end - first;
	return m->has_last && m->have == m->total ? PIECE_LAST : PIECE_HELD;
}

/* ------------------------------------------------------------ one against it
 */

static struct piece *make(uint32_t first, uint32_t end, bool last)
{
	struct piece *p = piece_new((const uint8_t *)"", 1);

	assert_non_null(p);
	p->offset = first;
	p->len = end - first;
	p->before = 20;
	p->last = last;
	return p;
}

/* In order, and no two of them overlap; no run but is in the tree. */
static void check_list(const struct reassembly *r, const struct model *m)
{
	uint32_t at = 0, have = 0;

	for (const struct piece *p = r->first; p; p = p->next) {
		assert_true(p->offset >= at);
		at = p->offset + p->len;
		have += p->len;
	}
	assert_int_equal(have, m->have);
}

static unsigned count_runs(const struct piece *run, uint8_t *rank)
{
	uint8_t left = 0, right = 0;
	unsigned n;

	*rank = 0;
	if (!run)
		return 0;
	n = 1 + count_runs(run->left, &left) + count_runs(run->right, &right);
	assert_int_equal(left, run->rank - 1);
	assert_in_range(right, run->rank - 1, run->rank);
	*rank = run->rank;
	return n;
}

/* Fragments of up to @longest units, within @units. */
static enum reassembly_result play(struct random *rnd, uint32_t units,
				   uint32_t longest)
{
	struct model m = {.n = 0};
	struct reassembly r = {0};
	enum reassembly_result want = PIECE_HELD;
	uint8_t rank;

	for (unsigned i = 0; i < MOST; i++) {
		uint32_t first = random_u32(rnd) % units;
		uint32_t end = first + 1 + random_u32(rnd) % longest;
		bool last = end >= units;
		struct piece *p;
		enum reassembly_result got;

		first *= 8;
		end = last ? units * 8 : end * 8;
		if (random_u32(rnd) % 64 == 0)
			end -= random_u32(rnd) % 9;
		p = make(first, end, last);
		want = model_add(&m, first, end, last);
		got = reassembly_add(&r, p, &reassembly_ipv4);
		assert_int_equal(got, want);
		if (got == PIECE_REFUSED || got == PIECE_FATAL)
			free(p);
		check_list(&r, &m);
		assert_int_equal(count_runs(r.runs, &rank), m.n);
		if (got == PIECE_FATAL || got == PIECE_LAST)
			break;
	}
	pieces_free(r.first);
	return want;
}

static void against_the_model(void **state)
{
	static const struct {
		uint32_t units, longest, games;
	} kinds[] = {
		{3, 2, 20000},
		{6, 1, 20000},
		{20, 1, 3000},
		{300, 1, 20},
	};
	struct random rnd = random_new(3);

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
		unsigned ends[PIECE_FATAL + 1] = {0};

		for (unsigned k = 0; k < kinds[i].games; k++)
			ends[play(&rnd, kinds[i].units, kinds[i].longest)]++;
		assert_true(ends[PIECE_FATAL] > 0);
		assert_true(i > 2 || ends[PIECE_LAST] > 0);
	}
}

/* As many runs as a datagram can have, in orders that are bad for trees. */
static void many_runs(void **state)
{
	enum { RUNS = 4096 };

	(void)state;
	for (unsigned order = 0; order < 3; order++) {
		struct reassembly r = {0};
		uint8_t rank;

		for (uint32_t i = 0; i < RUNS; i++) {
			uint32_t at = order == 0   ? i
				      : order == 1 ? RUNS - 1 - i
						   : i * 2654435761u % RUNS;

			assert_int_equal(
				reassembly_add(
					&r, make(at * 16, at * 16 + 8, false),
					&reassembly_ipv4),
				PIECE_HELD);
		}
		assert_int_equal(count_runs(r.runs, &rank), RUNS);
		pieces_free(r.first);
	}
}

/* ---------------------------------------------------------------- the table
 */

static struct nat_tuple key(uint32_t src, uint16_t id)
{
	return (struct nat_tuple){
		.src = {.w = {src}},
		.dst = {.w = {9}},
		.src_id = id,
		.proto = 17,
		.family = 4,
	};
}

static enum reassembly_result add(struct fragments *f, uint32_t src,
				  uint16_t id, struct piece *p, ticks now)
{
	const struct nat_tuple k = key(src, id);
	struct fragment_fate fate = fragments_add(f, &k, p, now);

	if (fate.result == PIECE_LAST)
		pieces_free(fate.whole.first);
	return fate.result;
}

static const struct fragment_limits limits = {
	.rules = &reassembly_ipv4,
	.timeout = 100,
	.most_bytes = 10000,
	.most_between = 64,
};

/* @other fragments of the same or another sender, then the second half. */
static const struct between {
	const char *name;
	unsigned other;
	uint32_t sender;
	bool same_datagram;
	enum reassembly_result want;
} betweens[] = {
	{"none", 0, 1, false, PIECE_LAST},
	{"some", 63, 1, false, PIECE_LAST},
	{"too many", 64, 1, false, PIECE_HELD},
	{"somebody else's", 64, 2, false, PIECE_LAST},
	{"its own", 64, 1, true, PIECE_LAST},
};

static void fragments_between(void **state)
{
	struct fragment_limits wide = limits;

	(void)state;
	wide.most_bytes = 1 << 20;
	for (unsigned i = 0; i < ARRAY_LEN(betweens); i++) {
		const struct between *b = &betweens[i];
		struct fragments f;

		fragments_init(&f, &wide, 1);
		assert_int_equal(add(&f, 1, 7, make(0, 8, false), 0),
				 PIECE_HELD);
		for (unsigned k = 0; k < b->other; k++)
			(void)add(&f, b->sender,
				  b->same_datagram ? 7 : (uint16_t)(100 + k),
				  make(0, 8, false), 0);
		if (add(&f, 1, 7, make(8, 16, true), 0) != b->want)
			fail_msg("%s", b->name);
		fragments_fini(&f);
	}
}

/* Whatever is sent, no more is held than one fragment above the limit, and
 * nothing when its time is over. */
static void bounded(void **state)
{
	struct random rnd = random_new(5);
	struct reassembly dead;
	struct fragments f;
	unsigned refused = 0, complete = 0;
	ticks now = 0;

	(void)state;
	fragments_init(&f, &limits, 1);
	for (unsigned i = 0; i < 200000; i++) {
		uint32_t first = random_u32(&rnd) % 4 * 8;
		enum reassembly_result r =
			add(&f, random_u32(&rnd) % 8,
			    (uint16_t)random_u32(&rnd) % 8,
			    make(first, first + 8, first == 24), now);

		refused += r == PIECE_REFUSED;
		complete += r == PIECE_LAST;
		assert_true(fragments_bytes(&f) < limits.most_bytes + 1000);
		now += random_u32(&rnd) % 4 == 0;
		while (fragments_due(&f, now) &&
		       fragments_expire(&f, now, &dead))
			pieces_free(dead.first);
	}
	assert_true(refused > 1000);
	assert_true(complete > 1000);
	now += limits.timeout;
	while (fragments_expire(&f, now, &dead))
		pieces_free(dead.first);
	assert_int_equal(fragments_bytes(&f), 0);
	assert_false(fragments_due(&f, now));
	fragments_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(against_the_model),
		cmocka_unit_test(many_runs),
		cmocka_unit_test(fragments_between),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
