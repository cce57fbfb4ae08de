/* SPDX-License-Identifier: BSD-2-Clause
 *
 * natcore - Linux connection tracking and NAT in user space.
 *
 *	struct nat_config cfg = { .topology = topo, .rules = rules };
 *	struct nat_engine *e = nat_engine_new(&cfg, &err);
 *	struct nat_worker *w = nat_worker_new(e);
 *	nat_worker_run(w, now_ns, packets, n);
 *	nat_worker_free(w);
 *	nat_engine_free(e);
 *
 * The library does no I/O, reads no clock and keeps no global state: time and
 * randomness are arguments, so a run is reproducible from its seed: with one
 * worker to the byte, whatever other threads do; with several, as far as they
 *do not meet in the same connections, sockets and last free places.
 *
 * THREADS: an engine is shared by any number of threads. A worker belongs to
 * the thread that called nat_worker_new(); every nat_worker_*() call on it must
 * come from that thread. A thread has at most one worker. Parsing and printing
 * may run on any thread. nat_engine_free() needs every worker freed.
 *
 * OWNERSHIP: whoever calls X_new() or X_parse() calls X_free(). An engine
 * borrows its topology and rules until it is freed. Packet buffers stay the
 * caller's. Strings that are returned live as long as the object asked.
 *
 * ERRORS: functions that build return NULL and fill struct nat_error; others
 * return 0 or a negative errno. Packets never cause errors: they get a verdict.
 *
 * UNITS: times are nanoseconds, addresses, ports and ids in network byte
 * order, lengths in bytes; marks, zones and counters in host order.
 */
#ifndef NATCORE_H
#define NATCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define NAT_API      __attribute__((visibility("default")))
#define NAT_MUST_USE __attribute__((warn_unused_result))
#else
#define NAT_API
#define NAT_MUST_USE
#endif

/* ------------------------------------------------------------- vocabulary */

/* What became of a packet. The sum over all verdicts is the packets in. */
#define NAT_VERDICTS(X)                                                        \
	X(FORWARD, "forward") /* leaves by out_if, translated */               \
	X(LOCAL, "local")     /* delivered to the router itself */             \
	X(DROP, "drop")       /* gone; see the reason */                       \
	X(HOLD, "hold")       /* a fragment that waits for the others */

/* Why a packet was dropped. */
#define NAT_DROPS(X)                                                           \
	X(NONE, "none")                                                        \
	X(IP_HEADER, "ip_header")           /* RFC 791/8200 header check */    \
	X(IP_OPTIONS, "ip_options")         /* malformed, or a source route */ \
	X(MARTIAN_SOURCE, "martian_source") /* RFC 1812 5.3.7 */               \
	X(MARTIAN_DEST, "martian_destination") /* RFC 1812 5.3.7 */            \
	X(NO_ROUTE, "no_route")                                                \
	X(NOT_OURS, "not_for_us") /* link broadcast or multicast */            \
	X(TTL, "ttl_expired")                                                  \
	X(TOO_BIG, "too_big")       /* DF set and longer than the MTU */       \
	X(RULE, "rule")             /* target DROP or REJECT */                \
	X(POLICY, "policy")         /* chain policy DROP */                    \
	X(HOTDROP, "hotdrop")       /* a match met a malformed packet */       \
	X(TABLE_FULL, "table_full") /* nf_conntrack_max, no early drop */      \
	X(INSERT_FAILED, "insert_failed") /* no free tuple at confirm */       \
	X(NAT, "nat")                     /* rewrite impossible */             \
	X(NAT_ADDRESS, "nat_address") /* MASQUERADE/REDIRECT: no address */    \
	X(ICMP_ERROR, "icmp_error")   /* quoted packet cannot be mapped */     \
	X(OIF_CHANGED, "oif_changed") /* masqueraded flow changed its exit */  \
	X(FRAGMENT, "fragment")       /* reassembly refused it */              \
	X(SCOPE, "beyond_scope") /* an IPv6 source that reaches less far */    \
	X(NO_MEMORY, "no_memory")

/* Netfilter hooks, in kernel numbering. */
#define NAT_HOOKS(X) X(PREROUTING) X(INPUT) X(FORWARD) X(OUTPUT) X(POSTROUTING)

/* Connection status bits, as in the kernel's user space interface. */
#define NAT_STATUS_BITS(X)                                                     \
	X(EXPECTED, 0)                                                         \
	X(SEEN_REPLY, 1)                                                       \
	X(ASSURED, 2)                                                          \
	X(CONFIRMED, 3)                                                        \
	X(SRC_NAT, 4)                                                          \
	X(DST_NAT, 5)                                                          \
	X(SEQ_ADJUST, 6)                                                       \
	X(SRC_NAT_DONE, 7)                                                     \
	X(DST_NAT_DONE, 8)                                                     \
	X(DYING, 9)                                                            \
	X(FIXED_TIMEOUT, 10)                                                   \
	X(TEMPLATE, 11)                                                        \
	X(NAT_CLASH, 12)                                                       \
	X(HELPER, 13)

/* What happens to a connection, as in the kernel's event masks. */
#define NAT_CT_EVENTS(X)                                                       \
	X(NEW, 0)     /* it entered the table */                               \
	X(RELATED, 1) /* the same, expected by another */                      \
	X(DESTROY, 2)                                                          \
	X(REPLY, 3) /* its first answer */                                     \
	X(ASSURED, 4)                                                          \
	X(PROTOINFO, 5) /* a new state of its protocol */                      \
	X(HELPER, 6)                                                           \
	X(MARK, 7)

/* How conntrack sees a packet (-m conntrack --ctstate). */
#define NAT_STATES(X) X(INVALID) X(NEW) X(ESTABLISHED) X(RELATED) X(UNTRACKED)

enum nat_verdict {
#define X(id, name) NAT_##id,
	NAT_VERDICTS(X)
#undef X
		NAT_N_VERDICTS
};

enum nat_drop {
#define X(id, name) NAT_DROP_##id,
	NAT_DROPS(X)
#undef X
		NAT_N_DROPS
};

enum nat_hook {
#define X(id) NAT_HOOK_##id,
	NAT_HOOKS(X)
#undef X
		NAT_N_HOOKS
};

enum nat_status {
#define X(id, bit) NAT_ST_##id = 1 << (bit),
	NAT_STATUS_BITS(X)
#undef X
};

enum nat_ct_event {
#define X(id, bit) NAT_CT_##id = 1 << (bit),
	NAT_CT_EVENTS(X)
#undef X
};

enum nat_state {
#define X(id) NAT_STATE_##id,
	NAT_STATES(X)
#undef X
		NAT_N_STATES
};

enum nat_dir { NAT_ORIGINAL, NAT_REPLY, NAT_N_DIRS };

enum { NAT_NO_IF = 0xffff };

NAT_API const char *nat_verdict_name(enum nat_verdict v);
NAT_API const char *nat_drop_name(enum nat_drop d);
NAT_API const char *nat_hook_name(enum nat_hook h);
NAT_API const char *nat_state_name(enum nat_state s);

struct nat_error {
	unsigned line;  /* 1-based line of the text parsed; 0: none */
	char text[240]; /* what is wrong, one line, no newline */
};

/* IPv6, or IPv4 in w[0] with the rest zero. */
struct nat_addr {
	uint32_t w[4];
};

/* One direction of a connection, as its packets look on the wire.
 * Ids: ports; for ICMP src_id is the identifier and dst_id the bytes type,
 * code; zero for protocols without either (spec section 2). */
struct nat_tuple {
	struct nat_addr src, dst;
	uint16_t src_id, dst_id;
	uint8_t proto;
	uint8_t family; /* 4 or 6 */
	uint16_t zone;
};

/* Where text goes: called any number of times, text not NUL-terminated. */
struct nat_sink {
	void (*put)(void *ctx, const char *text, size_t len);
	void *ctx;
};

/* ----------------------------------------------------- topology and rules */

/* Interfaces, addresses, routes and policy rules: an `ip -batch` file. */
struct nat_topology;
NAT_API struct nat_topology *nat_topology_parse(const char *text, size_t len,
						struct nat_error *err);
NAT_API void nat_topology_free(struct nat_topology *t);
NAT_API unsigned nat_topology_n_ifs(const struct nat_topology *t);
NAT_API const char *nat_topology_if_name(const struct nat_topology *t,
					 unsigned i);
/* Index of the interface, or -ENODEV. */
NAT_API int nat_topology_if_index(const struct nat_topology *t,
				  const char *name);

/* One `iptables-save` text: tables, chains, rules, counters. */
struct nat_rules;
NAT_API struct nat_rules *nat_rules_parse(const char *text, size_t len,
					  struct nat_error *err);
/* The same of an `ip6tables-save` text. */
NAT_API struct nat_rules *nat_rules6_parse(const char *text, size_t len,
					   struct nat_error *err);
NAT_API void nat_rules_free(struct nat_rules *r);
/* As `iptables-save -c` writes them, without its two comment lines; tables
 * stand in the order in which the text had them. */
NAT_API void nat_rules_save(const struct nat_rules *r, struct nat_sink out);

struct nat_list_options {
	const char *table; /* "nat" and so on; NULL: "filter" */
	const char *chain; /* NULL: all */
	bool verbose;      /* -v */
	bool numeric;      /* -n */
	bool exact;        /* -x */
	bool line_numbers; /* --line-numbers */
	bool spec;         /* -S instead of -L */
	unsigned rule;     /* of @chain, from 1; 0: all */
};
/* As `iptables -L` or `-S` prints them, but hosts and services are always
 * numbers: nothing is looked up. -ENOENT: no such table or chain; -ERANGE: no
 * such rule in it, of which iptables says nothing. */
NAT_API int nat_rules_list(const struct nat_rules *r,
			   const struct nat_list_options *o,
			   struct nat_sink out);
/* Checks that the topology has every interface the rules name in full. */
NAT_API int nat_rules_check(const struct nat_rules *r,
			    const struct nat_topology *t,
			    struct nat_error *err);

/* net.netfilter.nf_conntrack_NAME and its default (spec 11.1). Timeouts are in
 * seconds, frag6_high_thresh in bytes; the frag6_* are of IPv6 fragments, for
 * which IPv4 has no such setting: 30 s and the same 4 MiB. */
#define NAT_SYSCTLS(X)                                                         \
	X(max, 262144)                                                         \
	X(acct, 0)                                                             \
	X(timestamp, 0)                                                        \
	X(checksum, 1)                                                         \
	X(events, 2)                                                           \
	X(tcp_be_liberal, 0)                                                   \
	X(tcp_ignore_invalid_rst, 0)                                           \
	X(tcp_loose, 1)                                                        \
	X(tcp_max_retrans, 3)                                                  \
	X(tcp_timeout_syn_sent, 120)                                           \
	X(tcp_timeout_syn_recv, 60)                                            \
	X(tcp_timeout_established, 432000)                                     \
	X(tcp_timeout_fin_wait, 120)                                           \
	X(tcp_timeout_close_wait, 60)                                          \
	X(tcp_timeout_last_ack, 30)                                            \
	X(tcp_timeout_time_wait, 120)                                          \
	X(tcp_timeout_close, 10)                                               \
	X(tcp_timeout_max_retrans, 300)                                        \
	X(tcp_timeout_unacknowledged, 300)                                     \
	X(udp_timeout, 30)                                                     \
	X(udp_timeout_stream, 120)                                             \
	X(gre_timeout, 30)                                                     \
	X(gre_timeout_stream, 180)                                             \
	X(sctp_timeout_closed, 10)                                             \
	X(sctp_timeout_cookie_wait, 3)                                         \
	X(sctp_timeout_cookie_echoed, 3)                                       \
	X(sctp_timeout_established, 210)                                       \
	X(sctp_timeout_shutdown_sent, 3)                                       \
	X(sctp_timeout_shutdown_recd, 3)                                       \
	X(sctp_timeout_shutdown_ack_sent, 3)                                   \
	X(sctp_timeout_heartbeat_sent, 30)                                     \
	X(icmp_timeout, 30)                                                    \
	X(icmpv6_timeout, 30)                                                  \
	X(frag6_timeout, 60)                                                   \
	X(frag6_high_thresh, 4194304)                                          \
	X(generic_timeout, 600)

struct nat_sysctl {
#define X(name, value) uint32_t name;
	NAT_SYSCTLS(X)
#undef X
};

NAT_API void nat_sysctl_defaults(struct nat_sysctl *s);
/* @name is one of those, with or without "net.netfilter.nf_conntrack_" in
 * front. Those of the kernel that would change nothing here (buckets,
 * expect_max, frag6_low_thresh, log_invalid) are looked at and forgotten.
 * -ENOENT: there is none; -EACCES: it cannot be set; -EINVAL: no number;
 * -ERANGE: the kernel would refuse it. */
NAT_API int nat_sysctl_set(struct nat_sysctl *s, const char *name,
			   const char *value);

/* ------------------------------------------------------ engine and worker */

struct nat_engine; /* shared: connections, rules, routes */
struct nat_worker; /* one per thread: RCU registration, counters, scratch */

struct nat_config {
	const struct nat_topology *topology; /* required */
	const struct nat_rules *rules;       /* of IPv4; NULL: none */
	const struct nat_rules *rules6;      /* of IPv6; NULL: none */
	const struct nat_sysctl *sysctl;     /* NULL: defaults */
	uint64_t seed;                       /* hash key, every random choice */
	unsigned workers;                    /* most at a time; 0: 1 */
};

NAT_API struct nat_engine *nat_engine_new(const struct nat_config *cfg,
					  struct nat_error *err);
NAT_API void nat_engine_free(struct nat_engine *e);

/* A packet in a caller's buffer: in @data, @len, @in_if and @time_ns, the
 * rest out. @data begins with the IP header and is rewritten in place; one that
 * grew (TCPMSS) is elsewhere then, and lives as what the router originates. */
struct nat_packet {
	uint8_t *data;
	uint32_t len;     /* out: without what trailed the IP datagram; 0: see
			   * nat_worker_run() */
	uint32_t mark;    /* netfilter mark; in and out */
	uint64_t time_ns; /* arrival; 0: the time given to the call */
	uint16_t out_if;  /* FORWARD: where it left; NAT_NO_IF otherwise */
	uint8_t verdict;  /* enum nat_verdict */
	uint8_t reason;   /* enum nat_drop */
	uint8_t state;    /* enum nat_state */
	uint8_t dir;      /* enum nat_dir, where state has a connection */
	uint16_t manip;   /* NAT_ST_SRC_NAT | NAT_ST_DST_NAT: what was done */
	uint16_t in_if;   /* topology index */
	uint16_t reserved;
	uint32_t cause; /* of an originated packet: index in the batch of the
			 * packet because of which, or at whose time */
};

/* NULL: no memory, or as many workers as nat_config said. */
NAT_API struct nat_worker *nat_worker_new(struct nat_engine *e);
NAT_API void nat_worker_free(struct nat_worker *w);

/* Sends @n packets through the router, in order. Time never runs backwards:
 * an earlier @now_ns counts as the latest seen. Returns how many packets the
 * router itself sent because of them; nat_worker_originated() has those.
 *
 * Connections whose time is over end when a packet meets them, or a little
 * later; all of them in a run without packets, @n being 0.
 *
 * Fragments. A packet that is too long for its exit becomes its own first
 * fragment; the others are originated. While connections are tracked, a
 * datagram that came in fragments, by whichever worker, goes through the router
 * as one packet: its fragments are held, but for the one that completes it,
 * which has the datagram's verdict. If that is FORWARD its len is 0, for all
 * fragments that leave are originated, in order. */
NAT_API int nat_worker_run(struct nat_worker *w, uint64_t now_ns,
			   struct nat_packet *pkt, size_t n);
/* Packets of the last run that the router made (ICMP errors, resets, echo
 * replies, fragments); they live until the next call on @w. */
NAT_API const struct nat_packet *
nat_worker_originated(const struct nat_worker *w, size_t *n);

/* What nat_worker_run() does, in stages; batches go through them in groups. */
#define NAT_STAGES(X)                                                          \
	X(BEGIN, "begin")     /* clocks, a turn, fragments given up */         \
	X(KEY, "key")         /* is it plain, where would its connection be */ \
	X(GUESS, "guess")     /* which connection is it most likely */         \
	X(SETTLED, "settled") /* the short way of what is known */             \
	X(OPENING, "opening") /* the short way of what begins */               \
	X(WALK, "walk")       /* the long way, from hook to hook */            \
	X(END, "end")         /* expiry */

enum nat_stage {
#define X(id, name) NAT_STAGE_##id,
	NAT_STAGES(X)
#undef X
		NAT_N_STAGES
};

/* Time by a clock of the caller's, and how often it was read for that. */
struct nat_stages {
	struct nat_stage_cost {
		uint64_t ticks, laps, packets;
	} stage[NAT_N_STAGES];
};
NAT_API const char *nat_stage_name(enum nat_stage s);
/* nat_worker_run(), and adds to @into what each stage took by @clock. */
NAT_API int nat_worker_run_timed(struct nat_worker *w, uint64_t now_ns,
				 struct nat_packet *pkt, size_t n,
				 uint64_t (*clock)(void),
				 struct nat_stages *into);
/* Between bursts: holds up no other thread's reclamation until the next run. */
NAT_API void nat_worker_idle(struct nat_worker *w);

/* Interface @if_index went down or, where @addr is not NULL, lost that address:
 * connections to which MASQUERADE gave it end, as in Linux. Returns how many.
 * The topology stays as it is. */
NAT_API uint64_t nat_worker_if_down(struct nat_worker *w, uint64_t now_ns,
				    uint16_t if_index,
				    const struct nat_addr *addr);

/* Gets memory ready ahead of need, so that no packet waits for it. For a thread
 * that has no worker, some hundred times a second while connections are being
 * made; each call takes up to some milliseconds. Without it all works, slower
 * while the table grows. -ENOMEM: there was none. */
NAT_API int nat_engine_maintain(struct nat_engine *e);

/* ---------------------------------------------------------- what happened */

struct nat_stats {
	uint64_t packets, bytes; /* of IP, without what trails it */
	uint64_t verdict[NAT_N_VERDICTS];
	uint64_t drop[NAT_N_DROPS];
	uint64_t state[NAT_N_STATES];
	uint64_t originated;
	/* connections */
	uint64_t created, expired, deleted;
	uint64_t found;   /* a translation that was wanted is taken */
	uint64_t invalid; /* packets of no connection */
	uint64_t error;   /* ICMP that is unfit or about none */
	uint64_t insert_failed, clash_resolve;
	uint64_t dropped; /* no tuple free, or no place for one more */
	uint64_t early_drop;
	/* as /proc/net/snmp: datagrams that came in fragments and became
	 * whole, and those that were given up, timeouts among them */
	uint64_t reasm_oks, reasm_fails, reasm_timeout;
};

/* The @i-th counter of a line of `conntrack -S`, by the tool's name; NULL:
 * there are no more. What the core has no case of is 0. */
NAT_API const char *nat_conntrack_stat(const struct nat_stats *s, unsigned i,
				       uint64_t *value);
NAT_API void nat_worker_stats(const struct nat_worker *w, struct nat_stats *s);
/* The sum over all workers there ever were. Exact while none runs. */
NAT_API void nat_engine_stats(struct nat_engine *e, struct nat_stats *s);

struct nat_memory {
	uint64_t entries, peak;  /* connections, now and at most */
	uint64_t table_bytes;    /* index over both directions */
	uint64_t conn_bytes;     /* the connections in use */
	uint64_t total_bytes;    /* all the engine holds for connections */
	uint64_t fragment_bytes; /* of datagrams that are not complete */
};
NAT_API void nat_engine_memory(struct nat_engine *e, struct nat_memory *m);

/* A connection at a moment. */
struct nat_conntrack {
	struct nat_tuple tuple[NAT_N_DIRS];
	uint16_t status;    /* enum nat_status bits */
	uint8_t tcp_state;  /* spec 5.2: 1 SYN_SENT .. 9 SYN_SENT2 */
	uint8_t sctp_state; /* spec 6.5: 1 CLOSED .. 8 HEARTBEAT_SENT */
	uint32_t sctp_vtag[NAT_N_DIRS]; /* that its packets bear */
	bool acct;                      /* the counters below are kept */
	uint32_t timeout_s;
	uint32_t mark;
	uint64_t packets[NAT_N_DIRS], bytes[NAT_N_DIRS];
	uint64_t start_ns; /* when it entered the table; 0: not kept */
	uint64_t stop_ns;  /* when it ended or, alive, was looked at */
};

/* Calls @fn for each live connection at @now_ns, in no order. Runs on a thread
 * without a worker, or on a worker's own. Of a connection that a worker changes
 * meanwhile, state and counters may be of different moments. */
NAT_API void nat_engine_each(struct nat_engine *e, uint64_t now_ns,
			     void (*fn)(void *ctx,
					const struct nat_conntrack *ct),
			     void *ctx);
/* A line as `conntrack -L` prints it, newline included; @extended: as with
 * `-o extended`, which begins with the IP version. */
NAT_API void nat_conntrack_print(const struct nat_conntrack *ct, bool extended,
				 struct nat_sink out);

/* Something happened to a connection. What a packet brings about is told at
 * once, when it leaves; if it is dropped on its way, with a later packet of
 * the connection that leaves. DESTROY comes alone and at once; of connections
 * that expired, when that is noticed. */
struct nat_conntrack_event {
	uint64_t time_ns;
	unsigned bits; /* enum nat_ct_event */
	const struct nat_conntrack *ct;
};
typedef void (*nat_conntrack_event_fn)(void *ctx,
				       const struct nat_conntrack_event *ev);
/* Calls @fn, within nat_worker_run(), for what happens on this worker to
 * connections made from now on while it listened; NULL: no more. To hear all,
 * listen on every worker before the first packet. */
NAT_API void nat_worker_events(struct nat_worker *w, nat_conntrack_event_fn fn,
			       void *ctx);
/* A line as `conntrack -E` prints it, newline included; @timestamp: as with
 * `-o timestamp`. */
NAT_API void nat_conntrack_event_print(const struct nat_conntrack_event *ev,
				       bool timestamp, struct nat_sink out);

/* Writes the counters the engine has counted into @r, a parse of the text the
 * engine's rules of that family were parsed from. Exact while no worker runs.
 */
NAT_API int nat_engine_rule_counters(struct nat_engine *e, struct nat_rules *r);

/* ------------------------------------------------------------------ trace */

/* What a packet meets on its way, in order. */
#define NAT_STEPS(X)                                                           \
	X(RECEIVE, "receive")       /* IP header checked */                    \
	X(REASSEMBLE, "reassemble") /* the last fragment has come */           \
	X(CONNTRACK, "conntrack")   /* connection found, made, or none */      \
	X(RULE, "rule")             /* a rule matched */                       \
	X(POLICY, "policy")         /* end of a base chain */                  \
	X(MANIP, "manip")         /* NAT decided: by a rule or null binding */ \
	X(REWRITE, "rewrite")     /* bytes changed by NAT */                   \
	X(ROUTE, "route")         /* routing decision */                       \
	X(FORWARD, "forward")     /* TTL taken down */                         \
	X(CONFIRM, "confirm")     /* connection entered the table */           \
	X(ORIGINATE, "originate") /* the router sends a packet of its own */   \
	X(VERDICT, "verdict")     /* the end */

enum nat_step {
#define X(id, name) NAT_STEP_##id,
	NAT_STEPS(X)
#undef X
		NAT_N_STEPS
};
NAT_API const char *nat_step_name(enum nat_step s);

struct nat_event {
	enum nat_step step;
	enum nat_hook hook;
	const char *table; /* RULE, POLICY, MANIP by rule: where; else NULL */
	const char *chain;
	unsigned rule;    /* 1-based in its chain; 0: the policy */
	const char *text; /* RULE: as iptables-save writes it; else a note */
	enum nat_verdict verdict; /* VERDICT */
	enum nat_drop reason;
	enum nat_state state;
	enum nat_dir dir;
	const struct nat_conntrack *ct; /* NULL: none attached */
	const uint8_t *data;            /* the packet as it is now */
	uint32_t len;
	uint16_t in_if, out_if;
};
typedef void (*nat_trace_fn)(void *ctx, const struct nat_event *ev);
/* Calls @fn at every step of every packet from now on; NULL: no more. */
NAT_API void nat_worker_trace(struct nat_worker *w, nat_trace_fn fn, void *ctx);

/* ---------------------------------------------------------------- choices */

/* What Linux draws at random, and no seed foretells. */
enum nat_choice_kind {
	NAT_CHOICE_ID,  /* a port or ICMP identifier, of many that are free */
	NAT_CHOICE_LOT, /* does -m statistic --mode random fit? 1 or 0 */
};

struct nat_choice {
	enum nat_choice_kind kind;
	/* ID: for which connection, by its original tuple, at which end */
	struct nat_tuple tuple;
	bool source;
	uint16_t min, max; /* host order */
	/* LOT: of which rule, of which family */
	unsigned family; /* 4 or 6 */
	const char *table, *chain;
	unsigned rule; /* 1-based in its chain */
};
/* What to take (an id in host order), or -1 to let the core draw. An id out of
 * range or in use is not taken, and the core draws. */
typedef int (*nat_choice_fn)(void *ctx, const struct nat_choice *c);
/* Asks @fn wherever a random number is due from now on; NULL: no more. */
NAT_API void nat_worker_choose(struct nat_worker *w, nat_choice_fn fn,
			       void *ctx);

#ifdef __cplusplus
}
#endif
#endif
