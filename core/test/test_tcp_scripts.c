/* SPDX-License-Identifier: BSD-2-Clause
 * Plays the conversations of tcp_scripts.h. Around tcp_update() stands what
 * the engine does with its result, reduced to one connection. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/check.h"
#include "test/tcp_scripts.h"
#include "test/tcp_text.h"

struct conn {
	bool alive;
	bool from_server; /* who began it */
	uint16_t status;
	ticks timeout;
	struct tcp_track track;
};

struct play {
	uint32_t origin[2]; /* of the sequence numbers of client and server */
	struct nat_sysctl sysctl;
	struct tcp_rules rules;
	struct conn conn;
};

/* "NAME VALUE" */
static void set_sysctl(struct play *p, const char *assignment)
{
	static const struct {
		const char *name;
		size_t offset;
	} field[] = {
#define X(name, value) {#name " ", offsetof(struct nat_sysctl, name)},
		NAT_SYSCTLS(X)
#undef X
	};

	for (size_t i = 0; i < ARRAY_LEN(field); i++) {
		size_t len = strlen(field[i].name);
		uint32_t value;

		if (strncmp(assignment, field[i].name, len) != 0)
			continue;
		value = (uint32_t)strtoul(assignment + len, NULL, 10);
		memcpy((char *)&p->sysctl + field[i].offset, &value,
		       sizeof(value));
		tcp_rules_init(&p->rules, &p->sysctl);
		return;
	}
	fail_msg("no such sysctl: %s", assignment);
}

static void play_init(struct play *p)
{
	*p = (struct play){
		.sysctl =
			{
#define X(field, def) .field = (def),
				NAT_SYSCTLS(X)
#undef X
			},
	};
	tcp_rules_init(&p->rules, &p->sysctl);
}

/* What the engine does with a result. */
static void apply(struct conn *ct, const struct tcp_result *r, enum nat_dir dir)
{
	if (r->actions & TCP_SET_TIMEOUT)
		ct->timeout = r->timeout;
	if (r->actions & TCP_ASSURE)
		ct->status |= NAT_ST_ASSURED;
	if (r->verdict == TCP_INVALID) {
		ct->alive = ct->status & NAT_ST_CONFIRMED;
		return;
	}
	ct->status |= NAT_ST_CONFIRMED;
	if (dir == NAT_REPLY)
		ct->status |= NAT_ST_SEEN_REPLY;
	ct->alive = !(r->actions & TCP_DELETE);
}

static struct tcp_result send_segment(struct play *p,
				      const struct text_segment *s)
{
	struct conn *ct = &p->conn;
	struct tcp_context c = {.rules = &p->rules};
	struct tcp_result r;

	if (!ct->alive)
		*ct = (struct conn){.alive = true,
				    .from_server = s->from_server};
	c.left = ct->timeout;
	c.status = ct->status;
	c.dir = s->from_server == ct->from_server ? NAT_ORIGINAL : NAT_REPLY;
	r = tcp_update(&ct->track, &s->tcp, &c);
	if (r.verdict != TCP_REPEAT) {
		apply(ct, &r, c.dir);
		return r;
	}
	ct->alive = false;
	assert_int_equal(send_segment(p, s).verdict, TCP_ACCEPT);
	return r;
}

static void describe(char *out, size_t size, const struct conn *ct,
		     const struct tcp_result *r)
{
	char what[64] = "none";

	if (ct->alive)
		(void)snprintf(what, sizeof(what), "%s %u%s",
			       tcp_state_name(tcp_state(&ct->track)),
			       ct->timeout / TICKS_PER_S,
			       ct->status & NAT_ST_ASSURED ? " assured" : "");
	(void)snprintf(out, size, "%s%s%s%s",
		       r->why ? tcp_text_why(r->why) : "", r->why ? " " : "",
		       what,
		       r->verdict == TCP_ACCEPT && !(r->actions & TCP_ACCOUNT)
			       ? " uncounted"
			       : "");
}

static void play_step(struct play *p, const struct script *script,
		      const struct step *step)
{
	struct text_segment s;
	struct tcp_result r;
	char got[128];

	if (!strncmp(step->segment, "sysctl ", 7)) {
		set_sysctl(p, step->segment + 7);
		return;
	}
	if (!tcp_text_parse(&s, step->segment, p->origin))
		fail_msg("%s: cannot read: %s", script->name, step->segment);
	assert_true(tcp_flags_valid(s.tcp.flags));
	r = send_segment(p, &s);
	describe(got, sizeof(got), &p->conn, &r);
	if (strcmp(got, step->result) != 0)
		fail_msg("%s: %s: got \"%s\", not \"%s\" (from %u, %u)",
			 script->name, step->segment, got, step->result,
			 p->origin[0], p->origin[1]);
}

static void play_script(const struct script *script, uint32_t client,
			uint32_t server)
{
	const struct step *step = script->steps;
	struct play p;

	play_init(&p);
	p.origin[0] = client;
	p.origin[1] = server;
	for (; step->segment; step++)
		play_step(&p, script, step);
}

static void test_scripts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++)
		play_script(&scripts[i], 0, 0);
}

/* Some numbers are compared with a fixed zero: a reset's blank sequence number
 * or acknowledgement, and, when a connection is picked up midway, what its
 * first ACK acknowledges. */
static bool counts_from_zero(const struct script *script)
{
	static const char *const blank[] = {"> A 1000 ack 5000", "> A 99",
					    " R 0", " RA 0", " RA 5001 ack 0"};
	const struct step *step = script->steps;

	for (; step->segment; step++)
		for (size_t i = 0; i < ARRAY_LEN(blank); i++)
			if (strstr(step->segment, blank[i]))
				return true;
	return false;
}

/* Other sequence numbers have no beginning: counted from anywhere, a script
 * must come out the same. */
static void test_scripts_anywhere(void **state)
{
	static const uint32_t origin[] = {0x7fffec78, 0x7ffffc18, 0x80000000,
					  0xffffec78, 0xfffffc18};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(scripts); i++) {
		if (counts_from_zero(&scripts[i]))
			continue;
		for (size_t a = 0; a < ARRAY_LEN(origin); a++)
			for (size_t b = 0; b < ARRAY_LEN(origin); b++)
				play_script(&scripts[i], origin[a], origin[b]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_scripts_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
