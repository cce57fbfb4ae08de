/* SPDX-License-Identifier: BSD-2-Clause
 *
 * natbench explain and natbench rules from the outside. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "test/capture_util.h"
#include "test/check.h"
#include "test/command.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))
#define SCENARIO  NATBENCH_SOURCE_DIR "/scenarios/"
#define ROUTER(s) "-T " SCENARIO s "/topology.ip -r " SCENARIO s "/rules.v4 "
#define SNAT_RULE                                                              \
	"-A POSTROUTING -s 10.10.1.0/24 -o eth0 -p tcp -j SNAT "               \
	"--to-source 192.168.0.101:1234"
#define POD_PACKET "--packet 'tcp 10.10.1.2:8888 > 192.168.0.102:8080 S'"

static struct outcome got;

/* clang-format off */
static const struct fault explain_faults[] = {
	{ "", "either --packet or a capture is needed" },
	{ "--packet 'udp 1.1.1.1:1 > 2.2.2.2:2' x.pcap",
	  "either --packet or a capture is needed" },
	{ "a.pcap b.pcap", "b.pcap: an argument too many" },
	{ "--packet bogus", "--packet 'bogus': column 1: " },
	{ "--packet 'udp 1.1.1.1:1 > 2.2.2.2:2' --packet bogus",
	  "--packet 'bogus': column 1: " },
	{ "--packet 'eth9: udp 1.1.1.1:1 > 2.2.2.2:2'",
	  "unknown interface 'eth9'" },
	{ "--packet 'udp 1.1.1.1:1 > 2.2.2.2:2' --frame 1",
	  "--frame is for a capture" },
	{ "--frame 0 x.pcap", "--frame 0: a number from 1" },
	{ "--frames 5 x.pcap", "--frames 5: A-B is needed" },
	{ "--frames 5-4 x.pcap", "a number from 5" },
	{ "--frame 999 " NATBENCH_SOURCE_DIR "/pcaps/dns.pcap",
	  "dns.pcap: no IP packet in the frames asked for" },
	{ "--bogus", "unrecognized option" },
	{ "@absent.pcap", "absent.pcap: No such file" },
	{ "-T @absent.ip x.pcap", "absent.ip: No such file" },
	{ "-T @typo.ip x.pcap", "typo.ip:2: unknown command" },
	{ "-T @empty.ip x.pcap", "no line names an interface" },
	{ "-r @typo.v4 x.pcap", "typo.v4:3: " },
	{ "-r @if.v4 x.pcap", "if.v4:3: " },
	{ "-6 rules.v6 x.pcap", "rules.v6: No such file" },
	{ "--seed x y.pcap", "--seed x: a number" },
	{ "--sysctl nonsense=1 y.pcap", "unknown sysctl" },
	{ "--sysctl net.netfilter.nf_conntrack_max=x y.pcap",
	  "bad value 'x'" },
	{ "--sysctl nothing y.pcap", "NAME=VALUE is needed" },
	{ "--client-if eth9 y.pcap", "no such interface" },
	{ "--server-if eth9 y.pcap", "no such interface" },
};
static const struct fault rules_faults[] = {
	{ "", "-r FILE is missing" },
	{ "-r @absent.v4", "absent.v4: No such file" },
	{ "-r /", "/: Is a directory" },
	{ "-r @typo.v4", "typo.v4:3: " },
	{ "-r @good.v4 --table bogus", "no chains in table 'bogus'" },
	{ "-r @good.v4 bogus", "no chain bogus in table 'nat'" },
	{ "-r @good.v4 INPUT OUTPUT", "rule number OUTPUT" },
	{ "-r @good.v4 INPUT 9", "no rule 9 in chain INPUT of table 'nat'" },
	{ "-r @good.v4 INPUT 1 2", "an argument too many" },
	{ "-r @good.v4 --save -S", "--save: writes all there is: no -S" },
	{ "-r @good.v4 --save INPUT", "writes all there is: no INPUT" },
	{ "-r @good.v4 -6 @good.v4", "one file of rules too many" },
	{ "--bogus", "unrecognized option" },
};

/* Lines that must be there, in this order, whatever stands between them. */
static const struct {
	const char *name, *line;
	const char *lines[24];
} tales[] = {
	{ "a pod's connection", ROUTER("container-host") POD_PACKET, {
		"packet 1: tcp 10.10.1.2:8888 > 192.168.0.102:8080 S",
		"PREROUTING", "conntrack: NEW: new connection",
		" orig 10.10.1.2:8888 -> 192.168.0.102:8080, "
		"reply 192.168.0.102:8080 -> 10.10.1.2:8888\n",
		"nat PREROUTING: policy ACCEPT",
		"destination NAT: null binding",
		"tuples unchanged (DST_NAT_DONE)\n",
		"routing     forward by eth0\n",
		"ip.ttl 64 -> 63\n",
		"POSTROUTING nat POSTROUTING rule 1: " SNAT_RULE "\n",
		"source NAT: by nat POSTROUTING rule 1\n",
		" reply 192.168.0.102:8080 -> 192.168.0.101:1234 "
		"(SRC_NAT, SRC_NAT_DONE)\n",
		"ip.checksum 0x", "ip.src 10.10.1.2 -> 192.168.0.101\n",
		"tcp.sport 8888 -> 1234\n", "tcp.checksum 0x",
		"confirm: in the table", "(CONFIRMED)\n",
		"verdict     forward by eth0: "
		"tcp 192.168.0.101:1234 > 192.168.0.102:8080 S",
	} },
	{ "and its answer", ROUTER("container-host") POD_PACKET, {
		"reply to packet 1: "
		"tcp 192.168.0.102:8080 > 192.168.0.101:1234 SA",
		"conntrack: ESTABLISHED, found by its reply tuple",
		"rewrite: destination",
		"ip.dst 192.168.0.101 -> 10.10.1.2\n",
		"tcp.dport 1234 -> 8888\n",
		"routing     forward by cni0\n",
		"POSTROUTING nothing to do\n",
		"verdict     forward by cni0: "
		"tcp 192.168.0.102:8080 > 10.10.1.2:8888 SA",
	} },
	{ "a second one that finds no port",
	  ROUTER("container-host") POD_PACKET
	  " --packet 'tcp 10.10.1.3:1 > 192.168.0.102:8080 S'", {
		"packet 2: tcp 10.10.1.3:1 > 192.168.0.102:8080 S",
		"verdict     drop: insert_failed\n",
	} },
	{ "the default scenario",
	  "--packet 'icmp 192.168.1.9 > 192.0.2.1 echo-request id 7 seq 1'", {
		"orig 192.168.1.9 -> 192.0.2.1 type 8 code 0 id 7, ",
		"reply 192.0.2.1 -> 192.168.1.9 type 0 code 0 id 7\n",
		"-j MASQUERADE\n", "ip.src 192.168.1.9 -> 198.51.100.1\n",
		"reply to packet 1: icmp 192.0.2.1 > 198.51.100.1 echo-reply",
		"verdict     forward by lan0",
	} },
	{ "the default scenario, IPv6",
	  "--packet 'udp [2001:db8:1::5]:40000 > [2001:db8:9::9]:53 len 4'", {
		"packet 1: udp [2001:db8:1::5]:40000 > [2001:db8:9::9]:53 len 4",
		"orig [2001:db8:1::5]:40000 -> [2001:db8:9::9]:53, ",
		"ipv6.ttl 64 -> 63\n", "-j MASQUERADE\n",
		"ipv6.src 2001:db8:1::5 -> 2001:db8:2::1\n", "udp.checksum 0x",
		"verdict     forward by wan0: ",
		"udp [2001:db8:2::1]:40000 > [2001:db8:9::9]:53 len 4",
		"reply to packet 1: udp [2001:db8:9::9]:53 > ",
		"[2001:db8:2::1]:40000 len 4",
		"ipv6.dst 2001:db8:2::1 -> 2001:db8:1::5\n",
		"verdict     forward by lan0",
	} },
	{ "rules of IPv6 alone",
	  "-T " SCENARIO "home-router/topology.ip "
	  "-6 " SCENARIO "home-router/rules.v6 "
	  "--packet 'icmpv6 2001:db8:1::5 > 2001:db8:9::9 echo-request id 7'", {
		"type 128 code 0 id 7, ", "-j MASQUERADE\n",
		"reply to packet 1: icmpv6 2001:db8:9::9 > 2001:db8:2::1 "
		"echo-reply id 7",
	} },
	{ "an error of the router's",
	  "--packet 'udp 192.168.1.9:5 > 192.0.2.1:53 ttl 1'", {
		"verdict     drop: ttl_expired\n",
		"sent by the router: icmp 192.168.1.1 > 192.168.1.9 "
		"time-exceeded transit (udp 192.168.1.9:5 > 192.0.2.1:53",
		"OUTPUT      originate",
		"verdict     forward by lan0: icmp",
	} },
	{ "fragments",
	  ROUTER("container-host")
	  "--packet 'udp 10.10.1.2:5 > 192.168.0.102:53 len 3000'", {
		"verdict     forward by eth0", "and a fragment: ",
		"offset 1480", "and a fragment: ", "offset 2960",
	} },
	{ "by another interface",
	  "--packet 'wan0: tcp 192.0.2.1:1 > 198.51.100.1:22 S'", {
		"received by wan0", "routing     to the router itself\n",
		"verdict     local\n",
		"sent by the router: tcp 198.51.100.1:22 > 192.0.2.1:1 RA",
	} },
	{ "a rule that drops",
	  ROUTER("port-forward")
	  "--packet 'wan0: tcp 192.0.2.1:1 > 192.168.1.9:22 S'", {
		"FORWARD", "filter FORWARD rule 4: ", "tcp-reset\n",
		"verdict     drop: rule\n",
		"sent by the router: tcp 192.168.1.9:22 > 192.0.2.1:1 RA",
	} },
	{ "no packet at all", "--packet 'hex 45'", {
		"packet 1: hex 45", "verdict     drop: ip_header\n",
	} },
	{ "frames of a capture", "--frames 3-4 " NATBENCH_SOURCE_DIR
	  "/pcaps/ping4.pcap", {
		"frame 3: ", "echo-request",
		"found by its original tuple", "frame 4: ", "echo-reply",
		"verdict     forward by lan0",
	} },
};
/* clang-format on */

static int make_files(void **state)
{
	static const char ip[] = "addr add 10.0.0.1/24 dev a\naddr put x\n";
	static const char nat[] = "*nat\n:POSTROUTING ACCEPT [0:0]\n";
	static const char rule[] = "-A POSTROUTING -o eth9 -j MASQUERADE\n";
	char text[512];
	int n;

	(void)state;
	write_file(scratch_path("typo.ip"), ip, strlen(ip));
	write_file(scratch_path("empty.ip"), "# none\n", 7);
	n = snprintf(text, sizeof(text), "%s-A POSTROUTING --bogus\nCOMMIT\n",
		     nat);
	write_file(scratch_path("typo.v4"), text, (size_t)n);
	n = snprintf(text, sizeof(text), "%s%sCOMMIT\n", nat, rule);
	write_file(scratch_path("if.v4"), text, (size_t)n);
	write_file(scratch_path("good.v4"), text, (size_t)n);
	return 0;
}

static void test_faults(void **state)
{
	(void)state;
	check_faults(cmd_explain, explain_faults, N_ROWS(explain_faults));
	check_faults(cmd_rules, rules_faults, N_ROWS(rules_faults));
}

static void test_tales(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(tales); i++) {
		const char *at = got.out;

		run_command(cmd_explain, tales[i].line, &got);
		if (got.status || *got.err)
			fail_msg("%s: status %d, %s", tales[i].name, got.status,
				 got.err);
		for (const char *const *l = tales[i].lines; *l; l++) {
			const char *found = strstr(at, *l);

			if (!found)
				fail_msg("%s: '%s' is missing in\n%s",
					 tales[i].name, *l, got.out);
			else
				at = found + strlen(*l);
		}
		assert_null(strchr(got.out, '\033'));
	}
}

/* The steps of the last story, as "HOOK step" words. */
static void steps_of(const json_t *story, char *out, size_t size)
{
	size_t i;
	const json_t *step;

	*out = '\0';
	json_array_foreach(json_object_get(story, "steps"), i, step)
	{
		const char *hook, *name;
		size_t len = strlen(out);

		assert_int_equal(json_unpack((json_t *)(uintptr_t)step,
					     "{s:s, s:s}", "hook", &hook,
					     "step", &name),
				 0);
		(void)snprintf(out + len, size - len, "%s %s;", hook, name);
	}
}

static const char *member(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

static void test_json(void **state)
{
	json_error_t err;
	json_t *all, *story;
	char steps[512];

	(void)state;
	run_command(cmd_explain, ROUTER("container-host") "--json " POD_PACKET,
		    &got);
	assert_int_equal(got.status, 0);
	all = json_loads(got.out, 0, &err);
	if (!all)
		fail_msg("line %d: %s", err.line, err.text);
	assert_int_equal(json_array_size(all), 2);
	story = json_array_get(all, 0);
	steps_of(story, steps, sizeof(steps));
	assert_string_equal(steps, "PREROUTING receive;PREROUTING conntrack;"
				   "PREROUTING policy;PREROUTING manip;"
				   "PREROUTING route;FORWARD forward;"
				   "POSTROUTING rule;POSTROUTING manip;"
				   "POSTROUTING rewrite;POSTROUTING confirm;");
	assert_string_equal(member(story, "verdict"), "forward");
	assert_string_equal(member(story, "out"), "eth0");
	story = json_array_get(all, 1);
	assert_string_equal(member(story, "kind"), "reply");
	assert_string_equal(member(story, "packet_out"),
			    "tcp 192.168.0.102:8080 > 10.10.1.2:8888 SA "
			    "seq 500000 ack 1001");
	json_decref(all);
}

static void test_phone_rules(void **state)
{
	size_t len;
	char *want = (char *)read_file(
		SCENARIO "phone-host/expected-before.txt", &len);

	(void)state;
	run_command(cmd_rules, "-vn -r " SCENARIO "phone-host/rules.v4", &got);
	assert_int_equal(got.status, 0);
	assert_int_equal(strlen(got.out), len);
	assert_memory_equal(got.out, want, len);
	free(want);

	run_command(cmd_rules, "--save -r " SCENARIO "phone-host/rules.v4",
		    &got);
	assert_int_equal(got.status, 0);
	assert_non_null(strstr(got.out, "\n[0:0] -A POSTROUTING -j "
					"natctrl_nat_POSTROUTING\n"));
}

static void test_help(void **state)
{
	(void)state;
	run_command(cmd_explain, "--help", &got);
	assert_int_equal(got.status, 0);
	assert_non_null(strstr(got.out, "--topology"));
	run_command(cmd_rules, "--help", &got);
	assert_int_equal(got.status, 0);
	assert_non_null(strstr(got.out, "--table"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_tales),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_phone_rules),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, make_files, scratch_remove);
}
