/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The loop, and the counting of what it finds. */
#include "verify/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "replay/wire.h"
#include "verify/describe.h"

enum { PACKETS_PER_PROGRESS = 1024, EXCEPTIONS_PER = 1000 };

struct run {
	struct verify *v;
	struct lockstep *twin;
	struct table_diff table;
	uint64_t number; /* of the packet at hand */
};

static uint64_t monotonic_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Marks @group; true: it was marked before. */
static bool taint(struct verify *v, uint32_t group)
{
	struct region *r = &v->tainted;
	size_t byte = group / 8;
	uint8_t bit = (uint8_t)(1u << group % 8);
	bool was;

	if (!group)
		return false;
	if (byte >= r->used) {
		if (!region_reserve(r, byte + 1 - r->used))
			return false;
		r->used = byte + 1;
	}
	was = r->base[byte] & bit;
	r->base[byte] |= bit;
	return was;
}

/* Connections differ for long: each is told once. */
static bool known(struct verify *v, const struct nat_tuple *t)
{
	struct region *r = &v->known;

	for (size_t at = 0; at < r->used; at += sizeof(*t))
		if (!memcmp(r->base + at, t, sizeof(*t)))
			return true;
	if (region_reserve(r, sizeof(*t))) {
		memcpy(r->base + r->used, t, sizeof(*t));
		r->used += sizeof(*t);
	}
	return false;
}

static void found(struct run *r, const char *kind, char *example)
{
	struct tally_row *row = tally_add(&r->v->kinds, kind, 1, r->number);

	r->v->divergences++;
	if (row && row->n == 1)
		row->example = example;
	else
		free(example);
}

static void suspect_packet(struct verify *v, const struct feed *f)
{
	struct wire w;

	if (v->divergences)
		return;
	v->suspect.group = f->group;
	if (wire_parse(&w, f->data, f->len))
		v->suspect.tuple[NAT_ORIGINAL] = w.t;
}

static void suspect_entry(struct verify *v, const struct nat_conntrack *ct)
{
	if (!v->divergences)
		memcpy(v->suspect.tuple, ct->tuple, sizeof(ct->tuple));
}

static void count_step(struct run *r, const struct feed *f,
		       const struct lockstep_step *step)
{
	struct verify *v = r->v;
	char kind[TALLY_NAME];

	v->packets++;
	tally_add(&v->exceptions, "id_choice", step->choices.ids, f->number);
	tally_add(&v->exceptions, "lot_choice", step->choices.lots, f->number);
	tally_add(&v->exceptions, "ip_id", step->allowed.ip_id, f->number);
	tally_add(&v->exceptions, "frag_id", step->allowed.frag_id, f->number);
	tally_add(&v->exceptions, "clock", step->allowed.clock, f->number);
	tally_add(&v->exceptions, "reassembly_timer", step->allowed.waited,
		  f->number);
	if (step->outcome.agreed)
		return;
	if (step->exception) {
		tally_add(&v->exceptions, step->exception, 1, f->number);
		return;
	}
	if (taint(v, f->group)) {
		v->follow_ups++;
		return;
	}
	(void)snprintf(kind, sizeof(kind), "packet: %s (core: %s%s%s)",
		       step->difference.kind, nat_verdict_name(step->verdict),
		       step->verdict == NAT_DROP ? " " : "",
		       step->verdict == NAT_DROP ? nat_drop_name(step->reason)
						 : "");
	suspect_packet(v, f);
	found(r, kind, describe_step(v->cfg->twin.engine.topology, f, step));
}

static void hear_entry(void *ctx, const struct table_entry_diff *e)
{
	struct run *r = ctx;
	unsigned side = e->has[TABLE_KERNEL] ? TABLE_KERNEL : TABLE_CORE;
	char kind[TALLY_NAME];

	if (known(r->v, &e->ct[side].tuple[NAT_ORIGINAL]))
		return;
	(void)snprintf(kind, sizeof(kind), "conntrack: %s", e->what);
	suspect_entry(r->v, &e->ct[side]);
	found(r, kind, describe_entry(e));
}

static int compare_tables(struct run *r, struct nat_error *err)
{
	struct verify *v = r->v;
	struct rules_diff rules = {.compared = 0};
	char kind[TALLY_NAME];

	if (lockstep_compare(r->twin, &r->table, &rules, err))
		return -1;
	(void)tally_add(&v->exceptions, "listener_report", rules.reports,
			r->number);
	r->table.compared = r->table.differ = 0;
	table_diff_run(&r->table, hear_entry, r);
	v->conntrack_compared += r->table.compared;
	v->conntrack_differ += r->table.differ;
	if (tally_of(&v->exceptions, "nft_hotdrop")) /* what came next counts */
		return 0;
	v->rules_compared += rules.compared;
	if (rules.differ && !v->rules_differ) {
		(void)snprintf(kind, sizeof(kind), "rules: IPv%u %s %s",
			       rules.family, rules.table, rules.chain);
		found(r, kind, describe_rules(&rules));
	}
	v->rules_differ += rules.differ;
	return 0;
}

/* A new twin, to which nothing has happened. */
static int renew(struct run *r, struct nat_error *err)
{
	lockstep_free(r->twin);
	r->twin = NULL;
	trail_clear(&r->v->trail);
	region_free(&r->v->tainted);
	region_free(&r->v->known);
	r->twin = lockstep_new(&r->v->cfg->twin, err);
	return r->twin ? 0 : -1;
}

static bool enough(const struct verify *v)
{
	return v->divergences && !v->cfg->keep_going;
}

/* One packet. 0, or -1 with @err filled. */
static int play(struct run *r, const struct feeder *feeder,
		const struct feed *f, struct nat_error *err)
{
	struct verify *v = r->v;
	struct lockstep_step step;

	r->number = f->number;
	if (v->cfg->trace && v->packets + 1 == v->cfg->trace_from)
		lockstep_trace(r->twin, v->cfg->trace, v->cfg->trace_ctx);
	lockstep_play(r->twin, f, &step);
	if (step.unsupported) {
		tally_add(&v->unsupported, step.unsupported, 1, f->number);
	} else {
		if (!trail_add(&v->trail, f)) {
			(void)snprintf(err->text, sizeof(err->text),
				       "out of memory");
			return -1;
		}
		count_step(r, f, &step);
	}
	if (feeder->learn)
		feeder->learn(feeder->ctx, &step.outcome);
	return 0;
}

static bool due(uint64_t n, uint64_t every)
{
	return every && n % every == 0;
}

/* What happens between packets, @n of which have been played. */
static int pause(struct run *r, uint64_t n, struct nat_error *err)
{
	const struct verify_config *cfg = r->v->cfg;
	bool last = due(n, cfg->renew_every);

	if (due(n, PACKETS_PER_PROGRESS))
		progress_tell(&cfg->progress, n, cfg->expected);
	if ((last || due(n, cfg->compare_every)) && !enough(r->v) &&
	    compare_tables(r, err))
		return -1;
	return last && !enough(r->v) ? renew(r, err) : 0;
}

static int play_all(struct run *r, const struct feeder *feeder,
		    struct nat_error *err)
{
	uint64_t n = 0;
	struct feed f;

	while (!enough(r->v) && feeder->next(feeder->ctx, &f))
		if (play(r, feeder, &f, err) || pause(r, ++n, err))
			return -1;
	return enough(r->v) ? 0 : compare_tables(r, err);
}

int verify_run(struct verify *v, const struct verify_config *cfg,
	       const struct feeder *feeder, struct nat_error *err)
{
	uint64_t begun = monotonic_ns();
	struct run r = {.v = v};
	int rc;

	*v = (struct verify){.cfg = cfg};
	r.twin = lockstep_new(&cfg->twin, err);
	if (!r.twin)
		return -1;
	rc = play_all(&r, feeder, err);
	table_diff_fini(&r.table);
	lockstep_free(r.twin);
	v->wall_ns = monotonic_ns() - begun;
	return rc;
}

void verify_free(struct verify *v)
{
	tally_free(&v->kinds);
	tally_free(&v->exceptions);
	tally_free(&v->unsupported);
	trail_free(&v->trail);
	region_free(&v->tainted);
	region_free(&v->known);
}

bool verify_exceptions_ok(const struct verify *v)
{
	static const char *const name[] = {"clock", "error_limit",
					   "reassembly_timer", "nft_hotdrop"};
	uint64_t unchecked = 0;

	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++)
		unchecked += tally_of(&v->exceptions, name[i]);

	return unchecked * EXCEPTIONS_PER <= v->packets;
}
