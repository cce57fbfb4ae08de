/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From a captured frame to the IP packet in it. Pure: bytes in, offsets out.
 *
 * Understood: Ethernet with any stack of VLAN tags (802.1Q, 802.1ad, 9100,
 * 9200) and Cisco MetaData, LLC/SNAP, MPLS, PPPoE; Linux cooked captures, both
 * versions; raw IP; null and loop of any system; PPP, also with HDLC framing
 * or behind a PPPoE header; Cisco HDLC.
 *
 * Every frame has exactly one result. An IP packet reaches from its first byte
 * to its own length field, or to the end of the frame as it was on the wire
 * where that comes first or where the field says less than a header; what
 * follows it is padding. If bytes of this span were not captured, the snap
 * length cut it and it is skipped. Otherwise it is delivered, however odd: it
 * is what a router would have seen. Only where no IP version stands at its
 * head, or another than the link layer names, it is malformed and skipped.
 */
#ifndef NATBENCH_LINK_H
#define NATBENCH_LINK_H

#include <stdbool.h>
#include <stdint.h>

#define LINK_RESULTS(X)                                                        \
	X(IP4, "ip4")                                                          \
	X(IP6, "ip6")                                                          \
	X(ARP, "arp")                /* and RARP */                            \
	X(CONTROL, "link_control")   /* LLC, PPPoE discovery, PPP's own */     \
	X(OTHER, "not_ip")           /* some other network protocol */         \
	X(SNAPLEN, "cut_by_snaplen") /* bytes of the packet were not kept */   \
	X(MALFORMED, "malformed")    /* too short for its headers; no version */

/* clang-format off */
enum link_result {
#define X(id, name) LINK_##id,
	LINK_RESULTS(X)
#undef X
	LINK_N_RESULTS
};
/* clang-format on */

const char *link_result_name(enum link_result r);

static inline bool link_is_ip(enum link_result r)
{
	return r == LINK_IP4 || r == LINK_IP6;
}

struct link_ip {
	uint32_t offset, len;
};

/* True for the link types (libpcap's DLT_ values) listed above. */
bool link_supported(int dlt);

/* Finds the packet in @frame, of which @caplen bytes are there and @origlen
 * were on the wire. @ip is filled where link_is_ip() holds of the result.
 * @dlt is supported. */
enum link_result link_strip(int dlt, const uint8_t *frame, uint32_t caplen,
			    uint32_t origlen, struct link_ip *ip);

#endif
