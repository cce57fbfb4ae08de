/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The bytes of generated packets. */
#ifndef NATBENCH_GEN_FRAME_H
#define NATBENCH_GEN_FRAME_H

#include <stdbool.h>
#include <stdint.h>

enum {
	FRAME_TCP_HEADER = 20, /* a SYN has 4 bytes of options more */
	FRAME_UDP_HEADER = 8,
	FRAME_ICMP_HEADER = 8,
	FRAME_MOST = 9000,
};

enum { FRAME_SYN = 0x02, FRAME_PSH = 0x08, FRAME_ACK = 0x10 };

struct frame_ends {
	uint8_t family; /* 4 or 6 */
	/* Host order, as all here. Of IPv6 the last bytes of an address, of
	 * which the others are FRAME_NET6. */
	uint32_t src, dst;
	uint16_t src_port, dst_port; /* ICMP: identifier, sequence number */
	uint16_t ip_id;              /* IPv4 */
};

#define FRAME_NET6 UINT32_C(0x20010002) /* 2001:2::/48, RFC 5180 */

uint32_t frame_ip_header(unsigned family);

/* Each writes a packet with @payload bytes of data, checksums right, and
 * returns its length; @out has FRAME_MOST bytes. */
uint32_t frame_tcp(uint8_t *out, const struct frame_ends *e, uint32_t seq,
		   uint32_t ack, uint8_t flags, uint32_t payload);
uint32_t frame_udp(uint8_t *out, const struct frame_ends *e, uint32_t payload);
uint32_t frame_echo(uint8_t *out, const struct frame_ends *e, bool reply,
		    uint32_t payload);

#endif
