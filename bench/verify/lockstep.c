/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The kernel goes first, so that the core can be told what it drew. */
#include "verify/lockstep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/wire.h"
#include "verify/choice.h"
#include "verify/jiffies.h"

enum {
	LONGEST = 65535 + 1,
	PATIENCE_MS = 20, /* for what the kernel did not send at once */
};
#define NS_PER_S UINT64_C(1000000000)

struct lockstep {
	struct kernel *kernel;
	struct nat_engine *engine;
	struct nat_worker *worker;
	struct chooser chooser;
	struct jiffies clock;
	bool nft;
	bool reported; /* devices have spoken: the kernel's rules counted it */
	struct sent core[SENT_MOST];
	uint8_t buffer[LONGEST];
};

static struct lockstep *fail(struct lockstep *s, struct nat_error *err)
{
	if (!err->text[0])
		(void)snprintf(err->text, sizeof(err->text), "out of memory");
	lockstep_free(s);
	return NULL;
}

struct lockstep *lockstep_new(const struct twin_config *cfg,
			      struct nat_error *err)
{
	struct lockstep *s = calloc(1, sizeof(*s));
	struct nat_config engine = cfg->engine;

	*err = (struct nat_error){.line = 0};
	if (!s)
		return fail(s, err);
	engine.workers = 1;
	s->clock = jiffies_open();
	s->nft = cfg->kernel.nft;
	s->kernel = kernel_new(&cfg->kernel, err);
	if (s->kernel)
		s->engine = nat_engine_new(&engine, err);
	if (s->engine)
		s->worker = nat_worker_new(s->engine);
	if (!s->worker)
		return fail(s, err);
	s->chooser = (struct chooser){
		.kernel = s->kernel,
		.engine = s->engine,
		.rules_text = cfg->kernel.rules,
		.rules6_text = cfg->kernel.rules6,
	};
	nat_worker_choose(s->worker, chooser_choose, &s->chooser);
	return s;
}

void lockstep_free(struct lockstep *s)
{
	if (!s)
		return;
	nat_worker_free(s->worker);
	nat_engine_free(s->engine);
	kernel_free(s->kernel);
	free(s);
}

void lockstep_trace(struct lockstep *s, nat_trace_fn fn, void *ctx)
{
	nat_worker_trace(s->worker, fn, ctx);
}

/* What neither is given. */
static const char *unsupported(const struct feed *f)
{
	return f->len > LONGEST ? "too long" : NULL;
}

/* The core's turn, with the packet in a buffer of our own. */
static struct sent_list play_core(struct lockstep *s, const struct feed *f,
				  uint64_t now, struct lockstep_step *step)
{
	struct nat_packet p = {
		.data = s->buffer,
		.len = f->len,
		.in_if = f->in_if,
	};
	struct sent_list list = {.sent = s->core};
	const struct nat_packet *own;
	size_t n = 0;

	memcpy(s->buffer, f->data, f->len);
	(void)nat_worker_run(s->worker, now, &p, 1);
	step->verdict = (enum nat_verdict)p.verdict;
	step->reason = (enum nat_drop)p.reason;
	step->state = (enum nat_state)p.state;
	if (p.verdict == NAT_FORWARD && p.len) {
		s->core[list.n++] = (struct sent){p.data, p.len, p.out_if};
		list.forwarded = s->core;
	}
	list.answers = p.verdict != NAT_FORWARD;
	own = nat_worker_originated(s->worker, &n);
	for (size_t i = 0; i < n && list.n < SENT_MOST; i++)
		s->core[list.n++] =
			(struct sent){own[i].data, own[i].len, own[i].out_if};
	return list;
}

/* The packet itself among what the kernel sent: it has kept what no router
 * changes. */
static const struct sent *find_forwarded(const struct feed *f,
					 const struct sent_list *l)
{
	struct wire in, out;

	if (!wire_parse(&in, f->data, f->len))
		return NULL;
	for (size_t i = 0; i < l->n; i++) {
		const struct sent *o = &l->sent[i];

		if (wire_parse(&out, o->data, o->len) &&
		    out.shape.family == in.shape.family &&
		    out.shape.kind == in.shape.kind &&
		    out.t.proto == in.t.proto && o->len == in.end &&
		    (in.shape.family == 6 ||
		     !memcmp(o->data + 4, f->data + 4, 2)))
			return o;
	}
	return NULL;
}

/* Differences that are to stay, by the name that docs/differences.md has. */
static const char *exception(const struct lockstep *s,
			     const struct lockstep_step *step)
{
	if (step->outcome.agreed || step->verdict != NAT_DROP)
		return NULL;
	if (!step->difference.kernel && step->reason == NAT_DROP_NO_ROUTE)
		return "error_limit";
	if (!step->difference.core && step->reason == NAT_DROP_HOTDROP &&
	    s->nft)
		return "nft_hotdrop";
	return NULL;
}

static void compare(const struct sent_list *kernel,
		    const struct sent_list *core, struct lockstep_step *step)
{
	step->allowed = (struct allowance){.ip_id = 0};
	step->outcome.agreed =
		compare_sent(kernel, core, &step->allowed, &step->difference);
}

void lockstep_play(struct lockstep *s, const struct feed *f,
		   struct lockstep_step *step)
{
	struct sent_list kernel = {.n = 0}, core;
	uint64_t now = jiffies_now_ns(&s->clock);

	*step = (struct lockstep_step){.unsupported = unsupported(f)};
	step->outcome.agreed = true;
	if (step->unsupported)
		return;
	s->chooser.made = (struct choices){.ids = 0};
	kernel.n = kernel_play(s->kernel, f->in_if, f->data, f->len);
	kernel.sent = kernel_sent(s->kernel);
	core = play_core(s, f, now, step);
	compare(&kernel, &core, step);
	if (!step->outcome.agreed && kernel.n < core.n) {
		kernel.n = kernel_wait(s->kernel, PATIENCE_MS);
		compare(&kernel, &core, step);
	}
	step->outcome.sent = kernel.sent;
	step->outcome.n = kernel.n;
	step->outcome.forwarded = find_forwarded(f, &kernel);
	step->core = core.sent;
	step->n_core = core.n;
	step->choices = s->chooser.made;
	step->exception = exception(s, step);
}

static int compare_rules(struct lockstep *s, unsigned family,
			 struct rules_diff *rules, struct nat_error *err)
{
	char *kernel = kernel_rules(s->kernel, family, NULL, err), *core = NULL;
	uint64_t reports = kernel_reports(s->kernel);

	s->reported |= reports;
	rules->reports += reports;
	if (kernel)
		core = chooser_core_rules(&s->chooser, family);
	if (core && !(family == 6 && s->reported))
		rules_diff_run(rules, family, kernel, core);
	free(kernel);
	free(core);
	return core ? 0 : -1;
}

int lockstep_compare(struct lockstep *s, struct table_diff *table,
		     struct rules_diff *rules, struct nat_error *err)
{
	uint64_t begun = jiffies_now_ns(&s->clock);
	int rc = kernel_each(s->kernel, table_diff_kernel, table);

	*err = (struct nat_error){.line = 0};
	if (rc) {
		(void)snprintf(err->text, sizeof(err->text), "ctnetlink: %s",
			       strerrordesc_np(-rc));
		return -1;
	}
	nat_engine_each(s->engine, begun, table_diff_core, table);
	table->took_s =
		(uint32_t)((jiffies_now_ns(&s->clock) - begun) / NS_PER_S);
	if (s->chooser.rules_text.at)
		rc = compare_rules(s, 4, rules, err);
	if (!rc && s->chooser.rules6_text.at)
		rc = compare_rules(s, 6, rules, err);
	if (table->failed || (rc && !err->text[0])) {
		(void)snprintf(err->text, sizeof(err->text), "out of memory");
		rc = -1;
	}
	return rc;
}
