/* SPDX-License-Identifier: BSD-2-Clause
 * Lines into words. */
#include "text/lexer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/array.h"
#include "text/text.h"

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Copies one word from @s to @to and returns where it ended; NULL: a quote is
 * still open there. A closing quote ends the word. */
static const char *copy_word(const char *s, const char *end, char **to)
{
	bool quoted = false;

	for (; s < end && (quoted || !blank(*s)); s++) {
		if (*s == '"' && quoted) {
			quoted = false;
			s++;
			break;
		}
		if (*s == '"') {
			quoted = true;
			continue;
		}
		if (quoted && *s == '\\' && s + 1 < end)
			s++;
		*(*to)++ = *s;
	}
	*(*to)++ = '\0';
	return quoted ? NULL : s;
}

static int split_line(struct lexer *lex, const char *s, const char *end,
		      size_t *n, struct nat_error *err)
{
	char *to = lex->buf;

	for (;;) {
		while (s < end && blank(*s))
			s++;
		if (s == end)
			return 1;
		char **word = array_reserve(lex->word, *n, 1, &lex->word_cap,
					    sizeof(*word));

		if (!word)
			return text_no_memory(err);
		lex->word = word;
		word[(*n)++] = to;
		s = copy_word(s, end, &to);
		if (!s)
			return text_fail(err, "a quote is not closed");
	}
}

/* The line at the front, without its end. */
static size_t take_line(struct lexer *lex, const char **line)
{
	const char *end = memchr(lex->at, '\n', lex->left);
	size_t len = end ? (size_t)(end - lex->at) : lex->left;
	size_t taken = end ? len + 1 : len;

	*line = lex->at;
	lex->at += taken;
	lex->left -= taken;
	return len;
}

int lexer_line(struct lexer *lex, char ***word, size_t *n,
	       struct nat_error *err)
{
	const char *line = NULL;

	*n = 0;
	if (!lex->left)
		return 0;
	err->line++;
	size_t len = take_line(lex, &line);

	while (len && blank(*line)) {
		line++;
		len--;
	}
	if (!len || *line == '#')
		return 1;
	if (memchr(line, '\0', len))
		return text_fail(err, "a NUL byte in the text");
	if (line[len - 1] == '\r')
		return text_fail(err, "the line ends in CR LF, not in LF");
	/* a word of one byte takes two with its NUL */
	char *buf = array_reserve(lex->buf, 0, 2 * len, &lex->buf_cap, 1);

	if (!buf)
		return text_no_memory(err);
	lex->buf = buf;
	int rc = split_line(lex, line, line + len, n, err);

	*word = lex->word;
	return rc;
}

void lexer_fini(struct lexer *lex)
{
	free(lex->buf);
	free(lex->word);
}
