/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The loop that is measured: gather a batch, run it, look at it. */
#include "replay/lane.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#include "replay/stopwatch.h"

/* How far ahead of the slowest lane a lane may be in the capture's time. Each
 * lane's packets carry their own timestamps, but what one lane does to the
 * shared table, expiry above all, happens to the others' connections. */
#define LEAD_NS UINT64_C(1000000000)

/* How many packets ahead of its own turn one is fetched: time enough, and the
 * core finds few of the fetches still under way. */
enum { AHEAD = 16 };

/* Touched now, so that no packet waits for the pages. */
static bool make_memos(struct lane *l)
{
	size_t size = lane_count(l->plan) * sizeof(struct memo);

	if (!size)
		return true;
	if (!region_reserve(&l->memos, size))
		return false;
	memset(l->memos.base, 0, size);
	return true;
}

int lane_init(struct lane *l, const struct lanes *all)
{
	l->all = all;
	l->watch.into = all->stages ? &l->result.stages : NULL;
	for (unsigned i = 0; i < LESSONS; i++)
		l->lesson[i] = LESSON_FIRST;
	if (!region_reserve(&l->hot, BATCH_BYTES))
		return -ENOMEM;
	l->check.may = all->may;
	if (all->check && !region_reserve(&l->check.entered, BATCH_BYTES))
		return -ENOMEM;
	return 0;
}

int lane_take(struct lane *l, const struct lane_plan *plan)
{
	bool known = l->plan == plan;

	l->plan = plan;
	l->convs = l->all->convs;
	l->slots = l->all->store->bytes.base;
	return l->all->again && !known && !make_memos(l) ? -ENOMEM : 0;
}

void lane_fini(struct lane *l)
{
	region_free(&l->hot);
	region_free(&l->memos);
	check_free(&l->check);
	emitted_free(&l->emitted);
	event_log_free(&l->events);
}

void lane_reset(struct lane *l)
{
	struct lane_result *r = &l->result;

	*r = (struct lane_result){.packets = 0};
	nat_worker_stats(l->worker, &r->stats);
}

/* A packet as it was captured, or with a memo as it last entered. */
static uint8_t *stored(const struct lane *l, const struct step *s)
{
	return l->slots + (size_t)s->slot * STORE_SLOT;
}

typedef uint64_t half_line __attribute__((vector_size(32), may_alias));

/* What a packet takes in the batch. */
static inline size_t slot_size(uint32_t len)
{
	return ((size_t)len + STORE_SLOT - 1) / STORE_SLOT * STORE_SLOT;
}

/* Slots are whole cache lines on both sides, so the copy is too. Returns how
 * long it is. */
static inline uint32_t copy_slot(uint8_t *to, const uint8_t *from, uint32_t len)
{
	uint32_t i = 0;

	do {
		half_line *t = (half_line *)(void *)(to + i);
		const half_line *f =
			(const half_line *)(const void *)(from + i);

		t[0] = f[0];
		t[1] = f[1];
	} while ((i += STORE_SLOT) < len);
	return i;
}

/* Conversations share lessons; who shares one with news has to look again. */
static inline uint32_t *lesson_of(struct lane *l, const struct step *s)
{
	return &l->lesson[s->conv % LESSONS];
}

static inline bool memo_valid(struct lane *l, const struct turn *t)
{
	return memo_holds(t->memo, *lesson_of(l, t->step));
}

/* @t's packet, which is at @p in the batch, enters by @iface as it is now. An
 * error that quotes a packet is not kept: how it was addressed says how it is
 * to be. */
static void remember(struct lane *l, const struct turn *t, const uint8_t *p,
		     uint16_t iface)
{
	const struct step *s = t->step;

	if (t->memo == &l->no_memo || s->shape.kind == WIRE_ERROR)
		return;
	if (s->flags & STEP_REPLY)
		(void)copy_slot(stored(l, s), p, s->len);
	*t->memo = (struct memo){
		.lesson = *lesson_of(l, s),
		.in_if = (uint8_t)iface,
		.dir = NAT_N_DIRS,
	};
}

/* The batch of @n has an original packet of @conv. */
static bool asks(const struct lane *l, size_t n, uint32_t conv)
{
	for (size_t i = 0; i < n; i++) {
		const struct step *s = l->turn[i].step;

		if (s->conv == conv && step_teaches(s))
			return true;
	}
	return false;
}

/* A plan cannot know which packets will be dropped. After one that was, answers
 * wait until it is known what became of the next, as they do where the plan
 * cuts. */
static bool must_wait(const struct lane *l, const struct turn *t, size_t n)
{
	const struct step *s = t->step;

	return s->flags & STEP_REPLY && l->convs[s->conv].unsure &&
	       asks(l, n, s->conv);
}

/* Makes the captured packet @p an answer to what left. Returns where it enters;
 * NAT_NO_IF: there is nothing to answer to. */
static uint16_t answer(struct lane *l, const struct turn *t, uint8_t *p)
{
	const struct step *s = t->step;
	const struct conv *c = &l->convs[s->conv];
	uint16_t in_if = conv_answer_if(c, l->all->server_if);

	if (in_if == NAT_NO_IF)
		return in_if;
	conv_readdress(c, &s->shape, p, s->len);
	remember(l, t, p, in_if);
	return in_if;
}

/* Puts a packet into the batch as @p, its bytes at @to. Returns how many there
 * are; 0: an answer to nothing, which is only counted. */
static inline uint32_t place(struct lane *l, const struct turn *t,
			     struct nat_packet *p, uint8_t *to)
{
	const struct step *s = t->step;
	uint32_t size = copy_slot(to, stored(l, s), s->len);
	uint16_t in_if = t->memo->in_if;

	if (!memo_valid(l, t)) {
		in_if = s->flags & STEP_REPLY ? answer(l, t, to) : s->in_if;
		if (in_if == NAT_NO_IF) {
			l->result.unanswered++;
			return 0;
		}
	}
	p->data = to;
	p->len = s->len;
	p->mark = 0;
	p->time_ns = s->time_ns + l->shift_ns;
	p->in_if = in_if;
	return size;
}

/* What a packet will need: its bytes, and its conversation unless it has a memo
 * that holds. */
static inline void fetch(struct lane *l, const struct turn *t)
{
	__builtin_prefetch(stored(l, t->step));
	if (!memo_valid(l, t))
		__builtin_prefetch(&l->convs[t->step->conv]);
}

/* The @i-th step and its memo; where none are kept, one that never holds. */
static struct turn turn_at(struct lane *l, size_t i)
{
	struct memo *m = (struct memo *)(void *)l->memos.base;

	return (struct turn){lane_steps(l->plan) + i, m ? m + i : &l->no_memo};
}

static uint64_t due(const struct lane *l, const struct step *s)
{
	return l->origin + pace_due(&l->all->pace, s, l->all->before);
}

/* Gathers the batch that begins at @s; returns where the next begins. A paced
 * batch has what is due by now. */
static const struct step *gather(struct lane *l, const struct step *s,
				 const struct step *end)
{
	const bool paced = pace_set(&l->all->pace);
	const size_t stride = l->memos.base ? 1 : 0;
	struct turn t = turn_at(l, (size_t)(s - lane_steps(l->plan)));
	struct nat_packet *p = l->pkt;
	struct turn *turn = l->turn;
	uint8_t *to = l->hot.base;

	do {
		struct turn ahead = {t.step + AHEAD, t.memo + stride * AHEAD};
		uint32_t size;

		if (ahead.step < end)
			fetch(l, &ahead);
		if (!memo_valid(l, &t) &&
		    must_wait(l, &t, (size_t)(p - l->pkt)))
			break;
		size = place(l, &t, p, to);
		if (size) {
			*turn++ = t;
			p++;
			to += size;
		}
		t.step++;
		t.memo += stride;
	} while (t.step < end && !(t.step->flags & STEP_CUT) &&
		 (!paced || due(l, t.step) <= stopwatch_now()));
	l->n = (uint32_t)(p - l->pkt);
	l->hot_used = (uint32_t)(to - l->hot.base);
	return t.step;
}

/* Of a packet that was dropped. One that was to begin a connection, and could
 * not, says that the conversation has none. */
static void learn_loss(struct lane *l, const struct step *s, enum nat_drop why)
{
	struct conv *c = &l->convs[s->conv];

	if (!step_teaches(s))
		return;
	*lesson_of(l, s) += conv_doubt(c);
	if (why == NAT_DROP_INSERT_FAILED || why == NAT_DROP_TABLE_FULL)
		*lesson_of(l, s) += conv_forget(c);
}

static void learn_from(struct lane *l, const struct turn *t,
		       const struct nat_packet *p)
{
	const struct step *s = t->step;

	if (p->verdict != NAT_FORWARD) {
		if (p->verdict == NAT_DROP)
			learn_loss(l, s, (enum nat_drop)p->reason);
		return;
	}
	if (!(s->flags & (STEP_REPLY | STEP_FRAGMENT))) {
		if (step_teaches(s))
			*lesson_of(l, s) +=
				conv_learn(&l->convs[s->conv], &s->shape,
					   p->data, p->out_if);
		remember(l, t, p->data, p->in_if);
	}
	memo_take(t->memo, p);
}

static void learn(struct lane *l)
{
	for (uint32_t i = 0; i < l->n; i++) {
		const struct turn *t = &l->turn[i];
		const struct nat_packet *p = &l->pkt[i];

		if (!memo_valid(l, t) || !memo_same(t->memo, p))
			learn_from(l, t, p);
	}
}

static void learn_fragments(struct lane *l, const struct nat_packet *sent,
			    size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct step *s = l->turn[sent[i].cause].step;

		if (!step_teaches(s) || !(s->flags & STEP_FRAGMENT))
			continue;
		*lesson_of(l, s) += conv_learn_fragment(
			&l->convs[s->conv], stored(l, s), s->len, sent[i].data,
			sent[i].len, sent[i].out_if);
	}
}

static void note_origin(struct conv *conv, const struct nat_packet *p)
{
	conv->left_ns = p->time_ns;
	conv->tracked =
		p->dir == NAT_ORIGINAL && (p->state == NAT_STATE_NEW ||
					   p->state == NAT_STATE_ESTABLISHED);
}

static void check_batch(struct lane *l, const struct nat_packet *sent, size_t n)
{
	const struct store_entry *e = store_entries(l->all->store);
	const uint8_t *entered = l->check.entered.base;

	for (uint32_t i = 0; i < l->n; i++) {
		const struct step *s = l->turn[i].step;
		const struct nat_packet *p = &l->pkt[i];
		struct check_case c = {
			.captured = stored(l, s),
			.entered = entered,
			.out = p,
			.sent = sent,
			.conv = &l->convs[s->conv],
			.len = s->len,
			.frame = e[s->packet].frame,
			.reply = s->flags & STEP_REPLY,
		};

		while (n && sent->cause == i) {
			sent++;
			n--;
			c.n_sent++;
		}
		check_packet(&l->check, &c);
		if (step_teaches(s) && p->verdict == NAT_FORWARD)
			note_origin(&l->convs[s->conv], p);
		entered += slot_size(s->len);
	}
}

static void emit(struct lane *l, const struct nat_packet *p,
		 const struct step *cause)
{
	const struct store_entry *e;

	if (p->out_if == NAT_NO_IF || !l->all->wanted[p->out_if])
		return;
	e = &store_entries(l->all->store)[cause->packet];
	emitted_add(&l->emitted,
		    &(struct emitted_head){
			    .order = l->order + cause->packet,
			    .time_ns = e->time_ns + l->shift_ns,
			    .len = p->len,
			    .iface = p->out_if,
		    },
		    p->data);
}

/* In the order of their causes: what was sent because of a packet follows it.
 */
static void emit_batch(struct lane *l, const struct nat_packet *sent, size_t n)
{
	size_t k = 0;

	for (uint32_t i = 0; i < l->n; i++) {
		if (l->pkt[i].verdict == NAT_FORWARD && l->pkt[i].len)
			emit(l, &l->pkt[i], l->turn[i].step);
		for (; k < n && sent[k].cause == i; k++)
			emit(l, &sent[k], l->turn[i].step);
	}
}

static void count_latency(struct lane *l, uint64_t begun, uint64_t ended)
{
	double scale = l->all->ns_per_tick;
	struct hist *h = &l->result.latency;

	l->result.core_ticks += ended - begun;
	if (!pace_set(&l->all->pace)) {
		hist_add(h, (uint64_t)((double)(ended - begun) * scale), l->n);
		return;
	}
	for (uint32_t i = 0; i < l->n; i++) {
		uint64_t wanted = due(l, l->turn[i].step);

		hist_add(h, (uint64_t)((double)(ended - wanted) * scale), 1);
	}
}

static uint64_t read_clock(void)
{
	return stopwatch_now();
}

static int run_core(struct lane *l)
{
	uint64_t now_ns = l->pkt[0].time_ns;

	if (l->watch.on)
		return nat_worker_run_timed(l->worker, now_ns, l->pkt, l->n,
					    read_clock, &l->watch.into->core);
	return nat_worker_run(l->worker, now_ns, l->pkt, l->n);
}

static void run_batch(struct lane *l)
{
	const struct nat_packet *sent;
	uint64_t begun, ended;
	size_t n_sent = 0;
	int originated;

	if (l->all->check)
		memcpy(l->check.entered.base, l->hot.base, l->hot_used);
	begun = stopwatch_now();
	originated = run_core(l);
	ended = stopwatch_now();
	count_latency(l, begun, ended);
	l->result.packets += l->n;
	l->all_packets += l->n;
	l->watch.last = ended;
	learn(l);
	sent = originated ? nat_worker_originated(l->worker, &n_sent) : NULL;
	if (n_sent)
		learn_fragments(l, sent, n_sent);
	stages_lap(&l->watch, LANE_LEARN, l->n);
	if (l->all->check) {
		check_batch(l, sent, n_sent);
		stages_lap(&l->watch, LANE_CHECK, l->n);
	}
	if (l->all->wanted) {
		emit_batch(l, sent, n_sent);
		stages_lap(&l->watch, LANE_WRITE, l->n);
	}
}

/* The time of the lane that is furthest behind, this one aside. */
static uint64_t slowest_other(const struct lane *l)
{
	const struct lanes *all = l->all;
	uint64_t least = UINT64_MAX, at;

	for (unsigned i = 0; i < all->n; i++) {
		if (&all->lane[i] == l)
			continue;
		at = atomic_load_explicit(&all->lane[i].clock_ns,
					  memory_order_relaxed);
		if (at < least)
			least = at;
	}
	return least;
}

/* Waits until no other lane is too far behind @now_ns. The slowest of all
 * never waits, so all get on. */
static void keep_together(struct lane *l, uint64_t now_ns)
{
	uint64_t slowest;

	atomic_store_explicit(&l->clock_ns, now_ns, memory_order_relaxed);
	if (now_ns < l->horizon_ns)
		return;
	for (bool waited = false;; waited = true) {
		slowest = slowest_other(l);
		if (slowest > UINT64_MAX - LEAD_NS ||
		    now_ns < slowest + LEAD_NS)
			break;
		if (!waited)
			nat_worker_idle(l->worker);
		sched_yield();
	}
	l->horizon_ns =
		slowest > UINT64_MAX - LEAD_NS ? UINT64_MAX : slowest + LEAD_NS;
}

/* Nothing to do before @tick; short waits spin. */
static void wait_until(struct lane *l, uint64_t tick)
{
	const double spin_ns = 100000;
	bool idle = false;

	for (uint64_t now; (now = stopwatch_now()) < tick;) {
		double left = (double)(tick - now) * l->all->ns_per_tick;
		struct timespec t = {.tv_nsec = 500000};

		if (left < spin_ns)
			continue;
		if (!idle)
			nat_worker_idle(l->worker);
		idle = true;
		if (left < 600000)
			t.tv_nsec = (long)(left - spin_ns / 2);
		nanosleep(&t, NULL);
	}
}

void lane_play(struct lane *l, uint64_t shift_ns)
{
	const struct step *s = lane_steps(l->plan);
	const struct step *end = s + lane_count(l->plan), *begin = s;
	uint64_t before = atomic_load_explicit(&l->done, memory_order_relaxed);

	l->shift_ns = shift_ns;
	l->horizon_ns = 0;
	l->start = stopwatch_now();
	if (!l->all->before)
		l->origin = l->start;
	while (s < end) {
		keep_together(l, s->time_ns + shift_ns);
		if (pace_set(&l->all->pace))
			wait_until(l, due(l, s));
		stages_begin(&l->watch);
		s = gather(l, s, end);
		stages_lap(&l->watch, LANE_GATHER, l->n);
		if (l->n)
			run_batch(l);
		atomic_store_explicit(&l->done, before + (uint64_t)(s - begin),
				      memory_order_relaxed);
	}
	atomic_store_explicit(&l->clock_ns, UINT64_MAX, memory_order_relaxed);
	l->ended = stopwatch_now();
	l->result.wall_ticks += l->ended - l->start;
	l->result.bytes += l->plan->bytes;
	l->order += store_count(l->all->store);
	nat_worker_idle(l->worker);
}
