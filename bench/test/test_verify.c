/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The twin's judgement, without a kernel: packets, connections and counters of
 * two sides compared. */
#include <stdio.h>
#include <string.h>

#include "explain/notation.h"
#include "test/check.h"
#include "verify/compare.h"
#include "verify/rules_diff.h"
#include "verify/table_diff.h"
#include "verify/tally.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

enum { MOST = 4, ROOM = 256 };

/* ------------------------------------------------------------------ packets
 *
 * "IF NOTATION", IF being a digit; the core's first is the packet itself, if
 * that was not cut. */

#define UDP  "udp 10.0.0.2:4000 > 192.0.2.1:53"
#define PONG "icmp 10.0.0.1 > 10.0.0.2 echo-reply"
#define VAIN "icmp 10.0.0.1 > 10.0.0.2 type 11 code 1 (" UDP ")"
#define HOPS "icmp 10.0.0.1 > 10.0.0.2 type 11 code 0 (" UDP ")"

/* A fragment up to its offset, names of a datagram and some data. */
#define PIECE  "proto 44 2001:db8::1 > 2001:db8::2 data 1100"
#define A      "0000000112131415"
#define B      "0200000112131415"
#define C      "0300000112131415"
#define NOBODY "0000000012131415"
#define TIME   "icmp 10.0.0.1 > 10.0.0.2 type 14 code 0 data 0007"

/* clang-format off */
static const struct {
	const char *name;
	const char *kernel[MOST], *core[MOST];
	const char *kind; /* NULL: they agree */
	struct allowance allowed;
	bool cut;
} packets[] = {
	{ "nothing", { NULL }, { NULL }, NULL, { 0 }, false },
	{ "the same", { "1 " UDP }, { "1 " UDP }, NULL, { 0 }, false },
	{ "only the kernel", { "1 " UDP }, { NULL }, "only the kernel sent", { 0 }, false },
	{ "only the core", { NULL }, { "1 " UDP }, "only the core sent", { 0 }, false },
	{ "another interface", { "0 " UDP }, { "1 " UDP }, "interface", { 0 }, false },
	{ "a field", { "1 " UDP " ttl 63" }, { "1 " UDP " ttl 62" },
	  "differs in ip.ttl", { 0 }, false },
	{ "a port, not the sum that follows",
	  { "1 udp 10.0.0.2:4001 > 192.0.2.1:53" }, { "1 " UDP },
	  "differs in udp.sport", { 0 }, false },
	{ "the id of the packet itself", { "1 " UDP " ipid 7" }, { "1 " UDP },
	  "differs in ip.id", { 0 }, false },
	{ "the id of the router's own", { "1 " UDP, "0 " PONG " ipid 7" },
	  { "1 " UDP, "0 " PONG }, NULL, { .ip_id = 1 }, false },
	{ "and more than the id", { "1 " UDP, "0 " PONG " ipid 7 ttl 9" },
	  { "1 " UDP, "0 " PONG }, "differs in ip.id", { 0 }, false },
	{ "a time of day", { "1 " UDP, "0 " TIME "00000001" },
	  { "1 " UDP, "0 " TIME "00000002" }, NULL, { .clock = 1 }, false },
	{ "interfaces have no order among them", { "0 " PONG, "1 " UDP },
	  { "1 " UDP, "0 " PONG }, NULL, { 0 }, false },
	{ "one interface has", { "1 " PONG, "1 " UDP },
	  { "1 " UDP, "1 " PONG }, "order", { 0 }, false },
	{ "one too many", { "1 " UDP, "1 " UDP }, { "1 " UDP },
	  "only the kernel sent", { 0 }, false },
	{ "what fragments of IPv6 are called",
	  { "1 " PIECE "0001" A, "1 " PIECE "0008" A },
	  { "1 " PIECE "0001" B, "1 " PIECE "0008" B }, NULL, { .frag_id = 2 }, true },
	{ "one datagram, two of the core's",
	  { "1 " PIECE "0001" A, "1 " PIECE "0008" A },
	  { "1 " PIECE "0001" B, "1 " PIECE "0008" C }, "differs in byte 44",
	  { .frag_id = 1 }, true },
	{ "one datagram, two of the kernel's",
	  { "1 " PIECE "0001" A, "1 " PIECE "0008" B },
	  { "1 " PIECE "0001" C, "1 " PIECE "0008" C }, "differs in byte 44",
	  { .frag_id = 1 }, true },
	{ "a fragment with the name nobody",
	  { "1 " PIECE "0001" A }, { "1 " PIECE "0001" NOBODY },
	  "differs in byte 47", { 0 }, true },
	{ "more than the name", { "1 " PIECE "0001" A },
	  { "1 " PIECE "0009" B }, "differs in byte 43", { 0 }, true },
	{ "the kernel's timer ran out", { "1 " UDP, "0 " VAIN }, { "1 " UDP },
	  NULL, { .waited = 1 }, false },
	{ "the core's", { "1 " UDP }, { "1 " UDP, "0 " VAIN },
	  NULL, { .waited = 1 }, false },
	{ "both", { "0 " VAIN }, { "0 " VAIN }, NULL, { 0 }, true },
	{ "no hop is left, only to the kernel", { "0 " HOPS }, { NULL },
	  "only the kernel sent", { 0 }, true },
	{ "the name in the fragment itself",
	  { "1 " PIECE "0001" A }, { "1 " PIECE "0001" B },
	  "differs in byte 44", { 0 }, false },
};
/* clang-format on */

static size_t make_list(const char *const text[MOST], struct sent list[MOST],
			uint8_t bytes[MOST][ROOM])
{
	struct nat_error err;
	size_t n = 0;

	for (; n < MOST && text[n]; n++) {
		int len = notation_parse(text[n] + 2, bytes[n], ROOM, &err);

		if (len < 0)
			fail_msg("%s: %s", text[n], err.text);
		list[n] = (struct sent){bytes[n], (uint32_t)len,
					(uint16_t)(text[n][0] - '0')};
	}
	return n;
}

static void test_packets(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(packets); i++) {
		static uint8_t kernel_bytes[MOST][ROOM], core_bytes[MOST][ROOM];
		struct sent kernel[MOST], core[MOST];
		struct sent_list k = {.sent = kernel}, c = {.sent = core};
		struct allowance allowed = {.ip_id = 0};
		struct difference d;
		bool same;

		k.n = make_list(packets[i].kernel, kernel, kernel_bytes);
		c.n = make_list(packets[i].core, core, core_bytes);
		c.forwarded = packets[i].cut ? NULL : core;
		same = compare_sent(&k, &c, &allowed, &d);
		if (same != !packets[i].kind ||
		    (!same && strcmp(d.kind, packets[i].kind) != 0))
			fail_msg("%s: %s", packets[i].name,
				 same ? "the same" : d.kind);
		if (memcmp(&allowed, &packets[i].allowed, sizeof(allowed)) != 0)
			fail_msg(
				"%s: allowed %u ids, %u of fragments, %u times",
				packets[i].name, allowed.ip_id, allowed.frag_id,
				allowed.clock);
	}
}

/* -------------------------------------------------------------- connections
 */

/* Ports of the two tuples, status, TCP state, seconds, mark, accounting. */
#define CT(port, reply, bits, state, seconds, marked, counted)                 \
	{                                                                      \
		.tuple = {{.src_id = (port), .proto = 6, .family = 4},         \
			  {.src_id = (reply), .proto = 6, .family = 4}},       \
		.status = (bits), .tcp_state = (state),                        \
		.timeout_s = (seconds), .mark = (marked), .acct = (counted),   \
	}

static const struct nat_conntrack kernels = CT(1, 2, 8, 3, 100, 0, false);

/* What the core says, and what comes of it. */
static const struct {
	const char *name;
	struct nat_conntrack core;
	const char *what; /* NULL: no difference */
	uint32_t took_s;
} entries[] = {
	{"nothing", CT(1, 2, 8, 3, 100, 0, false), NULL, 0},
	{"two seconds", CT(1, 2, 8, 3, 98, 0, false), NULL, 0},
	{"three seconds", CT(1, 2, 8, 3, 103, 0, false), "timeout", 0},
	{"as long as it took", CT(1, 2, 8, 3, 103, 0, false), NULL, 1},
	{"status", CT(1, 2, 12, 3, 100, 0, false), "status", 0},
	{"state", CT(1, 2, 8, 4, 100, 0, false), "tcp state", 0},
	{"mark", CT(1, 2, 8, 3, 100, 1, false), "mark", 0},
	{"counters", CT(1, 2, 8, 3, 100, 0, true), "counters", 0},
	{"reply", CT(1, 3, 8, 3, 100, 0, false), "reply tuple", 0},
	{"another", CT(3, 2, 8, 3, 100, 0, false), "only in the kernel", 0},
	{"about to go", CT(3, 2, 8, 3, 1, 0, false), "only in the kernel", 0},
};

static void hear(void *ctx, const struct table_entry_diff *e)
{
	const char **what = ctx;

	if (!*what)
		*what = e->what;
}

static void test_connections(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(entries); i++) {
		struct table_diff d = {.took_s = entries[i].took_s};
		const char *what = NULL, *want = entries[i].what;

		table_diff_kernel(&d, &kernels);
		table_diff_core(&d, &entries[i].core);
		table_diff_run(&d, hear, &what);
		if (!what != !want || (what && strcmp(what, want) != 0))
			fail_msg("%s: %s", entries[i].name,
				 what ? what : "the same");
		assert_int_equal(!d.differ, !want);
		table_diff_fini(&d);
	}
}

/* ----------------------------------------------------------------- counters
 */

#define CHAINS "*nat\n:POSTROUTING ACCEPT [1:40]\n:own - [0:0]\n"

static const struct {
	const char *name, *kernel, *core;
	size_t compared, differ;
} counters[] = {
	{"the same", CHAINS "[2:80] -A own -j RETURN\nCOMMIT\n",
	 CHAINS "[2:80] -A own -j RETURN\nCOMMIT\n", 3, 0},
	{"a rule", CHAINS "[2:80] -A own -j RETURN\nCOMMIT\n",
	 CHAINS "[2:81] -A own -j RETURN\nCOMMIT\n", 3, 1},
	{"a policy", "*nat\n:POSTROUTING ACCEPT [1:41]\nCOMMIT\n",
	 "*nat\n:POSTROUTING ACCEPT [1:40]\nCOMMIT\n", 1, 1},
	{"rules by their place",
	 CHAINS "[2:80] -A own -j RETURN\n[1:4] -A own -j ACCEPT\nCOMMIT\n",
	 CHAINS "[2:80] -A own\n[1:4] -A own -m comment\nCOMMIT\n", 4, 0},
	{"the kernel has more",
	 "*filter\n:INPUT ACCEPT [9:9]\nCOMMIT\n" CHAINS "COMMIT\n",
	 CHAINS "COMMIT\n", 2, 0},
	{"in another order",
	 CHAINS "COMMIT\n*raw\n:PREROUTING ACCEPT [3:4]\nCOMMIT\n",
	 "*raw\n:PREROUTING ACCEPT [3:4]\nCOMMIT\n" CHAINS "COMMIT\n", 3, 0},
	{"the kernel lacks it", "", CHAINS "COMMIT\n", 2, 2},
};

static void test_counters(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(counters); i++) {
		struct rules_diff d = {.compared = 0};

		rules_diff_run(&d, 4, counters[i].kernel, counters[i].core);
		if (d.compared != counters[i].compared ||
		    d.differ != counters[i].differ)
			fail_msg("%s: %zu compared, %zu differ: %s, %s",
				 counters[i].name, d.compared, d.differ,
				 d.line[0], d.line[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
