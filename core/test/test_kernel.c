/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What Linux did, done again: data/kernel has the scripts, and record.py there
 * asks the kernel at hand. */
#include "test/check.h"
#include "test/script.h"

static void run(void **state)
{
	script_run_file(*state);
}

static char answers[] = "answers", ipv6[] = "ipv6", mangle[] = "mangle",
	    marks[] = "marks", matches[] = "matches", path_mtu[] = "path_mtu",
	    protocols[] = "protocols", zones[] = "zones";

#define SCRIPTS(name)                                                          \
	{                                                                      \
#name, run, NULL, NULL, name                                   \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRIPTS(answers),   SCRIPTS(ipv6),    SCRIPTS(mangle),
		SCRIPTS(marks),     SCRIPTS(matches), SCRIPTS(path_mtu),
		SCRIPTS(protocols), SCRIPTS(zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
