/* cage.h - once everything is open, hemod gives up what it does not need any more.
 *
 *     cage(folder, &files);       // in main's thread, before any other thread begins
 *
 * Files: nothing but what lies beneath the journal's folder can be opened from here on (Landlock; a
 * kernel without it: *files is false, and the log says so). System calls: no new program, no
 * debugging of others, no mounting, no kernel modules, keys or clocks: EPERM (seccomp). Both hold
 * for all threads that begin later, and nothing can take them back. */
#pragma once
#include "proto/error.h"
#include <stdbool.h>

/* Sanitizers look at /proc and trace their own process at its end: built with one, hemod stays
 * free. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define CAGE_OPEN true
#else
#define CAGE_OPEN false
#endif

/* HEMO_NOT_ALLOWED: the kernel takes no filter at all. */
enum hemo_error cage(int folder, bool *files);
