/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A ring of blocks: the thread fills them in turn, the reader empties them. */
#include "capture/ahead.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 4, BLOCK = 1 << 19 };

struct block {
	size_t n;    /* bytes */
	ssize_t end; /* what came instead of more: 0, -1; 1: there is more */
	uint8_t bytes[BLOCK];
};

struct ahead {
	ahead_fn *make;
	void *ctx;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	uint64_t filled, emptied; /* blocks, under the lock */
	bool stop;                /* under the lock */
	size_t at;                /* in the block that is read */
	struct block block[BLOCKS];
};

static void fill(struct ahead *a, struct block *b)
{
	b->n = 0;
	do {
		b->end = a->make(a->ctx, b->bytes + b->n, BLOCK - b->n);
		b->n += b->end > 0 ? (size_t)b->end : 0;
	} while (b->end > 0 && b->n < BLOCK);
}

/* Waits for an empty block; false: nobody wants it. */
static bool await_room(struct ahead *a)
{
	bool stop;

	pthread_mutex_lock(&a->lock);
	while (a->filled - a->emptied == BLOCKS && !a->stop)
		pthread_cond_wait(&a->change, &a->lock);
	stop = a->stop;
	pthread_mutex_unlock(&a->lock);
	return !stop;
}

/* Makes a block full, or empty, for the other thread to see. */
static void count(struct ahead *a, uint64_t *blocks)
{
	pthread_mutex_lock(&a->lock);
	++*blocks;
	pthread_cond_signal(&a->change);
	pthread_mutex_unlock(&a->lock);
}

static void *work(void *arg)
{
	struct ahead *a = arg;
	bool more = true;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	while (more && await_room(a)) {
		struct block *b = &a->block[a->filled % BLOCKS];

		fill(a, b);
		more = b->end > 0;
		count(a, &a->filled);
	}
	return NULL;
}

struct ahead *ahead_new(ahead_fn *make, void *ctx)
{
	struct ahead *a = malloc(sizeof(*a));

	if (!a)
		return NULL;
	memset(a, 0, offsetof(struct ahead, block));
	a->make = make;
	a->ctx = ctx;
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->change, NULL);
	if (!pthread_create(&a->thread, NULL, work, a))
		return a;
	pthread_cond_destroy(&a->change);
	pthread_mutex_destroy(&a->lock);
	free(a);
	return NULL;
}

static struct block *await_block(struct ahead *a)
{
	pthread_mutex_lock(&a->lock);
	while (a->filled == a->emptied)
		pthread_cond_wait(&a->change, &a->lock);
	pthread_mutex_unlock(&a->lock);
	return &a->block[a->emptied % BLOCKS];
}

ssize_t ahead_read(struct ahead *a, void *out, size_t len)
{
	struct block *b = await_block(a);
	size_t n;

	while (a->at == b->n) {
		if (b->end <= 0) /* stays where it is, so it is said again */
			return b->end;
		a->at = 0;
		count(a, &a->emptied);
		b = await_block(a);
	}
	n = b->n - a->at < len ? b->n - a->at : len;
	memcpy(out, b->bytes + a->at, n);
	a->at += n;
	return (ssize_t)n;
}

void ahead_free(struct ahead *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->stop = true;
	pthread_cond_signal(&a->change);
	pthread_mutex_unlock(&a->lock);
	pthread_cancel(a->thread);
	pthread_join(a->thread, NULL);
	pthread_cond_destroy(&a->change);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
