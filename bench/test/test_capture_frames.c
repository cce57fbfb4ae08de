/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Frames of pcap and pcapng: small files byte by byte, and every capture there
 * is against libpcap. */
#include <glob.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "capture/frames.h"
#include "test/capture_util.h"
#include "test/check.h"

#define N_ROWS(a) (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
#define PCAP(MAGIC, LINK) MAGIC "0200 0400 00000000 00000000 00000400" LINK
#define DATA              "deadbeef"
#define SECTION           "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000"
#define SECTION_BIG       "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c"
#define INTERFACE         "01000000 14000000 0100 0000 00000000 14000000"
#define PACKET(IF)        "06000000 24000000 " IF "000000 00000000 40420f00 04000000 05000000" DATA "24000000"

/* Each frame as TIME:BYTES/LENGTH@DLT, then how it ends. */
static const struct {
	const char *name, *bytes, *want;
} files[] = {
{ "microseconds", PCAP("d4c3b2a1", "01000000") "02000000 03000000 04000000 05000000" DATA, "2000003000:4/5@1 end" },
{ "nanoseconds", PCAP("4d3cb2a1", "65000000") "02000000 03000000 04000000 05000000" DATA, "2000000003:4/5@12 end" },
{ "the other order", "a1b2c3d4 0002 0004 00000000 00000000 00040000 00000001" "00000002 00000003 00000004 00000005" DATA, "2000003000:4/5@1 end" },
{ "patched libpcap", PCAP("34cdb2a1", "01000000") "02000000 03000000 04000000 05000000 0100000008000000" DATA, "2000003000:4/5@1 end" },
{ "lengths exchanged", "d4c3b2a1 0200 0200 00000000 00000000 00000400 01000000" "02000000 03000000 05000000 04000000" DATA, "2000003000:4/5@1 end" },
{ "a fraction of over a second", PCAP("4d3cb2a1", "01000000") "02000000 ffffffff 04000000 04000000" DATA, "2000000000:4/4@1 end" },
{ "seconds past 2038", PCAP("4d3cb2a1", "01000000") "ffffffff 00000000 04000000 04000000" DATA, "4294967295000000000:4/4@1 end" },
{ "length of the check sequence", PCAP("d4c3b2a1", "01000024"), "end" },
{ "nothing", "", "end" },
{ "half a header", "d4c3b2a1 0200", "cut" },
{ "half a record header", PCAP("d4c3b2a1", "01000000") "02000000", "cut" },
{ "half a record", PCAP("d4c3b2a1", "01000000") "02000000 03000000 04000000 05000000 dead", "cut" },
{ "a record too long", PCAP("d4c3b2a1", "01000000") "02000000 03000000 01000400 01000400", "a record is too long to be one" },
{ "an old version", "d4c3b2a1 0100 0400 00000000 00000000 00000400 01000000", "a version of pcap that nobody knows" },
{ "something else", "01020304 05060708", "unknown file format" },

{ "pcapng", SECTION INTERFACE PACKET("00"), "1000000000:4/5@1 end" },
{ "pcapng, the other order", SECTION_BIG "00000001 00000014 0001 0000 00000000 00000014" "00000006 00000024 00000000 00000000 000f4240 00000004 00000005" DATA "00000024", "1000000000:4/5@1 end" },
{ "no packet", SECTION INTERFACE, "end" },
{ "two link types", SECTION INTERFACE "01000000 14000000 6500 0000 00000000 14000000" PACKET("01") PACKET("00"), "1000000000:4/5@12 1000000000:4/5@1 end" },
{ "a clock of nanoseconds", SECTION "01000000 20000000 0100 0000 00000000 0900 0100 09000000 00000000 20000000" PACKET("00"), "1000000:4/5@1 end" },
{ "a binary clock, five seconds off", SECTION "01000000 2c000000 0100 0000 00000000 0900 0100 8a000000 0e00 0800 0500000000000000 00000000 2c000000" PACKET("00"), "981562500000:4/5@1 end" },
{ "an offset before 1970", SECTION "01000000 20000000 0100 0000 00000000 0e00 0800 ffffffffffffffff 20000000" PACKET("00"), "0:4/5@1 end" },
{ "a simple packet", SECTION INTERFACE "03000000 14000000 04000000" DATA "14000000", "0:4/4@1 end" },
{ "a simple packet, cut by the snap length", SECTION "01000000 14000000 0100 0000 02000000 14000000" "03000000 14000000 04000000" DATA "14000000", "0:2/4@1 end" },
{ "an old packet", SECTION INTERFACE "02000000 24000000 0000 0900 00000000 40420f00 04000000 05000000" DATA "24000000", "1000000000:4/5@1 end" },
{ "other blocks between", SECTION "0b000000 0c000000 0c000000" INTERFACE "05000000 10000000 00000000 10000000" PACKET("00"), "1000000000:4/5@1 end" },
{ "a second section begins anew", SECTION INTERFACE PACKET("00") SECTION "01000000 14000000 6500 0000 00000000 14000000" PACKET("00"), "1000000000:4/5@1 1000000000:4/5@12 end" },
{ "and in the other order", SECTION INTERFACE PACKET("00") SECTION_BIG "00000001 00000014 0065 0000 00000000 00000014", "1000000000:4/5@1 end" },
{ "no interface of the new section", SECTION INTERFACE SECTION PACKET("00"), "a packet of an interface that there is not" },
{ "no such interface", SECTION INTERFACE PACKET("01"), "a packet of an interface that there is not" },
{ "no interface at all", SECTION PACKET("00"), "a packet before any interface" },
{ "a section alone", SECTION, "cut" },
{ "a block cut", SECTION INTERFACE "06000000 24000000 00000000", "cut" },
{ "two lengths", SECTION INTERFACE "05000000 10000000 00000000 14000000", "a block's two lengths differ" },
{ "no length", SECTION INTERFACE "05000000 00000000 00000000 00000000", "a block that cannot be one" },
{ "a length that is odd", SECTION INTERFACE "05000000 0d000000 00000000 00000000", "a block that cannot be one" },
{ "a block of 2 GB", SECTION INTERFACE "05000000 00000080 00000000 00000000", "a block that cannot be one" },
{ "longer than its block", SECTION INTERFACE "06000000 24000000 00000000 00000000 40420f00 05000000 05000000" DATA "24000000", "a packet that is longer than its block" },
{ "a block too short for a packet", SECTION INTERFACE "06000000 10000000 00000000 10000000", "a packet's block that is cut short" },
{ "no byte order", "0a0d0d0a 1c000000 4d3c2b00 0100 0000 ffffffffffffffff 1c000000", "a section in no byte order" },
{ "a new version", "0a0d0d0a 1c000000 4d3c2b1a 0200 0000 ffffffffffffffff 1c000000", "a version of pcapng that nobody knows" },
};
/* clang-format on */

static const struct progress silent;

static void print_end(char *out, size_t size, const struct frames *f,
		      enum frames_result r)
{
	const char *how = r == FRAMES_END ? "end" : "cut";

	(void)snprintf(out, size, "%s", r == FRAMES_FAULT ? f->fault : how);
}

static void read_file_as_text(const char *path, char *out, size_t size)
{
	struct capture_error err;
	struct source *s = source_open(path, silent, &err);
	enum frames_result r;
	struct frames f;
	struct frame frame;
	size_t at = 0;

	assert_non_null(s);
	r = frames_open(&f, s);
	while (r == FRAMES_FRAME && (r = f.next(&f, &frame)) == FRAMES_FRAME) {
		assert_memory_equal(frame.data, "\xde\xad\xbe\xef",
				    frame.caplen);
		at += (size_t)snprintf(out + at, size - at,
				       "%" PRIu64 ":%u/%u@%d ", frame.time_ns,
				       frame.caplen, frame.len, frame.dlt);
	}
	print_end(out + at, size - at, &f, r);
	frames_free(&f);
	source_close(s);
}

static void test_files(void **state)
{
	const char *path = scratch_path("x.pcap");
	uint8_t bytes[512];
	char got[512];
	unsigned bad = 0;

	(void)state;
	for (size_t i = 0; i < N_ROWS(files); i++) {
		write_file(path, bytes,
			   hex_bytes(files[i].bytes, bytes, sizeof(bytes)));
		read_file_as_text(path, got, sizeof(got));
		if (!strcmp(got, files[i].want))
			continue;
		print_error("%s: %s, want %s\n", files[i].name, got,
			    files[i].want);
		bad++;
	}
	assert_int_equal(bad, 0);
}

/* ------------------------------------------------------- against libpcap */

/* libpcap keeps to the snap length of the file where a record is longer. */
static bool same(const struct frame *a, const struct pcap_pkthdr *h,
		 const u_char *data, uint32_t snaplen)
{
	const uint64_t second = UINT64_C(1000000000);

	return (a->caplen == h->caplen ||
		(a->caplen > h->caplen && h->caplen == snaplen)) &&
	       a->len == h->len &&
	       a->time_ns == (uint64_t)h->ts.tv_sec * second +
				     (uint64_t)h->ts.tv_usec &&
	       !memcmp(a->data, data, h->caplen);
}

/* As far as libpcap reads; returns how many frames. */
static uint64_t compare(const char *path, pcap_t *theirs, struct frames *ours)
{
	struct pcap_pkthdr *h;
	struct frame frame;
	const u_char *data;
	uint64_t n = 0;

	for (; pcap_next_ex(theirs, &h, &data) == 1; n++)
		if (ours->next(ours, &frame) != FRAMES_FRAME ||
		    frame.dlt != pcap_datalink(theirs) ||
		    !same(&frame, h, data, (uint32_t)pcap_snapshot(theirs)))
			fail_msg("%s: frame %" PRIu64 " differs", path, n + 1);
	return n;
}

/* libpcap reads no compressed files. */
static uint64_t compare_file(const char *path)
{
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *theirs = pcap_open_offline_with_tstamp_precision(
		path, PCAP_TSTAMP_PRECISION_NANO, text);
	struct capture_error err;
	struct source *s;
	struct frames f;
	uint64_t n;

	if (!theirs)
		return 0;
	s = source_open(path, silent, &err);
	assert_non_null(s);
	assert_int_equal(frames_open(&f, s), FRAMES_FRAME);
	n = compare(path, theirs, &f);
	frames_free(&f);
	source_close(s);
	pcap_close(theirs);
	return n;
}

static uint64_t compare_all(const char *pattern)
{
	uint64_t frames = 0;
	glob_t found;

	/* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
	if (glob(pattern, 0, NULL, &found)) {
		print_message("skipped: no %s\n", pattern);
		skip();
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		frames += compare_file(found.gl_pathv[i]);
	globfree(&found);
	return frames;
}

static void test_our_captures(void **state)
{
	(void)state;
	assert_true(compare_all(NATBENCH_SOURCE_DIR "/pcaps/*.pcap*") > 0);
}

static void test_shared_captures(void **state)
{
	(void)state;
	assert_true(compare_all(NATBENCH_SHARED_PCAPS "/*.pcap*") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_our_captures),
		cmocka_unit_test(test_shared_captures),
	};

	return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
