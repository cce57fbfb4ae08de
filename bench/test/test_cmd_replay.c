/* SPDX-License-Identifier: BSD-2-Clause
 *
 * natbench replay from the outside: words, exit statuses, files. */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/merge.h"
#include "capture/writer.h"
#include "cli/cli.h"
#include "test/capture_util.h"
#include "test/check.h"
#include "test/command.h"
#include "test/replay_util.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

static struct outcome got;

/* clang-format off */
static const struct fault faults[] = {
	{ "", "a capture is missing" },
	{ "@good.pcap @good.pcap", "one capture too many" },
	{ "--frobnicate @good.pcap", "unrecognized option" },
	{ "@good.pcap -t", "requires an argument" },
	{ "-t 0 @good.pcap", "-t 0: a number from 1" },
	{ "-t two @good.pcap", "-t two" },
	{ "--copies 0 @good.pcap", "--copies 0" },
	{ "--repeat -1 @good.pcap", "--repeat -1" },
	{ "--rate 0 @good.pcap", "--rate 0" },
	{ "--speed fast @good.pcap", "--speed fast" },
	{ "--rate 10 --speed 2 @good.pcap", "exclude each other" },
	{ "--window 0 @good.pcap", "--window 0: a size" },
	{ "--window 12X @good.pcap", "--window 12X" },
	{ "--window 200G @good.pcap", "up to 128G" },
	{ "--window 4K -w wan0=@out.pcap @middle.pcap", "middle.pcap" },
	{ "@absent.pcap", "absent.pcap: No such file" },
	{ "/", "/: " },
	{ "@empty.pcap", "empty.pcap" },
	{ "@noise.pcap", "noise.pcap: not a capture" },
	{ "@header.pcap", "header.pcap: ends inside the file header" },
	{ "@usb.pcap", "usb.pcap: link type" },
	{ "@middle.pcap", "middle.pcap" },
	{ "@cut.pcap.gz", "cut.pcap.gz" },
	{ "-T @absent.ip @good.pcap", "absent.ip: No such file" },
	{ "-T @typo.ip @good.pcap", "typo.ip:2: " },
	{ "-r @typo.v4 @good.pcap", "typo.v4:3: " },
	{ "-r @range.v4 @good.pcap", "range.v4:3: " },
	{ "-r @iface.v4 @good.pcap", "iface.v4:3: " },
	{ "--sysctl net.netfilter.nf_conntrack_nonsense=1 @good.pcap", "nonsense" },
	{ "--client-if eth9 @good.pcap", "eth9" },
	{ "--server-if eth9 @good.pcap", "eth9" },
	{ "-i eth9=@good.pcap", "eth9" },
	{ "-i @good.pcap", "IF=FILE is needed" },
	{ "-i lan0=@good.pcap @good.pcap", "either -i or one capture" },
	{ "-w eth9=@out.pcap @good.pcap", "eth9" },
	{ "-w wan0=@absent/out.pcap @good.pcap", "absent/out.pcap" },
	{ "-w wan0=@out.pcap -w lan0=@out.pcap @good.pcap", "out.pcap: -w is written there" },
	{ "--json @out --conntrack @out @good.pcap", "out: --json is written there" },
	{ "--json - --events - @good.pcap", "--events -: --json is written there" },
	{ "-w wan0=@good.pcap @good.pcap", "good.pcap: the capture is read there" },
	{ "-i lan0=- -i wan0=-", "-: the capture is read there" },
	{ "--conntrack-extended @good.pcap", "needs --conntrack" },
	{ "--events-timestamp @good.pcap", "needs --events" },
	{ "--json /dev/full @good.pcap", "/dev/full: No space left" },
	{ "-w wan0=/dev/full @good.pcap", "/dev/full: No space left" },
	{ "--events /dev/full -w wan0=@out.pcap @good.pcap", "/dev/full: No space left" },
	{ "--json @absent/out.json @good.pcap", "absent/out.json" },
	{ "--events @absent/out.txt @good.pcap", "absent/out.txt" },
	{ "--json @out.json --conntrack @out.ct --events @out.ev --rules-out @out.v4 -w wan0=@out.pcap @middle.pcap", "middle.pcap" },
};

/* Names of the result, which scripts rely on: of the whole and of each thread,
 * then of the whole alone. */
static const char *const names[] = {
	"packets", "bytes", "threads", "wall_ns", "ns_per_packet",
	"core_ns_per_packet", "pps", "latency_ns", "flows", "conntrack", "conntrack_stats",
	"verdicts", "drops", "bytes_per_connection", "rss_peak_bytes", "host",
};
static const char *const whole_names[] = {
	"per_thread", "frames", "skipped", "cut_record", "check", "passes",
};
static const struct {
	const char *object, *names[12];
} inner[] = {
	{ "latency_ns", { "p50", "p90", "p99", "p999", "p9999", "max" } },
	{ "conntrack", { "entries", "peak", "created", "insert_failed", "early_drop", "expired" } },
	{ "verdicts", { "forward", "local", "drop", "hold", "unanswered" } },
	{ "host", { "cpu", "kernel", "compiler", "commit" } },
};

static const char *const good_runs[] = {
	"-t 1", "-t 2", "-t 3 --copies 3", "-t 2 --repeat 3", "--batch 1",
	"--rate 100000", "--speed 2", "-t 2 --rate 200000 --repeat 2",
	"-t 2 --stages", "--window 1", "-t 2 --window 16K", "-t 2 --window 5K --repeat 3",
	"--window 100K --copies 3", "-t 2 --window 50K --rate 200000",
};
/* clang-format on */

static void text_file(const char *name, const char *text)
{
	write_file(scratch_path(name), text, strlen(text));
}

static void make_rules(const char *name, const char *rule)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "*nat\n:POSTROUTING ACCEPT [0:0]\n%s\nCOMMIT\n", rule);
	text_file(name, text);
}

enum { FLOWS = 100, PACKETS = 2000, FILE_HEADER = 24, RECORD_HEADER = 16 };

/* The good capture and its damaged sisters. */
static int make_files(void **state)
{
	uint8_t *bytes;
	size_t len;

	(void)state;
	capture_generated("good.pcap", FLOWS, PACKETS);
	capture_generated("cut.pcap.gz", FLOWS, PACKETS);
	text_file("empty.pcap", "");
	text_file("noise.pcap", "this is no capture, only some text in a file");
	text_file("typo.ip", "addr add 10.0.0.1/24 dev lan0\nadr ad x\n");
	make_rules("typo.v4", "-A POSTROUTING -o wan0 -j MASQUERAED");
	make_rules("range.v4", "-A POSTROUTING -o wan0 -p tcp -j MASQUERADE "
			       "--to-ports 2000-1000");
	make_rules("iface.v4", "-A POSTROUTING -o eth9 -j MASQUERADE");
	make_rules("random.v4", "-A POSTROUTING -o wan0 -j MASQUERADE "
				"--random");
	bytes = read_file(scratch_path("good.pcap"), &len);
	write_file(scratch_path("header.pcap"), bytes, FILE_HEADER - 1);
	write_file(scratch_path("tail.pcap"), bytes, len - 3);
	bytes[FILE_HEADER - 4] = 189; /* LINKTYPE_USB_LINUX */
	write_file(scratch_path("usb.pcap"), bytes, len);
	bytes[FILE_HEADER - 4] = 101;
	memset(bytes + FILE_HEADER + RECORD_HEADER + 44, 0xff, RECORD_HEADER);
	write_file(scratch_path("middle.pcap"), bytes, len);
	free(bytes);
	bytes = read_file(scratch_path("cut.pcap.gz"), &len);
	write_file(scratch_path("cut.pcap.gz"), bytes, len / 2);
	free(bytes);
	return 0;
}

static void test_faults(void **state)
{
	(void)state;
	check_faults(cmd_replay, faults, N_ROWS(faults));
}

static json_t *load(const char *name)
{
	json_error_t err;
	json_t *o = json_load_file(scratch_path(name), 0, &err);

	if (!o)
		fail_msg("%s: %s", name, err.text);
	return o;
}

static json_int_t number(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	if (!json_is_integer(v))
		fail_msg("%s is not a whole number", name);
	return json_integer_value(v);
}

static json_int_t sum_of(const json_t *o)
{
	const char *name;
	json_t *v;
	json_int_t sum = 0;

	/* NOLINTNEXTLINE: jansson's macro drops const */
	json_object_foreach((json_t *)(uintptr_t)o, name, v) sum +=
		json_integer_value(v);
	return sum;
}

static void check_names(const json_t *o)
{
	for (size_t i = 0; i < N_ROWS(names); i++)
		if (!json_object_get(o, names[i]))
			fail_msg("%s is missing", names[i]);
	for (size_t i = 0; i < N_ROWS(inner); i++)
		for (size_t k = 0; inner[i].names[k]; k++)
			if (!json_object_get(
				    json_object_get(o, inner[i].object),
				    inner[i].names[k]))
				fail_msg("%s.%s is missing", inner[i].object,
					 inner[i].names[k]);
}

/* Sums that hold for the whole and for each thread. */
static void check_sums(const char *run, const json_t *o)
{
	json_int_t packets = number(o, "packets");
	const json_t *verdicts = json_object_get(o, "verdicts");

	if (sum_of(verdicts) != packets)
		fail_msg("%s: verdicts do not add up", run);
	if (sum_of(json_object_get(o, "drops")) != number(verdicts, "drop"))
		fail_msg("%s: drops do not add up", run);
}

static void check_result(const char *run, const json_t *o)
{
	json_int_t packets = 0, bytes = 0, flows = 0, created = 0;
	size_t i;
	json_t *one;

	check_names(o);
	for (i = 0; i < N_ROWS(whole_names); i++)
		if (!json_object_get(o, whole_names[i]))
			fail_msg("%s is missing", whole_names[i]);
	check_sums(run, o);
	json_array_foreach(json_object_get(o, "per_thread"), i, one)
	{
		check_names(one);
		check_sums(run, one);
		flows += number(one, "flows");
		created += number(json_object_get(one, "conntrack"), "created");
		packets += number(one, "packets");
		bytes += number(one, "bytes");
	}
	assert_int_equal(packets, number(o, "packets"));
	assert_int_equal(bytes, number(o, "bytes"));
	assert_int_equal(flows, number(o, "flows"));
	assert_int_equal(created, number(o, "flows"));
	assert_int_equal(json_array_size(json_object_get(o, "per_thread")),
			 number(o, "threads"));
	assert_int_equal(number(o, "frames"), PACKETS);
	assert_int_equal(number(o, "flows"), FLOWS * number(o, "copies"));
	assert_int_equal(number(json_object_get(o, "conntrack"), "created"),
			 number(o, "flows"));
	assert_int_equal(number(json_object_get(o, "check"), "failed"), 0);
}

/* Nothing but the reading differs where a capture comes window by window. */
static void test_windows(void **state)
{
	static const char *const files[] = {"lan.pcap", "wan.pcap", "ct",
					    "rules", "events"};
	static const char *const windows[] = {"", "--window 1", "--window 3000",
					      "--window 100K"};
	uint8_t *want[N_ROWS(files)] = {NULL};
	size_t len[N_ROWS(files)];

	(void)state;
	for (size_t i = 0; i < N_ROWS(windows); i++) {
		char line[512];

		(void)snprintf(line, sizeof(line),
			       "%s --repeat 2 -w lan0=@lan.pcap "
			       "-w wan0=@wan.pcap --conntrack @ct "
			       "--rules-out @rules --events @events "
			       "--events-timestamp @good.pcap",
			       windows[i]);
		run_command(cmd_replay, line, &got);
		assert_string_equal(got.err, "");
		assert_int_equal(got.status, CLI_OK);
		for (size_t k = 0; k < N_ROWS(files); k++) {
			size_t n;
			uint8_t *is = read_file(scratch_path(files[k]), &n);

			if (i && (n != len[k] || memcmp(is, want[k], n) != 0))
				fail_msg("%s: another %s", windows[i],
					 files[k]);
			free(want[k]);
			want[k] = is;
			len[k] = n;
		}
	}
	for (size_t k = 0; k < N_ROWS(files); k++)
		free(want[k]);
}

enum { SHORT_LIVED = 1000 };

/* Many connections, and one that comes when all of them are over. */
static void make_short_lived(const char *name)
{
	const uint64_t over_ns = UINT64_C(31000000000);
	struct capture_error err;
	struct capture_writer *w = writer_open(scratch_path(name), &err);

	assert_non_null(w);
	for (unsigned i = 0; i <= SHORT_LIVED; i++) {
		uint8_t p[128];
		char text[64];

		(void)snprintf(text, sizeof(text),
			       "udp 10.0.0.2:%u > 192.0.2.1:53", 1 + i);
		assert_int_equal(writer_put(w, i < SHORT_LIVED ? 0 : over_ns, p,
					    packet_of(text, p, sizeof(p))),
				 0);
	}
	assert_int_equal(writer_commit(w, &err), 0);
}

/* How many have expired in the end depends on the capture alone. */
static void test_expired(void **state)
{
	static const char *const runs[] = {"-t 1", "-t 2", "-t 3 --repeat 2",
					   "--batch 1 --repeat 3",
					   "-t 2 --window 16K"};

	(void)state;
	make_short_lived("short.pcap");
	for (size_t i = 0; i < N_ROWS(runs); i++) {
		const json_t *o;
		json_t *result;
		char line[128];

		(void)snprintf(line, sizeof(line),
			       "%s --json @out.json @short.pcap", runs[i]);
		run_command(cmd_replay, line, &got);
		assert_string_equal(got.err, "");
		result = load("out.json");
		o = json_object_get(result, "conntrack");
		if (number(o, "entries") != 1 ||
		    number(o, "expired") + 1 != number(o, "created"))
			fail_msg("%s: %d are left", runs[i],
				 (int)number(o, "entries"));
		json_decref(result);
	}
}

/* Every packet settles, opens or walks, and shares make a whole. */
static void test_stages(void **state)
{
	static const char *const all[] = {"gather", "begin", "key",   "guess",
					  "end",    "learn", "check", "write"};
	const json_t *o, *stage, *one;
	json_int_t sampled;
	double share = 0;
	const char *name;
	json_t *result;

	(void)state;
	run_command(cmd_replay,
		    "--stages --check -w wan0=@out.pcap --json @stages.json "
		    "@good.pcap",
		    &got);
	assert_string_equal(got.err, "");
	assert_non_null(strstr(got.out, "\n  settled "));
	result = load("stages.json");
	o = json_object_get(result, "stages");
	sampled = number(o, "packets");
	assert_in_range(sampled, PACKETS / 20, PACKETS / 10);
	stage = json_object_get(o, "stage");
	for (size_t i = 0; i < N_ROWS(all); i++)
		assert_int_equal(
			number(json_object_get(stage, all[i]), "packets"),
			sampled);
	assert_int_equal(
		number(json_object_get(stage, "settled"), "packets") +
			number(json_object_get(stage, "opening"), "packets") +
			number(json_object_get(stage, "walk"), "packets"),
		sampled);
	/* NOLINTNEXTLINE: jansson's macro drops const */
	json_object_foreach((json_t *)(uintptr_t)stage, name, one) share +=
		json_real_value(json_object_get(one, "share"));
	assert_true(share > 0.999 && share < 1.001);
	json_decref(result);
}

/* Runs with the good capture at the other end of standard input. */
static void run_piped(const char *line)
{
	int ends[2], input = dup(STDIN_FILENO);
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	if (!child) {
		size_t len;
		uint8_t *bytes = read_file(scratch_path("good.pcap"), &len);

		close(ends[0]);
		(void)signal(SIGPIPE, SIG_IGN);
		_exit(write(ends[1], bytes, len) < 0);
	}
	close(ends[1]);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
	run_command(cmd_replay, line, &got);
	assert_int_equal(dup2(input, STDIN_FILENO), STDIN_FILENO);
	close(input);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* A pipe cannot be read twice. */
static void test_pipe(void **state)
{
	static const struct {
		const char *line, *says; /* NULL: all is well */
	} row[] = {
		{"--check -", NULL},
		{"--check --repeat 2 -", NULL},
		{"--check --window 4K -", NULL},
		{"--check --repeat 2 --window 4K -",
		 "-: no file, so it cannot be read again"},
	};

	(void)state;
	for (size_t i = 0; i < N_ROWS(row); i++) {
		run_piped(row[i].line);
		if (row[i].says ? got.status != CLI_ERROR ||
					  !strstr(got.err, row[i].says)
				: got.status != CLI_OK || *got.err)
			fail_msg("%s: exit %d, said: %s", row[i].line,
				 got.status, got.err);
	}
}

static void test_good_runs(void **state)
{
	char line[256];

	(void)state;
	for (size_t i = 0; i < N_ROWS(good_runs); i++) {
		json_t *o;

		(void)snprintf(line, sizeof(line),
			       "%s --check --json @result.json @good.pcap",
			       good_runs[i]);
		run_command(cmd_replay, line, &got);
		if (got.status != CLI_OK || *got.err)
			fail_msg("replay %s: exit %d, said: %s%s", line,
				 got.status, got.err, got.out);
		o = load("result.json");
		check_result(good_runs[i], o);
		json_decref(o);
	}
}

/* UDP is forgotten between the passes and gets other ports in each: answers
 * have to follow. */
static void test_other_ports(void **state)
{
	const char *line =
		"-r @random.v4 --repeat 4 --check --json @result.json "
		"--sysctl net.netfilter.nf_conntrack_udp_timeout=1 "
		"--sysctl net.netfilter.nf_conntrack_udp_timeout_stream=1 "
		"@good.pcap";
	json_t *o, *check;

	(void)state;
	run_command(cmd_replay, line, &got);
	assert_int_equal(got.status, CLI_OK);
	o = load("result.json");
	check = json_object_get(o, "check");
	assert_int_equal(number(check, "failed"), 0);
	assert_true(number(check, "restored") > PACKETS);
	assert_true(number(json_object_get(o, "conntrack"), "created") >
		    FLOWS * 5 / 4);
	json_decref(o);
}

static size_t lines_of(const char *name)
{
	size_t len, n = 0;
	uint8_t *text = read_file(scratch_path(name), &len);

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	free(text);
	return n;
}

static size_t packets_of(const char *name)
{
	const char *path = scratch_path(name);
	struct capture_error err;
	struct capture_merge *m =
		merge_open(&path, 1, (struct progress){0}, &err);
	struct store s = {.ip_bytes = 0};
	const uint16_t iface = 0;
	size_t n;

	assert_non_null(m);
	assert_int_equal(store_load(&s, m, &iface, &err), 0);
	n = store_count(&s);
	merge_close(m);
	store_free(&s);
	return n;
}

/* Lines like "[SECONDS]\t    [NEW] ...", in order of time; returns how many
 * connections they say are new. */
static size_t created_by(const char *name)
{
	size_t len, n = 0;
	char *text = (char *)read_file(scratch_path(name), &len), *rest = text;
	double last = 0;

	assert_int_equal(text[len - 1], '\n');
	text[len - 1] = '\0';
	for (char *line; (line = strsep(&rest, "\n"));) {
		double at = 0;
		char what[16];

		if (sscanf(line, "[%lf]\t %15s ", &at, what) != 2 || at < last)
			fail_msg("not an event in its place: %s", line);
		n += !strcmp(what, "[NEW]");
		last = at;
	}
	free(text);
	return n;
}

/* Two threads write what one writes, but for the ports they choose. */
static void test_outputs(void **state)
{
	(void)state;
	for (unsigned threads = 1; threads <= 2; threads++) {
		char line[256];

		(void)snprintf(line, sizeof(line),
			       "-t %u -w lan0=@lan.pcap -w wan0=@wan.pcap.zst "
			       "--conntrack @ct --rules-out @rules "
			       "--events @events --events-timestamp "
			       "--stats @stats @good.pcap",
			       threads);
		run_command(cmd_replay, line, &got);
		assert_string_equal(got.err, "");
		assert_int_equal(got.status, CLI_OK);
		assert_int_equal(packets_of("lan.pcap") +
					 packets_of("wan.pcap.zst"),
				 PACKETS);
		assert_int_equal(lines_of("stats"), threads);
		assert_int_equal(lines_of("ct"), FLOWS);
		assert_int_equal(created_by("events"), FLOWS);
		assert_in_range(lines_of("rules"), 4, 100);
	}
}

/* What left by wan0, fed back verbatim at lan0, enters as it is. */
static void test_verbatim(void **state)
{
	json_t *o;

	(void)state;
	run_command(cmd_replay,
		    "-t 2 --check -i lan0=@good.pcap --json @v.json", &got);
	assert_string_equal(got.err, "");
	assert_int_equal(got.status, CLI_OK);
	o = load("v.json");
	assert_int_equal(number(o, "packets"), PACKETS);
	assert_int_equal(number(json_object_get(o, "verdicts"), "unanswered"),
			 0);
	check_sums("verbatim", o);
	json_decref(o);
}

static void test_cut_record(void **state)
{
	json_t *o;

	(void)state;
	run_command(cmd_replay, "--check --json @cut.json @tail.pcap", &got);
	assert_int_equal(got.status, CLI_OK);
	assert_non_null(strstr(got.out, "ends inside this frame"));
	o = load("cut.json");
	assert_int_equal(number(o, "packets"), PACKETS - 1);
	assert_int_equal(number(json_object_get(o, "cut_record"), "frame"),
			 PACKETS);
	json_decref(o);
}

static void test_help_and_stdout(void **state)
{
	json_error_t err;
	json_t *o;

	(void)state;
	run_command(cmd_replay, "--help", &got);
	assert_int_equal(got.status, CLI_OK);
	assert_non_null(strstr(got.out, "usage: natbench replay"));
	run_command(cmd_replay, "--json - @good.pcap", &got);
	assert_int_equal(got.status, CLI_OK);
	o = json_loads(got.out, 0, &err); /* and nothing else */
	assert_non_null(o);
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_good_runs),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_expired),
		cmocka_unit_test(test_other_ports),
		cmocka_unit_test(test_outputs),
		cmocka_unit_test(test_verbatim),
		cmocka_unit_test(test_cut_record),
		cmocka_unit_test(test_help_and_stdout),
	};

	return cmocka_run_group_tests(tests, make_files, scratch_remove);
}
