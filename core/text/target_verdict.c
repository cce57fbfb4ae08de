/* SPDX-License-Identifier: BSD-2-Clause
 * -j ACCEPT, DROP, RETURN and REJECT. */
#include "pure/tuple.h"
#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

const struct target_type target_type_accept = {
	.name = "ACCEPT",
	.tables = ALL_TABLES,
	.hooks = ALL_HOOKS,
};

/* The nat table sees only the first packet of a connection. */
const struct target_type target_type_drop = {
	.name = "DROP",
	.tables = ALL_TABLES & ~(1U << TABLE_NAT),
	.hooks = ALL_HOOKS,
};

const struct target_type target_type_return = {
	.name = "RETURN",
	.tables = ALL_TABLES,
	.hooks = ALL_HOOKS,
};

/* --------------------------------------------------------------- REJECT */

enum { REJECT_WITH };

/* The first of a kind is the one printed. */
static const struct scan_name reject_name[] = {
	{"icmp-port-unreachable", REJECT_PORT_UNREACH},
	{"port-unreach", REJECT_PORT_UNREACH},
	{"icmp-net-unreachable", REJECT_NET_UNREACH},
	{"net-unreach", REJECT_NET_UNREACH},
	{"icmp-host-unreachable", REJECT_HOST_UNREACH},
	{"host-unreach", REJECT_HOST_UNREACH},
	{"icmp-proto-unreachable", REJECT_PROTO_UNREACH},
	{"proto-unreach", REJECT_PROTO_UNREACH},
	{"icmp-net-prohibited", REJECT_NET_PROHIBITED},
	{"net-prohib", REJECT_NET_PROHIBITED},
	{"icmp-host-prohibited", REJECT_HOST_PROHIBITED},
	{"host-prohib", REJECT_HOST_PROHIBITED},
	{"icmp-admin-prohibited", REJECT_ADMIN_PROHIBITED},
	{"admin-prohib", REJECT_ADMIN_PROHIBITED},
	{"tcp-reset", REJECT_TCP_RESET},
	{"tcp-rst", REJECT_TCP_RESET},
	{NULL, 0},
};

static const struct scan_name reject_name6[] = {
	{"icmp6-port-unreachable", REJECT_PORT_UNREACH},
	{"port-unreach", REJECT_PORT_UNREACH},
	{"icmp6-no-route", REJECT_NET_UNREACH},
	{"no-route", REJECT_NET_UNREACH},
	{"icmp6-adm-prohibited", REJECT_ADMIN_PROHIBITED},
	{"adm-prohibited", REJECT_ADMIN_PROHIBITED},
	{"icmp6-addr-unreachable", REJECT_HOST_UNREACH},
	{"addr-unreach", REJECT_HOST_UNREACH},
	{"icmp6-policy-fail", REJECT_POLICY_FAIL},
	{"policy-fail", REJECT_POLICY_FAIL},
	{"icmp6-reject-route", REJECT_ROUTE},
	{"reject-route", REJECT_ROUTE},
	{"tcp-reset", REJECT_TCP_RESET},
	{NULL, 0},
};

static const struct scan_name *reject_names(uint8_t family)
{
	return family == 6 ? reject_name6 : reject_name;
}

static void reject_init(struct target *t)
{
	t->reject = REJECT_PORT_UNREACH;
}

static int reject_with(const struct given *g)
{
	uint32_t with = 0;

	if (!scan_name(reject_names(g->family), g->arg[0], &with))
		return text_fail(g->err, "unknown reject type '%s'", g->arg[0]);
	g->target->reject = (enum reject_with)with;
	return 0;
}

static int reject_check(const struct rule *r, const struct target *t,
			struct nat_error *err)
{
	if (t->reject == REJECT_TCP_RESET &&
	    (r->proto != PROTO_TCP || r->inv_proto))
		return text_fail(err, "tcp-reset needs -p tcp");
	return 0;
}

static void reject_put(const struct target *t, struct nat_sink out)
{
	const struct scan_name *n = reject_names(t->family);

	while (n->value != t->reject)
		n++;
	text_printf(out, "reject-with %s", n->name);
}

static void reject_list(const struct target *t, struct nat_sink out)
{
	text_puts(out, " ");
	reject_put(t, out);
}

static void reject_save(const struct target *t, struct nat_sink out)
{
	text_puts(out, " --");
	reject_put(t, out);
}

static const struct text_option reject_options[] = {
	{"--reject-with", REJECT_WITH, 1, false, false, reject_with},
	{.name = NULL},
};

const struct target_type target_type_reject = {
	.name = "REJECT",
	.tables = 1 << TABLE_FILTER,
	.hooks = HOOK_BIT(INPUT) | HOOK_BIT(FORWARD) | HOOK_BIT(OUTPUT),
	.options = reject_options,
	.init = reject_init,
	.check = reject_check,
	.list = reject_list,
	.save = reject_save,
};
