/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The parts of natbench explain: fields that changed, and far ends that
 * answer. What the command says is test_cmd_explain.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/answer.h"
#include "explain/fields.h"
#include "explain/notation.h"
#include "test/check.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

struct text_buffer {
	char s[FIELDS_MOST * (sizeof(struct field_change) + 4)];
	size_t len;
};

static uint8_t one[NOTATION_MAX], other[NOTATION_MAX];

static size_t packet(const char *text, uint8_t *buf)
{
	struct nat_error err;
	int len = notation_parse(text, buf, NOTATION_MAX, &err);

	if (len < 0)
		fail_msg("'%s': %s", text, err.text);
	return (size_t)len;
}

/* clang-format off */
/* Checksums are left out of the lists; each row's @sums says how many. */
static const struct {
	const char *from, *to, *changes;
	unsigned sums;
} differences[] = {
	{ "tcp 1.1.1.1:1 > 2.2.2.2:2 S", "tcp 1.1.1.1:1 > 2.2.2.2:2 S", "", 0 },
	{ "tcp 1.1.1.1:1 > 2.2.2.2:2 S", "tcp 1.1.1.3:1 > 2.2.2.2:7 S ttl 63",
	  "ip.ttl 64 63;ip.src 1.1.1.1 1.1.1.3;tcp.dport 2 7;", 2 },
	{ "tcp 1.1.1.1:1 > 2.2.2.2:2 S seq 5 ack 6 win 7",
	  "tcp 1.1.1.1:1 > 2.2.2.2:2 SA seq 4294967295 ack 8 win 9 urg 3",
	  "tcp.seq 5 4294967295;tcp.ack 6 8;tcp.flags 0x02 0x12;tcp.window 7 9;"
	  "tcp.urgent 0 3;", 1 },
	{ "udp 1.1.1.1:1 > 2.2.2.2:2 len 4", "udp 1.1.1.1:9 > 2.2.2.2:2 len 4",
	  "udp.sport 1 9;", 1 },
	{ "udp 1.1.1.1:1 > 2.2.2.2:2 len 2 sum 1",
	  "udp 1.1.1.1:1 > 2.2.2.2:2 len 2 sum 1 data 6178",
	  "byte 29 0x62 0x78;", 0 },
	{ "udp 1.1.1.1:1 > 2.2.2.2:2 sum 1 ipopt 01010100",
	  "udp 1.1.1.1:1 > 2.2.2.2:2 sum 1 ipopt 01010101",
	  "byte 23 0x00 0x01;", 1 },
	{ "icmp 1.1.1.1 > 2.2.2.2 echo-request id 7 seq 1",
	  "icmp 1.1.1.1 > 2.2.2.9 echo-request id 8 seq 1",
	  "ip.dst 2.2.2.2 2.2.2.9;icmp.id 7 8;", 2 },
	{ "icmp 3.3.3.3 > 1.1.1.1 unreachable port (udp 1.1.1.1:1 > 2.2.2.2:2)",
	  "icmp 3.3.3.3 > 1.1.1.9 unreachable port (udp 1.1.1.9:8 > 2.2.2.2:2)",
	  "ip.dst 1.1.1.1 1.1.1.9;quoted.ip.src 1.1.1.1 1.1.1.9;"
	  "quoted.udp.sport 1 8;", 4 },
	{ "icmp 3.3.3.3 > 1.1.1.1 time-exceeded transit "
	  "(tcp 1.1.1.1:1 > 2.2.2.2:2 S cut 28)",
	  "icmp 3.3.3.3 > 1.1.1.1 time-exceeded transit "
	  "(tcp 1.1.1.1:1 > 2.2.2.2:3 S cut 28)",
	  "quoted.tcp.dport 2 3;", 1 },
	{ "proto 50 1.1.1.1 > 2.2.2.2 data 0102",
	  "proto 50 1.1.1.1 > 2.2.2.2 data 0302", "byte 20 0x01 0x03;", 0 },
	{ "proto 17 1.1.1.1 > 2.2.2.2 offset 8 data 0102",
	  "proto 17 1.1.1.1 > 2.2.2.2 offset 8 data 0302",
	  "byte 20 0x01 0x03;", 0 },
	{ "tcp [::1]:1 > [::2]:2 S", "tcp [::1:0:0:3]:1 > [::2]:7 S ttl 63",
	  "ipv6.ttl 64 63;ipv6.src ::1 ::1:0:0:3;tcp.dport 2 7;", 1 },
	{ "icmpv6 ::3 > ::1 unreachable port (udp [::1]:1 > [::2]:2)",
	  "icmpv6 ::3 > ::9 unreachable port (udp [::9]:8 > [::2]:2)",
	  "ipv6.dst ::1 ::9;quoted.ipv6.src ::1 ::9;"
	  "quoted.udp.sport 1 8;", 2 },
	{ "icmpv6 ::1 > ::2 echo-request id 7", "icmpv6 ::1 > ::2 echo-request id 8",
	  "icmp.id 7 8;", 1 },
	{ "proto 0 ::1 > ::2 tos 1 data 0102", "proto 0 ::1 > ::2 data 0302",
	  "ipv6.version 0x60100000 0x60000000;byte 40 0x01 0x03;", 0 },
	{ "hex 4501", "hex 4502", "byte 1 0x01 0x02;", 0 },
	{ "hex 60", "hex 61", "byte 0 0x60 0x61;", 0 },
	{ "hex 45", "udp 1.1.1.1:1 > 2.2.2.2:2", "", 0 },
};

static const struct {
	const char *to, *answer; /* NULL: nobody answers */
} answers[] = {
	{ "tcp 1.1.1.1:1 > 2.2.2.2:2 S seq 10",
	  "tcp 2.2.2.2:2 > 1.1.1.1:1 SA seq 500000 ack 11" },
	{ "tcp 1.1.1.1:1 > 2.2.2.2:2 S seq 4294967295",
	  "tcp 2.2.2.2:2 > 1.1.1.1:1 SA seq 500000 ack 0" },
	{ "tcp 1.1.1.1:1 > 2.2.2.2:2 SA seq 10 ack 20",
	  "tcp 2.2.2.2:2 > 1.1.1.1:1 A seq 20 ack 11" },
	{ "tcp 1.1.1.1:1 > 2.2.2.2:2 PA seq 10 ack 20 len 5",
	  "tcp 2.2.2.2:2 > 1.1.1.1:1 A seq 20 ack 15" },
	{ "tcp 1.1.1.1:1 > 2.2.2.2:2 FA seq 10 ack 20",
	  "tcp 2.2.2.2:2 > 1.1.1.1:1 FA seq 20 ack 11" },
	{ "tcp 1.1.1.1:1 > 2.2.2.2:2 A seq 10 ack 20", NULL },
	{ "tcp 1.1.1.1:1 > 2.2.2.2:2 R seq 10", NULL },
	{ "udp 1.1.1.1:1 > 2.2.2.2:2 len 7",
	  "udp 2.2.2.2:2 > 1.1.1.1:1 len 7" },
	{ "icmp 1.1.1.1 > 2.2.2.2 echo-request id 3 seq 4 len 9",
	  "icmp 2.2.2.2 > 1.1.1.1 echo-reply id 3 seq 4 len 9" },
	{ "icmp 1.1.1.1 > 2.2.2.2 timestamp-request id 3 seq 4 len 12",
	  "icmp 2.2.2.2 > 1.1.1.1 timestamp-reply id 3 seq 4 len 12" },
	{ "icmp 1.1.1.1 > 2.2.2.2 echo-reply id 3 seq 4", NULL },
	{ "icmp 1.1.1.1 > 2.2.2.2 unreachable port (udp 2.2.2.2:1 > 1.1.1.1:2)",
	  NULL },
	{ "proto 50 1.1.1.1 > 2.2.2.2 len 8", NULL },
	{ "udp 1.1.1.1:1 > 2.2.2.2:2 len 8 mf", NULL },
	{ "proto 17 1.1.1.1 > 2.2.2.2 offset 8 len 8", NULL },
	{ "proto 6 1.1.1.1 > 2.2.2.2 len 8", NULL },
	{ "proto 1 1.1.1.1 > 2.2.2.2 len 4", NULL },
	{ "tcp [::1]:1 > [::2]:2 S seq 10",
	  "tcp [::2]:2 > [::1]:1 SA seq 500000 ack 11" },
	{ "udp [::1]:1 > [::2]:2 len 7", "udp [::2]:2 > [::1]:1 len 7" },
	{ "icmpv6 ::1 > ::2 echo-request id 3 seq 4 len 9",
	  "icmpv6 ::2 > ::1 echo-reply id 3 seq 4 len 9" },
	{ "icmpv6 ::1 > ::2 type 135 len 16", NULL },
	{ "proto 1 ::1 > ::2 data 0800000000000000", NULL },
	{ "hex 60", NULL },
	{ "hex 45", NULL },
};
/* clang-format on */

static struct field_change change[FIELDS_MOST];

/* "ip.ttl 64 63;" and so on, without checksums, which are counted. */
static unsigned list_changes(size_t n, struct text_buffer *list)
{
	unsigned sums = 0;

	list->len = 0;
	list->s[0] = '\0';
	for (size_t k = 0; k < n; k++) {
		if (strstr(change[k].name, "checksum"))
			sums++;
		else
			list->len += (size_t)snprintf(
				list->s + list->len,
				sizeof(list->s) - list->len, "%s %s %s;",
				change[k].name, change[k].from, change[k].to);
	}
	return sums;
}

static void test_fields(void **state)
{
	static struct text_buffer list;

	(void)state;
	for (size_t i = 0; i < N_ROWS(differences); i++) {
		size_t from = packet(differences[i].from, one);
		size_t to = packet(differences[i].to, other);
		size_t n = fields_compare(one, from, other, to, change);
		unsigned sums = list_changes(n, &list);

		if (strcmp(list.s, differences[i].changes) != 0 ||
		    sums != differences[i].sums)
			fail_msg("'%s' to '%s': %u sums, %s",
				 differences[i].from, differences[i].to, sums,
				 list.s);
	}
}

/* Every cut of a packet against its like: no read beyond the end. */
static void test_fields_of_any_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(differences); i++) {
		size_t from = packet(differences[i].from, one);
		size_t to = packet(differences[i].to, other);
		size_t len = from < to ? from : to;

		for (size_t cut = 0; cut <= len; cut++) {
			uint8_t *a = malloc(cut + !cut),
				*b = malloc(cut + !cut);

			assert_non_null(a);
			assert_non_null(b);
			memcpy(a, one, cut);
			memcpy(b, other, cut);
			assert_true(fields_compare(a, cut, b, cut, change) <=
				    FIELDS_MOST);
			free(a);
			free(b);
		}
	}
}

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_ROWS(answers); i++) {
		size_t len = packet(answers[i].to, one);
		int n = answer_to(one, len, other, sizeof(other));
		struct nat_error err;

		if (!answers[i].answer) {
			if (n)
				fail_msg("'%s' is answered", answers[i].to);
			continue;
		}
		if (n <= 0 || notation_match(answers[i].answer, other,
					     (size_t)n, &err) != 1)
			fail_msg("'%s' is not answered with '%s'",
				 answers[i].to, answers[i].answer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_fields_of_any_length),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
