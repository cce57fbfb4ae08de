/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A template of each packet is kept and moved on from pass to pass by what its
 * connection sends in one. */
#include "flows.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "memory.h"
#include "pure/random.h"

enum {
	PORT_FIRST = 32768,
	PORT_BITS = 15,
	PORT_SERVER = 443,
	CLIENT_NET = 10 << 24, /* 10.0.0.0/8 */
	TCP_START = IPV4_HEADER,
	PAYLOAD = FLOWS_SLOT - IPV4_HEADER - TCP_HEADER,
	WINDOW = 0xffff,
	TTL = 64,
};
#define SERVER_NET UINT32_C(0xc6120000) /* 198.18.0.0/15 */

/* What a pass adds to a packet's sequence and acknowledgement. */
struct advance {
	uint32_t seq, ack;
};

struct flows {
	uint32_t first, n;
	uint8_t *packets;
	uint8_t *template;
	struct advance *advance; /* by packet */
};

/* Servers and client ports alone tell connections apart, so a NAT with a
 * single address can keep every port. An odd factor only stirs the clients. */
struct flow_key flow_key(uint32_t i, enum nat_dir dir)
{
	uint32_t client = CLIENT_NET | (i * 0x9e3779b1 & (FLOWS_MOST - 1));
	uint16_t port = PORT_FIRST | (i & ((1 << PORT_BITS) - 1));
	struct flow_key k = {
		.src = htonl(client),
		.dst = htonl(SERVER_NET + (i >> PORT_BITS)),
		.src_port = htons(port),
		.dst_port = htons(PORT_SERVER),
	};

	if (dir == NAT_REPLY) {
		k = flow_inverse(&k);
		k.dst = htonl(FLOWS_ROUTER);
	}
	return k;
}

struct nat_tuple flow_tuple(uint32_t i, enum nat_dir dir)
{
	struct flow_key k = flow_key(i, dir);

	return (struct nat_tuple){
		.src.w[0] = k.src,
		.dst.w[0] = k.dst,
		.src_id = k.src_port,
		.dst_id = k.dst_port,
		.proto = PROTO_TCP,
		.family = 4,
	};
}

/* ---------------------------------------------------------------- packets */

static void put16(uint8_t *at, uint32_t v)
{
	uint16_t wire = htons((uint16_t)v);

	memcpy(at, &wire, sizeof(wire));
}

static void put32(uint8_t *at, uint32_t v)
{
	uint32_t wire = htonl(v);

	memcpy(at, &wire, sizeof(wire));
}

static uint64_t tcp_sum(const uint8_t *p)
{
	uint32_t len = load16_host(p + IPV4_LEN) - IPV4_HEADER;
	const uint8_t tail[4] = {0, PROTO_TCP, (uint8_t)(len >> 8),
				 (uint8_t)len};
	uint64_t sum = csum_add(csum_load(p + IPV4_SRC), load32(tail));

	return csum_partial(sum, p + TCP_START, len);
}

static void finish(uint8_t *p)
{
	uint16_t sum = csum_finish(csum_partial(0, p, IPV4_HEADER));

	memcpy(p + IPV4_CHECK, &sum, sizeof(sum));
	sum = csum_finish(tcp_sum(p));
	memcpy(p + TCP_START + TCP_CHECK, &sum, sizeof(sum));
}

static void build(uint8_t *p, const struct flow_key *k, uint32_t len,
		  uint8_t flags, uint32_t seq, uint32_t ack)
{
	uint8_t *tcp = p + TCP_START;

	memset(p, 0, FLOWS_SLOT);
	p[0] = 0x45;
	put16(p + IPV4_LEN, len);
	put16(p + IPV4_FRAG, IPV4_DF);
	p[IPV4_TTL] = TTL;
	p[IPV4_PROTO] = PROTO_TCP;
	memcpy(p + IPV4_SRC, k, sizeof(*k));
	put32(tcp + TCP_SEQ, seq);
	put32(tcp + TCP_ACK_SEQ, ack);
	tcp[TCP_DOFF] = TCP_HEADER / 4 << 4;
	tcp[TCP_FLAG_BYTE] = flags;
	put16(tcp + TCP_WINDOW, WINDOW);
	finish(p);
}

void flow_opening(uint8_t *slot, uint32_t i, unsigned step)
{
	static const uint8_t flags[] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK};
	struct flow_key k = flow_key(i, step & 1 ? NAT_REPLY : NAT_ORIGINAL);

	build(slot, &k, IPV4_HEADER + TCP_HEADER, flags[step], step == 2,
	      step > 0);
}

void flow_syn(uint8_t *slot, const struct flow_key *k)
{
	build(slot, k, IPV4_HEADER + TCP_HEADER, TCP_SYN, 0, 0);
}

static void move_on(uint8_t *p, const struct advance *by)
{
	uint8_t *tcp = p + TCP_START;
	uint16_t sum;

	put32(tcp + TCP_SEQ, load32_host(tcp + TCP_SEQ) + by->seq);
	put32(tcp + TCP_ACK_SEQ, load32_host(tcp + TCP_ACK_SEQ) + by->ack);
	memset(tcp + TCP_CHECK, 0, sizeof(sum));
	sum = csum_finish(tcp_sum(p));
	memcpy(tcp + TCP_CHECK, &sum, sizeof(sum));
}

/* -------------------------------------------------------------- the flows */

static uint8_t *slot_of(uint8_t *packets, size_t i)
{
	return packets + i * FLOWS_SLOT;
}

/* What a connection has sent, by direction. */
struct sent {
	uint32_t bytes[NAT_N_DIRS];
};

/* The same numbers again for whoever begins with the same seed. */
static uint32_t choose(struct random *r, uint32_t n, enum nat_dir *dir)
{
	uint64_t draw = random_u64(r);

	*dir = draw & 1 ? NAT_REPLY : NAT_ORIGINAL;
	return (uint32_t)((draw >> 32) * n >> 32);
}

static void make_templates(struct flows *f, struct sent *sent)
{
	struct random random = random_new(f->n);
	enum nat_dir dir;

	for (size_t i = 0; i < FLOWS_PACKETS; i++) {
		uint32_t c = choose(&random, f->n, &dir);
		struct flow_key k = flow_key(f->first + c, dir);

		build(slot_of(f->template, i), &k, FLOWS_SLOT, TCP_ACK,
		      1 + sent[c].bytes[dir], 1 + sent[c].bytes[!dir]);
		sent[c].bytes[dir] += PAYLOAD;
	}
	random = random_new(f->n);
	for (size_t i = 0; i < FLOWS_PACKETS; i++) {
		uint32_t c = choose(&random, f->n, &dir);

		f->advance[i] = (struct advance){
			sent[c].bytes[dir],
			sent[c].bytes[!dir],
		};
	}
}

struct flows *flows_new_from(uint32_t first, uint32_t n)
{
	struct flows *f = calloc(1, sizeof(*f));
	struct sent *sent = memory_new(n * sizeof(*sent));

	if (!f)
		goto out;
	f->first = first;
	f->n = n;
	f->packets = memory_new((size_t)FLOWS_PACKETS * FLOWS_SLOT);
	f->template = memory_new((size_t)FLOWS_PACKETS * FLOWS_SLOT);
	f->advance = memory_new(FLOWS_PACKETS * sizeof(*f->advance));
	if (sent && f->packets && f->template && f->advance) {
		make_templates(f, sent);
	} else {
		flows_free(f);
		f = NULL;
	}
out:
	memory_free(sent, n * sizeof(*sent));
	return f;
}

struct flows *flows_new(uint32_t n)
{
	return flows_new_from(0, n);
}

void flows_free(struct flows *f)
{
	if (!f)
		return;
	memory_free(f->packets, (size_t)FLOWS_PACKETS * FLOWS_SLOT);
	memory_free(f->template, (size_t)FLOWS_PACKETS * FLOWS_SLOT);
	memory_free(f->advance, FLOWS_PACKETS * sizeof(*f->advance));
	free(f);
}

/* ---------------------------------------------------------------- playing */

uint8_t *flows_next_pass(struct flows *f)
{
	for (size_t i = 0; i < FLOWS_PACKETS; i++) {
		uint8_t *t = slot_of(f->template, i);

		memcpy(slot_of(f->packets, i), t, FLOWS_SLOT);
		move_on(t, &f->advance[i]);
	}
	return f->packets;
}

/* Which end changed is plain from who sent the packet that entered. */
static bool left_translated(const uint8_t *entered, const uint8_t *left)
{
	struct flow_key in, out, want;

	memcpy(&in, entered + IPV4_SRC, sizeof(in));
	memcpy(&out, left + IPV4_SRC, sizeof(out));
	want = in;
	if (in.dst_port == htons(PORT_SERVER)) {
		want.src = htonl(FLOWS_ROUTER);
	} else {
		uint32_t i = (ntohl(in.src) - SERVER_NET) << PORT_BITS |
			     (ntohs(in.dst_port) - PORT_FIRST);

		want.dst = flow_key(i, NAT_ORIGINAL).src;
	}
	return !memcmp(&want, &out, sizeof(want)) &&
	       csum_fold(csum_partial(0, left, IPV4_HEADER)) == 0xffff &&
	       csum_fold(tcp_sum(left)) == 0xffff;
}

static bool all_translated(const struct flows *f)
{
	for (size_t i = 0; i < FLOWS_PACKETS; i++)
		if (!left_translated(slot_of(f->template, i),
				     slot_of(f->packets, i)))
			return false;
	return true;
}

void flows_play(struct gbench *b, struct flows *f, flows_run run, void *ctx,
		bool translated)
{
	size_t content;

	(void)flows_next_pass(f);
	content = run(ctx, f->packets, FLOWS_PACKETS);
	if (translated && !all_translated(f)) {
		gbench_skip(b, "a packet is not translated as it has to be");
		return;
	}
	while (gbench_run(b, FLOWS_PACKETS)) {
		gbench_pause(b);
		(void)flows_next_pass(f);
		gbench_resume(b);
		content += run(ctx, f->packets, FLOWS_PACKETS);
	}
	if (content != (FLOWS_PASSES + 1) * (size_t)FLOWS_PACKETS)
		gbench_skip(b, "a packet was not taken");
	gbench_items(b, 1);
	gbench_counter(b, "flows", f->n);
}

void flows_register(const char *name, gbench_fn fn)
{
	struct gbench_case *c = gbench_add(name, fn);

	gbench_iterations(c, (int64_t)FLOWS_PASSES * FLOWS_PACKETS);
	gbench_args1(c, 1000);
	gbench_args1(c, 65536);
	gbench_args1(c, 1000000);
	gbench_args1(c, 10000000);
}
