/* SPDX-License-Identifier: BSD-2-Clause
 * The notation's text to values; docs/packet-notation.md has the grammar. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "explain/notation_spec.h"

struct word {
	const char *at;
	size_t len; /* 0: the end */
};

struct parser {
	struct note *note;
	const char *text;
	const char *next;
	struct word word; /* the current one */
	struct nat_error *err;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static void advance(struct parser *p)
{
	const char *c = p->next;

	while (is_space(*c))
		c++;
	p->word.at = c;
	if (*c == '(' || *c == ')')
		c++;
	else
		while (*c && *c != '(' && *c != ')' && !is_space(*c))
			c++;
	p->word.len = (size_t)(c - p->word.at);
	p->next = c;
}

static bool word_is(const struct parser *p, const char *text)
{
	return strlen(text) == p->word.len &&
	       !memcmp(text, p->word.at, p->word.len);
}

/* Says what is wrong at the current word; always -EINVAL. */
static int __attribute__((format(printf, 2, 3)))
fail(struct parser *p, const char *fmt, ...)
{
	char what[160];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	p->err->line = 0;
	(void)snprintf(p->err->text, sizeof(p->err->text),
		       "column %zu: %s, not '%.*s'",
		       (size_t)(p->word.at - p->text) + 1, what,
		       p->word.len > 40 ? 40 : (int)p->word.len,
		       p->word.len ? p->word.at : "");
	if (!p->word.len) {
		size_t n = strlen(p->err->text) - strlen(", not ''");

		(void)snprintf(p->err->text + n, sizeof(p->err->text) - n,
			       " missing");
	}
	return -EINVAL;
}

/* What is wrong with the whole of what was read; always -EINVAL. */
static int refuse(struct parser *p, const char *what)
{
	p->err->line = 0;
	(void)snprintf(p->err->text, sizeof(p->err->text), "%s", what);
	return -EINVAL;
}

/* Decimal or 0x; false if @w is no number up to @max. */
static bool to_number(struct word w, uint32_t max, uint32_t *out)
{
	static const char digits[] = "0123456789abcdef";
	bool hex = w.len > 2 && w.at[0] == '0' && (w.at[1] | 32) == 'x';
	uint64_t v = 0;

	if (!w.len)
		return false;
	for (size_t i = hex ? 2 : 0; i < w.len; i++) {
		unsigned base = hex ? 16 : 10;
		int c = w.at[i] >= 'A' && w.at[i] <= 'F' ? w.at[i] | 32
							 : w.at[i];
		const char *d = memchr(digits, c, base);

		if (!d)
			return false;
		v = v * base + (uint64_t)(d - digits);
		if (v > max)
			return false;
	}
	*out = (uint32_t)v;
	return true;
}

static bool to_address(struct word w, unsigned family, struct nat_addr *out)
{
	char text[INET6_ADDRSTRLEN];
	struct nat_addr a = {{0}};

	if (w.len >= sizeof(text))
		return false;
	memcpy(text, w.at, w.len);
	text[w.len] = '\0';
	if (inet_pton(family == 6 ? AF_INET6 : AF_INET, text, &a) != 1)
		return false;
	*out = a;
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'                 ? c - '0'
	       : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
						    : -1;
}

/* Takes a word of hex digits. Its bytes, or -1. */
static int take_hex(struct parser *p, uint8_t *out, size_t cap)
{
	size_t n = p->word.len / 2;

	if (p->word.len % 2 || !n || n > cap)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int hi = hex_digit(p->word.at[2 * i]);
		int lo = hex_digit(p->word.at[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return -1;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	advance(p);
	return (int)n;
}

static int parse_number(struct parser *p, struct spec *s, enum item_id id)
{
	const struct item *i = &items[id];
	uint32_t v;

	s->given |= item_bit(id);
	if (word_is(p, "*") && !i->derived) {
		s->wild |= item_bit(id);
	} else {
		if (!to_number(p->word, i->max, &v))
			return fail(p, "%s: a number up to %u",
				    i->word ? i->word : "port", i->max);
		item_set(s, i, v);
	}
	advance(p);
	return 0;
}

static int parse_option(struct parser *p, struct spec *s, const struct item *i)
{
	struct option_bytes o = {0};
	struct parser at = *p;
	int n = take_hex(p, o.at, sizeof(o.at));

	if (n < 0 || n % 4)
		return fail(&at, "%s: hex of 4, 8 .. 40 bytes", i->word);
	o.len = (uint8_t)n;
	memcpy((char *)s + i->at, &o, sizeof(o));
	return 0;
}

static int parse_data(struct parser *p, struct spec *s)
{
	struct note *n = p->note;
	uint8_t *at = n->bytes + n->n_bytes;
	int len = take_hex(p, at, sizeof(n->bytes) - n->n_bytes - 1);

	if (len < 0)
		return fail(p, "an even number of hex digits");
	n->n_bytes += (size_t)len;
	s->data = at;
	s->data_len = (uint32_t)len;
	return 0;
}

static int parse_value(struct parser *p, struct spec *s, enum item_id id)
{
	const struct item *i = &items[id];

	switch (i->kind) {
	case ITEM_NUMBER:
		return parse_number(p, s, id);
	case ITEM_OPTION:
		return parse_option(p, s, i);
	case ITEM_FLAG:
		item_set(s, i, 1);
		return 0;
	case ITEM_ADDRESS:
		if (!to_address(p->word, s->family,
				(void *)((char *)s + i->at)))
			return fail(p, "%s: an IPv4 address", i->word);
		advance(p);
		return 0;
	}
	return 0;
}

/* The item that the current word names for packets of this form. */
static enum item_id find_item(const struct parser *p, const struct spec *s)
{
	enum item_id id = 0;

	while (id < N_ITEMS && !(items[id].word && item_fits(&items[id], s) &&
				 word_is(p, items[id].word)))
		id++;
	return id;
}

static int parse_item(struct parser *p, struct spec *s, unsigned level)
{
	enum item_id id;

	if (word_is(p, "data") && !s->data_len) {
		advance(p);
		return parse_data(p, s);
	}
	id = find_item(p, s);
	if (id == N_ITEMS || (id == ITEM_CUT && !level))
		return fail(p, "an item of such a packet");
	if (s->given & item_bit(id))
		return fail(p, "each item once");
	s->given |= item_bit(id);
	advance(p);
	return parse_value(p, s, id);
}

static int parse_flags(struct parser *p, struct spec *s)
{
	for (size_t i = 0; i < p->word.len; i++) {
		const char *f = strchr(tcp_flag_letters, p->word.at[i]);

		if (f && *f)
			s->flags |= (uint8_t)(1U << (f - tcp_flag_letters));
		else if (!word_is(p, "."))
			return fail(p, "TCP flags of %s, or .",
				    tcp_flag_letters);
	}
	if (!p->word.len)
		return fail(p, "TCP flags");
	advance(p);
	return 0;
}

static int parse_code(struct parser *p, struct spec *s,
		      const struct icmp_type *t)
{
	uint32_t v;

	for (v = 0; v < t->n_codes; v++)
		if (word_is(p, t->codes[v]))
			break;
	if (v == t->n_codes && !to_number(p->word, 255, &v))
		return fail(p, "code of %s", t->word);
	s->code = (uint8_t)v;
	s->given |= item_bit(ITEM_CODE);
	advance(p);
	return 0;
}

/* What kind of ICMP: `echo-request`, `unreachable port`, `type 9`. */
static int parse_icmp(struct parser *p, struct spec *s)
{
	const struct icmp_type *t =
		icmp_by_word(s->family, p->word.at, p->word.len);
	uint32_t v;

	if (word_is(p, "type")) {
		advance(p);
		if (!to_number(p->word, 255, &v))
			return fail(p, "type: a number up to 255");
		s->type = (uint8_t)v;
		advance(p);
		return 0;
	}
	if (!t)
		return fail(p, "the name of an ICMP type");
	s->form = t->form;
	s->type = t->type;
	advance(p);
	return t->codes ? parse_code(p, s, t) : 0;
}

/* The first address tells the family where the protocol does not. */
static int parse_address(struct parser *p, struct spec *s, struct nat_addr *out,
			 struct word w)
{
	static const char *const wanted[] = {
		[0] = "an address",
		[4] = "an IPv4 address",
		[6] = "an IPv6 address",
	};
	unsigned family = memchr(w.at, ':', w.len) ? 6 : 4;

	if ((s->family && s->family != family) || !to_address(w, family, out))
		return fail(p, "%s", wanted[s->family]);
	s->family = (uint8_t)family;
	return 0;
}

/* Where the address ends in ADDRESS:PORT or [ADDRESS]:PORT, and what it is. */
static const char *split_port(struct word w, struct word *address)
{
	const char *end;

	*address = w;
	if (!w.len || *w.at != '[') {
		end = memchr(w.at, ':', w.len);
		address->len = end ? (size_t)(end - w.at) : w.len;
		return end;
	}
	end = memchr(w.at, ']', w.len);
	if (!end)
		return NULL;
	address->at++;
	address->len = (size_t)(end - address->at);
	return end + 1 < w.at + w.len && end[1] == ':' ? end + 1 : NULL;
}

/* ADDRESS, or with its port where there are ports. */
static int parse_end(struct parser *p, struct spec *s, struct nat_addr *address,
		     enum item_id port)
{
	struct word w = p->word;
	const char *colon = NULL;

	if (s->form & FORM_PORTS)
		colon = split_port(p->word, &w);
	if (parse_address(p, s, address, w))
		return -EINVAL;
	if (!(s->form & FORM_PORTS)) {
		advance(p);
		return 0;
	}
	if (!colon)
		return fail(p, "%s:PORT",
			    s->family == 6 ? "[ADDRESS]" : "ADDRESS");
	p->word.len -= (size_t)(colon + 1 - p->word.at);
	p->word.at = colon + 1;
	return parse_number(p, s, port);
}

static int parse_protocol(struct parser *p, struct spec *s)
{
	static const struct {
		const char *word;
		enum form form;
		unsigned family; /* 0: either */
	} starts[] = {
		{"tcp", FORM_TCP, 0},     {"udp", FORM_UDP, 0},
		{"icmp", FORM_TYPE, 4},   {"icmpv6", FORM_TYPE, 6},
		{"proto", FORM_PROTO, 0}, {"hex", FORM_HEX, 4},
	};
	uint32_t v;

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (word_is(p, starts[i].word)) {
			spec_init(s, starts[i].form, starts[i].family);
			advance(p);
			if (s->form != FORM_PROTO)
				return 0;
			if (!to_number(p->word, 255, &v))
				return fail(p, "proto: a number up to 255");
			s->proto = (uint8_t)v;
			advance(p);
			return 0;
		}
	return fail(p, "tcp, udp, icmp, icmpv6, proto or hex");
}

static int parse_head(struct parser *p, struct spec *s)
{
	if (parse_end(p, s, &s->src, ITEM_SPORT))
		return -EINVAL;
	if (!word_is(p, ">"))
		return fail(p, "'>' between the addresses");
	advance(p);
	if (parse_end(p, s, &s->dst, ITEM_DPORT))
		return -EINVAL;
	if (s->form == FORM_TCP)
		return parse_flags(p, s);
	return s->form == FORM_TYPE ? parse_icmp(p, s) : 0;
}

static int parse_packet(struct parser *p, unsigned level);

static int parse_quote(struct parser *p, struct spec *s, unsigned level)
{
	if (!(s->form & FORM_ICMP) || s->quote || level + 1 == QUOTE_LEVELS)
		return fail(p, "no quoted packet here");
	advance(p);
	s->quote = s + 1;
	if (parse_packet(p, level + 1))
		return -EINVAL;
	if (!word_is(p, ")"))
		return fail(p, "')' after the quoted packet");
	advance(p);
	return 0;
}

/* What must hold between items. */
static int check(struct parser *p, struct spec *s)
{
	if (s->offset % 8)
		return refuse(p, "offset: a multiple of 8");
	if (s->quote && (s->data_len || s->given & item_bit(ITEM_LEN)))
		return refuse(p,
			      "a quoted packet is the payload: no len, data");
	if (!(s->given & item_bit(ITEM_LEN)))
		s->len = s->data_len;
	return 0;
}

static int parse_packet(struct parser *p, unsigned level)
{
	struct spec *s = &p->note->spec[level];
	int err = parse_protocol(p, s);

	if (err)
		return err;
	if (s->form == FORM_HEX)
		return parse_data(p, s);
	err = parse_head(p, s);
	while (!err && p->word.len && !word_is(p, ")"))
		err = word_is(p, "(") ? parse_quote(p, s, level)
				      : parse_item(p, s, level);
	return err ? err : check(p, s);
}

int note_parse(struct note *n, const char *text, struct nat_error *err)
{
	struct parser p = {.note = n, .text = text, .next = text, .err = err};

	assert(text && err);
	n->n_bytes = 0;
	advance(&p);
	if (parse_packet(&p, 0))
		return -EINVAL;
	if (p.word.len)
		return fail(&p, "the end");
	return 0;
}
