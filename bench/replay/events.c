/* SPDX-License-Identifier: BSD-2-Clause
 * Lines gathered per lane, merged at the end. */
#include "replay/events.h"

#include <string.h>

/* IPv6 with every part there is takes some 400. */
enum { LINE_MOST = 1024 };

struct line {
	char text[LINE_MOST];
	uint32_t len;
};

static void append(void *ctx, const char *text, size_t len)
{
	struct line *l = ctx;

	if (len > sizeof(l->text) - l->len)
		len = sizeof(l->text) - l->len;
	memcpy(l->text + l->len, text, len);
	l->len += (uint32_t)len;
}

void event_log_add(void *ctx, const struct nat_conntrack_event *ev)
{
	struct event_log *log = ctx;
	struct nat_conntrack_event shown = *ev;
	struct line l;

	l.len = 0;
	shown.time_ns += (uint64_t)log->skew_ns;
	nat_conntrack_event_print(&shown, log->timestamp,
				  (struct nat_sink){append, &l});
	emitted_add(&log->lines,
		    &(struct emitted_head){
			    .order = ev->time_ns,
			    .time_ns = shown.time_ns,
			    .len = l.len,
		    },
		    (const uint8_t *)l.text);
}

void event_log_free(struct event_log *log)
{
	emitted_free(&log->lines);
}

void event_log_write(struct event_log *const *log, unsigned n, FILE *out)
{
	const struct emitted_head *h;
	struct emitted *from;

	for (unsigned i = 0; i < n; i++)
		log[i]->lines.next = 0;
	for (;;) {
		h = NULL;
		for (unsigned i = 0; i < n; i++)
			h = emitted_earlier(h, &from, &log[i]->lines, 0);
		if (!h)
			return;
		(void)fwrite(from->bytes.base + h->offset, 1, h->len, out);
		from->next++;
	}
}
