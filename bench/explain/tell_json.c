/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Stories as JSON: an array of packets, each with its steps. */
#include <arpa/inet.h>
#include <jansson.h>
#include <string.h>

#include "explain/tell.h"

/* jansson refuses what is not UTF-8; a rule's comment may be anything. */
static json_t *text(const char *s)
{
	json_t *j = s ? json_string(s) : json_null();

	return j ? j : json_string_nocheck("?");
}

static json_t *tuple(const struct nat_tuple *t)
{
	char s[TELL_TUPLE];

	tell_tuple(t, s);
	return text(s);
}

static json_t *status(uint16_t bits)
{
	json_t *list = json_array();
	const char *name;

	for (unsigned i = 0; (name = tell_status_bit(i)); i++)
		if (bits & 1u << i)
			json_array_append_new(list, json_string(name));
	return list;
}

static json_t *connection(const struct story_connection *c)
{
	const struct nat_conntrack *ct = &c->ct;
	json_t *j = json_pack(
		"{s:o, s:o, s:o, s:o, s:I, s:I}", "orig",
		tuple(&ct->tuple[NAT_ORIGINAL]), "reply",
		tuple(&ct->tuple[NAT_REPLY]), "status", status(ct->status),
		"status_set", status(c->status_set), "timeout",
		(json_int_t)ct->timeout_s, "mark", (json_int_t)ct->mark);

	if (ct->tuple[NAT_ORIGINAL].proto == IPPROTO_TCP)
		json_object_set_new(j, "tcp_state",
				    text(tell_tcp_state(ct->tcp_state)));
	return j;
}

static json_t *changes(const struct moment *m)
{
	json_t *list = json_array();

	for (size_t i = 0; i < m->n_changes; i++) {
		const struct field_change *c = &m->change[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s}",
						      "field", c->name, "from",
						      c->from, "to", c->to));
	}
	return list;
}

static json_t *step(const struct tell_json *t, const struct moment *m)
{
	json_t *j = json_pack("{s:s, s:s, s:o}", "hook", nat_hook_name(m->hook),
			      "step", nat_step_name(m->step), "text",
			      text(m->text));

	if (m->table) {
		json_object_set_new(j, "table", text(m->table));
		json_object_set_new(j, "chain", text(m->chain));
		json_object_set_new(j, "rule", json_integer(m->rule));
	}
	if (m->step == NAT_STEP_ROUTE)
		json_object_set_new(
			j, "out",
			text(m->out_if == NAT_NO_IF
				     ? NULL
				     : tell_if(t->topology, m->out_if)));
	if (m->step == NAT_STEP_CONNTRACK)
		json_object_set_new(j, "state", text(nat_state_name(m->state)));
	if (m->connection.known) {
		json_object_set_new(
			j, "direction",
			text(m->dir == NAT_REPLY ? "reply" : "original"));
		json_object_set_new(j, "conntrack", connection(&m->connection));
	}
	json_object_set_new(j, "changed", changes(m));
	return j;
}

static json_t *packet(const struct bytes *b)
{
	char s[TELL_PACKET];

	tell_packet(b, s);
	return text(s);
}

static json_t *interface(const struct tell_json *t, uint16_t i)
{
	return text(i == NAT_NO_IF ? NULL : tell_if(t->topology, i));
}

static const char *kind_name(enum story_kind k)
{
	static const char *const name[] = {
		[STORY_PACKET] = "packet",  [STORY_REPLY] = "reply",
		[STORY_FRAME] = "frame",    [STORY_OWN] = "router",
		[STORY_PIECE] = "fragment", [STORY_UNSENT] = "unsent",
	};

	return name[k];
}

static json_t *story(const struct tell_json *t, const struct story *s)
{
	json_t *steps = json_array(), *j;

	for (size_t i = 0; i < s->n_moments; i++)
		if (s->moment[i].step != NAT_STEP_VERDICT)
			json_array_append_new(steps, step(t, &s->moment[i]));
	j = json_pack("{s:s, s:I, s:o, s:o, s:o}", "kind", kind_name(s->kind),
		      "number", (json_int_t)s->number, "in",
		      interface(t, s->in_if), "packet", packet(&s->before),
		      "steps", steps);
	if (s->kind == STORY_UNSENT)
		return j;
	json_object_set_new(j, "verdict", text(nat_verdict_name(s->verdict)));
	if (s->verdict == NAT_DROP)
		json_object_set_new(j, "reason",
				    text(nat_drop_name(s->reason)));
	if (s->verdict == NAT_FORWARD) {
		json_object_set_new(j, "out", interface(t, s->out_if));
		json_object_set_new(j, "packet_out", packet(&s->after));
	}
	return j;
}

static void tell(void *ctx, const struct story *s)
{
	struct tell_json *t = ctx;
	json_t *j = story(t, s);

	fputs(t->begun ? ",\n" : "[\n", t->out);
	t->begun = true;
	/* what cannot be written, the stream knows */
	if (!j || (json_dumpf(j, t->out, JSON_INDENT(2)) && !ferror(t->out)))
		t->failed = true;
	json_decref(j);
}

struct teller tell_json(struct tell_json *t)
{
	return (struct teller){tell, t};
}

void tell_json_end(struct tell_json *t)
{
	fputs(t->begun ? "\n]\n" : "[]\n", t->out);
}
