/* SPDX-License-Identifier: BSD-2-Clause
 * Forwarding and translating a plain packet in one go is what the steps are. */
#include <stdio.h>
#include <string.h>

#include "pure/random.h"
#include "pure/rewrite.h"
#include "test/ask.h"
#include "test/check.h"
#include "test/frames.h"

static struct frame random_plain(struct random *r)
{
	static const char *const form[] = {
		"tcp 10.0.0.2:40 > 192.0.2.1:80 A",
		"udp 10.0.0.2:40 > 192.0.2.1:80",
		"udp 10.0.0.2:40 > 192.0.2.1:80 nosum",
		"udp 10.0.0.2:40 > 192.0.2.1:80 badsum",
	};
	char text[FRAME_TEXT];

	(void)snprintf(text, sizeof(text), "%s len %u ttl %u",
		       form[random_u32(r) % ARRAY_LEN(form)],
		       12 + random_u32(r) % 90, 2 + random_u32(r) % 254);
	return frame_of(text);
}

static void plain(void **state)
{
	struct random r = random_new(1);

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		struct frame f = random_plain(&r), copy;
		struct packet p, q;
		uint32_t at = f.bytes[IPV4_PROTO] == PROTO_TCP ? TCP_CHECK
							       : UDP_CHECK;
		struct nat_tuple t = {
			.src = addr_v4(random_u32(&r)),
			.dst = addr_v4(random_u32(&r)),
			.src_id = random_u16(&r),
			.dst_id = random_u16(&r),
		};
		uint32_t addr[2] = {t.src.w[0], t.dst.w[0]}, ports;
		uint16_t id[2] = {t.src_id, t.dst_id}, any = random_u16(&r);
		uint64_t addrs;

		if (random_u32(&r) % 4 == 0)
			memcpy(f.bytes + IPV4_HEADER + at, &any, sizeof(any));
		memcpy(&addrs, addr, sizeof(addrs));
		memcpy(&ports, id, sizeof(ports));
		copy = f;
		p = packet_of_frame(&f);
		assert_true(packet_is_plain(p.ip, p.len));
		rewrite_plain(&p, addrs, ports);
		q = p;
		q.ip = copy.bytes;
		assert_true(rewrite_end(&q, MANIP_SRC, &t));
		assert_true(rewrite_end(&q, MANIP_DST, &t));
		rewrite_ttl_down(&q);
		assert_memory_equal(p.ip, q.ip, p.len);
		p = packet_of_frame(&f);
		memcpy(q.ip, p.ip, p.len);
		rewrite_plain_end(&p, MANIP_SRC, addr[0], id[0]);
		assert_true(rewrite_end(&q, MANIP_SRC, &t));
		assert_memory_equal(p.ip, q.ip, p.len);
		rewrite_plain_end(&p, MANIP_DST, addr[1], id[1]);
		assert_true(rewrite_end(&q, MANIP_DST, &t));
		assert_memory_equal(p.ip, q.ip, p.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(plain)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
