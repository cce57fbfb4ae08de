/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A short table; each kind of difference with its first example. */
#include "verify/verify_report.h"

#include <inttypes.h>

#include "replay/host.h"

static void row(FILE *out, const char *name, uint64_t n, const char *note)
{
	(void)fprintf(out, "%-14s %12" PRIu64 "  %s\n", name, n, note);
}

static void rows(FILE *out, const char *title, const struct tally *t)
{
	for (unsigned i = 0; i < t->n_rows; i++)
		row(out, title, t->row[i].n, t->row[i].name);
}

static void kinds(FILE *out, const struct tally *t)
{
	for (unsigned i = 0; i < t->n_rows; i++) {
		const struct tally_row *r = &t->row[i];

		(void)fprintf(
			out,
			"\n%s: %" PRIu64 ", first at packet %" PRIu64 "\n%s",
			r->name, r->n, r->first, r->example ? r->example : "");
	}
}

void verify_print(const struct verify_report *r, FILE *out)
{
	const struct verify *v = r->verify;
	double s = (double)v->wall_ns / 1e9;
	char note[128];

	row(out, "frames", r->frames, r->source);
	(void)snprintf(note, sizeof(note), "through both, %.0f a second",
		       s > 0 ? (double)v->packets / s : 0);
	row(out, "packets", v->packets, note);
	row(out, "unanswered", r->unanswered, "answers to what never left");
	rows(out, "unsupported", &v->unsupported);
	rows(out, "exceptions", &v->exceptions);
	(void)snprintf(note, sizeof(note), "compared, %zu differ",
		       v->conntrack_differ);
	row(out, "conntrack", v->conntrack_compared, note);
	(void)snprintf(note, sizeof(note), "compared, %zu differ",
		       v->rules_differ);
	row(out, "rules", v->rules_compared, note);
	if (v->follow_ups)
		row(out, "follow-ups", v->follow_ups,
		    "packets of conversations that had diverged");
	row(out, "divergences", v->divergences,
	    v->divergences ? "" : "kernel and core agree");
	if (!verify_exceptions_ok(v))
		(void)fprintf(out, "more exceptions than one in a thousand\n");
	kinds(out, &v->kinds);
	if (r->diagnosis)
		(void)fprintf(out, "\n%s", r->diagnosis);
}

/* A value that could not be made is NULL, and ends in a NULL object. */
static void put(json_t **o, const char *name, json_t *value)
{
	if (*o && json_object_set_new(*o, name, value)) {
		json_decref(*o);
		*o = NULL;
	}
}

static void put_u64(json_t **o, const char *name, uint64_t n)
{
	put(o, name, json_integer((json_int_t)n));
}

static json_t *tally_json(const struct tally *t)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < t->n_rows; i++)
		put_u64(&o, t->row[i].name, t->row[i].n);
	return o;
}

json_t *verify_json(const struct verify_report *r)
{
	const struct verify *v = r->verify;
	json_t *o = json_object();

	put(&o, "source", json_string(r->source));
	put_u64(&o, "frames", r->frames);
	put_u64(&o, "packets", v->packets);
	put_u64(&o, "unanswered", r->unanswered);
	put(&o, "unsupported", tally_json(&v->unsupported));
	put_u64(&o, "divergences", v->divergences);
	put_u64(&o, "follow_ups", v->follow_ups);
	put(&o, "kinds", tally_json(&v->kinds));
	put(&o, "exceptions", tally_json(&v->exceptions));
	put_u64(&o, "conntrack_compared", v->conntrack_compared);
	put_u64(&o, "conntrack_differ", v->conntrack_differ);
	put_u64(&o, "rules_compared", v->rules_compared);
	put_u64(&o, "rules_differ", v->rules_differ);
	put_u64(&o, "wall_ns", v->wall_ns);
	put(&o, "host", host_json());
	return o;
}
