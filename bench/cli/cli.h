/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What every command of natbench shares: exit codes, complaints, numbers. */
#ifndef NATBENCH_CLI_H
#define NATBENCH_CLI_H

#include <stdbool.h>
#include <stdint.h>

enum {
	CLI_OK = 0,
	CLI_BAD_ANSWER = 1, /* ran, and the answer is bad */
	CLI_ERROR = 2,      /* could not run; nothing was changed */
};

/* The commands; each parses its own options and returns an exit code. Their
 * argv[0] is "natbench", so that getopt_long() complains as they do. */
int cmd_replay(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_gen(int argc, char **argv);
int cmd_verify(int argc, char **argv);

/* `natbench: what is wrong` on stderr. Returns CLI_ERROR. */
int cli_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A whole decimal number within [min, max]; complains otherwise. */
bool cli_number(const char *option, const char *arg, uint64_t min, uint64_t max,
		uint64_t *out);
/* A number above zero; complains otherwise. */
bool cli_positive(const char *option, const char *arg, double *out);

#endif
