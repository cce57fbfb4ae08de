/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Loads what the scenario options name. */
#include "cli/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/embedded.h"

#define DEFAULT_TOPOLOGY "home-router/topology.ip"
#define DEFAULT_RULES    "home-router/rules.v4"
#define DEFAULT_RULES6   "home-router/rules.v6"

const char scenario_usage[] =
	"Scenario (without -T, -r and -6: home-router, which is compiled in):\n"
	"  -T, --topology FILE   interfaces, addresses, routes: ip -batch\n"
	"  -r, --rules FILE      IPv4 rules: iptables-save\n"
	"  -6, --rules6 FILE     IPv6 rules: ip6tables-save\n"
	"      --sysctl net.netfilter.NAME=VALUE\n"
	"      --seed N          of the hash key and every random choice\n"
	"      --client-if IF    where conversations begin [the first]\n"
	"      --server-if IF    where answers come from [where the first\n"
	"                        packet of the conversation left]\n";

enum { READ_STEP = 1 << 16, READ_MOST = 1 << 28 };

int scenario_complain(const char *file, const struct nat_error *err)
{
	if (err->line)
		return cli_complain("%s:%u: %s", file, err->line, err->text);
	return cli_complain("%s: %s", file, err->text);
}

/* All of @in, with room for a NUL. Returns -1 and sets errno. */
static int slurp(FILE *in, char **text, size_t *len)
{
	size_t room = 0, n;

	*text = NULL;
	*len = 0;
	do {
		if (room - *len < READ_STEP) {
			char *more =
				realloc(*text, room = room * 2 + READ_STEP);

			if (!more)
				return -1;
			*text = more;
		}
		n = fread(*text + *len, 1, room - *len - 1, in);
		*len += n;
		if (*len > READ_MOST) {
			errno = EFBIG;
			return -1;
		}
	} while (n);
	(*text)[*len] = '\0';
	return ferror(in) ? -1 : 0;
}

char *scenario_read_file(const char *path, size_t *len)
{
	FILE *in = fopen(path, "re");
	char *text = NULL;

	if (!in || slurp(in, &text, len)) {
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread */
		cli_complain("%s: %s", path, strerror(errno));
		free(text);
		text = NULL;
	}
	if (in)
		(void)fclose(in);
	return text;
}

void scenario_init(struct scenario *s)
{
	*s = (struct scenario){.seed = 1, .server_if = NAT_NO_IF};
	nat_sysctl_defaults(&s->sysctl);
}

static bool take_sysctl(struct scenario *s, const char *arg)
{
	const char *value = strchr(arg, '=');
	char name[128];
	int r;

	if (!value || (size_t)(value - arg) >= sizeof(name)) {
		cli_complain("--sysctl %s: NAME=VALUE is needed", arg);
		return false;
	}
	memcpy(name, arg, (size_t)(value - arg));
	name[value - arg] = '\0';
	r = nat_sysctl_set(&s->sysctl, name, value + 1);
	if (r == -ENOENT)
		cli_complain("--sysctl %s: unknown sysctl '%s'", arg, name);
	else if (r == -EACCES)
		cli_complain("--sysctl %s: '%s' cannot be set", arg, name);
	else if (r == -ERANGE)
		cli_complain("--sysctl %s: '%s' is beyond the kernel's range",
			     arg, value + 1);
	else if (r)
		cli_complain("--sysctl %s: bad value '%s'", arg, value + 1);
	return !r;
}

enum scenario_taken scenario_option(struct scenario *s, int code,
				    const char *arg)
{
	bool ok = true;

	switch (code) {
	case 'T':
		s->topology_file = arg;
		break;
	case 'r':
		s->rules_file = arg;
		break;
	case '6':
		s->rules6_file = arg;
		break;
	case SCENARIO_SYSCTL:
		ok = take_sysctl(s, arg);
		break;
	case SCENARIO_SEED:
		ok = cli_number("--seed", arg, 0, UINT64_MAX, &s->seed);
		break;
	case SCENARIO_CLIENT_IF:
		s->client_name = arg;
		break;
	case SCENARIO_SERVER_IF:
		s->server_name = arg;
		break;
	default:
		return SCENARIO_NOT_MINE;
	}
	return ok ? SCENARIO_TAKEN : SCENARIO_BAD;
}

/* A file of the scenario: the one named, or the embedded @fallback. */
struct source {
	const char *name, *text;
	size_t len;
	char *owned;
};

static bool source_open(struct source *src, const char *path,
			const char *fallback)
{
	const struct embedded_file *file;

	*src = (struct source){.name = path ? path : fallback};
	if (path) {
		src->owned = scenario_read_file(path, &src->len);
		src->text = src->owned;
	} else {
		file = embedded_find(fallback);
		if (file) {
			src->text = file->text;
			src->len = file->len;
		} else {
			cli_complain("%s: not compiled in", fallback);
		}
	}
	return src->text;
}

static bool load_topology(struct scenario *s)
{
	struct nat_error err = {0};
	struct source src;

	if (!source_open(&src, s->topology_file, DEFAULT_TOPOLOGY))
		return false;
	s->topology = nat_topology_parse(src.text, src.len, &err);
	if (s->topology && !nat_topology_n_ifs(s->topology)) {
		cli_complain("%s: no line names an interface", src.name);
		nat_topology_free(s->topology);
		s->topology = NULL;
	} else if (!s->topology) {
		scenario_complain(src.name, &err);
	}
	free(src.owned);
	return s->topology;
}

static const char *rules_file(const struct scenario *s, unsigned family)
{
	return family == 6 ? s->rules6_file : s->rules_file;
}

static const char *default_rules(unsigned family)
{
	return family == 6 ? DEFAULT_RULES6 : DEFAULT_RULES;
}

/* A topology of the user's without rules has none: the default rules belong
 * to the default topology. So do those of one family to those of the other. */
static bool has_rules(const struct scenario *s, unsigned family)
{
	return rules_file(s, family) ||
	       (!s->topology_file && !s->rules_file && !s->rules6_file);
}

struct nat_rules *scenario_parse_rules(const struct scenario *s,
				       unsigned family)
{
	struct nat_rules *rules;
	struct nat_error err = {0};
	struct source src;

	if (!has_rules(s, family) ||
	    !source_open(&src, rules_file(s, family), default_rules(family)))
		return NULL;
	rules = family == 6 ? nat_rules6_parse(src.text, src.len, &err)
			    : nat_rules_parse(src.text, src.len, &err);
	if (!rules || nat_rules_check(rules, s->topology, &err)) {
		scenario_complain(src.name, &err);
		nat_rules_free(rules);
		rules = NULL;
	}
	free(src.owned);
	return rules;
}

static char *copy_text(const char *path, const char *fallback, size_t *len)
{
	struct source src;
	char *text;

	if (!source_open(&src, path, fallback))
		return NULL;
	*len = src.len;
	text = src.owned ? src.owned : strndup(src.text, src.len);
	if (!text)
		cli_complain("%s: out of memory", src.name);
	return text;
}

char *scenario_topology_text(const struct scenario *s, size_t *len)
{
	return copy_text(s->topology_file, DEFAULT_TOPOLOGY, len);
}

char *scenario_rules_text(const struct scenario *s, unsigned family,
			  size_t *len)
{
	return has_rules(s, family) ? copy_text(rules_file(s, family),
						default_rules(family), len)
				    : NULL;
}

static bool load_rules(struct scenario *s)
{
	s->rules = scenario_parse_rules(s, 4);
	if (!s->rules && has_rules(s, 4))
		return false;
	s->rules6 = scenario_parse_rules(s, 6);
	return s->rules6 || !has_rules(s, 6);
}

static bool find_if(const struct scenario *s, const char *option,
		    const char *name, uint16_t *index)
{
	int i;

	if (!name)
		return true;
	i = nat_topology_if_index(s->topology, name);
	if (i < 0) {
		cli_complain("%s %s: the topology has no such interface",
			     option, name);
		return false;
	}
	*index = (uint16_t)i;
	return true;
}

int scenario_load(struct scenario *s)
{
	bool ok = load_topology(s) && load_rules(s) &&
		  find_if(s, "--client-if", s->client_name, &s->client_if) &&
		  find_if(s, "--server-if", s->server_name, &s->server_if);

	return ok ? 0 : -1;
}

struct nat_config scenario_config(const struct scenario *s)
{
	return (struct nat_config){
		.topology = s->topology,
		.rules = s->rules,
		.rules6 = s->rules6,
		.sysctl = &s->sysctl,
		.seed = s->seed,
	};
}

void scenario_free(struct scenario *s)
{
	nat_rules_free(s->rules);
	nat_rules_free(s->rules6);
	nat_topology_free(s->topology);
	s->rules = NULL;
	s->rules6 = NULL;
	s->topology = NULL;
}
