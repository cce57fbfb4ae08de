/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lines into words, as iptables-restore splits them: at blanks; a double
 * quote begins or ends a part in which blanks stand for themselves and a
 * backslash takes away the meaning of what follows. A line whose first word
 * begins with # has no words.
 */
#ifndef NAT_LEXER_H
#define NAT_LEXER_H

#include <stddef.h>

#include "natcore.h"
#include "util.h"

/* Starts as { .at = text, .left = length }. */
struct lexer {
	const char *at;
	size_t left;
	char *buf; /* the words of this line, one NUL after each */
	size_t buf_cap;
	char **word;
	size_t word_cap;
};

/* Reads the next line, counts it in err->line and gives its words, which live
 * until the next call. 1: a line; 0: the end; negative: fault. */
MUST_USE int lexer_line(struct lexer *lex, char ***word, size_t *n,
			struct nat_error *err);
void lexer_fini(struct lexer *lex);

#endif
