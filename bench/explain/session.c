/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets by hand go straight to the worker; a capture is planned as a replay
 * plans it, and played by a replay's lane, step by step. */
#include "explain/session.h"

#include <stdlib.h>
#include <string.h>

#include "capture/store.h"
#include "explain/answer.h"
#include "explain/notation.h"
#include "replay/lane.h"
#include "replay/plan.h"

/* Between packets by hand. */
#define PACKET_GAP_NS UINT64_C(1000000)

struct session {
	struct session_config cfg;
	struct nat_engine *engine;
	struct nat_worker *worker;
	struct recorder recorder;
	uint64_t now_ns;
	uint64_t packets; /* given by hand */
	uint8_t buf[NOTATION_MAX], answer[NOTATION_MAX];
};

static int no_memory(struct capture_error *err)
{
	return capture_fail(err, "out of memory");
}

struct session *session_new(const struct session_config *cfg,
			    struct capture_error *err)
{
	struct session *s = calloc(1, sizeof(*s));
	struct nat_error why = {.line = 0};

	if (!s) {
		no_memory(err);
		return NULL;
	}
	s->cfg = *cfg;
	s->cfg.engine.workers = 1;
	s->now_ns = PLAN_START_NS;
	s->recorder.teller = cfg->teller;
	s->engine = nat_engine_new(&s->cfg.engine, &why);
	if (s->engine)
		s->worker = nat_worker_new(s->engine);
	if (s->worker) {
		nat_worker_trace(s->worker, story_hear, &s->recorder);
		return s;
	}
	if (s->engine)
		no_memory(err);
	else
		capture_fail(err, "%s", why.text);
	session_free(s);
	return NULL;
}

void session_free(struct session *s)
{
	if (s->worker)
		nat_worker_free(s->worker);
	if (s->engine)
		nat_engine_free(s->engine);
	recorder_fini(&s->recorder);
	free(s);
}

static void tell(const struct session *s, const struct story *story)
{
	s->cfg.teller.tell(s->cfg.teller.ctx, story);
}

/* What the router sent without a story of its own: fragments. */
static void tell_pieces(const struct session *s)
{
	size_t n = 0, told = s->recorder.own_left;
	const struct nat_packet *p = nat_worker_originated(s->worker, &n);

	for (size_t i = told; i < n; i++)
		tell(s, &(struct story){
				.kind = STORY_PIECE,
				.number = s->recorder.number,
				.in_if = NAT_NO_IF,
				.out_if = p[i].out_if,
				.verdict = NAT_FORWARD,
				.before = {.data = p[i].data, .len = p[i].len},
				.after = {.data = p[i].data, .len = p[i].len},
			});
}

static void run(struct session *s, struct nat_packet *p)
{
	s->recorder.own_left = 0;
	s->now_ns += PACKET_GAP_NS;
	nat_worker_run(s->worker, s->now_ns, p, 1);
	tell_pieces(s);
}

/* Takes "IF: " off @text. */
static int entrance(const struct session *s, const char **text, uint16_t *in_if,
		    struct capture_error *err)
{
	const struct nat_topology *t = s->cfg.engine.topology;
	size_t word = strcspn(*text, " \t");

	*in_if = s->cfg.client_if;
	if (!word || (*text)[word - 1] != ':')
		return 0;
	for (unsigned i = 0; i < nat_topology_n_ifs(t); i++) {
		const char *name = nat_topology_if_name(t, i);

		if (strlen(name) == word - 1 &&
		    !strncmp(name, *text, word - 1)) {
			*in_if = (uint16_t)i;
			*text += word;
			return 0;
		}
	}
	return capture_fail(err, "--packet '%s': unknown interface '%.*s'",
			    *text, (int)(word - 1), *text);
}

/* The packet's length in s->buf, or -1. */
static int read_packet(struct session *s, const char *text, uint16_t *in_if,
		       struct capture_error *err)
{
	struct nat_error why = {.line = 0};
	const char *said = text;
	int len;

	if (entrance(s, &said, in_if, err))
		return -1;
	len = notation_parse(said, s->buf, sizeof(s->buf), &why);
	if (len < 0)
		return capture_fail(err, "--packet '%s': %s", text, why.text);
	return len;
}

int session_check(struct session *s, const char *text,
		  struct capture_error *err)
{
	uint16_t in_if;

	return read_packet(s, text, &in_if, err) < 0 ? -1 : 0;
}

static int play_answer(struct session *s, const struct nat_packet *to,
		       struct capture_error *err)
{
	struct nat_packet p = {.data = s->answer, .in_if = to->out_if};
	int len = answer_to(to->data, to->len, s->answer, sizeof(s->answer));

	if (len < 0)
		return no_memory(err);
	if (!len)
		return 0;
	if (s->cfg.server_if != NAT_NO_IF)
		p.in_if = s->cfg.server_if;
	p.len = (uint32_t)len;
	s->recorder.kind = STORY_REPLY;
	run(s, &p);
	return 0;
}

int session_packet(struct session *s, const char *text,
		   struct capture_error *err)
{
	struct nat_packet p = {.data = s->buf};
	int len = read_packet(s, text, &p.in_if, err);

	if (len < 0)
		return -1;
	p.len = (uint32_t)len;
	s->recorder.kind = STORY_PACKET;
	s->recorder.number = ++s->packets;
	run(s, &p);
	if (p.verdict == NAT_FORWARD && play_answer(s, &p, err))
		return -1;
	return s->recorder.failed ? no_memory(err) : 0;
}

/* A lane that plays one step each time. */
struct player {
	struct session *session;
	struct store store;
	struct plan plan;
	struct lanes all;
	struct lane_plan one;
	struct lane *lane;
};

static void play_step(struct player *p, const struct step *step, uint64_t first,
		      uint64_t last)
{
	struct recorder *r = &p->session->recorder;

	r->kind = STORY_FRAME;
	r->number = store_entries(&p->store)[step->packet].frame;
	r->deaf = r->number < first || r->number > last;
	r->own_left = 0;
	p->one.steps.base = (uint8_t *)(uintptr_t)step;
	p->one.steps.used = sizeof(*step);
	lane_play(p->lane, 0);
	if (r->deaf)
		return;
	if (p->lane->n)
		tell_pieces(p->session);
	else
		tell(p->session, &(struct story){.kind = STORY_UNSENT,
						 .number = r->number,
						 .in_if = NAT_NO_IF,
						 .out_if = NAT_NO_IF});
}

static int play(struct player *p, uint64_t first, uint64_t last,
		struct capture_error *err)
{
	const struct session *s = p->session;
	const struct plan_config cfg = {
		.lanes = 1,
		.batch = 1,
		.client_if = s->cfg.client_if,
	};
	const struct lane_plan *all;

	if (plan_make(&p->plan, &p->store, &cfg))
		return no_memory(err);
	p->all = (struct lanes){
		.lane = p->lane,
		.n = 1,
		.store = &p->store,
		.convs = plan_convs(&p->plan),
		.server_if = s->cfg.server_if,
	};
	if (lane_init(p->lane, &p->all) || lane_take(p->lane, &p->one))
		return no_memory(err);
	p->lane->worker = s->worker;
	all = &p->plan.lane[0];
	for (size_t i = 0; i < lane_count(all); i++)
		play_step(p, lane_steps(all) + i, first, last);
	return s->recorder.failed ? no_memory(err) : 0;
}

static int load(struct store *store, const char *path,
		struct capture_error *err)
{
	struct capture_merge *m =
		merge_open(&path, 1, (struct progress){0}, err);
	int rc;

	if (!m)
		return -1;
	rc = store_load(store, m, &(uint16_t){0}, err);
	merge_close(m);
	return rc;
}

static bool has_frames(const struct store *store, uint64_t first, uint64_t last)
{
	const struct store_entry *e = store_entries(store);

	for (size_t i = 0; i < store_count(store); i++)
		if (e[i].frame >= first && e[i].frame <= last)
			return true;
	return false;
}

static void player_free(struct player *p)
{
	if (p->lane)
		lane_fini(p->lane);
	free(p->lane);
	plan_free(&p->plan);
	store_free(&p->store);
	free(p);
}

static struct player *player_new(struct session *s)
{
	struct player *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->session = s;
	p->lane = aligned_alloc(_Alignof(struct lane), sizeof(*p->lane));
	if (!p->lane) {
		free(p);
		return NULL;
	}
	memset(p->lane, 0, sizeof(*p->lane));
	return p;
}

int session_capture(struct session *s, const char *path, uint64_t first,
		    uint64_t last, struct capture_error *err)
{
	struct player *p = player_new(s);
	int rc;

	if (!p)
		return no_memory(err);
	rc = load(&p->store, path, err);
	if (!rc && first > 1 && !has_frames(&p->store, first, last))
		rc = capture_fail(
			err, "%s: no IP packet in the frames asked for", path);
	if (!rc)
		rc = play(p, first, last, err);
	player_free(p);
	return rc;
}
