/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tuples: inversion, hashing, and the way into a packet and back.
 *
 * Input: a byte whose lowest bit says IPv6; two tuples, each protocol (1 byte),
 * source and destination (4 or 16 each), ids (2 + 2); then the seed of the hash
 * (4).
 */
#include "check.h"
#include "pure/hash.h"
#include "pure/packet.h"
#include "pure/rewrite.h"
#include "pure/tuple.h"
#include "wire.h"

static size_t addr_len(uint8_t family)
{
	return family == PACKET_IPV4 ? 4 : 16;
}

/* Of IPv6 a unicast address, for others are on no wire. */
static struct nat_addr take_addr(struct input *in, uint8_t family)
{
	const uint8_t unicast = 0x20;
	struct nat_addr a = {{0}};

	input_take(in, &a, addr_len(family));
	if (family == PACKET_IPV6)
		memcpy(&a, &unicast, sizeof(unicast));
	return a;
}

static struct nat_tuple take_tuple(struct input *in, uint8_t family)
{
	const uint8_t common[] = {PROTO_TCP, PROTO_UDP, icmp_proto(family),
				  PROTO_UDPLITE, PROTO_SCTP};
	uint8_t proto = input_u8(in);
	struct nat_tuple t = {.family = family};

	t.proto = proto < 128 ? common[proto % sizeof(common)] : proto;
	t.src = take_addr(in, family);
	t.dst = take_addr(in, family);
	t.src_id = input_u16(in);
	t.dst_id = input_u16(in);
	if (!proto_has_ports(t.proto) && !proto_is_icmp(t.proto))
		t.src_id = t.dst_id = 0;
	return t;
}

static void check_invert(const struct nat_tuple *t)
{
	struct nat_tuple reply, again;

	if (!tuple_invert(&reply, t)) {
		MUST(proto_is_icmp(t->proto));
		return;
	}
	MUST(addr_equal(&reply.src, &t->dst));
	MUST(addr_equal(&reply.dst, &t->src));
	MUST(tuple_invert(&again, &reply));
	MUST(tuple_equal(&again, t));
	again = *t;
	MUST(tuple_invert(&again, &again));
	MUST(tuple_equal(&again, &reply));
}

static void check_hash(const struct nat_tuple *a, const struct nat_tuple *b,
		       uint64_t seed)
{
	struct hash_key key = hash_key_new(seed);
	struct nat_tuple mixed = *b;

	if (tuple_equal(a, b))
		MUST(hash_tuple(&key, a) == hash_tuple(&key, b));
	/* the source hash knows nothing of the destination */
	mixed.src = a->src;
	mixed.src_id = a->src_id;
	mixed.proto = a->proto;
	MUST(hash_source(&key, &mixed) == hash_source(&key, a));
}

enum { L4_SHORTEST = 8, SHORTEST_MAX = IPV6_HEADER + L4_SHORTEST };

/* The shortest packet that has the tuple; its length. */
static uint32_t encode(uint8_t bytes[SHORTEST_MAX], const struct nat_tuple *t)
{
	struct packet p = {.ip = bytes, .family = t->family};
	uint32_t header = ip_header_len(t->family);
	uint8_t *l4 = bytes + header;

	memset(bytes, 0, SHORTEST_MAX);
	if (t->family == PACKET_IPV4) {
		bytes[0] = 0x45;
		bytes[IPV4_PROTO] = t->proto;
	} else {
		bytes[0] = 0x60;
		bytes[IPV6_LEN + 1] = L4_SHORTEST;
		bytes[IPV6_NEXT] = t->proto;
	}
	memcpy(packet_src(&p), &t->src, addr_len(t->family));
	memcpy(packet_dst(&p), &t->dst, addr_len(t->family));
	if (proto_is_icmp(t->proto)) {
		memcpy(l4 + ICMP_ID, &t->src_id, 2);
		memcpy(l4 + ICMP_TYPE, &t->dst_id, 2);
	} else {
		memcpy(l4 + PORT_SRC, &t->src_id, 2);
		memcpy(l4 + PORT_DST, &t->dst_id, 2);
	}
	if (t->family == PACKET_IPV4)
		wire_repair_ip(bytes, header + L4_SHORTEST);
	return header + L4_SHORTEST;
}

/* Both ends of a packet of @a, given the values of @b, make it one of @b. */
static void check_wire(const struct nat_tuple *a, struct nat_tuple b)
{
	uint8_t bytes[SHORTEST_MAX];
	struct nat_tuple seen;
	struct packet p;
	uint32_t len = encode(bytes, a);

	MUST(packet_parse(&p, bytes, len) == a->family);
	MUST(packet_tuple(&p, &seen));
	MUST(tuple_equal(&seen, a));

	b.proto = a->proto;
	if (!proto_has_ports(a->proto)) {
		/* not translated by ids, or only some types are */
		b.src_id = a->src_id;
		b.dst_id = a->dst_id;
	}
	MUST(rewrite_end(&p, MANIP_SRC, &b));
	MUST(rewrite_end(&p, MANIP_DST, &b));
	MUST(packet_parse(&p, bytes, len) == a->family);
	MUST(packet_tuple(&p, &seen));
	MUST(tuple_equal(&seen, &b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	uint8_t family = input_u8(&in) & 1 ? PACKET_IPV6 : PACKET_IPV4;
	struct nat_tuple a = take_tuple(&in, family);
	struct nat_tuple b = take_tuple(&in, family);

	check_invert(&a);
	check_invert(&b);
	check_hash(&a, &b, input_u32(&in));
	check_wire(&a, b);
	return 0;
}
