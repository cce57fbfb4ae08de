/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The parts of the `ip -batch` parser: topology_parse.c has lines and
 * commands, topology_words.c options and their values, topology_if.c and
 * topology_routing.c what each command means.
 *
 * Functions return 0, or a negative errno and fill parser.err. */
#ifndef NAT_TOPOLOGY_PARSER_H
#define NAT_TOPOLOGY_PARSER_H

#include "decide/topology.h"
#include "text/scan.h"
#include "text/text.h"

enum { MAX_WORDS = 64, SCOPE_UNSET = -1 };

/* The line being read and what it has said so far. */
struct topology_parser {
	struct nat_topology *t;
	struct nat_error *err;
	char *word[MAX_WORDS];
	unsigned n_words, at;
	uint8_t family; /* by -4, -6 or an address; 0: not known yet */
	/* The first of two readings only learns the interfaces' names, for a
	 * rule may name one before its address line does. */
	bool collecting;
	const char *dev; /* as named */
	int scope;
	union {
		struct topology_addr addr;
		struct topology_route route;
		struct topology_rule rule;
		uint32_t mtu; /* of a link; 0: not said */
	};
	bool has_prefix; /* the address or destination was said */
};

/* An option of a command: a flag where @arg is false. */
struct topology_option {
	const char *name;
	uint8_t least; /* letters needed */
	bool arg;
	int (*take)(struct topology_parser *p, const char *arg);
};

/* Is @word @name, of which at least @least letters are there? */
bool word_is(const char *word, const char *name, size_t least);
/* NULL: the line has no more. */
const char *next_word(struct topology_parser *p);

/* The rest of the line. What is none of @options goes to @other. */
int take_options(struct topology_parser *p,
		 const struct topology_option *options,
		 int (*other)(struct topology_parser *p, const char *word));
/* For the tables: an option to refuse, and one that changes nothing here. */
int unknown_option(struct topology_parser *p, const char *word);
int ignore_option(struct topology_parser *p, const char *arg);

int take_addr(struct topology_parser *p, const char *s, struct nat_addr *out);
/* "default" tells no family: 0. */
int take_prefix(struct topology_parser *p, const char *s, struct prefix *out);
int take_number(struct topology_parser *p, const char *what, const char *s,
		uint32_t *out);
int take_table(struct topology_parser *p, const char *s, uint32_t *out);
int take_scope(struct topology_parser *p, const char *s);
int take_dev(struct topology_parser *p, const char *name);

/* The interface of that name, which must exist. */
int find_dev(struct topology_parser *p, const char *name, uint16_t *dev);
/* That of parser.dev, which begins to exist if need be. */
int make_dev(struct topology_parser *p, uint16_t *dev);

/* The commands. */
int addr_add(struct topology_parser *p);
int link_add(struct topology_parser *p);
int link_set(struct topology_parser *p);
int route_add(struct topology_parser *p);
int rule_add(struct topology_parser *p);

#endif
