/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A hash index of 64-byte buckets, after linear hashing (Litwin 1980).
 *
 * WRITERS hold the chain's lock, its first bucket's seq being odd. Bucket
 * words are stored with release, each after the store that made seq odd.
 * LOCK ORDER: splitting (only ever tried), buckets by rising address,
 * overflow.lock.
 *
 * READERS read n_buckets, choose the bucket, read its seq, check that
 * n_buckets still chooses it, and compare tags, then keys.
 * A hit needs no validation: the key is equal and the reference was in the
 * table. That holds even if the slot changes between tag and reference, or
 * if the overflow bucket walked into has become part of another chain, and
 * the object cannot have been reused, since it was found inside the reader's
 * RCU section.
 * A miss counts only if seq is even and the same as before. Else a reader
 * that read any word stored by a writer sees the seq that preceded it,
 * because it fences (acquire) between the words and seq. So a reference
 * that moves within its chain (removals fill their hole with another, splits
 * close ranks) can be missed only by a reader who then starts over.
 *
 * A SPLIT of bucket s = n - 2^k moves about half its references to the new
 * bucket n. Holding the lock of s throughout, it (1) copies them, (2) stores
 * n_buckets = n + 1 with release, (3) erases them from s, (4) unlocks.
 * Lost entries: a reader who chose s by an old n_buckets and read seq
 * before (4) fails the check of seq on a miss; one who read seq after (4)
 * has acquired (2) and fails the check of n_buckets.
 * Stale entries: between (2) and (3) a reference may be removed from bucket
 * n while its copy is still in s. Only readers who began before (2) look for
 * it there, and to them the removal was concurrent. Its object is not reused
 * before (3), because the splitter is inside an RCU section itself, which is
 * why table_maintain() wants a registered thread, too.
 * Writers check n_buckets again under the lock: a bucket that is locked does
 * not split.
 *
 * MEMORY: buckets are zero at first and never freed while the table lives, so a
 * link can always be followed. An overflow bucket that a chain no longer needs
 * is reused at once; who is still walking in it is one of the cases above. It
 * is freed with link 0 and no references, so such a walk ends.
 */
#include "shared/table.h"

#include <errno.h>
#include <stdlib.h>

enum {
	SPLITS_PER_INSERT = 4, /* a doubling adds 7 % to the load meanwhile */
	LOAD_PERCENT = 72,     /* of all slots; begins a doubling */
	/* What more than 9 million connections a second bring in 10 ms: for so
	 * long whoever makes memory ready may sleep. */
	READY_REFS = 1 << 18,
	READY_AHEAD = 4 * CHUNK_BUCKETS,
	READY_OVERFLOW = CHUNK_BUCKETS / 2,
	SPLIT_AHEAD = 4, /* buckets to fetch ahead of splits */
	SAMPLE = 64,
	TELL_SHARE = 16, /* of so many buckets one reference may be untold */
	TELL_MOST = 8 * SAMPLE,
};
#define MAX_BUCKETS (UINT64_C(1) << TABLE_MAX_LOG)

/* ------------------------------------------------------------------ locks */

/* Locks two buckets, rising by address; the same one once. */
ALWAYS_INLINE void bucket_lock2(struct bucket *a, struct bucket *b)
{
	bool turned = (uintptr_t)b < (uintptr_t)a;

	bucket_lock(turned ? b : a);
	if (likely(a != b))
		bucket_lock(turned ? a : b);
}

static void guard_unlock(struct table_guard *g)
{
	bucket_unlock(g->head[0]);
	if (g->head[1] != g->head[0])
		bucket_unlock(g->head[1]);
}

static struct bucket *head_of(const struct table_pair *p, unsigned i)
{
	return (struct bucket *)(uintptr_t)p->spot[i].bucket;
}

void table_lock(struct table *t, struct table_guard *g, const uint64_t *hash,
		unsigned n)
{
	const uint64_t h[2] = {hash[0], hash[n - 1]};

	*g = (struct table_guard){.n = n, .hash = {h[0], h[1]}};
	for (;;) {
		uint64_t before = table_buckets(t), now;
		uint64_t i[2] = {bucket_number(before, h[0]),
				 bucket_number(before, h[1])};

		g->head[0] = bucket_at(&t->primary, i[0]);
		g->head[1] = bucket_at(&t->primary, i[1]);
		bucket_lock2(g->head[0], g->head[1]);
		now = table_buckets(t);
		if (likely(now == before) ||
		    (bucket_number(now, h[0]) == i[0] &&
		     bucket_number(now, h[1]) == i[1]))
			return;
		guard_unlock(g);
	}
}

/* No candidate in the chain, and room where one would be added. */
ALWAYS_INLINE bool is_fresh(const struct table *t, struct table_pair *p,
			    unsigned i)
{
	struct bucket *head = head_of(p, i);

	p->room[i].bucket = chain_open(&t->overflow, head);
	p->room[i].used = bucket_used(p->room[i].bucket);
	for (const struct bucket *b = head; b; b = chain_next(&t->overflow, b))
		if (unlikely(bucket_match(b->tag, table_tag(p->spot[i].hash))))
			return false;
	return p->room[i].used < BUCKET_SLOTS;
}

bool table_lock_pair(struct table *t, struct table_pair *p)
{
	struct bucket *a = head_of(p, 0), *b = head_of(p, 1);

	if (unlikely(a == b))
		return false;
	bucket_lock2(a, b);
	if (likely(table_buckets(t) == p->n_buckets && is_fresh(t, p, 0) &&
		   is_fresh(t, p, 1)))
		return true;
	bucket_unlock(a);
	bucket_unlock(b);
	return false;
}

void bucket_wait(const struct bucket *b)
{
	unsigned turns = 0;

	while (atomic_load_explicit(&b->seq, memory_order_relaxed) & 1)
		spin_wait(&turns);
}

/* ----------------------------------------------------------------- growth */

static void tell(struct table *t, struct table_hand *h)
{
	atomic_fetch_add_explicit(&t->sampled, h->untold, memory_order_relaxed);
	h->untold = 0;
}

/* An insert and the removal of the same hash are sampled or not alike, so
 * that the sum never drifts; bits that choose neither bucket nor tag. */
static bool count_add(struct table *t, struct table_hand *h, uint64_t hash,
		      int by)
{
	uint32_t share;

	if (likely((hash >> 48) % SAMPLE))
		return false;
	h->untold += by * SAMPLE;
	share = (uint32_t)(table_buckets(t) / TELL_SHARE);
	if (likely((uint32_t)abs(h->untold) < min_u32(share, TELL_MOST)))
		return false;
	tell(t, h);
	return true;
}

/* True: with @more references @n buckets are too few. */
static bool overloaded(const struct table *t, uint64_t n, uint64_t more)
{
	return table_count(t) + more > n * BUCKET_SLOTS * LOAD_PERCENT / 100;
}

/* True inside a round of splits that doubles the table. */
static bool growing(uint64_t n)
{
	return n & (n - 1);
}

/* True if it is, or would be with @more references. */
static bool growth_due(const struct table *t, uint64_t n, uint64_t more)
{
	return growing(n) || (n < MAX_BUCKETS && overloaded(t, n, more));
}

static bool moves(const struct bucket *b, unsigned i, unsigned bit)
{
	return slot_tag(b, i) >> bit & 1;
}

/* Copies what moves from @src to @dst, which nobody can see. False: no
 * memory. */
static bool split_copy(struct table *t, struct overflow_stock *stock,
		       struct bucket *src, struct bucket *dst, unsigned bit)
{
	uint32_t spare;

	for (struct bucket *b = src; b; b = chain_next(&t->overflow, b)) {
		for (unsigned i = 0, used = bucket_used(b); i < used; i++) {
			if (!moves(b, i, bit))
				continue;
			spare = 0;
			if (!chain_room(&t->overflow, dst) &&
			    !(spare = overflow_get(&t->overflow, stock)))
				return false;
			chain_add(&t->overflow, dst, slot_tag(b, i),
				  bucket_ref(b, i), &spare);
		}
	}
	return true;
}

/* Erases from @src what has moved. */
static void split_erase(struct table *t, struct overflow_stock *stock,
			struct bucket *src, unsigned bit)
{
	struct bucket *next;

	for (struct bucket *b = src; b; b = next) {
		/* Before, for @b itself may leave the chain. */
		next = chain_next(&t->overflow, b);
		for (unsigned i = 0; i < bucket_used(b);) {
			if (!moves(b, i, bit))
				i++;
			else if (chain_erase(&t->overflow, stock, src, b, i))
				break;
		}
		/* And after, for what followed may have. */
		if (b == src)
			next = chain_next(&t->overflow, b);
	}
}

/* Gives back the overflow buckets of a chain that nobody can see. */
static void chain_discard(struct table *t, struct overflow_stock *stock,
			  struct bucket *head)
{
	while (chain_next(&t->overflow, head) || bucket_used(head))
		(void)chain_erase(&t->overflow, stock, head, head, 0);
}

static void bucket_fetch_ahead(const struct bucket *b)
{
	uintptr_t next = (uintptr_t)b + SPLIT_AHEAD * sizeof(*b);

	__builtin_prefetch((const void *)next, 1);
}

/* Splits one bucket. Holds t->splitting. False: no memory. */
static bool bucket_split(struct table *t, struct overflow_stock *stock)
{
	uint64_t n = table_buckets(t);
	unsigned log = 63 - (unsigned)__builtin_clzll(n);
	uint64_t s = n - (UINT64_C(1) << log);
	struct bucket *src = bucket_at(&t->primary, s), *dst;
	bool ok;

	if (!buckets_reach(&t->primary, n, false))
		return false;
	dst = bucket_at(&t->primary, n);
	bucket_fetch_ahead(src);
	bucket_fetch_ahead(dst);
	bucket_lock(src);
	ok = split_copy(t, stock, src, dst, log - TABLE_TAG_FROM);
	if (ok) {
		/* Pairs with the acquire in table_buckets(). */
		atomic_store_explicit(&t->n_buckets, n + 1,
				      memory_order_release);
		split_erase(t, stock, src, log - TABLE_TAG_FROM);
	} else {
		chain_discard(t, stock, dst);
	}
	bucket_unlock(src);
	return ok;
}

/* Splits up to @max buckets unless another thread does. False: no memory. */
static bool grow(struct table *t, struct table_hand *h, unsigned max)
{
	bool ok = true;

	if (!spin_try(&t->splitting))
		return true;
	while (ok && max-- && growth_due(t, table_buckets(t), 0))
		ok = bucket_split(t, &h->spare);
	spin_unlock(&t->splitting);
	return ok;
}

/* Gets the memory that splits will take soon, of one doubling at most. */
static bool splits_ready(struct table *t)
{
	uint64_t n = table_buckets(t), ahead = n / 4;
	uint64_t last = (UINT64_C(2) << (63 - __builtin_clzll(n))) - 1;

	if (!growth_due(t, n, READY_REFS))
		return true;
	if (ahead > READY_AHEAD)
		ahead = READY_AHEAD;
	if (last > n + ahead)
		last = n + ahead;
	return buckets_reach(&t->primary, last, true);
}

bool table_maintain(struct table *t, struct table_hand *h, unsigned max_splits)
{
	/* Chains become longer between doublings, too. */
	return overflow_ready(&t->overflow, READY_OVERFLOW) &&
	       splits_ready(t) && (!max_splits || grow(t, h, max_splits));
}

/* ----------------------------------------------------------------- change */

static int insert(struct table *t, struct overflow_stock *stock,
		  const struct table_guard *g, const uint32_t *ref)
{
	bool same = g->n == 2 && g->head[0] == g->head[1];
	uint32_t spare[2] = {0, 0};
	int err = 0;

	for (unsigned i = 0; i < g->n && !err; i++)
		if (chain_room(&t->overflow, g->head[i]) < (same ? 2 : 1) &&
		    !(spare[i] = overflow_get(&t->overflow, stock)))
			err = -ENOMEM;
	for (unsigned i = 0; i < g->n && !err; i++)
		chain_add(&t->overflow, g->head[i], table_tag(g->hash[i]),
			  ref[i], &spare[i]);
	for (unsigned i = 0; i < 2; i++)
		if (spare[i])
			overflow_put(&t->overflow, stock, spare[i]);
	return err;
}

int table_insert(struct table *t, struct table_hand *h, struct table_guard *g,
		 const uint32_t *ref)
{
	int err = insert(t, &h->spare, g, ref);

	for (unsigned i = 0; i < g->n && !err; i++)
		g->grow |= count_add(t, h, g->hash[i], 1);
	return err;
}

/* Only who changed the count looks at it: the line is its own. */
ALWAYS_INLINE void grow_a_little(struct table *t, struct table_hand *h,
				 bool counted)
{
	if (unlikely(counted || growing(table_buckets(t))))
		(void)grow(t, h, SPLITS_PER_INSERT);
}

void table_fill_pair(struct table *t, struct table_hand *h,
		     const struct table_pair *p, const uint32_t ref[2])
{
	bool counted = false;

	for (unsigned i = 0; i < 2; i++) {
		uint64_t hash = p->spot[i].hash;

		slot_set(p->room[i].bucket, p->room[i].used, table_tag(hash),
			 ref[i]);
		counted |= count_add(t, h, hash, 1);
	}
	bucket_unlock(head_of(p, 0));
	bucket_unlock(head_of(p, 1));
	grow_a_little(t, h, counted);
}

void table_unlock(struct table *t, struct table_hand *h, struct table_guard *g)
{
	guard_unlock(g);
	grow_a_little(t, h, g->grow);
}

/* The chain of one hash, locked. */
static struct bucket *lock_chain(struct table *t, uint64_t hash)
{
	for (;;) {
		uint64_t n = table_buckets(t), now;
		uint64_t i = bucket_number(n, hash);
		struct bucket *head = bucket_at(&t->primary, i);

		bucket_lock(head);
		now = table_buckets(t);
		if (likely(now == n) || bucket_number(now, hash) == i)
			return head;
		bucket_unlock(head);
	}
}

bool table_remove(struct table *t, struct table_hand *h, uint64_t hash,
		  uint32_t ref)
{
	struct bucket *head = lock_chain(t, hash);
	bool found = chain_remove(&t->overflow, &h->spare, head, ref);

	bucket_unlock(head);
	if (found)
		(void)count_add(t, h, hash, -1);
	return found;
}

/* ------------------------------------------------------------- inspection */

void table_iter_start(const struct table *t, struct table_iter *it,
		      uint64_t hash, uint64_t n_buckets)
{
	uint64_t n = table_buckets(t);

	*it = (struct table_iter){
		.bucket = bucket_number(n, hash),
		.left = n_buckets < n ? n_buckets : n,
		.wrap = n,
	};
}

static bool iter_next_bucket(const struct table *t, struct table_iter *it)
{
	if (it->at)
		it->at = chain_next(&t->overflow, it->at);
	if (!it->at && it->left) {
		it->at = bucket_at(&t->primary, it->bucket);
		it->bucket = (it->bucket + 1) % it->wrap;
		it->left--;
	}
	it->slot = 0;
	return it->at;
}

uint32_t table_iter_next(const struct table *t, struct table_iter *it)
{
	do
		while (it->at && it->slot < BUCKET_SLOTS) {
			uint32_t ref = bucket_ref(it->at, it->slot++);

			if (ref)
				return ref;
		}
	while (iter_next_bucket(t, it));
	return 0;
}

uint64_t table_count(const struct table *t)
{
	int64_t n = atomic_load_explicit(&t->sampled, memory_order_relaxed);

	return n > 0 ? (uint64_t)n : 0;
}

uint64_t table_bytes(const struct table *t)
{
	return sizeof(*t) + chunks_bytes(&t->primary) +
	       chunks_bytes(&t->overflow.buckets);
}

/* ------------------------------------------------------------------ table */

int table_init(struct table *t, unsigned log_buckets)
{
	unsigned log = log_buckets < TABLE_MIN_LOG   ? TABLE_MIN_LOG
		       : log_buckets > TABLE_MAX_LOG ? TABLE_MAX_LOG
						     : log_buckets;
	uint64_t n = UINT64_C(1) << log;

	atomic_init(&t->n_buckets, n);
	atomic_init(&t->sampled, 0);
	t->splitting = (struct spin){0};
	buckets_init(&t->primary);
	overflow_init(&t->overflow);
	if (buckets_reach(&t->primary, n - 1, true))
		return 0;
	table_fini(t);
	return -ENOMEM;
}

void table_fini(struct table *t)
{
	chunks_fini(&t->primary);
	overflow_fini(&t->overflow);
}

void table_hand_close(struct table *t, struct table_hand *h)
{
	overflow_return(&t->overflow, &h->spare);
	if (h->untold)
		tell(t, h);
}

uint32_t table_guess_next(const struct table *t, const struct bucket *b,
			  uint64_t hash)
{
	b = chain_next(&t->overflow, b);
	return likely(!b) ? 0 : table_guess_first(b, hash);
}
