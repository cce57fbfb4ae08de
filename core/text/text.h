/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Writing text: to a sink, into an error, and the notations that every
 * printer shares. Nothing here depends on the locale.
 */
#ifndef NAT_TEXT_H
#define NAT_TEXT_H

#include <stdint.h>

#include "natcore.h"
#include "util.h"

enum {
	TEXT_ADDR_LEN = 46, /* an address with its NUL */
	TEXT_MASK_LEN = TEXT_ADDR_LEN + 1,
};

struct text_addr {
	char s[TEXT_ADDR_LEN];
};

struct text_mask {
	char s[TEXT_MASK_LEN]; /* "/24" or "/255.0.255.0" */
};

/* Sends at most 511 bytes of formatted text to @out. */
void text_printf(struct nat_sink out, const char *fmt, ...) FORMAT(2, 3);
void text_puts(struct nat_sink out, const char *s);

/* Fills err->text with one line and returns -EINVAL; err->line stays as the
 * parser set it. Control characters become '?'. */
int text_fail(struct nat_error *err, const char *fmt, ...) FORMAT(2, 3);
/* The same for what is not the text's fault: -ENOMEM. */
int text_no_memory(struct nat_error *err);

struct text_addr text_addr(const struct nat_addr *a, uint8_t family);

/* Length of the prefix that @mask is, or -1 when it has holes. */
int text_prefix_len(const struct nat_addr *mask, uint8_t family);
/* A mask as iptables writes it behind an address: "/LEN", dotted with holes. */
struct text_mask text_mask(const struct nat_addr *mask, uint8_t family);

/* A word as iptables-save writes it: quoted unless it is plain. */
void text_word(struct nat_sink out, const char *s);

/* A sink that keeps what it gets, always NUL-terminated. */
struct text_buffer {
	char *s; /* NULL while empty; free() it */
	size_t len, cap;
	bool failed; /* no memory: text is missing */
};
struct nat_sink text_buffer_sink(struct text_buffer *b);

#endif
