/* SPDX-License-Identifier: BSD-2-Clause
 * Writing text: sinks, errors, addresses and masks. */
#include "text/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void text_puts(struct nat_sink out, const char *s)
{
	out.put(out.ctx, s, strlen(s));
}

void text_printf(struct nat_sink out, const char *fmt, ...)
{
	char buf[512];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n > 0)
		out.put(out.ctx, buf, strnlen(buf, sizeof(buf)));
}

int text_fail(struct nat_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	if (n < 0)
		err->text[0] = '\0';
	for (char *c = err->text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return -EINVAL;
}

int text_no_memory(struct nat_error *err)
{
	(void)text_fail(err, "out of memory");
	return -ENOMEM;
}

struct text_addr text_addr(const struct nat_addr *a, uint8_t family)
{
	struct text_addr t = {""};

	inet_ntop(family == 6 ? AF_INET6 : AF_INET, a->w, t.s, sizeof(t.s));
	return t;
}

int text_prefix_len(const struct nat_addr *mask, uint8_t family)
{
	int len = 0;
	bool ended = false;

	for (int i = 0; i < (family == 6 ? 4 : 1); i++) {
		uint32_t word = ntohl(mask->w[i]);
		int ones = word == UINT32_MAX ? 32 : __builtin_clz(~word);

		if ((ended && word) || (ones < 32 && word << ones))
			return -1;
		ended = ones < 32;
		len += ones;
	}
	return len;
}

struct text_mask text_mask(const struct nat_addr *mask, uint8_t family)
{
	struct text_mask t;
	int len = text_prefix_len(mask, family);

	if (len < 0)
		snprintf(t.s, sizeof(t.s), "/%s", text_addr(mask, family).s);
	else
		snprintf(t.s, sizeof(t.s), "/%d", len);
	return t;
}

static void buffer_put(void *ctx, const char *text, size_t len)
{
	struct text_buffer *b = ctx;

	if (b->cap - b->len <= len) {
		size_t cap = 2 * (b->len + len) + 64;
		char *s = realloc(b->s, cap);

		if (!s) {
			b->failed = true;
			return;
		}
		b->s = s;
		b->cap = cap;
	}
	memcpy(b->s + b->len, text, len);
	b->len += len;
	b->s[b->len] = '\0';
}

struct nat_sink text_buffer_sink(struct text_buffer *b)
{
	return (struct nat_sink){.put = buffer_put, .ctx = b};
}

static bool plain(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (!strchr("_-0123456789"
			    "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
			    *s))
			return false;
	return true;
}

void text_word(struct nat_sink out, const char *s)
{
	if (plain(s)) {
		text_puts(out, s);
		return;
	}
	text_puts(out, "\"");
	for (; *s; s++)
		text_printf(out, "%s%c", strchr("\"'\\", *s) ? "\\" : "", *s);
	text_puts(out, "\"");
}
