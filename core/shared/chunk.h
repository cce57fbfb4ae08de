/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Large aligned pieces of memory. The first touch of a huge page can take
 * milliseconds where a hypervisor has to find the memory, and packets must
 * not wait for that: a maintenance thread makes pieces ready ahead of need;
 * whoever finds none ready takes a raw one, whose small pages fault in one by
 * one. Both are given back with free().
 */
#ifndef NAT_CHUNK_H
#define NAT_CHUNK_H

#include <stddef.h>

#include "util.h"

#define CHUNK_MAX ((size_t)2 << 20) /* a huge page on most machines */

/* @size bytes (a power of two) aligned to @size; what is in them is not
 * defined. NULL: no memory. */
MUST_USE void *chunk_raw(size_t size);

/* The same, zero, in memory already and on a huge page if it can be. */
MUST_USE void *chunk_ready(size_t size);

#endif
