/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The same command twice comes to the same, byte for byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "test/capture_util.h"
#include "test/check.h"
#include "test/command.h"
#include "test/replay_util.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

static struct outcome got;

/* With several threads, as long as their conversations want nothing of each
 * other's: not the port of one inside socket, not the last place of a table. */
static const char *const runs[] = {
	"",
	"--repeat 3 --copies 2",
	"--repeat 2 --sysctl net.netfilter.nf_conntrack_max=300",
	"--repeat 2 --sysctl net.netfilter.nf_conntrack_udp_timeout=1 "
	"--window 100K",
	"-t 2",
	"-t 2 --seed 7 --repeat 3",
	"-t 3 --copies 3 --repeat 2 --sysctl "
	"net.netfilter.nf_conntrack_udp_timeout=1",
};

static const char *const files[] = {"lan.pcap", "wan.pcap", "ct",
				    "rules",    "events",   "stats"};

struct text {
	uint8_t *at;
	size_t len;
};

static void play(const char *run, struct text is[N_ROWS(files)])
{
	char line[512];

	(void)snprintf(line, sizeof(line),
		       "%s -r @random.v4 -w lan0=@lan.pcap -w wan0=@wan.pcap "
		       "--conntrack @ct --rules-out @rules --stats @stats "
		       "--events @events --events-timestamp @in.pcap",
		       run);
	run_command(cmd_replay, line, &got);
	assert_string_equal(got.err, "");
	assert_int_equal(got.status, CLI_OK);
	for (size_t i = 0; i < N_ROWS(files); i++)
		is[i].at = read_file(scratch_path(files[i]), &is[i].len);
}

static void test_repeat(void **state)
{
	enum { TIMES = 2 };

	(void)state;
	for (size_t i = 0; i < N_ROWS(runs); i++) {
		struct text is[TIMES][N_ROWS(files)];

		for (unsigned k = 0; k < TIMES; k++) {
			play(runs[i], is[k]);
			for (size_t f = 0; f < N_ROWS(files); f++)
				if (is[k][f].len != is[0][f].len ||
				    memcmp(is[k][f].at, is[0][f].at,
					   is[0][f].len) != 0)
					fail_msg("'%s': another %s", runs[i],
						 files[f]);
		}
		for (unsigned k = 0; k < TIMES; k++)
			for (size_t f = 0; f < N_ROWS(files); f++)
				free(is[k][f].at);
	}
}

static int make_files(void **state)
{
	static const char rules[] = "*nat\n:POSTROUTING ACCEPT [0:0]\n"
				    "-A POSTROUTING -o wan0 -j MASQUERADE "
				    "--random\nCOMMIT\n";

	(void)state;
	capture_generated("in.pcap", 1000, 8000);
	write_file(scratch_path("random.v4"), rules, sizeof(rules) - 1);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repeat),
	};

	return cmocka_run_group_tests(tests, make_files, scratch_remove);
}
