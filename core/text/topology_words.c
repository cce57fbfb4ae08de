/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Options of an `ip -batch` line and the values they take. */
#include <stdio.h>
#include <string.h>

#include "text/topology_parser.h"

enum { PREFIX_WORD = 64 };

bool word_is(const char *word, const char *name, size_t least)
{
	size_t len = strlen(word);

	return len >= least && !strncmp(word, name, len);
}

const char *next_word(struct topology_parser *p)
{
	return p->at < p->n_words ? p->word[p->at++] : NULL;
}

int take_options(struct topology_parser *p,
		 const struct topology_option *options,
		 int (*other)(struct topology_parser *p, const char *word))
{
	const char *word;
	int rc = 0;

	while (!rc && (word = next_word(p))) {
		const struct topology_option *o = options;
		const char *arg = NULL;

		while (o->name && !word_is(word, o->name, o->least))
			o++;
		if (!o->name) {
			rc = other(p, word);
			continue;
		}
		if (o->arg && !(arg = next_word(p)))
			return text_fail(p->err, "'%s' needs a value", o->name);
		rc = o->take(p, arg);
	}
	return rc;
}

int unknown_option(struct topology_parser *p, const char *word)
{
	return text_fail(p->err, "unknown option '%s'", word);
}

int ignore_option(struct topology_parser *p, const char *arg)
{
	(void)p;
	(void)arg;
	return 0;
}

/* A line speaks of one family alone. */
static int learn_family(struct topology_parser *p, const char *s,
			uint8_t *family)
{
	*family = strchr(s, ':') ? 6 : 4;
	if (p->family && p->family != *family)
		return text_fail(p->err, "'%s' in an IPv%u command", s,
				 p->family);
	p->family = *family;
	return 0;
}

int take_addr(struct topology_parser *p, const char *s, struct nat_addr *out)
{
	uint8_t family;
	int rc = learn_family(p, s, &family);

	return rc ? rc : scan_addr(s, family, out, p->err);
}

/* iproute2 lets IPv4 prefixes end early: 10.1/16 and 0/0. */
static int take_prefix4(struct topology_parser *p, char *s, struct prefix *out)
{
	static const char pad[] = ".0.0.0";
	char full[2 * PREFIX_WORD];
	char *len = scan_split(s, '/');
	size_t dots = 0;
	struct rule_addr a;
	int rc;

	for (const char *c = s; *c; c++)
		dots += *c == '.';
	if (!len)
		(void)snprintf(full, sizeof(full), "%s", s);
	else
		(void)snprintf(full, sizeof(full), "%s%s/%s", s,
			       pad + 2 * (dots < 3 ? dots : 3), len);
	rc = scan_prefix(full, 4, &a, p->err);
	if (rc)
		return rc;
	*out = (struct prefix){a.addr, 4, (uint8_t)text_prefix_len(&a.mask, 4)};
	return 0;
}

static int take_prefix6(struct topology_parser *p, const char *s,
			struct prefix *out)
{
	struct rule_addr a;
	int rc = scan_prefix(s, 6, &a, p->err);

	if (!rc)
		*out = (struct prefix){a.addr, 6,
				       (uint8_t)text_prefix_len(&a.mask, 6)};
	return rc;
}

int take_prefix(struct topology_parser *p, const char *s, struct prefix *out)
{
	char word[PREFIX_WORD];
	uint8_t family;
	int rc;

	*out = (struct prefix){0};
	if (!strcmp(s, "default") || !strcmp(s, "any") || !strcmp(s, "all"))
		return 0;
	rc = learn_family(p, s, &family);
	if (rc)
		return rc;
	if (strlen(s) >= sizeof(word))
		return text_fail(p->err, "'%.40s...' is not a prefix", s);
	memcpy(word, s, strlen(s) + 1);
	return family == 6 ? take_prefix6(p, word, out)
			   : take_prefix4(p, word, out);
}

int take_number(struct topology_parser *p, const char *what, const char *s,
		uint32_t *out)
{
	uint64_t n;

	if (!scan_u64(s, 0, UINT32_MAX, &n))
		return text_fail(p->err, "%s '%s' is not a number", what, s);
	*out = (uint32_t)n;
	return 0;
}

int take_table(struct topology_parser *p, const char *s, uint32_t *out)
{
	static const struct scan_name names[] = {
		{"default", TABLE_DEFAULT},
		{"main", TABLE_MAIN},
		{"local", TABLE_LOCAL},
		{NULL, 0},
	};
	uint64_t n;

	if (scan_name(names, s, out))
		return 0;
	if (!scan_u64(s, 0, UINT32_MAX, &n) || !n)
		return text_fail(p->err, "unknown table '%s'", s);
	*out = (uint32_t)n;
	return 0;
}

int take_scope(struct topology_parser *p, const char *s)
{
	static const struct scan_name names[] = {
		{"global", SCOPE_GLOBAL},
		{"universe", SCOPE_GLOBAL},
		{"site", SCOPE_SITE},
		{"link", SCOPE_LINK},
		{"host", SCOPE_HOST},
		{"nowhere", SCOPE_NOWHERE},
		{NULL, 0},
	};
	uint32_t scope;
	uint64_t n;

	if (scan_name(names, s, &scope))
		p->scope = (int)scope;
	else if (scan_u64(s, 0, UINT8_MAX, &n))
		p->scope = (int)n;
	else
		return text_fail(p->err, "unknown scope '%s'", s);
	return 0;
}

int find_dev(struct topology_parser *p, const char *name, uint16_t *dev)
{
	int i = nat_topology_if_index(p->t, name);

	if (!strcmp(name, "lo")) {
		*dev = DEV_LO;
		return 0;
	}
	if (i < 0)
		return text_fail(p->err, "unknown interface '%s'", name);
	*dev = (uint16_t)i;
	return 0;
}

int take_dev(struct topology_parser *p, const char *name)
{
	p->dev = name;
	return 0;
}

/* The interface of a line that makes it one. */
int make_dev(struct topology_parser *p, uint16_t *dev)
{
	int rc = 0;

	if (!p->dev)
		return text_fail(p->err, "'dev' and an interface are missing");
	if (strcmp(p->dev, "lo") != 0 &&
	    nat_topology_if_index(p->t, p->dev) < 0)
		rc = topology_add_if(p->t, p->dev, p->err);
	return rc ? rc : find_dev(p, p->dev, dev);
}
