/* SPDX-License-Identifier: BSD-2-Clause
 * UDP-Lite, GRE and queries of ICMP and ICMPv6. */
#include "pure/proto.h"

#include "pure/packet.h"

/* No tracker but the answer: once there was one, packets make a stream. */
static struct proto_result answered(const struct proto_context *c,
				    uint32_t alone, uint32_t stream)
{
	bool seen = c->status & NAT_ST_SEEN_REPLY;

	return (struct proto_result){
		.timeout = ticks_of_s(seen ? stream : alone),
		.assured = seen,
	};
}

struct proto_result udplite_packet(const struct proto_context *c)
{
	return answered(c, c->sysctl->udp_timeout,
			c->sysctl->udp_timeout_stream);
}

struct proto_result gre_packet(const struct proto_context *c)
{
	return answered(c, c->sysctl->gre_timeout,
			c->sysctl->gre_timeout_stream);
}

bool icmp_may_open(uint8_t proto, uint8_t type)
{
	if (proto == PROTO_ICMPV6)
		return type == ICMP6_ECHO || type == ICMP6_NODE_INFO;
	return type == ICMP_ECHO || type == ICMP_TIMESTAMP ||
	       type == ICMP_INFO || type == ICMP_ADDRESS;
}
