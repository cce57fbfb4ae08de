/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The result as a table for people: a name, a number, what belongs to it. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "replay/result.h"

/* 1234567 as 1,234,567; the text lives in @buf. */
static const char *grouped(char buf[32], uint64_t n)
{
	char *p = buf + 31;
	unsigned digits = 0;

	*p = '\0';
	do {
		if (digits && digits % 3 == 0)
			*--p = ',';
		*--p = (char)('0' + n % 10);
		digits++;
	} while (n /= 10);
	return p;
}

__attribute__((format(printf, 4, 5))) static void
row(FILE *out, const char *name, uint64_t n, const char *fmt, ...)
{
	char buf[32];
	va_list ap;

	fprintf(out, "%-14s %15s  ", name, grouped(buf, n));
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	fputc('\n', out);
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

/* "name 12, other 3": the counters of @n[0..size) that are not zero. */
static void list(FILE *out, const uint64_t *n, unsigned size,
		 const char *(*name)(unsigned))
{
	const char *comma = "";
	char buf[32];

	for (unsigned i = 0; i < size; i++) {
		if (!n[i])
			continue;
		fprintf(out, "%s%s %s", comma, name(i), grouped(buf, n[i]));
		comma = ", ";
	}
}

static const char *skip_name(unsigned i)
{
	return link_result_name((enum link_result)i);
}

static const char *drop_name(unsigned i)
{
	return nat_drop_name((enum nat_drop)i);
}

static const char *failure_name(unsigned i)
{
	return check_name((enum check_kind)i);
}

static void print_capture(const struct result *r, FILE *out)
{
	const struct capture_summary *c = &r->capture;
	uint64_t skipped = 0;
	char buf[2][32];

	for (unsigned i = 0; i < LINK_N_RESULTS; i++)
		skipped += c->skipped[i];
	row(out, "packets", r->total.packets, "%s bytes, %s conversations",
	    grouped(buf[0], r->total.bytes),
	    grouped(buf[1], r->replay->n_convs));
	row(out, "read", r->reading.bytes,
	    "bytes of captures, %.2f GB/s; planned in %.0f ns a packet",
	    windows_read_speed(&r->reading) / 1e9,
	    r->reading.packets
		    ? (double)r->reading.plan_ns / (double)r->reading.packets
		    : 0);
	if (skipped) {
		fprintf(out, "%-14s %15s  ", "skipped frames",
			grouped(buf[0], skipped));
		list(out, c->skipped, LINK_N_RESULTS, skip_name);
		fputc('\n', out);
	}
	if (c->cut_frame)
		row(out, "cut record", c->cut_frame,
		    "%s ends inside this frame", c->cut_name);
}

static void print_verdicts(const struct figures *f, FILE *out)
{
	const struct nat_stats *s = f->stats;
	char buf[32], buf2[32];

	for (unsigned i = 0; i < NAT_N_VERDICTS; i++) {
		if (!s->verdict[i])
			continue;
		fprintf(out, "  %-12s %15s  %5.1f %%",
			nat_verdict_name((enum nat_verdict)i),
			grouped(buf, s->verdict[i]),
			percent(s->verdict[i], f->packets));
		if (i == NAT_DROP) {
			fputs("  ", out);
			list(out, s->drop, NAT_N_DROPS, drop_name);
		}
		fputc('\n', out);
	}
	if (f->unanswered)
		row(out, "  unanswered", f->unanswered,
		    "%5.1f %%  answers to what did not leave",
		    percent(f->unanswered, f->packets));
	if (s->state[NAT_STATE_INVALID])
		row(out, "invalid", s->state[NAT_STATE_INVALID],
		    "%5.1f %%  forwarded untranslated, unless dropped",
		    percent(s->state[NAT_STATE_INVALID], f->packets));
	if (s->originated)
		row(out, "sent by router", s->originated,
		    "errors, resets, "
		    "echo replies, fragments");
	if (s->reasm_oks || s->reasm_fails)
		row(out, "reassembled", s->reasm_oks,
		    "given up %s, %s of them for lack of fragments",
		    grouped(buf, s->reasm_fails),
		    grouped(buf2, s->reasm_timeout));
}

static void print_connections(const struct result *r, FILE *out)
{
	const struct nat_memory *m = &r->replay->memory;
	const struct nat_stats *s = &r->replay->stats;
	char buf[5][32];

	row(out, "connections", m->entries,
	    "at most %s; created %s, expired %s, deleted %s",
	    grouped(buf[0], m->peak), grouped(buf[1], s->created),
	    grouped(buf[2], s->expired), grouped(buf[3], s->deleted));
	if (s->insert_failed || s->early_drop)
		fprintf(out, "%-14s %15s  no free tuple; %s dropped early\n",
			"", grouped(buf[0], s->insert_failed),
			grouped(buf[1], s->early_drop));
	if (m->peak)
		fprintf(out, "%-14s %15.0f  bytes each\n", "",
			result_bytes_per_connection(r));
}

static void print_time(char buf[32], uint64_t ns)
{
	if (ns < 10000)
		(void)snprintf(buf, 32, "%" PRIu64 " ns", ns);
	else if (ns < 10000000)
		(void)snprintf(buf, 32, "%.1f us", (double)ns / 1e3);
	else
		(void)snprintf(buf, 32, "%.1f ms", (double)ns / 1e6);
}

static void print_speed(const struct result *r, FILE *out)
{
	static const struct {
		const char *name;
		double quantile;
	} col[] = {{"p50", .5},     {"p90", .9},       {"p99", .99},
		   {"p99.9", .999}, {"p99.99", .9999}, {"max", 1}};
	const struct figures *f = &r->total;
	char buf[32];

	fprintf(out, "%-14s %12.1f ns  a packet, %.1f of them in the core\n",
		"time", f->ns_per_packet, f->core_ns_per_packet);
	fprintf(out, "%-14s %11.2f M/s  %u thread%s, %.3f s", "packets",
		f->pps / 1e6, r->threads, r->threads == 1 ? "" : "s",
		(double)f->wall_ns / 1e9);
	if (r->passes > 1)
		fprintf(out, ", %u passes after one of warm-up", r->passes - 1);
	fprintf(out, "\n%-14s ", "latency");
	for (unsigned i = 0; i < sizeof(col) / sizeof(col[0]); i++) {
		print_time(buf, hist_quantile(f->latency, col[i].quantile));
		fprintf(out, "%s%s %s", i ? ", " : "", col[i].name, buf);
	}
	fputc('\n', out);
}

static void print_check(const struct result *r, FILE *out)
{
	const struct check *k = &r->replay->check;
	uint64_t failed = check_failures(k);
	char buf[32];

	if (k->unjoined)
		row(out, "not checked", k->unjoined,
		    "datagrams in fragments that do not fit together");
	if (!failed) {
		row(out, "check", k->packets, "passed; %s answers restored",
		    grouped(buf, k->restored));
		return;
	}
	fprintf(out, "%-14s %15s  FAILED: ", "check", grouped(buf, failed));
	list(out, k->failures, CHECK_N_KINDS, failure_name);
	fputc('\n', out);
	for (unsigned i = 0; i < k->n_examples; i++) {
		if (k->example[i].kind == CHECK_COUNTERS)
			continue;
		fprintf(out, "  frame %" PRIu32 ": %s\n", k->example[i].frame,
			failure_name(k->example[i].kind));
	}
}

static void print_stages(const struct result *r, FILE *out)
{
	const struct replay *p = r->replay;
	struct stage_line line[STAGES_MOST];
	uint64_t sampled;
	unsigned n = stages_table(&p->total.stages, p->lanes.ns_per_tick, line,
				  &sampled);

	row(out, "stages", sampled,
	    "packets timed:  took it    ns each     share");
	for (unsigned i = 0; i < n; i++)
		fprintf(out, "  %-45s %6.2f %% %10.1f %7.1f %%\n", line[i].name,
			percent(line[i].packets, sampled), line[i].ns,
			line[i].share * 100);
}

void result_print(const struct result *r, FILE *out)
{
	print_capture(r, out);
	print_verdicts(&r->total, out);
	print_connections(r, out);
	print_speed(r, out);
	if (r->stages)
		print_stages(r, out);
	if (r->check)
		print_check(r, out);
}
