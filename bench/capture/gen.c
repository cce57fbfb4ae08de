/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Plans which flow sends each packet - a shuffle of every flow's index, once
 * for each of its packets - then lets each flow say what it sends next. */
#include "capture/gen.h"

#include <inttypes.h>
#include <stdlib.h>

#include "capture/gen_frame.h"
#include "capture/random.h"
#include "capture/region.h"

enum {
	ETHERNET = 18,         /* header and frame check sequence */
	CLIENT_NET = 10 << 24, /* 10.0.0.0/8 */
	PROGRESS_STEP = 1 << 16,
};
#define SERVER_NET UINT32_C(0xc6120000) /* 198.18.0.0/15 */

struct flow {
	uint32_t client, server;
	uint16_t client_port, server_port; /* ICMP: identifier, none */
	uint32_t seq[2];                   /* TCP, next: client's, server's */
	uint32_t at;                       /* packets sent */
	uint16_t request_len;              /* ICMP: what the reply mirrors */
	uint8_t proto;                     /* enum gen_proto */
};

struct gen {
	struct gen_config cfg;
	struct rng rng;
	struct region flows; /* struct flow */
	struct region order; /* uint32_t: the flow of each packet */
	uint64_t at;         /* packets made */
	uint8_t frame[FRAME_MOST];
};

static struct flow *flow_of(const struct gen *g, uint64_t i)
{
	return (struct flow *)(void *)g->flows.base + i;
}

static uint32_t *order_of(const struct gen *g)
{
	return (uint32_t *)(void *)g->order.base;
}

struct gen_config gen_defaults(void)
{
	return (struct gen_config){
		.flows = 65536,
		.packets = 1000000,
		.frame_size = GEN_FRAME_LEAST,
		.weight = {[GEN_TCP] = 80, [GEN_UDP] = 19, [GEN_ICMP] = 1},
		.family = 4,
		.seed = 1,
		.start_ns = UINT64_C(1700000000000000000),
		.gap_ns = 1000,
	};
}

/* ------------------------------------------------------------------- plan */

static uint32_t least_packets(enum gen_proto p)
{
	return p == GEN_TCP ? 3 : 2;
}

/* How many flows of each protocol; what rounding leaves goes to the first
 * that has a weight. False: none has. */
static bool share_flows(const struct gen_config *cfg,
			uint64_t share[GEN_N_PROTOS])
{
	uint64_t total = 0, given = 0;
	int first = GEN_N_PROTOS;

	for (int p = GEN_N_PROTOS; p--;) {
		total += cfg->weight[p];
		if (cfg->weight[p])
			first = p;
	}
	if (!total)
		return false;
	for (int p = 0; p < GEN_N_PROTOS; p++) {
		share[p] = cfg->flows * cfg->weight[p] / total;
		given += share[p];
	}
	share[first] += cfg->flows - given;
	return true;
}

static uint64_t need_of(const uint64_t share[GEN_N_PROTOS])
{
	uint64_t need = 0;

	for (int p = 0; p < GEN_N_PROTOS; p++)
		need += share[p] * least_packets((enum gen_proto)p);
	return need;
}

static int check_config(const struct gen_config *cfg, struct capture_error *err)
{
	uint64_t share[GEN_N_PROTOS];

	for (int p = 0; p < GEN_N_PROTOS; p++)
		if (cfg->weight[p] > GEN_WEIGHT_MOST)
			return capture_fail(err, "a weight is at most %d",
					    GEN_WEIGHT_MOST);
	if (!share_flows(cfg, share))
		return capture_fail(err, "every protocol has weight 0");
	if (!cfg->flows || cfg->flows > GEN_FLOWS_MOST)
		return capture_fail(err, "flows must be 1 to %d",
				    GEN_FLOWS_MOST);
	if (cfg->packets > UINT32_MAX)
		return capture_fail(err, "packets must be at most %" PRIu32,
				    UINT32_MAX);
	if (cfg->frame_size != GEN_IMIX && (cfg->frame_size < GEN_FRAME_LEAST ||
					    cfg->frame_size > GEN_FRAME_MOST))
		return capture_fail(err, "the size must be %d to %d",
				    GEN_FRAME_LEAST, GEN_FRAME_MOST);
	if (cfg->packets < need_of(share))
		return capture_fail(
			err,
			"%" PRIu64 " packets are too few for %" PRIu64
			" flows, which need %" PRIu64
			": 3 for a TCP handshake, 2 for a request and reply",
			cfg->packets, cfg->flows, need_of(share));
	return 0;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static void plan_flow(struct gen *g, struct flow *f, enum gen_proto proto,
		      uint32_t host)
{
	enum { SERVERS = (1 << 17) - 2, FIRST_PORT = 1024 };
	const uint16_t service[GEN_N_PROTOS][2] = {
		[GEN_TCP] = {80, 443},
		[GEN_UDP] = {443, 5001},
	};
	struct rng *r = &g->rng;

	*f = (struct flow){
		.client = CLIENT_NET + 1 + host,
		.server = SERVER_NET + 1 + rng_below(r, SERVERS),
		.client_port = (uint16_t)(FIRST_PORT +
					  rng_below(r, 65536 - FIRST_PORT)),
		.server_port = service[proto][rng_below(r, 2)],
		.seq = {rng_u32(r), rng_u32(r)},
		.proto = (uint8_t)proto,
	};
}

/* Flow i has client start + i * stride, all different as the stride has no
 * factor in common with their number. */
static void plan_flows(struct gen *g)
{
	uint64_t share[GEN_N_PROTOS] = {0}, i = 0, host, stride;

	(void)share_flows(&g->cfg, share); /* checked */
	host = rng_below(&g->rng, GEN_FLOWS_MOST);
	do
		stride = rng_below(&g->rng, GEN_FLOWS_MOST);
	while (gcd(GEN_FLOWS_MOST, stride) != 1);
	for (int p = 0; p < GEN_N_PROTOS; p++) {
		for (uint64_t n = share[p]; n--; i++) {
			plan_flow(g, flow_of(g, i), (enum gen_proto)p,
				  (uint32_t)host);
			host = (host + stride) % GEN_FLOWS_MOST;
		}
	}
}

static void shuffle(uint32_t *a, uint64_t n, struct rng *r)
{
	while (n > 1) {
		uint32_t pick = rng_below(r, (uint32_t)n--);
		uint32_t last = a[n];

		a[n] = a[pick];
		a[pick] = last;
	}
}

/* Each flow's least, then round after round one more for each. */
static void plan_order(struct gen *g)
{
	uint32_t *order = order_of(g), flows = (uint32_t)g->cfg.flows;
	uint64_t n = 0;

	for (uint32_t i = 0; i < flows; i++) {
		uint32_t least =
			least_packets((enum gen_proto)flow_of(g, i)->proto);

		while (least--)
			order[n++] = i;
	}
	while (n < g->cfg.packets)
		for (uint32_t i = 0; i < flows && n < g->cfg.packets; i++)
			order[n++] = i;
	shuffle(order, n, &g->rng);
}

struct gen *gen_new(const struct gen_config *cfg, struct capture_error *err)
{
	struct gen *g;

	if (check_config(cfg, err) < 0)
		return NULL;
	g = calloc(1, sizeof(*g));
	if (!g ||
	    !region_reserve(&g->flows, cfg->flows * sizeof(struct flow)) ||
	    !region_reserve(&g->order, cfg->packets * sizeof(uint32_t))) {
		gen_free(g);
		capture_fail(err, "out of memory");
		return NULL;
	}
	g->cfg = *cfg;
	g->rng = rng_new(cfg->seed);
	plan_flows(g);
	plan_order(g);
	return g;
}

void gen_free(struct gen *g)
{
	if (!g)
		return;
	region_free(&g->flows);
	region_free(&g->order);
	free(g);
}

/* ---------------------------------------------------------------- packets */

/* Length of what a packet with data carries behind its IP header. */
static uint32_t draw_length(struct gen *g)
{
	uint32_t size = g->cfg.frame_size;

	if (size == GEN_IMIX) {
		uint32_t draw = rng_below(&g->rng, 7 + 4 + 1);

		size = draw < 7 ? 64 : draw < 7 + 4 ? 594 : 1518;
	}
	if (g->cfg.family == 6 && size < GEN_FRAME_LEAST6)
		size = GEN_FRAME_LEAST6;
	return size - ETHERNET - frame_ip_header(g->cfg.family);
}

static struct frame_ends ends_of(const struct gen *g, const struct flow *f,
				 bool from_server)
{
	struct frame_ends e = {
		.family = g->cfg.family,
		.src = f->client,
		.dst = f->server,
		.src_port = f->client_port,
		.dst_port = f->server_port,
		.ip_id = (uint16_t)f->at,
	};

	if (from_server) {
		e.src = f->server;
		e.dst = f->client;
		e.src_port = f->server_port;
		e.dst_port = f->client_port;
	}
	return e;
}

static uint32_t next_tcp(struct gen *g, struct flow *f)
{
	static const uint8_t handshake[] = {FRAME_SYN, FRAME_SYN | FRAME_ACK,
					    FRAME_ACK};
	bool opening = f->at < sizeof(handshake);
	bool from_server = opening ? f->at == 1 : f->at % 2 == 0;
	uint8_t flags = opening ? handshake[f->at] : FRAME_PSH | FRAME_ACK;
	uint32_t payload = opening ? 0 : draw_length(g) - FRAME_TCP_HEADER;
	struct frame_ends e = ends_of(g, f, from_server);
	uint32_t *seq = &f->seq[from_server];
	uint32_t ack = flags & FRAME_ACK ? f->seq[!from_server] : 0;
	uint32_t len = frame_tcp(g->frame, &e, *seq, ack, flags, payload);

	*seq += payload + !!(flags & FRAME_SYN);
	return len;
}

static uint32_t next_udp(struct gen *g, struct flow *f)
{
	struct frame_ends e = ends_of(g, f, f->at % 2);

	return frame_udp(g->frame, &e, draw_length(g) - FRAME_UDP_HEADER);
}

static uint32_t next_icmp(struct gen *g, struct flow *f)
{
	bool reply = f->at % 2;
	struct frame_ends e = ends_of(g, f, reply);

	e.src_port = f->client_port;
	e.dst_port = (uint16_t)(f->at / 2 + 1);
	if (!reply)
		f->request_len = (uint16_t)draw_length(g);
	return frame_echo(g->frame, &e, reply,
			  f->request_len - (uint32_t)FRAME_ICMP_HEADER);
}

bool gen_next(struct gen *g, struct capture_record *rec)
{
	static uint32_t (*const next[GEN_N_PROTOS])(struct gen *,
						    struct flow *) = {
		[GEN_TCP] = next_tcp,
		[GEN_UDP] = next_udp,
		[GEN_ICMP] = next_icmp,
	};
	struct flow *f;
	uint32_t len;

	if (g->at == g->cfg.packets)
		return false;
	f = flow_of(g, order_of(g)[g->at]);
	len = next[f->proto](g, f);
	f->at++;
	*rec = (struct capture_record){
		.data = g->frame,
		.len = len,
		.wire_len = len,
		.time_ns = g->cfg.start_ns + g->at * g->cfg.gap_ns,
		.frame = g->at + 1,
	};
	g->at++;
	return true;
}

int gen_store(struct store *s, const struct gen_config *cfg, uint16_t iface,
	      struct progress progress, struct capture_error *err)
{
	struct gen *g = gen_new(cfg, err);
	struct capture_record rec;
	int ret = 0;

	if (!g)
		return -1;
	while (!ret && gen_next(g, &rec)) {
		if (store_append(s, &rec, iface) < 0)
			ret = capture_fail(err, "out of memory");
		if (rec.frame % PROGRESS_STEP == 0)
			progress_tell(&progress, rec.frame, cfg->packets);
	}
	gen_free(g);
	return ret;
}
