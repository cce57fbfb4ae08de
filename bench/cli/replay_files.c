/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Captures in; captures, tables, results out. */
#include "cli/replay_files.h"

#include <string.h>

#include "cli/cli.h"
#include "cli/progress_bar.h"
#include "replay/dump.h"
#include "replay/plan.h"

static bool take_pair(struct iface_file *list, unsigned *n, const char *option,
		      char *arg)
{
	char *equals = strchr(arg, '=');

	if (!equals || equals == arg || !equals[1]) {
		cli_complain("%s %s: IF=FILE is needed", option, arg);
		return false;
	}
	if (*n == FILES_MOST) {
		cli_complain("%s %s: more than %d of them", option, arg,
			     FILES_MOST);
		return false;
	}
	*equals = '\0';
	list[(*n)++] = (struct iface_file){.iface = arg, .path = equals + 1};
	return true;
}

bool replay_files_input(struct replay_files *f, char *arg)
{
	f->verbatim = true;
	return take_pair(f->input, &f->n_inputs, "-i", arg);
}

bool replay_files_output(struct replay_files *f, char *arg)
{
	return take_pair(f->output, &f->n_outputs, "-w", arg);
}

bool replay_files_captures(struct replay_files *f, const char *command, int n,
			   char **arg)
{
	if (f->verbatim && n) {
		cli_complain("%s: either -i or one capture", arg[0]);
		return false;
	}
	if (!f->verbatim && n != 1) {
		cli_complain("%s: %s", n ? arg[1] : command,
			     n ? "one capture too many"
			       : "a capture is missing");
		return false;
	}
	if (!f->verbatim)
		f->input[f->n_inputs++] = (struct iface_file){.path = arg[0]};
	return true;
}

static bool find_if(struct iface_file *file, const char *option,
		    const struct scenario *s)
{
	int i = nat_topology_if_index(s->topology, file->iface);

	if (i < 0) {
		cli_complain("%s %s=%s: the topology has no such interface",
			     option, file->iface, file->path);
		return false;
	}
	file->index = (uint16_t)i;
	return true;
}

static int open_text(struct text_output *t)
{
	struct capture_error err;

	if (!t->path)
		return 0;
	t->file = sink_open(t->path, &t->sink, &err);
	return t->file ? 0 : cli_complain("%s", err.text);
}

static struct text_output *text_of(struct replay_files *f, unsigned i)
{
	struct text_output *const all[TEXTS] = {
		&f->json,  &f->conntrack, &f->events,
		&f->stats, &f->rules,     &f->rules6,
	};
	return all[i];
}

static bool differ(struct replay_files *f)
{
	static const char *const option[TEXTS] = {
		"--json",  "--conntrack", "--events",
		"--stats", "--rules-out", "--rules6-out",
	};
	struct place *all = f->place;
	unsigned n = 0;

	for (unsigned i = 0; i < f->n_inputs; i++)
		all[n++] =
			(struct place){"the capture", f->input[i].path, false};
	for (unsigned i = 0; i < f->n_outputs; i++)
		all[n++] = (struct place){"-w", f->output[i].path, true};
	for (unsigned i = 0; i < TEXTS; i++)
		all[n++] = (struct place){option[i], text_of(f, i)->path, true};
	return places_differ(all, n);
}

int replay_files_open(struct replay_files *f, const struct scenario *s)
{
	struct capture_error err;

	if (!differ(f))
		return CLI_ERROR;
	for (unsigned i = 0; f->verbatim && i < f->n_inputs; i++)
		if (!find_if(&f->input[i], "-i", s))
			return CLI_ERROR;
	for (unsigned i = 0; i < f->n_outputs; i++) {
		struct iface_file *o = &f->output[i];

		if (!find_if(o, "-w", s))
			return CLI_ERROR;
		o->writer = writer_open(o->path, &err);
		if (!o->writer)
			return cli_complain("%s", err.text);
		f->wanted[o->index] = true;
	}
	for (unsigned i = 0; i < TEXTS; i++)
		if (open_text(text_of(f, i)))
			return CLI_ERROR;
	return 0;
}

static void summarize(struct replay_files *f, unsigned i,
		      const struct capture_stats *s)
{
	struct capture_summary *sum = &f->summary;

	sum->name = f->input[0].path;
	sum->frames += s->frames;
	for (unsigned k = 0; k < LINK_N_RESULTS; k++)
		if (!link_is_ip((enum link_result)k))
			sum->skipped[k] += s->result[k];
	if (s->cut_frame) {
		sum->cut_frame = s->cut_frame;
		sum->cut_name = f->input[i].path;
	}
}

static void list_inputs(struct replay_files *f)
{
	for (unsigned i = 0; i < f->n_inputs; i++) {
		f->path[i] = f->input[i].path;
		f->iface[i] = f->input[i].index;
	}
}

int replay_files_load(struct replay_files *f, struct store *store)
{
	struct progress_bar bar = progress_bar("reading");
	struct capture_error err;
	struct capture_merge *m;
	int r = -1;

	list_inputs(f);
	m = merge_open(f->path, f->n_inputs, progress_bar_hear(&bar), &err);
	if (m)
		r = store_load(store, m, f->iface, &err);
	progress_bar_end(&bar);
	for (unsigned i = 0; !r && i < f->n_inputs; i++)
		summarize(f, i, merge_stats(m, i));
	merge_close(m);
	return r ? cli_complain("%s", err.text) : 0;
}

struct windows *replay_files_windows(struct replay_files *f,
				     const struct windows_config *cfg)
{
	struct progress_bar bar = progress_bar("reading");
	struct windows_config own = *cfg;
	struct capture_error err;
	struct windows *w;

	list_inputs(f);
	own.path = f->path;
	own.iface = f->iface;
	own.n = f->n_inputs;
	own.progress = progress_bar_hear(&bar);
	w = windows_open(&own, &err);
	progress_bar_end(&bar);
	if (!w)
		cli_complain("%s", err.text);
	return w;
}

void replay_files_summarize(struct replay_files *f, const struct windows *w)
{
	for (unsigned i = 0; i < f->n_inputs; i++)
		summarize(f, i, windows_stats(w, i));
}

int replay_files_json(const struct replay_files *f, json_t *o)
{
	const struct text_output *t = &f->json;
	int r = o ? 0 : -1;

	if (o && t->file) {
		r = json_dumpf(o, t->file,
			       JSON_INDENT(2) | JSON_REAL_PRECISION(9));
		fputc('\n', t->file);
	}
	json_decref(o);
	return r && t->file ? cli_complain("%s: cannot be written", t->path)
			    : 0;
}

static int write_conntrack(const struct replay_files *f, const struct replay *r)
{
	const struct text_output *t = &f->conntrack;

	if (!t->file || !dump_conntrack(r->engine, r->end_ns,
					f->conntrack_extended, t->file))
		return 0;
	return cli_complain("%s: out of memory", t->path);
}

static int write_rules(const struct text_output *t, const struct scenario *s,
		       unsigned family, const struct replay *r)
{
	struct nat_rules *rules;
	int failed;

	if (!t->file || !(family == 6 ? s->rules6 : s->rules))
		return 0;
	rules = scenario_parse_rules(s, family);
	if (!rules)
		return CLI_ERROR;
	failed = dump_rules(r->engine, rules, t->file);
	nat_rules_free(rules);
	return failed ? cli_complain("%s: %s", t->path,
				     strerrordesc_np(-failed))
		      : 0;
}

static void write_events(const struct text_output *t, const struct lanes *all)
{
	struct event_log *log[REPLAY_THREADS_MOST];

	if (!t->file)
		return;
	for (unsigned i = 0; i < all->n; i++)
		log[i] = &all->lane[i].events;
	event_log_write(log, all->n, t->file);
}

static void write_stats(const struct text_output *t, const struct replay *r)
{
	if (t->file)
		dump_stats(&r->lanes, t->file);
}

static void write_captures(struct replay_files *f, const struct lanes *all)
{
	struct emitted *e[REPLAY_THREADS_MOST];

	for (unsigned i = 0; i < all->n; i++)
		e[i] = &all->lane[i].emitted;
	for (unsigned i = 0; i < f->n_outputs; i++)
		emitted_write(e, all->n, f->output[i].index,
			      f->output[i].writer);
}

void replay_files_collect(void *files, const struct lanes *lanes)
{
	struct replay_files *f = files;

	write_events(&f->events, lanes);
	write_captures(f, lanes);
}

/* Nothing more is written. */
static void close_all(struct replay_files *f)
{
	for (unsigned i = 0; i < f->n_outputs; i++) {
		struct iface_file *o = &f->output[i];

		if (o->writer)
			f->sink[f->n_sinks++] = writer_end(o->writer);
		o->writer = NULL;
	}
	for (unsigned i = 0; i < TEXTS; i++) {
		struct text_output *t = text_of(f, i);

		if (!t->file)
			continue;
		(void)fclose(t->file); /* sink_check() knows if it failed */
		f->sink[f->n_sinks++] = t->sink;
		t->file = NULL;
	}
}

/* All or none. */
int replay_files_commit(struct replay_files *f)
{
	struct capture_error err;

	close_all(f);
	for (unsigned i = 0; i < f->n_sinks; i++)
		if (sink_check(f->sink[i], &err))
			return cli_complain("%s", err.text);
	while (f->n_sinks)
		if (sink_commit(f->sink[--f->n_sinks], &err))
			return cli_complain("%s", err.text);
	return 0;
}

int replay_files_save(struct replay_files *f, const struct scenario *s,
		      const struct result *result)
{
	const struct replay *r = result->replay;

	if (replay_files_json(f, f->json.file ? result_json(result) : NULL) ||
	    write_conntrack(f, r) || write_rules(&f->rules, s, 4, r) ||
	    write_rules(&f->rules6, s, 6, r))
		return CLI_ERROR;
	write_stats(&f->stats, r);
	return replay_files_commit(f);
}

void replay_files_drop(struct replay_files *f)
{
	close_all(f);
	while (f->n_sinks)
		sink_discard(f->sink[--f->n_sinks]);
}
