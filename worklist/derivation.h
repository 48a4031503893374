/* derivation.h - values computed from confirmed ones (dsp/derived.h), with the trail.
 *
 * Inputs, per case and phase: measurements that are accepted or adjusted, the newest of each
 * quantity and site, and what people typed in, which wins. Height, weight, age, sex and hemoglobin
 * count in every phase. What a suggested value would complete is listed as waiting, without a
 * number. Runs in the transaction of the decision; each derived value that changes leaves an audit
 * row. */
#pragma once
#include "worklist/db.h"

/* Computes all phases of the case again. who and because ("measurement 0a.. accept") go into the
 * trail. How many values changed; -1 on error. */
int derivation_update(struct db *db, int64_t case_number, const char *who, const char *because);

/* {"case","derived":[...],"waiting":[...],"typed":[...]}. Heap, NULL on error. */
char *derivation_json(struct db *db, int64_t case_number);
