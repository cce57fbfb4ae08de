/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Datagrams written as text, for tests that read like a tcpdump:
 *
 *	udp 10.0.0.2:4000 > 192.0.2.1:53 len 4
 *	tcp 10.0.0.2:4000 > 192.0.2.1:80 SA seq 7 ack 8
 *	icmp 10.0.0.2 > 192.0.2.1 type 8 code 0 id 7
 *	icmp 192.0.2.9 > 10.0.0.2 type 3 code 3 (udp 10.0.0.2:4000 > ...)
 *	udplite 10.0.0.2:4000 > 192.0.2.1:53
 *	sctp 10.0.0.2:4000 > 192.0.2.1:53 chunk 1 itag 7
 *	gre 10.0.0.2 > 192.0.2.1 version 1 id 7
 *	proto 50 10.0.0.2 > 192.0.2.1 len 24
 *	udp [2001:db8::2]:4000 > [2001:db8::9]:53
 *	icmp6 2001:db8::2 > 2001:db8::9 type 128
 *
 * TCP flags are letters of FSRPAUEC or a dot. Then come words, any of
 *	len N       bytes of payload	    ttl N tos N ipid N df mf evil
 *	off N       fragment offset / 8     nops N  bytes of IP options
 *	seq N ack N win N doff N            of TCP; doff in words of 4
 *	opts HEX    TCP options, whole words; doff follows
 *	ipopts HEX  IP options, whole words
 *	ulen N      UDP's own length, UDP-Lite's coverage
 *	type N code N id N rest N	    of ICMP; rest: bytes 4 to 7
 *	tag N chunk N itag N		    of SCTP: verification tag, type of
 *					    the one chunk, its first number
 *	version N carries N id N	    of GRE: its second byte, its
 *					    protocol, PPTP's call
 *	badsum nosum			    the L4 checksum is wrong, or 0
 *	ones				    that of TCP is not 0 but 0xffff
 *	sumproto N  protocol that the pseudo-header names
 *	ext N label N		    of IPv6: an extension header; flow label
 *	extopt N    type of the option in such headers, if not padding
 *	cut N       only so many bytes are there; a quoted datagram's header
 *		    still tells the full length
 *
 * IPv6: ttl and tos are its hop limit and traffic class; off and mf bring a
 * fragment header along, whose id is ipid.
 *
 * What is not said: ttl 64, win 10000, an echo request, carries 0x880b,
 * all else 0, checksums right (UDP-Lite's as Linux has it, with UDP's number in
 * the pseudo-header and, of IPv4, a byte of the length).
 */
#ifndef TEST_FRAMES_H
#define TEST_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_MAX = 4096, FRAME_TEXT = 512, FRAME_INIT_CHUNK = 20 };

struct frame {
	uint32_t len;
	uint8_t bytes[FRAME_MAX];
};

/* False: not of that form. */
bool frame_parse(struct frame *f, const char *text);
/* The same, and the test fails. */
struct frame frame_of(const char *text);

/* The text of a datagram, as far as the words above go, in their order:
 * addresses and ports, flags, and what is not as if not said. TTL is told
 * where it is neither 64 nor 63, as a host sends and one router leaves it. */
void frame_print(const uint8_t *ip, uint32_t len, char out[FRAME_TEXT]);

/* What leads where in a datagram, naively: its bytes make sense. */
struct packet;
void frame_view(struct packet *p, const uint8_t *ip, uint32_t len);

/* How long the header says the datagram is. */
uint32_t frame_told_len(const uint8_t *ip);

/* A naive Internet checksum: the folded sum, not complemented. */
uint16_t frame_sum(uint32_t start, const uint8_t *bytes, size_t len);

/* Header length, total length and the sums of IP and L4 are right. */
bool frame_is_sound(const uint8_t *ip, uint32_t len);

#endif
