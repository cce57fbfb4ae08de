/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Trials are whole verifications of what is left. */
#include "verify/minimise.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "replay/wire.h"

struct search {
	const struct verify *found;
	const char *kind;
	struct verify_config cfg;
	struct picks *picks; /* the best so far */
	uint32_t *trial;     /* room for as many */
	struct timespec until;
};

static bool next(void *ctx, struct feed *f)
{
	struct picks *p = ctx;

	if (p->next == p->n)
		return false;
	*f = trail_at(p->trail, p->at[p->next++]);
	return true;
}

struct feeder picks_feeder(struct picks *p)
{
	p->next = 0;
	return (struct feeder){next, NULL, p};
}

static bool out_of_time(const struct search *s)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > s->until.tv_sec || (now.tv_sec == s->until.tv_sec &&
						now.tv_nsec > s->until.tv_nsec);
}

/* Do the first @n of s->trial still diverge so? */
static bool diverges(const struct search *s, size_t n)
{
	struct picks p = {.trail = s->picks->trail, .at = s->trial, .n = n};
	struct feeder feeder = picks_feeder(&p);
	struct verify v;
	struct nat_error err;
	bool same;

	same = !verify_run(&v, &s->cfg, &feeder, &err) && v.kinds.n_rows &&
	       !strcmp(v.kinds.row[0].name, s->kind);
	verify_free(&v);
	return same;
}

static void adopt(struct search *s, size_t n)
{
	memcpy(s->picks->at, s->trial, n * sizeof(*s->trial));
	s->picks->n = n;
}

static bool among(const struct nat_addr *a, const struct suspect *s)
{
	for (unsigned i = 0; i < NAT_N_DIRS; i++)
		if (!memcmp(a, &s->tuple[i].src, sizeof(*a)) ||
		    !memcmp(a, &s->tuple[i].dst, sizeof(*a)))
			return true;
	return false;
}

/* How a packet may be kin to what diverged, closest first. */
enum kinship { SAME_GROUP, BOTH_ENDS, ONE_END, N_KINSHIPS };

static bool is_kin(const struct feed *f, const struct suspect *s,
		   enum kinship k)
{
	struct wire w;

	if (k == SAME_GROUP)
		return s->group && f->group == s->group;
	if (!wire_parse(&w, f->data, f->len))
		return false;
	if (k == BOTH_ENDS)
		return among(&w.t.src, s) && among(&w.t.dst, s);
	return among(&w.t.src, s) || among(&w.t.dst, s);
}

/* All of a kinship, with the packet at which it was found. */
static size_t pick_kin(const struct search *s, enum kinship k)
{
	const struct trail *t = s->picks->trail;
	size_t all = trail_count(t), n = 0;

	for (size_t i = 0; i < all; i++) {
		struct feed f = trail_at(t, i);

		if (i + 1 == all || is_kin(&f, &s->found->suspect, k))
			s->trial[n++] = (uint32_t)i;
	}
	return n;
}

/* The closest kin that diverge alone; all packets where none do. */
static int begin(struct search *s)
{
	size_t all = trail_count(s->picks->trail);

	for (enum kinship k = SAME_GROUP; k < N_KINSHIPS; k++) {
		size_t n = pick_kin(s, k);

		if (n < all && diverges(s, n)) {
			adopt(s, n);
			return 0;
		}
	}
	for (size_t i = 0; i < all; i++)
		s->trial[i] = (uint32_t)i;
	if (!diverges(s, all))
		return -ENOENT;
	adopt(s, all);
	return 0;
}

/* s->trial becomes the picks without those of [@from, @from + @n). */
static size_t leave_out(const struct search *s, size_t from, size_t n)
{
	const struct picks *p = s->picks;
	size_t behind = p->n - from - n;

	memcpy(s->trial, p->at, from * sizeof(*p->at));
	memcpy(s->trial + from, p->at + from + n, behind * sizeof(*p->at));
	return from + behind;
}

/* One round over the picks; true: some were left out. */
static bool thin_out(struct search *s, size_t chunk)
{
	bool some = false;

	/* from the end: what diverged is there */
	for (size_t end = s->picks->n; end > 0 && !out_of_time(s);) {
		size_t n = end < chunk ? end : chunk;
		size_t left = leave_out(s, end - n, n);

		if (left && diverges(s, left)) {
			adopt(s, left);
			some = true;
		}
		end -= n;
	}
	return some;
}

static void shrink(struct search *s)
{
	size_t chunk = s->picks->n / 2;

	while (chunk && !out_of_time(s)) {
		bool some = thin_out(s, chunk);

		if (chunk > 1)
			chunk /= 2;
		else if (!some)
			break;
	}
}

int minimise(const struct verify *v, uint64_t budget_ns, struct picks *p)
{
	const uint64_t second = 1000000000;
	struct search s = {
		.found = v,
		.kind = v->kinds.row[0].name,
		.cfg = *v->cfg,
		.picks = p,
	};
	size_t room = (trail_count(&v->trail) + 1) * sizeof(*p->at);
	int rc = -ENOMEM;

	(void)clock_gettime(CLOCK_MONOTONIC, &s.until);
	s.until.tv_sec += (time_t)(budget_ns / second);
	s.until.tv_nsec += (long)(budget_ns % second);
	s.cfg.keep_going = false;
	s.cfg.compare_every = 0;
	s.cfg.renew_every = 0;
	s.cfg.progress = (struct progress){.fn = NULL};
	*p = (struct picks){.trail = &v->trail, .at = malloc(room)};
	s.trial = malloc(room);
	if (p->at && s.trial)
		rc = begin(&s);
	if (!rc)
		shrink(&s);
	free(s.trial);
	return rc;
}
