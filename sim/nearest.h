/* nearest.h - "did you mean": the known word that lies nearest to what was typed. Pure.
 *
 *     const char *near = nearest_word("blee", name_at, NULL);
 *
 * Edits are insertions, deletions and changes of a letter (Levenshtein). At most 3 of them, and
 * fewer than the known word has letters, are a typing error; more is another word: NULL. */
#pragma once

enum { NEAREST_WORD_MAX = 32 };

/* The known words, one after another; NULL behind the last. */
typedef const char *nearest_name_fn(const void *table, int index);

const char *nearest_word(const char *typed, nearest_name_fn *name_at, const void *table);
