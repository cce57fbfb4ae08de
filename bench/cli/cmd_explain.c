/* SPDX-License-Identifier: BSD-2-Clause
 * natbench explain: what happens to a packet, hook by hook. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/scenario.h"
#include "explain/session.h"
#include "explain/tell.h"

static const char usage[] =
	"usage: natbench explain [OPTION...] --packet TEXT [--packet TEXT]...\n"
	"       natbench explain [OPTION...] CAPTURE\n"
	"\n"
	"Tells of each packet what it meets: the connection's two tuples and\n"
	"status bits as they change, the rules that match, the verdict, the\n"
	"bytes and checksums that become different.\n"
	"\n"
	"  -p, --packet TEXT     'tcp 10.0.0.1:1000 > 192.0.2.1:80 S', and "
	"then\n"
	"                        the answer to it; 'IF: tcp ...' enters by "
	"IF;\n"
	"                        docs/packet-notation.md has the rest\n"
	"      --frame N         of a capture, tell this frame alone\n"
	"      --frames A-B      or these; those before are played, not told\n"
	"      --json            the same as data\n"
	"\n";

enum { FRAME = 0x200, FRAMES, JSON };

struct request {
	struct scenario scenario;
	const char **packet;
	size_t n_packets;
	const char *capture;
	uint64_t first, last; /* frames */
	bool some_frames, json;
};

static bool take_frames(struct request *q, const char *arg)
{
	char first[32];
	const char *dash = strchr(arg, '-');
	size_t len = dash ? (size_t)(dash - arg) : 0;

	if (!dash || len >= sizeof(first)) {
		cli_complain("--frames %s: A-B is needed", arg);
		return false;
	}
	memcpy(first, arg, len);
	first[len] = '\0';
	return cli_number("--frames", first, 1, UINT64_MAX, &q->first) &&
	       cli_number("--frames", dash + 1, q->first, UINT64_MAX, &q->last);
}

static bool take_option(void *request, int code, char *arg)
{
	struct request *q = request;

	switch (code) {
	case 'p':
		q->packet[q->n_packets++] = arg;
		return true;
	case FRAME:
		q->some_frames = true;
		if (!cli_number("--frame", arg, 1, UINT64_MAX, &q->first))
			return false;
		q->last = q->first;
		return true;
	case FRAMES:
		q->some_frames = true;
		return take_frames(q, arg);
	case JSON:
		q->json = true;
		return true;
	default: /* getopt or the scenario has complained */
		return scenario_option(&q->scenario, code, arg) ==
		       SCENARIO_TAKEN;
	}
}

static bool is_sensible(const struct request *q)
{
	if (!q->capture == !q->n_packets)
		cli_complain("explain: either --packet or a capture is needed");
	else if (q->some_frames && !q->capture)
		cli_complain("explain: --frame is for a capture");
	else
		return true;
	return false;
}

static int play(struct session *s, const struct request *q,
		struct capture_error *err)
{
	if (q->capture)
		return session_capture(s, q->capture, q->first, q->last, err);
	for (size_t i = 0; i < q->n_packets; i++)
		if (session_check(s, q->packet[i], err))
			return -1;
	for (size_t i = 0; i < q->n_packets; i++)
		if (session_packet(s, q->packet[i], err))
			return -1;
	return 0;
}

static int explain(const struct request *q, FILE *out)
{
	const struct nat_topology *topology = q->scenario.topology;
	struct tell_json json = {.out = out, .topology = topology};
	struct tell_text text = {
		.out = out,
		.topology = topology,
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread */
		.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
	};
	const struct session_config cfg = {
		.engine = scenario_config(&q->scenario),
		.client_if = q->scenario.client_if,
		.server_if = q->scenario.server_if,
		.teller = q->json ? tell_json(&json) : tell_text(&text),
	};
	struct capture_error err;
	struct session *s = session_new(&cfg, &err);
	int rc;

	if (!s)
		return cli_complain("%s", err.text);
	rc = play(s, q, &err);
	session_free(s);
	if (rc)
		return cli_complain("%s", err.text);
	if (q->json)
		tell_json_end(&json);
	if (json.failed)
		return cli_complain("out of memory");
	return CLI_OK;
}

static int answer(struct request *q)
{
	int rc;

	if (!is_sensible(q) || scenario_load(&q->scenario))
		return CLI_ERROR;
	rc = explain(q, stdout);
	return rc ? rc : cli_flush();
}

static int parse(struct request *q, int argc, char **argv)
{
	static const struct option options[] = {
		SCENARIO_LONG,
		{"packet", required_argument, NULL, 'p'},
		{"frame", required_argument, NULL, FRAME},
		{"frames", required_argument, NULL, FRAMES},
		{"json", no_argument, NULL, JSON},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	static const struct cli_syntax syntax = {
		usage,   scenario_usage, SCENARIO_SHORT "p:h",
		options, take_option,
	};
	int rc = cli_options(&syntax, q, argc, argv);

	if (rc != CLI_GO_ON)
		return rc;
	q->capture = argv[optind];
	if (q->capture && argv[optind + 1])
		return cli_complain("explain: %s: an argument too many",
				    argv[optind + 1]);
	return CLI_GO_ON;
}

int cmd_explain(int argc, char **argv)
{
	struct request q = {.first = 1, .last = UINT64_MAX};
	int rc;

	scenario_init(&q.scenario);
	q.packet = calloc((size_t)argc, sizeof(*q.packet));
	if (!q.packet)
		return cli_complain("out of memory");
	rc = parse(&q, argc, argv);
	if (rc == CLI_GO_ON)
		rc = answer(&q);
	scenario_free(&q.scenario);
	free(q.packet);
	return rc;
}
