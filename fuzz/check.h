/* SPDX-License-Identifier: BSD-2-Clause
 * What every fuzz target needs: an invariant, and its input in pieces. */
#ifndef NATBENCH_FUZZ_CHECK_H
#define NATBENCH_FUZZ_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Always on, with or without NDEBUG. */
#define MUST(condition) must((condition), #condition, __FILE__, __LINE__)

static inline void must(bool holds, const char *what, const char *file,
			int line)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: must hold: %s\n", file, line, what);
	abort();
}

/* The engines call this; 0 means: keep the input if it is new. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The rest of an input. */
struct input {
	const uint8_t *data;
	size_t size;
};

/* Takes @n bytes off the front; zeros where the input is shorter. */
static inline void input_take(struct input *in, void *out, size_t n)
{
	size_t there = n < in->size ? n : in->size;

	memset(out, 0, n);
	if (!there)
		return;
	memcpy(out, in->data, there);
	in->data += there;
	in->size -= there;
}

static inline uint8_t input_u8(struct input *in)
{
	uint8_t v;

	input_take(in, &v, sizeof(v));
	return v;
}

static inline uint16_t input_u16(struct input *in)
{
	uint16_t v;

	input_take(in, &v, sizeof(v));
	return v;
}

static inline uint32_t input_u32(struct input *in)
{
	uint32_t v;

	input_take(in, &v, sizeof(v));
	return v;
}

/* What is left, in memory of its own and of exactly its size, so that a
 * sanitizer sees a byte read too far. Free it. */
static inline uint8_t *input_copy(const struct input *in)
{
	uint8_t *copy = malloc(in->size ? in->size : 1);

	if (copy && in->size)
		memcpy(copy, in->data, in->size);
	return copy;
}

#endif
