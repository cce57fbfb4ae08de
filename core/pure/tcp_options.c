/* SPDX-License-Identifier: BSD-2-Clause
 * Walks TCP options (RFC 9293 3.1, RFC 7323, RFC 2018). */
#include "pure/tcp_options.h"

#include <stdbool.h>

#include "pure/tcp_track.h"

enum {
	OPTION_EOL = 0,
	OPTION_NOP = 1,
	OPTION_WSCALE = 3,
	OPTION_SACK_PERM = 4,
	OPTION_SACK = 5,
	OPTION_MD5 = 19,
	OPTION_AUTHENTICATION = 29,
	SACK_BLOCK = 8,
	SIGNATURE = 18, /* length of OPTION_MD5 */
	KEY_IDS = 2,    /* of OPTION_AUTHENTICATION, before what it is for */
	SCALE_MAX = 14,
};

struct option {
	uint8_t kind;
	uint8_t len; /* of the body */
	const uint8_t *body;
};

struct walk {
	const uint8_t *at;
	uint32_t left;
};

/* The next option that is more than padding; false: no more. */
static bool option_next(struct walk *w, struct option *o)
{
	while (w->left && w->at[0] == OPTION_NOP) {
		w->at++;
		w->left--;
	}
	if (w->left < 2 || w->at[0] == OPTION_EOL || w->at[1] < 2 ||
	    w->at[1] > w->left)
		return false;
	o->kind = w->at[0];
	o->len = (uint8_t)(w->at[1] - 2);
	o->body = w->at + 2;
	w->left -= w->at[1];
	w->at += w->at[1];
	return true;
}

/* As most SYNs have them: size, SACK, timestamps, padding, scale. */
enum { USUAL_LEN = 20, USUAL_SCALE = 19 };

static bool are_usual(const uint8_t *options, uint32_t len)
{
	static const uint8_t size[] = {2, 4}, sack[] = {4, 2, 8, 10},
			     scale[] = {1, 3, 3};

	return len == USUAL_LEN && !memcmp(options, size, sizeof(size)) &&
	       !memcmp(options + 4, sack, sizeof(sack)) &&
	       !memcmp(options + 16, scale, sizeof(scale));
}

struct tcp_offer tcp_options_offer(const uint8_t *options, uint32_t len)
{
	struct tcp_offer offer = {0};
	struct walk w = {options, len};
	struct option o;

	if (likely(are_usual(options, len)))
		return (struct tcp_offer){
			.flags = TCP_SACK_PERM | TCP_WSCALE,
			.scale = (uint8_t)min_u32(options[USUAL_SCALE],
						  SCALE_MAX),
		};
	while (option_next(&w, &o)) {
		if (o.kind == OPTION_SACK_PERM && o.len == 0) {
			offer.flags |= TCP_SACK_PERM;
		} else if (o.kind == OPTION_WSCALE && o.len == 1) {
			offer.flags |= TCP_WSCALE;
			offer.scale = (uint8_t)min_u32(o.body[0], SCALE_MAX);
		}
	}
	return offer;
}

static uint32_t load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

uint32_t tcp_options_sack(const uint8_t *options, uint32_t len, uint32_t ack)
{
	struct walk w = {options, len};
	struct option o;

	while (option_next(&w, &o)) {
		if (o.kind != OPTION_SACK || !o.len || o.len % SACK_BLOCK)
			continue;
		for (uint32_t i = 4; i < o.len; i += SACK_BLOCK) {
			uint32_t edge = load_be32(o.body + i);

			if (seq_after(edge, ack))
				ack = edge;
		}
		break;
	}
	return ack;
}

bool tcp_options_forbid_reset(const uint8_t *options, uint32_t len,
			      uint8_t family)
{
	struct walk w = {options, len};
	struct option o;
	bool authenticated = family == 4; /* one more is too many */

	while (w.left >= SIGNATURE && w.at[0] != OPTION_EOL) {
		if (w.at[0] == OPTION_NOP) {
			w.at++;
			w.left--;
			continue;
		}
		if (!option_next(&w, &o) || o.kind == OPTION_MD5)
			return true;
		if (o.kind != OPTION_AUTHENTICATION)
			continue;
		if (authenticated || o.len <= KEY_IDS)
			return true;
		authenticated = true;
	}
	return false;
}
