/* SPDX-License-Identifier: BSD-2-Clause
 * Addresses as text. */
#ifndef TEST_ADDR_H
#define TEST_ADDR_H

#include <arpa/inet.h>
#include <string.h>

#include "natcore.h"
#include "test/check.h"

/* Of either family. What is none ends the test. */
static inline struct nat_addr addr_of(const char *text)
{
	struct nat_addr a = {{0}};

	if (inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, a.w) != 1)
		fail_msg("%s is no address", text);
	return a;
}

#endif
