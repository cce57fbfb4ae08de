/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A reader, an unpacker, and workers that play what they have made: under
 * ThreadSanitizer nothing else is shared than what is meant to be. */
#include <stdio.h>

#include "cli/cli.h"
#include "test/capture_util.h"
#include "test/check.h"
#include "test/command.h"
#include "test/replay_util.h"

static const char *const runs[] = {
	"-t 2 @plain.pcap",
	"-t 3 --repeat 3 @packed.pcap.zst",
	"-t 2 --window 40K -w wan0=@out.pcap --events @ev @plain.pcap",
	"-t 3 --window 9K --repeat 3 --copies 2 @packed.pcap.zst",
	"-t 2 --window 30K -i lan0=@plain.pcap -i wan0=@packed.pcap.zst",
};

static int make_files(void **state)
{
	(void)state;
	capture_generated("plain.pcap", 200, 4000);
	capture_generated("packed.pcap.zst", 100, 2000);
	return 0;
}

static void torture(void **state)
{
	static struct outcome got;

	(void)state;
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		char line[256];

		(void)snprintf(line, sizeof(line), "--check %s", runs[i]);
		run_command(cmd_replay, line, &got);
		if (got.status != CLI_OK || *got.err)
			fail_msg("%s: exit %d, said: %s%s", runs[i], got.status,
				 got.err, got.out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(torture)};

	return cmocka_run_group_tests(tests, make_files, scratch_remove);
}
