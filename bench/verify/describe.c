/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Packets in the notation of docs/packet-notation.md, connections as
 * conntrack -L prints them. */
#include "verify/describe.h"

#include <stdio.h>
#include <stdlib.h>

#include "explain/fields.h"
#include "explain/notation.h"
#include "explain/tell.h"

enum { LINE = 1024, PACKETS_TOLD = 8 };

static void put_packet(FILE *out, const struct nat_topology *t, const char *who,
		       uint16_t iface, const uint8_t *data, uint32_t len)
{
	char line[LINE];

	if (notation_print(data, len, NOTATION_EXACT, line, sizeof(line)) < 0)
		line[0] = '\0';
	(void)fprintf(out, "  %-7s %s: %s\n", who, tell_if(t, iface), line);
}

static void put_list(FILE *out, const struct nat_topology *t, const char *who,
		     const struct sent *sent, size_t n)
{
	for (size_t i = 0; i < n && i < PACKETS_TOLD; i++)
		put_packet(out, t, who, sent[i].out_if, sent[i].data,
			   sent[i].len);
	if (n > PACKETS_TOLD)
		(void)fprintf(out, "  %-7s %zu more\n", who, n - PACKETS_TOLD);
	if (!n)
		(void)fprintf(out, "  %-7s nothing\n", who);
}

static void put_fields(FILE *out, const struct difference *d)
{
	struct field_change c[FIELDS_MOST];
	size_t n;

	if (!d->kernel || !d->core)
		return;
	n = fields_compare(d->core->data, d->core->len, d->kernel->data,
			   d->kernel->len, c);
	for (size_t i = 0; i < n; i++)
		(void)fprintf(out, "  %s: kernel %s, core %s\n", c[i].name,
			      c[i].to, c[i].from);
}

char *describe_step(const struct nat_topology *t, const struct feed *f,
		    const struct lockstep_step *step)
{
	const struct feed_outcome *o = &step->outcome;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	put_packet(out, t, "in", f->in_if, f->data, f->len);
	put_list(out, t, "kernel", o->sent, o->n);
	put_list(out, t, "core", step->core, step->n_core);
	put_fields(out, &step->difference);
	(void)fprintf(out, "  the core says: %s%s%s, %s\n",
		      nat_verdict_name(step->verdict),
		      step->verdict == NAT_DROP ? " " : "",
		      step->verdict == NAT_DROP ? nat_drop_name(step->reason)
						: "",
		      nat_state_name(step->state));
	(void)fclose(out);
	return text;
}

static void put_text(void *ctx, const char *text, size_t len)
{
	FILE *out = ctx;

	(void)fwrite(text, 1, len, out);
}

char *describe_entry(const struct table_entry_diff *e)
{
	static const char *const who[] = {"kernel", "core"};
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	for (unsigned i = 0; i < TABLE_SIDES; i++) {
		if (!e->has[i]) {
			(void)fprintf(out, "  %-7s nothing\n", who[i]);
			continue;
		}
		(void)fprintf(out, "  %-7s [status 0x%x] ", who[i],
			      e->ct[i].status);
		nat_conntrack_print(&e->ct[i], false,
				    (struct nat_sink){put_text, out});
	}
	(void)fclose(out);
	return text;
}

char *describe_rules(const struct rules_diff *d)
{
	char *text = NULL;

	if (asprintf(&text, "  kernel  %s\n  core    %s\n", d->line[0],
		     d->line[1]) < 0)
		return NULL;
	return text;
}
