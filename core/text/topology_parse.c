/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `ip -batch` text to topology: the commands and options of iproute2 that say
 * something about routing, in its grammar and with its abbreviations. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/topology_parser.h"

static const struct command {
	const char *object, *verb;
	int (*run)(struct topology_parser *p);
} commands[] = {
	{"address", "add", addr_add}, {"route", "add", route_add},
	{"rule", "add", rule_add},    {"link", "add", link_add},
	{"link", "set", link_set},
};

/* A family in front of the command. */
static int take_family(struct topology_parser *p)
{
	p->family = 0;
	for (; p->at < p->n_words && p->word[p->at][0] == '-'; p->at++) {
		const char *word = p->word[p->at];

		if (!strcmp(word, "-4"))
			p->family = 4;
		else if (!strcmp(word, "-6"))
			p->family = 6;
		else
			return unknown_option(p, word);
	}
	return 0;
}

static int run_line(struct topology_parser *p)
{
	const char *object, *verb;
	bool known = false;

	p->at = 0;
	p->dev = NULL;
	p->scope = SCOPE_UNSET;
	p->has_prefix = false;
	if (take_family(p))
		return -EINVAL;
	object = next_word(p);
	verb = next_word(p);
	if (!object || !verb)
		return text_fail(p->err, "a command has two words at least");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		if (!word_is(object, commands[i].object, 1))
			continue;
		if (word_is(verb, commands[i].verb, 1))
			return commands[i].run(p);
		known = true;
	}
	if (!known)
		return text_fail(p->err, "unknown object '%s'", object);
	return text_fail(p->err, "unknown command '%s %s'", object, verb);
}

/* Cuts @line into words, in place. */
static int split_words(struct topology_parser *p, char *line)
{
	static const char blank[] = " \t\r\v\f";

	for (line += strspn(line, blank); *line; line += strspn(line, blank)) {
		if (p->n_words == MAX_WORDS)
			return text_fail(p->err, "more than %d words",
					 MAX_WORDS);
		p->word[p->n_words++] = line;
		line += strcspn(line, blank);
		if (*line)
			*line++ = '\0';
	}
	return 0;
}

/* Takes a line off *@text, without its comment. *@more: a backslash at its end
 * joins the next one to it. */
static char *cut_line(char **text, bool *more)
{
	char *line = *text, *comment, *end = strchr(line, '\n');

	*text = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	comment = strchr(line, '#');
	if (comment)
		*comment = '\0';
	*more = !comment && end && end > line && end[-1] == '\\';
	if (*more)
		end[-1] = '\0';
	return line;
}

static int read_text(struct topology_parser *p, char *text)
{
	unsigned number = 0;

	while (*text) {
		bool more = true;
		int rc = 0;

		p->err->line = number + 1;
		p->n_words = 0;
		for (; more && *text && !rc; number++)
			rc = split_words(p, cut_line(&text, &more));
		if (!rc && p->n_words)
			rc = run_line(p);
		if (rc == -ENOMEM || (rc && !p->collecting))
			return rc;
	}
	p->err->line = 0;
	return 0;
}

/* Both readings cut up a copy of their own. */
static int read_twice(struct nat_topology *t, const char *text, size_t len,
		      struct nat_error *err)
{
	struct topology_parser p = {.t = t, .err = err};
	char *copy = malloc(len + 1);
	int rc = 0;

	if (!copy)
		return text_no_memory(err);
	for (int reading = 0; reading < 2 && !rc; reading++) {
		memcpy(copy, text, len);
		copy[len] = '\0';
		p.collecting = !reading;
		rc = read_text(&p, copy);
	}
	free(copy);
	return rc;
}

static int check_bytes(const char *text, size_t len, struct nat_error *err)
{
	err->line = 1;
	for (size_t i = 0; i < len; i++) {
		if (!text[i])
			return text_fail(err, "a NUL byte: not a text");
		err->line += text[i] == '\n';
	}
	return 0;
}

struct nat_topology *nat_topology_parse(const char *text, size_t len,
					struct nat_error *err)
{
	struct nat_topology *t;

	*err = (struct nat_error){0};
	if (check_bytes(text, len, err))
		return NULL;
	err->line = 0;
	t = topology_new();
	if (!t) {
		text_no_memory(err);
		return NULL;
	}
	if (read_twice(t, text, len, err) || topology_finish(t, err)) {
		nat_topology_free(t);
		return NULL;
	}
	*err = (struct nat_error){0};
	return t;
}
