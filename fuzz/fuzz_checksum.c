/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The Internet checksum, in full and by difference, against a plain sum; and
 * SCTP's against a bit at a time.
 *
 * Input: where to split (2 bytes), how many changes (1), each change as
 * offset (2) and new value (4, of which a 16-bit change uses 2); then the
 * bytes summed.
 */
#include "capture/inet_sum.h"
#include "check.h"
#include "pure/crc32c.h"
#include "pure/csum.h"

enum { MAX_CHANGES = 8 };

static uint16_t plain(const uint8_t *bytes, size_t n)
{
	return inet_sum_finish(inet_sum(0, bytes, n));
}

static uint32_t plain_crc(uint32_t crc, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return crc;
}

static void check_crc(const uint8_t *bytes, size_t n, size_t split)
{
	uint32_t crc = crc32c((uint32_t)split, bytes, split % (n + 1));

	crc = crc32c(crc, bytes + split % (n + 1), n - split % (n + 1));
	MUST(crc == plain_crc((uint32_t)split, bytes, n));
}

static bool all_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

static void check_parts(const uint8_t *bytes, size_t n, size_t split)
{
	uint64_t sum;

	split = split % (n + 1) & ~(size_t)1;
	sum = csum_partial(0, bytes, split);
	sum = csum_partial(sum, bytes + split, n - split);
	MUST(csum_finish(csum_partial(0, bytes, n)) == plain(bytes, n));
	MUST(csum_finish(sum) == plain(bytes, n));
}

/* Changes one word in place and notes it. False: the bytes are too few. */
static bool change(uint8_t *bytes, size_t n, struct input *in,
		   struct csum_delta *d)
{
	size_t offset = input_u16(in);
	uint32_t to = input_u32(in), from = 0;
	size_t width = offset & 1 ? sizeof(uint32_t) : sizeof(uint16_t);

	if (n < width)
		return false;
	offset = offset % (n - width + 1) & ~(size_t)1;
	memcpy(&from, bytes + offset, width);
	memcpy(bytes + offset, &to, width);
	if (width == sizeof(uint32_t)) {
		csum_delta_u32(d, from, to);
	} else {
		uint16_t from16, to16;

		memcpy(&from16, &from, sizeof(from16));
		memcpy(&to16, &to, sizeof(to16));
		csum_delta_u16(d, from16, to16);
	}
	return true;
}

/* One at a time, all at once and in full: the same result. */
static void check_changes(uint8_t *bytes, size_t n, struct input *changes,
			  unsigned count)
{
	uint16_t before = plain(bytes, n), step = before;
	struct csum_delta all = {0};

	if (all_zero(bytes, n))
		return; /* its sum is the other zero, which no change makes */
	for (unsigned i = 0; i < count; i++) {
		struct csum_delta one = {0};

		if (!change(bytes, n, changes, &one))
			return;
		all.sum = csum_add32(all.sum, one.sum);
		step = csum_apply(step, one);
	}
	if (all_zero(bytes, n))
		return;
	MUST(step == plain(bytes, n));
	MUST(csum_apply(before, all) == plain(bytes, n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};
	size_t split = input_u16(&in);
	unsigned count = input_u8(&in) % (MAX_CHANGES + 1);
	uint8_t raw[MAX_CHANGES * 6];
	struct input changes = {raw, sizeof(raw)};
	uint8_t *bytes;

	input_take(&in, raw, count * (size_t)6);
	bytes = input_copy(&in);
	if (!bytes)
		return 0;
	check_parts(bytes, in.size, split);
	check_crc(bytes, in.size, split);
	check_changes(bytes, in.size, &changes, count);
	free(bytes);
	return 0;
}
