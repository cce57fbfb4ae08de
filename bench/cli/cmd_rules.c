/* SPDX-License-Identifier: BSD-2-Clause
 * natbench rules: rules as iptables prints them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/scenario.h"

static const char usage[] =
	"usage: natbench rules -r FILE | -6 FILE [OPTION...] [CHAIN [NUMBER]]\n"
	"\n"
	"Prints what iptables -L prints of the rules in FILE, of one chain,\n"
	"or of one rule.\n"
	"\n"
	"  -r, --rules FILE      the rules, as iptables-save writes them\n"
	"  -6, --rules6 FILE     the same as ip6tables-save does\n"
	"  -t, --table TABLE     raw, mangle, nat, filter or security [nat]\n"
	"  -v, --verbose         counters and interfaces too\n"
	"  -n, --numeric         protocols and addresses as numbers\n"
	"  -x, --exact           counters in full\n"
	"      --line-numbers    each rule's number in its chain\n"
	"  -S, --list-rules      as iptables -S prints them\n"
	"  -L, --list            as iptables -L does, which is the default\n"
	"      --save            all tables as iptables-save -c writes them\n";

enum { LINE_NUMBERS = 0x200, SAVE };

struct request {
	const char *file;
	bool v6;
	struct nat_list_options list;
	bool save;
};

static void put(void *ctx, const char *text, size_t len)
{
	fwrite(text, 1, len, ctx);
}

static int print(const struct request *q, const struct nat_rules *rules)
{
	struct nat_sink out = {put, stdout};
	int rc = 0;

	if (q->save)
		nat_rules_save(rules, out);
	else
		rc = nat_rules_list(rules, &q->list, out);
	if (rc == -ERANGE)
		return cli_complain("%s: no rule %u in chain %s of table '%s'",
				    q->file, q->list.rule, q->list.chain,
				    q->list.table);
	if (rc)
		return cli_complain("%s: no %s%s in table '%s'", q->file,
				    q->list.chain ? "chain " : "chains",
				    q->list.chain ? q->list.chain : "",
				    q->list.table);
	return cli_flush();
}

static int answer(const struct request *q)
{
	struct nat_error err = {.line = 0};
	struct nat_rules *rules;
	size_t len;
	char *text;
	int rc;

	if (!q->file)
		return cli_complain("rules: -r FILE is missing");
	if (q->save && (q->list.spec || q->list.chain))
		return cli_complain("--save: writes all there is: no %s",
				    q->list.spec ? "-S" : q->list.chain);
	text = scenario_read_file(q->file, &len);
	if (!text)
		return CLI_ERROR;
	rules = q->v6 ? nat_rules6_parse(text, len, &err)
		      : nat_rules_parse(text, len, &err);
	free(text);
	if (!rules)
		return scenario_complain(q->file, &err);
	rc = print(q, rules);
	nat_rules_free(rules);
	return rc;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): others take it apart */
static bool take_option(void *request, int code, char *arg)
{
	struct request *q = request;

	switch (code) {
	case 'r':
	case '6':
		if (q->file)
			cli_complain("%s: one file of rules too many", arg);
		else
			q->v6 = code == '6';
		return !q->file && (q->file = arg);
	case 't':
		q->list.table = arg;
		return true;
	case 'v':
		return q->list.verbose = true;
	case 'n':
		return q->list.numeric = true;
	case 'x':
		return q->list.exact = true;
	case 'L':
		q->list.spec = false;
		return true;
	case 'S':
		return q->list.spec = true;
	case LINE_NUMBERS:
		return q->list.line_numbers = true;
	case SAVE:
		return q->save = true;
	default: /* getopt has complained */
		return false;
	}
}

/* What stands behind the options: a chain, and perhaps one of its rules. */
static bool take_place(struct request *q, int n, char **arg)
{
	uint64_t number = 0;

	if (n > 2) {
		cli_complain("rules: %s: an argument too many", arg[2]);
		return false;
	}
	if (n > 1 && !cli_number("rule number", arg[1], 1, UINT32_MAX, &number))
		return false;
	q->list.chain = n ? arg[0] : NULL;
	q->list.rule = (unsigned)number;
	return true;
}

int cmd_rules(int argc, char **argv)
{
	static const struct option options[] = {
		{"rules", required_argument, NULL, 'r'},
		{"rules6", required_argument, NULL, '6'},
		{"table", required_argument, NULL, 't'},
		{"verbose", no_argument, NULL, 'v'},
		{"numeric", no_argument, NULL, 'n'},
		{"exact", no_argument, NULL, 'x'},
		{"line-numbers", no_argument, NULL, LINE_NUMBERS},
		{"list", no_argument, NULL, 'L'},
		{"list-rules", no_argument, NULL, 'S'},
		{"save", no_argument, NULL, SAVE},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	static const struct cli_syntax syntax = {
		.usage = usage,
		.letters = "r:6:t:vnxLSh",
		.options = options,
		.take = take_option,
	};
	struct request q = {.list.table = "nat"};
	int r = cli_options(&syntax, &q, argc, argv);

	if (r != CLI_GO_ON)
		return r;
	return take_place(&q, argc - optind, argv + optind) ? answer(&q)
							    : CLI_ERROR;
}
