/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Only what counters belong to is compared: table, chain, place in it. */
#include "verify/rules_diff.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Something that counts: a rule, or a base chain's policy. */
struct counted {
	char table[RULE_NAME], chain[RULE_NAME];
	unsigned rule; /* in its chain, from 1; 0: the policy */
	unsigned long long packets, bytes;
	const char *line;
};

struct reader {
	const char *at;
	struct counted now;
};

static void word(char to[RULE_NAME], const char *from)
{
	size_t n = strcspn(from, " \n");

	if (n > RULE_NAME - 1)
		n = RULE_NAME - 1;
	memcpy(to, from, n);
	to[n] = '\0';
}

static bool read_chain(struct counted *c, const char *line)
{
	const char *counters = strchr(line, '[');

	c->rule = 0;
	word(c->chain, line + 1);
	return counters &&
	       sscanf(counters, "[%llu:%llu]", &c->packets, &c->bytes) == 2;
}

static bool read_rule(struct counted *c, const char *line)
{
	const char *chain = strstr(line, "] -A ");
	char name[RULE_NAME];

	if (!chain || sscanf(line, "[%llu:%llu]", &c->packets, &c->bytes) != 2)
		return false;
	word(name, chain + strlen("] -A "));
	if (strcmp(name, c->chain) != 0) {
		memcpy(c->chain, name, sizeof(name));
		c->rule = 0;
	}
	c->rule++;
	return true;
}

static bool next(struct reader *r)
{
	while (*r->at) {
		const char *line = r->at;
		size_t n = strcspn(line, "\n");

		r->at += n + (line[n] == '\n');
		r->now.line = line;
		if (*line == '*') {
			word(r->now.table, line + 1);
			r->now.chain[0] = '\0';
		} else if (*line == ':'
				   ? read_chain(&r->now, line)
				   : *line == '[' && read_rule(&r->now, line)) {
			return true;
		}
	}
	return false;
}

static bool same_place(const struct counted *a, const struct counted *b)
{
	return a->rule == b->rule && !strcmp(a->chain, b->chain) &&
	       !strcmp(a->table, b->table);
}

/* The like of @c in @text; what was found last is where to look first. */
static bool find(struct reader *r, const char *text, const struct counted *c)
{
	const char *begun = r->at;
	struct reader anew = {.at = text};

	while (next(r))
		if (same_place(&r->now, c))
			return true;
	while (anew.at <= begun && next(&anew))
		if (same_place(&anew.now, c)) {
			*r = anew;
			return true;
		}
	return false;
}

static void copy_line(char to[RULE_TEXT], const char *line)
{
	(void)snprintf(to, RULE_TEXT, "%.*s", (int)strcspn(line, "\n"), line);
}

static void keep(struct rules_diff *d, unsigned family,
		 const struct counted *core, const char *kernel)
{
	d->family = family;
	word(d->table, core->table);
	word(d->chain, core->chain);
	copy_line(d->line[0], kernel);
	copy_line(d->line[1], core->line);
}

void rules_diff_run(struct rules_diff *d, unsigned family, const char *kernel,
		    const char *core)
{
	struct reader ours = {.at = core}, theirs = {.at = kernel};

	while (next(&ours)) {
		bool found = find(&theirs, kernel, &ours.now);

		d->compared++;
		if (found && theirs.now.packets == ours.now.packets &&
		    theirs.now.bytes == ours.now.bytes)
			continue;
		if (!d->differ++)
			keep(d, family, &ours.now,
			     found ? theirs.now.line : "-");
	}
}

uint64_t rules_packets(const char *text, const char *table, const char *chain,
		       unsigned rule)
{
	struct reader r = {.at = text};

	while (next(&r))
		if (r.now.rule == rule && !strcmp(r.now.chain, chain) &&
		    !strcmp(r.now.table, table))
			return r.now.packets;
	return 0;
}
