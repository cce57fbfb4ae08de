/* SPDX-License-Identifier: BSD-2-Clause
 * cmocka with what it needs included before it. */
#ifndef NATBENCH_TEST_CHECK_H
#define NATBENCH_TEST_CHECK_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
/* clang-format on */

#endif
