/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Stretches played by any number of processes: the sum is the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/check.h"
#include "verify/stretches.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

enum { NEVER = 99 };

/* clang-format off */
static const struct row {
	const char *name;
	unsigned n;
	unsigned diverges, also; /* stretches that do */
	unsigned fails, dies;
	bool keep_going;
	/* what comes of it */
	uint64_t packets, divergences;
	const char *told, *error;
} rows[] = {
	{ "one", 1, NEVER, NEVER, NEVER, NEVER, false, 100, 0, NULL, NULL },
	{ "all agree", 9, NEVER, NEVER, NEVER, NEVER, false, 936, 0, NULL,
	  NULL },
	{ "nothing counts behind the first divergence", 9, 6, 3, NEVER, NEVER,
	  false, 406, 1, "of stretch 3", NULL },
	{ "the last", 4, 3, NEVER, NEVER, NEVER, false, 406, 1, "of stretch 3",
	  NULL },
	{ "both", 9, 6, 3, NEVER, NEVER, true, 936, 2, NULL, NULL },
	{ "one fails", 9, NEVER, NEVER, 2, NEVER, false, 0, 0, NULL,
	  "stretch 2 fails" },
	{ "one dies", 9, NEVER, NEVER, NEVER, 4, false, 0, 0, NULL,
	  "a worker ended with status 3" },
};
/* clang-format on */

static void note(struct tally *t, const char *name, uint64_t i)
{
	char text[32];
	struct tally_row *row = tally_add(t, name, 1, i);

	assert_non_null(row);
	(void)snprintf(text, sizeof(text), "example %u", (unsigned)i);
	row->example = strdup(text);
}

/* The first takes longest, so that others have to wait for their turn. */
static int play(void *ctx, uint64_t i, struct verify *v, struct nat_error *err)
{
	const struct row *r = ctx;

	*v = (struct verify){.packets = 100 + i};
	(void)usleep(i ? 1000 : 20000);
	if (i == r->dies)
		_exit(3);
	note(&v->exceptions, i % 2 ? "odd" : "even", i);
	if (i == r->diverges || i == r->also) {
		v->divergences = 1;
		note(&v->kinds, "diverged", i);
	}
	(void)snprintf(err->text, sizeof(err->text), "stretch %u fails",
		       (unsigned)i);
	return i == r->fails ? -1 : 0;
}

static char *tell(void *ctx, const struct verify *v, struct nat_error *err)
{
	char *text = NULL;

	(void)ctx;
	(void)err;
	if (asprintf(&text, "of stretch %u", (unsigned)v->packets - 100) < 0)
		return NULL;
	return text;
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool counted(const struct row *r, const struct verify *v)
{
	const struct tally *kinds = &v->kinds;
	char first[32];

	if (v->packets != r->packets || v->divergences != r->divergences)
		return false;
	(void)snprintf(first, sizeof(first), "example %u",
		       r->also < r->diverges ? r->also : r->diverges);
	return !r->divergences ||
	       (kinds->n_rows == 1 && kinds->row[0].n == r->divergences &&
		same(kinds->row[0].example, first));
}

static void check(const struct row *r, unsigned jobs)
{
	const struct stretches s = {
		.n = r->n,
		.jobs = jobs,
		.keep_going = r->keep_going,
		.play = play,
		.tell = tell,
		.ctx = (void *)(uintptr_t)r,
	};
	struct nat_error err = {.line = 0};
	struct verify sum;
	char *told;
	int rc = stretches_play(&s, &sum, &told, &err);

	if (!!rc != !!r->error || (rc && !same(err.text, r->error)))
		fail_msg("%s, %u: %d, %s", r->name, jobs, rc, err.text);
	if (!rc && (!counted(r, &sum) || !same(told, r->told)))
		fail_msg("%s, %u: %u packets, %u divergences, %s", r->name,
			 jobs, (unsigned)sum.packets, (unsigned)sum.divergences,
			 told ? told : "nothing");
	free(told);
	verify_free(&sum);
}

static void test_any_number(void **state)
{
	static const unsigned jobs[] = {1, 2, 5};

	(void)state;
	for (size_t i = 0; i < N_ROWS(rows); i++)
		for (size_t j = 0; j < N_ROWS(jobs); j++)
			check(&rows[i], jobs[j]);
}

/* A worker that dies while nothing is asked of it. */
static int play_and_die(void *ctx, uint64_t i, struct verify *v,
			struct nat_error *err)
{
	(void)ctx;
	(void)i;
	(void)err;
	*v = (struct verify){.packets = 1};
	(void)ualarm(5000, 0);
	return 0;
}

static void dawdle(void *ctx, uint64_t done, uint64_t total)
{
	(void)ctx;
	(void)done;
	(void)total;
	(void)usleep(50000);
}

static void test_dies_between(void **state)
{
	const struct stretches s = {
		.n = 3,
		.jobs = 1,
		.play = play_and_die,
		.tell = tell,
		.progress = {.fn = dawdle},
	};
	struct nat_error err = {.line = 0};
	struct verify sum;
	char *told;

	(void)state;
	assert_int_equal(stretches_play(&s, &sum, &told, &err), -1);
	assert_string_equal(err.text, "a worker was ended: Alarm clock");
	free(told);
	verify_free(&sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_number),
		cmocka_unit_test(test_dies_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
