/* SPDX-License-Identifier: BSD-2-Clause
 * How a topology's arrays grow; for the topology_*.c alone. */
#ifndef NAT_TOPOLOGY_EDIT_H
#define NAT_TOPOLOGY_EDIT_H

#include "decide/topology.h"
#include "text/text.h"

/* Inserts *@item before index @at of @array, which holds *@n items of @size
 * and may move. False: no memory. */
MUST_USE bool topology_insert(void *array, size_t *n, size_t *room, size_t at,
			      const void *item, size_t size);

/* The same for an array of @t; 0, or -ENOMEM and @err filled. */
#define TOPOLOGY_INSERT(t, array, at, item, err)                               \
	(topology_insert(&(t)->array, &(t)->n_##array, &(t)->array##_room,     \
			 (at), (item), sizeof(*(t)->array))                    \
		 ? 0                                                           \
		 : text_no_memory(err))

#endif
