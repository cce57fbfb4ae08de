/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rule sets against what the real iptables made of them: data/rules has the
 * texts, and what the tool saved and listed (record.sh there asks it again).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "natcore.h"
#include "test/check.h"
#include "text/text.h"

static const char *const rule_set[] = {
	"chains", "common", "conntrack", "ended", "header", "log",
	"marks",  "misc",   "nat",       "ports", "raw",    "sctp",
};

/* The file data/rules/NAME.KIND, or NULL. */
static char *read_file(const char *name, const char *kind)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/core/test/data/rules/%s.%s",
		 NATBENCH_SOURCE_DIR, name, kind);
	FILE *f = fopen(path, "re");

	if (!f)
		return NULL;
	struct text_buffer b = {.s = NULL};
	struct nat_sink sink = text_buffer_sink(&b);
	char part[4096];
	size_t n;

	while ((n = fread(part, 1, sizeof(part), f)))
		sink.put(sink.ctx, part, n);
	fclose(f);
	return b.s;
}

static char *read_or_fail(const char *name, const char *kind)
{
	char *text = read_file(name, kind);

	if (!text)
		fail_msg("%s.%s is missing", name, kind);
	return text;
}

static struct nat_rules *parse(const char *name, const char *text)
{
	struct nat_error err;
	struct nat_rules *r = nat_rules_parse(text, strlen(text), &err);

	if (!r)
		fail_msg("%s:%u: %s", name, err.line, err.text);
	return r;
}

static void check_same(const char *name, const char *what, const char *got,
		       const char *want)
{
	size_t line = 1, start = 0;

	for (size_t i = 0; got[i] && got[i] == want[i]; i++) {
		if (got[i] == '\n') {
			line++;
			start = i + 1;
		}
	}
	if (strcmp(got, want) != 0)
		fail_msg("%s.%s:%zu\n  got  %.*s\n  want %.*s", name, what,
			 line, (int)strcspn(got + start, "\n"), got + start,
			 (int)strcspn(want + start, "\n"), want + start);
}

static void drop_comments(char *text)
{
	char *to = text;

	for (char *line = text, *next; *line; line = next) {
		size_t len = strcspn(line, "\n");

		next = line + len + (line[len] == '\n');
		if (*line == '#')
			continue;
		memmove(to, line, (size_t)(next - line));
		to += next - line;
	}
	*to = '\0';
}

static void check_save(const char *name, const char *from, const char *to)
{
	char *text = read_or_fail(name, from), *want = read_or_fail(name, to);
	struct nat_rules *r = parse(name, text);
	struct text_buffer got = {.s = NULL};

	drop_comments(want);
	nat_rules_save(r, text_buffer_sink(&got));
	check_same(name, to, got.s, want);
	nat_rules_free(r);
	free(got.s);
	free(text);
	free(want);
}

static void saves_as_the_tool(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rule_set); i++)
		check_save(rule_set[i], "v4", "save");
}

static void reads_its_own_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rule_set); i++)
		check_save(rule_set[i], "save", "save");
}

/* The nft back end does not take every rule. */
static void reads_the_nft_flavour(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rule_set); i++) {
		char *text = read_file(rule_set[i], "nft");

		if (!text)
			continue;
		free(text);
		check_save(rule_set[i], "nft", "nft");
		seen++;
	}
	assert_true(seen >= 4);
}

/* Each listing of the file begins with "== TABLE FLAGS". */
static void list_all(const struct nat_rules *r, const char *want,
		     struct nat_sink out)
{
	for (const char *p = want; p; p = strstr(p, "\n== ")) {
		char table[16] = "", form[32] = "";

		p += *p == '\n';
		assert_int_equal(sscanf(p, "== %15s %31[^\n]", table, form), 2);
		struct nat_list_options o = {
			.table = table,
			.verbose = strchr(form, 'v'),
			.numeric = strchr(form, 'n'),
			.exact = strchr(form, 'x'),
			.spec = strchr(form, 'S'),
			.line_numbers = strstr(form, "--line-numbers"),
		};

		text_printf(out, "== %s %s\n", table, form);
		assert_int_equal(nat_rules_list(r, &o, out), 0);
	}
}

static void lists_as_the_tool(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rule_set); i++) {
		char *text = read_or_fail(rule_set[i], "v4");
		char *want = read_or_fail(rule_set[i], "list");
		struct nat_rules *r = parse(rule_set[i], text);
		struct text_buffer got = {.s = NULL};

		list_all(r, want, text_buffer_sink(&got));
		check_same(rule_set[i], "list", got.s, want);
		nat_rules_free(r);
		free(got.s);
		free(text);
		free(want);
	}
}

static void lists_one_chain(void **state)
{
	static const char text[] = "*nat\n"
				   ":A - [0:0]\n"
				   "-A POSTROUTING -o wan0 -g A\n"
				   "COMMIT\n";
	/* clang-format off */
#define HEAD(chain, what)                                                      \
	"Chain " chain " (" what ")\n"                                         \
	"target     prot opt source               destination         \n"
#define RULE "A          all  --  anywhere             anywhere            [goto] \n"
	static const struct {
		struct nat_list_options o;
		int rc;
		const char *want;
	} row[] = {
		{ { .table = "nat", .chain = "A" }, 0, HEAD("A", "1 references") },
		{ { .table = "nat", .chain = "B" }, -2, "" },
		{ { .table = "foo" }, -2, "" },
		{ { .chain = "INPUT" }, 0, HEAD("INPUT", "policy ACCEPT") },
		{ { .table = "raw", .chain = "OUTPUT" }, 0, HEAD("OUTPUT", "policy ACCEPT") },
		{ { .table = "raw", .chain = "INPUT" }, -2, "" },
		{ { .table = "nat", .chain = "POSTROUTING", .rule = 1 }, 0, RULE },
		{ { .table = "nat", .chain = "POSTROUTING", .rule = 1, .line_numbers = true }, 0, "1    " RULE },
		{ { .table = "nat", .chain = "POSTROUTING", .rule = 2 }, -ERANGE, "" },
		{ { .table = "nat", .chain = "POSTROUTING", .rule = 1, .spec = true }, 0, "-A POSTROUTING -o wan0 -g A\n" },
		{ { .table = "nat", .chain = "A", .spec = true }, 0, "-N A\n" },
		{ { .table = "mangle", .chain = "INPUT", .spec = true, .verbose = true }, 0, "-P INPUT ACCEPT -c 0 0\n" },
	};
	/* clang-format on */
	struct nat_rules *r = parse("one chain", text);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct text_buffer got = {.s = NULL};
		const struct nat_list_options *o = &row[i].o;
		int rc = nat_rules_list(r, o, text_buffer_sink(&got));

		assert_int_equal(rc, row[i].rc);
		check_same(o->chain ? o->chain : "all", "list",
			   got.s ? got.s : "", row[i].want);
		free(got.s);
	}
	nat_rules_free(r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(saves_as_the_tool),
		cmocka_unit_test(reads_its_own_text),
		cmocka_unit_test(reads_the_nft_flavour),
		cmocka_unit_test(lists_as_the_tool),
		cmocka_unit_test(lists_one_chain),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
