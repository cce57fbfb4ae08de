/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A conversation as its far end sees it. The router translates what the
 * client sends; the far end answers what it saw (the state table of RFC 9693).
 * So each original packet that leaves tells how answers must be addressed. */
#ifndef NATBENCH_CONV_H
#define NATBENCH_CONV_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "natcore.h"
#include "replay/wire.h"

/* One cache line, and only the worker that plays the conversation touches
 * it. All zero but for out_if until an original packet left. */
struct conv {
	_Alignas(64) struct wire_ends seen; /* of originals, as they left */
	uint32_t ports; /* the same as IPv4 packets have it */
	uint64_t addresses;
	uint64_t left_ns;
	uint16_t out_if; /* NAT_NO_IF: none left, so nobody answers */
	uint8_t tracked; /* the last one that left had a connection */
	uint8_t unsure;  /* since then one was dropped: the next to leave may
			  * have a new one */
};

bool conv_learn_anew(struct conv *c, const struct wire_shape *s,
		     const uint8_t *p, uint16_t out_if);
/* The same of an original that was a fragment: the router has made fragments
 * anew, of which @sent is one, and the first of them has the ports. */
bool conv_learn_fragment(struct conv *c, const uint8_t *captured, uint32_t len,
			 const uint8_t *sent, uint32_t sent_len,
			 uint16_t out_if);
void conv_readdress_any(const struct conv *c, const struct wire_shape *s,
			uint8_t *p, uint32_t len);

/* Where an answer enters: @server_if, or where originals left; NAT_NO_IF: there
 * is nothing to answer to. */
static inline uint16_t conv_answer_if(const struct conv *c, uint16_t server_if)
{
	return c->out_if != NAT_NO_IF && server_if != NAT_NO_IF ? server_if
								: c->out_if;
}

/* There is no connection any more, and what was its outside end may be that of
 * another: nobody answers until the next original has left. True: which is
 * news. */
static inline bool conv_forget(struct conv *c)
{
	bool known = c->out_if != NAT_NO_IF;

	c->out_if = NAT_NO_IF;
	return known;
}

/* An original packet was dropped. True: which is news. */
static inline bool conv_doubt(struct conv *c)
{
	bool news = !c->unsure;

	c->unsure = true;
	return news;
}

/* An original packet left as @p, of shape @s, by @out_if. True: which is news.
 */
static inline bool conv_learn(struct conv *c, const struct wire_shape *s,
			      const uint8_t *p, uint16_t out_if)
{
	uint64_t addresses;
	uint32_t ports;

	c->unsure = false;
	if (wire_is_plain(s)) {
		memcpy(&addresses, p + s->at + 12, sizeof(addresses));
		memcpy(&ports, p + s->l4, sizeof(ports));
		if (addresses == c->addresses && ports == c->ports &&
		    out_if == c->out_if)
			return false;
	}
	return conv_learn_anew(c, s, p, out_if);
}

/* Readdresses an answer as the far end would have sent it. */
static inline void conv_readdress(const struct conv *c,
				  const struct wire_shape *s, uint8_t *p,
				  uint32_t len)
{
	if (wire_is_plain(s)) /* source and destination change places */
		wire_set_plain(p, s, c->addresses << 32 | c->addresses >> 32,
			       c->ports << 16 | c->ports >> 16);
	else
		conv_readdress_any(c, s, p, len);
}

#endif
