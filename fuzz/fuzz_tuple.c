/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tuples: inversion, hashing, and the way into a packet and back.
 *
 * Input: two tuples, each protocol (1 byte), source (4), destination (4), ids
 * (2 + 2); then the seed of the hash (4).
 */
#include "check.h"
#include "pure/hash.h"
#include "pure/packet.h"
#include "pure/rewrite.h"
#include "pure/tuple.h"
#include "wire.h"

static struct nat_tuple take_tuple(struct input *in)
{
	static const uint8_t common[] = {PROTO_TCP, PROTO_UDP, PROTO_ICMP,
					 PROTO_UDPLITE, PROTO_SCTP};
	uint8_t proto = input_u8(in);
	struct nat_tuple t = {.family = 4};

	t.proto = proto < 128 ? common[proto % sizeof(common)] : proto;
	t.src = addr_v4(input_u32(in));
	t.dst = addr_v4(input_u32(in));
	t.src_id = input_u16(in);
	t.dst_id = input_u16(in);
	if (!proto_has_ports(t.proto) && t.proto != PROTO_ICMP)
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

/* The shortest packet that has the tuple. */
static void encode(uint8_t bytes[WIRE_SHORTEST], const struct nat_tuple *t)
{
	uint8_t *l4 = bytes + IPV4_HEADER;

	memset(bytes, 0, WIRE_SHORTEST);
	bytes[0] = 0x45;
	bytes[IPV4_LEN + 1] = WIRE_SHORTEST;
	bytes[IPV4_PROTO] = t->proto;
	memcpy(bytes + IPV4_SRC, &t->src.w[0], 4);
	memcpy(bytes + IPV4_DST, &t->dst.w[0], 4);
	if (t->proto == PROTO_ICMP) {
		memcpy(l4 + ICMP_ID, &t->src_id, 2);
		memcpy(l4 + ICMP_TYPE, &t->dst_id, 2);
	} else {
		memcpy(l4 + PORT_SRC, &t->src_id, 2);
		memcpy(l4 + PORT_DST, &t->dst_id, 2);
	}
	wire_repair_ip(bytes, WIRE_SHORTEST);
}

/* Both ends of a packet of @a, given the values of @b, make it one of @b. */
static void check_wire(const struct nat_tuple *a, struct nat_tuple b)
{
	uint8_t bytes[WIRE_SHORTEST];
	struct nat_tuple seen;
	struct packet p;

	encode(bytes, a);
	MUST(packet_parse(&p, bytes, sizeof(bytes)) == PACKET_IPV4);
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
	MUST(packet_parse(&p, bytes, sizeof(bytes)) == PACKET_IPV4);
	MUST(packet_tuple(&p, &seen));
	MUST(tuple_equal(&seen, &b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	struct nat_tuple a = take_tuple(&in);
	struct nat_tuple b = take_tuple(&in);

	check_invert(&a);
	check_invert(&b);
	check_hash(&a, &b, input_u32(&in));
	check_wire(&a, b);
	return 0;
}
