/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A rule set as data: what one iptables-save text says, no more. Text to
 * rules is text/rules_parse.c, rules to text text/rules_save.c and
 * text/rules_list.c; a walk of packets along them is decide/chains.c.
 * Immutable once parsed, but for the counters that
 * nat_engine_rule_counters() writes.
 *
 * Semantics: spec section 12. Addresses are in network order, ports and
 * marks in host order.
 */
#ifndef NAT_RULES_H
#define NAT_RULES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "clock.h"
#include "natcore.h"

enum table_id {
	TABLE_RAW,
	TABLE_MANGLE,
	TABLE_NAT,
	TABLE_FILTER,
	TABLE_SECURITY,
	N_TABLES
};
extern const char *const table_name[N_TABLES];

enum {
	RULE_IF_LEN = 16,    /* with its NUL, as the kernel's IFNAMSIZ */
	RULE_CHAIN_LEN = 29, /* with its NUL */
	RULE_COMMENT_LEN = 256,
	RULE_HELPER_LEN = 30,
	LOG_PREFIX_LEN = 30,
	NFLOG_PREFIX_LEN = 64,
	MULTIPORT_SLOTS = 15,
	NO_CHAIN = 0xffff,
};

/* -i and -o: @len bytes of @name are compared, the NUL among them unless the
 * name ended in '+'. len 0: any. */
struct rule_if {
	char name[RULE_IF_LEN];
	uint8_t len;
	bool invert;
};

/* A conntrack match keeps the address as written, host bits and all: compare
 * (address ^ addr) & mask. */
struct rule_addr {
	struct nat_addr addr, mask; /* mask all zero: any */
	bool invert;
};

struct port_range {
	uint16_t min, max; /* inclusive */
};

/* @name NULL: the packet has no such interface. */
static inline bool rule_if_fits(const struct rule_if *r, const char *name)
{
	char full[RULE_IF_LEN] = "";

	if (!r->len)
		return !r->invert;
	if (name)
		memcpy(full, name, strnlen(name, sizeof(full) - 1));
	return !memcmp(full, r->name, r->len) != r->invert;
}

static inline bool rule_addr_fits(const struct rule_addr *r,
				  const struct nat_addr *a)
{
	uint32_t diff = 0;

	for (unsigned i = 0; i < 4; i++)
		diff |= (a->w[i] ^ r->addr.w[i]) & r->mask.w[i];
	return !diff != r->invert;
}

static inline bool port_range_has(struct port_range r, uint16_t port)
{
	return r.min <= port && port <= r.max;
}

enum fragment_match { FRAG_ANY, FRAG_ONLY, FRAG_NOT }; /* none, -f, ! -f */

enum match_kind {
	MATCH_TCP,
	MATCH_UDP,
	MATCH_SCTP,
	MATCH_ICMP,
	MATCH_ICMP6, /* the same of ICMPv6 */
	MATCH_MULTIPORT,
	MATCH_CONNTRACK,
	MATCH_STATE,
	MATCH_MARK,
	MATCH_ADDRTYPE,
	MATCH_STATISTIC,
	MATCH_COMMENT,
	MATCH_IPRANGE,
	MATCH_LIMIT,
	MATCH_CONNMARK,
	MATCH_LENGTH,
	MATCH_TTL,
	MATCH_TOS,
	MATCH_DSCP,
	MATCH_TCPMSS,
	MATCH_MAC,
	MATCH_PKTTYPE,
	MATCH_OWNER,
	MATCH_HELPER,
	MATCH_CONNBYTES,
	N_MATCHES,
};

struct match_tcp {
	struct port_range sport, dport;
	uint8_t flags_mask, flags_cmp;
	uint8_t option; /* 0: none asked for */
	bool inv_sport, inv_dport, inv_flags, inv_option;
};

struct match_udp {
	struct port_range sport, dport;
	bool inv_sport, inv_dport;
};

enum sctp_chunks_how {
	SCTP_CHUNKS_NOT_ASKED,
	SCTP_CHUNKS_ANY,
	SCTP_CHUNKS_ALL,
	SCTP_CHUNKS_ONLY,
};

struct match_sctp {
	struct port_range sport, dport;
	uint32_t types[8]; /* a bit for each type of chunk */
	struct sctp_flags {
		uint8_t mask, set;   /* flags & mask == set */
	} flags[3];                  /* by sctp_flags_index() */
	uint8_t how;                 /* enum sctp_chunks_how */
	bool asks_sport, asks_dport; /* for printing alone */
	bool inv_sport, inv_dport, inv_chunks;
};

static inline bool sctp_types_has(const struct match_sctp *m, uint8_t type)
{
	return m->types[type / 32] >> type % 32 & 1;
}

static inline void sctp_types_add(struct match_sctp *m, uint8_t type)
{
	m->types[type / 32] |= UINT32_C(1) << type % 32;
}

/* The three types of chunks that have flags, from 0; -1: not one of them. */
static inline int sctp_flags_index(uint8_t type)
{
	switch (type) {
	case 0: /* DATA */
		return 0;
	case 6: /* ABORT */
		return 1;
	case 14: /* SHUTDOWN COMPLETE */
		return 2;
	default:
		return -1;
	}
}

struct match_icmp {
	uint8_t type; /* 255: any */
	uint8_t code_min, code_max;
	bool invert;
};

enum multiport_side { MULTIPORT_SRC, MULTIPORT_DST, MULTIPORT_EITHER };

struct match_multiport {
	enum multiport_side side;
	bool invert;
	uint8_t n;
	struct port_range port[MULTIPORT_SLOTS]; /* min == max: one port */
	bool is_range[MULTIPORT_SLOTS];          /* as written, "a:b" */
};

/* What a conntrack match asks for; any not asked is true. */
enum ctmatch_field {
	CTM_STATE = 1 << 0,
	CTM_PROTO = 1 << 1,
	CTM_ORIGSRC = 1 << 2,
	CTM_ORIGDST = 1 << 3,
	CTM_REPLSRC = 1 << 4,
	CTM_REPLDST = 1 << 5,
	CTM_ORIGSRC_PORT = 1 << 6,
	CTM_ORIGDST_PORT = 1 << 7,
	CTM_REPLSRC_PORT = 1 << 8,
	CTM_REPLDST_PORT = 1 << 9,
	CTM_STATUS = 1 << 10,
	CTM_EXPIRE = 1 << 11,
	CTM_DIR = 1 << 12,
};

/* Bits of match_conntrack.states: 1 << enum nat_state, and two virtual ones */
enum { CTSTATE_SNAT = 1 << 6, CTSTATE_DNAT = 1 << 7 };

/* Arrays: origsrc, origdst, replsrc, repldst in that order. */
enum { CT_ORIGSRC, CT_ORIGDST, CT_REPLSRC, CT_REPLDST, CT_N_ENDS };

struct match_conntrack {
	uint16_t asked, inverted; /* enum ctmatch_field bits */
	uint16_t states;
	uint16_t status; /* enum nat_status bits, any of; 0 with CTM_STATUS:
			  * NONE */
	uint16_t proto;
	uint8_t dir; /* enum nat_dir */
	struct rule_addr addr[CT_N_ENDS];
	struct port_range port[CT_N_ENDS];
	uint32_t expire_min, expire_max; /* seconds */
};

struct match_state {
	uint16_t states; /* 1 << enum nat_state */
	bool invert;
};

struct match_mark {
	uint32_t mark, mask;
	bool invert;
};

/* Bits of match_addrtype: 1 << enum route_type (decide/route.h) in the order
 * of RTN_*: UNSPEC UNICAST LOCAL BROADCAST ANYCAST MULTICAST BLACKHOLE
 * UNREACHABLE PROHIBIT THROW NAT XRESOLVE. */
struct match_addrtype {
	uint16_t src, dst; /* 0: not asked */
	bool inv_src, inv_dst;
	bool limit_in, limit_out;
};

struct match_statistic {
	bool nth; /* else random */
	bool invert;
	uint32_t every, packet; /* nth; every as written, not less one */
	uint32_t probability;   /* random: p * 2^31 */
	uint32_t state;         /* slot in the engine's rule state */
};

struct match_iprange {
	struct nat_addr src_min, src_max, dst_min, dst_max; /* inclusive */
	bool src, dst, inv_src, inv_dst;
};

enum { LIMIT_SCALE = 10000, LIMIT_CREDITS = 128 }; /* of a tick */

struct match_limit {
	uint32_t avg; /* in units of 1/10,000 s per packet, as the kernel */
	uint32_t burst;
	uint32_t state; /* slot in the engine's rule state */
};

/* What the kernel holds such a time in, of which 32 bits may not be enough. */
static inline uint32_t limit_credits(uint32_t time)
{
	const uint32_t per_second = TICKS_PER_S * LIMIT_CREDITS;

	if (time > UINT32_MAX / per_second)
		return time / LIMIT_SCALE * per_second;
	return time * per_second / LIMIT_SCALE;
}

/* LENGTH of the datagram, TCPMSS. */
struct match_range {
	uint16_t min, max; /* inclusive */
	bool invert;
};

enum ttl_order { TTL_EQUAL, TTL_NOT, TTL_BELOW, TTL_ABOVE };

struct match_ttl {
	uint8_t order; /* enum ttl_order */
	uint8_t ttl;
};

/* TOS; DSCP, whose six bits are the upper ones of the byte. */
struct match_tos {
	uint8_t value, mask;
	bool invert;
};

struct match_mac {
	uint8_t addr[6];
	bool invert;
};

enum packet_type { PKT_UNICAST, PKT_BROADCAST, PKT_MULTICAST };

struct match_pkttype {
	uint8_t type; /* enum packet_type */
	bool invert;
};

enum { OWNER_UID = 1, OWNER_GID = 2, OWNER_SOCKET = 4 };

struct match_owner {
	uint8_t asked, inverted; /* OWNER_* bits */
	bool suppl_groups;
	uint32_t uid_min, uid_max, gid_min, gid_max;
};

struct match_helper {
	char name[RULE_HELPER_LEN]; /* empty: any */
	bool invert;
};

enum connbytes_what { CONNBYTES_PACKETS, CONNBYTES_BYTES, CONNBYTES_AVERAGE };
enum { CONNBYTES_BOTH = NAT_N_DIRS };

struct match_connbytes {
	uint64_t from, to; /* inclusive; to 0: no end */
	uint8_t what;      /* enum connbytes_what */
	uint8_t dir;       /* enum nat_dir, or CONNBYTES_BOTH */
	bool invert;
};

struct match {
	enum match_kind kind;
	uint8_t family; /* 4 or 6: how its addresses are written */
	union {
		struct match_tcp tcp;
		struct match_udp udp;
		struct match_sctp sctp;
		struct match_icmp icmp;
		struct match_multiport multiport;
		struct match_conntrack conntrack;
		struct match_state state;
		struct match_mark mark; /* MATCH_CONNMARK too */
		struct match_addrtype addrtype;
		struct match_statistic statistic;
		struct match_iprange iprange;
		struct match_limit limit;
		struct match_range length, tcpmss;
		struct match_ttl ttl;
		struct match_tos tos; /* MATCH_DSCP too */
		struct match_mac mac;
		struct match_pkttype pkttype;
		struct match_owner owner;
		struct match_helper helper;
		struct match_connbytes connbytes;
		char *comment;
	};
};

enum target_kind {
	TARGET_NONE, /* counts and goes on */
	TARGET_ACCEPT,
	TARGET_DROP,
	TARGET_RETURN,
	TARGET_JUMP,
	TARGET_GOTO,
	TARGET_MARK, /* these change something, and the chain goes on */
	TARGET_CONNMARK,
	TARGET_CT,
	TARGET_NOTRACK,
	TARGET_TRACE,
	TARGET_TOS,
	TARGET_DSCP,
	TARGET_TTL,
	TARGET_TCPMSS,
	TARGET_LOG,
	TARGET_NFLOG,
	TARGET_CLASSIFY,
	TARGET_CHECKSUM,
	TARGET_REJECT, /* from here on targets decide */
	TARGET_SNAT,
	TARGET_DNAT,
	TARGET_MASQUERADE,
	TARGET_REDIRECT,
	TARGET_NETMAP,
	N_TARGETS,
};

/* Spec 7.2; the values are the kernel's, for whoever compares. */
enum range_flag {
	RANGE_MAP_IPS = 1,
	RANGE_PROTO_SPECIFIED = 2,
	RANGE_PROTO_RANDOM = 4,
	RANGE_PERSISTENT = 8,
	RANGE_RANDOM_FULLY = 16,
	RANGE_PROTO_OFFSET = 32,
	RANGE_NETMAP = 64,
	RANGE_RANDOM = RANGE_PROTO_RANDOM | RANGE_RANDOM_FULLY,
};

/* What SNAT, DNAT, MASQUERADE, REDIRECT and NETMAP may map to. */
struct nat_range {
	uint16_t flags; /* enum range_flag */
	struct nat_addr addr_min, addr_max;
	uint16_t port_min, port_max, port_base; /* host order */
};

enum reject_with {
	REJECT_NET_UNREACH, /* in IPv6: no route */
	REJECT_HOST_UNREACH,
	REJECT_PROTO_UNREACH,
	REJECT_PORT_UNREACH, /* the default */
	REJECT_NET_PROHIBITED,
	REJECT_HOST_PROHIBITED,
	REJECT_ADMIN_PROHIBITED,
	REJECT_TCP_RESET,
	/* of IPv6 alone */
	REJECT_POLICY_FAIL,
	REJECT_ROUTE,
};

enum mark_action { MARK_SET, MARK_SAVE, MARK_RESTORE };

/* MARK and CONNMARK. SET: (mark & ~mask) ^ value; CONNMARK's mask is ctmask.
 * SAVE copies what nfmask has of the packet's mark to the connection's, over
 * what ctmask has there; RESTORE the other way round. */
struct target_mark {
	uint8_t action; /* enum mark_action */
	bool shift_right;
	uint8_t shift; /* of what is set or copied, in bits */
	uint32_t value, ctmask, nfmask;
};

enum { CT_ZONE_ORIG = 1, CT_ZONE_REPLY = 2 }; /* neither means both */

/* How a connection is to be made. */
struct target_ct {
	bool notrack;
	bool zone_mark; /* the zone is the packet's mark */
	uint8_t zone_dirs;
	uint16_t zone;
	uint16_t ctevents, expevents; /* bits 0 new .. 9 secmark; 0: not said */
};

/* (tos & ~mask) ^ value. DSCP has the upper six bits. */
struct target_tos {
	uint8_t value, mask;
};

enum ttl_change { TTL_SET, TTL_INC, TTL_DEC };

struct target_ttl {
	uint8_t change; /* enum ttl_change */
	uint8_t by;
};

enum { MSS_CLAMP = 0xffff }; /* to what the path takes */

struct target_log {
	uint8_t level, flags; /* as syslog and the kernel number them */
	char prefix[LOG_PREFIX_LEN];
};

struct target_nflog {
	uint16_t group, threshold; /* 0: not said */
	bool sized;                /* --nflog-size, else --nflog-range */
	uint32_t len;
	char prefix[NFLOG_PREFIX_LEN];
};

struct target {
	enum target_kind kind;
	uint8_t family;
	union {
		uint16_t chain; /* JUMP, GOTO: index in nat_rules.chain */
		enum reject_with reject;
		struct nat_range range; /* SNAT .. NETMAP */
		struct target_mark mark;
		struct target_ct ct;
		struct target_tos tos; /* TARGET_DSCP too */
		struct target_ttl ttl;
		uint16_t mss; /* TCPMSS, host order */
		struct target_log log;
		struct target_nflog nflog;
		uint32_t priority; /* CLASSIFY */
	};
};

/* Does the chain go on behind @kind, which changes something? */
static inline bool target_goes_on(enum target_kind kind)
{
	return kind >= TARGET_MARK && kind < TARGET_REJECT;
}

struct rule {
	struct rule_addr src, dst;
	struct rule_if in, out;
	uint16_t proto; /* 0: any */
	bool inv_proto;
	uint8_t fragment; /* enum fragment_match */
	uint16_t n_matches;
	struct match *match;
	struct target target;
	uint64_t packets, bytes;
	unsigned line;    /* in the text */
	const char *text; /* as iptables-save writes it, from "-A" on */
};

/* Rules of a chain are contiguous: rule[first .. first + n_rules). */
struct chain {
	char name[RULE_CHAIN_LEN];
	uint8_t table; /* enum table_id */
	uint8_t hook;  /* base chains: enum nat_hook */
	bool base;
	bool drop; /* base chains: policy DROP, else ACCEPT */
	uint32_t first, n_rules;
	uint32_t references;     /* jumps and gotos to it */
	uint64_t packets, bytes; /* the policy's counters */
};

struct rule_table {
	bool present;
	uint16_t base[NAT_N_HOOKS]; /* chain index or NO_CHAIN */
};

/* Chains of a table are contiguous and in the order in which iptables prints
 * them. */
struct nat_rules {
	uint8_t family; /* 4 or 6 */
	struct rule_table table[N_TABLES];
	struct chain *chain;
	uint32_t n_chains;
	struct rule *rule;
	uint32_t n_rules;
	uint32_t n_states; /* slots of rule state: statistic, limit */
};

#endif
