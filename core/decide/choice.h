/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Random choices, and those that somebody else makes (nat_worker_choose): who
 * compares the core with a router that has drawn already. Asked only where a
 * random number is due, so off every way that packets take often. */
#ifndef NAT_CHOICE_H
#define NAT_CHOICE_H

#include "decide/walk.h"
#include "pure/rewrite.h"

/* The port or id within [@min, @max] for the walk's connection at its end @m;
 * -1: nobody chooses. */
int choice_id(const struct walk *k, enum manip m, uint16_t min, uint16_t max);

/* What to draw ids from for that end. The seed decides, the connection and the
 * packet's time; nothing that came before, nor what other workers do: one id
 * more that is taken changes no other choice. */
struct random choice_draws(const struct walk *k, enum manip m);

/* Whether the random match @m fits; -1: nobody chooses. */
int choice_lot(const struct walk *k, const struct match_statistic *m);

#endif
