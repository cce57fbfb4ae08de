/* SPDX-License-Identifier: BSD-2-Clause
 * UDP-Lite and ICMP queries. */
#include "pure/proto.h"

#include "pure/packet.h"

struct proto_result udplite_packet(const struct proto_context *c)
{
	bool stream = c->status & NAT_ST_SEEN_REPLY;

	return (struct proto_result){
		.timeout = ticks_of_s(stream ? c->sysctl->udp_timeout_stream
					     : c->sysctl->udp_timeout),
		.assured = stream,
	};
}

bool icmp_may_open(uint8_t type)
{
	return type == ICMP_ECHO || type == ICMP_TIMESTAMP ||
	       type == ICMP_INFO || type == ICMP_ADDRESS;
}
