/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Generated traffic: every packet valid, every conversation in order. */
#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>

#include "capture/gen.h"
#include "test/capture_util.h"
#include "test/check.h"

static const struct progress silent;

/* ----------------------------------------------- a packet, looked at anew */

struct view {
	unsigned family;
	uint8_t protocol;
	struct tcphdr tcp;
	struct udphdr udp;
	struct icmphdr icmp;
	const uint8_t *l4;
	uint32_t l4_len, data_len;
	bool from_client;
	uint32_t client, server;
};

/* Word by word as RFC 1071 says it, network order. */
static uint32_t slow_sum(uint32_t sum, const uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static bool is_echo(const struct view *v)
{
	return v->protocol == (v->family == 6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

static void check_sums(const struct view *v, const uint8_t *p)
{
	uint32_t addresses = v->family == 6 ? 32 : 8, sum = 0;

	if (v->family == 4)
		assert_int_equal(slow_sum(0, p, 20), 0xffff);
	if (v->family == 6 || !is_echo(v))
		sum = slow_sum(v->protocol + v->l4_len, v->l4 - addresses,
			       addresses);
	assert_int_equal(slow_sum(sum, v->l4, v->l4_len), 0xffff);
	if (v->protocol == IPPROTO_UDP)
		assert_int_not_equal(v->udp.check, 0);
}

static void look_at_ends(struct view *v, uint32_t src, uint32_t dst)
{
	v->from_client = src >> 24 == 10;
	v->client = v->from_client ? src : dst;
	v->server = v->from_client ? dst : src;
	assert_int_equal(v->client >> 24, 10);
	assert_int_equal(v->server >> 17, 0xc6120000 >> 17);
}

static void look_at_ipv4(struct view *v, const uint8_t *p, uint32_t len)
{
	struct iphdr ip;

	memcpy(&ip, p, sizeof(ip));
	assert_int_equal(ip.ihl, 5);
	assert_int_equal(ip.ttl, 64);
	assert_int_equal(ntohs(ip.tot_len), len);
	v->protocol = ip.protocol;
	v->l4 = p + sizeof(ip);
	look_at_ends(v, ntohl(ip.saddr), ntohl(ip.daddr));
}

static void look_at_ipv6(struct view *v, const uint8_t *p, uint32_t len)
{
	static const uint8_t net[12] = {0x20, 0x01, 0x00, 0x02};
	struct ip6_hdr ip;

	memcpy(&ip, p, sizeof(ip));
	assert_int_equal(ntohl(ip.ip6_flow), 0x60000000);
	assert_int_equal(ip.ip6_hlim, 64);
	assert_int_equal(ntohs(ip.ip6_plen), len - sizeof(ip));
	assert_memory_equal(&ip.ip6_src, net, sizeof(net));
	assert_memory_equal(&ip.ip6_dst, net, sizeof(net));
	v->protocol = ip.ip6_nxt;
	v->l4 = p + sizeof(ip);
	look_at_ends(v, ntohl(ip.ip6_src.s6_addr32[3]),
		     ntohl(ip.ip6_dst.s6_addr32[3]));
}

static struct view view_of(const uint8_t *p, uint32_t len)
{
	struct view v = {.family = p[0] >> 4};
	uint32_t header = 8;

	if (v.family == 6)
		look_at_ipv6(&v, p, len);
	else
		look_at_ipv4(&v, p, len);
	v.l4_len = (uint32_t)(p + len - v.l4);
	if (v.protocol == IPPROTO_TCP) {
		memcpy(&v.tcp, v.l4, sizeof(v.tcp));
		header = v.tcp.doff * 4U;
	} else if (v.protocol == IPPROTO_UDP) {
		memcpy(&v.udp, v.l4, sizeof(v.udp));
		assert_int_equal(ntohs(v.udp.len), v.l4_len);
	} else {
		assert_true(is_echo(&v));
		memcpy(&v.icmp, v.l4, sizeof(v.icmp));
	}
	assert_true(header <= v.l4_len);
	v.data_len = v.l4_len - header;
	check_sums(&v, p);
	return v;
}

/* ------------------------------------------------------- flows, by client */

struct seen {
	uint32_t client, server;
	uint16_t ports[2];
	uint8_t protocol;
	uint32_t packets;
	uint32_t next[2]; /* sequence number each side sends next */
	uint32_t last_len;
	uint16_t echo;
};

/* Open addressing; a client has one flow. */
struct flows {
	struct seen *slot;
	size_t size, used;
};

static struct seen *find_flow(struct flows *f, uint32_t client)
{
	size_t i = (size_t)client * 2654435761U % f->size;

	while (f->slot[i].packets && f->slot[i].client != client)
		i = (i + 1) % f->size;
	if (!f->slot[i].packets)
		f->used++;
	return &f->slot[i];
}

static void check_ports(const struct seen *s, const struct view *v)
{
	uint16_t ports[2];

	memcpy(ports, v->l4, sizeof(ports));
	assert_int_equal(ports[!v->from_client], s->ports[0]);
	assert_int_equal(ports[v->from_client], s->ports[1]);
}

static void check_tcp(struct seen *s, const struct view *v)
{
	bool opening = s->packets < 3;
	bool server = opening ? s->packets == 1 : s->packets % 2 == 0;
	uint32_t seq = ntohl(v->tcp.seq);

	assert_int_equal(v->from_client, !server);
	assert_int_equal(v->tcp.syn, s->packets < 2);
	assert_int_equal(v->tcp.ack, s->packets > 0);
	assert_false(v->tcp.fin || v->tcp.rst || v->tcp.urg);
	assert_int_equal(v->data_len > 0, !opening);
	if (v->tcp.syn)
		s->next[server] = seq;
	assert_int_equal(seq, s->next[server]);
	if (v->tcp.ack)
		assert_int_equal(ntohl(v->tcp.ack_seq), s->next[!server]);
	assert_true(v->data_len <= ntohs(v->tcp.window));
	s->next[server] = seq + v->tcp.syn + v->data_len;
	check_ports(s, v);
}

static void check_icmp(struct seen *s, const struct view *v)
{
	static const uint8_t type4[] = {ICMP_ECHO, ICMP_ECHOREPLY};
	static const uint8_t type6[] = {ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY};
	bool reply = s->packets % 2;

	assert_int_equal(v->from_client, !reply);
	assert_int_equal(v->icmp.type, (v->family == 6 ? type6 : type4)[reply]);
	assert_int_equal(v->icmp.code, 0);
	assert_int_equal(v->icmp.un.echo.id, s->ports[0]);
	assert_int_equal(ntohs(v->icmp.un.echo.sequence), s->packets / 2 + 1);
	if (reply)
		assert_int_equal(v->l4_len, s->last_len);
}

static void check_packet(struct flows *f, const uint8_t *p, uint32_t len)
{
	struct view v = view_of(p, len);
	struct seen *s = find_flow(f, v.client);

	if (!s->packets) {
		assert_true(v.from_client);
		s->client = v.client;
		s->server = v.server;
		s->protocol = v.protocol;
		memcpy(s->ports, v.l4, sizeof(s->ports));
		if (is_echo(&v))
			s->ports[0] = v.icmp.un.echo.id;
	}
	assert_int_equal(v.server, s->server);
	assert_int_equal(v.protocol, s->protocol);
	if (s->protocol == IPPROTO_TCP) {
		check_tcp(s, &v);
	} else if (s->protocol == IPPROTO_UDP) {
		assert_int_equal(v.from_client, s->packets % 2 == 0);
		check_ports(s, &v);
	} else {
		check_icmp(s, &v);
	}
	s->last_len = v.l4_len;
	s->packets++;
}

/* ------------------------------------------------------------------ cases */

struct row {
	const char *name;
	struct gen_config cfg;
	const char *fault;            /* NULL: none */
	uint64_t flows[GEN_N_PROTOS]; /* of each protocol */
};

#define START6 .family = 6, .start_ns = 1000000007, .gap_ns = 1000
#define START  .family = 4, .start_ns = 1000000007, .gap_ns = 1000

/* clang-format off */
static const struct row rows[] = {
{ "all kinds", { .flows = 1000, .packets = 20000, .frame_size = 64, .weight = { 8, 1, 1 }, .seed = 1, START }, NULL, { 800, 100, 100 } },
{ "a single flow", { .flows = 1, .packets = 50, .frame_size = 64, .weight = { 1, 1, 1 }, .seed = 2, START }, NULL, { 1, 0, 0 } },
{ "as few packets as can be", { .flows = 100, .packets = 270, .frame_size = 64, .weight = { 7, 2, 1 }, .seed = 3, START }, NULL, { 70, 20, 10 } },
{ "imix", { .flows = 300, .packets = 10000, .frame_size = GEN_IMIX, .weight = { 1, 1, 1 }, .seed = 4, START }, NULL, { 100, 100, 100 } },
{ "largest frames", { .flows = 10, .packets = 1000, .frame_size = GEN_FRAME_MOST, .weight = { 1, 0, 0 }, .seed = 5, START }, NULL, { 10, 0, 0 } },
{ "UDP alone", { .flows = 77, .packets = 1000, .frame_size = 65, .weight = { 0, 3, 0 }, .seed = 6, START }, NULL, { 0, 77, 0 } },
{ "ICMP alone", { .flows = 5, .packets = 1001, .frame_size = 1518, .weight = { 0, 0, 9 }, .seed = 7, START }, NULL, { 0, 0, 5 } },
{ "IPv6", { .flows = 1000, .packets = 20000, .frame_size = 64, .weight = { 8, 1, 1 }, .seed = 1, START6 }, NULL, { 800, 100, 100 } },
{ "IPv6, imix", { .flows = 300, .packets = 10000, .frame_size = GEN_IMIX, .weight = { 1, 1, 1 }, .seed = 4, START6 }, NULL, { 100, 100, 100 } },
{ "IPv6, largest frames", { .flows = 10, .packets = 1000, .frame_size = GEN_FRAME_MOST, .weight = { 1, 1, 0 }, .seed = 5, START6 }, NULL, { 5, 5, 0 } },

{ "a packet too few", { .flows = 100, .packets = 269, .frame_size = 64, .weight = { 7, 2, 1 } }, "need 270", { 0 } },
{ "no flow", { .flows = 0, .packets = 10, .frame_size = 64, .weight = { 1 } }, "flows", { 0 } },
{ "more flows than clients", { .flows = 1 << 24, .packets = 1 << 30, .frame_size = 64, .weight = { 1 } }, "flows", { 0 } },
{ "no weight", { .flows = 1, .packets = 10, .frame_size = 64 }, "weight", { 0 } },
{ "a huge weight", { .flows = 1, .packets = 10, .frame_size = 64, .weight = { 1000001 } }, "weight", { 0 } },
{ "frames too small", { .flows = 1, .packets = 10, .frame_size = 63, .weight = { 1 } }, "size", { 0 } },
{ "frames too large", { .flows = 1, .packets = 10, .frame_size = 9019, .weight = { 1 } }, "size", { 0 } },
{ "too many packets", { .flows = 1, .packets = UINT64_C(1) << 32, .frame_size = 64, .weight = { 1 } }, "packets", { 0 } },
};
/* clang-format on */

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

/* Flows get as many packets as each other but for their least and one. */
static void check_flows(const struct row *r, const struct flows *f)
{
	const uint8_t protocol[GEN_N_PROTOS] = {
		[GEN_TCP] = IPPROTO_TCP,
		[GEN_UDP] = IPPROTO_UDP,
		[GEN_ICMP] = r->cfg.family == 6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
	};
	uint64_t least = UINT64_MAX, most = 0;

	assert_int_equal(f->used, r->cfg.flows);
	for (int p = 0; p < GEN_N_PROTOS; p++) {
		uint64_t n = 0;

		for (size_t i = 0; i < f->size; i++) {
			const struct seen *s = &f->slot[i];
			uint64_t more = s->packets - (p == GEN_TCP ? 3U : 2U);

			if (!s->packets || s->protocol != protocol[p])
				continue;
			n++;
			least = more < least ? more : least;
			most = more > most ? more : most;
		}
		assert_int_equal(n, r->flows[p]);
	}
	assert_true(most - least <= 1);
}

static void check_store(const struct row *r, const struct store *s)
{
	struct flows f = {.size = r->cfg.flows * 2 + 1};
	const struct store_entry *e = store_entries(s);

	assert_int_equal(store_count(s), r->cfg.packets);
	f.slot = calloc(f.size, sizeof(*f.slot));
	assert_non_null(f.slot);
	for (size_t i = 0; i < store_count(s); i++) {
		assert_true(e[i].time_ns ==
			    r->cfg.start_ns + i * r->cfg.gap_ns);
		assert_int_equal(e[i].frame, i + 1);
		assert_int_equal(e[i].iface, 3);
		check_packet(&f, store_bytes(s, &e[i]), e[i].len);
	}
	check_flows(r, &f);
	free(f.slot);
}

static void test_rows(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_ROWS; i++) {
		const struct row *r = &rows[i];
		struct capture_error err = {""};
		struct store s = {0};
		int ret = gen_store(&s, &r->cfg, 3, silent, &err);

		print_message("%s\n", r->name);
		assert_int_equal(ret, r->fault ? -1 : 0);
		if (r->fault)
			assert_non_null(strstr(err.text, r->fault));
		else
			check_store(r, &s);
		store_free(&s);
	}
}

static void test_sizes(void **state)
{
	struct gen_config cfg = gen_defaults();
	struct capture_record rec;
	struct capture_error err;
	uint64_t of[3] = {0}, other = 0;
	struct gen *g;

	(void)state;
	cfg.flows = 100;
	cfg.packets = 120300;
	cfg.frame_size = GEN_IMIX;
	cfg.weight[GEN_ICMP] = cfg.weight[GEN_UDP] = 0;
	g = gen_new(&cfg, &err);
	assert_non_null(g);
	while (gen_next(g, &rec)) {
		of[0] += rec.len == 64 - 18;
		of[1] += rec.len == 594 - 18;
		of[2] += rec.len == 1518 - 18;
		other += rec.len == 44 || rec.len == 40;
	}
	gen_free(g);
	assert_int_equal(other, 300);
	assert_int_equal(of[0] + of[1] + of[2], 120000);
	assert_in_range(of[0], 69000, 71000);
	assert_in_range(of[1], 39000, 41000);
	assert_in_range(of[2], 9000, 11000);
}

/* The seed decides all; without it nothing stays. */
static void test_seed(void **state)
{
	struct store s[3] = {{.ip_bytes = 0}};
	struct capture_error err;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct gen_config cfg = gen_defaults();

		cfg.packets = 300000;
		cfg.seed = i < 2 ? 42 : 43;
		assert_int_equal(gen_store(&s[i], &cfg, 0, silent, &err), 0);
	}
	assert_int_equal(s[0].bytes.used, s[1].bytes.used);
	assert_memory_equal(s[0].bytes.base, s[1].bytes.base, s[0].bytes.used);
	assert_memory_not_equal(s[0].bytes.base, s[2].bytes.base,
				s[0].bytes.used);
	for (int i = 0; i < 3; i++)
		store_free(&s[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
