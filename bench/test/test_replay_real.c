/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Every real capture there is, through the default scenario with --check, on
 * one thread and on two: all its packets are accounted for, no check fails. */
#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "test/capture_util.h"
#include "test/check.h"
#include "test/command.h"

static struct outcome got;

static json_int_t number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static json_int_t sum_of(json_t *o)
{
	const char *name;
	json_t *v;
	json_int_t sum = 0;

	json_object_foreach(o, name, v) sum += json_integer_value(v);
	return sum;
}

static void replay(const char *path, unsigned threads)
{
	char line[1024];
	json_error_t err;
	json_t *o;

	(void)snprintf(line, sizeof(line), "--check -t %u --json @r.json %s",
		       threads, path);
	run_command(cmd_replay, line, &got);
	if (got.status != CLI_OK || *got.err)
		fail_msg("%s, -t %u: exit %d\n%s%s", path, threads, got.status,
			 got.err, got.out);
	o = json_load_file(scratch_path("r.json"), 0, &err);
	assert_non_null(o);
	if (number(o, "packets") != sum_of(json_object_get(o, "verdicts")) ||
	    number(o, "frames") !=
		    number(o, "packets") +
			    sum_of(json_object_get(o, "skipped")))
		fail_msg("%s, -t %u: packets are missing", path, threads);
	if (strstr(path, "dev-mix"))
		assert_int_equal(number(o, "packets"), 419223);
	json_decref(o);
}

static void replay_all(const char *pattern)
{
	glob_t files;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	if (glob(pattern, 0, NULL, &files)) {
		print_message("skipped: no %s\n", pattern);
		skip();
	}
	for (size_t i = 0; i < files.gl_pathc; i++) {
		if (strstr(files.gl_pathv[i], ".tsv"))
			continue;
		replay(files.gl_pathv[i], 1);
		replay(files.gl_pathv[i], 2);
	}
	globfree(&files);
}

static void test_our_captures(void **state)
{
	(void)state;
	replay_all(NATBENCH_SOURCE_DIR "/pcaps/*.pcap*");
}

static void test_shared_captures(void **state)
{
	(void)state;
	replay_all(NATBENCH_SHARED_PCAPS "/*.pcap*");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_our_captures),
		cmocka_unit_test(test_shared_captures),
	};

	return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
