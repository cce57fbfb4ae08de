/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Chains behind their screens do what they do rule by rule: random rules and
 * packets, with the same fate, mark, counters and state of the matches. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide/chains.h"
#include "decide/match.h"
#include "decide/target.h"
#include "pure/random.h"
#include "test/check.h"
#include "test/router.h"

enum { USER_CHAINS = 3, PACKET = 64, RULE_TEXT = 320, ENOUGH = 1000 };

static uint32_t below(struct random *r, uint32_t n)
{
	return (uint32_t)((uint64_t)random_u32(r) * n >> 32);
}

/* One of @word, the first being likely. */
#define PICK(r, word)                                                          \
	((word)[below(r, 2) ? 0 : below(r, (uint32_t)ARRAY_LEN(word))])

static const char *const addrs4[] = {
	"",
	"10.0.0.0/8",
	"! -s 10.0.0.0/8",
	"10.0.0.2/32",
	"10.0.0.2/31",
	"10.0.0.2/255.0.0.255",
	"0.0.0.0/1",
	"192.0.2.128/25",
	"! -s 192.0.2.1/32",
	"255.255.255.255/32",
};
static const char *const addrs6[] = {
	"",
	"2001:db8::/32",
	"! -s 2001:db8::/64",
	"2001:db8::2/128",
	"2001:db8::2/ffff:ffff::f",
	"::/1",
	"! -s 2001:db8::3/128",
	"ff00::/8",
};
static const char *const in[] = {"", "-i lan", "! -i lan", "-i wan+", "-i dmz"};
static const char *const out[] = {"",         "-o wan",    "-o wan+",
				  "! -o wan", "! -o wan+", "-o lan"};
static const char *const before[] = {
	"",
	"-m comment --comment x",
	"-m statistic --mode nth --every 3 --packet 1",
	"-m statistic --mode random --probability 0.5",
	"-m limit --limit 1/sec --limit-burst 3",
	"-m mark --mark 0x1",
	"-m mark ! --mark 0x1",
};
static const char *const tcp_udp[] = {
	"--dport 80",
	"",
	"! --dport 80",
	"--dport 0:79",
	"--dport 81:65535",
	"--sport 53 --dport 80",
	"-m multiport --dports 53,80,100:200",
	"-m multiport ! --dports 53,80,100:200",
	"-m multiport --sports 53,80",
	"-m multiport --ports 53,80",
};
static const char *const targets[] = {
	"",
	"-j ACCEPT",
	"-j DROP",
	"-j RETURN",
	"-j MARK --set-xmark 0x1/0xffffffff",
	"-j MARK --set-xmark 0x2/0xffffffff",
};

static size_t put_addr(char *at, struct random *r, uint8_t family, char side)
{
	const char *a = family == 4 ? PICK(r, addrs4) : PICK(r, addrs6);
	char text[64];
	char *s;

	(void)snprintf(text, sizeof(text), "%s", a);
	if (!*text)
		return 0;
	if (*text == '!') {
		s = strchr(text, '-');
		s[1] = side;
		return (size_t)sprintf(at, " %s", text);
	}
	return (size_t)sprintf(at, " -%c %s", side, text);
}

static size_t put_matches(char *at, struct random *r, uint8_t family)
{
	static const char *const proto[] = {"tcp", "udp", "sctp", "47"};
	const char *p = proto[below(r, ARRAY_LEN(proto))];
	char *begin = at;
	const char *m;

	if (!below(r, 3))
		return 0;
	if (!below(r, 8))
		return (size_t)sprintf(at, " ! -p %s", p);
	at += sprintf(at, " -p %s", p);
	if (family == 4 && !below(r, 8))
		at += sprintf(at, " %s-f", below(r, 2) ? "" : "! ");
	at += sprintf(at, " %s ", PICK(r, before));
	if (p != proto[0] && p != proto[1])
		return (size_t)(at - begin);
	m = PICK(r, tcp_udp);
	if (*m && strncmp(m, "-m", 2) != 0)
		at += sprintf(at, "-m %s ", p);
	at += sprintf(at, "%s", m);
	return (size_t)(at - begin);
}

/* Chains lead to later ones alone. */
static size_t put_target(char *at, struct random *r, unsigned chain)
{
	unsigned to = chain + below(r, USER_CHAINS) + 1;

	if (below(r, 3) || to > USER_CHAINS)
		return (size_t)sprintf(at, " %s\n", PICK(r, targets));
	return (size_t)sprintf(at, " -%c c%u\n", below(r, 3) ? 'j' : 'g', to);
}

static char *rules_text(struct random *r, uint8_t family, unsigned each)
{
	const size_t most = (size_t)(USER_CHAINS + 1) * (each + 2) * RULE_TEXT;
	char *text = malloc(most), *at = text;

	assert_non_null(text);
	at += sprintf(at, "%s*mangle\n:FORWARD %s [0:0]\n",
		      family == 6 ? "-6\n" : "",
		      below(r, 2) ? "ACCEPT" : "DROP");
	for (unsigned c = 1; c <= USER_CHAINS; c++)
		at += sprintf(at, ":c%u - [0:0]\n", c);
	for (unsigned c = 0; c <= USER_CHAINS; c++)
		for (unsigned n = below(r, 2 * each); n; n--) {
			at += c ? sprintf(at, "-A c%u", c)
				: sprintf(at, "-A FORWARD");
			at += put_addr(at, r, family, 's');
			at += put_addr(at, r, family, 'd');
			at += sprintf(at, " %s %s", PICK(r, in), PICK(r, out));
			at += put_matches(at, r, family);
			at += put_target(at, r, c);
		}
	(void)sprintf(at, "COMMIT\n");
	return text;
}

/* ------------------------------------------------------------- the packets */

static struct nat_addr random_addr(struct random *r, uint8_t family)
{
	static const uint32_t v4[] = {0x0a000002, 0x0a000003, 0xc0000201,
				      0xc0000281, 0xffffffff, 0};
	struct nat_addr a = {{0}};

	if (family == 4)
		return addr_v4(__builtin_bswap32(v4[below(r, ARRAY_LEN(v4))]));
	a.w[0] = __builtin_bswap32(below(r, 4) ? 0x20010db8 : 0xff020000);
	a.w[3] = __builtin_bswap32(below(r, 5));
	return a;
}

static void random_packet(struct random *r, uint8_t family, struct packet *p,
			  uint8_t bytes[PACKET])
{
	static const uint8_t protos[] = {6, 17, 132, 47, 1, 0, 43, 44, 60};
	static const uint8_t ports[] = {79, 80, 81, 53, 0, 100, 201};
	static const uint16_t frags[] = {0, 0, 0, 0, IPV4_MF, 1, 185};
	struct nat_addr src = random_addr(r, family);
	struct nat_addr dst = random_addr(r, family);
	uint32_t header = ip_header_len(family);

	memset(bytes, 0, PACKET);
	*p = (struct packet){
		.ip = bytes,
		.len = header + (below(r, 4) ? 20 : below(r, 20)),
		.l4 = (uint16_t)header,
		.frag = frags[below(r, ARRAY_LEN(frags))],
		.family = family,
		.proto = protos[below(r, below(r, 2) ? 2 : ARRAY_LEN(protos))],
	};
	memcpy(packet_src(p), &src, family == 4 ? 4 : 16);
	memcpy(packet_dst(p), &dst, family == 4 ? 4 : 16);
	bytes[header + 1] = ports[below(r, ARRAY_LEN(ports))];
	bytes[header + 3] = ports[below(r, ARRAY_LEN(ports))];
	bytes[header + TCP_DOFF] = 5 << 4;
}

static void walk_packet(struct walk *k, const struct router *r,
			const struct packet *p, uint32_t drawn)
{
	static const uint16_t ifs[] = {0, 1, 2, 3, NAT_NO_IF};

	walk_init(k, r->worker, 0, 0);
	k->p = *p;
	k->hook = NAT_HOOK_FORWARD;
	k->state = NAT_STATE_UNTRACKED;
	k->in_if = ifs[drawn % ARRAY_LEN(ifs)];
	k->out_if = ifs[drawn / 16 % ARRAY_LEN(ifs)];
}

/* -------------------------------------------------------------- rule by rule
 */

enum fate { GO_ON, DECIDED, HOTDROP };

struct plain {
	struct walk *k;
	const struct nat_rules *rules;
	uint64_t *counts;
	const struct rule *rule; /* that decided */
};

static enum fate plain_chain(struct plain *p, const struct chain *c)
{
	const struct rule *r = p->rules->rule + c->first;

	for (const struct rule *end = r + c->n_rules; r < end; r++) {
		enum target_kind kind = r->target.kind;
		bool hot = false;
		enum fate f = GO_ON;

		if (!rule_header_fits(r, p->k, &hot) ||
		    !rule_matches_fit(r, p->k, &hot)) {
			if (hot)
				return HOTDROP;
			continue;
		}
		p->counts[r - p->rules->rule]++;
		if (kind == TARGET_RETURN)
			return GO_ON;
		if (kind == TARGET_JUMP || kind == TARGET_GOTO)
			f = plain_chain(p, &p->rules->chain[r->target.chain]);
		else if (kind == TARGET_ACCEPT || kind == TARGET_DROP)
			f = DECIDED;
		else if (kind == TARGET_MARK)
			(void)target_does[kind](p->k, &r->target);
		if (f == DECIDED && !p->rule)
			p->rule = r;
		if (f != GO_ON || kind == TARGET_GOTO)
			return f;
	}
	return GO_ON;
}

/* The index of who decides, n_rules the policy, -1 nobody. */
static int plain_run(struct plain *p)
{
	const struct nat_rules *rules = p->rules;
	uint16_t base = rules->table[TABLE_MANGLE].base[p->k->hook];

	switch (plain_chain(p, &rules->chain[base])) {
	case GO_ON:
		return (int)rules->n_rules;
	case DECIDED:
		return (int)(p->rule - rules->rule);
	case HOTDROP:
		break;
	}
	return -1;
}

static int screened_run(struct walk *k)
{
	const struct nat_rules *rules = walk_rules(k)->text;
	struct chain_result res = chains_run(k, TABLE_MANGLE);

	if (res.reason == NAT_DROP_HOTDROP)
		return -1;
	return (int)(res.rule ? (uint32_t)(res.rule - rules->rule)
			      : rules->n_rules);
}

/* What rules change beside the walk. */
struct state {
	uint64_t *slot;
	struct random random;
};

static void state_get(struct state *s, struct nat_worker *w, uint8_t family)
{
	const struct ruleset *set = engine_rules(w->engine, family);

	for (uint32_t i = 0; i < set->text->n_states; i++)
		s->slot[i] = atomic_load_explicit(&set->state[i],
						  memory_order_relaxed);
	s->random = w->random;
}

static void state_put(const struct state *s, struct nat_worker *w,
		      uint8_t family)
{
	const struct ruleset *set = engine_rules(w->engine, family);

	for (uint32_t i = 0; i < set->text->n_states; i++)
		atomic_store_explicit(&set->state[i], s->slot[i],
				      memory_order_relaxed);
	w->random = s->random;
}

struct bench {
	struct router r;
	const struct ruleset *set;
	uint64_t *counts; /* rule by rule */
	struct state before, after;
	uint8_t family;
};

static void bench_open(struct bench *b, const char *text, uint8_t family)
{
	struct router_config c = router_defaults(text);
	size_t slots;

	router_open(&b->r, &c);
	b->family = family;
	b->set = engine_rules(b->r.engine, family);
	slots = b->set->text->n_states + 1;
	b->counts = calloc(b->set->text->n_rules + 1, sizeof(*b->counts));
	b->before.slot = calloc(slots, sizeof(*b->before.slot));
	b->after.slot = calloc(slots, sizeof(*b->after.slot));
	assert_true(b->counts && b->before.slot && b->after.slot);
}

static void bench_close(struct bench *b)
{
	router_close(&b->r);
	free(b->counts);
	free(b->before.slot);
	free(b->after.slot);
}

/* Both ways from the same state: to the same end, and the same state. */
static void try_packet(struct bench *b, const struct packet *p, uint32_t drawn)
{
	struct nat_worker *w = b->r.worker;
	struct walk plain, screened;
	struct plain way = {&plain, b->set->text, b->counts, NULL};
	int who;

	walk_packet(&plain, &b->r, p, drawn);
	walk_packet(&screened, &b->r, p, drawn);
	state_get(&b->before, w, b->family);
	who = plain_run(&way);
	state_get(&b->after, w, b->family);
	state_put(&b->before, w, b->family);
	assert_int_equal(screened_run(&screened), who);
	assert_int_equal(screened.mark, plain.mark);
	assert_true(w->random.state == b->after.random.state);
	for (uint32_t i = 0; i < b->set->text->n_states; i++)
		assert_true(atomic_load_explicit(&b->set->state[i],
						 memory_order_relaxed) ==
			    b->after.slot[i]);
}

/* Returns how often rules fitted. */
static uint64_t run_case(uint64_t seed, uint8_t family, unsigned each,
			 unsigned packets)
{
	struct random r = random_new(seed);
	char *text = rules_text(&r, family, each);
	uint8_t bytes[PACKET];
	struct packet p;
	struct bench b;
	uint64_t fits = 0;

	bench_open(&b, text, family);
	while (packets--) {
		random_packet(&r, family, &p, bytes);
		try_packet(&b, &p, random_u32(&r) >> 8);
	}
	for (uint32_t i = 0; i < b.set->text->n_rules; i++) {
		const struct rule_count *c =
			&b.r.worker->counts[b.set->first_count + i];

		assert_true(c->packets == b.counts[i]);
		fits += c->packets;
	}
	bench_close(&b);
	free(text);
	return fits;
}

static const struct {
	const char *name;
	unsigned sets, each, packets;
} cases[] = {
	{"few rules", 200, 4, 200},
	{"some rules", 60, 40, 300},
	{"more than a word", 20, 200, 300},
	{"more than a screen", 2, 1500, 200},
};

static void test_equal(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t fits = 0;

		print_message("%s\n", cases[i].name);
		for (unsigned n = 0; n < cases[i].sets; n++)
			fits += run_case(n, n % 2 ? 6 : 4, cases[i].each,
					 cases[i].packets);
		assert_true(fits > ENOUGH);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_equal)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
