/* SPDX-License-Identifier: BSD-2-Clause
 * The search for an id. */
#include "decide/search.h"

#include <arpa/inet.h>

#include "decide/choice.h"
#include "decide/probe.h"

enum { MAX_ATTEMPTS = 128, MIN_ATTEMPTS = 16 }; /* of a round: spec 7.5 */

/* Unspecified, a port stays in its class: privileged ports privileged. */
static struct id_window source_class(uint16_t port)
{
	if (port < 512)
		return (struct id_window){1, 511};
	if (port < 1024)
		return (struct id_window){600, 1023 - 600 + 1};
	return (struct id_window){1024, 65535 - 1024 + 1};
}

static bool search_window(const struct search *s, struct id_window *w)
{
	const struct nat_range *r = s->range;

	if (!search_has_id(s->answer->proto))
		return false;
	if (r->flags & RANGE_PROTO_SPECIFIED) {
		uint32_t a = r->port_min, b = r->port_max;

		*w = (struct id_window){a < b ? a : b,
					(a < b ? b - a : a - b) + 1};
		return true;
	}
	if (proto_is_icmp(s->answer->proto)) {
		*w = (struct id_window){0, 65536};
		return true;
	}
	if (s->m == MANIP_DST)
		return false;
	*w = source_class(ntohs(*search_id_of(s->answer, s->m)));
	return true;
}

/* Where the first round begins; true: anywhere, at random. */
static bool first_offset(const struct search *s, struct random *draws,
			 uint16_t *offset)
{
	const struct nat_range *r = s->range;
	bool anywhere = r->flags & RANGE_RANDOM || s->m == MANIP_SRC;

	*offset = 0;
	if (r->flags & RANGE_PROTO_OFFSET) {
		*offset = (uint16_t)(ntohs(*search_id_of(s->answer, s->m)) -
				     r->port_base);
		anywhere = false;
	} else if (anywhere) {
		*offset = random_u16(draws);
	}
	return anywhere;
}

/* Each is half as long as the one before and begins elsewhere. */
static void lay_out(struct probes *p, struct random *draws, uint16_t offset)
{
	uint32_t n = min_u32(p->window.size, MAX_ATTEMPTS);

	p->round[p->n_rounds++] = (struct probe_round){n, offset};
	while (n < p->window.size && n >= MIN_ATTEMPTS) {
		n /= 2;
		p->round[p->n_rounds++] =
			(struct probe_round){n, random_u16(draws)};
	}
}
static_assert(MAX_ATTEMPTS >> (PROBE_ROUNDS - 1) < MIN_ATTEMPTS,
	      "there is room for each");

/* Takes the id that somebody else has drawn, if that is free. */
static bool chosen(const struct search *s, const struct probes *p, uint16_t *id)
{
	const struct id_window *w = &p->window;
	struct nat_tuple answer = *s->answer;
	int other = choice_id(s->k, s->m, (uint16_t)w->min,
			      (uint16_t)(w->min + w->size - 1));

	if (likely(other < 0))
		return false;
	*id = htons((uint16_t)other);
	*search_id_of(&answer, s->m) = *id;
	return !probe_used(p, &answer, true);
}

/* Step 4: rounds of probes. The last one tried stays, free or not. */
void search_id(const struct search *s)
{
	uint16_t *id = search_id_of(s->answer, s->m), offset;
	struct id_window w;
	struct random draws;
	struct probes p;
	bool anywhere;

	if (!search_window(s, &w))
		return;
	probes_init(&p, s->k, s->answer, w, id == &s->answer->dst_id);
	draws = choice_draws(s->k, s->m);
	anywhere = first_offset(s, &draws, &offset);
	lay_out(&p, &draws, offset);
	for (uint32_t i = 0; i < p.n_rounds; i++, anywhere = true)
		if ((anywhere && chosen(s, &p, id)) ||
		    probes_find(&p, &p.round[i], id))
			return;
}
