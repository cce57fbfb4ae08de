/* SPDX-License-Identifier: BSD-2-Clause
 * -j MARK and CONNMARK. */
#include <inttypes.h>

#include "text/rules_text.h"
#include "text/scan.h"
#include "text/text.h"

/* What to do is one option, whichever way it is said. */
enum { MARK_ACTION, MARK_NFMASK, MARK_CTMASK, MARK_MASK, MARK_SHIFT };

static void mark_init(struct target *t)
{
	t->mark.ctmask = UINT32_MAX;
	t->mark.nfmask = UINT32_MAX;
}

static int set_xmark(const struct given *g)
{
	struct target_mark *m = &g->target->mark;

	return scan_mark(g->arg[0], &m->value, &m->ctmask, g->err);
}

/* Bits of the value are set even where the mask has none. */
static int set_mark(const struct given *g)
{
	struct target_mark *m = &g->target->mark;
	int rc = set_xmark(g);

	m->ctmask |= m->value;
	return rc;
}

/* --and-mark, --or-mark and --xor-mark take no mask. */
static int scan_bits(const struct given *g, uint32_t *bits)
{
	uint64_t v = 0;

	if (!scan_u64(g->arg[0], 0, UINT32_MAX, &v))
		return text_fail(g->err, "'%s' is not a mark", g->arg[0]);
	*bits = (uint32_t)v;
	return 0;
}

static int and_mark(const struct given *g)
{
	uint32_t bits = 0;
	int rc = scan_bits(g, &bits);

	g->target->mark.ctmask = ~bits;
	return rc;
}

static int or_mark(const struct given *g)
{
	struct target_mark *m = &g->target->mark;
	int rc = scan_bits(g, &m->value);

	m->ctmask = m->value;
	return rc;
}

static int xor_mark(const struct given *g)
{
	struct target_mark *m = &g->target->mark;

	m->ctmask = 0;
	return scan_bits(g, &m->value);
}

static int save_mark(const struct given *g)
{
	g->target->mark.action = MARK_SAVE;
	return 0;
}

static int restore_mark(const struct given *g)
{
	g->target->mark.action = MARK_RESTORE;
	return 0;
}

static int copy_masks(const struct given *g)
{
	struct target_mark *m = &g->target->mark;
	uint32_t mask = 0;
	int rc = scan_bits(g, &mask);

	if (g->option->id != MARK_NFMASK)
		m->ctmask = mask;
	if (g->option->id != MARK_CTMASK)
		m->nfmask = mask;
	return rc;
}

static int shift_mark(const struct given *g)
{
	struct target_mark *m = &g->target->mark;
	uint32_t bits = 0;

	if (!scan_u32(g->arg[0], 31, &bits))
		return text_fail(g->err, "'%s' is not a shift, 0 to 31",
				 g->arg[0]);
	m->shift = (uint8_t)bits;
	m->shift_right = g->option->name[2] == 'r';
	return 0;
}

static const struct text_option mark_options[] = {
	{"--set-mark", MARK_ACTION, 1, false, false, set_mark},
	{"--set-xmark", MARK_ACTION, 1, false, false, set_xmark},
	{"--and-mark", MARK_ACTION, 1, false, false, and_mark},
	{"--or-mark", MARK_ACTION, 1, false, false, or_mark},
	{"--xor-mark", MARK_ACTION, 1, false, false, xor_mark},
	{.name = NULL},
};

static const struct text_option connmark_options[] = {
	{"--set-mark", MARK_ACTION, 1, false, false, set_mark},
	{"--set-xmark", MARK_ACTION, 1, false, false, set_xmark},
	{"--and-mark", MARK_ACTION, 1, false, false, and_mark},
	{"--or-mark", MARK_ACTION, 1, false, false, or_mark},
	{"--xor-mark", MARK_ACTION, 1, false, false, xor_mark},
	{"--save-mark", MARK_ACTION, 0, false, false, save_mark},
	{"--restore-mark", MARK_ACTION, 0, false, false, restore_mark},
	{"--nfmask", MARK_NFMASK, 1, false, false, copy_masks},
	{"--ctmask", MARK_CTMASK, 1, false, false, copy_masks},
	{"--mask", MARK_MASK, 1, false, false, copy_masks},
	{"--left-shift-mark", MARK_SHIFT, 1, false, false, shift_mark},
	{"--right-shift-mark", MARK_SHIFT, 1, false, false, shift_mark},
	{.name = NULL},
};

static void list_set(const struct target_mark *m, struct nat_sink out)
{
	if (!m->value)
		text_printf(out, " and 0x%" PRIx32, ~m->ctmask);
	else if (m->value == m->ctmask)
		text_printf(out, " or 0x%" PRIx32, m->value);
	else if (!m->ctmask)
		text_printf(out, " xor 0x%" PRIx32, m->value);
	else if (m->ctmask == UINT32_MAX)
		text_printf(out, " set 0x%" PRIx32, m->value);
	else
		text_printf(out, " xset 0x%" PRIx32 "/0x%" PRIx32, m->value,
			    m->ctmask);
}

static void mark_list(const struct target *t, struct nat_sink out)
{
	text_puts(out, " MARK");
	list_set(&t->mark, out);
}

/* The mask of what is read comes first, then that of what is written. */
static void list_copy(const struct target_mark *m, struct nat_sink out)
{
	bool save = m->action == MARK_SAVE;
	uint32_t from = save ? m->nfmask : m->ctmask;
	uint32_t to = save ? m->ctmask : m->nfmask;

	text_puts(out, save ? " save" : " restore");
	if (from == UINT32_MAX && to == UINT32_MAX)
		return;
	if (from == to)
		text_printf(out, " mask 0x%" PRIx32, from);
	else
		text_printf(out, " %s 0x%" PRIx32 " %s ~0x%" PRIx32,
			    save ? "nfmask" : "ctmask", from,
			    save ? "ctmask" : "nfmask", to);
}

static void put_shift(const struct target_mark *m, const char *dashes,
		      struct nat_sink out)
{
	if (m->shift)
		text_printf(out, " %s%s-shift-mark %u", dashes,
			    m->shift_right ? "right" : "left", m->shift);
}

static void connmark_list(const struct target *t, struct nat_sink out)
{
	const struct target_mark *m = &t->mark;

	text_puts(out, " CONNMARK");
	if (m->action == MARK_SET)
		list_set(m, out);
	else
		list_copy(m, out);
	put_shift(m, "", out);
}

static void mark_save(const struct target *t, struct nat_sink out)
{
	text_printf(out, " --set-xmark 0x%" PRIx32 "/0x%" PRIx32, t->mark.value,
		    t->mark.ctmask);
}

static void connmark_save(const struct target *t, struct nat_sink out)
{
	const struct target_mark *m = &t->mark;

	if (m->action == MARK_SET)
		mark_save(t, out);
	else
		text_printf(out,
			    " --%s-mark --nfmask 0x%" PRIx32
			    " --ctmask 0x%" PRIx32,
			    m->action == MARK_SAVE ? "save" : "restore",
			    m->nfmask, m->ctmask);
	put_shift(m, "--", out);
}

const struct target_type target_type_mark = {
	.name = "MARK",
	.tables = ALL_TABLES,
	.hooks = ALL_HOOKS,
	.required = OPTION_BIT(MARK_ACTION),
	.options = mark_options,
	.init = mark_init,
	.list = mark_list,
	.save = mark_save,
};

const struct target_type target_type_connmark = {
	.name = "CONNMARK",
	.tables = ALL_TABLES,
	.hooks = ALL_HOOKS,
	.required = OPTION_BIT(MARK_ACTION),
	.options = connmark_options,
	.init = mark_init,
	.list = connmark_list,
	.save = connmark_save,
};
