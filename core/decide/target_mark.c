/* SPDX-License-Identifier: BSD-2-Clause
 * Marks of packets and connections. */
#include "decide/events.h"
#include "decide/target.h"

bool target_mark(struct walk *k, const struct target *t)
{
	k->mark = (k->mark & ~t->mark.ctmask) ^ t->mark.value;
	return true;
}

static uint32_t shifted(const struct target_mark *m, uint32_t mark)
{
	return m->shift_right ? mark >> m->shift : mark << m->shift;
}

/* Two workers may do this to one connection at once, as two processors may:
 * one of them is later. */
static void set_conn_mark(struct conn *c, uint32_t value)
{
	struct conn_mark *m = conn_extension(c, CONN_MARK);

	if (!m || conn_mark(c) == value)
		return;
	atomic_store_explicit(&m->value, value, memory_order_relaxed);
	events_raise(c, NAT_CT_MARK);
}

bool target_connmark(struct walk *k, const struct target *t)
{
	const struct target_mark *m = &t->mark;
	struct conn *c = k->ct.conn;
	uint32_t mark;

	if (!c)
		return true;
	mark = conn_mark(c);
	if (m->action == MARK_SET)
		set_conn_mark(c, shifted(m, (mark & ~m->ctmask) ^ m->value));
	else if (m->action == MARK_SAVE)
		set_conn_mark(c, (mark & ~m->ctmask) ^
					 shifted(m, k->mark & m->nfmask));
	else
		k->mark = (k->mark & ~m->nfmask) ^ shifted(m, mark & m->ctmask);
	return true;
}
