/* SPDX-License-Identifier: BSD-2-Clause
 *
 * natbench replay: options, files in, files out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/sink.h"
#include "cli/cli.h"
#include "cli/progress_bar.h"
#include "cli/replay_files.h"
#include "cli/scenario.h"
#include "replay/copies.h"
#include "replay/replay.h"
#include "replay/result.h"
#include "replay/windows.h"

enum { PASSES_MOST = 1000000 };

/* Plans name packets by numbers of 32 bits, and slots, too. */
#define WINDOW_MOST (UINT64_C(1) << 37)

static const char usage[] =
	"usage: natbench replay [OPTION...] CAPTURE\n"
	"       natbench replay [OPTION...] -i IF=CAPTURE [-i IF=CAPTURE]...\n"
	"\n"
	"Plays a capture through the NAT. A single CAPTURE is played as\n"
	"conversations: whoever speaks first is a client, and answers are\n"
	"addressed as the far end would after translation. With -i, packets\n"
	"enter as they are, in order of time.\n"
	"\n"
	"  -i, --input IF=FILE   what enters by interface IF, verbatim\n"
	"  -t, --threads N       workers on one shared engine [1]\n"
	"      --copies N        the capture N times side by side, with other\n"
	"                        addresses [1]\n"
	"      --repeat N        passes; of several, the first is warm-up [1]\n"
	"      --batch N         packets handed to the core at once [64]\n"
	"      --window SIZE     memory for packets: a capture that needs more "
	"is\n"
	"                        read while it is played, as 512M or 4G [a\n"
	"                        quarter of the machine's]\n"
	"      --rate PPS        packets per second, not as fast as it goes\n"
	"      --speed X         X times as fast as it was captured\n"
	"      --stages          what a packet costs in each stage of its way\n"
	"      --check           verify every packet that leaves\n"
	"  -w, --write IF=FILE   what left by interface IF: pcap, raw IP\n"
	"      --json FILE       the result as data; - is stdout\n"
	"      --conntrack FILE  the table at the end, as conntrack -L\n"
	"      --conntrack-extended  with the IP version, as conntrack -L -o "
	"extended\n"
	"      --events FILE     what happened to connections, as conntrack "
	"-E\n"
	"      --events-timestamp  with the time, as conntrack -E -o "
	"timestamp\n"
	"      --stats FILE      counters of each thread, as conntrack -S\n"
	"      --rules-out FILE  rules and counters, as iptables-save -c\n"
	"      --rules6-out FILE the same of IPv6\n"
	"\n";

enum {
	COPIES = 0x200,
	REPEAT,
	BATCH,
	WINDOW,
	RATE,
	SPEED,
	STAGES,
	CHECK,
	JSON,
	CONNTRACK,
	EXTENDED,
	EVENTS,
	EVENT_TIMES,
	STATS,
	RULES_OUT,
	RULES6_OUT,
};

/* Everything the command line asks for. */
struct request {
	struct scenario scenario;
	struct replay_files files;
	struct windows *windows;
	struct replay replay;
	uint64_t threads, copies, repeat, batch, window;
	double rate, speed;
	bool check, stages, event_times;
};

static bool take_option(void *request, int code, char *arg)
{
	struct request *q = request;

	switch (code) {
	case 'i':
		return replay_files_input(&q->files, arg);
	case 'w':
		return replay_files_output(&q->files, arg);
	case 't':
		return cli_number("-t", arg, 1, REPLAY_THREADS_MOST,
				  &q->threads);
	case COPIES:
		return cli_number("--copies", arg, 1, COPIES_MOST, &q->copies);
	case REPEAT:
		return cli_number("--repeat", arg, 1, PASSES_MOST, &q->repeat);
	case BATCH:
		return cli_number("--batch", arg, 1, BATCH_MOST, &q->batch);
	case WINDOW:
		return cli_size("--window", arg, WINDOW_MOST, &q->window);
	case RATE:
		return cli_positive("--rate", arg, &q->rate);
	case SPEED:
		return cli_positive("--speed", arg, &q->speed);
	case STAGES:
		q->stages = true;
		return true;
	case CHECK:
		q->check = true;
		return true;
	case JSON:
		q->files.json.path = arg;
		return true;
	case CONNTRACK:
		q->files.conntrack.path = arg;
		return true;
	case EXTENDED:
		q->files.conntrack_extended = true;
		return true;
	case EVENTS:
		q->files.events.path = arg;
		return true;
	case EVENT_TIMES:
		q->event_times = true;
		return true;
	case STATS:
		q->files.stats.path = arg;
		return true;
	case RULES_OUT:
		q->files.rules.path = arg;
		return true;
	case RULES6_OUT:
		q->files.rules6.path = arg;
		return true;
	default: /* getopt or the scenario has complained */
		return scenario_option(&q->scenario, code, arg) ==
		       SCENARIO_TAKEN;
	}
}

static int parse(struct request *q, int argc, char **argv)
{
	static const struct option options[] = {
		SCENARIO_LONG,
		{"input", required_argument, NULL, 'i'},
		{"write", required_argument, NULL, 'w'},
		{"threads", required_argument, NULL, 't'},
		{"copies", required_argument, NULL, COPIES},
		{"repeat", required_argument, NULL, REPEAT},
		{"batch", required_argument, NULL, BATCH},
		{"window", required_argument, NULL, WINDOW},
		{"rate", required_argument, NULL, RATE},
		{"speed", required_argument, NULL, SPEED},
		{"stages", no_argument, NULL, STAGES},
		{"check", no_argument, NULL, CHECK},
		{"json", required_argument, NULL, JSON},
		{"conntrack", required_argument, NULL, CONNTRACK},
		{"conntrack-extended", no_argument, NULL, EXTENDED},
		{"events", required_argument, NULL, EVENTS},
		{"events-timestamp", no_argument, NULL, EVENT_TIMES},
		{"stats", required_argument, NULL, STATS},
		{"rules-out", required_argument, NULL, RULES_OUT},
		{"rules6-out", required_argument, NULL, RULES6_OUT},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	static const struct cli_syntax syntax = {
		usage,   scenario_usage, SCENARIO_SHORT "i:w:t:h",
		options, take_option,
	};
	int r = cli_options(&syntax, q, argc, argv);

	if (r != CLI_GO_ON)
		return r;
	if (q->rate > 0 && q->speed > 0)
		return cli_complain("--rate and --speed exclude each other");
	if (q->files.conntrack_extended && !q->files.conntrack.path)
		return cli_complain("--conntrack-extended: needs --conntrack");
	if (q->event_times && !q->files.events.path)
		return cli_complain("--events-timestamp: needs --events");
	return replay_files_captures(&q->files, "replay", argc - optind,
				     argv + optind)
		       ? CLI_GO_ON
		       : CLI_ERROR;
}

static uint64_t quarter_of_memory(void)
{
	uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES);
	uint64_t bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE) / 4;

	return bytes < WINDOW_MOST ? bytes : WINDOW_MOST;
}

static int open_windows(struct request *q)
{
	const struct windows_config cfg = {
		.copies = (unsigned)q->copies,
		.passes = (unsigned)q->repeat,
		.most = q->window ? q->window : quarter_of_memory(),
		.plan =
			{
				.lanes = (unsigned)q->threads,
				.batch = (unsigned)q->batch,
				.verbatim = q->files.verbatim,
				.client_if = q->scenario.client_if,
			},
	};

	q->windows = replay_files_windows(&q->files, &cfg);
	return q->windows ? 0 : -1;
}

static int play(struct request *q)
{
	struct progress_bar bar = progress_bar("replaying");
	const struct replay_config cfg = {
		.engine = scenario_config(&q->scenario),
		.server_if = q->scenario.server_if,
		.threads = (unsigned)q->threads,
		.passes = (unsigned)q->repeat,
		.rate = q->rate,
		.speed = q->speed,
		.check = q->check,
		.stages = q->stages,
		.wanted = q->files.n_outputs ? q->files.wanted : NULL,
		.events = q->files.events.path,
		.event_times = q->event_times,
		.collect = replay_files_collect,
		.collect_ctx = &q->files,
		.progress = progress_bar_hear(&bar),
	};
	struct nat_error err = {0};
	int failed = replay_run(&q->replay, q->windows, &cfg, &err);

	progress_bar_end(&bar);
	if (windows_failed(q->windows))
		return cli_complain("%s", windows_failed(q->windows)->text);
	if (failed)
		return cli_complain("replay: %s", err.text);
	replay_files_summarize(&q->files, q->windows);
	return 0;
}

static int answer(struct request *q)
{
	const struct replay *r = &q->replay;
	const struct result result = {
		.replay = r,
		.reading = windows_cost(q->windows),
		.capture = q->files.summary,
		.threads = (unsigned)q->threads,
		.passes = (unsigned)q->repeat,
		.copies = (unsigned)q->copies,
		.check = q->check,
		.stages = q->stages,
		.total = figures_of(r, &r->total, (unsigned)q->threads,
				    r->wall_ns),
	};
	bool json_only = q->files.json.path && !strcmp(q->files.json.path, "-");

	if (replay_files_save(&q->files, &q->scenario, &result))
		return CLI_ERROR;
	if (!json_only)
		result_print(&result, stdout);
	if (cli_flush())
		return CLI_ERROR;
	return check_failures(&r->check) ? CLI_BAD_ANSWER : CLI_OK;
}

static int run(struct request *q)
{
	if (scenario_load(&q->scenario) ||
	    replay_files_open(&q->files, &q->scenario) || open_windows(q) ||
	    play(q))
		return CLI_ERROR;
	return answer(q);
}

int cmd_replay(int argc, char **argv)
{
	struct request *q = calloc(1, sizeof(*q));
	int r;

	if (!q)
		return cli_complain("replay: out of memory");
	q->threads = q->copies = q->repeat = 1;
	q->batch = BATCH_MOST;
	scenario_init(&q->scenario);
	r = parse(q, argc, argv);
	if (r == CLI_GO_ON)
		r = run(q);
	replay_files_drop(&q->files);
	replay_free(&q->replay);
	windows_close(q->windows);
	scenario_free(&q->scenario);
	free(q);
	return r;
}
