/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A story as a person reads it: a line for each event, hook by hook, and under
 * it what it changed. */
#include <string.h>

#include "explain/tell.h"

enum { HOOK_WIDTH = 12 };

enum colour { PLAIN, BOLD, FAINT, RED, GREEN, YELLOW };

static void paint(const struct tell_text *t, enum colour c)
{
	static const char *const code[] = {"0", "1", "2", "31", "32", "33"};

	if (t->colour)
		fprintf(t->out, "\033[%sm", code[c]);
}

static void painted(const struct tell_text *t, enum colour c, const char *s)
{
	paint(t, c);
	fputs(s, t->out);
	paint(t, PLAIN);
}

/* The left column. */
static void begin_line(const struct tell_text *t, const char *hook)
{
	fputs("  ", t->out);
	paint(t, BOLD);
	fprintf(t->out, "%-*s", HOOK_WIDTH, hook);
	paint(t, PLAIN);
}

/* A line under the event: what it changed. */
static void begin_detail(const struct tell_text *t)
{
	fprintf(t->out, "  %-*s  ", HOOK_WIDTH, "");
}

static void tell_place(const struct tell_text *t, const struct moment *m)
{
	fprintf(t->out, "%s %s", m->table, m->chain);
	if (m->rule)
		fprintf(t->out, " rule %u", m->rule);
}

static bool is_source(const struct moment *m)
{
	return m->hook == NAT_HOOK_POSTROUTING || m->hook == NAT_HOOK_INPUT;
}

static void tell_manip(const struct tell_text *t, const struct moment *m)
{
	fputs(is_source(m) ? "source NAT: " : "destination NAT: ", t->out);
	if (m->table) {
		fputs("by ", t->out);
		tell_place(t, m);
	} else {
		fputs(m->text, t->out);
	}
}

static void tell_conntrack(const struct tell_text *t, const struct moment *m)
{
	const struct story_connection *c = &m->connection;

	fprintf(t->out, "conntrack: %s", nat_state_name(m->state));
	if (c->known && c->ct.status & NAT_ST_CONFIRMED)
		fprintf(t->out, ", found by its %s tuple",
			m->dir == NAT_REPLY ? "reply" : "original");
	if (m->text)
		fprintf(t->out, ": %s", m->text);
}

static void tell_event(const struct tell_text *t, const struct moment *m)
{
	switch (m->step) {
	case NAT_STEP_RECEIVE:
		fprintf(t->out, "received by %s: %s",
			tell_if(t->topology, m->in_if), m->text);
		break;
	case NAT_STEP_CONNTRACK:
		tell_conntrack(t, m);
		break;
	case NAT_STEP_RULE:
		tell_place(t, m);
		fputs(": ", t->out);
		painted(t, YELLOW, m->text);
		break;
	case NAT_STEP_POLICY:
		tell_place(t, m);
		fprintf(t->out, ": policy %s", m->text);
		break;
	case NAT_STEP_MANIP:
		tell_manip(t, m);
		break;
	case NAT_STEP_ROUTE:
		fputs(m->text, t->out);
		if (m->out_if != NAT_NO_IF)
			fprintf(t->out, " by %s",
				tell_if(t->topology, m->out_if));
		break;
	case NAT_STEP_REASSEMBLE:
	case NAT_STEP_REWRITE:
	case NAT_STEP_FORWARD:
	case NAT_STEP_CONFIRM:
	case NAT_STEP_ORIGINATE:
		fprintf(t->out, "%s: %s", nat_step_name(m->step), m->text);
		break;
	case NAT_STEP_VERDICT:
	case NAT_N_STEPS:
		break;
	}
	fputc('\n', t->out);
}

/* "SRC_NAT, SRC_NAT_DONE" */
static void tell_status(const struct tell_text *t, uint16_t status)
{
	const char *name, *comma = "";

	for (unsigned i = 0; (name = tell_status_bit(i)); i++) {
		if (!(status & 1u << i))
			continue;
		fprintf(t->out, "%s%s", comma, name);
		comma = ", ";
	}
}

/* The tuples where they are new; "unchanged" where NAT decided so. */
static void tell_connection(const struct tell_text *t, const struct moment *m)
{
	const struct story_connection *c = &m->connection;
	bool orig = c->first || c->orig_changed;
	bool reply = c->first || c->reply_changed;
	char orig_text[TELL_TUPLE], reply_text[TELL_TUPLE];

	if (!c->known ||
	    !(orig || reply || c->status_set || m->step == NAT_STEP_MANIP))
		return;
	begin_detail(t);
	tell_tuple(&c->ct.tuple[NAT_ORIGINAL], orig_text);
	tell_tuple(&c->ct.tuple[NAT_REPLY], reply_text);
	paint(t, GREEN);
	fprintf(t->out, "%s%s%s%s%s", orig ? "orig " : "",
		orig ? orig_text : "", orig && reply ? ", " : "",
		reply ? "reply " : "", reply ? reply_text : "");
	if (!orig && !reply)
		fputs("tuples unchanged", t->out);
	if (c->status_set) {
		fputs(" (", t->out);
		tell_status(t, c->status_set);
		fputc(')', t->out);
	}
	paint(t, PLAIN);
	fputc('\n', t->out);
}

static void tell_changes(const struct tell_text *t, const struct moment *m)
{
	for (size_t i = 0; i < m->n_changes; i++) {
		begin_detail(t);
		fprintf(t->out, "%s %s -> %s\n", m->change[i].name,
			m->change[i].from, m->change[i].to);
	}
}

/* Where an event happens, as the left column has it. */
static const char *place_of(const struct moment *m)
{
	if (m->step == NAT_STEP_ROUTE)
		return "routing";
	return nat_hook_name(m->hook);
}

static void tell_moments(const struct tell_text *t, const struct story *s)
{
	const char *last = "";
	bool post = false;

	for (size_t i = 0; i < s->n_moments; i++) {
		const struct moment *m = &s->moment[i];
		const char *place = place_of(m);

		if (m->step == NAT_STEP_VERDICT)
			continue;
		post |= m->hook == NAT_HOOK_POSTROUTING;
		begin_line(t, strcmp(place, last) != 0 ? place : "");
		tell_event(t, m);
		tell_connection(t, m);
		tell_changes(t, m);
		last = place;
	}
	if (s->verdict == NAT_FORWARD && s->n_moments && !post) {
		begin_line(t, nat_hook_name(NAT_HOOK_POSTROUTING));
		fputs("nothing to do\n", t->out);
	}
}

static void tell_title(const struct tell_text *t, const struct story *s)
{
	char packet[TELL_PACKET];

	paint(t, BOLD);
	switch (s->kind) {
	case STORY_PACKET:
		fprintf(t->out, "packet %ju", (uintmax_t)s->number);
		break;
	case STORY_REPLY:
		fprintf(t->out, "reply to packet %ju", (uintmax_t)s->number);
		break;
	case STORY_FRAME:
	case STORY_UNSENT:
		fprintf(t->out, "frame %ju", (uintmax_t)s->number);
		break;
	case STORY_OWN:
		fputs("sent by the router", t->out);
		break;
	case STORY_PIECE:
		fputs("and a fragment", t->out);
		break;
	}
	paint(t, PLAIN);
	if (s->kind == STORY_UNSENT) {
		fputs(": not sent, for it answers what never left\n", t->out);
		return;
	}
	tell_packet(&s->before, packet);
	fprintf(t->out, ": %s\n", packet);
}

static void tell_verdict(const struct tell_text *t, const struct story *s)
{
	char packet[TELL_PACKET];

	begin_line(t, "verdict");
	painted(t, s->verdict == NAT_DROP ? RED : GREEN,
		nat_verdict_name(s->verdict));
	if (s->verdict == NAT_DROP) {
		fprintf(t->out, ": %s\n", nat_drop_name(s->reason));
	} else if (s->verdict == NAT_FORWARD) {
		tell_packet(&s->after, packet);
		fprintf(t->out, " by %s: %s\n", tell_if(t->topology, s->out_if),
			packet);
	} else {
		fputc('\n', t->out);
	}
}

static void tell(void *ctx, const struct story *s)
{
	struct tell_text *t = ctx;

	if (t->begun)
		fputc('\n', t->out);
	t->begun = true;
	tell_title(t, s);
	if (s->kind == STORY_UNSENT)
		return;
	tell_moments(t, s);
	tell_verdict(t, s);
}

struct teller tell_text(struct tell_text *t)
{
	return (struct teller){tell, t};
}
