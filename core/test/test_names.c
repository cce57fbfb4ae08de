/* SPDX-License-Identifier: BSD-2-Clause
 * Words for the public vocabulary, and settings by name. */
#include <errno.h>
#include <string.h>

#include "natcore.h"
#include "test/check.h"
#include "util.h"

static void names_everything(void **state)
{
	(void)state;
	assert_string_equal(nat_verdict_name(NAT_FORWARD), "forward");
	assert_string_equal(nat_verdict_name(NAT_HOLD), "hold");
	assert_string_equal(nat_verdict_name(NAT_N_VERDICTS), "unknown");
	assert_string_equal(nat_drop_name(NAT_DROP_NONE), "none");
	assert_string_equal(nat_drop_name(NAT_DROP_NO_MEMORY), "no_memory");
	assert_string_equal(nat_drop_name(NAT_N_DROPS), "unknown");
	assert_string_equal(nat_hook_name(NAT_HOOK_POSTROUTING), "POSTROUTING");
	assert_string_equal(nat_hook_name(NAT_N_HOOKS), "unknown");
	assert_string_equal(nat_state_name(NAT_STATE_INVALID), "INVALID");
	assert_string_equal(nat_state_name(NAT_STATE_UNTRACKED), "UNTRACKED");
	assert_string_equal(nat_step_name(NAT_STEP_RECEIVE), "receive");
	assert_string_equal(nat_step_name(NAT_STEP_VERDICT), "verdict");
	assert_string_equal(nat_step_name(NAT_N_STEPS), "unknown");
}

static void sets_sysctls(void **state)
{
	static const struct {
		const char *name, *value;
		int rc;
	} row[] = {
		{"net.netfilter.nf_conntrack_tcp_loose", "0", 0},
		{"udp_timeout", "8589934", 0},
		{"udp_timeout", "8589935", -ERANGE},
		{"sctp_timeout_closed", "4294967295", -ERANGE},
		{"acct", "2", -ERANGE},
		{"checksum", "2", -ERANGE},
		{"timestamp", "2", -ERANGE},
		{"tcp_be_liberal", "2", -ERANGE},
		{"tcp_loose", "2", -ERANGE},
		{"tcp_ignore_invalid_rst", "2", -ERANGE},
		{"tcp_max_retrans", "256", -ERANGE},
		{"events", "0", 0},
		{"events", "3", -ERANGE},
		{"log_invalid", "255", 0},
		{"log_invalid", "256", -ERANGE},
		{"buckets", "4294967295", 0},
		{"expect_max", "4096", 0},
		{"frag6_timeout", "60", 0},
		{"frag6_timeout", "8589935", -ERANGE},
		{"frag6_high_thresh", "4194304", 0},
		{"frag6_low_thresh", "x", -EINVAL},
		{"count", "1", -EACCES},
		{"udp_timeou", "1", -ENOENT},
		{"net.ipv4.ip_forward", "1", -ENOENT},
		{"", "1", -ENOENT},
		{"max", "", -EINVAL},
		{"max", "-1", -EINVAL},
		{"max", "1x", -EINVAL},
		{"max", "4294967296", -EINVAL},
	};
	struct nat_sysctl s, fresh;

	(void)state;
	nat_sysctl_defaults(&s);
	assert_int_equal(s.max, 262144);
	assert_int_equal(s.generic_timeout, 600);
	for (size_t i = 0; i < ARRAY_LEN(row); i++)
		if (nat_sysctl_set(&s, row[i].name, row[i].value) != row[i].rc)
			fail_msg("%s=%s", row[i].name, row[i].value);
	assert_int_equal(s.tcp_loose, 0);
	assert_int_equal(s.udp_timeout, 8589934);
	assert_int_equal(s.events, 0);
	nat_sysctl_defaults(&fresh);
	s.tcp_loose = fresh.tcp_loose;
	s.udp_timeout = fresh.udp_timeout;
	s.events = fresh.events;
	assert_memory_equal(&s, &fresh, sizeof(s));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_everything),
		cmocka_unit_test(sets_sysctls),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
