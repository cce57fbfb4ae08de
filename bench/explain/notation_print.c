/* SPDX-License-Identifier: BSD-2-Clause
 * The notation's values to text: all that differs from the plain packet. */
#include "explain/notation_print.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

static void __attribute__((format(printf, 2, 3)))
put(struct text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->len < t->cap ? t->out + t->len : NULL,
		      t->len < t->cap ? t->cap - t->len : 0, fmt, args);
	va_end(args);
	t->len += n > 0 ? (size_t)n : 0;
}

static void put_hex(struct text *t, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(t, "%02x", at[i]);
}

static void put_address(struct text *t, unsigned family,
			const struct nat_addr *a)
{
	char text[INET6_ADDRSTRLEN] = "";

	(void)inet_ntop(family == 6 ? AF_INET6 : AF_INET, a, text,
			sizeof(text));
	put(t, "%s", text);
}

static void put_end(struct text *t, const struct spec *s,
		    const struct nat_addr *address, uint16_t port)
{
	bool brackets = s->form & FORM_PORTS && s->family == 6;

	put(t, "%s", brackets ? "[" : "");
	put_address(t, s->family, address);
	put(t, "%s", brackets ? "]" : "");
	if (s->form & FORM_PORTS)
		put(t, ":%u", port);
}

static void put_flags(struct text *t, const struct spec *s)
{
	static const char order[] = "SFRPAUEC"; /* as people write them */

	put(t, s->flags ? " " : " .");
	for (const char *c = order; *c; c++)
		for (unsigned bit = 0; bit < 8; bit++)
			if (tcp_flag_letters[bit] == *c && s->flags >> bit & 1)
				put(t, "%c", *c);
}

static void put_icmp(struct text *t, const struct spec *s)
{
	const struct icmp_type *type = icmp_by_type(s->family, s->type);

	if (s->form == FORM_TYPE || !type)
		put(t, " type %u", s->type);
	else
		put(t, " %s", type->word);
	if (s->form == FORM_TYPE || !type || !type->codes)
		return;
	if (s->code < type->n_codes)
		put(t, " %s", type->codes[s->code]);
	else
		put(t, " %u", s->code);
}

static void put_item(struct text *t, const struct spec *s, const struct item *i)
{
	const struct option_bytes *o;

	put(t, " %s", i->word);
	switch (i->kind) {
	case ITEM_NUMBER:
		put(t, i->hex ? " 0x%x" : " %u", item_get(s, i));
		break;
	case ITEM_ADDRESS:
		put(t, " ");
		put_address(t, s->family,
			    (const void *)((const char *)s + i->at));
		break;
	case ITEM_OPTION:
		o = (const void *)((const char *)s + i->at);
		put(t, " ");
		put_hex(t, o->at, o->len);
		break;
	case ITEM_FLAG:
		break;
	}
}

/* Codes that have names stand behind the type already. */
static bool code_is_said(const struct spec *s, enum item_id id)
{
	const struct icmp_type *type = icmp_by_type(s->family, s->type);

	return id == ITEM_CODE && s->form != FORM_TYPE && type && type->codes;
}

static bool worth_saying(const struct spec *s, enum item_id id,
			 enum notation_style style)
{
	const struct item *i = &items[id];
	struct spec plain;

	if (!i->word || !item_fits(i, s) || code_is_said(s, id))
		return false;
	if (style == NOTATION_BRIEF) {
		if (!i->brief)
			return false;
		if (id == ITEM_LEN)
			return s->len && !s->quote;
		if (id == ITEM_SEQ)
			return true;
	}
	if (i->derived)
		return s->given & item_bit(id);
	spec_init(&plain, s->form, s->family);
	return !item_equal(s, &plain, i);
}

void note_print(const struct spec *s, enum notation_style style, struct text *t)
{
	if (s->form == FORM_HEX) {
		put(t, "hex ");
		put_hex(t, s->data, s->data_len);
		return;
	}
	if (s->form & FORM_PROTO)
		put(t, "proto %u ", s->proto);
	else
		put(t, "%s ",
		    s->form & FORM_TCP   ? "tcp"
		    : s->form & FORM_UDP ? "udp"
		    : s->family == 6     ? "icmpv6"
					 : "icmp");
	put_end(t, s, &s->src, s->sport);
	put(t, " > ");
	put_end(t, s, &s->dst, s->dport);
	if (s->form & FORM_TCP)
		put_flags(t, s);
	else if (s->form & FORM_ICMP)
		put_icmp(t, s);
	for (enum item_id id = 0; id < N_ITEMS; id++)
		if (worth_saying(s, id, style))
			put_item(t, s, &items[id]);
	if (s->data_len && style == NOTATION_EXACT) {
		put(t, " data ");
		put_hex(t, s->data, s->data_len);
	}
	if (s->quote) {
		put(t, " (");
		note_print(s->quote, style, t);
		put(t, ")");
	}
}
