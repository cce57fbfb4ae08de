/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Captures as files: written and read back, cut at every byte, damaged, none
 * at all. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/reader.h"
#include "capture/sink.h"
#include "capture/writer.h"
#include "test/capture_util.h"
#include "test/check.h"

static const struct progress silent;

enum {
	FILE_HEADER = 24,
	RECORD_HEADER = 16,
	SMALL = 5, /* packets of the capture that is cut everywhere */
	MANY = 3000,
	PACKET_ROOM = 1500,
};

static uint32_t sample_length(uint32_t i)
{
	return SAMPLE_LEAST + i * 37 % 1400;
}

static uint64_t sample_time(uint32_t i)
{
	return UINT64_C(1700000000123456789) + i * UINT64_C(1000000001);
}

static void write_samples(const char *path, uint32_t n)
{
	struct capture_error err;
	struct capture_writer *w = writer_open(path, &err);
	static uint8_t p[PACKET_ROOM];

	assert_non_null(w);
	for (uint32_t i = 0; i < n; i++) {
		sample_packet(p, sample_length(i), i);
		assert_int_equal(
			writer_put(w, sample_time(i), p, sample_length(i)), 0);
	}
	assert_int_equal(writer_commit(w, &err), 0);
}

struct outcome {
	int end;            /* of the last call; -1 also for a failed open */
	uint64_t delivered; /* all as written, or the test has failed */
	uint64_t cut_frame;
	struct capture_error error;
};

static struct outcome read_samples(const char *path)
{
	struct outcome o = {.end = -1};
	struct capture_error err = {""};
	struct capture_reader *r = reader_open(path, silent, &err);
	struct capture_record rec;
	static uint8_t p[PACKET_ROOM];

	while (r && (o.end = reader_next(r, &rec, &err)) > 0) {
		uint32_t i = (uint32_t)o.delivered++;

		sample_packet(p, sample_length(i), i);
		assert_int_equal(rec.len, sample_length(i));
		assert_memory_equal(rec.data, p, rec.len);
		assert_true(rec.time_ns == sample_time(i));
		assert_int_equal(rec.frame, i + 1);
	}
	if (r)
		o.cut_frame = reader_stats(r)->cut_frame;
	reader_close(r);
	if (o.end < 0) {
		assert_memory_equal(err.text, path, strlen(path));
		assert_null(strchr(err.text, '\n'));
	}
	o.error = err;
	return o;
}

/* ------------------------------------------------------------ round trips */

static const struct {
	const char *name;
	const char *magic; /* hex */
} formats[] = {
	{"a.pcap", "4d3cb2a1"},
	{"a.pcap.gz", "1f8b"},
	{"a.pcap.zst", "28b52ffd"},
};

enum { N_FORMATS = sizeof(formats) / sizeof(formats[0]) };

static void test_round_trip(void **state)
{
	(void)state;
	for (unsigned i = 0; i < N_FORMATS; i++) {
		const char *path = scratch_path(formats[i].name);
		uint8_t magic[4], *bytes;
		size_t len, n = hex_bytes(formats[i].magic, magic, 4);
		struct outcome o;

		write_samples(path, MANY);
		bytes = read_file(path, &len);
		assert_memory_equal(bytes, magic, n);
		free(bytes);
		o = read_samples(path);
		assert_int_equal(o.end, 0);
		assert_int_equal(o.delivered, MANY);
		assert_int_equal(o.cut_frame, 0);
	}
}

/* What gzip and zstd accept: one compressed stream after another. */
static void test_members(void **state)
{
	(void)state;
	for (unsigned i = 1; i < N_FORMATS; i++) {
		const char *path = scratch_path(formats[i].name);
		const char *part = scratch_path(i == 1 ? "p.gz" : "p.zst");
		size_t n[2], len;
		uint8_t *bytes[2], *plain;
		struct sink *s;
		struct capture_error err;
		struct outcome o;

		write_samples(scratch_path("plain.pcap"), SMALL);
		plain = read_file(scratch_path("plain.pcap"), &len);
		for (int half = 0; half < 2; half++) {
			size_t from = half ? len / 2 : 0;
			size_t to = half ? len : len / 2;
			FILE *f = sink_open(part, &s, &err);

			assert_non_null(f);
			fwrite(plain + from, 1, to - from, f);
			fclose(f);
			assert_int_equal(sink_commit(s, &err), 0);
			bytes[half] = read_file(part, &n[half]);
		}
		bytes[0] = realloc(bytes[0], n[0] + n[1]);
		assert_non_null(bytes[0]);
		memcpy(bytes[0] + n[0], bytes[1], n[1]);
		write_file(path, bytes[0], n[0] + n[1]);
		o = read_samples(path);
		assert_int_equal(o.end, 0);
		assert_int_equal(o.delivered, SMALL);
		free(bytes[0]);
		free(bytes[1]);
		free(plain);
	}
}

/* ------------------------------------------------------------------- cuts */

/* Record ends of the small capture: a cut there is none. */
static uint64_t whole_records(size_t len, bool *clean)
{
	size_t at = FILE_HEADER;
	uint32_t i = 0;

	while (at + RECORD_HEADER + sample_length(i) <= len)
		at += RECORD_HEADER + sample_length(i++);
	*clean = at == len;
	return i;
}

static void test_cut_everywhere(void **state)
{
	const char *path = scratch_path("cut.pcap");
	size_t len;
	uint8_t *bytes;

	(void)state;
	write_samples(path, SMALL);
	bytes = read_file(path, &len);
	for (size_t n = 0; n <= len; n++) {
		struct outcome o;
		bool clean;

		write_file(path, bytes, n);
		o = read_samples(path);
		if (n < FILE_HEADER) {
			assert_int_equal(o.end, -1);
			assert_non_null(strstr(
				o.error.text, n ? "inside the file" : "empty"));
			continue;
		}
		assert_int_equal(o.end, 0);
		assert_int_equal(o.delivered, whole_records(n, &clean));
		assert_int_equal(o.cut_frame, clean ? 0 : o.delivered + 1);
	}
	free(bytes);
}

/* A compressed stream that just stops is a fault, wherever it stops. */
static void test_cut_compressed(void **state)
{
	(void)state;
	for (unsigned i = 1; i < N_FORMATS; i++) {
		const char *path = scratch_path(formats[i].name);
		size_t len;
		uint8_t *bytes;

		write_samples(path, SMALL);
		bytes = read_file(path, &len);
		for (size_t n = 0; n < len; n++) {
			struct outcome o;

			write_file(path, bytes, n);
			o = read_samples(path);
			assert_int_equal(o.end, -1);
			if (n >= 4)
				assert_non_null(
					strstr(o.error.text, "cut short"));
		}
		free(bytes);
	}
}

/* A flipped byte is found or harmless, never the end of us. */
static void test_corrupt(void **state)
{
	(void)state;
	for (unsigned i = 1; i < N_FORMATS; i++) {
		const char *path = scratch_path(formats[i].name);
		struct capture_error err;
		struct capture_record rec;
		size_t len, faults = 0;
		uint8_t *bytes;

		write_samples(path, SMALL);
		bytes = read_file(path, &len);
		for (size_t n = 0; n < len; n++) {
			struct capture_reader *r;
			int got = -1;

			bytes[n] ^= 0x55;
			write_file(path, bytes, len);
			bytes[n] ^= 0x55;
			r = reader_open(path, silent, &err);
			while (r && (got = reader_next(r, &rec, &err)) > 0)
				;
			faults += got < 0;
			reader_close(r);
		}
		assert_true(faults > 0);
		free(bytes);
	}
}

/* ----------------------------------------------------------------- faults */

#define NS_HEADER "4d3cb2a1 0200 0400 00000000 00000000 00000400"
#define RAW       NS_HEADER "65000000"
#define P4        "45000014 00000000 40fd0000 0a000001 0a000002"
#define RECORD    "01000000 00000000 14000000 14000000" P4

/* clang-format off */
static const struct {
	const char *name, *bytes, *want;
	uint64_t delivered;
} faults[] = {
{ "text", "68656c6c6f2c20776f726c64 0a", "not a capture", 0 },
{ "Radiotap", NS_HEADER "7f000000", "link type 127 (IEEE802_11_RADIO) is not supported", 0 },
{ "a link type nobody knows", NS_HEADER "ff030000", "link type 1023 (unknown) is not supported", 0 },
{ "a record of 2 GB", RAW RECORD RECORD "01000000 00000000 ffffff7f ffffff7f" P4, "frame 3, near byte 112)", 2 },
{ "pcapng without interface", "0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000", "inside the file header", 0 },
};
/* clang-format on */

static void test_faults(void **state)
{
	const char *path = scratch_path("fault.pcap");

	(void)state;
	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		uint8_t bytes[256];
		struct capture_error err;
		struct capture_record rec;
		struct capture_reader *r;
		uint64_t delivered = 0;
		int got = -1;

		write_file(path, bytes,
			   hex_bytes(faults[i].bytes, bytes, sizeof(bytes)));
		r = reader_open(path, silent, &err);
		while (r && (got = reader_next(r, &rec, &err)) > 0)
			delivered++;
		reader_close(r);
		if (got < 0 && strstr(err.text, faults[i].want) &&
		    delivered == faults[i].delivered)
			continue;
		fail_msg("%s: %d after %lu packets, %s", faults[i].name, got,
			 (unsigned long)delivered, err.text);
	}
}

static void test_unreadable(void **state)
{
	(void)state;
	assert_non_null(strstr(read_samples(scratch_path("none")).error.text,
			       "No such file or directory"));
	assert_non_null(strstr(read_samples(scratch_path("")).error.text,
			       "Is a directory"));
}

static void note_progress(void *ctx, uint64_t done, uint64_t total)
{
	uint64_t *last = ctx;

	assert_true(done >= last[0] && done <= total);
	last[0] = done;
	last[1] = total;
}

static void test_progress(void **state)
{
	const char *path = scratch_path("a.pcap.gz");
	uint64_t last[2] = {0};
	struct progress note = {note_progress, last};
	struct capture_error err;
	struct capture_record rec;
	struct capture_reader *r;
	struct stat st;

	(void)state;
	write_samples(path, MANY);
	r = reader_open(path, note, &err);
	assert_non_null(r);
	while (reader_next(r, &rec, &err) > 0)
		;
	reader_close(r);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(last[0], st.st_size);
	assert_int_equal(last[1], st.st_size);
}

/* ---------------------------------------------------------------- writing */

static void test_write_faults(void **state)
{
	struct capture_error err = {""};
	struct capture_writer *w;
	uint8_t p[SAMPLE_LEAST];

	(void)state;
	assert_null(writer_open(scratch_path("no/such/folder.pcap"), &err));
	assert_non_null(strstr(err.text, "No such file or directory"));
	assert_null(writer_open(scratch_path(""), &err));

	w = writer_open("/dev/full", &err);
	assert_non_null(w);
	sample_packet(p, sizeof(p), 0);
	assert_int_equal(writer_put(w, 0, p, sizeof(p)), 0);
	assert_int_equal(writer_commit(w, &err), -1);
	assert_string_equal(err.text, "/dev/full: No space left on device");
}

/* A limit on file size stands for a full disk: whoever ignores the signal
 * gets an error from write(). */
static void test_no_partial_file(void **state)
{
	const struct rlimit tight = {1 << 16, RLIM_INFINITY};
	const struct rlimit loose = {RLIM_INFINITY, RLIM_INFINITY};
	size_t before = scratch_count();
	struct capture_error err;
	struct capture_writer *w = writer_open(scratch_path("big.pcap"), &err);
	static uint8_t p[PACKET_ROOM];
	int ret = 0;

	(void)state;
	assert_non_null(w);
	assert_int_equal(scratch_count(), before + 1);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	sample_packet(p, sizeof(p), 0);
	for (uint32_t i = 0; i < MANY && !ret; i++)
		ret = writer_put(w, i, p, sizeof(p));
	assert_int_equal(writer_commit(w, &err), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &loose), 0);
	assert_int_equal(ret, -1);
	assert_non_null(strstr(err.text, "File too large"));
	assert_int_equal(scratch_count(), before);
}

static void test_discard_keeps_the_old(void **state)
{
	const char *path = scratch_path("kept.pcap");
	struct capture_error err;
	struct capture_writer *w;
	size_t before;

	(void)state;
	write_samples(path, SMALL);
	before = scratch_count();
	w = writer_open(path, &err);
	assert_non_null(w);
	writer_discard(w);
	assert_int_equal(read_samples(path).delivered, SMALL);
	assert_int_equal(scratch_count(), before);
}

static void test_link_is_followed(void **state)
{
	const char *target = scratch_path("target.pcap");
	const char *name = scratch_path("link.pcap");
	struct stat st;

	(void)state;
	write_samples(target, 1);
	assert_int_equal(symlink(target, name), 0);
	write_samples(name, SMALL);
	assert_int_equal(lstat(name, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(read_samples(target).delivered, SMALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_cut_compressed),
		cmocka_unit_test(test_corrupt),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_write_faults),
		cmocka_unit_test(test_no_partial_file),
		cmocka_unit_test(test_discard_keeps_the_old),
		cmocka_unit_test(test_link_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
