/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which of eight packets are plain, what they say and their hashes, and if all
 * are, whose checksums are right, is what is found of each alone: at every
 * length, with a bit wrong anywhere. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pure/hash8.h"
#include "pure/packet8.h"
#include "pure/random.h"
#include "test/check.h"
#include "test/frames.h"

#if LANES8

enum { ALL = (1 << EIGHT) - 1, LONGEST = 65535, TRAILER = 5, KEY = 11 };

/* Each of eight in memory of its own, which ends where the packet does. */
struct eight {
	struct nat_packet pkt[EIGHT];
};

static void put(struct nat_packet *pkt, const struct frame *f)
{
	free(pkt->data);
	pkt->data = malloc(f->len);
	assert_non_null(pkt->data);
	memcpy(pkt->data, f->bytes, f->len);
	pkt->len = f->len;
}

static void empty(struct eight *e)
{
	for (unsigned i = 0; i < EIGHT; i++)
		free(e->pkt[i].data);
}

/* What is asked of one has tests of its own. */
static unsigned plain_alone(const struct eight *e)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < EIGHT; i++)
		bits |= (unsigned)packet_is_plain(e->pkt[i].data, e->pkt[i].len)
			<< i;
	return bits;
}

/* Of plain ones; no checksum is none that is right. */
static unsigned right_alone(const struct eight *e)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < EIGHT; i++) {
		const uint8_t *ip = e->pkt[i].data;
		const uint32_t len = load16_host(ip + IPV4_LEN);

		bits |= (unsigned)csum_right(packet_plain_sum(ip, len)) << i;
	}
	return bits;
}

static unsigned sound_alone(const struct eight *e)
{
	unsigned bits = plain_alone(e);

	for (unsigned i = 0; i < EIGHT; i++)
		if (bits >> i & 1 && !packet_plain_sum_ok(e->pkt[i].data, true))
			bits &= ~(1u << i);
	return bits;
}

static unsigned right(const struct eight *e, const struct packet8 *p)
{
	const struct lanes8_rows ip =
		lanes8_rows_behind(&e->pkt->data, sizeof(*e->pkt));
	const struct lanes8_four l4 = lanes8_gather(ip, IPV4_HEADER + TCP_SEQ);

	return ~lanes8_signs(packet8_sums_wrong(p, &l4, ip)) & ALL;
}

/* What is said of a plain one. */
static void check(const struct packet8 *p, unsigned i, uint64_t hash,
		  const uint8_t *ip)
{
	const uint32_t words[] = {p->words.v0[i], p->words.v1[i],
				  p->words.v2[i], p->words.v3[i]};
	const struct hash_key key = hash_key_new(KEY);

	assert_memory_equal(words, ip + IPV4_TTL, sizeof(words));
	assert_int_equal(p->len[i], load16_host(ip + IPV4_LEN));
	assert_int_equal(hash, hash_ipv4(&key, ip + IPV4_TTL));
}

/* Returns bits of those that are sound. */
static unsigned ask(const struct eight *e)
{
	const unsigned want = plain_alone(e);
	const struct hash_key key = hash_key_new(KEY);
	const struct packet8_order order = packet8_order(e->pkt);
	uint64_t hash[EIGHT];
	struct lanes8_four row;
	struct packet8 p;

	assert_false(order.timed);
	if (!packet8_fits(&order)) {
		assert_int_not_equal(want, ALL);
		return sound_alone(e);
	}
	assert_int_equal(packet8_plain(&p, &row, e->pkt, &order), want);
	hash8_ipv4(&key, row, hash);
	for (unsigned i = 0; i < EIGHT; i++)
		if (want >> i & 1)
			check(&p, i, hash[i], e->pkt[i].data);
	if (want == ALL)
		assert_int_equal(right(e, &p), right_alone(e));
	return sound_alone(e);
}

static struct frame frame_with(const char *form, uint32_t payload)
{
	char text[FRAME_TEXT];

	(void)snprintf(text, sizeof(text), "%s len %u", form, payload);
	return frame_of(text);
}

static void fill(struct frame *f, struct random *r)
{
	for (uint32_t i = 40; i < f->len; i++)
		f->bytes[i] = (uint8_t)random_u32(r);
}

static const char *const sound[] = {
	"tcp 10.0.0.2:40 > 192.0.2.1:80 A",
	"udp 10.0.0.2:40 > 192.0.2.1:80",
	"tcp 192.0.2.1:80 > 198.51.100.1:40 PA seq 4000000000 ttl 1 tos 3",
	"udp 10.0.0.2:40 > 192.0.2.1:80 nosum",
};

/* Neighbours differ in length by one and more, and so in their sums' order. */
static void lengths(void **state)
{
	struct eight e = {0};

	(void)state;
	for (unsigned form = 0; form < ARRAY_LEN(sound); form++)
		for (uint32_t payload = 12; payload < 400; payload++) {
			for (unsigned i = 0; i < EIGHT; i++) {
				struct frame f = frame_with(sound[form],
							    payload + i * i);

				put(&e.pkt[i], &f);
			}
			assert_int_equal(ask(&e), ALL);
		}
	empty(&e);
}

/* One bit of one packet, wherever it is, among seven that are right. */
static void wrong_bits(void **state)
{
	static const uint32_t payload[] = {20, 51, 52, 53, 84, 131, 300};
	struct random r = random_new(2);

	(void)state;
	for (unsigned n = 0; n < ARRAY_LEN(payload); n++) {
		struct frame f = frame_with(sound[n % 2], payload[n]);
		struct eight e = {0};

		for (unsigned i = 0; i < EIGHT; i++)
			put(&e.pkt[i], &f);
		assert_int_equal(ask(&e), ALL);
		for (uint32_t bit = 0; bit < 8 * f.len; bit++) {
			unsigned lane = random_u32(&r) % EIGHT;
			uint8_t *p = &e.pkt[lane].data[bit / 8];

			*p ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(ask(&e), ALL ^ 1u << lane);
			*p ^= (uint8_t)(1 << bit % 8);
		}
		empty(&e);
	}
}

/* Of any kind, with anything wrong, handed over at any length. */
static const char *const kinds[] = {
	"tcp 10.0.0.2:40 > 192.0.2.1:80 S",
	"tcp 10.0.0.2:40 > 192.0.2.1:80 A",
	"tcp 10.0.0.2:40 > 192.0.2.1:80 A badsum",
	"tcp 10.0.0.2:40 > 192.0.2.1:80 A ones",
	"tcp 10.0.0.2:40 > 192.0.2.1:80 A df",
	"tcp 10.0.0.2:40 > 192.0.2.1:80 A mf",
	"tcp 10.0.0.2:40 > 192.0.2.1:80 A off 9",
	"tcp 10.0.0.2:40 > 192.0.2.1:80 A nops 4",
	"udp 10.0.0.2:40 > 192.0.2.1:80",
	"udp 10.0.0.2:40 > 192.0.2.1:80 nosum",
	"udp 10.0.0.2:40 > 192.0.2.1:80 badsum",
	"icmp 10.0.0.2 > 192.0.2.1",
	"proto 50 10.0.0.2 > 192.0.2.1",
	"proto 70 10.0.0.2 > 192.0.2.1",
	"udp [2001:db8::2]:4000 > [2001:db8::9]:53",
};

static struct frame any_frame(struct random *r)
{
	struct frame f = frame_with(kinds[random_u32(r) % ARRAY_LEN(kinds)],
				    random_u32(r) % 120);

	if (random_u32(r) % 8 == 0)
		fill(&f, r);
	if (random_u32(r) % 8 == 0)
		f.bytes[random_u32(r) % f.len] ^=
			(uint8_t)(1 << random_u32(r) % 8);
	if (random_u32(r) % 8 == 0)
		f.len -= random_u32(r) % f.len;
	else if (random_u32(r) % 4 == 0)
		f.len += random_u32(r) % TRAILER;
	return f;
}

static void any(void **state)
{
	unsigned long plain = 0, all = 0;
	struct random r = random_new(3);
	struct eight e = {0};

	(void)state;
	for (unsigned n = 0; n < 20000; n++) {
		bool mostly = n % 2;
		unsigned bits;

		for (unsigned i = 0; i < EIGHT; i++) {
			struct frame f =
				mostly && random_u32(&r) % 8
					? frame_with(sound[i % 4],
						     random_u32(&r) % 120 + 12)
					: any_frame(&r);

			put(&e.pkt[i], &f);
		}
		bits = ask(&e);
		plain += (unsigned)__builtin_popcount(bits);
		all += bits == ALL;
	}
	assert_in_range(plain, 20000, 160000); /* each found often, */
	assert_in_range(all, 1000, 19000);     /* and not always */
	empty(&e);
}

/* As long as datagrams can be, full of what sums to the most. */
static void longest(void **state)
{
	struct frame head = frame_with(sound[0], 0);
	struct eight e = {0};

	(void)state;
	for (unsigned i = 0; i < EIGHT; i++) {
		uint32_t len = LONGEST - i;
		uint8_t *p = malloc(len);
		uint32_t pseudo = PROTO_TCP + len - IPV4_HEADER;
		uint16_t sum;

		assert_non_null(p);
		memset(p, 0xff, len);
		memcpy(p, head.bytes, head.len);
		p[IPV4_LEN] = (uint8_t)(len >> 8);
		p[IPV4_LEN + 1] = (uint8_t)len;
		memset(p + IPV4_CHECK, 0, 2);
		sum = (uint16_t)~frame_sum(0, p, IPV4_HEADER);
		p[IPV4_CHECK] = (uint8_t)(sum >> 8);
		p[IPV4_CHECK + 1] = (uint8_t)sum;
		memset(p + IPV4_HEADER + TCP_CHECK, 0, 2);
		sum = (uint16_t)~frame_sum(pseudo, p + IPV4_SRC,
					   len - IPV4_SRC);
		p[IPV4_HEADER + TCP_CHECK] = (uint8_t)(sum >> 8);
		p[IPV4_HEADER + TCP_CHECK + 1] = (uint8_t)sum;
		e.pkt[i].data = p;
		e.pkt[i].len = len;
	}
	assert_int_equal(ask(&e), ALL);
	e.pkt[3].data[LONGEST / 2] ^= 1;
	assert_int_equal(ask(&e), ALL ^ 1u << 3);
	empty(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths),
		cmocka_unit_test(wrong_bits),
		cmocka_unit_test(any),
		cmocka_unit_test(longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

/* One by one is all there is. */
static void skipped(void **state)
{
	(void)state;
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(skipped)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
