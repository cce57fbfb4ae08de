/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A scenario as the command line names it: topology, rules, sysctls, seed and
 * the two ends. Every command that plays packets takes these options.
 *
 *	struct scenario s;
 *	scenario_init(&s);
 *	while ((c = getopt_long(...)) != -1)
 *		switch (scenario_option(&s, c, optarg)) ...
 *	if (scenario_load(&s))
 *		return 2;
 *	struct nat_config cfg = scenario_config(&s);
 *	...
 *	scenario_free(&s);
 *
 * Whatever fails has said so on stderr, one line: `natbench: FILE:LINE: what
 * is wrong`; the command then exits 2.
 */
#ifndef NATBENCH_SCENARIO_H
#define NATBENCH_SCENARIO_H

#include <getopt.h>

#include "natcore.h"

/* For getopt_long(): to be pasted into a command's own lists. Codes of long
 * options without a letter begin at 0x100; a command's own begin at 0x200. */
enum scenario_code {
	SCENARIO_SYSCTL = 0x100,
	SCENARIO_SEED,
	SCENARIO_CLIENT_IF,
	SCENARIO_SERVER_IF,
};

#define SCENARIO_SHORT "T:r:6:"
/* clang-format off */
#define SCENARIO_LONG                                                          \
	{ "topology", required_argument, NULL, 'T' },                          \
	{ "rules", required_argument, NULL, 'r' },                             \
	{ "rules6", required_argument, NULL, '6' },                            \
	{ "sysctl", required_argument, NULL, SCENARIO_SYSCTL },                \
	{ "seed", required_argument, NULL, SCENARIO_SEED },                    \
	{ "client-if", required_argument, NULL, SCENARIO_CLIENT_IF },          \
	{ "server-if", required_argument, NULL, SCENARIO_SERVER_IF }
/* clang-format on */

/* These options, as a command's --help prints them. */
extern const char scenario_usage[];

struct scenario {
	struct nat_topology *topology;
	struct nat_rules *rules, *rules6; /* NULL: none */
	struct nat_sysctl sysctl;
	uint64_t seed;
	uint16_t client_if;
	uint16_t server_if; /* NAT_NO_IF: where the first packet left */

	/* what the options said; borrowed from argv */
	const char *topology_file, *rules_file, *rules6_file;
	const char *client_name, *server_name;
};

enum scenario_taken {
	SCENARIO_NOT_MINE,
	SCENARIO_TAKEN,
	SCENARIO_BAD, /* and said so */
};

void scenario_init(struct scenario *s);
enum scenario_taken scenario_option(struct scenario *s, int code,
				    const char *arg);
/* After the last option. 0, or -1 and said so. */
int scenario_load(struct scenario *s);
/* The engine's configuration; the caller sets workers. */
struct nat_config scenario_config(const struct scenario *s);
/* The rules of @family once more, for the counters of
 * nat_engine_rule_counters(); the caller's. NULL: there are none, or they
 * changed on disk, and said so. */
struct nat_rules *scenario_parse_rules(const struct scenario *s,
				       unsigned family);
/* What the files say, for whoever else is to read them; the caller's, NUL at
 * the end. NULL: there are no rules, or it could not be read and said so. */
char *scenario_topology_text(const struct scenario *s, size_t *len);
char *scenario_rules_text(const struct scenario *s, unsigned family,
			  size_t *len);
/* Frees what scenario_load() made; also after it failed or never ran. */
void scenario_free(struct scenario *s);

/* `natbench: FILE:LINE: what is wrong` on stderr. Returns CLI_ERROR. */
int scenario_complain(const char *file, const struct nat_error *err);
/* A whole file in memory, NUL after its last byte. NULL, and said so. */
char *scenario_read_file(const char *path, size_t *len);

#endif
