/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The router's configuration as it grows line by line, refusing what the
 * kernel would refuse and adding what the kernel would add: interfaces, rules
 * and the whole. */
#include "decide/topology.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "decide/fib_marks.h"
#include "decide/topology_edit.h"
#include "text/array.h"
#include "text/text.h"

enum {
	PREF_LOCAL = 0,
	PREF_MAIN = 32766,
	PREF_DEFAULT = 32767,
	MAX_RULES = 4096, /* ours, so that compiling stays bounded */
};

bool topology_insert(void *array, size_t *n, size_t *room, size_t at,
		     const void *item, size_t size)
{
	char *items;

	memcpy(&items, array, sizeof(items));
	items = array_reserve(items, *n, 1, room, size);
	if (!items)
		return false;
	memcpy(array, &items, sizeof(items));
	memmove(items + (at + 1) * size, items + at * size, (*n - at) * size);
	memcpy(items + at * size, item, size);
	++*n;
	return true;
}

static bool valid_name(const char *name)
{
	size_t len = strlen(name);

	if (!len || len >= TOPOLOGY_IF_LEN || !strcmp(name, ".") ||
	    !strcmp(name, ".."))
		return false;
	for (; *name; name++)
		if (*name <= ' ' || *name > '~' || strchr("/:", *name))
			return false;
	return true;
}

int topology_add_if(struct nat_topology *t, const char *name,
		    struct nat_error *err)
{
	struct topology_if i = {.mtu = MTU_DEFAULT};

	if (!valid_name(name))
		return text_fail(err, "'%.64s' cannot name an interface", name);
	if (t->n_ifs == TOPOLOGY_MAX_IFS)
		return text_fail(err, "more than %d interfaces",
				 TOPOLOGY_MAX_IFS);
	memcpy(i.name, name, strlen(name));
	return TOPOLOGY_INSERT(t, ifs, t->n_ifs, &i, err);
}

int topology_set_mtu(struct nat_topology *t, uint16_t dev, uint32_t mtu,
		     struct nat_error *err)
{
	if (mtu < MTU_MIN || mtu > MTU_MAX)
		return text_fail(err, "mtu %u is not within %d and %d", mtu,
				 MTU_MIN, MTU_MAX);
	if (dev != DEV_LO)
		t->ifs[dev].mtu = (uint16_t)mtu;
	return 0;
}

unsigned nat_topology_n_ifs(const struct nat_topology *t)
{
	return (unsigned)t->n_ifs;
}

const char *nat_topology_if_name(const struct nat_topology *t, unsigned i)
{
	return i < t->n_ifs ? t->ifs[i].name : NULL;
}

int nat_topology_if_index(const struct nat_topology *t, const char *name)
{
	for (size_t i = 0; i < t->n_ifs; i++)
		if (!strcmp(t->ifs[i].name, name))
			return (int)i;
	return -ENODEV;
}

/* ------------------------------------------------------------------ rules */

/* One less than that of the second rule there is. */
static uint32_t default_pref(const struct nat_topology *t, uint8_t family)
{
	unsigned seen = 0;

	for (size_t i = 0; i < t->n_rules; i++) {
		uint32_t pref = t->rules[i].pref;

		if (t->rules[i].family == family && seen++)
			return pref ? pref - 1 : 0;
	}
	return 0;
}

static bool same_rule(const struct topology_rule *a,
		      const struct topology_rule *b)
{
	return a->family == b->family && a->pref == b->pref &&
	       a->iif == b->iif && a->table == b->table &&
	       prefix_equal(&a->from, &b->from) && prefix_equal(&a->to, &b->to);
}

static int insert_rule(struct nat_topology *t, const struct topology_rule *r,
		       struct nat_error *err)
{
	size_t at = 0;

	while (at < t->n_rules && t->rules[at].pref <= r->pref)
		at++;
	return TOPOLOGY_INSERT(t, rules, at, r, err);
}

int topology_add_rule(struct nat_topology *t, const struct topology_rule *rule,
		      struct nat_error *err)
{
	struct topology_rule r = *rule;

	if (t->n_rules >= MAX_RULES)
		return text_fail(err, "more than %d rules", MAX_RULES);
	r.from = prefix_network(&r.from);
	r.to = prefix_network(&r.to);
	for (size_t i = 0; r.has_pref && i < t->n_rules; i++)
		if (same_rule(&t->rules[i], &r))
			return text_fail(err, "this rule exists already");
	if (!r.has_pref)
		r.pref = default_pref(t, r.family);
	if (r.family == 4)
		t->custom_rules = true;
	return insert_rule(t, &r, err);
}

/* -------------------------------------------------------------- life cycle */

static int add_standing_rules(struct nat_topology *t, struct nat_error *err)
{
	static const struct {
		uint32_t pref, table;
	} standing[] = {
		{PREF_LOCAL, TABLE_LOCAL},
		{PREF_MAIN, TABLE_MAIN},
		{PREF_DEFAULT, TABLE_DEFAULT},
	};

	for (uint8_t family = 4; family <= 6; family += 2) {
		struct topology_rule r = {
			.from.family = family,
			.to.family = family,
			.family = family,
			.iif = DEV_ANY,
		};

		for (size_t i = 0; i < ARRAY_LEN(standing); i++) {
			r.pref = standing[i].pref;
			r.table = standing[i].table;
			if (insert_rule(t, &r, err))
				return -ENOMEM;
		}
	}
	return 0;
}

static int add_lo(struct nat_topology *t, struct nat_error *err)
{
	struct topology_addr v4 = {
		.prefix.addr = addr_v4(htonl(INADDR_LOOPBACK)),
		.prefix.family = 4,
		.prefix.len = 8,
		.dev = DEV_LO,
		.scope = SCOPE_HOST,
	};
	struct topology_addr v6 = {
		.prefix.addr = {.w = {0, 0, 0, htonl(1)}},
		.prefix.family = 6,
		.prefix.len = 128,
		.dev = DEV_LO,
		.scope = SCOPE_HOST,
	};
	int rc = topology_add_addr(t, &v4, err);

	return rc ? rc : topology_add_addr(t, &v6, err);
}

struct nat_topology *topology_new(void)
{
	struct nat_topology *t = calloc(1, sizeof(*t));
	struct nat_error err;

	if (t && (add_standing_rules(t, &err) || add_lo(t, &err))) {
		nat_topology_free(t);
		t = NULL;
	}
	return t;
}

int topology_finish(struct nat_topology *t, struct nat_error *err)
{
	topology_know_sources(t);
	return fib_new_all(t, err) ? 0 : -EINVAL;
}

void nat_topology_free(struct nat_topology *t)
{
	if (!t)
		return;
	fib_free_all(t);
	free(t->ifs);
	free(t->addrs);
	free(t->routes);
	free(t->rules);
	free(t);
}
