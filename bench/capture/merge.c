/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One record ahead in each capture; there are few, so a scan finds the first.
 */
#include "capture/merge.h"

#include <stdbool.h>
#include <stdlib.h>

struct input {
	struct capture_merge *merge;
	const char *path;
	struct capture_reader *reader;
	struct capture_record head;
	bool ready; /* @head is the next record */
	bool ended;
	uint64_t done, total; /* bytes of the file */
};

struct capture_merge {
	struct progress progress;
	size_t n;
	struct input input[];
};

/* One capture has come further: tells of them all. */
static void tell_sum(void *ctx, uint64_t done, uint64_t total)
{
	struct input *in = ctx;
	const struct capture_merge *m = in->merge;
	uint64_t all_done = 0, all = 0;

	in->done = done;
	in->total = total;
	for (size_t i = 0; i < m->n; i++) {
		all_done += m->input[i].done;
		all += m->input[i].total;
	}
	progress_tell(&m->progress, all_done, all);
}

struct capture_merge *merge_open(const char *const *path, size_t n,
				 struct progress progress,
				 struct capture_error *err)
{
	struct capture_merge *m = calloc(1, sizeof(*m) + n * sizeof(*m->input));

	if (!m) {
		capture_fail(err, "%s: out of memory",
			     n ? path[0] : "captures");
		return NULL;
	}
	m->progress = progress;
	m->n = n;
	for (size_t i = 0; i < n; i++) {
		struct input *in = &m->input[i];

		in->merge = m;
		in->path = path[i];
		in->reader = reader_open(path[i],
					 (struct progress){tell_sum, in}, err);
		if (!in->reader) {
			merge_close(m);
			return NULL;
		}
	}
	return m;
}

static int look_ahead(struct input *in, struct capture_error *err)
{
	int got = reader_next(in->reader, &in->head, err);

	in->ready = got > 0;
	in->ended = !got;
	return got;
}

int merge_next(struct capture_merge *m, struct capture_record *rec,
	       size_t *from, struct capture_error *err)
{
	struct input *first = NULL;

	if (m->n == 1) { /* nothing to compare with */
		*from = 0;
		return reader_next(m->input[0].reader, rec, err);
	}
	for (size_t i = 0; i < m->n; i++) {
		struct input *in = &m->input[i];

		if (!in->ready && !in->ended && look_ahead(in, err) < 0)
			return -1;
		if (in->ready &&
		    (!first || in->head.time_ns < first->head.time_ns))
			first = in;
	}
	if (!first)
		return 0;
	first->ready = false; /* its bytes last until it is read again */
	*rec = first->head;
	*from = (size_t)(first - m->input);
	return 1;
}

const struct capture_stats *merge_stats(const struct capture_merge *m, size_t i)
{
	return reader_stats(m->input[i].reader);
}

uint64_t merge_bytes(const struct capture_merge *m, size_t i)
{
	return reader_bytes(m->input[i].reader);
}

const char *merge_path(const struct capture_merge *m, size_t i)
{
	return m->input[i].path;
}

void merge_close(struct capture_merge *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		reader_close(m->input[i].reader);
	free(m);
}
