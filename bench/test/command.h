/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Runs a command of natbench in a process of its own. */
#ifndef NATBENCH_TEST_COMMAND_H
#define NATBENCH_TEST_COMMAND_H

#include <stddef.h>

enum { COMMAND_WORDS = 48, COMMAND_TEXT = 1 << 16 };

struct outcome {
	int status; /* exit status; -1: killed */
	char out[COMMAND_TEXT], err[COMMAND_TEXT];
};

/* @line is split at blanks, but not within '...'; a word @NAME stands for NAME
 * in the test's scratch folder, also behind '='. Output beyond COMMAND_TEXT is
 * cut. */
void run_command(int (*cmd)(int argc, char **argv), const char *line,
		 struct outcome *o);

/* A command line that is wrong. */
struct fault {
	const char *line, *says;
};

/* Each line of @rows says one line on stderr that holds the text, and nothing
 * else, exits 2 and leaves no file. */
void check_faults(int (*cmd)(int argc, char **argv), const struct fault *rows,
		  size_t n);

#endif
