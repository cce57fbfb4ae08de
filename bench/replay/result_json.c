/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The result as data. A value that could not be made is NULL, which jansson
 * hands on as a failure, so only the end has to look. */
#include "replay/host.h"
#include "replay/result.h"

/* Adds to @o, which is given up if that fails. */
static bool put(json_t **o, const char *name, json_t *value)
{
	if (!json_object_set_new(*o, name, value))
		return true;
	json_decref(*o);
	*o = NULL;
	return false;
}

static bool put_u64(json_t **o, const char *name, uint64_t value)
{
	return put(o, name, json_integer((json_int_t)value));
}

static json_t *verdicts_json(const struct figures *f)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < NAT_N_VERDICTS; i++)
		put_u64(&o, nat_verdict_name((enum nat_verdict)i),
			f->stats->verdict[i]);
	put_u64(&o, "unanswered", f->unanswered);
	return o;
}

static json_t *drops_json(const struct nat_stats *s)
{
	json_t *o = json_object();

	for (unsigned i = NAT_DROP_NONE + 1; i < NAT_N_DROPS; i++)
		put_u64(&o, nat_drop_name((enum nat_drop)i), s->drop[i]);
	return o;
}

static json_t *states_json(const struct nat_stats *s)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < NAT_N_STATES; i++)
		put_u64(&o, nat_state_name((enum nat_state)i), s->state[i]);
	return o;
}

static json_t *latency_json(const struct hist *h)
{
	static const struct {
		const char *name;
		double quantile;
	} row[] = {
		{"p50", .5},    {"p90", .9},      {"p99", .99},
		{"p999", .999}, {"p9999", .9999}, {"max", 1},
	};
	json_t *o = json_object();

	for (unsigned i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		put_u64(&o, row[i].name, hist_quantile(h, row[i].quantile));
	return o;
}

static void put_conntrack_counters(json_t **o, const struct nat_stats *s)
{
	put_u64(o, "created", s->created);
	put_u64(o, "insert_failed", s->insert_failed);
	put_u64(o, "early_drop", s->early_drop);
	put_u64(o, "expired", s->expired);
	put_u64(o, "deleted", s->deleted);
	put_u64(o, "found", s->found);
	put_u64(o, "invalid", s->invalid);
	put_u64(o, "error", s->error);
	put_u64(o, "clash_resolve", s->clash_resolve);
}

/* By the names of /proc/net/snmp. */
static json_t *fragments_json(const struct nat_stats *s)
{
	json_t *o = json_object();

	put_u64(&o, "ReasmOKs", s->reasm_oks);
	put_u64(&o, "ReasmFails", s->reasm_fails);
	put_u64(&o, "ReasmTimeout", s->reasm_timeout);
	return o;
}

/* As conntrack -S names them. */
static json_t *conntrack_stats_json(const struct nat_stats *s)
{
	json_t *o = json_object();
	const char *name;
	uint64_t value;

	for (unsigned i = 0; (name = nat_conntrack_stat(s, i, &value)); i++)
		put_u64(&o, name, value);
	return o;
}

static void put_figures(json_t **o, const struct figures *f)
{
	put_u64(o, "packets", f->packets);
	put_u64(o, "bytes", f->bytes);
	put_u64(o, "wall_ns", f->wall_ns);
	put(o, "ns_per_packet", json_real(f->ns_per_packet));
	put(o, "core_ns_per_packet", json_real(f->core_ns_per_packet));
	put(o, "pps", json_real(f->pps));
	put(o, "latency_ns", latency_json(f->latency));
	put(o, "verdicts", verdicts_json(f));
	put(o, "drops", drops_json(f->stats));
	put(o, "states", states_json(f->stats));
	put_u64(o, "originated", f->stats->originated);
	put(o, "fragments", fragments_json(f->stats));
}

/* The one table, and counters of one thread or of all. */
static json_t *conntrack_json(const struct replay *p, const struct nat_stats *s)
{
	json_t *o = json_object();

	put_u64(&o, "entries", p->memory.entries);
	put_u64(&o, "peak", p->memory.peak);
	put_conntrack_counters(&o, s);
	return o;
}

/* Connections, and what process and machine are. */
static void put_shared(json_t **o, const struct result *r,
		       const struct nat_stats *s)
{
	put(o, "conntrack", conntrack_json(r->replay, s));
	put(o, "conntrack_stats", conntrack_stats_json(s));
	put(o, "bytes_per_connection",
	    json_real(result_bytes_per_connection(r)));
	put_u64(o, "rss_peak_bytes", host_rss_peak());
	put(o, "host", host_json());
}

static json_t *thread_json(const struct result *r, const struct lane *l)
{
	const struct replay *p = r->replay;
	double wall = (double)l->result.wall_ticks * p->lanes.ns_per_tick;
	struct figures f = figures_of(p, &l->result, 1, (uint64_t)wall);
	json_t *o = json_object();

	put_u64(&o, "threads", 1);
	put_u64(&o, "flows", l->n_convs);
	put_figures(&o, &f);
	put_shared(&o, r, &l->stats);
	return o;
}

static json_t *per_thread_json(const struct result *r)
{
	const struct lanes *all = &r->replay->lanes;
	json_t *list = json_array();

	for (unsigned i = 0; i < all->n; i++) {
		if (json_array_append_new(list,
					  thread_json(r, &all->lane[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *skipped_json(const struct capture_summary *c)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < LINK_N_RESULTS; i++)
		if (!link_is_ip((enum link_result)i))
			put_u64(&o, link_result_name((enum link_result)i),
				c->skipped[i]);
	return o;
}

static json_t *cut_json(const struct capture_summary *c)
{
	json_t *o;

	if (!c->cut_frame)
		return json_null();
	o = json_object();
	put(&o, "file", json_string(c->cut_name));
	put_u64(&o, "frame", c->cut_frame);
	return o;
}

static json_t *check_json(const struct check *k)
{
	json_t *o = json_object(), *failures = json_object();

	for (unsigned i = 0; i < CHECK_N_KINDS; i++)
		put_u64(&failures, check_name((enum check_kind)i),
			k->failures[i]);
	put_u64(&o, "packets", k->packets);
	put_u64(&o, "restored", k->restored);
	put_u64(&o, "joined", k->joined);
	put_u64(&o, "unjoined", k->unjoined);
	put_u64(&o, "failed", check_failures(k));
	put(&o, "failures", failures);
	return o;
}

static json_t *reading_json(const struct windows_cost *c)
{
	json_t *o = json_object();

	put_u64(&o, "packets", c->packets);
	put_u64(&o, "bytes", c->bytes);
	put_u64(&o, "read_ns", c->read_ns);
	put_u64(&o, "plan_ns", c->plan_ns);
	put(&o, "bytes_per_s", json_real(windows_read_speed(c)));
	return o;
}

static json_t *stages_json(const struct replay *p)
{
	struct stage_line line[STAGES_MOST];
	json_t *o = json_object(), *stages = json_object();
	uint64_t sampled;
	unsigned n = stages_table(&p->total.stages, p->lanes.ns_per_tick, line,
				  &sampled);

	for (unsigned i = 0; i < n; i++) {
		json_t *one = json_object();

		put_u64(&one, "packets", line[i].packets);
		put(&one, "ns_per_packet", json_real(line[i].ns));
		put(&one, "share", json_real(line[i].share));
		put(&stages, line[i].name, one);
	}
	put_u64(&o, "packets", sampled);
	put(&o, "stage", stages);
	return o;
}

json_t *result_json(const struct result *r)
{
	json_t *o = json_object();

	put(&o, "capture", json_string(r->capture.name));
	put_u64(&o, "frames", r->capture.frames);
	put(&o, "skipped", skipped_json(&r->capture));
	put(&o, "cut_record", cut_json(&r->capture));
	put(&o, "reading", reading_json(&r->reading));
	put_u64(&o, "threads", r->threads);
	put_u64(&o, "passes", r->passes);
	put_u64(&o, "copies", r->copies);
	put_u64(&o, "flows", r->replay->n_convs);
	put_figures(&o, &r->total);
	put_shared(&o, r, &r->replay->stats);
	if (r->check)
		put(&o, "check", check_json(&r->replay->check));
	if (r->stages)
		put(&o, "stages", stages_json(r->replay));
	put(&o, "per_thread", per_thread_json(r));
	return o;
}
