/* SPDX-License-Identifier: BSD-2-Clause
 * Words that both tellers use. */
#include "explain/tell.h"

#include <arpa/inet.h>
#include <string.h>

#include "explain/notation.h"

static void addr_text(const struct nat_tuple *t, const struct nat_addr *a,
		      char out[INET6_ADDRSTRLEN])
{
	if (!inet_ntop(t->family == 6 ? AF_INET6 : AF_INET, a->w, out,
		       INET6_ADDRSTRLEN))
		out[0] = '\0';
}

void tell_tuple(const struct nat_tuple *t, char out[TELL_TUPLE])
{
	const char *open = t->family == 6 ? "[" : "";
	const char *close = t->family == 6 ? "]" : "";
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	unsigned type_code = ntohs(t->dst_id);

	addr_text(t, &t->src, src);
	addr_text(t, &t->dst, dst);
	switch (t->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
		(void)snprintf(out, TELL_TUPLE, "%s%s%s:%u -> %s%s%s:%u", open,
			       src, close, ntohs(t->src_id), open, dst, close,
			       ntohs(t->dst_id));
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		(void)snprintf(
			out, TELL_TUPLE, "%s -> %s type %u code %u id %u", src,
			dst, type_code >> 8, type_code & 255, ntohs(t->src_id));
		break;
	default:
		(void)snprintf(out, TELL_TUPLE, "%s -> %s proto %u", src, dst,
			       t->proto);
	}
}

void tell_packet(const struct bytes *b, char out[TELL_PACKET])
{
	if (!b->len || notation_print(b->data, b->len, NOTATION_BRIEF, out,
				      TELL_PACKET) < 0)
		(void)snprintf(out, TELL_PACKET, "%zu bytes", b->len);
}

const char *tell_if(const struct nat_topology *t, uint16_t i)
{
	const char *name = i == NAT_NO_IF ? NULL : nat_topology_if_name(t, i);

	return name ? name : "-";
}

const char *tell_status_bit(unsigned i)
{
	static const char *const name[] = {
#define X(id, bit) [bit] = #id,
		NAT_STATUS_BITS(X)
#undef X
	};

	return i < sizeof(name) / sizeof(name[0]) ? name[i] : NULL;
}

const char *tell_tcp_state(unsigned state)
{
	static const char *const name[] = {
		"NONE",     "SYN_SENT",   "SYN_RECV", "ESTABLISHED",
		"FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT",
		"CLOSE",    "SYN_SENT2",
	};

	return state < sizeof(name) / sizeof(name[0]) ? name[state] : "?";
}
