/* SPDX-License-Identifier: BSD-2-Clause
 * How a topology's arrays grow; for the topology_*.c alone. */
#ifndef NAT_TOPOLOGY_EDIT_H
#define NAT_TOPOLOGY_EDIT_H

#include "decide/topology.h"

/* Inserts *@item before index @at of @array, which holds *@n items of @size.
 * Moves the array; 0 or -ENOMEM. */
MUST_USE int topology_insert(void *array, size_t *n, size_t *room, size_t at,
			     const void *item, size_t size,
			     struct nat_error *err);

#define TOPOLOGY_INSERT(t, array, at, item, err)                               \
	topology_insert(&(t)->array, &(t)->n_##array, &(t)->array##_room,      \
			(at), (item), sizeof(*(t)->array), (err))

#endif
