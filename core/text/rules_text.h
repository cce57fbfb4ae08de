/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Between rules and their text. A match or target is one descriptor: its
 * options as a table, what must hold when all are read, and how it is printed.
 *
 *	match_*.c, target_*.c   the descriptors
 *	rule_options.c          the options that every rule may have
 *	rule_parse.c            words of a rule -> struct rule
 *	rules_build.c           chains and rules of a table -> struct nat_rules
 *	rules_parse.c           lines of a text -> calls of the two above
 *	rules_check.c           what only the whole table shows: loops, hooks
 *	rules_save.c, rules_list.c   and back
 */
#ifndef NAT_RULES_TEXT_H
#define NAT_RULES_TEXT_H

#include "decide/rules.h"
#include "natcore.h"
#include "util.h"

#define HOOK_BIT(h) (1U << NAT_HOOK_##h)
enum {
	ALL_HOOKS = (1 << NAT_N_HOOKS) - 1,
	ALL_TABLES = (1 << N_TABLES) - 1,
};
/* The hooks at which @table has a base chain, as bits. */
unsigned table_hooks(enum table_id table);

struct draft;

/* An option as one rule gives it. */
struct given {
	const struct text_option *option;
	const char *arg[2];
	bool invert;
	union { /* whose option it is */
		struct draft *draft;
		struct match *match;
		struct target *target;
	};
	uint8_t family; /* of the rule set */
	struct nat_error *err;
};

/* Tables of options end with a row without name. Rows of one meaning share an
 * id, so that they exclude each other; parse() finds it in given.option. */
struct text_option {
	const char *name; /* with its dashes */
	uint8_t id;       /* less than 32 */
	uint8_t n_args;
	bool invertible;
	bool repeats; /* may be given more than once */
	int (*parse)(const struct given *g);
};

#define OPTION_BIT(id) (UINT32_C(1) << (id))

struct match_type {
	const char *name;
	const char *alias; /* NULL: none */
	uint8_t family;    /* the rule set must be of; 0: any */
	uint8_t proto;     /* the rule must have this -p; 0: any */
	uint32_t required; /* OPTION_BITs that must be given */
	const struct text_option *options;
	void (*init)(struct match *m); /* from zero; may be NULL */
	/* May be NULL. @seen: OPTION_BITs given. */
	int (*check)(const struct rule *r, const struct match *m, uint32_t seen,
		     struct nat_error *err);
	/* Where it may be used, as HOOK_BITs; NULL: anywhere. */
	unsigned (*hooks)(const struct match *m);
	/* Each piece begins with a space. */
	void (*list)(const struct match *m, bool numeric, struct nat_sink out);
	void (*save)(const struct match *m, struct nat_sink out);
};

struct target_type {
	const char *name;
	const char *listed_as; /* by iptables -L; NULL: its name */
	unsigned tables;       /* bits of 1 << enum table_id */
	unsigned hooks;        /* HOOK_BITs */
	/* The same where the options decide; may be NULL. */
	unsigned (*hooks_of)(const struct target *t);
	uint32_t required;
	const struct text_option *options; /* NULL: none */
	void (*init)(struct target *t);    /* from zero; may be NULL */
	int (*check)(const struct rule *r, const struct target *t,
		     struct nat_error *err); /* may be NULL */
	/* Each piece begins with a space; NULL: nothing to say. */
	void (*list)(const struct target *t, struct nat_sink out);
	/* Without -n, where that is not the same; may be NULL. */
	void (*list_words)(const struct target *t, struct nat_sink out);
	void (*save)(const struct target *t, struct nat_sink out);
};

/* By enum match_kind and enum target_kind; the target's name is NULL for
 * none, jump and goto. */
extern const struct match_type *const match_type[N_MATCHES];
extern const struct target_type *const target_type[N_TARGETS];

extern const struct match_type match_type_tcp, match_type_udp, match_type_sctp,
	match_type_icmp, match_type_icmp6, match_type_multiport,
	match_type_conntrack, match_type_state, match_type_mark,
	match_type_addrtype, match_type_statistic, match_type_comment,
	match_type_iprange, match_type_limit, match_type_connmark,
	match_type_length, match_type_ttl, match_type_tos, match_type_dscp,
	match_type_tcpmss, match_type_mac, match_type_pkttype, match_type_owner,
	match_type_helper, match_type_connbytes;
extern const struct target_type target_type_accept, target_type_drop,
	target_type_return, target_type_reject, target_type_snat,
	target_type_dnat, target_type_masquerade, target_type_redirect,
	target_type_netmap, target_type_mark, target_type_connmark,
	target_type_ct, target_type_notrack, target_type_trace, target_type_tos,
	target_type_dscp, target_type_ttl, target_type_tcpmss, target_type_log,
	target_type_nflog, target_type_classify, target_type_checksum;

/* rule_types.c: by name; -EINVAL says in @err what is wrong with it. */
MUST_USE int match_kind_named(const char *name, uint8_t family,
			      enum match_kind *kind, struct nat_error *err);
MUST_USE int target_kind_named(const char *name, enum target_kind *kind,
			       struct nat_error *err);
bool target_name_taken(const char *name);

/* One table while its lines are read. */
struct rules_builder;
struct rules_builder *builder_new(struct nat_rules *rules);
void builder_free(struct rules_builder *b);
uint8_t builder_family(const struct rules_builder *b);
/* Which table is open; N_TABLES: none. */
enum table_id builder_table(const struct rules_builder *b);
MUST_USE int builder_begin(struct rules_builder *b, enum table_id table,
			   struct nat_error *err);
MUST_USE int builder_add_chain(struct rules_builder *b, const char *name,
			       struct nat_error *err);
/* The chain of that name in the open table, or NULL. */
struct chain *builder_find_chain(const struct rules_builder *b,
				 const char *name);
/* Its number while the table is open: rules jump by it. */
uint16_t builder_chain_id(const struct rules_builder *b, const struct chain *c);
/* Takes over what @rule points to, also when it fails. */
MUST_USE int builder_add_rule(struct rules_builder *b, const struct chain *c,
			      struct rule *rule, struct nat_error *err);
/* Moves the open table into the rules and closes it. */
MUST_USE int builder_commit(struct rules_builder *b, struct nat_error *err);

/* Reads the words of a rule behind its "-A CHAIN" and adds what they say,
 * which may be several rules or none. @rule has counters and line. */
struct words {
	char **word;
	size_t n;
};
MUST_USE int rule_parse(struct rules_builder *b, const struct chain *chain,
			const struct rule *rule, struct words words,
			struct nat_error *err);

void rule_fini(struct rule *rule);
/* "-A CHAIN ..."; @to: the name of the chain it jumps to; @counters: among the
 * options, as -vS has them. */
void rule_save(const struct rule *r, uint8_t family, const char *chain,
	       const char *to, bool counters, struct nat_sink out);
/* The chains of @table: from the number returned up to @end. */
uint32_t table_chains(const struct nat_rules *r, enum table_id table,
		      uint32_t *end);

/* Loops, and matches and targets at hooks where they may not be. */
MUST_USE int rules_check_table(const struct nat_rules *r, enum table_id table,
			       struct nat_error *err);

#endif
