/* SPDX-License-Identifier: BSD-2-Clause
 *
 * natbench verify: core and kernel, packet by packet. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/progress_bar.h"
#include "cli/replay_files.h"
#include "cli/scenario.h"
#include "verify/capture_feed.h"
#include "verify/diagnose.h"
#include "verify/fuzz_feed.h"
#include "verify/stretches.h"
#include "verify/verify.h"
#include "verify/verify_report.h"

static const char usage[] =
	"usage: natbench verify [OPTION...] CAPTURE\n"
	"       natbench verify [OPTION...] -i IF=CAPTURE [-i IF=CAPTURE]...\n"
	"       natbench verify [OPTION...] --fuzz N [--seed N]\n"
	"\n"
	"Plays a capture into the core and into the Linux kernel at hand, one\n"
	"packet at a time, and compares all that both do: packets, "
	"connections,\n"
	"rule counters. The kernel's part runs in a network namespace of its\n"
	"own; CAP_NET_ADMIN or user namespaces are needed. Exit status 1: "
	"they\n"
	"differ.\n"
	"\n"
	"  -i, --input IF=FILE   what enters by interface IF, verbatim\n"
	"      --fuzz N          no capture: N packets made for the scenario\n"
	"      --kinds LIST      what --fuzz makes: kinds between commas, or\n"
	"                        -KIND to leave one out\n"
	"      --iptables KIND   legacy or nft [legacy]\n"
	"      --compare-every N compare the tables every N packets [5000;\n"
	"                        --fuzz: 100000]\n"
	"      --renew-every N   a new namespace and a new core every N\n"
	"                        packets [never; --fuzz: 500000]\n"
	"  -j, --jobs N          processes that --fuzz takes, a stretch of "
	"--renew-every\n"
	"                        packets each [one for each processor]\n"
	"      --keep-going      count all differences, not the first alone\n"
	"  -o, --output DIR      where captures of the fewest packets that "
	"show\n"
	"                        the first difference go [.]\n"
	"      --json FILE       the result as data; - is stdout\n"
	"\n";

enum {
	IPTABLES = 0x200,
	COMPARE_EVERY,
	RENEW_EVERY,
	KEEP_GOING,
	JSON,
	FUZZ,
	KINDS,
};

/* What --fuzz makes are packets without number: with so many connections that
 * looking at them takes longer than playing, until there are too many. */
enum {
	COMPARE_EVERY_DEFAULT = 5000,
	FUZZ_COMPARE_EVERY = 100000,
	FUZZ_RENEW_EVERY = 500000,
	JOBS_MOST = 1024,
};
#define NOT_SAID UINT64_MAX

struct request {
	struct scenario scenario;
	struct replay_files files;
	struct store store;
	struct capture_feed feed;
	struct fuzz_feed fuzz;
	uint32_t kinds;
	uint64_t most, jobs; /* of --fuzz: packets, processes */
	char made[48];       /* what --fuzz is called in the answer */
	struct verify verify;
	char *topology_text, *rules_text, *rules6_text;
	struct verify_config cfg;
	const char *dir;
	char *diagnosis;
};

static bool take_iptables(struct request *q, const char *arg)
{
	q->cfg.twin.kernel.nft = !strcmp(arg, "nft");
	if (q->cfg.twin.kernel.nft || !strcmp(arg, "legacy"))
		return true;
	cli_complain("--iptables %s: legacy or nft is needed", arg);
	return false;
}

static bool take_kinds(struct request *q, const char *arg)
{
	struct capture_error err;

	if (!traffic_parse_kinds(&q->kinds, arg, &err))
		return true;
	cli_complain("--kinds %s: %s", arg, err.text);
	return false;
}

static bool take_option(void *request, int code, char *arg)
{
	struct request *q = request;

	switch (code) {
	case 'i':
		return replay_files_input(&q->files, arg);
	case IPTABLES:
		return take_iptables(q, arg);
	case COMPARE_EVERY:
		return cli_number("--compare-every", arg, 0, UINT32_MAX,
				  &q->cfg.compare_every);
	case RENEW_EVERY:
		return cli_number("--renew-every", arg, 0, UINT32_MAX,
				  &q->cfg.renew_every);
	case 'j':
		return cli_number("--jobs", arg, 1, JOBS_MOST, &q->jobs);
	case KEEP_GOING:
		q->cfg.keep_going = true;
		return true;
	case 'o':
		q->dir = arg;
		return true;
	case FUZZ:
		return cli_number("--fuzz", arg, 1, UINT32_MAX, &q->most);
	case KINDS:
		return take_kinds(q, arg);
	case JSON:
		q->files.json.path = arg;
		return true;
	default: /* getopt or the scenario has complained */
		return scenario_option(&q->scenario, code, arg) ==
		       SCENARIO_TAKEN;
	}
}

/* Either --fuzz or captures. */
static bool has_source(struct request *q, int n, char **names)
{
	if (!q->most && (q->jobs || q->kinds)) {
		cli_complain("%s: is for --fuzz",
			     q->jobs ? "--jobs" : "--kinds");
		return false;
	}
	if (!q->most)
		return replay_files_captures(&q->files, "verify", n, names);
	if (!n && !q->files.n_inputs)
		return true;
	cli_complain("verify: --fuzz takes no capture");
	return false;
}

static void set_pauses(struct request *q)
{
	bool fuzz = q->most;

	if (q->cfg.compare_every == NOT_SAID)
		q->cfg.compare_every =
			fuzz ? FUZZ_COMPARE_EVERY : COMPARE_EVERY_DEFAULT;
	if (q->cfg.renew_every == NOT_SAID)
		q->cfg.renew_every = fuzz ? FUZZ_RENEW_EVERY : 0;
}

static int parse(struct request *q, int argc, char **argv)
{
	static const struct option options[] = {
		SCENARIO_LONG,
		{"input", required_argument, NULL, 'i'},
		{"iptables", required_argument, NULL, IPTABLES},
		{"compare-every", required_argument, NULL, COMPARE_EVERY},
		{"renew-every", required_argument, NULL, RENEW_EVERY},
		{"jobs", required_argument, NULL, 'j'},
		{"keep-going", no_argument, NULL, KEEP_GOING},
		{"output", required_argument, NULL, 'o'},
		{"json", required_argument, NULL, JSON},
		{"fuzz", required_argument, NULL, FUZZ},
		{"kinds", required_argument, NULL, KINDS},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	static const struct cli_syntax syntax = {
		usage,   scenario_usage, SCENARIO_SHORT "i:j:o:h",
		options, take_option,
	};
	int r = cli_options(&syntax, q, argc, argv);

	if (r != CLI_GO_ON)
		return r;
	set_pauses(q);
	return has_source(q, argc - optind, argv + optind) ? CLI_GO_ON
							   : CLI_ERROR;
}

/* The scenario as both sides want it. */
static bool configure(struct request *q)
{
	struct kernel_config *k = &q->cfg.twin.kernel;
	const struct scenario *s = &q->scenario;

	q->cfg.twin.engine = scenario_config(s);
	k->topology = s->topology;
	k->sysctl = &s->sysctl;
	q->topology_text = scenario_topology_text(s, &k->topology_text.len);
	k->topology_text.at = q->topology_text;
	if (s->rules)
		q->rules_text = scenario_rules_text(s, 4, &k->rules.len);
	if (s->rules6)
		q->rules6_text = scenario_rules_text(s, 6, &k->rules6.len);
	k->rules.at = q->rules_text;
	k->rules6.at = q->rules6_text;
	return k->topology_text.at && (k->rules.at || !s->rules) &&
	       (k->rules6.at || !s->rules6);
}

static int compare(struct request *q)
{
	struct progress_bar bar = progress_bar("verifying");
	struct feeder feeder = capture_feeder(&q->feed);
	struct nat_error err = {0};
	int failed;

	q->cfg.progress = progress_bar_hear(&bar);
	q->cfg.expected = store_count(&q->store);
	failed = verify_run(&q->verify, &q->cfg, &feeder, &err);
	progress_bar_end(&bar);
	return failed ? cli_complain("verify: %s", err.text) : 0;
}

/* Of the first difference, if that was to be the last. */
static int tell_more(struct request *q)
{
	struct progress_bar bar = progress_bar("minimising");
	struct capture_error err;

	if (!q->verify.divergences || q->cfg.keep_going)
		return 0;
	q->diagnosis = diagnose(&q->verify, q->dir, &err);
	progress_bar_end(&bar);
	return q->diagnosis ? 0 : cli_complain("verify: %s", err.text);
}

static int answer(struct request *q)
{
	const struct verify_report report = {
		.verify = &q->verify,
		.source = q->most ? q->made : q->files.summary.name,
		.frames = q->most ? q->fuzz.made : q->files.summary.frames,
		.unanswered = q->feed.unanswered,
		.diagnosis = q->diagnosis,
	};
	bool json = q->files.json.path;

	if ((json && replay_files_json(&q->files, verify_json(&report))) ||
	    replay_files_commit(&q->files))
		return CLI_ERROR;
	if (!json || strcmp(q->files.json.path, "-") != 0)
		verify_print(&report, stdout);
	if (cli_flush())
		return CLI_ERROR;
	return q->verify.divergences || !verify_exceptions_ok(&q->verify)
		       ? CLI_BAD_ANSWER
		       : CLI_OK;
}

static int open_captures(struct request *q)
{
	if (replay_files_load(&q->files, &q->store))
		return -1;
	if (capture_feed_init(&q->feed, &q->store, q->files.verbatim,
			      q->scenario.client_if, q->scenario.server_if)) {
		cli_complain("verify: out of memory");
		return -1;
	}
	return 0;
}

/* What stretch @i draws does not depend on another: seeds of their own. */
static struct traffic *stretch_traffic(const struct request *q, uint64_t i,
				       struct capture_error *err)
{
	const uint64_t odd = UINT64_C(0xd6e8feb86659fd93);
	const struct traffic_config cfg = {
		.topology = q->scenario.topology,
		.topology_text = q->topology_text,
		.rules_text = {q->rules_text, q->rules6_text},
		.seed = q->scenario.seed ^ i * odd,
		.kinds = q->kinds,
	};

	return traffic_new(&cfg, err);
}

static void pass_on(struct nat_error *err, const struct capture_error *why)
{
	(void)snprintf(err->text, sizeof(err->text), "%.*s",
		       (int)sizeof(err->text) - 1, why->text);
}

static int play_stretch(void *request, uint64_t i, struct verify *v,
			struct nat_error *err)
{
	struct request *q = request;
	uint64_t first = i * q->cfg.renew_every, most = q->cfg.renew_every;
	struct verify_config cfg = q->cfg;
	struct feeder feeder = fuzz_feeder(&q->fuzz);
	struct capture_error why;
	int rc;

	if (!most || most > q->most - first)
		most = q->most - first;
	traffic_free(q->fuzz.traffic);
	q->fuzz.traffic = stretch_traffic(q, i, &why);
	if (!q->fuzz.traffic) {
		pass_on(err, &why);
		return -1;
	}
	q->fuzz.made = first;
	q->fuzz.most = first + most;
	cfg.renew_every = 0;
	rc = verify_run(v, &cfg, &feeder, err);
	v->cfg = &q->cfg;
	return rc;
}

static char *tell_stretch(void *request, const struct verify *v,
			  struct nat_error *err)
{
	struct request *q = request;
	struct capture_error why;
	char *told = diagnose(v, q->dir, &why);

	if (!told)
		pass_on(err, &why);
	return told;
}

static unsigned jobs(const struct request *q, uint64_t stretches)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t n = q->jobs;

	if (!n)
		n = processors > 0 ? (uint64_t)processors : 1;
	return (unsigned)(n < stretches ? n : stretches);
}

static int fuzz(struct request *q)
{
	struct progress_bar bar = progress_bar("verifying");
	uint64_t every = q->cfg.renew_every;
	struct stretches s = {
		.n = every ? (q->most - 1) / every + 1 : 1,
		.keep_going = q->cfg.keep_going,
		.play = play_stretch,
		.tell = tell_stretch,
		.ctx = q,
		.progress = progress_bar_hear(&bar),
		.expected = q->most,
	};
	struct nat_error err;
	int failed;

	s.jobs = jobs(q, s.n);
	(void)snprintf(q->made, sizeof(q->made), "made with seed %" PRIu64,
		       q->scenario.seed);
	failed = stretches_play(&s, &q->verify, &q->diagnosis, &err);
	q->fuzz.made = q->verify.packets + q->verify.unsupported.total;
	progress_bar_end(&bar);
	return failed ? cli_complain("verify: %s", err.text) : 0;
}

/* False: errno says why not. */
static bool writable_dir(const char *path)
{
	struct stat is;

	if (stat(path, &is) || access(path, W_OK))
		return false;
	errno = ENOTDIR;
	return S_ISDIR(is.st_mode);
}

static int run(struct request *q)
{
	struct nat_error err;

	if (!writable_dir(q->dir)) /* now, not when a divergence is found */
		return cli_complain("verify: %s: %s", q->dir,
				    strerrordesc_np(errno));
	if (q->most)
		fuzz_timeouts(&q->scenario.sysctl);
	if (scenario_load(&q->scenario) ||
	    replay_files_open(&q->files, &q->scenario) || !configure(q))
		return CLI_ERROR;
	if (!q->most && open_captures(q))
		return CLI_ERROR;
	if (kernel_check(&q->cfg.twin.kernel, &err))
		return cli_complain("verify: %s", err.text);
	if (q->most ? fuzz(q) : compare(q) || tell_more(q))
		return CLI_ERROR;
	return answer(q);
}

int cmd_verify(int argc, char **argv)
{
	struct request *q = calloc(1, sizeof(*q));
	int r;

	if (!q)
		return cli_complain("verify: out of memory");
	q->cfg.compare_every = NOT_SAID;
	q->cfg.renew_every = NOT_SAID;
	q->dir = ".";
	scenario_init(&q->scenario);
	r = parse(q, argc, argv);
	if (r == CLI_GO_ON)
		r = run(q);
	replay_files_drop(&q->files);
	verify_free(&q->verify);
	capture_feed_fini(&q->feed);
	traffic_free(q->fuzz.traffic);
	store_free(&q->store);
	scenario_free(&q->scenario);
	free(q->diagnosis);
	free(q->topology_text);
	free(q->rules_text);
	free(q->rules6_text);
	free(q);
	return r;
}
