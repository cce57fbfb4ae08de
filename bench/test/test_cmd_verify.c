/* SPDX-License-Identifier: BSD-2-Clause
 *
 * natbench verify from the outside. Where the kernel cannot be asked, that is
 * said and skipped; what is wrong with the input is told all the same. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "test/capture_util.h"
#include "test/check.h"
#include "test/command.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

static struct outcome got;

/* clang-format off */
static const struct fault faults[] = {
	{ "", "verify: a capture is missing" },
	{ "@a.pcap @b.pcap", "one capture too many" },
	{ "--frobnicate @a.pcap", "unrecognized option" },
	{ "--iptables both @a.pcap", "legacy or nft" },
	{ "--compare-every often @a.pcap", "--compare-every often" },
	{ "@absent.pcap", "absent.pcap: No such file" },
	{ "@noise.pcap", "noise.pcap: not a capture" },
	{ "-T @absent.ip @noise.pcap", "absent.ip: No such file" },
	{ "-r @typo.v4 @noise.pcap", "typo.v4:1: " },
	{ "-i eth9=@noise.pcap", "eth9" },
	{ "-o @absent @noise.pcap", "absent: No such file" },
	{ "-o @noise.pcap @noise.pcap", "noise.pcap: Not a directory" },
	{ "--jobs 2 @noise.pcap", "--jobs: is for --fuzz" },
	{ "--kinds tcp @noise.pcap", "--kinds: is for --fuzz" },
	{ "--json @noise.pcap @noise.pcap", "--json" },
	{ "--json @absent/out.json @noise.pcap", "absent/out.json" },
	{ "--sysctl net.netfilter.nf_conntrack_max=9 " NATBENCH_SOURCE_DIR
	  "/pcaps/dns.pcap", "nf_conntrack_max" },
	{ "--fuzz 10 @noise.pcap", "--fuzz takes no capture" },
	{ "--fuzz 0", "--fuzz 0" },
	{ "--fuzz 10 --jobs 0", "--jobs 0" },
	{ "--fuzz 10 --kinds tcp,tpc", "unknown kind 'tpc'" },
};

/* Kernel and core agree about these captures in these scenarios. */
static const struct {
	const char *capture, *options;
} runs[] = {
	{ "ping4", "" },
	{ "dns", "" },
	{ "http_parallel", "" },
	{ "http_parallel", "--iptables nft" },
	{ "http_parallel", "--sysctl net.netfilter.nf_conntrack_acct=1 --compare-every 10" },
	{ "http_download", "" },
	{ "tcp_reset", "" },
	{ "tcp_reset", "--sysctl net.netfilter.nf_conntrack_tcp_loose=0" },
	{ "traceroute_udp", "" },
	{ "udp_unreachable", "" },
	{ "path_mtu", "" },
	{ "udp_fragments", "" },
};
static const char *const scenarios[] = { "home-router", "container-host" };

/* Names of the result, which scripts rely on. */
static const char *const names[] = {
	"packets", "divergences", "exceptions", "conntrack_compared",
	"conntrack_differ", "rules_differ",
};
/* clang-format on */

static int make_files(void **state)
{
	static const char noise[] = "this is no capture, only some text";
	static const char typo[] = "nat\n";

	(void)state;
	write_file(scratch_path("noise.pcap"), noise, strlen(noise));
	write_file(scratch_path("typo.v4"), typo, strlen(typo));
	return 0;
}

static void test_faults(void **state)
{
	(void)state;
	check_faults(cmd_verify, faults, N_ROWS(faults));
}

static json_int_t number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

/* The result, whole; skips the test where the kernel cannot be asked. */
static void verify(const char *line)
{
	json_error_t err;
	json_t *o;

	run_command(cmd_verify, line, &got);
	if (got.status == CLI_ERROR && strstr(got.err, "missing: ")) {
		print_message("SKIPPED: %s", got.err);
		skip();
	}
	if (got.status != CLI_OK)
		fail_msg("verify %s: exit %d: %s%s", line, got.status, got.err,
			 got.out);
	o = json_loads(got.out, 0, &err);
	if (!o)
		fail_msg("verify %s: %s", line, err.text);
	for (size_t i = 0; i < N_ROWS(names); i++)
		if (!json_object_get(o, names[i]))
			fail_msg("verify %s: no %s", line, names[i]);
	if (number(o, "packets") <= 0 || number(o, "rules_compared") <= 0)
		fail_msg("verify %s: nothing was compared: %s", line, got.out);
	json_decref(o);
}

static void test_agree(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(runs); i++)
		for (size_t j = 0; j < N_ROWS(scenarios); j++) {
			const char *dir = NATBENCH_SOURCE_DIR,
				   *s = scenarios[j];
			char path[256], line[1024];
			bool packed;

			(void)snprintf(path, sizeof(path), "%s/pcaps/%s.pcap",
				       dir, runs[i].capture);
			packed = access(path, R_OK);
			(void)snprintf(line, sizeof(line),
				       "-T %s/scenarios/%s/topology.ip "
				       "-r %s/scenarios/%s/rules.v4 %s "
				       "--json - %s%s",
				       dir, s, dir, s, runs[i].options, path,
				       packed ? ".zst" : "");
			verify(line);
		}
}

/* Well-behaved and not: no scenario and no seed is special. */
static void test_fuzz(void **state)
{
	static const char *const routers[] = {
		"home-router", "container-host", "phone-host",
		"carrier",     "port-forward",   "balancer",
		"firewall",    "netmap",         "zones-marks",
	};

	(void)state;
	for (size_t i = 0; i < N_ROWS(routers); i++) {
		const char *dir = NATBENCH_SOURCE_DIR, *s = routers[i];
		char line[1024];

		(void)snprintf(line, sizeof(line),
			       "-T %s/scenarios/%s/topology.ip "
			       "-r %s/scenarios/%s/rules.v4 --json - "
			       "--fuzz 2000 --renew-every 1100 --jobs 2 "
			       "--seed %zu --kinds tcp,udp,icmp",
			       dir, s, dir, s, i + 1);
		verify(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_agree),
		cmocka_unit_test(test_fuzz),
	};

	return cmocka_run_group_tests(tests, make_files, scratch_remove);
}
