/* SPDX-License-Identifier: BSD-2-Clause
 * Traffic that a seed decides. */
#include "test/traffic.h"

#include <stdio.h>
#include <string.h>

#include "pure/packet.h"
#include "pure/tuple.h"
#include "test/check.h"

const char traffic_rules[] =
	"-A PREROUTING -i wan -d 198.51.100.1 -p tcp -m tcp --dport 80 -j DNAT "
	"--to-destination 10.0.0.9:8080\n"
	"-A PREROUTING -i wan -d 198.51.100.1 -p udp -m udp --dport 53 -j DNAT "
	"--to-destination 10.0.0.9\n"
	"-A POSTROUTING -o wan -j MASQUERADE\n"
	"-A POSTROUTING -o wan2 -j MASQUERADE --random\n";

static bool one_in(struct traffic *t, unsigned n)
{
	return random_u32(&t->random) % n == 0;
}

static uint32_t below(struct traffic *t, uint32_t n)
{
	return random_u32(&t->random) % n;
}

/* A new conversation; its client's ports are few, so that they clash. */
static void begin(struct traffic *t, struct flow *f, unsigned host)
{
	static const uint8_t proto[] = {PROTO_TCP, PROTO_TCP, PROTO_UDP,
					PROTO_UDP, PROTO_ICMP};
	unsigned port = 4000 + below(t, 4);

	f->proto = proto[below(t, sizeof(proto))];
	f->from_wan = f->proto != PROTO_ICMP && one_in(t, 4);
	f->reply[0] = '\0';
	f->step = 0;
	f->seq[0] = random_u32(&t->random);
	f->seq[1] = random_u32(&t->random);
	if (f->proto == PROTO_ICMP) {
		(void)snprintf(f->client, sizeof(f->client), "10.1.0.%u", host);
		(void)snprintf(f->server, sizeof(f->server), "192.0.2.1");
	} else if (f->from_wan) {
		(void)snprintf(f->client, sizeof(f->client), "192.0.2.%u:%u",
			       host, port);
		(void)snprintf(f->server, sizeof(f->server), "198.51.100.1:%u",
			       f->proto == PROTO_TCP ? 80 : 53);
	} else {
		(void)snprintf(f->client, sizeof(f->client), "10.1.0.%u:%u",
			       host, port);
		(void)snprintf(f->server, sizeof(f->server), "192.0.2.%u:443",
			       1 + below(t, 3));
	}
}

void traffic_init(struct traffic *t, uint64_t seed, unsigned who)
{
	memset(t, 0, sizeof(*t));
	t->random = random_new(seed);
	t->flows = TRAFFIC_FLOWS;
	for (unsigned i = 0; i < t->flows; i++)
		begin(t, &t->flow[i], 10 + who * TRAFFIC_FLOWS + i);
}

/* The next segment of a connection that behaves, mostly. */
static void tcp_words(struct traffic *t, struct flow *f, bool reply, char *out,
		      size_t size)
{
	static const char *const wild[] = {"S",  "SA", "A",  "FA", "R",
					   "RA", "SF", "PA", "F"};
	const char *flags = reply ? "SA" : "S";
	uint32_t len = 0, d = reply;

	if (f->step >= 2) {
		flags = "PA";
		len = below(t, 40);
	}
	if (one_in(t, 40))
		flags = "FA";
	if (one_in(t, 40))
		flags = wild[below(t, ARRAY_LEN(wild))];
	(void)snprintf(out, size, " %s seq %u ack %u len %u", flags, f->seq[d],
		       f->seq[!d], len);
	f->seq[d] += len + (flags[0] == 'S' || flags[0] == 'F');
	f->step++;
}

static void other_words(struct traffic *t, const struct flow *f, bool reply,
			char *out, size_t size)
{
	if (f->proto == PROTO_UDP)
		(void)snprintf(out, size, " len %u%s", below(t, 60),
			       one_in(t, 8) ? " nosum" : "");
	else
		(void)snprintf(out, size, " type %u id %u len %u",
			       reply ? 0 : 8, 7 + below(t, 2), below(t, 60));
}

static const char *mishap(struct traffic *t)
{
	static const char *const words[] = {
		" badsum", " ttl 1",  " ttl 2",   " nops 4",
		" df",     " cut 30", " tos 184", " ttl 255",
	};

	return one_in(t, 12) ? words[below(t, ARRAY_LEN(words))] : "";
}

static const char *proto_name(uint8_t proto)
{
	return proto == PROTO_TCP ? "tcp" : proto == PROTO_UDP ? "udp" : "icmp";
}

/* An ICMP error about what left last, from somewhere outside. */
static void make_error(struct traffic *t, const struct flow *f, struct sent *s)
{
	const uint8_t *src = f->out.bytes + IPV4_SRC;
	uint32_t quoted = min_u32(f->out.len, 20 + below(t, 60));
	uint8_t *ip = s->frame.bytes, *icmp = ip + 28;
	char text[FRAME_TEXT];
	uint16_t sum;

	(void)snprintf(text, sizeof(text),
		       "icmp 192.0.2.99 > %u.%u.%u.%u type %u len %u", src[0],
		       src[1], src[2], src[3], one_in(t, 4) ? 11 : 3, quoted);
	s->frame = frame_of(text);
	memcpy(icmp, f->out.bytes, quoted);
	memset(ip + 22, 0, 2);
	sum = (uint16_t)~frame_sum(0, ip + 20, 8 + quoted);
	ip[22] = (uint8_t)(sum >> 8);
	ip[23] = (uint8_t)sum;
	s->in_if = f->from_wan ? "lan" : "wan";
}

void traffic_next(struct traffic *t, struct sent *s)
{
	struct flow *f;
	char text[FRAME_TEXT], words[128];
	bool reply;

	s->flow = below(t, t->flows);
	f = &t->flow[s->flow];
	if (one_in(t, 200)) /* the same socket, another conversation */
		f->step = 0;
	if (f->out.len && one_in(t, 25)) {
		make_error(t, f, s);
		return;
	}
	reply = f->reply[0] &&
		(f->proto == PROTO_TCP && f->step < 3 ? f->step == 1
						      : one_in(t, 2));
	if (f->proto == PROTO_TCP)
		tcp_words(t, f, reply, words, sizeof(words));
	else
		other_words(t, f, reply, words, sizeof(words));
	(void)snprintf(text, sizeof(text), "%s %s%s%s%s%s",
		       proto_name(f->proto), reply ? f->reply : f->client,
		       reply ? "" : " > ", reply ? "" : f->server, words,
		       mishap(t));
	s->frame = frame_of(text);
	s->in_if = f->from_wan == reply ? "lan" : "wan";
	if (!reply && one_in(t, 60))
		s->in_if = "dmz";
}

void traffic_left(struct traffic *t, const struct sent *s,
		  const struct nat_packet *pkt)
{
	struct flow *f = &t->flow[s->flow];
	const uint8_t *a = pkt->data + IPV4_SRC, *b = pkt->data + IPV4_DST;
	size_t header = (pkt->data[0] & 15u) * (size_t)4;
	const uint8_t *l4 = pkt->data + header;
	char ports[2][8] = {"", ""};

	if (pkt->verdict != NAT_FORWARD || pkt->dir != NAT_ORIGINAL ||
	    pkt->data[IPV4_PROTO] != f->proto || pkt->len < 28 ||
	    pkt->state == NAT_STATE_RELATED || pkt->state == NAT_STATE_INVALID)
		return;
	if (f->proto != PROTO_ICMP)
		for (size_t i = 0; i < 2; i++, l4 += PORT_DST)
			(void)snprintf(ports[i], sizeof(ports[i]), ":%u",
				       load16_host(l4));
	(void)snprintf(f->reply, sizeof(f->reply),
		       "%u.%u.%u.%u%s > %u.%u.%u.%u%s", b[0], b[1], b[2], b[3],
		       ports[1], a[0], a[1], a[2], a[3], ports[0]);
	f->out.len = pkt->len;
	memcpy(f->out.bytes, pkt->data, pkt->len);
}
