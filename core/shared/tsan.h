/* SPDX-License-Identifier: BSD-2-Clause
 * What ThreadSanitizer has to be told. It follows C11 atomics by itself, but
 * knows neither fences nor what an uninstrumented library synchronises. */
#ifndef NAT_TSAN_H
#define NAT_TSAN_H

#if defined(__SANITIZE_THREAD__)
#define TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TSAN 1
#endif
#endif
#ifndef TSAN
#define TSAN 0
#endif

#if TSAN
#include <sanitizer/tsan_interface.h>
/* In the runtime, but in no header of it. */
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
#define tsan_acquire(addr)  __tsan_acquire(addr)
#define tsan_release(addr)  __tsan_release(addr)
#define tsan_ignore_begin() AnnotateIgnoreWritesBegin(__FILE__, __LINE__)
#define tsan_ignore_end()   AnnotateIgnoreWritesEnd(__FILE__, __LINE__)
#define tsan_glance_begin() AnnotateIgnoreReadsBegin(__FILE__, __LINE__)
#define tsan_glance_end()   AnnotateIgnoreReadsEnd(__FILE__, __LINE__)
#else
#define tsan_acquire(addr)  ((void)(addr))
#define tsan_release(addr)  ((void)(addr))
#define tsan_ignore_begin() ((void)0)
#define tsan_ignore_end()   ((void)0)
#define tsan_glance_begin() ((void)0)
#define tsan_glance_end()   ((void)0)
#endif

#endif
