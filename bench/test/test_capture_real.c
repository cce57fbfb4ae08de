/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The captures of NATBENCH_SHARED_PCAPS, which need not be there: each is read
 * to its end and counted against its line in MANIFEST.tsv. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/reader.h"
#include "test/check.h"

#define MANIFEST NATBENCH_SHARED_PCAPS "/MANIFEST.tsv"

static const struct progress silent;

enum { LINE_ROOM = 4096, COLUMNS_MOST = 64, DEV_MIX_PACKETS = 419223 };

/* Its packets stand behind Cisco MetaData, which the manifest did not count. */
static const char *const ip_uncounted = "mercury__tls_sgt.pcap";

static struct capture_stats stats_of(const char *name)
{
	static char path[LINE_ROOM];
	struct capture_error err;
	struct capture_record rec;
	struct capture_stats stats;
	struct capture_reader *r;
	uint64_t sum = 0, delivered = 0;
	int got;

	snprintf(path, sizeof(path), "%s/%s", NATBENCH_SHARED_PCAPS, name);
	r = reader_open(path, silent, &err);
	if (!r)
		fail_msg("%s", err.text);
	while ((got = reader_next(r, &rec, &err)) > 0)
		delivered++;
	if (got < 0)
		fail_msg("%s", err.text);
	stats = *reader_stats(r);
	reader_close(r);
	for (int i = 0; i < LINK_N_RESULTS; i++)
		sum += stats.result[i];
	assert_int_equal(sum, stats.frames);
	assert_int_equal(delivered,
			 stats.result[LINK_IP4] + stats.result[LINK_IP6]);
	assert_int_equal(stats.cut_frame, 0);
	return stats;
}

/* Cuts @line at its tabs, empty columns kept. */
static unsigned split(char *line, char *column[COLUMNS_MOST])
{
	unsigned n = 0;

	line[strcspn(line, "\n")] = '\0';
	while (line && n < COLUMNS_MOST)
		column[n++] = strsep(&line, "\t");
	return n;
}

static uint64_t number_in(char *const *head, char *const *row, unsigned n,
			  const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(head[i], name))
			return strtoull(row[i], NULL, 10);
	fail_msg("no column %s", name);
	return 0;
}

static bool line_holds(char *const *head, char *const *row, unsigned n)
{
	struct capture_stats s = stats_of(row[0]);
	uint64_t frames = number_in(head, row, n, "packets");
	uint64_t ip = number_in(head, row, n, "ipv4") +
		      number_in(head, row, n, "ipv6");
	uint64_t found = s.result[LINK_IP4] + s.result[LINK_IP6];
	uint64_t unfit = s.result[LINK_SNAPLEN] + s.result[LINK_MALFORMED];

	if (s.frames == frames && ((found <= ip && ip <= found + unfit) ||
				   !strcmp(row[0], ip_uncounted)))
		return true;
	print_error("%s: %" PRIu64 " frames, %" PRIu64 " IP and %" PRIu64
		    " unfit; want %" PRIu64 ", %" PRIu64 "\n",
		    row[0], s.frames, found, unfit, frames, ip);
	return false;
}

static bool present(const char *path)
{
	if (!access(path, R_OK))
		return true;
	print_message("skipped: no %s\n", path);
	return false;
}

static void test_manifest(void **state)
{
	static char head_line[LINE_ROOM], line[LINE_ROOM];
	char *head[COLUMNS_MOST], *row[COLUMNS_MOST];
	unsigned n, files = 0, bad = 0;
	FILE *f;

	(void)state;
	if (!present(MANIFEST))
		skip();
	f = fopen(MANIFEST, "r");
	assert_non_null(f);
	assert_non_null(fgets(head_line, sizeof(head_line), f));
	n = split(head_line, head);
	for (; fgets(line, sizeof(line), f); files++) {
		assert_int_equal(split(line, row), n);
		bad += !line_holds(head, row, n);
	}
	fclose(f);
	print_message("%u captures\n", files);
	assert_true(files > 0);
	assert_int_equal(bad, 0);
}

static void test_dev_mix(void **state)
{
	struct capture_stats s;

	(void)state;
	if (!present(NATBENCH_SHARED_PCAPS "/dev-mix.pcap.zst"))
		skip();
	s = stats_of("dev-mix.pcap.zst");
	assert_int_equal(s.frames, DEV_MIX_PACKETS);
	assert_int_equal(s.result[LINK_IP4] + s.result[LINK_IP6],
			 DEV_MIX_PACKETS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_dev_mix),
	};

	if (!present(NATBENCH_SHARED_PCAPS))
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
