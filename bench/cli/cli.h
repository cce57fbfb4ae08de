/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What every command of natbench shares: exit codes, complaints, numbers. */
#ifndef NATBENCH_CLI_H
#define NATBENCH_CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	CLI_OK = 0,
	CLI_BAD_ANSWER = 1, /* ran, and the answer is bad */
	CLI_ERROR = 2,      /* could not run; nothing was changed */
	CLI_GO_ON = -1,     /* no exit code: there is more to do */
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

/* The options of a command. */
struct cli_syntax {
	const char *usage, *more; /* --help prints both; NULL: no more */
	const char *letters;      /* for getopt_long(); 'h' is among them */
	const struct option *options;
	/* Takes one of them, perhaps apart; complains where it says no. Gets
	 * no 'h', but the '?' of an option that getopt complained about. */
	bool (*take)(void *request, int code, char *arg);
};

/* Reads the options up to argv[optind]. CLI_GO_ON, or the exit code. */
int cli_options(const struct cli_syntax *syntax, void *request, int argc,
		char **argv);

/* The end of what went to stdout: CLI_OK, or CLI_ERROR and complained. */
int cli_flush(void);

/* A whole decimal number within [min, max]; complains otherwise. */
bool cli_number(const char *option, const char *arg, uint64_t min, uint64_t max,
		uint64_t *out);
/* Bytes, of at least one and at most @max: a number, perhaps with K, M or G
 * behind it, which stand for powers of 1024; complains otherwise. */
bool cli_size(const char *option, const char *arg, uint64_t max, uint64_t *out);
/* A number above zero; complains otherwise. */
bool cli_positive(const char *option, const char *arg, double *out);

#endif
