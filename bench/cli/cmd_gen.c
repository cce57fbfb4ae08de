/* SPDX-License-Identifier: BSD-2-Clause
 *
 * natbench gen: writes a capture of generated traffic. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/gen.h"
#include "capture/writer.h"
#include "cli/cli.h"
#include "cli/progress_bar.h"

enum { PROGRESS_STEP = 1 << 16 };

static const char usage[] =
	"usage: natbench gen [OPTION...] -o FILE\n"
	"\n"
	"Writes a capture of conversations between clients in 10.0.0.0/8 and\n"
	"servers in 198.18.0.0/15, or of both in 2001:2::/48, their packets\n"
	"interleaved at random: pcap, raw IP, nanoseconds, one packet every\n"
	"microsecond.\n"
	"\n"
	"  -o, --output FILE     compressed if named .gz or .zst; - is stdout\n"
	"      --family 4|6      of the IP packets [4]\n"
	"      --flows N         conversations, each of its own client "
	"[65536]\n"
	"      --packets N       packets in all [1000000]\n"
	"      --size N|imix     Ethernet frame size of packets with data "
	"[64]:\n"
	"                        18 more than the IP packet; imix: 64, 594\n"
	"                        and 1518 as 7 : 4 : 1; of IPv6 64 is 84\n"
	"      --mix tcp=N,udp=N,icmp=N\n"
	"                        flows of each kind in proportion, those left\n"
	"                        out being 0 [tcp=80,udp=19,icmp=1]\n"
	"      --seed N          decides every byte [1]\n";

static bool parse_size(const char *arg, uint32_t *size)
{
	uint64_t n;

	if (!strcmp(arg, "imix")) {
		*size = GEN_IMIX;
		return true;
	}
	if (!cli_number("--size", arg, GEN_FRAME_LEAST, GEN_FRAME_MOST, &n))
		return false;
	*size = (uint32_t)n;
	return true;
}

/* Takes @arg apart. */
static bool parse_mix(char *arg, uint32_t weight[GEN_N_PROTOS])
{
	char tcp[] = "tcp", udp[] = "udp", icmp[] = "icmp";
	char *const names[] = {[GEN_TCP] = tcp,
			       [GEN_UDP] = udp,
			       [GEN_ICMP] = icmp,
			       [GEN_N_PROTOS] = NULL};
	uint64_t n;

	memset(weight, 0, GEN_N_PROTOS * sizeof(*weight));
	while (*arg) {
		char *value, *word = arg;
		int p = getsubopt(&arg, names, &value);

		if (p < 0 || !value) {
			cli_complain(
				"--mix: '%s' is not tcp=N, udp=N or icmp=N",
				word);
			return false;
		}
		if (!cli_number("--mix", value, 0, GEN_WEIGHT_MOST, &n))
			return false;
		weight[p] = (uint32_t)n;
	}
	return true;
}

static bool parse_family(const char *arg, uint8_t *family)
{
	if (strcmp(arg, "4") != 0 && strcmp(arg, "6") != 0) {
		cli_complain("--family %s: 4 or 6", arg);
		return false;
	}
	*family = arg[0] == '6' ? 6 : 4;
	return true;
}

enum { FLOWS = 0x200, PACKETS, SIZE, MIX, SEED, FAMILY };

struct request {
	struct gen_config cfg;
	const char *path;
};

static bool take_option(void *request, int code, char *arg)
{
	struct request *q = request;
	struct gen_config *cfg = &q->cfg;

	switch (code) {
	case 'o':
		q->path = arg;
		return true;
	case FLOWS:
		return cli_number("--flows", arg, 1, GEN_FLOWS_MOST,
				  &cfg->flows);
	case PACKETS:
		return cli_number("--packets", arg, 1, UINT32_MAX,
				  &cfg->packets);
	case SIZE:
		return parse_size(arg, &cfg->frame_size);
	case MIX:
		return parse_mix(arg, cfg->weight);
	case FAMILY:
		return parse_family(arg, &cfg->family);
	case SEED:
		return cli_number("--seed", arg, 0, UINT64_MAX, &cfg->seed);
	default: /* getopt has complained */
		return false;
	}
}

/* 0, or -1 with @err filled. */
static int write_all(struct gen *g, uint64_t total, const char *path,
		     struct capture_error *err)
{
	struct progress_bar bar = progress_bar("generating");
	struct progress hear = progress_bar_hear(&bar);
	struct capture_writer *w = writer_open(path, err);
	struct capture_record rec;

	if (!w)
		return -1;
	while (gen_next(g, &rec)) {
		if (writer_put(w, rec.time_ns, rec.data, rec.len) < 0)
			break;
		if (rec.frame % PROGRESS_STEP == 0)
			progress_tell(&hear, rec.frame, total);
	}
	progress_bar_end(&bar);
	return writer_commit(w, err);
}

static int generate(const struct gen_config *cfg, const char *path)
{
	struct capture_error err;
	struct gen *g = gen_new(cfg, &err);
	int ret;

	if (!g)
		return cli_complain("gen: %s", err.text);
	ret = write_all(g, cfg->packets, path, &err);
	gen_free(g);
	return ret < 0 ? cli_complain("%s", err.text) : CLI_OK;
}

int cmd_gen(int argc, char **argv)
{
	static const struct option options[] = {
		{"output", required_argument, NULL, 'o'},
		{"flows", required_argument, NULL, FLOWS},
		{"packets", required_argument, NULL, PACKETS},
		{"size", required_argument, NULL, SIZE},
		{"mix", required_argument, NULL, MIX},
		{"family", required_argument, NULL, FAMILY},
		{"seed", required_argument, NULL, SEED},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	static const struct cli_syntax syntax = {
		.usage = usage,
		.letters = "o:h",
		.options = options,
		.take = take_option,
	};
	struct request q = {.cfg = gen_defaults()};
	int r = cli_options(&syntax, &q, argc, argv);

	if (r != CLI_GO_ON)
		return r;
	if (optind < argc)
		return cli_complain("gen: %s: an argument too many",
				    argv[optind]);
	if (!q.path)
		return cli_complain("gen: -o FILE is missing");
	return generate(&q.cfg, q.path);
}
