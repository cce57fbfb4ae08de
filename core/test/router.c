/* SPDX-License-Identifier: BSD-2-Clause
 * A router to send packets through. */
#include "test/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide/rules.h"
#include "pure/packet.h"
#include "test/check.h"
#include "test/guard.h"

const char router_topology[] = "addr add 10.0.0.1/8 dev lan\n"
			       "addr add 172.16.0.1/16 dev dmz\n"
			       "addr add 198.51.100.1/24 dev wan\n"
			       "addr add 203.0.113.1/24 dev wan2\n"
			       "route add default dev wan\n"
			       "route add default dev wan2 table 7\n"
			       "rule add iif dmz lookup 7\n"
			       "addr add 2001:db8:1::1/64 dev lan\n"
			       "addr add 2001:db8:2::1/64 dev dmz\n"
			       "addr add 2001:db8:3::1/64 dev wan\n"
			       "addr add 2001:db8:4::1/64 dev wan2\n"
			       "-6 route add default dev wan\n"
			       "-6 route add default dev wan2 table 7\n"
			       "-6 rule add iif dmz lookup 7\n";

/* A base chain for every hook, so that rules may stand alone. */
static const char nat_head[] = "*nat\n"
			       ":PREROUTING ACCEPT [0:0]\n"
			       ":INPUT ACCEPT [0:0]\n"
			       ":OUTPUT ACCEPT [0:0]\n"
			       ":POSTROUTING ACCEPT [0:0]\n";
static const char tail[] = "COMMIT\n";
static const char v6_line[] = "-6\n";

bool text_like(const char *text, const char *pattern)
{
	for (; *pattern; text++, pattern++) {
		if (*pattern == '*') {
			for (; *text; text++)
				if (text_like(text, pattern + 1))
					return true;
			return !pattern[1];
		}
		if (*text != *pattern)
			return false;
	}
	return !*text;
}

struct router_config router_defaults(const char *rules)
{
	struct router_config c = {.rules = rules, .seed = 1};

	nat_sysctl_defaults(&c.sysctl);
	return c;
}

static char *whole_rules(const char *rules)
{
	bool whole = rules[0] == '*';
	size_t size = strlen(rules) + sizeof(nat_head) + sizeof(tail);
	char *text = malloc(size);

	assert_non_null(text);
	(void)snprintf(text, size, "%s%s%s", whole ? "" : nat_head, rules,
		       whole ? "" : tail);
	return text;
}

static struct nat_rules *parse_rules(const char *text, bool v6)
{
	struct nat_error err;
	struct nat_rules *r = v6 ? nat_rules6_parse(text, strlen(text), &err)
				 : nat_rules_parse(text, strlen(text), &err);

	if (!r)
		fail_msg("rules, line %u: %s", err.line, err.text);
	return r;
}

void router_open(struct router *r, const struct router_config *c)
{
	const char *text = c->topology ? c->topology : router_topology;
	struct nat_config cfg = {
		.sysctl = &c->sysctl,
		.seed = c->seed,
		.workers = c->workers,
	};
	struct nat_error err;

	*r = (struct router){.now_ns = UINT64_C(1000000000)};
	r->topology = nat_topology_parse(text, strlen(text), &err);
	if (!r->topology)
		fail_msg("topology, line %u: %s", err.line, err.text);
	if (c->rules) {
		r->rules_v6 = !strncmp(c->rules, v6_line, strlen(v6_line));
		r->rules_text = whole_rules(
			c->rules + (r->rules_v6 ? strlen(v6_line) : 0));
		r->rules = parse_rules(r->rules_text, r->rules_v6);
	}
	cfg.topology = r->topology;
	if (r->rules_v6)
		cfg.rules6 = r->rules;
	else
		cfg.rules = r->rules;
	r->engine = nat_engine_new(&cfg, &err);
	assert_non_null(r->engine);
	r->worker = nat_worker_new(r->engine);
	assert_non_null(r->worker);
}

void router_close(struct router *r)
{
	nat_worker_free(r->worker);
	nat_engine_free(r->engine);
	nat_rules_free(r->rules);
	nat_topology_free(r->topology);
	free(r->rules_text);
}

static bool sets_ttl(const struct router *r)
{
	return r->rules_text && strstr(r->rules_text, "-j TTL");
}

static void check_left(const struct router *r, const struct frame *sent)
{
	const struct nat_packet *p = &r->pkt;
	struct packet was, is;

	frame_view(&was, sent->bytes, sent->len);
	frame_view(&is, p->data, p->len);
	if (!sets_ttl(r))
		assert_int_equal(packet_hops(&is), packet_hops(&was) - 1);
	if (is.family == 4) {
		assert_int_equal(frame_sum(0, is.ip, is.l4), 0xffff);
		assert_int_equal(load16_host(is.ip + IPV4_LEN), p->len);
	} else {
		assert_int_equal(load16_host(is.ip + IPV6_LEN) + IPV6_HEADER,
				 p->len);
	}
}

void router_send(struct router *r, const char *in_if, const struct frame *f)
{
	int in = nat_topology_if_index(r->topology, in_if);

	if (in < 0)
		fail_msg("no interface %s", in_if);
	r->pkt = (struct nat_packet){
		.data = guard_copy(f->bytes, f->len),
		.len = f->len,
		.mark = r->mark,
		.in_if = (uint16_t)in,
	};
	(void)nat_worker_run(r->worker, r->now_ns, &r->pkt, 1);
	if (r->pkt.verdict == NAT_FORWARD && r->pkt.len)
		check_left(r, f);
}

void router_send_text(struct router *r, const char *in_if, const char *text)
{
	struct frame f = frame_of(text);

	router_send(r, in_if, &f);
}

static void on_wire(const struct router *r, const struct nat_packet *p,
		    char out[ROUTER_TEXT])
{
	char frame[FRAME_TEXT];

	frame_print(p->data, p->len, frame);
	(void)snprintf(out, ROUTER_TEXT, "%s %s",
		       nat_topology_if_name(r->topology, p->out_if), frame);
}

void router_result(const struct router *r, char out[ROUTER_TEXT])
{
	const struct nat_packet *p = &r->pkt;

	if (p->verdict == NAT_FORWARD && p->len)
		on_wire(r, p, out);
	else if (p->verdict == NAT_DROP)
		(void)snprintf(out, ROUTER_TEXT, "drop %s",
			       nat_drop_name((enum nat_drop)p->reason));
	else
		(void)snprintf(out, ROUTER_TEXT, "%s",
			       nat_verdict_name((enum nat_verdict)p->verdict));
}

bool router_originated(const struct router *r, size_t i, char out[ROUTER_TEXT])
{
	size_t n;
	const struct nat_packet *p = nat_worker_originated(r->worker, &n);

	if (i >= n)
		return false;
	assert_int_equal(p[i].cause, 0);
	assert_true(frame_is_sound(p[i].data, p[i].len));
	on_wire(r, &p[i], out);
	return true;
}

void router_expect(struct router *r, const char *in_if, const char *text,
		   const char *want)
{
	char got[ROUTER_TEXT];

	router_send_text(r, in_if, text);
	router_result(r, got);
	if (!text_like(got, want))
		fail_msg("%s: %s\nis not %s", text, got, want);
}

struct line {
	char text[512];
	size_t len;
};

static void put_line(void *ctx, const char *text, size_t len)
{
	struct line *l = ctx;

	assert_true(l->len + len < sizeof(l->text));
	memcpy(l->text + l->len, text, len);
	l->len += len;
	l->text[l->len] = '\0';
}

struct search {
	const char *pattern;
	unsigned n;
};

static void match_line(void *ctx, const struct nat_conntrack *ct)
{
	struct search *s = ctx;
	struct line l = {.len = 0};

	nat_conntrack_print(ct, false, (struct nat_sink){put_line, &l});
	l.text[l.len - 1] = '\0'; /* its newline */
	s->n += text_like(l.text, s->pattern);
}

unsigned router_connections(const struct router *r, const char *pattern)
{
	struct search s = {.pattern = pattern};

	nat_engine_each(r->engine, r->now_ns, match_line, &s);
	return s.n;
}

static const struct chain *chain_of(const struct nat_rules *rules,
				    const char *name)
{
	for (uint32_t i = 0; i < rules->n_chains; i++) {
		const struct chain *c = &rules->chain[i];
		size_t n = strlen(table_name[c->table]);

		if (!strncmp(name, table_name[c->table], n) && name[n] == '/' &&
		    !strcmp(name + n + 1, c->name))
			return c;
	}
	fail_msg("no chain %s", name);
	abort();
}

void router_counters(const struct router *r, const char *chain, unsigned rule,
		     uint64_t *packets, uint64_t *bytes)
{
	struct nat_rules *rules = parse_rules(r->rules_text, r->rules_v6);
	const struct chain *c = chain_of(rules, chain);

	assert_true(rule <= c->n_rules);
	assert_int_equal(nat_engine_rule_counters(r->engine, rules), 0);
	*packets = c->packets;
	*bytes = c->bytes;
	if (rule) {
		*packets = rules->rule[c->first + rule - 1].packets;
		*bytes = rules->rule[c->first + rule - 1].bytes;
	}
	nat_rules_free(rules);
}

uint64_t router_entries(const struct router *r)
{
	struct nat_memory m;

	nat_engine_memory(r->engine, &m);
	return m.entries;
}
