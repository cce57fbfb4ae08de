/* SPDX-License-Identifier: BSD-2-Clause
 * Datagrams of which fragments wait for the others. */
#include "shared/fragments.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "pure/tuple.h"

enum { CHAINS = 1024 };

/* Counts the fragments of one source, for as long as some wait. */
struct sender {
	struct sender *next;
	struct nat_addr addr;
	uint32_t count;
	uint32_t datagrams;
};

struct datagram {
	struct datagram *next; /* in its chain */
	struct datagram *older, *newer;
	struct sender *sender;
	struct nat_tuple key;
	uint32_t seen; /* the sender's count at its last fragment */
	ticks expires;
	struct reassembly parts;
};

struct piece *piece_new(const uint8_t *bytes, uint32_t size)
{
	struct piece *p = malloc(sizeof(*p) + size);

	if (!p)
		return NULL;
	memset(p, 0, sizeof(*p));
	p->size = size;
	memcpy(p->bytes, bytes, size);
	return p;
}

static uint64_t piece_charge(const struct piece *p)
{
	return sizeof(*p) + p->size;
}

void pieces_free(struct piece *first)
{
	while (first) {
		struct piece *p = first;

		first = p->next;
		free(p);
	}
}

void fragments_init(struct fragments *f, const struct fragment_limits *limits,
		    uint64_t seed)
{
	*f = (struct fragments){.limits = *limits, .key = hash_key_new(seed)};
	(void)pthread_mutex_init(&f->lock, NULL);
}

static void charge(struct fragments *f, uint64_t bytes)
{
	atomic_fetch_add_explicit(&f->bytes, bytes, memory_order_relaxed);
}

static void discharge(struct fragments *f, uint64_t bytes)
{
	atomic_fetch_sub_explicit(&f->bytes, bytes, memory_order_relaxed);
}

static void discharge_pieces(struct fragments *f, const struct piece *first)
{
	for (; first; first = first->next)
		discharge(f, piece_charge(first));
}

/* ------------------------------------------------------------------ senders
 */

static struct sender **sender_place(struct fragments *f,
				    const struct nat_tuple *key)
{
	struct nat_tuple t = {.src = key->src, .family = key->family};
	struct sender **s = &f->sender[hash_tuple(&f->key, &t) % CHAINS];

	while (*s && !addr_equal(&(*s)->addr, &key->src))
		s = &(*s)->next;
	return s;
}

static struct sender *sender_get(struct fragments *f,
				 const struct nat_tuple *key)
{
	struct sender **place = sender_place(f, key), *s = *place;

	if (!s) {
		s = calloc(1, sizeof(*s));
		if (!s)
			return NULL;
		s->addr = key->src;
		*place = s;
		charge(f, sizeof(*s));
	}
	s->datagrams++;
	return s;
}

static void sender_put(struct fragments *f, const struct datagram *d)
{
	struct sender *s = d->sender;

	if (--s->datagrams)
		return;
	*sender_place(f, &d->key) = s->next;
	discharge(f, sizeof(*s));
	free(s);
}

/* ---------------------------------------------------------------- datagrams
 */

/* They expire in the order in which they began. */
static void set_deadline(struct fragments *f)
{
	uint64_t deadline = f->oldest ? 1 + (uint64_t)f->oldest->expires : 0;

	atomic_store_explicit(&f->deadline, deadline, memory_order_relaxed);
}

static void begin(struct fragments *f, struct datagram *d, ticks now)
{
	d->expires = now + f->limits.timeout;
	d->newer = NULL;
	d->older = f->newest;
	*(f->newest ? &f->newest->newer : &f->oldest) = d;
	f->newest = d;
	set_deadline(f);
}

static void end(struct fragments *f, struct datagram *d)
{
	*(d->older ? &d->older->newer : &f->oldest) = d->newer;
	*(d->newer ? &d->newer->older : &f->newest) = d->older;
	set_deadline(f);
}

static struct datagram **place_of(struct fragments *f,
				  const struct nat_tuple *key)
{
	struct datagram **d = &f->datagram[hash_tuple(&f->key, key) % CHAINS];

	while (*d && !tuple_equal(&(*d)->key, key))
		d = &(*d)->next;
	return d;
}

static struct datagram *create(struct fragments *f, const struct nat_tuple *key,
			       struct datagram **place, ticks now)
{
	struct datagram *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->sender = sender_get(f, key);
	if (!d->sender) {
		free(d);
		return NULL;
	}
	d->key = *key;
	d->seen = d->sender->count;
	*place = d;
	f->n++;
	charge(f, sizeof(*d));
	begin(f, d, now);
	return d;
}

/* Its pieces are the caller's from here on. */
static struct reassembly take_out(struct fragments *f, struct datagram **place)
{
	struct datagram *d = *place;
	struct reassembly parts;

	assert(d); /* who asks has found it */
	parts = d->parts;
	*place = d->next;
	end(f, d);
	f->n--;
	discharge_pieces(f, parts.first);
	discharge(f, sizeof(*d));
	sender_put(f, d);
	free(d);
	return parts;
}

/* A sender counts its datagrams in 16 bits: so many fragments later, the same
 * number may be another datagram's. */
static bool outdated(const struct fragments *f, struct datagram *d)
{
	uint32_t before = d->seen;

	d->seen = ++d->sender->count;
	return d->parts.first && f->limits.most_between &&
	       d->seen - before > f->limits.most_between;
}

static void begin_anew(struct fragments *f, struct datagram *d, ticks now)
{
	discharge_pieces(f, d->parts.first);
	pieces_free(d->parts.first);
	d->parts = (struct reassembly){0};
	end(f, d);
	begin(f, d, now);
}

static bool have_chains(struct fragments *f)
{
	if (!f->datagram)
		f->datagram = calloc(CHAINS, sizeof(struct datagram *));
	if (!f->sender)
		f->sender = calloc(CHAINS, sizeof(struct sender *));
	return f->datagram && f->sender;
}

/* Its datagram may have begun long ago. */
static void check_age(struct fragments *f, struct datagram *d, ticks now,
		      struct fragment_fate *fate)
{
	if (!outdated(f, d))
		return;
	begin_anew(f, d, now);
	fate->fails++;
}

static void settle(struct fragments *f, struct datagram **place,
		   struct piece *p, struct fragment_fate *fate)
{
	struct reassembly *parts = &(*place)->parts;

	fate->result = reassembly_add(parts, p, f->limits.rules);
	if (fate->result == PIECE_HELD || fate->result == PIECE_LAST)
		charge(f, piece_charge(p));
	else
		free(p);
	if (fate->result == PIECE_HELD || fate->result == PIECE_REFUSED)
		return;
	fate->whole = take_out(f, place);
	if (fate->result == PIECE_LAST &&
	    reassembly_sound(&fate->whole, f->limits.rules))
		return;
	fate->result = PIECE_FATAL;
	fate->fails++;
	pieces_free(fate->whole.first);
}

/* Under the lock. */
static struct fragment_fate add(struct fragments *f,
				const struct nat_tuple *key, struct piece *p,
				ticks now)
{
	struct fragment_fate fate = {.result = PIECE_REFUSED};
	struct datagram **place = NULL;

	if (fragments_bytes(f) <= f->limits.most_bytes && have_chains(f))
		place = place_of(f, key);
	if (!place || !(*place || create(f, key, place, now))) {
		fate.fails++;
		free(p);
		return fate;
	}
	check_age(f, *place, now, &fate);
	settle(f, place, p, &fate);
	return fate;
}

struct fragment_fate fragments_add(struct fragments *f,
				   const struct nat_tuple *key, struct piece *p,
				   ticks now)
{
	struct fragment_fate fate;

	(void)pthread_mutex_lock(&f->lock);
	fate = add(f, key, p, now);
	(void)pthread_mutex_unlock(&f->lock);
	return fate;
}

bool fragments_expire(struct fragments *f, ticks now, struct reassembly *dead)
{
	bool due;

	(void)pthread_mutex_lock(&f->lock);
	due = f->oldest && ticks_reached(now, f->oldest->expires);
	if (due)
		*dead = take_out(f, place_of(f, &f->oldest->key));
	(void)pthread_mutex_unlock(&f->lock);
	return due;
}

void fragments_fini(struct fragments *f)
{
	while (f->oldest)
		pieces_free(take_out(f, place_of(f, &f->oldest->key)).first);
	free(f->datagram);
	free(f->sender);
	(void)pthread_mutex_destroy(&f->lock);
}
