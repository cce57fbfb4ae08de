/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What once diverged, pcaps/regress/INDEX, against the kernel at hand. */
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "test/check.h"
#include "test/command.h"

#define REGRESS  NATBENCH_SOURCE_DIR "/pcaps/regress/"
#define SCENARIO NATBENCH_SOURCE_DIR "/scenarios/"

enum { WORD = 48, LINE = 2048, PATH = 256 };

/* A line of the index. */
struct row {
	char name[WORD], scenario[WORD], exception[WORD];
	unsigned family;
};

static bool parse(const char *text, struct row *r)
{
	return sscanf(text, "%47[^\t]\t%47[^\t]\t%u\t%47[^\t]\t", r->name,
		      r->scenario, &r->family, r->exception) == 4 &&
	       (r->family == 4 || r->family == 6);
}

static void add(char line[LINE], const char *word, const char *path)
{
	size_t n = strlen(line);

	assert_true((size_t)snprintf(line + n, LINE - n, " %s%s", word, path) <
		    LINE - n);
}

static void add_rules(char line[LINE], const struct row *r, unsigned family)
{
	char path[PATH];

	(void)snprintf(path, sizeof(path), SCENARIO "%s/rules.v%u", r->scenario,
		       family);
	if (!access(path, R_OK))
		add(line, family == 6 ? "-6 " : "-r ", path);
}

/* NAME-IF.pcap: enters by IF. How many there are. */
static size_t add_captures(char line[LINE], const struct row *r)
{
	char pattern[PATH], option[PATH];
	size_t n = 0;
	glob_t found;

	(void)snprintf(pattern, sizeof(pattern), REGRESS "%s-*.pcap", r->name);
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread */
	if (!glob(pattern, 0, NULL, &found))
		n = found.gl_pathc;
	for (size_t i = 0; i < n; i++) {
		const char *iface = strrchr(found.gl_pathv[i], '-') + 1;

		(void)snprintf(option, sizeof(option),
			       "-i %.*s=", (int)strcspn(iface, "."), iface);
		add(line, option, found.gl_pathv[i]);
	}
	globfree(&found);
	return n;
}

static json_int_t count(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static void check(const struct row *r, const char *line,
		  const struct outcome *got)
{
	json_t *o = json_loads(got->out, 0, NULL);
	const json_t *exceptions = json_object_get(o, "exceptions");
	bool excepted = strcmp(r->exception, "-") != 0;

	/* of so few packets any exception is more than may be */
	if (!o || count(o, "packets") <= 0 || count(o, "divergences") ||
	    (got->status != CLI_OK && !excepted))
		fail_msg("%s: verify %s: exit %d: %s%s", r->name, line,
			 got->status, got->err, got->out);
	if (excepted && count(exceptions, r->exception) <= 0)
		fail_msg("%s: not counted as %s: %s", r->name, r->exception,
			 got->out);
	json_decref(o);
}

static void play(const struct row *r)
{
	static struct outcome got;
	char line[LINE] = "--json - --compare-every 1 -T ";

	(void)snprintf(line + strlen(line), LINE - strlen(line),
		       SCENARIO "%s/topology.ip", r->scenario);
	if (!strncmp(r->exception, "nft_", 4))
		add(line, "--iptables ", "nft");
	add_rules(line, r, 4);
	add_rules(line, r, 6);
	if (!add_captures(line, r))
		fail_msg("%s: has no capture", r->name);
	run_command(cmd_verify, line, &got);
	if (got.status == CLI_ERROR && strstr(got.err, "missing: ")) {
		print_message("SKIPPED: %s", got.err);
		skip();
	}
	check(r, line, &got);
}

static void test_regress(void **state)
{
	FILE *in = fopen(REGRESS "INDEX", "re");
	char text[LINE];
	size_t n = 0;

	(void)state;
	assert_non_null(in);
	while (fgets(text, sizeof(text), in)) {
		struct row r;

		if (text[0] == '#')
			continue;
		if (!parse(text, &r))
			fail_msg("INDEX: %s", text);
		play(&r);
		n++;
	}
	(void)fclose(in);
	assert_true(n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_regress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
