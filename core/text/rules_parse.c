/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The lines of an iptables-save or ip6tables-save text:
 *
 *	# comment
 *	*TABLE
 *	:CHAIN POLICY [PACKETS:BYTES]
 *	[PACKETS:BYTES] -A CHAIN OPTION...
 *	COMMIT
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text/lexer.h"
#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

static int table_line(struct rules_builder *b, const struct nat_rules *r,
		      struct words w, struct nat_error *err)
{
	const char *name = w.word[0] + 1;

	if (w.n != 1)
		return text_fail(err, "unexpected '%s'", w.word[1]);
	for (unsigned t = 0; t < N_TABLES; t++) {
		if (strcmp(table_name[t], name) != 0)
			continue;
		if (r->table[t].present)
			return text_fail(err, "table '%s' is given twice",
					 name);
		return builder_begin(b, (enum table_id)t, err);
	}
	return text_fail(err, "there is no table '%s'", name);
}

static int set_policy(struct chain *c, enum table_id table, const char *policy,
		      struct nat_error *err)
{
	c->drop = !strcmp(policy, "DROP");
	if (!c->drop && strcmp(policy, "ACCEPT") != 0)
		return text_fail(err, "policy '%s' is neither ACCEPT nor DROP",
				 policy);
	if (c->drop && table == TABLE_NAT)
		return text_fail(err, "policy DROP is not for table nat");
	return 0;
}

static int chain_line(struct rules_builder *b, struct words w,
		      struct nat_error *err)
{
	const char *name = w.word[0] + 1;
	uint64_t packets = 0, bytes = 0;
	struct chain *c = builder_find_chain(b, name);
	int rc = 0;

	if (w.n < 2 || w.n > 3)
		return text_fail(err, "a chain is :NAME POLICY "
				      "[PACKETS:BYTES]");
	if (w.n == 3)
		rc = scan_counters(w.word[2], &packets, &bytes, err);
	if (rc)
		return rc;
	bool policy = strcmp(w.word[1], "-") != 0;

	if (c && c->base) {
		c->packets = policy ? packets : 0;
		c->bytes = policy ? bytes : 0;
		return policy ? set_policy(c, builder_table(b), w.word[1], err)
			      : 0;
	}
	if (policy)
		return text_fail(err,
				 "only built-in chains have a policy, "
				 "and table %s has no '%s'",
				 table_name[builder_table(b)], name);
	return builder_add_chain(b, name, err);
}

static int rule_line(struct rules_builder *b, struct words w,
		     struct nat_error *err)
{
	struct rule rule = {.line = err->line};

	if (w.word[0][0] == '[') {
		int rc = scan_counters(w.word[0], &rule.packets, &rule.bytes,
				       err);

		if (rc)
			return rc;
		w.word++;
		w.n--;
	}
	if (!w.n || (strcmp(w.word[0], "-A") != 0 &&
		     strcmp(w.word[0], "--append") != 0))
		return text_fail(err, "expected -A CHAIN, not '%s'",
				 w.n ? w.word[0] : "");
	if (w.n < 2)
		return text_fail(err, "-A needs the name of a chain");
	const struct chain *c = builder_find_chain(b, w.word[1]);

	if (!c)
		return text_fail(err, "table %s has no chain '%s'",
				 table_name[builder_table(b)], w.word[1]);
	w.word += 2;
	w.n -= 2;
	return rule_parse(b, c, &rule, w, err);
}

static int parse_line(struct rules_builder *b, const struct nat_rules *r,
		      struct words w, struct nat_error *err)
{
	const char *first = w.word[0];
	bool open = builder_table(b) != N_TABLES;

	if (first[0] == '*' && !open)
		return table_line(b, r, w, err);
	if (!open)
		return text_fail(err, "expected *TABLE, not '%s'", first);
	if (first[0] == ':')
		return chain_line(b, w, err);
	if (!strcmp(first, "COMMIT") && w.n == 1)
		return builder_commit(b, err);
	return rule_line(b, w, err);
}

static int parse_text(struct rules_builder *b, const struct nat_rules *r,
		      struct lexer *lex, struct nat_error *err)
{
	struct words w;
	int rc;

	while ((rc = lexer_line(lex, &w.word, &w.n, err)) > 0) {
		if (!w.n)
			continue;
		rc = parse_line(b, r, w, err);
		if (rc)
			return rc;
	}
	if (!rc && builder_table(b) != N_TABLES)
		rc = text_fail(err, "table %s ends without COMMIT",
			       table_name[builder_table(b)]);
	return rc;
}

static struct nat_rules *rules_new(uint8_t family)
{
	struct nat_rules *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->family = family;
	for (unsigned t = 0; t < N_TABLES; t++)
		for (unsigned h = 0; h < NAT_N_HOOKS; h++)
			r->table[t].base[h] = NO_CHAIN;
	return r;
}

void nat_rules_free(struct nat_rules *r)
{
	if (!r)
		return;
	for (uint32_t i = 0; i < r->n_rules; i++)
		rule_fini(&r->rule[i]);
	free(r->rule);
	free(r->chain);
	free(r);
}

static struct nat_rules *rules_parse(const char *text, size_t len,
				     uint8_t family, struct nat_error *err)
{
	struct nat_rules *r = rules_new(family);
	struct rules_builder *b = r ? builder_new(r) : NULL;
	struct lexer lex = {.at = text, .left = len};
	int rc;

	*err = (struct nat_error){.line = 0};
	rc = b ? parse_text(b, r, &lex, err) : text_no_memory(err);
	if (b)
		builder_free(b);
	lexer_fini(&lex);
	if (!rc) {
		*err = (struct nat_error){.line = 0};
		return r;
	}
	nat_rules_free(r);
	return NULL;
}

struct nat_rules *nat_rules_parse(const char *text, size_t len,
				  struct nat_error *err)
{
	return rules_parse(text, len, 4, err);
}

struct nat_rules *nat_rules6_parse(const char *text, size_t len,
				   struct nat_error *err)
{
	return rules_parse(text, len, 6, err);
}
