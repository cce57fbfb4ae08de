/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Several captures as one, and all of it in memory. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include "capture/store.h"
#include "capture/writer.h"
#include "test/capture_util.h"
#include "test/check.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

static const struct progress silent;

enum { PACKET_ROOM = 2000 };

static const uint16_t ifaces[2] = {7, 9};
/* Times of two captures, the second's own order broken; then who comes. */
static const uint64_t merge_times[2][4] = {{10, 20, 20, 40}, {5, 20, 15, 50}};
static const struct {
	size_t from;
	uint64_t time;
} merge_want[] = {
	{1, 5}, {0, 10}, {0, 20}, {0, 20}, {1, 20}, {1, 15}, {0, 40}, {1, 50},
};

static void write_at(const char *path, const uint64_t *times, uint32_t n)
{
	struct capture_error err;
	struct capture_writer *w = writer_open(path, &err);
	static uint8_t p[PACKET_ROOM];

	assert_non_null(w);
	for (uint32_t i = 0; i < n; i++) {
		sample_packet(p, SAMPLE_LEAST + i * 50, i);
		assert_int_equal(
			writer_put(w, times[i], p, SAMPLE_LEAST + i * 50), 0);
	}
	assert_int_equal(writer_commit(w, &err), 0);
}

static void check_entry(const struct store *s, const struct store_entry *e,
			size_t at)
{
	uint32_t i = e->frame - 1;
	static uint8_t want[PACKET_ROOM];

	sample_packet(want, e->len, i);
	assert_int_equal(e->iface, ifaces[merge_want[at].from]);
	assert_int_equal(e->time_ns, merge_want[at].time);
	assert_int_equal(e->len, SAMPLE_LEAST + i * 50);
	assert_memory_equal(store_bytes(s, e), want, e->len);
}

static void test_merge_into_store(void **state)
{
	const char *path[2] = {scratch_path("m0.pcap"),
			       scratch_path("m1.pcap.gz")};
	struct capture_error err;
	struct capture_merge *m;
	struct store s = {0};

	(void)state;
	for (int f = 0; f < 2; f++)
		write_at(path[f], merge_times[f], 4);
	m = merge_open(path, 2, silent, &err);
	assert_non_null(m);
	assert_int_equal(store_load(&s, m, ifaces, &err), 0);
	assert_int_equal(merge_stats(m, 1)->frames, 4);
	merge_close(m);
	assert_int_equal(store_count(&s), 8);
	for (size_t i = 0; i < 8; i++)
		check_entry(&s, &store_entries(&s)[i], i);
	store_free(&s);
}

/* What was in the memory before is not seen. */
static void test_rewind(void **state)
{
	static const uint8_t want[STORE_SLOT] = {0xff, 0xff, 0xff};
	static uint8_t full[STORE_SLOT];
	struct capture_record rec = {.data = full, .len = sizeof(full)};
	struct store s = {0};

	(void)state;
	memset(full, 0xff, sizeof(full));
	assert_int_equal(store_append(&s, &rec, 0), 0);
	store_rewind(&s);
	assert_int_equal(store_count(&s), 0);
	assert_int_equal(store_size(&s), 0);
	rec.len = 3;
	assert_int_equal(store_append(&s, &rec, 0), 0);
	assert_int_equal(store_count(&s), 1);
	assert_int_equal(s.ip_bytes, 3);
	assert_memory_equal(store_bytes(&s, store_entries(&s)), want,
			    STORE_SLOT);
	store_free(&s);
}

static void test_merge_faults(void **state)
{
	const char *path[2] = {scratch_path("m0.pcap"), scratch_path("none")};
	struct capture_error err;

	(void)state;
	assert_null(merge_open(path, 2, silent, &err));
	assert_non_null(strstr(err.text, "none: No such file"));
}

static void test_store_out_of_memory(void **state)
{
#ifdef SANITIZED
	(void)state;
	print_message("skipped: a sanitizer needs its address space\n");
	skip();
#else
	const struct rlimit tight = {UINT64_C(256) << 20, RLIM_INFINITY};
	const struct rlimit loose = {RLIM_INFINITY, RLIM_INFINITY};
	static uint8_t p[PACKET_ROOM];
	struct capture_record rec = {.data = p, .len = sizeof(p)};
	struct store s = {0};
	size_t n = 0;
	int ret;

	(void)state;
	sample_packet(p, sizeof(p), 0);
	assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
	while (!(ret = store_append(&s, &rec, 0)))
		n++;
	assert_int_equal(setrlimit(RLIMIT_AS, &loose), 0);
	assert_int_equal(ret, -ENOMEM);
	assert_int_equal(store_count(&s), n);
	assert_true(n > 1000);
	store_free(&s);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge_into_store),
		cmocka_unit_test(test_rewind),
		cmocka_unit_test(test_merge_faults),
		cmocka_unit_test(test_store_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, scratch_remove);
}
