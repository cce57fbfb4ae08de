/* SPDX-License-Identifier: BSD-2-Clause
 * What the answer to a packet looks like. */
#include <arpa/inet.h>

#include "pure/random.h"
#include "pure/tuple.h"
#include "test/check.h"

/* Type and code as they lie in a tuple. */
static uint16_t icmp_id(unsigned type, unsigned code)
{
	return htons((uint16_t)(type << 8 | code));
}

static struct nat_tuple random_tuple(struct random *r, uint8_t proto)
{
	return (struct nat_tuple){
		.src = addr_v4(random_u32(r)),
		.dst = addr_v4(random_u32(r)),
		.src_id = random_u16(r),
		.dst_id = random_u16(r),
		.proto = proto,
		.family = 4,
		.zone = random_u16(r),
	};
}

/* Every protocol but ICMP: ends change places, nothing else changes. */
static void all_protocols(void **state)
{
	struct random r = random_new(1);

	(void)state;
	for (unsigned proto = 0; proto < 256; proto++) {
		struct nat_tuple t = random_tuple(&r, (uint8_t)proto), got;
		struct nat_tuple want = t;

		if (proto_is_icmp((uint8_t)proto))
			continue;
		want.src = t.dst;
		want.dst = t.src;
		want.src_id = t.dst_id;
		want.dst_id = t.src_id;
		assert_true(tuple_invert(&got, &t));
		assert_true(tuple_equal(&got, &want));
		assert_true(tuple_invert(&got, &got));
		assert_true(tuple_equal(&got, &t));
	}
}

static void ipv6(void **state)
{
	struct nat_tuple t = {
		.src = {{1, 2, 3, 4}},
		.dst = {{5, 6, 7, 8}},
		.src_id = 9,
		.dst_id = 10,
		.proto = PROTO_TCP,
		.family = 6,
	};
	struct nat_tuple got;

	(void)state;
	assert_true(tuple_invert(&got, &t));
	assert_true(addr_equal(&got.src, &t.dst));
	assert_true(addr_equal(&got.dst, &t.src));
	assert_int_equal(got.src_id, 10);
	assert_int_equal(got.dst_id, 9);
	assert_int_equal(got.family, 6);
}

enum { NO_ANSWER = 0xff };

/* RFC 792, 950, 4443 and 4620: which type answers which, of all 256. */
static uint8_t answer_to(uint8_t proto, unsigned type)
{
	static const struct {
		uint8_t proto, type[2];
	} pair[] = {
		{PROTO_ICMP, {8, 0}},       {PROTO_ICMP, {13, 14}},
		{PROTO_ICMP, {15, 16}},     {PROTO_ICMP, {17, 18}},
		{PROTO_ICMPV6, {128, 129}}, {PROTO_ICMPV6, {139, 140}},
	};

	for (size_t i = 0; i < ARRAY_LEN(pair); i++)
		for (int side = 0; side < 2; side++)
			if (pair[i].proto == proto &&
			    pair[i].type[side] == type)
				return pair[i].type[!side];
	return NO_ANSWER;
}

static void icmp_types(uint8_t proto)
{
	struct random r = random_new(2);

	for (unsigned type = 0; type < 256; type++)
		for (unsigned code = 0; code < 256; code += 51) {
			struct nat_tuple t = random_tuple(&r, proto), got;
			uint8_t answer = answer_to(proto, type);
			struct nat_tuple want = t;

			t.dst_id = icmp_id(type, code);
			want.src = t.dst;
			want.dst = t.src;
			want.dst_id = icmp_id(answer, code);
			assert_int_equal(tuple_invert(&got, &t),
					 answer != NO_ANSWER);
			if (answer == NO_ANSWER)
				continue;
			assert_true(tuple_equal(&got, &want));
			assert_true(tuple_invert(&got, &got));
			assert_true(tuple_equal(&got, &t));
		}
}

static void icmp(void **state)
{
	(void)state;
	icmp_types(PROTO_ICMP);
	icmp_types(PROTO_ICMPV6);
}

static void classes(void **state)
{
	static const struct {
		uint8_t proto;
		bool ports, tolerates;
	} rows[] = {
		{PROTO_TCP, true, false},
		{PROTO_UDP, true, true},
		{PROTO_UDPLITE, true, true},
		{PROTO_ICMP, false, false},
		{PROTO_ICMPV6, false, false},
		{PROTO_SCTP, true, false},
		{PROTO_GRE, false, true},
		{50, false, true},
		{0, false, true},
		{255, false, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (proto_has_ports(rows[i].proto) != rows[i].ports ||
		    proto_tolerates_clash(rows[i].proto) != rows[i].tolerates)
			fail_msg("protocol %u", rows[i].proto);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_protocols),
		cmocka_unit_test(ipv6),
		cmocka_unit_test(icmp),
		cmocka_unit_test(classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
