/* SPDX-License-Identifier: BSD-2-Clause
 * IP options: the walk along them, and the two that routers write into. */
#include "pure/ip_options.h"

#include "pure/csum.h"

enum kind {
	KIND_END = 0,
	KIND_NOP = 1,
	KIND_RECORD_ROUTE = 7,
	KIND_TIMESTAMP = 68,
	KIND_LOOSE_ROUTE = 131,
	KIND_CIPSO = 134,
	KIND_STRICT_ROUTE = 137,
	KIND_ROUTER_ALERT = 148,
};

/* Bytes of an option. A pointer is 1-based, as RFC 791 has it. */
enum {
	LENGTH = 1,
	POINTER = 2,
	OVERFLOW = 3,
	HEAD = 3,
	TIMESTAMP_HEAD = 4,
	ADDRESS = 4, /* size of a slot */
	TIME = 4,
};

/* Low half of the overflow byte. */
enum stamp { STAMP_TIME = 0, STAMP_BOTH = 1, STAMP_IF_ASKED = 3 };

/* What came of an attempt to write into an option. */
enum outcome {
	FULL,
	SHORT,  /* not full, but less room than is needed */
	PASSED, /* not for us */
	WRITTEN,
};

static bool is_full(const uint8_t *opt)
{
	return opt[POINTER] > opt[LENGTH];
}

static bool has_room(const uint8_t *opt, unsigned bytes)
{
	return opt[POINTER] - 1u + bytes <= opt[LENGTH];
}

/* Fills the next bytes of the list. */
static void put(uint8_t *opt, uint32_t wire)
{
	memcpy(opt + opt[POINTER] - 1, &wire, sizeof(wire));
	opt[POINTER] += (uint8_t)sizeof(wire);
}

static uint32_t to_wire(uint32_t host)
{
	const uint8_t b[] = {(uint8_t)(host >> 24), (uint8_t)(host >> 16),
			     (uint8_t)(host >> 8), (uint8_t)host};

	return load32(b);
}

static enum outcome record(uint8_t *opt, const struct ip_visit *v)
{
	if (is_full(opt))
		return FULL;
	if (!has_room(opt, ADDRESS))
		return SHORT;
	put(opt, v->addr);
	return WRITTEN;
}

static enum outcome stamp(uint8_t *opt, const struct ip_visit *v)
{
	unsigned kind = opt[OVERFLOW] & 15;
	bool pair = kind == STAMP_BOTH || kind == STAMP_IF_ASKED;

	if (is_full(opt))
		return FULL;
	if (!has_room(opt, pair ? ADDRESS + TIME : TIME))
		return SHORT;
	if (kind == STAMP_IF_ASKED) {
		uint32_t asked = load32(opt + opt[POINTER] - 1);

		if (v->foreign(v->ctx, asked))
			return PASSED;
		put(opt, asked);
	} else if (kind == STAMP_BOTH) {
		put(opt, v->addr);
	} else if (kind != STAMP_TIME) {
		return PASSED;
	}
	put(opt, to_wire(v->ms));
	return WRITTEN;
}

/* The options one by one: each returns 0 or the offset of what is wrong. */

static uint8_t arrive_record_route(const struct packet *p, uint8_t at,
				   const struct ip_visit *v,
				   struct ip_options *o)
{
	uint8_t *opt = p->ip + at;
	enum outcome done;

	if (o->record_route)
		return at;
	if (opt[LENGTH] < HEAD)
		return at + LENGTH;
	if (opt[POINTER] <= HEAD)
		return at + POINTER;
	done = record(opt, v);
	if (done == SHORT)
		return at + POINTER;
	if (done == WRITTEN)
		o->done |= IP_RECORDED;
	o->record_route = at;
	return 0;
}

/* A router that found no room counts itself, unless addresses are asked for. */
static bool count_overflow(uint8_t *opt)
{
	enum { ONE = 0x10, MOST = 0xf0 };

	if ((opt[OVERFLOW] & 15) == STAMP_IF_ASKED)
		return true;
	if (opt[OVERFLOW] >= MOST)
		return false;
	opt[OVERFLOW] += ONE;
	return true;
}

static uint8_t arrive_timestamp(const struct packet *p, uint8_t at,
				const struct ip_visit *v, struct ip_options *o)
{
	uint8_t *opt = p->ip + at;

	if (o->timestamp)
		return at;
	if (opt[LENGTH] < TIMESTAMP_HEAD)
		return at + LENGTH;
	if (opt[POINTER] <= TIMESTAMP_HEAD)
		return at + POINTER;
	switch (stamp(opt, v)) {
	case FULL:
		if (!count_overflow(opt))
			return at + OVERFLOW;
		break;
	case SHORT:
		return at + POINTER;
	case WRITTEN:
		o->done |= IP_STAMPED;
		break;
	case PASSED:
		break;
	}
	o->timestamp = at;
	return 0;
}

static uint8_t arrive_source_route(const struct packet *p, uint8_t at,
				   struct ip_options *o)
{
	const uint8_t *opt = p->ip + at;

	if (opt[LENGTH] < HEAD)
		return at + LENGTH;
	if (opt[POINTER] <= HEAD)
		return at + POINTER;
	if (o->source_route)
		return at;
	o->source_route = at;
	return 0;
}

/* Labels (FIPS 188) of which this router knows none. */
static uint8_t arrive_cipso(const struct packet *p, uint8_t at,
			    struct ip_options *o)
{
	enum { LEAST = 8, DOMAIN = 2 };

	o->cipso = at;
	return p->ip[at + LENGTH] < LEAST ? at + LENGTH : at + DOMAIN;
}

static uint8_t arrive_one(const struct packet *p, uint8_t at,
			  const struct ip_visit *v, struct ip_options *o)
{
	enum { ROUTER_ALERT_LEN = 4 };

	switch (p->ip[at]) {
	case KIND_RECORD_ROUTE:
		return arrive_record_route(p, at, v, o);
	case KIND_TIMESTAMP:
		return arrive_timestamp(p, at, v, o);
	case KIND_LOOSE_ROUTE:
	case KIND_STRICT_ROUTE:
		return arrive_source_route(p, at, o);
	case KIND_CIPSO:
		return arrive_cipso(p, at, o);
	case KIND_ROUTER_ALERT:
		return p->ip[at + LENGTH] < ROUTER_ALERT_LEN ? at + LENGTH : 0;
	default:
		return 0;
	}
}

uint8_t ip_options_arrive(const struct packet *p, const struct ip_visit *v,
			  struct ip_options *o)
{
	uint8_t end = (uint8_t)p->l4, bad;

	for (uint8_t at = IPV4_HEADER; at < end;) {
		const uint8_t *opt = p->ip + at;

		if (*opt == KIND_END) {
			memset(p->ip + at, KIND_END, (size_t)(end - at));
			return 0;
		}
		if (*opt == KIND_NOP) {
			at++;
			continue;
		}
		if (at + 1 == end || opt[LENGTH] < 2 || opt[LENGTH] > end - at)
			return at;
		bad = arrive_one(p, at, v, o);
		if (bad)
			return bad;
		at += opt[LENGTH];
	}
	return 0;
}

bool ip_options_sum_ok(const struct packet *p)
{
	return p->family != 4 ||
	       csum_fold(csum_partial(0, p->ip, p->l4)) == 0xffff;
}

static void put_sum(uint8_t *ip, uint32_t header)
{
	uint16_t sum;

	memset(ip + IPV4_CHECK, 0, sizeof(sum));
	sum = csum_finish(csum_partial(0, ip, header));
	memcpy(ip + IPV4_CHECK, &sum, sizeof(sum));
}

void ip_options_depart(const struct packet *p, const struct ip_options *o,
		       uint32_t exit)
{
	if (o->done & IP_RECORDED) {
		uint8_t *opt = p->ip + o->record_route;

		opt[POINTER] -= ADDRESS;
		put(opt, exit);
	}
	put_sum(p->ip, p->l4);
}

static uint32_t option_len(const struct packet *p, uint8_t at)
{
	return at ? p->ip[at + LENGTH] : 0;
}

/* The hosts that a packet came by as its source route has it, from the last one
 * back. */
struct way_back {
	const uint8_t *last; /* address; those before it lie before it */
	size_t hosts;        /* 0: it came directly */
};

/* What the pointer has passed was visited. The source need not be told twice
 * among them. */
static struct way_back way_back(const struct packet *p, uint8_t at)
{
	const uint8_t *opt = p->ip + at;
	struct way_back w = {0};
	uint32_t next;

	if (likely(!at))
		return w;
	next = min_u32(opt[POINTER], opt[LENGTH] + 1u);
	w.hosts = (next - ADDRESS) / ADDRESS;
	w.last = opt + next - 1 - ADDRESS;
	if (w.hosts && !memcmp(w.last - (w.hosts - 1) * ADDRESS,
			       p->ip + IPV4_SRC, ADDRESS))
		w.hosts--;
	return w;
}

static uint32_t way_back_len(const struct packet *p, uint8_t at)
{
	size_t hosts = way_back(p, at).hosts;

	return hosts ? (uint32_t)(HEAD + hosts * ADDRESS) : 0;
}

/* The last host is where @answer goes, the source where it ends. */
static uint8_t *put_way_back(uint8_t *out, uint8_t *answer,
			     const struct packet *p, uint8_t at)
{
	struct way_back w = way_back(p, at);

	if (likely(!w.hosts))
		return out;
	memcpy(answer + IPV4_DST, w.last, ADDRESS);
	*out++ = p->ip[at];
	*out++ = (uint8_t)way_back_len(p, at);
	*out++ = HEAD + 1;
	for (size_t i = 1; i < w.hosts; i++, out += ADDRESS)
		memcpy(out, w.last - i * ADDRESS, ADDRESS);
	memcpy(out, p->ip + IPV4_SRC, ADDRESS);
	return out + ADDRESS;
}

uint32_t ip_options_answer_to(const struct packet *p,
			      const struct ip_options *o)
{
	struct way_back w = way_back(p, o->source_route);

	return load32(w.hosts ? w.last : p->ip + IPV4_SRC);
}

uint32_t ip_options_answer_len(const struct packet *p,
			       const struct ip_options *o)
{
	uint32_t len =
		option_len(p, o->record_route) + option_len(p, o->timestamp) +
		way_back_len(p, o->source_route) + option_len(p, o->cipso);

	return (len + 3) & ~3u;
}

static uint8_t *copy_option(uint8_t *out, const struct packet *p, uint8_t at)
{
	uint32_t len = option_len(p, at);

	memcpy(out, p->ip + at, len);
	return out + len;
}

static bool stamp_again(uint8_t *opt, const struct ip_visit *v)
{
	/* half a pair that asks is not asking */
	if ((opt[OVERFLOW] & 15) == STAMP_IF_ASKED && has_room(opt, ADDRESS) &&
	    !has_room(opt, ADDRESS + TIME))
		return true;
	return stamp(opt, v) != SHORT;
}

uint32_t ip_options_answer(uint8_t *answer, uint32_t len,
			   const struct packet *p, const struct ip_options *o,
			   const struct ip_visit *v)
{
	uint32_t n = ip_options_answer_len(p, o), header = IPV4_HEADER + n;
	uint8_t *opt = answer + IPV4_HEADER, *next;

	if (!n)
		return len;
	memmove(opt + n, opt, len - IPV4_HEADER);
	memset(opt, KIND_END, n);
	next = copy_option(opt, p, o->record_route);
	if (o->done & IP_RECORDED && record(opt, v) == SHORT)
		return 0;
	opt = next;
	next = copy_option(opt, p, o->timestamp);
	if (o->done & IP_STAMPED && !stamp_again(opt, v))
		return 0;
	next = put_way_back(next, answer, p, o->source_route);
	(void)copy_option(next, p, o->cipso);
	len += n;
	answer[0] = (uint8_t)(0x40 | header / 4);
	answer[IPV4_LEN] = (uint8_t)(len >> 8);
	answer[IPV4_LEN + 1] = (uint8_t)len;
	put_sum(answer, header);
	return len;
}
