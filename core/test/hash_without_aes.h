/* SPDX-License-Identifier: BSD-2-Clause
 * pure/hash as it is where the CPU has no AES instructions: SipHash. */
#ifndef TEST_HASH_WITHOUT_AES_H
#define TEST_HASH_WITHOUT_AES_H

#include "pure/hash.h"

uint64_t sip_tuple(const struct hash_key *key, const struct nat_tuple *t);
uint64_t sip_source(const struct hash_key *key, const struct nat_tuple *t);
uint64_t sip_ipv4(const struct hash_key *key, const struct nat_tuple *t);

#endif
