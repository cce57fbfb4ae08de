/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Conversations that want the same translated source: one worker plays them,
 * and who does not get it is not answered at the other's. */
#include <jansson.h>
#include <string.h>

#include "capture/store.h"
#include "capture/writer.h"
#include "cli/cli.h"
#include "replay/groups.h"
#include "test/capture_util.h"
#include "test/check.h"
#include "test/command.h"
#include "test/replay_util.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))
#define S         UINT64_C(1000000000)

/* clang-format off */
static const struct pair {
	const char *name, *first, *second;
	bool together;
} pairs[] = {
	{ "another client, the same port to the same server",
	  "udp 10.0.0.1:2152 > 203.0.113.5:2152",
	  "udp 10.0.0.2:2152 > 203.0.113.5:2152", true },
	{ "on either side of the server's address",
	  "tcp 10.0.0.1:1000 > 172.16.0.1:80 S",
	  "tcp 192.168.0.1:1000 > 172.16.0.1:80 S", true },
	{ "another client port",
	  "udp 10.0.0.1:1000 > 203.0.113.5:53",
	  "udp 10.0.0.2:1001 > 203.0.113.5:53", false },
	{ "another server",
	  "udp 10.0.0.1:1000 > 203.0.113.5:53",
	  "udp 10.0.0.2:1000 > 203.0.113.6:53", false },
	{ "another service",
	  "udp 10.0.0.1:1000 > 203.0.113.5:53",
	  "udp 10.0.0.2:1000 > 203.0.113.5:54", false },
	{ "another protocol",
	  "udp 10.0.0.1:1000 > 203.0.113.5:53",
	  "tcp 10.0.0.2:1000 > 203.0.113.5:53 S", false },
	{ "pings of one identifier",
	  "icmp 10.0.0.1 > 203.0.113.5 echo-request id 7",
	  "icmp 10.0.0.2 > 203.0.113.5 echo-request id 7", true },
	{ "pings of two",
	  "icmp 10.0.0.1 > 203.0.113.5 echo-request id 7",
	  "icmp 10.0.0.2 > 203.0.113.5 echo-request id 8", false },
	{ "a protocol without ports",
	  "proto 50 10.0.0.1 > 203.0.113.5 len 8",
	  "proto 50 10.0.0.2 > 203.0.113.5 len 8", true },
	{ "an answer goes with what it answers",
	  "udp 10.0.0.1:1000 > 203.0.113.5:53",
	  "udp 203.0.113.5:53 > 10.0.0.1:1000", true },
	{ "and so does an error",
	  "udp 10.0.0.1:1000 > 203.0.113.5:53",
	  "icmp 198.51.100.9 > 10.0.0.1 unreachable host (udp 10.0.0.1:1000 > 203.0.113.5:53)", true },
};

/* One port is all there is. The first client has it, until it is silent for too
 * long; then the second; then the first gets none, and is not answered. */
static const struct {
	uint64_t time_ns;
	const char *packet;
} refused[] = {
	{   1 * S, "udp 10.0.0.1:1000 > 203.0.113.5:53 len 4" },
	{   2 * S, "udp 203.0.113.5:53 > 10.0.0.1:1000 len 4" },
	{ 500 * S, "udp 10.0.0.2:1000 > 203.0.113.5:53 len 4" },
	{ 501 * S, "udp 10.0.0.1:1000 > 203.0.113.5:53 len 4" },
	{ 502 * S, "udp 203.0.113.5:53 > 10.0.0.1:1000 len 4" },
	{ 503 * S, "udp 203.0.113.5:53 > 10.0.0.2:1000 len 4" },
	{ 999 * S, "udp 10.0.0.1:1000 > 203.0.113.5:53 len 4" },
	{ 999 * S, "udp 203.0.113.5:53 > 10.0.0.1:1000 len 4" },
};
static const char one_port[] =
	"*nat\n:POSTROUTING ACCEPT [0:0]\n"
	"-A POSTROUTING -o wan0 -p udp -j MASQUERADE --to-ports 5000\n"
	"COMMIT\n";

static const struct {
	const char *object, *name;
	json_int_t value;
} results[] = {
	{ "verdicts", "forward", 6 },
	{ "verdicts", "drop", 1 },
	{ "verdicts", "unanswered", 1 },
	{ "drops", "insert_failed", 1 },
	{ "check", "failed", 0 },
	{ "check", "restored", 3 },
};
/* clang-format on */

static uint32_t hash_of(struct groups *g, const char *text)
{
	uint8_t bytes[256];
	uint32_t len = packet_of(text, bytes, sizeof(bytes));
	struct seeker seeker;
	struct member m;
	struct wire w;

	assert_true(wire_parse(&w, bytes, len));
	groups_prepare(g, &seeker, &w, 0);
	assert_true(groups_find(g, &seeker, bytes, &w, 0, &m));
	return m.hash;
}

static void test_together(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(pairs); i++) {
		struct groups *g = groups_new();
		uint32_t first, second;

		assert_non_null(g);
		first = hash_of(g, pairs[i].first);
		second = hash_of(g, pairs[i].second);
		groups_free(g);
		if ((first == second) != pairs[i].together)
			fail_msg("%s: %s", pairs[i].name,
				 pairs[i].together ? "apart" : "together");
	}
}

static void make_capture(const char *name)
{
	struct capture_error err;
	struct capture_writer *w = writer_open(scratch_path(name), &err);

	assert_non_null(w);
	for (size_t i = 0; i < N_ROWS(refused); i++) {
		uint8_t bytes[256];
		uint32_t len =
			packet_of(refused[i].packet, bytes, sizeof(bytes));

		assert_int_equal(writer_put(w, refused[i].time_ns, bytes, len),
				 0);
	}
	assert_int_equal(writer_commit(w, &err), 0);
}

static void test_refused(void **state)
{
	static struct outcome got;
	json_error_t err;
	json_t *o;

	(void)state;
	make_capture("refused.pcap");
	write_file(scratch_path("one_port.v4"), one_port, strlen(one_port));
	run_command(cmd_replay,
		    "--check -r @one_port.v4 --json @r.json @refused.pcap",
		    &got);
	assert_string_equal(got.err, "");
	o = json_load_file(scratch_path("r.json"), 0, &err);
	assert_non_null(o);
	for (size_t i = 0; i < N_ROWS(results); i++) {
		const json_t *in = json_object_get(o, results[i].object);
		json_int_t n = json_integer_value(
			json_object_get(in, results[i].name));

		if (n != results[i].value)
			fail_msg("%s.%s: %lld, not %lld\n%s", results[i].object,
				 results[i].name, n, results[i].value, got.out);
	}
	json_decref(o);
	assert_int_equal(got.status, CLI_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
