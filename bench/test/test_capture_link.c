/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Link layers: frames as they come, and as nobody should send them. */
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/link.h"
#include "test/capture_util.h"
#include "test/check.h"

/* a packet of 20 bytes, one of 40 */
#define P4     "45000014 00000000 40fd0000 0a000001 0a000002"
#define P6     "60000000 00003b40" A6 A6
#define A6     "20010db8 00000000 00000000 00000001"
#define MACS   "020000000001 020000000002"
#define ETH4   MACS "0800"
#define SNAP   "aaaa03 000000"
#define SLL    "0000 0001 0006 020000000001 0000"
#define SLL2   "0000 00000003 0001 00 06 020000000001 0000"
#define MPLS   "00010040"
#define BOTTOM "00010140"
#define PAD    "000000000000"

/* @wire: bytes that the frame had beyond those captured. */
struct row {
	const char *name;
	int dlt;
	const char *frame;
	uint32_t wire;
	enum link_result want;
	uint32_t offset, len;
};

/* clang-format off */
static const struct row rows[] = {
{ "ethernet, IPv4", DLT_EN10MB, ETH4 P4, 0, LINK_IP4, 14, 20 },
{ "ethernet, IPv6", DLT_EN10MB, MACS "86dd" P6, 0, LINK_IP6, 14, 40 },
{ "802.1Q", DLT_EN10MB, MACS "8100 0005 0800" P4, 0, LINK_IP4, 18, 20 },
{ "802.1ad over 802.1Q", DLT_EN10MB, MACS "88a8 0005 8100 0006 86dd" P6, 0, LINK_IP6, 22, 40 },
{ "9100 over 9200 over 8100", DLT_EN10MB, MACS "9100 0001 9200 0002 8100 0003 0800" P4, 0, LINK_IP4, 26, 20 },
{ "Cisco MetaData", DLT_EN10MB, MACS "8909 0101 0001 0002 0800" P4, 0, LINK_IP4, 22, 20 },
{ "tag, then nothing", DLT_EN10MB, MACS "8100 0005", 0, LINK_MALFORMED, 0, 0 },
{ "tag cut in the middle", DLT_EN10MB, MACS "8100 00", 0, LINK_MALFORMED, 0, 0 },
{ "tag cut by the snap length", DLT_EN10MB, MACS "8100 00", 50, LINK_SNAPLEN, 0, 0 },
{ "tags without end", DLT_EN10MB, MACS "8100 0001 8100 0001 8100 0001 8100 0001 81", 0, LINK_MALFORMED, 0, 0 },
{ "LLC/SNAP, IPv4", DLT_EN10MB, MACS "001c" SNAP "0800" P4, 0, LINK_IP4, 22, 20 },
{ "LLC/SNAP of another OUI", DLT_EN10MB, MACS "001c aaaa03 00000c 2000" P4, 0, LINK_CONTROL, 0, 0 },
{ "LLC in LLC/SNAP", DLT_EN10MB, MACS "001c" SNAP "0010" SNAP "0800" P4, 0, LINK_OTHER, 0, 0 },
{ "LLC/SNAP cut", DLT_EN10MB, MACS "001c aaaa03 0000", 0, LINK_MALFORMED, 0, 0 },
{ "LLC in a tag", DLT_EN10MB, MACS "8100 0005 001c" SNAP "0800" P4, 0, LINK_IP4, 26, 20 },
{ "spanning tree", DLT_EN10MB, MACS "0026 424203 0000000000", 0, LINK_CONTROL, 0, 0 },
{ "LLC cut", DLT_EN10MB, MACS "0026 4242", 0, LINK_MALFORMED, 0, 0 },
{ "ARP", DLT_EN10MB, MACS "0806 0001080006040001", 0, LINK_ARP, 0, 0 },
{ "ARP in a tag", DLT_EN10MB, MACS "8100 0005 0806 0001080006040001", 0, LINK_ARP, 0, 0 },
{ "LLDP", DLT_EN10MB, MACS "88cc 0207", 0, LINK_OTHER, 0, 0 },
{ "ethernet, no type", DLT_EN10MB, MACS "08", 0, LINK_MALFORMED, 0, 0 },
{ "ethernet, one byte", DLT_EN10MB, "02", 0, LINK_MALFORMED, 0, 0 },
{ "ethernet, nothing", DLT_EN10MB, "", 0, LINK_MALFORMED, 0, 0 },
{ "ethernet, nothing kept", DLT_EN10MB, "", 60, LINK_SNAPLEN, 0, 0 },
{ "ethernet, no payload", DLT_EN10MB, ETH4, 0, LINK_MALFORMED, 0, 0 },

{ "padding", DLT_EN10MB, ETH4 P4 PAD, 0, LINK_IP4, 14, 20 },
{ "padding not kept", DLT_EN10MB, ETH4 P4, 6, LINK_IP4, 14, 20 },
{ "padding after IPv6", DLT_EN10MB, MACS "86dd" P6 PAD, 0, LINK_IP6, 14, 40 },
{ "cut by the snap length", DLT_EN10MB, ETH4 "45000015 00000000 40fd0000 0a000001 0a000002", 1, LINK_SNAPLEN, 0, 0 },
{ "IPv6 cut by the snap length", DLT_EN10MB, MACS "86dd 60000000 00013b40" A6 A6, 1, LINK_SNAPLEN, 0, 0 },
{ "longer than the frame", DLT_EN10MB, ETH4 "450005dc 00000000 40fd0000 0a000001 0a000002", 0, LINK_IP4, 14, 20 },
{ "longer than the frame and cut", DLT_EN10MB, ETH4 "450005dc 00000000 40fd0000 0a000001 0a000002", 1, LINK_SNAPLEN, 0, 0 },
{ "length below a header", DLT_EN10MB, ETH4 "45000013 00000000 40fd0000 0a000001 0a000002" PAD, 0, LINK_IP4, 14, 26 },
{ "length zero", DLT_EN10MB, ETH4 "45000000 00000000 40fd0000 0a000001 0a000002", 0, LINK_IP4, 14, 20 },
{ "length zero and cut", DLT_EN10MB, ETH4 "45000000 00000000 40fd0000 0a000001 0a000002", 9, LINK_SNAPLEN, 0, 0 },
{ "header longer than the packet", DLT_EN10MB, ETH4 "4f000014 00000000 40fd0000 0a000001 0a000002", 0, LINK_IP4, 14, 20 },
{ "header of no length", DLT_EN10MB, ETH4 "40000014 00000000 40fd0000 0a000001 0a000002", 0, LINK_IP4, 14, 20 },
{ "one byte of IPv4", DLT_EN10MB, ETH4 "45", 0, LINK_IP4, 14, 1 },
{ "three bytes of IPv4", DLT_EN10MB, ETH4 "450000", 0, LINK_IP4, 14, 3 },
{ "three bytes of IPv4 kept", DLT_EN10MB, ETH4 "450000", 17, LINK_SNAPLEN, 0, 0 },
{ "six bytes of IPv6", DLT_EN10MB, MACS "86dd 600000000000", 0, LINK_IP6, 14, 6 },
{ "IPv6 jumbogram", DLT_EN10MB, MACS "86dd 60000000 00000040" A6 A6 "3b06c20400010000", 0, LINK_IP6, 14, 48 },
{ "IPv4 type, IPv6 within", DLT_EN10MB, ETH4 P6, 0, LINK_MALFORMED, 0, 0 },
{ "IPv6 type, IPv4 within", DLT_EN10MB, MACS "86dd" P4, 0, LINK_MALFORMED, 0, 0 },
{ "IP version 5", DLT_EN10MB, ETH4 "55000014", 0, LINK_MALFORMED, 0, 0 },

{ "MPLS", DLT_EN10MB, MACS "8847" BOTTOM P4, 0, LINK_IP4, 18, 20 },
{ "MPLS, three labels, IPv6", DLT_EN10MB, MACS "8847" MPLS MPLS BOTTOM P6, 0, LINK_IP6, 26, 40 },
{ "MPLS in a tag", DLT_EN10MB, MACS "8100 0005 8848" BOTTOM P4, 0, LINK_IP4, 22, 20 },
{ "MPLS pseudowire", DLT_EN10MB, MACS "8847" BOTTOM "00000000" ETH4 P4, 0, LINK_OTHER, 0, 0 },
{ "MPLS without bottom", DLT_EN10MB, MACS "8847" MPLS MPLS, 0, LINK_MALFORMED, 0, 0 },
{ "MPLS without payload", DLT_EN10MB, MACS "8847" BOTTOM, 0, LINK_MALFORMED, 0, 0 },
{ "MPLS payload not kept", DLT_EN10MB, MACS "8847" BOTTOM, 20, LINK_SNAPLEN, 0, 0 },

{ "PPPoE", DLT_EN10MB, MACS "8864 1100 0001 0016 0021" P4, 0, LINK_IP4, 22, 20 },
{ "PPPoE, IPv6, padded", DLT_EN10MB, MACS "8864 1100 0001 002a 0057" P6 PAD, 0, LINK_IP6, 22, 40 },
{ "PPPoE in a tag", DLT_EN10MB, MACS "8100 0007 8864 1100 0001 0016 0021" P4, 0, LINK_IP4, 26, 20 },
{ "PPPoE, LCP", DLT_EN10MB, MACS "8864 1100 0001 0006 c021 0101", 0, LINK_CONTROL, 0, 0 },
{ "PPPoE, a code in a session", DLT_EN10MB, MACS "8864 11a7 0001 0016 0021" P4, 0, LINK_CONTROL, 0, 0 },
{ "PPPoE discovery", DLT_EN10MB, MACS "8863 1109 0000 0004", 0, LINK_CONTROL, 0, 0 },
{ "PPPoE cut", DLT_EN10MB, MACS "8864 1100 00", 0, LINK_MALFORMED, 0, 0 },
{ "PPPoE without protocol", DLT_EN10MB, MACS "8864 1100 0001 0000", 0, LINK_MALFORMED, 0, 0 },

{ "cooked", DLT_LINUX_SLL, SLL "0800" P4, 0, LINK_IP4, 16, 20 },
{ "cooked, IPv6", DLT_LINUX_SLL, SLL "86dd" P6, 0, LINK_IP6, 16, 40 },
{ "cooked, 802.1Q", DLT_LINUX_SLL, SLL "8100 0005 0800" P4, 0, LINK_IP4, 20, 20 },
{ "cooked, LLC/SNAP", DLT_LINUX_SLL, SLL "0004" SNAP "0800" P4, 0, LINK_IP4, 24, 20 },
{ "cooked, ARP", DLT_LINUX_SLL, SLL "0806", 0, LINK_ARP, 0, 0 },
{ "cooked, CAN", DLT_LINUX_SLL, SLL "000c", 0, LINK_OTHER, 0, 0 },
{ "cooked, cut", DLT_LINUX_SLL, SLL "08", 0, LINK_MALFORMED, 0, 0 },
{ "cooked 2", DLT_LINUX_SLL2, "0800" SLL2 P4, 0, LINK_IP4, 20, 20 },
{ "cooked 2, 802.1Q", DLT_LINUX_SLL2, "8100" SLL2 "0005 86dd" P6, 0, LINK_IP6, 24, 40 },
{ "cooked 2, LLC", DLT_LINUX_SLL2, "0004" SLL2 "424203", 0, LINK_CONTROL, 0, 0 },
{ "cooked 2, cut", DLT_LINUX_SLL2, "0800 0000", 0, LINK_MALFORMED, 0, 0 },

{ "raw, IPv4", DLT_RAW, P4, 0, LINK_IP4, 0, 20 },
{ "raw, IPv6", DLT_RAW, P6, 0, LINK_IP6, 0, 40 },
{ "raw of OpenBSD", 14, P4, 0, LINK_IP4, 0, 20 },
{ "raw, neither", DLT_RAW, "00000014", 0, LINK_MALFORMED, 0, 0 },
{ "raw, nothing", DLT_RAW, "", 0, LINK_MALFORMED, 0, 0 },
{ "IPv4 only", DLT_IPV4, P4, 0, LINK_IP4, 0, 20 },
{ "IPv4 only, IPv6", DLT_IPV4, P6, 0, LINK_MALFORMED, 0, 0 },
{ "IPv6 only", DLT_IPV6, P6, 0, LINK_IP6, 0, 40 },
{ "IPv6 only, IPv4", DLT_IPV6, P4, 0, LINK_MALFORMED, 0, 0 },

{ "null, little-endian", DLT_NULL, "02000000" P4, 0, LINK_IP4, 4, 20 },
{ "null, big-endian", DLT_NULL, "00000002" P4, 0, LINK_IP4, 4, 20 },
{ "loop", DLT_LOOP, "00000002" P4, 0, LINK_IP4, 4, 20 },
{ "null, IPv6 of Darwin", DLT_NULL, "1e000000" P6, 0, LINK_IP6, 4, 40 },
{ "null, IPv6 of FreeBSD", DLT_NULL, "0000001c" P6, 0, LINK_IP6, 4, 40 },
{ "null, IPv6 of Linux", DLT_NULL, "0a000000" P6, 0, LINK_IP6, 4, 40 },
{ "null, another family", DLT_NULL, "07000000" P4, 0, LINK_OTHER, 0, 0 },
{ "null, cut", DLT_NULL, "0200", 0, LINK_MALFORMED, 0, 0 },

{ "PPP", DLT_PPP, "0021" P4, 0, LINK_IP4, 2, 20 },
{ "PPP, HDLC framing", DLT_PPP, "ff03 0057" P6, 0, LINK_IP6, 4, 40 },
{ "PPP, compressed protocol", DLT_PPP, "21" P4, 0, LINK_IP4, 1, 20 },
{ "PPP, MPLS", DLT_PPP, "ff03 0281" BOTTOM P4, 0, LINK_IP4, 8, 20 },
{ "PPP, IPX", DLT_PPP, "002b 0000", 0, LINK_OTHER, 0, 0 },
{ "PPP, IPCP", DLT_PPP, "ff03 8021 0101", 0, LINK_CONTROL, 0, 0 },
{ "PPP, address only", DLT_PPP, "ff03", 0, LINK_MALFORMED, 0, 0 },
{ "PPP, half a protocol", DLT_PPP, "00", 0, LINK_MALFORMED, 0, 0 },
{ "PPP serial", DLT_PPP_SERIAL, "ff03 0021" P4, 0, LINK_IP4, 4, 20 },
{ "PPP serial, Cisco HDLC", DLT_PPP_SERIAL, "0f00 0800" P4, 0, LINK_IP4, 4, 20 },
{ "Cisco HDLC, IPv6", DLT_C_HDLC, "8f00 86dd" P6, 0, LINK_IP6, 4, 40 },
{ "Cisco HDLC, SLARP", DLT_C_HDLC, "8f00 8035 00000002", 0, LINK_CONTROL, 0, 0 },
{ "Cisco HDLC, cut", DLT_C_HDLC, "0f00 08", 0, LINK_MALFORMED, 0, 0 },
{ "Cisco HDLC, nothing", DLT_C_HDLC, "", 0, LINK_MALFORMED, 0, 0 },
{ "PPPoE alone", DLT_PPP_ETHER, "1100 0001 0016 0021" P4, 0, LINK_IP4, 8, 20 },
};
/* clang-format on */

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]), FRAME_ROOM = 256 };

/* The frame in memory that ends where it ends: a byte read too far is seen. */
static uint8_t *exact_copy(const uint8_t *frame, size_t len)
{
	uint8_t *p = malloc(len ? len : 1);

	assert_non_null(p);
	memcpy(p, frame, len);
	return p;
}

static bool row_holds(const struct row *r)
{
	uint8_t room[FRAME_ROOM], *frame;
	uint32_t len = (uint32_t)hex_bytes(r->frame, room, sizeof(room));
	struct link_ip ip = {0};
	enum link_result got;

	frame = exact_copy(room, len);
	got = link_strip(r->dlt, frame, len, len + r->wire, &ip);
	free(frame);
	if (got == r->want && ip.offset == r->offset && ip.len == r->len)
		return true;
	print_error("%s: %s at %u, %u bytes; want %s at %u, %u bytes\n",
		    r->name, link_result_name(got), ip.offset, ip.len,
		    link_result_name(r->want), r->offset, r->len);
	return false;
}

static void test_rows(void **state)
{
	unsigned bad = 0;

	(void)state;
	for (unsigned i = 0; i < N_ROWS; i++)
		bad += !row_holds(&rows[i]);
	assert_int_equal(bad, 0);
}

/* Whatever is left of a frame, the packet found lies within. */
static void test_every_cut(void **state)
{
	uint8_t room[FRAME_ROOM];

	(void)state;
	for (unsigned i = 0; i < N_ROWS; i++) {
		uint32_t all =
			(uint32_t)hex_bytes(rows[i].frame, room, sizeof(room));

		for (uint32_t n = 0; n < all; n++) {
			struct link_ip ip = {0};
			uint8_t *frame = exact_copy(room, n);
			enum link_result got =
				link_strip(rows[i].dlt, frame, n, all, &ip);

			free(frame);
			assert_true(got < LINK_N_RESULTS);
			assert_true(ip.offset + ip.len <= n);
			assert_true(link_is_ip(got) == (ip.len > 0));
		}
	}
}

/* As the last but with a wire length that contradicts: too small. */
static void test_wire_length_below_captured(void **state)
{
	uint8_t frame[FRAME_ROOM];
	uint32_t len = (uint32_t)hex_bytes(ETH4 P4, frame, sizeof(frame));
	struct link_ip ip;

	(void)state;
	assert_int_equal(link_strip(DLT_EN10MB, frame, len, 3, &ip), LINK_IP4);
	assert_int_equal(ip.len, 20);
}

static void test_supported(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_ROWS; i++)
		assert_true(link_supported(rows[i].dlt));
	assert_false(link_supported(DLT_IEEE802_11));
	assert_false(link_supported(-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_cut),
		cmocka_unit_test(test_wire_length_below_captured),
		cmocka_unit_test(test_supported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
