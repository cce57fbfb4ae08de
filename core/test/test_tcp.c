/* SPDX-License-Identifier: BSD-2-Clause
 * The TCP tracker's tables cell by cell, and what scripts do not reach. */
#include <stdio.h>
#include <string.h>

#include "pure/tcp.h"
#include "pure/tcp_window.h"
#include "test/check.h"

static const struct nat_sysctl defaults = {
#define X(name, value) .name = (value),
	NAT_SYSCTLS(X)
#undef X
};

/* --------------------------------------------------------- state tables */

/* Rows as the specification prints them: -- invalid, IG ignored, SS* a SYN
 * after the end of a connection. */
enum { COLUMN = 4 }; /* characters wide */
static const char columns[] = "NO  SS  SR  ES  FW  CW  LA  TW  CL  S2";

/* clang-format off */
static const struct {
	const char *name;
	enum nat_dir dir;
	uint8_t flags;
	const char *cells;
} table[] = {
	{ "original SYN", NAT_ORIGINAL, TCP_SYN,
	  "SS  SS  IG  IG  IG  IG  IG  SS* SS* S2" },
	{ "original SYN/ACK", NAT_ORIGINAL, TCP_SYN | TCP_ACK,
	  "--  --  SR  --  --  --  --  --  --  SR" },
	{ "original FIN", NAT_ORIGINAL, TCP_FIN | TCP_ACK,
	  "--  --  FW  FW  LA  LA  LA  TW  CL  --" },
	{ "original ACK", NAT_ORIGINAL, TCP_ACK,
	  "ES  --  ES  ES  CW  CW  TW  TW  CL  --" },
	{ "original RST", NAT_ORIGINAL, TCP_RST,
	  "--  CL  CL  CL  CL  CL  CL  CL  CL  CL" },
	{ "original none", NAT_ORIGINAL, 0,
	  "--  --  --  --  --  --  --  --  --  --" },
	{ "reply SYN", NAT_REPLY, TCP_SYN,
	  "--  S2  --  --  --  --  --  SS* --  S2" },
	{ "reply SYN/ACK", NAT_REPLY, TCP_SYN | TCP_ACK,
	  "--  SR  IG  IG  IG  IG  IG  IG  IG  SR" },
	{ "reply FIN", NAT_REPLY, TCP_FIN | TCP_ACK,
	  "--  --  FW  FW  LA  LA  LA  TW  CL  --" },
	{ "reply ACK", NAT_REPLY, TCP_ACK,
	  "--  IG  SR  ES  CW  CW  TW  TW  CL  IG" },
	{ "reply RST", NAT_REPLY, TCP_RST,
	  "--  CL  CL  CL  CL  CL  CL  CL  CL  CL" },
	{ "reply none", NAT_REPLY, 0,
	  "--  --  --  --  --  --  --  --  --  --" },
};
/* clang-format on */

/* Both windows are wide open around sequence number 1000. */
static struct tcp_track open_windows(enum tcp_state state)
{
	const struct tcp_side side = {
		.end = 1000, .maxend = 100000, .maxwin = 30000};
	struct tcp_track t = {.side = {side, side}, .last_win = 1};

	tcp_set_state(&t, state, TCP_CLASS_NONE, NAT_ORIGINAL);
	return t;
}

static struct tcp_result send_fitting(struct tcp_track *t, enum nat_dir dir,
				      uint8_t flags)
{
	struct tcp_rules rules;
	struct tcp_context c = {
		.rules = &rules,
		.status = NAT_ST_CONFIRMED | NAT_ST_SEEN_REPLY,
		.dir = dir,
	};
	struct tcp_segment g = {
		.seq = 1000,
		.ack = 1000,
		.end = tcp_segment_end(1000, flags, 0),
		.win = 1000,
		.flags = flags,
	};

	tcp_rules_init(&rules, &defaults);
	return tcp_update(t, &g, &c);
}

static enum tcp_state column_state(const char *cell)
{
	const char *at = strstr(columns, (char[]){cell[0], cell[1], 0});

	assert_non_null(at);
	return (enum tcp_state)((at - columns) / COLUMN);
}

static uint32_t default_timeout(enum tcp_state state)
{
	static const uint32_t seconds[TCP_N_STATES] = {
		0, 120, 60, 432000, 120, 60, 30, 120, 10, 120};

	return seconds[state] * TICKS_PER_S;
}

static bool cell_holds(size_t row, enum tcp_state old)
{
	const char *cell = &table[row].cells[(size_t)old * COLUMN];
	struct tcp_track t = open_windows(old);
	struct tcp_result r =
		send_fitting(&t, table[row].dir, table[row].flags);
	enum tcp_state want;

	if (!strncmp(cell, "--", 2))
		return r.verdict == TCP_INVALID && tcp_state(&t) == old &&
		       !r.actions;
	if (!strncmp(cell, "IG", 2) || cell[2] == '*')
		return r.verdict == TCP_IGNORE && tcp_state(&t) == old &&
		       !r.actions;
	want = column_state(cell);
	return r.verdict == TCP_ACCEPT && tcp_state(&t) == want &&
	       r.timeout == default_timeout(want) &&
	       !(r.actions & TCP_CHANGED) == (want == old);
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		for (unsigned old = 0; old < TCP_N_STATES; old++)
			if (!cell_holds(i, old))
				fail_msg("%s in state %s", table[i].name,
					 tcp_state_name(old));
}

/* The cells SS*: who may reopen what. */
static void test_reopen(void **state)
{
	static const struct {
		const char *name;
		enum tcp_state old;
		enum nat_dir dir;
		int closed_by; /* direction of the first FIN; -1: none */
		int reset_by;  /* direction of the last RST; -1: none */
		enum tcp_verdict want;
	} row[] = {
		{"no FIN", TCPS_TIME_WAIT, 0, -1, -1, TCP_IGNORE},
		{"client's FIN", TCPS_TIME_WAIT, 0, 0, -1, TCP_REPEAT},
		{"server's FIN", TCPS_TIME_WAIT, 0, 1, -1, TCP_REPEAT},
		{"reply, client's FIN", TCPS_TIME_WAIT, 1, 0, -1, TCP_REPEAT},
		{"reply, no FIN", TCPS_TIME_WAIT, 1, -1, -1, TCP_IGNORE},
		{"own RST", TCPS_CLOSE, 0, -1, 0, TCP_REPEAT},
		{"peer's RST", TCPS_CLOSE, 0, -1, 1, TCP_IGNORE},
		{"peer's RST, a FIN", TCPS_CLOSE, 0, 1, 1, TCP_REPEAT},
		{"reply in CLOSE", TCPS_CLOSE, 1, 0, 1, TCP_INVALID},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct tcp_track t = open_windows(row[i].old);

		if (row[i].closed_by >= 0)
			t.flags[row[i].closed_by] = TCP_CLOSE_INIT;
		if (row[i].reset_by >= 0)
			tcp_set_state(&t, row[i].old, TCP_CLASS_RST,
				      (enum nat_dir)row[i].reset_by);
		if (send_fitting(&t, row[i].dir, TCP_SYN).verdict !=
		    row[i].want)
			fail_msg("%s", row[i].name);
	}
}

/* ---------------------------------------------------------------- flags */

static void test_flags_valid(void **state)
{
	static const uint8_t valid[] = {0x02, 0x22, 0x12, 0x04, 0x14,
					0x11, 0x31, 0x10, 0x30};

	(void)state;
	for (unsigned flags = 0; flags < 256; flags++) {
		bool want = false;

		for (size_t i = 0; i < ARRAY_LEN(valid); i++)
			want |= (flags & 0x37) == valid[i];
		if (tcp_flags_valid((uint8_t)flags) != want)
			fail_msg("flags 0x%02x", flags);
	}
}

static void test_class(void **state)
{
	static const struct {
		const char *name;
		uint8_t flags;
		enum tcp_class want;
	} row[] = {
		{"none", 0, TCP_CLASS_NONE},
		{"PSH URG", TCP_PSH | TCP_URG, TCP_CLASS_NONE},
		{"SYN", TCP_SYN | TCP_ECE | TCP_CWR, TCP_CLASS_SYN},
		{"SYN FIN", TCP_SYN | TCP_FIN, TCP_CLASS_SYN},
		{"SYN ACK", TCP_SYN | TCP_ACK, TCP_CLASS_SYNACK},
		{"FIN", TCP_FIN, TCP_CLASS_FIN},
		{"FIN ACK", TCP_FIN | TCP_ACK, TCP_CLASS_FIN},
		{"ACK", TCP_ACK | TCP_PSH, TCP_CLASS_ACK},
		{"all", 0xff, TCP_CLASS_RST},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		if (tcp_class(row[i].flags) != row[i].want)
			fail_msg("%s", row[i].name);
}

/* ------------------------------------------------- the rest of the module */

static void test_accessors(void **state)
{
	struct tcp_track t = {0};

	(void)state;
	for (unsigned s = 0; s < TCP_N_STATES; s++)
		for (unsigned c = 0; c < TCP_N_CLASSES; c++)
			for (unsigned d = 0; d < NAT_N_DIRS; d++) {
				tcp_set_state(&t, s, c, d);
				assert_int_equal(tcp_state(&t), s);
				assert_int_equal(tcp_last_class(&t), c);
				assert_int_equal(tcp_last_dir(&t), d);
			}
	tcp_set_scale(&t, NAT_ORIGINAL, 14);
	tcp_set_scale(&t, NAT_REPLY, 9);
	tcp_set_scale(&t, NAT_ORIGINAL, 3);
	assert_int_equal(tcp_scale(&t, NAT_ORIGINAL), 3);
	assert_int_equal(tcp_scale(&t, NAT_REPLY), 9);
}

static void test_set_closing(void **state)
{
	struct tcp_track t = open_windows(TCPS_ESTABLISHED);
	struct tcp_rules rules;
	struct tcp_result r;

	(void)state;
	tcp_rules_init(&rules, &defaults);
	tcp_set_state(&t, TCPS_ESTABLISHED, TCP_CLASS_ACK, NAT_REPLY);
	r = tcp_set_closing(&t, &rules);
	assert_int_equal(r.verdict, TCP_ACCEPT);
	assert_int_equal(r.actions, TCP_SET_TIMEOUT | TCP_CHANGED);
	assert_int_equal(r.timeout, 10 * TICKS_PER_S);
	assert_int_equal(tcp_state(&t), TCPS_CLOSE);
	assert_int_equal(tcp_last_class(&t), TCP_CLASS_ACK);
	assert_int_equal(tcp_last_dir(&t), NAT_REPLY);
	r = tcp_set_closing(&t, &rules);
	assert_int_equal(r.actions, 0);
	assert_int_equal(tcp_state(&t), TCPS_CLOSE);
}

static void test_may_evict(void **state)
{
	static const struct {
		const char *name;
		enum tcp_state mine, old;
		uint32_t mine_end, old_end;
		bool want;
	} row[] = {
		{"TIME_WAIT", TCPS_SYN_SENT, TCPS_TIME_WAIT, 1001, 1000, true},
		{"CLOSE", TCPS_SYN_SENT, TCPS_CLOSE, 1001, 1000, true},
		{"SYN_SENT2", TCPS_SYN_SENT, TCPS_SYN_SENT2, 9, 1, true},
		{"LAST_ACK", TCPS_SYN_SENT, TCPS_LAST_ACK, 1001, 1000, false},
		{"same end", TCPS_SYN_SENT, TCPS_CLOSE, 1000, 1000, false},
		{"before", TCPS_SYN_SENT, TCPS_CLOSE, 999, 1000, false},
		{"wrapped", TCPS_SYN_SENT, TCPS_CLOSE, 5, 0xfffffff0, true},
		{"far ahead", TCPS_SYN_SENT, TCPS_CLOSE, 0x80000000, 1, true},
		{"half", TCPS_SYN_SENT, TCPS_CLOSE, 0x80000001, 1, false},
		{"picked up", TCPS_ESTABLISHED, TCPS_CLOSE, 9, 1, false},
		{"not begun", TCPS_NONE, TCPS_CLOSE, 9, 1, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		struct tcp_track mine = open_windows(row[i].mine);
		struct tcp_track old = open_windows(row[i].old);

		mine.side[NAT_ORIGINAL].end = row[i].mine_end;
		old.side[NAT_ORIGINAL].end = row[i].old_end;
		if (tcp_may_evict(&mine, &old) != row[i].want)
			fail_msg("%s", row[i].name);
	}
}

/* A helper that lengthened the data: acknowledgements, and the edges of SACK
 * blocks, count it, the window does not. */
static void test_ack_offset(void **state)
{
	static const uint8_t sack[] = {1,    1,    5, 10, 0, 0,
				       0x03, 0xea, 0, 0,  3, 0xec};
	struct tcp_rules rules;
	struct tcp_context c = {
		.rules = &rules, .ack_offset = 4, .dir = NAT_REPLY};
	struct tcp_segment g = {.seq = 1000,
				.ack = 1004,
				.end = 1000,
				.win = 1000,
				.flags = TCP_ACK,
				.options = sack};
	struct tcp_track t = open_windows(TCPS_ESTABLISHED);

	(void)state;
	tcp_rules_init(&rules, &defaults);
	t.flags[NAT_ORIGINAL] = TCP_SACK_PERM | TCP_DATA_UNACK;
	assert_int_equal(tcp_window_check(&t, &g, &c), TCP_WHY_NONE);
	assert_int_equal(t.side[NAT_REPLY].maxack, 1000);
	assert_int_equal(t.flags[NAT_ORIGINAL], TCP_SACK_PERM);
	g.ack = 1002;
	g.options_len = sizeof(sack); /* up to 1004 */
	assert_int_equal(tcp_window_check(&t, &g, &c), TCP_WHY_NONE);
	c.ack_offset = 3;
	assert_int_equal(tcp_window_check(&t, &g, &c), TCP_WHY_ACK_ABOVE);
}

static void test_fixed_timeout(void **state)
{
	struct tcp_track t = open_windows(TCPS_ESTABLISHED);
	struct tcp_rules rules;
	struct tcp_context c = {
		.rules = &rules,
		.left = ticks_of_s(432000),
		.status = NAT_ST_CONFIRMED | NAT_ST_SEEN_REPLY |
			  NAT_ST_ASSURED | NAT_ST_FIXED_TIMEOUT,
	};
	struct tcp_segment g = {.seq = 900000,
				.ack = 1000,
				.end = 900001,
				.flags = TCP_FIN | TCP_ACK};
	struct tcp_result r;

	(void)state;
	tcp_rules_init(&rules, &defaults);
	tcp_set_state(&t, TCPS_ESTABLISHED, TCP_CLASS_FIN, NAT_REPLY);
	r = tcp_update(&t, &g, &c);
	assert_int_equal(r.verdict, TCP_INVALID);
	assert_int_equal(r.actions, 0);
	c.status &= (uint16_t)~NAT_ST_FIXED_TIMEOUT;
	r = tcp_update(&t, &g, &c);
	assert_int_equal(r.verdict, TCP_INVALID);
	assert_int_equal(r.actions, TCP_SET_TIMEOUT);
	assert_int_equal(r.timeout, 300 * TICKS_PER_S);
}

/* Segments that open a connection, by what the tracker would make of them. */
static const struct {
	const char *name;
	uint32_t seq, ack, payload;
	uint16_t win;
	uint8_t flags, options_len;
	uint8_t options[20];
} opening[] = {
	{"no options", 1000, 0, 0, 64240, TCP_SYN, 0, {0}},
	{"as Linux begins", 1000, 0, 0, 64240, TCP_SYN, 20, {2, 4, 5,  180, 4,
							     2, 8, 10, 1,   2,
							     3, 4, 0,  0,   0,
							     0, 1, 3,  3,   7}},
	{"a scale beyond the limit", 7, 0, 0, 1, TCP_SYN, 3, {3, 3, 15}},
	{"malformed options", 7, 0, 0, 1, TCP_SYN, 4, {4, 1, 3, 3}},
	{"no window", 1000, 0, 0, 0, TCP_SYN, 0, {0}},
	{"the widest window", 1000, 0, 0, 65535, TCP_SYN, 0, {0}},
	{"data", 1000, 0, 1200, 64240, TCP_SYN, 0, {0}},
	{"an ack that means nothing", 1, 0xfffffff0, 0, 9, TCP_SYN, 0, {0}},
	{"round the end", 0xffffffff, 0, 40, 64240, TCP_SYN, 0, {0}},
	{"across the middle", 0x7fffffff, 0, 1, 64240, TCP_SYN, 0, {0}},
	{"urgent", 5, 0, 0, 512, TCP_SYN | TCP_URG, 0, {0}},
	{"ECN", 5, 0, 0, 512, TCP_SYN | TCP_ECE | TCP_CWR, 0, {0}},
};

static void test_open(void **state)
{
	const uint16_t all = TCP_SET_TIMEOUT | TCP_ACCOUNT | TCP_CHANGED;
	struct tcp_rules rules;
	struct tcp_context c = {.rules = &rules};

	(void)state;
	tcp_rules_init(&rules, &defaults);
	for (size_t i = 0; i < ARRAY_LEN(opening); i++) {
		struct tcp_segment g = {
			.seq = opening[i].seq,
			.ack = opening[i].ack,
			.end = tcp_segment_end(opening[i].seq, opening[i].flags,
					       opening[i].payload),
			.win = opening[i].win,
			.flags = opening[i].flags,
			.options = opening[i].options,
			.options_len = opening[i].options_len,
		};
		struct tcp_track a = {0}, b = {0};
		struct tcp_result r = tcp_update(&a, &g, &c);

		if (tcp_open(&b, &g, &rules) != r.timeout ||
		    memcmp(&a, &b, sizeof(a)) != 0 || r.actions != all ||
		    r.verdict != TCP_ACCEPT)
			fail_msg("%s", opening[i].name);
	}
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(tcp_state_name(TCPS_SYN_SENT2), "SYN_SENT2");
	assert_string_equal(tcp_state_name(TCPS_TIME_WAIT), "TIME_WAIT");
	for (unsigned w = 0; w < TCP_N_WHYS; w++)
		assert_true(strlen(tcp_why_text(w)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_reopen),
		cmocka_unit_test(test_flags_valid),
		cmocka_unit_test(test_class),
		cmocka_unit_test(test_accessors),
		cmocka_unit_test(test_set_closing),
		cmocka_unit_test(test_may_evict),
		cmocka_unit_test(test_ack_offset),
		cmocka_unit_test(test_fixed_timeout),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
