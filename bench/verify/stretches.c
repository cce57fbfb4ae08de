/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whoever is idle gets the next stretch. What comes back is added in order, so
 * a stretch that is done before its turn waits. Who has found a divergence
 * waits, too, with all that tells of it, until it is known to be the first. */
#include "verify/stretches.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "verify/stretch_wire.h"

#define TELL UINT64_MAX /* in place of a stretch */

struct job {
	pid_t pid;
	FILE *in; /* what it tells; numbers go the other way */
	uint64_t stretch;
	bool busy, done; /* done: what it found is not added yet */
	struct verify found;
};

struct run {
	const struct stretches *s;
	struct verify *sum;
	struct job *job;
	struct pollfd *poll;
	uint64_t given, added; /* stretches */
	uint64_t end;          /* the first that is not wanted */
	struct nat_error *err;
};

static int fail(struct nat_error *err, const char *what)
{
	*err = (struct nat_error){.line = 0};
	(void)snprintf(err->text, sizeof(err->text), "%s", what);
	return -1;
}

/* --------------------------------------------------------------- a process */

static bool answer(const struct stretches *s, uint64_t i, struct verify *v,
		   FILE *out)
{
	struct nat_error err = {.line = 0};
	char *told = NULL;
	bool ok;

	if (i == TELL) {
		told = s->tell(s->ctx, v, &err);
	} else {
		verify_free(v);
		if (!s->play(s->ctx, i, v, &err))
			err.text[0] = '\0';
		else if (!err.text[0])
			(void)fail(&err, "failed");
	}
	ok = stretch_put_text(out, err.text) &&
	     (i == TELL ? stretch_put_text(out, told) : stretch_put(out, v));
	free(told);
	return ok && !fflush(out);
}

static void serve(const struct stretches *s, FILE *in, FILE *out)
{
	struct verify v = {.packets = 0};
	uint64_t i;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (fread(&i, sizeof(i), 1, in) == 1 && answer(s, i, &v, out))
		;
	_exit(0);
}

static void serve_at(const struct stretches *s, int fd)
{
	int again = dup(fd);
	FILE *in = fdopen(fd, "r");
	FILE *out = again < 0 ? NULL : fdopen(again, "w");

	if (in && out)
		serve(s, in, out);
	_exit(1);
}

static int start(struct run *r, struct job *j)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		return fail(r->err, strerrordesc_np(errno));
	j->pid = fork();
	if (j->pid < 0)
		return fail(r->err, strerrordesc_np(errno));
	if (!j->pid) {
		for (struct job *o = r->job; o < j; o++)
			(void)close(fileno(o->in));
		(void)close(fd[0]);
		serve_at(r->s, fd[1]);
	}
	(void)close(fd[1]);
	j->in = fdopen(fd[0], "r");
	return j->in ? 0 : fail(r->err, "out of memory");
}

static void end(struct job *j)
{
	if (j->in)
		(void)fclose(j->in);
	if (j->pid > 0) {
		(void)kill(j->pid, SIGKILL);
		while (waitpid(j->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	verify_free(&j->found);
}

/* ----------------------------------------------------------------- the sum */

static bool add_tally(struct tally *to, struct tally *from)
{
	for (unsigned i = 0; i < from->n_rows; i++) {
		struct tally_row *in = &from->row[i];
		struct tally_row *row =
			tally_add(to, in->name, in->n, in->first);

		if (!row)
			return false;
		if (!row->example) {
			row->example = in->example;
			in->example = NULL;
		}
	}
	return true;
}

static bool add(struct verify *to, struct verify *from)
{
	to->packets += from->packets;
	to->divergences += from->divergences;
	to->follow_ups += from->follow_ups;
	to->conntrack_compared += from->conntrack_compared;
	to->conntrack_differ += from->conntrack_differ;
	to->rules_compared += from->rules_compared;
	to->rules_differ += from->rules_differ;
	return add_tally(&to->kinds, &from->kinds) &&
	       add_tally(&to->exceptions, &from->exceptions) &&
	       add_tally(&to->unsupported, &from->unsupported);
}

static struct job *who_did(const struct run *r, uint64_t stretch)
{
	for (unsigned i = 0; i < r->s->jobs; i++)
		if (r->job[i].done && r->job[i].stretch == stretch)
			return &r->job[i];
	return NULL;
}

static int add_done(struct run *r)
{
	struct job *j;

	while (r->added < r->end && (j = who_did(r, r->added))) {
		if (!add(r->sum, &j->found))
			return fail(r->err, "out of memory");
		r->added++;
		if (j->found.divergences && !r->s->keep_going)
			r->end = r->added;
		else
			j->done = false;
		verify_free(&j->found);
		progress_tell(&r->s->progress, r->sum->packets, r->s->expected);
	}
	return 0;
}

/* -------------------------------------------------------------------- work */

/* It cannot be asked, or has not answered. Its namespace went with it. */
static int gone(struct run *r, struct job *j)
{
	char why[96];
	int status = 0;

	(void)kill(j->pid, SIGKILL); /* if it lives, it makes no sense */
	while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR)
		;
	j->pid = 0;
	if (WIFSIGNALED(status))
		(void)snprintf(why, sizeof(why), "a worker was ended: %s",
			       sigdescr_np(WTERMSIG(status)));
	else
		(void)snprintf(why, sizeof(why),
			       "a worker ended with status %d",
			       WEXITSTATUS(status));
	return fail(r->err, why);
}

/* One that has ended is no reason for us to be ended by SIGPIPE. */
static int ask(struct run *r, struct job *j, uint64_t stretch)
{
	ssize_t n =
		send(fileno(j->in), &stretch, sizeof(stretch), MSG_NOSIGNAL);

	return n == sizeof(stretch) ? 0 : gone(r, j);
}

static int hear(struct run *r, struct job *j)
{
	char *why = NULL;
	int rc = 0;

	if (!stretch_get_text(j->in, &why))
		rc = gone(r, j);
	else if (why && *why)
		rc = fail(r->err, why);
	free(why);
	return rc;
}

static int hand_out(struct run *r)
{
	for (unsigned i = 0; i < r->s->jobs; i++) {
		struct job *j = &r->job[i];

		r->poll[i] = (struct pollfd){
			.fd = j->busy ? fileno(j->in) : -1,
			.events = POLLIN,
		};
		if (j->busy || j->done || r->given >= r->end)
			continue;
		j->stretch = r->given++;
		j->busy = true;
		r->poll[i].fd = fileno(j->in);
		if (ask(r, j, j->stretch))
			return -1;
	}
	return 0;
}

static int take(struct run *r, struct job *j)
{
	if (hear(r, j))
		return -1;
	if (!stretch_get(j->in, &j->found))
		return gone(r, j);
	j->busy = false;
	j->done = true;
	if (j->found.divergences && !r->s->keep_going &&
	    j->stretch + 1 < r->end)
		r->end = j->stretch + 1;
	return 0;
}

static int work(struct run *r)
{
	while (r->added < r->end) {
		if (hand_out(r))
			return -1;
		if (poll(r->poll, r->s->jobs, -1) < 0 && errno != EINTR)
			return fail(r->err, strerrordesc_np(errno));
		for (unsigned i = 0; i < r->s->jobs; i++)
			if (r->poll[i].revents && take(r, &r->job[i]))
				return -1;
		if (add_done(r))
			return -1;
	}
	return 0;
}

static int tell(struct run *r, char **told)
{
	struct job *j = who_did(r, r->end - 1);

	if (!j || r->s->keep_going || !r->sum->divergences)
		return 0;
	if (ask(r, j, TELL) || hear(r, j))
		return -1;
	return stretch_get_text(j->in, told) ? 0 : gone(r, j);
}

static uint64_t monotonic_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int stretches_play(const struct stretches *s, struct verify *sum, char **told,
		   struct nat_error *err)
{
	struct run r = {.s = s, .sum = sum, .end = s->n, .err = err};
	uint64_t begun = monotonic_ns();
	int rc = 0;

	*sum = (struct verify){.packets = 0};
	*told = NULL;
	r.job = calloc(s->jobs, sizeof(*r.job));
	r.poll = calloc(s->jobs, sizeof(*r.poll));
	if (!r.job || !r.poll)
		rc = fail(err, "out of memory");
	for (unsigned i = 0; !rc && i < s->jobs; i++)
		rc = start(&r, &r.job[i]);
	if (!rc)
		rc = work(&r);
	sum->wall_ns = monotonic_ns() - begun;
	if (!rc)
		rc = tell(&r, told);
	for (unsigned i = 0; r.job && i < s->jobs; i++)
		end(&r.job[i]);
	free(r.job);
	free(r.poll);
	return rc;
}
