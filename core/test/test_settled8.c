/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets of settled connections go eight at a time or one by one, and nobody
 * can tell which: the same conversations go through a router in full batches
 * and through one that is handed a packet at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide/settled8.h"
#include "pure/random.h"
#include "test/check.h"
#include "test/mix.h"
#include "test/outcome.h"
#include "test/router.h"
#include "util.h"

enum {
	FLOWS = 64,
	BATCH = 128,
	ROUNDS = 60,
	PACKETS = ROUNDS * BATCH,
};

#define SNAT                                                                   \
	"-A POSTROUTING -o wan -s 10.1.0.0/16 -j SNAT --to-source "            \
	"198.51.100.1\n"
#define DNAT                                                                   \
	"-A PREROUTING -i lan -d 192.0.2.9 -j DNAT --to-destination "          \
	"192.0.2.1\n"

#define NO_NAT "-A POSTROUTING -s 10.9.0.1 -j MASQUERADE\n"

/* No oddities of the packet as it is written. */
#define STRAYS   "ipid 9"
#define ZERO     "ipid 8" /* its sum is 0 when it leaves: UDP says 0xffff */
#define ONES     "ipid 7" /* its sum is 0 when it comes, and it says 0xffff */
#define TTL_ONES "ipid 6" /* with one less to go, its header's sum is that */

static const struct row {
	const char *name, *rules;
	const char *links;  /* settings before the topology */
	unsigned tcp_in_8;  /* how many connections of eight are TCP */
	unsigned odd_in_64; /* how many packets of so many are not ordinary */
	const char *oddity; /* in what way; NULL: in any */
	unsigned few; /* so many connections, at random; 0: all, in turn */
	bool led;     /* whom clients call is not who answers */
	bool acct, unverified;
	bool misled;        /* some are not who they are taken for */
	uint64_t pause_ns;  /* between batches... */
	unsigned pause_per; /* ...so many of them; 0: each */
} rows[] = {
	{.name = "tcp", .rules = SNAT, .tcp_in_8 = 8},
	{.name = "udp", .rules = SNAT},
	{.name = "both", .rules = SNAT, .tcp_in_8 = 5},
	{.name = "not translated", .rules = NO_NAT, .tcp_in_8 = 5},
	{.name = "both ends", .rules = DNAT SNAT, .led = true, .tcp_in_8 = 5},
	{.name = "oddities", .rules = SNAT, .tcp_in_8 = 5, .odd_in_64 = 2},
	{.name = "many oddities",
	 .rules = SNAT,
	 .tcp_in_8 = 6,
	 .odd_in_64 = 16},
	{.name = "few connections", .rules = SNAT, .tcp_in_8 = 5, .few = 12},
	{.name = "counted", .rules = SNAT, .tcp_in_8 = 5, .acct = true},
	{.name = "sums unseen",
	 .rules = SNAT,
	 .tcp_in_8 = 5,
	 .odd_in_64 = 2,
	 .unverified = true},
	{.name = "narrow links",
	 .rules = SNAT,
	 .links = "link set dev wan mtu 100\n",
	 .tcp_in_8 = 5},
	{.name = "time for UDP to expire",
	 .rules = SNAT,
	 .tcp_in_8 = 4,
	 .pause_ns = UINT64_C(130000000000)},
	{.name = "wrong guesses", .rules = SNAT, .tcp_in_8 = 5, .misled = true},
	{.name = "the other zero, not translated",
	 .rules = NO_NAT,
	 .tcp_in_8 = 7,
	 .odd_in_64 = 2,
	 .oddity = ONES},
	{.name = "the header's sum turns over, not translated",
	 .rules = NO_NAT,
	 .tcp_in_8 = 7,
	 .odd_in_64 = 2,
	 .oddity = TTL_ONES},
	{.name = "one expires among seven that do not",
	 .rules = SNAT,
	 .tcp_in_8 = 7,
	 .pause_ns = UINT64_C(130000000000),
	 .pause_per = 8},
};

/* ------------------------------------------------------- the conversations */

struct talk {
	uint32_t sent[NAT_N_DIRS]; /* bytes, of TCP */
	unsigned flow;
	bool tcp;
};

struct bytes {
	struct frame frame;
	bool reply;
	bool strays; /* comes from where it never came */
};

static void ends_of(const struct row *row, unsigned flow, bool reply, char *out,
		    size_t size)
{
	const bool same = !strcmp(row->rules, NO_NAT);

	if (reply)
		(void)snprintf(out, size, "192.0.2.1:443 > %s:%u",
			       same ? "10.1.0.2" : "198.51.100.1", 4000 + flow);
	else
		(void)snprintf(out, size, "10.1.0.2:%u > 192.0.2.%u:443",
			       4000 + flow, row->led ? 9 : 1);
}

static const char *const tcp_oddities[] = {
	"badsum",
	"ttl 1",
	"ttl 2",
	"win 0",
	"tos 184",
	"nops 4",
	"cut 30",
	"mf",
	"doff 4",
	"doff 9",
	"opts 01010101",
	"opts 0101080a0000000100000002",
	"opts 0101050a0000000100000002",
	"seq 70000000",
	"ack 70000000",
	"seq 4294000000",
	STRAYS,
	ZERO,
	ONES,
	TTL_ONES,
};

static const char *const udp_oddities[] = {
	"badsum", "ttl 1", "nosum", "ulen 9", "ulen 4", "ulen 200",
	"cut 30", STRAYS,  ZERO,    ONES,     TTL_ONES,
};

static const char *oddity(const struct row *row, struct random *rnd, bool tcp)
{
	uint32_t draw = random_u32(rnd);

	if (row->oddity)
		return row->oddity;
	return tcp ? tcp_oddities[draw % ARRAY_LEN(tcp_oddities)]
		   : udp_oddities[draw % ARRAY_LEN(udp_oddities)];
}

/* What one side says. */
struct line {
	bool reply;
	const char *flags; /* of TCP */
	uint32_t len;
	const char *odd;
};

/* @word of a datagram becomes what it takes for the sum at @check to be 0, once
 * it is changed by @later. */
static void end_in_zero(uint8_t *word, uint8_t *check, struct csum_delta later)
{
	const uint16_t was = load16(word), sum = load16(check);
	const uint16_t is = csum_fold((uint64_t)was + csum_apply(sum, later));
	struct csum_delta d = {0};
	uint16_t now;

	csum_delta_u16(&d, was, is);
	now = csum_apply(sum, d);
	memcpy(word, &is, sizeof(is));
	memcpy(check, &now, sizeof(now));
}

static void change_sums(const struct talk *t, const struct line *l,
			struct bytes *b)
{
	static const uint8_t inside[] = {10, 1, 0, 2};
	static const uint8_t outside[] = {198, 51, 100, 1};
	const uint16_t ones = UINT16_MAX;
	uint8_t *ip = b->frame.bytes, *l4 = ip + IPV4_HEADER;
	uint8_t *check = l4 + (t->tcp ? TCP_CHECK : UDP_CHECK);
	/* of TCP's header: the urgent pointer, of no meaning */
	uint8_t *word = l4 + (t->tcp ? TCP_CHECK + 2 : UDP_HEADER);
	struct csum_delta way = {0}, none = {0};

	csum_delta_u32(&way, load32(l->reply ? outside : inside),
		       load32(l->reply ? inside : outside));
	if (!strcmp(l->odd, ZERO))
		end_in_zero(word, check, way);
	if (!strcmp(l->odd, ONES)) {
		end_in_zero(word, check, none);
		memcpy(check, &ones, sizeof(ones));
	}
	if (!strcmp(l->odd, TTL_ONES)) {
		none.sum = (uint16_t)~CSUM_TTL_UNIT;
		end_in_zero(ip + IPV4_ID, ip + IPV4_CHECK, none);
	}
}

static void say(const struct row *row, const struct talk *t,
		const struct line *l, struct bytes *b)
{
	char text[FRAME_TEXT], ends[96], numbers[96] = "";

	ends_of(row, t->flow, l->reply, ends, sizeof(ends));
	if (t->tcp)
		(void)snprintf(numbers, sizeof(numbers), "%s seq %u ack %u",
			       l->flags, 1 + t->sent[l->reply],
			       1 + t->sent[!l->reply]);
	(void)snprintf(text, sizeof(text), "%s %s %s len %u %s",
		       t->tcp ? "tcp" : "udp", ends, numbers, l->len, l->odd);
	b->frame = frame_of(text);
	change_sums(t, l, b);
	b->reply = l->reply;
	b->strays = !strcmp(l->odd, STRAYS);
}

/* Handshakes, or the first two datagrams. */
static unsigned open_one(const struct row *row, struct talk *t, struct bytes *b)
{
	static const uint32_t at[][NAT_N_DIRS] = {{~0u, ~0u}, {0, ~0u}, {0, 0}};
	const char *offer =
		t->flow & 1 ? "opts 0402030301010101" : "opts 020405b4";
	const struct line shake[] = {{false, "S", 0, offer},
				     {true, "SA", 0, offer},
				     {false, "A", 0, ""}};
	const struct line udp[] = {{false, "", 24, ""}, {true, "", 24, ""}};
	const unsigned steps = t->tcp ? ARRAY_LEN(shake) : ARRAY_LEN(udp);
	const struct line *said = t->tcp ? shake : udp;

	for (unsigned i = 0; i < steps; i++) {
		memcpy(t->sent, at[i], sizeof(t->sent));
		say(row, t, &said[i], &b[i]);
	}
	return steps;
}

static void go_on(const struct row *row, struct random *rnd, struct talk *t,
		  struct bytes *b)
{
	static const char *const flags[] = {"A",  "PA", "A",  "PA",
					    "AU", "EA", "FA", "R"};
	const bool odd = random_u32(rnd) % 64 < row->odd_in_64;
	const struct line l = {
		.reply = random_u32(rnd) & 1,
		.len = random_u32(rnd) % 99 + (t->tcp ? 0 : 12),
		.flags = flags[random_u32(rnd) % (odd && !row->oddity ? 8 : 6)],
		.odd = odd ? oddity(row, rnd, t->tcp) : "",
	};

	say(row, t, &l, b);
	if (t->tcp && !odd)
		t->sent[l.reply] += l.len;
}

/* -------------------------------------------------------------- the router */

struct record {
	struct outcome out[PACKETS];
	uint64_t connections; /* a hash */
	struct nat_stats stats;
};

/* All there is to a connection, but its neighbours in lists. They have no
 * order: a sum over all. */
static uint64_t all_connections(const struct conns *all)
{
	struct table_iter it;
	uint64_t sum = 0;
	uint32_t ref;

	table_iter_start(&all->table, &it, 0, table_buckets(&all->table));
	while ((ref = table_iter_next(&all->table, &it))) {
		const struct conn *c = pool_at(&all->pool, ref >> 1);
		uint64_t hash = mix(1, c, offsetof(struct conn, source_next));

		sum += mix(hash, conn_keys(c),
			   conn_size(c->layout, c->proto) - sizeof(*c));
	}
	return sum;
}

static void send(struct router *r, struct bytes *b, unsigned n,
		 unsigned at_once, struct outcome *out)
{
	const int in[] = {nat_topology_if_index(r->topology, "lan"),
			  nat_topology_if_index(r->topology, "wan"),
			  nat_topology_if_index(r->topology, "dmz")};
	struct nat_packet pkt[BATCH];

	for (unsigned i = 0; i < n; i++)
		pkt[i] = (struct nat_packet){
			.data = b[i].frame.bytes,
			.len = b[i].frame.len,
			.in_if = (uint16_t)in[b[i].strays ? 2 : b[i].reply],
			.cause = 7, /* not its to change */
		};
	for (unsigned i = 0; i < n; i += at_once)
		(void)nat_worker_run(r->worker, r->now_ns, pkt + i,
				     n - i < at_once ? n - i : at_once);
	for (unsigned i = 0; out && i < n; i++)
		out[i] = outcome_of(&pkt[i]);
}

/* Of every eighth flow the connection's client has another port than the table
 * thinks: one of those that are guessed wrongly, of which there are few. */
static void mislead(struct conns *all, const struct row *row,
		    const struct talk *talk)
{
	const struct line l = {.flags = "A", .len = 12, .odd = ""};
	const struct table *table = &all->table;
	struct conn_key4 *key;
	struct nat_tuple t;
	struct bytes b;
	uint64_t hash;
	uint32_t ref;

	if (!row->misled || talk->flow % 8 != 3)
		return;
	say(row, talk, &l, &b);
	packet_plain_tuple(b.frame.bytes, &t);
	hash = hash_tuple4(&all->key, &t);
	ref = table_guess(
		table, table_bucket(table, table_buckets(table), hash), hash);
	assert_int_not_equal(ref, 0);
	key = conn_keys(pool_at(&all->pool, ref >> 1));
	key[ref & 1].src_id ^= 1;
}

static void open_all(struct router *r, const struct row *row,
		     struct talk *talks, struct bytes *b)
{
	for (unsigned f = 0; f < FLOWS; f++) {
		talks[f] =
			(struct talk){.flow = f, .tcp = f % 8 < row->tcp_in_8};
		send(r, b, open_one(row, &talks[f], b), 1, NULL);
	}
	for (unsigned f = 0; f < FLOWS; f++)
		mislead(&r->engine->conns, row, &talks[f]);
}

static void play(const struct row *row, unsigned at_once, struct record *rec)
{
	struct router_config c = router_defaults(row->rules);
	static struct bytes b[BATCH];
	struct talk talks[FLOWS];
	struct random rnd = random_new(5);
	char topology[1024];
	struct router r;

	(void)snprintf(topology, sizeof(topology), "%s%s",
		       row->links ? row->links : "", router_topology);
	c.topology = topology;
	memset(rec, 0, sizeof(*rec));
	c.sysctl.acct = row->acct;
	c.sysctl.checksum = !row->unverified;
	router_open(&r, &c);
	open_all(&r, row, talks, b);
	for (unsigned round = 0; round < ROUNDS; round++) {
		const unsigned first = random_u32(&rnd);

		for (unsigned i = 0; i < BATCH; i++) {
			unsigned f = row->few ? random_u32(&rnd) % row->few
					      : (first + i) % FLOWS;

			go_on(row, &rnd, &talks[f], &b[i]);
		}
		r.now_ns += UINT64_C(700000000);
		if (!row->pause_per || round % row->pause_per == 0)
			r.now_ns += row->pause_ns;
		send(&r, b, BATCH, at_once, rec->out + (size_t)round * BATCH);
	}
	rec->connections = all_connections(&r.engine->conns);
	nat_engine_stats(r.engine, &rec->stats);
	router_close(&r);
}

/* --------------------------------------------------------- nobody can tell */

static void compare(const struct row *row, const struct record *one,
		    const struct record *many)
{
	unsigned settled = 0;

	for (unsigned i = 0; i < PACKETS; i++) {
		if (memcmp(&one->out[i], &many->out[i], sizeof(*one->out)) != 0)
			fail_msg("%s: packet %u", row->name, i);
		settled += many->out[i].fields.state == NAT_STATE_ESTABLISHED &&
			   many->out[i].fields.verdict == NAT_FORWARD;
	}
	if (one->connections != many->connections)
		fail_msg("%s: connections", row->name);
	if (memcmp(&one->stats, &many->stats, sizeof(one->stats)) != 0)
		fail_msg("%s: counters", row->name);
	if (settled < PACKETS / 8)
		fail_msg("%s: %u packets settled", row->name, settled);
}

static void ways_agree(const struct row *row)
{
	struct record *one = malloc(sizeof(*one)),
		      *many = malloc(sizeof(*many));

	assert_non_null(one);
	assert_non_null(many);
	play(row, 1, one);
	play(row, BATCH, many);
	compare(row, one, many);
	free(one);
	free(many);
}

static void say_if_alone(void)
{
	if (SETTLED8)
		return;
	print_message("the same, but here all packets go one by one\n");
	skip();
}

static void conversations(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ways_agree(&rows[i]);
	say_if_alone();
}

/* A packet now and then, among seven that are ordinary. */
static void each_oddity(const char *const *oddities, size_t n, bool tcp)
{
	for (size_t i = 0; i < n; i++) {
		const struct row row = {
			.name = oddities[i],
			.rules = SNAT,
			.tcp_in_8 = tcp ? 8 : 0,
			.odd_in_64 = 2,
			.oddity = oddities[i],
		};

		ways_agree(&row);
	}
}

static void oddities(void **state)
{
	(void)state;
	each_oddity(tcp_oddities, ARRAY_LEN(tcp_oddities), true);
	each_oddity(udp_oddities, ARRAY_LEN(udp_oddities), false);
	say_if_alone();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations),
		cmocka_unit_test(oddities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
