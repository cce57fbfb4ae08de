/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Settings as a table; the scenario's own among them. */
#include "verify/kernel_quiet.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "verify/namespace.h"

/* Written to the namespace's /proc/sys/net; what this kernel does not have
 * needs no setting. */
static const struct {
	const char *name, *value;
} setting[] = {
	{"ipv4/ip_forward", "1"},
	{"ipv4/icmp_ratelimit", "0"},
	{"ipv4/icmp_ratemask", "0"},
	{"ipv4/icmp_msgs_per_sec", "1000000"},
	{"ipv4/icmp_msgs_burst", "1000000"},
	{"ipv4/conf/all/rp_filter", "0"},
	{"ipv4/conf/default/rp_filter", "0"},
	{"ipv4/conf/all/send_redirects", "0"},
	{"ipv4/conf/default/send_redirects", "0"},
	{"ipv6/icmp/ratelimit", "0"},
	{"ipv6/auto_flowlabels", "0"},
	/* a round forgets the MTUs of paths behind gateways */
	{"ipv6/route/gc_interval", "3600"},
	{"ipv6/conf/all/forwarding", "1"},
	{"ipv6/conf/all/accept_ra", "0"},
	{"ipv6/conf/default/accept_ra", "0"},
	{"ipv6/conf/all/accept_dad", "0"},
	{"ipv6/conf/default/accept_dad", "0"},
	{"ipv6/conf/default/dad_transmits", "0"},
	{"ipv6/conf/default/router_solicitations", "0"},
	{"ipv6/conf/default/mldv2_unsolicited_report_interval", "1"},
	{"ipv6/mld_qrv", "1"},
	{"ipv6/conf/default/addr_gen_mode", "1"},
};

bool kernel_has_ipv6(const struct kernel_config *cfg)
{
	const char *at = cfg->topology_text.at;

	while (at && *at) {
		size_t line = strcspn(at, "\n"), said = strcspn(at, "#\n");

		if (memchr(at, ':', said))
			return true;
		at += line;
		at += *at == '\n';
	}
	return cfg->rules6.at;
}

static int put(const char *name, const char *value, struct nat_error *err)
{
	int error = namespace_sysctl(name, value);

	if (!error || error == -ENOENT)
		return 0;
	err->line = 0;
	(void)snprintf(err->text, sizeof(err->text), "/proc/sys/net/%s: %s",
		       name, strerrordesc_np(-error));
	return -1;
}

/* nf_conntrack_max is one for all namespaces, and not ours to change. */
static int put_sysctls(const struct nat_sysctl *s, struct nat_error *err)
{
	const struct {
		const char *name;
		uint32_t value;
	} row[] = {
#define X(name, value) {#name, s->name},
		NAT_SYSCTLS(X)
#undef X
	};
	char path[128], value[16];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (!strcmp(row[i].name, "max"))
			continue;
		(void)snprintf(path, sizeof(path), "netfilter/nf_conntrack_%s",
			       row[i].name);
		(void)snprintf(value, sizeof(value), "%u", row[i].value);
		if (put(path, value, err))
			return -1;
	}
	return 0;
}

int kernel_quiet(const struct kernel_config *cfg, struct nat_error *err)
{
	const char *off = kernel_has_ipv6(cfg) ? "0" : "1";

	for (size_t i = 0; i < sizeof(setting) / sizeof(setting[0]); i++)
		if (put(setting[i].name, setting[i].value, err))
			return -1;
	if (put("ipv6/conf/all/disable_ipv6", off, err) ||
	    put("ipv6/conf/default/disable_ipv6", off, err))
		return -1;
	return put_sysctls(cfg->sysctl, err);
}

bool kernel_chatter(const uint8_t *p, uint32_t len)
{
	enum { HOP_BY_HOP = 0, ICMPV6 = 58, HEADER = 40, REPORT_AT = 48 };
	enum { SOLICIT = 133, REPORT = 131, DONE = 132, REPORT2 = 143 };
	uint8_t type;

	if (len <= REPORT_AT || p[0] >> 4 != 6)
		return false;
	if (p[6] == ICMPV6 && p[7] == 255)
		return p[HEADER] == SOLICIT;
	if (p[6] != HOP_BY_HOP || p[HEADER] != ICMPV6 || p[7] != 1)
		return false;
	type = p[REPORT_AT];
	return type == REPORT || type == DONE || type == REPORT2;
}
