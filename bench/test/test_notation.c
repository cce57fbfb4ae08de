/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The notation: text to bytes made by other hands, bytes to text and back for
 * whatever bytes, what each fault says, and where '*' matches. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/notation.h"
#include "test/check.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

static char text_of[1 << 18];

static size_t bytes_of(const char *text, uint8_t *out)
{
	struct nat_error err;
	int len = notation_parse(text, out, NOTATION_MAX, &err);

	if (len < 0)
		fail_msg("%s: %s", text, err.text);
	return (size_t)len;
}

static const char *print(const uint8_t *pkt, size_t len,
			 enum notation_style style)
{
	int n = notation_print(pkt, len, style, text_of, sizeof(text_of));

	assert_in_range(n, 0, sizeof(text_of) - 1);
	assert_int_equal(strlen(text_of), n);
	return text_of;
}

/* clang-format off */
/* Bytes from another implementation of the headers. */
static const struct {
	const char *text, *hex;
} encodings[] = {
	{ "tcp 10.10.1.2:8888 > 192.168.0.102:8080 S",
	  "45000028000000004006aeb60a0a0102c0a8006622b81f90000003e8000000005002faf0a2a70000" },
	{ "tcp 10.0.0.1:1 > 10.0.0.2:65535 PA seq 4294967295 ack 7 win 1 opt 020405b4 ttl 3 tos 0x28 ipid 77 df len 3",
	  "4528002f004d4000030663520a0000010a0000020001ffffffffffff0000000760180001bf9f0000020405b4616263" },
	{ "udp 192.0.2.1:53 > 192.0.2.2:1024 len 5",
	  "45000021000000004011f6c8c0000201c000020200350400000d4dd46162636465" },
	{ "udp 192.0.2.1:53 > 192.0.2.2:1024 data 00ff",
	  "4500001e000000004011f6cbc0000201c000020200350400000a76a200ff" },
	{ "udp 192.0.2.1:31653 > 192.0.2.2:53",
	  "4500001c000000004011f6cdc0000201c00002027ba500350008ffff" },
	{ "icmp 10.0.0.1 > 10.0.0.2 echo-request id 7 seq 1 len 4",
	  "4500002000000000400166db0a0000010a000002080033310007000161626364" },
	{ "icmp 192.0.2.1 > 10.0.0.5 unreachable frag-needed mtu 1400 (udp 10.0.0.5:9 > 192.0.2.9:10 len 30 cut 28)",
	  "45000038000000004001aebfc00002010a0000050304172c000005784500003a000000004011aea50a000005c00002090009000a0026e01e" },
	{ "icmp 192.0.2.1 > 10.0.0.5 redirect host gateway 10.0.0.9 (tcp 10.0.0.5:9 > 192.0.2.9:10 . cut 28)",
	  "45000038000000004001aebfc00002010a0000050501ecfa0a00000945000028000000004006aec20a000005c00002090009000a000003e8" },
	{ "proto 50 10.0.0.1 > 10.0.0.2 ipopt 94040000 len 4",
	  "4600001c000000004032d1a90a0000010a0000029404000061626364" },
	{ "proto 17 10.0.0.1 > 10.0.0.2 ipid 5 mf offset 16 len 8",
	  "4500001c00052002401146c80a0000010a0000026162636465666768" },
	{ "tcp [2001:db8::1]:1000 > [2001:db8:1::9]:80 S",
	  "600000000014064020010db800000000000000000000000120010db800010000000000000000000903e80050000003e8000000005002faf051550000" },
	{ "udp [2001:db8::1]:53 > [2001:db8:1::9]:1024 ttl 3 tos 0x28 flow 0xabcde len 5",
	  "628abcde000d110320010db800000000000000000000000120010db800010000000000000000000900350400000d765b6162636465" },
	{ "icmpv6 2001:db8::1 > 2001:db8:1::9 echo-request id 7 seq 1 len 4",
	  "60000000000c3a4020010db800000000000000000000000120010db800010000000000000000000980005f6d0007000161626364" },
	{ "icmpv6 2001:db8::1 > 2001:db8:1::9 too-big mtu 1400 (udp [2001:db8:1::9]:9 > [2001:db8::1]:10 len 30 cut 48)",
	  "6000000000383a4020010db800000000000000000000000120010db800010000000000000000000902007ecb00000578600000000026114020010db800010000000000000000000920010db80000000000000000000000010009000a002650b0" },
	{ "icmpv6 2001:db8::1 > 2001:db8:1::9 parameter-problem next-header pointer 6 (proto 99 2001:db8:1::9 > 2001:db8::1)",
	  "6000000000303a4020010db800000000000000000000000120010db80001000000000000000000090401815300000006600000000000634020010db800010000000000000000000920010db8000000000000000000000001" },
	{ "proto 0 fe80::1 > ff02::1 ttl 1 len 3",
	  "6000000000030001fe800000000000000000000000000001ff020000000000000000000000000001616263" },
	{ "hex 45", "45" },
};

/* What is written and how it is printed; NULL: just so. */
static const struct {
	const char *text, *exact, *brief;
} prints[] = {
	{ "tcp 10.0.0.1:1 > 10.0.0.2:2 S", NULL, "tcp 10.0.0.1:1 > 10.0.0.2:2 S seq 1000" },
	{ "tcp 10.0.0.1:1 > 10.0.0.2:2 AS seq 0x10 ttl 64 win 64240",
	  "tcp 10.0.0.1:1 > 10.0.0.2:2 SA seq 16", NULL },
	{ "tcp 10.0.0.1:1 > 10.0.0.2:2 FSRPAUEC", "tcp 10.0.0.1:1 > 10.0.0.2:2 SFRPAUEC", NULL },
	{ "tcp 10.0.0.1:1 > 10.0.0.2:2 . urg 9 sum 0xabcd reserved ipsum 0x0", NULL,
	  "tcp 10.0.0.1:1 > 10.0.0.2:2 . seq 1000" },
	{ "  udp\t10.0.0.1:1 >   10.0.0.2:2  tos 5 data 7a7a len 4 ",
	  "udp 10.0.0.1:1 > 10.0.0.2:2 tos 0x5 data 7a7a6364", "udp 10.0.0.1:1 > 10.0.0.2:2 len 4" },
	{ "udp 10.0.0.1:1 > 10.0.0.2:2 ulen 3 sum 0 len 4",
	  "udp 10.0.0.1:1 > 10.0.0.2:2 ulen 3 sum 0x0 len 4", "udp 10.0.0.1:1 > 10.0.0.2:2 ulen 3 len 4" },
	{ "udp 10.0.0.1:* > 10.0.0.2:2 ipid *", "udp 10.0.0.1:0 > 10.0.0.2:2", NULL },
	{ "icmp 1.2.3.4 > 5.6.7.8 echo-reply code 3 id 1 seq 2", NULL, NULL },
	{ "icmp 1.2.3.4 > 5.6.7.8 time-exceeded 9 len 2", NULL, NULL },
	{ "icmp 1.2.3.4 > 5.6.7.8 unreachable 3 (udp 5.6.7.8:9 > 1.2.3.4:7)",
	  "icmp 1.2.3.4 > 5.6.7.8 unreachable port (udp 5.6.7.8:9 > 1.2.3.4:7)", NULL },
	{ "icmp 1.2.3.4 > 5.6.7.8 parameter-problem pointer 20 (proto 47 5.6.7.8 > 1.2.3.4)", NULL, NULL },
	{ "icmp 1.2.3.4 > 5.6.7.8 type 9 code 1 rest 0x10203 len 1", NULL, NULL },
	{ "icmp 1.2.3.4 > 5.6.7.8 type 8 code 1 rest 0x70001", "icmp 1.2.3.4 > 5.6.7.8 echo-request code 1 id 7 seq 1", NULL },
	{ "icmp 1.2.3.4 > 5.6.7.8 type 3 code 4 rest 0x10000", NULL, NULL },
	{ "icmp 1.2.3.4 > 5.6.7.8 unreachable port (icmp 5.6.7.8 > 9.9.9.9 unreachable net (tcp 9.9.9.9:1 > 5.6.7.8:2 S cut 28) cut 56)",
	  "icmp 1.2.3.4 > 5.6.7.8 unreachable port (icmp 5.6.7.8 > 9.9.9.9 unreachable net (tcp 9.9.9.9:1 > 5.6.7.8:2 . cut 28))", NULL },
	{ "icmp 1.2.3.4 > 5.6.7.8 unreachable net (udp 5.6.7.8:9 > 1.2.3.4:7 len 3000)", NULL, NULL },
	{ "icmp 1.2.3.4 > 5.6.7.8 unreachable net (udp 5.6.7.8:9 > 1.2.3.4:7 len 3000 cut 20)",
	  "icmp 1.2.3.4 > 5.6.7.8 unreachable net (proto 17 5.6.7.8 > 1.2.3.4 len 3008 cut 20)", NULL },
	{ "proto 6 1.2.3.4 > 5.6.7.8 len 12", NULL, NULL },
	{ "proto 17 1.2.3.4 > 5.6.7.8 data 0001000200080000",
	  "udp 1.2.3.4:1 > 5.6.7.8:2 sum 0x0", NULL },
	{ "tcp [2001:DB8:0::1]:1 > [::ffff:1.2.3.4]:2 SA sum 5 flow 1048575", "tcp [2001:db8::1]:1 > [::ffff:1.2.3.4]:2 SA sum 0x5 flow 0xfffff",
	  "tcp [2001:db8::1]:1 > [::ffff:1.2.3.4]:2 SA seq 1000" },
	{ "icmpv6 ::1 > ::2 type 135 rest 0x1 ttl 255 len 16", NULL, NULL },
	{ "icmpv6 ::1 > ::2 unreachable 9 (icmpv6 ::2 > ::3 echo-request id 5)", NULL, NULL },
	{ "icmpv6 ::1 > ::2 unreachable 4 (udp [::2]:9 > [::3]:7 len 3000)",
	  "icmpv6 ::1 > ::2 unreachable port (udp [::2]:9 > [::3]:7 len 3000)", NULL },
	{ "icmpv6 ::1 > ::2 time-exceeded transit (udp [::2]:9 > [::3]:7 len 3000 cut 1232)",
	  "icmpv6 ::1 > ::2 time-exceeded transit (udp [::2]:9 > [::3]:7 len 3000)", NULL },
	{ "icmpv6 ::1 > ::2 parameter-problem option pointer 4294967295 (icmp 1.2.3.4 > 5.6.7.8 echo-reply)", NULL, NULL },
	{ "icmpv6 ::1 > ::2 type 1 code 4 rest 7", "icmpv6 ::1 > ::2 type 1 code 4 rest 0x7", NULL },
	{ "proto 17 ::1 > ::2 data 0001000200080000", "udp [::1]:1 > [::2]:2 sum 0x0", NULL },
	{ "proto 44 ::1 > ::2 data 1100000100000007", NULL, NULL },
	{ "proto 1 ::1 > ::2 len 8", NULL, NULL },
	{ "proto 58 1.2.3.4 > 5.6.7.8 len 8", NULL, NULL },
	{ "hex 4500001400000000401100000a0000010a0000", NULL, NULL },
	{ "hex 60000000000111400000000000000000000000000000000100000000000000000000000000000002", NULL, NULL },
};

/* Where the fault is and what is said of it. */
static const struct {
	const char *text, *fault;
} faults[] = {
	{ "", "column 1: tcp, udp, icmp, icmpv6, proto or hex missing" },
	{ "tpc 10.0.0.1:1 > 10.0.0.2:2", "column 1: tcp, udp, icmp, icmpv6, proto or hex, not 'tpc'" },
	{ "tcp", "column 4: an address missing" },
	{ "tcp 10.0.0.1 > 10.0.0.2:2 S", "column 5: ADDRESS:PORT, not '10.0.0.1'" },
	{ "tcp 10.0.0:1 > 10.0.0.2:2 S", "column 5: an address, not '10.0.0:1'" },
	{ "tcp 10.0.0.1:65536 > 10.0.0.2:2 S", "column 14: port: a number up to 65535, not '65536'" },
	{ "tcp 10.0.0.1: > 10.0.0.2:2 S", "column 14: port: a number up to 65535 missing" },
	{ "tcp 10.0.0.1:1 10.0.0.2:2 S", "column 16: '>' between the addresses, not '10.0.0.2:2'" },
	{ "tcp 10.0.0.1:1 > 10.0.0.2:2", "column 28: TCP flags missing" },
	{ "tcp 10.0.0.1:1 > 10.0.0.2:2 X", "column 29: TCP flags of FSRPAUEC, or ., not 'X'" },
	{ "tcp 10.0.0.1:1 > 10.0.0.2:2 S seq", "column 34: seq: a number up to 4294967295 missing" },
	{ "tcp 10.0.0.1:1 > 10.0.0.2:2 S win 65536", "column 35: win: a number up to 65535, not '65536'" },
	{ "tcp 10.0.0.1:1 > 10.0.0.2:2 S win -1", "column 35: win: a number up to 65535, not '-1'" },
	{ "tcp 10.0.0.1:1 > 10.0.0.2:2 S ttl 1 ttl 2", "column 37: each item once, not 'ttl'" },
	{ "tcp 10.0.0.1:1 > 10.0.0.2:2 S mtu 5", "column 31: an item of such a packet, not 'mtu'" },
	{ "tcp 10.0.0.1:1 > 10.0.0.2:2 S cut 5", "column 31: an item of such a packet, not 'cut'" },
	{ "tcp 10.0.0.1:1 > 10.0.0.2:2 S opt 0102", "column 35: opt: hex of 4, 8 .. 40 bytes, not '0102'" },
	{ "tcp 10.0.0.1:1 > 10.0.0.2:2 S data 012", "column 36: an even number of hex digits, not '012'" },
	{ "tcp 10.0.0.1:1 > 10.0.0.2:2 S (udp 1.1.1.1:1 > 2.2.2.2:2)", "column 31: no quoted packet here, not '('" },
	{ "udp 10.0.0.1:1 > 10.0.0.2:2 offset 4", "offset: a multiple of 8" },
	{ "udp 10.0.0.1:1 > 10.0.0.2:2 sum *", "column 33: sum: a number up to 65535, not '*'" },
	{ "udp 10.0.0.1:1 > 10.0.0.2:2 len 65515", "longer than the 65535 bytes of an IPv4 packet" },
	{ "udp [::1]:1 > 10.0.0.2:2", "column 15: an IPv6 address, not '10.0.0.2:2'" },
	{ "udp 10.0.0.2:2 > [::1]:1", "column 18: an IPv4 address, not '[::1]:1'" },
	{ "udp [::1] > [::2]:2", "column 5: [ADDRESS]:PORT, not '[::1]'" },
	{ "udp [::1:1 > [::2]:2", "column 5: an address, not '[::1:1'" },
	{ "udp ::1:1 > [::2]:2", "column 5: an address, not '::1:1'" },
	{ "udp [::1]:1 > [::2]:2 ipid 1", "column 23: an item of such a packet, not 'ipid'" },
	{ "udp 1.1.1.1:1 > 2.2.2.2:2 flow 1", "column 27: an item of such a packet, not 'flow'" },
	{ "udp [::1]:1 > [::2]:2 flow 1048576", "column 28: flow: a number up to 1048575, not '1048576'" },
	{ "udp [::1]:1 > [::2]:2 len 65528", "longer than the 65575 bytes of an IPv6 packet" },
	{ "icmp ::1 > ::2 echo-request", "column 6: an IPv4 address, not '::1'" },
	{ "icmpv6 1.1.1.1 > 2.2.2.2 echo-request", "column 8: an IPv6 address, not '1.1.1.1'" },
	{ "icmpv6 ::1 > ::2 timestamp-request", "column 18: the name of an ICMP type, not 'timestamp-request'" },
	{ "icmp 1.1.1.1 > 2.2.2.2 ping", "column 24: the name of an ICMP type, not 'ping'" },
	{ "icmp 1.1.1.1 > 2.2.2.2 unreachable", "column 35: code of unreachable missing" },
	{ "icmp 1.1.1.1 > 2.2.2.2 unreachable ports", "column 36: code of unreachable, not 'ports'" },
	{ "icmp 1.1.1.1 > 2.2.2.2 unreachable port code 3", "column 41: each item once, not 'code'" },
	{ "icmp 1.1.1.1 > 2.2.2.2 unreachable port (udp 1.1.1.1:1 > 2.2.2.2:2", "column 67: ')' after the quoted packet missing" },
	{ "icmp 1.1.1.1 > 2.2.2.2 unreachable port (udp 1.1.1.1:1 > 2.2.2.2:2) len 4", "a quoted packet is the payload: no len, data" },
	{ "icmp 1.1.1.1 > 2.2.2.2 redirect net gateway 1.1", "column 45: gateway: an IPv4 address, not '1.1'" },
	{ "proto 256 1.1.1.1 > 2.2.2.2", "column 7: proto: a number up to 255, not '256'" },
	{ "proto 50 1.1.1.1 > 2.2.2.2 )", "column 28: the end, not ')'" },
	{ "hex", "column 4: an even number of hex digits missing" },
	{ "hex 45 00", "column 8: the end, not '00'" },
};

static const struct {
	const char *name, *want, *got;
	int matches;
} matches[] = {
	{ "same", "udp 1.1.1.1:1 > 2.2.2.2:2", "udp 1.1.1.1:1 > 2.2.2.2:2", 1 },
	{ "other", "udp 1.1.1.1:1 > 2.2.2.2:2", "udp 1.1.1.1:1 > 2.2.2.2:3", 0 },
	{ "any port", "udp 1.1.1.1:* > 2.2.2.2:2", "udp 1.1.1.1:7 > 2.2.2.2:2", 1 },
	{ "any port, wrong sum", "udp 1.1.1.1:* > 2.2.2.2:2", "udp 1.1.1.1:7 > 2.2.2.2:2 sum 1", 0 },
	{ "any port, other protocol", "udp 1.1.1.1:* > 2.2.2.2:2", "tcp 1.1.1.1:7 > 2.2.2.2:2 S", 0 },
	{ "any id", "icmp 1.1.1.1 > 2.2.2.2 echo-reply id 1 ipid *", "icmp 1.1.1.1 > 2.2.2.2 echo-reply id 1 ipid 8", 1 },
	{ "any echo id", "icmp 1.1.1.1 > 2.2.2.2 echo-reply id *", "icmp 1.1.1.1 > 2.2.2.2 echo-reply id 9", 1 },
	{ "inside a quote", "icmp 1.1.1.1 > 2.2.2.2 unreachable port ipid * (udp 2.2.2.2:* > 3.3.3.3:1)",
	  "icmp 1.1.1.1 > 2.2.2.2 unreachable port ipid 4 (udp 2.2.2.2:5 > 3.3.3.3:1)", 1 },
	{ "quote differs", "icmp 1.1.1.1 > 2.2.2.2 unreachable port ipid * (udp 2.2.2.2:* > 3.3.3.3:1)",
	  "icmp 1.1.1.1 > 2.2.2.2 unreachable port ipid 4 (udp 2.2.2.2:5 > 3.3.3.3:2)", 0 },
	{ "length", "udp 1.1.1.1:1 > 2.2.2.2:2 len 1", "udp 1.1.1.1:1 > 2.2.2.2:2", 0 },
	{ "IPv6, any port", "udp [::1]:* > [::2]:2", "udp [::1]:7 > [::2]:2", 1 },
	{ "IPv6, other address", "udp [::1]:* > [::2]:2", "udp [::3]:7 > [::2]:2", 0 },
	{ "other family", "udp [::1]:* > [::2]:2", "udp 0.0.0.1:7 > 0.0.0.2:2", 0 },
	{ "no packet", "udp 1.1.1.1:* > 2.2.2.2:2", "hex 00", 0 },
};
/* clang-format on */

static void test_encodings(void **state)
{
	static uint8_t pkt[NOTATION_MAX];
	char hex[512] = "";

	(void)state;
	for (size_t i = 0; i < N_ROWS(encodings); i++) {
		size_t len = bytes_of(encodings[i].text, pkt);

		assert_true(2 * len < sizeof(hex));
		for (size_t b = 0; b < len; b++)
			(void)snprintf(hex + 2 * b, 3, "%02x", pkt[b]);
		if (strcmp(hex, encodings[i].hex) != 0)
			fail_msg("%s\n is %s\nnot %s", encodings[i].text, hex,
				 encodings[i].hex);
		assert_string_equal(print(pkt, len, NOTATION_EXACT),
				    encodings[i].text);
	}
}

static void test_prints(void **state)
{
	static uint8_t pkt[NOTATION_MAX];

	(void)state;
	for (size_t i = 0; i < N_ROWS(prints); i++) {
		size_t len = bytes_of(prints[i].text, pkt);
		const char *exact =
			prints[i].exact ? prints[i].exact : prints[i].text;

		assert_string_equal(print(pkt, len, NOTATION_EXACT), exact);
		if (prints[i].brief)
			assert_string_equal(print(pkt, len, NOTATION_BRIEF),
					    prints[i].brief);
	}
}

static void test_faults(void **state)
{
	static uint8_t pkt[NOTATION_MAX];
	struct nat_error err;

	(void)state;
	for (size_t i = 0; i < N_ROWS(faults); i++) {
		int len =
			notation_parse(faults[i].text, pkt, sizeof(pkt), &err);

		if (len != -EINVAL || strcmp(err.text, faults[i].fault) != 0)
			fail_msg("%s\n says %s\n  not %s", faults[i].text,
				 err.text, faults[i].fault);
		assert_int_equal(notation_match(faults[i].text, pkt, 0, &err),
				 -EINVAL);
	}
}

static void test_room(void **state)
{
	uint8_t pkt[28];
	char text[8];
	struct nat_error err;

	(void)state;
	assert_int_equal(notation_parse("udp 1.1.1.1:1 > 2.2.2.2:2", pkt,
					sizeof(pkt), &err),
			 28);
	assert_int_equal(
		notation_parse("udp 1.1.1.1:1 > 2.2.2.2:2", pkt, 27, &err),
		-ENOSPC);
	assert_int_equal(
		notation_print(pkt, 28, NOTATION_EXACT, text, sizeof(text)),
		strlen("udp 1.1.1.1:1 > 2.2.2.2:2"));
	assert_string_equal(text, "udp 1.1");
}

static void test_matches(void **state)
{
	static uint8_t pkt[NOTATION_MAX];
	struct nat_error err;

	(void)state;
	for (size_t i = 0; i < N_ROWS(matches); i++) {
		size_t len = bytes_of(matches[i].got, pkt);
		int is = notation_match(matches[i].want, pkt, len, &err);

		if (is != matches[i].matches)
			fail_msg("%s: %d", matches[i].name, is);
	}
}

static uint32_t xorshift(uint32_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 17;
	return *s ^= *s << 5;
}

static void check_exact(const uint8_t *pkt, size_t len)
{
	static uint8_t again[NOTATION_MAX];
	const char *text = print(pkt, len, NOTATION_EXACT);

	if (!len)
		return; /* nothing has no text */
	if (bytes_of(text, again) != len || memcmp(again, pkt, len) != 0)
		fail_msg("%s: not the bytes it was printed from", text);
}

/* Whatever bytes: the rows above with some of theirs changed, or cut. */
static void test_any_bytes(void **state)
{
	static uint8_t pkt[NOTATION_MAX];
	uint32_t rand = 2463534242;

	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		size_t row = i % N_ROWS(prints);
		size_t len = bytes_of(prints[row].text, pkt);
		uint32_t changes = xorshift(&rand) % 4;

		while (changes--)
			pkt[xorshift(&rand) % len % 64] =
				(uint8_t)xorshift(&rand);
		if (xorshift(&rand) % 4 == 0)
			len = xorshift(&rand) % (len + 1);
		check_exact(pkt, len);
	}
}

/* Every packet that the scenarios' cases hold. */
static void check_line(char *line, const char *path)
{
	static uint8_t pkt[NOTATION_MAX];
	char *save = NULL;
	unsigned column = 0;

	if (line[0] == '#')
		return;
	for (char *f = strtok_r(line, "\t\n", &save); f;
	     f = strtok_r(NULL, "\t\n", &save))
		if ((++column == 2 || column == 5) && strcmp(f, "-") != 0) {
			size_t len = bytes_of(f, pkt);

			check_exact(pkt, len);
			if (column == 5 && !strchr(f, '*') &&
			    strcmp(print(pkt, len, NOTATION_EXACT), f) != 0)
				fail_msg("%s: %s\nis printed %s", path, f,
					 text_of);
		}
}

static void test_scenarios(void **state)
{
	char *line = NULL;
	size_t size = 0;
	glob_t g;
	static const char pattern[] =
		NATBENCH_SOURCE_DIR "/scenarios/*/cases.tsv";

	(void)state;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	assert_int_equal(glob(pattern, 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		FILE *f = fopen(g.gl_pathv[i], "re");

		assert_non_null(f);
		while (getline(&line, &size, f) > 0)
			check_line(line, g.gl_pathv[i]);
		(void)fclose(f);
	}
	free(line);
	globfree(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_prints),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_scenarios),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
