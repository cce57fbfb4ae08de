/* SPDX-License-Identifier: BSD-2-Clause
 *
 * natbench COMMAND: finds the command and hands over. */
#include <stdio.h>
#include <string.h>

#include "build_info.h"
#include "cli/cli.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *purpose;
} commands[] = {
	{"replay", cmd_replay, "play a capture through the NAT and measure"},
	{"explain", cmd_explain, "show what happens to a packet, hook by hook"},
	{"rules", cmd_rules, "print rules as iptables does"},
	{"verify", cmd_verify, "compare with the Linux kernel at hand"},
	{"gen", cmd_gen, "make a capture"},
};

enum { N_COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void usage(FILE *out)
{
	fputs("usage: natbench COMMAND [OPTION...]\n\n", out);
	for (unsigned i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-9s %s\n", commands[i].name,
			commands[i].purpose);
	fputs("\nnatbench COMMAND --help says more.\n", out);
}

static int run(const struct command *c, int argc, char **argv)
{
	static char name[] = "natbench";

	argv[0] = name; /* getopt's complaints begin with it */
	return c->run(argc, argv);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return CLI_ERROR;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		usage(stdout);
		return CLI_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("natbench " NATBENCH_VERSION " (" NATBENCH_COMMIT ")");
		return CLI_OK;
	}
	for (unsigned i = 0; i < N_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return run(&commands[i], argc - 1, argv + 1);
	return cli_complain("%s: no such command; see natbench --help",
			    argv[1]);
}
