/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The words of one rule -> struct rule. Options come from three places: those
 * of every rule, those of the matches named so far, and those of the target;
 * a protocol brings its match along when one of its options is used.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "text/protocols.h"
#include "text/rule_draft.h"
#include "text/text.h"

/* A line may name several sources and several destinations, and then stands
 * for one rule each. */
enum { EXPANSION_MAX = 1024 };

/* ------------------------------------------------------ finding options */

/* Options of one owner in a draft. */
struct scope {
	const struct text_option *options;
	struct given given; /* whose they are */
	uint32_t *seen;
};

/* The rule's own, then the target's, then the matches from the last one on: of
 * those that share a name the one named last has it, as in the tool. */
static struct scope scope_at(struct draft *d, unsigned i)
{
	struct scope s = {
		.given.err = d->err,
		.given.family = builder_family(d->builder),
	};

	if (i == 0) {
		s.options = rule_options;
		s.given.draft = d;
		s.seen = &d->seen;
	} else if (i == 1) {
		s.given.target = &d->rule.target;
		s.options = target_type[d->rule.target.kind]->options;
		s.seen = &d->target_seen;
	} else {
		unsigned m = d->rule.n_matches + 1U - i;

		s.given.match = &d->rule.match[m];
		s.options = match_type[s.given.match->kind]->options;
		s.seen = &d->match_seen[m];
	}
	return s;
}

enum { FOUND_NONE, FOUND_ONE, FOUND_SEVERAL };

/* @word in full, or the beginning of only one long option. */
static int find_option(struct draft *d, const char *word, struct scope *found)
{
	size_t len = strlen(word);
	int result = FOUND_NONE;

	for (unsigned i = 0; i < d->rule.n_matches + 2U; i++) {
		struct scope s = scope_at(d, i);

		for (const struct text_option *o = s.options; o && o->name;
		     o++) {
			if (len < 3 ? strcmp(o->name, word) != 0
				    : strncmp(o->name, word, len) != 0)
				continue;
			bool same = result && found->options == s.options &&
				    found->given.option->id == o->id;

			if (!o->name[len] || !result) {
				s.given.option = o;
				*found = s;
			}
			if (!o->name[len])
				return FOUND_ONE;
			result = result && !same ? FOUND_SEVERAL : FOUND_ONE;
		}
	}
	return result;
}

/* The match that -p implies, if the rule has not got it already. */
static bool implied_match(const struct rule *r, uint8_t family,
			  enum match_kind *kind)
{
	for (unsigned i = 0; i < r->n_matches; i++)
		if (match_type[r->match[i].kind]->proto == r->proto)
			return false;
	for (unsigned k = 0; r->proto && k < N_MATCHES; k++) {
		if (match_type[k]->proto == r->proto &&
		    (!match_type[k]->family ||
		     match_type[k]->family == family)) {
			*kind = (enum match_kind)k;
			return true;
		}
	}
	return false;
}

static int find_option_or_fail(struct draft *d, const char *word,
			       struct scope *found)
{
	enum match_kind kind = N_MATCHES;
	int result = find_option(d, word, found);

	if (!result &&
	    implied_match(&d->rule, builder_family(d->builder), &kind)) {
		int rc = draft_add_match(d, kind);

		if (rc)
			return rc;
		result = find_option(d, word, found);
		if (!result)
			d->rule.n_matches--;
	}
	if (!result)
		return text_fail(d->err, "unknown option '%s'", word);
	if (result == FOUND_SEVERAL)
		return text_fail(d->err, "option '%s' may mean several", word);
	return 0;
}

/* Reads the option at words.word[at], moving past it and its arguments. */
static int parse_option(struct draft *d, struct words words, size_t *at,
			bool invert)
{
	const char *word = words.word[*at];
	struct scope s = {.options = NULL};
	int rc = find_option_or_fail(d, word, &s);

	if (rc)
		return rc;
	const struct text_option *o = s.given.option;

	assert(o);
	if (invert && !o->invertible)
		return text_fail(d->err, "! cannot go before '%s'", word);
	if (!o->repeats && (*s.seen & OPTION_BIT(o->id)))
		return text_fail(
			d->err,
			"option '%s' is given twice, or another rules it out",
			word);
	if (words.n - *at <= o->n_args)
		return text_fail(d->err, "option '%s' needs %s", word,
				 o->n_args == 1 ? "an argument"
						: "two arguments");
	*s.seen |= OPTION_BIT(o->id);
	s.given.invert = invert;
	for (unsigned i = 0; i < o->n_args; i++)
		s.given.arg[i] = words.word[*at + 1 + i];
	*at += 1U + o->n_args;
	return o->parse(&s.given);
}

static int parse_words(struct draft *d, struct words words)
{
	for (size_t at = 0; at < words.n;) {
		bool invert = !strcmp(words.word[at], "!");

		if (invert && ++at == words.n)
			return text_fail(d->err, "nothing follows !");
		if (words.word[at][0] != '-')
			return text_fail(d->err, "unexpected '%s'",
					 words.word[at]);
		int rc = parse_option(d, words, &at, invert);

		if (rc)
			return rc;
	}
	return 0;
}

/* -------------------------------------------------- what must hold of it */

static int check_required(uint32_t required, uint32_t seen,
			  const struct text_option *o, const char *who,
			  struct nat_error *err)
{
	for (; o && o->name; o++)
		if (required & ~seen & OPTION_BIT(o->id))
			return text_fail(err, "%s needs %s", who, o->name);
	return 0;
}

static int check_match(const struct draft *d, unsigned i)
{
	const struct match *m = &d->rule.match[i];
	const struct match_type *type = match_type[m->kind];

	assert(d->match_seen);
	int rc = check_required(type->required, d->match_seen[i], type->options,
				type->name, d->err);

	if (rc)
		return rc;
	if (type->proto && (d->rule.proto != type->proto || d->rule.inv_proto))
		return text_fail(d->err, "match '%s' needs -p %s", type->name,
				 proto_text(type->proto).s);
	return type->check ? type->check(&d->rule, m, d->match_seen[i], d->err)
			   : 0;
}

static int check_target(const struct draft *d, enum table_id table)
{
	const struct target *t = &d->rule.target;
	const struct target_type *type = target_type[t->kind];

	if (!(type->tables & (1U << table)))
		return text_fail(d->err, "target %s is not for table %s",
				 type->name, table_name[table]);
	int rc = check_required(type->required, d->target_seen, type->options,
				type->name, d->err);

	if (!rc && type->check)
		rc = type->check(&d->rule, t, d->err);
	return rc;
}

static int check_interfaces(const struct draft *d, const struct chain *c)
{
	unsigned hook = 1U << c->hook;

	if (!c->base)
		return 0;
	if ((d->seen & OPTION_BIT(OPT_IN)) &&
	    (hook & (HOOK_BIT(OUTPUT) | HOOK_BIT(POSTROUTING))))
		return text_fail(d->err, "-i cannot be used in chain %s",
				 c->name);
	if ((d->seen & OPTION_BIT(OPT_OUT)) &&
	    (hook & (HOOK_BIT(PREROUTING) | HOOK_BIT(INPUT))))
		return text_fail(d->err, "-o cannot be used in chain %s",
				 c->name);
	return 0;
}

static int check_draft(const struct draft *d, const struct chain *chain)
{
	int rc = check_interfaces(d, chain);

	for (unsigned i = 0; !rc && i < d->rule.n_matches; i++)
		rc = check_match(d, i);
	return rc ? rc : check_target(d, builder_table(d->builder));
}

/* --------------------------------------------------- drafts into rules */

void rule_fini(struct rule *r)
{
	for (unsigned i = 0; i < r->n_matches; i++)
		if (r->match[i].kind == MATCH_COMMENT)
			free(r->match[i].comment);
	free(r->match);
	free((void *)(uintptr_t)r->text);
}

static int rule_copy(struct rule *to, const struct rule *from,
		     struct nat_error *err)
{
	*to = *from;
	to->n_matches = 0;
	to->match = NULL;
	if (!from->n_matches)
		return 0;
	to->match = calloc(from->n_matches, sizeof(*to->match));
	if (!to->match)
		return text_no_memory(err);
	for (; to->n_matches < from->n_matches; to->n_matches++) {
		struct match *m = &to->match[to->n_matches];

		*m = from->match[to->n_matches];
		if (m->kind != MATCH_COMMENT)
			continue;
		m->comment = strdup(m->comment);
		if (!m->comment)
			return text_no_memory(err);
	}
	return 0;
}

static int add_expanded(struct rules_builder *b, const struct chain *chain,
			const struct draft *d)
{
	struct rule_addr any = {.invert = false};
	struct addr_list src = d->src, dst = d->dst;

	if (!src.n)
		src = (struct addr_list){.addr = &any, .n = 1};
	if (!dst.n)
		dst = (struct addr_list){.addr = &any, .n = 1};
	if (src.n > EXPANSION_MAX || dst.n > EXPANSION_MAX ||
	    src.n * dst.n > EXPANSION_MAX)
		return text_fail(d->err, "more than %d rules in one",
				 EXPANSION_MAX);
	for (size_t i = 0; i < src.n * dst.n; i++) {
		struct rule copy;
		int rc = rule_copy(&copy, &d->rule, d->err);

		copy.src = src.addr[i / dst.n];
		copy.dst = dst.addr[i % dst.n];
		if (rc)
			rule_fini(&copy);
		else
			rc = builder_add_rule(b, chain, &copy, d->err);
		if (rc)
			return rc;
	}
	return 0;
}

int rule_parse(struct rules_builder *b, const struct chain *chain,
	       const struct rule *rule, struct words words,
	       struct nat_error *err)
{
	struct draft d = {.builder = b, .rule = *rule, .err = err};
	int rc = parse_words(&d, words);

	if (!rc && !d.other_family)
		rc = check_draft(&d, chain);
	if (!rc && !d.other_family)
		rc = add_expanded(b, chain, &d);
	rule_fini(&d.rule);
	free(d.match_seen);
	free(d.src.addr);
	free(d.dst.addr);
	return rc;
}
