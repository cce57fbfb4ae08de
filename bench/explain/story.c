/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Trace events to stories. An event shows the packet and its connection as
 * they are; a story also wants to know what became different. */
#include "explain/story.h"

#include <stdlib.h>
#include <string.h>

static bool bytes_set(struct bytes *b, const uint8_t *data, size_t len)
{
	if (len > b->room) {
		uint8_t *more = realloc(b->data, len);

		if (!more)
			return false;
		b->data = more;
		b->room = len;
	}
	if (len)
		memcpy(b->data, data, len);
	b->len = len;
	return true;
}

static struct moment *add_moment(struct story *s)
{
	if (s->n_moments == s->room) {
		size_t room = 2 * s->room + 16;
		struct moment *more = realloc(s->moment, room * sizeof(*more));

		if (!more)
			return NULL;
		s->moment = more;
		s->room = room;
	}
	return &s->moment[s->n_moments++];
}

static bool same_tuple(const struct nat_tuple *a, const struct nat_tuple *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static const struct story_connection *last_connection(const struct story *s)
{
	for (size_t i = s->n_moments; i-- > 0;)
		if (s->moment[i].connection.known)
			return &s->moment[i].connection;
	return NULL;
}

static void look_at_connection(const struct story *s,
			       const struct nat_conntrack *ct,
			       struct story_connection *c)
{
	const struct story_connection *last = last_connection(s);

	*c = (struct story_connection){.known = ct};
	if (!ct)
		return;
	c->ct = *ct;
	c->first = !last;
	c->status_set = ct->status;
	if (!last)
		return;
	c->status_set &= (uint16_t)~last->ct.status;
	c->orig_changed = !same_tuple(&ct->tuple[NAT_ORIGINAL],
				      &last->ct.tuple[NAT_ORIGINAL]);
	c->reply_changed =
		!same_tuple(&ct->tuple[NAT_REPLY], &last->ct.tuple[NAT_REPLY]);
}

static bool look_at_bytes(struct story *s, const struct nat_event *ev,
			  struct moment *m)
{
	struct field_change change[FIELDS_MOST];

	m->n_changes = fields_compare(s->after.data, s->after.len, ev->data,
				      ev->len, change);
	if (!m->n_changes)
		return true;
	m->change = malloc(m->n_changes * sizeof(*m->change));
	if (!m->change) {
		m->n_changes = 0;
		return false;
	}
	memcpy(m->change, change, m->n_changes * sizeof(*m->change));
	return bytes_set(&s->after, ev->data, ev->len);
}

static bool story_add(struct story *s, const struct nat_event *ev)
{
	struct story_connection connection;
	struct moment *m;

	look_at_connection(s, ev->ct, &connection);
	m = add_moment(s);
	if (!m)
		return false;
	*m = (struct moment){
		.step = ev->step,
		.hook = ev->hook,
		.table = ev->table,
		.chain = ev->chain,
		.rule = ev->rule,
		.text = ev->text,
		.state = ev->state,
		.dir = ev->dir,
		.in_if = ev->in_if,
		.out_if = ev->out_if,
		.connection = connection,
	};
	s->verdict = ev->verdict;
	s->reason = ev->reason;
	s->out_if = ev->out_if;
	return look_at_bytes(s, ev, m);
}

/* Keeps the memory for the next one. */
static void story_clear(struct story *s)
{
	for (size_t i = 0; i < s->n_moments; i++)
		free(s->moment[i].change);
	s->n_moments = 0;
}

/* False: no room, or no memory. */
static bool story_begin(struct recorder *r, const struct nat_event *ev)
{
	struct story *s = &r->story[r->begun];
	bool own = r->begun;

	if (r->begun == STORIES_MOST)
		return false;
	s->kind = own ? STORY_OWN : r->kind;
	s->number = r->number;
	s->in_if = ev->in_if;
	r->cause[r->begun] = r->now;
	r->now = r->begun++;
	if (!bytes_set(&s->before, ev->data, ev->len) ||
	    !bytes_set(&s->after, ev->data, ev->len))
		r->failed = true;
	return true;
}

static void tell_all(struct recorder *r)
{
	for (unsigned i = 0; i < r->begun; i++) {
		r->teller.tell(r->teller.ctx, &r->story[i]);
		r->own_left += i && r->story[i].verdict == NAT_FORWARD;
		story_clear(&r->story[i]);
	}
	r->begun = 0;
}

void story_hear(void *recorder, const struct nat_event *ev)
{
	struct recorder *r = recorder;
	bool begins = !r->begun || ev->step == NAT_STEP_ORIGINATE;

	if (r->deaf)
		return;
	if (r->unheard || (begins && !story_begin(r, ev))) {
		r->unheard += ev->step == NAT_STEP_ORIGINATE;
		r->unheard -= ev->step == NAT_STEP_VERDICT;
		return;
	}
	if (!story_add(&r->story[r->now], ev))
		r->failed = true;
	if (ev->step != NAT_STEP_VERDICT)
		return;
	if (!r->now)
		tell_all(r);
	else
		r->now = r->cause[r->now];
}

void recorder_fini(struct recorder *r)
{
	for (unsigned i = 0; i < STORIES_MOST; i++) {
		struct story *s = &r->story[i];

		story_clear(s);
		free(s->moment);
		free(s->before.data);
		free(s->after.data);
	}
}
