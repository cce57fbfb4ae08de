/* SPDX-License-Identifier: BSD-2-Clause
 * One fib for each way in which rules can see a mark. */
#include "decide/fib_marks.h"

#include <stdlib.h>
#include <string.h>

#include "text/text.h"

enum { MAX_TESTS = 32, MAX_CLASSES = 256 };

/* "(mark & mask) == value", as some rule asks. */
struct mark_test {
	uint32_t value, mask;
};

/* The marks of which just these tests hold. */
struct mark_class {
	uint32_t holds; /* by test */
	struct fib *fib[2];
};

struct fib_marks {
	struct mark_test test[MAX_TESTS];
	struct mark_class class[MAX_CLASSES];
	unsigned n_tests, n_classes;
};

static bool holds(const struct mark_test *test, uint32_t mark)
{
	return (mark & test->mask) == test->value;
}

static struct mark_test test_of(const struct topology_rule *r)
{
	return (struct mark_test){r->mark & r->mark_mask, r->mark_mask};
}

static unsigned find_test(const struct fib_marks *m,
			  const struct topology_rule *r)
{
	struct mark_test want = test_of(r);
	unsigned i = 0;

	while (i < m->n_tests &&
	       (m->test[i].value != want.value || m->test[i].mask != want.mask))
		i++;
	return i;
}

/* False: there are too many. */
static bool collect_tests(struct fib_marks *m, const struct nat_topology *t)
{
	for (size_t i = 0; i < t->n_rules; i++) {
		const struct topology_rule *r = &t->rules[i];

		if (!r->mark_mask || find_test(m, r) < m->n_tests)
			continue;
		if (m->n_tests == MAX_TESTS)
			return false;
		m->test[m->n_tests++] = test_of(r);
	}
	return true;
}

/* The classes in which tests from @i on hold or do not, given what those
 * before say: that the mark has @known.value under @known.mask. A class that
 * no mark is in does no harm. */
static bool split(struct fib_marks *m, unsigned i, uint32_t held,
		  struct mark_test known)
{
	const struct mark_test *test = &m->test[i];
	bool possible, certain;

	if (i == m->n_tests) {
		if (m->n_classes == MAX_CLASSES)
			return false;
		m->class[m->n_classes++].holds = held;
		return true;
	}
	possible = !((known.value ^ test->value) & known.mask & test->mask);
	certain = possible && (known.mask & test->mask) == test->mask;
	if (!certain && !split(m, i + 1, held, known))
		return false;
	known.value |= test->value;
	known.mask |= test->mask;
	return !possible || split(m, i + 1, held | 1U << i, known);
}

/* The topology as the class sees it, with fibs of its own. */
static bool compile(const struct nat_topology *t, struct mark_class *c,
		    struct nat_error *err)
{
	struct nat_topology seen = *t;
	bool ok = true;

	seen.n_rules = 0;
	seen.rules = calloc(t->n_rules + 1, sizeof(*seen.rules));
	if (!seen.rules) {
		text_no_memory(err);
		return false;
	}
	for (size_t i = 0; i < t->n_rules; i++) {
		const struct topology_rule *r = &t->rules[i];

		if (!r->mark_mask ||
		    (t->marks && c->holds >> find_test(t->marks, r) & 1))
			seen.rules[seen.n_rules++] = *r;
	}
	for (uint8_t family = 4; ok && family <= 6; family += 2) {
		c->fib[fib_index(family)] = fib_new(&seen, family, err);
		ok = c->fib[fib_index(family)];
	}
	free(seen.rules);
	return ok;
}

static struct mark_class *class_of(struct fib_marks *m, uint32_t mark)
{
	uint32_t held = 0;
	unsigned i = 0;

	for (unsigned t = 0; t < m->n_tests; t++)
		held |= (uint32_t)holds(&m->test[t], mark) << t;
	while (m->class[i].holds != held)
		i++;
	return &m->class[i];
}

static bool has_marks(const struct nat_topology *t)
{
	for (size_t i = 0; i < t->n_rules; i++)
		if (t->rules[i].mark_mask)
			return true;
	return false;
}

static bool new_marked(struct nat_topology *t, struct nat_error *err)
{
	struct fib_marks *m = calloc(1, sizeof(*m));

	t->marks = m;
	if (!m) {
		text_no_memory(err);
		return false;
	}
	if (!collect_tests(m, t) || !split(m, 0, 0, (struct mark_test){0, 0})) {
		text_fail(err, "rules tell too many kinds of fwmark apart");
		return false;
	}
	for (unsigned i = 0; i < m->n_classes; i++)
		if (!compile(t, &m->class[i], err))
			return false;
	for (size_t f = 0; f < ARRAY_LEN(t->fib); f++)
		t->fib[f] = class_of(m, 0)->fib[f];
	return true;
}

bool fib_new_all(struct nat_topology *t, struct nat_error *err)
{
	struct mark_class all = {0};
	bool ok;

	if (has_marks(t))
		return new_marked(t, err);
	ok = compile(t, &all, err);
	memcpy(t->fib, all.fib, sizeof(t->fib));
	return ok;
}

void fib_free_all(struct nat_topology *t)
{
	struct fib_marks *m = t->marks;

	for (size_t f = 0; f < ARRAY_LEN(t->fib); f++) {
		if (!m)
			fib_free(t->fib[f]);
		for (unsigned i = 0; m && i < m->n_classes; i++)
			fib_free(m->class[i].fib[f]);
	}
	free(m);
}

const struct fib *fib_marked(const struct nat_topology *t, uint8_t family,
			     uint32_t mark)
{
	return class_of(t->marks, mark)->fib[fib_index(family)];
}
