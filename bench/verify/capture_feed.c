/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The plan of a replay with one lane, its conversations taught by hand. */
#include "verify/capture_feed.h"

#include <string.h>

int capture_feed_init(struct capture_feed *c, const struct store *s,
		      bool verbatim, uint16_t client_if, uint16_t server_if)
{
	const struct plan_config cfg = {
		.lanes = 1,
		.batch = 1,
		.verbatim = verbatim,
		.client_if = client_if,
	};

	c->store = s;
	c->server_if = server_if;
	return plan_make(&c->plan, s, &cfg);
}

void capture_feed_fini(struct capture_feed *c)
{
	plan_free(&c->plan);
}

static const struct step *steps(const struct capture_feed *c)
{
	return lane_steps(&c->plan.lane[0]);
}

static bool next(void *ctx, struct feed *f)
{
	struct capture_feed *c = ctx;
	size_t n = lane_count(&c->plan.lane[0]);

	while (c->at < n) {
		const struct step *s = &steps(c)[c->at++];
		const struct store_entry *e =
			&store_entries(c->store)[s->packet];
		const struct conv *conv = &plan_convs(&c->plan)[s->conv];

		*f = (struct feed){
			.data = store_bytes(c->store, e),
			.len = e->len,
			.in_if = s->in_if,
			.group = s->conv + 1,
			.number = e->frame,
		};
		if (!(s->flags & STEP_REPLY))
			return true;
		f->in_if = conv_answer_if(conv, c->server_if);
		if (f->in_if == NAT_NO_IF) {
			c->unanswered++;
			continue;
		}
		memcpy(c->buffer, f->data, f->len);
		f->data = c->buffer;
		conv_readdress(conv, &s->shape, c->buffer, f->len);
		return true;
	}
	return false;
}

static void learn(void *ctx, const struct feed_outcome *o)
{
	struct capture_feed *c = ctx;
	const struct step *s = &steps(c)[c->at - 1];
	const struct store_entry *e = &store_entries(c->store)[s->packet];
	struct conv *conv = &plan_convs(&c->plan)[s->conv];

	if (!step_teaches(s))
		return;
	if (!(s->flags & STEP_FRAGMENT)) {
		if (o->forwarded)
			conv_learn(conv, &s->shape, o->forwarded->data,
				   o->forwarded->out_if);
		return;
	}
	for (size_t i = 0; i < o->n; i++)
		conv_learn_fragment(conv, store_bytes(c->store, e), e->len,
				    o->sent[i].data, o->sent[i].len,
				    o->sent[i].out_if);
}

struct feeder capture_feeder(struct capture_feed *c)
{
	c->at = 0;
	c->unanswered = 0;
	return (struct feeder){next, learn, c};
}
