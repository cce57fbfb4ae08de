/* SPDX-License-Identifier: BSD-2-Clause
 * The matches and targets there are, by kind and by name. */
#include <string.h>

#include "text/rules_text.h"
#include "text/text.h"

const struct match_type *const match_type[N_MATCHES] = {
	[MATCH_TCP] = &match_type_tcp,
	[MATCH_UDP] = &match_type_udp,
	[MATCH_SCTP] = &match_type_sctp,
	[MATCH_ICMP] = &match_type_icmp,
	[MATCH_ICMP6] = &match_type_icmp6,
	[MATCH_MULTIPORT] = &match_type_multiport,
	[MATCH_CONNTRACK] = &match_type_conntrack,
	[MATCH_STATE] = &match_type_state,
	[MATCH_MARK] = &match_type_mark,
	[MATCH_ADDRTYPE] = &match_type_addrtype,
	[MATCH_STATISTIC] = &match_type_statistic,
	[MATCH_COMMENT] = &match_type_comment,
	[MATCH_IPRANGE] = &match_type_iprange,
	[MATCH_LIMIT] = &match_type_limit,
	[MATCH_CONNMARK] = &match_type_connmark,
	[MATCH_LENGTH] = &match_type_length,
	[MATCH_TTL] = &match_type_ttl,
	[MATCH_TOS] = &match_type_tos,
	[MATCH_DSCP] = &match_type_dscp,
	[MATCH_TCPMSS] = &match_type_tcpmss,
	[MATCH_MAC] = &match_type_mac,
	[MATCH_PKTTYPE] = &match_type_pkttype,
	[MATCH_OWNER] = &match_type_owner,
	[MATCH_HELPER] = &match_type_helper,
	[MATCH_CONNBYTES] = &match_type_connbytes,
};

static const struct target_type target_type_chain = {
	.tables = UINT32_MAX,
	.hooks = ALL_HOOKS,
};

const struct target_type *const target_type[N_TARGETS] = {
	[TARGET_NONE] = &target_type_chain,
	[TARGET_ACCEPT] = &target_type_accept,
	[TARGET_DROP] = &target_type_drop,
	[TARGET_RETURN] = &target_type_return,
	[TARGET_JUMP] = &target_type_chain,
	[TARGET_GOTO] = &target_type_chain,
	[TARGET_MARK] = &target_type_mark,
	[TARGET_CONNMARK] = &target_type_connmark,
	[TARGET_CT] = &target_type_ct,
	[TARGET_NOTRACK] = &target_type_notrack,
	[TARGET_TRACE] = &target_type_trace,
	[TARGET_TOS] = &target_type_tos,
	[TARGET_DSCP] = &target_type_dscp,
	[TARGET_TTL] = &target_type_ttl,
	[TARGET_TCPMSS] = &target_type_tcpmss,
	[TARGET_LOG] = &target_type_log,
	[TARGET_NFLOG] = &target_type_nflog,
	[TARGET_CLASSIFY] = &target_type_classify,
	[TARGET_CHECKSUM] = &target_type_checksum,
	[TARGET_REJECT] = &target_type_reject,
	[TARGET_SNAT] = &target_type_snat,
	[TARGET_DNAT] = &target_type_dnat,
	[TARGET_MASQUERADE] = &target_type_masquerade,
	[TARGET_REDIRECT] = &target_type_redirect,
	[TARGET_NETMAP] = &target_type_netmap,
};

/* What the kernel has and the core has not: worth another message than a
 * misspelling. */
static const char *const missing_match[] = {
	"ah",    "bpf",    "cgroup",     "cluster", "connlabel", "connlimit",
	"cpu",   "dccp",   "devgroup",   "ecn",     "esp",       "hashlimit",
	"ipvs",  "nfacct", "osf",        "physdev", "policy",    "quota",
	"realm", "recent", "rpfilter",   "set",     "socket",    "string",
	"time",  "u32",    "udplite",    "dst",     "eui64",     "frag",
	"hbh",   "hl",     "ipv6header", "mh",      "rt",        "srh",
};

static const char *const missing_target[] = {
	"AUDIT",   "CLUSTERIP", "ECN",     "HMARK", "IDLETIMER", "LED",
	"NFQUEUE", "QUEUE",     "RATEEST", "SET",   "SYNPROXY",  "TCPOPTSTRIP",
	"TEE",     "TPROXY",    "DNPT",    "HL",    "SNPT",
};

static bool listed(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

static bool is_named(const struct match_type *t, const char *name,
		     uint8_t family)
{
	return (!t->family || t->family == family) &&
	       (!strcmp(t->name, name) ||
		(t->alias && !strcmp(t->alias, name)));
}

int match_kind_named(const char *name, uint8_t family, enum match_kind *kind,
		     struct nat_error *err)
{
	for (unsigned i = 0; i < N_MATCHES; i++) {
		if (is_named(match_type[i], name, family)) {
			*kind = (enum match_kind)i;
			return 0;
		}
	}
	if (listed(missing_match, ARRAY_LEN(missing_match), name))
		return text_fail(err, "match '%s' is not supported yet", name);
	return text_fail(err, "unknown match '%s'", name);
}

static bool target_find(const char *name, enum target_kind *kind)
{
	for (unsigned i = 0; i < N_TARGETS; i++) {
		if (target_type[i]->name &&
		    !strcmp(target_type[i]->name, name)) {
			*kind = (enum target_kind)i;
			return true;
		}
	}
	return false;
}

int target_kind_named(const char *name, enum target_kind *kind,
		      struct nat_error *err)
{
	if (target_find(name, kind))
		return 0;
	if (listed(missing_target, ARRAY_LEN(missing_target), name))
		return text_fail(err, "target '%s' is not supported yet", name);
	return text_fail(err, "there is no chain or target '%s'", name);
}

bool target_name_taken(const char *name)
{
	enum target_kind kind = TARGET_NONE;

	return target_find(name, &kind) ||
	       listed(missing_target, ARRAY_LEN(missing_target), name);
}
