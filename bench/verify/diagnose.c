/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Minimise, write, explain. */
#include "verify/diagnose.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/writer.h"
#include "explain/story.h"
#include "explain/tell.h"
#include "verify/minimise.h"

/* For all trials together. */
#define BUDGET_NS UINT64_C(20000000000)
/* Between packets of the capture: its order is all that counts. */
#define GAP_NS UINT64_C(1000000)

enum { PATH = 1024 };

static bool enters(const struct picks *p, uint16_t iface)
{
	for (size_t i = 0; i < p->n; i++)
		if (trail_at(p->trail, p->at[i]).in_if == iface)
			return true;
	return false;
}

static int write_capture(const struct picks *p, uint16_t iface,
			 const char *path, struct capture_error *err)
{
	struct capture_writer *w = writer_open(path, err);

	if (!w)
		return -1;
	for (size_t i = 0; i < p->n; i++) {
		struct feed f = trail_at(p->trail, p->at[i]);

		if (f.in_if == iface &&
		    writer_put(w, (i + 1) * GAP_NS, f.data, f.len))
			break;
	}
	return writer_commit(w, err);
}

/* A capture for each interface, and the options that play them. */
static int write_captures(const struct picks *p, const struct nat_topology *t,
			  const char *dir, FILE *out, struct capture_error *err)
{
	char path[PATH];

	for (unsigned i = 0; i < nat_topology_n_ifs(t); i++) {
		const char *name = nat_topology_if_name(t, i);

		if (!enters(p, (uint16_t)i))
			continue;
		(void)snprintf(path, sizeof(path), "%s/divergence-%s.pcap", dir,
			       name);
		if (write_capture(p, (uint16_t)i, path, err))
			return -1;
		(void)fprintf(out, " -i %s=%s", name, path);
	}
	return 0;
}

/* Plays the picks once more and has the core tell the last one. */
static void explain(const struct verify *v, struct picks *p, FILE *out)
{
	struct tell_text text = {
		.out = out,
		.topology = v->cfg->twin.engine.topology,
	};
	struct recorder r = {
		.teller = tell_text(&text),
		.kind = STORY_FRAME,
		.number = p->n,
	};
	struct verify_config cfg = *v->cfg;
	struct feeder feeder = picks_feeder(p);
	struct nat_error err;
	struct verify again;

	cfg.keep_going = false;
	cfg.compare_every = 0;
	cfg.renew_every = 0;
	cfg.progress = (struct progress){.fn = NULL};
	cfg.trace = story_hear;
	cfg.trace_ctx = &r;
	cfg.trace_from = p->n;
	(void)verify_run(&again, &cfg, &feeder, &err);
	verify_free(&again);
	recorder_fini(&r);
}

static int tell(const struct verify *v, const char *dir, FILE *out,
		struct capture_error *err)
{
	const struct nat_topology *t = v->cfg->twin.engine.topology;
	struct picks p;
	int rc = minimise(v, BUDGET_NS, &p);

	if (rc == -ENOMEM) {
		(void)capture_fail(err, "out of memory");
	} else if (rc) {
		(void)fprintf(out, "It did not happen again.\n");
		rc = 0;
	} else {
		(void)fprintf(out, "%zu of %zu packets show it; reproduce with",
			      p.n, trail_count(&v->trail));
		rc = write_captures(&p, t, dir, out, err);
		(void)fprintf(out, "\n\n");
		explain(v, &p, out);
	}
	free(p.at);
	return rc;
}

char *diagnose(const struct verify *v, const char *dir,
	       struct capture_error *err)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int rc;

	if (!out) {
		(void)capture_fail(err, "out of memory");
		return NULL;
	}
	rc = tell(v, dir, out, err);
	(void)fclose(out);
	if (rc) {
		free(text);
		return NULL;
	}
	return text;
}
