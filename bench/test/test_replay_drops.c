/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Answers after requests of which some did not leave: they go to what the last
 * one that did has become, in whatever batches they come. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "capture/writer.h"
#include "cli/cli.h"
#include "test/capture_util.h"
#include "test/check.h"
#include "test/command.h"
#include "test/replay_util.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

static struct outcome got;

#define ASK    "udp 10.0.0.2:1000 > 192.0.2.1:53 len 8"
#define ANSWER "udp 192.0.2.1:53 > 10.0.0.2:1000 len 8"
#define LARGE  "udp 10.0.0.2:1000 > 192.0.2.1:53 len 1400 df"
#define LAST   "udp 10.0.0.2:1000 > 192.0.2.1:53 len 8 ttl 1"
#define MARKED "udp 10.0.0.2:1000 > 192.0.2.1:53 len 8 tos 8"

static const struct row {
	const char *name;
	struct {
		unsigned ms;
		const char *packet;
	} in[6];
	/* what becomes of one pass */
	unsigned forward, drop, unanswered;
} rows[] = {
	{"all leave",
	 {{0, ASK},
	  {1, ANSWER},
	  {200000, ASK},
	  {200100, ASK},
	  {200101, ANSWER}},
	 5,
	 0,
	 0},
	{"too large after the connection is over",
	 {{0, ASK},
	  {1, ANSWER},
	  {200000, LARGE},
	  {200100, ASK},
	  {200101, ANSWER}},
	 4,
	 1,
	 0},
	{"too far, twice",
	 {{0, ASK},
	  {1, ANSWER},
	  {200000, LAST},
	  {200100, LAST},
	  {200101, ASK},
	  {200102, ANSWER}},
	 4,
	 2,
	 0},
	{"no rule lets it",
	 {{0, ASK},
	  {1, ANSWER},
	  {200000, MARKED},
	  {200100, ASK},
	  {200101, ANSWER}},
	 4,
	 1,
	 0},
	{"too large from the first",
	 {{0, LARGE}, {100, ASK}, {101, ANSWER}},
	 2,
	 1,
	 0},
	{"too large, and that is all", {{0, LARGE}, {100, ANSWER}}, 0, 1, 1},
	{"too large while the connection lives",
	 {{0, ASK}, {1, LARGE}, {2, ANSWER}, {3, ASK}, {4, ANSWER}},
	 4,
	 1,
	 0},
};

static const char *const ways[] = {
	"",
	"--batch 1",
	"--batch 3",
	"-t 2",
	"--repeat 3 --sysctl net.netfilter.nf_conntrack_udp_timeout_stream=1",
	"--window 1",
};

static void make_capture(const struct row *r)
{
	struct capture_error err;
	struct capture_writer *w = writer_open(scratch_path("in.pcap"), &err);

	assert_non_null(w);
	for (size_t i = 0; i < N_ROWS(r->in) && r->in[i].packet; i++) {
		uint64_t ns = r->in[i].ms * UINT64_C(1000000);
		uint8_t p[2048];

		assert_int_equal(
			writer_put(w, ns, p,
				   packet_of(r->in[i].packet, p, sizeof(p))),
			0);
	}
	assert_int_equal(writer_commit(w, &err), 0);
}

static unsigned verdict(const json_t *o, const char *name)
{
	const json_t *verdicts = json_object_get(o, "verdicts");

	return (unsigned)json_integer_value(json_object_get(verdicts, name));
}

static void check(const struct row *r, const char *way, bool checked)
{
	json_error_t err;
	char line[512];
	unsigned passes;
	json_t *o;

	(void)snprintf(line, sizeof(line),
		       "-T @narrow.ip -r @random.v4 %s %s --json @out.json "
		       "@in.pcap",
		       checked ? "--check" : "", way);
	run_command(cmd_replay, line, &got);
	if (got.status)
		fail_msg("%s, '%s': status %d: %s%s", r->name, way, got.status,
			 got.out, got.err);
	o = json_load_file(scratch_path("out.json"), 0, &err);
	assert_non_null(o);
	passes = strstr(way, "--repeat 3") ? 2 : 1; /* and one of warm-up */
	if (verdict(o, "forward") != r->forward * passes ||
	    verdict(o, "drop") != r->drop * passes ||
	    verdict(o, "unanswered") != r->unanswered * passes)
		fail_msg("%s, '%s': %u forwarded, %u dropped, %u unanswered",
			 r->name, way, verdict(o, "forward"),
			 verdict(o, "drop"), verdict(o, "unanswered"));
	json_decref(o);
}

static void test_drops(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		make_capture(&rows[i]);
		for (size_t k = 0; k < N_ROWS(ways); k++) {
			check(&rows[i], ways[k], true);
			check(&rows[i], ways[k], false);
		}
	}
}

static int make_files(void **state)
{
	static const char topology[] = "addr add 10.0.0.1/8 dev lan0\n"
				       "addr add 198.51.100.1/24 dev wan0\n"
				       "route add default dev wan0\n"
				       "link set dev wan0 mtu 1000\n";
	static const char rules[] =
		"*nat\n:POSTROUTING ACCEPT [0:0]\n"
		"-A POSTROUTING -o wan0 -j MASQUERADE --random\nCOMMIT\n"
		"*filter\n:FORWARD ACCEPT [0:0]\n"
		"-A FORWARD -m tos --tos 8 -j DROP\nCOMMIT\n";

	(void)state;
	write_file(scratch_path("narrow.ip"), topology, sizeof(topology) - 1);
	write_file(scratch_path("random.v4"), rules, sizeof(rules) - 1);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drops),
	};

	return cmocka_run_group_tests(tests, make_files, scratch_remove);
}
